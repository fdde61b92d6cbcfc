/*
 * The first bytes say how the rest is split and whether a gap falls in between. Events must not
 * depend on the split, unless the place was lost: then the beginnings of pushes are hints. All
 * bytes must be accounted for.
 */
#include <stdlib.h>

#include "classify/proto/http2.h"
#include "tests/support/fuzz_sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct hpack_table table;
static struct hpack_text text;

struct sum {
	uint64_t hash;
	bool in_block, lost;
};

static void
event(struct sum *s, char what, uint32_t stream)
{
	fuzz_mix_bytes(&s->hash, &what, 1);
	fuzz_mix_bytes(&s->hash, &stream, sizeof(stream));
}

static struct hpack_text *
on_begin(void *arg, uint32_t stream)
{
	struct sum *s = arg;

	if (s->in_block)
		abort();
	s->in_block = true;
	event(s, 'h', stream);
	return &text;
}

static struct hpack_text *
on_promise(void *arg, uint32_t stream)
{
	event(arg, 'p', stream);
	return on_begin(arg, stream);
}

static void
on_field(void *arg, uint32_t stream, struct span name, struct span value)
{
	struct sum *s = arg;

	if (!s->in_block)
		abort();
	event(s, 'f', stream);
	fuzz_mix_bytes(&s->hash, name.p, name.len);
	fuzz_mix_bytes(&s->hash, "=", 1);
	fuzz_mix_bytes(&s->hash, value.p, value.len);
}

static void
on_end(void *arg, uint32_t stream, bool end_stream, bool whole)
{
	struct sum *s = arg;

	if (!s->in_block)
		abort();
	s->in_block = false;
	event(s, end_stream ? 'E' : 'e', stream);
	event(s, whole ? 'w' : 'c', stream);
}

static void
on_data(void *arg, uint32_t stream, const uint8_t *data, size_t len)
{
	struct sum *s = arg;

	/* Where data is cut is not part of the answer. */
	(void)stream;
	fuzz_mix_bytes(&s->hash, data, len);
}

static void
on_data_gap(void *arg, uint32_t stream, uint64_t len)
{
	event(arg, 'g', stream);
	fuzz_mix_bytes(&((struct sum *)arg)->hash, &len, sizeof(len));
}

static void
on_data_end(void *arg, uint32_t stream, bool end_stream)
{
	event(arg, end_stream ? 'D' : 'd', stream);
}

static void
on_reset(void *arg, uint32_t stream)
{
	event(arg, 'r', stream);
}

static const struct http2_handler handler = {
	on_begin, on_promise, on_field, on_end, on_data, on_data_gap, on_data_end, on_reset,
};

static struct sum
walk(const uint8_t *data, size_t len, size_t step, size_t gap_at, bool preface)
{
	struct sum s = { 0, false, false };
	struct http2 h;

	http2_init(&h, preface, false);
	hpack_set_table(&h.hpack, &table);
	for (size_t at = 0; at < len;) {
		size_t n = step < len - at ? step : len - at;

		if (at < gap_at && n > gap_at - at)
			n = gap_at - at;
		if (at == gap_at)
			http2_gap(&h, 100, &handler, &s);
		http2_push(&h, data + at, n, &handler, &s);
		at += n;
	}
	http2_end(&h, &handler, &s);
	if (h.framing_bytes + h.data_bytes + h.skipped_bytes != len || s.in_block)
		abort();
	s.lost = h.events[HTTP2_RESYNC] != 0;
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sum whole, split;
	size_t step, gap_at;
	bool preface;

	if (len < 2)
		return 0;
	step = (size_t)data[0] % 40 + 1;
	preface = (data[0] & 0x80) != 0;
	gap_at = data[1] % 2 == 0 ? SIZE_MAX : (size_t)data[1];
	whole = walk(data + 2, len - 2, SIZE_MAX / 2, gap_at, preface);
	split = walk(data + 2, len - 2, step, gap_at, preface);
	if (!whole.lost && !split.lost && whole.hash != split.hash)
		abort();
	if (gap_at == SIZE_MAX && whole.lost != split.lost)
		abort();
	return 0;
}
