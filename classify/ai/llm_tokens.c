/*
 * Tokens of a call that nobody reported, from the texts that were seen.
 *
 *   input    texts, schemas of tools and answers, and what a service wraps around each message
 *   output   text of the answer, names and arguments of tools
 *
 * Nothing is estimated that was not seen whole: across a gap, of a refused call, of pictures and
 * files, of turns and documents that the service keeps (previous_response_id, file ids), of tools
 * that it runs itself, of sound. What a model thinks and does not send is in no estimate.
 */
#include "classify/ai/llm_read.h"

enum {
	MESSAGE_TOKENS = 4, /* role, begin and end of a message */
	CALL_TOKENS = 3,    /* before an answer */
	TOOL_CALL_TOKENS = 6,
	/* Claude is told how to use tools: its documentation says 313 to 530, as measured more. */
	CLAUDE_TOOLS_TOKENS = 450,
	CLAUDE_TOOL_CALL_TOKENS = 30,
	CLAUDE_ANSWER_TOKENS = 3,
};

void
llm_tool_called(struct llm_call *call, struct span name)
{
	struct llm_side *side = &call->response;

	llm_add_tool(&call->facts, name);
	side->nr_messages++;
	token_estimate_push(&side->tokens, name.p, name.len);
	token_estimate_push(&side->tokens, (const uint8_t *)"\n", 1);
}

static bool
is_claude(const struct llm_call *call)
{
	return strstr(call->facts.request_model, "claude") != NULL;
}

static bool
counts_tokens(const struct llm_call *call)
{
	enum llm_operation o = call->facts.operation;

	return !call->websocket && !call->target.stored &&
	       (o == LLM_CHAT || o == LLM_TEXT_COMPLETION || o == LLM_GENERATE_CONTENT ||
		o == LLM_EMBEDDINGS);
}

static bool
done_well(const struct llm_call *call)
{
	return call->facts.status >= 200 && call->facts.status < 300;
}

/* Read to its end as what it is. */
static bool
is_whole(const struct llm_side *side, bool whole)
{
	return whole && side->body != LLM_BODY_NONE && side->body != LLM_BODY_OTHER &&
	       !side->walk.broken;
}

static uint64_t
input_tokens(const struct llm_call *call)
{
	const struct llm_side *side = &call->request;
	uint64_t n = token_estimate_count(&side->tokens);

	/* Google counts the texts alone. */
	if (call->facts.operation == LLM_EMBEDDINGS || call->facts.dialect == LLM_GEMINI_GENERATE)
		return n;
	n += side->nr_messages * (uint64_t)MESSAGE_TOKENS + CALL_TOKENS;
	if (call->facts.tools_offered != 0 && is_claude(call))
		n += CLAUDE_TOOLS_TOKENS;
	return n;
}

static uint64_t
output_tokens(const struct llm_call *call)
{
	const struct llm_side *side = &call->response;
	uint64_t n = token_estimate_count(&side->tokens), calls = side->nr_messages;

	return is_claude(call) ? n + calls * CLAUDE_TOOL_CALL_TOKENS + CLAUDE_ANSWER_TOKENS
			       : n + calls * TOOL_CALL_TOKENS;
}

void
llm_estimate_tokens(struct llm_call *call)
{
	struct llm_facts *facts = &call->facts;

	if (!counts_tokens(call) || !done_well(call))
		return;
	if (is_whole(&call->request, call->request_whole) && facts->attachments == 0 &&
	    !call->refers && token_estimate_count(&call->request.tokens) != 0) {
		facts->estimated_input_tokens.n = input_tokens(call);
		facts->estimated_input_tokens.known = true;
	}
	if (is_whole(&call->response, call->response_whole) && !call->spoken &&
	    (facts->completion_bytes != 0 || facts->nr_tools != 0)) {
		facts->estimated_output_tokens.n = output_tokens(call);
		facts->estimated_output_tokens.known = true;
	}
}
