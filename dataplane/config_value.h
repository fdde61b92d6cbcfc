/*
 * One setting at a time, checked: what config.c and config_file.c share. Not for others.
 *
 * The functions that put a value return 0, or a negative errno with expected saying what would
 * have been right ("must be 1..64").
 */
#ifndef WEIR_CONFIG_VALUE_H
#define WEIR_CONFIG_VALUE_H

#include <stddef.h>

#include "dataplane/config.h"

#define EXPECTED_BYTES 256

enum setting_kind { SETTING_UINT, SETTING_BOOL, SETTING_ENUM, SETTING_TEXT, SETTING_TEXTS };

struct setting {
	const char *name;
	enum setting_kind kind;
	size_t offset; /* of the member in struct config */
	uint64_t number, min, max;
	const char *text;    /* default of ENUM, TEXT and TEXTS */
	const char *choices; /* "a|b|c", or "" */
	const char *unit, *meaning;
};

const struct setting *setting_find(const char *name);

/* The setting whose name is nearest, or NULL when none is near. */
const struct setting *setting_near(const char *name);

/* Whether there is a setting below that name: "flow" for flow.max. */
bool setting_is_group(const char *name);

void setting_expected(const struct setting *s, char expected[EXPECTED_BYTES]);

int setting_put_number(struct config *c, const struct setting *s, int64_t v, char *expected);
int setting_put_bool(struct config *c, const struct setting *s, bool v, char *expected);
int setting_put_text(struct config *c, const struct setting *s, const char *v, char *expected);

/* A list, element by element: clear, add each, then done (which checks what is in it). */
void setting_clear_texts(struct config *c, const struct setting *s);
int setting_add_text(struct config *c, const struct setting *s, const char *v, char *expected);
int setting_texts_done(struct config *c, const struct setting *s, char *expected);

/* Copies both; a property that is there already gets the new value. */
int setting_put_property(struct config *c, const char *name, const char *value);

#endif
