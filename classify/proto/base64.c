#include "classify/proto/base64.h"

enum { AT_ONCE = 1024 };

#define X BASE64_NO_DIGIT

const uint8_t base64_values[256] = {
	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,
	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  62,
	X,  62, X,  63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, X,  X,	X,  X,	X,  X,	X,  0,
	1,  2,	3,  4,	5,  6,	7,  8,	9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
	23, 24, 25, X,	X,  X,	X,  63, X,  26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38,
	39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, X,	X,  X,	X,  X,	X,  X,	X,  X,
	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,
	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,
	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,
	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,
	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,
	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,	X,  X,
};

size_t
base64_end(struct base64 *b, uint8_t *out)
{
	size_t n = 0;

	if (b->nr >= 2)
		out[n++] = (uint8_t)(b->bits >> (6 * b->nr - 8));
	if (b->nr == 3)
		out[n++] = (uint8_t)(b->bits >> 2);
	b->nr = 0;
	b->bits = 0;
	return n;
}

size_t
base64_push(struct base64 *b, const uint8_t *in, size_t len, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t v = base64_values[in[i]];

		if (in[i] == '=')
			n += base64_end(b, out + n);
		if (v == X)
			continue;
		b->bits = b->bits << 6 | v;
		if (++b->nr < 4)
			continue;
		out[n++] = (uint8_t)(b->bits >> 16);
		out[n++] = (uint8_t)(b->bits >> 8);
		out[n++] = (uint8_t)b->bits;
		b->nr = 0;
		b->bits = 0;
	}
	return n;
}

void
base64_pass(struct base64 *b, const uint8_t *in, size_t len, base64_fn *fn, void *arg)
{
	uint8_t out[BASE64_ROOM(AT_ONCE)];

	for (size_t at = 0, some; at < len; at += some) {
		size_t n;

		some = len - at < AT_ONCE ? len - at : AT_ONCE;
		n = base64_push(b, in + at, some, out);
		if (n != 0)
			fn(arg, out, n);
	}
}
