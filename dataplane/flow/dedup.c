#include "dataplane/flow/dedup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DIGESTS	     65536u /* power of two: 50 ms of 1.3 million packets a second */
#define DIGEST_BYTES 128u   /* of the transport header and payload that go into a digest */
#define CHECKSUM_TCP 16u
#define CHECKSUM_UDP 6u

struct seen {
	uint64_t digest;
	uint64_t time_us;
};

struct dedup {
	struct dedup_config config;
	struct siphash_key secret;
	struct seen seen[DIGESTS];
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

	*out = NULL;
	if (config->policy == DEDUP_NONE)
		return 0;
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return -ENOMEM;
	d->config = *config;
	d->secret = *secret;
	*out = d;
	return 0;
}

void
dedup_destroy(struct dedup *d)
{
	free(d);
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

bool
dedup_is_copy(struct dedup *d, const struct packet *p, const uint8_t *transport, size_t len)
{
	struct essence e;
	struct seen *s;
	uint64_t digest;
	bool copy;

	if (d == NULL)
		return false;
	memset(&e, 0, sizeof(e));
	e.key = p->key;
	e.payload_wire = p->payload_wire;
	e.ip_id = p->ip_id;
	e.side = p->side;
	if (d->config.policy == DEDUP_SAME_VLAN)
		memcpy(e.vlan, p->vlan, sizeof(e.vlan));
	if (len > DIGEST_BYTES)
		len = DIGEST_BYTES;
	memcpy(e.head, transport, len);
	blank_checksum(&e, len);

	digest = siphash13(&d->secret, &e, sizeof(e));
	s = &d->seen[digest % DIGESTS];
	copy = s->digest == digest && p->time_us >= s->time_us &&
	       p->time_us - s->time_us <= d->config.window_us;
	*s = (struct seen) { digest, p->time_us };
	return copy;
}
