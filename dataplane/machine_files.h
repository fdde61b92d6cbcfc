/*
 * Reading what a machine says of itself in /proc, /sys and /dev, below a root folder: "" for this
 * machine, another one is a machine's copy. What is not there is no error; each function says what
 * it gives then. No root needed, nothing is changed.
 */
#ifndef WEIR_MACHINE_FILES_H
#define WEIR_MACHINE_FILES_H

#include <stdbool.h>
#include <stddef.h>

#define MACHINE_PATH_BYTES 512

/* A file's path below the root. */
__attribute__((format(printf, 3, 4))) void
machine_path(const char *root, char path[MACHINE_PATH_BYTES], const char *format, ...);

/* The first line, without its end; false when there is none. */
__attribute__((format(printf, 4, 5))) bool machine_line(const char *root, char *line, size_t cap,
							const char *format, ...);

/* The last part of a symbolic link's target: of driver, iommu_group. False when there is none. */
__attribute__((format(printf, 3, 4))) bool machine_link(const char *root, char out[128],
							const char *format, ...);

/* "Key:   123 kB" of a file such as /proc/meminfo; -1 when it is not there. */
long machine_key(const char *root, const char *file, const char *key);

/* How many entries of a folder have this prefix. */
unsigned machine_count(const char *root, const char *folder, const char *prefix);

/* In MiB, of all sizes, free; -1 when the folder is not there. */
long machine_free_hugepages_mb(const char *root, const char *folder);

#endif
