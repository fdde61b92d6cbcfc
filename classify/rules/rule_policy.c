/* Lists, includes, overrides and suppressions: read, then settled once all files are there. */
#include "classify/rules/rule_policy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "classify/detect/value.h"
#include "classify/glob.h"
#include "classify/rules/rule_read.h"

enum { OWNER_MAX = 127, PATH_CAP = 4096, HOST_MAX = 255, ADDRESS_CAP = 64 };

/* ------------------------------------------------------------------ shared statements */

bool
rule_read_severity(struct parser *p, enum severity *out)
{
	static const char *const names[] = { "info", "low", "medium", "high", "critical", NULL };
	int i = parser_choice(p, names);

	if (i < 0)
		return parser_fail_near(p, parser_token(p)->text,
					"expected a severity: info low medium high critical",
					rule_name_of_array, names);
	*out = (enum severity)i;
	rule_lex_next(&p->lex);
	return true;
}

bool
rule_read_enable(struct parser *p, bool *out)
{
	*out = parser_is_word(p, "yes");
	return parser_take_word(p, "yes") || parser_take_word(p, "no") ||
	       parser_fail(p, "expected yes or no");
}

bool
rule_read_threshold(struct parser *p, struct rule_threshold *out)
{
	if (!parser_take_number(p, 1, THRESHOLD_MAX, &out->least, "expected how many, 1 to 1000"))
		return false;
	out->values = parser_is_word(p, "values");
	return parser_take_word(p, "values") || parser_take_word(p, "times") ||
	       parser_fail(p, "expected 'values' (distinct ones) or 'times'");
}

/* ------------------------------------------------------------------ lists */

bool
rule_is_reference(const struct parser *p)
{
	const struct token *t = parser_token(p);

	return t->kind == TOKEN_WORD && t->text.len > 1 && t->text.p[0] == '@';
}

static struct rule_named_list *
find_list(const struct rule_list *list, struct span name)
{
	struct rule_named_list *l = list->lists;

	while (l != NULL && !span_is(name, l->name))
		l = l->next;
	return l;
}

static const char *
list_name(const void *names, size_t i)
{
	const struct rule_named_list *l = names;

	while (l != NULL && i-- > 0)
		l = l->next;
	return l == NULL ? NULL : l->name;
}

const struct rule_named_list *
rule_read_reference(struct parser *p)
{
	struct span text = parser_token(p)->text, name = span_of(text.p + 1, text.len - 1);
	struct rule_named_list *l = find_list(p->list, name);

	if (l == NULL)
		parser_fail_near(p, name, "expected the name of a list that was read before",
				 list_name, p->list->lists);
	return l;
}

static bool
add_to_list(struct parser *p, void *to, struct span word)
{
	struct rule_named_list *l = to;

	if (l->nr == RULE_LIST_MAX)
		return parser_fail(p, "expected at most 1024 words in a list");
	word.p = (const uint8_t *)rule_text_copy(&p->list->memory, word.p, word.len);
	if (word.p == NULL)
		return parser_fail(p, "expected more memory");
	l->words[l->nr++] = word;
	return true;
}

void
rule_read_list(struct parser *p)
{
	struct rule_named_list *l = rule_text_take(&p->list->memory, sizeof(*l));
	struct span name = parser_token(p)->text;
	bool taken = find_list(p->list, name) != NULL;

	if (l == NULL || taken) {
		parser_fail(p, taken ? "expected a name that no other list has"
				     : "expected more memory");
		parser_skip_statement(p, 0);
		return;
	}
	if (!parser_take_name(p, &l->name, "expected a name: lower case, digits, '_', '.', '-'")) {
		parser_skip_statement(p, 0);
		return;
	}
	if (!parser_read_list(p, add_to_list, l))
		parser_skip_statement(p, 0);
	/* One with an error is there as well: whoever names it has made no mistake. */
	l->next = p->list->lists;
	p->list->lists = l;
}

/* ------------------------------------------------------------------ includes */

/* Nothing above the folder: a rule file from elsewhere must not show lines of other files. */
static bool
is_below(const char *path)
{
	for (const char *at = path; at != NULL; at = strchr(at, '/')) {
		at += *at == '/';
		if (*at == '/' || *at == '\0' || strncmp(at, "../", 3) == 0 ||
		    strcmp(at, "..") == 0)
			return false;
	}
	return path[0] != '/';
}

/* What keeps the named file from being looked for; NULL: nothing. */
static const char *
refuses_include(const struct parser *p, const char *name)
{
	if (p->list->include == NULL)
		return "expected a text without includes";
	if (!is_below(name))
		return "expected a path below the folder of this file, without '..' or '/' in "
		       "front";
	if (p->list->depth == RULE_INCLUDES_MAX)
		return "expected at most 8 includes inside each other";
	return NULL;
}

/* How many errors there were in it, or a negative errno. */
static int
include_file(struct parser *p, const char *name)
{
	const char *slash = strrchr(p->lex.file, '/');
	char path[PATH_CAP];
	int r,
	    len = snprintf(path, sizeof(path), "%.*s%s",
			   slash == NULL ? 0 : (int)(slash - p->lex.file) + 1, p->lex.file, name);

	if (len >= PATH_CAP)
		return -ENAMETOOLONG;
	p->list->depth++;
	r = p->list->include(p->list->include_arg, p->list, path, p->lex.errors);
	p->list->depth--;
	return r;
}

void
rule_read_include(struct parser *p)
{
	const struct token at = *parser_token(p);
	const char *name = NULL, *why;
	char cause[120];
	int r = 0;

	if (!parser_take_text(p, HOST_MAX, &name, "expected a file's name in quotes")) {
		parser_skip_statement(p, 0);
		return;
	}
	why = refuses_include(p, name);
	if (why == NULL)
		r = include_file(p, name);
	if (r < 0) {
		snprintf(cause, sizeof(cause), "expected a file that can be read: %s",
			 r == -EINVAL ? "not a regular file" : strerror(-r));
		why = cause;
	}
	if (r > 0)
		p->lex.nr_errors += (unsigned)r;
	if (why != NULL) {
		p->lex.nr_errors++;
		rule_complain(p->lex.errors, p->lex.file, at.line, rule_lex_column(&at),
			      rule_lex_line(&p->lex, &at), why);
	}
}

/* ------------------------------------------------------------------ overrides */

/* An id, or a glob over ids. */
static bool
take_rules(struct parser *p, struct span *out)
{
	struct span s = parser_token(p)->text;
	bool good = parser_token(p)->kind == TOKEN_WORD && s.len <= RULE_ID_MAX;

	for (size_t i = 0; good && i < s.len; i++)
		good = is_alnum(s.p[i]) || memchr("_.-*", s.p[i], 4) != NULL;
	if (!good)
		return parser_fail(p, "expected a rule's id; * stands for anything");
	s.p = (const uint8_t *)rule_text_copy(&p->list->memory, s.p, s.len);
	if (s.p == NULL)
		return parser_fail(p, "expected more memory");
	*out = s;
	rule_lex_next(&p->lex);
	return true;
}

static bool
override_enable(struct parser *p)
{
	p->override->has_enabled = true;
	return rule_read_enable(p, &p->override->enabled);
}

static bool
override_severity(struct parser *p)
{
	p->override->has_severity = true;
	return rule_read_severity(p, &p->override->severity);
}

static bool
override_threshold(struct parser *p)
{
	p->override->has_threshold = true;
	return rule_read_threshold(p, &p->override->threshold);
}

void
rule_read_override(struct parser *p)
{
	static const struct statement statements[] = {
		{ "enable", override_enable, false },
		{ "severity", override_severity, false },
		{ "threshold", override_threshold, false },
	};
	struct rule_list *list = p->list;
	struct rule_override *o = rule_text_take(&list->memory, sizeof(*o));
	unsigned before;

	if (o == NULL) {
		parser_fail(p, "expected more memory");
		parser_skip_statement(p, 0);
		return;
	}
	p->override = o;
	o->file = p->lex.file;
	o->line = parser_token(p)->line;
	o->column = rule_lex_column(parser_token(p));
	o->line_text = rule_lex_line(&p->lex, parser_token(p));
	if (!take_rules(p, &o->rules)) {
		parser_skip_statement(p, 0);
		return;
	}
	before = p->lex.nr_errors;
	if (parser_read_body(p, statements, 3, "expected enable, severity or threshold", o->line) &&
	    p->seen == 0 && p->lex.nr_errors == before) {
		p->lex.nr_errors++;
		rule_complain(p->lex.errors, o->file, o->line, o->column, o->line_text,
			      "expected enable, severity or threshold in this override");
	}
	if (list->last_override == NULL)
		list->overrides = o;
	else
		list->last_override->next = o;
	list->last_override = o;
}

/* ------------------------------------------------------------------ suppressions */

static bool
read_owner(struct parser *p)
{
	return parser_take_text(p, OWNER_MAX, &p->suppression->owner,
				"expected in quotes who answers for it");
}

static bool
read_reason(struct parser *p)
{
	return parser_take_text(p, OWNER_MAX, &p->suppression->reason,
				"expected the reason in quotes");
}

/* Days since 1970-01-01 in the Gregorian calendar; years count from March here. */
static int64_t
days_of(int64_t year, unsigned month, unsigned day)
{
	int64_t y = year - (month <= 2), era = y / 400, of_era = y - era * 400;
	unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool
is_date(struct span s, unsigned *year, unsigned *month, unsigned *day)
{
	static const unsigned days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap;

	if (s.len != 10 || s.p[4] != '-' || s.p[7] != '-' ||
	    !parser_number_of(span_of(s.p, 4), 1970, 9999, year) ||
	    !parser_number_of(span_of(s.p + 5, 2), 1, 12, month))
		return false;
	leap = *year % 4 == 0 && (*year % 100 != 0 || *year % 400 == 0);
	return parser_number_of(span_of(s.p + 8, 2), 1,
				days[*month - 1] + (*month == 2 && leap ? 1 : 0), day);
}

/* That day is the last on which it holds. */
static bool
read_until(struct parser *p)
{
	unsigned year, month, day;

	if (parser_token(p)->kind != TOKEN_WORD ||
	    !is_date(parser_token(p)->text, &year, &month, &day))
		return parser_fail(p, "expected the last day, as 2026-12-31 without quotes");
	p->suppression->until_us = (uint64_t)(days_of(year, month, day) + 1) * 86400u * 1000000u;
	rule_lex_next(&p->lex);
	return true;
}

static bool
is_net(struct span s, struct rule_net *net)
{
	const uint8_t *slash = memchr(s.p, '/', s.len);
	size_t len = slash == NULL ? s.len : (size_t)(slash - s.p);
	char text[ADDRESS_CAP];
	unsigned bits;

	if (len >= sizeof(text))
		return false;
	memcpy(text, s.p, len);
	text[len] = '\0';
	net->len = strchr(text, ':') == NULL ? 4 : 16;
	if (inet_pton(net->len == 4 ? AF_INET : AF_INET6, text, net->addr) != 1)
		return false;
	bits = net->len * 8u;
	if (slash != NULL && !parser_number_of(span_of(slash + 1, s.len - len - 1), 0, bits, &bits))
		return false;
	net->bits = (uint8_t)bits;
	return true;
}

static bool
read_nets(struct parser *p, unsigned end)
{
	struct rule_suppression *s = p->suppression;

	do {
		if (s->nr_nets[end] == SUPPRESSION_MAX_NETS)
			return parser_fail(p, "expected at most 32 networks");
		if (parser_token(p)->kind != TOKEN_WORD ||
		    !is_net(parser_token(p)->text, &s->nets[end][s->nr_nets[end]]))
			return parser_fail(p,
					   "expected an address or a network such as 10.1.0.0/16, "
					   "blanks between several");
		s->nr_nets[end]++;
		rule_lex_next(&p->lex);
	} while (parser_token(p)->kind == TOKEN_WORD);
	return true;
}

static bool
read_src(struct parser *p)
{
	return read_nets(p, 0);
}

static bool
read_dst(struct parser *p)
{
	return read_nets(p, 1);
}

/* Of what a URL has beside a name, nothing is ever met. */
static bool
is_host(struct span name)
{
	unsigned colons = 0;

	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] == '/' || name.p[i] == ',' || name.p[i] == '@')
			return false;
		colons += name.p[i] == ':';
	}
	return name.len <= HOST_MAX && colons != 1;
}

static bool
read_host(struct parser *p)
{
	struct rule_suppression *s = p->suppression;

	do {
		struct span name = parser_token(p)->text;
		char *copy;

		if (s->nr_hosts == SUPPRESSION_MAX_HOSTS)
			return parser_fail(p, "expected at most 32 names");
		if (parser_token(p)->kind != TOKEN_WORD || !is_host(name))
			return parser_fail(p, "expected a server's name such as *.shop.example: no "
					      "quotes, port or path");
		name.len -= name.len > 1 && name.p[name.len - 1] == '.';
		copy = rule_text_copy(&p->list->memory, name.p, name.len);
		if (copy == NULL)
			return parser_fail(p, "expected more memory");
		for (size_t i = 0; i < name.len; i++)
			copy[i] = (char)ascii_lower((uint8_t)copy[i]);
		s->hosts[s->nr_hosts++] = span_of(copy, name.len);
		rule_lex_next(&p->lex);
	} while (parser_token(p)->kind == TOKEN_WORD);
	return true;
}

static void
suppression_error(struct parser *p, const char *what)
{
	const struct rule_suppression *s = p->suppression;

	p->lex.nr_errors++;
	rule_complain(p->lex.errors, s->file, s->line, s->column, s->line_text, what);
}

void
rule_read_suppress(struct parser *p)
{
	static const struct statement statements[] = {
		{ "owner", read_owner, false }, { "reason", read_reason, false },
		{ "until", read_until, false }, { "src", read_src, true },
		{ "dst", read_dst, true },	{ "host", read_host, true },
	};
	struct rule_list *list = p->list;
	struct rule_suppression *s = rule_text_take(&list->memory, sizeof(*s));
	bool whole;

	if (s == NULL) {
		parser_fail(p, "expected more memory");
		parser_skip_statement(p, 0);
		return;
	}
	p->suppression = s;
	s->file = p->lex.file;
	s->line = parser_token(p)->line;
	s->column = rule_lex_column(parser_token(p));
	s->line_text = rule_lex_line(&p->lex, parser_token(p));
	if (!take_rules(p, &s->rules)) {
		parser_skip_statement(p, 0);
		return;
	}
	whole = parser_read_body(p, statements, 6,
				 "expected owner, until, reason, src, dst or host", s->line);
	if (whole && !parser_seen(p, statements, 6, read_owner))
		suppression_error(p, "expected an owner in this suppression");
	if (whole && !parser_seen(p, statements, 6, read_until))
		suppression_error(p, "expected 'until' and its last day in this suppression");
	if (list->last_suppression == NULL)
		list->suppressions = s;
	else
		list->last_suppression->next = s;
	list->last_suppression = s;
}

/* ------------------------------------------------------------------ settling */

static bool
is_for(struct span rules, const struct rule *r)
{
	return glob_matches(rules, span_of(r->id, strlen(r->id)));
}

static void
apply_override(const struct rule_list *list, const struct rule_override *o, FILE *warnings)
{
	unsigned nr = 0;

	for (unsigned i = 0; i < list->nr; i++) {
		struct rule *r = list->rules[i];

		if (!is_for(o->rules, r))
			continue;
		nr++;
		if (o->has_enabled)
			r->enabled = o->enabled;
		if (o->has_severity)
			r->severity = o->severity;
		if (o->has_threshold)
			r->threshold = o->threshold;
	}
	for (const struct rule *r = list->broken; r != NULL; r = r->next_broken)
		nr += is_for(o->rules, r);
	if (nr == 0)
		rule_complain(warnings, o->file, o->line, o->column, o->line_text,
			      "warning: no rule has this id");
}

static bool
give_suppressions(struct rule_list *list, struct rule *r)
{
	unsigned nr = 0;

	for (const struct rule_suppression *s = list->suppressions; s != NULL; s = s->next)
		nr += is_for(s->rules, r);
	if (nr == 0)
		return true;
	r->suppressions = rule_text_take(&list->memory, nr * sizeof(struct rule_suppression *));
	if (r->suppressions == NULL)
		return false;
	for (const struct rule_suppression *s = list->suppressions; s != NULL; s = s->next) {
		if (is_for(s->rules, r))
			r->suppressions[r->nr_suppressions++] = s;
	}
	return true;
}

static bool
is_for_any(const struct rule_list *list, const struct rule_suppression *s)
{
	for (unsigned i = 0; i < list->nr; i++) {
		if (is_for(s->rules, list->rules[i]))
			return true;
	}
	for (const struct rule *r = list->broken; r != NULL; r = r->next_broken) {
		if (is_for(s->rules, r))
			return true;
	}
	return false;
}

bool
rule_policy_settle(struct rule_list *list, FILE *warnings)
{
	bool good = true;

	for (const struct rule_override *o = list->overrides; o != NULL; o = o->next)
		apply_override(list, o, warnings);
	for (unsigned i = 0; list->suppressions != NULL && good && i < list->nr; i++)
		good = give_suppressions(list, list->rules[i]);
	for (const struct rule_suppression *s = list->suppressions; s != NULL; s = s->next) {
		if (!is_for_any(list, s))
			rule_complain(warnings, s->file, s->line, s->column, s->line_text,
				      "warning: no rule has this id");
	}
	return good;
}

/* ------------------------------------------------------------------ on the packet path */

static bool
net_holds(const struct rule_net *net, const uint8_t *addr, size_t len)
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;

	if (net->len != len || memcmp(net->addr, addr, whole) != 0)
		return false;
	return rest == 0 || ((net->addr[whole] ^ addr[whole]) >> (8 - rest)) == 0;
}

static bool
end_fits(const struct rule_suppression *s, unsigned end, const struct finding_place *place)
{
	for (unsigned i = 0; i < s->nr_nets[end]; i++) {
		if (place->addr_len != 0 &&
		    net_holds(&s->nets[end][i], place->addr[end], place->addr_len))
			return true;
	}
	return s->nr_nets[end] == 0;
}

/* Names are compared without the case of their letters and without a dot at their end. */
static bool
host_fits(const struct rule_suppression *s, struct span host)
{
	uint8_t lower[HOST_MAX + 1];

	if (s->nr_hosts == 0)
		return true;
	if (host.len > 1 && host.p[host.len - 1] == '.')
		host.len--;
	if (host.len > sizeof(lower))
		return false;
	for (size_t i = 0; i < host.len; i++)
		lower[i] = ascii_lower(host.p[i]);
	host.p = lower;
	for (unsigned i = 0; i < s->nr_hosts; i++) {
		if (glob_matches(s->hosts[i], host))
			return true;
	}
	return false;
}

bool
rule_suppressed(const struct rule *rule, const struct finding_place *place)
{
	for (unsigned i = 0; i < rule->nr_suppressions; i++) {
		const struct rule_suppression *s = rule->suppressions[i];

		if (place->time_us < s->until_us && end_fits(s, 0, place) &&
		    end_fits(s, 1, place) && host_fits(s, place->host))
			return true;
	}
	return false;
}
