/* mongodb: dialogues (tests/support/db_turns.h), and what is told of them. */
#include "tests/support/db_turns.h"

#include "classify/proto/mongodb.h"

static const struct db_tested tested = { sizeof(struct mongodb), mongodb_init, mongodb_push,
					 mongodb_gap };

#define HEAD(id, answers, opcode)     id "~~~" answers "~~~" opcode "~~"
#define MSG(id, answers, flags, rest) "{<4+ " HEAD(id, answers, "%dd%07") flags "~~~" rest "}"
#define DOC(fields)		      "{<4+ " fields "~}"
#define STRING(name, text)	      "%02" name "~{<4 " text "~}"
#define INT(name, low)		      "%10" name "~" low "~~~"
#define OK			      "%01ok~~~~~~~%f0?"
#define NOT_OK			      "%01ok~~~~~~~~~"

static const struct db_case cases[] = {
	{ "insert with a section of documents",
	  { ">" MSG("%05", "~", "~",
		    "~" DOC(
			STRING("insert", "cards")
			    STRING("$db", "shop")) "%01{<4+ documents~" DOC(STRING("pan", "4111"))
			DOC("%07_id~IIIIIIIIIIII" STRING("pan", "5500")) "}"),
	    "<" MSG("%01", "%05", "~", "~" DOC(INT("n", "%02") OK)) },
	  "write#6;on cards;{$db}|db=shop;{pan}|{4111}|{_id}|{pan}|{5500}|sent;answer#6;{n}|{ok}|"
	  "answered;ok#6 2 ;" },
	{ "find, a batch, more of it",
	  { ">" MSG("%07", "~", "~",
		    "~" DOC(STRING("find", "people") "%03filter~" DOC(STRING("name", "Ada")))),
	    "<" MSG("%01", "%07", "~",
		    "~" DOC("%03cursor~" DOC("%04firstBatch~" DOC(
			"%030~" DOC(STRING("mail", "a@b")) "%031~" DOC("%03in~" DOC("")))
						 STRING("ns", "shop.people")) OK)),
	    ">" MSG("%08", "~", "~",
		    "~" DOC("%12getMore~IIIIIIII" STRING("collection", "people"))) },
	  "read#8;on "
	  "people;{filter}|{name}|{Ada}|sent;answer#8;{cursor}|{firstBatch}|{mail}|{a@b}|{"
	  "in}|{ns}|{shop.people}|{ok}|answered;ok#8 2 ;read#9;{collection}|on people;sent;" },
	{ "an error, and one of a write",
	  { ">" MSG("%07", "~", "~", "~" DOC(STRING("drop", "x"))),
	    "<" MSG("%01", "%07", "~",
		    "~" DOC(NOT_OK STRING("errmsg", "ns not found") INT("code", "%1a"))),
	    ">" MSG("%08", "~", "~", "~" DOC(STRING("insert", "x"))),
	    "<" MSG("%02", "%08", "~",
		    "~" DOC(INT("n", "~") "%04writeErrors~" DOC("%030~" DOC(INT("code", "c")))
				OK)) },
	  "schema#8;on x;sent;answer#8;{ok}|{errmsg}|{ns not found}|{code}|answered;failed#8 0 "
	  "26;write#9;on x;sent;answer#9;{n}|{writeErrors}|{code}|{ok}|answered;failed#9 0 99;" },
	{ "user of scram",
	  { ">" MSG("%01", "~", "~",
		    "~" DOC(
			INT("saslStart",
			    "%01") "%05payload~%13~~~~n,,n=ada,r=nonce123" STRING("$db", "admin"))),
	    ">" MSG("%02", "~", "~",
		    "~" DOC(STRING("createUser", "bob") STRING("pwd", "secret")
				STRING("x", "y"))) },
	  "auth#2;user=ada;db=admin;sent;admin#3;on bob;{pwd}||{x}|{y}|sent;" },
	{ "user of plain",
	  { ">" MSG("%01", "~", "~",
		    "~" DOC(INT("saslStart", "%01")
				STRING("mechanism", "PLAIN") "%05payload~%08~~~~~ada~pwd" STRING(
				    "$db", "$external"))) },
	  "auth#2;|user=ada;db=$external;sent;" },
	{ "numbers of nine digits and more, whole ones",
	  { ">" MSG(
	      "%01", "~", "~",
	      "~" DOC(STRING(
		  "insert",
		  "t") "%12a~%17%e5%e5%79%89%c1%10~%01b~%17%e5%e5%79%89%c1%30%43%13c~%17%e5%e5%79%"
		       "89%c1%10~~~~~~~%40%30%10d~%15%cd%5b%07%10e~%4e%61%bc~%12f~%e9%1a%1a%86%76%"
		       "3e%ef%ff%01g~~~%38%d3%e7%91%f1%41%01h~%9c%75~%88%3c%e4%37%7e%13i~%17%e5%e5%"
		       "79%89%c1%10~~~~~~~%42%30%09j~%17%e5%e5%79%89%c1%10~")) },
	  "write#2;on "
	  "t;{a}|{4716395827160343}|{b}|{4716395827160343}|{c}|{4716395827160343}|{d}|{123456789}|{"
	  "e}|{f}|{g}|{h}|{i}|{j}|sent;" },
	{ "all kinds of fields, more to come, a checksum",
	  { ">" MSG(
	      "%01", "~", "%03",
	      "~" DOC(STRING(
		  "update",
		  "t") "%01d~DDDDDDDD%05b~{<4 }~%06u~%08t~%01%09w~WWWWWWWW%0an~"
		       "%0br~a.b~i~%0cp~{<4 ref~}IIIIIIIIIIII%0dc~{<4 code~}%0fs~%08~~~wxyz%11m~"
		       "MMMMMMMM%12l~LLLLLLLL%13q~QQQQQQQQQQQQQQQQ%7fk~%ffj~") "CRCC") },
	  "write#2 unasked;on "
	  "t;{d}|{b}|{u}|{t}|{w}|{n}|{r}|{a.b}|{p}|{ref}|{c}|{code}|{s}|{wxyzm}|{l}|{q}|{k}|{j}|"
	  "sent;" },
	{ "older opcodes",
	  { ">{<4+ " HEAD("%03", "~", "%d4%07") "~~~~shop.$cmd~~~~~%ff%ff%ff%ff" DOC(
		STRING("count", "people")) "}",
	    "<{<4+ " HEAD("%01", "%03", "%01~") "FFFFCCCCCCCCSSSS%01~~~" DOC(OK) "}",
	    ">{<4+ " HEAD("%04", "~", "%d2%07") "~~~~shop.pay~" DOC(STRING("pan", "4111"))
		DOC(STRING("pan", "5500")) "}" },
	  "db=shop;read#4;on people;sent;answer#4;{ok}|answered;ok#4 1 ;db=shop;write#5 unasked;on "
	  "pay;{pan}|{4111}|{pan}|{5500}|sent;" },
	{ "compressed",
	  { ">{<4+ " HEAD("%03", "~", "%dc%07") "%dd%07~~ssss%02zipped}",
	    "<{<4+ " HEAD("%01", "%03", "%dc%07") "%dd%07~~ssss%01snap}" },
	  "zlib zipped;decoded;sent;other#4;answer#4;snappy snap;decoded;answered;ok#4 0 ;" },
	{ "compressed by nothing",
	  { ">{<4+ " HEAD("%03", "~", "%dc%07") "%dd%07~~ssss~"
						"~~~~~" DOC(STRING("find", "x")) "}",
	    "<{<4+ " HEAD("%01", "%03", "%dc%07") "%dd%07~~ssss~"
						  "~~~~~" DOC(OK) "}" },
	  "read#4;on x;sent;answer#4;{ok}|answered;ok#4 0 ;" },
	{ "a string longer than its document",
	  { ">" MSG("%01", "~", "~", "~" DOC(STRING("find", "x") "%02a~%ff%ff~~abc")),
	    ">" MSG("%02", "~", "~", "~" DOC(INT("ping", "%01"))) },
	  "read#2;on x;{a}|{abc~}|sent;other#3;sent;" },
	{ "gap within a string",
	  { ">7~~~" HEAD("%01", "~", "%dd%07") "~~~~~%22~~~%02find~%02~~~x~%02a~%0a~~~ab!4!cde~~",
	    ">" MSG("%02", "~", "~", "~" DOC(INT("ping", "%01"))) },
	  "read#2;on x;{a}|{abcde}|sent;other#3;sent;" },
	{ "gap of unknown reach",
	  { ">3~~~%01~~!", ">xyz", ">" MSG("%02", "~", "~", "~" DOC(INT("ping", "%01"))) },
	  "{xyz}sent;other#3;sent;",
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
	assert_true(sizeof(struct mongodb) <= 1500);
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
