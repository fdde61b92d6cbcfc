/*
 * TOML 1.0, as much of it as gitleaks' files use: tables and arrays of tables, keys, strings of all
 * four kinds, arrays of strings. Any other value is passed over; a key with dots has no value here.
 * The text is borrowed.
 */
#ifndef WEIR_TOML_H
#define WEIR_TOML_H

#include "classify/span.h"

enum { TOML_NAME_CAP = 128 };

struct toml {
	const uint8_t *p, *end;
	unsigned line;
	char name[TOML_NAME_CAP]; /* of the key or the table at hand, its dots included; cut */
};

enum toml_item { TOML_END, TOML_TABLE, TOML_TABLE_IN_ARRAY, TOML_KEY };

void toml_init(struct toml *t, struct span text);
/*
 * On to the next table or key; of a key the value is then at hand and has to be taken or passed
 * over. A line that is neither is passed over.
 */
enum toml_item toml_next(struct toml *t);
/*
 * A string of any kind into out, cut at cap; *len is its length before it was cut. False when there
 * is none, or it does not end.
 */
bool toml_take_string(struct toml *t, char *out, size_t cap, size_t *len);
/* On to the next element of an array; false: there is none, or no array, and it is passed over. */
bool toml_enter_array(struct toml *t);
bool toml_next_element(struct toml *t);
void toml_skip_value(struct toml *t);
/* Does the value at hand begin so? */
bool toml_value_starts(const struct toml *t, const char *text);

#endif
