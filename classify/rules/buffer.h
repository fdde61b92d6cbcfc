/*
 * Where a decoded byte was met: the names that rules give after `in`, and records under `where`.
 *
 * Buffers form a tree; naming one in a rule includes what is below it:
 *
 *   http.method  http.host  http.path  http.query  http.header
 *   http.body > json form file sse.data grpc.message llm.prompt llm.completion llm.tool_call
 *               mcp.arguments mcp.result
 *   llm.prompt > llm.prompt.system llm.prompt.user llm.prompt.tool_result
 *   ws.message  db.text  dns.name  tls.sni  payload
 *
 * A first part alone ("llm", "http", "mcp") names everything that begins with it; "any" names all.
 */
#ifndef WEIR_BUFFER_H
#define WEIR_BUFFER_H

#include <stdint.h>

#include "classify/span.h"

/* How the bytes of a buffer are written down; the scanner undoes it before it looks. */
enum buffer_coding {
	CODING_RAW,
	CODING_JSON, /* string escapes: \n \" \u0034 */
	CODING_FORM, /* %34 and '+' */
	CODING_DNS,  /* \052, decimal: RFC 1035 section 5.1 */
};

/* clang-format off */
#define BUFFERS(X)                                                                                 \
	X(HTTP_METHOD, "http.method", RAW)                                                         \
	X(HTTP_HOST, "http.host", RAW)                                                             \
	X(HTTP_PATH, "http.path", RAW)                                                             \
	X(HTTP_QUERY, "http.query", RAW)                                                           \
	X(HTTP_HEADER, "http.header", RAW)                                                         \
	X(HTTP_BODY, "http.body", RAW)                                                             \
	X(JSON, "json", JSON)                                                                      \
	X(FORM, "form", FORM)                                                                      \
	X(FILE, "file", RAW)                                                                       \
	X(SSE_DATA, "sse.data", JSON)                                                              \
	X(GRPC_MESSAGE, "grpc.message", RAW)                                                       \
	X(LLM_PROMPT, "llm.prompt", JSON)                                                          \
	X(LLM_PROMPT_SYSTEM, "llm.prompt.system", JSON)                                            \
	X(LLM_PROMPT_USER, "llm.prompt.user", JSON)                                                \
	X(LLM_PROMPT_TOOL_RESULT, "llm.prompt.tool_result", JSON)                                  \
	X(LLM_COMPLETION, "llm.completion", JSON)                                                  \
	X(LLM_TOOL_CALL, "llm.tool_call", JSON)                                                    \
	X(MCP_ARGUMENTS, "mcp.arguments", JSON)                                                    \
	X(MCP_RESULT, "mcp.result", JSON)                                                          \
	X(WS_MESSAGE, "ws.message", JSON)                                                          \
	X(DB_TEXT, "db.text", RAW)                                                                 \
	X(DNS_NAME, "dns.name", DNS)                                                               \
	X(TLS_SNI, "tls.sni", RAW)                                                                 \
	X(PAYLOAD, "payload", RAW)
/* clang-format on */

enum buffer {
#define BUFFER_ID(id, name, coding) BUFFER_##id,
	BUFFERS(BUFFER_ID)
#undef BUFFER_ID
	    NR_BUFFERS,
};

const char *buffer_name(enum buffer buffer);
enum buffer_coding buffer_coding(enum buffer buffer);

/* Those that arrive in pieces; the others are short fields, scanned whole. */
uint32_t buffers_streamed(void);

/* One bit (1 << buffer) for everything the name includes; 0 when there is no such name. */
uint32_t buffer_mask(struct span name);

#endif
