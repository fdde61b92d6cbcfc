/*
 * What weir needs of the machine it runs on, and what to do where it is not so: processor, clock,
 * memory, hugepages, IOMMU, and for each port of a configuration its device, driver, memory node
 * and interface settings. Looks only: nothing is changed, nothing needs root.
 *
 * Everything is read below a root folder, "" for this machine's own /proc, /sys and /dev: another
 * one is a machine's copy (tests make them). What cannot be read there, such as an interface's
 * offloads or this process's limits, is looked at only on the machine itself. No DPDK here.
 */
#ifndef WEIR_DOCTOR_MACHINE_H
#define WEIR_DOCTOR_MACHINE_H

#include "dataplane/config.h"
#include "dataplane/doctor.h"

struct doctor_machine {
	const char *root;	     /* "", or a folder without a slash at its end */
	const struct config *config; /* the defaults where none was given */
	unsigned eal_mb;	     /* hugepages that DPDK asks for with it */
	unsigned total_mb;	     /* all memory, at least */
};

void doctor_machine(const struct doctor *d, const struct doctor_machine *m);

#endif
