/*
 * The hellos of a QUIC connection, read from its Initial packets; the rest is ciphertext.
 */
#include "classify/proto/quic.h"
#include "classify/tls_flow.h"
#include "classify/tls_shape.h"

struct quic_conn {
	struct tls_flow flow;
	struct quic quic;
	struct tls_shape *shape; /* or NULL */
};

static void
handshake(void *arg, const struct tls_facts *f)
{
	struct quic_conn *q = arg;
	char version[QUIC_VERSION_CAP];

	tls_flow_handshake(&q->flow, f, quic_version_text(q->quic.version, version));
}

static void
quic_open(struct conn_env *env, struct conn *c, void *state)
{
	struct quic_conn *q = state;

	tls_flow_open(&q->flow, env, c);
	quic_init(&q->quic, &env->message_buffers, env->scratch, sizeof(env->scratch));
	q->shape = tls_shape_open_datagrams(&q->flow);
}

static size_t
quic_conn_push(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir,
	       const uint8_t *data, size_t len)
{
	struct quic_conn *q = state;
	uint64_t clear = q->quic.clear_bytes, encrypted = q->quic.encrypted_bytes;

	quic_push(&q->quic, dir, data, len, handshake, q);
	tls_shape_datagram(q->shape, dir, data, len);
	conn_inspected(env, c, q->quic.clear_bytes - clear);
	conn_skipped(env, c, CONN_SKIP_ENCRYPTED, q->quic.encrypted_bytes - encrypted);
	return len;
}

static void
quic_finish(struct conn_env *env, struct conn *c, void *state)
{
	struct quic_conn *q = state;

	(void)env, (void)c;
	quic_end(&q->quic, handshake, q);
	tls_shape_finish(q->shape);
}

static void
quic_describe(const struct conn_env *env, const struct conn *c, const void *state, struct record *r)
{
	const struct quic_conn *q = state;

	(void)env, (void)c;
	tls_flow_describe(&q->flow, r);
	tls_shape_describe(q->shape, r);
}

static void
quic_next_part(void *state)
{
	struct quic_conn *q = state;

	tls_shape_next_part(q->shape);
}

static void
quic_close(struct conn_env *env, struct conn *c, void *state)
{
	struct quic_conn *q = state;

	(void)env, (void)c;
	quic_fini(&q->quic);
	tls_shape_close(q->shape);
}

const struct conn_proto conn_quic = {
	.state_bytes = sizeof(struct quic_conn),
	.open = quic_open,
	.push = quic_conn_push,
	.finish = quic_finish,
	.describe = quic_describe,
	.next_part = quic_next_part,
	.close = quic_close,
};
