#include "classify/proto/tls_keys.h"

#include <string.h>

#include <nettle/hmac.h>
#include <nettle/nettle-meta.h>

#include "classify/proto/expand_label.h"

#define MASTER_BYTES	48u
#define KEY_BLOCK_BYTES (2u * (48 + 32 + 16)) /* of the longest MAC, key and IV */

/* The longer ending before one that it ends in. */
static const struct tls_suite suites[] = {
	{ "AES_128_GCM_SHA256", TLS_GCM, 16, 16, 32 },
	{ "AES_256_GCM_SHA384", TLS_GCM, 32, 16, 48 },
	{ "CHACHA20_POLY1305_SHA256", TLS_CHACHA20, 32, 16, 32 },
	/* TLS 1.3 names the hash, TLS 1.2 does not (RFC 6655). */
	{ "AES_128_CCM_SHA256", TLS_CCM, 16, 16, 32 },
	{ "AES_128_CCM_8_SHA256", TLS_CCM, 16, 8, 32 },
	{ "AES_128_CCM", TLS_CCM, 16, 16, 32 },
	{ "AES_256_CCM", TLS_CCM, 32, 16, 32 },
	{ "AES_128_CCM_8", TLS_CCM, 16, 8, 32 },
	{ "AES_256_CCM_8", TLS_CCM, 32, 8, 32 },
	{ "AES_128_CBC_SHA256", TLS_CBC, 16, 32, 32 },
	{ "AES_256_CBC_SHA256", TLS_CBC, 32, 32, 32 },
	{ "AES_128_CBC_SHA384", TLS_CBC, 16, 48, 48 },
	{ "AES_256_CBC_SHA384", TLS_CBC, 32, 48, 48 },
	{ "AES_128_CBC_SHA", TLS_CBC, 16, 20, 32 },
	{ "AES_256_CBC_SHA", TLS_CBC, 32, 20, 32 },
};

union mac_state {
	struct hmac_md5_ctx md5;
	struct hmac_sha1_ctx sha1;
	struct hmac_sha256_ctx sha256;
	struct hmac_sha384_ctx sha384;
};

static const struct nettle_mac *
mac_of(unsigned hash_bytes)
{
	return hash_bytes == 48 ? &nettle_hmac_sha384 : &nettle_hmac_sha256;
}

enum tls_version
tls_version_of(const char *name)
{
	static const char *const names[] = { "1.0", "1.1", "1.2", "1.3" };

	for (unsigned v = 0; name != NULL && v < TLS_VERSION_OTHER; v++) {
		if (strcmp(names[v], name) == 0)
			return (enum tls_version)v;
	}
	return TLS_VERSION_OTHER;
}

/* Suites of TLS 1.3 say nothing of how keys are agreed. */
static const char *
ending(const char *name, enum tls_version version)
{
	const char *with = strstr(name, "_WITH_");

	if (version == TLS_1_3)
		return with == NULL && strncmp(name, "TLS_", 4) == 0 ? name + 4 : NULL;
	return with == NULL ? NULL : with + 6;
}

const struct tls_suite *
tls_suite_of(const char *name, enum tls_version version)
{
	const char *end = name == NULL ? NULL : ending(name, version);

	for (size_t i = 0; end != NULL && i < sizeof(suites) / sizeof(suites[0]); i++) {
		const struct tls_suite *s = &suites[i];

		if (strcmp(s->name, end) != 0)
			continue;
		/* What is not CBC came with TLS 1.2, which is what 1.3 has left of it. */
		if (s->kind == TLS_CBC)
			return version <= TLS_1_2 ? s : NULL;
		return version == TLS_1_2 || version == TLS_1_3 ? s : NULL;
	}
	return NULL;
}

/* ------------------------------------------------------------------ TLS 1.3 */

void
tls_keys_13(const struct tls_suite *suite, const uint8_t *secret, struct tls_keys *out)
{
	const struct nettle_mac *mac = mac_of(suite->hash_bytes);
	union mac_state state;

	mac->set_key(&state, secret);
	expand_label(mac, &state, "key", suite->key_bytes, out->key);
	expand_label(mac, &state, "iv", 12, out->iv);
	explicit_bzero(&state, sizeof(state));
}

void
tls_keys_update(const struct tls_suite *suite, const uint8_t *secret, uint8_t *out)
{
	const struct nettle_mac *mac = mac_of(suite->hash_bytes);
	union mac_state state;

	mac->set_key(&state, secret);
	expand_label(mac, &state, "traffic upd", suite->hash_bytes, out);
	explicit_bzero(&state, sizeof(state));
}

/* ------------------------------------------------------------------ before */

static void
set_key(const struct nettle_mac *mac, union mac_state *state, const uint8_t *key, size_t len)
{
	if (mac == &nettle_hmac_md5)
		hmac_md5_set_key(&state->md5, len, key);
	else if (mac == &nettle_hmac_sha1)
		hmac_sha1_set_key(&state->sha1, len, key);
	else if (mac == &nettle_hmac_sha384)
		hmac_sha384_set_key(&state->sha384, len, key);
	else
		hmac_sha256_set_key(&state->sha256, len, key);
}

/* P_hash of RFC 5246 section 5, XORed into out: A(i) = HMAC(secret, A(i - 1)), A(0) = seed. */
static void
p_hash(const struct nettle_mac *mac, const uint8_t *secret, size_t secret_len, const uint8_t *seed,
       size_t seed_len, uint8_t *out, size_t len)
{
	uint8_t a[48], block[48];
	union mac_state state;

	set_key(mac, &state, secret, secret_len);
	mac->update(&state, seed_len, seed);
	mac->digest(&state, mac->digest_size, a);
	while (len > 0) {
		size_t n = len < mac->digest_size ? len : mac->digest_size;

		mac->update(&state, mac->digest_size, a);
		mac->update(&state, seed_len, seed);
		mac->digest(&state, mac->digest_size, block);
		for (size_t i = 0; i < n; i++)
			out[i] ^= block[i];
		out += n;
		len -= n;
		mac->update(&state, mac->digest_size, a);
		mac->digest(&state, mac->digest_size, a);
	}
	explicit_bzero(a, sizeof(a));
	explicit_bzero(block, sizeof(block));
	explicit_bzero(&state, sizeof(state));
}

/* Before TLS 1.2 each half of the secret goes through a hash of its own. */
static void
prf(const struct tls_suite *suite, enum tls_version version, const uint8_t *master,
    const uint8_t *seed, size_t seed_len, uint8_t *out, size_t len)
{
	size_t half = MASTER_BYTES / 2;

	memset(out, 0, len);
	if (version == TLS_1_2) {
		p_hash(mac_of(suite->hash_bytes), master, MASTER_BYTES, seed, seed_len, out, len);
		return;
	}
	p_hash(&nettle_hmac_md5, master, half, seed, seed_len, out, len);
	p_hash(&nettle_hmac_sha1, master + half, half, seed, seed_len, out, len);
}

static size_t
iv_bytes(const struct tls_suite *suite)
{
	return suite->kind == TLS_CBC ? 16 : suite->kind == TLS_CHACHA20 ? 12 : 4;
}

/* The key block: MAC keys, keys, IVs, each of the client and then of the server. */
void
tls_keys_12(const struct tls_suite *suite, enum tls_version version, const uint8_t *master,
	    const uint8_t *client_random, const uint8_t *server_random, struct tls_keys out[2])
{
	static const char label[] = "key expansion";
	size_t mac_bytes = suite->kind == TLS_CBC ? suite->tag_bytes : 0, iv = iv_bytes(suite);
	uint8_t seed[sizeof(label) - 1 + 2 * TLS_RANDOM_BYTES], block[KEY_BLOCK_BYTES];
	const uint8_t *p = block;

	memcpy(seed, label, sizeof(label) - 1);
	memcpy(seed + sizeof(label) - 1, server_random, TLS_RANDOM_BYTES);
	memcpy(seed + sizeof(label) - 1 + TLS_RANDOM_BYTES, client_random, TLS_RANDOM_BYTES);
	prf(suite, version, master, seed, sizeof(seed), block,
	    2 * (mac_bytes + suite->key_bytes + iv));
	for (unsigned i = 0; i < 2; i++, p += mac_bytes)
		memcpy(out[i].mac, p, mac_bytes);
	for (unsigned i = 0; i < 2; i++, p += suite->key_bytes)
		memcpy(out[i].key, p, suite->key_bytes);
	for (unsigned i = 0; i < 2; i++, p += iv)
		memcpy(out[i].iv, p, iv);
	explicit_bzero(block, sizeof(block));
}
