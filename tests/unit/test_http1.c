#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "classify/proto/http1.h"
#include "tests/support/guard.h"

/*
 * What the handler was told, one event a line; pieces of a body that follow each other are
 * joined, because where they are cut is not part of the answer:
 *
 *   > method|target|minor     < status|minor     h name=value     t name=value (trailer)
 *   l pieces of a long field
 *   b body    g bytes missing (? how many)    + complete    - incomplete    T tunnel
 */
struct seen {
	char text[262144];
	size_t len;
	char joining; /* 'b' or 'T' while such an event is open */
	enum http1_body answer;
};

static struct seen seen;

static void
seen_add(const void *p, size_t len)
{
	assert_true(len < sizeof(seen.text) - seen.len);
	if (len > 0)
		memcpy(seen.text + seen.len, p, len);
	seen.len += len;
	seen.text[seen.len] = '\0';
}

static void
seen_event(const char *begin)
{
	if (seen.joining != 0)
		seen_add("\n", 1);
	seen.joining = 0;
	seen_add(begin, strlen(begin));
}

static void
seen_joined(char kind, const uint8_t *data, size_t len)
{
	char begin[] = { kind, ' ', '\0' };

	assert_true(len > 0);
	if (seen.joining != kind)
		seen_event(begin);
	seen.joining = kind;
	seen_add(data, len);
}

static void
on_request(void *arg, struct span method, struct span target, unsigned minor)
{
	char end[16];

	(void)arg;
	seen_event("> ");
	seen_add(method.p, method.len);
	seen_add("|", 1);
	seen_add(target.p, target.len);
	snprintf(end, sizeof(end), "|%u\n", minor);
	seen_event(end);
	seen.answer = span_is(method, "CONNECT") ? HTTP1_TUNNEL : HTTP1_BODY_BY_HEADERS;
}

static void
on_status(void *arg, unsigned status, unsigned minor)
{
	char line[32];

	(void)arg;
	snprintf(line, sizeof(line), "< %u|%u\n", status, minor);
	seen_event(line);
	seen.answer = status == 101 ? HTTP1_TUNNEL : HTTP1_BODY_BY_HEADERS;
}

static void
on_header(void *arg, struct span name, struct span value, bool trailer)
{
	(void)arg;
	seen_event(trailer ? "t " : "h ");
	seen_add(name.p, name.len);
	seen_add("=", 1);
	seen_add(value.p, value.len);
	seen_add("\n", 1);
	if (span_is(name, "x-head"))
		seen.answer = HTTP1_BODY_NONE;
}

static void
on_long_header(void *arg, const uint8_t *data, size_t len, bool trailer)
{
	(void)arg, (void)trailer;
	if (len != 0)
		seen_joined('l', data, len);
	else
		seen_event("");
}

static void
on_unread(void *arg, uint64_t len)
{
	uint64_t *unread = arg;

	if (unread != NULL)
		*unread += len;
}

static enum http1_body
on_headers_end(void *arg)
{
	(void)arg;
	return seen.answer;
}

static void
on_body(void *arg, const uint8_t *data, size_t len)
{
	(void)arg;
	seen_joined('b', data, len);
}

static void
on_body_gap(void *arg, uint64_t len)
{
	char line[32];

	(void)arg;
	if (len == UINT64_MAX)
		snprintf(line, sizeof(line), "g ?\n");
	else
		snprintf(line, sizeof(line), "g %llu\n", (unsigned long long)len);
	seen_event(line);
}

static void
on_message_end(void *arg, bool complete)
{
	(void)arg;
	seen_event(complete ? "+\n" : "-\n");
}

static void
on_tunnel(void *arg, const uint8_t *data, size_t len)
{
	(void)arg;
	seen_joined('T', data, len);
}

static const struct http1_handler handler = {
	.request = on_request,
	.status = on_status,
	.header = on_header,
	.long_header = on_long_header,
	.unread = on_unread,
	.headers_end = on_headers_end,
	.body = on_body,
	.body_gap = on_body_gap,
	.message_end = on_message_end,
	.tunnel = on_tunnel,
};

static uint64_t
bytes_accounted(const struct http1 *h)
{
	return h->framing_bytes + h->body_bytes + h->tunnel_bytes + h->skipped_bytes;
}

static void
seen_reset(void)
{
	seen.len = 0;
	seen.text[0] = '\0';
	seen.joining = 0;
}

/* Pushes [0, cut) whole, then the rest in pieces of step bytes; returns the parser at its end. */
static struct http1
parse(enum http1_side side, const uint8_t *in, size_t len, size_t cut, size_t step)
{
	struct slab carry;
	struct http1 h;

	assert_int_equal(slab_init(&carry, 1, HTTP1_CARRY_BYTES), 0);
	http1_init(&h, side, &carry);
	seen_reset();
	http1_push(&h, in, cut, &handler, NULL);
	for (size_t at = cut; at < len; at += step) {
		http1_push(&h, in + at, len - at < step ? len - at : step, &handler, NULL);
		assert_int_equal(bytes_accounted(&h), at + step < len ? at + step : len);
	}
	http1_end(&h, &handler, NULL);
	if (seen.joining != 0)
		seen_event("");
	assert_int_equal(bytes_accounted(&h), len);
	assert_int_equal(carry.nr_taken, 0);
	http1_fini(&h);
	slab_fini(&carry);
	return h;
}

struct message_case {
	const char *name;
	enum http1_side side;
	const char *in;
	size_t len; /* 0: up to the NUL */
	const char *want;
	uint64_t skipped;
};

#define Q	 HTTP1_REQUESTS
#define R	 HTTP1_RESPONSES
#define BYTES(s) (s), sizeof(s) - 1

static const struct message_case message_cases[] = {
	{ "plain get", Q, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", 0,
	  "> GET|/|1\nh Host=a.example\n+\n", 0 },
	{ "http 1.0", Q, "GET /x HTTP/1.0\r\n\r\n", 0, "> GET|/x|0\n+\n", 0 },
	{ "pipelined", Q, "POST /1 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\n\r\n",
	  0, "> POST|/1|1\nh Content-Length=3\nb abc\n+\n> GET|/2|1\n+\n", 0 },
	{ "blanks in the target", Q, "GET /a b c HTTP/1.1\r\n\r\n", 0, "> GET|/a b c|1\n+\n", 0 },
	{ "chunked request", Q,
	  "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 0,
	  "> POST|/|1\nh Transfer-Encoding=chunked\nb abc\n+\n", 0 },
	{ "connect", Q, "CONNECT a.example:443 HTTP/1.1\r\n\r\n\x16\x03\x01", 0,
	  "> CONNECT|a.example:443|1\n+\nT \x16\x03\x01\n", 0 },
	{ "no version", Q, "GET /\r\nGET /2 HTTP/1.1\r\n\r\n", 0, "> GET|/2|1\n+\n", 7 },
	{ "no target", Q, "OPTIONS HTTP/1.1\r\nHost: a.example\r\n\r\n", 0,
	  "> OPTIONS|HTTP/1.1|0\nh Host=a.example\n+\n", 0 },
	{ "no blank before the version", Q, "GET /a/HTTP/1.1\r\n\r\n", 0,
	  "> GET|/a/HTTP/1.1|0\n+\n", 0 },
	{ "no method to speak of", Q, "get /a/HTTP/1.1\r\nGET /2 HTTP/1.1\r\n\r\n", 0,
	  "> GET|/2|1\n+\n", 17 },
	{ "bad first line", Q, "\x01\x02zzz\r\nGET /2 HTTP/1.1\r\n\r\n", 0, "> GET|/2|1\n+\n", 7 },
	{ "mid-stream", Q, "rest\"}\r\nPOST /2 HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", 0,
	  "> POST|/2|1\nh Content-Length=1\nb x\n+\n", 8 },
	{ "empty lines before", Q, "\r\n \r\n\nGET / HTTP/1.1\r\n\r\n", 0, "> GET|/|1\n+\n", 0 },
	{ "request without length has no body", Q, "PUT / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
	  0, "> PUT|/|1\n+\n> GET|/|1\n+\n", 0 },
	{ "bad chunk loses the place", Q,
	  "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n??\r\nGET /2 "
	  "HTTP/1.1\r\n\r\n",
	  0, "> POST|/|1\nh Transfer-Encoding=chunked\nb a\n-\n> GET|/2|1\n+\n", 4 },

	{ "until close", R, "HTTP/1.1 200 OK\r\n\r\nbody", 0, "< 200|1\nb body\n+\n", 0 },
	{ "length", R, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbodyHTTP/1.1 404 no\r\n\r\n", 0,
	  "< 200|1\nh Content-Length=4\nb body\n+\n< 404|1\n+\n", 0 },
	{ "cut short", R, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbody", 0,
	  "< 200|1\nh Content-Length=9\nb body\n-\n", 0 },
	{ "length 0", R, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0,
	  "< 200|1\nh Content-Length=0\n+\n", 0 },
	{ "100 then final", R, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx", 0,
	  "< 100|1\n+\n< 200|1\nb x\n+\n", 0 },
	{ "304 with the body some clients show", R,
	  "HTTP/1.1 304 n\r\nContent-Length: 5\r\n\r\nHT{}\nHTTP/1.1 204 n\r\n\r\n", 0,
	  "< 304|1\nh Content-Length=5\nb HT{}\n\n+\n< 204|1\n+\n", 0 },
	{ "204 with chunks", R,
	  "HTTP/1.1 204 n\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", 0,
	  "< 204|1\nh Transfer-Encoding=chunked\nb ab\n+\n", 0 },
	{ "100 with a body", R, "HTTP/1.1 100 n\r\nContent-Length: 2\r\n\r\nab", 0,
	  "< 100|1\nh Content-Length=2\nb ab\n+\n", 0 },
	{ "304 with a length, then the next", R,
	  "HTTP/1.1 304 n\r\nContent-Length: 5\r\n\r\nHTTP/1.1 204 n\r\n\r\n", 0,
	  "< 304|1\nh Content-Length=5\n+\n< 204|1\n+\n", 0 },
	{ "304 with a length, then the beginning of something", R,
	  "HTTP/1.1 304 n\r\nContent-Length: 5\r\n\r\nHTT", 0,
	  "< 304|1\nh Content-Length=5\nb HTT\n-\n", 0 },
	{ "no last chunk", R, "HTTP/1.1 200 n\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", 0,
	  "< 200|1\nh Transfer-Encoding=chunked\nb ab\n-\n", 0 },
	{ "last chunk cut", R, "HTTP/1.1 200 n\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0",
	  0, "< 200|1\nh Transfer-Encoding=chunked\nb ab\n-\n", 0 },
	{ "last chunk but its line", R,
	  "HTTP/1.1 200 n\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n", 0,
	  "< 200|1\nh Transfer-Encoding=chunked\nb ab\n+\n", 0 },
	{ "inside a chunk", R, "HTTP/1.1 200 n\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", 0,
	  "< 200|1\nh Transfer-Encoding=chunked\nb ab\n-\n", 0 },
	{ "no last chunk in a request", Q,
	  "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", 0,
	  "> POST|/|1\nh Transfer-Encoding=chunked\nb ab\n-\n", 0 },
	{ "204 and 304", R, "HTTP/1.1 204 n\r\n\r\nHTTP/1.1 304 n\r\nContent-Length: 5\r\n\r\n", 0,
	  "< 204|1\n+\n< 304|1\nh Content-Length=5\n+\n", 0 },
	{ "head", R,
	  "HTTP/1.1 200 n\r\nx-head: 1\r\nContent-Length: 5\r\n\r\nHTTP/1.1 204 n\r\n\r\n", 0,
	  "< 200|1\nh x-head=1\nh Content-Length=5\n+\n< 204|1\n+\n", 0 },
	{ "upgrade", R, "HTTP/1.1 101 S\r\nUpgrade: websocket\r\n\r\n\x81\x01x", 0,
	  "< 101|1\nh Upgrade=websocket\n+\nT \x81\x01x\n", 0 },

	{ "bare LF", R, "HTTP/1.1 200 OK\nContent-Length: 1\n\nx", 0,
	  "< 200|1\nh Content-Length=1\nb x\n+\n", 0 },
	{ "lone CR", R, "HTTP/1.1 200 OK\rContent-Length: 1\r\r\x01", 0,
	  "< 200|1\nh Content-Length=1\nb \x01\n+\n", 0 },
	{ "lone CR inside a block", R, "HTTP/1.1 200 OK\r\nA: b\rContent-Length: 1\r\n\r\nx", 0,
	  "< 200|1\nh A=b\nh Content-Length=1\nb x\n+\n", 0 },
	{ "CR CR LF goes on", R, "HTTP/1.1 200 OK\r\n\r\r\nContent-Length: 1\r\n\r\nx", 0,
	  "< 200|1\nh Content-Length=1\nb x\n+\n", 0 },
	{ "CR CR LF ends", R, "HTTP/1.1 200 OK\r\n\r\r\n{x: 1}", 0, "< 200|1\nb {x: 1}\n+\n", 0 },
	{ "CR CR LF and a short word", R, "HTTP/1.1 200 OK\r\n\r\r\nabc", 0, "< 200|1\nb abc\n+\n",
	  0 },
	{ "CR CR LF and a long word", R, "HTTP/1.1 200 OK\r\n\r\r\naaaaabbbbbcccccdddddeeeee: x", 0,
	  "< 200|1\nb aaaaabbbbbcccccdddddeeeee: x\n+\n", 0 },
	{ "CR CR LF before chunks", R,
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\n\r\r\n2\r\nab\r\n0\r\n\r\n", 0,
	  "< 200|1\nh Transfer-Encoding=chunked\nb ab\n+\n", 0 },
	{ "fold", R, "HTTP/1.1 200 OK\r\nA: b  \r\n \t c\r\n d\r\nContent-Length: 0\r\n\r\n", 0,
	  "< 200|1\nh A=b c d\nh Content-Length=0\n+\n", 0 },
	{ "folded before the colon", R,
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding\r\n :\r\n chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 0,
	  "< 200|1\nh Transfer-Encoding=chunked\nb x\n+\n", 0 },
	{ "blank fold goes on", R, "HTTP/1.1 200 OK\r\nA: b\r\n \r\nContent-Length: 1\r\n\r\nx", 0,
	  "< 200|1\nh A=b\nh Content-Length=1\nb x\n+\n", 0 },
	{ "blank line ends", R, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n \r\n{y}", 0,
	  "< 200|1\nh Content-Length=3\nb {y}\n+\n", 0 },
	{ "space before colon", R, "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\nx", 0,
	  "< 200|1\nh Content-Length=1\nb x\n+\n", 0 },
	{ "two colons", R, "HTTP/1.1 200 OK\r\nContent-Length:: 1\r\n\r\nx", 0,
	  "< 200|1\nh Content-Length=1\nb x\n+\n", 0 },
	{ "line without colon", R, "HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 1\r\n\r\nx", 0,
	  "< 200|1\nh Content-Length=1\nb x\n+\n", 0 },
	{ "NUL in a name", R,
	  BYTES("HTTP/1.1 200 OK\r\nTransfer\0-Encoding\0:chunked\r\n\r\n"
		"1\r\nx\r\n0\r\n\r\n"),
	  NULL, 0 },
	{ "empty value", R, "HTTP/1.1 204 OK\r\nA:\r\nB: \r\n\r\n", 0, "< 204|1\nh A=\nh B=\n+\n",
	  0 },

	{ "lengths conflict: the largest", R,
	  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 3\r\n\r\nabc", 0,
	  "< 200|1\nh Content-Length=1\nh Content-Length=3\nb abc\n+\n", 0 },
	{ "length list", R,
	  "HTTP/1.1 200 OK\r\nContent-Length: 2,2;\r\n\r\nabHTTP/1.1 204 x\r\n\r\n", 0,
	  "< 200|1\nh Content-Length=2,2;\nb ab\n+\n< 204|1\n+\n", 0 },
	{ "length without number", R, "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nabc", 0,
	  "< 200|1\nh Content-Length=x\nb abc\n+\n", 0 },
	{ "length too large", R,
	  "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nabc", 0,
	  "< 200|1\nh Content-Length=99999999999999999999999\nb abc\n-\n", 0 },

	{ "chunks, extension, trailer", R,
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "3;a=\"b\"\r\nabc\r\n00A\r\n0123456789\r\n0\r\nT: v\r\nU: w\r\n\r\nHTTP/1.1 204 "
	  "x\r\n\r\n",
	  0, "< 200|1\nh Transfer-Encoding=chunked\nb abc0123456789\nt T=v\nt U=w\n+\n< 204|1\n+\n",
	  0 },
	{ "last empty line missing", R,
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
	  "HTTP/1.1 204 OK\r\nA: b\r\n\r\n",
	  0, "< 200|1\nh Transfer-Encoding=chunked\nb a\n+\n< 204|1\nh A=b\n+\n", 0 },
	{ "chunked and length", R,
	  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "3\r\nabc\r\n0\r\n\r\n",
	  0, "< 200|1\nh Content-Length=1\nh Transfer-Encoding=chunked\nb abc\n+\n", 0 },
	{ "called chunked, has length", R,
	  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "{abc}HTTP/1.1 204 x\r\n\r\n",
	  0, "< 200|1\nh Content-Length=5\nh Transfer-Encoding=chunked\nb {abc}\n+\n< 204|1\n+\n",
	  0 },
	{ "called chunked, until close", R,
	  "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n feed me, please", 0,
	  "< 200|0\nh Transfer-Encoding=chunked\nb \r\n feed me, please\n+\n", 0 },
	{ "called chunked, a few hex digits", R,
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nbeef", 0,
	  "< 200|1\nh Transfer-Encoding=chunked\nb beef\n+\n", 0 },
	{ "odd codings", R,
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: x CHUN\vked;\r\n\r\n 1 x\r\na\n\n1,\r\nb0\r\n\r\n",
	  0, "< 200|1\nh Transfer-Encoding=x CHUN\vked;\nb ab\n+\n", 0 },
	{ "indented field", R,
	  "HTTP/1.1 200 OK\r\nA: b\r\n\tTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 0,
	  "< 200|1\nh A=b Transfer-Encoding: chunked\nb x\n+\n", 0 },
	{ "chunks go bad", R,
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n?secret", 0,
	  "< 200|1\nh Transfer-Encoding=chunked\nb a?secret\n-\n", 0 },
	{ "chunk size overflows", R,
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nfffffffffffffffff\r\nb",
	  0, "< 200|1\nh Transfer-Encoding=chunked\nb aff\r\nb\n-\n", 0 },

	{ "odd status lines", R,
	  "http/1.1\t 204 x\r\n\r\nHTTP/1.01 204\r\n\r\nHTTP/2.1 204 x\r\n\r\nHTTP/0.9 204 "
	  "x\r\n\r\n",
	  0, "< 204|1\n+\n< 204|1\n+\n< 204|1\n+\n< 204|0\n+\n", 0 },
	{ "status missing", R, "HTTP/1.1foobar\r\nContent-Length: 1\r\n\r\nx", 0,
	  "< 200|1\nh Content-Length=1\nb x\n+\n", 0 },
	{ "junk line first", R, "foobar\r\nHTTP/1.1 204 ok\r\n\r\n", 0, "< 204|1\n+\n", 8 },
	{ "NUL first", R, BYTES("\0HTTP/1.1 204 ok\r\n\r\n"), "< 204|1\n+\n", 0 },
	{ "nothing to find", R, "<html>\r\nHTTP/1 \r\n</html>", 0, "", 24 },
};

static void
check_split(const struct message_case *t, const uint8_t *in, size_t len, size_t cut, size_t step)
{
	struct http1 h = parse(t->side, in, len, cut, step);

	if (t->want != NULL)
		assert_string_equal(seen.text, t->want);
	assert_int_equal(h.skipped_bytes, t->skipped);
}

static void
test_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(message_cases) / sizeof(message_cases[0]); i++) {
		const struct message_case *t = &message_cases[i];
		size_t len = t->len == 0 ? strlen(t->in) : t->len;
		const uint8_t *in = guard_copy(t->in, len);

		print_message("%s\n", t->name);
		check_split(t, in, len, len, 1);
		check_split(t, in, len, 0, 1);
		for (size_t cut = 1; cut < len; cut++)
			check_split(t, in, len, cut, len);
	}
}

static void
test_name_with_nul_frames(void **state)
{
	static const char in[] = "HTTP/1.1 200 OK\r\nTransfer\0-Encoding\0:chunked\r\n\r\n"
				 "1\r\nx\r\n0\r\n\r\n";
	struct http1 h = parse(HTTP1_RESPONSES, (const uint8_t *)in, sizeof(in) - 1, 0, 1);

	(void)state;
	assert_int_equal(h.body_bytes, 1);
}

#define CHUNKS	"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n"
#define CHUNKED "< 200|1\nh Transfer-Encoding=chunked\n"

/* Pieces of a stream with what is lost between them. */
static const struct gap_case {
	const char *name;
	enum http1_side side;
	const char *before;
	uint64_t gap;
	const char *after;
	const char *want;
} gap_cases[] = {
	{ "inside a length body", R, "HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\nab", 5,
	  "yzHTTP/1.1 204 x\r\n\r\n",
	  "< 200|1\nh Content-Length=9\nb ab\ng 5\nb yz\n+\n< 204|1\n+\n" },
	{ "the rest of a length body", R, "HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\nab", 7,
	  "HTTP/1.1 204 x\r\n\r\n", "< 200|1\nh Content-Length=9\nb ab\ng 7\n+\n< 204|1\n+\n" },
	{ "more than the body", R, "HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\nab", 8,
	  "er: x\r\n\r\nHTTP/1.y 204 y\r\nHTTP/1.1 404 x\r\nA: b\r\nContent-Length: 0\r\n\r\n",
	  "< 200|1\nh Content-Length=9\nb ab\n-\n< 404|1\nh A=b\nh Content-Length=0\n+\n" },
	{ "inside a chunk", R, "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nab", 5,
	  "yz\r\n0\r\n\r\n", "< 200|1\nh Transfer-Encoding=chunked\nb ab\ng 5\nb yz\n+\n" },
	{ "the rest of a chunk", R, "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nab",
	  7, "\r\n0\r\n\r\n", "< 200|1\nh Transfer-Encoding=chunked\nb ab\ng 7\n+\n" },
	{ "across chunks", R, "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nab", 9,
	  "3\r\nabc\r\n0\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
	  CHUNKED "b ab\ng ?\nb 3\r\nabc\n-\n< 204|1\n+\n" },
	{ "across chunks, into a size", R, CHUNKS "9\r\nab", 10,
	  "c\r\n0123456789ab\r\n2\r\nxy\r\n0\r\nT: v\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
	  CHUNKED "b ab\ng ?\nb c\r\n0123456789ab\r\n2\r\nxy\nt T=v\n-\n< 204|1\n+\n" },
	{ "across chunks, into a line end", R, CHUNKS "9\r\nab", 10,
	  "\n3;x\r\nxyz\r\n1\r\nx\r\n0\r\n\r\n",
	  CHUNKED "b ab\ng ?\nb \n3;x\r\nxyz\r\n1\r\nx\n-\n" },
	{ "across chunks, into a chunk", R, CHUNKS "9\r\nab", 20,
	  "yz\r\n\r\n3\r\nabc\r\n1\r\nx\r\n0\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
	  CHUNKED "b ab\ng ?\nb yz\r\n\r\n3\r\nabcx\n-\n< 204|1\n+\n" },
	{ "between chunks", R, CHUNKS "2\r\nab\r\n", 5, "yz\r\n3\r\nabc\r\n0\r\n\r\n",
	  CHUNKED "b ab\ng ?\nb yz\r\n3\r\nabc\n-\n" },
	{ "lines that look like sizes", R, CHUNKS "9\r\nab", 20,
	  "z\r\n12\r\n34\r\n5\r\nb\r\n\r\n4\r\nabcd\r\n3\r\nefg\r\n0\r\n\r\n"
	  "HTTP/1.1 204 x\r\n\r\n",
	  CHUNKED "b ab\ng ?\nb z\r\n12\r\n34\r\n5\r\nb\r\n\r\n4\r\nabcd\r\n3\r\nefg\n-\n"
		  "< 204|1\n+\n" },
	{ "a size that is too large", R, CHUNKS "9\r\nab", 20,
	  "a\r\n1000000\r\nbc\r\n2\r\nde\r\n0\r\n\r\n",
	  CHUNKED "b ab\ng ?\nb a\r\n1000000\r\nbc\r\n2\r\nde\n-\n" },
	{ "no chunk any more", R, CHUNKS "9\r\nab", 20, "a\r\nb\r",
	  CHUNKED "b ab\ng ?\nb a\r\nb\r\n-\n" },
	{ "the end of a chunked body", R, CHUNKS "9\r\nab", 20,
	  "a\r\n0\r\n\r\nHTTP/1.1 204 x\r\n\r\n", CHUNKED "b ab\ng ?\nb a\n-\n< 204|1\n+\n" },
	{ "into the end of a chunked body", R, CHUNKS "9\r\nab", 20, "\r\nHTTP/1.1 204 x\r\n\r\n",
	  CHUNKED "b ab\ng ?\nb \r\n\n-\n< 204|1\n+\n" },
	{ "two gaps in chunks", R, CHUNKS "9\r\nab\r", 20,
	  "a\r\n4\r\nabcd\r\n4\r\nabcd\r\n0\r\n\r\n",
	  CHUNKED "b ab\r\ng ?\nb a\r\n4\r\nabcdabcd\n-\n" },
	{ "up to the next request", Q,
	  "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nab", 20,
	  "ABC def\r\nGET x\r\nDELETE /2 HTTP/1.1\r\n\r\n",
	  "> POST|/|1\nh Transfer-Encoding=chunked\nb ab\ng ?\nb ABC def\r\nGET x\r\n\n-\n"
	  "> DELETE|/2|1\n+\n" },
	{ "words in capitals in chunks", Q,
	  "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nab", 20,
	  "SELECT a FROM b\r\nABC\r\n3\r\nABC\r\n1\r\nD\r\n0\r\n\r\nGET /2 HTTP/1.1\r\n\r\n",
	  "> POST|/|1\nh Transfer-Encoding=chunked\nb ab\ng ?\nb SELECT a FROM "
	  "b\r\nABC\r\n3\r\nABC\r\n1\r\nD\n-\n> GET|/2|1\n+\n" },
	{ "until close", R, "HTTP/1.1 200 x\r\n\r\nab", 100, "cd",
	  "< 200|1\nb ab\ng 100\nb cd\n+\n" },
	{ "in a line", Q, "GET / HTTP/1.1\r\nHost: a.exam", 20, "GET /2 HTTP/1.1\r\n\r\n",
	  "> GET|/|1\n-\n> GET|/2|1\n+\n" },
	{ "in a start line", Q, "GET /abc", 4, "GET /2 HTTP/1.1\r\n\r\n", "> GET|/2|1\n+\n" },
	{ "between messages", Q, "GET / HTTP/1.1\r\n\r\n", 4, "\"a\"}\nGET /2 HTTP/1.1\r\n\r\n",
	  "> GET|/|1\n+\n> GET|/2|1\n+\n" },
	{ "in a tunnel", Q, "CONNECT a:1 HTTP/1.1\r\n\r\nab", 4, "cd",
	  "> CONNECT|a:1|1\n+\nT abcd\n" },
	{ "on trial", R, "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n9", 5, "zz\r\n",
	  CHUNKED "g ?\nb zz\r\n\n-\n" },
	{ "lower case is not certain", Q, "GET / HTTP/1.1\r\n\r\n", 1,
	  "get /1 HTTP/1.1\r\nGET  HTTP/1.1\r\nGET /a b HTTP/1.1\r\nGET /2 HTTP/1.1\r\n\r\n",
	  "> GET|/|1\n+\n> GET|/2|1\n+\n" },
};

static void
check_gap(const struct gap_case *t, size_t step)
{
	struct slab carry;
	struct http1 h;
	size_t len[2] = { strlen(t->before), strlen(t->after) };
	const uint8_t *in[2] = { guard_copy(t->before, len[0]), guard_copy(t->after, len[1]) };

	assert_int_equal(slab_init(&carry, 1, HTTP1_CARRY_BYTES), 0);
	http1_init(&h, t->side, &carry);
	seen_reset();
	for (unsigned i = 0; i < 2; i++) {
		for (size_t at = 0; at < len[i]; at += step)
			http1_push(&h, in[i] + at, len[i] - at < step ? len[i] - at : step,
				   &handler, NULL);
		if (i == 0)
			http1_gap(&h, t->gap, &handler, NULL);
	}
	http1_end(&h, &handler, NULL);
	if (seen.joining != 0)
		seen_event("");
	assert_string_equal(seen.text, t->want);
	assert_int_equal(bytes_accounted(&h), len[0] + len[1]);
	assert_int_equal(carry.nr_taken, 0);
	slab_fini(&carry);
}

static void
test_gaps(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(gap_cases) / sizeof(gap_cases[0]); i++) {
		print_message("%s\n", gap_cases[i].name);
		check_gap(&gap_cases[i], SIZE_MAX / 2);
		check_gap(&gap_cases[i], 1);
		check_gap(&gap_cases[i], 3);
	}
}

/* A body without a line end in front of the message, and the message begins a segment. */
static void
test_resync_at_push_start(void **state)
{
	static const char rest[] = "{\"a\": 1}";
	static const char next[] = "HTTP/1.1 204 x\r\n\r\n";
	struct slab carry;
	struct http1 h;

	(void)state;
	assert_int_equal(slab_init(&carry, 1, HTTP1_CARRY_BYTES), 0);
	http1_init(&h, HTTP1_RESPONSES, &carry);
	seen_reset();
	http1_gap(&h, 1, &handler, NULL);
	http1_push(&h, (const uint8_t *)rest, sizeof(rest) - 1, &handler, NULL);
	http1_push(&h, (const uint8_t *)next, sizeof(next) - 1, &handler, NULL);
	assert_string_equal(seen.text, "< 204|1\n+\n");
	assert_int_equal(h.skipped_bytes, sizeof(rest) - 1);
	assert_int_equal(h.events[HTTP1_RESYNC], 1);
	http1_fini(&h);
	slab_fini(&carry);
}

/* What looked like the beginning of a request was the end of a body. */
static void
test_capitals_before_push(void **state)
{
	static const char rest[] = "ABC def";
	static const char next[] = "GET /2 HTTP/1.1\r\n\r\n";
	struct slab carry;
	struct http1 h;

	(void)state;
	assert_int_equal(slab_init(&carry, 1, HTTP1_CARRY_BYTES), 0);
	for (unsigned chunks = 0; chunks < 2; chunks++) {
		static const char post[] =
		    "POST /1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n";

		http1_init(&h, HTTP1_REQUESTS, &carry);
		seen_reset();
		if (chunks != 0)
			http1_push(&h, (const uint8_t *)post, sizeof(post) - 1, &handler, NULL);
		http1_gap(&h, 20, &handler, NULL);
		http1_push(&h, (const uint8_t *)rest, sizeof(rest) - 1, &handler, NULL);
		http1_push(&h, (const uint8_t *)next, sizeof(next) - 1, &handler, NULL);
		assert_non_null(strstr(seen.text, "> GET|/2|1\n+\n"));
		assert_int_equal(chunks != 0, strstr(seen.text, "b ABC def\n-\n") != NULL);
		http1_fini(&h);
	}
	slab_fini(&carry);
}

static void
test_becomes_tunnel(void **state)
{
	struct http1 h;
	struct slab none;

	(void)state;
	assert_int_equal(slab_init(&none, 0, HTTP1_CARRY_BYTES), 0);
	http1_init(&h, HTTP1_REQUESTS, &none);
	seen_reset();
	http1_become_tunnel(&h, &handler, NULL);
	http1_push(&h, (const uint8_t *)"GET", 3, &handler, NULL);
	assert_string_equal(seen.text, "T GET");
	assert_int_equal(h.tunnel_bytes, 3);
	slab_fini(&none);
}

/* "GET /", filler, end: as one allocation. */
static uint8_t *
with_filler(const char *begin, size_t filler, const char *end, size_t *len)
{
	size_t a = strlen(begin);
	size_t b = strlen(end);
	uint8_t *in = malloc(a + filler + b);

	assert_non_null(in);
	memcpy(in, begin, a);
	memset(in + a, 'f', filler);
	memcpy(in + a + filler, end, b);
	*len = a + filler + b;
	return in;
}

static const struct long_case {
	const char *name;
	const char *begin;
	size_t filler;
	const char *end;
	const char *want_end;
	unsigned too_long;
} long_cases[] = {
	{ "field that just fits", "GET / HTTP/1.1\r\nA:", HTTP1_CARRY_BYTES - 2, "\r\nB: c\r\n\r\n",
	  "f\nh B=c\n+\n", 0 },
	{ "field one byte too long", "GET / HTTP/1.1\r\nA:", HTTP1_CARRY_BYTES - 1,
	  "\r\nB: c\r\n\r\n", "f\nh B=c\n+\n", 1 },
	{ "field in three pieces, folded", "GET / HTTP/1.1\r\nA:", 2 * HTTP1_CARRY_BYTES,
	  "\r\n g\r\nB: c\r\n\r\n", "f g\nh B=c\n+\n", 1 },
	{ "target too long", "GET /", HTTP1_CARRY_BYTES, " HTTP/1.1\r\nB: c\r\n\r\n",
	  "f|1\nh B=c\n+\n", 1 },
};

static void
test_long_lines(void **state)
{
	static const size_t steps[] = { 1000000, 1460, 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(long_cases) / sizeof(long_cases[0]); i++) {
		const struct long_case *t = &long_cases[i];
		size_t len;
		uint8_t *in = with_filler(t->begin, t->filler, t->end, &len);

		print_message("%s\n", t->name);
		for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
			struct http1 h = parse(HTTP1_REQUESTS, in, len, 0, steps[k]);
			size_t tail = strlen(t->want_end);

			assert_true(seen.len >= tail);
			assert_string_equal(seen.text + seen.len - tail, t->want_end);
			assert_int_equal(h.events[HTTP1_LINE_TOO_LONG], t->too_long);
		}
		free(in);
	}
}

/* Fields beyond the limit are not handed out, but Content-Length still frames the body. */
static void
test_long_block(void **state)
{
	static const char line[] = "Aaaaaaaa: bbbbbbbbbbbbbbbbbbbb\r\n";
	static const char begin[] = "POST / HTTP/1.1\r\n";
	static const char end[] = "Content-Length: 2\r\n\r\nxyGET /2 HTTP/1.1\r\n\r\n";
	static const char want[] = "b xy\n+\n> GET|/2|1\n+\n";
	size_t nr = HTTP1_BLOCK_BYTES / (sizeof(line) - 1) + 1;
	uint8_t *in = malloc(nr * sizeof(line) + 256);
	size_t len = sizeof(begin) - 1;

	(void)state;
	assert_non_null(in);
	memcpy(in, begin, len);
	for (size_t i = 0; i < nr; i++, len += sizeof(line) - 1)
		memcpy(in + len, line, sizeof(line) - 1);
	memcpy(in + len, end, sizeof(end) - 1);
	len += sizeof(end) - 1;

	for (size_t step = 1; step <= 1460; step += 1459) {
		struct http1 h = parse(HTTP1_REQUESTS, in, len, 0, step);

		assert_int_equal(h.events[HTTP1_BLOCK_TOO_LONG], 1);
		assert_null(strstr(seen.text, "Content-Length"));
		assert_string_equal(seen.text + seen.len - strlen(want), want);
	}
	free(in);
}

/* Slab empty: the line that is split is lost, nothing else. */
static void
test_no_carry(void **state)
{
	static const char one[] = "GET / HTTP/1.1\r\nCook";
	static const char two[] = "ie: a\r\nB: c\r\n\r\n";
	struct slab none;
	struct http1 h;

	(void)state;
	assert_int_equal(slab_init(&none, 0, HTTP1_CARRY_BYTES), 0);
	http1_init(&h, HTTP1_REQUESTS, &none);
	seen_reset();
	http1_push(&h, (const uint8_t *)one, sizeof(one) - 1, &handler, NULL);
	http1_push(&h, (const uint8_t *)two, sizeof(two) - 1, &handler, NULL);
	assert_string_equal(seen.text, "> GET|/|1\nh B=c\n+\n");
	assert_int_equal(h.events[HTTP1_NO_CARRY], 1);
	slab_fini(&none);
}

static void
test_fini_gives_carry_back(void **state)
{
	struct slab carry;
	struct http1 h;

	(void)state;
	assert_int_equal(slab_init(&carry, 1, HTTP1_CARRY_BYTES), 0);
	http1_init(&h, HTTP1_REQUESTS, &carry);
	http1_push(&h, (const uint8_t *)"GE", 2, &handler, NULL);
	assert_int_equal(carry.nr_taken, 1);
	http1_fini(&h);
	assert_int_equal(carry.nr_taken, 0);
	slab_fini(&carry);
}

static void
test_size(void **state)
{
	(void)state;
	assert_true(sizeof(struct http1) <= 128);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_name_with_nul_frames),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_resync_at_push_start),
		cmocka_unit_test(test_capitals_before_push),
		cmocka_unit_test(test_becomes_tunnel),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_long_block),
		cmocka_unit_test(test_no_carry),
		cmocka_unit_test(test_fini_gives_carry_back),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
