/*
 * TLS hellos (RFC 8446 section 4.1, RFC 5246 section 7.4.1), taken apart where they lie.
 *
 * Input is the body of one ClientHello or ServerHello, without record and handshake headers: what
 * tls.h puts together from records, or a QUIC reader from CRYPTO frames. Nothing is copied; every
 * span points into the body and lives as long as it does. Lists stay as they are on the wire.
 *
 *   ClientHello   version 2 | random 32 | session id <32> | ciphers <2^16> | compressions <2^8> |
 *                 extensions <2^16>
 *   ServerHello   version 2 | random 32 | session id <32> | cipher 2 | compression 1 |
 *                 extensions <2^16>
 *
 * Between session id and ciphers of the ClientHello DTLS has a cookie <2^8> (RFC 6347
 * section 4.2.1).
 *
 * A hello without extensions is whole (SSL 3.0, TLS 1.0). Of an extension sent twice the first
 * counts. A hello that breaks off keeps the members that were read before.
 *
 * Limits: the SSL 2.0 form of the hello is not a handshake message and not known here. Of the
 * drafts of TLS 1.3 the ServerHello without session id (before draft 22) is understood.
 */
#ifndef WEIR_TLS_HELLO_H
#define WEIR_TLS_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/span.h"
#include "dataplane/port/cursor.h"

enum tls_extension {
	TLS_EXT_SERVER_NAME = 0,	   /* RFC 6066 section 3 */
	TLS_EXT_GROUPS = 10,		   /* RFC 8422, RFC 7919 */
	TLS_EXT_POINT_FORMATS = 11,	   /* RFC 8422 */
	TLS_EXT_SIGNATURE_ALGORITHMS = 13, /* RFC 8446 section 4.2.3 */
	TLS_EXT_ALPN = 16,		   /* RFC 7301 */
	TLS_EXT_ENCRYPT_THEN_MAC = 22,	   /* RFC 7366 */
	TLS_EXT_SESSION_TICKET = 35,	   /* RFC 5077 */
	TLS_EXT_PRE_SHARED_KEY = 41,
	TLS_EXT_EARLY_DATA = 42,
	TLS_EXT_SUPPORTED_VERSIONS = 43,
	TLS_EXT_ECH = 0xfe0d, /* RFC 9849 */
};

/* DTLS counts down, and what OpenSSL once took for 1.0 is 1.0 upside down. */
#define TLS_DTLS_1_0 0xfeffu
#define TLS_DTLS_1_2 0xfefdu
#define TLS_DTLS_1_3 0xfefcu
#define TLS_DTLS_OLD 0x0100u

static inline bool
tls_is_datagram(uint16_t version)
{
	return version >> 8 == 0xfe || version == TLS_DTLS_OLD;
}

enum tls_hello_result {
	TLS_HELLO_OK,
	TLS_HELLO_BROKEN, /* a length runs past the end, or the beginning is missing */
};

struct tls_client_hello {
	uint16_t version;   /* legacy_version */
	struct span random; /* empty when the hello breaks off in it */
	struct span session_id;
	struct span ciphers;	/* two bytes each */
	struct span extensions; /* the whole block, for tls_extension_next */
	/* Contents of extensions, without the length of their list; empty when absent. */
	struct span server_name;	  /* the host_name itself, as sent */
	struct span alpn;		  /* names, one byte of length before each */
	struct span groups;		  /* two bytes each */
	struct span point_formats;	  /* one byte each */
	struct span signature_algorithms; /* two bytes each */
	struct span versions;		  /* two bytes each */
	bool has_server_name;		  /* the extension is there */
	bool has_psk, has_early_data, has_ech;
	bool has_ticket; /* a session ticket that is not empty */
};

struct tls_server_hello {
	uint16_t version; /* legacy_version */
	uint16_t chosen;  /* the one that counts: supported_versions, else legacy_version */
	uint16_t cipher;
	uint8_t compression;
	struct span random;
	struct span session_id;
	struct span extensions;
	struct span alpn; /* the name chosen; empty when not told */
	bool encrypt_then_mac;
	bool retry; /* a HelloRetryRequest: the real ServerHello is still to come */
	bool has_psk;
};

enum tls_hello_result tls_client_hello_parse(const uint8_t *body, size_t len,
					     struct tls_client_hello *out);
enum tls_hello_result tls_server_hello_parse(const uint8_t *body, size_t len,
					     struct tls_server_hello *out);

/* The next extension of a block; false at its end, or where one runs past it. */
bool tls_extension_next(struct cursor *block, uint16_t *type, struct span *content);

/* Values that clients send only to keep servers tolerant (RFC 8701): 0x0a0a, 0x1a1a, ... */
static inline bool
tls_is_grease(uint16_t v)
{
	return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

/* "1.0" to "1.3" (its drafts and DTLS too), or NULL; static. */
const char *tls_version_name(uint16_t version);

/* IANA's name of the cipher suite, or NULL; static. */
const char *tls_cipher_name(uint16_t cipher);

#endif
