/*
 * One SMTP connection (RFC 5321), or one of LMTP (RFC 2033): commands, answers, and the messages
 * between them.
 *
 *   client   EHLO | MAIL | RCPT | DATA, then the message up to a line with a dot alone
 *            BDAT n, then n bytes (RFC 3030) | AUTH, then what proves it | STARTTLS, then TLS
 *   server   lines that begin with a code of three digits
 *
 * Bytes are handed out by what they are, in spans of the caller's buffer or of the line's first
 * bytes, which are kept until the command is known. Of a message the dots that stand before others
 * at the beginning of a line, and the one that ends it, are told apart. What belongs to AUTH is
 * told as secret: its line, and every line of the client's until the server says something else
 * than 334 or the client goes on with a command. Any split of the input gives the same bytes of
 * each kind in order.
 *
 * After a gap within a message its bytes go on; anywhere else the rest of the line is passed over.
 * A server that is not seen ends neither AUTH nor a message: then the client's own words do.
 *
 * Constant size, embedded by its owner.
 */
#ifndef WEIR_SMTP_H
#define WEIR_SMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SMTP_HEAD_BYTES 24u /* of a line, to know it by */

enum smtp_bytes {
	SMTP_LINE,   /* commands and answers */
	SMTP_BODY,   /* of messages, headers included */
	SMTP_DOT,    /* no part of the message, for all it stands in it */
	SMTP_END,    /* no bytes: the message is over, or will not go on */
	SMTP_SECRET, /* of AUTH: no command, whatever it looks like */
	SMTP_LOST,   /* rest of a line whose beginning is missing */
};

typedef void smtp_bytes_fn(void *arg, unsigned dir, enum smtp_bytes kind, const uint8_t *data,
			   size_t len);

enum smtp_mode { SMTP_COMMANDS, SMTP_MESSAGE, SMTP_CHUNK, SMTP_SKIPPING };

struct smtp_side {
	uint8_t mode; /* enum smtp_mode */
	uint8_t have; /* bytes in head */
	bool known;   /* what the line is, and head is told */
	bool secret;  /* the line is */
	uint8_t head[SMTP_HEAD_BYTES];
};

struct smtp {
	struct smtp_side side[2]; /* 0: the client */
	uint64_t chunk_left;
	uint8_t dot;	 /* how much of CRLF . CRLF has gone by */
	bool auth;	 /* under way */
	bool tls_asked;	 /* and not answered yet */
	bool begun;	 /* the message at hand has bytes */
	bool last;	 /* the chunk at hand ends it */
	bool tls_begins; /* with what comes next, of either side */
};

/*
 * The next bytes of a direction. Returns how many were taken: all, or up to the end of the line
 * with which the server begins TLS.
 */
size_t smtp_push(struct smtp *s, unsigned dir, const uint8_t *data, size_t len, smtp_bytes_fn *fn,
		 void *arg);
void smtp_gap(struct smtp *s, unsigned dir);

#endif
