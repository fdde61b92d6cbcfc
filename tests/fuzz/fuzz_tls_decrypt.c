/*
 * Input: version and suite 1 | flags 1, then pieces: kind and direction 1 | length 2 | bytes, the
 * last as long as there is. A piece is
 *
 *   RAW      bytes as they come
 *   GAP      its length was lost
 *   SEALED   the content of a record of TLS 1.3, which is sealed here: type 1 | bytes
 *   NEXT     a change of keys: those that come next, for what is sealed from here on
 *
 * What the pieces make is read whole and byte by byte: the same content, gaps and counts. Content
 * that was not sealed here, or not in that order, must never come out.
 */
#include <stdlib.h>
#include <string.h>

#include "classify/proto/tls_decrypt.h"
#include "tests/support/tls_seal.h"
#include "tests/support/fuzz_sum.h"

#define FLAG_EARLY	  1u
#define FLAG_LATE	  2u /* secrets come at the third time of asking */
#define FLAG_NO_HANDSHAKE 4u /* its secrets are missing */
#define FLAG_BUFFERS	  8u /* one only */
#define FLAG_MAC_LAST	  16u

enum { RAW, GAP, SEALED, NEXT };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const suites[][2] = {
	{ "1.3", "TLS_AES_128_GCM_SHA256" },
	{ "1.3", "TLS_AES_128_GCM_SHA256" },
	{ "1.3", "TLS_CHACHA20_POLY1305_SHA256" },
	{ "1.3", "TLS_AES_256_GCM_SHA384" },
	{ "1.2", "TLS_RSA_WITH_AES_128_GCM_SHA256" },
	{ "1.2", "TLS_RSA_WITH_AES_256_CCM_8" },
	{ "1.2", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256" },
	{ "1.0", "TLS_RSA_WITH_AES_256_CBC_SHA" },
};

struct side {
	struct tls_keys keys;
	uint8_t secret[TLS_SECRET_MAX_BYTES];
	uint64_t number;
	unsigned epoch;
};

struct run {
	struct tls_decrypt d;
	struct slab buffers;
	struct tls_secrets secrets;
	struct side side[2]; /* that seals */
	uint8_t flags;
	bool byte_by_byte;
	unsigned asked;
	uint64_t hash[2], nr_bytes[2], gap[2], sealed[2];
};

static void
on_data(void *arg, unsigned dir, const uint8_t *data, size_t len)
{
	struct run *r = arg;

	r->nr_bytes[dir] += len;
	for (size_t i = 0; i < len; i++)
		fuzz_mix(&r->hash[dir], data[i]);
}

static void
on_gap(void *arg, unsigned dir, uint64_t len)
{
	struct run *r = arg;

	if (len == 0)
		abort();
	r->gap[dir] += len;
}

static bool
find(void *arg, const uint8_t *client_random, struct tls_secrets *secrets)
{
	struct run *r = arg;

	if (client_random[0] != 0x11)
		abort();
	if ((r->flags & FLAG_LATE) != 0 && r->asked++ < 3)
		return false;
	*secrets = r->secrets;
	return true;
}

static const enum tls_secret_label labels[2][3] = {
	{ TLS_SECRET_CLIENT_EARLY, TLS_SECRET_CLIENT_HANDSHAKE, TLS_SECRET_CLIENT_TRAFFIC },
	{ TLS_SECRET_SERVER_HANDSHAKE, TLS_SECRET_SERVER_HANDSHAKE, TLS_SECRET_SERVER_TRAFFIC },
};

static void
next_keys(struct run *r, unsigned dir)
{
	const struct tls_suite *suite = tls_suite_of("TLS_AES_128_GCM_SHA256", TLS_1_3);
	struct side *s = &r->side[dir];

	if (s->epoch < 3)
		memset(s->secret, 0x40 + (int)labels[dir][s->epoch++], sizeof(s->secret));
	else
		tls_keys_update(suite, s->secret, s->secret);
	tls_keys_13(suite, s->secret, &s->keys);
	s->number = 0;
}

/* A record with the type that its first byte says; 4096 bytes at most. */
static size_t
seal(struct run *r, unsigned dir, const uint8_t *content, size_t len, uint8_t *record)
{
	uint8_t type = len == 0 || content[0] % 2 == 0 ? 23 : content[0];
	struct side *s = &r->side[dir];

	if (s->epoch == 0)
		next_keys(r, dir);
	if (len != 0) {
		content++;
		len--;
	}
	if (len > 4096)
		len = 4096;
	r->sealed[dir] += type == 23 ? len : 0;
	return tls_seal(&s->keys, s->number++, type, content, len, 0, record);
}

static void
push(struct run *r, unsigned dir, const uint8_t *data, size_t len)
{
	const struct tls_decrypt_out out = { on_data, on_gap, find, r };
	size_t step = r->byte_by_byte ? 1 : len;

	for (size_t at = 0; at < len; at += step)
		tls_decrypt_push(&r->d, dir, data + at, step, &out);
}

static void
piece(struct run *r, unsigned kind, unsigned dir, const uint8_t *data, size_t len, size_t claimed)
{
	const struct tls_decrypt_out out = { on_data, on_gap, find, r };
	uint8_t record[4096 + 22];

	if (kind == RAW)
		push(r, dir, data, len);
	else if (kind == GAP)
		tls_decrypt_gap(&r->d, dir, claimed, &out);
	else if (kind == SEALED)
		push(r, dir, record, seal(r, dir, data, len, record));
	else
		next_keys(r, dir);
}

static void
begin(struct run *r, uint8_t suite, uint8_t flags, bool byte_by_byte)
{
	struct tls_facts facts = { .has_client_random = true, .has_server_random = true };

	*r = (struct run) { .flags = flags, .byte_by_byte = byte_by_byte };
	if (slab_init(&r->buffers, (flags & FLAG_BUFFERS) != 0 ? 1 : 4, TLS_DECRYPT_BUFFER_BYTES) !=
	    0)
		abort();
	facts.version = suites[suite % 8][0];
	facts.cipher = suites[suite % 8][1];
	facts.encrypt_then_mac = (flags & FLAG_MAC_LAST) == 0;
	facts.early_data = (flags & FLAG_EARLY) != 0;
	memset(facts.client_random, 0x11, sizeof(facts.client_random));
	for (unsigned i = 0; i < TLS_NR_SECRETS; i++) {
		bool absent =
		    (flags & FLAG_NO_HANDSHAKE) != 0 &&
		    (i == TLS_SECRET_CLIENT_HANDSHAKE || i == TLS_SECRET_SERVER_HANDSHAKE);

		memset(r->secrets.secret[i], 0x40 + (int)i, TLS_SECRET_MAX_BYTES);
		r->secrets.len[i] = absent ? 0 : suite % 8 == 3 || i == TLS_SECRET_MASTER ? 48 : 32;
	}
	tls_decrypt_init(&r->d, &r->buffers);
	tls_decrypt_early(&r->d, &facts);
	if (!tls_decrypt_hellos(&r->d, &facts))
		abort();
}

static void
run(struct run *r, const uint8_t *data, size_t len, bool byte_by_byte)
{
	begin(r, data[0], data[1], byte_by_byte);
	data += 2;
	len -= 2;
	while (len >= 3) {
		size_t claimed = (size_t)data[1] << 8 | data[2], n;
		unsigned kind = data[0] >> 1 & 3, dir = data[0] & 1;

		data += 3;
		len -= 3;
		n = kind == GAP || kind == NEXT ? 0 : claimed < len ? claimed : len;
		piece(r, kind, dir, data, n, claimed);
		data += n;
		len -= n;
	}
}

static void
end(struct run *r)
{
	tls_decrypt_fini(&r->d);
	if (r->buffers.nr_taken != 0)
		abort();
	slab_fini(&r->buffers);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct run whole, split;

	if (len < 2)
		return 0;
	run(&whole, data, len, false);
	run(&split, data, len, true);
	/* With one buffer a record that comes whole can be opened, one in pieces cannot. */
	for (unsigned dir = 0; dir < 2 && (data[1] & FLAG_BUFFERS) == 0; dir++) {
		if (whole.hash[dir] != split.hash[dir] ||
		    whole.nr_bytes[dir] != split.nr_bytes[dir] || whole.gap[dir] != split.gap[dir])
			abort();
	}
	for (unsigned dir = 0; dir < 2; dir++) {
		if (whole.nr_bytes[dir] > whole.sealed[dir])
			abort();
	}
	end(&whole);
	end(&split);
	return 0;
}
