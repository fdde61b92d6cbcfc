/*
 * What was found in a message, and where that is.
 *
 * A text of a body may be a prompt or may not: path and body look like a model call, and only the
 * answer tells. Then what is found in it waits, FINDINGS_HELD of an exchange at most, until the
 * answer shows itself or the exchange is over. If it was no call, it was found in a body of its
 * type, and a rule that is for prompts has found nothing. Without room nothing waits: it is told
 * as found in what it looked like.
 *
 * Findings point into the rules, so those that wait are told before these change.
 */
#include <string.h>

#include "classify/exchange_state.h"
#include "classify/rules/rule.h"

enum { FINDINGS_HELD = 16 };

/* In the list of its exchange, oldest first, and in the environment's. */
struct held_finding {
	struct held_finding *next; /* of the exchange */
	struct held_finding *before, *behind;
	struct message *m;
	struct finding f;
};

const size_t held_finding_bytes = sizeof(struct held_finding);

/* A value counts once per message, also when it is met raw and again in the joined text. */
static bool
seen_before(struct message *m, const struct finding *f)
{
	for (unsigned i = 0; i < m->nr_seen; i++) {
		if (m->seen[i].rule == f->rule && m->seen[i].value == f->value_hash)
			return true;
	}
	if (m->nr_seen < MAX_SEEN) {
		m->seen[m->nr_seen].rule = f->rule;
		m->seen[m->nr_seen++].value = f->value_hash;
	}
	return false;
}

/*
 * A signal in itself says little: it is in the record of the call. What comes from elsewhere, or
 * acts, is a finding as well, of low severity; what a user says is none.
 */
static void
note_signal(struct message *m, const struct finding *f)
{
	struct finding weighed = *f;
	bool heavy = f->buffer == BUFFER_LLM_PROMPT_TOOL_RESULT ||
		     f->buffer == BUFFER_LLM_TOOL_CALL || f->buffer == BUFFER_MCP_RESULT ||
		     f->buffer == BUFFER_MCP_ARGUMENTS;
	int points = (heavy ? SCORE_LOW + 10 : SCORE_LOW - 5) - f->score;

	conn_types_add(m->x->env, &m->signals, f->rule->id);
	if (points > 0 || weighed.nr_terms == FINDING_MAX_TERMS)
		points = 0;
	else
		weighed.terms[weighed.nr_terms++] = (struct score_term) { "place", points };
	weighed.score += points;
	weighed.severity = heavy ? SEVERITY_LOW : SEVERITY_INFO;
	weighed.confidence = CONFIDENCE_LOW;
	if (heavy && !seen_before(m, f))
		conn_finding(m->x->env, m->x->c, &weighed, NULL);
}

/* By which a request is let in, and no part of what it says. */
static bool
is_credential(const struct message *m, const struct finding *f)
{
	return m->dir == CONN_ORIG &&
	       (f->buffer == BUFFER_HTTP_HEADER || f->buffer == BUFFER_HTTP_QUERY) &&
	       strncmp(f->rule->data_type, "secret.", 7) == 0;
}

static bool
has_type(const struct conn_env *env, const struct conn_types *set, const char *data_type)
{
	for (unsigned i = 0; i < set->nr; i++) {
		if (strcmp(env->types[set->id[i]], data_type) == 0)
			return true;
	}
	return false;
}

static void
tell(struct message *m, const struct finding *f)
{
	struct conn_env *env = m->x->env;

	if (conn_is_signal(f)) {
		note_signal(m, f);
		return;
	}
	if (m->x->mcp != NULL && f->severity >= env->config.min_severity)
		conn_types_add(env, &m->fresh, f->rule->data_type);
	if (!seen_before(m, f))
		conn_finding(env, m->x->c, f, is_credential(m, f) ? &m->credentials : &m->types);
	else if (!is_credential(m, f) && has_type(env, &m->credentials, f->rule->data_type))
		conn_types_add(env, &m->types, f->rule->data_type);
}

/* False without room. */
static bool
hold(struct message *m, const struct finding *f)
{
	struct exchange *x = m->x;
	struct conn_env *env = x->env;
	struct held_finding *h = NULL;

	if (x->nr_held < FINDINGS_HELD)
		h = slab_take(&env->findings_held);
	if (h == NULL) {
		env->counters.findings_not_held++;
		return false;
	}
	h->m = m;
	h->f = *f;
	h->next = NULL;
	h->before = NULL;
	h->behind = env->newest_held;
	if (h->behind != NULL)
		h->behind->before = h;
	env->newest_held = h;
	if (x->held_first == NULL)
		x->held_first = h;
	else
		x->held_last->next = h;
	x->held_last = h;
	x->nr_held++;
	return true;
}

static void
let_go(struct conn_env *env, struct held_finding *h)
{
	if (h->before != NULL)
		h->before->behind = h->behind;
	else
		env->newest_held = h->behind;
	if (h->behind != NULL)
		h->behind->before = h->before;
	slab_give(&env->findings_held, h);
}

static bool
is_of_model(const struct finding *f)
{
	return f->buffer >= BUFFER_LLM_PROMPT && f->buffer <= BUFFER_LLM_TOOL_CALL;
}

void
exchange_found(void *arg, const struct finding *f)
{
	struct message *m = arg;

	if (is_of_model(f) && m->x->llm != NULL && !llm_is_certain(m->x->llm) && hold(m, f))
		return;
	tell(m, f);
}

void
exchange_settle_findings(struct exchange *x, bool is_call)
{
	struct held_finding *h = x->held_first;

	x->held_first = x->held_last = NULL;
	x->nr_held = 0;
	while (h != NULL) {
		struct held_finding *next = h->next;

		if (!is_call)
			h->f.buffer = h->m->type_buffer;
		if (is_call ||
		    ((h->f.rule->buffers & 1u << h->f.buffer) != 0 && !conn_is_signal(&h->f)))
			tell(h->m, &h->f);
		let_go(x->env, h);
		h = next;
	}
}

void
exchange_settle_all(struct conn_env *env)
{
	while (env->newest_held != NULL) {
		struct exchange *x = env->newest_held->m->x;

		exchange_settle_findings(x, x->llm != NULL && llm_is_likely(x->llm));
	}
}
