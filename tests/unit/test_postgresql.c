/* postgresql: dialogues (tests/support/db_turns.h), and what is told of them. */
#include "tests/support/db_turns.h"

#include "classify/proto/postgresql.h"

static const struct db_tested tested = { sizeof(struct postgresql), postgresql_init,
					 postgresql_push, postgresql_gap };

#define STARTUP	  ">{4+ ~%03~~user~ada~database~shop~application_name~psql~~}"
#define WELCOME	  "<R{4+ ~~~~}S{4+ server_version~16~}K{4+ ~~~%01~~~%02}Z{4+ I}"
#define LOGGED_IN "auth#1;user=ada;db=shop;ok#0 0 ;answered;settled#1;"

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
	  LOGGED_IN "<COPY t FROM STDIN~>run#2;sent;{a%09b}|{c}|sent;ok#0 2 ;answered;settled#2;" },
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

static void
test_size(void **state)
{
	(void)state;
	assert_true(sizeof(struct postgresql) <= 720);
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
