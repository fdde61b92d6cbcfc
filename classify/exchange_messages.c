/*
 * Bodies that are made of messages: gRPC, gRPC-Web and WebSocket. The framing is taken off, each
 * message's own coding undone, and what comes out is the body.
 */
#include <string.h>

#include "classify/exchange_state.h"

/* ------------------------------------------------------------------ Protocol Buffers */

/*
 * Strings of a message on their way to the scanner, with a line feed behind each: a field by itself
 * is a word by itself, and its neighbours are the words around it.
 */
struct texts {
	struct message *m;
	size_t len; /* gathered in the environment's scratch space */
};

static void
flush(struct texts *t)
{
	if (t->len != 0)
		scan_push(t->m->scan, t->m->x->env->scratch, t->len, exchange_found, t->m);
	t->len = 0;
}

static void
add_text(void *arg, const uint8_t *data, size_t len)
{
	struct texts *t = arg;

	if (len > CONN_SCRATCH_BYTES - t->len)
		flush(t);
	if (len > CONN_SCRATCH_BYTES) {
		scan_push(t->m->scan, data, len, exchange_found, t->m);
		return;
	}
	memcpy(t->m->x->env->scratch + t->len, data, len);
	t->len += len;
}

static void
end_text(void *arg)
{
	add_text(arg, (const uint8_t *)"\n", 1);
}

static const struct protobuf_handler texts_handler = { add_text, end_text };

void
exchange_protobuf(struct message *m, const uint8_t *data, size_t len)
{
	struct texts t = { m, 0 };

	protobuf_push(&m->protobuf, data, len, &texts_handler, &t);
	flush(&t);
}

static void
protobuf_over(struct message *m)
{
	struct texts t = { m, 0 };

	if (m->scan == NULL)
		return;
	protobuf_end(&m->protobuf, &texts_handler, &t);
	flush(&t);
}

/* ------------------------------------------------------------------ gRPC */

static void
grpc_begin(void *arg, bool compressed)
{
	struct message *m = arg;

	/* One that could not be decoded says nothing of the next. */
	m->message_failed = m->message_failed || m->decode_failed || m->coding_unknown;
	m->decode_failed = m->coding_unknown = false;
	if (compressed)
		exchange_decode_begin(m, span_of(m->grpc_coding, m->grpc_coding_len));
}

static void
grpc_bytes(void *arg, const uint8_t *data, size_t len)
{
	exchange_decode(arg, data, len);
}

static void
grpc_end(void *arg)
{
	struct message *m = arg;

	if (m->decode != NULL) {
		if (!m->decode_failed && decode_finish(m->decode, exchange_decoded, m) != DECODE_OK)
			m->decode_failed = true;
		decode_give(m->x->env->decoders, m->decode);
		m->decode = NULL;
	}
	if (m->protobuf_body)
		protobuf_over(m);
}

/* Lines of fields, searched as such. */
static void
grpc_trailers(void *arg, const uint8_t *data, size_t len)
{
	exchange_text(arg, 0, BUFFER_HTTP_HEADER, data, len);
}

static const struct grpc_handler grpc_handler = { grpc_begin, grpc_bytes, grpc_end, grpc_trailers };

/* application/grpc[-web[-text]][+proto]; another codec's name stands behind the plus. */
void
exchange_grpc_begin(struct message *m)
{
	const char *plus = memchr(m->type, '+', m->type_len);

	m->grpc_text = exchange_type_starts(m, "application/grpc-web-text");
	m->protobuf_body = plus == NULL || (size_t)(m->type + m->type_len - plus) < 6 ||
			   memcmp(plus, "+proto", 6) == 0;
}

/* Inside another coding they are not those that came. */
static void
inspected(const struct message *m, uint64_t len)
{
	if (m->outer == NULL)
		conn_inspected(m->x->env, m->x->c, len);
}

/* The five bytes before each message are framing; the messages are the body. */
static void
grpc_frames(struct message *m, const uint8_t *data, size_t len)
{
	uint64_t framing = m->grpc.framing_bytes;

	grpc_push(&m->grpc, data, len, &grpc_handler, m);
	inspected(m, m->grpc.framing_bytes - framing);
}

static void
grpc_text(struct message *m, const uint8_t *data, size_t len)
{
	uint8_t out[BASE64_ROOM(1024)];

	while (len > 0) {
		size_t some = len < 1024 ? len : 1024, n = base64_push(&m->base64, data, some, out);

		m->base64_overhead += some;
		m->base64_overhead -= n;
		grpc_frames(m, out, n);
		data += some;
		len -= some;
	}
}

/* A coding around all messages, as HTTP has it. */
void
exchange_grpc_outer(struct message *m, struct span codings)
{
	enum decode_result r = decode_take(m->x->env->decoders, codings, &m->outer);

	m->outer_failed = r != DECODE_OK && r != DECODE_UNKNOWN_CODING;
	m->message_failed = r != DECODE_OK;
}

static void
grpc_body(void *arg, const uint8_t *data, size_t len)
{
	struct message *m = arg;

	if (m->grpc_text)
		grpc_text(m, data, len);
	else
		grpc_frames(m, data, len);
}

static void
grpc_coded(struct message *m, const uint8_t *data, size_t len)
{
	size_t failed = len;

	if (!m->outer_failed) {
		m->outer_failed = decode_push(m->outer, data, len, grpc_body, m) != DECODE_OK;
		failed = m->outer_failed ? decode_unread(m->outer) : 0;
	}
	conn_inspected(m->x->env, m->x->c, len - failed);
	if (failed != 0)
		conn_skipped(m->x->env, m->x->c, CONN_SKIP_DECODE_FAILED, failed);
}

void
exchange_grpc(struct message *m, const uint8_t *data, size_t len)
{
	if (m->outer != NULL || m->outer_failed)
		grpc_coded(m, data, len);
	else if (m->grpc_lost)
		conn_skipped(m->x->env, m->x->c, CONN_SKIP_UNSYNCED, len);
	else
		grpc_body(m, data, len);
}

void
exchange_grpc_gap(struct message *m, uint64_t len)
{
	struct texts t = { m, 0 };

	m->message_failed = true;
	if (m->outer != NULL)
		m->outer_failed = true;
	if (m->protobuf_body && m->scan != NULL) {
		protobuf_gap(&m->protobuf, &texts_handler, &t);
		flush(&t);
	}
	/* The digits lost say little of the bytes. */
	if (m->grpc_text || !grpc_gap(&m->grpc, len, &grpc_handler, m))
		m->grpc_lost = true;
}

void
exchange_grpc_end(struct message *m)
{
	uint8_t out[4];

	if (m->outer != NULL && !m->outer_failed)
		m->outer_failed = decode_finish(m->outer, grpc_body, m) != DECODE_OK;
	m->message_failed = m->message_failed || m->outer_failed;
	if (m->grpc_text && !m->grpc_lost) {
		size_t n = base64_end(&m->base64, out);

		grpc_frames(m, out, n);
		inspected(m, m->base64_overhead - n);
	}
	decode_give(m->x->env->decoders, m->outer);
	m->outer = NULL;
	if (m->protobuf_body)
		protobuf_over(m);
	if (m->grpc.has_status) {
		m->x->has_grpc_status = true;
		m->x->grpc_status = m->grpc.status;
	}
}

/* ------------------------------------------------------------------ WebSocket */

/*
 * permessage-deflate (RFC 7692): a message is a piece of one deflate stream, less the empty block
 * at its end, unless the server's answer says that each stands for itself: then one that could not
 * be decoded says nothing of the next.
 */
static const uint8_t deflate_tail[] = { 0x00, 0x00, 0xff, 0xff };

void
exchange_websocket_extensions(struct exchange *x, struct span value)
{
	static const char client[] = "client_no_context_takeover";
	static const char server[] = "server_no_context_takeover";

	x->message[CONN_ORIG].websocket_apart |= span_has_nocase(value, client);
	x->message[CONN_RESP].websocket_apart |= span_has_nocase(value, server);
}

static void
end_apart(struct message *m)
{
	if (!m->websocket_apart)
		return;
	if (m->decode != NULL) {
		if (!m->decode_failed)
			decode_finish(m->decode, exchange_decoded, m);
		decode_give(m->x->env->decoders, m->decode);
	}
	m->decode = NULL;
	m->message_failed = m->message_failed || m->decode_failed;
	m->decode_failed = false;
}

static void
message_bytes(struct message *m, const uint8_t *data, size_t len)
{
	if (!m->websocket_deflated)
		exchange_decoded(m, data, len);
	else if (!m->decode_failed &&
		 decode_push(m->decode, data, len, exchange_decoded, m) != DECODE_OK)
		m->decode_failed = true;
}

/* A session with a model shows itself early; of others nothing more is kept. */
static void
follow_model(struct message *m)
{
	struct exchange *x = m->x;

	if (x->llm == NULL)
		return;
	if (m->websocket.nr_messages > WEBSOCKET_PATIENCE && !llm_is_likely(x->llm)) {
		slab_give(&x->env->llm, x->llm);
		x->llm = NULL;
		return;
	}
	llm_websocket_message(x->llm, m->dir == CONN_RESP);
}

static void
message_begin(void *arg, bool compressed)
{
	struct message *m = arg;

	m->websocket_deflated = compressed;
	follow_model(m);
	if (compressed && m->decode == NULL && !m->decode_failed)
		m->decode_failed =
		    decode_take_messages(m->x->env->decoders, &m->decode) != DECODE_OK;
}

static void
message_piece(void *arg, const uint8_t *data, size_t len)
{
	struct message *m = arg;
	size_t failed = 0;

	if (m->websocket_deflated && m->decode_failed)
		failed = len;
	message_bytes(m, data, len);
	if (m->websocket_deflated && m->decode_failed && failed == 0)
		failed = decode_unread(m->decode);
	conn_inspected(m->x->env, m->x->c, len - failed);
	if (failed != 0)
		conn_skipped(m->x->env, m->x->c, CONN_SKIP_DECODE_FAILED, failed);
}

static void
message_over(void *arg)
{
	struct message *m = arg;

	if (!m->websocket_deflated)
		return;
	message_bytes(m, deflate_tail, sizeof(deflate_tail));
	end_apart(m);
}

/* Whatever the two sides like to say that way: a text of its own, that no message is cut by. */
static void
control_piece(void *arg, const uint8_t *data, size_t len)
{
	struct message *m = arg;

	if (m->control == NULL && !m->done) {
		m->control = scan_open(m->x->env->scanner, BUFFER_WS_MESSAGE);
		m->x->env->counters.scan_refused += m->control == NULL;
	}
	if (m->control != NULL)
		scan_push(m->control, data, len, exchange_found, m);
}

static void
control_over(void *arg)
{
	struct message *m = arg;

	if (m->control != NULL)
		scan_close(m->control, exchange_found, m);
	m->control = NULL;
}

void
exchange_control_end(struct message *m)
{
	control_over(m);
}

static const struct websocket_handler message_handler = {
	message_begin, message_piece, message_over, control_piece, control_over,
};

void
exchange_begin_websocket(struct exchange *x)
{
	x->websocket = true;
	if (x->llm != NULL)
		llm_begin_websocket(x->llm);
	for (unsigned d = 0; d < 2; d++) {
		x->message[d].done = x->message[d].complete = false;
		x->message[d].scan_body = true;
	}
}

void
exchange_websocket(struct exchange *x, enum conn_dir dir, const uint8_t *data, size_t len)
{
	struct message *m = &x->message[dir];
	uint64_t framing = m->websocket.framing_bytes, skipped = m->websocket.skipped_bytes;

	websocket_push(&m->websocket, data, len, &message_handler, m);
	conn_inspected(x->env, x->c, m->websocket.framing_bytes - framing);
	if (m->websocket.skipped_bytes != skipped)
		conn_skipped(x->env, x->c, CONN_SKIP_UNSYNCED,
			     m->websocket.skipped_bytes - skipped);
}

void
exchange_websocket_gap(struct exchange *x, enum conn_dir dir, uint64_t len)
{
	struct message *m = &x->message[dir];

	m->gap = true;
	if (m->websocket_deflated && m->websocket.inside)
		m->decode_failed = true;
	websocket_gap(&m->websocket, len, &message_handler, m);
	if (m->control != NULL)
		scan_gap(m->control);
	exchange_readers_gap(x, dir);
}
