/* The judgement of one candidate, in the order in which it becomes more expensive. */
#include "classify/rules/confirm.h"

#include "classify/detect/columns.h"
#include "classify/detect/counted.h"
#include "classify/glob.h"

static const char *const severity_names[] = { "info", "low", "medium", "high", "critical" };
static const char *const confidence_names[] = { "low", "medium", "high" };

const char *
severity_name(enum severity severity)
{
	return severity_names[severity];
}

const char *
confidence_name(enum confidence confidence)
{
	return confidence_names[confidence];
}

/* ------------------------------------------------------------------ boundaries */

static uint8_t
byte_at(const struct value *v, size_t at)
{
	return at < v->len ? v->window[at] : 0;
}

static bool
bounded_left(const struct value *v, bool number)
{
	if (v->start == 0)
		return true;

	uint8_t c = v->window[v->start - 1], before = v->start >= 2 ? v->window[v->start - 2] : 0;

	if (is_alnum(c))
		return value_escape_before(v, v->start);
	if (c == '_')
		return false;
	if (number && (c == '.' || c == '-'))
		return c == '.' ? is_alpha(before) : !is_alnum(before);
	return true;
}

/* Of a telephone number, behind an x: 555-328-0143x12. */
static bool
is_extension(const struct value *v)
{
	enum { LONGEST = 6, LEAST = 7 /* characters in front of one */ };
	size_t at = v->end + 1;

	while (is_digit(byte_at(v, at)) && at - v->end <= LONGEST)
		at++;
	return (byte_at(v, v->end) | 0x20) == 'x' && at > v->end + 1 &&
	       v->end - v->start >= LEAST && !is_alnum(byte_at(v, at)) && byte_at(v, at) != '_';
}

static bool
bounded_right(const struct value *v, bool number)
{
	uint8_t c = byte_at(v, v->end), after = byte_at(v, v->end + 1);

	if (is_alnum(c) || c == '_')
		return number && is_extension(v);
	if (number && (c == '.' || c == '-'))
		return c == '.' ? !is_digit(after) : !is_alnum(after);
	return true;
}

static bool
is_bounded(const struct value *v, bool number)
{
	return (bounded_left(v, number) && bounded_right(v, number)) || counted_is(v);
}

bool
confirm_left_edge(const struct value *v)
{
	return bounded_left(v, true) || counted_may_be(v);
}

bool
confirm_number_edges(const struct value *v)
{
	return is_bounded(v, true);
}

bool
confirm_shape(const struct rule *rule, const struct rule_pattern *pattern, struct value *v,
	      int *points)
{
	bool number = pattern->kind == PATTERN_DIGITS;
	int n = 0;

	if (rule->validator != NULL) {
		n = rule->validator->check(v);
		if (n == 0)
			return false;
	} else if (number) {
		v->norm_len = value_digits(value_span(v), v->norm, VALUE_NORM_CAP);
	}
	if ((rule->bounded || number || pattern->kind == PATTERN_IBAN) && !is_bounded(v, number))
		return false;
	if (points != NULL)
		*points = n;
	return true;
}

/* ------------------------------------------------------------------ score */

#define POINTS_SURE 40 /* of a validator: as much as a word of the context says, and more */

static bool
is_test_value(const struct rule *rule, const struct value *v)
{
	for (unsigned i = 0; i < rule->nr_tests; i++) {
		if (glob_matches(rule->tests[i], span_of(v->norm, v->norm_len)))
			return true;
	}
	return v->test;
}

static void
add_term(struct finding *f, const char *name, int points)
{
	if (points == 0 || f->nr_terms == FINDING_MAX_TERMS)
		return;
	f->terms[f->nr_terms++] = (struct score_term) { name, points };
	f->score += points;
}

static void
grade(struct finding *f)
{
	enum severity top = f->score >= SCORE_AS_RULED ? SEVERITY_CRITICAL
			    : f->score >= SCORE_MEDIUM ? SEVERITY_MEDIUM
						       : SEVERITY_LOW;

	f->severity = f->rule->severity < top ? f->rule->severity : top;
	f->confidence = f->score >= SCORE_AS_RULED ? CONFIDENCE_HIGH
			: f->score >= SCORE_MEDIUM ? CONFIDENCE_MEDIUM
						   : CONFIDENCE_LOW;
}

/*
 * Whose keys count. A rule that is nothing without a word, or says so, takes none from the key of
 * another member: that says what the other is. Others do: of a card, its expiry date says much; but
 * not, for a number, where the other member is no such thing ("expiry":1767761041,
 * "gift_card":false). From them the key of another member does not take that back.
 */
static unsigned
context_words(const struct rule *rule, const struct rule_pattern *pattern)
{
	if (rule->weak || rule->context.own)
		return WORDS_OF_MEMBER;
	return pattern->kind == PATTERN_DIGITS ? WORDS_THAT_SAY : 0;
}

static unsigned
veto_words(const struct rule *rule, bool context)
{
	return rule->weak || !context ? WORDS_OF_TEXT : WORDS_OF_TEXT | WORDS_OF_MEMBER;
}

/*
 * False when a veto word is nearer than any word of the context, or context is needed and absent.
 * What is written as only such a value is (a card number in its groups) no veto word takes back.
 */
static bool
weigh_words(const struct rule *rule, const struct rule_pattern *pattern, const struct value *v,
	    bool headed, int points, struct finding *f)
{
	unsigned context = words_near(v->near, &rule->context.list, &rule->veto.list, v,
				      rule->context.within, context_words(rule, pattern));
	bool column =
	    context == 0 && column_holds(v) && (headed || words_head(&rule->context.list, v));

	if (context == 0 && !column && (rule->weak || rule->context.needed)) {
		f->refused = CONFIRM_NO_CONTEXT;
		return false;
	}

	unsigned veto = words_near(v->near, &rule->veto.list, NULL, v, rule->veto.within,
				   veto_words(rule, context != 0));

	if (veto != 0 && !column && (context == 0 || veto <= context) &&
	    (rule->weak || points < POINTS_SURE)) {
		f->refused = CONFIRM_VETOED;
		return false;
	}
	if (context != 0)
		add_term(f, "context", rule->context.points);
	else if (column)
		add_term(f, "column", rule->context.points);
	return true;
}

bool
confirm_finding(const struct rule *rule, const struct rule_pattern *pattern, struct value *v,
		bool headed, struct finding *f)
{
	int points = 0;

	f->claims.present = false;
	v->claims = &f->claims;
	if (!confirm_shape(rule, pattern, v, &points))
		return false;
	f->rule = rule;
	f->score = 0;
	f->nr_terms = 0;
	if (rule->weak)
		add_term(f, "weak", 10);
	else if (pattern->kind == PATTERN_REGEX || pattern->kind == PATTERN_LITERAL)
		add_term(f, "pattern", 60);
	else
		add_term(f, "shape", 20);
	if (rule->validator != NULL)
		add_term(f, rule->validator->name, points);
	if (!weigh_words(rule, pattern, v, headed, points, f) || f->score < SCORE_LOW)
		return false;
	f->test_value = is_test_value(rule, v);
	grade(f);
	return true;
}

enum confirm_verdict
confirm_verdict(const struct rule *rule, const struct rule_pattern *pattern, struct value *v,
		bool headed, struct finding *f)
{
	struct value again = *v;

	f->refused = CONFIRM_LOW_SCORE;
	if (rule->validator != NULL && rule->validator->check(&again) == 0)
		return CONFIRM_NOT_VALID;
	again = *v;
	if (!confirm_shape(rule, pattern, &again, NULL))
		return CONFIRM_NOT_BOUNDED;
	if (confirm_finding(rule, pattern, v, headed, f))
		return CONFIRM_IS_FINDING;
	return (enum confirm_verdict)f->refused;
}
