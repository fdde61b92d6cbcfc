/*
 * Undoing JSON string escapes, form coding and the decimal escapes of DNS names on the way into the
 * scanner, a piece at a time.
 *
 * Only escapes change: everything else of a JSON text, quotes and keys too, passes as it is. An
 * escape that is none, or is cut off by the end, passes unchanged. \uXXXX becomes UTF-8, halves of
 * surrogate pairs and control characters a '?' and a blank.
 */
#ifndef WEIR_UNESCAPE_H
#define WEIR_UNESCAPE_H

#include <stddef.h>
#include <stdint.h>

#include "classify/rules/buffer.h"
#include "classify/rules/carry.h"

struct unescape {
	enum buffer_coding coding;
	struct carry carry; /* of an escape that is not complete */
};

typedef void unescape_fn(void *arg, const uint8_t *data, size_t len);

void unescape_init(struct unescape *u, enum buffer_coding coding);
void unescape_push(struct unescape *u, const uint8_t *data, size_t len, unescape_fn *fn, void *arg);
/* Passes on what is held. */
void unescape_end(struct unescape *u, unescape_fn *fn, void *arg);

/*
 * One escape at p, which must begin with its lead byte: bytes written to out (at most 3), and how
 * many of the input it took in *took. 0: not complete yet; then *took is 0.
 */
size_t unescape_one(enum buffer_coding coding, const uint8_t *p, size_t len, uint8_t out[6],
		    size_t *took);

#endif
