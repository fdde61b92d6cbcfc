/*
 * length_marks: bytes, whole, one by one, and split in two everywhere; '_' stands for a zero going
 * in, and for a mark coming out '|'.
 */
#include "tests/support/unit.h"

#include "classify/proto/length_marks.h"
#include "tests/support/guard.h"

static const struct row {
	const char *name, *in, *want;
} rows[] = {
	{ "text", "hello there", "hello there" },
	{ "a value of 65 behind its length", "___Aghp", "___|ghp" },
	{ "two of them", "x___Aab___Bcd", "x___|ab___|cd" },
	{ "of 256 and more", "__\1Aab", "__\1|ab" },
	{ "of just 256", "__\1_ab", "__\1|ab" },
	{ "an empty one before it", "_______Aab", "_______|ab" },
	{ "a number before it", "___\4___B___Aab", "___|___|___|ab" },
	{ "text behind a zero or two", "_ab__cd", "_ab__cd" },
	{ "at the end", "ab___", "ab___" },
};

static void
run(const uint8_t *in, size_t len, size_t step, size_t split, char *out)
{
	struct length_marks m = { 0 };

	for (size_t at = 0; at < len;) {
		size_t piece = len - at < step ? len - at : step, n;

		if (at < split && split - at < piece)
			piece = split - at;
		n = length_marks_push(&m, in + at, piece);
		memcpy(out + at, in + at, n);
		at += n;
		if (n < piece)
			out[at++] = '|';
	}
	for (size_t i = 0; i < len; i++)
		out[i] = out[i] == 0 ? '_' : out[i];
	out[len] = '\0';
}

static void
test_rows(void **state)
{
	char out[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = strlen(rows[i].in);
		uint8_t bytes[64];
		const uint8_t *in;

		print_message("%s\n", rows[i].name);
		for (size_t k = 0; k < len; k++)
			bytes[k] = rows[i].in[k] == '_' ? 0 : (uint8_t)rows[i].in[k];
		in = guard_copy(bytes, len);
		run(in, len, 1, SIZE_MAX, out);
		assert_string_equal(out, rows[i].want);
		for (size_t split = 0; split < len; split++) {
			run(in, len, SIZE_MAX, split, out);
			assert_string_equal(out, rows[i].want);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
