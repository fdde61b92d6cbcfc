/*
 * Memory for tables far larger than the caches.
 *
 * Zeroed, and resident only where it has been touched: capacity is not residency. On huge pages
 * where the kernel gives them (MADV_HUGEPAGE), since random look-ups in a gigabyte otherwise miss
 * the TLB each time: bench/bench_flow_table shows what that costs. Not in core dumps.
 */
#ifndef WEIR_PAGES_H
#define WEIR_PAGES_H

#include <stddef.h>

/* NULL when there is no address space. */
void *pages_map(size_t bytes);

/* bytes as mapped; NULL does nothing. */
void pages_unmap(void *memory, size_t bytes);

/* Mapped at the moment, by all of the process: the C library does not know of it. */
size_t pages_mapped(void);

#endif
