/* Trees of regular expressions: starts as Hyperscan finds them, cuts, costs. */
#include "tests/support/unit.h"

#include <hs/hs.h>

#include "classify/rules/regex.h"
#include "classify/rules/rule_db.h"
#include "classify/rules/ruleset.h"

static const char *const understood[] = {
	"abc",
	"a+b*c?",
	"(ab|a|b)+c",
	"a{2,3}b{2}c{1,}",
	"[a-c-]{2,5}-[^\\n]{1,3}",
	"\\bab\\b",
	"\\Bb\\w+",
	"a\\v+b",
	"a\\V[\\vb]c",
	"a\\h\\Hb",
	"a[\\h-]+[^\\v]",
	"^a.b$",
	"x\\.(?:a|bc){1,3}",
	"(?i)aB[c-d]+",
	"a(?i:b)c",
	"a(?i)b|c",
	"[]a]+b",
	"[^]a]b",
	"a\\x62\\x{63}?",
	"a{,2}b",
	"\\d{2}-\\D\\s\\S",
	"(a|b)(?:c|(d|e)f)*g",
	"[\\w.]{1,4}@[\\w-]{1,4}\\.[ab]{2,3}\\b",
	"a.*b.*c",
	"(?:ab?){2,}b",
};

static const char *const not_understood[] = { "a(?=b)",	 "\\p{L}", "[[:alpha:]]", "a\\1", "\\Qa\\E",
					      "(?<n>a)", "(?#c)a", "a)",	  "(a",	  "[a",
					      "*a",	 "a++",	   "a\\Rb",	  "a\\Nb" };

struct matches {
	size_t start[256]; /* leftmost, by end */
};

static int
keep_leftmost(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
	      void *arg)
{
	struct matches *m = arg;

	(void)id, (void)flags;
	if (from < m->start[to])
		m->start[to] = from;
	return 0;
}

/* Every end that Hyperscan tells, and every one that it does not. */
static void
compare(const struct regex *re, hs_database_t *db, hs_scratch_t *scratch, const char *pattern,
	const char *text, size_t len)
{
	uint8_t *window = malloc(len + 1); /* too many for pages of their own */
	struct matches m;
	size_t start;

	memcpy(window, text, len);
	memset(&m, 0xff, sizeof(m));
	assert_int_equal(hs_scan(db, text, (unsigned)len, 0, scratch, keep_leftmost, &m),
			 HS_SUCCESS);
	for (size_t end = 0; end <= len; end++) {
		bool found = regex_start(re, window, len, end, &start);

		if (end > 0 &&
		    (found != (m.start[end] != SIZE_MAX) || (found && start != m.start[end])))
			print_message("/%s/ in \"%.*s\" at %zu: %zu\n", pattern, (int)len, text,
				      end, start);
		if (end == 0)
			continue;
		assert_int_equal(found, m.start[end] != SIZE_MAX);
		if (found)
			assert_int_equal(start, m.start[end]);
	}
	free(window);
}

/* Texts of few letters meet every branch of small patterns. */
static void
random_text(uint64_t *seed, const char *letters, char *out, size_t len)
{
	size_t nr = strlen(letters);

	for (size_t i = 0; i < len; i++)
		out[i] = letters[test_random(seed) % nr];
}

static bool
compile(const char *pattern, unsigned flags, hs_database_t **db, hs_scratch_t **scratch)
{
	hs_compile_error_t *err = NULL;

	*db = NULL;
	*scratch = NULL;
	if (hs_compile(pattern, flags | HS_FLAG_SOM_LEFTMOST, HS_MODE_BLOCK, NULL, db, &err) !=
	    HS_SUCCESS) {
		hs_free_compile_error(err);
		return false;
	}
	assert_int_equal(hs_alloc_scratch(*db, scratch), HS_SUCCESS);
	return true;
}

static void
test_starts_of_small_patterns(void **state)
{
	static const struct {
		unsigned regex, hs;
	} flags[] = { { 0, 0 },
		      { REGEX_NOCASE, HS_FLAG_CASELESS },
		      { REGEX_MULTILINE, HS_FLAG_MULTILINE },
		      { REGEX_DOTALL, HS_FLAG_DOTALL } };
	static const char *const letters[] = { "aabbccABC", "abcdefg-.@x1 2\n]",
					       "aabbc-\n\v\f\r\t \x85\xa0" };
	uint64_t seed = 11;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(understood); i++) {
		for (size_t f = 0; f < ARRAY_LEN(flags); f++) {
			struct rule_text memory = { 0 };
			const struct regex *re =
			    regex_parse(&memory, span_of(understood[i], strlen(understood[i])),
					flags[f].regex);
			hs_database_t *db;
			hs_scratch_t *scratch;

			if (re != NULL && compile(understood[i], flags[f].hs | HS_FLAG_ALLOWEMPTY,
						  &db, &scratch)) {
				for (unsigned k = 0; k < 225; k++) {
					char text[24];
					size_t len = test_random(&seed) % sizeof(text);

					random_text(&seed, letters[k % ARRAY_LEN(letters)], text,
						    len);
					compare(re, db, scratch, understood[i], text, len);
				}
				hs_free_scratch(scratch);
				hs_free_database(db);
			}
			rule_text_fini(&memory);
		}
	}
}

/* Runs of more bytes than are looked at together, of sets all over the alphabet. */
static void
test_long_runs(void **state)
{
	static const char *const patterns[] = {
		"x[a-f0-9]{3,40}",	   "[a-zA-Z0-9_-]{10,64}!",
		"q[^\\s\"',}]{6,100}",	   "[\\x80-\\xff]{2,50}z",
		"[\\x7f-\\x81a]{17}",	   "a[^b]{15,17}b",
		"[@-_]{16,32}[a-z]{1,33}", "\\b[\\w.+-]{1,40}@[\\w-]{1,40}\\.[\\w.-]{2,40}\\b",
	};
	static const char odd[] = "abxzq!@_ \"\x7f\x80\x81\xfe\xff"
				  "AZ09.";
	uint64_t seed = 17;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
		struct rule_text memory = { 0 };
		const struct regex *re =
		    regex_parse(&memory, span_of(patterns[i], strlen(patterns[i])), 0);
		hs_database_t *db;
		hs_scratch_t *scratch;

		assert_non_null(re);
		assert_true(compile(patterns[i], 0, &db, &scratch));
		for (unsigned k = 0; k < 400; k++) {
			char text[200];
			size_t len = test_random(&seed) % sizeof(text);

			/* One letter for long, then another. */
			for (size_t at = 0; at < len;) {
				size_t run = 1 + test_random(&seed) % 45;
				char c = odd[test_random(&seed) % (sizeof(odd) - 1)];

				for (; run > 0 && at < len; run--)
					text[at++] = c;
			}
			compare(re, db, scratch, patterns[i], text, len);
		}
		hs_free_scratch(scratch);
		hs_free_database(db);
		rule_text_fini(&memory);
	}
}

static void
test_what_is_understood(void **state)
{
	struct rule_text memory = { 0 };
	unsigned nr = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(understood); i++)
		nr +=
		    regex_parse(&memory, span_of(understood[i], strlen(understood[i])), 0) != NULL;
	assert_int_equal(nr, ARRAY_LEN(understood) - 1); /* \x{63} is not */
	for (size_t i = 0; i < ARRAY_LEN(not_understood); i++) {
		print_message("%s\n", not_understood[i]);
		assert_null(
		    regex_parse(&memory, span_of(not_understood[i], strlen(not_understood[i])), 0));
	}
	rule_text_fini(&memory);
}

/* A sample with bytes changed, doubled and left out. */
static size_t
mutate(uint64_t *seed, const struct rule *rule, char *out, size_t cap)
{
	size_t len = 0;

	for (unsigned i = 0; i < 2 && rule->nr_samples != 0; i++) {
		struct span s = rule->samples[test_random(seed) % rule->nr_samples].text;

		for (size_t k = 0; k < s.len && len < cap; k++) {
			unsigned dice = (unsigned)(test_random(seed) % 64);

			if (dice == 0)
				continue;
			out[len++] = (char)(dice == 1 ? test_random(seed) : s.p[k]);
			if (dice == 2 && len < cap)
				out[len++] = (char)s.p[k];
		}
	}
	return len;
}

/* All that the shipped rules search for. */
static void
test_starts_of_the_shipped_rules(void **state)
{
	struct ruleset *set;
	unsigned nr = 0, without_tree = 0;
	uint64_t seed = 5;

	(void)state;
	assert_int_equal(ruleset_load("rules", &set, stderr), 0);
	for (unsigned i = 0; i < ruleset_db(set)->nr_patterns; i++) {
		const struct db_pattern *p = &ruleset_db(set)->patterns[i];
		struct rule_text memory = { 0 };
		char pattern[RULE_TEXT_MAX + 1], text[200];
		hs_database_t *db;
		hs_scratch_t *scratch;
		const struct regex *re;

		if (p->pattern->kind != PATTERN_REGEX)
			continue;
		snprintf(pattern, sizeof(pattern), "%.*s", (int)p->pattern->text.len,
			 (const char *)p->pattern->text.p);
		re = regex_parse(&memory, p->pattern->text, p->pattern->nocase ? REGEX_NOCASE : 0);
		without_tree += re == NULL;
		if (re != NULL &&
		    compile(pattern, p->pattern->nocase ? HS_FLAG_CASELESS : 0, &db, &scratch)) {
			nr++;
			for (unsigned k = 0; k < 20; k++)
				compare(re, db, scratch, pattern, text,
					mutate(&seed, p->rule, text, sizeof(text)));
			hs_free_scratch(scratch);
			hs_free_database(db);
		}
		rule_text_fini(&memory);
	}
	print_message("%u patterns compared, %u without a tree\n", nr, without_tree);
	assert_true(nr > 50);
	assert_true(without_tree * 20 <= nr);
	ruleset_free(set);
}

static const struct cost_case {
	const char *pattern;
	const char *cut; /* what stays of it; NULL: all */
	size_t fixed;
	unsigned first;
	ptrdiff_t wide;
} cost_cases[] = {
	{ "[\\w.]{1,40}@[a-z]{2,5}\\.x", "@[a-z]{2,5}\\.x", 2, 64, -1 },
	{ "\\b[A-Za-z0-9._%+-]{1,40}@[A-Za-z0-9-]{1,40}\\.[A-Za-z0-9.-]{2,40}\\b",
	  "@[A-Za-z0-9-]{1,40}\\.[A-Za-z0-9.-]{2,40}\\b", 1, 67, -1 },
	{ "@[a-z]{2,5}", NULL, 1, 1, -1 },
	{ "[a-z]+@b", NULL, 2, 26, 0 },		     /* too little would stay */
	{ "[a-z]{2}AKIA[0-9]{5}", NULL, 4, 26, -1 }, /* fixed text enough */
	{ "[a-z]{2}:[0-9]{5}", NULL, 1, 26, -1 },    /* ':' is everywhere */
	{ "a@bcd|[a-z]@", NULL, 1, 26, -1 },
	{ "(?i)[a-z]{2}@[0-9]{5}", NULL, 1, 52, -1 }, /* the flag would go too */
	{ "key=[0-9a-f]{32,}", NULL, 4, 1, -1 },
	{ "key[^;]{0,200}=x", NULL, 3, 1, 3 },
	{ "(?:one|three)s", NULL, 3, 2, -1 },
	{ "x?y?", NULL, 0, 256, -1 },
};

static void
test_costs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cost_cases); i++) {
		const struct cost_case *t = &cost_cases[i];
		struct rule_text memory = { 0 };
		const struct regex *re =
		    regex_parse(&memory, span_of(t->pattern, strlen(t->pattern)), 0);

		print_message("%s\n", t->pattern);
		assert_non_null(re);
		assert_string_equal(t->pattern + regex_cut(re),
				    t->cut == NULL ? t->pattern : t->cut);
		assert_int_equal(regex_fixed_text(re), t->fixed);
		assert_int_equal(regex_first_bytes(re), t->first);
		assert_int_equal(regex_wide_repeat(re), t->wide);
		rule_text_fini(&memory);
	}
}

/* What a rare byte leads to, and how much of a match is behind it. */
static void
test_marks(void **state)
{
	static const struct {
		const char *pattern;
		uint8_t byte; /* 0: it is left to Hyperscan */
		uint32_t min, max;
	} rows[] = {
		{ "[\\w.]{1,64}@[a-z0-9-]{1,63}\\.[a-z0-9]{2}\\b", '@', 4, 66 },
		{ "\\+\\d{1,3}(?:[ -]?\\d{2,5}){2,4}", '+', 5, 27 },
		{ "(?:a|bb)?~(?:ab|c{3}){1,2}", '~', 2, 6 },
		{ "[\\w.]+@[^ ]{1,9}", 0, 0, 0 },	 /* one would stand behind another */
		{ "[\\w.]+@[a-z]+", 0, 0, 0 },		 /* without an end */
		{ "[\\w.]+@[a-z]{2,129}", 0, 0, 0 },	 /* too far */
		{ "[\\w.]+@", 0, 0, 0 },		 /* nothing behind it */
		{ "[\\w.]+@[a-z]{0,9}", 0, 0, 0 },	 /* or perhaps nothing */
		{ "[\\w.]+@[a-z]{2,9}$", 0, 0, 0 },	 /* the end of what? */
		{ "[\\w.]+@[a-z]{2,9}\\.com", 0, 0, 0 }, /* text enough */
		{ "a@[a-z]{2,9}|b@[a-z]{2}", 0, 0, 0 },	 /* two of them */
		{ "[\\w.]+:[a-z]{2,9}", 0, 0, 0 },	 /* not rare */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rule_text memory = { 0 };
		const char *text = rows[i].pattern;
		const struct regex *re = regex_parse(&memory, span_of(text, strlen(text)), 0);

		assert_non_null(re);

		struct regex_mark mark = regex_mark(re, &memory);

		assert_int_equal(mark.byte, rows[i].byte);
		assert_int_equal(mark.min, rows[i].min);
		assert_int_equal(mark.max, rows[i].max);
		rule_text_fini(&memory);
	}
}

static void
test_in_words(void **state)
{
	static const char pattern[] = "\\bAK(?:IA|[AB]b)\\d{3,}x?$";
	struct rule_text memory = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	(void)state;
	regex_explain(regex_parse(&memory, span_of(pattern, strlen(pattern)), 0), to);
	fclose(to);
	assert_string_equal(text, "an edge of a word, `AK`, either `IA` or `[AB]`, `b`, "
				  "3 or more of `\\d`, perhaps `x`, the end");
	free(text);
	rule_text_fini(&memory);
}

/* What every match holds, and where it is bound. */
static void
test_facts(void **state)
{
	static const struct {
		const char *pattern, *text;
		unsigned flags;
		bool nocase, needs;
		unsigned bounds;
	} rows[] = {
		{ "tok_[a-z]{4}", "tok_", 0, false, true, 0 },
		{ "^x(?:tok)_y$", "tok_y", 0, false, true, REGEX_BOUND_FRONT | REGEX_BOUND_END },
		{ "(abc)?defg", "abc", 0, false, false, 0 },
		{ "(abc)+defg", "abc", 0, false, true, 0 },
		{ "select|union", "select", 0, false, false, 0 },
		{ "a(xtok|toky)b", "tok", 0, false, true, 0 },
		{ "[^abc]defgh", "abc", 0, false, false, 0 },
		{ "xa.cx", "a.c", 0, false, false, 0 },
		{ "xa\\.cx", "a.c", 0, false, true, 0 },
		{ "ABCd", "abc", 0, true, true, 0 },
		{ "ABCd", "abc", 0, false, false, 0 },
		{ "ABCd", "ABC", REGEX_NOCASE, false, false, 0 },
		{ "ABCd", "abc", REGEX_NOCASE, true, true, 0 },
		{ "ab{2}c", "abbc", 0, false, true, 0 },
		{ "ab{2,3}c", "abbc", 0, false, false, 0 },
		{ "ab{2,3}c", "bbc", 0, false, true, 0 },
		{ "a|^b", "a", 0, false, false, REGEX_BOUND_INSIDE },
		{ "(^a)b\\b", "ab", 0, false, true, REGEX_BOUND_INSIDE },
	};
	struct rule_text memory = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct regex *re =
		    regex_parse(&memory, span_of(rows[i].pattern, strlen(rows[i].pattern)),
				rows[i].flags);
		struct span text = span_of(rows[i].text, strlen(rows[i].text));

		print_message("%s has %s\n", rows[i].pattern, rows[i].text);
		assert_non_null(re);
		assert_int_equal(regex_needs(re, text, rows[i].nocase), rows[i].needs);
		assert_int_equal(regex_bounds(re), rows[i].bounds);
	}

	static const struct {
		const char *pattern, *word[2];
		enum regex_share share;
	} shares[] = {
		{ "[a-f0-9]{40}", { "acme", "xyz" }, REGEX_SHARE_NONE },
		{ "(?:ghu|ghs)_\\w{36}", { "ghu_", "ghs_" }, REGEX_SHARE_ALL },
		{ "xox[bp]-\\d+", { "xoxb", "xoxp" }, REGEX_SHARE_ALL },
		{ "(?:sgp_)?[a-f0-9]{40}", { "sgp_", "source" }, REGEX_SHARE_SOME },
		{ "sgp_\\w+|[a-f0-9]{40}", { "sgp_", "source" }, REGEX_SHARE_SOME },
		{ "[\\w.]{0,50}?(?i:passw(?:or)?d)=", { "passwd", "password" }, REGEX_SHARE_ALL },
		{ "hooks.acme.example/\\w+", { "hooks.acme.example", "x" }, REGEX_SHARE_ALL },
		{ "\\w{20}", { "acme", "xyz" }, REGEX_SHARE_NONE },
	};

	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		const struct span words[] = { span_of(shares[i].word[0], strlen(shares[i].word[0])),
					      span_of(shares[i].word[1],
						      strlen(shares[i].word[1])) };
		const struct regex *re =
		    regex_parse(&memory, span_of(shares[i].pattern, strlen(shares[i].pattern)), 0);

		print_message("%s\n", shares[i].pattern);
		assert_non_null(re);
		assert_int_equal(regex_share(re, words, 2), shares[i].share);
	}

	const struct regex *re = regex_parse(&memory, span_of("a\\?[?b]", 7), 0);

	assert_true(regex_names(re, '?') && regex_may_hold(re, 'b') && !regex_names(re, 'b') &&
		    !regex_may_hold(re, 'c'));
	rule_text_fini(&memory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_understood),
		cmocka_unit_test(test_starts_of_small_patterns),
		cmocka_unit_test(test_long_runs),
		cmocka_unit_test(test_starts_of_the_shipped_rules),
		cmocka_unit_test(test_costs),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_in_words),
		cmocka_unit_test(test_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
