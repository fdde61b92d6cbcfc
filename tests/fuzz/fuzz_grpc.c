/*
 * Input: one byte (bit 7: the text form, the rest is the step), then pieces: kind 1 (1: bytes were
 * lost before, the rest is how many) | length 1 | bytes. Messages begin and end in turn, and are
 * the same however the pieces are split.
 */
#include <stdlib.h>

#include "classify/proto/base64.h"
#include "classify/proto/grpc.h"
#include "dataplane/port/cursor.h"
#include "tests/support/fuzz_sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct sum {
	uint64_t hash, bytes;
	bool inside;
};

static void
on_begin(void *arg, bool compressed)
{
	struct sum *s = arg;

	if (s->inside)
		abort();
	s->inside = true;
	fuzz_mix(&s->hash, 256u + compressed);
}

static void
on_bytes(void *arg, const uint8_t *data, size_t len)
{
	struct sum *s = arg;

	if (!s->inside || len == 0)
		abort();
	s->bytes += len;
	for (size_t i = 0; i < len; i++)
		fuzz_mix(&s->hash, data[i]);
}

static void
on_end(void *arg)
{
	struct sum *s = arg;

	if (!s->inside)
		abort();
	s->inside = false;
	fuzz_mix(&s->hash, 258);
}

static void
on_trailers(void *arg, const uint8_t *data, size_t len)
{
	if (len == 0)
		abort();
	for (size_t i = 0; i < len; i++)
		fuzz_mix(&((struct sum *)arg)->hash, data[i] + 512u);
}

static const struct grpc_handler handler = { on_begin, on_bytes, on_end, on_trailers };

/* How many bytes reached the framing. */
static size_t
push(struct grpc *g, struct base64 *b, bool text, const uint8_t *data, size_t len, struct sum *s)
{
	uint8_t out[BASE64_ROOM(256)];
	size_t n;

	if (!text) {
		grpc_push(g, data, len, &handler, s);
		return len;
	}
	n = base64_push(b, data, len, out);
	grpc_push(g, out, n, &handler, s);
	return n;
}

static uint64_t
run(const uint8_t *data, size_t len, bool text, size_t step)
{
	struct cursor c = cursor_of(data, len);
	struct grpc g = { 0 };
	struct base64 b = { 0 };
	struct sum s = { .hash = 1 };
	uint64_t pushed = 0;
	uint8_t kind, n;

	while (cursor_u8(&c, &kind) && cursor_u8(&c, &n)) {
		size_t left = n < cursor_left(&c) ? n : cursor_left(&c);
		const uint8_t *p = cursor_take(&c, left);

		/* The owner stops where the place was lost. */
		if ((kind & 1) != 0 && !grpc_gap(&g, (kind >> 1) + 1u, &handler, &s))
			break;
		for (size_t at = 0; at < left; at += step)
			pushed +=
			    push(&g, &b, text, p + at, step < left - at ? step : left - at, &s);
	}
	if (g.framing_bytes + s.bytes > pushed || (s.inside && !grpc_is_inside(&g)))
		abort();
	fuzz_mix(&s.hash, g.has_status ? g.status : 256);
	fuzz_mix(&s.hash, g.nr_messages);
	return s.hash;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	bool text;

	if (len == 0)
		return 0;
	text = (data[0] & 0x80) != 0;
	if (run(data + 1, len - 1, text, SIZE_MAX / 2) !=
	    run(data + 1, len - 1, text, data[0] % 40u + 1))
		abort();
	return 0;
}
