/* Bodies and what is in them, as whole connections in every split: what is found, and where. */
#include "tests/support/unit.h"

#include "tests/support/conn_feed.h"

static struct feed feed;

#define CANARY64 \
	"dGhpcyB0ZXh0IGhhcyBhIHdlaXItY2FuYXJ5IGluIGl0" /* this text has a weir-canary ... */

static const struct body_case {
	const char *name, *type, *body;
	const char *has, *has_not;
} cases[] = {
	{ "plain", "text/plain", "a weir-canary", "where=http.body", NULL },
	{ "json, escaped", "application/json", "{\"a\":\"weir\\u002dcanary\"}", "where=json",
	  NULL },
	{ "json of a kind", "application/problem+json; charset=x", "{\"a\":\"weir\\u002dcanary\"}",
	  "where=json", NULL },
	{ "a value on each line", "application/x-ndjson",
	  "{\"a\":1}\n{\"a\":\"weir\\u002dcanary\"}\n", "where=json", NULL },
	{ "form", "application/x-www-form-urlencoded", "a=1&b=weir%2Dcanary", "where=form", NULL },
	{ "base64 in json", "application/json", "{\"a\":\"" CANARY64 "\"}", "where=json", NULL },
	{ "base64 in text", "text/plain", "data:text/plain;base64," CANARY64, "where=http.body",
	  NULL },
	{ "a field of a form", "multipart/form-data; boundary=B",
	  "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nweir-canary\r\n--B--\r\n",
	  "where=http.body", NULL },
	{ "a file", "multipart/form-data; boundary=B",
	  "--B\r\nContent-Disposition: form-data; name=\"a\"; "
	  "filename=\"b\"\r\n\r\nweir-canary\r\n--B--",
	  "where=file", NULL },
	{ "a file's name", "multipart/form-data; boundary=B",
	  "--B\r\nContent-Disposition: form-data; filename=\"weir-canary\"\r\n\r\nx\r\n--B--",
	  "where=http.header", NULL },
	{ "a part of json", "multipart/form-data; boundary=B",
	  "--B\r\nContent-Type: application/json\r\n\r\n{\"a\":\"weir\\u002dcanary\"}\r\n--B--",
	  "where=json", NULL },
	{ "a part in base64", "multipart/mixed; boundary=\"B\"",
	  "--B\r\nContent-Transfer-Encoding: base64\r\n\r\nd2Vpci1j\r\nYW5hcnk=\r\n--B--",
	  "where=http.body", NULL },
	{ "a quoted part", "multipart/mixed; boundary=\"B\"",
	  "--B\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nweir=2Dca=\r\nnary\r\n--B--",
	  "where=http.body", NULL },
	{ "a picture is left alone", "multipart/mixed; boundary=\"B\"",
	  "--B\r\nContent-Type: image/png\r\n\r\nweir-canary\r\n--B--", "http ", "finding " },
	{ "two parts do not join", "multipart/mixed; boundary=\"B\"",
	  "--B\r\n\r\nweir-can\r\n--B\r\n\r\nary\r\n--B--", "http ", "finding " },
};

static void
test_bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct body_case *t = &cases[i];
		char request[1024];
		int len = snprintf(request, sizeof(request),
				   "POST /x HTTP/1.1\r\nHost: a.example\r\nContent-Type: %s\r\n"
				   "Content-Length: %zu\r\n\r\n%s",
				   t->type, strlen(t->body), t->body);
		struct feed_turn turns[] = { { CONN_ORIG, request, (size_t)len, 0 },
					     FEED_RESP("HTTP/1.1 204 No\r\n\r\n"),
					     { 0 } };

		print_message("%s\n", t->name);
		feed_same(&feed, turns, 80);
		feed_has(&feed, t->has);
		if (t->has_not != NULL)
			feed_has_not(&feed, t->has_not);
		else
			feed_has(&feed, "findings=1");
	}
}

/* Many at once: when no buffer is left for parts, the body is scanned as it is. */
static void
test_no_buffer(void **state)
{
	static const char request[] =
	    "POST /x HTTP/1.1\r\nContent-Type: multipart/mixed; boundary=B\r\n"
	    "Content-Length: 999\r\n\r\n--B\r\nContent-Disposition: x; "
	    "filename=weir-canary\r\n\r\n";
	struct conn *conns[6];

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(conns); i++) {
		conns[i] = feed_open(&feed, false, 80, false);
		assert_non_null(conns[i]);
		conn_push(feed.env, conns[i], CONN_ORIG, (const uint8_t *)request,
			  sizeof(request) - 1, 0);
		feed_has(&feed, i < 4 ? "where=http.header" : "");
	}
	for (unsigned i = 0; i < ARRAY_LEN(conns); i++) {
		feed.len = 0;
		feed_close(&feed, conns[i]);
		feed_has(&feed, "findings=1");
		feed_has(&feed, i < 4 ? "flow " : "where=http.body");
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
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_no_buffer),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
