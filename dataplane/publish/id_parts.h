/*
 * Identifiers that are hashes of several parts: edges, windows, places. Each part goes in with its
 * length, so that none runs into the next. They agree between runs and sensors, so that their key
 * is no secret. A part that no longer fits (ID_PARTS_BYTES in all) is left out.
 */
#ifndef WEIR_ID_PARTS_H
#define WEIR_ID_PARTS_H

#include "dataplane/publish/record.h"

enum { ID_PARTS_BYTES = 4096 };

/* Begun with len = 0. */
struct id_parts {
	uint8_t bytes[ID_PARTS_BYTES];
	size_t len;
};

void id_parts_add(struct id_parts *parts, const void *data, size_t len);

/* The field's first value; one that is not there is a part of no length. */
void id_parts_add_field(struct id_parts *parts, const struct record_head *r, enum record_field f);

void id_parts_hash(const struct id_parts *parts, uint8_t out[16]);

#endif
