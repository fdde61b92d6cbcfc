/* The rule language: what is accepted, and every error with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "classify/rules/rule_parse.h"
#include "tests/support/guard.h"

#define HEAD "rule a.b {\n title \"T\"\n data_type x.y\n in any\n"

static const struct parse_case {
	const char *name;
	const char *in;
	unsigned nr_rules;
	const char *errors; /* "line:column" of each, in order */
} cases[] = {
	{ "nothing", "", 0, "" },
	{ "comments only", "# a\n\n  # b\n", 0, "" },
	{ "least", HEAD " match \"lit\"\n}\n", 1, "" },
	{ "class is data_type", "rule a {\n title \"T\"\n class x\n in any\n match /x/\n}", 1, "" },
	{ "everything",
	  HEAD
	  " severity critical\n match /a\\/b{2}/ims # c\n match ~x/y~\n match \"l\\x41\" nocase\n"
	  " find digits 12..19 sep \" -\"\n validate card\n bounded\n weak\n rev 7\n"
	  " context needs own +30 within 8 words {\n  a b # c\n  \"c d\" }\n veto within 2 words { "
	  "x "
	  "}\n"
	  " show prefix 4\n tags a b:c\n test_values { 1 2*\n 3 }\n sample + \"x\"\n sample - "
	  "\"\"\n}\n",
	  1, "" },
	{ "two rules, one line each end",
	  HEAD " match /x/\n}\nrule b {\n title \"T\"\n data_type x\n"
	       " in http\n match /y/ }\n",
	  2, "" },
	{ "duplicate id", HEAD " match /x/\n}\n" HEAD " match /x/\n}\n", 1, "7:6" },
	{ "no title", "rule a {\n data_type x\n in any\n match /x/\n}\n", 0, "1:6" },
	{ "weak without context", HEAD " match /x/\n weak\n}\n", 0, "1:6" },
	{ "unknown statement", HEAD " match /x/\n colour red\n}\n", 0, "6:2" },
	{ "severity", HEAD " match /x/\n severity hihg\n}\n", 0, "6:11" },
	{ "buffer", "rule a {\n title \"T\"\n data_type x\n in http.bdy\n match /x/\n}\n", 0,
	  "4:5" },
	{ "regex not closed", HEAD " match /x\n}\n", 0, "5:8" },
	{ "regex flags", HEAD " match /x/iqm\n}\n", 0, "5:12" },
	{ "regex flags and more", HEAD " match /x/iq bounded\n rev 0\n}\n", 0, "5:12 6:6" },
	{ "string not closed", HEAD " match \"x\n}\n", 0, "5:8" },
	{ "escape", HEAD " match \"x\\q\"\n}\n", 0, "5:10" },
	{ "range", HEAD " find digits 19..12\n}\n", 0, "5:14" },
	{ "validator", HEAD " match /x/\n validate crad\n}\n", 0, "6:11" },
	{ "account", HEAD " find iban\n validate iban\n}\n", 1, "" },
	{ "account of no check", HEAD " find iban\n}\n", 0, "1:6" },
	{ "account by a card's check", HEAD " find iban\n validate card\n}\n", 0, "1:6" },
	{ "number by letters", HEAD " find digits 9..12\n validate iban\n}\n", 0, "1:6" },
	{ "needs nothing", HEAD " match /x/\n context needs { }\n}\n", 0, "1:6" },
	{ "needs what is never met", HEAD " match /x/\n context needs { \"a b\" c.d }\n}\n", 0,
	  "1:6" },
	{ "weak and no word", HEAD " match /x/\n weak\n context { }\n}\n", 0, "1:6" },
	{ "words left open", HEAD " match /x/\n context { a b\n}\n sample + \"x\"\n", 0, "9:1" },
	{ "behind a statement", HEAD " match /x/ bounded\n}\n", 0, "5:12" },
	{ "all errors in one run", HEAD " severity x\n match y\n rev 0\n}\n", 0, "5:11 6:8 7:6" },
	{ "not a rule", "rool a {\n}\n", 0, "1:1" },
	{ "end inside", HEAD, 0, "5:1" },
	{ "list",
	  "list w { a b\n c }\nlist v { @w d }\n" HEAD " match /x/\n context { @v e }\n"
	  " test_values { @w }\n}\n",
	  1, "" },
	{ "list not there", HEAD " match /x/\n context { @w }\n}\n", 0, "6:12" },
	{ "list twice", "list w { a }\nlist w { b }\n", 0, "2:6" },
	{ "at sign in a string", HEAD " match /x/\n context { \"@w\" }\n}\n", 1, "" },
	{ "threshold and enable", HEAD " match /x/\n threshold 10 values\n enable no\n}\n", 1, "" },
	{ "threshold of what", HEAD " match /x/\n threshold 10\n}\n", 0, "6:14" },
	{ "override",
	  "override a.* {\n enable no\n severity low\n threshold 3 times\n}\noverride b { enable "
	  "yes }\n",
	  0, "" },
	{ "override of nothing else", "override a {\n title \"T\"\n}\n", 0, "2:2" },
	{ "override without id", "override {\n}\n", 0, "1:10" },
	{ "suppression",
	  "suppress a {\n owner \"me\"\n until 2026-02-28\n reason \"r\"\n src 10.0.0.0/8 ::1\n"
	  " dst 192.0.2.1\n host *.x.example y\n}\n",
	  0, "" },
	{ "nobody's suppression", "suppress a {\n until 2026-02-28\n}\n", 0, "1:10" },
	{ "suppression for ever", "suppress a {\n owner \"me\"\n}\n", 0, "1:10" },
	{ "a day there is not", "suppress a {\n until 2026-02-29\n}\n", 0, "2:8 1:10" },
	{ "what is missing beside what is wrong",
	  "rule a {\n titel \"x\"\n severity x\n in foo\n}\n", 0, "2:2 3:11 4:5 1:6 1:6" },
	{ "wrong is not missing", "rule a {\n title x\n data_type X\n in foo\n match x\n}\n", 0,
	  "2:8 3:12 4:5 5:8" },
	{ "an id that is none",
	  "rule A {\n title \"T\"\n data_type x\n in any\n match /x/\n bad\n}\n", 0, "1:6 6:2" },
	{ "a title twice", HEAD " match /x/\n title \"U\"\n}\n", 0, "6:2" },
	{ "a data type twice", HEAD " match /x/\n class z\n}\n", 0, "6:2" },
	{ "contexts", HEAD " match /x/\n context needs { a }\n context { b }\n}\n", 0, "7:2" },
	{ "owner twice",
	  "suppress a {\n owner \"a\"\n owner \"b\"\n until 2031-01-01\n src 192.0.2.1\n src "
	  "::1\n}\n",
	  0, "3:2" },
	{ "an end that is missing",
	  HEAD " match /x/\n"
	       "rule b {\n title \"T\"\n data_type x\n in any\n"
	       " match /y/\n}\n",
	  1, "6:1" },
	{ "an end on the line of an error",
	  "override a { title \"x\" }\noverride b { enable no }\n", 0, "1:14" },
	{ "byte order mark", "\xef\xbb\xbfrule a {\n title \"T\"\n class x\n in any\n match /x/\n}",
	  1, "" },
	{ "leap day", "suppress a {\n owner \"me\"\n until 2028-02-29\n}\n", 0, "" },
	{ "network", "suppress a {\n src 10.0.0.0/33\n}\n", 0, "2:6 1:10 1:10" },
	{ "a brace on the next line",
	  "rule a\n{\n title \"T\"\n class x\n in any\n match /x/\n}\n"
	  "override a\n\n  { enable no }\n",
	  1, "" },
	{ "no brace at all", "rule a\n title \"T\"\n class x\noverride a { enable on }\n", 0,
	  "1:7 2:2 4:21" },
	{ "all on one line", "rule a { title \"T\" class x in any match /x/ }\nrool b {\n}\n", 0,
	  "1:20 2:1" },
	{ "on one line, and wrong",
	  "rule a { title \"T\"\n class x severity mid\n in any\n match /x/\n rev 0 }\n", 0,
	  "2:10 5:6" },
	{ "body of what is no item",
	  "rool a {\n title \"T\"\n context { b\n c }\n}\noverrride b {\n}\nlist c { d", 0,
	  "1:1 6:1 8:11" },
	{ "a brace too many", HEAD " }\n match /x/\n bounded\n}\nrule b {\n}\n", 0,
	  "1:6 6:2 9:6 9:6 9:6 9:6" },
	{ "names that no server has",
	  "suppress a {\n owner \"me\"\n until 2026-02-28\n host https://x.example/\n"
	  " host x.example:8443\n host a.example, b.example\n host 2001:db8::1 *\n}\n",
	  0, "4:7 5:7 6:7" },
	{ "networks apart by commas",
	  "suppress a {\n owner \"me\"\n until 2026-02-28\n"
	  " src 10.0.0.0/8, 192.0.2.0/24\n}\n",
	  0, "4:6" },
	{ "an override of nothing", "override a {\n}\noverride b { sevrity low }\n", 0,
	  "1:10 3:14" },
	{ "UTF-16", "\xff\xfer\1u\1l\1e\1\n\1a\1\n\1", 0, "1:1" },
	{ "lists that are not there",
	  HEAD " match /x/\n context {\n  @v a\n  @w b\n }\n rev 0\n}\n", 0, "7:3 8:3 10:6" },
	{ "commas",
	  HEAD " match /x/\n context { a, b }\n tags c, d\n test_values {\n  1,\n  2 }\n}\n", 0,
	  "6:12 7:7 9:3" },
	{ "commas in quotes", HEAD " match /x/\n context { \"a,\" b }\n}\n", 1, "" },
	{ "a list left open", HEAD " match /x/\n context { a\n veto { b }\n rev 0\n}\n", 0,
	  "7:7 8:6" },
	{ "a string left open in a list", HEAD " match /x/\n context { \"a }\n rev 0\n}\n", 0,
	  "6:12 7:6" },
	{ "a string left open in a list over lines",
	  "list a { b \"c\n d\n}\n" HEAD " match /x/\n context { @a }\n rev 0\n}\n", 0,
	  "1:12 10:6" },
	{ "a list of itself", "list a { @a b }\nlist b { @a }\n", 0, "1:10" },
	{ "an escape in a list", HEAD " match /x/\n context { \"\\a\" @v\n b }\n rev 0\n}\n", 0,
	  "6:13 8:6" },
	{ "a regex left open with a brace", HEAD " match /a{2\n rev 0\n}\nrev 0\n", 0,
	  "5:8 6:6 8:1" },
	{ "a misspelt regex with a brace", HEAD " mtach /a{/\n rev 0\n}\n", 0, "5:2 6:6" },
	{ "a misspelt list over lines", HEAD " match /x/\n contxt {\n a\n b }\n rev 0\n}\n", 0,
	  "6:2 9:6" },
	{ "include without files", "include \"x.rules\"\n", 0, "1:9" },
};

/* "line:column" of each line of errors that begins with the file's name. */
static void
places(const char *errors, char *out, size_t cap)
{
	size_t len = 0;

	out[0] = '\0';
	for (const char *p = strstr(errors, "t.rules:"); p != NULL; p = strstr(p, "t.rules:")) {
		p += strlen("t.rules:");

		size_t n = strcspn(p, ":");

		n += 1 + strcspn(p + n + 1, ":");
		assert_true(len + n + 2 < cap);
		if (len != 0)
			out[len++] = ' ';
		memcpy(out + len, p, n);
		len += n;
		out[len] = '\0';
	}
}

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct parse_case *t = &cases[i];
		struct rule_list list = { 0 };
		size_t len = strlen(t->in), size = 0;
		char *text = NULL, got[256];
		FILE *errors = open_memstream(&text, &size);

		print_message("%s\n", t->name);
		rule_parse(&list, "t.rules", guard_copy(t->in, len), len, errors);
		fclose(errors);
		places(text, got, sizeof(got));
		if (strcmp(got, t->errors) != 0)
			print_message("%s", text);
		assert_string_equal(got, t->errors);
		if (t->errors[0] == '\0')
			assert_int_equal(list.nr, t->nr_rules);
		free(text);
		rule_list_fini(&list);
	}
}

/* The part of a long line around the error; the caret is below the character, however many bytes.
 */
static void
test_caret(void **state)
{
	static const struct {
		const char *in, *shown;
	} rows[] = {
		{ "\xe5\x8d\xa1\xe5\x8f\xb7 x\n",
		  "text:1:1: expected 'rule ID {', or a list, include, override or suppress\n"
		  "  \xe5\x8d\xa1\xe5\x8f\xb7 x\n  ^\n" },
		{ "list a { \xe5\x8d\xa1\xe5\x8f\xb7 \xef\xbc\xa1 @b }\n", /* two cells each */
		  "text:1:21: expected the name of a list that was read before\n"
		  "  list a { \xe5\x8d\xa1\xe5\x8f\xb7 \xef\xbc\xa1 @b }\n"
		  "                   ^\n" },
		{ "list a { \"\xc3\xa9\xc3\xa9\" @b }\n",
		  "text:1:17: expected the name of a list that was read before\n"
		  "  list a { \"\xc3\xa9\xc3\xa9\" @b }\n                ^\n" },
	};
	char *said = NULL, line[1024];
	size_t len = 0;
	FILE *errors;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rule_list list = { 0 };

		errors = open_memstream(&said, &len);
		rule_parse(&list, "text", (const uint8_t *)rows[i].in, strlen(rows[i].in), errors);
		fclose(errors);
		assert_string_equal(said, rows[i].shown);
		free(said);
		rule_list_fini(&list);
	}

	struct rule_list list = { 0 };
	const char *second, *third;

	len = (size_t)snprintf(line, sizeof(line), "list a { ");
	while (len < 600)
		len += (size_t)snprintf(line + len, sizeof(line) - len, "\xc3\xa9 ");
	snprintf(line + len, sizeof(line) - len, "@b }\n");
	errors = open_memstream(&said, &len);
	rule_parse(&list, "text", (const uint8_t *)line, strlen(line), errors);
	fclose(errors);
	second = strchr(said, '\n') + 1;
	third = strchr(second, '\n') + 1;
	assert_memory_equal(second, "  ...", 5);

	size_t characters = 0, caret = strcspn(third, "^");

	for (const char *p = second; *p != '@'; p++)
		characters += ((uint8_t)*p & 0xc0) != 0x80;
	assert_int_equal(caret, characters);
	free(said);
	rule_list_fini(&list);
}

static void
test_where_the_other_is(void **state)
{
	static const char text[] = HEAD " match /x/\n}\n" HEAD " match /x/\n}\n";
	struct rule_list list = { 0 };
	char *said = NULL;
	size_t len = 0;
	FILE *errors = open_memstream(&said, &len);

	(void)state;
	rule_parse(&list, "own.rules", (const uint8_t *)text, strlen(text), errors);
	rule_parse(&list, "new.rules", (const uint8_t *)text, strlen(text) / 2, errors);
	fclose(errors);
	assert_non_null(strstr(said, "own.rules:7:6: expected an id that no other rule has: "
				     "own.rules has it in line 1\n"));
	assert_non_null(strstr(said, "new.rules:1:6: expected an id that no other rule has: "
				     "own.rules has it in line 1\n"));
	free(said);
	rule_list_fini(&list);
}

/* What a slip was meant to be; nothing where it is far from all. */
static void
test_did_you_mean(void **state)
{
	static const struct {
		const char *in, *meant;
	} rows[] = {
		{ "mtach /x/", "match" },
		{ "matchs /x/", "match" },
		{ "title: \"x\"", "title" },
		{ "severty low", "severity" },
		{ "severity HIGH", "high" },
		{ "severity hihg", "high" },
		{ "in http.bdy", "http.body" },
		{ "in http.body, db.text", "http.body" },
		{ "in ANY", "any" },
		{ "validate luhnn", "luhn" },
		{ "context { @carsd }", "cards" },
		{ "show last5", "last4" },
		{ "colour red", NULL },
		{ "severity urgent", NULL },
		{ "in mail", NULL },
		{ "context { @other }", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rule_list list = { 0 };
		char in[256], *said = NULL, want[64];
		size_t len = 0;
		FILE *errors = open_memstream(&said, &len);

		print_message("%s\n", rows[i].in);
		snprintf(in, sizeof(in), "list cards { a }\nrule a {\n %s\n}\n", rows[i].in);
		snprintf(want, sizeof(want), "; did you mean '%s'?\n", rows[i].meant);
		rule_parse(&list, "text", (const uint8_t *)in, strlen(in), errors);
		fclose(errors);
		assert_int_equal(strstr(said, "did you mean") != NULL, rows[i].meant != NULL);
		assert_true(rows[i].meant == NULL || strstr(said, want) != NULL);
		free(said);
		rule_list_fini(&list);
	}
}

static void
test_fields(void **state)
{
	struct rule_list list = { 0 };
	const struct rule *r;

	(void)state;
	assert_int_equal(rule_parse(&list, "t.rules", (const uint8_t *)cases[4].in,
				    strlen(cases[4].in), stderr),
			 0);
	r = list.rules[0];
	assert_string_equal(r->id, "a.b");
	assert_int_equal(r->severity, SEVERITY_CRITICAL);
	assert_int_equal(r->rev, 7);
	assert_int_equal(r->nr_patterns, 4);
	assert_true(span_is(r->patterns[0].text, "a\\/b{2}"));
	assert_true(r->patterns[0].nocase && r->patterns[0].multiline && r->patterns[0].dotall);
	assert_true(span_is(r->patterns[1].text, "x/y"));
	assert_true(span_is(r->patterns[2].text, "lA") && r->patterns[2].nocase);
	assert_int_equal(r->patterns[3].min_digits, 12);
	assert_int_equal(r->patterns[3].max_digits, 19);
	assert_true(r->context.needed && r->context.own && r->context.points == 30 &&
		    r->context.within == 8);
	assert_int_equal(r->context.list.nr, 3);
	assert_int_equal(r->nr_tests, 3);
	assert_int_equal(r->nr_samples, 2);
	assert_true(r->show == SHOW_PREFIX && r->show_prefix == 4);
	rule_list_fini(&list);
}

static void
test_buffers(void **state)
{
	uint32_t body = buffer_mask(span_of("http.body", 9)), llm = buffer_mask(span_of("llm", 3));

	(void)state;
	assert_int_equal(buffer_mask(span_of("nosuch", 6)), 0);
	assert_int_equal(buffer_mask(span_of("tls.sni", 7)), 1u << BUFFER_TLS_SNI);
	assert_true((body & 1u << BUFFER_LLM_PROMPT) != 0 && (body & 1u << BUFFER_HTTP_PATH) == 0);
	assert_true(llm != 0 && (llm & ~body) == 0);
	assert_int_equal(buffer_mask(span_of("any", 3)), (1u << NR_BUFFERS) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	     cmocka_unit_test(test_caret),
		cmocka_unit_test(test_did_you_mean), cmocka_unit_test(test_where_the_other_is),
		cmocka_unit_test(test_fields),	     cmocka_unit_test(test_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
