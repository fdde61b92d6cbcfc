/*
 * The one sentence of a finding that a person reads:
 *
 *   2 payment card numbers in the prompt sent to api.openai.com by 10.0.0.5
 *
 * Made of the rule's title, the number of different values, the buffer and both identities.
 */
#ifndef WEIR_REASON_H
#define WEIR_REASON_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/publish/record.h"

/* Writes at most cap bytes, no NUL, and returns how many. */
size_t reason_write(const struct record_head *finding, uint64_t count, char *out, size_t cap);

#endif
