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
 */
#include "classify/exchange_state.h"

static void
scan_raw(struct message *m, size_t len)
{
	if (len != 0)
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
	m->raw += len;
	m->raw_len -= len;
	return true;
}

void
exchange_leave_out(struct message *m, const uint8_t *text, size_t len)
{
	if (leave_out(m, text, len))
		m->x->env->counters.attachment_bytes += len;
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
