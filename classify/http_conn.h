/*
 * An HTTP/1 connection: two parsers, and the exchanges in flight between them.
 *
 * Answers belong to requests in order. An answer that comes while no request is open (its request
 * was lost, or only this direction is mirrored) gets an exchange of its own without one; a request
 * that was held back by the mirror joins the exchange its answer has opened. After a gap in one
 * direction the order can no longer be trusted, so what is open is closed as incomplete there.
 *
 * After CONNECT and 101 the bytes go to a connection of their own inside this one, so that TLS
 * through a proxy is seen as TLS.
 */
#ifndef WEIR_HTTP_CONN_H
#define WEIR_HTTP_CONN_H

#include <stddef.h>

#include "classify/proto/http1.h"

extern const size_t http_conn_bytes;

#endif
