/*
 * An HTTP exchange: which host and path a request names, and that one that stands where another
 * stood says nothing of it: what is opened is not zeroed as a whole.
 */
#include "tests/support/unit.h"

#include "tests/support/conn_feed.h"

static const struct target_case {
	const char *target, *path, *host;
} target_cases[] = {
	{ "/a/b?c=d", " url_path=/a/b ", " url_host=host.example " },
	{ "http://other.example/a?c", " url_path=/a ", " url_host=other.example " },
	{ "http://other.example", " url_path=/ ", " url_host=other.example " },
	/* origin-form, RFC 9112 section 3.2.1, whatever stands in it */
	{ "/to://other.example/a", " url_path=/to://other.example/a ", " url_host=host.example " },
};

static void
test_exchange_target(void **state)
{
	static struct feed f;
	char request[256];

	(void)state;
	feed_init(&f);
	for (size_t i = 0; i < ARRAY_LEN(target_cases); i++) {
		const struct target_case *t = &target_cases[i];
		struct feed_turn turns[] = { { CONN_ORIG, request, 0, 0 },
					     FEED_RESP("HTTP/1.1 204 No\r\n\r\n"),
					     { 0 } };

		turns[0].len =
		    (size_t)snprintf(request, sizeof(request),
				     "GET %s HTTP/1.1\r\nHost: host.example\r\n\r\n", t->target);
		print_message("%s\n", t->target);
		feed_same(&f, turns, 80);
		feed_has(&f, t->path);
		feed_has(&f, t->host);
	}
	feed_fini(&f);
}

static const struct feed_turn rich[] = {
	FEED_ORIG("POST /v1/chat/completions?k=v HTTP/1.1\r\nHost: rich.example\r\n"
		  "User-Agent: agent/1\r\nAuthorization: Bearer weir-canary\r\n"
		  "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
		  "Content-Type: application/json\r\nContent-Length: 42\r\n\r\n"
		  "{\"model\":\"m\",\"messages\":[\"weir-canary\"]}   "),
	FEED_RESP(
	    "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nX-Repo-Commit: 1\r\n"
	    "Content-Encoding: identity\r\nContent-Length: 12\r\n\r\nGGUF\3\0\0\0\0\0\0\0"),
	{ 0 },
};

static const struct feed_turn plain[] = {
	FEED_ORIG("GET /resolve/main/a.gguf HTTP/1.1\r\nHost: plain.example\r\n\r\n"),
	FEED_RESP("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nweir-canary"),
	{ 0 },
};

static void
test_exchange_reused(void **state)
{
	static struct feed fresh, used;

	(void)state;
	feed_init(&fresh);
	feed_init(&used);
	feed_run(&fresh, plain, 80, SIZE_MAX, SIZE_MAX);
	feed_run(&used, rich, 80, SIZE_MAX, SIZE_MAX);
	feed_has(&used, "agent/1");
	feed_run(&used, plain, 80, SIZE_MAX, SIZE_MAX);
	feed_is(&used, fresh.log);
	feed_has(&used, "test.canary");
	feed_fini(&fresh);
	feed_fini(&used);
}

#define EVENTS "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
#define CHUNK(content)                                                                             \
	"data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"model\":\"m-1\",\"choices\":" \
	"[{\"index\":0,\"delta\":{\"content\":\"" content "\"}}]}\n\n"

static const struct answer_case {
	const char *name, *answer;
	const char *has, *has_not;
} answer_cases[] = {
	{ "chat, streamed", EVENTS CHUNK("we") CHUNK("ir-ca") CHUNK("nary") "data: [DONE]\n\n",
	  " gen_ai_dialect=openai.chat gen_ai_operation_name=chat gen_ai_response_model=m-1 ",
	  NULL },
	{ "messages, streamed",
	  EVENTS
	  "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m-2\","
	  "\"usage\":{\"input_tokens\":7}}}\n\n"
	  "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
	  "\"text_delta\",\"text\":\"weir-\"}}\n\n"
	  "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
	  "\"text_delta\",\"text\":\"canary\"}}\n\n",
	  " gen_ai_usage_input_tokens=7 ", NULL },
	{ "another stream of events",
	  EVENTS "data: {\"object\":\"event\",\"choices\":[1]}\n\n"
		 "data: {\"content\":\"weir-canary\"}\n\n",
	  "where=sse.data", "llm " },
	{ "a message of people",
	  "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 58\r\n\r\n"
	  "{\"type\":\"message\",\"id\":1,\"content\":\"weir-canary\",\"to\":\"b\"}",
	  "where=json", "llm " },
};

/* A mirror of one direction, or a request that was lost: a model's answer shows itself. */
static void
test_answer_alone(void **state)
{
	static struct feed f;

	(void)state;
	feed_init(&f);
	for (size_t i = 0; i < ARRAY_LEN(answer_cases); i++) {
		const struct answer_case *t = &answer_cases[i];
		const struct feed_turn turns[] = {
			{ CONN_RESP, t->answer, strlen(t->answer), 0 },
			{ 0 },
		};

		print_message("%s\n", t->name);
		feed_same(&f, turns, 80);
		feed_has(&f, t->has);
		feed_has(&f, "findings=1");
		if (t->has_not != NULL)
			feed_has_not(&f, t->has_not);
		else
			feed_has(&f, "where=llm.completion");
	}
	feed_fini(&f);
}

/* Two ports, a direction each: the answer may be read before what it answers. */
static void
test_answer_first(void **state)
{
	static const struct feed_turn turns[] = {
		FEED_RESP(EVENTS CHUNK("we") CHUNK("ir-ca") CHUNK("nary") "data: [DONE]\n\n"),
		FEED_ORIG("POST /v1/chat/completions HTTP/1.1\r\nHost: a.example\r\n"
			  "Content-Type: application/json\r\nContent-Length: 72\r\n\r\n"
			  "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\","
			  "\"content\":\"hi\"}]}"),
		{ 0 },
	};
	static struct feed f;

	(void)state;
	feed_init(&f);
	feed_run(&f, turns, 80, SIZE_MAX, SIZE_MAX);
	feed_has(&f, "where=llm.completion");
	feed_has(&f, " url_host=a.example ");
	feed_has(&f,
		 " gen_ai_request_model=m gen_ai_response_model=m-1 gen_ai_request_stream=true ");
	feed_fini(&f);
}

#define CHAT(path)                                                         \
	FEED_ORIG(                                                         \
	    "POST " path " HTTP/1.1\r\nHost: a.example\r\n"                \
	    "Content-Type: application/json\r\nContent-Length: 66\r\n\r\n" \
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"weir-canary\"}]}")

static const struct prompt_case {
	const char *name;
	struct feed_turn turns[3];
	const char *has, *has_not;
} prompt_cases[] = {
	{ "answered as by a model",
	  { CHAT("/sync"), FEED_RESP("HTTP/1.1 200 OK\r\nContent-Length: 43\r\n\r\n"
				     "{\"choices\":[{\"message\":{\"content\":\"yes\"}}]}") },
	  "where=llm.prompt.user",
	  "where=json" },
	{ "answered by somebody else",
	  { CHAT("/sync"),
	    FEED_RESP("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"ok\":true}") },
	  "where=json",
	  "llm" },
	{ "the same at a path of Ollama's",
	  { CHAT("/api/chat"),
	    FEED_RESP("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"ok\":true}") },
	  "where=json",
	  "llm" },
	{ "never answered", { CHAT("/api/chat") }, "where=llm.prompt.user", "where=json" },
};

/* Whether it is a prompt that something was found in, the answer says. */
static void
test_prompt_or_not(void **state)
{
	static struct feed f;

	(void)state;
	feed_init(&f);
	for (size_t i = 0; i < ARRAY_LEN(prompt_cases); i++) {
		const struct prompt_case *t = &prompt_cases[i];

		print_message("%s\n", t->name);
		feed_same(&f, t->turns, 80);
		feed_has(&f, t->has);
		feed_has(&f, "findings=1");
		feed_has_not(&f, t->has_not);
	}
	feed_fini(&f);
}

#define DNS_QUERY "\1\2\1\0\0\1\0\0\0\0\0\0\1a\7example\0\0\1\0\1"
#define DNS_ANSWER                                                                         \
	"\1\2\x81\x80\0\1\0\1\0\0\0\0\1a\7example\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" \
	"\xc0\0\2\1"

static void
dns_run(struct feed *f, enum conn_dir dir, const char *message, size_t len, bool finish)
{
	struct conn *c = feed_open(f, true, 53, false);

	feed_must(c != NULL, "no connection");
	conn_datagram(f->env, c, dir, (const uint8_t *)message, len);
	if (finish)
		conn_finish(f->env, c);
	conn_close(f->env, c);
}

/* The query that another connection left behind is not this one's. */
static void
test_dns_reused(void **state)
{
	static struct feed fresh, used;

	(void)state;
	feed_init(&fresh);
	feed_init(&used);
	dns_run(&fresh, CONN_RESP, DNS_ANSWER, sizeof(DNS_ANSWER) - 1, true);
	feed_has(&fresh, "dns");
	dns_run(&used, CONN_ORIG, DNS_QUERY, sizeof(DNS_QUERY) - 1, false);
	dns_run(&used, CONN_RESP, DNS_ANSWER, sizeof(DNS_ANSWER) - 1, true);
	feed_is(&used, fresh.log);
	feed_fini(&fresh);
	feed_fini(&used);
}

/* Quiet behind its answer, it rests; what comes then is told as if it had not. */
static void
test_dns_rests(void **state)
{
	static const struct {
		enum conn_dir dir;
		const char *message;
		size_t len;
		bool rests;
	} turns[] = {
		{ CONN_ORIG, DNS_QUERY, sizeof(DNS_QUERY) - 1, false },
		{ CONN_RESP, DNS_ANSWER, sizeof(DNS_ANSWER) - 1, true },
		{ CONN_ORIG, DNS_QUERY, sizeof(DNS_QUERY) - 1, false },
		{ CONN_ORIG, DNS_QUERY, sizeof(DNS_QUERY) - 1, false },
		{ CONN_RESP, DNS_ANSWER, sizeof(DNS_ANSWER) - 1, true },
		{ CONN_ORIG, "\1", 1, true },
		{ CONN_RESP, DNS_ANSWER, sizeof(DNS_ANSWER) - 1, false },
	};
	static struct feed f, awake;
	struct conn *c, *other;

	(void)state;
	feed_init(&f);
	feed_init(&awake);
	c = feed_open(&f, true, 53, false);
	other = feed_open(&awake, true, 53, false);
	feed_must(c != NULL && other != NULL, "no connection");
	for (size_t i = 0; i < ARRAY_LEN(turns); i++) {
		c = feed_datagram(&f, c, turns[i].dir, turns[i].message, turns[i].len);
		conn_datagram(awake.env, other, turns[i].dir, (const uint8_t *)turns[i].message,
			      turns[i].len);
		assert_int_equal(conn_rests(c), turns[i].rests);
		feed_part(&f, c);
		feed_part(&awake, other);
	}
	feed_close(&f, c);
	feed_close(&awake, other);
	feed_is(&f, awake.log);
	assert_int_equal(conn_env_taken(f.env), 0);
	feed_fini(&f);
	feed_fini(&awake);
}

/* What it may have inspected in a second is not more for a rest. */
static void
test_dns_rests_within_budget(void **state)
{
	static struct feed f;
	struct conn_config config;
	struct conn *c;

	(void)state;
	feed_init(&f);
	conn_env_destroy(f.env);
	config = feed_config(&f);
	config.inspect_bytes_per_s = sizeof(DNS_QUERY) - 1 + sizeof(DNS_ANSWER) - 1;
	assert_int_equal(conn_env_create(&config, &f.env), 0);
	f.record.mask_arg = f.env;
	c = feed_open(&f, true, 53, false);
	feed_must(c != NULL, "no connection");
	for (unsigned second = 0; second < 2; second++) {
		conn_env_set_time(f.env, 1700000000000000u + second * 1000000u);
		c = feed_datagram(&f, c, CONN_ORIG, DNS_QUERY, sizeof(DNS_QUERY) - 1);
		c = feed_datagram(&f, c, CONN_RESP, DNS_ANSWER, sizeof(DNS_ANSWER) - 1);
		assert_true(conn_rests(c));
	}
	feed_part(&f, c);
	feed_has_not(&f, "budget");
	c = feed_datagram(&f, c, CONN_ORIG, DNS_QUERY, sizeof(DNS_QUERY) - 1);
	/* It rests with what it passed over, and still knows when it is resumed. */
	assert_true(conn_rests(c));
	conn_env_set_time(f.env, 1700000002000000u);
	c = feed_datagram(&f, c, CONN_ORIG, DNS_QUERY, sizeof(DNS_QUERY) - 1);
	assert_false(conn_rests(c));
	feed_close(&f, c);
	feed_has(&f, "not_inspected=budget:");
	feed_fini(&f);
}

#define REQUEST "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"

/* Closed, it is smaller, and says the same of what it did not look into. */
static void
test_closed_says_what_it_skipped(void **state)
{
	static const struct {
		uint64_t gap; /* in front of a byte that belongs to no answer */
		bool smaller;
		const char *said;
	} cases[] = {
		{ 0, true, " not_inspected=unsynced:1\n" },
		{ 7, false, " not_inspected=gap:7 not_inspected=unsynced:1\n" },
	};
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
	static struct feed f;

	(void)state;
	feed_init(&f);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conn *c = feed_open(&f, false, 80, false), *left;

		feed_must(c != NULL, "no connection");
		conn_push(f.env, c, CONN_ORIG, (const uint8_t *)REQUEST, sizeof(REQUEST) - 1, 0);
		conn_push(f.env, c, CONN_RESP, (const uint8_t *)answer, sizeof(answer) - 1, 0);
		conn_push(f.env, c, CONN_RESP, (const uint8_t *)"!", 1, cases[i].gap);
		conn_half_close(f.env, c, CONN_ORIG);
		conn_half_close(f.env, c, CONN_RESP);
		left = conn_let_go(f.env, c);
		assert_int_equal(left != c, cases[i].smaller);
		feed_part(&f, left);
		feed_has(&f, cases[i].said);
		f.log[f.len = 0] = '\0';
		feed_close(&f, left);
		feed_has_not(&f, "not_inspected");
		assert_int_equal(conn_env_taken(f.env), 0);
	}
	feed_fini(&f);
}

#define MDNS_ANSWER "\0\0\x84\0\0\0\0\1\0\0\0\0\1a\5local\0\0\1\x80\1\0\0\0\x3c\0\4\xc0\0\2\1"

/* An answer that repeats no question has no type of one. */
static void
test_dns_no_question(void **state)
{
	static struct feed f;
	struct conn *c;

	(void)state;
	feed_init(&f);
	c = feed_open(&f, true, 5353, false);
	feed_must(c != NULL, "no connection");
	conn_datagram(f.env, c, CONN_RESP, (const uint8_t *)MDNS_ANSWER, sizeof(MDNS_ANSWER) - 1);
	feed_close(&f, c);
	feed_has(&f, "dns_answers=192.0.2.1");
	feed_has_not(&f, "dns_question_type");
	feed_fini(&f);
}

#define CERT_QUERY                   \
	"\1\2\1\0\0\1\0\0\0\0\0\0\1" \
	"2\7example\0\0\x10\0\1"
#define CERT_ANSWER                                      \
	"\1\2\x81\x80\0\1\0\1\0\0\0\0\1"                 \
	"2\7example\0\0\x10\0\1\xc0\x0c\0\x10\0\1\0\0\0" \
	"\x3c\0\x0c\x0b"                                 \
	"DNSC\0\2\0\0abc"
#define NO_CERT_ANSWER                                   \
	"\1\2\x81\x80\0\1\0\1\0\0\0\0\1"                 \
	"2\7example\0\0\x10\0\1\xc0\x0c\0\x10\0\1\0\0\0" \
	"\x3c\0\x0c\x0b"                                 \
	"DNSC\0\3\0\0abc"

/* The flow's record after a query for a certificate, its answer, and 40 bytes of ciphertext. */
static void
dnscrypt_run(struct feed *f, const char *answer, size_t len)
{
	static const char sealed[] =
	    "\xd3\x1b\x02\x04\x2a\xc4\x06\xf3 of the certificate, and cipher";
	struct conn *c = feed_open(f, true, 443, false);

	feed_must(c != NULL, "no connection");
	conn_datagram(f->env, c, CONN_ORIG, (const uint8_t *)CERT_QUERY, sizeof(CERT_QUERY) - 1);
	conn_datagram(f->env, c, CONN_RESP, (const uint8_t *)answer, len);
	conn_datagram(f->env, c, CONN_ORIG, (const uint8_t *)sealed, sizeof(sealed) - 1);
	feed_close(f, c);
}

/* A certificate makes DNS DNSCrypt; what looks like one does not. */
static void
test_dnscrypt(void **state)
{
	static struct feed f;

	(void)state;
	feed_init(&f);
	dnscrypt_run(&f, CERT_ANSWER, sizeof(CERT_ANSWER) - 1);
	feed_has(&f, "dns_question_name=2.example ");
	feed_has(&f, "protocol=dnscrypt ");
	feed_has(&f, "encrypted");
	dnscrypt_run(&f, NO_CERT_ANSWER, sizeof(NO_CERT_ANSWER) - 1);
	feed_has(&f, "protocol=dns ");
	feed_has_not(&f, "encrypted");
	feed_fini(&f);
}

/* Whom a CONNECT is to, by its target or, where that is none, by its Host field. */
static void
test_connect_host(void **state)
{
	static const struct {
		const char *request, *has;
	} rows[] = {
		{ "CONNECT a.example:25 HTTP/1.1\r\nHost: b.example\r\n\r\n",
		  " url_host=a.example url_port=25 " },
		{ "CONNECT a.example:25 / HTTP/1.0\r\n\r\n", " url_host=a.example url_port=25 " },
		{ "CONNECT / HTTP/1.1\r\nHost: b.example\r\n\r\n", " url_host=b.example " },
	};
	static struct feed f;

	(void)state;
	feed_init(&f);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct feed_turn turns[] = {
			{ CONN_ORIG, rows[i].request, strlen(rows[i].request), 0 },
			FEED_RESP("HTTP/1.1 405 x\r\nContent-Length: 0\r\n\r\n"),
			{ 0 },
		};

		print_message("%s\n", rows[i].request);
		feed_same(&f, turns, 8080);
		feed_has(&f, rows[i].has);
	}
	feed_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchange_target),
		cmocka_unit_test(test_exchange_reused),
		cmocka_unit_test(test_answer_alone),
		cmocka_unit_test(test_answer_first),
		cmocka_unit_test(test_prompt_or_not),
		cmocka_unit_test(test_connect_host),
		cmocka_unit_test(test_dns_reused),
		cmocka_unit_test(test_closed_says_what_it_skipped),
		cmocka_unit_test(test_dns_rests),
		cmocka_unit_test(test_dns_rests_within_budget),
		cmocka_unit_test(test_dns_no_question),
		cmocka_unit_test(test_dnscrypt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
