/*
 * Byte 0: the step; the rest is a body with the boundary B, and at the same time one with base64 in
 * it. Neither the parts nor the texts may depend on the split.
 */
#include <stdlib.h>
#include <string.h>

#include "classify/proto/base64_text.h"
#include "classify/proto/multipart.h"
#include "tests/support/fuzz_sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct sum {
	uint64_t hash;
	size_t bytes;
	int open;
};

static void
mix(struct sum *s, const uint8_t *data, size_t len, unsigned kind)
{
	for (size_t i = 0; i < len; i++)
		fuzz_mix(&s->hash, data[i] ^ kind << 8);
}

static void
mark(struct sum *s, unsigned kind)
{
	mix(s, (const uint8_t *)"", 1, kind);
}

static void
on_part(void *arg)
{
	struct sum *s = arg;

	if (s->open++ != 0)
		abort();
	mark(s, 1);
}

static void
on_header(void *arg, struct span name, struct span value)
{
	mix(arg, name.p, name.len, 2);
	mix(arg, value.p, value.len, 3);
}

static void
on_headers_end(void *arg)
{
	mark(arg, 4);
}

static void
on_bytes(void *arg, const uint8_t *data, size_t len)
{
	struct sum *s = arg;

	if (len == 0)
		abort();
	s->bytes += len;
	mix(s, data, len, 5);
}

static void
on_part_end(void *arg)
{
	struct sum *s = arg;

	if (s->open-- != 1)
		abort();
	mark(s, 6);
}

static void
on_text_end(void *arg)
{
	mark(arg, 7);
}

static struct sum
run(const uint8_t *data, size_t len, size_t step)
{
	static const struct multipart_handler parts = { on_part,  on_header,   on_headers_end,
							on_bytes, on_part_end, on_bytes };
	static const struct base64_text_handler texts = { on_bytes, on_text_end };
	struct multipart m = { 0 };
	struct base64_text t = { 0 };
	struct sum s = { 0 }, other = { 0 };

	multipart_init(&m, span_of("B", 1));
	for (size_t at = 0; at < len; at += step) {
		size_t n = len - at < step ? len - at : step;

		multipart_push(&m, data + at, n, &parts, &s);
		base64_text_push(&t, data + at, n, &texts, &other);
	}
	multipart_end(&m, &parts, &s);
	base64_text_end(&t, &texts, &other);
	if (s.open != 0 || s.bytes > len || other.bytes > len)
		abort();
	s.hash ^= other.hash * 31;
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sum whole, pieces;
	uint8_t *copy;

	if (len == 0)
		return 0;
	copy = malloc(len);
	memcpy(copy, data, len);
	whole = run(copy + 1, len - 1, SIZE_MAX);
	pieces = run(copy + 1, len - 1, (size_t)(data[0] & 63) + 1);
	if (whole.hash != pieces.hash || whole.bytes != pieces.bytes)
		abort();
	free(copy);
	return 0;
}
