#include "dataplane/publish/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
merge_init(struct merge *m, size_t max_bytes)
{
	*m = (struct merge) { .max_bytes = max_bytes };
}

static struct merge_entry *
queued(const struct merge *m, size_t i)
{
	return &m->queue[(m->queue_at + i) & (m->queue_cap - 1)];
}

void
merge_fini(struct merge *m)
{
	for (size_t i = 0; i < m->nr; i++)
		free(m->heap[i].record);
	for (size_t i = 0; i < m->queue_nr; i++)
		free(queued(m, i)->record);
	free(m->heap);
	free(m->queue);
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

enum { LEAST_ROOM = 1024 };

static int
grow_heap(struct merge *m)
{
	size_t cap = m->cap == 0 ? LEAST_ROOM : m->cap * 2;
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

static int
grow_queue(struct merge *m)
{
	size_t cap = m->queue_cap == 0 ? LEAST_ROOM : m->queue_cap * 2;
	struct merge_entry *queue;

	if (m->queue_nr < m->queue_cap)
		return 0;
	queue = malloc(cap * sizeof(struct merge_entry));
	if (queue == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < m->queue_nr; i++)
		queue[i] = *queued(m, i);
	free(m->queue);
	m->queue = queue;
	m->queue_at = 0;
	m->queue_cap = cap;
	return 0;
}

/* Behind the queue's last, or else into the heap. */
static int
put(struct merge *m, const struct merge_entry *e)
{
	if (m->queue_nr == 0 || !before(e, queued(m, m->queue_nr - 1))) {
		if (grow_queue(m) != 0)
			return -ENOMEM;
		*queued(m, m->queue_nr++) = *e;
		return 0;
	}
	if (grow_heap(m) != 0)
		return -ENOMEM;
	m->heap[m->nr++] = *e;
	sift_up(m, m->nr - 1);
	return 0;
}

/* The heap's first comes before the queue's, or there is no other. */
static bool
heap_is_first(const struct merge *m)
{
	return m->nr != 0 && (m->queue_nr == 0 || before(&m->heap[0], queued(m, 0)));
}

static void
drop_first(struct merge *m, bool of_heap)
{
	if (!of_heap) {
		m->queue_at = (m->queue_at + 1) & (m->queue_cap - 1);
		m->queue_nr--;
		return;
	}
	m->heap[0] = m->heap[--m->nr];
	if (m->nr > 1)
		sift_down(m, 0);
}

int
merge_push(struct merge *m, const struct record_head *record)
{
	struct merge_entry e = { record->order_us, malloc(record->len) };

	if (e.record != NULL)
		memcpy(e.record, record, record->len);
	if (e.record == NULL || put(m, &e) != 0) {
		free(e.record);
		m->stats.refused++;
		return -ENOMEM;
	}
	if (e.order_us < m->released_us)
		m->stats.late++;
	m->bytes += record->len;
	return 0;
}

struct record_head *
merge_take(struct merge *m, uint64_t before_us, bool early)
{
	bool of_heap = heap_is_first(m);
	struct merge_entry e;

	if (!of_heap && m->queue_nr == 0)
		return NULL;
	e = of_heap ? m->heap[0] : *queued(m, 0);
	if (e.order_us >= before_us) {
		if (!early || m->bytes <= m->max_bytes)
			return NULL;
		m->stats.early++;
	}
	drop_first(m, of_heap);
	m->bytes -= e.record->len;
	if (e.order_us > m->released_us)
		m->released_us = e.order_us;
	return e.record;
}
