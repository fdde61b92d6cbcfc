/*
 * What TLS, DTLS and QUIC flows have in common: the record of a handshake, and what of it stays
 * for the flow's record.
 */
#ifndef WEIR_TLS_FLOW_H
#define WEIR_TLS_FLOW_H

#include "classify/conn_env.h"
#include "classify/proto/tls.h"

struct tls_flow {
	struct conn_env *env;
	struct conn *c;
	const char *version; /* static */
	char ja3[JA3_CAP];
	char ja4[JA4_CAP];
	char alpn[TLS_ALPN_CAP];
	bool hello_seen, ech;
	bool decrypted; /* the owner's: what is inside is read, or at the hellos is going to be */
};

void tls_flow_open(struct tls_flow *t, struct conn_env *env, struct conn *c);

/* A handshake as told by tls.h; quic_version is NULL but for QUIC. */
void tls_flow_handshake(struct tls_flow *t, const struct tls_facts *f, const char *quic_version);

void tls_flow_describe(const struct tls_flow *t, struct record *r);

#endif
