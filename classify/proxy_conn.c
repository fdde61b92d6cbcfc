/*
 * The PROXY protocol, versions 1 and 2 (haproxy.org, proxy-protocol.txt): a load balancer says in
 * front of a connection whose it is. Behind that header begins the protocol proper, in both
 * directions.
 *
 *   1   "PROXY TCP4|TCP6|UNKNOWN ..." CR LF, 107 bytes at most
 *   2   signature 12 | version 2, command 0 or 1 | family | length 2 | addresses and more
 *
 * Limits: the addresses are not told. When bytes of the header are lost, or the server speaks
 * before it is over, what follows is found out as it comes.
 */
#include "classify/conn_env.h"
#include "classify/proto/probe.h"
#include "dataplane/port/cursor.h"

#define V1_MAX_BYTES 107u
#define V2_HDR_LEN   16u

static const char v2_signature[] = "\r\n\r\n\0\r\nQUIT\n";

enum { V2_SIGNATURE_LEN = sizeof(v2_signature) - 1 };

struct proxy_conn {
	bool lost;
	uint8_t have; /* bytes of version 1's line, or of version 2's fixed part */
	uint8_t head[V2_HDR_LEN];
	uint32_t left; /* of version 2, behind its fixed part */
};

static enum probe_answer
version_1(struct span s)
{
	return probe_either(probe_either(probe_begins(s, "PROXY TCP4 "),
					 probe_begins(s, "PROXY TCP6 ")),
			    probe_begins(s, "PROXY UNKNOWN"));
}

static enum probe_answer
version_2(struct span s)
{
	size_t n = s.len < V2_SIGNATURE_LEN ? s.len : V2_SIGNATURE_LEN;

	if (n == 0 || memcmp(s.p, v2_signature, n) != 0)
		return PROBE_NO;
	if (s.len < V2_HDR_LEN)
		return s.len > V2_SIGNATURE_LEN && s.p[V2_SIGNATURE_LEN] >> 4 != 2 ? PROBE_NO
										   : PROBE_MAYBE;
	return (s.p[12] & 0xfe) == 0x20 && s.p[13] >> 4 <= 3 && (s.p[13] & 0x0f) <= 2 ? PROBE_YES
										      : PROBE_NO;
}

enum probe_answer
proxy_probe(const struct detect_input *in)
{
	return in->orig_midstream ? PROBE_NO
				  : probe_either(version_1(in->orig), version_2(in->orig));
}

/* How many bytes belong to the header; *over is set by its last. */
static size_t
take_line(struct proxy_conn *p, const uint8_t *data, size_t len, bool *over)
{
	size_t room = V1_MAX_BYTES - p->have, most = len < room ? len : room;
	const uint8_t *lf = memchr(data, '\n', most);
	size_t n = lf == NULL ? most : (size_t)(lf - data) + 1;

	p->have = (uint8_t)(p->have + n);
	*over = lf != NULL || p->have == V1_MAX_BYTES;
	return n;
}

static size_t
take_binary(struct proxy_conn *p, const uint8_t *data, size_t len, bool *over)
{
	size_t n = 0;

	for (; n < len && p->have < V2_HDR_LEN; n++) {
		p->head[p->have++] = data[n];
		if (p->have == V2_HDR_LEN)
			p->left = read_be16(p->head + 14);
	}
	if (p->have == V2_HDR_LEN) {
		size_t more = len - n < p->left ? len - n : p->left;

		p->left -= (uint32_t)more;
		n += more;
		*over = p->left == 0;
	}
	return n;
}

static size_t
proxy_push(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir,
	   const uint8_t *data, size_t len)
{
	struct proxy_conn *p = state;
	bool over = dir == CONN_RESP || p->lost;
	size_t n = 0;

	if (!over && p->have == 0)
		p->head[0] = data[0];
	if (!over)
		n = p->head[0] == 'P' ? take_line(p, data, len, &over)
				      : take_binary(p, data, len, &over);
	conn_inspected(env, c, n);
	if (over)
		conn_become(c, PROTOCOL_UNKNOWN);
	return n;
}

static void
proxy_gap(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir, uint64_t len)
{
	struct proxy_conn *p = state;

	(void)env, (void)c, (void)len;
	p->lost = p->lost || dir == CONN_ORIG;
}

const struct conn_proto conn_proxy = {
	.state_bytes = sizeof(struct proxy_conn),
	.push = proxy_push,
	.gap = proxy_gap,
};
