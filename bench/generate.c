/*
 * Traffic for measurements: writes a pcap, the same bytes for the same arguments.
 *
 *   generate --mix cluster|elephants|churn|open [--flows N] [--mib N] [--packets N] [--seed N]
 *            [--vxlan] [--plant N] [-o FILE]
 *
 *   cluster    many connections at once: HTTP with JSON, model calls answered in pieces (SSE),
 *              gRPC, TLS, Redis, DNS; one segment in a hundred is sent again, one window in two
 *              hundred comes in another order
 *   elephants  eight connections that carry --mib MiB between them
 *   churn      short connections, 50,000 a second: DNS, and HTTP with one request
 *   open       --flows connections are opened and stay; then --packets packets, small requests and
 *              answers, go over any of them
 *
 * A connection is a list of messages, a message a head and units of one width that are made from
 * their number: so any part of a gigabyte can be written without keeping it, and an open
 * connection costs the generator 8 bytes. Connections of a mix run side by side through a heap of
 * what comes next. Checksums are right, TLS is handshake-shaped and random behind it, addresses and
 * names are from documentation ranges. One unit of JSON in --plant holds a mail address, one in ten
 * of these a published test card number.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_US     1767225600000000u
#define MSS	     1400u
#define BURST	     4u /* segments before the other end acknowledges */
#define UNIT_MAX     1100u
#define HEAD_MAX     700u
#define HEADERS_MAX  120u /* outer and inner, up to the payload */
#define MAX_MESSAGES 16u
#define ELEPHANTS    8u

enum mix { CLUSTER, ELEPHANT, CHURN, OPEN, NR_MIXES };
static const char *const mix_names[NR_MIXES] = { "cluster", "elephants", "churn", "open" };

enum unit { UNIT_NONE, UNIT_JSON, UNIT_SSE, UNIT_GRPC, UNIT_TLS, UNIT_BINARY, NR_UNITS };
static const uint16_t unit_bytes[NR_UNITS] = { 0, 96, 128, 1024, 1024, 1024 };

static struct {
	enum mix mix;
	uint64_t flows, mib, packets, seed, plant;
	bool vxlan;
	const char *out;
} options = { .flows = 1000, .mib = 64, .packets = 100000, .seed = 1, .plant = 40, .out = "-" };

static struct {
	FILE *file;
	uint64_t now_us, packets, bytes, payload, flows;
} out;

/* SplitMix64's finalizer: a number for each place of the traffic. */
static uint64_t
number(uint64_t a, uint64_t b)
{
	uint64_t z = options.seed * 0x9e3779b97f4a7c15u + a * 0xd1342543de82ef95u + b + 1;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static uint64_t
sum16(const uint8_t *p, size_t len, uint64_t sum)
{
	for (; len >= 2; p += 2, len -= 2)
		sum += (unsigned)(p[0] << 8 | p[1]);
	return len != 0 ? sum + (unsigned)(p[0] << 8) : sum;
}

static unsigned
fold(uint64_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (unsigned)(~sum & 0xffff);
}

static void
write_bytes(const void *p, size_t len)
{
	if (fwrite(p, 1, len, out.file) != len) {
		fprintf(stderr, "generate: %s: %s\n", options.out, strerror(errno));
		exit(1);
	}
}

static void
write_frame(const uint8_t *frame, size_t len, uint64_t at_us)
{
	uint32_t head[4] = { 0, 0, (uint32_t)len, (uint32_t)len };

	if (at_us > out.now_us)
		out.now_us = at_us;
	head[0] = (uint32_t)(out.now_us / 1000000u);
	head[1] = (uint32_t)(out.now_us % 1000000u);
	write_bytes(head, sizeof(head));
	write_bytes(frame, len);
	out.packets++;
	out.bytes += len;
}

/* Ethernet and IPv4 before len bytes; returns how long both are. */
static size_t
put_ip(uint8_t *p, uint32_t src, uint32_t dst, uint8_t proto, size_t len, unsigned id)
{
	uint8_t *ip = p + 14;

	memcpy(p, "\x02\0", 2);
	put32(p + 2, dst);
	memcpy(p + 6, "\x02\0", 2);
	put32(p + 8, src);
	put16(p + 12, 0x0800);
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, (unsigned)len + 20);
	put16(ip + 4, id);
	put16(ip + 6, 0x4000);
	ip[8] = 64;
	ip[9] = proto;
	put32(ip + 12, src);
	put32(ip + 16, dst);
	put16(ip + 10, fold(sum16(ip, 20, 0)));
	return 34;
}

/* One end and the other of a connection. */
struct ends {
	uint32_t addr[2];
	uint16_t port[2];
	uint8_t proto;
};

static struct ends
ends_of(uint64_t flow, bool dns, uint16_t server_port)
{
	return (struct ends) {
		.addr = { (uint32_t)(0x0a000000u + 1 + flow / 40000),
			  (uint32_t)(0x0aff0000u + 1 + number(flow, 1) % 250) },
		.port = { (uint16_t)(20000 + flow % 40000), server_port },
		.proto = dns ? 17 : 6,
	};
}

/*
 * A packet of side `from`: headers are put before the payload, which stands at frame + HEADERS_MAX.
 */
static void
send_packet(uint8_t *frame, const struct ends *e, unsigned from, uint64_t flow, uint64_t at_us,
	    uint8_t flags, uint32_t seq, uint32_t ack, size_t len)
{
	size_t hdr = e->proto == 6 ? 20 : 8;
	uint8_t *t = frame + HEADERS_MAX - hdr, *p = t - 34;
	size_t whole = hdr + len;
	uint64_t sum;

	memset(t, 0, hdr);
	put16(t, e->port[from]);
	put16(t + 2, e->port[1 - from]);
	if (e->proto == 6) {
		put32(t + 4, seq);
		put32(t + 8, ack);
		t[12] = 0x50;
		t[13] = flags;
		put16(t + 14, 64240);
	} else {
		put16(t + 4, (unsigned)whole);
	}
	put_ip(p, e->addr[from], e->addr[1 - from], e->proto, whole,
	       (unsigned)number(flow, at_us ^ (uint64_t)seq << 20 ^ from));
	sum = sum16(p + 14 + 12, 8, e->proto + whole);
	put16(t + (e->proto == 6 ? 16 : 6), fold(sum16(t, whole, sum)));
	whole += 34;
	out.payload += len;
	if (options.vxlan) {
		uint32_t node[2] = { 0xc0a83201u + (uint32_t)(flow % 16), 0xc0a83281u };
		uint8_t *v = p - 8, *u = v - 8;

		memcpy(v, "\x08\0\0\0", 4);
		put32(v + 4, (uint32_t)(4096 + flow % 8) << 8);
		put16(u, (unsigned)(49152 + number(flow, 2) % 16384));
		put16(u + 2, 4789);
		put16(u + 4, (unsigned)whole + 16);
		put16(u + 6, 0);
		p = u - 34;
		put_ip(p, node[from], node[1 - from], 17, whole + 16, (unsigned)out.packets);
		whole += 16 + 34;
	}
	write_frame(p, whole, at_us);
}

/* ---------------------------------------------------------------- messages */

struct message {
	uint8_t from; /* 0: who opened */
	uint8_t unit; /* enum unit */
	uint64_t nr_units;
	uint16_t head_len, tail_len;
	uint8_t head[HEAD_MAX];
	char tail[96];
};

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

static uint64_t
message_len(const struct message *m)
{
	return m->head_len + m->nr_units * unit_bytes[m->unit] + m->tail_len;
}

/* Bytes [at, at + len) of a message. */
static void
read_message(const struct message *m, uint64_t key, uint64_t at, uint8_t *to, size_t len)
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
	n = vsnprintf((char *)m->head, HEAD_MAX, format, va);
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

struct script {
	uint16_t port;
	bool dns;
	unsigned nr;
	struct message message[MAX_MESSAGES];
};

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

	memset(p, 0, HEAD_MAX);
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
	memset(m->head, 0, HEAD_MAX);
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

/* What a connection of the mix says: the same for the same number. */
static void
write_script(uint64_t flow, struct script *s)
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

/* ---------------------------------------------------------------- time */

enum stage {
	STAGE_SYN,
	STAGE_SYN_ACK,
	STAGE_ACK,
	STAGE_DATA,
	STAGE_FIN,
	STAGE_FIN_ACK,
	STAGE_LAST,
	STAGE_OVER
};

/* A connection under way. */
struct live {
	uint64_t at_us; /* when it goes on */
	uint64_t flow;
	uint64_t at; /* of the message */
	uint32_t seq[2];
	uint8_t stage, message;
};

static uint8_t frame[HEADERS_MAX + MSS + UNIT_MAX];

static void
send_tcp(const struct ends *e, struct live *l, unsigned from, uint8_t flags, size_t len)
{
	send_packet(frame, e, from, l->flow, l->at_us, flags, l->seq[from],
		    (flags & 0x10) != 0 ? l->seq[1 - from] : 0, len);
	l->seq[from] += (uint32_t)len + ((flags & 3) != 0);
}

static bool
happens(uint64_t flow, uint64_t at, uint64_t salt, unsigned in)
{
	return options.mix == CLUSTER && number(flow ^ salt << 40, at) % in == 0;
}

/* A window of segments, one of them perhaps late or twice, and its acknowledgement. */
static void
send_window(const struct ends *e, struct live *l, const struct message *m)
{
	uint64_t len = message_len(m);
	uint32_t start = l->seq[m->from];
	uint64_t from = l->at;
	unsigned nr = 0, order[BURST] = { 0, 1, 2, 3 };

	while (nr < BURST && l->at < len) {
		l->at += len - l->at < MSS ? len - l->at : MSS;
		nr++;
	}
	if (nr > 2 && happens(l->flow, from, 1, 200)) {
		order[1] = 2;
		order[2] = 1;
	}
	for (unsigned i = 0; i < nr; i++) {
		uint64_t at = from + order[i] * MSS;
		size_t n = len - at < MSS ? (size_t)(len - at) : MSS;
		unsigned times = happens(l->flow, at, 2, 100) ? 2 : 1;

		read_message(m, number(l->flow, 100 + l->message), at, frame + HEADERS_MAX, n);
		for (unsigned k = 0; k < times; k++) {
			l->seq[m->from] = start + (uint32_t)(at - from);
			l->at_us += k * 3000 + 1;
			send_tcp(e, l, m->from, 0x18, n);
		}
	}
	l->seq[m->from] = start + (uint32_t)(l->at - from);
	l->at_us += 20;
	send_tcp(e, l, 1 - m->from, 0x10, 0);
}

static void
send_datagram(const struct ends *e, struct live *l, const struct message *m)
{
	memcpy(frame + HEADERS_MAX, m->head, m->head_len);
	send_packet(frame, e, m->from, l->flow, l->at_us, 0, l->message, 0, m->head_len);
	l->at = m->head_len;
}

/* What comes next; when, is in at_us afterwards. */
static void
go_on(struct live *l)
{
	static struct script s;
	struct ends e;
	const struct message *m;
	uint64_t rtt_us = 100 + number(l->flow, 3) % 1500;

	write_script(l->flow, &s);
	e = ends_of(l->flow, s.dns, s.port);
	if (s.dns && l->stage < STAGE_DATA)
		l->stage = STAGE_DATA;
	switch ((enum stage)l->stage) {
	case STAGE_SYN:
		l->seq[0] = (uint32_t)number(l->flow, 4);
		l->seq[1] = (uint32_t)number(l->flow, 5);
		send_tcp(&e, l, 0, 0x02, 0);
		break;
	case STAGE_SYN_ACK:
		send_tcp(&e, l, 1, 0x12, 0);
		break;
	case STAGE_ACK:
		send_tcp(&e, l, 0, 0x10, 0);
		break;
	case STAGE_DATA:
		m = &s.message[l->message];
		if (s.dns)
			send_datagram(&e, l, m);
		else
			send_window(&e, l, m);
		if (l->at == message_len(m)) {
			l->message++;
			l->at = 0;
		}
		l->at_us += rtt_us;
		if (l->message < s.nr)
			return;
		if (options.mix == OPEN || s.dns)
			l->stage = STAGE_LAST;
		break;
	case STAGE_FIN:
		send_tcp(&e, l, 0, 0x11, 0);
		break;
	case STAGE_FIN_ACK:
		send_tcp(&e, l, 1, 0x11, 0);
		break;
	default:
		send_tcp(&e, l, 0, 0x10, 0);
		break;
	}
	l->at_us += rtt_us / 2;
	l->stage++;
}

/* The earliest first; of equals, the lower number. */
static bool
sooner(const struct live *a, const struct live *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->flow < b->flow;
}

static void
sift_down(struct live *heap, size_t nr)
{
	struct live moving = heap[0];
	size_t at = 0;

	for (;;) {
		size_t next = 2 * at + 1;

		if (next + 1 < nr && sooner(&heap[next + 1], &heap[next]))
			next++;
		if (next >= nr || !sooner(&heap[next], &moving))
			break;
		heap[at] = heap[next];
		at = next;
	}
	heap[at] = moving;
}

static void
push(struct live *heap, size_t nr, struct live l)
{
	size_t at = nr;

	while (at > 0 && sooner(&l, &heap[(at - 1) / 2])) {
		heap[at] = heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap[at] = l;
}

static void *
allocate(size_t nr, size_t bytes)
{
	void *p = calloc(nr, bytes);

	if (p == NULL) {
		fprintf(stderr, "generate: no memory for %zu connections\n", nr);
		exit(1);
	}
	return p;
}

/* Connections begin one after the other and overlap. */
static void
run_heap(uint64_t nr_flows, uint64_t gap_us_1000)
{
	struct live *heap = allocate(nr_flows, sizeof(*heap));
	uint64_t begun = 0;
	size_t nr = 0;

	while (nr != 0 || begun < nr_flows) {
		uint64_t next_us = START_US + begun * gap_us_1000 / 1000;

		if (begun < nr_flows && (nr == 0 || next_us <= heap[0].at_us)) {
			push(heap, nr++, (struct live) { .at_us = next_us, .flow = begun++ });
			continue;
		}
		go_on(&heap[0]);
		if (heap[0].stage == STAGE_OVER)
			heap[0] = heap[--nr];
		if (nr != 0)
			sift_down(heap, nr);
	}
	free(heap);
	out.flows = nr_flows;
}

static void
send_text(const struct ends *e, struct live *l, unsigned from, const char *text)
{
	size_t len = strlen(text);

	memcpy(frame + HEADERS_MAX, text, len);
	send_tcp(e, l, from, 0x18, len);
}

/* All are opened, none is closed; then a small request and its answer over any of them. */
static void
run_open(void)
{
	uint32_t(*seq)[2] = allocate(options.flows, sizeof(*seq));
	uint64_t at_us = START_US;

	for (uint64_t f = 0; f < options.flows; f++) {
		struct live l = { .at_us = at_us, .flow = f };

		while (l.stage != STAGE_OVER)
			go_on(&l);
		memcpy(seq[f], l.seq, sizeof(l.seq));
		at_us += 2;
	}
	for (uint64_t i = 0; i < options.packets; i += 2) {
		uint64_t f = number(i, 9) % options.flows;
		struct ends e = ends_of(f, false, 8080);
		struct live l = { .at_us = at_us + i, .flow = f };
		char request[160];

		memcpy(l.seq, seq[f], sizeof(l.seq));
		snprintf(request, sizeof(request),
			 "GET /api/v1/orders/%06u HTTP/1.1\r\nHost: orders.example\r\nAccept: "
			 "application/json\r\n\r\n",
			 (unsigned)(number(f, i) % 1000000));
		send_text(&e, &l, 0, request);
		send_text(&e, &l, 1,
			  "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
			  "Content-Length: 15\r\n\r\n{\"state\":\"new\"}");
		memcpy(seq[f], l.seq, sizeof(l.seq));
	}
	free(seq);
	out.flows = options.flows;
}

/* ---------------------------------------------------------------- what to make */

static void
usage(int status)
{
	fprintf(status == 0 ? stdout : stderr,
		"usage: generate --mix cluster|elephants|churn|open [OPTION]...\n\n"
		"  --flows N     connections (1000); elephants has eight\n"
		"  --mib N       payload of elephants (64)\n"
		"  --packets N   of open, behind the openings (100000)\n"
		"  --seed N      other traffic of the same kind (1)\n"
		"  --vxlan       each frame in a VXLAN tunnel between nodes\n"
		"  --plant N     one unit of JSON in N holds personal data (40)\n"
		"  -o FILE       where to (standard output)\n");
	exit(status);
}

static uint64_t
take_number(const char *name, const char *text)
{
	char *end;
	uint64_t v = strtoull(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || v == 0 || v > 1000000000u) {
		fprintf(stderr, "generate: --%s %s: must be 1..1000000000\n", name, text);
		exit(2);
	}
	return v;
}

static enum mix
take_mix(const char *text)
{
	for (unsigned m = 0; m < NR_MIXES; m++) {
		if (strcmp(text, mix_names[m]) == 0)
			return (enum mix)m;
	}
	fprintf(stderr, "generate: --mix %s: must be cluster, elephants, churn or open\n", text);
	exit(2);
}

static void
parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "mix", required_argument, NULL, 'm' },
		{ "flows", required_argument, NULL, 'f' },
		{ "mib", required_argument, NULL, 'b' },
		{ "packets", required_argument, NULL, 'p' },
		{ "seed", required_argument, NULL, 's' },
		{ "vxlan", no_argument, NULL, 'v' },
		{ "plant", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ "output", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	bool have_mix = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "o:", longs, NULL)) != -1) {
		switch (opt) {
		case 'm':
			options.mix = take_mix(optarg);
			have_mix = true;
			break;
		case 'f':
			options.flows = take_number("flows", optarg);
			break;
		case 'b':
			options.mib = take_number("mib", optarg);
			break;
		case 'p':
			options.packets = take_number("packets", optarg);
			break;
		case 's':
			options.seed = take_number("seed", optarg);
			break;
		case 'l':
			options.plant = take_number("plant", optarg);
			break;
		case 'v':
			options.vxlan = true;
			break;
		case 'o':
			options.out = optarg;
			break;
		case 'h':
			usage(0);
			break;
		default:
			usage(2);
		}
	}
	if (!have_mix || optind != argc)
		usage(2);
}

int
main(int argc, char **argv)
{
	/* Microseconds, Ethernet. */
	static const uint32_t head[6] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1 };

	parse(argc, argv);
	out.file = strcmp(options.out, "-") == 0 ? stdout : fopen(options.out, "we");
	if (out.file == NULL) {
		fprintf(stderr, "generate: %s: %s\n", options.out, strerror(errno));
		return 1;
	}
	setvbuf(out.file, NULL, _IOFBF, 1 << 20);
	write_bytes(head, sizeof(head));
	if (options.mix == OPEN)
		run_open();
	else if (options.mix == CHURN)
		run_heap(options.flows, 20000); /* 50,000 a second */
	else if (options.mix == ELEPHANT)
		run_heap(ELEPHANTS, 1000000);
	else
		run_heap(options.flows, 500000); /* 2,000 a second */
	if (fclose(out.file) != 0) {
		fprintf(stderr, "generate: %s: %s\n", options.out, strerror(errno));
		return 1;
	}
	fprintf(stderr,
		"%s: %" PRIu64 " connections, %" PRIu64
		" packets, %.1f MB, payload %.1f MB, %.1f s\n",
		mix_names[options.mix], out.flows, out.packets, (double)out.bytes / 1e6,
		(double)out.payload / 1e6, (double)(out.now_us - START_US) / 1e6);
	return 0;
}
