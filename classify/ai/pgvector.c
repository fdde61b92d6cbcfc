/* Statements with vectors; pgvector.h is the manual. */
#include "classify/ai/pgvector.h"

/* What the last token was, as far as the next one depends on it. */
enum before { NOTHING, A_NAME, A_CAST, AS, ORDER, LIMIT, USING, BEFORE_TABLE };

enum verb { OTHER_VERB, CREATE, DELETE };

/* Distance operators; `alone`: in ORDER BY hardly anybody but pgvector has it before a parameter.
 */
static const struct {
	const char *text;
	bool alone;
} distances[] = { { NULL, false }, { "<->", false }, { "<#>", false }, { "<=>", true },
		  { "<+>", true }, { "<~>", false }, { "<%>", false } };

/* Words that end an operand; those up to `limit` also end an ORDER BY. */
static const char *const ends[] = {
	"select", "from",      "where",	    "group", "having",	"offset", "fetch",   "for",
	"union",  "limit",     "by",	    "order", "and",	"or",	  "not",     "on",
	"when",	  "then",      "else",	    "end",   "asc",	"desc",	  "nulls",   "values",
	"set",	  "returning", "distinct",  "using", "in",	"is",	  "between", "case",
	"with",	  "over",      "partition", "into",  "update",	"delete", "insert",  "filter",
	"join",	  "except",    "intersect", "do",    "default", NULL,
};
enum { ENDS_ORDER = 10 };

static const char *const types[] = { "vector", "halfvec", "sparsevec", NULL };

/* Functions that take or give vectors, or anything. */
static const char *const functions[] = { "cast",     "array", "subvector", "l2_normalize",
					 "coalesce", "avg",   "any_value", NULL };

/* Its place, or -1. */
static int
place_of(struct span word, const char *const *words)
{
	uint8_t first = word.len == 0 ? 0 : ascii_lower(word.p[0]);

	for (int i = 0; words[i] != NULL; i++) {
		if ((uint8_t)words[i][0] == first && span_is_nocase(word, words[i]))
			return i;
	}
	return -1;
}

/* The last of several names joined by dots, without quotes. */
static struct span
last_name(struct span w)
{
	for (size_t i = w.len; i > 0; i--) {
		if (w.p[i - 1] == '.') {
			w = span_of(w.p + i, w.len - i);
			break;
		}
	}
	if (w.len >= 2 && w.p[0] == '"' && w.p[w.len - 1] == '"')
		w = span_of(w.p + 1, w.len - 2);
	return w;
}

static bool
has_part(struct span w, const char *part)
{
	size_t len = strlen(part);

	for (size_t i = 0; i + len <= w.len; i++) {
		if (span_is_nocase(span_of(w.p + i, len), part))
			return true;
	}
	return false;
}

static bool
ends_with(struct span w, const char *end)
{
	size_t len = strlen(end);

	return w.len >= len && span_is_nocase(span_of(w.p + w.len - len, len), end);
}

/* embedding, text_embeddings, item_vec, vector; not those of words to search (tsvector). */
static bool
is_named(struct span name)
{
	if (has_part(name, "embed"))
		return true;
	return (ends_with(name, "vec") || ends_with(name, "vector") ||
		ends_with(name, "vectors")) &&
	       !has_part(name, "tsv") && !has_part(name, "search");
}

/* ------------------------------------------------------------------ operands */

static bool
measures(const struct pgvector *p)
{
	uint8_t both = p->left | p->right;
	bool plain = (p->left == PGVECTOR_NAME && p->right == PGVECTOR_PARAMETER) ||
		     (p->left == PGVECTOR_PARAMETER && p->right == PGVECTOR_NAME);

	if (p->left == 0 || p->right == 0)
		return false;
	if ((both & PGVECTOR_TYPE) != 0)
		return true;
	if ((both & PGVECTOR_OTHER) != 0)
		return false;
	if ((both & (PGVECTOR_NUMBERS | PGVECTOR_NAMED)) != 0)
		return true;
	return p->order && plain && distances[p->distance].alone;
}

static void
end_operand(struct pgvector *p)
{
	if (p->distance != 0)
		p->measures = p->measures || measures(p);
	p->distance = 0;
	p->left = p->right = 0;
	p->depth = 0;
}

static unsigned
distance_of(struct span symbol)
{
	for (unsigned i = 1; i < sizeof(distances) / sizeof(distances[0]); i++) {
		if (span_is(symbol, distances[i].text))
			return i;
	}
	return 0;
}

static void
symbol(struct pgvector *p, struct span text)
{
	unsigned distance = distance_of(text);
	uint8_t left = p->right;

	end_operand(p);
	if (distance == 0)
		return;
	p->left = left;
	p->distance = (uint8_t)distance;
}

/* A word behind :: or within CAST(x AS. */
static void
type(struct pgvector *p, struct span name)
{
	if (place_of(name, types) < 0) {
		p->right |= PGVECTOR_OTHER;
		return;
	}
	p->right |= PGVECTOR_TYPE;
	p->nr_casts++;
}

static void
first_word(struct pgvector *p, struct span word)
{
	p->verb = span_is_nocase(word, "create")   ? CREATE
		  : span_is_nocase(word, "delete") ? DELETE
						   : OTHER_VERB;
}

/* A keyword that no operand goes beyond. */
static enum before
end_word(struct pgvector *p, struct span text, int place)
{
	static const char *const before_tables[] = { "from", "into", "update", "join", NULL };
	bool select = span_is_nocase(text, "select");
	bool order = span_is_nocase(text, "by") && p->before == ORDER;

	/* embedding <-> (SELECT embedding FROM ...) */
	if (!select || p->distance == 0 || p->right != 0)
		end_operand(p);
	p->order = order || (p->order && place >= ENDS_ORDER);
	if (place_of(text, before_tables) >= 0)
		return BEFORE_TABLE;
	return span_is_nocase(text, "order")   ? ORDER
	       : span_is_nocase(text, "limit") ? LIMIT
	       : span_is_nocase(text, "using") ? USING
					       : NOTHING;
}

static enum before
word(struct pgvector *p, struct span text)
{
	struct span name = last_name(text);
	int end = place_of(text, ends);

	if (p->before == A_CAST || (p->before == AS && p->depth != 0)) {
		type(p, name);
		return NOTHING;
	}
	if (p->before == USING && p->verb == CREATE)
		p->indexes =
		    p->indexes || span_is_nocase(name, "hnsw") || span_is_nocase(name, "ivfflat");
	if (span_is_nocase(text, "as")) {
		if (p->depth == 0)
			end_operand(p);
		return AS;
	}
	if (end >= 0)
		return end_word(p, text, end);
	if (p->before == BEFORE_TABLE)
		return NOTHING;
	p->right |= PGVECTOR_NAME;
	if (is_named(name)) {
		p->right |= PGVECTOR_NAMED;
		p->named = true;
	}
	return A_NAME;
}

/* The name before the bracket is a function's, and no column's. */
static void
call(struct pgvector *p, bool known)
{
	p->right &= (uint8_t) ~(PGVECTOR_NAME | PGVECTOR_NAMED);
	if (!known)
		p->right |= PGVECTOR_OTHER;
}

static enum before
punctuation(struct pgvector *p, uint8_t c)
{
	switch (c) {
	case '(':
	case '[':
		if (p->before == NOTHING && p->depth == 0 && p->right == 0)
			break; /* around all of it, or of what follows */
		if (p->depth < UINT8_MAX)
			p->depth++;
		break;
	case ')':
	case ']':
		if (p->depth != 0)
			p->depth--;
		else
			end_operand(p);
		break;
	case ',':
	case ';':
		if (p->depth == 0)
			end_operand(p);
		break;
	default:
		break;
	}
	return NOTHING;
}

static enum before
literal(struct pgvector *p, const struct sql_token *t)
{
	if (p->before == LIMIT && t->kind == SQL_NUMBER && t->number != UINT32_MAX)
		p->limit = t->number;
	p->right |= t->kind == SQL_NUMBERS     ? PGVECTOR_NUMBERS
		    : t->kind == SQL_PARAMETER ? PGVECTOR_PARAMETER
		    : p->depth != 0	       ? 0 /* a dimension, an element of an array */
					       : PGVECTOR_OTHER;
	return NOTHING;
}

void
pgvector_token(void *arg, const struct sql_token *t)
{
	struct pgvector *p = arg;
	bool colon = t->kind == SQL_PUNCTUATION && t->text.p[0] == ':';
	bool bracket = t->kind == SQL_PUNCTUATION && (t->text.p[0] == '(' || t->text.p[0] == '[');
	enum before before = NOTHING;

	if (!p->any && t->kind == SQL_WORD)
		first_word(p, t->text);
	p->any = true;
	/* '[1,2]' is a vector's unless it is cast to something else. */
	if (p->numbers && !colon)
		p->nr_numbers++;
	p->numbers = t->kind == SQL_NUMBERS;
	switch (t->kind) {
	case SQL_WORD:
		before = word(p, t->text);
		p->known = before == A_NAME && place_of(last_name(t->text), functions) >= 0;
		break;
	case SQL_OPERATOR:
		symbol(p, t->text);
		break;
	case SQL_PUNCTUATION:
		if (bracket && p->before == A_NAME)
			call(p, p->known);
		before = colon ? A_CAST : punctuation(p, t->text.p[0]);
		break;
	default:
		before = literal(p, t);
		break;
	}
	p->before = (uint8_t)before;
}

struct pgvector_operation
pgvector_end(struct pgvector *p, enum db_class class)
{
	struct pgvector_operation o = { .name = NULL };

	end_operand(p);
	p->nr_numbers += p->numbers;
	if (class == DB_SCHEMA) {
		o.name = p->indexes ? "vector_index" : NULL;
	} else if (p->measures) {
		o.name = p->verb == DELETE ? "vector_delete" : "vector_query";
		o.limit = p->limit;
	} else if (class == DB_WRITE && p->verb != DELETE &&
		   (p->nr_casts != 0 || (p->named && p->nr_numbers != 0))) {
		o.name = "vector_upsert";
		o.count = p->nr_casts + p->nr_numbers;
	}
	*p = (struct pgvector) { 0 };
	return o;
}
