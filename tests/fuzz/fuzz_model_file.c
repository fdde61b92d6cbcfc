/*
 * Input: a byte (step, and whether the host is a hub), a line with the path, one with the name of a
 * header of the answer, then its body in pieces of the step.
 */
#include "classify/ai/model_file.h"
#include "tests/support/fuzz_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool
read_in_pieces(struct span path, struct span header, struct span body, bool hub, size_t step,
	       struct model_download *out)
{
	struct http_field field = http_field_of(header, span_of(NULL, 0));
	struct model_file f = { 0 };
	bool known;

	model_file_header(&f, &field);
	for (size_t at = 0; at < body.len && model_file_wants(&f); at += step)
		model_file_push(&f, body.p + at, step < body.len - at ? step : body.len - at);
	if (f.len > MODEL_FILE_HEAD || (f.len < MODEL_FILE_HEAD && f.len != body.len))
		abort();
	known = model_file_read(&f, path, hub, out);
	if (known != (out->dialect != NULL || out->format != NULL))
		abort();
	fuzz_within(out->model, path.p, path.len);
	fuzz_within(out->tag, path.p, path.len);
	fuzz_within(out->file, path.p, path.len);
	return known;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct model_download whole, split;
	struct span path, header, body;
	bool hub, known;

	if (len == 0)
		return 0;
	hub = (data[0] & 0x80) != 0;
	body = span_of(data + 1, len - 1);
	path = fuzz_line(&body);
	header = fuzz_line(&body);
	known = read_in_pieces(path, header, body, hub, SIZE_MAX / 2, &whole);
	if (read_in_pieces(path, header, body, hub, data[0] % 40u + 1, &split) != known ||
	    whole.format != split.format || whole.dialect != split.dialect ||
	    whole.provider != split.provider || !fuzz_same(whole.model, split.model))
		abort();
	return 0;
}
