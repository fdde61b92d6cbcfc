/*
 * HKDF-Expand-Label (RFC 8446 section 7.1) with an empty context: how TLS 1.3 and QUIC make keys
 * out of secrets.
 */
#ifndef WEIR_EXPAND_LABEL_H
#define WEIR_EXPAND_LABEL_H

#include <stddef.h>
#include <stdint.h>

struct nettle_mac;

/* hmac has the secret as its key, and has it again afterwards. A label has at most 24 letters. */
void expand_label(const struct nettle_mac *mac, void *hmac, const char *label, size_t len,
		  uint8_t *out);

#endif
