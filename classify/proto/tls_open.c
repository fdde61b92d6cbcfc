#include "classify/proto/tls_open.h"

#include <string.h>

#include <nettle/ccm.h>
#include <nettle/cbc.h>
#include <nettle/chacha-poly1305.h>
#include <nettle/gcm.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>

#define HEADER_BYTES   5u
#define NONCE_BYTES    12u
#define EXPLICIT_BYTES 8u /* of the nonce: sent with the record */
#define AAD_MAX_BYTES  13u
#define TAG_MAX_BYTES  16u
#define BLOCK_BYTES    16u
#define MAC_MAX_BYTES  48u

static bool
is_explicit(const struct tls_cipher *c)
{
	return c->version == TLS_1_2 && (c->suite->kind == TLS_GCM || c->suite->kind == TLS_CCM);
}

unsigned
tls_open_overhead(const struct tls_cipher *c)
{
	unsigned tag = c->suite->tag_bytes;

	if (c->suite->kind == TLS_CBC)
		return tag + 1 + (c->version == TLS_1_0 ? 0 : BLOCK_BYTES);
	return tag + (c->version == TLS_1_3 ? 1 : is_explicit(c) ? EXPLICIT_BYTES : 0);
}

const uint8_t *
tls_open_chain(const struct tls_cipher *c, const uint8_t *fragment, size_t len)
{
	size_t behind = BLOCK_BYTES + (c->encrypt_then_mac ? c->suite->tag_bytes : 0);

	return len < behind ? NULL : fragment + len - behind;
}

static void
put_be64(uint8_t *out, uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		out[i] = (uint8_t)(v >> (56 - 8 * i));
}

/* What is vouched for besides the content, before TLS 1.3: sequence 8 | type | version 2 |
 * length 2. */
static void
put_aad(uint8_t *out, uint64_t seq, const uint8_t *header, size_t len)
{
	put_be64(out, seq);
	memcpy(out + 8, header, 3);
	out[11] = (uint8_t)(len >> 8);
	out[12] = (uint8_t)len;
}

/* ------------------------------------------------------------------ AEAD */

struct aead_input {
	const uint8_t *key, *nonce, *aad, *in;
	size_t aad_len, len; /* len without the tag */
	unsigned tag_bytes;
	uint8_t *out;
};

static void
gcm(const struct aead_input *a, unsigned key_bytes, uint8_t *tag)
{
	union {
		struct gcm_aes128_ctx a128;
		struct gcm_aes256_ctx a256;
	} ctx;

	if (key_bytes == 16) {
		gcm_aes128_set_key(&ctx.a128, a->key);
		gcm_aes128_set_iv(&ctx.a128, NONCE_BYTES, a->nonce);
		gcm_aes128_update(&ctx.a128, a->aad_len, a->aad);
		gcm_aes128_decrypt(&ctx.a128, a->len, a->out, a->in);
		gcm_aes128_digest(&ctx.a128, a->tag_bytes, tag);
	} else {
		gcm_aes256_set_key(&ctx.a256, a->key);
		gcm_aes256_set_iv(&ctx.a256, NONCE_BYTES, a->nonce);
		gcm_aes256_update(&ctx.a256, a->aad_len, a->aad);
		gcm_aes256_decrypt(&ctx.a256, a->len, a->out, a->in);
		gcm_aes256_digest(&ctx.a256, a->tag_bytes, tag);
	}
	explicit_bzero(&ctx, sizeof(ctx));
}

static void
ccm(const struct aead_input *a, unsigned key_bytes, uint8_t *tag)
{
	union {
		struct ccm_aes128_ctx a128;
		struct ccm_aes256_ctx a256;
	} ctx;

	if (key_bytes == 16) {
		ccm_aes128_set_key(&ctx.a128, a->key);
		ccm_aes128_set_nonce(&ctx.a128, NONCE_BYTES, a->nonce, a->aad_len, a->len,
				     a->tag_bytes);
		ccm_aes128_update(&ctx.a128, a->aad_len, a->aad);
		ccm_aes128_decrypt(&ctx.a128, a->len, a->out, a->in);
		ccm_aes128_digest(&ctx.a128, a->tag_bytes, tag);
	} else {
		ccm_aes256_set_key(&ctx.a256, a->key);
		ccm_aes256_set_nonce(&ctx.a256, NONCE_BYTES, a->nonce, a->aad_len, a->len,
				     a->tag_bytes);
		ccm_aes256_update(&ctx.a256, a->aad_len, a->aad);
		ccm_aes256_decrypt(&ctx.a256, a->len, a->out, a->in);
		ccm_aes256_digest(&ctx.a256, a->tag_bytes, tag);
	}
	explicit_bzero(&ctx, sizeof(ctx));
}

static void
chacha20(const struct aead_input *a, uint8_t *tag)
{
	struct chacha_poly1305_ctx ctx;

	chacha_poly1305_set_key(&ctx, a->key);
	chacha_poly1305_set_nonce(&ctx, a->nonce);
	chacha_poly1305_update(&ctx, a->aad_len, a->aad);
	chacha_poly1305_decrypt(&ctx, a->len, a->out, a->in);
	chacha_poly1305_digest(&ctx, a->tag_bytes, tag);
	explicit_bzero(&ctx, sizeof(ctx));
}

/* Sent with the record behind a salt, or the sequence number XORed into the IV. */
static void
make_nonce(const struct tls_cipher *c, const struct tls_keys *keys, uint64_t seq, const uint8_t *in,
	   uint8_t *nonce)
{
	memcpy(nonce, keys->iv, NONCE_BYTES);
	if (is_explicit(c)) {
		memcpy(nonce + NONCE_BYTES - EXPLICIT_BYTES, in, EXPLICIT_BYTES);
		return;
	}
	for (unsigned i = 0; i < 8; i++)
		nonce[NONCE_BYTES - 1 - i] ^= (uint8_t)(seq >> (8 * i));
}

static bool
open_aead(const struct tls_cipher *c, const struct tls_keys *keys, struct tls_sealed *r)
{
	uint8_t nonce[NONCE_BYTES], aad[AAD_MAX_BYTES], tag[TAG_MAX_BYTES];
	unsigned before = is_explicit(c) ? EXPLICIT_BYTES : 0, tag_bytes = c->suite->tag_bytes;
	struct aead_input a = { .key = keys->key, .nonce = nonce, .aad = aad, .out = r->content };

	if (r->len < before + tag_bytes)
		return false;
	a.in = r->fragment + before;
	a.len = r->len - before - tag_bytes;
	a.tag_bytes = tag_bytes;
	make_nonce(c, keys, r->number, r->fragment, nonce);
	if (c->version == TLS_1_3) {
		a.aad = r->header;
		a.aad_len = HEADER_BYTES;
	} else {
		put_aad(aad, r->number, r->header, a.len);
		a.aad_len = AAD_MAX_BYTES;
	}
	if (c->suite->kind == TLS_GCM)
		gcm(&a, c->suite->key_bytes, tag);
	else if (c->suite->kind == TLS_CCM)
		ccm(&a, c->suite->key_bytes, tag);
	else
		chacha20(&a, tag);
	r->content_len = a.len;
	return memeql_sec(tag, a.in + a.len, tag_bytes);
}

/* The content ends where the zeros begin, and the type before them. */
static bool
strip_type(const uint8_t *out, size_t *len, uint8_t *type)
{
	size_t n = *len;

	while (n > 0 && out[n - 1] == 0)
		n--;
	if (n == 0)
		return false;
	*type = out[n - 1];
	*len = n - 1;
	return true;
}

/* ------------------------------------------------------------------ CBC */

/* HMAC over sequence, header with the length given, and bytes, as long as the suite has it. */
static void
record_mac(const struct tls_cipher *c, const struct tls_keys *keys, const struct tls_sealed *r,
	   const uint8_t *bytes, size_t len, uint8_t *mac)
{
	unsigned mac_bytes = c->suite->tag_bytes;
	uint8_t aad[AAD_MAX_BYTES];
	union {
		struct hmac_sha1_ctx sha1;
		struct hmac_sha256_ctx sha256;
		struct hmac_sha384_ctx sha384;
	} ctx;

	put_aad(aad, r->number, r->header, len);
	if (mac_bytes == 20) {
		hmac_sha1_set_key(&ctx.sha1, mac_bytes, keys->mac);
		hmac_sha1_update(&ctx.sha1, sizeof(aad), aad);
		hmac_sha1_update(&ctx.sha1, len, bytes);
		hmac_sha1_digest(&ctx.sha1, mac_bytes, mac);
	} else if (mac_bytes == 32) {
		hmac_sha256_set_key(&ctx.sha256, mac_bytes, keys->mac);
		hmac_sha256_update(&ctx.sha256, sizeof(aad), aad);
		hmac_sha256_update(&ctx.sha256, len, bytes);
		hmac_sha256_digest(&ctx.sha256, mac_bytes, mac);
	} else {
		hmac_sha384_set_key(&ctx.sha384, mac_bytes, keys->mac);
		hmac_sha384_update(&ctx.sha384, sizeof(aad), aad);
		hmac_sha384_update(&ctx.sha384, len, bytes);
		hmac_sha384_digest(&ctx.sha384, mac_bytes, mac);
	}
	explicit_bzero(&ctx, sizeof(ctx));
}

static void
decrypt_cbc(const struct tls_keys *keys, unsigned key_bytes, const uint8_t *iv, const uint8_t *in,
	    size_t len, uint8_t *out)
{
	uint8_t chain[BLOCK_BYTES];
	union {
		struct aes128_ctx a128;
		struct aes256_ctx a256;
	} ctx;

	memcpy(chain, iv, sizeof(chain));
	if (key_bytes == 16) {
		aes128_set_decrypt_key(&ctx.a128, keys->key);
		cbc_decrypt(&ctx.a128, (nettle_cipher_func *)aes128_decrypt, sizeof(chain), chain,
			    len, out, in);
	} else {
		aes256_set_decrypt_key(&ctx.a256, keys->key);
		cbc_decrypt(&ctx.a256, (nettle_cipher_func *)aes256_decrypt, sizeof(chain), chain,
			    len, out, in);
	}
	explicit_bzero(&ctx, sizeof(ctx));
}

/* Its length is in its last byte, which is not counted, and in all the others. */
static bool
strip_padding(const uint8_t *out, size_t *len)
{
	size_t n = out[*len - 1];

	if (n >= *len)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (out[*len - 2 - i] != n)
			return false;
	}
	*len -= n + 1;
	return true;
}

static bool
open_cbc(const struct tls_cipher *c, const struct tls_keys *keys, struct tls_sealed *r)
{
	size_t mac_bytes = c->suite->tag_bytes, iv = c->version == TLS_1_0 ? 0 : BLOCK_BYTES;
	const uint8_t *in = r->fragment;
	size_t len = r->len;
	uint8_t mac[MAC_MAX_BYTES];

	if (c->encrypt_then_mac) {
		if (len < mac_bytes)
			return false;
		len -= mac_bytes;
		record_mac(c, keys, r, in, len, mac);
		if (!memeql_sec(mac, in + len, mac_bytes))
			return false;
	}
	if (len < iv + BLOCK_BYTES || (len - iv) % BLOCK_BYTES != 0)
		return false;
	decrypt_cbc(keys, c->suite->key_bytes, iv == 0 ? r->chained : in, in + iv, len - iv,
		    r->content);
	r->content_len = len - iv;
	if (!strip_padding(r->content, &r->content_len))
		return false;
	if (c->encrypt_then_mac)
		return true;
	if (r->content_len < mac_bytes)
		return false;
	r->content_len -= mac_bytes;
	record_mac(c, keys, r, r->content, r->content_len, mac);
	return memeql_sec(mac, r->content + r->content_len, mac_bytes);
}

bool
tls_open(const struct tls_cipher *c, const struct tls_keys *keys, struct tls_sealed *r)
{
	r->type = r->header[0];
	if (c->suite->kind == TLS_CBC)
		return open_cbc(c, keys, r);
	if (!open_aead(c, keys, r))
		return false;
	return c->version != TLS_1_3 || strip_type(r->content, &r->content_len, &r->type);
}
