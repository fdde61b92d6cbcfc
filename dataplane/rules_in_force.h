/*
 * The rules and the catalogue of AI services in force, and how others take their place under load.
 *
 *   asked for, or       a thread of its own      offered to workers     taken by all:
 *   the files changed ── loads the next ones ──► and publisher      ──► the old ones are freed
 *
 * Loading takes seconds, so it is done aside. What does not load leaves the old ones in force, with
 * the cause logged and counted; so does a set without any rule, for that is a folder which is being
 * filled, or was not mounted. While one exchange is under way another one waits, and the newest
 * wins. A change of the files counts once they have been the same for a second.
 *
 * Control thread only. No DPDK here.
 */
#ifndef WEIR_RULES_IN_FORCE_H
#define WEIR_RULES_IN_FORCE_H

#include <stdbool.h>

#include "classify/ai/provider.h"
#include "classify/rules/ruleset.h"
#include "dataplane/config.h"
#include "dataplane/counters.h"

struct rules_in_force;

/* What belongs together. */
struct rules {
	struct ruleset *set;
	struct provider_catalogue *providers; /* NULL: there is none */
};

/* Those who use them, and go on using the old ones until they have taken what was offered. */
struct rules_users {
	void (*offer)(void *arg, const struct rules *rules);
	bool (*taken)(void *arg); /* by all of them */
	void *arg;
};

/* Loads them. 0, or a negative errno with the cause logged. config is kept. */
int rules_in_force_create(const struct config *config, struct rules_in_force **out);

/* When nobody uses them any more. NULL does nothing. */
void rules_in_force_destroy(struct rules_in_force *f);

/* Borrowed until an exchange. */
const struct rules *rules_in_force(const struct rules_in_force *f);

/* Reads the files anew; what comes of it, rules_in_force_tick does. */
void rules_in_force_reload(struct rules_in_force *f);

/* Looks whether the files have changed. waited_us: since the last look. */
void rules_in_force_watch(struct rules_in_force *f, unsigned waited_us);

/* Moves an exchange on. */
void rules_in_force_tick(struct rules_in_force *f, const struct rules_users *users);

/* Whether one is under way. */
bool rules_in_force_changing(const struct rules_in_force *f);

void rules_in_force_put_counters(const struct rules_in_force *f, counter_put_fn *put, void *arg);

#endif
