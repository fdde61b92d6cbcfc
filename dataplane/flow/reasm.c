#include "dataplane/flow/reasm.h"

#include <errno.h>
#include <string.h>

#include "dataplane/flow/seq.h"

/* Two of a mirrored full-size segment's halves would waste less; one of 1,460 fits in one. */
#define CHUNK_BYTES 1520u

/*
 * Farther ahead than any window (RFC 7323: 1 GiB at most) a segment is not of this stream, and
 * taking it in would turn one forged packet into a gigabyte of gap.
 */
#define MAX_AHEAD (1 << 30)

struct reasm_chunk {
	struct reasm_chunk *next;
	uint8_t bytes[CHUNK_BYTES];
};

struct reasm_seg {
	struct reasm_seg *next;
	struct reasm_chunk *chunks;
	uint32_t seq;
	uint32_t len;
};

int
reasm_pool_init(struct reasm_pool *pool, const struct reasm_limits *limits, uint64_t bytes,
		uint32_t max_streams)
{
	uint32_t nr = (uint32_t)(bytes / CHUNK_BYTES);
	int r;

	*pool = (struct reasm_pool) { .limits = *limits };
	r = slab_init(&pool->segs, nr, sizeof(struct reasm_seg));
	r |= slab_init(&pool->chunks, nr, sizeof(struct reasm_chunk));
	r |= slab_init(&pool->mores, max_streams, sizeof(struct reasm_more));
	if (r != 0) {
		reasm_pool_fini(pool);
		return -ENOMEM;
	}
	return 0;
}

void
reasm_pool_fini(struct reasm_pool *pool)
{
	slab_fini(&pool->mores);
	slab_fini(&pool->chunks);
	slab_fini(&pool->segs);
}

const struct reasm_more *
reasm_more(const struct reasm *r, const struct reasm_pool *pool)
{
	static const struct reasm_more nothing;

	return r->more == 0 ? &nothing : reasm_more_at(pool, r->more);
}

/* To write to: taken if there was none yet. */
static struct reasm_more *
more_of(struct reasm *r, struct reasm_pool *pool)
{
	struct reasm_more *m;

	if (r->more != 0)
		return reasm_more_at(pool, r->more);
	m = slab_take(&pool->mores);
	if (m == NULL) {
		memset(&pool->spare, 0, sizeof(pool->spare));
		return &pool->spare;
	}
	memset(m, 0, sizeof(*m));
	m->of = r;
	r->more =
	    (uint32_t)(((uint8_t *)m - pool->mores.memory) / (ptrdiff_t)pool->mores.object_bytes +
		       1) &
	    (UINT32_MAX >> 1);
	return m;
}

static void
seg_give(struct reasm_pool *pool, struct reasm_seg *seg)
{
	while (seg->chunks != NULL) {
		struct reasm_chunk *chunk = seg->chunks;

		seg->chunks = chunk->next;
		slab_give(&pool->chunks, chunk);
	}
	slab_give(&pool->segs, seg);
}

/* A copy of the bytes, or NULL when the pool has no room for all of them. */
static struct reasm_seg *
seg_copy(struct reasm_pool *pool, uint32_t seq, const uint8_t *data, uint32_t len)
{
	struct reasm_seg *seg = slab_take(&pool->segs);
	struct reasm_chunk **link;

	if (seg == NULL)
		return NULL;
	*seg = (struct reasm_seg) { .seq = seq, .len = len };
	link = &seg->chunks;
	for (uint32_t done = 0; done < len; done += CHUNK_BYTES) {
		struct reasm_chunk *chunk = slab_take(&pool->chunks);

		if (chunk == NULL) {
			seg_give(pool, seg);
			return NULL;
		}
		chunk->next = NULL;
		memcpy(chunk->bytes, data + done,
		       len - done < CHUNK_BYTES ? len - done : CHUNK_BYTES);
		*link = chunk;
		link = &chunk->next;
	}
	return seg;
}

/* Compares data with the held bytes [from, from + len) of seg. */
static bool
seg_equals(const struct reasm_seg *seg, uint32_t from, const uint8_t *data, uint32_t len)
{
	const struct reasm_chunk *chunk = seg->chunks;

	for (; from >= CHUNK_BYTES; from -= CHUNK_BYTES)
		chunk = chunk->next;
	while (len > 0) {
		uint32_t n = CHUNK_BYTES - from < len ? CHUNK_BYTES - from : len;

		if (memcmp(chunk->bytes + from, data, n) != 0)
			return false;
		data += n;
		len -= n;
		from = 0;
		chunk = chunk->next;
	}
	return true;
}

static void
leave_queue(struct reasm_pool *pool, struct reasm_more *m)
{
	if (m->older != 0)
		reasm_more_at(pool, m->older)->newer = m->newer;
	else
		pool->oldest = m->newer;
	if (m->newer != 0)
		reasm_more_at(pool, m->newer)->older = m->older;
	else
		pool->newest = m->older;
	m->older = m->newer = 0;
}

static void
join_queue(struct reasm_pool *pool, struct reasm_more *m)
{
	m->older = pool->newest;
	m->newer = 0;
	pool->newest = m->of->more;
	if (m->older != 0)
		reasm_more_at(pool, m->older)->newer = m->of->more;
	else
		pool->oldest = m->of->more;
}

/* The first hole is another one now, as old as time_us. */
static void
renew_hole(struct reasm_pool *pool, struct reasm_more *m, uint64_t time_us)
{
	m->hole_since_us = time_us;
	if (m->held == NULL)
		return;
	leave_queue(pool, m);
	join_queue(pool, m);
}

static void
unlink_front(struct reasm_more *m, struct reasm_pool *pool)
{
	struct reasm_seg *seg = m->held;

	m->held = seg->next;
	m->held_bytes -= seg->len;
	m->nr_held--;
	seg_give(pool, seg);
	if (m->held == NULL)
		leave_queue(pool, m);
}

/* Delivers a held segment less what was delivered before it, chunk by chunk. */
static void
seg_deliver(struct reasm *r, const struct reasm_seg *seg, reasm_deliver_fn *deliver, void *arg)
{
	int32_t done = seq_diff(r->next_seq, seg->seq);
	uint32_t skip = done > 0 ? (uint32_t)done : 0;
	uint32_t at = 0;

	for (const struct reasm_chunk *chunk = seg->chunks; chunk != NULL; chunk = chunk->next) {
		uint32_t n = seg->len - at < CHUNK_BYTES ? seg->len - at : CHUNK_BYTES;

		if (at + n > skip) {
			uint32_t from = skip > at ? skip - at : 0;

			r->next_seq += n - from;
			deliver(arg, chunk->bytes + from, n - from, 0);
		}
		at += n;
	}
}

/* Delivers the held segments that have become due. */
static void
drain(struct reasm *r, struct reasm_more *m, struct reasm_pool *pool, reasm_deliver_fn *deliver,
      void *arg)
{
	while (m->held != NULL && !seq_after(m->held->seq, r->next_seq)) {
		struct reasm_seg *seg = m->held;

		if (seq_after(seg->seq + seg->len, r->next_seq))
			seg_deliver(r, seg, deliver, arg);
		unlink_front(m, pool);
	}
}

static void
give_up_hole(struct reasm *r, struct reasm_more *m, struct reasm_pool *pool, uint64_t time_us,
	     reasm_deliver_fn *deliver, void *arg)
{
	uint32_t gap;

	if (m->held == NULL)
		return;
	gap = m->held->seq - r->next_seq;
	m->missed_bytes += gap;
	r->next_seq = m->held->seq;
	deliver(arg, NULL, 0, gap);
	drain(r, m, pool, deliver, arg);
	renew_hole(pool, m, time_us);
}

/* Counts and compares what [seq, seq + len) shares with held segments. */
static void
note_overlaps(struct reasm_more *m, uint32_t seq, const uint8_t *data, uint32_t len)
{
	uint32_t end = seq + len;

	for (const struct reasm_seg *s = m->held; s != NULL && seq_before(s->seq, end);
	     s = s->next) {
		uint32_t s_end = s->seq + s->len;
		uint32_t from = seq_after(s->seq, seq) ? s->seq : seq;
		uint32_t to = seq_before(s_end, end) ? s_end : end;

		if (!seq_after(to, from))
			continue;
		m->overlap_bytes += to - from;
		if (!seg_equals(s, from - s->seq, data + (from - seq), to - from))
			m->overlap_differs = true;
	}
}

/* Linux: tcp_data_queue_ofo. False when the bytes lie inside a held segment. */
static bool
make_place(struct reasm_more *m, struct reasm_pool *pool, uint32_t seq, uint32_t len)
{
	uint32_t end = seq + len;
	struct reasm_seg **link = &m->held;

	while (*link != NULL) {
		struct reasm_seg *s = *link;
		uint32_t s_end = s->seq + s->len;

		if (!seq_before(seq, s->seq) && !seq_after(end, s_end))
			return false;
		if (!seq_after(seq, s->seq) && !seq_before(end, s_end)) {
			*link = s->next;
			m->held_bytes -= s->len;
			m->nr_held--;
			seg_give(pool, s);
			if (m->held == NULL)
				leave_queue(pool, m);
			continue;
		}
		link = &s->next;
	}
	return true;
}

static bool
has_room(const struct reasm_more *m, const struct reasm_pool *pool, uint32_t len)
{
	return m != &pool->spare && m->nr_held < pool->limits.max_held_segments &&
	       len <= pool->limits.max_held_bytes - m->held_bytes;
}

/* Another direction gives up its hole; false when there is none older than m's own. */
static bool
make_room(struct reasm_pool *pool, const struct reasm_more *m)
{
	struct reasm_more *oldest;

	if (pool->make_room == NULL || pool->oldest == 0)
		return false;
	oldest = reasm_more_at(pool, pool->oldest);
	if (oldest == m)
		return false;
	oldest->limited++;
	pool->nr_made_room++;
	pool->make_room(pool->make_room_arg, oldest->of);
	return true;
}

static bool
hold(struct reasm_more *m, struct reasm_pool *pool, uint64_t time_us, uint32_t seq,
     const uint8_t *data, uint32_t len)
{
	struct reasm_seg **link = &m->held;
	struct reasm_seg *seg;

	if (len > pool->limits.max_held_bytes || !has_room(m, pool, len))
		return false;
	for (seg = seg_copy(pool, seq, data, len); seg == NULL;
	     seg = seg_copy(pool, seq, data, len)) {
		if (!make_room(pool, m))
			return false;
	}
	if (m->held == NULL) {
		m->hole_since_us = time_us;
		join_queue(pool, m);
	}
	while (*link != NULL && !seq_after((*link)->seq, seq))
		link = &(*link)->next;
	seg->next = *link;
	*link = seg;
	m->held_bytes += len;
	m->nr_held++;
	return true;
}

void
reasm_start(struct reasm *r, uint32_t next_seq)
{
	if (r->started)
		return;
	r->started = true;
	r->next_seq = next_seq;
}

/* Delivers the part of the segment that is new; it begins at or before next_seq. */
static void
deliver_now(struct reasm *r, struct reasm_pool *pool, uint32_t seq, const uint8_t *data,
	    uint32_t len, reasm_deliver_fn *deliver, void *arg)
{
	uint32_t done = r->next_seq - seq;

	if (done != 0)
		more_of(r, pool)->overlap_bytes += done;
	r->next_seq += len - done;
	deliver(arg, data + done, len - done, 0);
}

static void
push_ahead(struct reasm *r, struct reasm_pool *pool, uint64_t time_us, uint32_t seq,
	   const uint8_t *data, uint32_t len, reasm_deliver_fn *deliver, void *arg)
{
	struct reasm_more *m = more_of(r, pool);

	note_overlaps(m, seq, data, len);
	if (!make_place(m, pool, seq, len)) {
		m->retransmits++;
		return;
	}
	if (hold(m, pool, time_us, seq, data, len))
		return;

	/* No room: the hole at the front is given up until the segment fits or is due itself. */
	m->limited++;
	while (m->held != NULL && seq_before(m->held->seq, seq)) {
		give_up_hole(r, m, pool, time_us, deliver, arg);
		if (!seq_after(seq, r->next_seq) || hold(m, pool, time_us, seq, data, len))
			break;
	}
	if (seq_after(seq, r->next_seq) && (m->held == NULL || seq_before(seq, m->held->seq))) {
		uint32_t gap = seq - r->next_seq;

		m->missed_bytes += gap;
		r->next_seq = seq;
		deliver(arg, NULL, 0, gap);
	}
	if (!seq_after(seq, r->next_seq) && seq_after(seq + len, r->next_seq)) {
		deliver_now(r, pool, seq, data, len, deliver, arg);
		drain(r, m, pool, deliver, arg);
	}
}

/* The segment begins at or before next_seq, while others wait behind a hole. */
static void
push_into_hole(struct reasm *r, struct reasm_pool *pool, uint64_t time_us, uint32_t seq,
	       const uint8_t *data, uint32_t len, reasm_deliver_fn *deliver, void *arg)
{
	struct reasm_more *m = more_of(r, pool);

	note_overlaps(m, seq, data, len);
	deliver_now(r, pool, seq, data, len, deliver, arg);
	drain(r, m, pool, deliver, arg);
	renew_hole(pool, m, time_us);
}

static void
give_up_old_hole(struct reasm *r, struct reasm_pool *pool, uint64_t time_us,
		 reasm_deliver_fn *deliver, void *arg)
{
	struct reasm_more *m = more_of(r, pool);

	if (time_us > m->hole_since_us && time_us - m->hole_since_us > pool->limits.gap_timeout_us)
		give_up_hole(r, m, pool, time_us, deliver, arg);
}

void
reasm_push(struct reasm *r, struct reasm_pool *pool, uint64_t time_us, uint32_t seq,
	   const uint8_t *data, uint32_t len, reasm_deliver_fn *deliver, void *arg)
{
	int32_t ahead;

	reasm_start(r, seq);
	if (reasm_holds(r, pool))
		give_up_old_hole(r, pool, time_us, deliver, arg);

	ahead = seq_diff(seq, r->next_seq);
	if (ahead > MAX_AHEAD || ahead < -MAX_AHEAD)
		return;
	if (!seq_after(seq + len, r->next_seq)) {
		struct reasm_more *m = more_of(r, pool);

		m->retransmits++;
		m->overlap_bytes += len;
		return;
	}
	if (ahead > 0)
		push_ahead(r, pool, time_us, seq, data, len, deliver, arg);
	else if (reasm_holds(r, pool))
		push_into_hole(r, pool, time_us, seq, data, len, deliver, arg);
	else
		deliver_now(r, pool, seq, data, len, deliver, arg);
}

void
reasm_acked(struct reasm *r, struct reasm_pool *pool, uint64_t time_us, uint32_t ack,
	    reasm_deliver_fn *deliver, void *arg)
{
	struct reasm_more *m;

	if (!reasm_holds(r, pool))
		return;
	m = more_of(r, pool);
	while (m->held != NULL && seq_after(ack, m->held->seq) &&
	       time_us >= m->hole_since_us + REASM_REORDER_US)
		give_up_hole(r, m, pool, m->hole_since_us, deliver, arg);
}

void
reasm_finish(struct reasm *r, struct reasm_pool *pool, bool have_ack, uint32_t ack,
	     reasm_deliver_fn *deliver, void *arg)
{
	int32_t beyond;

	while (reasm_holds(r, pool))
		give_up_hole(r, more_of(r, pool), pool, 0, deliver, arg);
	if (!r->started || !have_ack)
		return;
	beyond = seq_diff(ack, r->next_seq);
	if (beyond > 0 && beyond < MAX_AHEAD) {
		more_of(r, pool)->missed_bytes += (uint32_t)beyond;
		r->next_seq = ack;
		deliver(arg, NULL, 0, (uint32_t)beyond);
	}
}

void
reasm_give_up(struct reasm *r, struct reasm_pool *pool, uint64_t time_us, reasm_deliver_fn *deliver,
	      void *arg)
{
	if (reasm_holds(r, pool))
		give_up_hole(r, more_of(r, pool), pool, time_us, deliver, arg);
}

static void
give_more(struct reasm *r, struct reasm_pool *pool)
{
	slab_give(&pool->mores, reasm_more_at(pool, r->more));
	r->more = 0;
}

void
reasm_next_part(struct reasm *r, struct reasm_pool *pool)
{
	struct reasm_more *m;

	if (r->more == 0)
		return;
	m = reasm_more_at(pool, r->more);
	m->missed_bytes = m->overlap_bytes = 0;
	m->retransmits = m->limited = 0;
	if (m->held == NULL && !m->overlap_differs)
		give_more(r, pool);
}

void
reasm_fini(struct reasm *r, struct reasm_pool *pool)
{
	if (r->more == 0)
		return;
	while (reasm_more_at(pool, r->more)->held != NULL)
		unlink_front(reasm_more_at(pool, r->more), pool);
	give_more(r, pool);
}
