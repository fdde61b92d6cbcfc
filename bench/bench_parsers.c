/*
 * What does a byte of each protocol cost? Whole connections through classify/conn.h, in pieces as
 * packets bring them, no records wanted. Two columns of cycles per byte of payload, fastest of
 * several runs: parsed only (no scan streams), and scanned with the rule set as well. Read them as
 * ratios.
 *
 * A body of gRPC is walked only where it is scanned. usage: bench_parsers [RULES [NAME]], by
 * default the shipped rules and all rows; NAME is how a row's name begins.
 */
#include <inttypes.h>
#include <x86intrin.h>
#include <zlib.h>

#include "classify/conn_env.h"
#include "classify/key_store.h"
#include "classify/proto/tls_hello.h"
#include "tests/support/conn_feed.h"
#include "tests/support/h2.h"
#include "tests/support/quic_packet.h"
#include "tests/support/tls_seal.h"

enum { SEGMENT = 1400, UNITS = 400, RUNS = 5, BODY = 16384 };

/* One exchange of a protocol; open comes once, before the first. */
struct row {
	const char *name, *what;
	uint16_t port;
	bool udp;
	bool fresh; /* every unit is a connection */
	bool keyed; /* its secrets are in a key store */
	struct bytes open[2], unit[2];
	bool answer_opens;	/* the server speaks first */
	enum protocol protocol; /* that must have been recognised; none: not looked at */
};

static struct bytes text; /* BODY bytes of prose */
static struct bytes json; /* as much of JSON */
static struct bytes packed;

#define PUT(o, literal) put(o, literal, sizeof(literal) - 1)

static void
put_text(struct bytes *o, const char *s)
{
	put(o, s, strlen(s));
}

static void
fill(void)
{
	z_stream z = { 0 };

	while (text.len < BODY - 80)
		put_text(&text, "The order of the customer was sent to the second warehouse. ");
	put_text(&json, "[");
	while (json.len < BODY - 120)
		put_text(
		    &json,
		    "{\"id\":12345,\"name\":\"Ada Lovelace\",\"note\":\"call \\\"later\\\"\"},");
	put_text(&json, "{}]");
	deflateInit2(&z, 6, Z_DEFLATED, 31, 8, 0);
	z.next_in = json.b;
	z.avail_in = (uInt)json.len;
	z.next_out = packed.b;
	z.avail_out = sizeof(packed.b);
	deflate(&z, Z_FINISH);
	packed.len = z.total_out;
	deflateEnd(&z);
}

/* ------------------------------------------------------------------ HTTP */

static void
put_http(struct row *r, const char *path, const char *type, const char *more,
	 const struct bytes *request, const struct bytes *answer)
{
	char head[400];

	snprintf(head, sizeof(head),
		 "POST %s HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: bench/1\r\nAccept: */*\r\n"
		 "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
		 path, type, request->len);
	put_text(&r->unit[0], head);
	put(&r->unit[0], request->b, request->len);
	snprintf(head, sizeof(head),
		 "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%sContent-Length: %zu\r\n\r\n", type, more,
		 answer->len);
	put_text(&r->unit[1], head);
	put(&r->unit[1], answer->b, answer->len);
	r->port = 8080;
}

static void
http_small(struct row *r)
{
	static const struct bytes none, small = { 13, "{\"ok\":true} \r\n" };

	put_http(r, "/orders/12345/items?page=2", "application/json", "", &none, &small);
}

static void
http_text(struct row *r)
{
	static const struct bytes none;

	put_http(r, "/page", "text/plain", "", &none, &text);
}

static void
http_json(struct row *r)
{
	static const struct bytes none;

	put_http(r, "/items", "application/json", "", &json, &none);
}

static void
http_gzip(struct row *r)
{
	static const struct bytes none;

	put_http(r, "/items", "application/json", "Content-Encoding: gzip\r\n", &none, &packed);
}

static void
http_multipart(struct row *r)
{
	static struct bytes body;
	static const struct bytes none;

	put_text(&body, "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue\r\n--B\r\n"
			"Content-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\n\r\n");
	put(&body, text.b, text.len);
	put_text(&body, "\r\n--B--\r\n");
	put_http(r, "/upload", "multipart/form-data; boundary=B", "", &body, &none);
}

static void
http_model_call(struct row *r)
{
	static struct bytes body, answer;

	put_text(&body, "{\"model\":\"m-1\",\"stream\":true,\"messages\":[{\"role\":\"user\","
			"\"content\":\"");
	put(&body, text.b, 4000);
	put_text(&body, "\"}]}");
	for (unsigned i = 0; i < 60; i++)
		put_text(&answer,
			 "data: {\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"choices\":"
			 "[{\"index\":0,\"delta\":{\"content\":\" word\"}}]}\n\n");
	put_text(&answer, "data: [DONE]\n\n");
	put_http(r, "/v1/chat/completions", "text/event-stream", "", &body, &answer);
}

static void
http_websocket(struct row *r)
{
	put_text(&r->open[0], "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n");
	put_text(&r->open[1], "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n");
	PUT(&r->unit[0], "\x82\xfe\x03\xe8"
			 "abcd");
	put(&r->unit[0], text.b, 1000);
	PUT(&r->unit[1], "\x81\x7e\x03\xe8");
	put(&r->unit[1], text.b, 1000);
	r->port = 8080;
}

enum { stream = 1 }; /* set anew for each unit */

static void
h2_open(struct row *r)
{
	put_text(&r->open[0], H2_PREFACE);
	h2_frame(&r->open[0], H2_SETTINGS, 0, 0, NULL, 0);
	h2_frame(&r->open[1], H2_SETTINGS, 0, 0, NULL, 0);
	r->port = 8443;
}

static void
h2_small(struct row *r)
{
	static const char request[] =
	    "\x82\x86\x04\x10/orders/12/items\x01\x0cshop.example\x0f\x2b\x07"
	    "bench/1";
	static const char answer[] = "\x88\x0f\x10\x10"
				     "application/json";

	h2_open(r);
	h2_frame(&r->unit[0], H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, stream, request,
		 sizeof(request) - 1);
	h2_frame(&r->unit[1], H2_HEADERS, H2_END_HEADERS, stream, answer, sizeof(answer) - 1);
	h2_data(&r->unit[1], stream, "{\"ok\":true}", 11, true);
}

static void
h2_json(struct row *r)
{
	h2_open(r);
	h2_headers(&r->unit[0], stream,
		   ":method: POST\n:path: /items\ncontent-type: application/json\n", false);
	h2_data(&r->unit[0], stream, json.b, json.len, true);
	h2_headers(&r->unit[1], stream, ":status: 204\n", true);
}

static void
h2_grpc(struct row *r)
{
	static struct bytes body;

	h2_open(r);
	PUT(&body, "\0\0\0\0\0");
	for (unsigned i = 0; i < 200; i++)
		PUT(&body, "\x0a\x1a\x0a\x0c"
			   "Ada Lovelace\x12\x0aof London.\x18\x96\x01");
	body.b[3] = (uint8_t)((body.len - 5) >> 8);
	body.b[4] = (uint8_t)(body.len - 5);
	h2_headers(&r->unit[0], stream,
		   ":method: POST\n:path: /shop.Cart/Add\ncontent-type: application/grpc\n", false);
	h2_data(&r->unit[0], stream, body.b, body.len, true);
	h2_headers(&r->unit[1], stream, ":status: 200\ngrpc-status: 0\n", true);
}

/* ------------------------------------------------------------------ TLS, QUIC, DNS */

static const struct hello client = { .version = 0x0303,
				     .ciphers = (const int[]) { 0x1301, 0x1302, 0xc02f, -1 },
				     .extensions = (const int[]) { 0, 10, 13, 16, 43, 51, -1 },
				     .sni = "api.example.com",
				     .alpn = "h2,http/1.1",
				     .groups = (const int[]) { 0x11ec, 29, 23, -1 },
				     .algorithms = (const int[]) { 0x0403, 0x0804, -1 },
				     .versions = (const int[]) { 0x0304, 0x0303, -1 },
				     .key_share = 1200 };
static const struct hello server = { .version = 0x0303,
				     .ciphers = (const int[]) { 0x1301, -1 },
				     .extensions = (const int[]) { 43, 51, -1 },
				     .versions = (const int[]) { 0x0304, -1 },
				     .key_share = 1100 };

static void
put_hello(struct bytes *o, unsigned type, const struct hello *h)
{
	size_t begin;

	put_u8(o, type);
	begin = put_begin(o, 3);
	if (type == 1)
		put_client_hello(o, h);
	else
		put_server_hello(o, h, NULL);
	put_end(o, begin, 3);
}

static void
put_record(struct bytes *o, unsigned type, const struct hello *h)
{
	size_t begin;

	PUT(o, "\x16\3\1");
	begin = put_begin(o, 2);
	put_hello(o, type, h);
	put_end(o, begin, 2);
}

static void
tls_hellos(struct row *r)
{
	put_record(&r->unit[0], 1, &client);
	put_record(&r->unit[1], 2, &server);
	r->fresh = true;
	r->port = 443;
}

static void
tls_data(struct row *r)
{
	put_record(&r->open[0], 1, &client);
	put_record(&r->open[1], 2, &server);
	for (unsigned d = 0; d < 2; d++) {
		put(&r->unit[d], "\x17\3\3\x20\0", 5);
		put(&r->unit[d], text.b, 8192);
	}
	r->port = 443;
}

/* As a model streams its answer. */
static void
tls_small(struct row *r)
{
	put_record(&r->open[0], 1, &client);
	put_record(&r->open[1], 2, &server);
	put(&r->unit[0], "\x17\3\3\3\xe8", 5);
	put(&r->unit[0], text.b, 1000);
	for (unsigned i = 0; i < 60; i++) {
		put(&r->unit[1], "\x17\3\3\0\xc8", 5);
		put(&r->unit[1], text.b, 200);
	}
	r->port = 443;
}

/* Of the hellos above: their random is 'r', and every secret here. */
static struct key_store *
keys_of_hellos(void)
{
	struct key_log_line line = { .secret_len = 32 };
	struct key_store *keys;

	memset(line.client_random, 'r', sizeof(line.client_random));
	memset(line.secret, 's', sizeof(line.secret));
	feed_must(key_store_create(1, &keys) == 0, "no memory");
	line.label = TLS_SECRET_CLIENT_TRAFFIC;
	key_store_add(keys, &line);
	line.label = TLS_SECRET_SERVER_TRAFFIC;
	key_store_add(keys, &line);
	return keys;
}

/* A connection of its own each time, as numbers of records do not come twice. */
static void
put_sealed(struct row *r, unsigned nr, size_t len)
{
	static const uint8_t secret[] = "ssssssssssssssssssssssssssssssss";
	struct tls_keys keys;

	tls_keys_13(tls_suite_of("TLS_AES_128_GCM_SHA256", TLS_1_3), secret, &keys);
	put_record(&r->unit[0], 1, &client);
	put_record(&r->unit[1], 2, &server);
	for (unsigned i = 0; i < nr; i++) {
		struct bytes *o = &r->unit[1];

		o->len += tls_seal(&keys, i, 23, text.b, len, 0, o->b + o->len);
	}
	r->fresh = r->keyed = true;
	r->port = 443;
}

static void
tls_opened(struct row *r)
{
	put_sealed(r, 4, 8192);
}

static void
tls_opened_small(struct row *r)
{
	put_sealed(r, 150, 200);
}

static void
put_datagram_hello(struct bytes *o, unsigned type, const struct hello *h)
{
	static struct bytes body;
	size_t begin;

	body.len = 0;
	if (type == 1)
		put_client_hello(&body, h);
	else
		put_server_hello(&body, h, NULL);
	PUT(o, "\x16\xfe\xfd\0\0\0\0\0\0\0\0");
	begin = put_begin(o, 2);
	put_u8(o, type);
	put_u8(o, 0);
	put_u16(o, body.len);
	PUT(o, "\0\0\0\0\0\0");
	put_u16(o, body.len);
	put(o, body.b, body.len);
	put_end(o, begin, 2);
}

static void
dtls_hellos(struct row *r)
{
	const struct hello from = { .version = TLS_DTLS_1_2,
				    .ciphers = (const int[]) { 0xc02b, 0xc02f, -1 },
				    .extensions = (const int[]) { 0, 10, 11, 13, 16, -1 },
				    .sni = "turn.example.com",
				    .alpn = "webrtc",
				    .groups = (const int[]) { 29, 23, -1 },
				    .algorithms = (const int[]) { 0x0403, -1 } };
	const struct hello back = { .version = TLS_DTLS_1_2,
				    .ciphers = (const int[]) { 0xc02b, -1 },
				    .extensions = (const int[]) { 11, -1 } };

	put_datagram_hello(&r->unit[0], 1, &from);
	put_datagram_hello(&r->unit[1], 2, &back);
	r->fresh = r->udp = true;
	r->port = 3478;
	r->protocol = PROTOCOL_DTLS;
}

static void
quic_initials(struct row *r)
{
	static const uint8_t id[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct quic_packet q = { .version = 1, .key_id = span_of(id, 8), .dcid = span_of(id, 8) };
	struct bytes crypto = { 0 }, frame = { 0 };

	put_hello(&crypto, 1, &client);
	PUT(&frame, "\6\0");
	put_u16(&frame, 0x4000 | 1100);
	put(&frame, crypto.b, 1100);
	r->unit[0].len = quic_packet_seal(&q, frame.b, frame.len, r->unit[0].b);
	r->fresh = r->udp = true;
	r->port = 443;
}

static void
put_dns(struct row *r)
{
	PUT(&r->unit[0], "\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1");
	PUT(&r->unit[1],
	    "\x12\x34\x81\x80\0\1\0\2\0\0\0\0\3www\7example\3com\0\0\1\0\1"
	    "\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\1a\xc0\x10\xc0\x2d\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1");
}

static void
dns_udp(struct row *r)
{
	put_dns(r);
	r->udp = true;
	r->port = 53;
}

static void
dns_tcp(struct row *r)
{
	put_u16(&r->unit[0], 33);
	put_u16(&r->unit[1], 65);
	put_dns(r);
	r->port = 53;
}

/* ------------------------------------------------------------------ others */

static void
smtp(struct row *r)
{
	put_text(&r->open[1], "220 mail.example ESMTP\r\n");
	put_text(&r->open[0], "EHLO a.example\r\n");
	put_text(&r->unit[0], "MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n"
			      "Subject: x\r\n\r\n");
	put(&r->unit[0], text.b, text.len);
	put_text(&r->unit[0], "\r\n.\r\n");
	put_text(&r->unit[1], "250 ok\r\n250 ok\r\n354 go on\r\n250 ok\r\n");
	r->answer_opens = true;
	r->port = 25;
}

static void
socks(struct row *r)
{
	PUT(&r->unit[0], "\4\1\0\x50\0\0\0\1me\0shop.example\0");
	PUT(&r->unit[1], "\0\x5a\0\0\0\0\0\0");
	r->fresh = true;
	r->port = 1080;
}

/* Names, then ciphertext. */
static void
ssh(struct row *r)
{
	put_text(&r->unit[0], "SSH-2.0-OpenSSH_9.6\r\n");
	put_text(&r->unit[1], "SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13\r\n");
	put(&r->unit[0], text.b, 1000);
	put(&r->unit[1], text.b, 1000);
	r->fresh = true;
	r->port = 22;
	r->protocol = PROTOCOL_SSH;
}

static void
plain(struct row *r)
{
	put(&r->unit[0], text.b, text.len);
	r->port = 7000;
}

static void
redis(struct row *r)
{
	put_text(&r->unit[0], "*3\r\n$3\r\nSET\r\n$9\r\nuser:1234\r\n$44\r\n"
			      "{\"name\":\"Ada Lovelace\",\"mail\":\"ada@a.example\"}\r\n");
	put_text(&r->unit[1], "+OK\r\n");
	r->port = 6379;
}

static void
postgresql(struct row *r)
{
	static const char sql[] = "SELECT id, name, mail FROM people WHERE city = 'London'";

	PUT(&r->open[0], "\0\0\0\x11\0\3\0\0user\0ada\0");
	PUT(&r->open[1], "R\0\0\0\x08\0\0\0\0Z\0\0\0\5I");
	PUT(&r->unit[0], "Q\0\0\0");
	put_u8(&r->unit[0], sizeof(sql) + 4);
	put(&r->unit[0], sql, sizeof(sql));
	for (unsigned i = 0; i < 10; i++)
		PUT(&r->unit[1], "D\0\0\0\x2a\0\3\0\0\0\4"
				 "1234\0\0\0\x0c"
				 "Ada Lovelace\0\0\0\x08"
				 "ada@a.ex");
	PUT(&r->unit[1], "C\0\0\0\x0eSELECT 10\0Z\0\0\0\5I");
	r->port = 5432;
}

static void
mysql(struct row *r)
{
	static const char sql[] = "\3SELECT id, name, mail FROM people WHERE city = 'London'";

	PUT(&r->open[1],
	    "\x4a\0\0\0\x0a"
	    "8.0.36\0\1\0\0\0saltsalt\0\xff\xf7\xff\2\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0"
	    "saltsaltsalt\0mysql_native_password\0");
	PUT(&r->open[0],
	    "\x25\0\0\1\x85\xa6\x0f\0\0\0\0\1\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	    "ada\0\0");
	PUT(&r->open[1], "\7\0\0\2\0\0\0\2\0\0\0");
	put_u8(&r->unit[0], sizeof(sql) - 1);
	PUT(&r->unit[0], "\0\0\0");
	put(&r->unit[0], sql, sizeof(sql) - 1);
	PUT(&r->unit[1], "\7\0\0\1\0\0\0\2\0\0\0");
	r->answer_opens = true;
	r->port = 3306;
}

/* Little endian, into four bytes that are there. */
static void
set_le32(uint8_t *p, size_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static void
set_be32(uint8_t *p, size_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[3 - i] = (uint8_t)(v >> (8 * i));
}

static void
mongodb(struct row *r)
{
	struct bytes *o = &r->unit[0];

	PUT(o, "....\1\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0....");
	PUT(o, "\2insert\0\7\0\0\0people\0\2name\0\x0d\0\0\0Ada Lovelace\0"
	       "\2mail\0\x0e\0\0\0ada@a.example\0\2$db\0\5\0\0\0shop\0\0");
	set_le32(o->b, o->len);
	set_le32(o->b + 21, o->len - 21);
	o = &r->unit[1];
	PUT(o, "....\2\0\0\0\1\0\0\0\xdd\7\0\0\0\0\0\0\0....");
	PUT(o, "\x10n\0\1\0\0\0\1ok\0\0\0\0\0\0\0\xf0\x3f\0");
	set_le32(o->b, o->len);
	set_le32(o->b + 21, o->len - 21);
	r->port = 27017;
}

static void
kafka(struct row *r)
{
	PUT(&r->unit[0], "\0\0\0.\0\3\0\1\0\0\0\1\0\7rdkafka\0\0\0\1\0\6orders");
	r->unit[0].b[3] = (uint8_t)(r->unit[0].len - 4);
	r->port = 9092;
}

/* Produce, version 3: ten records of 200 bytes in one batch. Lengths are put when it is there. */
static void
kafka_records(struct row *r)
{
	struct bytes *o = &r->unit[0];
	size_t records, batch;

	PUT(o, "....\0\0\0\3\0\0\0\1\0\7rdkafka\xff\xff\0\1\0\0\x75\x30\0\0\0\1\0\6orders"
	       "\0\0\0\1\0\0\0\0....");
	records = o->len;
	PUT(o, "\0\0\0\0\0\0\0\0....\0\0\0\0\2"); /* offset, length, epoch, format */
	batch = o->len - 5;
	PUT(o, "CCCC\0\0\0\0\0\x9TTTTTTTTTTTTTTTTPPPPPPPPEESSSS\0\0\0\xa");
	for (unsigned i = 0; i < 10; i++) {
		/* Varints are zigzag: 211 bytes, a key of 4, a value of 200, no headers. */
		PUT(o, "\xa6\3\0\0\0\x8key1\x90\3");
		put(o, text.b, 200);
		PUT(o, "\0");
	}
	set_be32(o->b + batch - 4, o->len - batch);
	set_be32(o->b + records - 4, o->len - records);
	set_be32(o->b, o->len - 4);
	r->port = 9092;
	r->protocol = PROTOCOL_KAFKA;
}

/* A kilobyte published: method, header, body, each in a frame (type, channel, length; CE ends it).
 */
static void
amqp(struct row *r)
{
	struct bytes *o = &r->unit[0];

	PUT(&r->open[0], "AMQP\0\0\x09\1");
	PUT(o, "\1\0\1\0\0\0\x15\0\x3c\0\x28\0\0\6orders\3new\0\0\0\xce");
	set_be32(o->b + 3, o->len - 8);
	PUT(o, "\2\0\1\0\0\0\x0e\0\x3c\0\0\0\0\0\0\0\0\3\xe8\0\0\xce");
	PUT(o, "\3\0\1\0\0\3\xe8");
	put(o, text.b, 1000);
	PUT(o, "\xce");
	r->port = 5672;
	r->protocol = PROTOCOL_AMQP;
}

static void
mqtt(struct row *r)
{
	PUT(&r->open[0], "\x10\x0f\0\4MQTT\4\2\0\x3c\0\3dev");
	PUT(&r->open[1], "\x20\2\0\0");
	PUT(&r->unit[0], "\x30\xd3\1\0\x09room/temp"); /* 211 bytes */
	put(&r->unit[0], text.b, 200);
	r->port = 1883;
	r->protocol = PROTOCOL_MQTT;
}

static void
nats(struct row *r)
{
	put_text(&r->open[1], "INFO {\"server_id\":\"a\",\"version\":\"2.10.1\"}\r\n");
	put_text(&r->open[0], "CONNECT {\"verbose\":false,\"name\":\"bench\"}\r\n");
	put_text(&r->unit[0], "PUB orders.new 200\r\n");
	put(&r->unit[0], text.b, 200);
	put_text(&r->unit[0], "\r\n");
	r->answer_opens = true;
	r->port = 4222;
	r->protocol = PROTOCOL_NATS;
}

static void
memcached(struct row *r)
{
	put_text(&r->unit[0], "set user:1234 0 60 200\r\n");
	put(&r->unit[0], text.b, 200);
	put_text(&r->unit[0], "\r\nget user:1234\r\n");
	put_text(&r->unit[1], "STORED\r\nVALUE user:1234 0 200\r\n");
	put(&r->unit[1], text.b, 200);
	put_text(&r->unit[1], "\r\nEND\r\n");
	r->port = 11211;
	r->protocol = PROTOCOL_MEMCACHED;
}

/* A frame: version, flags, stream 2, opcode, length 4. */
static void
cassandra(struct row *r)
{
	static const char cql[] = "SELECT id, name, mail FROM people WHERE city = 'London'";
	struct bytes *o = &r->unit[0];

	PUT(&r->open[0], "\4\0\0\0\5\0\0\0\0");
	PUT(&r->open[1], "\x84\0\0\0\6\0\0\0\2\0\0");
	PUT(o, "\4\0\0\1\7....\0\0");
	put_u16(o, sizeof(cql) - 1);
	put_text(o, cql);
	PUT(o, "\0\1\0");
	set_be32(o->b + 5, o->len - 9);
	o = &r->unit[1];
	PUT(o, "\x84\0\0\1\x08....\0\0\0\2\0\0\0\4\0\0\0\3\0\0\0\x0a");
	for (unsigned i = 0; i < 10; i++)
		PUT(o, "\0\0\0\4"
		       "1234\0\0\0\x0c"
		       "Ada Lovelace\0\0\0\x08"
		       "ada@a.ex");
	set_be32(o->b + 5, o->len - 9);
	r->port = 9042;
	r->protocol = PROTOCOL_CASSANDRA;
}

static void (*const makers[])(struct row *) = {
	http_small,	http_text,	http_json,
	http_gzip,	http_multipart, http_model_call,
	http_websocket, h2_small,	h2_json,
	h2_grpc,	tls_hellos,	tls_data,
	tls_small,	tls_opened,	tls_opened_small,
	dtls_hellos,	quic_initials,	dns_udp,
	dns_tcp,	smtp,		ssh,
	socks,		plain,		redis,
	postgresql,	mysql,		mongodb,
	kafka,		kafka_records,	amqp,
	mqtt,		nats,		memcached,
	cassandra,
};

static const char *const names[] = {
	"HTTP/1, small messages",
	"HTTP/1, 16 KiB of text",
	"HTTP/1, 16 KiB of JSON",
	"HTTP/1, JSON in gzip (coded bytes)",
	"multipart, 16 KiB file",
	"model call, streamed answer",
	"WebSocket, 1 KB messages",
	"HTTP/2, small messages",
	"HTTP/2, 16 KiB of JSON",
	"gRPC, 6 KB of small fields",
	"TLS, hellos",
	"TLS, 8 KiB records",
	"TLS, 200 byte records",
	"TLS opened, 8 KiB records",
	"TLS opened, 200 byte records",
	"DTLS, hellos",
	"QUIC, client Initial",
	"DNS over UDP",
	"DNS over TCP",
	"SMTP, 16 KiB message",
	"SSH",
	"SOCKS 4a",
	"unknown, text",
	"Redis",
	"PostgreSQL",
	"MySQL",
	"MongoDB",
	"Kafka, small requests",
	"Kafka, 200 byte records",
	"AMQP, 1 KB messages",
	"MQTT, 200 byte messages",
	"NATS, 200 byte messages",
	"memcached, 200 byte values",
	"Cassandra",
};

/* ------------------------------------------------------------------ measuring */

static struct record *
no_record(void *arg, void *flow, enum record_type type, uint64_t part)
{
	(void)arg, (void)flow, (void)type, (void)part;
	return NULL;
}

static void
say(struct feed *f, struct conn *c, const struct row *r, unsigned dir, const struct bytes *b)
{
	if (b->len == 0)
		return;
	if (r->udp) {
		conn_datagram(f->env, c, (enum conn_dir)dir, b->b, b->len);
		return;
	}
	for (size_t at = 0; at < b->len; at += SEGMENT)
		conn_push(f->env, c, (enum conn_dir)dir, b->b + at,
			  b->len - at < SEGMENT ? b->len - at : SEGMENT, 0);
}

static struct conn *
begin(struct feed *f, const struct row *r)
{
	struct conn *c = feed_open(f, r->udp, r->port, false);

	feed_must(c != NULL, "no connection");
	for (unsigned i = 0; i < 2; i++) {
		unsigned dir = r->answer_opens ? 1 - i : i;

		say(f, c, r, dir, &r->open[dir]);
	}
	return c;
}

static void
end(struct feed *f, struct conn *c, const struct row *r)
{
	feed_must(r->protocol == PROTOCOL_UNKNOWN || c->protocol == r->protocol,
		  "not read as its protocol");
	conn_finish(f->env, c);
	conn_close(f->env, c);
}

/* Frames of the next stream: its number is in bytes 5 to 8 of each frame's head. */
static void
next_stream(struct row *r, unsigned id)
{
	for (unsigned d = 0; d < 2; d++) {
		for (size_t at = 0; at + 9 <= r->unit[d].len;) {
			uint8_t *head = r->unit[d].b + at;

			head[7] = (uint8_t)(id >> 8);
			head[8] = (uint8_t)id;
			at += 9u + ((size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2]);
		}
	}
}

static double
cycles_per_byte(struct feed *f, struct row *r)
{
	uint64_t best = UINT64_MAX, bytes = (uint64_t)UNITS * (r->unit[0].len + r->unit[1].len);

	for (unsigned run = 0; run < RUNS; run++) {
		struct conn *c = r->fresh ? NULL : begin(f, r);
		uint64_t took = 0;

		for (unsigned i = 0; i < UNITS; i++) {
			uint64_t start;

			if (r->port == 8443)
				next_stream(r, 2 * i + 1);
			start = __rdtsc();
			if (r->fresh)
				c = begin(f, r);
			say(f, c, r, 0, &r->unit[0]);
			say(f, c, r, 1, &r->unit[1]);
			if (r->fresh)
				end(f, c, r);
			took += __rdtsc() - start;
		}
		if (!r->fresh)
			end(f, c, r);
		if (took < best)
			best = took;
	}
	return (double)best / (double)bytes;
}

static void
create(struct feed *f, struct ruleset *rules, uint32_t max_scan_streams,
       const struct key_store *keys)
{
	struct conn_config config;

	memset(f, 0, sizeof(*f));
	f->rules = rules;
	config = feed_config(f);
	config.max_scan_streams = max_scan_streams;
	config.body_sha256 = false;
	config.output.begin = no_record;
	config.keys = keys;
	config.max_decrypted = config.max_sealed = 16;
	feed_must(conn_env_create(&config, &f->env) == 0, "no memory");
}

int
main(int argc, char **argv)
{
	static struct feed feeds[2][2]; /* [with keys][and scanned] */
	struct key_store *keys = keys_of_hellos();
	struct ruleset *rules;

	if (ruleset_load(argc > 1 ? argv[1] : "rules", &rules, stderr) != 0)
		return 1;
	fill();
	for (unsigned i = 0; i < 2; i++) {
		create(&feeds[i][0], rules, 0, i == 0 ? NULL : keys);
		create(&feeds[i][1], rules, 64, i == 0 ? NULL : keys);
	}
	printf("| cycles per byte | bytes a unit | parsed | and scanned |\n|---|---|---|---|\n");
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
		struct row *r;

		if (argc > 2 && strncmp(names[i], argv[2], strlen(argv[2])) != 0)
			continue;
		r = calloc(1, sizeof(*r));
		makers[i](r);
		printf("| %s | %zu | %.1f | %.1f |\n", names[i], r->unit[0].len + r->unit[1].len,
		       cycles_per_byte(&feeds[r->keyed][0], r),
		       cycles_per_byte(&feeds[r->keyed][1], r));
		fflush(stdout);
		free(r);
	}
	for (unsigned i = 0; i < 4; i++)
		conn_env_destroy(feeds[i / 2][i % 2].env);
	key_store_destroy(keys);
	ruleset_free(rules);
	return 0;
}
