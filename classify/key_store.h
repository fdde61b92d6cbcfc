/*
 * The secrets of TLS sessions, by client random: what key logs brought, for all workers.
 *
 * One thread writes (key_store_add), any number of others read without a lock. An entry is guarded
 * by its version: odd while it is written, another one after. A reader copies the entry and takes
 * the copy only when the version was even and is still the same, so that an entry can be put to
 * another use at any time; a reader that meets one being written misses it, and asks again later.
 *
 *   chains   [hash of random] -> entry -> entry        through `next`, newest first
 *   entries  a ring: the oldest makes room for the next, counted
 *
 * The memory is locked where that is allowed, not part of core files, and wiped in the end.
 */
#ifndef WEIR_KEY_STORE_H
#define WEIR_KEY_STORE_H

#include "classify/proto/key_log.h"

struct key_store;

struct key_store_counters {
	uint64_t sessions; /* held now */
	uint64_t evicted;
	uint64_t bytes;
	bool locked; /* its pages are never swapped out */
};

/* For nr sessions, 1 to 2^24. 0, or -ENOMEM. */
int key_store_create(uint32_t nr, struct key_store **out);
void key_store_destroy(struct key_store *k);

/* The writer's. A secret that is there already is replaced. */
void key_store_add(struct key_store *k, const struct key_log_line *line);
void key_store_counters(const struct key_store *k, struct key_store_counters *out);

/* Any thread. False: nothing is known of that session, or not now. */
bool key_store_find(const struct key_store *k, const uint8_t *client_random,
		    struct tls_secrets *out);

#endif
