/* Event streams, line by line but never a line at a time; sse.h is the manual. */
#include "classify/proto/sse.h"

enum state {
	STATE_BOM,   /* at the very start */
	STATE_FIELD, /* in the field name; field_len 0 is the start of a line */
	STATE_COLON, /* behind the colon: one space may follow */
	STATE_VALUE,
};

enum field {
	FIELD_OTHER, /* id, retry, comments and what nobody knows */
	FIELD_DATA,
	FIELD_EVENT,
};

static const char done_mark[] = "[DONE]";

void
sse_init(struct sse *s, sse_fn *fn, void *arg)
{
	memset(s, 0, sizeof(*s));
	s->fn = fn;
	s->arg = arg;
}

static void
data_piece(struct sse *s, const uint8_t *p, size_t len)
{
	if (len == 0)
		return;
	for (size_t i = 0; i < len && s->data_bytes + i < sizeof(done_mark); i++) {
		if (s->done_at < sizeof(done_mark) - 1 && s->done_at == s->data_bytes + i &&
		    p[i] == (uint8_t)done_mark[s->done_at])
			s->done_at++;
	}
	s->data_bytes += len;
	s->fn(s->arg, s, SSE_DATA, p, len);
}

static void
event_end(struct sse *s)
{
	if (s->has_data) {
		s->nr_events++;
		if (s->data_bytes == sizeof(done_mark) - 1 && s->done_at == s->data_bytes)
			s->done = true;
		s->fn(s->arg, s, SSE_END, NULL, 0);
	}
	s->has_data = false;
	s->data_bytes = 0;
	s->done_at = 0;
	s->name_len = 0;
}

/* The field's name is complete, at a colon or at the end of the line. */
static void
field_known(struct sse *s)
{
	struct span name = span_of(s->field_name, s->field_len);

	s->field = FIELD_OTHER;
	if (span_is(name, "data")) {
		s->field = FIELD_DATA;
		if (s->has_data)
			data_piece(s, (const uint8_t *)"\n", 1);
		s->has_data = true;
	} else if (span_is(name, "event")) {
		s->field = FIELD_EVENT;
		s->name_len = 0;
	} else if (s->field_len == 0) {
		s->nr_comments++;
	}
}

static void
line_end(struct sse *s)
{
	if (s->state == STATE_FIELD) {
		if (s->field_len == 0)
			event_end(s);
		else
			field_known(s);
	}
	s->state = STATE_FIELD;
	s->field_len = 0;
}

static void
value_piece(struct sse *s, const uint8_t *p, size_t len)
{
	if (s->field == FIELD_DATA) {
		data_piece(s, p, len);
	} else if (s->field == FIELD_EVENT) {
		size_t room = (size_t)SSE_NAME_CAP - s->name_len;

		if (len > room) {
			s->names_cut++;
			len = room;
		}
		memcpy(s->name + s->name_len, p, len);
		s->name_len = (uint8_t)(s->name_len + len);
	}
}

static size_t
line_run(const uint8_t *p, size_t len)
{
	const uint8_t *lf = memchr(p, '\n', len);
	size_t upto = lf == NULL ? len : (size_t)(lf - p);
	const uint8_t *cr = memchr(p, '\r', upto);

	return cr == NULL ? upto : (size_t)(cr - p);
}

/* A byte of a field's name; the names that matter are short, of longer ones the start is kept. */
static void
field_byte(struct sse *s, uint8_t c)
{
	if (c == ':') {
		field_known(s);
		s->state = STATE_COLON;
	} else if (s->field_len < sizeof(s->field_name)) {
		s->field_name[s->field_len++] = c;
	}
}

/* True: the byte belonged to a byte order mark, which the standard drops. */
static bool
bom_byte(struct sse *s, uint8_t c)
{
	static const uint8_t bom[] = { 0xef, 0xbb, 0xbf };

	if (c != bom[s->bom_at]) {
		s->state = STATE_FIELD;
		return false;
	}
	s->bom_at++;
	if (s->bom_at == sizeof(bom))
		s->state = STATE_FIELD;
	return true;
}

void
sse_push(struct sse *s, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint8_t c = data[i];

		if (s->state == STATE_BOM && bom_byte(s, c)) {
			i++;
			continue;
		}
		if (s->after_cr && c == '\n') {
			s->after_cr = false;
			i++;
			continue;
		}
		s->after_cr = c == '\r';
		if (c == '\r' || c == '\n') {
			line_end(s);
			i++;
		} else if (s->state == STATE_FIELD) {
			field_byte(s, c);
			i++;
		} else if (s->state == STATE_COLON && c == ' ') {
			s->state = STATE_VALUE;
			i++;
		} else {
			size_t run = line_run(data + i, len - i);

			s->state = STATE_VALUE;
			value_piece(s, data + i, run);
			i += run;
		}
	}
}

void
sse_end(struct sse *s)
{
	line_end(s);
	event_end(s);
}
