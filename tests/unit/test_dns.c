#include "tests/support/unit.h"

#include "classify/proto/dns.h"
#include "classify/names/dns_names.h"
#include "classify/proto/dns_pair.h"
#include "tests/support/guard.h"

#define QUERY(id, flags, counts) id flags counts
#define NAME          \
	"\x03www\x07" \
	"example\x03" \
	"com\0"
#define CASE(text) text, sizeof(text) - 1

static const struct dns_case {
	const char *name;
	const char *in;
	size_t len;
	enum dns_result want;
	const char *question, *first, *second;
	unsigned rcode, nr_answers;
} cases[] = {
	{ "query", CASE("\x12\x34\x01\0\0\1\0\0\0\0\0\0" NAME "\0\1\0\1"), DNS_OK,
	  "www.example.com", NULL, NULL, 0, 0 },
	{ "upper case and EDNS",
	  CASE("\x12\x34\x01\0\0\1\0\0\0\0\0\1\3WWW\0\0\1\0\1\0\0\x29\x10\0\0\0\0\0\0\0"), DNS_OK,
	  "WWW", NULL, NULL, 0, 0 },
	{ "answer with a pointer, A and AAAA",
	  CASE("\x12\x34\x81\x80\0\1\0\2\0\0\0\0" NAME "\0\1\0\1"
	       "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"
	       "\xc0\x0c\0\x1c\0\1\0\0\0\x3c\0\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"),
	  DNS_OK, "www.example.com", "192.0.2.1", "2001:db8::1", 0, 2 },
	{ "CNAME into a pointer, MX",
	  CASE("\x12\x34\x81\x80\0\1\0\2\0\0\0\0" NAME "\0\1\0\1"
	       "\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\1a\xc0\x10"
	       "\xc0\x0c\0\x0f\0\1\0\0\0\x3c\0\4\0\x0a\xc0\x0c"),
	  DNS_OK, "www.example.com", "a.example.com", "10 www.example.com", 0, 2 },
	{ "extended rcode",
	  CASE("\x12\x34\x81\x80\0\1\0\0\0\0\0\1" NAME "\0\1\0\1\0\0\x29\x10\0\1\0\0\0\0\0"),
	  DNS_OK, "www.example.com", NULL, NULL, 16, 0 },
	{ "NXDOMAIN", CASE("\x12\x34\x81\x83\0\1\0\0\0\0\0\0" NAME "\0\1\0\1"), DNS_OK,
	  "www.example.com", NULL, NULL, 3, 0 },
	{ "pointer to itself", CASE("\x12\x34\x01\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1"), DNS_BAD_NAME,
	  "", NULL, NULL, 0, 0 },
	{ "pointers that chase each other",
	  CASE("\x12\x34\x81\x80\0\1\0\1\0\0\0\0" NAME
	       "\0\1\0\1\xc0\x21\0\1\0\1\0\0\0\0\0\2\xc0\x21"),
	  DNS_TRUNCATED, "www.example.com", NULL, NULL, 0, 0 },
	{ "name byte that does not print", CASE("\x12\x34\x01\0\0\1\0\0\0\0\0\0\2a\xff\0\0\1\0\1"),
	  DNS_OK, "a\\255", NULL, NULL, 0, 0 },
	{ "root", CASE("\x12\x34\x01\0\0\1\0\0\0\0\0\0\0\0\2\0\1"), DNS_OK, ".", NULL, NULL, 0, 0 },
	{ "cut inside the answer",
	  CASE("\x12\x34\x81\x80\0\1\0\1\0\0\0\0" NAME
	       "\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0"),
	  DNS_TRUNCATED, "www.example.com", NULL, NULL, 0, 0 },
	{ "SRV and TXT",
	  CASE("\x12\x34\x81\x80\0\1\0\2\0\0\0\0" NAME "\0\x21\0\1"
	       "\xc0\x0c\0\x21\0\1\0\0\0\x3c\0\x08\0\1\0\2\x14\x66\xc0\x0c"
	       "\xc0\x0c\0\x10\0\1\0\0\0\x3c\0\x08\3v=a\3 b\n"),
	  DNS_OK, "www.example.com", "1 2 5222 www.example.com", "v=a b\\010", 0, 2 },
	{ "HTTPS and SOA",
	  CASE("\x12\x34\x81\x80\0\1\0\2\0\0\0\0" NAME "\0\x41\0\1"
	       "\xc0\x0c\0\x41\0\1\0\0\0\x3c\0\x0a\0\1\0\0\1\0\3\2h2"
	       "\xc0\x0c\0\6\0\1\0\0\0\x3c\0\5\2ns\xc0\x10"),
	  DNS_OK, "www.example.com", "1 .", "ns.example.com", 0, 2 },
	{ "TXT string longer than its record",
	  CASE("\x12\x34\x81\x80\0\1\0\1\0\0\0\0" NAME "\0\x10\0\1"
	       "\xc0\x0c\0\x10\0\1\0\0\0\x3c\0\2\x09"
	       "a"),
	  DNS_OK, "www.example.com", NULL, NULL, 0, 0 },
	{ "address of the wrong size",
	  CASE("\x12\x34\x81\x80\0\1\0\1\0\0\0\0" NAME "\0\1\0\1"
	       "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\3\xc0\0\2"),
	  DNS_OK, "www.example.com", NULL, NULL, 0, 0 },
	{ "multicast answer without a question",
	  CASE("\0\0\x84\0\0\0\0\1\0\0\0\0\1a\5local\0\0\1\x80\1\0\0\0\x78\0\4\xc0\0\2\7"), DNS_OK,
	  "", "192.0.2.7", NULL, 0, 1 },
	{ "refusal without a question", CASE("\x12\x34\x81\5\0\0\0\0\0\0\0\0"), DNS_OK, "", NULL,
	  NULL, 5, 0 },
	{ "dot and backslash inside a label",
	  CASE("\x12\x34\x01\0\0\1\0\0\0\0\0\0\3a.\\\0\0\1\0\1"), DNS_OK, "a\\046\\092", NULL, NULL,
	  0, 0 },
	{ "label type that is not in use", CASE("\x12\x34\x01\0\0\1\0\0\0\0\0\0\x41\0\0\1\0\1"),
	  DNS_BAD_NAME, "", NULL, NULL, 0, 0 },
	{ "header cut", CASE("\x12\x34\x01\0\0\1"), DNS_BAD_HEADER, "", NULL, NULL, 0, 0 },
};

static void
test_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		static struct dns_message m;

		print_message("%s\n", cases[i].name);
		assert_int_equal(dns_parse(guard_copy(cases[i].in, cases[i].len), cases[i].len, &m),
				 cases[i].want);
		assert_string_equal(m.name, cases[i].question);
		assert_int_equal(m.nr_answers, cases[i].nr_answers);
		assert_int_equal(m.rcode, cases[i].rcode);
		if (cases[i].first != NULL)
			assert_string_equal(m.answers[0].text, cases[i].first);
		if (cases[i].second != NULL)
			assert_string_equal(m.answers[1].text, cases[i].second);
	}
}

static void
test_every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (size_t len = 0; len < cases[i].len; len++) {
			static struct dns_message m;

			assert_in_range(dns_parse(guard_copy(cases[i].in, len), len, &m), 0,
					DNS_NR_RESULTS - 1);
		}
	}
}

/* A header, one question whose name is made by the caller up to here, type A, class IN. */
static size_t
finish_question(uint8_t *msg, size_t at)
{
	static const uint8_t header[12] = { 0x12, 0x34, 1, 0, 0, 1 };

	memcpy(msg, header, sizeof(header));
	memcpy(msg + at, "\0\1\0\1", 4);
	return at + 4;
}

/* 255 bytes is the longest name; escaped it does not fit, and is cut where it stops to. */
static void
test_long_names(void **state)
{
	static struct dns_message m;
	uint8_t msg[512];

	(void)state;
	for (unsigned labels = 3; labels <= 5; labels++) {
		size_t at = 12;

		for (unsigned i = 0; i < labels; i++) {
			unsigned n = i < 3 ? 63 : i == 3 ? 61 : 1;

			msg[at++] = (uint8_t)n;
			memset(msg + at, i == 2 ? 0x01 : 'x', n);
			at += n;
		}
		msg[at++] = 0;
		at = finish_question(msg, at);
		assert_int_equal(dns_parse(guard_copy(msg, at), at, &m),
				 labels <= 4 ? DNS_OK : DNS_BAD_NAME);
		if (labels > 4)
			continue;
		assert_true(strlen(m.name) < DNS_NAME_CAP);
		assert_string_equal(m.name + strlen(m.name) - 4, "\\001");
	}
}

/*
 * The data of a first record is a chain of pointers, each to the one before it; the second record's
 * owner points at the last. The letter allows it, eight thousand deep.
 */
static void
test_pointer_chain(void **state)
{
	static const struct {
		unsigned depth;
		enum dns_result want;
		unsigned nr_answers;
	} rows[] = { { 1, DNS_OK, 1 },
		     { 63, DNS_OK, 1 },
		     { 64, DNS_TRUNCATED, 0 },
		     { 8000, DNS_TRUNCATED, 0 } };

	(void)state;
	for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
		static struct dns_message m;
		static uint8_t msg[17000];
		size_t at = 12 + 11, to = 12;

		memcpy(msg, "\x12\x34\x81\x80\0\0\0\2\0\0\0\0\0\0\x0a\0\1\0\0\0\x3c", 21);
		msg[21] = (uint8_t)(2 * rows[r].depth >> 8);
		msg[22] = (uint8_t)(2 * rows[r].depth);
		for (unsigned i = 0; i <= rows[r].depth; i++) {
			msg[at++] = (uint8_t)(0xc0 | to >> 8);
			msg[at++] = (uint8_t)to;
			to = at - 2;
		}
		memcpy(msg + at, "\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1", 14);
		at += 14;
		assert_int_equal(dns_parse(guard_copy(msg, at), at, &m), rows[r].want);
		assert_int_equal(m.nr_answers, rows[r].nr_answers);
	}
}

static void
test_type_and_rcode_names(void **state)
{
	char buf[16];

	(void)state;
	assert_string_equal(dns_type_name(28, buf), "AAAA");
	assert_string_equal(dns_type_name(65000, buf), "TYPE65000");
	assert_string_equal(dns_rcode_name(3, buf), "NXDOMAIN");
	assert_string_equal(dns_rcode_name(4095, buf), "RCODE4095");
}

struct collected {
	unsigned nr;
	size_t bytes;
	uint8_t last;
};

static void
collect(void *arg, const uint8_t *msg, size_t len)
{
	struct collected *c = arg;

	c->nr++;
	c->bytes += len;
	c->last = msg[len - 1];
}

/* Three messages in every split. */
static void
test_stream(void **state)
{
	static const char in[] = "\0\3abc\0\1d\0\5efghi";
	const size_t len = sizeof(in) - 1;
	struct slab buffers;

	(void)state;
	assert_int_equal(slab_init(&buffers, 2, DNS_STREAM_BYTES), 0);
	for (size_t a = 0; a <= len; a++) {
		for (size_t b = a; b <= len; b++) {
			const uint8_t *p = (const uint8_t *)in;
			struct collected c = { 0 };
			struct dns_stream s;

			dns_stream_init(&s, &buffers);
			dns_stream_push(&s, p, a, collect, &c);
			dns_stream_push(&s, p + a, b - a, collect, &c);
			dns_stream_push(&s, p + b, len - b, collect, &c);
			assert_int_equal(c.nr, 3);
			assert_int_equal(c.bytes, 9);
			assert_int_equal(c.last, 'i');
			dns_stream_fini(&s);
			assert_int_equal(buffers.nr_taken, 0);
		}
	}
	slab_fini(&buffers);
}

static void
test_stream_limits(void **state)
{
	struct collected c = { 0 };
	struct dns_stream s;
	struct slab none;

	(void)state;
	assert_int_equal(slab_init(&none, 0, DNS_STREAM_BYTES), 0);
	dns_stream_init(&s, &none);
	dns_stream_push(&s, (const uint8_t *)"\0\3ab", 4, collect, &c);
	dns_stream_push(&s, (const uint8_t *)"c\0\1d", 4, collect, &c);
	assert_int_equal(s.too_long, 1); /* no buffer for the split one; the next is whole */
	assert_int_equal(c.nr, 1);
	dns_stream_gap(&s);
	dns_stream_push(&s, (const uint8_t *)"\0\1d", 3, collect, &c);
	assert_int_equal(c.nr, 1);
	dns_stream_fini(&s);
	slab_fini(&none);
}

/* Behind a gap only a push that begins with a sound message counts. */
static void
test_stream_after_gap(void **state)
{
	const char *in = cases[0].in;
	const uint8_t len = (uint8_t)cases[0].len;
	struct collected c = { 0 };
	struct dns_stream s;
	struct slab buffers;
	uint8_t two[256];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		two[i * (len + 2)] = 0;
		two[i * (len + 2) + 1] = len;
		memcpy(two + i * (len + 2) + 2, in, len);
	}
	assert_int_equal(slab_init(&buffers, 1, DNS_STREAM_BYTES), 0);
	dns_stream_init(&s, &buffers);
	dns_stream_push(&s, two, 10, collect, &c);
	dns_stream_gap(&s);
	assert_int_equal(buffers.nr_taken, 0);
	dns_stream_push(&s, two + 15, 2u * (len + 2) - 15, collect, &c);
	assert_int_equal(c.nr, 0);
	dns_stream_push(&s, two, 2u * (len + 2) - 1, collect, &c);
	assert_int_equal(c.nr, 1);
	dns_stream_push(&s, two + 2u * (len + 2) - 1, 1, collect, &c);
	assert_int_equal(c.nr, 2);
	dns_stream_fini(&s);
	assert_int_equal(buffers.nr_taken, 0);
	slab_fini(&buffers);
}

struct told {
	unsigned nr, asked, answered;
	uint64_t took_us;
};

static void
tell(void *arg, const struct dns_transaction *t)
{
	struct told *told = arg;

	told->nr++;
	told->asked += t->asked;
	told->answered += t->answered;
	if (t->asked && t->answered)
		told->took_us = t->response_time_us - t->query_time_us;
}

static struct dns_message
message(uint16_t id, bool response)
{
	static struct dns_message m;

	assert_int_equal(dns_parse((const uint8_t *)cases[0].in, cases[0].len, &m), DNS_OK);
	m.id = id;
	m.response = response;
	return m;
}

static void
test_pairs(void **state)
{
	static struct dns_pair pair;
	struct dns_message m;
	struct slab buffers, queries;
	struct told told = { 0 };

	(void)state;
	assert_int_equal(slab_init(&buffers, 0, sizeof(struct dns_message)), 0);
	assert_int_equal(slab_init(&queries, 64, sizeof(struct dns_pending)), 0);
	dns_pair_init(&pair, &queries, &buffers);
	m = message(1, false);
	dns_pair_push(&pair, 100, &m, tell, &told);
	dns_pair_push(&pair, 200, &m, tell, &told); /* sent again */
	m = message(1, true);
	dns_pair_push(&pair, 350, &m, tell, &told);
	assert_int_equal(told.nr, 1);
	assert_int_equal(told.took_us, 250);

	m = message(2, true); /* nobody was seen to ask */
	dns_pair_push(&pair, 400, &m, tell, &told);
	assert_int_equal(told.nr, 2);
	assert_int_equal(told.asked, 1);

	for (uint16_t id = 10; id < 10 + DNS_MAX_PENDING + 1; id++) {
		m = message(id, false);
		dns_pair_push(&pair, 500 + id, &m, tell, &told);
	}
	assert_int_equal(pair.evicted, 1);
	dns_pair_end(&pair, tell, &told);
	assert_int_equal(told.nr, 2 + DNS_MAX_PENDING + 1);
	assert_int_equal(told.answered, 2);
	assert_int_equal(queries.nr_taken, 0);
	slab_fini(&queries);
	slab_fini(&buffers);
}

/* Flows share the slab: one with queries of its own gives up its oldest, one without its new one.
 */
static void
test_no_room_for_a_query(void **state)
{
	struct dns_pair pairs[2];
	struct dns_message m;
	struct slab buffers, queries;
	struct told told = { 0 };

	(void)state;
	assert_int_equal(slab_init(&buffers, 0, sizeof(struct dns_message)), 0);
	assert_int_equal(slab_init(&queries, 2, sizeof(struct dns_pending)), 0);
	for (unsigned i = 0; i < 2; i++)
		dns_pair_init(&pairs[i], &queries, &buffers);
	for (uint16_t id = 1; id <= 3; id++) {
		m = message(id, false);
		dns_pair_push(&pairs[0], id, &m, tell, &told);
	}
	assert_int_equal(told.nr, 1);
	assert_int_equal(told.asked, 1);
	assert_int_equal(told.answered, 0);
	dns_pair_push(&pairs[1], 4, &m, tell, &told);
	assert_int_equal(told.nr, 2);
	assert_int_equal(pairs[0].evicted + pairs[1].evicted, 2);

	m = message(1, true); /* of the one given up */
	dns_pair_push(&pairs[0], 5, &m, tell, &told);
	assert_int_equal(told.nr, 3);
	assert_int_equal(told.answered, 1);
	m = message(3, true);
	dns_pair_push(&pairs[0], 6, &m, tell, &told);
	assert_int_equal(told.answered, 2);
	assert_int_equal(queries.nr_taken, 1);
	dns_pair_fini(&pairs[0]);
	dns_pair_fini(&pairs[1]);
	assert_int_equal(queries.nr_taken, 0);
	slab_fini(&queries);
	slab_fini(&buffers);
}

/* Two taps are no clock: an answer that comes first waits for its query, and for nothing else. */
static void
test_early_answer(void **state)
{
	static struct dns_pair pair;
	struct dns_message m;
	struct slab buffers, queries;
	struct told told = { 0 };

	(void)state;
	assert_int_equal(slab_init(&buffers, 1, sizeof(struct dns_message)), 0);
	assert_int_equal(slab_init(&queries, 4, sizeof(struct dns_pending)), 0);
	dns_pair_init(&pair, &queries, &buffers);
	m = message(1, true);
	assert_true(dns_pair_push(&pair, 100, &m, tell, &told));
	assert_int_equal(told.nr, 0);
	m = message(1, false);
	assert_false(dns_pair_push(&pair, 130, &m, tell, &told));
	assert_int_equal(told.nr, 1);
	assert_int_equal(told.asked, 1);
	assert_int_equal(told.answered, 1);
	assert_int_equal(buffers.nr_taken, 0);

	/* Another query comes: the answer has none. */
	m = message(2, true);
	assert_true(dns_pair_push(&pair, 200, &m, tell, &told));
	m = message(3, false);
	dns_pair_push(&pair, 210, &m, tell, &told);
	assert_int_equal(told.nr, 2);
	assert_int_equal(told.asked, 1);
	/* Its own answer is no early one; the next is, and takes the place of nothing. */
	m = message(3, true);
	assert_false(dns_pair_push(&pair, 220, &m, tell, &told));
	m = message(4, true);
	assert_true(dns_pair_push(&pair, 230, &m, tell, &told));
	m = message(5, true);
	assert_true(dns_pair_push(&pair, 240, &m, tell, &told));
	assert_int_equal(told.nr, 4);
	dns_pair_end(&pair, tell, &told);
	assert_int_equal(told.nr, 5);
	assert_int_equal(told.answered, 5);
	assert_int_equal(told.asked, 2);
	dns_pair_fini(&pair);
	assert_int_equal(buffers.nr_taken + queries.nr_taken, 0);
	slab_fini(&queries);
	slab_fini(&buffers);
}

/* ------------------------------------------------------------------ names of addresses */

static const char *
name_at(struct dns_names *n, const char *client, const char *address, uint64_t at_s)
{
	static char text[300];
	struct span name;

	if (!dns_names_find(n, 0, span_of(client, 4), span_of(address, 4), at_s * 1000000, &name))
		return "";
	snprintf(text, sizeof(text), "%.*s", (int)name.len, (const char *)name.p);
	return text;
}

static void
learn(struct dns_names *n, const char *client, const char *address, const char *name, uint64_t at_s,
      uint32_t ttl_s)
{
	dns_names_learn(n, 0, span_of(client, 4), span_of(address, 4), span_of(name, strlen(name)),
			at_s * 1000000, ttl_s);
}

static void
test_names(void **state)
{
	static const struct siphash_key key = { 1, 2 };
	struct dns_names *n = dns_names_create(6, 10000000, &key);

	(void)state;
	learn(n, "c001", "a001", "one.example", 100, 60);
	assert_string_equal(name_at(n, "c001", "a001", 99), "");
	assert_string_equal(name_at(n, "c001", "a001", 100), "one.example");
	assert_string_equal(name_at(n, "c001", "a001", 170), "one.example"); /* with grace */
	assert_string_equal(name_at(n, "c001", "a001", 171), "");
	assert_string_equal(name_at(n, "c002", "a001", 120), "");
	assert_string_equal(name_at(n, "c001", "a002", 120), "");

	/* A younger name of the same address counts from its own answer on. */
	learn(n, "c001", "a001", "two.example", 130, 60);
	assert_string_equal(name_at(n, "c001", "a001", 120), "one.example");
	assert_string_equal(name_at(n, "c001", "a001", 140), "two.example");
	/* Asked again while it held, a name has held all the time. */
	learn(n, "c001", "a001", "one.example", 165, 60);
	assert_string_equal(name_at(n, "c001", "a001", 120), "one.example");
	assert_string_equal(name_at(n, "c001", "a001", 230), "one.example");
	/* Asked again later, it holds from there. */
	learn(n, "c001", "a001", "one.example", 900, 60);
	assert_string_equal(name_at(n, "c001", "a001", 800), "");
	assert_string_equal(name_at(n, "c001", "a001", 901), "one.example");
	dns_names_destroy(n);
}

static void
test_names_limits(void **state)
{
	static const struct siphash_key key = { 1, 2 };
	struct dns_names *n = dns_names_create(6, 0, &key);
	char name[] = "a0.example", client[] = "c000";

	(void)state;
	/* Four to an address: the one that was heard longest ago goes. */
	for (unsigned i = 0; i < 5; i++) {
		name[1] = (char)('0' + i);
		learn(n, "c001", "a001", name, 100 + 10 * i, 1000);
	}
	assert_int_equal(dns_names_stats(n)->entries, DNS_NAMES_EACH);
	assert_int_equal(dns_names_stats(n)->evicted, 1);
	assert_string_equal(name_at(n, "c001", "a001", 105), "");
	assert_string_equal(name_at(n, "c001", "a001", 115), "a1.example");
	assert_string_equal(name_at(n, "c001", "a001", 500), "a4.example");
	/* Six in all. */
	for (unsigned i = 1; i < 9; i++) {
		client[3] = (char)('0' + i);
		learn(n, client, "a002", "b.example", 200 + i, 1000);
	}
	assert_int_equal(dns_names_stats(n)->entries, 6);
	assert_string_equal(name_at(n, "c001", "a001", 500), "");
	assert_string_equal(name_at(n, "c008", "a002", 500), "b.example");
	assert_int_equal(dns_names_stats(n)->evicted, 1 + 4 + 8 - 6);
	dns_names_destroy(n);

	n = dns_names_create(0, 0, &key);
	learn(n, "c001", "a001", "one.example", 100, 60);
	assert_string_equal(name_at(n, "c001", "a001", 100), "");
	dns_names_destroy(n);
}

/* Against a plain list, under random names of few clients and addresses. */
static void
test_names_model(void **state)
{
	static const struct siphash_key key = { 1, 2 };
	struct dns_names *n = dns_names_create(100000, 5000000, &key);
	static struct {
		char client[5], address[5], name[8];
		uint64_t from, until, heard;
	} list[4096];
	unsigned nr = 0;
	uint64_t rng = 11;

	(void)state;
	for (uint64_t at = 1; at < 4000; at++) {
		char client[5] = "c000", address[5] = "a000", name[8] = "n0";
		uint32_t ttl = (uint32_t)(test_random(&rng) % 40);
		const char *want = "";
		uint64_t heard = 0, when;
		unsigned i;

		client[3] = (char)('0' + test_random(&rng) % 8);
		address[3] = (char)('0' + test_random(&rng) % 8);
		name[1] = (char)('0' + test_random(&rng) % 3);
		learn(n, client, address, name, at, ttl);
		for (i = 0; i < nr; i++) {
			if (strcmp(list[i].client, client) == 0 &&
			    strcmp(list[i].address, address) == 0 &&
			    strcmp(list[i].name, name) == 0)
				break;
		}
		if (i == nr) {
			nr++;
			strncpy(list[i].client, client, 5);
			strncpy(list[i].address, address, 5);
			strncpy(list[i].name, name, 8);
			list[i].from = at;
			list[i].until = at + ttl;
		} else if (at > list[i].until + 5) {
			list[i].from = at;
			list[i].until = at + ttl;
		} else if (at + ttl > list[i].until) {
			list[i].until = at + ttl;
		}
		list[i].heard = at;
		when = at - test_random(&rng) % (at < 60 ? at : 60);
		for (i = 0; i < nr; i++) {
			if (strcmp(list[i].client, client) == 0 &&
			    strcmp(list[i].address, address) == 0 && when >= list[i].from &&
			    when <= list[i].until + 5 && list[i].heard > heard) {
				want = list[i].name;
				heard = list[i].heard;
			}
		}
		assert_string_equal(name_at(n, client, address, when), want);
	}
	dns_names_destroy(n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_pointer_chain),
		cmocka_unit_test(test_stream_after_gap),
		cmocka_unit_test(test_type_and_rcode_names),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_stream_limits),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_no_room_for_a_query),
		cmocka_unit_test(test_early_answer),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_names_limits),
		cmocka_unit_test(test_names_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
