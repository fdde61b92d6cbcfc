/*
 * llm: one exchange a row, every dialect, and what looks like a call but is none. The facts are
 * compared as one line of text, the completion as the text hook saw it; all for every split of
 * both bodies. Run from the root of the source tree, or with WEIR_SOURCE_ROOT defined.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "classify/ai/copy_text.h"
#include "classify/ai/llm.h"
#include "tests/support/guard.h"
#include "tests/support/unit.h"

#ifndef WEIR_SOURCE_ROOT
#define WEIR_SOURCE_ROOT "."
#endif

static struct provider_catalogue *catalogue;

struct line {
	char text[1024];
	size_t len;
};

#define BASE64_64  "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2"
#define BASE64_256 BASE64_64 BASE64_64 BASE64_64 BASE64_64

static const struct llm_case {
	const char *name;
	const char *method; /* POST when NULL */
	const char *host;
	const char *path;
	const char *request_header[2];
	const char *request; /* body */
	unsigned status;     /* 200 when 0 */
	const char *type;    /* content type of the answer, JSON when NULL */
	const char *response_header[2];
	const char *response;
	const char *want; /* NULL: no call */
	const char *completion;
	const char *prompt; /* NULL: not looked at; see on_texts */
} llm_cases[] = {
	{ .name = "openai chat",
	  .host = "api.openai.com",
	  .path = "/v1/chat/completions",
	  .request = "{\"model\":\"gpt-x\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
		     "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},"
		     "{\"type\":\"function\",\"function\":{\"name\":\"g\"}}]}",
	  .response =
	      "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"model\":\"gpt-x-1\","
	      "\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":null,"
	      "\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}},"
	      "{\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
	      "\"finish_reason\":\"tool_calls\"}],\"usage\":{\"prompt_tokens\":9,"
	      "\"completion_tokens\":12,\"prompt_tokens_details\":{\"cached_tokens\":4}}}",
	  .want = "openai openai.chat chat gpt-x>gpt-x-1 chatcmpl-1 in=9 out=12 cached=4 offered=2 "
		  "tools=f fin=tool_calls host",
	  .completion = "{\"a\":1}\n{}\n" },
	{ .name = "openai chat, streamed, a word split over events",
	  .host = "api.openai.com",
	  .path = "/v1/chat/completions",
	  .request = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":true,"
		     "\"model\":\"gpt-x\"}",
	  .type = "text/event-stream; charset=utf-8",
	  .response = "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"model\":\"m\","
		      "\"choices\":[{\"delta\":{\"content\":\"4111 1111\"}}]}\n\n"
		      "data: {\"choices\":[{\"delta\":{\"content\":\" 1111 1111\"}}]}\n\n"
		      "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
		      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,"
		      "\"completion_tokens\":0}}\n\ndata: [DONE]\n\n",
	  .want = "openai openai.chat chat gpt-x>m c1 in=1 out=0 stream fin=stop host",
	  .completion = "4111 1111 1111 1111" },
	{ .name = "an error for an answer",
	  .host = "api.openai.com",
	  .path = "/v1/chat/completions",
	  .request = "{\"model\":\"gpt-x\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
		     "\"stream\":true}",
	  .status = 401,
	  .response = "{\"error\":{\"message\":\"no\",\"type\":\"invalid_request_error\"}}",
	  .want = "openai openai.chat chat gpt-x> host" },
	{ .name = "responses",
	  .host = "api.openai.com",
	  .path = "/v1/responses",
	  .request = "{\"model\":\"gpt-x\",\"input\":\"hi\"}",
	  .response =
	      "{\"id\":\"resp_1\",\"object\":\"response\",\"model\":\"gpt-x-1\",\"output\":["
	      "{\"name\":\"look\",\"type\":\"function_call\",\"arguments\":\"{}\"},"
	      "{\"name\":\"not\",\"type\":\"other\"},"
	      "{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"yo\"}]}],"
	      "\"usage\":{\"input_tokens\":3,\"output_tokens\":2,"
	      "\"input_tokens_details\":{\"cached_tokens\":0}}}",
	  .want =
	      "openai openai.responses chat gpt-x>gpt-x-1 resp_1 in=3 out=2 cached=0 tools=look "
	      "host",
	  .completion = "{}\nyo\n" },
	{ .name = "responses, streamed",
	  .host = "api.openai.com",
	  .path = "/v1/responses",
	  .request = "{\"model\":\"gpt-x\",\"input\":[{\"role\":\"user\",\"content\":\"hi\"}],"
		     "\"stream\":true}",
	  .type = "text/event-stream",
	  .response =
	      "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":"
	      "\"resp_2\",\"model\":\"gpt-x-1\",\"usage\":null}}\n\n"
	      "event: response.output_text.delta\ndata: "
	      "{\"delta\":\"he\",\"obfuscation\":\"q\"}\n\n"
	      "event: response.output_text.delta\ndata: {\"delta\":\"llo\"}\n\n"
	      "event: response.output_text.done\ndata: {\"text\":\"hello\"}\n\n"
	      "event: response.output_item.done\ndata: {\"item\":{\"type\":\"function_call\","
	      "\"name\":\"look\"}}\n\n"
	      "event: response.completed\ndata: {\"response\":{\"object\":\"response\",\"usage\":"
	      "{\"input_tokens\":5,\"output_tokens\":6}}}\n\n",
	  .want = "openai openai.responses chat gpt-x>gpt-x-1 resp_2 in=5 out=6 stream tools=look "
		  "host",
	  .completion = "hello\n" },
	{ .name = "responses, calls of tools streamed, and told again when they are done",
	  .host = "api.openai.com",
	  .path = "/v1/responses",
	  .request =
	      "{\"model\":\"m\",\"input\":[{\"type\":\"function_call_output\",\"output\":[{"
	      "\"type\":\"input_text\",\"text\":\"a list\"}]},{\"type\":"
	      "\"shell_call_output\",\"output\":[{\"stdout\":\"files\"}]},{\"role\":\"user\","
	      "\"content\":\"hi\"}],\"stream\":true}",
	  .type = "text/event-stream",
	  .response =
	      "data: {\"type\":\"response.output_item.added\",\"item\":{\"type\":\"function_call\","
	      "\"name\":\"f\",\"arguments\":\"\"}}\n\n"
	      "data: {\"type\":\"response.function_call_arguments.delta\",\"delta\":\"{a\"}\n\n"
	      "data: {\"type\":\"response.function_call_arguments.delta\",\"delta\":\"b}\"}\n\n"
	      "data: {\"type\":\"response.function_call_arguments.done\",\"arguments\":\"{ab}\"}"
	      "\n\n"
	      "data: {\"type\":\"response.output_item.done\",\"item\":{\"type\":\"function_call\","
	      "\"name\":\"f\",\"arguments\":\"{ab}\"}}\n\n"
	      "data: {\"type\":\"response.output_item.added\",\"item\":{\"type\":"
	      "\"custom_tool_call\",\"name\":\"g\"}}\n\n"
	      "data: {\"type\":\"response.custom_tool_call_input.delta\",\"delta\":\"in\"}\n\n"
	      "data: {\"type\":\"response.custom_tool_call_input.delta\",\"delta\":\"put\"}\n\n"
	      "data: {\"type\":\"response.output_item.done\",\"item\":{\"type\":"
	      "\"shell_call\",\"action\":{\"commands\":[\"ls\"]}}}\n\n",
	  .want = "openai openai.responses chat m> stream tools=f tools=g tools=shell host",
	  .completion = "{ab}\n{ab}\n{ab}\ninput\ncommands: ls\n",
	  .prompt = "<result>input_text\na list\nfiles\n<user>hi\n" },
	{ .name = "responses, tools of other kinds",
	  .host = "api.openai.com",
	  .path = "/v1/responses",
	  .request = "{\"model\":\"m\",\"input\":\"hi\"}",
	  .response =
	      "{\"object\":\"response\",\"output\":[{\"type\":\"custom_tool_call\",\"name\":\"g\","
	      "\"input\":\"any text\"},{\"type\":\"local_shell_call\",\"action\":{\"command\":["
	      "\"ls\",\"/\"]}},{\"operation\":{\"diff\":\"+x\"},\"type\":\"apply_patch_call\"},{"
	      "\"type\":\"computer_call\",\"action\":{\"x\":7}}]}",
	  .want = "openai openai.responses chat m> tools=g tools=local_shell tools=apply_patch "
		  "tools=computer host",
	  .completion = "any text\ncommand: ls\n/\ndiff: +x\nx: 7\n" },
	{ .name = "openai chat, what is said in other places",
	  .host = "api.openai.com",
	  .path = "/v1/chat/completions",
	  .request = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .type = "text/event-stream",
	  .response =
	      "data: {\"choices\":[{\"delta\":{\"refusal\":\"I ca\"}}]}\n\n"
	      "data: {\"choices\":[{\"delta\":{\"refusal\":\"n't\"}}]}\n\n"
	      "data: {\"choices\":[{\"delta\":{\"audio\":{\"transcript\":\" sa\"}}}]}\n\n"
	      "data: {\"choices\":[{\"delta\":{\"audio\":{\"transcript\":\"y\"}}}]}\n\n"
	      "data: {\"choices\":[{\"delta\":{\"content\":[{\"type\":\"thinking\",\"thinking\":[{"
	      "\"text\":\" hm\"}]}]}}]}\n\n"
	      "data: {\"choices\":[{\"delta\":{\"function_call\":{\"name\":\"f\",\"arguments\":"
	      "\"{a\"}}}]}\n\n"
	      "data: {\"choices\":[{\"delta\":{\"function_call\":{\"arguments\":\"b}\"}}}]}\n\n",
	  .want = "openai openai.chat chat m> stream tools=f host",
	  .completion = "I can't say hm\n{ab}" },
	{ .name = "cohere, what it thinks and plans",
	  .host = "api.cohere.com",
	  .path = "/v2/chat",
	  .request = "{\"model\":\"cmd\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .type = "text/event-stream",
	  .response = "data: {\"delta\":{\"message\":{\"content\":{\"thinking\":\"th\"}}}}\n\n"
		      "data: {\"delta\":{\"message\":{\"content\":{\"thinking\":\"ink\"}}}}\n\n"
		      "data: {\"delta\":{\"message\":{\"tool_plan\":\" pl\"}}}\n\n"
		      "data: {\"delta\":{\"message\":{\"tool_plan\":\"an\"}}}\n\n",
	  .want = "cohere cohere.chat chat cmd> stream host",
	  .completion = "think plan" },
	{ .name = "ollama thinks",
	  .host = "llm.example",
	  .path = "/api/chat",
	  .request = "{\"model\":\"l3\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .type = "application/x-ndjson",
	  .response = "{\"model\":\"l3\",\"message\":{\"content\":\"\",\"thinking\":\"th\"},"
		      "\"done\":false}\n"
		      "{\"model\":\"l3\",\"message\":{\"content\":\"\",\"thinking\":\"ink\"},"
		      "\"done\":true}\n",
	  .want = "ollama ollama.chat chat l3>l3 stream engine=ollama",
	  .completion = "think" },
	{ .name = "anthropic, a stream that was cut: what it began with is no count",
	  .host = "api.anthropic.com",
	  .path = "/v1/messages",
	  .request = "{\"model\":\"cl\",\"max_tokens\":9,\"stream\":true,\"messages\":[{\"role\":"
		     "\"user\",\"content\":\"hi\"}]}",
	  .type = "text/event-stream",
	  .response =
	      "data: {\"type\":\"message_start\",\"message\":{\"model\":\"cl-1\",\"usage\":{"
	      "\"input_tokens\":8,\"output_tokens\":1}}}\n\n"
	      "data: {\"delta\":{\"text\":\"he\"}}\n\n",
	  .want = "anthropic anthropic.messages chat cl>cl-1 in=8 stream host",
	  .completion = "he" },
	{ .name = "llama.cpp, what it evaluated and what it had",
	  .host = "llm.example",
	  .path = "/v1/chat/completions",
	  .request = "{\"model\":\"q\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response =
	      "{\"choices\":[],\"timings\":{\"cache_n\":236,\"prompt_n\":1,\"predicted_n\":3}}",
	  .want = " openai.chat chat q> in=237 out=3 cached=236" },
	{ .name = "llama.cpp, the same with a report",
	  .host = "llm.example",
	  .path = "/v1/chat/completions",
	  .request = "{\"model\":\"q\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response = "{\"usage\":{\"prompt_tokens\":237,\"completion_tokens\":4},\"timings\":{"
		      "\"prompt_n\":1,\"predicted_n\":3}}",
	  .want = " openai.chat chat q> in=237 out=4" },
	{ .name = "an embedder that says the total alone",
	  .host = "api.voyageai.com",
	  .path = "/v1/embeddings",
	  .request = "{\"input\":[\"a\"],\"model\":\"v\"}",
	  .response = "{\"data\":[{\"embedding\":[0.1]}],\"usage\":{\"total_tokens\":10}}",
	  .want = "voyageai openai.embeddings embeddings v> in=10 host" },
	{ .name = "watsonx",
	  .host = "us-south.ml.cloud.ibm.com",
	  .path = "/ml/v1/text/generation",
	  .request = "{\"model_id\":\"g\",\"input\":\"hi\",\"parameters\":{\"max_new_tokens\":5}}",
	  .response = "{\"model_id\":\"g\",\"results\":[{\"generated_text\":\"yo\","
		      "\"generated_token_count\":6,\"input_token_count\":5}]}",
	  .want = "ibm.watsonx.ai tgi.generate text_completion g>g in=5 out=6 host" },
	{ .name = "sglang",
	  .host = "llm.example",
	  .path = "/generate",
	  .request = "{\"text\":\"hi\",\"sampling_params\":{\"max_new_tokens\":5}}",
	  .response =
	      "{\"text\":\"yo\",\"meta_info\":{\"prompt_tokens\":7,\"completion_tokens\":16,"
	      "\"cached_tokens\":2,\"finish_reason\":{\"type\":\"length\"}}}",
	  .want = " tgi.generate text_completion > in=7 out=16 cached=2 fin=length",
	  .completion = "yo\n" },
	{ .name = "gemini's interactions, streamed",
	  .host = "generativelanguage.googleapis.com",
	  .path = "/v1beta/interactions",
	  .request = "{\"model\":\"g\",\"input\":\"hi\",\"stream\":true}",
	  .type = "text/event-stream",
	  .response = "data: {\"interaction\":{\"id\":\"i1\",\"model\":\"g-1\",\"usage\":{"
		      "\"total_input_tokens\":7,\"total_output_tokens\":20}}}\n\n",
	  .want = "gcp.gemini gemini.interactions chat g>g-1 i1 in=7 out=20 stream "
		  "host" },
	{ .name = "deepseek's cache",
	  .host = "api.deepseek.com",
	  .path = "/chat/completions",
	  .request = "{\"model\":\"d\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response = "{\"usage\":{\"prompt_tokens\":100,\"prompt_cache_hit_tokens\":64}}",
	  .want = "deepseek openai.chat chat d> in=100 cached=64 host" },
	{ .name = "stored response fetched",
	  .method = "GET",
	  .host = "api.openai.com",
	  .path = "/v1/responses/resp_3",
	  .response = "{\"id\":\"resp_3\",\"object\":\"response\",\"model\":\"gpt-x\","
		      "\"usage\":{\"input_tokens\":3,\"output_tokens\":2}}",
	  .want = "openai openai.responses response_fetch >gpt-x resp_3 host" },
	{ .name = "one that was made in the background, when it is there",
	  .method = "GET",
	  .host = "api.openai.com",
	  .path = "/v1/responses/resp_3",
	  .response = "{\"id\":\"resp_3\",\"object\":\"response\",\"background\":true,\"status\":"
		      "\"completed\",\"usage\":{\"input_tokens\":3,\"output_tokens\":2}}",
	  .want = "openai openai.responses response_fetch > resp_3 in=3 out=2 host" },
	{ .name = "no call: it is not there yet",
	  .method = "GET",
	  .host = "api.openai.com",
	  .path = "/v1/responses/resp_3",
	  .response = "{\"id\":\"resp_3\",\"object\":\"response\",\"background\":true,\"status\":"
		      "\"in_progress\",\"usage\":null}" },
	{ .name = "no call: it is cancelled",
	  .host = "api.openai.com",
	  .path = "/v1/responses/resp_3/cancel",
	  .response = "{\"id\":\"resp_3\",\"object\":\"response\",\"status\":\"cancelled\"}" },
	{ .name = "embeddings",
	  .host = "api.openai.com",
	  .path = "/v1/embeddings",
	  .request = "{\"input\":[\"a\",\"b\"],\"model\":\"emb\"}",
	  .response =
	      "{\"object\":\"list\",\"data\":[{\"embedding\":[0.1,-2e-3]}],\"model\":\"emb-1\","
	      "\"usage\":{\"prompt_tokens\":2,\"total_tokens\":2}}",
	  .want = "openai openai.embeddings embeddings emb>emb-1 in=2 host" },
	{ .name = "vllm on a host nobody knows",
	  .host = "models.internal.example:8000",
	  .path = "/v1/completions",
	  .request = "{\"model\":\"opt\",\"prompt\":\"hi\",\"max_tokens\":5}",
	  .response_header = { "Server", "uvicorn" },
	  .response =
	      "{\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"model\":\"opt\","
	      "\"choices\":[{\"text\":\"ho\",\"finish_reason\":\"length\","
	      "\"stop_reason\":null}],\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":5}}",
	  .want = "vllm openai.completions text_completion opt>opt cmpl-1 in=2 out=5 fin=length "
		  "engine=vllm",
	  .completion = "ho\n" },
	{ .name = "chat at a path nobody knows",
	  .host = "gateway.example",
	  .path = "/ask",
	  .request = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response = "{\"choices\":[{\"message\":{\"content\":\"yo\"}}]}",
	  .want = " openai.chat chat m>",
	  .completion = "yo\n" },
	{ .name = "azure, the deployment stands for the model",
	  .host = "acme.openai.azure.com",
	  .path = "/openai/deployments/our%20gpt/chat/completions?api-version=1",
	  .request = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response = "{\"object\":\"chat.completion\",\"model\":\"gpt-x\",\"choices\":[]}",
	  .want = "azure.ai.openai openai.chat chat our gpt>gpt-x host" },
	{ .name = "anthropic",
	  .host = "api.anthropic.com",
	  .path = "/v1/messages?beta=true",
	  .request_header = { "Anthropic-Version", "2023-06-01" },
	  .request =
	      "{\"model\":\"cl\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":["
	      "{\"type\":\"image\",\"source\":{\"data\":\"AAAA\"}},"
	      "{\"type\":\"text\",\"text\":\"hi\"}]}]}",
	  .response =
	      "{\"content\":[{\"input\":{\"city\":\"Bonn\"},\"name\":\"w\",\"type\":"
	      "\"tool_use\"},{\"name\":\"srv\",\"type\":\"server_tool_use\"}],\"id\":\"msg_1\","
	      "\"model\":\"cl-1\",\"stop_reason\":\"tool_use\",\"type\":\"message\",\"usage\":"
	      "{\"input_tokens\":7,\"output_tokens\":3,\"cache_read_input_tokens\":100}}",
	  .want =
	      "anthropic anthropic.messages chat cl>cl-1 msg_1 in=7 out=3 cached=100 attached=1 "
	      "tools=w fin=tool_use host",
	  .completion = "city: Bonn\n" },
	{ .name = "anthropic, streamed",
	  .host = "api.anthropic.com",
	  .path = "/v1/messages",
	  .request = "{\"model\":\"cl\",\"max_tokens\":9,\"stream\":true,\"messages\":[{\"role\":"
		     "\"user\",\"content\":\"hi\"}]}",
	  .type = "text/event-stream",
	  .response =
	      "event: message_start\ndata: "
	      "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_2\","
	      "\"model\":\"cl-1\",\"usage\":{\"input_tokens\":8,\"output_tokens\":1}}}\n\n"
	      "event: content_block_start\ndata: {\"content_block\":{\"type\":\"tool_use\","
	      "\"name\":\"w\"}}\n\n"
	      "event: ping\ndata: {\"type\":\"ping\"}\n\n"
	      "event: content_block_delta\ndata: {\"delta\":{\"type\":\"input_json_delta\","
	      "\"partial_json\":\"{\\\"c\"}}\n\n"
	      "event: content_block_delta\ndata: {\"delta\":{\"partial_json\":\"\\\":1}\"}}\n\n"
	      "event: message_delta\ndata: {\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":"
	      "{\"output_tokens\":20}}\n\n",
	  .want = "anthropic anthropic.messages chat cl>cl-1 msg_2 in=8 out=20 stream tools=w "
		  "fin=tool_use host",
	  .completion = "{\"c\":1}" },
	{ .name = "anthropic counts tokens",
	  .host = "api.anthropic.com",
	  .path = "/v1/messages/count_tokens",
	  .request = "{\"model\":\"cl\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response = "{\"input_tokens\":14}",
	  .want = "anthropic anthropic.messages count_tokens cl> host" },
	{ .name = "gemini",
	  .host = "generativelanguage.googleapis.com",
	  .path = "/v1beta/models/gem-1:generateContent",
	  .request =
	      "{\"contents\":[{\"parts\":[{\"text\":\"hi\"},{\"inlineData\":{\"data\":\"AA\"}}]}],"
	      "\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"},{\"name\":\"g\"}]}]}",
	  .response =
	      "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"args\":{\"a\":"
	      "{\"b\":\"c\"}},\"name\":\"f\"}}]},\"finishReason\":\"STOP\"}],\"modelVersion\":"
	      "\"gem-1-001\",\"responseId\":\"r1\",\"usageMetadata\":{\"promptTokenCount\":4,"
	      "\"candidatesTokenCount\":5,\"thoughtsTokenCount\":6}}",
	  .want = "gcp.gemini gemini.generate generate_content gem-1>gem-1-001 r1 in=4 out=5 "
		  "offered=2 attached=1 tools=f fin=STOP host",
	  .completion = "a: b: c\n" },
	{ .name = "vertex, streamed as one array",
	  .host = "europe-west4-aiplatform.googleapis.com",
	  .path = "/v1/projects/p/locations/l/publishers/google/models/gem-2:streamGenerateContent",
	  .request = "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]}",
	  .response =
	      "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"he\"}]}}],"
	      "\"usageMetadata\":{\"promptTokenCount\":4}},\n{\"candidates\":[{\"content\":"
	      "{\"parts\":[{\"text\":\"llo\"}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":"
	      "{\"promptTokenCount\":4,\"candidatesTokenCount\":2}}]",
	  .want =
	      "gcp.vertex_ai gemini.generate generate_content gem-2> in=4 out=2 stream fin=STOP "
	      "host",
	  .completion = "hello" },
	{ .name = "gemini, a picture in what a tool gave back",
	  .host = "generativelanguage.googleapis.com",
	  .path = "/v1beta/models/g:generateContent",
	  .request = "{\"contents\":[{\"parts\":[{\"function_response\":{\"response\":{\"image\":"
		     "\"" BASE64_256 "QUJD\",\"note\":\"a cat\"}}}]}]}",
	  .response = "{\"candidates\":[]}",
	  .want = "gcp.gemini gemini.generate generate_content g> host",
	  .prompt = "<result>" BASE64_256 "\n<attached><result>a cat\n" },
	{ .name = "vertex, an endpoint of one's own, streamed as one array",
	  .host = "gw.example",
	  .path = "/v1/projects/p/locations/l/endpoints/42:streamGenerateContent",
	  .request = "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]}",
	  .response = "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"he\"}]}}]},\n{"
		      "\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"llo\"}]}}]}]",
	  .want = " gemini.generate generate_content > stream",
	  .completion = "hello" },
	{ .name = "gemini, a tuned model",
	  .host = "generativelanguage.googleapis.com",
	  .path = "/v1beta/tunedModels/our-1:generateContent",
	  .request = "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]}",
	  .response = "{\"candidates\":[]}",
	  .want = "gcp.gemini gemini.generate generate_content our-1> host" },
	{ .name = "vertex, claude counts tokens",
	  .host = "europe-west4-aiplatform.googleapis.com",
	  .path = "/v1/projects/p/locations/l/publishers/anthropic/models/count-tokens:rawPredict",
	  .request = "{\"model\":\"c\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response = "{\"input_tokens\":14}",
	  .want = "gcp.vertex_ai vertex.predict count_tokens c> host" },
	{ .name = "mistral, a conversation gone on with",
	  .host = "api.mistral.ai",
	  .path = "/v1/conversations/conv_1",
	  .request = "{\"inputs\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response = "{\"object\":\"conversation.response\",\"outputs\":[{\"type\":"
		      "\"message.output\",\"content\":\"yo\"}],\"usage\":{\"prompt_tokens\":3}}",
	  .want = "mistral_ai mistral.conversations chat > in=3 host",
	  .completion = "yo\n",
	  .prompt = "<user>hi\n" },
	{ .name = "no call: a conversation is kept by openai",
	  .host = "api.openai.com",
	  .path = "/v1/conversations",
	  .request = "{\"items\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response = "{\"object\":\"conversation\"}" },
	{ .name = "bedrock converse",
	  .host = "bedrock-runtime.us-east-1.amazonaws.com",
	  .path = "/model/us.acme.m-v1%3A0/converse",
	  .request = "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}],"
		     "\"inferenceConfig\":{},\"toolConfig\":{\"tools\":[{\"toolSpec\":{}}]}}",
	  .response =
	      "{\"output\":{\"message\":{\"content\":[{\"text\":\"yo\"},{\"toolUse\":{\"name\":"
	      "\"t\",\"input\":{}}},{\"toolUse\":{\"name\":\"srv\",\"type\":"
	      "\"server_tool_use\"}}]}},\"stopReason\":\"tool_use\",\"usage\":{\"inputTokens\":"
	      "3,\"outputTokens\":4,\"cacheReadInputTokens\":2}}",
	  .want = "aws.bedrock bedrock.converse chat us.acme.m-v1:0> in=3 out=4 cached=2 offered=1 "
		  "tools=t fin=tool_use host",
	  .completion = "yo\n" },
	{ .name = "bedrock invoke, titan",
	  .host = "bedrock-runtime.us-east-1.amazonaws.com",
	  .path = "/model/acme.titan/invoke",
	  .request = "{\"inputText\":\"hi\",\"textGenerationConfig\":{}}",
	  .response =
	      "{\"inputTextTokenCount\":2,\"results\":[{\"tokenCount\":3,\"outputText\":\"yo\","
	      "\"completionReason\":\"FINISH\"}]}",
	  .want =
	      "aws.bedrock bedrock.invoke text_completion acme.titan> in=2 out=3 fin=FINISH host",
	  .completion = "yo\n" },
	{ .name = "cohere v2, what was counted beats what is billed",
	  .host = "api.cohere.com",
	  .path = "/v2/chat",
	  .request = "{\"model\":\"cmd\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response =
	      "{\"id\":\"i\",\"finish_reason\":\"COMPLETE\",\"message\":{\"content\":[{\"text\":"
	      "\"yo\"}]},\"usage\":{\"tokens\":{\"input_tokens\":70.0,\"output_tokens\":8},"
	      "\"billed_units\":{\"input_tokens\":3,\"output_tokens\":2}}}",
	  .want = "cohere cohere.chat chat cmd> i in=70 out=8 fin=COMPLETE host",
	  .completion = "yo\n" },
	{ .name = "rerank",
	  .host = "api.cohere.com",
	  .path = "/v1/rerank",
	  .request = "{\"model\":\"rr\",\"query\":\"q\",\"documents\":[\"a\",\"b\"]}",
	  .response = "{\"id\":\"i\",\"results\":[{\"index\":1,\"relevance_score\":0.9}]}",
	  .want = "cohere rerank rerank rr> i host" },
	{ .name = "ollama, streamed lines",
	  .host = "127.0.0.1:11434",
	  .path = "/api/chat",
	  .request = "{\"model\":\"l3\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .type = "application/x-ndjson",
	  .response =
	      "{\"model\":\"l3\",\"message\":{\"content\":\"he\"},\"done\":false}\n"
	      "{\"model\":\"l3\",\"message\":{\"content\":\"llo\"},\"done\":false}\n"
	      "{\"model\":\"l3\",\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":5,"
	      "\"eval_count\":6}\n",
	  .want = "ollama ollama.chat chat l3>l3 in=5 out=6 stream fin=stop engine=ollama",
	  .completion = "hello" },
	{ .name = "ollama behind the openai dialect",
	  .host = "llm.example",
	  .path = "/v1/chat/completions",
	  .request = "{\"model\":\"l3\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response = "{\"object\":\"chat.completion\",\"system_fingerprint\":\"fp_ollama\"}",
	  .want = "ollama openai.chat chat l3> engine=ollama" },
	{ .name = "tgi",
	  .host = "tgi.example",
	  .path = "/generate",
	  .request = "{\"inputs\":\"hi\",\"parameters\":{\"max_new_tokens\":5}}",
	  .response_header = { "X-Prompt-Tokens", "17" },
	  .response = "{\"generated_text\":\"yo\",\"details\":{\"finish_reason\":\"eos_token\","
		      "\"generated_tokens\":5}}",
	  .want = " tgi.generate text_completion > in=17 out=5 fin=eos_token",
	  .completion = "yo\n" },
	{ .name = "llama.cpp and the openai dialect: engine and dialect are two facts",
	  .host = "llm.example:9931",
	  .path = "/v1/chat/completions",
	  .request = "{\"model\":\"q\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response_header = { "Server", "llama.cpp" },
	  .response = "{\"object\":\"chat.completion\",\"model\":\"q\",\"choices\":[]}",
	  .want = " openai.chat chat q>q engine=llama.cpp" },
	{ .name = "a gateway that says so",
	  .host = "gw.example",
	  .path = "/v1/messages",
	  .request_header = { "Anthropic-Version", "2023-06-01" },
	  .request = "{\"model\":\"c\",\"max_tokens\":1,\"messages\":[]}",
	  .response_header = { "x-litellm-call-id", "1" },
	  .response = "{\"type\":\"message\",\"model\":\"c\",\"content\":[]}",
	  .want = " anthropic.messages chat c>c engine=litellm" },
	{ .name = "text in the place of a file, its type behind it",
	  .host = "api.anthropic.com",
	  .path = "/v1/messages",
	  .request =
	      "{\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":["
	      "{\"source\":{\"data\":\"4111111111111111 it is\",\"type\":\"text\"},\"type\":"
	      "\"document\"},{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"data\":"
	      "\"" BASE64_256 "QUJD\"}},{\"type\":\"image\",\"source\":{\"type\":\"base64\","
	      "\"data\":\"" BASE64_256 "QUJD, no\"}},{\"type\":\"tool_result\",\"content\":["
	      "{\"type\":\"document\",\"source\":{\"type\":\"text\",\"data\":\"given back\"}"
	      "}]},{\"type\":\"document\",\"source\":{\"content\":[{\"text\":\"in blocks\"}]}}"
	      "]}]}",
	  .want = "anthropic anthropic.messages chat > attached=5 host",
	  .prompt = "<user>4111111111111111 it is\n" BASE64_256 "\n<attached><user>" BASE64_256
		    "\n<attached><user>, no\n<result>given back\n<user>in blocks\n" },
	{ .name = "addresses with and without base64 in them",
	  .host = "api.openai.com",
	  .path = "/v1/chat/completions",
	  .request = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{"
		     "\"image_url\":{\"url\":\"data:image/png;base64," BASE64_256 "QUJD\"}},{"
		     "\"image_url\":{\"url\":\"data:,my card is\"}},{\"image_url\":{\"url\":"
		     "\"https://a.example/" BASE64_256 "QUJD\"}},{\"file\":{\"file_data\":"
		     "\"hello\"}}]}]}",
	  .want = "openai openai.chat chat m> attached=4 host",
	  .prompt =
	      "<user>data:image/png;base64," BASE64_256
	      "\n<attached><user>data:,my card is\nhttps://a.example/" BASE64_256 "QUJD\nhello\n" },
	{ .name = "text in the place of pictures and sound",
	  .host = "llm.example",
	  .path = "/api/generate",
	  .request = "{\"model\":\"l3\",\"images\":[\"plain text\",\"QUJD\"],\"audio\":\"more\"}",
	  .response = "{\"model\":\"l3\",\"response\":\"yo\",\"done\":true,\"eval_count\":1}",
	  .want = "ollama ollama.generate text_completion l3>l3 out=1 attached=2 engine=ollama",
	  .completion = "yo\n",
	  .prompt = "<user>plain text\nQUJD\nmore\n" },
	{ .name = "audio, a form",
	  .host = "api.openai.com",
	  .path = "/v1/audio/transcriptions",
	  .request_header = { "Content-Type", "multipart/form-data; boundary=x" },
	  .request = "--x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nw\r\n--x--\r\n",
	  .response = "{\"text\":\"hello\"}",
	  .want = "openai openai.audio transcription > host",
	  .completion = "hello\n" },
	{ .name = "request seen, answer not",
	  .host = "api.openai.com",
	  .path = "/v1/chat/completions",
	  .request =
	      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":"
	      "\"hi\"}]}",
	  .status = UINT32_MAX,
	  .want = "openai openai.chat chat m> stream host" },
	{ .name = "answer seen, request body not",
	  .host = "gateway.example",
	  .path = "/v1/chat/completions",
	  .response = "{\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[],"
		      "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}",
	  .want = " openai.chat chat >m in=1 out=2" },
	{ .name = "openai's shape at a path of ollama's: no engine gave itself away",
	  .host = "app.example",
	  .path = "/api/chat",
	  .request = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response = "{\"choices\":[{\"message\":{\"content\":\"yo\"}}],\"usage\":{"
		      "\"prompt_tokens\":3}}",
	  .want = " openai.chat chat m> in=3",
	  .completion = "yo\n" },
	{ .name = "a path of ollama's, refused",
	  .host = "llm.example",
	  .path = "/api/chat",
	  .request = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .status = 404,
	  .response = "{\"error\":\"model not found\"}",
	  .want = " ollama.chat chat m>" },
	{ .name = "no call: a car dealer at a path of ollama's",
	  .host = "dealer.example",
	  .path = "/api/chat",
	  .request = "{\"model\":\"Golf\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response = "{\"ok\":true,\"ticket\":12}" },
	{ .name = "no call: accepted without a word, at a path that others have",
	  .host = "sms.example",
	  .path = "/v1/messages",
	  .request = "{\"model\":\"a\",\"messages\":[{\"role\":\"user\",\"text\":\"hi\"}]}",
	  .status = 202 },
	{ .name = "no call: a client generated for another API",
	  .host = "api.sms.example",
	  .path = "/v2/messages",
	  .request_header = { "X-Stainless-Lang", "python" },
	  .request = "{\"to\":\"+1\",\"message\":\"hi\"}",
	  .response = "{\"data\":{\"id\":7}}" },
	{ .name = "no call: a chat app, nothing for an answer",
	  .host = "chat.example",
	  .path = "/sync",
	  .request = "{\"model\":\"p\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .status = 204 },
	{ .name = "no call: the same, refused",
	  .host = "chat.example",
	  .path = "/sync",
	  .request = "{\"model\":\"p\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .status = 404,
	  .response = "{\"detail\":\"not found\"}" },
	{ .name = "a path nobody knows, refused, and the request is plainly one",
	  .host = "gw.example",
	  .path = "/ask",
	  .request = "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\","
		     "\"content\":\"hi\"}]}",
	  .status = 429,
	  .want = " openai.chat chat m>" },
	{ .name = "no call: an agent is kept",
	  .host = "console.example",
	  .path = "/api/agents",
	  .request = "{\"model\":\"m\",\"instructions\":\"be kind\",\"max_tokens\":9,\"tools\":[{"
		     "\"function\":{\"name\":\"pay\"}}]}",
	  .response = "{\"id\":5}" },
	{ .name = "no call: it is kept, and no answer was seen",
	  .host = "console.example",
	  .path = "/presets",
	  .request = "{\"model\":\"m\",\"max_tokens\":9}",
	  .status = UINT32_MAX },
	{ .name = "no call: a conversation is kept, with what it cost",
	  .host = "app.example",
	  .path = "/history",
	  .request = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response = "{\"id\":7,\"model\":\"m\",\"usage\":{\"prompt_tokens\":5}}" },
	{ .name = "no call: a form that only its path makes one",
	  .host = "court.example",
	  .path = "/v1/audio/transcriptions",
	  .request = "{\"case\":7,\"prompt\":\"x\"}",
	  .response = "{\"id\":7}" },
	{ .name = "anthropic's answer at a path nobody knows",
	  .host = "gw.example",
	  .path = "/ask",
	  .request = "{\"model\":\"c\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\","
		     "\"content\":\"hi\"}]}",
	  .response = "{\"id\":\"msg_1\",\"type\":\"message\",\"model\":\"c-1\",\"content\":[{"
		      "\"type\":\"text\",\"text\":\"yo\"}],\"stop_reason\":\"end_turn\"}",
	  .want = " anthropic.messages chat c>c-1 msg_1 fin=end_turn",
	  .completion = "yo\n" },
	{ .name = "converse's answer at a path nobody knows",
	  .host = "gw.example",
	  .path = "/ask",
	  .request = "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}],"
		     "\"inferenceConfig\":{}}",
	  .response = "{\"output\":{\"message\":{\"content\":[{\"text\":\"yo\"}]}},"
		      "\"stopReason\":\"end_turn\",\"usage\":{\"inputTokens\":3}}",
	  .want = " bedrock.converse chat > in=3 fin=end_turn",
	  .completion = "yo\n" },
	{ .name = "ollama's answer at a path nobody knows",
	  .host = "gw.example",
	  .path = "/ask",
	  .request = "{\"model\":\"l3\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response = "{\"model\":\"l3\",\"message\":{\"content\":\"yo\"},\"done\":true,"
		      "\"eval_count\":2}",
	  .want = "ollama ollama.chat chat l3>l3 out=2 engine=ollama",
	  .completion = "yo\n" },
	{ .name = "no call: a chat room",
	  .host = "chat.example",
	  .path = "/v1/messages",
	  .request = "{\"to\":\"bob\",\"message\":\"hi\"}",
	  .response = "{\"id\":\"1\",\"type\":\"text\"}" },
	{ .name = "no call: a form that says model",
	  .host = "shop.example",
	  .path = "/orders",
	  .request = "{\"model\":\"T-100\",\"input\":\"usb\"}",
	  .response = "{\"id\":\"1\",\"model\":\"T-100\"}" },
	{ .name = "no call: json-rpc",
	  .host = "mcp.example",
	  .path = "/mcp",
	  .request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}",
	  .response = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[]}}" },
	{ .name = "no call: a file goes up",
	  .host = "api.openai.com",
	  .path = "/v1/files",
	  .request = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\"}]}",
	  .response = "{\"object\":\"file\"}" },
	{ .name = "kserve, a tensor of texts",
	  .host = "models.svc",
	  .path = "/v2/models/bert/versions/3/infer",
	  .request = "{\"inputs\":[{\"name\":\"in\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":["
		     "\"hi\"]}]}",
	  .response = "{\"model_name\":\"bert\",\"model_version\":\"3\",\"outputs\":[{\"name\":"
		      "\"out\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"yo\"]}]}",
	  .want = " kserve.infer infer bert>bert version=3",
	  .completion = "yo\n",
	  .prompt = "<?>hi\n" },
	{ .name = "kserve, tensors behind the JSON",
	  .host = "models.svc",
	  .path = "/v2/models/resnet/infer",
	  .request = "{\"inputs\":[{\"name\":\"in\",\"shape\":[1],\"datatype\":\"FP32\","
		     "\"parameters\":{\"binary_data_size\":4}}]}abcd",
	  .type = "application/octet-stream",
	  .response = "{\"model_name\":\"resnet\",\"outputs\":[{\"name\":\"out\",\"datatype\":"
		      "\"FP32\",\"shape\":[1]}]}abcd",
	  .want = " kserve.infer infer resnet>resnet" },
	{ .name = "kserve, refused",
	  .host = "models.svc",
	  .path = "/v2/models/resnet/infer",
	  .request =
	      "{\"inputs\":[{\"name\":\"in\",\"shape\":[2],\"datatype\":\"FP32\",\"data\":[1,2]}]}",
	  .status = 400,
	  .response = "{\"error\":\"unexpected shape\"}",
	  .want = " kserve.infer infer resnet>" },
	{ .name = "kserve, version 1",
	  .host = "models.svc",
	  .path = "/v1/models/iris:predict",
	  .request = "{\"instances\":[[6.8,2.8]]}",
	  .response = "{\"predictions\":[1]}",
	  .want = " vertex.predict infer iris>" },
	{ .name = "vertex ai, embeddings",
	  .host = "us-central1-aiplatform.googleapis.com",
	  .path = "/v1/projects/p/locations/l/publishers/google/models/text-embedding-005:predict",
	  .request = "{\"instances\":[{\"content\":\"a\"},{\"content\":\"b\"}]}",
	  .response = "{\"predictions\":[{\"embeddings\":{\"values\":[0.1,0.2],\"statistics\":{"
		      "\"truncated\":false,\"token_count\":3}}},{\"embeddings\":{\"values\":[0.1,0."
		      "2],\"statistics\":{\"token_count\":4}}}]}",
	  .want = "gcp.vertex_ai vertex.predict embeddings text-embedding-005> in=7 host",
	  .prompt = "<user>a\nb\n" },
	{ .name = "vertex ai, a picture",
	  .host = "us-central1-aiplatform.googleapis.com",
	  .path = "/v1/projects/p/locations/l/publishers/google/models/imagen-4:predict",
	  .request = "{\"instances\":[{\"prompt\":\"a cat\"}],\"parameters\":{\"sampleCount\":1}}",
	  .response =
	      "{\"predictions\":[{\"mimeType\":\"image/png\",\"bytesBase64Encoded\":\"AAAA\"}]}",
	  .want = "gcp.vertex_ai vertex.predict image_generation imagen-4> host",
	  .prompt = "<user>a cat\n" },
	{ .name = "mistral, pages of a document",
	  .host = "api.mistral.ai",
	  .path = "/v1/ocr",
	  .request = "{\"model\":\"mistral-ocr\",\"document\":{\"type\":\"document_url\","
		     "\"document_url\":\"https://e.example/a.pdf\"}}",
	  .response = "{\"pages\":[{\"index\":0,\"markdown\":\"# "
		      "Invoice\"},{\"index\":1,\"markdown\":\"total\"}],\"model\":\"mistral-ocr-"
		      "1\",\"usage_info\":{\"pages_processed\":2}}",
	  .want = "mistral_ai mistral.ocr ocr mistral-ocr>mistral-ocr-1 attached=1 host",
	  .completion = "# Invoice\ntotal\n",
	  .prompt = "<user>https://e.example/a.pdf\n" },
	{ .name = "pages of a document at a host nobody knows",
	  .host = "gw.example",
	  .path = "/v1/ocr",
	  .request =
	      "{\"model\":\"o\",\"document\":{\"document_url\":\"https://e.example/a.pdf\"}}",
	  .response = "{\"pages\":[{\"markdown\":\"# Invoice\"}]}",
	  .want = " mistral.ocr ocr o> attached=1",
	  .completion = "# Invoice\n" },
	{ .name = "hugging face, features",
	  .host = "router.huggingface.co",
	  .path = "/hf-inference/models/BAAI/bge-small/pipeline/feature-extraction",
	  .request = "{\"inputs\":\"hi\"}",
	  .response = "[[0.1,0.2],[0.1,0.2]]",
	  .want = "huggingface huggingface embeddings BAAI/bge-small> host",
	  .prompt = "<?>hi\n" },
	{ .name = "hugging face, labels",
	  .host = "router.huggingface.co",
	  .path = "/hf-inference/models/gpt2",
	  .request = "{\"inputs\":\"hi\"}",
	  .response = "[[{\"label\":\"GOOD\",\"score\":0.9}]]",
	  .want = "huggingface huggingface infer gpt2> host" },
	{ .name = "hugging face, a summary",
	  .host = "router.huggingface.co",
	  .path = "/hf-inference/models/facebook/bart",
	  .request = "{\"inputs\":\"hi\"}",
	  .response = "[{\"summary_text\":\"yo\"}]",
	  .want = "huggingface huggingface text_completion facebook/bart> host",
	  .completion = "yo\n" },
	{ .name = "hugging face, a picture",
	  .host = "router.huggingface.co",
	  .path = "/hf-inference/models/a/flux",
	  .request = "{\"inputs\":\"a cat\"}",
	  .type = "image/jpeg",
	  .response = "JFIF",
	  .want = "huggingface huggingface image_generation a/flux> host" },
	{ .name = "hugging face, a dialect of others behind the model",
	  .host = "router.huggingface.co",
	  .path = "/hf-inference/models/a/b/v1/chat/completions",
	  .request = "{\"model\":\"a/b\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response =
	      "{\"object\":\"chat.completion\",\"choices\":[{\"message\":{\"content\":\"yo\"}}]}",
	  .want = "huggingface openai.chat chat a/b> host",
	  .completion = "yo\n" },
	{ .name = "an endpoint at hugging face, vectors",
	  .host = "x1.eu-west-1.aws.endpoints.huggingface.cloud",
	  .path = "/",
	  .request = "{\"inputs\":\"hi\"}",
	  .response = "[[0.1,0.2]]",
	  .want = "huggingface huggingface embeddings > host" },
	{ .name = "tei, vectors",
	  .host = "tei.svc",
	  .path = "/embed",
	  .request = "{\"inputs\":[\"hi\",\"yo\"]}",
	  .response = "[[0.1,0.2],[0.1,0.2]]",
	  .want = " huggingface embeddings >" },
	{ .name = "tei, ranks",
	  .host = "tei.svc",
	  .path = "/rerank",
	  .request = "{\"query\":\"q\",\"texts\":[\"a\",\"b\"]}",
	  .response = "[{\"index\":0,\"score\":0.9},{\"index\":1,\"score\":0.1}]",
	  .want = " rerank rerank >",
	  .prompt = "<user>q\na\nb\n" },
	{ .name = "mistral, moderation of a chat",
	  .host = "gw.example",
	  .path = "/v1/chat/moderations",
	  .request = "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response = "{\"model\":\"m\",\"results\":[{\"category_scores\":{\"pii\":0.9}}]}",
	  .want = " openai.moderations moderation m>m",
	  .prompt = "<user>hi\n" },
	{ .name = "openai, moderation of a text and a picture",
	  .host = "api.openai.com",
	  .path = "/v1/moderations",
	  .request = "{\"model\":\"m\",\"input\":[{\"type\":\"text\",\"text\":\"hi\"},{\"type\":"
		     "\"image_url\",\"image_url\":{\"url\":\"https://e.example/i.png\"}}]}",
	  .response = "{\"model\":\"m\",\"results\":[{\"flagged\":false}]}",
	  .want = "openai openai.moderations moderation m>m attached=1 host",
	  .prompt = "<user>hi\nhttps://e.example/i.png\n" },
	{ .name = "openai, a transcript in events",
	  .host = "api.openai.com",
	  .path = "/v1/audio/transcriptions",
	  .request = "{\"model\":\"m\"}",
	  .type = "text/event-stream",
	  .response = "data: {\"type\":\"transcript.text.delta\",\"delta\":\"4111 1111\"}\n\ndata: "
		      "{\"type\":\"transcript.text.delta\",\"delta\":\" 1111 1111\"}\n\ndata: "
		      "{\"type\":\"transcript.text.done\",\"text\":\"4111 1111 1111 "
		      "1111\",\"usage\":{\"input_tokens\":14,\"output_tokens\":45}}\n\n",
	  .want = "openai openai.audio transcription m> in=14 out=45 stream host",
	  .completion = "4111 1111 1111 1111" },
	{ .name = "vllm, a list of texts",
	  .host = "vllm.svc",
	  .path = "/generate",
	  .request = "{\"prompt\":\"hi\",\"max_tokens\":3}",
	  .response = "{\"text\":[\"hi yo\"]}",
	  .want = " tgi.generate text_completion >",
	  .completion = "hi yo\n" },
	{ .name = "no call: a report",
	  .host = "svc.example",
	  .path = "/generate",
	  .request = "{\"prompt\":\"invoice\",\"count\":3}",
	  .response = "{\"text\":\"done\"}" },
	{ .name = "no call: a network's model",
	  .host = "svc.example",
	  .path = "/network/models/r1/infer",
	  .request = "{\"inputs\":[\"a\",\"b\"]}",
	  .response = "{\"topology\":\"ring\"}" },
	{ .name = "no call: columns and their types",
	  .host = "svc.example",
	  .path = "/v1/schema/infer",
	  .request = "{\"inputs\":[{\"name\":\"a\",\"datatype\":\"string\"}]}",
	  .response = "{\"outputs\":[{\"name\":\"x\",\"datatype\":\"string\"}]}" },
	{ .name = "no call: machines by their names",
	  .host = "svc.example",
	  .path = "/v1/models/t100:predict",
	  .request = "{\"instances\":[\"i-1\",\"i-2\"]}",
	  .response = "{\"ok\":true}" },
	{ .name = "no call: a scanner",
	  .host = "svc.example",
	  .path = "/v1/ocr",
	  .request = "{\"image\":\"QUJD\",\"lang\":\"de\"}",
	  .response = "{\"pages\":[{\"text\":\"x\"}]}" },
	{ .name = "no call: a document that is queued",
	  .host = "svc.example",
	  .path = "/ocr",
	  .request =
	      "{\"document\":{\"document_url\":\"https://e.example/a.pdf\"},\"model\":\"fast\"}",
	  .response = "{\"job_id\":7,\"status\":\"queued\"}" },
	{ .name = "no call: a player to embed",
	  .host = "svc.example",
	  .path = "/embed",
	  .request = "{\"inputs\":\"https://v.example\"}",
	  .response = "{\"html\":\"<iframe>\"}" },
	{ .name = "no call: a league",
	  .host = "svc.example",
	  .path = "/rerank",
	  .request = "{\"match\":3}",
	  .response = "[{\"index\":0,\"score\":1200}]" },
	{ .name = "no call: numbers at a host nobody knows",
	  .host = "svc.example",
	  .path = "/rpc",
	  .request = "{\"inputs\":\"x\"}",
	  .response = "[[0.1,0.2]]" },
	{ .name = "openai, a custom tool of a chat, streamed",
	  .host = "api.openai.com",
	  .path = "/v1/chat/completions",
	  .request = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .type = "text/event-stream",
	  .response = "data: "
		      "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"type\":\"custom\","
		      "\"custom\":{\"name\":\"run\",\"input\":\"\"}}]}}]}\n\ndata: "
		      "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"custom\":{"
		      "\"input\":\"4111 \"}}]}}]}\n\ndata: "
		      "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"custom\":{"
		      "\"input\":\"1111\"}}]}}]}\n\n",
	  .want = "openai openai.chat chat m> stream tools=run host",
	  .completion = "4111 1111" },
	{ .name = "anthropic, a tool of a server that the service calls",
	  .host = "api.anthropic.com",
	  .path = "/v1/messages",
	  .request = "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\","
		     "\"content\":\"hi\"}]}",
	  .response = "{\"type\":\"message\",\"content\":[{\"type\":\"mcp_tool_use\",\"name\":"
		      "\"roll\",\"input\":{\"n\":\"6\"}},{\"type\":\"mcp_tool_result\",\"content\":"
		      "[{\"type\":\"text\",\"text\":\"4\"}]}]}",
	  .want = "anthropic anthropic.messages chat m> tools=roll host",
	  .completion = "n: 6\n" },
	{ .name = "gemini, instructions of one part",
	  .host = "generativelanguage.googleapis.com",
	  .path = "/v1beta/models/g:generateContent",
	  .request = "{\"system_instruction\":{\"parts\":{\"text\":\"be "
		     "kind\"}},\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]}",
	  .response = "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"yo\"}]},"
		      "\"finishReason\":\"STOP\"}]}",
	  .want = "gcp.gemini gemini.generate generate_content g> fin=STOP host",
	  .completion = "yo\n",
	  .prompt = "<system>be kind\n<user>hi\n" },
	{ .name = "gemini, an interaction",
	  .host = "generativelanguage.googleapis.com",
	  .path = "/v1beta/interactions",
	  .request = "{\"model\":\"g\",\"input\":\"hi\"}",
	  .response = "{\"id\":\"v1\",\"model\":\"g\",\"outputs\":[{\"type\":\"text\",\"text\":"
		      "\"yo\"}],\"usage\":{\"total_input_tokens\":3,\"total_output_tokens\":4}}",
	  .want = "gcp.gemini gemini.interactions chat g>g v1 in=3 out=4 host",
	  .completion = "yo\n",
	  .prompt = "<user>hi\n" },
	{ .name = "cohere, documents and who said what before",
	  .host = "api.cohere.com",
	  .path = "/v1/chat",
	  .request = "{\"model\":\"c\",\"preamble\":\"be "
		     "kind\",\"chat_history\":[{\"role\":\"USER\",\"message\":\"a\"},{\"role\":"
		     "\"CHATBOT\",\"message\":\"b\"}],\"documents\":[{\"title\":\"t\",\"data\":{"
		     "\"row\":\"d\"}},\"e\"],\"message\":\"hi\"}",
	  .response = "{\"text\":\"yo\",\"finish_reason\":\"COMPLETE\"}",
	  .want = "cohere cohere.chat chat c> fin=COMPLETE host",
	  .completion = "yo\n",
	  .prompt = "<system>be kind\n<user>a\n<?>b\n<result>t\nd\ne\n<user>hi\n" },
	{ .name = "a reason to stop that is none yet",
	  .host = "gw.example",
	  .path = "/v1/chat/completions",
	  .request = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .type = "text/event-stream",
	  .response =
	      "data: "
	      "{\"choices\":[{\"delta\":{\"content\":\"y\"},\"finish_reason\":\"null\"}]}\n\ndata: "
	      "{\"choices\":[{\"delta\":{\"content\":\"o\"},\"finish_reason\":\"stop\"}]}\n\n",
	  .want = " openai.chat chat m> stream fin=stop",
	  .completion = "yo" },
	{ .name = "no call: interactions of a shop",
	  .host = "svc.example",
	  .path = "/v1/interactions",
	  .request = "{\"model\":\"crm\",\"input\":\"call\"}",
	  .response = "{\"id\":\"1\",\"status\":\"open\"}" },
	{ .name = "dashscope, streamed",
	  .host = "dashscope.aliyuncs.com",
	  .path = "/api/v1/services/aigc/text-generation/generation",
	  .request =
	      "{\"model\":\"q\",\"input\":{\"messages\":[{\"role\":\"system\",\"content\":\"be "
	      "kind\"},{\"role\":\"user\",\"content\":\"hi\"}]},\"parameters\":{\"result_format\":"
	      "\"message\"}}",
	  .type = "text/event-stream",
	  .response = "data:{\"output\":{\"choices\":[{\"message\":{\"content\":\"4111 "
		      "1111\",\"role\":\"assistant\"},\"finish_reason\":\"null\"}]},\"usage\":{"
		      "\"input_tokens\":3,\"output_tokens\":1}}\n\ndata:{\"output\":{\"choices\":[{"
		      "\"message\":{\"content\":\" 1111 "
		      "1111\"},\"finish_reason\":\"stop\"}]},\"usage\":{\"input_tokens\":3,"
		      "\"output_tokens\":4}}\n\n",
	  .want = "alibaba dashscope chat q> in=3 out=4 stream fin=stop host",
	  .completion = "4111 1111 1111 1111",
	  .prompt = "<system>be kind\n<user>hi\n" },
	{ .name = "dashscope, a text",
	  .host = "dashscope.aliyuncs.com",
	  .path = "/api/v1/services/aigc/text-generation/generation",
	  .request = "{\"model\":\"q\",\"input\":{\"prompt\":\"hi\"}}",
	  .response = "{\"output\":{\"text\":\"yo\",\"finish_reason\":\"stop\"},\"usage\":{\"input_"
		      "tokens\":3,\"output_tokens\":4}}",
	  .want = "alibaba dashscope chat q> in=3 out=4 fin=stop host",
	  .completion = "yo\n",
	  .prompt = "<?>hi\n" },
	{ .name = "dashscope, vectors",
	  .host = "dashscope.aliyuncs.com",
	  .path = "/api/v1/services/embeddings/text-embedding/text-embedding",
	  .request = "{\"model\":\"v\",\"input\":{\"texts\":[\"a\",\"b\"]}}",
	  .response = "{\"output\":{\"embeddings\":[{\"embedding\":[0.1],\"text_index\":0}]},"
		      "\"usage\":{\"total_tokens\":6}}",
	  .want = "alibaba dashscope embeddings v> in=6 host",
	  .prompt = "<user>a\nb\n" },
	{ .name = "oracle",
	  .host = "inference.generativeai.us-chicago-1.oci.oraclecloud.com",
	  .path = "/20231130/actions/chat",
	  .request = "{\"servingMode\":{\"modelId\":\"m\"},\"chatRequest\":{\"apiFormat\":"
		     "\"GENERIC\",\"messages\":[{\"role\":\"USER\",\"content\":[{\"type\":\"TEXT\","
		     "\"text\":\"hi\"}]}],\"maxTokens\":9}}",
	  .response =
	      "{\"modelId\":\"m-1\",\"chatResponse\":{\"choices\":[{\"index\":0,\"message\":{"
	      "\"content\":[{\"type\":\"TEXT\",\"text\":\"yo\"}]},\"finishReason\":\"stop\"}],"
	      "\"usage\":{\"promptTokens\":3,\"completionTokens\":4}}}",
	  .want = "oracle oci chat m>m-1 in=3 out=4 fin=stop host",
	  .completion = "yo\n",
	  .prompt = "<user>hi\n" },
	{ .name = "oracle, as cohere",
	  .host = "inference.generativeai.us-chicago-1.oci.oraclecloud.com",
	  .path = "/20231130/actions/chat",
	  .request =
	      "{\"servingMode\":{\"modelId\":\"m\"},\"chatRequest\":{\"apiFormat\":\"COHERE\","
	      "\"message\":\"hi\",\"chatHistory\":[{\"role\":\"USER\",\"message\":\"a\"}]}}",
	  .response = "{\"chatResponse\":{\"text\":\"yo\",\"finishReason\":\"COMPLETE\"}}",
	  .want = "oracle oci chat m> fin=COMPLETE host",
	  .completion = "yo\n",
	  .prompt = "<user>hi\na\n" },
	{ .name = "workers ai",
	  .host = "api.cloudflare.com",
	  .path = "/client/v4/accounts/1/ai/run/@cf/meta/llama-3",
	  .request = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response = "{\"result\":{\"response\":\"yo\",\"usage\":{\"prompt_tokens\":3,"
		      "\"completion_tokens\":4}},\"success\":true}",
	  .want = "cloudflare.workers_ai cloudflare.run chat @cf/meta/llama-3> in=3 out=4",
	  .completion = "yo\n",
	  .prompt = "<user>hi\n" },
	{ .name = "workers ai, vectors",
	  .host = "api.cloudflare.com",
	  .path = "/client/v4/accounts/1/ai/run/@cf/baai/bge-base",
	  .request = "{\"text\":[\"a\",\"b\"]}",
	  .response = "{\"result\":{\"shape\":[2,1],\"data\":[[0.1],[0.2]]},\"success\":true}",
	  .want = "cloudflare.workers_ai cloudflare.run embeddings @cf/baai/bge-base>",
	  .prompt = "<user>a\nb\n" },
	{ .name = "no call: another of cloudflare's",
	  .host = "api.cloudflare.com",
	  .path = "/client/v4/accounts/1/workers/scripts/run",
	  .request = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
	  .response = "{\"result\":{\"id\":\"1\"},\"success\":true}" },
	{ .name = "no call: actions of a page",
	  .host = "svc.example",
	  .path = "/actions/chat",
	  .request = "{\"chatRequest\":{\"message\":\"hi\"}}",
	  .response = "{\"chatResponse\":{\"ok\":true}}" },
	{ .name = "a picture from a prompt, at a host that is known",
	  .host = "api.stability.ai",
	  .path = "/v9/paint",
	  .request = "{\"prompt\":\"a cat\"}",
	  .type = "image/png",
	  .response = "PNG",
	  .want = "stability  image_generation > host",
	  .prompt = "<?>a cat\n" },
	{ .name = "a prompt that is queued, at a host that is known",
	  .host = "api.bfl.ai",
	  .path = "/v1/flux",
	  .request = "{\"prompt\":\"a cat\",\"width\":8}",
	  .response = "{\"id\":\"1\",\"polling_url\":\"https://e.example\"}",
	  .want = "black_forest_labs   > 1 host" },
	{ .name = "links to pictures, at a host that is known",
	  .host = "fal.run",
	  .path = "/fal-ai/flux",
	  .request = "{\"prompt\":\"a cat\"}",
	  .response = "{\"images\":[{\"url\":\"https://e.example\"}]}",
	  .want = "fal  image_generation > host" },
	{ .name = "no call: a prompt at a host nobody knows",
	  .host = "paint.example",
	  .path = "/v1/flux",
	  .request = "{\"prompt\":\"a cat\",\"width\":8}",
	  .response = "{\"images\":[{\"url\":\"https://e.example\"}]}" },
	{ .name = "no call: what is not called a prompt",
	  .host = "api.bfl.ai",
	  .path = "/v1/keys",
	  .request = "{\"input\":\"a\"}",
	  .response = "{\"id\":\"1\"}" },
	{ .name = "elevenlabs speaks",
	  .host = "api.elevenlabs.io",
	  .path = "/v1/text-to-speech/voice/stream?output_format=mp3",
	  .request = "{\"text\":\"hi\",\"model_id\":\"eleven\"}",
	  .type = "audio/mpeg",
	  .response = "ID3",
	  .want = "elevenlabs elevenlabs speech eleven> host",
	  .prompt = "<?>hi\n" },
	{ .name = "deepgram hears",
	  .host = "api.deepgram.com",
	  .path = "/v1/listen?model=nova&smart_format=true",
	  .request = "RIFF",
	  .response = "{\"metadata\":{},\"results\":{\"channels\":[{\"alternatives\":[{"
		      "\"transcript\":\"yo\"}]}]}}",
	  .want = "deepgram deepgram transcription nova> host",
	  .completion = "yo\n" },
	{ .name = "deepgram hears, at a host nobody knows",
	  .host = "gw.example",
	  .path = "/v1/listen?model=nova",
	  .request = "{\"url\":\"https://e.example/a.wav\"}",
	  .response = "{\"results\":{\"channels\":[{\"alternatives\":[{\"transcript\":\"yo\"}]}]}}",
	  .want = " deepgram transcription nova>",
	  .completion = "yo\n" },
	{ .name = "no call: a radio",
	  .host = "radio.example",
	  .path = "/v1/listen?model=fm",
	  .request = "{\"station\":5}",
	  .response = "{\"ok\":true}" },
	{ .name = "no call: an announcement",
	  .host = "station.example",
	  .path = "/v1/speak",
	  .request = "{\"text\":\"platform 5\"}",
	  .type = "audio/mpeg",
	  .response = "ID3" },
	{ .name = "openai, a video",
	  .host = "api.openai.com",
	  .path = "/v1/videos",
	  .request = "{\"model\":\"sora\",\"prompt\":\"a cat\"}",
	  .response =
	      "{\"id\":\"video_1\",\"object\":\"video\",\"model\":\"sora\",\"status\":\"queued\"}",
	  .want = "openai openai.videos video_generation sora>sora video_1 host",
	  .prompt = "<?>a cat\n" },
	{ .name = "google, a video",
	  .host = "generativelanguage.googleapis.com",
	  .path = "/v1beta/models/veo:predictLongRunning",
	  .request = "{\"instances\":[{\"prompt\":\"a cat\"}]}",
	  .response = "{\"name\":\"models/veo/operations/1\"}",
	  .want = "gcp.gemini vertex.predict video_generation veo> host",
	  .prompt = "<user>a cat\n" },
	{ .name = "mlflow",
	  .host = "mlflow.svc",
	  .path = "/invocations",
	  .request = "{\"inputs\":[[1,2]]}",
	  .response = "{\"predictions\":[1]}",
	  .want = " invocations infer >" },
	{ .name = "koboldcpp",
	  .host = "kobold.svc",
	  .path = "/api/v1/generate",
	  .request = "{\"prompt\":\"hi\",\"max_length\":9}",
	  .response = "{\"results\":[{\"text\":\"yo\",\"finish_reason\":\"stop\",\"prompt_tokens\":"
		      "3,\"completion_tokens\":4}]}",
	  .want = " tgi.generate text_completion > in=3 out=4 fin=stop",
	  .completion = "yo\n",
	  .prompt = "<?>hi\n" },
	{ .name = "an agent of bedrock",
	  .host = "bedrock-agent-runtime.us-east-1.amazonaws.com",
	  .path = "/agents/A/agentAliases/B/sessions/s/text",
	  .request = "{\"inputText\":\"hi\"}",
	  .type = "application/vnd.amazon.eventstream",
	  .response = "",
	  .want = "aws.bedrock   > host",
	  .prompt = "<?>hi\n" },
	{ .name = "no call: videos of a channel",
	  .host = "tube.example",
	  .path = "/v1/videos",
	  .request = "{\"model\":\"hd\",\"prompt\":\"holiday\"}",
	  .response = "{\"id\":\"1\",\"object\":\"clip\"}" },
	{ .name = "no call: a function",
	  .host = "faas.example",
	  .path = "/invocations",
	  .request = "{\"inputs\":[[1,2]]}",
	  .response = "{\"result\":[3]}" },
	{ .name = "no call: texts that are made of texts",
	  .host = "svc.example",
	  .path = "/generate",
	  .request = "{\"text\":[\"a\",\"b\"]}",
	  .response = "{\"text\":[\"c\"]}" },
	{ .name = "no call: whole numbers",
	  .host = "svc.example",
	  .path = "/embed",
	  .request = "{\"inputs\":[\"a\"]}",
	  .response = "[1,2]" },
	{ .name = "no call: an output of something",
	  .host = "svc.example",
	  .path = "/v1/rpc",
	  .request = "{\"id\":1,\"model\":\"x\",\"input\":{\"messages\":[{\"role\":\"user\","
		     "\"content\":\"x\"}]}}",
	  .response = "{\"output\":{\"text\":\"y\"}}" },
	{ .name = "no call: interactions with customers",
	  .host = "svc.example",
	  .path = "/v1/interactions",
	  .request = "{\"model\":\"crm\",\"input\":\"x\"}",
	  .response = "{\"id\":1,\"outputs\":[{\"text\":\"x\"}]}" },
	{ .name = "a batch is made",
	  .host = "api.openai.com",
	  .path = "/v1/batches",
	  .request = "{\"input_file_id\":\"file-1\",\"endpoint\":\"/v1/chat/completions\","
		     "\"completion_window\":\"24h\"}",
	  .response = "{\n \"id\": \"batch_1\",\n \"object\": \"batch\",\n \"status\": "
		      "\"validating\",\n \"usage\": {\"input_tokens\": 9}}",
	  .want =
	      "openai openai.batches batch_create > file=file-1 batch=batch_1 validating host" },
	{ .name = "a batch is asked after, through a gateway",
	  .method = "GET",
	  .host = "gw",
	  .path = "/v1/batches/batch_1",
	  .response = "{\"id\":\"batch_1\",\"object\":\"batch\",\"input_file_id\":\"file-1\","
		      "\"model\":\"m\",\"request_counts\":{\"total\":9,\"completed\":7,"
		      "\"failed\":2},\"status\":\"completed\"}",
	  .want = " openai.batches batch_status > file=file-1 batch=batch_1 completed asked=9 "
		  "done=7 failed=2" },
	{ .name = "answers of a batch, one line cut short, of two models",
	  .method = "GET",
	  .host = "gw",
	  .path = "/v1/files/file-2/content",
	  .type = "application/octet-stream",
	  .response =
	      "{\"id\":\"b1\",\"custom_id\":\"1\",\"response\":{\"status_code\":200,\"body\":{"
	      "\"id\":"
	      "\"c1\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,"
	      "\"message\":{\"content\":\"one\",\"tool_calls\":[{\"function\":{\"name\":\"f\","
	      "\"arguments\":\"{}\"}}]},\"finish_reason\":\"stop\"}],\"usage\":{"
	      "\"prompt_tokens\":4,\"completion_tokens\":2}}},\"error\":null}\n"
	      "{\"custom_id\":\"2\",\"response\":{\"body\":{\"choices\":[{\"message\":{\"cont\n"
	      "{\"custom_id\":\"3\",\"response\":{\"status_code\":400,\"body\":{\"error\":{}}}}\n"
	      "{\"custom_id\":\"4\",\"response\":null,\"error\":{\"code\":\"expired\"}}\n"
	      "{\"custom_id\":\"5\",\"response\":{\"status_code\":200,\"body\":{\"object\":"
	      "\"chat.completion\",\"model\":\"n\",\"choices\":[{\"message\":{\"content\":"
	      "\"five\"}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}}}",
	  .want = " openai.files batch_results > in=5 out=3 tools=f fin=stop file=file-2 asked=4 "
		  "done=2 failed=2",
	  .completion = "one\n{}\nfive\n" },
	{ .name = "messages in a batch",
	  .host = "api.anthropic.com",
	  .path = "/v1/messages/batches",
	  .request =
	      "{\"requests\":[{\"custom_id\":\"a\",\"params\":{\"model\":\"c\",\"max_tokens\":9,"
	      "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}},{\"custom_id\":\"b\","
	      "\"params\":{\"model\":\"c\",\"max_tokens\":9,\"messages\":[]}}]}",
	  .response = "{\"id\":\"msgbatch_1\",\"type\":\"message_batch\",\"processing_status\":"
		      "\"in_progress\",\"request_counts\":{\"processing\":1,\"succeeded\":1,"
		      "\"errored\":0,\"canceled\":0,\"expired\":0}}",
	  .want =
	      "anthropic anthropic.batches batch_create c> batch=msgbatch_1 in_progress asked=2 "
	      "done=1 failed=0 host" },
	{ .name = "results of a batch of messages",
	  .method = "GET",
	  .host = "api.anthropic.com",
	  .path = "/v1/messages/batches/msgbatch_1/results",
	  .type = "application/x-jsonl",
	  .response =
	      "{\"custom_id\":\"a\",\"result\":{\"type\":\"succeeded\",\"message\":{\"id\":\"msg_"
	      "1\","
	      "\"type\":\"message\",\"model\":\"c\",\"content\":[{\"type\":\"text\",\"text\":"
	      "\"yo\"}],\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":3,"
	      "\"output_tokens\":1}}}}\n{\"custom_id\":\"b\",\"result\":{\"type\":\"expired\"}}\n",
	  .want = "anthropic anthropic.batches batch_results >c in=3 out=1 fin=end_turn "
		  "batch=msgbatch_1 asked=2 done=1 failed=1 host",
	  .completion = "yo\n" },
	{ .name = "no call: somebody else's batch",
	  .method = "GET",
	  .host = "brew.example",
	  .path = "/batches/7",
	  .response = "{\"object\":\"batch\",\"id\":7,\"litres\":40}" },
	{ .name = "no call: an assistant is made",
	  .host = "api.openai.com",
	  .path = "/v1/assistants",
	  .request = "{\"model\":\"m\",\"tools\":[{\"type\":\"function\",\"function\":{}}]}",
	  .response = "{\"object\":\"assistant\",\"model\":\"m\"}" },
	{ .name = "no call: a message of a thread",
	  .host = "api.openai.com",
	  .path = "/v1/threads/thread_1/messages",
	  .request = "{\"role\":\"user\",\"content\":\"hi\"}",
	  .response = "{\"object\":\"thread.message\"}" },
	{ .name = "no call: models listed",
	  .method = "GET",
	  .host = "api.openai.com",
	  .path = "/v1/models",
	  .response = "{\"object\":\"list\",\"data\":[{\"id\":\"m\",\"object\":\"model\"}]}" },
	{ .name = "no call: gemini counts tokens",
	  .host = "generativelanguage.googleapis.com",
	  .path = "/v1beta/models/gem-1:countTokens",
	  .request = "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]}",
	  .response = "{\"totalTokens\":3}" },
	{ .name = "no call: bedrock counts tokens",
	  .host = "bedrock-runtime.us-east-1.amazonaws.com",
	  .path = "/model/m/count-tokens",
	  .request = "{\"input\":{\"converse\":{\"messages\":[{\"role\":\"user\"}]}}}",
	  .response = "{\"inputTokens\":3}" },
	{ .name = "no call: a vector store's schema",
	  .host = "localhost:8080",
	  .path = "/v1/schema",
	  .request = "{\"class\":\"Article\",\"vectorizer\":\"x\"}",
	  .response = "{\"class\":\"Article\"}" },
	{ .name = "no call: a stored response deleted",
	  .method = "DELETE",
	  .host = "api.openai.com",
	  .path = "/v1/responses/resp_3",
	  .response = "{\"id\":\"resp_3\",\"object\":\"response\",\"deleted\":true}" },
	{ .name = "no call: token endpoint",
	  .host = "auth.openai.com",
	  .path = "/oauth/token",
	  .request = "{\"grant_type\":\"refresh_token\"}",
	  .response = "{\"access_token\":\"x\"}" },
};

enum { WINDOW_LEN = 8192 };
static uint8_t
    *window; /* ends where a page ends; one for all the pieces, of which there are many */

/* A copy that ends at the window's end, valid until the next call. */
static const uint8_t *
in_window(const void *data, size_t len)
{
	assert_true(len <= WINDOW_LEN);
	memcpy(window + WINDOW_LEN - len, data, len);
	return window + WINDOW_LEN - len;
}

static struct span
text_span(const char *text)
{
	return span_of(text, strlen(text));
}

__attribute__((format(printf, 2, 3))) static void
put(struct line *l, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	int n = vsnprintf(l->text + l->len, sizeof(l->text) - l->len, format, ap);
	va_end(ap);
	assert_true(n >= 0 && (size_t)n < sizeof(l->text) - l->len);
	l->len += (size_t)n;
}

static void
put_count(struct line *l, const char *name, struct llm_count count)
{
	if (count.known)
		put(l, " %s=%" PRIu64, name, count.n);
}

static const char *
or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

static void
describe_batch(struct line *l, const struct llm_batch_facts *f)
{
	if (f->file_id[0] != '\0')
		put(l, " file=%s", f->file_id);
	if (f->id[0] != '\0')
		put(l, " batch=%s", f->id);
	if (f->purpose != NULL)
		put(l, " for=%s", f->purpose);
	if (f->status != NULL)
		put(l, " %s", f->status);
	put_count(l, "asked", f->requests);
	put_count(l, "done", f->completed);
	put_count(l, "failed", f->failed);
}

static void
describe(struct line *l, const struct llm_facts *f, bool batch)
{
	put(l, "%s %s %s %s>%s", or_empty(f->provider), or_empty(llm_dialect_name(f->dialect)),
	    or_empty(llm_operation_name(f->operation)), f->request_model, f->response_model);
	if (f->response_id[0] != '\0')
		put(l, " %s", f->response_id);
	put_count(l, "in", f->input_tokens);
	put_count(l, "out", f->output_tokens);
	put_count(l, "cached", f->cached_tokens);
	if (f->request_stream)
		put(l, " stream");
	if (f->tools_offered != 0)
		put(l, " offered=%" PRIu32, f->tools_offered);
	if (f->attachments != 0)
		put(l, " attached=%" PRIu32, f->attachments);
	for (unsigned i = 0; i < f->nr_tools; i++)
		put(l, " tools=%s", llm_tool_name(f, i));
	for (unsigned i = 0; i < f->nr_finish_reasons; i++)
		put(l, " fin=%s", f->finish_reasons[i]);
	if (batch)
		describe_batch(l, &f->batch);
	if (llm_names_version(f) && f->model_version[0] != '\0')
		put(l, " version=%s", f->model_version);
	if (f->engine != NULL)
		put(l, " engine=%s", f->engine);
	if (f->detected_by == LLM_BY_HOST)
		put(l, " host");
}

static void
on_text(void *arg, enum llm_text_kind kind, unsigned choice, const uint8_t *text, size_t len)
{
	assert_true(len != 0);
	/* Of several answers, whose it is. */
	if (kind >= LLM_TEXT_ANSWER && choice != 0)
		put(arg, "[%u]", choice);
	if (kind >= LLM_TEXT_ANSWER)
		put(arg, "%.*s", (int)len, (const char *)text);
}

struct texts {
	struct line completion, prompt;
	enum llm_text_kind kind; /* of the last piece of the prompt */
};

/* Each run of one kind: who speaks, and what; of an attachment only that it is one. */
static void
on_texts(void *arg, enum llm_text_kind kind, unsigned choice, const uint8_t *text, size_t len)
{
	static const char *const speakers[] = {
		[LLM_TEXT_PROMPT] = "?",
		[LLM_TEXT_SYSTEM] = "system",
		[LLM_TEXT_USER] = "user",
		[LLM_TEXT_TOOL_RESULT] = "result",
		[LLM_TEXT_ATTACHMENT] = "attached",
	};
	struct texts *t = arg;

	on_text(&t->completion, kind, choice, text, len);
	if (kind >= LLM_TEXT_ANSWER)
		return;
	if (t->prompt.len == 0 || t->kind != kind)
		put(&t->prompt, "<%s>", speakers[kind]);
	t->kind = kind;
	if (kind != LLM_TEXT_ATTACHMENT)
		put(&t->prompt, "%.*s", (int)len, (const char *)text);
}

typedef void body_fn(struct llm_call *call, const uint8_t *data, size_t len);

static void
feed(struct llm_call *call, body_fn *fn, const void *body, size_t len, size_t first, size_t step)
{
	for (size_t at = 0; at < len;) {
		size_t n = at == 0 ? first : step;

		if (n > len - at)
			n = len - at;
		fn(call, in_window((const char *)body + at, n), n);
		at += n;
	}
}

static void
header(struct llm_call *call, const char *const pair[2],
       void (*fn)(struct llm_call *call, const struct http_field *f))
{
	struct http_field f;

	if (pair[0] == NULL)
		return;
	f = http_field_of(text_span(pair[0]), text_span(pair[1]));
	fn(call, &f);
}

static void
exchange(struct llm_call *call, const struct llm_case *t, size_t first, size_t step)
{
	static const char *const json_type[2] = { "Content-Type", "application/json" };
	const char *const type[2] = { "Content-Type",
				      t->type == NULL ? "application/json" : t->type };
	const char *request = or_empty(t->request);
	const char *response = or_empty(t->response);

	llm_request_line(call, text_span(t->method == NULL ? "POST" : t->method),
			 text_span(t->host), text_span(t->path));
	header(call, json_type, llm_request_header);
	header(call, t->request_header, llm_request_header);
	if (llm_worth_watching(call))
		feed(call, llm_request_body, request, strlen(request), first, step);
	llm_request_end(call, true);
	if (t->status != UINT32_MAX) {
		llm_response_status(call, t->status == 0 ? 200 : t->status);
		header(call, type, llm_response_header);
		header(call, t->response_header, llm_response_header);
		if (llm_worth_watching(call))
			feed(call, llm_response_body, response, strlen(response), first, step);
	}
	llm_response_end(call, true);
}

/* What is estimated is the same however the bodies are cut: the first of a row's runs is whole. */
static void
check_estimates(const struct llm_facts *f, bool whole)
{
	static struct llm_count in, out;

	if (whole) {
		in = f->estimated_input_tokens;
		out = f->estimated_output_tokens;
	}
	assert_int_equal(f->estimated_input_tokens.known, in.known);
	assert_int_equal(f->estimated_input_tokens.n, in.n);
	assert_int_equal(f->estimated_output_tokens.known, out.known);
	assert_int_equal(f->estimated_output_tokens.n, out.n);
}

static void
check(const struct llm_case *t, size_t first, size_t step)
{
	static struct llm_call call;
	struct texts texts = { .kind = LLM_TEXT_PROMPT };
	struct line facts = { .len = 0 };

	llm_begin(&call, catalogue);
	llm_set_text(&call, on_texts, &texts);
	exchange(&call, t, first, step);
	assert_int_equal(llm_is_call(&call), t->want != NULL);
	if (t->want == NULL)
		return;
	assert_true(llm_worth_watching(&call));
	describe(&facts, llm_facts(&call), llm_is_batch_operation(&call));
	assert_string_equal(facts.text, t->want);
	assert_string_equal(texts.completion.text, or_empty(t->completion));
	if (t->prompt != NULL)
		assert_string_equal(texts.prompt.text, t->prompt);
	check_estimates(llm_facts(&call), first == SIZE_MAX);
}

static void
test_exchanges(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(llm_cases) / sizeof(llm_cases[0]); i++) {
		const struct llm_case *t = &llm_cases[i];
		size_t a = strlen(or_empty(t->request));
		size_t b = strlen(or_empty(t->response));

		print_message("%s\n", t->name);
		check(t, SIZE_MAX, 1);
		check(t, 1, 1);
		for (size_t cut = 1; cut < (a > b ? a : b); cut++)
			check(t, cut, SIZE_MAX);
	}
}

/* ------------------------------------------------------------------ events that are alike */

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
		*sum = (*sum ^ text[i] ^ (uint64_t)kind << 8 ^ (uint64_t)choice << 16) *
		       0x100000001b3u;
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

/* Fields and a file of a form, as its owner takes it apart. */
static const struct part {
	const char *name;
	bool file;
	const char *text;
} parts[] = {
	{ "purpose", false, "batch" },
	{ "model", false, "not here" },
	{ "file", true,
	  "{\"custom_id\":\"1\",\"method\":\"POST\",\"url\":\"/v1/chat/"
	  "completions\",\"body\":{\"model\":"
	  "\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"one\"}]}}\n"
	  "{\"custom_id\":\"2\",\"body\":{\"model\":\"m\",\"messages\":[{\"ro\n"
	  "no json\n"
	  "{\"custom_id\":\"3\",\"body\":{\"model\":\"m\",\"messages\":[{\"role\":\"system\","
	  "\"content\":"
	  "\"three\"}]}}" },
	{ "more", false, "{\"body\":{\"model\":\"x\"}}" },
};

static void
on_prompt(void *arg, enum llm_text_kind kind, unsigned choice, const uint8_t *text, size_t len)
{
	(void)choice;
	if (len != 1 || text[0] != '\n')
		put(arg, "%d", kind);
	put(arg, "%.*s", (int)len, (const char *)text);
}

static void
test_upload(void **state)
{
	static const char *const type[2] = { "Content-Type", "multipart/form-data" };
	static struct llm_call call;

	(void)state;
	for (size_t cut = 1; cut < strlen(parts[2].text); cut++) {
		struct line prompts = { .len = 0 }, facts = { .len = 0 };

		llm_begin(&call, catalogue);
		llm_set_text(&call, on_text, &prompts);
		llm_request_line(&call, text_span("POST"), text_span("gw"), text_span("/v1/files"));
		header(&call, type, llm_request_header);
		assert_true(llm_worth_watching(&call));
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
			llm_request_part(&call, text_span(parts[i].name), parts[i].file);
			assert_int_equal(llm_reads_part(&call, '{'), parts[i].file);
			assert_false(llm_reads_part(&call, 'a'));
			feed(&call, llm_request_part_body, parts[i].text, strlen(parts[i].text),
			     cut, cut == 1 ? 1 : SIZE_MAX);
			llm_request_part_end(&call);
		}
		llm_request_end(&call, true);
		assert_true(llm_worth_watching(&call));
		llm_response_end(&call, false);
		assert_true(llm_is_call(&call));
		describe(&facts, llm_facts(&call), llm_is_batch_operation(&call));
		assert_string_equal(facts.text, " openai.files file_upload m> for=batch asked=3");
	}
}

/* Of a form for a picture or a recording the prompt is what its user says. */
static void
test_form_prompt(void **state)
{
	static const struct part form[] = {
		{ "model", false, "m" },
		{ "image", true, "\x89PNG" },
		{ "prompt", false, "a cat" },
		{ "prompt", true, "a file" },
	};
	static struct llm_call call;

	(void)state;
	for (size_t cut = 1; cut < 6; cut++) {
		struct texts texts = { .kind = LLM_TEXT_PROMPT };

		llm_begin(&call, catalogue);
		llm_set_text(&call, on_texts, &texts);
		llm_request_line(&call, text_span("POST"), text_span("gw"),
				 text_span("/v1/images/edits"));
		for (size_t i = 0; i < ARRAY_LEN(form); i++) {
			llm_request_part(&call, text_span(form[i].name), form[i].file);
			feed(&call, llm_request_part_body, form[i].text, strlen(form[i].text), cut,
			     1);
			llm_request_part_end(&call);
		}
		llm_request_end(&call, true);
		assert_string_equal(texts.prompt.text, "<user>a cat\n");
		assert_string_equal(llm_facts(&call)->request_model, "m");
	}
}

/* What stands between a gap and the end of its line is lost, and no more. */
static void
test_upload_gap(void **state)
{
	static struct llm_call call;
	struct line prompts = { .len = 0 };
	const char *file = parts[2].text;

	(void)state;
	llm_begin(&call, catalogue);
	llm_set_text(&call, on_prompt, &prompts);
	llm_request_line(&call, text_span("POST"), text_span("gw"), text_span("/v1/files"));
	llm_request_part(&call, text_span("file"), true);
	llm_request_part_body(&call, (const uint8_t *)file, 30);
	llm_request_gap(&call);
	llm_request_part_body(&call, (const uint8_t *)file + 60, strlen(file) - 60);
	llm_request_part_end(&call);
	llm_request_end(&call, false);
	assert_int_equal(llm_facts(&call)->batch.requests.n, 2);
	assert_string_equal(prompts.text, "1three\n");
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

/* More tools and finish reasons than there is room for: the first stay, the rest is counted. */
static void
test_limits(void **state)
{
	static struct llm_call call;
	char body[8192];
	size_t n = 0;

	(void)state;
	llm_begin(&call, catalogue);
	llm_request_line(&call, text_span("POST"), text_span("api.openai.com"),
			 text_span("/v1/chat/completions"));
	llm_request_end(&call, true);
	llm_response_status(&call, 200);
	n += (size_t)snprintf(body, sizeof(body), "{\"choices\":[");
	for (int i = 0; i < 20; i++)
		n += (size_t)snprintf(body + n, sizeof(body) - n,
				      "{\"finish_reason\":\"r%d\",\"message\":{\"tool_calls\":["
				      "{\"function\":{\"name\":\"tool_%d\"}}]}},",
				      i, i);
	n += (size_t)snprintf(body + n, sizeof(body) - n, "{}],\"model\":\"");
	for (int i = 0; i < 600; i++) /* two bytes a character: the cut must fall between them */
		n += (size_t)snprintf(body + n, sizeof(body) - n, i % 8 == 0 ? "/" : "\xc3\xa9");
	n += (size_t)snprintf(body + n, sizeof(body) - n, "\"}");
	llm_response_body(&call, in_window(body, n), n);
	llm_response_end(&call, true);

	const struct llm_facts *f = llm_facts(&call);

	assert_int_equal(f->nr_tools, LLM_TOOLS_MAX);
	assert_string_equal(llm_tool_name(f, LLM_TOOLS_MAX - 1), "tool_15");
	assert_int_equal(f->nr_finish_reasons, LLM_FINISH_MAX);
	assert_int_equal(f->dropped, (20 - LLM_TOOLS_MAX) + (20 - LLM_FINISH_MAX));

	size_t len = strlen(f->response_model);

	/* What is left ends in front of the word that it would be cut in. */
	assert_in_range(len, LLM_MODEL_CAP - 1 - COPY_TEXT_CUT_BACK - 16,
			LLM_MODEL_CAP - 1 - COPY_TEXT_CUT_BACK);
	assert_int_equal(f->response_model[len - 1], '/');
}

static void
test_cut_text(void **state)
{
	static const struct {
		const char *value, *want; /* in front of x's that go on beyond the place */
	} cases[] = {
		{ "/ghp_1234567890abcdefghij", "/" },
		{ "to ann.lee@corp.internal.io", "to " },
		{ "n 4111 1111 1111 1111", "n " },
		{ "a 41 apples", "a 41 " },
	};
	char out[32 + COPY_TEXT_CUT_BACK];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[512];
		int n = snprintf(text, sizeof(text), "%s%0*d", cases[i].value, 300, 0);

		copy_text(out, strlen(cases[i].value) - 1 + COPY_TEXT_CUT_BACK,
			  span_of(text, (size_t)n));
		assert_string_equal(out, cases[i].want);
	}
}

static void
test_size(void **state)
{
	(void)state;
	assert_true(sizeof(struct llm_call) <= 4224);
}

static int
load(void **state)
{
	static const uint8_t blank[WINDOW_LEN];
	char err[256];

	(void)state;
	window = guard_copy(blank, sizeof(blank));
	return provider_load(WEIR_SOURCE_ROOT "/rules/ai", &catalogue, err, sizeof(err));
}

static int
unload(void **state)
{
	(void)state;
	provider_destroy(catalogue);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_text),      cmocka_unit_test(test_size),
		cmocka_unit_test(test_exchanges),     cmocka_unit_test(test_events_alike),
		cmocka_unit_test(test_upload),	      cmocka_unit_test(test_form_prompt),
		cmocka_unit_test(test_upload_gap),    cmocka_unit_test(test_converse_stream),
		cmocka_unit_test(test_invoke_stream), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_nova_stream),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
