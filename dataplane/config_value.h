/*
 * One setting at a time, checked: what config.c and config_set.c share. Not for others.
 *
 * The functions that put a value return 0, or a negative errno with expected saying what would
 * have been right ("must be 1..64").
 */
#ifndef WEIR_CONFIG_VALUE_H
#define WEIR_CONFIG_VALUE_H

#include <stddef.h>

#include "dataplane/config.h"

#define EXPECTED_BYTES	   256
#define SETTING_NAME_BYTES 256
#define CONFIG_PROPERTIES  "kafka.properties"

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

/* Passes on the first 20 errors, and counts all. */
struct reporter {
	config_report_fn *report;
	void *arg;
	const char *name; /* of the main file; kept */
	unsigned nr_errors;
};

/* report NULL: the log. */
struct reporter reporter_begin(config_report_fn *report, void *arg, const char *name);
void reporter_complain(struct reporter *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* place: "FILE:LINE: ", or "". */
void reporter_unknown(struct reporter *r, const char *place, const char *name);

/* Complains about each integer in a configuration's text that exceeds CONFIG_MAX_NUMBER. */
void config_check_numbers(const char *text, const char *name, struct reporter *r);

/* Copies both; a property that is there already gets the new value. */
int setting_put_property(struct config *c, const char *name, const char *value);

#endif
