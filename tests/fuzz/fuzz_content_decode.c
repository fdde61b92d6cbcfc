/*
 * Input: one byte that chooses the codings, then the body. Pushed whole and in small pieces it
 * must give the same result and bytes, unless the result is an error: how far a library gets before
 * it notices, and so which error comes first, depends on the pieces. Limits may bite elsewhere.
 */
#include <stdint.h>
#include <stdlib.h>

#include "classify/proto/content_decode.h"

static const char *const codings[] = {
	"gzip",	    "deflate",		 "br",	"zstd",	  "gzip, gzip",	  "deflate, gzip",
	"br, gzip", "zstd, deflate, br", "lz4", "snappy", "snappy, gzip", "lz4, snappy",
};

/* Of the first bytes from here on. */
#define BYTE_AWS 0xf0u

static const char *const aws[] = { "aws-chunked", "gzip, aws-chunked" };

struct output {
	uint64_t sum;
	uint64_t len;
};

static void
collect(void *arg, const uint8_t *data, size_t len)
{
	struct output *o = arg;

	if (len == 0)
		abort();
	for (size_t i = 0; i < len; i++)
		o->sum = o->sum * 31 + data[i];
	o->len += len;
}

static enum decode_result
run(struct decode_pool *pool, const char *coding, const uint8_t *data, size_t len, size_t step,
    struct output *o)
{
	struct decode *d;
	enum decode_result r = DECODE_OK;

	if (decode_take(pool, span_of(coding, strlen(coding)), &d) != DECODE_OK || d == NULL)
		abort();
	for (size_t at = 0; at < len; at += step) {
		enum decode_result before = r;

		r = decode_push(d, data + at, len - at < step ? len - at : step, collect, o);
		if (before != DECODE_OK && r != before)
			abort();
	}
	r = decode_finish(d, collect, o);
	decode_give(pool, d);
	return r;
}

static bool
is_decoded(enum decode_result r)
{
	return r == DECODE_OK || r == DECODE_TRUNCATED;
}

static bool
is_limit(enum decode_result r)
{
	return r == DECODE_BOMB || r == DECODE_TOO_LONG;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct decode_pool *pool;
	struct output whole = { 0, 0 };
	struct output split = { 0, 0 };

	if (pool == NULL) {
		struct decode_limits l = DECODE_LIMITS_DEFAULT;

		l.nr_deflate = 3;
		l.nr_brotli = 1;
		l.nr_zstd = 1;
		l.nr_lz4 = 1;
		l.nr_snappy = 1;
		l.brotli_window_log = 18;
		l.zstd_window_log = 18;
		l.ratio_after_bytes = 1u << 17;
		l.max_message_bytes = 1u << 19;
		pool = decode_pool_create(&l);
		if (pool == NULL)
			abort();
	}
	if (len == 0)
		return 0;

	const char *coding = data[0] >= BYTE_AWS
				 ? aws[data[0] % 2]
				 : codings[data[0] % (sizeof(codings) / sizeof(codings[0]))];
	size_t step = data[0] / 8u % 7 + 1;
	enum decode_result a = run(pool, coding, data + 1, len - 1, len, &whole);
	enum decode_result b = run(pool, coding, data + 1, len - 1, step, &split);

	if (is_decoded(a) != is_decoded(b) && !is_limit(a) && !is_limit(b))
		abort();
	if (is_decoded(a) && is_decoded(b) &&
	    (a != b || whole.len != split.len || whole.sum != split.sum))
		abort();
	return 0;
}
