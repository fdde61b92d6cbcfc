/*
 * From key log files to the store that workers look into.
 *
 * All files are read whole at the start: a replay has every secret before its first packet. Live
 * they are then followed by a thread of its own, which looks every few milliseconds for what has
 * been added. A file that got shorter, or is another one under the same name, is read from its
 * beginning; one that is not there yet is waited for, which is an error in a replay.
 *
 * A pcapng file may be given for a key log: then those inside it are read. A replay looks for them
 * in its captures as well, and reads these twice for it: were secrets taken up beside the packets,
 * what is looked into would depend on how far each worker has come.
 *
 * Secrets are in the store and, a line at a time, in locked memory of the feed: never in a log or a
 * record. What is written about a file are its name and numbers of lines.
 */
#ifndef WEIR_KEY_FEED_H
#define WEIR_KEY_FEED_H

#include "classify/key_store.h"
#include "dataplane/config.h"
#include "dataplane/counters.h"

struct key_feed;

/*
 * For config->tls_keylog and the captures of a replay; *out is NULL when there are no files, and no
 * secrets in captures. follow: the files may grow. 0, or a negative errno with the cause logged.
 */
int key_feed_create(const struct config *config, const char *const *captures, unsigned nr_captures,
		    bool follow, struct key_feed **out);

/* Stops following. Workers must not use the store any more. */
void key_feed_destroy(struct key_feed *f);

/* NULL for NULL. */
const struct key_store *key_feed_store(const struct key_feed *f);

/* Nothing for NULL. */
void key_feed_put_counters(const struct key_feed *f, counter_put_fn *put, void *arg);

#endif
