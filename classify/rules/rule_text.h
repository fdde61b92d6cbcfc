/*
 * Memory for what rule files say: handed out in pieces, freed all at once. Control path only.
 */
#ifndef WEIR_RULE_TEXT_H
#define WEIR_RULE_TEXT_H

#include <stddef.h>

struct rule_text_block;

struct rule_text {
	struct rule_text_block *blocks; /* owned, newest first */
};

/* Zeroed and aligned for anything; NULL when memory is out. */
void *rule_text_take(struct rule_text *t, size_t len);
/* A copy with a NUL behind it. */
char *rule_text_copy(struct rule_text *t, const void *p, size_t len);
void rule_text_fini(struct rule_text *t);

#endif
