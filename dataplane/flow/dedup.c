#include "dataplane/flow/dedup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/flow/pages.h"

#define WAYS	     8u
#define SETS	     16384u /* power of two */
#define DIGEST_BYTES 128u   /* of the transport header and payload that go into a digest */
#define CHECKSUM_TCP 16u
#define CHECKSUM_UDP 6u

struct seen {
	uint64_t digest;
	uint64_t time_us;
};

/* Two cache lines. */
struct seen_set {
	struct seen way[WAYS];
};
_Static_assert(sizeof(struct seen_set) == 128, "two lines");

struct dedup {
	struct dedup_config config;
	struct siphash_key secret;
	struct seen_set *sets;
	uint64_t nr_displaced;
};

/* What a copy has in common with its original, in one piece for the hash. */
struct essence {
	struct flow_key key;
	uint32_t payload_wire;
	uint16_t ip_id;
	uint16_t side;
	uint16_t vlan[PACKET_MAX_VLANS];
	uint8_t head[DIGEST_BYTES];
};

int
dedup_create(const struct dedup_config *config, const struct siphash_key *secret,
	     struct dedup **out)
{
	struct dedup *d;
	bool any = false;

	*out = NULL;
	for (unsigned i = 0; i < FEED_MAX; i++)
		any |= config->policy[i] != DEDUP_NONE;
	if (!any)
		return 0;
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return -ENOMEM;
	d->sets = pages_map(SETS * sizeof(*d->sets));
	if (d->sets == NULL) {
		free(d);
		return -ENOMEM;
	}
	d->config = *config;
	d->secret = *secret;
	*out = d;
	return 0;
}

void
dedup_destroy(struct dedup *d)
{
	if (d == NULL)
		return;
	pages_unmap(d->sets, SETS * sizeof(*d->sets));
	free(d);
}

uint64_t
dedup_nr_displaced(const struct dedup *d)
{
	return d != NULL ? d->nr_displaced : 0;
}

static void
blank_checksum(struct essence *e, size_t len)
{
	size_t at;

	if (e->key.proto == IP_PROTO_TCP)
		at = CHECKSUM_TCP;
	else if (e->key.proto == IP_PROTO_UDP)
		at = CHECKSUM_UDP;
	else
		return;
	if (len >= at + 2)
		memset(e->head + at, 0, 2);
}

static bool
in_window(const struct dedup *d, const struct seen *s, uint64_t time_us)
{
	return time_us >= s->time_us && time_us - s->time_us <= d->config.window_us;
}

/* Where the digest stands, or the oldest of its set. */
static struct seen *
place_of(struct seen_set *set, uint64_t digest)
{
	struct seen *oldest = &set->way[0];

	for (unsigned i = 0; i < WAYS; i++) {
		struct seen *s = &set->way[i];

		if (s->digest == digest)
			return s;
		if (s->time_us < oldest->time_us)
			oldest = s;
	}
	return oldest;
}

bool
dedup_is_copy(struct dedup *d, const struct packet *p, const uint8_t *transport, size_t len)
{
	struct essence e;
	struct seen *s;
	uint64_t digest;
	bool copy;

	if (d == NULL || d->config.policy[p->feed] == DEDUP_NONE)
		return false;
	memset(&e, 0, sizeof(e));
	e.key = p->key;
	e.payload_wire = p->payload_wire;
	e.ip_id = p->ip_id;
	e.side = p->side;
	if (d->config.policy[p->feed] == DEDUP_SAME_VLAN)
		memcpy(e.vlan, p->vlan, p->nr_vlans * sizeof(e.vlan[0]));
	if (len > DIGEST_BYTES)
		len = DIGEST_BYTES;
	memcpy(e.head, transport, len);
	blank_checksum(&e, len);

	digest = siphash13(&d->secret, &e, sizeof(e));
	s = place_of(&d->sets[digest % SETS], digest);
	copy = s->digest == digest && in_window(d, s, p->time_us);
	if (s->digest != digest && s->digest != 0 && in_window(d, s, p->time_us))
		d->nr_displaced++;
	*s = (struct seen) { digest, p->time_us };
	return copy;
}
