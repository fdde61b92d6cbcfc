/*
 * From a libconfig file to settings. The walk goes over what the file says and asks
 * the table about each, so nothing in the file stays unread.
 */
#include <libconfig.h>

#include "dataplane/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataplane/config_value.h"

#define MAX_SOURCES 64
#define MAX_FILE    (4u * 1024 * 1024)

static const char *
file_of(const struct reporter *r, const config_setting_t *at)
{
	const char *file = config_setting_source_file(at);

	return file != NULL ? file : r->name;
}

/* What stands in the file, for a message. */
static void
spell_value(const config_setting_t *at, char out[SETTING_NAME_BYTES])
{
	switch (config_setting_type(at)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		snprintf(out, SETTING_NAME_BYTES, "%lld", config_setting_get_int64(at));
		break;
	case CONFIG_TYPE_FLOAT:
		snprintf(out, SETTING_NAME_BYTES, "%g", config_setting_get_float(at));
		break;
	case CONFIG_TYPE_BOOL:
		snprintf(out, SETTING_NAME_BYTES, "%s",
			 config_setting_get_bool(at) ? "true" : "false");
		break;
	case CONFIG_TYPE_STRING:
		snprintf(out, SETTING_NAME_BYTES, "\"%.200s\"", config_setting_get_string(at));
		break;
	case CONFIG_TYPE_GROUP:
		snprintf(out, SETTING_NAME_BYTES, "{ ... }");
		break;
	default:
		snprintf(out, SETTING_NAME_BYTES, "a list");
		break;
	}
}

static void
complain_at(struct reporter *r, const config_setting_t *at, const char *name, const char *expected)
{
	char value[SETTING_NAME_BYTES];

	spell_value(at, value);
	reporter_complain(r, "%s:%u: %s = %s: %s", file_of(r, at), config_setting_source_line(at),
			  name, value, expected);
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
		complain_at(r, group, CONFIG_PROPERTIES,
			    "must be a group of texts: { acks = \"all\"; }");
		return;
	}
	for (int i = 0; i < nr; i++) {
		config_setting_t *at = config_setting_get_elem(group, (unsigned)i);
		const char *value = config_setting_get_string(at);
		char name[SETTING_NAME_BYTES];

		snprintf(name, sizeof(name), "%s", config_setting_name(at));
		for (char *p = name; *p != '\0'; p++)
			*p = (char)(*p == '_' ? '.' : *p);
		/* The value may be a password, so no message says it. */
		if (value == NULL)
			reporter_complain(r, "%s:%u: %s.%s: must be a text in double quotes",
					  file_of(r, at), config_setting_source_line(at),
					  CONFIG_PROPERTIES, name);
		else if (setting_put_property(c, name, value) != 0)
			reporter_complain(r, "%s: out of memory", CONFIG_PROPERTIES);
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

/* As dedup.policy names them; -1 for what is no such name. */
static int
dedup_policy_of(const char *name)
{
	static const char *const names[] = { "none", "same_vlan", "collapse" };

	for (int i = 0; name != NULL && i < 3; i++) {
		if (strcmp(name, names[i]) == 0)
			return i;
	}
	return -1;
}

static void
take_port_member(struct port_config *p, const config_setting_t *at, struct reporter *r)
{
	const char *name = config_setting_name(at);
	const char *expected = NULL;
	char full[SETTING_NAME_BYTES];

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
	} else if (strcmp(name, "mtu") == 0) {
		if (!take_small(&p->mtu, at, 0, 65535))
			expected = "must be a whole number 0..65535";
	} else if (strcmp(name, "descriptors") == 0) {
		if (!take_small(&p->descriptors, at, 0, 32768))
			expected = "must be a whole number 0..32768";
	} else if (strcmp(name, "filter") == 0) {
		if (!replace_text(&p->filter, at))
			expected = "must be a pcap-filter(7) expression in double quotes";
	} else if (strcmp(name, "dedup") == 0) {
		p->dedup = dedup_policy_of(config_setting_get_string(at));
		if (p->dedup < 0)
			expected = "must be \"none\", \"same_vlan\" or \"collapse\"";
	} else if (strcmp(name, "promiscuous") == 0) {
		p->promiscuous = config_setting_get_bool(at);
		if (config_setting_type(at) != CONFIG_TYPE_BOOL)
			expected = "must be true or false";
	} else {
		expected = "unknown: must be device, queues, tap, domain, promiscuous, mtu, "
			   "descriptors, filter or dedup";
	}
	if (expected == NULL)
		return;
	snprintf(full, sizeof(full), "ports.%s", name);
	complain_at(r, at, full, expected);
}

static int
init_port(struct port_config *p)
{
	*p = (struct port_config) { .device = strdup(""),
				    .tap = strdup(""),
				    .filter = strdup(""),
				    .queues = 1,
				    .dedup = -1,
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
		reporter_complain(r, "ports: out of memory");
		return;
	}
	for (int i = 0; i < nr; i++)
		take_port_member(p, config_setting_get_elem(group, (unsigned)i), r);
	if (config_setting_get_member(group, "device") == NULL)
		reporter_complain(r,
				  "%s:%u: ports: a port without device: must be a text such as "
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
		complain_at(r, list, "ports",
			    "must be a list of groups: ( { device = \"...\"; } )");
		return;
	}
	free_ports(c);
	for (int i = 0; i < nr; i++) {
		config_setting_t *at = config_setting_get_elem(list, (unsigned)i);

		if (!config_setting_is_group(at)) {
			complain_at(r, at, "ports", "must be a group: { device = \"...\"; }");
		} else if (c->nr_ports == CONFIG_MAX_PORTS) {
			reporter_complain(r, "%s:%u: ports: must be at most %d", file_of(r, at),
					  config_setting_source_line(at), CONFIG_MAX_PORTS);
			return;
		} else {
			take_port(c, at, r);
		}
	}
}

static void
walk(struct config *c, config_setting_t *group, const char *prefix, struct reporter *r)
{
	int nr = config_setting_length(group);

	for (int i = 0; i < nr; i++) {
		config_setting_t *at = config_setting_get_elem(group, (unsigned)i);
		const struct setting *s;
		char name[SETTING_NAME_BYTES], place[SETTING_NAME_BYTES];

		snprintf(name, sizeof(name), "%s%s%s", prefix, prefix[0] != '\0' ? "." : "",
			 config_setting_name(at));
		snprintf(place, sizeof(place), "%s:%u: ", file_of(r, at),
			 config_setting_source_line(at));
		s = setting_find(name);
		if (s != NULL)
			take_setting(c, s, at, r);
		else if (strcmp(name, "ports") == 0)
			take_ports(c, at, r);
		else if (strcmp(name, CONFIG_PROPERTIES) == 0)
			take_properties(c, at, r);
		else if (setting_is_group(name) && config_setting_is_group(at))
			walk(c, at, name, r);
		else if (setting_is_group(name))
			complain_at(r, at, name, "must be a group: { ... }");
		else
			reporter_unknown(r, place, name);
	}
}

/* libconfig 1.5 names an included file as the @include does, later ones with the folder. */
static FILE *
open_source(const char *folder, const char *file)
{
	char path[4096 + SETTING_NAME_BYTES];
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
			config_check_numbers(text, sources.file[i], r);
		free(text);
	}
}

static void
complain_syntax(const config_t *lib, struct reporter *r)
{
	const char *file = config_error_file(lib);

	reporter_complain(r, "%s:%d: %s", file != NULL ? file : r->name, config_error_line(lib),
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
	struct reporter r = reporter_begin(report, arg, path);
	FILE *f = fopen(path, "re");
	struct stat st;
	config_t lib;

	if (f == NULL || fstat(fileno(f), &st) != 0 || S_ISDIR(st.st_mode)) {
		reporter_complain(&r, "%s: %s", path, f == NULL ? strerror(errno) : "is a folder");
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
	struct reporter r = reporter_begin(report, arg, name);
	config_t lib;

	config_init(&lib);
	if (config_read_string(&lib, text) == CONFIG_TRUE) {
		config_check_numbers(text, name, &r);
		if (r.nr_errors == 0)
			walk(c, config_root_setting(&lib), "", &r);
	} else {
		complain_syntax(&lib, &r);
	}
	config_destroy(&lib);
	return r.nr_errors == 0 ? 0 : -EINVAL;
}
