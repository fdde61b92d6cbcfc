#include "classify/proto/sql_class.h"

#include "classify/proto/sql_text.h"

static const struct verb {
	const char *word;
	enum db_class class;
} verbs[] = {
	{ "select", DB_READ },
	{ "insert", DB_WRITE },
	{ "update", DB_WRITE },
	{ "delete", DB_WRITE },
	{ "begin", DB_TRANSACTION },
	{ "commit", DB_TRANSACTION },
	{ "rollback", DB_TRANSACTION },
	{ "start", DB_TRANSACTION },
	{ "savepoint", DB_TRANSACTION },
	{ "release", DB_TRANSACTION },
	{ "abort", DB_TRANSACTION },
	{ "end", DB_TRANSACTION },
	{ "merge", DB_WRITE },
	{ "replace", DB_WRITE },
	{ "upsert", DB_WRITE },
	{ "copy", DB_READ },
	{ "load", DB_WRITE },
	{ "truncate", DB_WRITE },
	{ "show", DB_READ },
	{ "describe", DB_READ },
	{ "desc", DB_READ },
	{ "values", DB_READ },
	{ "table", DB_READ },
	{ "fetch", DB_READ },
	{ "explain", DB_READ },
	{ "list", DB_READ },
	{ "create", DB_SCHEMA },
	{ "alter", DB_SCHEMA },
	{ "drop", DB_SCHEMA },
	{ "rename", DB_SCHEMA },
	{ "comment", DB_SCHEMA },
	{ "reindex", DB_SCHEMA },
	{ "grant", DB_ADMIN },
	{ "revoke", DB_ADMIN },
	{ "set", DB_ADMIN },
	{ "reset", DB_ADMIN },
	{ "vacuum", DB_ADMIN },
	{ "analyze", DB_ADMIN },
	{ "kill", DB_ADMIN },
	{ "flush", DB_ADMIN },
	{ "lock", DB_ADMIN },
	{ "discard", DB_ADMIN },
	{ "apply", DB_TRANSACTION },
};

/* The next word, in quotes or not; dots join names. Empty at the end. */
static struct span
next_word(struct span *s)
{
	size_t at = 0, n;
	uint8_t quote = 0;

	while (at < s->len && !sql_is_word(s->p[at]) && s->p[at] != '"' && s->p[at] != '`')
		at++;
	n = at;
	while (n < s->len) {
		uint8_t c = s->p[n];

		if (quote != 0)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '`')
			quote = c;
		else if (!sql_is_word(c) && c != '$')
			break;
		n++;
	}
	struct span word = span_of(s->p + at, n - at);

	*s = span_of(s->p + n, s->len - n);
	return word;
}

static struct span
unquoted(struct span w)
{
	if (w.len >= 2 && (w.p[0] == '"' || w.p[0] == '`') && w.p[w.len - 1] == w.p[0] &&
	    memchr(w.p + 1, w.p[0], w.len - 2) == NULL)
		return span_of(w.p + 1, w.len - 2);
	return w;
}

static bool
is_any(struct span w, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (span_is_nocase(w, *words))
			return true;
	}
	return false;
}

/* The name behind the first of these words, whatever fills the place between. */
static struct span
name_behind(struct span text, const char *const *words)
{
	static const char *const filler[] = { "if",    "not",	  "exists", "only",
					      "table", "ignore",  "into",   "from",
					      "local", "lateral", NULL };
	struct span w = next_word(&text);

	while (w.len != 0 && !is_any(w, words))
		w = next_word(&text);
	while (w.len != 0) {
		/* FROM (SELECT ...: the inner one's table is what counts. */
		w = next_word(&text);
		if (span_is_nocase(w, "select"))
			return name_behind(text, words);
		if (!is_any(w, filler))
			break;
	}
	return unquoted(w);
}

static enum db_class
class_of(struct span verb)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (span_is_nocase(verb, verbs[i].word))
			return verbs[i].class;
	}
	return DB_OTHER;
}

/* WITH x AS (...) SELECT: the verb that stands outside of all brackets. */
static struct span
outer_verb(struct span text, struct span *behind)
{
	static const char *const words[] = { "select", "insert", "update", "delete",
					     "merge",  "values", NULL };
	unsigned depth = 0;

	while (text.len != 0) {
		if (depth == 0 && (sql_is_word(text.p[0]) || text.p[0] == '"')) {
			struct span w = next_word(&text);

			if (is_any(w, words)) {
				*behind = text;
				return w;
			}
			continue;
		}
		depth += text.p[0] == '(';
		depth -= text.p[0] == ')' && depth > 0;
		text = span_of(text.p + 1, text.len - 1);
	}
	*behind = text;
	return text;
}

static enum db_class
classify_schema(struct span rest, struct span *target)
{
	static const char *const accounts[] = { "user", "role", "group", "database", NULL };
	static const char *const on[] = { "on", NULL };
	static const char *const things[] = { "table",	      "view",	  "schema", "database",
					      "keyspace",     "sequence", "type",   "function",
					      "columnfamily", NULL };
	struct span look = rest, kind = next_word(&look);

	while (kind.len != 0 &&
	       (span_is_nocase(kind, "unique") || span_is_nocase(kind, "or") ||
		span_is_nocase(kind, "replace") || span_is_nocase(kind, "temporary") ||
		span_is_nocase(kind, "temp") || span_is_nocase(kind, "unlogged")))
		kind = next_word(&look);
	*target = span_is_nocase(kind, "index") ? name_behind(rest, on) : name_behind(rest, things);
	return is_any(kind, accounts) && !span_is_nocase(kind, "database") ? DB_ADMIN : DB_SCHEMA;
}

enum db_class
sql_classify(struct span text, struct span *target)
{
	static const char *const from[] = { "from", NULL };
	static const char *const into[] = { "into", "from", NULL };
	static const char *const table[] = { "table", "on", NULL };
	struct span whole = text, verb = next_word(&text), look;
	enum db_class class;

	*target = span_of(NULL, 0);
	if (span_is_nocase(verb, "with"))
		verb = outer_verb(text, &text);
	class = class_of(verb);
	if (span_is_nocase(verb, "explain")) {
		sql_classify(text, target);
		return DB_READ;
	}
	switch (class) {
	case DB_READ:
		*target = name_behind(text, from);
		if (!span_is_nocase(verb, "copy"))
			break;
		look = text;
		while (look.len > 0 && sql_is_blank(look.p[0]))
			look = span_of(look.p + 1, look.len - 1);
		/* COPY (query) TO: what the query does. */
		if (look.len > 0 && look.p[0] == '(')
			return sql_classify(span_of(look.p + 1, look.len - 1), target);
		*target = unquoted(next_word(&look));
		for (struct span w = next_word(&look); w.len != 0; w = next_word(&look)) {
			if (span_is_nocase(w, "from"))
				return DB_WRITE;
		}
		break;
	case DB_WRITE:
		if (span_is_nocase(verb, "update") || span_is_nocase(verb, "truncate"))
			/* The verb itself is what the name stands behind. */
			*target = name_behind(whole,
					      (const char *const[]) { "update", "truncate", NULL });
		else
			*target = name_behind(text, into);
		break;
	case DB_SCHEMA:
		return classify_schema(text, target);
	case DB_ADMIN:
		*target = name_behind(text, table);
		break;
	default:
		break;
	}
	return class;
}

bool
sql_begins(struct span text)
{
	struct span word;

	while (text.len > 0 && (sql_is_blank(text.p[0]) || text.p[0] == '('))
		text = span_of(text.p + 1, text.len - 1);
	if (text.len == 0 || !sql_is_word(text.p[0]))
		return false;
	word = next_word(&text);
	return class_of(word) != DB_OTHER &&
	       (text.len == 0 || sql_is_blank(text.p[0]) || text.p[0] == ';' || text.p[0] == '(' ||
		text.p[0] == '*');
}
