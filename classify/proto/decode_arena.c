#include "classify/proto/decode_arena.h"

#include <stdbool.h>

#define ARENA_ALIGN 16u

/* | arena | block | bytes ... | block | bytes ... | end */
struct block {
	size_t bytes; /* behind this header */
	size_t used;  /* 0 or 1; a size_t keeps what follows aligned */
};

struct decode_arena {
	uint8_t *end;
	uint64_t unused;
};

static struct block *
first_block(struct decode_arena *a)
{
	return (struct block *)(void *)(a + 1);
}

/* NULL behind the last one. */
static struct block *
next_block(struct decode_arena *a, struct block *b)
{
	uint8_t *next = (uint8_t *)(b + 1) + b->bytes;

	return next == a->end ? NULL : (struct block *)(void *)next;
}

static void
join_free(struct decode_arena *a, struct block *b)
{
	struct block *next = next_block(a, b);

	while (next != NULL && next->used == 0) {
		b->bytes += sizeof(*next) + next->bytes;
		next = next_block(a, b);
	}
}

/* Cuts the rest of a free block off when it is worth having. */
static void
split(struct block *b, size_t bytes)
{
	if (b->bytes - bytes <= sizeof(*b) + ARENA_ALIGN)
		return;
	struct block *rest = (struct block *)(void *)((uint8_t *)(b + 1) + bytes);

	rest->bytes = b->bytes - bytes - sizeof(*b);
	rest->used = 0;
	b->bytes = bytes;
}

struct decode_arena *
decode_arena_init(void *memory, size_t bytes)
{
	struct decode_arena *a = memory;
	struct block *b = first_block(a);

	bytes -= bytes % ARENA_ALIGN;
	a->end = (uint8_t *)memory + bytes;
	b->bytes = bytes - sizeof(*a) - sizeof(*b);
	b->used = 0;
	return a;
}

void *
decode_arena_alloc(struct decode_arena *a, size_t bytes)
{
	if (bytes > SIZE_MAX - ARENA_ALIGN)
		return NULL;
	bytes = (bytes + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);

	for (struct block *b = first_block(a); b != NULL; b = next_block(a, b)) {
		if (b->used != 0)
			continue;
		join_free(a, b);
		if (b->bytes < bytes)
			continue;
		split(b, bytes);
		b->used = 1;
		return b + 1;
	}
	return NULL;
}

void
decode_arena_free(struct decode_arena *a, void *p)
{
	(void)a;
	if (p != NULL)
		((struct block *)p - 1)->used = 0;
}
