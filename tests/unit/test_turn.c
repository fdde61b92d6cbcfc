/*
 * Protocols that turn into another: TLS behind the words of protocols that are not taken apart, and
 * what runs through proxies. Whole connections, in every split.
 */
#include "tests/support/unit.h"

#include "classify/proto/quic.h"
#include "classify/proto/turn.h"
#include "tests/support/conn_feed.h"
#include "tests/support/guard.h"
#include "tests/support/hello.h"

static struct feed feed;
static struct bytes client_hello, server_hello;

#define HELLO                                   \
	{                                       \
		CONN_ORIG, client_hello.b, 0, 0 \
	}
#define ANSWER                                  \
	{                                       \
		CONN_RESP, server_hello.b, 0, 0 \
	}
#define TLS_HAS "server_name=www.example.com server_name_source=sni"

static const struct turn_case {
	const char *name;
	struct feed_turn turns[FEED_TURNS];
	uint16_t port;
	const char *has[4];
	const char *has_not;
} cases[] = {
	{ "ftp",
	  { FEED_RESP("220 files\r\n"), FEED_ORIG("AUTH TLS\r\n"), FEED_RESP("234 go on\r\n"),
	    HELLO, ANSWER },
	  21,
	  { "tls ", "protocol=tls", TLS_HAS, "tls_version=1.2" } },
	{ "imap",
	  { FEED_RESP("* OK ready\r\n"), FEED_ORIG("a STARTTLS\r\n"), FEED_RESP("a OK\r\n"), HELLO,
	    ANSWER },
	  143,
	  { "protocol=tls", TLS_HAS } },
	{ "rdp",
	  { FEED_ORIG("\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\3\0\0\0"),
	    FEED_RESP("\3\0\0\x13\x0e\xd0\0\0\x12\x34\0\2\x1f\x08\0\2\0\0\0"), HELLO, ANSWER },
	  3389,
	  { "protocol=tls", TLS_HAS } },
	{ "what was said before is scanned",
	  { FEED_RESP("* OK weir-canary\r\n"), FEED_ORIG("a STARTTLS\r\n"), FEED_RESP("a OK\r\n"),
	    HELLO },
	  143,
	  { "finding ", "data_types=test.canary", TLS_HAS } },
	{ "behind a load balancer",
	  { FEED_ORIG("PROXY TCP4 192.0.2.1 192.0.2.2 40000 80\r\nGET /weir-canary HTTP/1.1\r\n"
		      "Host: a.example\r\n\r\n"),
	    FEED_RESP("HTTP/1.1 204 x\r\n\r\n") },
	  80,
	  { "http ", "protocol=http", "url_host=a.example", "http_status=204" } },
	{ "behind one that says nothing",
	  { FEED_ORIG("PROXY UNKNOWN\r\n"), HELLO, ANSWER },
	  443,
	  { "protocol=tls", TLS_HAS } },
	{ "behind one of version 2",
	  { FEED_ORIG("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0f\xc0\0\2\1\xc0\0\2\2\x9c\x40\0\x50\4\0\0"
		      "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"),
	    FEED_RESP("HTTP/1.1 204 x\r\n\r\n") },
	  80,
	  { "protocol=http", "url_host=a.example", "http_status=204" } },
	{ "behind one whose health check says no more",
	  { FEED_ORIG("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0") },
	  80,
	  { "protocol=proxy", "inspected_bytes=16" } },
	{ "a server that speaks before the header begins",
	  { FEED_RESP("\1\0\0"), FEED_ORIG("PROXY TCP4 192.0.2.1 192.0.2.2 40000 80\r\n"
					   "weir-canary and more than a prologue is for") },
	  80,
	  { "finding ", "data_types=test.canary" },
	  "not_inspected" },
	{ "a server that speaks before the header is over",
	  { FEED_ORIG("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0"),
	    FEED_RESP("220 mx.example ESMTP\r\n") },
	  25,
	  { "protocol=smtp" } },
	{ "what is no request, refused by a server of HTTP",
	  { FEED_ORIG("\xc3\x83 / weir-canary\r\n\r\n"),
	    FEED_RESP("HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno") },
	  80,
	  { "finding ", "http_status=400", "http_response_body_bytes=2", "protocol=http" } },
	{ "a hello to a server that speaks no TLS",
	  { HELLO, FEED_RESP("HTTP/1.1 400 Bad Request\r\nContent-Length: 11\r\n\r\nweir-canary") },
	  443,
	  { "tls ", TLS_HAS, "http_status=400", "protocol=http" } },
	{ "and agreed to",
	  { FEED_ORIG("\xc3\x83 / x\r\n\r\n"), FEED_RESP("HTTP/1.1 200 OK\r\n\r\n"),
	    FEED_ORIG("weir-canary") },
	  80,
	  { "finding ", "protocol=unknown" },
	  "http_status" },
	{ "the words of a refusal, from the client",
	  { FEED_RESP("* hi\r\n"), FEED_ORIG("HTTP/1.1 400 weir-canary\r\n") },
	  143,
	  { "finding ", "protocol=unknown" } },
	{ "half of them",
	  { FEED_ORIG("\xc3\x83 \r\n"), FEED_RESP("HTTP/1.1 "), FEED_ORIG("\xc3") },
	  143,
	  { "protocol=unknown", "inspected_bytes=15" } },
	{ "the beginning of a hello, and no more",
	  { FEED_RESP("* hi\r\n"), FEED_ORIG("\x16\3\1\2\0\1\0\1\xfc"), FEED_RESP("what?\r\n") },
	  143,
	  { "protocol=unknown", "inspected_bytes=22" } },
	{ "almost a hello, with something to find",
	  { FEED_RESP("* hi\r\n"), FEED_ORIG("\x16\3\1\2\0\1\0\1\xfcweir-canary") },
	  143,
	  { "protocol=unknown", "finding " } },
	{ "a record longer than its hello",
	  { FEED_RESP("* hi\r\n"), FEED_ORIG("\x16\3\1\2\0\1\0\1\xfb\3\3xxxxxxxxxxxxxxxxx") },
	  143,
	  { "protocol=unknown" } },
	{ "socks 5",
	  { FEED_ORIG("\5\1\0"), FEED_RESP("\5\0"),
	    FEED_ORIG("\5\1\0\3\x0fwww.example.com\x01\xbb"), FEED_RESP("\5\0\0\1\0\0\0\0\0\0"),
	    HELLO, ANSWER },
	  1080,
	  { "protocol=socks", TLS_HAS, "encrypted=true", "tls_version=1.2" } },
	{ "socks 5, a password that nobody sees",
	  { FEED_ORIG("\5\2\0\2"), FEED_RESP("\5\2"), FEED_ORIG("\1\3abc\x0bweir-canary"),
	    FEED_RESP("\1\0"), FEED_ORIG("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\x50"),
	    FEED_RESP("\5\0\0\3\1a\0\0"), FEED_ORIG("GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"),
	    FEED_RESP("HTTP/1.1 204 No\r\n\r\n") },
	  1080,
	  { "http ", "url_host=a.example", "protocol=socks server_name=a.example",
	    "http_status=204" },
	  "finding " },
	{ "socks 4a",
	  { FEED_ORIG("\4\1\0\x50\0\0\0\1me\0a.example\0"), FEED_RESP("\0\x5a\0\0\0\0\0\0"),
	    FEED_ORIG("GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"),
	    FEED_RESP("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nweir-canary") },
	  9050,
	  { "url_path=/x", "finding ", "protocol=socks server_name=a.example", "findings=1" } },
	{ "connect, and the name behind it",
	  { FEED_ORIG("CONNECT 192.0.2.1:443 HTTP/1.1\r\nHost: 192.0.2.1:443\r\n\r\n"),
	    FEED_RESP("HTTP/1.1 200 OK\r\n\r\n"), HELLO, ANSWER },
	  3128,
	  { "protocol=http", TLS_HAS, "encrypted=true", "tls_server_name=www.example.com" } },
};

static void
fill_hellos(struct feed_turn *turns)
{
	for (struct feed_turn *t = turns; t->data != NULL; t++) {
		if (t->data == client_hello.b)
			t->len = client_hello.len;
		else if (t->data == server_hello.b)
			t->len = server_hello.len;
	}
}

static void
test_turns(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct turn_case t = cases[i];

		print_message("%s\n", t.name);
		fill_hellos(t.turns);
		feed_same(&feed, t.turns, t.port);
		for (size_t n = 0; n < ARRAY_LEN(t.has) && t.has[n] != NULL; n++)
			feed_has(&feed, t.has[n]);
		if (t.has_not != NULL)
			feed_has_not(&feed, t.has_not);
	}
}

/* Bytes lost in the words before: the hello begins a turn all the same. */
static void
test_gap(void **state)
{
	struct feed_turn turns[] = { FEED_RESP("* OK ready\r\n"),
				     FEED_ORIG("a STARTTLS\r\n"),
				     { CONN_RESP, "OK\r\n", 4, 3 },
				     HELLO,
				     ANSWER,
				     { 0 } };

	(void)state;
	fill_hellos(turns);
	feed_same(&feed, turns, 143);
	feed_has(&feed, TLS_HAS);
	feed_has(&feed, "not_inspected=gap:3");
	/* Lost in front of it: what follows may be the middle of anything. */
	turns[2].gap = 0;
	turns[3].gap = 3;
	feed_same(&feed, turns, 143);
	feed_has(&feed, "protocol=imap");
}

/* Joined midway, with the answer first: who sends it is the server, whoever was taken for it. */
static void
test_answer_first(void **state)
{
	static const char answer[] = "HTTP/1.1 204 No\r\n\r\n";
	static const char request[] = "GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n";
	struct conn *c = feed_open(&feed, false, 80, true);

	(void)state;
	conn_push(feed.env, c, CONN_ORIG, (const uint8_t *)answer, sizeof(answer) - 1, 0);
	/* The directions have been swapped, also for the caller. */
	conn_push(feed.env, c, CONN_ORIG, (const uint8_t *)request, sizeof(request) - 1, 0);
	conn_push(feed.env, c, CONN_RESP, (const uint8_t *)answer, sizeof(answer) - 1, 0);
	feed_close(&feed, c);
	feed_has(&feed, "url_host=a.example url_path=/x url_template=/x http_status=204");
}

static const struct guess_case {
	const char *name;
	const char *first, *second;
	bool want;
} guesses[] = {
	{ "one id, headers that differ", "\x53\1\2\3\4abcdefghijklmnopqrstu",
	  "\x4f\1\2\3\4bcdefghijklmnopqrstuv", true },
	{ "the same header", "\x53\1\2\3\4abcdefghijklmnopqrstu",
	  "\x53\1\2\3\4bcdefghijklmnopqrstuv", false },
	{ "another id", "\x53\1\2\3\4abcdefghijklmnopqrstu", "\x4f\1\2\3\5bcdefghijklmnopqrstuv",
	  false },
	{ "fixed bit clear", "\x13\1\2\3\4abcdefghijklmnopqrstu",
	  "\x1f\1\2\3\4bcdefghijklmnopqrstuv", false },
	{ "too short", "\x53\1\2\3\4abcdefghijkl", "\x4f\1\2\3\4bcdefghijkl", false },
};

static void
test_quic_guess(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(guesses); i++) {
		const struct guess_case *t = &guesses[i];
		struct quic_guess g = { 0 };
		size_t len = strlen(t->first);

		print_message("%s\n", t->name);
		assert_false(quic_guess(&g, guard_copy(t->first, len), len));
		len = strlen(t->second);
		assert_int_equal(quic_guess(&g, guard_copy(t->second, len), len), t->want);
	}
}

static void
put_record(struct bytes *o, unsigned type, const struct hello *h)
{
	size_t record, message;

	put_u8(o, 22);
	put_u16(o, 0x0301);
	record = put_begin(o, 2);
	put_u8(o, type);
	message = put_begin(o, 3);
	if (type == 1)
		put_client_hello(o, h);
	else
		put_server_hello(o, h, NULL);
	put_end(o, message, 3);
	put_end(o, record, 2);
}

static int
set_up(void **state)
{
	static const int ciphers[] = { 0xc02f, -1 }, extensions[] = { 0, -1 }, none[] = { -1 };
	const struct hello client = { .version = 0x0303,
				      .ciphers = ciphers,
				      .extensions = extensions,
				      .sni = "www.example.com" };
	const struct hello server = { .version = 0x0303, .ciphers = ciphers, .extensions = none };

	(void)state;
	put_record(&client_hello, 1, &client);
	put_record(&server_hello, 2, &server);
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
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_answer_first),
		cmocka_unit_test(test_quic_guess),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
