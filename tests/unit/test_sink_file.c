#include "tests/support/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "dataplane/publish/sink_file.h"

static const struct sink_message line = { .type = RECORD_HTTP, .json = "{\"a\":1}\n", .len = 8 };

static void
test_writes_and_appends(void **state)
{
	char path[64], text[64] = "";
	struct sink_stats stats;
	struct sink *s;
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/test_sink_file.%d", (int)getpid());
	for (int run = 0; run < 3; run++) {
		/* emptied, emptied, appended to */
		assert_int_equal(sink_file_create(path, run == 2, &s), 0);
		assert_int_equal(s->ops->write(s, &line), SINK_OK);
		s->ops->stats(s, &stats);
		assert_int_equal(stats.queued, 1);
		assert_int_equal(s->ops->flush(s), 0);
		s->ops->stats(s, &stats);
		assert_int_equal(stats.delivered, 1);
		s->ops->close(s);
	}
	fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, text, sizeof(text)), 16);
	assert_string_equal(text, "{\"a\":1}\n{\"a\":1}\n");
	close(fd);
	unlink(path);
}

static void
test_disk_full(void **state)
{
	struct sink_stats stats;
	struct sink *s;

	(void)state;
	if (access("/dev/full", W_OK) != 0)
		skip();
	assert_int_equal(sink_file_create("/dev/full", true, &s), 0);
	assert_int_equal(s->ops->write(s, &line), SINK_OK);
	assert_int_equal(s->ops->flush(s), -EIO);
	assert_int_equal(s->ops->write(s, &line), SINK_FAILED);
	s->ops->stats(s, &stats);
	assert_int_equal(stats.lost, 2);
	s->ops->close(s);
}

/* A reader that has gone fails the sink; it does not end the process. */
static void
test_reader_gone(void **state)
{
	char path[64];
	struct sink *s;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
	assert_int_equal(sink_file_create(path, true, &s), 0);
	assert_int_equal(s->ops->write(s, &line), SINK_OK);
	assert_int_equal(s->ops->flush(s), 0);
	close(ends[0]);
	assert_int_equal(s->ops->write(s, &line), SINK_OK);
	assert_int_equal(s->ops->flush(s), -EIO);
	s->ops->close(s);
	close(ends[1]);
}

static void
test_cannot_open(void **state)
{
	struct sink *s;

	(void)state;
	assert_int_equal(sink_file_create("/nonexistent/file", false, &s), -ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes_and_appends),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_reader_gone),
		cmocka_unit_test(test_cannot_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
