/* Members beside a card's number that say it is one, and those that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "classify/detect/card_members.h"
#include "classify/detect/words.h"
#include "tests/support/guard.h"

static const char pan[] = "4532015112830366";

/* # is the number. */
static const struct members_case {
	const char *name, *text;
	bool want;
} cases[] = {
	{ "a brand", "{\"customer\":{\"number\":\"#\",\"brand\":\"visa\"}}", true },
	{ "a brand, not the next member", "{\"number\":#,\"a\":[1,2],\"card_scheme\":\"VISA\"}",
	  true },
	{ "a brand and its kind", "{\"number\":\"#\",\"type\":\"Visa Debit\"}", true },
	{ "a brand, elements", "<number>#</number><Brand>visa</Brand>", true },
	{ "a brand, form", "customer[number]=#&customer[brand]=visa&a=1", true },
	{ "a brand, YAML", "  number: '#'\n  network: visa\n", true },
	{ "an expiry date", "{\"number\":\"#\",\"expiry\":\"12/27\"}", true },
	{ "an expiry date of four digits", "{\"number\":\"#\",\"expDate\":\"1227\"}", true },
	{ "an expiry date, year first", "{\"number\":\"#\",\"validThru\":\"2027-12\"}", true },
	{ "a month of expiry", "{\"no\":\"#\",\"exp_month\": 7,\"exp_year\":2027}", true },
	{ "a cardholder", "{\"number\":\"#\",\"cardholderName\":\"Ann Lee\"}", true },
	{ "a brand of other numbers", "{\"number\":\"#\",\"brand\":\"amex\"}", false },
	{ "no brand of cards", "{\"number\":\"#\",\"brand\":\"visage\"}", false },
	{ "a brand as a key", "{\"number\":\"#\",\"visa\":true}", false },
	{ "a brand in another member", "{\"number\":\"#\",\"method\":\"visa\"}", false },
	{ "of a deeper object", "{\"number\":\"#\",\"paid\":{\"brand\":\"visa\"}}", false },
	{ "of the next object", "[{\"number\":\"#\"},{\"brand\":\"visa\"}]", false },
	{ "of another number", "{\"number\":\"#\",\"no\":\"5105105105105100\",\"brand\":\"visa\"}",
	  false },
	{ "an id", "{\"order_id\":\"#\",\"brand\":\"visa\"}", false },
	{ "an order's number", "{\"order_number\":\"#\",\"brand\":\"visa\"}", false },
	{ "no key", "[\"#\",{\"brand\":\"visa\"}]", false },
	{ "a day of expiry", "{\"number\":\"#\",\"expires\":\"2027-12-31\"}", false },
	{ "seconds", "{\"number\":\"#\",\"expires_in\":3600}", false },
	{ "a time", "{\"number\":\"#\",\"exp\":1767761041}", false },
	{ "no month", "{\"number\":\"#\",\"exp_month\":13}", false },
	{ "not all of it", "{\"number\":\"#\",\"brand\":\"vis", false },
};

static size_t
put_number(char *out, const char *text, size_t *start)
{
	size_t rest = strlen(strchr(text, '#') + 1);

	*start = (size_t)(strchr(text, '#') - text);
	memcpy(out, text, *start);
	memcpy(out + *start, pan, sizeof(pan) - 1);
	memcpy(out + *start + sizeof(pan) - 1, text + *start + 1, rest);
	return *start + sizeof(pan) - 1 + rest;
}

static void
test_members(void **state)
{
	static struct near_words near;
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256];
		size_t start, len = put_number(text, cases[i].text, &start);
		struct value v;

		value_init(&v, guard_copy(text, len), len, start, start + sizeof(pan) - 1);
		value_set_norm(&v, value_span(&v));
		v.near = &near;
		if (card_members_say(&v) != cases[i].want) {
			print_message("%s\n", cases[i].name);
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
