#include "dataplane/publish/record_ring.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Stands where a record's length would: the next one is at the start of the ring. */
#define WRAP_MARK UINT32_MAX

static uint64_t
room_of(uint32_t len)
{
	return ((uint64_t)len + 7) & ~(uint64_t)7;
}

int
record_ring_init(struct record_ring *r, size_t bytes)
{
	size_t cap = RECORD_RING_MIN_BYTES;

	if (bytes < RECORD_RING_MIN_BYTES || bytes > SIZE_MAX / 2)
		return -EINVAL;
	while (cap < bytes)
		cap *= 2;
	memset(r, 0, sizeof(*r));
	r->bytes = aligned_alloc(64, cap);
	if (r->bytes == NULL)
		return -ENOMEM;
	r->mask = cap - 1;
	return 0;
}

void
record_ring_fini(struct record_ring *r)
{
	free(r->bytes);
	r->bytes = NULL;
}

/* Whether need bytes are free behind tail, looking at the publisher's end only if it matters. */
static bool
has_room(struct record_ring *r, uint64_t tail, uint64_t need)
{
	uint64_t cap = r->mask + 1;

	if (need <= cap - (tail - r->head_seen))
		return true;
	r->head_seen = atomic_load_explicit(&r->head, memory_order_acquire);
	return need <= cap - (tail - r->head_seen);
}

bool
record_ring_push(struct record_ring *r, const struct record_head *record)
{
	const uint32_t wrap = WRAP_MARK;
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	uint64_t at = tail & r->mask;
	uint64_t need = room_of(record->len);
	uint64_t to_end = r->mask + 1 - at;
	uint64_t pad = need > to_end ? to_end : 0;

	assert(record->len >= sizeof(*record) && record->len <= RECORD_MAX_BYTES);
	if (!has_room(r, tail, pad + need))
		return false;
	if (pad != 0) {
		memcpy(r->bytes + at, &wrap, sizeof(wrap));
		at = 0;
	}
	memcpy(r->bytes + at, record, record->len);
	atomic_store_explicit(&r->tail, tail + pad + need, memory_order_release);
	return true;
}

static uint32_t
len_at(const struct record_ring *r, uint64_t position)
{
	uint32_t len;

	memcpy(&len, r->bytes + (position & r->mask), sizeof(len));
	return len;
}

const struct record_head *
record_ring_peek(struct record_ring *r)
{
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	if (head == r->tail_seen) {
		r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
		if (head == r->tail_seen)
			return NULL;
	}
	/* A wrap mark and the record behind it are pushed as one, so there is a record. */
	if (len_at(r, head) == WRAP_MARK) {
		head += r->mask + 1 - (head & r->mask);
		atomic_store_explicit(&r->head, head, memory_order_release);
	}
	return (const struct record_head *)(const void *)(r->bytes + (head & r->mask));
}

void
record_ring_pop(struct record_ring *r)
{
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	atomic_store_explicit(&r->head, head + room_of(len_at(r, head)), memory_order_release);
}
