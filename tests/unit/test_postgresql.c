/* postgresql: dialogues (tests/support/db_turns.h), and what is told of them. */
#include "tests/support/db_turns.h"

#include "classify/proto/postgresql.h"

static const struct db_tested tested = { sizeof(struct postgresql), postgresql_init,
					 postgresql_push, postgresql_gap };

#define STARTUP		   ">{4+ ~%03~~user~ada~database~shop~application_name~psql~~}"
#define WELCOME		   "<R{4+ ~~~~}S{4+ server_version~16~}K{4+ ~~~%01~~~%02}Z{4+ I}"
#define CARD		   "4111111111111111"
#define CARD_8		   "~%0e%9b%08%a5%68%f1%c7"
#define CARD_NUMERIC	   "~%04~%03~~~~%10%0f%04%57%04%57%04%57"
#define COLUMN(name, type) name "~~~~%01~%01" type "~%08%ff%ff%ff%ff~~"
#define LOGGED_IN	   "auth#1;user=ada;db=shop;ok#0 0 ;answered;settled#1;"

static const struct db_case cases[] = {
	{ "start-up, simple query",
	  { STARTUP, WELCOME, ">Q{4+ SELECT name FROM people WHERE id=7~}",
	    "<T{4+ ~%01name~~~~~~~~~~~~~~~~~~~}D{4+ ~%01{4 Ada L.}}C{4+ SELECT 1~}Z{4+ I}" },
	  LOGGED_IN
	  "<SELECT name FROM people WHERE id=7~>run#2;sent;{name},|{Ada L.},|ok#0 1 ;answered;"
	  "settled#2;" },
	{ "password is not told",
	  { STARTUP, "<R{4+ ~~~%05salt}", ">p{4+ md5deadbeef~}",
	    "<E{4+ SFATAL~VFATAL~C28P01~Mno, ada~~}" },
	  "auth#1;user=ada;db=shop;{no, ada}|failed#0 0 28P01;" },
	{ "what an error, a notice and a notification say",
	  { STARTUP, WELCOME, ">Q{4+ SELECT 1~}",
	    "<N{4+ SNOTICE~C00000~Mhi~~}E{4+ SERROR~C23505~Mdup~Dkey (a)=(b)~Hno~Ft.c~~}Z{4+ "
	    "I}A{4+ "
	    "~~~%07ch~text~}" },
	  LOGGED_IN "<SELECT 1~>run#2;sent;{hi}|{dup}|{key (a)=(b)}|{no}|failed#0 0 "
		    "23505;answered;settled#2;{text}|" },
	{ "a function is called",
	  { STARTUP, WELCOME, ">F{4+ ~~~%07~~~%01{4 arg}~~}", "<V{4+ {4 res}}Z{4+ I}" },
	  LOGGED_IN "other#2;{arg}|{res}|ok#0 0 ;answered;settled#2;" },
	{ "prepared, bound, run twice",
	  { STARTUP, WELCOME,
	    ">P{4+ s1~INSERT INTO pay VALUES ($1,$2)~~%02~~~~~~~~}"
	    "B{4+ ~s1~~%01~%01~%02{4 4111}%ff%ff%ff%ff~~}E{4+ ~~~~~}"
	    "B{4+ ~s1~~~~%01{4 x}~~}E{4+ ~~~~~}S{4+ }",
	    "<1{4+ }2{4+ }C{4+ INSERT 0 1~}2{4+ }C{4+ INSERT 0 3~}Z{4+ I}" },
	  LOGGED_IN "<INSERT INTO pay VALUES ($1,$2)>prepared;{4111}|again#2;sent;{x}|again#2;sent;"
		    "sent;ok#0 1 ;ok#0 3 ;answered;settled#2;" },
	{ "an error skips the rest of the batch",
	  { STARTUP, WELCOME,
	    ">P{4+ ~SELEC~~~}B{4+ ~~~~~~~~}E{4+ ~~~~~}B{4+ ~~~~~~~~}E{4+ ~~~~~}S{4+ }",
	    "<E{4+ C42601~~}Z{4+ I}" },
	  LOGGED_IN "<SELEC>prepared;again#2;sent;again#2;sent;sent;failed#0 0 42601;answered;"
		    "settled#2;" },
	{ "copy in",
	  { STARTUP, WELCOME, ">Q{4+ COPY t FROM STDIN~}", "<G{4+ ~~~}",
	    ">d{4+ a%09b}d{4+ c}c{4+ }", "<C{4+ COPY 2~}Z{4+ I}" },
	  LOGGED_IN "<COPY t FROM STDIN~>run#2;sent;{a%09bc}sent;ok#0 2 ;answered;settled#2;" },
	{ "copy out, a row each message",
	  { STARTUP, WELCOME, ">Q{4+ COPY t TO STDOUT~}",
	    "<H{4+ ~~%01~~}d{4+ a}d{4+ b}c{4+ }C{4+ COPY 2~}Z{4+ I}" },
	  LOGGED_IN "<COPY t TO STDOUT~>run#2;sent;{a}|{b}|ok#0 2 ;answered;settled#2;" },
	{ "copy in, binary, in messages that are cut anywhere",
	  { STARTUP, WELCOME, ">Q{4+ COPY t FROM STDIN~}", "<G{4+ %01~~}",
	    ">d{4+ PGCOPY%0a%ff}d{4+ %0d%0a~~~~~{4 ext}~%03{4 Ada}~~}d{4+ ~%08~%0e%9b}"
	    "d{4+ %08%a5%68%f1%c7%ff%ff}d{4+ %ff%ff~%01{4 x}%ff%ff}c{4+ }",
	    "<C{4+ COPY 2~}Z{4+ I}" },
	  LOGGED_IN "<COPY t FROM STDIN~>run#2;sent;{Ada},{" CARD "},,|{x},|sent;ok#0 2 ;answered;"
		    "settled#2;" },
	{ "copy in, binary, before the server says that it may",
	  { STARTUP, WELCOME, ">Q{4+ COPY t FROM STDIN~}",
	    ">d{4+ PGCOPY%0a%ff%0d%0a~~~~~~~~~~%01{4 " CARD_8 "}%ff%ff}c{4+ }",
	    "<G{4+ %01~~}C{4+ COPY 1~}Z{4+ I}" },
	  LOGGED_IN "<COPY t FROM STDIN~>run#2;sent;{" CARD "},|sent;ok#0 1 ;answered;settled#2;" },
	{ "copy in, of less than a head",
	  { STARTUP, WELCOME, ">Q{4+ COPY t FROM STDIN~}", ">d{4+ PGC}d{4+ OP}c{4+ }" },
	  LOGGED_IN "<COPY t FROM STDIN~>run#2;sent;{PGCOP}sent;" },
	{ "copy in that is not what it should be",
	  { STARTUP, WELCOME, ">Q{4+ COPY t FROM STDIN~}", "<G{4+ %01~~}",
	    ">d{4+ a,b,c and twenty bytes more}d{4+ d}c{4+ }" },
	  LOGGED_IN "<COPY t FROM STDIN~>run#2;sent;{a,b,c and twenty bytes mored}sent;" },
	{ "tls granted", { ">{4+ %04%d2%16/}", "<S%16%03" }, "tls;" },
	{ "tls and gssapi refused",
	  { ">{4+ %04%d2%160}", "<N", ">{4+ %04%d2%16/}", "<N", STARTUP, WELCOME },
	  LOGGED_IN },
	{ "a server that does not know tls",
	  { ">{4+ %04%d2%16/}", "<E{4+ SERROR~C0A000~~}" },
	  "failed#0 0 0A000;" },
	{ "tls, answer not seen", { ">{4+ %04%d2%16/}%16%03%01~%05hello" }, "unread 2;" },
	{ "cancel", { ">{4+ %04%d2%16.~~~%01~~~%02}" }, "admin#0 unasked;" },
	{ "parameters of binary format, nulls, and fewer than said",
	  { STARTUP, WELCOME, ">B{4+ p~s~~~~%05%ff%ff%ff%ff{4 ~%01}}Q{4+ S~}" },
	  LOGGED_IN "{~%01}|<S~>run#2;sent;" },
	{ "a value longer than its message",
	  { STARTUP, WELCOME, ">B{4+ ~~~~~%01%7f%ff%ff%ffabc}Q{4+ S~}" },
	  LOGGED_IN "{abc}|<S~>run#2;sent;" },
	{ "numbers of binary format, of known and of unknown types",
	  { STARTUP, WELCOME,
	    ">P{4+ s~U~~%03~~~%17~~~%14~~%06%a4}"
	    "B{4+ ~s~~%01~%01~%03{4 %07%5b%cd%15}{4 " CARD_8 "}{4 " CARD_NUMERIC "}~~}"
	    "B{4+ ~?~~~~%06{4 %07%5b%cd%15}{4 " CARD_8 "}{4 " CARD_NUMERIC "}{4 1234}{4 "
	    "%07%5b%cd%1512}{4 ~%02%f2%9b%95%c5%27%ff}~~}S{4+ }",
	    "<1{4+ }2{4+ }2{4+ }Z{4+ I}" },
	  LOGGED_IN "<U>prepared;{123456789}|{" CARD "}|{" CARD "}|"
		    "{123456789}|{" CARD "}|{" CARD "}|{1234}|{%07[%cd%1512}||sent;"
		    "answered;settled#2;" },
	{ "described once, run twice: names and types are those of the statement",
	  { STARTUP, WELCOME, ">P{4+ s~S~~~}D{4+ Ss~}S{4+ }",
	    "<1{4+ }t{4+ ~%01~~~%14}T{4+ ~%03" COLUMN("pan", "~~~%14") COLUMN("at", "~~%04%5a")
		COLUMN("id", "~~%0b%86") "}Z{4+ I}",
	    ">B{4+ ~s~~~~%01{4 ~%02%f2%9b%95%c5%27%ff}~~}E{4+ ~~~~~}E{4+ ~~~~~}S{4+ }",
	    "<2{4+ }D{4+ ~%03{4 " CARD_8 "}{4 ~%02%f2%9b%95%c5%27%ff}{4 0123456789abcdef}}"
	    "D{4+ ~%03%ff%ff%ff%ff{4 ~%02%f2%9b%95%c5%27%ff}{4 36 characters}}s{4+ }"
	    "D{4+ ~%03{4 " CARD "}~~~~~~~~}C{4+ SELECT 3~}Z{4+ I}",
	    ">Q{4+ S~}", "<D{4+ ~%03{4 " CARD "}~~~~~~~~}C{4+ SELECT 1~}Z{4+ I}" },
	  LOGGED_IN
	  "<S>prepared;sent;{pan},{at},{id},|answered;settled#2;"
	  "{829699999999999}|again#3;sent;again#3;sent;sent;{pan},{at},{id},|{" CARD "},"
	  "{~%02%f2%9b%95%c5'%ff},{30313233-3435-3637-3839-616263646566},|"
	  ",{~%02%f2%9b%95%c5'%ff},{36 characters},|ok#0 0 ;{pan},{at},{id},|{" CARD "},,,|"
	  "ok#0 3 ;answered;settled#3;<S~>run#4;sent;{" CARD "},,,|ok#0 1 ;answered;settled#4;" },
	{ "a batch: what an error skips is not waited for, and no row without its statement",
	  { STARTUP, WELCOME, ">P{4+ a~S~~~}P{4+ b~S~~~}D{4+ Sa~}D{4+ Sb~}S{4+ }",
	    "<T{4+ ~%01" COLUMN("pan", "~~~%14") "}T{4+ ~%01" COLUMN("at", "~~%04%5a") "}Z{4+ I}",
	    ">B{4+ ~a~~~~~~~}E{4+ ~~~~~}B{4+ ~b~~~~~~~}E{4+ ~~~~~}S{4+ }"
	    "B{4+ ~b~~~~~~~}E{4+ ~~~~~}S{4+ }",
	    "<E{4+ C42601~~}Z{4+ I}D{4+ ~%01{4 " CARD_8 "}}C{4+ ~}Z{4+ I}" },
	  LOGGED_IN
	  "<S>prepared;<S>prepared;sent;{pan},|{at},|answered;settled#2;"
	  "again#3;sent;again#3;sent;sent;again#4;sent;sent;"
	  "failed#0 0 42601;answered;settled#3;{at},|{~%0e%9b%08%a5h%f1%c7},|ok#0 0 ;answered;"
	  "settled#4;" },
	{ "gap within a row",
	  { STARTUP, WELCOME, ">Q{4+ S~}",
	    "<D~~~3~%01~~~)abcd!10!efghijklmnopqrstuvwxyz01234C{4+ SELECT 1~}Z{4+ I}" },
	  LOGGED_IN
	  "<S~>run#2;sent;{abcdefghijklmnopqrstuvwxyz01234},|ok#0 1 ;answered;settled#0;" },
	{ "gap of unknown reach",
	  { STARTUP, WELCOME, ">Q{4+ S~}", "<D{4+ ~%01{4 ab}}!", "<cdef",
	    "<C{4+ SELECT 1~}Z{4+ I}" },
	  LOGGED_IN "<S~>run#2;sent;{ab},|{cdef}answered;ok#0 1 ;answered;settled#0;",
	  true },
};

static void
test_dialogues(void **state)
{
	(void)state;
	db_check_all(&tested, cases, ARRAY_LEN(cases));
}

/* More wishes than there is room for: what is answered is unknown until their batches are over. */
static void
test_too_much_waits(void **state)
{
	struct postgresql_asked a;
	uint8_t s;

	(void)state;
	memset(&a, 0, sizeof(a));
	postgresql_asked_init(&a);
	s = postgresql_asked_prepare(&a, 1);
	postgresql_asked_columns(&a, s, 2);
	for (unsigned i = 0; i < 200; i++)
		postgresql_asked_push(&a, POSTGRESQL_RUN, s);
	assert_int_equal(postgresql_asked_row(&a, 2), s);
	for (unsigned i = 0; i < POSTGRESQL_ASKED; i++)
		postgresql_asked_push(&a, POSTGRESQL_SYNC, POSTGRESQL_NO_STATEMENT);
	assert_int_equal(a.forgotten, 200 + POSTGRESQL_ASKED);
	postgresql_asked_push(&a, POSTGRESQL_RUN, s);
	postgresql_asked_push(&a, POSTGRESQL_SYNC, POSTGRESQL_NO_STATEMENT);
	postgresql_asked_push(&a, POSTGRESQL_RUN, s);
	for (unsigned i = 0; i < POSTGRESQL_ASKED; i++) {
		assert_int_equal(postgresql_asked_row(&a, 2), POSTGRESQL_NO_STATEMENT);
		postgresql_asked_settled(&a);
	}
	assert_int_equal(postgresql_asked_row(&a, 2), s);
	/* Another number of columns: this is no row of it, and nobody knows what it is of. */
	assert_int_equal(postgresql_asked_row(&a, 3), POSTGRESQL_NO_STATEMENT);
	assert_int_equal(postgresql_asked_row(&a, 2), POSTGRESQL_NO_STATEMENT);
}

/* The place of one that was bound lately is not taken, nor is it another's answer that waits. */
static void
test_more_statements_than_places(void **state)
{
	struct postgresql_asked a;
	uint8_t first, lately;

	(void)state;
	memset(&a, 0, sizeof(a));
	postgresql_asked_init(&a);
	first = postgresql_asked_prepare(&a, 1);
	lately = postgresql_asked_prepare(&a, 2);
	postgresql_asked_push(&a, POSTGRESQL_DESCRIBE, first);
	for (uint64_t i = 3; i < 3 + POSTGRESQL_STATEMENTS; i++) {
		assert_int_equal(postgresql_asked_find(&a, 2), lately);
		postgresql_asked_prepare(&a, i);
	}
	assert_int_equal(a.forgotten, 2);
	assert_int_equal(postgresql_asked_find(&a, 1), POSTGRESQL_NO_STATEMENT);
	assert_int_equal(postgresql_asked_described(&a), POSTGRESQL_NO_STATEMENT);
}

static void
test_size(void **state)
{
	(void)state;
	assert_true(sizeof(struct postgresql) <= 3520);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogues),
		cmocka_unit_test(test_too_much_waits),
		cmocka_unit_test(test_more_statements_than_places),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
