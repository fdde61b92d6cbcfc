/* Masking: clean text unchanged, values hidden in every coding, cuts at UTF-8 boundaries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "classify/detect/redact.h"
#include "classify/detect/validators.h"
#include "classify/rules/ruleset.h"
#include "classify/rules/scan.h"
#include "tests/support/guard.h"

static struct ruleset *rules;
static struct scanner *scanner;

static const struct redact_case {
	const char *name, *in, *want;
} cases[] = {
	{ "empty", "", "" },
	{ "path", "/v1/chat/completions", "/v1/chat/completions" },
	{ "numbers and uuids", "/orders/123456789/3f2504e0-4f89-11d3-9a0c-0305e82c3301",
	  "/orders/123456789/3f2504e0-4f89-11d3-9a0c-0305e82c3301" },
	{ "not UTF-8", "\xff\xfe/1234567", "\xff\xfe/1234567" },
	{ "user agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
	  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36" },
	{ "card", "/pay/4111111111111111/x", "/pay/411111******1111/x" },
	{ "card, hyphens", "pan=4111-1111-1111-1111.", "pan=411111******1111." },
	{ "card, percent-coded digits", "/p/%34%31%31%31111111111111/x", "/p/411111******1111/x" },
	{ "card, blanks as %20", "/p/4111%201111%201111%201111", "/p/411111******1111" },
	{ "card, blanks as +", "?c=4111+1111+1111+1111", "?c=411111******1111" },
	{ "card, all percent-coded", "%34%31%31%31%31%31%31%31%31%31%31%31%31%31%31%31",
	  "411111******1111" },
	{ "card, coded twice", "4111%25201111%25201111%25201111", "411111******1111" },
	{ "card, JSON escape", "\\u0034111111111111111", "411111******1111" },
	{ "card, no-break spaces",
	  "pan=4111\xc2\xa0"
	  "1111\xc2\xa0"
	  "1111\xc2\xa0"
	  "1111\xc2\xa0x",
	  "pan=411111******1111\xc2\xa0x" },
	{ "card, hyphens that do not break, percent-coded",
	  "/p/4111%E2%80%911111%E2%80%911111%E2%80%911111/x", "/p/411111******1111/x" },
	{ "SSN, en dashes behind one that stays",
	  "\xe2\x80\x93 536\xe2\x80\x93"
	  "22\xe2\x80\x93"
	  "8726\xe2\x80\xaf.",
	  "\xe2\x80\x93 [pii.us_ssn]\xe2\x80\xaf." },
	{ "e-mail", "user ann.lee@corp.internal.io!", "user a***@corp.internal.io!" },
	{ "e-mail, percent-coded", "/u/ann%40corp.internal.io", "/u/a***@corp.internal.io" },
	{ "SSN", "x 536-22-8726 y", "x [pii.us_ssn] y" },
	{ "IBAN", "DE75512108001245126199", "DE***6199" },
	{ "password in a URL", "http://u:s3cr3t-Pw@h/", "http://u:[secret.url_password]@h/" },
	{ "password, bare", "pwd=hunter22", "pwd=[secret.generic_password]" },
	{ "password, element", "<pwd>hunter22</pwd>", "<pwd>[secret.generic_password]</pwd>" },
	{ "hexadecimal", "/x/34313131313131313131313131313131/y", "/x/[pci.pan]/y" },
	{ "base64", "/x/NDExMTExMTExMTExMTExMQ==/y", "/x/[pci.pan]/y" },
	{ "base64, shifted by one", "/x/eDQxMTExMTExMTExMTExMTE/y",
	  "/x/eDQxMTExMTExMTExMTExMTE/y" },
	{ "base64, shifted behind a blank", "/x/IDQxMTExMTExMTExMTExMTE/y", "/x/[pci.pan]/y" },
	{ "two values", "4111111111111111 and 5555555555554444",
	  "411111******1111 and 555555******4444" },
	{ "key in a path", "/bot904117265:mZQtqxLrWcKsYvNpHdb4f7XgmZQtqxLrWcK/getMe",
	  "/bot***/getMe" },
	{ "key in a path, percent-coded",
	  "/bot904117265%3AmZQtqxLrWcKsYvNpHdb4f7XgmZQtqxLrWcK/getMe", "/bot***/getMe" },
	{ "track without sentinels", "{\"track2\":\"4111111111111111=28121010000012300000\"}",
	  "{\"track2\":\"[pci.track]\"}" },
	{ "track with them", "%B4111111111111111^LEE/ANN^2812101000000000000?", "[pci.track]" },
	{ "hash in braces", "userPassword: {SSHA}mZQtqxLrWcKsYvNpHdb4f7XgmZQtqxLrWcKs==",
	  "userPassword: [secret.pwhash]" },
	{ "private key", "-----BEGIN PRIVATE KEY----- MII", "[secret.private_key]" },
	{ "private key, base64",
	  "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUV2Z0lCQURBTkJna3/aGtpRz",
	  "[secret.private_key]" },
	{ "a token's claims and signature",
	  "/verify/"
	  "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1LTEyMDciLCJuYW1lIjoiQW5uIExlZSIs"
	  "ImlhdCI6MTcxNjIzOTAyMn0.575yx8xm5MslfY5ubiheyEd7P4zDL-ak6J0kGODKdin/done",
	  "/verify/eyJ***/done" },
	{ "behind a track's service code", "%B4111111111111111^LEE/ANN^29121010000012345678?",
	  "[pci.track]" },
	{ "e-mail in the path of a URL", "bot (+https://corp.io/people/ann.lee@corp.internal.io)",
	  "bot (+https://corp.io/people/a***@corp.internal.io)" },
	{ "a label of the DNS with dots", "ann\\046lee@corp\\046internal\\046io.shop.example",
	  "a***@corp.internal.io.shop.example" },
	{ "a label of the DNS with blanks", "4111\\0321111\\0321111\\0321111.shop.example",
	  "411111******1111.shop.example" },
	{ "no escapes of the DNS", "a\\999b \\01 c\\0", "a\\999b \\01 c\\0" },
	{ "an address in a subject", "notify.ann@corp.io.created.v1", "n***@corp.io.created.v1" },
	{ "an address in front of a number", "x.ann@corp.io.42", "x***@corp.io.42" },
	{ "a version", "left-pad@1.3.0-rc.1 and next@canary.12",
	  "left-pad@1.3.0-rc.1 and next@canary.12" },
	{ "user of a URL", "https://ann@corp.internal.io/x", "https://ann@corp.internal.io/x" },
};

static void
test_redact(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct redact_case *t = &cases[i];
		size_t len = strlen(t->in);
		char out[512];
		size_t n = redact_text(scanner, guard_copy(t->in, len), len, out, sizeof(out));

		if (n != strlen(t->want) || memcmp(out, t->want, n) != 0) {
			print_message("%s: %.*s\n", t->name, (int)n, out);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

static void
test_cap(void **state)
{
	static const char text[] = "ab\xc3\xa9\xe2\x82\xac 4111111111111111";
	static const size_t want[] = { 0, 1, 2, 2, 4, 4, 4, 7, 8, 9 };
	char out[64];

	(void)state;
	for (size_t cap = 0; cap < sizeof(want) / sizeof(want[0]); cap++)
		assert_int_equal(redact_text(scanner, (const uint8_t *)text, sizeof(text) - 1, out,
					     cap),
				 want[cap]);
}

static void
test_long(void **state)
{
	static char text[6000], out[6000];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + REDACT_MAX - 10, " 4111111111111111 ", 18);

	size_t n = redact_text(scanner, (const uint8_t *)text, sizeof(text), out, sizeof(out));

	assert_true(n <= REDACT_MAX - 9);
	assert_null(memchr(out, '4', n));
}

static void
keep_sample(void *arg, const struct finding *f)
{
	if (strcmp(f->rule->data_type, "secret.aws_session_token") == 0 ||
	    strcmp(f->rule->data_type, "secret.sentry") == 0)
		memcpy(arg, f->sample, sizeof(f->sample));
}

/*
 * A token longer than a window, of a rule that matches its beginning and of one that matches all of
 * it: nothing of it is left, and a sample shows what is public or nothing.
 */
static void
test_long_token(void **state)
{
	static const struct {
		const char *head, *want, *sample;
	} rows[] = {
		{ "IQoJb3JpZ2luX2Vj", "/a?t=IQoJ*** b", "IQoJ***" },
		{ "sntrys_eyJpYXQiOjE3", "/a?t=*** b", "***" },
	};
	static const char random[] = "q8Zk3Lw0Pm7Yt5RvB2nC6dF9gH1jKa4X";

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[2048], out[2048], sample[sizeof(((struct finding *)0)->sample)] = "";
		size_t len = (size_t)snprintf(text, sizeof(text), "/a?t=%s", rows[i].head);

		while (len < 1200)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", random);
		len += (size_t)snprintf(text + len, sizeof(text) - len, " b");

		size_t n = redact_text(scanner, (const uint8_t *)text, len, out, sizeof(out));

		assert_int_equal(n, strlen(rows[i].want));
		assert_memory_equal(out, rows[i].want, n);
		scan_block(scanner, BUFFER_HTTP_BODY, (const uint8_t *)text, len, keep_sample,
			   sample);
		assert_string_equal(sample, rows[i].sample);
	}
}

static void
test_too_many(void **state)
{
	char text[2048], out[2048];
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < REDACT_MAX_MARKS + 1; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "a%u@corp.io ", i);
	assert_int_equal(redact_text(scanner, (const uint8_t *)text, len, out, sizeof(out)), 8);
	assert_memory_equal(out, "[masked]", 8);
}

static int
load(void **state)
{
	static const uint64_t key[2] = { 1, 2 };
	const char *dir = getenv("WEIR_SOURCE_DIR");

	(void)state;
	if (dir != NULL && chdir(dir) != 0)
		return -1;
	if (ruleset_load("rules", &rules, stderr) != 0)
		return -1;
	scanner = scanner_create(rules, 0, key);
	return scanner == NULL ? -1 : 0;
}

static int
unload(void **state)
{
	(void)state;
	scanner_destroy(scanner);
	ruleset_free(rules);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_redact),	 cmocka_unit_test(test_cap),
		cmocka_unit_test(test_long),	 cmocka_unit_test(test_long_token),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
