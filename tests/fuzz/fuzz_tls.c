/*
 * Input: one byte of flags, then pieces: direction and kind 1 | length 2 | bytes, the last as long
 * as there is. A piece of the kind "gap" has no bytes, its length is what was lost. With buffers
 * enough the facts and counters must be the same when every piece is split further; with fewer
 * nothing may be told twice and nothing kept.
 */
#include <stdlib.h>

#include "classify/proto/tls.h"
#include "tests/support/fuzz_sum.h"

#define FLAGS_BUFFERS 3u /* mask: how many; 3 are enough for all */
#define PIECE_RESP    1u
#define PIECE_GAP     2u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct sum {
	unsigned nr;
	uint64_t hash;
};

static void
mix_text(struct sum *s, const char *text, size_t cap)
{
	size_t len = text == NULL ? 0 : strlen(text);

	if (len >= cap)
		abort();
	fuzz_mix_bytes(&s->hash, text, len);
	fuzz_mix_bytes(&s->hash, "/", 1);
}

static void
on_facts(void *arg, const struct tls_facts *f)
{
	bool flags[] = {
		f->client_hello_seen, f->server_hello_seen, f->resumed, f->early_data, f->ech,
		f->incomplete
	};
	struct sum *s = arg;

	if (s->nr++ != 0 || f->nr_alpn > TLS_MAX_ALPN ||
	    (!f->client_hello_seen && !f->server_hello_seen))
		abort();
	fuzz_mix_bytes(&s->hash, flags, sizeof(flags));
	mix_text(s, f->version, 4);
	mix_text(s, f->cipher, 64);
	mix_text(s, f->sni, sizeof(f->sni));
	for (unsigned i = 0; i < f->nr_alpn; i++)
		mix_text(s, f->alpn[i], TLS_ALPN_CAP);
	mix_text(s, f->alpn_selected, TLS_ALPN_CAP);
	mix_text(s, f->ja3, JA3_CAP);
	mix_text(s, f->ja3s, JA3_CAP);
	mix_text(s, f->ja4, 37);
	mix_text(s, f->certificate.subject, X509_NAME_CAP);
	mix_text(s, f->certificate.issuer, X509_NAME_CAP);
}

static void
push_pieces(struct tls *t, unsigned dir, const uint8_t *p, size_t len, size_t step, struct sum *sum)
{
	for (size_t at = 0; at < len; at += step)
		tls_push(t, dir, p + at, step < len - at ? step : len - at, on_facts, sum);
}

static struct sum
run(const uint8_t *data, size_t len, size_t step, unsigned nr_buffers)
{
	struct cursor c = cursor_of(data, len);
	struct sum sum = { 0, 0 };
	uint64_t pushed = 0;
	struct slab buffers;
	struct tls t;
	uint16_t n;
	uint8_t kind;

	if (slab_init(&buffers, nr_buffers, TLS_BUFFER_BYTES) != 0)
		abort();
	tls_init(&t, 't', &buffers);
	while (cursor_u8(&c, &kind) && cursor_be16(&c, &n)) {
		unsigned dir = kind & PIECE_RESP;

		if (kind & PIECE_GAP) {
			tls_gap(&t, dir, n, on_facts, &sum);
			continue;
		}
		if (n > cursor_left(&c))
			n = (uint16_t)cursor_left(&c);
		push_pieces(&t, dir, c.p, n, step, &sum);
		cursor_skip(&c, n);
		pushed += n;
	}
	tls_end(&t, on_facts, &sum);
	if (buffers.nr_taken != 0 || t.clear_bytes + t.encrypted_bytes + t.unsynced_bytes != pushed)
		abort();
	fuzz_mix_bytes(&sum.hash, &t.encrypted_bytes, sizeof(t.encrypted_bytes));
	fuzz_mix_bytes(&sum.hash, &t.unsynced_bytes, sizeof(t.unsynced_bytes));
	fuzz_mix_bytes(&sum.hash, t.events, sizeof(t.events));
	tls_fini(&t);
	slab_fini(&buffers);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sum whole, pieces;
	unsigned nr_buffers;

	if (len == 0)
		return 0;
	nr_buffers = data[0] & FLAGS_BUFFERS;
	whole = run(data + 1, len - 1, SIZE_MAX / 2, nr_buffers);
	pieces = run(data + 1, len - 1, (size_t)(data[0] >> 2) + 1, nr_buffers);
	if (nr_buffers == FLAGS_BUFFERS && (whole.nr != pieces.nr || whole.hash != pieces.hash))
		abort();
	return 0;
}
