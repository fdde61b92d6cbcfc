/* Words of an index in a stream: the same for every split, and never fewer than stand near. */
#include "tests/support/unit.h"

#include "classify/detect/word_marks.h"
#include "classify/detect/words.h"

enum { NR_LISTS = 70, TEXT_MAX = 480, MARKS_CAP = 4096, WITHIN = 8 };

/* List i has one of them; the last lists have several, or none. */
static const char *const listed[] = {
	"phone",
	"card",
	"ssn",
	"social_security",
	"bank_account",
	"sort_code",
	"n",
	"Mobil",
	"e",
	"tel-nr2",
	"nr",
	"\xd7\x9b\xd7\x9c",
	"caf\xc3\xa9",
	"aLongWordOfFortySevenBytesThatIsTheLongestThere",
};

static struct word words[NR_LISTS][WORDS_MAX];
static struct word_list lists[NR_LISTS];
static struct word_index word_index;

static int
make_index(void **state)
{
	const struct word_list *all[NR_LISTS];

	(void)state;
	for (unsigned i = 0; i < NR_LISTS; i++) {
		lists[i].words = words[i];
		all[i] = &lists[i];
		if (i % 5 != 4)
			word_list_add(&lists[i], span_of(listed[i % ARRAY_LEN(listed)],
							 strlen(listed[i % ARRAY_LEN(listed)])));
		if (i > 60)
			word_list_add(&lists[i], span_of("phone", 5));
		word_list_sort(&lists[i]);
	}
	all[69] = NULL;
	word_index.reach = 0;
	if (!word_index_init(&word_index, all, NR_LISTS))
		return -1;
	word_index.reach = WITHIN + 64;
	return 0;
}

static int
free_index(void **state)
{
	(void)state;
	word_index_fini(&word_index);
	return 0;
}

static void
test_index(void **state)
{
	static const struct {
		const char *word;
		bool known;
	} cases[] = {
		{ "phone", true },
		{ "PHONE", true },
		{ "Phone", true },
		{ "phon", false },
		{ "phones", false },
		{ "sort_code", true },
		{ "security", true }, /* the lead of a phrase */
		{ "social", false },
		{ "bank", true }, /* rather than what is longer, and everywhere */
		{ "account", false },
		{ "sortCode", true },
		{ "mobil", true },
		{ "\xd7\x9b\xd7\x9c", true },
		{ "aLongWordOfFortySevenBytesThatIsTheLongestThere", true },
		{ "aLongWordOfFortySevenBytesThatIsTheLongestTherex", false },
	};
	static struct word_list too_many[160];
	static const struct word_list *many[160];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *w = cases[i].word;
		int found = word_index_find(&word_index, (const uint8_t *)w, strlen(w));

		if ((found >= 0) != cases[i].known)
			fail_msg("%s: %d", w, found);
		for (unsigned k = 0; found >= 0 && k < NR_LISTS; k++) {
			bool in =
			    k != 69 && word_list_has(&lists[k], (const uint8_t *)w, strlen(w));

			if (in &&
			    (word_index_lists(&word_index, (unsigned)found, k / 64) >> k % 64 &
			     1) == 0)
				fail_msg("%s: list %u", w, k);
		}
	}

	/* The quicker hash is the same one, whatever stands behind the word. */
	for (size_t len = 1; len < WORD_MAX; len++) {
		uint8_t text[2 * WORD_MAX], after[2 * WORD_MAX];

		for (size_t i = 0; i < sizeof(text); i++) {
			text[i] = (uint8_t)(i * 37 + len);
			after[i] = i < len ? text[i] : (uint8_t)~text[i];
		}
		assert_int_equal(word_hash_with_room(text, len), word_hash(text, len));
		assert_int_equal(word_hash_with_room(after, len), word_hash(text, len));
	}

	struct word_index none;

	for (unsigned i = 0; i < 160; i++) {
		too_many[i].nr = WORDS_MAX;
		many[i] = &too_many[i];
	}
	assert_false(word_index_init(&none, many, 160));
	assert_true(word_index_init(&none, NULL, 0));
	assert_int_equal(word_index_find(&none, (const uint8_t *)"phone", 5), -1);
	word_index_fini(&none);
}

/* ------------------------------------------------------------------ marks and places */

struct result {
	size_t nr;
	struct word_mark marks[MARKS_CAP];
	uint64_t places[TEXT_MAX + 1]; /* before each byte, and of all */
};

static struct word_marks marks;

static void
take_new(struct result *r, unsigned from)
{
	for (unsigned i = from; i < marks.nr && r->nr < MARKS_CAP; i++)
		r->marks[r->nr++] = marks.marks[i];
}

static void
read_text(const uint8_t *text, size_t len, size_t step, struct result *r)
{
	static uint8_t piece[TEXT_MAX]; /* what is read past its end, the sanitizer sees */
	struct word_trail t;
	unsigned had;

	r->nr = 0;
	word_trail_init(&t, 7);
	for (size_t at = 0; at < len; at += step) {
		size_t n = step < len - at ? step : len - at;

		had = t.nr_marks;
		memcpy(piece + sizeof(piece) - n, text + at, n);
		word_marks_read(&marks, &t, &word_index, piece + sizeof(piece) - n, n);
		take_new(r, had);
		for (size_t i = 0; i < n; i++)
			r->places[at + i] = word_marks_place(&marks, i);
	}
	assert_int_equal(t.pos, 7 + len);
	had = t.nr_marks;
	word_marks_end(&marks, &t, &word_index);
	take_new(r, had);
	r->places[len] = t.nr_words;
}

static size_t
below(uint64_t *rng, size_t n)
{
	return (size_t)(test_random(rng) % n);
}

static bool
joins_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_' || c == '-' || c >= 0x80;
}

/* Some word of a list, or a piece of one, with what may stand round it. */
static size_t
random_text(uint64_t *rng, uint8_t *text, size_t cap)
{
	static const char *const glue[] = {
		" ",	"\\n", "_", "-",    ": \"", "\",", "12345678", "social", "Security", "sort",
		"code", "\'",  "B", "\x7f", "==",   "\\",  "x",	       "\n",	 "--"
	};
	size_t len = 0, want = below(rng, cap);

	while (len < want) {
		const char *w = below(rng, 3) == 0 ? glue[below(rng, ARRAY_LEN(glue))]
						   : listed[below(rng, ARRAY_LEN(listed))];
		size_t n = strlen(w), word = 0;

		if (below(rng, 8) == 0)
			n = below(rng, n) + 1;
		len = span_append(text, len, cap, span_of(w, n));
		if (below(rng, 2) == 0)
			len = span_append(text, len, cap, span_of(" ", 1));
		/* No word that is longer than a trail keeps. */
		for (size_t i = len; i > 0 && joins_word(text[i - 1]); i--)
			word = len - i + 1;
		if (word > WORD_MAX)
			len = span_append(text, len, cap, span_of(" ", 1));
	}
	return len;
}

/* One that this processor lacks is the plain one again. */
static void
read_by(enum simd simd)
{
	word_index.simd = simd <= simd_best() ? simd : SIMD_PLAIN;
}

static void
split_by(enum simd simd)
{
	static struct result whole, split;
	uint64_t rng = 1;
	uint8_t text[TEXT_MAX];

	for (unsigned round = 0; round < 300; round++) {
		size_t len = random_text(&rng, text, sizeof(text));
		uint64_t begun = 0;

		read_by(SIMD_PLAIN);
		read_text(text, len, TEXT_MAX, &whole);
		read_by(simd);
		for (size_t i = 0; i < len; i++) {
			if (whole.places[i] - whole.places[0] != begun)
				fail_msg("round %u: place at %zu", round, i);
			begun += joins_word(text[i]) && (i == 0 || !joins_word(text[i - 1]));
		}
		for (size_t step = 1; step < 70; step += step < 20 ? 1 : 7) {
			read_text(text, len, step, &split);
			if (split.nr != whole.nr ||
			    memcmp(split.places, whole.places,
				   (len + 1) * sizeof(whole.places[0])) != 0)
				fail_msg("round %u, step %zu: %zu marks, not %zu", round, step,
					 split.nr, whole.nr);
			for (size_t i = 0; i < whole.nr; i++) {
				assert_int_equal(split.marks[i].place, whole.marks[i].place);
				assert_int_equal(split.marks[i].word, whole.marks[i].word);
			}
		}
	}
}

static void
test_splits(void **state)
{
	(void)state;
	split_by(SIMD_PLAIN);
	split_by(SIMD_AVX2);
	split_by(SIMD_AVX512);
}

/* What words_near finds by going outwards is marked, wherever the value stands. */
static void
never_less_by(enum simd simd)
{
	static struct near_words near;
	static struct result r;
	uint64_t rng = 2;
	uint8_t text[TEXT_MAX];
	unsigned nr_near = 0, nr_far = 0, nr_in = 0;

	read_by(simd);
	for (unsigned round = 0; round < 3000; round++) {
		size_t len = random_text(&rng, text, sizeof(text) - 8), at = below(&rng, len + 1);
		struct value v;

		/* The value is no part of a word. */
		while (at < len && joins_word(text[at]))
			at++;
		memmove(text + at + 7, text + at, len - at);
		memcpy(text + at, " 314159", 7);
		len += 7;
		if (at + 7 < len && joins_word(text[at + 7]))
			continue;
		value_init(&v, text, len, at + 1, at + 7);
		memset(&near, 0, sizeof(near));
		read_text(text, len, 1 + below(&rng, TEXT_MAX), &r);

		/* The marks of the text as one piece. */
		struct word_trail t;

		word_trail_init(&t, 0);
		word_marks_read(&marks, &t, &word_index, text, len);
		word_marks_end(&marks, &t, &word_index);
		for (unsigned i = 0; i < NR_LISTS - 1; i++) {
			uint64_t place = r.places[at + 1];
			bool is_near = words_near(&near, &lists[i], NULL, &v, WITHIN, 0) != 0;
			bool marked = (word_marks_lists(&marks, &word_index, place - WITHIN,
							place + 1 + WITHIN, i / 64) >>
					   i % 64 &
				       1) != 0;

			if (is_near && !marked)
				fail_msg("round %u, list %u: '%.*s' at %zu", round, i, (int)len,
					 text, at);
			nr_near += is_near;
			nr_far += !marked;
		}
		/* Nor what stands in a part of the text that begins and ends between words. */
		for (unsigned w = 0; w < word_index_row_words(&word_index); w++) {
			uint64_t in = words_lists(&word_index, span_of(text, at), w);
			uint64_t marked =
			    word_marks_lists(&marks, &word_index, r.places[0] + 1, r.places[at], w);

			if ((in & ~marked) != 0)
				fail_msg("round %u: not all of '%.*s'", round, (int)at, text);
			nr_in += in != 0;
		}
	}
	assert_in_range(nr_near, 10000, UINT32_MAX);
	assert_in_range(nr_far, 10000, UINT32_MAX);
	assert_in_range(nr_in, 1000, UINT32_MAX);
}

static void
test_never_less(void **state)
{
	(void)state;
	never_less_by(SIMD_PLAIN);
	never_less_by(SIMD_AVX2);
	never_less_by(SIMD_AVX512);
}

/* ------------------------------------------------------------------ limits */

static uint64_t
lists_near(uint64_t place)
{
	return word_marks_lists(&marks, &word_index, place - WITHIN, place + WITHIN, 0);
}

static void
test_limits(void **state)
{
	static uint8_t many[8 * WORD_MARKS];
	static uint8_t dull[4096];
	struct word_trail t;
	uint64_t first;

	(void)state;
	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = (uint8_t) "nr "[i % 3];
	memset(dull, '.', sizeof(dull));
	for (size_t i = 0; i < sizeof(dull); i += 4)
		dull[i] = 'q';
	word_trail_init(&t, 0);
	first = t.nr_words;

	/* More than a piece may have: those in front are known, of those behind nothing is. */
	word_marks_read(&marks, &t, &word_index, many, sizeof(many));
	assert_int_equal(marks.nr, WORD_MARKS);
	assert_int_not_equal(lists_near(first + 100), UINT64_MAX);
	assert_int_equal(lists_near(first + WORD_MARKS), UINT64_MAX);
	/* The piece behind it does not know what is near its beginning, but farther on it does. */
	word_marks_read(&marks, &t, &word_index, dull, sizeof(dull));
	assert_int_equal(lists_near(marks.first), UINT64_MAX);
	assert_int_equal(lists_near(marks.first + 100), 0);
	word_marks_read(&marks, &t, &word_index, dull, sizeof(dull));
	assert_int_equal(lists_near(marks.first), 0);

	/* No more than fit the piece, but more than the trail keeps. */
	word_marks_read(&marks, &t, &word_index, many, 300);
	assert_int_not_equal(lists_near(marks.first + 50), UINT64_MAX);
	word_marks_read(&marks, &t, &word_index, dull, sizeof(dull));
	assert_int_not_equal(lists_near(marks.first), UINT64_MAX);
	assert_int_not_equal(lists_near(marks.first), 0);
	assert_int_equal(lists_near(marks.first - 2 * WORD_TRAIL), UINT64_MAX);

	/* A word that goes on for longer than is kept. */
	memset(dull, 'a', sizeof(dull));
	word_trail_init(&t, 0);
	word_marks_read(&marks, &t, &word_index, dull, 2000);
	word_marks_read(&marks, &t, &word_index, dull, 2000);
	word_marks_end(&marks, &t, &word_index);
	assert_int_equal(lists_near(t.nr_words), UINT64_MAX);
	assert_int_equal(lists_near(t.nr_words + WITHIN + 1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_splits),
		cmocka_unit_test(test_never_less),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, make_index, free_index);
}
