/*
 * The body of an upload to S3 that is signed piece by piece (Content-Encoding: aws-chunked,
 * "Signature calculations for the Authorization header: transferring payload in multiple chunks"):
 *
 *   size in hex [;chunk-signature=...] CRLF | bytes | CRLF ... 0 [;...] CRLF [trailers] CRLF
 *
 * What stands behind the last chunk are checksums and a signature, and is left to the caller. Any
 * split gives the same.
 */
#ifndef WEIR_AWS_CHUNKED_H
#define WEIR_AWS_CHUNKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/port/cursor.h"

/* All zero is a valid start. */
struct aws_chunked {
	uint64_t left; /* of the chunk, or its size as far as it is read */
	uint8_t phase;
	bool size_seen;
	bool ended;
};

/* Copies content from in to out until either is at its end; false: that is no chunk. */
bool aws_chunked_run(struct aws_chunked *a, struct cursor *in, uint8_t *out, size_t cap,
		     size_t *produced);

#endif
