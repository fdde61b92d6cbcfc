#include "tests/support/unit.h"

#include "dataplane/flow/dedup.h"

static const struct siphash_key secret = { 7, 8 };

static struct packet
packet(uint64_t time_us, uint16_t ip_id, uint16_t vlan)
{
	struct packet p = { .time_us = time_us, .ip_id = ip_id, .payload_wire = 4 };
	const uint8_t src[4] = { 192, 0, 2, 1 }, dst[4] = { 192, 0, 2, 2 };

	p.side = (uint8_t)flow_key_make(&p.key, 4, IP_PROTO_TCP, 0, src, dst, 40000, 80);
	p.vlan[0] = vlan;
	p.nr_vlans = 1;
	return p;
}

static const struct {
	const char *name;
	uint64_t time_us;
	uint16_t ip_id, vlan;
	char last; /* byte of the payload */
	uint8_t checksum;
	bool same_vlan, collapse; /* is it a copy, by policy */
} cases[] = {
	{ "the mirror's copy", 1100, 5, 10, 'a', 0, true, true },
	{ "copy after a router: another checksum", 1100, 5, 10, 'a', 9, true, true },
	{ "copy in another VLAN", 1100, 5, 20, 'a', 0, false, true },
	{ "retransmission: another IPv4 id", 1100, 6, 10, 'a', 0, false, false },
	{ "other payload", 1100, 5, 10, 'b', 0, false, false },
	{ "too late", 50000, 5, 10, 'a', 0, false, false },
};

static bool
is_copy(enum dedup_policy policy, size_t i)
{
	const struct dedup_config config = { .policy = { policy }, .window_us = 20000 };
	uint8_t bytes[24] = { 0x9c, 0x40, 0, 80 };
	struct packet p = packet(1000, 5, 10);
	struct dedup *d;
	bool copy;

	assert_int_equal(dedup_create(&config, &secret, &d), 0);
	bytes[23] = 'a';
	assert_false(dedup_is_copy(d, &p, bytes, sizeof(bytes)));
	p = packet(cases[i].time_us, cases[i].ip_id, cases[i].vlan);
	bytes[23] = (uint8_t)cases[i].last;
	bytes[16] = cases[i].checksum;
	copy = dedup_is_copy(d, &p, bytes, sizeof(bytes));
	dedup_destroy(d);
	return copy;
}

static void
test_policies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%s\n", cases[i].name);
		assert_false(is_copy(DEDUP_NONE, i));
		assert_int_equal(is_copy(DEDUP_SAME_VLAN, i), cases[i].same_vlan);
		assert_int_equal(is_copy(DEDUP_COLLAPSE, i), cases[i].collapse);
	}
}

/* Each port its own: the later copy's decides. */
static void
test_ports(void **state)
{
	const struct dedup_config config = { .policy = { DEDUP_NONE, DEDUP_COLLAPSE },
					     .window_us = 20000 };
	const uint8_t bytes[24] = { 0 };
	struct dedup *d;

	(void)state;
	assert_int_equal(dedup_create(&config, &secret, &d), 0);
	for (unsigned feed = 0; feed < 2; feed++) {
		struct packet p = packet(1000, 5, 10);

		p.feed = (uint8_t)feed;
		assert_false(dedup_is_copy(d, &p, bytes, sizeof(bytes)));
		p.time_us++;
		assert_int_equal(dedup_is_copy(d, &p, bytes, sizeof(bytes)), feed == 1);
	}
	dedup_destroy(d);
}

/* A quarter full and within the window: nearly every copy is known, and what was displaced is
 * counted. */
static void
test_displaced_is_rare(void **state)
{
	enum { PACKETS = 32768 };
	const struct dedup_config config = { .policy = { DEDUP_COLLAPSE }, .window_us = 100000 };
	uint8_t bytes[24] = { 0 };
	unsigned missed = 0;
	struct dedup *d;

	(void)state;
	assert_int_equal(dedup_create(&config, &secret, &d), 0);
	for (unsigned second = 0; second < 2; second++) {
		for (unsigned i = 0; i < PACKETS; i++) {
			struct packet p = packet(1000 + second * PACKETS + i, 5, 10);

			memcpy(bytes + 4, &i, sizeof(i));
			if (dedup_is_copy(d, &p, bytes, sizeof(bytes)) != (second == 1))
				missed++;
		}
	}
	print_message("%u of %u not known again\n", missed, PACKETS);
	assert_true(missed < PACKETS / 100);
	assert_true(dedup_nr_displaced(d) >= missed / 4);
	assert_true(dedup_nr_displaced(d) < PACKETS / 50);
	dedup_destroy(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_displaced_is_rare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
