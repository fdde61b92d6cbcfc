/*
 * Rules for values that stand behind their word, in tables, where the word heads the column.
 *
 *   /nino[\w :="]{0,32}[ :="][A-Z]{2}[0-9]{6}[A-D]/      "nino": "AB123456C"
 *    word filler       mark  value
 *
 *   nino,name
 *   AB123456C,Ann          all of the cell is a value, and the word heads its column
 *
 * A pattern is taken for one of these when it ends as above, in a repeated class, a class and the
 * value, of a rule that is bounded, has a validator and needs context. RULE_CELLS_MAX rules of a
 * set have room, the first ones. Immutable after rule_cells_init, part of a rule_db.
 */
#ifndef WEIR_RULE_CELLS_H
#define WEIR_RULE_CELLS_H

#include "classify/detect/digits.h"
#include "classify/detect/words.h"
#include "classify/rules/regex.h"
#include "classify/rules/rule.h"

enum { RULE_CELLS_MAX = 64, CELL_HEAD_MAX = 64 };

struct cell_pattern {
	const struct regex *word, *value;
	unsigned rule; /* of those below */
};

struct rule_cells {
	unsigned nr;
	uint32_t first[RULE_CELLS_MAX]; /* each rule's first pattern, an index in the rule_db */
	unsigned nr_patterns;
	struct cell_pattern *patterns; /* owned, not what they point to */
	struct word_index heads;       /* the words of the rules' contexts */
};

struct db_pattern;

/*
 * Of the nr patterns, which are kept; values are parsed into memory. Adds to spec what the digit
 * finder is to look for. False without memory.
 */
bool rule_cells_init(struct rule_cells *c, const struct db_pattern *patterns, unsigned nr,
		     struct rule_text *memory, struct digits_spec *spec);
void rule_cells_fini(struct rule_cells *c);

/* The rules that a head names, as bits: it has a word of their context, and the pattern's. */
uint64_t rule_cells_named(const struct rule_cells *c, struct span head);
/* All of the text is a value of the rule. */
bool rule_cells_fits(const struct rule_cells *c, unsigned rule, struct span cell);

#endif
