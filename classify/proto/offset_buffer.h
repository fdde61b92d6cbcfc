/*
 * Bytes that come by their offset, in any order and more than once, put together from offset 0:
 * CRYPTO frames of QUIC (RFC 9000 section 19.6), fragments of DTLS (RFC 9147 section 5.5).
 *
 *   data   0 ....... have ....... cap      all below have is there; above it, what seen says
 *   seen   one bit for each byte
 *
 * Which copy of a byte counts, if two differ, is the first. What lies beyond OFFSET_BUFFER_BYTES is
 * not kept. Every byte costs the same however the pieces lie, so that a sender of crumbs gains
 * nothing. Lies in an object of a slab; its size is asserted by who takes it.
 */
#ifndef WEIR_OFFSET_BUFFER_H
#define WEIR_OFFSET_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define OFFSET_BUFFER_BYTES 14336u

struct offset_buffer {
	uint32_t have; /* bytes from the start without a hole */
	uint8_t seen[OFFSET_BUFFER_BYTES / 8];
	uint8_t data[OFFSET_BUFFER_BYTES];
};

static inline void
offset_buffer_init(struct offset_buffer *b)
{
	b->have = 0;
	memset(b->seen, 0, sizeof(b->seen));
}

static inline bool
offset_buffer_seen(const struct offset_buffer *b, size_t at)
{
	return (b->seen[at / 8] >> (at % 8) & 1) != 0;
}

/* False when part of it lies beyond what is kept. */
static inline bool
offset_buffer_put(struct offset_buffer *b, uint64_t offset, const uint8_t *p, size_t len)
{
	size_t at, n;

	if (offset >= OFFSET_BUFFER_BYTES)
		return len == 0;
	at = (size_t)offset;
	n = len < OFFSET_BUFFER_BYTES - at ? len : OFFSET_BUFFER_BYTES - at;
	for (size_t i = 0; i < n; i++) {
		if (offset_buffer_seen(b, at + i))
			continue;
		b->data[at + i] = p[i];
		b->seen[(at + i) / 8] |= (uint8_t)(1u << (at + i) % 8);
	}
	while (b->have < OFFSET_BUFFER_BYTES && offset_buffer_seen(b, b->have))
		b->have++;
	return n == len;
}

#endif
