/*
 * TLS records and what is made of their sizes. Input: one byte of step, then pieces: kind 1 (bit 0:
 * the server, bit 1: a gap before it, bits 2 to 7: milliseconds, squared, since the last) | length
 * 1 | bytes. Records and turns must be the same however the bytes of a piece are split.
 */
#include <stdlib.h>
#include <string.h>

#include "classify/ai/stream_shape.h"
#include "classify/proto/tls_records.h"
#include "tests/support/fuzz_sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct run {
	struct tls_records records[2];
	struct stream_shape shape;
	uint64_t now_us, hash;
	uint32_t nr_turns;
	unsigned dir;
};

static void
on_turn(void *arg, const struct stream_shape_turn *t)
{
	struct run *r = arg;

	if (t->ordinal < r->nr_turns || t->verdict > STREAM_SHAPE_UNKNOWN ||
	    t->request_us > t->request_end_us || t->first_us > t->last_us ||
	    t->last_us > r->now_us || (t->first_us != 0 && t->first_us < t->request_us))
		abort();
	r->nr_turns = t->ordinal + 1;
	fuzz_mix(&r->hash, t->verdict);
	fuzz_mix(&r->hash, t->request_bytes);
	fuzz_mix(&r->hash, t->response_bytes);
	fuzz_mix(&r->hash, t->last_us);
}

static void
on_record(void *arg, uint8_t type, uint16_t len)
{
	struct run *r = arg;

	if (len > TLS_RECORD_MAX_BYTES)
		abort();
	fuzz_mix(&r->hash, (uint64_t)type << 16 | len);
	if (type == TLS_APPLICATION_DATA)
		stream_shape_record(&r->shape, r->dir, len, r->now_us, on_turn, r);
}

static void
push(struct run *r, uint8_t kind, const uint8_t *data, size_t len, size_t step)
{
	r->dir = kind & 1;
	r->now_us += (uint64_t)(kind >> 2) * (kind >> 2) * 1000u;
	if ((kind & 2) != 0) {
		tls_records_gap(&r->records[r->dir], kind);
		stream_shape_gap(&r->shape);
	}
	for (size_t at = 0; at < len; at += step)
		tls_records_push(&r->records[r->dir], data + at, step < len - at ? step : len - at,
				 on_record, r);
	if (r->records[r->dir].lost)
		stream_shape_blind(&r->shape);
}

static uint64_t
run(const uint8_t *data, size_t len, size_t step)
{
	struct run r = { .now_us = 1 };

	stream_shape_init(&r.shape);
	stream_shape_tickets_until(&r.shape, 5000);
	while (len >= 2) {
		size_t n = data[1] < len - 2 ? data[1] : len - 2;

		push(&r, data[0], data + 2, n, step);
		data += 2 + n;
		len -= 2 + n;
	}
	stream_shape_leave(&r.shape, 0, r.now_us);
	stream_shape_leave(&r.shape, 1, r.now_us);
	stream_shape_end(&r.shape, on_turn, &r);
	fuzz_mix(&r.hash, stream_shape_verdict(&r.shape));
	if (r.nr_turns > r.shape.nr_begun)
		abort();
	return r.hash;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	if (run(data + 1, len - 1, SIZE_MAX / 2) != run(data + 1, len - 1, data[0] % 40u + 1))
		abort();
	return 0;
}
