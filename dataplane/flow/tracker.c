#include "dataplane/flow/tracker_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/flow/flow_record.h"
#include "dataplane/flow/pages.h"

/* The next bytes of one direction, behind as many that were given up as gap says. */
static inline void
deliver_next(struct tracker *t, struct flow *flow, unsigned side, const uint8_t *data, uint32_t len,
	     uint64_t gap)
{
	t->counters->delivered_bytes += len;
	if (t->shas != NULL && len != 0)
		sha256_update(tracker_sha(t, flow, side), len, data);
	if (t->config.skip_payload)
		conn_none(t->conns, len);
	else if (flow->conn != NULL)
		conn_push(t->conns, flow->conn, side == flow->head.orig ? CONN_ORIG : CONN_RESP,
			  data, len, gap);
}

void
tracker_deliver(void *arg, const uint8_t *data, uint32_t len, uint64_t gap)
{
	struct delivery *d = arg;
	struct tracker *t = d->t;

	t->counters->missed_bytes += gap;
	if (gap != 0)
		feed_gap(d->flow, d->side, gap, &t->feeds[d->flow->feed_of]);
	if (len != 0)
		d->flow->side[d->side].delivered = 1;
	deliver_next(t, d->flow, d->side, data, len, gap);
}

/* Somebody needs the room that this direction's hole takes. */
static void
make_room(void *arg, struct reasm *r)
{
	struct tracker *t = arg;
	struct delivery d = { .t = t };

	d.flow = flow_table_of_reasm(t->flows, r, &d.side);
	t->counters->reasm_made_room++;
	reasm_give_up(r, &t->reasm, d.flow->head.last_us, tracker_deliver, &d);
}

static size_t
shas_bytes(const struct tracker *t)
{
	return 2 * (size_t)t->config.max_flows * sizeof(*t->shas);
}

static uint64_t
shortest_timeout(const struct flow_timeouts *of)
{
	const uint64_t all[] = { of->tcp_idle_us, of->half_open_us, of->linger_us, of->udp_idle_us,
				 of->other_idle_us };
	uint64_t least = all[0];

	for (unsigned i = 1; i < sizeof(all) / sizeof(all[0]); i++)
		least = all[i] < least ? all[i] : least;
	return least;
}

/* Less than a tick and two roundings short of active_us. */
static int32_t
active_ticks(uint64_t active_us)
{
	uint64_t ticks = active_us / FLOW_TICK_US;

	if (active_us % FLOW_TICK_US < 2000 && ticks != 0)
		ticks--;
	return ticks < INT32_MAX ? (int32_t)ticks : INT32_MAX;
}

int
tracker_create(const struct tracker_config *config, struct worker_counters *counters,
	       struct feed_counters *feeds, tracker_emit_fn *emit, void *arg, struct tracker **out)
{
	struct tracker *t = calloc(1, sizeof(*t));
	struct flow_table_config table;
	int r;

	if (t == NULL)
		return -ENOMEM;
	t->config = *config;
	t->usual = (struct usual_limits) {
		.reasm = &t->reasm,
		.shortest_us = shortest_timeout(&config->timeouts),
		.active_ticks = active_ticks(config->timeouts.active_us),
		.skip_payload = config->skip_payload,
		.none = config->no_usual,
	};
	t->counters = counters;
	t->feeds = feeds;
	t->emit = emit;
	t->emit_arg = arg;
	t->config.conn.output = tracker_record_output(t);

	table = (struct flow_table_config) {
		.max_flows = config->max_flows,
		.max_half_open = config->max_half_open,
		.timeouts = config->timeouts,
		.end = tracker_flows_end,
		.end_half_open = tracker_flows_end_half_open,
		.arg = t,
	};
	r = flow_table_create(&table, &t->flows);
	if (r == 0)
		r = reasm_pool_init(&t->reasm, &config->reasm, config->reasm_bytes,
				    2 * config->max_flows);
	t->reasm.make_room = make_room;
	t->reasm.make_room_arg = t;
	if (r == 0 && config->stream_sha256) {
		t->shas = pages_map(shas_bytes(t));
		r = t->shas == NULL ? -ENOMEM : 0;
	}
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
	pages_unmap(t->shas, shas_bytes(t));
	reasm_pool_fini(&t->reasm);
	flow_table_destroy(t->flows);
	free(t);
}

void
tracker_set_ruleset(struct tracker *t, const char *hash)
{
	t->ruleset = hash;
	t->start.len = 0;
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

inline struct flow *
tracker_prefetch_flow(struct tracker *t, const struct packet *p)
{
	return flow_table_prefetch_flow(t->flows, p,
					!t->config.skip_payload && p->payload_len != 0);
}

static void
ensure_conn(struct tracker *t, struct flow *flow)
{
	struct conn_info info;

	if (t->config.skip_payload || (flow->conn != NULL && !conn_rests(flow->conn)))
		return;
	info = (struct conn_info) {
		.udp = flow->head.key.proto == IP_PROTO_UDP,
		.flow = flow,
		.port = { flow->head.key.port[flow->head.orig],
			  flow->head.key.port[1 - flow->head.orig] },
		.addr = { flow->head.key.addr[flow->head.orig],
			  flow->head.key.addr[1 - flow->head.orig] },
		.addr_len = flow->head.key.family == 4 ? 4 : 16,
	};
	for (unsigned s = 0; s < 2 && !info.udp; s++)
		info.midstream[s == flow->head.orig ? CONN_ORIG : CONN_RESP] =
		    !flow->side[s].syn && flow->head.midstream;
	flow->conn = flow->conn == NULL ? conn_open(t->conns, &info)
					: conn_resume(t->conns, flow->conn, &info);
}

static void
half_close(struct tracker *t, struct flow *flow, unsigned side)
{
	struct flow_side *s = &flow->side[side];

	if (!s->fin || !s->reasm.started || s->reasm.next_seq != s->fin_seq || flow->conn == NULL)
		return;
	conn_half_close(t->conns, flow->conn, side == flow->head.orig ? CONN_ORIG : CONN_RESP);
	flow->conn = conn_let_go(t->conns, flow->conn);
}

/* The flow's state was another before this packet. */
static void
settle(struct tracker *t, struct flow *flow, enum tcp_state was)
{
	tcp_track_settle(flow);
	if (flow->head.tcp_state != was)
		flow_table_reschedule(t->flows, flow, was);
}

static void
tcp_packet(struct tracker *t, struct flow *flow, const struct packet *p, const uint8_t *payload,
	   bool soon)
{
	struct flow_side *sender = &flow->side[p->side], *other = &flow->side[1 - p->side];
	struct delivery d = { t, flow, p->side };
	uint32_t seq = p->seq + ((p->tcp_flags & TCP_SYN) != 0);
	uint8_t state = flow->head.tcp_state;
	uint32_t retransmits = reasm_retransmits(&sender->reasm, &t->reasm);
	bool nothing_new = soon && (p->payload_wire != 0 || feed_tcp_repeats(flow, p));

	if (!other->seen)
		feed_tcp_ack(flow, p);
	tcp_track_update(flow, p);
	/* What a RST carries is not of the stream (RFC 9293 section 3.10.7.4). */
	if (p->payload_len != 0 && (p->tcp_flags & TCP_RST) == 0) {
		ensure_conn(t, flow);
		reasm_push(&sender->reasm, &t->reasm, p->time_us, seq, payload, p->payload_len,
			   tracker_deliver, &d);
		nothing_new =
		    nothing_new && reasm_retransmits(&sender->reasm, &t->reasm) != retransmits;
	}
	feed_tcp(flow, p, nothing_new, &t->feeds[p->feed]);
	if (sender->have_ack && reasm_holds(&other->reasm, &t->reasm)) {
		d.side = 1u - p->side;
		reasm_acked(&other->reasm, &t->reasm, p->time_us, sender->acked, tracker_deliver,
			    &d);
	}
	if ((p->tcp_flags & TCP_FIN) != 0 || p->payload_len != 0)
		half_close(t, flow, p->side);
	settle(t, flow, (enum tcp_state)state);
}

static void
deliver_datagram(struct tracker *t, struct flow *flow, const struct packet *p,
		 const uint8_t *payload)
{
	t->counters->delivered_bytes += p->payload_len;
	if (t->shas != NULL)
		sha256_update(tracker_sha(t, flow, p->side), p->payload_len, payload);
	ensure_conn(t, flow);
	if (t->config.skip_payload) {
		conn_none(t->conns, p->payload_len);
	} else if (flow->conn != NULL) {
		conn_datagram(t->conns, flow->conn,
			      p->side == flow->head.orig ? CONN_ORIG : CONN_RESP, payload,
			      p->payload_len);
		flow->conn = conn_let_go(t->conns, flow->conn);
	}
}

static void
datagram_packet(struct tracker *t, struct flow *flow, const struct packet *p,
		const uint8_t *payload, bool soon)
{
	feed_datagram(flow, p, soon, &t->feeds[p->feed]);
	if (p->payload_len == 0)
		return;
	flow->side[p->side].delivered = 1;
	deliver_datagram(t, flow, p, payload);
}

void
tracker_take(struct tracker *t, struct flow *flow, const struct packet *p, const uint8_t *payload,
	     bool soon)
{
	if (p->key.proto == IP_PROTO_TCP)
		tcp_packet(t, flow, p, payload, soon);
	else if (p->key.proto == IP_PROTO_UDP)
		datagram_packet(t, flow, p, payload, soon);
}

static void
reject(struct tracker *t, struct flow *flow, const struct packet *p, enum tcp_verdict verdict)
{
	struct worker_counters *c = t->counters;
	uint64_t *counters[NR_TCP_VERDICTS] = {
		[TCP_OUT_OF_WINDOW] = &c->tcp_out_of_window, [TCP_BAD_ACK] = &c->tcp_bad_ack,
		[TCP_OLD_STAMP] = &c->tcp_old_stamp,	     [TCP_STRAY_SYN] = &c->tcp_stray_syn,
		[TCP_STRAY_RST] = &c->tcp_stray_rst,
	};

	++*counters[verdict];
	c->rejected_bytes += p->payload_wire;
	flow->rejected++;
	feed_tcp(flow, p, false, &t->feeds[p->feed]);
}

/* found: the flow of its key, or NULL. Not where usual packets go, which need the registers. */
static __attribute__((noinline)) void
any_packet(struct tracker *t, struct flow *found, const struct packet *p, const uint8_t *payload)
{
	enum tcp_verdict verdict = TCP_GOOD;
	struct flow *flow = tracker_flows_match(t, found, p, &verdict);
	bool soon;

	t->counters->payload_bytes += p->payload_wire;
	if (p->payload_len < p->payload_wire)
		t->counters->truncated_packets++;
	if (flow == NULL)
		return;
	usual_segment_other(flow);
	soon = feed_packet(flow, p, &t->feeds[p->feed]);
	tracker_set_time(t, p->time_us, p->order_us);
	flow_account(flow, p);
	if (p->nr_vlans != 0)
		flow_table_note_path(t->flows, &flow->head, p, false);
	if (verdict != TCP_GOOD)
		reject(t, flow, p, verdict);
	else
		tracker_take(t, flow, p, payload, soon);
}

static inline void
note_vlans(struct tracker *t, struct flow *flow, struct flow_side *s, const struct packet *p)
{
	if (p->nr_vlans == 0 && s->vlans == FEED_NO_VLANS)
		return;
	feed_note_vlans(flow, s, p);
	flow_table_note_path(t->flows, &flow->head, p, false);
}

/* Of a segment with SYN or FIN: true when it could be dealt with shortly. */
static bool
usual_control(struct tracker *t, struct flow *flow, const struct packet *p)
{
	struct flow_side *s = &flow->side[p->side], *o = &flow->side[p->side ^ 1u];

	if (!usual_control_take(flow, s, o, p, &t->usual, &t->feeds[p->feed]))
		return false;
	note_vlans(t, flow, s, p);
	if ((p->tcp_flags & TCP_FIN) == 0)
		return true;
	if (!t->config.skip_payload) {
		tracker_set_time(t, p->time_us, p->order_us);
		half_close(t, flow, p->side);
	}
	settle(t, flow, (enum tcp_state)flow->head.tcp_state);
	return true;
}

/* True when the segment was a usual one, and is dealt with. */
static inline bool
usual_segment(struct tracker *t, struct flow *flow, const struct packet *p, const uint8_t *payload)
{
	struct flow_side *s = &flow->side[p->side], *o = &flow->side[p->side ^ 1u];
	enum usual_segment what;

	if ((p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) != 0)
		return usual_control(t, flow, p);
	if (!s->usual && !usual_segment_look(flow, s, o, &t->usual))
		return false;
	what = usual_segment_take(flow, s, o, p, &t->usual, &t->feeds[p->feed]);
	if (what == USUAL_NOT)
		return false;
	t->counters->payload_bytes += p->payload_wire;
	note_vlans(t, flow, s, p);
	if (what == USUAL_DATA) {
		if (!t->config.skip_payload)
			tracker_set_time(t, p->time_us, p->order_us);
		deliver_next(t, flow, p->side, payload, p->payload_len, 0);
	}
	return true;
}

/* Of datagrams likewise. */
static inline bool
usual_datagram(struct tracker *t, struct flow *flow, const struct packet *p, const uint8_t *payload)
{
	struct flow_side *s = &flow->side[p->side];

	if (!usual_datagram_take(flow, s, p, &t->usual, &t->feeds[p->feed]))
		return false;
	t->counters->payload_bytes += p->payload_wire;
	note_vlans(t, flow, s, p);
	tracker_set_time(t, p->time_us, p->order_us);
	deliver_datagram(t, flow, p, payload);
	return true;
}

inline void
tracker_packet(struct tracker *t, const struct packet *p, const uint8_t *payload,
	       struct flow *guess)
{
	struct flow *flow = flow_table_find_guessed(t->flows, p, guess);

	if (flow != NULL && p->key.proto == IP_PROTO_TCP && usual_segment(t, flow, p, payload))
		return;
	if (flow != NULL && p->key.proto == IP_PROTO_UDP && usual_datagram(t, flow, p, payload))
		return;
	any_packet(t, flow, p, payload);
}

void
tracker_copy(struct tracker *t, const struct packet *p)
{
	struct flow *flow = flow_table_find(t->flows, &p->key, p->hash);
	struct half_open *h = flow == NULL ? flow_table_find_half_open(t->flows, p) : NULL;

	t->feeds[p->feed].feed_packets++;
	t->feeds[p->feed].feed_duplicates++;
	if (flow != NULL)
		flow->duplicates++;
	else if (h != NULL)
		h->duplicates++;
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
	put(arg, "flow.max", flow_table_bytes(t->flows) + slab_bytes(&t->reasm.mores));
	put(arg, "flow.max_half_open", flow_table_half_open_bytes(t->flows));
	put(arg, "reasm.worker_mb", slab_bytes(&t->reasm.segs) + slab_bytes(&t->reasm.chunks));
	put(arg, "records.stream_sha256", t->shas != NULL ? shas_bytes(t) : 0);
	conn_env_memory(t->conns, put, arg);
}

uint32_t
tracker_nr_flows(const struct tracker *t)
{
	return flow_table_nr(t->flows) + flow_table_nr_half_open(t->flows);
}
