/*
 * Was it a call? llm.h names the signs; here they are weighed.
 *
 *   context   strong  weak
 *   ------------------------------------------------------------------
 *   path, specific to model APIs      1 of either
 *   path, also used by others         1 strong, or 2 weak
 *   host or header, path unknown      1 strong, or 2 weak
 *   host or header, and any path      1 of either
 *   none                              1 strong and 1 more of either
 *
 * A stored answer that is fetched again (GET /responses/ID) must show itself in the answer.
 */
#include "classify/ai/llm_read.h"

bool
llm_judge(const struct llm_call *call)
{
	const struct llm_target *t = &call->target;
	int strong = __builtin_popcount(call->signs & LLM_SIGN_STRONG);
	int weak = __builtin_popcount(call->signs & LLM_SIGN_WEAK);
	bool host = call->header_sign || call->facts.detected_by == LLM_BY_HOST;

	if (t->no_call)
		return false;
	if (call->method_get)
		return t->stored && (call->signs & LLM_SIGN_MARKER) != 0;
	if (!call->method_post)
		return false;
	if (t->hint && (t->specific || host))
		return strong + weak >= 1;
	if (t->hint || host)
		return strong >= 1 || weak >= 2;
	return strong >= 1 && strong + weak >= 2;
}
