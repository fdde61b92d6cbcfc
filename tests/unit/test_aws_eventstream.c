/* aws_eventstream: frames built here, bent in every way that matters, for every split. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <zlib.h>

#include "classify/proto/aws_eventstream.h"
#include "tests/support/guard.h"

struct bytes {
	uint8_t p[2048];
	size_t len;
};

static void
put(struct bytes *b, const void *p, size_t len)
{
	assert_true(len <= sizeof(b->p) - b->len);
	memcpy(b->p + b->len, p, len);
	b->len += len;
}

static void
put_be32(struct bytes *b, uint32_t v)
{
	uint8_t p[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	put(b, p, 4);
}

/* Header bytes as they stand, payload, and two numbers added to what would be right. */
static void
put_frame(struct bytes *b, const char *headers, size_t headers_len, const char *payload,
	  uint32_t prelude_error, uint32_t checksum_error)
{
	struct bytes f = { .len = 0 };
	size_t payload_len = strlen(payload);

	put_be32(&f, (uint32_t)(16 + headers_len + payload_len));
	put_be32(&f, (uint32_t)headers_len);
	put_be32(&f, (uint32_t)crc32(0, f.p, 8) + prelude_error);
	put(&f, headers, headers_len);
	put(&f, payload, payload_len);
	put_be32(&f, (uint32_t)crc32(0, f.p, (uInt)f.len) + checksum_error);
	put(b, f.p, f.len);
}

/* "type|payload/" for each frame */
static void
on_event(void *arg, const struct aws_eventstream *s, enum aws_event event, const uint8_t *text,
	 size_t len)
{
	struct bytes *trace = arg;
	struct span type = aws_event_type(s);

	if (event == AWS_DATA) {
		assert_true(len != 0);
		put(trace, text, len);
		return;
	}
	put(trace, "|", 1);
	put(trace, type.p, type.len);
	put(trace, "/", 1);
}

#define TYPE(len, name) "\x0b:event-type\x07\x00" len name
#define DELTA		TYPE("\x05", "delta")
#define CHUNK		TYPE("\x05", "chunk")
#define LEN(text)	(sizeof(text) - 1)

static const struct aws_case {
	const char *name;
	const char *headers;
	size_t headers_len;
	const char *payload;
	uint32_t prelude_error;
	uint32_t checksum_error;
	const char *want;
	bool broken;
	uint64_t bad_checksums;
} aws_cases[] = {
	{ "plain", DELTA, LEN(DELTA), "{\"a\":1}", 0, 0, "{\"a\":1}|delta/", false, 0 },
	{ "no headers", "", 0, "xy", 0, 0, "xy|/", false, 0 },
	{ "no payload", DELTA, LEN(DELTA), "", 0, 0, "|delta/", false, 0 },
	{ "nothing at all", "", 0, "", 0, 0, "|/", false, 0 },
	{ "chunk", CHUNK, LEN(CHUNK), "{\"bytes\":\"eyJhIjoxfQ==\",\"p\":\"abc\"}", 0, 0,
	  "{\"a\":1}|chunk/", false, 0 },
	{ "chunk without padding", CHUNK, LEN(CHUNK), "{\"bytes\":\"eyJhIjoxfQ\"}", 0, 0,
	  "{\"a\":1}|chunk/", false, 0 },
	{ "chunk without bytes", CHUNK, LEN(CHUNK), "{\"message\":\"eyJhIjoxfQ==\"}", 0, 0,
	  "|chunk/", false, 0 },
	{ "other header types in front",
	  "\x01"
	  "a\x00\x01"
	  "b\x02"
	  "9\x01"
	  "c\x04"
	  "1234" DELTA,
	  LEN("\x01"
	      "a\x00\x01"
	      "b\x02"
	      "9\x01"
	      "c\x04"
	      "1234" DELTA),
	  "x", 0, 0, "x|delta/", false, 0 },
	{ "type header that is no string", "\x0b:event-type\x00", LEN("\x0b:event-type\x00"), "x",
	  0, 0, "x|/", false, 0 },
	{ "header of unknown type",
	  "\x01"
	  "a\x0a",
	  LEN("\x01"
	      "a\x0a"),
	  "x", 0, 0, "", true, 0 },
	{ "header cut by its region",
	  "\x0b:event-type\x07\x00\x7f"
	  "delta",
	  LEN("\x0b:event-type\x07\x00\x7f"
	      "delta"),
	  "x", 0, 0, "", true, 0 },
	{ "prelude checksum", DELTA, LEN(DELTA), "x", 1, 0, "", true, 0 },
	{ "frame checksum", DELTA, LEN(DELTA), "x", 0, 1, "x|delta/", false, 1 },
};

static void
walk(const struct bytes *in, const struct aws_case *t, size_t first, size_t step)
{
	struct bytes trace = { .len = 0 };
	struct aws_eventstream s;

	aws_eventstream_init(&s, on_event, &trace);
	for (size_t at = 0; at < in->len;) {
		size_t n = at == 0 ? first : step;

		if (n > in->len - at)
			n = in->len - at;
		aws_eventstream_push(&s, guard_copy(in->p + at, n), n);
		at += n;
	}
	assert_int_equal(s.broken, t->broken);
	assert_int_equal(s.bad_checksums, t->bad_checksums);
	assert_int_equal(trace.len, strlen(t->want));
	assert_memory_equal(trace.p, t->want, trace.len);
}

static void
test_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(aws_cases) / sizeof(aws_cases[0]); i++) {
		const struct aws_case *t = &aws_cases[i];
		struct bytes in = { .len = 0 };

		print_message("%s\n", t->name);
		put_frame(&in, t->headers, t->headers_len, t->payload, t->prelude_error,
			  t->checksum_error);
		walk(&in, t, in.len, 1);
		walk(&in, t, 1, 1);
		for (size_t cut = 1; cut < in.len; cut++)
			walk(&in, t, cut, in.len);
	}
}

static void
test_two_frames(void **state)
{
	static const struct aws_case want = { .want = "a|delta/b|/" };
	struct bytes in = { .len = 0 };

	(void)state;
	put_frame(&in, DELTA, LEN(DELTA), "a", 0, 0);
	put_frame(&in, "", 0, "b", 0, 0);
	walk(&in, &want, in.len, 1);
	for (size_t cut = 1; cut < in.len; cut++)
		walk(&in, &want, cut, in.len);
}

/* Lengths that lie, under a checksum that is right. */
static void
test_lengths(void **state)
{
	static const struct {
		const char *name;
		uint32_t total, headers;
		bool broken;
	} cases[] = {
		{ "less than the overhead", 15, 0, true },
		{ "headers beyond the frame", 20, 5, true },
		{ "headers fill the frame", 20, 4, false },
		{ "headers wrap around", 16, UINT32_MAX, true },
		{ "frame too large", AWS_FRAME_MAX + 1, 0, true },
		{ "headers too large", AWS_FRAME_MAX, AWS_HEADERS_MAX + 1, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes in = { .len = 0 };
		struct bytes trace = { .len = 0 };
		struct aws_eventstream s;

		print_message("%s\n", cases[i].name);
		put_be32(&in, cases[i].total);
		put_be32(&in, cases[i].headers);
		put_be32(&in, (uint32_t)crc32(0, in.p, 8));
		aws_eventstream_init(&s, on_event, &trace);
		aws_eventstream_push(&s, guard_copy(in.p, in.len), in.len);
		assert_int_equal(s.broken, cases[i].broken);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_two_frames),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
