/*
 * What a client last heard an address called: names from DNS answers, as of a moment in time.
 *
 * Belongs to the publisher, which learns from dns records in their order and asks for flows that
 * carry no name of their own. Keyed by (domain, client, address): the same address of a content
 * network has other names for other clients, and in another domain (dataplane/port/domains.h) it is
 * another machine. A name holds from its answer until time to live and grace have gone by; asked
 * again within that, it goes on holding. Of several that hold at the moment asked about the
 * youngest is the answer: it is what the client most likely connected for.
 *
 * A flow may be seen DNS_NAMES_SKEW_US before the answer that made it: two taps are no clock.
 *
 * Bounded: max_entries names, of which no more than DNS_NAMES_EACH for one client and address; the
 * one that was heard longest ago goes, counted in evicted. The hash is keyed; the order in which
 * names go depends on nothing but the order of learning, so that a replay stays exact.
 *
 * Allocates (names of 255 bytes at most); never on a worker. Not thread-safe.
 */
#ifndef WEIR_DNS_NAMES_H
#define WEIR_DNS_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/siphash.h"
#include "classify/span.h"

#define DNS_NAMES_EACH	  4u
#define DNS_NAMES_SKEW_US 10000u

struct dns_names;

struct dns_names_stats {
	uint64_t entries;
	uint64_t learned; /* answers, repeated ones included */
	uint64_t used;	  /* questions that had an answer */
	uint64_t evicted; /* names that still held, given up for others */
	uint64_t refused; /* no memory */
};

/* NULL without memory; max_entries may be 0: nothing is learned. */
struct dns_names *dns_names_create(uint32_t max_entries, uint64_t grace_us,
				   const struct siphash_key *key);
void dns_names_destroy(struct dns_names *n);

/* Addresses are of 4 or 16 bytes. */
void dns_names_learn(struct dns_names *n, uint16_t domain, struct span client, struct span address,
		     struct span name, uint64_t time_us, uint32_t ttl_s);

/* False when no name held at that time. name is borrowed until the next call. */
bool dns_names_find(struct dns_names *n, uint16_t domain, struct span client, struct span address,
		    uint64_t at_us, struct span *name);

const struct dns_names_stats *dns_names_stats(const struct dns_names *n);

#endif
