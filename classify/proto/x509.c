#include "classify/proto/x509.h"

#include "dataplane/port/cursor.h"

enum { /* DER tags */
       DER_BOOLEAN = 0x01,
       DER_INTEGER = 0x02,
       DER_OCTETS = 0x04,
       DER_OID = 0x06,
       DER_UTC_TIME = 0x17,
       DER_TIME = 0x18,
       DER_BMP_STRING = 0x1e,
       DER_SEQUENCE = 0x30,
       DER_SET = 0x31,
       DER_VERSION = 0xa0,
       DER_EXTENSIONS = 0xa3,
};

enum { SAN_MAIL = 0x81, SAN_DNS = 0x82, SAN_URI = 0x86, SAN_IP = 0x87 };

#define MAX_PARTS      16u /* of a name */
#define MAX_EXTENSIONS 64u

/* One element: tag 1 | length 1, or 0x80 + n and then n bytes | content. */
static bool
element(struct cursor *c, uint8_t *tag, struct span *content)
{
	const uint8_t *p;
	uint8_t first;
	size_t len;

	if (!cursor_u8(c, tag) || !cursor_u8(c, &first))
		return false;
	len = first;
	if (first >= 0x80) {
		unsigned nr = first & 0x7fu;

		p = cursor_take(c, nr);
		if (nr == 0 || nr > 3 || p == NULL)
			return false;
		len = 0;
		for (unsigned i = 0; i < nr; i++)
			len = len << 8 | p[i];
	}
	p = cursor_take(c, len);
	*content = span_of(p, len);
	return p != NULL;
}

static bool
expect(struct cursor *c, uint8_t tag, struct span *content)
{
	uint8_t found;

	return element(c, &found, content) && found == tag;
}

/* What can be entered though its end is missing: a certificate that was cut off. */
static bool
enter(struct cursor *c, uint8_t tag, struct cursor *inside)
{
	struct cursor at = *c;
	uint8_t found, first;

	if (!cursor_u8(&at, &found) || found != tag || !cursor_u8(&at, &first))
		return false;
	if (first >= 0x80 && ((first & 0x7f) > 3 || !cursor_skip(&at, first & 0x7f)))
		return false;
	*inside = at;
	return true;
}

struct text {
	char *out;
	size_t len;
};

static void
add(struct text *t, char c)
{
	if (t->len < X509_NAME_CAP - 1)
		t->out[t->len++] = c;
	t->out[t->len] = '\0';
}

static void
add_string(struct text *t, const char *s)
{
	while (*s != '\0')
		add(t, *s++);
}

static void
add_plain(struct text *t, struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		add(t, (char)s.p[i]);
}

static const char *
attribute_name(struct span oid)
{
	static const struct {
		uint8_t last; /* after 2.5.4 */
		const char *name;
	} names[] = {
		{ 3, "CN" },	 { 4, "SN" },  { 5, "serialNumber" },
		{ 6, "C" },	 { 7, "L" },   { 8, "ST" },
		{ 9, "street" }, { 10, "O" },  { 11, "OU" },
		{ 12, "title" }, { 42, "GN" }, { 97, "organizationIdentifier" },
	};
	static const uint8_t domain[] = {
		0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19
	};
	static const uint8_t mail[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01 };

	if (oid.len == sizeof(domain) && memcmp(oid.p, domain, sizeof(domain)) == 0)
		return "DC";
	if (oid.len == sizeof(mail) && memcmp(oid.p, mail, sizeof(mail)) == 0)
		return "emailAddress";
	if (oid.len != 3 || oid.p[0] != 0x55 || oid.p[1] != 4)
		return NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].last == oid.p[2])
			return names[i].name;
	}
	return NULL;
}

static void
add_value(struct text *t, uint8_t tag, struct span value)
{
	/* A BMPString has two bytes for each character; those of ASCII begin with 0. */
	size_t step = tag == DER_BMP_STRING ? 2 : 1;

	for (size_t i = step - 1; i < value.len; i += step) {
		uint8_t c = step == 2 && value.p[i - 1] != 0 ? '?' : value.p[i];

		if (c == ',' || c == '+' || c == '"' || c == '\\' || c == '<' || c == '>' ||
		    c == ';')
			add(t, '\\');
		add(t, c >= 0x20 && c <= 0x7e ? (char)c : '?');
	}
}

/* Name: SEQ { SET { SEQ { OID, string } ... } ... } */
static void
read_name(struct span name, char out[X509_NAME_CAP])
{
	struct cursor c = cursor_of(name.p, name.len), set, pair;
	struct span parts[MAX_PARTS], oid, value;
	struct text t = { out, 0 };
	unsigned nr = 0;
	uint8_t tag;

	while (nr < MAX_PARTS && expect(&c, DER_SET, &parts[nr]))
		nr++;
	out[0] = '\0';
	while (nr-- > 0) {
		bool first = true;

		set = cursor_of(parts[nr].p, parts[nr].len);
		while (expect(&set, DER_SEQUENCE, &value)) {
			const char *label;

			pair = cursor_of(value.p, value.len);
			if (!expect(&pair, DER_OID, &oid) || !element(&pair, &tag, &value))
				continue;
			label = attribute_name(oid);
			if (label == NULL)
				continue;
			if (t.len != 0)
				add(&t, first ? ',' : '+');
			add_string(&t, label);
			add(&t, '=');
			add_value(&t, tag, value);
			first = false;
		}
	}
}

static bool
two_digits(struct cursor *c, unsigned *out)
{
	const uint8_t *p = cursor_take(c, 2);

	if (p == NULL || p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*out = (p[0] - (unsigned)'0') * 10 + p[1] - '0';
	return true;
}

/* Days from 1970-01-01 in the Gregorian calendar, for years from 1970 on. */
static uint64_t
days_from_epoch(unsigned year, unsigned month, unsigned day)
{
	/* Counted from March, so that the leap day is the last of the year. */
	uint64_t y = month <= 2 ? year - 1 : year, m = (month + 9) % 12;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* UTCTime YYMMDDHHMM[SS]Z from 1950 to 2049, or GeneralizedTime with four digits of the year. */
static uint64_t
read_time(uint8_t tag, struct span s)
{
	struct cursor c = cursor_of(s.p, s.len);
	unsigned century = 0, year, month, day, hour, minute, second = 0;

	if (tag == DER_TIME ? !two_digits(&c, &century) : tag != DER_UTC_TIME)
		return 0;
	if (!two_digits(&c, &year) || !two_digits(&c, &month) || !two_digits(&c, &day) ||
	    !two_digits(&c, &hour) || !two_digits(&c, &minute))
		return 0;
	two_digits(&c, &second);
	if (tag == DER_UTC_TIME)
		century = year >= 50 ? 19 : 20;
	year += century * 100;
	if (year < 1970 || year > 2254 || month < 1 || month > 12 || day < 1 || day > 31 ||
	    hour > 23 || minute > 59 || second > 60)
		return 0;
	return (days_from_epoch(year, month, day) * 86400 + hour * 3600u + minute * 60u + second) *
	       1000000u;
}

static void
add_number(struct text *t, unsigned v)
{
	if (v >= 10)
		add_number(t, v / 10);
	add(t, (char)('0' + v % 10));
}

/* Dotted, or eight groups without leading zeros: a name that no one shortens twice. */
static void
add_address(struct text *t, struct span a)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < a.len && a.len == 4; i++) {
		if (i != 0)
			add(t, '.');
		add_number(t, a.p[i]);
	}
	for (size_t i = 0; i + 1 < a.len && a.len == 16; i += 2) {
		unsigned v = read_be16(a.p + i);

		if (i != 0)
			add(t, ':');
		for (unsigned shift = 16; shift > 0; shift -= 4) {
			if (v >> (shift - 4) != 0 || shift == 4)
				add(t, digits[v >> (shift - 4) & 15]);
		}
	}
}

static bool
is_shown(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < 0x21 || s.p[i] > 0x7e)
			return false;
	}
	return s.len != 0 && s.len < X509_NAME_CAP;
}

static void
alternative_name(struct x509_facts *out, uint8_t tag, struct span value)
{
	struct text t = { out->san[out->nr_san], 0 };

	t.out[0] = '\0';
	if (tag == SAN_IP)
		add_address(&t, value);
	else if ((tag == SAN_DNS || tag == SAN_URI || tag == SAN_MAIL) && is_shown(value))
		add_plain(&t, value);
	if (t.len != 0)
		out->nr_san++;
}

/* Extension: SEQ { OID, critical BOOLEAN (optional), OCTETS { value } } */
static void
extension(struct x509_facts *out, struct span ext)
{
	struct cursor c = cursor_of(ext.p, ext.len), names;
	struct span oid, value;
	uint8_t tag;

	if (!expect(&c, DER_OID, &oid) || oid.len != 3 || memcmp(oid.p, "\x55\x1d\x11", 3) != 0)
		return;
	if (!element(&c, &tag, &value) || (tag == DER_BOOLEAN && !element(&c, &tag, &value)) ||
	    tag != DER_OCTETS)
		return;
	c = cursor_of(value.p, value.len);
	if (!expect(&c, DER_SEQUENCE, &value))
		return;
	names = cursor_of(value.p, value.len);
	while (out->nr_san < X509_MAX_SAN && element(&names, &tag, &value))
		alternative_name(out, tag, value);
}

static void
validity(struct x509_facts *out, struct span s)
{
	struct cursor c = cursor_of(s.p, s.len);
	struct span from, to;
	uint8_t tag;

	if (element(&c, &tag, &from) && element(&c, &tag, &to))
		out->not_after_us = read_time(tag, to);
}

bool
x509_read(struct span der, struct x509_facts *out)
{
	struct cursor c = cursor_of(der.p, der.len), tbs, list;
	struct span value;
	uint8_t tag;

	out->subject[0] = out->issuer[0] = '\0';
	out->nr_san = 0;
	out->not_after_us = 0;
	if (!enter(&c, DER_SEQUENCE, &c) || !enter(&c, DER_SEQUENCE, &tbs) ||
	    !element(&tbs, &tag, &value))
		return false;
	if (tag == DER_VERSION && !element(&tbs, &tag, &value))
		return false;
	if (tag != DER_INTEGER || !expect(&tbs, DER_SEQUENCE, &value) ||
	    !expect(&tbs, DER_SEQUENCE, &value))
		return false;
	read_name(value, out->issuer);
	if (!expect(&tbs, DER_SEQUENCE, &value))
		return false;
	validity(out, value);
	if (!expect(&tbs, DER_SEQUENCE, &value))
		return false;
	read_name(value, out->subject);
	if (!expect(&tbs, DER_SEQUENCE, &value))
		return false;
	do {
		if (!element(&tbs, &tag, &value))
			return tag == DER_SEQUENCE; /* version 1 has no extensions */
	} while (tag != DER_EXTENSIONS && tag != DER_SEQUENCE);
	list = cursor_of(value.p, value.len);
	if (tag == DER_SEQUENCE || !expect(&list, DER_SEQUENCE, &value))
		return tag == DER_SEQUENCE;
	list = cursor_of(value.p, value.len);
	for (unsigned i = 0; i < MAX_EXTENSIONS && expect(&list, DER_SEQUENCE, &value); i++)
		extension(out, value);
	return true;
}
