/*
 * Parts of a multipart body (RFC 2046 section 5.1, RFC 7578), as they stream by:
 *
 *   preamble CRLF --boundary CRLF
 *   header CRLF ... CRLF CRLF content CRLF --boundary CRLF ... --boundary-- epilogue
 *
 * Content comes out with its transfer encoding undone (base64, quoted-printable; RFC 2045 section
 * 6). Lines may end in a bare LF. Preamble and epilogue come out as they are.
 *
 * Any split of the input gives the same parts; nothing is kept but one header line. A header line
 * longer than MULTIPART_LINE_BYTES is cut there; a line that continues the one before it (folding)
 * is part of it. Boundaries longer than 70 bytes are none (multipart_boundary says so).
 *
 * Limits: a multipart body inside a part is content like any other, its boundaries too.
 */
#ifndef WEIR_MULTIPART_H
#define WEIR_MULTIPART_H

#include <stdbool.h>

#include "classify/proto/base64.h"
#include "classify/proto/quoted_printable.h"
#include "classify/span.h"

#define MULTIPART_BOUNDARY_BYTES 70u
#define MULTIPART_LINE_BYTES	 1024u

/* Every member is required. */
struct multipart_handler {
	void (*part)(void *arg); /* begins */
	void (*header)(void *arg, struct span name, struct span value);
	void (*headers_end)(void *arg);
	void (*content)(void *arg, const uint8_t *data, size_t len);
	void (*part_end)(void *arg);
	/* Before the first part and behind the last. */
	void (*outside)(void *arg, const uint8_t *data, size_t len);
};

enum multipart_coding { MULTIPART_PLAIN, MULTIPART_BASE64, MULTIPART_QUOTED };

/* All zero, and then multipart_init. */
struct multipart {
	uint8_t state;
	uint8_t coding;	 /* enum multipart_coding */
	uint8_t start;	 /* where in the delimiter the match began: LF alone begins at 1 */
	uint8_t matched; /* up to where it holds */
	uint8_t delimiter_len;
	bool dash; /* behind the boundary: the first of two */
	bool in_part;
	bool line_over; /* a header line is whole unless the next byte continues it */
	uint16_t line_len;
	uint64_t parts;
	struct base64 base64;
	struct quoted_printable quoted;
	char delimiter[4 + MULTIPART_BOUNDARY_BYTES];
	uint8_t line[MULTIPART_LINE_BYTES];
};

/* The boundary of a Content-Type; an empty span when there is none that can be. */
struct span multipart_boundary(struct span content_type);

/* A parameter of a header field's value ("form-data; name=\"a\""), without its quotes. */
struct span multipart_parameter(struct span value, const char *name);

void multipart_init(struct multipart *m, struct span boundary);
void multipart_push(struct multipart *m, const uint8_t *data, size_t len,
		    const struct multipart_handler *on, void *arg);
/* Bytes of the content were lost, or of anything else: the part at hand goes on. */
void multipart_gap(struct multipart *m, const struct multipart_handler *on, void *arg);
/* The body is over, and so is the part at hand. */
void multipart_end(struct multipart *m, const struct multipart_handler *on, void *arg);

#endif
