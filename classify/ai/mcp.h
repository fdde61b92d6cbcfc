/*
 * One HTTP exchange that may carry messages of agents: MCP (the Model Context Protocol) in its five
 * revisions, or A2A (agent to agent). Both are JSON-RPC 2.0; this says which of it is theirs, and
 * what.
 *
 *   2024-11-05            GET is a stream of events, the first `endpoint`; POSTs are answered there
 *   2025-03-26            one endpoint; POST answered by JSON or a stream of events, batches
 * allowed 2025-06-18, -11-25    the same without batches, with the header MCP-Protocol-Version
 *   2026-07-28            no handshake, no session; the headers Mcp-Method and Mcp-Name say it all
 *   A2A 0.x, 1.0          JSON-RPC, or paths such as /message:send; agent cards
 *
 * Pure push, bodies decoded, in whatever pieces. A message is told through the hook when it is
 * complete: a request together with its answer, when that came in the same exchange; else alone.
 * Answers on another exchange than their request's (2024-11-05; what a client answers a server) are
 * named by the shape of their result: an answer with tools is one of tools/list.
 *
 * What makes it MCP. JSON-RPC is spoken by editors, wallets and servers of all kinds, so one of
 *   a header of MCP or A2A; `initialize` with a protocolVersion that is a date and a clientInfo (an
 *   editor's has none of the first); metadata under io.modelcontextprotocol/; on a GET stream the
 *   event `endpoint` with a path; a method of theirs with the params that it wants (tools/call a
 *   name, resources/read a uri, a list nothing but a cursor)
 * is needed. The last alone is no proof against an answer: a result that has nothing of what the
 * method is answered with, or an answer that is no JSON-RPC, and it was another's. `ping`, unknown
 * methods and answers count only where one of those was seen before.
 *
 * The digest of a tool list (tools_digest.h) does not mind blanks, escapes and the order of
 * members; every change of a name, a description, a schema or of the order of tools makes another.
 * A list in several pages (a cursor asked for or given) has a digest for each.
 *
 * Limits: MCP_OPEN requests of an exchange wait for answers, the oldest is told without one to make
 * room; texts are cut at their capacity; MCP_TOOLS names in MCP_TOOL_TEXT bytes of a list are kept.
 * After a gap the rest of a JSON body is not read, a stream of events is taken up at the next
 * event.
 *
 * struct mcp is one object of constant size for a slab; nothing is allocated, time comes with the
 * bytes.
 */
#ifndef WEIR_MCP_H
#define WEIR_MCP_H

#include "classify/ai/tools_digest.h"
#include "classify/proto/http_field.h"
#include "classify/proto/json_walk.h"
#include "classify/proto/sse.h"

enum {
	MCP_METHOD_CAP = 64,
	MCP_NAME_CAP = 128,
	MCP_URI_CAP = 256,
	MCP_ID_CAP = 64,
	MCP_VERSION_CAP = 16,
	MCP_PEER_CAP = 96,
	MCP_ERROR_CAP = 16,
	MCP_SESSION_CAP = 128,
	MCP_OPEN = 8,
	MCP_TOOLS = 64,
	MCP_TOOL_TEXT = 2048,
	MCP_STRING_CAP = 256, /* of a string that matters, this much is looked at */
};

enum mcp_family { MCP_FAMILY_MCP, MCP_FAMILY_A2A };

enum mcp_kind {
	MCP_REQUEST,
	MCP_NOTIFICATION,
	MCP_ANSWER, /* to a request that another exchange carried */
};

/* What is known of one message, or of a request and its answer. Texts are empty when unknown. */
struct mcp_message {
	enum mcp_family family;
	enum mcp_kind kind;
	bool from_server; /* who sent it: the request, where there is one */
	bool answered;
	bool paged; /* a piece of a list */
	bool has_digest;
	uint32_t nr_tools; /* of a list; named in mcp.tool_text */
	uint32_t shape;	   /* of the result: enum mcp_shape, a set */
	uint64_t begin_us; /* when the request was complete */
	char method[MCP_METHOD_CAP];
	char tool[MCP_NAME_CAP];
	char prompt[MCP_NAME_CAP];
	char resource[MCP_URI_CAP];
	char id[MCP_ID_CAP];
	char error[MCP_ERROR_CAP]; /* a code of JSON-RPC, or "tool" when a tool said that it failed
				    */
	char version[MCP_VERSION_CAP];
	char client[MCP_PEER_CAP]; /* name/version */
	char server[MCP_PEER_CAP];
	uint8_t digest[SHA256_DIGEST_SIZE]; /* of a tool list */
};

struct mcp;

/* Told when complete. Borrowed. */
typedef void mcp_message_fn(void *arg, struct mcp *m, struct mcp_message *message);

/*
 * Text that a person or a model may read: values of arguments ("key: value" and a line feed), texts
 * of results, descriptions. len 0: that message is over.
 */
typedef void mcp_text_fn(void *arg, bool from_server, const uint8_t *text, size_t len);

/* One direction. */
struct mcp_side {
	struct json_walk walk;
	bool started, sse_body, lost;
	bool array;	    /* a batch: its level is left out of paths */
	bool in_message;    /* an object that may be a message is open */
	bool is_rpc;	    /* it has said "jsonrpc":"2.0" */
	bool has_result;    /* or an error */
	bool has_id;	    /* one that is not null */
	bool meta;	    /* of io.modelcontextprotocol/ */
	uint16_t params;    /* what there is: enum mcp_param, a set */
	bool no_rpc;	    /* what comes is something else */
	uint8_t section_at; /* depth inside params, result, error; 0 outside, as the next three */
	uint8_t keys_at;    /* ... inside an object whose keys are told as well */
	uint8_t quiet_at;   /* ... inside _meta */
	uint8_t digest_at;  /* ... inside a list of tools */
	uint16_t text_len;
	struct mcp_message *message; /* of mcp.reading */
	uint8_t text[MCP_STRING_CAP];
};

struct mcp {
	mcp_message_fn *message_fn;
	mcp_text_fn *text_fn;
	void *arg;
	bool sure;	/* something has shown that this is MCP or A2A */
	bool by_method; /* ... and that was no more than a method and its params */
	bool a2a;	/* by a header or path */
	bool post, get;
	bool json;	    /* the request's content type */
	bool events;	    /* the client accepts a stream of events */
	bool card;	    /* an agent card is asked for */
	bool endpoint_said; /* 2024-11-05: the first event of a stream */
	bool told;	    /* a message was told */
	bool ended[2];
	bool cut; /* a gap, or an end before the end */
	unsigned status;
	uint64_t now_us;  /* of the call at hand */
	uint32_t dropped; /* requests told early, tools not named */
	uint8_t nr_open;
	uint16_t nr_tools, tool_text_len;
	char session[MCP_SESSION_CAP];
	char version[MCP_VERSION_CAP];	    /* by header */
	char header_method[MCP_METHOD_CAP]; /* by header or path */
	char header_name[MCP_URI_CAP];
	struct sse sse;
	struct mcp_side side[2];       /* client, server */
	struct mcp_message reading[2]; /* by side; mcp_begin leaves this and what follows */
	struct mcp_message open[MCP_OPEN];
	struct tools_digest tools;     /* of the list being read */
	char tool_text[MCP_TOOL_TEXT]; /* names of the last list, each with NUL */
};

void mcp_begin(struct mcp *m, mcp_message_fn *message, mcp_text_fn *text, void *arg);
void mcp_request_line(struct mcp *m, struct span method, struct span path);
void mcp_header(struct mcp *m, bool from_server, const struct http_field *f);
void mcp_status(struct mcp *m, unsigned status);
void mcp_body(struct mcp *m, bool from_server, const uint8_t *data, size_t len, uint64_t now_us);
void mcp_gap(struct mcp *m, bool from_server);
/* Of that direction. After both, what is still open has been told. */
void mcp_end(struct mcp *m, bool from_server, bool complete, uint64_t now_us);

/* Could a message still come? Meaningful after the request's headers, and any time later. */
bool mcp_worth_watching(const struct mcp *m);

/* Whoever has to give the text at hand a name before the message is complete: is it MCP's or A2A's?
 */
bool mcp_is_likely(const struct mcp *m, bool from_server);

const char *mcp_family_name(enum mcp_family family);

#endif
