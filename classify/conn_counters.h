/*
 * What the application layer counts, each with its meaning. Of several environments it is added up
 * member by member: there is no counter that a sum could have no room for.
 */
#ifndef WEIR_CONN_COUNTERS_H
#define WEIR_CONN_COUNTERS_H

#include "classify/proto/content_decode.h"
#include "classify/rules/scan.h"

/* Why payload was not looked at. Each is also a counter, in bytes. */
#define CONN_SKIPS(X)                                                                         \
	X(ENCRYPTED, "encrypted")	  /* ciphertext */                                    \
	X(GAP, "gap")			  /* never seen */                                    \
	X(UNSYNCED, "unsynced")		  /* passed over while looking for a message start */ \
	X(BINARY, "binary")		  /* images, audio, video, fonts */                   \
	X(NOT_PARSED, "not_parsed")	  /* a protocol recognised but not taken apart */     \
	X(BUDGET, "budget")		  /* beyond what one flow may have in a second */     \
	X(DECODE_FAILED, "decode_failed") /* content coding broken, unknown, or a bomb */     \
	X(LIMIT, "limit")		  /* a pool was empty */                              \
	X(OFF, "off")			  /* nothing was to be: flow.inspect */

enum conn_skip {
#define CONN_SKIP_ID(id, name) CONN_SKIP_##id,
	CONN_SKIPS(CONN_SKIP_ID)
#undef CONN_SKIP_ID
	    NR_CONN_SKIPS,
};

#define CONN_COUNTERS(X)                                                                           \
	X(conns, "connections with an application layer")                                          \
	X(conns_refused, "connections seen as a flow only: the pool was empty")                    \
	X(names_refused, "names of servers that flows go without: the pool was empty")             \
	X(prologues_refused, "connections known by one segment or not at all: the pool was empty") \
	X(answers_early,                                                                           \
	  "connections of which an answer was seen before its question, and waited")               \
	X(answers_early_refused, "of which it could not wait: it was too long, or the pool empty") \
	X(states_refused, "connections not taken apart: their protocol's pool was empty")          \
	X(http_exchanges, "HTTP requests with or without an answer")                               \
	X(http_refused, "exchanges not recorded: the pool was empty")                              \
	X(http_lines_cut, "lines split over two segments and cut: the pool was empty")             \
	X(http_unplaced_bytes, "of bodies, searched while a gap hid where a chunk begins")         \
	X(http_pipeline_full, "requests that waited behind too many others")                       \
	X(http2_streams_cut, "streams closed to make room for others")                             \
	X(http2_tables_taken, "header tables taken from the least recent connection")              \
	X(http2_blocks_refused, "header blocks read without text: the pool was empty")             \
	X(tls_handshakes, "TLS handshakes")                                                        \
	X(tls_decrypted, "TLS connections looked into with their secrets")                         \
	X(tls_without_keys, "TLS connections without secrets, while there is a key log")           \
	X(tls_keys_excluded, "TLS connections that keys are not to be used for: tls.keylog_names") \
	X(tls_suites_unsupported, "TLS connections whose records cannot be opened")                \
	X(tls_decrypts_refused, "TLS connections not looked into: the pool was empty")             \
	X(tls_holds_refused,                                                                       \
	  "TLS connections whose secrets were not waited for: the pool was empty")                 \
	X(tls_records_opened, "TLS records opened")                                                \
	X(tls_records_failed, "TLS records that did not open")                                     \
	X(tls_records_refused, "TLS records not opened: the pool of buffers was empty")            \
	X(tls_given_up, "directions of TLS connections of which no more records are tried")        \
	X(dns_transactions, "DNS queries and answers")                                             \
	X(dns_queries_evicted, "DNS queries told as unanswered to make room")                      \
	X(dns_malformed, "DNS messages that could not be read")                                    \
	X(llm_calls, "model calls")                                                                \
	X(llm_choices_apart, "pieces of answers beyond the fourth of a call, not put together")    \
	X(vector_operations, "searches in vector stores, and what is put in or taken out")         \
	X(batch_operations, "files and batches of model services sent, asked after, fetched")      \
	X(model_downloads, "files of models, by path or by how they begin")                        \
	X(llm_streams_likely, "answers under TLS that are likely a model's, by their shape")       \
	X(shapes_refused, "TLS and QUIC connections without a shape: the pool was empty")          \
	X(llm_refused, "exchanges not looked at as model calls: the pool was empty")               \
	X(db_operations, "operations of databases and brokers")                                    \
	X(db_ops_refused, "operations not recorded: the pool was empty")                           \
	X(db_statements_forgotten,                                                                 \
	  "prepared statements whose place another took, requests too many to follow")             \
	X(db_texts_left_out, "targets, statements, codes that a record had no room for")           \
	X(mail_unread,                                                                             \
	  "messages of mail searched without undoing their codings: the pool was empty")           \
	X(attachment_bytes, "base64 of pictures, sound and files in prompts: not scanned")         \
	X(mcp_messages, "messages of agents: requests with their answers, notifications")          \
	X(mcp_refused, "exchanges not looked at for messages of agents: the pool was empty")       \
	X(findings, "findings made, before aggregation")                                           \
	X(findings_suppressed, "findings left out by a suppression")                               \
	X(findings_not_held,                                                                       \
	  "findings told before it was clear whether a model was asked: no room")                  \
	X(wrapped_refused, "compressed texts and values not looked into: no free decoder")         \
	X(wrapped_cut, "compressed texts and values whose rest was not looked into: bombs")        \
	X(scan_refused, "messages not scanned: no free scan stream")

struct conn_counters {
#define CONN_COUNTER_MEMBER(member, meaning) uint64_t member;
	CONN_COUNTERS(CONN_COUNTER_MEMBER)
#undef CONN_COUNTER_MEMBER
	uint64_t inspected_bytes; /* payload that reached a parser or a scanner */
	uint64_t not_inspected_bytes[NR_CONN_SKIPS];
};

/* With what scanner and decoders count by themselves. */
struct conn_totals {
	struct conn_counters conn;
	struct scan_counters scan;
	struct decode_counters decode;
};

void conn_totals_add(struct conn_totals *sum, const struct conn_totals *from);

/* Hands every one of them to put, by name. */
void conn_totals_put(const struct conn_totals *t,
		     void (*put)(void *arg, const char *name, uint64_t value), void *arg);

#endif
