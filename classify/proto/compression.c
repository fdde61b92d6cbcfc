#include "classify/proto/compression.h"

enum compression
compression_of(struct span begin)
{
	static const struct {
		struct span bytes;
		enum compression is;
	} magics[] = {
		{ SPAN_LITERAL("\x1f\x8b\x08"), COMPRESSION_GZIP },
		{ SPAN_LITERAL("\x78\x9c"), COMPRESSION_ZLIB },
		{ SPAN_LITERAL("\x78\xda"), COMPRESSION_ZLIB },
		{ SPAN_LITERAL("\x78\x01"), COMPRESSION_ZLIB },
		{ SPAN_LITERAL("\x28\xb5\x2f\xfd"), COMPRESSION_ZSTD },
		{ SPAN_LITERAL("\x04\x22\x4d\x18"), COMPRESSION_LZ4 },
	};
	enum compression is = COMPRESSION_NONE;

	if (begin.len == 0 || memchr("\x1f\x78\x28\x04", begin.p[0], 4) == NULL)
		return COMPRESSION_NONE;
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		size_t n = begin.len < magics[i].bytes.len ? begin.len : magics[i].bytes.len;

		if (memcmp(begin.p, magics[i].bytes.p, n) != 0)
			continue;
		if (n == magics[i].bytes.len)
			return magics[i].is;
		is = COMPRESSION_MORE;
	}
	return is;
}

struct span
compression_name(enum compression c)
{
	static const struct span names[] = {
		[COMPRESSION_GZIP] = SPAN_LITERAL("gzip"),
		[COMPRESSION_ZLIB] = SPAN_LITERAL("deflate"),
		[COMPRESSION_ZSTD] = SPAN_LITERAL("zstd"),
		[COMPRESSION_LZ4] = SPAN_LITERAL("lz4"),
	};

	return names[c];
}
