/*
 * llm: answers in pieces. Events that are alike are told alike however they are cut, and the frames
 * of AWS' event streams hold what others have in lines.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <zlib.h>

#include "tests/support/fuzz_sum.h"
#include "tests/support/llm_run.h"

static uint64_t random_state = 5;

static size_t
pick(size_t n)
{
	return (size_t)(test_random(&random_state) % n);
}

/* Runs of events of several dialects, in which anything may be that an answer can say. */
static size_t
make_events(char *out, size_t cap)
{
	static const char *const fronts[] = {
		"{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":%u,"
		"\"delta\":{"
		"\"content\":\"",
		"{\"choices\":[{\"index\":%u,\"text\":\"",
		"{\"choices\":[{\"text\":\"%.0u",
		"{\"type\":\"content_block_delta\",\"index\":%u,\"delta\":{\"type\":\"text_delta\","
		"\"text\":\"",
		"{\"type\":\"response.output_text.delta\",\"n\":%u,\"delta\":\"",
		"{\"choices\":[{\"index\":%u,\"delta\":{\"tool_calls\":[{\"function\":{\"name\":"
		"\"f\",\"arguments\":\"",
		"{\"candidates\":[{\"n\":%u,\"content\":{\"parts\":[{\"functionCall\":{\"args\":{"
		"\"a\":\"",
		"{\"model\":\"m%u\",\"token\":{\"text\":\"",
	};
	static const char *const backs[] = {
		"\"}}]}", "\"}]}",     "\",\"index\":1}]}", "\"}}",
		"\"}",	  "\"}}]}}]}", "\"}}}]}}]}",	    "\"}}",
	};
	static const char *const more[] = {
		"", "", "", ",\"usage\":{\"completion_tokens\":%zu}", ",\"model\":\"x%zu\"",
	};
	static const char *const texts[] = {
		"Hel", "lo", " ", "\\n", "a\\\"b", "", "\xc3\xa9", "{}"
	};
	size_t len = 0;

	while (len < cap - 6000) {
		size_t kind = pick(ARRAY_LEN(fronts)), run = 1 + pick(12);
		unsigned number = (unsigned)pick(3);
		const char *extra = more[pick(ARRAY_LEN(more))];

		for (size_t i = 0; i < run; i++) {
			char end[128];

			/* The last brace of what stands behind closes the event. */
			snprintf(end, sizeof(end), "%s", backs[kind]);
			end[strlen(end) - 1] = '\0';
			len += (size_t)snprintf(out + len, cap - len,
						pick(9) == 0 ? "data:" : "data: ");
			len += (size_t)snprintf(out + len, cap - len, fronts[kind], number);
			len += (size_t)snprintf(out + len, cap - len, "%s%s",
						texts[pick(ARRAY_LEN(texts))], end);
			len += (size_t)snprintf(out + len, cap - len, extra, pick(20) == 0 ? i : 0);
			len += (size_t)snprintf(out + len, cap - len, "}%s\n\n",
						pick(20) == 0 ? "\ndata: \xbb{\"model\":\"second\"}"
						: pick(20) == 0 ? "\ndata: {\"delta\":\"second\"}"
								: "");
		}
	}
	return len;
}

/* However it is cut: of each byte, what it is of. */
static void
on_byte(void *arg, enum llm_text_kind kind, unsigned choice, const uint8_t *text, size_t len)
{
	uint64_t *sum = arg;

	for (size_t i = 0; i < len; i++)
		fuzz_mix(sum, text[i] ^ (uint64_t)kind << 8 ^ (uint64_t)choice << 16);
}

/* An event that is like the one before is not walked: byte by byte every one is. */
static void
test_events_alike(void **state)
{
	static char events[9000];
	static struct llm_call calls[2];
	struct llm_case t = { .host = "api.openai.com",
			      .path = "/v1/chat/completions",
			      .request = "{\"model\":\"gpt-x\",\"messages\":[{\"role\":\"user\","
					 "\"content\":\"hi\"}]}",
			      .type = "text/event-stream",
			      .response = events };
	unsigned nr_read = 0;

	(void)state;
	for (unsigned round = 0; round < 400; round++) {
		struct line lines[2];
		size_t len = make_events(events, sizeof(events));
		const size_t steps[2] = { round % 2 == 0 ? len : 1 + pick(600), 1 };

		for (unsigned i = 0; i < 2; i++) {
			struct llm_call *call = &calls[i];

			uint64_t sum = 0;

			lines[i].len = 0;
			llm_begin(call, catalogue);
			llm_set_text(call, on_byte, &sum);
			exchange(call, &t, steps[i], steps[i]);
			describe(&lines[i], llm_facts(call), false);
			put(&lines[i],
			    " text=%" PRIx64 " choices=%u bytes=%" PRIu64 " est=%" PRIu64
			    " dropped=%u",
			    sum, llm_facts(call)->nr_choices, llm_facts(call)->completion_bytes,
			    llm_facts(call)->estimated_output_tokens.n, llm_facts(call)->dropped);
		}
		assert_string_equal(lines[0].text, lines[1].text);
		nr_read += calls[0].repeat.known;
	}
	assert_true(nr_read > 20);
}

static void
put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static size_t
put_frame(uint8_t *p, const char *type, const char *payload)
{
	size_t type_len = strlen(type);
	size_t headers_len = 15 + type_len;
	size_t total = 16 + headers_len + strlen(payload);

	put_be32(p, (uint32_t)total);
	put_be32(p + 4, (uint32_t)headers_len);
	put_be32(p + 8, (uint32_t)crc32(0, p, 8));
	memcpy(p + 12, "\x0b:event-type\x07\x00", 14);
	p[26] = (uint8_t)type_len;
	memcpy(p + 27, type, type_len);
	memcpy(p + 27 + type_len, payload, strlen(payload));
	put_be32(p + total - 4, (uint32_t)crc32(0, p, (uInt)(total - 4)));
	return total;
}

static void
aws_exchange(const char *path, const uint8_t *body, size_t len, const char *want,
	     const char *want_text)
{
	static const char *const type[2] = { "content-type", "application/vnd.amazon.eventstream" };
	static struct llm_call call;

	for (size_t cut = 1; cut <= len; cut++) {
		struct line completion = { .len = 0 };
		struct line facts = { .len = 0 };

		llm_begin(&call, catalogue);
		llm_set_text(&call, on_text, &completion);
		llm_request_line(&call, text_span("POST"),
				 text_span("bedrock-runtime.eu-west-1.amazonaws.com"),
				 text_span(path));
		llm_request_body(&call, (const uint8_t *)"{\"max_tokens\":1}", 16);
		llm_request_end(&call, true);
		llm_response_status(&call, 200);
		header(&call, type, llm_response_header);
		feed(&call, llm_response_body, body, len, cut, len);
		llm_response_end(&call, true);
		assert_true(llm_is_call(&call));
		describe(&facts, llm_facts(&call), llm_is_batch_operation(&call));
		assert_string_equal(facts.text, want);
		assert_string_equal(completion.text, want_text);
	}
}

static void
test_converse_stream(void **state)
{
	uint8_t body[1024];
	size_t n = 0;

	(void)state;
	n += put_frame(body + n, "messageStart", "{\"role\":\"assistant\"}");
	n += put_frame(body + n, "contentBlockStart", "{\"start\":{\"toolUse\":{\"name\":\"t\"}}}");
	n += put_frame(body + n, "contentBlockDelta", "{\"delta\":{\"text\":\"he\"}}");
	n += put_frame(body + n, "contentBlockDelta", "{\"delta\":{\"text\":\"llo\"}}");
	n += put_frame(body + n, "messageStop", "{\"stopReason\":\"end_turn\"}");
	n += put_frame(body + n, "metadata", "{\"usage\":{\"inputTokens\":3,\"outputTokens\":4}}");
	aws_exchange(
	    "/model/m/converse-stream", body, n,
	    "aws.bedrock bedrock.converse chat m> in=3 out=4 stream tools=t fin=end_turn host",
	    "hello");
}

/* The model's own JSON is in base64 here. */
static void
test_invoke_stream(void **state)
{
	uint8_t body[1024];
	size_t n = 0;

	(void)state;
	n += put_frame(
	    body + n, "chunk",
	    "{\"bytes\":\"eyJkZWx0YSI6eyJ0ZXh0IjoiaGkifX0=\"}"); /* {"delta":{"text":"hi"}}
								  */
	n += put_frame(body + n, "chunk",
		       "{\"bytes\":\"eyJ1c2FnZSI6eyJvdXRwdXRfdG9rZW5zIjo3fX0=\"}"); /* usage: 7 */
	aws_exchange("/model/m/invoke-with-response-stream", body, n,
		     "aws.bedrock bedrock.invoke text_completion m> out=7 stream host", "hi");
}

/* As above, in the objects that Nova has around it; and what Claude thinks, without them. */
static void
test_nova_stream(void **state)
{
	static const char *const events[] = {
		/* {"contentBlockStart":{"start":{"toolUse":{"name":"t"}}}} */
		"eyJjb250ZW50QmxvY2tTdGFydCI6eyJzdGFydCI6eyJ0b29sVXNlIjp7Im5hbWUiOiJ0In19fX0=",
		/* {"contentBlockDelta":{"delta":{"text":"h"}}} */
		"eyJjb250ZW50QmxvY2tEZWx0YSI6eyJkZWx0YSI6eyJ0ZXh0IjoiaCJ9fX0=",
		/* {"contentBlockDelta":{"delta":{"text":"i"}}} */
		"eyJjb250ZW50QmxvY2tEZWx0YSI6eyJkZWx0YSI6eyJ0ZXh0IjoiaSJ9fX0=",
		/* {"delta":{"reasoningContent":{"text":" m"}}} */
		"eyJkZWx0YSI6eyJyZWFzb25pbmdDb250ZW50Ijp7InRleHQiOiIgbSJ9fX0=",
		/* {"messageStop":{"stopReason":"end_turn"}} */
		"eyJtZXNzYWdlU3RvcCI6eyJzdG9wUmVhc29uIjoiZW5kX3R1cm4ifX0=",
		/* {"metadata":{"usage":{"inputTokens":3,"outputTokens":4}}} */
		"eyJtZXRhZGF0YSI6eyJ1c2FnZSI6eyJpbnB1dFRva2VucyI6Mywib3V0cHV0VG9rZW5zIjo0fX19",
	};
	uint8_t body[2048];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		char chunk[256];

		snprintf(chunk, sizeof(chunk), "{\"bytes\":\"%s\"}", events[i]);
		n += put_frame(body + n, "chunk", chunk);
	}
	aws_exchange("/model/m/invoke-with-response-stream", body, n,
		     "aws.bedrock bedrock.invoke text_completion m> in=3 out=4 stream tools=t "
		     "fin=end_turn host",
		     "hi m");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events_alike),
		cmocka_unit_test(test_converse_stream),
		cmocka_unit_test(test_invoke_stream),
		cmocka_unit_test(test_nova_stream),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
