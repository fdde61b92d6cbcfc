#include "tests/support/unit.h"

#include <errno.h>

#include "dataplane/port/decap.h"
#include "dataplane/port/domains.h"
#include "tests/support/guard.h"

static const struct parse_case {
	const char *name;
	enum domains_kind kind;
	const char *text;
	const char *want; /* part of the error; NULL: fine */
} parse_cases[] = {
	{ "one", DOMAINS_VLAN, "100=1", NULL },
	{ "ranges and blanks", DOMAINS_VLAN, "  100 - 199\t300 = 65534 ", NULL },
	{ "the ends of VLANs", DOMAINS_VLAN, "1-4094 = 0", NULL },
	{ "the ends of VNIs", DOMAINS_VNI, "0-3 16777215 = 7", NULL },
	{ "empty", DOMAINS_VLAN, "", "must be ids and a domain" },
	{ "no domain", DOMAINS_VLAN, "100-199", "must be ids and a domain" },
	{ "no ids", DOMAINS_VLAN, " = 1", "must be ids and a domain" },
	{ "domain too large", DOMAINS_VLAN, "1 = 65535", "must be a whole number 0..65534" },
	{ "domain missing", DOMAINS_VLAN, "1 = ", "must be a whole number" },
	{ "two domains", DOMAINS_VLAN, "1 = 2 3", "must be a whole number" },
	{ "two signs", DOMAINS_VLAN, "1 = 2 = 3", "must be a whole number" },
	{ "negative domain", DOMAINS_VLAN, "1 = -2", "must be a whole number" },
	{ "priority tag", DOMAINS_VLAN, "0 = 1", "must be numbers 1..4094" },
	{ "reserved", DOMAINS_VLAN, "4095 = 1", "must be numbers 1..4094" },
	{ "range over the end", DOMAINS_VLAN, "4000-4095 = 1", "must be numbers 1..4094" },
	{ "VNI too large", DOMAINS_VNI, "16777216 = 1", "must be numbers 0..16777215" },
	{ "a number that wraps", DOMAINS_VNI, "4294967297 = 1", "must be numbers" },
	{ "backwards", DOMAINS_VLAN, "9-8 = 1", "ranges of them" },
	{ "open range", DOMAINS_VLAN, "9- = 1", "ranges of them" },
	{ "three ends", DOMAINS_VLAN, "7-8-9 = 1", "ranges of them" },
	{ "commas", DOMAINS_VLAN, "7,8 = 1", "ranges of them" },
	{ "words", DOMAINS_VLAN, "red = 1", "ranges of them" },
};

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(parse_cases); i++) {
		const struct parse_case *t = &parse_cases[i];
		char expected[DOMAINS_MIN_EXPECTED] = "";
		struct domains *d;
		int r;

		print_message("%s\n", t->name);
		assert_int_equal(domains_create(&d), 0);
		r = domains_add(d, t->kind, t->text, expected, sizeof(expected));
		assert_int_equal(r, t->want == NULL ? 0 : -EINVAL);
		if (t->want != NULL && strstr(expected, t->want) == NULL)
			fail_msg("\"%s\" is not in: %s", t->want, expected);
		domains_destroy(d);
	}
}

static void
test_one_domain_each(void **state)
{
	char expected[DOMAINS_MIN_EXPECTED];
	struct domains *d;

	(void)state;
	assert_int_equal(domains_create(&d), 0);
	assert_int_equal(domains_add(d, DOMAINS_VLAN, "5-9 = 1", expected, sizeof(expected)), 0);
	assert_int_equal(domains_add(d, DOMAINS_VLAN, "7 = 1", expected, sizeof(expected)), 0);
	assert_int_equal(domains_add(d, DOMAINS_VNI, "7 = 2", expected, sizeof(expected)), 0);
	assert_int_equal(domains_add(d, DOMAINS_VLAN, "1-5 = 2", expected, sizeof(expected)),
			 -EINVAL);
	assert_string_equal(expected, "VLAN 5 is in domain 1 already: must be in one");
	domains_destroy(d);
	domains_destroy(NULL);
}

/* A packet's layers as decap gathers them: vlans 0 and tunnels of id 0 end the list. */
static const struct find_case {
	const char *name;
	uint16_t vlan[PACKET_MAX_VLANS];
	struct tunnel tunnel[PACKET_MAX_TUNNELS];
	unsigned first_vlan, first_tunnel;
	uint16_t want;
} find_cases[] = {
	{ "nothing", { 0 }, { { 0 } }, 0, 0, 40 },
	{ "not listed", { 50 }, { { 0 } }, 0, 0, 40 },
	{ "first of a range", { 100 }, { { 0 } }, 0, 0, 1 },
	{ "last of a range", { 199 }, { { 0 } }, 0, 0, 1 },
	{ "behind a range", { 200 }, { { 0 } }, 0, 0, 40 },
	{ "domain 0", { 1 }, { { 0 } }, 0, 0, 0 },
	{ "the outer tag decides", { 300, 100 }, { { 0 } }, 0, 0, 2 },
	{ "the inner where the outer is not listed", { 50, 100 }, { { 0 } }, 0, 0, 1 },
	{ "known before", { 100, 50 }, { { 0 } }, 1, 0, 40 },
	{ "VXLAN", { 0 }, { { TUNNEL_VXLAN, 5000 } }, 0, 0, 3 },
	{ "VXLAN-GPE", { 0 }, { { TUNNEL_VXLAN_GPE, 5001 } }, 0, 0, 3 },
	{ "Geneve", { 0 }, { { TUNNEL_GENEVE, 16777215 } }, 0, 0, 4 },
	{ "NVGRE", { 0 }, { { TUNNEL_NVGRE, 5000 } }, 0, 0, 3 },
	{ "another VNI of the block", { 0 }, { { TUNNEL_VXLAN, 5002 } }, 0, 0, 40 },
	{ "another block", { 0 }, { { TUNNEL_VXLAN, 500000 } }, 0, 0, 40 },
	{ "a number that is no VNI", { 0 }, { { TUNNEL_GRE, 5000 } }, 0, 0, 40 },
	{ "one beyond 24 bits that is no VNI", { 0 }, { { TUNNEL_GTPU, 0xffffffff } }, 0, 0, 40 },
	{ "the tag within a tunnel", { 100 }, { { TUNNEL_VXLAN, 5000 } }, 0, 0, 1 },
};

static void
test_find(void **state)
{
	char expected[DOMAINS_MIN_EXPECTED];
	struct domains *d;

	(void)state;
	assert_int_equal(domains_create(&d), 0);
	assert_int_equal(domains_add(d, DOMAINS_VLAN, "100-199 = 1", expected, 128), 0);
	assert_int_equal(domains_add(d, DOMAINS_VLAN, "300 = 2", expected, 128), 0);
	assert_int_equal(domains_add(d, DOMAINS_VLAN, "1 = 0", expected, 128), 0);
	assert_int_equal(domains_add(d, DOMAINS_VNI, "5000 5001 = 3", expected, 128), 0);
	assert_int_equal(domains_add(d, DOMAINS_VNI, "16777215 = 4", expected, 128), 0);
	for (size_t i = 0; i < ARRAY_LEN(find_cases); i++) {
		const struct find_case *t = &find_cases[i];
		struct packet p = { .key.domain = 40 };

		print_message("%s\n", t->name);
		while (p.nr_vlans < PACKET_MAX_VLANS && t->vlan[p.nr_vlans] != 0) {
			p.vlan[p.nr_vlans] = t->vlan[p.nr_vlans];
			p.nr_vlans++;
		}
		while (p.nr_tunnels < PACKET_MAX_TUNNELS && t->tunnel[p.nr_tunnels].id != 0) {
			p.tunnel[p.nr_tunnels] = t->tunnel[p.nr_tunnels];
			p.nr_tunnels++;
		}
		assert_int_equal(domains_find(d, &p, t->first_vlan, t->first_tunnel), t->want);
		assert_int_equal(domains_find(NULL, &p, t->first_vlan, t->first_tunnel), 40);
	}
	domains_destroy(d);
}

#define ETH(type) "\x02\0\0\0\0\x02\x02\0\0\0\0\x01" type
#define TAG(id)	  "\x81\0\0" id
#define IPV4	  "\x08\0"
#define V4(len, frag, proto) \
	"\x45\0\0" len "\0\x07" frag "\x40" proto "\0\0\xc0\0\x02\x01\xc0\0\x02\x02"
#define TCP	   "\x9c\x40\x01\xbb\0\0\0\x05\0\0\0\x09\x50\x18\x01\0\0\0\0\0"
#define INNER(tag) ETH(tag IPV4) V4("\x28", "\0\0", "\x06") TCP
#define VXLAN(len, len2, vni) \
	V4(len, "\0\0", "\x11") "\x80\0\x12\xb5\0" len2 "\0\0\x08\0\0\0\0\0" vni "\0"
#define CASE(text) text, sizeof(text) - 1

static const struct frame_case {
	const char *name;
	const char *in;
	size_t len;
	enum decap_result result;
	uint16_t want;
} frame_cases[] = {
	{ "plain: the port's", CASE(INNER("")), DECAP_OK, 9 },
	{ "VLAN", CASE(INNER(TAG("\x0a"))), DECAP_OK, 1 },
	{ "VLAN of no domain", CASE(INNER(TAG("\x0b"))), DECAP_OK, 9 },
	{ "a fragment's domain is known before it is put together",
	  CASE(ETH(TAG("\x0a") IPV4) V4("\x28", "\x20\0", "\x06") TCP), DECAP_FRAGMENT, 1 },
	{ "VNI", CASE(ETH(IPV4) VXLAN("\x5a", "\x46", "\x2a") INNER("")), DECAP_OK, 2 },
	{ "VNI of no domain", CASE(ETH(IPV4) VXLAN("\x5a", "\x46", "\x2b") INNER("")), DECAP_OK,
	  9 },
	{ "VNI within VLAN", CASE(ETH(TAG("\x0a") IPV4) VXLAN("\x5a", "\x46", "\x2a") INNER("")),
	  DECAP_OK, 2 },
	{ "VNI of no domain within VLAN",
	  CASE(ETH(TAG("\x0a") IPV4) VXLAN("\x5a", "\x46", "\x2b") INNER("")), DECAP_OK, 1 },
	{ "VLAN within VNI", CASE(ETH(IPV4) VXLAN("\x5e", "\x4a", "\x2a") INNER(TAG("\x0a"))),
	  DECAP_OK, 1 },
	{ "no tunnel after all: the outer flow's",
	  CASE(ETH(TAG("\x0a") IPV4) VXLAN("\x5a", "\x46", "\x2a") ETH(IPV4)
		   V4("\x03", "\0\0", "\x06") TCP),
	  DECAP_OK, 1 },
};

static void
test_frames(void **state)
{
	char expected[DOMAINS_MIN_EXPECTED];
	struct decap_options o = { .max_depth = 4 };
	struct domains *d;

	(void)state;
	assert_int_equal(domains_create(&d), 0);
	o.domains = d;
	assert_int_equal(domains_add(d, DOMAINS_VLAN, "10 = 1", expected, 128), 0);
	assert_int_equal(domains_add(d, DOMAINS_VNI, "42 = 2", expected, 128), 0);
	for (size_t i = 0; i < ARRAY_LEN(frame_cases); i++) {
		const struct frame_case *t = &frame_cases[i];
		struct packet p = { .wire_bytes = (uint32_t)t->len };
		uint32_t len = (uint32_t)t->len;

		print_message("%s\n", t->name);
		assert_int_equal(decap_frame(&p, LINK_ETHERNET, 9, &o, guard_copy(t->in, t->len),
					     len, len),
				 t->result);
		assert_int_equal(p.key.domain, t->want);
	}
	domains_destroy(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_one_domain_each),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
