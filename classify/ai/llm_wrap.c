/*
 * Requests and answers that stand inside an object of their service's own. What is inside has the
 * paths that it has everywhere, once the walk takes the object for the whole.
 *
 *   DashScope    {"model": "m", "input": {"messages": [...]}}
 *                {"output": {"choices": [...]}, "usage": {...}}
 *   Oracle       {"servingMode": {"modelId": "m"}, "chatRequest": {"messages": [...]}}
 *                {"modelId": "m", "chatResponse": {"choices": [...], "usage": {...}}}
 *   Workers AI   {"messages": [...]}
 *                {"result": {"response": "...", "usage": {...}}, "success": true}
 */
#include "classify/ai/llm_read.h"
#include "classify/ai/llm_words.h"

static const struct {
	enum llm_dialect dialect;
	uint64_t request, answer; /* paths of the objects, 0 for none */
} wraps[] = {
	{ LLM_DASHSCOPE, AT(K_input), AT(K_output) },
	{ LLM_OCI, AT(K_chatRequest), AT(K_chatResponse) },
	{ LLM_WORKERS_AI, 0, AT(K_result) },
};

void
llm_unwrap(struct llm_call *call, bool is_answer, uint64_t path)
{
	struct llm_side *side = is_answer ? &call->response : &call->request;

	if (call->facts.dialect < LLM_DASHSCOPE || side->walk.root != 0)
		return;
	for (size_t i = 0; i < sizeof(wraps) / sizeof(wraps[0]); i++) {
		uint64_t wrap = is_answer ? wraps[i].answer : wraps[i].request;

		if (wraps[i].dialect == call->facts.dialect && wrap != 0 && wrap == path)
			json_walk_root(&side->walk);
	}
}
