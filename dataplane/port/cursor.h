/*
 * Bounds-checked reading of bytes that came from the wire.
 *
 * A cursor is a span [p, end) that only shrinks. Every read names how much it wants and gets
 * NULL or false when the span is too short; the comparison is always by subtraction, so a
 * claimed length can never wrap. Nothing is copied: what a read hands out points into the
 * caller's buffer and lives as long as that buffer does.
 *
 * Header-only and free of DPDK, so that parsers can be built and fuzzed on their own.
 */
#ifndef WEIR_CURSOR_H
#define WEIR_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *p;
	const uint8_t *end;
};

static inline struct cursor
cursor_of(const void *data, size_t len)
{
	const uint8_t *p = data;

	return (struct cursor) { p, len == 0 ? p : p + len };
}

static inline size_t
cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->p);
}

/* The next len bytes, or NULL when fewer are left; the cursor then stays where it was. */
static inline const uint8_t *
cursor_take(struct cursor *c, size_t len)
{
	const uint8_t *p = c->p;

	if (len > cursor_left(c))
		return NULL;
	c->p += len;
	return p;
}

static inline bool
cursor_skip(struct cursor *c, size_t len)
{
	return cursor_take(c, len) != NULL;
}

/* Splits the next len bytes off into a cursor of their own. */
static inline bool
cursor_split(struct cursor *c, size_t len, struct cursor *head)
{
	const uint8_t *p = cursor_take(c, len);

	if (p == NULL)
		return false;
	*head = (struct cursor) { p, p + len };
	return true;
}

static inline uint16_t
read_be16(const uint8_t *p)
{
	return (uint16_t)((p[0] << 8) | p[1]);
}

static inline uint32_t
read_be24(const uint8_t *p)
{
	return ((uint32_t)p[0] << 16) | ((uint32_t)p[1] << 8) | p[2];
}

static inline uint32_t
read_be32(const uint8_t *p)
{
	return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | p[3];
}

static inline uint64_t
read_be64(const uint8_t *p)
{
	return ((uint64_t)read_be32(p) << 32) | read_be32(p + 4);
}

/* Little endian, of n bytes at most eight. */
static inline uint64_t
read_le(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static inline uint16_t
read_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
read_le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline bool
cursor_u8(struct cursor *c, uint8_t *v)
{
	const uint8_t *p = cursor_take(c, 1);

	if (p == NULL)
		return false;
	*v = p[0];
	return true;
}

static inline bool
cursor_be16(struct cursor *c, uint16_t *v)
{
	const uint8_t *p = cursor_take(c, 2);

	if (p == NULL)
		return false;
	*v = read_be16(p);
	return true;
}

static inline bool
cursor_be24(struct cursor *c, uint32_t *v)
{
	const uint8_t *p = cursor_take(c, 3);

	if (p == NULL)
		return false;
	*v = read_be24(p);
	return true;
}

static inline bool
cursor_be32(struct cursor *c, uint32_t *v)
{
	const uint8_t *p = cursor_take(c, 4);

	if (p == NULL)
		return false;
	*v = read_be32(p);
	return true;
}

#endif
