#include "classify/tunnel.h"

struct conn *
tunnel_begin(struct tunnel *t, struct conn_env *env, struct conn *outer, enum protocol as)
{
	struct conn_info info = outer->info;

	if (t->refused)
		return NULL;
	/* What runs inside begins here, unless its owner knows better. */
	info.midstream[0] = t->midstream[0];
	info.midstream[1] = t->midstream[1];
	t->inner = conn_open(env, &info);
	t->refused = t->inner == NULL;
	if (t->refused)
		return NULL;
	t->inner->outer = outer;
	if (as != PROTOCOL_UNKNOWN)
		conn_start_as(env, t->inner, as);
	return t->inner;
}

void
tunnel_push(struct tunnel *t, struct conn_env *env, struct conn *outer, enum conn_dir dir,
	    const uint8_t *data, size_t len)
{
	if (len == 0)
		return;
	if (t->inner == NULL && tunnel_begin(t, env, outer, PROTOCOL_UNKNOWN) == NULL) {
		conn_skipped(env, outer, CONN_SKIP_LIMIT, len);
		return;
	}
	conn_push(env, t->inner, dir, data, len, 0);
}

void
tunnel_gap(struct tunnel *t, struct conn_env *env, enum conn_dir dir, uint64_t len)
{
	if (t->inner != NULL)
		conn_lost(env, t->inner, dir, len);
}

void
tunnel_half_close(struct tunnel *t, struct conn_env *env, enum conn_dir dir)
{
	if (t->inner != NULL)
		conn_half_close(env, t->inner, dir);
}

void
tunnel_finish(struct tunnel *t, struct conn_env *env)
{
	if (t->inner != NULL)
		conn_finish(env, t->inner);
}

static bool
is_inside_ciphertext(const struct conn *c)
{
	for (c = c->outer; c != NULL; c = c->outer) {
		if (c->encrypted)
			return true;
	}
	return false;
}

/* What runs in the tunnel is what the flow is about. */
void
tunnel_describe(const struct tunnel *t, const struct conn_env *env, struct record *r)
{
	const struct conn *c = t->inner;

	if (c == NULL)
		return;
	if (c->encrypted && !is_inside_ciphertext(c))
		record_put_bool(r, RF_ENCRYPTED, true);
	if (c->proto != NULL && c->proto->describe != NULL && c->state != NULL)
		c->proto->describe(env, c, c->state, r);
}

void
tunnel_next_part(struct tunnel *t)
{
	if (t->inner != NULL)
		conn_next_part(t->inner);
}

void
tunnel_close(struct tunnel *t, struct conn_env *env)
{
	conn_close(env, t->inner);
	t->inner = NULL;
}
