/*
 * A TLS connection: the hellos become a tls record and name the flow; what follows is counted as
 * ciphertext and left alone.
 */
#ifndef WEIR_TLS_CONN_H
#define WEIR_TLS_CONN_H

#include <stddef.h>

extern const size_t tls_conn_bytes, tls_conn_buffer_bytes;

#endif
