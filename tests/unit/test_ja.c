/* JA3 as its authors publish it, JA3S by its formula, JA4 as its specification spells it. */
#include "tests/support/unit.h"

#include "classify/proto/ja.h"
#include "tests/support/guard.h"
#include "tests/support/hello.h"

#define LIST(...) ((const int[]) { __VA_ARGS__, -1 })

/* The lists of the example in the JA4 specification, with GREASE where browsers put it. */
#define BROWSER_CIPHERS                                                                      \
	LIST(0x3a3a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, \
	     0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035)
#define BROWSER_EXTENSIONS                                                                   \
	LIST(0xdada, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, \
	     0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015, 0x1a1a)
#define BROWSER_ALGORITHMS LIST(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)

static const struct hello browser = {
	.version = 0x0303,
	.session_id = 's',
	.ciphers = BROWSER_CIPHERS,
	.extensions = BROWSER_EXTENSIONS,
	.sni = "www.example.com",
	.alpn = "h2,http/1.1",
	.groups = LIST(0x2a2a, 29, 23, 24),
	.algorithms = BROWSER_ALGORITHMS,
	.versions = LIST(0x6a6a, 0x0304, 0x0303),
};

static const struct hello published_full = {
	.version = 0x0301,
	.ciphers = LIST(47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4),
	.extensions = LIST(0, 10, 11),
	.sni = "example.com",
	.groups = LIST(23, 24, 25),
};

static const struct hello published_bare = {
	.version = 0x0301,
	.ciphers = LIST(4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99),
};

static const struct hello server = {
	.version = 0x0301,
	.ciphers = LIST(47),
	.extensions = LIST(65281, 0, 11, 35, 5, 16),
	.alpn = "h2",
};

static struct tls_client_hello
client(const struct hello *h)
{
	static struct bytes b;
	struct tls_client_hello parsed;

	b.len = 0;
	put_client_hello(&b, h);
	assert_int_equal(tls_client_hello_parse(guard_copy(b.b, b.len), b.len, &parsed),
			 TLS_HELLO_OK);
	return parsed;
}

static void
test_ja3(void **state)
{
	struct tls_client_hello h = client(&published_full);
	char ja3[JA3_CAP];

	(void)state;
	ja3_client(&h, ja3);
	assert_string_equal(ja3, "ada70206e40642a3e4461f35503241d5");
	h = client(&published_bare);
	ja3_client(&h, ja3);
	assert_string_equal(ja3, "de350869b8c85de67a350c8d186f11e6");
}

/* GREASE changes nothing, wherever it stands. */
static void
test_ja3_grease(void **state)
{
	struct hello plain = {
		.version = 0x0303,
		.ciphers = LIST(0x1301),
		.extensions = LIST(10, 43),
		.groups = LIST(29),
		.versions = LIST(0x0304),
	};
	struct hello greased = {
		.version = 0x0303,
		.ciphers = LIST(0x0a0a, 0x1301),
		.extensions = LIST(0x1a1a, 10, 43, 0xfafa),
		.groups = LIST(0x2a2a, 29),
		.versions = LIST(0x3a3a, 0x0304),
	};
	char a[JA3_CAP], b[JA3_CAP], c[JA4_CAP], d[JA4_CAP];
	struct tls_client_hello h = client(&plain);

	(void)state;
	ja3_client(&h, a);
	assert_true(ja4_client(&h, 't', c));
	h = client(&greased);
	ja3_client(&h, b);
	assert_true(ja4_client(&h, 't', d));
	assert_string_equal(a, b);
	assert_string_equal(c, d);
}

static void
test_ja3s(void **state)
{
	struct tls_server_hello parsed;
	struct bytes b = { 0 };
	char ja3s[JA3_CAP];

	(void)state;
	put_server_hello(&b, &server, NULL);
	assert_int_equal(tls_server_hello_parse(guard_copy(b.b, b.len), b.len, &parsed),
			 TLS_HELLO_OK);
	ja3_server(&parsed, ja3s);
	assert_string_equal(ja3s, "836ce314215654b5b1f85f97c73e506f");
}

static void
test_ja4_browser(void **state)
{
	struct tls_client_hello h = client(&browser);
	char ja4[JA4_CAP];

	(void)state;
	assert_true(ja4_client(&h, 't', ja4));
	assert_string_equal(ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
	assert_true(ja4_client(&h, 'q', ja4));
	assert_string_equal(ja4, "q13d1516h2_8daaf6152771_e5627efa2ab1");
}

/* Part c without signature algorithms, and the parts that have no values. */
static void
test_ja4_empty(void **state)
{
	struct hello none = browser;
	struct tls_client_hello h;
	char ja4[JA4_CAP];

	(void)state;
	none.algorithms = NULL;
	h = client(&none);
	assert_true(ja4_client(&h, 't', ja4));
	assert_string_equal(ja4, "t13d1516h2_8daaf6152771_6d807ffa2a79");
	none.extensions = LIST(0, 16);
	h = client(&none);
	assert_true(ja4_client(&h, 't', ja4));
	assert_string_equal(ja4, "t12d1502h2_8daaf6152771_000000000000");
	none.extensions = NULL;
	none.ciphers = NULL;
	h = client(&none);
	assert_true(ja4_client(&h, 't', ja4));
	assert_string_equal(ja4, "t12i000000_000000000000_000000000000");
}

static const struct alpn_case {
	const char *name;
	const char *alpn;
	const char *want;
} alpn_cases[] = {
	{ "h2", "h2", "h2" },
	{ "http/1.1", "http/1.1,h2", "h1" },
	{ "one character", "q", "qq" },
	{ "upper case stays", "Xy", "Xy" },
	{ "no names", "", "00" },
	{ "ab", "\xab", "ab" },
	{ "ab cd", "\xab\xcd", "ad" },
	{ "30 ab", "0\xab", "3b" },
	{ "30 31 ab cd", "01\xab\xcd", "3d" },
	{ "30 ab cd 31",
	  "0\xab\xcd"
	  "1",
	  "01" },
	{ "grease", "\x1a\x1a,h2", "1a" },
	{ "blank", " a", "21" },
};

static void
test_ja4_alpn(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(alpn_cases); i++) {
		struct hello b = browser;
		struct tls_client_hello h;
		char ja4[JA4_CAP];

		print_message("%s\n", alpn_cases[i].name);
		b.alpn = alpn_cases[i].alpn;
		h = client(&b);
		assert_true(ja4_client(&h, 't', ja4));
		assert_memory_equal(ja4 + 8, alpn_cases[i].want, 2);
	}
}

static const struct version_case {
	const char *name;
	unsigned legacy;
	const int *versions;
	const char *want;
} version_cases[] = {
	{ "1.3", 0x0303, LIST(0x0304, 0x0303), "13" },
	{ "highest, not first", 0x0303, LIST(0x0302, 0x0304, 0x0303), "13" },
	{ "grease is not the highest", 0x0303, LIST(0xfafa, 0x0303), "12" },
	{ "grease only", 0x0302, LIST(0xfafa), "11" },
	{ "draft", 0x0303, LIST(0x7f12, 0x0303), "00" },
	{ "1.2", 0x0303, NULL, "12" },
	{ "1.1", 0x0302, NULL, "11" },
	{ "1.0", 0x0301, NULL, "10" },
	{ "SSL 3.0", 0x0300, NULL, "s3" },
	{ "DTLS 1.2", 0xfefd, NULL, "d2" },
	{ "unknown", 0x0909, NULL, "00" },
};

static void
test_ja4_version(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(version_cases); i++) {
		struct hello b = browser;
		struct tls_client_hello h;
		char ja4[JA4_CAP];

		print_message("%s\n", version_cases[i].name);
		b.version = version_cases[i].legacy;
		b.versions = version_cases[i].versions;
		h = client(&b);
		assert_true(ja4_client(&h, 't', ja4));
		assert_memory_equal(ja4 + 1, version_cases[i].want, 2);
	}
}

static void
test_ja4_limits(void **state)
{
	struct hello many = browser;
	int values[JA4_MAX_VALUES + 2];
	struct tls_client_hello h;
	char ja4[JA4_CAP];

	(void)state;
	for (unsigned i = 0; i <= JA4_MAX_VALUES; i++)
		values[i] = (int)(JA4_MAX_VALUES - i);
	values[JA4_MAX_VALUES] = -1;
	many.ciphers = values;
	h = client(&many);
	assert_true(ja4_client(&h, 't', ja4));
	assert_memory_equal(ja4, "t13d9916h2_", 11);

	values[JA4_MAX_VALUES] = 0;
	values[JA4_MAX_VALUES + 1] = -1;
	h = client(&many);
	assert_false(ja4_client(&h, 't', ja4));
	assert_string_equal(ja4, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ja3),	    cmocka_unit_test(test_ja3_grease),
		cmocka_unit_test(test_ja3s),	    cmocka_unit_test(test_ja4_browser),
		cmocka_unit_test(test_ja4_empty),   cmocka_unit_test(test_ja4_alpn),
		cmocka_unit_test(test_ja4_version), cmocka_unit_test(test_ja4_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
