#include "bench/generate/script.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/generate/frame.h"
#include "bench/generate/options.h"

#define UNIT_MAX 1100u

enum unit { UNIT_NONE, UNIT_JSON, UNIT_SSE, UNIT_GRPC, UNIT_TLS, UNIT_BINARY, NR_UNITS };
static const uint16_t unit_bytes[NR_UNITS] = { 0, 96, 128, 1024, 1024, 1024 };

static const char *const words[] = { "invoice", "parcel", "north", "garden", "window",
				     "summer",	"ticket", "river", "pencil", "engine" };

static void
fill_json(uint64_t key, uint64_t i, char *to, size_t width)
{
	bool mail = (number(key, i) >> 8) % options.plant == 0;
	bool card = mail && number(key, i) % 10 == 0;
	char text[160];
	int n = snprintf(text, sizeof(text),
			 "{\"n\":%08" PRIu64 ",\"item\":\"%s %s\",\"qty\":%u,\"by\":\"%s%s\"}", i,
			 words[number(key, i) % 10], words[(number(key, i) >> 20) % 10],
			 (unsigned)(number(key, i) >> 40) % 90 + 10,
			 card	? "card 4111 1111 1111 1111"
			 : mail ? "erika.mustermann@example.com"
				: words[(number(key, i) >> 30) % 10],
			 "");

	memset(to, ' ', width);
	memcpy(to, text, (size_t)n < width - 1 ? (size_t)n : width - 1);
	to[width - 1] = ',';
}

static void
fill_random(uint64_t key, uint64_t i, uint8_t *to, size_t width)
{
	for (size_t at = 0; at < width; at += 8) {
		uint64_t v = number(key, i * 4096 + at);

		memcpy(to + at, &v, width - at < 8 ? width - at : 8);
	}
}

static void
fill_unit(enum unit unit, uint64_t key, uint64_t i, uint8_t *to)
{
	size_t width = unit_bytes[unit];
	char text[160];

	switch (unit) {
	case UNIT_JSON:
		fill_json(key, i, (char *)to, width);
		break;
	case UNIT_SSE: /* a chunk of HTTP's with one event: size | event | end */
		snprintf(
		    text, sizeof(text),
		    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s %s \"}}]}%60s",
		    words[number(key, i) % 10], words[(number(key, i) >> 20) % 10], "");
		memcpy(to, "7a\r\n", 4);
		memcpy(to + 4, text, 120);
		memcpy(to + 124, "\n\n\r\n", 4);
		break;
	case UNIT_GRPC: /* a DATA frame on stream 1 with one message: 9 | 5 | rest */
		memcpy(to, "\0\0\0\0\0\0\0\0\1\0\0\0\0", 13);
		put16(to + 1, (unsigned)width - 9);
		put16(to + 12, (unsigned)width - 14);
		memset(to + 14, ' ', width - 14);
		for (size_t at = 14; at + 96 <= width; at += 96)
			fill_json(key, i * 16 + at, (char *)to + at, 96);
		break;
	case UNIT_TLS: /* a record of application data */
		fill_random(key, i, to, width);
		memcpy(to, "\x17\x03\x03", 3);
		put16(to + 3, (unsigned)width - 5);
		break;
	default:
		fill_random(key, i, to, width);
		break;
	}
}

uint64_t
script_message_len(const struct message *m)
{
	return m->head_len + m->nr_units * unit_bytes[m->unit] + m->tail_len;
}

void
script_read(const struct message *m, uint64_t key, uint64_t at, uint8_t *to, size_t len)
{
	uint64_t units_end = m->head_len + m->nr_units * unit_bytes[m->unit];

	while (len != 0) {
		uint8_t unit[UNIT_MAX];
		const uint8_t *from = m->head + at;
		uint64_t left = at < m->head_len ? m->head_len - at : 0;

		if (at >= units_end) {
			from = (const uint8_t *)m->tail + (at - units_end);
			left = units_end + m->tail_len - at;
		} else if (at >= m->head_len) {
			uint64_t i = (at - m->head_len) / unit_bytes[m->unit];
			uint64_t in = (at - m->head_len) % unit_bytes[m->unit];

			fill_unit((enum unit)m->unit, key, i, unit);
			from = unit + in;
			left = unit_bytes[m->unit] - in;
		}
		if (left > len)
			left = len;
		memcpy(to, from, left);
		to += left;
		at += left;
		len -= left;
	}
}

__attribute__((format(printf, 2, 3))) static void
set_head(struct message *m, const char *format, ...)
{
	va_list va;
	int n;

	va_start(va, format);
	n = vsnprintf((char *)m->head, SCRIPT_HEAD_MAX, format, va);
	va_end(va);
	m->head_len = (uint16_t)n;
}

static void
set_tail(struct message *m, const char *text, size_t len)
{
	memcpy(m->tail, text, len);
	m->tail_len = (uint16_t)len;
}

/* ---------------------------------------------------------------- connections */

static struct message *
add(struct script *s, unsigned from, enum unit unit, uint64_t nr_units)
{
	struct message *m = &s->message[s->nr++];

	m->from = (uint8_t)from;
	m->unit = (uint8_t)unit;
	m->nr_units = nr_units;
	m->head_len = m->tail_len = 0;
	return m;
}

static void
http_exchange(struct script *s, uint64_t key, uint64_t request, uint64_t response)
{
	struct message *m = add(s, 0, UNIT_JSON, request);

	set_head(m,
		 "POST /api/v1/orders/%" PRIu64 " HTTP/1.1\r\nHost: orders.example\r\nUser-Agent: "
		 "shop/2.1\r\nAccept: application/json\r\nContent-Type: application/json\r\n"
		 "Content-Length: %" PRIu64 "\r\n\r\n[",
		 key % 100000, request * 96 + 4);
	set_tail(m, "{}]", 3);
	m = add(s, 1, UNIT_JSON, response);
	set_head(m,
		 "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: application/json\r\n"
		 "Content-Length: %" PRIu64 "\r\n\r\n[",
		 response * 96 + 4);
	set_tail(m, "{}]", 3);
}

static void
model_call(struct script *s, uint64_t key)
{
	static const char before[] = "{\"model\":\"llama-3-70b\",\"stream\":true,\"messages\":[{"
				     "\"role\":\"user\",\"content\":\"Sort these:\"}],\"data\":[";
	uint64_t nr = 5 + key % 40;
	struct message *m = add(s, 0, UNIT_JSON, nr);

	set_head(m,
		 "POST /v1/chat/completions HTTP/1.1\r\nHost: vllm.example\r\nContent-Type: "
		 "application/json\r\nContent-Length: %" PRIu64 "\r\n\r\n%s",
		 (uint64_t)sizeof(before) - 1 + nr * 96 + 4, before);
	set_tail(m, "{}]}", 4);
	m = add(s, 1, UNIT_SSE, 20 + key % 200);
	set_head(m, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: "
		    "chunked\r\n\r\n");
	set_tail(m, "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n", 24);
}

static void
put_field(struct message *m, const char *name, const char *value)
{
	uint8_t *p = m->head + m->head_len;
	size_t n = strlen(name), v = strlen(value);

	*p++ = 0; /* literal, not kept; RFC 7541 section 6.2.2 */
	*p++ = (uint8_t)n;
	memcpy(p, name, n);
	p[n] = (uint8_t)v;
	memcpy(p + n + 1, value, v);
	m->head_len = (uint16_t)(m->head_len + n + v + 3);
}

/* SETTINGS, then HEADERS whose length is put when its fields are there. */
static uint16_t
begin_http2(struct message *m, const char *preface)
{
	size_t n = strlen(preface);

	memcpy(m->head, preface, n);
	memcpy(m->head + n, "\0\0\0\4\0\0\0\0\0\0\0\0\1\4\0\0\0\1", 18);
	m->head_len = (uint16_t)(n + 18);
	return m->head_len;
}

static void
grpc_call(struct script *s, uint64_t key)
{
	struct message *m = add(s, 0, UNIT_GRPC, 1 + key % 3);
	uint16_t from = begin_http2(m, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

	put_field(m, ":method", "POST");
	put_field(m, ":scheme", "http");
	put_field(m, ":path", "/shop.Orders/List");
	put_field(m, ":authority", "orders.example");
	put_field(m, "content-type", "application/grpc");
	put_field(m, "te", "trailers");
	put16(m->head + from - 8, m->head_len - from);
	set_tail(m, "\0\0\0\0\1\0\0\0\1", 9);
	m = add(s, 1, UNIT_GRPC, 1 + (key >> 8) % 30);
	from = begin_http2(m, "");
	put_field(m, ":status", "200");
	put_field(m, "content-type", "application/grpc");
	put16(m->head + from - 8, m->head_len - from);
	/* HEADERS with END_STREAM: grpc-status 0 */
	set_tail(m,
		 "\0\0\x0f\1\5\0\0\0\1\0\x0bgrpc-status\1"
		 "0",
		 24);
}

/* Handshake of TLS 1.3 in shape: hellos that can be read, then records that nobody can. */
static void
tls_session(struct script *s, uint64_t key, uint64_t request, uint64_t response)
{
	struct message *m = add(s, 0, UNIT_TLS, request);
	uint8_t *p = m->head;
	char name[32];
	size_t n = (size_t)snprintf(name, sizeof(name), "svc-%u.example.com", (unsigned)key % 200);
	size_t extensions = 9 + n + 7 + 8, body = 2 + 32 + 1 + 2 + 4 + 2 + 2 + extensions;

	memset(p, 0, SCRIPT_HEAD_MAX);
	memcpy(p, "\x16\x03\x01", 3);
	put16(p + 3, (unsigned)body + 4);
	p[5] = 1;
	put16(p + 7, (unsigned)body);
	put16(p + 9, 0x0303);
	fill_random(key, 1, p + 11, 32);
	memcpy(p + 44, "\0\4\x13\x01\x13\x02\1\0", 8);
	put16(p + 52, (unsigned)extensions);
	p += 54; /* server_name, supported_versions 1.3, supported_groups */
	put16(p + 2, (unsigned)n + 5);
	put16(p + 4, (unsigned)n + 3);
	put16(p + 7, (unsigned)n);
	memcpy(p + 9, name, n);
	memcpy(p + 9 + n, "\0\x2b\0\3\2\3\4\0\x0a\0\4\0\2\0\x1d", 15);
	m->head_len = (uint16_t)(9 + body);
	m = add(s, 1, UNIT_TLS, response);
	memset(m->head, 0, SCRIPT_HEAD_MAX);
	memcpy(m->head, "\x16\x03\x03\0\x32\2\0\0\x2e\3\3", 11);
	fill_random(key, 2, m->head + 11, 32);
	memcpy(m->head + 43, "\0\x13\1\0\0\6\0\x2b\0\2\3\4", 12);
	m->head_len = 55;
}

static void
redis_exchange(struct script *s, uint64_t key)
{
	struct message *m = add(s, 0, UNIT_NONE, 0);

	set_head(m, "*3\r\n$3\r\nSET\r\n$12\r\nsess:%07u\r\n$96\r\n", (unsigned)key % 10000000);
	fill_json(key, 0, (char *)m->head + m->head_len, 96);
	memcpy(m->head + m->head_len + 96, "\r\n", 2);
	m->head_len = (uint16_t)(m->head_len + 98);
	m = add(s, 1, UNIT_NONE, 0);
	set_head(m, "+OK\r\n");
}

static void
dns_look_up(struct script *s, uint64_t key)
{
	struct message *m = add(s, 0, UNIT_NONE, 0);
	char name[16];
	uint8_t *p = m->head;

	snprintf(name, sizeof(name), "svc-%03u", (unsigned)key % 1000);
	put16(p, (unsigned)key & 0xffff);
	memcpy(p + 2, "\1\0\0\1\0\0\0\0\0\0\7", 11);
	memcpy(p + 13, name, 7);
	memcpy(p + 20, "\7example\3com\0\0\1\0\1", 17);
	m->head_len = 37;
	m = add(s, 1, UNIT_NONE, 0);
	memcpy(m->head, p, 37);
	memcpy(m->head + 2, "\x81\x80\0\1\0\1", 6);
	memcpy(m->head + 37, "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2", 15);
	m->head[52] = (uint8_t)(1 + key % 250);
	m->head_len = 53;
	s->dns = true;
	s->port = 53;
}

void
script_write(uint64_t flow, struct script *s)
{
	uint64_t key = number(flow, 7), kind = key % 100;

	s->nr = 0;
	s->dns = false;
	s->port = 8080;
	if (options.mix == ELEPHANT) {
		uint64_t units = options.mib * (1u << 20) / ELEPHANTS;

		if (flow % 4 < 2)
			http_exchange(s, key, 1, units / unit_bytes[UNIT_JSON]);
		else if (flow % 4 == 2)
			tls_session(s, key, 1, units / unit_bytes[UNIT_TLS]);
		else
			add(s, 1, UNIT_BINARY, units / unit_bytes[UNIT_BINARY]);
		s->port = flow % 4 == 2 ? 443 : 8080;
	} else if (options.mix == OPEN || (options.mix == CHURN && kind >= 40)) {
		http_exchange(s, key, 1, 1);
	} else if (options.mix == CHURN || kind < 15) {
		dns_look_up(s, key);
	} else if (kind < 55) {
		for (unsigned i = 0; i <= (key >> 10) % 4; i++)
			http_exchange(s, key + i, 1 + (key >> 20) % 20, 1 + (key >> 30) % 250);
	} else if (kind < 65) {
		model_call(s, key);
	} else if (kind < 75) {
		grpc_call(s, key);
		s->port = 50051;
	} else if (kind < 95) {
		tls_session(s, key, 1 + (key >> 20) % 4, 1 + (key >> 30) % 30);
		s->port = 443;
	} else {
		for (unsigned i = 0; i <= (key >> 10) % 7; i++)
			redis_exchange(s, key + i);
		s->port = 6379;
	}
}
