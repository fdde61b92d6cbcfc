/*
 * Counters as Prometheus reads them: its text format, version 0.0.4.
 *
 * A counter of a stats record becomes weir_NAME_total, or weir_NAME where it is a gauge; the
 * counters of ports (port_0_missed) become one metric with labels: weir_port_missed_total{port="0",
 * device="iface:eth1",tap="span-a"}, and those of workers likewise:
 * weir_worker_stalled{worker="1"}; so do those of providers (llm_openai_calls):
 * weir_provider_calls_total{provider="openai"}. All samples of a metric stand together under its
 * HELP and TYPE, as the format asks.
 *
 *   exposition_begin ─ exposition_put for each counter ─ exposition_write
 *
 * No label has a value that traffic chose, so they stay few.
 */
#ifndef WEIR_EXPOSITION_H
#define WEIR_EXPOSITION_H

#include <stdint.h>
#include <stdio.h>

#include "dataplane/config.h"
#include "dataplane/counter_info.h"
#include "dataplane/publish/ai_ledger.h"

#define EXPOSITION_MAX_SAMPLES 2048
#define EXPOSITION_NAME_BYTES  64

/* About 250 KiB: not on a stack. */
struct exposition {
	const struct config *config; /* kept */
	unsigned nr;
	struct {
		/* of a port's, worker's or provider's: what follows its number or name */
		char name[EXPOSITION_NAME_BYTES];
		char provider[AI_LEDGER_NAME_CAP];
		enum counter_scope scope;
		unsigned number; /* of the port or worker */
		uint64_t value;
	} samples[EXPOSITION_MAX_SAMPLES];
};

void exposition_begin(struct exposition *e, const struct config *config);

/*
 * A counter_put_fn: arg is the struct exposition. What exceeds the maximum is left out;
 * counter_info.c asserts that nothing does.
 */
void exposition_put(void *arg, const char *name, uint64_t value);

/* What is not a counter. */
struct exposition_about {
	const char *version;
	const char *ruleset; /* short hash of the rules in force */
	uint64_t start_s;    /* when this run started, since the epoch */
};

void exposition_write(const struct exposition *e, FILE *to, const struct exposition_about *about);

#endif
