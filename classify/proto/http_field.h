/*
 * A field of an HTTP message (RFC 9110 section 5), its name told once: every reader of an exchange
 * asks for several names, and a number is quicker to compare than letters.
 *
 * The name may be in any case, without blanks around it. Borrowed from whoever parses.
 */
#ifndef WEIR_HTTP_FIELD_H
#define WEIR_HTTP_FIELD_H

#include "classify/span.h"

/* Names of one length stand together: see http_field.c. */
/* clang-format off */
#define HTTP_FIELD_NAMES(X)                                                     \
	X(HOST, "host")                                                         \
	X(ACCEPT, "accept")                                                     \
	X(SERVER, "server")                                                     \
	X(UPGRADE, "upgrade")                                                   \
	X(MCP_NAME, "mcp-name")                                                 \
	X(MCP_METHOD, "mcp-method")                                             \
	X(USER_AGENT, "user-agent")                                             \
	X(X_XET_HASH, "x-xet-hash")                                             \
	X(A2A_VERSION, "a2a-version")                                           \
	X(GRPC_STATUS, "grpc-status")                                           \
	X(TRACEPARENT, "traceparent")                                           \
	X(CONTENT_TYPE, "content-type")                                         \
	X(AUTHORIZATION, "authorization")                                       \
	X(GRPC_ENCODING, "grpc-encoding")                                       \
	X(X_REPO_COMMIT, "x-repo-commit")                                       \
	X(X_LINKED_ETAG, "x-linked-etag")                                       \
	X(A2A_EXTENSIONS, "a2a-extensions")                                     \
	X(MCP_SESSION_ID, "mcp-session-id")                                     \
	X(X_PROMPT_TOKENS, "x-prompt-tokens")                                   \
	X(CONTENT_ENCODING, "content-encoding")                                 \
	X(ANTHROPIC_VERSION, "anthropic-version")                               \
	X(X_ELASTIC_PRODUCT, "x-elastic-product")                               \
	X(TRANSFER_ENCODING, "transfer-encoding")                               \
	X(X_GENERATED_TOKENS, "x-generated-tokens")                             \
	X(MCP_PROTOCOL_VERSION, "mcp-protocol-version")                         \
	X(SEC_WEBSOCKET_EXTENSIONS, "sec-websocket-extensions")                 \
	X(X_AMZN_BEDROCK_INPUT_TOKEN_COUNT, "x-amzn-bedrock-input-token-count") \
	X(X_AMZN_BEDROCK_OUTPUT_TOKEN_COUNT, "x-amzn-bedrock-output-token-count")
/* clang-format on */

enum http_field_name {
#define HTTP_FIELD_ENUM(name, text) HTTP_FIELD_##name,
	HTTP_FIELD_NAMES(HTTP_FIELD_ENUM)
#undef HTTP_FIELD_ENUM
	    HTTP_FIELD_OTHER,
};

struct http_field {
	enum http_field_name is;
	struct span name, value;
};

struct http_field http_field_of(struct span name, struct span value);

#endif
