/*
 * Reading of single HTTP/1 lines: start lines and the two fields that frame a body. Internal to
 * http1. Pure functions; spans handed out point into the line.
 */
#ifndef WEIR_HTTP1_FIELDS_H
#define WEIR_HTTP1_FIELDS_H

#include "classify/proto/http1.h"

#define HTTP1_LENGTH_MAX (1ull << 62)

struct http1_start {
	struct span method; /* requests */
	struct span target;
	unsigned status; /* responses */
	unsigned minor_version;
};

bool http1_is_tchar(uint8_t c); /* RFC 9110 section 5.6.2 */

/* Lenient: what some server or client would take for a start line. cut: the end is missing. */
bool http1_start_parse(enum http1_side side, struct span line, bool cut, struct http1_start *start);

/* Strict: what is hardly anything else. */
bool http1_start_is_certain(enum http1_side side, struct span line);

/* False when no bytes that follow can make it a start line. */
bool http1_start_possible(enum http1_side side, struct span so_far, bool certain);

/* name: value, both without blanks and control bytes around them. False without a name. */
bool http1_field_split(struct span line, struct span *name, struct span *value);

/* Does the name read as this one (lower case) once bytes that are not printable are ignored? */
bool http1_field_is(struct span name, const char *want);

/* Does it mention word (lower case), bytes that are not printable ignored? */
bool http1_field_mentions(struct span value, const char *word);

/* The largest number in it, cut to HTTP1_LENGTH_MAX; false when there is none. */
bool http1_field_largest(struct span value, uint64_t *number);

#endif
