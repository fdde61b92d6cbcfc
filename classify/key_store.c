#include "classify/key_store.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "classify/siphash.h"

#define MAX_CHAIN 64u /* an entry that is moved meanwhile can lead a reader on and on */
#define NO_ENTRY  UINT32_MAX

/* Random, then secrets: read and written by words, as an entry may change while it is read. */
struct content {
	uint8_t client_random[TLS_RANDOM_BYTES];
	struct tls_secrets secrets;
};

#define CONTENT_WORDS ((sizeof(struct content) + 7) / 8)

union words {
	struct content content;
	uint64_t word[CONTENT_WORDS];
};

struct entry {
	_Atomic uint32_t version;
	_Atomic uint32_t next; /* in its chain, or NO_ENTRY */
	_Atomic uint64_t word[CONTENT_WORDS];
};

struct key_store {
	size_t bytes;
	uint32_t nr;	 /* entries */
	uint32_t used;	 /* of them, until all have been once */
	uint32_t oldest; /* which is next to be used, once all are */
	uint32_t mask;	 /* of the chains */
	bool locked;
	struct siphash_key hash_key;
	_Atomic uint64_t sessions, evicted; /* for whoever counts */
	_Atomic uint32_t *chains;
	struct entry *entries;
};

static size_t
round_up(size_t bytes)
{
	return (bytes + 63) & ~(size_t)63;
}

int
key_store_create(uint32_t nr, struct key_store **out)
{
	size_t nr_chains = 1, chains_at = round_up(sizeof(struct key_store)), entries_at, bytes;
	struct key_store *k;

	while (nr_chains < nr)
		nr_chains *= 2;
	entries_at = chains_at + round_up(nr_chains * sizeof(k->chains[0]));
	bytes = entries_at + nr * sizeof(struct entry);
	k = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (k == MAP_FAILED)
		return -ENOMEM;
	madvise(k, bytes, MADV_DONTDUMP);
	k->locked = mlock2(k, bytes, MLOCK_ONFAULT) == 0;
	k->bytes = bytes;
	/* Without randomness chains may be long, which costs time and misses what is behind. */
	if (getrandom(&k->hash_key, sizeof(k->hash_key), 0) < 0)
		memcpy(&k->hash_key, &k, sizeof(k));
	k->nr = nr;
	k->mask = (uint32_t)nr_chains - 1;
	k->chains = (void *)((uint8_t *)k + chains_at);
	k->entries = (void *)((uint8_t *)k + entries_at);
	for (size_t i = 0; i < nr_chains; i++)
		atomic_init(&k->chains[i], NO_ENTRY);
	*out = k;
	return 0;
}

void
key_store_destroy(struct key_store *k)
{
	size_t bytes;

	if (k == NULL)
		return;
	bytes = k->bytes;
	/* Pages that were never used need not be made to be wiped. */
	explicit_bzero(k->entries, k->used * sizeof(struct entry));
	munmap(k, bytes);
}

/* Clients choose it: not all of them at random. */
static uint32_t
chain_of(const struct key_store *k, const uint8_t *client_random)
{
	return (uint32_t)siphash13(&k->hash_key, client_random, TLS_RANDOM_BYTES) & k->mask;
}

static void
load(const struct entry *e, union words *out)
{
	for (size_t i = 0; i < CONTENT_WORDS; i++)
		out->word[i] = atomic_load_explicit(&e->word[i], memory_order_relaxed);
}

/* The writer's: what it reads, it has written. */
static uint32_t
find_own(const struct key_store *k, const uint8_t *client_random, union words *out)
{
	uint32_t i =
	    atomic_load_explicit(&k->chains[chain_of(k, client_random)], memory_order_relaxed);

	while (i != NO_ENTRY) {
		load(&k->entries[i], out);
		if (memcmp(out->content.client_random, client_random, TLS_RANDOM_BYTES) == 0)
			break;
		i = atomic_load_explicit(&k->entries[i].next, memory_order_relaxed);
	}
	return i;
}

static void
store(struct entry *e, const union words *content)
{
	uint32_t version = atomic_load_explicit(&e->version, memory_order_relaxed);

	atomic_store_explicit(&e->version, version + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	for (size_t i = 0; i < CONTENT_WORDS; i++)
		atomic_store_explicit(&e->word[i], content->word[i], memory_order_relaxed);
	atomic_store_explicit(&e->version, version + 2, memory_order_release);
}

static void
unlink_entry(struct key_store *k, uint32_t i)
{
	_Atomic uint32_t *from;
	union words old;

	load(&k->entries[i], &old);
	from = &k->chains[chain_of(k, old.content.client_random)];
	while (atomic_load_explicit(from, memory_order_relaxed) != i)
		from = &k->entries[atomic_load_explicit(from, memory_order_relaxed)].next;
	atomic_store_explicit(from, atomic_load_explicit(&k->entries[i].next, memory_order_relaxed),
			      memory_order_release);
	explicit_bzero(&old, sizeof(old));
}

/* An entry that is in no chain: a fresh one, else the oldest. */
static uint32_t
take_entry(struct key_store *k)
{
	uint32_t i;

	if (k->used < k->nr) {
		atomic_fetch_add_explicit(&k->sessions, 1, memory_order_relaxed);
		return k->used++;
	}
	i = k->oldest;
	k->oldest = i + 1 == k->nr ? 0 : i + 1;
	unlink_entry(k, i);
	atomic_fetch_add_explicit(&k->evicted, 1, memory_order_relaxed);
	return i;
}

void
key_store_add(struct key_store *k, const struct key_log_line *line)
{
	_Atomic uint32_t *chain = &k->chains[chain_of(k, line->client_random)];
	union words content = { .word = { 0 } };
	uint32_t i = find_own(k, line->client_random, &content);
	bool fresh = i == NO_ENTRY;

	if (fresh) {
		content = (union words) { .word = { 0 } };
		memcpy(content.content.client_random, line->client_random, TLS_RANDOM_BYTES);
		i = take_entry(k);
	}
	content.content.secrets.len[line->label] = line->secret_len;
	memcpy(content.content.secrets.secret[line->label], line->secret, line->secret_len);
	store(&k->entries[i], &content);
	if (fresh) {
		atomic_store_explicit(&k->entries[i].next,
				      atomic_load_explicit(chain, memory_order_relaxed),
				      memory_order_relaxed);
		atomic_store_explicit(chain, i, memory_order_release);
	}
	explicit_bzero(&content, sizeof(content));
}

void
key_store_counters(const struct key_store *k, struct key_store_counters *out)
{
	*out = (struct key_store_counters) {
		.sessions = atomic_load_explicit(&k->sessions, memory_order_relaxed),
		.evicted = atomic_load_explicit(&k->evicted, memory_order_relaxed),
		.bytes = k->bytes,
		.locked = k->locked,
	};
}

/* A copy that is all of one time; false when the entry is being written. */
static bool
copy(const struct entry *e, union words *out)
{
	uint32_t version = atomic_load_explicit(&e->version, memory_order_acquire);

	if (version % 2 != 0)
		return false;
	load(e, out);
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&e->version, memory_order_relaxed) == version;
}

bool
key_store_find(const struct key_store *k, const uint8_t *client_random, struct tls_secrets *out)
{
	uint32_t i =
	    atomic_load_explicit(&k->chains[chain_of(k, client_random)], memory_order_acquire);
	union words content;
	bool found = false;

	for (unsigned n = 0; i != NO_ENTRY && !found && n < MAX_CHAIN; n++) {
		const struct entry *e = &k->entries[i];

		found = copy(e, &content) &&
			memcmp(content.content.client_random, client_random, TLS_RANDOM_BYTES) == 0;
		i = atomic_load_explicit(&e->next, memory_order_acquire);
	}
	if (found)
		*out = content.content.secrets;
	explicit_bzero(&content, sizeof(content));
	return found;
}
