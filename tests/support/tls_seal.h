/* Seals records of TLS 1.3 with AES-128-GCM (RFC 8446 section 5.2): the other half of tls_open. */
#ifndef WEIR_TEST_TLS_SEAL_H
#define WEIR_TEST_TLS_SEAL_H

#include <assert.h>
#include <string.h>

#include <nettle/gcm.h>

#include "classify/proto/tls_keys.h"

#define TLS_SEAL_CONTENT_MAX 17000u

/* Writes len + padding + 22 bytes, and returns how many. */
static inline size_t
tls_seal(const struct tls_keys *keys, uint64_t number, uint8_t type, const uint8_t *content,
	 size_t len, size_t padding, uint8_t *out)
{
	uint8_t nonce[12], clear[TLS_SEAL_CONTENT_MAX] = { 0 };
	size_t inner = len + 1 + padding;
	struct gcm_aes128_ctx gcm;

	assert(inner <= sizeof(clear));
	if (len != 0)
		memcpy(clear, content, len);
	clear[len] = type;
	memcpy(nonce, keys->iv, sizeof(nonce));
	for (unsigned i = 0; i < 8; i++)
		nonce[11 - i] ^= (uint8_t)(number >> (8 * i));
	memcpy(out, (uint8_t[]) { 23, 3, 3, (uint8_t)((inner + 16) >> 8), (uint8_t)(inner + 16) },
	       5);
	gcm_aes128_set_key(&gcm, keys->key);
	gcm_aes128_set_iv(&gcm, sizeof(nonce), nonce);
	gcm_aes128_update(&gcm, 5, out);
	gcm_aes128_encrypt(&gcm, inner, out + 5, clear);
	gcm_aes128_digest(&gcm, 16, out + 5 + inner);
	return 5 + inner + 16;
}

#endif
