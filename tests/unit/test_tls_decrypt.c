/*
 * Keys and records of TLS: published vectors, then connections of records sealed here, with every
 * change of keys, in any pieces, with gaps, with secrets that come late.
 */
#include "classify/proto/tls_decrypt.h"

#include "tests/support/guard.h"
#include "tests/support/tls_seal.h"
#include "tests/support/unit.h"

static void
unhex(const char *hex, uint8_t *out)
{
	for (; *hex != '\0'; hex += 2)
		*out++ = (uint8_t)(hex_value((uint8_t)hex[0]) << 4 | hex_value((uint8_t)hex[1]));
}

static void
assert_hex(const uint8_t *got, const char *want)
{
	uint8_t bytes[256];

	unhex(want, bytes);
	assert_memory_equal(got, bytes, strlen(want) / 2);
}

/* ------------------------------------------------------------------ published vectors */

/* RFC 8448 section 3: secrets, keys and IVs of a simple handshake. */
static const struct {
	const char *secret, *key, *iv;
} rfc8448[] = {
	{ "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38",
	  "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30" },
	{ "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21",
	  "dbfaa693d1762c5b666af5d950258d01", "5bd3c71b836e0b76bb73265f" },
	{ "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
	  "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984" },
	{ "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
	  "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9" },
};

static void
test_rfc8448_keys(void **state)
{
	const struct tls_suite *suite = tls_suite_of("TLS_AES_128_GCM_SHA256", TLS_1_3);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rfc8448); i++) {
		uint8_t secret[32];
		struct tls_keys keys;

		unhex(rfc8448[i].secret, secret);
		tls_keys_13(suite, secret, &keys);
		assert_hex(keys.key, rfc8448[i].key);
		assert_hex(keys.iv, rfc8448[i].iv);
	}
}

/* The client's first application data there: fifty bytes that count up. */
static void
test_rfc8448_record(void **state)
{
	static const char record[] =
	    "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd5"
	    "4a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4";
	const struct tls_cipher cipher = { tls_suite_of("TLS_AES_128_GCM_SHA256", TLS_1_3), TLS_1_3,
					   false };
	uint8_t bytes[128], out[128], secret[32];
	struct tls_sealed r = { .header = bytes, .len = 67, .content = out };
	struct tls_keys keys;

	(void)state;
	unhex(record, bytes);
	unhex(rfc8448[3].secret, secret);
	tls_keys_13(cipher.suite, secret, &keys);
	r.fragment = guard_copy(bytes + 5, r.len);
	assert_true(tls_open(&cipher, &keys, &r));
	assert_int_equal(r.content_len, 50);
	assert_int_equal(r.type, 23);
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(out[i], i);
	r.number = 1;
	assert_false(tls_open(&cipher, &keys, &r));
	r.number = 0;
	bytes[20] ^= 1;
	r.fragment = bytes + 5;
	assert_false(tls_open(&cipher, &keys, &r));
}

/* NIST's key block of TLS 1.2 with SHA-256, of the CAVS of TLS key derivation (SP 800-135). */
static void
test_key_block(void **state)
{
	static const char master[] =
	    "202c88c00f84a17a20027079604787461176455539e705be730890602c289a50"
	    "01e34eeb3a043e5d52a65e66125188bf";
	uint8_t secret[48], client[32], server[32];
	struct tls_keys keys[2];

	(void)state;
	unhex(master, secret);
	unhex("62e1fd91f23f558a605f28478c58cf72637b89784d959df7e946d3f07bd1b616", client);
	unhex("ae6c806f8ad4d80784549dff28a4b58fd837681a51d928c3e30ee5ff14f39868", server);
	tls_keys_12(tls_suite_of("TLS_RSA_WITH_AES_256_CBC_SHA", TLS_1_2), TLS_1_2, secret, client,
		    server, keys);
	assert_hex(keys[0].mac, "d06139889fffac1e3a71865f504aa5d0d2a2e895");
	assert_hex(keys[1].mac, "06c6f2279b670c3e1b74f531016a2530c51a3a0f");
	assert_hex(keys[0].key, "7e1d6590d0f0566b2f387f8d11fd4f731cdd572d2eae927f6f2f81410b25e696");
	assert_hex(keys[1].key, "0be68985add6c38445ad9f8c64bf8068bf9a6679485d966f1ad6f68b43495b10");
	assert_hex(keys[0].iv, "a683755ea2b858d70ccac7ec8b053c6b");
	assert_hex(keys[1].iv, "d41ca299d4e51928");
}

static void
test_suites(void **state)
{
	(void)state;
	assert_null(tls_suite_of("TLS_RSA_WITH_RC4_128_SHA", TLS_1_2));
	assert_null(tls_suite_of("TLS_RSA_WITH_3DES_EDE_CBC_SHA", TLS_1_2));
	assert_null(tls_suite_of("0x1234", TLS_1_2));
	assert_null(tls_suite_of(NULL, TLS_1_2));
	assert_null(tls_suite_of("TLS_AES_128_GCM_SHA256", TLS_1_2));
	assert_null(tls_suite_of("TLS_RSA_WITH_AES_128_GCM_SHA256", TLS_1_1));
	assert_null(tls_suite_of("TLS_RSA_WITH_AES_128_CBC_SHA", TLS_VERSION_OTHER));
	assert_non_null(tls_suite_of("TLS_RSA_WITH_AES_128_CBC_SHA", TLS_1_0));
	assert_int_equal(tls_suite_of("TLS_RSA_WITH_AES_256_CCM_8", TLS_1_2)->tag_bytes, 8);
	assert_int_equal(tls_version_of("1.3"), TLS_1_3);
	assert_int_equal(tls_version_of(NULL), TLS_VERSION_OTHER);
}

/* ------------------------------------------------------------------ connections */

enum { HANDSHAKE = 22, DATA = 23 };

struct stream {
	const struct tls_suite *suite;
	struct tls_keys keys;
	uint8_t secret[48];
	uint64_t number;
	uint8_t bytes[262144];
	size_t len;
	size_t begin[512]; /* of each record */
	unsigned nr;
};

static struct stream stream; /* of the client */

static void
use_secret(struct stream *s, const uint8_t *secret)
{
	memcpy(s->secret, secret, s->suite->hash_bytes);
	tls_keys_13(s->suite, secret, &s->keys);
	s->number = 0;
}

static void
key_update(struct stream *s)
{
	uint8_t next[48];

	tls_keys_update(s->suite, s->secret, next);
	use_secret(s, next);
}

static void
seal(struct stream *s, uint8_t type, const uint8_t *content, size_t len, size_t padding)
{
	assert_true(s->len + len + padding + 22 <= sizeof(s->bytes) && s->nr < 512);
	s->begin[s->nr++] = s->len;
	s->len += tls_seal(&s->keys, s->number++, type, content, len, padding, s->bytes + s->len);
}

static void
clear_record(struct stream *s, uint8_t type, size_t len)
{
	s->begin[s->nr++] = s->len;
	memcpy(s->bytes + s->len, (uint8_t[]) { type, 3, 3, 0, (uint8_t)len }, 5);
	memset(s->bytes + s->len + 5, 1, len);
	s->len += 5 + len;
}

struct told {
	const struct tls_secrets *known; /* NULL: nothing yet */
	uint8_t content[262144];
	size_t len;
	uint64_t nr_gaps, gap;
	size_t gap_at; /* of the last one, in content */
};

static struct told told;

static void
on_data(void *arg, unsigned dir, const uint8_t *data, size_t len)
{
	struct told *t = arg;

	assert_int_equal(dir, 0);
	assert_true(t->len + len <= sizeof(t->content));
	memcpy(t->content + t->len, data, len);
	t->len += len;
}

static void
on_gap(void *arg, unsigned dir, uint64_t len)
{
	struct told *t = arg;

	assert_int_equal(dir, 0);
	assert_true(len > 0);
	t->nr_gaps++;
	t->gap += len;
	t->gap_at = t->len;
}

static bool
find(void *arg, const uint8_t *client_random, struct tls_secrets *secrets)
{
	const struct told *t = arg;

	assert_int_equal(client_random[0], 0x11);
	if (t->known == NULL)
		return false;
	*secrets = *t->known;
	return true;
}

static const struct tls_decrypt_out out = { on_data, on_gap, find, &told };

struct rig {
	struct tls_decrypt d;
	struct slab buffers;
	struct tls_secrets secrets;
	struct tls_facts facts;
};

static void
rig_init(struct rig *r)
{
	static const enum tls_secret_label labels[] = {
		TLS_SECRET_CLIENT_EARLY,   TLS_SECRET_CLIENT_HANDSHAKE, TLS_SECRET_SERVER_HANDSHAKE,
		TLS_SECRET_CLIENT_TRAFFIC, TLS_SECRET_SERVER_TRAFFIC,
	};

	memset(r, 0, sizeof(*r));
	assert_int_equal(slab_init(&r->buffers, 4, TLS_DECRYPT_BUFFER_BYTES), 0);
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		r->secrets.len[labels[i]] = 32;
		memset(r->secrets.secret[labels[i]], (int)(0x40 + i), 32);
	}
	r->facts.version = "1.3";
	r->facts.cipher = "TLS_AES_128_GCM_SHA256";
	r->facts.has_client_random = r->facts.has_server_random = true;
	memset(r->facts.client_random, 0x11, 32);
	memset(r->facts.server_random, 0x22, 32);
	tls_decrypt_init(&r->d, &r->buffers);
	memset(&told, 0, sizeof(told));
	told.known = &r->secrets;
	memset(&stream, 0, sizeof(stream));
	stream.suite = tls_suite_of("TLS_AES_128_GCM_SHA256", TLS_1_3);
}

static void
rig_fini(struct rig *r)
{
	tls_decrypt_fini(&r->d);
	assert_int_equal(r->buffers.nr_taken, 0);
	slab_fini(&r->buffers);
}

/* The n-th byte of what the client says. */
static uint8_t
said(size_t n)
{
	return (uint8_t)(n * 31 + n / 251);
}

static size_t
say(size_t from, size_t len, size_t padding)
{
	uint8_t content[16384] = { 0 };

	for (size_t i = 0; i < len; i++)
		content[i] = said(from + i);
	seal(&stream, DATA, content, len, padding);
	return from + len;
}

/* A client's side: hello, early data, end of it, Finished, data, KeyUpdate, data, KeyUpdate, data.
 */
static size_t
make_stream(const struct rig *r, bool early)
{
	size_t at = 0;

	clear_record(&stream, HANDSHAKE, 50);
	if (early) {
		use_secret(&stream, r->secrets.secret[TLS_SECRET_CLIENT_EARLY]);
		at = say(at, 300, 0);
		at = say(at, 20, 7);
		seal(&stream, HANDSHAKE, (const uint8_t *)"\x05\0\0\0", 4, 0);
	}
	clear_record(&stream, 20, 1);
	use_secret(&stream, r->secrets.secret[TLS_SECRET_CLIENT_HANDSHAKE]);
	seal(&stream, HANDSHAKE, (const uint8_t *)"\x14\0\0\x20 finished", 13, 0);
	use_secret(&stream, r->secrets.secret[TLS_SECRET_CLIENT_TRAFFIC]);
	at = say(at, 100, 0);
	at = say(at, 0, 40);
	at = say(at, 16384, 0);
	at = say(at, 1, 300);
	seal(&stream, HANDSHAKE, (const uint8_t *)"\x18\0\0\1\0", 5, 0);
	key_update(&stream);
	at = say(at, 700, 0);
	seal(&stream, HANDSHAKE, (const uint8_t *)"\x18\0\0\1\0", 5, 0);
	key_update(&stream);
	return say(at, 50, 0);
}

static void
push(struct rig *r, size_t from, size_t to)
{
	tls_decrypt_push(&r->d, 0, guard_copy(stream.bytes + from, to - from), to - from, &out);
}

static void
check_said(size_t from, size_t at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		assert_int_equal(told.content[at + i], said(from + i));
}

static void
test_splits(void **state)
{
	size_t step = 1;

	(void)state;
	for (size_t at = 0; at < 19000; at += step) {
		size_t len;
		struct rig r;

		rig_init(&r);
		len = make_stream(&r, false);
		assert_true(tls_decrypt_hellos(&r.d, &r.facts));
		push(&r, 0, at < stream.len ? at : stream.len);
		if (at < stream.len)
			push(&r, at, stream.len);
		assert_int_equal(told.len, len);
		check_said(0, 0, len);
		assert_int_equal(told.nr_gaps, 0);
		assert_int_equal(r.d.events[TLS_DECRYPT_FAILED], 0);
		assert_int_equal(r.d.events[TLS_DECRYPT_OPENED], 9);
		assert_int_equal(tls_decrypt_held(&r.d), 0);
		rig_fini(&r);
		step = at > 300 && at < 16000 ? 131 : 7;
	}
}

static void
test_byte_by_byte(void **state)
{
	size_t len;
	struct rig r;

	(void)state;
	rig_init(&r);
	len = make_stream(&r, false);
	assert_true(tls_decrypt_hellos(&r.d, &r.facts));
	for (size_t at = 0; at < stream.len; at++)
		tls_decrypt_push(&r.d, 0, stream.bytes + at, 1, &out);
	assert_int_equal(told.len, len);
	check_said(0, 0, len);
	rig_fini(&r);
}

/* Before the server has said which suite it is; with a secret for it, and without. */
static void
test_early_data(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		bool known = i == 0;
		size_t len, hello;
		struct rig r;

		rig_init(&r);
		len = make_stream(&r, true);
		if (!known)
			r.secrets.len[TLS_SECRET_CLIENT_EARLY] = 0;
		r.facts.early_data = true;
		hello = stream.begin[4]; /* three records of early data behind the hello */
		tls_decrypt_early(&r.d, &r.facts);
		push(&r, 0, hello);
		assert_int_equal(told.len, known ? 320 : 0);
		assert_true(tls_decrypt_hellos(&r.d, &r.facts));
		push(&r, hello, stream.len);
		assert_int_equal(told.len, known ? len : len - 320);
		check_said(known ? 0 : 320, 0, told.len);
		assert_int_equal(r.d.events[TLS_DECRYPT_FAILED], 0);
		rig_fini(&r);
	}
}

/* Whatever of the handshake's secrets is missing, data are read. */
static void
test_traffic_secrets_alone(void **state)
{
	size_t len;
	struct rig r;

	(void)state;
	rig_init(&r);
	len = make_stream(&r, false);
	r.secrets.len[TLS_SECRET_CLIENT_HANDSHAKE] = r.secrets.len[TLS_SECRET_SERVER_HANDSHAKE] = 0;
	assert_true(tls_decrypt_hellos(&r.d, &r.facts));
	push(&r, 0, stream.len);
	assert_int_equal(told.len, len);
	assert_int_equal(told.nr_gaps, 0);
	assert_int_equal(r.d.events[TLS_DECRYPT_FAILED], 0);
	rig_fini(&r);
}

/* Secrets that come behind the n-th record: from then on, with a gap at the beginning. */
static void
test_late_secrets(void **state)
{
	(void)state;
	for (unsigned n = 2; n < 7; n++) {
		static const size_t missed[] = { 0, 0, 0, 0, 100, 100, 16484 };
		size_t len;
		struct rig r;

		rig_init(&r);
		len = make_stream(&r, false);
		told.known = NULL;
		assert_true(tls_decrypt_hellos(&r.d, &r.facts));
		push(&r, 0, stream.begin[n]);
		assert_int_equal(told.len, 0);
		told.known = &r.secrets;
		push(&r, stream.begin[n], stream.len);
		assert_int_equal(told.len, len - missed[n]);
		check_said(missed[n], 0, told.len);
		assert_int_equal(told.nr_gaps, missed[n] != 0);
		rig_fini(&r);
	}
}

/* Many records, then one gap that begins and ends anywhere. */
static void
test_gaps(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (unsigned n = 0; n < 300; n++) {
		size_t len = 0, from, to, got;
		struct rig r;

		rig_init(&r);
		use_secret(&stream, r.secrets.secret[TLS_SECRET_CLIENT_TRAFFIC]);
		for (unsigned i = 0; i < 120; i++) {
			size_t size = test_random(&seed) % (i % 10 == 0 ? 5000 : 300);

			len = say(len, size, 0);
			if (i == 60 && n % 3 == 0)
				key_update(&stream);
		}
		from = stream.begin[5] + test_random(&seed) % (stream.len / 2);
		to = from + 1 + test_random(&seed) % (stream.begin[110] - from);
		assert_true(tls_decrypt_hellos(&r.d, &r.facts));
		push(&r, 0, from);
		got = told.len;
		tls_decrypt_gap(&r.d, 0, to - from, &out);
		push(&r, to, stream.len);
		check_said(0, 0, got);
		assert_int_equal(told.nr_gaps, 1);
		assert_int_equal(told.gap_at, got);
		check_said(len - (told.len - got), got, told.len - got);
		/* To the byte, but where keys were changed within it. */
		if (n % 3 != 0)
			assert_int_equal(told.len + told.gap, len);
		assert_int_equal(r.d.events[TLS_DECRYPT_GIVEN_UP], 0);
		rig_fini(&r);
	}
}

static void
test_damaged_record(void **state)
{
	size_t len;
	struct rig r;

	(void)state;
	rig_init(&r);
	len = make_stream(&r, false);
	stream.bytes[stream.begin[5] + 100] ^= 4; /* the one of 16384 bytes */
	assert_true(tls_decrypt_hellos(&r.d, &r.facts));
	push(&r, 0, stream.len);
	assert_int_equal(told.nr_gaps, 1);
	assert_int_equal(told.gap, 16384);
	assert_int_equal(told.gap_at, 100);
	assert_int_equal(told.len, len - 16384);
	assert_int_equal(r.d.events[TLS_DECRYPT_FAILED], 1);
	rig_fini(&r);
}

/* Nothing comes out, and after some records nothing more is tried. */
static void
test_wrong_secret(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	use_secret(&stream, r.secrets.secret[TLS_SECRET_CLIENT_TRAFFIC]);
	for (unsigned i = 0; i < 100; i++)
		say(0, 100, 0);
	memset(r.secrets.secret, 9, sizeof(r.secrets.secret));
	assert_true(tls_decrypt_hellos(&r.d, &r.facts));
	push(&r, 0, stream.len);
	assert_int_equal(told.len + told.nr_gaps, 0);
	assert_int_equal(r.d.events[TLS_DECRYPT_GIVEN_UP], 1);
	assert_int_equal(r.d.events[TLS_DECRYPT_FAILED], TLS_DECRYPT_FAILURES);
	rig_fini(&r);
}

/* A record that there is no buffer for is a gap; those that come whole need one only. */
static void
test_no_buffer(void **state)
{
	void *taken[4];
	size_t len;
	struct rig r;

	(void)state;
	rig_init(&r);
	len = make_stream(&r, false);
	assert_true(tls_decrypt_hellos(&r.d, &r.facts));
	for (unsigned i = 0; i < 4; i++)
		taken[i] = slab_take(&r.buffers);
	push(&r, 0, stream.begin[4]);
	assert_int_equal(r.d.events[TLS_DECRYPT_NO_BUFFER], 2);
	slab_give(&r.buffers, taken[0]);
	push(&r, stream.begin[4], stream.len);
	assert_int_equal(told.len, len - 100);
	/* That the other one was of the handshake, its 13 bytes no content, nobody can know. */
	assert_int_equal(told.gap, 113);
	for (unsigned i = 1; i < 4; i++)
		slab_give(&r.buffers, taken[i]);
	rig_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc8448_keys),   cmocka_unit_test(test_rfc8448_record),
		cmocka_unit_test(test_key_block),      cmocka_unit_test(test_suites),
		cmocka_unit_test(test_splits),	       cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_early_data),     cmocka_unit_test(test_traffic_secrets_alone),
		cmocka_unit_test(test_late_secrets),   cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_damaged_record), cmocka_unit_test(test_wrong_secret),
		cmocka_unit_test(test_no_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
