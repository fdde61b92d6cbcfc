#include "classify/proto/http1_line.h"

/*
 *            LF                    next byte blank
 *   TEXT ----------------> ENDED ------------------> FOLD --(not blank)--> TEXT
 *     |  CR         LF or    |
 *     +------> CR ---------->+---- any other byte: the line is whole
 *                 other byte
 *
 * An empty line and, where folding is off, any line is whole as soon as it has ENDED.
 */
enum line_state {
	LINE_TEXT,
	LINE_CR,
	LINE_ENDED,
	LINE_FOLD,
};

static bool
is_blank(uint8_t b)
{
	return b == ' ' || b == '\t';
}

/* The ordinary line: all of it in front of us, ended by LF or CRLF, and not folded. */
static bool
line_in_place(struct http1 *h, struct cursor *c, bool fold, struct span *line)
{
	const uint8_t *lf = memchr(c->p, '\n', cursor_left(c));

	if (lf == NULL)
		return false;
	size_t len = (size_t)(lf - c->p);

	if (len > 0 && c->p[len - 1] == '\r')
		len--;
	if (memchr(c->p, '\r', len) != NULL)
		return false;
	if (fold && len > 0 && (lf + 1 == c->end || is_blank(lf[1])))
		return false;

	h->line_cut = !fold && len > HTTP1_CARRY_BYTES;
	h->line_long = fold && len > HTTP1_CARRY_BYTES;
	if (h->line_cut || h->line_long)
		h->events[HTTP1_LINE_TOO_LONG]++;
	*line = span_of(c->p, h->line_cut ? HTTP1_CARRY_BYTES : len);
	h->line_bytes = (uint32_t)(lf + 1 - c->p);
	h->framing_bytes += (uint64_t)(lf + 1 - c->p);
	c->p = lf + 1;
	return true;
}

static void
line_append(struct http1 *h, uint8_t b)
{
	if (h->line_cut)
		return;
	if (h->carry == NULL)
		h->carry = slab_take(h->carry_pool);
	if (h->carry == NULL || h->carry_len == HTTP1_CARRY_BYTES) {
		h->events[h->carry == NULL ? HTTP1_NO_CARRY : HTTP1_LINE_TOO_LONG]++;
		h->line_cut = true;
		return;
	}
	h->carry[h->carry_len++] = b;
}

/* The blanks around a fold become one. */
static void
line_begin_fold(struct http1 *h)
{
	while (!h->line_cut && h->carry_len > 0 && is_blank(h->carry[h->carry_len - 1]))
		h->carry_len--;
	line_append(h, ' ');
	h->line_folded = true;
	h->line_state = LINE_FOLD;
}

static bool
line_is_empty(const struct http1 *h)
{
	return h->carry_len == 0 && !h->line_cut && !h->line_long;
}

/* Takes note of b; false when the line was whole before it. */
static bool
line_step(struct http1 *h, uint8_t b, bool fold)
{
	switch (h->line_state) {
	case LINE_ENDED:
		if (!fold || !is_blank(b))
			return false;
		line_begin_fold(h);
		return true;
	case LINE_CR:
		if (b == '\r' && line_is_empty(h)) {
			h->line_odd = true;
			return true;
		}
		h->line_state = LINE_ENDED;
		if (b == '\n')
			return true;
		h->line_odd = line_is_empty(h);
		return !h->line_odd && line_step(h, b, fold);
	case LINE_FOLD:
		if (is_blank(b))
			return true;
		h->line_odd = b == '\r' || b == '\n';
		h->line_state = LINE_TEXT;
		break;
	default:
		break;
	}

	if (b == '\n')
		h->line_state = LINE_ENDED;
	else if (b == '\r')
		h->line_state = LINE_CR;
	else
		line_append(h, b);
	return true;
}

/* Does b, or the blank that it begins a fold with, go into the carry? */
static bool
is_appended(const struct http1 *h, uint8_t b)
{
	switch (h->line_state) {
	case LINE_TEXT:
		return b != '\r' && b != '\n';
	case LINE_FOLD:
		return b != '\r' && b != '\n' && !is_blank(b);
	default:
		return is_blank(b);
	}
}

enum http1_line
http1_line_read(struct http1 *h, struct cursor *c, bool fold, struct span *line)
{
	bool whole = false;

	if (h->line_bytes == 0 && line_in_place(h, c, fold, line))
		return HTTP1_LINE_WHOLE;

	while (!whole && c->p < c->end) {
		if (fold && !h->line_cut && h->carry_len == HTTP1_CARRY_BYTES &&
		    is_appended(h, *c->p)) {
			*line = http1_line_so_far(h);
			return HTTP1_LINE_PIECE;
		}
		if (!line_step(h, *c->p, fold)) {
			whole = true;
			break;
		}
		c->p++;
		h->framing_bytes++;
		if (h->line_bytes < UINT32_MAX)
			h->line_bytes++;
		whole = h->line_state == LINE_ENDED && (!fold || line_is_empty(h));
	}
	*line = http1_line_so_far(h);
	return whole ? HTTP1_LINE_WHOLE : HTTP1_LINE_MORE;
}

void
http1_line_piece_done(struct http1 *h)
{
	h->events[HTTP1_LINE_TOO_LONG] += !h->line_long;
	h->line_long = true;
	h->carry_len = 0;
}

struct span
http1_line_so_far(const struct http1 *h)
{
	return span_of(h->carry, h->carry_len);
}

void
http1_line_done(struct http1 *h)
{
	slab_give(h->carry_pool, h->carry);
	h->carry = NULL;
	h->carry_len = 0;
	h->line_bytes = 0;
	h->line_state = LINE_TEXT;
	h->line_cut = false;
	h->line_long = false;
	h->line_odd = false;
	h->line_folded = false;
}
