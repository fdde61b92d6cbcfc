#include "tests/support/unit.h"

#include "dataplane/flow/tcp_track.h"

enum { A = 0, B = 1 };

/* One packet of a story: who, flags, sequence, acknowledgement, payload. */
struct step {
	unsigned who;
	uint8_t flags;
	uint32_t seq, ack, payload;
};

static const struct story {
	const char *name;
	struct step steps[8];
	unsigned nr;
	unsigned orig;
	bool midstream;
	enum tcp_state state;
	enum flow_end end;
} stories[] = {
	{ "handshake and close",
	  { { A, TCP_SYN, 99, 0, 0 },
	    { B, TCP_SYN | TCP_ACK, 499, 100, 0 },
	    { A, TCP_ACK, 100, 500, 0 },
	    { A, TCP_ACK | TCP_FIN, 100, 500, 0 },
	    { B, TCP_ACK | TCP_FIN, 500, 101, 0 } },
	  5,
	  A,
	  false,
	  TCP_STATE_CLOSED,
	  FLOW_END_FIN },
	{ "answer mirrored before the SYN",
	  { { B, TCP_SYN | TCP_ACK, 499, 100, 0 }, { A, TCP_SYN, 99, 0, 0 } },
	  2,
	  A,
	  false,
	  TCP_STATE_OPEN,
	  FLOW_END_IDLE },
	{ "SYN alone", { { A, TCP_SYN, 99, 0, 0 } }, 1, A, false, TCP_STATE_SYN, FLOW_END_IDLE },
	{ "SYN refused",
	  { { A, TCP_SYN, 99, 0, 0 }, { B, TCP_RST | TCP_ACK, 0, 100, 0 } },
	  2,
	  A,
	  false,
	  TCP_STATE_CLOSED,
	  FLOW_END_RST },
	{ "joined midway",
	  { { B, TCP_ACK, 500, 100, 10 } },
	  1,
	  B,
	  true,
	  TCP_STATE_NONE,
	  FLOW_END_IDLE },
	{ "one FIN is half a close",
	  { { A, TCP_SYN, 99, 0, 0 },
	    { B, TCP_SYN | TCP_ACK, 499, 100, 0 },
	    { A, TCP_ACK | TCP_FIN, 100, 500, 0 } },
	  3,
	  A,
	  false,
	  TCP_STATE_OPEN,
	  FLOW_END_IDLE },
	{ "a RST far from the stream is forged",
	  { { A, TCP_SYN, 99, 0, 0 },
	    { B, TCP_SYN | TCP_ACK, 499, 100, 0 },
	    { B, TCP_RST, 0x40000000, 0, 0 } },
	  3,
	  A,
	  false,
	  TCP_STATE_OPEN,
	  FLOW_END_IDLE },
	{ "a RST in the stream ends it",
	  { { A, TCP_SYN, 99, 0, 0 },
	    { B, TCP_SYN | TCP_ACK, 499, 100, 0 },
	    { B, TCP_RST, 500, 0, 0 } },
	  3,
	  A,
	  false,
	  TCP_STATE_CLOSED,
	  FLOW_END_RST },
	{ "a RST inside the window is in doubt",
	  { { A, TCP_SYN, 99, 0, 0 },
	    { B, TCP_SYN | TCP_ACK, 499, 100, 0 },
	    { B, TCP_RST, 600, 0, 0 } },
	  3,
	  A,
	  false,
	  TCP_STATE_OPEN,
	  FLOW_END_RST },
	{ "and none when data follows",
	  { { A, TCP_SYN, 99, 0, 0 },
	    { B, TCP_SYN | TCP_ACK, 499, 100, 0 },
	    { B, TCP_RST, 600, 0, 0 },
	    { B, TCP_ACK, 500, 100, 10 } },
	  4,
	  A,
	  false,
	  TCP_STATE_OPEN,
	  FLOW_END_IDLE },
	{ "a FIN ahead of what was seen, acknowledged",
	  { { A, TCP_SYN, 99, 0, 0 },
	    { B, TCP_SYN | TCP_ACK, 499, 100, 0 },
	    { A, TCP_FIN | TCP_ACK, 150, 500, 0 },
	    { B, TCP_FIN | TCP_ACK, 500, 151, 0 } },
	  4,
	  A,
	  false,
	  TCP_STATE_CLOSED,
	  FLOW_END_FIN },
	{ "a FIN ahead, not acknowledged: it closes nothing yet",
	  { { A, TCP_SYN, 99, 0, 0 },
	    { B, TCP_SYN | TCP_ACK, 499, 100, 0 },
	    { A, TCP_FIN | TCP_ACK, 150, 500, 0 },
	    { B, TCP_FIN | TCP_ACK, 500, 100, 0 } },
	  4,
	  A,
	  false,
	  TCP_STATE_OPEN,
	  FLOW_END_FIN },
};

static struct packet
packet_of_step(const struct step *s)
{
	return (struct packet) { .side = (uint8_t)s->who,
				 .tcp_flags = s->flags,
				 .seq = s->seq,
				 .ack = s->ack,
				 .window = 65535,
				 .payload_len = s->payload,
				 .payload_wire = s->payload,
				 .key.proto = IP_PROTO_TCP };
}

static void
test_stories(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
		const struct story *t = &stories[i];
		struct flow flow = { .head.orig = t->steps[0].who != 0,
				     .head.midstream = (t->steps[0].flags & TCP_SYN) == 0 };

		print_message("%s\n", t->name);
		for (unsigned k = 0; k < t->nr; k++) {
			struct packet p = packet_of_step(&t->steps[k]);

			if (tcp_track_judge(&flow, &p) != TCP_GOOD)
				continue;
			tcp_track_update(&flow, &p);
			tcp_track_settle(&flow);
		}
		assert_int_equal(flow.head.orig, t->orig);
		assert_int_equal(flow.head.midstream, t->midstream);
		assert_int_equal(flow.head.tcp_state, t->state);
		assert_int_equal(flow.head.end, t->end);
	}
}

static void
test_new_connection_on_old_tuple(void **state)
{
	struct step syn = { A, TCP_SYN, 99, 0, 0 }, again = syn, other = { A, TCP_SYN, 7000, 0, 0 };
	struct step answer = { B, TCP_SYN | TCP_ACK, 499, 100, 0 };
	struct packet p = packet_of_step(&syn);
	struct flow flow = { .head.orig = A };

	(void)state;
	tcp_track_update(&flow, &p);
	p = packet_of_step(&answer);
	tcp_track_update(&flow, &p);
	assert_false(tcp_track_is_new(&flow, &p));
	p = packet_of_step(&again);
	assert_false(tcp_track_is_new(&flow, &p)); /* the same SYN, sent again */
	p = packet_of_step(&other);
	assert_true(tcp_track_is_new(&flow, &p));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stories),
		cmocka_unit_test(test_new_connection_on_old_tuple),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
