/*
 * What both directions of a connection have sent while its secrets are waited for, in order: data,
 * and gaps between them. A block of constant size from a slab, which is given back once they have
 * come or are given up.
 *
 *   dir and kind 1 | length 8 | data ...        one behind the other
 */
#ifndef WEIR_TLS_HOLD_H
#define WEIR_TLS_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_HOLD_BYTES 65536u

struct tls_hold {
	uint64_t since_us;
	uint32_t used;
	uint32_t data_bytes; /* of both directions */
	bool closed[2];	     /* the owner's: a direction that has ended meanwhile */
	uint8_t bytes[TLS_HOLD_BYTES];
};

void tls_hold_init(struct tls_hold *h, uint64_t now_us);

/* False, and nothing kept, when there is no room. */
bool tls_hold_data(struct tls_hold *h, unsigned dir, const uint8_t *data, size_t len);
bool tls_hold_gap(struct tls_hold *h, unsigned dir, uint64_t len);

/* Hands out one after the other, a gap with data NULL; *at begins with 0. False at the end. */
bool tls_hold_next(const struct tls_hold *h, uint32_t *at, unsigned *dir, const uint8_t **data,
		   uint64_t *len);

#endif
