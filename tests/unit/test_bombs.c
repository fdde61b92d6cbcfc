/*
 * What is sent to exhaust whoever reads it: little that decodes to much, nesting, floods of header
 * fields. Each stops at its cap, takes no memory, and what the connection carries behind it is
 * still found.
 */
#include "tests/support/unit.h"

#include <brotli/encode.h>
#include <lz4frame.h>
#include <malloc.h>
#include <zlib.h>
#include <zstd.h>

#include "tests/support/conn_feed.h"
#include "tests/support/h2.h"

enum { SEGMENT = 1400, FLOOD = 2 << 20, BOMB = 32 << 20 };

static struct feed feed;
static uint8_t *zeros; /* BOMB of them */

/* A text that grows. */
struct flood {
	size_t len, cap;
	uint8_t *b;
};

static void
add(struct flood *f, const void *data, size_t len)
{
	while (len > f->cap - f->len) {
		f->cap = f->cap == 0 ? 65536 : f->cap * 2;
		f->b = realloc(f->b, f->cap);
		assert_non_null(f->b);
	}
	memcpy(f->b + f->len, data, len);
	f->len += len;
}

static void
add_text(struct flood *f, const char *text)
{
	add(f, text, strlen(text));
}

static void
add_frame(struct flood *f, unsigned type, unsigned flags, unsigned stream, const void *data,
	  size_t len)
{
	const uint8_t head[9] = { (uint8_t)(len >> 16),
				  (uint8_t)(len >> 8),
				  (uint8_t)len,
				  (uint8_t)type,
				  (uint8_t)flags,
				  0,
				  0,
				  (uint8_t)(stream >> 8),
				  (uint8_t)stream };

	add(f, head, sizeof(head));
	add(f, data, len);
}

static size_t
in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* The flood in segments, then what comes behind it; nothing may be allocated meanwhile. */
static void
run(const struct flood *orig, const struct flood *resp, uint16_t port)
{
	struct conn *c = feed_open(&feed, false, port, false);
	const struct flood *sides[2] = { orig, resp };
	size_t before = in_use();

	for (unsigned d = 0; d < 2; d++) {
		for (size_t at = 0; sides[d] != NULL && at < sides[d]->len; at += SEGMENT) {
			size_t left = sides[d]->len - at;

			conn_push(feed.env, c, (enum conn_dir)d, sides[d]->b + at,
				  left < SEGMENT ? left : SEGMENT, 0);
		}
	}
	assert_int_equal(in_use(), before);
	feed_close(&feed, c);
	feed_has(&feed, "url_path=/behind");
	feed_has(&feed, "data_types=test.canary");
}

/* ------------------------------------------------------------------ content codings */

static size_t
gzip(uint8_t *out, size_t cap)
{
	z_stream z = {
		.next_in = zeros, .avail_in = BOMB, .next_out = out, .avail_out = (uInt)cap
	};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, 0), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

static size_t
brotli(uint8_t *out, size_t cap)
{
	assert_int_equal(BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, BOMB, zeros, &cap, out),
			 BROTLI_TRUE);
	return cap;
}

static size_t
zstd(uint8_t *out, size_t cap)
{
	size_t n = ZSTD_compress(out, cap, zeros, BOMB, 3);

	assert_false(ZSTD_isError(n));
	return n;
}

static size_t
lz4(uint8_t *out, size_t cap)
{
	size_t n = LZ4F_compressFrame(out, cap, zeros, BOMB, NULL);

	assert_false(LZ4F_isError(n));
	return n;
}

static const struct {
	const char *coding;
	size_t (*pack)(uint8_t *out, size_t cap);
} codings[] = { { "gzip", gzip }, { "br", brotli }, { "zstd", zstd }, { "lz4", lz4 } };

static void
test_codings(void **state)
{
	size_t cap = BOMB + (1 << 20); /* an encoder may want room for text that does not shrink */
	uint8_t *packed = malloc(cap);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codings); i++) {
		struct flood orig = { 0 }, resp = { 0 };
		size_t len = codings[i].pack(packed, cap);
		char head[200];

		print_message("%s: %zu bytes\n", codings[i].coding, len);
		add_text(&orig, "GET /bomb HTTP/1.1\r\nHost: a\r\n\r\n"
				"GET /behind HTTP/1.1\r\nHost: a\r\n\r\n");
		snprintf(head, sizeof(head),
			 "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %zu\r\n\r\n",
			 codings[i].coding, len);
		add_text(&resp, head);
		add(&resp, packed, len);
		add_text(&resp, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nweir-canary");
		run(&orig, &resp, 80);
		feed_has(&feed, "incomplete=true");
		free(orig.b);
		free(resp.b);
	}
	free(packed);
}

/* ------------------------------------------------------------------ header fields */

#define BEHIND "POST /behind HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nweir-canary"

static void
test_header_floods(void **state)
{
	static const char *const lines[] = { "x: y\r\n",
					     "a-longer-name-of-a-field: with a value\r\n",
					     "x: y\r\n folded\r\n", " folded\r\n", ":\r\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct flood orig = { 0 };

		print_message("%zu\n", i);
		add_text(&orig, "GET /bomb HTTP/1.1\r\nHost: a\r\n");
		while (orig.len < FLOOD)
			add_text(&orig, lines[i]);
		add_text(&orig, "\r\n" BEHIND);
		run(&orig, NULL, 80);
		free(orig.b);
	}
}

static void
test_long_lines(void **state)
{
	static const char *const heads[] = {
		"GET /",
		"GET / HTTP/1.1\r\nx: ", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;"
	};
	static const char *const tails[] = { " HTTP/1.1\r\n\r\n", "\r\n\r\n",
					     "\r\na\r\n0\r\n\r\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		struct flood orig = { 0 };

		print_message("%.12s\n", heads[i]);
		add_text(&orig, heads[i]);
		while (orig.len < FLOOD)
			add_text(&orig, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
		add_text(&orig, tails[i]);
		add_text(&orig, BEHIND);
		run(&orig, NULL, 80);
		free(orig.b);
	}
}

static void
begin_h2(struct flood *f)
{
	add_text(f, H2_PREFACE);
	add_frame(f, H2_SETTINGS, 0, 0, NULL, 0);
}

/* GET /behind on stream 5, with a body. */
static void
end_h2(struct flood *f)
{
	add_frame(f, H2_HEADERS, H2_END_HEADERS, 5, "\x83\x86\x04\x07/behind", 11);
	add_frame(f, H2_DATA, H2_END_STREAM, 5, "weir-canary", 11);
}

static void
test_continuations(void **state)
{
	struct flood orig = { 0 };

	(void)state;
	begin_h2(&orig);
	add_frame(&orig, H2_HEADERS, 0, 3, "\x82\x86", 2);
	for (unsigned i = 0; i < 20000; i++)
		add_frame(&orig, H2_CONTINUATION, 0, 3, "\x84", i & 1);
	add_frame(&orig, H2_CONTINUATION, H2_END_HEADERS, 3, NULL, 0);
	end_h2(&orig);
	run(&orig, NULL, 80);
	free(orig.b);
}

/* One entry of 3,900 bytes, then sixteen thousand times its index: 60 MB of fields in one block. */
static void
test_hpack(void **state)
{
	struct flood orig = { 0 }, block = { 0 };

	(void)state;
	begin_h2(&orig);
	add(&block, "\x40\1x\x7f\xbd\x1d", 6);
	for (unsigned i = 0; i < 3900; i++)
		add(&block, "a", 1);
	for (unsigned i = 0; i < 12000; i++)
		add(&block, "\xbe", 1);
	add_frame(&orig, H2_HEADERS, H2_END_HEADERS, 3, block.b, block.len);
	end_h2(&orig);
	run(&orig, NULL, 80);
	free(orig.b);
	free(block.b);
}

/* Streams that are opened and never ended. */
static void
test_streams(void **state)
{
	struct flood orig = { 0 };

	(void)state;
	begin_h2(&orig);
	for (unsigned id = 7; id < 7 + 2 * 4000; id += 2)
		add_frame(&orig, H2_HEADERS, H2_END_HEADERS, id, "\x82\x86\x84", 3);
	end_h2(&orig);
	/* Each cut stream is a record: more than the log of a test has room for. */
	feed.quiet = true;
	run(&orig, NULL, 80);
	feed.quiet = false;
	free(orig.b);
}

/* ------------------------------------------------------------------ bodies */

static void
post(const char *path, const char *type, const char *head, const char *piece, const char *tail)
{
	struct flood orig = { 0 }, body = { 0 };
	char text[300];

	print_message("%s\n", type);
	add_text(&body, head);
	while (body.len < FLOOD)
		add_text(&body, piece);
	add_text(&body, tail);
	snprintf(text, sizeof(text),
		 "POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
		 path, type, body.len);
	add_text(&orig, text);
	add(&orig, body.b, body.len);
	add_text(&orig, BEHIND);
	run(&orig, NULL, 80);
	free(orig.b);
	free(body.b);
}

static void
test_bodies(void **state)
{
	(void)state;
	post("/v1/chat/completions", "application/json", "", "[", "");
	post("/v1/chat/completions", "application/json", "", "{\"messages\":[", "");
	post("/v1/chat/completions", "application/json", "{\"messages\":\"", "\\ud83d", "\"}");
	post("/x", "multipart/form-data; boundary=B", "", "--B\r\n\r\n\r\n", "--B--");
	post("/x", "multipart/form-data; boundary=B", "--B\r\n", "A: b\r\n", "\r\n\r\n--B--");
	post("/x", "multipart/form-data; boundary=B", "--B\r\nA: ", "aaaaaaaaaaaaaaaa",
	     "\r\n\r\n--B--");
	post("/x", "multipart/form-data; boundary=B", "--B\r\n\r\n", "\r\n--\r\n-", "\r\n--B--");
	post("/x", "text/plain", "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ", "");
	post("/x", "application/x-www-form-urlencoded", "", "%41=%", "");
}

/* Messages in messages in a gRPC message, each as long as what is left. */
static void
test_protobuf(void **state)
{
	struct flood orig = { 0 }, body = { 0 };
	uint32_t left = 1 << 20;

	(void)state;
	add(&body, "\0\0\x10\0\0", 5);
	while (left > 200) {
		const uint8_t head[4] = { 0x0a, (uint8_t)(0x80 | ((left - 4) & 0x7f)),
					  (uint8_t)(0x80 | ((left - 4) >> 7 & 0x7f)),
					  (uint8_t)((left - 4) >> 14) };

		add(&body, head, 4);
		left -= 4;
	}
	add(&body, zeros, left);
	begin_h2(&orig);
	add_frame(&orig, H2_HEADERS, H2_END_HEADERS, 3,
		  "\x83\x86\x84\x0f\x10\x10"
		  "application/grpc",
		  22);
	for (size_t at = 0; at < body.len; at += 16000)
		add_frame(&orig, H2_DATA, 0, 3, body.b + at,
			  body.len - at < 16000 ? body.len - at : 16000);
	end_h2(&orig);
	run(&orig, NULL, 80);
	free(orig.b);
	free(body.b);
}

static int
set_up(void **state)
{
	(void)state;
	zeros = calloc(1, BOMB);
	feed_init(&feed);
	return zeros == NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	free(zeros);
	feed_fini(&feed);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codings),	   cmocka_unit_test(test_header_floods),
		cmocka_unit_test(test_long_lines), cmocka_unit_test(test_continuations),
		cmocka_unit_test(test_hpack),	   cmocka_unit_test(test_streams),
		cmocka_unit_test(test_bodies),	   cmocka_unit_test(test_protobuf),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
