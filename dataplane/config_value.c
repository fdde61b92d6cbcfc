#include "dataplane/config_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/publish/schema.h"

#define ROW_UINT(member, id, def, low, high, of, text) \
	{ .name = (id),                                \
	  .kind = SETTING_UINT,                        \
	  .offset = offsetof(struct config, member),   \
	  .number = (def),                             \
	  .min = (low),                                \
	  .max = (high),                               \
	  .unit = (of),                                \
	  .meaning = (text) },
#define ROW_BOOL(member, id, def, text)              \
	{ .name = (id),                              \
	  .kind = SETTING_BOOL,                      \
	  .offset = offsetof(struct config, member), \
	  .number = (def),                           \
	  .meaning = (text) },
#define ROW_WORDS(member, id, type, def, any, words) \
	{ .name = (id),                              \
	  .kind = (type),                            \
	  .offset = offsetof(struct config, member), \
	  .text = (def),                             \
	  .choices = (any),                          \
	  .meaning = (words) },
#define ROW_ENUM(member, id, def, any, words) ROW_WORDS(member, id, SETTING_ENUM, def, any, words)
#define ROW_TEXT(member, id, def, any, words) ROW_WORDS(member, id, SETTING_TEXT, def, any, words)
#define ROW_TEXTS(member, id, def, words)     ROW_WORDS(member, id, SETTING_TEXTS, def, "", words)

static const struct setting settings[] = { CONFIG_SETTINGS(ROW_UINT, ROW_BOOL, ROW_ENUM, ROW_TEXT,
							   ROW_TEXTS) };

#define NR_SETTINGS (sizeof(settings) / sizeof(settings[0]))

static void *
member(struct config *c, const struct setting *s)
{
	return (char *)c + s->offset;
}

const struct setting *
setting_find(const char *name)
{
	for (size_t i = 0; i < NR_SETTINGS; i++) {
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	}
	return NULL;
}

#define NEAR_MAX 64

/* Levenshtein's distance, two rows of it. Both at most NEAR_MAX long. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[NEAR_MAX + 1];
	size_t len = strlen(b);

	for (unsigned j = 0; j <= len; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1] != '\0'; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= len; j++) {
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[len];
}

const struct setting *
setting_near(const char *name)
{
	const struct setting *near = NULL;
	unsigned least = 4;

	if (strlen(name) > NEAR_MAX)
		return NULL;
	for (size_t i = 0; i < NR_SETTINGS; i++) {
		unsigned d = distance(name, settings[i].name);

		if (d < least) {
			least = d;
			near = &settings[i];
		}
	}
	return near;
}

bool
setting_is_group(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < NR_SETTINGS; i++) {
		if (strncmp(settings[i].name, name, len) == 0 && settings[i].name[len] == '.')
			return true;
	}
	return false;
}

/* "a|b|c" as "a, b or c". */
static void
spell_choices(const char *choices, char *out, size_t cap)
{
	size_t len = 0;

	for (const char *p = choices; *p != '\0' && len + 8 < cap; p++) {
		const char *between = strchr(p + 1, '|') != NULL ? ", " : " or ";

		if (*p != '|') {
			out[len++] = *p;
			continue;
		}
		memcpy(out + len, between, strlen(between));
		len += strlen(between);
	}
	out[len] = '\0';
}

void
setting_expected(const struct setting *s, char expected[EXPECTED_BYTES])
{
	char words[EXPECTED_BYTES - 16];

	switch (s->kind) {
	case SETTING_UINT:
		snprintf(expected, EXPECTED_BYTES,
			 "must be a whole number %" PRIu64 "..%" PRIu64 "%s%s", s->min, s->max,
			 s->unit[0] != '\0' ? " " : "", s->unit);
		break;
	case SETTING_BOOL:
		snprintf(expected, EXPECTED_BYTES, "must be true or false");
		break;
	case SETTING_TEXTS:
		snprintf(expected, EXPECTED_BYTES, "must be a list of texts: [ \"a\", \"b\" ]");
		break;
	case SETTING_ENUM:
	case SETTING_TEXT:
		spell_choices(s->choices, words, sizeof(words));
		snprintf(expected, EXPECTED_BYTES, "must be %s",
			 words[0] != '\0' ? words : "a text in double quotes");
		break;
	}
}

static int
unexpected(const struct setting *s, char *expected)
{
	setting_expected(s, expected);
	return -EINVAL;
}

int
setting_put_number(struct config *c, const struct setting *s, int64_t v, char *expected)
{
	if (s->kind != SETTING_UINT || v < 0 || (uint64_t)v < s->min || (uint64_t)v > s->max)
		return unexpected(s, expected);
	*(uint64_t *)member(c, s) = (uint64_t)v;
	return 0;
}

int
setting_put_bool(struct config *c, const struct setting *s, bool v, char *expected)
{
	if (s->kind != SETTING_BOOL)
		return unexpected(s, expected);
	*(bool *)member(c, s) = v;
	return 0;
}

/* The index of text among "a|b|c", or -1. */
static int
choice_of(const char *choices, const char *text)
{
	size_t len = strlen(text);
	int i = 0;

	for (const char *p = choices; p != NULL; i++) {
		const char *bar = strchr(p, '|');
		size_t here = bar != NULL ? (size_t)(bar - p) : strlen(p);

		if (here == len && memcmp(p, text, len) == 0)
			return i;
		p = bar != NULL ? bar + 1 : NULL;
	}
	return -1;
}

int
setting_put_text(struct config *c, const struct setting *s, const char *v, char *expected)
{
	char **text = member(c, s);
	int choice;
	char *copy;

	if (s->kind != SETTING_ENUM && s->kind != SETTING_TEXT)
		return unexpected(s, expected);
	choice = choice_of(s->choices, v);
	if (s->choices[0] != '\0' && choice < 0)
		return unexpected(s, expected);
	if (s->kind == SETTING_ENUM) {
		*(unsigned *)member(c, s) = (unsigned)choice;
		return 0;
	}
	copy = strdup(v);
	if (copy == NULL) {
		snprintf(expected, EXPECTED_BYTES, "out of memory");
		return -ENOMEM;
	}
	free(*text);
	*text = copy;
	return 0;
}

static void
free_texts(struct config_texts *t)
{
	for (unsigned i = 0; i < t->nr; i++)
		free(t->text[i]);
	free(t->text);
	*t = (struct config_texts) { 0 };
}

void
setting_clear_texts(struct config *c, const struct setting *s)
{
	free_texts(member(c, s));
}

int
setting_add_text(struct config *c, const struct setting *s, const char *v, char *expected)
{
	struct config_texts *t = member(c, s);
	char **grown;

	if (s->kind != SETTING_TEXTS)
		return unexpected(s, expected);
	if (t->nr == CONFIG_MAX_TEXTS) {
		snprintf(expected, EXPECTED_BYTES, "must be at most %d texts", CONFIG_MAX_TEXTS);
		return -EINVAL;
	}
	grown = realloc(t->text, (t->nr + 1) * sizeof(char *));
	if (grown != NULL) {
		t->text = grown;
		grown[t->nr] = strdup(v);
	}
	if (grown == NULL || grown[t->nr] == NULL) {
		snprintf(expected, EXPECTED_BYTES, "out of memory");
		return -ENOMEM;
	}
	t->nr++;
	return 0;
}

static void
expect_type(const char *text, char *expected)
{
	size_t at = (size_t)snprintf(expected, EXPECTED_BYTES,
				     "\"%.40s\" is no record type: must be all, none", text);

	for (unsigned type = 0; type < NR_RECORD_TYPES && at < EXPECTED_BYTES; type++)
		at += (size_t)snprintf(expected + at, EXPECTED_BYTES - at, "%s%s",
				       type + 1 < NR_RECORD_TYPES ? ", " : " or ",
				       record_type_names[type]);
}

/* all, none, or the names of types. */
static int
derive_types(struct config *c, char *expected)
{
	const struct config_texts *t = &c->records_types;
	uint32_t types = 0;

	for (unsigned i = 0; i < t->nr; i++) {
		unsigned type = schema_type_of(t->text[i]);

		if (strcmp(t->text[i], "all") == 0) {
			types |= (1u << NR_RECORD_TYPES) - 1;
		} else if (strcmp(t->text[i], "none") == 0) {
			continue;
		} else if (type != NR_RECORD_TYPES) {
			types |= 1u << type;
		} else {
			expect_type(t->text[i], expected);
			return -EINVAL;
		}
	}
	c->record_types = types;
	return 0;
}

static int
derive_networks(struct config *c, char *expected)
{
	const struct config_texts *t = &c->networks_internal;
	struct networks networks = { .nr = 0 };

	for (unsigned i = 0; i < t->nr; i++) {
		if (networks_add(&networks, t->text[i]) != 0) {
			snprintf(expected, EXPECTED_BYTES,
				 "\"%.60s\" is no prefix: must be like 10.0.0.0/8 or fd00::/8",
				 t->text[i]);
			return -EINVAL;
		}
	}
	if (t->nr == 0)
		networks_set_defaults(&networks);
	c->networks = networks;
	return 0;
}

static int
add_domains(struct domains *d, enum domains_kind kind, const struct config_texts *t, char *expected)
{
	int e = 0;

	for (unsigned i = 0; e == 0 && i < t->nr; i++)
		e = domains_add(d, kind, t->text[i], expected, EXPECTED_BYTES);
	return e;
}

static int
derive_domains(struct config *c, char *expected)
{
	int e;

	domains_destroy(c->domains);
	c->domains = NULL;
	if (c->domains_vlans.nr + c->domains_vnis.nr == 0)
		return 0;
	e = domains_create(&c->domains);
	if (e != 0) {
		snprintf(expected, EXPECTED_BYTES, "out of memory");
		return e;
	}
	e = add_domains(c->domains, DOMAINS_VLAN, &c->domains_vlans, expected);
	return e == 0 ? add_domains(c->domains, DOMAINS_VNI, &c->domains_vnis, expected) : e;
}

int
setting_texts_done(struct config *c, const struct setting *s, char *expected)
{
	if (s->offset == offsetof(struct config, records_types))
		return derive_types(c, expected);
	if (s->offset == offsetof(struct config, networks_internal))
		return derive_networks(c, expected);
	if (s->offset == offsetof(struct config, domains_vlans) ||
	    s->offset == offsetof(struct config, domains_vnis))
		return derive_domains(c, expected);
	return 0;
}

int
setting_put_property(struct config *c, const char *name, const char *value)
{
	struct config_property *grown;
	char *copy = strdup(value);

	if (copy == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < c->nr_kafka_properties; i++) {
		if (strcmp(c->kafka_properties[i].name, name) == 0) {
			free(c->kafka_properties[i].value);
			c->kafka_properties[i].value = copy;
			return 0;
		}
	}
	grown = realloc(c->kafka_properties, (c->nr_kafka_properties + 1) * sizeof(*grown));
	if (grown != NULL) {
		c->kafka_properties = grown;
		grown += c->nr_kafka_properties;
		grown->name = strdup(name);
		grown->value = copy;
	}
	if (grown == NULL || grown->name == NULL) {
		free(copy);
		return -ENOMEM;
	}
	c->nr_kafka_properties++;
	return 0;
}

static int
put_default(struct config *c, const struct setting *s)
{
	char expected[EXPECTED_BYTES];
	int r = 0;

	switch (s->kind) {
	case SETTING_UINT:
		return setting_put_number(c, s, (int64_t)s->number, expected);
	case SETTING_BOOL:
		return setting_put_bool(c, s, s->number != 0, expected);
	case SETTING_ENUM:
	case SETTING_TEXT:
		return setting_put_text(c, s, s->text, expected);
	case SETTING_TEXTS:
		if (s->text[0] != '\0')
			r = setting_add_text(c, s, s->text, expected);
		return r == 0 ? setting_texts_done(c, s, expected) : r;
	}
	return r;
}

int
config_defaults(struct config *c)
{
	char host[256] = "";
	char expected[EXPECTED_BYTES];
	int r = 0;

	memset(c, 0, sizeof(*c));
	for (size_t i = 0; r == 0 && i < NR_SETTINGS; i++)
		r = put_default(c, &settings[i]);
	if (r == 0 && (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0'))
		memcpy(host, "weir", 5);
	if (r == 0)
		r = setting_put_text(c, setting_find("sensor"), host, expected);
	if (r != 0)
		config_free(c);
	return r;
}

void
config_free(struct config *c)
{
	for (size_t i = 0; i < NR_SETTINGS; i++) {
		if (settings[i].kind == SETTING_TEXT)
			free(*(char **)member(c, &settings[i]));
		else if (settings[i].kind == SETTING_TEXTS)
			free_texts(member(c, &settings[i]));
	}
	for (unsigned i = 0; i < c->nr_ports; i++) {
		free(c->ports[i].device);
		free(c->ports[i].tap);
		free(c->ports[i].filter);
	}
	for (unsigned i = 0; i < c->nr_kafka_properties; i++) {
		free(c->kafka_properties[i].name);
		free(c->kafka_properties[i].value);
	}
	free(c->kafka_properties);
	domains_destroy(c->domains);
	memset(c, 0, sizeof(*c));
}
