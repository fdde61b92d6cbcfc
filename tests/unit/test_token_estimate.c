/* Tokens by the shape of text: the rules one by one, for any split. */
#include "tests/support/unit.h"

#include "classify/ai/token_estimate.h"

static const struct estimate_case {
	const char *name;
	const char *text;
	uint64_t want;
} estimate_cases[] = {
	{ "nothing", "", 0 },
	{ "a word", "word", 1 },
	{ "words and the blanks between", "some short words", 3 },
	{ "a long word", "internationalisation", 2 },
	{ "a capital begins a word", "Word Word", 2 },
	{ "camel case", "camelCaseName", 3 },
	{ "capitals by threes", "ABCDEF", 2 },
	{ "the last of several capitals begins a word", "HTTPServer", 3 },
	{ "digits by threes", "1234567", 3 },
	{ "punctuation by twos", "a == b;", 4 },
	{ "many blanks are one", "a     b", 3 },
	{ "line ends", "a\r\n\r\nb", 3 },
	{ "an accent", "caf\xc3\xa9", 1 },
	{ "a word of two-byte letters", "\xd1\x81\xd0\xbb\xd0\xbe\xd0\xb2\xd0\xb0\xd1\x80\xd1\x8c",
	  2 },
	{ "ideographs, three for four", "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xb8\x96\xe7\x95\x8c", 3 },
	{ "an emoji", "\xf0\x9f\x98\x80", 2 },
	{ "bytes that are inside of no character", "\x80\x80", 0 },
};

static uint64_t
count(const char *text, size_t len, size_t first, size_t step)
{
	struct token_estimate e = { 0 };
	size_t at = 0;

	while (at < len) {
		size_t n = at == 0 ? first : step;

		if (n > len - at)
			n = len - at;
		token_estimate_push(&e, (const uint8_t *)text + at, n);
		at += n;
	}
	return token_estimate_count(&e);
}

static void
test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(estimate_cases) / sizeof(estimate_cases[0]); i++) {
		const struct estimate_case *t = &estimate_cases[i];
		size_t len = strlen(t->text);

		print_message("%s\n", t->name);
		assert_int_equal(count(t->text, len, len, len), t->want);
		assert_int_equal(count(t->text, len, 1, 1), t->want);
		for (size_t first = 1; first < len; first++)
			assert_int_equal(count(t->text, len, first, len), t->want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rules) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
