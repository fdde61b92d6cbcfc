/*
 * quic: the standards' own keys; then connections written as words, a datagram each, whose hellos
 * come in any cut and order.
 */
#include "tests/support/unit.h"

#include "classify/proto/quic.h"
#include "tests/support/guard.h"
#include "tests/support/hello.h"
#include "tests/support/quic_packet.h"

static const struct key_case {
	const char *name;
	uint32_t version;
	bool server;
	const char *key, *iv, *hp;
} key_cases[] = {
	{ "RFC 9001 A.1, client", QUIC_VERSION_1, false,
	  "\x1f\x36\x96\x13\xdd\x76\xd5\x46\x77\x30\xef\xcb\xe3\xb1\xa2\x2d",
	  "\xfa\x04\x4b\x2f\x42\xa3\xfd\x3b\x46\xfb\x25\x5c",
	  "\x9f\x50\x44\x9e\x04\xa0\xe8\x10\x28\x3a\x1e\x99\x33\xad\xed\xd2" },
	{ "RFC 9001 A.1, server", QUIC_VERSION_1, true,
	  "\xcf\x3a\x53\x31\x65\x3c\x36\x4c\x88\xf0\xf3\x79\xb6\x06\x7e\x37",
	  "\x0a\xc1\x49\x3c\xa1\x90\x58\x53\xb0\xbb\xa0\x3e",
	  "\xc2\x06\xb8\xd9\xb9\xf0\xf3\x76\x44\x43\x0b\x49\x0e\xea\xa3\x14" },
	{ "RFC 9369 A.1, client", QUIC_VERSION_2, false,
	  "\x8b\x1a\x0b\xc1\x21\x28\x42\x90\xa2\x9e\x09\x71\xb5\xcd\x04\x5d",
	  "\x91\xf7\x3e\x23\x51\xd8\xfa\x91\x66\x0e\x90\x9f",
	  "\x45\xb9\x5e\x15\x23\x5d\x6f\x45\xa6\xb1\x9c\xbc\xb0\x29\x4b\xa9" },
	{ "RFC 9369 A.1, server", QUIC_VERSION_2, true,
	  "\x82\xdb\x63\x78\x61\xd5\x5e\x1d\x01\x1f\x19\xea\x71\xd5\xd2\xa7",
	  "\xdd\x13\xc2\x76\x49\x9c\x02\x49\xd3\x31\x06\x52",
	  "\xed\xf6\xd0\x5c\x83\x12\x12\x01\xb4\x36\xe1\x68\x77\x59\x3c\x3a" },
};

static void
test_keys(void **state)
{
	struct span id = span_of("\x83\x94\xc8\xf0\x3e\x51\x57\x08", 8);
	struct quic_keys k;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(key_cases); i++) {
		const struct key_case *t = &key_cases[i];

		print_message("%s\n", t->name);
		assert_true(quic_keys_derive(&k, t->version, id, t->server));
		assert_memory_equal(k.key, t->key, 16);
		assert_memory_equal(k.iv, t->iv, 12);
		assert_memory_equal(k.hp, t->hp, 16);
	}
	assert_false(quic_keys_derive(&k, 0xff000000, id, false));
}

static void
test_version_text(void **state)
{
	static const struct {
		uint32_t version;
		const char *want;
	} versions[] = {
		{ 1, "1" },
		{ 0x6b3343cf, "2" },
		{ 0xff00001d, "draft-29" },
		{ 0x51303530, "Q050" },
		{ 0x54303531, "T051" },
		{ 0xfaceb002, "0xfaceb002" },
		{ 0xff0000ff, "0xff0000ff" },
	};
	char text[QUIC_VERSION_CAP];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++)
		assert_string_equal(quic_version_text(versions[i].version, text), versions[i].want);
}

/* ------------------------------------------------------------------ connections */

static const int ciphers[] = { 0x1301, -1 }, versions[] = { 0x0304, -1 }, groups[] = { 29, -1 },
		 algorithms[] = { 0x0403, -1 }, client_ext[] = { 0, 10, 13, 16, 43, 51, -1 },
		 early_ext[] = { 0, 10, 13, 16, 42, 43, 51, 41, -1 }, server_ext[] = { 43, 51, -1 };

static const struct hello client = {
	.version = 0x0303,
	.ciphers = ciphers,
	.extensions = client_ext,
	.sni = "api.example.com",
	.alpn = "h3",
	.groups = groups,
	.algorithms = algorithms,
	.versions = versions,
	.key_share = 1216, /* post-quantum: the hello does not fit one packet */
};

static const struct hello server = {
	.version = 0x0303,
	.ciphers = ciphers,
	.extensions = server_ext,
	.versions = versions,
	.key_share = 36,
};

static const uint8_t retry_random[32] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
	0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
	0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

static struct bytes client_message, early_message, server_message, retry_message;

static void
message(struct bytes *o, unsigned type, const struct bytes *body)
{
	o->len = 0;
	put_u8(o, type);
	put_u8(o, 0);
	put_u16(o, (unsigned)body->len);
	put(o, body->b, body->len);
}

static int
make_messages(void **state)
{
	static struct bytes body;
	struct hello early = client;

	(void)state;
	put_client_hello(&body, &client);
	message(&client_message, 1, &body);
	early.extensions = early_ext;
	body.len = 0;
	put_client_hello(&body, &early);
	message(&early_message, 1, &body);
	body.len = 0;
	put_server_hello(&body, &server, NULL);
	message(&server_message, 2, &body);
	body.len = 0;
	put_server_hello(&body, &server, retry_random);
	message(&retry_message, 2, &body);
	return 0;
}

struct seen {
	unsigned nr;
	char text[400];
};

static void
on_facts(void *arg, const struct tls_facts *f)
{
	struct seen *s = arg;

	s->nr++;
	snprintf(s->text, sizeof(s->text), "%s%s %s %s %s %.9s%s%s%s",
		 f->client_hello_seen ? "c" : "", f->server_hello_seen ? "s" : "",
		 f->version != NULL ? f->version : "-", f->sni, f->nr_alpn != 0 ? f->alpn[0] : "-",
		 f->ja4, f->early_data ? " early" : "", f->resumed ? " resumed" : "",
		 f->incomplete ? " incomplete" : "");
}

static uint8_t scratch[4096];

struct run {
	struct slab buffers;
	struct quic q;
	struct seen seen;
	uint64_t pushed;
	uint32_t version;
	struct span first_id; /* that the client chose */
	struct span key_id;
	uint8_t number;
};

static void
run_init(struct run *r, uint32_t nr_buffers)
{
	memset(r, 0, sizeof(*r));
	assert_int_equal(slab_init(&r->buffers, nr_buffers, TLS_BUFFER_BYTES), 0);
	quic_init(&r->q, &r->buffers, scratch, sizeof(scratch));
	r->version = QUIC_VERSION_1;
	r->key_id = span_of("client's", 8);
}

static void
run_fini(struct run *r)
{
	quic_end(&r->q, on_facts, &r->seen);
	assert_int_equal(r->buffers.nr_taken, 0);
	assert_int_equal(r->q.clear_bytes + r->q.encrypted_bytes, r->pushed);
	assert_true(r->seen.nr <= 1);
	quic_fini(&r->q);
	slab_fini(&r->buffers);
}

/* As guard_copy, but in one place for all: there are more datagrams than mappings. */
static const uint8_t *
at_page_end(const uint8_t *data, size_t len)
{
	static const uint8_t blank[8192];
	static uint8_t *end;

	if (end == NULL)
		end = guard_copy(blank, sizeof(blank)) + sizeof(blank);
	memcpy(end - len, data, len);
	return end - len;
}

static void
push(struct run *r, unsigned dir, const uint8_t *data, size_t len)
{
	quic_push(&r->q, dir, at_page_end(data, len), len, on_facts, &r->seen);
	r->pushed += len;
}

static void
put_crypto(struct bytes *o, const struct bytes *m, size_t from, size_t to, size_t base)
{
	put_u8(o, 6);
	put_u16(o, (unsigned)(0x4000 | (base + from)));
	put_u16(o, (unsigned)(0x4000 | (to - from)));
	put(o, m->b + from, to - from);
}

static size_t
seal(struct run *r, bool from_server, const struct bytes *frames, uint8_t *out)
{
	struct quic_packet p = {
		.version = r->version,
		.server = from_server,
		.key_id = r->key_id,
		.dcid = from_server ? span_of(NULL, 0) : r->key_id,
		.scid = from_server ? span_of("server's", 8) : span_of(NULL, 0),
		.number = r->number++,
	};

	return quic_packet_seal(&p, frames->b, frames->len, out);
}

static void
push_initial(struct run *r, unsigned dir, bool from_server, const struct bytes *frames)
{
	static uint8_t out[8192];

	push(r, dir, out, seal(r, from_server, frames, out));
}

/* One message, from an offset of the stream of messages on, cut in two packets. */
static void
push_message(struct run *r, bool from_server, const struct bytes *m, size_t base, size_t cut)
{
	static struct bytes f;

	f.len = 0;
	put_crypto(&f, m, 0, cut, base);
	put_fill(&f, 0, 40);
	push_initial(r, from_server, from_server, &f);
	f.len = 0;
	put_u8(&f, 1);
	put_crypto(&f, m, cut, m->len, base);
	put(&f, "\2\0\0\0\0", 5); /* an ACK */
	push_initial(r, from_server, from_server, &f);
}

static void
push_retry(struct run *r)
{
	static const uint8_t retry[] =
	    "\xf0\0\0\0\1\0\x08retry id token and an integrity tag of 16";

	push(r, 1, retry, sizeof(retry) - 1);
	r->key_id = span_of("retry id", 8);
}

#define FULL  "cs 1.3 api.example.com h3 q13d0106h"
#define EARLY "cs 1.3 api.example.com h3 q13d0108h early"
#define HALF  "c - api.example.com h3 q13d0106h incomplete"

static const struct quic_case {
	const char *name;
	const char *in;
	const char *want; /* NULL: nothing is told */
} cases[] = {
	{ "v1", "C S", FULL },
	{ "v2", "2 C S", FULL },
	{ "draft 29", "d C S", FULL },
	{ "a flight afterwards", "C S h h h", FULL },
	{ "server in another version", "C 2 S", FULL },
	{ "early data", "E z S", EARLY },
	{ "retry by packet", "C R C S", FULL },
	{ "retry by hello", "C H C+ S+", FULL },
	{ "everything twice", "C C S S", FULL },
	{ "client only", "C", HALF },
	{ "server unseen, many others", "C h h h h h h h h h h h h h h h h h h h", HALF },
	{ "server only", "S", NULL },
	{ "noise", "n n n", NULL },
	{ "noise in between", "n C n S n", FULL },
	{ "version negotiation", "C v 2 C S", FULL },
	{ "another connection on the same addresses", "c N C S", FULL },
};

static void
push_word(struct run *r, const char *word, size_t cut)
{
	size_t cut_server = cut % server_message.len;
	static const uint8_t negotiation[] = "\x80\0\0\0\0\x08"
					     "client's\0\x6b\x33\x43\xcf";
	static const uint8_t handshake[] = "\xe0\0\0\0\1\0\x08server's\x1a"
					   "ciphertext of 26 bytes....";
	static const uint8_t noise[] = "\xc0\0\0\0\1\x04"
				       "noip\0\0\x20"
				       "thirty-two bytes without a tag..";
	bool second = word[1] == '+';

	switch (word[0]) {
	case '2':
		r->version = QUIC_VERSION_2;
		break;
	case 'd':
		r->version = 0xff00001d;
		break;
	case 'C':
		push_message(r, false, &client_message, second ? client_message.len : 0, cut);
		break;
	case 'c': /* its first part only */
		push_message(r, false, &early_message, 4000, cut);
		break;
	case 'E':
		push_message(r, false, &early_message, 0, cut);
		break;
	case 'S':
		push_message(r, true, &server_message, second ? retry_message.len : 0, cut_server);
		break;
	case 'H':
		push_message(r, true, &retry_message, 0, cut_server);
		break;
	case 'R':
		push_retry(r);
		break;
	case 'N':
		r->key_id = span_of("another one", 11);
		break;
	case 'h':
		push(r, 1, handshake, sizeof(handshake) - 1);
		break;
	case 'z': /* 0-RTT differs from it in the type */
		push(r, 0,
		     (const uint8_t *)"\xd0\0\0\0\1\0\0\x04"
				      "data",
		     12);
		break;
	case 'v':
		push(r, 1, negotiation, sizeof(negotiation) - 1);
		break;
	default:
		push(r, 0, noise, sizeof(noise) - 1);
		break;
	}
}

static void
run_case(const struct quic_case *t, size_t cut)
{
	static struct run r;

	run_init(&r, 3);
	for (const char *at = t->in; *at != '\0'; at += strcspn(at, " "), at += *at == ' ')
		push_word(&r, at, cut);
	run_fini(&r);
	if (t->want == NULL)
		assert_int_equal(r.seen.nr, 0);
	else
		assert_string_equal(r.seen.text, t->want);
}

static void
test_connections(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%s\n", cases[i].name);
		for (size_t cut = 0; cut < client_message.len; cut += cut < 8 ? 1 : 131)
			run_case(&cases[i], cut);
	}
}

/* Frames as some browsers send them: many, in no order, some bytes twice, over two packets. */
static void
test_shuffled(void **state)
{
	static struct run r;
	static struct bytes f;
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		size_t piece = 1 + round % 97 * 7, nr = (client_message.len + piece - 1) / piece;
		size_t order[2048];

		for (size_t i = 0; i < nr; i++) {
			size_t j = (seed = seed * 1664525u + 1013904223u) % (i + 1);

			order[i] = order[j];
			order[j] = i;
		}
		run_init(&r, 3);
		f.len = 0;
		for (size_t i = 0; i < nr; i++) {
			size_t from = order[i] * piece, to = from + piece + round % 3;

			put_crypto(&f, &client_message, from,
				   to < client_message.len ? to : client_message.len, 0);
			if (f.len > 1100 || i + 1 == nr) {
				push_initial(&r, 0, false, &f);
				f.len = 0;
			}
		}
		push_message(&r, true, &server_message, 0, 5);
		run_fini(&r);
		if (nr / (1100 / (piece + 5) + 1) < QUIC_MAX_INITIALS)
			assert_string_equal(r.seen.text, FULL);
	}
}

/* Several packets in one datagram, and the directions the other way round. */
static void
test_coalesced(void **state)
{
	static uint8_t out[8192];
	static struct bytes f;
	static struct run r;
	size_t len, first;

	(void)state;
	run_init(&r, 3);
	put_crypto(&f, &client_message, 600, client_message.len, 0);
	len = first = seal(&r, false, &f, out);
	f.len = 0;
	put_crypto(&f, &client_message, 0, 600, 0);
	len += seal(&r, false, &f, out + len);
	memset(out + len, 0, 50); /* padding after the last */
	push(&r, 1, out, len + 50);
	assert_true(first < len);
	f.len = 0;
	put_crypto(&f, &server_message, 0, server_message.len, 0);
	push_initial(&r, 0, true, &f);
	run_fini(&r);
	assert_string_equal(r.seen.text, FULL);
	assert_int_equal(r.q.clear_bytes, r.pushed - 50);
}

/* A hole at the start, or in the middle: what is before it is read at the end. */
static void
test_cut_off(void **state)
{
	static struct bytes f;
	static struct run r;

	(void)state;
	f.len = 0;
	put_crypto(&f, &client_message, 0, 300, 0);
	run_init(&r, 3);
	push_initial(&r, 0, false, &f);
	run_fini(&r);
	assert_string_equal(r.seen.text, "c - api.example.com h3  incomplete");
	assert_int_equal(r.q.tls.events[TLS_BROKEN_HELLO], 1);
	f.len = 0;
	put_crypto(&f, &client_message, 300, 600, 0);
	run_init(&r, 3);
	push_initial(&r, 0, false, &f);
	run_fini(&r);
	assert_int_equal(r.seen.nr, 0);
}

static void
test_limits(void **state)
{
	static struct bytes f;
	static struct run r;

	(void)state;
	/* No buffer for a hello in pieces. */
	run_init(&r, 0);
	push_message(&r, false, &client_message, 0, 100);
	run_fini(&r);
	assert_int_equal(r.seen.nr, 0);
	assert_true(r.q.events[QUIC_NO_BUFFER] > 0);
	/* Further off than is kept. */
	f.len = 0;
	put_crypto(&f, &client_message, 0, 1000, 15000);
	run_init(&r, 3);
	push_initial(&r, 0, false, &f);
	run_fini(&r);
	assert_int_equal(r.q.events[QUIC_TOO_LONG], 1);
	/* A flood of Initials is opened only so often. */
	f.len = 0;
	put_fill(&f, 1, 30);
	run_init(&r, 3);
	for (unsigned i = 0; i < 2 * QUIC_MAX_INITIALS; i++)
		push_initial(&r, 0, false, &f);
	run_fini(&r);
	assert_int_equal(r.q.events[QUIC_UNREADABLE], QUIC_MAX_INITIALS);
	/* A frame that may not be there. */
	f.len = 0;
	put_fill(&f, 1, 3);
	put_u8(&f, 0x08);
	put_fill(&f, 1, 30);
	run_init(&r, 3);
	push_initial(&r, 0, false, &f);
	run_fini(&r);
	assert_int_equal(r.q.events[QUIC_BAD_FRAME], 1);
}

/* Google's own hello in the clear: flags, id, version, number, hash, stream frame, CHLO. */
static void
test_google(void **state)
{
	static const uint8_t q043[] = "\x0d"
				      "8 bytes."
				      "Q043"
				      "\1"
				      "hash of twelve"
				      "\xa0\1\0\0"
				      "CHLO\2\0\0\0"
				      "PAD\0\4\0\0\0"
				      "SNI\0\x12\0\0\0"
				      "----"
				      "io.example.com";
	static struct run r;

	(void)state;
	for (size_t len = 1; len < sizeof(q043); len++) {
		run_init(&r, 3);
		push(&r, 0, q043, len);
		run_fini(&r);
		assert_int_equal(r.seen.nr, len == sizeof(q043) - 1);
	}
	assert_string_equal(r.seen.text, "c - io.example.com -  incomplete");
}

static void
test_size(void **state)
{
	(void)state;
	assert_true(sizeof(struct quic) <= 448);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),	    cmocka_unit_test(test_version_text),
		cmocka_unit_test(test_connections), cmocka_unit_test(test_shuffled),
		cmocka_unit_test(test_coalesced),   cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_limits),	    cmocka_unit_test(test_google),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, make_messages, NULL);
}
