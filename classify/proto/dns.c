/*
 * A message is read once, front to back; the only way back is a name's pointer. Names that nobody
 * wants are walked into a text without room, by the same function.
 */
#include "classify/proto/dns.h"

#include <string.h>

#include "classify/siphash.h"
#include "classify/span.h"
#include "dataplane/port/cursor.h"

#define HEADER_BYTES 12u
#define MAX_NAME     255u
#define MAX_JUMPS    64u /* half the labels a name can have; servers write 1 or 2 */
#define CLASS_IN     1u

enum {
	TYPE_A = 1,
	TYPE_NS = 2,
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_PTR = 12,
	TYPE_MX = 15,
	TYPE_TXT = 16,
	TYPE_AAAA = 28,
	TYPE_SRV = 33,
	TYPE_DNAME = 39,
	TYPE_OPT = 41,
	TYPE_SVCB = 64,
	TYPE_HTTPS = 65,
	TYPE_SPF = 99,
};

static const struct {
	uint16_t type;
	const char *name;
} type_names[] = {
	{ TYPE_A, "A" },
	{ TYPE_NS, "NS" },
	{ TYPE_CNAME, "CNAME" },
	{ TYPE_SOA, "SOA" },
	{ TYPE_PTR, "PTR" },
	{ 13, "HINFO" },
	{ TYPE_MX, "MX" },
	{ TYPE_TXT, "TXT" },
	{ 17, "RP" },
	{ 18, "AFSDB" },
	{ 24, "SIG" },
	{ 25, "KEY" },
	{ TYPE_AAAA, "AAAA" },
	{ 29, "LOC" },
	{ TYPE_SRV, "SRV" },
	{ 35, "NAPTR" },
	{ 37, "CERT" },
	{ TYPE_DNAME, "DNAME" },
	{ TYPE_OPT, "OPT" },
	{ 43, "DS" },
	{ 44, "SSHFP" },
	{ 46, "RRSIG" },
	{ 47, "NSEC" },
	{ 48, "DNSKEY" },
	{ 50, "NSEC3" },
	{ 51, "NSEC3PARAM" },
	{ 52, "TLSA" },
	{ TYPE_SVCB, "SVCB" },
	{ TYPE_HTTPS, "HTTPS" },
	{ TYPE_SPF, "SPF" },
	{ 249, "TKEY" },
	{ 250, "TSIG" },
	{ 251, "IXFR" },
	{ 252, "AXFR" },
	{ 255, "ANY" },
	{ 256, "URI" },
	{ 257, "CAA" },
	{ 10, "NULL" },
};

static const char *const rcode_names[] = {
	"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",  "REFUSED",
	"YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE",
};

/* Text that stops at its capacity. */
struct text {
	char *p, *end; /* end: where the NUL goes at the latest */
};

static struct text
text_of(char *buf, size_t cap)
{
	return (struct text) { buf, buf + cap - 1 };
}

static void
put_char(struct text *t, char c)
{
	if (t->p < t->end)
		*t->p++ = c;
}

static void
put_string(struct text *t, const char *s)
{
	while (*s != '\0')
		put_char(t, *s++);
}

static void
put_number(struct text *t, uint32_t v)
{
	char digits[10];
	unsigned n = 0;

	do
		digits[n++] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	while (n > 0)
		put_char(t, digits[--n]);
}

/* One byte of a label or text; what does not print as \DDD, all of it or nothing. */
static void
put_byte(struct text *t, uint8_t c, bool in_label)
{
	if (c > 0x20 && c < 0x7f && c != '\\' && (c != '.' || !in_label)) {
		put_char(t, (char)c);
		return;
	}
	if (c == ' ' && !in_label) {
		put_char(t, ' ');
		return;
	}
	if (t->end - t->p < 4) {
		t->end = t->p; /* full: what comes after it must not close up */
		return;
	}
	put_char(t, '\\');
	put_char(t, (char)('0' + c / 100));
	put_char(t, (char)('0' + c / 10 % 10));
	put_char(t, (char)('0' + c % 10));
}

/*
 * The name at the cursor, written to t; the cursor goes behind it. A pointer (RFC 1035 section
 * 4.1.4) must point before the place where the present run of labels began: it can only go back.
 * Without a limit to them a message could hold thousands of names that each go through thousands.
 */
static bool
name_read(const uint8_t *msg, size_t len, struct cursor *c, struct text *t)
{
	struct cursor at = *c;
	const uint8_t *limit = c->p; /* pointers must go below */
	size_t total = 0;
	unsigned jumps = 0;
	uint8_t n;

	for (;;) {
		if (!cursor_u8(&at, &n))
			return false;
		if (n == 0)
			break;
		if ((n & 0xc0) == 0xc0) {
			uint8_t low;
			size_t to;

			if (!cursor_u8(&at, &low))
				return false;
			to = (size_t)(n & 0x3f) << 8 | low;
			if (jumps++ == 0)
				*c = at;
			if (to >= (size_t)(limit - msg) || jumps > MAX_JUMPS)
				return false;
			limit = msg + to;
			at = (struct cursor) { msg + to, msg + len };
			continue;
		}
		if ((n & 0xc0) != 0 || (total += n + 1u) > MAX_NAME || n > cursor_left(&at))
			return false;
		if (total != n + 1u)
			put_char(t, '.');
		for (uint8_t i = 0; i < n; i++)
			put_byte(t, at.p[i], true);
		cursor_skip(&at, n);
	}
	if (jumps == 0)
		*c = at;
	if (total == 0)
		put_char(t, '.');
	return true;
}

static void
put_ipv4(struct text *t, const uint8_t *a)
{
	for (unsigned i = 0; i < 4; i++) {
		if (i != 0)
			put_char(t, '.');
		put_number(t, a[i]);
	}
}

/* RFC 5952: lower case, the longest run of two or more zero groups as "::". */
static void
put_ipv6(struct text *t, const uint8_t *a)
{
	static const char hex[] = "0123456789abcdef";
	unsigned best = 8, best_len = 1;

	for (unsigned i = 0; i < 8; i++) {
		unsigned n = 0;

		while (i + n < 8 && read_be16(a + 2 * (i + n)) == 0)
			n++;
		if (n > best_len) {
			best = i;
			best_len = n;
		}
	}
	for (unsigned i = 0; i < 8; i++) {
		uint16_t group = read_be16(a + 2 * i);
		int shift = 12;

		if (i == best) {
			put_string(t, "::");
			i += best_len - 1;
			continue;
		}
		if (i != 0 && i != best + best_len)
			put_char(t, ':');
		while (shift > 0 && group >> shift == 0)
			shift -= 4;
		for (; shift >= 0; shift -= 4)
			put_char(t, hex[group >> shift & 15]);
	}
}

/* Counted strings, one after the other (RFC 1035 section 3.3.14). */
static bool
put_txt(struct text *t, struct cursor d)
{
	struct cursor s;
	uint8_t n;

	while (cursor_u8(&d, &n)) {
		if (!cursor_split(&d, n, &s))
			return false;
		while (cursor_u8(&s, &n))
			put_byte(t, n, false);
	}
	return true;
}

/* numbers: how many 16-bit fields stand before the name (MX 1, SRV 3). */
static bool
put_numbers_and_name(struct text *t, const uint8_t *msg, size_t len, struct cursor *d,
		     unsigned numbers)
{
	uint16_t v;

	while (numbers-- > 0) {
		if (!cursor_be16(d, &v))
			return false;
		put_number(t, v);
		put_char(t, ' ');
	}
	return name_read(msg, len, d, t);
}

/* The record's data as text; false when its type is not told, or it is malformed. */
static bool
data_read(const uint8_t *msg, size_t len, struct cursor d, struct dns_answer *a)
{
	struct text t = text_of(a->text, sizeof(a->text));
	size_t size = cursor_left(&d);
	bool good;

	switch (a->type) {
	case TYPE_A:
	case TYPE_AAAA:
		if (size != (a->type == TYPE_A ? 4 : 16))
			return false;
		a->addr_len = (uint8_t)size;
		memcpy(a->addr, d.p, size);
		if (size == 4)
			put_ipv4(&t, d.p);
		else
			put_ipv6(&t, d.p);
		good = true;
		break;
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_PTR:
	case TYPE_DNAME:
	case TYPE_SOA:
		good = name_read(msg, len, &d, &t);
		break;
	case TYPE_MX:
	case TYPE_SVCB:
	case TYPE_HTTPS:
		good = put_numbers_and_name(&t, msg, len, &d, 1);
		break;
	case TYPE_SRV:
		good = put_numbers_and_name(&t, msg, len, &d, 3);
		break;
	case TYPE_TXT:
	case TYPE_SPF:
		good = put_txt(&t, d);
		break;
	default:
		return false;
	}
	*t.p = '\0';
	return good;
}

/* One resource record. False when the message ends inside it. */
static bool
record_read(const uint8_t *msg, size_t len, struct cursor *c, struct dns_message *m, bool answer)
{
	char owner[1]; /* not told */
	struct text t = text_of(owner, sizeof(owner));
	uint16_t type, klass, size;
	struct cursor data;
	uint32_t ttl;

	if (!name_read(msg, len, c, &t) || !cursor_be16(c, &type) || !cursor_be16(c, &klass) ||
	    !cursor_be32(c, &ttl) || !cursor_be16(c, &size) || !cursor_split(c, size, &data))
		return false;
	if (type == TYPE_OPT) {
		m->rcode |= (uint16_t)((ttl >> 24) << 4); /* RFC 6891 section 6.1.3 */
		return true;
	}
	if (!answer || (klass & 0x7fff) != CLASS_IN)
		return true;
	if (m->nr_answers == DNS_MAX_ANSWERS) {
		m->nr_more++;
		return true;
	}

	struct dns_answer *a = &m->answers[m->nr_answers];

	a->type = type;
	a->ttl = ttl;
	a->addr_len = 0;
	if (data_read(msg, len, data, a))
		m->nr_answers++;
	else
		m->nr_more++;
	return true;
}

/* Case does not matter in names (RFC 4343), and some clients play with it. */
static uint32_t
name_hash(const char *name, size_t len)
{
	static const struct siphash_key key = { 0, 0 };
	uint8_t lower[DNS_NAME_CAP];

	for (size_t i = 0; i < len; i++)
		lower[i] = ascii_lower((uint8_t)name[i]);
	return (uint32_t)siphash13(&key, lower, len);
}

static bool
question_read(const uint8_t *msg, size_t len, struct cursor *c, struct dns_message *m)
{
	struct text t = text_of(m->name, sizeof(m->name));

	if (!name_read(msg, len, c, &t) || !cursor_be16(c, &m->qtype) ||
	    !cursor_be16(c, &m->qclass))
		return false;
	*t.p = '\0';
	m->has_question = true;
	m->name_hash = name_hash(m->name, (size_t)(t.p - m->name)) ^ m->qtype;
	return true;
}

static bool
question_skip(const uint8_t *msg, size_t len, struct cursor *c)
{
	char name[1];
	struct text t = text_of(name, sizeof(name));

	return name_read(msg, len, c, &t) && cursor_skip(c, 4);
}

enum dns_result
dns_parse(const uint8_t *msg, size_t len, struct dns_message *m)
{
	struct cursor c = cursor_of(msg, len);
	const uint8_t *h = cursor_take(&c, HEADER_BYTES);
	uint16_t flags, counts[4];

	memset(m, 0, offsetof(struct dns_message, answers));
	if (h == NULL)
		return DNS_BAD_HEADER;
	m->id = read_be16(h);
	flags = read_be16(h + 2);
	m->response = (flags & 0x8000) != 0;
	m->opcode = (uint8_t)(flags >> 11 & 15);
	m->truncated = (flags & 0x0200) != 0;
	m->rcode = flags & 15;
	for (unsigned i = 0; i < 4; i++)
		counts[i] = read_be16(h + 4 + 2 * i);
	if (counts[0] == 0 && counts[1] == 0)
		return m->response ? DNS_OK : DNS_BAD_HEADER;

	for (unsigned i = 0; i < counts[0]; i++) {
		if (i == 0 && !question_read(msg, len, &c, m))
			return DNS_BAD_NAME;
		if (i != 0 && !question_skip(msg, len, &c))
			return DNS_TRUNCATED;
	}
	for (unsigned section = 1; section < 4; section++) {
		for (unsigned i = 0; i < counts[section]; i++) {
			if (!record_read(msg, len, &c, m, section == 1))
				return DNS_TRUNCATED;
		}
	}
	return DNS_OK;
}

static const char *
numbered(char buf[16], const char *prefix, uint16_t v)
{
	struct text t = text_of(buf, 16);

	put_string(&t, prefix);
	put_number(&t, v);
	*t.p = '\0';
	return buf;
}

const char *
dns_type_name(uint16_t type, char buf[16])
{
	for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++) {
		if (type_names[i].type == type)
			return type_names[i].name;
	}
	return numbered(buf, "TYPE", type);
}

const char *
dns_rcode_name(uint16_t rcode, char buf[16])
{
	if (rcode < sizeof(rcode_names) / sizeof(rcode_names[0]))
		return rcode_names[rcode];
	if (rcode == 16)
		return "BADVERS";
	return numbered(buf, "RCODE", rcode);
}

/* ------------------------------------------------------------------ over TCP */

void
dns_stream_init(struct dns_stream *s, struct slab *buffers)
{
	*s = (struct dns_stream) { .buffers = buffers };
}

void
dns_stream_fini(struct dns_stream *s)
{
	slab_give(s->buffers, s->buffer);
	s->buffer = NULL;
}

void
dns_stream_gap(struct dns_stream *s)
{
	dns_stream_fini(s);
	s->skip = 0;
	s->length_have = 0;
	s->lost = true;
}

/* The message at hand goes on behind data: keeps what there is of it, or passes it over. */
static void
keep(struct dns_stream *s, const uint8_t *data, size_t len, uint32_t size)
{
	if (size <= DNS_STREAM_BYTES)
		s->buffer = slab_take(s->buffers);
	if (s->buffer == NULL) {
		s->too_long++;
		s->skip = size - (uint32_t)len;
		s->length_have = 0;
		return;
	}
	memcpy(s->buffer, data, len);
	s->have = (uint32_t)len;
}

static size_t
fill(struct dns_stream *s, const uint8_t *data, size_t len, dns_message_fn *fn, void *arg)
{
	uint32_t size = read_be16(s->length);
	size_t n = size - s->have < len ? size - s->have : len;

	memcpy(s->buffer + s->have, data, n);
	s->have += (uint32_t)n;
	if (s->have == size) {
		fn(arg, s->buffer, size);
		dns_stream_fini(s);
		s->length_have = 0;
	}
	return n;
}

/*
 * After a gap: a push that begins with a length and a sound message of that length is where
 * messages begin again, as segments tend to begin with messages.
 */
static bool
begins_message(const uint8_t *data, size_t len)
{
	struct dns_message m;
	size_t size;

	if (len < 2 + HEADER_BYTES)
		return false;
	size = read_be16(data);
	return size <= len - 2 && dns_parse(data + 2, size, &m) == DNS_OK && m.has_question;
}

void
dns_stream_push(struct dns_stream *s, const uint8_t *data, size_t len, dns_message_fn *fn,
		void *arg)
{
	if (s->lost && begins_message(data, len))
		s->lost = false;
	while (len > 0 && !s->lost) {
		size_t n;

		if (s->skip > 0) {
			n = s->skip < len ? s->skip : len;
			s->skip -= (uint32_t)n;
		} else if (s->buffer != NULL) {
			n = fill(s, data, len, fn, arg);
		} else if (s->length_have < 2) {
			n = 1;
			s->length[s->length_have++] = data[0];
		} else {
			uint32_t size = read_be16(s->length);

			n = size < len ? size : len;
			if (n == size) {
				fn(arg, data, size);
				s->length_have = 0;
			} else {
				keep(s, data, n, size);
			}
		}
		data += n;
		len -= n;
	}
}
