/* copy_text: what has no room is cut in front of the word that would be torn, or of a value's. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "classify/ai/copy_text.h"
#include "tests/support/unit.h"

static void
test_cut_text(void **state)
{
	static const struct {
		const char *value, *want; /* in front of x's that go on beyond the place */
	} cases[] = {
		{ "/ghp_1234567890abcdefghij", "/" },
		{ "to ann.lee@corp.internal.io", "to " },
		{ "n 4111 1111 1111 1111", "n " },
		{ "a 41 apples", "a 41 " },
	};
	char out[32 + COPY_TEXT_CUT_BACK];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[512];
		int n = snprintf(text, sizeof(text), "%s%0*d", cases[i].value, 300, 0);

		copy_text(out, strlen(cases[i].value) - 1 + COPY_TEXT_CUT_BACK,
			  span_of(text, (size_t)n));
		assert_string_equal(out, cases[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
