/*
 * The first byte says how the rest is split, and its top bit whose mail it is; a zero changes the
 * side that speaks. What comes out must not depend on the split.
 */
#include <stdlib.h>

#include "classify/proto/fetched_mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
on_bytes(void *arg, enum fetched_mail_bytes kind, const uint8_t *data, size_t len)
{
	uint64_t *hash = arg;

	for (size_t i = 0; i < len; i++)
		*hash = (*hash ^ (data[i] | (unsigned)kind << 8)) * UINT64_C(0x100000001b3);
	if (kind == FETCHED_END)
		*hash = (*hash ^ 0x1000) * UINT64_C(0x100000001b3);
}

static uint64_t
walk(bool imap, const uint8_t *data, size_t len, size_t step)
{
	struct fetched_mail m = { .imap = imap };
	uint64_t hash = 0;
	unsigned dir = 0;

	for (size_t at = 0; at < len;) {
		const uint8_t *turn = memchr(data + at, 0, len - at);
		size_t end = turn == NULL ? len : (size_t)(turn - data);

		for (size_t n; at < end; at += n) {
			n = step < end - at ? step : end - at;
			fetched_mail_push(&m, dir, data + at, n, on_bytes, &hash);
		}
		at += turn != NULL;
		dir ^= 1;
	}
	return hash;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	bool imap;

	if (len == 0)
		return 0;
	imap = data[0] >= 0x80;
	if (walk(imap, data + 1, len - 1, len) != walk(imap, data + 1, len - 1, data[0] % 16 + 1u))
		abort();
	return 0;
}
