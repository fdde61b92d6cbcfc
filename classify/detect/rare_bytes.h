/*
 * Where any of a few bytes stands, 64 bytes at a time.
 *
 * An '@', or a '+' in front of a number, is all that some patterns have of fixed text. One byte is
 * too little for Hyperscan to skip by and makes it slower for all the others; to compare a register
 * full of input with it costs next to nothing.
 */
#ifndef WEIR_RARE_BYTES_H
#define WEIR_RARE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/detect/simd.h"

enum { RARE_BYTES_MAX = 4 };

struct rare_bytes {
	uint8_t nr;
	uint8_t byte[RARE_BYTES_MAX]; /* those beyond nr are as the first */
	enum simd simd;		      /* how they are looked for; all find the same */
};

/* True when it is one of them now; false when there are too many others. */
bool rare_bytes_add(struct rare_bytes *r, uint8_t byte);

/* Where the next of them stands in p[at .. len), or len. Reads nothing else. */
size_t rare_bytes_next(const struct rare_bytes *r, const uint8_t *p, size_t at, size_t len);

#endif
