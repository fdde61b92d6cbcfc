/* Key logs inside pcapng files, in either order of bytes, however the file is cut. */
#include "dataplane/port/pcapng_secrets.h"

#include "tests/support/guard.h"
#include "tests/support/unit.h"

#define SECTION_LE                                                                                 \
	"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0" \
	"\0\0"
#define SECTION_BE                                                                                 \
	"\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d\0\1\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0" \
	"\x1c"
#define OTHER_LE "\6\0\0\0\x14\0\0\0\x0a\0\0\0KSLT\x14\0\0\0"
#define LOG_LE	 "\x0a\0\0\0\x1c\0\0\0KSLT\5\0\0\0hello\0\0\0\x1c\0\0\0"
#define LOG_BE	 "\0\0\0\x0a\0\0\0\x1cTLSK\0\0\0\5world\0\0\0\0\0\0\x1c"
#define WG_LE	 "\x0a\0\0\0\x1c\0\0\0LKGW\5\0\0\0hello\0\0\0\x1c\0\0\0"

static const struct row {
	const char *name;
	const char *in;
	size_t len;
	const char *want;
} rows[] = {
#define ROW(name, in, want)                    \
	{                                      \
		name, in, sizeof(in) - 1, want \
	}
	ROW("nothing", "", ""),
	ROW("no secrets", SECTION_LE OTHER_LE OTHER_LE, ""),
	ROW("one", SECTION_LE LOG_LE, "hello|"),
	ROW("between packets", SECTION_LE OTHER_LE LOG_LE OTHER_LE LOG_LE OTHER_LE, "hello|hello|"),
	ROW("big endian", SECTION_BE LOG_BE, "world|"),
	ROW("two sections", SECTION_LE LOG_LE SECTION_BE LOG_BE, "hello|world|"),
	ROW("secrets of another kind", SECTION_LE WG_LE LOG_LE, "hello|"),
	ROW("longer than its block",
	    SECTION_LE "\x0a\0\0\0\x1c\0\0\0KSLT\x11\0\0\0hello\0\0\0\x1c\0\0\0", ""),
	ROW("no length", SECTION_LE "\6\0\0\0\0\0\0\0" LOG_LE, ""),
	ROW("odd length", SECTION_LE "\6\0\0\0\x15\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" LOG_LE, ""),
	ROW("a block before any section", LOG_LE, ""),
	ROW("no order", "\x0a\x0d\x0d\x0a\x1c\0\0\0\1\2\3\4" LOG_LE, ""),
	ROW("a pcap file", "\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0" LOG_LE, ""),
	ROW("cut off", SECTION_LE "\x0a\0\0\0\x1c\0\0\0KSLT\5\0\0\0hel", "hel"),
};

struct text {
	char text[128];
	size_t len;
};

static void
see(void *arg, const uint8_t *data, size_t len)
{
	struct text *t = arg;

	assert_true(t->len + len + 1 < sizeof(t->text));
	if (len != 0)
		memcpy(t->text + t->len, data, len);
	else
		t->text[t->len] = '|';
	t->len += len != 0 ? len : 1;
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		struct pcapng_secrets one_by_one = { 0 };
		struct text all = { 0 };

		print_message("%s\n", row->name);
		for (size_t at = 0; at <= row->len; at++) {
			struct pcapng_secrets p = { 0 };
			struct text t = { 0 };

			pcapng_secrets_push(&p, guard_copy(row->in, at), at, see, &t);
			pcapng_secrets_push(&p, guard_copy(row->in + at, row->len - at),
					    row->len - at, see, &t);
			assert_string_equal(t.text, row->want);
		}
		for (size_t at = 0; at < row->len; at++)
			pcapng_secrets_push(&one_by_one, (const uint8_t *)row->in + at, 1, see,
					    &all);
		assert_string_equal(all.text, row->want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
