#include "dataplane/exposition.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void
exposition_begin(struct exposition *e, const struct config *config)
{
	e->config = config;
	e->nr = 0;
}

/* "port_12_missed", prefix "port_": moves name behind the number. */
static bool
take_number(const char **name, const char *prefix, unsigned max, unsigned *number)
{
	size_t len = strlen(prefix);
	unsigned long v;
	char *end;

	if (strncmp(*name, prefix, len) != 0)
		return false;
	v = strtoul(*name + len, &end, 10);
	if (end == *name + len || *end != '_' || v >= max)
		return false;
	*number = (unsigned)v;
	*name = end + 1;
	return true;
}

/* "llm_openai_calls": moves name to its column, and keeps what is before it. */
static bool
take_provider(const char **name, char provider[AI_LEDGER_NAME_CAP])
{
	const char *from = *name + 4;

	if (strncmp(*name, "llm_", 4) != 0 || counter_info_find(*name, COUNTER_OF_ALL) != NULL)
		return false;
	for (const char *at = strchr(from, '_'); at != NULL; at = strchr(at + 1, '_')) {
		if (counter_info_find(at + 1, COUNTER_OF_PROVIDER) == NULL ||
		    at - from >= AI_LEDGER_NAME_CAP)
			continue;
		snprintf(provider, AI_LEDGER_NAME_CAP, "%.*s", (int)(at - from), from);
		*name = at + 1;
		return true;
	}
	return false;
}

void
exposition_put(void *arg, const char *name, uint64_t value)
{
	struct exposition *e = arg;
	enum counter_scope scope = COUNTER_OF_ALL;
	unsigned number = 0;

	if (e->nr == EXPOSITION_MAX_SAMPLES)
		return;
	if (take_number(&name, "port_", CONFIG_MAX_PORTS, &number))
		scope = COUNTER_OF_PORT;
	else if (take_number(&name, "worker_", CONFIG_MAX_WORKERS, &number))
		scope = COUNTER_OF_WORKER;
	else if (take_provider(&name, e->samples[e->nr].provider))
		scope = COUNTER_OF_PROVIDER;
	e->samples[e->nr].scope = scope;
	e->samples[e->nr].number = number;
	e->samples[e->nr].value = value;
	snprintf(e->samples[e->nr].name, EXPOSITION_NAME_BYTES, "%s", name);
	e->nr++;
}

/* Backslash, quote and line feed are the three that need it. */
static void
write_label(FILE *to, const char *name, const char *value)
{
	fprintf(to, "%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			fputs("\\n", to);
		else if (*value == '"' || *value == '\\')
			fprintf(to, "\\%c", *value);
		else
			fputc(*value, to);
	}
	fputc('"', to);
}

static void
write_sample(const struct exposition *e, FILE *to, const char *metric, unsigned i)
{
	unsigned number = e->samples[i].number;

	fputs(metric, to);
	if (e->samples[i].scope == COUNTER_OF_WORKER)
		fprintf(to, "{worker=\"%u\"}", number);
	if (e->samples[i].scope == COUNTER_OF_PROVIDER)
		fprintf(to, "{provider=\"%s\"}", e->samples[i].provider);
	if (e->samples[i].scope == COUNTER_OF_PORT && number < e->config->nr_ports) {
		const struct port_config *p = &e->config->ports[number];

		fprintf(to, "{port=\"%u\",", number);
		write_label(to, "device", p->device);
		fputc(',', to);
		write_label(to, "tap", p->tap[0] != '\0' ? p->tap : p->device);
		fputc('}', to);
	}
	fprintf(to, " %" PRIu64 "\n", e->samples[i].value);
}

static bool
same_metric(const struct exposition *e, unsigned a, unsigned b)
{
	return e->samples[a].scope == e->samples[b].scope &&
	       strcmp(e->samples[a].name, e->samples[b].name) == 0;
}

static bool
is_first(const struct exposition *e, unsigned i)
{
	for (unsigned k = 0; k < i; k++) {
		if (same_metric(e, k, i))
			return false;
	}
	return true;
}

static void
write_metric(const struct exposition *e, FILE *to, unsigned first)
{
	const char *name = e->samples[first].name;
	static const char *const prefixes[] = {
		[COUNTER_OF_ALL] = "",
		[COUNTER_OF_PORT] = "port_",
		[COUNTER_OF_WORKER] = "worker_",
		[COUNTER_OF_PROVIDER] = "provider_",
	};
	enum counter_scope scope = e->samples[first].scope;
	const struct counter_info *info = counter_info_find(name, scope);
	bool gauge = info != NULL && info->gauge;
	char metric[EXPOSITION_NAME_BYTES + 32];

	snprintf(metric, sizeof(metric), "weir_%s%s%s", prefixes[scope], name,
		 gauge ? "" : "_total");
	fprintf(to, "# HELP %s %s\n# TYPE %s %s\n", metric,
		info != NULL ? info->meaning : "see Stats in docs/records.md", metric,
		gauge ? "gauge" : "counter");
	for (unsigned i = first; i < e->nr; i++) {
		if (same_metric(e, first, i))
			write_sample(e, to, metric, i);
	}
}

void
exposition_write(const struct exposition *e, FILE *to, const struct exposition_about *about)
{
	fputs("# HELP weir_info Who this is; always 1\n# TYPE weir_info gauge\nweir_info{", to);
	write_label(to, "version", about->version);
	fputc(',', to);
	write_label(to, "sensor", e->config->sensor);
	fputc(',', to);
	write_label(to, "cluster", e->config->cluster);
	fputc(',', to);
	write_label(to, "ruleset", about->ruleset);
	fprintf(to,
		"} 1\n# HELP weir_start_time_seconds When this run started, since the epoch\n"
		"# TYPE weir_start_time_seconds gauge\nweir_start_time_seconds %" PRIu64 "\n",
		about->start_s);
	for (unsigned i = 0; i < e->nr; i++) {
		if (is_first(e, i))
			write_metric(e, to, i);
	}
}
