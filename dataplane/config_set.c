/* From KEY=VALUE, as on a command line, to a setting. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/config_value.h"

static int
put_number_text(struct config *c, const struct setting *s, const char *value, char *expected)
{
	size_t digits = strspn(value, "0123456789");

	if (digits == 0 || digits > 18 || value[digits] != '\0') {
		setting_expected(s, expected);
		return -EINVAL;
	}
	return setting_put_number(c, s, (int64_t)strtoull(value, NULL, 10), expected);
}

static int
put_bool_text(struct config *c, const struct setting *s, const char *value, char *expected)
{
	bool yes = strcmp(value, "true") == 0;

	if (!yes && strcmp(value, "false") != 0) {
		setting_expected(s, expected);
		return -EINVAL;
	}
	return setting_put_bool(c, s, yes, expected);
}

static int
put_list_text(struct config *c, const struct setting *s, const char *value, char *expected)
{
	int e = 0;

	setting_clear_texts(c, s);
	while (e == 0 && *value != '\0') {
		size_t len = strcspn(value, ",");
		char *element = strndup(value, len);

		e = element != NULL ? setting_add_text(c, s, element, expected) : -ENOMEM;
		free(element);
		value += len + (value[len] == ',');
	}
	return e == 0 ? setting_texts_done(c, s, expected) : e;
}

static int
put_text_value(struct config *c, const struct setting *s, const char *value, char *expected)
{
	switch (s->kind) {
	case SETTING_UINT:
		return put_number_text(c, s, value, expected);
	case SETTING_BOOL:
		return put_bool_text(c, s, value, expected);
	case SETTING_TEXTS:
		return put_list_text(c, s, value, expected);
	default:
		return setting_put_text(c, s, value, expected);
	}
}

int
config_set_reporting(struct config *c, const char *key_value, config_report_fn *report, void *arg)
{
	struct reporter r = reporter_begin(report, arg, "");
	size_t len = strcspn(key_value, "=");
	char name[SETTING_NAME_BYTES], expected[EXPECTED_BYTES] = "out of memory";
	const char *value = key_value + len + 1;
	const struct setting *s;
	int e;

	if (key_value[len] == '\0' || len == 0 || len >= sizeof(name)) {
		reporter_complain(&r, "\"%.100s\": must be KEY=VALUE, such as workers=2",
				  key_value);
		return -EINVAL;
	}
	memcpy(name, key_value, len);
	name[len] = '\0';
	if (strncmp(name, CONFIG_PROPERTIES ".", strlen(CONFIG_PROPERTIES) + 1) == 0)
		return setting_put_property(c, name + strlen(CONFIG_PROPERTIES) + 1, value);
	s = setting_find(name);
	if (s == NULL) {
		reporter_unknown(&r, "", name);
		return -EINVAL;
	}
	e = put_text_value(c, s, value, expected);
	if (e != 0)
		reporter_complain(&r, "%s = %.200s: %s", name, value, expected);
	return e;
}

int
config_set(struct config *c, const char *key_value)
{
	return config_set_reporting(c, key_value, NULL, NULL);
}
