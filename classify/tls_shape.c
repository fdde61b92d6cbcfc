#include "classify/tls_shape.h"

#include "classify/ai/provider.h"

#define NOTIFY_BYTES   2u  /* of a close_notify */
#define TLS13_BYTES    17u /* type and tag */
#define TLS12_BYTES    24u /* nonce and tag of GCM; of ChaCha20 eight less, of CBC some more */
#define DATAGRAM_BYTES 28u /* header and tag of QUIC, with a connection id of eight bytes */

/* What one call hands through tls_records_push. */
struct call {
	struct tls_shape *t;
	enum conn_dir dir;
};

static struct tls_shape *
open_shape(const struct tls_flow *flow)
{
	struct slab *pool = &flow->env->shapes;
	struct tls_shape *t = NULL;

	if (pool->nr_objects == 0)
		return NULL;
	t = slab_take(pool);
	if (t == NULL) {
		flow->env->counters.shapes_refused++;
		return NULL;
	}
	memset(t, 0, sizeof(*t));
	t->flow = flow;
	return t;
}

struct tls_shape *
tls_shape_open(const struct tls_flow *flow)
{
	struct tls_shape *t = open_shape(flow);

	if (t != NULL)
		stream_shape_init(&t->shape);
	return t;
}

struct tls_shape *
tls_shape_open_datagrams(const struct tls_flow *flow)
{
	struct tls_shape *t = open_shape(flow);

	if (t != NULL)
		stream_shape_init_datagrams(&t->shape);
	return t;
}

/* ------------------------------------------------------------------ what is told */

/* A name alone gives no provider where much else is behind it. */
static const char *
provider_of(const struct tls_flow *flow)
{
	const struct conn *c = flow->c;
	const struct provider *p;

	if (c->name_source == NAME_NONE)
		return NULL;
	p = provider_by_host(flow->env->config.providers, span_of(c->name, c->name_len));
	return p != NULL && p->kind == PROVIDER_MODEL ? p->name : NULL;
}

static void
turn_over(void *arg, const struct stream_shape_turn *turn)
{
	struct tls_shape *t = arg;
	struct conn *c = t->flow->c;
	struct record *r;

	/* Of what is read there is a record of the call itself. */
	if (turn->verdict != STREAM_SHAPE_LIKELY || t->flow->decrypted)
		return;
	t->flow->env->counters.llm_streams_likely++;
	r = conn_begin(t->flow->env, c, RECORD_LLM);
	if (r == NULL)
		return;
	record_put_uint(r, RF_TRANSACTION, turn->ordinal);
	if (c->name_source != NAME_NONE)
		record_put_text(r, RF_SERVER_NAME, c->name, c->name_len);
	record_put_string(r, RF_GEN_AI_PROVIDER_NAME, provider_of(t->flow));
	record_put_bool(r, RF_ENCRYPTED, true);
	record_put_bool(r, RF_LLM_STREAM_LIKELY, true);
	record_put_string(r, RF_DETECTED_BY, "shape");
	record_put_uint(r, RF_REQUEST_BYTES, turn->request_bytes);
	record_put_uint(r, RF_RESPONSE_BYTES, turn->response_bytes);
	record_put_uint(r, RF_TTFT_US, turn->first_us - turn->request_end_us);
	record_put_uint(r, RF_DURATION_US, turn->last_us - turn->request_us);
	conn_emit(t->flow->env);
}

static void
put_delays(const struct stream_shape_part *part, struct record *r)
{
	for (unsigned i = 0; i < STREAM_SHAPE_DELAY_BINS; i++) {
		if (part->delays[i] != 0)
			conn_put_counted(r, RF_RESPONSE_DELAYS, stream_shape_delay_names[i],
					 part->delays[i]);
	}
}

void
tls_shape_describe(const struct tls_shape *t, struct record *r)
{
	const struct stream_shape_part *part;
	enum stream_shape_verdict verdict;

	if (t == NULL)
		return;
	part = &t->shape.part;
	if (part->request_bytes == 0 && part->response_bytes == 0)
		return;
	record_put_uint(r, RF_REQUEST_BYTES, part->request_bytes);
	record_put_uint(r, RF_RESPONSE_BYTES, part->response_bytes);
	record_put_uint(r, RF_REQUEST_BURSTS, part->nr_bursts);
	put_delays(part, r);
	verdict = stream_shape_verdict(&t->shape);
	if (verdict == STREAM_SHAPE_LIKELY) {
		record_put_bool(r, RF_LLM_STREAM_LIKELY, true);
		record_put_uint(r, RF_LLM_STREAMS, part->nr_turns[STREAM_SHAPE_LIKELY]);
		record_put_string(r, RF_DETECTED_BY, "shape");
	} else if (verdict == STREAM_SHAPE_OTHER && t->flow->hello_seen) {
		record_put_bool(r, RF_LLM_STREAM_LIKELY, false);
	}
}

void
tls_shape_next_part(struct tls_shape *t)
{
	if (t != NULL)
		stream_shape_next_part(&t->shape);
}

/* ------------------------------------------------------------------ what is seen */

static bool
is_tls13(const struct tls_shape *t)
{
	return t->flow->version != NULL && strcmp(t->flow->version, "1.3") == 0;
}

/* The hellos tell how far the server is: its tickets are no further away. */
static void
end_handshake(struct tls_shape *t, uint64_t now_us)
{
	uint64_t away =
	    t->seen[1] && t->hello_us[1] > t->hello_us[0] ? t->hello_us[1] - t->hello_us[0] : 0;

	t->handshake_over = true;
	stream_shape_tickets_until(&t->shape, now_us + 2 * away + 1000);
}

/* True for what is still handshake. */
static bool
is_handshake(struct tls_shape *t, enum conn_dir dir, uint64_t now_us)
{
	if (t->handshake_over)
		return false;
	if (dir == CONN_ORIG)
		end_handshake(t, now_us);
	return is_tls13(t);
}

static uint16_t
less(uint16_t len, unsigned n)
{
	return len > n ? (uint16_t)(len - n) : 0;
}

static void
record_seen(void *arg, uint8_t type, uint16_t len)
{
	struct call *c = arg;
	struct tls_shape *t = c->t;
	uint64_t now_us = t->flow->env->now_us;
	uint16_t bytes = less(len, is_tls13(t) ? TLS13_BYTES : TLS12_BYTES);

	if (!t->seen[c->dir]) {
		t->seen[c->dir] = true;
		t->hello_us[c->dir] = now_us;
	}
	if (type == TLS_ALERT && t->handshake_over)
		stream_shape_leave(&t->shape, c->dir, now_us);
	if (type != TLS_APPLICATION_DATA || is_handshake(t, c->dir, now_us))
		return;
	stream_shape_record(&t->shape, c->dir, bytes, now_us, turn_over, t);
	if (bytes == NOTIFY_BYTES && is_tls13(t))
		stream_shape_leave(&t->shape, c->dir, now_us);
}

void
tls_shape_push(struct tls_shape *t, enum conn_dir dir, const uint8_t *data, size_t len)
{
	struct call c = { t, dir };
	bool lost;

	if (t == NULL)
		return;
	lost = t->records[dir].lost;
	tls_records_push(&t->records[dir], data, len, record_seen, &c);
	if (!lost && t->records[dir].lost)
		stream_shape_blind(&t->shape);
}

/* Of packets with a short header only: the others are the handshake's (RFC 9000 section 17.2). */
void
tls_shape_datagram(struct tls_shape *t, enum conn_dir dir, const uint8_t *data, size_t len)
{
	if (t == NULL || len == 0 || (data[0] & 0x80) != 0 || len > UINT16_MAX)
		return;
	stream_shape_record(&t->shape, dir, less((uint16_t)len, DATAGRAM_BYTES),
			    t->flow->env->now_us, turn_over, t);
}

void
tls_shape_gap(struct tls_shape *t, enum conn_dir dir, uint64_t len)
{
	if (t == NULL || len == 0)
		return;
	tls_records_gap(&t->records[dir], len);
	if (t->records[dir].lost)
		stream_shape_blind(&t->shape);
	else
		stream_shape_gap(&t->shape);
}

void
tls_shape_half_close(struct tls_shape *t, enum conn_dir dir)
{
	if (t != NULL)
		stream_shape_leave(&t->shape, dir, t->flow->env->now_us);
}

void
tls_shape_finish(struct tls_shape *t)
{
	if (t != NULL)
		stream_shape_end(&t->shape, turn_over, t);
}

void
tls_shape_close(struct tls_shape *t)
{
	if (t != NULL)
		slab_give(&t->flow->env->shapes, t);
}
