/*
 * The whole machine: workers, the rings between them, the publisher behind them, and the control
 * thread's work around them (rules, counters, signals). Used by `run` and `replay` alike; only the
 * sources differ.
 */
#ifndef WEIR_PIPELINE_H
#define WEIR_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/rules/ruleset.h"
#include "dataplane/config.h"
#include "dataplane/counters.h"
#include "dataplane/port/source.h"
#include "dataplane/watchdog.h"

struct pipeline;

struct pipeline_options {
	const struct config *config; /* kept */
	bool replay;		     /* fixed hash key, nothing is dropped, time is the capture's */
	unsigned nr_sources;
	const char *const *captures; /* of a replay: secrets may be in them */
	unsigned nr_captures;
};

/*
 * Loads rules and provider catalogue, opens the output, allocates everything. DPDK must have been
 * started (eal_start). 0, or a negative errno with the cause logged.
 */
int pipeline_create(const struct pipeline_options *options, struct pipeline **out);
void pipeline_destroy(struct pipeline *p);

/* Megabytes that EAL needs for this configuration. */
unsigned pipeline_memory_mb(const struct config *config);

/* What the tables that grow with it take at least, those megabytes included. */
unsigned pipeline_least_mb(const struct config *config);

/* The first worker's scanner, before the start and after the end: see scanner_profile. */
struct scanner *pipeline_scanner(struct pipeline *p);
/* The rules in force. */
const struct ruleset *pipeline_rules_in_force(const struct pipeline *p);

/* Where sources take their mbufs from. */
struct rte_mempool *pipeline_pool(struct pipeline *p);

/*
 * Before pipeline_start: the source goes to the worker that has the fewest, among equals to one on
 * the memory node socket (negative: any).
 */
void pipeline_add_source(struct pipeline *p, struct source *source, int socket);

/* Tells in the log what each setting takes. */
void pipeline_tell_memory(const struct pipeline *p);

/* The memory node of each worker, negative where it may be on several. Returns their number. */
unsigned pipeline_worker_nodes(const struct pipeline *p, int *nodes, unsigned cap);

int pipeline_start(struct pipeline *p);

/* Live: take no more frames. Async-signal-safe. */
void pipeline_stop(struct pipeline *p);

/*
 * Waits until every worker has ended. Calls tick about every 100 ms; a tick may ask for a reload
 * or stop the pipeline.
 */
void pipeline_wait(struct pipeline *p, void (*tick)(void *arg), void *arg);

/* Reads the rules anew, see rules_in_force.h. Only from a tick. Live, a change of the files does
 * the same. */
void pipeline_reload_rules(struct pipeline *p);

/* After pipeline_wait: publishes the last stats record, flushes the output. 0, or -EIO. */
int pipeline_finish(struct pipeline *p);

/* Counters that only the caller has (the ports'), to be told with all others. Kept. */
void pipeline_more_counters(struct pipeline *p,
			    void (*more)(void *arg, counter_put_fn *put, void *to), void *arg);

void pipeline_counters(const struct pipeline *p, struct worker_counters *sum);
void pipeline_put_counters(const struct pipeline *p, counter_put_fn *put, void *arg);
void pipeline_put_calls(const struct pipeline *p, counter_put_fn *put, void *arg); /* of models */

/* What the watchdog looks at. */
void pipeline_pulse(const struct pipeline *p, struct watchdog_pulse *pulse);

/* Short hash of the rules in force. Control thread. */
const char *pipeline_ruleset(const struct pipeline *p);

/* Publishes a stats record with every counter. now_us: packet time. */
void pipeline_put_stats(struct pipeline *p, uint64_t now_us);

/* The output broke: what is left cannot be delivered. */
bool pipeline_output_failed(const struct pipeline *p);

#endif
