/*
 * A finding: a confirmed piece of sensitive data, as it is handed to whoever makes records.
 *
 * The value itself is not in it, only a masked sample and a keyed hash of its normalised form
 * (digits without separators, e-mail in lower case, ...), so that equal values can be counted.
 * Everything a finding points to lives as long as the rule set it was made with; the struct itself
 * only during the callback.
 *
 * The terms add up to the score, and the score bounds the severity:
 *
 *   score      >= 60        40..59     25..39   < 25
 *   severity   the rule's   <= medium  <= low   no finding
 *
 * A published test value is low at most, unless the scanner was told to take them as live.
 */
#ifndef WEIR_FINDING_H
#define WEIR_FINDING_H

#include <stdbool.h>
#include <stdint.h>

#include "classify/detect/jwt.h"
#include "classify/rules/buffer.h"

struct rule;

enum severity { SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };
enum confidence { CONFIDENCE_LOW, CONFIDENCE_MEDIUM, CONFIDENCE_HIGH };

enum {
	SCORE_AS_RULED = 60,
	SCORE_MEDIUM = 40,
	SCORE_LOW = 25,
	FINDING_MAX_TERMS = 8,
	FINDING_SAMPLE_CAP = 65, /* 64 bytes and a NUL */
};

struct score_term {
	const char *name; /* static or the rule set's */
	int points;
};

struct finding {
	const struct rule *rule;
	enum buffer buffer;
	enum severity severity;
	enum confidence confidence;
	bool test_value;
	unsigned refused; /* of what is none: enum confirm_verdict, by words alone */
	int score;
	unsigned nr_terms;
	struct score_term terms[FINDING_MAX_TERMS];
	uint64_t value_hash;
	uint64_t offset; /* of the value's first byte in the decoded buffer */
	char sample[FINDING_SAMPLE_CAP];
	struct token_claims claims; /* of a JSON Web Token */
};

/* "info" ... "critical", "low" "medium" "high". */
const char *severity_name(enum severity severity);
const char *confidence_name(enum confidence confidence);

#endif
