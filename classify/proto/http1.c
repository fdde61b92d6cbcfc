#include "classify/proto/http1.h"
#include "classify/proto/http1_line.h"
#include "classify/proto/http1_run.h"

/*
 *   START -> HEADERS -> BODY_LENGTH | BODY_CLOSE | CHUNK_* -> TRAILERS -> START
 *     |         \ PEEK /   \ PEEK_BODY /                   \
 *     |                                                     any of them, place lost
 *     +--> SKIP_LINE <-> SKIP --(certain start line)--> HEADERS
 *
 *   CHUNK_*, place lost -> FIND_CHUNK <-> FIND_LINE --(certain start line)--> HEADERS
 *                               | guess, and its end confirms
 *                               +----> CHUNK_DATA, TRAILERS, START
 *
 * Three states decide by a few bytes whose meaning shows only later: PEEK (is there another field
 * after an odd line?), PEEK_BODY (a body, or the next answer?) and the first CHUNK_SIZE. They keep
 * those bytes in h->trial and feed them back once the answer is known; at any other time trial_len
 * is 0.
 */
static void consume(struct http1_run *r);

/* Feeds the bytes on trial back to the parser, whose state now says what they are. */
void
http1_replay(struct http1_run *r)
{
	uint8_t copy[HTTP1_TRIAL_BYTES];
	uint8_t len = r->h->trial_len;

	memcpy(copy, r->h->trial, len);

	struct http1_run again = { r->h, cursor_of(copy, len), r->on, r->arg };

	r->h->trial_len = 0;
	r->h->framing_bytes -= len;
	consume(&again);
}

/* Start and end of a message */

void
http1_message_end(struct http1_run *r, bool complete)
{
	struct http1 *h = r->h;
	bool was_open = h->open;

	h->open = false;
	h->state = START;
	if (was_open)
		r->on->message_end(r->arg, complete && !h->broken);
}

static void
lose_place(struct http1_run *r, enum http1_state next)
{
	http1_message_end(r, false);
	r->h->events[HTTP1_RESYNC]++;
	r->h->state = (uint8_t)next;
}

void
http1_message_begin(struct http1_run *r, const struct http1_start *start)
{
	struct http1 *h = r->h;

	h->open = true;
	h->broken = false;
	h->lost = false;
	h->unsure = false;
	h->unended = false;
	h->has_length = false;
	h->chunked = false;
	h->block_over = false;
	h->block_bytes = 0;
	h->length = 0;
	h->status = (uint16_t)start->status;
	h->state = HEADERS;
	if (h->side == HTTP1_REQUESTS)
		r->on->request(r->arg, start->method, start->target, start->minor_version);
	else
		r->on->status(r->arg, start->status, start->minor_version);
}

/* The body is not chunked, or is not what was called chunked. */
static void
begin_plain_body(struct http1_run *r)
{
	struct http1 *h = r->h;

	h->left = h->length;
	if (h->has_length && h->length > 0)
		h->state = BODY_LENGTH;
	else if (!h->has_length && h->side == HTTP1_RESPONSES)
		h->state = BODY_CLOSE;
	else
		http1_message_end(r, true);
}

static void
begin_chunk(struct http1 *h)
{
	h->state = CHUNK_SIZE;
	h->size_seen = false;
	h->left = 0;
}

static bool
status_has_body(const struct http1 *h)
{
	return h->side == HTTP1_REQUESTS ||
	       (h->status / 100 != 1 && h->status != 204 && h->status != 304);
}

static void
begin_body(struct http1_run *r)
{
	if (r->h->chunked) {
		begin_chunk(r->h);
		r->h->on_trial = true;
	} else {
		begin_plain_body(r);
	}
}

static void
end_headers(struct http1_run *r)
{
	struct http1 *h = r->h;
	enum http1_body body = r->on->headers_end(r->arg);
	bool says_body = h->chunked || (h->has_length && h->length > 0);

	if (body == HTTP1_TUNNEL) {
		http1_message_end(r, true);
		h->state = TUNNEL;
	} else if (body == HTTP1_BODY_NONE || (!status_has_body(h) && !says_body)) {
		http1_message_end(r, true);
	} else if (!status_has_body(h)) {
		h->state = PEEK_BODY;
	} else {
		begin_body(r);
	}
}

/* Start line, and the search for one */

/* The bytes of the line in progress were not a start line after all. */
static void
skip_line_bytes(struct http1 *h)
{
	h->framing_bytes -= h->line_bytes;
	h->skipped_bytes += h->line_bytes;
}

static void
refuse_start_line(struct http1_run *r, enum http1_state next)
{
	struct http1 *h = r->h;

	skip_line_bytes(h);
	http1_line_done(h);
	if (h->state == START)
		h->events[HTTP1_RESYNC]++;
	h->state = (uint8_t)next;
}

static bool
is_empty_line(struct span line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (line.p[i] > 0x20)
			return false;
	}
	return true;
}

static void
read_start_line(struct http1_run *r)
{
	struct http1 *h = r->h;
	enum http1_side side = (enum http1_side)h->side;
	bool certain = h->state == SKIP;
	struct http1_start start;
	struct span line;

	if (http1_line_read(h, &r->c, false, &line) == HTTP1_LINE_MORE) {
		if (!http1_start_possible(side, line, certain))
			refuse_start_line(r, SKIP_LINE);
		return;
	}
	if (!h->line_cut && is_empty_line(line)) {
		if (certain)
			skip_line_bytes(h);
	} else if ((certain && (h->line_cut || !http1_start_is_certain(side, line))) ||
		   !http1_start_parse(side, line, h->line_cut, &start)) {
		refuse_start_line(r, SKIP);
	} else {
		http1_message_begin(r, &start);
		if (h->line_cut)
			r->on->unread(r->arg, h->line_bytes - line.len);
	}
	http1_line_done(h);
}

static void
skip_to_line_end(struct http1_run *r)
{
	size_t left = cursor_left(&r->c);
	size_t len = 0;

	while (len < left && r->c.p[len] != '\n' && r->c.p[len] != '\r')
		len++;
	if (len < left) {
		len++;
		r->h->state = SKIP;
	}
	r->h->skipped_bytes += len;
	r->c.p += len;
}

/* Header block and trailers */

static void
note_framing_field(struct http1 *h, struct span name, struct span value)
{
	uint64_t number;

	if (http1_field_is(name, "content-length")) {
		if (http1_field_largest(value, &number)) {
			h->has_length = true;
			h->length = number > h->length ? number : h->length;
		}
	} else if (http1_field_is(name, "transfer-encoding")) {
		h->chunked = h->chunked || http1_field_mentions(value, "chunked");
	} else if (h->line_folded && http1_field_mentions(value, "transfer-encoding:")) {
		/* Some clients take an indented line for a field of its own. */
		h->chunked = h->chunked || http1_field_mentions(value, "chunked");
	}
}

/* The rest of a line that is too long, the last of which may be empty. */
static void
take_piece(struct http1_run *r, struct span piece, bool trailer, bool last)
{
	if (r->h->block_over) {
		if (piece.len != 0)
			r->on->unread(r->arg, piece.len);
		return;
	}
	if (piece.len != 0)
		r->on->long_header(r->arg, piece.p, piece.len, trailer);
	if (last)
		r->on->long_header(r->arg, NULL, 0, trailer);
}

static void
take_field(struct http1_run *r, struct span line, bool trailer)
{
	struct http1 *h = r->h;
	struct span name, value;

	if (h->line_long)
		return; /* its pieces have been taken */
	if (h->line_cut || h->block_over)
		r->on->unread(r->arg, h->line_bytes);
	if (h->line_cut)
		return;
	if (!http1_field_split(line, &name, &value)) {
		h->events[HTTP1_BAD_LINE]++;
		return;
	}
	if (!trailer)
		note_framing_field(h, name, value);
	if (!h->block_over)
		r->on->header(r->arg, name, value, trailer);
}

static void
count_block(struct http1 *h)
{
	uint32_t room = UINT32_MAX - h->block_bytes;

	h->block_bytes += h->line_bytes < room ? h->line_bytes : room;
	if (h->block_bytes > HTTP1_BLOCK_BYTES && !h->block_over) {
		h->block_over = true;
		h->events[HTTP1_BLOCK_TOO_LONG]++;
	}
}

/* False: it goes on. */
static bool
read_field_line(struct http1_run *r, struct span *line, bool trailer)
{
	enum http1_line got = http1_line_read(r->h, &r->c, true, line);

	if (got == HTTP1_LINE_PIECE || (got == HTTP1_LINE_WHOLE && r->h->line_long))
		take_piece(r, *line, trailer, got == HTTP1_LINE_WHOLE);
	if (got == HTTP1_LINE_PIECE)
		http1_line_piece_done(r->h);
	if (got != HTTP1_LINE_WHOLE)
		return false;
	count_block(r->h);
	return true;
}

static void
read_header(struct http1_run *r)
{
	struct http1 *h = r->h;
	struct span line;

	if (!read_field_line(r, &line, false))
		return;

	bool part = h->line_cut || h->line_long;
	bool last = line.len == 0 && !part;
	bool blank = !part && is_empty_line(line);
	bool odd = h->line_odd || (blank && !last);

	if (!blank)
		take_field(r, line, false);
	http1_line_done(h);
	if (odd)
		h->state = PEEK;
	else if (last)
		end_headers(r);
}

/*
 * An odd line came before: some take it for the end of the header block, some do not. A name and
 * a colon are a field, a line end or a blank is left to HEADERS, anything else is body.
 */
static void
peek_for_field(struct http1_run *r)
{
	struct http1 *h = r->h;
	uint8_t b = *r->c.p;
	bool first = h->trial_len == 0;

	if (http1_is_tchar(b) && h->trial_len < HTTP1_TRIAL_BYTES) {
		h->trial[h->trial_len++] = b;
		h->framing_bytes++;
		r->c.p++;
		return;
	}
	if (first && (b == '\r' || b == '\n' || b == ' ' || b == '\t'))
		h->state = HEADERS;
	else if (!first && b == ':')
		h->state = HEADERS;
	else
		end_headers(r);
	http1_replay(r);
}

/*
 * 1xx, 204 and 304 have no body (RFC 9112 section 6.3), yet this one gives its length, as a 304
 * may. What follows tells: another status line, or the body that some clients show.
 */
static void
peek_for_status(struct http1_run *r)
{
	static const char status[] = "http/";
	struct http1 *h = r->h;

	if (ascii_lower(*r->c.p) != (uint8_t)status[h->trial_len]) {
		begin_body(r);
		http1_replay(r);
		return;
	}
	h->trial[h->trial_len++] = *r->c.p++;
	h->framing_bytes++;
	if (h->trial_len == sizeof(status) - 1) {
		http1_message_end(r, true);
		http1_replay(r);
	}
}

static void
read_trailer(struct http1_run *r)
{
	struct http1 *h = r->h;
	enum http1_side side = (enum http1_side)h->side;
	struct http1_start start;
	struct span line;

	if (!read_field_line(r, &line, true))
		return;
	if (line.len == 0 && !h->line_cut && !h->line_long) {
		http1_message_end(r, true);
	} else if (!h->line_cut && !h->line_long && http1_start_is_certain(side, line) &&
		   http1_start_parse(side, line, false, &start)) {
		/* The last empty line is missing. */
		http1_message_end(r, true);
		http1_message_begin(r, &start);
	} else {
		take_field(r, line, true);
	}
	http1_line_done(h);
}

/* Bodies */

void
http1_give_body(struct http1_run *r, const uint8_t *data, size_t len)
{
	if (len == 0)
		return;
	/* What goes beyond the end of a chunk shows that it was none. */
	r->h->unsure = r->h->unsure && len <= r->h->guess;
	if (r->h->unsure)
		r->h->guess -= (uint32_t)len;
	r->h->body_bytes += len;
	r->on->body(r->arg, data, len);
}

/* At most max bytes of what is in front of us; advances past them. */
static void
take_body(struct http1_run *r, uint64_t max)
{
	size_t len = cursor_left(&r->c);
	const uint8_t *data = r->c.p;

	if (len > max)
		len = (size_t)max;
	r->c.p += len;
	if (r->h->state != BODY_CLOSE)
		r->h->left -= len;
	http1_give_body(r, data, len);
}

static void
read_body(struct http1_run *r)
{
	struct http1 *h = r->h;

	take_body(r, h->state == BODY_CLOSE ? UINT64_MAX : h->left);
	if (h->state == BODY_LENGTH && h->left == 0)
		http1_message_end(r, true);
	else if (h->state == CHUNK_DATA && h->left == 0)
		begin_chunk(h);
}

static void
read_tunnel(struct http1_run *r)
{
	size_t len = cursor_left(&r->c);
	const uint8_t *data = cursor_take(&r->c, len);

	r->h->tunnel_bytes += len;
	r->on->tunnel(r->arg, data, len);
}

/* No chunk size where one must be. */
static void
refuse_chunk(struct http1_run *r)
{
	struct http1 *h = r->h;

	h->events[HTTP1_BAD_CHUNK]++;
	if (h->on_trial && (h->has_length || h->side == HTTP1_RESPONSES)) {
		h->on_trial = false;
		begin_plain_body(r);
		http1_replay(r);
	} else if (h->side == HTTP1_RESPONSES) {
		h->broken = true;
		h->state = BODY_CLOSE;
	} else {
		h->on_trial = false;
		lose_place(r, SKIP_LINE);
		http1_replay(r);
	}
}

void
http1_chunk_begin(struct http1 *h)
{
	h->on_trial = false;
	h->trial_len = 0;
	h->state = CHUNK_DATA;
	if (h->left == 0) {
		h->state = TRAILERS;
		h->block_bytes = 0;
		h->block_over = false;
	}
}

/* False when b cannot stand in the line of a chunk size. */
static bool
chunk_line_byte(struct http1 *h, uint8_t b)
{
	int digit = h->state == CHUNK_SIZE ? hex_value(b) : -1;

	if (digit >= 0) {
		if (h->left >= HTTP1_LENGTH_MAX / 16)
			return false;
		h->left = h->left * 16 + (uint64_t)digit;
		h->size_seen = true;
	} else if (!h->size_seen) {
		return b <= 0x20;
	} else if (b == '\n') {
		http1_chunk_begin(h);
	} else {
		h->state = CHUNK_EXT;
		if (b == ';')
			h->on_trial = false;
	}
	return true;
}

static void
read_chunk_line(struct http1_run *r)
{
	struct http1 *h = r->h;

	while (r->c.p < r->c.end && (h->state == CHUNK_SIZE || h->state == CHUNK_EXT)) {
		bool full = h->on_trial && h->trial_len == HTTP1_TRIAL_BYTES;

		if (full || !chunk_line_byte(h, *r->c.p)) {
			refuse_chunk(r);
			return;
		}
		if (h->on_trial)
			h->trial[h->trial_len++] = *r->c.p;
		else
			h->trial_len = 0;
		h->framing_bytes++;
		r->c.p++;
	}
}

/* The parser as a whole */

static void
step(struct http1_run *r)
{
	switch ((enum http1_state)r->h->state) {
	case START:
	case SKIP:
		read_start_line(r);
		break;
	case SKIP_LINE:
		skip_to_line_end(r);
		break;
	case HEADERS:
		read_header(r);
		break;
	case PEEK:
		peek_for_field(r);
		break;
	case PEEK_BODY:
		peek_for_status(r);
		break;
	case BODY_LENGTH:
	case BODY_CLOSE:
	case CHUNK_DATA:
		read_body(r);
		break;
	case CHUNK_SIZE:
	case CHUNK_EXT:
		read_chunk_line(r);
		break;
	case TRAILERS:
		read_trailer(r);
		break;
	case TUNNEL:
		read_tunnel(r);
		break;
	case FIND_CHUNK:
		http1_find_chunk(r);
		break;
	case FIND_LINE:
		http1_find_line(r);
		break;
	}
}

/* Every step consumes a byte or leaves its state for one that does; a refused line is read again.
 */
static void
consume(struct http1_run *r)
{
	while (r->c.p < r->c.end)
		step(r);
}

void
http1_init(struct http1 *h, enum http1_side side, struct slab *carry)
{
	*h = (struct http1) { .side = (uint8_t)side, .state = START, .carry_pool = carry };
}

/* Where the place is lost, messages may begin where pushes do. */
static void
note_push(struct http1_run *r)
{
	struct http1 *h = r->h;
	struct span s = span_of(r->c.p, cursor_left(&r->c));

	if (h->state == SKIP_LINE && s.len != 0) {
		h->state = SKIP;
	} else if (h->state == SKIP && http1_find_breaks_line(h, s)) {
		skip_line_bytes(h);
		http1_line_done(h);
	} else {
		http1_find_push(r);
	}
}

void
http1_push(struct http1 *h, const uint8_t *data, size_t len, const struct http1_handler *on,
	   void *arg)
{
	struct http1_run r = { h, cursor_of(data, len), on, arg };

	note_push(&r);
	consume(&r);
}

static bool
is_in_chunks(const struct http1 *h)
{
	return h->state == CHUNK_SIZE || h->state == CHUNK_EXT || h->state == CHUNK_DATA ||
	       h->state == FIND_CHUNK || h->state == FIND_LINE;
}

void
http1_gap(struct http1 *h, uint64_t len, const struct http1_handler *on, void *arg)
{
	struct http1_run r = { h, { NULL, NULL }, on, arg };
	bool counted = h->state == BODY_LENGTH || h->state == CHUNK_DATA;

	if (len == 0 || h->state == TUNNEL)
		return;
	if (h->state == PEEK_BODY)
		http1_message_end(&r, true);
	if (h->state == BODY_CLOSE) {
		on->body_gap(arg, len);
	} else if (counted && len <= h->left) {
		h->left -= len;
		on->body_gap(arg, len);
		if (h->left == 0 && h->state == BODY_LENGTH)
			http1_message_end(&r, true);
		else if (h->left == 0)
			begin_chunk(h);
	} else if (is_in_chunks(h)) {
		http1_find_begin(&r);
	} else {
		http1_line_done(h);
		h->trial_len = 0;
		h->on_trial = false;
		lose_place(&r, SKIP);
	}
}

void
http1_become_tunnel(struct http1 *h, const struct http1_handler *on, void *arg)
{
	struct http1_run r = { h, { NULL, NULL }, on, arg };

	http1_line_done(h);
	h->trial_len = 0;
	http1_message_end(&r, true);
	h->state = TUNNEL;
}

/* Bytes still on trial can only be body now. */
static void
settle_trial(struct http1_run *r)
{
	if (r->h->state == PEEK) {
		end_headers(r);
		http1_replay(r);
	}
	if (r->h->state == PEEK_BODY && r->h->trial_len > 0) {
		begin_body(r);
		http1_replay(r);
	}
	if (r->h->trial_len > 0 && r->h->on_trial)
		refuse_chunk(r);
}

/*
 * Is the message whole as it is? With chunks it is when the last one has come, RFC 9112 section 8,
 * though the line behind it is missing.
 */
static bool
may_end_here(const struct http1 *h)
{
	switch ((enum http1_state)h->state) {
	case BODY_CLOSE:
	case PEEK_BODY:
		return true;
	case CHUNK_EXT:
	case TRAILERS:
		return h->left == 0;
	default:
		return false;
	}
}

void
http1_end(struct http1 *h, const struct http1_handler *on, void *arg)
{
	struct http1_run r = { h, { NULL, NULL }, on, arg };

	http1_find_end(&r);
	settle_trial(&r);
	h->unended =
	    h->side == HTTP1_RESPONSES && h->state == CHUNK_SIZE && h->left == 0 && !h->broken;
	http1_message_end(&r, may_end_here(h));
	http1_line_done(h);
	h->trial_len = 0;
}

void
http1_fini(struct http1 *h)
{
	http1_line_done(h);
}
