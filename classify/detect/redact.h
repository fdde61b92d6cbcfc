/*
 * Masking every string of a record that came from the wire.
 *
 * Whatever a rule of the set recognises by its structure and validator is replaced by its masked
 * form (mask.h), context or not; weak rules mask what they would report. Looked at are
 *
 *   the bytes as they are
 *   with %34, \u0034, \n and the \052 of DNS names undone and blanks, hyphens and digits folded to
 * those of ASCII (ascii_fold.h), up to three times over; the same with '+' as a blank, and the
 * parts of a path apart words of 16 or more characters as hexadecimal and base64, at every
 * alignment; a word that hides a value is replaced as a whole
 *
 * Clean text comes out byte for byte. Text beyond REDACT_MAX bytes is cut off, at a UTF-8 boundary
 * and not inside a word. When more than REDACT_MAX_MARKS values are found, all is masked.
 *
 * On the packet path: no allocation; text without digits, '@', a long word or a separator costs one
 * look.
 */
#ifndef WEIR_REDACT_H
#define WEIR_REDACT_H

#include <stddef.h>
#include <stdint.h>

struct scanner;

enum { REDACT_MAX = 4096, REDACT_MAX_MARKS = 32 };

/*
 * Writes at most cap bytes to out, without a NUL, and returns how many; a cut is at a UTF-8
 * boundary. out and in must not overlap.
 */
size_t redact_text(struct scanner *s, const uint8_t *in, size_t len, char *out, size_t cap);

#endif
