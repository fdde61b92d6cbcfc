#include "dataplane/port/defrag.h"
#include "dataplane/port/checksum.h"
#include "dataplane/port/cursor.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "classify/slab.h"

#define MAX_PIECES    192u /* 64 KiB over an MTU of 576, with room */
#define MAX_PAYLOAD   65535u
#define MAX_IP_HEADER 60u
#define NO_END	      UINT32_MAX

struct piece {
	uint32_t start, end;
};

struct assembly {
	struct assembly *older, *newer; /* by arrival of the first fragment */
	struct assembly *chain;		/* same slot of the hash table */
	uint64_t first_us;
	uint32_t total;	   /* payload length, NO_END until the last fragment is there */
	uint32_t received; /* payload bytes held */
	uint32_t furthest; /* end of the last byte held */
	uint32_t nr_frames, wire_bytes;
	uint32_t nr_pieces;
	uint32_t slot;
	uint8_t addr[2][16]; /* source, target */
	uint32_t id;
	uint16_t domain;
	uint8_t proto, family;
	uint8_t
	    header_len; /* of the IP header kept before the payload; 0 until the first is there */
	struct packet first;
	struct piece pieces[MAX_PIECES];
	uint8_t
	    bytes[MAX_IP_HEADER + MAX_PAYLOAD]; /* header ends, payload begins at MAX_IP_HEADER */
};

struct defrag {
	struct slab assemblies;
	struct assembly **slots;
	uint32_t slot_mask;
	struct assembly *oldest, *newest;
	struct assembly *done; /* handed out by the last call, given back by the next */
	uint64_t timeout_us;
	struct siphash_key secret;
	struct defrag_counters counters;
};

int
defrag_create(uint32_t max_datagrams, uint64_t timeout_us, const struct siphash_key *secret,
	      struct defrag **out)
{
	struct defrag *d = calloc(1, sizeof(*d));
	uint32_t slots = 64;

	if (d == NULL)
		return -ENOMEM;
	while (slots < max_datagrams * 2)
		slots *= 2;
	d->slot_mask = slots - 1;
	d->timeout_us = timeout_us;
	d->secret = *secret;
	d->slots = calloc(slots, sizeof(struct assembly *));
	if (d->slots == NULL ||
	    slab_init(&d->assemblies, max_datagrams + 1, sizeof(struct assembly)) != 0) {
		defrag_destroy(d);
		return -ENOMEM;
	}
	*out = d;
	return 0;
}

void
defrag_destroy(struct defrag *d)
{
	if (d == NULL)
		return;
	slab_fini(&d->assemblies);
	free(d->slots);
	free(d);
}

static void
forget(struct defrag *d, struct assembly *a)
{
	struct assembly **link = &d->slots[a->slot];

	while (*link != a)
		link = &(*link)->chain;
	*link = a->chain;
	*(a->older != NULL ? &a->older->newer : &d->oldest) = a->newer;
	*(a->newer != NULL ? &a->newer->older : &d->newest) = a->older;
	d->counters.held -= a->nr_frames;
}

static void
drop(struct defrag *d, struct assembly *a, uint64_t *counter)
{
	*counter += a->nr_frames;
	forget(d, a);
	slab_give(&d->assemblies, a);
}

/* Who sent to whom under which id: RFC 791 adds the protocol, for IPv6 it says nothing more. */
struct assembly_key {
	uint8_t addr[2][16];
	uint32_t id;
	uint16_t domain;
	uint8_t proto, family;
};

static struct assembly_key
key_of(const struct packet *p, const uint8_t *ip)
{
	struct assembly_key k = { .id = p->frag_id, .domain = p->key.domain };

	k.family = ip[0] >> 4 == 4 ? 4 : 6;
	if (k.family == 4) {
		memcpy(k.addr[0], ip + 12, 4);
		memcpy(k.addr[1], ip + 16, 4);
		k.proto = p->frag_proto;
	} else {
		memcpy(k.addr[0], ip + 8, 16);
		memcpy(k.addr[1], ip + 24, 16);
	}
	return k;
}

static struct assembly *
find(const struct defrag *d, const struct assembly_key *k, uint32_t slot)
{
	struct assembly *a = d->slots[slot];

	for (; a != NULL; a = a->chain) {
		if (a->id == k->id && a->proto == k->proto && a->family == k->family &&
		    a->domain == k->domain && memcmp(a->addr, k->addr, sizeof(a->addr)) == 0)
			return a;
	}
	return NULL;
}

static struct assembly *
add(struct defrag *d, const struct packet *p, const struct assembly_key *k, uint32_t slot)
{
	struct assembly *a;

	/* One object stays in reserve for the datagram that was handed out last. */
	if (d->assemblies.nr_taken + 1 >= d->assemblies.nr_objects && d->oldest != NULL)
		drop(d, d->oldest, &d->counters.drop_limit);
	a = slab_take(&d->assemblies);
	if (a == NULL)
		return NULL;
	memset(a, 0, offsetof(struct assembly, pieces));
	a->first_us = p->time_us;
	a->total = NO_END;
	a->slot = slot;
	memcpy(a->addr, k->addr, sizeof(a->addr));
	a->id = k->id;
	a->domain = k->domain;
	a->proto = k->proto;
	a->family = k->family;
	a->first = *p;
	a->chain = d->slots[slot];
	d->slots[slot] = a;
	a->older = d->newest;
	*(d->newest != NULL ? &d->newest->newer : &d->oldest) = a;
	d->newest = a;
	return a;
}

enum place { PLACE_NEW, PLACE_INSIDE, PLACE_OVERLAP, PLACE_FULL };

static enum place
place_piece(struct assembly *a, uint32_t start, uint32_t end)
{
	for (uint32_t i = 0; i < a->nr_pieces; i++) {
		const struct piece *q = &a->pieces[i];

		if (start >= q->start && end <= q->end)
			return PLACE_INSIDE;
		if (start < q->end && end > q->start)
			return PLACE_OVERLAP;
	}
	if (a->nr_pieces == MAX_PIECES)
		return PLACE_FULL;
	a->pieces[a->nr_pieces++] = (struct piece) { start, end };
	return PLACE_NEW;
}

/*
 * The first fragment's IP header, as if the datagram had never been cut: without the fragment
 * bits, and for IPv6 without extension headers, whose next header is then the fragment's.
 */
static void
keep_header(struct assembly *a, const struct packet *p, const uint8_t *ip)
{
	uint8_t len = a->family == 4 ? (uint8_t)((ip[0] & 0x0f) * 4) : 40;
	uint8_t *h = a->bytes + MAX_IP_HEADER - len;

	memcpy(h, ip, len);
	if (a->family == 4)
		h[6] = h[7] = 0;
	else
		h[6] = p->frag_proto;
	a->header_len = len;
}

static void
finish_header(struct assembly *a)
{
	uint8_t *h = a->bytes + MAX_IP_HEADER - a->header_len;
	uint32_t len = a->family == 4 ? a->total + a->header_len : a->total;

	if (len > UINT16_MAX)
		len = 0; /* read as "all there is" */
	h[a->family == 4 ? 2 : 4] = (uint8_t)(len >> 8);
	h[a->family == 4 ? 3 : 5] = (uint8_t)len;
	if (a->family == 4) {
		uint16_t sum;

		memset(h + 10, 0, sizeof(sum));
		sum = (uint16_t)~checksum_sum(h, a->header_len);
		memcpy(h + 10, &sum, sizeof(sum));
	}
}

static bool
malformed(const struct packet *p, uint32_t wire_len)
{
	return p->frag_len != wire_len || wire_len == 0 || (p->frag_more && wire_len % 8 != 0) ||
	       p->frag_start + wire_len > MAX_PAYLOAD;
}

/* The fragment's length by its IP header; frag_len is what was captured of it. */
static uint32_t
fragment_wire_len(const struct packet *p, const uint8_t *ip)
{
	uint32_t data = p->frag_data - p->ip_off;

	return (ip[0] >> 4 == 4 ? read_be16(ip + 2) : read_be16(ip + 4) + 40u) - data;
}

/* An end is an end: a second one elsewhere, or bytes behind it, is an overlap too. */
static bool
contradicts_end(const struct assembly *a, const struct packet *p, uint32_t end)
{
	if (!p->frag_more && (end < a->furthest || (a->total != NO_END && a->total != end)))
		return true;
	return a->total != NO_END && end > a->total;
}

static void
take_piece(struct assembly *a, const struct packet *p, const uint8_t *frame, uint32_t end)
{
	memcpy(a->bytes + MAX_IP_HEADER + p->frag_start, frame + p->frag_data, p->frag_len);
	a->received += p->frag_len;
	if (end > a->furthest)
		a->furthest = end;
	if (!p->frag_more)
		a->total = end;
	if (p->frag_start == 0)
		keep_header(a, p, frame + p->ip_off);
}

static enum defrag_result
complete(struct defrag *d, struct assembly *a, struct datagram *out)
{
	finish_header(a);
	forget(d, a);
	d->done = a;
	*out = (struct datagram) {
		.data = a->bytes + MAX_IP_HEADER - a->header_len,
		.len = a->header_len + a->total,
		.nr_frames = a->nr_frames,
		.wire_bytes = a->wire_bytes,
		.first = &a->first,
	};
	return DEFRAG_COMPLETE;
}

enum defrag_result
defrag_push(struct defrag *d, const struct packet *p, const uint8_t *frame, struct datagram *out)
{
	const uint8_t *ip = frame + p->ip_off;
	uint32_t end = p->frag_start + p->frag_len;
	/* A datagram that was put together may be a fragment itself. */
	uint32_t frames = p->nr_frames == 0 ? 1 : p->nr_frames;
	struct assembly_key k = key_of(p, ip);
	uint32_t slot = (uint32_t)siphash13(&d->secret, &k, sizeof(k)) & d->slot_mask;
	struct assembly *a;

	slab_give(&d->assemblies, d->done);
	d->done = NULL;
	defrag_advance(d, p->time_us);
	a = find(d, &k, slot);
	if (malformed(p, fragment_wire_len(p, ip))) {
		d->counters.drop_malformed += frames;
		if (a != NULL)
			drop(d, a, &d->counters.drop_malformed);
		return DEFRAG_DROPPED;
	}
	if (a == NULL)
		a = add(d, p, &k, slot);
	if (a == NULL) {
		d->counters.drop_limit += frames;
		return DEFRAG_DROPPED;
	}
	a->nr_frames += frames;
	a->wire_bytes += p->wire_bytes;
	d->counters.held += frames;

	if (contradicts_end(a, p, end)) {
		drop(d, a, &d->counters.drop_overlap);
		return DEFRAG_DROPPED;
	}
	switch (place_piece(a, p->frag_start, end)) {
	case PLACE_NEW:
		break;
	case PLACE_INSIDE:
		return DEFRAG_HELD;
	case PLACE_OVERLAP:
		drop(d, a, &d->counters.drop_overlap);
		return DEFRAG_DROPPED;
	case PLACE_FULL:
		drop(d, a, &d->counters.drop_malformed);
		return DEFRAG_DROPPED;
	}
	take_piece(a, p, frame, end);
	if (a->received != a->total || a->header_len == 0)
		return DEFRAG_HELD;
	return complete(d, a, out);
}

void
defrag_advance(struct defrag *d, uint64_t now_us)
{
	while (d->oldest != NULL && now_us > d->oldest->first_us &&
	       now_us - d->oldest->first_us > d->timeout_us)
		drop(d, d->oldest, &d->counters.drop_timeout);
}

void
defrag_flush(struct defrag *d)
{
	while (d->oldest != NULL)
		drop(d, d->oldest, &d->counters.drop_timeout);
}

const struct defrag_counters *
defrag_counters(const struct defrag *d)
{
	return &d->counters;
}
