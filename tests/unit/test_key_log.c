/* Lines of key logs, however they are cut, and the store that they go to. */
#include <pthread.h>
#include <stdatomic.h>

#include "classify/key_store.h"

#include "tests/support/guard.h"
#include "tests/support/unit.h"

#define R1  "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define S32 "0101010101010101010101010101010101010101010101010101010101010101"
#define S48 S32 "02020202020202020202020202020202"

static const struct row {
	const char *name;
	const char *in;
	unsigned nr_lines, nr_unused, nr_malformed;
	int label; /* of the last line taken */
} rows[] = {
	{ "nothing", "", 0, 0, 0, -1 },
	{ "a master secret", "CLIENT_RANDOM " R1 " " S48 "\n", 1, 0, 0, TLS_SECRET_MASTER },
	{ "no end of line", "CLIENT_RANDOM " R1 " " S48, 1, 0, 0, TLS_SECRET_MASTER },
	{ "CR LF", "SERVER_TRAFFIC_SECRET_0 " R1 " " S32 "\r\n", 1, 0, 0,
	  TLS_SECRET_SERVER_TRAFFIC },
	{ "comments and empty lines", "# " S48 S48 S48 S48 "\n\n\r\n#\n", 0, 0, 0, -1 },
	{ "every label of TLS 1.3",
	  "CLIENT_EARLY_TRAFFIC_SECRET " R1 " " S32 "\nCLIENT_HANDSHAKE_TRAFFIC_SECRET " R1 " " S32
	  "\nSERVER_HANDSHAKE_TRAFFIC_SECRET " R1 " " S48 "\nCLIENT_TRAFFIC_SECRET_0 " R1 " " S48
	  "\nSERVER_TRAFFIC_SECRET_0 " R1 " " S48 "\n",
	  5, 0, 0, TLS_SECRET_SERVER_TRAFFIC },
	{ "of no use here",
	  "EXPORTER_SECRET " R1 " " S32 "\nCLIENT_TRAFFIC_SECRET_1 " R1 " " S32 "\nRSA 0011 2233\n"
	  "ECH_CONFIG " R1 " 00\nNEW_LABEL " R1 " 00\n",
	  0, 5, 0, -1 },
	{ "a master secret has 48 bytes", "CLIENT_RANDOM " R1 " " S32 "\n", 0, 0, 1, -1 },
	{ "half a byte", "CLIENT_TRAFFIC_SECRET_0 " R1 " " S32 "0\n", 0, 0, 1, -1 },
	{ "no hex", "CLIENT_TRAFFIC_SECRET_0 " R1 " " S32 "zz\n", 0, 0, 1, -1 },
	{ "no hex in the random", "CLIENT_RANDOM x" R1 " " S48 "\n", 0, 0, 1, -1 },
	{ "short random", "CLIENT_RANDOM 0011 " S48 "\n", 0, 0, 1, -1 },
	{ "no secret", "CLIENT_RANDOM " R1 "\n", 0, 0, 1, -1 },
	{ "one word", "CLIENT_RANDOM\n", 0, 0, 1, -1 },
	{ "one word too many", "CLIENT_RANDOM " R1 " " S48 " x\n", 0, 0, 1, -1 },
	{ "two blanks", "CLIENT_RANDOM  " R1 " " S48 "\n", 0, 0, 1, -1 },
	{ "no label", "client_random " R1 " " S48 "\n", 0, 0, 1, -1 },
	{ "a line without end, then a good one",
	  "CLIENT_RANDOM " R1 " " S48 S48 S48 "\nCLIENT_RANDOM " R1 " " S48 "\n", 1, 0, 1,
	  TLS_SECRET_MASTER },
};

struct seen {
	unsigned nr;
	int label;
};

static void
see(void *arg, const struct key_log_line *line)
{
	static const uint8_t begin[] = { 0x00, 0x11, 0x22 };
	struct seen *s = arg;

	s->nr++;
	s->label = line->label;
	assert_memory_equal(line->client_random, begin, sizeof(begin));
	assert_int_equal(line->client_random[31], 0xff);
	assert_int_equal(line->secret[0], 1);
	assert_true(line->secret_len == 32 || line->secret[47] == 2);
}

static void
check(const struct row *row, struct key_log *k, struct seen *s)
{
	key_log_end(k, see, s);
	assert_int_equal(k->nr_lines, row->nr_lines);
	assert_int_equal(k->nr_unused, row->nr_unused);
	assert_int_equal(k->nr_malformed, row->nr_malformed);
	assert_int_equal(s->nr, row->nr_lines);
	assert_int_equal(s->label, row->label);
	key_log_fini(k);
}

static void
test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		size_t len = strlen(row->in);
		struct seen one_by_one = { 0, -1 };
		struct key_log k;

		print_message("%s\n", row->name);
		for (size_t at = 0; at <= len; at++) {
			struct seen s = { 0, -1 };

			key_log_init(&k);
			key_log_push(&k, guard_copy(row->in, at), at, see, &s);
			key_log_push(&k, guard_copy(row->in + at, len - at), len - at, see, &s);
			check(row, &k, &s);
		}
		key_log_init(&k);
		for (size_t at = 0; at < len; at++)
			key_log_push(&k, (const uint8_t *)row->in + at, 1, see, &one_by_one);
		check(row, &k, &one_by_one);
	}
}

/* ------------------------------------------------------------------ the store */

static struct key_log_line
line_of(uint32_t session, enum tls_secret_label label)
{
	struct key_log_line line = { .label = label, .secret_len = 32 };

	memcpy(line.client_random, &session, sizeof(session));
	memset(line.secret, (int)(session * 7 + label), sizeof(line.secret));
	return line;
}

static bool
find(const struct key_store *k, uint32_t session, struct tls_secrets *out)
{
	uint8_t client_random[TLS_RANDOM_BYTES] = { 0 };

	memcpy(client_random, &session, sizeof(session));
	return key_store_find(k, client_random, out);
}

static void
add(struct key_store *k, uint32_t session, enum tls_secret_label label)
{
	struct key_log_line line = line_of(session, label);

	key_store_add(k, &line);
}

static void
test_oldest_goes(void **state)
{
	struct key_store_counters c;
	struct tls_secrets s;
	struct key_store *k;

	(void)state;
	assert_int_equal(key_store_create(100, &k), 0);
	assert_false(find(k, 1, &s));
	for (uint32_t i = 0; i < 1000; i++) {
		add(k, i, TLS_SECRET_CLIENT_TRAFFIC);
		add(k, i, TLS_SECRET_SERVER_TRAFFIC);
		for (uint32_t j = i < 120 ? 0 : i - 120; j <= i; j++) {
			assert_int_equal(find(k, j, &s), j + 100 > i);
			if (j + 100 <= i)
				continue;
			assert_int_equal(s.len[TLS_SECRET_CLIENT_TRAFFIC], 32);
			assert_int_equal(s.len[TLS_SECRET_SERVER_TRAFFIC], 32);
			assert_int_equal(s.len[TLS_SECRET_MASTER], 0);
			assert_int_equal(s.secret[TLS_SECRET_SERVER_TRAFFIC][31],
					 (uint8_t)(j * 7 + TLS_SECRET_SERVER_TRAFFIC));
		}
	}
	key_store_counters(k, &c);
	assert_int_equal(c.sessions, 100);
	assert_int_equal(c.evicted, 900);
	key_store_destroy(k);
	key_store_destroy(NULL);
}

struct race {
	struct key_store *k;
	_Atomic bool over;
	_Atomic uint64_t nr_found;
};

/* A secret is never half of one session and half of another. */
static void *
look(void *arg)
{
	struct race *r = arg;
	uint64_t seed = 1, found = 0;

	while (!atomic_load(&r->over)) {
		uint32_t session = (uint32_t)(test_random(&seed) % 64);
		struct tls_secrets s;

		if (!find(r->k, session, &s))
			continue;
		found++;
		for (unsigned i = 0; i < 32; i++) {
			if (s.secret[TLS_SECRET_MASTER][i] != (uint8_t)(session * 7))
				abort();
		}
	}
	atomic_fetch_add(&r->nr_found, found);
	return NULL;
}

static void
test_readers_beside_the_writer(void **state)
{
	struct race r = { 0 };
	pthread_t reader[2];

	(void)state;
	assert_int_equal(key_store_create(16, &r.k), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&reader[i], NULL, look, &r), 0);
	for (uint32_t n = 0; n < 400000; n++)
		add(r.k, n * 31 % 64, TLS_SECRET_MASTER);
	atomic_store(&r.over, true);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(reader[i], NULL);
	print_message("%llu found\n", (unsigned long long)r.nr_found);
	assert_true(r.nr_found > 0);
	key_store_destroy(r.k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_oldest_goes),
		cmocka_unit_test(test_readers_beside_the_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
