/*
 * gitleaks' TOML, as much of it as such files use: tables, keys, strings of all four kinds,
 * numbers, arrays over several lines. TOML 1.0; keys with dots and inline tables are passed over.
 */
#include "classify/rules/rule_import.h"

#include <stdlib.h>

#include "classify/detect/value.h"

struct toml {
	const uint8_t *p, *end;
	unsigned line;
};

static void
skip_blanks(struct toml *t, bool lines)
{
	while (t->p < t->end) {
		if (*t->p == '#') {
			while (t->p < t->end && *t->p != '\n')
				t->p++;
		} else if (*t->p == ' ' || *t->p == '\t' || *t->p == '\r' ||
			   (lines && *t->p == '\n')) {
			t->line += *t->p++ == '\n';
		} else {
			return;
		}
	}
}

static void
skip_line(struct toml *t)
{
	while (t->p < t->end && *t->p != '\n')
		t->p++;
}

static bool
starts(const struct toml *t, const char *text)
{
	return span_starts(span_of(t->p, (size_t)(t->end - t->p)), text);
}

static void
put(char *out, size_t cap, size_t *len, uint8_t c)
{
	if (*len + 1 < cap)
		out[*len] = (char)c;
	++*len;
}

/* One escape of a basic string; the backslash has been read. */
static void
put_escape(struct toml *t, char *out, size_t cap, size_t *len)
{
	static const char from[] = "btnfr\"\\", to[] = "\b\t\n\f\r\"\\";
	uint8_t c = *t->p++;
	const char *which = c == '\0' ? NULL : strchr(from, c);

	put(out, cap, len, which == NULL ? c : (uint8_t)to[which - from]);
}

/*
 * A string of any kind into out, cut at cap. False when there is none, or it does not end. *len is
 * its length before it was cut.
 */
static bool
take_string(struct toml *t, char *out, size_t cap, size_t *len)
{
	uint8_t quote = t->p < t->end ? *t->p : 0;
	bool basic = quote == '"', triple;

	*len = 0;
	if (quote != '"' && quote != '\'')
		return false;
	triple = starts(t, basic ? "\"\"\"" : "'''");
	t->p += triple ? 3 : 1;
	if (triple && t->p < t->end && *t->p == '\n') {
		t->line++;
		t->p++;
	}
	while (t->p < t->end) {
		if (triple ? starts(t, basic ? "\"\"\"" : "'''") : *t->p == quote) {
			t->p += triple ? 3 : 1;
			out[*len < cap ? *len : cap - 1] = '\0';
			return true;
		}
		if (*t->p == '\n') {
			if (!triple)
				return false;
			t->line++;
		}
		if (basic && *t->p == '\\' && t->end - t->p > 1) {
			t->p++;
			put_escape(t, out, cap, len);
		} else {
			put(out, cap, len, *t->p++);
		}
	}
	return false;
}

/* Over a value of no interest. */
static void
skip_value(struct toml *t)
{
	char aside[8];
	size_t len;
	unsigned depth = 0;

	do {
		if (t->p == t->end)
			return;
		if (*t->p == '"' || *t->p == '\'') {
			if (!take_string(t, aside, sizeof(aside), &len))
				skip_line(t);
		} else {
			depth += *t->p == '[' || *t->p == '{';
			depth -= depth > 0 && (*t->p == ']' || *t->p == '}');
			t->line += *t->p++ == '\n';
		}
		skip_blanks(t, depth != 0);
	} while (depth != 0 || (t->p < t->end && *t->p != '\n'));
}

static struct span
take_key(struct toml *t)
{
	const uint8_t *from = t->p;

	while (t->p < t->end && (is_alnum(*t->p) || *t->p == '_' || *t->p == '-' || *t->p == '.'))
		t->p++;
	return span_of(from, (size_t)(t->p - from));
}

struct gitleaks_rule {
	struct rule_draft draft;
	bool open, has_regex, has_path, too_long;
};

static void
finish_rule(struct gitleaks_rule *r, const char *path, FILE *to, FILE *told,
	    struct rule_import_result *result)
{
	const char *reason = NULL;

	if (!r->open)
		return;
	if (!r->has_regex)
		reason = r->has_path ? "it names files, not contents" : "no regex";
	else if (r->too_long)
		reason = "its regex is longer than 1024 bytes";
	else if (r->has_path)
		rule_draft_note(&r->draft, "path");
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

	if (!take_string(t, id, sizeof(id), &len)) {
		skip_value(t);
		return;
	}
	len = strlen(id);
	rule_draft_name(d->id, sizeof(d->id), "gitleaks.", span_of(id, len));
	for (size_t i = 0; i < len; i++)
		id[i] = id[i] == '-' ? '_' : id[i];
	rule_draft_name(d->data_type, sizeof(d->data_type), "secret.", span_of(id, len));
}

static void
take_setting(struct gitleaks_rule *r, struct toml *t, struct span key)
{
	struct rule_draft *d = &r->draft;
	size_t len;

	if (span_is(key, "id")) {
		take_id(d, t);
	} else if (span_is(key, "description")) {
		if (!take_string(t, d->title, sizeof(d->title), &len))
			skip_value(t);
	} else if (span_is(key, "regex")) {
		r->has_regex = take_string(t, d->regex, sizeof(d->regex), &len);
		r->too_long = len > 1024;
		if (!r->has_regex)
			skip_value(t);
	} else {
		r->has_path = r->has_path || span_is(key, "path");
		if (span_is(key, "entropy"))
			rule_draft_note(d, "entropy");
		if (span_is(key, "secretGroup"))
			rule_draft_note(d, "secretGroup");
		skip_value(t);
	}
}

void
rule_import_gitleaks(struct span text, const char *path, FILE *to, FILE *told,
		     struct rule_import_result *result)
{
	struct toml t = { text.p, text.p + text.len, 1 };
	static struct gitleaks_rule r;
	bool in_rule = false;

	memset(&r, 0, sizeof(r));
	for (skip_blanks(&t, true); t.p < t.end; skip_blanks(&t, true)) {
		if (*t.p == '[') {
			if (starts(&t, "[[rules]]")) {
				finish_rule(&r, path, to, told, result);
				begin_rule(&r, t.line);
				in_rule = true;
			} else {
				in_rule = false;
				if (r.open && (starts(&t, "[rules.allowlist]") ||
					       starts(&t, "[[rules.allowlists]]")))
					rule_draft_note(&r.draft, "allowlist");
				if (!starts(&t, "[rules.") && !starts(&t, "[[rules."))
					finish_rule(&r, path, to, told, result);
			}
			skip_line(&t);
			continue;
		}

		struct span key = take_key(&t);

		skip_blanks(&t, false);
		if (key.len == 0 || t.p == t.end || *t.p != '=') {
			skip_line(&t);
			continue;
		}
		t.p++;
		skip_blanks(&t, false);
		if (in_rule)
			take_setting(&r, &t, key);
		else
			skip_value(&t);
	}
	finish_rule(&r, path, to, told, result);
	free(result->ids);
	result->ids = NULL;
}
