/*
 * From a libconfig file, or KEY=VALUE, to settings. The walk goes over what the file says and asks
 * the table about each, so nothing in the file stays unread.
 */
#include <libconfig.h>

#include "dataplane/config.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataplane/config_value.h"
#include "dataplane/log.h"

#define NAME_BYTES   256
#define MAX_ERRORS   20
#define MAX_SOURCES  64
#define MAX_FILE     (4u * 1024 * 1024)
#define LINE_BYTES   1024
#define PROPERTIES   "kafka.properties"

struct reporter {
	config_report_fn *report;
	void *arg;
	const char *name; /* of the main file */
	unsigned nr_errors;
};

static void
to_log(void *arg, const char *line)
{
	(void)arg;
	log_err("%s", line);
}

static void __attribute__((format(printf, 2, 3)))
complain(struct reporter *r, const char *format, ...)
{
	char line[LINE_BYTES];
	va_list args;

	if (r->nr_errors++ >= MAX_ERRORS)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	r->report(r->arg, line);
}

static const char *
file_of(const struct reporter *r, const config_setting_t *at)
{
	const char *file = config_setting_source_file(at);

	return file != NULL ? file : r->name;
}

/* What stands in the file, for a message. */
static void
spell_value(const config_setting_t *at, char out[NAME_BYTES])
{
	switch (config_setting_type(at)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		snprintf(out, NAME_BYTES, "%lld", config_setting_get_int64(at));
		break;
	case CONFIG_TYPE_FLOAT:
		snprintf(out, NAME_BYTES, "%g", config_setting_get_float(at));
		break;
	case CONFIG_TYPE_BOOL:
		snprintf(out, NAME_BYTES, "%s", config_setting_get_bool(at) ? "true" : "false");
		break;
	case CONFIG_TYPE_STRING:
		snprintf(out, NAME_BYTES, "\"%.200s\"", config_setting_get_string(at));
		break;
	case CONFIG_TYPE_GROUP:
		snprintf(out, NAME_BYTES, "{ ... }");
		break;
	default:
		snprintf(out, NAME_BYTES, "a list");
		break;
	}
}

static void
complain_at(struct reporter *r, const config_setting_t *at, const char *name, const char *expected)
{
	char value[NAME_BYTES];

	spell_value(at, value);
	complain(r, "%s:%u: %s = %s: %s", file_of(r, at), config_setting_source_line(at), name, value,
		 expected);
}

/* get_int64 gives 0 for a plain integer in 1.5. */
static int64_t
whole_number(const config_setting_t *at)
{
	return config_setting_type(at) == CONFIG_TYPE_INT ? config_setting_get_int(at)
							  : config_setting_get_int64(at);
}

static int
take_texts(struct config *c, const struct setting *s, config_setting_t *at, char *expected)
{
	int nr = config_setting_length(at);
	int e = 0;

	if (s->kind != SETTING_TEXTS) {
		setting_expected(s, expected);
		return -EINVAL;
	}
	setting_clear_texts(c, s);
	for (int i = 0; e == 0 && i < nr; i++) {
		const char *text = config_setting_get_string_elem(at, i);

		if (text == NULL) {
			setting_expected(s, expected);
			return -EINVAL;
		}
		e = setting_add_text(c, s, text, expected);
	}
	return e == 0 ? setting_texts_done(c, s, expected) : e;
}

static void
take_setting(struct config *c, const struct setting *s, config_setting_t *at, struct reporter *r)
{
	char expected[EXPECTED_BYTES];
	int e;

	switch (config_setting_type(at)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		e = setting_put_number(c, s, whole_number(at), expected);
		break;
	case CONFIG_TYPE_BOOL:
		e = setting_put_bool(c, s, config_setting_get_bool(at), expected);
		break;
	case CONFIG_TYPE_STRING:
		e = setting_put_text(c, s, config_setting_get_string(at), expected);
		break;
	case CONFIG_TYPE_ARRAY:
	case CONFIG_TYPE_LIST:
		e = take_texts(c, s, at, expected);
		break;
	default:
		setting_expected(s, expected);
		e = -EINVAL;
		break;
	}
	if (e != 0)
		complain_at(r, at, s->name, expected);
}

/* librdkafka's names have dots, which libconfig's have not: underscores stand for them. */
static void
take_properties(struct config *c, config_setting_t *group, struct reporter *r)
{
	int nr = config_setting_length(group);

	if (!config_setting_is_group(group)) {
		complain_at(r, group, PROPERTIES, "must be a group of texts: { acks = \"all\"; }");
		return;
	}
	for (int i = 0; i < nr; i++) {
		config_setting_t *at = config_setting_get_elem(group, (unsigned)i);
		const char *value = config_setting_get_string(at);
		char name[NAME_BYTES];

		snprintf(name, sizeof(name), "%s", config_setting_name(at));
		for (char *p = name; *p != '\0'; p++)
			*p = (char)(*p == '_' ? '.' : *p);
		/* The value may be a password, so no message says it. */
		if (value == NULL)
			complain(r, "%s:%u: %s.%s: must be a text in double quotes", file_of(r, at),
				 config_setting_source_line(at), PROPERTIES, name);
		else if (setting_put_property(c, name, value) != 0)
			complain(r, "%s: out of memory", PROPERTIES);
	}
}

static bool
replace_text(char **text, const config_setting_t *at)
{
	const char *value = config_setting_get_string(at);
	char *copy = value != NULL ? strdup(value) : NULL;

	if (copy == NULL)
		return false;
	free(*text);
	*text = copy;
	return true;
}

static bool
take_small(unsigned *number, const config_setting_t *at, unsigned min, unsigned max)
{
	int64_t v = whole_number(at);

	if (config_setting_type(at) != CONFIG_TYPE_INT || v < min || v > max)
		return false;
	*number = (unsigned)v;
	return true;
}

static void
take_port_member(struct port_config *p, const config_setting_t *at, struct reporter *r)
{
	const char *name = config_setting_name(at);
	const char *expected = NULL;
	char full[NAME_BYTES];

	if (strcmp(name, "device") == 0) {
		if (!replace_text(&p->device, at) || p->device[0] == '\0')
			expected = "must be a text such as \"iface:eth1\" or \"pci:0000:03:00.0\"";
	} else if (strcmp(name, "queues") == 0) {
		if (!take_small(&p->queues, at, 1, 64))
			expected = "must be a whole number 1..64";
	} else if (strcmp(name, "tap") == 0) {
		if (!replace_text(&p->tap, at))
			expected = "must be a text in double quotes";
	} else if (strcmp(name, "domain") == 0) {
		if (!take_small(&p->domain, at, 0, 65535))
			expected = "must be a whole number 0..65535";
	} else if (strcmp(name, "filter") == 0) {
		if (!replace_text(&p->filter, at))
			expected = "must be a text: a pcap filter";
	} else if (strcmp(name, "promiscuous") == 0) {
		p->promiscuous = config_setting_get_bool(at);
		if (config_setting_type(at) != CONFIG_TYPE_BOOL)
			expected = "must be true or false";
	} else {
		expected = "unknown: must be device, queues, tap, domain, filter or promiscuous";
	}
	if (expected == NULL)
		return;
	snprintf(full, sizeof(full), "ports.%s", name);
	complain_at(r, at, full, expected);
}

static int
init_port(struct port_config *p)
{
	*p = (struct port_config){ .device = strdup(""),
				   .tap = strdup(""),
				   .filter = strdup(""),
				   .queues = 1,
				   .promiscuous = true };
	return p->device == NULL || p->tap == NULL || p->filter == NULL ? -ENOMEM : 0;
}

static void
take_port(struct config *c, config_setting_t *group, struct reporter *r)
{
	struct port_config *p = &c->ports[c->nr_ports];
	int nr = config_setting_length(group);

	c->nr_ports++; /* at once, so that config_free sees it */
	if (init_port(p) != 0) {
		complain(r, "ports: out of memory");
		return;
	}
	for (int i = 0; i < nr; i++)
		take_port_member(p, config_setting_get_elem(group, (unsigned)i), r);
	if (config_setting_get_member(group, "device") == NULL)
		complain(r, "%s:%u: ports: a port without device: must be a text such as "
			    "\"iface:eth1\"",
			 file_of(r, group), config_setting_source_line(group));
}

static void
free_ports(struct config *c)
{
	for (unsigned i = 0; i < c->nr_ports; i++) {
		free(c->ports[i].device);
		free(c->ports[i].tap);
		free(c->ports[i].filter);
	}
	c->nr_ports = 0;
}

static void
take_ports(struct config *c, config_setting_t *list, struct reporter *r)
{
	int nr = config_setting_length(list);

	if (!config_setting_is_list(list)) {
		complain_at(r, list, "ports", "must be a list of groups: ( { device = \"...\"; } )");
		return;
	}
	free_ports(c);
	for (int i = 0; i < nr; i++) {
		config_setting_t *at = config_setting_get_elem(list, (unsigned)i);

		if (!config_setting_is_group(at)) {
			complain_at(r, at, "ports", "must be a group: { device = \"...\"; }");
		} else if (c->nr_ports == CONFIG_MAX_PORTS) {
			complain(r, "%s:%u: ports: must be at most %d", file_of(r, at),
				 config_setting_source_line(at), CONFIG_MAX_PORTS);
			return;
		} else {
			take_port(c, at, r);
		}
	}
}

static void
complain_unknown(struct reporter *r, const char *place, const char *name)
{
	const struct setting *near = setting_near(name);

	if (near != NULL)
		complain(r, "%s%s: unknown setting: did you mean %s?", place, name, near->name);
	else
		complain(r, "%s%s: unknown setting", place, name);
}

static void
walk(struct config *c, config_setting_t *group, const char *prefix, struct reporter *r)
{
	int nr = config_setting_length(group);

	for (int i = 0; i < nr; i++) {
		config_setting_t *at = config_setting_get_elem(group, (unsigned)i);
		const struct setting *s;
		char name[NAME_BYTES], place[NAME_BYTES];

		snprintf(name, sizeof(name), "%s%s%s", prefix, prefix[0] != '\0' ? "." : "",
			 config_setting_name(at));
		snprintf(place, sizeof(place), "%s:%u: ", file_of(r, at),
			 config_setting_source_line(at));
		s = setting_find(name);
		if (s != NULL)
			take_setting(c, s, at, r);
		else if (strcmp(name, "ports") == 0)
			take_ports(c, at, r);
		else if (strcmp(name, PROPERTIES) == 0)
			take_properties(c, at, r);
		else if (setting_is_group(name) && config_setting_is_group(at))
			walk(c, at, name, r);
		else if (setting_is_group(name))
			complain_at(r, at, name, "must be a group: { ... }");
		else
			complain_unknown(r, place, name);
	}
}

/* One token of a configuration's text that matters here; returns what follows it. */
static const char *
skip_token(const char *p, unsigned *line)
{
	const char *end;

	if (*p == '#' || (p[0] == '/' && p[1] == '/'))
		return p + strcspn(p, "\n");
	if (p[0] == '/' && p[1] == '*') {
		end = strstr(p + 2, "*/");
		end = end != NULL ? end + 2 : p + strlen(p);
	} else if (*p == '"') {
		end = p + 1;
		while (*end != '\0' && *end != '"')
			end += end[0] == '\\' && end[1] != '\0' ? 2 : 1;
		end += *end == '"';
	} else if (isalpha((unsigned char)*p) || *p == '*') {
		end = p + 1;
		while (isalnum((unsigned char)*end) || *end == '-' || *end == '_' || *end == '*')
			end++;
	} else {
		end = p + 1;
	}
	for (; p < end; p++)
		*line += *p == '\n';
	return end;
}

/*
 * libconfig 1.5 wraps an integer that does not fit 32 bits and says nothing, so the text itself is
 * looked at. With an L behind it a number keeps its 64 bits, and the range check sees it.
 */
static void
check_numbers(const char *text, const char *name, struct reporter *r)
{
	unsigned line = 1;

	for (const char *p = text; *p != '\0';) {
		size_t digits = strspn(p, "0123456789");
		size_t len = digits;

		if (digits == 0) {
			p = skip_token(p, &line);
			continue;
		}
		if (digits == 1 && *p == '0' && (p[1] == 'x' || p[1] == 'X'))
			len = digits = 2 + strspn(p + 2, "0123456789abcdefABCDEF");
		len += strspn(p + len, "Ll.eE0123456789");
		if (len == digits && (digits > 18 || strtoull(p, NULL, 0) > CONFIG_MAX_NUMBER))
			complain(r, "%s:%u: %.*s: too large: no setting exceeds %u", name, line,
				 (int)(digits < 40 ? digits : 40), p, CONFIG_MAX_NUMBER);
		p += len;
	}
}

/* libconfig 1.5 names an included file as the @include does, later ones with the folder. */
static FILE *
open_source(const char *folder, const char *file)
{
	char path[4096 + NAME_BYTES];
	FILE *f = NULL;

	if (folder != NULL && file[0] != '/' &&
	    (size_t)snprintf(path, sizeof(path), "%s/%s", folder, file) < sizeof(path))
		f = fopen(path, "re");
	return f != NULL ? f : fopen(file, "re");
}

static char *
read_text(const char *folder, const char *file)
{
	FILE *f = open_source(folder, file);
	char *text = f != NULL ? malloc(MAX_FILE + 1) : NULL;

	if (text != NULL)
		text[fread(text, 1, MAX_FILE, f)] = '\0';
	if (f != NULL)
		fclose(f);
	return text;
}

struct sources {
	const char *file[MAX_SOURCES];
	unsigned nr;
};

/* Every file that some setting came from. */
static void
collect_sources(struct sources *s, config_setting_t *at)
{
	const char *file = config_setting_source_file(at);
	int nr = config_setting_is_aggregate(at) ? config_setting_length(at) : 0;
	bool known = file == NULL || s->nr == MAX_SOURCES;

	for (unsigned i = 0; !known && i < s->nr; i++)
		known = strcmp(s->file[i], file) == 0;
	if (!known)
		s->file[s->nr++] = file;
	for (int i = 0; i < nr; i++)
		collect_sources(s, config_setting_get_elem(at, (unsigned)i));
}

static void
check_files(config_t *lib, struct reporter *r)
{
	struct sources sources = { .nr = 0 };

	collect_sources(&sources, config_root_setting(lib));
	for (unsigned i = 0; i < sources.nr; i++) {
		char *text = read_text(config_get_include_dir(lib), sources.file[i]);

		if (text != NULL)
			check_numbers(text, sources.file[i], r);
		free(text);
	}
}

static void
complain_syntax(const config_t *lib, struct reporter *r)
{
	const char *file = config_error_file(lib);

	complain(r, "%s:%d: %s", file != NULL ? file : r->name, config_error_line(lib),
		 config_error_text(lib));
}

/* Relative includes are looked up next to the main file. */
static void
set_include_folder(config_t *lib, const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[4096];

	if (slash == NULL || (size_t)(slash - path) >= sizeof(folder))
		return;
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	config_set_include_dir(lib, folder);
}

int
config_load_reporting(struct config *c, const char *path, config_report_fn *report, void *arg)
{
	struct reporter r = { report != NULL ? report : to_log, arg, path, 0 };
	FILE *f = fopen(path, "re");
	struct stat st;
	config_t lib;

	if (f == NULL || fstat(fileno(f), &st) != 0 || S_ISDIR(st.st_mode)) {
		complain(&r, "%s: %s", path, f == NULL ? strerror(errno) : "is a folder");
		if (f != NULL)
			fclose(f);
		return -ENOENT;
	}
	fclose(f);
	config_init(&lib);
	set_include_folder(&lib, path);
	if (config_read_file(&lib, path) == CONFIG_TRUE) {
		check_files(&lib, &r);
		if (r.nr_errors == 0)
			walk(c, config_root_setting(&lib), "", &r);
	} else {
		complain_syntax(&lib, &r);
	}
	config_destroy(&lib);
	return r.nr_errors == 0 ? 0 : -EINVAL;
}

int
config_load(struct config *c, const char *path)
{
	return config_load_reporting(c, path, NULL, NULL);
}

int
config_load_text(struct config *c, const char *name, const char *text, config_report_fn *report,
		 void *arg)
{
	struct reporter r = { report != NULL ? report : to_log, arg, name, 0 };
	config_t lib;

	config_init(&lib);
	if (config_read_string(&lib, text) == CONFIG_TRUE) {
		check_numbers(text, name, &r);
		if (r.nr_errors == 0)
			walk(c, config_root_setting(&lib), "", &r);
	} else {
		complain_syntax(&lib, &r);
	}
	config_destroy(&lib);
	return r.nr_errors == 0 ? 0 : -EINVAL;
}

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
	struct reporter r = { report != NULL ? report : to_log, arg, NULL, 0 };
	size_t len = strcspn(key_value, "=");
	char name[NAME_BYTES], expected[EXPECTED_BYTES] = "out of memory";
	const char *value = key_value + len + 1;
	const struct setting *s;
	int e;

	if (key_value[len] == '\0' || len == 0 || len >= sizeof(name)) {
		complain(&r, "\"%.100s\": must be KEY=VALUE, such as workers=2", key_value);
		return -EINVAL;
	}
	memcpy(name, key_value, len);
	name[len] = '\0';
	if (strncmp(name, PROPERTIES ".", strlen(PROPERTIES) + 1) == 0)
		return setting_put_property(c, name + strlen(PROPERTIES) + 1, value);
	s = setting_find(name);
	if (s == NULL) {
		complain_unknown(&r, "", name);
		return -EINVAL;
	}
	e = put_text_value(c, s, value, expected);
	if (e != 0)
		complain(&r, "%s = %.200s: %s", name, value, expected);
	return e;
}

int
config_set(struct config *c, const char *key_value)
{
	return config_set_reporting(c, key_value, NULL, NULL);
}
