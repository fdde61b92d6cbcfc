/*
 * DNSCrypt (draft-denis-dprive-dnscrypt, sections 4 to 10): DNS in datagrams of its own cipher.
 *
 * A client first asks in plain DNS for the TXT records of "2.dnscrypt-cert." and the provider's
 * zone; each is a certificate that begins with "DNSC". Some providers keep the number and have a
 * name of their own, so it is the certificate that tells. What follows is ciphertext: queries begin
 * with eight bytes of the certificate, answers always with the same eight.
 *
 * Limits: over UDP only; encrypted queries alone, without certificate and answers, are random bytes
 * to anyone.
 */
#ifndef WEIR_DNSCRYPT_H
#define WEIR_DNSCRYPT_H

#include "classify/proto/detect.h"
#include "classify/proto/dns.h"

/* An encrypted answer, or the query for a certificate. */
probe_fn dnscrypt_probe;

/* Is a certificate among the answers? What their client sends next is DNSCrypt. */
bool dnscrypt_certified(const struct dns_message *m);

/* Is a datagram of a DNSCrypt flow plain DNS, as certificates are asked for and given? */
bool dnscrypt_in_clear(const uint8_t *data, size_t len);

#endif
