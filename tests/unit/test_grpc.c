/*
 * gRPC and gRPC-Web as connections: messages, compressed each by itself, their strings, the status.
 * Whole connections, in every split.
 */
#include "tests/support/unit.h"

#include <zlib.h>

#include "tests/support/conn_feed.h"
#include "tests/support/h2.h"

static struct feed feed;
static struct bytes said[2];

#define CANARY	    "weir-canary"
#define GRPC_FIELDS ":method: POST\n:scheme: http\n:path: /shop.Cart/Add\n:authority: a.example\n"

/* A message of one field inside another: 1: { 2: text }. */
static void
put_message(struct bytes *o, const char *text)
{
	size_t len = strlen(text);

	put_u8(o, 0x0a);
	put_u8(o, (unsigned)len + 2);
	put_u8(o, 0x12);
	put_u8(o, (unsigned)len);
	put(o, text, len);
}

static void
put_grpc(struct bytes *o, unsigned flags, const void *data, size_t len)
{
	put_u8(o, flags);
	put_u16(o, 0);
	put_u16(o, (unsigned)len);
	put(o, data, len);
}

static size_t
gzip(const struct bytes *in, uint8_t *out, size_t cap)
{
	z_stream z = { 0 };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, 0), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)in->b;
	z.avail_in = (uInt)in->len;
	z.next_out = out;
	z.avail_out = (uInt)cap;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

/* exact: nothing may depend on the split. */
static void
check(uint16_t port, bool exact)
{
	struct feed_turn turns[] = { { CONN_ORIG, said[0].b, said[0].len, 0 },
				     { CONN_RESP, said[1].b, said[1].len, 0 },
				     { 0 } };

	if (exact)
		feed_same(&feed, turns, port);
	else
		feed_run(&feed, turns, port, SIZE_MAX, SIZE_MAX);
}

static void
begin(const char *fields)
{
	said[0].len = said[1].len = 0;
	put(&said[0], H2_PREFACE, sizeof(H2_PREFACE) - 1);
	h2_headers(&said[0], 1, fields, false);
}

/* Two messages, the second compressed; a finding in each counts once for the exchange. */
static void
test_compressed(void **state)
{
	static struct bytes plain, body;
	uint8_t packed[200];

	(void)state;
	begin(GRPC_FIELDS "content-type: application/grpc+proto\ngrpc-encoding: gzip\n");
	plain.len = body.len = 0;
	put_message(&plain, "hello");
	put_grpc(&body, 0, plain.b, plain.len);
	plain.len = 0;
	put_message(&plain, CANARY);
	put_grpc(&body, 1, packed, gzip(&plain, packed, sizeof(packed)));
	h2_data(&said[0], 1, body.b, 9, false);
	h2_data(&said[0], 1, body.b + 9, body.len - 9, true);
	h2_headers(&said[1], 1, ":status: 200\ncontent-type: application/grpc\n", false);
	h2_data(&said[1], 1, "\0\0\0\0\0", 5, false);
	h2_headers(&said[1], 1, "grpc-status: 0\n", true);
	check(50051, true);
	feed_has(&feed, "grpc_service=shop.Cart grpc_method=Add");
	feed_has(&feed, "http_request_body_bytes=24 ");
	feed_has(&feed, "grpc_status=0 stream_events=3 data_types=test.canary");
	feed_has(&feed, "where=grpc.message");
	feed_has(&feed, "flow protocol=grpc");
	feed_has_not(&feed, "incomplete");
}

/* One that cannot be decoded is told; the next one is read all the same. */
static void
test_bad_message(void **state)
{
	static struct bytes plain, body;

	(void)state;
	begin(GRPC_FIELDS "content-type: application/grpc\ngrpc-encoding: gzip\n");
	plain.len = body.len = 0;
	put_message(&plain, CANARY);
	put_grpc(&body, 1, "\x1f\x8b\x08\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16);
	put_grpc(&body, 0, plain.b, plain.len);
	h2_data(&said[0], 1, body.b, body.len, true);
	h2_headers(&said[1], 1, ":status: 200\ngrpc-status: 13\n", true);
	check(50051, true);
	feed_has(&feed, "not_inspected=decode_failed:");
	feed_has(&feed, "grpc_status=13 stream_events=2 data_types=test.canary incomplete=true");
}

/* Another codec's messages are scanned as they are. */
static void
test_json_codec(void **state)
{
	static struct bytes body;

	(void)state;
	begin(GRPC_FIELDS "content-type: application/grpc+json\n");
	body.len = 0;
	put_grpc(&body, 0, "\"" CANARY "\"", 13);
	h2_data(&said[0], 1, body.b, body.len, true);
	h2_headers(&said[1], 1, ":status: 200\ngrpc-status: 0\n", true);
	check(50051, true);
	feed_has(&feed, "data_types=test.canary");
}

/* What gRPC says behind the messages, or instead of them, each in its coding. */
static void
test_words_of_status(void **state)
{
	static const char *const fields[] = {
		"grpc-status: 5\ngrpc-message: no weir-canary\n",
		"grpc-status: 5\ngrpc-message: no%20weir%2Dcanary\n",
		/* 8: 5, 12: "no weir-canary" */
		"grpc-status: 5\ngrpc-status-details-bin: CAUSDm5vIHdlaXItY2FuYXJ5\n",
		"x-own-bin: weir-canary\n",
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(fields); i++) {
		bool only = i % 2 == 1;
		char head[256];

		begin(GRPC_FIELDS "content-type: application/grpc\n");
		h2_data(&said[0], 1, "\0\0\0\0\0", 5, true);
		snprintf(head, sizeof(head), ":status: 200\ncontent-type: application/grpc\n%s",
			 only ? fields[i / 2] : "");
		h2_headers(&said[1], 1, head, only);
		if (!only)
			h2_headers(&said[1], 1, fields[i / 2], true);
		check(50051, true);
		feed_has(&feed, "where=http.header");
		feed_has(&feed, "findings=1");
	}
}

/* Bytes lost inside a message: what follows it is still read. */
static void
test_gap(void **state)
{
	static struct bytes plain, body;
	struct feed_turn turns[4] = { 0 };
	size_t cut;

	(void)state;
	begin(GRPC_FIELDS "content-type: application/grpc\n");
	plain.len = body.len = 0;
	put_message(&plain, "some text that will be lost, in part, on its way");
	put_grpc(&body, 0, plain.b, plain.len);
	plain.len = 0;
	put_message(&plain, CANARY);
	put_grpc(&body, 0, plain.b, plain.len);
	cut = said[0].len + 9 + 20;
	h2_data(&said[0], 1, body.b, body.len, true);
	turns[0] = (struct feed_turn) { CONN_ORIG, said[0].b, cut, 0 };
	turns[1] = (struct feed_turn) { CONN_ORIG, said[0].b + cut + 7, said[0].len - cut - 7, 7 };
	feed_same(&feed, turns, 50051);
	feed_has(&feed, "stream_events=2 data_types=test.canary incomplete=true");
	feed_has(&feed, "not_inspected=gap:7");
}

static void
say_web(const char *type, const void *request, size_t request_len, const void *answer,
	size_t answer_len)
{
	char head[200];

	said[0].len = said[1].len = 0;
	put(&said[0], head,
	    (size_t)
		snprintf(head, sizeof(head),
			 "POST /shop.Cart/Add HTTP/1.1\r\nHost: a.example\r\nContent-Type: %s\r\n"
			 "Content-Length: %zu\r\n\r\n",
			 type, request_len));
	put(&said[0], request, request_len);
	put(&said[1], head,
	    (size_t)snprintf(head, sizeof(head),
			     "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
			     type, answer_len));
	put(&said[1], answer, answer_len);
}

static void
test_web(void **state)
{
	static struct bytes plain, request, answer;

	(void)state;
	plain.len = request.len = answer.len = 0;
	put_message(&plain, "hello");
	put_grpc(&request, 0, plain.b, plain.len);
	plain.len = 0;
	put_message(&plain, CANARY);
	put_grpc(&answer, 0, plain.b, plain.len);
	put_grpc(&answer, 0x80, "grpc-message: no\r\ngrpc-status: 5\r\n", 34);
	say_web("application/grpc-web+proto", request.b, request.len, answer.b, answer.len);
	check(80, true);
	feed_has(&feed, "grpc_service=shop.Cart grpc_method=Add");
	feed_has(&feed, "http_request_body_bytes=9 http_response_body_bytes=15 ");
	feed_has(&feed, "grpc_status=5 stream_events=2 data_types=test.canary");
	feed_has(&feed, "where=grpc.message");
	feed_has_not(&feed, "incomplete");
	feed_has_not(&feed, "not_inspected");
}

/* The same in base64: the message and the trailers are padded each by itself. */
static void
test_web_text(void **state)
{
	static const char request[] = "AAAAAAkKBxIFaGVsbG8=";
	static const char answer[] = "AAAAAA8KDRILd2Vpci1jYW5hcnk=gAAAABFncnBjLXN0YXR1czogMTYNCg==";

	(void)state;
	say_web("application/grpc-web-text", request, sizeof(request) - 1, answer,
		sizeof(answer) - 1);
	check(80, true);
	feed_has(&feed, "http_request_body_bytes=9 http_response_body_bytes=15 ");
	feed_has(&feed, "grpc_status=16 stream_events=2 data_types=test.canary");
	feed_has_not(&feed, "incomplete");
}

static void
test_web_trailers(void **state)
{
	static struct bytes answer;
	static const char lines[] = "grpc-status: 5\r\ngrpc-message: no " CANARY "\r\n";

	(void)state;
	answer.len = 0;
	put_grpc(&answer, 0, "", 0);
	put_grpc(&answer, 0x80, lines, sizeof(lines) - 1);
	say_web("application/grpc-web", answer.b, 5, answer.b, answer.len);
	check(80, true);
	feed_has(&feed, "where=http.header");
	feed_has(&feed, "grpc_status=5 stream_events=2 data_types=test.canary");
	feed_has_not(&feed, "incomplete");
}

/* The coding of the content is around the framing. */
static void
test_web_in_gzip(void **state)
{
	static struct bytes plain, answer;
	static char head[] = "application/grpc-web\r\nContent-Encoding: gzip";
	uint8_t packed[200];

	(void)state;
	plain.len = answer.len = 0;
	put_message(&plain, CANARY);
	put_grpc(&answer, 0, plain.b, plain.len);
	put_grpc(&answer, 0x80, "grpc-status: 5\r\n", 16);
	for (unsigned bad = 0; bad < 2; bad++) {
		size_t len = gzip(&answer, packed, sizeof(packed));

		if (bad != 0)
			packed[10] |= 0x06; /* a type of block that there is not */
		say_web(head, packed, len, packed, len);
		check(80, true);
		feed_has(&feed, bad != 0 ? "incomplete" : "where=grpc.message");
		feed_has(&feed, bad != 0 ? "not_inspected=decode_failed:"
					 : "grpc_status=5 stream_events=2");
		feed_has_not(&feed, bad != 0 ? "finding " : "not_inspected");
	}
}

static int
set_up(void **state)
{
	(void)state;
	feed_init(&feed);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	feed_fini(&feed);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compressed),   cmocka_unit_test(test_bad_message),
		cmocka_unit_test(test_json_codec),   cmocka_unit_test(test_words_of_status),
		cmocka_unit_test(test_gap),	     cmocka_unit_test(test_web),
		cmocka_unit_test(test_web_text),     cmocka_unit_test(test_web_in_gzip),
		cmocka_unit_test(test_web_trailers),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
