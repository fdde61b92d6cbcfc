/*
 * llm: one exchange a row, every dialect, and what looks like a call but is none. The facts are
 * compared as one line of text, the completion as the text hook saw it; all for every split of
 * both bodies.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "classify/ai/copy_text.h"
#include "tests/support/llm_run.h"

#define BASE64_64  "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2"
#define BASE64_256 BASE64_64 BASE64_64 BASE64_64 BASE64_64

static const struct llm_case llm_cases[] = {
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
test_size(void **state)
{
	(void)state;
	assert_true(sizeof(struct llm_call) <= 4224);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_exchanges),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
