/*
 * What a protocol's probe is, and the few words that most of them are written in.
 *
 * A probe looks at the first bytes of both directions, as far as they have been seen, and says
 * yes, no, or "a longer prefix could still say". Its answer must not depend on how the bytes were
 * split: once yes or no, it stays so for any longer prefix.
 */
#ifndef WEIR_PROBE_H
#define WEIR_PROBE_H

#include <string.h>

#include "classify/proto/detect.h"

/* Does s begin with the text, or could it once there is more of it? */
static inline enum probe_answer
probe_matches(struct span s, const char *text)
{
	size_t len = strlen(text), n = s.len < len ? s.len : len;

	if (n != 0 && memcmp(s.p, text, n) != 0)
		return PROBE_NO;
	return n == len ? PROBE_YES : PROBE_MAYBE;
}

/* The same of a whole direction: one that has not spoken says nothing. */
static inline enum probe_answer
probe_begins(struct span s, const char *text)
{
	return s.len == 0 ? PROBE_NO : probe_matches(s, text);
}

static inline enum probe_answer
probe_either(enum probe_answer a, enum probe_answer b)
{
	return a > b ? a : b;
}

static inline struct span
probe_from(struct span s, size_t at)
{
	return span_of(s.p + at, s.len - at);
}

static inline bool
probe_printable(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	}
	return true;
}

static inline bool
probe_port_is(const struct detect_input *in, uint16_t port)
{
	return in->orig_port == port || in->resp_port == port;
}

/* A mirror may bring an answer before its question. */
static inline bool
probe_question_may_come(const struct detect_input *in)
{
	return in->orig.len == 0 && !in->orig_unseen && !in->orig_midstream && !in->resp_midstream;
}

#endif
