#include "dataplane/publish/sink_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/log.h"

#define BUFFER_BYTES (256u * 1024)

struct sink_file {
	struct sink sink;
	int fd;
	bool failed;
	size_t len; /* in buffer */
	uint64_t nr_buffered, nr_delivered, nr_lost;
	char name[256]; /* for messages */
	char buffer[BUFFER_BYTES];
};

static struct sink_file *
of(struct sink *s)
{
	return (struct sink_file *)s;
}

static int
write_all(struct sink_file *f)
{
	size_t done = 0;

	while (done < f->len) {
		ssize_t n = write(f->fd, f->buffer + done, f->len - done);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			return n == 0 ? -EIO : -errno;
	}
	return 0;
}

/* Empties the buffer. The first failure is logged; afterwards everything is lost. */
static int
drain(struct sink_file *f)
{
	int r = f->failed ? -EIO : write_all(f);

	if (r != 0 && !f->failed) {
		log_err("output: %s: %s: records are lost from here on", f->name,
			r == -EPIPE ? "the reader has gone" : strerror(-r));
		f->failed = true;
	}
	if (r == 0)
		f->nr_delivered += f->nr_buffered;
	else
		f->nr_lost += f->nr_buffered;
	f->len = 0;
	f->nr_buffered = 0;
	return r == 0 ? 0 : -EIO;
}

static enum sink_result
file_write(struct sink *s, const struct sink_message *m)
{
	struct sink_file *f = of(s);

	if (m->len > BUFFER_BYTES - f->len)
		drain(f);
	if (f->failed) {
		f->nr_lost++;
		return SINK_FAILED;
	}
	memcpy(f->buffer + f->len, m->json, m->len);
	f->len += m->len;
	f->nr_buffered++;
	return SINK_OK;
}

/* Called when there is nothing else to do: a reader should not wait for a full buffer. */
static void
file_poll(struct sink *s, int timeout_ms)
{
	(void)timeout_ms;
	drain(of(s));
}

static int
file_flush(struct sink *s)
{
	return drain(of(s));
}

static void
file_stats(const struct sink *s, struct sink_stats *stats)
{
	const struct sink_file *f = (const struct sink_file *)s;

	*stats = (struct sink_stats) { .queued = f->nr_buffered,
				       .delivered = f->nr_delivered,
				       .lost = f->nr_lost };
}

static void
file_close(struct sink *s)
{
	struct sink_file *f = of(s);

	drain(f);
	if (f->fd != STDOUT_FILENO)
		close(f->fd);
	free(f);
}

static const struct sink_ops file_ops = {
	.write = file_write,
	.poll = file_poll,
	.flush = file_flush,
	.stats = file_stats,
	.close = file_close,
};

int
sink_file_create(const char *path, bool append, struct sink **out)
{
	struct sink_file *f = calloc(1, sizeof(*f));
	bool standard = strcmp(path, "-") == 0;

	if (f == NULL)
		return -ENOMEM;
	f->sink.ops = &file_ops;
	f->fd = STDOUT_FILENO;
	strncpy(f->name, standard ? "standard output" : path, sizeof(f->name) - 1);
	if (!standard)
		f->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC),
			     0640);
	if (f->fd < 0) {
		int r = -errno;

		log_err("output: %s: %s: must be -, kafka, or a file that can be written", path,
			strerror(-r));
		free(f);
		return r;
	}
	signal(SIGPIPE, SIG_IGN);
	*out = &f->sink;
	return 0;
}
