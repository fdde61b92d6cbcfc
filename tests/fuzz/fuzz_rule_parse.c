/*
 * Any text as a rule file: errors, never a crash. What is accepted is settled, and its patterns are
 * read as trees and walked over the text itself.
 */
#include <stddef.h>
#include <stdint.h>

#include "classify/rules/regex.h"
#include "classify/rules/rule_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { WINDOW = 256, FLAGS = REGEX_NOCASE | REGEX_DOTALL | REGEX_MULTILINE };

static void
walk(struct rule_list *list, const struct rule *rule, const uint8_t *text, size_t len)
{
	for (unsigned k = 0; k < rule->nr_patterns; k++) {
		const struct regex *re;
		size_t start;

		if (rule->patterns[k].kind != PATTERN_REGEX)
			continue;
		re = regex_parse(&list->memory, rule->patterns[k].text, len % (FLAGS + 1));
		for (size_t end = 0; re != NULL && end <= len; end += 16)
			regex_start(re, text, len, end, &start);
		if (re != NULL)
			regex_cut(re);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rule_list list = { 0 };

	rule_parse(&list, "fuzz.rules", data, len, NULL);
	rule_policy_settle(&list, NULL);
	for (unsigned i = 0; i < list.nr; i++)
		walk(&list, list.rules[i], data, len < WINDOW ? len : WINDOW);
	rule_list_fini(&list);
	return 0;
}
