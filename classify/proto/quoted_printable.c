#include "classify/proto/quoted_printable.h"

#include <string.h>

#include "classify/span.h"

enum { AT_ONCE = 1024 };

/* A byte behind an '='. */
static size_t
behind_mark(struct quoted_printable *q, uint8_t b, uint8_t *out)
{
	size_t n = 0;

	if (q->have == 1 && b == '\r')
		return 0;
	if (q->have == 1 && (b == '\n' || hex_value(b) >= 0)) {
		q->have = b == '\n' ? 0 : 2;
		q->digit = b;
		return 0;
	}
	if (q->have == 2 && hex_value(b) >= 0) {
		q->have = 0;
		*out = (uint8_t)(hex_value(q->digit) << 4 | hex_value(b));
		return 1;
	}
	out[n++] = '=';
	if (q->have == 2)
		out[n++] = q->digit;
	q->have = b == '=';
	if (b != '=')
		out[n++] = b;
	return n;
}

size_t
quoted_printable_push(struct quoted_printable *q, const uint8_t *in, size_t len, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		const uint8_t *mark;
		size_t plain;

		if (q->have != 0) {
			n += behind_mark(q, in[i], out + n);
			continue;
		}
		mark = memchr(in + i, '=', len - i);
		plain = mark == NULL ? len - i : (size_t)(mark - (in + i));
		memcpy(out + n, in + i, plain);
		n += plain;
		i += plain;
		q->have = mark != NULL;
	}
	return n;
}

void
quoted_printable_pass(struct quoted_printable *q, const uint8_t *in, size_t len,
		      quoted_printable_fn *fn, void *arg)
{
	uint8_t out[QUOTED_PRINTABLE_ROOM(AT_ONCE)];

	for (size_t at = 0, some; at < len; at += some) {
		size_t n;

		some = len - at < AT_ONCE ? len - at : AT_ONCE;
		n = quoted_printable_push(q, in + at, some, out);
		if (n != 0)
			fn(arg, out, n);
	}
}
