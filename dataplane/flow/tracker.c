#include "dataplane/flow/tracker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/sha2.h>

#include "dataplane/flow/flow_record.h"
#include "dataplane/flow/tcp_track.h"

struct tracker {
	struct flow_table *flows;
	struct reasm_pool reasm;
	struct slab sha_states; /* empty unless stream digests are asked for */
	struct conn_env *conns;
	struct worker_counters *counters;
	struct feed_counters *feeds;
	struct tracker_config config;
	const char *ruleset;
	tracker_emit_fn *emit;
	void *emit_arg;
	uint64_t now_us;   /* packet time of the records being made */
	uint64_t order_us; /* and their place in the merge */
	struct record record;
};

/* What a delivery callback has to know. */
struct delivery {
	struct tracker *t;
	struct flow *flow;
	unsigned side;
};

static bool
wanted(const struct tracker *t, enum record_type type)
{
	return (t->config.record_types & (1u << type)) != 0;
}

static struct record *
begin_record(void *arg, void *flow, enum record_type type, uint64_t part)
{
	struct tracker *t = arg;
	uint8_t id[RECORD_ID_BYTES];

	if (!wanted(t, type))
		return NULL;
	flow_event_id(flow, type, part, id);
	record_begin(&t->record, type, t->order_us, t->now_us, id);
	record_put_string(&t->record, RF_TAP, ((const struct flow *)flow)->tap);
	record_put_string(&t->record, RF_RULESET, t->ruleset);
	flow_put_ends(flow, &t->record);
	return &t->record;
}

static void
emit_record(void *arg)
{
	struct tracker *t = arg;

	t->counters->records_made++;
	if (!t->emit(t->emit_arg, &t->record.head))
		t->counters->records_lost++;
}

/* Only a guess can be wrong: a flow whose handshake was seen, or told of, stays as it is. */
static bool
reverse_flow(void *arg, void *opaque)
{
	struct flow *flow = opaque;

	(void)arg;
	/* Of datagrams no handshake says it: whoever came first was taken for the opener. */
	if ((flow->key.proto == IP_PROTO_TCP && !flow->midstream) || flow->part != 0)
		return false;
	flow->orig = 1 - flow->orig;
	return true;
}

static void
set_time(struct tracker *t, uint64_t now_us, uint64_t order_us)
{
	t->now_us = now_us;
	t->order_us = order_us;
	conn_env_set_time(t->conns, now_us);
}

static void
flow_part_record(struct tracker *t, struct flow *flow, enum flow_end how)
{
	struct record *r = begin_record(t, flow, RECORD_FLOW, flow->part);

	if (flow->part == 0)
		feed_judge(flow, &t->feeds[flow->feed_of]);
	if (r != NULL) {
		flow_put_counters(flow, how, t->now_us, r);
		if (flow->conn != NULL)
			conn_describe(t->conns, flow->conn, r);
		emit_record(t);
	}
	flow_next_part(flow, t->now_us);
}

/* Bytes of one direction, in order. */
static void
deliver(void *arg, const uint8_t *data, uint32_t len, uint64_t gap)
{
	struct delivery *d = arg;
	struct tracker *t = d->t;
	struct flow_side *side = &d->flow->side[d->side];

	t->counters->missed_bytes += gap;
	if (gap != 0)
		feed_gap(d->flow, d->side, gap, &t->feeds[d->flow->feed_of]);
	t->counters->delivered_bytes += len;
	if (len != 0) {
		side->delivered = true;
		if (side->sha != NULL)
			sha256_update(side->sha, len, data);
	}
	if (d->flow->conn != NULL)
		conn_push(t->conns, d->flow->conn, d->side == d->flow->orig ? CONN_ORIG : CONN_RESP,
			  data, len, gap);
}

static void
flow_ended(void *arg, struct flow *flow, enum flow_end how, uint64_t end_us)
{
	struct tracker *t = arg;

	/*
	 * The wheel and the input clock agree on when the flow ended; in packet time that is as
	 * long after its last packet.
	 */
	uint64_t after = end_us > flow->last_order_us ? end_us - flow->last_order_us : 0;

	set_time(t, flow->last_us + after, end_us);
	for (unsigned s = 0; s < 2 && flow->key.proto == IP_PROTO_TCP; s++) {
		struct delivery d = { t, flow, s };
		const struct flow_side *other = &flow->side[1 - s];

		reasm_finish(&flow->side[s].reasm, &t->reasm, other->have_ack && flow->side[s].seen,
			     flow->side[s].fin ? flow->side[s].fin_seq : other->acked, deliver, &d);
	}
	if (flow->conn != NULL)
		conn_finish(t->conns, flow->conn);
	flow_part_record(t, flow, how);
	conn_close(t->conns, flow->conn);
	for (unsigned s = 0; s < 2; s++)
		slab_give(&t->sha_states, flow->side[s].sha);
	t->counters->flows_ended++;
	if (how == FLOW_END_EVICTED)
		t->counters->flows_evicted++;
}

int
tracker_create(const struct tracker_config *config, struct worker_counters *counters,
	       struct feed_counters *feeds, tracker_emit_fn *emit, void *arg, struct tracker **out)
{
	struct tracker *t = calloc(1, sizeof(*t));
	int r;

	if (t == NULL)
		return -ENOMEM;
	t->config = *config;
	t->counters = counters;
	t->feeds = feeds;
	t->emit = emit;
	t->emit_arg = arg;
	t->config.conn.output = (struct conn_output) {
		.begin = begin_record, .reverse = reverse_flow, .emit = emit_record, .arg = t
	};

	r = flow_table_create(config->max_flows, &config->timeouts, flow_ended, t, &t->flows);
	if (r == 0)
		r = reasm_pool_init(&t->reasm, &config->reasm, config->reasm_bytes);
	if (r == 0 && config->stream_sha256)
		r = slab_init(&t->sha_states, 2 * config->max_flows, sizeof(struct sha256_ctx));
	if (r == 0)
		r = conn_env_create(&t->config.conn, &t->conns);
	if (r != 0) {
		tracker_destroy(t);
		return r;
	}
	t->record.mask = conn_env_mask;
	t->record.mask_arg = t->conns;
	*out = t;
	return 0;
}

void
tracker_destroy(struct tracker *t)
{
	if (t == NULL)
		return;
	conn_env_destroy(t->conns);
	slab_fini(&t->sha_states);
	reasm_pool_fini(&t->reasm);
	flow_table_destroy(t->flows);
	free(t);
}

void
tracker_set_ruleset(struct tracker *t, const char *hash)
{
	t->ruleset = hash;
}

struct conn_env *
tracker_conn_env(struct tracker *t)
{
	return t->conns;
}

void
tracker_prefetch(const struct tracker *t, const struct packet *p)
{
	flow_table_prefetch(t->flows, p->hash);
}

static struct flow *
open_flow(struct tracker *t, const struct packet *p)
{
	struct flow *flow = flow_table_add(t->flows, p);

	flow->orig = p->side;
	flow->first_seq = p->seq;
	flow->midstream = p->key.proto == IP_PROTO_TCP && (p->tcp_flags & TCP_SYN) == 0;
	flow_note_path(flow, p);
	for (unsigned s = 0; s < 2 && t->config.stream_sha256; s++) {
		flow->side[s].sha = slab_take(&t->sha_states);
		if (flow->side[s].sha != NULL)
			sha256_init(flow->side[s].sha);
	}
	t->counters->flows_opened++;
	return flow;
}

/* The packet's flow; one that is over by time, or by a new SYN, is ended first. */
static struct flow *
flow_of(struct tracker *t, const struct packet *p)
{
	struct flow *flow = flow_table_find(t->flows, &p->key, p->hash);
	uint64_t deadline;

	if (flow == NULL)
		return open_flow(t, p);
	if (flow_expired(t->flows, flow, p)) {
		deadline = flow_deadline(t->flows, flow);
		flow_table_end(t->flows, flow,
			       flow->tcp_state == TCP_STATE_CLOSED ? flow->end : FLOW_END_IDLE,
			       deadline < p->order_us ? deadline : p->order_us);
		return open_flow(t, p);
	}
	if (p->key.proto == IP_PROTO_TCP && tcp_track_is_new(flow, p)) {
		flow_table_end(t->flows, flow,
			       flow->tcp_state == TCP_STATE_CLOSED ? flow->end : FLOW_END_REUSED,
			       p->order_us);
		return open_flow(t, p);
	}
	if (p->time_us > flow->part_us &&
	    p->time_us - flow->part_us >= t->config.timeouts.active_us) {
		set_time(t, p->time_us, p->order_us);
		flow_part_record(t, flow, FLOW_END_ACTIVE);
	}
	return flow;
}

static void
ensure_conn(struct tracker *t, struct flow *flow)
{
	struct conn_info info;

	if (flow->conn != NULL)
		return;
	info = (struct conn_info) {
		.udp = flow->key.proto == IP_PROTO_UDP,
		.flow = flow,
		.port = { flow->key.port[flow->orig], flow->key.port[1 - flow->orig] },
		.addr = { flow->key.addr[flow->orig], flow->key.addr[1 - flow->orig] },
		.addr_len = flow->key.family == 4 ? 4 : 16,
	};
	for (unsigned s = 0; s < 2 && !info.udp; s++)
		info.midstream[s == flow->orig ? CONN_ORIG : CONN_RESP] =
		    !flow->side[s].syn && flow->midstream;
	flow->conn = conn_open(t->conns, &info);
}

static void
half_close(struct tracker *t, struct flow *flow, unsigned side)
{
	struct flow_side *s = &flow->side[side];

	if (!s->fin || !s->reasm.started || s->reasm.next_seq != s->fin_seq || flow->conn == NULL)
		return;
	conn_half_close(t->conns, flow->conn, side == flow->orig ? CONN_ORIG : CONN_RESP);
}

static void
tcp_packet(struct tracker *t, struct flow *flow, const struct packet *p, const uint8_t *payload,
	   bool soon)
{
	struct flow_side *sender = &flow->side[p->side], *other = &flow->side[1 - p->side];
	struct delivery d = { t, flow, p->side }, back = { t, flow, 1u - p->side };
	uint32_t seq = p->seq + ((p->tcp_flags & TCP_SYN) != 0);
	uint8_t state = flow->tcp_state;
	uint32_t retransmits = sender->reasm.retransmits;
	bool nothing_new = soon && (p->payload_wire != 0 || feed_tcp_repeats(flow, p));

	feed_tcp_ack(flow, p);
	tcp_track_update(flow, p);
	if (flow->tcp_state != state)
		flow_table_reschedule(t->flows, flow);
	if (p->payload_len != 0) {
		ensure_conn(t, flow);
		reasm_push(&sender->reasm, &t->reasm, p->time_us, seq, payload, p->payload_len,
			   deliver, &d);
		nothing_new = nothing_new && sender->reasm.retransmits != retransmits;
	}
	feed_tcp(flow, p, nothing_new, &t->feeds[p->feed]);
	if (sender->have_ack && other->reasm.held != NULL)
		reasm_acked(&other->reasm, &t->reasm, p->time_us, sender->acked, deliver, &back);
	if ((p->tcp_flags & TCP_FIN) != 0 || p->payload_len != 0)
		half_close(t, flow, p->side);
}

static void
datagram_packet(struct tracker *t, struct flow *flow, const struct packet *p,
		const uint8_t *payload, bool soon)
{
	struct flow_side *sender = &flow->side[p->side];

	feed_datagram(flow, p, soon, &t->feeds[p->feed]);
	if (p->payload_len == 0)
		return;
	t->counters->delivered_bytes += p->payload_len;
	sender->delivered = true;
	if (sender->sha != NULL)
		sha256_update(sender->sha, p->payload_len, payload);
	ensure_conn(t, flow);
	if (flow->conn != NULL)
		conn_datagram(t->conns, flow->conn, p->side == flow->orig ? CONN_ORIG : CONN_RESP,
			      payload, p->payload_len);
}

void
tracker_packet(struct tracker *t, const struct packet *p, const uint8_t *payload)
{
	struct flow *flow = flow_of(t, p);

	bool soon = feed_packet(flow, p, &t->feeds[p->feed]);

	set_time(t, p->time_us, p->order_us);
	flow_account(flow, p);
	t->counters->payload_bytes += p->payload_wire;
	if (p->payload_len < p->payload_wire)
		t->counters->truncated_packets++;
	if (p->key.proto == IP_PROTO_TCP)
		tcp_packet(t, flow, p, payload, soon);
	else if (p->key.proto == IP_PROTO_UDP)
		datagram_packet(t, flow, p, payload, soon);
}

void
tracker_copy(struct tracker *t, const struct packet *p)
{
	struct flow *flow = flow_table_find(t->flows, &p->key, p->hash);

	t->feeds[p->feed].feed_packets++;
	t->feeds[p->feed].feed_duplicates++;
	if (flow != NULL)
		flow->duplicates++;
}

uint64_t
tracker_advance(struct tracker *t, uint64_t now_us)
{
	return flow_table_advance(t->flows, now_us);
}

void
tracker_finish(struct tracker *t, uint64_t now_us, uint64_t input_end_us)
{
	flow_table_end_all(t->flows, now_us, input_end_us);
}

void
tracker_memory(const struct tracker *t, memory_put_fn *put, void *arg)
{
	put(arg, "flow.max", flow_table_bytes(t->flows));
	put(arg, "reasm.worker_mb", slab_bytes(&t->reasm.segs) + slab_bytes(&t->reasm.chunks));
	put(arg, "records.stream_sha256", slab_bytes(&t->sha_states));
	conn_env_memory(t->conns, put, arg);
}

uint32_t
tracker_nr_flows(const struct tracker *t)
{
	return flow_table_nr(t->flows);
}
