/*
 * protobuf: messages, every row whole, byte by byte, and split in two everywhere; their texts are
 * written out with a / behind each.
 */
#include "tests/support/unit.h"

#include "classify/proto/base64.h"
#include "classify/proto/protobuf.h"
#include "tests/support/guard.h"

struct seen {
	size_t len;
	char text[8192];
};

static void
on_text(void *arg, const uint8_t *data, size_t len)
{
	struct seen *s = arg;

	assert_true(len > 0 && len < sizeof(s->text) - s->len);
	memcpy(s->text + s->len, data, len);
	s->len += len;
}

static void
on_end(void *arg)
{
	on_text(arg, (const uint8_t *)"/", 1);
}

static const struct protobuf_handler on = { on_text, on_end };

#define ROW(bytes) bytes, sizeof(bytes) - 1

static const struct row {
	const char *name;
	const char *in;
	size_t len;
	const char *want;
} rows[] = {
	{ "nothing", ROW(""), "" },
	{ "a string", ROW("\x0a\5hello"), "hello/" },
	{ "two strings and a number", ROW("\x0a\5hello\x10\x96\1\x1a\2yo"), "hello/yo/" },
	{ "fixed numbers",
	  ROW("\x09"
	      "12345678\x15"
	      "1234\x1a\2yo"),
	  "yo/" },
	{ "an empty string", ROW("\x0a\0\x12\1a"), "a/" },
	{ "a message in a message", ROW("\x0a\x07\x0a\5hello\x12\1a"), "hello/a/" },
	{ "a message of a number", ROW("\x0a\2\x08\1\x12\1a"), "a/" },
	{ "three deep", ROW("\x0a\x0b\x0a\x09\x12\x07\x0a\5hello"), "hello/" },
	{ "text that looks like a number field", ROW("\x0a\2hi\x12\5email"), "hi/email/" },
	{ "a string of 49 in a message: its length is a digit",
	  ROW("\x0a\x33\x0a\x31"
	      "5425233430109903 is a card, and so on to forty-9."),
	  "5425233430109903 is a card, and so on to forty-9./" },
	{ "beyond ASCII", ROW("\x0a\4\xc3\xa4\xe2\x82"), "\xc3\xa4\xe2\x82/" },
	{ "UTF-8", ROW("\x0a\5\xc3\xa4\xe2\x82\xac"), "\xc3\xa4\xe2\x82\xac/" },
	{ "bytes", ROW("\x0a\4\xff\xfe\xfd\xfc"), "\xff\xfe\xfd\xfc/" },
	{ "group", ROW("\x0b\x12\5hello\x0c\x1a\1a"), "hello/a/" },
	{ "json, which is no message", ROW("{\"a\":1}"), "{\"a\":1}/" },
	{ "a length beyond the end", ROW("\x0a\x09hello"), "\x0a\x09hello/" },
	{ "a cut varint", ROW("\x08\x96"), "\x08\x96/" },
	{ "field 0", ROW("\x02\1a"), "\x02\1a/" },
	{ "wire type 7", ROW("\x0f\1a"), "\x0f\1a/" },
	{ "an endless varint", ROW("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"),
	  "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1/" },
};

static void
run(const uint8_t *data, size_t len, size_t step, size_t split, struct seen *s)
{
	struct protobuf p = { 0 };

	s->len = 0;
	for (size_t at = 0; at < len;) {
		size_t n = len - at < step ? len - at : step;

		if (at < split && split - at < n)
			n = split - at;
		protobuf_push(&p, data + at, n, &on, s);
		at += n;
	}
	protobuf_end(&p, &on, s);
	s->text[s->len] = '\0';
}

static void
same(const uint8_t *data, size_t len, struct seen *whole)
{
	static struct seen s;

	run(data, len, SIZE_MAX, SIZE_MAX, whole);
	for (size_t split = 1; split < len; split++) {
		run(data, len, SIZE_MAX, split, &s);
		assert_int_equal(s.len, whole->len);
		assert_memory_equal(s.text, whole->text, s.len);
	}
	run(data, len, 1, SIZE_MAX, &s);
	assert_int_equal(s.len, whole->len);
	assert_memory_equal(s.text, whole->text, s.len);
}

static void
test_rows(void **state)
{
	static struct seen s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("%s\n", rows[i].name);
		same(guard_copy(rows[i].in, rows[i].len), rows[i].len, &s);
		assert_string_equal(s.text, rows[i].want);
	}
}

/* Longer than the window: what the first 64 bytes say holds for the rest, until it cannot be. */
static void
test_long(void **state)
{
	static struct seen s;
	uint8_t in[600], *p = in;

	(void)state;
	/* 1: { 1: 300 x 'a'  2: "b" }  3: "c" */
	memcpy(p, "\x0a\xb2\2\x0a\xac\2", 6);
	memset(p + 6, 'a', 300);
	memcpy(p + 306, "\x12\1b\x1a\1c", 6);
	same(guard_copy(in, 312), 312, &s);
	assert_int_equal(s.len, 305);
	assert_string_equal(s.text + 300, "/b/c/");
	/* The inner message ends in the middle of a field: its rest is told as it is. */
	p[1] = 0xb0;
	same(guard_copy(in, 312), 312, &s);
	assert_string_equal(s.text + 300, "/b\x1a\1c/");
}

/* A message in a message, and so on, deeper than is followed: the rest is bytes. */
static void
test_deep(void **state)
{
	static struct seen s;
	uint8_t in[80];
	size_t n = 0;

	(void)state;
	for (size_t left = 40; left > 2; left -= 2) {
		in[n++] = 0x0a;
		in[n++] = (uint8_t)(left - 2);
	}
	in[n++] = 0x08;
	in[n++] = 0x01;
	same(guard_copy(in, n), n, &s);
	assert_true(s.len > 0 && s.text[s.len - 1] == '/');
}

static void
test_gap(void **state)
{
	static struct seen s;
	struct protobuf p = { 0 };

	(void)state;
	s.len = 0;
	protobuf_push(&p, (const uint8_t *)"\x0a\x05he", 4, &on, &s);
	protobuf_gap(&p, &on, &s);
	protobuf_push(&p, (const uint8_t *)"o\x12\1a", 4, &on, &s);
	protobuf_end(&p, &on, &s);
	s.text[s.len] = '\0';
	assert_string_equal(s.text, "\x0a\x05he/o\x12\1a/");
	protobuf_push(&p, (const uint8_t *)"\x0a\1b", 3, &on, &s);
	protobuf_end(&p, &on, &s);
	s.text[s.len] = '\0';
	assert_string_equal(s.text, "\x0a\x05he/o\x12\1a/b/");
}

static void
test_base64(void **state)
{
	static const struct {
		const char *name, *in, *want;
	} texts[] = {
		{ "nothing", "", "" },
		{ "padding", "aGVsbG8=", "hello" },
		{ "two", "aGVsbA==", "hell" },
		{ "no padding", "aGVsbG8", "hello" },
		{ "lines", "aGVs\r\nbG8=\r\n", "hello" },
		{ "joined", "aGk=aGVsbG8=", "hihello" },
		{ "url alphabet", "Pz8_Pj4-", "??\x3f>>>" },
		{ "usual alphabet", "Pz8/Pj4+", "??\x3f>>>" },
		{ "a digit too many", "aGVsb", "hel" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		size_t len = strlen(texts[i].in);
		const uint8_t *in = guard_copy(texts[i].in, len);

		print_message("%s\n", texts[i].name);
		for (size_t split = 0; split <= len; split++) {
			struct base64 b = { 0 };
			uint8_t out[64];
			size_t n = base64_push(&b, in, split, out);

			assert_true(n <= BASE64_ROOM(split));
			n += base64_push(&b, in + split, len - split, out + n);
			n += base64_end(&b, out + n);
			assert_int_equal(n, strlen(texts[i].want));
			assert_memory_equal(out, texts[i].want, n);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),   cmocka_unit_test(test_long),
		cmocka_unit_test(test_deep),   cmocka_unit_test(test_gap),
		cmocka_unit_test(test_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
