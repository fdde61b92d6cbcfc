/*
 * One MQTT connection, versions 3.1, 3.1.1 and 5 (OASIS).
 *
 *   packet  kind and flags 1 | length of the rest, a varint of at most 4 | fields
 *
 * Told are the user of CONNECT, topics and payloads of PUBLISH of either side, filters of
 * SUBSCRIBE, and what is refused; of version 5 the properties of PUBLISH and of wills, see
 * mqtt_properties.h. Passwords are not told. Where CONNECT was not seen the connection is taken for
 * one before version 5.
 *
 * Constant size, embedded by its owner.
 */
#ifndef WEIR_MQTT_H
#define WEIR_MQTT_H

#include "classify/proto/db_event.h"

struct mqtt_side {
	struct steps steps;
	uint32_t number; /* varint at hand; bytes of properties to come */
	uint8_t shift, then;
	uint8_t kind;	  /* first byte of the packet */
	uint8_t flags;	  /* of CONNECT */
	uint8_t property; /* its id */
	bool value;	  /* not the name, of a user property */
	uint16_t id;
};

struct mqtt {
	struct mqtt_side side[2]; /* 0: the client */
	uint8_t level;		  /* 5 and more: packets have properties */
};

/* parser is a struct mqtt, zeroed; midstream: that direction's beginning was not seen. */
void mqtt_init(void *parser, const bool midstream[2]);
size_t mqtt_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
		 void *arg);
void mqtt_gap(void *parser, unsigned dir, uint64_t len);

#endif
