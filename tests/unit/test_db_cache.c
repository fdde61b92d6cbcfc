/* db_cache: what is kept, for how long, and what is not touched. */
#include "tests/support/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "classify/rules/db_cache.h"
#include "tests/support/cache_folder.h"

#define NAME	"rules-00000000000000000000000000000000"
#define STRANGE NAME ".kept"
#define INSIDE	"rules-" NAME

static const uint8_t *
key_of(uint16_t n)
{
	static _Thread_local uint8_t key[16];

	key[14] = (uint8_t)(n >> 8);
	key[15] = (uint8_t)n;
	return key;
}

static const char *
path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", cache_folder, name);
	return path;
}

static const char *
name_of(uint16_t n)
{
	static char name[64];

	snprintf(name, sizeof(name), "rules-%032x", n);
	return name;
}

/* A file of len bytes that are nowhere, last used at a second. */
static void
make(const char *name, off_t len, time_t used_s)
{
	struct timespec when[2] = { { .tv_sec = used_s }, { .tv_sec = used_s } };
	int fd = open(path_of(name), O_CREAT | O_WRONLY | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, len), 0);
	assert_int_equal(futimens(fd, when), 0);
	close(fd);
}

static bool
is_there(const char *name)
{
	return access(path_of(name), F_OK) == 0;
}

static bool
is_kept(uint16_t n)
{
	return is_there(name_of(n));
}

static void
store(uint16_t n)
{
	db_cache_store(key_of(n), &n, sizeof(n));
}

static bool
loads(uint16_t n)
{
	size_t len = 0;
	uint16_t *got = db_cache_load(key_of(n), &len);
	bool same = got != NULL && len == sizeof(n) && *got == n;

	free(got);
	return same;
}

static unsigned
nr_files(void)
{
	DIR *d = opendir(cache_folder);
	unsigned n = 0;

	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void
test_kept(void **state)
{
	(void)state;
	assert_false(loads(1));
	store(1);
	store(2);
	assert_true(loads(1) && loads(2));
	assert_int_equal(nr_files(), 2);
}

/* A load counts as use; what was used first goes first. */
static void
test_files(void **state)
{
	(void)state;
	for (uint16_t n = 0; n < DB_CACHE_FILES; n++)
		make(name_of(n), 2, 1000 + n);
	free(db_cache_load(key_of(0), &(size_t) { 0 }));
	store(DB_CACHE_FILES);
	assert_int_equal(nr_files(), DB_CACHE_FILES);
	assert_true(is_kept(0));
	assert_false(is_kept(1));
	assert_true(is_kept(2));
	assert_true(loads(DB_CACHE_FILES));
}

/* As an earlier weir has left them. */
static void
test_many(void **state)
{
	(void)state;
	for (uint16_t n = 0; n < 1000; n++)
		make(name_of(n), 2, 1000 + n);
	store(1000);
	assert_int_equal(nr_files(), DB_CACHE_FILES);
	for (uint16_t n = 1001 - DB_CACHE_FILES; n < 1001; n++)
		assert_true(is_kept(n));
}

/* Files that were used in a time to come, by a clock that was set back since. */
static void
test_clock_set_back(void **state)
{
	struct timespec now;

	(void)state;
	clock_gettime(CLOCK_REALTIME, &now);
	for (uint16_t n = 0; n < DB_CACHE_FILES; n++)
		make(name_of(n), 2, now.tv_sec + 10000 + n);
	store(DB_CACHE_FILES);
	assert_true(is_kept(DB_CACHE_FILES));
	assert_false(is_kept(0));
}

static void
test_bytes(void **state)
{
	(void)state;
	make(name_of(1), DB_CACHE_BYTES / 2, 1001);
	make(name_of(2), DB_CACHE_BYTES / 2, 1002);
	make(name_of(3), DB_CACHE_BYTES / 4, 1003);
	store(4);
	assert_false(is_kept(1));
	assert_true(is_kept(2) && is_kept(3) && is_kept(4));
	/* One that is too large for all is not kept, nor does it push out others. */
	db_cache_store(key_of(5), "", DB_CACHE_BYTES + 1u);
	assert_int_equal(nr_files(), 3);
}

/* Files of others, and what looks like ours but is none. */
static void
test_strangers(void **state)
{
	static const char *const names[] = {
		"kafka.jar", "rules-", "rules-0123", NAME "0", NAME "~", STRANGE, INSIDE,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		make(names[i], 2, 1);
	assert_int_equal(symlink("kafka.jar", path_of(NAME)), 0);
	for (uint16_t n = 1; n < 2 * DB_CACHE_FILES; n++)
		make(name_of(n), 2, 1000);
	store(0x7000);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_true(is_there(names[i]));
	assert_true(is_there(NAME));
	assert_int_equal(nr_files(), ARRAY_LEN(names) + 1 + DB_CACHE_FILES);
}

/* What somebody may be writing stays, what nobody does any more goes. */
static void
test_aside(void **state)
{
	struct timespec now;

	(void)state;
	clock_gettime(CLOCK_REALTIME, &now);
	make(NAME ".abcdef", 2, now.tv_sec - 60);
	make(NAME ".ABC123", 2, now.tv_sec - 2 * 3600);
	store(1);
	assert_true(is_there(NAME ".abcdef"));
	assert_false(is_there(NAME ".ABC123"));
	assert_true(loads(1));
}

static void *
store_and_load(void *arg)
{
	uint16_t first = *(uint16_t *)arg;

	for (uint16_t n = 0; n < 200; n++) {
		uint16_t one = (uint16_t)(first + n % 100);
		size_t len = 0;
		void *got;

		store(one);
		/* Another may have removed it, but half of it is never seen. */
		got = db_cache_load(key_of(one), &len);
		if (got != NULL && (len != sizeof(one) || memcmp(got, &one, len) != 0))
			return arg;
		free(got);
	}
	return NULL;
}

static void
test_several_at_once(void **state)
{
	static const uint16_t firsts[] = { 0, 50, 100, 0 };
	pthread_t threads[ARRAY_LEN(firsts)];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(firsts); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, store_and_load,
						(void *)(uintptr_t)&firsts[i]),
				 0);
	for (size_t i = 0; i < ARRAY_LEN(firsts); i++) {
		void *failed = NULL;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	store(0x7000);
	assert_int_equal(nr_files(), DB_CACHE_FILES);
	assert_true(loads(0x7000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CACHE_FOLDER_TEST(test_kept),  CACHE_FOLDER_TEST(test_files),
		CACHE_FOLDER_TEST(test_many),  CACHE_FOLDER_TEST(test_clock_set_back),
		CACHE_FOLDER_TEST(test_bytes), CACHE_FOLDER_TEST(test_strangers),
		CACHE_FOLDER_TEST(test_aside), CACHE_FOLDER_TEST(test_several_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
