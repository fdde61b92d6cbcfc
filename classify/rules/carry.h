/*
 * What stands for one byte or a few, an escape or a character of several bytes, where a piece of
 * text ends in the middle of it: its beginning is held until the next piece comes. For what changes
 * a text on its way into the scanner.
 */
#ifndef WEIR_CARRY_H
#define WEIR_CARRY_H

#include <string.h>

#include "classify/span.h"

enum { CARRY_BYTES = 6, CARRY_OUT = 2 * CARRY_BYTES };

/* All zero is a valid start: nothing is held. */
struct carry {
	uint8_t nr;
	uint8_t byte[CARRY_BYTES];
};

/*
 * The one at p: bytes written to out, at most CARRY_BYTES, and how many of the input it took in
 * *took. *took is 0 where more must be seen, which is never so of CARRY_BYTES.
 */
typedef size_t carry_one_fn(const void *arg, const uint8_t *p, size_t len, uint8_t *out,
			    size_t *took);

/*
 * Completes what is held from the front of data, which loses what that took, and writes it to out
 * with what followed it there. Returns how many bytes; 0: data is used up, and more must be seen.
 *
 * It is settled by the last byte at the latest, so of what it did not need only that byte is data,
 * and is read again.
 */
static inline size_t
carry_finish(struct carry *c, struct span *data, carry_one_fn *one, const void *arg,
	     uint8_t out[CARRY_OUT])
{
	size_t used = 0, took = 0, n = 0;

	while (used < data->len && took == 0) {
		c->byte[c->nr++] = data->p[used++];
		n = one(arg, c->byte, c->nr, out, &took);
	}
	if (took != 0 && took < c->nr) {
		size_t plain = c->nr - took - 1;

		memcpy(out + n, c->byte + took, plain);
		n += plain;
		used--;
	}
	*data = span_of(data->p + used, data->len - used);
	if (took == 0)
		return 0;
	c->nr = 0;
	return n;
}

/* Holds all of rest, which was asked of one in vain. */
static inline void
carry_hold(struct carry *c, struct span rest)
{
	if (rest.len != 0)
		memcpy(c->byte, rest.p, rest.len);
	c->nr = (uint8_t)rest.len;
}

#endif
