/*
 * What many keys of a store have in common: user:7:cart and user:8:cart are user:{}:cart.
 *
 * A key is cut at : / | { and }; what names one of many (with a digit, an @, a byte that is no
 * letter, or longer than a word) is left out. So a key becomes a target that can be told: its
 * particular parts may be personal data.
 */
#ifndef WEIR_KEY_PATTERN_H
#define WEIR_KEY_PATTERN_H

#include "classify/span.h"

#define KEY_PATTERN_BYTES 64u

/* Of a longer one the beginning. The result is in out. */
struct span key_pattern(struct span key, uint8_t out[KEY_PATTERN_BYTES]);

#endif
