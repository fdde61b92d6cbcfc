/*
 * malloc and free inside one block, for a library that allocates while it decodes (brotli).
 *
 * First fit over blocks in address order; neighbours that are free are joined when passed. There
 * are a few dozen blocks at most, so walking them is cheap. When the block is full alloc returns
 * NULL, which is how a memory quota is kept.
 */
#ifndef WEIR_DECODE_ARENA_H
#define WEIR_DECODE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct decode_arena; /* lies at the start of the block */

/* memory is kept, 16-byte aligned, at least 64 bytes. */
struct decode_arena *decode_arena_init(void *memory, size_t bytes);

void *decode_arena_alloc(struct decode_arena *a, size_t bytes);
void decode_arena_free(struct decode_arena *a, void *p);

#endif
