/*
 * Byte 0: the step, and whether a gap comes between the steps; the rest is a message of mail. With
 * no gap its text may not depend on the split, and nothing may be longer than it was.
 */
#include <stdlib.h>
#include <string.h>

#include "classify/proto/mime.h"
#include "tests/support/fuzz_sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct sum {
	uint64_t hash;
	size_t text, binary;
};

static void
on_text(void *arg, const uint8_t *data, size_t len)
{
	struct sum *s = arg;

	if (len == 0)
		abort();
	s->text += len;
	for (size_t i = 0; i < len; i++)
		fuzz_mix(&s->hash, data[i]);
}

static void
on_binary(void *arg, size_t len)
{
	struct sum *s = arg;

	s->binary += len;
}

static struct sum
run(const uint8_t *data, size_t len, size_t step, bool gaps)
{
	static const struct mime_handler on = { on_text, on_binary };
	struct mime m = { 0 };
	struct sum s = { 0 };

	for (size_t at = 0; at < len; at += step) {
		mime_push(&m, data + at, len - at < step ? len - at : step, &on, &s);
		if (gaps)
			mime_gap(&m, &on, &s);
	}
	mime_end(&m, &on, &s);
	if (s.text + s.binary > len)
		abort();
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
	whole = run(copy + 1, len - 1, SIZE_MAX, false);
	pieces = run(copy + 1, len - 1, (size_t)(data[0] & 63) + 1, false);
	if (memcmp(&whole, &pieces, sizeof(whole)) != 0)
		abort();
	run(copy + 1, len - 1, (size_t)data[0] + 1, true);
	free(copy);
	return 0;
}
