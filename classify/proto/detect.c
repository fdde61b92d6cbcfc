#include "classify/proto/detect.h"

static const char *const names[NR_PROTOCOLS] = { [PROTOCOL_UNKNOWN] = "unknown",
#define PROTOCOL_NAME(id, name, transport, probe, entry) [PROTOCOL_##id] = name,
						 PROTOCOLS(PROTOCOL_NAME)
#undef PROTOCOL_NAME
};

const char *
protocol_name(enum protocol protocol)
{
	return names[protocol];
}

enum probe_answer
detect_never(const struct detect_input *in)
{
	(void)in;
	return PROBE_NO;
}

enum transport { TRANSPORT_ANY, TRANSPORT_TCP, TRANSPORT_UDP };

struct row {
	enum protocol protocol;
	enum transport transport;
	probe_fn *probe;
};

static const struct row rows[] = {
#define PROTOCOL_ROW(id, name, transport, probe, entry) \
	{ PROTOCOL_##id, TRANSPORT_##transport, probe },
	PROTOCOLS(PROTOCOL_ROW)
#undef PROTOCOL_ROW
};

/*
 * A "maybe" holds back what comes after it in the table, so that the answer does not depend on
 * how the bytes were split.
 */
static enum probe_answer
walk(const struct detect_input *in, enum protocol *out)
{
	enum transport other = in->udp ? TRANSPORT_TCP : TRANSPORT_UDP;
	enum probe_answer a = PROBE_NO;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && a == PROBE_NO; i++) {
		if (rows[i].transport == other)
			continue;
		a = rows[i].probe(in);
		if (a == PROBE_YES)
			*out = rows[i].protocol;
	}
	return a;
}

static struct detect_input
swapped(const struct detect_input *in)
{
	return (struct detect_input) {
		.udp = in->udp,
		.orig_port = in->resp_port,
		.resp_port = in->orig_port,
		.orig = in->resp,
		.resp = in->orig,
		.orig_midstream = in->resp_midstream,
		.resp_midstream = in->orig_midstream,
	};
}

enum detect_verdict
detect(const struct detect_input *in, enum protocol *out)
{
	bool midstream = in->orig_midstream || in->resp_midstream;
	bool full = in->orig.len >= DETECT_BYTES && in->resp.len >= DETECT_BYTES;
	enum probe_answer a = walk(in, out);

	/* Joined midway, who opened is a guess. */
	if (a == PROBE_NO && midstream && !in->udp) {
		struct detect_input other = swapped(in);

		a = walk(&other, out);
	}
	if (a == PROBE_YES)
		return DETECT_FOUND;
	return a == PROBE_MAYBE && !full ? DETECT_MORE : DETECT_NONE;
}
