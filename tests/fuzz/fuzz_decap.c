/*
 * The first byte chooses the link type; the rest are frames, each behind a length byte, that go
 * through decap and, when they are fragments, through defrag. What the short way through a plain
 * frame says of one must be what the way layer by layer says.
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/port/decap.h"
#include "dataplane/port/defrag.h"
#include "dataplane/port/plain_frame.h"

static const struct decap_options options = { .max_depth = 4 };

static void
take_both_ways(const struct packet *was, const uint8_t *frame, uint32_t len)
{
	struct packet layers = *was, plain = *was;

	if (!plain_frame_parse(&plain, 0, &options, frame, len))
		return;
	if (decap_layers(&layers, LINK_ETHERNET, 0, &options, frame, len, len) != DECAP_OK ||
	    memcmp(&plain, &layers, sizeof(plain)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct siphash_key key = { 5, 6 };
	enum link_type link;
	struct defrag *d;

	if (len == 0 || defrag_create(4, 1000000, &key, &d) != 0)
		return 0;
	link = (enum link_type)(data[0] % (LINK_UNSUPPORTED + 1));
	data++;
	len--;
	for (uint64_t time_us = 1; len > 0; time_us += 100000) {
		size_t n = data[0] < len - 1 ? data[0] : len - 1;
		struct packet p = { .time_us = time_us, .wire_bytes = (uint32_t)n };
		uint8_t *frame = malloc(n == 0 ? 1 : n);
		struct datagram out;

		memcpy(frame, data + 1, n);
		take_both_ways(&p, frame, (uint32_t)n);
		if (decap_frame(&p, link, 0, &options, frame, (uint32_t)n, (uint32_t)n) ==
			DECAP_FRAGMENT &&
		    defrag_push(d, &p, frame, &out) == DEFRAG_COMPLETE) {
			struct packet whole = { 0 };

			decap_frame(&whole, LINK_RAW_IP, 0, &options, out.data, out.len, out.len);
		}
		free(frame);
		data += n + 1;
		len -= n + 1;
	}
	defrag_destroy(d);
	return 0;
}
