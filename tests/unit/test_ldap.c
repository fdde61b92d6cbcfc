/*
 * ldap: messages whole, byte by byte, and split in two everywhere, and the text of them. What is
 * written is as in tests/support/db_turns.h: {1 x} is x behind its length.
 */
#include "tests/support/db_turns.h"

#include "classify/proto/ldap.h"

#define MESSAGE(operation)	"0{1 %02%01%07" operation "}"
#define ATTRIBUTE(name, values) "0{1 %04{1 " name "}1{1 " values "}}"

static const struct row {
	const char *name, *in, *want;
	uint64_t gap; /* where a bar stands for so many bytes that are lost */
} rows[] = {
	{ "a simple bind", MESSAGE("`{1 %02%01%03%04{1 cn=app}%80{1 s3cret}}"),
	  "cn=app\nbind password: s3cret", 0 },
	{ "an anonymous one", MESSAGE("`{1 %02%01%03%04~%80~}"), "\n", 0 },
	{ "lengths of more bytes", "0%84~~~%12%02%01%07`%84~~~%09%02%01%03%04%82~%02ab%80~", "ab\n",
	  0 },
	{ "an entry: digits and tags do not adjoin",
	  MESSAGE("d{1 %04{1 cn=ada}0{1 " ATTRIBUTE("card", "%04{1 4111}%04{1 42}")
		      ATTRIBUTE("mail", "%04{1 a@b}") "}}"),
	  "cn=ada\ncard: 4111\n42\nmail: a@b", 0 },
	{ "a search by equality",
	  MESSAGE("c{1 %04{1 dc=x}%0a%01%02%0a%01~%02%01~%02%01~%01%01~"
		  "%a3{1 %04{1 ssn}%04{1 1234}}0{1 %04{1 cn}}}"),
	  "dc=x\nssn\n1234\ncn", 0 },
	{ "two messages", MESSAGE("B~") MESSAGE("J{1 cn=a}"), "\ncn=a", 0 },
	{ "no element, for all it began as one", "0%05%02%01%07%1f%05rest of it", "rest of it", 0 },
	{ "a length of which nobody knows the end", "0%05%02%01%07`%80rest", "rest", 0 },
	{ "a gap within a string", MESSAGE("J{1 cn|ab}"), "cnab", 1 },
};

struct out {
	char text[512];
	size_t len;
};

static void
put(void *arg, const uint8_t *data, size_t len)
{
	struct out *o = arg;

	assert_true(len < sizeof(o->text) - o->len);
	memcpy(o->text + o->len, data, len);
	o->len += len;
}

static void
push(struct ldap_side *side, const uint8_t *in, size_t len, size_t step, size_t cut, struct out *o)
{
	for (size_t at = 0; at < len;) {
		size_t n = len - at < step ? len - at : step;

		if (at < cut && cut - at < n)
			n = cut - at;
		ldap_push(side, db_guarded(in + at, n), n, put, o);
		at += n;
	}
}

static void
run(const struct row *r, size_t step, size_t cut)
{
	struct ldap_side side = { .tag = 0 };
	struct out o = { .len = 0 };
	const char *t = r->in;
	uint8_t bytes[512];
	size_t len = db_bytes(&t, bytes);
	const uint8_t *lost = r->gap == 0 ? NULL : memchr(bytes, '|', len);

	push(&side, bytes, lost == NULL ? len : (size_t)(lost - bytes), step, cut, &o);
	if (lost != NULL) {
		ldap_gap(&side, r->gap);
		push(&side, lost + 1, len - (size_t)(lost - bytes) - 1, step, cut, &o);
	}
	assert_int_equal(o.len, strlen(r->want));
	assert_memory_equal(o.text, r->want, o.len);
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("%s\n", rows[i].name);
		run(&rows[i], SIZE_MAX, 0);
		for (size_t step = 1; step < 6; step++)
			run(&rows[i], step, 0);
		for (size_t cut = 1; cut < 100; cut++)
			run(&rows[i], SIZE_MAX, cut);
	}
}

/* Behind a gap that nobody knows the place after, text goes on, until a message begins a piece. */
static void
test_lost(void **state)
{
	static const char message[] = "0\x09\x02\x01\x07J\x04"
				      "cn=a";
	struct ldap_side side = { .tag = 0 };
	struct out o = { .len = 0 };

	(void)state;
	ldap_gap(&side, 100);
	ldap_push(&side, (const uint8_t *)"rest", 4, put, &o);
	ldap_push(&side, (const uint8_t *)message, sizeof(message) - 1, put, &o);
	assert_int_equal(o.len, 8);
	assert_memory_equal(o.text, "restcn=a", 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
