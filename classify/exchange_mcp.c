/* Messages of agents in an exchange: their texts to the scanner, and a record of each. */
#include "classify/exchange_state.h"

static void
mcp_text(void *arg, bool from_server, const uint8_t *text, size_t len)
{
	struct exchange *x = arg;
	struct message *m = &x->message[from_server ? CONN_RESP : CONN_ORIG];

	if (!mcp_is_likely(x->mcp, from_server))
		return;
	if (len == 0)
		exchange_text_end(m);
	else
		exchange_text(m, 0, from_server ? BUFFER_MCP_RESULT : BUFFER_MCP_ARGUMENTS, text,
			      len);
}

static const char *
kind_name(const struct mcp_message *message)
{
	static const char *const names[] = { [MCP_REQUEST] = "request",
					     [MCP_NOTIFICATION] = "notification",
					     [MCP_ANSWER] = "response" };

	return names[message->kind];
}

static void
put_tools(const struct mcp *m, const struct mcp_message *message, struct record *r)
{
	const char *name = m->tool_text;

	if (!message->has_digest)
		return;
	record_put_bytes(r, RF_TOOLS_DIGEST, message->digest, sizeof(message->digest));
	record_put_uint(r, RF_MCP_TOOLS_LISTED, message->nr_tools);
	if (message->paged)
		record_put_bool(r, RF_MCP_PAGED, true);
	for (unsigned i = 0; i < m->nr_tools; i++) {
		record_put_string(r, RF_MCP_TOOLS, name);
		name += strlen(name) + 1;
	}
}

static void
put_string(struct record *r, enum record_field f, const char *text)
{
	record_put_text(r, f, text, strlen(text));
}

static void
put_message(const struct mcp *m, const struct mcp_message *message, struct record *r)
{
	record_put_string(r, RF_MCP_PROTOCOL, mcp_family_name(message->family));
	record_put_string(r, RF_MCP_KIND, kind_name(message));
	record_put_string(r, RF_MCP_SENDER, message->from_server ? "server" : "client");
	put_string(r, RF_MCP_METHOD, message->method);
	put_string(r, RF_MCP_TOOL, message->tool);
	put_string(r, RF_MCP_RESOURCE, message->resource);
	put_string(r, RF_MCP_PROMPT, message->prompt);
	put_string(r, RF_MCP_SERVER, message->server);
	put_string(r, RF_MCP_CLIENT, message->client);
	put_string(r, RF_MCP_PROTOCOL_VERSION, message->version);
	put_string(r, RF_MCP_SESSION, m->session);
	put_string(r, RF_MCP_ERROR, message->error);
	put_string(r, RF_JSONRPC_ID, message->id);
	put_tools(m, message, r);
}

static void
mcp_message(void *arg, struct mcp *m, struct mcp_message *message)
{
	struct exchange *x = arg;
	struct conn_types *received = &x->message[CONN_RESP].fresh;
	struct record *r;

	x->env->counters.mcp_messages++;
	if (x->c->ai_service == NULL)
		x->c->ai_service = mcp_family_name(message->family);
	r = exchange_begin_ai(x, RECORD_MCP);
	if (r == NULL)
		return;
	record_put_text(r, RF_URL_PATH, exchange_path(x).p, exchange_path(x).len);
	put_message(m, message, r);
	if (x->status != 0)
		record_put_uint(r, RF_HTTP_STATUS, x->status);
	if (message->answered && message->begin_us != 0 && x->env->now_us >= message->begin_us)
		record_put_uint(r, RF_DURATION_US, x->env->now_us - message->begin_us);
	if (!message->from_server)
		conn_types_put(x->env, &x->message[CONN_ORIG].types, RF_DATA_TYPES_SENT, r);
	conn_types_put(x->env, received, RF_DATA_TYPES_RECEIVED, r);
	received->nr = 0;
	exchange_put_signals(x, r);
	if (m->cut)
		record_put_bool(r, RF_INCOMPLETE, true);
	conn_emit(x->env);
}

void
exchange_mcp_begin(struct exchange *x, struct span method, struct span target)
{
	x->mcp = slab_take(&x->env->mcp);
	if (x->mcp == NULL) {
		x->env->counters.mcp_refused++;
		return;
	}
	mcp_begin(x->mcp, mcp_message, mcp_text, x);
	mcp_request_line(x->mcp, method, target);
}

void
exchange_mcp_drop_if_hopeless(struct exchange *x)
{
	if (x->mcp == NULL || mcp_worth_watching(x->mcp))
		return;
	slab_give(&x->env->mcp, x->mcp);
	x->mcp = NULL;
}
