/* Bodies and what is in them, as whole connections in every split: what is found, and where. */
#include "tests/support/unit.h"

#include "classify/rules/rule.h"
#include "classify/rules/scan.h"
#include "tests/support/conn_feed.h"

static struct feed feed;

#define CANARY64 \
	"dGhpcyB0ZXh0IGhhcyBhIHdlaXItY2FuYXJ5IGluIGl0" /* this text has a weir-canary ... */

#define GZIP64                                                                                     \
	"H4sIAAAAAAACA6tWyslPdy1LzSspVrKKrlbKTS0uTkxPVbJSSlQoT80s0k1OzEssqlTIzFNIVAAqVUgFqVXIT1Mo" \
	"zs"                                                                                       \
	"9NVchJzUsvyVCqja0FAIrDKeFJAAAA"
#define GZIP64_64                                                                                  \
	"SDRzSUFBQUFBQUFDQTZ0V3lzbFBkeTFMelNzcFZyS0tybGJLVFMwdVRreFBWYkpTU2xRb1Q4MHMwazFPekVzc3Fs" \
	"VEl6Rk"                                                                                   \
	"5JVkFBcVZVZ0ZxVlhJVDFNb3pzOU5WY2hKelVzdnlWQ3FqYTBGQUlyREtlRkpBQUFB"

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
	{ "the same, of a kind", "application/vnd.elasticsearch+x-ndjson;compatible-with=8",
	  "{\"a\":1}\n{\"a\":\"weir\\u002dcanary\"}\n", "where=json", NULL },
	{ "text sequences", "application/geo+json-seq", "\x1e{\"a\":\"weir\\u002dcanary\"}\n",
	  "where=json", NULL },
	{ "lines of json", "text/jsonl", "{\"a\":\"weir\\u002dcanary\"}\n", "where=json", NULL },
	{ "form", "application/x-www-form-urlencoded", "a=1&b=weir%2Dcanary", "where=form", NULL },
	{ "base64 in json", "application/json", "{\"a\":\"" CANARY64 "\"}", "where=json", NULL },
	{ "base64 in text", "text/plain", "data:text/plain;base64," CANARY64, "where=http.body",
	  NULL },
	{ "gzip in base64, as logs come", "application/json", "{\"data\":\"" GZIP64 "\",\"x\":1}",
	  "where=json", NULL },
	{ "the same in base64 again", "application/json", "{\"data\":\"" GZIP64_64 "\"}",
	  "where=json", NULL },
	{ "zlib in base64", "application/json",
	  "{\"d\":\"eJyrVsrJT3ctS80rKVayiq5Wyk0tLk5MT1WyUkpUKE/"
	  "NLNJNTsxLLKpUyMxTSFQAKlVIBalVyE9TKM7P"
	  "TVXISc1LL8lQqo2tBQC37xnv\"}",
	  "where=json", NULL },
	{ "UTF-16 in base64", "text/plain",
	  "powershell -enc YQAgAHcAZQBpAHIALQBjAGEAbgBhAHIAeQAgAGkAbgAgAFUAVABGAC0AMQA2AA==",
	  "where=http.body", NULL },
	{ "what begins as gzip and is none", "application/json",
	  "{\"d\":\"H4sIAAAAAAAAA/////////////////////8=\",\"x\":\"" CANARY64 "\"}", "where=json",
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
	{ "before the parts", "multipart/mixed; boundary=\"B\"",
	  "a weir-canary\r\n--B\r\n\r\nx\r\n--B--", "where=http.body", NULL },
	{ "behind the parts", "multipart/mixed; boundary=\"B\"",
	  "--B\r\n\r\nx\r\n--B--\r\na weir-canary", "where=http.body", NULL },
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

/* The name of a field is the key of what it holds; a file's is not, nor is that of the field
 * before. */
static void
test_names_of_fields(void **state)
{
	static const char rules[] =
	    "rule pin {\n title \"t\"\n data_type x.pin\n severity high\n in any\n weak\n"
	    " find digits 7..9\n context needs +50 within 8 words { pin }\n}\n";
	static const struct {
		const char *disposition;
		bool want;
	} fields[] = { { "form-data; name=\"pin\"", true },
		       { "form-data; name=\"user[pin]\"", true },
		       { "form-data; name=\"pin\"; filename=\"a\"", false },
		       { "form-data; name=\"pin\"\r\n\r\n1\r\n--B\r\nContent-Disposition: "
			 "form-data; name=\"a\"",
			 false } };
	static struct feed own;
	struct conn_config config;

	(void)state;
	assert_int_equal(ruleset_load_text("own", rules, sizeof(rules) - 1, &own.rules, stderr), 0);
	config = feed_config(&own);
	assert_int_equal(conn_env_create(&config, &own.env), 0);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		char body[256], request[512];
		int len = snprintf(body, sizeof(body),
				   "--B\r\nContent-Disposition: %s\r\n\r\n12345678\r\n--B--",
				   fields[i].disposition);

		len =
		    snprintf(request, sizeof(request),
			     "POST /x HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=B\r\n"
			     "Content-Length: %d\r\n\r\n%s",
			     len, body);
		struct feed_turn turns[] = { { CONN_ORIG, request, (size_t)len, 0 },
					     FEED_RESP("HTTP/1.1 204 No\r\n\r\n"),
					     { 0 } };

		feed_same(&own, turns, 80);
		(fields[i].want ? feed_has : feed_has_not)(&own, "rule_id=pin");
	}
	feed_fini(&own);
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

/* ------------------------------------------------------------------ repeats of an answer */

enum { NR_CANARIES = 6, REPEATS_CAP = 40000 };

static const char repeat_rules[] =
#define CANARY(n)                                                                     \
	"rule c" n " {\n title \"t\"\n data_type x.c" n "\n severity high\n in any\n" \
	" match \"canary-" n "\"\n}\n"
    CANARY("0") CANARY("1") CANARY("2") CANARY("3")
#undef CANARY
	"rule c4 {\n title \"t\"\n data_type x.c4\n severity high\n in any\n"
	" match /seam[^~]{50,400}hem/\n}\n"
	"rule c5 {\n title \"t\"\n data_type x.c5\n severity high\n in any\n weak\n"
	" find digits 7..9\n context needs +30 within 8 words { phone }\n}\n";

/* What a streamed answer is made of, and what of it is no text. */
struct answer {
	size_t len, raw_len;
	char body[REPEATS_CAP];
	uint8_t raw[REPEATS_CAP];
};

static void
add_raw(struct answer *a, const char *text)
{
	size_t len = strlen(text);

	memcpy(a->body + a->len, text, len);
	memcpy(a->raw + a->raw_len, text, len);
	a->len += len;
	a->raw_len += len;
}

/* Runs of events that are alike but for their texts, with other ones in between. */
static void
make_answer(uint64_t *random, struct answer *a)
{
	static const char *const odd[] = { "",
					   "",
					   "",
					   ",\"a\":\"canary-0\"",
					   ",\"phone\":1",
					   ",\"phone\":12345678",
					   ",\"n\":1234567",
					   ",\"b\":\"canary-",
					   ",\"s\":\"seam\"",
					   ",\"s\":\"hem\"" };
	static const char *const texts[] = { "Hello", " you", ",", " there" };

	a->len = a->raw_len = 0;
	for (size_t runs = 1 + (size_t)(test_random(random) % 6); runs > 0; runs--) {
		unsigned run = 1 + (unsigned)(test_random(random) % 40);
		unsigned id = (unsigned)(test_random(random) % 3);
		const char *more = odd[test_random(random) % ARRAY_LEN(odd)];
		bool broken = strstr(more, "canary-") != NULL && more[strlen(more) - 1] == '-';
		unsigned n = (unsigned)(test_random(random) % 5);

		for (unsigned i = 0; i < run; i++) {
			const char *text = test_random(random) % 30 == 0
					       ? "\\n"
					       : texts[test_random(random) % ARRAY_LEN(texts)];
			char front[256], back[256];

			snprintf(
			    front, sizeof(front),
			    "data: {\"id\":\"chatcmpl-%u\",\"object\":\"chat.completion.chunk\","
			    "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"",
			    id);
			snprintf(back, sizeof(back), "\"}}]%s%.*s%s}\n\n", more, broken ? 1 : 0,
				 &"0123-"[n], broken ? "\"" : "");
			add_raw(a, front);
			/* What is written as an escape stays where it is. */
			if (text[0] == '\\') {
				add_raw(a, text);
			} else {
				memcpy(a->body + a->len, text, strlen(text));
				a->len += strlen(text);
			}
			add_raw(a, back);
		}
	}
}

static void
note_rule(void *arg, const struct finding *f)
{
	((bool *)arg)[f->rule->id[1] - '0'] = true;
}

/*
 * What repeats is not scanned again, and nothing is missed for that: as many rules find something
 * as in a scan of everything that is no text.
 */
static void
test_repeats(void **state)
{
	static const char request[] =
	    "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Type: "
	    "application/json\r\nContent-Length: 73\r\n\r\n{\"model\":\"gpt-4o\",\"stream\":true,"
	    "\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}";
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
	static const uint64_t key[2] = { 1, 2 };
	static struct answer a;
	static struct feed own;
	uint64_t random = 3, known = 0;
	struct conn_config config;
	unsigned nr_found[NR_CANARIES] = { 0 };
	struct scanner *plain;

	(void)state;
	assert_int_equal(ruleset_load_text("own", repeat_rules, sizeof(repeat_rules) - 1,
					   &own.rules, stderr),
			 0);
	config = feed_config(&own);
	assert_int_equal(conn_env_create(&config, &own.env), 0);
	plain = scanner_create(own.rules, 1, key);
	for (unsigned round = 0; round < 600; round++) {
		bool want[NR_CANARIES] = { false };
		struct scan_stream *st = scan_open(plain, BUFFER_LLM_COMPLETION);
		struct conn *c = feed_open(&own, false, 80, false);
		size_t step = 1 + (size_t)(test_random(&random) % 3000);

		make_answer(&random, &a);
		scan_push(st, a.raw, a.raw_len, note_rule, want);
		scan_close(st, note_rule, want);

		own.len = 0;
		conn_push(own.env, c, CONN_ORIG, (const uint8_t *)request, sizeof(request) - 1, 0);
		conn_push(own.env, c, CONN_RESP, (const uint8_t *)head, sizeof(head) - 1, 0);
		for (size_t at = 0; at < a.len; at += step)
			conn_push(own.env, c, CONN_RESP, (const uint8_t *)a.body + at,
				  step < a.len - at ? step : a.len - at, 0);
		feed_close(&own, c);
		for (unsigned i = 0; i < NR_CANARIES; i++) {
			char line[64];

			snprintf(line, sizeof(line), "finding rule_id=c%u ", i);
			if ((strstr(own.log, line) != NULL) != want[i])
				fail_msg("round %u, step %zu: rule %u, wanted %d\n%s", round, step,
					 i, want[i], own.log);
			nr_found[i] += want[i];
		}
		feed_has(&own, "llm ");
	}
	for (unsigned i = 0; i < NR_CANARIES; i++)
		assert_in_range(nr_found[i], 10, 500);
	known = scanner_counters(conn_env_scanner(own.env))->scan_known_bytes;
	assert_true(known > 100000);
	scanner_destroy(plain);
	feed_fini(&own);
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
		cmocka_unit_test(test_names_of_fields),
		cmocka_unit_test(test_no_buffer),
		cmocka_unit_test(test_repeats),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
