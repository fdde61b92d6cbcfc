/*
 * The rule language: text -> struct rule.
 *
 *   rule ID {
 *     title      "text"                            required
 *     data_type  NAME                              required; `class` is the same
 *     severity   info|low|medium|high|critical     default medium
 *     in         BUFFER ...                        required; `any` is all; see buffer.h
 *     match      /regex/ims | "literal" [nocase]   any delimiter; repeated: one of them is enough
 *     find       digits N..M [sep "chars"]         digit groups, by the finder of digits.h
 *     find       iban
 *     validate   NAME                              see validators.h
 *     bounded                                      the value is no part of a longer word
 *     generic                                      gives way to a rule that names the value
 *     context    [needs] [+POINTS] [within N words] { word @LIST ... }
 *     veto       [within N words] { word @LIST ... }
 *     show       none|bin6last4|last4|iban|email|phone|prefix N
 *     test_values { value @LIST ... }              published test values; * stands for anything
 *     tags       NAME ...
 *     weak                                         never a finding without context
 *     threshold  N values|times                    fewer on one edge in one window are nothing
 *     enable     yes|no                            default yes
 *     rev        N
 *     sample     + "text"      sample - "text"     must, must not be found; checked at load
 *   }
 *   list NAME { word ... }                         before it is used
 *   include "path"                                 below the file's own folder; once each
 *   override ID { enable, severity, threshold }    ID may hold *; the last one wins
 *   suppress ID {
 *     owner "text"   until YYYY-MM-DD              required; the last day, UTC, packet time
 *     reason "text"  src NET ...  dst NET ...  host NAME ...
 *   }
 *
 * One statement a line; a list in braces may run over several. Strings know \n \t \r \" \\ \xHH,
 * regular expressions are Hyperscan's and raw. # begins a comment.
 *
 * What adds to itself (in, match, find, test_values, tags, sample; src, dst, host) may be said
 * again, anything else once. All errors of a file are told in one run, each as file:line:column,
 * what was expected, the line, and a caret.
 */
#ifndef WEIR_RULE_PARSE_H
#define WEIR_RULE_PARSE_H

#include <stdio.h>

#include "classify/rules/rule.h"
#include "classify/rules/rule_text.h"

enum {
	RULES_MAX = 65536,
	RULE_FILE_MAX = 16 << 20,
	RULE_INCLUDES_MAX = 8, /* inside each other */
	RULE_LIST_MAX = 1024,  /* words of a named list */
};

struct rule_named_list {
	struct rule_named_list *next;
	const char *name;
	unsigned nr;
	struct span words[RULE_LIST_MAX];
};

struct rule_override {
	struct rule_override *next; /* in the order they were read */
	struct span rules;	    /* an id, or a glob over ids */
	bool has_enabled, enabled;
	bool has_severity;
	enum severity severity;
	bool has_threshold;
	struct rule_threshold threshold;
	const char *file;
	unsigned line, column;
	const char *line_text;
};

/*
 * Reads an included file into the list; how many errors there were. Negative errno: it cannot be
 * read.
 */
struct rule_list;
typedef int rule_include_fn(void *arg, struct rule_list *list, const char *path, FILE *errors);

struct rule_list {
	struct rule **rules; /* owned array; the rules live in memory */
	unsigned nr, cap;
	struct rule **by_id; /* owned; open addressing, twice cap */
	struct rule *broken; /* not among them: their patterns are only looked at for more errors */
	struct rule_named_list *lists;
	struct rule_override *overrides, *last_override;
	struct rule_suppression *suppressions, *last_suppression;
	rule_include_fn *include; /* NULL: no file may be included */
	void *include_arg;
	unsigned depth; /* of includes */
	struct rule_text memory;
};

/* Adds the rules of one file to the list; how many errors there were. errors may be NULL. */
unsigned rule_parse(struct rule_list *list, const char *file, const uint8_t *text, size_t len,
		    FILE *errors);
void rule_list_fini(struct rule_list *list);

/* Can a word of a text be that one of a list? */
bool rule_word_is_met(const struct word *word);

/* NULL when there is none. */
struct rule *rule_list_find(const struct rule_list *list, const char *id);

#endif
