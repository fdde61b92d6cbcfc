/* The scanner with the shipped rules: same findings for every split; streams, gaps, pools, reload.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "classify/rules/rule.h"
#include "classify/rules/rule_db.h"
#include "classify/rules/ruleset.h"
#include "classify/rules/scan.h"
#include "tests/support/guard.h"
#include "tests/support/unit.h"

enum { OUT_CAP = 8192 };

static struct ruleset *rules;
static const uint64_t key[2] = { 1, 2 };

struct out {
	size_t len;
	char text[OUT_CAP];
};

static void
found(void *arg, const struct finding *f)
{
	struct out *o = arg;
	int sum = 0;

	for (unsigned i = 0; i < f->nr_terms; i++)
		sum += f->terms[i].points;
	assert_int_equal(sum, f->score);
	o->len +=
	    (size_t)snprintf(o->text + o->len, OUT_CAP - o->len, "%s %s%s %s;", f->rule->id,
			     severity_name(f->severity), f->test_value ? " test" : "", f->sample);
}

/* A key-shaped text is put together from two halves, so that none stands here. */
static const struct scan_case {
	const char *name;
	enum buffer buffer;
	const char *in;
	const char *want;
} cases[] = {
	{ "clean", BUFFER_HTTP_BODY, "nothing to see 12345", "" },
	{ "card with context", BUFFER_JSON, "{\"card\":\"5425 2334 3010 9903\"}",
	  "pci.pan high 542523******9903;" },
	{ "card without context", BUFFER_HTTP_BODY, "5425233430109903",
	  "pci.pan low 542523******9903;" },
	{ "test card is low", BUFFER_HTTP_BODY, "visa 4111111111111111 x",
	  "pci.pan low test 411111******1111;" },
	{ "once per value", BUFFER_HTTP_BODY, "card 5425233430109903, 5425-2334-3010-9903",
	  "pci.pan high 542523******9903;" },
	{ "behind a JSON escape", BUFFER_JSON, "\"card:\\n5425233430109903\\n\"",
	  "pci.pan high 542523******9903;" },
	{ "behind an escape in raw text", BUFFER_HTTP_BODY, "card:\\n5425233430109903",
	  "pci.pan high 542523******9903;" },
	{ "digits written as \\u", BUFFER_JSON, "\"card\":\"\\u0035425233430109903\"",
	  "pci.pan high 542523******9903;" },
	{ "form coded", BUFFER_FORM, "card=5425+2334%203010+9903&x=%35",
	  "pci.pan high 542523******9903;" },
	{ "order number", BUFFER_JSON, "{\"order_id\":\"5425233430109903\"}", "" },
	{ "context nearer than veto", BUFFER_JSON, "{\"order\":1,\"card\":\"5425233430109903\"}",
	  "pci.pan high 542523******9903;" },
	{ "veto of another member", BUFFER_JSON,
	  "{\"type\":\"visa\",\"number\":\"5425233430109903\",\"id\":7}",
	  "pci.pan high 542523******9903;" },
	{ "veto of the object's own key", BUFFER_JSON, "{\"order\":{\"number\":5425233430109903}}",
	  "" },
	{ "context of another member, for a card", BUFFER_JSON,
	  "{\"number\":\"5425233430109903\",\"expiry\":\"12/27\"}",
	  "pci.pan high 542523******9903;" },
	{ "no context of a member that holds no such thing", BUFFER_JSON,
	  "{\"gift_card\":false,\"expiry\":1767761041,\"cc\":[],\"value\":5425233430109903}",
	  "pci.pan low 542523******9903;" },
	{ "no context of another member, for a weak rule", BUFFER_JSON,
	  "{\"phone\":\"\",\"last_login\":1767761041}", "" },
	{ "nor of a later one", BUFFER_JSON, "{\"last_login\":1767761041,\"phone\":null}", "" },
	{ "nor of a form's field", BUFFER_FORM, "phone=&last_login=1767761041", "" },
	{ "context that a member holds", BUFFER_JSON,
	  "{\"type\":\"phone\",\"value\":\"555-123-4567\"}", "pii.phone low ***67;" },
	{ "context of the list's key", BUFFER_JSON,
	  "{\"phones\":[{\"type\":\"home\",\"number\":\"555-123-4567\"}]}",
	  "pii.phone low ***67;" },
	{ "a security code behind a card", BUFFER_JSON,
	  "{\"customer\":\"5425233430109903\",\"expiry\":\"12/27\",\"cvv\":\"123\"}",
	  "pci.pan high 542523******9903;" },
	{ "a security code at the end", BUFFER_FORM, "customer=5425233430109903&cvc=123",
	  "pci.pan high 542523******9903;" },
	{ "a security code of another card", BUFFER_JSON,
	  "{\"order\":5425233430109903,\"to\":5555555555554444,\"cvv\":123}",
	  "pci.pan low test 555555******4444;" },
	{ "a security code of a stored card", BUFFER_JSON,
	  "{\"order_id\":\"5425233430109903\",\"cvv\":\"123\"}", "" },
	{ "a security code in another object", BUFFER_JSON,
	  "{\"order\":\"5425233430109903\",\"stored\":{\"cvv\":\"123\"}}", "" },
	{ "an expiry date and a security code", BUFFER_JSON,
	  "{\"orderId\":\"5425233430109903\",\"c\":{\"exp\":\"12/27\",\"cvv\":\"123\"}}",
	  "pci.pan high 542523******9903;" },
	{ "the result of a security code", BUFFER_JSON,
	  "{\"order\":\"5425233430109903\",\"cvv_result\":\"M\"}", "" },
	{ "a phrase in front", BUFFER_HTTP_BODY, "Social Security Number: 536228726",
	  "pii.us_ssn_bare medium [pii.us_ssn];" },
	{ "a phrase behind", BUFFER_HTTP_BODY, "536228726 (social  security)",
	  "pii.us_ssn_bare medium [pii.us_ssn];" },
	{ "words of a phrase, apart", BUFFER_HTTP_BODY, "security of social, 536228726", "" },
	{ "a phrase as a key", BUFFER_JSON, "{\"medical record\":\"00482913\"}",
	  "pii.us_mrn medium [pii.us_mrn];" },
	{ "a phrase as a column's head", BUFFER_HTTP_BODY,
	  "name,social security,x\nAnn,536228726,1\n", "pii.us_ssn_bare medium [pii.us_ssn];" },
	{ "float", BUFFER_JSON, "[0.5425233430109903,15425233430109903]", "" },
	{ "inside a UUID-like word", BUFFER_HTTP_BODY, "ab12-5425233430109903", "" },
	{ "with an expiry date behind it", BUFFER_HTTP_BODY, "card 5425 2334 3010 9903 12/27 123",
	  "pci.pan high 542523******9903;" },
	{ "SSN with and without context", BUFFER_HTTP_BODY, "ssn 536-22-8726",
	  "pii.us_ssn high [pii.us_ssn];" },
	{ "an SSN behind the key of another", BUFFER_JSON, "{\"ssn\":null,\"ref\":\"536-22-8726\"}",
	  "pii.us_ssn medium [pii.us_ssn];" },
	{ "an SSN by its own key", BUFFER_JSON, "{\"ref\":null,\"ssn\":\"536-22-8726\"}",
	  "pii.us_ssn high [pii.us_ssn];" },
	{ "columns of tuples", BUFFER_DB_TEXT,
	  "INSERT INTO t (id, born, note, ssn, no) VALUES (17, NULL, 'a, b', NULL, '536228727'), "
	  "(18, '1984-03-12', '2011-11-11', '536228726', '536228728')",
	  "pii.birth_date medium [pii.birth_date];pii.us_ssn_bare medium [pii.us_ssn];" },
	{ "e-mail", BUFFER_HTTP_BODY, "to ann.lee@corp.internal.io today",
	  "pii.email medium a***@corp.internal.io;" },
	{ "IBAN, grouped", BUFFER_HTTP_BODY, "IBAN: DE75 5121 0800 1245 1261 99 ok",
	  "pii.iban high DE***6199;" },
	{ "URL with password", BUFFER_HTTP_BODY, "url=postgres://app:s3cr3t-Pw@db:5432/x",
	  "secret.postgres_url_password high [secret.postgres_url_password];" },
	{ "private key in JSON", BUFFER_JSON,
	  "\"k\":\"-----BEGIN EC PRIVATE KEY-----\\nMHcCAQEEIIGf8x\"",
	  "secret.private_key critical [secret.private_key];" },
	{ "documentation key", BUFFER_HTTP_BODY,
	  "id AKIA"
	  "IOSFODNN7EXAMPLE.",
	  "secret.aws_access_key low test AKIA***;" },
	{ "one value, one finding: the vendor's", BUFFER_JSON,
	  "{\"clarifai_api_key\":\"dkHL49dId5skLfBj"
	  "sf342RJkdskdpD54\"}",
	  "secret.clarifai_key medium [secret.clarifai_key];" },
	{ "one value, one finding: a card is no telephone", BUFFER_HTTP_BODY,
	  "phone and card 5425 2334 3010 9903", "pci.pan high 542523******9903;" },
	{ "one value, one finding: track data", BUFFER_HTTP_BODY,
	  "card ;5425233430109903=28121010000012300000?", "pci.track critical [pci.track];" },
	{ "a generic key where the vendor's rule says no", BUFFER_HTTP_BODY,
	  "client_secret = \"6fb1cff7690db9ac066c"
	  "adbbde8e3c078efdabcf\"",
	  "secret.generic_api_key medium [secret.generic_api_key];" },
	{ "expiry date behind a bare number", BUFFER_HTTP_BODY,
	  "Ann Lee,5425233430109903,12/27,123", "pci.pan high 542523******9903;" },
	{ "a column under its head", BUFFER_HTTP_BODY,
	  "name,card_number,city\nAnn,5425233430109903,Rome\n"
	  "Bob of a name and a street that are long enough to be out of sight of the head "
	  "one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
	  "fifteen "
	  "sixteen seventeen eighteen nineteen twenty one two three four five six seven eight,"
	  "4539578763621486,Oslo\n",
	  "pci.pan high 542523******9903;pci.pan high 453957******1486;" },
	{ "letters and digits in turn, under their head", BUFFER_HTTP_BODY,
	  "name;passport\r\nAnn;\"C01X00T47\"\r\n", "pii.passport high [pii.passport];" },
	{ "numbers with letters under their heads", BUFFER_HTTP_BODY,
	  "name,nino,passport_no,born\r\nAnn,,,1984-03-12\r\n"
	  "Bob of a name and a street that are long enough to be out of sight of the head one two "
	  "three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen,"
	  "\"AB 12 34 56 C\",L8989021C,\r\n"
	  "Cy of another name and another street that are long enough to be out of sight of the "
	  "head one two three four five six seven eight nine ten eleven twelve thirteen fourteen, "
	  "CE765432A ,12,2024\r\n",
	  "pii.birth_date medium [pii.birth_date];pii.uk_nino high [pii.uk_nino];"
	  "pii.passport high [pii.passport];pii.uk_nino high [pii.uk_nino];" },
	{ "under heads that say nothing of them", BUFFER_HTTP_BODY,
	  "name\tcode\tdriver\tbuilt\tnino\nAnn\tAB123456C\tL8989021C\t1984-03-12\tAB123456C7\n",
	  "" },
	{ "behind a table that ended", BUFFER_DB_TEXT,
	  "nino\tname\nAB123456C\tAnn\n\x1e\ncode\tname\nCE765432A\tBob\n",
	  "pii.uk_nino high [pii.uk_nino];" },
	{ "a key behind its length, which is a digit", BUFFER_PAYLOAD,
	  "\x03"
	  "Ann"
	  "5pplx-kQ9vT2mZ4xRw7LsYb3Nc6Hd8"
	  "Jf5Ga1PeUo0iKtVyWqXzMrBs"
	  "\x05"
	  "Leeds",
	  "secret.perplexity_key high pplx-***;" },
	{ "the same in text", BUFFER_PAYLOAD,
	  "Ann 5pplx-kQ9vT2mZ4xRw7LsYb3Nc6Hd8"
	  "Jf5Ga1PeUo0iKtVyWqXzMrBs Leeds",
	  "" },
	{ "not as long as that", BUFFER_PAYLOAD,
	  "\x03"
	  "Ann"
	  "6pplx-kQ9vT2mZ4xRw7LsYb3Nc6Hd8"
	  "Jf5Ga1PeUo0iKtVyWqXzMrBs"
	  "\x05"
	  "Leeds",
	  "" },
	{ "a letter behind a value, which its length leaves out", BUFFER_PAYLOAD,
	  "\x1a\x16"
	  "DE75512108001245126199"
	  "Z\x04"
	  "Rome",
	  "pii.iban high DE***6199;" },
	{ "a card in CBOR", BUFFER_PAYLOAD,
	  "\xa1\x62no\x70"
	  "5425233430109903"
	  "\xff",
	  "pci.pan low 542523******9903;" },
	{ "a key of no certain length", BUFFER_PAYLOAD,
	  "\x0a"
	  "Zsk-ant-"
	  "api03-nQvWys81vp7hB1dx8PpD5KHXe3PYiGkPAuNaRL63"
	  "xYKwzEInncIIA3ANxN9K3KSU9Mi4roNL89sM9"
	  "B\x04"
	  "Rome",
	  "secret.anthropic_key critical sk-ant-***;" },
	{ "an id of a card is none", BUFFER_JSON, "{\"card_id\":\"5425233430109903\"}", "" },
	{ "an IBAN in small letters", BUFFER_HTTP_BODY, "my iban is de75512108001245126199.",
	  "pii.iban medium DE***6199;" },
	{ "words of the header field before", BUFFER_HTTP_HEADER,
	  "x-card: none at all\n\x1dx-value: 536-22-8726 5425233430109903\n\x1d"
	  "x-ssn: none at all\n\x1d",
	  "pii.us_ssn medium [pii.us_ssn];pci.pan low 542523******9903;" },
	{ "words of its own header field", BUFFER_HTTP_HEADER,
	  "x-any: none at all\n\x1dx-card: 5425233430109903\n\x1d",
	  "pci.pan high 542523******9903;" },
	{ "no-break spaces", BUFFER_HTTP_BODY,
	  "Karte\xc2\xa0"
	  "5425\xc2\xa0"
	  "2334\xe2\x80\xaf"
	  "3010\xe2\x80\x89"
	  "9903",
	  "pci.pan high 542523******9903;" },
	{ "no-break spaces written as \\u", BUFFER_JSON,
	  "\"card\":\"5425\\u00a02334\\u00a03010\\u00a09903\"", "pci.pan high 542523******9903;" },
	{ "an en dash for a hyphen", BUFFER_HTTP_BODY,
	  "ssn 536\xe2\x80\x93"
	  "22\xe2\x80\x93"
	  "8726\xe2\x80\x94ours",
	  "pii.us_ssn high [pii.us_ssn];" },
	{ "a dash without blanks", BUFFER_HTTP_BODY,
	  "card number\xe2\x80\x94"
	  "5425 2334 3010 9903\xe2\x80\x94now",
	  "pci.pan high 542523******9903;" },
	{ "digits as wide as letters of Japanese", BUFFER_HTTP_BODY,
	  "\xe5\x8d\xa1\xe5\x8f\xb7\xef\xbc\x9a\xef\xbc\x95\xef\xbc\x94\xef\xbc\x92\xef\xbc\x95"
	  "\xe3\x80\x80\xef\xbc\x92\xef\xbc\x93\xef\xbc\x93\xef\xbc\x94"
	  "\xe3\x80\x80\xef\xbc\x93\xef\xbc\x90\xef\xbc\x91\xef\xbc\x90"
	  "\xe3\x80\x80\xef\xbc\x99\xef\xbc\x99\xef\xbc\x90\xef\xbc\x93",
	  "pci.pan high 542523******9903;" },
	{ "IBAN, no-break spaces", BUFFER_HTTP_BODY,
	  "IBAN:\xc2\xa0"
	  "DE75\xc2\xa0"
	  "5121\xc2\xa0"
	  "0800\xc2\xa0"
	  "1245\xc2\xa0"
	  "1261\xc2\xa0"
	  "99",
	  "pii.iban high DE***6199;" },
	{ "no-break spaces in a header field", BUFFER_HTTP_HEADER,
	  "x-any: none\n\x1dx-card: 5425\xc2\xa0"
	  "2334\xc2\xa0"
	  "3010\xc2\xa0"
	  "9903\n\x1d",
	  "pci.pan high 542523******9903;" },
	{ "two kinds, in order", BUFFER_HTTP_BODY, "bob@corp.internal.io card 5425233430109903",
	  "pii.email medium b***@corp.internal.io;pci.pan high 542523******9903;" },
};

static void
run(struct scanner *s, const struct scan_case *t, size_t first, size_t step, struct out *o)
{
	size_t len = strlen(t->in);
	struct scan_stream *st = scan_open(s, t->buffer);

	assert_non_null(st);
	o->len = 0;
	o->text[0] = '\0';
	for (size_t at = 0; at < len;) {
		size_t n = at == 0 && first != 0 ? first : step;

		n = n < len - at ? n : len - at;
		scan_push(st, guard_copy(t->in + at, n), n, found, o);
		at += n;
	}
	scan_close(st, found, o);
}

static void
test_splits(void **state)
{
	struct scanner *s = scanner_create(rules, 2, key);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct scan_case *t = &cases[i];
		size_t len = strlen(t->in);
		struct out o;

		print_message("%s\n", t->name);
		run(s, t, 0, len, &o);
		assert_string_equal(o.text, t->want);
		run(s, t, 0, 1, &o);
		assert_string_equal(o.text, t->want);
		for (size_t cut = 1; cut < len; cut++) {
			run(s, t, cut, len, &o);
			assert_string_equal(o.text, t->want);
		}
	}
	scanner_destroy(s);
}

/* Far into a stream, behind much else, at every place of a value across two pushes. */
static void
test_long_stream(void **state)
{
	static const char value[] = " card number 5425233430109903 and ann@corp.internal.io end";
	struct scanner *s = scanner_create(rules, 1, key);
	char text[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	memcpy(text + 3000, value, sizeof(value) - 1);
	for (size_t cut = 2990; cut < 3070; cut++) {
		struct scan_stream *st = scan_open(s, BUFFER_HTTP_BODY);
		struct out o = { 0 };

		scan_push(st, (const uint8_t *)text, cut, found, &o);
		scan_push(st, (const uint8_t *)text + cut, sizeof(text) - cut, found, &o);
		scan_close(st, found, &o);
		assert_string_equal(o.text, "pci.pan high 542523******9903;"
					    "pii.email medium a***@corp.internal.io;");
	}
	scanner_destroy(s);
}

/* One rule for numbers after the other, of many lengths, most of them nothing without a word. */
static struct ruleset *
number_rules(unsigned nr)
{
	static const char *const words[] = { "phone", "card_no", "sort_code",	   "ssn",
					     "tel",   "id",	 "\"caf\xc3\xa9\"" };
	static const char *const how[] = { "weak", "weak", "" };
	static const char *const needs[] = { "+30", "needs +30" };
	static const char *const seps[] = { " sep \" -\"", "", " sep mixed \" -\"", "" };
	static char text[65536];
	struct ruleset *set = NULL;
	size_t len = 0;

	for (unsigned i = 0; i < nr; i++)
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len,
		    "rule n%u {\n title \"T\"\n data_type x.n%u\n in any\n severity %s\n %s\n"
		    " find digits %u..%u%s\n%s context %s within %u words { %s w%u }\n"
		    " veto within 3 words { no%u }\n}\n",
		    i, i, i % 4 == 0 ? "low" : "medium", how[i % 3], 4 + i % 9, 4 + i % 9 + i % 5,
		    seps[i % ARRAY_LEN(seps)], i % 7 == 0 ? " validate luhn\n" : "", needs[i % 2],
		    2 + i % 7, words[i % ARRAY_LEN(words)], i, i % 5);
	assert_int_equal(ruleset_load_text("own.rules", text, len, &set, stderr), 0);
	return set;
}

/* One of so many pieces is of some rule. */
static size_t
number_text(uint64_t *random, unsigned dull, char *text, size_t cap)
{
	static const char *const parts[] = {
		"phone",  "sort code", "card",	      "card_no",     "cards", "sort-code",
		"ssn",	  "tel",       "id",	      "caf\xc3\xa9", "\\n",   "12345",
		"123456", "4242",      "79927398713", "-",	     " ",     ", ",
		": ",	  "\n",	       "no1",	      "w3",	     "word",  "\"",
		"_",	  ";",	       "x",	      "\x1d",	     "\x1e",
	};
	size_t len = 0, want = (size_t)(test_random(random) % cap);

	while (len < want) {
		const char *part = test_random(random) % dull != 0
				       ? "some words of no rule "
				       : parts[test_random(random) % ARRAY_LEN(parts)];

		len = span_append(text, len, cap, span_of(part, strlen(part)));
		if (test_random(random) % 2 == 0)
			len = span_append(text, len, cap, span_of(" ", 1));
	}
	return len;
}

static void
scan_text(struct scanner *s, const char *text, size_t len, size_t step, struct out *o)
{
	struct scan_stream *st = scan_open(s, BUFFER_HTTP_BODY);

	o->len = 0;
	o->text[0] = '\0';
	for (size_t at = 0; at < len; at += step)
		scan_push(st, (const uint8_t *)text + at, step < len - at ? step : len - at, found,
			  o);
	scan_close(st, found, o);
}

/* Of rules that find something at the same bytes the better one tells it, in whatever order they
 * stand. */
static void
test_order_of_rules(void **state)
{
	static const char *const parts[] = {
		"rule plain {\n title \"T\"\n data_type plain\n in any\n severity high\n"
		" find digits 10..16\n context needs +40 { card }\n}\n",
		"rule luhn {\n title \"T\"\n data_type luhn\n in any\n severity high\n"
		" find digits 10..16\n validate luhn\n context needs +30 { card }\n}\n",
		"rule short {\n title \"T\"\n data_type short\n in any\n severity high\n"
		" match /tok-[a-z]{8}/\n}\n",
		"rule long {\n title \"T\"\n data_type long\n in any\n severity high\n"
		" match /tok-[a-z]{8}-[0-9]{4}/\n}\n",
		"rule b {\n title \"T\"\n data_type b\n in any\n severity high\n"
		" match /same-[a-z]{8}/\n}\n",
		"rule a {\n title \"T\"\n data_type a\n in any\n severity high\n"
		" match /same-[a-z]{8}/\n}\n",
		"rule vendor {\n title \"T\"\n data_type vendor\n in any\n severity low\n"
		" match /key=v-[a-z]{8}/\n}\n",
		"rule any {\n title \"T\"\n data_type any\n in any\n severity high\n generic\n"
		" match /key=[a-z-]{10}/\n}\n",
		"rule iban {\n title \"T\"\n data_type iban\n in any\n severity high\n"
		" find iban\n validate iban\n}\n",
		"rule field {\n title \"T\"\n data_type field\n in any\n severity high\n"
		" match /iban=[A-Z0-9]{15,30}/\n}\n",
		"rule badge {\n title \"T\"\n data_type badge\n in any\n severity high\n"
		" match /\\bB[0-9]{7}\\b/\n}\n",
		"rule badge_field {\n title \"T\"\n data_type badge_field\n in any\n"
		" severity high\n match /\"badge\": \"[^\"]{2,60}\"/\n}\n",
	};
	static const char text[] = "card 1234567897 and tok-abcdefgh-1234 or tok-abcdefgh, "
				   "same-abcdefgh key=v-abcdefgh "
				   "iban=DE89370400440532013000 \"badge\": \"B1234567\" ";
	static const char want[] =
	    "luhn high [luhn];long high [long];short high [short];"
	    "a high [a];vendor low [vendor];iban high [iban];badge high [badge];";

	(void)state;
	for (unsigned order = 0; order < ARRAY_LEN(parts); order++) {
		struct ruleset *set;
		struct scanner *s;
		char all[4096];
		size_t len = 0;

		for (unsigned i = 0; i < ARRAY_LEN(parts); i++) {
			const char *part =
			    parts[(order % 2 ? i : ARRAY_LEN(parts) - 1 - i) ^ order / 2 % 2];

			len = span_append(all, len, sizeof(all), span_of(part, strlen(part)));
		}
		assert_int_equal(ruleset_load_text("t.rules", all, len, &set, stderr), 0);
		s = scanner_create(set, 1, key);
		for (size_t step = 1; step <= sizeof(text); step++) {
			struct out o;

			scan_text(s, text, sizeof(text) - 1, step, &o);
			assert_string_equal(o.text, want);
		}
		scanner_destroy(s);
		ruleset_free(set);
	}
}

/* Tables with heads, rows and ends, and what is none of that. */
static void
test_tables_in_any_split(void **state)
{
	static const char *const parts[] = {
		"nino",
		"born",
		"passport no",
		"name",
		"AB123456C",
		"CE765432A",
		"1984-03-12",
		"L8989021C",
		"Ann",
		"\"",
		" ",
		",",
		",",
		"\n",
		"\r\n",
		"\t",
		"\n\x1e\n",
		"-",
		"(12)",
		"",
		"12345678",
		"some words",
		"') VALUES ('",
		"'), ('",
		"INSERT INTO t (born, ",
		") VALUES (1, '",
		"',",
		"\n---|---\n",
		"<tr><th>",
		"<tr><td>",
		"</td><td>",
	};
	struct scanner *s = scanner_create(rules, 1, key);
	uint64_t random = 11;
	unsigned nr_found = 0;

	(void)state;
	for (unsigned run = 0; run < 1500; run++) {
		char text[1500];
		struct out whole, cut;
		size_t len = 0;

		while (len < 1400 && test_random(&random) % 200 != 0) {
			const char *part = parts[test_random(&random) % ARRAY_LEN(parts)];

			len = span_append(text, len, sizeof(text), span_of(part, strlen(part)));
			if (test_random(&random) % 2 == 0)
				len = span_append(text, len, sizeof(text),
						  span_of(run % 2 ? "," : "\t", 1));
		}
		if (len == 0)
			continue;
		scan_text(s, text, len, len, &whole);
		scan_text(s, text, len, 1, &cut);
		assert_string_equal(cut.text, whole.text);
		scan_text(s, text, len, 1 + (size_t)(test_random(&random) % len), &cut);
		assert_string_equal(cut.text, whole.text);
		nr_found += whole.len != 0;
	}
	assert_true(nr_found > 100);
	scanner_destroy(s);
}

static void
look_at(void *arg, const struct scan_candidate *c)
{
	(void)c;
	++*(unsigned *)arg;
}

/*
 * Rules that no word speaks for are never asked. Where candidates are traced all of them are; what
 * is found must be the same, and the same for every split.
 */
static void
test_by_word(void **state)
{
	static struct out all, asked, split;
	struct ruleset *set = number_rules(150);
	struct scanner *plain = scanner_create(set, 1, key), *traced = scanner_create(set, 1, key);
	unsigned candidates = 0, nr_found = 0;
	uint64_t random = 11;

	(void)state;
	scanner_trace(traced, UINT32_MAX, look_at, &candidates);
	for (unsigned run = 0; run < 2000; run++) {
		char text[900];
		size_t len = number_text(&random, 1 + run % 6, text, sizeof(text));
		size_t step = 1 + (size_t)(test_random(&random) % (len + 1));

		scan_text(traced, text, len, len + 1, &all);
		scan_text(plain, text, len, len + 1, &asked);
		assert_string_equal(asked.text, all.text);
		scan_text(plain, text, len, step, &split);
		assert_string_equal(split.text, all.text);
		nr_found += all.len != 0;
	}
	assert_true(nr_found > 500);
	assert_true(2 * candidates > 3 * scanner_counters(plain)->scan_candidates);
	scanner_destroy(plain);
	scanner_destroy(traced);
	ruleset_free(set);
}

/* Two numbers of a push, each with the words around it, where the windows begin in the push before.
 */
static void
test_words_of_each(void **state)
{
	static const char *const texts[] = {
		"id 536228726 one two three four five six seven eight nine ten ssn 219118866 and "
		"so on",
		"ssn 536228726 one two three four five six seven eight nine ten id 219118866 and "
		"so on",
	};
	struct scanner *s = scanner_create(rules, 1, key);
	char before[600];

	(void)state;
	memset(before, ' ', sizeof(before));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct scan_stream *st = scan_open(s, BUFFER_HTTP_BODY);
		struct out o = { 0 };
		char push[600];

		memset(push, '.', sizeof(push));
		memcpy(push, texts[i], strlen(texts[i]));
		scan_push(st, (const uint8_t *)before, sizeof(before), found, &o);
		scan_push(st, (const uint8_t *)push, sizeof(push), found, &o);
		scan_close(st, found, &o);
		assert_string_equal(o.text, "pii.us_ssn_bare medium [pii.us_ssn];");
	}
	scanner_destroy(s);
}

static void
test_gap(void **state)
{
	struct scanner *s = scanner_create(rules, 1, key);
	struct scan_stream *st = scan_open(s, BUFFER_HTTP_BODY);
	struct out o = { 0 };

	(void)state;
	scan_push(st, (const uint8_t *)"card 54252334", 13, found, &o);
	scan_gap(st);
	scan_push(st, (const uint8_t *)"30109903 ", 9, found, &o);
	scan_close(st, found, &o);
	assert_string_equal(o.text, "");

	st = scan_open(s, BUFFER_HTTP_BODY);
	scan_push(st, (const uint8_t *)"card 5425233430109903", 21, found, &o);
	scan_gap(st); /* what was complete before it is judged */
	scan_close(st, found, &o);
	assert_string_equal(o.text, "pci.pan high 542523******9903;");
	scanner_destroy(s);
}

static void
test_pool(void **state)
{
	struct scanner *s = scanner_create(rules, 1, key);
	struct scan_stream *st = scan_open(s, BUFFER_HTTP_BODY);

	(void)state;
	assert_non_null(st);
	assert_null(scan_open(s, BUFFER_HTTP_BODY));
	assert_int_equal(scanner_counters(s)->scan_streams_refused, 1);
	scan_close(st, NULL, NULL);
	st = scan_open(s, BUFFER_HTTP_BODY);
	assert_non_null(st);
	scan_close(st, NULL, NULL);
	scanner_destroy(s);
	scanner_destroy(NULL);
}

static void
test_block_and_buffers(void **state)
{
	static const uint8_t mail[] = "x-user: ann@corp.internal.io";
	struct scanner *s = scanner_create(rules, 0, key);
	struct out o = { 0 };

	(void)state;
	scan_block(s, BUFFER_HTTP_HEADER, guard_copy(mail, sizeof(mail) - 1), sizeof(mail) - 1,
		   found, &o);
	assert_string_equal(o.text, "pii.email medium a***@corp.internal.io;");
	o.len = 0;
	o.text[0] = '\0';
	scan_block(s, BUFFER_DNS_NAME, mail, sizeof(mail) - 1, found, &o);
	assert_string_equal(o.text, ""); /* the rule is not for that buffer */
	scanner_destroy(s);
}

static void
test_live_test_values(void **state)
{
	static const uint8_t text[] = "card 4111111111111111";
	struct scanner *s = scanner_create(rules, 0, key);
	struct out o = { 0 };

	(void)state;
	scanner_test_values_live(s, true);
	scan_block(s, BUFFER_HTTP_QUERY, text, sizeof(text) - 1, found, &o);
	assert_string_equal(o.text, "pci.pan high test 411111******1111;");
	scanner_destroy(s);
}

/* What tokens say, for every split: the claims are there, or their end is. */
static const struct token_case {
	const char *name, *in, *rule, *alg, *issuer, *identity;
	uint64_t expires;
} tokens[] = {
	{ "a session",
	  "authorization: Bearer "
	  "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2xvZ2luLmNvc"
	  "nAuaW50ZXJuYWwiLCJzdWIiOiJ1LTEyMDciLCJleHAiOjE3NjcyMjU2MDB9.c2lnbmF0dX"
	  "Jl",
	  "secret.jwt", "HS256", "https://login.corp.internal", "", 1767225600 },
	{ "a service account",
	  "authorization: Bearer "
	  "eyJhbGciOiJSUzI1NiIsImtpZCI6ImExIn0.eyJpc3MiOiJodHRwczovL2t1YmVybmV0ZX"
	  "MuZGVmYXVsdC5zdmMiLCJleHAiOjE3NjcyMjU2MDAsInN1YiI6InN5c3RlbTpzZXJ2aWNl"
	  "YWNjb3VudDpzaG9wOmNoZWNrb3V0In0.c2lnbmF0dXJl",
	  "secret.k8s_service_account", "RS256", "https://kubernetes.default.svc",
	  "shop/ServiceAccount/checkout", 1767225600 },
	{ "bound to a pod, longer than the window",
	  "authorization: Bearer "
	  "eyJhbGciOiJSUzI1NiIsImtpZCI6IlptOXZZbUZ5WW1GNmNYVjQifQ.eyJhdWQiOlsiaHR"
	  "0cHM6Ly9rdWJlcm5ldGVzLmRlZmF1bHQuc3ZjLmNsdXN0ZXIubG9jYWwiLCJrM3MiXSwiZ"
	  "XhwIjoxNzk4NzYxNjAwLCJpYXQiOjE3NjcyMjU2MDAsImlzcyI6Imh0dHBzOi8va3ViZXJ"
	  "uZXRlcy5kZWZhdWx0LnN2Yy5jbHVzdGVyLmxvY2FsIiwianRpIjoiMGQ5YzZhM2UtMWM3N"
	  "y00ZTVjLTlmMGEtNmQxYzJlOWY3YjExIiwia3ViZXJuZXRlcy5pbyI6eyJuYW1lc3BhY2U"
	  "iOiJzaG9wIiwibm9kZSI6eyJuYW1lIjoibm9kZS03IiwidWlkIjoiNWYwYzJmMGUtNmE5Y"
	  "i00ZjBmLTlkMWQtMmYzYjFjN2E5ZTU1In0sInBvZCI6eyJuYW1lIjoiY2hlY2tvdXQtN2Q"
	  "0YjljLXgyeCIsInVpZCI6IjhiMWY3ZDJlLTJkMGEtNGE5Zi04ZjZiLTFjMGU1ZDNhN2IyM"
	  "SJ9LCJzZXJ2aWNlYWNjb3VudCI6eyJuYW1lIjoiY2hlY2tvdXQiLCJ1aWQiOiIxZTJkM2M"
	  "0Yi01YTY5LTQ3ODgtOTc5Ni1hNWI0YzNkMmUxZjAifSwid2FybmFmdGVyIjoxNzY3MjI5M"
	  "jA3fSwibmJmIjoxNzY3MjI1NjAwLCJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6c2h"
	  "vcDpjaGVja291dCJ9.c2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2ln"
	  "bmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2"
	  "lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJl"
	  "c2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dX"
	  "Jlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0"
	  "dXJl",
	  "secret.k8s_service_account", "", "", "shop/ServiceAccount/checkout", 0 },
};

struct token_out {
	const struct token_case *want;
	unsigned nr;
};

static void
found_token(void *arg, const struct finding *f)
{
	struct token_out *o = arg;

	if (f->severity == SEVERITY_INFO)
		return;
	o->nr++;
	assert_string_equal(f->rule->id, o->want->rule);
	assert_true(f->claims.present);
	assert_string_equal(f->claims.alg, o->want->alg);
	assert_string_equal(f->claims.issuer, o->want->issuer);
	assert_string_equal(f->claims.identity, o->want->identity);
	assert_int_equal(f->claims.expires, o->want->expires);
}

static void
test_tokens(void **state)
{
	struct scanner *s = scanner_create(rules, 1, key);

	(void)state;
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		const struct token_case *t = &tokens[i];
		size_t len = strlen(t->in);

		print_message("%s\n", t->name);
		for (size_t step = 1; step <= len; step += step < 8 ? 1 : 97) {
			struct token_out o = { .want = t };
			struct scan_stream *st = scan_open(s, BUFFER_HTTP_BODY);

			for (size_t at = 0; at < len; at += step)
				scan_push(st, (const uint8_t *)t->in + at,
					  len - at < step ? len - at : step, found_token, &o);
			scan_close(st, found_token, &o);
			assert_int_equal(o.nr, 1);
		}
	}
	scanner_destroy(s);
}

/* The same without padding in the alphabet of URLs; returns how many bytes. */
static size_t
put_base64url(char *out, const char *text, size_t len)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t nr = 0;

	for (size_t at = 0; at < len; at += 3) {
		size_t left = len - at < 3 ? len - at : 3;
		uint32_t bits = 0;

		for (size_t i = 0; i < 3; i++)
			bits = bits << 8 | (i < left ? (uint8_t)text[at + i] : 0);
		for (size_t i = 0; i <= left; i++)
			out[nr++] = digits[bits >> (18 - 6 * i) & 63];
	}
	return nr;
}

static void
found_a_token(void *arg, const struct finding *f)
{
	unsigned *nr = arg;

	if (f->severity == SEVERITY_INFO)
		return;
	(*nr)++;
	assert_string_equal(f->rule->id, "secret.jwt");
	/* The beginning of the header, or nothing. */
	if (strcmp(f->sample, "eyJ***") != 0)
		assert_string_equal(f->sample, "***");
}

/* Wherever the two dots fall in what is in sight of the second one. */
static void
test_tokens_of_every_length(void **state)
{
	static const unsigned kids[] = { 1, 24, 60, 150 };
	struct scanner *s = scanner_create(rules, 1, key);

	(void)state;
	for (unsigned filler = 0; filler < 4 * 500; filler++) {
		char json[1024], text[2048] = "authorization: Bearer ";
		size_t len = strlen(text);
		unsigned nr = 0;
		int n;

		n = snprintf(json, sizeof(json), "{\"alg\":\"RS256\",\"kid\":\"%0*u\"}",
			     (int)kids[filler % 4], 7u);
		len += put_base64url(text + len, json, (size_t)n);
		text[len++] = '.';
		n = snprintf(json, sizeof(json), "{\"sub\":\"u-1207\",\"scp\":[\"%0*u\"]}",
			     (int)filler / 4, 1u);
		len += put_base64url(text + len, json, (size_t)n);
		text[len++] = '.';
		len += put_base64url(text + len, "made up, and no signature", 25);
		scan_block(s, BUFFER_HTTP_HEADER, (const uint8_t *)text, len, found_a_token, &nr);
		if (nr != 1)
			fail_msg("%u findings: kid of %u, claims of %d bytes", nr, kids[filler % 4],
				 n);
	}
	scanner_destroy(s);
}

/* A stream that is open while the rules change: what straddles is found, nothing is told twice. */
static void
test_reload(void **state)
{
	static const char text[] = "card 5425233430109903 then card 4539578763621486 end of text, "
				   "with ann@corp.internal.io and so on";
	struct ruleset *again;

	(void)state;
	assert_int_equal(ruleset_load("rules", &again, stderr), 0);
	for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
		struct scanner *s = scanner_create(rules, 2, key);
		struct scan_stream *st = scan_open(s, BUFFER_HTTP_BODY);
		struct out o = { 0 };

		scan_push(st, (const uint8_t *)text, cut, found, &o);
		assert_int_equal(scanner_set_rules(s, again), 0);
		scan_push(st, (const uint8_t *)text + cut, sizeof(text) - 1 - cut, found, &o);
		scan_close(st, found, &o);
		assert_string_equal(o.text, "pci.pan high 542523******9903;"
					    "pci.pan high 453957******1486;"
					    "pii.email medium a***@corp.internal.io;");
		scanner_destroy(s);
	}
	ruleset_free(again);
}

static uint64_t
known_bytes(const struct scanner *s)
{
	return scanner_counters(s)->scan_known_bytes;
}

static void
block(struct scanner *s, enum buffer buffer, const char *text, const char *want)
{
	struct out o = { 0 };

	scan_block(s, buffer, (const uint8_t *)text, strlen(text), found, &o);
	assert_string_equal(o.text, want);
}

/* What held nothing is not looked at again, in that buffer and under those rules. */
static void
test_known_blocks(void **state)
{
	static const char clean[] = "x-user: nobody at all 12345",
			  value[] = "x: ann@corp.internal.io";
	static char longer[SCAN_KNOWN_MAX + 2];
	struct scanner *s = scanner_create(rules, 0, key);
	struct ruleset *again;

	(void)state;
	block(s, BUFFER_HTTP_HEADER, clean, "");
	assert_int_equal(known_bytes(s), 0);
	block(s, BUFFER_HTTP_HEADER, clean, "");
	assert_int_equal(known_bytes(s), sizeof(clean) - 1);
	assert_int_equal(scanner_counters(s)->scan_bytes, sizeof(clean) - 1);

	for (unsigned i = 0; i < 3; i++) {
		block(s, BUFFER_DNS_NAME, value, ""); /* no rule is for that */
		block(s, BUFFER_HTTP_HEADER, value, "pii.email medium a***@corp.internal.io;");
	}
	assert_int_equal(known_bytes(s), sizeof(clean) - 1 + 2 * (sizeof(value) - 1));

	assert_int_equal(ruleset_load("rules", &again, stderr), 0);
	assert_int_equal(scanner_set_rules(s, again), 0);
	block(s, BUFFER_HTTP_HEADER, clean, "");
	assert_int_equal(known_bytes(s), sizeof(clean) - 1 + 2 * (sizeof(value) - 1));

	memset(longer, 'a', sizeof(longer) - 1);
	assert_true(scan_text_id(s, BUFFER_HTTP_HEADER, (uint8_t *)longer, SCAN_KNOWN_MAX) != 0);
	assert_true(scan_text_id(s, BUFFER_HTTP_HEADER, (uint8_t *)longer, SCAN_KNOWN_MAX + 1) ==
		    0);
	scanner_destroy(s);
	ruleset_free(again);
}

static bool
push_field(struct scanner *s, struct scan_stream *st, const char *text, struct out *o)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t len = strlen(text);
	uint64_t id = scan_text_id(s, BUFFER_HTTP_HEADER, p, len);

	if (scan_holds_nothing(s, id, len))
		return false;
	scan_remember_after(st, id, len);
	scan_push(st, p, len, found, o);
	return true;
}

/* Of the fields of a stream all but those that a candidate was met in; a long one is scanned at
 * once, before those behind it come. */
static void
test_known_fields(void **state)
{
	static char long_field[600];
	static const char *const fields[] = { "\x1d",
					      "accept: text/plain of any kind\n\x1d",
					      "x-card: 5425233430109903\n\x1d",
					      long_field,
					      "x-mail: ann@corp.internal.io\n\x1d",
					      "agent: someone/1.0\n\x1d" };
	struct scanner *s = scanner_create(rules, 1, key);

	(void)state;
	memset(long_field, 'a', sizeof(long_field) - 1);
	memcpy(long_field, "x-long: ", 8);
	memcpy(long_field + 510, "\n\x1d", 3);
	for (unsigned round = 0; round < 3; round++) {
		struct scan_stream *st = scan_open(s, BUFFER_HTTP_HEADER);
		struct out o = { 0 };

		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			assert_int_equal(push_field(s, st, fields[i], &o),
					 round == 0 || i == 2 || i == 4);
		scan_close(st, found, &o);
		assert_string_equal(o.text, "pci.pan high 542523******9903;"
					    "pii.email medium a***@corp.internal.io;");
	}
	scanner_destroy(s);
}

/* No value goes from one field of a header to the next: which of them are pushed may differ. */
static void
test_field_ends(void **state)
{
	static const char rule[] = "rule g {\n title \"T\"\n data_type g\n in any\n generic\n"
				   " match /k=[0-9]{6}/\n}\n"
				   "rule a {\n title \"T\"\n data_type x\n in any\n"
				   " match /tok[^0-9]{1,20}[0-9]{6}/\n}\n";
	static const struct {
		enum buffer buffer;
		const char *in, *want;
	} texts[] = {
		{ BUFFER_HTTP_HEADER, "x: tok is 123456\n\x1d", "a medium [x];" },
		{ BUFFER_HTTP_HEADER, "x: tok\n\x1dy: 123456\n\x1d", "" },
		{ BUFFER_HTTP_BODY, "x: tok\n\x1dy: 123456\n\x1d", "a medium [x];" },
		/* Nor does one that would take what another finds. */
		{ BUFFER_HTTP_HEADER, "x: tok\n\x1dk=123456\n\x1d", "g medium [g];" },
		{ BUFFER_HTTP_BODY, "x: tok\n\x1dk=123456\n\x1d", "a medium [x];" },
	};
	struct ruleset *set;

	(void)state;
	assert_int_equal(ruleset_load_text("t.rules", rule, sizeof(rule) - 1, &set, stderr), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct scanner *s = scanner_create(set, 0, key);

		block(s, texts[i].buffer, texts[i].in, texts[i].want);
		scanner_destroy(s);
	}
	ruleset_free(set);
}

/* More than may wait: some are lost, all of them are counted. */
static void
test_too_many(void **state)
{
	struct scanner *s = scanner_create(rules, 1, key);
	struct scan_stream *st = scan_open(s, BUFFER_HTTP_BODY);
	struct out o = { 0 };
	char text[512];
	int len = 0;

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "a@b.io ");
	scan_push(st, (const uint8_t *)text, (size_t)len, found, &o);
	scan_close(st, found, &o);
	assert_string_equal(o.text, "pii.email medium a***@b.io;");
	scanner_destroy(s);
}

/* Among numbers of which each may be many things, one that is a card. */
static void
test_among_numbers(void **state)
{
	static char text[16384];
	struct scanner *s = scanner_create(rules, 1, key);
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; len < sizeof(text) - 64; i++)
		len +=
		    (size_t)snprintf(text + len, 64, i == 1000 ? "card 5425233430109903," : "%u,",
				     1000000 + i * 7919 % 8999999);
	for (size_t step = 500; step < sizeof(text); step += 1900) {
		struct scan_stream *st = scan_open(s, BUFFER_HTTP_BODY);
		struct out o = { 0 };

		for (size_t from = 0; from < len; from += step)
			scan_push(st, (const uint8_t *)text + from,
				  step < len - from ? step : len - from, found, &o);
		scan_close(st, found, &o);
		assert_string_equal(o.text, "pci.pan high 542523******9903;");
	}
	assert_int_equal(scanner_counters(s)->scan_candidates_lost, 0);
	scanner_destroy(s);
}

static void
test_bad_rules(void **state)
{
	static const char regex[] =
	    "rule a {\n title \"T\"\n data_type x\n in any\n match /(a/\n}\n";
	static const char sample[] =
	    "rule a {\n title \"T\"\n data_type x\n in any\n match /ab/\n sample + \"b\"\n}\n";
	struct ruleset *set = NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *errors = open_memstream(&text, &size);

	(void)state;
	assert_true(ruleset_load_text("t.rules", regex, sizeof(regex) - 1, &set, errors) < 0);
	assert_true(ruleset_load_text("t.rules", sample, sizeof(sample) - 1, &set, errors) < 0);
	assert_true(ruleset_load("no/such/dir", &set, errors) < 0);
	fclose(errors);
	assert_non_null(strstr(text, "t.rules:5:9: expected a regex"));
	assert_non_null(strstr(text, "t.rules:6:11: expected the rule to find this sample"));
	assert_non_null(strstr(text, "no/such/dir"));
	assert_null(set);
	free(text);
}

/* Rules of one's own beside the shipped kind: what is a piece of what, and what stands alone. */
static void
test_numbers_in_shapes(void **state)
{
	static const char text[] =
	    "rule pan {\n title \"T\"\n data_type x.pan\n in any\n severity medium\n"
	    " find digits 16..16 sep \" -\"\n validate card\n}\n"
	    "rule field {\n title \"T\"\n data_type x.field\n in any\n severity medium\n"
	    " match /\"card_number\"\\s*:\\s*\"[^\"]{2,60}\"/\n}\n"
	    "rule key {\n title \"T\"\n data_type x.key\n in any\n severity medium\n"
	    " match /xkey-[0-9a-z-]{20,40}/\n}\n";
	static const struct scan_case shapes[] = {
		{ "a card that a field's rule takes in", BUFFER_HTTP_BODY,
		  "{\"card_number\":\"5425 2334 3010 9903\",\"n\":1}", "pan medium [x.pan];" },
		{ "no card in the field", BUFFER_HTTP_BODY, "{\"card_number\":\"none, paid cash\"}",
		  "field medium [x.field];" },
		{ "two kinds of separators", BUFFER_HTTP_BODY, "n 5425 2334-3010-9903 n", "" },
		{ "one kind", BUFFER_HTTP_BODY, "n 12 5425-2334-3010-9903 n",
		  "pan medium [x.pan];" },
		{ "digits of a key", BUFFER_HTTP_BODY, "k=xkey-5425233430109903-abcdef",
		  "key medium [x.key];" },
	};
	struct ruleset *own = NULL;
	struct scanner *s;

	(void)state;
	assert_int_equal(ruleset_load_text("own.rules", text, sizeof(text) - 1, &own, stderr), 0);
	s = scanner_create(own, 2, key);
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const struct scan_case *t = &shapes[i];
		size_t len = strlen(t->in);
		struct out o;

		for (size_t cut = 0; cut < len; cut++) {
			run(s, t, cut, len, &o);
			assert_string_equal(o.text, t->want);
		}
	}
	scanner_destroy(s);
	ruleset_free(own);
}

struct places {
	size_t nr;
	uint64_t at[4096][2];
};

static void
note_place(void *arg, const struct finding *f)
{
	struct places *o = arg;

	if (o->nr < sizeof(o->at) / sizeof(o->at[0])) {
		o->at[o->nr][0] = f->offset;
		o->at[o->nr++][1] = f->value_hash;
	}
}

static struct ruleset *
own_rule(const char *regex)
{
	struct ruleset *set = NULL;
	char text[512];
	int len = snprintf(text, sizeof(text),
			   "rule own {\n title \"T\"\n data_type x.own\n in any\n match /%s/\n}\n",
			   regex);

	assert_int_equal(ruleset_load_text("own.rules", text, (size_t)len, &set, stderr), 0);
	return set;
}

static void
scan_random(struct scanner *s, const uint8_t *text, size_t len, size_t cut, struct places *o)
{
	struct scan_stream *st = scan_open(s, BUFFER_HTTP_BODY);

	o->nr = 0;
	scan_push(st, text, cut, note_place, o);
	scan_push(st, text + cut, len - cut, note_place, o);
	scan_close(st, note_place, o);
}

/*
 * What leads to the pattern finds what an automaton finds: in a group the same pattern goes to
 * Hyperscan. Returns how much that is.
 */
static size_t
check_against_automaton(const char *pattern, const char *alphabet, uint64_t *random)
{
	static struct places led, plain;
	char grouped[128];
	size_t found = 0;

	snprintf(grouped, sizeof(grouped), "(?:%s)", pattern);

	struct ruleset *sets[] = { own_rule(pattern), own_rule(grouped) };
	struct scanner *a = scanner_create(sets[0], 1, key);
	struct scanner *b = scanner_create(sets[1], 1, key);

	assert_int_equal(ruleset_db(sets[0])->nr_leads + ruleset_db(sets[0])->nr_marked, 1);
	assert_int_equal(ruleset_db(sets[1])->nr_leads + ruleset_db(sets[1])->nr_marked, 0);
	for (unsigned run = 0; run < 1000; run++) {
		uint8_t text[1500];
		size_t len = 1 + (size_t)(test_random(random) % sizeof(text));

		for (size_t k = 0; k < len; k++)
			text[k] = (uint8_t)alphabet[test_random(random) % strlen(alphabet)];
		scan_random(a, text, len, (size_t)(test_random(random) % len), &led);
		scan_random(b, text, len, (size_t)(test_random(random) % len), &plain);
		assert_int_equal(led.nr, plain.nr);
		assert_memory_equal(led.at, plain.at, led.nr * sizeof(led.at[0]));
		found += led.nr;
	}
	scanner_destroy(a);
	scanner_destroy(b);
	ruleset_free(sets[0]);
	ruleset_free(sets[1]);
	return found;
}

/* Groups of digits lead to these. */
static void
test_letters_then_digits(void **state)
{
	static const char *const patterns[] = {
		"\\b[A-Z]{2}\\d{2}[A-Z0-9]{3,30}\\b",
		"[A-Z]{2}\\d{6}[A-D]?",
		"\\b[A-Za-z]{3}[0-9]{2,4}\\b",
		"\\b[AB][A-Z][0-9]\\d-?\\d{1,3}",
	};
	uint64_t random = 7;
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		found += check_against_automaton(patterns[i], "AB12C3D4 56-a0ABAB1207", &random);
	assert_true(found > 1000);
}

/* And a rare byte to these. */
static void
test_behind_a_mark(void **state)
{
	static const struct {
		const char *pattern, *alphabet;
	} rows[] = {
		{ "\\b[a-c0-9.]{1,8}@[a-c0-9-]{1,9}\\.[a-c]{2,4}\\b", "aabbc.c0@.- " },
		{ "[a-c]+#[a-c]{2,9}", "abcabcabc#" },
		{ "[ab]{1,40}@[a-c-]{1,40}\\.[a-c.-]{2,40}\\b", "aaabbbbccc@.-aabb" },
		{ "\\+\\d{1,3}[ -]?\\d{2}[ -]?\\d{3}\\b", "012345 -+789012" },
		{ "\\+\\(?[0-9]{1,2}\\)?(?:[ -]?[0-9]{2}){2,4}", "+0123 (4)56-" },
		{ "(?:x|yy)?~(?:ab|c[0-9]{2}){1,20}", "xy~ababc12ab" },
		{ "\\$[ab]{100,120}\\b", "aabbaabbaabbaabbaabbaabbaabbaabbaaabb$aabbaaa" },
	};
	uint64_t random = 9;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_true(check_against_automaton(rows[i].pattern, rows[i].alphabet, &random) >
			    100);
}

static int
load(void **state)
{
	const char *dir = getenv("WEIR_SOURCE_DIR");

	(void)state;
	if (dir != NULL && chdir(dir) != 0)
		return -1;
	return ruleset_load("rules", &rules, stderr);
}

static int
unload(void **state)
{
	(void)state;
	ruleset_free(rules);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splits),
		cmocka_unit_test(test_long_stream),
		cmocka_unit_test(test_order_of_rules),
		cmocka_unit_test(test_tables_in_any_split),
		cmocka_unit_test(test_by_word),
		cmocka_unit_test(test_words_of_each),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_pool),
		cmocka_unit_test(test_block_and_buffers),
		cmocka_unit_test(test_live_test_values),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_tokens_of_every_length),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_known_blocks),
		cmocka_unit_test(test_known_fields),
		cmocka_unit_test(test_field_ends),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_among_numbers),
		cmocka_unit_test(test_bad_rules),
		cmocka_unit_test(test_numbers_in_shapes),
		cmocka_unit_test(test_letters_then_digits),
		cmocka_unit_test(test_behind_a_mark),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
