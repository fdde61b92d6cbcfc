/*
 * Three protocols are still told from what comes later: TLS, where a stream turns into it, and
 * HTTP, where a server refuses in it what was asked (turn.h), and QUIC joined midway.
 */
#include "classify/payload_conn.h"

static void
payload_found(void *arg, const struct finding *f)
{
	struct payload_conn *p = arg;

	conn_finding(p->env, p->c, f, NULL);
}

void
payload_open(struct conn_env *env, struct conn *c, void *state)
{
	struct payload_conn *p = state;

	p->env = env;
	p->c = c;
}

void
payload_text(struct payload_conn *p, unsigned dir, const uint8_t *data, size_t len)
{
	scan_push(p->scan[dir], data, len, payload_found, p);
}

static void
scan(struct payload_conn *p, unsigned dir, const uint8_t *data, size_t len)
{
	size_t binary = 0;

	if (p->scan[dir] == NULL && !p->refused[dir]) {
		p->scan[dir] = scan_open(p->env->scanner, BUFFER_PAYLOAD);
		p->refused[dir] = p->scan[dir] == NULL;
		p->env->counters.scan_refused += p->refused[dir];
	}
	if (p->scan[dir] == NULL) {
		conn_skipped(p->env, p->c, CONN_SKIP_LIMIT, len);
		return;
	}
	if (p->reader != NULL)
		binary = p->reader->read(p, dir, data, len);
	else
		payload_text(p, dir, data, len);
	/* A reader may have held back some that were told with an earlier push. */
	binary = binary < len ? binary : len;
	conn_skipped(p->env, p->c, CONN_SKIP_BINARY, binary);
	conn_inspected(p->env, p->c, len - binary);
}

/* What was held back is no hello. */
static void
release(struct payload_conn *p)
{
	uint8_t nr_held = p->turn.nr_held;

	if (p->c->info.udp || nr_held == 0)
		return;
	p->turn.nr_held = 0;
	scan(p, p->turn.speaker - 1u, p->turn.held, nr_held);
}

static void
become(struct payload_conn *p, enum protocol protocol)
{
	conn_become_with(p->c, protocol, p->turn.held, p->turn.nr_held);
	p->turn.nr_held = 0;
}

static size_t
stream_push(struct payload_conn *p, unsigned dir, const uint8_t *data, size_t len)
{
	if (turn_holds_other(&p->turn, dir))
		release(p);
	switch (turn_push(&p->turn, dir, data, len)) {
	case TURN_HELLO:
		become(p, PROTOCOL_TLS);
		return 0;
	case TURN_HTTP:
		become(p, PROTOCOL_HTTP);
		return 0;
	case TURN_HELD:
		return len;
	case TURN_PLAIN:
		break;
	}
	release(p);
	scan(p, dir, data, len);
	return len;
}

size_t
payload_push(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir,
	     const uint8_t *data, size_t len)
{
	struct payload_conn *p = state;

	if (c->encrypted) {
		conn_skipped(env, c, CONN_SKIP_ENCRYPTED, len);
		return len;
	}
	if (!c->info.udp)
		return stream_push(p, dir, data, len);
	if ((c->info.port[0] == QUIC_PORT || c->info.port[1] == QUIC_PORT) &&
	    quic_guess(&p->guess[dir], data, len)) {
		conn_become(c, PROTOCOL_QUIC);
		return 0;
	}
	scan(p, dir, data, len);
	return len;
}

void
payload_gap(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir, uint64_t len)
{
	struct payload_conn *p = state;

	(void)env;
	release(p);
	if (p->reader != NULL)
		p->reader->gap(p, dir, len);
	if (!c->info.udp)
		turn_gap(&p->turn, dir);
	if (p->scan[dir] != NULL)
		scan_gap(p->scan[dir]);
}

void
payload_half_close(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir)
{
	struct payload_conn *p = state;

	(void)env, (void)c;
	release(p);
	if (p->reader != NULL && p->reader->end != NULL && p->scan[dir] != NULL)
		p->reader->end(p, dir);
	if (p->scan[dir] != NULL)
		scan_close(p->scan[dir], payload_found, p);
	p->scan[dir] = NULL;
}

void
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
