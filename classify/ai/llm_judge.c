/*
 * Was it a call? llm.h names the signs; here they are weighed.
 *
 *   context                           strong  weak
 *   ------------------------------------------------------------------
 *   path, specific to model APIs      1 of either
 *   host or header, and any path      1 of either
 *   host or header, path unknown      1 strong, or 2 weak
 *   path, also used by others         1 strong and 1 more of either; without an answer 2 weak
 *   none                              1 strong and 1 more of either, and an answer like a model's
 *                                     or a request that bounds or arms one
 *
 * Chat services have messages with roles, and devices have models: where nothing but the body
 * speaks for a call, an answer that was seen has to look like a model's as well. A stored answer
 * that is fetched again (GET /responses/ID) must show itself in the answer, and so must an answer
 * to a request that was not seen, which takes one strong sign more.
 */
#include "classify/ai/batch.h"
#include "classify/ai/llm_read.h"
#include "classify/ai/vector.h"

/* An answer that says "done" and was read to its end, so that what it lacks is not there. */
bool
llm_answered(const struct llm_call *call)
{
	return call->facts.status >= 200 && call->facts.status < 300 && call->response_whole &&
	       call->response.walk.fn != NULL && call->response.body != LLM_BODY_OTHER;
}

bool
llm_judge(const struct llm_call *call)
{
	const struct llm_target *t = &call->target;
	int strong = __builtin_popcount(call->signs & LLM_SIGN_STRONG);
	int weak = __builtin_popcount(call->signs & LLM_SIGN_WEAK);
	bool host = call->header_sign || call->facts.detected_by == LLM_BY_HOST;

	if (call->websocket)
		return (call->signs & LLM_SIGN_MARKER) != 0 || (t->realtime && strong + weak >= 2);
	if (t->vector)
		return vector_judge(call);
	if (t->batch)
		return batch_judge(call);
	if (t->no_call || t->realtime)
		return false;
	if (!call->request_seen)
		return (call->signs & LLM_SIGN_MARKER) != 0 && strong >= 2;
	if (call->method_get)
		return t->stored && (call->signs & LLM_SIGN_MARKER) != 0;
	if (!call->method_post)
		return false;
	if (t->hint && (t->specific || host))
		return strong + weak >= 1;
	if (host)
		return strong >= 1 || weak >= 2;
	if (t->hint)
		return strong + weak >= 2 && (strong >= 1 || !llm_answered(call));
	return strong >= 1 && strong + weak >= 2 &&
	       (!llm_answered(call) ||
		(call->signs & (LLM_SIGN_ANSWER | LLM_SIGN_LIMIT | LLM_SIGN_TOOLS)) != 0);
}
