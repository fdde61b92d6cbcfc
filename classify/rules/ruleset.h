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
struct scanner;

/* Which files an attempt to load has read, or tried to. Owned. */
struct ruleset_files {
	char **paths;
	size_t nr;
};

/* Nothing is in it then. */
void ruleset_files_fini(struct ruleset_files *files);

struct ruleset_source {
	const char *dir;
	const char *local; /* one more file, read last: overrides and rules of one's own; or NULL */
	bool all;	   /* also rules that are off: for tools */
	/* Filled also when the rules are refused; empty before, the caller's then; or NULL. */
	struct ruleset_files *files;
};

/*
 * Reads *.rules of dir, in the order of their names, and what they include; folders below are not
 * entered. 0 and the set, or a negative errno: every error was then told to errors (may be NULL),
 * which ends each with the line and a caret. Warnings go there too. -EINVAL: the rules are at
 * fault.
 */
int ruleset_load_from(const struct ruleset_source *source, struct ruleset **out, FILE *errors);
/* The same without a local file. */
int ruleset_load(const char *dir, struct ruleset **out, FILE *errors);
/* The same from one text in memory, called file in errors. */
int ruleset_load_text(const char *file, const void *text, size_t len, struct ruleset **out,
		      FILE *errors);
/*
 * Changes when one of the files that loading would read does, or one of those that an attempt has
 * read (NULL: none); for watching them.
 */
uint64_t ruleset_stamp(const struct ruleset_source *source, const struct ruleset_files *files);
/* NULL does nothing. */
void ruleset_free(struct ruleset *set);

size_t ruleset_nr(const struct ruleset *set);
const struct rule *ruleset_rule(const struct ruleset *set, size_t i);
/* NULL when there is none. */
const struct rule *ruleset_find(const struct ruleset *set, const char *id);
/* In the order they were read; NULL: there are none. */
const struct rule_suppression *ruleset_suppressions(const struct ruleset *set);
/* The highest score of the rule's samples, by a scanner of its set; 0: it finds none of them. */
int ruleset_sample_score(struct scanner *s, const struct rule *rule);
/* Twelve hexadecimal digits over names and content of the files. */
const char *ruleset_hash(const struct ruleset *set);

/* For the scanner. */
const struct rule_db *ruleset_db(const struct ruleset *set);

#endif
