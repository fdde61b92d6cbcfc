#include "classify/proto/quic.h"

#include "classify/proto/probe.h"

_Static_assert(sizeof(struct offset_buffer) <= TLS_BUFFER_BYTES, "a handshake fits a buffer");

enum { LONG = 0x80, FIXED = 0x40 };
enum packet_type { INITIAL, ZERO_RTT, HANDSHAKE_PACKET, RETRY };
enum { FRAME_PADDING, FRAME_PING, FRAME_ACK, FRAME_ACK_ECN, FRAME_CRYPTO = 6, FRAME_CLOSE = 0x1c };
enum { MAX_ACK_RANGES = 256 };

struct call {
	struct quic *q;
	unsigned dir;
	tls_facts_fn *fn;
	void *arg;
};

/* A packet with a long header, as far as it lies open. */
struct packet {
	const uint8_t *p;
	size_t len; /* to its end */
	size_t pn_at;
	uint32_t version;
	enum packet_type type;
	struct span dcid, scid;
};

void
quic_init(struct quic *q, struct slab *buffers, uint8_t *scratch, size_t scratch_len)
{
	*q = (struct quic) { .buffers = buffers,
			     .scratch = scratch,
			     .scratch_len = scratch_len,
			     .patience = QUIC_PATIENCE };
	tls_init(&q->tls, 'q', buffers);
}

static void
drop_crypto(struct quic *q)
{
	for (unsigned d = 0; d < 2; d++) {
		slab_give(q->buffers, q->side[d].crypto);
		q->side[d].crypto = NULL;
	}
}

void
quic_fini(struct quic *q)
{
	drop_crypto(q);
	tls_fini(&q->tls);
}

static bool
is_google(uint32_t version)
{
	return version >> 24 == 'Q' && version >> 16 == 0x5130;
}

const char *
quic_version_text(uint32_t version, char out[QUIC_VERSION_CAP])
{
	static const char digits[] = "0123456789abcdef";
	uint32_t draft = version & 0xff;

	if (version == QUIC_VERSION_1)
		return "1";
	if (version == QUIC_VERSION_2)
		return "2";
	if (is_google(version) || version >> 16 == 0x5430) {
		for (unsigned i = 0; i < 4; i++)
			out[i] = (char)(version >> (24 - 8 * i) & 0x7f);
		out[4] = '\0';
	} else if (version >> 8 == 0xff0000 && draft < 100) {
		memcpy(out, "draft-", 6);
		out[6] = (char)('0' + draft / 10);
		out[7] = (char)('0' + draft % 10);
		out[8] = '\0';
	} else {
		out[0] = '0';
		out[1] = 'x';
		for (unsigned i = 0; i < 8; i++)
			out[2 + i] = digits[version >> (28 - 4 * i) & 15];
		out[10] = '\0';
	}
	return out;
}

/* Variable-length integer, RFC 9000 section 16: the top two bits say how long. */
static bool
varint(struct cursor *c, uint64_t *out)
{
	const uint8_t *p;
	uint8_t first;
	unsigned more;

	if (!cursor_u8(c, &first))
		return false;
	more = (1u << (first >> 6)) - 1;
	p = cursor_take(c, more);
	if (p == NULL)
		return false;
	*out = first & 0x3f;
	for (unsigned i = 0; i < more; i++)
		*out = *out << 8 | p[i];
	return true;
}

static bool
short_vector(struct cursor *c, struct span *out)
{
	uint8_t len;
	const uint8_t *p;

	if (!cursor_u8(c, &len))
		return false;
	p = cursor_take(c, len);
	*out = span_of(p, len);
	return p != NULL;
}

/* Version 2 has the same four types, counted from another one. */
static enum packet_type
type_of(uint8_t first, uint32_t version)
{
	unsigned bits = first >> 4 & 3;

	return (enum packet_type)(version == QUIC_VERSION_2 ? (bits + 3) & 3 : bits);
}

/* Splits the next packet off a datagram; false when it has no long header, or a broken one. */
static bool
next_packet(struct cursor *c, struct packet *out)
{
	struct cursor at = *c;
	uint64_t token, rest;
	uint8_t first;

	if (!cursor_u8(&at, &first) || (first & LONG) == 0 || cursor_left(&at) < 4)
		return false;
	out->p = c->p;
	out->version = read_be32(cursor_take(&at, 4));
	out->type = type_of(first, out->version);
	if (!short_vector(&at, &out->dcid) || !short_vector(&at, &out->scid))
		return false;
	/* Neither has a length: they end the datagram. */
	if (out->version == 0 || out->type == RETRY || (first & FIXED) == 0) {
		out->len = out->pn_at = cursor_left(c);
		c->p = c->end;
		return true;
	}
	if (out->type == INITIAL &&
	    (!varint(&at, &token) || token > cursor_left(&at) || !cursor_skip(&at, (size_t)token)))
		return false;
	if (!varint(&at, &rest) || rest > cursor_left(&at))
		return false;
	out->pn_at = (size_t)(at.p - c->p);
	out->len = out->pn_at + (size_t)rest;
	c->p += out->len;
	return true;
}

/* Hellos one after the other, each once it is whole; two of the client's when a retry is asked for.
 */
static void
read_hellos(struct call *c, bool at_end)
{
	struct quic_side *s = &c->q->side[c->dir];
	struct offset_buffer *b = s->crypto;
	uint32_t at = 0;

	while (b != NULL && b->have - at >= 4 && !c->q->tls.told) {
		uint32_t len = read_be24(b->data + at + 1), there = b->have - at - 4;
		bool cut = len > there;

		if (cut && !at_end && b->have < OFFSET_BUFFER_BYTES)
			break;
		len = cut ? there : len;
		tls_message(&c->q->tls, c->dir, b->data[at], b->data + at + 4, len, cut, c->fn,
			    c->arg);
		at += 4 + len;
	}
	if (at == 0)
		return;
	/* What comes next, if anything, begins a buffer of its own. */
	s->read += at;
	slab_give(c->q->buffers, b);
	s->crypto = NULL;
}

static void
crypto(struct call *c, uint64_t offset, struct span piece)
{
	struct quic *q = c->q;
	struct quic_side *s = &q->side[c->dir];
	uint64_t old = offset < s->read ? s->read - offset : 0;

	if (q->tls.told || old >= piece.len)
		return;
	if (s->crypto == NULL) {
		s->crypto = slab_take(q->buffers);
		if (s->crypto == NULL) {
			q->events[QUIC_NO_BUFFER]++;
			return;
		}
		offset_buffer_init(s->crypto);
	}
	if (!offset_buffer_put(s->crypto, offset + old - s->read, piece.p + old,
			       piece.len - (size_t)old))
		q->events[QUIC_TOO_LONG]++;
}

static bool
skip_ack(struct cursor *c, bool ecn)
{
	uint64_t v, ranges;

	if (!varint(c, &v) || !varint(c, &v) || !varint(c, &ranges) || !varint(c, &v))
		return false;
	if (ranges > MAX_ACK_RANGES)
		return false;
	for (uint64_t i = 0; i < 2 * ranges + (ecn ? 3 : 0); i++) {
		if (!varint(c, &v))
			return false;
	}
	return true;
}

/* Those that an Initial may carry, RFC 9000 section 17.2.2. False: another, or one cut off. */
static bool
frame(struct call *call, struct cursor *c)
{
	uint64_t type, offset, len;
	const uint8_t *p;

	if (!varint(c, &type))
		return false;
	switch (type) {
	case FRAME_PADDING:
	case FRAME_PING:
		return true;
	case FRAME_ACK:
	case FRAME_ACK_ECN:
		return skip_ack(c, type == FRAME_ACK_ECN);
	case FRAME_CRYPTO:
		if (!varint(c, &offset) || !varint(c, &len) || len > cursor_left(c))
			return false;
		p = cursor_take(c, (size_t)len);
		crypto(call, offset, span_of(p, (size_t)len));
		return true;
	case FRAME_CLOSE:
		c->p = c->end;
		return true;
	default:
		return false;
	}
}

/*
 * Google's hello: "CHLO" | number of tags 2, little endian | 0 0 | tags: name 4, end of its value 4
 * | values. Found wherever it lies in the packet: what is before it differs from version to
 * version.
 */
static void
google_hello(struct call *c, const uint8_t *p, size_t len)
{
	struct cursor at = cursor_of(memmem(p, len, "CHLO", 4), 0);
	struct cursor tags;
	uint32_t from = 0, to;
	uint16_t nr;

	if (at.p == NULL)
		return;
	at.end = p + len;
	if (cursor_left(&at) < 8)
		return;
	nr = (uint16_t)(at.p[4] | at.p[5] << 8);
	cursor_skip(&at, 8);
	if (!cursor_split(&at, (size_t)nr * 8, &tags))
		return;
	while (cursor_left(&tags) >= 8) {
		const uint8_t *tag = cursor_take(&tags, 8);

		to = read_le32(tag + 4);
		if (to < from || to > cursor_left(&at))
			return;
		if (memcmp(tag, "SNI", 4) == 0) {
			tls_name_only(&c->q->tls, span_of(at.p + from, to - from), c->fn, c->arg);
			return;
		}
		from = to;
	}
}

static void
frames(struct call *call, uint32_t version, struct span plain)
{
	struct cursor c = cursor_of(plain.p, plain.len);

	if (is_google(version)) {
		google_hello(call, plain.p, plain.len);
		return;
	}
	while (cursor_left(&c) > 0) {
		if (!frame(call, &c)) {
			call->q->events[QUIC_BAD_FRAME]++;
			break;
		}
	}
	read_hellos(call, false);
}

/* Keys of one side for the version; false when there can be none. */
static bool
keys_for(struct quic *q, unsigned dir, uint32_t version)
{
	struct quic_side *s = &q->side[dir];

	if (q->id_len == 0)
		return false;
	if (s->version == version)
		return true;
	if (!quic_keys_derive(&s->keys, version, span_of(q->id, q->id_len), dir != q->client))
		return false;
	s->version = version;
	return true;
}

/* Another connection, or the same after a Retry: its hellos come anew. */
static void
adopt(struct quic *q, unsigned dir, const struct packet *p, const struct quic_keys *keys)
{
	drop_crypto(q);
	q->side[0].read = q->side[1].read = 0;
	memcpy(q->id, p->dcid.p, p->dcid.len);
	q->id_len = (uint8_t)p->dcid.len;
	q->client = (uint8_t)dir;
	q->side[dir].keys = *keys;
	q->side[dir].version = p->version;
	q->side[1 - dir].version = 0;
}

static struct span
open_initial(struct quic *q, unsigned dir, const struct packet *p)
{
	struct span plain = { NULL, 0 };
	struct quic_keys own;

	if (p->len > q->scratch_len || q->nr_opened >= QUIC_MAX_INITIALS)
		return plain;
	q->nr_opened++;
	if (keys_for(q, dir, p->version))
		plain = quic_keys_open(&q->side[dir].keys, p->p, p->len, p->pn_at, q->scratch);
	if (plain.p != NULL || p->dcid.len == 0 || p->dcid.len > QUIC_MAX_ID)
		return plain;
	if (q->id_len == p->dcid.len && memcmp(q->id, p->dcid.p, p->dcid.len) == 0 &&
	    dir == q->client)
		return plain;
	if (!quic_keys_derive(&own, p->version, p->dcid, false))
		return plain;
	plain = quic_keys_open(&own, p->p, p->len, p->pn_at, q->scratch);
	if (plain.p != NULL)
		adopt(q, dir, p, &own);
	return plain;
}

static void
initial(struct call *c, const struct packet *p)
{
	struct quic *q = c->q;
	struct span plain = open_initial(q, c->dir, p);

	if (plain.p == NULL) {
		q->events[QUIC_UNREADABLE]++;
		q->encrypted_bytes += p->len;
		return;
	}
	q->version = p->version;
	q->clear_bytes += p->len;
	frames(c, p->version, plain);
}

/* What is waited for may never come: after many other packets it is given up. */
static void
lose_patience(struct call *c)
{
	struct quic *q = c->q;

	if (q->tls.told || q->patience == 0)
		return;
	if (--q->patience == 0)
		quic_end(q, c->fn, c->arg);
}

/* One packet with a long header. */
static void
long_packet(struct call *c, const struct packet *p)
{
	struct quic *q = c->q;

	if (q->version == 0 && p->version != 0)
		q->version = p->version;
	if (p->version == 0 || p->type == RETRY) {
		q->retry = q->retry || p->version != 0;
		q->clear_bytes += p->len;
		return;
	}
	if (p->type == INITIAL && !q->tls.told) {
		initial(c, p);
		return;
	}
	q->encrypted_bytes += p->len;
	lose_patience(c);
}

/* Google's before Q050 send the hello in the clear, in a frame of a stream. */
static bool
google_clear(struct call *c, const uint8_t *data, size_t len)
{
	struct quic *q = c->q;
	uint32_t version = 0;

	if (len > 13 && (data[0] & (LONG | 9)) == 9)
		version = read_be32(data + 9);
	else if (len > 5 && (data[0] & LONG) != 0)
		version = read_be32(data + 1);
	if (!is_google(version) || version >= 0x51303530)
		return false;
	if (q->version == 0)
		q->version = version;
	if (!q->tls.told)
		google_hello(c, data, len);
	q->clear_bytes += len;
	return true;
}

void
quic_push(struct quic *q, unsigned dir, const uint8_t *data, size_t len, tls_facts_fn *fn,
	  void *arg)
{
	struct call call = { q, dir, fn, arg };
	struct cursor c = cursor_of(data, len);
	struct packet p;

	if (google_clear(&call, data, len))
		return;
	while (cursor_left(&c) > 0 && next_packet(&c, &p))
		long_packet(&call, &p);
	if (cursor_left(&c) > 0) {
		/* A short header, or padding after the last packet. */
		q->encrypted_bytes += cursor_left(&c);
		lose_patience(&call);
	}
	if (q->tls.told)
		drop_crypto(q);
}

void
quic_end(struct quic *q, tls_facts_fn *fn, void *arg)
{
	for (unsigned i = 0; i < 2; i++) {
		struct call call = { q, i == 0 ? q->client : 1u - q->client, fn, arg };

		if (!q->tls.told)
			read_hellos(&call, true);
	}
	tls_end(&q->tls, fn, arg);
	drop_crypto(q);
}

/* One byte of header, at least four of id, a packet number and a sample of 20 (RFC 9001 5.4.2). */
#define LEAST_SHORT 25u

bool
quic_guess(struct quic_guess *g, const uint8_t *data, size_t len)
{
	bool same;

	if (len < LEAST_SHORT || (data[0] & 0xc0) != 0x40) {
		g->first = 0;
		return false;
	}
	same = g->first != 0 && memcmp(g->id, data + 1, sizeof(g->id)) == 0;
	if (same && g->first != data[0])
		return true;
	g->first = data[0];
	memcpy(g->id, data + 1, sizeof(g->id));
	return false;
}

/* Versions 1 and 2, the IETF drafts, Facebook's, and Google's Q043 to Q050, T050, T051. */
static bool
quic_version(uint32_t v)
{
	if (v == 1 || v == 0x6b3343cf || v >> 8 == 0xff0000 || v >> 8 == 0xfaceb0)
		return true;
	return (v >> 16 == 0x5130 || v >> 16 == 0x5430) && (v >> 8 & 0xff) >= '2' &&
	       (v >> 8 & 0xff) <= '5' && (v & 0xff) >= '0' && (v & 0xff) <= '9';
}

/*
 * QUIC long header (RFC 9000 section 17.2): form and fixed bit | version | two connection ids of
 * at most 20 bytes. Google's before Q046 had flags, an 8-byte id, the version.
 */
enum probe_answer
quic_probe(const struct detect_input *in)
{
	struct span s = in->orig.len != 0 ? in->orig : in->resp;
	uint32_t version;
	bool initial;

	if (s.len < 20)
		return PROBE_NO;
	if ((s.p[0] & 0x80) == 0)
		return (s.p[0] & 0x09) == 0x09 && quic_version(read_be32(s.p + 9)) &&
			       s.p[9] == 'Q' && s.len >= DETECT_BYTES
			   ? PROBE_YES
			   : PROBE_NO;
	version = read_be32(s.p + 1);
	if (!quic_version(version))
		return PROBE_NO;
	if (version >> 24 == 'Q' || version >> 24 == 'T')
		return PROBE_YES;
	if ((s.p[0] & 0x40) == 0 || s.p[5] > 20 || s.p[5] >= s.len - 6 || s.p[6 + s.p[5]] > 20)
		return PROBE_NO;
	/*
	 * A client's Initial fills 1,200 bytes, so also what is kept of it; but where the first
	 * packet seen is the server's, that one need not.
	 */
	initial = (s.p[0] >> 4 & 3) == (version == 0x6b3343cf ? 1 : 0);
	return initial && in->orig.len != 0 && s.len < DETECT_BYTES && in->orig_port != 443
		   ? PROBE_NO
		   : PROBE_YES;
}
