/*
 * One connection, told whole: what both sides sent, and how it ended. Whatever somebody else throws
 * into it that its ends would throw away, it must be told the same. And what only looks like that,
 * because a mirror lost or never had the rest, must be told too.
 */
#include "tests/support/unit.h"

#include "tests/support/tracker_rig.h"

#define SEQ 0xfffffff0u /* both wrap on the way, one its sign */
#define ACK 0x7ffffff0u

enum { CLIENT = 0x0a000001, PORT = 40000 };
enum { SYN = TCP_SYN, A = TCP_ACK, FIN = TCP_FIN | TCP_ACK, RST = TCP_RST };

/* Numbers are relative to the first byte that the client (seq of c) or the server has sent. */
struct step {
	char who; /* 'c' or 's' */
	uint8_t flags;
	int32_t seq, ack;
	const char *data;
	uint32_t ts;
};

static const struct step story[] = {
	{ 'c', SYN, -1, 0, NULL, 100 },
	{ 's', SYN | A, -1, 0, NULL, 500 },
	{ 'c', A, 0, 0, NULL, 101 },
	{ 'c', A, 0, 0, "GET /a HTTP/1.1\r\n", 102 },
	{ 'c', A, 17, 0, "Host: x.example\r\n\r\n", 103 },
	{ 's', A, 0, 36, NULL, 501 },
	{ 's', A, 0, 36, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", 502 },
	{ 's', A, 38, 36, "abc", 503 },
	{ 'c', A, 36, 41, NULL, 104 },
	{ 's', A, 41, 36, "def", 504 },
	{ 'c', A, 36, 44, NULL, 105 },
	{ 'c', FIN, 36, 44, NULL, 106 },
	{ 's', FIN, 44, 37, NULL, 505 },
	{ 'c', A, 37, 45, NULL, 107 },
};

static void
send_step(struct rig *rig, const struct step *s, bool stamps)
{
	bool client = s->who == 'c';
	struct packet p = rig_packet(rig, CLIENT, PORT, client);

	p.tcp_flags = s->flags;
	p.seq = (client ? SEQ : ACK) + (uint32_t)s->seq;
	p.ack = (client ? ACK : SEQ) + (uint32_t)s->ack;
	p.has_ts = stamps;
	p.ts_val = s->ts;
	rig_push(rig, &p, s->data, s->data == NULL ? 0 : (uint32_t)strlen(s->data));
}

static void
start(struct rig *rig)
{
	struct tracker_config config = rig_config(1024, 64);

	config.stream_sha256 = true;
	assert_int_equal(rig_init(rig, config), 0);
}

static void
finish(struct rig *rig)
{
	tracker_finish(rig->tracker, UINT64_MAX, rig->now_us);
	assert_true(rig->nr_records <= RIG_RECORDS);
}

/* What was thrown in has no stream of its own: a second flow of the tuple could be found for it. */
static void
others_carry_nothing(const struct rig *rig, const struct rig_record *main)
{
	static const uint8_t nothing[2][32];

	for (uint64_t i = 0; i < rig->nr_records; i++) {
		if (&rig->records[i] != main)
			assert_memory_equal(rig->records[i].sha, nothing, sizeof(nothing));
	}
}

/* The record with the most packets: the others are of what was thrown in. */
static const struct rig_record *
main_record(const struct rig *rig)
{
	const struct rig_record *most = &rig->records[0];

	for (uint64_t i = 1; i < rig->nr_records; i++) {
		if (rig->records[i].src_packets > most->src_packets)
			most = &rig->records[i];
	}
	return most;
}

static struct rig_record
undisturbed(bool stamps)
{
	struct rig_record record;
	struct rig rig;

	start(&rig);
	for (size_t i = 0; i < ARRAY_LEN(story); i++)
		send_step(&rig, &story[i], stamps);
	finish(&rig);
	assert_int_equal(rig.nr_records, 1);
	record = rig.records[0];
	assert_string_equal(record.end, "fin");
	assert_int_equal(record.missed, 0);
	assert_int_equal(record.rejected, 0);
	rig_fini(&rig);
	return record;
}

/* At each place from..to of the story. Sequence numbers far off are of what a blind forger hits. */
static const struct attack {
	const char *name;
	struct step step;
	size_t from, to;
} attacks[] = {
	{ "RST far off, client", { 'c', RST, 0x20000000, 0 }, 3, 11 },
	{ "RST far off, server", { 's', RST | A, 0x20000000, 0 }, 3, 11 },
	{ "RST in the window, not at its edge", { 'c', RST, 1000, 0 }, 3, 9 },
	{ "RST in the window, server", { 's', RST, 1000, 0 }, 3, 9 },
	{ "RST of no SYN that was sent", { 's', RST | A, 0, 77 }, 1, 1 },
	{ "SYN with another number", { 'c', SYN, 5000, 0 }, 3, 11 },
	{ "SYN far off", { 'c', SYN, 0x30000000, 0 }, 2, 11 },
	{ "SYN the other way", { 's', SYN, 0x30000000, 0 }, 3, 11 },
	{ "SYN with data", { 'c', SYN, 5000, 0, "evil" }, 3, 11 },
	{ "SYN with data, far off", { 'c', SYN, 0x30000000, 0, "evil" }, 2, 11 },
	{ "SYN with data, the other way", { 's', SYN, 0x30000000, 0, "evil" }, 3, 11 },
	{ "the first SYN with data", { 'c', SYN, -1, 0, "evil" }, 3, 11 },
	{ "answer with another number", { 's', SYN | A, 5000, 0 }, 2, 11 },
	{ "answer to no SYN", { 's', SYN | A, -1, 5000 }, 1, 11 },
	{ "FIN beyond the window, client", { 'c', FIN, 0x100000, 0 }, 3, 11 },
	{ "FIN beyond the window, server", { 's', FIN, 0x100000, 36 }, 6, 11 },
	{ "FIN ahead in the window", { 'c', FIN, 1000, 0 }, 3, 11 },
	{ "FIN of what is past", { 'c', FIN, 5, 0 }, 5, 11 },
	{ "data beyond the window, client", { 'c', A, 0x100000, 0, "evil" }, 3, 11 },
	{ "data beyond the window, server", { 's', A, 0x100000, 36, "evil" }, 6, 11 },
	{ "data behind the FIN", { 'c', A, 37, 44, "evil" }, 12, 13 },
	{ "data at the FIN", { 'c', A, 36, 44, "evil" }, 12, 13 },
	{ "data without ACK", { 'c', 0, 0, 0, "evil" }, 3, 3 },
	{ "data that acknowledges the future", { 'c', A, 0, 0x20000000, "evil" }, 3, 3 },
	{ "data that acknowledges the past", { 's', A, 41, -0x20000000, "evil" }, 9, 9 },
	{ "ACK of the future", { 'c', A, 36, 0x20000000, NULL }, 5, 11 },
	{ "RST with payload", { 'c', RST, 40, 0, "evil" }, 5, 9 },
	{ "old time stamp", { 'c', A, 17, 0, "evil", 50 }, 4, 4 },
};

static void
test_attacks_change_nothing(void **state)
{
	struct rig_record want = undisturbed(true);

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(attacks); k++) {
		for (size_t at = attacks[k].from; at <= attacks[k].to; at++) {
			struct step evil = attacks[k].step;
			const struct rig_record *got;
			struct rig rig;

			print_message("%s, before %zu\n", attacks[k].name, at);
			start(&rig);
			if (evil.ts == 0)
				evil.ts = 1000000; /* time stamps give none of them away */
			for (size_t i = 0; i < ARRAY_LEN(story); i++) {
				if (i == at)
					send_step(&rig, &evil, true);
				send_step(&rig, &story[i], true);
			}
			finish(&rig);
			got = main_record(&rig);
			assert_string_equal(got->end, want.end);
			assert_int_equal(got->missed, 0);
			assert_memory_equal(got->sha, want.sha, sizeof(want.sha));
			if (at >= 3)
				others_carry_nothing(&rig, got);
			/* A SYN in between is told as what it is: one that nobody answered. */
			assert_true(rig.nr_records == 1 || (evil.flags & TCP_SYN) != 0 || at < 3);
			rig_fini(&rig);
		}
	}
}

/* Parts of the story: a mirror saw no more. */
static const struct part {
	const char *name;
	uint32_t leave_out; /* bit per step */
	const char *end;
	bool same[2]; /* is the stream told whole? */
} parts[] = {
	{ "no SYN", 1u << 0, "fin", { true, true } },
	{ "no answer", 1u << 1, "fin", { true, true } },
	{ "no handshake", 7u << 0, "fin", { true, true } },
	{ "client only",
	  1u << 1 | 1u << 5 | 1u << 6 | 1u << 7 | 1u << 9 | 1u << 12,
	  "shutdown",
	  { true, false } },
	{ "server only",
	  1u << 0 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 8 | 1u << 10 | 1u << 11 | 1u << 13,
	  "shutdown",
	  { false, true } },
	{ "no acknowledgements",
	  1u << 2 | 1u << 5 | 1u << 8 | 1u << 10 | 1u << 13,
	  "fin",
	  { true, true } },
	{ "no last ACK", 1u << 13, "fin", { true, true } },
};

static void
test_parts_are_told(void **state)
{
	struct rig_record want = undisturbed(false);

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(parts); k++) {
		bool swapped;
		struct rig rig;

		print_message("%s\n", parts[k].name);
		start(&rig);
		for (size_t i = 0; i < ARRAY_LEN(story); i++) {
			if ((parts[k].leave_out >> i & 1) == 0)
				send_step(&rig, &story[i], false);
		}
		finish(&rig);
		assert_int_equal(rig.nr_records, 1);
		assert_int_equal(rig.records[0].rejected, 0);
		assert_string_equal(rig.records[0].end, parts[k].end);
		swapped = rig.records[0].src_port != PORT;
		for (unsigned side = 0; side < 2; side++) {
			if (parts[k].same[side])
				assert_memory_equal(rig.records[0].sha[side ^ swapped],
						    want.sha[side], 32);
		}
		rig_fini(&rig);
	}
}

/* The tuple is used again: the SYN is answered, or the old connection was over. */
static void
test_reused_tuple(void **state)
{
	struct rig rig;

	(void)state;
	for (unsigned closed = 0; closed < 2; closed++) {
		start(&rig);
		for (size_t i = 0; i < (closed ? ARRAY_LEN(story) : 11); i++)
			send_step(&rig, &story[i], false);
		rig_send(&rig, CLIENT, PORT, true, SYN, 5, 0, NULL, 0);
		rig_send(&rig, CLIENT, PORT, false, SYN | A, 900, 6, NULL, 0);
		rig_send(&rig, CLIENT, PORT, true, A, 6, 901, "again", 5);
		finish(&rig);
		assert_int_equal(rig.nr_records, 2);
		assert_string_equal(rig.records[0].end, closed ? "fin" : "idle");
		assert_int_equal(rig.records[1].src_packets, 2);
		assert_int_equal(rig.records[1].dst_packets, 1);
		rig_fini(&rig);
	}
}

/* In order at first, then a hole and far beyond the window that was last seen. */
static void
lose_sync(struct rig *rig, uint32_t nr, bool acks)
{
	static const char block[1000];
	uint32_t at = 0;

	start(rig);
	rig_send(rig, CLIENT, PORT, true, SYN, 99, 0, NULL, 0);
	rig_send(rig, CLIENT, PORT, false, SYN | A, 499, 100, NULL, 0);
	for (uint32_t i = 0; i < nr; i++, at += 1000) {
		if (i == 5)
			at += 1000000; /* of both directions */
		rig_send(rig, CLIENT, PORT, true, A, 100 + at, 500, block, 1000);
		if (acks)
			rig_send(rig, CLIENT, PORT, false, A, 500, 100 + at + 1000, NULL, 0);
	}
	finish(rig);
}

static void
test_mirror_loses_more_than_a_window(void **state)
{
	struct rig rig;

	(void)state;
	for (unsigned acks = 0; acks < 2; acks++) {
		lose_sync(&rig, 100, acks);
		assert_int_equal(rig.nr_records, 1);
		assert_true(rig.records[0].missed >= 1000000);
		assert_true(rig.records[0].missed <= 1008000);
		assert_true(rig.counters.delivered_bytes >= 92000);
		assert_true(rig.records[0].rejected >= 7);
		assert_true(rig.records[0].rejected <= 16);
		rig_fini(&rig);
	}
	/* Seven segments are not enough to be believed. */
	lose_sync(&rig, 12, false);
	assert_int_equal(rig.counters.delivered_bytes, 5000);
	rig_fini(&rig);
}

/* A window of 4 MiB by its scale: a segment may be lost and the next 2 MB be held. */
static void
test_scaled_window(void **state)
{
	static const char block[1000];
	struct rig rig;

	(void)state;
	for (unsigned both = 0; both < 2; both++) {
		struct packet p;

		start(&rig);
		p = rig_packet(&rig, CLIENT, PORT, true);
		p.tcp_flags = SYN;
		p.seq = 99;
		p.has_scale = true;
		p.scale = 2;
		rig_push(&rig, &p, NULL, 0);
		p = rig_packet(&rig, CLIENT, PORT, false);
		p.tcp_flags = SYN | A;
		p.seq = 499;
		p.ack = 100;
		p.has_scale = both;
		p.scale = 6;
		rig_push(&rig, &p, NULL, 0);
		rig_send(&rig, CLIENT, PORT, true, A, 100, 500, NULL, 0);
		rig_send(&rig, CLIENT, PORT, false, A, 500, 100, NULL, 0);
		rig_send(&rig, CLIENT, PORT, true, A, 100 + 100000, 500, block, 1000);
		/* Without the other's option there is no scale (RFC 7323 section 2.2). */
		assert_int_equal(rig.counters.tcp_out_of_window, !both);
		rig_send(&rig, CLIENT, PORT, true, A, 100 + 5000000, 500, block, 1000);
		assert_int_equal(rig.counters.tcp_out_of_window, both ? 1 : 2);
		finish(&rig);
		rig_fini(&rig);
	}
}

/* Data in the SYN, acknowledged by the answer (RFC 7413). */
static void
test_fast_open(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	rig_send(&rig, CLIENT, PORT, true, SYN, 99, 0, "early", 5);
	rig_send(&rig, CLIENT, PORT, false, SYN | A, 499, 105, NULL, 0);
	rig_send(&rig, CLIENT, PORT, true, A, 105, 500, "late", 4);
	finish(&rig);
	assert_int_equal(rig.nr_records, 1);
	assert_int_equal(rig.records[0].rejected, 0);
	assert_int_equal(rig.counters.delivered_bytes, 9);
	rig_fini(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attacks_change_nothing),
		cmocka_unit_test(test_parts_are_told),
		cmocka_unit_test(test_reused_tuple),
		cmocka_unit_test(test_mirror_loses_more_than_a_window),
		cmocka_unit_test(test_scaled_window),
		cmocka_unit_test(test_fast_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
