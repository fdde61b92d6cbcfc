/*
 * DPDK's environment: memory and lcores, set up so that the same binary runs with hugepages,
 * without them, and without root.
 *
 * Hugepages free: --in-memory (no hugetlbfs mount needed). None: --no-huge with as much ordinary
 * memory as asked for. Never a shared configuration or telemetry socket, so several replays can
 * run at once. The workers are lcores 1..N; more workers than processors are allowed.
 */
#ifndef WEIR_EAL_H
#define WEIR_EAL_H

#include <stdbool.h>

struct eal_options {
	unsigned nr_workers;
	unsigned memory_mb; /* for pools and rings */
	const char *huge;   /* "auto", "on", "off" */
	bool pci;	    /* probe PCI devices named in pci_allow */
	const char *const *pci_allow;
	unsigned nr_pci_allow;
	const char *const *vdevs; /* DPDK device strings */
	unsigned nr_vdevs;
	bool pin; /* one processor per worker; else they float */
};

/* 0, or a negative errno with one line logged. Once per process. */
int eal_start(const struct eal_options *options);
void eal_stop(void);

#endif
