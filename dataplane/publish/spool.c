#include "dataplane/publish/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "dataplane/log.h"
#include "dataplane/publish/encode.h"

/* What stands before every entry; the CRC is of the len bytes behind it. */
struct entry_head {
	uint32_t len, crc;
};

/* How those bytes begin; key and JSON follow. */
struct entry_body {
	uint64_t time_us;
	uint32_t json_len;
	uint16_t key_len;
	uint16_t type;
	char event_id[SINK_ID_DIGITS];
};

#define KEY_MAX	      4096u
#define ENTRY_MAX     (sizeof(struct entry_body) + KEY_MAX + ENCODE_MAX_BYTES)
#define SEGMENTS_MAX  64u
#define SEGMENT_PARTS 16u

struct segment {
	uint64_t number;
	uint64_t size, entries;
};

/* A place to read from: the segment is segments[0] or a later one. */
struct place {
	uint64_t number, offset;
	uint64_t entry; /* ordinal in its segment */
};

struct position_file {
	uint64_t number, offset;
	uint32_t crc, unused;
};

struct spool {
	int dir_fd, lock_fd, position_fd;
	int write_fd; /* of the last segment, or -1 */
	int read_fd;  /* of segment read_number, or -1 */
	uint64_t read_number;
	uint64_t max_bytes, segment_bytes;
	struct segment segments[SEGMENTS_MAX]; /* oldest first */
	unsigned nr;
	uint64_t next_number;
	struct place committed, read;
	uint64_t bytes, lost;
	uint8_t entry[sizeof(struct entry_head) + ENTRY_MAX];
};

static void
segment_name(uint64_t number, char name[32])
{
	snprintf(name, 32, "%010" PRIu64 ".spool", number);
}

static int
open_segment(const struct spool *s, uint64_t number, int flags)
{
	char name[32];

	segment_name(number, name);
	return openat(s->dir_fd, name, flags | O_CLOEXEC, 0600);
}

/* Reads and checks the entry at offset into s->entry: its whole length, or 0. */
static size_t
read_entry(struct spool *s, int fd, uint64_t offset)
{
	struct entry_head head;
	struct entry_body body;
	uint8_t *rest = s->entry + sizeof(head);

	if (pread(fd, &head, sizeof(head), (off_t)offset) != (ssize_t)sizeof(head))
		return 0;
	if (head.len < sizeof(body) || head.len > ENTRY_MAX)
		return 0;
	if (pread(fd, rest, head.len, (off_t)(offset + sizeof(head))) != (ssize_t)head.len)
		return 0;
	if (crc32(0, rest, head.len) != head.crc)
		return 0;
	memcpy(&body, rest, sizeof(body));
	if (body.type >= NR_RECORD_TYPES || body.key_len > head.len - sizeof(body) ||
	    body.json_len != head.len - sizeof(body) - body.key_len)
		return 0;
	return sizeof(head) + head.len;
}

/* Forgets segment 0 and removes its file. */
static void
remove_oldest(struct spool *s)
{
	char name[32];

	if (s->nr == 1 && s->write_fd >= 0) {
		close(s->write_fd);
		s->write_fd = -1;
	}
	if (s->read_fd >= 0 && s->read_number == s->segments[0].number) {
		close(s->read_fd);
		s->read_fd = -1;
	}
	segment_name(s->segments[0].number, name);
	unlinkat(s->dir_fd, name, 0);
	s->bytes -= s->segments[0].size;
	s->nr--;
	memmove(s->segments, s->segments + 1, s->nr * sizeof(s->segments[0]));
}

/* Where reading starts when it was in no segment that is still there. */
static struct place
beginning(const struct spool *s)
{
	return (struct place) { .number = s->nr != 0 ? s->segments[0].number : s->next_number };
}

/* The oldest segment makes room: what of it was not committed is lost. */
static void
evict_oldest(struct spool *s)
{
	uint64_t number = s->segments[0].number;
	uint64_t done = s->committed.number == number ? s->committed.entry : 0;

	s->lost += s->segments[0].entries - done;
	remove_oldest(s);
	if (s->committed.number <= number)
		s->committed = beginning(s);
	if (s->read.number <= number)
		s->read = beginning(s);
}

static void
save_position(struct spool *s)
{
	struct position_file p = { .number = s->committed.number, .offset = s->committed.offset };

	p.crc = (uint32_t)crc32(0, (const uint8_t *)&p, 16);
	if (pwrite(s->position_fd, &p, sizeof(p), 0) != (ssize_t)sizeof(p))
		log_warning("spool: position not written: %s: records will be sent again after a "
			    "restart",
			    strerror(errno));
}

/* Walks one segment found at start: counts its entries, cuts off what is damaged. */
static int
scan_segment(struct spool *s, struct segment *g, uint64_t committed_offset)
{
	int fd = open_segment(s, g->number, O_RDWR);
	struct stat st;
	size_t len;

	if (fd < 0 || fstat(fd, &st) != 0) {
		if (fd >= 0)
			close(fd);
		return -errno;
	}
	while ((uint64_t)st.st_size > g->size && (len = read_entry(s, fd, g->size)) != 0) {
		g->size += len;
		g->entries++;
		if (g->number == s->committed.number && g->size <= committed_offset) {
			s->committed.offset = g->size;
			s->committed.entry = g->entries;
		}
	}
	if ((uint64_t)st.st_size > g->size) {
		s->lost++;
		log_warning("spool: segment %" PRIu64 ": damaged behind byte %" PRIu64
			    ": the rest of it is lost",
			    g->number, g->size);
		if (ftruncate(fd, (off_t)g->size) != 0)
			log_warning("spool: segment %" PRIu64 ": %s", g->number, strerror(errno));
	}
	close(fd);
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* Lists the segments; more than can be remembered is an error, for they would be overlooked. */
static int
list_segments(struct spool *s)
{
	DIR *dir = fdopendir(dup(s->dir_fd));
	struct dirent *entry;
	int r = 0;

	if (dir == NULL)
		return -errno;
	while (r == 0 && (entry = readdir(dir)) != NULL) {
		uint64_t number;
		int end = 0;

		if (sscanf(entry->d_name, "%10" SCNu64 ".spool%n", &number, &end) != 1 ||
		    end == 0 || entry->d_name[end] != '\0')
			continue;
		if (s->nr == SEGMENTS_MAX)
			r = -E2BIG;
		else
			s->segments[s->nr++] = (struct segment) { .number = number };
	}
	closedir(dir);
	qsort(s->segments, s->nr, sizeof(s->segments[0]), by_number);
	return r;
}

static uint64_t
load_position(struct spool *s)
{
	struct position_file p;

	if (pread(s->position_fd, &p, sizeof(p), 0) != (ssize_t)sizeof(p) ||
	    p.crc != (uint32_t)crc32(0, (const uint8_t *)&p, 16))
		return 0;
	s->committed.number = p.number;
	return p.offset;
}

static int
recover(struct spool *s)
{
	uint64_t offset = load_position(s);
	int r = list_segments(s);

	for (unsigned i = 0; r == 0 && i < s->nr; i++) {
		r = scan_segment(s, &s->segments[i], offset);
		s->bytes += s->segments[i].size;
		s->next_number = s->segments[i].number + 1;
	}
	if (s->next_number <= s->committed.number)
		s->next_number = s->committed.number + 1;
	while (s->nr != 0 && s->segments[0].number < s->committed.number)
		remove_oldest(s);
	if (s->nr == 0 || s->segments[0].number != s->committed.number)
		s->committed = beginning(s);
	s->read = s->committed;
	return r;
}

static int
open_folder(struct spool *s, const char *dir)
{
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return -errno;
	s->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0)
		return -errno;
	s->lock_fd = openat(s->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0)
		return -errno;
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	s->position_fd = openat(s->dir_fd, "position", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return s->position_fd < 0 ? -errno : 0;
}

int
spool_open(const char *dir, uint64_t max_bytes, struct spool **out)
{
	struct spool *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return -ENOMEM;
	s->dir_fd = s->lock_fd = s->position_fd = s->write_fd = s->read_fd = -1;
	s->max_bytes = max_bytes < SPOOL_MIN_BYTES ? SPOOL_MIN_BYTES : max_bytes;
	s->segment_bytes = s->max_bytes / SEGMENT_PARTS;
	s->next_number = 1;
	r = open_folder(s, dir);
	if (r == 0)
		r = recover(s);
	if (r != 0) {
		log_err("spool.dir = \"%s\": %s: must be a folder that weir alone can write", dir,
			r == -EBUSY ? "in use by another process" : strerror(-r));
		spool_close(s);
		return r;
	}
	while (s->nr > 1 && s->bytes > s->max_bytes)
		evict_oldest(s);
	*out = s;
	return 0;
}

static void
close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
spool_close(struct spool *s)
{
	if (s == NULL)
		return;
	if (s->write_fd >= 0)
		fdatasync(s->write_fd);
	close_fd(s->write_fd);
	close_fd(s->read_fd);
	close_fd(s->position_fd);
	close_fd(s->lock_fd);
	close_fd(s->dir_fd);
	free(s);
}

/* A new last segment. The full one is made sure of first. */
static int
begin_segment(struct spool *s)
{
	struct segment *g;

	if (s->write_fd >= 0) {
		fdatasync(s->write_fd);
		close(s->write_fd);
		s->write_fd = -1;
	}
	while (s->nr == SEGMENTS_MAX)
		evict_oldest(s);
	s->write_fd = open_segment(s, s->next_number, O_WRONLY | O_CREAT | O_EXCL);
	if (s->write_fd < 0)
		return -errno;
	g = &s->segments[s->nr++];
	*g = (struct segment) { .number = s->next_number++ };
	if (s->nr == 1)
		s->committed = s->read = beginning(s);
	return 0;
}

static size_t
build_entry(struct spool *s, const struct sink_message *m)
{
	struct entry_body body = {
		.time_us = m->time_us,
		.json_len = (uint32_t)m->len,
		.key_len = (uint16_t)m->key_len,
		.type = (uint16_t)m->type,
	};
	struct entry_head head = { .len = (uint32_t)(sizeof(body) + m->key_len + m->len) };
	uint8_t *p = s->entry + sizeof(head);

	memcpy(body.event_id, m->event_id, SINK_ID_DIGITS);
	memcpy(p, &body, sizeof(body));
	memcpy(p + sizeof(body), m->key, m->key_len);
	memcpy(p + sizeof(body) + m->key_len, m->json, m->len);
	head.crc = (uint32_t)crc32(0, p, head.len);
	memcpy(s->entry, &head, sizeof(head));
	return sizeof(head) + head.len;
}

/* A part of an entry must not stay: what is written behind it would be lost with it. */
static int
write_entry(struct spool *s, struct segment *g, size_t len)
{
	ssize_t n = pwrite(s->write_fd, s->entry, len, (off_t)g->size);
	int r = n < 0 ? -errno : -ENOSPC;

	if (n == (ssize_t)len)
		return 0;
	if (ftruncate(s->write_fd, (off_t)g->size) != 0)
		r = -errno;
	return r;
}

int
spool_append(struct spool *s, const struct sink_message *m)
{
	struct segment *g;
	size_t len;
	int r = 0;

	if (m->key_len > KEY_MAX || m->len > ENCODE_MAX_BYTES) {
		s->lost++;
		return -EMSGSIZE;
	}
	len = sizeof(struct entry_head) + sizeof(struct entry_body) + m->key_len + m->len;
	while (s->nr != 0 && len > s->max_bytes - s->bytes)
		evict_oldest(s);
	if (s->write_fd < 0 || s->segments[s->nr - 1].size + len > s->segment_bytes)
		r = begin_segment(s);
	if (r == 0) {
		g = &s->segments[s->nr - 1];
		r = write_entry(s, g, build_entry(s, m));
	}
	if (r != 0) {
		s->lost++;
		return r;
	}
	g->size += len;
	g->entries++;
	s->bytes += len;
	return 0;
}

static const struct segment *
find_segment(const struct spool *s, uint64_t number)
{
	for (unsigned i = 0; i < s->nr; i++) {
		if (s->segments[i].number == number)
			return &s->segments[i];
	}
	return NULL;
}

/* The segment in which there is something to read, moving on to the next; NULL: none. */
static const struct segment *
readable_segment(struct spool *s)
{
	const struct segment *g = find_segment(s, s->read.number);

	while (g != NULL && s->read.offset >= g->size) {
		const struct segment *next = g + 1;

		if (next == s->segments + s->nr)
			return NULL;
		g = next;
		s->read = (struct place) { .number = g->number };
	}
	return g;
}

static void
message_of(const struct spool *s, struct sink_message *m)
{
	struct entry_body body;
	const char *p = (const char *)s->entry + sizeof(struct entry_head);

	memcpy(&body, p, sizeof(body));
	*m = (struct sink_message) {
		.type = (enum record_type)body.type,
		.key = p + sizeof(body),
		.key_len = body.key_len,
		.json = p + sizeof(body) + body.key_len,
		.len = body.json_len,
		.time_us = body.time_us,
		.event_id = p + offsetof(struct entry_body, event_id),
	};
}

bool
spool_next(struct spool *s, struct sink_message *m)
{
	const struct segment *g = readable_segment(s);
	size_t len;

	if (g == NULL)
		return false;
	if (s->read_fd < 0 || s->read_number != g->number) {
		close_fd(s->read_fd);
		s->read_fd = open_segment(s, g->number, O_RDONLY);
		s->read_number = g->number;
	}
	len = s->read_fd < 0 ? 0 : read_entry(s, s->read_fd, s->read.offset);
	if (len == 0) {
		/* Damaged since it was written: the rest of the segment goes. */
		s->lost += g->entries - s->read.entry;
		s->read.offset = g->size;
		s->read.entry = g->entries;
		return spool_next(s, m);
	}
	s->read.offset += len;
	s->read.entry++;
	message_of(s, m);
	return true;
}

void
spool_commit(struct spool *s)
{
	s->committed = s->read;
	while (s->nr != 0 && s->segments[0].number < s->committed.number)
		remove_oldest(s);
	if (s->nr == 1 && s->segments[0].number == s->committed.number &&
	    s->committed.offset == s->segments[0].size) {
		remove_oldest(s);
		s->committed = s->read = beginning(s);
	}
	save_position(s);
}

void
spool_rewind(struct spool *s)
{
	s->read = s->committed;
}

uint64_t
spool_records(const struct spool *s)
{
	uint64_t nr = 0;

	for (unsigned i = 0; i < s->nr; i++)
		nr += s->segments[i].entries;
	if (s->nr != 0 && s->segments[0].number == s->committed.number)
		nr -= s->committed.entry;
	return nr;
}

uint64_t
spool_bytes(const struct spool *s)
{
	return s->bytes;
}

uint64_t
spool_lost(const struct spool *s)
{
	return s->lost;
}
