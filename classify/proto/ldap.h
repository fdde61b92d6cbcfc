/*
 * The text of one direction of LDAP (RFC 4511), a line for each string.
 *
 *   element  tag 1 | length 1, or 0x80 + n and length n | content: more elements, or bytes
 *
 * All that stands in its messages is strings between lengths and tags, of which 0x30 is the digit 0
 * to whoever looks for numbers. They come out one by one: what a set of values belongs to as
 * "name: ", the password of a simple bind behind "bind password: " (rules/secrets-login.rules).
 *
 * Lengths of what holds other elements are not relied on, so nothing is nested too deep. Behind a
 * gap, and where an element is none, what comes is handed on as it is until a piece begins as a
 * message does. Between gaps any split gives the same text.
 *
 * Constant size, embedded by its owner.
 */
#ifndef WEIR_LDAP_H
#define WEIR_LDAP_H

#include "classify/proto/detect.h"
#include "classify/proto/steps.h"

/* All zero is a valid start. */
struct ldap_side {
	struct steps steps;
	uint8_t tag;
	uint8_t operation; /* of the message at hand */
	bool open;	   /* a string has ended, and not its line */
};

typedef void ldap_text_fn(void *arg, const uint8_t *data, size_t len);

void ldap_push(struct ldap_side *side, const uint8_t *data, size_t len, ldap_text_fn *fn,
	       void *arg);
void ldap_gap(struct ldap_side *side, uint64_t len);

/* A client begins with a bind, a search or an extended request. */
probe_fn ldap_probe;

#endif
