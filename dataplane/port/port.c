#include "dataplane/port/port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>

#include "dataplane/log.h"

#define MAX_QUEUES	 16
#define AF_PACKET_FRAMES 8192

struct queue {
	struct source source;
	uint16_t port, id;
	uint64_t last_us;
};

struct port {
	uint16_t id;
	unsigned nr_queues;
	char iface[32]; /* of iface:, else empty */
	uint64_t iface_rx_at_start;
	struct queue queues[MAX_QUEUES];
};

static bool
has_prefix(const char *text, const char *prefix, const char **rest)
{
	size_t len = strlen(prefix);

	if (strncmp(text, prefix, len) != 0)
		return false;
	*rest = text + len;
	return true;
}

int
port_eal_device(const char *device, unsigned index, char **vdev, const char **pci)
{
	const char *rest;
	int r;

	*vdev = NULL;
	*pci = NULL;
	if (has_prefix(device, "pci:", &rest)) {
		*pci = rest;
		return 0;
	}
	if (has_prefix(device, "iface:", &rest))
		r = asprintf(vdev, "net_af_packet%u,iface=%s,framecnt=%d,blocksz=65536", index,
			     rest, AF_PACKET_FRAMES);
	else if (has_prefix(device, "xdp:", &rest))
		r = asprintf(vdev, "net_af_xdp%u,iface=%s", index, rest);
	else if (has_prefix(device, "pcap:", &rest))
		r = asprintf(vdev, "net_pcap%u,rx_pcap=%s", index, rest);
	else if (strncmp(device, "net_", 4) == 0)
		r = asprintf(vdev, "%s", device);
	else {
		log_err(
		    "ports: device = \"%s\": must be iface:IF, xdp:IF, pci:ADDR, pcap:FILE or a "
		    "DPDK device string",
		    device);
		return -EINVAL;
	}
	return r < 0 ? -ENOMEM : 0;
}

/* The name DPDK gave the device: up to the first comma of the device string. */
static void
device_name(const char *device, unsigned index, char *name, size_t cap)
{
	const char *pci;
	char *vdev;

	name[0] = '\0';
	if (port_eal_device(device, index, &vdev, &pci) != 0)
		return;
	snprintf(name, cap, "%s", pci != NULL ? pci : vdev);
	name[strcspn(name, ",")] = '\0';
	free(vdev);
}

static uint64_t
iface_rx_packets(const char *iface)
{
	char path[96];
	unsigned long long n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/rx_packets", iface);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%llu", &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

/* Frames get the worker's clock: one reading per burst. */
static uint16_t
queue_rx(struct source *s, struct rte_mbuf **pkts, uint16_t nr, uint64_t now_us)
{
	struct queue *q = s->state;
	uint16_t n = rte_eth_rx_burst(q->port, q->id, pkts, nr);

	if (now_us > q->last_us)
		q->last_us = now_us;
	for (uint16_t i = 0; i < n; i++) {
		struct packet *p = packet_of(pkts[i]);

		memset(p, 0, sizeof(*p));
		p->time_us = p->order_us = q->last_us;
		p->wire_bytes = pkts[i]->pkt_len;
		p->link = LINK_ETHERNET;
		p->tap = s->tap;
		p->key.domain = s->domain;
	}
	return n;
}

static int
configure(struct port *p, const struct port_options *o, const struct rte_eth_dev_info *info,
	  struct rte_mempool *pool)
{
	struct rte_eth_conf conf = { 0 };
	uint16_t nr_desc = (uint16_t)o->nr_descriptors, nr_tx = 0;
	int socket = rte_eth_dev_socket_id(p->id);
	int r;

	if (o->nr_queues > info->max_rx_queues || o->nr_queues > MAX_QUEUES) {
		log_err("ports: %s: queues = %u: the device can do %u", o->device, o->nr_queues,
			RTE_MIN(info->max_rx_queues, (uint16_t)MAX_QUEUES));
		return -EINVAL;
	}
	if (o->nr_queues > 1) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf =
		    info->flow_type_rss_offloads &
		    (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
	}
	if ((info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER) != 0)
		conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
	r = rte_eth_dev_configure(p->id, (uint16_t)o->nr_queues, nr_tx, &conf);
	if (r == 0)
		r = rte_eth_dev_adjust_nb_rx_tx_desc(p->id, &nr_desc, NULL);
	for (unsigned q = 0; r == 0 && q < o->nr_queues; q++)
		r = rte_eth_rx_queue_setup(p->id, (uint16_t)q, nr_desc,
					   socket < 0 ? 0 : (unsigned)socket, NULL, pool);
	return r;
}

static int
start(struct port *p, const struct port_options *o, struct rte_mempool *pool)
{
	struct rte_eth_dev_info info;
	int r = rte_eth_dev_info_get(p->id, &info);

	if (r == 0)
		r = configure(p, o, &info, pool);
	if (r == 0)
		r = rte_eth_dev_start(p->id);
	if (r != 0) {
		if (r != -EINVAL)
			log_err("ports: %s: the device did not start: %s", o->device, strerror(-r));
		return r;
	}
	if (o->promiscuous && rte_eth_promiscuous_enable(p->id) != 0)
		log_warning("ports: %s: promiscuous mode refused: frames for others may be missing",
			    o->device);
	return 0;
}

int
port_open(const struct port_options *o, unsigned index, struct rte_mempool *pool, struct port **out)
{
	struct port *p = calloc(1, sizeof(*p));
	char name[128];
	const char *iface;
	int r;

	if (p == NULL)
		return -ENOMEM;
	device_name(o->device, index, name, sizeof(name));
	if (rte_eth_dev_get_port_by_name(name, &p->id) != 0) {
		log_err("ports: %s: DPDK has no such device: check the name, the driver and "
			"permissions (see docs/deploy.md)",
			o->device);
		free(p);
		return -ENODEV;
	}
	if (has_prefix(o->device, "iface:", &iface)) {
		snprintf(p->iface, sizeof(p->iface), "%s", iface);
		p->iface_rx_at_start = iface_rx_packets(p->iface);
	}
	r = start(p, o, pool);
	if (r != 0) {
		free(p);
		return r;
	}
	p->nr_queues = o->nr_queues;
	for (unsigned q = 0; q < p->nr_queues; q++) {
		p->queues[q] = (struct queue) {
			.source = { .rx = queue_rx,
				    .link = LINK_ETHERNET,
				    .domain = o->domain,
				    .tap = o->tap,
				    .live = true,
				    .state = &p->queues[q] },
			.port = p->id,
			.id = (uint16_t)q,
		};
	}
	*out = p;
	return 0;
}

void
port_close(struct port *p)
{
	if (p == NULL)
		return;
	rte_eth_dev_stop(p->id);
	rte_eth_dev_close(p->id);
	free(p);
}

struct source *
port_source(struct port *p, unsigned queue)
{
	return &p->queues[queue].source;
}

void
port_losses(const struct port *p, uint64_t received, struct port_losses *out)
{
	struct rte_eth_stats stats;

	*out = (struct port_losses) { 0 };
	if (rte_eth_stats_get(p->id, &stats) == 0) {
		out->missed = stats.imissed;
		out->nombuf = stats.rx_nombuf;
		out->errors = stats.ierrors;
	}
	if (p->iface[0] != '\0') {
		uint64_t seen = iface_rx_packets(p->iface) - p->iface_rx_at_start;

		out->unseen = seen > received ? seen - received : 0;
	}
}
