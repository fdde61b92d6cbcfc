/*
 * Groups of decimal digits in a stream, 64 bytes at a time.
 *
 * Card numbers, social security numbers and their like have no fixed string to search for, and as
 * regular expressions they make a whole pattern set slow. So digits are found here: a bit mask of
 * the digits of each block, walked group by group; no byte is looked at twice.
 *
 *   "card 4111 1111 1111 1111, 12/25"     groups joined by one separator form a chain:
 *         |--| |--| |--| |--|  || ||      4111·1111·1111·1111   12   25
 *
 * At the end of each group that could matter the callback gets the chain so far, last group last;
 * which part of it is a number is the caller's question. A chain remembers its last
 * DIGITS_MAX_GROUPS groups. The digits themselves are not kept, only where they are.
 *
 * Positions are absolute in the stream; any split of the input gives the same calls.
 */
#ifndef WEIR_DIGITS_H
#define WEIR_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/detect/simd.h"

enum { DIGITS_MAX_GROUPS = 8 };

struct digit_group {
	uint64_t start;
	uint64_t len;
	uint8_t before; /* the byte in front of it, 0 at the very beginning */
};

/* What to look for: shared by all streams, made once. */
struct digits_spec {
	bool separator[256]; /* bytes that may join two groups: digits_join */
	uint8_t nr_joints;   /* how many, and the first of them */
	uint8_t joints[4];
	unsigned min_digits; /* chains with fewer are not told, */
	unsigned min_alone;  /* nor are those of one group with fewer than so many, or more */
	bool led_by_letters; /* also tell groups of two or more right behind two letters, */
	bool led_by_small;   /* which may be small ones, */
	bool led_at_edge;    /* or behind one that begins a cell or a word, see is_edge */
	enum simd simd;	     /* simd_best(), or a lesser one */
};

struct digits {
	uint64_t pos;
	uint64_t open_start;
	uint64_t open_len; /* 0: no group is open */
	uint8_t open_before;
	bool open_led;		   /* letters lead it */
	uint8_t last, second_last; /* bytes in front of pos */
	uint8_t nr_groups;
	uint64_t total; /* digits of all groups */
	struct digit_group groups[DIGITS_MAX_GROUPS];
};

/* groups[nr - 1] has just ended. */
typedef void digits_fn(void *arg, const struct digit_group *groups, unsigned nr);

void digits_join(struct digits_spec *spec, uint8_t separator);

/* Starts at an absolute position, with nothing in front of it. */
void digits_init(struct digits *d, uint64_t pos);
void digits_push(struct digits *d, const struct digits_spec *spec, const uint8_t *data, size_t len,
		 digits_fn *fn, void *arg);
/* Nothing follows: ends an open group. */
void digits_end(struct digits *d, const struct digits_spec *spec, digits_fn *fn, void *arg);

#endif
