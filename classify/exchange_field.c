/*
 * How the fields of a message are searched.
 *
 * Those of a head in one stream, each between two ends; those behind a body each by itself, for the
 * body's own streams are still open. gRPC has fields in a coding of their own (PROTOCOL-HTTP2.md):
 * grpc-message percent-encoded, and what is called something-bin in base64. Behind the latter is a
 * message of Protocol Buffers as a rule, grpc-status-details-bin for one, and each of its strings
 * is a word by itself. An answer without messages has them in its head, others behind the body.
 */
#include <string.h>

#include "classify/exchange_state.h"

/* The ends of a line are for ^ and $. */
static const uint8_t header_end[] = { '\n', VALUE_FIELD_END, '\n' };

/* The name gives context ("x-api-key: ..."), so it is scanned along with the value. */
static struct span
header_text(struct conn_env *env, struct span name, struct span value)
{
	uint8_t *text = env->scratch;
	size_t len = name.len;

	if (value.len == 0 || name.len + value.len + 2 + sizeof(header_end) > sizeof(env->scratch))
		return span_of(NULL, 0);
	memcpy(text, name.p, name.len);
	text[len++] = ':';
	text[len++] = ' ';
	memcpy(text + len, value.p, value.len);
	return span_of(text, len + value.len);
}

void
exchange_scan_header(struct message *m, struct span name, struct span value)
{
	struct span text = header_text(m->x->env, name, value);

	scan_block(m->x->env->scanner, BUFFER_HTTP_HEADER, text.p, text.len, exchange_found, m);
}

static bool
open_headers(struct message *m)
{
	bool open = m->joined[0].scan != NULL && m->joined[0].as == BUFFER_HTTP_HEADER;

	if (!exchange_text_open(m, 0, BUFFER_HTTP_HEADER))
		return false;
	if (!open)
		exchange_text(m, 0, BUFFER_HTTP_HEADER, header_end, sizeof(header_end));
	return true;
}

void
exchange_long_header(struct exchange *x, enum conn_dir dir, const uint8_t *data, size_t len,
		     bool trailer)
{
	struct message *m = &x->message[dir];

	if (scanner_is_idle(x->env->scanner))
		return;
	/* Behind a body the stream may be another text's. */
	if (trailer || !open_headers(m)) {
		x->env->counters.scan_refused += !trailer;
		exchange_unread(x, dir);
	} else if (len != 0) {
		exchange_text(m, 0, BUFFER_HTTP_HEADER, data, len);
	} else {
		exchange_text(m, 0, BUFFER_HTTP_HEADER, header_end, sizeof(header_end));
	}
}

static void
gather_long_header(struct message *m, struct span name, struct span value)
{
	static const uint8_t colon[] = { ':', ' ' };

	exchange_long_header(m->x, m->dir, name.p, name.len, false);
	exchange_long_header(m->x, m->dir, colon, sizeof(colon), false);
	exchange_long_header(m->x, m->dir, value.p, value.len, false);
	exchange_long_header(m->x, m->dir, NULL, 0, false);
}

/*
 * The fields of a message in one stream: a call of the scanner costs more than most of them have
 * bytes. Each is between two ends, so what it holds does not hang on which others are left out.
 */
static void
gather_header(struct message *m, struct span name, struct span value)
{
	struct scanner *scanner = m->x->env->scanner;
	struct span text;
	uint64_t id;

	if (scanner_is_idle(scanner))
		return;
	text = header_text(m->x->env, name, value);
	if (text.len == 0 && value.len != 0)
		gather_long_header(m, name, value);
	if (text.len == 0)
		return;
	id = scan_text_id(scanner, BUFFER_HTTP_HEADER, text.p, text.len);
	if (scan_holds_nothing(scanner, id, text.len))
		return;
	if (!open_headers(m)) {
		scan_block(scanner, BUFFER_HTTP_HEADER, text.p, text.len, exchange_found, m);
		return;
	}
	scan_remember_after(m->joined[0].scan, id, text.len + sizeof(header_end));
	memcpy(m->x->env->scratch + text.len, header_end, sizeof(header_end));
	exchange_text(m, 0, BUFFER_HTTP_HEADER, text.p, text.len + sizeof(header_end));
}

/* ------------------------------------------------------------------ in a coding */

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

/* False: it is none of those. */
static bool
scan_coded(struct message *m, struct span name, struct span value)
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
exchange_search_header(struct message *m, struct span name, struct span value)
{
	if (!scan_coded(m, name, value))
		gather_header(m, name, value);
}

void
exchange_trailer(struct exchange *x, enum conn_dir dir, struct span name, struct span value)
{
	struct message *m = &x->message[dir];

	if (span_is_nocase(name, "grpc-status"))
		x->has_grpc_status = grpc_status_of(value, &x->grpc_status);
	if (!scan_coded(m, name, value))
		exchange_scan_header(m, name, value);
}
