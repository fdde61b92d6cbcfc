/* Byte 0 is the step; the rest one message. Its texts must not depend on the split. */
#include <stdlib.h>
#include <string.h>

#include "classify/proto/protobuf.h"
#include "tests/support/fuzz_sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct sum {
	uint64_t hash;
	size_t bytes, texts;
};

static void
on_text(void *arg, const uint8_t *data, size_t len)
{
	struct sum *s = arg;

	if (len == 0)
		abort();
	s->bytes += len;
	for (size_t i = 0; i < len; i++)
		fuzz_mix(&s->hash, data[i]);
}

static void
on_end(void *arg)
{
	struct sum *s = arg;

	s->texts++;
	fuzz_mix(&s->hash, 256);
}

static struct sum
run(const uint8_t *data, size_t len, size_t step)
{
	static const struct protobuf_handler on = { on_text, on_end };
	struct protobuf p = { 0 };
	struct sum s = { 0 };

	for (size_t at = 0; at < len; at += step)
		protobuf_push(&p, data + at, len - at < step ? len - at : step, &on, &s);
	protobuf_end(&p, &on, &s);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sum whole, pieces;

	if (len == 0)
		return 0;
	whole = run(data + 1, len - 1, SIZE_MAX);
	pieces = run(data + 1, len - 1, (size_t)(data[0] & 31) + 1);
	if (memcmp(&whole, &pieces, sizeof(whole)) != 0 || whole.bytes > len - 1)
		abort();
	return 0;
}
