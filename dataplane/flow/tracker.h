/*
 * From a packet whose owner this worker is to bytes in order: flow table, TCP state, reassembly,
 * and the hand-over to the application layer; at the end of a flow its record.
 *
 * What a record says depends only on the packets of its flow. Free of DPDK; one per worker.
 */
#ifndef WEIR_TRACKER_H
#define WEIR_TRACKER_H

#include <stdbool.h>
#include <stdint.h>

#include "classify/conn.h"
#include "dataplane/counters.h"
#include "dataplane/flow/flow_table.h"
#include "dataplane/memory_account.h"
#include "dataplane/port/packet.h"
#include "dataplane/publish/record.h"

struct tracker_config {
	uint32_t max_flows, max_half_open;
	struct flow_timeouts timeouts;
	struct reasm_limits reasm;
	uint64_t reasm_bytes;
	bool stream_sha256;
	bool skip_payload;     /* flows and streams only: nobody looks at what is in them */
	bool no_usual;	       /* all segments go the long way; for tests, which compare both */
	uint32_t record_types; /* bit per enum record_type */
	struct conn_config conn;
};

/* Takes a finished record; false when it was lost. */
typedef bool tracker_emit_fn(void *arg, const struct record_head *head);

struct tracker;

/* counters, feeds (FEED_MAX of them): kept, the caller's. 0 or a negative errno. */
int tracker_create(const struct tracker_config *config, struct worker_counters *counters,
		   struct feed_counters *feeds, tracker_emit_fn *emit, void *arg,
		   struct tracker **out);
void tracker_destroy(struct tracker *t);

/* The rule set's short hash for records, kept. */
void tracker_set_ruleset(struct tracker *t, const char *hash);

struct conn_env *tracker_conn_env(struct tracker *t);

/*
 * Of a burst, all by the first and then all by the second, before any tracker_packet; what the
 * second returns is for the packet's tracker_packet.
 */
void tracker_prefetch(const struct tracker *t, const struct packet *p);
struct flow *tracker_prefetch_flow(struct tracker *t, const struct packet *p);

/* payload: payload_len contiguous bytes. guess: tracker_prefetch_flow's, or NULL. */
void tracker_packet(struct tracker *t, const struct packet *p, const uint8_t *payload,
		    struct flow *guess);

/* A second copy that is thrown away: all that is done is to count it for its flow and feed. */
void tracker_copy(struct tracker *t, const struct packet *p);

/* Turns the wheel; returns the time before which no more records will be made. */
uint64_t tracker_advance(struct tracker *t, uint64_t now_us);

/* Ends every flow, none later than now_us; see flow_table_end_all. */
void tracker_finish(struct tracker *t, uint64_t now_us, uint64_t input_end_us);

/* What its settings cost, those of the application layer included. */
void tracker_memory(const struct tracker *t, memory_put_fn *put, void *arg);

/* Open now, those of one packet included. */
uint32_t tracker_nr_flows(const struct tracker *t);

#endif
