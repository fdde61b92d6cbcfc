/*
 * Device strings: what a user writes in `ports`, and what DPDK is told.
 *
 *   iface:IF    a kernel interface through AF_PACKET. The ring gets room for 8192 frames, as its
 *               default of 512 lost a third of a burst unseen, and each frame room for the
 *               interface's MTU, as what is longer would be cut without a word
 *   xdp:IF      a kernel interface through AF_XDP
 *   pci:ADDR    a NIC bound to vfio-pci; a bare address is read likewise
 *   pcap:FILE   a capture file, through DPDK's own reader: packet time is the capture's
 *   net_...     what DPDK takes: `net_pcap0,rx_pcap=A,rx_pcap=B`, `net_memif0,...`
 *
 * Free of DPDK. Devices are named before EAL starts and looked up after it: one that DPDK could
 * not create does not fail its start.
 */
#ifndef WEIR_DEVICE_H
#define WEIR_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

enum device_kind {
	DEVICE_IFACE,
	DEVICE_XDP,
	DEVICE_PCI,
	DEVICE_VDEV,
};

struct device_options {
	const char *text;     /* the device string */
	unsigned index;	      /* tells several devices of one kind apart */
	unsigned queues;      /* iface: and xdp: are created with as many */
	unsigned mtu;	      /* 0: that of the interface */
	unsigned descriptors; /* iface: frames in the ring; 0: the default */
};

struct device {
	enum device_kind kind;
	char *eal;	      /* for EAL: a PCI address or a vdev string, with arguments; owned */
	char name[128];	      /* by which DPDK finds it */
	char iface[32];	      /* the kernel interface of iface: and xdp:, else empty */
	uint32_t frame_bytes; /* iface: room for a frame, its kernel header included; else 0 */
};

/* What AF_PACKET puts before an Ethernet frame: tpacket2_hdr, sockaddr_ll and alignment. */
#define DEVICE_AF_PACKET_HEADER 66u

/* 0, or a negative errno with one line logged. */
int device_init(struct device *d, const struct device_options *options);
void device_fini(struct device *d);

/*
 * A number the kernel tells about an interface, such as "mtu" or "statistics/rx_packets";
 * otherwise when it does not.
 */
uint64_t device_iface_number(const char *iface, const char *what, uint64_t otherwise);

/* Receive queues that the interface has; 0 when the kernel does not say. */
unsigned device_iface_queues(const char *iface);

#endif
