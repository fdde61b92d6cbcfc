/* Rules -> Hyperscan. Compiling happens at load, off the data path. */
#include "classify/rules/rule_db.h"

#include <hs/hs.h>
#include <limits.h>
#include <stdlib.h>

#include "classify/rules/rule_lex.h"
#include "classify/siphash.h"

struct expression {
	char text[4 * RULE_TEXT_MAX + 1];
	unsigned flags;
};

/* A literal becomes a regex of \xHH, which no character can misread. */
static void
write_expression(struct expression *e, const struct rule_pattern *p)
{
	static const char hex[] = "0123456789abcdef";
	size_t at = 0;

	for (size_t i = 0; i < p->text.len; i++) {
		uint8_t c = p->text.p[i];

		if (p->kind == PATTERN_REGEX || is_alnum(c)) {
			e->text[at++] = (char)c;
		} else {
			e->text[at++] = '\\';
			e->text[at++] = 'x';
			e->text[at++] = hex[c >> 4];
			e->text[at++] = hex[c & 15];
		}
	}
	e->text[at] = '\0';
	e->flags = (p->nocase ? HS_FLAG_CASELESS : 0u) | (p->dotall ? HS_FLAG_DOTALL : 0u) |
		   (p->multiline ? HS_FLAG_MULTILINE : 0u);
}

static void
complain(const struct rule_pattern *p, const char *what, FILE *errors)
{
	char text[256];

	snprintf(text, sizeof(text), "expected a regex that Hyperscan takes: %s", what);
	rule_complain(errors, p->file, p->line, p->column, p->line_text, text);
}

/* Width, syntax, and the database that finds the start. */
static bool
examine(struct db_pattern *p, const struct expression *e, FILE *errors)
{
	hs_expr_info_t *info = NULL;
	hs_compile_error_t *err = NULL;

	if (hs_expression_info(e->text, e->flags, &info, &err) != HS_SUCCESS) {
		complain(p->pattern, err == NULL ? "out of memory" : err->message, errors);
		hs_free_compile_error(err);
		return false;
	}
	if (info->min_width == 0) {
		complain(p->pattern, "it matches nothing at all", errors);
		free(info);
		return false;
	}
	p->width = info->min_width == info->max_width ? info->min_width : 0;
	p->max_width = info->max_width;
	free(info);
	if (p->width != 0 ||
	    hs_compile(e->text, e->flags | HS_FLAG_SOM_LEFTMOST, HS_MODE_BLOCK, NULL, &p->start,
		       &err) == HS_SUCCESS)
		return true;
	/* Too large with start of match: the start is then guessed, see scan.c. */
	p->start = NULL;
	hs_free_compile_error(err);
	return true;
}

struct compile_input {
	const char **text;
	unsigned *flags, *ids;
	unsigned nr;
};

static bool
compile(const struct compile_input *in, const struct rule_db *db, unsigned mode,
	struct hs_database **out, FILE *errors)
{
	hs_compile_error_t *err = NULL;

	if (in->nr == 0 || hs_compile_multi(in->text, in->flags, in->ids, in->nr, mode, NULL, out,
					    &err) == HS_SUCCESS)
		return true;

	unsigned which = err != NULL && err->expression >= 0 ? in->ids[err->expression] : 0;

	complain(db->patterns[which].pattern, err == NULL ? "out of memory" : err->message, errors);
	hs_free_compile_error(err);
	*out = NULL;
	return false;
}

static void
add_input(struct compile_input *in, const struct expression *e, unsigned id)
{
	in->text[in->nr] = e->text;
	in->flags[in->nr] = e->flags;
	in->ids[in->nr++] = id;
}

/* Both databases out of all regular expressions and literals. */
static unsigned
compile_all(struct rule_db *db, struct expression *e, FILE *errors)
{
	unsigned n = db->nr_patterns, nr_errors = 0;
	struct compile_input in[2] = { 0 };

	for (unsigned k = 0; k < 2; k++) {
		in[k].text = calloc(n, sizeof(in[k].text[0]));
		in[k].flags = calloc(n, sizeof(in[k].flags[0]));
		in[k].ids = calloc(n, sizeof(in[k].ids[0]));
		nr_errors += in[k].text == NULL || in[k].flags == NULL || in[k].ids == NULL;
	}
	for (unsigned i = 0; nr_errors == 0 && i < n; i++) {
		if (db->patterns[i].pattern->kind > PATTERN_LITERAL)
			continue;
		if ((db->patterns[i].rule->buffers & buffers_streamed()) != 0)
			add_input(&in[0], &e[i], i);
		add_input(&in[1], &e[i], i);
	}
	if (nr_errors == 0)
		nr_errors += !compile(&in[0], db, HS_MODE_STREAM, &db->stream, errors);
	if (nr_errors == 0)
		nr_errors += !compile(&in[1], db, HS_MODE_BLOCK, &db->block, errors);
	for (unsigned k = 0; k < 2; k++) {
		free(in[k].text);
		free(in[k].flags);
		free(in[k].ids);
	}
	return nr_errors;
}

static void
add_finder(struct rule_db *db, uint32_t i)
{
	const struct rule_pattern *p = db->patterns[i].pattern;

	if (p->kind == PATTERN_IBAN) {
		db->ibans[db->nr_ibans++] = i;
		db->spec.led_by_capital = true;
		return;
	}
	db->digits[db->nr_digits++] = i;
	if (p->min_digits < db->spec.min_digits)
		db->spec.min_digits = p->min_digits;
	for (size_t k = 0; k < p->separators.len; k++)
		db->spec.separator[p->separators.p[k]] = true;
}

static unsigned
list_patterns(struct rule_db *db, const struct rule_list *list, struct expression *e, FILE *errors)
{
	static const struct siphash_key unkeyed = { 0, 0 };
	unsigned nr_errors = 0, at = 0;

	for (unsigned r = 0; r < list->nr; r++) {
		const struct rule *rule = list->rules[r];

		for (unsigned k = 0; k < rule->nr_patterns; k++, at++) {
			struct db_pattern *p = &db->patterns[at];

			p->rule = rule;
			p->pattern = &rule->patterns[k];
			p->rule_hash = siphash13(&unkeyed, rule->id, strlen(rule->id));
			if (p->pattern->kind > PATTERN_LITERAL) {
				add_finder(db, at);
				continue;
			}
			write_expression(&e[at], p->pattern);
			nr_errors += !examine(p, &e[at], errors);
		}
	}
	return nr_errors;
}

unsigned
rule_db_init(struct rule_db *db, const struct rule_list *list, FILE *errors)
{
	unsigned n = 0, nr_errors;

	*db = (struct rule_db){ .spec.min_digits = UINT_MAX };
	for (unsigned i = 0; i < list->nr; i++)
		n += list->rules[i]->nr_patterns;
	if (n == 0)
		return 0;

	struct expression *e = calloc(n, sizeof(*e));

	db->nr_patterns = n;
	db->patterns = calloc(n, sizeof(db->patterns[0]));
	db->digits = calloc(n, sizeof(db->digits[0]));
	db->ibans = calloc(n, sizeof(db->ibans[0]));
	if (e == NULL || db->patterns == NULL || db->digits == NULL || db->ibans == NULL) {
		nr_errors = 1;
	} else {
		nr_errors = list_patterns(db, list, e, errors);
		if (nr_errors == 0)
			nr_errors = compile_all(db, e, errors);
	}
	free(e);
	if (nr_errors != 0)
		rule_db_fini(db);
	return nr_errors;
}

void
rule_db_fini(struct rule_db *db)
{
	for (unsigned i = 0; db->patterns != NULL && i < db->nr_patterns; i++)
		hs_free_database(db->patterns[i].start);
	hs_free_database(db->stream);
	hs_free_database(db->block);
	free(db->patterns);
	free(db->digits);
	free(db->ibans);
	*db = (struct rule_db){ 0 };
}

struct hs_scratch *
rule_db_scratch(const struct rule_db *db)
{
	hs_scratch_t *scratch = NULL;
	hs_error_t r = HS_SUCCESS;

	if (db->stream != NULL)
		r |= hs_alloc_scratch(db->stream, &scratch);
	if (db->block != NULL)
		r |= hs_alloc_scratch(db->block, &scratch);
	for (unsigned i = 0; i < db->nr_patterns; i++) {
		if (db->patterns[i].start != NULL)
			r |= hs_alloc_scratch(db->patterns[i].start, &scratch);
	}
	if (r == HS_SUCCESS)
		return scratch;
	hs_free_scratch(scratch);
	return NULL;
}
