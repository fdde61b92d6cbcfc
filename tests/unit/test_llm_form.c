/* llm: requests that come as a form, with a batch in a file or beside a picture. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/llm_run.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_upload),
		cmocka_unit_test(test_form_prompt),
		cmocka_unit_test(test_upload_gap),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
