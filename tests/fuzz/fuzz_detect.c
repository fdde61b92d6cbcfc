/*
 * Bit 0 of the first byte: UDP; bits 1, 2: midstream. The second says how much is the client's.
 *
 * What is found from all bytes must be what is found, or still waited for, from fewer.
 */
#include <stdlib.h>

#include "classify/proto/detect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* protocol: found from the whole, or NR_PROTOCOLS. The side that grew last is taken back. */
static void
check_prefixes(const struct detect_input *whole, enum protocol protocol)
{
	struct detect_input in = *whole;

	if (in.udp)
		return;
	for (size_t n = 1; n < whole->orig.len && whole->resp.len == 0; n++) {
		enum protocol early = NR_PROTOCOLS;

		in.orig.len = n;
		switch (detect(&in, &early)) {
		case DETECT_FOUND:
			if (early != protocol)
				abort();
			break;
		case DETECT_NONE:
			if (protocol != NR_PROTOCOLS)
				abort();
			break;
		case DETECT_MORE:
			break;
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	enum protocol protocol = NR_PROTOCOLS;
	struct detect_input in = { 0 };
	size_t orig, resp;

	if (len < 4)
		return 0;
	orig = data[1] < len - 4 ? data[1] : len - 4;
	resp = len - 4 - orig < DETECT_BYTES ? len - 4 - orig : DETECT_BYTES;
	in = (struct detect_input) {
		.udp = (data[0] & 1) != 0,
		.orig_midstream = (data[0] & 2) != 0,
		.resp_midstream = (data[0] & 4) != 0,
		.orig_port = data[2],
		.resp_port = data[3],
	};
	/* Copies of exact length, so that a sanitizer sees a read behind either. */
	uint8_t *a = malloc(orig + 1), *b = malloc(resp + 1);

	memcpy(a + 1, data + 4, orig);
	memcpy(b + 1, data + 4 + orig, resp);
	in.orig = span_of(a + 1, orig);
	in.resp = span_of(b + 1, resp);
	if (detect(&in, &protocol) == DETECT_FOUND && protocol >= NR_PROTOCOLS)
		abort();
	check_prefixes(&in, protocol);
	free(a);
	free(b);
	return 0;
}
