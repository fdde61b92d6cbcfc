#include "classify/slab.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED
#include <sanitizer/asan_interface.h>
#else
#define SANITIZED				   0
#define ASAN_POISON_MEMORY_REGION(memory, bytes)   ((void)(memory), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(memory, bytes) ((void)(memory), (void)(bytes))
#endif

#define SLAB_ALIGN 16u
#define HUGE_BYTES ((uintptr_t)2 << 20)

/*
 * A slab that fills takes a page fault per page, more than its objects cost to make. On huge pages
 * there are 512 times fewer; what is in front of the first of them stays as it is, so that a slab
 * of which little is used is not resident for it. Advice: where it is not taken, all works.
 */
static void
advise_huge_pages(uint8_t *memory, size_t bytes)
{
	uintptr_t from = ((uintptr_t)memory + HUGE_BYTES) & ~(HUGE_BYTES - 1);
	uintptr_t to = ((uintptr_t)memory + bytes) & ~(HUGE_BYTES - 1);

	if (from < to)
		madvise((void *)from, to - from, MADV_HUGEPAGE);
}

int
slab_init(struct slab *s, uint32_t nr_objects, size_t object_bytes)
{
	*s = (struct slab) { .nr_objects = nr_objects };
	s->object_bytes = (object_bytes + SLAB_ALIGN - 1) & ~(size_t)(SLAB_ALIGN - 1);
	if (nr_objects == 0)
		return 0;
	if (s->object_bytes > SIZE_MAX / nr_objects)
		return -ENOMEM;

	/* Pages stay untouched until an object is first used: capacity is not residency. */
	s->memory = mmap(NULL, slab_bytes(s), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (s->memory == MAP_FAILED) {
		s->memory = NULL;
		return -ENOMEM;
	}
	advise_huge_pages(s->memory, slab_bytes(s));
	madvise(s->memory, slab_bytes(s), MADV_DONTDUMP);
	return 0;
}

void
slab_fini(struct slab *s)
{
	if (s == NULL)
		return;
	if (s->memory != NULL) {
		ASAN_UNPOISON_MEMORY_REGION(s->memory, s->object_bytes * s->most_taken);
		munmap(s->memory, slab_bytes(s));
	}
	*s = (struct slab) { 0 };
}

uint64_t
slab_bytes(const struct slab *s)
{
	return (uint64_t)s->nr_objects * s->object_bytes;
}

/*
 * Objects never taken before are carved off the end in order (nr_carved == most_taken holds
 * because an object is carved only when the free list is empty, i.e. at a new high-water mark).
 */
void *
slab_take(struct slab *s)
{
	void *object = s->free;

	if (object != NULL) {
		memcpy(&s->free, object, sizeof(s->free));
	} else if (s->most_taken < s->nr_objects) {
		object = s->memory + s->object_bytes * s->most_taken;
	} else {
		s->refused++;
		return NULL;
	}
	if (++s->nr_taken > s->most_taken)
		s->most_taken = s->nr_taken;
	ASAN_UNPOISON_MEMORY_REGION(object, s->object_bytes);
	if (SANITIZED)
		memset(object, 0xa5, s->object_bytes);
	return object;
}

void
slab_give(struct slab *s, void *object)
{
	if (object == NULL)
		return;
	memcpy(object, &s->free, sizeof(s->free));
	s->free = object;
	s->nr_taken--;
	ASAN_POISON_MEMORY_REGION((uint8_t *)object + sizeof(s->free),
				  s->object_bytes - sizeof(s->free));
}
