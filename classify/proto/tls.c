#include "classify/proto/tls.h"

#include "classify/proto/tls_records.h"

#define SESSION_ID_MAX 32u

enum { /* handshake messages */
       CLIENT_HELLO = 1,
       SERVER_HELLO = 2,
       NEW_SESSION_TICKET = 4,
       CERTIFICATE = 11,
};

struct session_id {
	uint8_t len;
	uint8_t bytes[SESSION_ID_MAX];
};

/* A handshake between its first hello and its telling; lies in a buffer of the slab. */
struct tls_work {
	struct tls_facts facts;
	struct session_id shown, given; /* by the client, by the server */
	uint16_t version;		/* chosen; 0 before */
	uint8_t dir;			/* where the last hello came from */
	bool retry;			/* the server's last word was a HelloRetryRequest */
	bool ticket;			/* the client showed one */
	bool waits;	/* for the server's next message: its certificate, or none */
	bool undecided; /* resumed or not: that message says so */
};

_Static_assert(sizeof(struct tls_work) <= TLS_BUFFER_BYTES, "facts fit a buffer");

static bool
is_tls13(uint16_t version)
{
	return tls_is_datagram(version) ? version == TLS_DTLS_1_3 : version > 0x0303;
}

/* What the functions below are given: the connection, and whom to tell. */
struct call {
	struct tls *t;
	unsigned dir; /* of the bytes at hand */
	tls_facts_fn *fn;
	void *arg;
};

void
tls_init(struct tls *t, char transport, struct slab *buffers)
{
	*t = (struct tls) { .buffers = buffers, .transport = transport, .patience = TLS_PATIENCE };
}

static void
drop_hello(struct tls *t, struct tls_side *s)
{
	slab_give(t->buffers, s->buffer);
	s->buffer = NULL;
	s->have = s->want = 0;
}

void
tls_fini(struct tls *t)
{
	drop_hello(t, &t->side[0]);
	drop_hello(t, &t->side[1]);
	slab_give(t->buffers, t->work);
	t->work = NULL;
}

/* After the hellos TLS 1.3 sends nothing in the clear, older versions do until ChangeCipherSpec. */
static void
tell(struct call *c, struct tls_facts *f)
{
	struct tls *t = c->t;
	bool all_encrypted = f->version != NULL && strcmp(f->version, "1.3") == 0;

	t->told = true;
	if (!f->client_hello_seen || !f->server_hello_seen ||
	    (t->work != NULL && t->work->undecided))
		f->incomplete = true;
	c->fn(c->arg, f);
	for (unsigned d = 0; d < 2; d++) {
		drop_hello(t, &t->side[d]);
		if (t->side[d].place == TLS_UNSYNCED || t->side[d].ciphered || all_encrypted)
			t->side[d].place = TLS_ENCRYPTED;
	}
	slab_give(t->buffers, t->work);
	t->work = NULL;
}

/* Tells when all is known, or what is missing can no longer come. */
static void
settle(struct call *c)
{
	struct tls *t = c->t;
	struct tls_work *w = t->work;
	bool both, lost;

	if (w == NULL)
		return;
	both = w->facts.client_hello_seen && w->facts.server_hello_seen;
	lost = t->side[both ? w->dir : 1 - w->dir].place != TLS_RECORDS;
	if ((both && !w->waits) || lost || t->patience == 0)
		tell(c, &w->facts);
}

/* The hello waited for may have been lost: after a few other messages it is given up. */
static void
lose_patience(struct call *c)
{
	if (c->t->work == NULL || c->t->patience == 0)
		return;
	c->t->patience--;
	settle(c);
}

/* The facts of the handshake at hand, or room on the caller's stack when there is no buffer. */
static struct tls_work *
work_of(struct tls *t, struct tls_work *instead)
{
	struct tls_work *w = t->work;

	if (w != NULL)
		return w;
	t->work = w = slab_take(t->buffers);
	if (w == NULL) {
		t->events[TLS_NO_BUFFER]++;
		w = instead;
	}
	memset(w, 0, sizeof(*w));
	return w;
}

/* Printable ASCII without blanks; false, and out empty, if not. */
static bool
put_name(char *out, size_t cap, struct span name)
{
	out[0] = '\0';
	if (name.len >= cap)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] < 0x21 || name.p[i] > 0x7e) {
			out[0] = '\0';
			return false;
		}
		out[i] = (char)name.p[i];
	}
	out[name.len] = '\0';
	return true;
}

static void
put_alpn(struct tls_facts *f, struct span list)
{
	struct cursor c = cursor_of(list.p, list.len);
	const uint8_t *p;
	uint8_t len;

	while (f->nr_alpn < TLS_MAX_ALPN && cursor_u8(&c, &len)) {
		p = cursor_take(&c, len);
		if (p == NULL)
			return;
		if (len != 0 && put_name(f->alpn[f->nr_alpn], TLS_ALPN_CAP, span_of(p, len)))
			f->nr_alpn++;
	}
}

static void
put_sni(struct tls *t, struct tls_facts *f, struct span name)
{
	if (name.len != 0 && name.p[name.len - 1] == '.')
		name.len--;
	if (!put_name(f->sni, TLS_SNI_CAP, name))
		t->events[TLS_BAD_NAME]++;
}

static void
first_client_hello(struct tls *t, struct tls_work *w, const struct tls_client_hello *h, bool whole)
{
	struct tls_facts *f = &w->facts;

	f->client_hello_seen = true;
	f->ech = h->has_ech;
	put_sni(t, f, h->server_name);
	put_alpn(f, h->alpn);
	if (whole) {
		f->has_client_random = true;
		memcpy(f->client_random, h->random.p, sizeof(f->client_random));
		ja3_client(h, f->ja3);
		ja4_client(h, t->transport, f->ja4);
	}
}

static void
keep_session_id(struct session_id *id, struct span s)
{
	id->len = (uint8_t)(s.len <= SESSION_ID_MAX ? s.len : 0);
	if (id->len != 0)
		memcpy(id->bytes, s.p, id->len);
}

/*
 * Before TLS 1.3: by the session id, or what comes next says (RFC 5077 section 3.4). Also that a
 * server's hello alone is followed by its certificate.
 */
static void
decide_resumption(struct tls_work *w)
{
	const struct session_id *a = &w->shown, *b = &w->given;

	if (!w->facts.server_hello_seen || is_tls13(w->version))
		return;
	w->facts.resumed =
	    a->len != 0 && a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
	w->waits = !w->facts.resumed;
	w->undecided = w->waits && w->ticket;
}

static void
client_hello(struct call *c, const uint8_t *body, size_t len, bool cut)
{
	struct tls_work instead, *w = work_of(c->t, &instead);
	struct tls_client_hello h;
	bool whole = tls_client_hello_parse(body, len, &h) == TLS_HELLO_OK && !cut;

	if (w->facts.client_hello_seen && !w->retry) {
		lose_patience(c);
		return;
	}
	if (!whole) {
		c->t->events[TLS_BROKEN_HELLO]++;
		w->facts.incomplete = true;
	}
	if (!w->facts.client_hello_seen)
		first_client_hello(c->t, w, &h, whole);
	w->retry = false;
	w->dir = (uint8_t)c->dir;
	w->facts.early_data = h.has_early_data;
	w->ticket = h.has_ticket;
	keep_session_id(&w->shown, h.session_id);
	decide_resumption(w);
	/* With the ServerHello first, its next message may be gone by. */
	w->waits = w->undecided = false;
	if (w == &instead)
		tell(c, &w->facts);
	else
		settle(c);
}

static void
put_cipher(struct tls_facts *f, uint16_t cipher)
{
	static const char digits[] = "0123456789ABCDEF";

	f->cipher = tls_cipher_name(cipher);
	if (f->cipher != NULL)
		return;
	f->cipher_number[0] = '0';
	f->cipher_number[1] = 'x';
	for (unsigned i = 0; i < 4; i++)
		f->cipher_number[2 + i] = digits[cipher >> (12 - 4 * i) & 15];
	f->cipher_number[6] = '\0';
	f->cipher = f->cipher_number;
}

static void
server_facts(struct tls_work *w, const struct tls_server_hello *h, bool whole)
{
	struct tls_facts *f = &w->facts;

	f->server_hello_seen = true;
	f->version = tls_version_name(h->chosen);
	put_name(f->alpn_selected, TLS_ALPN_CAP, h->alpn);
	if (whole || h->cipher != 0)
		put_cipher(f, h->cipher);
	if (whole) {
		ja3_server(h, f->ja3s);
		f->has_server_random = true;
		memcpy(f->server_random, h->random.p, sizeof(f->server_random));
		f->compressed = h->compression != 0;
		f->encrypt_then_mac = h->encrypt_then_mac;
	}
	f->resumed = h->has_psk && is_tls13(h->chosen);
	w->version = h->chosen;
	keep_session_id(&w->given, h->session_id);
	decide_resumption(w);
}

static void
server_hello(struct call *c, const uint8_t *body, size_t len, bool cut)
{
	struct tls_work instead, *w;
	struct tls_server_hello h;
	bool whole = tls_server_hello_parse(body, len, &h) == TLS_HELLO_OK && !cut;

	if (h.retry) {
		if (c->t->work != NULL)
			c->t->work->retry = true;
		return;
	}
	w = work_of(c->t, &instead);
	if (w->facts.server_hello_seen) {
		lose_patience(c);
		return;
	}
	if (!whole) {
		c->t->events[TLS_BROKEN_HELLO]++;
		w->facts.incomplete = true;
	}
	w->dir = (uint8_t)c->dir;
	server_facts(w, &h, whole);
	if (w == &instead)
		tell(c, &w->facts);
	else
		settle(c);
}

/* The message that the server's hello made wait for has come. */
static void
stop_waiting(struct call *c, bool resumed)
{
	struct tls_work *w = c->t->work;

	if (w == NULL || !w->waits || w->dir != c->dir)
		return;
	w->facts.resumed = w->undecided && resumed;
	w->waits = w->undecided = false;
	settle(c);
}

/* Certificate (RFC 5246 section 7.4.2): length 3 | length 3 | the server's own | issuers' ... */
static void
certificate(struct call *c, const uint8_t *body, size_t len)
{
	struct cursor at = cursor_of(body, len);
	struct tls_work *w = c->t->work;
	uint32_t own = 0;

	if (w != NULL && w->waits && cursor_skip(&at, 3) && cursor_be24(&at, &own))
		x509_read(span_of(at.p, own < cursor_left(&at) ? own : cursor_left(&at)),
			  &w->facts.certificate);
	stop_waiting(c, false);
}

static bool
is_read(const struct call *c, uint8_t type)
{
	const struct tls_work *w = c->t->work;

	return type == CLIENT_HELLO || type == SERVER_HELLO ||
	       (type == CERTIFICATE && w != NULL && w->waits && w->dir == c->dir);
}

/* One of those that are read. */
static void
hello(struct call *c, uint8_t type, const uint8_t *body, size_t len, bool cut)
{
	if (c->t->told)
		return;
	if (type == CLIENT_HELLO)
		client_hello(c, body, len, cut);
	else if (type == SERVER_HELLO)
		server_hello(c, body, len, cut);
	else
		certificate(c, body, len);
}

/* A hello that will not become whole still names the server, more often than not. */
static void
hello_cut_off(struct call *c, struct tls_side *s)
{
	if (s->have != 0)
		hello(c, s->message[0], s->buffer, s->have, true);
	drop_hello(c->t, s);
}

/* Any message that is not read. */
static void
other_message(struct call *c, uint8_t type)
{
	stop_waiting(c, type == NEW_SESSION_TICKET);
	lose_patience(c);
}

static void
begin_message(struct call *c, struct tls_side *s)
{
	s->message_left = read_be24(s->message + 1);
	s->want = is_read(c, s->message[0]) ? s->message_left : 0;
	if (s->want > TLS_MESSAGE_BYTES) {
		s->want = TLS_MESSAGE_BYTES;
		if (s->message[0] != CERTIFICATE)
			c->t->events[TLS_HELLO_TOO_LONG]++;
	}
	if (s->want == 0)
		other_message(c, s->message[0]);
}

/* The next bytes of a hello: read in place when it is whole, else put together. */
static void
gather(struct call *c, struct tls_side *s, const uint8_t *data, size_t len)
{
	bool cut = read_be24(s->message + 1) > TLS_MESSAGE_BYTES;
	size_t n = len < s->want - s->have ? len : s->want - s->have;

	if (s->have == 0 && n == s->want) {
		hello(c, s->message[0], data, n, cut);
		s->want = 0;
		return;
	}
	if (s->buffer == NULL) {
		s->buffer = slab_take(c->t->buffers);
		if (s->buffer == NULL) {
			c->t->events[TLS_NO_BUFFER]++;
			hello(c, s->message[0], data, n, true);
			s->want = 0;
			return;
		}
	}
	memcpy(s->buffer + s->have, data, n);
	s->have += (uint32_t)n;
	if (s->have == s->want) {
		hello(c, s->message[0], s->buffer, s->have, cut);
		drop_hello(c->t, s);
	}
}

/*
 * Bytes of handshake messages, which do not care for records. Returns how many were taken: not all
 * when the handshake is told, as what follows may be of another kind.
 */
static size_t
messages(struct call *c, struct tls_side *s, const uint8_t *data, size_t len)
{
	const uint8_t *from = data;

	while (len > 0 && !c->t->told) {
		size_t n;

		if (s->message_have < sizeof(s->message)) {
			s->message[s->message_have++] = *data++;
			len--;
			if (s->message_have == sizeof(s->message))
				begin_message(c, s);
		}
		n = s->message_have < sizeof(s->message) ? 0
		    : len < s->message_left		 ? len
							 : s->message_left;
		if (n != 0 && s->want != 0)
			gather(c, s, data, n);
		data += n;
		len -= n;
		s->message_left -= (uint32_t)n;
		if (s->message_have == sizeof(s->message) && s->message_left == 0)
			s->message_have = 0;
	}
	return (size_t)(data - from);
}

/* True while a client may send 0-RTT data and then another hello (RFC 8446 section 4.2.10). */
static bool
may_say_hello_again(const struct tls_work *w)
{
	return w != NULL && !w->facts.server_hello_seen && (w->facts.early_data || w->retry);
}

/*
 * From here on the direction is encrypted; but TLS 1.3 sends the same message for show, where
 * another hello may still follow (RFC 8446 appendix D.4).
 */
static void
change_cipher_spec(struct call *c, struct tls_side *s)
{
	struct tls_work *w = c->t->work;

	if (may_say_hello_again(w))
		return;
	s->ciphered = true;
	stop_waiting(c, true);
	if (c->t->told)
		s->place = TLS_ENCRYPTED;
	lose_patience(c);
}

/* The place in the direction is lost, and with it a hello that was under way. */
static void
lose(struct call *c, struct tls_side *s)
{
	s->place = c->t->told || s->ciphered || s->secret_seen ? TLS_ENCRYPTED : TLS_UNSYNCED;
	c->t->events[TLS_LOST]++;
	hello_cut_off(c, s);
	settle(c);
}

static void
begin_record(struct call *c, struct tls_side *s)
{
	uint16_t len = read_be16(s->header + 3);

	if (s->header[0] < TLS_CHANGE_CIPHER_SPEC || s->header[0] > TLS_HEARTBEAT ||
	    s->header[1] != 3 || s->header[2] > 4 || len > TLS_RECORD_MAX_BYTES) {
		lose(c, s);
		return;
	}
	s->record_left = len;
	if (len == 0)
		s->header_have = 0;
	if (s->header[0] == TLS_CHANGE_CIPHER_SPEC)
		change_cipher_spec(c, s);
	else if (s->header[0] != TLS_HANDSHAKE && !may_say_hello_again(c->t->work))
		lose_patience(c);
}

/* Bytes of a record's fragment, no more than are left of it; returns how many were taken. */
static size_t
fragment(struct call *c, struct tls_side *s, const uint8_t *data, size_t len)
{
	struct tls *t = c->t;

	if (s->header[0] == TLS_APPLICATION_DATA ||
	    (s->ciphered && s->header[0] != TLS_CHANGE_CIPHER_SPEC)) {
		t->encrypted_bytes += len;
		s->secret_seen = true;
	} else {
		if (s->header[0] == TLS_HANDSHAKE && !t->told)
			len = messages(c, s, data, len);
		t->clear_bytes += len;
	}
	s->record_left = (uint16_t)(s->record_left - len);
	if (s->record_left == 0)
		s->header_have = 0;
	return len;
}

/* Takes at least one byte of data, which is not empty; returns how many. */
static size_t
step(struct call *c, struct tls_side *s, const uint8_t *data, size_t len)
{
	if (s->place != TLS_RECORDS) {
		*(s->place == TLS_ENCRYPTED ? &c->t->encrypted_bytes : &c->t->unsynced_bytes) +=
		    len;
		return len;
	}
	if (s->header_have < sizeof(s->header)) {
		s->header[s->header_have++] = *data;
		c->t->clear_bytes++;
		if (s->header_have == sizeof(s->header))
			begin_record(c, s);
		return 1;
	}
	if (len > s->record_left)
		len = s->record_left;
	return fragment(c, s, data, len);
}

void
tls_push(struct tls *t, unsigned dir, const uint8_t *data, size_t len, tls_facts_fn *fn, void *arg)
{
	struct call c = { t, dir, fn, arg };

	while (len > 0) {
		size_t n = step(&c, &t->side[dir], data, len);

		data += n;
		len -= n;
	}
}

/* Does what is missing lie within one record, and leave no hole in a hello? */
static bool
is_harmless(const struct tls *t, const struct tls_side *s, uint64_t len)
{
	if (s->header_have < sizeof(s->header) || len > s->record_left)
		return false;
	if (s->header[0] != TLS_HANDSHAKE || s->ciphered || t->told)
		return true;
	return s->message_have == sizeof(s->message) && s->want == 0 && len <= s->message_left;
}

void
tls_gap(struct tls *t, unsigned dir, uint64_t len, tls_facts_fn *fn, void *arg)
{
	struct call c = { t, dir, fn, arg };
	struct tls_side *s = &t->side[dir];

	if (len == 0 || s->place != TLS_RECORDS)
		return;
	/* Of a certificate the beginning is what counts. */
	if (s->want != 0 && s->message[0] == CERTIFICATE) {
		certificate(&c, s->buffer, s->have);
		drop_hello(t, s);
	}
	if (!is_harmless(t, s, len)) {
		lose(&c, s);
		return;
	}
	s->record_left = (uint16_t)(s->record_left - len);
	if (s->record_left == 0)
		s->header_have = 0;
	if (s->header[0] == TLS_HANDSHAKE && !s->ciphered && !t->told) {
		s->message_left -= (uint32_t)len;
		if (s->message_left == 0)
			s->message_have = 0;
	}
}

void
tls_message(struct tls *t, unsigned dir, uint8_t type, const uint8_t *body, size_t len, bool cut,
	    tls_facts_fn *fn, void *arg)
{
	struct call c = { t, dir, fn, arg };

	if (t->told)
		return;
	if (is_read(&c, type))
		hello(&c, type, body, len, cut);
	else
		other_message(&c, type);
}

void
tls_name_only(struct tls *t, struct span name, tls_facts_fn *fn, void *arg)
{
	struct call c = { t, 0, fn, arg };
	struct tls_work instead, *w;

	if (t->told)
		return;
	w = work_of(t, &instead);
	w->facts.client_hello_seen = true;
	put_sni(t, &w->facts, name);
	tell(&c, &w->facts);
}

const struct tls_facts *
tls_so_far(const struct tls *t)
{
	return t->work == NULL ? NULL : &t->work->facts;
}

void
tls_end(struct tls *t, tls_facts_fn *fn, void *arg)
{
	for (unsigned d = 0; d < 2; d++) {
		struct call c = { t, d, fn, arg };

		hello_cut_off(&c, &t->side[d]);
	}
	if (t->work != NULL) {
		struct call c = { t, 0, fn, arg };

		tell(&c, &t->work->facts);
	}
}
