/* memcached: dialogues (tests/support/db_turns.h), and what is told of them. */
#include "tests/support/db_turns.h"

#include "classify/proto/memcached.h"

static const struct db_tested tested = { sizeof(struct memcached), memcached_init, memcached_push,
					 memcached_gap };

#define N "%0d%0a"

static const struct db_case cases[] = {
	{ "set and get",
	  { ">set card:7 0 60 4" N "4111" N, "<STORED" N, ">get card:7 b" N,
	    "<VALUE card:7 0 4" N "4111" N "VALUE b 0 0" N N "END" N },
	  "write#0;on card:7;{card:7}|{4111}|sent;ok#0 0 ;read#0;on "
	  "card:7;{card:7}|sent;{4111}||ok#0 2 ;" },
	{ "nothing, errors, no reply",
	  { ">get k" N "set k 0 0 1 noreply" N "x" N "delete k" N "set k" N,
	    "<END" N "NOT_FOUND" N "CLIENT_ERROR bad line" N },
	  "read#0;on k;{k}|sent;write#0 unasked;on k;{k}|{x}|sent;write#0;on "
	  "k;{k}|sent;write#0;ok#0 0 ;ok#0 0 ;failed#0 0 CLIENT_ERROR;" },
	{ "meta commands",
	  { ">ms k 2 T90" N "hi" N "mg k v" N, "<HD" N "VA 2 f" N "hi" N },
	  "write#0;on k;{k}|{hi}|sent;read#0;on k;{k}|sent;ok#0 0 ;{hi}|ok#0 1 ;" },
	{ "figures",
	  { ">stats" N "version" N, "<STAT pid 1" N "STAT x 2" N "END" N "VERSION 1.6" N },
	  "admin#0;sent;other#0;sent;ok#0 0 ;ok#0 0 ;" },
	{ "binary",
	  { ">%80%01~%02%08~~~~~~%0e~~~%05CCCCCCCCEEEEEEEEk14111",
	    "<%81%01~~~~~~~~~~~~~%05CCCCCCCC", ">%80~~%02~~~~~~~%02~~~%06CCCCCCCCk1",
	    "<%81~~~%04~~~~~~%08~~~%06CCCCCCCCFFFF4111" },
	  "write#6;on k1;{k1}|{4111}|sent;answer#6;|answered;ok#6 0 ;read#7;on "
	  "k1;{k1}||sent;answer#7;{4111}|answered;ok#7 1 ;" },
	{ "binary, sasl, an error",
	  { ">%80%21~%05~~~~~~~%10~~~%01CCCCCCCCPLAIN~ada~secret",
	    "<%81%21~~~~~ ~~~~~~~%01CCCCCCCC" },
	  "auth#2;|sent;answer#2;|answered;failed#2 0 0x0020;" },
	{ "gap within a value",
	  { ">set k 0 0 9" N "ab!4!cde" N "get k" N },
	  "write#0;on k;{k}|{abcde}|sent;read#0;on k;{k}|sent;" },
	{ "gap of unknown reach",
	  { ">set k!", ">xyz", ">get k" N },
	  "{xyz}sent;read#0;on k;{k}|sent;",
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
	assert_true(sizeof(struct memcached) <= 680);
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
