/* key_pattern: which parts of a key are told. */
#include "tests/support/unit.h"

#include "classify/key_pattern.h"
#include "tests/support/guard.h"

#define LETTERS_32 "abcdefghijklmnopqrstuvwxyzabcdef"

static const struct pattern_case {
	const char *name, *key, *want;
} cases[] = {
	{ "nothing", "", "" },
	{ "words", "user:cart", "user:cart" },
	{ "a number", "user:7:cart", "user:{}:cart" },
	{ "other separators", "a/1|b{2}c", "a/{}|b{{}}c" },
	{ "a word with a digit", "sess-9f:x", "{}:x" },
	{ "a mail address", "mail/ada@weir.example", "mail/{}" },
	{ "no letters", "caf\xc3\xa9:\x01:x y", "{}:{}:{}" },
	{ "a separator at the end", "user:", "user:" },
	{ "separators only", "::", "::" },
	{ "the longest word", LETTERS_32, LETTERS_32 },
	{ "longer than a word", LETTERS_32 "g", "{}" },
	{ "as much as fits", LETTERS_32 ":" LETTERS_32, LETTERS_32 ":{}" },
	{ "no room for more", LETTERS_32 ":abcdefghijklmnopqrstuvwxyzabc:more",
	  LETTERS_32 ":abcdefghijklmnopqrstuvwxyzabc:" },
};

static void
test_patterns(void **state)
{
	static const uint8_t room[KEY_PATTERN_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct pattern_case *t = &cases[i];
		size_t len = strlen(t->key);
		uint8_t *out = guard_copy(room, sizeof(room));
		struct span got;

		print_message("%s\n", t->name);
		got = key_pattern(span_of(guard_copy(t->key, len), len), out);
		assert_int_equal(got.len, strlen(t->want));
		assert_memory_equal(got.p, t->want, got.len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
