#include "dataplane/key_feed.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/log.h"

#define LOOK_EVERY_US 5000u
#define CHUNK_BYTES   16384u
#define LOOK_CHUNKS   64u /* of one file, before the next has its turn */

struct file {
	const char *path; /* the configuration's */
	int fd;		  /* -1: not open */
	dev_t dev;
	ino_t ino;
	off_t at;
	bool told_missing;
	struct key_log log;
};

/* In pages of its own: it holds secrets while they are read. */
struct key_feed {
	size_t bytes;
	struct key_store *store;
	bool follow, started;
	_Atomic bool stop;
	pthread_t thread;
	_Atomic uint64_t nr_lines, nr_unused, nr_malformed;
	unsigned nr;
	uint8_t chunk[CHUNK_BYTES];
	struct file files[];
};

static void
take_line(void *arg, const struct key_log_line *line)
{
	struct key_feed *f = arg;

	key_store_add(f->store, line);
}

static void
add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* Hands bytes to the file's reader, or its end when there are none. */
static void
read_lines(struct key_feed *f, struct file *file, const uint8_t *data, size_t len)
{
	struct key_log *log = &file->log;

	if (len != 0)
		key_log_push(log, data, len, take_line, f);
	else
		key_log_end(log, take_line, f);
	add(&f->nr_lines, log->nr_lines);
	add(&f->nr_unused, log->nr_unused);
	add(&f->nr_malformed, log->nr_malformed);
	log->nr_lines = log->nr_unused = log->nr_malformed = 0;
}

static void
close_file(struct file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

/* Opens it, from its beginning. 0, or negative errno. */
static int
open_file(struct file *file)
{
	struct stat st;

	file->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file->fd < 0 || fstat(file->fd, &st) != 0)
		return -errno;
	file->dev = st.st_dev;
	file->ino = st.st_ino;
	file->at = 0;
	key_log_fini(&file->log);
	return 0;
}

/* Has another file taken its name, or was it cut? */
static bool
is_renewed(const struct file *file)
{
	struct stat st;

	return stat(file->path, &st) == 0 &&
	       (st.st_dev != file->dev || st.st_ino != file->ino || st.st_size < file->at);
}

/* What has been added since the last look. 0 at its end, 1 for more, or negative errno. */
static int
read_chunk(struct key_feed *f, struct file *file)
{
	ssize_t n = read(file->fd, f->chunk, sizeof(f->chunk));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return 0;
	read_lines(f, file, f->chunk, (size_t)n);
	file->at += n;
	explicit_bzero(f->chunk, (size_t)n);
	return 1;
}

static void
look(struct key_feed *f, struct file *file)
{
	int more = 1;

	if (file->fd >= 0 && is_renewed(file))
		close_file(file);
	if (file->fd < 0 && open_file(file) != 0)
		return;
	for (unsigned i = 0; more > 0 && i < LOOK_CHUNKS; i++)
		more = read_chunk(f, file);
	if (more < 0)
		close_file(file);
}

static void *
follow(void *arg)
{
	struct key_feed *f = arg;

	while (!atomic_load_explicit(&f->stop, memory_order_relaxed)) {
		for (unsigned i = 0; i < f->nr; i++)
			look(f, &f->files[i]);
		usleep(LOOK_EVERY_US);
	}
	return NULL;
}

/* All that is there. */
static int
load(struct key_feed *f, struct file *file)
{
	int r = open_file(file);

	if (r == -ENOENT && f->follow) {
		log_warning("tls.keylog: %s: is not there yet: waiting for it", file->path);
		return 0;
	}
	while (r == 0) {
		r = read_chunk(f, file);
		if (r == 0)
			break;
		r = r < 0 ? r : 0;
	}
	if (r != 0)
		log_err("tls.keylog: %s: %s: must be a key log file that can be read", file->path,
			strerror(-r));
	else if (!f->follow)
		read_lines(f, file, NULL, 0);
	return r;
}

static int
start(struct key_feed *f)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < f->nr; i++)
		r = load(f, &f->files[i]);
	if (r != 0 || !f->follow)
		return r;
	r = -pthread_create(&f->thread, NULL, follow, f);
	f->started = r == 0;
	if (r != 0)
		log_err("tls.keylog: no thread to follow it: %s", strerror(-r));
	return r;
}

static void
tell(const struct key_feed *f)
{
	struct key_store_counters c;

	key_store_counters(f->store, &c);
	log_notice("tls.keylog: secrets of %" PRIu64 " sessions read", c.sessions);
	if (f->follow && !c.locked)
		log_warning("tls.keylog_sessions: the %" PRIu64 " bytes of secrets are not locked "
			    "in memory: must be allowed (LimitMEMLOCK=infinity) to keep them out "
			    "of swap space",
			    c.bytes);
}

int
key_feed_create(const struct config *config, bool follow_files, struct key_feed **out)
{
	unsigned nr = config->tls_keylog.nr;
	size_t bytes = sizeof(struct key_feed) + nr * sizeof(struct file);
	struct key_feed *f;
	int r;

	*out = NULL;
	if (nr == 0)
		return 0;
	f = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (f == MAP_FAILED)
		return -ENOMEM;
	madvise(f, bytes, MADV_DONTDUMP);
	mlock(f, bytes);
	f->bytes = bytes;
	f->nr = nr;
	f->follow = follow_files;
	for (unsigned i = 0; i < nr; i++) {
		f->files[i].path = config->tls_keylog.text[i];
		f->files[i].fd = -1;
	}
	r = key_store_create((uint32_t)config->tls_keylog_sessions, &f->store);
	if (r != 0)
		log_err("tls.keylog_sessions = %" PRIu64 ": no memory for their secrets",
			config->tls_keylog_sessions);
	if (r == 0)
		r = start(f);
	if (r != 0) {
		key_feed_destroy(f);
		return r;
	}
	tell(f);
	*out = f;
	return 0;
}

void
key_feed_destroy(struct key_feed *f)
{
	size_t bytes;

	if (f == NULL)
		return;
	if (f->started) {
		atomic_store_explicit(&f->stop, true, memory_order_relaxed);
		pthread_join(f->thread, NULL);
	}
	for (unsigned i = 0; i < f->nr; i++)
		close_file(&f->files[i]);
	key_store_destroy(f->store);
	bytes = f->bytes;
	explicit_bzero(f, bytes);
	munmap(f, bytes);
}

const struct key_store *
key_feed_store(const struct key_feed *f)
{
	return f == NULL ? NULL : f->store;
}

static uint64_t
get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void
key_feed_put_counters(const struct key_feed *f, counter_put_fn *put, void *arg)
{
	struct key_store_counters c;

	if (f == NULL)
		return;
	key_store_counters(f->store, &c);
	put(arg, "keylog_lines", get(&f->nr_lines));
	put(arg, "keylog_unused", get(&f->nr_unused));
	put(arg, "keylog_malformed", get(&f->nr_malformed));
	put(arg, "keylog_sessions", c.sessions);
	put(arg, "keylog_evicted", c.evicted);
}
