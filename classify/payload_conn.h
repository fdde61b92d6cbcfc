/*
 * Payload of a protocol that is not taken apart: cleartext is scanned as one stream per direction
 * (each datagram of UDP is a continuation); ciphertext is counted and left alone.
 */
#ifndef WEIR_PAYLOAD_CONN_H
#define WEIR_PAYLOAD_CONN_H

#include <stddef.h>

extern const size_t payload_conn_bytes;

#endif
