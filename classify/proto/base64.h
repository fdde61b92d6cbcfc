/*
 * Base64 as it streams by (RFC 4648, both alphabets), as lenient as MIME (RFC 2045 section 6.8):
 * what is no digit is passed over, padding ends a group and what follows begins a new one, so texts
 * that were joined come out joined. Any split gives the same bytes.
 */
#ifndef WEIR_BASE64_H
#define WEIR_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* All zero is a valid start. */
struct base64 {
	uint32_t bits;
	uint8_t nr; /* digits in bits */
};

/* Room that the bytes of len digits need, whatever came before. */
#define BASE64_ROOM(len) ((len) / 4 * 3 + 6)

#define BASE64_NO_DIGIT 0x40

/* Of each byte: what it stands for, in either alphabet, or BASE64_NO_DIGIT. */
extern const uint8_t base64_values[256];

/* -1: no digit. */
static inline int
base64_value(uint8_t c)
{
	return base64_values[c] == BASE64_NO_DIGIT ? -1 : base64_values[c];
}

/* Returns how many bytes were written to out. */
size_t base64_push(struct base64 *b, const uint8_t *in, size_t len, uint8_t *out);

/* The same, handed on in pieces of some size; none is empty. */
typedef void base64_fn(void *arg, const uint8_t *data, size_t len);
void base64_pass(struct base64 *b, const uint8_t *in, size_t len, base64_fn *fn, void *arg);

/* The bytes of a last group that lacks its padding: at most 2. */
size_t base64_end(struct base64 *b, uint8_t *out);

#endif
