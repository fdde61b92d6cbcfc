/* rule_db: a set is the same out of the cache, and a cache that is damaged is none. */
#include "tests/support/unit.h"

#include <sys/stat.h>

#include "classify/rules/rule.h"
#include "classify/rules/rule_db.h"
#include "classify/rules/ruleset.h"
#include "classify/rules/scan.h"
#include "tests/support/cache_folder.h"

/* Digits, a varying width, a fixed one, a front that is cut, a literal. */
#define RULE(id, in, find, sample)                                                               \
	"rule " id " {\n title \"" id "\"\n data_type " id "\n severity low\n in " in "\n " find \
	"\n sample + \"" sample "\"\n}\n"

/* clang-format off */
static const char text[] =
	RULE("t.digits", "http.body", "find digits 9..9 sep \"-\"\n validate ssn", "536-22-8726")
	RULE("t.token", "http.body", "match /tok_[a-z0-9]{8,20}/", "tok_abcdefgh12")
	RULE("t.fixed", "http.header", "match /fix_[a-z]{6}/", "fix_abcdef")
	RULE("t.mail", "http.body", "match /[a-z0-9._-]{1,40}@[a-z0-9.-]{1,40}\\.[a-z]{2,8}/",
	     "ann@corp.example")
	RULE("t.word", "http.body", "match \"s3cret-word\"", "the s3cret-word");
/* clang-format on */

static const char body[] = "ssn 536-22-8726, tok_abcdefgh12 of ann@corp.example: s3cret-word";
static const char *const wanted = "t.digits t.token t.mail t.word ";

static char path[300];

static void
found(void *arg, const struct finding *f)
{
	char *out = arg;

	snprintf(out + strlen(out), 200 - strlen(out), "%s ", f->rule->id);
}

static struct ruleset *
load_text(const char *rules)
{
	struct ruleset *set = NULL;

	assert_int_equal(ruleset_load_text("t.rules", rules, strlen(rules), &set, stderr), 0);
	assert_non_null(set);
	return set;
}

static struct ruleset *
load(void)
{
	return load_text(text);
}

static void
check_finds(const struct ruleset *set)
{
	static const uint64_t key[2] = { 1, 2 };
	struct scanner *s = scanner_create(set, 4, key);
	struct scan_stream *st;
	char out[200] = "";

	assert_non_null(s);
	scan_block(s, BUFFER_HTTP_BODY, (const uint8_t *)body, sizeof(body) - 1, found, out);
	assert_string_equal(out, wanted);
	out[0] = '\0';
	st = scan_open(s, BUFFER_HTTP_BODY);
	assert_non_null(st);
	for (size_t i = 0; i < sizeof(body) - 1; i++)
		scan_push(st, (const uint8_t *)body + i, 1, found, out);
	scan_close(st, found, out);
	assert_string_equal(out, wanted);
	scanner_destroy(s);
}

static void
check_alike(const struct ruleset *a, const struct ruleset *b)
{
	const struct rule_db *one = ruleset_db(a), *two = ruleset_db(b);

	assert_int_equal(one->nr_patterns, two->nr_patterns);
	for (unsigned i = 0; i < one->nr_patterns; i++) {
		const struct db_pattern *p = &one->patterns[i], *q = &two->patterns[i];

		assert_int_equal(p->width, q->width);
		assert_int_equal(p->max_width, q->max_width);
		assert_int_equal(p->cut_bytes, q->cut_bytes);
		assert_int_equal(p->regex != NULL, q->regex != NULL);
		assert_int_equal(p->lead.letters, q->lead.letters);
		assert_int_equal(p->mark.byte, q->mark.byte);
		assert_int_equal(p->start != NULL, q->start != NULL);
	}
}

/* Sets that are alike in all but a letter: each finds its own, compiled and kept. */
static void
test_alike(void **state)
{
	static const uint64_t key[2] = { 1, 2 };

	(void)state;
	for (unsigned turn = 0; turn < 2; turn++) {
		for (char c = 'a'; c <= 'f'; c++) {
			char rules[] = RULE("t.x", "http.body", "match /kX_[0-9]{4}/", "kX_1234");
			char data[] = "ka_1111 kb_1111 kc_1111 kd_1111 ke_1111 kf_1111",
			     out[200] = "";
			struct ruleset *set;
			struct scanner *s;

			for (char *p = rules; *p != '\0'; p++)
				*p = *p == 'X' ? c : *p;
			set = load_text(rules);
			s = scanner_create(set, 4, key);
			scan_block(s, BUFFER_HTTP_BODY, (uint8_t *)data, sizeof(data) - 1, found,
				   out);
			assert_string_equal(out, "t.x ");
			scanner_destroy(s);
			ruleset_free(set);
		}
	}
}

/* The one file of the folder: its size. */
static off_t
find_file(void)
{
	DIR *d = opendir(cache_folder);
	struct stat st;

	path[0] = '\0';
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
		if (e->d_name[0] == '.')
			continue;
		assert_string_equal(path, "");
		snprintf(path, sizeof(path), "%s/%s", cache_folder, e->d_name);
	}
	closedir(d);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void
test_out_of_the_cache(void **state)
{
	struct ruleset *compiled = load(), *kept = load();

	(void)state;
	check_finds(compiled);
	check_finds(kept);
	check_alike(compiled, kept);
	ruleset_free(compiled);
	ruleset_free(kept);
}

static void
damage(off_t at)
{
	FILE *f = fopen(path, "r+");
	int c;

	assert_non_null(f);
	assert_int_equal(fseek(f, at, SEEK_SET), 0);
	c = fgetc(f);
	assert_int_equal(fseek(f, at, SEEK_SET), 0);
	assert_int_equal(fputc(c ^ 0x11, f), c ^ 0x11);
	fclose(f);
}

/* Somewhere in the sum, the widths, a length, a database; or cut off. */
static void
test_damaged(void **state)
{
	struct ruleset *good = load();
	off_t size = find_file();
	const off_t at[] = { 0, 8, 12, 30, 60, 8 + 5 * 16 + 2, 300, size / 2, size - 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		struct ruleset *set;

		damage(at[i]);
		set = load();
		check_finds(set);
		check_alike(good, set);
		ruleset_free(set);
		assert_int_equal(find_file(), size); /* and whole again */
	}
	for (off_t len = 0; len < size; len += len < 200 ? 7 : size / 9) {
		struct ruleset *set;

		assert_int_equal(truncate(path, len), 0);
		set = load();
		check_finds(set);
		ruleset_free(set);
		assert_int_equal(find_file(), size);
	}
	ruleset_free(good);
}

/* Where in the regex it is, and what does the same. */
static void
test_refused(void **state)
{
	static const struct {
		const char *regex;
		unsigned column; /* the regex begins at 9 */
		const char *said;
	} rows[] = {
		{ "foo(?=bar)", 12, "Zero-width assertions are not supported; what must" },
		{ "[(?=]\\(?=x(?<!y)z", 19, "context, veto" },
		{ "(a)b\\1", 13, "Back-references are unsupported; write out" },
		{ "(?P<n>a)b(?P=n)", 18, "write out" },
		{ "a[]++]b++c", 16, "Possessive quantifiers are not supported; leave out" },
		{ "x(?>ab)c", 10, "Atomic groups are unsupported; (?: in its place" },
		{ "a(b", 10, "Missing close parenthesis" },
		{ "ab[c", 11, "Unterminated character class" },
		{ "a*", 9, "this matches the empty text, so everywhere\n" },
		{ "ab.{1,40000}c", 9, "Bounded repeat is too large\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char in[256], place[32], *said = NULL;
		struct ruleset *set = NULL;
		size_t len = 0;
		FILE *errors = open_memstream(&said, &len);

		print_message("%s\n", rows[i].regex);
		snprintf(in, sizeof(in),
			 "rule a {\n title \"T\"\n class x\n in any\n match /%s/\n}\n",
			 rows[i].regex);
		snprintf(place, sizeof(place), "t.rules:5:%u: ", rows[i].column);
		assert_true(ruleset_load_text("t.rules", in, strlen(in), &set, errors) < 0);
		fclose(errors);
		assert_memory_equal(said, place, strlen(place));
		assert_non_null(strstr(said, rows[i].said));
		free(said);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CACHE_FOLDER_TEST(test_out_of_the_cache),
		CACHE_FOLDER_TEST(test_alike),
		CACHE_FOLDER_TEST(test_damaged),
		CACHE_FOLDER_TEST(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
