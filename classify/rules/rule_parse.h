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
 *     context    [needs] [+POINTS] [within N words] { word ... }
 *     veto       [within N words] { word ... }
 *     show       none|bin6last4|last4|iban|email|phone|prefix N
 *     test_values { value ... }                    published test values; * stands for anything
 *     tags       NAME ...
 *     weak                                         never a finding without context
 *     rev        N
 *     sample     + "text"      sample - "text"     must, must not be found; checked at load
 *   }
 *
 * One statement a line; a list in braces may run over several. Strings know \n \t \r \" \\ \xHH,
 * regular expressions are Hyperscan's and raw. # begins a comment.
 *
 * All errors of a file are told in one run, each as file:line:column, what was expected, the line,
 * and a caret.
 */
#ifndef WEIR_RULE_PARSE_H
#define WEIR_RULE_PARSE_H

#include <stdio.h>

#include "classify/rules/rule.h"
#include "classify/rules/rule_text.h"

enum { RULES_MAX = 65536, RULE_FILE_MAX = 4 << 20 };

struct rule_list {
	struct rule **rules; /* owned array; the rules live in memory */
	unsigned nr, cap;
	struct rule_text memory;
};

/* Adds the rules of one file to the list; how many errors there were. errors may be NULL. */
unsigned rule_parse(struct rule_list *list, const char *file, const uint8_t *text, size_t len,
		    FILE *errors);
void rule_list_fini(struct rule_list *list);

#endif
