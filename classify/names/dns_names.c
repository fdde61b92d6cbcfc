#include "classify/names/dns_names.h"

#include <stdlib.h>
#include <string.h>

struct key {
	uint8_t client[16], address[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint64_t domain;
};

struct entry {
	struct key key;
	uint64_t from_us, until_us; /* until: without grace */
	struct entry *next;	    /* of the same bucket, the youngest of a key first */
	struct entry *newer, *older;
	uint8_t len;
	uint8_t name[]; /* of 255 bytes at most */
};

struct dns_names {
	struct siphash_key hash_key;
	uint64_t grace_us;
	uint32_t max_entries;
	uint32_t mask; /* of buckets */
	struct entry **buckets;
	struct entry *newest, *oldest; /* by when they were last heard */
	struct dns_names_stats stats;
};

static void
to_sixteen(struct span address, uint8_t out[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, 0xff };

	memcpy(out, prefix, sizeof(prefix));
	memcpy(address.len == 4 ? out + sizeof(prefix) : out, address.p, address.len);
}

static struct key
key_of(uint16_t domain, struct span client, struct span address)
{
	struct key k = { .domain = domain };

	to_sixteen(client, k.client);
	to_sixteen(address, k.address);
	return k;
}

static struct entry **
bucket_of(struct dns_names *n, const struct key *k)
{
	return &n->buckets[siphash13(&n->hash_key, k, sizeof(*k)) & n->mask];
}

struct dns_names *
dns_names_create(uint32_t max_entries, uint64_t grace_us, const struct siphash_key *key)
{
	struct dns_names *n = calloc(1, sizeof(*n));
	uint32_t buckets = 1;

	if (n == NULL)
		return NULL;
	while (buckets < max_entries)
		buckets *= 2;
	n->hash_key = *key;
	n->grace_us = grace_us;
	n->max_entries = max_entries;
	n->mask = buckets - 1;
	n->buckets = calloc(buckets, sizeof(struct entry *));
	if (n->buckets == NULL) {
		free(n);
		return NULL;
	}
	return n;
}

void
dns_names_destroy(struct dns_names *n)
{
	if (n == NULL)
		return;
	for (struct entry *e = n->newest, *older; e != NULL; e = older) {
		older = e->older;
		free(e);
	}
	free(n->buckets);
	free(n);
}

static void
unlink_age(struct dns_names *n, struct entry *e)
{
	*(e->newer != NULL ? &e->newer->older : &n->newest) = e->older;
	*(e->older != NULL ? &e->older->newer : &n->oldest) = e->newer;
}

static void
push_age(struct dns_names *n, struct entry *e)
{
	e->newer = NULL;
	e->older = n->newest;
	*(n->newest != NULL ? &n->newest->newer : &n->oldest) = e;
	n->newest = e;
}

static void
unlink_bucket(struct dns_names *n, struct entry *e)
{
	struct entry **link = bucket_of(n, &e->key);

	while (*link != e)
		link = &(*link)->next;
	*link = e->next;
}

static void
drop(struct dns_names *n, struct entry *e)
{
	unlink_bucket(n, e);
	unlink_age(n, e);
	n->stats.entries--;
	free(e);
}

static void
give_up(struct dns_names *n, struct entry *e, uint64_t now_us)
{
	n->stats.evicted += now_us <= e->until_us + n->grace_us;
	drop(n, e);
}

/* The entry of this name; *last: of all names of the key, the one heard longest ago. */
static struct entry *
find_name(struct dns_names *n, const struct key *k, struct span name, struct entry **last,
	  unsigned *nr)
{
	struct entry *found = NULL;

	*last = NULL;
	*nr = 0;
	for (struct entry *e = *bucket_of(n, k); e != NULL; e = e->next) {
		if (memcmp(&e->key, k, sizeof(*k)) != 0)
			continue;
		*last = e;
		(*nr)++;
		if (e->len == name.len && memcmp(e->name, name.p, name.len) == 0)
			found = e;
	}
	return found;
}

/* First in its bucket, and the youngest of all. */
static void
put_first(struct dns_names *n, struct entry *e)
{
	struct entry **bucket = bucket_of(n, &e->key);

	e->next = *bucket;
	*bucket = e;
	push_age(n, e);
}

static void
hear_again(struct dns_names *n, struct entry *e, uint64_t time_us, uint64_t until_us)
{
	if (time_us > e->until_us + n->grace_us)
		e->from_us = time_us;
	if (until_us > e->until_us)
		e->until_us = until_us;
	unlink_bucket(n, e);
	unlink_age(n, e);
	put_first(n, e);
}

void
dns_names_learn(struct dns_names *n, uint16_t domain, struct span client, struct span address,
		struct span name, uint64_t time_us, uint32_t ttl_s)
{
	struct key k = key_of(domain, client, address);
	uint64_t until_us = time_us + (uint64_t)ttl_s * 1000000u;
	struct entry *e, *last;
	unsigned nr;

	if (n->max_entries == 0 || name.len == 0 || name.len > UINT8_MAX)
		return;
	n->stats.learned++;
	e = find_name(n, &k, name, &last, &nr);
	if (e != NULL) {
		hear_again(n, e, time_us, until_us);
		return;
	}
	if (nr == DNS_NAMES_EACH)
		give_up(n, last, time_us);
	else if (n->stats.entries == n->max_entries)
		give_up(n, n->oldest, time_us);
	e = malloc(sizeof(*e) + name.len);
	if (e == NULL) {
		n->stats.refused++;
		return;
	}
	*e = (struct entry) { .key = k, .from_us = time_us, .until_us = until_us };
	e->len = (uint8_t)name.len;
	memcpy(e->name, name.p, name.len);
	put_first(n, e);
	n->stats.entries++;
}

bool
dns_names_find(struct dns_names *n, uint16_t domain, struct span client, struct span address,
	       uint64_t at_us, struct span *name)
{
	struct key k = key_of(domain, client, address);

	if (n->max_entries == 0)
		return false;
	for (struct entry *e = *bucket_of(n, &k); e != NULL; e = e->next) {
		if (memcmp(&e->key, &k, sizeof(k)) != 0)
			continue;
		if (at_us + DNS_NAMES_SKEW_US < e->from_us || at_us > e->until_us + n->grace_us)
			continue;
		*name = span_of(e->name, e->len);
		n->stats.used++;
		return true;
	}
	return false;
}

const struct dns_names_stats *
dns_names_stats(const struct dns_names *n)
{
	return &n->stats;
}
