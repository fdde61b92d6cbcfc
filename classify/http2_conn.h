/* What the HTTP/1 side needs of an HTTP/2 connection that began by upgrade (RFC 7540 section 3.2).
 */
#ifndef WEIR_HTTP2_CONN_H
#define WEIR_HTTP2_CONN_H

#include "classify/exchange.h"

/*
 * x is given: its request was sent in HTTP/1, its answer comes as stream 1. c speaks HTTP/2 and has
 * seen nothing yet. False, and x stays the caller's, when there is no room. Ordinals go on from
 * next_ordinal.
 */
bool http2_conn_adopt(struct conn *c, struct exchange *x, uint64_t next_ordinal);

#endif
