/*
 * Databases and brokers as whole connections, in every split: what is found has the context of what
 * was asked, what proves who somebody is is never looked at, and limits cost what they say.
 *
 * Turns are written as in tests/support/db_turns.h.
 */
#include "classify/conn_counters.h"
#include "classify/conn_env.h"
#include "tests/support/db_turns.h"

#include "tests/support/conn_feed.h"

static struct feed feed;

#define N      "%0d%0a"
#define CANARY "weir-canary"
#define GZIP64                                                                                     \
	"H4sIAAAAAAACA6tWyslPdy1LzSspVrKKrlbKTS0uTkxPVbJSSlQoT80s0k1OzEssqlTIzFNIVAAqVUgFqVXIT1Mo" \
	"zs"                                                                                       \
	"9NVchJzUsvyVCqja0FAIrDKeFJAAAA"
#define GZIP                                                                                   \
	"%1f%8b%08~~~~~%02%03%abV%ca%c9Ow%2dK%cd%2b%29V%b2%8a%aeV%caM%2d%2eNLOU%b2RJT%28O%cd"  \
	"%2c%d2MN%ccK%2c%aaT%c8%ccSHT~%2aUH%05%a9U%c8OS%28%ce%cfMU%c8I%cdK%2f%c9P%aa%8d%ad%05" \
	"~%8a%c3%29%e1I~~~"
#define PG_HELLO ">{4+ ~%03~~user~ada~database~shop~~}", "<R{4+ ~~~~}Z{4+ I}"
/* As many bytes as the letter H says. */
#define LONG_WORD "weir-word-and-more-and-more-and-more-and-more-and-more-and-more-and-more"
#define MYSQL_HELLO                                                                            \
	"<{m00%0a8.0.36~%01~~~saltsalt~%ff%ff%ff%02~%ff%df%15~~~~~~~~~~saltsaltsalt~native~}", \
	    ">{m01%0d%a2%08~~~~~-~~~~~~~~~~~~~~~~~~~~~~~ada~%02xyshop~native~}", "<{m02~~~%02~~~}"
#define KAFKA_BATCH(coding, record) \
	"~~~~~~~~{4 ~~~~%02CCCC~" coding "~~~~TTTTTTTTTTTTTTTTPPPPPPPPEESSSS~~~%01" record "}"
#define PRODUCE(batch) ">{4 ~~~%03~~~%07{2 app}%ff%ff~%01TTTT~~~%01{2 pay}~~~%01~~~~{4 " batch "}}"

/* A record, as far as it is one, with its end copied from its key. */
#define SNAPPY_CANARY "%15%40(~~~%06ary%16weir-can%0a%0c~~~"
#define LZ4_HEAD      "%04%22M%18%60%40%82"
#define LZ4_BLOCK     "%c0nary weir-ca%0c~%80 is over"
#define LZ4_CANARY    LZ4_HEAD "%1f~~~%f0%02:~~~%08nary&weir-ca%0c~%90 is over~~~~~"

static const struct conn_case {
	const char *name;
	const char *turns[DB_TURNS];
	bool midstream;
	uint16_t port;
	const char *has[5];
	const char *has_not;
} cases[] = {
	{ "postgresql, in a statement",
	  { PG_HELLO, ">Q{4+ INSERT INTO pay (v) VALUES ('" CANARY "')~}",
	    "<C{4+ INSERT 0 1~}Z{4+ I}" },
	  .has = { "where=db.text field=pay", "db_operation=write", "db_user=ada db_name=shop",
		   "db_query_texts=INSERT INTO pay (v) VALUES (?)", "data_types=test.canary" } },
	{ "postgresql, in a parameter of what was prepared before",
	  { PG_HELLO, ">P{4+ s~INSERT INTO pay VALUES ($1)~~~}S{4+ }", "<1{4+ }Z{4+ I}",
	    ">B{4+ ~s~~~~%01{4 " CANARY "}~~}E{4+ ~~~~~}S{4+ }",
	    "<2{4+ }C{4+ INSERT 0 1~}Z{4+ I}" },
	  .has = { "where=db.text field=pay", "db_statements=1", "db_rows=1" } },
	{ "postgresql, in a row",
	  { PG_HELLO, ">Q{4+ SELECT v FROM pay~}",
	    "<D{4+ ~%01{4 " CANARY "}}C{4+ SELECT 1~}Z{4+ I}" },
	  .has = { "where=db.text field=pay", "db_operation=read", "db_answered=1" } },
	{ "postgresql, in the second cell, behind a length in it that looks like a letter",
	  { PG_HELLO, ">Q{4+ SELECT id, v FROM pay~}",
	    "<D{4+ ~%02{4 7}{4 ~~~%01~~~~~~~%19~~~%02~~~%01{4 " LONG_WORD "}{4 b}}}"
	    "C{4+ SELECT 1~}Z{4+ I}" },
	  .has = { "where=db.text field=pay", "data_types=test.word" } },
	{ "postgresql, in base64 within JSON, over lines",
	  { PG_HELLO, ">Q{4+ INSERT INTO pay (v) VALUES "
		      "('%7b\"a\":\"QSBsb25nIGVub3VnaCB0ZXh0LCBhbmQg\\nd2Vpci1jYW5hcnk=\"%7d')~}" },
	  .has = { "where=db.text field=pay", "findings=1" } },
	{ "postgresql, in base64 in a row",
	  { PG_HELLO, ">Q{4+ SELECT v FROM pay~}",
	    "<D{4+ ~%01{4 "
	    "%7b\"a\":\"QSBsb25nIGVub3VnaCB0ZXh0LCBhbmQgbGFyZ2UsIHdpdGggYSB3ZWlyLWNhbmFyeQ"
	    "==\"%7d}}C{4+ SELECT 1~}Z{4+ I}" },
	  .has = { "where=db.text field=pay", "findings=1" } },
	{ "mysql, in gzip in base64 in a row",
	  { MYSQL_HELLO, ">{m00%03SELECT v FROM due}",
	    "<{m01%01}{m02def}{m03%fe~~%02~}{m04{1 " GZIP64 "}}{m05%fe~~%02~}" },
	  .has = { "where=db.text field=due", "findings=1" } },
	{ "postgresql, in a password",
	  { ">{4+ ~%03~~user~ada~~}", "<R{4+ ~~~%03}", ">p{4+ " CANARY "~}", "<R{4+ ~~~~}Z{4+ I}" },
	  .has = { "db_operation=auth", "protocol=postgresql" },
	  .has_not = "finding " },
	{ "postgresql, joined in the middle, the server first",
	  { "<Z{4+ I}", ">Q{4+ SELECT '" CANARY "' FROM pay~}", "<C{4+ SELECT 1~}Z{4+ I}" },
	  .midstream = true,
	  .has = { "protocol=postgresql", "field=pay", "db_answered=1" } },
	{ "mysql, in a statement and a row",
	  { MYSQL_HELLO, ">{m00%03INSERT INTO pay VALUES (\"" CANARY "\")}", "<{m01~%01~%02~~~}",
	    ">{m00%03SELECT v FROM due}",
	    "<{m01%01}{m02def}{m03%fe~~%02~}{m04{1 " CANARY "}}{m05%fe~~%02~}" },
	  .has = { "where=db.text field=pay", "where=db.text field=due", "db_user=ada db_name=shop",
		   "VALUES (?)" } },
	{ "mysql, joined in the middle",
	  { ">{m00%03SELECT '" CANARY "' FROM pay}", "<{m01~%01~%02~~~}" },
	  .midstream = true,
	  .has = { "protocol=mysql", "field=pay", "db_operation=read" } },
	{ "redis",
	  { ">*3" N "$3" N "SET" N "$6" N "card:7" N "$11" N CANARY N, "<+OK" N },
	  .has = { "where=db.text field=card:{}", "db_targets=card:{}", "db_operation=write" } },
	{ "redis, in a password",
	  { ">*2" N "$4" N "AUTH" N "$11" N CANARY N, "<+OK" N },
	  .has = { "db_operation=auth", "protocol=redis" },
	  .has_not = "finding " },
	{ "kafka",
	  { PRODUCE(KAFKA_BATCH("~", "{z ~~~{z k}{z " CANARY "}~}")) },
	  .has = { "where=db.text field=pay", "db_operation=publish", "db_system=kafka" } },
	/* The canary is whole only where its letters are copied from before it. */
	{ "kafka, snappy",
	  { PRODUCE(KAFKA_BATCH("%02", SNAPPY_CANARY)) },
	  .has = { "where=db.text field=pay" } },
	{ "kafka, snappy: of several records each is a message",
	  { PRODUCE(KAFKA_BATCH("%02", "*%a4(~~~%06ary%16weir-canary~(~~~%06ary%16weir-canary~")) },
	  .has = { "where=db.text field=pay", "findings=2" } },
	{ "kafka, snappy in the framing of Java",
	  { PRODUCE(KAFKA_BATCH("%02", "%82SNAPPY~~~~%01~~~%01{4 " SNAPPY_CANARY "}")) },
	  .has = { "where=db.text field=pay" } },
	{ "kafka, lz4",
	  { PRODUCE(KAFKA_BATCH("%03", LZ4_CANARY)) },
	  .has = { "where=db.text field=pay" } },
	{ "kafka, lz4 that breaks off, and what is behind it",
	  { PRODUCE(KAFKA_BATCH("%03", LZ4_HEAD "%02~~~%10") KAFKA_BATCH("%03", LZ4_CANARY)) },
	  .has = { "where=db.text field=pay" } },
	{ "kafka, answered",
	  { ">{4 ~%01~%04~~~%07{2 app}%ff%ff%ff%ff~~~~~~~~%ff%ff%ff%ff~~~~~%01{2 "
	    "pay}~~~%01~~~~TTTTTTTT"
	    "%ff%ff%ff%ff}",
	    "<{4 ~~~%07~~~~~~~%01{2 pay}~~~%01~~~~~~TTTTTTTTTTTTTTTT~~~~{4 " KAFKA_BATCH(
		"~", "{z ~~~{z k}{z " CANARY "}~}") "}}" },
	  .has = { "where=db.text field=pay", "db_operation=consume", "db_answered=1" } },
	{ "mongodb, snappy",
	  { ">{<4+ %01~~~~~~~%dc%07~~%dd%07~~-~~~%01-%b0~~~~~{<4+ %02insert~{<4 "
	    "pay~}%02v~{<4 " CANARY "~}~}}" },
	  .has = { "where=db.text field=pay", "db_operation=write" } },
	{ "mongodb, snappy that breaks off",
	  { ">{<4+ %01~~~~~~~%dc%07~~%dd%07~~-~~~%01-%b0~~~~~}" },
	  .has = { "db_operation=other", "db_statements=1" } },
	{ "mongodb",
	  { ">{<4+ %01~~~~~~~%dd%07~~~~~~~{<4+ %02insert~{<4 pay~}%02v~{<4 " CANARY "~}~}}" },
	  .has = { "where=db.text field=pay", "db_operation=write" } },
	{ "mongodb, answered",
	  { ">{<4+ %01~~~~~~~%dd%07~~~~~~~{<4+ %02find~{<4 pay~}~}}",
	    "<{<4+ %02~~~%01~~~%dd%07~~~~~~~{<4+ %03cursor~{<4+ %04firstBatch~{<4+ "
	    "%030~{<4+ %02v~{<4 " CANARY "~}~}~}~}~}}" },
	  .has = { "where=db.text field=pay", "db_answered=1", "db_rows=1" } },
	{ "mqtt",
	  { ">%10{v {2 MQTT}%04%02~<{2 dev}}", "< %02~~", ">0{v {2 pay}" CANARY "}" },
	  .has = { "where=db.text field=pay", "db_operation=publish" } },
	{ "nats",
	  { "<INFO %7b%7d" N, ">CONNECT %7b%7d" N "PUB pay 11" N CANARY N },
	  .has = { "where=db.text field=pay", "db_operation=publish" } },
	{ "amqp",
	  { ">AMQP~~%09%01%01~%01{4 ~<~(~~{1 pay}{1 k}~}%ce%02~%01{4 "
	    "~<~~~~~~~~~%0b~~}%ce%03~%01{4 " CANARY "}%ce" },
	  .has = { "where=db.text field=pay", "db_operation=publish" } },
	{ "amqp 1.0",
	  { ">AMQP~%01~~" CANARY, "<AMQP~%01~~" },
	  .has = { "protocol=amqp", "where=db.text" },
	  .has_not = "not_inspected" },
	{ "redis, a value in gzip",
	  { ">*3" N "$3" N "SET" N "$6" N "card:7" N "$90" N GZIP N, "<+OK" N },
	  .has = { "where=db.text field=card:{}", "findings=1" } },
	{ "redis, a value that begins as zlib does and is none",
	  { ">*3" N "$3" N "SET" N "$6" N "card:7" N "$16" N "x%9c, " CANARY " " N, "<+OK" N },
	  .has = { "where=db.text field=card:{}", "findings=1" } },
	{ "redis, a value that may begin so and ends",
	  { ">*3" N "$3" N "SET" N "$1" N "x" N "$11" N CANARY N, "<+OK" N },
	  .has = { "where=db.text field=x", "findings=1" } },
	{ "memcached",
	  { ">set card:7 0 0 11" N CANARY N, "<STORED" N },
	  .has = { "where=db.text field=card:{}", "protocol=memcached" } },
	{ "cassandra",
	  { ">%04~~~%05~~~~", ">%04~~%01%07{4 {4 INSERT INTO pay}~%01%01~%01{4 " CANARY "}}" },
	  .has = { "where=db.text field=pay", "db_operation=write" } },
	{ "cassandra, bodies in LZ4",
	  { ">%04~~~%05~~~~", ">%04%01~%01%07{4 ~~~%18" LZ4_BLOCK "}" },
	  .has = { "where=db.text", "db_operation=other", "finding " } },
	{ "cassandra, a body in LZ4 that breaks off, and what is behind it",
	  { ">%04~~~%05~~~~", ">%04%01~%01%07{4 ~~~%18%10x}%04%01~%02%07{4 ~~~%18" LZ4_BLOCK "}" },
	  .has = { "protocol=cassandra", "finding " } },
	{ "cassandra, bodies in snappy",
	  { ">%04~~~%05~~~~", ">%04%01~%01%07{4 " SNAPPY_CANARY "}" },
	  .has = { "where=db.text", "db_operation=other", "finding " } },
	{ "cassandra, a segment",
	  { ">%05~~~%01{4 ~%01{2 CQL_VERSION}{2 3.0.0}}", "<%85~~~%02~~~~",
	    ">%33~%02%bd%9f%86%05~~%01%07{4 {4 INSERT INTO pay}~%01~~~%01~%01{4 " CANARY "}}CCCC" },
	  .has = { "where=db.text field=pay", "db_operation=write", "finding " } },
	{ "cassandra, a segment in LZ4",
	  { ">%05~~~%01{4 ~%01{2 CQL_VERSION}{2 3.0.0}}", "<%85~~~%02~~~~",
	    ">%18~0~%04%88n%82" LZ4_BLOCK "CCCC" },
	  .has = { "where=db.text", "finding " } },
	{ "cassandra, joined in the middle",
	  { ">%04~~%01%07{4 {4 INSERT INTO pay}~%01%01~%01{4 " CANARY "}}" },
	  .midstream = true,
	  .has = { "protocol=cassandra", "field=pay" } },
	{ "elasticsearch",
	  { ">POST /pay/_bulk HTTP/1.1" N "Host: a.example" N "Content-Type: application/x-ndjson" N
	    "Content-Length: 18" N N "%7b\"v\":\"" CANARY "\"}",
	    "<HTTP/1.1 200 OK" N "Content-Length: 0" N N },
	  .has = { "db_system=elasticsearch", "db_operation=write", "db_targets=pay",
		   "data_types=test.canary" } },
	{ "a gap in a statement",
	  { PG_HELLO, ">Q~~~%30INSERT!8!pay VALUES ('" CANARY "')aaaaaa~",
	    "<C{4+ INSERT 0 1~}Z{4+ I}" },
	  .has = { "finding ", "incomplete=true", "not_inspected=gap:8" } },
	{ "a gap in a literal, behind which is more of it: nothing is quoted",
	  { PG_HELLO, ">Q~~~%34INSERT INTO pay VALUES('!8! my diagnosis')~",
	    ">Q{4+ SELECT a FROM pay~}" },
	  .has = { "incomplete=true", "db_query_texts=SELECT a FROM pay", "not_inspected=gap:8" },
	  .has_not = "diagnosis" },
	{ "a gap in a name, behind which nobody knows what is what",
	  { PG_HELLO, ">B~~~%1c~s!4!~~~%01~~~%0aaaaaaaaaaa", ">Q{4+ SELECT a FROM pay~}" },
	  .has = { "incomplete=true", "db_targets=pay", "not_inspected=gap:4",
		   "not_inspected=not_parsed:18" } },
};

struct expanded {
	struct feed_turn turns[2 * DB_TURNS];
	uint8_t bytes[8192];
};

/* A text with turns becomes turns with bytes; a gap begins another. */
static void
expand(const struct conn_case *t, struct expanded *e)
{
	size_t at = 0, nr = 0;
	uint64_t gap = 0;

	memset(e->turns, 0, sizeof(e->turns));
	for (unsigned i = 0; i < DB_TURNS && t->turns[i] != NULL; i++) {
		const char *turn = t->turns[i] + 1;

		while (*turn != '\0') {
			size_t len = db_bytes(&turn, e->bytes + at);

			e->turns[nr++] =
			    (struct feed_turn) { t->turns[i][0] == '<', e->bytes + at, len, gap };
			at += len;
			gap = 0;
			if (*turn == '!') {
				char *end;

				gap = strtoul(turn + 1, &end, 10);
				turn = end + 1;
			} else if (*turn == '}') {
				e->bytes[at - len + len] = '}';
				e->turns[nr - 1].len++;
				at++;
				turn++;
			}
		}
	}
}

static void
run_whole(const struct feed_turn *turns, const struct conn_case *t)
{
	struct conn *c = feed_open(&feed, false, t->port, t->midstream);

	for (const struct feed_turn *u = turns; u->data != NULL; u++)
		feed_push(&feed, c, u, 0, u->len);
	feed_close(&feed, c);
}

static void
test_context(void **state)
{
	static struct expanded e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct conn_case *t = &cases[i];

		print_message("%s\n", t->name);
		expand(t, &e);
		run_whole(e.turns, t);
		for (unsigned n = 0; n < 5 && t->has[n] != NULL; n++)
			feed_has(&feed, t->has[n]);
		if (t->has_not != NULL)
			feed_has_not(&feed, t->has_not);
		feed_has_not(&feed, CANARY);
		/* Joined midway, what begins a push is part of the case. */
		if (!t->midstream)
			feed_same(&feed, e.turns, t->port);
	}
}

/* A mirror of two ports may bring what is said first behind its answer: that changes nothing. */
static void
test_answer_first(void **state)
{
	static struct expanded e;
	unsigned nr = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct feed_turn first;
		char *in_order;

		expand(&cases[i], &e);
		first = e.turns[0];
		if (cases[i].midstream || e.turns[1].data == NULL || e.turns[1].gap != 0 ||
		    e.turns[1].dir == first.dir)
			continue;
		print_message("%s\n", cases[i].name);
		run_whole(e.turns, &cases[i]);
		in_order = strdup(feed.log);
		e.turns[0] = e.turns[1];
		e.turns[1] = first;
		run_whole(e.turns, &cases[i]);
		feed_is(&feed, in_order);
		feed_same(&feed, e.turns, cases[i].port);
		feed_is(&feed, in_order);
		free(in_order);
		nr++;
	}
	assert_true(nr > 15);
}

/* Several protocols take their state from one pool. */
static void
test_states_fit(void **state)
{
	(void)state;
	for (unsigned p = 0; p < NR_PROTOCOLS; p++) {
		const struct slab *pool = &feed.env->states[feed.env->state_pool[p]];

		if (pool->object_bytes < conn_proto_of((enum protocol)p)->state_bytes)
			fail_msg("%s", protocol_name((enum protocol)p));
	}
}

static uint64_t counted;

static void
count(void *arg, const char *name, uint64_t value)
{
	if (strcmp(name, arg) == 0)
		counted = value;
}

static uint64_t
counter(const char *name)
{
	struct conn_totals totals = { 0 };

	counted = UINT64_MAX;
	conn_env_counters(feed.env, &totals);
	conn_totals_put(&totals, count, (void *)(uintptr_t)name);
	return counted;
}

/* Forty commands at once: more than are timed, and all are answered. */
static void
test_pipeline(void **state)
{
	struct conn *c = feed_open(&feed, false, 6379, false);

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		conn_push(feed.env, c, CONN_ORIG, (const uint8_t *)"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
			  20, 0);
	for (unsigned i = 0; i < 40; i++)
		conn_push(feed.env, c, CONN_RESP, (const uint8_t *)"$-1\r\n", 5, 0);
	conn_push(feed.env, c, CONN_ORIG, (const uint8_t *)"*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n", 20, 0);
	conn_push(feed.env, c, CONN_RESP, (const uint8_t *)":1\r\n", 4, 0);
	feed_close(&feed, c);
	feed_has(&feed, "db_operation=read db_statements=40 db_targets=k db_answered=32");
	feed_has(&feed, "db_operation=write db_statements=1 db_targets=k db_answered=1");
}

/*
 * Seventeen: one more than are remembered by what they are about, nine more than by their columns.
 */
static void
test_many_prepared(void **state)
{
	static struct expanded e;
	static const struct conn_case t = {
		.turns = { PG_HELLO,
			   ">P{4+ a~S~~~}P{4+ b~S~~~}P{4+ c~S~~~}P{4+ d~S~~~}P{4+ e~S~~~}",
			   ">P{4+ f~S~~~}P{4+ g~S~~~}P{4+ h~S~~~}P{4+ i~S~~~}P{4+ j~S~~~}",
			   ">P{4+ k~S~~~}P{4+ l~S~~~}P{4+ m~S~~~}P{4+ n~S~~~}P{4+ o~S~~~}",
			   ">P{4+ p~S~~~}P{4+ q~S~~~}" }
	};
	uint64_t before = counter("db_statements_forgotten");

	(void)state;
	expand(&t, &e);
	run_whole(e.turns, &t);
	assert_int_equal(counter("db_statements_forgotten"), before + 1 + 9);
}

/* No room for what is counted: operations are lost and counted, values are found all the same. */
static void
test_no_room(void **state)
{
	struct conn_config config = feed_config(&feed);
	struct conn_env *env = feed.env;
	static struct expanded e;

	(void)state;
	config.max_db_ops = 0;
	assert_int_equal(conn_env_create(&config, &feed.env), 0);
	feed.record.mask_arg = feed.env;
	expand(&cases[0], &e);
	run_whole(e.turns, &cases[0]);
	feed_has(&feed, "where=db.text field=pay");
	feed_has_not(&feed, "db_system");
	assert_int_equal(counter("db_ops_refused"), 2);
	assert_int_equal(counter("db_operations"), 2);
	conn_env_destroy(feed.env);
	feed.env = env;
	feed.record.mask_arg = env;
}

/* A long connection is told every active_us, by its own packets. */
static void
test_active(void **state)
{
	struct conn_config config = feed_config(&feed);
	struct conn_env *env = feed.env;
	struct conn *c;
	const char *first;

	(void)state;
	config.active_us = 1000000;
	assert_int_equal(conn_env_create(&config, &feed.env), 0);
	feed.record.mask_arg = feed.env;
	c = feed_open(&feed, false, 6379, false);
	for (unsigned i = 0; i < 4; i++) {
		conn_env_set_time(feed.env, 1700000000000000u + i * 600000u);
		conn_push(feed.env, c, CONN_ORIG, (const uint8_t *)"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
			  20, 0);
	}
	feed_has(&feed, "db_statements=2");
	feed_close(&feed, c);
	first = strstr(feed.log, "db_statements=2");
	assert_non_null(strstr(first + 1, "db_statements=2"));
	conn_env_destroy(feed.env);
	feed.env = env;
	feed.record.mask_arg = env;
}

/* Names of tables fill their place first: statements are told as long as there is room for them. */
static void
test_full_set(void **state)
{
	static const struct conn_case hello = { .name = "hello", .turns = { PG_HELLO } };
	static struct expanded e;
	uint64_t left_out = counter("db_texts_left_out");
	struct conn *c = feed_open(&feed, false, 5432, false);
	char text[80];

	(void)state;
	expand(&hello, &e);
	for (const struct feed_turn *u = e.turns; u->data != NULL; u++)
		feed_push(&feed, c, u, 0, u->len);
	for (unsigned i = 0; i < 20; i++) {
		int len = snprintf(text, sizeof(text), "Q...:SELECT a FROM %c%039u", 'a' + i, 0);

		memset(text + 1, 0, 3);
		text[4] = (char)len;
		conn_push(feed.env, c, CONN_ORIG, (const uint8_t *)text, (size_t)len + 1, 0);
	}
	feed_close(&feed, c);
	feed_has(&feed, "db_statements=20");
	feed_has(&feed, "SELECT a FROM a000");
	feed_has(&feed, "SELECT a FROM t000");
	/* Eighteen names of 40 bytes fit into 768. */
	assert_int_equal(counter("db_texts_left_out") - left_out, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_context),	   cmocka_unit_test(test_answer_first),
		cmocka_unit_test(test_states_fit), cmocka_unit_test(test_many_prepared),
		cmocka_unit_test(test_pipeline),   cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_active),	   cmocka_unit_test(test_full_set),
	};
	int failed;

	feed_init(&feed);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	feed_fini(&feed);
	return failed;
}
