/* Input: a byte of step, a line with the path, then what the client sends, in pieces of the step.
 */
#include "classify/ai/grpc_call.h"
#include "tests/support/fuzz_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool
read_in_pieces(struct grpc_call_head *h, struct span path, struct span body, size_t step,
	       struct grpc_call *out)
{
	*h = (struct grpc_call_head) { 0 };
	for (size_t at = 0; at < body.len && grpc_call_wants(h); at += step)
		grpc_call_push(h, body.p + at, step < body.len - at ? step : body.len - at);
	if (h->len > GRPC_CALL_HEAD || (h->len < GRPC_CALL_HEAD && h->len != body.len))
		abort();
	if (!grpc_call_read(h, path, out))
		return false;
	if (out->dialect == NULL || out->operation == NULL)
		abort();
	fuzz_within(out->model, h->bytes, h->len);
	fuzz_within(out->version, h->bytes, h->len);
	fuzz_within(out->collection, h->bytes, h->len);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct grpc_call_head heads[2];
	struct grpc_call whole, split;
	struct span path, body;
	bool is_call;

	if (len == 0)
		return 0;
	body = span_of(data + 1, len - 1);
	path = fuzz_line(&body);
	is_call = read_in_pieces(&heads[0], path, body, SIZE_MAX / 2, &whole);
	if (read_in_pieces(&heads[1], path, body, data[0] % 40u + 1, &split) != is_call)
		abort();
	if (is_call &&
	    (!fuzz_same(whole.model, split.model) || !fuzz_same(whole.version, split.version) ||
	     !fuzz_same(whole.collection, split.collection)))
		abort();
	return 0;
}
