/*
 * From a record to one line of JSON: a flat object, UTF-8, no nulls, at most ENCODE_MAX_BYTES with
 * its newline.
 *
 *   schema time event_id seq [boot] sensor [cluster] [tap] [ruleset] then the record's own fields,
 *   in the order in which they were put; the values of an array are next to each other
 *
 * Driven by record_field_infos alone. Bytes that are not UTF-8 become U+FFFD, one per maximal part
 * (Unicode 15, section 3.9); control characters, quotes and backslashes are escaped (RFC 8259
 * section 7). Integers above 2^53 - 1 are written as 2^53 - 1, which is what most readers of JSON
 * can hold. Addresses follow RFC 5952. A field that would exceed the limit is left out, and cut
 * counts it: the object stays valid.
 */
#ifndef WEIR_ENCODE_H
#define WEIR_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/publish/record.h"

#define ENCODE_MAX_BYTES 65536u
#define ENCODE_MAX_UINT	 ((UINT64_C(1) << 53) - 1)
#define ENCODE_MAJOR	 1 /* of every schema */

struct encoder {
	const char *sensor;  /* kept */
	const char *cluster; /* kept; NULL or "": left out */
	uint64_t boot_us;    /* 0: left out */
	uint64_t cut;	     /* fields left out because the object was full */
};

/* Writes the line to out, which has room for ENCODE_MAX_BYTES, and returns its length. */
size_t encode_record(struct encoder *e, const struct record_head *record, uint64_t seq, char *out);

/* A string of JSON, quotes included, by the same rules; its length, or 0 when there is no room. */
size_t encode_string(const char *text, char *out, size_t cap);

/* Two lower-case digits a byte; returns 2 * len. out holds that many. */
size_t encode_hex(const uint8_t *bytes, size_t len, char *out);

#endif
