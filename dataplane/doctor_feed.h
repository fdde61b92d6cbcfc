/*
 * From the figures of a feed (flow/feed.h) to a sentence about the mirror: which fault it shows,
 * what most likely causes it, what to change.
 *
 * Thresholds are shares of what was judged, and nothing is judged from a handful of packets. They
 * are wide: a fault of a mirror shows in a tenth of the traffic or in all of it. Only loss is told
 * from small shares on, as one missing segment makes a whole message unreadable.
 */
#ifndef WEIR_DOCTOR_FEED_H
#define WEIR_DOCTOR_FEED_H

#include <stdint.h>
#include <stdio.h>

#include "dataplane/config.h"
#include "dataplane/doctor.h"
#include "dataplane/flow/feed.h"

/* Of one port, or of all. */
struct doctor_view {
	struct feed_counters feed;
	uint64_t drop_bad_ip_checksum, drop_bad_tcp_checksum, drop_bad_udp_checksum;
	uint64_t rx_packets, drop_not_ip, drop_truncated, drop_duplicate, drop_ring_full;
	uint64_t missed, nombuf, unseen, cut; /* lost before weir, on its own machine */
	uint64_t errors, link_downs;
	uint64_t queues_used, queue_most;
	uint64_t bad_tunnels;
	uint64_t records_lost, output_lost, spool_lost, discarded_records;
	uint64_t workers_stalled, publisher_stalled, output_down;
};

/* What the counters of a stats record say. */
struct doctor_stats {
	struct doctor_view all;
	struct doctor_view ports[CONFIG_MAX_PORTS];
	unsigned nr_ports; /* 0: of captures: what lost frames before them is not known */
};

/* A counter_put_fn: arg is the struct doctor_stats, all zero at first. Other names are ignored. */
void doctor_stats_put(void *arg, const char *name, uint64_t value);

/*
 * The last stats record of JSON Lines, or the metrics of a running weir. 0, or -ENOENT when there
 * is none.
 */
int doctor_stats_read_records(FILE *from, struct doctor_stats *s);
int doctor_stats_read_metrics(FILE *from, struct doctor_stats *s);

/* Tells at least one thing, if only that all is well. */
void doctor_feed(const struct doctor *d, const struct doctor_stats *s);

#endif
