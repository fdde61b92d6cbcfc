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
	enum member want;
} cases[] = {
	{ "own key", "{\"phone\":\"5551234567\"}", "phone", MEMBER_OWN },
	{ "own key, blanks", "{ \"phone\" : 5551234567 }", "phone", MEMBER_OWN },
	{ "own key, in a list", "{\"phone\":[\"1\",{\"a\":[2]},\"5551234567\"]}", "phone",
	  MEMBER_OWN },
	{ "the object's key", "{\"phone\":{\"a\":[1],\"n\":5551234567}}", "phone", MEMBER_OWN },
	{ "a finished member", "{\"phone\":\"\",\"at\":5551234567}", "phone", MEMBER_OTHER },
	{ "a finished object", "{\"phone\":{\"a\":1},\"at\":5551234567}", "phone", MEMBER_OTHER },
	{ "an object that ends", "[{\"phone\":null},{\"at\":5551234567}]", "phone", MEMBER_OTHER },
	{ "a comma in the value", "{\"phone\":\"of Ann, 5551234567\"}", "phone", MEMBER_OWN },
	{ "a bracket in the value", "{\"phone\":\"Ann} 5551234567\"}", "phone", MEMBER_OWN },
	{ "a later member", "{\"at\":5551234567,\"phone\":1}", "phone", MEMBER_OTHER },
	{ "a later value", "{\"at\":5551234567,\"is\":\"phone\"}", "phone", MEMBER_OWN },
	{ "value of a member", "{\"type\":\"phone\",\"at\":5551234567}", "phone", MEMBER_OWN },
	{ "words of a key", "{\"phone no (home)\":\"\",\"at\":5551234567}", "phone", MEMBER_OTHER },
	{ "text within a text", "{\\\"phone\\\":\\\"\\\",\\\"at\\\":5551234567}", "phone",
	  MEMBER_OTHER },
	{ "own, text within a text", "{\\\"phone\\\":\\\"5551234567\\\"}", "phone", MEMBER_OWN },
	{ "Python", "{'phone': None, 'at': 5551234567}", "phone", MEMBER_OTHER },
	{ "Ruby", "{\"phone\"=>nil, \"at\"=>5551234567}", "phone", MEMBER_OTHER },
	{ "a form", "phone=&at=5551234567", "phone", MEMBER_OTHER },
	{ "a form, own", "phone=5551234567&at=", "phone", MEMBER_OWN },
	{ "a form, own, with a sign", "phone=+(5551234567", "phone", MEMBER_OWN },
	{ "a form, later", "at=5551234567&phone=", "phone", MEMBER_OTHER },
	{ "a form, as a value", "is=phone&at=5551234567", "phone", MEMBER_OWN },
	{ "a form, of an object", "u[phone]=&u[at]=5551234567", "phone", MEMBER_OTHER },
	{ "a form, of an object, own", "u[at]=&u[phone]=5551234567", "phone", MEMBER_OWN },
	{ "PHP", "[phone] => \n[at] => 5551234567\n", "phone", MEMBER_OTHER },
	{ "PHP, own", "[at] => \n[phone] => 5551234567\n", "phone", MEMBER_OWN },
	{ "a statement", "SET phone = '', at = 5551234567", "phone", MEMBER_OTHER },
	{ "a statement, own", "SET at = 1, phone = '5551234567'", "phone", MEMBER_OWN },
	{ "a comparison", "if phone == None and at=5551234567", "phone", MEMBER_OWN },
	{ "parameters apart",
	  "phone = ? AND at = ?\x1e"
	  "at=5551234567",
	  "phone", MEMBER_OWN },
	{ "an attribute's value", "<input name=\"phone\" value=\"5551234567\">", "phone",
	  MEMBER_OWN },
	{ "an element, empty", "<phone/><at>5551234567</at>", "phone", MEMBER_OTHER },
	{ "an element, over", "<phone>1</phone><at>5551234567</at>", "phone", MEMBER_OTHER },
	{ "an end tag", "<a/></phone><at>5551234567</at>", "phone", MEMBER_OTHER },
	{ "an element, own", "<at/><phone>5551234567</phone>", "phone", MEMBER_OWN },
	{ "an element, own, with attributes", "<c:phone a=\"1\"><b/>5551234567", "phone",
	  MEMBER_OWN },
	{ "an element, own, by its end tag", "<at>5551234567</phone>", "phone", MEMBER_OWN },
	{ "an element around", "<phone><home>1</home><at>5551234567</at>", "phone", MEMBER_OWN },
	{ "an element, later", "<at>5551234567</at><phone>", "phone", MEMBER_OTHER },
	{ "text of an element", "<b>phone</b> <i>5551234567</i>", "phone", MEMBER_OWN },
	{ "a line", "phone: ''\nat: 5551234567\n", "phone", MEMBER_OTHER },
	{ "a line, empty", "phone:\nat: 5551234567\n", "phone", MEMBER_OTHER },
	{ "a line, own", "at: 1\nphone: 5551234567\n", "phone", MEMBER_OWN },
	{ "a line, later", "at: 5551234567\nphone: 1\n", "phone", MEMBER_OTHER },
	{ "a line, quoted", "a:\n  phone: 1 # of Ann\n  at: '5551234567'\n", "phone",
	  MEMBER_OTHER },
	{ "a line around", "phone:\n  # of Ann\n\n  home: 5551234567\n", "phone", MEMBER_OWN },
	{ "a line that was around", "phone:\n  home: 1\nat: 5551234567\n", "phone", MEMBER_OTHER },
	{ "a list's line", "phone:\n- '1'\n- \"5551234567\"\n", "phone", MEMBER_OWN },
	{ "a list's line, objects", "phone:\n- a: 1\n  no: 5551234567\n", "phone", MEMBER_OWN },
	{ "a list of others", "phone: 1\nat:\n  - 5551234567\n", "phone", MEMBER_OTHER },
	{ "a member of a list", "a:\n- phone: 1\n  at: 5551234567\n", "phone", MEMBER_OTHER },
	{ "a list's next", "a:\n- phone: 1\n- at: 5551234567\n", "phone", MEMBER_OTHER },
	{ "a line's value", "- type: phone\n  value: 5551234567\n", "phone", MEMBER_OWN },
	{ "a block", "phone: |\n  5551234567\n", "phone", MEMBER_OWN },
	{ "a line, no key beside", "phone: of Ann\ncall 5551234567\n", "phone", MEMBER_OWN },
	{ "a line of a card", "TEL;TYPE=phone:1\r\nBDAY:5551234567\r\n", "phone", MEMBER_OTHER },
	{ "a line of a card, own", "BDAY:1\r\nTEL;TYPE=phone:5551234567\r\n", "phone", MEMBER_OWN },
	{ "a time", "phone: at\n12:30 5551234567\n", "phone", MEMBER_OWN },
	{ "a heading", "Phone:\nHome: 5551234567\n", "Phone", MEMBER_OWN },
	{ "words of a line", "phone of Ann: x\nat: 5551234567\n", "phone", MEMBER_OWN },
	{ "a line's count", "phone: 1767761041\nat: 5551234567\n", "phone", MEMBER_OTHER_VOID },
	{ "another column", "(phone, at) VALUES (1, '5551234567')", "phone", MEMBER_OTHER },
	{ "own column", "(at, phone) VALUES (1, '5551234567')", "phone", MEMBER_OWN },
	{ "a tuple's value", "(is, at) VALUES ('phone', '5551234567')", "phone", MEMBER_OWN },
	{ "another column of HTML", "<tr><th>phone<th>at<tr><td>1<td>5551234567", "phone",
	  MEMBER_OTHER },
	{ "a switch", "{\"phone\":false,\"at\":5551234567}", "phone", MEMBER_OTHER_VOID },
	{ "a count", "{\"phone\": \"1767761041\",\"at\":5551234567}", "phone", MEMBER_OTHER_VOID },
	{ "a date", "{\"phone\":20271231,\"at\":5551234567}", "phone", MEMBER_OTHER },
	{ "a list behind", "{\"at\":5551234567,\"phone\": [1]}", "phone", MEMBER_OTHER_VOID },
	{ "a count of a form", "phone=1767761041&at=5551234567", "phone", MEMBER_OTHER_VOID },
	{ "prose", "phone: Ann, 5551234567", "phone", MEMBER_OWN },
	{ "prose with an equals sign", "phone=Ann 5551234567", "phone", MEMBER_OWN },
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
		if (member_of(&v, span_of(text + word, strlen(t->word))) != t->want) {
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
