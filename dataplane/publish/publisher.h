/*
 * The publisher: one thread behind all workers.
 *
 *   ring per worker ─ merge ─ names ─ endpoint ─ ai_watch ─ aggregate (findings), ai_edge ─ encode
 *   ─ budget ─ sink
 *
 * Replay: nothing is dropped. A sink that is full makes the publisher wait, and through the rings
 * the workers; a merge that is full makes it leave the rings alone that are ahead. The same input
 * gives the same lines in the same order for any number of workers (stats excepted).
 * Live: never waits; see merge.h, aggregate.h, spool.h for what is lost then.
 *
 * When the sink breaks, the publisher goes on emptying the rings and throws the records away, so
 * that workers can end; publisher_failed tells the readers to stop.
 */
#ifndef WEIR_PUBLISHER_H
#define WEIR_PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/config.h"
#include "dataplane/counters.h"
#include "dataplane/publish/ai_watch.h"
#include "dataplane/publish/budget.h"
#include "dataplane/publish/endpoint.h"
#include "dataplane/publish/record_ring.h"
#include "dataplane/publish/sink.h"

struct publisher_config {
	const char *sensor;  /* kept */
	const char *cluster; /* kept; may be "" */
	uint32_t types;	     /* bits of enum record_type that are published */
	size_t ring_bytes, merge_bytes;
	uint64_t boot_us; /* 0: a replay has none */
	bool replay;
	uint64_t window_us;	  /* of findings */
	unsigned min_severity_id; /* OCSF, 1 to 5 */
	uint32_t max_edges;	  /* of model calls; at least 1 */
	uint64_t edge_interval_us;
	struct budget_config budget;
	struct networks networks;
	uint32_t dns_names; /* names kept; 0: none are learned */
	uint64_t dns_grace_us;
	struct siphash_key names_key;
	const struct provider_catalogue *providers; /* kept until another is taken; may be NULL */
	struct sink *sink;			    /* given, also when creation fails */
};

/* Names are those of the counters in stats records. */
#define PUBLISHER_COUNTERS(X)                                                    \
	X(published_records, "records handed to the output")                     \
	X(published_bytes, "their size as JSON")                                 \
	X(discarded_records, "records thrown away because the output broke")     \
	X(encode_cut, "fields left out because the JSON object was full")        \
	X(merge_late, "records that came after newer ones had been released")    \
	X(merge_early, "records released before their time, to make room")       \
	X(merge_refused, "records lost for want of memory")                      \
	X(findings_made, "findings before aggregation")                          \
	X(findings_below, "findings less severe than wanted")                    \
	X(findings_few, "edges and windows below their rule's threshold")        \
	X(findings_early, "aggregates published before their window ended")      \
	X(findings_saturated, "aggregates with more values than are told apart") \
	X(findings_refused, "findings lost for want of memory")                  \
	X(manifests_forgotten, "tool lists not compared any more, to make room") \
	X(ai_edges, "edges of model calls that are added up")                    \
	X(ai_edges_forgotten, "of these, given up to make room")                 \
	X(ai_edges_refused, "model calls in no sum for want of memory")          \
	X(budget_dropped, "records over the output budget")                      \
	X(dns_names, "names of addresses known from DNS answers")                \
	X(dns_names_learned, "addresses heard of in DNS answers")                \
	X(dns_names_used, "records that got their name so")                      \
	X(dns_names_evicted, "names given up while they held, to make room")     \
	X(dns_names_refused, "names not learned for want of memory")             \
	X(output_queue, "records taken by the output and not yet delivered")     \
	X(output_delivered, "records delivered")                                 \
	X(output_errors, "deliveries that failed, also when tried again")        \
	X(output_lost, "records the output gave up")                             \
	X(spool_bytes, "bytes in the spool")                                     \
	X(spool_records, "records in the spool")                                 \
	X(spool_lost, "records the spool gave up")

struct publisher_stats {
#define PUBLISHER_COUNTER_MEMBER(member, meaning) uint64_t member;
	PUBLISHER_COUNTERS(PUBLISHER_COUNTER_MEMBER)
#undef PUBLISHER_COUNTER_MEMBER
};

struct publisher;

int publisher_create(const struct publisher_config *config, unsigned nr_workers,
		     struct publisher **out);

/*
 * The same from the configuration (kept), which also says where to: opens the sink. 0, or a
 * negative errno with one line logged.
 */
int publisher_create_from_config(const struct config *config,
				 const struct provider_catalogue *providers, bool replay,
				 unsigned nr_workers, struct publisher **out);

/*
 * Hands over a catalogue (kept; may be NULL), which the thread takes at its next round. The one
 * before is no longer used when publisher_providers_taken says so. Control thread only.
 */
void publisher_offer_providers(struct publisher *p, const struct provider_catalogue *providers);
bool publisher_providers_taken(const struct publisher *p);

/* Not while the thread runs. NULL does nothing. */
void publisher_destroy(struct publisher *p);

struct record_ring *publisher_ring(struct publisher *p, unsigned worker);

int publisher_start(struct publisher *p);

/*
 * When all workers have ended: drains the rings, publishes what is left, waits until it has
 * arrived, ends the thread. 0, or -EIO with the cause logged.
 */
int publisher_stop(struct publisher *p);

/* The sink broke. From any thread. */
bool publisher_failed(const struct publisher *p);

/* A number that changes with every round of the thread. From any thread. */
uint64_t publisher_beat(const struct publisher *p);

/* From the control thread; may be a moment old. */
void publisher_stats(const struct publisher *p, struct publisher_stats *stats);
void publisher_put_counters(const struct publisher *p, counter_put_fn *put, void *arg);

/* What model calls add up to by provider, as of a moment ago. Stats records get it on their way. */
void publisher_put_calls(const struct publisher *p, counter_put_fn *put, void *arg);

/*
 * Publishes a stats record, copied. It overtakes the merge. At most 16 wait; then the oldest of
 * them is replaced. From the control thread.
 */
void publisher_put_stats(struct publisher *p, const struct record_head *record);

#endif
