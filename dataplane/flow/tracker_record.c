/*
 * The records of a flow and of what was found in it: each begins with where from and where to,
 * which is kept from one to the next, and goes to whoever takes the tracker's records.
 */
#include "dataplane/flow/tracker_state.h"

#include <string.h>

#include "dataplane/flow/flow_record.h"

static bool
wanted(const struct tracker *t, enum record_type type)
{
	return (t->config.record_types & (1u << type)) != 0;
}

static bool
starts_alike(const struct tracker *t, const struct flow *f)
{
	return t->start.len != 0 && t->start.first_us == f->head.first_us &&
	       t->start.first_seq == f->first_seq && t->start.orig == f->head.orig &&
	       t->start.tap == f->head.tap &&
	       memcmp(&t->start.key, &f->head.key, sizeof(f->head.key)) == 0;
}

/*
 * Where from and where to, which of one flow's records all say alike. Those of its findings come
 * one after the other: then it is still there from the last one, hashes and all.
 */
static void
put_start(struct tracker *t, const struct flow *f)
{
	if (starts_alike(t, f)) {
		t->record.head.len = t->start.len;
		return;
	}
	record_put_string(&t->record, RF_TAP, f->head.tap);
	record_put_string(&t->record, RF_RULESET, t->ruleset);
	flow_put_ends(f, &t->record);
	t->start.key = f->head.key;
	t->start.first_us = f->head.first_us;
	t->start.first_seq = f->first_seq;
	t->start.orig = f->head.orig;
	t->start.tap = f->head.tap;
	t->start.len = t->record.head.len;
}

/* Who asked, which is all that a name's record needs. */
static struct record *
begin_names(struct tracker *t, const struct flow *f)
{
	record_begin(&t->record, RECORD_DNS, t->order_us, t->now_us, NULL);
	t->start.len = 0;
	flow_put_client(f, &t->record);
	return &t->record;
}

static struct record *
begin_record(void *arg, void *flow, enum record_type type, uint64_t part)
{
	struct tracker *t = arg;
	uint8_t id[RECORD_ID_BYTES];

	if (!wanted(t, type))
		return NULL;
	if (type == RECORD_DNS && t->config.conn.dns_names_only)
		return begin_names(t, flow);
	flow_event_id(flow, type, part, id);
	record_begin(&t->record, type, t->order_us, t->now_us, id);
	put_start(t, flow);
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
	if ((flow->head.key.proto == IP_PROTO_TCP && !flow->head.midstream) || flow->part != 0)
		return false;
	flow->head.orig = !flow->head.orig;
	return true;
}

struct conn_output
tracker_record_output(struct tracker *t)
{
	return (struct conn_output) {
		.begin = begin_record, .reverse = reverse_flow, .emit = emit_record, .arg = t
	};
}

void
tracker_record_part(struct tracker *t, struct flow *flow, enum flow_end how)
{
	struct record *r = begin_record(t, flow, RECORD_FLOW, flow->part);

	if (flow->part == 0)
		feed_judge(flow, &t->feeds[flow->feed_of]);
	if (r != NULL) {
		flow_put_counters(flow, &t->reasm, how, r);
		for (unsigned i = 0; t->shas != NULL && i < 2; i++) {
			unsigned side = i == 0 ? flow->head.orig : 1u - flow->head.orig;

			if (flow->side[side].delivered)
				flow_put_digest(flow, side, tracker_sha(t, flow, side), r);
		}
		if (flow->conn != NULL)
			conn_describe(t->conns, flow->conn, r);
		emit_record(t);
	}
	flow_next_part(flow, &t->reasm, t->now_us);
	if (flow->conn != NULL)
		conn_next_part(flow->conn);
}
