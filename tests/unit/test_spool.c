#include "tests/support/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/publish/spool.h"

#define ID "0123456789abcdef0123456789abcdef"

static char dir[64];

static void
empty_dir(void)
{
	char path[400];
	struct dirent *e;
	DIR *d = opendir(dir);

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		unlink(path);
	}
	closedir(d);
	rmdir(dir);
}

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_spool.%d", (int)getpid());
	empty_dir();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	empty_dir();
	return 0;
}

/* The body of number i: its length varies, its content says which it is. */
static char body[70000];

static void
make(struct sink_message *m, unsigned i, size_t len)
{
	memset(body, 'a' + (int)(i % 26), len);
	snprintf(body, sizeof(body), "%u", i);
	*m = (struct sink_message) { .type = RECORD_HTTP,
				     .key = "key",
				     .key_len = 3,
				     .json = body,
				     .len = len,
				     .time_us = i,
				     .event_id = ID };
}

static void
append(struct spool *s, unsigned from, unsigned to, size_t len)
{
	struct sink_message m;

	for (unsigned i = from; i < to; i++) {
		make(&m, i, len);
		assert_int_equal(spool_append(s, &m), 0);
	}
}

static void
expect(struct spool *s, unsigned from, unsigned to, size_t len)
{
	struct sink_message m, want;

	for (unsigned i = from; i < to; i++) {
		assert_true(spool_next(s, &m));
		make(&want, i, len);
		assert_int_equal(m.time_us, i);
		assert_int_equal(m.type, RECORD_HTTP);
		assert_int_equal(m.len, len);
		assert_memory_equal(m.json, want.json, len);
		assert_memory_equal(m.key, "key", 3);
		assert_memory_equal(m.event_id, ID, 32);
	}
}

static void
test_first_in_first_out(void **state)
{
	struct sink_message m;
	struct spool *s;

	(void)state;
	assert_int_equal(spool_open(dir, SPOOL_MIN_BYTES, &s), 0);
	assert_false(spool_next(s, &m));
	append(s, 0, 100, 500);
	assert_int_equal(spool_records(s), 100);
	expect(s, 0, 40, 500);
	spool_rewind(s);
	expect(s, 0, 50, 500);
	spool_commit(s);
	assert_int_equal(spool_records(s), 50);
	append(s, 100, 120, 500);
	expect(s, 50, 120, 500);
	assert_false(spool_next(s, &m));
	spool_commit(s);
	assert_int_equal(spool_records(s), 0);
	assert_int_equal(spool_bytes(s), 0);
	append(s, 120, 125, 500);
	expect(s, 120, 125, 500);
	assert_int_equal(spool_lost(s), 0);
	spool_close(s);
}

static void
test_survives_restart(void **state)
{
	struct sink_message m;
	struct spool *s;

	(void)state;
	assert_int_equal(spool_open(dir, SPOOL_MIN_BYTES, &s), 0);
	append(s, 0, 1000, 1000); /* several segments */
	expect(s, 0, 300, 1000);
	spool_commit(s);
	expect(s, 300, 400, 1000); /* read, never committed */
	spool_close(s);
	assert_int_equal(spool_open(dir, SPOOL_MIN_BYTES, &s), 0);
	assert_int_equal(spool_records(s), 700);
	append(s, 1000, 1100, 1000);
	expect(s, 300, 1100, 1000);
	assert_false(spool_next(s, &m));
	spool_commit(s);
	assert_int_equal(spool_lost(s), 0);
	spool_close(s);
	assert_int_equal(spool_open(dir, SPOOL_MIN_BYTES, &s), 0);
	assert_int_equal(spool_records(s), 0);
	spool_close(s);
}

static void
test_oldest_is_the_victim(void **state)
{
	struct sink_message m;
	struct spool *s;
	uint64_t kept;

	(void)state;
	assert_int_equal(spool_open(dir, SPOOL_MIN_BYTES, &s), 0);
	append(s, 0, 5000, 1000);
	kept = spool_records(s);
	assert_true(spool_bytes(s) <= SPOOL_MIN_BYTES);
	assert_true(kept > 1700);
	assert_int_equal(kept + spool_lost(s), 5000);
	assert_true(spool_next(s, &m));
	assert_int_equal(m.time_us, 5000 - kept);
	/* What is being read can be the victim, too. */
	append(s, 5000, 10000, 1000);
	assert_int_equal(spool_records(s) + spool_lost(s), 10000);
	kept = spool_records(s);
	expect(s, (unsigned)(10000 - kept), 10000, 1000);
	spool_close(s);
}

static void
damage(const char *name, off_t at, const char *bytes, size_t len)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	if (bytes == NULL)
		assert_int_equal(ftruncate(fd, at), 0);
	else
		assert_int_equal(pwrite(fd, bytes, len, at), len);
	close(fd);
}

static void
test_torn_end(void **state)
{
	struct sink_message m;
	struct spool *s;
	off_t size;

	(void)state;
	assert_int_equal(spool_open(dir, SPOOL_MIN_BYTES, &s), 0);
	append(s, 0, 10, 100);
	size = (off_t)spool_bytes(s);
	spool_close(s);
	damage("0000000001.spool", size - 5, NULL, 0);
	assert_int_equal(spool_open(dir, SPOOL_MIN_BYTES, &s), 0);
	assert_int_equal(spool_records(s), 9);
	assert_int_equal(spool_lost(s), 1);
	append(s, 10, 12, 100);
	expect(s, 0, 9, 100);
	expect(s, 10, 12, 100);
	assert_false(spool_next(s, &m));
	spool_close(s);
}

static void
test_damaged_entry_and_position(void **state)
{
	struct spool *s;

	(void)state;
	assert_int_equal(spool_open(dir, SPOOL_MIN_BYTES, &s), 0);
	append(s, 0, 10, 100);
	expect(s, 0, 2, 100);
	spool_commit(s);
	spool_close(s);
	damage("position", 0, "\xff\xff", 2);
	damage("0000000001.spool", 8 + 100, "?", 1);
	assert_int_equal(spool_open(dir, SPOOL_MIN_BYTES, &s), 0);
	assert_int_equal(spool_records(s), 0);
	assert_int_equal(spool_lost(s), 1);
	append(s, 20, 22, 100);
	expect(s, 20, 22, 100);
	spool_close(s);
}

static void
test_one_user_at_a_time(void **state)
{
	struct spool *s, *other;

	(void)state;
	assert_int_equal(spool_open(dir, SPOOL_MIN_BYTES, &s), 0);
	assert_int_equal(spool_open(dir, SPOOL_MIN_BYTES, &other), -EBUSY);
	spool_close(s);
	assert_int_equal(spool_open("/nonexistent/spool", SPOOL_MIN_BYTES, &other), -ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_first_in_first_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_survives_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_oldest_is_the_victim, setup, teardown),
		cmocka_unit_test_setup_teardown(test_torn_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_entry_and_position, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_user_at_a_time, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
