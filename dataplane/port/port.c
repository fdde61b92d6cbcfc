/* rte_eth_read_clock is marked experimental to this day; ports without it have software time. */
#define ALLOW_EXPERIMENTAL_API

#include "dataplane/port/frame_pool.h"
#include "dataplane/port/port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf_dyn.h>

#include "dataplane/log.h"
#include "dataplane/port/rss.h"
#include "dataplane/port/rx_clock.h"

#define BURST_MAX	 64
#define DESCRIPTORS	 1024u
#define OWN_POOL_FRAMES	 4095u /* in flight behind an interface with a large MTU */
#define MBUF_OVERHEAD	 512u  /* header, private area, alignment */
#define CLOCK_SAMPLES	 4u    /* at the start, so that the first frames have their time */
#define CLOCK_PAUSE_US	 10000u
#define MAX_TIME_US	 (((uint64_t)1 << 53) - 1) /* what records promise */
#define ETHERNET_HDR_LEN 14u

enum port_time {
	PORT_TIME_WORKER, /* the clock of whoever polls */
	PORT_TIME_US,	  /* the driver's stamps are microseconds since the epoch */
	PORT_TIME_TICKS,  /* they are ticks of the NIC's clock */
};

/* Written by the worker that polls the queue; a cache line of its own. */
struct queue_counters {
	_Alignas(64) uint64_t rx_packets;
	uint64_t rx_bytes, filtered, cut;
};

struct queue {
	struct source source;
	const struct port *port;
	uint16_t id;
	uint64_t last_us;
	struct queue_counters counters;
};

/* The interface's own counters, of iface: and xdp:. */
struct iface_counters {
	uint64_t packets; /* that weir should see */
	uint64_t missed, errors;
};

struct port {
	uint16_t id;
	const char *text;
	const struct device *device;
	unsigned nr_queues;
	const char *driver;
	const struct ingress_filter *filter;
	struct rte_mempool *own_pool;
	uint32_t cut_at; /* a frame of this length filled its room; UINT32_MAX: never */
	enum port_time time;
	int stamp_offset;
	uint64_t stamp_flag;
	bool started;
	bool verifies; /* some checksums */
	struct rx_clock clock;
	struct iface_counters iface_at_start;
	struct queue queues[PORT_MAX_QUEUES];
};

static struct iface_counters
iface_counters(const struct port *p)
{
	const char *iface = p->device->iface;
	uint64_t sent = 0;

	if (iface[0] == '\0')
		return (struct iface_counters) { 0 };
	/* AF_PACKET shows what the interface sends as well. */
	if (p->device->kind == DEVICE_IFACE)
		sent = device_iface_number(iface, "statistics/tx_packets", 0);
	return (struct iface_counters) {
		.packets = device_iface_number(iface, "statistics/rx_packets", 0) + sent,
		.missed = device_iface_number(iface, "statistics/rx_missed_errors", 0),
		.errors = device_iface_number(iface, "statistics/rx_errors", 0),
	};
}

/* Refused frames are counted and freed; the others close ranks. */
static uint16_t
apply_filter(struct queue *q, struct rte_mbuf **pkts, uint16_t nr)
{
	struct rte_mbuf *refused[BURST_MAX];
	uint16_t kept = 0, out = 0;
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < nr; i++) {
		struct rte_mbuf *m = pkts[i];

		if (ingress_filter_passes(q->port->filter, rte_pktmbuf_mtod(m, const uint8_t *),
					  m->data_len, m->pkt_len)) {
			pkts[kept++] = m;
		} else {
			bytes += m->pkt_len;
			q->counters.cut += m->pkt_len >= q->port->cut_at;
			refused[out++] = m;
		}
	}
	if (out != 0)
		rte_pktmbuf_free_bulk(refused, out);
	q->counters.filtered += out;
	q->source.nr_filtered = out;
	q->source.filtered_bytes = bytes;
	return kept;
}

static uint64_t
stamp_us(const struct port *p, const struct rx_clock_relation *clock, const struct rte_mbuf *m,
	 uint64_t otherwise)
{
	uint64_t stamp;

	if ((m->ol_flags & p->stamp_flag) == 0)
		return otherwise;
	stamp = *RTE_MBUF_DYNFIELD(m, (size_t)p->stamp_offset, const rte_mbuf_timestamp_t *);
	if (p->time == PORT_TIME_TICKS)
		stamp = clock->us_per_tick > 0 ? rx_clock_us(clock, stamp) : otherwise;
	return RTE_MIN(stamp, MAX_TIME_US);
}

/*
 * What the NIC says of checksums. "None" is a packet of another machine's offload, right but for
 * a checksum that nobody has filled in yet. What it calls bad is looked at again.
 */
static void
note_verified(struct packet *p, uint64_t flags)
{
	uint64_t ip = flags & RTE_MBUF_F_RX_IP_CKSUM_MASK, l4 = flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;

	p->ip_checked = ip == RTE_MBUF_F_RX_IP_CKSUM_GOOD || ip == RTE_MBUF_F_RX_IP_CKSUM_NONE;
	p->l4_checked = l4 == RTE_MBUF_F_RX_L4_CKSUM_GOOD || l4 == RTE_MBUF_F_RX_L4_CKSUM_NONE;
}

static uint16_t
queue_rx(struct source *s, struct rte_mbuf **pkts, uint16_t nr, uint64_t now_us)
{
	struct queue *q = s->state;
	const struct port *p = q->port;
	struct rx_clock_relation clock = { 0 };
	bool has_stamps = p->time != PORT_TIME_WORKER, verifies = p->verifies;
	uint16_t domain = s->domain;
	uint8_t feed = s->feed;
	const char *tap = s->tap;
	uint64_t bytes = 0, cut = 0, last_us;
	uint32_t cut_at = p->cut_at;
	uint16_t n = rte_eth_rx_burst(p->id, q->id, pkts, nr < BURST_MAX ? nr : BURST_MAX);

	s->nr_filtered = 0;
	s->filtered_bytes = 0;
	if (n == 0)
		return 0;
	if (now_us > q->last_us)
		q->last_us = now_us;
	q->counters.rx_packets += n;
	if (p->filter != NULL)
		n = apply_filter(q, pkts, n);
	if (p->time == PORT_TIME_TICKS)
		clock = rx_clock_read(&p->clock);
	last_us = q->last_us;
	for (uint16_t i = 0; i < n; i++) {
		struct packet *pkt = packet_of(pkts[i]);
		uint32_t len = pkts[i]->pkt_len;

		bytes += len;
		cut += len >= cut_at;
		packet_clear(pkt);
		pkt->order_us = last_us;
		pkt->time_us = has_stamps ? stamp_us(p, &clock, pkts[i], last_us) : last_us;
		pkt->wire_bytes = len;
		pkt->link = LINK_ETHERNET;
		pkt->tap = tap;
		pkt->key.domain = domain;
		pkt->feed = feed;
		if (verifies)
			note_verified(pkt, pkts[i]->ol_flags);
	}
	q->counters.rx_bytes += bytes + s->filtered_bytes;
	q->counters.cut += cut;
	return n;
}

/* Each check that has one says what the device can do. */
static int
check_device(const struct port *p, const struct port_options *o,
	     const struct rte_eth_dev_info *info)
{
	unsigned most = RTE_MIN((unsigned)info->max_rx_queues, (unsigned)PORT_MAX_QUEUES);

	if (o->nr_queues > most) {
		log_err("ports: %s: queues = %u: the device can do %u", o->text, o->nr_queues,
			most);
		return -ERANGE;
	}
	/* Each queue of net_pcap is a file or interface of its own. */
	if (strcmp(p->driver, "net_pcap") == 0 && o->nr_queues < info->max_rx_queues) {
		log_err("ports: %s: queues = %u: must be %u, one for each input of the device",
			o->text, o->nr_queues, info->max_rx_queues);
		return -ERANGE;
	}
	/* The kernel's interface has its own MTU, see docs/deploy.md. */
	if (o->mtu != 0 && o->device->kind != DEVICE_IFACE &&
	    (o->mtu > info->max_mtu || o->mtu < info->min_mtu)) {
		log_err("ports: %s: mtu = %u: the device can do %u to %u", o->text, o->mtu,
			info->min_mtu, info->max_mtu);
		return -ERANGE;
	}
	return 0;
}

static void
plan_rss(const struct port_options *o, const struct rte_eth_dev_info *info, uint8_t *key,
	 struct rte_eth_conf *conf)
{
	struct rte_eth_rss_conf *rss = &conf->rx_adv_conf.rss_conf;
	uint8_t len = info->hash_key_size != 0 ? info->hash_key_size : RSS_KEY_DEFAULT;
	const char *why = "deals frames to its queues by itself";

	if (o->nr_queues == 1)
		return;
	rss->rss_hf = info->flow_type_rss_offloads &
		      (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_SCTP);
	if (rss->rss_hf != 0 && len <= RSS_KEY_MAX) {
		conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		rss_key_make(key, len, o->rss_random);
		rss->rss_key = key;
		rss->rss_key_len = len;
		return;
	}
	if (rss->rss_hf != 0)
		why = "wants a hash key of a length that weir does not make";
	rss->rss_hf = 0;
	log_notice("ports: %s: %s: workers pass flows on to their owners", o->text, why);
}

/* What the device says it took, where it says so. Nothing but speed depends on it. */
static void
check_rss(const struct port *p, const struct port_options *o, const struct rte_eth_conf *conf)
{
	uint8_t key[RSS_KEY_MAX] = { 0 };
	struct rte_eth_rss_conf taken = { .rss_key = key, .rss_key_len = sizeof(key) };
	uint8_t len = conf->rx_adv_conf.rss_conf.rss_key_len;
	int r;

	if (conf->rxmode.mq_mode != RTE_ETH_MQ_RX_RSS)
		return;
	/* 24.11 wants the exact length. */
	taken.rss_key_len = len;
	r = rte_eth_dev_rss_hash_conf_get(p->id, &taken);
	if (r != 0 || taken.rss_key == NULL) {
		log_notice("ports: %s: the driver does not tell its hash key: taken as set",
			   o->text);
		return;
	}
	if (taken.rss_hf == 0)
		log_warning("ports: %s: the device does not hash: frames of a flow come by "
			    "any queue, and workers pass them on to its owner",
			    o->text);
	else if (!rss_key_is_symmetric(key, len))
		log_warning("ports: %s: the device took another hash key: the directions of a "
			    "flow come by different queues, and workers pass them on to its owner",
			    o->text);
	else
		log_notice("ports: %s: %u queues, both directions of a flow hash alike", o->text,
			   o->nr_queues);
}

/* A pool whose buffers hold the device's frames whole; its driver does not chain them. */
static int
make_own_pool(struct port *p, struct rte_mempool *pool)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	if (p->device->frame_bytes + RTE_PKTMBUF_HEADROOM <= rte_pktmbuf_data_room_size(pool))
		return 0;
	snprintf(name, sizeof(name), "port_%u", p->id);
	p->own_pool =
	    frame_pool_create(name, OWN_POOL_FRAMES, 32, rte_pktmbuf_priv_size(pool),
			      (uint16_t)RTE_MIN(p->device->frame_bytes + RTE_PKTMBUF_HEADROOM,
						(uint32_t)UINT16_MAX));
	if (p->own_pool != NULL)
		return 0;
	log_err("ports: %s: no memory for %u frames of %u bytes: %s: lower the interface's MTU, or "
		"mtu of the port",
		p->text, OWN_POOL_FRAMES, p->device->frame_bytes, rte_strerror(rte_errno));
	return -ENOMEM;
}

uint64_t
port_pool_bytes(const struct device *d)
{
	return d->frame_bytes <= 2048
		   ? 0
		   : (uint64_t)OWN_POOL_FRAMES * (d->frame_bytes + MBUF_OVERHEAD);
}

uint64_t
port_ring_frames(const struct device *d, unsigned nr_queues, unsigned nr_descriptors)
{
	/* The other drivers take a buffer when there is a frame for it. */
	if (d->kind != DEVICE_PCI && d->kind != DEVICE_XDP)
		return 0;
	return (uint64_t)nr_queues * (nr_descriptors != 0 ? nr_descriptors : DESCRIPTORS);
}

static void
plan_time(struct port *p, const struct rte_eth_dev_info *info, struct rte_eth_conf *conf)
{
	uint64_t ticks;

	p->time = PORT_TIME_WORKER;
	if (strcmp(p->driver, "net_pcap") == 0) {
		if (rte_mbuf_dyn_rx_timestamp_register(&p->stamp_offset, &p->stamp_flag) == 0)
			p->time = PORT_TIME_US;
		return;
	}
	if ((info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_TIMESTAMP) == 0 ||
	    rte_eth_read_clock(p->id, &ticks) == -ENOTSUP ||
	    rte_mbuf_dyn_rx_timestamp_register(&p->stamp_offset, &p->stamp_flag) != 0)
		return;
	p->time = PORT_TIME_TICKS;
	conf->rxmode.offloads |= RTE_ETH_RX_OFFLOAD_TIMESTAMP;
}

static void
plan_checksums(struct port *p, const struct port_options *o, const struct rte_eth_dev_info *info,
	       struct rte_eth_conf *conf)
{
	uint64_t can = info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_CHECKSUM;

	if (!o->verify)
		return;
	conf->rxmode.offloads |= can;
	p->verifies = can != 0;
	log_notice("ports: %s: checksums: %s", o->text,
		   can == RTE_ETH_RX_OFFLOAD_CHECKSUM ? "verified by the NIC, in tunnels by weir"
		   : can != 0			      ? "verified by the NIC in part"
						      : "verified by weir");
}

/* All that a frame of the MTU brings with it: what the device adds, see rte_eth_dev_set_mtu. */
static int
check_scatter(const struct port *p, const struct port_options *o,
	      const struct rte_eth_dev_info *info, const struct rte_mempool *pool)
{
	uint32_t room =
	    (uint32_t)rte_pktmbuf_data_room_size((struct rte_mempool *)(uintptr_t)pool) -
	    RTE_PKTMBUF_HEADROOM;

	if (o->mtu == 0 || o->device->kind == DEVICE_IFACE || strcmp(p->driver, "net_pcap") == 0 ||
	    (info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER) != 0 ||
	    o->mtu + ETHERNET_HDR_LEN + 8 <= room)
		return 0;
	log_err("ports: %s: mtu = %u: the device cannot spread a frame over buffers: must be at "
		"most %u",
		o->text, o->mtu, room - ETHERNET_HDR_LEN - 8);
	return -ERANGE;
}

/* Nothing is ever sent; AF_XDP's driver wants its queues in pairs all the same. */
static uint16_t
nr_tx_queues(const struct port *p, const struct port_options *o)
{
	return strcmp(p->driver, "net_af_xdp") == 0 ? (uint16_t)o->nr_queues : 0;
}

/*
 * The ring near the device, or, where that memory node has no hugepages (or no processor, and DPDK
 * does not count it), wherever there is room.
 */
static int
set_up_queue(const struct port *p, uint16_t queue, uint16_t nr_desc, struct rte_mempool *pool)
{
	int socket = port_socket(p);
	int r = -ENOMEM;

	if (socket >= 0)
		r = rte_eth_rx_queue_setup(p->id, queue, nr_desc, (unsigned)socket, NULL, pool);
	if (r != -ENOMEM)
		return r;
	r = rte_eth_rx_queue_setup(p->id, queue, nr_desc, (unsigned)SOCKET_ID_ANY, NULL, pool);
	if (r == 0 && socket >= 0 && queue == 0)
		log_warning("ports: %s: no memory left on its node %d: its rings are on another",
			    p->text, socket);
	return r;
}

static int
set_up_queues(struct port *p, const struct port_options *o, struct rte_mempool *pool)
{
	uint16_t nr_desc = (uint16_t)(o->nr_descriptors != 0 ? o->nr_descriptors : DESCRIPTORS);
	int r = rte_eth_dev_adjust_nb_rx_tx_desc(p->id, &nr_desc, NULL);

	if (r == 0 && o->nr_descriptors != 0 && nr_desc != o->nr_descriptors &&
	    o->device->kind != DEVICE_IFACE)
		log_warning("ports: %s: descriptors = %u: the device takes %u", o->text,
			    o->nr_descriptors, nr_desc);
	for (unsigned q = 0; r == 0 && q < o->nr_queues; q++)
		r = set_up_queue(p, (uint16_t)q, nr_desc, p->own_pool != NULL ? p->own_pool : pool);
	for (unsigned q = 0; r == 0 && q < nr_tx_queues(p, o); q++)
		r = rte_eth_tx_queue_setup(p->id, (uint16_t)q, nr_desc, (unsigned)SOCKET_ID_ANY,
					   NULL);
	return r;
}

/* Whoever only listens must not ask the switch to send more slowly. */
static void
send_no_pause(const struct port *p)
{
	struct rte_eth_fc_conf fc = { 0 };
	int r = rte_eth_dev_flow_ctrl_get(p->id, &fc);

	if (r != 0 || fc.mode == RTE_ETH_FC_NONE || fc.mode == RTE_ETH_FC_RX_PAUSE)
		return;
	fc.mode = RTE_ETH_FC_NONE;
	r = rte_eth_dev_flow_ctrl_set(p->id, &fc);
	if (r != 0)
		log_warning("ports: %s: flow control stays on (%s): under load the port may send "
			    "pause frames to the switch",
			    p->text, strerror(-r));
}

static int
start(struct port *p, const struct port_options *o, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info info;
	uint8_t key[RSS_KEY_MAX];
	int r = rte_eth_dev_info_get(p->id, &info);

	if (r == 0) {
		p->driver = info.driver_name != NULL ? info.driver_name : "";
		r = check_device(p, o, &info);
		if (r == 0)
			r = check_scatter(p, o, &info, pool);
		if (r == 0)
			r = make_own_pool(p, pool);
		if (r != 0)
			return r;
		plan_rss(o, &info, key, &conf);
		plan_time(p, &info, &conf);
		plan_checksums(p, o, &info, &conf);
		conf.rxmode.offloads |= info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
		if (o->device->kind != DEVICE_IFACE)
			conf.rxmode.mtu = o->mtu;
		r = rte_eth_dev_configure(p->id, (uint16_t)o->nr_queues, nr_tx_queues(p, o), &conf);
	}
	if (r == 0)
		r = set_up_queues(p, o, pool);
	if (r == 0)
		r = rte_eth_dev_start(p->id);
	if (r != 0) {
		log_err("ports: %s: the device did not start: %s", o->text, strerror(-r));
		return r;
	}
	p->started = true;
	check_rss(p, o, &conf);
	send_no_pause(p);
	if (o->promiscuous && rte_eth_promiscuous_enable(p->id) != 0)
		log_warning("ports: %s: promiscuous mode refused: frames for others may be missing",
			    o->text);
	return 0;
}

static void
init_sources(struct port *p, const struct port_options *o)
{
	p->nr_queues = o->nr_queues;
	for (unsigned q = 0; q < p->nr_queues; q++) {
		p->queues[q] = (struct queue) {
			.source = { .rx = queue_rx,
				    .link = LINK_ETHERNET,
				    .domain = o->domain,
				    .feed = o->feed,
				    .tap = o->tap,
				    .live = true,
				    .state = &p->queues[q] },
			.port = p,
			.id = (uint16_t)q,
		};
	}
}

int
port_open(const struct port_options *o, struct rte_mempool *pool, struct port **out)
{
	struct port *p = aligned_alloc(64, (sizeof(*p) + 63) & ~(size_t)63);
	int r;

	if (p == NULL)
		return -ENOMEM;
	memset(p, 0, sizeof(*p));
	p->text = o->text;
	p->device = o->device;
	p->cut_at = o->device->frame_bytes != 0 ? o->device->frame_bytes - DEVICE_AF_PACKET_HEADER
						: UINT32_MAX;
	if (rte_eth_dev_get_port_by_name(o->device->name, &p->id) != 0) {
		log_err("ports: %s: DPDK has no such device: check the name, the driver and "
			"permissions (see docs/deploy.md)",
			o->text);
		free(p);
		return -ENODEV;
	}
	init_sources(p, o);
	p->filter = o->filter;
	p->iface_at_start = iface_counters(p);
	r = start(p, o, pool);
	if (r != 0) {
		port_close(p);
		return r;
	}
	for (unsigned i = 0; i < CLOCK_SAMPLES && p->time == PORT_TIME_TICKS; i++) {
		port_sample_clock(p);
		rte_delay_us_sleep(CLOCK_PAUSE_US);
	}
	*out = p;
	return 0;
}

void
port_close(struct port *p)
{
	if (p == NULL)
		return;
	if (p->started && rte_eth_dev_stop(p->id) != 0)
		log_warning("ports: %s: the device did not stop", p->text);
	rte_eth_dev_close(p->id);
	rte_mempool_free(p->own_pool);
	free(p);
}

struct source *
port_source(struct port *p, unsigned queue)
{
	return &p->queues[queue].source;
}

void
port_tell(const struct port *p, unsigned number)
{
	static const char *const times[] = {
		[PORT_TIME_WORKER] = "when they are read",
		[PORT_TIME_US] = "of the capture",
		[PORT_TIME_TICKS] = "of the NIC",
	};

	log_notice("ports: port %u is %s: driver %s, %u queue%s, time of frames: %s", number,
		   p->text, p->driver, p->nr_queues, p->nr_queues == 1 ? "" : "s", times[p->time]);
}

int
port_socket(const struct port *p)
{
	return rte_eth_dev_socket_id(p->id);
}

static uint64_t
more(uint64_t now, uint64_t than)
{
	return now > than ? now - than : 0;
}

void
port_counters(const struct port *p, struct port_counters *out)
{
	struct iface_counters iface = iface_counters(p);
	struct rte_eth_stats stats;
	uint64_t accounted;

	*out = (struct port_counters) { 0 };
	for (unsigned q = 0; q < p->nr_queues; q++) {
		const struct queue_counters *c = &p->queues[q].counters;

		out->rx_packets += c->rx_packets;
		out->rx_bytes += c->rx_bytes;
		out->filtered += c->filtered;
		out->cut += c->cut;
		out->queues_used += c->rx_packets != 0;
		out->queue_most = RTE_MAX(out->queue_most, c->rx_packets);
	}
	if (rte_eth_stats_get(p->id, &stats) == 0) {
		out->missed = stats.imissed;
		out->nombuf = stats.rx_nombuf;
		out->errors = stats.ierrors;
	}
	accounted = out->rx_packets + out->missed + out->nombuf + out->errors;
	out->unseen = more(more(iface.packets, p->iface_at_start.packets), accounted);
	out->missed += more(iface.missed, p->iface_at_start.missed);
	out->errors += more(iface.errors, p->iface_at_start.errors);
}

/* AF_PACKET's driver knows nothing of the wire; the kernel does. */
struct port_link
port_link(const struct port *p)
{
	const char *iface = p->device->iface;
	struct rte_eth_link link = { 0 };

	if (iface[0] != '\0') {
		uint64_t speed = device_iface_number(iface, "speed", 0);

		return (struct port_link) {
			.up = device_iface_number(iface, "carrier", 0) == 1,
			.speed_mbps = speed < UINT32_MAX ? (uint32_t)speed : 0,
		};
	}
	if (rte_eth_link_get_nowait(p->id, &link) != 0)
		return (struct port_link) { .up = true };
	return (struct port_link) {
		.up = link.link_status == RTE_ETH_LINK_UP,
		.speed_mbps = link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed,
	};
}

static uint64_t
realtime_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

void
port_sample_clock(struct port *p)
{
	uint64_t before_us, ticks;

	if (p->time != PORT_TIME_TICKS)
		return;
	before_us = realtime_us();
	if (rte_eth_read_clock(p->id, &ticks) == 0)
		rx_clock_sample(&p->clock, before_us, ticks, realtime_us());
}
