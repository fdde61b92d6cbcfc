/* Words of many languages and of programs on one side, random text on the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "classify/detect/wording.h"
#include "tests/support/guard.h"

static const struct wording_case {
	const char *in;
	bool words, number;
} cases[] = {
	{ "hunter", true, false },
	{ "Forgot your password?", true, false },
	{ "Passwort vergessen", true, false },
	{ "Contrase\xc3\xb1\x61", true, false },
	{ "\xd0\x9f\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c", true, false },
	{ "\xe3\x83\x91\xe3\x82\xb9", true, false },
	{ "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2", true, false },
	{ "\xd0\xbd\xd0\xb5", true, false },
	{ "form.password.data", true, false },
	{ "confirmPasswordField", true, false },
	{ "DB_PASSWORD", true, false },
	{ "XMLHttpRequest", true, false },
	{ "mot-de-passe", true, false },
	{ "kQ]vTm", false, false },
	{ "rP=bEbv-HSl?B<RiC", false, false },
	{ "qwrtpsdfgh", false, false },
	{ "1532", true, true },
	{ "99.7%", true, true },
	{ "1024/1024", true, true },
	{ "2024-01-02", true, true },
	{ "9!?#$", true, false },
	{ "", true, false },
};

static void
test_wording(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct wording_case *t = &cases[i];
		size_t len = strlen(t->in);
		struct wording w = wording_of(span_of(guard_copy(t->in, len), len));

		if (wording_is_words(&w) != t->words || wording_is_number(&w) != t->number) {
			print_message("%s\n", t->in);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

static void
test_marks(void **state)
{
	struct wording w = wording_of(span_of("p@ss w\xe2\x82\xac", 9));

	(void)state;
	assert_true(w.mixed && w.foreign && !w.wide && !w.upper);
	assert_int_equal(w.blanks, 1);
	assert_int_equal(w.signs, 1);
	assert_false(wording_of(span_of("@pass!", 6)).mixed);
}

/* Of random text without a digit, the hardest, at most one in twelve reads like words. */
static void
test_random(void **state)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "!#$%&()*+,-./:;<=>?@[]^_{|}~";
	uint32_t seed = 11;
	unsigned words = 0;

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		uint8_t text[16];

		for (size_t i = 0; i < sizeof(text); i++) {
			seed = seed * 1664525u + 1013904223u;
			text[i] = (uint8_t)set[(seed >> 16) % (sizeof(set) - 1)];
		}

		struct wording w = wording_of(span_of(text, sizeof(text)));

		words += wording_is_words(&w);
	}
	print_message("%u of 2000\n", words);
	assert_true(words * 12 < 2000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wording),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
