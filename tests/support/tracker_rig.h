/*
 * The real tracker, from packets to flow records, for tests and benches: no frames, no DPDK. One
 * plain rule, so that payload goes through a parser and a scanner.
 */
#ifndef WEIR_TEST_TRACKER_RIG_H
#define WEIR_TEST_TRACKER_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/rules/ruleset.h"
#include "dataplane/flow/tracker.h"

#define RIG_RECORDS 64

/* What the tests want of a flow record. */
struct rig_record {
	uint16_t src_port;
	char end[16];
	uint64_t src_packets, dst_packets, missed, rejected;
	uint8_t sha[2][32]; /* src, dst; zero without payload */
};

struct rig {
	struct tracker *tracker;
	struct worker_counters counters;
	struct feed_counters feeds[FEED_MAX];
	struct rig_record records[RIG_RECORDS]; /* the first of them */
	uint64_t nr_records;
	uint64_t digest; /* of all records, every byte of them */
	uint64_t now_us;
	uint16_t only_port; /* records of others are not kept; 0: of all */
};

static struct ruleset *rig_rules; /* kept until the program ends */
static const struct siphash_key rig_secret = { 0x7269677069676769, 17 };

static inline uint64_t
rig_uint(const struct record_head *head, enum record_field f)
{
	struct record_value v;

	return record_find(head, f, &v) ? record_value_uint(&v) : 0;
}

static inline void
rig_bytes(const struct record_head *head, enum record_field f, void *out, size_t cap)
{
	struct record_value v;

	if (record_find(head, f, &v))
		memcpy(out, v.data, v.len < cap ? v.len : cap);
}

static inline bool
rig_emit(void *arg, const struct record_head *head)
{
	struct rig *rig = arg;
	const struct siphash_key so_far = { rig->digest, head->len };
	struct rig_record *r;

	rig->digest = siphash13(&so_far, head, head->len);
	if (head->type != RECORD_FLOW ||
	    (rig->only_port != 0 && rig_uint(head, RF_SRC_PORT) != rig->only_port) ||
	    rig->nr_records++ >= RIG_RECORDS)
		return true;
	r = &rig->records[rig->nr_records - 1];
	memset(r, 0, sizeof(*r));
	r->src_port = (uint16_t)rig_uint(head, RF_SRC_PORT);
	r->src_packets = rig_uint(head, RF_SRC_PACKETS);
	r->dst_packets = rig_uint(head, RF_DST_PACKETS);
	r->missed = rig_uint(head, RF_SRC_MISSED_BYTES) + rig_uint(head, RF_DST_MISSED_BYTES);
	r->rejected = rig_uint(head, RF_REJECTED);
	rig_bytes(head, RF_END_REASON, r->end, sizeof(r->end) - 1);
	rig_bytes(head, RF_SRC_STREAM_SHA256, r->sha[0], 32);
	rig_bytes(head, RF_DST_STREAM_SHA256, r->sha[1], 32);
	return true;
}

static inline struct tracker_config
rig_config(uint32_t max_flows, uint32_t max_conns)
{
	struct tracker_config c = {
		.max_flows = max_flows,
		.max_half_open = max_flows / 2,
		.timeouts = { 300000000, 10000000, 5000000, 60000000, 60000000, 300000000 },
		.reasm = { 262144, 1024, 2000000 },
		.reasm_bytes = 16 << 20,
		.record_types = 1u << RECORD_FLOW,
	};

	c.conn = (struct conn_config) { .max_conns = max_conns,
					.max_exchanges = max_conns,
					.max_pipelined = 4,
					.max_message_buffers = 16,
					.max_scan_streams = max_conns,
					.max_llm = 16,
					.max_deflate = 1,
					.max_brotli = 1,
					.max_zstd = 1,
					.max_lz4 = 1,
					.max_snappy = 1,
					.decode_max_ratio = 200,
					.decode_ratio_after_bytes = 1 << 20,
					.decode_max_message_bytes = 1 << 20 };
	for (unsigned p = 0; p < NR_PROTOCOLS; p++)
		c.conn.max_states[p] = max_conns;
	return c;
}

/* 0, or -1. */
static inline int
rig_init(struct rig *rig, struct tracker_config config)
{
	static const char text[] = "rule test.word {\n  title \"t\"\n  data_type test.word\n"
				   "  severity low\n  in payload\n  match \"nowhere\"\n"
				   "  sample + \"nowhere\"\n}\n";

	memset(rig, 0, sizeof(*rig));
	rig->now_us = 1700000000000000;
	/* Once for all: compiling them takes longer than most tests. */
	if (rig_rules == NULL &&
	    ruleset_load_text("test", text, sizeof(text) - 1, &rig_rules, stderr) != 0)
		return -1;
	config.conn.rules = rig_rules;
	return tracker_create(&config, &rig->counters, rig->feeds, rig_emit, rig, &rig->tracker) ==
		       0
		   ? 0
		   : -1;
}

static inline void
rig_fini(struct rig *rig)
{
	tracker_destroy(rig->tracker);
}

/* Of the connection that client n has from its port to port 8080 of the one server. */
static inline struct packet
rig_packet(const struct rig *rig, uint32_t client, uint16_t port, bool from_client)
{
	const uint8_t c[4] = { (uint8_t)(client >> 24), (uint8_t)(client >> 16),
			       (uint8_t)(client >> 8), (uint8_t)client };
	const uint8_t s[4] = { 192, 0, 2, 1 };
	struct packet p = { .time_us = rig->now_us, .order_us = rig->now_us, .wire_bytes = 60 };

	p.side = (uint8_t)flow_key_make(&p.key, 4, IP_PROTO_TCP, 0, from_client ? c : s,
					from_client ? s : c, from_client ? port : 8080,
					from_client ? 8080 : port);
	p.hash = flow_key_hash(&p.key, &rig_secret);
	p.window = 65535;
	return p;
}

static inline void
rig_push(struct rig *rig, struct packet *p, const void *data, uint32_t len)
{
	struct flow *guess;

	p->payload_len = p->payload_wire = len;
	p->wire_bytes += len;
	tracker_prefetch(rig->tracker, p);
	guess = tracker_prefetch_flow(rig->tracker, p);
	tracker_packet(rig->tracker, p, data, guess);
	rig->now_us += 10;
}

static inline void
rig_send(struct rig *rig, uint32_t client, uint16_t port, bool from_client, uint8_t flags,
	 uint32_t seq, uint32_t ack, const void *data, uint32_t len)
{
	struct packet p = rig_packet(rig, client, port, from_client);

	p.tcp_flags = flags;
	p.seq = seq;
	p.ack = ack;
	rig_push(rig, &p, data, len);
}

#endif
