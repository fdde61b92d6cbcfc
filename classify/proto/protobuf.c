#include "classify/proto/protobuf.h"

#include <string.h>

#include "dataplane/port/cursor.h"

enum state {
	STATE_FIRST, /* the first bytes of the outermost message */
	STATE_TAG,
	STATE_VARINT, /* a value */
	STATE_LENGTH,
	STATE_FIXED,  /* value_left bytes to pass over */
	STATE_WINDOW, /* the first bytes of a value whose kind is not known yet */
	STATE_TEXT,   /* value_left bytes to hand out */
	STATE_BROKEN, /* the rest of the outermost message is handed out */
};

enum { WIRE_VARINT, WIRE_64, WIRE_BYTES, WIRE_GROUP, WIRE_GROUP_END, WIRE_32 };

#define MAX_SHIFT 63u /* ten bytes */

struct walk {
	struct protobuf *p;
	const struct protobuf_handler *on;
	void *arg;
};

/* ------------------------------------------------------------------ what a value is */

/* UTF-8 without control characters; a sequence that the window cuts is let pass. */
static bool
is_text(const uint8_t *s, size_t len, bool whole)
{
	for (size_t i = 0; i < len;) {
		size_t more = s[i] >= 0xf0 ? 3 : s[i] >= 0xe0 ? 2 : s[i] >= 0xc2 ? 1 : 0;

		if (s[i] < 0x20 ? s[i] != '\t' && s[i] != '\n' && s[i] != '\r'
				: s[i] == 0x7f || (s[i] >= 0x80 && s[i] < 0xc2) || s[i] > 0xf4)
			return false;
		if (whole && more >= len - i)
			return false;
		for (i++; more > 0 && i < len; more--, i++) {
			if ((s[i] & 0xc0) != 0x80)
				return false;
		}
	}
	return true;
}

enum shape { SHAPE_NONE, SHAPE_MESSAGE, SHAPE_STRINGS /* of wire type 2 only */ };

/* A varint of at most ten bytes; false when there is none, or the window ends in it (*cut). */
static bool
varint(struct cursor *c, uint64_t *v, bool *cut)
{
	uint8_t b = 0x80;

	*v = 0;
	for (unsigned shift = 0; shift <= MAX_SHIFT && (b & 0x80) != 0; shift += 7) {
		if (!cursor_u8(c, &b)) {
			*cut = true;
			return false;
		}
		*v |= (uint64_t)(b & 0x7f) << shift;
	}
	return (b & 0x80) == 0;
}

/* Bytes of a value that has a length, or UINT64_MAX where there can be no value. */
static uint64_t
value_bytes(struct cursor *c, unsigned wire, bool *cut)
{
	uint64_t v;

	switch (wire) {
	case WIRE_VARINT:
		return varint(c, &v, cut) ? 0 : UINT64_MAX;
	case WIRE_BYTES:
		return varint(c, &v, cut) ? v : UINT64_MAX;
	case WIRE_64:
		return 8;
	case WIRE_32:
		return 4;
	case WIRE_GROUP:
	case WIRE_GROUP_END:
		return 0;
	default:
		return UINT64_MAX;
	}
}

struct span
protobuf_find(const uint8_t *data, size_t len, uint32_t number)
{
	struct cursor c = cursor_of(data, len);
	uint64_t tag, n;
	bool cut;

	while (varint(&c, &tag, &cut)) {
		const uint8_t *value;

		n = value_bytes(&c, (unsigned)(tag & 7), &cut);
		if (n > cursor_left(&c))
			break;
		value = cursor_take(&c, (size_t)n);
		if (tag >> 3 == number && (tag & 7) == WIRE_BYTES)
			return span_of(value, (size_t)n);
	}
	return span_of(NULL, 0);
}

/* Do the first len of total bytes begin a message, or are they one? */
static enum shape
shape_of(const uint8_t *data, size_t len, size_t total)
{
	struct cursor c = cursor_of(data, len);
	enum shape shape = SHAPE_STRINGS;
	bool cut = false;

	while (cursor_left(&c) > 0) {
		uint64_t tag, n;
		size_t at;

		if (!varint(&c, &tag, &cut))
			return cut && len < total ? shape : SHAPE_NONE;
		if (tag >> 3 == 0 || tag >> 32 != 0)
			return SHAPE_NONE;
		n = value_bytes(&c, tag & 7, &cut);
		if (n == UINT64_MAX)
			return cut && len < total ? shape : SHAPE_NONE;
		at = len - cursor_left(&c);
		if (n > total - at)
			return SHAPE_NONE;
		if ((tag & 7) != WIRE_BYTES)
			shape = SHAPE_MESSAGE;
		if (n > cursor_left(&c))
			return shape;
		cursor_skip(&c, (size_t)n);
	}
	return shape;
}

static bool
is_message(const uint8_t *data, size_t len, size_t total)
{
	enum shape shape = shape_of(data, len, total);

	return shape == SHAPE_STRINGS ||
	       (shape == SHAPE_MESSAGE && !is_text(data, len, len == total));
}

/* ------------------------------------------------------------------ the walk */

/* Bytes that are left of the innermost message. */
static uint32_t
message_left(const struct protobuf *p)
{
	return p->depth == 0 ? UINT32_MAX : p->left[p->depth - 1];
}

/* n bytes of the innermost message are gone; the outermost has no known end. */
static void
consume(struct protobuf *p, uint32_t n)
{
	if (p->depth != 0)
		p->left[p->depth - 1] -= n;
}

/* A value is over: so may be the messages that it is the last of. */
static void
next_tag(struct protobuf *p)
{
	p->state = STATE_TAG;
	p->varint = 0;
	p->shift = 0;
	while (p->depth != 0 && p->left[p->depth - 1] == 0)
		p->depth--;
}

/* What was taken for a message is none: its rest is text. */
static void
give_up_message(struct walk *w)
{
	struct protobuf *p = w->p;

	if (p->depth == 0) {
		p->state = STATE_BROKEN;
		return;
	}
	p->value_left = p->left[--p->depth];
	p->state = STATE_TEXT;
	if (p->value_left == 0)
		next_tag(p);
}

static void
begin_value(struct walk *w, uint64_t tag)
{
	struct protobuf *p = w->p;
	unsigned wire = tag & 7;

	if (tag >> 3 == 0 || tag >> 32 != 0 || wire > WIRE_32) {
		give_up_message(w);
		return;
	}
	p->varint = 0;
	p->shift = 0;
	switch (wire) {
	case WIRE_VARINT:
		p->state = STATE_VARINT;
		break;
	case WIRE_BYTES:
		p->state = STATE_LENGTH;
		break;
	case WIRE_64:
	case WIRE_32:
		p->state = STATE_FIXED;
		p->value_left = wire == WIRE_64 ? 8 : 4;
		break;
	default:
		next_tag(p);
		return;
	}
	if (message_left(p) < (p->state == STATE_FIXED ? p->value_left : 1))
		give_up_message(w);
	else if (p->state == STATE_FIXED)
		consume(p, p->value_left);
}

static void
begin_bytes(struct walk *w, uint64_t len)
{
	struct protobuf *p = w->p;

	if (len > message_left(p) || len >= UINT32_MAX) {
		give_up_message(w);
		return;
	}
	consume(p, (uint32_t)len);
	p->value_left = (uint32_t)len;
	p->window_len = 0;
	p->state = p->depth == PROTOBUF_MAX_DEPTH ? STATE_TEXT : STATE_WINDOW;
	if (len == 0)
		next_tag(p);
}

/* One byte of a tag, a varint or a length. */
static void
varint_byte(struct walk *w, uint8_t b)
{
	struct protobuf *p = w->p;
	uint64_t v;

	consume(p, 1);
	p->varint |= (uint64_t)(b & 0x7f) << p->shift;
	p->shift = (uint8_t)(p->shift + 7);
	if ((b & 0x80) != 0) {
		if (p->shift > MAX_SHIFT || message_left(p) == 0)
			give_up_message(w);
		return;
	}
	v = p->varint;
	if (p->state == STATE_TAG)
		begin_value(w, v);
	else if (p->state == STATE_LENGTH)
		begin_bytes(w, v);
	else
		next_tag(p);
}

static void
text(struct walk *w, const uint8_t *data, size_t len)
{
	struct protobuf *p = w->p;

	w->on->text(w->arg, data, len);
	p->value_left -= (uint32_t)len;
	if (p->value_left != 0)
		return;
	w->on->text_end(w->arg);
	next_tag(p);
}

static void walk(struct walk *w, const uint8_t *data, size_t len);

/*
 * All of the window is there; it lies in the state, or in the input. Of the outermost message no
 * length is known, unless it is shorter than the window.
 */
static void
judge(struct walk *w, const uint8_t *window, size_t len)
{
	struct protobuf *p = w->p;

	if (p->state == STATE_FIRST) {
		p->state = is_message(window, len, len < PROTOBUF_WINDOW ? len : SIZE_MAX)
			       ? STATE_TAG
			       : STATE_BROKEN;
		return;
	}
	if (!is_message(window, len, p->value_left)) {
		p->state = STATE_TEXT;
		return;
	}
	p->left[p->depth++] = p->value_left;
	next_tag(p);
}

/* Returns how many bytes of the input were taken. */
static size_t
gather(struct walk *w, const uint8_t *data, size_t len)
{
	struct protobuf *p = w->p;
	bool known = p->state != STATE_FIRST && p->value_left < PROTOBUF_WINDOW;
	size_t want = known ? p->value_left : PROTOBUF_WINDOW;
	uint8_t copy[PROTOBUF_WINDOW];
	size_t n;

	if (p->window_len == 0 && len >= want) {
		judge(w, data, want);
		return 0;
	}
	n = want - p->window_len < len ? want - p->window_len : len;
	memcpy(p->window + p->window_len, data, n);
	p->window_len = (uint8_t)(p->window_len + n);
	if (p->window_len < want)
		return n;
	/* Read again as what it is, which may take the window for a value inside. */
	memcpy(copy, p->window, want);
	p->window_len = 0;
	judge(w, copy, want);
	walk(w, copy, want);
	return n;
}

static void
walk(struct walk *w, const uint8_t *data, size_t len)
{
	struct protobuf *p = w->p;

	for (size_t at = 0; at < len;) {
		size_t left = len - at, n = left;

		switch ((enum state)p->state) {
		case STATE_TAG:
		case STATE_VARINT:
		case STATE_LENGTH:
			varint_byte(w, data[at++]);
			break;
		case STATE_FIXED:
			n = p->value_left < left ? p->value_left : left;
			p->value_left -= (uint32_t)n;
			at += n;
			if (p->value_left == 0)
				next_tag(p);
			break;
		case STATE_FIRST:
		case STATE_WINDOW:
			at += gather(w, data + at, left);
			break;
		case STATE_TEXT:
			n = p->value_left < left ? p->value_left : left;
			text(w, data + at, n);
			at += n;
			break;
		case STATE_BROKEN:
			w->on->text(w->arg, data + at, left);
			return;
		}
	}
}

void
protobuf_push(struct protobuf *p, const uint8_t *data, size_t len,
	      const struct protobuf_handler *on, void *arg)
{
	struct walk w = { p, on, arg };

	walk(&w, data, len);
}

void
protobuf_gap(struct protobuf *p, const struct protobuf_handler *on, void *arg)
{
	protobuf_end(p, on, arg);
	p->state = STATE_BROKEN;
}

void
protobuf_end(struct protobuf *p, const struct protobuf_handler *on, void *arg)
{
	struct walk w = { p, on, arg };
	uint8_t copy[PROTOBUF_WINDOW];
	size_t len = p->window_len;

	if (p->state == STATE_FIRST && len != 0) {
		memcpy(copy, p->window, len);
		p->window_len = 0;
		judge(&w, copy, len);
		walk(&w, copy, len);
	}
	/* A value that is cut off is handed out as it is. */
	if (p->state == STATE_WINDOW && p->window_len != 0)
		on->text(arg, p->window, p->window_len);
	if (p->state == STATE_WINDOW || p->state == STATE_TEXT || p->state == STATE_BROKEN)
		on->text_end(arg);
	memset(p, 0, offsetof(struct protobuf, window));
}
