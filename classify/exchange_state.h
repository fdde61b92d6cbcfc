/* What the files of an exchange share. Not for anyone else. */
#ifndef WEIR_EXCHANGE_STATE_H
#define WEIR_EXCHANGE_STATE_H

#include <nettle/sha2.h>

#include "classify/ai/grpc_call.h"
#include "classify/ai/llm.h"
#include "classify/ai/mcp.h"
#include "classify/ai/model_file.h"
#include "classify/exchange.h"
#include "classify/proto/grpc.h"
#include "classify/proto/protobuf.h"
#include "classify/proto/sse.h"
#include "classify/proto/sse_join.h"
#include "classify/proto/websocket.h"
#include "classify/wrapped_text.h"

#define MAX_METHOD     32u
#define MAX_HOST       255u
#define MAX_TARGET     4096u
#define MAX_AGENT      512u
#define MAX_TYPE       192u
#define MAX_CODING     64u
#define MAX_TRANSFER   32u
#define MAX_TRACE      64u
#define MAX_QUERY_KEYS 16u
#define MAX_SEEN       16u
#define CUT_BACK       128u
/* Messages of a WebSocket within which a session with a model must have shown itself. */
#define WEBSOCKET_PATIENCE 32u
/* Answers of one call that are put together side by side, each a stream of its own. */
#define JOINED_TEXTS 4u

struct body_parts;

/* Of an answer, what stands between its texts; see exchange_text.c. */
enum { REPEAT_MAX = 384 };

struct repeats {
	uint16_t len;	     /* of the piece before; 0: none, or a longer one */
	uint16_t at;	     /* bytes of the piece at hand; REPEAT_MAX + 1: more */
	bool differs;	     /* from the one before, else so much is the same and held back */
	uint32_t same_bytes; /* scanned of the same piece in a row */
	uint8_t piece[REPEAT_MAX];
};

/* One direction's message. */
struct message {
	struct exchange *x;
	enum conn_dir dir;
	bool begun, headers_done, done, complete, gap;
	bool scan_body; /* cleartext worth scanning */
	bool sse_body;
	bool websocket_deflated; /* the message at hand */
	bool websocket_apart;	 /* each message is deflated by itself */
	bool grpc_lost;		 /* a gap: where its messages begin is not known any more */
	bool message_failed;	 /* one of several could not be decoded, or has a hole */
	bool grpc_text;		 /* gRPC-Web in base64 */
	bool protobuf_body;
	uint64_t begin_us, end_us;
	uint64_t body_bytes; /* decoded */
	struct decode *decode;
	struct decode *outer; /* of a body of gRPC: what is around its messages; or NULL */
	bool outer_failed;
	bool decode_failed;
	bool unended;	     /* it lacks nothing but its last chunk */
	bool body_seen;	     /* as far as was sent, and it could be decoded */
	bool unread;	     /* a field, or the rest of one */
	bool coding_unknown; /* it is searched as it is, and counted as not decoded */
	struct scan_stream *scan;
	struct scan_stream *control; /* of a ping, pong or close, while it lasts */
	struct sse_join sse_join;    /* of a body of events, on its way to the scanner */
	struct wrapped_text wrapped; /* of what is in base64 */
	enum buffer type_buffer;     /* where a body of its type is looked at */
	enum buffer scan_buffer;     /* of scan, and of what is wrapped in it */
	struct body_parts *parts;    /* of a multipart body; owned, from the message buffers */
	struct {
		struct scan_stream *scan;
		enum buffer as;
	} joined[JOINED_TEXTS]; /* texts without their wrapping; see exchange_text.c */
	const uint8_t *raw;	/* of the bytes at hand, those that are still to be scanned */
	size_t raw_len;
	enum buffer raw_buffer;
	struct conn_types types;
	struct conn_types
	    credentials;	   /* of a request; not in types unless they are elsewhere too */
	struct conn_types signals; /* rule ids */
	struct conn_types fresh;   /* since the last message of an agent */
	struct grpc grpc;
	struct base64 base64;
	uint64_t base64_overhead; /* of the digits read, over their bytes; told at the end */
	struct protobuf protobuf; /* of the message at hand */
	struct websocket websocket;
	uint8_t type_len, coding_len, transfer_len, grpc_coding_len;
	unsigned nr_seen;

	/* Not zeroed when an exchange opens: the lengths above say what there is. */
	struct sha256_ctx sha; /* only where digests are asked for */
	char type[MAX_TYPE];
	char coding[MAX_CODING];
	char transfer[MAX_TRANSFER]; /* codings of the transfer, but for chunked */
	char grpc_coding[MAX_TRANSFER];
	struct {
		const void *rule;
		uint64_t value;
	} seen[MAX_SEEN];
};

struct exchange {
	struct exchange *next;
	struct conn_env *env;
	struct conn *c;
	struct llm_call *llm; /* NULL: not looked at, or no longer */
	struct mcp *mcp;      /* the same */
	uint8_t *long_target; /* one that is longer than its place, until it is scanned; or NULL */
	size_t long_target_len;
	struct held_finding *held_first, *held_last; /* see exchange_finding.c */
	unsigned nr_held;
	uint64_t ordinal;
	struct sse sse;
	const char *version;
	unsigned status;
	uint16_t target_len, host_len, agent_len, port;
	uint8_t method_len, auth_len, trace_len;
	uint8_t grpc_status;
	bool grpc, has_grpc_status;
	bool websocket;
	bool target_known;
	bool elastic; /* the answer names it as its product */
	enum protocol upgrade;

	/* Of what follows exchange_open sets only what says how much of it there is. */
	struct message message[2];
	struct repeats repeats;
	struct model_file model_file;
	struct grpc_call_head grpc_head;
	char method[MAX_METHOD];
	char host[MAX_HOST];
	char auth[MAX_METHOD];
	char trace[MAX_TRACE];
	char agent[MAX_AGENT];
	char target[MAX_TARGET];
};

/* The next bytes of a message's body, all coding undone; arg is the message. */
void exchange_decoded(void *arg, const uint8_t *data, size_t len);

/* It may be a model call: it is watched as one, where there is room. */
void exchange_begin_llm(struct exchange *x);

/* Bytes of the body were lost, for those who read its text. */
void exchange_readers_gap(struct exchange *x, enum conn_dir dir);

/* What undoes a coding; where nobody knows it there is none. */
void exchange_decode_begin(struct message *m, struct span coding);

/* The next bytes that have it, which it accounts for; to exchange_decoded. */
void exchange_decode(struct message *m, const uint8_t *data, size_t len);

bool exchange_type_starts(const struct message *m, const char *prefix);

/* exchange_messages.c: headers are over; bytes of a body of gRPC; the body is over. */
void exchange_websocket_extensions(struct exchange *x, struct span value);
void exchange_grpc_begin(struct message *m);
void exchange_grpc_outer(struct message *m, struct span codings);
void exchange_grpc(struct message *m, const uint8_t *data, size_t len);
void exchange_grpc_gap(struct message *m, uint64_t len);
void exchange_grpc_end(struct message *m);

/* exchange_scan.c: what a Content-Type says of bytes. */
bool exchange_binary_type(struct span type);
enum buffer exchange_type_buffer(struct span type);

/* The next bytes of a stream of this buffer; its end; a hole in it. */
void exchange_scan(struct message *m, enum buffer buffer, const uint8_t *data, size_t len);
void exchange_scan_end(struct message *m);
void exchange_scan_gap(struct message *m);

/* exchange_field.c: a field by itself; one of the message's head, together with the others. */
void exchange_scan_header(struct message *m, struct span name, struct span value);
void exchange_search_header(struct message *m, struct span name, struct span value);

/* The same of a body in parts, which is told by its type when its headers are over. */
void exchange_parts_begin(struct message *m);
void exchange_parts(struct message *m, const uint8_t *data, size_t len);
void exchange_parts_gap(struct message *m);
void exchange_parts_end(struct message *m);

/* Bytes of a gRPC message, decoded, on their way to the scanner, which is open. */
void exchange_protobuf(struct message *m, const uint8_t *data, size_t len);

/* Where "://" stands in an absolute form (RFC 9112 section 3.2.2); NULL: it is another form. */
const uint8_t *exchange_scheme_end(struct span target);

/* Origin form without scheme, authority, query and fragment; may be empty. */
struct span exchange_path_of(struct span target);
struct span exchange_path(const struct exchange *x);

/* Behind the question mark; may be empty. */
struct span exchange_query_of(struct span target);
struct span exchange_query(const struct exchange *x);

/* A scanner's callback; arg is the struct message. */
void exchange_found(void *arg, const struct finding *f);
/* What waits for it is told: it was a model call, or was none. */
void exchange_settle_findings(struct exchange *x, bool is_call);

/* A ping, pong or close that is under way is over. */
void exchange_control_end(struct message *m);

/* What may hold base64, and is scanned by a stream of its own. */
void exchange_scan_blob(struct message *m, enum buffer as, const uint8_t *data, size_t len);

/* Around the readers of a piece of a body: what they take out as text is not scanned twice. */
void exchange_raw_begin(struct message *m, enum buffer as, const uint8_t *data, size_t len);
void exchange_raw_end(struct message *m);
void exchange_repeats_begin(struct repeats *r);
/* The body ends, or has a hole. */
void exchange_repeats_end(struct message *m);
/* Base64 of a picture or a file: of use to nobody but where it is text (base64_text.h). */
void exchange_leave_out(struct message *m, const uint8_t *text, size_t len);
/* False when no stream is left for it. */
bool exchange_text_open(struct message *m, unsigned choice, enum buffer as);
void exchange_text(struct message *m, unsigned choice, enum buffer as, const uint8_t *text,
		   size_t len);
void exchange_text_gap(struct message *m);
void exchange_text_end(struct message *m);

void exchange_mcp_begin(struct exchange *x, struct span method, struct span target);
void exchange_mcp_drop_if_hopeless(struct exchange *x);

/* What records of calls and of agents' messages begin with; NULL where they are not wanted. */
struct record *exchange_begin_ai(struct exchange *x, enum record_type type);

void exchange_put_signals(const struct exchange *x, struct record *r);

/* The llm record of a model's file or of a call over gRPC, when it was one. */
void exchange_put_beside(struct exchange *x);

/* The http record, and the llm record of what was a model call. */
void exchange_put_records(struct exchange *x);

#endif
