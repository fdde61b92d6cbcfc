/*
 * SOCKS 4, 4a and 5 (RFC 1928, RFC 1929): how a client tells a proxy where to connect to. What
 * follows is a connection of its own (tunnel.h). Of the negotiation nothing is
 * kept or scanned: it holds addresses, and passwords. The flow stays one of SOCKS.
 *
 * Both sides are walked through by lengths alone:
 *
 *   5  client   5 | n | methods       [1 | n | user | n | password]   5 | command | 0 | address
 *      server   5 | method            [1 | status]                    5 | reply | 0 | address
 *   4  client   4 | command | port 2 | address 4 | user NUL [| name NUL]     (4a: address 0.0.0.x)
 *      server   0 | reply | 6
 *
 * The server's last answer ends it. When the client goes on before that was seen, it has been lost.
 *
 * Limits: after a gap in the negotiation, or an authentication by GSSAPI, what follows is not
 * parsed; UDP and incoming connections (BIND has two answers) are not followed.
 */
#include <string.h>

#include "classify/proto/probe.h"
#include "classify/tunnel.h"

#define SOCKS_PASSWORD 1u /* version of the sub-negotiation */

/* What the bytes at hand belong to. */
enum step {
	STEP_MESSAGE, /* the first byte of a message */
	STEP_SKIP,    /* left bytes */
	STEP_COUNT,   /* one byte that says how many follow */
	STEP_TEXT,    /* up to a NUL */
	STEP_HEAD,    /* left bytes of a head, then an address by its last byte */
	STEP_DONE,
};

struct socks_side {
	uint8_t step;  /* enum step */
	uint8_t then;  /* STEP_COUNT, STEP_TEXT: how many more of them */
	uint8_t at;    /* in the head */
	uint16_t left; /* of what is skipped */
	bool last;     /* this message ends the negotiation */
	uint8_t head[9];
};

struct socks_conn {
	struct socks_side side[2];
	bool greeted[2];
	bool lost;
	struct tunnel tunnel;
};

/* A message of the client's begins with this byte. */
static void
begin_client(struct socks_conn *s, struct socks_side *d, uint8_t b)
{
	if (b == 5 && !s->greeted[CONN_ORIG])
		*d = (struct socks_side) { .step = STEP_COUNT, .then = 1 };
	else if (b == 5)
		*d = (struct socks_side) { .step = STEP_HEAD, .left = 4, .at = 1, .last = true };
	else if (b == 4 && !s->greeted[CONN_ORIG])
		*d = (struct socks_side) { .step = STEP_HEAD, .left = 8, .at = 1, .last = true };
	else if (b == SOCKS_PASSWORD && s->greeted[CONN_ORIG])
		*d = (struct socks_side) { .step = STEP_COUNT, .then = 2 };
	else
		s->lost = true;
	d->head[0] = b;
	s->greeted[CONN_ORIG] = true;
}

static void
begin_server(struct socks_conn *s, struct socks_side *d, uint8_t b)
{
	if (b == 5 && !s->greeted[CONN_RESP])
		*d = (struct socks_side) { .step = STEP_SKIP, .left = 1 };
	else if (b == 5)
		*d = (struct socks_side) { .step = STEP_HEAD, .left = 4, .at = 1, .last = true };
	else if (b == 0 && !s->greeted[CONN_RESP])
		*d = (struct socks_side) { .step = STEP_SKIP, .left = 7, .last = true };
	else if (b == SOCKS_PASSWORD && s->greeted[CONN_RESP])
		*d = (struct socks_side) { .step = STEP_SKIP, .left = 1 };
	else
		s->lost = true;
	d->head[0] = b;
	s->greeted[CONN_RESP] = true;
}

static void
end_message(struct socks_side *d)
{
	d->step = d->last ? STEP_DONE : STEP_MESSAGE;
}

/* Version 5 ends with an address: type 1 | IPv4, 3 | counted name, 4 | IPv6; and a port. */
static void
end_head_5(struct socks_conn *s, struct socks_side *d)
{
	switch (d->head[3]) {
	case 1:
	case 4:
		d->step = STEP_SKIP;
		d->left = d->head[3] == 1 ? 6 : 18;
		break;
	case 3:
		d->step = STEP_COUNT;
		d->then = 1;
		break;
	default:
		s->lost = true;
	}
}

static void
end_head(struct socks_conn *s, struct socks_side *d)
{
	static const uint8_t zeros[3];

	if (d->head[0] == 5) {
		end_head_5(s, d);
		return;
	}
	d->step = STEP_TEXT;
	d->then = memcmp(d->head + 4, zeros, 3) == 0 && d->head[7] != 0 ? 2 : 1;
}

/* A count is n bytes of text; behind a name of version 5 stands the port. */
static void
count(struct socks_side *d, uint8_t n)
{
	d->then--;
	d->left = (uint16_t)(n + (d->last ? 2 : 0));
	d->step = STEP_SKIP;
}

static void
end_skip(struct socks_side *d)
{
	if (d->then != 0)
		d->step = STEP_COUNT;
	else
		end_message(d);
}

static void
take_byte(struct socks_conn *s, enum conn_dir dir, uint8_t b)
{
	struct socks_side *d = &s->side[dir];

	switch ((enum step)d->step) {
	case STEP_MESSAGE:
		if (dir == CONN_ORIG)
			begin_client(s, d, b);
		else
			begin_server(s, d, b);
		break;
	case STEP_SKIP:
		if (--d->left == 0)
			end_skip(d);
		break;
	case STEP_COUNT:
		count(d, b);
		if (d->left == 0)
			end_skip(d);
		break;
	case STEP_TEXT:
		if (b == 0 && --d->then == 0)
			end_message(d);
		break;
	case STEP_HEAD:
		d->head[d->at++] = b;
		if (d->at == d->left)
			end_head(s, d);
		break;
	case STEP_DONE:
		break;
	}
}

static bool
is_over(const struct socks_conn *s)
{
	return s->side[CONN_ORIG].step == STEP_DONE && s->side[CONN_RESP].step == STEP_DONE;
}

static size_t
socks_push(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir,
	   const uint8_t *data, size_t len)
{
	struct socks_conn *s = state;
	size_t n = 0;

	while (n < len && !s->lost && s->side[dir].step != STEP_DONE)
		take_byte(s, dir, data[n++]);
	conn_inspected(env, c, n);
	/* Who goes on has been answered, or has answered: the other half was lost. */
	if (!s->lost && n < len && !is_over(s))
		s->side[CONN_ORIG].step = s->side[CONN_RESP].step = STEP_DONE;
	if (s->lost)
		conn_skipped(env, c, CONN_SKIP_NOT_PARSED, len - n);
	else
		tunnel_push(&s->tunnel, env, c, dir, data + n, len - n);
	return len;
}

static bool
socks_between(const void *state, enum conn_dir dir)
{
	const struct socks_conn *s = state;

	return s->lost || s->side[dir].step == STEP_MESSAGE || s->side[dir].step == STEP_DONE;
}

static void
socks_gap(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir, uint64_t len)
{
	struct socks_conn *s = state;

	(void)c;
	s->lost = s->lost || !is_over(s);
	tunnel_gap(&s->tunnel, env, dir, len);
}

static void
socks_half_close(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir)
{
	struct socks_conn *s = state;

	(void)c;
	tunnel_half_close(&s->tunnel, env, dir);
}

static void
socks_finish(struct conn_env *env, struct conn *c, void *state)
{
	struct socks_conn *s = state;

	(void)c;
	tunnel_finish(&s->tunnel, env);
}

static void
socks_describe(const struct conn_env *env, const struct conn *c, const void *state,
	       struct record *r)
{
	const struct socks_conn *s = state;

	(void)c;
	tunnel_describe(&s->tunnel, env, r);
}

static void
socks_next_part(void *state)
{
	struct socks_conn *s = state;

	tunnel_next_part(&s->tunnel);
}

static void
socks_close(struct conn_env *env, struct conn *c, void *state)
{
	struct socks_conn *s = state;

	(void)c;
	tunnel_close(&s->tunnel, env);
}

const struct conn_proto conn_socks = {
	.state_bytes = sizeof(struct socks_conn),
	.push = socks_push,
	.gap = socks_gap,
	.between = socks_between,
	.half_close = socks_half_close,
	.finish = socks_finish,
	.describe = socks_describe,
	.next_part = socks_next_part,
	.close = socks_close,
};

/* Of SOCKS' methods 0x0a to 0x7f are free: who names one of them speaks something else. */
static bool
socks_methods(struct span methods)
{
	for (size_t i = 0; i < methods.len; i++) {
		if (methods.p[i] >= 0x0a && methods.p[i] <= 0x7f)
			return false;
	}
	return true;
}

/*
 * SOCKS 5 (RFC 1928): 5 | number of methods | methods, and the server: 5 | one of them, or none.
 * SOCKS 4: 4 | command 1 or 2 | port 2 | address 4 | user and NUL, and the server: 0 | 90 to 93
 * | 6. Either half alone is too plain to be believed.
 */
enum probe_answer
socks_probe(const struct detect_input *in)
{
	struct span q = in->orig, a = in->resp;

	if (in->orig_midstream || in->resp_midstream || q.len == 0)
		return PROBE_NO;
	if (q.p[0] == 4) {
		if ((q.len > 1 && q.p[1] != 1 && q.p[1] != 2) || (a.len > 0 && a.p[0] != 0))
			return PROBE_NO;
		if (a.len > 1 && (a.p[1] < 90 || a.p[1] > 93))
			return PROBE_NO;
		return q.len < 9 || a.len < 8 ? PROBE_MAYBE : PROBE_YES;
	}
	if (q.p[0] != 5 || (q.len > 1 && q.p[1] == 0) || (a.len > 0 && a.p[0] != 5))
		return PROBE_NO;
	if (q.len < 2)
		return PROBE_MAYBE;
	if (!socks_methods(span_of(q.p + 2, q.len - 2 < q.p[1] ? q.len - 2 : q.p[1])))
		return PROBE_NO;
	if (q.len < 2u + q.p[1] || a.len < 2)
		return PROBE_MAYBE;
	return a.p[1] == 0xff || memchr(q.p + 2, a.p[1], q.p[1]) != NULL ? PROBE_YES : PROBE_NO;
}
