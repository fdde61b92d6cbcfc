/*
 * Text that is hidden in base64, wherever it stands in a body: what a client that wants to get by a
 * pattern, a Kubernetes secret, a data: URL and a token's claims have in common.
 *
 * A run of BASE64_TEXT_LEAST digits or more of either alphabet is tried: when its first bytes are
 * text, at one of the four places where a group may begin, the run is decoded and handed out, over
 * line ends and the blanks behind them, up to the first byte that is no digit. Line ends and digits
 * may be escaped as JSON does, also more than once, and forms: \n \/ \u002B %2F. So is
 * a run that begins as something compressed does, or is ASCII in UTF-16. Anything else (images,
 * hashes, identifiers) is left alone after those first bytes.
 *
 * Of ordinary text no more is looked at than the sixteen bytes on both sides of one byte in
 * BASE64_TEXT_LEAST. Any split gives the same texts. What is decoded is the
 * handler's: classify/wrapped_text.h decompresses it, and looks for base64 again.
 *
 * Limits: shorter runs; text that begins with bytes that do not print.
 */
#ifndef WEIR_BASE64_TEXT_H
#define WEIR_BASE64_TEXT_H

#include <stdbool.h>

#include "classify/proto/base64.h"
#include "classify/proto/compression.h"

#define BASE64_TEXT_LEAST  32u
#define BASE64_TEXT_ESCAPE 9u /* four backslashes and u002B */

struct base64_text_handler {
	void (*text)(void *arg, const uint8_t *data, size_t len); /* the next piece of one */
	void (*text_end)(void *arg);
};

enum base64_text_kind {
	BASE64_TEXT_PLAIN,
	BASE64_TEXT_UTF16, /* little endian */
	BASE64_TEXT_COMPRESSED,
};

/* All zero is a valid start. */
struct base64_text {
	uint8_t state;
	uint8_t kind;	     /* of the text at hand, for the handler */
	uint8_t compression; /* and how it is compressed */
	uint8_t nr_head;     /* digits of the run that the last push ended with */
	uint8_t nr_escape;
	uint8_t escape[BASE64_TEXT_ESCAPE];
	struct base64 base64;
	uint8_t head[BASE64_TEXT_LEAST];
};

void base64_text_push(struct base64_text *t, const uint8_t *data, size_t len,
		      const struct base64_text_handler *on, void *arg);
/* Bytes were lost, or the body is over: a text that is open ends. */
void base64_text_end(struct base64_text *t, const struct base64_text_handler *on, void *arg);

#endif
