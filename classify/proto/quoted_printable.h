/*
 * Quoted-printable as it streams by (RFC 2045 section 6.7): =XX is a byte, a line that ends in '='
 * goes on in the next one. An '=' that begins neither stays as it is. Any split gives the same
 * bytes.
 */
#ifndef WEIR_QUOTED_PRINTABLE_H
#define WEIR_QUOTED_PRINTABLE_H

#include <stddef.h>
#include <stdint.h>

/* All zero is a valid start. */
struct quoted_printable {
	uint8_t have; /* of "=XX" */
	uint8_t digit;
};

/* Room that len bytes need, whatever came before. */
#define QUOTED_PRINTABLE_ROOM(len) ((len) + 2)

/* Returns how many bytes were written to out. */
size_t quoted_printable_push(struct quoted_printable *q, const uint8_t *in, size_t len,
			     uint8_t *out);

/* The same, handed on in pieces of some size; none is empty. */
typedef void quoted_printable_fn(void *arg, const uint8_t *data, size_t len);
void quoted_printable_pass(struct quoted_printable *q, const uint8_t *in, size_t len,
			   quoted_printable_fn *fn, void *arg);

#endif
