#include "dataplane/machine_files.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
machine_path(const char *root, char path[MACHINE_PATH_BYTES], const char *format, ...)
{
	size_t at = (size_t)snprintf(path, MACHINE_PATH_BYTES, "%s", root);
	va_list va;

	va_start(va, format);
	if (at < MACHINE_PATH_BYTES)
		vsnprintf(path + at, MACHINE_PATH_BYTES - at, format, va);
	va_end(va);
}

bool
machine_line(const char *root, char *line, size_t cap, const char *format, ...)
{
	char name[MACHINE_PATH_BYTES], path[MACHINE_PATH_BYTES];
	va_list va;
	bool ok;
	FILE *f;

	va_start(va, format);
	vsnprintf(name, sizeof(name), format, va);
	va_end(va);
	machine_path(root, path, "%s", name);
	line[0] = '\0';
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	ok = fgets(line, (int)cap, f) != NULL;
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	return ok;
}

unsigned
machine_count(const char *root, const char *folder, const char *prefix)
{
	const struct dirent *e;
	char path[MACHINE_PATH_BYTES];
	unsigned nr = 0;
	DIR *dir;

	machine_path(root, path, "%s", folder);
	dir = opendir(path);
	if (dir == NULL)
		return 0;
	while ((e = readdir(dir)) != NULL)
		nr += e->d_name[0] != '.' && strncmp(e->d_name, prefix, strlen(prefix)) == 0;
	closedir(dir);
	return nr;
}

long
machine_key(const char *root, const char *file, const char *key)
{
	char path[MACHINE_PATH_BYTES], line[256];
	size_t len = strlen(key);
	long value = -1;
	FILE *f;

	machine_path(root, path, "%s", file);
	f = fopen(path, "re");
	if (f == NULL)
		return -1;
	while (value < 0 && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, key, len) == 0 && line[len] == ':')
			value = strtol(line + len + 1, NULL, 10);
	}
	fclose(f);
	return value;
}

bool
machine_link(const char *root, char out[128], const char *format, ...)
{
	char name[MACHINE_PATH_BYTES], path[MACHINE_PATH_BYTES], target[MACHINE_PATH_BYTES];
	const char *slash;
	va_list va;
	ssize_t len;

	va_start(va, format);
	vsnprintf(name, sizeof(name), format, va);
	va_end(va);
	machine_path(root, path, "%s", name);
	len = readlink(path, target, sizeof(target) - 1);
	if (len <= 0)
		return false;
	target[len] = '\0';
	slash = strrchr(target, '/');
	snprintf(out, 128, "%.127s", slash != NULL ? slash + 1 : target);
	return true;
}

long
machine_free_hugepages_mb(const char *root, const char *folder)
{
	const struct dirent *e;
	char path[MACHINE_PATH_BYTES];
	long sum = 0;
	DIR *dir;

	machine_path(root, path, "%s", folder);
	dir = opendir(path);
	if (dir == NULL)
		return -1;
	while ((e = readdir(dir)) != NULL) {
		char line[32];
		long kb;

		if (sscanf(e->d_name, "hugepages-%ldkB", &kb) == 1 &&
		    machine_line(root, line, sizeof(line), "%s/%s/free_hugepages", folder,
				 e->d_name))
			sum += strtol(line, NULL, 10) * kb / 1024;
	}
	closedir(dir);
	return sum;
}
