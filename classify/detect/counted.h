/*
 * A value behind its length: strings of AMQP, of MySQL's rows, MessagePack, Protocol Buffers, CBOR.
 *
 *   ... 0a 30 sk-4Kq... 12 05 ...      0x30, which is also '0', counts the 48 bytes behind it;
 *          ^^ ^^^^^^^^^ ^^             where they end, the tag of the next field stands
 *
 * So a byte that looks like a letter or a digit is no part of the value when it is just as long as
 * that byte says, nor is what stands behind it. CBOR counts up to 23 bytes as 0x60 and their
 * number. In text such a byte is a letter of a longer word: what counts must be a control byte, or
 * something that no text has must stand in front of it or within two bytes behind the value.
 * Lengths beyond 255 end in a small byte, which is no letter; lengths of two bytes in the other
 * order are not read.
 */
#ifndef WEIR_COUNTED_H
#define WEIR_COUNTED_H

#include "classify/detect/value.h"

/* Both of the value's edges are told by the byte in front of it. */
bool counted_is(const struct value *v);
/* The same by that byte alone, when what is behind the value is not in sight yet. */
bool counted_may_be(const struct value *v);

/* Where the byte in front of start says that the value ends, before end; end: it says no such
 * thing. */
size_t counted_end(struct span window, size_t start, size_t end);

#endif
