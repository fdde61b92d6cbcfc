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
#include "dataplane/port/pcapng_secrets.h"

#define LOOK_EVERY_US 5000u
#define CHUNK_BYTES   16384u
#define LOOK_CHUNKS   64u /* of one file, before the next has its turn */

struct file {
	const char *path; /* the caller's */
	bool capture;	  /* of a replay: to be read as pcapng, or not at all */
	int fd;		  /* -1: not open */
	dev_t dev;
	ino_t ino;
	off_t at;
	bool pcapng; /* by its first bytes */
	struct pcapng_secrets blocks;
	struct key_log log;
};

/* In pages of its own: it holds secrets while they are read. */
struct key_feed {
	size_t bytes;
	uint32_t nr_sessions;
	struct key_store *store; /* from the first secret on, or the first file that is none */
	bool follow, started;
	_Atomic bool stop;
	pthread_t thread;
	_Atomic uint64_t nr_lines, nr_unused, nr_malformed;
	unsigned nr;
	uint8_t chunk[CHUNK_BYTES];
	struct file files[];
};

static int
make_store(struct key_feed *f)
{
	int r = f->store != NULL ? 0 : key_store_create(f->nr_sessions, &f->store);

	if (r != 0)
		log_err("tls.keylog_sessions = %" PRIu32 ": no memory for their secrets",
			f->nr_sessions);
	return r;
}

/* Secrets that a capture brings are the first sign of a key log. */
static void
take_line(void *arg, const struct key_log_line *line)
{
	struct key_feed *f = arg;

	if (make_store(f) == 0)
		key_store_add(f->store, line);
}

static void
add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* What a piece of one of them is read by. */
struct reading {
	struct key_feed *feed;
	struct file *file;
};

/* Hands bytes to the file's reader, or its end when there are none. */
static void
read_lines(void *arg, const uint8_t *data, size_t len)
{
	struct key_feed *f = ((struct reading *)arg)->feed;
	struct key_log *log = &((struct reading *)arg)->file->log;

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
open_file(const struct key_feed *f, struct file *file)
{
	struct stat st;

	file->fd = open(file->path, O_RDONLY | O_CLOEXEC | (f->follow ? O_NONBLOCK : 0));
	if (file->fd < 0 || fstat(file->fd, &st) != 0)
		return -errno;
	file->dev = st.st_dev;
	file->ino = st.st_ino;
	file->at = 0;
	file->pcapng = false;
	file->blocks = (struct pcapng_secrets) { 0 };
	key_log_fini(&file->log);
	return 0;
}

/* Has another file taken its name, or was it cut? */
static bool
is_renewed(const struct file *file)
{
	struct stat st;

	return stat(file->path, &st) == 0 && (st.st_dev != file->dev || st.st_ino != file->ino ||
					      (S_ISREG(st.st_mode) && st.st_size < file->at));
}

/* The first byte tells: no key log begins with a line feed and goes on with a carriage return. */
static void
take_bytes(struct key_feed *f, struct file *file, const uint8_t *data, size_t len)
{
	struct reading r = { f, file };

	if (file->at == 0)
		file->pcapng = file->capture || (data[0] == '\n' && (len == 1 || data[1] == '\r'));
	if (file->pcapng)
		pcapng_secrets_push(&file->blocks, data, len, read_lines, &r);
	else
		read_lines(&r, data, len);
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
	take_bytes(f, file, f->chunk, (size_t)n);
	file->at += n;
	explicit_bzero(f->chunk, (size_t)n);
	return !file->blocks.over;
}

static void
look(struct key_feed *f, struct file *file)
{
	int more = 1;

	if (file->fd >= 0 && is_renewed(file))
		close_file(file);
	if (file->fd < 0 && open_file(f, file) != 0)
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

static bool
is_regular(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* All that is there. What a pipe brings is for whoever reads its packets. */
static int
load(struct key_feed *f, struct file *file)
{
	int r;

	if (file->capture && !is_regular(file->path))
		return 0;
	r = open_file(f, file);
	if (r == -ENOENT && f->follow) {
		log_warning("tls.keylog: %s: is not there yet: waiting for it", file->path);
		return 0;
	}
	if (r == 0) {
		do
			r = read_chunk(f, file);
		while (r > 0);
	}
	/* Whoever reads its packets says what is wrong with it. */
	if (file->capture)
		return 0;
	if (r != 0)
		log_err("tls.keylog: %s: %s: must be a key log file that can be read", file->path,
			strerror(-r));
	else if (!f->follow && !file->pcapng)
		read_lines(&(struct reading) { f, file }, NULL, 0);
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

static struct key_feed *
make_feed(unsigned nr)
{
	size_t bytes = sizeof(struct key_feed) + nr * sizeof(struct file);
	struct key_feed *f =
	    mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (f == MAP_FAILED)
		return NULL;
	madvise(f, bytes, MADV_DONTDUMP);
	mlock(f, bytes);
	f->bytes = bytes;
	return f;
}

static void
add_file(struct key_feed *f, const char *path, bool capture)
{
	f->files[f->nr++] = (struct file) { .path = path, .fd = -1, .capture = capture };
}

int
key_feed_create(const struct config *config, const char *const *captures, unsigned nr_captures,
		bool follow_files, struct key_feed **out)
{
	const struct config_texts *logs = &config->tls_keylog;
	struct key_feed *f;
	int r = 0;

	*out = NULL;
	if (logs->nr + nr_captures == 0)
		return 0;
	f = make_feed(logs->nr + nr_captures);
	if (f == NULL)
		return -ENOMEM;
	f->follow = follow_files;
	f->nr_sessions = (uint32_t)config->tls_keylog_sessions;
	for (unsigned i = 0; i < logs->nr; i++)
		add_file(f, logs->text[i], false);
	for (unsigned i = 0; i < nr_captures; i++)
		add_file(f, captures[i], true);
	if (logs->nr != 0)
		r = make_store(f);
	if (r == 0)
		r = start(f);
	if (r != 0 || f->store == NULL) {
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
