/*
 * weir rules profile FILE...: the pipeline over captures, with the costs of its scanner counted.
 *
 * Hyperscan searches for all patterns at once; what one of them adds cannot be told apart while it
 * runs. So each is measured by itself afterwards, over the first MiB of what was scanned.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/rules/rule_db.h"
#include "classify/rules/scan.h"
#include "dataplane/cmd.h"
#include "dataplane/cmd_rules.h"
#include "dataplane/eal.h"
#include "dataplane/log.h"
#include "dataplane/pipeline.h"
#include "dataplane/port/pcap_source.h"

/* ------------------------------------------------------------------ made-up traffic */

enum { TRAFFIC_BYTES = 256 * 1024 };

static uint64_t
next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

/* A piece of JSON, a log line or base64 at a time. */
static size_t
write_piece(char *to, size_t cap, uint64_t *state)
{
	static const char *const words[] = { "order",	"status",  "created", "user",
					     "payload", "item",	   "price",   "name",
					     "region",	"message", "count",   "the",
					     "value",	"error",   "request", "session" };
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *a = words[next_random(state) % 16], *b = words[next_random(state) % 16];
	unsigned n = (unsigned)next_random(state) % 100000, kind = (unsigned)next_random(state) % 8;
	char secret[65];
	int len;

	for (unsigned i = 0; i < 64; i++)
		secret[i] = digits[next_random(state) % 64];
	secret[64] = '\0';
	if (kind < 4)
		len = snprintf(to, cap, "{\"%s_id\":%u,\"%s\":\"%s %s\",\"ok\":true},\n", a, n, b,
			       a, b);
	else if (kind < 6)
		len = snprintf(to, cap, "2026-01-%02u 10:%02u:%02u INFO %s: %s %u ms (%s@pod-%u)\n",
			       1 + n % 28, n % 60, n / 60 % 60, a, b, n % 900, b, n % 50);
	else if (kind < 7)
		len = snprintf(to, cap, "GET /api/%s/%u?%s=%u HTTP/1.1\r\nHost: %s.example\r\n", a,
			       n, b, n, a);
	else
		len = snprintf(to, cap, "%s\n", secret);
	return len < 0 ? 0 : (size_t)len < cap ? (size_t)len : cap - 1;
}

const unsigned char *
rules_sample_traffic(size_t *len)
{
	static char traffic[TRAFFIC_BYTES + 1];
	static size_t filled;
	uint64_t state = 7;

	while (filled < TRAFFIC_BYTES)
		filled += write_piece(traffic + filled, TRAFFIC_BYTES + 1 - filled, &state);
	*len = filled;
	return (const unsigned char *)traffic;
}

/* ------------------------------------------------------------------ the table */

struct row {
	const struct db_pattern *pattern;
	const struct scan_pattern_cost *cost;
	struct rule_cost alone;
	bool measured;
};

static double
weight(const struct row *r)
{
	return (double)r->cost->cycles + r->alone.cycles_per_byte * 1e6;
}

static int
by_weight(const void *a, const void *b)
{
	double x = weight(a), y = weight(b);

	return x > y ? -1 : x < y;
}

static double
per_byte(uint64_t cycles, uint64_t bytes)
{
	return bytes == 0 ? 0 : (double)cycles / (double)bytes;
}

/* Of a rule with several patterns each has a row, by its line. */
static void
put_name(char *to, size_t cap, const struct db_pattern *p)
{
	if (p->rule->nr_patterns == 1)
		snprintf(to, cap, "%s", p->rule->id);
	else
		snprintf(to, cap, "%s:%u", p->rule->id, p->pattern->line);
}

static void
put_rows(struct row *rows, uint32_t nr, uint64_t bytes)
{
	qsort(rows, nr, sizeof(rows[0]), by_weight);
	printf("\n%-36s %10s %10s %12s %12s\n", "rule", "candidates", "confirmed", "judging c/B",
	       "alone c/B");
	for (uint32_t i = 0; i < nr; i++) {
		const struct row *r = &rows[i];
		char name[RULE_ID_MAX + 16];

		put_name(name, sizeof(name), r->pattern);
		printf("%-36s %10" PRIu64 " %10" PRIu64 " %12.4f ", name, r->cost->candidates,
		       r->cost->confirmed, per_byte(r->cost->cycles, bytes));
		if (r->measured)
			printf("%12.3f\n", r->alone.cycles_per_byte);
		else
			printf("%12s\n", "finder");
	}
}

static int
report(struct pipeline *p)
{
	const struct scan_profile *costs = scanner_costs(pipeline_scanner(p));
	const struct scan_counters *c = scanner_counters(pipeline_scanner(p));
	const struct rule_db *db = ruleset_db(pipeline_rules_in_force(p));
	struct row *rows = calloc(costs->nr_patterns + 1, sizeof(*rows));

	if (rows == NULL)
		return CMD_FAILED;
	for (uint32_t i = 0; i < costs->nr_patterns; i++) {
		rows[i] = (struct row) { &db->patterns[i], &costs->pattern[i] };
		rows[i].measured = rule_db_cost(&db->patterns[i], costs->sample, costs->sample_len,
						&rows[i].alone);
	}
	printf("%" PRIu64
	       " bytes scanned: %.2f cycles a byte in Hyperscan, %.2f in weir's finders, "
	       "%.2f judging\n"
	       "%" PRIu64 " candidates, %" PRIu64
	       " confirmed; alone: by itself over the first %zu KiB "
	       "of them\n",
	       c->scan_bytes, per_byte(costs->hyperscan_cycles, c->scan_bytes),
	       per_byte(costs->finder_cycles, c->scan_bytes),
	       per_byte(costs->judging_cycles, c->scan_bytes), c->scan_candidates,
	       c->scan_confirmed, costs->sample_len / 1024);
	put_rows(rows, costs->nr_patterns, c->scan_bytes);
	free(rows);
	return CMD_OK;
}

/* ------------------------------------------------------------------ the run */

static int
run(const struct rules_options *o)
{
	struct pipeline_options po = { .config = &o->config, .replay = true, .nr_sources = 1 };
	struct pcap_source *source = NULL;
	struct pipeline *p = NULL;
	int status = CMD_FAILED;

	if (pipeline_create(&po, &p) != 0)
		return CMD_FAILED;
	if (scanner_profile(pipeline_scanner(p)) == 0 &&
	    pcap_source_create((const char *const *)o->args, (unsigned)o->nr_args, pipeline_pool(p),
			       0, &source) == 0) {
		pipeline_add_source(p, pcap_source_source(source), -1);
		if (pipeline_start(p) == 0) {
			pipeline_wait(p, NULL, NULL);
			if (pipeline_finish(p) == 0 && pcap_source_status(source) == 0)
				status = report(p);
		}
	}
	pcap_source_destroy(source);
	pipeline_destroy(p);
	return status;
}

int
rules_profile(struct rules_options *o)
{
	static const char *const settings[] = { "workers=1", "records.types=none", "output=-",
						"memory.mbufs=8192" };
	struct eal_options eal;
	int status;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (config_set(&o->config, settings[i]) != 0)
			return CMD_FAILED;
	}
	eal = (struct eal_options) {
		.nr_workers = 1,
		.memory_mb = pipeline_memory_mb(&o->config),
		.huge = "off",
	};
	if (eal_start(&eal) != 0)
		return CMD_FAILED;
	status = run(o);
	eal_stop();
	return status;
}
