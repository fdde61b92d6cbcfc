/*
 * What a certificate says of its holder (RFC 5280), by a bounded walk over its DER.
 *
 *   Certificate  SEQ { tbs SEQ { [0] version, serial, algorithm, issuer, validity SEQ { from, to },
 *                                subject, key, [1], [2], [3] extensions }, algorithm, signature }
 *
 * Nothing is verified: the words are the server's. Names are written as in RFC 4514, the last part
 * first, "CN=api.example.com,O=Example"; attributes without a short name are left out. Of the
 * alternative names DNS names, URIs (SPIFFE ids among them), mail and IP addresses are taken.
 *
 * The walk goes down a fixed number of levels, touches every byte a bounded number of times and
 * never believes a length beyond what encloses it. Of a certificate that breaks off, or that is not
 * one, what was read before stays. Bytes that are no printable ASCII become '?' in names; a
 * alternative name with such bytes is left out. No more than the capacities below is kept.
 */
#ifndef WEIR_X509_H
#define WEIR_X509_H

#include "classify/span.h"

#define X509_NAME_CAP 256u
#define X509_MAX_SAN  16u

struct x509_facts {
	char subject[X509_NAME_CAP], issuer[X509_NAME_CAP]; /* empty when absent */
	char san[X509_MAX_SAN][X509_NAME_CAP];
	uint8_t nr_san;
	uint64_t not_after_us; /* since the epoch; 0: not known, or not before the year 2255 */
};

/* out is overwritten. True when the walk came to the end of the certificate's fields. */
bool x509_read(struct span der, struct x509_facts *out);

#endif
