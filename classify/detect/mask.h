/*
 * What of a value may be shown: the only way from payload to something printable, together with
 * redact.h.
 *
 *   bin6last4   411111******1111      first six, last four (PCI DSS 4.0 section 3.4.1)
 *   last4       ***6789
 *   iban        DE***3000
 *   email       a***@example.com
 *   phone       +49***89              country code as written, last two
 *   prefix N    ghp_***               N characters of the public prefix
 *   none        [secret.private_key]  the data type
 *
 * A value too short for its form shows less: never more than half of it.
 */
#ifndef WEIR_MASK_H
#define WEIR_MASK_H

#include "classify/rules/rule.h"

/* Writes the masked form and a NUL, at most cap bytes in all; its length. cap must be >= 2. */
size_t mask_value(const struct rule *rule, const struct value *v, char *out, size_t cap);

#endif
