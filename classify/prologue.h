/*
 * First bytes of a connection that wait to be handed on.
 *
 * Both sides' wait until it is known what is spoken. A mirror that brings the directions in another
 * order than they were sent (two ports, two queues) may bring an answer before its question: what
 * was said out of turn waits on, until the other side has said the whole of what comes first. Where
 * that is several messages at once, all that came with the end of the first is heard before.
 *
 * Of each side DETECT_BYTES are kept in place, and of one side at a time PROLOGUE_MORE_BYTES behind
 * them, from a pool of their own.
 */
#ifndef WEIR_PROLOGUE_H
#define WEIR_PROLOGUE_H

#include <stdbool.h>

#include "classify/proto/detect.h"
#include "classify/slab.h"

#define PROLOGUE_MORE_BYTES 4096u

struct prologue {
	uint8_t spoke_first; /* the direction that was seen first */
	uint8_t waits;	     /* whose bytes are still here, once it is known what is spoken */
	uint8_t more_dir;
	uint16_t nr_more;
	uint8_t *more; /* owned, from the pool, or NULL */
	struct {
		uint16_t len;
		uint8_t bytes[DETECT_BYTES];
	} dir[2];
};

void prologue_init(struct prologue *p, unsigned dir);

/* As many bytes as are kept in place; returns how many. */
size_t prologue_keep(struct prologue *p, unsigned dir, const uint8_t *data, size_t len);

/* All of them, in place and behind; false: there is no room, and none was kept. */
bool prologue_keep_all(struct prologue *p, struct slab *pool, unsigned dir, const uint8_t *data,
		       size_t len);

/* What is kept behind the bytes of that direction. */
struct span prologue_more(const struct prologue *p, unsigned dir);

#endif
