/* mysql: dialogues (tests/support/db_turns.h), and what is told of them. */
#include "tests/support/db_turns.h"

#include "classify/proto/mysql.h"

static const struct db_tested tested = { sizeof(struct mysql), mysql_init, mysql_push, mysql_gap };

#define GREETING \
	"<{m00%0a8.0.36~%01~~~saltsalt~%ff%ff%ff%02~%ff%df%15~~~~~~~~~~saltsaltsalt~native~}"
#define TYPED(name, type) "{1 def}{1 s}{1 t}{1 t}{1 " name "}{1 " name "}%0c%21~~%01~~" type "~~~~~"
#define COLUMN(name)	  TYPED(name, "%fd")
#define FLAGS(f)	  f "~~~~-~~~~~~~~~~~~~~~~~~~~~~~"
#define ANSWER		  ">{m01" FLAGS("%0d%a2%08~") "ada~%02xyshop~native~}"
#define ATTRIBUTES	  ">{m01" FLAGS("%0d%a2%08%08") "ada~%02xyshop~native~}"
#define WELCOME		  "<{m02~~~%02~~~}"
#define LOGGED_IN	  "auth#0;user=ada;db=shop;ok#0 0 ;"

static const struct db_case cases[] = {
	{ "log-in and query",
	  { GREETING, ANSWER, WELCOME, ">{m00%03SELECT 1, 'a'}",
	    "<{m01%02}{m02" COLUMN("a") "}{m03" COLUMN(
		"b") "}{m04%fe~~%02~}{m05{1 1}{1 41}}{m06%fb{1 "
		     "xy}}{m07%fe~~%02~}" },
	  LOGGED_IN
	  "<SELECT 1, 'a'>run#0;sent;{a},{b},|{1},{41},|,{xy},|ok#0 2 ;answered;settled#0;" },
	{ "rows that end in OK, attributes, several results",
	  { GREETING, ANSWER, WELCOME, ">{m00%03~%01SELECT 1;UPDATE t}",
	    "<{m01%01}{m02" COLUMN("a") "}{m03{1 long}}{m04%fe~~%0a~~~}{m05~%03~%02~~~}" },
	  LOGGED_IN
	  "<SELECT 1;UPDATE t>run#0;sent;{a},|{long},|ok#0 1 ;ok#0 3 ;answered;settled#0;" },
	{ "no rows, both ways",
	  { GREETING, ANSWER, WELCOME, ">{m00%03A}",
	    "<{m01%01}{m02" COLUMN("a") "}{m03%fe~~%02~~~}", ">{m00%03B}",
	    "<{m01%01}{m02" COLUMN("a") "}{m03%fe~~%02~}{m04%fe~~%02~}" },
	  LOGGED_IN
	  "<A>run#0;sent;{a},|ok#0 0 ;answered;settled#0;<B>run#0;sent;{a},|ok#0 0 ;answered;"
	  "settled#0;" },
	{ "attributes that name something",
	  { GREETING, ANSWER, WELCOME, ">{m00%03%01%01~%01%0f~{1 k}{1 v}SELECT 1}" },
	  LOGGED_IN "other#0;{%01~%01%0f~%01k%01vSELECT 1}|sent;" },
	{ "log-in refused",
	  { GREETING, ANSWER, "<{m02%fecaching~salt~}", ">{m03proofproof}",
	    "<{m04%ff%15%04#28000no}" },
	  "auth#0;user=ada;db=shop;{#28000no}|failed#0 0 1045;" },
	{ "proof of coded length",
	  { GREETING, ">{m01" FLAGS("%0d%a2%28~") "ada~%fc{<2 secret}shop~}", WELCOME },
	  LOGGED_IN },
	{ "tls", { GREETING, ">{m01" FLAGS("%0d%aa%08~") "}%16%03%01" }, "tls;" },
	{ "compressed",
	  { GREETING, ">{m01" FLAGS("%2d%a2%08~") "ada~%02xyshop~}", WELCOME, ">abcdefg", "<hij" },
	  LOGGED_IN "unread 10;" },
	{ "prepared and run",
	  { GREETING, ANSWER, WELCOME, ">{m00%16INSERT INTO t VALUES (?)}",
	    "<{m01~%07~~~~~%01~~~~}{m02 def}{m03%fe~~%02~}",
	    ">{m00%17%07~~~~%01~~~~%01%fd~{1 4111}}", "<{m01~%01~%02~~~}", ">{m00%19%07~~~}" },
	  LOGGED_IN "<INSERT INTO t VALUES (?)>prepared;sent;as 7;again 7#0;{4111}|sent;"
		    "ok#0 1 ;answered;settled#0;" },
	{ "parameters of all kinds, then others of the same types, then one that is sent apart",
	  { GREETING, ANSWER, WELCOME, ">{m00%16I}", "<{m01~%07~~~~~%05~~~~}",
	    ">{m00%17%07~~~~%01~~~%02%01%08~%fd~%0c~%05~%fd~%17%e5%e5%79%89%c1%10~{1 "
	    "12345678901}DDDDDDDD{1 x}}",
	    ">{m00%17%07~~~~%01~~~~~%ff%e0%f5%05~~~~{1 abc}{1 }DDDDDDDD%fc{<2 long}}",
	    ">{m00%18%07~~~%04~apart}",
	    ">{m00%17%07~~~~%01~~~~~%e9%1a%1a%86%76%3e%ef%ff{1 abc}{1 }EEEEEEEE}" },
	  LOGGED_IN "<I>prepared;sent;as 7;again 7#0;{4716395827160343}|||{x}|sent;again "
		    "7#0;|{abc}|||{long}|sent;{apart}|sent;again 7#0;|{abc}|||sent;" },
	{ "parameters with names",
	  { GREETING, ATTRIBUTES, WELCOME, ">{m00%16I}", "<{m01~%07~~~~~%01~~~~}",
	    ">{m00%17%07~~~~%01~~~%02~%01%fd~{1 }%fe~{1 k}{1 4111}{1 v}}",
	    ">{m00%17%07~~~~%01~~~~}" },
	  LOGGED_IN "<I>prepared;sent;as 7;again 7#0;|{k}|{4111}|{v}|sent;again 7#0;sent;" },
	{ "parameters that cannot be",
	  { GREETING, ANSWER, WELCOME, ">{m00%16I}", "<{m01~%07~~~~~%01~~~~}",
	    ">{m00%17%07~~~~%01~~~~%07abcd}", ">{m00%17%07~~~~%01~~~~%01%fd~%ffabc}" },
	  LOGGED_IN "<I>prepared;sent;as 7;again 7#0;{abcd}|sent;again 7#0;{abc}|sent;" },
	{ "a query with attributes",
	  { GREETING, ATTRIBUTES, WELCOME, ">{m00%03%01%01~%01%fe~{1 k}{1 v}SELECT 1}" },
	  LOGGED_IN "{k}|{v}|<SELECT 1>run#0;sent;" },
	{ "binary rows of numbers, NULL and text",
	  { GREETING, ANSWER, WELCOME, ">{m00%17%01~~~~%01~~~}",
	    "<{m01%03}{m02" TYPED("a", "%08") "}{m03" TYPED("b", "%fd") "}{m04" TYPED(
		"c", "%fd") "}{m05%fe~~%02~}{m06~%08%17%e5%e5%79%89%c1%10~{1 t}}{m07%fe~~%02~}" },
	  LOGGED_IN
	  "again 1#0;|sent;{a},{b},{c},|{4716395827160343},,{t},|ok#0 1 ;answered;settled#0;" },
	{ "binary rows",
	  { GREETING, ANSWER, WELCOME, ">{m00%17%01~~~~%01~~~}",
	    "<{m01%01}{m02" COLUMN("a") "}{m03%fe~~%02~}{m04~~{1 abc}}{m05%fe~~%02~}" },
	  LOGGED_IN "again 1#0;|sent;{a},|{abc},|ok#0 1 ;answered;settled#0;" },
	{ "a file",
	  { GREETING, ANSWER, WELCOME, ">{m00%03LOAD x}", "<{m01%fbname}", ">{m02 a,b}{m03}",
	    "<{m04~%01~%02~~~}" },
	  LOGGED_IN "<LOAD x>run#0;sent;{a,b}|sent;|sent;ok#0 1 ;answered;settled#0;" },
	{ "other commands",
	  { GREETING, ANSWER, WELCOME, ">{m00%0e}", "<{m01~~~%02~~~}", ">{m00%02other}",
	    "<{m01%ff%19%04#42000}", ">{m00%11bob~{1 xy}db2~}", "<{m01~~~%02~~~}", ">{m00%01}" },
	  LOGGED_IN
	  "other#0;ok#0 0 ;answered;settled#0;other#0;db=other;{#42000}|failed#0 0 1049;answered;"
	  "settled#0;auth#0;user=bob;db=db2;ok#0 0 ;answered;settled#0;" },
	{ "gap within a row",
	  { GREETING, ANSWER, WELCOME, ">{m00%03S}",
	    "<{m01%01}{m02" COLUMN("a") "}{m03%fe~~%02~}%15~~%04%14abc", "<!17!",
	    "<{m05%fe~~%02~}" },
	  LOGGED_IN "<S>run#0;sent;{a},|{abc},|ok#0 1 ;answered;settled#0;" },
	{ "gap of unknown reach",
	  { GREETING, ANSWER, WELCOME, ">%07~~~%03S!", ">ELECT", ">{m00%03NEXT}",
	    "<{m01~~~%02~~~}" },
	  LOGGED_IN "<S>{ELECT}sent;<NEXT>run#0;sent;ok#0 0 ;answered;settled#0;",
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
	assert_true(sizeof(struct mysql) <= 1600);
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
