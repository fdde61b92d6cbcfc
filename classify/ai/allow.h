/*
 * Who may use which AI service: the allow-list of a catalogue (provider.h has its grammar).
 *
 *   allow payments {
 *     from     payments/Deployment/api 10.20.0.0/16
 *     provider openai azure.ai.*
 *   }
 *
 * `from` takes what records call src_identity, with `*` for anything, or networks; without it the
 * block is for everyone. `provider` takes names of providers or engines, with `*`, or `internal`:
 * what answers inside, whatever it is. A use is allowed when one block has both. Without any block
 * nothing is said about anybody.
 *
 * Limits: ALLOW_MAX entries a line kind and block.
 */
#ifndef WEIR_ALLOW_H
#define WEIR_ALLOW_H

#include "classify/span.h"

struct provider_catalogue;

enum { ALLOW_MAX = 32, ALLOW_TEXT_CAP = 128 };

struct allow_from {
	bool is_network;
	uint8_t bits;	  /* of the 16 bytes */
	uint8_t addr[16]; /* IPv4 as ::ffff:a.b.c.d */
	char text[ALLOW_TEXT_CAP];
};

struct allow {
	struct allow_from from[ALLOW_MAX];
	char provider[ALLOW_MAX][ALLOW_TEXT_CAP];
	unsigned nr_from, nr_providers;
};

/* What a use is judged by; service and engine may be empty. */
struct allow_use {
	struct span service, engine;
	struct span identity;
	const uint8_t *addr; /* of who uses it, addr_len 4 or 16 */
	size_t addr_len;
	bool internal; /* the service answers inside */
};

bool allow_list_exists(const struct provider_catalogue *catalogue);
bool allow_list_has(const struct provider_catalogue *catalogue, const struct allow_use *use);

/* For the loader: NULL, or what was expected. text is one word of the file. */
const char *allow_add_from(struct allow *a, struct span text);
const char *allow_add_provider(struct allow *a, struct span text);

#endif
