/* From a finding to its record: what the publisher needs to count and to explain it. */
#include <string.h>

#include "classify/conn_env.h"
#include "classify/rules/rule_policy.h"

static void
put_terms(const struct finding *f, struct record *r)
{
	char text[48];

	for (unsigned i = 0; i < f->nr_terms; i++) {
		size_t len = strlen(f->terms[i].name);
		int points = f->terms[i].points;
		unsigned size = (unsigned)(points < 0 ? -points : points);
		char digits[4] = { (char)('0' + size / 100 % 10), (char)('0' + size / 10 % 10),
				   (char)('0' + size % 10), 0 };
		unsigned skip = size >= 100 ? 0 : size >= 10 ? 1 : 2;

		if (len > sizeof(text) - 8)
			len = sizeof(text) - 8;
		memcpy(text, f->terms[i].name, len);
		text[len++] = ':';
		text[len++] = points < 0 ? '-' : '+';
		memcpy(text + len, digits + skip, 3 - skip);
		record_put_text(r, RF_SCORE_TERMS, text, len + 3 - skip);
	}
}

static bool
is_suppressed(const struct conn_env *env, const struct conn *c, const struct rule *rule)
{
	const struct finding_place place = {
		.time_us = env->now_us,
		.addr = { c->info.addr[CONN_ORIG], c->info.addr[CONN_RESP] },
		.addr_len = c->info.addr_len,
		.host =
		    c->name_source == NAME_NONE ? span_of("", 0) : span_of(c->name, c->name_len),
	};

	return rule_suppressed(rule, &place);
}

static void
put_masked(struct conn_env *env, struct record *r, enum record_field field, const char *text)
{
	char masked[2 * TOKEN_IDENTITY_CAP];
	size_t len = strlen(text);

	if (len != 0)
		record_put_text(r, field, masked,
				conn_env_mask(env, (const uint8_t *)text, len, masked,
					      sizeof(masked)));
}

static void
put_claims(struct conn_env *env, const struct token_claims *c, struct record *r)
{
	if (!c->present)
		return;
	put_masked(env, r, RF_TOKEN_ALG, c->alg);
	put_masked(env, r, RF_TOKEN_ISSUER, c->issuer);
	if (c->expires != 0)
		record_put_uint(r, RF_TOKEN_EXPIRES, c->expires * 1000000);
	put_masked(env, r, RF_TOKEN_IDENTITY, c->identity);
}

bool
conn_is_signal(const struct finding *f)
{
	return strncmp(f->rule->data_type, "signal.", 7) == 0;
}

void
conn_finding(struct conn_env *env, struct conn *c, const struct finding *f,
	     struct conn_types *types)
{
	struct record *r;

	if (f->severity < env->config.min_severity)
		return;
	if (f->rule->nr_suppressions != 0 && is_suppressed(env, c, f->rule)) {
		env->counters.findings_suppressed++;
		return;
	}
	env->counters.findings++;
	for (struct conn *o = c; o != NULL; o = o->outer) {
		o->nr_findings++;
		/* A signal is no data: it stands in records of its own kind. */
		if (!conn_is_signal(f))
			conn_types_add(env, &o->types, f->rule->data_type);
	}
	if (types != NULL)
		conn_types_add(env, types, f->rule->data_type);

	r = conn_begin(env, c, RECORD_FINDING);
	if (r == NULL)
		return;
	record_put_string(r, RF_RULE_ID, f->rule->id);
	record_put_uint(r, RF_RULE_REV, f->rule->rev);
	record_put_string(r, RF_RULE_TITLE, f->rule->title);
	record_put_string(r, RF_DATA_TYPE, f->rule->data_type);
	record_put_string(r, RF_SEVERITY, severity_name(f->severity));
	record_put_uint(r, RF_SEVERITY_ID, (uint64_t)f->severity + 1);
	record_put_uint(r, RF_SCORE, f->score < 0 ? 0 : (uint64_t)f->score);
	put_terms(f, r);
	record_put_string(r, RF_CONFIDENCE, confidence_name(f->confidence));
	if (f->test_value)
		record_put_bool(r, RF_TEST_VALUE, true);
	record_put_string(r, RF_WHERE, buffer_name(f->buffer));
	record_put_text(r, RF_FIELD, c->field.p, c->field.len);
	record_put_string(r, RF_SAMPLE_MASKED, f->sample);
	put_claims(env, &f->claims, r);
	record_put_string(r, RF_PROTOCOL, protocol_name(c->protocol));
	if (c->name_source != NAME_NONE)
		record_put_text(r, RF_SERVER_NAME, c->name, c->name_len);
	if (c->ai_service != NULL ||
	    (f->buffer >= BUFFER_LLM_PROMPT && f->buffer <= BUFFER_LLM_TOOL_CALL))
		record_put_string(r, RF_DST_KIND, "ai");
	record_put_uint(r, RF_VALUE_HASH, f->value_hash);
	if (f->rule->threshold.least > 1) {
		record_put_uint(r, RF_THRESHOLD, f->rule->threshold.least);
		if (f->rule->threshold.values)
			record_put_bool(r, RF_THRESHOLD_VALUES, true);
	}
	conn_emit(env);
}
