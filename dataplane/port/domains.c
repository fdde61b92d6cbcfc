#include "dataplane/port/domains.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/port/packet.h"

#define NOT_LISTED 0xffffu
#define NR_VLANS   4096u
#define PAGE_IDS   4096u /* of VNIs */
#define NR_PAGES   4096u
#define MAX_VLAN   4094u /* 0 is a priority tag, 4095 reserved: IEEE 802.1Q table 9-2 */
#define MAX_VNI	   0xffffffu

struct domains {
	uint16_t vlan[NR_VLANS];
	uint16_t *vni[NR_PAGES]; /* by the upper half of the id; owned; NULL: none is listed */
};

int
domains_create(struct domains **out)
{
	struct domains *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return -ENOMEM;
	memset(d->vlan, 0xff, sizeof(d->vlan));
	*out = d;
	return 0;
}

void
domains_destroy(struct domains *d)
{
	if (d == NULL)
		return;
	for (unsigned i = 0; i < NR_PAGES; i++)
		free(d->vni[i]);
	free(d);
}

/* Where the domain of an id stands; NULL without memory for it. */
static uint16_t *
place_of(struct domains *d, enum domains_kind kind, uint32_t id)
{
	uint16_t **page = &d->vni[id / PAGE_IDS];

	if (kind == DOMAINS_VLAN)
		return &d->vlan[id];
	if (*page == NULL) {
		*page = malloc(PAGE_IDS * sizeof(**page));
		if (*page == NULL)
			return NULL;
		memset(*page, 0xff, PAGE_IDS * sizeof(**page));
	}
	return &(*page)[id % PAGE_IDS];
}

/* A number of at most nine digits and the blanks behind it; false when there is none. */
static bool
take_number(const char **text, uint32_t *number)
{
	size_t digits = strspn(*text, "0123456789");

	if (digits == 0 || digits > 9)
		return false;
	*number = (uint32_t)strtoul(*text, NULL, 10);
	*text += digits;
	*text += strspn(*text, " \t");
	return true;
}

/* "100" or "100-199". */
static bool
take_range(const char **text, uint32_t *first, uint32_t *last)
{
	if (!take_number(text, first))
		return false;
	*last = *first;
	if (**text != '-')
		return true;
	*text += 1;
	*text += strspn(*text, " \t");
	return take_number(text, last);
}

static int
add_range(struct domains *d, enum domains_kind kind, uint32_t first, uint32_t last, uint16_t domain,
	  char *expected, size_t cap)
{
	static const char *const names[] = { "VLAN", "VNI" };

	for (uint32_t id = first; id <= last; id++) {
		uint16_t *place = place_of(d, kind, id);

		if (place == NULL) {
			snprintf(expected, cap, "out of memory");
			return -ENOMEM;
		}
		if (*place != NOT_LISTED && *place != domain) {
			snprintf(expected, cap, "%s %u is in domain %u already: must be in one",
				 names[kind], id, *place);
			return -EINVAL;
		}
		*place = domain;
	}
	return 0;
}

/* What stands behind the '='. */
static bool
take_domain(const char *text, uint16_t *domain)
{
	uint32_t number;

	text += strspn(text, " \t");
	if (!take_number(&text, &number) || *text != '\0' || number > DOMAINS_MAX)
		return false;
	*domain = (uint16_t)number;
	return true;
}

int
domains_add(struct domains *d, enum domains_kind kind, const char *text, char *expected, size_t cap)
{
	uint32_t most = kind == DOMAINS_VLAN ? MAX_VLAN : MAX_VNI, first, last;
	uint32_t least = kind == DOMAINS_VLAN ? 1 : 0;
	const char *equals = strchr(text, '='), *p = text + strspn(text, " \t");
	uint16_t domain;
	int r = 0;

	if (equals == NULL || p == equals) {
		snprintf(expected, cap, "\"%.40s\": must be ids and a domain: \"100-199 300 = 1\"",
			 text);
		return -EINVAL;
	}
	if (!take_domain(equals + 1, &domain)) {
		snprintf(expected, cap, "\"%.40s\": the domain must be a whole number 0..%u", text,
			 DOMAINS_MAX);
		return -EINVAL;
	}
	while (r == 0 && p < equals) {
		if (!take_range(&p, &first, &last) || first > last || first < least ||
		    last > most) {
			snprintf(expected, cap,
				 "\"%.40s\": ids must be numbers %u..%u, or ranges of them: "
				 "\"100-199 300 = 1\"",
				 text, least, most);
			return -EINVAL;
		}
		r = add_range(d, kind, first, last, domain, expected, cap);
	}
	return r;
}

static bool
has_vni(const struct tunnel *t)
{
	return t->type == TUNNEL_VXLAN || t->type == TUNNEL_VXLAN_GPE || t->type == TUNNEL_GENEVE ||
	       t->type == TUNNEL_NVGRE;
}

/* A tunnel stands before the tags of the frame that is in it: later ones have the last word. */
uint16_t
domains_find(const struct domains *d, const struct packet *p, unsigned first_vlan,
	     unsigned first_tunnel)
{
	uint16_t domain = p->key.domain;

	if (d == NULL)
		return domain;
	for (unsigned i = first_tunnel; i < p->nr_tunnels; i++) {
		const struct tunnel *t = &p->tunnel[i];
		const uint16_t *page = has_vni(t) ? d->vni[t->id / PAGE_IDS] : NULL;

		if (page != NULL && page[t->id % PAGE_IDS] != NOT_LISTED)
			domain = page[t->id % PAGE_IDS];
	}
	for (unsigned i = first_vlan; i < p->nr_vlans; i++) {
		if (d->vlan[p->vlan[i]] != NOT_LISTED)
			return d->vlan[p->vlan[i]];
	}
	return domain;
}
