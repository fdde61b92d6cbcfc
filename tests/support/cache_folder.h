/* An empty folder for compiled rules, the cache of a test and of nothing else. */
#ifndef WEIR_TEST_CACHE_FOLDER_H
#define WEIR_TEST_CACHE_FOLDER_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/unit.h"

static char cache_folder[32];

static int
cache_folder_make(void **state)
{
	(void)state;
	snprintf(cache_folder, sizeof(cache_folder), "/tmp/weir_cache_XXXXXX");
	assert_non_null(mkdtemp(cache_folder));
	return setenv("CACHE_DIRECTORY", cache_folder, 1);
}

static int
cache_folder_remove(void **state)
{
	DIR *d = opendir(cache_folder);

	(void)state;
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
		unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	return rmdir(cache_folder);
}

#define CACHE_FOLDER_TEST(f) \
	cmocka_unit_test_setup_teardown(f, cache_folder_make, cache_folder_remove)

#endif
