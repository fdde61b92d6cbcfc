/*
 * Events that differ from the one before in their text alone.
 *
 *   data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"Hel"}}]}
 *   data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"lo"}}]}
 *         `------------------------- front ------------------------'  `back'
 *
 * A long answer is thousands of them. Everything but the text was said by the event before, and
 * whatever was made of that says the same once more: names, kinds and counts are set, not added up.
 * So such an event is compared, its text handed on, and nothing of it walked. Only events that came
 * in one piece, had one text without escapes, called no tool and left nothing out are compared
 * with; every other event is read as it is.
 */
#include "classify/ai/llm_read.h"

/* The inside of a JSON string, in which nothing is written as an escape. */
static bool
is_plain(const uint8_t *text, size_t len)
{
	return len == 0 || (memchr(text, '"', len) == NULL && memchr(text, '\\', len) == NULL);
}

static bool
take_repeat(struct llm_call *call, const uint8_t *data, size_t len)
{
	const struct llm_repeat *r = &call->repeat;
	const uint8_t *event = call->frames.event;
	size_t back = (size_t)r->len - r->front - r->text_len;
	size_t text_len = len - r->front - back;

	if (len < r->front + back || memcmp(data, event, r->front) != 0 ||
	    memcmp(data + len - back, event + r->len - back, back) != 0 ||
	    !is_plain(data + r->front, text_len))
		return false;
	call->choice = r->choice;
	llm_text(call, (enum llm_text_kind)r->kind, data + r->front, text_len);
	call->choice = 0;
	return true;
}

/* More of an event that seemed to be whole: what came is walked after all, without its text. */
static void
walk_known(struct llm_call *call)
{
	const struct llm_repeat *r = &call->repeat;
	size_t behind = (size_t)r->front + r->text_len;

	json_walk_push(&call->response.walk, call->frames.event, r->front);
	json_walk_push(&call->response.walk, call->frames.event + behind, r->len - behind);
}

static void
begin_noting(struct llm_call *call, const uint8_t *data, size_t len)
{
	struct llm_repeat *r = &call->repeat;

	r->known = false;
	r->whole = len <= LLM_REPEAT_CAP && !call->target.vector && !call->target.batch;
	r->nr_texts = 0;
	r->nr_tools = call->response.nr_messages;
	r->dropped = call->facts.dropped;
	if (!r->whole)
		return;
	r->len = (uint16_t)len;
	r->piece = data;
	memcpy(call->frames.event, data, len);
}

void
llm_repeat_text(struct llm_call *call, enum llm_text_kind kind, const uint8_t *text, size_t len)
{
	struct llm_repeat *r = &call->repeat;
	uintptr_t at = (uintptr_t)text - (uintptr_t)r->piece;

	if (r->piece == NULL || r->nr_texts != 0 || at >= r->len || len > r->len - at) {
		r->nr_texts = 2;
		return;
	}
	r->nr_texts = 1;
	r->front = (uint16_t)at;
	r->text_len = (uint16_t)len;
	r->kind = (uint8_t)kind;
	r->choice = call->choice;
}

void
llm_repeat_data(struct llm_call *call, const uint8_t *data, size_t len)
{
	struct llm_repeat *r = &call->repeat;

	if (!r->begun) {
		r->begun = true;
		r->read = r->known && take_repeat(call, data, len);
		if (r->read)
			return;
		begin_noting(call, data, len);
	} else {
		if (r->read)
			walk_known(call);
		r->known = r->read = r->whole = false;
	}
	json_walk_push(&call->response.walk, data, len);
	r->piece = NULL;
}

bool
llm_repeat_end(struct llm_call *call)
{
	struct llm_repeat *r = &call->repeat;
	const struct llm_side *side = &call->response;
	bool read = r->read;

	if (!read)
		r->known = r->whole && r->nr_texts == 1 && side->walk.nr_documents == 1 &&
			   side->walk.depth == 0 && !side->walk.broken &&
			   side->nr_messages == r->nr_tools && call->facts.dropped == r->dropped;
	r->begun = r->read = false;
	return read;
}

void
llm_repeat_forget(struct llm_call *call)
{
	call->repeat.known = call->repeat.read = call->repeat.begun = false;
}
