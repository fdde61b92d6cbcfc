#include "dataplane/counters.h"

#include <string.h>

void
worker_counters_add(struct worker_counters *sum, const struct worker_counters *from)
{
#define ADD(member, meaning) sum->member += from->member;
	WORKER_COUNTERS(ADD)
#undef ADD
}

void
worker_counters_put(const struct worker_counters *c, counter_put_fn *put, void *arg)
{
#define PUT(member, meaning) put(arg, #member, c->member);
	WORKER_COUNTERS(PUT)
#undef PUT
}

static void
add_fate(void *arg, const char *name, uint64_t value)
{
	uint64_t *sum = arg;

	if (strncmp(name, "drop_", 5) == 0)
		*sum += value;
}

uint64_t
worker_counters_fates(const struct worker_counters *c)
{
	uint64_t sum = c->used_packets + c->held_packets;

	worker_counters_put(c, add_fate, &sum);
	return sum;
}
