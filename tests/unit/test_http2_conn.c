/*
 * HTTP/2 as connections: what begins by upgrade from HTTP/1, and WebSocket inside a stream. Whole
 * connections, in every split.
 */
#include "tests/support/unit.h"

#include "classify/proto/http2.h"
#include "tests/support/conn_feed.h"
#include "tests/support/h2.h"

static struct feed feed;
static struct bytes said[FEED_TURNS];
static struct feed_turn turns[FEED_TURNS + 1];
static unsigned nr_turns;

static void
begin(void)
{
	memset(said, 0, sizeof(said));
	memset(turns, 0, sizeof(turns));
	nr_turns = 0;
}

/* Bytes for a new turn of that side. */
static struct bytes *
say(enum conn_dir dir)
{
	turns[nr_turns].dir = dir;
	return &said[nr_turns++];
}

static void
check(uint16_t port)
{
	for (unsigned i = 0; i < nr_turns; i++) {
		turns[i].data = said[i].b;
		turns[i].len = said[i].len;
	}
	feed_same(&feed, turns, port);
}

static void
put_text(struct bytes *o, const char *text)
{
	put(o, text, strlen(text));
}

static void
say_upgrade(const char *request)
{
	put_text(say(CONN_ORIG), request);
	put_text(say(CONN_RESP),
		 "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
}

#define ASKS_H2C                                                                     \
	"Host: a.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" \
	"HTTP2-Settings: AAMAAABkAAQAAP__\r\n"

/* The answer of the request that was upgraded is stream 1, and other streams go on counting. */
static void
test_upgrade(void **state)
{
	struct bytes *o;

	(void)state;
	begin();
	say_upgrade("GET /first HTTP/1.1\r\n" ASKS_H2C "\r\n");
	o = say(CONN_RESP);
	h2_frame(o, H2_SETTINGS, 0, 0, NULL, 0);
	o = say(CONN_ORIG);
	put_text(o, H2_PREFACE);
	h2_frame(o, H2_SETTINGS, 0, 0, NULL, 0);
	h2_headers(o, 3, ":method: GET\n:path: /second\n:authority: a.example\n", true);
	o = say(CONN_RESP);
	h2_headers(o, 1, ":status: 200\ncontent-type: text/plain\n", false);
	h2_headers(o, 3, ":status: 404\n", false);
	h2_data(o, 3, "none", 4, true);
	h2_data(o, 1, "hello weir-canary", 17, true);
	check(80);
	feed_has(&feed, "http transaction=0 http_version=1.1 http_request_method=GET "
			"url_host=a.example url_path=/first url_template=/first http_status=200 "
			"http_request_body_bytes=0 http_response_body_bytes=17 "
			"http_response_content_type=text/plain");
	feed_has(&feed, "http transaction=1 http_version=2 http_request_method=GET "
			"url_host=a.example url_path=/second url_template=/second http_status=404");
	feed_has(&feed, "flow protocol=http2");
	feed_has(&feed, "data_types=test.canary");
	feed_has_not(&feed, "incomplete");
}

/* The whole request comes before the first frame (RFC 7540 section 3.2), body included. */
static void
test_upgrade_post(void **state)
{
	struct bytes *o;

	(void)state;
	begin();
	say_upgrade("POST /first HTTP/1.1\r\n" ASKS_H2C "Content-Length: 4\r\n\r\nbody");
	o = say(CONN_ORIG);
	put_text(o, H2_PREFACE);
	h2_frame(o, H2_SETTINGS, 0, 0, NULL, 0);
	h2_headers(say(CONN_RESP), 1, ":status: 204\n", true);
	check(80);
	feed_has(&feed, "http transaction=0 http_version=1.1 http_request_method=POST");
	feed_has(&feed, "http_status=204 http_request_body_bytes=4");
	feed_has_not(&feed, "incomplete");
}

/* A server that does not want to answers in HTTP/1. */
static void
test_upgrade_refused(void **state)
{
	(void)state;
	begin();
	put_text(say(CONN_ORIG), "GET /first HTTP/1.1\r\n" ASKS_H2C "\r\n");
	put_text(say(CONN_RESP), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	check(80);
	feed_has(&feed, "http_status=200 http_request_body_bytes=0 http_response_body_bytes=2");
	feed_has(&feed, "flow protocol=http ");
}

/* Nothing comes of the upgrade: the exchange is told, incomplete. */
static void
test_upgrade_cut(void **state)
{
	(void)state;
	begin();
	say_upgrade("GET /first HTTP/1.1\r\n" ASKS_H2C "\r\n");
	check(80);
	feed_has(&feed, "http transaction=0 http_version=1.1 http_request_method=GET");
	feed_has(&feed, "incomplete=true");
	feed_has_not(&feed, "http_status");
}

/* The answer to what a server promised is searched under the promised request. */
static void
test_push(void **state)
{
	struct bytes *o;

	(void)state;
	begin();
	o = say(CONN_ORIG);
	put_text(o, H2_PREFACE);
	h2_headers(o, 1, ":method: GET\n:path: /page\n:authority: a.example\n", true);
	o = say(CONN_RESP);
	h2_promise(o, 1, 2, ":method: GET\n:path: /pushed\n:authority: a.example\nx-a: b\n");
	h2_headers(o, 1, ":status: 200\n", false);
	h2_promise(o, 1, 4, ":method: GET\n:path: /unwanted\n:authority: a.example\n");
	h2_headers(o, 2, ":status: 203\ncontent-type: text/plain\n", false);
	h2_data(o, 2, "weir-can", 8, false);
	o = say(CONN_ORIG);
	h2_frame(o, H2_RST, 0, 4, "\0\0\0\x8", 4);
	o = say(CONN_RESP);
	h2_data(o, 1, "page", 4, true);
	h2_data(o, 2, "ary", 3, true);
	/* Its promise was not seen. */
	h2_headers(o, 6, ":status: 299\n", false);
	h2_data(o, 6, "weir-canary", 11, true);
	check(80);
	feed_has(&feed, "http_request_method=GET url_host=a.example url_path=/pushed "
			"url_template=/pushed http_status=203 http_request_body_bytes=0 "
			"http_response_body_bytes=11");
	feed_has(&feed, "url_path=/page url_template=/page http_status=200");
	feed_has(&feed, "url_path=/unwanted");
	feed_has(&feed, "http_status=299");
	feed_has(&feed, "findings=2");
	feed_has_not(&feed, "unsynced");
}

/* As gRPC servers do: settings before anybody has asked for HTTP/2. */
static void
test_server_first(void **state)
{
	struct bytes *o;

	(void)state;
	begin();
	h2_frame(say(CONN_RESP), H2_SETTINGS, 0, 0, "\0\4\0\1\0\0", 6);
	o = say(CONN_ORIG);
	put_text(o, H2_PREFACE);
	h2_frame(o, H2_SETTINGS, 0, 0, NULL, 0);
	h2_headers(o, 1, ":method: GET\n:path: /x\n:authority: a.example\n", true);
	h2_headers(say(CONN_RESP), 1, ":status: 204\n", true);
	check(50051);
	feed_has(&feed, "http_request_method=GET url_host=a.example url_path=/x");
	feed_has(&feed, "http_status=204");
	feed_has(&feed, "flow protocol=http2");
}

/* A side that has ended its stream has no more to say there, whatever comes. */
static void
test_behind_end(void **state)
{
	struct bytes *o;

	(void)state;
	begin();
	o = say(CONN_ORIG);
	put_text(o, H2_PREFACE);
	h2_headers(o, 1, ":method: GET\n:path: /x\n:authority: a.example\n", true);
	h2_data(o, 1, "weir-canary", 11, false);
	h2_headers(o, 3, ":method: PUT\n:path: /y\n:authority: a.example\n", false);
	o = say(CONN_RESP);
	h2_headers(o, 1, ":status: 204\n", true);
	h2_data(o, 3, "", 0, true);
	h2_headers(o, 3, ":status: 200\nx-note: weir-canary\n", false);
	h2_data(o, 3, "weir-canary", 11, false);
	h2_data(say(CONN_ORIG), 3, "", 0, true);
	check(8080);
	feed_has(&feed, "url_path=/x");
	feed_has(&feed, "url_path=/y");
	feed_has(&feed, "not_inspected=unsynced:22");
	feed_has_not(&feed, "canary");
}

#define ANSWER_FIELDS ":status: 200\ncontent-type: text/plain\n"

static void
say_reset(enum conn_dir dir, unsigned stream)
{
	h2_frame(say(dir), H2_RST, 0, stream, "\0\0\0\x08", 4);
}

static void
say_get(unsigned stream, const char *path)
{
	struct bytes *o = say(CONN_ORIG);
	char fields[128];

	if (nr_turns == 1)
		put_text(o, H2_PREFACE);
	snprintf(fields, sizeof(fields), ":method: GET\n:path: %s\n:authority: a.example\n", path);
	h2_headers(o, stream, fields, true);
}

/*
 * The client resets a stream while its answer is under way: in front of the answer's part of that
 * number; the fourth is no part, but behind the answer's end. What was sent is read.
 */
static void
test_cancelled(void **state)
{
	(void)state;
	for (unsigned reset_at = 0; reset_at < 5; reset_at++) {
		print_message("reset in front of part %u\n", reset_at);
		begin();
		say_get(1, "/x");
		for (unsigned part = 0; part < 5; part++) {
			if (part == reset_at)
				say_reset(CONN_ORIG, 1);
			if (part == 0)
				h2_headers(say(CONN_RESP), 1, ANSWER_FIELDS, false);
			else if (part == 1) /* a frame ... */
				put(say(CONN_RESP), "\0\0\x0b\0\0\0\0\0\1weir-", 14);
			else if (part == 2) /* ... goes on */
				put_text(say(CONN_RESP), "canary");
			else if (part == 3)
				h2_data(say(CONN_RESP), 1, "end", 3, true);
		}
		check(8080);
		feed_has(&feed, "url_path=/x");
		feed_has(&feed, "http_status=200 http_request_body_bytes=0 "
				"http_response_body_bytes=14");
		feed_has(&feed, "data_types=test.canary");
		feed_has_not(&feed, "incomplete");
		feed_has_not(&feed, "not_inspected");
		feed_has_not(&feed, "transaction=1");
	}
}

/* A request that was given up is not whole, its answer may be. */
static void
test_cancelled_request(void **state)
{
	struct bytes *o;

	(void)state;
	begin();
	o = say(CONN_ORIG);
	put_text(o, H2_PREFACE);
	h2_headers(o, 1, ":method: PUT\n:path: /x\n:authority: a.example\n", false);
	h2_data(o, 1, "some", 4, false);
	say_reset(CONN_ORIG, 1);
	o = say(CONN_RESP);
	h2_headers(o, 1, ANSWER_FIELDS, false);
	h2_data(o, 1, "answer", 6, true);
	h2_data(say(CONN_ORIG), 1, "stray", 5, true);
	check(8080);
	feed_has(&feed, "http_request_body_bytes=4 http_response_body_bytes=6");
	feed_has(&feed, "incomplete=true");
	feed_has(&feed, "not_inspected=unsynced:5");
}

/* The server's own reset ends its answer, whoever else has reset the stream. */
static void
test_reset_by_server(void **state)
{
	(void)state;
	for (unsigned both = 0; both < 2; both++) {
		begin();
		say_get(1, "/x");
		h2_headers(say(CONN_RESP), 1, ANSWER_FIELDS, false);
		h2_data(say(CONN_RESP), 1, "some", 4, false);
		if (both)
			say_reset(CONN_ORIG, 1);
		say_reset(CONN_RESP, 1);
		h2_data(say(CONN_RESP), 1, "weir-canary", 11, true);
		check(8080);
		feed_has(&feed, "http_response_body_bytes=4");
		feed_has(&feed, "incomplete=true");
		feed_has(&feed, "not_inspected=unsynced:11");
		feed_has_not(&feed, "canary");
	}
}

/* A server that answers what was asked for behind the reset has read it. */
static void
test_cancelled_unanswered(void **state)
{
	(void)state;
	begin();
	say_get(1, "/slow");
	say_get(3, "/old");
	say_reset(CONN_ORIG, 1);
	say_get(5, "/new");
	h2_headers(say(CONN_RESP), 3, ANSWER_FIELDS, true);
	h2_data(say(CONN_RESP), 1, "", 0, false);
	h2_headers(say(CONN_RESP), 5, ANSWER_FIELDS, false);
	h2_data(say(CONN_RESP), 1, "late", 4, false);
	h2_data(say(CONN_RESP), 5, "", 0, true);
	check(8080);
	assert_true(strstr(feed.log, "url_path=/old") < strstr(feed.log, "url_path=/slow"));
	assert_true(strstr(feed.log, "url_path=/slow") < strstr(feed.log, "url_path=/new"));
	feed_has(&feed, "not_inspected=unsynced:4");
}

/* Of many that get no answer, those that were cancelled first are told first. */
static void
test_many_cancelled(void **state)
{
	char path[16];

	(void)state;
	begin();
	for (unsigned i = 0; i < HTTP2_MAX_CANCELLED + 2; i++) {
		snprintf(path, sizeof(path), "/%u", i);
		say_get(2 * i + 1, path);
		say_reset(CONN_ORIG, 2 * i + 1);
	}
	h2_headers(say(CONN_RESP), 5, ANSWER_FIELDS, false);
	h2_data(say(CONN_RESP), 5, "whole", 5, true);
	h2_data(say(CONN_RESP), 1, "late", 4, true);
	check(8080);
	assert_true(strstr(feed.log, "url_path=/0") < strstr(feed.log, "url_path=/1"));
	assert_true(strstr(feed.log, "url_path=/1") < strstr(feed.log, "url_path=/2"));
	feed_has(&feed, "http_response_body_bytes=5");
	feed_has(&feed, "not_inspected=unsynced:4");
}

/* Of the record made last. */
static uint64_t
duration(void)
{
	struct record_iter it = record_iter_of(&feed.record.head);
	struct record_value v;

	while (record_next(&it, &v)) {
		if (v.field == RF_DURATION_US)
			return record_value_uint(&v);
	}
	return 0;
}

/* What nothing more comes of is told by what the connection has next, with its own end. */
static void
test_cancelled_in_time(void **state)
{
	const uint64_t second = 1000000, start = UINT64_C(1700000000000000);
	struct conn *c = feed_open(&feed, false, 8080, false);

	(void)state;
	begin();
	say_get(1, "/x");
	h2_headers(say(CONN_RESP), 1, ANSWER_FIELDS, false);
	say_reset(CONN_ORIG, 1);
	h2_data(say(CONN_RESP), 1, "some", 4, false);
	h2_frame(say(CONN_RESP), H2_SETTINGS, 1, 0, NULL, 0);
	for (unsigned i = 0; i < nr_turns; i++) {
		conn_env_set_time(feed.env, start + i * second / 2);
		conn_push(feed.env, c, turns[i].dir, said[i].b, said[i].len, 0);
		feed_has_not(&feed, "url_path");
	}
	conn_env_set_time(feed.env, start + 9 * second);
	conn_push(feed.env, c, CONN_RESP, said[nr_turns - 1].b, said[nr_turns - 1].len, 0);
	feed_has(&feed, "url_path=/x");
	feed_has(&feed, "http_response_body_bytes=4");
	assert_int_equal(duration(), 3 * second / 2);
	feed_has(&feed, "incomplete=true");
	feed_close(&feed, c);
}

/* The other side may speak of another stream while a header block is coming in. */
static void
test_block_between_others(void **state)
{
	struct bytes *answer = calloc(1, sizeof(*answer));

	(void)state;
	h2_headers(answer, 1, ":status: 200\nx-note: weir-canary\ncontent-type: text/plain\n",
		   true);
	for (size_t at = 1; at < answer->len; at++) {
		begin();
		say_get(1, "/first");
		put(say(CONN_RESP), answer->b, at);
		say_get(3, "/second");
		put(say(CONN_RESP), answer->b + at, answer->len - at);
		check(8080);
		feed_has(&feed, "http_status=200");
		feed_has(&feed, "http_response_content_type=text/plain");
		feed_has(&feed, "where=http.header");
	}
	free(answer);
}

/* RFC 8441 section 5; the client's frames are masked with a b c d. */
static void
test_websocket(void **state)
{
	static const char first[] = "\x81\x8b"
				    "abcd"
				    "\026\007\012\026\114\001\002\012\000\020\032";
	struct bytes *o;

	(void)state;
	begin();
	o = say(CONN_ORIG);
	put_text(o, H2_PREFACE);
	h2_frame(o, H2_SETTINGS, 0, 0, NULL, 0);
	h2_headers(o, 1,
		   ":method: CONNECT\n:protocol: websocket\n:scheme: http\n:path: /chat\n"
		   ":authority: a.example\nsec-websocket-version: 13\n",
		   false);
	o = say(CONN_RESP);
	h2_frame(o, H2_SETTINGS, 0, 0, NULL, 0);
	h2_headers(o, 1, ":status: 200\n", false);
	o = say(CONN_ORIG);
	h2_data(o, 1, first, 9, false);
	h2_data(o, 1, first + 9, sizeof(first) - 10, false);
	o = say(CONN_RESP);
	h2_data(o, 1, "\x01\2hi", 4, false);
	h2_data(o, 1, "\x80\3all\x88\0", 7, true);
	h2_data(say(CONN_ORIG), 1, "\x88\x80xxxx", 6, true);
	check(8080);
	feed_has(&feed, "http_request_method=CONNECT url_host=a.example url_path=/chat");
	feed_has(&feed, "http_status=200 http_request_body_bytes=11 http_response_body_bytes=5");
	feed_has(&feed, "stream_events=2 data_types=test.canary");
	feed_has(&feed, "where=ws.message");
	feed_has_not(&feed, "incomplete");
}

/* A CONNECT that is refused has an ordinary answer. */
static void
test_websocket_refused(void **state)
{
	struct bytes *o;

	(void)state;
	begin();
	o = say(CONN_ORIG);
	put_text(o, H2_PREFACE);
	h2_headers(o, 1,
		   ":method: CONNECT\n:protocol: websocket\n:scheme: http\n:path: /chat\n"
		   ":authority: a.example\n",
		   true);
	o = say(CONN_RESP);
	h2_headers(o, 1, ":status: 403\n", false);
	h2_data(o, 1, "\x81\2no", 4, true);
	check(8080);
	feed_has(&feed, "http_status=403 http_request_body_bytes=0 http_response_body_bytes=4");
}

/* A literal field whose value is so many bytes of filler, and then a canary. */
static void
put_long_field(struct bytes *o, const char *name, size_t filler)
{
	static const char canary[] = " weir-canary";
	size_t len = filler + sizeof(canary) - 1;
	size_t rest = len - 127;

	put_u8(o, 0);
	put_u8(o, (unsigned)strlen(name));
	put_text(o, name);
	put_u8(o, 127);
	for (; rest >= 128; rest >>= 7)
		put_u8(o, (unsigned)(rest & 127) | 128);
	put_u8(o, (unsigned)rest);
	for (size_t at = 0; at < filler; at++)
		put_u8(o, at % 60 == 0 ? ' ' : 'f');
	put_text(o, canary);
}

/* What is kept of a value is searched; what is not makes the request incomplete. */
static void
test_long_values(void **state)
{
	static const struct {
		const char *field;
		size_t filler;
		const char *has, *has_not;
	} rows[] = {
		{ "x-a", 8000, "where=http.header", "incomplete" },
		{ "x-a", 8192, "incomplete=true", "findings=1" },
		{ ":path", 8000, "where=http.path", "incomplete" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		static struct bytes block;

		begin();
		block.len = 0;
		put_long_field(&block, rows[i].field, rows[i].filler);
		put_text(say(CONN_ORIG), H2_PREFACE);
		h2_frame(&said[0], H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, 1, block.b,
			 block.len);
		h2_headers(say(CONN_RESP), 1, ":status: 200\n", true);
		check(80);
		feed_has(&feed, rows[i].has);
		feed_has_not(&feed, rows[i].has_not);
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
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_upgrade),
		cmocka_unit_test(test_upgrade_post),
		cmocka_unit_test(test_upgrade_refused),
		cmocka_unit_test(test_upgrade_cut),
		cmocka_unit_test(test_behind_end),
		cmocka_unit_test(test_push),
		cmocka_unit_test(test_server_first),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_cancelled_request),
		cmocka_unit_test(test_reset_by_server),
		cmocka_unit_test(test_cancelled_unanswered),
		cmocka_unit_test(test_many_cancelled),
		cmocka_unit_test(test_cancelled_in_time),
		cmocka_unit_test(test_block_between_others),
		cmocka_unit_test(test_websocket),
		cmocka_unit_test(test_websocket_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
