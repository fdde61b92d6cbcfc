/*
 * What is decided about rules by whoever runs them, not by whoever writes them: which are on and
 * how severe, from how many values on they matter, where they do not.
 *
 * Overrides are applied in the order in which they were read, the last one wins. A suppression ends
 * by itself, judged by the time of the packet: whoever forgets it loses nothing.
 */
#ifndef WEIR_RULE_POLICY_H
#define WEIR_RULE_POLICY_H

#include "classify/rules/rule_parse.h"

/* The other end of what a finding is about, as far as a suppression asks for it. */
struct finding_place {
	uint64_t time_us;
	const uint8_t *addr[2]; /* who opened, who answered; addr_len bytes each */
	size_t addr_len;	/* 4 or 16; 0: not known */
	struct span host;	/* the server's name; empty: not known */
};

/*
 * Once everything is read: overrides are applied, suppressions given to the rules they are for.
 * Tells warnings (may be NULL) of those that fit no rule; false without memory.
 */
bool rule_policy_settle(struct rule_list *list, FILE *warnings);

/* Is a finding of that rule at that place and time to be left out? */
bool rule_suppressed(const struct rule *rule, const struct finding_place *place);

#endif
