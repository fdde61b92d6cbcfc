/*
 * The JSON keys that matter in MCP and A2A, as the vocabulary of json_walk; ids spelt as the keys
 * are.
 */
#ifndef WEIR_MCP_WORDS_H
#define WEIR_MCP_WORDS_H

#include "classify/proto/json_walk.h"

/* clang-format off */
#define MCP_WORDS(X) \
	X(_meta, "_meta") \
	X(action, "action") \
	X(arguments, "arguments") \
	X(artifacts, "artifacts") \
	X(blob, "blob") \
	X(capabilities, "capabilities") \
	X(clientInfo, "clientInfo") \
	X(code, "code") \
	X(completion, "completion") \
	X(content, "content") \
	X(contents, "contents") \
	X(contextId, "contextId") \
	X(cursor, "cursor") \
	X(data, "data") \
	X(error, "error") \
	X(id, "id") \
	X(inputRequests, "inputRequests") \
	X(inputSchema, "inputSchema") \
	X(meta_clientInfo, "io.modelcontextprotocol/clientInfo") \
	X(meta_protocolVersion, "io.modelcontextprotocol/protocolVersion") \
	X(meta_serverInfo, "io.modelcontextprotocol/serverInfo") \
	X(meta_subscriptionId, "io.modelcontextprotocol/subscriptionId") \
	X(isError, "isError") \
	X(jsonrpc, "jsonrpc") \
	X(kind, "kind") \
	X(level, "level") \
	X(message, "message") \
	X(messages, "messages") \
	X(method, "method") \
	X(model, "model") \
	X(name, "name") \
	X(nextCursor, "nextCursor") \
	X(params, "params") \
	X(parts, "parts") \
	X(progressToken, "progressToken") \
	X(prompts, "prompts") \
	X(protocolVersion, "protocolVersion") \
	X(ref, "ref") \
	X(requestId, "requestId") \
	X(resources, "resources") \
	X(resourceTemplates, "resourceTemplates") \
	X(result, "result") \
	X(role, "role") \
	X(roots, "roots") \
	X(serverInfo, "serverInfo") \
	X(skills, "skills") \
	X(status, "status") \
	X(structuredContent, "structuredContent") \
	X(supportedVersions, "supportedVersions") \
	X(task, "task") \
	X(taskId, "taskId") \
	X(text, "text") \
	X(tools, "tools") \
	X(uri, "uri") \
	X(url, "url") \
	X(version, "version")
/* clang-format on */

enum {
	MCP_BEFORE_FIRST_WORD = JSON_FIRST_WORD - 1,
#define X(id, word) K_##id,
	MCP_WORDS(X)
#undef X
};

extern const struct json_vocabulary mcp_vocabulary;

#define AT   JSON_PATH
#define ITEM JSON_ITEM

#endif
