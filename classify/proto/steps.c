#include "classify/proto/steps.h"

static size_t
take(struct steps *s, const uint8_t *data, size_t len)
{
	size_t n = (size_t)(s->need - s->have) < len ? (size_t)(s->need - s->have) : len;

	memcpy(s->buf + s->have, data, n);
	s->have = (uint16_t)(s->have + n);
	return n;
}

/* Up to the delimiter or the end of the message: then *whole. */
static size_t
until(struct steps *s, const uint8_t *data, size_t len, bool *whole, steps_bytes_fn *bytes,
      void *arg)
{
	size_t most = len < s->left ? len : (size_t)s->left, n, keep;
	const uint8_t *end = memchr(data, s->delimiter, most);

	n = end != NULL ? (size_t)(end - data) : most;
	if (s->mode == STEPS_TEXT) {
		if (n != 0)
			bytes(arg, s, data, n);
	} else {
		keep = n < STEPS_BYTES - s->have ? n : STEPS_BYTES - s->have;
		memcpy(s->buf + s->have, data, keep);
		s->have = (uint16_t)(s->have + keep);
	}
	n += end != NULL;
	if (s->left != STEPS_NO_END)
		s->left -= n;
	s->short_of = end == NULL && s->left == 0;
	*whole = end != NULL || s->short_of;
	return n;
}

/* What was asked for is there without another byte. */
static bool
is_whole(const struct steps *s)
{
	switch (s->mode) {
	case STEPS_TAKE:
		return s->have == s->need;
	case STEPS_PASS:
		return s->pass == 0;
	default:
		return s->left == 0;
	}
}

size_t
steps_push(struct steps *s, const uint8_t *data, size_t len, steps_fn *step, steps_bytes_fn *bytes,
	   void *arg)
{
	size_t at = 0;

	while (!s->stop && !s->lost) {
		bool whole = is_whole(s);

		/* A message begins with its first byte: only then its side knows what it is. */
		if (at == len && (!whole || s->state == STEPS_BEGIN))
			break;
		if (whole) {
			s->torn = s->torn && s->state != STEPS_BEGIN;
			step(arg, s);
			s->broken = s->broken || s->lost;
			continue;
		}
		if (s->mode == STEPS_TAKE) {
			at += take(s, data + at, len - at);
		} else if (s->mode == STEPS_PASS) {
			size_t n = len - at < s->pass ? len - at : (size_t)s->pass;

			s->pass -= n;
			bytes(arg, s, data + at, n);
			at += n;
		} else {
			at += until(s, data + at, len - at, &whole, bytes, arg);
			if (whole) {
				step(arg, s);
				s->broken = s->broken || s->lost;
			}
		}
	}
	return at;
}

bool
steps_between(const struct steps *s)
{
	return s->lost || (s->state == STEPS_BEGIN && is_whole(s));
}

bool
steps_gap(struct steps *s, uint64_t len, uint8_t what)
{
	uint64_t rest = s->left;

	s->torn = true;
	if (s->mode == STEPS_PASS && len <= s->pass && !s->lost) {
		s->pass -= len;
		return true;
	}
	if (s->mode == STEPS_TAKE)
		rest += (uint64_t)(s->need - s->have);
	else if (s->mode == STEPS_PASS)
		rest += s->pass;
	s->lost = s->lost || s->left == STEPS_NO_END || len > rest;
	if (s->lost)
		return false;
	s->left = rest - len;
	steps_rest(s, what);
	return true;
}
