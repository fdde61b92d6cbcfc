/*
 * From a candidate to a finding: boundary, structure and validator, context, veto, test value,
 * score, severity.
 *
 * A candidate is judged with what surrounds it: CONFIRM_LEFT bytes in front of its end and
 * CONFIRM_RIGHT behind it, no more, so that the answer does not depend on how the input was cut.
 *
 * Score terms: pattern +60 for a match, shape +20 for a find, weak +10 instead of either for a
 * weak rule; the validator by its own points; context by the rule's. A weak rule, and one
 * whose context is its own, takes none from the key of another member. A veto word that is nearer
 * than every context word ends the candidate; but as the key of another member, only where there is
 * no context. A value that stands in a row of separated ones, where the same rule found one with
 * context further up, has the context of the column's head.
 *
 * Pure functions over borrowed memory.
 */
#ifndef WEIR_CONFIRM_H
#define WEIR_CONFIRM_H

#include "classify/rules/rule.h"

enum { CONFIRM_LEFT = 448, CONFIRM_RIGHT = 64 };

/* What stands in front of a number does not belong to it: no letter, decimal point, hyphen of a
 * word. */
bool confirm_left_edge(const struct value *v);
/* Nor what stands behind it. */
bool confirm_number_edges(const struct value *v);

/*
 * Boundary, structure and validator only: would this be masked? The value's start and end are set
 * on the way. points may be NULL.
 */
bool confirm_shape(const struct rule *rule, const struct rule_pattern *pattern, struct value *v,
		   int *points);

/*
 * As above, and everything else. Fills in all of the finding but buffer, offset and hash. headed:
 * further up in the stream the rule found a value in the same column, under a head that says so.
 * v->near must be there.
 */
bool confirm_finding(const struct rule *rule, const struct rule_pattern *pattern, struct value *v,
		     bool headed, struct finding *f);

/* What confirm_finding says, and if it says no, at which step; last, what scan.h says of a finding.
 */
enum confirm_verdict {
	CONFIRM_IS_FINDING,
	CONFIRM_NOT_VALID,
	CONFIRM_NOT_BOUNDED,
	CONFIRM_NO_CONTEXT,
	CONFIRM_VETOED,
	CONFIRM_LOW_SCORE,
	CONFIRM_CLAIMED,  /* another rule's is the better one */
	CONFIRM_REPEATED, /* of a value that was told before */
};

enum confirm_verdict confirm_verdict(const struct rule *rule, const struct rule_pattern *pattern,
				     struct value *v, bool headed, struct finding *f);

#endif
