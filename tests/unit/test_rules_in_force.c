/* rules_in_force: which set is used when, as those who use it take their time, and files change. */
#include "tests/support/unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/rules_in_force.h"

#define RULE(id)                                                                                  \
	"rule test." id " {\n  title \"t\"\n  data_type test.canary\n  severity high\n  in any\n" \
	"  match \"weir-canary\"\n  sample + \"weir-canary\"\n}\n"

static char dir[] = "/tmp/weir_rules_XXXXXX";
static struct config config;

/* Those who use them: how often they were offered a set, and whether they have taken it. */
static struct {
	unsigned offers;
	bool taken;
	const struct ruleset *offered;
} user;

static void
offer(void *arg, const struct rules *rules)
{
	(void)arg;
	user.offers++;
	user.offered = rules->set;
}

static bool
taken(void *arg)
{
	(void)arg;
	return user.taken;
}

static const struct rules_users users = { .offer = offer, .taken = taken };

static void
write_file(const char *name, const char *text)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
write_rules(const char *text)
{
	write_file("a.rules", text);
}

/* Until the loader is done and its result was dealt with: offered, or refused. */
static void
wait_loaded(struct rules_in_force *f, unsigned offers)
{
	for (unsigned i = 0; i < 10000 && user.offers < offers && rules_in_force_changing(f); i++) {
		rules_in_force_tick(f, &users);
		usleep(1000);
	}
}

static uint64_t reloads, failures;

static void
put(void *arg, const char *name, uint64_t value)
{
	(void)arg;
	if (strcmp(name, "rules_reloads") == 0)
		reloads = value;
	else if (strcmp(name, "rules_reload_failures") == 0)
		failures = value;
}

static int
set_up(void **state)
{
	struct rules_in_force *f;

	memset(&user, 0, sizeof(user));
	write_rules(RULE("one"));
	assert_int_equal(rules_in_force_create(&config, &f), 0);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	rules_in_force_destroy(*state);
	return 0;
}

static void
test_exchange(void **state)
{
	struct rules_in_force *f = *state;
	const struct ruleset *first = rules_in_force(f)->set;

	assert_int_equal(ruleset_nr(first), 1);
	assert_null(rules_in_force(f)->providers);
	assert_false(rules_in_force_changing(f));
	write_rules(RULE("one") RULE("two"));
	rules_in_force_reload(f);
	wait_loaded(f, 1);
	assert_int_equal(user.offers, 1);
	assert_ptr_equal(user.offered, rules_in_force(f)->set);
	assert_int_equal(ruleset_nr(user.offered), 2);
	/* As long as somebody has not taken it, the first one is there to be used. */
	assert_true(rules_in_force_changing(f));
	assert_int_equal(ruleset_nr(first), 1);
	user.taken = true;
	rules_in_force_tick(f, &users);
	assert_false(rules_in_force_changing(f));
}

/* What is asked for during an exchange comes behind it, once, and with the newest files. */
static void
test_waiting(void **state)
{
	struct rules_in_force *f = *state;

	rules_in_force_reload(f);
	rules_in_force_reload(f);
	rules_in_force_reload(f);
	wait_loaded(f, 1);
	write_rules(RULE("one") RULE("two") RULE("three"));
	for (unsigned i = 0; i < 3; i++)
		rules_in_force_tick(f, &users);
	assert_int_equal(user.offers, 1);
	user.taken = true;
	rules_in_force_tick(f, &users);
	wait_loaded(f, 2);
	assert_int_equal(user.offers, 2);
	assert_int_equal(ruleset_nr(user.offered), 3);
	rules_in_force_tick(f, &users);
	assert_false(rules_in_force_changing(f));
	rules_in_force_put_counters(f, put, NULL);
	assert_int_equal(reloads, 2);
	assert_int_equal(failures, 0);
}

static void
test_broken(void **state)
{
	struct rules_in_force *f = *state;
	const struct ruleset *first = rules_in_force(f)->set;

	write_rules("rule test.one {");
	rules_in_force_reload(f);
	wait_loaded(f, 1);
	assert_false(rules_in_force_changing(f));
	assert_int_equal(user.offers, 0);
	assert_ptr_equal(rules_in_force(f)->set, first);
	rules_in_force_put_counters(f, put, NULL);
	assert_int_equal(reloads, 1);
	assert_int_equal(failures, 1);
}

/* Not while they are being written: once they have been the same for a second. */
static void
test_watch(void **state)
{
	struct rules_in_force *f = *state;

	rules_in_force_watch(f, 1000000);
	rules_in_force_watch(f, 1000000);
	assert_false(rules_in_force_changing(f));
	write_rules(RULE("one") RULE("two"));
	rules_in_force_watch(f, 1000000);
	write_rules(RULE("one") RULE("two") RULE("three"));
	rules_in_force_watch(f, 1000000);
	rules_in_force_watch(f, 999999);
	assert_false(rules_in_force_changing(f));
	rules_in_force_watch(f, 1);
	assert_true(rules_in_force_changing(f));
	wait_loaded(f, 1);
	assert_int_equal(ruleset_nr(user.offered), 3);
}

/* What a new set includes belongs to it: no change until that file changes. */
static void
test_watch_included(void **state)
{
	struct rules_in_force *f = *state;

	user.taken = true;
	write_file("more.inc", RULE("two"));
	write_rules("include \"more.inc\"\n" RULE("one"));
	rules_in_force_reload(f);
	wait_loaded(f, 1);
	rules_in_force_tick(f, &users);
	assert_int_equal(ruleset_nr(rules_in_force(f)->set), 2);
	rules_in_force_watch(f, 1000000);
	rules_in_force_watch(f, 1000000);
	assert_false(rules_in_force_changing(f));
	write_file("more.inc", RULE("two") RULE("three"));
	rules_in_force_watch(f, 1000000);
	rules_in_force_watch(f, 1000000);
	assert_true(rules_in_force_changing(f));
	wait_loaded(f, 2);
	assert_int_equal(ruleset_nr(user.offered), 3);
}

/* A file that only a refused attempt has read, or did not find: mended, it is read again. */
static void
test_watch_refused(void **state)
{
	struct rules_in_force *f = *state;

	user.taken = true;
	write_file("more.inc", "rule bad {");
	write_rules("include \"more.inc\"\n" RULE("one"));
	rules_in_force_reload(f);
	wait_loaded(f, 1);
	assert_int_equal(user.offers, 0);
	rules_in_force_watch(f, 1000000);
	rules_in_force_watch(f, 1000000);
	assert_false(rules_in_force_changing(f));
	write_file("more.inc", RULE("two"));
	rules_in_force_watch(f, 1000000);
	rules_in_force_watch(f, 1000000);
	assert_true(rules_in_force_changing(f));
	wait_loaded(f, 1);
	assert_int_equal(ruleset_nr(user.offered), 2);
	rules_in_force_tick(f, &users);

	write_rules("include \"late.inc\"\n" RULE("one"));
	rules_in_force_reload(f);
	wait_loaded(f, 2);
	assert_int_equal(user.offers, 1);
	write_file("late.inc", RULE("two"));
	rules_in_force_watch(f, 1000000);
	rules_in_force_watch(f, 1000000);
	wait_loaded(f, 2);
	assert_int_equal(user.offers, 2);
}

/* Emptied, as by somebody who writes it in two steps, or a folder that is not mounted. */
static void
test_no_rules(void **state)
{
	struct rules_in_force *f = *state;
	const struct ruleset *first = rules_in_force(f)->set;

	user.taken = true;
	write_rules("");
	rules_in_force_reload(f);
	wait_loaded(f, 1);
	assert_int_equal(user.offers, 0);
	assert_ptr_equal(rules_in_force(f)->set, first);
	rules_in_force_put_counters(f, put, NULL);
	assert_int_equal(failures, 1);
	write_rules(RULE("two"));
	rules_in_force_watch(f, 1000000);
	rules_in_force_watch(f, 1000000);
	wait_loaded(f, 1);
	assert_int_equal(user.offers, 1);
	assert_non_null(ruleset_find(user.offered, "test.two"));
}

static void
point_to(const char *name, const char *target)
{
	char path[64], aside[80];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	snprintf(aside, sizeof(aside), "%s.aside", path);
	assert_int_equal(symlink(target, aside), 0);
	assert_int_equal(rename(aside, path), 0);
}

static void
remove_all(const char *const *names)
{
	char path[64];

	for (; *names != NULL; names++) {
		snprintf(path, sizeof(path), "%s/%s", dir, *names);
		assert_int_equal(remove(path), 0);
	}
}

/* A.rules is a link into ..data, and ..data one that goes to a new folder: as Kubernetes does it.
 */
static void
test_watch_links(void **state)
{
	struct rules_in_force *f = *state;
	static const char *const all[] = { "a.rules", "..data", "..1/a.rules", "..2/a.rules",
					   "..1",     "..2",	NULL };
	static const char *const before[] = { "a.rules", NULL };
	char path[64];

	user.taken = true;
	remove_all(before);
	for (const char *name = "12"; *name != '\0'; name++) {
		snprintf(path, sizeof(path), "%s/..%c", dir, *name);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	write_file("..1/a.rules", RULE("one"));
	write_file("..2/a.rules", RULE("two"));
	point_to("..data", "..1");
	point_to("a.rules", "..data/a.rules");
	rules_in_force_reload(f);
	wait_loaded(f, 1);
	rules_in_force_tick(f, &users);
	assert_int_equal(ruleset_nr(rules_in_force(f)->set), 1);
	rules_in_force_watch(f, 1000000);
	rules_in_force_watch(f, 1000000);
	assert_false(rules_in_force_changing(f));
	point_to("..data", "..2");
	rules_in_force_watch(f, 1000000);
	rules_in_force_watch(f, 1000000);
	assert_true(rules_in_force_changing(f));
	wait_loaded(f, 2);
	rules_in_force_tick(f, &users);
	assert_non_null(ruleset_find(rules_in_force(f)->set, "test.two"));
	for (unsigned i = 0; i < 3; i++)
		rules_in_force_watch(f, 1000000);
	assert_false(rules_in_force_changing(f));
	assert_int_equal(user.offers, 2);
	remove_all(all);
}

/* With a loader under way, and with a set that nobody has taken. */
static void
test_early_end(void **state)
{
	struct rules_in_force *f;

	(void)state;
	write_rules(RULE("one"));
	memset(&user, 0, sizeof(user));
	assert_int_equal(rules_in_force_create(&config, &f), 0);
	rules_in_force_reload(f);
	rules_in_force_destroy(f);
	assert_int_equal(rules_in_force_create(&config, &f), 0);
	rules_in_force_reload(f);
	wait_loaded(f, 1);
	rules_in_force_destroy(f);
	rules_in_force_destroy(NULL);
	write_rules("rule test.one {");
	assert_int_equal(rules_in_force_create(&config, &f), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_exchange, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_waiting, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_broken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_watch, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_watch_included, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_watch_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_rules, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_watch_links, set_up, tear_down),
		cmocka_unit_test(test_early_end),
	};
	char setting[64], path[64];
	int failed;

	if (mkdtemp(dir) == NULL || config_defaults(&config) != 0)
		return 1;
	snprintf(setting, sizeof(setting), "rules.dir=%s", dir);
	config_set(&config, setting);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	config_free(&config);
	snprintf(path, sizeof(path), "%s/a.rules", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/more.inc", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/late.inc", dir);
	unlink(path);
	rmdir(dir);
	return failed;
}
