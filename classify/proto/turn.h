/*
 * Where a stream that nobody takes apart turns into TLS, or shows itself as HTTP.
 *
 * FTP, IMAP, POP3, LDAP, XMPP, RDP and many others begin in their own words, agree on TLS, and go
 * on with a ClientHello. Its place is the same in all of them: one side speaks, and when the other
 * has spoken before it, the hello is the first thing it says. So the first TURN_HELLO_BYTES of each
 * turn (what a side says after the other one) are compared with a hello:
 *
 *   22 | 3.x | record length 2 | 1 | 0, message length 2 | 3.x
 *
 * A server that got what it takes for a bad request says so in HTTP, however little of that there
 * was to see in the request: so a turn of its that begins with "HTTP/1.x 4nn" or 5nn is as good a
 * sign. A status that agrees to something is none: it may have agreed to what is not HTTP.
 *
 * A turn is a property of the conversation, not of its packets: the answer is the same for any
 * split. Bytes are held back, in struct turn, only while they could still be a hello.
 *
 * Limits: a hello that follows its own side's words without an answer in between is not found (a
 * protocol that does so is taken apart, or its owner knows); of bytes that a mirror brings in
 * another order than they were sent, turns are guessed wrong and a hello may be missed.
 */
#ifndef WEIR_TURN_H
#define WEIR_TURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TURN_HELLO_BYTES 11u

enum turn_answer {
	TURN_PLAIN, /* held bytes and what is at hand are no hello: the owner takes both */
	TURN_HELD,  /* all that was at hand is held back */
	TURN_HELLO, /* held bytes and what is at hand begin a hello */
	TURN_HTTP,  /* or the refusal of an HTTP server */
};

/* All zero is a valid start. */
struct turn {
	uint8_t speaker; /* direction + 1; 0: nobody yet */
	bool open;	 /* it may still begin with one of the two */
	uint8_t nr_held;
	uint8_t held[TURN_HELLO_BYTES];
};

/*
 * The next bytes of a direction. The owner first takes what is held of the other one
 * (turn_holds_other), and what is held at all when the answer is not TURN_HELD; having taken it, it
 * sets nr_held to 0.
 */
enum turn_answer turn_push(struct turn *t, unsigned dir, const uint8_t *data, size_t len);

/* Bytes of the other side are held, and will not become either any more. */
static inline bool
turn_holds_other(const struct turn *t, unsigned dir)
{
	return t->nr_held != 0 && t->speaker != dir + 1;
}

/* Bytes of a direction were lost: what it says up to its next turn is no beginning. */
static inline void
turn_gap(struct turn *t, unsigned dir)
{
	t->speaker = (uint8_t)(dir + 1);
	t->open = false;
}

#endif
