/*
 * A chunked body whose place is lost: its bytes are handed out while the line of a chunk, the last
 * chunk or a start line is looked for. http1.h says what counts as one.
 *
 *   FIND_CHUNK: TEXT, then on trial   CR LF size [;...] CR LF [CR LF]
 *   FIND_LINE:  in the carry          CR LF start line
 */
#include "classify/proto/http1_line.h"
#include "classify/proto/http1_run.h"

enum { LINE_END = 2 }; /* bytes of CR LF */

/* What is on trial in FIND_CHUNK. */
enum find {
	FIND_TEXT, /* nothing */
	FIND_CR,
	FIND_SIZE, /* a line end and some digits */
	FIND_EXT,
	FIND_SIZE_CR,
	FIND_LAST, /* the line of a last chunk */
	FIND_LAST_CR,
};

static void
begin_find(struct http1 *h)
{
	h->state = FIND_CHUNK;
	h->find = FIND_TEXT;
	h->left = 0;
	h->size_seen = false;
}

static bool
is_upper(uint8_t b)
{
	return b >= 'A' && b <= 'Z';
}

/* The bytes on trial were bytes of the body. */
static void
give_trial(struct http1_run *r, size_t len)
{
	struct http1 *h = r->h;
	uint8_t copy[HTTP1_TRIAL_BYTES];

	memcpy(copy, h->trial, len);
	h->trial_len = (uint8_t)(h->trial_len - len);
	memmove(h->trial, h->trial + len, h->trial_len);
	h->framing_bytes -= len;
	http1_give_body(r, copy, len);
}

/*
 * No line of a chunk. What stands behind its line end may be a start line (DELETE begins with two
 * digits), and behind that of what could have been a last chunk's the line of another.
 */
static void
refuse_find(struct http1_run *r)
{
	struct http1 *h = r->h;
	bool last = h->find == FIND_LAST;
	size_t line = 0;

	while (line < h->trial_len && (h->trial[line] == '\r' || h->trial[line] == '\n'))
		line++;
	bool start = h->find == FIND_SIZE &&
		     (line < h->trial_len ? is_upper(h->trial[line]) : is_upper(*r->c.p));

	give_trial(r, start ? line : h->trial_len - (last ? LINE_END : 0u));
	begin_find(h);
	if (last) {
		h->find = FIND_SIZE;
	} else if (start) {
		h->state = FIND_LINE;
		http1_replay(r);
	}
}

/* Does what is on trial stand where a chunk ends? */
static bool
is_at_end(const struct http1 *h)
{
	return h->unsure && h->guess == 0;
}

static void
accept_find(struct http1_run *r)
{
	struct http1 *h = r->h;
	uint32_t size = (uint32_t)h->left;

	if (is_at_end(h)) {
		h->unsure = h->lost = false;
		http1_chunk_begin(h);
	} else if (size == 0) {
		h->trial_len = 0;
		http1_message_end(r, false);
		h->lost = false;
	} else {
		/* If this is none, what is one may share its line end. */
		give_trial(r, h->trial_len - LINE_END);
		begin_find(h);
		h->find = FIND_SIZE;
		if (!h->unsure) {
			h->unsure = true;
			h->guess = LINE_END + size;
		}
	}
}

static bool
find_digit(struct http1 *h, int digit)
{
	h->left = h->left * 16 + (uint64_t)digit;
	h->size_seen = true;
	return h->left <= HTTP1_FIND_CHUNK_BYTES;
}

/* Does b belong to what is on trial? */
static bool
find_step(struct http1 *h, uint8_t b)
{
	switch ((enum find)h->find) {
	case FIND_TEXT:
		h->find = FIND_CR;
		return b == '\r';
	case FIND_CR:
		h->find = FIND_SIZE;
		return b == '\n';
	case FIND_SIZE:
		if (hex_value(b) >= 0)
			return find_digit(h, hex_value(b));
		if (!h->size_seen)
			return false;
		h->find = b == ';' ? FIND_EXT : FIND_SIZE_CR;
		return b == ';' || b == '\r';
	case FIND_EXT:
		if (b == '\r')
			h->find = FIND_SIZE_CR;
		return b != '\n';
	case FIND_SIZE_CR:
		h->find = FIND_LAST;
		return b == '\n';
	case FIND_LAST:
		h->find = FIND_LAST_CR;
		return b == '\r';
	case FIND_LAST_CR:
		return b == '\n';
	}
	return false;
}

/* A size is enough; 0 where it is not sure that a chunk begins here wants the line behind it. */
static bool
find_is_over(const struct http1 *h, enum find before)
{
	return (before == FIND_SIZE_CR && (h->left != 0 || is_at_end(h))) || before == FIND_LAST_CR;
}

void
http1_find_chunk(struct http1_run *r)
{
	struct http1 *h = r->h;
	enum find before = (enum find)h->find;

	if (before == FIND_TEXT) {
		const uint8_t *cr = memchr(r->c.p, '\r', cursor_left(&r->c));
		size_t len = cr == NULL ? cursor_left(&r->c) : (size_t)(cr - r->c.p);
		const uint8_t *text = cursor_take(&r->c, len);

		http1_give_body(r, text, len);
		if (cr == NULL)
			return;
	}
	if (h->trial_len == HTTP1_TRIAL_BYTES || !find_step(h, *r->c.p)) {
		h->find = (uint8_t)before;
		refuse_find(r);
		return;
	}
	h->trial[h->trial_len++] = *r->c.p++;
	h->framing_bytes++;
	if (find_is_over(h, before))
		accept_find(r);
}

/*
 * The line at hand is none that begins a message: what was consumed of it in pushes before, with a
 * CR that was its last byte perhaps, and what of this push comes before a line end. That may begin
 * the line of a chunk.
 */
static void
refuse_find_line(struct http1_run *r, size_t carried, bool cr)
{
	struct http1 *h = r->h;
	size_t len = 0;

	h->framing_bytes -= h->line_bytes;
	http1_give_body(r, h->carry, carried);
	http1_line_done(h);
	begin_find(h);
	if (cr) {
		h->find = FIND_CR;
		h->trial[h->trial_len++] = '\r';
		h->framing_bytes++;
		return;
	}
	while (len < cursor_left(&r->c) && r->c.p[len] != '\r' && r->c.p[len] != '\n')
		len++;
	http1_give_body(r, cursor_take(&r->c, len), len);
}

/* A line longer than the carry begins no message here. */
void
http1_find_line(struct http1_run *r)
{
	struct http1 *h = r->h;
	enum http1_side side = (enum http1_side)h->side;
	size_t carried = h->carry_len, room = HTTP1_CARRY_BYTES - carried;
	bool cr = h->line_bytes > carried;
	struct cursor c = r->c;
	struct http1_start start;
	struct span line;

	if (cursor_left(&c) > room)
		c.end = c.p + room;
	if (http1_line_read(h, &c, false, &line) == HTTP1_LINE_WHOLE) {
		if (h->line_cut || !http1_start_is_certain(side, line) ||
		    !http1_start_parse(side, line, false, &start)) {
			refuse_find_line(r, carried, cr);
			return;
		}
		r->c.p = c.p;
		http1_message_end(r, false);
		http1_message_begin(r, &start);
		http1_line_done(h);
	} else if (h->line_cut || h->carry_len == HTTP1_CARRY_BYTES ||
		   !http1_start_possible(side, line, true)) {
		refuse_find_line(r, carried, cr);
	} else {
		r->c.p = c.p;
	}
}

/* What is held back in the search is body: the stream ends, or has another gap. */
void
http1_find_end(struct http1_run *r)
{
	struct http1 *h = r->h;

	if (h->state == FIND_LINE) {
		static const uint8_t cr = '\r';
		bool has_cr = h->line_bytes > h->carry_len;

		h->framing_bytes -= h->line_bytes;
		http1_give_body(r, h->carry, h->carry_len);
		http1_give_body(r, &cr, has_cr ? 1 : 0);
		http1_line_done(h);
	} else if (h->state == FIND_CHUNK) {
		give_trial(r, h->trial_len);
	}
}

/* All of a line that is strictly a start line. */
static bool
is_start_line(const struct http1 *h, struct span s)
{
	const uint8_t *lf =
	    memchr(s.p, '\n', s.len < HTTP1_CARRY_BYTES ? s.len : HTTP1_CARRY_BYTES);
	size_t len = lf == NULL ? 0 : (size_t)(lf - s.p);

	if (len > 0 && s.p[len - 1] == '\r')
		len--;
	return len > 0 && http1_start_is_certain((enum http1_side)h->side, span_of(s.p, len));
}

/*
 * Is the line at hand over, because a message begins here? With a blank in it, it makes no start
 * line together with this one; without, it may be the beginning of its method.
 */
bool
http1_find_breaks_line(const struct http1 *h, struct span s)
{
	return h->carry_len > 0 && memchr(h->carry, ' ', h->carry_len) != NULL &&
	       is_start_line(h, s);
}

void
http1_find_push(struct http1_run *r)
{
	struct http1 *h = r->h;
	struct span s = span_of(r->c.p, cursor_left(&r->c));

	if (h->state == FIND_LINE && http1_find_breaks_line(h, s)) {
		http1_find_end(r);
		h->state = FIND_LINE;
	} else if (h->state == FIND_CHUNK && h->find == FIND_TEXT && s.len != 0 && is_upper(*s.p)) {
		h->state = FIND_LINE;
	}
}

/* A gap in a chunked body, of unknown framing. */
void
http1_find_begin(struct http1_run *r)
{
	struct http1 *h = r->h;

	http1_find_end(r);
	h->events[HTTP1_RESYNC] += !h->lost;
	h->lost = h->broken = true;
	h->unsure = false;
	h->on_trial = false;
	h->trial_len = 0;
	begin_find(h);
	r->on->body_gap(r->arg, UINT64_MAX);
}
