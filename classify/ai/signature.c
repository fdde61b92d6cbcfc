/* What is recognised by headers, paths and user agents; signature.h is the manual. */
#include "classify/ai/signature.h"

#include <errno.h>
#include <stdlib.h>

#include "classify/ai/provider_store.h"
#include "classify/glob.h"

static const struct {
	const char *name, *line;
} kinds[NR_SIGNATURE_KINDS] = {
	[SIGNATURE_ENGINE] = { "engine", "header" },
	[SIGNATURE_SERVICE] = { "service", "path" },
	[SIGNATURE_CLIENT] = { "client", "agent" },
};

bool
signature_kind_parse(struct span word, enum signature_kind *kind)
{
	for (unsigned i = 0; i < NR_SIGNATURE_KINDS; i++) {
		if (span_is(word, kinds[i].name)) {
			*kind = (enum signature_kind)i;
			return true;
		}
	}
	return false;
}

const char *
signature_line(enum signature_kind kind)
{
	return kinds[kind].line;
}

const char *
signature_error(enum signature_kind kind, struct span text)
{
	const uint8_t *star;
	const uint8_t *slash;

	if (text.len == 0 || text.len >= SIGNATURE_TEXT_CAP)
		return "expected a pattern of 1 to 127 characters";
	if (kind != SIGNATURE_SERVICE)
		return NULL;
	star = memchr(text.p, '*', text.len);
	slash = text.len < 2 ? NULL : memchr(text.p + 1, '/', text.len - 1);
	if (text.p[0] != '/' || text.len < 2 || slash == NULL || (star != NULL && star < slash))
		return "expected a path of two segments or more, the first without '*'";
	return NULL;
}

int
signature_add_block(struct provider_catalogue *c, enum signature_kind kind, struct span name)
{
	struct signature_block *grown = reallocarray(c->blocks, c->nr_blocks + 1, sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	c->blocks = grown;
	grown[c->nr_blocks].kind = kind;
	grown[c->nr_blocks].name = provider_name_keep(name);
	if (grown[c->nr_blocks].name == NULL)
		return -ENOMEM;
	c->nr_blocks++;
	return 0;
}

/* FNV-1a over the first segment of a path. */
static unsigned
bucket_of(struct span path)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 1; i < path.len && path.p[i] != '/'; i++)
		hash = (hash ^ ascii_lower(path.p[i])) * 16777619u;
	return hash % SIGNATURE_BUCKETS;
}

/* Services hang in chains by their first segment, the others in one chain each. */
static int32_t *
chain_of(struct provider_catalogue *c, enum signature_kind kind, struct span text)
{
	if (kind == SIGNATURE_SERVICE)
		return &c->paths[bucket_of(text)];
	return kind == SIGNATURE_ENGINE ? &c->headers : &c->agents;
}

int
signature_add(struct provider_catalogue *c, struct span text, struct span value)
{
	struct signature *grown = reallocarray(c->signatures, c->nr_signatures + 1, sizeof(*grown));
	struct signature *s;
	int32_t *link;

	if (grown == NULL)
		return -ENOMEM;
	c->signatures = grown;
	s = &grown[c->nr_signatures];
	memset(s, 0, sizeof(*s));
	memcpy(s->text, text.p, text.len);
	s->len = (uint16_t)text.len;
	s->literal = (uint16_t)strcspn(s->text, "*");
	memcpy(s->value, value.p, value.len);
	s->block = c->nr_blocks - 1;
	s->next = -1;
	link = chain_of(c, c->blocks[s->block].kind, text);
	while (*link >= 0) /* at the end, so that the first in the file stays first */
		link = &grown[*link].next;
	*link = (int32_t)c->nr_signatures++;
	return 0;
}

static struct span
text_span(const char *text)
{
	return span_of(text, strlen(text));
}

static const char *
name_of(const struct provider_catalogue *c, const struct signature *s)
{
	return c->blocks[s->block].name;
}

const char *
signature_engine(const struct provider_catalogue *c, struct span name, struct span value)
{
	for (int32_t i = c == NULL ? -1 : c->headers; i >= 0; i = c->signatures[i].next) {
		const struct signature *s = &c->signatures[i];

		if (glob_matches_nocase(text_span(s->text), name) &&
		    glob_matches_nocase(text_span(s->value), value))
			return name_of(c, s);
	}
	return NULL;
}

/* From the back: all of the chain begin alike. What does not begin with a slash is not told. */
static bool
may_match_path(const struct signature *s, struct span path)
{
	if (path.p[0] != '/')
		return true;
	if (path.len < s->literal)
		return false;
	for (unsigned i = s->literal; i > 0; i--) {
		if (ascii_lower(path.p[i - 1]) != ascii_lower((uint8_t)s->text[i - 1]))
			return false;
	}
	return true;
}

const char *
signature_service(const struct provider_catalogue *c, struct span path)
{
	if (c == NULL || path.len == 0)
		return NULL;
	for (int32_t i = c->paths[bucket_of(path)]; i >= 0; i = c->signatures[i].next) {
		const struct signature *s = &c->signatures[i];

		if (may_match_path(s, path) && glob_matches_path(span_of(s->text, s->len), path))
			return name_of(c, s);
	}
	return NULL;
}

const char *
signature_client(const struct provider_catalogue *c, struct span agent)
{
	if (c == NULL || agent.len == 0)
		return NULL;
	for (int32_t i = c->agents; i >= 0; i = c->signatures[i].next) {
		if (glob_matches_nocase(text_span(c->signatures[i].text), agent))
			return name_of(c, &c->signatures[i]);
	}
	return NULL;
}
