/*
 * The digest of a list of tools: equal for lists that say the same.
 *
 * A server may write the members of an object in another order each time, with other blanks and
 * escapes, and offers the same tools. So each value is hashed by itself, with the path of keys and
 * places that leads to it, and the hashes are added up; what comes out is SHA-256 of the sum. The
 * order of a list is part of the paths, that of an object's members is not.
 *
 *   [{"name":"f","description":"d"}]     H(0 name, "f") + H(0 description, "d") + H(0, {})
 *
 * Who can choose very many values freely can make two lists that sum to the same (Wagner's
 * generalised birthday); against the one change that matters, of a description, it is as good as
 * the hash.
 *
 * Limits: below TOOLS_DIGEST_LEVELS open containers, and below one within the other, keys and
 * values count, but not which belongs to which. Constant size, no allocation.
 */
#ifndef WEIR_TOOLS_DIGEST_H
#define WEIR_TOOLS_DIGEST_H

#include <nettle/sha2.h>

#include "classify/proto/json_walk.h"

enum { TOOLS_DIGEST_LEVELS = 24, TOOLS_DIGEST_PATH = 16 };

struct tools_digest {
	uint32_t sum[8];       /* the lowest first */
	struct sha256_ctx sha; /* of the value at hand */
	bool in_value;	       /* a string has begun */
	struct {
		bool array;
		uint32_t index;			   /* of the next element */
		uint8_t path[TOOLS_DIGEST_PATH];   /* of the container */
		uint8_t member[TOOLS_DIGEST_PATH]; /* of what is in it */
	} level[TOOLS_DIGEST_LEVELS];
};

void tools_digest_init(struct tools_digest *t);

/* An event of the walk inside the list; level: how many containers are open within it. */
void tools_digest_event(struct tools_digest *t, unsigned level, enum json_event event,
			const uint8_t *text, size_t len);

void tools_digest_end(const struct tools_digest *t, uint8_t digest[SHA256_DIGEST_SIZE]);

#endif
