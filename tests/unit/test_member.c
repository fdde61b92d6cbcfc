/* Keys of the value's own member and of others, in the notations that have members. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "classify/detect/member.h"
#include "tests/support/guard.h"

/* The word is met first in the text, the value is 5551234567. */
static const struct member_case {
	const char *name, *text, *word;
	bool other;
} cases[] = {
	{ "own key", "{\"phone\":\"5551234567\"}", "phone", false },
	{ "own key, blanks", "{ \"phone\" : 5551234567 }", "phone", false },
	{ "own key, in a list", "{\"phone\":[\"1\",{\"a\":[2]},\"5551234567\"]}", "phone", false },
	{ "the object's key", "{\"phone\":{\"a\":[1],\"n\":5551234567}}", "phone", false },
	{ "a finished member", "{\"phone\":\"\",\"at\":5551234567}", "phone", true },
	{ "a finished object", "{\"phone\":{\"a\":1},\"at\":5551234567}", "phone", true },
	{ "an object that ends", "[{\"phone\":null},{\"at\":5551234567}]", "phone", true },
	{ "a comma in the value", "{\"phone\":\"of Ann, 5551234567\"}", "phone", false },
	{ "a bracket in the value", "{\"phone\":\"Ann} 5551234567\"}", "phone", false },
	{ "a later member", "{\"at\":5551234567,\"phone\":1}", "phone", true },
	{ "a later value", "{\"at\":5551234567,\"is\":\"phone\"}", "phone", false },
	{ "value of a member", "{\"type\":\"phone\",\"at\":5551234567}", "phone", false },
	{ "words of a key", "{\"phone no (home)\":\"\",\"at\":5551234567}", "phone", true },
	{ "text within a text", "{\\\"phone\\\":\\\"\\\",\\\"at\\\":5551234567}", "phone", true },
	{ "own, text within a text", "{\\\"phone\\\":\\\"5551234567\\\"}", "phone", false },
	{ "Python", "{'phone': None, 'at': 5551234567}", "phone", true },
	{ "Ruby", "{\"phone\"=>nil, \"at\"=>5551234567}", "phone", true },
	{ "a form", "phone=&at=5551234567", "phone", true },
	{ "a form, own", "phone=5551234567&at=", "phone", false },
	{ "a form, own, with a sign", "phone=+(5551234567", "phone", false },
	{ "a form, later", "at=5551234567&phone=", "phone", true },
	{ "a form, as a value", "is=phone&at=5551234567", "phone", false },
	{ "a statement", "SET phone = '', at = 5551234567", "phone", true },
	{ "a statement, own", "SET at = 1, phone = '5551234567'", "phone", false },
	{ "a comparison", "if phone == None and at=5551234567", "phone", false },
	{ "parameters apart",
	  "phone = ? AND at = ?\x1e"
	  "at=5551234567",
	  "phone", false },
	{ "an attribute's value", "<input name=\"phone\" value=\"5551234567\">", "phone", false },
	{ "an element, empty", "<phone/><at>5551234567</at>", "phone", true },
	{ "an element, over", "<phone>1</phone><at>5551234567</at>", "phone", true },
	{ "an end tag", "<a/></phone><at>5551234567</at>", "phone", true },
	{ "an element, own", "<at/><phone>5551234567</phone>", "phone", false },
	{ "an element, own, with attributes", "<c:phone a=\"1\"><b/>5551234567", "phone", false },
	{ "an element, own, by its end tag", "<at>5551234567</phone>", "phone", false },
	{ "an element around", "<phone><home>1</home><at>5551234567</at>", "phone", false },
	{ "an element, later", "<at>5551234567</at><phone>", "phone", true },
	{ "text of an element", "<b>phone</b> <i>5551234567</i>", "phone", false },
	{ "prose", "phone: Ann, 5551234567", "phone", false },
	{ "prose with an equals sign", "phone=Ann 5551234567", "phone", false },
};

static void
test_members(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct member_case *t = &cases[i];
		size_t len = strlen(t->text), word = (size_t)(strstr(t->text, t->word) - t->text);
		size_t start = (size_t)(strstr(t->text, "5551234567") - t->text);
		const uint8_t *text = guard_copy(t->text, len);
		struct value v;

		value_init(&v, text, len, start, start + 10);
		if (member_is_of_other(&v, span_of(text + word, strlen(t->word))) != t->other) {
			print_message("%s\n", t->name);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_members) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
