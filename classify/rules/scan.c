/*
 * The scanner: Hyperscan and the digit finder over one stream, and the candidates of both.
 *
 * Positions are absolute in the decoded stream. Hyperscan counts from its last reset, which base
 * remembers. A push is taken in pieces; the candidates of a piece are gathered in the order of
 * their ends and judged behind it, so nothing is called back from inside Hyperscan. Those too near
 * to the end of the piece wait in the stream.
 *
 * Hyperscan 5.4 reads up to three bytes past its input where it uses AVX-512. That is harmless but
 * at the end of a mapping, so input that ends near the end of a page is scanned in a copy.
 */
#include "classify/rules/scan_state.h"

enum {
	PIECE = 4096,	  /* of a push */
	SMALL_PUSH = 512, /* pushes below it wait for more */
};

static void
keep_tail(struct scan_stream *st)
{
	size_t len = st->push_len, keep;

	if (len >= SCAN_LOOK_BEHIND) {
		memcpy(st->tail, st->push + len - SCAN_LOOK_BEHIND, SCAN_LOOK_BEHIND);
		st->tail_len = SCAN_LOOK_BEHIND;
	} else if (len != 0) {
		keep = SCAN_LOOK_BEHIND - len;
		keep = keep < st->tail_len ? keep : st->tail_len;
		memmove(st->tail, st->tail + st->tail_len - keep, keep);
		memcpy(st->tail + keep, st->push, len);
		st->tail_len = (uint32_t)(keep + len);
	}
	st->pos += len;
	st->push = NULL;
	st->push_len = 0;
}

static void
keep_sample(struct scan_profile *costs, const uint8_t *data, size_t len)
{
	costs->sample_len =
	    span_append(costs->sample, costs->sample_len, SCAN_SAMPLE_MAX, span_of(data, len));
}

static void
stream_init(struct scan_stream *st, struct scanner *s, hs_stream_t *hs, enum buffer buffer)
{
	memset(st, 0, offsetof(struct scan_stream, pending));
	st->scanner = s;
	st->hs = hs;
	st->buffer = buffer;
	digits_init(&st->digits, 0);
	word_trail_init(&st->trail, 0);
	unescape_init(&st->unescape, buffer_coding(buffer));
	ascii_fold_init(&st->fold, s->db->spec.simd);
}

static void
count_stages(struct scan_profile *costs, uint64_t at_start, uint64_t at_finder, uint64_t at_judging)
{
	costs->hyperscan_cycles += at_finder - at_start;
	costs->finder_cycles += at_judging - at_finder;
	costs->judging_cycles += cycles_now() - at_judging;
}

/* What was not looked at may hold something. */
static void
count_error(struct scan_stream *st)
{
	st->scanner->counters.scan_errors++;
	st->nr_new = 0;
}

/* The whole of a text needs no stream, which costs more than a short text itself does. */
static bool
run_hyperscan(struct scan_stream *st, const uint8_t *data, size_t len, bool whole)
{
	struct scanner *s = st->scanner;
	const char *text = scan_readable(s, data, len);
	unsigned n = (unsigned)len;

	if (whole)
		return s->db->block == NULL || hs_scan(s->db->block, text, n, 0, s->scratch,
						       scan_on_match, st) == HS_SUCCESS;
	st->streaming = true;
	return st->hs == NULL ||
	       hs_scan_stream(st->hs, text, n, 0, s->scratch, scan_on_match, st) == HS_SUCCESS;
}

void
scan_piece(struct scan_stream *st, const uint8_t *data, size_t len, bool whole)
{
	struct scanner *s = st->scanner;

	scan_take_pending(st, &s->gathered);
	st->push = data;
	st->push_len = len;
	s->counters.scan_bytes += len;
	if (s->profile != NULL)
		keep_sample(s->profile, data, len);

	uint64_t at_start = scan_profile_now(s);

	if (!run_hyperscan(st, data, len, whole))
		count_error(st);
	uint64_t at_finder = scan_profile_now(s);

	if (s->db->numbers.nr + s->db->nr_ibans + s->db->nr_leads + s->db->cells.nr != 0)
		digits_push(&st->digits, &s->db->spec, data, len, scan_on_group, st);
	scan_marked(st, false);
	if (s->gathered.by_word)
		scan_mark_words(st, false);

	uint64_t at_judging = scan_profile_now(s);

	scan_keep_pending(st, scan_judge_ready(st, false));
	keep_tail(st);
	if (s->profile != NULL)
		count_stages(s->profile, at_start, at_finder, at_judging);
}

static void
append(void *arg, const uint8_t *data, size_t len)
{
	struct span *out = arg;

	memcpy((uint8_t *)(uintptr_t)out->p + out->len, data, len);
	out->len += len;
}

/* The text as rules see it: itself, where there is nothing to fold; else in the scanner's memory.
 */
static struct span
folded(struct scanner *s, struct ascii_fold *f, struct span text, bool last)
{
	struct span out = span_of(s->folded, 0);

	if (ascii_fold_passes(f, text.p, text.len))
		return text;
	ascii_fold_push(f, text.p, text.len, append, &out);
	if (last)
		ascii_fold_end(f, append, &out);
	return out;
}

/* last: nothing follows. */
static void
scan_folded(struct scan_stream *st, const uint8_t *data, size_t len, bool last)
{
	struct span text = folded(st->scanner, &st->fold, span_of(data, len), last);

	if (text.len != 0)
		scan_piece(st, text.p, text.len, last && !st->streaming);
}

void
scan_small(struct scan_stream *st, bool last)
{
	uint32_t len = st->nr_small;

	st->nr_small = 0;
	scan_folded(st, st->small, len, last);
}

/*
 * A call of Hyperscan costs as much as a hundred bytes do. What comes field by field, as of a
 * database's rows, is scanned some of it at a time; the end of the text does not wait.
 */
static void
scan_decoded(void *arg, const uint8_t *data, size_t len)
{
	struct scan_stream *st = arg;

	if (len < SMALL_PUSH && len <= SMALL_CAP - st->nr_small) {
		if (len != 0)
			memcpy(st->small + st->nr_small, data, len);
		st->nr_small += (uint32_t)len;
		return;
	}
	scan_small(st, false);
	while (len != 0) {
		size_t n = len < PIECE ? len : PIECE;

		scan_folded(st, data, n, false);
		data += n;
		len -= n;
	}
}

struct scan_stream *
scan_open(struct scanner *s, enum buffer buffer)
{
	struct scan_stream *st = slab_take(&s->streams);

	if (st == NULL) {
		s->counters.scan_streams_refused++;
		return NULL;
	}

	size_t i = (size_t)((uint8_t *)st - s->streams.memory) / s->streams.object_bytes;

	s->open[i] = true;
	stream_init(st, s, s->hs[i], buffer);
	return st;
}

void
scan_push(struct scan_stream *st, const uint8_t *data, size_t len, scan_found_fn *found, void *arg)
{
	st->found = found;
	st->arg = arg;
	if (len != 0 && !scanner_is_idle(st->scanner))
		unescape_push(&st->unescape, data, len, scan_decoded, st);
}

/* Ends the text at pos: matches that waited for its end, an open digit group, what waits. */
static void
end_text(struct scan_stream *st)
{
	struct scanner *s = st->scanner;

	unescape_end(&st->unescape, scan_decoded, st);
	scan_small(st, true);
	scan_take_pending(st, &s->gathered);
	if (st->hs != NULL && st->streaming &&
	    hs_reset_stream(st->hs, 0, s->scratch, scan_on_match, st) != HS_SUCCESS)
		count_error(st);
	st->streaming = false;
	digits_end(&st->digits, &s->db->spec, scan_on_group, st);
	scan_marked(st, true);
	if (s->gathered.by_word)
		scan_mark_words(st, true);
	scan_judge_ready(st, true);
	st->nr_pending = 0;
	scan_remember_new(st);
}

void
scan_gap(struct scan_stream *st)
{
	end_text(st);
	st->base = st->limit = st->pos;
	st->tail_len = 0;
	digits_init(&st->digits, st->pos);
	ascii_fold_init(&st->fold, st->scanner->db->spec.simd);
}

void
scan_close(struct scan_stream *st, scan_found_fn *found, void *arg)
{
	if (st == NULL)
		return;

	struct scanner *s = st->scanner;

	st->found = found;
	st->arg = arg;
	end_text(st);
	s->open[(size_t)((uint8_t *)st - s->streams.memory) / s->streams.object_bytes] = false;
	slab_give(&s->streams, st);
}

/* ------------------------------------------------------------------ short fields */

static void
scan_whole(struct scan_stream *st, struct queue *q, struct word_marks *marks, const uint8_t *data,
	   size_t len)
{
	struct scanner *s = st->scanner;

	q->nr = 0;
	q->by_word = false;
	st->queue = q;
	st->marks = marks;
	st->push = data;
	st->push_len = len < SCAN_FIELD_MAX ? len : SCAN_FIELD_MAX;
	s->counters.scan_bytes += st->push_len;
	if (s->db->block != NULL &&
	    hs_scan(s->db->block, scan_readable(s, data, st->push_len), (unsigned)st->push_len, 0,
		    s->scratch, scan_on_match, st) != HS_SUCCESS)
		count_error(st);
	digits_push(&st->digits, &s->db->spec, data, st->push_len, scan_on_group, st);
	digits_end(&st->digits, &s->db->spec, scan_on_group, st);
	scan_marked(st, true);
	if (q->by_word)
		scan_mark_words(st, true);
	scan_judge_ready(st, true);
}

void
scan_block(struct scanner *s, enum buffer buffer, const uint8_t *data, size_t len,
	   scan_found_fn *found, void *arg)
{
	struct span text;
	uint64_t id;

	if (len == 0 || scanner_is_idle(s))
		return;
	id = scan_text_id(s, buffer, data, len);
	if (scan_holds_nothing(s, id, len))
		return;
	stream_init(&s->block, s, NULL, buffer);
	text = folded(s, &s->block.fold, span_of(data, len < SCAN_FIELD_MAX ? len : SCAN_FIELD_MAX),
		      true);
	s->block.found = found;
	s->block.arg = arg;
	scan_remember_after(&s->block, id, len);
	scan_whole(&s->block, &s->gathered, &s->marks, text.p, text.len);
	scan_remember_new(&s->block);
}

void
scan_values(struct scanner *s, const uint8_t *data, size_t len, scan_value_fn *fn, void *arg)
{
	if (len == 0 || scanner_is_idle(s))
		return;
	stream_init(&s->values, s, NULL, BUFFER_PAYLOAD);
	s->values.value = fn;
	s->values.arg = arg;
	scan_whole(&s->values, &s->gathered_values, &s->marks_values, data, len);
}
