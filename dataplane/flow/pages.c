#include "dataplane/flow/pages.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

#define HUGE_BYTES ((size_t)2 << 20)

static _Atomic size_t mapped;

static size_t
round_up(size_t bytes, size_t to)
{
	return (bytes + to - 1) & ~(to - 1);
}

void *
pages_map(size_t bytes)
{
	size_t len = round_up(bytes, HUGE_BYTES);
	uint8_t *all, *memory;
	size_t before;

	if (bytes > SIZE_MAX / 2)
		return NULL;
	/* The kernel makes a huge page only of an aligned piece. */
	all = mmap(NULL, len + HUGE_BYTES, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (all == MAP_FAILED)
		return NULL;
	memory = (uint8_t *)round_up((uintptr_t)all, HUGE_BYTES);
	before = (size_t)(memory - all);
	if (before != 0)
		munmap(all, before);
	munmap(memory + len, HUGE_BYTES - before);
	/* Advice: where it is not taken, everything still works. */
	if (bytes >= HUGE_BYTES)
		madvise(memory, len, MADV_HUGEPAGE);
	madvise(memory, len, MADV_DONTDUMP);
	atomic_fetch_add(&mapped, len);
	return memory;
}

void
pages_unmap(void *memory, size_t bytes)
{
	size_t len = round_up(bytes, HUGE_BYTES);

	if (memory == NULL)
		return;
	munmap(memory, len);
	atomic_fetch_sub(&mapped, len);
}

size_t
pages_mapped(void)
{
	return atomic_load(&mapped);
}
