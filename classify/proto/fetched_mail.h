/*
 * Where messages are in what POP3 (RFC 1939) and IMAP (RFC 3501) say.
 *
 *   POP3   client RETR n, TOP n m; server +OK ..., then lines up to a dot alone, other dots doubled
 *   IMAP   server * 1 FETCH (BODY[] {LENGTH}, then so many bytes, then the line goes on
 *
 * Bytes come out as lines or as those of a message, dots undone, with an end behind each message.
 * Any split gives the same. Behind a gap all is lines, up to the next message.
 *
 * Limits: parts that IMAP fetches by themselves (BODY[1]) and what a client appends are lines, as
 * their fields are elsewhere; of POP3's commands that are sent together the first answers may be
 * taken for the message's beginning.
 *
 * Constant size, embedded by its owner.
 */
#ifndef WEIR_FETCHED_MAIL_H
#define WEIR_FETCHED_MAIL_H

#include "classify/proto/detect.h"

#define FETCHED_MAIL_TAIL 40u /* of a line, where the length of what follows it stands */

enum fetched_mail_bytes {
	FETCHED_LINE,
	FETCHED_MESSAGE,
	FETCHED_END, /* no bytes: the message is over */
};

typedef void fetched_mail_fn(void *arg, enum fetched_mail_bytes kind, const uint8_t *data,
			     size_t len);

/* All zero is a valid start, but for imap. */
struct fetched_mail {
	bool imap;
	bool message;	 /* the server's bytes are of one */
	uint8_t dot;	 /* of a line in it: 0 inside, 1 its beginning, 2 behind a dot */
	uint8_t have[2]; /* bytes of the line at hand: client's first, server's last ones */
	uint16_t asked;	 /* messages that the client waits for */
	uint64_t left;	 /* of the message, where it has a length */
	bool line[2];	 /* it has begun, */
	bool ok;	 /* the server's with a plus */
	uint8_t head[4]; /* of the client's */
	uint8_t tail[FETCHED_MAIL_TAIL];
};

/* The next bytes of that direction; only the server's are handed on. */
void fetched_mail_push(struct fetched_mail *m, unsigned dir, const uint8_t *data, size_t len,
		       fetched_mail_fn *fn, void *arg);
void fetched_mail_gap(struct fetched_mail *m, unsigned dir, fetched_mail_fn *fn, void *arg);

probe_fn imap_probe;
probe_fn pop3_probe;

#endif
