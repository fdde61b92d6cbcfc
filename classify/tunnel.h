/*
 * A connection inside another: what runs behind a proxy's CONNECT or SOCKS negotiation. Its
 * protocol is found out by its own first bytes; who opened it is known. What it does counts for the
 * flow as well (conn.outer), whose label stays that of the proxy.
 *
 * Embedded in the state of the outer protocol; all zero is a tunnel that nothing has gone through.
 */
#ifndef WEIR_TUNNEL_H
#define WEIR_TUNNEL_H

#include "classify/conn_env.h"

struct tunnel {
	struct conn *inner; /* owned, from the pool of connections */
	bool refused;	    /* the pool was empty */
	bool midstream[2];  /* the owner's: its beginning went by unseen */
};

/*
 * Opens it before anything has gone through, where the protocol is known. NULL when the pool is
 * empty.
 */
struct conn *tunnel_begin(struct tunnel *t, struct conn_env *env, struct conn *outer,
			  enum protocol as);
void tunnel_push(struct tunnel *t, struct conn_env *env, struct conn *outer, enum conn_dir dir,
		 const uint8_t *data, size_t len);
void tunnel_gap(struct tunnel *t, struct conn_env *env, enum conn_dir dir, uint64_t len);
void tunnel_half_close(struct tunnel *t, struct conn_env *env, enum conn_dir dir);
void tunnel_finish(struct tunnel *t, struct conn_env *env);
void tunnel_describe(const struct tunnel *t, const struct conn_env *env, struct record *r);
void tunnel_next_part(struct tunnel *t);
void tunnel_close(struct tunnel *t, struct conn_env *env);

#endif
