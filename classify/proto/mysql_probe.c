/*
 * Is it MySQL? The greeting of the server, which a log-in may come before in a mirror, or a
 * statement of a connection joined midway.
 */
#include "classify/proto/mysql.h"
#include "classify/proto/probe.h"

/*
 * A client's log-in to MySQL, or its wish for TLS, as far as it goes: length (3, little endian) |
 * sequence 1 | flags 4 | greatest packet 4 | character set 1 | 19 zeros, and 4 bytes of MariaDB's.
 */
static bool
mysql_login(struct span s)
{
	if (s.len == 0 || (s.len > 2 && s.p[2] != 0) || (s.len > 3 && s.p[3] != 1))
		return false;
	if (s.len > 1 && (s.p[0] | s.p[1] << 8) < 32)
		return false;
	for (size_t i = 13; i < s.len && i < 32; i++) {
		if (s.p[i] != 0)
			return false;
	}
	return true;
}

/*
 * MySQL greets first: length (3, little endian) | sequence 0 | protocol 10 | version text and NUL.
 * Or refuses: 0xff and an error number.
 */
enum probe_answer
mysql_probe(const struct detect_input *in)
{
	struct span s = in->resp;
	uint32_t len;
	size_t i;

	if (in->orig_midstream && mysql_asks(in->orig))
		return PROBE_YES;
	if (in->resp_midstream)
		return PROBE_NO;
	/* The greeting that it answers is still to come, in a mirror that brings it late. */
	if (s.len == 0)
		return mysql_login(in->orig) ? PROBE_MAYBE : PROBE_NO;
	if (s.len < 6)
		return (s.len > 2 && s.p[2] != 0) || (s.len > 3 && s.p[3] != 0) ? PROBE_NO
										: PROBE_MAYBE;
	len = (uint32_t)s.p[0] | (uint32_t)s.p[1] << 8 | (uint32_t)s.p[2] << 16;
	if (s.p[3] != 0 || len < 8 || len > 512)
		return PROBE_NO;
	if (s.p[4] == 0xff)
		return probe_port_is(in, 3306) ? PROBE_YES : PROBE_NO;
	if (s.p[4] != 10 && s.p[4] != 9)
		return PROBE_NO;
	for (i = 5; i < s.len && s.p[i] != 0; i++) {
		if (s.p[i] < 0x20 || s.p[i] > 0x7e || i > 64)
			return PROBE_NO;
	}
	if (i == s.len)
		return PROBE_MAYBE;
	return i > 7 ? PROBE_YES : PROBE_NO;
}
