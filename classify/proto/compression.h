/*
 * How compressed data begins, where nothing around it says that it is: gzip (RFC 1952), zlib (RFC
 * 1950) of the levels that are in use, zstd (RFC 8878), frames of lz4. No text begins like that.
 */
#ifndef WEIR_COMPRESSION_H
#define WEIR_COMPRESSION_H

#include "classify/span.h"

#define COMPRESSION_BYTES 4u /* tell it */

enum compression {
	COMPRESSION_NONE,
	COMPRESSION_MORE, /* to be told by what follows */
	COMPRESSION_GZIP,
	COMPRESSION_ZLIB,
	COMPRESSION_ZSTD,
	COMPRESSION_LZ4,
};

enum compression compression_of(struct span begin);

/* What content_decode.h knows it by. */
struct span compression_name(enum compression c);

#endif
