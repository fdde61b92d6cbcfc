#include "dataplane/publish/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
merge_init(struct merge *m, size_t max_bytes)
{
	*m = (struct merge) { .max_bytes = max_bytes };
}

void
merge_fini(struct merge *m)
{
	for (size_t i = 0; i < m->nr; i++)
		free(m->heap[i].record);
	free(m->heap);
	*m = (struct merge) { 0 };
}

/* Whole contents decide between records that agree in everything else, so ties are stable. */
static bool
before_at_once(const struct record_head *a, const struct record_head *b)
{
	int c;

	if (a->time_us != b->time_us)
		return a->time_us < b->time_us;
	c = memcmp(a->event_id, b->event_id, RECORD_ID_BYTES);
	if (c == 0)
		c = memcmp(a, b, a->len < b->len ? a->len : b->len);
	return c != 0 ? c < 0 : a->len < b->len;
}

static inline bool
before(const struct merge_entry *a, const struct merge_entry *b)
{
	if (a->order_us != b->order_us)
		return a->order_us < b->order_us;
	return before_at_once(a->record, b->record);
}

static void
sift_up(struct merge *m, size_t i)
{
	struct merge_entry moved = m->heap[i];

	while (i > 0 && before(&moved, &m->heap[(i - 1) / 2])) {
		m->heap[i] = m->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	m->heap[i] = moved;
}

static void
sift_down(struct merge *m, size_t i)
{
	struct merge_entry moved = m->heap[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= m->nr)
			break;
		if (child + 1 < m->nr && before(&m->heap[child + 1], &m->heap[child]))
			child++;
		if (!before(&m->heap[child], &moved))
			break;
		m->heap[i] = m->heap[child];
		i = child;
	}
	m->heap[i] = moved;
}

static int
grow(struct merge *m)
{
	size_t cap = m->cap == 0 ? 1024 : m->cap * 2;
	struct merge_entry *heap;

	if (m->nr < m->cap)
		return 0;
	heap = realloc(m->heap, cap * sizeof(struct merge_entry));
	if (heap == NULL)
		return -ENOMEM;
	m->heap = heap;
	m->cap = cap;
	return 0;
}

int
merge_push(struct merge *m, const struct record_head *record)
{
	struct record_head *copy = grow(m) == 0 ? malloc(record->len) : NULL;

	if (copy == NULL) {
		m->stats.refused++;
		return -ENOMEM;
	}
	memcpy(copy, record, record->len);
	if (copy->order_us < m->released_us)
		m->stats.late++;
	m->heap[m->nr++] = (struct merge_entry) { copy->order_us, copy };
	m->bytes += copy->len;
	sift_up(m, m->nr - 1);
	return 0;
}

struct record_head *
merge_take(struct merge *m, uint64_t before_us, bool early)
{
	struct record_head *first;

	if (m->nr == 0)
		return NULL;
	first = m->heap[0].record;
	if (m->heap[0].order_us >= before_us) {
		if (!early || m->bytes <= m->max_bytes)
			return NULL;
		m->stats.early++;
	}
	m->heap[0] = m->heap[--m->nr];
	if (m->nr > 1)
		sift_down(m, 0);
	m->bytes -= first->len;
	if (first->order_us > m->released_us)
		m->released_us = first->order_us;
	return first;
}
