/*
 * The name that the client asks for and the fingerprints are kept for the flow record; the rest
 * goes into a record of the handshake at once.
 */
#include "classify/tls_flow.h"

void
tls_flow_open(struct tls_flow *t, struct conn_env *env, struct conn *c)
{
	t->env = env;
	t->c = c;
}

static void
tls_found(void *arg, const struct finding *f)
{
	struct tls_flow *t = arg;

	conn_finding(t->env, t->c, f, NULL);
}

/* What the flow is about, as far as the hello says it. With ECH the name may be the outer one. */
static void
name_flow(struct tls_flow *t, const struct tls_facts *f)
{
	size_t len = strlen(f->sni);

	if (len == 0)
		return;
	conn_set_name(t->env, t->c, f->ech ? NAME_SNI_OUTER : NAME_SNI, f->sni, len);
	scan_block(t->env->scanner, BUFFER_TLS_SNI, (const uint8_t *)f->sni, len, tls_found, t);
	conn_set_service(t->env, t->c, span_of(f->sni, len));
}

static void
keep_for_flow(struct tls_flow *t, const struct tls_facts *f)
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

/* An empty text is a field that is not there. */
static void
put(struct record *r, enum record_field field, const char *text)
{
	if (text != NULL && text[0] != '\0')
		record_put_string(r, field, text);
}

static void
put_client(const struct tls_facts *f, struct record *r)
{
	if (!f->client_hello_seen)
		return;
	put(r, RF_TLS_SERVER_NAME, f->sni);
	for (unsigned i = 0; i < f->nr_alpn; i++)
		record_put_string(r, RF_TLS_ALPN, f->alpn[i]);
	put(r, RF_JA3, f->ja3);
	put(r, RF_JA4, f->ja4);
	record_put_string(r, RF_ECH, f->ech ? "present" : "none");
}

static void
put_certificate(const struct x509_facts *x, struct record *r)
{
	put(r, RF_TLS_SUBJECT, x->subject);
	put(r, RF_TLS_ISSUER, x->issuer);
	for (unsigned i = 0; i < x->nr_san; i++)
		record_put_string(r, RF_TLS_SAN, x->san[i]);
	if (x->not_after_us != 0)
		record_put_uint(r, RF_TLS_NOT_AFTER, x->not_after_us);
}

void
tls_flow_handshake(struct tls_flow *t, const struct tls_facts *f, const char *quic_version)
{
	struct record *r;

	t->env->counters.tls_handshakes++;
	keep_for_flow(t, f);
	name_flow(t, f);
	r = conn_begin(t->env, t->c, RECORD_TLS);
	if (r == NULL)
		return;
	put_client(f, r);
	put(r, RF_TLS_VERSION, f->version);
	put(r, RF_TLS_CIPHER, f->cipher);
	put(r, RF_TLS_ALPN_SELECTED, f->alpn_selected);
	put(r, RF_JA3S, f->ja3s);
	if (f->resumed)
		record_put_bool(r, RF_TLS_RESUMED, true);
	if (f->early_data)
		record_put_bool(r, RF_TLS_EARLY_DATA, true);
	put_certificate(&f->certificate, r);
	put(r, RF_QUIC_VERSION, quic_version);
	if (t->decrypted)
		record_put_bool(r, RF_DECRYPTED, true);
	if (f->incomplete)
		record_put_bool(r, RF_INCOMPLETE, true);
	conn_emit(t->env);
}

void
tls_flow_describe(const struct tls_flow *t, struct record *r)
{
	put(r, RF_TLS_VERSION, t->version);
	put(r, RF_ALPN, t->alpn);
	if (!t->hello_seen)
		return;
	put(r, RF_JA3, t->ja3);
	put(r, RF_JA4, t->ja4);
	record_put_string(r, RF_ECH, t->ech ? "present" : "none");
}
