#include "classify/proto/http2.h"

#include "classify/proto/probe.h"
#include "dataplane/port/cursor.h"

/*
 *   PREFACE -> HEAD -> PREFIX -> PAYLOAD -> HEAD
 *                        (pad length, priority, ...)
 *   LOST: at the beginning of a push frames are looked for
 */
enum http2_state {
	PREFACE,
	HEAD,
	PREFIX,
	PAYLOAD,
	LOST,
};

enum {
	FLAG_END_STREAM = 0x01, /* DATA, HEADERS */
	FLAG_END_HEADERS = 0x04,
	FLAG_PADDED = 0x08,
	FLAG_PRIORITY = 0x20,
};

#define PRIORITY_BYTES 5u
#define PROMISED_BYTES 4u
#define DEFAULT_FRAME  16384u
#define SURE_FRAMES    3u
#define NR_FRAME_TYPES 10u

/* One call. */
struct run {
	struct http2 *h;
	struct cursor c;
	const struct http2_handler *on;
	void *arg;
};

/* ------------------------------------------------------------------ header blocks */

/* Whom the block at hand is about. A server's streams have even numbers; 0: nobody. */
static uint32_t
block_about(const struct http2 *h)
{
	if (!h->block_promised)
		return h->block_stream;
	return h->promised % 2 == 0 ? h->promised : 0;
}

static void
field(void *arg, struct span name, struct span value)
{
	struct run *r = arg;

	r->on->field(r->arg, block_about(r->h), name, value);
}

static void
begin_block(struct run *r)
{
	struct http2 *h = r->h;

	h->block_stream = h->stream;
	h->block_ends_stream = h->type == HTTP2_HEADERS && (h->flags & FLAG_END_STREAM) != 0;
	h->block_promised = h->type == HTTP2_PUSH_PROMISE;
	h->block_whole = true;
	h->continuations = 0;
	hpack_begin(&h->hpack, h->block_promised ? r->on->promise_begin(r->arg, block_about(h))
						 : r->on->headers_begin(r->arg, h->stream));
}

static void
end_block(struct run *r, bool whole)
{
	struct http2 *h = r->h;
	enum hpack_result result = hpack_end(&h->hpack);
	uint32_t stream = block_about(h);

	h->events[HTTP2_BAD_BLOCK] += whole && result == HPACK_BROKEN;
	h->events[HTTP2_CAPPED_BLOCK] += result == HPACK_CAPPED;
	h->block_stream = 0;
	r->on->headers_end(r->arg, stream, h->block_ends_stream,
			   whole && h->block_whole && result == HPACK_OK);
}

static void
cut_block(struct run *r)
{
	if (r->h->block_stream == 0)
		return;
	hpack_forget(&r->h->hpack);
	end_block(r, false);
}

static void
lose_place(struct run *r)
{
	struct http2 *h = r->h;

	cut_block(r);
	hpack_forget(&h->hpack);
	h->events[HTTP2_RESYNC]++;
	h->state = LOST;
	h->head_len = 0;
	h->preface_left = 0;
}

/* ------------------------------------------------------------------ frames */

/* RFC 9113 section 6: lengths and streams that a type allows. */
static bool
frame_is_possible(const uint8_t *head, uint32_t max_frame)
{
	static const struct {
		uint8_t flags; /* that have a meaning */
		int8_t stream; /* 1: must have one, 0: must not, -1: either */
		int8_t length; /* exact, -1: any */
	} types[NR_FRAME_TYPES] = {
		[HTTP2_DATA] = { 0x09, 1, -1 },	      [HTTP2_HEADERS] = { 0x2d, 1, -1 },
		[HTTP2_PRIORITY] = { 0, 1, 5 },	      [HTTP2_RST_STREAM] = { 0, 1, 4 },
		[HTTP2_SETTINGS] = { 0x01, 0, -1 },   [HTTP2_PUSH_PROMISE] = { 0x0c, 1, -1 },
		[HTTP2_PING] = { 0x01, 0, 8 },	      [HTTP2_GOAWAY] = { 0, 0, -1 },
		[HTTP2_WINDOW_UPDATE] = { 0, -1, 4 }, [HTTP2_CONTINUATION] = { 0x04, 1, -1 },
	};
	uint32_t len = read_be24(head), stream = read_be32(head + 5);
	uint8_t type = head[3];

	if (len > max_frame || (stream & 0x80000000u) != 0)
		return false;
	if (type >= NR_FRAME_TYPES)
		return false;
	if (types[type].length >= 0 && len != (uint32_t)types[type].length)
		return false;
	if (types[type].stream >= 0 && (stream != 0) != (types[type].stream == 1))
		return false;
	if (type == HTTP2_SETTINGS && (len % 6 != 0 || len > 96))
		return false;
	if (type == HTTP2_GOAWAY && len < 8)
		return false;
	return (head[4] & ~types[type].flags) == 0;
}

unsigned
http2_frames(struct span s, bool *sure)
{
	unsigned nr = 0, fixed = 0;
	bool exact = false;

	while (s.len >= HTTP2_HEAD_BYTES) {
		uint32_t len = read_be24(s.p);

		if (!frame_is_possible(s.p, DEFAULT_FRAME))
			return 0;
		nr++;
		fixed += s.p[3] == HTTP2_PING || s.p[3] == HTTP2_WINDOW_UPDATE ||
			 s.p[3] == HTTP2_RST_STREAM ||
			 (s.p[3] == HTTP2_SETTINGS && (len == 0) == (s.p[4] == 1));
		s = span_of(s.p + HTTP2_HEAD_BYTES, s.len - HTTP2_HEAD_BYTES);
		if (len >= s.len) {
			exact = len == s.len;
			break;
		}
		s = span_of(s.p + len, s.len - len);
	}
	*sure =
	    nr >= SURE_FRAMES || (nr >= 2 && (exact || fixed != 0)) || (nr == 1 && exact && fixed);
	return nr;
}

/* What stands before the payload proper. */
static void
begin_frame(struct run *r)
{
	struct http2 *h = r->h;
	bool padded =
	    h->type == HTTP2_DATA || h->type == HTTP2_HEADERS || h->type == HTTP2_PUSH_PROMISE;

	h->padding = 0;
	h->prefix_left = 0;
	if (padded && (h->flags & FLAG_PADDED) != 0)
		h->prefix_left = 1;
	if (h->type == HTTP2_HEADERS && (h->flags & FLAG_PRIORITY) != 0)
		h->prefix_left = (uint8_t)(h->prefix_left + PRIORITY_BYTES);
	if (h->type == HTTP2_PUSH_PROMISE)
		h->prefix_left = (uint8_t)(h->prefix_left + PROMISED_BYTES);
	h->state = h->prefix_left != 0 ? PREFIX : PAYLOAD;
	/* A promise's begins when it is known of which stream. */
	if (h->type == HTTP2_HEADERS) {
		begin_block(r);
	} else if (h->type == HTTP2_CONTINUATION) {
		if (h->continuations == HTTP2_MAX_CONTINUATIONS)
			return;
		if (++h->continuations == HTTP2_MAX_CONTINUATIONS) {
			h->events[HTTP2_CAPPED_BLOCK]++;
			h->block_whole = false;
		}
	}
}

static void
end_frame(struct run *r)
{
	struct http2 *h = r->h;

	h->state = HEAD;
	switch (h->type) {
	case HTTP2_DATA:
		r->on->data_end(r->arg, h->stream, (h->flags & FLAG_END_STREAM) != 0);
		break;
	case HTTP2_RST_STREAM:
		r->on->reset(r->arg, h->stream);
		break;
	case HTTP2_HEADERS:
	case HTTP2_PUSH_PROMISE:
	case HTTP2_CONTINUATION:
		if ((h->flags & FLAG_END_HEADERS) != 0)
			end_block(r, true);
		break;
	default:
		break;
	}
}

/* A header block may not be interrupted (RFC 9113 section 4.3), nor continued without one. */
static bool
fits_block(const struct http2 *h)
{
	if (h->block_stream == 0)
		return h->type != HTTP2_CONTINUATION;
	return h->type == HTTP2_CONTINUATION && h->stream == h->block_stream;
}

static bool
head_is_good(const struct http2 *h)
{
	uint32_t len = read_be24(h->head);

	if (h->head[3] < NR_FRAME_TYPES) {
		/* Flags without a meaning are to be ignored, and so is the reserved bit. */
		uint8_t plain[HTTP2_HEAD_BYTES];

		memcpy(plain, h->head, sizeof(plain));
		plain[4] = 0;
		plain[5] &= 0x7f;
		return frame_is_possible(plain, HTTP2_MAX_FRAME);
	}
	return len <= HTTP2_MAX_FRAME;
}

static void
head_is_whole(struct run *r)
{
	struct http2 *h = r->h;

	h->head_len = 0;
	h->left = read_be24(h->head);
	h->type = h->head[3];
	h->flags = h->head[4];
	h->stream = read_be32(h->head + 5) & 0x7fffffffu;
	if (!head_is_good(h) || !fits_block(h)) {
		h->events[HTTP2_BAD_FRAME]++;
		lose_place(r);
		return;
	}
	begin_frame(r);
	if (h->state == PREFIX && h->left < h->prefix_left) {
		h->events[HTTP2_BAD_FRAME]++;
		lose_place(r);
	} else if (h->state == PAYLOAD && h->left == 0) {
		end_frame(r);
	}
}

static void
read_head(struct run *r)
{
	struct http2 *h = r->h;
	size_t want = HTTP2_HEAD_BYTES - h->head_len, left = cursor_left(&r->c);
	size_t n = left < want ? left : want;

	memcpy(h->head + h->head_len, cursor_take(&r->c, n), n);
	h->head_len = (uint8_t)(h->head_len + n);
	h->framing_bytes += n;
	if (h->head_len == HTTP2_HEAD_BYTES)
		head_is_whole(r);
}

static void
read_prefix(struct run *r)
{
	struct http2 *h = r->h;
	bool first = (h->flags & FLAG_PADDED) != 0 && h->padding == 0;
	uint8_t b = *cursor_take(&r->c, 1);

	/* The pad length comes first; 0 is read once as no padding, so mark it as seen. */
	if (first) {
		h->padding = b;
		h->flags &= (uint8_t)~FLAG_PADDED;
	} else if (h->type == HTTP2_PUSH_PROMISE)
		h->promised = (h->promised << 8 | b) & 0x7fffffffu;
	h->framing_bytes++;
	h->left--;
	if (--h->prefix_left != 0)
		return;
	if (h->padding > h->left) {
		h->events[HTTP2_BAD_FRAME]++;
		lose_place(r);
		return;
	}
	if (h->type == HTTP2_PUSH_PROMISE)
		begin_block(r);
	h->state = PAYLOAD;
	if (h->left == 0)
		end_frame(r);
}

static void
block_bytes(struct run *r, const uint8_t *data, size_t len)
{
	struct http2 *h = r->h;

	if (h->continuations < HTTP2_MAX_CONTINUATIONS)
		hpack_push(&h->hpack, data, len, field, r);
}

static void
read_payload(struct run *r)
{
	struct http2 *h = r->h;
	uint32_t content = h->left > h->padding ? h->left - h->padding : 0;
	size_t left = cursor_left(&r->c);
	uint32_t want = content != 0 ? content : h->left;
	uint32_t n = left < want ? (uint32_t)left : want;
	const uint8_t *data = cursor_take(&r->c, n);

	h->left -= n;
	if (h->type == HTTP2_DATA && content != 0) {
		h->data_bytes += n;
		r->on->data(r->arg, h->stream, data, n);
	} else {
		h->framing_bytes += n;
		if (content != 0 && h->block_stream != 0)
			block_bytes(r, data, n);
	}
	if (h->left == 0)
		end_frame(r);
}

static void
read_preface(struct run *r)
{
	struct http2 *h = r->h;
	size_t left = cursor_left(&r->c), n = left < h->preface_left ? left : h->preface_left;
	static const char preface[] = HTTP2_PREFACE;
	const char *want = preface + (HTTP2_PREFACE_BYTES - h->preface_left);

	if (memcmp(r->c.p, want, n) != 0) {
		h->events[HTTP2_BAD_FRAME]++;
		lose_place(r);
		return;
	}
	cursor_skip(&r->c, n);
	h->framing_bytes += n;
	h->preface_left = (uint8_t)(h->preface_left - n);
	if (h->preface_left == 0)
		h->state = HEAD;
}

static void
skip_rest(struct run *r)
{
	size_t left = cursor_left(&r->c);

	r->h->skipped_bytes += left;
	cursor_skip(&r->c, left);
}

static void
consume(struct run *r)
{
	while (cursor_left(&r->c) != 0) {
		switch ((enum http2_state)r->h->state) {
		case PREFACE:
			read_preface(r);
			break;
		case HEAD:
			read_head(r);
			break;
		case PREFIX:
			read_prefix(r);
			break;
		case PAYLOAD:
			read_payload(r);
			break;
		case LOST:
			skip_rest(r);
			break;
		}
	}
}

void
http2_init(struct http2 *h, bool preface, bool joined_late)
{
	*h = (struct http2) {
		.state = preface       ? PREFACE
			 : joined_late ? LOST
				       : HEAD,
		.preface_left = preface ? HTTP2_PREFACE_BYTES : 0,
	};
	hpack_init(&h->hpack, joined_late);
}

void
http2_push(struct http2 *h, const uint8_t *data, size_t len, const struct http2_handler *on,
	   void *arg)
{
	struct run r = { h, cursor_of(data, len), on, arg };
	bool sure;

	if (h->state == LOST && http2_frames(span_of(data, len), &sure) != 0 && sure)
		h->state = HEAD;
	consume(&r);
}

void
http2_gap(struct http2 *h, uint64_t len, const struct http2_handler *on, void *arg)
{
	struct run r = { h, { NULL, NULL }, on, arg };
	uint32_t content = h->left > h->padding ? h->left - h->padding : 0;

	if (h->state == PAYLOAD && h->type == HTTP2_DATA && len <= h->left) {
		on->data_gap(arg, h->stream, len < content ? len : content);
		h->left -= (uint32_t)len;
		if (h->left == 0)
			end_frame(&r);
		return;
	}
	if (h->state == LOST)
		return;
	if (h->state == PAYLOAD && h->type == HTTP2_DATA)
		on->data_gap(arg, h->stream, content);
	lose_place(&r);
}

void
http2_end(struct http2 *h, const struct http2_handler *on, void *arg)
{
	struct run r = { h, { NULL, NULL }, on, arg };

	cut_block(&r);
}

/* RFC 7541 appendix A: 2 to 7 are :method, :path and :scheme, 8 to 14 are :status. */
static enum http2_sender
sender_of_field(uint8_t b)
{
	unsigned index = (b & 0x80) != 0 ? b & 0x7fu : (b & 0x40) != 0 ? b & 0x3fu : b & 0x0fu;

	if ((b & 0xe0) == 0x20 || index == 0 || index > 14)
		return HTTP2_UNKNOWN;
	return index < 8 ? HTTP2_CLIENT : HTTP2_SERVER;
}

enum http2_sender
http2_sender(struct span s)
{
	while (s.len > HTTP2_HEAD_BYTES) {
		uint32_t len = read_be24(s.p);
		uint8_t type = s.p[3], flags = s.p[4];
		size_t skip = HTTP2_HEAD_BYTES + ((flags & FLAG_PADDED) != 0 ? 1 : 0) +
			      ((flags & FLAG_PRIORITY) != 0 ? PRIORITY_BYTES : 0);

		/* Behind updates of the table's size, which are one byte or more. */
		while (type == HTTP2_HEADERS && skip < s.len && (s.p[skip] & 0xe0) == 0x20)
			skip += (s.p[skip] & 0x1f) == 0x1f ? 2 : 1;
		if (type == HTTP2_HEADERS && skip < s.len)
			return sender_of_field(s.p[skip]);
		if (len > s.len - HTTP2_HEAD_BYTES)
			break;
		s = probe_from(s, HTTP2_HEAD_BYTES + len);
	}
	return HTTP2_UNKNOWN;
}

/* A server may send its SETTINGS before it has seen the preface: whole settings, on stream 0. */
static enum probe_answer
server_settings(struct span s)
{
	static const uint8_t want[HTTP2_HEAD_BYTES] = { 0, 0, 0, HTTP2_SETTINGS };
	size_t n = s.len < HTTP2_HEAD_BYTES ? s.len : HTTP2_HEAD_BYTES;

	for (size_t i = 0; i < n; i++) {
		if (i == 2 ? s.p[i] % 6 != 0 : s.p[i] != want[i])
			return PROBE_NO;
	}
	return n == 0 ? PROBE_NO : n < HTTP2_HEAD_BYTES ? PROBE_MAYBE : PROBE_YES;
}

enum probe_answer
http2_probe(const struct detect_input *in)
{
	enum probe_answer a = probe_begins(in->orig, HTTP2_PREFACE);
	bool sure;

	if (in->orig.len == 0 && !in->resp_midstream)
		return server_settings(in->resp);

	if (a != PROBE_NO || !in->orig_midstream)
		return a;
	return http2_frames(in->orig, &sure) != 0 && sure ? PROBE_YES : PROBE_NO;
}
