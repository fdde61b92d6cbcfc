/*
 * TLS over TCP. A server that speaks HTTP in the clear answers a hello in HTTP, if only to say that
 * this is the wrong port: what it says is found out then, and the flow is of that.
 */
#include "classify/tls_flow.h"
#include "classify/tls_inside.h"
#include "classify/tls_shape.h"

struct tls_conn {
	struct tls_flow flow;
	struct tls tls;
	struct tls_shape *shape;   /* or NULL */
	struct tls_inside *inside; /* or NULL: what secrets can open */
	bool answered;		   /* the server's first byte was seen, or lost */
};

static void
handshake(void *arg, const struct tls_facts *f)
{
	struct tls_conn *t = arg;

	t->inside = tls_inside_hellos(t->inside, f);
	t->flow.decrypted = tls_inside_has_secrets(t->inside);
	tls_flow_handshake(&t->flow, f, NULL);
	t->flow.decrypted = false; /* until they have opened something */
}

static void
tls_conn_open(struct conn_env *env, struct conn *c, void *state)
{
	struct tls_conn *t = state;

	t->answered = c->info.midstream[CONN_RESP];
	tls_flow_open(&t->flow, env, c);
	tls_init(&t->tls, 't', &env->message_buffers);
	t->shape = tls_shape_open(&t->flow);
	t->inside = tls_inside_open(env, c);
}

/* sealed is how many of the bytes are ciphertext. */
static void
look_inside(struct tls_conn *t, enum conn_dir dir, const uint8_t *data, size_t len, uint64_t sealed)
{
	t->inside = tls_inside_push(t->inside, tls_so_far(&t->tls), dir, data, len, sealed);
	t->flow.decrypted = tls_inside_is_open(t->inside);
}

static size_t
tls_conn_push(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir,
	      const uint8_t *data, size_t len)
{
	struct tls_conn *t = state;
	uint64_t clear = t->tls.clear_bytes, encrypted = t->tls.encrypted_bytes;
	uint64_t unsynced = t->tls.unsynced_bytes;

	/* No type of a record, nor what SSL 2 begins with. */
	if (dir == CONN_RESP && !t->answered && data[0] == 'H') {
		conn_become(c, PROTOCOL_UNKNOWN);
		return 0;
	}
	t->answered = t->answered || dir == CONN_RESP;
	tls_push(&t->tls, dir, data, len, handshake, t);
	tls_shape_push(t->shape, dir, data, len);
	conn_inspected(env, c, t->tls.clear_bytes - clear);
	encrypted = t->tls.encrypted_bytes - encrypted;
	if (t->inside == NULL)
		conn_skipped(env, c, CONN_SKIP_ENCRYPTED, encrypted);
	else
		look_inside(t, dir, data, len, encrypted);
	conn_skipped(env, c, CONN_SKIP_UNSYNCED, t->tls.unsynced_bytes - unsynced);
	return len;
}

static void
tls_conn_gap(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir, uint64_t len)
{
	struct tls_conn *t = state;

	(void)env, (void)c;
	t->answered = t->answered || dir == CONN_RESP;
	tls_gap(&t->tls, dir, len, handshake, t);
	tls_shape_gap(t->shape, dir, len);
	tls_inside_gap(t->inside, dir, len);
}

static void
tls_conn_half_close(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir)
{
	struct tls_conn *t = state;

	(void)env, (void)c;
	tls_shape_half_close(t->shape, dir);
	tls_inside_half_close(t->inside, dir);
}

/* The hellos not when one direction closes: the other may still bring its hello. */
static void
tls_conn_finish(struct conn_env *env, struct conn *c, void *state)
{
	struct tls_conn *t = state;

	(void)env, (void)c;
	tls_end(&t->tls, handshake, t);
	tls_shape_finish(t->shape);
	tls_inside_finish(t->inside);
}

static void
tls_conn_describe(const struct conn_env *env, const struct conn *c, const void *state,
		  struct record *r)
{
	const struct tls_conn *t = state;

	(void)env;
	/* Of TLS inside TLS the flow is told as what can be seen of it from outside. */
	if (!conn_is_decrypted(c)) {
		tls_flow_describe(&t->flow, r);
		tls_shape_describe(t->shape, r);
	}
	tls_inside_describe(t->inside, r);
}

static void
tls_conn_next_part(void *state)
{
	struct tls_conn *t = state;

	tls_shape_next_part(t->shape);
	tls_inside_next_part(t->inside);
}

static void
tls_conn_close(struct conn_env *env, struct conn *c, void *state)
{
	struct tls_conn *t = state;

	(void)env, (void)c;
	tls_fini(&t->tls);
	tls_shape_close(t->shape);
	tls_inside_close(t->inside);
}

const struct conn_proto conn_tls = {
	.state_bytes = sizeof(struct tls_conn),
	.open = tls_conn_open,
	.push = tls_conn_push,
	.gap = tls_conn_gap,
	.half_close = tls_conn_half_close,
	.finish = tls_conn_finish,
	.describe = tls_conn_describe,
	.next_part = tls_conn_next_part,
	.close = tls_conn_close,
};
