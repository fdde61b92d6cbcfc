/*
 * One coding being removed: the libraries behind content_decode, made alike. Internal to it.
 *
 * A stage works in one block of memory that the caller provides and never asks for more.
 */
#ifndef WEIR_DECODE_STAGE_H
#define WEIR_DECODE_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/proto/aws_chunked.h"
#include "classify/proto/content_decode.h"
#include "dataplane/port/cursor.h"

enum decode_coding {
	CODING_GZIP,
	CODING_DEFLATE,
	CODING_BROTLI,
	CODING_ZSTD,
	CODING_LZ4,
	CODING_SNAPPY,
	CODING_AWS_CHUNKED,
	CODING_DEFLATE_MESSAGES, /* a stream of its own begins behind each last block */
};

enum stage_result {
	STAGE_MORE, /* all input taken, or the output is full */
	STAGE_ENDED,
	STAGE_BAD,
	STAGE_WINDOW,
};

struct decode_stage {
	enum decode_coding coding;
	uint8_t phase; /* of the gzip framing */
	uint8_t gzip_flags;
	uint16_t gzip_left;   /* bytes of the current header part */
	bool frame_ended;     /* zstd, LZ4: a frame is behind us */
	uint64_t frame_bytes; /* zstd, LZ4: taken since the last frame ended */
	struct aws_chunked aws_chunked;
	void *memory;  /* the caller's block; NULL for what needs none */
	void *context; /* the library's, inside memory */
	uint64_t in_bytes;
	uint64_t out_bytes;
};

/* Bytes of memory a stage needs. */
size_t decode_stage_bytes(enum decode_coding coding, const struct decode_limits *limits);

/* False when bytes is too little for the library in use. */
bool decode_stage_init(struct decode_stage *s, enum decode_coding coding, void *memory,
		       size_t bytes, const struct decode_limits *limits);
void decode_stage_fini(struct decode_stage *s);

/* Decodes from in into out; *produced is at most cap. */
enum stage_result decode_stage_run(struct decode_stage *s, struct cursor *in, uint8_t *out,
				   size_t cap, size_t *produced);

/* The coded data is whole as far as it was seen. */
bool decode_stage_is_whole(const struct decode_stage *s);

#endif
