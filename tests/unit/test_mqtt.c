/* mqtt: dialogues (tests/support/db_turns.h), and what is told of them. */
#include "tests/support/db_turns.h"

#include "classify/proto/mqtt.h"

static const struct db_tested tested = { sizeof(struct mqtt), mqtt_init, mqtt_push, mqtt_gap };

#define CONNECT(flags, rest) ">%10{v {2 MQTT}%04" flags "~<{2 dev1}" rest "}"

static const struct db_case cases[] = {
	{ "log-in, publish with and without acknowledgement",
	  { CONNECT("%c2", "{2 ada}{2 secret}"), "< %02~~",
	    ">0{v {2 a/b}4111}2{v {2 a/c}~%07hello}", "<@%02~%07" },
	  "auth#65537;user=ada;ok#65537 0 ;publish#0 unasked;on a/b;{4111}|sent;publish#8;on "
	  "a/c;{hello}|sent;ok#8 0 ;" },
	{ "refused, a will",
	  { CONNECT("%c6", "{2 will/t}{2 gone}{2 bob}{2 pw}"), "< %02~%05" },
	  "auth#65537;{gone}|sent;user=bob;failed#65537 0 5;" },
	{ "subscribed and delivered",
	  { CONNECT("%02", ""), ">%82{v ~%01{2 a/#}~{2 b}%01}", "<%90%03~%01%01",
	    "<0{v {2 a/x}one}2{v {2 b}~%09two}", ">@%02~%09", ">%a2{v ~%02{2 b}}", "<%b0%02~%02" },
	  "auth#65537;consume#2;on a/#;on b;ok#2 0 ;consume#0 unasked;on "
	  "a/x;{one}|answered;consume#0 "
	  "unasked;on b;{two}|answered;consume#3;on b;ok#3 0 ;" },
	{ "version 5",
	  { ">%10{v {2 MQTT}%05%c2~<{v %11~~~x}{2 dev1}{2 ada}{2 pw}}", "< %03~~~",
	    ">2{v {2 a/c}~%07{v %01%01}hello}", "<@%03~%07%97", ">%82{v ~%01~{2 a/#}~}",
	    "<%90%04~%01~%87" },
	  "auth#65537;user=ada;ok#65537 0 ;publish#8;on a/c;{hello}|sent;failed#8 0 "
	  "151;consume#2;on "
	  "a/#;failed#2 0 135;" },
	{ "version 5, what is beside a message and a will",
	  { ">%10{v {2 MQTT}%05%c6~<{v %11~~~x%15{2 m}%16{2 proof}}{2 dev1}{v %26{2 k}{2 v}}{2 "
	    "will/t}"
	    "{2 gone}{2 ada}{2 pw}}",
	    "< %03~~~",
	    ">0{v {2 a}{v %01%01%02~~~x%26{2 card}{2 4111}%0b%80%01%23~%07%03{2 text}%09{2 c}%26{2 "
	    "n}~~"
	    "}hello}" },
	  "auth#65537;{k: v}|{gone}|sent;user=ada;ok#65537 0 ;publish#0 unasked;on a;{card: 4111}|"
	  "{text}|{c}|{n: }|{hello}|sent;" },
	{ "version 5, properties that are none, and longer than their packet",
	  { ">%10{v {2 MQTT}%05%02~<~{2 dev1}}",
	    ">0{v {2 a}{v %30{2 x}}one}0%0b{2 a}%ff%ff%ff%7f%26%7f%ffa"
	    "0{v {2 a}{v %26{2 cut}%7f%ffx}two}" },
	  "auth#65537;publish#0 unasked;on a;{one}|sent;publish#0 unasked;on a;{a: }|sent;"
	  "publish#0 unasked;on a;{cut: x}|{two}|sent;" },
	{ "others", { CONNECT("%02", ""), ">%c0~%e0~", "<%d0~" }, "auth#65537;" },
	{ "a topic longer than its packet",
	  { CONNECT("%02", ""), ">0%04~%7fab%c0~" },
	  "auth#65537;publish#0 unasked;on ab;|sent;" },
	{ "an empty packet", { ">0~%c0~2~" }, "publish#0 unasked;|sent;publish#0 unasked;|sent;" },
	{ "gap within a payload",
	  { CONNECT("%02", ""), ">0%0e{2 a/b}ab!4!cde%c0~" },
	  "auth#65537;publish#0 unasked;on a/b;{abcde}|sent;" },
	{ "gap of unknown reach",
	  { CONNECT("%02", ""), ">0%0e!", ">xyz", ">0{v {2 a/b}4111}" },
	  "auth#65537;{xyz}sent;publish#0 unasked;on a/b;{4111}|sent;",
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
	assert_true(sizeof(struct mqtt) <= 640);
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
