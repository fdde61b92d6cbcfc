/*
 * tls: whole connections, written as words, each a record or two; every row whole, byte by byte
 * and split in two everywhere. Then the hellos by themselves.
 */
#include "tests/support/unit.h"

#include "classify/proto/tls.h"
#include "tests/support/guard.h"
#include "tests/support/hello.h"

#define LIST(...) ((const int[]) { __VA_ARGS__, -1 })

static const uint8_t retry_random[32] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
	0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
	0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

/* Hellos by the word that stands for them; those of servers begin with s. */
static const struct named_hello {
	const char *word;
	struct hello h;
} hellos[] = {
	{ "c13",
	  { 0x0303, 'a', LIST(0x1301, 0x1302), LIST(0, 16, 43, 51), "api.example.com.",
	    "h2,http/1.1", NULL, NULL, LIST(0x0304, 0x0303), 32, 0 } },
	{ "cpq",
	  { 0x0303, 'a', LIST(0x1301), LIST(0, 43, 51), "api.example.com", NULL, NULL, NULL,
	    LIST(0x0304), 1300, 0 } },
	{ "cpsk",
	  { 0x0303, 'a', LIST(0x1301), LIST(0, 43, 41), "api.example.com", NULL, NULL, NULL,
	    LIST(0x0304), 0, 0 } },
	{ "cearly",
	  { 0x0303, 'a', LIST(0x1301), LIST(0, 43, 42, 41), "api.example.com", NULL, NULL, NULL,
	    LIST(0x0304), 0, 0 } },
	{ "cech",
	  { 0x0303, 'a', LIST(0x1301), LIST(0, 0xfe0d, 43), "outer.example", NULL, NULL, NULL,
	    LIST(0x0304), 0, 0 } },
	{ "c12",
	  { 0x0303, 'a', LIST(0xc02f), LIST(0), "old.example.com", NULL, NULL, NULL, NULL, 0, 0 } },
	{ "c12new",
	  { 0x0303, 0, LIST(0xc02f), LIST(0, 35), "old.example.com", NULL, NULL, NULL, NULL, 0,
	    0 } },
	{ "cticket",
	  { 0x0303, 0, LIST(0xc02f), LIST(0, 35), "old.example.com", NULL, NULL, NULL, NULL, 0,
	    100 } },
	{ "cbare", { 0x0301, 0, LIST(5), NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 } },
	{ "cbad",
	  { 0x0303, 0, LIST(0xc02f), LIST(0), "bad name\x01", NULL, NULL, NULL, NULL, 0, 0 } },
	{ "chuge",
	  { 0x0303, 0, LIST(0xc02f), LIST(0, 51), "huge.example", NULL, NULL, NULL, NULL, 17000,
	    0 } },
	{ "s13",
	  { 0x0303, 'a', LIST(0x1301), LIST(43, 51), NULL, NULL, NULL, NULL, LIST(0x0304), 32,
	    0 } },
	{ "s13psk",
	  { 0x0303, 'a', LIST(0x1301), LIST(43, 41), NULL, NULL, NULL, NULL, LIST(0x0304), 0, 0 } },
	{ "s13pq",
	  { 0x0303, 'a', LIST(0x1301), LIST(43, 51), NULL, NULL, NULL, NULL, LIST(0x0304), 1120,
	    0 } },
	{ "s12",
	  { 0x0303, 'b', LIST(0xc02f), LIST(16), NULL, "http/1.1", NULL, NULL, NULL, 0, 0 } },
	{ "s12same",
	  { 0x0303, 'a', LIST(0xc02f), LIST(0xff01), NULL, NULL, NULL, NULL, NULL, 0, 0 } },
	{ "s10", { 0x0301, 0, LIST(5), NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 } },
	{ "s30", { 0x0300, 0, LIST(0xabcd), NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 } },
	{ "sretry",
	  { 0x0303, 'a', LIST(0x1301), LIST(43), NULL, NULL, NULL, NULL, LIST(0x0304), 0, 0 } },
};

/*
 * A row is a list of words "<direction><word>": > is from direction 0, < from direction 1.
 *
 *   a hello           in one record; with .N behind it in records of N bytes
 *   cert nst cke done other messages; flight: certificate and done in one record
 *   fin               an encrypted message
 *   ccs app alert     records
 *   gapN              N bytes are lost
 *   half              the first 120 bytes of c13, the name among them
 *   apphead certhead  records without their last 30 and 500 bytes
 *   junk              no TLS
 */
struct event {
	unsigned dir;
	size_t from, to; /* bytes of the script */
	uint64_t gap;	 /* or lost ones */
};

struct script {
	struct bytes b;
	size_t nr;
	struct event event[64];
};

static void
record(struct bytes *o, unsigned type, const uint8_t *data, size_t len)
{
	put_u8(o, type);
	put_u16(o, 0x0303);
	put_u16(o, (unsigned)len);
	put(o, data, len);
}

static void
message(struct bytes *o, unsigned type, size_t len)
{
	put_u8(o, type);
	put_u8(o, 0);
	put_u16(o, (unsigned)len);
	put_fill(o, 'm', len);
}

/* A leaf with a subject and nothing else, and an issuer's of which nothing is read. */
static void
put_certificate(struct bytes *o)
{
	static const char leaf[] = "\x30\x25\x30\x21\2\1\1\x30\0\x30\0\x30\0\x30\x14\x31\x12"
				   "\x30\x10\6\3\x55\4\3\x13\x09w.example\x30\0\x30\0";
	size_t body, list, one;

	put_u8(o, 11);
	body = put_begin(o, 3);
	list = put_begin(o, 3);
	one = put_begin(o, 3);
	put(o, leaf, sizeof(leaf) - 1);
	put_end(o, one, 3);
	one = put_begin(o, 3);
	put_fill(o, 'i', 700);
	put_end(o, one, 3);
	put_end(o, list, 3);
	put_end(o, body, 3);
}

static bool
hello_message(struct bytes *o, const char *word, size_t len)
{
	size_t begin;

	for (size_t i = 0; i < ARRAY_LEN(hellos); i++) {
		const struct named_hello *n = &hellos[i];

		if (strlen(n->word) != len || memcmp(n->word, word, len) != 0)
			continue;
		put_u8(o, word[0] == 'c' ? 1 : 2);
		begin = put_begin(o, 3);
		if (word[0] == 'c')
			put_client_hello(o, &n->h);
		else
			put_server_hello(o, &n->h,
					 strcmp(n->word, "sretry") == 0 ? retry_random : NULL);
		put_end(o, begin, 3);
		return true;
	}
	return false;
}

static void
put_hello_word(struct bytes *o, const char *word)
{
	static struct bytes m;
	size_t len = strcspn(word, ". "), step;

	m.len = 0;
	if (!hello_message(&m, word, len)) {
		print_message("no such word: %s\n", word);
		fail();
	}
	step = word[len] == '.' ? (size_t)strtoul(word + len + 1, NULL, 10) : 16000;
	for (size_t at = 0; at < m.len; at += step)
		record(o, 22, m.b + at, m.len - at < step ? m.len - at : step);
}

static bool
is_word(const char *at, const char *word)
{
	size_t len = strlen(word);

	return strncmp(at, word, len) == 0 && (at[len] == ' ' || at[len] == '\0');
}

static void
put_word(struct bytes *o, const char *word)
{
	static struct bytes m;

	m.len = 0;
	if (is_word(word, "cert"))
		message(&m, 11, 900);
	else if (is_word(word, "nst"))
		message(&m, 4, 60);
	else if (is_word(word, "cke"))
		message(&m, 16, 66);
	else if (is_word(word, "done"))
		message(&m, 14, 0);
	else if (is_word(word, "flight"))
		message(&m, 11, 300), message(&m, 14, 0);
	if (m.len != 0) {
		record(o, 22, m.b, m.len);
		return;
	}
	put_fill(&m, 'x', 40);
	if (is_word(word, "fin"))
		record(o, 22, m.b, 40);
	else if (is_word(word, "ccs"))
		record(o, 20, (const uint8_t *)"\1", 1);
	else if (is_word(word, "alert"))
		record(o, 21, (const uint8_t *)"\2\50", 2);
	else if (is_word(word, "app"))
		record(o, 23, m.b, 40);
	else if (is_word(word, "apphead")) /* a record whose last 30 bytes are lost */
		record(o, 23, m.b, 40), o->len -= 30;
	else if (is_word(word, "x509")) {
		put_certificate(&m);
		record(o, 22, m.b + 40, m.len - 40);
	} else if (is_word(word, "x509half")) {
		put_certificate(&m);
		record(o, 22, m.b + 40, m.len - 40);
		o->len -= 500;
	} else if (is_word(word, "certhead")) {
		message(&m, 11, 960); /* 40 bytes of x are no part of it */
		record(o, 22, m.b + 40, m.len - 40);
		o->len -= 500;
	} else if (is_word(word, "half")) {
		size_t begin = o->len;

		put_hello_word(o, "c13");
		o->len = begin + 120;
	} else if (is_word(word, "junk"))
		put(o, "\x80\x2e\x01\x03\x01 not a record", 19);
	else
		put_hello_word(o, word);
}

static void
read_script(struct script *s, const char *text)
{
	s->nr = 0;
	s->b.len = 0;
	for (const char *at = text; *at != '\0'; at += strcspn(at, " "), at += *at == ' ') {
		struct event *e = &s->event[s->nr++];

		*e = (struct event) { .dir = *at == '<', .from = s->b.len };
		if (strncmp(at + 1, "gap", 3) == 0)
			e->gap = strtoul(at + 4, NULL, 10);
		else
			put_word(&s->b, at + 1);
		e->to = s->b.len;
	}
}

struct seen {
	unsigned nr;
	struct tls_facts facts;
	char text[1024];
};

static void
on_facts(void *arg, const struct tls_facts *f)
{
	struct seen *s = arg;

	s->nr++;
	s->facts = *f;
	if (f->cipher == f->cipher_number)
		s->facts.cipher = s->facts.cipher_number;
	snprintf(s->text, sizeof(s->text), "%s%s %s %s %s>%s%s%s%s%s%s%s",
		 f->client_hello_seen ? "c" : "", f->server_hello_seen ? "s" : "",
		 f->version != NULL ? f->version : "-", f->cipher != NULL ? f->cipher : "-", f->sni,
		 f->alpn_selected, f->resumed ? " resumed" : "", f->early_data ? " early" : "",
		 f->ech ? " ech" : "", f->incomplete ? " incomplete" : "",
		 f->certificate.subject[0] != '\0' ? " " : "", f->certificate.subject);
}

/* How much of the whole is ciphertext depends on no split either. */
struct result {
	struct seen seen;
	uint64_t clear, encrypted, unsynced;
	uint16_t events[TLS_NR_EVENTS];
};

/* As guard_copy, but in one place for all: there are more pieces than mappings. */
static const uint8_t *
at_page_end(const uint8_t *data, size_t len)
{
	static const uint8_t blank[sizeof(((struct bytes *)0)->b)];
	static uint8_t *end;

	if (end == NULL)
		end = guard_copy(blank, sizeof(blank)) + sizeof(blank);
	memcpy(end - len, data, len);
	return end - len;
}

static void
push_pieces(struct tls *t, const struct script *s, const struct event *e, size_t step, size_t cut,
	    struct seen *seen)
{
	for (size_t at = e->from; at < e->to;) {
		size_t n = e->to - at < step ? e->to - at : step;

		if (cut > at && cut < at + n)
			n = cut - at;
		tls_push(t, e->dir, at_page_end(s->b.b + at, n), n, on_facts, seen);
		at += n;
	}
}

static struct result
run(const struct script *s, size_t step, size_t cut, uint32_t nr_buffers)
{
	struct result r = { .seen.nr = 0 };
	struct slab buffers;
	struct tls t;

	assert_int_equal(slab_init(&buffers, nr_buffers, TLS_BUFFER_BYTES), 0);
	tls_init(&t, 't', &buffers);
	for (size_t i = 0; i < s->nr; i++) {
		const struct event *e = &s->event[i];

		if (e->gap != 0)
			tls_gap(&t, e->dir, e->gap, on_facts, &r.seen);
		else
			push_pieces(&t, s, e, step, cut, &r.seen);
	}
	tls_end(&t, on_facts, &r.seen);
	assert_int_equal(buffers.nr_taken, 0);
	tls_fini(&t);
	r.clear = t.clear_bytes;
	r.encrypted = t.encrypted_bytes;
	r.unsynced = t.unsynced_bytes;
	memcpy(r.events, t.events, sizeof(r.events));
	assert_int_equal(r.clear + r.encrypted + r.unsynced, s->b.len);
	slab_fini(&buffers);
	return r;
}

#define AES  "TLS_AES_128_GCM_SHA256"
#define RSA  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
#define RC4  "TLS_RSA_WITH_RC4_128_SHA"
#define API  "api.example.com"
#define OLD  "old.example.com"
#define FULL "cs 1.3 " AES " " API ">"

static const struct tls_case {
	const char *name;
	const char *in;
	const char *want; /* NULL: nothing is told */
	uint64_t encrypted, unsynced;
} cases[] = {
	{ "1.3", ">c13 <s13 <ccs <app <app >ccs >app", FULL, 147, 0 },
	{ "1.3, ends swapped", "<c13 >s13 >app <app", FULL, 90, 0 },
	{ "1.3, post-quantum", ">cpq <s13pq <app", FULL, 45, 0 },
	{ "1.3, hello in many records", ">c13.7 <s13.11 <app", FULL, 45, 0 },
	{ "1.3, hello in records of one byte", ">c13.1 <s13.1 <app", FULL, 45, 0 },
	{ "1.3, psk taken", ">cpsk <s13psk <app", FULL " resumed", 45, 0 },
	{ "1.3, psk refused", ">cpsk <s13 <app", FULL, 45, 0 },
	{ "1.3, early data", ">cearly >ccs >app >app >app <s13psk <app", FULL " resumed early", 165,
	  0 },
	{ "1.3, much early data",
	  ">cearly >app >app >app >app >app >app >app >app >app >app <s13psk <app",
	  FULL " resumed early", 445, 0 },
	{ "1.3, retry", ">c13 <sretry <ccs >ccs >c13 <s13 <app", FULL, 45, 0 },
	{ "1.3, retry after early data", ">cearly >app <sretry >cpsk <s13 <app", FULL, 85, 0 },
	{ "1.3, ech", ">cech <s13", "cs 1.3 " AES " outer.example> ech", 0, 0 },
	{ "1.2", ">c12 <s12 <cert <done >cke >ccs >fin <ccs <fin >app <app",
	  "cs 1.2 " RSA " " OLD ">http/1.1", 80 + 10 + 80 + 12, 0 },
	{ "1.2, certificate", ">c12 <s12 <x509 <done >cke >ccs >fin <ccs <fin",
	  "cs 1.2 " RSA " " OLD ">http/1.1 CN=w.example", 80 + 12, 0 },
	{ "1.2, its beginning", ">c12 <s12 <x509half <gap500 <done >cke >ccs >fin",
	  "cs 1.2 " RSA " " OLD ">http/1.1 CN=w.example", 46, 0 },
	{ "1.2, certificate of a client", ">c12 >x509 <s12 <x509",
	  "cs 1.2 " RSA " " OLD ">http/1.1 CN=w.example", 0, 0 },
	{ "1.2, certificate is cut off", ">c12 <s12 <certhead", "cs 1.2 " RSA " " OLD ">http/1.1",
	  0, 0 },
	{ "1.2, same session id", ">c12 <s12same <ccs <fin >ccs >fin >app",
	  "cs 1.2 " RSA " " OLD "> resumed", 1 + 45 + 1 + 45 + 45, 0 },
	{ "1.2, ticket taken", ">cticket <s12 <nst <ccs <fin",
	  "cs 1.2 " RSA " " OLD ">http/1.1 resumed", 46, 0 },
	{ "1.2, ticket taken, none new", ">cticket <s12 <ccs <fin",
	  "cs 1.2 " RSA " " OLD ">http/1.1 resumed", 46, 0 },
	{ "1.2, ticket refused", ">cticket <s12 <flight", "cs 1.2 " RSA " " OLD ">http/1.1", 0, 0 },
	{ "1.2, first ticket", ">c12new <s12 <flight <nst", "cs 1.2 " RSA " " OLD ">http/1.1", 0,
	  0 },
	{ "1.2, ticket left open", ">cticket <s12", "cs 1.2 " RSA " " OLD ">http/1.1 incomplete", 0,
	  0 },
	{ "1.0 without extensions", ">cbare <s10 <cert", "cs 1.0 " RC4 " >", 0, 0 },
	{ "ssl 3.0, unknown suite", ">cbare <s30", "cs - 0xABCD >", 0, 0 },
	{ "server first", "<s13 >c13", FULL, 0, 0 },
	{ "server first, 1.2", "<s12same >c12", "cs 1.2 " RSA " " OLD "> resumed", 0, 0 },
	{ "client only", ">c13 >ccs >app", "c - - " API "> incomplete", 40, 0 },
	{ "client only, long", ">c13 >app >app >app >app >app >app >app >app >app",
	  "c - - " API "> incomplete", 360, 0 },
	{ "server only", "<s12 <cert", "s 1.2 " RSA " >http/1.1 incomplete", 0, 0 },
	{ "refused", ">c13 <alert", "c - - " API "> incomplete", 0, 0 },
	{ "neither hello", ">app <app <app", NULL, 120, 0 },
	{ "no tls", ">junk <junk", NULL, 0, 28 },
	{ "no tls answers", ">c13 <junk", "c - - " API "> incomplete", 14, 0 },
	{ "name left out", ">cbad <s12", "cs 1.2 " RSA " >http/1.1", 0, 0 },
	{ "second hello ignored", ">c13 >c12 <s13", FULL, 0, 0 },
	{ "longer than is kept", ">chuge <s12", "cs 1.2 " RSA " huge.example>http/1.1 incomplete",
	  0, 0 },
	{ "gap in hello", ">half >gap20 >app <s13", "cs 1.3 " AES " " API "> incomplete", 0, 45 },
	{ "gap before the other hello", ">c13 <gap400 <app", "c - - " API "> incomplete", 45, 0 },
	{ "gap in ciphertext", ">apphead >gap30 >c13 <s13", FULL, 10, 0 },
	{ "gap in certificate", ">cticket <s12 <certhead <gap500 <done",
	  "cs 1.2 " RSA " " OLD ">http/1.1", 0, 0 },
	{ "gap too long", ">apphead >gap31 >app", NULL, 55, 0 },
	{ "gap at the start", ">gap1 >app", NULL, 0, 45 },
	{ "hello cut off", ">half", "c - - " API "> incomplete", 0, 0 },
};

static void
same(const struct result *a, const struct result *b)
{
	assert_int_equal(a->seen.nr, b->seen.nr);
	assert_string_equal(a->seen.text, b->seen.text);
	assert_string_equal(a->seen.facts.ja3, b->seen.facts.ja3);
	assert_string_equal(a->seen.facts.ja3s, b->seen.facts.ja3s);
	assert_string_equal(a->seen.facts.ja4, b->seen.facts.ja4);
	assert_int_equal(a->encrypted, b->encrypted);
	assert_int_equal(a->unsynced, b->unsynced);
	assert_memory_equal(a->events, b->events, sizeof(a->events));
}

static void
test_connections(void **state)
{
	static struct script s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct tls_case *t = &cases[i];
		struct result whole, r;

		print_message("%s\n", t->name);
		read_script(&s, t->in);
		whole = run(&s, SIZE_MAX, 0, 3);
		assert_int_equal(whole.seen.nr, t->want != NULL);
		if (t->want != NULL)
			assert_string_equal(whole.seen.text, t->want);
		assert_int_equal(whole.encrypted, t->encrypted);
		assert_int_equal(whole.unsynced, t->unsynced);
		if (s.b.len > 4000)
			continue; /* a page each: the long one is split below */
		r = run(&s, 1, 0, 3);
		same(&whole, &r);
		for (size_t cut = 1; cut < s.b.len; cut++) {
			r = run(&s, SIZE_MAX, cut, 3);
			same(&whole, &r);
		}
	}
}

static void
test_long_hello_split(void **state)
{
	static struct script s;
	struct result whole, r;

	(void)state;
	read_script(&s, ">chuge <s12");
	whole = run(&s, SIZE_MAX, 0, 3);
	assert_int_equal(whole.events[TLS_HELLO_TOO_LONG], 1);
	for (size_t step = 1000; step < 18000; step += 1000) {
		r = run(&s, step, 0, 3);
		same(&whole, &r);
	}
}

static void
test_facts(void **state)
{
	static struct script s;
	struct result r;

	(void)state;
	read_script(&s, ">c13 <s13");
	r = run(&s, SIZE_MAX, 0, 3);
	assert_int_equal(r.seen.facts.nr_alpn, 2);
	assert_string_equal(r.seen.facts.alpn[0], "h2");
	assert_string_equal(r.seen.facts.alpn[1], "http/1.1");
	assert_memory_equal(r.seen.facts.ja4, "t13d0204h2_", 11);
	assert_int_equal(strlen(r.seen.facts.ja4), 36);
	assert_int_equal(strlen(r.seen.facts.ja3), 32);
	assert_int_equal(strlen(r.seen.facts.ja3s), 32);

	read_script(&s, ">half");
	r = run(&s, SIZE_MAX, 0, 3);
	assert_string_equal(r.seen.facts.ja3, "");
	assert_string_equal(r.seen.facts.ja4, "");
	assert_int_equal(r.events[TLS_BROKEN_HELLO], 1);

	read_script(&s, ">cbad <s12");
	r = run(&s, SIZE_MAX, 0, 3);
	assert_int_equal(r.events[TLS_BAD_NAME], 1);
}

/* Of the retry the first hello's name and fingerprints stay. */
static void
test_retry_keeps_first(void **state)
{
	static struct script s;
	struct result plain, retried;

	(void)state;
	read_script(&s, ">c13 <s13");
	plain = run(&s, SIZE_MAX, 0, 3);
	read_script(&s, ">c13 <sretry >cpsk <s13");
	retried = run(&s, SIZE_MAX, 0, 3);
	assert_string_equal(plain.seen.facts.ja4, retried.seen.facts.ja4);
	assert_string_equal(plain.seen.facts.ja3s, retried.seen.facts.ja3s);
}

/* With fewer buffers less is known, and it is said so; nothing is told twice. */
static void
test_no_buffer(void **state)
{
	static struct script s;
	struct result r;

	(void)state;
	read_script(&s, ">c13 <s13 <app");
	r = run(&s, SIZE_MAX, 0, 0);
	assert_int_equal(r.seen.nr, 1);
	assert_string_equal(r.seen.text, "c - - " API "> incomplete");
	assert_int_equal(strlen(r.seen.facts.ja4), 36);
	assert_int_equal(r.events[TLS_NO_BUFFER], 1);

	r = run(&s, SIZE_MAX, 0, 1);
	assert_string_equal(r.seen.text, FULL);

	/* The first piece is all that is read: the name is in it, fingerprints are not. */
	read_script(&s, ">cpq <s13 <app");
	r = run(&s, 200, 0, 0);
	assert_string_equal(r.seen.text, "c - - " API "> incomplete");
	assert_string_equal(r.seen.facts.ja4, "");
	for (uint32_t nr = 0; nr < 3; nr++) {
		for (size_t step = 1; step < 300; step += 7)
			assert_int_equal(run(&s, step, 0, nr).seen.nr, 1);
	}
}

static void
test_fini_gives_back(void **state)
{
	static struct script s;
	struct seen seen = { .nr = 0 };
	struct slab buffers;
	struct tls t;

	(void)state;
	assert_int_equal(slab_init(&buffers, 3, TLS_BUFFER_BYTES), 0);
	tls_init(&t, 't', &buffers);
	read_script(&s, ">c13 <half");
	push_pieces(&t, &s, &s.event[0], SIZE_MAX, 0, &seen);
	push_pieces(&t, &s, &s.event[1], SIZE_MAX, 0, &seen);
	assert_int_equal(buffers.nr_taken, 2);
	tls_fini(&t);
	assert_int_equal(buffers.nr_taken, 0);
	assert_int_equal(seen.nr, 0);
	slab_fini(&buffers);
}

/* Cut anywhere, a hello is broken, and what was before the cut is there. */
static void
test_hello_cut(void **state)
{
	struct tls_client_hello h;
	struct tls_server_hello sh;
	struct bytes c = { 0 }, s = { 0 };

	(void)state;
	put_client_hello(&c, &hellos[0].h);
	for (size_t len = 0; len < c.len; len++) {
		enum tls_hello_result r = tls_client_hello_parse(guard_copy(c.b, len), len, &h);

		/* Behind the compressions it may be a whole hello of old. */
		assert_int_equal(r, len == 75 ? TLS_HELLO_OK : TLS_HELLO_BROKEN);
		assert_true(len < 73 || h.ciphers.len == 4);
	}
	assert_int_equal(tls_client_hello_parse(guard_copy(c.b, c.len), c.len, &h), TLS_HELLO_OK);
	assert_true(span_is(h.server_name, "api.example.com."));

	put_server_hello(&s, &hellos[11].h, NULL);
	for (size_t len = 0; len < s.len; len++)
		assert_int_equal(tls_server_hello_parse(guard_copy(s.b, len), len, &sh),
				 len == 70 ? TLS_HELLO_OK : TLS_HELLO_BROKEN);
	assert_int_equal(tls_server_hello_parse(guard_copy(s.b, s.len), s.len, &sh), TLS_HELLO_OK);
	assert_int_equal(sh.chosen, 0x0304);
	assert_int_equal(sh.cipher, 0x1301);
}

static void
test_first_of_a_kind(void **state)
{
	static const char two_names[] = "\0\0\0\6\0\4\0\0\1a"
					"\0\0\0\6\0\4\0\0\1b";
	struct tls_client_hello h;
	struct bytes b = { 0 };
	size_t begin;

	(void)state;
	put_client_hello(&b, &(struct hello) { .version = 0x0303, .ciphers = LIST(1) });
	begin = put_begin(&b, 2);
	put(&b, two_names, sizeof(two_names) - 1);
	put_end(&b, begin, 2);
	assert_int_equal(tls_client_hello_parse(guard_copy(b.b, b.len), b.len, &h), TLS_HELLO_OK);
	assert_true(span_is(h.server_name, "a"));
}

/* Before draft 22 the ServerHello of TLS 1.3 had another form. */
static void
test_early_draft(void **state)
{
	struct tls_server_hello h;
	struct bytes b = { 0 };

	(void)state;
	put_u16(&b, 0x7f12);
	put_fill(&b, 'r', 32);
	put_u16(&b, 0x1301);
	put_u16(&b, 4);
	put_u16(&b, 51);
	put_u16(&b, 0);
	assert_int_equal(tls_server_hello_parse(guard_copy(b.b, b.len), b.len, &h), TLS_HELLO_OK);
	assert_int_equal(h.cipher, 0x1301);
	assert_string_equal(tls_version_name(h.chosen), "1.3");
}

/* The look-up halves a table that must be sorted. */
static void
test_cipher_names(void **state)
{
	unsigned nr = 0;

	(void)state;
	for (unsigned i = 0; i < 0x10000; i++)
		nr += tls_cipher_name((uint16_t)i) != NULL;
	assert_int_equal(nr, 109);
	assert_string_equal(tls_cipher_name(0x0000), "TLS_NULL_WITH_NULL_NULL");
	assert_string_equal(tls_cipher_name(0xccac), "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256");
	assert_null(tls_cipher_name(0xffff));
}

static void
test_size(void **state)
{
	(void)state;
	assert_true(sizeof(struct tls) <= 192);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connections), cmocka_unit_test(test_long_hello_split),
		cmocka_unit_test(test_facts),	    cmocka_unit_test(test_retry_keeps_first),
		cmocka_unit_test(test_no_buffer),   cmocka_unit_test(test_fini_gives_back),
		cmocka_unit_test(test_hello_cut),   cmocka_unit_test(test_first_of_a_kind),
		cmocka_unit_test(test_early_draft), cmocka_unit_test(test_cipher_names),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
