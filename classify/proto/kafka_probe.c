/* Is it Kafka? The header of a request. */
#include "classify/proto/probe.h"
#include "dataplane/port/cursor.h"

/*
 * Kafka request header: size | api key | api version | correlation id | client id as a counted
 * string (-1: none). Keys and versions are small, and the client id is printable.
 */
enum probe_answer
kafka_probe(const struct detect_input *in)
{
	struct span s = in->orig;
	uint32_t size;
	uint16_t id_len;
	size_t shown;

	if (s.len == 0 || s.p[0] != 0 || (s.len > 4 && s.p[4] != 0) || (s.len > 6 && s.p[6] != 0))
		return PROBE_NO;
	if (s.len < 14)
		return PROBE_MAYBE;
	size = read_be32(s.p);
	id_len = read_be16(s.p + 12);
	if (size < 10 || read_be16(s.p + 4) > 92 || read_be16(s.p + 6) > 20)
		return PROBE_NO;
	if (id_len == 0xffff || id_len == 0)
		return probe_port_is(in, 9092) ? PROBE_YES : PROBE_NO;
	if (id_len > size - 10)
		return PROBE_NO;
	shown = id_len < 16 ? id_len : 16;
	if (shown > s.len - 14)
		return probe_printable(probe_from(s, 14)) ? PROBE_MAYBE : PROBE_NO;
	return probe_printable(span_of(s.p + 14, shown)) ? PROBE_YES : PROBE_NO;
}
