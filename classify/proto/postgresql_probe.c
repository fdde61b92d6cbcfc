/* Is it PostgreSQL? A start-up, or a statement of a connection joined midway. */
#include "classify/proto/postgresql.h"
#include "classify/proto/probe.h"
#include "dataplane/port/cursor.h"

/*
 * PostgreSQL start-up: length | 3.0 or one of the request codes 1234.5678 to 5680. An SSL request
 * that is granted turns into TLS, which a label can say only afterwards.
 */
enum probe_answer
postgresql_probe(const struct detect_input *in)
{
	uint32_t len, code;

	if (in->orig_midstream)
		return postgresql_asks(in->orig) ? PROBE_YES : PROBE_NO;
	if (in->orig.len == 0 || in->orig.p[0] != 0)
		return PROBE_NO;
	if (in->orig.len < 8)
		return in->orig.len > 1 && in->orig.p[1] != 0 ? PROBE_NO : PROBE_MAYBE;
	len = read_be32(in->orig.p);
	code = read_be32(in->orig.p + 4);
	if (code >= 0x04d2162e && code <= 0x04d21630)
		return len == 8 || len == 16 ? PROBE_YES : PROBE_NO;
	return (code == 0x00030000 || code == 0x00030002) && len >= 9 && len <= 10000 ? PROBE_YES
										      : PROBE_NO;
}
