/* Where values stand in tables of every notation, and what heads them there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "classify/detect/columns.h"
#include "tests/support/guard.h"

enum { TUPLE = COLUMN_TUPLE, HTML = COLUMN_HTML };

/* The value is 5551234567; head NULL: none, or not in sight. */
static const struct columns_case {
	const char *name, *text;
	bool holds;
	int column, below;
	const char *head;
} cases[] = {
	{ "lines", "a,b\n1,5551234567", true, 1, 1, "b" },
	{ "lines, quoted", "\"a\";\"b\"\r\n\"1\";\"5551234567\"\r\n", true, 1, 1, "\"b\"\r" },
	{ "lines, tabs", "a, c\tb\n1, 2\t5551234567\t", true, 1, 1, "b" },
	{ "lines, no head", "1,5551234567", true, -1, -1, NULL },
	{ "lines, fewer heads", "a\n1,5551234567\n", true, 1, 1, NULL },
	{ "a text", "a,b\n1,tel 5551234567", false, 1, 1, "b" },
	{ "Markdown", "| a | b |\n|---|--:|\n| 1 | 5551234567 |\n", true, 2, 2, " b " },
	{ "psql", " a | b \n---+----\n 1 | 5551234567\n", true, 1, 1, " b " },
	{ "mysql", "+--+\n| a |\n+---+\n| 5551234567 |\n", true, 1, 1, " a " },
	{ "no divider", "a,b\n-\n1,5551234567\n", true, 1, 1, NULL },
	{ "COPY", "COPY s.t (a, b) FROM stdin;\n1\t5551234567\n", true, 1, 1, " b" },
	{ "COPY, no list", "COPY t FROM stdin;\n1\t5551234567\n", true, 1, 1, NULL },
	{ "tuple", "INTO t (a, `b`) VALUES (1, '5551234567')", true, TUPLE + 1, -1, " `b`" },
	{ "tuple, first", "into t (a,b) values(5551234567,1)", true, TUPLE, -1, "a" },
	{ "tuple, quotes", "(a, b) VALUES ('a, (''1'') b', '5551234567')", true, TUPLE + 1, -1,
	  " b" },
	{ "tuple, second", "(a, b) VALUES (1, 'x'),\n(2, '5551234567')", true, TUPLE + 1, -1,
	  " b" },
	{ "tuple, list out of sight", "'x'), (2, '5551234567')", true, TUPLE + 1, TUPLE + 1, NULL },
	{ "tuple, brackets", "(a, b) VALUES (f(1, ')'), 5551234567)", true, TUPLE + 1, -1, " b" },
	{ "tuple, inside brackets", "(a, b) VALUES (1, f(2, 5551234567))", false, -1, -1, NULL },
	{ "tuple, no list", "INTO t VALUES (1, 5551234567)", true, TUPLE + 1, TUPLE + 1, NULL },
	{ "a call", "f (a, 5551234567)", false, -1, -1, NULL },
	{ "JSON", "{\"a\":[1, 5551234567]}", false, -1, -1, NULL },
	{ "HTML", "<tr><th>a<th>b</tr><tr><td>1<td>5551234567</tr>", true, HTML + 1, -1, "b" },
	{ "HTML, spread",
	  "<TR>\n<TH scope=\"col\">a</TH>\n<TH class='x'>b</TH>\n</TR>\n<TR>\n"
	  "<TD>1</TD>\n<TD class='x'> 5551234567 </TD>\n</TR>",
	  true, HTML + 1, -1, "b" },
	{ "HTML, head out of sight", "<tr><td>1</td><td>5551234567</td></tr>", true, HTML + 1,
	  HTML + 1, NULL },
	{ "HTML, row by row", "<tr><th>b</th><td>5551234567</td></tr>", true, HTML + 1, HTML + 1,
	  NULL },
	{ "XML", "<tr><id>5551234567</id></tr>", false, -1, -1, NULL },
};

static bool
is_as_told(const struct columns_case *t)
{
	size_t len = strlen(t->text), at = (size_t)(strstr(t->text, "5551234567") - t->text);
	struct span head;
	struct value v;
	bool headed;

	value_init(&v, guard_copy(t->text, len), len, at, at + 10);
	headed = column_head(&v, &head);
	if (headed != (t->head != NULL) || (headed && !span_is(head, t->head)))
		return false;
	return column_holds(&v) == t->holds && column_of(&v) == t->column &&
	       column_below(&v) == t->below;
}

static void
test_columns(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!is_as_told(&cases[i])) {
			print_message("%s\n", cases[i].name);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_columns) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
