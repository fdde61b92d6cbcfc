/*
 * Fingerprints of TLS hellos: JA3 and JA3S (MD5 of the lists in decimal), JA4 (FoxIO, BSD-3).
 *
 *   JA3    version,ciphers,extensions,groups,point formats    values of a list joined with '-'
 *   JA3S   version,cipher,extensions
 *   JA4    t13d1516h2_8daaf6152771_e5627efa2ab1
 *            t      transport: t TCP, q QUIC, d DTLS
 *            13     highest of supported_versions, else legacy_version; 00 when unknown
 *            d      d with SNI, i without
 *            15 16  ciphers, extensions; 99 at most
 *            h2     first and last character of the first ALPN name, 00 without
 *            then 12 digits of SHA-256: the ciphers sorted; the extensions sorted, without SNI and
 *            ALPN, and the signature algorithms in their own order
 *
 * GREASE (RFC 8701) is left out of JA3 and JA4 everywhere but in the ALPN names; JA3S takes a
 * ServerHello as it is. The other methods of the JA4 family have another licence and are not here.
 *
 * Only for hellos that were parsed with TLS_HELLO_OK: of half a list a fingerprint would mislead.
 */
#ifndef WEIR_JA_H
#define WEIR_JA_H

#include <stdbool.h>

#include "classify/proto/tls_hello.h"

#define JA3_CAP 33u /* 32 hexadecimal digits and NUL */
#define JA4_CAP 40u /* 36 characters and NUL */

#define JA4_MAX_VALUES 256u /* ciphers or extensions, GREASE not counted */

void ja3_client(const struct tls_client_hello *h, char out[JA3_CAP]);
void ja3_server(const struct tls_server_hello *h, char out[JA3_CAP]);

/* False, and out empty, when a list to be sorted has more than JA4_MAX_VALUES values. */
bool ja4_client(const struct tls_client_hello *h, char transport, char out[JA4_CAP]);

#endif
