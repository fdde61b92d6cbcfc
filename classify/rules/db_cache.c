/*
 * What was used last is told by the time of a file's content, which a load sets anew: that of its
 * reading may be off (noatime). A file is read whole through its descriptor, so that another weir
 * may remove it meanwhile; two that remove at once find some files gone, and that is all.
 */
#include "classify/rules/db_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES  4096
#define PREFIX	    "rules-"
#define HEX	    "0123456789abcdef"
#define HEX_DIGITS  32
#define NAME_LEN    (sizeof(PREFIX) - 1 + HEX_DIGITS)
#define ASIDE	    ".XXXXXX" /* of mkstemp */
#define ASIDE_MAX_S 3600      /* then nobody is writing it any more */

/* Ours alone, or it is not used. */
static int
folder_is_safe(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & 022) == 0;
}

static int
folder_of(char *path, size_t cap)
{
	const char *given = getenv("CACHE_DIRECTORY"), *xdg = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	if (given != NULL && given[0] == '/') {
		snprintf(path, cap, "%.*s", (int)strcspn(given, ":"), given);
	} else if (xdg != NULL && xdg[0] == '/') {
		snprintf(path, cap, "%s/weir", xdg);
	} else if (home != NULL && home[0] == '/') {
		snprintf(path, cap, "%s/.cache", home);
		mkdir(path, 0700);
		snprintf(path, cap, "%s/.cache/weir", home);
	} else {
		return 0;
	}
	mkdir(path, 0700);
	return folder_is_safe(path);
}

/* Written aside, and left by somebody who was ended before it was moved into place. */
static int
is_aside(const char *name)
{
	return name[NAME_LEN] == '.';
}

/* No other name is one of ours, and the folder may be shared. */
static int
is_name(const struct dirent *entry)
{
	const char *name = entry->d_name;
	size_t len = strlen(name);

	return strncmp(name, PREFIX, sizeof(PREFIX) - 1) == 0 &&
	       strspn(name + sizeof(PREFIX) - 1, HEX) == HEX_DIGITS &&
	       (len == NAME_LEN || (len == NAME_LEN + sizeof(ASIDE) - 1 && is_aside(name)));
}

static int
path_of(const uint8_t key[16], char *path, size_t cap)
{
	size_t at;

	if (!folder_of(path, cap))
		return 0;
	at = strlen(path);
	if (cap - at < 64)
		return 0;
	at += (size_t)snprintf(path + at, cap - at, "/" PREFIX);
	for (unsigned i = 0; i < 16; i++)
		at += (size_t)snprintf(path + at, cap - at, "%02x", key[i]);
	return 1;
}

void *
db_cache_load(const uint8_t key[16], size_t *len)
{
	char path[PATH_BYTES];
	void *data = NULL;
	struct stat st;
	FILE *f;

	if (!path_of(key, path, sizeof(path)))
		return NULL;
	f = fopen(path, "rbe");
	if (f == NULL)
		return NULL;
	if (fstat(fileno(f), &st) == 0 && st.st_uid == geteuid() && st.st_size > 0 &&
	    st.st_size <= DB_CACHE_BYTES) {
		futimens(fileno(f), NULL);
		*len = (size_t)st.st_size;
		data = malloc(*len);
		if (data != NULL && fread(data, 1, *len, f) != *len) {
			free(data);
			data = NULL;
		}
	}
	fclose(f);
	return data;
}

struct kept {
	const char *name;
	int written; /* just now: it stays, also when the clock was set back */
	struct timespec used;
	off_t bytes;
};

static int
before(const struct kept *a, const struct kept *b)
{
	if (a->written != b->written)
		return a->written;
	return a->used.tv_sec != b->used.tv_sec ? a->used.tv_sec > b->used.tv_sec
						: a->used.tv_nsec > b->used.tv_nsec;
}

static int
by_use(const void *left, const void *right)
{
	return before(right, left) - before(left, right);
}

/* Of the nr entries those that are files of ours: the one just written, then by their last use. */
static size_t
look_at(int folder, const char *written, struct dirent **entries, size_t nr, struct kept *kept)
{
	size_t found = 0;

	for (size_t i = 0; i < nr; i++) {
		const char *name = entries[i]->d_name;
		struct stat st;

		if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) ||
		    st.st_uid != geteuid())
			continue;
		kept[found++] = (struct kept) { .name = name,
						.written = strcmp(name, written) == 0,
						.used = st.st_mtim,
						.bytes = st.st_size };
	}
	qsort(kept, found, sizeof(*kept), by_use);
	return found;
}

/* What is beyond the bounds, and what was left aside an hour before the last use of any. */
static void
remove_unused(int folder, const struct kept *kept, size_t nr)
{
	off_t bytes = 0;
	size_t files = 0;

	for (size_t i = 0; i < nr; i++) {
		int aside = is_aside(kept[i].name);

		if (aside && kept[0].used.tv_sec - kept[i].used.tv_sec < ASIDE_MAX_S)
			continue;
		if (!aside) {
			files++;
			bytes += kept[i].bytes;
		}
		if (aside || files > DB_CACHE_FILES || bytes > DB_CACHE_BYTES)
			unlinkat(folder, kept[i].name, 0);
	}
}

static void
keep_bounded(const char *path, const char *written)
{
	struct dirent **entries = NULL;
	struct kept *kept;
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), nr;

	if (folder < 0)
		return;
	nr = scandirat(folder, ".", &entries, is_name, NULL);
	kept = nr > 0 ? malloc((size_t)nr * sizeof(*kept)) : NULL;
	if (kept != NULL)
		remove_unused(folder, kept, look_at(folder, written, entries, (size_t)nr, kept));
	free(kept);
	while (nr > 0)
		free(entries[--nr]);
	free(entries);
	close(folder);
}

/* Written aside and moved into place, so that nobody reads half a file. */
void
db_cache_store(const uint8_t key[16], const void *data, size_t len)
{
	char path[PATH_BYTES], aside[PATH_BYTES + 16];
	int fd;

	if (len > DB_CACHE_BYTES || !path_of(key, path, sizeof(path)))
		return;
	snprintf(aside, sizeof(aside), "%s" ASIDE, path);
	fd = mkstemp(aside);
	if (fd < 0)
		return;
	if (write(fd, data, len) != (ssize_t)len || rename(aside, path) != 0)
		unlink(aside);
	close(fd);
	path[strlen(path) - NAME_LEN - 1] = '\0';
	keep_bounded(path, path + strlen(path) + 1);
}
