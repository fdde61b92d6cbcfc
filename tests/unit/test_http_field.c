/* http_field: each name in every case, and what is none of them. */
#include "tests/support/unit.h"

#include <ctype.h>
#include <string.h>

#include "classify/proto/http_field.h"

static const char *const names[] = {
#define NAME(name, text) text,
	HTTP_FIELD_NAMES(NAME)
#undef NAME
};

static enum http_field_name
told(const char *text, size_t len)
{
	return http_field_of(span_of(text, len), span_of("v", 1)).is;
}

static void
test_each_name(void **state)
{
	char text[64];

	(void)state;
	for (unsigned i = 0; i < HTTP_FIELD_OTHER; i++) {
		size_t len = strlen(names[i]);

		assert_int_equal(told(names[i], len), i);
		for (size_t at = 0; at < len; at++) {
			memcpy(text, names[i], len);
			text[at] = (char)toupper((unsigned char)text[at]);
			assert_int_equal(told(text, len), i);
			text[at] = '~';
			assert_int_equal(told(text, len), HTTP_FIELD_OTHER);
		}
		assert_int_equal(told(names[i], len - 1), HTTP_FIELD_OTHER);
		text[len] = 's';
		memcpy(text, names[i], len);
		assert_int_equal(told(text, len + 1), HTTP_FIELD_OTHER);
	}
}

static void
test_none_of_them(void **state)
{
	char text[300];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t len = 0; len <= sizeof(text); len++)
		assert_int_equal(told(text, len), HTTP_FIELD_OTHER);
	assert_int_equal(told(NULL, 0), HTTP_FIELD_OTHER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_name),
		cmocka_unit_test(test_none_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
