/*
 * A whole exchange out of one input:
 *
 *   byte 0       1              2      3..4              5...
 *      | path   | content type | step | request length | request body | answer body |
 *
 * The same facts must come out whether the bodies come whole or in pieces of `step`. There is no
 * catalogue, so hosts play no part.
 */
#include <stdlib.h>
#include <string.h>

#include "classify/ai/llm.h"
#include "tests/support/fuzz_sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const paths[] = {
	"/v1/chat/completions",
	"/v1/responses",
	"/v1/messages",
	"/v1/models/m:streamGenerateContent",
	"/model/a%3Ab%/converse-stream",
	"/model/m/invoke-with-response-stream",
	"/api/chat",
	"/generate",
	"/anything",
	"/v1/embeddings",
	"/v1/audio/transcriptions",
	"/v2/chat",
	"/v1/messages/batches",
	"/v1/batches/b/cancel",
	"/v1/files",
	"/v1/files/f/content",
	"/v1/messages/batches/b/results",
	"/v2/models/m/versions/1/infer",
	"/v1/models/m:predict",
	"/v1/ocr",
	"/hf-inference/models/a/b",
	"/rerank",
	"/api/v1/services/aigc/text-generation/generation",
	"/20231130/actions/chat",
	"/ai/run/@cf/m",
	"/v1/videos",
	"/v1/listen?model=m",
	"/v1/interactions",
};

/* UPLOAD's body is a file in a form; what is between the others is asked for. */
enum { UPLOAD = 14, ASKED_FOR = 15, LAST_ASKED_FOR = 16 };

static const char *const types[] = {
	"application/json",
	"text/event-stream",
	"application/vnd.amazon.eventstream",
	"application/x-ndjson",
	"",
	"audio/mpeg",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct span
text_span(const char *text)
{
	return span_of(text, strlen(text));
}

static void
on_text(void *arg, enum llm_text_kind kind, unsigned choice, const uint8_t *text, size_t len)
{
	uint64_t *hash = arg;

	if (len == 0)
		abort();
	for (size_t i = 0; i < len; i++)
		fuzz_mix(hash, text[i] ^ (unsigned)kind << 8 ^ choice << 16);
}

static uint64_t
exchange(struct llm_call *call, const uint8_t *head, struct span request, struct span response,
	 size_t step)
{
	struct http_field type;
	uint64_t hash = 0;

	llm_begin(call, NULL);
	llm_set_text(call, on_text, &hash);
	size_t path = head[0] % COUNT(paths);

	llm_request_line(call,
			 text_span(path < ASKED_FOR || path > LAST_ASKED_FOR ? "POST" : "GET"),
			 span_of(NULL, 0), text_span(paths[path]));
	if (path == UPLOAD)
		llm_request_part(call, text_span("file"), true);
	for (size_t at = 0; at < request.len; at += step)
		(path == UPLOAD ? llm_request_part_body : llm_request_body)(call, request.p + at,
									    step < request.len - at
										? step
										: request.len - at);
	if (path == UPLOAD)
		llm_request_part_end(call);
	llm_request_end(call, true);
	llm_response_status(call, 200);
	type = http_field_of(text_span("content-type"), text_span(types[head[1] % COUNT(types)]));
	llm_response_header(call, &type);
	for (size_t at = 0; at < response.len; at += step)
		llm_response_body(call, response.p + at,
				  step < response.len - at ? step : response.len - at);
	llm_response_end(call, true);
	return hash;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct llm_call whole, parts;

	if (len < 5)
		return 0;

	size_t rest = len - 5;
	size_t request_len = (size_t)(data[3] << 8 | data[4]) % (rest + 1);
	struct span request = span_of(data + 5, request_len);
	struct span response = span_of(data + 5 + request_len, rest - request_len);
	uint64_t a = exchange(&whole, data, request, response, SIZE_MAX / 2);
	uint64_t b = exchange(&parts, data, request, response, (size_t)data[2] % 64 + 1);

	if (a != b || memcmp(&whole.facts, &parts.facts, sizeof(whole.facts)) != 0 ||
	    llm_is_call(&whole) != llm_is_call(&parts))
		abort();
	if (whole.facts.nr_tools > LLM_TOOLS_MAX || whole.facts.tool_text_len > LLM_TOOL_TEXT_CAP)
		abort();
	return 0;
}
