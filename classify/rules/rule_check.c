/* Whether a rule that was read without an error can find anything at all. */
#include "classify/detect/value.h"
#include "classify/rules/rule_read.h"

bool
rule_word_is_met(const struct word *word)
{
	for (unsigned i = 0; i < word->len; i++) {
		uint8_t c = (uint8_t)word->text[i];

		if (!is_alnum(c) && c != '_' && c != '-' && c < 0x80)
			return false;
	}
	return word->len != 0;
}

static bool
any_is_met(const struct word_list *list)
{
	for (unsigned i = 0; i < list->nr; i++) {
		if (rule_word_is_met(&list->words[i]))
			return true;
	}
	return false;
}

void
rule_check_finds(struct parser *p)
{
	const struct rule *r = p->rule;
	bool met = any_is_met(&r->context.list);

	if (r->weak && !met)
		parser_rule_error(p, "expected a context: a weak rule never reports without one");
	else if (r->context.needed && !met)
		parser_rule_error(
		    p, "expected a word of letters and digits in the context that it needs");
	for (unsigned i = 0; i < r->nr_patterns; i++) {
		if (r->patterns[i].kind == PATTERN_IBAN &&
		    (r->validator == NULL || strcmp(r->validator->name, "iban") != 0))
			parser_rule_error(p, "expected 'validate iban' with 'find iban'");
		if (r->patterns[i].kind == PATTERN_DIGITS && r->validator != NULL &&
		    r->validator->lettered)
			parser_rule_error(
			    p, "expected a validator for numbers with 'find digits': this one "
			       "takes none without letters");
	}
}
