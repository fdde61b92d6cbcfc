/*
 * multipart: bodies, every row whole, byte by byte, and split in two everywhere; parts are written
 * out as [name: value|name: value|content].
 */
#include "tests/support/unit.h"

#include "classify/proto/base64_text.h"
#include "classify/proto/multipart.h"
#include "tests/support/guard.h"

struct seen {
	size_t len;
	char text[4096];
};

static void
add(struct seen *s, const void *data, size_t len)
{
	assert_true(len < sizeof(s->text) - s->len);
	memcpy(s->text + s->len, data, len);
	s->len += len;
}

static void
on_part(void *arg)
{
	add(arg, "[", 1);
}

static void
on_header(void *arg, struct span name, struct span value)
{
	add(arg, name.p, name.len);
	add(arg, ": ", 2);
	add(arg, value.p, value.len);
	add(arg, "|", 1);
}

static void
on_headers_end(void *arg)
{
	add(arg, "=", 1);
}

static void
on_content(void *arg, const uint8_t *data, size_t len)
{
	assert_true(len > 0);
	add(arg, data, len);
}

static void
on_part_end(void *arg)
{
	add(arg, "]", 1);
}

static void
on_outside(void *arg, const uint8_t *data, size_t len)
{
	(void)arg, (void)data;
	assert_true(len > 0);
}

static const struct multipart_handler on = { on_part,	 on_header,   on_headers_end,
					     on_content, on_part_end, on_outside };

/* The boundary is B. */
static const struct row {
	const char *name, *in, *want;
} rows[] = {
	{ "a field", "--B\r\nA: b\r\n\r\nhello\r\n--B--\r\n", "[A: b|=hello]" },
	{ "two, preamble, epilogue", "x\r\n--B\r\n\r\none\r\n--B\r\n\r\ntwo\r\n--B--\r\n--B\r\nno",
	  "[=one][=two]" },
	{ "bare line feeds", "--B\nA: b\n\nhel\nlo\n--B--", "[A: b|=hel\nlo]" },
	{ "an empty part", "--B\r\n\r\n\r\n--B--", "[=]" },
	{ "no blank line before the boundary", "--B\r\nA: b\r\n\r\n--B--", "[A: b|=]" },
	{ "blanks behind the boundary", "--B  \r\n\r\nx\r\n--B--", "[=x]" },
	{ "folded header", "--B\r\nA: b\r\n c\r\nD: e\r\n\r\nx\r\n--B--", "[A: b c|D: e|=x]" },
	{ "almost a boundary", "--B\r\n\r\na\r\n--Cb\r\r\n-\r\n--B--", "[=a\r\n--Cb\r\r\n-]" },
	{ "a boundary that only begins alike", "--B\r\n\r\na\r\n-\r\n--\r\n\n\n--B--",
	  "[=a\r\n-\r\n--\r\n\n]" },
	{ "cut in the content", "--B\r\n\r\nhello\r\n--", "[=hello\r\n--]" },
	{ "cut in a header", "--B\r\nA: b", "[A: b|]" },
	{ "base64", "--B\r\nContent-Transfer-Encoding: BASE64\r\n\r\naGVs\r\nbG8=\r\n--B--",
	  "[Content-Transfer-Encoding: BASE64|=hello]" },
	{ "base64 without padding",
	  "--B\r\nContent-Transfer-Encoding:base64\r\n\r\naGVsbG8\r\n--B--",
	  "[Content-Transfer-Encoding: base64|=hello]" },
	{ "quoted-printable",
	  "--B\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=3Db=\r\nc =E2=82=\n=AC "
	  "=zz\r\n--B--",
	  "[Content-Transfer-Encoding: quoted-printable|=a=bc \xe2\x82\xac =zz]" },
	{ "no boundary at all", "hello\r\nworld\r\n", "" },
};

static void
run(const uint8_t *in, size_t len, size_t step, size_t split, struct seen *s)
{
	struct multipart m = { 0 };

	s->len = 0;
	multipart_init(&m, span_of("B", 1));
	for (size_t at = 0; at < len;) {
		size_t n = len - at < step ? len - at : step;

		if (at < split && split - at < n)
			n = split - at;
		multipart_push(&m, in + at, n, &on, s);
		at += n;
	}
	multipart_end(&m, &on, s);
	s->text[s->len] = '\0';
}

static void
test_rows(void **state)
{
	static struct seen s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = strlen(rows[i].in);
		const uint8_t *in = guard_copy(rows[i].in, len);

		print_message("%s\n", rows[i].name);
		run(in, len, 1, SIZE_MAX, &s);
		assert_string_equal(s.text, rows[i].want);
		for (size_t split = 0; split < len; split++) {
			run(in, len, SIZE_MAX, split, &s);
			assert_string_equal(s.text, rows[i].want);
		}
	}
}

static void
test_boundaries(void **state)
{
	static const struct {
		const char *name, *type, *want;
	} types[] = {
		{ "plain", "multipart/form-data; boundary=abc", "abc" },
		{ "quoted", "Multipart/Mixed; charset=x; Boundary=\"a;b\"; z=1", "a;b" },
		{ "blanks", "multipart/form-data;boundary=abc ; x=y", "abc" },
		{ "inside a quoted one", "multipart/form-data; a=\"; boundary=no\"; boundary=yes",
		  "yes" },
		{ "none", "multipart/form-data", "" },
		{ "another type", "text/plain; boundary=abc", "" },
		{ "too long",
		  "multipart/x; "
		  "boundary=0123456789012345678901234567890123456789012345678901234567890"
		  "1234567890",
		  "" },
		{ "a name that ends alike", "multipart/x; xboundary=abc", "" },
		{ "empty", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		size_t len = strlen(types[i].type);
		struct span b = multipart_boundary(span_of(guard_copy(types[i].type, len), len));

		print_message("%s\n", types[i].name);
		assert_int_equal(b.len, strlen(types[i].want));
		assert_memory_equal(b.p, types[i].want, b.len);
	}
}

/* A hole in the content: the part goes on, and the next is found. */
static void
test_gap(void **state)
{
	static const char before[] = "--B\r\n\r\nhel\r\n-";
	static const char behind[] = "-B\r\n--B\r\nA: b\r\n\r\nx\r\n--B--";
	static struct seen s;
	struct multipart m = { 0 };

	(void)state;
	multipart_init(&m, span_of("B", 1));
	multipart_push(&m, (const uint8_t *)before, sizeof(before) - 1, &on, &s);
	multipart_gap(&m, &on, &s);
	multipart_push(&m, (const uint8_t *)behind, sizeof(behind) - 1, &on, &s);
	multipart_end(&m, &on, &s);
	s.text[s.len] = '\0';
	assert_string_equal(s.text, "[=hel\r\n--B][A: b|=x]");
}

/* ------------------------------------------------------------------ base64 inside of bodies */

static void
text_end(void *arg)
{
	add(arg, "/", 1);
}

static const struct base64_text_handler texts = { on_content, text_end };

#define CARD64 "bXkgY2FyZCBpcyA1NDI1IDIzMzQgMzAxMCA5OTAz" /* my card is 5425 2334 3010 9903 */
#define CARD   "my card is 5425 2334 3010 9903"

static const struct row blobs[] = {
	{ "by itself", CARD64, CARD "/" },
	{ "padded", CARD64 "IQ==", CARD "!/" },
	{ "in JSON", "{\"a\":\"" CARD64 "\",\"b\":\"" CARD64 "\"}", CARD "/" CARD "/" },
	{ "behind an escaped line end: one digit off", "{\"a\":\"x\\n" CARD64 "\"}", CARD "/" },
	{ "two off", "{\"a\":\"x\\nab" CARD64 "\"}", CARD "/" },
	{ "over lines", "bXkgY2FyZCBpcyA1NDI1IDIzMzQgMzAx\r\nMCA5OTAz\r\n;", CARD "/" },
	{ "over lines that are escaped", "\"bXkgY2FyZCBpcyA1NDI1IDIzMzQgMzAx\\r\\nMCA5OTAz\\n\"",
	  CARD "/" },
	{ "escaped twice, in JSON inside of JSON",
	  "\"bXkgY2FyZCBpcyA1NDI1IDIzMzQgMzAx\\\\nMCA5OTAz\\\\n\"", CARD "/" },
	{ "over lines of a form", "=bXkgY2FyZCBpcyA1NDI1IDIzMzQgMzAx%0D%0aMCA5OTAz&", CARD "/" },
	{ "over lines with blanks before them",
	  "bXkgY2FyZCBpcyA1NDI1IDIzMzQgMzAx\n  \tMCA5OTAz\n  </a>", CARD "/" },
	{ "digits that are escaped", CARD64 "Pz8\\/Pj4\\u002B%2bz8%2Fz", CARD "?\?\?>>>\xfb?\?/" },
	{ "an escape that ends it", CARD64 "\\u00e4 " CARD64 "\\\\\\\\\\n" CARD64 "%00",
	  CARD "/" CARD "/" CARD "/" },
	{ "an escape that does not end", CARD64 "\\u00", CARD "/" },
	{ "too short", "bXkgY2FyZCBpcyA1NDI1IDI", "" },
	{ "a hash", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "" },
	{ "an identifier", "some_very_long_identifier_that_is_no_base64_text_at_all", "" },
	{ "words", "the quick brown fox jumps over the lazy dog and goes on its way for a while",
	  "" },
	{ "a picture", "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk", "" },
	{ "behind a hash",
	  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 " CARD64, CARD "/" },
	{ "a short run, then a long one", "aGVsbG8gaGVsbG8gaGVsbG8gaGVsbG " CARD64, CARD "/" },
	{ "words between",
	  "averyveryverylongwordof31bytes. averyveryverylongwordof31bytes. " CARD64 " and",
	  CARD "/" },
};

static void
run_texts(const uint8_t *in, size_t len, size_t step, size_t split, struct seen *s)
{
	struct base64_text t = { 0 };

	s->len = 0;
	for (size_t at = 0; at < len;) {
		size_t n = len - at < step ? len - at : step;

		if (at < split && split - at < n)
			n = split - at;
		base64_text_push(&t, in + at, n, &texts, s);
		at += n;
	}
	base64_text_end(&t, &texts, s);
	s->text[s->len] = '\0';
}

static void
test_base64_text(void **state)
{
	static struct seen s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(blobs); i++) {
		size_t len = strlen(blobs[i].in);
		const uint8_t *in = guard_copy(blobs[i].in, len);

		print_message("%s\n", blobs[i].name);
		run_texts(in, len, 1, SIZE_MAX, &s);
		assert_string_equal(s.text, blobs[i].want);
		for (size_t split = 0; split < len; split++) {
			run_texts(in, len, SIZE_MAX, split, &s);
			assert_string_equal(s.text, blobs[i].want);
		}
	}
}

/* A byte of each value in each place of a run: as if it came byte by byte, which looks at each. */
static void
test_base64_each_byte(void **state)
{
	static struct seen whole, apart;
	char in[] = "and so on: " CARD64 " and so on, for a while";

	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		for (size_t at = 11; at < 11 + strlen(CARD64); at++) {
			char kept = in[at];

			in[at] = (char)c;
			run_texts((const uint8_t *)in, sizeof(in) - 1, 1, SIZE_MAX, &apart);
			run_texts((const uint8_t *)in, sizeof(in) - 1, SIZE_MAX, SIZE_MAX, &whole);
			assert_string_equal(whole.text, apart.text);
			in[at] = kept;
		}
	}
}

/* Wherever it stands in text of any length, it is found. */
static void
test_base64_places(void **state)
{
	static struct seen s;
	char in[400];

	(void)state;
	for (size_t before = 0; before < 100; before++) {
		memset(in, ' ', sizeof(in));
		for (size_t i = 0; i < before; i += 1 + i % 7)
			in[i] = 'w';
		if (before > 0)
			in[before - 1] = '"';
		memcpy(in + before, CARD64, sizeof(CARD64) - 1);
		run_texts((const uint8_t *)in, sizeof(in), SIZE_MAX, before + 5, &s);
		assert_string_equal(s.text, CARD "/");
		run_texts((const uint8_t *)in, sizeof(in), 13, SIZE_MAX, &s);
		assert_string_equal(s.text, CARD "/");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_boundaries),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_base64_text),
		cmocka_unit_test(test_base64_each_byte),
		cmocka_unit_test(test_base64_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
