/* What the files of a rule_db share. Not for anyone else. */
#ifndef WEIR_RULE_DB_STATE_H
#define WEIR_RULE_DB_STATE_H

#include <hs/hs.h>

#include "classify/rules/rule_db.h"

struct expression {
	char *text;
	size_t cut; /* bytes of it that are not searched for */
	unsigned flags;
};

/* Hyperscan has no part in it. */
static inline bool
rule_db_by_digits(const struct db_pattern *p)
{
	return p->pattern->kind > PATTERN_LITERAL || p->lead.letters != 0;
}

/* Nor has it in these. */
static inline bool
rule_db_by_finder(const struct db_pattern *p)
{
	return rule_db_by_digits(p) || p->mark.byte != 0;
}

/*
 * rule_db_kept.c: what db_cache keeps of the set whose patterns and expressions are listed. It is
 * all that Hyperscan takes long for: how wide each match is, and the databases.
 */
struct rule_db_kept {
	uint8_t key[16];
	bool keyed;
	char *all; /* owned; NULL: nothing is kept */
	size_t len;
};

/* True: the width of every pattern is set. Call rule_db_kept_fini in any case. */
bool rule_db_kept_read(struct rule_db_kept *k, struct rule_db *db, const struct expression *e);
/* False: they are to be compiled. Only for patterns that were read meanwhile. */
bool rule_db_kept_databases(const struct rule_db_kept *k, struct rule_db *db,
			    const struct expression *e);
/* Keeps what was compiled. */
void rule_db_keep(const struct rule_db_kept *k, struct rule_db *db, const struct expression *e);
void rule_db_kept_fini(struct rule_db_kept *k);

#endif
