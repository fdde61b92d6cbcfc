/* The inside of mcp, shared by its files; nobody else includes this. */
#ifndef WEIR_MCP_READ_H
#define WEIR_MCP_READ_H

#include "classify/ai/mcp.h"

/* First-level members of a result, a set: what it answers. */
enum mcp_shape {
	MCP_HAS_TOOLS = 1 << 0,
	MCP_HAS_CONTENT = 1 << 1,
	MCP_HAS_CONTENTS = 1 << 2,
	MCP_HAS_RESOURCES = 1 << 3,
	MCP_HAS_TEMPLATES = 1 << 4,
	MCP_HAS_PROMPTS = 1 << 5,
	MCP_HAS_MESSAGES = 1 << 6,
	MCP_HAS_COMPLETION = 1 << 7,
	MCP_HAS_SERVER_INFO = 1 << 8,
	MCP_HAS_VERSIONS = 1 << 9,
	MCP_HAS_ROOTS = 1 << 10,
	MCP_HAS_ACTION = 1 << 11,
	MCP_HAS_ROLE = 1 << 12,
	MCP_HAS_MODEL = 1 << 13,
	MCP_HAS_STRUCTURED = 1 << 14,
	MCP_HAS_TASK = 1 << 15,
	MCP_HAS_INPUT_REQUESTS = 1 << 16,
	MCP_HAS_A_TOOL = 1 << 17, /* the list is not empty */
	MCP_HAS_SCHEMA = 1 << 18, /* ... and says what one takes */
};

/* Members of params, a set. */
enum mcp_param {
	MCP_PARAM_NAME = 1 << 0,
	MCP_PARAM_URI = 1 << 1,
	MCP_PARAM_REF = 1 << 2,
	MCP_PARAM_LEVEL = 1 << 3,
	MCP_PARAM_MESSAGES = 1 << 4,
	MCP_PARAM_MESSAGE = 1 << 5,
	MCP_PARAM_PARTS = 1 << 6, /* of a message: A2A's */
	MCP_PARAM_TASK_ID = 1 << 7,
	MCP_PARAM_CLIENT = 1 << 8,
	MCP_PARAM_REQUEST_ID = 1 << 9,
	MCP_PARAM_PROGRESS_TOKEN = 1 << 10,
	MCP_PARAM_OTHER =
	    1 << 11, /* than a cursor and metadata, or a list in the place of members */
	MCP_PARAM_NO_OTHER = 1 << 12, /* wanted: none of those */
};

enum mcp_certainty { MCP_UNKNOWN_METHOD, MCP_SHARED_METHOD, MCP_OWN_METHOD };

/* Events of one side's JSON. */
void mcp_event(struct mcp *m, bool from_server, const struct json_walk *w, enum json_event event,
	       const uint8_t *text, size_t len);

/* A message is complete: its message and the flags of side say what it is. */
void mcp_message_complete(struct mcp *m, bool from_server);

/* Whose method that is, and whether others have one of that name as well. */
enum mcp_certainty mcp_method_known(const struct mcp_side *side, struct span method,
				    enum mcp_family *family);
/* Could a result of this shape answer that method? */
bool mcp_may_answer(const char *method, uint32_t shape);

/* The method that a result of this shape answers, or NULL. */
const char *mcp_method_of(uint32_t shape);

/* YYYY-MM-DD */
bool mcp_is_date(struct span text);

#endif
