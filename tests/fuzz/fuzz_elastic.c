/* Input: a byte of flags, then method, path and User-Agent, a line each. */
#include "classify/elastic.h"
#include "tests/support/fuzz_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct elastic_operation o;
	struct elastic_request r;
	struct span rest;

	if (len == 0)
		return 0;
	rest = span_of(data + 1, len - 1);
	r.method = fuzz_line(&rest);
	r.path = fuzz_line(&rest);
	r.user_agent = fuzz_line(&rest);
	r.product = (data[0] & 1) != 0;
	r.json = (data[0] & 2) != 0;
	if (!elastic_read(&r, &o)) {
		if (r.product)
			abort();
		return 0;
	}
	if (o.system == NULL || o.class >= NR_DB_CLASSES || (!r.product && !r.json))
		abort();
	fuzz_within(o.index, r.path.p, r.path.len);
	for (size_t i = 0; i < o.index.len; i++) {
		if (o.index.p[i] == '/')
			abort();
	}
	return 0;
}
