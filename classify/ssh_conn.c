/*
 * SSH says who it is in one line of at most 255 bytes (RFC 4253 section 4.2) and is ciphertext from
 * there on.
 */
#include "classify/conn_env.h"
#include "classify/proto/probe.h"

struct ssh_conn {
	bool told[2]; /* the line is over */
};

static size_t
ssh_push(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir, const uint8_t *data,
	 size_t len)
{
	struct ssh_conn *s = state;
	const uint8_t *end = s->told[dir] ? NULL : memchr(data, '\n', len);
	size_t clear = s->told[dir] ? 0 : end == NULL ? len : (size_t)(end - data) + 1;

	s->told[dir] = s->told[dir] || end != NULL;
	conn_inspected(env, c, clear);
	conn_skipped(env, c, CONN_SKIP_ENCRYPTED, len - clear);
	return len;
}

static void
ssh_gap(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir, uint64_t len)
{
	struct ssh_conn *s = state;

	(void)env, (void)c, (void)len;
	s->told[dir] = true;
}

const struct conn_proto conn_ssh = {
	.state_bytes = sizeof(struct ssh_conn),
	.push = ssh_push,
	.gap = ssh_gap,
};

enum probe_answer
ssh_probe(const struct detect_input *in)
{
	return probe_either(probe_begins(in->orig, "SSH-"), probe_begins(in->resp, "SSH-"));
}
