/* Model files: how they begin, and where they are fetched from; and what only looks like one. */
#include "tests/support/unit.h"

#include "classify/ai/model_file.h"

#define BYTES(text)    text, sizeof(text) - 1
#define ZIP(len, name) "PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" len "\0\0\0" name

static const struct file_case {
	const char *name;
	const char *path;
	const char *body;
	size_t len;
	const char *header; /* of the answer */
	bool hub;
	const char *want; /* provider dialect format model tag file, or NULL */
} file_cases[] = {
	{ "gguf", "/m", BYTES("GGUF\3\0\0\0rest"), .want = "- - gguf - - -" },
	{ "gguf, other byte order", "/m", BYTES("GGUF\0\0\0\3rest"), .want = "- - gguf - - -" },
	{ "gguf of no version", "/m", BYTES("GGUF\x09\0\0\0rest") },
	{ "gguf, cut", "/m", BYTES("GGUF\3\0\0") },
	{ "a text that begins so", "/m", BYTES("GGUF is a file format") },
	{ "safetensors", "/m", BYTES("\x40\0\0\0\0\0\0\0{\"w\":{\"dtype\":\"F16\",\"shape\":[1]}}"),
	  .want = "- - safetensors - - -" },
	{ "safetensors, metadata first", "/m",
	  BYTES("\x40\0\0\0\0\0\0\0{\"__metadata__\":{\"format\":\"pt\"}}"),
	  .want = "- - safetensors - - -" },
	{ "safetensors of a length that cannot be", "/m",
	  BYTES("\x40\0\0\0\0\0\0\1{\"w\":{\"dtype\":\"F16\"}}") },
	{ "JSON behind eight bytes", "/m", BYTES("\x40\0\0\0\0\0\0\0{\"a\":{\"type\":\"F16\"}}") },
	{ "pytorch", "/m", BYTES(ZIP("\x10", "archive/data.pkl")), .want = "- - pytorch - - -" },
	{ "another zip", "/m", BYTES(ZIP("\x10", "archive/data.txt")) },
	{ "a zip whose name is cut", "/m", BYTES(ZIP("\x20", "archive/data.pkl")) },
	{ "hub", "/meta/llama/resolve/main/a/b.bin", BYTES("x"), .hub = true,
	  .want = "- huggingface.resolve - meta/llama main a/b.bin" },
	{ "hub's headers on a mirror", "/meta/llama/resolve/main/config.json", BYTES("{}"),
	  "X-Repo-Commit",
	  .want = "model_hub.huggingface huggingface.resolve - meta/llama main config.json" },
	{ "a mirror that sends a model", "/meta/llama/resolve/main/m.gguf", BYTES("GGUF\3\0\0\0"),
	  .want = "- huggingface.resolve gguf meta/llama main m.gguf" },
	{ "a path of another's", "/meta/llama/resolve/main/b.bin", BYTES("x") },
	{ "a data set", "/datasets/imdb/resolve/main/b.parquet", BYTES("x"), .hub = true },
	{ "hub, no file", "/meta/llama/resolve/main", BYTES("x"), .hub = true },
	{ "hub, a page", "/meta/llama", BYTES("x"), .hub = true },
	{ "ollama's manifest", "/v2/library/llama3/manifests/8b",
	  BYTES("{\"layers\":[{\"mediaType\":\"application/vnd.ollama.image.model\"}]}"),
	  .want = "model_hub.ollama ollama.registry - library/llama3 8b -" },
	{ "an image's manifest", "/v2/library/nginx/manifests/1",
	  BYTES("{\"layers\":[{\"mediaType\":\"application/vnd.docker.image.rootfs\"}]}") },
	{ "ollama's blob", "/v2/library/llama3/blobs/sha256:1f", BYTES("GGUF\3\0\0\0"),
	  .want = "- ollama.registry gguf library/llama3 - sha256:1f" },
	{ "an image's blob", "/v2/library/nginx/blobs/sha256:1f", BYTES("\x1f\x8b\x08") },
	{ "nothing", "/", BYTES("") },
};

static void
describe(const struct model_download *d, char *out, size_t cap)
{
	snprintf(out, cap, "%s %s %s %.*s %.*s %.*s", d->provider != NULL ? d->provider : "-",
		 d->dialect != NULL ? d->dialect : "-", d->format != NULL ? d->format : "-",
		 d->model.len != 0 ? (int)d->model.len : 1,
		 d->model.len != 0 ? (const char *)d->model.p : "-",
		 d->tag.len != 0 ? (int)d->tag.len : 1,
		 d->tag.len != 0 ? (const char *)d->tag.p : "-",
		 d->file.len != 0 ? (int)d->file.len : 1,
		 d->file.len != 0 ? (const char *)d->file.p : "-");
}

static void
check(const struct file_case *t, size_t first, size_t step)
{
	struct model_file f = { 0 };
	struct model_download d;
	char got[512];
	size_t at = 0;

	if (t->header != NULL) {
		struct http_field field =
		    http_field_of(span_of(t->header, strlen(t->header)), span_of(NULL, 0));

		model_file_header(&f, &field);
	}
	while (at < t->len) {
		size_t n = at == 0 ? first : step;

		if (n > t->len - at)
			n = t->len - at;
		if (model_file_wants(&f))
			model_file_push(&f, (const uint8_t *)t->body + at, n);
		at += n;
	}
	assert_int_equal(model_file_read(&f, span_of(t->path, strlen(t->path)), t->hub, &d),
			 t->want != NULL);
	if (t->want == NULL)
		return;
	describe(&d, got, sizeof(got));
	assert_string_equal(got, t->want);
}

static void
test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(file_cases) / sizeof(file_cases[0]); i++) {
		const struct file_case *t = &file_cases[i];

		print_message("%s\n", t->name);
		check(t, SIZE_MAX, 1);
		check(t, 1, 1);
		for (size_t cut = 1; cut < t->len; cut++)
			check(t, cut, SIZE_MAX);
	}
}

/* A body of any size costs the same. */
static void
test_only_the_beginning_is_kept(void **state)
{
	static uint8_t body[4 * MODEL_FILE_HEAD];
	struct model_file f = { 0 };
	struct model_download d;

	(void)state;
	memcpy(body, "GGUF\3\0\0\0", 8);
	model_file_push(&f, body, sizeof(body));
	assert_int_equal(f.len, MODEL_FILE_HEAD);
	assert_false(model_file_wants(&f));
	assert_true(model_file_read(&f, span_of("/", 1), false, &d));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_only_the_beginning_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
