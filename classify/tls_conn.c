/*
 * TLS over TCP.
 */
#include "classify/tls_flow.h"

struct tls_conn {
	struct tls_flow flow;
	struct tls tls;
};

static void
handshake(void *arg, const struct tls_facts *f)
{
	struct tls_conn *t = arg;

	tls_flow_handshake(&t->flow, f, NULL);
}

static void
tls_conn_open(struct conn_env *env, struct conn *c, void *state)
{
	struct tls_conn *t = state;

	tls_flow_open(&t->flow, env, c);
	tls_init(&t->tls, 't', &env->message_buffers);
}

static size_t
tls_conn_push(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir,
	      const uint8_t *data, size_t len)
{
	struct tls_conn *t = state;
	uint64_t clear = t->tls.clear_bytes, encrypted = t->tls.encrypted_bytes;
	uint64_t unsynced = t->tls.unsynced_bytes;

	tls_push(&t->tls, dir, data, len, handshake, t);
	conn_inspected(env, c, t->tls.clear_bytes - clear);
	conn_skipped(env, c, CONN_SKIP_ENCRYPTED, t->tls.encrypted_bytes - encrypted);
	conn_skipped(env, c, CONN_SKIP_UNSYNCED, t->tls.unsynced_bytes - unsynced);
	return len;
}

static void
tls_conn_gap(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir, uint64_t len)
{
	struct tls_conn *t = state;

	(void)env, (void)c;
	tls_gap(&t->tls, dir, len, handshake, t);
}

/* Not when one direction closes: the other may still bring its hello. */
static void
tls_conn_finish(struct conn_env *env, struct conn *c, void *state)
{
	struct tls_conn *t = state;

	(void)env, (void)c;
	tls_end(&t->tls, handshake, t);
}

static void
tls_conn_describe(const struct conn_env *env, const struct conn *c, const void *state,
		  struct record *r)
{
	const struct tls_conn *t = state;

	(void)env, (void)c;
	tls_flow_describe(&t->flow, r);
}

static void
tls_conn_close(struct conn_env *env, struct conn *c, void *state)
{
	struct tls_conn *t = state;

	(void)env, (void)c;
	tls_fini(&t->tls);
}

const struct conn_proto conn_tls = {
	.state_bytes = sizeof(struct tls_conn),
	.open = tls_conn_open,
	.push = tls_conn_push,
	.gap = tls_conn_gap,
	.finish = tls_conn_finish,
	.describe = tls_conn_describe,
	.close = tls_conn_close,
};
