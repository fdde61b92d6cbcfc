/*
 * Which domain a frame belongs to, by its VLAN ids and its virtual networks.
 *
 * Two networks may use the same addresses: tenants, each with 10.0.0.0/8 of its own. A domain is a
 * number that is part of the flow key, so flows of different domains never mix. A port has one
 * (0 by default), and ids can be put into others:
 *
 *   domains = { vlans = [ "100-199 300 = 1", "200 = 2" ]; vnis = [ "5000-5999 = 1" ]; };
 *
 * Ids that are not listed change nothing, so a mirror that marks the direction by VLAN needs no
 * entry, and where ids are listed both directions' ids belong into one domain. A VNI is that of
 * VXLAN (RFC 7348), VXLAN-GPE, Geneve (RFC 8926) or NVGRE (RFC 7637). Of the layers of a frame the
 * innermost that has a listed id decides; of the tags of one stack the outermost that is listed: it
 * is the provider's (IEEE 802.1ad), and the tags within are the customer's own affair.
 *
 * A look-up is one load for a VLAN and two for a VNI. Memory: 40 KiB, and 8 KiB for each block of
 * 4,096 VNIs in which one is listed. Built at the start, read-only from then on. No DPDK here.
 */
#ifndef WEIR_DOMAINS_H
#define WEIR_DOMAINS_H

#include <stddef.h>
#include <stdint.h>

struct packet;

#define DOMAINS_MAX	     65534u /* the largest domain that ids can be put into */
#define DOMAINS_MIN_EXPECTED 128u

enum domains_kind { DOMAINS_VLAN, DOMAINS_VNI };

struct domains; /* NULL is one without entries */

/* 0 or -ENOMEM. */
int domains_create(struct domains **out);
void domains_destroy(struct domains *d);

/*
 * Adds "IDS = DOMAIN": IDS are numbers and ranges FIRST-LAST, separated by blanks. 0; -EINVAL with
 * expected saying what is wrong and what would be right (of cap bytes, DOMAINS_MIN_EXPECTED or
 * more), also when an id is in another domain already; -ENOMEM. After an error some ids may have
 * been added.
 */
int domains_add(struct domains *d, enum domains_kind kind, const char *text, char *expected,
		size_t cap);

/*
 * The domain of a packet whose VLANs from first_vlan on and tunnels from first_tunnel on have just
 * been found; otherwise what it was so far (p->key.domain).
 */
uint16_t domains_find(const struct domains *d, const struct packet *p, unsigned first_vlan,
		      unsigned first_tunnel);

#endif
