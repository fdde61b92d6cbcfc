/* amqp: dialogues (tests/support/db_turns.h), and what is told of them. */
#include "tests/support/db_turns.h"

#include "classify/proto/amqp.h"

static const struct db_tested tested = { sizeof(struct amqp), amqp_init, amqp_push, amqp_gap };

#define METHOD(channel, class, method, rest) "%01" channel "{4 ~" class "~" method rest "}%ce"
#define HELLO				     ">AMQP~~%09%01"

static const struct db_case cases[] = {
	{ "log-in",
	  { HELLO, "<" METHOD("~~", "%0a", "%0a", "props"),
	    ">" METHOD("~~", "%0a", "%0b", "{4 table}{1 PLAIN}{4 ~ada~secret}{1 en_US}"),
	    "<" METHOD("~~", "%0a", "%1e", "tune"), ">" METHOD("~~", "%0a", "%28", "{1 /shop}~~"),
	    "<" METHOD("~~", "%0a", "%29", "~") },
	  "user=ada;auth#1;db=/shop;ok#1 0 ;" },
	{ "declare, publish to the default exchange, in two pieces",
	  { HELLO, ">" METHOD("~%01", "2", "%0a", "~~{1 orders}~~~~~"),
	    "<" METHOD("~%01", "2", "%0b", "{1 orders}~~~~~~~~"),
	    ">" METHOD("~%01", "<", "%28",
		       "~~~{1 orders}~") "%02~%01{4 ~<~~~~~~~~~%06%80~{1 text/plain}}"
					 "%ce%03~%01{4 41}%ce%03~%01{4 1111}%ce" },
	  "schema#2;on orders;ok#2 0 ;publish#0 unasked;on "
	  "orders;{%80~%0atext/plain}|{411111}|sent;" },
	{ "publish to an exchange, an empty body",
	  { HELLO, ">" METHOD("~%01", "<", "%28",
			      "~~{1 ex}{1 key}~") "%02~%01{4 ~<~~~~~~~~~~~~}%ce%08~~~~~~%ce" },
	  "publish#0 unasked;on ex;{~~}||sent;" },
	{ "consume, deliver, acknowledge",
	  { HELLO, ">" METHOD("~%01", "<", "%14", "~~{1 q}~~~~~~"),
	    "<" METHOD("~%01", "<", "%15", "{1 tag}"),
	    "<" METHOD("~%01", "<", "<",
		       "{1 tag}~~~~~~~%01~{1 ex}{1 key}") "%02~%01{4 ~<~~~~~~~~~%05~~}%ce%03~%01{4 "
							  "hello}%ce",
	    ">" METHOD("~%01", "<", "P", "~~~~~~~%01~") },
	  "consume#2;on q;ok#2 0 ;consume#0 unasked;on ex;{~~}|{hello}|answered;transaction#0 "
	  "unasked;" },
	{ "get, and none",
	  { HELLO, ">" METHOD("~%02", "<", "F", "~~{1 q}~"),
	    "<" METHOD("~%02", "<", "G", "~~~~~~~%01~~{1 q}~~~~") "%02~%02{4 ~<~~~~~~~~~%02~~}%ce"
								  "%03~%02{4 hi}%ce",
	    ">" METHOD("~%02", "<", "F", "~~{1 q}~"), "<" METHOD("~%02", "<", "H", "~") },
	  "consume#3;on q;answer#3;on q;{~~}|{hi}|answered;ok#3 1 ;consume#3;on q;ok#3 0 ;" },
	{ "refused",
	  { HELLO, ">" METHOD("~%01", "2", "%0a", "~~{1 orders}~~~~~"),
	    "<" METHOD("~%01", "%14", "(", "%01%94{1 NOT_FOUND}~~~~") },
	  "schema#2;on orders;failed#2 0 404;" },
	{ "version 1.0", { ">AMQP%03%01~~rest", "<AMQP%03%01~~" }, "{rest}{AMQP%03%01~~}" },
	{ "a frame without its end", { HELLO, ">%08~~~~~~x", ">%08~~~~~~%ce" }, "{%08~~~~~~%ce}" },
	{ "gap within a body",
	  { HELLO,
	    ">" METHOD(
		"~%01", "<", "%28",
		"~~{1 ex}{1 key}~") "%02~%01{4 "
				    "~<~~~~~~~~~%09~~}%ce%03~%01~~~%09ab!4!cde%ce%08~~~~~~%ce" },
	  "publish#0 unasked;on ex;{~~}|{abcde}|sent;" },
	{ "gap of unknown reach",
	  { HELLO, ">%01~%01~!", ">xyz", ">" METHOD("~%01", "<", "P", "~~~~~~~%01~") },
	  "{xyz}sent;transaction#0 unasked;",
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
	assert_true(sizeof(struct amqp) <= 640);
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
