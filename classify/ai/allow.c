/* The allow-list; allow.h is the manual. */
#include "classify/ai/allow.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "classify/ai/provider_store.h"
#include "classify/glob.h"

static struct span
text_span(const char *text)
{
	return span_of(text, strlen(text));
}

static void
to_sixteen(const uint8_t *addr, size_t len, uint8_t out[16])
{
	memset(out, 0, 16);
	if (len == 4) {
		out[10] = out[11] = 0xff;
		memcpy(out + 12, addr, 4);
	} else if (len == 16) {
		memcpy(out, addr, 16);
	}
}

static bool
network_fits(const struct allow_from *f, const struct allow_use *use)
{
	uint8_t addr[16];
	unsigned whole = f->bits / 8, rest = f->bits % 8;
	uint8_t mask = (uint8_t)(0xff00u >> rest);

	if (use->addr_len != 4 && use->addr_len != 16)
		return false;
	to_sixteen(use->addr, use->addr_len, addr);
	return memcmp(addr, f->addr, whole) == 0 &&
	       (rest == 0 || ((addr[whole] ^ f->addr[whole]) & mask) == 0);
}

static bool
from_fits(const struct allow *a, const struct allow_use *use)
{
	for (unsigned i = 0; i < a->nr_from; i++) {
		const struct allow_from *f = &a->from[i];

		if (f->is_network ? network_fits(f, use)
				  : glob_matches_nocase(text_span(f->text), use->identity))
			return true;
	}
	return a->nr_from == 0;
}

static bool
provider_fits(const struct allow *a, const struct allow_use *use)
{
	for (unsigned i = 0; i < a->nr_providers; i++) {
		struct span name = text_span(a->provider[i]);

		if (span_is(name, "internal")
			? use->internal
			: (use->service.len != 0 && glob_matches_nocase(name, use->service)) ||
			      (use->engine.len != 0 && glob_matches_nocase(name, use->engine)))
			return true;
	}
	return false;
}

bool
allow_list_exists(const struct provider_catalogue *catalogue)
{
	return catalogue != NULL && catalogue->nr_allows != 0;
}

bool
allow_list_has(const struct provider_catalogue *catalogue, const struct allow_use *use)
{
	for (uint32_t i = 0; catalogue != NULL && i < catalogue->nr_allows; i++) {
		if (from_fits(&catalogue->allows[i], use) &&
		    provider_fits(&catalogue->allows[i], use))
			return true;
	}
	return false;
}

/* A network in CIDR notation; false when it is none. */
static bool
parse_network(const char *text, struct allow_from *f)
{
	const char *slash = strchr(text, '/');
	char addr[64], *end;
	unsigned long bits = 0;
	uint8_t four[4];

	if (slash == NULL || (size_t)(slash - text) >= sizeof(addr) || slash[1] < '0' ||
	    slash[1] > '9')
		return false;
	memcpy(addr, text, (size_t)(slash - text));
	addr[slash - text] = '\0';
	bits = strtoul(slash + 1, &end, 10);
	if (*end != '\0')
		return false;
	if (inet_pton(AF_INET, addr, four) == 1 && bits <= 32) {
		to_sixteen(four, 4, f->addr);
		bits += 96;
	} else if (inet_pton(AF_INET6, addr, f->addr) != 1 || bits > 128) {
		return false;
	}
	f->bits = (uint8_t)bits;
	return true;
}

static const char *
check_word(struct span text, unsigned nr)
{
	if (nr == ALLOW_MAX)
		return "expected at most 32 of them in a block";
	if (text.len == 0 || text.len >= ALLOW_TEXT_CAP)
		return "expected 1 to 127 characters";
	return NULL;
}

const char *
allow_add_from(struct allow *a, struct span text)
{
	const char *wrong = check_word(text, a->nr_from);
	struct allow_from *f = &a->from[a->nr_from];

	if (wrong != NULL)
		return wrong;
	memset(f, 0, sizeof(*f));
	memcpy(f->text, text.p, text.len);
	f->is_network = parse_network(f->text, f);
	a->nr_from++;
	return NULL;
}

const char *
allow_add_provider(struct allow *a, struct span text)
{
	const char *wrong = check_word(text, a->nr_providers);

	if (wrong != NULL)
		return wrong;
	memset(a->provider[a->nr_providers], 0, ALLOW_TEXT_CAP);
	memcpy(a->provider[a->nr_providers++], text.p, text.len);
	return NULL;
}
