#include "tests/support/guard.h"
#include "tests/support/unit.h"

#include <errno.h>

#include "dataplane/port/ingress_filter.h"

/* Ethernet, IPv4 192.0.2.1 -> 192.0.2.2, TCP 40000 -> 443 with SYN; 54 bytes. */
static const uint8_t syn[] = {
	2, 0,	 0, 0, 0,  2, 2, 0, 0,	 0, 0,	  1, 8,	   0,	 0x45, 0, 0,	40,
	0, 1,	 0, 0, 64, 6, 0, 0, 192, 0, 2,	  1, 192,  0,	 2,    2, 0x9c, 0x40,
	1, 0xbb, 0, 0, 0,  1, 0, 0, 0,	 0, 0x50, 2, 0xfa, 0xf0, 0,    0, 0,	0,
};

static const struct filter_case {
	const char *expression;
	uint32_t len; /* of the frame that is shown */
	bool passes;
} cases[] = {
	{ "tcp", sizeof(syn), true },
	{ "udp", sizeof(syn), false },
	{ "tcp port 443", sizeof(syn), true },
	{ "not port 443", sizeof(syn), false },
	{ "net 192.0.2.0/24 and tcp[tcpflags] & tcp-syn != 0", sizeof(syn), true },
	{ "tcp[tcpflags] & tcp-rst != 0", sizeof(syn), false },
	{ "vlan", sizeof(syn), false },
	{ "ip6 or (ip and ip[8] = 64)", sizeof(syn), true },
	{ "less 60", sizeof(syn), true },
	{ "greater 60", sizeof(syn), false },
	{ "ether[0] % 3 = 2", sizeof(syn), true },
	/* what is behind the end cannot be decided */
	{ "tcp port 443", 30, false },
	{ "not tcp port 443", 30, false },
	{ "tcp", 0, false },
	{ "host 2001:db8::1 or host 2001:db8::2 or host 2001:db8::3 or host 2001:db8::4 or "
	  "host 2001:db8::5 or host 2001:db8::6 or host 2001:db8::7 or host 192.0.2.2",
	  sizeof(syn), true },
};

static void
test_verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct filter_case *t = &cases[i];
		const uint8_t *frame = guard_copy(syn, t->len);
		struct ingress_filter *f = NULL;
		char err[256] = "";

		print_message("%s, %u bytes\n", t->expression, t->len);
		assert_int_equal(ingress_filter_create(t->expression, err, sizeof(err), &f), 0);
		assert_int_equal(ingress_filter_passes(f, frame, t->len, t->len), t->passes);
		ingress_filter_destroy(f);
	}
}

/* The whole frame's length counts, also when a snapped or chained one shows less of it. */
static void
test_frame_length(void **state)
{
	struct ingress_filter *f = NULL;
	char err[256];

	(void)state;
	assert_int_equal(ingress_filter_create("greater 1000", err, sizeof(err), &f), 0);
	assert_false(ingress_filter_passes(f, syn, sizeof(syn), sizeof(syn)));
	assert_true(ingress_filter_passes(f, syn, sizeof(syn), 9000));
	ingress_filter_destroy(f);
}

static void
test_errors(void **state)
{
	static const char *const wrong[] = { "tcp prt 80", "port 99999", "(", "host 1.2.3.4.5.6" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct ingress_filter *f = NULL;
		char err[256] = "";

		print_message("%s\n", wrong[i]);
		assert_int_equal(ingress_filter_create(wrong[i], err, sizeof(err), &f), -EINVAL);
		assert_true(err[0] != '\0');
		assert_null(f);
	}
	ingress_filter_destroy(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_frame_length),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
