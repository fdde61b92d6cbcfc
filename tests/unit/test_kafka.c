/* kafka: dialogues (tests/support/db_turns.h), and what is told of them. */
#include "tests/support/db_turns.h"

#include "classify/proto/kafka.h"

static const struct db_tested tested = { sizeof(struct kafka), kafka_init, kafka_push, kafka_gap };

/* A batch of the present form: offset 8 | length 4 | epoch 4 | format | checksum 4 | attributes ...
 */
#define BATCH(attributes, nr, records) \
	"~~~~~~~~{4 ~~~~%02CCCC~" attributes "~~~~TTTTTTTTTTTTTTTTPPPPPPPPEESSSS~~~" nr records "}"
#define RECORD(key, value, headers) "{z ~~~{z " key "}{z " value "}" headers "}"
#define PRODUCE3(correlation, acks, records)                                                      \
	">{4 ~~~%03~~~" correlation "{2 app}%ff%ff" acks "TTTT~~~%01{2 pay}~~~%01~~~~{4 " records \
	"}}"

static const struct db_case cases[] = {
	{ "produce, two records, headers",
	  { PRODUCE3("%07", "~%01",
		     BATCH("~", "%02",
			   RECORD("k1", "4111", "~") RECORD("", "v2", "%02{z h}{z x}"))),
	    "<{4 ~~~%07~~~%01{2 pay}~~~%01~~~~~~OOOOOOOOAAAAAAAA~~~~}" },
	  "publish#8;on pay;{k1}|{4111}|sent;|{v2}|{h}|{x}|sent;answer#8;ok#8 2 ;" },
	{ "not acknowledged, then an error",
	  { PRODUCE3("%01", "~~", BATCH("~", "%01", RECORD("", "a", "~"))),
	    PRODUCE3("%02", "%ff%ff", BATCH("~", "%01", RECORD("", "b", "~"))),
	    "<{4 ~~~%02~~~%01{2 pay}~~~%01~~~~~%06OOOOOOOOAAAAAAAA~~~~}" },
	  "publish#2 unasked;on pay;|{a}|sent;publish#3;on pay;|{b}|sent;answer#3;failed#3 1 6;" },
	{ "an error that the broker has no number for",
	  { PRODUCE3("%01", "~%01", BATCH("~", "%01", RECORD("", "a", "~"))),
	    "<{4 ~~~%01~~~%01{2 pay}~~~%01~~~~%ff%ffOOOOOOOOAAAAAAAA~~~~}" },
	  "publish#2;on pay;|{a}|sent;answer#2;failed#2 1 -1;" },
	{ "an error of the second partition",
	  { PRODUCE3("%07", "~%01", BATCH("~", "%01", RECORD("", "a", "~"))),
	    "<{4 ~~~%07~~~%01{2 pay}~~~%02~~~~~~OOOOOOOOAAAAAAAA~~~%01~%03OOOOOOOOAAAAAAAA~~~~}" },
	  "publish#8;on pay;|{a}|sent;answer#8;failed#8 1 3;" },
	{ "an error of the second topic, behind what newer versions say of a partition",
	  { ">{4 ~~~%09~~~%07{2 app}~%01%01~%01TTTT%01~}",
	    "<{4 ~~~%07~%03{u pay}%02~~~~~~OOOOOOOOAAAAAAAASSSSSSSS%01{u note}~~"
	    "{u due}%02~~~~~%11OOOOOOOOAAAAAAAASSSSSSSS%01~~~~}" },
	  "publish#8;answer#8;failed#8 0 17;" },
	{ "short numbers and tags",
	  { ">{4 ~~~%09~~~%07{2 app}%01%05%02xx~~%01TTTT%02{u pay}%02~~~~{u " BATCH(
		"~", "%01", RECORD("k", "v", "~")) "}~~~}",
	    "<{4 ~~~%07~%02{u pay}%02~~~~~~OOOOOOOO~}" },
	  "publish#8;on pay;{k}|{v}|sent;answer#8;ok#8 1 ;" },
	{ "compressed",
	  { PRODUCE3("%07", "~%01",
		     BATCH("%01", "%05", "zipzip") BATCH("%02", "%01", "snap")
			 BATCH("%03", "%01", "lz") BATCH("%04", "%01", "zz")
			     BATCH("%05", "%01", "new")) },
	  "publish#8;on pay;gzip zipzip;decoded;sent;snappy snap;decoded;sent;lz4 lz;decoded;sent;"
	  "zstd zz;decoded;sent;unread 3;decoded;sent;" },
	{ "the form before batches",
	  { ">{4 ~~~%02~~~%07{2 app}~%01TTTT~~~%01{2 pay}~~~%01~~~~{4 ~~~~~~~~{4 CCCC~~{4 k}{4 v}}"
	    "~~~~~~~~{4 CCCC%01~TTTTTTTT%ff%ff%ff%ff{4 w}}}}" },
	  "publish#8;on pay;{k}|{v}|sent;|{w}|sent;" },
	{ "fetch",
	  { ">{4 ~%01~%0b~~~%09{2 app}rest}",
	    "<{4 ~~~%09TTTT~~SSSS~~~%01{2 "
	    "log}~~~%01~~~~~~HHHHHHHHLLLLLLLLSSSSSSSS%ff%ff%ff%ffRRRR{4 " BATCH(
		"~", "%01", RECORD("k", "v", "~")) "part of a}}" },
	  "consume#10;answer#10;on log;{k}|{v}|answered;ok#10 1 ;" },
	{ "fetch by id, with aborted transactions",
	  { ">{4 ~%01~%0d~~~%09{2 app}~rest}",
	    "<{4 "
	    "~~~%09~TTTT~~SSSS%02IIIIIIIIIIIIIIII%02~~~~~~HHHHHHHHLLLLLLLLSSSSSSSS%"
	    "02PPPPPPPPFFFFFFFF~"
	    "RRRR{u " BATCH("~", "%01", RECORD("", "v", "~")) "}~~~}" },
	  "consume#10;answer#10;|{v}|answered;ok#10 1 ;" },
	{ "sasl",
	  { ">{4 ~%11~%01~~~%01{2 app}{2 PLAIN}}", "<{4 ~~~%01~~~~~~}",
	    ">{4 ~$~%01~~~%02{2 app}{4 ~ada~secret}}", "<{4 ~~~%02~:~~}",
	    ">{4 ~$~%02~~~%03{2 app}~{u n,,n=bob,r=xyz}~}" },
	  "auth#2;answer#2;ok#2 0 ;auth#3;user=ada;answer#3;failed#3 0 58;auth#4;user=bob;" },
	{ "topics",
	  { ">{4 ~%13~%05~~~%01{2 app}~%02{u new}xxxx}",
	    ">{4 ~%14~%01~~~%02%ff%ff~~~%01{2 old}TTTT}" },
	  "schema#2;on new;schema#3;on old;" },
	{ "others",
	  { ">{4 ~%03~%09~~~%01{2 app}~x}", "<{4 ~~~%01~rest}", "<{4 ~~~%63what}" },
	  "other#2;answer#2;ok#2 0 ;" },
	{ "counts that promise too much",
	  { PRODUCE3("%07", "~%01", BATCH("~", "%02", "%20~~~%0cab")),
	    ">{4 ~~~%09~~~%07{2 app}%ff%ff%ff%ff%7f}", ">{4 ~%03~%09~~~%01{2 app}~x}" },
	  "publish#8;on pay;{ab}||sent;publish#8;other#2;" },
	{ "gap within a value",
	  { ">~~~%78~~~%03~~~%07{2 app}%ff%ff~%01TTTT~~~%01{2 "
	    "pay}~~~%01~~~~~~~N~~~~~~~~~~~B~~~~%02CCCC~~"
	    "~~~~TTTTTTTTTTTTTTTTPPPPPPPPEESSSS~~~%01%20~~~%01%14a!6!bcd~" },
	  "publish#8;on pay;|{abcd}|sent;" },
	{ "gap of unknown reach",
	  { ">{4 ~%03~%09~~~%01{2 app}~x}", ">~~!", ">xyz", ">{4 ~%03~%09~~~%02{2 app}~x}" },
	  "other#2;{xyz}sent;other#3;",
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
	assert_true(sizeof(struct kafka) <= 2200);
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
