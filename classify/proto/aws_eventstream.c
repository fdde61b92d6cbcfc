/* AWS event stream frames across any split; aws_eventstream.h is the manual. */
#include "classify/proto/aws_eventstream.h"

#include <zlib.h>

#include "dataplane/port/cursor.h"

enum {
	PRELUDE_LEN = 12,
	CHECKSUM_LEN = 4,
	FRAME_OVERHEAD = PRELUDE_LEN + CHECKSUM_LEN,
};

enum state {
	STATE_PRELUDE,
	STATE_HEADERS,
	STATE_PAYLOAD,
	STATE_CHECKSUM,
};

enum header_state {
	HEADER_NAME_LEN,
	HEADER_NAME,
	HEADER_TYPE,
	HEADER_VALUE_LEN, /* two bytes */
	HEADER_VALUE,
};

static const char *const chunk_words[] = { "bytes" };
static const struct json_vocabulary chunk_vocabulary = { chunk_words, 1, NULL };
enum { CHUNK_BYTES = JSON_FIRST_WORD };

static void
text_append(struct aws_text *t, const uint8_t *p, size_t len)
{
	t->len = (uint8_t)span_append(t->text, t->len, sizeof(t->text), span_of(p, len));
}

static void
tell_data(void *arg, const uint8_t *p, size_t len)
{
	struct aws_eventstream *s = arg;

	if (len != 0)
		s->fn(s->arg, s, AWS_DATA, p, len);
}

static void
unwrap_event(void *arg, const struct json_walk *w, enum json_event event, const uint8_t *text,
	     size_t len)
{
	if (event == JSON_STRING && w->path == JSON_PATH(CHUNK_BYTES))
		base64_pass(&((struct aws_eventstream *)arg)->base64, text, len, tell_data, arg);
}

void
aws_eventstream_init(struct aws_eventstream *s, aws_eventstream_fn *fn, void *arg)
{
	memset(s, 0, sizeof(*s));
	s->fn = fn;
	s->arg = arg;
}

/* Gathers want bytes in fixed; true when they are there. */
static bool
gather(struct aws_eventstream *s, struct cursor *c, size_t want)
{
	size_t take = want - s->fixed_len;

	if (take > cursor_left(c))
		take = cursor_left(c);
	memcpy(s->fixed + s->fixed_len, c->p, take);
	(void)cursor_skip(c, take);
	s->fixed_len = (uint8_t)(s->fixed_len + take);
	if (s->fixed_len < want)
		return false;
	s->fixed_len = 0;
	return true;
}

static void
payload_start(struct aws_eventstream *s)
{
	s->state = s->payload_left == 0 ? STATE_CHECKSUM : STATE_PAYLOAD;
	s->chunk = span_is(aws_event_type(s), "chunk");
	s->base64 = (struct base64) { 0 };
	if (s->chunk)
		json_walk_init(&s->unwrap, &chunk_vocabulary, unwrap_event, s);
}

static void
prelude_done(struct aws_eventstream *s)
{
	uint32_t total = read_be32(s->fixed);
	uint32_t headers = read_be32(s->fixed + 4);

	if (crc32(0, s->fixed, 8) != read_be32(s->fixed + 8) || total < FRAME_OVERHEAD ||
	    total > AWS_FRAME_MAX || headers > AWS_HEADERS_MAX ||
	    headers > total - FRAME_OVERHEAD) {
		s->broken = true;
		return;
	}
	s->crc = (uint32_t)crc32(0, s->fixed, PRELUDE_LEN);
	s->headers_left = headers;
	s->payload_left = total - FRAME_OVERHEAD - headers;
	s->event_type.len = 0;
	s->message_type.len = 0;
	s->header_state = HEADER_NAME_LEN;
	s->state = STATE_HEADERS;
	if (headers == 0)
		payload_start(s);
}

static void
header_name_done(struct aws_eventstream *s)
{
	struct span name = span_of(s->name.text, s->name.len);

	s->value = NULL;
	if (span_is(name, ":event-type"))
		s->value = &s->event_type;
	else if (span_is(name, ":message-type"))
		s->value = &s->message_type;
	if (s->value != NULL)
		s->value->len = 0;
	s->header_state = HEADER_TYPE;
}

/* Value lengths by type: bool true, bool false, byte, short, int, long, bytes, string, time, uuid.
 */
static void
header_type(struct aws_eventstream *s, uint8_t type)
{
	static const uint8_t lengths[] = { 0, 0, 1, 2, 4, 8, 0, 0, 8, 16 };

	if (type >= sizeof(lengths)) {
		s->broken = true;
		return;
	}
	if (type != 7)
		s->value = NULL;
	s->value_left = lengths[type];
	if (type == 6 || type == 7)
		s->header_state = HEADER_VALUE_LEN;
	else
		s->header_state = s->value_left == 0 ? HEADER_NAME_LEN : HEADER_VALUE;
}

static void
header_bytes(struct aws_eventstream *s, struct cursor *c)
{
	size_t take;

	switch (s->header_state) {
	case HEADER_NAME_LEN:
		s->name_left = *cursor_take(c, 1);
		s->name.len = 0;
		s->header_state = HEADER_NAME;
		if (s->name_left == 0)
			header_name_done(s);
		return;
	case HEADER_NAME:
		take = s->name_left < cursor_left(c) ? s->name_left : cursor_left(c);
		text_append(&s->name, cursor_take(c, take), take);
		s->name_left = (uint8_t)(s->name_left - take);
		if (s->name_left == 0)
			header_name_done(s);
		return;
	case HEADER_TYPE:
		header_type(s, *cursor_take(c, 1));
		return;
	case HEADER_VALUE_LEN:
		if (!gather(s, c, 2))
			return;
		s->value_left = read_be16(s->fixed);
		s->header_state = s->value_left == 0 ? HEADER_NAME_LEN : HEADER_VALUE;
		return;
	default:
		take = s->value_left < cursor_left(c) ? s->value_left : cursor_left(c);
		if (s->value != NULL)
			text_append(s->value, c->p, take);
		(void)cursor_skip(c, take);
		s->value_left -= (uint32_t)take;
		if (s->value_left == 0)
			s->header_state = HEADER_NAME_LEN;
	}
}

/* All headers must end exactly where the prelude said. */
static void
headers_push(struct aws_eventstream *s, struct cursor c)
{
	while (cursor_left(&c) != 0 && !s->broken)
		header_bytes(s, &c);
	if (s->headers_left != 0 || s->broken)
		return;
	if (s->header_state == HEADER_NAME_LEN)
		payload_start(s);
	else
		s->broken = true;
}

static void
payload_push(struct aws_eventstream *s, const uint8_t *p, size_t len)
{
	uint8_t last[BASE64_ROOM(0)];

	if (s->chunk)
		json_walk_push(&s->unwrap, p, len);
	else
		tell_data(s, p, len);
	if (s->payload_left != 0)
		return;
	if (s->chunk)
		tell_data(s, last, base64_end(&s->base64, last));
	s->state = STATE_CHECKSUM;
}

static void
frame_done(struct aws_eventstream *s)
{
	if (read_be32(s->fixed) != s->crc)
		s->bad_checksums++;
	s->nr_frames++;
	s->state = STATE_PRELUDE;
	s->fn(s->arg, s, AWS_END, NULL, 0);
}

/* As many bytes as belong to the region that has *left to go; they enter the checksum. */
static struct cursor
region_take(struct aws_eventstream *s, struct cursor *c, uint32_t *left)
{
	size_t take = *left < cursor_left(c) ? *left : cursor_left(c);
	const uint8_t *p = cursor_take(c, take);

	s->crc = (uint32_t)crc32(s->crc, p, (uInt)take);
	*left -= (uint32_t)take;
	return cursor_of(p, take);
}

void
aws_eventstream_push(struct aws_eventstream *s, const uint8_t *data, size_t len)
{
	struct cursor c = cursor_of(data, len);
	struct cursor part;

	while (cursor_left(&c) != 0 && !s->broken) {
		switch (s->state) {
		case STATE_PRELUDE:
			if (gather(s, &c, PRELUDE_LEN))
				prelude_done(s);
			break;
		case STATE_HEADERS:
			part = region_take(s, &c, &s->headers_left);
			headers_push(s, part);
			break;
		case STATE_PAYLOAD:
			part = region_take(s, &c, &s->payload_left);
			payload_push(s, part.p, cursor_left(&part));
			break;
		default:
			if (gather(s, &c, CHECKSUM_LEN))
				frame_done(s);
		}
	}
}
