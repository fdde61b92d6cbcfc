#include "tests/support/unit.h"

#include <arpa/inet.h>

#include "dataplane/flow/flow_key.h"

static unsigned
make(struct flow_key *key, uint8_t proto, const char *src, const char *dst, uint16_t sport,
     uint16_t dport)
{
	int family = strchr(src, ':') != NULL ? AF_INET6 : AF_INET;
	uint8_t a[16], b[16];

	assert_int_equal(inet_pton(family, src, a), 1);
	assert_int_equal(inet_pton(family, dst, b), 1);
	return flow_key_make(key, family == AF_INET ? 4 : 6, proto, 0, a, b, sport, dport);
}

/* Ids of the Community ID specification's own baseline. */
static const struct {
	const char *name;
	uint8_t proto;
	const char *src, *dst;
	uint16_t sport, dport;
	const char *want;
} id_cases[] = {
	{ "tcp", 6, "128.232.110.120", "66.35.250.204", 34855, 80,
	  "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
	{ "udp", 17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
	{ "sctp", 132, "192.168.170.8", "192.168.170.56", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=" },
	{ "tcp over ipv6", 6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a",
	  63943, 25, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=" },
	{ "icmp echo", 1, "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
	{ "icmp one-way", 1, "10.0.0.1", "10.0.0.2", 11, 0, "1:YHxtAirCG//0OzkcVAukqKQN9xM=" },
	{ "icmpv6 neighbour", 58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0,
	  "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=" },
	{ "rsvp has no ports", 46, "10.1.12.1", "10.1.12.2", 0, 0,
	  "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=" },
};

static void
test_community_id(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(id_cases); i++) {
		char id[COMMUNITY_ID_BYTES];
		struct flow_key key;

		print_message("%s\n", id_cases[i].name);
		make(&key, id_cases[i].proto, id_cases[i].src, id_cases[i].dst, id_cases[i].sport,
		     id_cases[i].dport);
		flow_key_community_id(&key, id);
		assert_string_equal(id, id_cases[i].want);
	}
}

static void
test_both_directions_one_key(void **state)
{
	struct flow_key there, back;
	unsigned side;

	(void)state;
	side = make(&there, 6, "192.0.2.9", "192.0.2.1", 40000, 443);
	assert_int_equal(make(&back, 6, "192.0.2.1", "192.0.2.9", 443, 40000), 1 - side);
	assert_memory_equal(&there, &back, sizeof(there));

	/* Same address on both ends: ports decide. */
	side = make(&there, 17, "192.0.2.1", "192.0.2.1", 9, 8);
	assert_int_equal(make(&back, 17, "192.0.2.1", "192.0.2.1", 8, 9), 1 - side);
	assert_memory_equal(&there, &back, sizeof(there));

	/* An echo and its reply. */
	make(&there, 1, "192.0.2.9", "192.0.2.1", 8, 0);
	make(&back, 1, "192.0.2.1", "192.0.2.9", 0, 0);
	assert_memory_equal(&there, &back, sizeof(there));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_community_id),
		cmocka_unit_test(test_both_directions_one_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
