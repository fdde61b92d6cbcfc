/* Frames, whole and split everywhere: padding, priority, continuation, what cannot be, gaps. */
#include "tests/support/unit.h"

#include "classify/proto/http2.h"
#include "tests/support/guard.h"

static struct hpack_table table;
static struct hpack_text text;
static char seen[4096];
static size_t seen_len;
static char joining;

static void
add(const void *p, size_t len)
{
	assert_true(len < sizeof(seen) - seen_len);
	if (len != 0)
		memcpy(seen + seen_len, p, len);
	seen_len += len;
	seen[seen_len] = '\0';
}

static void
event(const char *what, uint32_t stream)
{
	char line[64];

	joining = 0;
	add(line, (size_t)snprintf(line, sizeof(line), "%s%u ", what, stream));
}

static struct hpack_text *
on_begin(void *arg, uint32_t stream)
{
	(void)arg;
	event("h", stream);
	return &text;
}

static struct hpack_text *
on_promise(void *arg, uint32_t stream)
{
	(void)arg;
	event("p", stream);
	return &text;
}

static void
on_field(void *arg, uint32_t stream, struct span name, struct span value)
{
	(void)arg, (void)stream;
	add(name.p, name.len);
	add("=", 1);
	add(value.p, value.len);
	add(" ", 1);
}

static void
on_end(void *arg, uint32_t stream, bool end_stream, bool whole)
{
	(void)arg, (void)stream;
	add(end_stream ? "E" : "e", 1);
	add(whole ? " " : "! ", whole ? 1 : 2);
}

static void
on_data(void *arg, uint32_t stream, const uint8_t *data, size_t len)
{
	(void)arg;
	if (!joining)
		event("d", stream);
	joining = 1;
	add(data, len);
}

static void
on_gap(void *arg, uint32_t stream, uint64_t len)
{
	(void)arg;
	event("gap", stream);
	add("-", len != 0);
}

static void
on_data_end(void *arg, uint32_t stream, bool end_stream)
{
	(void)arg;
	add(" ", joining);
	event(end_stream ? "D" : "x", stream);
}

static void
on_reset(void *arg, uint32_t stream)
{
	(void)arg;
	event("r", stream);
}

static const struct http2_handler on = {
	on_begin, on_promise, on_field, on_end, on_data, on_gap, on_data_end, on_reset,
};

static void
start(struct http2 *h, bool preface, bool late)
{
	seen_len = 0;
	seen[0] = '\0';
	joining = 0;
	http2_init(h, preface, late);
	hpack_set_table(&h->hpack, &table);
}

#define FRAME(len, type, flags, stream) "\0\0" len type flags "\0\0\0" stream
#define GET				"\x82"

static const struct frames_case {
	const char *name, *in;
	size_t len;
	const char *want;
	bool preface;
} cases[] = {
#define BYTES(s) s, sizeof(s) - 1
	{ "preface, settings, request",
	  BYTES(HTTP2_PREFACE FRAME("\0", "\4", "\0", "\0") FRAME("\1", "\1", "\5", "\1") GET),
	  "h1 :method=GET E ", true },
	{ "priority and padding",
	  BYTES(FRAME("\x9", "\1", "\x2c", "\1") "\2"
						 "\0\0\0\0\1" GET "\0\0"),
	  "h1 :method=GET e ", false },
	{ "padding only", BYTES(FRAME("\3", "\0", "\x8", "\1") "\2\0\0"), "x1 ", false },
	{ "padding of none", BYTES(FRAME("\3", "\0", "\x9", "\1") "\0ab"), "d1 ab D1 ", false },
	{ "continuation",
	  BYTES(FRAME("\1", "\1", "\1", "\3") GET FRAME("\0", "\x9", "\0", "\3")
		    FRAME("\1", "\x9", "\4", "\3") "\x84"),
	  "h3 :method=GET :path=/ E ", false },
	{ "data of two streams, reset",
	  BYTES(FRAME("\2", "\0", "\0", "\1") "ab" FRAME("\1", "\0", "\1",
							 "\3") "c" FRAME("\4", "\3", "\0",
									 "\1") "\0\0\0\x8"),
	  "d1 ab x1 d3 c D3 r1 ", false },
	{ "empty data", BYTES(FRAME("\0", "\0", "\1", "\1")), "D1 ", false },
	{ "a promise, padded",
	  BYTES(FRAME("\7", "\5", "\xc", "\1") "\1\0\0\0\4" GET "\0" FRAME("\0", "\0", "\0", "\1")),
	  "p4 :method=GET e x1 ", false },
	{ "a promise over two frames",
	  BYTES(FRAME("\4", "\5", "\0", "\1") "\0\0\0\2" FRAME("\1", "\x9", "\4", "\1") GET),
	  "p2 :method=GET e ", false },
	{ "a promise of a client's number", BYTES(FRAME("\5", "\5", "\4", "\1") "\0\0\0\3" GET),
	  "p0 :method=GET e ", false },
	{ "a promise cut short",
	  BYTES(FRAME("\x8", "\5", "\4", "\1") "\0\0\0\2"
					       "\x40\1a\1" FRAME("\0", "\0", "\0", "\1")),
	  "p2 e! x1 ", false },
	{ "unknown type",
	  BYTES(FRAME("\2", "\x20", "\xff", "\7") "zz" FRAME("\0", "\0", "\1", "\1")), "D1 ",
	  false },
	{ "flags without a meaning", BYTES(FRAME("\0", "\0", "\xf1", "\1")), "D1 ", false },
	/* Nothing is read behind what cannot be: the place is lost until a push begins with frames.
	 */
	{ "interrupted block",
	  BYTES(FRAME("\1", "\1", "\1", "\1") GET FRAME("\1", "\0", "\0", "\1") "x"),
	  "h1 :method=GET E! ", false },
	{ "continuation of nothing", BYTES(FRAME("\1", "\x9", "\4", "\1") GET), "", false },
	{ "data on stream 0", BYTES(FRAME("\1", "\0", "\0", "\0") "x"), "", false },
	{ "padding longer than the frame", BYTES(FRAME("\2", "\0", "\x8", "\1") "\2\0"), "",
	  false },
	{ "ping of seven", BYTES(FRAME("\7", "\6", "\0", "\0") "1234567"), "", false },
	{ "no preface", BYTES("GET / HTTP/1.1\r\n\r\n"), "", true },
	{ "broken block", BYTES(FRAME("\1", "\1", "\5", "\1") "\x80"), "h1 E! ", false },
};

static void
test_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct frames_case *t = &cases[i];
		const uint8_t *in = guard_copy(t->in, t->len);

		print_message("%s\n", t->name);
		for (size_t step = 1; step <= t->len; step++) {
			struct http2 h;

			start(&h, t->preface, false);
			for (size_t at = 0; at < t->len; at += step)
				http2_push(&h, in + at, step < t->len - at ? step : t->len - at,
					   &on, NULL);
			assert_string_equal(seen, t->want);
			assert_int_equal(h.framing_bytes + h.data_bytes + h.skipped_bytes, t->len);
		}
	}
}

static void
push(struct http2 *h, const char *bytes, size_t len)
{
	http2_push(h, (const uint8_t *)bytes, len, &on, NULL);
}

static void
test_gaps(void **state)
{
	struct http2 h;

	(void)state;
	/* Inside DATA: the place is kept. */
	start(&h, false, false);
	push(&h, BYTES(FRAME("\x8", "\0", "\1", "\1") "abc"));
	http2_gap(&h, 2, &on, NULL);
	push(&h, BYTES("fgh" FRAME("\1", "\1", "\5", "\3") GET));
	assert_string_equal(seen, "d1 abcgap1 -d1 fgh D1 h3 :method=GET E ");

	/* Inside a block: it ends, the table is forgotten, a push that begins with frames goes on.
	 */
	start(&h, false, false);
	push(&h, BYTES(FRAME("\4", "\1", "\4", "\1") "\x40\1a\1"));
	http2_gap(&h, 20, &on, NULL);
	push(&h, BYTES("in the middle of something"));
	push(&h, BYTES(FRAME("\4", "\x8", "\0", "\0") "\0\0\1\0" FRAME("\2", "\1", "\5", "\3") GET
		       "\xbe"));
	assert_string_equal(seen, "h1 e! h3 :method=GET = E ");
	assert_int_equal(h.skipped_bytes, 26);
}

static void
test_continuation_flood(void **state)
{
	struct http2 h;

	(void)state;
	start(&h, false, false);
	push(&h, BYTES(FRAME("\1", "\1", "\1", "\1") GET));
	for (unsigned i = 0; i < 1000; i++)
		push(&h, BYTES(FRAME("\1", "\x9", "\0", "\1") "\x84"));
	push(&h, BYTES(FRAME("\0", "\x9", "\4", "\1") FRAME("\1", "\1", "\5", "\3") GET));
	assert_int_equal(h.hpack.nr_fields, 1);
	assert_int_equal(h.events[HTTP2_CAPPED_BLOCK], 1);
	/* The rest of the connection is still followed. */
	assert_non_null(strstr(seen, "E! h3 :method=GET E "));
}

static void
test_looks_like_frames(void **state)
{
	static const struct looks {
		const char *name, *in;
		size_t len;
		bool sure;
	} looks[] = {
		{ "window update and headers",
		  BYTES(FRAME("\4", "\x8", "\0", "\0") "\0\0\1\0" FRAME("\1", "\1", "\5", "\3")
			    GET),
		  true },
		{ "ping alone", BYTES(FRAME("\x8", "\6", "\0", "\0") "12345678"), true },
		{ "one frame that goes on", BYTES(FRAME("\x80", "\0", "\0", "\1") "abc"), false },
		{ "text", BYTES("HTTP/1.1 200 OK\r\n"), false },
		{ "zeros", BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
		  false },
		{ "TLS", BYTES("\x16\3\1\2\0\1\0\1\xfc\3\3"), false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
		bool sure = false;

		print_message("%s\n", looks[i].name);
		assert_int_equal(http2_frames(span_of(looks[i].in, looks[i].len), &sure) != 0 &&
				     sure,
				 looks[i].sure);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_continuation_flood),
		cmocka_unit_test(test_looks_like_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
