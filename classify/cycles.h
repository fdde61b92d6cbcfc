/* A counter that runs on while code does: to compare the cost of its parts, not to tell time. */
#ifndef WEIR_CYCLES_H
#define WEIR_CYCLES_H

#include <stdint.h>
#include <time.h>

static inline uint64_t
cycles_now(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#else
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
#endif
}

#endif
