/*
 * The rules of a set, compiled: Hyperscan databases, and what digits and rare bytes lead to.
 *
 * Patterns go into two databases, one that streams for whatever may exceed a segment, one in block
 * mode for short fields. Which buffers a pattern is for is checked when it matches, so each byte is
 * scanned once. Start-of-match reporting would double the cost and multiply stream state; instead
 * the start of a pattern of varying width is found by walking its tree backwards (regex.h), or, for
 * the few that have no tree, by a small database of its own, in block mode with start of match,
 * that is run over the few hundred bytes in front of a candidate. A pattern whose front makes it
 * slow is searched for without it; then the walk also decides whether there is a match at all.
 *
 * Immutable after compiling; workers share it.
 */
#ifndef WEIR_RULE_DB_H
#define WEIR_RULE_DB_H

#include "classify/detect/digits.h"
#include "classify/detect/rare_bytes.h"
#include "classify/rules/regex.h"
#include "classify/rules/rule_cells.h"
#include "classify/rules/rule_numbers.h"
#include "classify/rules/rule_parse.h"

struct hs_database;
struct hs_scratch;

enum { RULE_DB_MAX_MARKED = 8 }; /* patterns that a rare byte leads to; more are Hyperscan's */

struct db_pattern {
	const struct rule *rule;
	const struct rule_pattern *pattern;
	uint64_t rule_hash;
	unsigned width;		   /* of every match; 0: it varies */
	unsigned max_width;	   /* UINT32_MAX: no limit */
	bool cut;		   /* searched for without its front */
	size_t cut_bytes;	   /* of that front */
	const struct regex *regex; /* finds where a match begins; NULL: no tree, or not needed */
	struct regex_lead lead;	   /* letters != 0: the digit finder leads to it, not Hyperscan */
	struct regex_mark mark;	   /* byte != 0: that byte does, see scan_marks.c */
	struct hs_database *start; /* instead of it; NULL: fixed width, or too large */
};

/* Letters in front of digits, or a rare byte, lead to it. */
static inline bool
rule_db_has_lead(const struct db_pattern *p)
{
	return p->lead.letters != 0 || p->mark.byte != 0;
}

struct rule_db {
	unsigned nr_patterns;
	struct db_pattern *patterns; /* owned; an index here is Hyperscan's id */
	struct hs_database *stream;  /* NULL: no pattern is for a buffer that streams */
	struct hs_database *block;   /* NULL: only digits are looked for */
	struct rule_numbers numbers;
	struct rule_cells cells;
	unsigned nr_ibans, nr_leads;
	uint32_t *ibans, *leads; /* owned; indices into patterns */
	unsigned nr_marked;
	uint32_t marked[RULE_DB_MAX_MARKED]; /* likewise */
	struct rare_bytes marks;	     /* what leads to them */
	struct digits_spec spec;
	struct rule_text memory; /* of the trees */
};

/* How many errors were told; the db is then empty. */
unsigned rule_db_init(struct rule_db *db, const struct rule_list *list, FILE *errors);
void rule_db_fini(struct rule_db *db);
/* How many of the rule's patterns Hyperscan does not take; told to errors (may be NULL). */
unsigned rule_db_examine(const struct rule *rule, FILE *errors);

struct rule_cost {
	double cycles_per_byte; /* of the pattern alone, in stream mode, over the given bytes */
	uint64_t matches;
	size_t stream_bytes, database_bytes;
};

/* Measures a pattern by itself. False for one that Hyperscan does not search for. */
bool rule_db_cost(const struct db_pattern *p, const uint8_t *data, size_t len,
		  struct rule_cost *out);

/* Scratch for every database of the set; NULL without memory. */
struct hs_scratch *rule_db_scratch(const struct rule_db *db);

#endif
