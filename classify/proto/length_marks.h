/*
 * Lengths between the values of a binary text, where nobody takes it apart: four bytes, the first
 * two of them zero, big endian, as PostgreSQL's arrays and Cassandra's rows have them. The last of
 * the four may look like a letter or a digit, and then seems to be part of the value behind it.
 * Here it is pointed out. Text has no zeros in it, and so none of this.
 *
 * Any split gives the same marks. Limits: values of 8 KiB and more.
 */
#ifndef WEIR_LENGTH_MARKS_H
#define WEIR_LENGTH_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is a valid start. */
struct length_marks {
	bool begun;    /* length_marks_begin was told the first byte, */
	bool text;     /* which was no zero */
	uint8_t zeros; /* in a row, up to three */
	bool high;     /* the third byte has come, and was no zero */
};

/* A value that is an array or a text: arrays begin with such a number, and so with a zero. */
void length_marks_begin(struct length_marks *m, uint8_t first);

/* How many bytes stand before the next one that is the last of a length; len: there is none. */
size_t length_marks_push(struct length_marks *m, const uint8_t *data, size_t len);

#endif
