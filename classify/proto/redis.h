/*
 * One connection in Redis' protocol, RESP 2 or 3 (redis.io, "Redis serialization protocol").
 *
 *   client   *N CRLF, then N times $LEN CRLF bytes CRLF; or a line of words
 *   server   a type, a number or text, CRLF; strings and lists hold what their number says
 *
 * Told are each command's class, its key (or channel) and all its arguments as values, but never
 * those of commands that carry passwords (AUTH, HELLO, ACL, CONFIG, MIGRATE); strings of the
 * answers; of their lines texts and errors of nine letters and more, and whole numbers of nine to
 * sixteen digits; errors also by their first word. A message that a subscription brings is told as
 * an operation of its own. Lists within lists are only counted: an answer is over when as many
 * strings, numbers and lists have come as all its lists said.
 *
 * Limits: of a command only the first key is told as target; of keys, and of lines of answers, the
 * first 256 bytes; inline commands up to 256 bytes; answers to CLIENT REPLY OFF are awaited for
 * ever.
 *
 * Constant size, embedded by its owner.
 */
#ifndef WEIR_REDIS_H
#define WEIR_REDIS_H

#include "classify/proto/db_event.h"

struct redis_side {
	struct steps steps;
	uint64_t left;	/* arguments, or parts of an answer, to come */
	uint64_t index; /* of the one at hand */
	uint64_t bytes; /* of it that are not kept */
};

struct redis {
	struct redis_side side[2]; /* 0: the client */
	const void *command;	   /* its row in the table */
	bool message;		   /* the answer is what a subscription brings */
	uint8_t channel_at;	   /* where in it the channel stands */
	bool subscribed;
	bool failed; /* the string at hand is an error */
	bool pushed; /* the answer answers nothing */
	uint64_t rows;
};

/* parser is a struct redis, zeroed; midstream: that direction's beginning was not seen. */
void redis_init(void *parser, const bool midstream[2]);
size_t redis_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
		  void *arg);
void redis_gap(void *parser, unsigned dir, uint64_t len);

#endif
