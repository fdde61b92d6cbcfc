/* What is asked of generate: all its files make the same bytes for the same options. */
#ifndef WEIR_BENCH_OPTIONS_H
#define WEIR_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum mix { CLUSTER, ELEPHANT, CHURN, OPEN, NR_MIXES };

#define ELEPHANTS 8u

struct options {
	enum mix mix;
	uint64_t flows, mib, packets, seed, plant;
	bool vxlan;
	const char *out;
};

extern struct options options;

/* SplitMix64's finalizer: a number for each place of the traffic. */
static inline uint64_t
number(uint64_t a, uint64_t b)
{
	uint64_t z = options.seed * 0x9e3779b97f4a7c15u + a * 0xd1342543de82ef95u + b + 1;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

#endif
