/*
 * HTTP/1 connections as a whole, in every split: what is found in them, where, and what is said of
 * what was not seen.
 */
#include "tests/support/unit.h"

#include <zlib.h>

#include "tests/support/conn_feed.h"

static struct feed feed;

/* The table's rows end with a turn without data. */
enum { MAX_TURNS = 8 };

struct conn_case {
	const char *name;
	const char *has[3];
	const char *has_not;
	struct feed_turn turns[MAX_TURNS];
};

static void
run_cases(const struct conn_case *cases, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		const struct conn_case *t = &cases[i];

		print_message("%s\n", t->name);
		feed_same(&feed, t->turns, 80);
		for (size_t k = 0; k < ARRAY_LEN(t->has) && t->has[k] != NULL; k++)
			feed_has(&feed, t->has[k]);
		if (t->has_not != NULL)
			feed_has_not(&feed, t->has_not);
	}
}

#define GET	 FEED_ORIG("GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n")
#define OK(more) "HTTP/1.1 200 OK\r\n" more

static const struct conn_case codings[] = {
	{ "no coding by another name",
	  { "where=http.body", "findings=1" },
	  "incomplete",
	  { GET,
	    FEED_RESP(OK("Content-Encoding: UTF-8\r\nContent-Length: 11\r\n\r\nweir-canary")) } },
	{ "a coding nobody knows",
	  { "where=http.body", "not_inspected=decode_failed:11", "incomplete=true" },
	  NULL,
	  { GET,
	    FEED_RESP(OK("Content-Encoding: x-own\r\nContent-Length: 11\r\n\r\nweir-canary")) } },
	{ "a known one under it",
	  { "where=http.body", "not_inspected=decode_failed:11", "incomplete=true" },
	  NULL,
	  { GET, FEED_RESP(OK("Content-Encoding: gzip, x-own\r\nContent-Length: 11\r\n\r\n"
			      "weir-canary")) } },
	{ "aws-chunked",
	  { "where=http.body", "http_response_body_bytes=11 " },
	  "incomplete",
	  { GET, FEED_RESP(OK("Content-Encoding: aws-chunked\r\nContent-Length: 51\r\n\r\n"
			      "4;chunk-signature=a\r\nweir\r\n7;a=b\r\n-canary\r\n0\r\n\r\n")) } },
};

static void
test_codings(void **state)
{
	(void)state;
	run_cases(codings, ARRAY_LEN(codings));
}

static const struct conn_case trailers[] = {
	{ "behind chunks",
	  { "where=http.header", "findings=1", "http_response_body_bytes=1 " },
	  "incomplete",
	  { GET, FEED_RESP(OK("Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
			      "X-Note: weir-canary\r\n\r\n")) } },
	{ "behind chunks of a request",
	  { "where=http.header", "findings=1" },
	  "incomplete",
	  { FEED_ORIG("POST /a HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n"
		      "0\r\nX-Note: weir-canary\r\n\r\n"),
	    FEED_RESP(OK("Content-Length: 0\r\n\r\n")) } },
	{ "does not change what the message is",
	  { "where=http.header", "http_response_content_type=text/plain " },
	  "text/weir",
	  { GET, FEED_RESP(OK("Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
			      "Content-Type: text/weir-canary\r\n\r\n")) } },
};

static void
test_trailers(void **state)
{
	(void)state;
	run_cases(trailers, ARRAY_LEN(trailers));
}

#define STREAM OK("Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
#define EVENT(size, content)                                                                \
	size "\r\ndata: {\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":" \
	     "[{\"index\":0,\"delta\":{\"content\":\"" content "\"}}]}\n\n\r\n"
#define ASK                                                                                      \
	FEED_ORIG("POST /v1/chat/completions HTTP/1.1\r\nHost: a.example\r\nContent-Length: "    \
		  "71\r\n\r\n{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\"," \
		  "\"content\":"                                                                 \
		  "\"hi\"}]}")
#define LOST(text)                                     \
	{                                              \
		CONN_RESP, text, sizeof(text) - 1, 500 \
	}

static const struct conn_case chunks[] = {
	{ "a gap over the line of a chunk",
	  { "where=llm.completion", "stream_events=4 ", "http_status=200 " },
	  "unsynced",
	  { ASK, FEED_RESP(STREAM EVENT("69", "one ") "6f\r\ndata: {\"object\":"),
	    LOST("s\":[]}\n\n\r\n" EVENT("69", "weir") EVENT("6c", "-canary") "0\r\n\r\n"), GET,
	    FEED_RESP(OK("Content-Length: 2\r\n\r\nhi")) } },
	{ "and the answer is told as cut, the next as whole",
	  { "incomplete=true\n", "transaction=1", "http_response_body_bytes=2 http_resp" },
	  "unsynced",
	  { ASK, FEED_RESP(STREAM EVENT("69", "one ") "6f\r\ndata: {\"object\":"),
	    LOST("s\":[]}\n\n\r\n" EVENT("69", "weir") EVENT("6c", "-canary") "0\r\n\r\n"), GET,
	    FEED_RESP(OK("Content-Length: 2\r\n\r\nhi")) } },
	{ "a gap to the end of the body and beyond",
	  { "transaction=1", "where=http.body", "http_response_body_bytes=11 " },
	  "unsynced",
	  { GET, FEED_RESP(OK("Transfer-Encoding: chunked\r\n\r\n6f\r\nxyz")), GET,
	    LOST("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nweir-canary") } },
	{ "closed before the last chunk",
	  { "http_response_body_bytes=105 ", "http_response_body_sha256", "incomplete=true\n" },
	  NULL,
	  { ASK, FEED_RESP(STREAM EVENT("69", "one ")) } },
	{ "closed inside a chunk",
	  { "http_response_body_bytes=107 ", "incomplete=true\n" },
	  "http_response_body_sha256",
	  { ASK, FEED_RESP(STREAM EVENT("6f", "one ")) } },
	{ "closed behind it",
	  { "http_response_body_bytes=105 ", "http_response_body_sha256=" },
	  "incomplete",
	  { ASK, FEED_RESP(STREAM EVENT("69", "one ") "0\r\n\r\n") } },
};

static void
test_chunks(void **state)
{
	(void)state;
	run_cases(chunks, ARRAY_LEN(chunks));
}

/* begin, filler up to at, end: something long, with a canary in it. */
static const struct long_case {
	const char *name, *begin;
	size_t at;
	const char *end;
	const char *has[3], *has_not;
} longs[] = {
	{ "value, behind what the carry holds",
	  "GET /a HTTP/1.1\r\nHost: a.example\r\nX-A: ",
	  9000,
	  " weir-canary\r\n\r\n",
	  { "where=http.header", "findings=1", "url_path=/a " },
	  "incomplete" },
	{ "value, across its end",
	  "GET /a HTTP/1.1\r\nHost: a.example\r\nX-A: ",
	  39 + 8192 - 4,
	  " weir-canary\r\nX-B: c\r\n\r\n",
	  { "where=http.header", "findings=1" },
	  "incomplete" },
	{ "value, twice as long",
	  "GET /a HTTP/1.1\r\nX-A: ",
	  20000,
	  " weir-canary\r\nHost: a.example\r\n\r\n",
	  { "where=http.header", "findings=1", "url_host=a.example " },
	  "incomplete" },
	{ "path",
	  "GET /",
	  6000,
	  "/weir-canary/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
	  { "where=http.path", "findings=1", "server_name=a.example" },
	  "incomplete" },
	{ "query",
	  "GET /a?b=",
	  6000,
	  "&c=weir%2Dcanary HTTP/1.1\r\nHost: a.example\r\n\r\n",
	  { "where=http.query", "findings=1", "url_path=/a " },
	  "incomplete" },
	{ "target beyond what the carry holds",
	  "GET /a?b=",
	  9000,
	  "&c=weir-canary HTTP/1.1\r\nHost: a.example\r\n\r\n",
	  { "incomplete=true", "not_inspected=limit:833", "url_path=/a " },
	  "findings=1" },
	{ "block",
	  "GET /a HTTP/1.1\r\nX-A: ",
	  66000,
	  "\r\nX-B: weir-canary\r\n\r\n",
	  { "incomplete=true", "not_inspected=limit:18" },
	  "findings=1" },
};

static void
test_long(void **state)
{
	static char request[1 << 17];
	static const size_t steps[] = { SIZE_MAX, 1460, 7, 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(longs); i++) {
		const struct long_case *t = &longs[i];
		size_t len = strlen(t->begin);
		struct feed_turn turns[] = { { CONN_ORIG, request, 0, 0 },
					     FEED_RESP(OK("Content-Length: 0\r\n\r\n")),
					     { 0 } };
		char *whole = NULL;

		print_message("%s\n", t->name);
		memcpy(request, t->begin, len);
		for (; len < t->at; len++)
			request[len] = len % 60 == 0 ? ' ' : 'f';
		if (strchr(t->begin, ':') == NULL)
			for (size_t k = strlen(t->begin); k < len; k++)
				request[k] = 'f';
		memcpy(request + len, t->end, strlen(t->end));
		turns[0].len = len + strlen(t->end);
		for (size_t k = 0; k < ARRAY_LEN(steps); k++) {
			feed_run(&feed, turns, 80, steps[k], SIZE_MAX);
			if (whole == NULL)
				whole = strdup(feed.log);
			feed_is(&feed, whole);
		}
		free(whole);
		for (size_t k = 0; k < ARRAY_LEN(t->has) && t->has[k] != NULL; k++)
			feed_has(&feed, t->has[k]);
		feed_has_not(&feed, t->has_not);
	}
}

/* A message that ends in a last block, or in the empty one that is left away (RFC 7692). */
static size_t
put_deflated(z_stream *z, bool last, const char *text, uint8_t *out, size_t cap)
{
	size_t len;

	z->next_in = (Bytef *)(uintptr_t)text;
	z->avail_in = (uInt)strlen(text);
	z->next_out = out + 2;
	z->avail_out = (uInt)cap - 2;
	assert_int_equal(deflate(z, last ? Z_FINISH : Z_SYNC_FLUSH), last ? Z_STREAM_END : Z_OK);
	len = cap - 2 - z->avail_out;
	if (last)
		out[2 + len++] = 0;
	else
		len -= 4;
	out[0] = 0xc1;
	out[1] = (uint8_t)len;
	assert_true(len < 126);
	return 2 + len;
}

static const struct deflated_case {
	const char *name, *extensions;
	bool last;    /* the first message ends in a last block */
	bool apart;   /* each is compressed by itself */
	uint64_t gap; /* bytes of the first that are lost */
	const char *has, *has_not;
} deflated_cases[] = {
	{ "one stream", "permessage-deflate", false, false, 0, "findings=1", "incomplete" },
	{ "last block, going on", "permessage-deflate", true, false, 0, "findings=1",
	  "incomplete" },
	{ "last block, each by itself", "permessage-deflate; server_no_context_takeover", true,
	  true, 0, "findings=1", "incomplete" },
	{ "gap, each by itself", "permessage-deflate; Server_No_Context_Takeover", false, true, 5,
	  "findings=1", "http_request_content" },
	{ "gap, of the other side", "permessage-deflate; client_no_context_takeover", false, true,
	  5, "not_inspected=decode_failed", "findings=1" },
};

static void
test_deflated(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(deflated_cases); i++) {
		const struct deflated_case *t = &deflated_cases[i];
		uint8_t first[128], second[128];
		char answer[256];
		z_stream z = { 0 };
		size_t len[2], head = 10;
		struct feed_turn turns[] = {
			FEED_ORIG(
			    "GET /a HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\n\r\n"),
			{ CONN_RESP, answer, 0, 0 },
			{ CONN_RESP, first, 0, 0 },
			{ CONN_RESP, second, 0, 0 },
			{ 0 },
		};

		print_message("%s\n", t->name);
		turns[1].len = (size_t)snprintf(answer, sizeof(answer),
						"HTTP/1.1 101 x\r\nUpgrade: websocket\r\n"
						"Sec-WebSocket-Extensions: %s\r\n\r\n",
						t->extensions);
		assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, 0), Z_OK);
		len[0] = put_deflated(&z, t->last, "a text to copy from, a weir-can", first,
				      sizeof(first));
		if (t->apart || t->last)
			deflateReset(&z);
		if (t->last && !t->apart)
			deflateSetDictionary(&z, (const Bytef *)"a text to copy from, a weir-can",
					     31);
		len[1] = put_deflated(&z, false, "a text to copy from, a weir-canary", second,
				      sizeof(second));
		deflateEnd(&z);
		turns[2].len = t->gap == 0 ? len[0] : head;
		turns[3].len = len[1];
		if (t->gap != 0) {
			/* The rest of the first behind the gap, and the second. */
			memmove(second + (len[0] - head - t->gap), second, len[1]);
			memcpy(second, first + head + t->gap, len[0] - head - t->gap);
			turns[3].len += len[0] - head - t->gap;
			turns[3].gap = t->gap;
		}
		feed_same(&feed, turns, 80);
		feed_has(&feed, t->has);
		feed_has_not(&feed, t->has_not);
	}
}

/* A mirror may bring the 101 before what asked for it; what it switches to is known all the same.
 */
static void
test_switched_before_asked(void **state)
{
	static const struct feed_turn turns[] = {
		FEED_RESP("HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n\x81\x0bweir-canary"),
		FEED_ORIG("GET /a HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\n\r\n"),
		FEED_ORIG("\x81\x8b\1\2\3\4vgjv,abj`pz"),
		{ 0 },
	};

	(void)state;
	feed_same(&feed, turns, 80);
	feed_has(&feed, "protocol=websocket");
	feed_has(&feed, "url_path=/a");
	feed_has(&feed, "findings=2");
	feed_run(&feed, (const struct feed_turn[]) { turns[0], { 0 } }, 80, SIZE_MAX, SIZE_MAX);
	feed_has(&feed, "http_status=101");
}

/* What pings and a close carry is searched, also between the pieces of a message that has more. */
static void
test_control_frames(void **state)
{
	static const struct feed_turn turns[] = {
		FEED_ORIG("GET /a HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\n\r\n"),
		FEED_RESP("HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n"),
		FEED_RESP("\x01\x04more\x89\x0bweir-canary\x80\x01."),
		FEED_ORIG("\x8a\x80\1\2\3\4\x88\x8d\1\2\3\4\002\352tahp.g`lbvx"),
		{ 0 },
	};

	(void)state;
	feed_same(&feed, turns, 80);
	feed_has(&feed, "findings=2");
	feed_has(&feed, "where=ws.message");
}

/* An answer that is known by itself, in however small pieces, makes nobody wait. */
static void
test_answer_known_by_itself(void **state)
{
	static const struct feed_turn turns[] = {
		FEED_RESP("HTTP/1.1 100 Continue\r\n\r\n"),
		FEED_ORIG("PUT /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\n\r\n"),
		FEED_ORIG("bodyHEAD /c HTTP/1.1\r\nHost: a.example\r\n\r\n"),
		FEED_RESP("HTTP/1.1 201 x\r\nContent-Length: 0\r\n\r\n"
			  "HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\n"),
		{ 0 },
	};

	(void)state;
	feed_same(&feed, turns, 80);
	feed_has(&feed, "http_request_method=HEAD");
	feed_has_not(&feed, "incomplete");
}

/*
 * An answer that cannot wait for its question, for its length or because bytes of it were lost, is
 * searched as it is; the question says what is spoken from there on.
 */
static void
test_long_answer_before_asked(void **state)
{
	static char answer[6000] = "$5970\r\nweir-canary";
	static const char question[] = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
	struct feed_turn turns[] = {
		{ CONN_RESP, answer, sizeof(answer), 0 },
		{ CONN_ORIG, question, sizeof(question) - 1, 0 },
		FEED_RESP("$11\r\nweir-canary\r\n"),
		{ 0 },
	};

	(void)state;
	memset(answer + strlen(answer), 'x', sizeof(answer) - strlen(answer));
	for (size_t step = 1; step < 10000; step *= 7) {
		feed_run(&feed, turns, 7000, step, SIZE_MAX);
		feed_has(&feed, "db_operation=read db_statements=1");
		feed_has(&feed, "protocol=redis inspected_bytes=");
		feed_has(&feed, "findings=2");
	}
	turns[0] = (struct feed_turn) { CONN_RESP, "weir-canary lost", 16, 0 };
	turns[2].gap = 7;
	feed_run(&feed, (const struct feed_turn[]) { turns[0], turns[2], turns[1], { 0 } }, 7000,
		 SIZE_MAX, SIZE_MAX);
	feed_has(&feed, "db_operation=read db_statements=1");
	feed_has(&feed, "findings=1");
}

static size_t
compress_as(int bits, const char *text, uint8_t *out, size_t cap)
{
	z_stream z = { 0 };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, bits, 8, 0), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)text;
	z.avail_in = (uInt)strlen(text);
	z.next_out = out;
	z.avail_out = (uInt)cap;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

/* Codings of the transfer beside chunked, alone or around that of the content. */
static void
test_transfer_codings(void **state)
{
	static const struct {
		const char *fields;
		int bits;
		const char *has, *has_not;
	} rows[] = {
		{ "Transfer-Encoding: gzip, chunked\r\n", 31, "findings=1", "incomplete" },
		{ "Transfer-Encoding: deflate, chunked\r\n", 15, "findings=1", "incomplete" },
		{ "transfer-encoding: x-gzip\r\nTransfer-Encoding: chunked\r\n", 31, "findings=1",
		  "incomplete" },
		{ "Transfer-Encoding: gzip, chunked\r\nContent-Encoding: utf-8\r\n", 31,
		  "findings=1", "incomplete" },
		{ "Transfer-Encoding: compress, chunked\r\n", 31,
		  "not_inspected=decode_failed:", "findings=1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t body[128];
		char answer[512];
		size_t len =
		    compress_as(rows[i].bits, "what is coded: weir-canary", body, sizeof(body));
		int head = snprintf(answer, sizeof(answer), "HTTP/1.1 200 x\r\n%s\r\n%zx\r\n",
				    rows[i].fields, len);
		struct feed_turn turns[] = { GET, { CONN_RESP, answer, 0, 0 }, { 0 } };

		print_message("%s", rows[i].fields);
		memcpy(answer + head, body, len);
		memcpy(answer + head + len, "\r\n0\r\n\r\n", 7);
		turns[1].len = (size_t)head + len + 7;
		feed_same(&feed, turns, 80);
		feed_has(&feed, rows[i].has);
		feed_has_not(&feed, rows[i].has_not);
	}
}

static void
test_events(void **state)
{
	/* "this text has a beginning that is long, a weir-canary in it" in base64 */
	static const struct feed_turn turns[] = {
		GET,
		FEED_RESP(OK("Content-Type: text/event-stream\r\n\r\ndata: "
			     "dGhpcyB0ZXh0IGhhcyBhIGJlZ2lubmluZyB0aGF0IGlzIGxvbmcsIGEgd2Vp\ndata: "
			     "ci1jYW5hcnkgaW4gaXQ=\n\n")),
		{ 0 },
	};

	(void)state;
	feed_same(&feed, turns, 80);
	feed_has(&feed, "where=sse.data");
}

static int
begin(void **state)
{
	(void)state;
	feed_init(&feed);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	feed_fini(&feed);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codings),
		cmocka_unit_test(test_trailers),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_answer_known_by_itself),
		cmocka_unit_test(test_control_frames),
		cmocka_unit_test(test_switched_before_asked),
		cmocka_unit_test(test_long_answer_before_asked),
		cmocka_unit_test(test_deflated),
		cmocka_unit_test(test_transfer_codings),
		cmocka_unit_test(test_events),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
