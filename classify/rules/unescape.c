/* Text without an escape is passed on as it came, without a copy. */
#include "classify/rules/unescape.h"

enum { OUT_CAP = 4096, OUT_ONE = 6 };

void
unescape_init(struct unescape *u, enum buffer_coding coding)
{
	*u = (struct unescape) { .coding = coding };
}

static size_t
as_it_is(const uint8_t *p, size_t len, uint8_t *out, size_t *took)
{
	memcpy(out, p, len);
	*took = len;
	return len;
}

static size_t
utf8(unsigned c, uint8_t *out)
{
	if (c < 0x80) {
		out[0] = c < ' ' && c != '\n' && c != '\t' && c != '\r' ? ' ' : (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c >= 0xd800 && c < 0xe000) {
		out[0] = '?';
		return 1;
	}
	out[0] = (uint8_t)(0xe0 | c >> 12);
	out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c & 0x3f));
	return 3;
}

/* \uXXXX; p is at the backslash. */
static size_t
json_unicode(const uint8_t *p, size_t len, uint8_t *out, size_t *took)
{
	unsigned c = 0;

	for (size_t i = 2; i < 6; i++) {
		if (i >= len)
			return 0;
		if (hex_value(p[i]) < 0)
			return as_it_is(p, 2, out, took);
		c = c << 4 | (unsigned)hex_value(p[i]);
	}
	*took = 6;
	return utf8(c, out);
}

static size_t
json_one(const uint8_t *p, size_t len, uint8_t *out, size_t *took)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/  \n\r\t";

	if (len < 2)
		return 0;
	if (p[1] == 'u')
		return json_unicode(p, len, out, took);

	const char *which = p[1] == '\0' ? NULL : strchr(from, p[1]);

	if (which == NULL)
		return as_it_is(p, 1, out, took);
	out[0] = (uint8_t)to[which - from];
	*took = 2;
	return 1;
}

static size_t
form_one(const uint8_t *p, size_t len, uint8_t *out, size_t *took)
{
	if (p[0] == '+') {
		out[0] = ' ';
		*took = 1;
		return 1;
	}
	if (len >= 2 && hex_value(p[1]) < 0)
		return as_it_is(p, 1, out, took);
	if (len < 3)
		return 0;
	if (hex_value(p[2]) < 0)
		return as_it_is(p, 1, out, took);
	out[0] = (uint8_t)(hex_value(p[1]) * 16 + hex_value(p[2]));
	*took = 3;
	return 1;
}

/* \DDD; what else follows a backslash stands for itself. */
static size_t
dns_one(const uint8_t *p, size_t len, uint8_t *out, size_t *took)
{
	unsigned c = 0;

	for (size_t i = 1; i < 4; i++) {
		if (i >= len)
			return 0;
		if (p[i] < '0' || p[i] > '9')
			return as_it_is(p, 1, out, took);
		c = c * 10 + p[i] - '0';
	}
	if (c > 255)
		return as_it_is(p, 1, out, took);
	*took = 4;
	out[0] = c < ' ' ? ' ' : (uint8_t)c;
	return 1;
}

size_t
unescape_one(enum buffer_coding coding, const uint8_t *p, size_t len, uint8_t out[6], size_t *took)
{
	*took = 0;
	switch (coding) {
	case CODING_JSON:
		return json_one(p, len, out, took);
	case CODING_DNS:
		return dns_one(p, len, out, took);
	default:
		return form_one(p, len, out, took);
	}
}

static bool
leads(enum buffer_coding coding, uint8_t c)
{
	return coding == CODING_FORM ? c == '%' || c == '+' : c == '\\';
}

/* Bytes before the next escape. */
static size_t
plain_run(enum buffer_coding coding, const uint8_t *p, size_t len)
{
	if (coding != CODING_FORM) {
		const uint8_t *next = memchr(p, '\\', len);

		return next == NULL ? len : (size_t)(next - p);
	}

	size_t n = 0;

	while (n < len && !leads(coding, p[n]))
		n++;
	return n;
}

static size_t
one_escape(const void *arg, const uint8_t *p, size_t len, uint8_t *out, size_t *took)
{
	const struct unescape *u = arg;

	return unescape_one(u->coding, p, len, out, took);
}

/* Everything with an escape in it, gathered into pieces of some size. */
static void
push_gathered(struct unescape *u, const uint8_t *data, size_t len, unescape_fn *fn, void *arg)
{
	uint8_t out[OUT_CAP];
	size_t nr = 0;

	while (len != 0) {
		size_t run = plain_run(u->coding, data, len), took = run;

		if (OUT_CAP - nr < OUT_ONE) {
			fn(arg, out, nr);
			nr = 0;
		}
		if (run != 0) {
			took = run < OUT_CAP - nr ? run : OUT_CAP - nr;
			memcpy(out + nr, data, took);
			nr += took;
		} else {
			nr += unescape_one(u->coding, data, len, out + nr, &took);
			if (took == 0)
				break;
		}
		data += took;
		len -= took;
	}
	if (nr != 0)
		fn(arg, out, nr);
	carry_hold(&u->carry, span_of(data, len));
}

void
unescape_push(struct unescape *u, const uint8_t *data, size_t len, unescape_fn *fn, void *arg)
{
	struct span rest = span_of(data, len);
	uint8_t out[CARRY_OUT];

	if (u->coding == CODING_RAW) {
		fn(arg, data, len);
		return;
	}
	while (u->carry.nr != 0 && rest.len != 0) {
		size_t n = carry_finish(&u->carry, &rest, one_escape, u, out);

		if (n != 0)
			fn(arg, out, n);
	}
	if (rest.len == 0)
		return;
	if (plain_run(u->coding, rest.p, rest.len) == rest.len)
		fn(arg, rest.p, rest.len);
	else
		push_gathered(u, rest.p, rest.len, fn, arg);
}

void
unescape_end(struct unescape *u, unescape_fn *fn, void *arg)
{
	if (u->carry.nr != 0)
		fn(arg, u->carry.byte, u->carry.nr);
	u->carry.nr = 0;
}
