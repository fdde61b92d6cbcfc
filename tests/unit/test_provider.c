/*
 * provider: patterns, the grammar's errors with their place, and the catalogue that weir ships.
 * Run from the root of the source tree, or with WEIR_SOURCE_ROOT defined.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "classify/ai/host_pattern.h"
#include "classify/ai/provider.h"
#include "classify/ai/signature.h"
#include "tests/support/guard.h"

#ifndef WEIR_SOURCE_ROOT
#define WEIR_SOURCE_ROOT "."
#endif

static struct span
guarded(const char *text)
{
	return span_of(guard_copy(text, strlen(text)), strlen(text));
}

static const struct pattern_case {
	const char *pattern;
	const char *host;
	bool want;
} pattern_cases[] = {
	{ "api.example.com", "api.example.com", true },
	{ "api.example.com", "example.com", false },
	{ "api.example.com", "x.api.example.com", false },
	{ "api.example.com", "api.example.com.evil.example", false },
	{ "x.ai", "relax.ai", false },
	{ "*.example.com", "example.com", false },
	{ "*.example.com", "a.example.com", true },
	{ "*.example.com", "a.b.example.com", true },
	{ "*.example.com", ".example.com", false },
	{ "*.example.com", "aexample.com", false },
	{ "run.*.example.com", "run.east-1.example.com", true },
	{ "run.*.example.com", "run.a.b.example.com", true },
	{ "run.*.example.com", "run.example.com", false },
	{ "run.*.example.com", "xrun.a.example.com", false },
	{ "*-plat.example.com", "east-plat.example.com", true },
	{ "*-plat.example.com", "-plat.example.com", false },
	{ "*-plat.example.com", "a.b-plat.example.com", false },
	{ "plat-*.example.com", "plat-9.example.com", true },
	{ "a*z.example.com", "abz.example.com", true },
	{ "a*z.example.com", "az.example.com", false },
	{ "*.svc.*.example.com", "i.svc.e.example.com", true },
	{ "*.svc.*.example.com", "i.j.svc.e.f.example.com", true },
	{ "*.svc.*.example.com", "svc.e.example.com", false },
	{ "*.svc.*.example.com", "svc.svc.svc.example.com", true },
};

static void
test_patterns(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pattern_cases) / sizeof(pattern_cases[0]); i++) {
		const struct pattern_case *t = &pattern_cases[i];

		print_message("%s against %s\n", t->pattern, t->host);
		assert_null(host_pattern_error(guarded(t->pattern)));
		assert_int_equal(host_pattern_fits(guarded(t->pattern), guarded(t->host)), t->want);
	}
}

static int
load_text(const char *text, struct provider_catalogue **out, char *err, size_t err_cap)
{
	char path[] = "/tmp/weir-test-provider-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);

	int rc = provider_load(path, out, err, err_cap);

	unlink(path);
	return rc;
}

static const struct error_case {
	const char *name;
	const char *text;
	const char *where; /* line:column: start of the message */
} error_cases[] = {
	{ "no provider", "\nfoo bar {\n", ":2:1: expected 'provider" },
	{ "no name", "provider {\n", ":1:10: expected a name" },
	{ "name in capitals", "provider OpenAI {\n", ":1:10: expected a name" },
	{ "no brace", "provider a\n", ":1:11: expected '{'" },
	{ "something behind the brace", "provider a { x\n", ":1:14: expected the end" },
	{ "title without quotes", "provider a {\n\ttitle A\n", ":2:8: expected a title" },
	{ "title not closed", "provider a {\n title \"A\n", ":2:8: expected a title" },
	{ "unknown kind", "provider a {\n kind cloud\n", ":2:7: expected model" },
	{ "unknown line", "provider a {\n port 80\n", ":2:2: expected title, kind" },
	{ "host without pattern", "provider a {\n host # x\n", ":2:7: expected a host" },
	{ "star in the tail", "provider a {\n host a.*.com\n", ":2:7: expected a pattern whose" },
	{ "single label", "provider a {\n host localhost\n", ":2:7: expected a pattern whose" },
	{ "two stars in a label", "provider a {\n host *x*.b.com\n", ":2:7: expected at most one" },
	{ "three wide stars", "provider a {\n host *.a.*.b.*.c.com\n",
	  ":2:7: expected at most two" },
	{ "empty label", "provider a {\n host a..b.com\n", ":2:7: expected a label" },
	{ "port", "provider a {\n host a.b.com:443\n", ":2:7: expected" },
	{ "pattern twice", "provider a {\n host a.b.com A.B.com\n",
	  ":2:15: expected a host pattern" },
	{ "no host", "provider a {\n}\n", ":2:1: expected at least one host" },
	{ "provider twice", "provider a {\n host a.b\n}\nprovider a {\n",
	  ":4:10: expected a name" },
	{ "allow without a provider", "allow a {\n from x\n}\n",
	  ":3:1: expected at least one provider" },
	{ "allow with a host", "allow a {\n host x.y\n}\n",
	  ":2:2: expected from, provider or '}'" },
	{ "allow nobody", "allow a {\n from\n}\n",
	  ":2:6: expected a name, a pattern or a network" },
	{ "engine without a value", "engine a {\n header server\n}\n", ":2:9: expected a pattern" },
	{ "service with a star in front", "service a {\n path /*/b\n}\n",
	  ":2:7: expected a path of two" },
	{ "client without an agent", "client a {\n}\n", ":2:1: expected at least one pattern" },
	{ "sample that is not the block's",
	  "provider a {\n host a.example\n sample + b.example\n}\n",
	  ":3: sample + b.example: expected a, is nothing" },
	{ "sample that must not be", "client a {\n agent x*\n sample - xy\n}\n",
	  ":3: sample - xy: expected anything but a, is a" },
	{ "not closed", "provider a {\n host a.b\n", ":3:1: expected '}'" },
};

static void
test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(error_cases) / sizeof(error_cases[0]); i++) {
		struct provider_catalogue *c;
		char err[256];

		print_message("%s\n", error_cases[i].name);
		assert_int_equal(load_text(error_cases[i].text, &c, err, sizeof(err)), -EINVAL);
		assert_null(c);
		assert_non_null(strstr(err, error_cases[i].where));
	}
}

static void
test_load(void **state)
{
	static const char text[] = "# comment\r\n"
				   "provider one { # behind\n"
				   "\ttitle \"The # first\"\n"
				   "\thost *.Example.com b.example.com # and so on\n"
				   "}\n\n"
				   "provider two {\n"
				   "  kind vector_store\n"
				   "  host *.b.example.com\n"
				   "}";
	struct provider_catalogue *c;
	char err[256];

	(void)state;
	assert_int_equal(load_text(text, &c, err, sizeof(err)), 0);
	assert_string_equal(provider_by_host(c, guarded("A.EXAMPLE.com."))->title, "The # first");
	assert_string_equal(provider_by_host(c, guarded("x.b.example.com:443"))->name, "two");
	assert_int_equal(provider_by_host(c, guarded("x.b.example.com"))->kind,
			 PROVIDER_VECTOR_STORE);
	assert_string_equal(provider_by_name(c, "two")->title, "two");
	assert_null(provider_by_name(c, "three"));
	assert_null(provider_by_host(c, span_of(NULL, 0)));
	assert_null(provider_by_host(c, guarded(":443")));
	assert_null(provider_by_host(c, guarded("[2001:db8::1]:443")));
	assert_null(provider_by_host(NULL, guarded("a.example.com")));
	provider_destroy(c);
	provider_destroy(NULL);
	assert_int_equal(provider_load("/nonexistent/x.rules", &c, err, sizeof(err)), -ENOENT);
}

static const struct shipped_case {
	const char *host;
	const char *want;
} shipped_cases[] = {
	{ "api.openai.com", "openai" },
	{ "eu.api.openai.com:443", "openai" },
	{ "API.Anthropic.com", "anthropic" },
	{ "acme.openai.azure.com", "azure.ai.openai" },
	{ "acme.services.ai.azure.com", "azure.ai.inference" },
	{ "generativelanguage.googleapis.com", "gcp.gemini" },
	{ "europe-west4-aiplatform.googleapis.com", "gcp.vertex_ai" },
	{ "aiplatform.eu.rep.googleapis.com", "gcp.vertex_ai" },
	{ "bedrock-runtime.us-east-1.amazonaws.com", "aws.bedrock" },
	{ "bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "aws.bedrock" },
	{ "bedrock-mantle.us-east-1.api.aws", "aws.bedrock" },
	{ "codestral.mistral.ai", "mistral_ai" },
	{ "api.cohere.com", "cohere" },
	{ "api.groq.com", "groq" },
	{ "api.x.ai", "x_ai" },
	{ "api.perplexity.ai", "perplexity" },
	{ "openrouter.ai", "openrouter" },
	{ "chatgpt.com", "assistant.chatgpt" },
	{ "idx-abc123.svc.us-east1-gcp.pinecone.io", "vector_store.pinecone" },
	{ "cdn-lfs-us-1.hf.co", "model_hub.huggingface" },
	{ "router.huggingface.co", "huggingface" },
	{ "us.api.openai.com", "openai" },
	{ "acme.openai.azure.cn", "azure.ai.openai" },
	{ "acme.eastus.inference.ai.azure.com", "azure.ai.inference" },
	{ "models.inference.ai.azure.com", "github" },
	{ "ai.azure.com", NULL },
	{ "vpce-0a1-x.bedrock-agent-runtime.us-east-1.vpce.amazonaws.com", "aws.bedrock" },
	{ "bedrock-agentcore.us-east-1.amazonaws.com", "aws.bedrock" },
	{ "gw-1.gateway.bedrock-agentcore.us-west-2.amazonaws.com", "aws.bedrock" },
	{ "bedrock-agentcore-control.us-west-2.amazonaws.com", NULL },
	{ "q.us-east-1.amazonaws.com", "assistant.amazon_q" },
	{ "sqs.us-east-1.amazonaws.com", NULL },
	{ "1.us-central1-2.prediction.vertexai.goog", "gcp.vertex_ai" },
	{ "dashscope-intl.aliyuncs.com", "alibaba" },
	{ "oss-cn-beijing.aliyuncs.com", NULL },
	{ "hunyuan.ap-guangzhou.tencentcloudapi.com", "tencent" },
	{ "cvm.tencentcloudapi.com", NULL },
	{ "ark.ap-southeast.bytepluses.com", "volcengine" },
	{ "inference.generativeai.us-chicago-1.oci.oraclecloud.com", "oracle" },
	{ "objectstorage.us-chicago-1.oci.oraclecloud.com", NULL },
	{ "model-x.api.baseten.co", "baseten" },
	{ "queue.fal.run", "fal" },
	{ "api.tokenfactory.us-central1.nebius.com", "nebius" },
	{ "copilot-api.acme.ghe.com", "assistant.github_copilot" },
	{ "acme.ghe.com", NULL },
	{ "server.codeium.com", "assistant.windsurf" },
	{ "llm.zed.dev", "assistant.zed" },
	{ "zed.dev", NULL },
	{ "db-1.us-east-1.api.lancedb.com", "vector_store.lancedb" },
	{ "cloud.langfuse.com", "observability.langfuse" },
	{ "relax.ai", NULL },
	{ "notopenai.com", NULL },
	{ "api.openai.com.evil.example", NULL },
	{ "storage.googleapis.com", NULL },
	{ "s3.us-east-1.amazonaws.com", NULL },
	{ "example.com", NULL },
	{ "localhost", NULL },
	{ "192.0.2.1", NULL },
};

static const struct signature_case {
	const char *name;
	const char *want;
} path_cases[] = {
	{ "/collections/docs/points/search", "vector_store.qdrant" },
	{ "/COLLECTIONS/docs/points", "vector_store.qdrant" },
	{ "/collections//points", NULL },
	{ "/collections/a/b/points", NULL },
	{ "/collections", NULL },
	{ "/v2/models/m/infer", "triton" },
	{ "/v2/models/m/infer/x", NULL },
	{ "/qdrant.Points/Search", "vector_store.qdrant" },
	{ "/", NULL },
	{ "*", NULL },
}, agent_cases[] = {
	{ "OpenAI/Python 1.51.0", "openai-sdk" },
	{ "google-genai-sdk/1.29.0 gl-python/3.12", "google-genai-sdk" },
	{ "langchain-openai/0.3 OpenAI/Python", "langchain" },
	{ "python-httpx/0.28", NULL },
	{ "Mozilla/5.0 (Windows NT 10.0) Chrome/140", NULL },
};

static void
test_signatures(void **state)
{
	struct provider_catalogue *c;
	char err[256] = "";

	(void)state;
	if (provider_load(WEIR_SOURCE_ROOT "/rules/ai", &c, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	for (size_t i = 0; i < sizeof(path_cases) / sizeof(path_cases[0]); i++) {
		const char *got = signature_service(c, guarded(path_cases[i].name));

		print_message("%s\n", path_cases[i].name);
		assert_string_equal(got == NULL ? "" : got,
				    path_cases[i].want == NULL ? "" : path_cases[i].want);
	}
	for (size_t i = 0; i < sizeof(agent_cases) / sizeof(agent_cases[0]); i++) {
		const char *got = signature_client(c, guarded(agent_cases[i].name));

		print_message("%s\n", agent_cases[i].name);
		assert_string_equal(got == NULL ? "" : got,
				    agent_cases[i].want == NULL ? "" : agent_cases[i].want);
	}
	assert_string_equal(signature_engine(c, guarded("Server"), guarded("llama.cpp b42")),
			    "llama.cpp");
	assert_null(signature_engine(c, guarded("Server"), guarded("nginx")));
	assert_null(signature_engine(NULL, guarded("Server"), guarded("llama.cpp")));
	assert_null(signature_service(NULL, guarded("/a/b")));
	assert_null(signature_client(NULL, guarded("OpenAI/x")));
	provider_destroy(c);
}

static void
test_shipped(void **state)
{
	struct provider_catalogue *c;
	char err[256] = "";

	(void)state;
	if (provider_load(WEIR_SOURCE_ROOT "/rules/ai", &c, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	for (size_t i = 0; i < sizeof(shipped_cases) / sizeof(shipped_cases[0]); i++) {
		const struct shipped_case *t = &shipped_cases[i];
		const struct provider *p = provider_by_host(c, guarded(t->host));

		print_message("%s\n", t->host);
		if (t->want == NULL)
			assert_null(p);
		else
			assert_string_equal(p == NULL ? "(none)" : p->name, t->want);
	}
	provider_destroy(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns),   cmocka_unit_test(test_errors),
		cmocka_unit_test(test_load),	   cmocka_unit_test(test_shipped),
		cmocka_unit_test(test_signatures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
