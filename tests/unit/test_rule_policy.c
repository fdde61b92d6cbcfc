/* Overrides, suppressions and included files: what becomes of a set that its owner has adapted. */
#include "tests/support/unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "classify/rules/rule_policy.h"
#include "classify/rules/ruleset.h"
#include "classify/rules/scan.h"

#define RULE(id, word)                                                                         \
	"rule " id " {\n title \"T\"\n data_type x.y\n severity high\n in any\n match \"" word \
	"\"\n sample + \"" word "\"\n}\n"

/* A folder for files of a set, gone with teardown. */
static char folder[64];

static int
make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/weir-policy-XXXXXX");
	return mkdtemp(folder) == NULL;
}

static int
drop_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static void
write_file(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	fclose(f);
}

/* Loads the folder; what it said is in *said, to be freed. */
static int
load(const char *local, struct ruleset **set, char **said)
{
	const struct ruleset_source source = { .dir = folder, .local = local };
	size_t len = 0;
	FILE *errors = open_memstream(said, &len);
	int r = ruleset_load_from(&source, set, errors);

	fclose(errors);
	return r;
}

static void
test_overrides(void **state)
{
	char local[128], *said;
	struct ruleset *set;
	const struct rule *r;

	(void)state;
	write_file("a.rules", RULE("a.one", "uno1") RULE("a.two", "dos2") RULE("b.one", "tres"));
	write_file("local", "override a.* { severity low }\n"
			    "override a.two { severity critical\n enable no }\n"
			    "override b.* { threshold 5 values }\noverride c { enable no }\n");
	snprintf(local, sizeof(local), "%s/local", folder);
	assert_int_equal(load(local, &set, &said), 0);
	assert_non_null(strstr(said, "local:5:10: warning: no rule has this id"));
	assert_int_equal(ruleset_find(set, "a.one")->severity, SEVERITY_LOW);
	r = ruleset_find(set, "a.two");
	assert_true(r->severity == SEVERITY_CRITICAL && !r->enabled);
	r = ruleset_find(set, "b.one");
	assert_true(r->threshold.least == 5 && r->threshold.values && r->enabled);
	free(said);
	ruleset_free(set);
}

static void
count(void *arg, const struct finding *f)
{
	(void)f;
	++*(unsigned *)arg;
}

static void
test_a_rule_that_is_off_finds_nothing(void **state)
{
	static const uint64_t key[2] = { 1, 2 };
	struct scanner *s;
	struct ruleset *set;
	unsigned nr = 0;
	char *said;

	(void)state;
	write_file("a.rules",
		   RULE("a.one", "uno1") RULE("a.two", "dos2") "override a.two { enable no }\n");
	assert_int_equal(load(NULL, &set, &said), 0);
	s = scanner_create(set, 1, key);
	scan_block(s, BUFFER_HTTP_PATH, (const uint8_t *)"uno1 dos2", 9, count, &nr);
	assert_int_equal(nr, 1);
	scanner_destroy(s);
	free(said);
	ruleset_free(set);
}

static void
test_includes(void **state)
{
	struct ruleset *set;
	char path[128], *said;

	(void)state;
	snprintf(path, sizeof(path), "%s/more", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	/* b.rules is included and in the folder: read once. */
	write_file("a.rules", "include \"b.rules\"\ninclude \"more/words\"\ninclude \"./b.rules\"\n"
			      "rule a {\n title \"T\"\n data_type x\n in any\n match /abc/\n"
			      " context { @words }\n}\n");
	write_file("b.rules", RULE("b.one", "tres"));
	write_file("more/words", "list words { one two }\n");
	assert_int_equal(load(NULL, &set, &said), 0);
	assert_int_equal(ruleset_nr(set), 2);
	assert_string_equal(said, "");
	free(said);
	ruleset_free(set);

	/* An error is told where it is, and one that includes what is not there as well. */
	write_file("more/words", "list words { one two\n");
	write_file("c.rules", "include \"none\"\ninclude \"../etc\"\ninclude \"/etc/passwd\"\n");
	assert_int_equal(load(NULL, &set, &said), -EINVAL);
	assert_non_null(strstr(said, "more/words:2:1: expected"));
	assert_non_null(strstr(said, "c.rules:1:9: expected a file that can be read: No such"));
	assert_non_null(strstr(said, "c.rules:2:9: expected a path below"));
	assert_non_null(strstr(said, "c.rules:3:9: expected a path below"));
	assert_null(strstr(said, "root:"));
	free(said);
	write_file("c.rules", "");
	write_file("more/words", "list words { one two }\n");
}

static void
test_stamp(void **state)
{
	struct ruleset_files files = { 0 };
	const struct ruleset_source source = { .dir = folder, .files = &files };
	struct ruleset *set;
	uint64_t first, second;

	(void)state;
	assert_int_equal(ruleset_load_from(&source, &set, NULL), 0);
	first = ruleset_stamp(&source, &files);
	assert_true(first == ruleset_stamp(&source, &files));
	write_file("more/words", "list words { one two three }\n"); /* an included file */
	second = ruleset_stamp(&source, &files);
	assert_true(second != first);
	write_file("new.rules", "");
	assert_true(ruleset_stamp(&source, &files) != second);
	ruleset_free(set);
	ruleset_files_fini(&files);
}

/* One would wait for ever for somebody who writes into a pipe. */
static void
test_no_pipes(void **state)
{
	struct ruleset *set;
	char *said;
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/pipe", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(load(path, &set, &said), -EINVAL);
	assert_non_null(strstr(said, "pipe: not a regular file: expected"));
	free(said);
	write_file("c.rules", "include \"pipe\"\n");
	assert_int_equal(load(NULL, &set, &said), -EINVAL);
	assert_non_null(strstr(said, "c.rules:1:9: expected a file that can be read: not a"));
	free(said);
	write_file("c.rules", "");
	unlink(path);
}

#define DAY_US	86400000000u
#define MARCH_1 ((uint64_t)20513 * DAY_US) /* 2026-03-01 */

static const uint8_t ten[4] = { 10, 1, 2, 3 }, doc[4] = { 192, 0, 2, 1 };
static const uint8_t six[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 1 };

static const struct place_case {
	const char *name, *suppression;
	struct finding_place place;
	bool want;
} places[] = {
	{ "everywhere", "", { .time_us = MARCH_1 - 1, { ten, doc }, 4 }, true },
	{ "the day after", "", { .time_us = MARCH_1, { ten, doc }, 4 }, false },
	{ "who opened", "src 10.0.0.0/8", { .time_us = 1, { ten, doc }, 4 }, true },
	{ "the other way round", "src 10.0.0.0/8", { .time_us = 1, { doc, ten }, 4 }, false },
	{ "within a byte", "src 10.0.0.0/15", { .time_us = 1, { ten, doc }, 4 }, true },
	{ "not within", "src 10.2.0.0/15", { .time_us = 1, { ten, doc }, 4 }, false },
	{ "one of several",
	  "dst 198.51.100.0/24 192.0.2.1",
	  { .time_us = 1, { ten, doc }, 4 },
	  true },
	{ "both", "src 10.0.0.0/8\n dst 10.0.0.0/8", { .time_us = 1, { ten, doc }, 4 }, false },
	{ "version six", "dst 2001:db8::/32", { .time_us = 1, { six, six }, 16 }, true },
	{ "not known", "src 10.0.0.0/8", { .time_us = 1 }, false },
	{ "host",
	  "host *.test.example",
	  { .time_us = 1, .host = { (const uint8_t *)"a.test.example", 14 } },
	  true },
	{ "other host",
	  "host *.test.example",
	  { .time_us = 1, .host = { (const uint8_t *)"test.example", 12 } },
	  false },
	{ "case and dot of a host",
	  "host *.Test.example.",
	  { .time_us = 1, .host = { (const uint8_t *)"A.tEst.example", 14 } },
	  true },
	{ "dot of the server",
	  "host *.test.example",
	  { .time_us = 1, .host = { (const uint8_t *)"a.test.example.", 15 } },
	  true },
	{ "no host", "host *.test.example", { .time_us = 1 }, false },
};

static void
test_suppressions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		char text[512];
		struct ruleset *set;

		print_message("%s\n", places[i].name);
		snprintf(text, sizeof(text),
			 RULE("a.one", "uno1")
			     RULE("b.one", "dos2") "suppress a.* {\n owner \"me\"\n"
						   " until 2026-02-28\n %s\n}\n",
			 places[i].suppression);
		assert_int_equal(ruleset_load_text("t.rules", text, strlen(text), &set, stderr), 0);
		assert_int_equal(rule_suppressed(ruleset_find(set, "a.one"), &places[i].place),
				 places[i].want);
		assert_false(rule_suppressed(ruleset_find(set, "b.one"), &places[i].place));
		ruleset_free(set);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_a_rule_that_is_off_finds_nothing),
		cmocka_unit_test(test_includes),
		cmocka_unit_test(test_stamp),
		cmocka_unit_test(test_no_pipes),
		cmocka_unit_test(test_suppressions),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
