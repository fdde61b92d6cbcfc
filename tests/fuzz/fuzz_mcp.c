/*
 * A whole exchange out of one input:
 *
 *   byte 0      1       2      3..4              5...
 *      | kind | gap at | step | request length | request body | answer body |
 *
 * The same messages must be told whether the bodies come whole or in pieces of `step`. A second run
 * with a gap only has to end well.
 */
#include <stdlib.h>
#include <string.h>

#include "classify/ai/mcp.h"
#include "tests/support/fuzz_sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct span
text_span(const char *text)
{
	return span_of(text, strlen(text));
}

static void
hash_string(uint64_t *hash, const char *text)
{
	fuzz_mix_bytes(hash, text, strlen(text) + 1);
}

static void
on_message(void *arg, struct mcp *m, struct mcp_message *message)
{
	hash_string(arg, message->method);
	hash_string(arg, message->tool);
	hash_string(arg, message->prompt);
	hash_string(arg, message->resource);
	hash_string(arg, message->id);
	hash_string(arg, message->error);
	hash_string(arg, message->version);
	hash_string(arg, message->client);
	hash_string(arg, message->server);
	hash_string(arg, m->session);
	if (message->has_digest)
		fuzz_mix_bytes(arg, message->digest, sizeof(message->digest));
	if (m->nr_open > MCP_OPEN || m->nr_tools > MCP_TOOLS || m->tool_text_len > MCP_TOOL_TEXT)
		abort();
}

static void
on_text(void *arg, bool from_server, const uint8_t *text, size_t len)
{
	(void)from_server;
	fuzz_mix_bytes(arg, text, len);
}

static void
header(struct mcp *m, bool from_server, struct span name, struct span value)
{
	struct http_field f = http_field_of(name, value);

	mcp_header(m, from_server, &f);
}

static void
feed(struct mcp *m, bool from_server, struct span body, size_t step, size_t gap_at)
{
	for (size_t at = 0; at < body.len; at += step) {
		mcp_body(m, from_server, body.p + at, step < body.len - at ? step : body.len - at,
			 at);
		if (gap_at != 0 && at / step == gap_at)
			mcp_gap(m, from_server);
	}
}

static uint64_t
exchange(uint8_t kind, struct span request, struct span response, size_t step, size_t gap_at)
{
	static struct mcp m;
	uint64_t hash = 0;

	mcp_begin(&m, on_message, on_text, &hash);
	mcp_request_line(&m, text_span(kind & 1 ? "GET" : "POST"),
			 text_span(kind & 2 ? "/.well-known/agent.json" : "/mcp"));
	header(&m, false, text_span("content-type"), text_span("application/json"));
	header(&m, false, text_span("accept"), text_span("text/event-stream"));
	if (kind & 4)
		header(&m, false, text_span("mcp-session-id"), text_span("s"));
	if (kind & 8)
		header(&m, false, text_span("mcp-name"), request);
	feed(&m, false, request, step, gap_at);
	mcp_end(&m, false, true, 1);
	mcp_status(&m, 200);
	header(&m, true, text_span("content-type"),
	       text_span(kind & 16 ? "text/event-stream" : "application/json"));
	feed(&m, true, response, step, gap_at);
	mcp_end(&m, true, true, 2);
	return hash;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 5)
		return 0;

	size_t rest = len - 5;
	size_t request_len = (size_t)(data[3] << 8 | data[4]) % (rest + 1);
	struct span request = span_of(data + 5, request_len);
	struct span response = span_of(data + 5 + request_len, rest - request_len);
	size_t step = (size_t)data[2] % 64 + 1;

	if (exchange(data[0], request, response, SIZE_MAX / 2, 0) !=
	    exchange(data[0], request, response, step, 0))
		abort();
	exchange(data[0], request, response, step, data[1] % 8 + 1u);
	return 0;
}
