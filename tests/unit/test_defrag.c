#include "tests/support/unit.h"

#include "dataplane/port/decap.h"
#include "dataplane/port/defrag.h"
#include "tests/support/guard.h"

static const struct decap_options options = { .max_depth = 4 };

#define ETH_LEN 14u

/* An Ethernet frame with one IPv4 fragment of a UDP datagram: units of 8 bytes [from, to). */
static size_t
fragment(uint8_t *out, uint16_t id, unsigned from, unsigned to, bool more, uint8_t fill)
{
	static const uint8_t head[] = {
		2, 0, 0, 0, 0, 2,  2,  0, 0, 0,	  0, 1, 8, 0,	0x45, 0, 0,
		0, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0,    2, 2,
	};
	unsigned len = 20 + (to - from) * 8;

	memcpy(out, head, sizeof(head));
	out[16] = (uint8_t)(len >> 8);
	out[17] = (uint8_t)len;
	out[18] = (uint8_t)(id >> 8);
	out[19] = (uint8_t)id;
	out[20] = (uint8_t)((more ? 0x20 : 0) | from >> 8);
	out[21] = (uint8_t)from;
	memset(out + sizeof(head), fill, (to - from) * 8);
	return sizeof(head) + (to - from) * 8;
}

static enum defrag_result
push(struct defrag *d, uint64_t time_us, uint16_t id, unsigned from, unsigned to, bool more,
     uint8_t fill, struct datagram *out)
{
	uint8_t frame[2048];
	size_t len = fragment(frame, id, from, to, more, fill);
	struct packet p = { .time_us = time_us, .wire_bytes = (uint32_t)len };
	const uint8_t *copy = guard_copy(frame, len);

	assert_int_equal(decap_frame(&p, LINK_ETHERNET, 0, &options, copy, (uint32_t)len,
				     (uint32_t)len),
			 DECAP_FRAGMENT);
	return defrag_push(d, &p, copy, out);
}

static struct defrag *
create(uint32_t max)
{
	static const struct siphash_key key = { 1, 2 };
	struct defrag *d;

	assert_int_equal(defrag_create(max, 30000000, &key, &d), 0);
	return d;
}

/* The ledger of frames: all that came are held, given out, or in one drop counter. */
static uint64_t
dropped(const struct defrag *d)
{
	const struct defrag_counters *c = defrag_counters(d);

	return c->drop_overlap + c->drop_timeout + c->drop_limit + c->drop_malformed;
}

static const struct {
	const char *name;
	struct {
		unsigned from, to;
		bool more;
	} pieces[4];
	unsigned nr;
	bool complete; /* with the last piece */
	unsigned drops;
} cases[] = {
	{ "in order", { { 0, 2, true }, { 2, 4, true }, { 4, 5, false } }, 3, true, 0 },
	{ "last first", { { 4, 5, false }, { 2, 4, true }, { 0, 2, true } }, 3, true, 0 },
	{ "a copy is ignored", { { 0, 2, true }, { 0, 2, true }, { 2, 3, false } }, 3, true, 0 },
	{ "inside a held one is ignored",
	  { { 0, 3, true }, { 1, 2, true }, { 3, 4, false } },
	  3,
	  true,
	  0 },
	{ "covering drops all", { { 1, 2, true }, { 0, 3, true } }, 2, false, 2 },
	{ "overlapping tail drops all", { { 0, 2, true }, { 1, 3, false } }, 2, false, 2 },
	{ "two ends drop all", { { 2, 3, false }, { 3, 4, false } }, 2, false, 2 },
	{ "bytes behind the end drop all", { { 1, 2, false }, { 2, 3, true } }, 2, false, 2 },
	{ "an end before held bytes drops all", { { 2, 4, true }, { 1, 2, false } }, 2, false, 2 },
	{ "a hole stays open", { { 0, 1, true }, { 2, 3, false } }, 2, false, 0 },
};

static void
test_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct defrag *d = create(8);
		struct datagram out = { 0 };
		enum defrag_result r = DEFRAG_HELD;

		print_message("%s\n", cases[i].name);
		for (unsigned k = 0; k < cases[i].nr; k++)
			r = push(d, 1000, 7, cases[i].pieces[k].from, cases[i].pieces[k].to,
				 cases[i].pieces[k].more, (uint8_t)('a' + k), &out);
		assert_int_equal(r == DEFRAG_COMPLETE, cases[i].complete);
		assert_int_equal(dropped(d), cases[i].drops);
		if (cases[i].complete) {
			assert_int_equal(out.nr_frames, cases[i].nr);
			assert_int_equal(defrag_counters(d)->held, 0);
			/* What came back reads as one whole datagram. */
			struct packet p = { 0 };

			assert_int_equal(decap_frame(&p, LINK_RAW_IP, 0, &options,
						     guard_copy(out.data, out.len), out.len,
						     out.len),
					 DECAP_OK);
		} else {
			assert_int_equal(defrag_counters(d)->held + dropped(d), cases[i].nr);
		}
		defrag_destroy(d);
	}
}

static void
test_limits(void **state)
{
	struct defrag *d = create(2);
	struct datagram out;

	(void)state;
	push(d, 1000, 1, 0, 1, true, 'a', &out);
	push(d, 1001, 2, 0, 1, true, 'b', &out);
	push(d, 1002, 3, 0, 1, true, 'c', &out);
	assert_int_equal(defrag_counters(d)->drop_limit, 1); /* the oldest made room */
	assert_int_equal(push(d, 1003, 2, 1, 2, false, 'b', &out), DEFRAG_COMPLETE);
	assert_int_equal(push(d, 1004, 1, 1, 2, false, 'a', &out), DEFRAG_HELD);
	defrag_advance(d, 40000000);
	assert_int_equal(defrag_counters(d)->held, 0);
	assert_int_equal(defrag_counters(d)->drop_timeout, 2);
	defrag_destroy(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
