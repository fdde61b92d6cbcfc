/*
 * Who the two ends of a record are, in one printable string each, and where they lie.
 *
 * What the worker did not say is filled in here, behind the merge:
 *
 *   src_identity   the address as text
 *   dst_identity   fqdn:NAME when the destination is outside and the record carries the name it
 *                  was called by (server_name, url_host or tls_server_name), else the address
 *   server_name    (flow, finding) without a name of its own: what DNS last told this client that
 *                  the address is called, when the flow began (source dns)
 *   direction      (flow, finding) egress: inside to outside, ingress: outside to inside,
 *                  east_west: both inside, unknown: both outside
 *
 * with confidence "exact" and the name's source for a name, "none" and "address" for an address. A
 * name is what the client claims (SNI, Host): it says whom it meant, not who answered.
 *
 * Inside is what the list of networks holds: by default RFC 1918, RFC 6598 (100.64/10), loopback,
 * link-local and fc00::/7 (RFC 4193).
 *
 * Names were masked by the worker that stored them; they are copied here as they are.
 */
#ifndef WEIR_ENDPOINT_H
#define WEIR_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/names/dns_names.h"
#include "dataplane/publish/record.h"

#define NETWORKS_MAX 256

/* One prefix; IPv4 as ::ffff:a.b.c.d with bits counted from the start of the 16 bytes. */
struct network {
	uint8_t addr[16];
	uint8_t bits;
};

struct networks {
	struct network list[NETWORKS_MAX];
	unsigned nr;
};

void networks_set_defaults(struct networks *n);

/* "10.0.0.0/8", "fd00::/8", or an address alone. 0, -EINVAL, or -ENOSPC above NETWORKS_MAX. */
int networks_add(struct networks *n, const char *cidr);

/* len is 4 or 16. */
bool networks_contain(const struct networks *n, const uint8_t *addr, size_t len);

/* RFC 5952 text; returns its length. out holds ENDPOINT_ADDRESS_BYTES. */
#define ENDPOINT_ADDRESS_BYTES 46
size_t endpoint_address(const uint8_t *addr, size_t len, char out[ENDPOINT_ADDRESS_BYTES]);

/* Begins out as a copy of in and adds what is missing. names may be NULL. */
void endpoint_fill(const struct networks *n, struct dns_names *names, const struct record_head *in,
		   struct record *out);

/* A record_mask_fn for strings that a worker has masked already: copies, cut at a character. */
size_t endpoint_copy_masked(void *arg, const uint8_t *in, size_t len, char *out, size_t cap);

#endif
