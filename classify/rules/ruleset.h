/*
 * A directory of rule files, loaded: parsed, compiled, and every rule's samples run through the
 * real scanner. A rule set is immutable and may be shared by all workers; whoever loaded it frees
 * it when the last of them has let go.
 */
#ifndef WEIR_RULESET_H
#define WEIR_RULESET_H

#include <stdio.h>

#include "classify/rules/rule.h"

struct ruleset;
struct rule_db;

/*
 * Reads *.rules of dir, in the order of their names; folders below are not entered. 0 and the set,
 * or a negative errno: every error was then told to errors (may be NULL), which ends each with
 * the line and a caret. -EINVAL: the rules are at fault.
 */
int ruleset_load(const char *dir, struct ruleset **out, FILE *errors);
/* The same from one text in memory, called file in errors. */
int ruleset_load_text(const char *file, const void *text, size_t len, struct ruleset **out,
		      FILE *errors);
/* NULL does nothing. */
void ruleset_free(struct ruleset *set);

size_t ruleset_nr(const struct ruleset *set);
const struct rule *ruleset_rule(const struct ruleset *set, size_t i);
/* NULL when there is none. */
const struct rule *ruleset_find(const struct ruleset *set, const char *id);
/* Twelve hexadecimal digits over names and content of the files. */
const char *ruleset_hash(const struct ruleset *set);

/* For the scanner. */
const struct rule_db *ruleset_db(const struct ruleset *set);

#endif
