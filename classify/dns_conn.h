/* DNS over UDP and TCP: queries paired with their answers become dns records. */
#ifndef WEIR_DNS_CONN_H
#define WEIR_DNS_CONN_H

#include <stddef.h>

extern const size_t dns_conn_bytes;

#endif
