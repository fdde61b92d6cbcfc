/* Frames of RFC 6455 section 5.7 and others, whole and split everywhere; gaps; what cannot be. */
#include "tests/support/unit.h"

#include "classify/proto/websocket.h"
#include "tests/support/guard.h"

static char seen[512];
static size_t seen_len;

static void
add(const void *p, size_t len)
{
	assert_true(len < sizeof(seen) - seen_len);
	memcpy(seen + seen_len, p, len);
	seen_len += len;
	seen[seen_len] = '\0';
}

static void
on_begin(void *arg, bool compressed)
{
	(void)arg;
	add(compressed ? "{z" : "{", compressed ? 2 : 1);
}

static void
on_bytes(void *arg, const uint8_t *data, size_t len)
{
	(void)arg;
	add(data, len);
}

static void
on_end(void *arg)
{
	(void)arg;
	add("}", 1);
}

/* Where it stands, (in brackets). */
static bool in_control;

static void
on_control(void *arg, const uint8_t *data, size_t len)
{
	(void)arg;
	assert_true(len > 0);
	if (!in_control)
		add("(", 1);
	in_control = true;
	add(data, len);
}

static void
on_control_end(void *arg)
{
	(void)arg;
	if (in_control)
		add(")", 1);
	in_control = false;
}

static const struct websocket_handler on = { on_begin, on_bytes, on_end, on_control,
					     on_control_end };

static const struct ws_case {
	const char *name, *in;
	size_t len;
	const char *want;
	bool lost;
} cases[] = {
#define BYTES(s) s, sizeof(s) - 1
	{ "unmasked text", BYTES("\x81\x05Hello"), "{Hello}", false },
	{ "masked text", BYTES("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "{Hello}", false },
	{ "in two frames", BYTES("\x01\x03Hel\x80\x02lo"), "{Hello}", false },
	{ "a ping and a pong between the pieces",
	  BYTES("\x01\x03Hel\x89\x05"
		"12345\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x80\x02lo"),
	  "{Hel(12345)(Hello)lo}", false },
	{ "binary, 16-bit length",
	  BYTES("\x82\x7e\0\x02"
		"ab"),
	  "{ab}", false },
	{ "64-bit length",
	  BYTES("\x82\x7f\0\0\0\0\0\0\0\x03"
		"abc"),
	  "{abc}", false },
	{ "compressed", BYTES("\xc1\x02zz\x81\x01x"), "{zzz}{x}", false },
	{ "empty", BYTES("\x81\0\x01\0\x80\0"), "{}{}", false },
	{ "close with a reason",
	  BYTES("\x88\x05\x03\xe8"
		"bye"),
	  "(\x03\xe8"
	  "bye)",
	  false },
	{ "cut in a head", BYTES("\x81\x7e\0"), "", false },
	{ "cut in a payload", BYTES("\x81\x05He"), "{He", false },
	{ "continuation of nothing", BYTES("\x80\x01x"), "", true },
	{ "a new message inside one",
	  BYTES("\x01\x01"
		"a\x81\x01"
		"b"),
	  "{a", true },
	{ "opcode without a meaning", BYTES("\x83\x01x"), "", true },
	{ "reserved bit", BYTES("\x91\x01x"), "", true },
	{ "ping of 126", BYTES("\x89\x7e\0\x7e"), "", true },
	{ "ping in pieces", BYTES("\x09\x01x"), "", true },
	{ "length beyond 63 bits", BYTES("\x82\xff\x80\0\0\0\0\0\0\0mask"), "", true },
};

static void
test_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct ws_case *t = &cases[i];
		const uint8_t *in = guard_copy(t->in, t->len);

		print_message("%s\n", t->name);
		for (size_t step = 1; step <= t->len; step++) {
			struct websocket w = { 0 };

			seen_len = 0;
			seen[0] = '\0';
			for (size_t at = 0; at < t->len; at += step)
				websocket_push(&w, in + at, step < t->len - at ? step : t->len - at,
					       &on, NULL);
			assert_string_equal(seen, t->want);
			assert_int_equal(w.lost, t->lost);
		}
	}
}

static void
test_gaps(void **state)
{
	static const uint8_t first[] = "\x81\x88\x01\x02\x03\x04"
				       "\x60\x60";	   /* ab */
	static const uint8_t last[] = "\x64\x6c\x82\x01x"; /* gh, x */
	struct websocket w = { 0 };

	(void)state;
	seen_len = 0;
	websocket_push(&w, first, sizeof(first) - 1, &on, NULL);
	assert_true(websocket_gap(&w, 4, &on, NULL));
	websocket_push(&w, last, sizeof(last) - 1, &on, NULL);
	/* The mask goes on where it was. */
	assert_string_equal(seen, "{abgh}{x}");
	assert_false(websocket_gap(&w, 1, &on, NULL));
	websocket_push(&w, first, 4, &on, NULL);
	assert_int_equal(w.skipped_bytes, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
