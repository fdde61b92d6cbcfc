/*
 * The examples of RFC 7541 appendix C, whole and split everywhere; joining late, forgetting,
 * limits; a table that holds less than its sender's.
 */
#include "tests/support/unit.h"

#include "classify/proto/hpack.h"
#include "tests/support/guard.h"

static struct hpack_table table;
static struct hpack_text text;
static char seen[1 << 20];
static size_t seen_len;

static void
add(struct span s)
{
	if (s.p == NULL)
		s = span_of("?", 1);
	assert_true(s.len < sizeof(seen) - seen_len - 2);
	memcpy(seen + seen_len, s.p, s.len);
	seen_len += s.len;
}

static void
on_field(void *arg, struct span name, struct span value)
{
	(void)arg;
	add(name);
	add(span_of("=", 1));
	add(value);
	add(span_of(";", 1));
	seen[seen_len] = '\0';
}

static size_t
unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;

	for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2) {
		if (hex[0] == ' ')
			hex++;
		out[n++] = (uint8_t)(hex_value((uint8_t)hex[0]) << 4 | hex_value((uint8_t)hex[1]));
	}
	return n;
}

static void
start(struct hpack *h, bool late)
{
	hpack_init(h, late);
	hpack_set_table(h, &table);
}

static enum hpack_result
block(struct hpack *h, const uint8_t *data, size_t len, size_t step)
{
	seen_len = 0;
	seen[0] = '\0';
	hpack_begin(h, &text);
	for (size_t at = 0; at < len; at += step)
		hpack_push(h, data + at, step < len - at ? step : len - at, on_field, NULL);
	return hpack_end(h);
}

static enum hpack_result
hex_block(struct hpack *h, const char *hex, size_t step)
{
	uint8_t bytes[4096];
	size_t len = unhex(hex, bytes);

	return block(h, guard_copy(bytes, len), len, step);
}

/* Blocks of one connection, one after the other. */
static const struct story {
	const char *name;
	struct {
		const char *hex, *want;
	} block[3];
} stories[] = {
	{ "C.2.1 literal inserted, C.2.4 indexed",
	  { { "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
	      "custom-key=custom-header;" },
	    { "82be", ":method=GET;custom-key=custom-header;" } } },
	{ "C.2.2 literal not indexed",
	  { { "040c 2f73 616d 706c 652f 7061 7468", ":path=/sample/path;" } } },
	{ "C.2.3 never indexed",
	  { { "1008 7061 7373 776f 7264 0673 6563 7265 74", "password=secret;" },
	    { "82", ":method=GET;" } } },
	{ "C.3 requests without Huffman",
	  { { "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
	      ":method=GET;:scheme=http;:path=/;:authority=www.example.com;" },
	    { "8286 84be 5808 6e6f 2d63 6163 6865",
	      ":method=GET;:scheme=http;:path=/"
	      ";:authority=www.example.com;cache-control=no-cache;" },
	    { "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
	      ":method=GET;:scheme=https;:path=/index.html;:authority=www.example.com;"
	      "custom-key=custom-value;" } } },
	{ "C.4 requests with Huffman",
	  { { "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
	      ":method=GET;:scheme=http;:path=/;:authority=www.example.com;" },
	    { "8286 84be 5886 a8eb 1064 9cbf",
	      ":method=GET;:scheme=http;:path=/"
	      ";:authority=www.example.com;cache-control=no-cache;" },
	    { "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
	      ":method=GET;:scheme=https;:path=/index.html;:authority=www.example.com;"
	      "custom-key=custom-value;" } } },
	{ "C.5 responses in a table of 256 bytes, that evicts",
	  { { "3fe101 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 "
	      "3133 "
	      "2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 "
	      "6c65 "
	      "2e63 6f6d",
	      ":status=302;cache-control=private;date=Mon, 21 Oct 2013 20:13:21 GMT;"
	      "location=https://www.example.com;" },
	    { "4803 3330 37c1 c0bf",
	      ":status=307;cache-control=private;date=Mon, 21 Oct 2013 20:13:21 GMT;"
	      "location=https://www.example.com;" },
	    /* :status 302 has been evicted: its index says nothing any more */
	    { "c2", "?=?;" } } },
	{ "an entry larger than the table empties it",
	  { { "3f01 4001 6101 62", "a=b;" }, { "be", "?=?;" }, { "82", ":method=GET;" } } },
};

static void
test_stories(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
		for (size_t step = 1; step < 40; step++) {
			struct hpack h;

			start(&h, false);
			for (size_t b = 0; b < 3 && stories[i].block[b].hex != NULL; b++) {
				assert_int_equal(hex_block(&h, stories[i].block[b].hex, step),
						 HPACK_OK);
				if (strcmp(seen, stories[i].block[b].want) != 0)
					print_message("%s, block %zu\n", stories[i].name, b);
				assert_string_equal(seen, stories[i].block[b].want);
			}
		}
	}
}

static void
test_joined_late(void **state)
{
	struct hpack h;

	(void)state;
	start(&h, true);
	/* Two entries were inserted unseen: what refers to them is unknown, the rest is not. */
	assert_int_equal(hex_block(&h, "82 bf be", 100), HPACK_OK);
	assert_string_equal(seen, ":method=GET;?=?;?=?;");
	assert_int_equal(hex_block(&h, "4001 6101 62 be c0", 100), HPACK_OK);
	assert_string_equal(seen, "a=b;a=b;?=?;");
	/* A value under a name that is not known, inserted and referred to. */
	assert_int_equal(hex_block(&h, "7f 01 0178 be", 100), HPACK_OK);
	assert_string_equal(seen, "?=x;?=x;");
	assert_int_equal(h.unknown, 5);
	hpack_forget(&h);
	assert_int_equal(hex_block(&h, "be", 100), HPACK_OK);
	assert_string_equal(seen, "?=?;");
}

static void
test_without_memory(void **state)
{
	uint8_t bytes[64];
	size_t len = unhex("82 4001 6101 62 be 0401 2f", bytes);
	struct hpack h;

	(void)state;
	hpack_init(&h, false);
	seen_len = 0;
	hpack_begin(&h, NULL);
	hpack_push(&h, bytes, len, on_field, NULL);
	assert_int_equal(hpack_end(&h), HPACK_OK);
	assert_string_equal(seen, ":method=GET;?=?;?=?;?=?;");
}

static const struct broken {
	const char *name, *hex;
} broken[] = {
	{ "index 0", "80" },
	{ "cut in an integer", "ff" },
	{ "cut in a name", "4005 61" },
	{ "cut before a value", "4001 61" },
	{ "integer without end", "ff ff ff ff ff ff ff ff ff" },
	{ "padding of more than seven bits", "0482 63ff" },
	{ "padding of zeros", "0481 60" },
	{ "end-of-string symbol", "0485 3f ff ff ff ff" },
};

static void
test_broken(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		struct hpack h;

		print_message("%s\n", broken[i].name);
		start(&h, false);
		assert_int_equal(hex_block(&h, "4001 6101 62", 100), HPACK_OK);
		assert_int_equal(hex_block(&h, broken[i].hex, 1), HPACK_BROKEN);
		/* What was in the table cannot be trusted any more. */
		assert_int_equal(hex_block(&h, "be 82", 100), HPACK_OK);
		assert_string_equal(seen, "?=?;:method=GET;");
	}
}

static void
test_limits(void **state)
{
	static uint8_t big[HPACK_BLOCK_IN * 2];
	struct hpack h;
	size_t len;

	(void)state;
	/* Many tiny fields: no more than so many are told, and the table stays in step. */
	start(&h, false);
	memset(big, 0x82, 1000);
	len = 1000 + unhex("4001 6101 62", big + 1000);
	assert_int_equal(block(&h, big, len, 77), HPACK_CAPPED);
	assert_int_equal(h.nr_fields, HPACK_BLOCK_FIELDS);
	assert_int_equal(hex_block(&h, "be", 100), HPACK_OK);
	assert_string_equal(seen, "a=b;");

	/* The HPACK bomb: one large entry, referred to again and again. */
	start(&h, false);
	len = unhex("4001 61 7f a11e", big);
	memset(big + len, 'x', 4000);
	len += 4000;
	memset(big + len, 0xbe, 10000);
	assert_int_equal(block(&h, big, len + 10000, 1400), HPACK_CAPPED);
	assert_true(seen_len <= HPACK_BLOCK_OUT + 2 * HPACK_BLOCK_FIELDS);

	/* A block beyond the limit of coded bytes; a value beyond that of values. */
	start(&h, false);
	len = unhex("0001 61 7f 81 7f", big);
	memset(big + len, 'y', sizeof(big) - len);
	len = len + 127 + 1 + 127 * 128;
	big[len] = 0x82;
	assert_int_equal(block(&h, big, len + 1, 1000), HPACK_CAPPED);
	assert_null(strstr(seen, ":method"));
}

/* A sender with a large table: what fits here is known, the rest unknown, nothing is wrong. */
static void
test_larger_table(void **state)
{
	uint64_t rng = 3;
	struct hpack h;
	uint8_t b[64];

	(void)state;
	start(&h, false);
	assert_int_equal(hex_block(&h, "3fe1ff03", 100), HPACK_OK); /* 65,536 */
	for (unsigned i = 0; i < 2000; i++) {
		char value[48], want[128];
		int n = snprintf(value, sizeof(value), "value-%u-%0*u", i,
				 (int)(1 + test_random(&rng) % 30), i);
		unsigned back = (unsigned)(test_random(&rng) % 400);
		size_t len = 0;

		b[len++] = 0x40 | 58; /* user-agent */
		b[len++] = (uint8_t)n;
		memcpy(b + len, value, (size_t)n);
		assert_int_equal(block(&h, b, len + (size_t)n, 1000), HPACK_OK);
		/* An older entry is the one it was, or unknown. */
		len = 0;
		if (back > i)
			continue;
		b[len++] = 0xff;
		back += 62 - 127;
		if ((int)back < 0)
			continue;
		for (; back >= 128; back >>= 7)
			b[len++] = (uint8_t)(back | 0x80);
		b[len++] = (uint8_t)back;
		assert_int_equal(block(&h, b, len, 1000), HPACK_OK);
		snprintf(want, sizeof(want), "user-agent=value-");
		assert_true(strncmp(seen, want, strlen(want)) == 0 || strcmp(seen, "?=?;") == 0);
	}
	assert_int_equal(hex_block(&h, "c0", 100), HPACK_OK);
	assert_string_not_equal(seen, "?=?;");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stories),	       cmocka_unit_test(test_joined_late),
		cmocka_unit_test(test_without_memory), cmocka_unit_test(test_broken),
		cmocka_unit_test(test_limits),	       cmocka_unit_test(test_larger_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
