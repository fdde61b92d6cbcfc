/* Input: a key log. In any pieces it has the same lines and the same counts. */
#include <stdlib.h>
#include <string.h>

#include "classify/proto/key_log.h"
#include "tests/support/fuzz_sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct sum {
	uint64_t nr, hash;
};

static void
on_line(void *arg, const struct key_log_line *line)
{
	struct sum *s = arg;

	if ((unsigned)line->label >= TLS_NR_SECRETS ||
	    (line->secret_len != 32 && line->secret_len != TLS_SECRET_MAX_BYTES))
		abort();
	s->nr++;
	fuzz_mix(&s->hash, (uint64_t)line->label);
	for (unsigned i = 0; i < TLS_RANDOM_BYTES; i++)
		fuzz_mix(&s->hash, line->client_random[i]);
	for (unsigned i = 0; i < line->secret_len; i++)
		fuzz_mix(&s->hash, line->secret[i]);
}

static struct sum
read_by(const uint8_t *data, size_t len, size_t step, struct key_log *k)
{
	struct sum s = { 0 };

	key_log_init(k);
	for (size_t at = 0; at < len; at += step)
		key_log_push(k, data + at, len - at < step ? len - at : step, on_line, &s);
	key_log_end(k, on_line, &s);
	if (s.nr != k->nr_lines)
		abort();
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const size_t steps[] = { 1, 3, 64, 257 };
	struct key_log whole, k;
	struct sum want = read_by(data, len, len + 1, &whole);

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct sum s = read_by(data, len, steps[i], &k);

		if (s.nr != want.nr || s.hash != want.hash || k.nr_unused != whole.nr_unused ||
		    k.nr_malformed != whole.nr_malformed)
			abort();
	}
	key_log_fini(&whole);
	for (size_t i = 0; i < sizeof(whole); i++) {
		if (((const uint8_t *)&whole)[i] != 0)
			abort();
	}
	return 0;
}
