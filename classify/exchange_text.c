/*
 * Where the bytes of a body are looked at: each once, in its most specific buffer.
 *
 * A body is scanned as it comes. Texts that its readers recognise (a prompt, an answer put together
 * over events, arguments of a tool) go to a stream of their own, under the name of what they are,
 * and what of them stands in the bytes at hand is left out of the body's stream:
 *
 *   body      {"role":"user","content":"my card is 4111 ..."}
 *   raw       {"role":"user","content":"                   "}     llm.prompt
 *   joined                              my card is 4111 ...       llm.prompt.user
 *
 * One such stream is open at a time, and one for each of the first JOINED_TEXTS answers of a call
 * that asked for several (n), which come in turns: texts of another kind close it. A text without a
 * stream stays where it is.
 *
 * The events of a streamed answer differ in hardly anything but their texts. What stands between
 * two texts is compared with what stood between the two before, and scanned when it differs. Where
 * it came so often in a row that all the scanner looks back at is made of it, once more adds
 * nothing: every window of the body with the repeats is also one of the body without them.
 */
#include "classify/exchange_state.h"
#include "classify/rules/confirm.h"

/*
 * Of the same in a row, that of which all of a window is made; behind it one piece that is followed
 * by another and one that is followed by whatever comes.
 */
static bool
is_enough(const struct repeats *r)
{
	return r->same_bytes >= SCAN_LOOK_BEHIND + CONFIRM_RIGHT + 2u * r->len;
}

void
exchange_repeats_begin(struct repeats *r)
{
	r->differs = true;
	r->len = 0;
	r->same_bytes = 0;
	r->at = REPEAT_MAX + 1; /* the first piece has no text in front of it */
}

/* The piece at hand is another one, of which so much is as before. */
static void
begin_to_differ(struct message *m, struct repeats *r)
{
	r->differs = true;
	r->same_bytes = 0;
	if (r->at != 0)
		exchange_scan(m, m->raw_buffer, r->piece, r->at);
}

static void
note_piece(struct repeats *r, const uint8_t *data, size_t len)
{
	if (len > REPEAT_MAX - (size_t)r->at || r->at > REPEAT_MAX) {
		r->at = REPEAT_MAX + 1;
		return;
	}
	memcpy(r->piece + r->at, data, len);
	r->at = (uint16_t)(r->at + len);
}

/* As much as is the same as in the piece before is held back. */
static void
scan_repeats(struct message *m, struct repeats *r, const uint8_t *data, size_t len)
{
	size_t same;

	if (r->differs) {
		note_piece(r, data, len);
		exchange_scan(m, m->raw_buffer, data, len);
		return;
	}
	same = len < (size_t)r->len - r->at ? len : (size_t)r->len - r->at;
	if (memcmp(data, r->piece + r->at, same) != 0) {
		for (same = 0; data[same] == r->piece[r->at + same];)
			same++;
	}
	r->at = (uint16_t)(r->at + same);
	if (same == len)
		return;
	begin_to_differ(m, r);
	note_piece(r, data + same, len - same);
	exchange_scan(m, m->raw_buffer, data + same, len - same);
}

/* A text begins: the piece in front of it is whole. */
static void
end_piece(struct message *m, struct repeats *r)
{
	if (r->at == 0)
		return; /* the text goes on */
	if (r->differs || r->at < r->len) {
		if (!r->differs)
			begin_to_differ(m, r);
		r->len = r->at <= REPEAT_MAX ? r->at : 0;
		r->same_bytes = r->len;
	} else if (is_enough(r)) {
		scan_count_known(m->x->env->scanner, r->len);
	} else {
		exchange_scan(m, m->raw_buffer, r->piece, r->len);
		r->same_bytes += r->len;
	}
	r->differs = r->len == 0;
	r->at = 0;
}

/* What is held back is scanned; what comes is another piece. */
void
exchange_repeats_end(struct message *m)
{
	struct repeats *r = &m->x->repeats;

	if (m->dir != CONN_RESP)
		return;
	if (!r->differs)
		begin_to_differ(m, r);
	exchange_repeats_begin(r);
}

static void
scan_raw(struct message *m, size_t len)
{
	if (len != 0 && m->dir == CONN_RESP)
		scan_repeats(m, &m->x->repeats, m->raw, len);
	else if (len != 0)
		exchange_scan(m, m->raw_buffer, m->raw, len);
	m->raw += len;
	m->raw_len -= len;
}

void
exchange_raw_begin(struct message *m, enum buffer as, const uint8_t *data, size_t len)
{
	m->raw_buffer = as;
	m->raw = data;
	m->raw_len = len;
}

void
exchange_raw_end(struct message *m)
{
	scan_raw(m, m->raw_len);
}

/* A text that was unescaped on the way is no part of the bytes at hand. */
static bool
leave_out(struct message *m, const uint8_t *text, size_t len)
{
	uintptr_t at = (uintptr_t)text, raw = (uintptr_t)m->raw;

	if (at < raw || at - raw > m->raw_len || len > m->raw_len - (at - raw))
		return false;
	scan_raw(m, at - raw);
	if (m->dir == CONN_RESP)
		end_piece(m, &m->x->repeats);
	m->raw += len;
	m->raw_len -= len;
	return true;
}

void
exchange_leave_out(struct message *m, const uint8_t *text, size_t len)
{
	if (!leave_out(m, text, len))
		return;
	m->x->env->counters.attachment_bytes += len;
	exchange_scan_blob(m, BUFFER_LLM_PROMPT, text, len);
}

static void
end_text(struct message *m, unsigned choice)
{
	if (m->joined[choice].scan != NULL)
		scan_close(m->joined[choice].scan, exchange_found, m);
	m->joined[choice].scan = NULL;
}

bool
exchange_text_open(struct message *m, unsigned choice, enum buffer as)
{
	struct scan_stream **scan = &m->joined[choice].scan;

	if (*scan != NULL && m->joined[choice].as != as)
		end_text(m, choice);
	if (*scan == NULL) {
		*scan = scan_open(m->x->env->scanner, as);
		m->joined[choice].as = as;
	}
	return *scan != NULL;
}

void
exchange_text(struct message *m, unsigned choice, enum buffer as, const uint8_t *text, size_t len)
{
	if (choice >= JOINED_TEXTS) {
		m->x->env->counters.llm_choices_apart++;
		return;
	}
	if (!exchange_text_open(m, choice, as)) {
		m->x->env->counters.scan_refused++;
		return;
	}
	scan_push(m->joined[choice].scan, text, len, exchange_found, m);
	/* Messages of a WebSocket may be pieces of something larger, which only their bytes in a
	 * row show. */
	if (!m->x->websocket && leave_out(m, text, len))
		exchange_scan_blob(m, as, text, len);
}

void
exchange_text_gap(struct message *m)
{
	for (unsigned i = 0; i < JOINED_TEXTS; i++) {
		if (m->joined[i].scan != NULL)
			scan_gap(m->joined[i].scan);
	}
}

void
exchange_text_end(struct message *m)
{
	for (unsigned i = 0; i < JOINED_TEXTS; i++)
		end_text(m, i);
}
