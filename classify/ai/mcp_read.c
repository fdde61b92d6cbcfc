/* One side's JSON: from events to a message; mcp.h is the manual. */
#include "classify/ai/mcp_read.h"

#include "classify/ai/copy_text.h"
#include "classify/ai/mcp_words.h"

/* Without the level of a batch. */
static uint64_t
path_of(const struct mcp_side *side, const struct json_walk *w)
{
	if (!side->array || w->path == JSON_PATH_DEEP || w->depth == 0)
		return w->path;
	return w->path & ((UINT64_C(1) << 8 * (w->depth - 1)) - 1);
}

/* Is the container at hand one that may be a message: the value itself, or a member of a batch? */
static bool
is_root(const struct mcp_side *side, const struct json_walk *w)
{
	return w->depth == (side->array ? 1 : 0);
}

static void
begin_message(struct mcp *m, struct mcp_side *side, bool from_server)
{
	struct mcp_message *message = side->message;

	memset(message, 0, sizeof(*message));
	message->from_server = from_server;
	message->family = m->a2a ? MCP_FAMILY_A2A : MCP_FAMILY_MCP;
	side->in_message = true;
	side->is_rpc = side->has_result = side->has_id = side->meta = false;
	side->params = 0;
	side->section_at = side->keys_at = side->quiet_at = side->digest_at = 0;
}

/* ------------------------------------------------------------------ the digest of a tool list */

static void
digest_edge(struct mcp *m, struct mcp_side *side, const struct json_walk *w, enum json_event event,
	    uint64_t path)
{
	if (path != AT(K_result, K_tools))
		return;
	if (event == JSON_ARRAY) {
		side->digest_at = (uint8_t)(w->depth + 1);
		tools_digest_init(&m->tools);
		m->nr_tools = m->tool_text_len = 0;
	} else if (event == JSON_ARRAY_END && side->digest_at != 0) {
		tools_digest_end(&m->tools, side->message->digest);
		side->message->has_digest = true;
		side->digest_at = 0;
	}
}

static void
listed_tool(struct mcp *m, struct mcp_side *side, struct span name)
{
	char text[MCP_NAME_CAP];

	copy_text(text, sizeof(text), name);

	size_t len = strlen(text);

	side->message->nr_tools++;
	if (m->nr_tools == MCP_TOOLS || len >= sizeof(m->tool_text) - m->tool_text_len) {
		m->dropped++;
		return;
	}
	memcpy(m->tool_text + m->tool_text_len, text, len + 1);
	m->tool_text_len = (uint16_t)(m->tool_text_len + len + 1);
	m->nr_tools++;
}

/* ------------------------------------------------------------------ members */

/* name and version in any order: "name/version". */
static void
put_peer(char *to, struct span text, bool is_version)
{
	char part[MCP_PEER_CAP], whole[2 * MCP_PEER_CAP + 1];
	size_t have = strlen(to), len;

	copy_text(part, sizeof(part), text);
	len = strlen(part);
	if (is_version) {
		memcpy(whole, to, have);
		whole[have] = '/';
		memcpy(whole + have + 1, part, len);
		copy_text(to, MCP_PEER_CAP, span_of(whole, have + 1 + len));
	} else {
		memcpy(whole, part, len);
		memcpy(whole + len, to, have);
		copy_text(to, MCP_PEER_CAP, span_of(whole, len + have));
	}
}

static void
put_version(struct mcp_message *message, struct span text)
{
	if (mcp_is_date(text))
		copy_text(message->version, sizeof(message->version), text);
}

static void
peer_value(struct mcp_message *message, uint64_t path, struct span text)
{
	switch (path) {
	case AT(K_params, K_clientInfo, K_name):
	case AT(K_params, K__meta, K_meta_clientInfo, K_name):
		put_peer(message->client, text, false);
		break;
	case AT(K_params, K_clientInfo, K_version):
	case AT(K_params, K__meta, K_meta_clientInfo, K_version):
		put_peer(message->client, text, true);
		break;
	case AT(K_result, K_serverInfo, K_name):
	case AT(K_result, K__meta, K_meta_serverInfo, K_name):
		put_peer(message->server, text, false);
		break;
	case AT(K_result, K_serverInfo, K_version):
	case AT(K_result, K__meta, K_meta_serverInfo, K_version):
		put_peer(message->server, text, true);
		break;
	default:
		break;
	}
}

static void
card_value(struct mcp_message *message, uint64_t path, struct span text)
{
	if (path == AT(K_name))
		put_peer(message->server, text, false);
	else if (path == AT(K_version))
		put_peer(message->server, text, true);
}

static void
string_value(struct mcp *m, struct mcp_side *side, uint64_t path)
{
	struct mcp_message *message = side->message;
	struct span text = span_of(side->text, side->text_len);

	switch (path) {
	case AT(K_jsonrpc):
		side->is_rpc = span_is(text, "2.0");
		side->no_rpc = side->no_rpc || !side->is_rpc;
		break;
	case AT(K_method):
		copy_text(message->method, sizeof(message->method), text);
		break;
	case AT(K_id):
		copy_text(message->id, sizeof(message->id), text);
		side->has_id = true;
		break;
	case AT(K_params, K_name):
		copy_text(message->tool, sizeof(message->tool), text);
		break;
	case AT(K_params, K_ref, K_name):
		copy_text(message->prompt, sizeof(message->prompt), text);
		break;
	case AT(K_params, K_uri):
	case AT(K_params, K_ref, K_uri):
		copy_text(message->resource, sizeof(message->resource), text);
		break;
	case AT(K_params, K_protocolVersion):
	case AT(K_params, K__meta, K_meta_protocolVersion):
	case AT(K_result, K_protocolVersion):
		put_version(message, text);
		break;
	case AT(K_result, K_tools, ITEM, K_name):
		listed_tool(m, side, text);
		break;
	case AT(K_result, K_tools, ITEM): /* a name and no more */
		message->shape |= MCP_HAS_A_TOOL;
		break;
	default:
		peer_value(message, path, text);
		if (m->card)
			card_value(message, path, text);
		break;
	}
}

static void
number_value(struct mcp_side *side, uint64_t path, const uint8_t *text, size_t len)
{
	struct mcp_message *message = side->message;

	if (path == AT(K_id)) {
		copy_text(message->id, sizeof(message->id), span_of(text, len));
		side->has_id = true;
	} else if (path == AT(K_error, K_code)) {
		copy_text(message->error, sizeof(message->error), span_of(text, len));
	}
}

static uint32_t
shape_of(uint64_t path)
{
	switch (path) {
	case AT(K_result, K_tools):
		return MCP_HAS_TOOLS;
	case AT(K_result, K_content):
		return MCP_HAS_CONTENT;
	case AT(K_result, K_contents):
		return MCP_HAS_CONTENTS;
	case AT(K_result, K_resources):
		return MCP_HAS_RESOURCES;
	case AT(K_result, K_resourceTemplates):
		return MCP_HAS_TEMPLATES;
	case AT(K_result, K_prompts):
		return MCP_HAS_PROMPTS;
	case AT(K_result, K_messages):
		return MCP_HAS_MESSAGES;
	case AT(K_result, K_completion):
		return MCP_HAS_COMPLETION;
	case AT(K_result, K_serverInfo):
		return MCP_HAS_SERVER_INFO;
	case AT(K_result, K_supportedVersions):
		return MCP_HAS_VERSIONS;
	case AT(K_result, K_roots):
		return MCP_HAS_ROOTS;
	case AT(K_result, K_action):
		return MCP_HAS_ACTION;
	case AT(K_result, K_role):
		return MCP_HAS_ROLE;
	case AT(K_result, K_model):
		return MCP_HAS_MODEL;
	case AT(K_result, K_structuredContent):
		return MCP_HAS_STRUCTURED;
	case AT(K_result, K_task):
		return MCP_HAS_TASK;
	case AT(K_result, K_tools, ITEM, K_inputSchema):
		return MCP_HAS_SCHEMA;
	case AT(K_result, K_inputRequests):
		return MCP_HAS_INPUT_REQUESTS;
	default:
		return 0;
	}
}

/* What a member of params is: enum mcp_param. */
static uint16_t
param_of(uint64_t path)
{
	switch (path) {
	case AT(K_params, K_name):
		return MCP_PARAM_NAME | MCP_PARAM_OTHER;
	case AT(K_params, K_uri):
		return MCP_PARAM_URI | MCP_PARAM_OTHER;
	case AT(K_params, K_ref):
		return MCP_PARAM_REF | MCP_PARAM_OTHER;
	case AT(K_params, K_level):
		return MCP_PARAM_LEVEL | MCP_PARAM_OTHER;
	case AT(K_params, K_messages):
		return MCP_PARAM_MESSAGES | MCP_PARAM_OTHER;
	case AT(K_params, K_message):
		return MCP_PARAM_MESSAGE | MCP_PARAM_OTHER;
	case AT(K_params, K_message, K_parts):
		return MCP_PARAM_PARTS;
	case AT(K_params, K_taskId):
		return MCP_PARAM_TASK_ID | MCP_PARAM_OTHER;
	case AT(K_params, K_clientInfo):
		return MCP_PARAM_CLIENT | MCP_PARAM_OTHER;
	case AT(K_params, K_requestId):
		return MCP_PARAM_REQUEST_ID | MCP_PARAM_OTHER;
	case AT(K_params, K_progressToken):
		return MCP_PARAM_PROGRESS_TOKEN | MCP_PARAM_OTHER;
	case AT(K_params, K_cursor):
	case AT(K_params, K__meta):
		return 0;
	default:
		return path >> 8 == K_params ? MCP_PARAM_OTHER : 0;
	}
}

/* Whoever lists tools as MCP does says what they take; those of others may have names as well. */
static void
listed_edge(struct mcp_side *side, enum json_event event, uint64_t path)
{
	if (path == AT(K_params) && event == JSON_ARRAY)
		side->params |= MCP_PARAM_OTHER;
	else if (path == AT(K_result, K_tools, ITEM) && event == JSON_OBJECT)
		side->message->shape |= MCP_HAS_A_TOOL;
}

/* A first-level member that JSON-RPC does not have ends the watch, unless it is MCP for sure. */
static void
root_key(struct mcp *m, struct mcp_side *side, uint64_t path)
{
	switch (path) {
	case AT(K_jsonrpc):
	case AT(K_id):
	case AT(K_method):
	case AT(K_params):
		break;
	case AT(K_result):
	case AT(K_error):
		side->has_result = true;
		break;
	case AT(K_skills):
		if (m->card)
			m->sure = true;
		break;
	default:
		side->no_rpc = side->no_rpc || (!m->sure && !m->card);
		break;
	}
}

static void
key(struct mcp *m, struct mcp_side *side, const struct json_walk *w, uint64_t path)
{
	if (w->depth == (side->array ? 2 : 1))
		root_key(m, side, path);
	side->message->shape |= shape_of(path);
	side->params |= param_of(path);
	switch (path) {
	case AT(K_params, K__meta, K_meta_protocolVersion):
	case AT(K_params, K__meta, K_meta_clientInfo):
	case AT(K_params, K__meta, K_meta_subscriptionId):
	case AT(K_result, K__meta, K_meta_serverInfo):
	case AT(K_result, K__meta, K_meta_subscriptionId):
		side->meta = true;
		break;
	case AT(K_params, K_cursor):
	case AT(K_result, K_nextCursor):
		side->message->paged = true;
		break;
	default:
		break;
	}
}

/* ------------------------------------------------------------------ text */

/*
 *   params, result              values are told ...
 *     arguments, structured       ... with their keys
 *     _meta                       nothing is told
 */
static void
section_edge(struct mcp_side *side, const struct json_walk *w, bool opens, uint64_t path)
{
	uint8_t depth = (uint8_t)(w->depth + 1);
	uint8_t *at = NULL;

	switch (path) {
	case AT(K_params):
	case AT(K_result):
	case AT(K_error):
		at = &side->section_at;
		break;
	case AT(K_params, K_arguments):
	case AT(K_result, K_structuredContent):
		at = &side->keys_at;
		break;
	case AT(K_params, K__meta):
	case AT(K_result, K__meta):
		at = &side->quiet_at;
		break;
	default:
		return;
	}
	*at = opens ? depth : 0;
}

static bool
is_told(const struct mcp_side *side, uint64_t path)
{
	if (side->section_at == 0 || side->quiet_at != 0)
		return false;
	/* Pictures, sound and files, in base64. */
	return path == JSON_PATH_DEEP || ((path & 0xff) != K_data && (path & 0xff) != K_blob);
}

static void
tell(struct mcp *m, bool from_server, const void *text, size_t len)
{
	if (m->text_fn != NULL && len != 0)
		m->text_fn(m->arg, from_server, text, len);
}

/* ------------------------------------------------------------------ events */

static void
string_piece(struct mcp_side *side, const uint8_t *text, size_t len)
{
	side->text_len = (uint16_t)span_append(side->text, side->text_len, sizeof(side->text),
					       span_of(text, len));
}

static void
container(struct mcp *m, bool from_server, const struct json_walk *w, enum json_event event,
	  uint64_t path)
{
	struct mcp_side *side = &m->side[from_server];
	bool opens = event == JSON_OBJECT || event == JSON_ARRAY;

	if (event == JSON_ARRAY && w->depth == 0) {
		side->array = true;
		return;
	}
	digest_edge(m, side, w, event, path);
	listed_edge(side, event, path);
	if (event == JSON_OBJECT && is_root(side, w))
		begin_message(m, side, from_server);
	else if (event == JSON_OBJECT_END && is_root(side, w) && side->in_message)
		mcp_message_complete(m, from_server);
	else
		section_edge(side, w, opens, path);
}

void
mcp_event(struct mcp *m, bool from_server, const struct json_walk *w, enum json_event event,
	  const uint8_t *text, size_t len)
{
	struct mcp_side *side = &m->side[from_server];
	uint64_t path = path_of(side, w);

	/* Its owner lets go of what is hopeless behind the bytes at hand, however many these are.
	 */
	if (!mcp_worth_watching(m))
		return;
	/* The edges of the list itself are no part of it. */
	if (side->digest_at != 0 && w->depth >= side->digest_at)
		tools_digest_event(&m->tools, (unsigned)w->depth - side->digest_at, event, text,
				   len);
	switch (event) {
	case JSON_OBJECT:
	case JSON_OBJECT_END:
	case JSON_ARRAY:
	case JSON_ARRAY_END:
		container(m, from_server, w, event, path);
		break;
	case JSON_KEY:
		key(m, side, w, path);
		if (side->keys_at != 0 && side->quiet_at == 0) {
			tell(m, from_server, text, len);
			tell(m, from_server, ": ", 2);
		}
		break;
	case JSON_STRING:
		string_piece(side, text, len);
		if (is_told(side, path))
			tell(m, from_server, text, len);
		break;
	case JSON_STRING_END:
		string_value(m, side, path);
		side->text_len = 0;
		if (is_told(side, path))
			tell(m, from_server, "\n", 1);
		break;
	case JSON_NUMBER:
		number_value(side, path, text, len);
		if (side->keys_at != 0 && is_told(side, path)) {
			tell(m, from_server, text, len);
			tell(m, from_server, "\n", 1);
		}
		break;
	case JSON_TRUE:
		if (path == AT(K_result, K_isError))
			copy_text(side->message->error, MCP_ERROR_CAP, span_of("tool", 4));
		break;
	case JSON_DOCUMENT_END:
		side->array = false;
		break;
	default:
		break;
	}
}
