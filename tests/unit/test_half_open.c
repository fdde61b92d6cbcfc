/* Which packet goes with the one that is held, and what the held one is when it comes back. */
#include "tests/support/unit.h"

#include "dataplane/flow/half_open.h"

enum { A = 0, B = 1 };

struct step {
	unsigned who;
	uint8_t flags;
	uint32_t seq, ack;
};

static const struct fit {
	const char *name;
	struct step held, next;
	bool fits, repeat;
} fits[] = {
	{ "SYN again", { A, TCP_SYN, 99, 0 }, { A, TCP_SYN, 99, 0 }, true, true },
	{ "another SYN", { A, TCP_SYN, 99, 0 }, { A, TCP_SYN, 7000, 0 }, false, false },
	{ "its answer", { A, TCP_SYN, 99, 0 }, { B, TCP_SYN | TCP_ACK, 499, 100 }, true, false },
	{ "an answer to another",
	  { A, TCP_SYN, 99, 0 },
	  { B, TCP_SYN | TCP_ACK, 499, 0x90000000 },
	  false,
	  false },
	{ "an answer to less",
	  { A, TCP_SYN, 99, 0 },
	  { B, TCP_SYN | TCP_ACK, 1, 99 },
	  false,
	  false },
	{ "refused", { A, TCP_SYN, 99, 0 }, { B, TCP_RST | TCP_ACK, 0, 100 }, true, false },
	{ "a refusal that names nothing",
	  { A, TCP_SYN, 99, 0 },
	  { B, TCP_RST, 0, 0 },
	  false,
	  false },
	{ "answer lost, data", { A, TCP_SYN, 99, 0 }, { A, TCP_ACK, 100, 500 }, true, false },
	{ "data of another", { A, TCP_SYN, 99, 0 }, { A, TCP_ACK, 98, 500 }, false, false },
	{ "both open", { A, TCP_SYN, 99, 0 }, { B, TCP_SYN, 7, 0 }, true, false },
	{ "SYN behind its answer",
	  { B, TCP_SYN | TCP_ACK, 499, 100 },
	  { A, TCP_SYN, 99, 0 },
	  true,
	  false },
	{ "another SYN behind an answer",
	  { B, TCP_SYN | TCP_ACK, 499, 100 },
	  { A, TCP_SYN, 98, 0 },
	  false,
	  false },
	{ "SYN lost", { B, TCP_SYN | TCP_ACK, 499, 100 }, { A, TCP_ACK, 100, 500 }, true, false },
	{ "joined midway: anything",
	  { A, TCP_ACK, 5, 6 },
	  { B, TCP_ACK, 900, 12345 },
	  true,
	  false },
	{ "numbers wrap",
	  { A, TCP_SYN, 0xffffffff, 0 },
	  { B, TCP_SYN | TCP_ACK, 499, 0 },
	  true,
	  false },
};

static struct packet
packet_of_step(const struct step *s)
{
	return (struct packet) { .side = (uint8_t)s->who,
				 .tcp_flags = s->flags,
				 .seq = s->seq,
				 .ack = s->ack,
				 .time_us = 1000,
				 .order_us = 1000,
				 .wire_bytes = 60,
				 .key.proto = IP_PROTO_TCP };
}

static void
test_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fits); i++) {
		struct packet held = packet_of_step(&fits[i].held);
		struct packet next = packet_of_step(&fits[i].next);
		struct half_open h;

		print_message("%s\n", fits[i].name);
		half_open_init(&h, &held);
		assert_int_equal(half_open_fits(&h, &next), fits[i].fits);
		assert_int_equal(half_open_is_repeat(&h, &next), fits[i].repeat);
	}
}

static void
test_can_hold(void **state)
{
	struct packet p = { .key.proto = IP_PROTO_TCP };

	(void)state;
	assert_true(half_open_can_hold(&p));
	p.payload_wire = 5; /* snapped, but there was something */
	assert_false(half_open_can_hold(&p));
	p.key.proto = IP_PROTO_ICMP;
	assert_true(half_open_can_hold(&p));
	p.payload_len = 5;
	assert_false(half_open_can_hold(&p));
}

static void
test_comes_back(void **state)
{
	struct packet p = packet_of_step(&(struct step) { B, TCP_SYN, 99, 7 }), back;
	struct half_open h;

	(void)state;
	p.window = 4096;
	p.has_macs = true;
	memset(p.mac[1], 5, 6);
	half_open_init(&h, &p);
	for (unsigned i = 1; i < 300; i++) {
		p.time_us = 1000 + i;
		if (half_open_is_repeat(&h, &p))
			half_open_repeat(&h, &p);
	}
	half_open_packet(&h, &back);
	assert_int_equal(back.nr_frames, UINT8_MAX); /* more than that is a flow */
	assert_int_equal(back.wire_bytes, UINT8_MAX * 60);
	assert_int_equal(back.time_us, 1000);
	assert_int_equal(h.head.last_us, 1000 + UINT8_MAX - 1);
	assert_int_equal(back.seq, 99);
	assert_int_equal(back.ack, 7);
	assert_int_equal(back.window, 4096);
	assert_int_equal(back.side, B);
	assert_int_equal(back.mac[1][5], 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_can_hold),
		cmocka_unit_test(test_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
