#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "classify/proto/content_decode.h"
#include "classify/proto/decode_arena.h"
#include "classify/proto/snappy.h"
#include "tests/support/encoders.h"
#include "tests/support/guard.h"

static const char fox[] =
    "The quick brown fox jumps over the lazy dog; the dog, lazy, is jumped over.";
static const char fox2[] =
    "The quick brown fox jumps over the lazy dog; the dog, lazy, is jumped over."
    "The quick brown fox jumps over the lazy dog; the dog, lazy, is jumped over.";

static const struct decode_case {
	const char *name;
	const char *coding;
	encode_fn *encode[4]; /* in this order */
	const char *in;
	enum decode_result want;
	const char *out; /* NULL: not looked at */
	bool plain;
} decode_cases[] = {
	{ "gzip", "gzip", { gz }, fox, DECODE_OK, fox, false },
	{ "x-gzip, capitals", "X-GZip", { gz }, fox, DECODE_OK, fox, false },
	{ "gzip of nothing", "gzip", { gz }, "", DECODE_OK, "", false },
	{ "deflate, zlib", "deflate", { zl }, fox, DECODE_OK, fox, false },
	{ "deflate, bare", "deflate", { raw }, fox, DECODE_OK, fox, false },
	{ "deflate, bare, one letter", "deflate", { raw }, "K", DECODE_OK, "K", false },
	{ "br", "br", { br }, fox, DECODE_OK, fox, false },
	{ "br, one letter", "br", { br }, "K", DECODE_OK, "K", false },
	{ "zstd", "zstd", { zs }, fox, DECODE_OK, fox, false },
	{ "stray bytes around the name", ", \tgzip;q=1\x0b,", { gz }, fox, DECODE_OK, fox, false },
	{ "identity among others", "identity, gzip, identity", { gz }, fox, DECODE_OK, fox, false },
	{ "gzip, gzip", "gzip, gzip", { gz, gz }, fox, DECODE_OK, fox, false },
	{ "deflate, gzip", "deflate, gzip", { raw, gz }, fox, DECODE_OK, fox, false },
	{ "br, zstd, gzip", "br, zstd, gzip", { br, zs, gz }, fox, DECODE_OK, fox, false },
	{ "called gzip twice, is once", "gzip, gzip", { gz }, fox, DECODE_OK, fox, true },

	{ "two members", "gzip", { gz, twice }, fox, DECODE_OK, fox2, false },
	{ "two frames", "zstd", { zs, twice }, fox, DECODE_OK, fox2, false },
	{ "full header", "gzip", { gz, full_header }, fox, DECODE_OK, fox, false },
	{ "reserved header bits", "gzip", { gz, reserved_flags }, fox, DECODE_OK, fox, false },
	{ "wrong checksum", "gzip", { gz, bad_crc }, fox, DECODE_OK, fox, false },
	{ "no trailer", "gzip", { gz, cut_trailer }, fox, DECODE_OK, fox, false },
	{ "garbage after gzip", "gzip", { gz, garbage_after }, fox, DECODE_OK, fox, false },
	{ "garbage after zlib", "deflate", { zl, garbage_after }, fox, DECODE_OK, fox, false },
	{ "garbage after br", "br", { br, garbage_after }, fox, DECODE_OK, fox, false },
	{ "garbage after zstd", "zstd", { zs, garbage_after }, fox, DECODE_OK, fox, false },

	{ "lz4", "lz4", { lz }, fox2, DECODE_OK, fox2, false },
	{ "lz4 of nothing", "lz4", { lz }, "", DECODE_OK, "", false },
	{ "lz4, all there is in a frame", "lz4", { lz_full }, fox2, DECODE_OK, fox2, false },
	{ "lz4, two frames", "lz4", { lz, twice }, fox, DECODE_OK, fox2, false },
	{ "garbage after lz4", "lz4", { lz, garbage_after }, fox2, DECODE_OK, fox2, false },
	{ "lz4, wrong checksum", "lz4", { lz_full, bad_end }, fox2, DECODE_OK, fox2, false },
	{ "lz4, cut in two", "lz4", { lz, cut_half }, fox2, DECODE_TRUNCATED, NULL, false },
	{ "lz4, copy from nowhere", "lz4", { lz, bad_copy }, fox2, DECODE_BAD_DATA, NULL, false },
	{ "called lz4", "lz4", { NULL }, fox, DECODE_OK, fox, true },
	{ "lz4 in gzip", "lz4, gzip", { lz, gz }, fox2, DECODE_OK, fox2, false },

	{ "snappy", "snappy", { sn }, fox2, DECODE_OK, fox2, false },
	{ "snappy of nothing", "snappy", { sn }, "", DECODE_OK, "", false },
	{ "garbage after snappy", "snappy", { sn, garbage_after }, fox2, DECODE_OK, fox2, false },
	{ "snappy, cut", "snappy", { sn, cut_half }, fox2, DECODE_TRUNCATED, NULL, false },
	{ "framed snappy", "snappy", { xe }, fox2, DECODE_OK, fox2, false },
	{ "framed snappy, blocks", "snappy", { xe_short }, fox2, DECODE_OK, fox2, false },
	{ "framed snappy, streams", "snappy", { xe_short, twice }, fox, DECODE_OK, fox2, false },
	{ "framed snappy of nothing", "snappy", { xe }, "", DECODE_OK, "", false },
	{ "framed snappy, cut", "snappy", { xe, cut_half }, fox2, DECODE_TRUNCATED, NULL, false },
	{ "framed snappy, garbage", "snappy", { xe, ragged }, fox2, DECODE_TRUNCATED, fox2, false },

	{ "cut gzip", "gzip", { gz, cut_half }, fox, DECODE_TRUNCATED, NULL, false },
	{ "cut deflate", "deflate", { raw, cut_half }, fox, DECODE_TRUNCATED, NULL, false },
	{ "cut br", "br", { br, cut_half }, fox, DECODE_TRUNCATED, NULL, false },
	{ "cut zstd", "zstd", { zs, cut_half }, fox, DECODE_TRUNCATED, NULL, false },
	{ "cut inner", "gzip, br", { gz, cut_half, br }, fox, DECODE_TRUNCATED, NULL, false },
	{ "bad gzip", "gzip", { gz, bad_block }, fox, DECODE_BAD_DATA, NULL, false },
	{ "bad br", "br", { br, bad_inside }, fox, DECODE_BAD_DATA, NULL, false },
	{ "not deflate inside gzip",
	  "gzip",
	  { NULL },
	  "\x1f\x8b\x07zzzzzzzzzzzzz",
	  DECODE_BAD_DATA,
	  "",
	  false },

	{ "called gzip", "gzip", { NULL }, fox, DECODE_OK, fox, true },
	{ "called deflate", "deflate", { NULL }, fox, DECODE_OK, fox, true },
	{ "called br", "br", { NULL }, fox, DECODE_OK, fox, true },
	{ "called zstd", "zstd", { NULL }, "(", DECODE_TRUNCATED, "", false },
	{ "called zstd, longer", "zstd", { NULL }, "(see below)", DECODE_OK, "(see below)", true },
	{ "called br, short", "br", { NULL }, "{}", DECODE_OK, "{}", true },
	{ "called deflate, short", "deflate", { NULL }, "[1]", DECODE_OK, "[1]", true },
	{ "aws-chunked", "aws-chunked", { aws }, fox, DECODE_OK, fox, false },
	{ "aws-chunked of nothing", "aws-chunked", { aws }, "", DECODE_OK, "", false },
	{ "gzip in aws-chunked", "gzip,aws-chunked", { gz, aws }, fox, DECODE_OK, fox, false },
	{ "aws-chunked named first", "aws-chunked, gzip", { gz, aws }, fox, DECODE_OK, fox, false },
	{ "aws-chunked, cut",
	  "aws-chunked",
	  { aws, cut_half },
	  fox,
	  DECODE_TRUNCATED,
	  NULL,
	  false },
	{ "aws-chunked, a chunk that is none",
	  "aws-chunked",
	  { NULL },
	  "2\r\nabc",
	  DECODE_BAD_DATA,
	  "ab",
	  false },
	{ "aws-chunked, no size", "aws-chunked", { NULL }, "ab x", DECODE_OK, "ab x", true },
	{ "aws-chunked, a size that overflows",
	  "aws-chunked",
	  { NULL },
	  "1;\r\na\r\n1234567890abcdef1\r\n",
	  DECODE_BAD_DATA,
	  "a",
	  false },
	{ "called aws-chunked", "aws-chunked", { NULL }, fox, DECODE_OK, fox, true },
	{ "called aws-chunked, is gzip", "aws-chunked, gzip", { gz }, fox, DECODE_OK, fox, true },

	{ "no body at all", "gzip", { NULL }, "", DECODE_OK, "", false },
	{ "no body at all, br", "br", { NULL }, "", DECODE_OK, "", false },
};

struct collected {
	uint8_t *p;
	size_t len;
	size_t cap;
	uint64_t total; /* also of what is not kept */
};

static void
collect(void *arg, const uint8_t *data, size_t len)
{
	struct collected *c = arg;
	size_t keep = len < c->cap - c->len ? len : c->cap - c->len;

	assert_true(len > 0);
	memcpy(c->p + c->len, data, keep);
	c->len += keep;
	c->total += len;
}

static struct decode_limits
small_limits(void)
{
	struct decode_limits l = DECODE_LIMITS_DEFAULT;

	l.nr_deflate = 3;
	l.nr_brotli = 1;
	l.nr_zstd = 1;
	l.nr_lz4 = 1;
	l.nr_snappy = 1;
	l.brotli_window_log = 18;
	l.zstd_window_log = 18;
	return l;
}

static struct decode *
take(struct decode_pool *pool, const char *coding)
{
	struct decode *d = NULL;

	assert_int_equal(decode_take(pool, span_of(coding, strlen(coding)), &d), DECODE_OK);
	assert_non_null(d);
	return d;
}

static void
check_split(struct decode_pool *pool, const struct decode_case *t, const uint8_t *in, size_t len,
	    size_t cut, size_t step)
{
	uint8_t room[512];
	struct collected c = { room, 0, sizeof(room), 0 };
	struct decode *d = take(pool, t->coding);
	enum decode_result r;

	decode_push(d, in, cut, collect, &c);
	for (size_t at = cut; at < len; at += step)
		decode_push(d, in + at, len - at < step ? len - at : step, collect, &c);
	r = decode_finish(d, collect, &c);
	assert_int_equal(r, t->want);
	assert_int_equal(decode_finish(d, collect, &c), r);
	if (t->out != NULL) {
		assert_int_equal(c.len, strlen(t->out));
		assert_memory_equal(c.p, t->out, c.len);
	}
	assert_int_equal(decode_was_plain(d), t->plain);
	decode_give(pool, d);
}

static void
test_decode(void **state)
{
	struct decode_limits l = small_limits();
	struct decode_pool *pool = decode_pool_create(&l);

	(void)state;
	assert_non_null(pool);
	for (size_t i = 0; i < sizeof(decode_cases) / sizeof(decode_cases[0]); i++) {
		const struct decode_case *t = &decode_cases[i];
		struct bytes b = bytes_text(t->in);

		print_message("%s\n", t->name);
		for (unsigned k = 0; k < 4 && t->encode[k] != NULL; k++)
			b = t->encode[k](b);

		const uint8_t *in = guard_copy(b.p, b.len);

		check_split(pool, t, in, b.len, b.len, 1);
		check_split(pool, t, in, b.len, 0, 1);
		for (size_t cut = 1; cut < b.len; cut++)
			check_split(pool, t, in, b.len, cut, b.len);
		free(b.p);
	}
	decode_pool_destroy(pool);
}

static const struct take_case {
	const char *name;
	const char *coding;
	enum decode_result want;
	bool decoder;
} take_cases[] = {
	{ "empty", "", DECODE_OK, false },
	{ "identity", "identity", DECODE_OK, false },
	{ "Identity twice", "Identity,\tIDENTITY", DECODE_OK, false },
	{ "only commas", ",, ,", DECODE_OK, false },
	{ "charset", "UTF-8", DECODE_OK, false },
	{ "charset of a family", "ISO-8859-15, windows-1252", DECODE_OK, false },
	{ "protocol of AWS", "amz-1.0", DECODE_OK, false },
	{ "transfer encodings of mail", "base64, binary, 8bit, quoted-printable", DECODE_OK,
	  false },
	{ "none", "none", DECODE_OK, false },
	{ "no coding, and one", "utf-8, gzip", DECODE_OK, true },
	{ "aws-chunked around three", "gzip, gzip, gzip, aws-chunked", DECODE_TOO_MANY_CODINGS,
	  false },
	{ "unknown", "compress", DECODE_UNKNOWN_CODING, false },
	{ "known, unknown", "gzip, exi", DECODE_UNKNOWN_CODING, false },
	{ "prefix of a name", "gzi", DECODE_UNKNOWN_CODING, false },
	{ "four", "gzip, gzip, gzip, gzip", DECODE_TOO_MANY_CODINGS, false },
	{ "three", "gzip, deflate, gzip", DECODE_OK, true },
	{ "more brotli than there is", "br, br", DECODE_NO_DECODER, false },
};

static void
test_take(void **state)
{
	struct decode_limits l = small_limits();
	struct decode_pool *pool = decode_pool_create(&l);

	(void)state;
	assert_non_null(pool);
	for (size_t i = 0; i < sizeof(take_cases) / sizeof(take_cases[0]); i++) {
		const struct take_case *t = &take_cases[i];
		size_t len = strlen(t->coding);
		const uint8_t *in = guard_copy(t->coding, len);
		uint64_t before = decode_pool_counters(pool)->results[t->want];
		struct decode *d;

		print_message("%s\n", t->name);
		assert_int_equal(decode_take(pool, span_of(in, len), &d), t->want);
		assert_int_equal(d != NULL, t->decoder);
		if (t->want != DECODE_OK)
			assert_int_equal(decode_pool_counters(pool)->results[t->want], before + 1);
		decode_give(pool, d);
	}
	decode_pool_destroy(pool);
}

static void
test_pool_runs_empty(void **state)
{
	struct decode_limits l = small_limits();
	struct decode_pool *pool = decode_pool_create(&l);
	struct span gzip = span_of("gzip", 4);
	struct decode *d[3];
	struct decode *none;

	(void)state;
	assert_non_null(pool);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(decode_take(pool, gzip, &d[i]), DECODE_OK);
	assert_int_equal(decode_take(pool, gzip, &none), DECODE_NO_DECODER);
	assert_null(none);
	decode_give(pool, d[1]);
	assert_int_equal(decode_take(pool, gzip, &d[1]), DECODE_OK);
	for (unsigned i = 0; i < 3; i++)
		decode_give(pool, d[i]);
	assert_int_equal(decode_pool_counters(pool)->results[DECODE_ABANDONED], 4);
	decode_pool_destroy(pool);
}

/* Zeros: the text that shrinks most. */
static struct bytes
zeros(size_t len)
{
	struct bytes b = { calloc(1, len), len };

	assert_non_null(b.p);
	return b;
}

static const struct bomb_case {
	const char *name;
	const char *coding;
	encode_fn *encode[2];
	size_t len;
	enum decode_result want;
} bomb_cases[] = {
	{ "gzip", "gzip", { gz }, 8u << 20, DECODE_BOMB },
	{ "br", "br", { br }, 8u << 20, DECODE_BOMB },
	{ "zstd", "zstd", { zs }, 8u << 20, DECODE_BOMB },
	{ "lz4", "lz4", { lz }, 8u << 20, DECODE_BOMB },
	{ "gzip in gzip", "gzip, gzip", { gz, gz }, 8u << 20, DECODE_BOMB },
	{ "snappy in gzip", "snappy, gzip", { sn, gz }, 8u << 20, DECODE_BOMB },
	{ "snappy, which shrinks by 21 at most", "snappy", { sn }, 8u << 20, DECODE_OK },
	{ "below the first MiB", "gzip", { gz }, 1u << 20, DECODE_OK },
};

static void
test_bombs(void **state)
{
	struct decode_limits l = small_limits();

	(void)state;
	l.brotli_window_log = 22;
	l.zstd_window_log = 23;
	struct decode_pool *pool = decode_pool_create(&l);

	assert_non_null(pool);
	for (size_t i = 0; i < sizeof(bomb_cases) / sizeof(bomb_cases[0]); i++) {
		const struct bomb_case *t = &bomb_cases[i];
		struct bytes b = zeros(t->len);
		struct collected c = { NULL, 0, 0, 0 };
		uint8_t none;

		c.p = &none;
		print_message("%s\n", t->name);
		for (unsigned k = 0; k < 2 && t->encode[k] != NULL; k++)
			b = t->encode[k](b);

		struct decode *d = take(pool, t->coding);

		for (size_t at = 0; at < b.len; at++)
			decode_push(d, b.p + at, 1, collect, &c);
		if (t->want == DECODE_BOMB)
			assert_int_equal(decode_push(d, b.p, b.len, collect, &c), DECODE_BOMB);
		assert_int_equal(decode_finish(d, collect, &c), t->want);
		assert_true(c.total <= l.ratio_after_bytes + l.max_ratio * b.len);
		decode_give(pool, d);
		free(b.p);
	}
	decode_pool_destroy(pool);
}

/* Pseudo-random bytes: nothing to compress, so that windows fill. */
static struct bytes
noise(size_t len)
{
	struct bytes b = { malloc(len), len };
	uint32_t x = 1;

	assert_non_null(b.p);
	for (size_t i = 0; i < len; i++) {
		x = x * 1664525u + 1013904223u;
		b.p[i] = (uint8_t)(x >> 24);
	}
	return b;
}

static const struct large_case {
	const char *name;
	const char *coding;
	encode_fn *encode;
	uint32_t window_log;
	enum decode_result want;
} large_cases[] = {
	{ "gzip", "gzip", gz, 18, DECODE_OK },
	{ "br within its window", "br", br, 22, DECODE_OK },
	{ "br beyond it", "br", br, 18, DECODE_WINDOW },
	{ "zstd within its window", "zstd", zs, 23, DECODE_OK },
	{ "zstd beyond it", "zstd", zs, 18, DECODE_WINDOW },
	{ "lz4", "lz4", lz, 18, DECODE_OK },
	{ "lz4, blocks of 4 MiB", "lz4", lz_full, 18, DECODE_OK },
	{ "snappy", "snappy", sn, 18, DECODE_OK },
	{ "framed snappy", "snappy", xe, 18, DECODE_OK },
};

/* 6 MB through every decoder, compared whole; windows that do not fit are refused. */
static void
test_large(void **state)
{
	size_t len = 6000000;
	struct bytes plain = noise(len);
	uint8_t *room = malloc(len);

	(void)state;
	assert_non_null(room);
	for (size_t i = 0; i < sizeof(large_cases) / sizeof(large_cases[0]); i++) {
		const struct large_case *t = &large_cases[i];
		struct decode_limits l = small_limits();
		struct collected c = { room, 0, len, 0 };
		struct bytes b = t->encode(bytes_copy(plain.p, plain.len));

		print_message("%s\n", t->name);
		l.brotli_window_log = t->window_log;
		l.zstd_window_log = t->window_log;
		struct decode_pool *pool = decode_pool_create(&l);

		assert_non_null(pool);
		struct decode *d = take(pool, t->coding);

		for (size_t at = 0; at < b.len; at += 1460)
			decode_push(d, b.p + at, b.len - at < 1460 ? b.len - at : 1460, collect,
				    &c);
		assert_int_equal(decode_finish(d, collect, &c), t->want);
		if (t->want == DECODE_OK) {
			assert_int_equal(c.total, len);
			assert_memory_equal(c.p, plain.p, len);
			assert_int_equal(decode_pool_counters(pool)->consumed_bytes, b.len);
			assert_int_equal(decode_pool_counters(pool)->produced_bytes, len);
		}
		decode_give(pool, d);
		decode_pool_destroy(pool);
		free(b.p);
	}
	free(room);
	free(plain.p);
}

/*
 * Elements of snappy by themselves, behind the length of the text: every kind of each, at its
 * borders.
 */
static const struct element_case {
	const char *name;
	const char *in;
	size_t len;
	enum decode_result want;
	const char *out;
} element_cases[] = {
#define ELEMENTS(s) s, sizeof(s) - 1
	{ "literal", ELEMENTS("\3\10abc"), DECODE_OK, "abc" },
	{ "literals, their lengths in 1 to 4 bytes",
	  ELEMENTS("\4\xf0\0a\xf4\0\0b\xf8\0\0\0c\xfc\0\0\0\0d"), DECODE_OK, "abcd" },
	{ "copies, offsets in 1, 2 and 4 bytes", ELEMENTS("\x0d\10abc\1\3\x0a\3\0\x0b\3\0\0\0"),
	  DECODE_OK, "abcabcabcabca" },
	{ "copy of itself", ELEMENTS("\x0a\0a\x22\1\0"), DECODE_OK, "aaaaaaaaaa" },
	{ "length of the text in five bytes", ELEMENTS("\x81\x80\x80\x80\0\0a"), DECODE_OK, "a" },
	{ "text that begins as the framing would", ELEMENTS("\x02\4SN"), DECODE_OK, "SN" },
	{ "copy before the text", ELEMENTS("\x0a\0a\x22\2\0"), DECODE_BAD_DATA, "a" },
	{ "copy of nothing", ELEMENTS("\x0a\0a\x22\0\0"), DECODE_BAD_DATA, "a" },
	{ "copy beyond the promise", ELEMENTS("\4\0a\x22\1\0"), DECODE_BAD_DATA, "a" },
	{ "literal beyond the promise", ELEMENTS("\2\10abc"), DECODE_BAD_DATA, "" },
	{ "text that is too long", ELEMENTS("\xff\xff\xff\xff\x1f"), DECODE_BAD_DATA, "" },
	{ "no elements", ELEMENTS("\4"), DECODE_TRUNCATED, "" },
	{ "copy without its offset", ELEMENTS("\4\0a\x0a\1"), DECODE_TRUNCATED, "a" },
	{ "length of the text only", ELEMENTS("\x82"), DECODE_TRUNCATED, "" },
#define FRAMED "\x82SNAPPY\0\0\0\0\1\0\0\0\1"
	{ "framed, empty blocks", ELEMENTS(FRAMED "\0\0\0\0\0\0\0\1\0"), DECODE_OK, "" },
	{ "framed, copy from the block before",
	  ELEMENTS(FRAMED "\0\0\0\5\3\10abc\0\0\0\4\3\x0a\3\0"), DECODE_BAD_DATA, "abc" },
	{ "framed, element beyond the block", ELEMENTS(FRAMED "\0\0\0\4\3\10abc"), DECODE_BAD_DATA,
	  "ab" },
	{ "framed, block beyond its text", ELEMENTS(FRAMED "\0\0\0\6\3\10abcd"), DECODE_BAD_DATA,
	  "abc" },
	{ "framed, half a head", ELEMENTS("\x82SNAPPY\0\0\0"), DECODE_TRUNCATED, "" },
};

static void
test_elements(void **state)
{
	struct decode_limits l = small_limits();
	struct decode_pool *pool = decode_pool_create(&l);

	(void)state;
	assert_non_null(pool);
	for (size_t i = 0; i < sizeof(element_cases) / sizeof(element_cases[0]); i++) {
		const struct element_case *t = &element_cases[i];
		struct decode_case c = {
			t->name, "snappy", { NULL }, NULL, t->want, t->out, false
		};
		const uint8_t *in = guard_copy(t->in, t->len);

		print_message("%s\n", t->name);
		check_split(pool, &c, in, t->len, t->len, 1);
		check_split(pool, &c, in, t->len, 0, 1);
		for (size_t cut = 1; cut < t->len; cut++)
			check_split(pool, &c, in, t->len, cut, t->len);
	}
	decode_pool_destroy(pool);
}

/* A block of random elements of which libsnappy says what its text is. */
static struct bytes
random_block(uint32_t *x, size_t text)
{
	struct bytes b = { malloc(text * 3 + 64), 0 };
	size_t done = 0;

	assert_non_null(b.p);
	for (size_t left = text; left >= 0x80; left >>= 7)
		b.p[b.len++] = (uint8_t)(left | 0x80);
	b.p[b.len] = (uint8_t)(text >> (7 * b.len));
	b.len++;
	while (done < text) {
		*x = *x * 1664525u + 1013904223u;

		size_t length = 1 + (*x >> 8 & 63),
		       offset = 1 + (size_t)((uint64_t)*x * done >> 32);

		if ((*x >> 30) == 0)
			offset = 1 + offset % 8;
		if (length > text - done)
			length = text - done;
		if (offset > done || (*x & 0x80) != 0) {
			length = length < 60 ? length : 60;
			b.p[b.len++] = (uint8_t)((length - 1) << 2);
			for (size_t i = 0; i < length; i++)
				b.p[b.len++] = (uint8_t)(*x >> i % 24);
		} else {
			b.p[b.len++] = (uint8_t)((length - 1) << 2 | 3);
			for (unsigned i = 0; i < 4; i++)
				b.p[b.len++] = (uint8_t)(offset >> 8 * i);
		}
		done += length;
	}
	return b;
}

/* Copies from everywhere in a window that is full, and from beyond it. */
static void
test_snappy_model(void **state)
{
	static const size_t texts[] = { 100, 70000, SNAPPY_WINDOW_BYTES, SNAPPY_WINDOW_BYTES * 3 };
	struct decode_limits l = small_limits();
	struct decode_pool *pool = decode_pool_create(&l);
	uint32_t x = 5;

	(void)state;
	assert_non_null(pool);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct bytes b = random_block(&x, texts[i]);
		struct bytes want = { malloc(texts[i]), texts[i] };
		struct collected c = { malloc(texts[i]), 0, texts[i], 0 };
		struct decode *d = take(pool, "snappy");

		print_message("text of %zu bytes\n", texts[i]);
		assert_int_equal(snappy_uncompress((const char *)b.p, b.len, (char *)want.p,
						   &want.len),
				 SNAPPY_OK);
		for (size_t at = 0; at < b.len; at += 1460)
			decode_push(d, b.p + at, b.len - at < 1460 ? b.len - at : 1460, collect,
				    &c);
		if (texts[i] > SNAPPY_WINDOW_BYTES) {
			assert_int_equal(decode_finish(d, collect, &c), DECODE_WINDOW);
		} else {
			assert_int_equal(decode_finish(d, collect, &c), DECODE_OK);
			assert_int_equal(c.len, want.len);
		}
		assert_memory_equal(c.p, want.p, c.len);
		decode_give(pool, d);
		free(b.p);
		free(want.p);
		free(c.p);
	}
	decode_pool_destroy(pool);
}

static void
test_message_limit(void **state)
{
	struct decode_limits l = small_limits();
	uint8_t room[64];
	struct collected c = { room, 0, sizeof(room), 0 };
	struct bytes b = gz(bytes_text(fox));

	(void)state;
	l.max_message_bytes = sizeof(fox) - 2;
	struct decode_pool *pool = decode_pool_create(&l);
	struct decode *d = take(pool, "gzip");

	assert_int_equal(decode_push(d, b.p, b.len, collect, &c), DECODE_TOO_LONG);
	assert_int_equal(c.total, 0);
	assert_int_equal(decode_finish(d, collect, &c), DECODE_TOO_LONG);
	decode_give(pool, d);
	assert_int_equal(decode_pool_counters(pool)->results[DECODE_TOO_LONG], 1);
	decode_pool_destroy(pool);
	free(b.p);
}

static void
test_create_limits(void **state)
{
	struct decode_limits l = small_limits();

	(void)state;
	assert_true(decode_pool_bytes(&l) > 100000);
	l.brotli_window_log = 25;
	assert_null(decode_pool_create(&l));
	assert_int_equal(decode_pool_bytes(&l), 0);
	l = (struct decode_limits) { .max_ratio = 1,
				     .brotli_window_log = 10,
				     .zstd_window_log = 10 };
	struct decode_pool *empty = decode_pool_create(&l);

	assert_non_null(empty);
	decode_pool_destroy(empty);
	decode_pool_destroy(NULL);
}

/* The arena against a list of what it handed out: inside the block, no overlap, all reusable. */
static void
test_arena(void **state)
{
	static _Alignas(16) uint8_t block[4096];
	struct decode_arena *a = decode_arena_init(block, sizeof(block));
	struct {
		uint8_t *p;
		size_t len;
	} held[16] = { 0 };
	uint32_t x = 7;

	(void)state;
	for (unsigned n = 0; n < 20000; n++) {
		x = x * 1664525u + 1013904223u;
		unsigned i = x >> 28;

		if (held[i].p != NULL) {
			for (size_t k = 0; k < held[i].len; k++)
				assert_int_equal(held[i].p[k], i);
			decode_arena_free(a, held[i].p);
			held[i].p = NULL;
			continue;
		}
		held[i].len = x >> 8 & 511;
		held[i].p = decode_arena_alloc(a, held[i].len);
		if (held[i].p == NULL)
			continue;
		assert_true(held[i].p > block && held[i].p + held[i].len <= block + sizeof(block));
		assert_int_equal((uintptr_t)held[i].p % 16, 0);
		memset(held[i].p, (int)i, held[i].len);
	}
	for (unsigned i = 0; i < 16; i++)
		decode_arena_free(a, held[i].p);
	assert_non_null(decode_arena_alloc(a, sizeof(block) - 64));
	assert_null(decode_arena_alloc(a, 64));
	assert_null(decode_arena_alloc(a, SIZE_MAX));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),		cmocka_unit_test(test_take),
		cmocka_unit_test(test_pool_runs_empty), cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_large),		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_snappy_model),	cmocka_unit_test(test_message_limit),
		cmocka_unit_test(test_create_limits),	cmocka_unit_test(test_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
