#include "dataplane/publish/encode.h"

#include <stdbool.h>
#include <string.h>

#include "dataplane/publish/endpoint.h"

/*
 * Room is checked where bytes are written. A field that finds none sets full, and the field's
 * beginning is where the writer goes back to. TAIL bytes are kept for what closes the object.
 */
struct writer {
	char *p;
	char *end;
	bool full;
};

#define TAIL 2 /* "}\n" */

static void
put_bytes(struct writer *w, const void *bytes, size_t len)
{
	if (w->full || len > (size_t)(w->end - w->p)) {
		w->full = true;
		return;
	}
	memcpy(w->p, bytes, len);
	w->p += len;
}

static void
put_char(struct writer *w, char c)
{
	if (w->p == w->end)
		w->full = true;
	else if (!w->full)
		*w->p++ = c;
}

static void
put_uint(struct writer *w, uint64_t v)
{
	char digits[20];
	char *p = digits + sizeof(digits);

	if (v > ENCODE_MAX_UINT)
		v = ENCODE_MAX_UINT;
	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	put_bytes(w, p, (size_t)(digits + sizeof(digits) - p));
}

size_t
encode_hex(const uint8_t *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	return 2 * len;
}

static void
put_hex(struct writer *w, const uint8_t *bytes, size_t len)
{
	if (w->full || len > (size_t)(w->end - w->p) / 2) {
		w->full = true;
		return;
	}
	w->p += encode_hex(bytes, len, w->p);
}

/*
 * Length of the well-formed UTF-8 sequence at p (Unicode 15, table 3-7), or 0 with *bad set to the
 * length of the maximal part of one.
 */
static size_t
utf8_sequence(const uint8_t *p, size_t left, size_t *bad)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t need;

	*bad = 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	need = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < need; i++) {
		if (i >= left || p[i] < low || p[i] > high) {
			*bad = i;
			return 0;
		}
		low = 0x80;
		high = 0xbf;
	}
	return need;
}

static void
put_escaped(struct writer *w, uint8_t c)
{
	char text[6] = { '\\', 'u', '0', '0' };

	switch (c) {
	case '"':
	case '\\':
		text[1] = (char)c;
		put_bytes(w, text, 2);
		return;
	case '\n':
		put_bytes(w, "\\n", 2);
		return;
	case '\r':
		put_bytes(w, "\\r", 2);
		return;
	case '\t':
		put_bytes(w, "\\t", 2);
		return;
	default:
		encode_hex(&c, 1, text + 4);
		put_bytes(w, text, 6);
	}
}

static bool
is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void
put_quoted(struct writer *w, const uint8_t *text, size_t len)
{
	const uint8_t *end = text + len;

	put_char(w, '"');
	while (text < end) {
		const uint8_t *from = text;
		size_t sequence, bad;

		while (text < end && is_plain(*text))
			text++;
		put_bytes(w, from, (size_t)(text - from));
		if (text == end)
			break;
		if (*text < 0x80) {
			put_escaped(w, *text++);
			continue;
		}
		sequence = utf8_sequence(text, (size_t)(end - text), &bad);
		if (sequence != 0)
			put_bytes(w, text, sequence);
		else
			put_bytes(w, "\xef\xbf\xbd", 3);
		text += sequence != 0 ? sequence : bad;
	}
	put_char(w, '"');
}

size_t
encode_string(const char *text, char *out, size_t cap)
{
	struct writer w = { .p = out, .end = out + cap };

	put_quoted(&w, (const uint8_t *)text, strlen(text));
	return w.full ? 0 : (size_t)(w.p - out);
}

static void
put_ip(struct writer *w, const struct record_value *v)
{
	char text[ENDPOINT_ADDRESS_BYTES];
	size_t len = endpoint_address(v->data, v->len, text);

	put_char(w, '"');
	put_bytes(w, text, len);
	put_char(w, '"');
}

static void
put_mac(struct writer *w, const struct record_value *v)
{
	put_char(w, '"');
	for (size_t i = 0; i < v->len; i++) {
		if (i != 0)
			put_char(w, ':');
		put_hex(w, v->data + i, 1);
	}
	put_char(w, '"');
}

/* One value, without its name. */
static void
put_value(struct writer *w, const struct record_value *v)
{
	switch (record_field_infos[v->field].kind) {
	case RECORD_KIND_UINT:
	case RECORD_KIND_UINTS:
		put_uint(w, record_value_uint(v));
		break;
	case RECORD_KIND_BOOL:
		if (v->data[0] != 0)
			put_bytes(w, "true", 4);
		else
			put_bytes(w, "false", 5);
		break;
	case RECORD_KIND_TEXT:
	case RECORD_KIND_TEXTS:
		put_quoted(w, v->data, v->len);
		break;
	case RECORD_KIND_IP:
		put_ip(w, v);
		break;
	case RECORD_KIND_MAC:
		put_mac(w, v);
		break;
	case RECORD_KIND_HEX:
		put_char(w, '"');
		put_hex(w, v->data, v->len);
		put_char(w, '"');
		break;
	case RECORD_KIND_COUNTER:
		put_uint(w, record_value_uint(v));
		break;
	}
}

/* Names are weir's own: nothing in them needs to be escaped. */
static void
put_name(struct writer *w, const void *name, size_t len)
{
	put_bytes(w, ",\"", 2);
	put_bytes(w, name, len);
	put_bytes(w, "\":", 2);
}

/* The field at v and, of an array, all elements that follow it; it stands behind them after. */
static void
put_field(struct writer *w, const struct record_value *v, struct record_iter *it)
{
	const struct record_field_info *info = &record_field_infos[v->field];
	struct record_iter ahead = *it;
	struct record_value next;

	if (info->kind == RECORD_KIND_COUNTER) {
		put_name(w, v->data + sizeof(uint64_t), v->len - sizeof(uint64_t));
		put_value(w, v);
		return;
	}
	put_name(w, info->name, strlen(info->name));
	if (info->kind != RECORD_KIND_TEXTS && info->kind != RECORD_KIND_UINTS) {
		put_value(w, v);
		return;
	}
	put_char(w, '[');
	put_value(w, v);
	while (record_next(&ahead, &next) && next.field == v->field) {
		put_char(w, ',');
		put_value(w, &next);
		*it = ahead;
	}
	put_char(w, ']');
}

static void
put_envelope(struct writer *w, const struct encoder *e, const struct record_head *r, uint64_t seq)
{
	const char *type = record_type_names[r->type];

	put_bytes(w, "{\"schema\":\"weir.", 16);
	put_bytes(w, type, strlen(type));
	put_char(w, '/');
	put_uint(w, ENCODE_MAJOR);
	put_bytes(w, "\",\"time\":", 9);
	put_uint(w, r->time_us);
	put_bytes(w, ",\"event_id\":\"", 13);
	put_hex(w, r->event_id, RECORD_ID_BYTES);
	put_bytes(w, "\",\"seq\":", 8);
	put_uint(w, seq);
	if (e->boot_us != 0) {
		put_bytes(w, ",\"boot\":", 8);
		put_uint(w, e->boot_us);
	}
	put_bytes(w, ",\"sensor\":", 10);
	put_quoted(w, (const uint8_t *)e->sensor, strlen(e->sensor));
	if (e->cluster != NULL && e->cluster[0] != '\0') {
		put_bytes(w, ",\"cluster\":", 11);
		put_quoted(w, (const uint8_t *)e->cluster, strlen(e->cluster));
	}
}

/* What put_envelope has written, or what comes in a place of its own. */
static bool
is_envelope(enum record_field f)
{
	return f == RF_SENSOR || f == RF_CLUSTER || f == RF_TAP || f == RF_RULESET;
}

/* The first tap and ruleset, in that order, whatever the order in the record. */
static void
put_tap_and_ruleset(struct writer *w, const struct record_head *record)
{
	struct record_value tap = { .len = 0 }, ruleset = { .len = 0 };
	struct record_iter it = record_iter_of(record);
	struct record_value v;

	while ((tap.len == 0 || ruleset.len == 0) && record_next(&it, &v)) {
		if (v.field == RF_TAP && tap.len == 0)
			tap = v;
		else if (v.field == RF_RULESET && ruleset.len == 0)
			ruleset = v;
	}
	if (tap.len != 0) {
		put_name(w, "tap", 3);
		put_value(w, &tap);
	}
	if (ruleset.len != 0) {
		put_name(w, "ruleset", 7);
		put_value(w, &ruleset);
	}
}

size_t
encode_record(struct encoder *e, const struct record_head *record, uint64_t seq, char *out)
{
	struct writer w = { out, out + ENCODE_MAX_BYTES - TAIL, false };
	struct record_iter it = record_iter_of(record);
	struct record_value v;

	put_envelope(&w, e, record, seq);
	put_tap_and_ruleset(&w, record);
	while (record_next(&it, &v)) {
		char *before = w.p;

		if (is_envelope(v.field) ||
		    (record_field_infos[v.field].flags & RECORD_FLAG_INTERNAL) != 0)
			continue;
		put_field(&w, &v, &it);
		if (w.full) {
			w.p = before;
			w.full = false;
			e->cut++;
		}
	}
	memcpy(w.p, "}\n", TAIL);
	return (size_t)(w.p - out) + TAIL;
}
