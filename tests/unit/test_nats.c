/* nats: dialogues (tests/support/db_turns.h), and what is told of them. */
#include "tests/support/db_turns.h"

#include "classify/proto/nats.h"

static const struct db_tested tested = { sizeof(struct nats), nats_init, nats_push, nats_gap };

#define N "%0d%0a"

static const struct db_case cases[] = {
	{ "user, acknowledged",
	  { ">CONNECT %7b\"verbose\":false,\"user\":\"ada\",\"pass\":\"secret\"%7d" N "PING" N,
	    "<PONG" N, ">PUB pay.eu 4" N "4111" N "HPUB a b 6 11" N "K: v" N "hello" N,
	    "<MSG x 1 2" N "hi" N "HMSG y 1 z 4 6" N "a:bcok" N "PING" N },
	  "auth#1;user=ada;ok#1 0 ;publish#0 unasked;on pay.eu;{4111}|sent;publish#0 unasked;on "
	  "a;{K: "
	  "v%0d%0ahello}|sent;consume#0 unasked;on x;{hi}|answered;consume#0 unasked;on "
	  "y;{a:bcok}|answered;" },
	{ "refused",
	  { ">CONNECT %7b%7d" N "SUB a.* 1" N "UNSUB 1" N, "<-ERR 'Authorization Violation'" N },
	  "auth#1;consume#0 unasked;on a.*;failed#1 0 Authorization Violation;" },
	{ "tls", { "<INFO %7b\"tls_required\":true%7d" N, ">%16%03%01" }, "tls;" },
	{ "a count that is none", { ">PUB a 4x" N "PING" N }, "{PING%0d%0a}" },
	{ "an empty payload",
	  { ">PUB a 0" N N "PUB b 1" N "x" N },
	  "publish#0 unasked;on a;|sent;publish#0 unasked;on b;{x}|sent;" },
	{ "gap within a payload",
	  { ">PUB a 9" N "ab!4!cde" N "PUB b 1" N "x" N },
	  "publish#0 unasked;on a;{abcde}|sent;publish#0 unasked;on b;{x}|sent;" },
	{ "gap of unknown reach",
	  { ">PUB a!", ">xyz", ">PUB b 1" N "x" N },
	  "{xyz}sent;publish#0 unasked;on b;{x}|sent;",
	  true },
};

static void
test_dialogues(void **state)
{
	(void)state;
	db_check_all(&tested, cases, ARRAY_LEN(cases));
}

static void
test_size(void **state)
{
	(void)state;
	assert_true(sizeof(struct nats) <= 600);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogues),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
