/*
 * gitleaks looks into a text with a rule only when one of the rule's keywords is somewhere in it.
 * A regex that holds one of them says so itself. For any other the nearest thing here is a context
 * that is needed, as far as a value's surroundings are seen: words of it, where gitleaks takes any
 * part of a word, and 64 words away at most.
 */
#include "classify/rules/rule_import.h"

#include <stdlib.h>
#include <strings.h>

#include "classify/detect/value.h"
#include "classify/detect/word_list.h"
#include "classify/rules/regex.h"
#include "classify/rules/toml.h"

enum { KEYWORDS_MAX = 128, KEYWORD_MAX = 64, DESCRIPTION_MAX = 1024 };

struct gitleaks_rule {
	struct rule_draft draft;
	bool open, has_regex, names_files, too_long;
	const char *reason; /* it cannot be translated */
	unsigned nr_keywords;
	char keywords[KEYWORDS_MAX][KEYWORD_MAX];
};

/* ------------------------------------------------------------------ keywords */

static bool
is_word_byte(uint8_t c)
{
	return is_alnum(c) || c == '_' || c == '-' || c >= 0x80;
}

/* The longest word of it; what joins words is none at its ends. */
static struct span
word_of(const char *keyword)
{
	struct span text = span_of(keyword, strlen(keyword)), best = { NULL, 0 };
	size_t at = 0, from;

	while (at < text.len) {
		while (at < text.len &&
		       (!is_word_byte(text.p[at]) || text.p[at] == '_' || text.p[at] == '-'))
			at++;
		for (from = at; at < text.len && is_word_byte(text.p[at]);)
			at++;

		size_t len = at - from;

		while (len > 0 && (text.p[from + len - 1] == '_' || text.p[from + len - 1] == '-'))
			len--;
		if (len > best.len)
			best = span_of(text.p + from, len);
	}
	return best;
}

static bool
has_word(const char *list, struct span word)
{
	for (const char *at = list; *at != '\0'; at += strcspn(at, " ")) {
		at += *at == ' ';
		if (strcspn(at, " ") == word.len && memcmp(at, word.p, word.len) == 0)
			return true;
	}
	return false;
}

/* False: they cannot be said as words. */
static bool
add_context(struct gitleaks_rule *r)
{
	char *to = r->draft.context;
	size_t len = 0, room = sizeof(r->draft.context);

	for (unsigned i = 0; i < r->nr_keywords; i++) {
		struct span word = word_of(r->keywords[i]);

		if (word.len < 2 || word.len >= WORD_MAX || word.len + 2 > room - len) {
			to[0] = '\0';
			return false;
		}
		if (len != 0 && has_word(to, word))
			continue;
		len += (size_t)snprintf(to + len, room - len, "%s%.*s", len == 0 ? "" : " ",
					(int)word.len, (const char *)word.p);
	}
	return len != 0;
}

static void
judge_keywords(struct gitleaks_rule *r)
{
	struct rule_text memory = { 0 };
	const struct regex *re =
	    regex_parse(&memory, span_of(r->draft.regex, strlen(r->draft.regex)), 0);
	enum regex_share share = REGEX_SHARE_SOME;
	struct span words[KEYWORDS_MAX];

	for (unsigned i = 0; i < r->nr_keywords; i++)
		words[i] = span_of(r->keywords[i], strlen(r->keywords[i]));
	if (re != NULL)
		share = regex_share(re, words, r->nr_keywords);
	if (share == REGEX_SHARE_SOME)
		rule_draft_note(&r->draft, "keywords");
	else if (share == REGEX_SHARE_NONE)
		rule_draft_note(&r->draft,
				add_context(r) ? "keywords that are no words near" : "keywords");
	rule_text_fini(&memory);
}

/* ------------------------------------------------------------------ a rule */

static void
finish_rule(struct gitleaks_rule *r, const char *path, FILE *to, FILE *told,
	    struct rule_import_result *result)
{
	const char *reason = r->reason;

	if (!r->open)
		return;
	if (reason == NULL && !r->has_regex)
		reason = r->names_files ? "it names files, not contents" : "no regex";
	else if (reason == NULL && r->too_long)
		reason = "its regex is longer than 1024 bytes";
	else if (reason == NULL && r->nr_keywords != 0)
		judge_keywords(r);
	rule_draft_write(&r->draft, reason, path, to, told, result);
	r->open = false;
}

static void
begin_rule(struct gitleaks_rule *r, unsigned line)
{
	memset(r, 0, sizeof(*r));
	r->open = true;
	r->draft.line = line;
	r->draft.severity = "high";
	r->draft.secret = true;
	r->draft.buffers = "any";
	r->draft.rev = 1;
	snprintf(r->draft.id, sizeof(r->draft.id), "gitleaks.line_%u", line);
	snprintf(r->draft.data_type, sizeof(r->draft.data_type), "secret.line_%u", line);
}

static void
take_id(struct rule_draft *d, struct toml *t)
{
	char id[128];
	size_t len;

	if (!toml_take_string(t, id, sizeof(id), &len)) {
		toml_skip_value(t);
		return;
	}
	len = strlen(id);
	rule_draft_name(d->id, sizeof(d->id), "gitleaks.", span_of(id, len));
	for (size_t i = 0; i < len; i++)
		id[i] = id[i] == '-' ? '_' : id[i];
	rule_draft_name(d->data_type, sizeof(d->data_type), "secret.", span_of(id, len));
}

static void
take_description(struct rule_draft *d, struct toml *t)
{
	char text[DESCRIPTION_MAX];
	size_t len;

	if (toml_take_string(t, text, sizeof(text), &len))
		rule_draft_title(d, span_of(text, strlen(text)));
	else
		toml_skip_value(t);
}

static void
take_regex(struct gitleaks_rule *r, struct toml *t)
{
	size_t len;

	r->has_regex = toml_take_string(t, r->draft.regex, sizeof(r->draft.regex), &len);
	r->too_long = len > 1024;
	if (r->has_regex && strlen(r->draft.regex) < len && !r->too_long)
		r->reason = "its regex has a zero byte";
	if (!r->has_regex)
		toml_skip_value(t);
}

static void
take_keywords(struct gitleaks_rule *r, struct toml *t)
{
	size_t len;

	if (!toml_enter_array(t))
		return;
	while (toml_next_element(t)) {
		char aside[KEYWORD_MAX];
		char *to = r->nr_keywords < KEYWORDS_MAX ? r->keywords[r->nr_keywords] : aside;

		if (!toml_take_string(t, to, KEYWORD_MAX, &len))
			continue;
		if (to == aside || len >= KEYWORD_MAX)
			rule_draft_note(&r->draft, "all of its keywords");
		else if (len != 0)
			r->nr_keywords++;
	}
}

/* What else there may be: what narrows a rule is told. */
static void
take_other(struct gitleaks_rule *r, struct toml *t)
{
	char what[TOML_NAME_CAP];

	snprintf(what, sizeof(what), "%s", t->name);
	if (strcmp(what, "path") == 0 || strcmp(what, "file") == 0)
		r->names_files = true;
	if (strcmp(what, "skipReport") == 0) {
		if (toml_value_starts(t, "true"))
			r->reason = "it is a part of other rules only (skipReport)";
	} else if (strncmp(what, "allowlist", 9) == 0 || strncmp(what, "whitelist", 9) == 0) {
		rule_draft_note(&r->draft, "allowlist");
	} else if (strcmp(what, "required") == 0) {
		r->reason = "it needs others near (required)";
	} else if (strcmp(what, "tags") != 0 && what[0] != '\0') {
		what[strcspn(what, ".\n\r")] = '\0';
		rule_draft_note(&r->draft, what);
	}
	toml_skip_value(t);
}

static void
take_setting(struct gitleaks_rule *r, struct toml *t)
{
	if (strcmp(t->name, "id") == 0)
		take_id(&r->draft, t);
	else if (strcmp(t->name, "description") == 0)
		take_description(&r->draft, t);
	else if (strcmp(t->name, "regex") == 0)
		take_regex(r, t);
	else if (strcmp(t->name, "keywords") == 0)
		take_keywords(r, t);
	else
		take_other(r, t);
}

/* A table below the rule, [rules.NAME]. */
static void
take_part(struct gitleaks_rule *r, const char *name)
{
	if (strncmp(name, "allowlist", 9) == 0 || strncmp(name, "whitelist", 9) == 0)
		rule_draft_note(&r->draft, "allowlist");
	else if (strcmp(name, "required") == 0)
		r->reason = "it needs others near (required)";
	else
		rule_draft_note(&r->draft, strncasecmp(name, "entrop", 6) == 0 ? "entropy" : name);
}

/* ------------------------------------------------------------------ the file */

/* What the file says of all rules, and of other files. */
static void
tell_global(const struct toml *t, const char *path, FILE *told)
{
	if (strncmp(t->name, "allowlist", 9) == 0 || strncmp(t->name, "whitelist", 9) == 0)
		fprintf(told, "%s:%u: not translated: the allowlist of all rules\n", path, t->line);
	else if (strncmp(t->name, "extend", 6) == 0 && (t->name[6] == '\0' || t->name[6] == '.'))
		fprintf(told, "%s:%u: not translated: extend: rules of other files\n", path,
			t->line);
}

/* rules = [ { ... } ] */
static void
refuse_inline(struct gitleaks_rule *r, const struct toml *t, const char *path, FILE *to, FILE *told,
	      struct rule_import_result *result)
{
	begin_rule(r, t->line);
	r->reason = "rules as inline tables, not as [[rules]]";
	finish_rule(r, path, to, told, result);
}

void
rule_import_gitleaks(struct span text, const char *path, FILE *to, FILE *told,
		     struct rule_import_result *result)
{
	static struct gitleaks_rule r;
	bool in_rule = false, at_top = true;
	enum toml_item item;
	struct toml t;

	toml_init(&t, text);
	memset(&r, 0, sizeof(r));
	while ((item = toml_next(&t)) != TOML_END) {
		if (item == TOML_KEY) {
			if (at_top)
				tell_global(&t, path, told);
			if (at_top && strcmp(t.name, "rules") == 0)
				refuse_inline(&r, &t, path, to, told, result);
			if (in_rule)
				take_setting(&r, &t);
			else
				toml_skip_value(&t);
			continue;
		}
		at_top = false;
		in_rule = item == TOML_TABLE_IN_ARRAY && strcmp(t.name, "rules") == 0;
		if (r.open && strncmp(t.name, "rules.", 6) == 0) {
			take_part(&r, t.name + 6);
			continue;
		}
		finish_rule(&r, path, to, told, result);
		if (in_rule)
			begin_rule(&r, t.line);
		else
			tell_global(&t, path, told);
	}
	finish_rule(&r, path, to, told, result);
	free(result->ids);
	result->ids = NULL;
}
