/* Office blanks, hyphens and digits: what becomes of them, by each path and in any split. */
#include "tests/support/unit.h"

#include <stdlib.h>

#include "classify/detect/value.h"
#include "classify/rules/ascii_fold.h"

enum { TEXT_CAP = 512 };

struct text {
	size_t len;
	uint8_t at[TEXT_CAP];
};

static void
append(void *arg, const uint8_t *data, size_t len)
{
	struct text *t = arg;

	t->len = span_append(t->at, t->len, TEXT_CAP, span_of(data, len));
}

static struct text
fold_in(enum simd simd, const uint8_t *in, size_t len, size_t first, size_t step)
{
	struct text out = { 0 };
	struct ascii_fold f;

	ascii_fold_init(&f, simd);
	for (size_t at = 0; at < len;) {
		size_t n = at == 0 && first != 0 ? first : step;

		n = n < len - at ? n : len - at;
		uint8_t *piece = malloc(n); /* a byte too far is seen by the sanitizer */

		assert_non_null(piece);
		memcpy(piece, in + at, n);
		ascii_fold_push(&f, piece, n, append, &out);
		free(piece);
		at += n;
	}
	ascii_fold_end(&f, append, &out);
	return out;
}

static const struct fold_case {
	const char *name, *in, *want;
} cases[] = {
	{ "empty", "", "" },
	{ "ASCII", "card 4012-8888", "card 4012-8888" },
	{ "no-break space", "1\xc2\xa0\x32", "1 2" },
	{ "narrow, thin, of figures, of Japanese",
	  "a\xe2\x80\xaf\xe2\x80\x89\xe2\x80\x87\xe3\x80\x80z", "a    z" },
	{ "hyphens, minus, wide", "\xe2\x80\x90\xe2\x80\x91\xe2\x80\x92\xe2\x88\x92\xef\xbc\x8d",
	  "-----" },
	{ "dashes between digits", "1\xe2\x80\x93\x32\xe2\x80\x94\x33\xe2\x80\x95\x34", "1-2-3-4" },
	{ "dashes elsewhere", "a\xe2\x80\x93\x31\xe2\x80\x94z\xe2\x80\x93", "a 1 z " },
	{ "a dash at the end", "1\xe2\x80\x93", "1 " },
	{ "digits", "\xef\xbc\x90\xef\xbc\x99\xef\xbc\x9a", "09\xef\xbc\x9a" },
	{ "others of the same beginnings",
	  "\xc2\xa9\xe2\x80\x9c\xe2\x82\xac\xe3\x80\x81\xef\xbc\x8c\xe2\x88\x91",
	  "\xc2\xa9\xe2\x80\x9c\xe2\x82\xac\xe3\x80\x81\xef\xbc\x8c\xe2\x88\x91" },
	{ "cut off", "x\xe2\x80", "x\xe2\x80" },
	{ "no UTF-8", "\xc2\xc2\xa0\xe2\xe2\x80\xaf\xe2\x80\xc2\xa0\xff",
	  "\xc2 \xe2 \xe2\x80 \xff" },
};

static void
test_what_becomes_of_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct fold_case *t = &cases[i];
		size_t len = strlen(t->in);

		print_message("%s\n", t->name);
		for (size_t first = 0; first <= len; first++) {
			struct text out = fold_in(simd_best(), (const uint8_t *)t->in, len, first,
						  first == 0 ? 1 : len);

			assert_int_equal(out.len, strlen(t->want));
			assert_memory_equal(out.at, t->want, out.len);
		}
	}
}

/* Character by character, all of the text in sight. */
static struct text
fold_by_loop(const uint8_t *in, size_t len)
{
	struct text out = { 0 };

	for (size_t at = 0, took; at < len; at += took) {
		uint8_t before = out.len == 0 ? 0 : out.at[out.len - 1];
		uint8_t c = ascii_fold_one(in + at, len - at, before, &took);

		if (took == 0) {
			took = 1;
			c = in[at];
			if (len - at == 3) { /* a dash behind a digit, at the end */
				took = 3;
				c = ' ';
			}
		}
		append(&out, &c, 1);
	}
	return out;
}

static void
test_as_a_loop_does(void **state)
{
	static const char bytes[] = "\xc2\xa0\xe2\x80\xaf\x93\x88\x92\xe3\xef\xbc\x95"
				    "17a ";
	uint64_t random = 5;

	(void)state;
	for (unsigned run = 0; run < 20000; run++) {
		enum simd simd =
		    (enum simd)(run % 3) > simd_best() ? SIMD_PLAIN : (enum simd)(run % 3);
		size_t len = (size_t)(test_random(&random) % 300);
		unsigned dull = 1 + run % 20;
		uint8_t text[300];
		struct text want, out;

		for (size_t i = 0; i < len; i++)
			text[i] = test_random(&random) % dull != 0
				      ? 'x'
				      : (uint8_t)bytes[test_random(&random) % (sizeof(bytes) - 1)];
		want = fold_by_loop(text, len);
		out = fold_in(simd, text, len, (size_t)(test_random(&random) % 80),
			      1 + (size_t)(test_random(&random) % 300));
		assert_int_equal(out.len, want.len);
		assert_memory_equal(out.at, want.at, out.len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_becomes_of_it),
		cmocka_unit_test(test_as_a_loop_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
