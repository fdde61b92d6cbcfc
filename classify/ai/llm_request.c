/*
 * A request's JSON, every dialect in one table of paths.
 *
 * The dialects do not contradict each other: a path means the same wherever it occurs, so one
 * switch serves all, also where nobody knows yet which dialect it is.
 */
#include "classify/ai/batch.h"
#include "classify/ai/llm_read.h"
#include "classify/ai/llm_words.h"
#include "classify/ai/vector.h"

/* Roles of all dialects. */
static const struct {
	const char *name;
	enum llm_text_kind kind;
} roles[] = {
	{ "user", LLM_TEXT_USER },	  { "assistant", LLM_TEXT_PROMPT },
	{ "system", LLM_TEXT_SYSTEM },	  { "developer", LLM_TEXT_SYSTEM },
	{ "tool", LLM_TEXT_TOOL_RESULT }, { "function", LLM_TEXT_TOOL_RESULT },
	{ "model", LLM_TEXT_PROMPT },	  { "USER", LLM_TEXT_USER },
	{ "CHATBOT", LLM_TEXT_PROMPT },	  { "SYSTEM", LLM_TEXT_SYSTEM },
	{ "TOOL", LLM_TEXT_TOOL_RESULT }, { "ipython", LLM_TEXT_TOOL_RESULT },
};

static bool
role_seen(struct llm_side *side, struct span role)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (span_is(role, roles[i].name)) {
			side->role = (uint8_t)roles[i].kind;
			return true;
		}
	}
	return false;
}

enum { NO_TEXT = -1 };

/* Where base64 is expected, or an address with base64 in it: whose it is, or NO_TEXT. */
static int
attached_to(const struct llm_side *side, uint64_t path)
{
	switch (path) {
	case AT(K_messages, ITEM, K_content, ITEM, K_source, K_data):
	case AT(K_messages, ITEM, K_content, ITEM, K_input_audio, K_data):
	case AT(K_messages, ITEM, K_content, ITEM, K_file, K_file_data):
	case AT(K_messages, ITEM, K_content, ITEM, K_image, K_source, K_bytes):
	case AT(K_messages, ITEM, K_content, ITEM, K_document, K_source, K_bytes):
	case AT(K_messages, ITEM, K_content, ITEM, K_video, K_source, K_bytes):
	case AT(K_messages, ITEM, K_content, ITEM, K_image_url, K_url):
	case AT(K_messages, ITEM, K_content, ITEM, K_image_url):
	case AT(K_messages, ITEM, K_images, ITEM):
	case AT(K_input, ITEM, K_content, ITEM, K_image_url):
	case AT(K_input, ITEM, K_content, ITEM, K_file_data):
	case AT(K_inputs, ITEM, K_content, ITEM, K_image_url):
	case AT(K_inputs, ITEM, K_content, ITEM, K_image_url, K_url):
	case AT(K_contents, ITEM, K_parts, ITEM, K_inlineData, K_data):
	case AT(K_contents, ITEM, K_parts, ITEM, K_inline_data, K_data):
	case AT(K_item, K_content, ITEM, K_audio):
		return side->role;
	case AT(K_document, K_document_url): /* of mistral's OCR */
	case AT(K_document, K_image_url):
	case AT(K_document, K_image_url, K_url):
		return LLM_TEXT_USER;
	case AT(K_messages, ITEM, K_content, ITEM, K_content, ITEM, K_source, K_data):
	case AT(K_input, ITEM, K_output, K_image_url):
	case AT(K_input, ITEM, K_output, ITEM, K_image_url):
	case AT(K_input, ITEM, K_output, ITEM, K_file_data):
		return LLM_TEXT_TOOL_RESULT;
	case AT(K_images, ITEM):
	case AT(K_input, ITEM, K_image_url, K_url): /* beside texts, each by itself */
	case AT(K_input, ITEM, K_image):
	case AT(K_audio): /* of realtime sessions */
		return LLM_TEXT_USER;
	default:
		return NO_TEXT;
	}
}

static inline bool
is_base64(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26 || (uint8_t)(c - '0') < 10 || c == '+' ||
	       c == '/' || c == '-' || c == '_' || c == '=';
}

/* How much of text is base64. */
static size_t
base64_run(const uint8_t *text, size_t len)
{
	const size_t block = 32;
	size_t n = 0;

	for (; len - n >= block; n += block) { /* without an exit in it, for the vectoriser */
		uint8_t other = 0;

		for (size_t i = 0; i < block; i++)
			other |= !is_base64(text[n + i]);
		if (other != 0)
			break;
	}
	while (n < len && is_base64(text[n]))
		n++;
	return n;
}

/* The next bytes of what may be one, and how many they are. */
static enum llm_text_kind
attached_piece(struct llm_side *side, enum llm_text_kind kind, const uint8_t *text, size_t *len)
{
	const uint8_t *comma;
	size_t n, to_prove;

	switch (side->attached) {
	case LLM_ATTACHED_ADDRESS:
		comma = memchr(text, ',', *len);
		if (comma != NULL) {
			*len = (size_t)(comma - text) + 1;
			side->attached = LLM_ATTACHED_BASE64;
			side->nr_base64 = 0;
		}
		return kind;
	case LLM_ATTACHED_BASE64:
		n = base64_run(text, *len);
		if (n == 0) {
			side->attached = *text == ':' && side->nr_base64 == 4 &&
						 memcmp(side->text, "data", 4) == 0
					     ? LLM_ATTACHED_ADDRESS
					     : LLM_ATTACHED_TEXT;
			*len = 1;
			return kind;
		}
		*len = n;
		if (side->nr_base64 == LLM_BASE64_PROOF)
			return LLM_TEXT_ATTACHMENT;
		to_prove = (size_t)LLM_BASE64_PROOF - side->nr_base64;
		if (n > to_prove)
			*len = to_prove;
		side->nr_base64 = (uint16_t)(side->nr_base64 + *len);
		return kind;
	default:
		return kind;
	}
}

/*
 * What stands where a picture, sound or a file is expected is one as long as it is base64. Whatever
 * else it holds is text of whoever speaks, from there to its end, and so are its first bytes: a
 * text may begin with a word or a number, and no text is that long without a blank.
 */
static void
attached_text(struct llm_call *call, int speaker, const uint8_t *text, size_t len)
{
	struct llm_side *side = &call->request;

	while (len != 0) {
		size_t n = len;
		enum llm_text_kind kind =
		    attached_piece(side, (enum llm_text_kind)speaker, text, &n);

		if (side->text_open && side->text_kind != kind)
			llm_text_gap(call, false);
		llm_text(call, kind, text, n);
		text += n;
		len -= n;
	}
}

/* The same of what is text. */
static int
prompt_text(const struct llm_side *side, uint64_t path)
{
	switch (path) {
	case AT(K_messages, ITEM, K_content):
	case AT(K_messages, ITEM, K_content, ITEM, K_text):
	case AT(K_messages, ITEM, K_content, ITEM, K_source, K_content): /* anthropic's document */
	case AT(K_messages, ITEM, K_content, ITEM, K_source, K_content, ITEM, K_text):
	case AT(K_contents, ITEM, K_parts, ITEM, K_text):
	case AT(K_contents, ITEM, K_parts, K_text):
	case AT(K_input, ITEM, K_content):
	case AT(K_input, ITEM, K_content, ITEM, K_text):
	case AT(K_chat_history, ITEM, K_message): /* cohere */
	case AT(K_chatHistory, ITEM, K_message):  /* and at Oracle */
	case AT(K_inputs, ITEM, K_content):	  /* mistral's conversations */
	case AT(K_inputs, ITEM, K_content, ITEM, K_text):
	case AT(K_item, K_content, ITEM, K_text):
	case AT(K_clientContent, K_turns, ITEM, K_parts, ITEM, K_text):
		return side->role;
	case AT(K_messages, ITEM, K_content, ITEM, K_content): /* anthropic's tool_result */
	case AT(K_messages, ITEM, K_content, ITEM, K_content, ITEM, K_text):
	case AT(K_input, ITEM, K_output):
	case AT(K_item, K_output):
	case AT(K_documents, ITEM):
		return LLM_TEXT_TOOL_RESULT;
	case AT(K_systemInstruction, K_parts, ITEM, K_text):
	case AT(K_system_instruction, K_parts, ITEM, K_text):
	case AT(K_systemInstruction, K_parts, K_text): /* one part, without a list */
	case AT(K_system_instruction, K_parts, K_text):
	case AT(K_preamble): /* cohere */
	case AT(K_system_instruction):
	case AT(K_system):
	case AT(K_system, ITEM, K_text):
	case AT(K_instructions):
	case AT(K_session, K_instructions):
	case AT(K_response, K_instructions):
	case AT(K_setup, K_systemInstruction, K_parts, ITEM, K_text):
		return LLM_TEXT_SYSTEM;
	case AT(K_contents, K_parts, ITEM, K_text):
	case AT(K_contents, K_parts, K_text):
	case AT(K_content, K_parts, ITEM, K_text):
	case AT(K_requests, ITEM, K_content, K_parts, ITEM, K_text):
	case AT(K_input):
	case AT(K_input, ITEM):
	case AT(K_input, ITEM, K_text):
	case AT(K_texts, ITEM):
	case AT(K_text, ITEM):
	case AT(K_message):
	case AT(K_query):
	case AT(K_instances, ITEM, K_content):
	case AT(K_instances, ITEM, K_prompt):
		return LLM_TEXT_USER;
	case AT(K_prompt): /* no roles there, or inside the text */
	case AT(K_prompt, ITEM):
	case AT(K_inputs):
	case AT(K_inputs, ITEM):
	case AT(K_inputs, ITEM, K_data, ITEM): /* a tensor of texts */
	case AT(K_inputText):
	case AT(K_text_input):
	case AT(K_text):
	case AT(K_messages, ITEM, K_tool_calls, ITEM, K_function, K_arguments):
	case AT(K_input, ITEM, K_arguments):
		return LLM_TEXT_PROMPT;
	default:
		return NO_TEXT;
	}
}

/* A string is complete; side.text has its start. */
static void
string_value(struct llm_call *call, uint64_t path)
{
	struct span text = span_of(call->request.text, call->request.text_len);

	switch (path) {
	case AT(K_model_id): /* of watsonx, and of much else */
		llm_set_model(call, call->facts.request_model, text);
		break;
	case AT(K_name): /* of what is pulled, as it was called first */
		if (call->facts.dialect != LLM_OLLAMA_PULL)
			break;
		/* fall through */
	case AT(K_model):
	case AT(K_session, K_model):
	case AT(K_setup, K_model):
	case AT(K_servingMode, K_modelId):
		llm_set_model(call, call->facts.request_model, text);
		if (text.len != 0)
			call->signs |= LLM_SIGN_MODEL;
		break;
	case AT(K_messages, ITEM, K_role):
	case AT(K_input, ITEM, K_role):
	case AT(K_inputs, ITEM, K_role):
	case AT(K_chat_history, ITEM, K_role):
	case AT(K_chatHistory, ITEM, K_role):
	case AT(K_item, K_role):
		if (role_seen(&call->request, text))
			call->signs |= LLM_SIGN_ROLES;
		break;
	case AT(K_contents, ITEM, K_role):
	case AT(K_clientContent, K_turns, ITEM, K_role):
		role_seen(&call->request, text);
		break;
	case AT(K_input):
	case AT(K_message):
		call->request.nr_messages++;
		call->signs |= LLM_SIGN_PROMPT;
		break;
	case AT(K_prompt):
	case AT(K_inputText):
		call->prompt_named = true;
		/* fall through */
	case AT(K_inputs):
	case AT(K_text_input):
	case AT(K_prompt, ITEM):
	case AT(K_input, ITEM):
	case AT(K_inputs, ITEM):
	case AT(K_texts, ITEM):
		call->signs |= LLM_SIGN_PROMPT;
		break;
	case AT(K_text, ITEM):
		if (call->facts.dialect == LLM_WORKERS_AI)
			call->signs |= LLM_SIGN_PROMPT;
		break;
	case AT(K_text):
		if (call->facts.dialect == LLM_ELEVENLABS || call->facts.dialect == LLM_DEEPGRAM)
			call->signs |= LLM_SIGN_PROMPT;
		break;
	case AT(K_instances, ITEM, K_prompt):
		if (call->facts.operation == LLM_OPERATION_UNKNOWN)
			call->facts.operation = LLM_TEXT_COMPLETION;
		break;
	case AT(K_instructions):
	case AT(K_system):
		call->request.nr_messages++;
		break;
	case AT(K_tools, ITEM,
		K_type): /* others are run by the service, on pages that only it sees */
		call->refers |= !span_is(text, "function") && !span_is(text, "custom");
		break;
	case AT(K_messages, ITEM, K_images, ITEM): /* Ollama: base64 strings */
	case AT(K_images, ITEM):
		call->facts.attachments++;
		break;
	default:
		break;
	}
}

/* The key that stands before what is attached, or before where it is: one for each. */
static bool
names_attachment(uint64_t path)
{
	switch (path) {
	case AT(K_messages, ITEM, K_content, ITEM, K_image_url):
	case AT(K_messages, ITEM, K_content, ITEM, K_source):
	case AT(K_messages, ITEM, K_content, ITEM, K_image):
	case AT(K_messages, ITEM, K_content, ITEM, K_document):
	case AT(K_messages, ITEM, K_content, ITEM, K_video):
	case AT(K_messages, ITEM, K_content, ITEM, K_file):
	case AT(K_messages, ITEM, K_content, ITEM, K_file_id):
	case AT(K_messages, ITEM, K_content, ITEM, K_input_audio):
	case AT(K_messages, ITEM, K_content, ITEM, K_content, ITEM, K_source): /* of a tool */
	case AT(K_messages, ITEM, K_content, ITEM, K_toolResult, K_content, ITEM, K_image):
	case AT(K_messages, ITEM, K_content, ITEM, K_toolResult, K_content, ITEM, K_document):
	case AT(K_messages, ITEM, K_content, ITEM, K_toolResult, K_content, ITEM, K_video):
	case AT(K_contents, ITEM, K_parts, ITEM, K_functionResponse, K_parts, ITEM, K_inlineData):
	case AT(K_contents, ITEM, K_parts, ITEM, K_functionResponse, K_parts, ITEM, K_fileData):
	case AT(K_input, ITEM, K_output, ITEM, K_image_url):
	case AT(K_input, ITEM, K_output, ITEM, K_file_id):
	case AT(K_input, ITEM, K_output, ITEM, K_file_url):
	case AT(K_input, ITEM, K_output, ITEM, K_file_data):
	case AT(K_input, ITEM, K_content, ITEM, K_image_url):
	case AT(K_input, ITEM, K_content, ITEM, K_file_id):
	case AT(K_input, ITEM, K_content, ITEM, K_file_url):
	case AT(K_input, ITEM, K_content, ITEM, K_file_data):
	case AT(K_input, ITEM, K_image_url):
	case AT(K_input, ITEM, K_image):
	case AT(K_inputs, ITEM, K_content, ITEM, K_image_url):
	case AT(K_contents, ITEM, K_parts, ITEM, K_inlineData):
	case AT(K_contents, ITEM, K_parts, ITEM, K_inline_data):
	case AT(K_contents, ITEM, K_parts, ITEM, K_fileData):
	case AT(K_contents, ITEM, K_parts, ITEM, K_file_data):
	case AT(K_document, K_document_url):
	case AT(K_document, K_image_url):
	case AT(K_document, K_file_id):
		return true;
	default:
		return false;
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
	case AT(K_clientContent, K_turns, ITEM, K_parts):
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
	case AT(K_inputs, ITEM, K_datatype):
		call->signs |= LLM_SIGN_TENSORS;
		break;
	case AT(K_previous_response_id): /* turns and documents that the service keeps */
	case AT(K_conversation):
	case AT(K_cachedContent):
	case AT(K_mcp_servers): /* tools that the service runs */
		call->refers = true;
		break;
	case AT(K_documents):
		call->signs |= LLM_SIGN_DOCUMENTS;
		break;
	default:
		call->facts.attachments += names_attachment(path);
		if (call->facts.dialect == LLM_MISTRAL_OCR && names_attachment(path))
			call->signs |= LLM_SIGN_PROMPT;
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
	case AT(K_session, K_tools, ITEM):
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
	case AT(K_inputs):
		if (event == JSON_ARRAY)
			call->signs |= LLM_SIGN_PROMPT;
		break;
	default:
		break;
	}
}

/* Each message begins without a role; what a tool gave back, and a document, may have any shape. */
static void
message_edge(struct llm_side *side, const struct json_walk *w, enum json_event event, uint64_t path)
{
	if (event == JSON_OBJECT_END || event == JSON_ARRAY_END) {
		if (side->arguments_at == w->depth + 1)
			side->arguments_at = 0;
		return;
	}
	switch (path) {
	case AT(K_messages, ITEM):
	case AT(K_input, ITEM):
	case AT(K_inputs, ITEM):
	case AT(K_chat_history, ITEM):
	case AT(K_chatHistory, ITEM):
	case AT(K_item):
		side->role = LLM_TEXT_PROMPT;
		side->nr_messages++;
		break;
	case AT(K_contents, ITEM):
	case AT(K_clientContent, K_turns, ITEM):
		side->role = LLM_TEXT_USER;
		side->nr_messages++;
		break;
	case AT(K_contents, ITEM, K_parts, ITEM, K_functionResponse):
	case AT(K_contents, ITEM, K_parts, ITEM, K_function_response):
	case AT(K_messages, ITEM, K_content, ITEM, K_toolResult):
	case AT(K_documents, ITEM):
	case AT(K_input, ITEM, K_output): /* a list of texts and pictures, or what a shell said */
		side->arguments_at = (uint8_t)(w->depth + 1);
		break;
	default:
		break;
	}
}

/* Schemas of tools and of answers: not said by anyone, yet read by the model. */
static bool
is_schema(uint64_t path)
{
	switch (path) {
	case AT(K_tools):
	case AT(K_functions):
	case AT(K_toolConfig):
	case AT(K_response_format):
	case AT(K_text, K_format):
	case AT(K_generationConfig, K_responseSchema):
		return true;
	default:
		return false;
	}
}

static void
schema_edge(struct llm_side *side, const struct json_walk *w, enum json_event event, uint64_t path)
{
	if (event == JSON_OBJECT_END || event == JSON_ARRAY_END) {
		if (side->schema_at == w->depth + 1)
			side->schema_at = 0;
	} else if (side->schema_at == 0 && is_schema(path)) {
		side->schema_at = (uint8_t)(w->depth + 1);
	}
}

/* Tokens of what is no text: a schema, as it stands there, and lists of token numbers. */
static void
count_tokens(struct llm_side *side, enum json_event event, uint64_t path, const uint8_t *text,
	     size_t len)
{
	if (event == JSON_NUMBER &&
	    (path == AT(K_input, ITEM) || path == AT(K_input, ITEM, ITEM) ||
	     path == AT(K_prompt, ITEM) || path == AT(K_prompt, ITEM, ITEM))) {
		side->tokens.tokens++;
		return;
	}
	if (side->schema_at == 0)
		return;
	if (event == JSON_OBJECT)
		token_estimate_push(&side->tokens, (const uint8_t *)"{\"", 2);
	else if (event == JSON_STRING_END)
		token_estimate_push(&side->tokens, (const uint8_t *)"\",", 2);
	else if (event == JSON_STRING || event == JSON_NUMBER || event == JSON_KEY)
		token_estimate_push(&side->tokens, text, len);
	if (event == JSON_KEY)
		token_estimate_push(&side->tokens, (const uint8_t *)"\":", 2);
}

void
llm_request_event(void *arg, const struct json_walk *w, enum json_event event, const uint8_t *text,
		  size_t len)
{
	struct llm_call *call = arg;
	struct llm_side *side = &call->request;
	uint64_t path = llm_side_path(side, w);

	int kind;

	if (call->target.vector) {
		vector_request_event(call, w, event, path, text, len);
		return;
	}
	if (call->target.batch)
		batch_request_event(call, event, path);
	count_tokens(side, event, path, text, len);
	switch (event) {
	case JSON_STRING:
		/* First the start is kept: it may say what the rest is. */
		if (side->text_len == 0) {
			side->attached = LLM_ATTACHED_BASE64;
			side->nr_base64 = 0;
		}
		llm_side_string(side, event, text, len);
		kind = side->arguments_at != 0 ? LLM_TEXT_TOOL_RESULT : attached_to(side, path);
		if (kind != NO_TEXT) {
			attached_text(call, kind, text, len);
			break;
		}
		kind = prompt_text(side, path);
		if (kind != NO_TEXT)
			llm_text(call, (enum llm_text_kind)kind, text, len);
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
		llm_unwrap(call, false, path);
		container(call, event, path);
		message_edge(side, w, event, path);
		schema_edge(side, w, event, path);
		break;
	case JSON_OBJECT_END:
		message_edge(side, w, event, path);
		schema_edge(side, w, event, path);
		break;
	case JSON_ARRAY:
		container(call, event, path);
		if (path == AT(K_input, ITEM, K_output))
			message_edge(side, w, event, path);
		schema_edge(side, w, event, path);
		break;
	case JSON_ARRAY_END:
		message_edge(side, w, event, path);
		schema_edge(side, w, event, path);
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
