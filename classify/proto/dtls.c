#include "classify/proto/dtls.h"

#include "classify/proto/probe.h"
#include "dataplane/port/cursor.h"

_Static_assert(sizeof(struct offset_buffer) <= TLS_BUFFER_BYTES, "a message fits a buffer");

enum { RECORD_HEADER = 13, CHANGE_CIPHER_SPEC = 20, HANDSHAKE = 22, HEARTBEAT = 24 };

struct call {
	struct dtls *d;
	unsigned dir;
	tls_facts_fn *fn;
	void *arg;
};

void
dtls_init(struct dtls *d, struct slab *buffers)
{
	*d = (struct dtls) { .buffers = buffers };
	tls_init(&d->tls, 'd', buffers);
}

static void
drop(struct dtls *d, struct dtls_side *s)
{
	slab_give(d->buffers, s->pieces);
	s->pieces = NULL;
}

void
dtls_fini(struct dtls *d)
{
	drop(d, &d->side[0]);
	drop(d, &d->side[1]);
	tls_fini(&d->tls);
}

/* What there is of the message, without holes from its start. */
static void
read_pieces(struct call *c, struct dtls_side *s)
{
	uint32_t have = s->pieces->have < s->len ? s->pieces->have : s->len;

	if (have != 0)
		tls_message(&c->d->tls, c->dir, s->type, s->pieces->data, have, have < s->len,
			    c->fn, c->arg);
	drop(c->d, s);
}

struct piece {
	uint8_t type;
	uint16_t sequence;
	uint32_t len; /* of the message */
	uint32_t offset;
	struct span bytes;
};

static void
put_together(struct call *c, const struct piece *p)
{
	struct dtls_side *s = &c->d->side[c->dir];

	if (s->pieces != NULL && s->sequence != p->sequence)
		read_pieces(c, s);
	if (s->pieces == NULL) {
		s->pieces = slab_take(c->d->buffers);
		if (s->pieces == NULL) {
			c->d->events[DTLS_NO_BUFFER]++;
			return;
		}
		offset_buffer_init(s->pieces);
		s->type = p->type;
		s->sequence = p->sequence;
		s->len = p->len;
	}
	if (!offset_buffer_put(s->pieces, p->offset, p->bytes.p, p->bytes.len))
		c->d->events[DTLS_TOO_LONG]++;
	if (s->pieces->have >= s->len || s->pieces->have == OFFSET_BUFFER_BYTES)
		read_pieces(c, s);
}

/* Handshake messages and pieces of them, all within one record. */
static bool
messages(struct call *c, struct span fragment)
{
	struct cursor at = cursor_of(fragment.p, fragment.len);
	struct piece p;
	uint32_t len;

	while (cursor_left(&at) > 0 && !c->d->tls.told) {
		if (!cursor_u8(&at, &p.type) || !cursor_be24(&at, &p.len) ||
		    !cursor_be16(&at, &p.sequence) || !cursor_be24(&at, &p.offset) ||
		    !cursor_be24(&at, &len) || len > cursor_left(&at))
			return false;
		if (p.offset > p.len || len > p.len - p.offset)
			return false;
		p.bytes = span_of(cursor_take(&at, len), len);
		if (len == p.len)
			tls_message(&c->d->tls, c->dir, p.type, p.bytes.p, len, false, c->fn,
				    c->arg);
		else
			put_together(c, &p);
	}
	return true;
}

/* False when what follows is no record. */
static bool
record(struct call *c, struct cursor *at)
{
	const uint8_t *h = cursor_take(at, RECORD_HEADER);
	const uint8_t *p;
	uint16_t len;

	if (h == NULL || h[0] < CHANGE_CIPHER_SPEC || h[0] > HEARTBEAT + 2)
		return false;
	len = read_be16(h + 11);
	p = cursor_take(at, len);
	if (p == NULL)
		return false;
	/* Epoch 0 is before any keys. */
	if (read_be16(h + 3) != 0) {
		c->d->encrypted_bytes += RECORD_HEADER + len;
		return true;
	}
	c->d->clear_bytes += RECORD_HEADER + len;
	return h[0] != HANDSHAKE || c->d->tls.told || messages(c, span_of(p, len));
}

void
dtls_push(struct dtls *d, unsigned dir, const uint8_t *data, size_t len, tls_facts_fn *fn,
	  void *arg)
{
	struct call c = { d, dir, fn, arg };
	struct cursor at = cursor_of(data, len);
	uint64_t before = d->clear_bytes + d->encrypted_bytes;

	/* 001 in the top bits: the short header that DTLS 1.3 gives ciphertext. */
	while (cursor_left(&at) > 0 && at.p[0] >> 5 != 1) {
		if (!record(&c, &at)) {
			d->events[DTLS_BROKEN]++;
			break;
		}
	}
	d->encrypted_bytes += len - (d->clear_bytes + d->encrypted_bytes - before);
	if (d->tls.told) {
		drop(d, &d->side[0]);
		drop(d, &d->side[1]);
	}
}

void
dtls_end(struct dtls *d, tls_facts_fn *fn, void *arg)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		struct call c = { d, dir, fn, arg };

		if (d->side[dir].pieces != NULL)
			read_pieces(&c, &d->side[dir]);
	}
	tls_end(&d->tls, fn, arg);
}

/* DTLS record (RFC 6347 section 4.1), in the clear or not; no other first record than one of these.
 */
enum probe_answer
dtls_probe(const struct detect_input *in)
{
	struct span s = in->orig.len != 0 ? in->orig : in->resp;
	uint16_t version;

	if (s.len < 14 || s.p[0] < 20 || s.p[0] > 23)
		return PROBE_NO;
	version = read_be16(s.p + 1);
	if (version != 0xfeff && version != 0xfefd && version != 0x0100)
		return PROBE_NO;
	if (read_be16(s.p + 11) == 0 || (read_be16(s.p + 11) > s.len - 13 && s.len < DETECT_BYTES))
		return PROBE_NO;
	/* The old number alone is too little to go by. */
	return version != 0x0100 || (s.p[0] == 22 && s.p[13] >= 1 && s.p[13] <= 3) ? PROBE_YES
										   : PROBE_NO;
}
