/* cassandra: dialogues (tests/support/db_turns.h), and what is told of them. */
#include "tests/support/db_turns.h"

#include "classify/proto/cassandra.h"

static const struct db_tested tested = { sizeof(struct cassandra), cassandra_init, cassandra_push,
					 cassandra_gap };

#define ASK(stream, opcode, rest)    "%04~~" stream opcode "{4 " rest "}"
#define ANSWER(stream, opcode, rest) "%84~~" stream opcode "{4 " rest "}"

/* Version 5: the beginning, until there are segments; a frame of 9 bytes, its answer. */
#define START_5	     ">%05~~~%01{4 ~%01{2 CQL_VERSION}{2 3.0.0}}", "<%85~~~%02~~~~"
#define START_5_TOLD "auth#1;sent;answer#1;answered;ok#1 0 ;"
#define ASK_5	     "%05~~%05%05~~~~"
#define ANSWER_5     "%85~~%05%06~~~~"

/* Headers of segments, by what is in them; their checksums are computed. */
#define PLAIN_9	       "%09~%02%a4%c8%c1"
#define PLAIN_18       "%12~%02%f6%cb%cf"
#define PIECE_5	       "%05~~%04%48%23"
#define PIECE_4	       "%04~~%1c%28%4b"
#define LZ4_24	       "%18~0~%04%88n%82"
#define LZ4_24_PIECE   "%18~0~~%b9%83f"
#define STORED_9       "%09~~~%04%c2%b8%95"
#define STORED_5_PIECE "%05~~~~%d5Fj"
#define BLOCK_24       "0123456789abcdefghijklmn" /* coded bytes are not looked at here */
#define CRC	       "CCCC"

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
	  "answer#6;db=shop;answered;ok#6 0 ;answered;answer#7;snappy lz4;decoded;answered;ok#7 "
	  "0 ;other#8;snappy lz4q;decoded;sent;" },
	{ "compressed by LZ4",
	  { ">%04%01~%07%07{4 ~~~%18block}", "<%84%01~%07%08{4 ~~~%18block}" },
	  "other#8;lz4 block;decoded;sent;answer#8;lz4 block;decoded;answered;ok#8 0 ;" },
	{ "LZ4 with more text than is read, and with none",
	  { ">%04%01~%07%07{4 ~%50~~block}%04%01~%08%07{4 ~~~%18}" },
	  "other#8;unread 5;sent;other#9;sent;" },
	{ "version 5 in segments",
	  { START_5, ">" PLAIN_18 ASK_5 ASK_5 CRC PLAIN_9 ASK_5 CRC, "<" PLAIN_9 ANSWER_5 CRC },
	  START_5_TOLD "other#6;sent;other#6;sent;other#6;sent;answer#6;answered;ok#6 0 ;" },
	{ "a frame in several segments",
	  { START_5, ">" PIECE_5 "%05~~%05%05" CRC PIECE_4 "~~~~" CRC PLAIN_9 ASK_5 CRC },
	  START_5_TOLD "other#6;sent;other#6;sent;" },
	{ "segments in LZ4, and one that is not compressed",
	  { START_5, ">" LZ4_24 BLOCK_24 CRC STORED_9 ASK_5 CRC, "<" LZ4_24 BLOCK_24 CRC },
	  START_5_TOLD "other#0 unasked;lz4 " BLOCK_24 ";decoded;sent;other#6;sent;lz4 " BLOCK_24
		       ";decoded;answered;" },
	{ "a frame in several segments in LZ4",
	  { START_5, ">" LZ4_24_PIECE BLOCK_24 CRC STORED_5_PIECE "rest." CRC STORED_9 ASK_5 CRC },
	  START_5_TOLD "other#0 unasked;lz4 " BLOCK_24 ";decoded;{rest.}sent;other#6;sent;" },
	{ "no segments after all", { START_5, ">nothing of it" }, START_5_TOLD "{nothing of it}" },
	{ "a gap within a segment, and one beyond",
	  { START_5, ">" PLAIN_18 "%05~~%05%05!4!" ASK_5 CRC PLAIN_9 ASK_5 CRC PLAIN_9 "!", ">xyz",
	    ">" PLAIN_9 ASK_5 CRC },
	  START_5_TOLD "sent;other#6;sent;other#6;sent;{xyz}sent;sent;other#6;sent;",
	  true },
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
	assert_true(sizeof(struct cassandra) <= 704);
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
