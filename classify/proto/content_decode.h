/*
 * Removes the content codings of a body (RFC 9110 section 8.4): gzip, deflate (zlib or bare, told
 * apart by its first bytes), br, zstd; up to DECODE_MAX_CODINGS stacked ones. Also lz4 (frames) and
 * snappy (proto/snappy.h): what Kafka and MongoDB use, and Prometheus' remote writes. aws-chunked
 * (proto/aws_chunked.h) is the outermost, wherever it is named.
 *
 * identity is none, and so is what senders write there that is no coding at all: a charset, a
 * transfer encoding of mail, "none".
 *
 * All memory is laid aside when the pool is created and touched when first used. A pool and its
 * decoders belong to one worker. The output buffers are the pool's, one per level of stacking,
 * so what an output function gets is borrowed for the call.
 *
 * A mirror port cannot ask again, so decoding is as lenient as the most lenient client: checksums
 * (but of an lz4 frame's head) and reserved gzip header bits are ignored, so is whatever follows
 * the end of the coded data unless it is another gzip member, zstd or lz4 frame. A body that
 * carries the label but is not coded is handed through as it is, and decode_was_plain() says so.
 * For gzip and zstd the first bytes tell, as for lz4; for deflate and br, which have none,
 * DECODE_SNIFF_BYTES of plain text do. What is called snappy is read as nothing else.
 *
 * Bombs: once a level has produced ratio_after_bytes it may not exceed max_ratio times the coded
 * bytes. What was produced up to there has been handed out; the rest of the message is lost.
 *
 * Any split of the input gives the same bytes and result; only how much is handed out before bad
 * data or a limit is noticed depends on it.
 *
 * Limits: a push hands out all that it decodes, which for a first packet can be ratio_after_bytes.
 * Preset dictionaries (zlib FDICT, zstd and lz4 dictionaries, shared brotli) are not known and
 * end as DECODE_BAD_DATA. compress, exi, pack200-gzip and whatever nobody knows are
 * DECODE_UNKNOWN_CODING.
 */
#ifndef WEIR_CONTENT_DECODE_H
#define WEIR_CONTENT_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/span.h"

#define DECODE_MAX_CODINGS 3u
#define DECODE_SNIFF_BYTES 16u

struct decode_limits {
	uint32_t nr_deflate; /* decoders; each coding of a message needs one */
	uint32_t nr_brotli;
	uint32_t nr_zstd;
	uint32_t nr_lz4;
	uint32_t nr_snappy;
	uint32_t max_ratio;
	uint64_t ratio_after_bytes;
	uint64_t max_message_bytes; /* decoded */
	uint32_t brotli_window_log; /* largest history kept, log2 of bytes; 10..24 */
	uint32_t zstd_window_log;   /* 10..27; RFC 9659 allows 23 in HTTP */
};

#define DECODE_LIMITS_DEFAULT                                                                      \
	{                                                                                          \
		.nr_deflate = 1024, .nr_brotli = 16, .nr_zstd = 16, .nr_lz4 = 16, .nr_snappy = 64, \
		.max_ratio = 200, .ratio_after_bytes = 1u << 20, .max_message_bytes = 1u << 30,    \
		.brotli_window_log = 22, .zstd_window_log = 23                                     \
	}

/* Each value is also a counter; a message counts in exactly one. */
enum decode_result {
	DECODE_OK,
	DECODE_UNKNOWN_CODING,
	DECODE_TOO_MANY_CODINGS,
	DECODE_NO_DECODER, /* all decoders of a kind are in use: the body stays coded */
	DECODE_BAD_DATA,
	DECODE_BOMB,
	DECODE_TOO_LONG,  /* max_message_bytes */
	DECODE_WINDOW,	  /* needs a larger window than the limits allow */
	DECODE_TRUNCATED, /* the message ended before the coded data did */
	DECODE_ABANDONED, /* given back before decode_finish */
	DECODE_NR_RESULTS,
};

struct decode_counters {
	uint64_t results[DECODE_NR_RESULTS];
	uint64_t plain;		 /* messages with a label but no coding */
	uint64_t consumed_bytes; /* pushed into decoders */
	uint64_t produced_bytes; /* handed to output functions */
};

struct decode_pool; /* opaque */
struct decode;	    /* opaque: one message body in flight, from the pool */

typedef void decode_out_fn(void *arg, const uint8_t *data, size_t len);

/* NULL when memory is short or a limit is out of range. */
struct decode_pool *decode_pool_create(const struct decode_limits *limits);
void decode_pool_destroy(struct decode_pool *pool);

/* Address space that a pool of these limits takes. */
uint64_t decode_pool_bytes(const struct decode_limits *limits);

/* Decoders, and their libraries' states, that are in use. */
uint32_t decode_pool_taken(const struct decode_pool *pool);

/* Lives as long as the pool. */
const struct decode_counters *decode_pool_counters(const struct decode_pool *pool);

/*
 * content_encoding is the field's value, repeated fields joined with a comma. *out is NULL unless
 * the result is DECODE_OK, and also then when there is nothing to remove: the owner passes the
 * bytes through. The decoder goes back with decode_give.
 */
enum decode_result decode_take(struct decode_pool *pool, struct span content_encoding,
			       struct decode **out);

/*
 * The messages of one direction of a WebSocket (permessage-deflate, RFC 7692), each with the tail
 * that its sender left away. What comes is coded, whatever it looks like, and goes on behind a last
 * block.
 */
enum decode_result decode_take_messages(struct decode_pool *pool, struct decode **out);

/* After an error: ignores the input and repeats the error. */
enum decode_result decode_push(struct decode *d, const uint8_t *data, size_t len,
			       decode_out_fn *out, void *arg);

/*
 * Bytes of the push that has failed which were not looked at any more; where codings are stacked,
 * as far as the outermost got.
 */
size_t decode_unread(const struct decode *d);

/* The message is over. May hand out a last few bytes of a body that proves to be plain. */
enum decode_result decode_finish(struct decode *d, decode_out_fn *out, void *arg);

/* Some level of the message was labelled but not coded. Valid until decode_give. */
bool decode_was_plain(const struct decode *d);

void decode_give(struct decode_pool *pool, struct decode *d);

#endif
