/* Writes HTTP/2 frames for tests; header fields as literals that are not indexed (RFC 7541 6.2.2).
 */
#ifndef WEIR_TEST_H2_H
#define WEIR_TEST_H2_H

#include "tests/support/hello.h"

#define H2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

enum { H2_DATA, H2_HEADERS, H2_RST = 3, H2_SETTINGS, H2_PUSH_PROMISE, H2_CONTINUATION = 9 };
enum { H2_END_STREAM = 1, H2_END_HEADERS = 4 };

static inline void
h2_frame(struct bytes *o, unsigned type, unsigned flags, unsigned stream, const void *data,
	 size_t len)
{
	put_u8(o, (unsigned)(len >> 16));
	put_u16(o, len & 0xffff);
	put_u8(o, type);
	put_u8(o, flags);
	put_u16(o, stream >> 16);
	put_u16(o, stream & 0xffff);
	put(o, data, len);
}

static inline void
h2_data(struct bytes *o, unsigned stream, const void *data, size_t len, bool end)
{
	h2_frame(o, H2_DATA, end ? H2_END_STREAM : 0, stream, data, len);
}

/* Fields "name: value" in one text, a line feed behind each. */
static inline void
h2_block(struct bytes *block, const char *fields)
{
	while (*fields != '\0') {
		const char *colon = strchr(fields + 1, ':'), *line = strchr(fields, '\n');

		put_u8(block, 0);
		put_u8(block, (unsigned)(colon - fields));
		put(block, fields, (size_t)(colon - fields));
		put_u8(block, (unsigned)(line - colon) - 2);
		put(block, colon + 2, (size_t)(line - colon) - 2);
		fields = line + 1;
	}
}

static inline void
h2_headers(struct bytes *o, unsigned stream, const char *fields, bool end)
{
	struct bytes *block = calloc(1, sizeof(*block));

	h2_block(block, fields);
	h2_frame(o, H2_HEADERS, H2_END_HEADERS | (end ? H2_END_STREAM : 0), stream, block->b,
		 block->len);
	free(block);
}

/* On a stream, of what the server will answer on another. */
static inline void
h2_promise(struct bytes *o, unsigned stream, unsigned promised, const char *fields)
{
	struct bytes *block = calloc(1, sizeof(*block));

	put_u16(block, promised >> 16);
	put_u16(block, promised & 0xffff);
	h2_block(block, fields);
	h2_frame(o, H2_PUSH_PROMISE, H2_END_HEADERS, stream, block->b, block->len);
	free(block);
}

#endif
