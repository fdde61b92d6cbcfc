#include "dataplane/publish/reason.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct sentence {
	char *out;
	size_t len, cap;
};

static void
say(struct sentence *s, const void *text, size_t len)
{
	if (len > s->cap - s->len)
		len = s->cap - s->len;
	memcpy(s->out + s->len, text, len);
	s->len += len;
}

static void
say_string(struct sentence *s, const char *text)
{
	say(s, text, strlen(text));
}

static bool
ends_in(const struct record_value *v, const char *tail)
{
	size_t len = strlen(tail);

	return v->len >= len && memcmp(v->data + v->len - len, tail, len) == 0;
}

/*
 * "Payment card number" -> "payment card numbers"; "IBAN" keeps its case, and so does the name of
 * who issues a secret.
 */
static void
say_title(struct sentence *s, const struct record_value *title, bool secret, bool plural)
{
	size_t at = s->len;

	say(s, title->data, title->len);
	if (!secret && title->len > 1 && at < s->len && islower(title->data[1]))
		s->out[at] = (char)tolower(title->data[0]);
	if (!plural || !isalpha(title->data[title->len - 1]))
		return;
	say_string(s, ends_in(title, "s") || ends_in(title, "x") ? "es" : "s");
}

static void
say_identity(struct sentence *s, const struct record_value *v)
{
	bool name = v->len > 5 && memcmp(v->data, "fqdn:", 5) == 0;

	say(s, v->data + (name ? 5 : 0), v->len - (name ? 5u : 0u));
}

/* How a buffer is spoken of; sent: from orig to resp, as for a request. Longest prefix first. */
static const struct place {
	const char *buffer;
	const char *words;
	enum { BETWEEN, SENT, RECEIVED } way;
} places[] = {
	{ "llm.prompt.system", "the system prompt", SENT },
	{ "llm.prompt.tool_result", "the result of a tool in the prompt", SENT },
	{ "llm.prompt", "the prompt", SENT },
	{ "llm.completion", "the answer", RECEIVED },
	{ "llm.tool_call", "a tool call", RECEIVED },
	{ "mcp.arguments", "the arguments of a tool", SENT },
	{ "mcp.result", "the result of a tool", RECEIVED },
	{ "http.path", "the path of a request", SENT },
	{ "http.query", "the query of a request", SENT },
	{ "http.host", "the host of a request", SENT },
	{ "http.header", "an HTTP header", BETWEEN },
	{ "http", "an HTTP message", BETWEEN },
	{ "json", "a JSON body", BETWEEN },
	{ "form", "a form", SENT },
	{ "file", "a file", BETWEEN },
	{ "sse", "an event stream", RECEIVED },
	{ "grpc", "a gRPC message", BETWEEN },
	{ "ws", "a WebSocket message", BETWEEN },
	{ "db", "database traffic", BETWEEN },
	{ "dns", "a DNS name", SENT },
	{ "tls", "a TLS handshake", SENT },
	{ "", "the payload", BETWEEN },
};

static const struct place *
place_of(const struct record_value *where)
{
	const struct place *p = places;

	while (strlen(p->buffer) > where->len ||
	       memcmp(p->buffer, where->data, strlen(p->buffer)) != 0)
		p++;
	return p;
}

static void
say_number(struct sentence *s, uint64_t n)
{
	char number[24];

	say(s, number, (size_t)snprintf(number, sizeof(number), "%llu", (unsigned long long)n));
}

/* "10.0.0.5 used openai, recognised by sni, which is not on its allow-list: 3 connections, 912
 * bytes sent, among them pci.pan" */
static size_t
shadow_write(const struct record_head *finding, uint64_t count, struct sentence *s)
{
	struct record_iter it = record_iter_of(finding);
	struct record_value v;
	bool first = true;

	if (record_find(finding, RF_SRC_IDENTITY, &v))
		say_identity(s, &v);
	say_string(s, " used ");
	if (record_find(finding, RF_AI_SERVICE, &v))
		say(s, v.data, v.len);
	if (record_find(finding, RF_DETECTED_BY, &v)) {
		say_string(s, ", recognised by ");
		say(s, v.data, v.len);
	}
	say_string(s, ", which is not on its allow-list: ");
	say_number(s, count);
	say_string(s, count == 1 ? " connection" : " connections");
	if (record_find(finding, RF_BYTES_SENT, &v)) {
		say_string(s, ", ");
		say_number(s, record_value_uint(&v));
		say_string(s, " bytes sent");
	}
	while (record_next(&it, &v)) {
		if (v.field != RF_DATA_TYPES_SENT)
			continue;
		say_string(s, first ? ", among them " : ", ");
		say(s, v.data, v.len);
		first = false;
	}
	return s->len;
}

size_t
reason_write(const struct record_head *finding, uint64_t count, char *out, size_t cap)
{
	static const struct record_value nothing = { .data = (const uint8_t *)"" };
	struct sentence s = { out, 0, cap };
	struct record_value title, type, where, src, dst;
	bool secret;
	const struct place *place;
	char number[24];

	if (record_find(finding, RF_RULE_ID, &title) && title.len == 9 &&
	    memcmp(title.data, "ai.shadow", 9) == 0)
		return shadow_write(finding, count, &s);
	if (!record_find(finding, RF_RULE_TITLE, &title) &&
	    !record_find(finding, RF_RULE_ID, &title))
		return 0;
	if (!record_find(finding, RF_WHERE, &where))
		where = nothing;
	if (!record_find(finding, RF_SRC_IDENTITY, &src))
		src = nothing;
	if (!record_find(finding, RF_DST_IDENTITY, &dst))
		dst = nothing;
	secret = record_find(finding, RF_DATA_TYPE, &type) && type.len > 7 &&
		 memcmp(type.data, "secret.", 7) == 0;
	place = place_of(&where);

	say(&s, number,
	    (size_t)snprintf(number, sizeof(number), "%llu ", (unsigned long long)count));
	say_title(&s, &title, secret, count != 1);
	say_string(&s, " in ");
	say_string(&s, place->words);
	if (src.len == 0 || dst.len == 0)
		return s.len;
	say_string(&s, place->way == SENT	? " sent to "
		       : place->way == RECEIVED ? " from "
						: " between ");
	say_identity(&s, place->way == BETWEEN ? &src : &dst);
	say_string(&s, place->way == SENT ? " by " : place->way == RECEIVED ? " to " : " and ");
	say_identity(&s, place->way == BETWEEN ? &dst : &src);
	return s.len;
}
