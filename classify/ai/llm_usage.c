/* Token counts of answers: where each dialect puts them, and which of several ones wins. */
#include "classify/ai/llm_read.h"
#include "classify/ai/llm_words.h"

/* Where the dialects put the input side of usage. */
static bool
is_input_count(uint64_t path)
{
	switch (path) {
	case AT(K_usage, K_prompt_tokens):
	case AT(K_usage, K_input_tokens):
	case AT(K_usage, K_inputTokens):
	case AT(K_usage, K_promptTokens):
	case AT(K_usage, K_tokens, K_input_tokens):
	case AT(K_x_groq, K_usage, K_prompt_tokens):
	case AT(K_response, K_usage, K_input_tokens):
	case AT(K_message, K_usage, K_input_tokens):
	case AT(K_meta, K_tokens, K_input_tokens):
	case AT(K_response, K_meta, K_tokens, K_input_tokens):
	case AT(K_delta, K_usage, K_tokens, K_input_tokens):
	case AT(K_usageMetadata, K_promptTokenCount):
	case AT(K_response, K_usageMetadata, K_promptTokenCount):
	case AT(K_prompt_eval_count):
	case AT(K_tokens_evaluated):
	case AT(K_usage, K_total_input_tokens): /* gemini's interactions */
	case AT(K_interaction, K_usage, K_total_input_tokens):
	case AT(K_meta_info, K_prompt_tokens):	       /* sglang */
	case AT(K_results, ITEM, K_input_token_count): /* watsonx */
	case AT(K_results, ITEM, K_prompt_tokens):     /* koboldcpp */
	case AT(K_prompt_token_count):
	case AT(K_inputTextTokenCount):
	case AT(K_invocationMetrics, K_inputTokenCount):
		return true;
	default:
		return false;
	}
}

static bool
is_output_count(uint64_t path)
{
	switch (path) {
	case AT(K_usage, K_completion_tokens):
	case AT(K_usage, K_output_tokens):
	case AT(K_usage, K_outputTokens):
	case AT(K_usage, K_completionTokens):
	case AT(K_usage, K_tokens, K_output_tokens):
	case AT(K_x_groq, K_usage, K_completion_tokens):
	case AT(K_response, K_usage, K_output_tokens):
	case AT(K_message, K_usage, K_output_tokens):
	case AT(K_meta, K_tokens, K_output_tokens):
	case AT(K_response, K_meta, K_tokens, K_output_tokens):
	case AT(K_delta, K_usage, K_tokens, K_output_tokens):
	case AT(K_usageMetadata, K_candidatesTokenCount):
	case AT(K_usageMetadata, K_responseTokenCount):
	case AT(K_response, K_usageMetadata, K_candidatesTokenCount):
	case AT(K_eval_count):
	case AT(K_tokens_predicted):
	case AT(K_usage, K_total_output_tokens):
	case AT(K_interaction, K_usage, K_total_output_tokens):
	case AT(K_meta_info, K_completion_tokens):
	case AT(K_results, ITEM, K_generated_token_count):
	case AT(K_results, ITEM, K_completion_tokens):
	case AT(K_details, K_generated_tokens):
	case AT(K_generation_token_count):
	case AT(K_results, ITEM, K_tokenCount):
	case AT(K_invocationMetrics, K_outputTokenCount):
		return true;
	default:
		return false;
	}
}

static bool
is_cached_count(uint64_t path)
{
	switch (path) {
	case AT(K_usage, K_prompt_tokens_details, K_cached_tokens):
	case AT(K_usage, K_input_tokens_details, K_cached_tokens):
	case AT(K_response, K_usage, K_input_tokens_details, K_cached_tokens):
	case AT(K_usage, K_cache_read_input_tokens):
	case AT(K_message, K_usage, K_cache_read_input_tokens):
	case AT(K_usage, K_cacheReadInputTokens):
	case AT(K_usage, K_input_token_details, K_cached_tokens): /* of realtime sessions: */
	case AT(K_response, K_usage, K_input_token_details, K_cached_tokens):
	case AT(K_usage, K_prompt_cache_hit_tokens): /* deepseek */
	case AT(K_meta_info, K_cached_tokens):
	case AT(K_usageMetadata, K_cachedContentTokenCount):
		return true;
	default:
		return false;
	}
}

static void
keep_count(struct llm_call *call, uint32_t *count, uint64_t n)
{
	*count = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
	call->signs |= LLM_SIGN_USAGE;
}

/* What stands for a count that is not reported, and what takes the place of none. */
static void
lesser_count(struct llm_call *call, uint64_t path, uint64_t n)
{
	switch (path) {
	case AT(K_timings, K_prompt_n):
		keep_count(call, &call->lesser.evaluated, n);
		break;
	case AT(K_timings, K_cache_n):
		keep_count(call, &call->lesser.cached, n);
		break;
	case AT(K_timings, K_predicted_n):
		keep_count(call, &call->lesser.predicted, n);
		break;
	case AT(K_usage, K_total_tokens):
		keep_count(call, &call->lesser.total, n);
		break;
	case AT(K_message, K_usage, K_output_tokens): /* anthropic's, of a stream that begins */
		call->output_begun = call->response_is_stream;
		break;
	case AT(K_usage, K_output_tokens):
		call->output_begun = false;
		break;
	default:
		break;
	}
}

/* Cohere reports what it bills and what it counted; the count wins, whichever comes first. */
static void
billed_count(struct llm_call *call, uint64_t path, uint64_t n)
{
	switch (path) {
	case AT(K_usage, K_billed_units, K_input_tokens):
	case AT(K_delta, K_usage, K_billed_units, K_input_tokens):
	case AT(K_meta, K_billed_units, K_input_tokens):
	case AT(K_response, K_meta, K_billed_units, K_input_tokens):
		if (!call->tokens_exact)
			llm_set_count(call, &call->facts.input_tokens, n);
		break;
	case AT(K_usage, K_billed_units, K_output_tokens):
	case AT(K_delta, K_usage, K_billed_units, K_output_tokens):
	case AT(K_meta, K_billed_units, K_output_tokens):
	case AT(K_response, K_meta, K_billed_units, K_output_tokens):
		if (!call->tokens_exact)
			llm_set_count(call, &call->facts.output_tokens, n);
		break;
	default:
		break;
	}
}

void
llm_usage_count(struct llm_call *call, uint64_t path, uint64_t n)
{
	struct llm_facts *facts = &call->facts;

	lesser_count(call, path, n);
	if (is_input_count(path)) {
		llm_set_count(call, &facts->input_tokens, n);
		call->tokens_exact = true;
	} else if (is_output_count(path)) {
		llm_set_count(call, &facts->output_tokens, n);
		call->tokens_exact = true;
	} else if (is_cached_count(path)) {
		llm_set_count(call, &facts->cached_tokens, n);
	} else if (path == AT(K_predictions, ITEM, K_embeddings, K_statistics, K_token_count)) {
		llm_set_count(call, &facts->input_tokens, facts->input_tokens.n + n);
	} else {
		billed_count(call, path, n);
	}
}
