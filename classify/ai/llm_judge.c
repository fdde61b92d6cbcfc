/*
 * Was it a call? llm.h names the signs; here they are weighed.
 *
 *   context                           strong  weak
 *   ------------------------------------------------------------------
 *   path, specific to model APIs      1 of either
 *   host or header, and any path      1 of either
 *   host or header, path unknown      1 strong, or 2 weak; at a host a prompt that is called so
 *   path, also used by others         1 strong and 1 more of either; without an answer 2 weak
 *   none                              1 strong and 1 more of either, and an answer that says
 *                                     something as a model does; when there was none, a prompt;
 *                                     when it was refused, a prompt and 2 strong
 *
 * Chat services have messages with roles, devices have models, and whoever configures agents has
 * limits and tools. So an answer that was read to its end and looks like none of a model speaks
 * against a call, an empty one as well: on a path that others use it decides, on one that only
 * model APIs have (or beside such a header) the request must then be plainly one. The hosts of
 * providers are believed. A stored answer that is fetched again (GET /responses/ID) must be there,
 * and show itself, and so must an answer to a request that was not seen, which takes one
 * strong sign more.
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

static bool
done_well(const struct llm_call *call)
{
	return call->facts.status >= 200 && call->facts.status < 300;
}

/* Whole, "done", and nothing of what a model says: JSON of something else, a page, or nothing. */
static bool
answered_otherwise(const struct llm_call *call)
{
	return done_well(call) && call->response_whole && call->response.body != LLM_BODY_OTHER &&
	       (call->signs & LLM_SIGN_ANSWER) == 0;
}

/* The same in the form that a model would have answered in. */
static bool
answered_otherwise_in_json(const struct llm_call *call)
{
	return answered_otherwise(call) && call->response.walk.fn != NULL &&
	       !call->response.walk.broken;
}

/* Neither path nor host says anything: the bodies alone. */
static bool
judge_bodies(const struct llm_call *call, int strong)
{
	const uint32_t prompt = LLM_SIGN_ROLES | LLM_SIGN_PARTS | LLM_SIGN_PROMPT;
	bool prompted = (call->signs & prompt) != 0;

	if ((call->signs & LLM_SIGN_ANSWER & ~(uint32_t)LLM_SIGN_USAGE) != 0)
		return true;
	if ((call->signs & LLM_SIGN_USAGE) != 0)
		/* Who keeps conversations keeps what they cost as well. */
		return strong >= 3 || call->answer_list;
	if (!call->response_seen)
		return prompted;
	if (done_well(call))
		return prompted && !call->response_whole;
	return prompted && call->facts.status >= 400 && strong >= 2;
}

bool
llm_judge(const struct llm_call *call)
{
	const struct llm_target *t = &call->target;
	int strong = __builtin_popcount(call->signs & LLM_SIGN_STRONG);
	int weak = __builtin_popcount(call->signs & LLM_SIGN_WEAK);
	bool known = call->facts.detected_by == LLM_BY_HOST;
	bool two = strong >= 1 && strong + weak >= 2;

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
		return t->stored && !call->unfinished && (call->signs & LLM_SIGN_MARKER) != 0;
	if (!call->method_post)
		return false;
	if (t->hint && (t->specific || known || call->header_sign))
		return strong + weak >= 1 && (known || two || !answered_otherwise_in_json(call));
	if (known || call->header_sign)
		return (strong >= 1 || weak >= 2 || (known && call->prompt_named)) &&
		       (known || !answered_otherwise(call));
	if (t->hint)
		return (two || (strong + weak >= 2 && !llm_answered(call))) &&
		       !answered_otherwise(call);
	return two && judge_bodies(call, strong);
}
