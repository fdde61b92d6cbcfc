/* weir rules lint: what loads, but finds less, costs more or shows more than its writer may think.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "classify/rules/rule_db.h"
#include "classify/rules/rule_lex.h"
#include "classify/rules/rule_parse.h"
#include "classify/rules/ruleset.h"
#include "classify/rules/scan.h"
#include "dataplane/cmd.h"
#include "dataplane/cmd_rules.h"

struct lint {
	unsigned nr;
};

static void
warn(struct lint *l, const char *file, unsigned line, unsigned column, const char *line_text,
     const char *what)
{
	l->nr++;
	rule_complain(stdout, file, line, column, line_text, what);
}

static void
warn_rule(struct lint *l, const struct rule *r, const char *what)
{
	warn(l, r->file, r->line, r->column, r->line_text, what);
}

static bool
is_sensitive(const struct rule *r)
{
	static const char *const kinds[] = { "secret.", "pci.",	    "pii.",
					     "health.", "finance.", "crypto." };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strncmp(r->data_type, kinds[i], strlen(kinds[i])) == 0)
			return true;
	}
	return false;
}

/* Words are looked up whole: one that is none is never met. */
static void
lint_words(struct lint *l, const struct rule *r, const struct rule_words *w)
{
	char what[160];

	for (unsigned i = 0; i < w->list.nr; i++) {
		const struct word *word = &w->list.words[i];

		if (rule_word_is_met(word))
			continue;
		snprintf(what, sizeof(what),
			 "warning: `%.*s` is never met: a word has no blank, dot or other mark",
			 word->len, word->text);
		warn_rule(l, r, what);
	}
}

static void
lint_rule(struct lint *l, const struct rule *r)
{
	unsigned found = 0, not_found = 0;

	for (unsigned i = 0; i < r->nr_samples; i++) {
		found += r->samples[i].positive;
		not_found += !r->samples[i].positive;
	}
	if (found == 0)
		warn_rule(l, r, "warning: no `sample +`: nothing shows that it finds anything");
	if (not_found == 0)
		warn_rule(l, r, "warning: no `sample -`: nothing shows what it leaves alone");
	lint_words(l, r, &r->context);
	lint_words(l, r, &r->veto);
	if (!r->hides && is_sensitive(r))
		warn_rule(l, r,
			  "warning: neither validate nor show: what it finds is not masked in "
			  "other fields; `show none` does");
}

/* A claim that its points do not add up to. */
static void
lint_severity(struct lint *l, struct scanner *s, const struct rule *r)
{
	int best = r->enabled ? ruleset_sample_score(s, r) : 0;
	int needed = r->severity >= SEVERITY_HIGH     ? SCORE_AS_RULED
		     : r->severity == SEVERITY_MEDIUM ? SCORE_MEDIUM
						      : SCORE_LOW;
	char what[160];

	if (best == 0 || best >= needed)
		return;
	snprintf(what, sizeof(what),
		 "warning: severity %s takes a score of %d, and no sample has more than %d",
		 severity_name(r->severity), needed, best);
	warn_rule(l, r, what);
}

enum { FEW_BYTES = 16, LITTLE_TEXT = 3, SLOW_CYCLES = 2 };

/* What it costs is measured only where the pattern gives a reason to. */
static void
lint_pattern(struct lint *l, const struct db_pattern *p)
{
	const struct rule_pattern *at = p->pattern;
	struct rule_text memory = { 0 };
	const struct regex *re;
	struct rule_cost cost;
	ptrdiff_t wide;
	size_t len;
	char what[200];

	if (at->kind != PATTERN_REGEX)
		return;
	re = regex_parse(&memory, at->text, at->nocase ? REGEX_NOCASE : 0);
	if (re == NULL) {
		warn(l, at->file, at->line, at->column, at->line_text,
		     "warning: beyond what weir reads of a regex: where a match begins costs more");
		return;
	}
	wide = regex_wide_repeat(re);
	if (wide >= 0)
		warn(l, at->file, at->line, at->column + 1 + (unsigned)wide, at->line_text,
		     "warning: a long repeat with something behind it: state for every stream, and "
		     "a beginning beyond 448 bytes is not seen");
	if (!p->cut && !rule_db_has_lead(p) && regex_fixed_text(re) < LITTLE_TEXT &&
	    regex_first_bytes(re) > FEW_BYTES) {
		const unsigned char *traffic = rules_sample_traffic(&len);
		bool measured = rule_db_cost(p, traffic, len, &cost);

		snprintf(
		    what, sizeof(what),
		    "warning: led by a class, and no three bytes of fixed text: makes the whole "
		    "set slower%s",
		    measured && cost.cycles_per_byte > SLOW_CYCLES ? ", more than 2 cycles a byte"
								   : "");
		warn(l, at->file, at->line, at->column, at->line_text, what);
	}
	rule_text_fini(&memory);
}

static bool
has_more_bits(const struct rule_net *net)
{
	unsigned bits = 0;

	for (unsigned i = net->bits; i < net->len * 8u; i++)
		bits |= net->addr[i / 8] & 0x80u >> i % 8;
	return bits != 0;
}

/* More is hidden than its writer may think. */
static void
lint_width(struct lint *l, const struct rule_suppression *s)
{
	bool everywhere = s->nr_nets[0] == 0 && s->nr_nets[1] == 0 && s->nr_hosts == 0;
	bool wider = false;

	for (unsigned end = 0; end < 2; end++) {
		for (unsigned i = 0; i < s->nr_nets[end]; i++)
			wider = wider || has_more_bits(&s->nets[end][i]);
	}
	if (wider)
		warn(l, s->file, s->line, s->column, s->line_text,
		     "warning: an address has bits behind the length of its network: all of the "
		     "network is meant");
	if (everywhere && span_is(s->rules, "*"))
		warn(l, s->file, s->line, s->column, s->line_text,
		     "warning: no src, dst or host: until then weir finds nothing at all");
}

static void
lint_suppressions(struct lint *l, const struct ruleset *set)
{
	uint64_t now_us = (uint64_t)time(NULL) * 1000000u;

	for (const struct rule_suppression *s = ruleset_suppressions(set); s != NULL; s = s->next) {
		lint_width(l, s);
		if (s->until_us <= now_us)
			warn(l, s->file, s->line, s->column, s->line_text,
			     "warning: this suppression has ended");
	}
}

/* What loading says counts as well. */
static int
load_and_count(const struct ruleset_source *source, struct ruleset **rules, struct lint *l)
{
	static const char mark[] = ": warning: ";
	char *said = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&said, &len);
	int r;

	if (to == NULL)
		return -ENOMEM;
	r = ruleset_load_from(source, rules, to);
	fclose(to);
	for (const char *at = said; (at = strstr(at, mark)) != NULL; at += sizeof(mark) - 1)
		l->nr++;
	fputs(said, stdout);
	free(said);
	return r;
}

int
rules_lint(const struct rules_options *o)
{
	struct ruleset_source source = o->source;
	static const uint64_t key[2] = { 0, 0 };
	struct lint l = { 0 };
	struct ruleset *rules;
	struct scanner *s;

	source.all = true;
	if (load_and_count(&source, &rules, &l) != 0)
		return CMD_FAILED;
	s = scanner_create(rules, 1, key);
	for (size_t i = 0; i < ruleset_nr(rules); i++) {
		lint_rule(&l, ruleset_rule(rules, i));
		if (s != NULL)
			lint_severity(&l, s, ruleset_rule(rules, i));
	}
	scanner_destroy(s);
	for (unsigned i = 0; i < ruleset_db(rules)->nr_patterns; i++)
		lint_pattern(&l, &ruleset_db(rules)->patterns[i]);
	lint_suppressions(&l, rules);
	printf("%s: %zu rules, %u warnings\n", source.dir, ruleset_nr(rules), l.nr);
	ruleset_free(rules);
	return l.nr != 0 && o->strict ? CMD_FAILED : CMD_OK;
}
