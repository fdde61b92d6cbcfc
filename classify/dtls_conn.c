/*
 * TLS over datagrams.
 */
#include "classify/proto/dtls.h"
#include "classify/tls_flow.h"

struct dtls_conn {
	struct tls_flow flow;
	struct dtls dtls;
};

static void
handshake(void *arg, const struct tls_facts *f)
{
	struct dtls_conn *d = arg;

	tls_flow_handshake(&d->flow, f, NULL);
}

static void
dtls_open(struct conn_env *env, struct conn *c, void *state)
{
	struct dtls_conn *d = state;

	tls_flow_open(&d->flow, env, c);
	dtls_init(&d->dtls, &env->message_buffers);
}

static size_t
dtls_conn_push(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir,
	       const uint8_t *data, size_t len)
{
	struct dtls_conn *d = state;
	uint64_t clear = d->dtls.clear_bytes, encrypted = d->dtls.encrypted_bytes;

	dtls_push(&d->dtls, dir, data, len, handshake, d);
	conn_inspected(env, c, d->dtls.clear_bytes - clear);
	conn_skipped(env, c, CONN_SKIP_ENCRYPTED, d->dtls.encrypted_bytes - encrypted);
	return len;
}

static void
dtls_finish(struct conn_env *env, struct conn *c, void *state)
{
	struct dtls_conn *d = state;

	(void)env, (void)c;
	dtls_end(&d->dtls, handshake, d);
}

static void
dtls_describe(const struct conn_env *env, const struct conn *c, const void *state, struct record *r)
{
	const struct dtls_conn *d = state;

	(void)env, (void)c;
	tls_flow_describe(&d->flow, r);
}

static void
dtls_close(struct conn_env *env, struct conn *c, void *state)
{
	struct dtls_conn *d = state;

	(void)env, (void)c;
	dtls_fini(&d->dtls);
}

const struct conn_proto conn_dtls = {
	.state_bytes = sizeof(struct dtls_conn),
	.open = dtls_open,
	.push = dtls_conn_push,
	.finish = dtls_finish,
	.describe = dtls_describe,
	.close = dtls_close,
};
