/*
 * dtls: a handshake with its hellos and its certificate in pieces of any size and order.
 */
#include "tests/support/unit.h"

#include "classify/proto/dtls.h"
#include "tests/support/guard.h"
#include "tests/support/hello.h"

static const int ciphers[] = { 0xc02b, -1 }, groups[] = { 29, -1 }, algorithms[] = { 0x0403, -1 },
		 client_ext[] = { 0, 10, 11, 13, 16, -1 }, server_ext[] = { 11, -1 };

static const struct hello client = {
	.version = TLS_DTLS_1_2,
	.ciphers = ciphers,
	.extensions = client_ext,
	.sni = "turn.example.com",
	.alpn = "webrtc",
	.groups = groups,
	.algorithms = algorithms,
};

static const struct hello server = {
	.version = TLS_DTLS_1_2,
	.ciphers = ciphers,
	.extensions = server_ext,
};

/* A leaf whose subject is CN=w.example. */
static const char certificate[] = "\0\0\x2a\0\0\x27\x30\x25\x30\x21\2\1\1\x30\0\x30\0\x30\0\x30\x14"
				  "\x31\x12\x30\x10\6\3\x55\4\3\x13\x09w.example\x30\0\x30\0";

static struct bytes client_body, server_body, certificate_body;

static int
make_bodies(void **state)
{
	static struct bytes tls;

	(void)state;
	put_client_hello(&tls, &client);
	/* The cookie comes after the session id, which is empty here: at 2 + 32 + 1. */
	put(&client_body, tls.b, 35);
	put(&client_body, "\4cook", 5);
	put(&client_body, tls.b + 36, tls.len - 36);
	put_server_hello(&server_body, &server, NULL);
	put(&certificate_body, certificate, sizeof(certificate) - 1);
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
	snprintf(s->text, sizeof(s->text), "%s%s %s %.40s %.10s %.10s%s %.40s",
		 f->client_hello_seen ? "c" : "", f->server_hello_seen ? "s" : "",
		 f->version != NULL ? f->version : "-", f->sni, f->nr_alpn != 0 ? f->alpn[0] : "-",
		 f->ja4, f->incomplete ? " incomplete" : "", f->certificate.subject);
}

struct run {
	struct slab buffers;
	struct dtls d;
	struct seen seen;
	uint64_t pushed;
};

static void
run_init(struct run *r, uint32_t nr_buffers)
{
	memset(r, 0, sizeof(*r));
	assert_int_equal(slab_init(&r->buffers, nr_buffers, TLS_BUFFER_BYTES), 0);
	dtls_init(&r->d, &r->buffers);
}

static void
run_fini(struct run *r)
{
	dtls_end(&r->d, on_facts, &r->seen);
	assert_int_equal(r->buffers.nr_taken, 0);
	assert_int_equal(r->d.clear_bytes + r->d.encrypted_bytes, r->pushed);
	assert_true(r->seen.nr <= 1);
	dtls_fini(&r->d);
	slab_fini(&r->buffers);
}

static void
put_record(struct bytes *o, unsigned type, unsigned epoch, const struct bytes *fragment)
{
	put_u8(o, type);
	put_u16(o, TLS_DTLS_1_2);
	put_u16(o, epoch);
	put_fill(o, 0, 6);
	put_u16(o, (unsigned)fragment->len);
	put(o, fragment->b, fragment->len);
}

static void
put_piece(struct bytes *o, unsigned type, unsigned sequence, const struct bytes *body, size_t from,
	  size_t to)
{
	static struct bytes m;

	m.len = 0;
	put_u8(&m, type);
	put_u8(&m, 0);
	put_u16(&m, (unsigned)body->len);
	put_u16(&m, sequence);
	put_u8(&m, 0);
	put_u16(&m, (unsigned)from);
	put_u8(&m, 0);
	put_u16(&m, (unsigned)(to - from));
	put(&m, body->b + from, to - from);
	put_record(o, 22, 0, &m);
}

static void
push(struct run *r, unsigned dir, struct bytes *o)
{
	dtls_push(&r->d, dir, guard_copy(o->b, o->len), o->len, on_facts, &r->seen);
	r->pushed += o->len;
	o->len = 0;
}

/* A message cut in two; the second half first when told so. */
static void
push_message(struct run *r, unsigned dir, unsigned type, unsigned sequence,
	     const struct bytes *body, size_t cut, bool swap)
{
	static struct bytes o;

	if (cut >= body->len)
		cut = body->len;
	put_piece(&o, type, sequence, body, swap ? cut : 0, swap ? body->len : cut);
	if (cut == body->len)
		goto out;
	push(r, dir, &o);
	put_piece(&o, type, sequence, body, swap ? 0 : cut, swap ? cut : body->len);
out:
	push(r, dir, &o);
}

static const char want[] = "cs 1.2 turn.example.com webrtc dd2d0105wc CN=w.example";

static void
test_pieces(void **state)
{
	static struct run r;
	static struct bytes data = { 20, "twenty bytes of data" };
	static struct bytes o;

	(void)state;
	for (size_t cut = 1; cut <= client_body.len; cut++) {
		bool swap = cut % 2 == 0 && cut < client_body.len;

		run_init(&r, 3);
		push_message(&r, 0, 1, 0, &client_body, cut, swap);
		push_message(&r, 1, 2, 0, &server_body, cut % server_body.len + 1, false);
		push_message(&r, 1, 11, 1, &certificate_body, cut % 40 + 1, cut % 3 == 0);
		put_record(&o, 23, 1, &data);
		push(&r, 0, &o);
		run_fini(&r);
		assert_string_equal(r.seen.text, want);
		assert_int_equal(r.d.encrypted_bytes, 33);
	}
}

/* All of a flight in one datagram, after a HelloVerifyRequest and the hello said twice. */
static void
test_flight(void **state)
{
	static struct bytes verify = { 3, { 0xfe, 0xff, 0 } };
	static struct bytes o;
	static struct run r;

	(void)state;
	run_init(&r, 3);
	push_message(&r, 0, 1, 0, &client_body, SIZE_MAX, false);
	push_message(&r, 1, 3, 0, &verify, SIZE_MAX, false);
	push_message(&r, 0, 1, 1, &client_body, SIZE_MAX, false);
	put_piece(&o, 2, 1, &server_body, 0, server_body.len);
	put_piece(&o, 11, 2, &certificate_body, 0, certificate_body.len);
	put_u8(&o, 0x2e); /* ciphertext under the short header of 1.3 */
	put_fill(&o, 'x', 30);
	push(&r, 1, &o);
	run_fini(&r);
	assert_string_equal(r.seen.text, want);
	assert_int_equal(r.d.encrypted_bytes, 31);
}

static void
test_cut_and_broken(void **state)
{
	static struct bytes o, all;
	static struct run r;

	(void)state;
	/* The rest of the hello is never seen. */
	run_init(&r, 3);
	put_piece(&o, 1, 0, &client_body, 0, 90);
	push(&r, 0, &o);
	run_fini(&r);
	assert_string_equal(r.seen.text, "c - turn.example.com -  incomplete ");
	/* Another message begins: the one before is given up. */
	run_init(&r, 3);
	put_piece(&o, 1, 0, &client_body, 0, 90);
	push(&r, 0, &o);
	push_message(&r, 0, 1, 1, &client_body, 50, false);
	run_fini(&r);
	assert_string_equal(r.seen.text, "c - turn.example.com -  incomplete ");
	/* No buffer. */
	run_init(&r, 0);
	push_message(&r, 0, 1, 0, &client_body, 50, false);
	run_fini(&r);
	assert_int_equal(r.d.events[DTLS_NO_BUFFER], 2);
	/* A datagram that ends too early is no record. */
	put_piece(&all, 1, 0, &client_body, 0, client_body.len);
	for (size_t len = 1; len < all.len; len++) {
		run_init(&r, 3);
		put(&o, all.b, len);
		push(&r, 0, &o);
		assert_int_equal(r.d.events[DTLS_BROKEN], 1);
		run_fini(&r);
		assert_int_equal(r.seen.nr, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_flight),
		cmocka_unit_test(test_cut_and_broken),
	};

	return cmocka_run_group_tests(tests, make_bodies, NULL);
}
