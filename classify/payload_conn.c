/*
 * What is recognised but not taken apart, and what is not recognised: each direction is scanned as
 * one stream, unless it is ciphertext by nature.
 */
#include "classify/conn_env.h"

struct payload_conn {
	struct conn_env *env;
	struct conn *c;
	struct scan_stream *scan[2];
	bool refused[2];
};

static void
payload_found(void *arg, const struct finding *f)
{
	struct payload_conn *p = arg;

	conn_finding(p->env, p->c, f, NULL);
}

static void
payload_open(struct conn_env *env, struct conn *c, void *state)
{
	struct payload_conn *p = state;

	p->env = env;
	p->c = c;
}

static size_t
payload_push(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir,
	     const uint8_t *data, size_t len)
{
	struct payload_conn *p = state;

	if (c->encrypted) {
		conn_skipped(env, c, CONN_SKIP_ENCRYPTED, len);
		return len;
	}
	if (p->scan[dir] == NULL && !p->refused[dir]) {
		p->scan[dir] = scan_open(env->scanner, BUFFER_PAYLOAD);
		p->refused[dir] = p->scan[dir] == NULL;
		env->counters.scan_refused += p->refused[dir];
	}
	if (p->scan[dir] == NULL) {
		conn_skipped(env, c, CONN_SKIP_LIMIT, len);
		return len;
	}
	conn_inspected(env, c, len);
	scan_push(p->scan[dir], data, len, payload_found, p);
	return len;
}

static void
payload_gap(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir, uint64_t len)
{
	struct payload_conn *p = state;

	(void)env, (void)c, (void)len;
	if (p->scan[dir] != NULL)
		scan_gap(p->scan[dir]);
}

static void
payload_half_close(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir)
{
	struct payload_conn *p = state;

	(void)env, (void)c;
	if (p->scan[dir] != NULL)
		scan_close(p->scan[dir], payload_found, p);
	p->scan[dir] = NULL;
}

static void
payload_finish(struct conn_env *env, struct conn *c, void *state)
{
	payload_half_close(env, c, state, CONN_ORIG);
	payload_half_close(env, c, state, CONN_RESP);
}

const struct conn_proto conn_payload = {
	.state_bytes = sizeof(struct payload_conn),
	.open = payload_open,
	.push = payload_push,
	.gap = payload_gap,
	.half_close = payload_half_close,
	.finish = payload_finish,
	.close = payload_finish,
};
