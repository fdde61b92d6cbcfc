/*
 * What the files of the HTTP/1 parser share: its states, one call of it, and what http1_find.c and
 * http1.c ask of each other. Internal to http1.
 */
#ifndef WEIR_HTTP1_RUN_H
#define WEIR_HTTP1_RUN_H

#include "classify/proto/http1.h"
#include "classify/proto/http1_fields.h"
#include "dataplane/port/cursor.h"

enum http1_state {
	START,
	SKIP,	   /* at a place where a start line may be */
	SKIP_LINE, /* not at such a place */
	HEADERS,
	PEEK,
	PEEK_BODY,
	BODY_LENGTH,
	BODY_CLOSE,
	CHUNK_SIZE,
	CHUNK_EXT, /* between the size and the end of its line */
	CHUNK_DATA,
	TRAILERS,
	TUNNEL,
	FIND_CHUNK, /* in a chunked body, not known where */
	FIND_LINE,  /* there, in what may be a start line */
};

/* One call of push, gap or end. */
struct http1_run {
	struct http1 *h;
	struct cursor c;
	const struct http1_handler *on;
	void *arg;
};

/* http1.c */

/* Feeds the bytes on trial back to the parser, whose state now says what they are. */
void http1_replay(struct http1_run *r);
void http1_message_begin(struct http1_run *r, const struct http1_start *start);
void http1_message_end(struct http1_run *r, bool complete);
void http1_give_body(struct http1_run *r, const uint8_t *data, size_t len);
/* The line of a chunk is over: its data, or the trailers. */
void http1_chunk_begin(struct http1 *h);

/* http1_find.c: a chunked body whose place is lost. */

void http1_find_begin(struct http1_run *r); /* in a gap */
void http1_find_chunk(struct http1_run *r); /* FIND_CHUNK */
void http1_find_line(struct http1_run *r);  /* FIND_LINE */
void http1_find_push(struct http1_run *r);  /* a push begins */
/* What is held back in the search is body: the stream ends, or has another gap. */
void http1_find_end(struct http1_run *r);

/* A line at hand that looked like a start line is none, because one begins here. */
bool http1_find_breaks_line(const struct http1 *h, struct span s);

#endif
