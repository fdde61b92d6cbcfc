/* cassandra: dialogues (tests/support/db_turns.h), and what is told of them. */
#include "tests/support/db_turns.h"

#include "classify/proto/cassandra.h"

static const struct db_tested tested = { sizeof(struct cassandra), cassandra_init, cassandra_push,
					 cassandra_gap };

#define ASK(stream, opcode, rest)    "%04~~" stream opcode "{4 " rest "}"
#define ANSWER(stream, opcode, rest) "%84~~" stream opcode "{4 " rest "}"

static const struct db_case cases[] = {
	{ "log-in",
	  { ">" ASK("~", "%05", "") ASK("%01", "%01", "~%01{2 CQL_VERSION}{2 3.0.0}"),
	    "<" ANSWER("~", "%06", "~~") ANSWER("%01", "%03", "{2 org.Pass}"),
	    ">" ASK("%02", "%0f", "{4 ~ada~secret}"), "<" ANSWER("%02", "%10", "%ff%ff%ff%ff") },
	  "other#1;sent;auth#2;sent;answer#1;answered;ok#1 0 ;answer#2;answered;ok#2 "
	  "0 ;auth#3;user=ada;sent;answer#3;answered;ok#3 0 ;" },
	{ "query with values, rows",
	  { ">" ASK("%05", "%07",
		    "{4 SELECT a FROM t WHERE b=? AND c=?}~%01%01~%02{4 4111}%ff%ff%ff%ff"),
	    "<" ANSWER("%05", "%08", "~~~%02metadata{4 v}") },
	  "<SELECT a FROM t WHERE b=? AND "
	  "c=?>run#6;{4111}||sent;answer#6;{metadata~~~%01v}|answered;ok#6 "
	  "0 ;" },
	{ "names with values, an error",
	  { ">" ASK("%05", "%07", "{4 INSERT x}~%01%41~%01{2 card}{4 4111}"),
	    "<" ANSWER("%05", "~", "~~%22~{2 no such table}") },
	  "<INSERT x>run#6;{card}|{4111}|sent;answer#6;failed#6 0 0x2200;answered;" },
	{ "prepared and run",
	  { ">" ASK("%05", "%09", "{4 INSERT INTO t VALUES (?)}"),
	    "<" ANSWER("%05", "%08", "~~~%04{2 id16}rest"),
	    ">" ASK("%06", "%0a", "{2 id16}~%01%01~%01{4 5500}"),
	    "<" ANSWER("%06", "%08", "~~~%01") },
	  "<INSERT INTO t VALUES (?)>prepared;sent;answer#6;as 11494830866281756815;answered;ok#6 "
	  "0 "
	  ";again#7;{5500}|sent;answer#7;answered;ok#7 0 ;" },
	{ "a batch",
	  { ">" ASK("%05", "%0d", "~~%02~{4 INSERT a}~%01{4 x}%01{2 id16}~%01{4 y}~%01") },
	  "<INSERT a>run#6;{x}|again#6;{y}|sent;" },
	{ "a keyspace, an event, compressed",
	  { "<" ANSWER("%05", "%08", "~~~%03{2 shop}") "%84~%ff%ff%0c{4 event}%84%01~%06%08{4 lz4}",
	    ">%04%01~%07%07{4 lz4q}" },
	  "answer#6;db=shop;answered;ok#6 0 ;answered;unread 3;answered;ok#7 0 ;other#8;unread "
	  "4;sent;" },
	{ "version 5 in segments",
	  { ">%05~~~%01{4 ~%01{2 CQL_VERSION}{2 3.0.0}}", "<%85~~~%02~~~~", ">segment",
	    "<tnemges" },
	  "auth#1;sent;answer#1;answered;ok#1 0 ;{segment}{tnemges}" },
	{ "counts that promise too much",
	  { ">" ASK("%05", "%0d", "~%ff%ff~{4 Q}%ff%ff") ASK("%06", "%05", "") },
	  "<Q>run#6;sent;other#7;sent;" },
	{ "gap within a value",
	  { ">%04~~%05%07~~~\"{4 INSERT x}~%01%01~%02~~~%09ab!4!cde~~~~" ASK("%06", "%05", "") },
	  "<INSERT x>run#6;{abcde}||sent;other#7;sent;" },
	{ "gap of unknown reach",
	  { ">%04~!", ">xyz", ">" ASK("%06", "%05", "") },
	  "{xyz}sent;other#7;sent;",
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
	assert_true(sizeof(struct cassandra) <= 640);
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
