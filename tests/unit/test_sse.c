/* sse: the examples of the WHATWG standard and the liberties of real servers, for every split. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "classify/proto/sse.h"
#include "classify/proto/sse_join.h"
#include "tests/support/guard.h"

/* "name|data/" for each event */
struct trace {
	char data[1024];
	size_t data_len;
	char text[2048];
	size_t len;
};

static void
on_event(void *arg, const struct sse *s, enum sse_event event, const uint8_t *text, size_t len)
{
	struct trace *t = arg;
	struct span name = sse_name(s);

	if (event == SSE_DATA) {
		assert_true(len != 0 && len < sizeof(t->data) - t->data_len);
		memcpy(t->data + t->data_len, text, len);
		t->data_len += len;
		return;
	}
	assert_true(t->data_len + name.len + 3 < sizeof(t->text) - t->len);
	memcpy(t->text + t->len, name.p, name.len);
	t->len += name.len;
	t->text[t->len++] = '|';
	memcpy(t->text + t->len, t->data, t->data_len);
	t->len += t->data_len;
	t->text[t->len++] = '/';
	t->text[t->len] = '\0';
	t->data_len = 0;
}

#define NAME_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct sse_case {
	const char *name;
	const char *in;
	const char *want;
	uint64_t nr_events;
	bool done;
} sse_cases[] = {
	{ "empty", "", "", 0, false },
	{ "one event", "data: hi\n\n", "|hi/", 1, false },
	{ "crlf", "data: hi\r\n\r\ndata: ho\r\n\r\n", "|hi/|ho/", 2, false },
	{ "cr", "data: hi\r\rdata: ho\r\r", "|hi/|ho/", 2, false },
	{ "mixed line ends", "data: a\r\ndata: b\rdata: c\n\n", "|a\nb\nc/", 1, false },
	{ "named", "event: delta\ndata: {}\n\n", "delta|{}/", 1, false },
	{ "name behind the data", "data: {}\nevent: delta\n\n", "delta|{}/", 1, false },
	{ "name does not last", "event: x\ndata: 1\n\ndata: 2\n\n", "x|1/|2/", 2, false },
	{ "lines joined", "data: a\ndata: b\n\n", "|a\nb/", 1, false },
	{ "empty data lines", "data\ndata:\n\n", "|\n/", 1, false },
	{ "empty data", "data\n\n", "|/", 1, false },
	{ "one space only", "data:  a\n\n", "| a/", 1, false },
	{ "no space", "data:a\n\n", "|a/", 1, false },
	{ "colon in the data", "data: {\"a\": 1}\n\n", "|{\"a\": 1}/", 1, false },
	{ "comment", ": ping\n\n:\ndata: a\n\n", "|a/", 1, false },
	{ "name without data", "event: x\n\ndata: a\n\n", "|a/", 1, false },
	{ "id and retry", "id: 1\nretry: 2\ndata: a\n\n", "|a/", 1, false },
	{ "unknown fields", "database: a\ndat: b\ndata2: c\n\n", "", 0, false },
	{ "blank in front of the field", " data: a\n\n", "", 0, false },
	{ "byte order mark",
	  "\xef\xbb\xbf"
	  "data: a\n\n",
	  "|a/", 1, false },
	{ "done", "data: {}\n\ndata: [DONE]\n\n", "|{}/|[DONE]/", 2, true },
	{ "almost done", "data: [DONE\n\ndata: [DONE]]\n\ndata: x[DONE]\n\n",
	  "|[DONE/|[DONE]]/|x[DONE]/", 3, false },
	{ "last empty line missing", "data: a\n", "|a/", 1, false },
	{ "last line end missing", "data: a", "|a/", 1, false },
	{ "long name is cut", "event: " NAME_64 "xyz\ndata: a\n\n", NAME_64 "|a/", 1, false },
};

static void
walk(const struct sse_case *t, size_t first, size_t step)
{
	struct trace trace = { .len = 0 };
	struct sse s;
	size_t len = strlen(t->in);

	sse_init(&s, on_event, &trace);
	for (size_t at = 0; at < len;) {
		size_t n = at == 0 ? first : step;

		if (n > len - at)
			n = len - at;
		sse_push(&s, guard_copy(t->in + at, n), n);
		at += n;
	}
	sse_end(&s);
	assert_string_equal(trace.text, t->want);
	assert_int_equal(s.nr_events, t->nr_events);
	assert_int_equal(s.done, t->done);
}

static void
test_sse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sse_cases) / sizeof(sse_cases[0]); i++) {
		const struct sse_case *t = &sse_cases[i];
		size_t len = strlen(t->in);

		print_message("%s\n", t->name);
		walk(t, len + 1, 1);
		walk(t, 1, 1);
		for (size_t cut = 1; cut < len; cut++)
			walk(t, cut, len);
	}
}

/* What of a stream is searched; blanks and all. */
static const struct join_case {
	const char *name, *in, *want;
} join_cases[] = {
	{ "one line", "data: a\n\n", "data: a\n\n" },
	{ "lines", "data: a\ndata: b\ndata:c\n\ndata: d\n\n", "data: a\nb\nc\n\ndata: d\n\n" },
	{ "crlf", "data: a\r\ndata: b\r\n\r\ndata: c\r\n", "data: a\r\nb\r\n\r\ndata: c\r\n" },
	{ "cr", "data: a\rdata: b\r\rdata: c\r", "data: a\rb\r\rdata: c\r" },
	{ "one blank only", "data: a\ndata:  b\n", "data: a\n b\n" },
	{ "other fields between", "data: a\nid: 1\ndata: b\nevent: x\n: y\n\n",
	  "data: a\nid: 1\nb\nevent: x\n: y\n\n" },
	{ "what only begins so", "data: a\ndat\ndatab: c\ndatadata: d\n",
	  "data: a\ndat\ndatab: c\ndatadata: d\n" },
	{ "inside a line", "data: a data: b\n", "data: a data: b\n" },
	{ "at the end", "data: a\ndata:", "data: a\n" },
};

struct joined {
	char text[256];
	size_t len;
};

static void
on_joined(void *arg, const uint8_t *data, size_t len)
{
	struct joined *j = arg;

	assert_true(len != 0 && len < sizeof(j->text) - j->len);
	memcpy(j->text + j->len, data, len);
	j->len += len;
	j->text[j->len] = '\0';
}

static void
test_join(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(join_cases) / sizeof(join_cases[0]); i++) {
		const struct join_case *t = &join_cases[i];
		size_t len = strlen(t->in);
		const uint8_t *in = guard_copy(t->in, len);

		print_message("%s\n", t->name);
		for (size_t cut = 0; cut < len; cut++) {
			struct joined whole = { "", 0 }, bytes = { "", 0 };
			struct sse_join a = { 0 }, b = { 0 };

			sse_join_push(&a, in, cut, on_joined, &whole);
			sse_join_push(&a, in + cut, len - cut, on_joined, &whole);
			for (size_t at = 0; at < len; at++)
				sse_join_push(&b, in + at, 1, on_joined, &bytes);
			assert_string_equal(whole.text, t->want);
			assert_string_equal(bytes.text, t->want);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_join),
					    cmocka_unit_test(test_sse) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
