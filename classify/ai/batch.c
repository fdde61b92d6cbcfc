/* Files and batches; batch.h is the manual. */
#include "classify/ai/batch.h"

#include "classify/ai/copy_text.h"
#include "classify/ai/llm_read.h"
#include "classify/ai/llm_words.h"

/* Ends of paths; {} is the id of a file or batch. The longer before what it ends in. */
static const struct {
	struct span end;
	const char *method;
	enum llm_dialect dialect;
	enum llm_operation operation;
} ends[] = {
	{ SPAN_LITERAL("messages batches"), "POST", LLM_ANTHROPIC_BATCHES, LLM_BATCH_CREATE },
	{ SPAN_LITERAL("messages batches {}"), "GET", LLM_ANTHROPIC_BATCHES, LLM_BATCH_STATUS },
	{ SPAN_LITERAL("messages batches {} cancel"), "POST", LLM_ANTHROPIC_BATCHES,
	  LLM_BATCH_CANCEL },
	{ SPAN_LITERAL("messages batches {} results"), "GET", LLM_ANTHROPIC_BATCHES,
	  LLM_BATCH_RESULTS },
	{ SPAN_LITERAL("batches"), "POST", LLM_OPENAI_BATCHES, LLM_BATCH_CREATE },
	{ SPAN_LITERAL("batches {}"), "GET", LLM_OPENAI_BATCHES, LLM_BATCH_STATUS },
	{ SPAN_LITERAL("batches {} cancel"), "POST", LLM_OPENAI_BATCHES, LLM_BATCH_CANCEL },
	{ SPAN_LITERAL("files"), "POST", LLM_OPENAI_FILES, LLM_FILE_UPLOAD },
	{ SPAN_LITERAL("files {} content"), "GET", LLM_OPENAI_FILES, LLM_FILE_DOWNLOAD },
};

/* What a file may be for, and how a batch may be, as the services say it. */
static const char *const purposes[] = {
	"batch", "fine-tune", "assistants", "vision", "user_data", "evals",
};
static const char *const states[] = {
	"validating", "failed",	    "in_progress", "finalizing", "completed",
	"expired",    "cancelling", "cancelled",   "canceling",	 "ended",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *
one_of(const char *const *words, size_t nr, struct span text)
{
	for (size_t i = 0; i < nr; i++) {
		if (span_is(text, words[i]))
			return words[i];
	}
	return NULL;
}

bool
batch_request_line(struct llm_call *call, struct span method, const struct path_tail *path)
{
	struct llm_batch_facts *f = &call->facts.batch;
	struct span id = span_of(NULL, 0);

	for (size_t i = 0; i < COUNT(ends); i++) {
		if (!path_tail_is(path, ends[i].end, &id) || !span_is(method, ends[i].method))
			continue;
		call->target.batch = true;
		call->facts.dialect = call->target.dialect = ends[i].dialect;
		call->facts.operation = call->target.operation = ends[i].operation;
		copy_text(ends[i].dialect == LLM_OPENAI_FILES ? f->file_id : f->id, LLM_FILE_ID_CAP,
			  id);
		return true;
	}
	return false;
}

bool
batch_has_lines(const struct llm_call *call)
{
	enum llm_operation o = call->target.operation;

	return call->target.batch && (o == LLM_FILE_DOWNLOAD || o == LLM_BATCH_RESULTS);
}

static void
add(struct llm_count *count, uint64_t n)
{
	count->n += n;
	count->known = true;
}

static void
set(struct llm_count *count, uint64_t n)
{
	count->n = n;
	count->known = true;
}

/* ------------------------------------------------------------------ the request */

void
batch_purpose(struct llm_call *call, struct span purpose)
{
	call->facts.batch.purpose = one_of(purposes, COUNT(purposes), purpose);
	if (call->facts.batch.purpose != NULL)
		call->signs |= LLM_SIGN_ASKED_MORE;
}

void
batch_file(struct llm_call *call)
{
	call->signs |= LLM_SIGN_ASKED;
}

void
batch_request_event(struct llm_call *call, enum json_event event, uint64_t path)
{
	struct llm_side *side = &call->request;
	bool upload = call->target.operation == LLM_FILE_UPLOAD;
	bool create = call->target.operation == LLM_BATCH_CREATE;
	bool wrapped = upload ? path == AT(K_body) : path == AT(K_requests, ITEM, K_params);

	if (side->walk.root != 0)
		return;
	if (event == JSON_OBJECT && wrapped && (upload || create)) {
		json_walk_root(&side->walk);
		add(&call->facts.batch.requests, 1);
	} else if (event == JSON_KEY && create) {
		if (path == AT(K_input_file_id) || path == AT(K_requests, ITEM, K_params))
			call->signs |= LLM_SIGN_ASKED;
		if (path == AT(K_completion_window))
			call->signs |= LLM_SIGN_ASKED_MORE;
	} else if (event == JSON_STRING_END && create && path == AT(K_input_file_id)) {
		copy_text(call->facts.batch.file_id, LLM_FILE_ID_CAP,
			  span_of(side->text, side->text_len));
	}
}

/* ------------------------------------------------------------------ the answer */

/* Of a file's or a batch's object. */
static void
object_string(struct llm_call *call, uint64_t path, struct span text)
{
	struct llm_batch_facts *f = &call->facts.batch;
	bool file = call->target.operation == LLM_FILE_UPLOAD;

	switch (path) {
	case AT(K_id):
		copy_text(file ? f->file_id : f->id, LLM_FILE_ID_CAP, text);
		break;
	case AT(K_input_file_id):
		copy_text(f->file_id, LLM_FILE_ID_CAP, text);
		break;
	case AT(K_object): /* OpenAI's */
		if (span_is(text, file ? "file" : "batch"))
			call->signs |= LLM_SIGN_TOLD;
		break;
	case AT(K_type): /* Anthropic's */
		if (span_is(text, file ? "file" : "message_batch"))
			call->signs |= LLM_SIGN_TOLD;
		break;
	case AT(K_status):
	case AT(K_processing_status):
		if (!file)
			f->status = one_of(states, COUNT(states), text);
		break;
	default:
		break;
	}
}

static void
object_number(struct llm_call *call, uint64_t path, uint64_t n)
{
	struct llm_batch_facts *f = &call->facts.batch;

	switch (path) {
	case AT(K_bytes):
	case AT(K_size_bytes):
		if (call->target.operation == LLM_FILE_UPLOAD)
			set(&f->file_bytes, n);
		break;
	case AT(K_request_counts, K_total):
		set(&f->requests, n);
		break;
	case AT(K_request_counts, K_completed):
		set(&f->completed, n);
		break;
	case AT(K_request_counts, K_failed):
		set(&f->failed, n);
		break;
	case AT(K_request_counts, K_processing): /* Anthropic's five make up all */
		add(&f->requests, n);
		break;
	case AT(K_request_counts, K_succeeded):
		add(&f->requests, n);
		add(&f->completed, n);
		break;
	case AT(K_request_counts, K_errored):
	case AT(K_request_counts, K_canceled):
	case AT(K_request_counts, K_expired):
		add(&f->requests, n);
		add(&f->failed, n);
		break;
	default:
		break;
	}
}

static void
object_event(struct llm_call *call, enum json_event event, uint64_t path, const uint8_t *text,
	     size_t len)
{
	struct llm_batch_facts *f = &call->facts.batch;
	struct llm_side *side = &call->response;
	uint64_t n;

	if (event == JSON_KEY && path == AT(K_request_counts)) {
		/* What the service counted, in the place of what was counted here. */
		f->requests = f->completed = f->failed = (struct llm_count) { 0 };
		call->signs |= LLM_SIGN_TOLD_MORE;
	} else if (event == JSON_STRING_END) {
		object_string(call, path, span_of(side->text, side->text_len));
	} else if (event == JSON_NUMBER && json_whole_number(text, len, &n)) {
		object_number(call, path, n);
	}
}

void
batch_line_lost(struct llm_call *call)
{
	memset(&call->line, 0, sizeof(call->line));
}

static void
line_over(struct llm_call *call)
{
	struct llm_batch_facts *f = &call->facts.batch;

	if (call->line.custom_id && (call->line.answered || call->line.failed)) {
		call->signs |= LLM_SIGN_TOLD;
		add(&f->requests, 1);
		add(&f->failed, call->line.failed);
		add(&f->completed, !call->line.failed);
	}
	call->choice = 0;
	batch_line_lost(call);
}

/* Of a line of results. */
static void
line_event(struct llm_call *call, enum json_event event, uint64_t path, const uint8_t *text,
	   size_t len)
{
	struct llm_side *side = &call->response;
	struct span type = span_of(side->text, side->text_len);
	uint64_t n;

	switch (event) {
	case JSON_OBJECT:
		if (path == AT(K_response, K_body) || path == AT(K_result, K_message)) {
			call->line.answered = true;
			json_walk_root(&side->walk);
		}
		call->line.failed |= path == AT(K_error);
		break;
	case JSON_KEY:
		call->line.custom_id |= path == AT(K_custom_id);
		break;
	case JSON_STRING_END:
		call->line.failed |= path == AT(K_result, K_type) &&
				     (span_is(type, "errored") || span_is(type, "canceled") ||
				      span_is(type, "expired"));
		break;
	case JSON_NUMBER:
		call->line.failed |= path == AT(K_response, K_status_code) &&
				     json_whole_number(text, len, &n) && n >= 400;
		break;
	case JSON_DOCUMENT_END:
		line_over(call);
		break;
	default:
		break;
	}
}

void
batch_response_event(struct llm_call *call, enum json_event event, uint64_t path,
		     const uint8_t *text, size_t len)
{
	if (event == JSON_STRING)
		llm_side_string(&call->response, event, text, len);
	if (batch_has_lines(call))
		line_event(call, event, path, text, len);
	else
		object_event(call, event, path, text, len);
	if (event == JSON_STRING_END)
		llm_side_string(&call->response, event, NULL, 0);
}

/* ------------------------------------------------------------------ the verdict */

void
batch_settle(struct llm_call *call)
{
	struct llm_facts *f = &call->facts;

	if (f->operation == LLM_FILE_DOWNLOAD && (call->signs & LLM_SIGN_TOLD) != 0)
		f->operation = LLM_BATCH_RESULTS;
	if (call->request_models_differ)
		f->request_model[0] = '\0';
	if (call->response_models_differ)
		f->response_model[0] = '\0';
	f->response_id[0] = '\0'; /* of one answer among many */
	f->nr_choices = 0;
	f->request_stream = false;
}

static bool
known_host(const struct llm_call *call)
{
	return call->facts.detected_by == LLM_BY_HOST;
}

static bool
has(const struct llm_call *call, uint32_t signs)
{
	return (call->signs & signs) == signs;
}

bool
batch_worth_watching(const struct llm_call *call)
{
	enum llm_operation o = call->target.operation;

	if (!call->request_ended || (o != LLM_FILE_UPLOAD && o != LLM_BATCH_CREATE))
		return true;
	return has(call, LLM_SIGN_ASKED);
}

bool
batch_is_likely(const struct llm_call *call)
{
	uint32_t told = LLM_SIGN_TOLD | LLM_SIGN_ANSWER;

	if (known_host(call) || (call->signs & LLM_SIGN_STRONG) != 0)
		return true;
	return call->target.operation == LLM_FILE_UPLOAD ? has(call, LLM_SIGN_ASKED_MORE)
							 : (call->signs & told) != 0;
}

/* Lines that wrap requests to a model. */
static bool
has_requests(const struct llm_call *call)
{
	return call->facts.batch.requests.known && has(call, LLM_SIGN_MODEL) &&
	       (call->signs & (LLM_SIGN_STRONG | LLM_SIGN_PROMPT)) != 0;
}

static bool
judge_upload(const struct llm_call *call)
{
	bool purpose = has(call, LLM_SIGN_ASKED_MORE) || call->facts.dialect == LLM_ANTHROPIC_FILES;
	bool prompts = has_requests(call) && !llm_answered(call);

	if (!has(call, LLM_SIGN_ASKED))
		return false;
	return known_host(call) || (purpose && (has(call, LLM_SIGN_TOLD) || prompts));
}

static bool
judge_create(const struct llm_call *call)
{
	bool more = call->facts.dialect == LLM_ANTHROPIC_BATCHES
			? (call->signs & LLM_SIGN_STRONG) != 0
			: has(call, LLM_SIGN_ASKED_MORE);

	if (!has(call, LLM_SIGN_ASKED))
		return false;
	return known_host(call) || (more && (has(call, LLM_SIGN_TOLD) || !llm_answered(call)));
}

bool
batch_judge(const struct llm_call *call)
{
	switch (call->target.operation) {
	case LLM_FILE_UPLOAD:
		return judge_upload(call);
	case LLM_BATCH_CREATE:
		return judge_create(call);
	case LLM_FILE_DOWNLOAD:
		if (known_host(call) && call->facts.status >= 200 && call->facts.status < 300)
			return true;
		return has(call, LLM_SIGN_TOLD) && (call->signs & LLM_SIGN_ANSWER) != 0;
	case LLM_BATCH_RESULTS:
		return has(call, LLM_SIGN_TOLD);
	default:
		return has(call, LLM_SIGN_TOLD | LLM_SIGN_TOLD_MORE);
	}
}
