/*
 * Puts numbers to the validators for a test: reads lines from standard input and writes one for
 * each.
 *
 *   VALIDATOR \t VALUE   1 when the validator takes the value, 0 when it does not, ? for an unknown
 * one
 */
#include <stdio.h>
#include <string.h>

#include "classify/detect/validators.h"

int
main(void)
{
	static char line[1 << 12];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		size_t len = strcspn(line, "\n"), name = strcspn(line, "\t");
		const struct validator *validator = validator_find(span_of((uint8_t *)line, name));
		struct value v;

		if (validator == NULL || name >= len) {
			puts("?");
			continue;
		}
		value_init(&v, (uint8_t *)line, len, name + 1, len);
		puts(validator->check(&v) ? "1" : "0");
	}
	return 0;
}
