#include "dataplane/port/ports.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "dataplane/log.h"

#define WATCH_US 1000000u  /* links and losses are looked at this often */
#define QUIET_US 10000000u /* between two lines of one kind about one port */

/* Rows: member of struct port_counters, what it is called, and whether it is a loss. */
#define PORT_COUNTERS(X)               \
	X(rx_packets, "rx_packets", 0) \
	X(rx_bytes, "rx_bytes", 0)     \
	X(filtered, "filtered", 0)     \
	X(missed, "missed", 1)         \
	X(nombuf, "nombuf", 1)         \
	X(errors, "errors", 1)         \
	X(unseen, "unseen", 1)         \
	X(cut, "cut", 1)

struct watched {
	struct port *port;
	struct device device;
	struct ingress_filter *filter;
	bool up, up_told;
	uint64_t nr_downs, nr_downs_told;
	uint64_t link_told_us, loss_told_us;
	struct port_counters told; /* as of the last line */
};

struct ports {
	const struct config *config;
	unsigned nr;
	struct watched at[CONFIG_MAX_PORTS];
	const char *vdevs[CONFIG_MAX_PORTS], *pci[CONFIG_MAX_PORTS];
	unsigned nr_vdevs, nr_pci;
	uint64_t next_watch_us;
	bool watching; /* the first look has been taken */
};

/* What the log calls a port. */
static const char *
name_of(const struct ports *p, unsigned i)
{
	return p->config->ports[i].device;
}

/* A device opened twice would show every frame twice. */
static int
check_once(const struct ports *p, unsigned i)
{
	const struct device *d = &p->at[i].device;

	for (unsigned k = 0; k < i; k++) {
		const struct device *other = &p->at[k].device;

		if (strcmp(d->name, other->name) != 0 &&
		    (d->iface[0] == '\0' || strcmp(d->iface, other->iface) != 0))
			continue;
		log_err("ports: %s: is there twice: must be once, or each frame comes twice",
			name_of(p, i));
		return -EINVAL;
	}
	return 0;
}

static int
name_device(struct ports *p, unsigned i)
{
	const struct port_config *c = &p->config->ports[i];
	struct device_options o = {
		.text = c->device,
		.index = i,
		.queues = c->queues,
		.mtu = c->mtu,
		.descriptors = c->descriptors,
	};
	struct device *d = &p->at[i].device;
	int r = device_init(d, &o);

	if (r == 0)
		r = check_once(p, i);
	if (r != 0)
		return r;
	if (d->kind == DEVICE_PCI)
		p->pci[p->nr_pci++] = d->eal;
	else
		p->vdevs[p->nr_vdevs++] = d->eal;
	return 0;
}

static int
compile_filter(struct ports *p, unsigned i)
{
	const struct port_config *c = &p->config->ports[i];
	char err[256];
	int r;

	if (c->filter[0] == '\0')
		return 0;
	r = ingress_filter_create(c->filter, err, sizeof(err), &p->at[i].filter);
	if (r != 0)
		log_err("ports: %s: filter = \"%s\": %s: must be a pcap-filter(7) expression",
			c->device, c->filter, err);
	return r;
}

/* What a ring holds it keeps; a quarter of all has to be left for what is under way. */
static int
check_memory(const struct ports *p)
{
	uint64_t frames = 0, least;

	for (unsigned i = 0; i < p->nr; i++) {
		const struct port_config *c = &p->config->ports[i];

		frames += port_ring_frames(&p->at[i].device, c->queues, c->descriptors);
	}
	least = frames + frames / 3;
	if (p->config->memory_mbufs >= least)
		return 0;
	log_err("ports: memory.mbufs = %" PRIu64 ": the devices' rings alone hold %" PRIu64
		": must be at least %" PRIu64 ", or fewer queues or descriptors",
		p->config->memory_mbufs, frames, least);
	return -ENOMEM;
}

int
ports_create(const struct config *config, struct ports **out)
{
	struct ports *p = calloc(1, sizeof(*p));
	int r = 0;

	if (p == NULL)
		return -ENOMEM;
	p->config = config;
	p->nr = config->nr_ports;
	for (unsigned i = 0; i < p->nr; i++) {
		int e = name_device(p, i);

		if (e == 0)
			e = compile_filter(p, i);
		r = r == 0 ? e : r;
	}
	if (r == 0)
		r = check_memory(p);
	if (r != 0) {
		ports_destroy(p);
		return r;
	}
	*out = p;
	return 0;
}

void
ports_destroy(struct ports *p)
{
	if (p == NULL)
		return;
	for (unsigned i = 0; i < p->nr; i++) {
		port_close(p->at[i].port);
		device_fini(&p->at[i].device);
		ingress_filter_destroy(p->at[i].filter);
	}
	free(p);
}

void
ports_add_to_eal(const struct ports *p, struct eal_options *o)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < p->nr; i++)
		bytes += port_pool_bytes(&p->at[i].device);
	o->memory_mb += (unsigned)(bytes / (1 << 20) * 5 / 4);
	o->pci = p->nr_pci != 0;
	o->pci_allow = p->pci;
	o->nr_pci_allow = p->nr_pci;
	o->vdevs = p->vdevs;
	o->nr_vdevs = p->nr_vdevs;
}

unsigned
ports_nr_sources(const struct ports *p)
{
	unsigned nr = 0;

	for (unsigned i = 0; i < p->nr; i++)
		nr += p->config->ports[i].queues;
	return nr;
}

/* With fewer queues than the interface has, AF_XDP sees only what comes in by those. */
static void
check_iface(const struct device *d, const struct port_config *c)
{
	unsigned nr = device_iface_queues(d->iface);

	if (d->kind == DEVICE_XDP && nr > c->queues)
		log_warning("ports: %s: the interface has %u receive queues, and weir reads %u: "
			    "set queues = %u, or ethtool -L %s combined %u",
			    c->device, nr, c->queues, nr, d->iface, c->queues);
}

int
ports_open(struct ports *p, struct rte_mempool *pool)
{
	uint16_t random;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		random = 0x6d5a;
	for (unsigned i = 0; i < p->nr; i++) {
		const struct port_config *c = &p->config->ports[i];
		struct port_options o = {
			.device = &p->at[i].device,
			.text = c->device,
			.nr_queues = c->queues,
			.nr_descriptors = c->descriptors,
			.mtu = c->mtu,
			.filter = p->at[i].filter,
			.rss_random = random,
			.domain = (uint16_t)c->domain,
			.feed = (uint8_t)i,
			.tap = c->tap[0] != '\0' ? c->tap : c->device,
			.promiscuous = c->promiscuous,
			.verify = p->config->checksums_verify,
		};
		int r;

		check_iface(o.device, c);
		r = port_open(&o, pool, &p->at[i].port);
		if (r != 0)
			return r;
	}
	for (unsigned i = 0; i < p->nr; i++)
		port_tell(p->at[i].port, i);
	return 0;
}

void
ports_each_source(struct ports *p, void (*take)(void *arg, struct source *source, int socket),
		  void *arg)
{
	for (unsigned i = 0; i < p->nr; i++) {
		for (unsigned q = 0; q < p->config->ports[i].queues; q++)
			take(arg, port_source(p->at[i].port, q), port_socket(p->at[i].port));
	}
}

void
ports_check_nodes(const struct ports *p, const int *worker_nodes, unsigned nr_workers)
{
	for (unsigned i = 0; i < p->nr; i++) {
		int node = port_socket(p->at[i].port);
		unsigned far = 0;

		for (unsigned w = 0; w < nr_workers; w++)
			far += node >= 0 && worker_nodes[w] >= 0 && worker_nodes[w] != node;
		if (far != 0)
			log_warning("ports: %s: is on memory node %d, and %u of %u workers are on "
				    "others: numactl --cpunodebind=%d keeps them near",
				    name_of(p, i), node, far, nr_workers, node);
	}
}

/* A change within the quiet time is told after it, if it still holds. */
static void
watch_link(const struct ports *p, unsigned i, struct watched *w, uint64_t now_us, bool first)
{
	struct port_link link = port_link(w->port);

	if (!first && w->up && !link.up)
		w->nr_downs++;
	w->up = link.up;
	if (!first && w->up == w->up_told && w->nr_downs == w->nr_downs_told)
		return;
	if (!first && now_us < w->link_told_us + QUIET_US)
		return;
	if (!link.up)
		log_warning("ports: %s: link down (%" PRIu64 " times since the start)",
			    name_of(p, i), w->nr_downs);
	else if (link.speed_mbps != 0)
		log_notice("ports: %s: link up, %" PRIu32 " Mb/s (down %" PRIu64
			   " times since the start)",
			   name_of(p, i), link.speed_mbps, w->nr_downs);
	else
		log_notice("ports: %s: link up (down %" PRIu64 " times since the start)",
			   name_of(p, i), w->nr_downs);
	if (!first)
		w->link_told_us = now_us;
	w->up_told = w->up;
	w->nr_downs_told = w->nr_downs;
}

static uint64_t
losses(const struct port_counters *c)
{
	uint64_t sum = 0;

#define ADD_LOSS(member, name, loss) sum += loss ? c->member : 0;
	PORT_COUNTERS(ADD_LOSS)
#undef ADD_LOSS
	return sum;
}

static void
watch_losses(const struct ports *p, unsigned i, struct watched *w, uint64_t now_us)
{
	struct port_counters c;
	uint64_t lost;

	if (now_us < w->loss_told_us + QUIET_US)
		return;
	port_counters(w->port, &c);
	lost = losses(&c);
	if (lost <= losses(&w->told))
		return;
	log_warning("ports: %s: %" PRIu64 " frames lost or cut of late (in all %" PRIu64
		    " missed, %" PRIu64 " without buffer, %" PRIu64 " damaged, %" PRIu64
		    " counted by the interface only, %" PRIu64 " cut; %" PRIu64 " received)",
		    name_of(p, i), lost - losses(&w->told), c.missed, c.nombuf, c.errors, c.unseen,
		    c.cut, c.rx_packets);
	w->told = c;
	w->loss_told_us = now_us;
}

void
ports_watch(struct ports *p, uint64_t now_us)
{
	for (unsigned i = 0; i < p->nr; i++)
		port_sample_clock(p->at[i].port);
	if (now_us < p->next_watch_us)
		return;
	p->next_watch_us = now_us + WATCH_US;
	for (unsigned i = 0; i < p->nr; i++) {
		watch_link(p, i, &p->at[i], now_us, !p->watching);
		watch_losses(p, i, &p->at[i], now_us);
	}
	p->watching = true;
}

/* A stats record spells names out, so they may be made here. */
static void
put_of_port(counter_put_fn *put, void *to, unsigned i, const char *what, uint64_t value)
{
	char name[48];

	snprintf(name, sizeof(name), "port_%u_%s", i, what);
	put(to, name, value);
}

void
ports_put_counters(const struct ports *p, counter_put_fn *put, void *to)
{
	struct port_counters sum = { 0 };
	uint64_t downs = 0, links_up = 0;

	for (unsigned i = 0; i < p->nr; i++) {
		const struct watched *w = &p->at[i];
		struct port_counters c;

		if (w->port == NULL)
			continue;
		port_counters(w->port, &c);
#define PUT_OF_PORT(member, name, loss)          \
	put_of_port(put, to, i, name, c.member); \
	sum.member += c.member;
		PORT_COUNTERS(PUT_OF_PORT)
#undef PUT_OF_PORT
		put_of_port(put, to, i, "queues_used", c.queues_used);
		put_of_port(put, to, i, "queue_most", c.queue_most);
		put_of_port(put, to, i, "link_up", w->up);
		put_of_port(put, to, i, "link_downs", w->nr_downs);
		downs += w->nr_downs;
		links_up += w->up;
	}
	/* Frames and filtered ones are in the workers' ledger already. */
#define PUT_SUM(member, name, loss) \
	if (loss)                   \
		put(to, "nic_" name, sum.member);
	PORT_COUNTERS(PUT_SUM)
#undef PUT_SUM
	put(to, "links_up", links_up);
	put(to, "link_downs", downs);
}

void
ports_tell_losses(const struct ports *p)
{
	struct port_counters sum = { 0 };

	for (unsigned i = 0; i < p->nr; i++) {
		struct port_counters c;

		if (p->at[i].port == NULL)
			continue;
		port_counters(p->at[i].port, &c);
#define ADD_PORT(member, name, loss) sum.member += c.member;
		PORT_COUNTERS(ADD_PORT)
#undef ADD_PORT
	}
	if (losses(&sum) == 0)
		return;
	log_warning("ports: lost before weir saw them: %" PRIu64 " missed, %" PRIu64
		    " without buffer, %" PRIu64 " damaged, %" PRIu64
		    " counted by the interface only; %" PRIu64 " cut",
		    sum.missed, sum.nombuf, sum.errors, sum.unseen, sum.cut);
}
