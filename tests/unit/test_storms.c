/*
 * What an attacker, or a broken network, can send without end: memory stays what it was, and the
 * real connections in between are told whole. The short form takes a second; STORM=10000000 sends
 * that many sources.
 */
#include "tests/support/unit.h"

#include <unistd.h>

#include "tests/support/guard.h"
#include "tests/support/tracker_rig.h"
#include "dataplane/port/defrag.h"

enum { REAL = 40, ROUNDS = 50 };
enum { SYN = TCP_SYN, A = TCP_ACK, FIN = TCP_FIN | TCP_ACK };

static uint32_t
storm_size(void)
{
	const char *size = getenv("STORM");

	return size != NULL ? (uint32_t)strtoul(size, NULL, 10) : 100000;
}

static size_t
resident_bytes(void)
{
	unsigned long size = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu %lu", &size, &resident), 2);
	fclose(f);
	return resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* Each real client's bytes in one round; every second round its segments come in wrong order. */
static void
real_round(struct rig *rig, unsigned round, bool close)
{
	for (uint32_t c = 0; c < REAL; c++) {
		uint32_t seq = 1000 + c + round * 200, client = 0x0a010000 + c;
		char data[200];

		memset(data, (int)(c + round), sizeof(data));
		if (round == 0) {
			rig_send(rig, client, 50000, true, SYN, seq - 1, 0, NULL, 0);
			rig_send(rig, client, 50000, false, SYN | A, 8999, seq, NULL, 0);
			rig_send(rig, client, 50000, true, A, seq, 9000, NULL, 0);
		}
		if (round % 2 != 0)
			rig_send(rig, client, 50000, true, A, seq + 100, 9000, data + 100, 100);
		rig_send(rig, client, 50000, true, A, seq, 9000, data, 100);
		if (round % 2 == 0)
			rig_send(rig, client, 50000, true, A, seq + 100, 9000, data + 100, 100);
		rig_send(rig, client, 50000, false, A, 9000, seq + 200, NULL, 0);
		if (!close)
			continue;
		rig_send(rig, client, 50000, true, FIN, seq + 200, 9000, NULL, 0);
		rig_send(rig, client, 50000, false, FIN, 9000, seq + 201, NULL, 0);
	}
}

typedef void storm_fn(struct rig *rig, uint32_t n);

static void
syn_flood(struct rig *rig, uint32_t n)
{
	rig_send(rig, 0x20000000 + n, (uint16_t)(1024 + n % 40000), true, SYN, n, 0, NULL, 0);
}

/* Answered to the spoofed source, which knows of nothing. */
static void
syn_flood_answered(struct rig *rig, uint32_t n)
{
	syn_flood(rig, n);
	rig_send(rig, 0x20000000 + n, (uint16_t)(1024 + n % 40000), false, SYN | A, ~n, n + 1, NULL,
		 0);
}

static void
ack_flood(struct rig *rig, uint32_t n)
{
	rig_send(rig, 0x20000000 + n, 7, n % 2, A, n, ~n, NULL, 0);
}

static void
data_flood(struct rig *rig, uint32_t n)
{
	rig_send(rig, 0x20000000 + n, 7, true, A, n, ~n, "x", 1);
}

/* A connection each, with a hole that nobody fills. */
static void
gap_storm(struct rig *rig, uint32_t n)
{
	static const char data[1400];

	rig_send(rig, 0x20000000 + n / 8, 7, true, A, 1 + n % 8 * 3000, 1, data, sizeof(data));
}

/*
 * All in one place of the table, had it the key the attacker believes in: sources are tried until
 * the hash under that key ends in twelve zeroes.
 */
static void
collisions(struct rig *rig, uint32_t n)
{
	static const struct siphash_key guess = { 1, 2 };
	static uint32_t client;
	struct packet p;

	if (n == 0)
		client = 0x20000000;
	do {
		p = rig_packet(rig, client++, 7, true);
	} while ((flow_key_hash(&p.key, &guess) & 0xfff) != 0);
	p.tcp_flags = SYN;
	rig_push(rig, &p, NULL, 0);
}

static const struct storm {
	const char *name;
	storm_fn *send;
	unsigned part; /* of the size */
} storms[] = {
	{ "SYN flood", syn_flood, 1 }, { "SYN flood, answered", syn_flood_answered, 2 },
	{ "ACK flood", ack_flood, 1 }, { "one segment each", data_flood, 4 },
	{ "gap storm", gap_storm, 2 }, { "hash collisions", collisions, 100 },
};

static unsigned
nr_whole(const struct rig *rig)
{
	unsigned nr = 0;

	for (uint64_t i = 0; i < rig->nr_records && i < RIG_RECORDS; i++) {
		const struct rig_record *r = &rig->records[i];

		nr += r->src_port == 50000 && strcmp(r->end, "fin") == 0 && r->missed == 0 &&
		      r->src_packets == 2 + 2 * ROUNDS + 1 && r->rejected == 0;
	}
	return nr;
}

static void
test_storms(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(storms); i++) {
		uint32_t size = storm_size() / storms[i].part, n = 0;
		bool large = size > 200000 || storms[i].send == collisions;
		struct tracker_config config = rig_config(large ? 262144 : 8192, 256);
		size_t warm = 0, grown, unused = 0;
		struct rig rig;

		/* The table has room for all of them; half are taken in use after it is warm. */
		if (storms[i].send == collisions)
			unused = size / 2 * sizeof(struct half_open);
		config.reasm_bytes = 2 << 20;
		assert_int_equal(rig_init(&rig, config), 0);
		rig.only_port = 50000;
		for (unsigned round = 0; round < ROUNDS; round++) {
			real_round(&rig, round, round + 1 == ROUNDS);
			for (; n < (uint64_t)size * (round + 1) / ROUNDS; n++)
				storms[i].send(&rig, n);
			tracker_advance(rig.tracker, rig.now_us);
			if (round == ROUNDS / 2)
				warm = resident_bytes();
		}
		grown = resident_bytes() - warm;
		print_message("%s: %u packets, %llu evicted, %zu kB more\n", storms[i].name, size,
			      (unsigned long long)rig.counters.flows_evicted, grown >> 10);
		tracker_finish(rig.tracker, UINT64_MAX, rig.now_us);
		assert_true((ssize_t)grown < (1 << 20) + (ssize_t)unused);
		assert_int_equal(nr_whole(&rig), REAL);
		if (storms[i].send == collisions)
			assert_int_equal(rig.counters.flows_evicted, 0);
		if (storms[i].send == gap_storm)
			assert_true(rig.counters.reasm_made_room > 1000);
		rig_fini(&rig);
	}
}

static void
fragment(uint8_t frame[28], struct packet *p, uint32_t source, uint16_t id, unsigned part)
{
	*p = (struct packet) { .time_us = 1000000 + source,
			       .ip_off = 0,
			       .frag_data = 20,
			       .frag_len = 8,
			       .frag_id = id,
			       .frag_start = part * 8,
			       .frag_proto = IP_PROTO_UDP,
			       .frag_more = part == 0,
			       .wire_bytes = 28 };
	memset(frame, 0, 28);
	frame[0] = 0x45;
	frame[3] = 28;
	frame[9] = IP_PROTO_UDP;
	memcpy(frame + 12, &source, 4);
}

/* First fragments of which no more comes; real datagrams in between become whole. */
static void
test_fragment_storm(void **state)
{
	static const struct siphash_key secret = { 5, 6 };
	struct datagram whole;
	struct defrag *d;
	size_t warm = 0;
	unsigned nr_whole_datagrams = 0;
	uint8_t frame[28];
	struct packet p;

	(void)state;
	assert_int_equal(defrag_create(1024, 30000000, &secret, &d), 0);
	for (uint32_t n = 0; n < storm_size(); n++) {
		bool real = n % 1000 == 0 || n % 1000 == 500;

		if (real)
			fragment(frame, &p, 7, (uint16_t)(n / 1000), n % 1000 != 0);
		else
			fragment(frame, &p, 0x20000000 + n, (uint16_t)n, 0);
		p.time_us = 1000000 + n;
		nr_whole_datagrams += defrag_push(d, &p, frame, &whole) == DEFRAG_COMPLETE;
		if (n == storm_size() / 2)
			warm = resident_bytes();
	}
	assert_int_equal(nr_whole_datagrams, storm_size() / 1000);
	assert_true((ssize_t)(resident_bytes() - warm) < 1 << 20);
	assert_true(defrag_counters(d)->held <= 1024);
	defrag_destroy(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_storms),
		cmocka_unit_test(test_fragment_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
