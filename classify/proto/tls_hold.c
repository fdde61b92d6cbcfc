#include "classify/proto/tls_hold.h"

#include <string.h>

#define KIND_GAP   2u
#define HEAD_BYTES 9u

void
tls_hold_init(struct tls_hold *h, uint64_t now_us)
{
	h->since_us = now_us;
	h->used = h->data_bytes = 0;
	h->closed[0] = h->closed[1] = false;
}

static bool
keep(struct tls_hold *h, uint8_t kind, const uint8_t *data, uint64_t len, size_t nr_data)
{
	uint8_t *p = h->bytes + h->used;

	if (TLS_HOLD_BYTES - h->used < HEAD_BYTES ||
	    nr_data > TLS_HOLD_BYTES - h->used - HEAD_BYTES)
		return false;
	*p = kind;
	memcpy(p + 1, &len, sizeof(len));
	if (nr_data != 0)
		memcpy(p + HEAD_BYTES, data, nr_data);
	h->used += (uint32_t)(HEAD_BYTES + nr_data);
	h->data_bytes += (uint32_t)nr_data;
	return true;
}

bool
tls_hold_data(struct tls_hold *h, unsigned dir, const uint8_t *data, size_t len)
{
	return keep(h, (uint8_t)dir, data, len, len);
}

bool
tls_hold_gap(struct tls_hold *h, unsigned dir, uint64_t len)
{
	return keep(h, (uint8_t)(dir | KIND_GAP), NULL, len, 0);
}

bool
tls_hold_next(const struct tls_hold *h, uint32_t *at, unsigned *dir, const uint8_t **data,
	      uint64_t *len)
{
	const uint8_t *p = h->bytes + *at;
	bool gap;

	if (*at >= h->used)
		return false;
	gap = (*p & KIND_GAP) != 0;
	*dir = *p & 1;
	memcpy(len, p + 1, sizeof(*len));
	*data = gap ? NULL : p + HEAD_BYTES;
	*at += (uint32_t)(HEAD_BYTES + (gap ? 0 : *len));
	return true;
}
