#include "classify/proto/quic_keys.h"

#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>

enum { SALT_LEN = 20, SECRET_LEN = 32, TAG_LEN = 16, SAMPLE_AT = 4, MAX_LABEL = 24 };

/* From the newest; a draft has the salt of the last row that is not above it. */
static const struct salt {
	uint32_t from, to;
	uint8_t salt[SALT_LEN];
} salts[] = {
	{ QUIC_VERSION_1, QUIC_VERSION_1, { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34,
					    0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
					    0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a } },
	{ QUIC_VERSION_2, QUIC_VERSION_2, { 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6,
					    0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26,
					    0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9 } },
	{ 0xff000021, /* drafts 33 and 34 */
	  0xff000022,
	  { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
	    0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a } },
	{ 0xff00001d, /* drafts 29 to 32 */
	  0xff000020,
	  { 0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
	    0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99 } },
	{ 0xff000017, /* drafts 23 to 28 */
	  0xff00001c,
	  { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
	    0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02 } },
	{ 0xfaceb002, /* mvfst on draft 27 */
	  0xfaceb00e,
	  { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
	    0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02 } },
	{ 0xff000015, /* drafts 21 and 22 */
	  0xff000016,
	  { 0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a,
	    0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a } },
	{ 0xfaceb001, /* mvfst on draft 22 */
	  0xfaceb001,
	  { 0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a,
	    0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a } },
	{ 0xff000011, /* drafts 17 to 20 */
	  0xff000014,
	  { 0xef, 0x4f, 0xb0, 0xab, 0xb4, 0x74, 0x70, 0xc4, 0x1b, 0xef,
	    0xcf, 0x80, 0x31, 0x33, 0x4f, 0xae, 0x48, 0x5e, 0x09, 0xa0 } },
	{ 0x51303530, /* Q050 */
	  0x51303530,
	  { 0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94,
	    0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45 } },
	{ 0x54303530, /* T050 */
	  0x54303530,
	  { 0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80,
	    0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10 } },
	{ 0x54303531, /* T051 */
	  0x54303531,
	  { 0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50,
	    0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d } },
};

static const uint8_t *
salt_of(uint32_t version)
{
	for (size_t i = 0; i < sizeof(salts) / sizeof(salts[0]); i++) {
		if (version >= salts[i].from && version <= salts[i].to)
			return salts[i].salt;
	}
	return NULL;
}

/*
 * HKDF-Expand-Label (RFC 8446 section 7.1): length 2 | label <7..255>, "tls13 " before it |
 * context <0..255>, empty.
 */
static void
expand(const struct hmac_sha256_ctx *secret, const char *label, size_t len, uint8_t *out)
{
	struct hmac_sha256_ctx hmac = *secret;
	uint8_t info[4 + 6 + MAX_LABEL];
	size_t n = strlen(label);

	info[0] = 0;
	info[1] = (uint8_t)len;
	info[2] = (uint8_t)(6 + n);
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, n);
	info[9 + n] = 0;
	hkdf_expand(&hmac, (nettle_hash_update_func *)hmac_sha256_update,
		    (nettle_hash_digest_func *)hmac_sha256_digest, SHA256_DIGEST_SIZE, 10 + n, info,
		    len, out);
}

bool
quic_keys_derive(struct quic_keys *k, uint32_t version, struct span id, bool server)
{
	const uint8_t *salt = salt_of(version);
	bool v2 = version == QUIC_VERSION_2;
	struct hmac_sha256_ctx hmac;
	uint8_t secret[SECRET_LEN];

	if (salt == NULL)
		return false;
	hmac_sha256_set_key(&hmac, SALT_LEN, salt);
	hmac_sha256_update(&hmac, id.len, id.p);
	hmac_sha256_digest(&hmac, sizeof(secret), secret);
	hmac_sha256_set_key(&hmac, sizeof(secret), secret);
	expand(&hmac, server ? "server in" : "client in", sizeof(secret), secret);
	hmac_sha256_set_key(&hmac, sizeof(secret), secret);
	expand(&hmac, v2 ? "quicv2 key" : "quic key", sizeof(k->key), k->key);
	expand(&hmac, v2 ? "quicv2 iv" : "quic iv", sizeof(k->iv), k->iv);
	expand(&hmac, v2 ? "quicv2 hp" : "quic hp", sizeof(k->hp), k->hp);
	return true;
}

struct span
quic_keys_open(const struct quic_keys *k, const uint8_t *packet, size_t len, size_t pn_at,
	       uint8_t *out)
{
	struct span none = { NULL, 0 };
	uint8_t mask[AES_BLOCK_SIZE], nonce[12], tag[TAG_LEN], header_end[4];
	struct gcm_aes128_ctx gcm;
	struct aes128_ctx hp;
	size_t pn_len, frames;
	uint8_t first;

	if (len - pn_at < SAMPLE_AT + AES_BLOCK_SIZE)
		return none;
	aes128_set_encrypt_key(&hp, k->hp);
	aes128_encrypt(&hp, sizeof(mask), mask, packet + pn_at + SAMPLE_AT);
	first = packet[0] ^ (mask[0] & 0x0f);
	pn_len = (first & 3u) + 1;
	frames = len - pn_at - pn_len - TAG_LEN;

	memcpy(nonce, k->iv, sizeof(nonce));
	for (size_t i = 0; i < pn_len; i++) {
		header_end[i] = packet[pn_at + i] ^ mask[1 + i];
		nonce[sizeof(nonce) - pn_len + i] ^= header_end[i];
	}
	gcm_aes128_set_key(&gcm, k->key);
	gcm_aes128_set_iv(&gcm, sizeof(nonce), nonce);
	/* Only the last update may be of an odd length, so the header goes in whole. */
	memcpy(out, packet, pn_at);
	out[0] = first;
	memcpy(out + pn_at, header_end, pn_len);
	gcm_aes128_update(&gcm, pn_at + pn_len, out);
	gcm_aes128_decrypt(&gcm, frames, out, packet + pn_at + pn_len);
	gcm_aes128_digest(&gcm, sizeof(tag), tag);
	if (!memeql_sec(tag, packet + len - TAG_LEN, sizeof(tag)))
		return none;
	return span_of(out, frames);
}
