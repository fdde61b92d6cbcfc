/*
 * The name that the client asks for and the fingerprints are kept for the flow record; the rest
 * goes into a record of the handshake at once.
 */
#include <string.h>

#include "classify/conn_env.h"
#include "classify/proto/tls.h"

struct tls_conn {
	struct conn_env *env;
	struct conn *c;
	struct tls tls;
	/* For the flow record. */
	const char *version;
	char ja3[JA3_CAP];
	char ja4[JA4_CAP];
	char alpn[TLS_ALPN_CAP];
	bool hello_seen, ech;
};

static void
tls_found(void *arg, const struct finding *f)
{
	struct tls_conn *t = arg;

	conn_finding(t->env, t->c, f, NULL);
}

/* What the flow is about, as far as the hello says it. */
static void
name_flow(struct tls_conn *t, const struct tls_facts *f)
{
	size_t len = strlen(f->sni);

	if (len == 0)
		return;
	conn_set_name(t->c, NAME_SNI, f->sni, len);
	scan_block(t->env->scanner, BUFFER_TLS_SNI, (const uint8_t *)f->sni, len, tls_found, t);
	conn_set_service(t->env, t->c, span_of(f->sni, len));
}

static void
keep_for_flow(struct tls_conn *t, const struct tls_facts *f)
{
	t->version = f->version;
	t->hello_seen = f->client_hello_seen;
	t->ech = f->ech;
	memcpy(t->ja3, f->ja3, sizeof(t->ja3));
	memcpy(t->ja4, f->ja4, sizeof(t->ja4));
	if (f->alpn_selected[0] != '\0')
		memcpy(t->alpn, f->alpn_selected, sizeof(t->alpn));
	else if (f->nr_alpn != 0)
		memcpy(t->alpn, f->alpn[0], sizeof(t->alpn));
}

static void
put_client(const struct tls_facts *f, struct record *r)
{
	if (!f->client_hello_seen)
		return;
	record_put_string(r, RF_TLS_SERVER_NAME, f->sni);
	for (unsigned i = 0; i < f->nr_alpn; i++)
		record_put_string(r, RF_TLS_ALPN, f->alpn[i]);
	record_put_string(r, RF_JA3, f->ja3);
	record_put_string(r, RF_JA4, f->ja4);
	record_put_string(r, RF_ECH, f->ech ? "present" : "none");
}

static void
handshake(void *arg, const struct tls_facts *f)
{
	struct tls_conn *t = arg;
	struct record *r;

	t->env->counters.tls_handshakes++;
	keep_for_flow(t, f);
	name_flow(t, f);
	r = conn_begin(t->env, t->c, RECORD_TLS);
	if (r == NULL)
		return;
	put_client(f, r);
	record_put_string(r, RF_TLS_VERSION, f->version);
	record_put_string(r, RF_TLS_CIPHER, f->cipher);
	record_put_string(r, RF_TLS_ALPN_SELECTED, f->alpn_selected);
	record_put_string(r, RF_JA3S, f->ja3s);
	if (f->resumed)
		record_put_bool(r, RF_TLS_RESUMED, true);
	if (f->early_data)
		record_put_bool(r, RF_TLS_EARLY_DATA, true);
	if (f->incomplete)
		record_put_bool(r, RF_INCOMPLETE, true);
	conn_emit(t->env);
}

static void
tls_conn_open(struct conn_env *env, struct conn *c, void *state)
{
	struct tls_conn *t = state;

	t->env = env;
	t->c = c;
	tls_init(&t->tls, &env->message_buffers);
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
	record_put_string(r, RF_TLS_VERSION, t->version);
	record_put_string(r, RF_ALPN, t->alpn);
	if (!t->hello_seen)
		return;
	record_put_string(r, RF_JA3, t->ja3);
	record_put_string(r, RF_JA4, t->ja4);
	record_put_string(r, RF_ECH, t->ech ? "present" : "none");
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
