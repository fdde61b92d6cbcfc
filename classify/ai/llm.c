/* One exchange that may be a model call; llm.h is the manual. */
#include "classify/ai/llm.h"

#include "classify/ai/batch.h"
#include "classify/ai/copy_text.h"
#include "classify/ai/llm_path.h"
#include "classify/ai/llm_read.h"
#include "classify/ai/llm_words.h"
#include "classify/ai/signature.h"
#include "classify/ai/vector.h"

void
llm_begin(struct llm_call *call, const struct provider_catalogue *catalogue)
{
	/* What comes from there on is written before it is read. */
	memset(call, 0, offsetof(struct llm_call, facts.finish_reasons));
	call->catalogue = catalogue;
}

void
llm_set_text(struct llm_call *call, llm_text_fn *fn, void *arg)
{
	call->text_fn = fn;
	call->text_arg = arg;
}

static void
host_seen(struct llm_call *call, struct span host)
{
	const struct provider *p = provider_by_host(call->catalogue, host);

	if (p == NULL)
		return;
	call->host_name = p->name;
	call->host_kind = p->kind;
	if (p->kind == PROVIDER_MODEL)
		call->facts.detected_by = LLM_BY_HOST;
	if (p->kind == PROVIDER_MODEL || p->kind == PROVIDER_PLATFORM)
		call->facts.provider = p->name;
}

/* The authority of an absolute target (RFC 9112 section 3.2.2). */
static struct span
authority_of(struct span target)
{
	const uint8_t *end = target.p + target.len;

	if (!span_starts(target, "http://") && !span_starts(target, "https://"))
		return span_of(NULL, 0);

	const uint8_t *from = target.p + (target.p[4] == 's' ? 8 : 7);
	const uint8_t *p = from;

	while (p < end && *p != '/' && *p != '?')
		p++;
	return span_of(from, (size_t)(p - from));
}

void
llm_request_line(struct llm_call *call, struct span method, struct span host, struct span path)
{
	const struct path_tail tail = path_tail_of(path);
	struct llm_facts *facts = &call->facts;

	if (host.len == 0)
		host = authority_of(path);
	if (host.len != 0)
		host_seen(call, host);
	call->request_seen = true;
	call->method_post = span_is(method, "POST");
	call->method_get = span_is(method, "GET");
	if (vector_request_line(call, method, &tail) || batch_request_line(call, method, &tail))
		return;
	call->target = llm_path_classify(path, facts->request_model, LLM_MODEL_CAP);
	if (call->target.stored && !call->method_get) { /* no id, but a gateway's verb */
		call->target.stored = false;
		call->target.operation = LLM_CHAT;
	}
	facts->dialect = call->target.dialect;
	facts->operation = call->target.operation;
	if (call->target.names_model)
		call->signs |= LLM_SIGN_PATH_MODEL;
	if (llm_names_version(facts))
		copy_text(facts->model_version, LLM_VERSION_CAP, llm_path_version(path));
	/* Ollama streams unless it is told not to. */
	call->asked_stream = call->target.stream || facts->dialect == LLM_OLLAMA_CHAT ||
			     facts->dialect == LLM_OLLAMA_GENERATE;
}

static bool
starts_nocase(struct span s, const char *start)
{
	size_t len = strlen(start);

	return s.len >= len && span_is_nocase(span_of(s.p, len), start);
}

static bool
contains_nocase(struct span s, const char *text)
{
	for (; s.len != 0; s.p++, s.len--) {
		if (starts_nocase(s, text))
			return true;
	}
	return false;
}

/*
 * Header names that only clients of model APIs send. x-stainless-* is none of them: clients of any
 * API are generated with it; neither is x-goog-api-key, which all of Google's have.
 */
static bool
header_is_sign(struct span name)
{
	static const struct span starts[] = {
		SPAN_LITERAL("anthropic-"), SPAN_LITERAL("openai-"),   SPAN_LITERAL("x-litellm-"),
		SPAN_LITERAL("x-portkey-"), SPAN_LITERAL("helicone-"), SPAN_LITERAL("cf-aig-"),
	};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		size_t n = 0;

		while (n < starts[i].len && n < name.len &&
		       ascii_lower(name.p[n]) == starts[i].p[n])
			n++;
		if (n == starts[i].len)
			return true;
	}
	return false;
}

void
llm_request_header(struct llm_call *call, const struct http_field *f)
{
	switch (f->is) {
	case HTTP_FIELD_HOST:
		if (call->host_name == NULL)
			host_seen(call, f->value);
		break;
	case HTTP_FIELD_CONTENT_TYPE:
		call->request_json = contains_nocase(f->value, "json");
		call->request_multipart = starts_nocase(f->value, "multipart/");
		break;
	case HTTP_FIELD_ANTHROPIC_VERSION:
		call->header_sign = true;
		if (call->facts.dialect == LLM_DIALECT_UNKNOWN)
			call->facts.dialect = LLM_ANTHROPIC_MESSAGES;
		else if (call->facts.dialect == LLM_OPENAI_FILES)
			call->facts.dialect = LLM_ANTHROPIC_FILES;
		break;
	case HTTP_FIELD_OTHER:
		call->header_sign = call->header_sign || header_is_sign(f->name);
		break;
	default:
		break;
	}
}

static const struct json_vocabulary *
vocabulary_of(const struct llm_call *call)
{
	return call->target.vector ? &vector_vocabulary : &llm_vocabulary;
}

void
llm_request_body(struct llm_call *call, const uint8_t *data, size_t len)
{
	struct llm_side *side = &call->request;

	if (len == 0)
		return;
	if (side->body == LLM_BODY_NONE) {
		/* Content types lie; what is no JSON ends the walk with its first byte. */
		side->body = call->request_multipart ? LLM_BODY_OTHER : LLM_BODY_JSON;
		json_walk_init(&side->walk, vocabulary_of(call), llm_request_event, call);
	}
	if (side->body == LLM_BODY_JSON)
		json_walk_push(&side->walk, data, len);
}

/* Each line of a file is a JSON value of its own; one that is broken or cut costs only itself. */
static void
restart_request(struct llm_call *call)
{
	struct llm_side *side = &call->request;

	json_walk_init(&side->walk, vocabulary_of(call), llm_request_event, call);
	side->array = false;
	side->text_len = 0;
	side->arguments_at = side->schema_at = 0;
}

typedef void restart_fn(struct llm_call *call);

static void
push_lines(struct llm_call *call, struct llm_side *side, restart_fn *restart, const uint8_t *data,
	   size_t len)
{
	while (len != 0) {
		const uint8_t *lf = memchr(data, '\n', len);
		size_t n = lf == NULL ? len : (size_t)(lf - data) + 1;

		if (!side->skip_line)
			json_walk_push(&side->walk, data, n);
		if (lf != NULL) {
			restart(call);
			side->skip_line = false;
		}
		data += n;
		len -= n;
	}
}

/* Sound, image edits and videos: their path is made for a form. */
static bool
takes_form(const struct llm_call *call)
{
	switch (call->facts.dialect) {
	case LLM_OPENAI_AUDIO:
	case LLM_OPENAI_IMAGES:
	case LLM_OPENAI_VIDEOS:
	case LLM_ELEVENLABS:
		return true;
	default:
		return false;
	}
}

static bool
names_model(const struct llm_call *call, struct span field)
{
	return !call->target.batch &&
	       (span_is(field, "model") ||
		(span_is(field, "model_id") && call->facts.dialect == LLM_ELEVENLABS));
}

void
llm_request_part(struct llm_call *call, struct span name, bool file)
{
	struct llm_side *side = &call->request;

	side->body = LLM_BODY_OTHER;
	side->part = LLM_PART_OTHER;
	side->text_len = 0;
	if (names_model(call, name) && !file) {
		side->part = LLM_PART_MODEL;
	} else if (span_is(name, "prompt") && !file &&
		   (takes_form(call) || call->facts.detected_by == LLM_BY_HOST)) {
		side->part = LLM_PART_TEXT;
		call->prompt_named = true;
	} else if (call->target.operation == LLM_FILE_UPLOAD) {
		if (span_is(name, "purpose") && !file)
			side->part = LLM_PART_PURPOSE;
		else if (span_is(name, "file"))
			side->part = LLM_PART_FILE;
	}
	if (side->part == LLM_PART_FILE) {
		batch_file(call);
		restart_request(call);
		side->skip_line = false;
	}
}

void
llm_request_part_body(struct llm_call *call, const uint8_t *data, size_t len)
{
	struct llm_side *side = &call->request;

	if (len == 0)
		return;
	if (side->part == LLM_PART_FILE)
		side->part = data[0] == '{' ? LLM_PART_LINES : LLM_PART_OTHER;
	if (side->part == LLM_PART_LINES)
		push_lines(call, side, restart_request, data, len);
	else if (side->part == LLM_PART_TEXT)
		llm_text(call, LLM_TEXT_USER, data, len);
	else if (side->part == LLM_PART_MODEL || side->part == LLM_PART_PURPOSE)
		llm_side_string(side, JSON_STRING, data, len);
}

void
llm_request_part_end(struct llm_call *call)
{
	struct llm_side *side = &call->request;
	struct span text = span_of(side->text, side->text_len);

	if (side->part == LLM_PART_PURPOSE)
		batch_purpose(call, text);
	else if (side->part == LLM_PART_MODEL && text.len != 0)
		llm_set_model(call, call->facts.request_model, text);
	else if (side->part == LLM_PART_LINES && !side->skip_line)
		(void)json_walk_end(&side->walk);
	else if (side->part == LLM_PART_TEXT)
		llm_text_gap(call, false);
	side->part = LLM_PART_NONE;
	side->text_len = 0;
}

bool
llm_reads_part(const struct llm_call *call, uint8_t first)
{
	return call->request.part == LLM_PART_FILE && first == '{' && llm_is_likely(call);
}

void
llm_request_gap(struct llm_call *call)
{
	if (call->request.part == LLM_PART_LINES) {
		restart_request(call);
		call->request.skip_line = true;
		return;
	}
	call->request.walk.broken = true;
	if (call->request.body == LLM_BODY_NONE)
		call->request.body = LLM_BODY_OTHER;
}

/* What is asked for in a dialect that has one operation; else it stays unknown. */
static enum llm_operation
operation_of(enum llm_dialect dialect)
{
	switch (dialect) {
	case LLM_OPENAI_CHAT:
	case LLM_OPENAI_RESPONSES:
	case LLM_ANTHROPIC_MESSAGES:
	case LLM_BEDROCK_CONVERSE:
	case LLM_OLLAMA_CHAT:
		return LLM_CHAT;
	case LLM_OPENAI_COMPLETIONS:
	case LLM_OLLAMA_GENERATE:
		return LLM_TEXT_COMPLETION;
	case LLM_GEMINI_GENERATE:
		return LLM_GENERATE_CONTENT;
	case LLM_OPENAI_EMBEDDINGS:
		return LLM_EMBEDDINGS;
	default:
		return LLM_OPERATION_UNKNOWN;
	}
}

/* What the bodies say where the path was silent or served several dialects. */
static void
settle_dialect(struct llm_call *call)
{
	struct llm_facts *facts = &call->facts;
	uint32_t signs = call->signs;

	if (call->target.vector)
		return;
	if ((facts->dialect == LLM_COHERE_CHAT || facts->dialect == LLM_OLLAMA_CHAT) &&
	    call->marked == LLM_OPENAI_CHAT)
		facts->dialect = LLM_OPENAI_CHAT; /* others use their paths for that */
	if (facts->dialect == LLM_DIALECT_UNKNOWN && call->marked != LLM_DIALECT_UNKNOWN &&
	    !call->websocket) {
		facts->dialect = call->marked;
		facts->operation = operation_of(call->marked);
	} else if (facts->dialect == LLM_DIALECT_UNKNOWN && call->websocket) {
		if ((signs & LLM_SIGN_MARKER) != 0) {
			facts->dialect = LLM_OPENAI_REALTIME;
			facts->operation = LLM_CHAT;
		}
	} else if (facts->dialect == LLM_DIALECT_UNKNOWN) {
		if ((signs & LLM_SIGN_PARTS) != 0)
			facts->dialect = LLM_GEMINI_GENERATE;
		else if ((signs & LLM_SIGN_ROLES) != 0)
			facts->dialect = LLM_OPENAI_CHAT;
		else if ((signs & LLM_SIGN_PROMPT) != 0 && (signs & LLM_SIGN_LIMIT) != 0)
			facts->dialect = (signs & LLM_SIGN_MODEL) != 0 ? LLM_OPENAI_COMPLETIONS
								       : LLM_TGI_GENERATE;
	}
	if (facts->operation != LLM_OPERATION_UNKNOWN)
		return;
	if ((signs & LLM_SIGN_EMBEDDING) != 0)
		facts->operation = LLM_EMBEDDINGS;
	else if (facts->dialect == LLM_VERTEX_PREDICT ||
		 (facts->dialect == LLM_INVOCATIONS && (signs & LLM_SIGN_SCORES) != 0) ||
		 (facts->dialect == LLM_HUGGINGFACE &&
		  (signs & (LLM_SIGN_CHOICES | LLM_SIGN_LIMIT)) == 0))
		facts->operation = LLM_INFER;
	else if ((signs & LLM_SIGN_PARTS) != 0)
		facts->operation = LLM_GENERATE_CONTENT;
	else if ((signs & LLM_SIGN_ROLES) != 0)
		facts->operation = LLM_CHAT;
	else if ((signs & (LLM_SIGN_LIMIT | LLM_SIGN_CHOICES)) != 0 ||
		 ((signs & LLM_SIGN_PROMPT) != 0 && /* of no model: for a picture, say */
		  ((signs & LLM_SIGN_MODEL) != 0 || facts->dialect != LLM_DIALECT_UNKNOWN)))
		facts->operation = LLM_TEXT_COMPLETION;
}

/* Its path alone says nothing: others speak to /api/chat as well. NULL: nobody known. */
static const char *
engine_by_answer(const struct llm_call *call)
{
	switch (call->facts.dialect) {
	case LLM_OLLAMA_CHAT:
	case LLM_OLLAMA_GENERATE:
		return call->marked == LLM_OLLAMA_CHAT || call->marked == LLM_OLLAMA_GENERATE
			   ? "ollama"
			   : NULL;
	case LLM_OLLAMA_EMBED:
		return call->marked == LLM_DIALECT_UNKNOWN &&
			       (call->signs & LLM_SIGN_EMBEDDING) != 0
			   ? "ollama"
			   : NULL;
	case LLM_OLLAMA_PULL:
		return (call->signs & LLM_SIGN_MARKER) != 0 ? "ollama" : NULL;
	case LLM_TRITON_GENERATE:
		return (call->signs & LLM_SIGN_CHOICES) != 0 ? "triton" : NULL;
	default:
		return NULL;
	}
}

/* A server that gave itself away stands for the provider where no host of the catalogue does. */
static void
settle_provider(struct llm_call *call)
{
	struct llm_facts *facts = &call->facts;

	if (call->target.vector) {
		bool known = call->host_name != NULL && call->host_kind == PROVIDER_VECTOR_STORE;

		facts->detected_by = known ? LLM_BY_HOST : LLM_BY_PAYLOAD;
		facts->provider = known ? call->host_name : vector_provider(call);
		facts->request_stream = false;
		return;
	}
	if (facts->engine == NULL)
		facts->engine = engine_by_answer(call);
	if (facts->provider != NULL || facts->engine == NULL)
		return;
	if (strcmp(facts->engine, "ollama") == 0 || strcmp(facts->engine, "vllm") == 0)
		facts->provider = facts->engine;
}

/* Both messages are over, or what there was of them. */
static void
settle(struct llm_call *call)
{
	if (call->response_seen)
		call->facts.request_stream = call->response_is_stream;
	call->facts.complete = call->request_whole && call->response_whole;
	if (call->target.batch) {
		batch_settle(call);
		return;
	}
	settle_dialect(call);
	settle_provider(call);
	llm_settle_usage(call);
	llm_estimate_tokens(call);
}

void
llm_request_end(struct llm_call *call, bool complete)
{
	if (call->request.body == LLM_BODY_OTHER && takes_form(call))
		call->signs |= LLM_SIGN_PROMPT;
	call->request_ended = true;
	call->request_whole = complete;
	if (!call->response_seen)
		call->facts.request_stream = call->asked_stream;
	/* Behind its answer: two ports, one direction each. */
	if (call->ended && call->request_seen)
		settle(call);
}

void
llm_response_status(struct llm_call *call, unsigned status)
{
	call->facts.status = status;
	call->response_seen = true;
}

/* A picture or sound is the answer; where no path says what was asked for, that does. */
static void
media_answer(struct llm_call *call, struct span type)
{
	struct llm_facts *facts = &call->facts;

	call->response.body = LLM_BODY_OTHER;
	if ((facts->dialect != LLM_HUGGINGFACE && facts->dialect != LLM_DIALECT_UNKNOWN) ||
	    facts->operation != LLM_OPERATION_UNKNOWN)
		return;
	if (starts_nocase(type, "image/"))
		facts->operation = LLM_IMAGE_GENERATION;
	else if (starts_nocase(type, "audio/"))
		facts->operation = LLM_SPEECH;
}

static void
response_content_type(struct llm_call *call, struct span value)
{
	struct llm_side *side = &call->response;

	if (side->body != LLM_BODY_NONE)
		return;
	if (starts_nocase(value, "text/event-stream")) {
		side->body = LLM_BODY_SSE;
	} else if (starts_nocase(value, "application/vnd.amazon.eventstream")) {
		side->body = LLM_BODY_AWS;
	} else if (starts_nocase(value, "application/json")) {
		side->body = LLM_BODY_JSON;
	} else if (starts_nocase(value, "application/x-ndjson") ||
		   starts_nocase(value, "application/jsonl")) {
		side->body = LLM_BODY_JSON;
		call->response_is_stream = true;
	} else if (starts_nocase(value, "audio/") || starts_nocase(value, "image/") ||
		   starts_nocase(value, "video/")) {
		media_answer(call, value);
	}
}

static void
engine_seen(struct llm_call *call, const struct http_field *f)
{
	const char *engine;

	if (f->is == HTTP_FIELD_SERVER)
		call->uvicorn = starts_nocase(f->value, "uvicorn");
	engine = signature_engine(call->catalogue, f->name, f->value);
	if (engine != NULL)
		call->facts.engine = engine;
}

static void
usage_header(struct llm_call *call, const struct http_field *f)
{
	struct llm_count *count = NULL;
	uint64_t n;

	if (f->is == HTTP_FIELD_X_PROMPT_TOKENS ||
	    f->is == HTTP_FIELD_X_AMZN_BEDROCK_INPUT_TOKEN_COUNT)
		count = &call->facts.input_tokens;
	else if (f->is == HTTP_FIELD_X_GENERATED_TOKENS ||
		 f->is == HTTP_FIELD_X_AMZN_BEDROCK_OUTPUT_TOKEN_COUNT)
		count = &call->facts.output_tokens;
	if (count != NULL && json_whole_number(f->value.p, f->value.len, &n))
		llm_set_count(call, count, n);
}

void
llm_response_header(struct llm_call *call, const struct http_field *f)
{
	if (f->is == HTTP_FIELD_CONTENT_TYPE) {
		response_content_type(call, f->value);
		return;
	}
	engine_seen(call, f);
	usage_header(call, f);
}

/* Each event of a stream is a JSON value of its own; a broken one costs only itself. */
static void
restart_walk(struct llm_call *call)
{
	struct llm_side *side = &call->response;

	llm_flush_held(call); /* of an event that was cut */
	json_walk_init(&side->walk, vocabulary_of(call), llm_response_event, call);
	side->array = false;
	call->choice = call->next_choice = 0;
	call->held_over = false;
	side->text_len = 0;
	side->arguments_at = 0;
	side->item_is_tool = false;
	side->delta_is_call = side->delta_is_data = side->item_again = false;
	batch_line_lost(call);
}

static void
sse_piece(void *arg, const struct sse *s, enum sse_event event, const uint8_t *text, size_t len)
{
	struct llm_call *call = arg;

	(void)s;
	if (event == SSE_DATA)
		llm_repeat_data(call, text, len);
	else if (!llm_repeat_end(call))
		restart_walk(call);
}

static void
aws_piece(void *arg, const struct aws_eventstream *s, enum aws_event event, const uint8_t *text,
	  size_t len)
{
	struct llm_call *call = arg;

	(void)s;
	if (event == AWS_DATA)
		json_walk_push(&call->response.walk, text, len);
	else
		restart_walk(call);
}

/* No content type said it: an answer that starts like an event is a stream of events. */
static void
response_body_start(struct llm_call *call, uint8_t first)
{
	struct llm_side *side = &call->response;

	if (side->body == LLM_BODY_NONE)
		side->body =
		    first == 'd' || first == 'e' || first == ':' ? LLM_BODY_SSE : LLM_BODY_JSON;
	if (call->target.batch) {
		bool json = side->body == LLM_BODY_JSON && (first == '{' || !batch_has_lines(call));

		call->response_is_stream = false;
		side->body = json ? LLM_BODY_JSON : LLM_BODY_OTHER;
	}
	restart_walk(call);
	if (side->body == LLM_BODY_SSE) {
		sse_init(&call->frames.sse, sse_piece, call);
		call->response_is_stream = true;
	} else if (side->body == LLM_BODY_AWS) {
		aws_eventstream_init(&call->frames.aws, aws_piece, call);
		call->response_is_stream = true;
	} else if (side->body == LLM_BODY_JSON && first == '[' && call->target.stream) {
		call->response_is_stream = true; /* Gemini without alt=sse */
	}
}

void
llm_response_body(struct llm_call *call, const uint8_t *data, size_t len)
{
	struct llm_side *side = &call->response;

	if (len == 0)
		return;
	if (side->walk.fn == NULL)
		response_body_start(call, data[0]);
	if (side->body == LLM_BODY_JSON && batch_has_lines(call)) {
		push_lines(call, side, restart_walk, data, len);
		return;
	}
	if (side->skip_line) {
		const uint8_t *lf = memchr(data, '\n', len);

		if (lf == NULL)
			return;
		side->skip_line = false;
		len -= (size_t)(lf - data);
		data = lf;
	}
	switch (side->body) {
	case LLM_BODY_JSON:
		json_walk_push(&side->walk, data, len);
		break;
	case LLM_BODY_SSE:
		sse_push(&call->frames.sse, data, len);
		break;
	case LLM_BODY_AWS:
		aws_eventstream_push(&call->frames.aws, data, len);
		break;
	default:
		break;
	}
}

void
llm_response_gap(struct llm_call *call)
{
	struct llm_side *side = &call->response;

	/* Without the body's first byte what it is made of is only known from its type. */
	if (side->walk.fn == NULL)
		response_body_start(call, side->body == LLM_BODY_SSE ? ':' : '{');
	llm_repeat_forget(call);
	restart_walk(call);
	if (side->body == LLM_BODY_SSE)
		sse_push(&call->frames.sse, (const uint8_t *)"\n\n:", 3); /* the rest of a line */
	else if (side->body == LLM_BODY_AWS)
		call->frames.aws.broken = true;
	else if ((call->response_is_stream && !side->array) || batch_has_lines(call))
		side->skip_line = true;
	else
		side->walk.broken = true;
}

void
llm_response_end(struct llm_call *call, bool complete)
{
	if (call->ended)
		return;
	call->ended = true;
	if (call->response.walk.fn != NULL) {
		if (call->response.body == LLM_BODY_SSE)
			sse_end(&call->frames.sse);
		(void)json_walk_end(&call->response.walk);
		if (call->response.body == LLM_BODY_JSON && call->response.walk.nr_documents > 1)
			call->response_is_stream = true;
	}
	llm_flush_held(call);
	call->response_whole = complete;
	settle(call);
}

void
llm_begin_websocket(struct llm_call *call)
{
	call->websocket = true;
	call->ended = false;
	call->request_whole = call->response_whole = false;
	call->asked_stream = call->response_is_stream = true;
	call->response_seen = true;
	call->response.body = call->request.body = LLM_BODY_JSON;
	llm_websocket_message(call, false);
	llm_websocket_message(call, true);
}

void
llm_websocket_message(struct llm_call *call, bool is_answer)
{
	if (is_answer)
		restart_walk(call);
	else
		json_walk_init(&call->request.walk, &llm_vocabulary, llm_request_event, call);
}

bool
llm_is_likely(const struct llm_call *call)
{
	const struct llm_target *t = &call->target;

	if (call->websocket)
		return (call->signs & LLM_SIGN_MARKER) != 0 || t->realtime ||
		       (t->hint && call->facts.detected_by == LLM_BY_HOST);
	if (t->batch)
		return batch_is_likely(call);
	if (!call->request_seen)
		return llm_judge(call);
	return !t->no_call && !t->vector &&
	       (t->hint || t->stored || call->header_sign ||
		call->facts.detected_by == LLM_BY_HOST || (call->signs & LLM_SIGN_STRONG) != 0);
}

bool
llm_is_certain(const struct llm_call *call)
{
	if (call->websocket)
		return (call->signs & LLM_SIGN_MARKER) != 0;
	return llm_is_likely(call) &&
	       (call->target.batch || !call->request_seen ||
		call->facts.detected_by == LLM_BY_HOST || (call->signs & LLM_SIGN_ANSWER) != 0);
}

bool
llm_worth_watching(const struct llm_call *call)
{
	const struct llm_target *t = &call->target;

	if (call->websocket)
		return true;
	if (t->vector)
		return !call->request_ended || vector_is_asked(call);
	if (t->batch)
		return batch_worth_watching(call);
	if (!call->request_seen)
		return call->response.body != LLM_BODY_NONE &&
		       call->response.body != LLM_BODY_OTHER;
	if (t->no_call || (!call->method_post && !(call->method_get && t->stored)))
		return false;
	if (t->hint || t->stored || call->header_sign || call->facts.detected_by == LLM_BY_HOST)
		return true;
	if (call->request.body == LLM_BODY_NONE)
		return call->request_json;
	/* The request is known: without a sign in it the answer alone would not do. */
	return (call->signs & (LLM_SIGN_STRONG | LLM_SIGN_WEAK)) != 0;
}

bool
llm_is_call(const struct llm_call *call)
{
	return llm_judge(call);
}

bool
llm_is_vector_operation(const struct llm_call *call)
{
	return call->target.vector;
}

bool
llm_is_batch_operation(const struct llm_call *call)
{
	return call->target.batch;
}

bool
llm_names_version(const struct llm_facts *facts)
{
	return facts->dialect == LLM_KSERVE_INFER || facts->dialect == LLM_TRITON_GENERATE;
}

const struct llm_facts *
llm_facts(const struct llm_call *call)
{
	return &call->facts;
}
