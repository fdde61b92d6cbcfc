/* redis: dialogues (tests/support/db_turns.h), and what is told of them. */
#include "tests/support/db_turns.h"

#include "classify/proto/redis.h"

static const struct db_tested tested = { sizeof(struct redis), redis_init, redis_push, redis_gap };

#define N "%0d%0a"

static const struct db_case cases[] = {
	{ "set and get",
	  { ">*3" N "$3" N "SET" N "$6" N "card:7" N "$4" N "4111" N, "<+OK" N,
	    ">*2" N "$3" N "get" N "$6" N "card:7" N, "<$4" N "4111" N },
	  "write#0;on card:7;{card:7}|{4111}|sent;ok#0 0 ;read#0;on "
	  "card:7;{card:7}|sent;{4111}|ok#0 "
	  "1 ;" },
	{ "pipelined, an error, null, numbers",
	  { ">*1" N "$5" N "MULTI" N "*2" N "$4" N "INCR" N "$1" N "n" N "*1" N "$4" N "EXEC" N,
	    "<+OK" N "-WRONGTYPE no" N "*-1" N ":12" N },
	  "transaction#0;sent;write#0;on n;{n}|sent;transaction#0;sent;ok#0 0 ;{WRONGTYPE no}|"
	  "failed#0 0 WRONGTYPE;ok#0 0 ;ok#0 0 ;" },
	{ "long lines, numbers and errors are values, short ones are not",
	  { ">GET a" N, "<*7" N ":12345678901234567" N "+ninechars" N "+eightchr" N ":123456789" N
			"(-12345678" N ",3.14159265358" N "%2112" N "ERR bad word" N },
	  "read#0;on a;{a}|sent;{ninechars}|{123456789}|{-12345678}|{ERR bad word}|ok#0 0 ;" },
	{ "passwords are not told",
	  { ">*3" N "$4" N "AUTH" N "$3" N "ada" N "$6" N "secret" N "*2" N "$4" N "AUTH" N "$6" N
	    "secret" N "*5" N "$5" N "HELLO" N "$1" N "3" N "$4" N "AUTH" N "$3" N "bob" N "$2" N
	    "pw" N "*4" N "$6" N "CONFIG" N "$3" N "SET" N "$11" N "requirepass" N "$2" N "pw" N,
	    "<-NOAUTH x" N },
	  "auth#0;user=ada;sent;auth#0;sent;auth#0;user=bob;sent;admin#0;sent;failed#0 0 NOAUTH;" },
	{ "inline",
	  { ">PING" N "set k some value" N N "AUTH secret" N, "<+PONG" N },
	  "other#0;sent;write#0;on k;{k some value}|sent;auth#0;sent;ok#0 0 ;" },
	{ "lists within lists, maps",
	  { ">*4" N "$6" N "XRANGE" N "$1" N "s" N "$1" N "-" N "$1" N "+" N "*1" N "$4" N "PING" N,
	    "<*1" N "*2" N "$3" N "1-0" N "*2" N "$1" N "a" N "$1" N "b" N "+PONG" N "%251" N "+k" N
	    "#t" N },
	  "read#0;on s;{s}|{-}|{+}|sent;other#0;sent;{1-0}|{a}|{b}|ok#0 3 ;ok#0 0 ;ok#0 0 ;" },
	{ "published and received",
	  { ">*3" N "$7" N "PUBLISH" N "$2" N "ch" N "$5" N "hello" N, "<:1" N,
	    ">*2" N "$9" N "SUBSCRIBE" N "$2" N "ch" N,
	    "<*3" N "$9" N "subscribe" N "$2" N "ch" N ":1" N "*3" N "$7" N "message" N "$2" N
	    "ch" N "$2" N "hi" N ">4" N "$8" N "pmessage" N "$1" N "*" N "$2" N "ch" N "$2" N
	    "ho" N },
	  "publish#0;on ch;{ch}|{hello}|sent;ok#0 0 ;consume#0;on "
	  "ch;{ch}|sent;{subscribe}|{ch}|ok#0 "
	  "2 ;consume#0 unasked;on ch;{hi}|answered;consume#0 unasked;{*}|on ch;{ho}|answered;" },
	{ "select", { ">*2" N "$6" N "SELECT" N "$1" N "5" N }, "other#0;db=5;{5}|sent;" },
	{ "an unknown command, an empty value",
	  { ">*3" N "$9" N "FOO.BAR-X" N "$1" N "k" N "$0" N N },
	  "other#0;on k;{k}||sent;" },
	{ "blob error and verbatim text",
	  { "<%215" N "ERR x" N "=7" N "txt:abc" N },
	  "{ERR x}|ok#0 0 ;{txt:abc}|ok#0 1 ;" },
	{ "gap within a value",
	  { ">*3" N "$3" N "SET" N "$1" N "k" N "$9" N "ab!4!cde" N "*1" N "$4" N "PING" N },
	  "write#0;on k;{k}|{abcde}|sent;other#0;sent;" },
	{ "gap of unknown reach",
	  { ">*3" N "$3" N "SET" N "$1" N "k!", ">xyz", ">*1" N "$4" N "PING" N },
	  "write#0;on k;{k}|{xyz}sent;other#0;sent;",
	  true },
	{ "not what was announced", { ">*2" N "$3" N "GET" N "abc" N "x" }, "read#0;{x}" },
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
	assert_true(sizeof(struct redis) <= 760);
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
