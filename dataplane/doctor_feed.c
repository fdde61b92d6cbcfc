#include "dataplane/doctor_feed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Fewer packets, connections or bytes than these say nothing. */
#define MIN_PACKETS 50u
#define MIN_FLOWS   8u
#define MIN_BYTES   20000u
#define MIN_ONE_WAY 3u

/* Parts in ten thousand. */
#define MISSING_SOME	  500u
#define MISSING_MOST	  9000u
#define ONE_SIDE_ONLY	  9500u
#define COPIES_SOME	  100u
#define COPIES_ALL	  4500u
#define COPIES_MORE	  5500u
#define TRUNCATED_SOME	  10u
#define LOSS_SOME	  5u
#define LOST_HERE	  1u /* fewer are on their way between interface and weir */
#define LOSS_MUCH	  100u
#define LOSS_MOST	  6000u
#define VLAN_SPLIT_SOME	  500u
#define NOT_IP_MOST	  5000u
#define BAD_TUNNEL_SOME	  100u
#define BAD_CHECKSUM_SOME 100u
#define ONE_QUEUE_MOST	  8000u

void
doctor_tell(const struct doctor *d, enum doctor_level level, const char *what, const char *todo,
	    const char *found, ...)
{
	char text[1024];
	va_list va;

	va_start(va, found);
	vsnprintf(text, sizeof(text), found, va);
	va_end(va);
	d->tell(d->arg, level, what, text, todo);
}

static uint64_t
share(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0 : (uint64_t)((double)part * 10000 / (double)whole);
}

static double
percent(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0 : (double)part * 100 / (double)whole;
}

/* What a person reads as a name and the program as an offset into struct doctor_view. */
struct figure {
	const char *name;
	size_t offset;
};

#define FEED_FIGURE(member, meaning) \
	{ #member, offsetof(struct doctor_view, feed) + offsetof(struct feed_counters, member) },

/* In all: frames by the worker's names, losses by those of all NICs. */
static const struct figure all_figures[] = {
	FEED_COUNTERS(FEED_FIGURE) { "rx_packets", offsetof(struct doctor_view, rx_packets) },
	{ "drop_not_ip", offsetof(struct doctor_view, drop_not_ip) },
	{ "drop_truncated", offsetof(struct doctor_view, drop_truncated) },
	{ "drop_duplicate", offsetof(struct doctor_view, drop_duplicate) },
	{ "drop_bad_ip_checksum", offsetof(struct doctor_view, drop_bad_ip_checksum) },
	{ "drop_bad_tcp_checksum", offsetof(struct doctor_view, drop_bad_tcp_checksum) },
	{ "drop_bad_udp_checksum", offsetof(struct doctor_view, drop_bad_udp_checksum) },
	{ "drop_ring_full", offsetof(struct doctor_view, drop_ring_full) },
	{ "nic_missed", offsetof(struct doctor_view, missed) },
	{ "nic_nombuf", offsetof(struct doctor_view, nombuf) },
	{ "nic_unseen", offsetof(struct doctor_view, unseen) },
	{ "nic_cut", offsetof(struct doctor_view, cut) },
	{ "nic_errors", offsetof(struct doctor_view, errors) },
	{ "link_downs", offsetof(struct doctor_view, link_downs) },
	{ "records_lost", offsetof(struct doctor_view, records_lost) },
	{ "output_lost", offsetof(struct doctor_view, output_lost) },
	{ "spool_lost", offsetof(struct doctor_view, spool_lost) },
	{ "discarded_records", offsetof(struct doctor_view, discarded_records) },
	{ "workers_stalled", offsetof(struct doctor_view, workers_stalled) },
	{ "publisher_stalled", offsetof(struct doctor_view, publisher_stalled) },
	{ "output_down", offsetof(struct doctor_view, output_down) },
};

static const struct figure port_figures[] = {
	FEED_COUNTERS(FEED_FIGURE) { "rx_packets", offsetof(struct doctor_view, rx_packets) },
	{ "missed", offsetof(struct doctor_view, missed) },
	{ "nombuf", offsetof(struct doctor_view, nombuf) },
	{ "unseen", offsetof(struct doctor_view, unseen) },
	{ "cut", offsetof(struct doctor_view, cut) },
	{ "errors", offsetof(struct doctor_view, errors) },
	{ "link_downs", offsetof(struct doctor_view, link_downs) },
	{ "queues_used", offsetof(struct doctor_view, queues_used) },
	{ "queue_most", offsetof(struct doctor_view, queue_most) },
};

static void
put_figure(const struct figure *figures, size_t nr, struct doctor_view *v, const char *name,
	   uint64_t value)
{
	for (size_t i = 0; i < nr; i++) {
		if (strcmp(figures[i].name, name) == 0)
			memcpy((uint8_t *)v + figures[i].offset, &value, sizeof(value));
	}
}

static void
put_of_port(struct doctor_stats *s, unsigned long port, const char *name, uint64_t value)
{
	if (port >= CONFIG_MAX_PORTS)
		return;
	if (port >= s->nr_ports)
		s->nr_ports = (unsigned)port + 1;
	put_figure(port_figures, sizeof(port_figures) / sizeof(port_figures[0]), &s->ports[port],
		   name, value);
}

void
doctor_stats_put(void *arg, const char *name, uint64_t value)
{
	struct doctor_stats *s = arg;
	unsigned long port;
	char *end;

	if (strncmp(name, "bad_tunnel_", 11) == 0)
		s->all.bad_tunnels += value;
	if (strncmp(name, "port_", 5) != 0) {
		put_figure(all_figures, sizeof(all_figures) / sizeof(all_figures[0]), &s->all, name,
			   value);
		return;
	}
	port = strtoul(name + 5, &end, 10);
	if (end != name + 5 && *end == '_')
		put_of_port(s, port, end + 1, value);
}

/* "name":123, of a flat object. */
static void
read_object(const char *line, struct doctor_stats *s)
{
	for (const char *p = strchr(line, '"'); p != NULL; p = strchr(p, '"')) {
		const char *end = strchr(p + 1, '"');
		char name[64];

		if (end == NULL)
			return;
		if (end[1] == ':' && end[2] >= '0' && end[2] <= '9' &&
		    (size_t)(end - p) <= sizeof(name)) {
			snprintf(name, sizeof(name), "%.*s", (int)(end - p - 1), p + 1);
			doctor_stats_put(s, name, strtoull(end + 2, NULL, 10));
		}
		p = end + 1;
	}
}

int
doctor_stats_read_records(FILE *from, struct doctor_stats *s)
{
	char *line = NULL;
	size_t cap = 0;
	bool found = false;

	while (getline(&line, &cap, from) > 0) {
		if (strstr(line, "\"schema\":\"weir.stats/") == NULL)
			continue;
		*s = (struct doctor_stats) { 0 };
		read_object(line, s);
		found = true;
	}
	free(line);
	return found ? 0 : -ENOENT;
}

/* weir_port_missed_total{port="0",device="..."} 12 */
static bool
read_sample(char *line, struct doctor_stats *s)
{
	char *value = strrchr(line, ' '), *labels = strchr(line, '{'), *name = line + 5, *end;
	unsigned long port;

	if (strncmp(line, "weir_", 5) != 0 || value == NULL)
		return false;
	end = labels != NULL ? labels : value;
	if (end - name > 6 && strncmp(end - 6, "_total", 6) == 0)
		end -= 6;
	if (labels == NULL) {
		*end = '\0';
		doctor_stats_put(s, name, strtoull(value + 1, NULL, 10));
		return true;
	}
	if (strncmp(labels, "{port=\"", 7) != 0 || strncmp(name, "port_", 5) != 0)
		return false;
	port = strtoul(labels + 7, NULL, 10);
	*end = '\0';
	put_of_port(s, port, name + 5, strtoull(value + 1, NULL, 10));
	return true;
}

int
doctor_stats_read_metrics(FILE *from, struct doctor_stats *s)
{
	char *line = NULL;
	size_t cap = 0;
	bool found = false;

	*s = (struct doctor_stats) { 0 };
	while (getline(&line, &cap, from) > 0)
		found |= read_sample(line, s);
	free(line);
	return found ? 0 : -ENOENT;
}

static bool
judge_missing(const struct doctor *d, const struct doctor_view *v)
{
	const struct feed_counters *f = &v->feed;
	uint64_t one_way = f->feed_src_only + f->feed_dst_only;
	uint64_t of = share(one_way, f->feed_tcp_flows);

	if (f->feed_tcp_flows < MIN_FLOWS || one_way < MIN_ONE_WAY || of < MISSING_SOME)
		return false;
	if (of < MISSING_MOST)
		doctor_tell(d, DOCTOR_BAD, "one way",
			    "mirror every path that answers may take, both uplinks and all links "
			    "of a bundle, and each port in both directions",
			    "%.0f %% of connections (%" PRIu64 " of %" PRIu64
			    ") show one direction only: asymmetric routing, or only some of the "
			    "ports on the way are mirrored",
			    percent(one_way, f->feed_tcp_flows), one_way, f->feed_tcp_flows);
	else if (share(f->feed_src_only, one_way) >= ONE_SIDE_ONLY ||
		 share(f->feed_dst_only, one_way) >= ONE_SIDE_ONLY)
		doctor_tell(d, DOCTOR_BAD, "one way",
			    "connect the TAP's other output to a second port of weir, or set the "
			    "mirror to both directions (rx and tx)",
			    "only %s are seen, in %.0f %% of connections (%" PRIu64 " of %" PRIu64
			    "): one direction of a TAP is missing, or the mirror takes one "
			    "direction of its ports",
			    f->feed_src_only > f->feed_dst_only
				? "packets of who opened a connection"
				: "answers",
			    percent(one_way, f->feed_tcp_flows), one_way, f->feed_tcp_flows);
	else
		doctor_tell(d, DOCTOR_BAD, "one way",
			    "set the mirror to both directions (rx and tx), or connect the TAP's "
			    "other output to a second port of weir; where domains.vlans or "
			    "domains.vnis are set, put the ids of both directions into one domain",
			    "%.0f %% of connections (%" PRIu64 " of %" PRIu64
			    ") show one direction only, some the opener's, some the answers: the "
			    "mirror takes one direction of a link that both kinds pass",
			    percent(one_way, f->feed_tcp_flows), one_way, f->feed_tcp_flows);
	return true;
}

static bool
judge_copies(const struct doctor *d, const struct doctor_view *v)
{
	const struct feed_counters *f = &v->feed;
	uint64_t of = share(f->feed_duplicates, f->feed_packets);
	bool dropped = v->drop_duplicate != 0;
	const char *todo = dropped
			       ? "they are dropped here, but they fill the mirror port: mirror the "
				 "ingress of each port only"
			       : "mirror the ingress of each port only, or set dedup.policy = "
				 "same_vlan (collapse, where the copies differ in VLAN or tunnel)";

	if (of < COPIES_SOME)
		return false;
	if (of >= COPIES_MORE)
		doctor_tell(d, DOCTOR_BAD, "duplicates", todo,
			    "%.0f %% of packets are copies of others: packets come three times or "
			    "more: several mirrors show the same link",
			    percent(f->feed_duplicates, f->feed_packets));
	else if (of >= COPIES_ALL)
		doctor_tell(d, dropped ? DOCTOR_WARN : DOCTOR_BAD, "duplicates", todo,
			    "every packet comes twice (%.0f %% are copies): ingress and egress of "
			    "the same ports are mirrored, or two mirrors show the same link",
			    percent(f->feed_duplicates, f->feed_packets));
	else
		doctor_tell(d, dropped ? DOCTOR_WARN : DOCTOR_BAD, "duplicates", todo,
			    "%.1f %% of packets are copies: traffic between two mirrored ports is "
			    "shown at both, the rest once",
			    percent(f->feed_duplicates, f->feed_packets));
	return true;
}

static bool
judge_truncated(const struct doctor *d, const struct doctor_view *v)
{
	const struct feed_counters *f = &v->feed;

	if (v->cut != 0) {
		doctor_tell(d, DOCTOR_BAD, "truncated",
			    "raise mtu of the port; turn GRO, LRO and TSO off (ethtool -K)",
			    "%" PRIu64 " frames filled their room in the interface's ring and were "
			    "cut: frames are longer than the MTU says, or offloads join them",
			    v->cut);
		return true;
	}
	if (share(f->feed_truncated + v->drop_truncated, f->feed_packets) < TRUNCATED_SOME)
		return false;
	doctor_tell(d, DOCTOR_BAD, "truncated",
		    "capture whole packets (tcpdump -s 0); turn off truncation in the mirror "
		    "session",
		    "%.1f %% of packets are shorter than they were sent: a snaplen was set, or the "
		    "mirror cuts frames; what is behind the cut is not inspected",
		    percent(f->feed_truncated, f->feed_packets));
	return true;
}

static uint64_t
lost_here(const struct doctor_view *v)
{
	return v->missed + v->nombuf + v->unseen + v->drop_ring_full;
}

static bool
judge_loss(const struct doctor *d, const struct doctor_view *v, bool live)
{
	const struct feed_counters *f = &v->feed;
	uint64_t sent = f->feed_tcp_bytes + f->feed_acked_unseen_bytes;
	uint64_t of = share(f->feed_acked_unseen_bytes, sent);

	/* Behind a cut nothing was seen either. */
	if (sent < MIN_BYTES || of < LOSS_SOME ||
	    share(f->feed_truncated, f->feed_packets) >= TRUNCATED_SOME)
		return false;
	if (share(lost_here(v), v->rx_packets) >= LOST_HERE)
		doctor_tell(d, DOCTOR_BAD, "loss",
			    "more workers and queues, more descriptors and memory.mbufs; see what "
			    "else uses the processors",
			    "%.2f %% of stream bytes were acknowledged and never seen, and this "
			    "machine lost %" PRIu64 " frames: weir, or its NIC, is too slow",
			    percent(f->feed_acked_unseen_bytes, sent), lost_here(v));
	else if (of >= LOSS_MOST)
		doctor_tell(
		    d, DOCTOR_BAD, "loss",
		    "mirror all links of a bundle; turn sampling off; look at the filter of "
		    "the capture",
		    "%.0f %% of stream bytes were acknowledged and never seen: the feed is "
		    "a selection: one of several links that a connection uses, a sampled "
		    "mirror, or a filter",
		    percent(f->feed_acked_unseen_bytes, sent));
	else
		doctor_tell(d, DOCTOR_BAD, "loss",
			    "mirror less, or to a faster port; look at the switch's drop counters "
			    "of the mirror port",
			    "%.2f %% of stream bytes were acknowledged and never seen, %s: the "
			    "mirror port is oversubscribed (%s)",
			    percent(f->feed_acked_unseen_bytes, sent),
			    live ? "and none of it was lost on this machine"
				 : "and if the capture itself lost nothing (tcpdump says so at its "
				   "end)",
			    of >= LOSS_MUCH ? "both directions of its source do not fit its speed"
					    : "in bursts");
	return true;
}

static bool
judge_vlans(const struct doctor *d, const struct doctor_view *v)
{
	const struct feed_counters *f = &v->feed;

	if (f->feed_two_way_flows < MIN_FLOWS ||
	    share(f->feed_vlan_split, f->feed_two_way_flows) < VLAN_SPLIT_SOME)
		return false;
	doctor_tell(d, DOCTOR_NOTE, "VLANs",
		    "nothing, weir joins them; against duplicates use dedup.policy = collapse, "
		    "same_vlan does not see them; in domains.vlans put both into one domain",
		    "%.0f %% of flows have another VLAN each way: the mirror marks the direction, "
		    "or packets are routed between the two places where they are mirrored",
		    percent(f->feed_vlan_split, f->feed_two_way_flows));
	return true;
}

static bool
judge_mixed(const struct doctor *d, const struct doctor_view *v)
{
	const struct feed_counters *f = &v->feed;

	if (f->feed_two_way_flows < MIN_FLOWS ||
	    share(f->feed_vlan_mixed, f->feed_two_way_flows) < VLAN_SPLIT_SOME)
		return false;
	doctor_tell(d, DOCTOR_NOTE, "mixed VLANs",
		    "for networks with the same addresses set domains.vlans, so that they stay "
		    "apart; for copies from both sides of a router dedup.policy = collapse",
		    "%.0f %% of flows come in more than one VLAN in the same direction: they are "
		    "mirrored before and behind a router, or several networks use the same "
		    "addresses and their flows are taken for one",
		    percent(f->feed_vlan_mixed, f->feed_two_way_flows));
	return true;
}

static bool
judge_content(const struct doctor *d, const struct doctor_view *v)
{
	if (v->rx_packets < MIN_PACKETS || share(v->drop_not_ip, v->rx_packets) < NOT_IP_MOST)
		return false;
	doctor_tell(d, DOCTOR_WARN, "no IP",
		    "check that the session mirrors the right ports, and which encapsulation it "
		    "adds",
		    "%.0f %% of frames carry no IP (ARP, spanning tree, ...): a mirror of an idle "
		    "port, or an encapsulation that weir does not know",
		    percent(v->drop_not_ip, v->rx_packets));
	return true;
}

static bool
judge_tunnels(const struct doctor *d, const struct doctor_view *v)
{
	if (v->rx_packets < MIN_PACKETS || share(v->bad_tunnels, v->rx_packets) < BAD_TUNNEL_SOME)
		return false;
	doctor_tell(d, DOCTOR_WARN, "tunnels",
		    "see bad_tunnel_... in stats for the kind; check what the mirror wraps frames "
		    "in, and whether something else uses that port",
		    "%.0f %% of frames say they are a tunnel and cannot be one: what is in them is "
		    "not seen",
		    percent(v->bad_tunnels, v->rx_packets));
	return true;
}

static bool
judge_checksums(const struct doctor *d, const struct doctor_view *v)
{
	uint64_t bad =
	    v->drop_bad_ip_checksum + v->drop_bad_tcp_checksum + v->drop_bad_udp_checksum;

	if (v->rx_packets < MIN_PACKETS || share(bad, v->rx_packets) < BAD_CHECKSUM_SOME)
		return false;
	doctor_tell(d, DOCTOR_BAD, "checksums",
		    "checksums.verify = false for captures made on a sending host; on an interface "
		    "of this machine ethtool -K IF tx off rx off",
		    "%.0f %% of frames have a wrong checksum and were dropped: they were seen "
		    "before a NIC had filled it in, or something on the way damages them",
		    percent(bad, v->rx_packets));
	return true;
}

/* What weir itself has to say: of a running one, or of what it left. */
static bool
judge_weir(const struct doctor *d, const struct doctor_view *v)
{
	uint64_t lost = v->records_lost + v->output_lost + v->spool_lost + v->discarded_records;

	if (v->workers_stalled + v->publisher_stalled + v->output_down != 0)
		doctor_tell(d, DOCTOR_BAD, "standstill", "see the log, and /healthz", "%s",
			    v->workers_stalled != 0	? "a worker stands still"
			    : v->publisher_stalled != 0 ? "the publisher stands still"
							: "the output takes nothing");
	if (lost != 0)
		doctor_tell(d, DOCTOR_BAD, "records",
			    v->records_lost != 0
				? "raise publish.ring_kb, or publish less (records.types, budget)"
				: "check the output; a larger spool (spool.dir, spool.max_mb)",
			    "%" PRIu64 " records were lost: %s", lost,
			    v->records_lost != 0 ? "the publisher is slower than the workers"
						 : "the output did not take them");
	return v->workers_stalled + v->publisher_stalled + v->output_down + lost != 0;
}

static bool
judge_queues(const struct doctor *d, const struct doctor_view *v)
{
	if (v->queues_used < 2 || v->rx_packets < MIN_PACKETS ||
	    share(v->queue_most, v->rx_packets) < ONE_QUEUE_MOST)
		return false;
	doctor_tell(d, DOCTOR_NOTE, "queues", "more ports, or a NIC that hashes inner headers",
		    "%.0f %% of frames came by one queue: their outer addresses are all alike (a "
		    "tunnel); workers pass flows on to their owners, but one of them reads for all",
		    percent(v->queue_most, v->rx_packets));
	return true;
}

static bool
judge_view(const struct doctor *d, const struct doctor_view *v, bool live)
{
	bool told = false;

	told |= judge_missing(d, v);
	told |= judge_truncated(d, v);
	told |= judge_loss(d, v, live);
	told |= judge_vlans(d, v);
	told |= judge_mixed(d, v);
	return told;
}

static void
judge_silent_ports(const struct doctor *d, const struct doctor_stats *s)
{
	for (unsigned i = 0; i < s->nr_ports; i++) {
		const struct doctor_view *v = &s->ports[i];

		if (s->all.rx_packets >= MIN_PACKETS && v->rx_packets == 0)
			doctor_tell(
			    d, DOCTOR_BAD, "silent port",
			    "check its cable, transceiver and the mirror session; a TAP has "
			    "one output for each direction",
			    "nothing came by port %u, while others received %" PRIu64 " frames", i,
			    s->all.rx_packets);
		if (v->errors != 0)
			doctor_tell(d, DOCTOR_BAD, "damage", "check its cable and transceiver",
				    "%" PRIu64 " frames came damaged by port %u", v->errors, i);
		if (v->link_downs != 0)
			doctor_tell(d, DOCTOR_WARN, "link", "check its cable and transceiver",
				    "the link of port %u went down %" PRIu64 " times", i,
				    v->link_downs);
	}
}

/* How a port's findings are told. */
struct prefixed {
	const struct doctor *to;
	unsigned port;
};

static void
tell_of_port(void *arg, enum doctor_level level, const char *what, const char *found,
	     const char *todo)
{
	const struct prefixed *p = arg;

	doctor_tell(p->to, level, what, todo, "port %u: %s", p->port, found);
}

void
doctor_feed(const struct doctor *d, const struct doctor_stats *s)
{
	const struct feed_counters *f = &s->all.feed;
	bool told;

	judge_silent_ports(d, s);
	told = judge_weir(d, &s->all);
	told |= judge_content(d, &s->all);
	told |= judge_tunnels(d, &s->all);
	told |= judge_checksums(d, &s->all);
	if (f->feed_packets < MIN_PACKETS) {
		doctor_tell(d, DOCTOR_NOTE, "feed", "wait, or look at more",
			    "%" PRIu64 " packets of flows are too few to judge by",
			    f->feed_packets);
		return;
	}
	/* Of all ports together: the second copy may come by another than the first. */
	told |= judge_copies(d, &s->all);
	for (unsigned i = 0; i < s->nr_ports; i++) {
		struct prefixed p = { d, i };
		const struct doctor of_port = { tell_of_port, &p };

		told |= judge_queues(&of_port, &s->ports[i]);
		told |= s->nr_ports > 1 && judge_view(&of_port, &s->ports[i], true);
	}
	if (s->nr_ports <= 1)
		told |= judge_view(d, &s->all, s->nr_ports != 0);
	if (!told)
		doctor_tell(d, DOCTOR_OK, "feed", "",
			    "%" PRIu64 " packets, %" PRIu64
			    " TCP connections: both directions, each packet once, whole, none "
			    "missing",
			    f->feed_packets, f->feed_tcp_flows);
}
