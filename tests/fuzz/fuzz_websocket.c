/* The first byte says how the rest is split: the messages must not depend on it. */
#include <stdlib.h>

#include "classify/proto/websocket.h"
#include "tests/support/fuzz_sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct sum {
	uint64_t hash;
	bool inside;
};

static void
on_begin(void *arg, bool compressed)
{
	struct sum *s = arg;

	if (s->inside)
		abort();
	s->inside = true;
	fuzz_mix(&s->hash, compressed ? 'z' : 'b');
}

static void
on_bytes(void *arg, const uint8_t *data, size_t len)
{
	struct sum *s = arg;

	if (!s->inside || len == 0)
		abort();
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
	fuzz_mix(&s->hash, 'e');
}

static void
on_control(void *arg, const uint8_t *data, size_t len)
{
	if (len == 0)
		abort();
	for (size_t i = 0; i < len; i++)
		fuzz_mix(&((struct sum *)arg)->hash, data[i]);
}

static void
on_control_end(void *arg)
{
	fuzz_mix(&((struct sum *)arg)->hash, 'c');
}

static const struct websocket_handler on = { on_begin, on_bytes, on_end, on_control,
					     on_control_end };

static struct sum
walk(const uint8_t *data, size_t len, size_t step, size_t gap_at)
{
	struct websocket w = { 0 };
	struct sum s = { 0, false };

	for (size_t at = 0; at < len;) {
		size_t n = step < len - at ? step : len - at;

		if (at < gap_at && n > gap_at - at)
			n = gap_at - at;
		if (at == gap_at)
			websocket_gap(&w, 3, &on, &s);
		websocket_push(&w, data + at, n, &on, &s);
		at += n;
	}
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t step, gap_at;

	if (len < 3)
		return 0;
	step = (size_t)data[0] % 40 + 1;
	gap_at = data[1] == 0 ? SIZE_MAX : data[1];
	if (walk(data + 2, len - 2, SIZE_MAX / 2, gap_at).hash !=
	    walk(data + 2, len - 2, step, gap_at).hash)
		abort();
	return 0;
}
