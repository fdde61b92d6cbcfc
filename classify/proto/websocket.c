#include "classify/proto/websocket.h"

#include <string.h>

#include "dataplane/port/cursor.h"

enum opcode {
	CONTINUATION = 0,
	TEXT = 1,
	BINARY = 2,
	CLOSE = 8,
	PING = 9,
	PONG = 10,
};

#define FIN	     0x80u
#define RSV1	     0x40u
#define RSV	     0x30u /* the two that no extension in use gives a meaning */
#define MASK	     0x80u
#define LENGTH_16    126u
#define LENGTH_64    127u
#define CONTROL_MAX  125u
#define UNMASK_BYTES 1024u

/* One call. */
struct run {
	struct websocket *w;
	struct cursor c;
	const struct websocket_handler *on;
	void *arg;
};

static unsigned
opcode_of(const struct websocket *w)
{
	return w->head[0] & 0x0fu;
}

static bool
is_control(const struct websocket *w)
{
	return opcode_of(w) >= CLOSE;
}

static bool
is_masked(const struct websocket *w)
{
	return (w->head[1] & MASK) != 0;
}

/* How long the head is, as far as its first bytes tell. */
static unsigned
head_bytes(const struct websocket *w)
{
	unsigned n = 2, length = w->head[1] & 0x7fu;

	if (w->head_len < 2)
		return 2;
	n += length == LENGTH_16 ? 2 : length == LENGTH_64 ? 8 : 0;
	return n + (is_masked(w) ? 4 : 0);
}

static uint64_t
length_of(const struct websocket *w)
{
	unsigned length = w->head[1] & 0x7fu;

	if (length == LENGTH_16)
		return read_be16(w->head + 2);
	return length == LENGTH_64 ? read_be64(w->head + 2) : length;
}

/* What the first byte says must fit what came before. */
static bool
is_possible(const struct websocket *w)
{
	unsigned opcode = opcode_of(w);

	if ((w->head[0] & RSV) != 0)
		return false;
	if (is_control(w))
		return opcode <= PONG && (w->head[0] & (FIN | RSV1)) == FIN &&
		       length_of(w) <= CONTROL_MAX;
	if (opcode > BINARY || length_of(w) >> 63 != 0)
		return false;
	return (opcode == CONTINUATION) == w->inside &&
	       (opcode != CONTINUATION || (w->head[0] & RSV1) == 0);
}

static void
end_frame(struct run *r)
{
	struct websocket *w = r->w;

	w->payload = false;
	w->head_len = 0;
	if (is_control(w)) {
		r->on->control_end(r->arg);
	} else if ((w->head[0] & FIN) != 0) {
		w->inside = false;
		r->on->end(r->arg);
	}
}

static void
head_is_whole(struct run *r)
{
	struct websocket *w = r->w;

	if (!is_possible(w)) {
		w->lost = true;
		return;
	}
	w->payload = true;
	w->left = length_of(w);
	w->mask_at = 0;
	if (!is_control(w) && !w->inside) {
		w->inside = true;
		w->nr_messages++;
		r->on->begin(r->arg, (w->head[0] & RSV1) != 0);
	}
	if (w->left == 0)
		end_frame(r);
}

static void
read_head(struct run *r)
{
	struct websocket *w = r->w;

	w->head[w->head_len++] = *cursor_take(&r->c, 1);
	w->framing_bytes++;
	if (w->head_len == head_bytes(w))
		head_is_whole(r);
}

static void
tell(struct run *r, const uint8_t *data, size_t len)
{
	if (is_control(r->w))
		r->on->control(r->arg, data, len);
	else
		r->on->bytes(r->arg, data, len);
}

static void
unmask(struct run *r, const uint8_t *data, size_t len)
{
	const uint8_t *mask = r->w->head + head_bytes(r->w) - 4;
	uint8_t clear[UNMASK_BYTES];

	while (len != 0) {
		size_t n = len < sizeof(clear) ? len : sizeof(clear);

		for (size_t i = 0; i < n; i++)
			clear[i] = data[i] ^ mask[(r->w->mask_at + i) & 3];
		r->w->mask_at = (uint8_t)((r->w->mask_at + n) & 3);
		tell(r, clear, n);
		data += n;
		len -= n;
	}
}

static void
read_payload(struct run *r)
{
	struct websocket *w = r->w;
	size_t left = cursor_left(&r->c), n = left < w->left ? left : (size_t)w->left;
	const uint8_t *data = cursor_take(&r->c, n);

	w->left -= n;
	if (is_control(w))
		w->framing_bytes += n;
	if (is_masked(w))
		unmask(r, data, n);
	else
		tell(r, data, n);
	if (w->left == 0)
		end_frame(r);
}

void
websocket_push(struct websocket *w, const uint8_t *data, size_t len,
	       const struct websocket_handler *on, void *arg)
{
	struct run r = { w, cursor_of(data, len), on, arg };

	while (cursor_left(&r.c) != 0 && !w->lost) {
		if (w->payload)
			read_payload(&r);
		else
			read_head(&r);
	}
	w->skipped_bytes += cursor_left(&r.c);
}

bool
websocket_gap(struct websocket *w, uint64_t len, const struct websocket_handler *on, void *arg)
{
	struct run r = { w, { NULL, NULL }, on, arg };

	if (w->lost || !w->payload || len > w->left) {
		w->lost = true;
		return false;
	}
	w->left -= len;
	w->mask_at = (uint8_t)((w->mask_at + len) & 3);
	if (w->left == 0)
		end_frame(&r);
	return true;
}
