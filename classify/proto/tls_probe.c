/* Is it TLS? A record with a hello, or the hello of SSL 2 that some still send. */
#include "classify/proto/probe.h"
#include "dataplane/port/cursor.h"

/*
 * TLS record (RFC 8446 section 5.1): type | 3.x | length, and for a handshake record the message
 * type behind it. A direction that begins with another record than a hello is believed only when
 * its beginning was missed.
 */
static enum probe_answer
tls_record(struct span s, uint8_t hello, bool midstream)
{
	if (s.len == 0 || (s.p[0] != 22 && !(midstream && s.p[0] >= 20 && s.p[0] <= 23)))
		return PROBE_NO;
	if ((s.len > 1 && s.p[1] != 3) || (s.len > 2 && s.p[2] > 4))
		return PROBE_NO;
	if (s.len < 6)
		return PROBE_MAYBE;
	if (read_be16(s.p + 3) == 0 || read_be16(s.p + 3) > (1 << 14) + 2048)
		return PROBE_NO;
	return midstream || s.p[5] == hello ? PROBE_YES : PROBE_NO;
}

/*
 * SSL 2 hello (RFC 5246 appendix E.2), still sent by some to offer TLS: length with the top bit
 * set | 1 | version | lengths of cipher list, session id and challenge.
 */
static enum probe_answer
ssl2_hello(struct span s)
{
	uint16_t version, ciphers, id, challenge;

	if (s.len == 0 || (s.p[0] & 0x80) == 0 || (s.len > 2 && s.p[2] != 1))
		return PROBE_NO;
	if (s.len < 11)
		return PROBE_MAYBE;
	version = read_be16(s.p + 3);
	ciphers = read_be16(s.p + 5);
	id = read_be16(s.p + 7);
	challenge = read_be16(s.p + 9);
	if (version != 0x0002 && (version < 0x0300 || version > 0x0303))
		return PROBE_NO;
	return ciphers != 0 && ciphers % 3 == 0 && id <= 32 && challenge >= 16 && challenge <= 32
		   ? PROBE_YES
		   : PROBE_NO;
}

enum probe_answer
tls_probe(const struct detect_input *in)
{
	enum probe_answer a = probe_either(tls_record(in->orig, 1, in->orig_midstream),
					   tls_record(in->resp, 2, in->resp_midstream));
	bool midstream = in->orig_midstream || in->resp_midstream;

	/* A server that has greeted in other words may turn to it later: see turn.h. */
	if (!midstream && in->resp.len != 0 && (in->resp.p[0] < 20 || in->resp.p[0] > 23))
		return PROBE_NO;
	return a != PROBE_NO ? a : in->orig_midstream ? PROBE_NO : ssl2_hello(in->orig);
}
