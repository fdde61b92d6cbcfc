/*
 * HTTP/2 as connections: what begins by upgrade from HTTP/1, and WebSocket inside a stream. Whole
 * connections, in every split.
 */
#include "tests/support/unit.h"

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
		cmocka_unit_test(test_upgrade),		cmocka_unit_test(test_upgrade_post),
		cmocka_unit_test(test_upgrade_refused), cmocka_unit_test(test_upgrade_cut),
		cmocka_unit_test(test_behind_end),	cmocka_unit_test(test_server_first),
		cmocka_unit_test(test_websocket),	cmocka_unit_test(test_websocket_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
