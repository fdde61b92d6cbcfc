/*
 * One AMQP 0-9-1 connection (RabbitMQ); AMQP 1.0 is recognised by its header and
 * then told as one value, as it is.
 *
 *   header  "AMQP" 0 0 9 1, from the client
 *   frame   kind 1 | channel 2 | length 4 | payload | 0xce
 *           methods (class 2 | method 2 | arguments), a message's properties, pieces of its body
 *
 * Told are the virtual host, the user of PLAIN and never its proof, exchanges and queues that are
 * declared or read from, messages published and delivered with their properties, and why the server
 * closes a channel or the connection. A message's target is its exchange, or its routing key where
 * that is the default one. What waits for an answer is known by its channel.
 *
 * Limits: of messages on several channels whose frames alternate the pieces are told as they come.
 *
 * Constant size, embedded by its owner.
 */
#ifndef WEIR_AMQP_H
#define WEIR_AMQP_H

#include "classify/proto/db_event.h"

struct amqp_side {
	struct steps steps;
	uint8_t kind; /* of the frame */
	uint16_t channel;
	uint16_t class, method;
	uint64_t body; /* bytes of the message to come */
};

struct amqp {
	struct amqp_side side[2]; /* 0: the client */
	bool version_1;
	bool begun; /* the client's header is over */
};

/* parser is a struct amqp, zeroed; midstream: that direction's beginning was not seen. */
void amqp_init(void *parser, const bool midstream[2]);
size_t amqp_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
		 void *arg);
void amqp_gap(void *parser, unsigned dir, uint64_t len);

/* For a connection whose beginning was missed: is this a whole method or heartbeat of 0-9-1? */
bool amqp_is_frame(struct span s);

#endif
