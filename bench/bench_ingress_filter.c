/*
 * What does a port's filter cost a frame? Prints nanoseconds for expressions of several lengths
 * over a TCP frame in cache, fastest of several runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "dataplane/port/ingress_filter.h"

#define FRAMES (1u << 20)
#define RUNS   7u

static const char *const expressions[] = {
	"ip",
	"not arp",
	"not port 9100",
	"tcp port 443 or tcp port 80",
	"ip and tcp[tcpflags] & tcp-syn != 0",
	"vlan and not port 9100",
	"host 2001:db8::1 or host 2001:db8::2 or host 2001:db8::3 or net 10.0.0.0/8",
};

/* Ethernet, IPv4 10.0.0.1 -> 10.0.0.2, TCP 40000 -> 443. */
static const uint8_t frame[66] = {
	[12] = 8,    [14] = 0x45, [17] = 52,   [22] = 64,   [23] = 6,
	[26] = 10,   [29] = 1,	  [30] = 10,   [33] = 2,    [34] = 0x9c,
	[35] = 0x40, [36] = 1,	  [37] = 0xbb, [46] = 0x50, [47] = 0x10,
};

static double
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void
measure(const char *expression)
{
	struct ingress_filter *f;
	double best = 1e18;
	unsigned passed = 0;
	char err[256];

	if (ingress_filter_create(expression, err, sizeof(err), &f) != 0) {
		fprintf(stderr, "%s: %s\n", expression, err);
		exit(1);
	}
	for (unsigned run = 0; run < RUNS; run++) {
		double start = now_ns(), took;

		for (unsigned i = 0; i < FRAMES; i++)
			passed += ingress_filter_passes(f, frame, sizeof(frame), sizeof(frame));
		took = (now_ns() - start) / FRAMES;
		if (took < best)
			best = took;
	}
	printf("%6.1f ns  %s  %s\n", best, passed != 0 ? "passes " : "refused", expression);
	ingress_filter_destroy(f);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++)
		measure(expressions[i]);
	return 0;
}
