/*
 * Odd first byte: the rest is a TCP stream in pieces of that size; even: one message. What is told
 * of a stream must not depend on the pieces, unless a message was too long to be put together.
 */
#include <stdlib.h>
#include <string.h>

#include "classify/proto/dns.h"
#include "classify/proto/dns_pair.h"
#include "tests/support/fuzz_sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct run {
	struct dns_pair pair;
	uint64_t hash;
};

static void
mix_text(struct run *r, const char *text, size_t cap)
{
	size_t len = strnlen(text, cap);

	if (len == cap)
		abort();
	for (size_t i = 0; i < len; i++) {
		if (text[i] < 0x20 || text[i] > 0x7e)
			abort();
	}
	fuzz_mix_bytes(&r->hash, text, len + 1);
}

static void
on_transaction(void *arg, const struct dns_transaction *t)
{
	bool halves[] = { t->asked, t->answered };
	uint16_t numbers[] = { t->id, t->type, t->rcode, t->nr_answers };
	struct run *r = arg;

	if (t->nr_answers > DNS_MAX_ANSWERS || (!t->asked && !t->answered))
		abort();
	fuzz_mix_bytes(&r->hash, halves, sizeof(halves));
	fuzz_mix_bytes(&r->hash, numbers, sizeof(numbers));
	mix_text(r, t->name, DNS_NAME_CAP);
	for (unsigned i = 0; i < t->nr_answers; i++) {
		const struct dns_answer *a = &t->answers[i];

		if (a->addr_len != 0 && a->addr_len != 4 && a->addr_len != 16)
			abort();
		fuzz_mix_bytes(&r->hash, a->addr, a->addr_len);
		mix_text(r, a->text, DNS_ANSWER_CAP);
	}
}

static void
on_message(void *arg, const uint8_t *msg, size_t len)
{
	static struct dns_message m;
	struct run *r = arg;

	fuzz_mix_bytes(&r->hash, msg, len);
	if (dns_parse(msg, len, &m) == DNS_OK)
		dns_pair_push(&r->pair, 1, &m, on_transaction, r);
}

/* True when messages were too long. step: SIZE_MAX for one message. */
static bool
run(struct run *r, const uint8_t *data, size_t len, size_t step, bool stream)
{
	struct dns_stream s;
	struct slab buffers, queries;

	/* One for the message in pieces, one for an early answer; room for few that wait. */
	if (slab_init(&buffers, 2, DNS_STREAM_BYTES) != 0 ||
	    slab_init(&queries, 3, sizeof(struct dns_pending)) != 0)
		abort();
	r->hash = 1;
	dns_pair_init(&r->pair, &queries, &buffers);
	dns_stream_init(&s, &buffers);
	if (!stream)
		on_message(r, data, len);
	for (size_t at = 0; stream && at < len; at += step)
		dns_stream_push(&s, data + at, step < len - at ? step : len - at, on_message, r);
	dns_pair_end(&r->pair, on_transaction, r);
	dns_stream_fini(&s);
	if (buffers.nr_taken != 0 || queries.nr_taken != 0)
		abort();
	slab_fini(&queries);
	slab_fini(&buffers);
	return s.too_long != 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct run whole, pieces;
	bool cut;

	if (len == 0)
		return 0;
	if ((data[0] & 1) == 0) {
		run(&whole, data + 1, len - 1, 0, false);
		return 0;
	}
	run(&whole, data + 1, len - 1, SIZE_MAX / 2, true);
	cut = run(&pieces, data + 1, len - 1, data[0], true);
	if (!cut && whole.hash != pieces.hash)
		abort();
	return 0;
}
