/*
 * One message of mail (RFC 5322) with its parts (MIME, RFC 2045, 2046, 2047), as it streams by:
 *
 *   header fields | empty line | body; of a multipart type: lines "--boundary" and parts of the
 * same make, down to MIME_DEPTH of them inside each other
 *
 * All of it comes out as one text in the order of the message, header fields and boundaries as they
 * are: what is in base64 or quoted-printable is decoded, encoded words are undone. Pictures, sound,
 * video and fonts are passed over. A message inside the message has its own fields and parts.
 *
 * Any split gives the same text. Behind a gap base64 goes on with the next line, and everything
 * else with the next byte; a line that is not of base64 ends it, since a boundary may be lost.
 *
 * Limits: a header field beyond MIME_LINE_BYTES is not read, but comes out; of boundaries of more
 * than 70 bytes, and parts deeper than MIME_DEPTH, the text comes out as it is.
 */
#ifndef WEIR_MIME_H
#define WEIR_MIME_H

#include "classify/proto/encoded_word.h"
#include "classify/proto/multipart.h"

#define MIME_DEPTH	4u
#define MIME_LINE_BYTES 1024u
#define MIME_HELD_BYTES (2 + MULTIPART_BOUNDARY_BYTES + 8)

/* Every member is required. */
struct mime_handler {
	void (*text)(void *arg, const uint8_t *data, size_t len);
	void (*binary)(void *arg, size_t len); /* so many bytes were passed over */
};

struct mime_boundary {
	uint8_t len;
	uint8_t text[2 + MULTIPART_BOUNDARY_BYTES]; /* with the two dashes before it */
};

/* All zero is a valid start. */
struct mime {
	bool body;	/* else header fields */
	uint8_t coding; /* enum multipart_coding */
	bool binary;
	bool multipart;	 /* by its fields; its boundary is the one behind depth */
	bool message;	 /* what follows the fields is another message */
	bool inside;	 /* a line has begun */
	bool blank;	 /* of base64: the line should be over */
	bool pass_line;	 /* of base64: where a group begins is known in the next line */
	bool field_over; /* a header field is whole unless the next byte continues it */
	bool torn;	 /* bytes of the field at hand were lost */
	uint8_t depth;
	uint8_t nr_held; /* of a line that may be a boundary */
	uint16_t line_len;
	struct base64 base64;
	struct quoted_printable quoted;
	struct encoded_word words;
	uint8_t held[MIME_HELD_BYTES];
	struct mime_boundary boundary[MIME_DEPTH + 1];
	uint8_t line[MIME_LINE_BYTES];
};

void mime_push(struct mime *m, const uint8_t *data, size_t len, const struct mime_handler *on,
	       void *arg);
/* Bytes were lost. */
void mime_gap(struct mime *m, const struct mime_handler *on, void *arg);
/* The message is over. */
void mime_end(struct mime *m, const struct mime_handler *on, void *arg);

#endif
