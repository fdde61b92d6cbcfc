#include "dataplane/watchdog.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/log.h"

/* State letter and processor time of a thread, proc(5): /proc/PID/stat. */
struct thread_stat {
	char state;
	int cpu;
	uint64_t ticks;
	bool known;
};

static struct thread_stat
thread_stat(int tid)
{
	struct thread_stat s = { .state = '?' };
	unsigned long user, system;
	char path[64], line[512];
	const char *p;
	FILE *f;

	if (tid == 0)
		return s;
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	f = fopen(path, "re");
	if (f == NULL)
		return s;
	p = fgets(line, sizeof(line), f);
	fclose(f);
	/* The name, in brackets, may hold anything. */
	p = p != NULL ? strrchr(line, ')') : NULL;
	if (p == NULL || sscanf(p + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
				&s.state, &user, &system) != 3)
		return s;
	s.ticks = user + system;
	s.known = true;
	/* processor: field 39, which is 25 fields behind stime, field 15 */
	p = strrchr(line, ')') + 1;
	for (unsigned field = 2; field < 39 && p != NULL; field++)
		p = strchr(p + 1, ' ');
	if (p == NULL || sscanf(p, " %d", &s.cpu) != 1)
		s.cpu = -1;
	return s;
}

/* Adds the time since the last look; true when the part has just become too old. */
static bool
watch(struct watchdog_part *part, uint64_t beat, bool idle, uint64_t passed_us, uint64_t limit_us)
{
	if (beat != part->beat || idle) {
		part->beat = beat;
		part->still_us = 0;
		return false;
	}
	part->still_us += passed_us;
	return part->still_us >= limit_us && !part->stalled;
}

static double
seconds(uint64_t us)
{
	return (double)us / 1e6;
}

static void
tell_stalled_worker(const struct watchdog *w, unsigned i, int tid)
{
	const struct watchdog_part *part = &w->workers[i];
	struct thread_stat now = thread_stat(tid);
	double used =
	    now.known ? (double)(now.ticks - part->cpu_ticks) / (double)sysconf(_SC_CLK_TCK) : 0;

	if (!now.known)
		log_err("watchdog: worker %u stands still for %.1f s", i, seconds(part->still_us));
	else if (used * 2 >= seconds(part->still_us))
		log_err(
		    "watchdog: worker %u (thread %d) stands still for %.1f s: it used processor "
		    "%d all the time: a packet or record takes too long",
		    i, tid, seconds(part->still_us), now.cpu);
	else
		log_err("watchdog: worker %u (thread %d) stands still for %.1f s: it had %.1f s of "
			"processor %d, state %c: something else takes its processor, or stopped it",
			i, tid, seconds(part->still_us), used, now.cpu, now.state);
}

static void
watch_worker(struct watchdog *w, unsigned i, const struct watchdog_pulse *pulse, uint64_t passed_us)
{
	struct watchdog_part *part = &w->workers[i];
	uint64_t still_us = part->still_us;
	bool moved = pulse->worker_beat[i] != part->beat;

	if (watch(part, pulse->worker_beat[i], false, passed_us, w->config.stall_us)) {
		part->stalled = true;
		part->nr_stalls++;
		tell_stalled_worker(w, i, pulse->worker_tid[i]);
	} else if (moved && part->stalled) {
		part->stalled = false;
		log_notice("watchdog: worker %u goes on after %.1f s", i, seconds(still_us));
	}
	/* Only while it is suspicious, so that a healthy worker costs no look into /proc. */
	if (!moved && still_us == 0)
		part->cpu_ticks = thread_stat(pulse->worker_tid[i]).ticks;
}

static void
watch_publisher(struct watchdog *w, const struct watchdog_pulse *pulse, uint64_t passed_us)
{
	struct watchdog_part *part = &w->publisher;
	uint64_t still_us = part->still_us;
	bool moved = pulse->publisher_beat != part->beat;

	if (watch(part, pulse->publisher_beat, false, passed_us, w->config.stall_us)) {
		part->stalled = true;
		part->nr_stalls++;
		log_err(
		    "watchdog: the publisher stands still for %.1f s: the output takes nothing: "
		    "check who reads it, or its disk",
		    seconds(part->still_us));
	} else if (moved && part->stalled) {
		part->stalled = false;
		log_notice("watchdog: the publisher goes on after %.1f s", seconds(still_us));
	}
}

static void
watch_output(struct watchdog *w, const struct watchdog_pulse *pulse, uint64_t passed_us)
{
	struct watchdog_part *part = &w->output;
	uint64_t still_us = part->still_us;
	bool moved = pulse->delivered != part->beat;
	bool idle = pulse->waiting == 0 && !pulse->output_failed;

	if (watch(part, pulse->delivered, idle, passed_us, w->config.output_us)) {
		part->stalled = true;
		part->nr_stalls++;
		log_err("watchdog: the output has taken nothing for %.1f s, %" PRIu64
			" records wait: check the brokers",
			seconds(part->still_us), pulse->waiting);
	} else if ((moved || idle) && part->stalled) {
		part->stalled = false;
		log_notice("watchdog: the output goes on after %.1f s", seconds(still_us));
	}
	if (pulse->output_failed && !part->stalled) {
		part->stalled = true;
		part->nr_stalls++;
	}
}

void
watchdog_look(struct watchdog *w, const struct watchdog_pulse *pulse, uint64_t now_us)
{
	uint64_t passed_us = w->last_us == 0 || now_us < w->last_us ? 0 : now_us - w->last_us;

	w->last_us = now_us;
	if (passed_us > WATCHDOG_TICK_MAX_US)
		passed_us = WATCHDOG_TICK_MAX_US;
	for (unsigned i = 0; i < w->config.nr_workers; i++)
		watch_worker(w, i, pulse, passed_us);
	watch_publisher(w, pulse, passed_us);
	watch_output(w, pulse, passed_us);
}

__attribute__((format(printf, 4, 5))) static void
append(char *text, size_t cap, size_t *at, const char *format, ...)
{
	va_list va;
	int n;

	if (*at >= cap)
		return;
	va_start(va, format);
	n = vsnprintf(text + *at, cap - *at, format, va);
	va_end(va);
	*at += n > 0 ? (size_t)n : 0;
}

bool
watchdog_healthy(const struct watchdog *w, char *why, size_t cap)
{
	size_t at = 0;

	why[0] = '\0';
	for (unsigned i = 0; i < w->config.nr_workers; i++) {
		if (w->workers[i].stalled)
			append(why, cap, &at, "worker %u stands still for %.1f s\n", i,
			       seconds(w->workers[i].still_us));
	}
	if (w->publisher.stalled)
		append(why, cap, &at, "the publisher stands still for %.1f s\n",
		       seconds(w->publisher.still_us));
	if (w->output.stalled)
		append(why, cap, &at, "the output takes nothing for %.1f s\n",
		       seconds(w->output.still_us));
	return at == 0;
}

bool
watchdog_moving(const struct watchdog *w)
{
	for (unsigned i = 0; i < w->config.nr_workers; i++) {
		if (w->workers[i].stalled)
			return false;
	}
	return !w->publisher.stalled;
}

void
watchdog_put_counters(const struct watchdog *w, counter_put_fn *put, void *arg)
{
	uint64_t nr = 0, stalls = 0;
	char name[32];

	for (unsigned i = 0; i < w->config.nr_workers; i++) {
		const struct watchdog_part *part = &w->workers[i];

		nr += part->stalled;
		stalls += part->nr_stalls;
		snprintf(name, sizeof(name), "worker_%u_stalled", i);
		put(arg, name, part->stalled);
		snprintf(name, sizeof(name), "worker_%u_stalls", i);
		put(arg, name, part->nr_stalls);
	}
	put(arg, "workers_stalled", nr);
	put(arg, "workers_stalls", stalls);
	put(arg, "publisher_stalled", w->publisher.stalled);
	put(arg, "publisher_stalls", w->publisher.nr_stalls);
	put(arg, "output_down", w->output.stalled);
	put(arg, "output_downs", w->output.nr_stalls);
}
