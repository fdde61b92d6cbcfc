/*
 * Bit 0 of the first byte: UDP; bits 1, 2: midstream. The second says how much is the client's, 255
 * as much as is looked at; then come both ports.
 *
 * What is found from all bytes must be what is found, or still waited for, from fewer of either
 * side. Not so where a side was joined midway: there the end of a segment is a hint, since
 * statements and frames mostly end with one.
 */
#include <stdlib.h>

#include "classify/proto/detect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* want, protocol: what more of the bytes say. */
static void
check_prefix(const struct detect_input *in, enum detect_verdict want, enum protocol protocol)
{
	enum protocol early = NR_PROTOCOLS;
	enum detect_verdict verdict = detect(in, &early);

	if (verdict == DETECT_MORE)
		return;
	if (verdict != want || (verdict == DETECT_FOUND && early != protocol))
		abort();
}

/* Whichever side spoke last was shorter before. */
static void
check_prefixes(const struct detect_input *whole, enum detect_verdict want, enum protocol protocol)
{
	if (whole->udp || whole->orig_midstream || whole->resp_midstream)
		return;
	for (size_t n = 1; n < whole->orig.len; n++) {
		struct detect_input in = *whole;

		in.orig.len = n;
		check_prefix(&in, want, protocol);
	}
	for (size_t n = 1; n < whole->resp.len; n++) {
		struct detect_input in = *whole;

		in.resp.len = n;
		check_prefix(&in, want, protocol);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	enum protocol protocol = NR_PROTOCOLS;
	enum detect_verdict verdict;
	struct detect_input in;
	size_t orig, resp;

	if (len < 4)
		return 0;
	orig = data[1] == 255 ? DETECT_BYTES : data[1];
	if (orig > len - 4)
		orig = len - 4;
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
	verdict = detect(&in, &protocol);
	if (verdict == DETECT_FOUND && protocol >= NR_PROTOCOLS)
		abort();
	check_prefixes(&in, verdict, protocol);
	free(a);
	free(b);
	return 0;
}
