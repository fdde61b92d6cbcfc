/*
 * Server-sent events: text/event-stream as the WHATWG HTML standard section 9.2 defines it.
 *
 * Lines end in LF, CRLF or CR; an empty line ends an event; the data lines of one event are
 * joined with LF; a line that starts with a colon is a comment. The data is handed on as it
 * comes, never gathered: a consumer such as a JSON walker starts anew at SSE_END. Only the
 * event's name is kept.
 *
 * Differences from the standard, chosen for a reader that wants to miss nothing: an event that
 * the end of the stream cuts off is still delivered (servers forget the last empty line), and an
 * event without data is not counted and not delivered, but its name line does no harm.
 *
 * Limits: an event name longer than SSE_NAME_CAP is cut there and counted in `names_cut`; `id`
 * and `retry` are skipped. `data` lines and events may be as long as they like.
 *
 * Embedded by its owner, constant size. Not thread-safe.
 */
#ifndef WEIR_SSE_H
#define WEIR_SSE_H

#include "classify/span.h"

enum { SSE_NAME_CAP = 64 };

enum sse_event {
	SSE_DATA, /* the next piece of the current event's data, never empty */
	SSE_END,  /* the event is complete; sse_name() is final now */
};

struct sse;

/* text is borrowed. An owner may read sse_name() during SSE_DATA: the name line usually comes
 * first, but need not. */
typedef void sse_fn(void *arg, const struct sse *s, enum sse_event event, const uint8_t *text,
		    size_t len);

struct sse {
	sse_fn *fn;
	void *arg;	    /* kept */
	uint64_t nr_events; /* delivered, the [DONE] mark included */
	uint64_t nr_comments;
	uint64_t data_bytes; /* of the current event */
	uint32_t names_cut;
	uint8_t state;
	uint8_t field;
	uint8_t field_len;
	uint8_t name_len;
	uint8_t bom_at;
	uint8_t done_at; /* how much of "[DONE]" the current event's data has matched */
	bool has_data;	 /* a data line was seen in the current event */
	bool after_cr;	 /* a LF now belongs to the CR before it */
	bool done;	 /* an event whose data was "[DONE]" has ended */
	uint8_t field_name[8];
	uint8_t name[SSE_NAME_CAP];
};

void sse_init(struct sse *s, sse_fn *fn, void *arg);
void sse_push(struct sse *s, const uint8_t *data, size_t len);

/* No more bytes will come: delivers the event that is still open, if it has data. */
void sse_end(struct sse *s);

/* Name of the current event: empty when no event line was seen. Borrowed from s. */
static inline struct span
sse_name(const struct sse *s)
{
	return span_of(s->name, s->name_len);
}

#endif
