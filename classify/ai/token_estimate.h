/*
 * How many tokens a text has, roughly, where nobody says it.
 *
 * A tokeniser's vocabulary is megabytes and differs from model to model; what vocabularies have in
 * common is how they cut text before they look it up: words with the blank before them, digits by
 * threes, runs of punctuation, line ends. A frequent word is one token, a long or rare one several,
 * a letter outside ASCII about half of one, an ideograph about three quarters. That is counted
 * here:
 *
 *   class      a run of n costs
 *   letters    1, and 1 more for each ten letters; a letter of two bytes counts as two
 *   capitals   one for each three (of a word's first capital: nothing)
 *   digits     one for each three
 *   ideographs and other characters of three bytes   three for each four
 *   others     one for each two, of four bytes two each
 *   blanks     nothing for one, 1 for more; line ends 1
 *
 * An estimate, good to a few tens of per cent (docs/ai.md has its error as measured): never to be
 * mixed with what a service reports. Accepts any split. No state but the struct; all zero is empty.
 */
#ifndef WEIR_TOKEN_ESTIMATE_H
#define WEIR_TOKEN_ESTIMATE_H

#include <stddef.h>
#include <stdint.h>

struct token_estimate {
	uint64_t tokens; /* of the runs that have ended */
	uint32_t run;	 /* length of the one at hand */
	uint8_t class;	 /* its enum token_class, 0 for none */
};

void token_estimate_push(struct token_estimate *e, const uint8_t *text, size_t len);

/* So far, the run at hand included. */
uint64_t token_estimate_count(const struct token_estimate *e);

#endif
