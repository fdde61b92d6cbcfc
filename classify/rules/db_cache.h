/*
 * Compiled rule sets on disk, so that a start or a reload with rules that were compiled before
 * takes milliseconds instead of a second.
 *
 * A file is named by the hash of all that went into it (patterns, flags, the compiler's version and
 * the processor), so it is never stale, only unused. The folder is $CACHE_DIRECTORY (what systemd
 * gives a service), else $XDG_CACHE_HOME/weir, else $HOME/.cache/weir. Without one, or when it is
 * writable for others, nothing is cached: a database from a stranger must not be loaded.
 *
 * The folder is bounded: when a file is written, those go that were not used for longest and are
 * beyond the bounds below. Nothing else in it is touched, and any number of processes may share it.
 *
 * Control path only.
 */
#ifndef WEIR_DB_CACHE_H
#define WEIR_DB_CACHE_H

#include <stddef.h>
#include <stdint.h>

#define DB_CACHE_FILES 64
#define DB_CACHE_BYTES (256u << 20) /* of all together; the shipped rules take 2.6 MB */

/* The content kept under key, to be freed by the caller, or NULL. */
void *db_cache_load(const uint8_t key[16], size_t *len);

/* Keeps it; a failure is nobody's business. */
void db_cache_store(const uint8_t key[16], const void *data, size_t len);

#endif
