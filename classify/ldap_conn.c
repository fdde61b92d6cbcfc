/*
 * LDAP: what its messages say is scanned as text (proto/ldap.h), each direction as one stream;
 * behind StartTLS the connection is TLS, as its turn tells (proto/turn.h).
 */
#include "classify/payload_conn.h"
#include "classify/proto/ldap.h"

struct ldap_conn {
	struct payload_conn payload; /* comes first */
	struct ldap_side side[2];
};

struct text_of {
	struct payload_conn *payload;
	unsigned dir;
};

static void
ldap_text(void *arg, const uint8_t *data, size_t len)
{
	const struct text_of *t = arg;

	payload_text(t->payload, t->dir, data, len);
}

static size_t
ldap_read(struct payload_conn *p, unsigned dir, const uint8_t *data, size_t len)
{
	struct ldap_conn *l = (void *)p;
	struct text_of t = { p, dir };

	ldap_push(&l->side[dir], data, len, ldap_text, &t);
	return 0;
}

static void
ldap_lost(struct payload_conn *p, unsigned dir, uint64_t len)
{
	struct ldap_conn *l = (void *)p;

	ldap_gap(&l->side[dir], len);
}

static void
ldap_open(struct conn_env *env, struct conn *c, void *state)
{
	static const struct payload_reader reader = { ldap_read, ldap_lost, NULL };
	struct ldap_conn *l = state;

	payload_open(env, c, state);
	l->payload.reader = &reader;
	for (unsigned dir = 0; dir < 2; dir++)
		l->side[dir].steps.lost = c->info.midstream[dir];
}

const struct conn_proto conn_ldap = {
	.state_bytes = sizeof(struct ldap_conn),
	.open = ldap_open,
	.push = payload_push,
	.gap = payload_gap,
	.half_close = payload_half_close,
	.finish = payload_finish,
	.close = payload_finish,
};
