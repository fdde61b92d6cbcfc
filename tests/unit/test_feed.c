#include "tests/support/unit.h"

#include "dataplane/flow/feed.h"
#include "dataplane/flow/flow.h"

enum { A = 0, B = 1 };

#define TCP IP_PROTO_TCP
#define UDP IP_PROTO_UDP

/* One packet of a story; nothing_new stands for what reassembly and TCP state said. */
struct step {
	uint8_t proto;
	uint8_t side;
	uint64_t at_us;
	uint16_t id, sum;
	uint32_t seq, wire;
	bool nothing_new;
};

static const struct story {
	const char *name;
	struct step steps[8];
	unsigned nr;
	uint32_t copies;
} stories[] = {
	{ "two packets", { { TCP, A, 0, 7, 9, 1, 10, 0 }, { TCP, A, 5, 8, 9, 11, 10, 0 } }, 2, 0 },
	{ "a copy", { { TCP, A, 0, 7, 9, 1, 10, 0 }, { TCP, A, 5, 7, 9, 1, 10, 1 } }, 2, 1 },
	{ "two copies",
	  { { TCP, A, 0, 7, 9, 1, 10, 0 },
	    { TCP, A, 5, 7, 9, 1, 10, 1 },
	    { TCP, A, 9, 7, 9, 1, 10, 1 } },
	  3,
	  2 },
	{ "sent again under another id",
	  { { TCP, A, 0, 7, 9, 1, 10, 0 }, { TCP, A, 5, 8, 9, 1, 10, 1 } },
	  2,
	  0 },
	{ "sent again, another timestamp in the checksum",
	  { { TCP, A, 0, 0, 9, 1, 10, 0 }, { TCP, A, 5, 0, 8, 1, 10, 1 } },
	  2,
	  0 },
	{ "too late",
	  { { TCP, A, 0, 7, 9, 1, 10, 0 }, { TCP, A, FEED_COPY_US + 1, 7, 9, 1, 10, 1 } },
	  2,
	  0 },
	{ "just in time",
	  { { TCP, A, 0, 7, 9, 1, 10, 0 }, { TCP, A, FEED_COPY_US, 7, 9, 1, 10, 1 } },
	  2,
	  1 },
	{ "clock stepped back",
	  { { TCP, A, 90, 7, 9, 1, 10, 0 }, { TCP, A, 5, 7, 9, 1, 10, 1 } },
	  2,
	  1 },
	{ "the same from the other side is none",
	  { { TCP, A, 0, 7, 9, 1, 10, 0 }, { TCP, B, 5, 7, 9, 1, 10, 1 } },
	  2,
	  0 },
	{ "a copy behind three others",
	  { { TCP, A, 0, 7, 9, 1, 10, 0 },
	    { TCP, A, 1, 8, 9, 11, 10, 0 },
	    { TCP, A, 2, 9, 9, 21, 10, 0 },
	    { TCP, A, 3, 10, 9, 31, 10, 0 },
	    { TCP, A, 4, 7, 9, 1, 10, 1 } },
	  5,
	  1 },
	{ "a copy behind four is not known any more",
	  { { TCP, A, 0, 7, 9, 1, 10, 0 },
	    { TCP, A, 1, 8, 9, 11, 10, 0 },
	    { TCP, A, 2, 9, 9, 21, 10, 0 },
	    { TCP, A, 3, 10, 9, 31, 10, 0 },
	    { TCP, A, 4, 11, 9, 41, 10, 0 },
	    { TCP, A, 5, 7, 9, 1, 10, 1 } },
	  6,
	  0 },
	{ "acknowledgements without ids cannot be told apart",
	  { { TCP, A, 0, 0, 9, 1, 0, 0 }, { TCP, A, 5, 0, 9, 1, 0, 1 } },
	  2,
	  0 },
	{ "datagram twice",
	  { { UDP, A, 0, 7, 9, 0, 10, 0 }, { UDP, A, 5, 7, 9, 0, 10, 0 } },
	  2,
	  1 },
	{ "datagrams alike under two ids",
	  { { UDP, A, 0, 7, 9, 0, 10, 0 }, { UDP, A, 5, 8, 9, 0, 10, 0 } },
	  2,
	  0 },
	{ "datagrams without ids",
	  { { UDP, A, 0, 0, 9, 0, 10, 0 }, { UDP, A, 5, 0, 9, 0, 10, 0 } },
	  2,
	  0 },
};

static struct packet
packet_of_step(const struct step *s)
{
	return (struct packet) {
		.time_us = 1000000 + s->at_us,
		.key = { .proto = s->proto, .family = 4 },
		.side = s->side,
		.ip_id = s->id,
		.checksum = s->sum,
		.seq = s->seq,
		.tcp_flags = TCP_ACK,
		.payload_wire = s->wire,
		.payload_len = s->wire,
	};
}

static void
play(const struct story *t, struct feed_counters *c)
{
	struct flow flow = { .head.young = FLOW_YOUNG, .head.key = { .proto = t->steps[0].proto } };

	for (unsigned i = 0; i < t->nr; i++) {
		struct packet p = packet_of_step(&t->steps[i]);
		bool soon = feed_packet(&flow, &p, c);

		if (p.time_us > flow.head.last_us)
			flow.head.last_us = p.time_us;
		if (flow.head.young != 0)
			flow.head.young--;
		flow.side[p.side].seen = true;
		if (p.key.proto == IP_PROTO_TCP)
			feed_tcp(&flow, &p, soon && t->steps[i].nothing_new, c);
		else
			feed_datagram(&flow, &p, soon, c);
	}
	assert_int_equal(flow.duplicates, c->feed_duplicates);
}

static void
test_copies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
		struct feed_counters c = { 0 };

		print_message("%s\n", stories[i].name);
		play(&stories[i], &c);
		assert_int_equal(c.feed_packets, stories[i].nr);
		assert_int_equal(c.feed_duplicates, stories[i].copies);
	}
}

/* No two of many packets that differ in one thing are taken for copies of each other. */
static void
test_no_false_copies(void **state)
{
	struct flow flow = { .head.young = FLOW_YOUNG, .head.key = { .proto = IP_PROTO_UDP } };
	struct feed_counters c = { 0 };
	uint64_t seed = 77;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		struct step s = { UDP, A, i, (uint16_t)(test_random(&seed) | 1), 9, 0, 10, 0 };
		struct packet p = packet_of_step(&s);

		p.checksum = (uint16_t)i;
		feed_datagram(&flow, &p, true, &c);
	}
	assert_int_equal(c.feed_duplicates, 0);
}

static const struct gap_case {
	const char *name;
	bool have_ack;
	uint32_t next_seq, acked, gap, want;
} gaps[] = {
	{ "no acknowledgement seen", false, 1000, 0, 100, 0 },
	{ "all of it acknowledged", true, 1000, 1000, 100, 100 },
	{ "acknowledged beyond", true, 1000, 5000, 100, 100 },
	{ "acknowledged half way", true, 1000, 950, 100, 50 },
	{ "not acknowledged", true, 1000, 900, 100, 0 },
	{ "around the wrap", true, 50, 0xfffffff0u, 100, 34 },
};

static void
test_gaps(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(gaps); i++) {
		const struct gap_case *t = &gaps[i];
		struct flow flow = { .head.young = FLOW_YOUNG,
				     .head.key = { .proto = IP_PROTO_TCP } };
		struct feed_counters c = { 0 };

		print_message("%s\n", t->name);
		flow.side[A].reasm.next_seq = t->next_seq;
		flow.side[B].have_ack = t->have_ack;
		flow.side[B].acked = t->acked;
		feed_gap(&flow, A, t->gap, &c);
		assert_int_equal(c.feed_acked_unseen_bytes, t->want);
		assert_int_equal(flow.feed.unseen_bytes, t->want);
	}
}

static const struct judge_case {
	const char *name;
	bool seen[2], ack[2], syn[2];
	uint64_t unseen;
	unsigned packets, orig;
	int missing;
	uint64_t tcp, src_only, dst_only, both, split;
	uint16_t vlans[2];
} judgements[] = {
	{ "both", { 1, 1 }, { 1, 1 }, { 1, 1 }, 0, 9, A, -1, 1, 0, 0, 1, 0, { 0 } },
	{ "both, another VLAN each way",
	  { 1, 1 },
	  { 1, 1 },
	  { 1, 1 },
	  0,
	  9,
	  A,
	  -1,
	  1,
	  0,
	  0,
	  1,
	  1,
	  { 3, 5 } },
	{ "both, the same VLAN",
	  { 1, 1 },
	  { 1, 1 },
	  { 1, 1 },
	  0,
	  9,
	  A,
	  -1,
	  1,
	  0,
	  0,
	  1,
	  0,
	  { 3, 3 } },
	{ "who opened only", { 1, 0 }, { 1, 0 }, { 1, 0 }, 0, 9, A, B, 1, 1, 0, 0, 0, { 3, 0 } },
	{ "who opened only, from midway",
	  { 1, 0 },
	  { 1, 0 },
	  { 0, 0 },
	  700,
	  9,
	  A,
	  B,
	  1,
	  1,
	  0,
	  0,
	  0,
	  { 0 } },
	{ "who answered only", { 0, 1 }, { 0, 1 }, { 0, 1 }, 40, 9, A, A, 1, 0, 1, 0, 0, { 0 } },
	{ "answers to nobody, again and again",
	  { 0, 1 },
	  { 0, 1 },
	  { 0, 1 },
	  0,
	  9,
	  A,
	  -1,
	  0,
	  0,
	  0,
	  0,
	  0,
	  { 0 } },
	{ "a close to an end that is gone",
	  { 1, 0 },
	  { 1, 0 },
	  { 0, 0 },
	  0,
	  9,
	  A,
	  -1,
	  0,
	  0,
	  0,
	  0,
	  0,
	  { 0 } },
	{ "an opening that nobody answered",
	  { 1, 0 },
	  { 0, 0 },
	  { 1, 0 },
	  0,
	  5,
	  A,
	  -1,
	  0,
	  0,
	  0,
	  0,
	  0,
	  { 0 } },
	{ "the edge of a capture",
	  { 1, 0 },
	  { 1, 0 },
	  { 1, 0 },
	  0,
	  2,
	  A,
	  -1,
	  0,
	  0,
	  0,
	  0,
	  0,
	  { 0 } },
};

static void
test_judge(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(judgements); i++) {
		const struct judge_case *t = &judgements[i];
		struct flow flow = { .head.key = { .proto = IP_PROTO_TCP },
				     .head.orig = t->orig != 0 };
		struct feed_counters c = { 0 };

		print_message("%s\n", t->name);
		flow.head.young = t->packets < FLOW_YOUNG ? (uint8_t)(FLOW_YOUNG - t->packets) : 0;
		flow.feed.unseen_bytes = t->unseen;
		for (unsigned s = 0; s < 2; s++) {
			flow.side[s].seen = t->seen[s];
			flow.side[s].have_ack = t->ack[s];
			flow.side[s].syn = t->syn[s];
			flow.side[s].vlans = t->vlans[s];
		}
		assert_int_equal(feed_missing_side(&flow), t->missing);
		feed_judge(&flow, &c);
		assert_int_equal(c.feed_tcp_flows, t->tcp);
		assert_int_equal(c.feed_src_only, t->src_only);
		assert_int_equal(c.feed_dst_only, t->dst_only);
		assert_int_equal(c.feed_two_way_flows, t->both);
		assert_int_equal(c.feed_vlan_split, t->split);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_no_false_copies),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_judge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
