/* Input: a pcapng file. In any pieces it has the same key logs, each of bytes of the file. */
#include <stdlib.h>

#include "dataplane/port/pcapng_secrets.h"
#include "tests/support/fuzz_sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct sum {
	const uint8_t *from, *to;
	uint64_t bytes, ends, hash;
};

static void
see(void *arg, const uint8_t *data, size_t len)
{
	struct sum *s = arg;

	s->ends += len == 0;
	s->bytes += len;
	if (len != 0 && (data < s->from || len > (size_t)(s->to - data)))
		abort();
	for (size_t i = 0; i < len; i++)
		fuzz_mix(&s->hash, data[i]);
}

static struct sum
read_by(const uint8_t *data, size_t len, size_t step)
{
	struct sum s = { .from = data, .to = data + len };
	struct pcapng_secrets p = { 0 };

	for (size_t at = 0; at < len; at += step)
		pcapng_secrets_push(&p, data + at, len - at < step ? len - at : step, see, &s);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sum whole = read_by(data, len, len + 1), one = read_by(data, len, 1),
		   some = read_by(data, len, 7);

	if (whole.bytes > len || whole.bytes != one.bytes || whole.hash != one.hash ||
	    whole.ends != one.ends || whole.hash != some.hash || whole.ends != some.ends)
		abort();
	return 0;
}
