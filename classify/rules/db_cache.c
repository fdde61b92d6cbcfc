#include "classify/rules/db_cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define MAX_BYTES  (256u << 20)

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

static int
path_of(const uint8_t key[16], char *path, size_t cap)
{
	size_t at;

	if (!folder_of(path, cap))
		return 0;
	at = strlen(path);
	if (cap - at < 64)
		return 0;
	at += (size_t)snprintf(path + at, cap - at, "/rules-");
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
	    st.st_size <= MAX_BYTES) {
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

/* Written aside and moved into place, so that nobody reads half a file. */
void
db_cache_store(const uint8_t key[16], const void *data, size_t len)
{
	char path[PATH_BYTES], aside[PATH_BYTES + 16];
	int fd;

	if (!path_of(key, path, sizeof(path)))
		return;
	snprintf(aside, sizeof(aside), "%s.XXXXXX", path);
	fd = mkstemp(aside);
	if (fd < 0)
		return;
	if (write(fd, data, len) != (ssize_t)len || rename(aside, path) != 0)
		unlink(aside);
	close(fd);
}
