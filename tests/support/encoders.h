/*
 * Texts in every content coding, and the same damaged in ways that a decoder has to notice. Each
 * encoder frees what it is given.
 */
#ifndef WEIR_TEST_ENCODERS_H
#define WEIR_TEST_ENCODERS_H

#include <brotli/encode.h>
#include <lz4frame.h>
#include <snappy-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

struct bytes {
	uint8_t *p;
	size_t len;
};

static inline struct bytes
bytes_copy(const void *p, size_t len)
{
	struct bytes b = { malloc(len + 1), len };

	assert_non_null(b.p);
	if (len > 0)
		memcpy(b.p, p, len);
	return b;
}

static inline struct bytes
bytes_text(const char *text)
{
	return bytes_copy(text, strlen(text));
}

/* a and b are freed. */
static inline struct bytes
bytes_join(struct bytes a, struct bytes b)
{
	struct bytes out = { malloc(a.len + b.len + 1), a.len + b.len };

	assert_non_null(out.p);
	memcpy(out.p, a.p, a.len);
	memcpy(out.p + a.len, b.p, b.len);
	free(a.p);
	free(b.p);
	return out;
}

typedef struct bytes encode_fn(struct bytes in);

static inline struct bytes
zlib_encode(struct bytes in, int window_bits)
{
	z_stream z = { 0 };
	struct bytes out;

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
	out.len = deflateBound(&z, (uLong)in.len);
	out.p = malloc(out.len);
	assert_non_null(out.p);
	z.next_in = in.p;
	z.avail_in = (uInt)in.len;
	z.next_out = out.p;
	z.avail_out = (uInt)out.len;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out.len = z.total_out;
	deflateEnd(&z);
	free(in.p);
	return out;
}

static inline struct bytes
gz(struct bytes in)
{
	return zlib_encode(in, 15 + 16);
}

static inline struct bytes
zl(struct bytes in)
{
	return zlib_encode(in, 15);
}

static inline struct bytes
raw(struct bytes in)
{
	return zlib_encode(in, -15);
}

static inline struct bytes
br(struct bytes in)
{
	struct bytes out = { NULL, in.len + 1024 };

	out.p = malloc(out.len);
	assert_non_null(out.p);
	assert_true(BrotliEncoderCompress(5, 22, BROTLI_MODE_TEXT, in.len, in.p, &out.len, out.p));
	free(in.p);
	return out;
}

static inline struct bytes
zs(struct bytes in)
{
	struct bytes out = { NULL, ZSTD_compressBound(in.len) };

	out.p = malloc(out.len);
	assert_non_null(out.p);
	out.len = ZSTD_compress(out.p, out.len, in.p, in.len, 3);
	assert_false(ZSTD_isError(out.len));
	free(in.p);
	return out;
}

static inline struct bytes
lz4_encode(struct bytes in, const LZ4F_preferences_t *how)
{
	struct bytes out = { NULL, LZ4F_compressFrameBound(in.len, how) };

	out.p = malloc(out.len);
	assert_non_null(out.p);
	out.len = LZ4F_compressFrame(out.p, out.len, in.p, in.len, how);
	assert_false(LZ4F_isError(out.len));
	free(in.p);
	return out;
}

/* As the Java client writes it. */
static inline struct bytes
lz(struct bytes in)
{
	static const LZ4F_preferences_t how = { .frameInfo = { .blockMode = LZ4F_blockIndependent,
							       .blockSizeID = LZ4F_max64KB } };

	return lz4_encode(in, &how);
}

/* With all that a frame may have. */
static inline struct bytes
lz_full(struct bytes in)
{
	LZ4F_preferences_t how = { .frameInfo = { .blockMode = LZ4F_blockLinked,
						  .blockSizeID = LZ4F_max4MB,
						  .contentChecksumFlag = 1,
						  .blockChecksumFlag = 1,
						  .contentSize = in.len } };

	return lz4_encode(in, &how);
}

static inline struct bytes
sn(struct bytes in)
{
	struct bytes out = { NULL, snappy_max_compressed_length(in.len) };

	out.p = malloc(out.len);
	assert_non_null(out.p);
	assert_int_equal(snappy_compress((const char *)in.p, in.len, (char *)out.p, &out.len),
			 SNAPPY_OK);
	free(in.p);
	return out;
}

static inline struct bytes
xerial_blocks(struct bytes in, size_t block)
{
	static const uint8_t head[] = "\x82SNAPPY\0\0\0\0\1\0\0\0\1";
	struct bytes out = bytes_copy(head, sizeof(head) - 1);

	for (size_t at = 0; at < in.len; at += block) {
		size_t n = in.len - at < block ? in.len - at : block;
		struct bytes coded = sn(bytes_copy(in.p + at, n));
		uint8_t len[4] = { (uint8_t)(coded.len >> 24), (uint8_t)(coded.len >> 16),
				   (uint8_t)(coded.len >> 8), (uint8_t)coded.len };

		out = bytes_join(out, bytes_join(bytes_copy(len, 4), coded));
	}
	free(in.p);
	return out;
}

static inline struct bytes
xe(struct bytes in)
{
	return xerial_blocks(in, 32768);
}

static inline struct bytes
xe_short(struct bytes in)
{
	return xerial_blocks(in, 20);
}

/* Damage and oddities */

/* In two chunks, with signatures and a checksum behind the last. */
static inline struct bytes
aws(struct bytes in)
{
	size_t first = in.len / 2;
	struct bytes out = bytes_text("");
	char line[96];

	for (unsigned i = 0; i < 3; i++) {
		size_t at = i == 0 ? 0 : first;
		size_t len = i == 0 ? first : i == 1 ? in.len - first : 0;

		if (len == 0 && i != 2)
			continue;
		snprintf(line, sizeof(line), "%zx;chunk-signature=%040x\r\n", len, i);
		out = bytes_join(out, bytes_text(line));
		out = bytes_join(out, bytes_copy(in.p + at, len));
		if (len != 0)
			out = bytes_join(out, bytes_text("\r\n"));
	}
	free(in.p);
	return bytes_join(out, bytes_text("x-amz-checksum-crc32:AAAAAA==\r\n\r\n"));
}

static inline struct bytes
cut_half(struct bytes in)
{
	in.len /= 2;
	return in;
}

static inline struct bytes
cut_trailer(struct bytes in)
{
	in.len -= 8;
	return in;
}

static inline struct bytes
bad_crc(struct bytes in)
{
	in.p[in.len - 8] ^= 0xff;
	return in;
}

static inline struct bytes
reserved_flags(struct bytes in)
{
	in.p[3] |= 0xe0;
	return in;
}

static inline struct bytes
garbage_after(struct bytes in)
{
	return bytes_join(in, bytes_text("\x1fgarbage"));
}

static inline struct bytes
twice(struct bytes in)
{
	return bytes_join(bytes_copy(in.p, in.len), in);
}

static inline struct bytes
bad_inside(struct bytes in)
{
	memset(in.p + in.len / 2, 0xff, in.len / 4);
	return in;
}

/* Block type 3 does not exist, RFC 1951 section 3.2.3. */
static inline struct bytes
bad_block(struct bytes in)
{
	in.p[10] |= 0x06;
	return in;
}

/* FEXTRA, FNAME, FCOMMENT and FHCRC put into the header that zlib wrote. */
static inline struct bytes
full_header(struct bytes in)
{
	static const uint8_t more[] = "\x03\0abcname\0comment\0\x12\x34";
	struct bytes head = bytes_copy(in.p, 10);
	struct bytes rest = bytes_copy(in.p + 10, in.len - 10);

	free(in.p);
	head.p[3] = 0x1e;
	return bytes_join(bytes_join(head, bytes_copy(more, sizeof(more) - 1)), rest);
}

static inline struct bytes
bad_end(struct bytes in)
{
	in.p[in.len - 1] ^= 0xff;
	return in;
}

/* The first copy of an LZ4 block that begins with fox: it goes farther back than there is text. */
static inline struct bytes
bad_copy(struct bytes in)
{
	size_t literals = 15u + in.p[12];

	in.p[13 + literals] = in.p[14 + literals] = 0xff;
	return in;
}

/* A few bytes behind the last block, too few for another. */
static inline struct bytes
ragged(struct bytes in)
{
	return bytes_join(in, bytes_text("abc"));
}

#endif
