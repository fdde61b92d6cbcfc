/* Rules -> Hyperscan. Compiling happens at load, off the data path. */
#include "classify/rules/rule_db_state.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/cycles.h"
#include "classify/rules/confirm.h"
#include "classify/rules/regex_refusal.h"
#include "classify/rules/rule_lex.h"
#include "classify/siphash.h"

enum { COST_RUNS = 3, COST_PIECE = 1400 }; /* about what a segment brings */

/* A literal becomes a regex of \xHH, which no character can misread. False without memory. */
/* A rule for header fields alone means the beginning and the end of each by ^ and $. */
static bool
is_multiline(const struct db_pattern *p)
{
	return p->pattern->multiline || p->rule->buffers == 1u << BUFFER_HTTP_HEADER;
}

static bool
write_expression(struct expression *e, const struct db_pattern *of, struct rule_text *memory)
{
	const struct rule_pattern *p = of->pattern;
	static const char hex[] = "0123456789abcdef";
	size_t at = 0;

	e->text = rule_text_take(memory, 4 * p->text.len + 1);
	if (e->text == NULL)
		return false;

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
		   (is_multiline(of) ? HS_FLAG_MULTILINE : 0u);
	return true;
}

static unsigned
tree_flags(const struct db_pattern *p)
{
	return (p->pattern->nocase ? REGEX_NOCASE : 0u) | (p->pattern->dotall ? REGEX_DOTALL : 0u) |
	       (is_multiline(p) ? REGEX_MULTILINE : 0u);
}

/*
 * A pattern of letters and digits that groups of digits lead to; what follows them must be in sight
 * when it is judged, and the byte behind it.
 */
static struct regex_lead
lead_of(const struct db_pattern *p, const struct regex *re)
{
	struct regex_lead lead = regex_lead(re);

	if (regex_cut(re) != 0 || p->max_width >= lead.letters + lead.digits + CONFIRM_RIGHT)
		return (struct regex_lead) { 0 };
	return lead;
}

/* Those that a rare byte leads to, as long as there is room. */
static void
read_mark(struct rule_db *db, struct db_pattern *p)
{
	struct regex_mark mark;

	if (p->lead.letters != 0 || db->nr_marked == RULE_DB_MAX_MARKED)
		return;
	mark = regex_mark(p->regex, &db->memory);
	if (mark.byte == 0 || !rare_bytes_add(&db->marks, mark.byte))
		return;
	p->mark = mark;
	db->marked[db->nr_marked++] = (uint32_t)(p - db->patterns);
}

static bool
says_more(const struct db_pattern *p, const struct regex *re, struct rule_text *memory)
{
	return regex_cut(re) != 0 || lead_of(p, re).letters != 0 ||
	       regex_mark(re, memory).byte != 0;
}

/*
 * The pattern's tree, where it says more than Hyperscan does: a varying width, a front to cut, what
 * leads to it. Of most patterns of a fixed width it says nothing, and is not kept.
 */
static void
read_tree(struct rule_db *db, struct db_pattern *p, struct expression *e)
{
	unsigned flags = tree_flags(p);
	struct span text = span_of(e->text, strlen(e->text));
	struct rule_text aside = { 0 };
	const struct regex *re;

	if (p->pattern->kind != PATTERN_REGEX)
		return;
	re = regex_parse(p->width == 0 ? &db->memory : &aside, text, flags);
	if (re != NULL && p->width != 0)
		re = says_more(p, re, &aside) ? regex_parse(&db->memory, text, flags) : NULL;
	rule_text_fini(&aside);
	if (re == NULL)
		return;
	p->regex = re;
	p->cut_bytes = e->cut = regex_cut(re);
	p->cut = p->cut_bytes != 0;
	p->lead = lead_of(p, re);
	read_mark(db, p);
}

static void
complain(const struct rule_pattern *p, const char *what, FILE *errors)
{
	struct regex_refusal r = { 0 };
	unsigned column = p->column;
	size_t len = strlen(what);
	char text[256];

	if (p->kind == PATTERN_REGEX) {
		r = regex_refusal(p->text, what);
		column += 1 + (unsigned)r.at; /* behind the delimiter */
	}
	len -= len > 0 && what[len - 1] == '.';
	snprintf(text, sizeof(text), "expected a regex that Hyperscan takes: %.*s%s%s", (int)len,
		 what, r.instead == NULL ? "" : "; ", r.instead == NULL ? "" : r.instead);
	rule_complain(errors, p->file, p->line, column, p->line_text, text);
}

/* Width and syntax. */
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
		complain(p->pattern, "this matches the empty text, so everywhere", errors);
		free(info);
		return false;
	}
	p->width = info->min_width == info->max_width ? info->min_width : 0;
	p->max_width = info->max_width;
	free(info);
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
	in->text[in->nr] = e->text + e->cut;
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
		if (rule_db_by_finder(&db->patterns[i]))
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

/* Those for numbers are rule_numbers'. */
static void
add_finder(struct rule_db *db, uint32_t i)
{
	const struct rule_pattern *p = db->patterns[i].pattern;

	if (p->kind == PATTERN_DIGITS)
		return;
	if (p->kind == PATTERN_IBAN)
		db->ibans[db->nr_ibans++] = i;
	else
		db->leads[db->nr_leads++] = i;
	db->spec.led_by_letters = true;
	if (p->kind == PATTERN_IBAN || db->patterns[i].lead.small)
		db->spec.led_by_small = true;
}

/* Every pattern of the enabled rules, and what is searched for. */
static bool
list_patterns(struct rule_db *db, const struct rule_list *list, struct expression *e,
	      struct rule_text *memory)
{
	static const struct siphash_key unkeyed = { 0, 0 };
	unsigned at = 0;

	for (unsigned r = 0; r < list->nr; r++) {
		const struct rule *rule = list->rules[r];

		for (unsigned k = 0; rule->enabled && k < rule->nr_patterns; k++, at++) {
			struct db_pattern *p = &db->patterns[at];

			p->rule = rule;
			p->pattern = &rule->patterns[k];
			p->rule_hash = siphash13(&unkeyed, rule->id, strlen(rule->id));
			if (p->pattern->kind <= PATTERN_LITERAL &&
			    !write_expression(&e[at], p, memory))
				return false;
		}
	}
	return true;
}

/* Who looks for each, and how; the number of those that nobody can. */
static unsigned
read_patterns(struct rule_db *db, struct expression *e, bool widths_known, FILE *errors)
{
	unsigned nr_errors = 0;

	for (unsigned i = 0; i < db->nr_patterns; i++) {
		struct db_pattern *p = &db->patterns[i];

		if (p->pattern->kind <= PATTERN_LITERAL) {
			if (!widths_known && !examine(p, &e[i], errors)) {
				nr_errors++;
				continue;
			}
			read_tree(db, p, &e[i]);
		}
		if (rule_db_by_digits(p))
			add_finder(db, i);
	}
	return nr_errors;
}

unsigned
rule_db_examine(const struct rule *rule, FILE *errors)
{
	struct rule_text memory = { 0 };
	unsigned nr_errors = 0;

	for (unsigned i = 0; i < rule->nr_patterns; i++) {
		struct db_pattern p = { .rule = rule, .pattern = &rule->patterns[i] };
		struct expression e = { 0 };

		if (p.pattern->kind <= PATTERN_LITERAL &&
		    (!write_expression(&e, &p, &memory) || !examine(&p, &e, errors)))
			nr_errors++;
	}
	rule_text_fini(&memory);
	return nr_errors;
}

/* For patterns without a tree; too large with start of match: it is guessed. */
static void
compile_starts(struct rule_db *db, const struct expression *e)
{
	for (unsigned i = 0; i < db->nr_patterns; i++) {
		struct db_pattern *p = &db->patterns[i];
		hs_compile_error_t *err = NULL;

		if (rule_db_by_finder(p) || p->width != 0 || p->regex != NULL)
			continue;
		if (hs_compile(e[i].text, e[i].flags | HS_FLAG_SOM_LEFTMOST, HS_MODE_BLOCK, NULL,
			       &p->start, &err) != HS_SUCCESS) {
			p->start = NULL;
			hs_free_compile_error(err);
		}
	}
}

static unsigned
load_or_compile(struct rule_db *db, struct expression *e, FILE *errors)
{
	struct rule_db_kept kept;
	bool known = rule_db_kept_read(&kept, db, e);
	unsigned nr_errors = read_patterns(db, e, known, errors);

	if (nr_errors == 0 && !(known && rule_db_kept_databases(&kept, db, e))) {
		nr_errors = compile_all(db, e, errors);
		if (nr_errors == 0) {
			compile_starts(db, e);
			rule_db_keep(&kept, db, e);
		}
	}
	rule_db_kept_fini(&kept);
	return nr_errors;
}

unsigned
rule_db_init(struct rule_db *db, const struct rule_list *list, FILE *errors)
{
	unsigned n = 0, nr_errors;

	*db = (struct rule_db) {
		.spec = { .min_digits = UINT_MAX, .min_alone = UINT_MAX, .simd = simd_best() },
		.marks = { .simd = simd_best() }
	};
	for (unsigned i = 0; i < list->nr; i++)
		n += list->rules[i]->enabled ? list->rules[i]->nr_patterns : 0;
	if (n == 0)
		return 0;

	struct expression *e = calloc(n, sizeof(*e));
	struct rule_text memory = { 0 };

	db->nr_patterns = n;
	db->patterns = calloc(n, sizeof(db->patterns[0]));
	db->ibans = calloc(n, sizeof(db->ibans[0]));
	db->leads = calloc(n, sizeof(db->leads[0]));
	if (e == NULL || db->patterns == NULL || db->ibans == NULL || db->leads == NULL) {
		nr_errors = 1;
	} else {
		nr_errors =
		    list_patterns(db, list, e, &memory) ? load_or_compile(db, e, errors) : 1;
		nr_errors +=
		    nr_errors == 0 && !rule_numbers_init(&db->numbers, db->patterns, n, &db->spec);
		nr_errors += nr_errors == 0 &&
			     !rule_cells_init(&db->cells, db->patterns, n, &db->memory, &db->spec);
	}
	free(e);
	rule_text_fini(&memory);
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
	rule_numbers_fini(&db->numbers);
	rule_cells_fini(&db->cells);
	free(db->ibans);
	free(db->leads);
	rule_text_fini(&db->memory);
	*db = (struct rule_db) { 0 };
}

static int
count_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
	(void)id, (void)from, (void)to, (void)flags;
	++*(uint64_t *)arg;
	return 0;
}

/* The least of a few runs: whatever else the machine does only adds. */
static void
measure(hs_database_t *db, hs_scratch_t *scratch, const uint8_t *data, size_t len,
	struct rule_cost *out)
{
	uint64_t least = UINT64_MAX;

	for (unsigned run = 0; run < COST_RUNS; run++) {
		hs_stream_t *stream = NULL;
		uint64_t since = cycles_now(), took;

		out->matches = 0;
		if (hs_open_stream(db, 0, &stream) != HS_SUCCESS)
			return;
		for (size_t at = 0; at < len; at += COST_PIECE) {
			size_t n = len - at < COST_PIECE ? len - at : COST_PIECE;

			hs_scan_stream(stream, (const char *)data + at, (unsigned)n, 0, scratch,
				       count_match, &out->matches);
		}
		hs_close_stream(stream, NULL, NULL, NULL);
		took = cycles_now() - since;
		least = took < least ? took : least;
	}
	out->cycles_per_byte = len == 0 ? 0 : (double)least / (double)len;
}

bool
rule_db_cost(const struct db_pattern *p, const uint8_t *data, size_t len, struct rule_cost *out)
{
	struct rule_text memory = { 0 };
	struct expression e = { 0 };
	hs_database_t *db = NULL;
	hs_scratch_t *scratch = NULL;
	hs_compile_error_t *err = NULL;
	bool good = false;

	*out = (struct rule_cost) { 0 };
	if (!rule_db_by_finder(p) && write_expression(&e, p, &memory) &&
	    hs_compile(e.text + p->cut_bytes, e.flags, HS_MODE_STREAM, NULL, &db, &err) ==
		HS_SUCCESS &&
	    hs_alloc_scratch(db, &scratch) == HS_SUCCESS) {
		measure(db, scratch, data, len, out);
		hs_stream_size(db, &out->stream_bytes);
		hs_database_size(db, &out->database_bytes);
		good = true;
	}
	hs_free_compile_error(err);
	hs_free_scratch(scratch);
	hs_free_database(db);
	rule_text_fini(&memory);
	return good;
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
