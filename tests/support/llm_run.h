/*
 * Exchanges with a model in a unit test: both bodies go in, in any split, and what is known of the
 * call comes out as one line of text, its prompt and its completion as the text hook saw them. Run
 * from the root of the source tree, or with WEIR_SOURCE_ROOT defined.
 */
#ifndef WEIR_TEST_LLM_RUN_H
#define WEIR_TEST_LLM_RUN_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "classify/ai/llm.h"
#include "tests/support/guard.h"
#include "tests/support/line.h"
#include "tests/support/unit.h"

#ifndef WEIR_SOURCE_ROOT
#define WEIR_SOURCE_ROOT "."
#endif

static struct provider_catalogue *catalogue;

struct llm_case {
	const char *name;
	const char *method; /* POST when NULL */
	const char *host;
	const char *path;
	const char *request_header[2];
	const char *request; /* body */
	unsigned status;     /* 200 when 0 */
	const char *type;    /* content type of the answer, JSON when NULL */
	const char *response_header[2];
	const char *response;
	const char *want; /* NULL: no call */
	const char *completion;
	const char *prompt; /* NULL: not looked at; see on_texts */
};

enum { WINDOW_LEN = 8192 };

/* Ends where a page ends; one for all the pieces, of which there are many. */
static uint8_t *window;

/* A copy that ends at the window's end, valid until the next call. */
static inline const uint8_t *
in_window(const void *data, size_t len)
{
	assert_true(len <= WINDOW_LEN);
	memcpy(window + WINDOW_LEN - len, data, len);
	return window + WINDOW_LEN - len;
}

static inline struct span
text_span(const char *text)
{
	return span_of(text, strlen(text));
}

static inline void
put_count(struct line *l, const char *name, struct llm_count count)
{
	if (count.known)
		put(l, " %s=%" PRIu64, name, count.n);
}

static inline const char *
or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

static inline void
describe_batch(struct line *l, const struct llm_batch_facts *f)
{
	if (f->file_id[0] != '\0')
		put(l, " file=%s", f->file_id);
	if (f->id[0] != '\0')
		put(l, " batch=%s", f->id);
	if (f->purpose != NULL)
		put(l, " for=%s", f->purpose);
	if (f->status != NULL)
		put(l, " %s", f->status);
	put_count(l, "asked", f->requests);
	put_count(l, "done", f->completed);
	put_count(l, "failed", f->failed);
}

static inline void
describe(struct line *l, const struct llm_facts *f, bool batch)
{
	put(l, "%s %s %s %s>%s", or_empty(f->provider), or_empty(llm_dialect_name(f->dialect)),
	    or_empty(llm_operation_name(f->operation)), f->request_model, f->response_model);
	if (f->response_id[0] != '\0')
		put(l, " %s", f->response_id);
	put_count(l, "in", f->input_tokens);
	put_count(l, "out", f->output_tokens);
	put_count(l, "cached", f->cached_tokens);
	if (f->request_stream)
		put(l, " stream");
	if (f->tools_offered != 0)
		put(l, " offered=%" PRIu32, f->tools_offered);
	if (f->attachments != 0)
		put(l, " attached=%" PRIu32, f->attachments);
	for (unsigned i = 0; i < f->nr_tools; i++)
		put(l, " tools=%s", llm_tool_name(f, i));
	for (unsigned i = 0; i < f->nr_finish_reasons; i++)
		put(l, " fin=%s", f->finish_reasons[i]);
	if (batch)
		describe_batch(l, &f->batch);
	if (llm_names_version(f) && f->model_version[0] != '\0')
		put(l, " version=%s", f->model_version);
	if (f->engine != NULL)
		put(l, " engine=%s", f->engine);
	if (f->detected_by == LLM_BY_HOST)
		put(l, " host");
}

static inline void
on_text(void *arg, enum llm_text_kind kind, unsigned choice, const uint8_t *text, size_t len)
{
	assert_true(len != 0);
	/* Of several answers, whose it is. */
	if (kind >= LLM_TEXT_ANSWER && choice != 0)
		put(arg, "[%u]", choice);
	if (kind >= LLM_TEXT_ANSWER)
		put(arg, "%.*s", (int)len, (const char *)text);
}

struct texts {
	struct line completion, prompt;
	enum llm_text_kind kind; /* of the last piece of the prompt */
};

/* Each run of one kind: who speaks, and what; of an attachment only that it is one. */
static inline void
on_texts(void *arg, enum llm_text_kind kind, unsigned choice, const uint8_t *text, size_t len)
{
	static const char *const speakers[] = {
		[LLM_TEXT_PROMPT] = "?",
		[LLM_TEXT_SYSTEM] = "system",
		[LLM_TEXT_USER] = "user",
		[LLM_TEXT_TOOL_RESULT] = "result",
		[LLM_TEXT_ATTACHMENT] = "attached",
	};
	struct texts *t = arg;

	on_text(&t->completion, kind, choice, text, len);
	if (kind >= LLM_TEXT_ANSWER)
		return;
	if (t->prompt.len == 0 || t->kind != kind)
		put(&t->prompt, "<%s>", speakers[kind]);
	t->kind = kind;
	if (kind != LLM_TEXT_ATTACHMENT)
		put(&t->prompt, "%.*s", (int)len, (const char *)text);
}

typedef void body_fn(struct llm_call *call, const uint8_t *data, size_t len);

static inline void
feed(struct llm_call *call, body_fn *fn, const void *body, size_t len, size_t first, size_t step)
{
	for (size_t at = 0; at < len;) {
		size_t n = at == 0 ? first : step;

		if (n > len - at)
			n = len - at;
		fn(call, in_window((const char *)body + at, n), n);
		at += n;
	}
}

static inline void
header(struct llm_call *call, const char *const pair[2],
       void (*fn)(struct llm_call *call, const struct http_field *f))
{
	struct http_field f;

	if (pair[0] == NULL)
		return;
	f = http_field_of(text_span(pair[0]), text_span(pair[1]));
	fn(call, &f);
}

static inline void
exchange(struct llm_call *call, const struct llm_case *t, size_t first, size_t step)
{
	static const char *const json_type[2] = { "Content-Type", "application/json" };
	const char *const type[2] = { "Content-Type",
				      t->type == NULL ? "application/json" : t->type };
	const char *request = or_empty(t->request);
	const char *response = or_empty(t->response);

	llm_request_line(call, text_span(t->method == NULL ? "POST" : t->method),
			 text_span(t->host), text_span(t->path));
	header(call, json_type, llm_request_header);
	header(call, t->request_header, llm_request_header);
	if (llm_worth_watching(call))
		feed(call, llm_request_body, request, strlen(request), first, step);
	llm_request_end(call, true);
	if (t->status != UINT32_MAX) {
		llm_response_status(call, t->status == 0 ? 200 : t->status);
		header(call, type, llm_response_header);
		header(call, t->response_header, llm_response_header);
		if (llm_worth_watching(call))
			feed(call, llm_response_body, response, strlen(response), first, step);
	}
	llm_response_end(call, true);
}

static inline int
load(void **state)
{
	static const uint8_t blank[WINDOW_LEN];
	char err[256];

	(void)state;
	window = guard_copy(blank, sizeof(blank));
	return provider_load(WEIR_SOURCE_ROOT "/rules/ai", &catalogue, err, sizeof(err));
}

static inline int
unload(void **state)
{
	(void)state;
	provider_destroy(catalogue);
	return 0;
}

#endif
