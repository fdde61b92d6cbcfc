/*
 * A request's JSON, every dialect in one table of paths.
 *
 * The dialects do not contradict each other: a path means the same wherever it occurs, so one
 * switch serves all, also where nobody knows yet which dialect it is.
 */
#include "classify/ai/copy_text.h"
#include "classify/ai/llm_read.h"
#include "classify/ai/llm_words.h"

/* Roles of all dialects. */
static bool
role_known(struct span role)
{
	static const char *const roles[] = {
		"user",	 "assistant", "system",	 "developer", "tool", "function",
		"model", "USER",      "CHATBOT", "SYSTEM",    "TOOL", "ipython",
	};

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (span_is(role, roles[i]))
			return true;
	}
	return false;
}

static bool
is_prompt_text(uint64_t path)
{
	switch (path) {
	case AT(K_messages, ITEM, K_content):
	case AT(K_messages, ITEM, K_content, ITEM, K_text):
	case AT(K_messages, ITEM, K_content, ITEM, K_content):
	case AT(K_messages, ITEM, K_content, ITEM, K_content, ITEM, K_text):
	case AT(K_messages, ITEM, K_tool_calls, ITEM, K_function, K_arguments):
	case AT(K_contents, ITEM, K_parts, ITEM, K_text):
	case AT(K_contents, K_parts, ITEM, K_text):
	case AT(K_content, K_parts, ITEM, K_text):
	case AT(K_requests, ITEM, K_content, K_parts, ITEM, K_text):
	case AT(K_systemInstruction, K_parts, ITEM, K_text):
	case AT(K_system_instruction, K_parts, ITEM, K_text):
	case AT(K_system):
	case AT(K_system, ITEM, K_text):
	case AT(K_instructions):
	case AT(K_prompt):
	case AT(K_prompt, ITEM):
	case AT(K_input):
	case AT(K_input, ITEM):
	case AT(K_input, ITEM, K_content):
	case AT(K_input, ITEM, K_content, ITEM, K_text):
	case AT(K_input, ITEM, K_arguments):
	case AT(K_input, ITEM, K_output):
	case AT(K_inputs):
	case AT(K_inputs, ITEM):
	case AT(K_inputText):
	case AT(K_text_input):
	case AT(K_text):
	case AT(K_texts, ITEM):
	case AT(K_message):
	case AT(K_query):
	case AT(K_documents, ITEM):
	case AT(K_documents, ITEM, K_text):
	case AT(K_instances, ITEM, K_content):
	case AT(K_instances, ITEM, K_prompt):
		return true;
	default:
		return false;
	}
}

/* A string is complete; side.text has its start. */
static void
string_value(struct llm_call *call, uint64_t path)
{
	struct span text = span_of(call->request.text, call->request.text_len);

	switch (path) {
	case AT(K_model):
		copy_text(call->facts.request_model, LLM_MODEL_CAP, text);
		if (text.len != 0)
			call->signs |= LLM_SIGN_MODEL;
		break;
	case AT(K_messages, ITEM, K_role):
	case AT(K_input, ITEM, K_role):
		if (role_known(text))
			call->signs |= LLM_SIGN_ROLES;
		break;
	case AT(K_prompt):
	case AT(K_input):
	case AT(K_inputs):
	case AT(K_inputText):
	case AT(K_text_input):
	case AT(K_message):
	case AT(K_prompt, ITEM):
	case AT(K_input, ITEM):
	case AT(K_inputs, ITEM):
	case AT(K_texts, ITEM):
		call->signs |= LLM_SIGN_PROMPT;
		break;
	case AT(K_messages, ITEM, K_images, ITEM): /* Ollama: base64 strings */
		call->facts.attachments++;
		break;
	default:
		break;
	}
}

/* A key says as much as its value in many places. */
static void
key(struct llm_call *call, uint64_t path)
{
	switch (path) {
	case AT(K_max_tokens):
	case AT(K_max_completion_tokens):
	case AT(K_max_output_tokens):
	case AT(K_max_tokens_to_sample):
	case AT(K_max_gen_len):
	case AT(K_n_predict):
	case AT(K_generationConfig):
	case AT(K_generation_config):
	case AT(K_inferenceConfig):
	case AT(K_textGenerationConfig):
	case AT(K_anthropic_version):
	case AT(K_sampling_params):
	case AT(K_parameters, K_max_new_tokens):
		call->signs |= LLM_SIGN_LIMIT;
		break;
	case AT(K_contents, ITEM, K_parts):
	case AT(K_content, K_parts):
	case AT(K_requests, ITEM, K_content, K_parts):
		call->signs |= LLM_SIGN_PARTS;
		break;
	case AT(K_tools, ITEM, K_function):
	case AT(K_tools, ITEM, K_input_schema):
	case AT(K_tools, ITEM, K_functionDeclarations):
	case AT(K_tools, ITEM, K_function_declarations):
	case AT(K_toolConfig, K_tools, ITEM, K_toolSpec):
		call->signs |= LLM_SIGN_TOOLS;
		break;
	case AT(K_instances):
		call->signs |= LLM_SIGN_PROMPT;
		break;
	case AT(K_documents):
		call->signs |= LLM_SIGN_DOCUMENTS;
		break;
	case AT(K_messages, ITEM, K_content, ITEM, K_image_url):
	case AT(K_messages, ITEM, K_content, ITEM, K_source):
	case AT(K_messages, ITEM, K_content, ITEM, K_image):
	case AT(K_messages, ITEM, K_content, ITEM, K_document):
	case AT(K_messages, ITEM, K_content, ITEM, K_video):
	case AT(K_messages, ITEM, K_content, ITEM, K_file):
	case AT(K_messages, ITEM, K_content, ITEM, K_file_id):
	case AT(K_messages, ITEM, K_content, ITEM, K_input_audio):
	case AT(K_input, ITEM, K_content, ITEM, K_image_url):
	case AT(K_input, ITEM, K_content, ITEM, K_file_id):
	case AT(K_input, ITEM, K_content, ITEM, K_file_url):
	case AT(K_input, ITEM, K_content, ITEM, K_file_data):
	case AT(K_contents, ITEM, K_parts, ITEM, K_inlineData):
	case AT(K_contents, ITEM, K_parts, ITEM, K_inline_data):
	case AT(K_contents, ITEM, K_parts, ITEM, K_fileData):
	case AT(K_contents, ITEM, K_parts, ITEM, K_file_data):
		call->facts.attachments++;
		break;
	default:
		break;
	}
}

/* Containers matter where tools are offered: each tool is one object. */
static void
container(struct llm_call *call, enum json_event event, uint64_t path)
{
	struct llm_facts *facts = &call->facts;

	switch (path) {
	case AT(K_tools, ITEM):
	case AT(K_functions, ITEM):
	case AT(K_toolConfig, K_tools, ITEM):
	case AT(K_tools, ITEM, K_functionDeclarations, ITEM):
	case AT(K_tools, ITEM, K_function_declarations, ITEM):
		facts->tools_offered += event == JSON_OBJECT;
		break;
	case AT(K_tools, ITEM, K_functionDeclarations): /* the tools are inside this one */
	case AT(K_tools, ITEM, K_function_declarations):
		facts->tools_offered -= event == JSON_ARRAY && facts->tools_offered != 0;
		break;
	case AT(K_prompt): /* a list of texts or of token numbers */
	case AT(K_input):
		if (event == JSON_ARRAY)
			call->signs |= LLM_SIGN_PROMPT;
		break;
	default:
		break;
	}
}

void
llm_request_event(void *arg, const struct json_walk *w, enum json_event event, const uint8_t *text,
		  size_t len)
{
	struct llm_call *call = arg;
	struct llm_side *side = &call->request;
	uint64_t path = llm_side_path(side, w);

	switch (event) {
	case JSON_STRING:
		if (is_prompt_text(path))
			llm_text(call, false, text, len);
		llm_side_string(side, event, text, len);
		break;
	case JSON_STRING_END:
		string_value(call, path);
		llm_text_gap(call, false);
		llm_side_string(side, event, NULL, 0);
		break;
	case JSON_KEY:
		key(call, path);
		break;
	case JSON_OBJECT:
	case JSON_ARRAY:
		container(call, event, path);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		if (path == AT(K_stream))
			call->asked_stream = event == JSON_TRUE;
		break;
	default:
		break;
	}
}
