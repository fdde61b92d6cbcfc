/* Names, and the bounded setters of struct llm_facts. */
#include "classify/ai/llm_read.h"

#include "classify/ai/copy_text.h"
#include "classify/ai/llm_words.h"

#define X(id, word) word,
static const char *const words[] = { LLM_WORDS(X) };
#undef X

static struct json_lookup lookup;
const struct json_vocabulary llm_vocabulary = { words, sizeof(words) / sizeof(words[0]), &lookup };

__attribute__((constructor)) static void
fill_lookup(void)
{
	json_lookup_fill(&lookup, &llm_vocabulary);
}

static const char *const dialect_names[] = {
	[LLM_DIALECT_UNKNOWN] = NULL,
	[LLM_OPENAI_CHAT] = "openai.chat",
	[LLM_OPENAI_RESPONSES] = "openai.responses",
	[LLM_OPENAI_COMPLETIONS] = "openai.completions",
	[LLM_OPENAI_EMBEDDINGS] = "openai.embeddings",
	[LLM_OPENAI_IMAGES] = "openai.images",
	[LLM_OPENAI_VIDEOS] = "openai.videos",
	[LLM_OPENAI_AUDIO] = "openai.audio",
	[LLM_OPENAI_MODERATIONS] = "openai.moderations",
	[LLM_ANTHROPIC_MESSAGES] = "anthropic.messages",
	[LLM_ANTHROPIC_COMPLETE] = "anthropic.complete",
	[LLM_GEMINI_GENERATE] = "gemini.generate",
	[LLM_GEMINI_EMBED] = "gemini.embed",
	[LLM_GEMINI_INTERACTIONS] = "gemini.interactions",
	[LLM_VERTEX_PREDICT] = "vertex.predict",
	[LLM_BEDROCK_CONVERSE] = "bedrock.converse",
	[LLM_BEDROCK_INVOKE] = "bedrock.invoke",
	[LLM_COHERE_CHAT] = "cohere.chat",
	[LLM_COHERE_EMBED] = "cohere.embed",
	[LLM_RERANK] = "rerank",
	[LLM_OLLAMA_CHAT] = "ollama.chat",
	[LLM_OLLAMA_GENERATE] = "ollama.generate",
	[LLM_OLLAMA_EMBED] = "ollama.embed",
	[LLM_OLLAMA_PULL] = "ollama.pull",
	[LLM_TGI_GENERATE] = "tgi.generate",
	[LLM_LLAMACPP_COMPLETION] = "llama.cpp.completion",
	[LLM_TRITON_GENERATE] = "triton.generate",
	[LLM_OPENAI_REALTIME] = "openai.realtime",
	[LLM_GEMINI_LIVE] = "gemini.live",
	[LLM_QDRANT] = "qdrant",
	[LLM_CHROMA] = "chroma",
	[LLM_WEAVIATE] = "weaviate",
	[LLM_MILVUS] = "milvus",
	[LLM_PINECONE] = "pinecone",
	[LLM_ELASTIC_KNN] = "elasticsearch.knn",
	[LLM_OPENAI_FILES] = "openai.files",
	[LLM_OPENAI_BATCHES] = "openai.batches",
	[LLM_ANTHROPIC_FILES] = "anthropic.files",
	[LLM_ANTHROPIC_BATCHES] = "anthropic.batches",
	[LLM_MISTRAL_CONVERSATIONS] = "mistral.conversations",
	[LLM_KSERVE_INFER] = "kserve.infer",
	[LLM_MISTRAL_OCR] = "mistral.ocr",
	[LLM_HUGGINGFACE] = "huggingface",
	[LLM_ELEVENLABS] = "elevenlabs",
	[LLM_DEEPGRAM] = "deepgram",
	[LLM_INVOCATIONS] = "invocations",
	[LLM_DASHSCOPE] = "dashscope",
	[LLM_OCI] = "oci",
	[LLM_WORKERS_AI] = "cloudflare.run",
};

static const char *const operation_names[] = {
	[LLM_OPERATION_UNKNOWN] = NULL,
	[LLM_CHAT] = "chat",
	[LLM_TEXT_COMPLETION] = "text_completion",
	[LLM_EMBEDDINGS] = "embeddings",
	[LLM_GENERATE_CONTENT] = "generate_content",
	[LLM_IMAGE_GENERATION] = "image_generation",
	[LLM_VIDEO_GENERATION] = "video_generation",
	[LLM_SPEECH] = "speech",
	[LLM_TRANSCRIPTION] = "transcription",
	[LLM_MODERATION] = "moderation",
	[LLM_RERANKING] = "rerank",
	[LLM_INFER] = "infer",
	[LLM_OCR] = "ocr",
	[LLM_COUNT_TOKENS] = "count_tokens",
	[LLM_RESPONSE_FETCH] = "response_fetch",
	[LLM_MODEL_DOWNLOAD] = "model_download",
	[LLM_VECTOR_QUERY] = "vector_query",
	[LLM_VECTOR_UPSERT] = "vector_upsert",
	[LLM_VECTOR_DELETE] = "vector_delete",
	[LLM_FILE_UPLOAD] = "file_upload",
	[LLM_FILE_DOWNLOAD] = "file_download",
	[LLM_BATCH_CREATE] = "batch_create",
	[LLM_BATCH_STATUS] = "batch_status",
	[LLM_BATCH_CANCEL] = "batch_cancel",
	[LLM_BATCH_RESULTS] = "batch_results",
};

const char *
llm_dialect_name(enum llm_dialect dialect)
{
	return dialect_names[dialect];
}

const char *
llm_operation_name(enum llm_operation operation)
{
	return operation_names[operation];
}

const char *
llm_tool_name(const struct llm_facts *facts, unsigned i)
{
	return facts->tool_text + facts->tool_at[i];
}

void
llm_add_tool(struct llm_facts *facts, struct span name)
{
	char text[LLM_TOOL_NAME_CAP];

	copy_text(text, sizeof(text), name);

	size_t len = strlen(text);

	if (len == 0)
		return;
	for (unsigned i = 0; i < facts->nr_tools; i++) {
		if (strcmp(llm_tool_name(facts, i), text) == 0)
			return;
	}
	if (facts->nr_tools == LLM_TOOLS_MAX ||
	    len >= sizeof(facts->tool_text) - facts->tool_text_len) {
		facts->dropped++;
		return;
	}
	memcpy(facts->tool_text + facts->tool_text_len, text, len + 1);
	facts->tool_at[facts->nr_tools++] = facts->tool_text_len;
	facts->tool_text_len = (uint16_t)(facts->tool_text_len + len + 1);
}

void
llm_add_finish_reason(struct llm_facts *facts, uint32_t choice, struct span reason)
{
	uint8_t of = (uint8_t)(choice < UINT8_MAX ? choice : UINT8_MAX);
	unsigned at = facts->nr_finish_reasons;

	char text[LLM_REASON_CAP] = "";

	copy_text(text, sizeof(text), reason);
	if (text[0] == '\0' || strcmp(text, "null") == 0) /* some say so while they go on */
		return;
	for (unsigned i = 0; i < facts->nr_finish_reasons; i++) {
		if (facts->finish_choice[i] == of && strcmp(facts->finish_reasons[i], text) == 0)
			return;
	}
	if (facts->nr_finish_reasons == LLM_FINISH_MAX) {
		facts->dropped++;
		return;
	}
	while (at > 0 && facts->finish_choice[at - 1] > of) {
		memcpy(facts->finish_reasons[at], facts->finish_reasons[at - 1], sizeof(text));
		facts->finish_choice[at] = facts->finish_choice[at - 1];
		at--;
	}
	memcpy(facts->finish_reasons[at], text, sizeof(text));
	facts->finish_choice[at] = of;
	facts->nr_finish_reasons++;
}

void
llm_set_model(struct llm_call *call, char *model, struct span name)
{
	char text[LLM_MODEL_CAP];

	if (!call->target.batch || model[0] == '\0') {
		copy_text(model, LLM_MODEL_CAP, name);
		return;
	}
	copy_text(text, sizeof(text), name);
	if (strcmp(text, model) == 0)
		return;
	if (model == call->facts.request_model)
		call->request_models_differ = true;
	else
		call->response_models_differ = true;
}

/* Of a session's turns and a batch's answers the sum. */
void
llm_set_count(struct llm_call *call, struct llm_count *count, uint64_t n)
{
	bool sum = call->websocket || call->target.batch;

	count->n = sum && count->known ? count->n + n : n;
	count->known = true;
	call->facts.usage_reported = true;
	call->signs |= LLM_SIGN_USAGE;
}

/*
 * llama.cpp says what it evaluated and what it had in its cache, apart, and not always more than
 * that; embedders and rerankers may say the total alone. Anthropic begins a stream with a count of
 * output that is no more than a placeholder: one that was cut has none.
 */
void
llm_settle_usage(struct llm_call *call)
{
	struct llm_facts *f = &call->facts;

	if (!f->input_tokens.known && call->lesser.evaluated != 0) {
		llm_set_count(call, &f->input_tokens,
			      (uint64_t)call->lesser.evaluated + call->lesser.cached);
		if (call->lesser.cached != 0 && !f->cached_tokens.known)
			llm_set_count(call, &f->cached_tokens, call->lesser.cached);
	}
	if (!f->output_tokens.known && call->lesser.predicted != 0)
		llm_set_count(call, &f->output_tokens, call->lesser.predicted);
	if (!f->input_tokens.known && call->lesser.total != 0 &&
	    (f->operation == LLM_EMBEDDINGS || f->operation == LLM_RERANKING))
		llm_set_count(call, &f->input_tokens, call->lesser.total);
	if (call->output_begun)
		f->output_tokens = (struct llm_count) { 0 };
	/* Whoever asked got the counts then, unless there was nothing to count yet. */
	if (call->target.stored && !call->background) {
		f->input_tokens = f->output_tokens = f->cached_tokens = (struct llm_count) { 0 };
		f->usage_reported = false;
	}
}

void
llm_text(struct llm_call *call, enum llm_text_kind kind, const uint8_t *text, size_t len)
{
	bool is_completion = kind >= LLM_TEXT_ANSWER;
	struct llm_side *side = is_completion ? &call->response : &call->request;

	if (len == 0)
		return;
	if (is_completion) {
		call->facts.completion_bytes += len;
		llm_repeat_text(call, kind, text, len);
	} else {
		call->facts.prompt_bytes += len;
	}
	if (kind != LLM_TEXT_ATTACHMENT)
		token_estimate_push(&side->tokens, text, len);
	side->text_open = true;
	side->text_kind = (uint8_t)kind;
	if (call->text_fn != NULL)
		call->text_fn(call->text_arg, kind, is_completion ? call->choice : 0, text, len);
}

void
llm_text_again(struct llm_call *call, enum llm_text_kind kind, const uint8_t *text, size_t len)
{
	struct llm_side *side = &call->response;

	call->repeat.nr_texts = 2; /* no event is taken for this one's repeat */
	side->text_open = true;
	side->text_kind = (uint8_t)kind;
	if (call->text_fn != NULL && len != 0)
		call->text_fn(call->text_arg, kind, call->choice, text, len);
}

void
llm_flush_held(struct llm_call *call)
{
	size_t len = call->held_len;

	call->held_len = 0;
	llm_text(call, LLM_TEXT_ANSWER, call->held, len);
}

void
llm_text_gap(struct llm_call *call, bool is_completion)
{
	struct llm_side *side = is_completion ? &call->response : &call->request;

	if (side->text_open && call->text_fn != NULL)
		call->text_fn(call->text_arg, (enum llm_text_kind)side->text_kind,
			      is_completion ? call->choice : 0, (const uint8_t *)"\n", 1);
	side->text_open = false;
}

uint64_t
llm_side_path(const struct llm_side *side, const struct json_walk *w)
{
	if (!side->array || w->path == JSON_PATH_DEEP || w->depth == 0 || w->root != 0)
		return w->path;
	return w->path & ((UINT64_C(1) << 8 * (w->depth - 1)) - 1);
}

void
llm_side_string(struct llm_side *side, enum json_event event, const uint8_t *text, size_t len)
{
	if (event != JSON_STRING) {
		side->text_len = 0;
		return;
	}
	side->text_len = (uint16_t)span_append(side->text, side->text_len, sizeof(side->text),
					       span_of(text, len));
}
