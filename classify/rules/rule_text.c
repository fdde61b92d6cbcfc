/* One allocation per piece, chained: rule files are small and read rarely. */
#include "classify/rules/rule_text.h"

#include <stdlib.h>
#include <string.h>

struct rule_text_block {
	struct rule_text_block *next;
	_Alignas(16) unsigned char bytes[];
};

void *
rule_text_take(struct rule_text *t, size_t len)
{
	struct rule_text_block *b = calloc(1, sizeof(*b) + len);

	if (b == NULL)
		return NULL;
	b->next = t->blocks;
	t->blocks = b;
	return b->bytes;
}

char *
rule_text_copy(struct rule_text *t, const void *p, size_t len)
{
	char *copy = rule_text_take(t, len + 1);

	if (copy != NULL && len != 0)
		memcpy(copy, p, len);
	return copy;
}

void
rule_text_fini(struct rule_text *t)
{
	while (t->blocks != NULL) {
		struct rule_text_block *next = t->blocks->next;

		free(t->blocks);
		t->blocks = next;
	}
}
