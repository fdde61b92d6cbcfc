/*
 * The thresholds stand first; what each is good for, and against what, is in docs/shape.md.
 */
#include "classify/ai/stream_shape.h"

#include <string.h>

enum {
	SMALL_BYTES = 32,	    /* window updates, pings, the end of a chunked body */
	MAY_BE_SMALL_BYTES = 96,    /* the same, padded; or a short request */
	SMALL_DATAGRAM_BYTES = 64,  /* acknowledgements of QUIC */
	REQUEST_MIN_BYTES = 320,    /* headers with a key, and a body in JSON */
	EVENTS_MIN = 12,	    /* after the first, with a gap before each */
	GAP_MEDIAN_MAX_US = 400000, /* of events: twice what is wanted, for batches */
	STREAM_MIN_US = 250000,
	STREAM_MAX_US = 1200 * 1000000,
	RECORD_MEDIAN_MIN = 60,	  /* JSON around the shortest word */
	RECORD_MEDIAN_MAX = 1200, /* a delta and what is around it */
	PIECE_MEDIAN_MIN = 250,	  /* several words and more around them */
	PIECE_MEDIAN_MAX = 800,
	RECORD_LARGE = 4096,	  /* no delta: the text as a whole, at most */
	JOIN_US = 250,		  /* records closer than this are one event */
	GAP_MEDIAN_MIN_US = 2000, /* of events: rows of a result come faster */
	NEAR_BYTES = 32,   /* lengths of words differ by less, and of what is added to hide them */
	FIRST_RECORDS = 8, /* among which is one of a single word */
	PAUSE_US = 100000, /* an answer that paused for less goes on */
	TAIL_US = 50000,   /* the end comes as soon after the last event */
	QUIET_US = 500000, /* a client that waits that long saw the end */
	BLOCK_MIN = 32,	   /* of padding */
	BLOCK_MAX = 128,   /* beyond that sizes say nothing */
	FILLED_MIN = 4,	   /* records in a row that are blocks are so on purpose */
	CLOCK_PART = 12,   /* a clock's gaps differ by less than this part of them */
	CLOCK_FAST_US = 50000, /* a model may be as steady as one, */
	CLOCK_MAX_US = 100000, /* and slower where it is not known whether it keeps time */
	BAR_GAPS = 6,	       /* over so many what a network adds to each is little */
	BARS_MIN = 4,
	DRIFT_BARS_MIN = 8,
	TICKETS_BYTES = 1024,
};

const char *const stream_shape_delay_names[STREAM_SHAPE_DELAY_BINS] = { "10ms",	 "30ms", "100ms",
									"300ms", "1s",	 "3s",
									"10s",	 "inf" };
static const uint32_t delay_us[STREAM_SHAPE_DELAY_BINS - 1] = { 10000,	 30000,	  100000,  300000,
								1000000, 3000000, 10000000 };

void
stream_shape_init(struct stream_shape *s)
{
	memset(s, 0, sizeof(*s));
	s->small_bytes = SMALL_BYTES;
	s->judges = true;
}

void
stream_shape_init_datagrams(struct stream_shape *s)
{
	memset(s, 0, sizeof(*s));
	s->small_bytes = SMALL_DATAGRAM_BYTES;
}

static unsigned
apart(unsigned a, unsigned b)
{
	return a > b ? a - b : b - a;
}

/* ------------------------------------------------------------------ histograms */

/* floor(n * log2(v / unit)), from 0 to bins - 1; n is 2 or 3. */
static unsigned
bin_of(uint32_t v, uint32_t unit, unsigned n, unsigned bins)
{
	/* 2^(i/n) in 1/1024 */
	static const uint32_t steps[4][3] = { [2] = { 1024, 1448 }, [3] = { 1024, 1290, 1625 } };
	unsigned octave = 0, bin;
	uint64_t scaled;

	if (v < unit)
		return 0;
	octave = 31u - (unsigned)__builtin_clz(v / unit);
	scaled = ((uint64_t)v << 10) / ((uint64_t)unit << octave);
	bin = octave * n;
	for (unsigned i = 1; i < n && scaled >= steps[n][i]; i++)
		bin++;
	return bin < bins ? bin : bins - 1;
}

static void
count(uint16_t *bins, unsigned bin)
{
	if (bins[bin] != UINT16_MAX)
		bins[bin]++;
}

static uint32_t
sum_of(const uint16_t *bins, unsigned from, unsigned to)
{
	uint32_t sum = 0;

	for (unsigned i = from; i < to; i++)
		sum += bins[i];
	return sum;
}

static unsigned
median_bin(const uint16_t *bins, unsigned nr)
{
	uint32_t half = (sum_of(bins, 0, nr) + 1) / 2, sum = 0;

	for (unsigned i = 0; i < nr; i++) {
		sum += bins[i];
		if (sum >= half)
			return i;
	}
	return 0;
}

static uint32_t
gap_of_bin(unsigned bin)
{
	uint32_t us = 1000u << bin / 2;

	return bin % 2 == 0 ? us + us / 5 : us + us * 7 / 10; /* near the middle of the bin */
}

/* The lower end of a bin, roughly. */
static uint32_t
size_of_bin(unsigned bin)
{
	return ((uint32_t)SMALL_BYTES << bin / 3) * (100 + bin % 3 * 30) / 100;
}

/* ------------------------------------------------------------------ padding */

/* The largest block that all records of late were filled up to; 0: none. */
static unsigned
block_of(const struct stream_shape *s)
{
	return s->nr_filled >= FILLED_MIN ? s->fillings & (0u - s->fillings) : 0;
}

/* With the byte that says what it is (RFC 8446 section 5.2) a record is a number of blocks. */
static void
count_filled(struct stream_shape *s, uint16_t bytes)
{
	unsigned length = bytes + 1u;

	if (length % BLOCK_MIN != 0) {
		s->nr_filled = 0;
		s->fillings = 0;
		return;
	}
	if (s->nr_filled < UINT8_MAX)
		s->nr_filled++;
	s->fillings = (uint16_t)(s->fillings | length);
}

/* What lengths of words may differ by. */
static unsigned
near_bytes(const struct stream_shape *s)
{
	unsigned block = block_of(s);

	return block > NEAR_BYTES ? block : NEAR_BYTES;
}

/* ------------------------------------------------------------------ verdict */

/* The last event of an answer is of another kind: counts of tokens, the text as a whole, "done". */
static bool
ends_in_other(const struct stream_shape *s)
{
	return s->nr_near * 100ull >= s->nr_records * 85ull &&
	       apart(s->size[0], s->usual) > 2 * near_bytes(s);
}

/* Was the end of the answer seen, and was it an end of its own? */
enum ending { ENDED, CUT_OFF, NOT_SEEN };

static enum ending
ending_of(const struct stream_shape *s, uint64_t next_us)
{
	uint64_t median = gap_of_bin(median_bin(s->gaps, STREAM_SHAPE_GAP_BINS));
	uint64_t soon = 2 * median > TAIL_US ? 2 * median : TAIL_US;
	uint64_t quiet;

	if (s->small_tail && s->tail_us - s->last_event_us <= soon)
		return ENDED;
	if (s->server_left || ends_in_other(s))
		return ENDED;
	if (next_us == 0)
		return NOT_SEEN;
	quiet = next_us - s->last_event_us;
	if (s->client_left)
		return quiet >= 8 * median && quiet >= QUIET_US ? ENDED : CUT_OFF;
	return quiet >= 2 * median ? ENDED : CUT_OFF;
}

/* Steady: most gaps are near the median one. Neither are those of a clock, nor those of chance. */
static bool
has_rhythm(const struct stream_shape *s)
{
	unsigned mid = median_bin(s->gaps, STREAM_SHAPE_GAP_BINS);
	unsigned from = mid < 2 ? 0 : mid - 2;
	unsigned to = mid + 3 > STREAM_SHAPE_GAP_BINS ? STREAM_SHAPE_GAP_BINS : mid + 3;
	uint32_t near = sum_of(s->gaps, from, to);
	uint32_t all = sum_of(s->gaps, 0, STREAM_SHAPE_GAP_BINS);
	int64_t excess;

	if (all < EVENTS_MIN || gap_of_bin(mid) < GAP_MEDIAN_MIN_US ||
	    gap_of_bin(mid) > GAP_MEDIAN_MAX_US)
		return false;
	/* Chance gives 55 of 100; of few gaps more are asked, and still more where sizes hide. */
	excess = near * 100ll - all * 62ll;
	return excess > 0 && excess * excess >= (block_of(s) != 0 ? 3600ll : 2500ll) * all;
}

/* Percent of gaps that are like the one before, and of bars. */
static bool
is_clocked(const struct stream_shape *s, unsigned percent)
{
	return s->nr_clocked * 100ull >= s->nr_gaps * (uint64_t)percent;
}

static bool
keeps_time(const struct stream_shape *s, unsigned percent)
{
	return s->nr_like_bars * 100ull > s->nr_bars * (uint64_t)percent;
}

/* A timer behind a network that shakes: its gaps are not alike, their sums are. */
static bool
is_timer(const struct stream_shape *s)
{
	return s->nr_bars >= BARS_MIN && keeps_time(s, 80);
}

/* Of one as steady as a clock: a model is fast, or does not keep time. */
static bool
drifts(const struct stream_shape *s)
{
	uint32_t gap = gap_of_bin(median_bin(s->gaps, STREAM_SHAPE_GAP_BINS));

	if (gap > CLOCK_FAST_US && s->nr_bars >= DRIFT_BARS_MIN)
		return !keeps_time(s, 95);
	return gap <= CLOCK_MAX_US;
}

/*
 * Small, and alike as words are: each with the same around it. Or several at a time: multiples of
 * that. Or as alike as larger pieces of text are. Padding hides the difference.
 */
static bool
has_sizes(const struct stream_shape *s)
{
	uint32_t median = size_of_bin(median_bin(s->sizes, STREAM_SHAPE_SIZE_BINS));
	uint64_t n = s->nr_records;

	if (median < RECORD_MEDIAN_MIN || median > RECORD_MEDIAN_MAX || s->nr_large * 20ull > n)
		return false;
	if (block_of(s) != 0)
		return s->nr_near * 100ull >= n * 80;
	if (s->nr_same * 100ull > n * 30)
		return false;
	if (is_clocked(s, 60))
		return s->nr_near * 100ull >= n * 95 && drifts(s);
	if (is_timer(s) && s->nr_near * 100ull < n * 95)
		return false;
	if (s->nr_near * 100ull >= n * 80)
		return true;
	if (n > FIRST_RECORDS && s->nr_units * 100ull >= (n - FIRST_RECORDS) * 80)
		return true;
	return median >= PIECE_MEDIAN_MIN && median <= PIECE_MEDIAN_MAX &&
	       s->nr_like * 100ull >= n * 82;
}

/* Where sizes are hidden nothing may look like a timer. */
static bool
is_told_by_time(const struct stream_shape *s)
{
	return block_of(s) <= BLOCK_MAX && !is_clocked(s, 65) && !is_timer(s);
}

/* At least about so much, without padding: half a block a record. */
static uint64_t
request_bytes(const struct stream_shape *s)
{
	uint64_t filling = (uint64_t)s->nr_asked * block_of(s) / 2;

	return s->turn.request_bytes > filling ? s->turn.request_bytes - filling : 0;
}

static bool
is_one_sided(const struct stream_shape *s)
{
	return s->nr_control <= 4 + s->nr_records / 4;
}

static enum stream_shape_verdict
judge(const struct stream_shape *s, uint64_t next_us)
{
	uint64_t lasted = s->last_event_us - s->turn.first_us;
	enum ending ending;

	if (s->gap)
		return STREAM_SHAPE_UNKNOWN;
	if (!s->judges || !s->answering || request_bytes(s) < REQUEST_MIN_BYTES ||
	    lasted < STREAM_MIN_US || lasted > STREAM_MAX_US || !is_one_sided(s) || !has_sizes(s) ||
	    !has_rhythm(s))
		return STREAM_SHAPE_OTHER;
	ending = ending_of(s, next_us);
	if (ending == CUT_OFF)
		return STREAM_SHAPE_OTHER;
	if (ending == NOT_SEEN || (block_of(s) != 0 && !is_told_by_time(s)))
		return STREAM_SHAPE_UNKNOWN;
	return STREAM_SHAPE_LIKELY;
}

static void
count_delay(struct stream_shape *s)
{
	uint64_t us = s->turn.first_us - s->turn.request_end_us;
	unsigned i = 0;

	while (i < STREAM_SHAPE_DELAY_BINS - 1 && us > delay_us[i])
		i++;
	s->part.delays[i]++;
}

/* next_us: when the client spoke again or left; 0 when nothing shows that the answer is over. */
static void
end_turn(struct stream_shape *s, uint64_t next_us, stream_shape_fn *fn, void *arg)
{
	if (!s->in_turn)
		return;
	s->in_turn = false;
	if (!s->answering && s->early_bytes != 0) {
		s->answering = true;
		s->turn.first_us = s->turn.last_us = s->last_event_us = s->early_us;
	}
	s->turn.verdict = judge(s, next_us);
	s->part.nr_turns[s->turn.verdict]++;
	if (s->answering && !s->gap)
		count_delay(s);
	fn(arg, &s->turn);
}

/* ------------------------------------------------------------------ turns */

static void
begin_turn(struct stream_shape *s, uint64_t now_us)
{
	s->in_turn = true;
	s->answering = s->gap = s->small_tail = false;
	s->turn = (struct stream_shape_turn) { .ordinal = s->nr_begun++, .request_us = now_us };
	s->part.nr_bursts++;
	s->gap_sum_us = 0;
	s->unit = s->usual = 0;
	s->nr_gaps = s->nr_records = s->nr_events = s->nr_large = 0;
	s->nr_near = s->nr_like = s->nr_same = s->nr_units = s->nr_control = 0;
	s->nr_clocked = s->gap_before_us = 0;
	s->bar_us = s->bar_before_us = 0;
	s->nr_bars = s->nr_like_bars = s->bar_gaps = 0;
	s->nr_asked = 0;
	s->early_bytes = 0;
	memset(s->size, 0, sizeof(s->size));
	memset(s->gaps, 0, sizeof(s->gaps));
	memset(s->sizes, 0, sizeof(s->sizes));
}

/* What a client sends while it is being answered, to keep that going. */
static bool
is_control(const struct stream_shape *s, uint16_t bytes, uint64_t now_us)
{
	uint64_t quiet = now_us - s->last_event_us;

	if (bytes <= s->small_bytes)
		return true;
	if (bytes > MAY_BE_SMALL_BYTES && bytes >= block_of(s))
		return false;
	return quiet <= PAUSE_US || quiet * s->nr_gaps <= 2 * s->gap_sum_us;
}

static void
of_client(struct stream_shape *s, uint16_t bytes, uint64_t now_us, stream_shape_fn *fn, void *arg)
{
	s->part.request_bytes += bytes;
	s->client_left = false;
	if (s->in_turn && s->answering && is_control(s, bytes, now_us)) {
		s->nr_control++;
		return;
	}
	if (!s->in_turn && bytes <= s->small_bytes)
		return;
	if (s->in_turn && (s->answering || s->early_bytes != 0))
		end_turn(s, now_us, fn, arg);
	if (!s->in_turn)
		begin_turn(s, now_us);
	s->turn.request_bytes += bytes;
	s->nr_asked++;
	s->turn.request_end_us = now_us;
}

/* ------------------------------------------------------------------ the answer */

static void
count_bar(struct stream_shape *s, uint32_t gap)
{
	uint64_t change;

	s->bar_us += gap;
	if (++s->bar_gaps < BAR_GAPS)
		return;
	change = s->bar_us > s->bar_before_us ? s->bar_us - s->bar_before_us
					      : s->bar_before_us - s->bar_us;
	if (s->bar_before_us != 0) {
		s->nr_bars++;
		s->nr_like_bars += change < s->bar_us / CLOCK_PART;
	}
	s->bar_before_us = s->bar_us;
	s->bar_us = 0;
	s->bar_gaps = 0;
}

static void
count_gap(struct stream_shape *s, uint64_t us)
{
	uint32_t gap = us < UINT32_MAX / 2 ? (uint32_t)us : UINT32_MAX / 2;

	uint32_t change = gap > s->gap_before_us ? gap - s->gap_before_us : s->gap_before_us - gap;

	count(s->gaps, bin_of(gap, 1000, 2, STREAM_SHAPE_GAP_BINS));
	s->nr_gaps++;
	s->gap_sum_us += gap;
	s->nr_clocked += change < gap / CLOCK_PART;
	s->gap_before_us = gap;
	count_bar(s, gap);
}

/* Near a multiple of the smallest of the first records. */
static bool
is_units(const struct stream_shape *s, uint16_t bytes)
{
	unsigned k = (bytes + s->unit / 2u) / s->unit;
	unsigned slack = 8 * k + 8 < s->unit / 8u ? 8 * k + 8 : s->unit / 8u;

	return k != 0 && apart(bytes, k * s->unit) <= slack;
}

/* Like either of the last two: a name and its data may come in two records. */
static void
count_size(struct stream_shape *s, uint16_t bytes)
{
	unsigned a = apart(bytes, s->size[0]), b = apart(bytes, s->size[1]);
	unsigned nearest = a < b ? a : b;

	if (s->nr_records++ < FIRST_RECORDS)
		s->unit = s->unit == 0 || bytes < s->unit ? bytes : s->unit;
	else
		s->nr_units += is_units(s, bytes);
	if (nearest <= near_bytes(s)) {
		s->nr_near++;
		s->usual = bytes;
	}
	s->nr_like += nearest <= NEAR_BYTES + bytes / 8u;
	s->nr_same += bytes == s->size[0];
	s->nr_large += bytes > RECORD_LARGE;
	s->size[1] = s->size[0];
	s->size[0] = bytes;
	count(s->sizes, bin_of(bytes, SMALL_BYTES, 3, STREAM_SHAPE_SIZE_BINS));
}

/*
 * Session tickets of TLS 1.3 look like data. They come at once, where an answer may as well: what
 * comes early is the answer only if nothing follows it.
 */
static bool
may_be_tickets(struct stream_shape *s, uint16_t bytes, uint64_t now_us)
{
	if (s->answering || now_us > s->tickets_until_us || s->early_bytes + bytes > TICKETS_BYTES)
		return false;
	if (s->early_bytes == 0)
		s->early_us = now_us;
	s->early_bytes = (uint16_t)(s->early_bytes + bytes);
	return true;
}

static void
of_server(struct stream_shape *s, uint16_t bytes, uint64_t now_us)
{
	s->part.response_bytes += bytes;
	if (!s->in_turn || s->client_left)
		return;
	s->server_left = false;
	if (bytes <= s->small_bytes) {
		if (s->answering && !s->small_tail) {
			s->small_tail = true;
			s->tail_us = now_us;
		}
		s->turn.response_bytes += bytes;
		return;
	}
	s->turn.response_bytes += bytes;
	if (may_be_tickets(s, bytes, now_us))
		return;
	s->small_tail = false;
	if (!s->answering) {
		s->answering = true;
		s->turn.first_us = now_us;
	} else {
		if (now_us - s->last_event_us > JOIN_US) {
			s->nr_events++;
			count_gap(s, now_us - s->last_event_us);
		}
		count_size(s, bytes);
	}
	s->last_event_us = s->turn.last_us = now_us;
}

void
stream_shape_record(struct stream_shape *s, unsigned dir, uint16_t bytes, uint64_t now_us,
		    stream_shape_fn *fn, void *arg)
{
	count_filled(s, bytes);
	if (dir == 0)
		of_client(s, bytes, now_us, fn, arg);
	else
		of_server(s, bytes, now_us);
}

void
stream_shape_tickets_until(struct stream_shape *s, uint64_t until_us)
{
	s->tickets_until_us = until_us;
}

void
stream_shape_gap(struct stream_shape *s)
{
	if (s->in_turn)
		s->gap = true;
	else
		s->part.nr_turns[STREAM_SHAPE_UNKNOWN]++;
}

void
stream_shape_blind(struct stream_shape *s)
{
	s->blind = true;
	stream_shape_gap(s);
}

void
stream_shape_leave(struct stream_shape *s, unsigned dir, uint64_t now_us)
{
	if (dir != 0) {
		s->server_left |= !s->client_left;
	} else if (!s->client_left) {
		s->client_left = true;
		s->client_left_us = now_us;
	}
}

void
stream_shape_end(struct stream_shape *s, stream_shape_fn *fn, void *arg)
{
	end_turn(s, s->client_left ? s->client_left_us : 0, fn, arg);
}

enum stream_shape_verdict
stream_shape_verdict(const struct stream_shape *s)
{
	const uint32_t *turns = s->part.nr_turns;

	if (turns[STREAM_SHAPE_LIKELY] != 0)
		return STREAM_SHAPE_LIKELY;
	if (!s->judges || s->blind || s->in_turn || turns[STREAM_SHAPE_UNKNOWN] != 0 ||
	    s->part.response_bytes == 0)
		return STREAM_SHAPE_UNKNOWN;
	return turns[STREAM_SHAPE_OTHER] != 0 ? STREAM_SHAPE_OTHER : STREAM_SHAPE_UNKNOWN;
}

void
stream_shape_next_part(struct stream_shape *s)
{
	memset(&s->part, 0, sizeof(s->part));
}
