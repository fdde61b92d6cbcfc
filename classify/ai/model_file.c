/* Model files by path and first bytes; model_file.h is the manual. */
#include "classify/ai/model_file.h"

void
model_file_header(struct model_file *f, const struct http_field *field)
{
	f->hub_header = f->hub_header || field->is == HTTP_FIELD_X_REPO_COMMIT ||
			field->is == HTTP_FIELD_X_LINKED_ETAG || field->is == HTTP_FIELD_X_XET_HASH;
}

void
model_file_push(struct model_file *f, const uint8_t *data, size_t len)
{
	f->len = (uint16_t)span_append(f->head, f->len, MODEL_FILE_HEAD, span_of(data, len));
}

/* ------------------------------------------------------------------ how it begins */

static bool
has(const uint8_t *p, size_t len, const char *text)
{
	return memmem(p, len, text, strlen(text)) != NULL;
}

/* github.com/ggml-org/ggml, docs/gguf.md: magic 4 | version u32 */
static bool
is_gguf(const uint8_t *p, size_t len)
{
	return len >= 8 && memcmp(p, "GGUF", 4) == 0 &&
	       ((p[4] >= 1 && p[4] <= 3 && p[5] == 0 && p[6] == 0 && p[7] == 0) ||
		(p[7] >= 1 && p[7] <= 3 && p[4] == 0 && p[5] == 0 && p[6] == 0));
}

/* github.com/huggingface/safetensors: header length u64 LE, at most 100 MB | JSON */
static bool
is_safetensors(const uint8_t *p, size_t len)
{
	uint64_t n = 0;

	if (len < 16 || p[8] != '{')
		return false;
	for (unsigned i = 0; i < 8; i++)
		n |= (uint64_t)p[i] << 8 * i;
	return n >= 2 && n <= 100000000 &&
	       (has(p + 8, len - 8, "\"dtype\"") || has(p + 8, len - 8, "\"__metadata__\""));
}

/* Local file header of a zip (APPNOTE 4.3.7): length of the name at 26, the name at 30. */
static bool
is_pytorch(const uint8_t *p, size_t len)
{
	size_t name;

	if (len < 30 || memcmp(p, "PK\3\4", 4) != 0)
		return false;
	name = (size_t)p[26] | (size_t)p[27] << 8;
	return name > 9 && name <= len - 30 && memcmp(p + 30 + name - 9, "/data.pkl", 9) == 0;
}

static const char *
format_of(const struct model_file *f)
{
	if (is_gguf(f->head, f->len))
		return "gguf";
	if (is_safetensors(f->head, f->len))
		return "safetensors";
	return is_pytorch(f->head, f->len) ? "pytorch" : NULL;
}

/* ------------------------------------------------------------------ where from */

/* From the start of a to the end of b. */
static struct span
joined(struct span a, struct span b)
{
	return span_of(a.p, (size_t)(b.p + b.len - a.p));
}

/* [/datasets or /spaces are no models] /ORG/REPO/resolve/REVISION/FILE */
static bool
read_hub(struct span path, struct model_download *out)
{
	struct span org = span_next_segment(&path), repo = span_next_segment(&path);

	if (span_is(org, "datasets") || span_is(org, "spaces") || org.len == 0 || repo.len == 0 ||
	    !span_is(span_next_segment(&path), "resolve"))
		return false;
	out->tag = span_next_segment(&path);
	if (out->tag.len == 0 || path.len < 2)
		return false;
	out->model = joined(org, repo);
	out->file = span_of(path.p + 1, path.len - 1);
	return true;
}

/* /v2/NAMESPACE/MODEL/manifests/TAG or blobs/DIGEST, as any registry of images has it */
static bool
read_registry(struct span path, bool *manifest, struct model_download *out)
{
	struct span org, model, kind, last;

	if (!span_is(span_next_segment(&path), "v2"))
		return false;
	org = span_next_segment(&path);
	model = span_next_segment(&path);
	kind = span_next_segment(&path);
	last = span_next_segment(&path);
	*manifest = span_is(kind, "manifests");
	if (org.len == 0 || model.len == 0 || last.len == 0 || path.len != 0 ||
	    !(*manifest || span_is(kind, "blobs")))
		return false;
	out->model = joined(org, model);
	if (*manifest)
		out->tag = last;
	else
		out->file = last;
	return true;
}

bool
model_file_read(const struct model_file *f, struct span path, bool hub, struct model_download *out)
{
	struct model_download d = { .format = format_of(f) };
	bool manifest;

	*out = (struct model_download) { .format = d.format };
	if (read_hub(path, &d) && (hub || f->hub_header || d.format != NULL)) {
		d.dialect = "huggingface.resolve";
		d.provider = f->hub_header ? "model_hub.huggingface" : NULL;
		*out = d;
		return true;
	}
	d = (struct model_download) { .format = d.format };
	if (read_registry(path, &manifest, &d) &&
	    (manifest ? has(f->head, f->len, "application/vnd.ollama.")
		      : hub || d.format != NULL)) {
		d.dialect = "ollama.registry";
		d.provider = manifest ? "model_hub.ollama" : NULL;
		*out = d;
		return true;
	}
	return out->format != NULL;
}
