/*
 * Input: one byte of step, then pieces: kind 1 (1: server, 2: gap) | length 1 | bytes. The bytes of
 * each kind must be the same however they are split, and none may be left out but those held back.
 */
#include <stdlib.h>
#include <string.h>

#include "classify/proto/smtp.h"
#include "dataplane/port/cursor.h"
#include "tests/support/fuzz_sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct sum {
	uint64_t hash[2];
	size_t nr;
};

static void
on_bytes(void *arg, unsigned dir, enum smtp_bytes kind, const uint8_t *data, size_t len)
{
	struct sum *s = arg;

	s->nr += len;
	for (size_t i = 0; i < len; i++)
		fuzz_mix(&s->hash[dir], data[i] ^ (uint64_t)kind << 8);
}

static struct sum
run(const uint8_t *data, size_t len, size_t step)
{
	struct cursor c = cursor_of(data, len);
	struct smtp s = { .auth = false };
	struct sum sum = { .nr = 0 };
	size_t pushed = 0;
	uint8_t kind, n;

	while (cursor_u8(&c, &kind) && cursor_u8(&c, &n) && !s.tls_begins) {
		unsigned dir = kind & 1;
		size_t left = n < cursor_left(&c) ? n : cursor_left(&c);
		const uint8_t *p = cursor_take(&c, left);

		if (kind & 2) {
			pushed -= s.side[dir].known ? 0 : s.side[dir].have;
			smtp_gap(&s, dir);
		}
		while (left > 0 && !s.tls_begins) {
			size_t some = left < step ? left : step;
			size_t taken = smtp_push(&s, dir, p, some, on_bytes, &sum);

			if (taken == 0 || (taken < some && !s.tls_begins))
				abort();
			pushed += taken;
			p += taken;
			left -= taken;
		}
	}
	for (unsigned d = 0; d < 2; d++)
		pushed -= s.side[d].known ? 0 : s.side[d].have;
	if (sum.nr != pushed)
		abort();
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sum whole, pieces;

	if (len == 0)
		return 0;
	whole = run(data + 1, len - 1, SIZE_MAX);
	pieces = run(data + 1, len - 1, (size_t)(data[0] & 31) + 1);
	if (memcmp(&whole, &pieces, sizeof(whole)) != 0)
		abort();
	return 0;
}
