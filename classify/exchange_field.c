/*
 * Fields of gRPC in a coding of their own (PROTOCOL-HTTP2.md): grpc-message percent-encoded, and
 * what is called something-bin in base64. Behind the latter is a message of Protocol Buffers as a
 * rule, grpc-status-details-bin for one, and each of its strings is a word by itself. An answer
 * without messages has them in its head, others behind the body.
 *
 * Fields behind a body are searched each by itself, for the body's own streams are still open.
 */
#include <string.h>

#include "classify/exchange_state.h"

static const char message_name[] = "grpc-message";

static bool
is_binary(struct span name)
{
	return name.len > 4 && span_is_nocase(span_of(name.p + name.len - 4, 4), "-bin");
}

static void
scan_message(struct message *m, struct span value)
{
	uint8_t *text = m->x->env->scratch;
	size_t at = sizeof(message_name) - 1;

	memcpy(text, message_name, at);
	text[at++] = ':';
	at += percent_decode(value.p, value.len, false, text + at, CONN_SCRATCH_BYTES - at);
	scan_block(m->x->env->scanner, BUFFER_HTTP_HEADER, text, at, exchange_found, m);
}

/* Strings gathered in the scratch space; more than fit there are left away. */
struct strings {
	uint8_t *text;
	size_t len;
};

static void
add_string(void *arg, const uint8_t *data, size_t len)
{
	struct strings *s = arg;
	size_t room = CONN_SCRATCH_BYTES - s->len;

	if (len > room)
		len = room;
	memcpy(s->text + s->len, data, len);
	s->len += len;
}

static void
end_string(void *arg)
{
	add_string(arg, (const uint8_t *)"\n", 1);
}

static const struct protobuf_handler strings_handler = { add_string, end_string };

static void
scan_binary(struct message *m, struct span name, struct span value)
{
	struct strings strings = { m->x->env->scratch, 0 };
	struct protobuf protobuf = { 0 };
	struct base64 base64 = { 0 };
	uint8_t out[BASE64_ROOM(1024)];

	/* The name may be anybody's. */
	exchange_scan_header(m, name, value);
	for (size_t at = 0, some; at < value.len; at += some) {
		some = value.len - at < 1024 ? value.len - at : 1024;
		protobuf_push(&protobuf, out, base64_push(&base64, value.p + at, some, out),
			      &strings_handler, &strings);
	}
	protobuf_push(&protobuf, out, base64_end(&base64, out), &strings_handler, &strings);
	protobuf_end(&protobuf, &strings_handler, &strings);
	if (strings.len != 0)
		scan_block(m->x->env->scanner, BUFFER_HTTP_HEADER, strings.text, strings.len,
			   exchange_found, m);
}

bool
exchange_scan_coded(struct message *m, struct span name, struct span value)
{
	if (span_is_nocase(name, message_name))
		scan_message(m, value);
	else if (is_binary(name))
		scan_binary(m, name, value);
	else
		return false;
	return true;
}

void
exchange_trailer(struct exchange *x, enum conn_dir dir, struct span name, struct span value)
{
	struct message *m = &x->message[dir];

	if (span_is_nocase(name, "grpc-status"))
		x->has_grpc_status = grpc_status_of(value, &x->grpc_status);
	if (!exchange_scan_coded(m, name, value))
		exchange_scan_header(m, name, value);
}
