/*
 * Values in the binary format of PostgreSQL, as they would be written: whole numbers and UUIDs.
 * Texts are the same in both formats, but for the byte in front of jsonb.
 *
 *   int4, int8   big endian
 *   numeric      digits 2 | weight 2 | sign 2 | scale 2 | digits of base 10,000, 2 each
 *
 * A value says by itself which format it has: no text holds a NUL, with which each number of eight
 * bytes begins that is of use, and each numeric; of four bytes one is written that is all digits.
 * Where the type is not known either, what cannot be read as text is a number: four bytes, or eight
 * that are no time of our days (microseconds since 2000).
 *
 * Limits: fractions, dates, and numbers in arrays are not written; of more than sixteen digits or
 * fewer than nine neither.
 */
#ifndef WEIR_POSTGRESQL_VALUE_H
#define WEIR_POSTGRESQL_VALUE_H

#include "classify/proto/db_event.h"

enum postgresql_type {
	POSTGRESQL_UNKNOWN,
	POSTGRESQL_INTEGER,
	POSTGRESQL_NUMERIC,
	POSTGRESQL_UUID,
	POSTGRESQL_OTHER,
};

#define POSTGRESQL_WRITTEN 36u /* bytes, at most */

/* By the number of the type in the server's catalogue; 0 is none. */
enum postgresql_type postgresql_type_of(uint32_t oid);

/* Must all of such a value be there to be written? No longer than STEPS_BYTES. */
bool postgresql_value_is_short(uint8_t type, uint32_t len);

/* That value as it is written to `to`, or itself; nothing for a number that is nobody's. */
struct span postgresql_value_write(uint8_t type, struct span value, uint8_t to[POSTGRESQL_WRITTEN]);

#endif
