/*
 * Reading a stream as a row of small steps: for protocols whose messages are a header with a length
 * and then fields, strings and values one behind the other.
 *
 *   take n      n bytes together, kept until all are there        -> step
 *   until c     bytes up to a delimiter, of which the first are kept -> step
 *   pass n      n bytes that are handed on as they come, never kept -> bytes, then step
 *   text c      the same, up to a delimiter
 *
 * step is called when what was asked for is there and says what comes next; state is the parser's
 * own number for it. As step only ever sees whole units, the answer is the same for any split of
 * the input, but for how what is passed on is cut. Nothing leaves the message: who asks for more
 * than left gets what there is and `short_of`, and step decides; steps_rest passes over what a
 * message has beyond what its parser understood.
 *
 * A step must ask for a byte at least once in a while: those that ask for none follow each other at
 * once.
 *
 * Constant size, one for each direction, embedded by its owner.
 */
#ifndef WEIR_STEPS_H
#define WEIR_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "classify/span.h"

#define STEPS_BYTES   256u
#define STEPS_NO_END  UINT64_MAX
#define STEPS_BEGIN   0u /* state: a message is over, the next begins */
#define STEPS_IGNORED 0u /* what: of no interest */

enum steps_mode { STEPS_TAKE, STEPS_UNTIL, STEPS_PASS, STEPS_TEXT };

struct steps {
	uint64_t
	    left; /* of the message, beyond what is asked for; STEPS_NO_END: it has no length */
	uint64_t pass;
	uint16_t need, have;
	uint8_t mode, state, delimiter;
	uint8_t what;  /* the parser's own: what the passed bytes are */
	bool short_of; /* the message had less than what was asked for */
	bool stop;     /* set by a step: the rest of the input is not this parser's */
	bool lost;     /* where messages begin is not known: a gap, or set by a step */
	bool broken;   /* set with lost by a step, for good: this is not the protocol */
	bool torn;     /* bytes of this message were lost */
	uint8_t buf[STEPS_BYTES];
};

typedef void steps_fn(void *arg, struct steps *s);
typedef void steps_bytes_fn(void *arg, struct steps *s, const uint8_t *data, size_t len);

/* Next: n bytes, at most STEPS_BYTES. */
static inline void
steps_take(struct steps *s, uint8_t state, uint16_t n)
{
	s->short_of = n > s->left;
	if (s->short_of)
		n = (uint16_t)s->left;
	if (s->left != STEPS_NO_END)
		s->left -= n;
	s->mode = STEPS_TAKE;
	s->state = state;
	s->need = n;
	s->have = 0;
}

/* Next: bytes up to the delimiter, which is taken and not kept; of more than fits the first. */
static inline void
steps_until(struct steps *s, uint8_t state, uint8_t delimiter)
{
	s->mode = STEPS_UNTIL;
	s->state = state;
	s->delimiter = delimiter;
	s->have = 0;
	s->short_of = s->left == 0;
}

/* Next: bytes up to the delimiter are handed on; it is taken. */
static inline void
steps_text(struct steps *s, uint8_t state, uint8_t delimiter, uint8_t what)
{
	s->mode = STEPS_TEXT;
	s->state = state;
	s->delimiter = delimiter;
	s->what = what;
	s->have = 0;
	s->short_of = s->left == 0;
}

/* Next: n bytes are handed on. */
static inline void
steps_pass(struct steps *s, uint8_t state, uint64_t n, uint8_t what)
{
	s->short_of = n > s->left;
	if (s->short_of)
		n = s->left;
	if (s->left != STEPS_NO_END)
		s->left -= n;
	s->mode = STEPS_PASS;
	s->state = state;
	s->pass = n;
	s->what = what;
	s->have = 0;
}

/* What the message still has is handed on, then the next begins. */
static inline void
steps_rest(struct steps *s, uint8_t what)
{
	steps_pass(s, STEPS_BEGIN, s->left, what);
}

/* The message is over. */
static inline void
steps_next(struct steps *s)
{
	s->left = STEPS_NO_END;
	steps_take(s, STEPS_BEGIN, 0);
}

/* A message of this many more bytes begins behind what was taken so far. */
static inline void
steps_message(struct steps *s, uint64_t len)
{
	s->left = len;
}

static inline struct span
steps_taken(const struct steps *s)
{
	return span_of(s->buf, s->have);
}

/* Returns how many bytes were taken: all, unless a step has set stop or lost. */
size_t steps_push(struct steps *s, const uint8_t *data, size_t len, steps_fn *step,
		  steps_bytes_fn *bytes, void *arg);

/* No message is under way, or nobody knows. */
bool steps_between(const struct steps *s);

/*
 * len bytes were lost. True when they end within what is being handed on, which then goes on, or
 * else within the message at hand, whose rest is then handed on as what says; false when it is not
 * known where the next begins: `lost` is set.
 */
bool steps_gap(struct steps *s, uint64_t len, uint8_t what);

#endif
