/*
 * What does a look-up cost, and how does it grow with the number of open flows? Prints cycles per
 * packet at 10 thousand and at 1 million flows, packets in bursts of 32 with prefetch as the
 * worker does it, fastest of several runs; the ratio is what counts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <x86intrin.h>

#include "dataplane/flow/flow_table.h"

#define BURST	32u
#define LOOKUPS (1u << 21)
#define RUNS	5u

static const struct siphash_key secret = { 11, 12 };

static struct packet
packet(uint32_t n)
{
	const uint8_t src[4] = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };
	const uint8_t dst[4] = { 192, 0, 2, 1 };
	struct packet p = { .time_us = 1, .order_us = 1 };

	p.side = (uint8_t)flow_key_make(&p.key, 4, IP_PROTO_UDP, 0, src, dst, 40000, 53);
	p.hash = flow_key_hash(&p.key, &secret);
	return p;
}

static void
ignore_end(void *arg, struct flow *flow, enum flow_end how, uint64_t end_us)
{
	(void)arg, (void)flow, (void)how, (void)end_us;
}

static double
cycles_per_lookup(uint32_t nr_flows)
{
	static const struct flow_timeouts timeouts = { .udp_idle_us = 60000000 };
	struct flow_table *t;
	uint64_t best = UINT64_MAX, found = 0;

	if (flow_table_create(nr_flows, &timeouts, ignore_end, NULL, &t) != 0)
		exit(1);
	for (uint32_t i = 0; i < nr_flows; i++) {
		struct packet p = packet(i);

		flow_table_add(t, &p);
	}
	for (unsigned run = 0; run < RUNS; run++) {
		uint32_t at = 12345;
		uint64_t start = __rdtsc();

		for (uint32_t done = 0; done < LOOKUPS; done += BURST) {
			struct packet burst[BURST];

			for (unsigned i = 0; i < BURST; i++) {
				at = at * 1664525u + 1013904223u;
				burst[i] = packet((at >> 8) % nr_flows);
				flow_table_prefetch(t, burst[i].hash);
			}
			for (unsigned i = 0; i < BURST; i++)
				found += flow_table_find(t, &burst[i].key, burst[i].hash) != NULL;
		}
		if (__rdtsc() - start < best)
			best = __rdtsc() - start;
	}
	flow_table_destroy(t);
	if (found != (uint64_t)LOOKUPS * RUNS)
		exit(1);
	return (double)best / LOOKUPS;
}

int
main(void)
{
	double few = cycles_per_lookup(10000), many = cycles_per_lookup(1000000);

	printf("key, hash and look-up: %.0f cycles at 10 k flows, %.0f at 1 M, ratio %.2f\n", few,
	       many, many / few);
	return 0;
}
