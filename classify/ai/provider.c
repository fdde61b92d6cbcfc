/* Looking up who is behind a host; provider.h is the manual. */
#include "classify/ai/provider.h"

#include <pthread.h>
#include <errno.h>
#include <stdlib.h>

#include "classify/ai/host_pattern.h"
#include "classify/ai/provider_store.h"

static const char *const kind_names[] = {
	[PROVIDER_MODEL] = "model",
	[PROVIDER_VECTOR_STORE] = "vector_store",
	[PROVIDER_MODEL_HUB] = "model_hub",
	[PROVIDER_ASSISTANT] = "assistant",
	[PROVIDER_OBSERVABILITY] = "observability",
	[PROVIDER_PLATFORM] = "platform",
};

enum { NR_KINDS = sizeof(kind_names) / sizeof(kind_names[0]) };

bool
provider_kind_parse(struct span name, enum provider_kind *kind)
{
	for (unsigned i = 0; i < NR_KINDS; i++) {
		if (span_is(name, kind_names[i])) {
			*kind = (enum provider_kind)i;
			return true;
		}
	}
	return false;
}

static void
make_empty(struct provider_catalogue *c)
{
	memset(c, 0, sizeof(*c));
	for (unsigned i = 0; i < PROVIDER_BUCKETS; i++)
		c->buckets[i] = -1;
	for (unsigned i = 0; i < SIGNATURE_BUCKETS; i++)
		c->paths[i] = -1;
	c->headers = c->agents = -1;
}

struct provider_catalogue *
provider_catalogue_create(void)
{
	struct provider_catalogue *c = malloc(sizeof(*c));

	if (c != NULL)
		make_empty(c);
	return c;
}

void
provider_destroy(struct provider_catalogue *catalogue)
{
	if (catalogue == NULL)
		return;
	free(catalogue->providers);
	free(catalogue->patterns);
	free(catalogue->allows);
	free(catalogue->blocks);
	free(catalogue->signatures);
	free(catalogue);
}

struct provider_catalogue *
provider_view_create(void)
{
	return provider_catalogue_create();
}

void
provider_view_set(struct provider_catalogue *view, const struct provider_catalogue *of)
{
	if (of != NULL)
		*view = *of;
	else
		make_empty(view);
}

void
provider_view_destroy(struct provider_catalogue *view)
{
	free(view);
}

/* Oldest first; control threads only, so that a plain list is quick enough. */
struct kept_name {
	struct kept_name *next;
	char text[PROVIDER_NAME_CAP];
};

const char *
provider_name_keep(struct span name)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct kept_name *first;
	static unsigned nr;
	struct kept_name **link = &first, *kept;

	pthread_mutex_lock(&lock);
	while (*link != NULL && !span_is(name, (*link)->text))
		link = &(*link)->next;
	if (*link == NULL && nr < PROVIDER_NAMES_MAX && name.len < PROVIDER_NAME_CAP) {
		*link = calloc(1, sizeof(**link));
		if (*link != NULL) {
			memcpy((*link)->text, name.p, name.len);
			nr++;
		}
	}
	kept = *link;
	pthread_mutex_unlock(&lock);
	return kept != NULL ? kept->text : NULL;
}

/* FNV-1a over the last two labels. */
static unsigned
bucket_of(struct span host)
{
	struct span tail = host_last_two_labels(host);
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < tail.len; i++)
		hash = (hash ^ tail.p[i]) * 16777619u;
	return hash % PROVIDER_BUCKETS;
}

int
provider_add(struct provider_catalogue *c, struct span name)
{
	for (uint32_t i = 0; i < c->nr_providers; i++) {
		if (span_is(name, c->providers[i].name))
			return -EEXIST;
	}
	struct provider *grown = reallocarray(c->providers, c->nr_providers + 1, sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	c->providers = grown;

	struct provider *p = &grown[c->nr_providers];

	memset(p, 0, sizeof(*p));
	p->name = provider_name_keep(name);
	if (p->name == NULL)
		return -ENOMEM;
	c->nr_providers++;
	memcpy(p->title, name.p, name.len);
	p->kind = PROVIDER_MODEL;
	return 0;
}

int
provider_add_allow(struct provider_catalogue *c)
{
	struct allow *grown = reallocarray(c->allows, c->nr_allows + 1, sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	c->allows = grown;
	memset(&grown[c->nr_allows++], 0, sizeof(*grown));
	return 0;
}

static uint16_t
literal_characters(struct span pattern)
{
	uint16_t n = 0;

	for (size_t i = 0; i < pattern.len; i++)
		n = (uint16_t)(n + (pattern.p[i] != '*'));
	return n;
}

int
provider_add_host(struct provider_catalogue *c, struct span pattern)
{
	unsigned bucket = bucket_of(pattern);
	int32_t *link = &c->buckets[bucket];

	for (int32_t i = *link; i >= 0; i = c->patterns[i].next) {
		if (span_is(pattern, c->patterns[i].text))
			return -EEXIST;
	}
	struct host_pattern *grown = reallocarray(c->patterns, c->nr_patterns + 1, sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	c->patterns = grown;

	struct host_pattern *h = &grown[c->nr_patterns];

	memset(h, 0, sizeof(*h));
	memcpy(h->text, pattern.p, pattern.len);
	h->len = (uint16_t)pattern.len;
	h->literal = literal_characters(pattern);
	h->provider = c->nr_providers - 1;
	h->next = -1;
	while (*link >= 0) /* at the end, so that the first in the file stays first */
		link = &grown[*link].next;
	*link = (int32_t)c->nr_patterns++;
	return 0;
}

const struct provider *
provider_by_host(const struct provider_catalogue *catalogue, struct span host)
{
	char text[PROVIDER_HOST_MAX];
	struct span name = span_of(text, host_normalise(host, text, sizeof(text)));
	const struct host_pattern *best = NULL;

	if (catalogue == NULL || name.len == 0)
		return NULL;
	for (int32_t i = catalogue->buckets[bucket_of(name)]; i >= 0;) {
		const struct host_pattern *h = &catalogue->patterns[i];

		if ((best == NULL || h->literal > best->literal) &&
		    host_pattern_fits(span_of(h->text, h->len), name))
			best = h;
		i = h->next;
	}
	return best == NULL ? NULL : &catalogue->providers[best->provider];
}

const struct provider *
provider_by_name(const struct provider_catalogue *catalogue, const char *name)
{
	for (uint32_t i = 0; catalogue != NULL && i < catalogue->nr_providers; i++) {
		if (strcmp(catalogue->providers[i].name, name) == 0)
			return &catalogue->providers[i];
	}
	return NULL;
}
