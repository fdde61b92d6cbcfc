/*
 * x509: certificates put together element by element; whole, and cut off at every byte.
 */
#include "tests/support/unit.h"

#include "classify/proto/x509.h"
#include "tests/support/guard.h"
#include "tests/support/hello.h"

/* Wraps what came since `from` into an element, always with two bytes of length. */
static void
wrap(struct bytes *o, size_t from, unsigned tag)
{
	size_t len = o->len - from;

	put_fill(o, 0, 4);
	memmove(o->b + from + 4, o->b + from, len);
	o->b[from] = (uint8_t)tag;
	o->b[from + 1] = 0x82;
	o->b[from + 2] = (uint8_t)(len >> 8);
	o->b[from + 3] = (uint8_t)len;
}

static void
put_element(struct bytes *o, unsigned tag, const char *content, size_t len)
{
	size_t from = o->len;

	put(o, content, len);
	wrap(o, from, tag);
}

static void
put_text(struct bytes *o, unsigned tag, const char *text)
{
	put_element(o, tag, text, strlen(text));
}

struct part {
	const char *oid;
	unsigned tag;
	const char *value;
};

static void
put_name(struct bytes *o, const struct part *parts)
{
	size_t name = o->len;

	for (; parts->oid != NULL; parts++) {
		size_t set = o->len;

		put_text(o, 6, parts->oid);
		/* A BMPString has NULs in it. */
		if (parts->tag == 0x1e)
			put_element(o, 0x1e, "\0W\0\xe9\1\2", 6);
		else
			put_text(o, parts->tag, parts->value);
		wrap(o, set, 0x30);
		wrap(o, set, 0x31);
	}
	wrap(o, name, 0x30);
}

static const struct part issuer[] = { { "\x55\x04\x06", 0x13, "DE" },
				      { "\x55\x04\x0a", 0x0c, "Example, Inc" },
				      { "\x55\x04\x03", 0x0c, "Root \xc3\xa9" },
				      { NULL } };
static const struct part subject[] = { { "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", 0x16,
					 "example" },
				       { "\x55\x04\x63", 0x0c, "no short name" },
				       { "\x55\x04\x0b", 0x1e, NULL },
				       { "\x55\x04\x03", 0x13, "api.example.com" },
				       { NULL } };

static void
put_extension(struct bytes *o, const char *oid, bool critical, const struct bytes *value)
{
	size_t from = o->len;

	put_text(o, 6, oid);
	if (critical)
		put_element(o, 1, "\xff", 1);
	put_element(o, 4, (const char *)value->b, value->len);
	wrap(o, from, 0x30);
}

static void
put_names_of_all_kinds(struct bytes *o)
{
	put_text(o, 0x82, "api.example.com");
	put_text(o, 0x82, "*.example.net");
	put_text(o, 0x86, "spiffe://cluster.example/ns/shop/sa/cart");
	put_text(o, 0x81, "ops@example.com");
	put_element(o, 0x87, "\xc0\0\2\x07", 4);
	put_element(o, 0x87, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	put_text(o, 0x82, "not shown\n");
	put_text(o, 0xa4, "a directory name");
	put_element(o, 0x87, "\1\2\3", 3);
	wrap(o, 0, 0x30);
}

struct shape {
	unsigned time_tag;
	const char *not_after;
	bool version, extensions;
};

static void
put_certificate(struct bytes *o, const struct shape *s)
{
	static struct bytes names;
	size_t at;

	o->len = names.len = 0;
	if (s->version) {
		put_element(o, 2, "\2", 1);
		wrap(o, 0, 0xa0);
	}
	put_element(o, 2, "\x10", 1);
	put_text(o, 0x30, "algorithm");
	put_name(o, issuer);
	at = o->len;
	put_text(o, 0x17, "200102030405Z");
	put_text(o, s->time_tag, s->not_after);
	wrap(o, at, 0x30);
	put_name(o, subject);
	put_text(o, 0x30, "key");
	if (s->extensions) {
		at = o->len;
		put_extension(o, "\x55\x1d\x0f", true, &(struct bytes) { 1, { 3 } });
		put_names_of_all_kinds(&names);
		put_extension(o, "\x55\x1d\x11", false, &names);
		wrap(o, at, 0x30);
		wrap(o, at, 0xa3);
	}
	wrap(o, 0, 0x30);
	put_text(o, 0x30, "algorithm");
	put_text(o, 3, "signature");
	wrap(o, 0, 0x30);
}

#define ISSUER	"CN=Root ??,O=Example\\, Inc,C=DE"
#define SUBJECT "CN=api.example.com,OU=W\?\?,DC=example"

static void
test_fields(void **state)
{
	static const char *const san[] = {
		"api.example.com", "*.example.net", "spiffe://cluster.example/ns/shop/sa/cart",
		"ops@example.com", "192.0.2.7",	    "2001:db8:0:0:0:0:0:1",
	};
	static struct x509_facts f;
	static struct bytes o;

	(void)state;
	put_certificate(&o, &(struct shape) { 0x17, "300102030405Z", true, true });
	assert_true(x509_read(span_of(guard_copy(o.b, o.len), o.len), &f));
	assert_string_equal(f.issuer, ISSUER);
	assert_string_equal(f.subject, SUBJECT);
	assert_int_equal(f.not_after_us, UINT64_C(1893553445000000));
	assert_int_equal(f.nr_san, ARRAY_LEN(san));
	for (size_t i = 0; i < ARRAY_LEN(san); i++)
		assert_string_equal(f.san[i], san[i]);
	put_certificate(&o, &(struct shape) { 0x17, "300102030405Z", false, false });
	assert_true(x509_read(span_of(guard_copy(o.b, o.len), o.len), &f));
	assert_string_equal(f.subject, SUBJECT);
	assert_int_equal(f.nr_san, 0);
}

static const struct time_case {
	const char *name;
	unsigned tag;
	const char *text;
	uint64_t want_s;
} time_cases[] = {
	{ "epoch", 0x17, "700101000000Z", 0 },
	{ "leap day", 0x17, "240229235959Z", 1709251199 },
	{ "after it", 0x17, "240301000000Z", 1709251200 },
	{ "no leap year", 0x18, "21000301000000Z", 4107542400 },
	{ "last of its kind", 0x17, "491231235959Z", 2524607999 },
	{ "four digits", 0x18, "20500101000000Z", 2524608000 },
	{ "before the epoch", 0x17, "690101000000Z", 0 },
	{ "for ever", 0x18, "99991231235959Z", 0 },
	{ "no digits", 0x17, "3x0102030405Z", 0 },
	{ "month 13", 0x17, "301302030405Z", 0 },
	{ "too short", 0x17, "3001", 0 },
	{ "no time", 0x04, "300102030405Z", 0 },
};

static void
test_times(void **state)
{
	static struct x509_facts f;
	static struct bytes o;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(time_cases); i++) {
		const struct time_case *t = &time_cases[i];

		print_message("%s\n", t->name);
		put_certificate(&o, &(struct shape) { t->tag, t->text, true, false });
		x509_read(span_of(guard_copy(o.b, o.len), o.len), &f);
		assert_int_equal(f.not_after_us, t->want_s * 1000000);
	}
}

/* What is missing is only ever at the end: no field changes its value with more of it there. */
static void
test_cut_off(void **state)
{
	static struct x509_facts f;
	static struct bytes o;
	unsigned nr_san = 0;

	(void)state;
	put_certificate(&o, &(struct shape) { 0x17, "300102030405Z", true, true });
	for (size_t len = 0; len < o.len; len++) {
		x509_read(span_of(guard_copy(o.b, len), len), &f);
		assert_true(f.issuer[0] == '\0' || strcmp(f.issuer, ISSUER) == 0);
		assert_true(f.subject[0] == '\0' || strcmp(f.subject, SUBJECT) == 0);
		assert_true(f.nr_san >= nr_san);
		nr_san = f.nr_san;
	}
	assert_int_equal(nr_san, 6);
}

static void
test_not_one(void **state)
{
	static const struct {
		const char *der;
		size_t len;
	} rows[] = {
		{ "", 0 },
		{ "\x30", 1 },
		{ "\x30\x80\0\0", 4 },
		{ "\x30\xff", 2 },
		{ "\x30\x84\xff\xff", 4 },
		{ "\x31\x03\x02\x01\x01", 5 },
		{ "\x30\x03\x30", 3 },
	};
	static struct x509_facts f;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_false(
		    x509_read(span_of(guard_copy(rows[i].der, rows[i].len), rows[i].len), &f));
		assert_int_equal(f.subject[0], 0);
	}
}

/* Longer and more than is kept. */
static void
test_bounds(void **state)
{
	static char long_name[600];
	const struct part parts[] = { { "\x55\x04\x03", 0x13, long_name }, { NULL } };
	static struct x509_facts f;
	static struct bytes o, names;
	size_t at;

	(void)state;
	memset(long_name, 'n', sizeof(long_name) - 1);
	put_element(&o, 2, "\x10", 1);
	put_text(&o, 0x30, "algorithm");
	put_name(&o, parts);
	put_text(&o, 0x30, "");
	put_name(&o, parts);
	put_text(&o, 0x30, "key");
	at = o.len;
	for (unsigned i = 0; i < 40; i++)
		put_text(&names, 0x82, i == 0 ? long_name : "a.example");
	wrap(&names, 0, 0x30);
	put_extension(&o, "\x55\x1d\x11", false, &names);
	wrap(&o, at, 0x30);
	wrap(&o, at, 0xa3);
	wrap(&o, 0, 0x30);
	wrap(&o, 0, 0x30);
	x509_read(span_of(guard_copy(o.b, o.len), o.len), &f);
	assert_int_equal(strlen(f.subject), X509_NAME_CAP - 1);
	assert_int_equal(f.nr_san, X509_MAX_SAN);
	assert_string_equal(f.san[0], "a.example");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),	cmocka_unit_test(test_times),
		cmocka_unit_test(test_cut_off), cmocka_unit_test(test_not_one),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
