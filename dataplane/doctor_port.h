/*
 * What each port of a configuration needs of its device: a card's driver, slot and memory node, an
 * interface's link, MTU and offloads, a capture that can be read. Part of doctor_machine.h.
 */
#ifndef WEIR_DOCTOR_PORT_H
#define WEIR_DOCTOR_PORT_H

#include "dataplane/doctor_machine.h"
#include "dataplane/port/device.h"

void doctor_ports(const struct doctor *d, const struct doctor_machine *m,
		  const struct device devices[CONFIG_MAX_PORTS]);

#endif
