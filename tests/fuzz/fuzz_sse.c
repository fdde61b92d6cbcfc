/* The first byte says how the rest is split; the events must not depend on it. */
#include <stdlib.h>

#include "classify/proto/sse.h"
#include "classify/proto/sse_join.h"
#include "tests/support/fuzz_sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct sum {
	uint64_t hash;
	uint64_t nr_events;
};

static void
on_event(void *arg, const struct sse *s, enum sse_event event, const uint8_t *text, size_t len)
{
	struct span name = sse_name(s);
	struct sum *sum = arg;

	if (event == SSE_DATA) {
		if (len == 0 || name.len > SSE_NAME_CAP)
			abort();
		fuzz_mix_bytes(&sum->hash, text, len);
		return;
	}
	sum->nr_events++;
	fuzz_mix_bytes(&sum->hash, name.p, name.len);
	fuzz_mix_bytes(&sum->hash, (const uint8_t *)"/", 1);
}

static void
on_joined(void *arg, const uint8_t *data, size_t len)
{
	if (len == 0)
		abort();
	fuzz_mix_bytes(&((struct sum *)arg)->hash, data, len);
}

static uint64_t
join(const uint8_t *data, size_t len, size_t step)
{
	struct sum sum = { 0, 0 };
	struct sse_join j = { 0 };

	for (size_t at = 0; at < len; at += step)
		sse_join_push(&j, data + at, step < len - at ? step : len - at, on_joined, &sum);
	return sum.hash;
}

static struct sum
walk(const uint8_t *data, size_t len, size_t step)
{
	struct sum sum = { 0, 0 };
	struct sse s;

	sse_init(&s, on_event, &sum);
	for (size_t at = 0; at < len; at += step)
		sse_push(&s, data + at, step < len - at ? step : len - at);
	sse_end(&s);
	if (s.nr_events != sum.nr_events)
		abort();
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	if (walk(data + 1, len - 1, SIZE_MAX / 2).hash !=
	    walk(data + 1, len - 1, (size_t)data[0] % 40 + 1).hash)
		abort();
	if (join(data + 1, len - 1, SIZE_MAX / 2) != join(data + 1, len - 1, data[0] % 40u + 1))
		abort();
	return 0;
}
