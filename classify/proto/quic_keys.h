/*
 * Keys of QUIC's Initial packets (RFC 9001 section 5.2, RFC 9369 section 3.3.1).
 *
 * They protect against chance, not against readers: both sides' secrets derive from the connection
 * id that the client chose and a salt printed in the standard of each version.
 *
 *   HKDF-SHA256   salt, id -> initial secret -> "client in", "server in" -> key, iv, hp
 *   header        AES-128-ECB of a sample of the ciphertext masks the first byte and the number
 *   payload       AES-128-GCM, nonce = iv xor packet number, the header is authenticated
 *
 * Known: versions 1 and 2, IETF drafts 17 to 34, Facebook's mvfst, Google's Q050, T050 and T051.
 * Tests hold the values of RFC 9001 appendix A and RFC 9369 appendix A.
 */
#ifndef WEIR_QUIC_KEYS_H
#define WEIR_QUIC_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/span.h"

#define QUIC_VERSION_1 0x00000001u
#define QUIC_VERSION_2 0x6b3343cfu

struct quic_keys {
	uint8_t key[16], iv[12], hp[16];
};

/* False for a version whose salt is not known. server: of what the server sends. */
bool quic_keys_derive(struct quic_keys *k, uint32_t version, struct span connection_id,
		      bool server);

/*
 * Takes the protection off a long-header packet. pn_at is where its number begins, from there to
 * its end are len - pn_at bytes. Returns the frames, which lie in out (len bytes must fit), or a
 * NULL span when the packet is too short or its tag is wrong.
 */
struct span quic_keys_open(const struct quic_keys *k, const uint8_t *packet, size_t len,
			   size_t pn_at, uint8_t *out);

#endif
