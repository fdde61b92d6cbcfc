/*
 * Fixed-size objects of one kind, allocated once and handed out from a free list.
 *
 * Everything that a worker needs while packets run (transactions, carry buffers, decoders,
 * held segments) comes from a slab that was sized at start. An empty slab is an ordinary
 * event: take returns NULL, `refused` counts it, and the caller says what is then lost.
 *
 * With the address sanitizer an object that was given back may not be touched, and one that was
 * taken is full of what nobody would mistake for zero. Not in core dumps.
 *
 * Not thread-safe: a slab belongs to one worker.
 */
#ifndef WEIR_SLAB_H
#define WEIR_SLAB_H

#include <stdint.h>
#include <stddef.h>

struct slab {
	void *free;	     /* singly linked through the first word of each object */
	uint8_t *memory;     /* owned */
	size_t object_bytes; /* rounded up to 16 */
	uint32_t nr_objects;
	uint32_t nr_taken;
	uint32_t most_taken; /* high-water mark since init */
	uint64_t refused;    /* takes that found the slab empty */
};

/* 0, or -ENOMEM. nr_objects may be 0: every take is then refused. */
int slab_init(struct slab *s, uint32_t nr_objects, size_t object_bytes);
void slab_fini(struct slab *s);

/* What it has allocated. */
uint64_t slab_bytes(const struct slab *s);

/* An object with undefined content, 16-byte aligned, or NULL. */
void *slab_take(struct slab *s);

/* Gives one back; NULL does nothing. */
void slab_give(struct slab *s, void *object);

#endif
