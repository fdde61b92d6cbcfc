/* The digit finder: its groups and chains, the same for every split. */
#include "tests/support/unit.h"

#include "classify/detect/digits.h"
#include "tests/support/guard.h"

enum { OUT_CAP = 16384 };

static enum simd simd;	   /* the path that is tested */
static unsigned min_alone; /* of run_plain */

static const struct digits_case {
	const char *name;
	const char *in;
	const char *want; /* start+len of each group of a call, calls apart by ';' */
} cases[] = {
	{ "nothing", "no digits here", "" },
	{ "too few", "12 34", "" },
	{ "plain run", "x12345678 ", "1+8;" },
	{ "run at the end", "x12345678", "1+8;" },
	{ "grouped", "1234 5678,", "0+4 5+4;" },
	{ "other separator starts a new chain", "1234,12345678 ", "5+8;" },
	{ "two blanks start a new chain", "1234  56789012 ", "6+8;" },
	{ "hyphens", "123-45-6789 ", "0+3 4+2;0+3 4+2 7+4;" },
	{ "led by a capital", "DE89x", "2+2;" },
	{ "led by the first letter of a cell", "a,C01X00T47", "3+2;" },
	{ "not by one in a word", "-C01X00T47", "" },
	{ "led over a block's end",
	  "............................................................. C01", "63+2;" },
	{ "ring of eight groups", "1 2 3 4 5 6 7 8 9 ",
	  "0+1 2+1 4+1 6+1 8+1;0+1 2+1 4+1 6+1 8+1 10+1;0+1 2+1 4+1 6+1 8+1 10+1 12+1;"
	  "0+1 2+1 4+1 6+1 8+1 10+1 12+1 14+1;2+1 4+1 6+1 8+1 10+1 12+1 14+1 16+1;" },
	{ "across a block of 64",
	  "..............................................................12345678", "62+8;" },
	{ "a block of nothing else",
	  "0123456789012345678901234567890123456789012345678901234567890123456789", "0+70;" },
};

struct out {
	size_t len;
	char text[OUT_CAP];
};

static void
told(void *arg, const struct digit_group *g, unsigned nr)
{
	struct out *o = arg;

	for (unsigned i = 0; i < nr; i++)
		o->len += (size_t)snprintf(o->text + o->len, OUT_CAP - o->len, "%s%llu+%llu",
					   i == 0 ? "" : " ", (unsigned long long)g[i].start,
					   (unsigned long long)g[i].len);
	o->len += (size_t)snprintf(o->text + o->len, OUT_CAP - o->len, ";");
}

static void
run(const char *in, size_t len, size_t first, size_t step, struct out *o)
{
	struct digits_spec spec = { .min_digits = 5,
				    .min_alone = 5,
				    .led_by_letters = true,
				    .led_by_small = true,
				    .led_at_edge = true,
				    .simd = simd };
	struct digits d;

	digits_join(&spec, ' ');
	digits_join(&spec, '-');
	o->len = 0;
	o->text[0] = '\0';
	digits_init(&d, 0);
	for (size_t at = 0; at < len;) {
		size_t n = at == 0 && first != 0 ? first : step;

		n = n < len - at ? n : len - at;
		digits_push(&d, &spec, guard_copy(in + at, n), n, told, o);
		at += n;
	}
	digits_end(&d, &spec, told, o);
}

/* Without guards: for texts by the thousand. */
static void
run_plain(const char *in, size_t len, size_t step, struct out *o)
{
	struct digits_spec spec = { .min_digits = 6,
				    .min_alone = min_alone,
				    .led_by_letters = true,
				    .led_by_small = true,
				    .led_at_edge = true,
				    .simd = simd };
	struct digits d;

	digits_join(&spec, ' ');
	digits_join(&spec, '-');
	o->len = 0;
	o->text[0] = '\0';
	digits_init(&d, 0);
	for (size_t at = 0; at < len; at += step)
		digits_push(&d, &spec, (const uint8_t *)in + at, step < len - at ? step : len - at,
			    told, o);
	digits_end(&d, &spec, told, o);
}

static void
test_digits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct digits_case *t = &cases[i];
		size_t len = strlen(t->in);
		struct out o;

		print_message("%s\n", t->name);
		run(t->in, len, 0, len, &o);
		assert_string_equal(o.text, t->want);

		struct out whole = o;

		run(t->in, len, 0, 1, &o);
		assert_string_equal(o.text, whole.text);
		for (size_t cut = 1; cut < len; cut++) {
			run(t->in, len, cut, len, &o);
			assert_string_equal(o.text, whole.text);
		}
	}
}

/* One group by itself may have to be longer than several that are joined. */
static void
test_alone(void **state)
{
	static const char text[] = "12345678, 1234-5, 123456789, 1234-56, 1234567890.";
	static struct out o;

	(void)state;
	min_alone = 10;
	for (size_t step = 1; step <= sizeof(text); step++) {
		run_plain(text, sizeof(text) - 1, step, &o);
		assert_string_equal(o.text, "29+4 34+2;38+10;");
	}
}

/* Sparse digits, capitals and separators: what is passed over by blocks is what says nothing. */
static void
test_random_texts(void **state)
{
	static const char letters[] = "....abAB--  ..0123456789....";
	static struct out whole, bytewise;
	uint64_t seed = 3;
	unsigned nr_told = 0;

	(void)state;
	for (unsigned k = 0; k < 3000; k++) {
		unsigned digits = 1 + (unsigned)(test_random(&seed) % 27);
		char text[300];
		size_t len = test_random(&seed) % sizeof(text);

		for (size_t i = 0; i < len; i++)
			text[i] =
			    letters[test_random(&seed) % (test_random(&seed) % 4 ? digits : 28)];
		min_alone = k % 2 ? 6 : 10;
		run_plain(text, len, len + 1, &whole);
		run_plain(text, len, 1, &bytewise);
		if (strcmp(whole.text, bytewise.text) != 0)
			print_message("\"%.*s\"\n", (int)len, text);
		assert_string_equal(whole.text, bytewise.text);
		nr_told += whole.len != 0;
	}
	assert_true(nr_told > 300 && nr_told < 2900);
}

#define TWENTY "12345678901234567890"

/* One chain in a long text is told wherever the blocks end. */
static void
test_every_place(void **state)
{
	static const struct {
		const char *chain;
		unsigned min_digits;
	} chains[] = {
		{ "1-2-3-4-5-6", 6 },
		{ "12 34 56", 6 },
		{ "AB12", 6 },
		{ TWENTY "-" TWENTY "-" TWENTY "-" TWENTY "-" TWENTY "-" TWENTY "-" TWENTY
			 "-" TWENTY,
		  160 },
	};
	static char text[512];
	static struct out o;

	(void)state;
	for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
		struct digits_spec spec = { .led_by_letters = true, .simd = simd };
		size_t len = strlen(chains[i].chain);

		spec.min_digits = spec.min_alone = chains[i].min_digits;
		digits_join(&spec, ' ');
		digits_join(&spec, '-');
		for (size_t at = 1; at + len < sizeof(text); at++) {
			size_t step = at % 2 ? sizeof(text) : sizeof(text) / 4;
			struct digits d;

			memset(text, '.', sizeof(text));
			memcpy(text + at, chains[i].chain, len);
			o.len = 0;
			digits_init(&d, 0);
			for (size_t from = 0; from < sizeof(text); from += step)
				digits_push(&d, &spec, (const uint8_t *)text + from, step, told,
					    &o);
			assert_true(o.len != 0);
		}
	}
}

static int
use(enum simd wanted, const char *name)
{
	simd = wanted <= simd_best() ? wanted : SIMD_PLAIN;
	if (simd != wanted)
		print_message("this processor has no %s: the plain path again\n", name);
	return 0;
}

static int
use_plain(void **state)
{
	(void)state;
	return use(SIMD_PLAIN, "plain path");
}

static int
use_avx2(void **state)
{
	(void)state;
	return use(SIMD_AVX2, "AVX2");
}

static int
use_avx512(void **state)
{
	(void)state;
	return use(SIMD_AVX512, "AVX-512");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_digits, use_plain),
		cmocka_unit_test_setup(test_digits, use_avx2),
		cmocka_unit_test_setup(test_digits, use_avx512),
		cmocka_unit_test_setup(test_alone, use_plain),
		cmocka_unit_test_setup(test_alone, use_avx2),
		cmocka_unit_test_setup(test_alone, use_avx512),
		cmocka_unit_test_setup(test_random_texts, use_plain),
		cmocka_unit_test_setup(test_every_place, use_plain),
		cmocka_unit_test_setup(test_random_texts, use_avx2),
		cmocka_unit_test_setup(test_every_place, use_avx2),
		cmocka_unit_test_setup(test_random_texts, use_avx512),
		cmocka_unit_test_setup(test_every_place, use_avx512),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
