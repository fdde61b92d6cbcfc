/*
 * What the validators of national.c, national_east.c and identity.c share: taking a number out of a
 * value.
 *
 * A rule that finds digits has the number and nothing else as its value. One that begins with a
 * word, as in /dni.{0,32}[0-9]{8}[A-Z]/, has the number at its end: then the value's start moves
 * to the number.
 */
#ifndef WEIR_NATIONAL_H
#define WEIR_NATIONAL_H

#include "classify/detect/validators.h"

/* Exactly len digits, normalised; the values 0 to 9 go to d. */
bool take_digits(struct value *v, size_t len, uint8_t *d);
/* Letters and digits in upper case, exactly len of them. */
bool take_letters(struct value *v, size_t len);

/* The sum of digits times weights; 'A' is 1, 'B' is 2, '@' is 0. */
unsigned weighted(const uint8_t *d, const char *weights);
unsigned two(const uint8_t *d);
uint64_t number(const uint8_t *d, size_t len);
bool is_day(unsigned day, unsigned month);
bool all_alike(const uint8_t *d, size_t len);

/* An Indian permanent account number, ten characters in upper case. */
bool is_in_pan(const uint8_t *p);

#endif
