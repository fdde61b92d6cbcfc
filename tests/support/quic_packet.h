/* Writes protected Initial packets for tests, the way an endpoint does (RFC 9001 section 5). */
#ifndef WEIR_TEST_QUIC_PACKET_H
#define WEIR_TEST_QUIC_PACKET_H

#include <nettle/aes.h>
#include <nettle/gcm.h>

#include "classify/proto/quic_keys.h"

struct quic_packet {
	uint32_t version;
	bool server;
	struct span key_id;	/* the id that keys are made of */
	struct span dcid, scid; /* at most 20 bytes */
	uint8_t number;
};

#define QUIC_PACKET_OVERHEAD 80u

/* Appends to out, which has room for len + QUIC_PACKET_OVERHEAD; returns the packet's length. */
static inline size_t
quic_packet_seal(const struct quic_packet *q, const uint8_t *frames, size_t len, uint8_t *out)
{
	uint8_t *p = out, nonce[12], mask[AES_BLOCK_SIZE];
	struct gcm_aes128_ctx gcm;
	struct aes128_ctx hp;
	struct quic_keys k;
	size_t pn_at, rest = 4 + len + 16;

	if (!quic_keys_derive(&k, q->version, q->key_id, q->server))
		return 0;
	*p++ = q->version == QUIC_VERSION_2 ? 0xd3 : 0xc3;
	for (unsigned i = 0; i < 4; i++)
		*p++ = (uint8_t)(q->version >> (24 - 8 * i));
	*p++ = (uint8_t)q->dcid.len;
	if (q->dcid.len != 0)
		memcpy(p, q->dcid.p, q->dcid.len);
	p += q->dcid.len;
	*p++ = (uint8_t)q->scid.len;
	if (q->scid.len != 0)
		memcpy(p, q->scid.p, q->scid.len);
	p += q->scid.len;
	*p++ = 0; /* no token */
	*p++ = (uint8_t)(0x80 | rest >> 24);
	*p++ = (uint8_t)(rest >> 16);
	*p++ = (uint8_t)(rest >> 8);
	*p++ = (uint8_t)rest;
	pn_at = (size_t)(p - out);
	memset(p, 0, 4);
	p[3] = q->number;
	p += 4;
	memcpy(nonce, k.iv, sizeof(nonce));
	nonce[11] ^= q->number;
	gcm_aes128_set_key(&gcm, k.key);
	gcm_aes128_set_iv(&gcm, sizeof(nonce), nonce);
	gcm_aes128_update(&gcm, pn_at + 4, out);
	gcm_aes128_encrypt(&gcm, len, p, frames);
	gcm_aes128_digest(&gcm, 16, p + len);
	aes128_set_encrypt_key(&hp, k.hp);
	aes128_encrypt(&hp, sizeof(mask), mask, out + pn_at + 4);
	out[0] ^= mask[0] & 0x0f;
	for (unsigned i = 0; i < 4; i++)
		out[pn_at + i] ^= mask[1 + i];
	return pn_at + rest;
}

#endif
