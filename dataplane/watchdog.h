/*
 * Is everything still moving? Looked at by the control thread, from each tick.
 *
 *   worker      ends a round of its loop at least every stall_us, also when nothing comes
 *   publisher   likewise
 *   output      delivers something within output_us while records wait for it, in memory or on disk
 *
 * What stops is named in the log once, and again when it goes on; a worker with what the kernel
 * says of its thread: one that uses its processor is busy with something too long, one that does
 * not was not given it. Both are counted.
 *
 * Time is added up from tick to tick, and a tick counts for TICK_MAX_US at most: when the whole
 * process was stopped, or its machine slept, nobody is blamed. No DPDK here.
 */
#ifndef WEIR_WATCHDOG_H
#define WEIR_WATCHDOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/counters.h"

#define WATCHDOG_MAX_WORKERS 64
#define WATCHDOG_TICK_MAX_US 300000u

struct watchdog_config {
	unsigned nr_workers;
	uint64_t stall_us, output_us;
};

/* What is looked at. A beat is any number that changes while its owner goes on. */
struct watchdog_pulse {
	uint64_t worker_beat[WATCHDOG_MAX_WORKERS];
	int worker_tid[WATCHDOG_MAX_WORKERS]; /* of its thread; 0: not known */
	uint64_t publisher_beat;
	uint64_t delivered, waiting; /* records of the output */
	bool output_failed;	     /* for good */
};

/* One of those that are watched; in the caller's memory through struct watchdog. */
struct watchdog_part {
	uint64_t beat;
	uint64_t still_us;  /* how long it has been the same */
	uint64_t cpu_ticks; /* of its thread when the beat was last seen to change */
	bool stalled;
	uint64_t nr_stalls;
};

/* All zero but config is a valid start. */
struct watchdog {
	struct watchdog_config config;
	struct watchdog_part workers[WATCHDOG_MAX_WORKERS];
	struct watchdog_part publisher, output;
	uint64_t last_us;
};

/* now_us: of a clock that never goes back. */
void watchdog_look(struct watchdog *w, const struct watchdog_pulse *pulse, uint64_t now_us);

/* True when nothing stands still; else why says what, a line for each, cut to cap. */
bool watchdog_healthy(const struct watchdog *w, char *why, size_t cap);

/*
 * Workers and publisher go on. An output that is down is left out: another start would not bring
 * its broker back, and lose what waits in memory.
 */
bool watchdog_moving(const struct watchdog *w);

void watchdog_put_counters(const struct watchdog *w, counter_put_fn *put, void *arg);

#endif
