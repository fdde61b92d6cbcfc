/*
 * Ethernet devices as sources: set-up, queues, and the NIC's own losses.
 *
 * Device strings: what DPDK takes (`net_pcap0,rx_iface=eth1`, ...), and for convenience
 *
 *   iface:IF    a kernel interface through AF_PACKET, with room for 8192 frames: its default of
 *               512 lost a third of a burst unseen
 *   xdp:IF      a kernel interface through AF_XDP
 *   pci:ADDR    a NIC bound to vfio-pci
 *   pcap:FILE   a capture file, through DPDK's own reader
 *
 * A device that DPDK could not create does not fail DPDK's start: port_open finds out.
 */
#ifndef WEIR_PORT_H
#define WEIR_PORT_H

#include <stdint.h>

#include "dataplane/port/source.h"

struct port_options {
	const char *device;
	unsigned nr_queues;
	unsigned nr_descriptors;
	uint16_t domain;
	const char *tap; /* kept */
	bool promiscuous;
};

struct port;

/*
 * Turns a device string into what EAL takes: *vdev (owned by the caller) or *pci, the other NULL.
 * index tells several devices of one kind apart. 0, or -EINVAL with one line logged.
 */
int port_eal_device(const char *device, unsigned index, char **vdev, const char **pci);

/*
 * After eal_start: finds the device, sets up its queues from the pool, starts it. index as given
 * to port_eal_device. 0, or a negative errno with one line logged.
 */
int port_open(const struct port_options *options, unsigned index, struct rte_mempool *pool,
	      struct port **out);
void port_close(struct port *p);

struct source *port_source(struct port *p, unsigned queue);

/*
 * Frames the NIC or the kernel lost before weir could see them, since port_open. unseen: for
 * iface:, what the interface counted more than weir received (AF_PACKET does not tell its drops).
 */
struct port_losses {
	uint64_t missed, nombuf, errors, unseen;
};
void port_losses(const struct port *p, uint64_t received, struct port_losses *out);

#endif
