/*
 * Lines of an HTTP/1 header block, whole, whatever the split of the input. Internal to http1.
 *
 * A line that lies whole in the pushed bytes is handed out where it is. Otherwise what is known
 * of it is copied into the carry, unfolded and without line ends, until the rest arrives.
 */
#ifndef WEIR_HTTP1_LINE_H
#define WEIR_HTTP1_LINE_H

#include "classify/proto/http1.h"
#include "dataplane/port/cursor.h"

enum http1_line {
	HTTP1_LINE_MORE, /* it goes on, and all that is there is consumed */
	HTTP1_LINE_WHOLE,
	HTTP1_LINE_PIECE, /* it goes on, and so much of it fills the carry */
};

/*
 * Consumes up to one line. The line is without its end and valid until
 * http1_line_done. With fold, a line that continues on the next one is joined with it, so a
 * line that is not empty is known to be whole only when the byte after it is there. Such a line
 * comes in pieces where it is longer than the carry; one that lies whole in the pushed bytes is one
 * piece.
 */
enum http1_line http1_line_read(struct http1 *h, struct cursor *c, bool fold, struct span *line);

/* The piece has been looked at: the next one, or the rest of the line, comes. */
void http1_line_piece_done(struct http1 *h);

/* What is known of the unfinished line. */
struct span http1_line_so_far(const struct http1 *h);

/* Forgets the line and gives the carry back. */
void http1_line_done(struct http1 *h);

#endif
