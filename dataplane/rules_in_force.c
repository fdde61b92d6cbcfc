#include "dataplane/rules_in_force.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "dataplane/log.h"
#include "dataplane/rule_files.h"

#define WATCH_US 1000000u

struct rules_in_force {
	const struct config *config;
	struct rules now;
	struct rules old;		 /* the ones before, until nobody uses them any more */
	struct rules next;		 /* the loader's until it is joined */
	struct ruleset_files files;	 /* of the last attempt, in force or refused */
	struct ruleset_files next_files; /* the loader's, as next */
	bool offered;			 /* now has been handed out and not yet taken by all */
	bool reload_wanted;		 /* while an earlier reload is still under way */
	bool loading;
	pthread_t loader;
	_Atomic bool loaded;
	int load_result;
	uint64_t stamp_in_force, stamp_seen;
	uint64_t stamp_loading; /* when loading began */
	unsigned watched_us;	/* since the last look at the files */
	uint64_t nr_reloads, nr_failures;
};

static void
let_go(struct rules *rules)
{
	provider_destroy(rules->providers);
	ruleset_free(rules->set);
	*rules = (struct rules) { 0 };
}

static int
load_set(const struct config *config, struct ruleset **out, struct ruleset_files *files)
{
	char path[RULE_FILES_PATH_BYTES];
	struct ruleset_source source = rule_files_source(config, path);

	source.files = files;
	return ruleset_load_from(&source, out, stderr);
}

/* Of what is named in the configuration: what that includes is known when it has been read. */
static uint64_t
stamp_before(const struct rules_in_force *f)
{
	return rule_files_stamp(f->config, NULL);
}

/* Files that have changed since then are read again. */
static void
note_stamp(struct rules_in_force *f, uint64_t before)
{
	f->stamp_seen = rule_files_stamp(f->config, &f->files);
	f->stamp_in_force = stamp_before(f) == before ? f->stamp_seen : ~f->stamp_seen;
}

int
rules_in_force_create(const struct config *config, struct rules_in_force **out)
{
	struct rules_in_force *f = calloc(1, sizeof(*f));
	uint64_t before;
	int r;

	if (f == NULL)
		return -ENOMEM;
	f->config = config;
	before = stamp_before(f);
	r = load_set(config, &f->now.set, &f->files);
	if (r == 0)
		r = rule_files_catalogue(config, &f->now.providers);
	if (r != 0) {
		rules_in_force_destroy(f);
		return r;
	}
	if (ruleset_nr(f->now.set) == 0)
		log_warning("rules: %s: no rule in it: nothing will be found", config->rules_dir);
	note_stamp(f, before);
	*out = f;
	return 0;
}

void
rules_in_force_destroy(struct rules_in_force *f)
{
	if (f == NULL)
		return;
	if (f->loading)
		pthread_join(f->loader, NULL);
	let_go(&f->next);
	let_go(&f->old);
	let_go(&f->now);
	ruleset_files_fini(&f->next_files);
	ruleset_files_fini(&f->files);
	free(f);
}

const struct rules *
rules_in_force(const struct rules_in_force *f)
{
	return &f->now;
}

bool
rules_in_force_changing(const struct rules_in_force *f)
{
	return f->loading || f->offered;
}

static void *
load_aside(void *arg)
{
	struct rules_in_force *f = arg;

	f->load_result = rule_files_catalogue(f->config, &f->next.providers);
	if (f->load_result == 0)
		f->load_result = load_set(f->config, &f->next.set, &f->next_files);
	if (f->load_result == 0 && ruleset_nr(f->next.set) == 0 && ruleset_nr(f->now.set) != 0) {
		log_err("rules: %s: no rule in it: must be one at least", f->config->rules_dir);
		f->load_result = -ENOENT;
	}
	atomic_store_explicit(&f->loaded, true, memory_order_release);
	return NULL;
}

void
rules_in_force_reload(struct rules_in_force *f)
{
	if (rules_in_force_changing(f)) {
		f->reload_wanted = true;
		return;
	}
	f->stamp_loading = stamp_before(f);
	atomic_store(&f->loaded, false);
	f->loading = pthread_create(&f->loader, NULL, load_aside, f) == 0;
	if (!f->loading) {
		note_stamp(f, f->stamp_loading);
		f->nr_reloads++;
		f->nr_failures++;
		log_err("rules: no thread to load them in: set %s stays in force",
			ruleset_hash(f->now.set));
	}
}

void
rules_in_force_watch(struct rules_in_force *f, unsigned waited_us)
{
	uint64_t stamp;

	f->watched_us += waited_us;
	if (!f->config->rules_watch || f->loading || f->watched_us < WATCH_US)
		return;
	f->watched_us = 0;
	stamp = rule_files_stamp(f->config, &f->files);
	if (stamp != f->stamp_in_force && stamp == f->stamp_seen)
		rules_in_force_reload(f);
	f->stamp_seen = stamp;
}

/* A catalogue that is refused has no rules read: those of before are watched on. */
static void
take_files(struct rules_in_force *f)
{
	if (f->next_files.nr == 0)
		return;
	ruleset_files_fini(&f->files);
	f->files = f->next_files;
	f->next_files = (struct ruleset_files) { 0 };
}

/* The set is there, or the errors have been told: hands it out. */
static void
take_loaded(struct rules_in_force *f, const struct rules_users *users)
{
	pthread_join(f->loader, NULL);
	f->loading = false;
	f->nr_reloads++;
	take_files(f);
	if (f->load_result != 0) {
		f->nr_failures++;
		note_stamp(f, f->stamp_loading);
		let_go(&f->next);
		log_err("rules: %s: not loaded: set %s stays in force", f->config->rules_dir,
			ruleset_hash(f->now.set));
		return;
	}
	f->old = f->now;
	f->now = f->next;
	f->next = (struct rules) { 0 };
	note_stamp(f, f->stamp_loading);
	f->offered = true;
	users->offer(users->arg, &f->now);
}

static void
start_wanted(struct rules_in_force *f)
{
	if (f->reload_wanted && !rules_in_force_changing(f)) {
		f->reload_wanted = false;
		rules_in_force_reload(f);
	}
}

void
rules_in_force_tick(struct rules_in_force *f, const struct rules_users *users)
{
	if (f->loading && atomic_load_explicit(&f->loaded, memory_order_acquire))
		take_loaded(f, users);
	start_wanted(f);
	if (!f->offered || !users->taken(users->arg))
		return;
	f->offered = false;
	let_go(&f->old);
	log_notice("rules: %zu in force, set %s", ruleset_nr(f->now.set), ruleset_hash(f->now.set));
	start_wanted(f);
}

void
rules_in_force_put_counters(const struct rules_in_force *f, counter_put_fn *put, void *arg)
{
	put(arg, "rules_reloads", f->nr_reloads);
	put(arg, "rules_reload_failures", f->nr_failures);
}
