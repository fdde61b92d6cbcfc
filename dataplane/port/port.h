/*
 * One Ethernet device as a set of sources: set-up, queues, and what it counts.
 *
 * Set-up asks for promiscuous mode, scattered receive where the device can, a random symmetric
 * RSS key (rss.h) when there are several queues, and receive timestamps where offered; it turns off
 * pause frames, and asks for no offload that changes frames. What a device cannot do is an error
 * that says so (queues, MTU, filter) or a line in the log (hash, key, promiscuous mode), never
 * silence.
 *
 * Packet time: a device that stamps gives it, otherwise the worker's clock at the burst. net_pcap
 * stamps with the time of the capture; a NIC stamps in ticks, which rx_clock.h converts. The
 * input clock is always the worker's, so that packet times need not be in order across queues.
 *
 * A device string and what becomes of it: device.h. All ports of a run together: ports.h.
 */
#ifndef WEIR_PORT_H
#define WEIR_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/port/device.h"
#include "dataplane/port/ingress_filter.h"
#include "dataplane/port/source.h"

#define PORT_MAX_QUEUES 64

struct port_options {
	const struct device *device; /* kept */
	const char *text;	     /* the device string, for messages; kept */
	unsigned nr_queues;
	unsigned nr_descriptors;	     /* 0: a default */
	unsigned mtu;			     /* 0: as the device is */
	const struct ingress_filter *filter; /* kept; NULL: none */
	uint16_t rss_random;		     /* what the RSS key is made of */
	uint16_t domain;
	uint8_t feed;	 /* place in the configuration, from 0 */
	const char *tap; /* kept */
	bool promiscuous;
	bool verify; /* checksums: let the NIC do what it can of it */
};

struct port;

/*
 * After eal_start: finds the device, sets up its queues, starts it. Frames are from pool, or,
 * when one of them does not fit its buffers and the device cannot chain, from a pool of its own
 * with the same private area. 0, or a negative errno with one line logged.
 */
int port_open(const struct port_options *options, struct rte_mempool *pool, struct port **out);
void port_close(struct port *p);

/* Frames of the pool that the device's rings hold for good, with these options. */
uint64_t port_ring_frames(const struct device *device, unsigned nr_queues, unsigned nr_descriptors);

/* Bytes of the pool that port_open would make for this device; 0 for most. */
uint64_t port_pool_bytes(const struct device *device);

struct source *port_source(struct port *p, unsigned queue);

/* One line about what the port became, for whoever reads its counters by number. */
void port_tell(const struct port *p, unsigned number);

/* The memory node the device is attached to; negative when it has none. */
int port_socket(const struct port *p);

/*
 * What came, since port_open, and what was lost before weir could see it.
 *
 *   missed    the NIC had no descriptor left, or the kernel's NIC no room
 *   nombuf    the driver found no buffer in the pool
 *   errors    frames that came damaged
 *   unseen    iface:, xdp: what the interface counted more than all of the above and rx_packets:
 *             AF_PACKET's driver does not tell its drops before DPDK 25.03.
 *             What the interface sends is seen too, and counts
 *   cut       iface: frames that filled their room in the ring; what was longer is lost
 */
struct port_counters {
	uint64_t rx_packets, rx_bytes; /* frames taken from the device, filtered ones included */
	uint64_t filtered;
	uint64_t missed, nombuf, errors, unseen, cut;
	uint64_t queues_used; /* that frames came by */
	uint64_t queue_most;  /* frames by the busiest of them */
};

/* Control thread. */
void port_counters(const struct port *p, struct port_counters *out);

/* Control thread, about once a second: up with speed_mbps (0: not known), or down. */
struct port_link {
	bool up;
	uint32_t speed_mbps;
};
struct port_link port_link(const struct port *p);

/* Control thread, about ten times a second: relates the NIC's clock to the system's. */
void port_sample_clock(struct port *p);

#endif
