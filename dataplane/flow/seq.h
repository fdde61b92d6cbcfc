/* Arithmetic on TCP sequence numbers, which wrap (RFC 9293 section 3.4). */
#ifndef WEIR_SEQ_H
#define WEIR_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/* How far a is ahead of b; negative when it is behind. */
static inline int32_t
seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static inline bool
seq_before(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) < 0;
}

static inline bool
seq_after(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) > 0;
}

#endif
