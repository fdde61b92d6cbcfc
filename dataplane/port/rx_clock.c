#include "dataplane/port/rx_clock.h"

#define SAMPLE_US_MAX	100u
#define BASELINE_US_MIN 10000u /* for a rate good to 1 % with readings good to 100 us */
#define BASELINE_US_MAX 600000000u

static void
publish(struct rx_clock *c, const struct rx_clock_relation *r)
{
	uint32_t version = atomic_load_explicit(&c->version, memory_order_relaxed);

	atomic_thread_fence(memory_order_release);
	c->slot[(version + 1) % 2] = *r;
	atomic_store_explicit(&c->version, version + 1, memory_order_release);
}

void
rx_clock_sample(struct rx_clock *c, uint64_t before_us, uint64_t ticks, uint64_t after_us)
{
	uint64_t us = before_us + (after_us - before_us) / 2;
	struct rx_clock_relation now = { .ticks = ticks, .us = us };

	if (c->old.us == 0 || us < c->newer.us || ticks < c->newer.ticks) {
		/* The first, or a clock was set back: not known until the next. */
		c->old = c->newer = now;
		publish(c, &(struct rx_clock_relation) { 0 });
		return;
	}
	if (after_us - before_us > SAMPLE_US_MAX || us - c->old.us < BASELINE_US_MIN ||
	    ticks == c->old.ticks)
		return;
	now.us_per_tick = (double)(us - c->old.us) / (double)(ticks - c->old.ticks);
	publish(c, &now);
	if (us - c->newer.us > BASELINE_US_MAX / 2) {
		c->old = c->newer;
		c->newer = now;
	}
}

/* A slot is written anew only after the version has moved on past it. */
struct rx_clock_relation
rx_clock_read(const struct rx_clock *c)
{
	struct rx_clock_relation r;
	uint32_t version;

	do {
		version = atomic_load_explicit(&c->version, memory_order_acquire);
		r = c->slot[version % 2];
		atomic_thread_fence(memory_order_acquire);
	} while (atomic_load_explicit(&c->version, memory_order_relaxed) != version);
	return r;
}
