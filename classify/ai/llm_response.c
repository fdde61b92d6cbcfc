/*
 * An answer's JSON, every dialect in one table of paths; each event of a streamed answer is a
 * JSON value of its own and comes through here as well.
 */
#include "classify/ai/batch.h"
#include "classify/ai/copy_text.h"
#include "classify/ai/llm_read.h"
#include "classify/ai/llm_words.h"
#include "classify/ai/vector.h"

enum { NO_TEXT = -1 };

/* An enum llm_text_kind, or NO_TEXT. */
static int
completion_text(const struct llm_call *call, uint64_t path)
{
	const struct llm_side *side = &call->response;

	switch (path) {
	case AT(K_choices, ITEM, K_delta, K_tool_calls, ITEM, K_function, K_arguments):
	case AT(K_choices, ITEM, K_message, K_tool_calls, ITEM, K_function, K_arguments):
	case AT(K_choices, ITEM, K_delta, K_function_call, K_arguments): /* before tools */
	case AT(K_choices, ITEM, K_message, K_function_call, K_arguments):
	case AT(K_choices, ITEM, K_delta, K_tool_calls, ITEM, K_custom, K_input):
	case AT(K_choices, ITEM, K_message, K_tool_calls, ITEM, K_custom, K_input):
	case AT(K_output, ITEM, K_arguments):
	case AT(K_output, ITEM, K_input): /* of a custom tool, any text */
	case AT(K_delta, K_partial_json):
	case AT(K_delta, K_toolUse, K_input):
	case AT(K_delta, K_message, K_tool_calls, K_function, K_arguments):
		return LLM_TEXT_TOOL_CALL;
	case AT(K_choices, ITEM, K_delta, K_content):
	case AT(K_choices, ITEM, K_delta, K_content, ITEM, K_text):
	case AT(K_choices, ITEM, K_delta, K_reasoning_content):
	case AT(K_choices, ITEM, K_delta, K_reasoning):
	case AT(K_choices, ITEM, K_delta, K_refusal):
	case AT(K_choices, ITEM, K_delta, K_audio, K_transcript):
	case AT(K_choices, ITEM, K_delta, K_content, ITEM, K_thinking, ITEM, K_text): /* mistral */
	case AT(K_choices, ITEM, K_message, K_content):
	case AT(K_choices, ITEM, K_message, K_content, ITEM, K_text):
	case AT(K_choices, ITEM, K_message, K_reasoning_content):
	case AT(K_choices, ITEM, K_message, K_reasoning):
	case AT(K_choices, ITEM, K_message, K_refusal):
	case AT(K_choices, ITEM, K_message, K_audio, K_transcript):
	case AT(K_choices, ITEM, K_message, K_content, ITEM, K_thinking, ITEM, K_text):
	case AT(K_choices, ITEM, K_text):
	case AT(K_output, ITEM, K_content, ITEM, K_text):
	case AT(K_content, ITEM, K_text): /* anthropic */
	case AT(K_content, ITEM, K_thinking):
	case AT(K_content_block, K_text):
	case AT(K_delta, K_text): /* and converse */
	case AT(K_delta, K_thinking):
	case AT(K_delta, K_reasoningContent, K_text):
	case AT(K_output, K_message, K_content, ITEM, K_text):
	case AT(K_candidates, ITEM, K_content, K_parts, ITEM, K_text): /* gemini */
	case AT(K_serverContent, K_modelTurn, K_parts, ITEM, K_text):
	case AT(K_thinking): /* ollama */
	case AT(K_message, K_thinking):
	case AT(K_message, K_content): /* and cohere: */
	case AT(K_message, K_content, ITEM, K_text):
	case AT(K_message, K_content, ITEM, K_thinking):
	case AT(K_message, K_tool_plan):
	case AT(K_delta, K_message, K_content, K_text):
	case AT(K_delta, K_message, K_content, K_thinking):
	case AT(K_delta, K_message, K_tool_plan):
	case AT(K_response):
	case AT(K_generated_text): /* tgi */
	case AT(K_token, K_text):
	case AT(K_text_output):
	case AT(K_content):    /* llama.cpp */
	case AT(K_completion): /* models behind bedrock invoke */
	case AT(K_generation):
	case AT(K_outputText):
	case AT(K_results, ITEM, K_outputText):
	case AT(K_results, ITEM, K_text): /* koboldcpp */
	case AT(K_outputs, ITEM, K_text):
	case AT(K_outputs, ITEM, K_content): /* mistral's conversations */
	case AT(K_outputs, ITEM, K_content, ITEM, K_text):
	case AT(K_outputs, ITEM, K_data, ITEM): /* kserve: a tensor of texts */
	case AT(K_predictions, ITEM):
	case AT(K_pages, ITEM, K_markdown): /* mistral's OCR */
	case AT(K_document_annotation):
	case AT(K_results, K_channels, ITEM, K_alternatives, ITEM, K_transcript): /* deepgram */
	case AT(K_text, ITEM):	 /* vLLM's list of texts */
	case AT(K_summary_text): /* hugging face */
	case AT(K_translation_text):
		return LLM_TEXT_ANSWER;
	case AT(K_delta): /* responses: text, arguments and sound alike; the event's type tells */
		return side->delta_is_data   ? NO_TEXT
		       : side->delta_is_call ? LLM_TEXT_TOOL_CALL
					     : LLM_TEXT_ANSWER;
	case AT(
	    K_text): /* responses repeats the joined text there, a streamed transcript as well */
		return call->facts.dialect == LLM_OPENAI_RESPONSES || call->websocket ||
			       (call->facts.dialect == LLM_OPENAI_AUDIO && call->response_is_stream)
			   ? NO_TEXT
			   : LLM_TEXT_ANSWER;
	default:
		return NO_TEXT;
	}
}

/*
 * A streamed call of a tool is told again, when its arguments, its item and the answer are done.
 * Pieces may have been lost, so it is looked at, but not counted once more.
 */
static bool
is_again(const struct llm_call *call, uint64_t path)
{
	if (!call->response_is_stream)
		return false;
	switch (path) {
	case AT(K_arguments):
	case AT(K_input):
	case AT(K_item, K_arguments):
	case AT(K_item, K_input):
	case AT(K_response, K_output, ITEM, K_arguments):
	case AT(K_response, K_output, ITEM, K_input):
		return true;
	default:
		return false;
	}
}

static void
argument_text(struct llm_call *call, const uint8_t *text, size_t len)
{
	if (call->response.arguments_again)
		llm_text_again(call, LLM_TEXT_TOOL_CALL, text, len);
	else
		llm_text(call, LLM_TEXT_TOOL_CALL, text, len);
}

/*
 * response.output_text.delta, response.function_call_arguments.delta,
 * response.custom_tool_call_input.delta, response.output_audio.delta
 */
static void
event_type(struct llm_side *side, struct span type)
{
	side->delta_is_call = span_contains(type, "_call") && span_contains(type, ".delta");
	side->item_again = span_contains(type, "output_item.done");
	side->delta_is_data =
	    span_contains(type, "audio.delta") || span_contains(type, "partial_image");
}

/* "object" of OpenAI's answers. */
/* The dialect of which that is an answer's kind. */
static enum llm_dialect
marked_dialect(struct span text)
{
	if (span_starts(text, "chat.completion"))
		return LLM_OPENAI_CHAT;
	if (span_is(text, "text_completion"))
		return LLM_OPENAI_COMPLETIONS;
	if (span_is(text, "conversation.response"))
		return LLM_MISTRAL_CONVERSATIONS;
	if (span_is(text, "response") || span_is(text, "response.compaction") ||
	    span_is(text, "response.input_tokens"))
		return LLM_OPENAI_RESPONSES;
	return LLM_DIALECT_UNKNOWN;
}

static void
mark(struct llm_call *call, enum llm_dialect dialect)
{
	call->signs |= LLM_SIGN_MARKER;
	call->marked = dialect;
}

/* Only one dialect's answers have that member. */
static void
shaped(struct llm_call *call, enum llm_sign sign, enum llm_dialect dialect)
{
	call->signs |= sign;
	if (call->marked == LLM_DIALECT_UNKNOWN)
		call->marked = dialect;
}

/* Ollama says of each piece which model it is of, and whether it is the last. */
static void
ollama_done(struct llm_call *call, uint64_t path)
{
	if (path != AT(K_done) || call->facts.response_model[0] == '\0')
		return;
	shaped(call, LLM_SIGN_CHOICES,
	       call->answer_message ? LLM_OLLAMA_CHAT : LLM_OLLAMA_GENERATE);
}

static void
model_or_id(struct llm_call *call, uint64_t path, struct span text)
{
	struct llm_facts *facts = &call->facts;

	switch (path) {
	case AT(K_model):
	case AT(K_model_id):
	case AT(K_modelVersion):
	case AT(K_interaction, K_model):
	case AT(K_message, K_model):  /* anthropic message_start */
	case AT(K_response, K_model): /* responses events */
	case AT(K_response, K_modelVersion):
	case AT(K_session, K_model):
		if (text.len != 0)
			llm_set_model(call, facts->response_model, text);
		break;
	case AT(K_modelId):
		if (facts->dialect == LLM_OCI)
			llm_set_model(call, facts->response_model, text);
		break;
	case AT(K_model_name):
		if (llm_names_version(facts))
			llm_set_model(call, facts->response_model, text);
		break;
	case AT(K_model_version):
		if (llm_names_version(facts))
			copy_text(facts->model_version, LLM_VERSION_CAP, text);
		break;
	case AT(K_id):
	case AT(K_interaction, K_id):
	case AT(K_message, K_id):
	case AT(K_response, K_id):
	case AT(K_responseId):
	case AT(K_response_id):
		if (text.len != 0)
			copy_text(facts->response_id, LLM_ID_CAP, text);
		break;
	default:
		break;
	}
}

static void
finish_reason(struct llm_call *call, uint64_t path, struct span text)
{
	switch (path) {
	case AT(K_choices, ITEM, K_finish_reason):
	case AT(K_candidates, ITEM, K_finishReason):
	case AT(K_choices, ITEM, K_finishReason): /* oracle */
	case AT(K_finishReason):
	case AT(K_stop_reason):
	case AT(K_delta, K_stop_reason):
	case AT(K_stopReason):
	case AT(K_done_reason):
	case AT(K_finish_reason):
	case AT(K_delta, K_finish_reason):
	case AT(K_details, K_finish_reason):
	case AT(K_meta_info, K_finish_reason, K_type):
	case AT(K_completionReason):
	case AT(K_results, ITEM, K_completionReason):
	case AT(K_outputs, ITEM, K_stop_reason):
	case AT(K_results, ITEM, K_finish_reason):
	case AT(K_incomplete_details, K_reason):
	case AT(K_response, K_incomplete_details, K_reason):
		call->signs |= LLM_SIGN_STOP;
		llm_add_finish_reason(&call->facts, call->choice, text);
		break;
	default:
		break;
	}
}

/* Tools that have no other name than their kind, and run where the client is. */
static bool
is_nameless_call(struct span type)
{
	return span_is(type, "local_shell_call") || span_is(type, "shell_call") ||
	       span_is(type, "apply_patch_call") || span_is(type, "computer_call");
}

static bool
is_tool_type(struct span type)
{
	return span_is(type, "tool_use") || span_is(type, "function_call") ||
	       span_is(type, "custom_tool_call") || span_is(type, "mcp_call") ||
	       span_is(type, "mcp_tool_use") || is_nameless_call(type);
}

static void
set_item_name(struct llm_side *side, struct span name)
{
	copy_text(side->item_name, sizeof(side->item_name), name);
	side->item_len = (uint8_t)strlen(side->item_name);
}

static void
tool_name(struct llm_call *call, uint64_t path, struct span text)
{
	struct llm_side *side = &call->response;

	switch (path) {
	case AT(K_choices, ITEM, K_message, K_tool_calls, ITEM, K_function, K_name):
	case AT(K_choices, ITEM, K_delta, K_tool_calls, ITEM, K_function, K_name):
	case AT(K_choices, ITEM, K_message, K_tool_calls, ITEM, K_custom, K_name):
	case AT(K_choices, ITEM, K_delta, K_tool_calls, ITEM, K_custom, K_name):
	case AT(K_choices, ITEM, K_message, K_function, K_name):
	case AT(K_choices, ITEM, K_message, K_function_call, K_name):
	case AT(K_choices, ITEM, K_delta, K_function_call, K_name):
	case AT(K_candidates, ITEM, K_content, K_parts, ITEM, K_functionCall, K_name):
	case AT(K_message, K_tool_calls, ITEM, K_function, K_name):
	case AT(K_delta, K_message, K_tool_calls, K_function, K_name):
	case AT(K_tool_calls, ITEM, K_name):
	case AT(K_toolCall, K_functionCalls, ITEM, K_name):
		llm_text_gap(call, true);
		llm_tool_called(call, text);
		break;
	/* Here the name and the type that makes it a call come in any order. */
	case AT(K_content, ITEM, K_name):
	case AT(K_content_block, K_name):
	case AT(K_output, ITEM, K_name):
	case AT(K_response, K_output, ITEM, K_name):
	case AT(K_item, K_name):
	case AT(K_output, K_message, K_content, ITEM, K_toolUse, K_name):
	case AT(K_start, K_toolUse, K_name):
		set_item_name(side, text);
		break;
	case AT(K_content, ITEM, K_type):
	case AT(K_content_block, K_type):
	case AT(K_output, ITEM, K_type):
	case AT(K_response, K_output, ITEM, K_type):
	case AT(K_item, K_type):
	case AT(K_output, K_message, K_content, ITEM, K_toolUse, K_type):
	case AT(K_start, K_toolUse, K_type):
		side->item_is_tool = is_tool_type(text);
		if (side->item_len == 0 && is_nameless_call(text))
			set_item_name(side, span_of(text.p, text.len - strlen("_call")));
		break;
	default:
		break;
	}
}

/* What a server of a realtime session says, and nobody else: OpenAI's names, which others took
 * over. */
static bool
is_realtime_event(struct span type)
{
	static const char *const starts[] = {
		"session.created",
		"response.created",
		"response.done",
		"response.completed",
		"response.output_",
		"response.text.",
		"response.audio",
		"response.content_part.",
		"response.function_call_arguments.",
		"conversation.item.input_audio_transcription.",
	};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		if (span_starts(type, starts[i]))
			return true;
	}
	return false;
}

/* Of an answer that streams, also where its first event is not there. */
static void
streamed_event(struct llm_call *call, struct span type)
{
	if (is_realtime_event(type))
		shaped(call, LLM_SIGN_CHOICES, LLM_OPENAI_RESPONSES);
	else if (span_starts(type, "content_block_"))
		shaped(call, LLM_SIGN_CHOICES, LLM_ANTHROPIC_MESSAGES);
}

static void
marker(struct llm_call *call, uint64_t path, struct span text)
{
	switch (path) {
	case AT(K_object):
		call->answer_list = call->answer_list || span_is(text, "list");
		if (call->facts.dialect == LLM_OPENAI_VIDEOS && span_is(text, "video"))
			call->signs |= LLM_SIGN_SCORES;
		/* fall through */
	case AT(K_response, K_object):
		if (marked_dialect(text) != LLM_DIALECT_UNKNOWN)
			mark(call, marked_dialect(text));
		break;
	case AT(K_type): /* anthropic, whole and streamed */
		event_type(&call->response, text);
		if (call->websocket && is_realtime_event(text))
			mark(call, LLM_OPENAI_REALTIME);
		if (!call->websocket &&
		    (span_is(text, "message") || span_is(text, "message_start")))
			mark(call, LLM_ANTHROPIC_MESSAGES);
		if (!call->websocket && call->response_is_stream)
			streamed_event(call, text);
		break;
	case AT(K_status): /* Ollama, while it pulls; an answer made in the background */
		call->unfinished = span_is(text, "queued") || span_is(text, "in_progress");
		if (call->facts.dialect == LLM_OLLAMA_PULL && span_starts(text, "pulling "))
			call->signs |= LLM_SIGN_MARKER;
		break;
	case AT(K_system_fingerprint):
		if (span_is(text, "fp_ollama"))
			call->facts.engine = "ollama";
		break;
	case AT(K_generated_text):
	case AT(K_text_output):
	case AT(K_outputText):
	case AT(K_results, ITEM, K_outputText):
	case AT(K_generation):
	case AT(K_summary_text):
	case AT(K_translation_text):
		call->signs |= LLM_SIGN_CHOICES;
		break;
	default:
		break;
	}
}

static void
string_value(struct llm_call *call, uint64_t path)
{
	struct span text = span_of(call->response.text, call->response.text_len);

	model_or_id(call, path, text);
	finish_reason(call, path, text);
	tool_name(call, path, text);
	marker(call, path, text);
}

/* Which of several answers (n) a part of the list is: by its number, until that comes by its place.
 */
static void
choice_edge(struct llm_call *call, enum json_event event, uint64_t path)
{
	if (path != AT(K_choices, ITEM) && path != AT(K_candidates, ITEM))
		return;
	if (event == JSON_OBJECT_END)
		llm_flush_held(call);
	else
		call->choice = call->next_choice++;
	if (call->facts.nr_choices <= call->choice)
		call->facts.nr_choices = call->choice + 1;
}

static void
choice_number(struct llm_call *call, uint64_t path, uint64_t n)
{
	if (path != AT(K_choices, ITEM, K_index) || n >= LLM_CHOICES_MAX)
		return;
	call->choice = (uint32_t)n;
	if (call->facts.nr_choices <= n)
		call->facts.nr_choices = (uint32_t)n + 1;
}

/*
 * Of a streamed completion the text stands before the number of its choice. One that is longer than
 * there is room for goes on without waiting for it.
 */
static void
answer_text(struct llm_call *call, enum llm_text_kind kind, uint64_t path, const uint8_t *text,
	    size_t len)
{
	bool early = path == AT(K_choices, ITEM, K_text) && call->response_is_stream;

	if (early && !call->held_over && len <= sizeof(call->held) - call->held_len) {
		memcpy(call->held + call->held_len, text, len);
		call->held_len = (uint8_t)(call->held_len + len);
		return;
	}
	call->held_over = early;
	llm_flush_held(call);
	llm_text(call, kind, text, len);
}

/* A list of numbers, or of such lists, with nothing around it: all that embedders answer there. */
static bool
is_bare_vector(const struct llm_call *call, uint64_t path)
{
	enum llm_dialect dialect = call->facts.dialect;

	if (dialect == LLM_WORKERS_AI)
		return path == AT(K_data, ITEM, ITEM);
	if (dialect != LLM_HUGGINGFACE &&
	    (dialect != LLM_DIALECT_UNKNOWN || call->facts.detected_by != LLM_BY_HOST))
		return false;
	return call->response.array && (path == 0 || path == AT(ITEM) || path == AT(ITEM, ITEM));
}

static void
number_value(struct llm_call *call, uint64_t path, const uint8_t *text, size_t len)
{
	uint64_t n;

	if (is_bare_vector(call, path) && memchr(text, '.', len) != NULL) {
		call->signs |= LLM_SIGN_SCORES;
		shaped(call, LLM_SIGN_EMBEDDING, LLM_HUGGINGFACE);
		return;
	}

	if (len > 2 && text[len - 2] == '.' && text[len - 1] == '0')
		len -= 2; /* Cohere writes whole numbers as 12.0 */
	if (!json_whole_number(text, len, &n))
		return;
	choice_number(call, path, n);
	llm_usage_count(call, path, n);
}

/* What is of an answer in its own dialect alone, since others have the word as well. */
static void
dialect_key(struct llm_call *call, uint64_t path)
{
	enum llm_sign sign = LLM_SIGN_SCORES;
	bool said = false;

	switch (call->facts.dialect) {
	case LLM_DIALECT_UNKNOWN:
		if (path == AT(K_images, ITEM, K_url) && call->facts.detected_by == LLM_BY_HOST)
			call->facts.operation = LLM_IMAGE_GENERATION;
		break;
	case LLM_DEEPGRAM:
		said = path == AT(K_results, K_channels);
		sign = LLM_SIGN_CHOICES;
		break;
	case LLM_ELEVENLABS:
	case LLM_OPENAI_AUDIO: /* what was heard */
		said = path == AT(K_text);
		sign = LLM_SIGN_CHOICES;
		break;
	case LLM_OPENAI_IMAGES:
		said = path == AT(K_data, ITEM, K_url) || path == AT(K_data, ITEM, K_b64_json);
		break;
	case LLM_TGI_GENERATE: /* KoboldCpp */
		said = path == AT(K_results, ITEM, K_text);
		sign = LLM_SIGN_CHOICES;
		break;
	case LLM_VERTEX_PREDICT:
		if (path == AT(K_predictions, ITEM, K_bytesBase64Encoded))
			call->facts.operation = LLM_IMAGE_GENERATION;
		break;
	case LLM_KSERVE_INFER:
		said = path == AT(K_outputs, ITEM, K_datatype);
		break;
	case LLM_MISTRAL_OCR:
		said = path == AT(K_pages, ITEM, K_markdown);
		break;
	case LLM_RERANK: /* TEI's list, without a word around it */
		said = call->response.array && path == AT(K_score);
		break;
	case LLM_WORKERS_AI:
	case LLM_DASHSCOPE:
		said = path == AT(K_response) || path == AT(K_text);
		sign = LLM_SIGN_CHOICES;
		break;
	case LLM_HUGGINGFACE:
		said = path == AT(K_score) || path == AT(ITEM, K_score);
		break;
	default:
		break;
	}
	if (said)
		call->signs |= sign;
}

static void
key(struct llm_call *call, uint64_t path)
{
	switch (path) {
	case AT(K_choices, ITEM, K_message):
	case AT(K_choices, ITEM, K_delta):
		shaped(call, LLM_SIGN_CHOICES, LLM_OPENAI_CHAT);
		break;
	case AT(K_choices, ITEM, K_text):
		shaped(call, LLM_SIGN_CHOICES, LLM_OPENAI_COMPLETIONS);
		break;
	case AT(K_candidates, ITEM, K_content):
		shaped(call, LLM_SIGN_CHOICES, LLM_GEMINI_GENERATE);
		break;
	case AT(K_output, K_message):
		shaped(call, LLM_SIGN_CHOICES, LLM_BEDROCK_CONVERSE);
		break;
	case AT(K_serverContent, K_modelTurn):
	case AT(K_meta_info):
		call->signs |= LLM_SIGN_CHOICES;
		break;
	case AT(K_message, K_content):
		call->answer_message = true;
		break;
	case AT(K_choices, ITEM, K_message, K_audio):
	case AT(K_choices, ITEM, K_delta, K_audio):
		call->spoken = true;
		break;
	case AT(K_choices, ITEM, K_stop_reason): /* beside OpenAI's finish_reason: vLLM */
		if (call->uvicorn)
			call->facts.engine = "vllm";
		break;
	case AT(K_results, ITEM, K_relevance_score):
	case AT(K_data, ITEM, K_relevance_score):
	case AT(K_results, ITEM, K_flagged):
	case AT(K_results, ITEM, K_category_scores):
	case AT(K_predictions):
		call->signs |= LLM_SIGN_SCORES;
		break;
	case AT(K_predictions, ITEM, K_embeddings):
	case AT(K_embeddings):
	case AT(K_embedding):
		call->signs |= LLM_SIGN_EMBEDDING;
		break;
	case AT(K_data, ITEM, K_embedding):
		shaped(call, LLM_SIGN_EMBEDDING, LLM_OPENAI_EMBEDDINGS);
		break;
	default:
		dialect_key(call, path);
		break;
	}
}

/*
 * Content blocks and output items, where a tool's name waits for its type. Converse names the
 * type only when it is not the usual one (a tool that the service runs itself).
 */
static void
item_edge(struct llm_call *call, enum json_event event, uint64_t path)
{
	struct llm_side *side = &call->response;
	bool tool = false;

	switch (path) {
	case AT(K_output, K_message, K_content, ITEM, K_toolUse):
	case AT(K_start, K_toolUse):
		tool = true;
		break;
	case AT(K_content, ITEM):
	case AT(K_content_block):
	case AT(K_output, ITEM):
	case AT(K_response, K_output, ITEM):
	case AT(K_item):
		break;
	default:
		return;
	}
	if (event == JSON_OBJECT_END && side->item_is_tool) {
		/* OpenAI's responses tell each item again, when it is done and at the end. */
		if (side->item_again || path == AT(K_response, K_output, ITEM))
			llm_add_tool(&call->facts, span_of(side->item_name, side->item_len));
		else
			llm_tool_called(call, span_of(side->item_name, side->item_len));
	}
	side->item_is_tool = tool && event == JSON_OBJECT;
	side->item_len = 0;
	if (event == JSON_OBJECT)
		llm_text_gap(call, true);
}

/* Tool arguments that are an object instead of a string: every string inside is text. */
static void
arguments_edge(struct llm_side *side, const struct json_walk *w, enum json_event event,
	       uint64_t path)
{
	if (event == JSON_OBJECT_END) {
		if (side->arguments_at == w->depth + 1)
			side->arguments_at = 0;
		return;
	}
	switch (path) {
	case AT(K_candidates, ITEM, K_content, K_parts, ITEM, K_functionCall, K_args):
	case AT(K_content, ITEM, K_input):
	case AT(K_output, K_message, K_content, ITEM, K_toolUse, K_input):
	case AT(K_message, K_tool_calls, ITEM, K_function, K_arguments):
	case AT(K_toolCall, K_functionCalls, ITEM, K_args):
	case AT(K_output, ITEM, K_action): /* of a shell or a computer, and of a patch: */
	case AT(K_output, ITEM, K_operation):
		side->arguments_at = (uint8_t)(w->depth + 1);
		side->arguments_again = false;
		break;
	case AT(K_item, K_action):
	case AT(K_item, K_operation): /* whole when the item is done */
		side->arguments_at = (uint8_t)(w->depth + 1);
		side->arguments_again = !side->item_again;
		break;
	case AT(K_response, K_output, ITEM, K_action):
	case AT(K_response, K_output, ITEM, K_operation):
		side->arguments_at = (uint8_t)(w->depth + 1);
		side->arguments_again = true;
		break;
	default:
		break;
	}
}

static void
text_piece(struct llm_call *call, uint64_t path, const uint8_t *text, size_t len)
{
	struct llm_side *side = &call->response;
	int kind = completion_text(call, path);

	if (side->arguments_at != 0) {
		argument_text(call, text, len);
	} else if (kind != NO_TEXT) {
		answer_text(call, (enum llm_text_kind)kind, path, text, len);
	} else if (is_again(call, path)) {
		if (side->text_len == 0)
			llm_text_gap(call, true);
		llm_text_again(call, LLM_TEXT_TOOL_CALL, text, len);
	}
	llm_side_string(side, JSON_STRING, text, len);
}

/* What Nova streams behind InvokeModel is Converse's, in an object called so. */
static bool
is_converse_event(const struct llm_side *side, uint64_t path)
{
	return side->body == LLM_BODY_AWS &&
	       (path == AT(K_contentBlockStart) || path == AT(K_contentBlockDelta) ||
		path == AT(K_messageStop) || path == AT(K_metadata));
}

void
llm_response_event(void *arg, const struct json_walk *w, enum json_event event, const uint8_t *text,
		   size_t len)
{
	struct llm_call *call = arg;
	struct llm_side *side = &call->response;
	uint64_t path = llm_side_path(side, w);

	if (call->target.vector) {
		if (w->vocabulary != &vector_vocabulary) /* it began before its request was seen */
			return;
		side->array = side->array || (event == JSON_ARRAY && w->depth == 0);
		vector_response_event(call, event, path);
		return;
	}
	if (call->target.batch && w->root == 0) {
		batch_response_event(call, event, path, text, len);
		return;
	}
	switch (event) {
	case JSON_ARRAY:
		if (w->depth == 0)
			side->array = true;
		if (path == AT(K_choices) || path == AT(K_candidates))
			call->next_choice = 0;
		if (path == AT(K_text) && call->facts.dialect == LLM_TGI_GENERATE &&
		    call->prompt_named)
			call->signs |= LLM_SIGN_CHOICES; /* vLLM's list of texts */
		break;
	case JSON_STRING:
		text_piece(call, path, text, len);
		break;
	case JSON_STRING_END:
		call->held_over = false;
		string_value(call, path);
		if (!call->response_is_stream || side->arguments_at != 0 || is_again(call, path))
			llm_text_gap(call, true);
		llm_side_string(side, event, NULL, 0);
		break;
	case JSON_NUMBER:
		if (side->arguments_at != 0) {
			argument_text(call, text, len);
			llm_text_gap(call, true);
		}
		number_value(call, path, text, len);
		break;
	case JSON_KEY:
		if (side->arguments_at != 0) {
			argument_text(call, text, len);
			argument_text(call, (const uint8_t *)": ", 2);
		}
		key(call, path);
		break;
	case JSON_OBJECT:
		llm_unwrap(call, true, path);
		if (is_converse_event(side, path))
			json_walk_root(&side->walk);
		/* fall through */
	case JSON_OBJECT_END:
		choice_edge(call, event, path);
		item_edge(call, event, path);
		arguments_edge(side, w, event, path);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		ollama_done(call, path);
		if (path == AT(K_background))
			call->background = event == JSON_TRUE;
		break;
	case JSON_DOCUMENT_END:
		call->choice = 0;
		side->array = false;
		break;
	default:
		break;
	}
}
