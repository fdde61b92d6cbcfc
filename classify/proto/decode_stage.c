#include "classify/proto/decode_stage.h"
#include "classify/proto/decode_arena.h"
#include "classify/proto/snappy.h"

#include <brotli/decode.h>
#define LZ4F_STATIC_LINKING_ONLY /* memory of our own: LZ4F_createDecompressionContext_advanced */
#define LZ4F_PUBLISH_STATIC_FUNCTIONS
#include <lz4frame.h>
#include <string.h>
#include <zlib.h>
#define ZSTD_STATIC_LINKING_ONLY /* memory of our own: ZSTD_initStaticDStream */
#include <zstd.h>
#include <zstd_errors.h>

/* zlib 1.2.13: 7 KiB of state, 32 KiB of window. Checked when a pool is created. */
#define DEFLATE_BYTES (48u * 1024)

/* Tables and state of a brotli decoder beside its history. */
#define BROTLI_TABLE_BYTES (2u << 20)

/*
 * An LZ4 decoder keeps a block as it came, and its text behind the 64 KiB before it, twice. Blocks
 * are of 4 MiB at most, most senders' of 64 KiB: the rest of the memory then stays untouched.
 */
#define LZ4_BYTES	((8u << 20) + (256u << 10))
#define LZ4_MAGIC_BYTES 7u /* a frame is told by its whole head */

/*
 * gzip framing, RFC 1952 section 2.3. The deflate data inside is decoded bare, so that neither
 * reserved flags nor a wrong checksum hide a body that a client would show.
 *
 *   0  1    2    3     4..7    8     9   [extra] [name\0] [comment\0] [header crc]
 *   1f 8b | CM | FLG | mtime | XFL | OS |                                          deflate, 8 bytes
 */
enum gzip_phase {
	GZIP_FIXED, /* gzip_left counts up to 10 */
	GZIP_EXTRA_LOW,
	GZIP_EXTRA_HIGH,
	GZIP_EXTRA,
	GZIP_NAME,
	GZIP_COMMENT,
	GZIP_CRC,
	GZIP_DATA, /* the only phase of deflate */
	GZIP_TRAILER,
	GZIP_NEXT, /* a further member, or something that is ignored */
};

#define GZIP_FHCRC    0x02u
#define GZIP_FEXTRA   0x04u
#define GZIP_FNAME    0x08u
#define GZIP_FCOMMENT 0x10u

/* What a deflate stage keeps at the start of its memory; zlib's own blocks follow. */
struct deflate_memory {
	z_stream z;
	size_t used;
	size_t bytes;
	uint8_t *base;
};

static voidpf
deflate_alloc(voidpf opaque, uInt items, uInt size)
{
	struct deflate_memory *m = opaque;
	size_t want = ((size_t)items * size + 63) & ~(size_t)63;

	if (want > m->bytes - m->used)
		return NULL;
	void *p = m->base + m->used;

	m->used += want;
	return p;
}

/* The whole block is given back at once. */
static void
deflate_free(voidpf opaque, voidpf p)
{
	(void)opaque;
	(void)p;
}

static bool
deflate_init(struct decode_stage *s, size_t bytes)
{
	size_t head = (sizeof(struct deflate_memory) + 63) & ~(size_t)63;
	struct deflate_memory *m = s->memory;

	*m = (struct deflate_memory) { .bytes = bytes - head };
	m->base = (uint8_t *)s->memory + head;
	m->z.zalloc = deflate_alloc;
	m->z.zfree = deflate_free;
	m->z.opaque = m;
	s->context = m;
	s->phase = s->coding == CODING_GZIP ? GZIP_FIXED : GZIP_DATA;
	return inflateInit2(&m->z, -MAX_WBITS) == Z_OK;
}

static enum stage_result
deflate_run(struct decode_stage *s, struct cursor *in, uint8_t *out, size_t cap, size_t *produced)
{
	struct deflate_memory *m = s->context;
	size_t len = cursor_left(in);
	uInt take = len < UINT32_MAX ? (uInt)len : UINT32_MAX;

	m->z.next_in = (z_const Bytef *)(uintptr_t)in->p;
	m->z.avail_in = take;
	m->z.next_out = out;
	m->z.avail_out = (uInt)cap;
	int rc = inflate(&m->z, Z_NO_FLUSH);

	in->p += take - m->z.avail_in;
	*produced = cap - m->z.avail_out;
	/* The text so far may still be copied from, RFC 7692 section 7.2.3.4. */
	if (rc == Z_STREAM_END && s->coding == CODING_DEFLATE_MESSAGES)
		return inflateResetKeep(&m->z) == Z_OK ? STAGE_MORE : STAGE_BAD;
	if (rc == Z_STREAM_END)
		return STAGE_ENDED;
	return rc == Z_OK || rc == Z_BUF_ERROR ? STAGE_MORE : STAGE_BAD;
}

/* The part of the header after the one that is done. */
static uint8_t
gzip_after(const struct decode_stage *s, uint8_t phase)
{
	if (phase < GZIP_EXTRA_LOW && (s->gzip_flags & GZIP_FEXTRA) != 0)
		return GZIP_EXTRA_LOW;
	if (phase < GZIP_NAME && (s->gzip_flags & GZIP_FNAME) != 0)
		return GZIP_NAME;
	if (phase < GZIP_COMMENT && (s->gzip_flags & GZIP_FCOMMENT) != 0)
		return GZIP_COMMENT;
	if (phase < GZIP_CRC && (s->gzip_flags & GZIP_FHCRC) != 0)
		return GZIP_CRC;
	return GZIP_DATA;
}

static bool
gzip_fixed_byte(struct decode_stage *s, uint8_t b)
{
	static const uint8_t begin[] = { 0x1f, 0x8b, 8 };
	unsigned at = s->gzip_left++;

	if (at < sizeof(begin))
		return b == begin[at];
	if (at == 3)
		s->gzip_flags = b;
	if (at == 9) {
		s->gzip_left = 2; /* of a header crc */
		s->phase = gzip_after(s, GZIP_FIXED);
	}
	return true;
}

/* One byte of framing; false when it is not gzip. */
static bool
gzip_byte(struct decode_stage *s, uint8_t b)
{
	switch ((enum gzip_phase)s->phase) {
	case GZIP_FIXED:
		return gzip_fixed_byte(s, b);
	case GZIP_EXTRA_LOW:
		s->gzip_left = b;
		s->phase = GZIP_EXTRA_HIGH;
		return true;
	case GZIP_EXTRA_HIGH:
		s->gzip_left = (uint16_t)(s->gzip_left | b << 8);
		s->phase = GZIP_EXTRA;
		if (s->gzip_left != 0)
			return true;
		break;
	case GZIP_EXTRA:
	case GZIP_CRC:
		if (--s->gzip_left != 0)
			return true;
		break;
	case GZIP_NAME:
	case GZIP_COMMENT:
		if (b != 0)
			return true;
		break;
	case GZIP_TRAILER:
		if (--s->gzip_left == 0)
			s->phase = GZIP_NEXT;
		return true;
	case GZIP_DATA:
	case GZIP_NEXT:
		return true;
	}
	s->gzip_left = 2;
	s->phase = gzip_after(s, s->phase);
	return true;
}

/* Begins another member if b can be its first byte. */
static bool
gzip_next(struct decode_stage *s, uint8_t b)
{
	struct deflate_memory *m = s->context;

	if (b != 0x1f)
		return false;
	s->phase = GZIP_FIXED;
	s->gzip_left = 0;
	return inflateReset(&m->z) == Z_OK;
}

static enum stage_result
gzip_run(struct decode_stage *s, struct cursor *in, uint8_t *out, size_t cap, size_t *produced)
{
	while (s->phase != GZIP_DATA) {
		if (in->p == in->end)
			return STAGE_MORE;
		if (s->phase == GZIP_NEXT && !gzip_next(s, *in->p))
			return STAGE_ENDED;
		/* What only began like another member is ignored like anything else. */
		if (!gzip_byte(s, *in->p))
			return s->out_bytes > 0 ? STAGE_ENDED : STAGE_BAD;
		in->p++;
	}

	enum stage_result r = deflate_run(s, in, out, cap, produced);

	if (r != STAGE_ENDED)
		return r;
	s->phase = GZIP_TRAILER;
	s->gzip_left = 8;
	return STAGE_MORE;
}

static void *
brotli_alloc(void *opaque, size_t bytes)
{
	return decode_arena_alloc(opaque, bytes);
}

static void
brotli_free(void *opaque, void *p)
{
	decode_arena_free(opaque, p);
}

static enum stage_result
brotli_run(struct decode_stage *s, struct cursor *in, uint8_t *out, size_t cap, size_t *produced)
{
	BrotliDecoderState *br = s->context;
	size_t left = cursor_left(in);
	size_t room = cap;
	BrotliDecoderResult r = BrotliDecoderDecompressStream(br, &left, &in->p, &room, &out, NULL);

	*produced = cap - room;
	if (r == BROTLI_DECODER_RESULT_SUCCESS)
		return STAGE_ENDED;
	if (r != BROTLI_DECODER_RESULT_ERROR)
		return STAGE_MORE;

	BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(br);
	bool no_memory = code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
			 code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;

	return no_memory ? STAGE_WINDOW : STAGE_BAD;
}

static bool
zstd_init(struct decode_stage *s, size_t bytes, const struct decode_limits *limits)
{
	ZSTD_DStream *z = ZSTD_initStaticDStream(s->memory, bytes);

	s->context = z;
	return z != NULL && !ZSTD_isError(ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax,
								 (int)limits->zstd_window_log));
}

static enum stage_result
zstd_error(const struct decode_stage *s, size_t code)
{
	ZSTD_ErrorCode error = ZSTD_getErrorCode(code);

	if (s->frame_ended && error == ZSTD_error_prefix_unknown)
		return STAGE_ENDED; /* what follows the last frame is ignored */
	if (error == ZSTD_error_frameParameter_windowTooLarge ||
	    error == ZSTD_error_memory_allocation)
		return STAGE_WINDOW;
	return STAGE_BAD;
}

/*
 * Behind a frame: another one, or what is ignored, told by its first byte; the library wants five
 * before it says so.
 */
static bool
zstd_goes_on(const struct decode_stage *s, const struct cursor *in)
{
	return !s->frame_ended || s->frame_bytes != 0 || cursor_left(in) == 0 || in->p[0] == 0x28 ||
	       (in->p[0] & 0xf0) == 0x50;
}

/*
 * A frame's header goes in byte by byte. With the rest of it and the whole frame at hand the
 * library would take what is at hand for the frame, from a header's middle on.
 */
static size_t
zstd_piece(const struct decode_stage *s, size_t len)
{
	return s->frame_bytes < ZSTD_FRAMEHEADERSIZE_MAX && len > 1 ? 1 : len;
}

static enum stage_result
zstd_run(struct decode_stage *s, struct cursor *in, uint8_t *out, size_t cap, size_t *produced)
{
	ZSTD_outBuffer o = { out, cap, 0 };

	/* At least once, also without input: output may be waiting inside. */
	do {
		if (!zstd_goes_on(s, in))
			return STAGE_ENDED;
		ZSTD_inBuffer i = { in->p, zstd_piece(s, cursor_left(in)), 0 };
		size_t left = ZSTD_decompressStream(s->context, &o, &i);

		in->p += i.pos;
		*produced = o.pos;
		if (ZSTD_isError(left))
			return zstd_error(s, left);
		s->frame_ended = s->frame_ended || left == 0;
		s->frame_bytes = left == 0 ? 0 : s->frame_bytes + i.pos;
	} while (cursor_left(in) != 0 && o.pos < cap);
	return STAGE_MORE;
}

static void *
lz4_alloc(void *opaque, size_t bytes)
{
	return decode_arena_alloc(opaque, bytes);
}

static void
lz4_free(void *opaque, void *p)
{
	decode_arena_free(opaque, p);
}

static bool
lz4_init(struct decode_stage *s, size_t bytes)
{
	LZ4F_CustomMem memory = { .customAlloc = lz4_alloc,
				  .customFree = lz4_free,
				  .opaqueState = decode_arena_init(s->memory, bytes) };

	s->context = LZ4F_createDecompressionContext_advanced(memory, LZ4F_VERSION);
	return s->context != NULL;
}

static enum stage_result
lz4_error(const struct decode_stage *s, size_t code)
{
	LZ4F_errorCodes error = LZ4F_getErrorCode(code);

	if (s->frame_ended && error == LZ4F_ERROR_frameType_unknown)
		return STAGE_ENDED; /* what follows the last frame is ignored */
	return error == LZ4F_ERROR_allocation_failed ? STAGE_WINDOW : STAGE_BAD;
}

static enum stage_result
lz4_run(struct decode_stage *s, struct cursor *in, uint8_t *out, size_t cap, size_t *produced)
{
	LZ4F_decompressOptions_t options = { .skipChecksums = 1 };

	/* At least once, also without input: output may be waiting inside. */
	do {
		size_t taken = cursor_left(in), room = cap - *produced;
		size_t left =
		    LZ4F_decompress(s->context, out + *produced, &room, in->p, &taken, &options);

		if (LZ4F_isError(left))
			return lz4_error(s, left);
		in->p += taken;
		*produced += room;
		s->frame_ended = s->frame_ended || left == 0;
		s->frame_bytes = left == 0 ? 0 : s->frame_bytes + taken;
	} while (in->p < in->end && *produced < cap);
	return STAGE_MORE;
}

size_t
decode_stage_bytes(enum decode_coding coding, const struct decode_limits *limits)
{
	switch (coding) {
	case CODING_BROTLI:
		/* The history is enlarged by copying: old and new exist at once. */
		return ((size_t)2 << limits->brotli_window_log) + BROTLI_TABLE_BYTES;
	case CODING_ZSTD:
		return ZSTD_estimateDStreamSize((size_t)1 << limits->zstd_window_log);
	case CODING_LZ4:
		return LZ4_BYTES;
	case CODING_SNAPPY:
		return sizeof(struct snappy);
	case CODING_AWS_CHUNKED:
		return 0;
	default:
		return DEFLATE_BYTES;
	}
}

bool
decode_stage_init(struct decode_stage *s, enum decode_coding coding, void *memory, size_t bytes,
		  const struct decode_limits *limits)
{
	*s = (struct decode_stage) { .coding = coding, .memory = memory };
	switch (coding) {
	case CODING_BROTLI:
		s->context = BrotliDecoderCreateInstance(brotli_alloc, brotli_free,
							 decode_arena_init(memory, bytes));
		return s->context != NULL;
	case CODING_ZSTD:
		return zstd_init(s, bytes, limits);
	case CODING_LZ4:
		return lz4_init(s, bytes);
	case CODING_SNAPPY:
		snappy_init(memory);
		return true;
	case CODING_AWS_CHUNKED:
		return true;
	default:
		return deflate_init(s, bytes);
	}
}

void
decode_stage_fini(struct decode_stage *s)
{
	if (s->coding == CODING_BROTLI)
		BrotliDecoderDestroyInstance(s->context);
	if (s->coding == CODING_LZ4)
		LZ4F_freeDecompressionContext(s->context);
	s->context = NULL;
}

enum stage_result
decode_stage_run(struct decode_stage *s, struct cursor *in, uint8_t *out, size_t cap,
		 size_t *produced)
{
	const uint8_t *begin = in->p;
	enum stage_result r;

	*produced = 0;
	switch (s->coding) {
	case CODING_GZIP:
		r = gzip_run(s, in, out, cap, produced);
		break;
	case CODING_BROTLI:
		r = brotli_run(s, in, out, cap, produced);
		break;
	case CODING_ZSTD:
		r = zstd_run(s, in, out, cap, produced);
		break;
	case CODING_LZ4:
		r = lz4_run(s, in, out, cap, produced);
		break;
	case CODING_SNAPPY:
		r = snappy_run(s->memory, in, out, cap, produced);
		break;
	case CODING_AWS_CHUNKED:
		if (aws_chunked_run(&s->aws_chunked, in, out, cap, produced))
			r = s->aws_chunked.ended ? STAGE_ENDED : STAGE_MORE;
		else
			r = STAGE_BAD;
		break;
	default:
		r = deflate_run(s, in, out, cap, produced);
		break;
	}
	s->in_bytes += (uint64_t)(in->p - begin);
	s->out_bytes += *produced;
	return r;
}

bool
decode_stage_is_whole(const struct decode_stage *s)
{
	/* Fewer bytes than a magic number after a frame may be anything. */
	if (s->coding == CODING_ZSTD)
		return s->frame_ended && s->frame_bytes < 4;
	if (s->coding == CODING_LZ4)
		return s->frame_ended && s->frame_bytes < LZ4_MAGIC_BYTES;
	if (s->coding == CODING_SNAPPY)
		return snappy_is_whole(s->memory);
	if (s->coding == CODING_DEFLATE_MESSAGES)
		return true;
	return s->coding == CODING_GZIP && s->phase >= GZIP_TRAILER;
}
