/* sql_text: statements without their literals, and what they do to what. */
#include "tests/support/unit.h"

#include "classify/proto/sql_class.h"
#include "classify/proto/sql_text.h"
#include "tests/support/guard.h"

static const struct sql_case {
	const char *in, *text;
	enum db_class class;
	const char *target;
	enum sql_dialect dialect;
} cases[] = {
	{ "SELECT 1", "SELECT ?", DB_READ, "" },
	{ "select *  from\n people where id=42 and n='O''Brien'",
	  "select * from people where id=? and n=?", DB_READ, "people" },
	{ "INSERT INTO pay (card, n) VALUES ('4111111111111111', 7), ('5500000000000004', 8)",
	  "INSERT INTO pay (card, n) VALUES (?)", DB_WRITE, "pay" },
	{ "insert into \"My Table\" values(1,2),(3,4)", "insert into \"My Table\" values(?)",
	  DB_WRITE, "My Table" },
	{ "UPDATE a.b SET x = -1.5e+10, y = $tag$it's $1$ ; secret$tag$ WHERE z = $12",
	  "UPDATE a.b SET x = -?+?, y = ? WHERE z = ?", DB_WRITE, "a.b" },
	{ "/* a ' /* nested */ b */ DELETE -- '\n FROM t", "DELETE FROM t", DB_WRITE, "t" },
	{ "SELECT E'it\\'s 4111', 'C:\\' , X'ff' FROM t", "SELECT ? FROM t", DB_READ, "t" },
	{ "SELECT \"x\\\"y\", 'a\\'b' FROM `my``t` # end", "SELECT ? FROM `my``t`", DB_READ,
	  "`my``t`", SQL_MYSQL },
	{ "SELECT a FROM t WHERE b IN (1, 2, 3) LIMIT 5, 10",
	  "SELECT a FROM t WHERE b IN (?) LIMIT ?", DB_READ, "t" },
	{ "WITH x AS (SELECT 1 FROM y) INSERT INTO z SELECT * FROM x",
	  "WITH x AS (SELECT ? FROM y) INSERT INTO z SELECT * FROM x", DB_WRITE, "z" },
	{ "CREATE TABLE IF NOT EXISTS t2 (a int)", "CREATE TABLE IF NOT EXISTS t2 (a int)",
	  DB_SCHEMA, "t2" },
	{ "CREATE UNIQUE INDEX i ON t3 (a)", "CREATE UNIQUE INDEX i ON t3 (a)", DB_SCHEMA, "t3" },
	{ "ALTER USER bob PASSWORD 'secret'", "ALTER USER bob PASSWORD ?", DB_ADMIN, "" },
	{ "GRANT ALL ON t TO bob", "GRANT ALL ON t TO bob", DB_ADMIN, "t" },
	{ "BEGIN", "BEGIN", DB_TRANSACTION, "" },
	{ "EXPLAIN SELECT * FROM t", "EXPLAIN SELECT * FROM t", DB_READ, "t" },
	{ "COPY t (a) FROM STDIN", "COPY t (a) FROM STDIN", DB_WRITE, "t" },
	{ "COPY (SELECT a FROM t WHERE b = 1) TO STDOUT",
	  "COPY (SELECT a FROM t WHERE b = ?) TO STDOUT", DB_READ, "t" },
	{ "COPY(SELECT a FROM t) TO STDOUT", "COPY(SELECT a FROM t) TO STDOUT", DB_READ, "t" },
	{ "COPY (DELETE FROM t RETURNING a) TO STDOUT",
	  "COPY (DELETE FROM t RETURNING a) TO STDOUT", DB_WRITE, "t" },
	{ "COPY t TO STDOUT", "COPY t TO STDOUT", DB_READ, "t" },
	{ "TRUNCATE TABLE t", "TRUNCATE TABLE t", DB_WRITE, "t" },
	{ "SELECT a FROM (SELECT b FROM inner_t) q", "SELECT a FROM (SELECT b FROM inner_t) q",
	  DB_READ, "inner_t" },
	{ "SELECT 'unfinished 4111", "SELECT ?", DB_READ, "" },
	{ "SELECT a1, b$2 FROM t4", "SELECT a1, b$2 FROM t4", DB_READ, "t4" },
	{ "frobnicate 12", "frobnicate ?", DB_OTHER, "" },
};

static void
check(const struct sql_case *t, size_t step)
{
	struct sql_text s;
	size_t len = strlen(t->in);
	struct span target, text;
	char out[600];

	sql_text_init(&s);
	for (size_t at = 0; at < len; at += step) {
		size_t n = len - at < step ? len - at : step;

		assert_int_equal(sql_text_push(&s, t->dialect, guard_copy(t->in + at, n), n), n);
	}
	sql_text_end(&s);
	text = sql_text_so_far(&s);
	snprintf(out, sizeof(out), "%.*s", (int)text.len, (const char *)text.p);
	assert_string_equal(out, t->text);
	assert_int_equal(sql_classify(text, &target), t->class);
	snprintf(out, sizeof(out), "%.*s", (int)target.len, (const char *)target.p);
	assert_string_equal(out, t->target);
}

static void
test_statements(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%s\n", cases[i].in);
		for (size_t step = 1; step < 90; step++)
			check(&cases[i], step);
	}
}

static void
test_several(void **state)
{
	static const char in[] = " ; BEGIN; SELECT ';' ;x";
	static const char *const want[] = { "BEGIN", "SELECT ?", "x" };
	struct sql_text s;
	size_t at = 0;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		sql_text_init(&s);
		at += sql_text_push(&s, SQL_STANDARD, (const uint8_t *)in + at, strlen(in) - at);
		assert_int_equal(s.over, i < 2);
		sql_text_end(&s);
		assert_int_equal(s.len, strlen(want[i]));
		assert_memory_equal(s.out, want[i], s.len);
	}
}

/* No digit and no quoted text of any input comes out, however long. */
static void
test_long(void **state)
{
	struct sql_text s;
	char in[] = "('4111111111111111',";

	(void)state;
	sql_text_init(&s);
	sql_text_push(&s, SQL_STANDARD, (const uint8_t *)"INSERT INTO t VALUES ", 21);
	for (unsigned i = 0; i < 1000; i++) {
		in[0] = i % 7 == 0 ? 'a' : '(';
		sql_text_push(&s, SQL_STANDARD, (const uint8_t *)in, sizeof(in) - 1);
	}
	sql_text_end(&s);
	assert_true(s.len <= SQL_TEXT_BYTES);
	for (unsigned i = 0; i < s.len; i++)
		assert_false(s.out[i] >= '0' && s.out[i] <= '9');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
