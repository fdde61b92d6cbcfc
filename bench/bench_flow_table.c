/*
 * What does a packet's look-up cost, how does it grow with the number of open flows, and what does
 * an idle flow hold resident? A table of cycles per packet and bytes per flow at 10 k, 100 k, 1 M
 * and 10 M flows, or those given as arguments.
 *
 * A packet is met as a worker meets it: key and hash are made (from its number), bursts of 32 are
 * prefetched in two rounds, then the flow is found and its counters written as flow_account does.
 * Ratios are of the whole. Rows take turns, and the fastest turn of each counts. Tables have room
 * for 10 % more than they hold; resident bytes are the kernel's for the process.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

#include "dataplane/flow/flow_record.h"
#include "dataplane/flow/flow_table.h"

#define BURST	 32u
#define LOOKUPS	 (1u << 15)
#define ROUNDS	 200u
#define MAX_ROWS 8

static const struct siphash_key secret = { 11, 12 };

static void
packet(uint32_t n, struct packet *p)
{
	const uint8_t src[4] = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };
	const uint8_t dst[4] = { 192, 0, (uint8_t)(n >> 24), 1 };

	p->side = (uint8_t)flow_key_make(&p->key, 4, IP_PROTO_TCP, 0, src, dst, 40000, 443);
	p->hash = flow_key_hash(&p->key, &secret);
	p->time_us = p->order_us = 1;
	p->wire_bytes = 60;
	p->tcp_flags = TCP_ACK;
}

static void
ignore_end(void *arg, struct flow *flow, enum flow_end how, uint64_t end_us)
{
	(void)arg, (void)flow, (void)how, (void)end_us;
}

static void
ignore_half_open_end(void *arg, struct half_open *h, enum flow_end how, uint64_t end_us)
{
	(void)arg, (void)h, (void)how, (void)end_us;
}

static size_t
resident_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	unsigned long size = 0, resident = 0;

	if (f == NULL || fscanf(f, "%lu %lu", &size, &resident) != 2)
		exit(1);
	fclose(f);
	return resident * (size_t)sysconf(_SC_PAGESIZE);
}

struct row {
	uint32_t nr_flows;
	struct flow_table *table; /* NULL: only the making of packets */
	double resident_bytes;	  /* per flow */
	uint64_t at, sum;
	uint64_t best; /* cycles of LOOKUPS packets */
};

static void
look_up(struct flow_table *t, const struct packet *burst)
{
	for (unsigned i = 0; i < BURST; i++)
		flow_table_prefetch_flow(t, &burst[i], false);
	for (unsigned i = 0; i < BURST; i++) {
		struct flow *flow = flow_table_find(t, &burst[i].key, burst[i].hash);

		if (flow == NULL)
			exit(1);
		flow_account(flow, &burst[i]);
	}
}

/* Packets of the row's flows in random order. */
static void
run(struct row *r)
{
	static struct packet burst[BURST];
	uint64_t start = __rdtsc(), cycles;

	for (uint32_t done = 0; done < LOOKUPS; done += BURST) {
		for (unsigned i = 0; i < BURST; i++) {
			r->at = r->at * 6364136223846793005u + 1442695040888963407u;
			packet((uint32_t)((r->at >> 32) * r->nr_flows >> 32), &burst[i]);
			r->sum += burst[i].hash; /* the hash is used even without a table */
			if (r->table != NULL)
				flow_table_prefetch(r->table, burst[i].hash);
		}
		if (r->table != NULL)
			look_up(r->table, burst);
	}
	cycles = __rdtsc() - start;
	if (r->best == 0 || cycles < r->best)
		r->best = cycles;
}

static void
fill(struct row *r)
{
	struct flow_table_config config = { .max_flows = r->nr_flows + r->nr_flows / 10,
					    .max_half_open = 1024,
					    .timeouts = { .tcp_idle_us = 60000000 },
					    .end = ignore_end,
					    .end_half_open = ignore_half_open_end };
	size_t before = resident_bytes();
	struct packet p;

	if (flow_table_create(&config, &r->table) != 0)
		exit(1);
	memset(&p, 0, sizeof(p));
	for (uint32_t i = 0; i < r->nr_flows; i++) {
		packet(i, &p);
		flow_account(flow_table_add(r->table, &p), &p);
	}
	r->resident_bytes = (double)(resident_bytes() - before) / r->nr_flows;
}

int
main(int argc, char **argv)
{
	static struct row rows[MAX_ROWS] = { { 1000000 }, /* the making */
					     { 10000 },
					     { 100000 },
					     { 1000000 },
					     { 10000000 } };
	int nr = argc > MAX_ROWS ? MAX_ROWS : argc < 2 ? 5 : argc;
	double making, first;

	for (int i = 1; i < nr; i++) {
		if (argc > 1)
			rows[i].nr_flows = (uint32_t)strtoul(argv[i], NULL, 10);
		fill(&rows[i]);
	}
	/* In turns, so that what else the machine does meets all rows. */
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < nr; i++)
			run(&rows[i]);
	}
	making = (double)rows[0].best / LOOKUPS;
	first = (double)rows[1].best / LOOKUPS;
	printf("%10s %14s %10s %8s %16s %10s\n", "flows", "cycles/packet", "less making", "ratio",
	       "resident B/flow", "evicted");
	for (int i = 1; i < nr; i++) {
		double cycles = (double)rows[i].best / LOOKUPS;

		printf("%10" PRIu32 " %14.0f %10.0f %8.2f %16.0f %10" PRIu64 "\n", rows[i].nr_flows,
		       cycles, cycles - making, cycles / first, rows[i].resident_bytes,
		       flow_table_nr_evicted(rows[i].table));
		flow_table_destroy(rows[i].table);
	}
	return 0;
}
