/*
 * All ports of a run: named before EAL starts, opened after it, watched by the control thread.
 *
 *   ports_create ─ EAL ─ ports_open ─ sources to workers ─ ports_watch, ports_put_counters ... ─
 *   ports_tell_losses ─ ports_destroy
 *
 * Watching: a link that goes down or comes back, and frames that a port loses, are a line in the
 * log each, at most one of a kind per port in ten seconds (a flapping link is counted, and the
 * next line says how often), and counters: the sum of all ports under its own name (nic_missed),
 * and of each port by its place in the configuration from 0 (port_0_missed).
 */
#ifndef WEIR_PORTS_H
#define WEIR_PORTS_H

#include <stdint.h>

#include "dataplane/config.h"
#include "dataplane/counters.h"
#include "dataplane/eal.h"
#include "dataplane/port/port.h"

struct ports;

/*
 * Everything about the ports that can be wrong without looking at the devices: their strings, their
 * filters, and whether memory.mbufs has room for their rings. config: kept. 0, or a negative errno
 * with each error logged.
 */
int ports_create(const struct config *config, struct ports **out);
void ports_destroy(struct ports *p);

/* Adds the devices, and the memory they need, to what EAL is started with. Kept by options. */
void ports_add_to_eal(const struct ports *p, struct eal_options *options);

unsigned ports_nr_sources(const struct ports *p);

/* After eal_start. Opens every port, or none: 0, or a negative errno with one line logged. */
int ports_open(struct ports *p, struct rte_mempool *pool);

/* Calls take with every queue of every port, and the port's memory node. */
void ports_each_source(struct ports *p, void (*take)(void *arg, struct source *source, int socket),
		       void *arg);

/* One line for each port on another memory node than the workers, who are on these nodes. */
void ports_check_nodes(const struct ports *p, const int *worker_nodes, unsigned nr_workers);

/* Control thread, from each tick. */
void ports_watch(struct ports *p, uint64_t now_us);

void ports_put_counters(const struct ports *p, counter_put_fn *put, void *to);

/* One line when anything was lost before weir could see it. */
void ports_tell_losses(const struct ports *p);

#endif
