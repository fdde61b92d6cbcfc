/* Answers as they would pass by, each but for one thing like a model's. */
#include "classify/ai/stream_shape.h"

#include "tests/support/unit.h"

#define MS 1000u

struct answer {
	uint32_t request_bytes;
	uint32_t nr_events;
	uint32_t gap_ms, gap_part; /* mean; of 1000, how far from it a gap may be */
	uint16_t bytes, spread;	   /* of an event: bytes to bytes + spread */
	uint32_t acks;	/* the client says something small every so many events; 0: never */
	uint32_t talks; /* the same, and large */
	uint16_t block; /* of padding; 0: none */
	enum {
		CHUNK_END,
		SERVER_LEAVES,
		CLIENT_LEAVES,
		CLIENT_WAITS,
		NEXT_REQUEST,
		LAST_DIFFERS,
		NOTHING
	} end;
	uint32_t swing_ms; /* every second dozen of events, gaps are longer by that */
	uint32_t shake_ms; /* how late an event may be seen, its time kept */
	bool chance;	   /* gaps as chance has them, of that mean */
	uint32_t lost_at;  /* before that event bytes are lost; 0: never */
};

static const struct answer model = { 900, 80, 30, 400, 180, 12, .end = CHUNK_END };

struct feed {
	struct stream_shape s;
	uint64_t now_us;
	uint32_t seed;
	uint32_t nr_turns;
	struct stream_shape_turn last;
};

static void
turn(void *arg, const struct stream_shape_turn *t)
{
	struct feed *f = arg;

	f->nr_turns++;
	f->last = *t;
}

static uint32_t
draw(struct feed *f, uint32_t below)
{
	f->seed = f->seed * 1664525u + 1013904223u;
	return below == 0 ? 0 : (f->seed >> 8) % below;
}

static void
say(struct feed *f, unsigned dir, uint16_t bytes, uint16_t block)
{
	if (block != 0)
		bytes = (uint16_t)((bytes + 1 + block - 1) / block * block - 1);
	stream_shape_record(&f->s, dir, bytes, f->now_us, turn, f);
}

static void
begin(struct feed *f)
{
	memset(f, 0, sizeof(*f));
	stream_shape_init(&f->s);
	f->now_us = 1700000000000000u;
	f->seed = 7;
}

static uint32_t
gap_us(struct feed *f, const struct answer *a)
{
	/* of an exponential distribution, in hundredths of its mean */
	static const uint16_t quantiles[16] = { 3,  10, 17,  25,  33,  42,  52,	 63,
						75, 89, 105, 123, 146, 174, 212, 347 };
	uint32_t mean = a->gap_ms * MS, span = mean * a->gap_part / 1000;

	return a->chance ? mean / 100 * quantiles[draw(f, 16)] : mean - span + draw(f, 2 * span);
}

static void
answer(struct feed *f, const struct answer *a)
{
	say(f, 0, (uint16_t)a->request_bytes, a->block);
	f->now_us += 400 * MS;
	say(f, 1, 700, a->block);
	for (uint32_t i = 0; i < a->nr_events; i++) {
		uint64_t due_us;

		f->now_us += gap_us(f, a) + (i / 12 % 2 == 0 ? 0 : a->swing_ms * MS);
		due_us = f->now_us;
		f->now_us += draw(f, a->shake_ms * MS);
		if (a->lost_at != 0 && i == a->lost_at)
			stream_shape_gap(&f->s);
		say(f, 1, (uint16_t)(a->bytes + draw(f, a->spread)), a->block);
		f->now_us = due_us;
		if (a->acks != 0 && i % a->acks == 0)
			say(f, 0, 26, a->block);
		if (a->talks != 0 && i % a->talks == a->talks - 1)
			say(f, 0, 300, a->block);
	}
	f->now_us += (1 + a->shake_ms) * MS;
	if (a->end == CHUNK_END)
		say(f, 1, 5, a->block);
	if (a->end == LAST_DIFFERS)
		say(f, 1, (uint16_t)(a->bytes + 300), a->block);
	if (a->end == SERVER_LEAVES)
		stream_shape_leave(&f->s, 1, f->now_us);
	if (a->end == CLIENT_WAITS || a->end == NEXT_REQUEST)
		f->now_us += 3000 * MS;
	if (a->end == CLIENT_LEAVES || a->end == CLIENT_WAITS)
		stream_shape_leave(&f->s, 0, f->now_us);
	if (a->end == NEXT_REQUEST)
		say(f, 0, 900, a->block);
}

#define LIKE_MODEL(...)                                \
	{                                              \
		900, 80, 30, 400, 180, 12, __VA_ARGS__ \
	}

static const struct {
	const char *name;
	struct answer a;
	enum stream_shape_verdict want;
} rows[] = {
	{ "a chunk ends it", { 900, 80, 30, 400, 180, 12, .end = CHUNK_END }, STREAM_SHAPE_LIKELY },
	{ "the server leaves", LIKE_MODEL(.end = SERVER_LEAVES), STREAM_SHAPE_LIKELY },
	{ "the client waits and leaves", LIKE_MODEL(.end = CLIENT_WAITS), STREAM_SHAPE_LIKELY },
	{ "the next request follows", LIKE_MODEL(.end = NEXT_REQUEST), STREAM_SHAPE_LIKELY },
	{ "token counts come last", LIKE_MODEL(.end = LAST_DIFFERS), STREAM_SHAPE_LIKELY },
	{ "window updates", LIKE_MODEL(.acks = 6), STREAM_SHAPE_LIKELY },
	{ "5 ms an event", { 900, 200, 5, 400, 180, 12, .end = CHUNK_END }, STREAM_SHAPE_LIKELY },
	{ "200 ms an event",
	  { 900, 30, 200, 400, 180, 12, .end = CHUNK_END },
	  STREAM_SHAPE_LIKELY },
	{ "steady as a clock, words differ",
	  { 900, 80, 30, 5, 180, 12, .end = CHUNK_END },
	  STREAM_SHAPE_LIKELY },
	{ "large pieces", { 900, 30, 180, 500, 420, 130, .end = CHUNK_END }, STREAM_SHAPE_LIKELY },
	{ "cut off", LIKE_MODEL(.end = CLIENT_LEAVES), STREAM_SHAPE_OTHER },
	{ "no end seen", LIKE_MODEL(.end = NOTHING), STREAM_SHAPE_UNKNOWN },
	{ "records padded",
	  { 880, 80, 30, 400, 180, 12, .block = 128, .end = CLIENT_WAITS },
	  STREAM_SHAPE_LIKELY },
	{ "and window updates",
	  { 880, 80, 30, 400, 180, 12, .block = 128, .acks = 6, .end = CLIENT_WAITS },
	  STREAM_SHAPE_LIKELY },
	{ "padded beyond what sizes say", LIKE_MODEL(.block = 512, .end = CLIENT_WAITS),
	  STREAM_SHAPE_UNKNOWN },
	{ "padded, and as steady as a timer",
	  { 880, 80, 30, 20, 180, 12, .block = 128, .end = CLIENT_WAITS },
	  STREAM_SHAPE_UNKNOWN },
	{ "padded, and hardly a request",
	  { 100, 80, 30, 400, 180, 12, .block = 64, .end = CLIENT_WAITS },
	  STREAM_SHAPE_OTHER },
	{ "padded lines of any length",
	  { 900, 80, 30, 400, 60, 900, .block = 32, .end = CLIENT_WAITS },
	  STREAM_SHAPE_OTHER },
	{ "slow and steady, and drifts",
	  { 900, 90, 200, 40, 180, 12, .end = CHUNK_END, .swing_ms = 40 },
	  STREAM_SHAPE_LIKELY },
	{ "slow, and keeps time",
	  { 900, 90, 200, 40, 180, 12, .end = CHUNK_END },
	  STREAM_SHAPE_OTHER },
	{ "a timer behind a network that shakes",
	  { 900, 90, 60, 4, 180, 60, .end = CHUNK_END, .shake_ms = 12 },
	  STREAM_SHAPE_OTHER },
	{ "bytes lost", LIKE_MODEL(.lost_at = 40), STREAM_SHAPE_UNKNOWN },
	{ "hardly a request", { 60, 80, 30, 400, 180, 12, .end = CHUNK_END }, STREAM_SHAPE_OTHER },
	{ "few events", { 900, 9, 30, 400, 180, 12, .end = CHUNK_END }, STREAM_SHAPE_OTHER },
	{ "equal messages", { 900, 80, 30, 400, 180, 0, .end = CHUNK_END }, STREAM_SHAPE_OTHER },
	{ "lines of any length",
	  { 900, 80, 30, 400, 60, 400, .end = CHUNK_END },
	  STREAM_SHAPE_OTHER },
	{ "blocks", { 900, 80, 30, 400, 8000, 12, .end = CHUNK_END }, STREAM_SHAPE_OTHER },
	{ "rows", { 900, 200, 1, 400, 180, 12, .end = CHUNK_END }, STREAM_SHAPE_OTHER },
	{ "every second", { 900, 60, 1000, 400, 180, 12, .end = CHUNK_END }, STREAM_SHAPE_OTHER },
	{ "any time", LIKE_MODEL(.chance = true), STREAM_SHAPE_OTHER },
	{ "an acknowledgement each", LIKE_MODEL(.acks = 1), STREAM_SHAPE_OTHER },
	{ "both talk", LIKE_MODEL(.talks = 8), STREAM_SHAPE_OTHER },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct feed f;

		print_message("%s\n", rows[i].name);
		begin(&f);
		answer(&f, &rows[i].a);
		if (rows[i].a.end != NEXT_REQUEST)
			stream_shape_end(&f.s, turn, &f);
		assert_true(f.nr_turns >= 1);
		assert_int_equal(f.last.verdict, rows[i].want);
	}
}

/* Several on a connection, each judged by itself; a part of them when a record is made between. */
static void
test_turns(void **state)
{
	struct answer short_one = model;
	struct feed f;

	(void)state;
	short_one.nr_events = 2;
	begin(&f);
	assert_int_equal(stream_shape_verdict(&f.s), STREAM_SHAPE_UNKNOWN);
	answer(&f, &short_one);
	f.now_us += 2000 * MS;
	answer(&f, &model);
	f.now_us += 2000 * MS;
	assert_int_equal(stream_shape_verdict(&f.s), STREAM_SHAPE_UNKNOWN); /* not over */
	answer(&f, &short_one);
	assert_int_equal(f.last.ordinal, 1);
	assert_int_equal(f.last.verdict, STREAM_SHAPE_LIKELY);
	assert_int_equal(stream_shape_verdict(&f.s), STREAM_SHAPE_LIKELY);
	assert_int_equal(f.s.part.nr_bursts, 3);
	stream_shape_next_part(&f.s);
	stream_shape_end(&f.s, turn, &f);
	assert_int_equal(f.last.ordinal, 2);
	assert_int_equal(stream_shape_verdict(&f.s),
			 STREAM_SHAPE_UNKNOWN); /* nothing in this part */
	answer(&f, &short_one);
	stream_shape_end(&f.s, turn, &f);
	assert_int_equal(stream_shape_verdict(&f.s), STREAM_SHAPE_OTHER);
	stream_shape_blind(&f.s);
	assert_int_equal(stream_shape_verdict(&f.s), STREAM_SHAPE_UNKNOWN);
}

static void
test_amounts(void **state)
{
	struct feed f;

	(void)state;
	begin(&f);
	say(&f, 0, 500, 0);
	f.now_us += 2 * MS;
	say(&f, 0, 4000, 0);
	f.now_us += 250 * MS;
	say(&f, 1, 600, 0);
	f.now_us += 10 * MS;
	say(&f, 1, 100, 0);
	f.now_us += 1000 * MS;
	say(&f, 0, 300, 0);
	assert_int_equal(f.last.request_bytes, 4500);
	assert_int_equal(f.last.response_bytes, 700);
	assert_int_equal(f.last.first_us - f.last.request_end_us, 250 * MS);
	assert_int_equal(f.last.last_us - f.last.request_us, 262 * MS);
	assert_int_equal(f.s.part.request_bytes, 4800);
	assert_int_equal(f.s.part.delays[3], 1);
	assert_string_equal(stream_shape_delay_names[3], "300ms");
}

/* Session tickets come before the answer; alone they are the answer. */
static void
test_tickets(void **state)
{
	struct feed f;

	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		begin(&f);
		stream_shape_tickets_until(&f.s, f.now_us + 5 * MS);
		say(&f, 0, 500, 0);
		f.now_us += 3 * MS;
		say(&f, 1, 238, 0);
		say(&f, 1, 238, 0);
		f.now_us += 90 * MS;
		if (more)
			say(&f, 1, 238, 0);
		stream_shape_end(&f.s, turn, &f);
		assert_int_equal(f.last.first_us - f.last.request_end_us, more ? 93 * MS : 3 * MS);
	}
}

/* Of datagrams only amounts are told. */
static void
test_datagrams(void **state)
{
	struct feed f;

	(void)state;
	begin(&f);
	stream_shape_init_datagrams(&f.s);
	answer(&f, &model);
	stream_shape_end(&f.s, turn, &f);
	assert_int_equal(f.last.verdict, STREAM_SHAPE_OTHER);
	assert_int_equal(stream_shape_verdict(&f.s), STREAM_SHAPE_UNKNOWN);
	assert_int_equal(f.s.part.nr_bursts, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),	  cmocka_unit_test(test_turns),
		cmocka_unit_test(test_amounts),	  cmocka_unit_test(test_tickets),
		cmocka_unit_test(test_datagrams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
