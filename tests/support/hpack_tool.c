/*
 * Decodes header blocks for a test: reads lines from standard input and writes one for each.
 *
 *   start | late     a new connection, seen from its start or joined in the middle
 *   HEX              a block: its fields as JSON-free text, name \t value \x1f ..., ? for unknown
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/proto/hpack.h"

static struct hpack_table table;
static struct hpack_text text;

static void
put(struct span s)
{
	if (s.p == NULL)
		putchar('?');
	else
		fwrite(s.p, 1, s.len, stdout);
}

static void
field(void *arg, struct span name, struct span value)
{
	(void)arg;
	put(name);
	putchar('\t');
	put(value);
	putchar('\x1f');
}

int
main(void)
{
	static char line[1 << 18];
	static uint8_t block[1 << 17];
	struct hpack h;

	hpack_init(&h, false);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		size_t n = 0;

		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "start") == 0 || strcmp(line, "late") == 0) {
			hpack_init(&h, line[0] == 'l');
			hpack_set_table(&h, &table);
			continue;
		}
		for (const char *p = line; p[0] != '\0' && p[1] != '\0'; p += 2)
			block[n++] =
			    (uint8_t)(hex_value((uint8_t)p[0]) << 4 | hex_value((uint8_t)p[1]));
		hpack_begin(&h, &text);
		/* In two pieces, as a segment's end may cut it. */
		hpack_push(&h, block, n / 2, field, NULL);
		hpack_push(&h, block + n / 2, n - n / 2, field, NULL);
		printf("%s\n", hpack_end(&h) == HPACK_OK ? "" : "!");
	}
	return 0;
}
