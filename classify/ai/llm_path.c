/* Request targets of model APIs; llm_path.h is the manual. */
#include "classify/ai/llm_path.h"

/*
 * Ends of paths, the longer before the shorter where one is the end of the other. `specific`:
 * hardly anything but a model API has such a path, so a weak sign beside it is enough.
 */
static const struct {
	struct span end;
	enum llm_dialect dialect;
	enum llm_operation operation;
	bool specific;
	bool stream;
} ends[] = {
	{ SPAN_LITERAL("/chat/completions"), LLM_OPENAI_CHAT, LLM_CHAT, true, false },
	{ SPAN_LITERAL("/fim/completions"), LLM_OPENAI_COMPLETIONS, LLM_TEXT_COMPLETION, true,
	  false },
	{ SPAN_LITERAL("/agents/completions"), LLM_OPENAI_CHAT, LLM_CHAT, true, false },
	{ SPAN_LITERAL("/text/chatcompletion_v2"), LLM_OPENAI_CHAT, LLM_CHAT, true, false },
	{ SPAN_LITERAL("/completions"), LLM_OPENAI_COMPLETIONS, LLM_TEXT_COMPLETION, false, false },
	{ SPAN_LITERAL("/responses/input_tokens"), LLM_OPENAI_RESPONSES, LLM_COUNT_TOKENS, true,
	  false },
	{ SPAN_LITERAL("/responses/compact"), LLM_OPENAI_RESPONSES, LLM_CHAT, true, false },
	{ SPAN_LITERAL("/responses"), LLM_OPENAI_RESPONSES, LLM_CHAT, false, false },
	{ SPAN_LITERAL("/api/embeddings"), LLM_OLLAMA_EMBED, LLM_EMBEDDINGS, false, false },
	{ SPAN_LITERAL("/embeddings"), LLM_OPENAI_EMBEDDINGS, LLM_EMBEDDINGS, false, false },
	{ SPAN_LITERAL("/moderations"), LLM_OPENAI_MODERATIONS, LLM_MODERATION, false, false },
	{ SPAN_LITERAL("/images/generations"), LLM_OPENAI_IMAGES, LLM_IMAGE_GENERATION, true,
	  false },
	{ SPAN_LITERAL("/images/edits"), LLM_OPENAI_IMAGES, LLM_IMAGE_GENERATION, true, false },
	{ SPAN_LITERAL("/images/variations"), LLM_OPENAI_IMAGES, LLM_IMAGE_GENERATION, true,
	  false },
	{ SPAN_LITERAL("/videos"), LLM_OPENAI_VIDEOS, LLM_VIDEO_GENERATION, false, false },
	{ SPAN_LITERAL("/audio/speech"), LLM_OPENAI_AUDIO, LLM_SPEECH, true, false },
	{ SPAN_LITERAL("/audio/transcriptions"), LLM_OPENAI_AUDIO, LLM_TRANSCRIPTION, true, false },
	{ SPAN_LITERAL("/audio/translations"), LLM_OPENAI_AUDIO, LLM_TRANSCRIPTION, true, false },
	{ SPAN_LITERAL("/messages/count_tokens"), LLM_ANTHROPIC_MESSAGES, LLM_COUNT_TOKENS, true,
	  false },
	{ SPAN_LITERAL("/messages"), LLM_ANTHROPIC_MESSAGES, LLM_CHAT, false, false },
	{ SPAN_LITERAL("/v1/complete"), LLM_ANTHROPIC_COMPLETE, LLM_TEXT_COMPLETION, false, false },
	{ SPAN_LITERAL("/api/chat"), LLM_OLLAMA_CHAT, LLM_CHAT, false, false },
	{ SPAN_LITERAL("/api/generate"), LLM_OLLAMA_GENERATE, LLM_TEXT_COMPLETION, false, false },
	{ SPAN_LITERAL("/api/embed"), LLM_OLLAMA_EMBED, LLM_EMBEDDINGS, false, false },
	{ SPAN_LITERAL("/api/pull"), LLM_OLLAMA_PULL, LLM_MODEL_DOWNLOAD, false, false },
	{ SPAN_LITERAL("/v1/chat"), LLM_COHERE_CHAT, LLM_CHAT, false, false },
	{ SPAN_LITERAL("/v2/chat"), LLM_COHERE_CHAT, LLM_CHAT, false, false },
	{ SPAN_LITERAL("/v1/embed"), LLM_COHERE_EMBED, LLM_EMBEDDINGS, false, false },
	{ SPAN_LITERAL("/v2/embed"), LLM_COHERE_EMBED, LLM_EMBEDDINGS, false, false },
	{ SPAN_LITERAL("/embed"), LLM_HUGGINGFACE, LLM_EMBEDDINGS, false, false },
	{ SPAN_LITERAL("/ocr"), LLM_MISTRAL_OCR, LLM_OCR, false, false },
	{ SPAN_LITERAL("/aigc/text-generation/generation"), LLM_DASHSCOPE, LLM_CHAT, true, false },
	{ SPAN_LITERAL("/aigc/multimodal-generation/generation"), LLM_DASHSCOPE, LLM_CHAT, true,
	  false },
	{ SPAN_LITERAL("/embeddings/text-embedding/text-embedding"), LLM_DASHSCOPE, LLM_EMBEDDINGS,
	  true, false },
	{ SPAN_LITERAL("/rerank/text-rerank/text-rerank"), LLM_DASHSCOPE, LLM_RERANKING, true,
	  false },
	{ SPAN_LITERAL("/actions/chat"), LLM_OCI, LLM_CHAT, false, false },
	{ SPAN_LITERAL("/actions/embedText"), LLM_OCI, LLM_EMBEDDINGS, false, false },
	{ SPAN_LITERAL("/speech-to-text"), LLM_ELEVENLABS, LLM_TRANSCRIPTION, false, false },
	{ SPAN_LITERAL("/v1/listen"), LLM_DEEPGRAM, LLM_TRANSCRIPTION, false, false },
	{ SPAN_LITERAL("/v1/speak"), LLM_DEEPGRAM, LLM_SPEECH, false, false },
	{ SPAN_LITERAL("/interactions"), LLM_GEMINI_INTERACTIONS, LLM_CHAT, false, false },
	{ SPAN_LITERAL("/rerank"), LLM_RERANK, LLM_RERANKING, false, false },
	{ SPAN_LITERAL("/generate_stream"), LLM_TGI_GENERATE, LLM_TEXT_COMPLETION, false, true },
	{ SPAN_LITERAL("/generate"), LLM_TGI_GENERATE, LLM_TEXT_COMPLETION, false, false },
	{ SPAN_LITERAL("/completion"), LLM_LLAMACPP_COMPLETION, LLM_TEXT_COMPLETION, false, false },
	{ SPAN_LITERAL("/infill"), LLM_LLAMACPP_COMPLETION, LLM_TEXT_COMPLETION, false, false },
	{ SPAN_LITERAL("/invocations"), LLM_INVOCATIONS, LLM_OPERATION_UNKNOWN, false, false },
	{ SPAN_LITERAL("/inference:complete"), LLM_OPENAI_CHAT, LLM_CHAT, true, false },
};

/* What follows a model's name: /models/<name>:verb, /model/<name>/verb, /v2/models/<name>/verb. */
static const struct {
	struct span verb;
	enum llm_dialect dialect;
	enum llm_operation operation;
	bool specific;
	bool stream;
} verbs[] = {
	{ SPAN_LITERAL(":generateContent"), LLM_GEMINI_GENERATE, LLM_GENERATE_CONTENT, true,
	  false },
	{ SPAN_LITERAL(":streamGenerateContent"), LLM_GEMINI_GENERATE, LLM_GENERATE_CONTENT, true,
	  true },
	{ SPAN_LITERAL(":embedContent"), LLM_GEMINI_EMBED, LLM_EMBEDDINGS, true, false },
	{ SPAN_LITERAL(":batchEmbedContents"), LLM_GEMINI_EMBED, LLM_EMBEDDINGS, true, false },
	{ SPAN_LITERAL(":predictLongRunning"), LLM_VERTEX_PREDICT, LLM_VIDEO_GENERATION, false,
	  false },
	{ SPAN_LITERAL(":predict"), LLM_VERTEX_PREDICT, LLM_OPERATION_UNKNOWN, false, false },
	{ SPAN_LITERAL(":rawPredict"), LLM_VERTEX_PREDICT, LLM_CHAT, false, false },
	{ SPAN_LITERAL(":streamRawPredict"), LLM_VERTEX_PREDICT, LLM_CHAT, true, true },
	{ SPAN_LITERAL("/converse"), LLM_BEDROCK_CONVERSE, LLM_CHAT, true, false },
	{ SPAN_LITERAL("/converse-stream"), LLM_BEDROCK_CONVERSE, LLM_CHAT, true, true },
	{ SPAN_LITERAL("/invoke"), LLM_BEDROCK_INVOKE, LLM_OPERATION_UNKNOWN, false, false },
	{ SPAN_LITERAL("/invoke-with-response-stream"), LLM_BEDROCK_INVOKE, LLM_OPERATION_UNKNOWN,
	  true, true },
	{ SPAN_LITERAL("/generate"), LLM_TRITON_GENERATE, LLM_TEXT_COMPLETION, true, false },
	{ SPAN_LITERAL("/generate_stream"), LLM_TRITON_GENERATE, LLM_TEXT_COMPLETION, true, true },
	{ SPAN_LITERAL("/infer"), LLM_KSERVE_INFER, LLM_INFER, false, false },
};

/*
 * Segments (or verbs) of things that model hosts also do, and that are no calls; by their length,
 * as each segment of every request is held against them.
 */
enum { NO_CALL_LONGEST = 16, NO_CALLS_ALIKE = 6 };
static const char *const no_calls[NO_CALL_LONGEST + 1][NO_CALLS_ALIKE] = {
	[4] = { "jobs" },
	[5] = { "files", "evals", "token" },
	[6] = { "traces", "skills", "schema" },
	[7] = { "uploads", "threads", "batches", "indexes", "graphql", "vectors" },
	[8] = { "realtime", "tokenize" },
	[9] = { "guardrail" },
	[10] = { "assistants", "containers", "detokenize" },
	[11] = { "fine_tuning", "predictions", "collections" },
	[12] = { "organization", "count-tokens", "async-invoke" },
	[13] = { "vector_stores", "conversations" },
	[14] = { "cachedContents" },
	[16] = { "fileSearchStores" },
};

/* The last byte first: it tells most of them apart. */
static inline bool
ends_so(struct span s, struct span end)
{
	return s.len >= end.len && s.p[s.len - 1] == (uint8_t)end.p[end.len - 1] &&
	       memcmp(s.p + s.len - end.len, end.p, end.len) == 0;
}

static bool
ends_with(struct span s, const char *end)
{
	return ends_so(s, span_of(end, strlen(end)));
}

static struct span
without_query(struct span path)
{
	for (const char *mark = "?#"; *mark != '\0' && path.len != 0; mark++) {
		const uint8_t *at = memchr(path.p, *mark, path.len);

		if (at != NULL)
			path.len = (size_t)(at - path.p);
	}
	while (path.len > 1 && path.p[path.len - 1] == '/')
		path.len--;
	return path;
}

/* A path without its query. Segments begin with `letters`, by which most of what is looked for is
 * not there. */
struct path {
	struct span s;
	uint64_t letters;
};

static uint64_t
bit_of(uint8_t letter)
{
	return 1ull << (letter % 64);
}

static struct path
path_of(struct span target)
{
	struct path path = { .s = without_query(target) };

	for (size_t i = 1; i < path.s.len; i++) {
		if (path.s.p[i - 1] == '/')
			path.letters |= bit_of(path.s.p[i]);
	}
	return path;
}

/* The last place of needle, as the offset behind it, or 0. */
static size_t
behind_last(struct span s, const char *needle)
{
	size_t len = strlen(needle);
	size_t left = s.len < len ? 0 : s.len - len + 1; /* where it can begin */

	while (left != 0) {
		const uint8_t *at = memrchr(s.p, needle[0], left);

		if (at == NULL)
			break;
		if (memcmp(at, needle, len) == 0)
			return (size_t)(at - s.p) + len;
		left = (size_t)(at - s.p);
	}
	return 0;
}

/* RFC 3986 section 2.1. What decodes to a control character is left out. */
static void
decode_name(struct span name, char *model, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < name.len && n < cap - 1; i++) {
		uint8_t c = name.p[i];

		if (c == '%' && name.len - i > 2) {
			int high = hex_value(name.p[i + 1]);
			int low = hex_value(name.p[i + 2]);

			if (high >= 0 && low >= 0) {
				c = (uint8_t)(high << 4 | low);
				i += 2;
			}
		}
		if (c >= 0x20 && c != 0x7f)
			model[n++] = (char)c;
	}
	model[n] = '\0';
}

/* The same of whole segments, "/models/". */
static size_t
behind(const struct path *path, const char *segments)
{
	if ((path->letters & bit_of((uint8_t)segments[1])) == 0)
		return 0;
	return behind_last(path->s, segments);
}

/* The segment behind others, up to the next slash or the colon of a verb. */
static struct span
segment_behind(const struct path *path, const char *segments)
{
	size_t from = behind(path, segments);
	size_t to = from;

	while (from != 0 && to < path->s.len && path->s.p[to] != '/')
		to++;
	return span_of(path->s.p + from, to - from);
}

/* Behind a slash: where a model is named, else where an endpoint of Vertex AI is, by its number. */
static size_t
behind_name(const struct path *path, bool *is_model)
{
	static const char *const names[] = { "/models/", "/model/", "/tunedModels/" };

	*is_model = true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t from = behind(path, names[i]);

		if (from != 0)
			return from;
	}
	*is_model = false;
	return behind(path, "/endpoints/");
}

static bool
find_verb(const struct path *path, struct llm_target *t, char *model, size_t cap)
{
	struct span rest = path->s;
	bool is_model;
	size_t from = behind_name(path, &is_model);

	if (from == 0 && (rest.len == 0 || memchr(rest.p, ':', rest.len) == NULL))
		return false;
	rest.p += from;
	rest.len -= from;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (rest.len <= verbs[i].verb.len || !ends_so(rest, verbs[i].verb))
			continue;
		/* Wherever else it stands, only a verb that hardly anything else has counts. */
		if (!is_model && verbs[i].verb.p[0] != ':')
			continue;
		if (from == 0 && !verbs[i].specific)
			continue;
		t->dialect = verbs[i].dialect;
		t->operation = verbs[i].operation;
		t->specific = verbs[i].specific;
		t->stream = verbs[i].stream;
		t->hint = true;
		rest.len -= verbs[i].verb.len;
		if (!is_model)
			return true;
		if (span_is(rest, "count-tokens")) { /* Claude behind Vertex AI, of any model */
			t->operation = LLM_COUNT_TOKENS;
			return true;
		}
		t->names_model = true;
		if (t->dialect == LLM_TRITON_GENERATE || t->dialect == LLM_KSERVE_INFER)
			rest = segment_behind(path, "/models/"); /* a version may follow */
		decode_name(rest, model, cap);
		return true;
	}
	return false;
}

/* Which of the ends have that last byte. */
static uint64_t ends_by_last[256];
_Static_assert(sizeof(ends) / sizeof(ends[0]) <= 64, "a bit for each end");

__attribute__((constructor)) static void
fill_ends_by_last(void)
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		ends_by_last[ends[i].end.p[ends[i].end.len - 1]] |= 1ull << i;
}

static bool
find_end(struct span path, struct llm_target *t)
{
	uint64_t left = path.len == 0 ? 0 : ends_by_last[path.p[path.len - 1]];

	for (; left != 0; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzll(left);

		if (!ends_so(path, ends[i].end))
			continue;
		t->dialect = ends[i].dialect;
		t->operation = ends[i].operation;
		t->specific = ends[i].specific;
		t->stream = ends[i].stream;
		t->hint = true;
		return true;
	}
	return false;
}

static bool
is_no_call(struct span segment)
{
	if (segment.len == 0 || segment.len > NO_CALL_LONGEST)
		return false;
	for (size_t i = 0; i < NO_CALLS_ALIKE && no_calls[segment.len][i] != NULL; i++) {
		const char *word = no_calls[segment.len][i];

		if (segment.p[0] == (uint8_t)word[0] && memcmp(segment.p, word, segment.len) == 0)
			return true;
	}
	return false;
}

static bool
names_no_call(struct span path)
{
	size_t start = 0;

	for (size_t i = 0; i <= path.len; i++) {
		if (i < path.len && path.p[i] != '/' && path.p[i] != ':')
			continue;
		if (is_no_call(span_of(path.p + start, i - start)))
			return true;
		start = i + 1;
	}
	return ends_with(path, ":countTokens");
}

/* The value of a query's `model`, up to the next parameter. */
static void
model_of_query(struct span path, char *model, size_t cap)
{
	size_t from = behind_last(path, "?model=");

	if (from == 0)
		from = behind_last(path, "&model=");
	if (from == 0)
		from = behind_last(path, "&deployment=");
	if (from == 0)
		from = behind_last(path, "?deployment=");
	if (from == 0)
		return;

	struct span value = span_of(path.p + from, path.len - from);
	const uint8_t *end = memchr(value.p, '&', value.len);

	decode_name(end == NULL ? value : span_of(value.p, (size_t)(end - value.p)), model, cap);
}

static bool
find_realtime(struct span path, struct span plain, struct llm_target *t, char *model, size_t cap)
{
	if (ends_with(plain, "/realtime"))
		t->dialect = LLM_OPENAI_REALTIME;
	else if (ends_with(plain, "BidiGenerateContent"))
		t->dialect = LLM_GEMINI_LIVE;
	else
		return false;
	t->operation = LLM_CHAT;
	t->realtime = true;
	model_of_query(path, model, cap);
	t->names_model = model[0] != '\0';
	return true;
}

/* Azure and Databricks name the deployment: it stands for the model until a body says better. */
static void
find_deployment(const struct path *path, struct llm_target *t, char *model, size_t cap)
{
	struct span name = segment_behind(path, "/deployments/");

	if (name.len == 0)
		name = segment_behind(path, "/serving-endpoints/");
	if (name.len == 0 || span_is(name, "chat"))
		return;
	t->names_model = true;
	decode_name(name, model, cap);
}

/*
 * Mistral's conversations: begun, or gone on with by their id. Others keep theirs at such a path,
 * OpenAI does: it is a call by what is asked and answered.
 */
static bool
find_conversation(const struct path *path, struct llm_target *t)
{
	struct span id = segment_behind(path, "/conversations/");

	if (!ends_with(path->s, "/v1/conversations") &&
	    (id.len == 0 || id.p + id.len != path->s.p + path->s.len))
		return false;
	t->dialect = LLM_MISTRAL_CONVERSATIONS;
	t->operation = LLM_CHAT;
	t->hint = true;
	return true;
}

/* Cloudflare's names begin with an at sign: /ai/run/@cf/meta/llama-3, and so at its gateway. */
static bool
find_workers_ai(struct span path, struct llm_target *t, char *model, size_t cap)
{
	size_t from;

	if (path.len == 0 || memchr(path.p, '@', path.len) == NULL) /* as most paths */
		return false;
	from = behind_last(path, "/ai/run/@");
	if (from == 0)
		from = behind_last(path, "/workers-ai/@");
	if (from == 0)
		return false;
	t->dialect = LLM_WORKERS_AI;
	t->hint = t->specific = t->names_model = true;
	decode_name(span_of(path.p + from - 1, path.len - from + 1), model, cap);
	return true;
}

/*
 * Hugging Face's: a model, named by its owner and itself, and perhaps what is wanted of it. What
 * else follows is the path of another dialect.
 */
static bool
find_hub_model(const struct path *path, struct llm_target *t, char *model, size_t cap)
{
	static const char wanted[] = "/pipeline/";
	size_t from = behind(path, "/hf-inference/models/");
	struct span name = span_of(path->s.p + from, path->s.len - from);
	const uint8_t *task, *slash;

	if (from == 0)
		return false;
	task = memmem(name.p, name.len, wanted, sizeof(wanted) - 1);
	if (task != NULL) {
		if (ends_with(path->s, "/feature-extraction"))
			t->operation = LLM_EMBEDDINGS;
		name.len = (size_t)(task - name.p);
	}
	slash = memchr(name.p, '/', name.len);
	if (slash != NULL && memchr(slash + 1, '/', (size_t)(name.p + name.len - slash) - 1))
		return false;
	t->dialect = LLM_HUGGINGFACE;
	t->hint = t->names_model = true;
	decode_name(name, model, cap);
	return true;
}

struct llm_target
llm_path_classify(struct span path, char *model, size_t cap)
{
	struct llm_target t = { .dialect = LLM_DIALECT_UNKNOWN };
	struct path plain = path_of(path);

	model[0] = '\0';
	if (find_realtime(path, plain.s, &t, model, cap))
		return t;
	if (find_verb(&plain, &t, model, cap))
		return t;
	if (find_conversation(&plain, &t) || find_hub_model(&plain, &t, model, cap) ||
	    find_workers_ai(plain.s, &t, model, cap))
		return t;
	if (find_end(plain.s, &t))
		find_deployment(&plain, &t, model, cap);
	else if (segment_behind(&plain, "/text-to-speech/").len != 0) /* a voice, perhaps a verb */
		t = (struct llm_target) { .dialect = LLM_ELEVENLABS,
					  .operation = LLM_SPEECH,
					  .hint = true };
	if (t.dialect == LLM_DEEPGRAM) {
		model_of_query(path, model, cap);
		t.names_model = model[0] != '\0';
	}
	if (!t.hint && segment_behind(&plain, "/responses/").len != 0) {
		size_t id = behind(&plain, "/responses/");

		t.dialect = LLM_OPENAI_RESPONSES;
		t.operation = LLM_RESPONSE_FETCH;
		/* Behind an id: it is cancelled, what was asked is listed. */
		t.stored = memchr(plain.s.p + id, '/', plain.s.len - id) == NULL;
		t.no_call = !t.stored;
	}
	t.no_call = t.no_call || (!t.specific && names_no_call(plain.s));
	return t;
}

struct span
llm_path_version(struct span path)
{
	struct path plain = path_of(path);

	return segment_behind(&plain, "/versions/");
}
