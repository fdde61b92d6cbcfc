/* What records say of a connection, and the records that are made of it. */
#include <string.h>

#include "classify/conn_env.h"

static const char *const skip_names[NR_CONN_SKIPS] = {
#define CONN_SKIP_NAME(id, name) [CONN_SKIP_##id] = name,
	CONN_SKIPS(CONN_SKIP_NAME)
#undef CONN_SKIP_NAME
};

static size_t
put_decimal(char *out, uint64_t v)
{
	char digits[20];
	size_t n = 0, len;

	do
		digits[n++] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	len = n;
	while (n > 0)
		*out++ = digits[--n];
	return len;
}

void
conn_put_counted(struct record *r, enum record_field field, const char *name, uint64_t n)
{
	char text[48];
	size_t len = strlen(name);

	memcpy(text, name, len);
	text[len++] = ':';
	len += put_decimal(text + len, n);
	record_put_text(r, field, text, len);
}

static void
put_skip(unsigned why, uint64_t bytes, struct record *r)
{
	if (bytes != 0)
		conn_put_counted(r, RF_NOT_INSPECTED, skip_names[why], bytes);
}

static void
put_skips(const struct conn *c, struct record *r)
{
	if (c->over) {
		put_skip(c->skipped_why, c->skipped_bytes, r);
		return;
	}
	for (unsigned i = 0; i < NR_CONN_SKIPS; i++)
		put_skip(i, c->skipped[i], r);
}

void
conn_describe(const struct conn_env *env, const struct conn *c, struct record *r)
{
	static const char *const sources[] = {
		[NAME_NONE] = NULL,
		[NAME_SNI] = "sni",
		[NAME_SNI_OUTER] = "sni_outer",
		[NAME_HTTP_HOST] = "http_host",
	};

	record_put_string(r, RF_PROTOCOL, protocol_name(c->protocol));
	if (c->name_source != NAME_NONE) {
		record_put_text(r, RF_SERVER_NAME, c->name, c->name_len);
		record_put_string(r, RF_SERVER_NAME_SOURCE, sources[c->name_source]);
	}
	if (c->encrypted)
		record_put_bool(r, RF_ENCRYPTED, true);
	if (!c->over && c->state != NULL && c->proto->describe != NULL)
		c->proto->describe(env, c, c->state, r);
	record_put_uint(r, RF_INSPECTED_BYTES, c->inspected_bytes);
	put_skips(c, r);
	conn_types_put(env, &c->types, RF_DATA_TYPES, r);
	if (c->nr_findings != 0)
		record_put_uint(r, RF_FINDINGS, c->nr_findings);
	record_put_string(r, RF_AI_SERVICE, c->ai_service);
}

void
conn_next_part(struct conn *c)
{
	c->inspected_bytes = 0;
	c->types = (struct conn_types) { 0 };
	c->nr_findings = 0;
	c->skipped_bytes = 0;
	if (c->over)
		return;
	memset(c->skipped, 0, sizeof(c->skipped));
	if (c->state != NULL && c->proto->next_part != NULL)
		c->proto->next_part(c->state);
}

struct record *
conn_begin(struct conn_env *env, struct conn *c, enum record_type type)
{
	const struct conn_output *out = &env->config.output;
	struct record *r =
	    out->begin(out->arg, c->info.flow, type, conn_outermost(c)->nr_records[type]++);

	if (r != NULL && type == RECORD_LLM && !c->encrypted && conn_is_decrypted(c)) {
		record_put_bool(r, RF_ENCRYPTED, true);
		record_put_bool(r, RF_DECRYPTED, true);
	}
	return r;
}

void
conn_emit(struct conn_env *env)
{
	env->config.output.emit(env->config.output.arg);
}

/* Names outlive the rule set they came from: they are kept by the environment, once each. */
static uint16_t
type_id(struct conn_env *env, const char *name)
{
	uint32_t i;

	for (i = 0; i < env->nr_types; i++) {
		if (strcmp(env->types[i], name) == 0)
			return (uint16_t)i;
	}
	if (i == CONN_TYPES_KNOWN)
		return CONN_TYPES_KNOWN - 1;
	strncpy(env->types[i], name, CONN_TYPE_NAME - 1);
	env->nr_types++;
	return (uint16_t)i;
}

bool
conn_types_add(struct conn_env *env, struct conn_types *set, const char *data_type)
{
	uint16_t id = type_id(env, data_type);

	for (unsigned i = 0; i < set->nr; i++) {
		if (set->id[i] == id)
			return false;
	}
	if (set->nr == CONN_MAX_TYPES)
		return false;
	set->id[set->nr++] = id;
	return true;
}

void
conn_types_put(const struct conn_env *env, const struct conn_types *set, enum record_field field,
	       struct record *r)
{
	for (unsigned i = 0; i < set->nr; i++)
		record_put_string(r, field, env->types[set->id[i]]);
}
