/*
 * What a catalogue is made of: shared by provider.c, which looks things up, and provider_load.c,
 * which fills it. Nobody else includes this.
 *
 * Patterns hang in chains by a hash of their last two labels, so a lookup compares only the few
 * patterns of that domain.
 */
#ifndef WEIR_PROVIDER_STORE_H
#define WEIR_PROVIDER_STORE_H

#include "classify/ai/allow.h"
#include "classify/ai/provider.h"
#include "classify/ai/signature.h"

enum { PROVIDER_BUCKETS = 512, SIGNATURE_BUCKETS = 64 };

struct host_pattern {
	uint32_t provider; /* index */
	int32_t next;	   /* in the chain, -1 at its end */
	uint16_t literal;  /* characters that are not '*' */
	uint16_t len;
	char text[PROVIDER_HOST_MAX + 1]; /* lower case */
};

struct signature_block {
	enum signature_kind kind;
	const char *name; /* kept: see provider_name_keep */
};

struct signature {
	uint32_t block;	       /* index */
	int32_t next;	       /* in its chain, -1 at the end */
	uint16_t len, literal; /* of text; of that before its first '*' */
	char text[SIGNATURE_TEXT_CAP];
	char value[SIGNATURE_TEXT_CAP]; /* of a header */
};

struct provider_catalogue {
	struct provider *providers;
	struct host_pattern *patterns;
	struct allow *allows;
	uint32_t nr_providers;
	uint32_t nr_patterns;
	uint32_t nr_allows;
	struct signature_block *blocks;
	struct signature *signatures;
	uint32_t nr_blocks;
	uint32_t nr_signatures;
	int32_t headers, agents; /* first of their chains */
	int32_t paths[SIGNATURE_BUCKETS];
	int32_t buckets[PROVIDER_BUCKETS];
};

struct provider_catalogue *provider_catalogue_create(void);

/* Both: 0, -EEXIST when it is there already, -ENOMEM. A pattern belongs to the last provider. */
int provider_add(struct provider_catalogue *catalogue, struct span name);
int provider_add_host(struct provider_catalogue *catalogue, struct span pattern);

/* A block of the allow-list, empty: 0 or -ENOMEM. */
int provider_add_allow(struct provider_catalogue *catalogue);

/* False when there is no kind of that name. */
bool provider_kind_parse(struct span name, enum provider_kind *kind);

#endif
