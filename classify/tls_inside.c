#include "classify/tls_inside.h"

#include "classify/glob.h"
#include "classify/key_store.h"

#define ASK_AGAIN_US 10000u /* for secrets that are missing */

struct tls_inside *
tls_inside_open(struct conn_env *env, struct conn *c)
{
	struct tls_inside *t;

	if (env->config.keys == NULL)
		return NULL;
	t = slab_take(&env->decrypts);
	if (t == NULL) {
		env->counters.tls_decrypts_refused++;
		return NULL;
	}
	*t = (struct tls_inside) { .env = env, .c = c };
	tls_decrypt_init(&t->decrypt, &env->sealed);
	return t;
}

static bool
is_allowed(const struct conn_config *config, const char *name)
{
	for (unsigned i = 0; i < config->nr_key_names; i++) {
		const char *glob = config->key_names[i];

		if (glob_matches_nocase(span_of(glob, strlen(glob)), span_of(name, strlen(name))))
			return true;
	}
	return config->nr_key_names == 0;
}

/* ------------------------------------------------------------------ what comes out */

/* Its content is about whom the client asked for. */
static bool
begin(struct tls_inside *t)
{
	enum protocol as = t->http2 ? PROTOCOL_HTTP2 : PROTOCOL_UNKNOWN;
	struct conn *inner = tunnel_begin(&t->tunnel, t->env, t->c, as);

	if (inner == NULL)
		return false;
	if (t->c->name_source != NAME_NONE)
		conn_set_name(t->env, inner, (enum name_source)t->c->name_source, t->c->name,
			      t->c->name_len);
	inner->ai_service = t->c->ai_service;
	return true;
}

static void
on_data(void *arg, unsigned dir, const uint8_t *data, size_t len)
{
	struct tls_inside *t = arg;

	t->content_bytes += len;
	if (t->tunnel.inner == NULL && !t->tunnel.refused)
		begin(t);
	tunnel_push(&t->tunnel, t->env, t->c, (enum conn_dir)dir, data, len);
}

static void
on_gap(void *arg, unsigned dir, uint64_t len)
{
	struct tls_inside *t = arg;

	if (t->tunnel.inner == NULL)
		t->tunnel.midstream[dir] = true;
	tunnel_gap(&t->tunnel, t->env, (enum conn_dir)dir, len);
}

static bool
find_secrets(void *arg, const uint8_t *client_random, struct tls_secrets *secrets)
{
	struct tls_inside *t = arg;

	if (t->asked_us != 0 && t->env->now_us - t->asked_us < ASK_AGAIN_US)
		return false;
	t->asked_us = t->env->now_us;
	return key_store_find(t->env->config.keys, client_random, secrets);
}

/* ------------------------------------------------------------------ what goes in */

static void
count_events(struct tls_inside *t, const uint32_t *before)
{
	struct conn_counters *counters = &t->env->counters;
	const uint32_t *now = t->decrypt.events;

	counters->tls_decrypted += before[TLS_DECRYPT_OPENED] == 0 && now[TLS_DECRYPT_OPENED] != 0;
	counters->tls_records_opened += now[TLS_DECRYPT_OPENED] - before[TLS_DECRYPT_OPENED];
	counters->tls_records_failed += now[TLS_DECRYPT_FAILED] - before[TLS_DECRYPT_FAILED];
	counters->tls_records_refused += now[TLS_DECRYPT_NO_BUFFER] - before[TLS_DECRYPT_NO_BUFFER];
	counters->tls_given_up += now[TLS_DECRYPT_GIVEN_UP] - before[TLS_DECRYPT_GIVEN_UP];
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * What was ciphertext is told once it is known whether it was opened: its content by the connection
 * inside, what is around it here. held: what is not known yet.
 */
static void
tell_bytes(struct tls_inside *t, uint64_t held)
{
	uint64_t decided = t->sealed_bytes - least(held, t->sealed_bytes);
	uint64_t opened = least(t->decrypt.opened_bytes - t->opened_bytes, decided);

	conn_inspected(t->env, t->c, opened - least(t->content_bytes, opened));
	conn_skipped(t->env, t->c, CONN_SKIP_ENCRYPTED, decided - opened);
	t->sealed_bytes -= decided;
	t->opened_bytes += opened;
	t->content_bytes = 0;
}

static void
push(struct tls_inside *t, unsigned dir, const uint8_t *data, size_t len)
{
	const struct tls_decrypt_out out = { on_data, on_gap, find_secrets, t };
	uint32_t before[TLS_DECRYPT_NR_EVENTS];

	memcpy(before, t->decrypt.events, sizeof(before));
	if (data != NULL)
		tls_decrypt_push(&t->decrypt, dir, data, len, &out);
	else
		tls_decrypt_gap(&t->decrypt, dir, len, &out);
	count_events(t, before);
}

/* ------------------------------------------------------------------ what is held */

/* All that may be needed: what there is only at first are secrets of the handshake. */
static bool
is_complete(const struct tls_inside *t)
{
	struct tls_secrets s = { .len = { 0 } };
	bool complete;

	key_store_find(t->env->config.keys, t->decrypt.client_random, &s);
	complete = s.len[TLS_SECRET_MASTER] != 0 ||
		   (s.len[TLS_SECRET_CLIENT_TRAFFIC] != 0 && s.len[TLS_SECRET_SERVER_TRAFFIC] != 0);
	explicit_bzero(&s, sizeof(s));
	return complete;
}

static void
begin_hold(struct tls_inside *t)
{
	struct conn_env *env = t->env;

	if (env->held.nr_objects == 0 || is_complete(t))
		return;
	t->hold = slab_take(&env->held);
	if (t->hold == NULL)
		env->counters.tls_holds_refused++;
	else
		tls_hold_init(t->hold, env->now_us);
}

/* What is held goes on, as if it had just come. */
static void
release(struct tls_inside *t)
{
	struct tls_hold *h = t->hold;
	const uint8_t *data;
	uint32_t at = 0;
	uint64_t len;
	unsigned dir;

	if (h == NULL)
		return;
	t->hold = NULL;
	t->asked_us = 0;
	while (tls_hold_next(h, &at, &dir, &data, &len))
		push(t, dir, data, len);
	for (unsigned d = 0; d < 2; d++) {
		if (h->closed[d])
			tunnel_half_close(&t->tunnel, t->env, (enum conn_dir)d);
	}
	slab_give(&t->env->held, h);
}

/* Bytes, or with data NULL a gap; what cannot be held any longer is released before them. */
static void
take(struct tls_inside *t, unsigned dir, const uint8_t *data, size_t len)
{
	struct tls_hold *h = t->hold;

	if (h != NULL && !is_complete(t) &&
	    t->env->now_us - h->since_us < t->env->config.key_wait_us &&
	    (data != NULL ? tls_hold_data(h, dir, data, len) : tls_hold_gap(h, dir, len)))
		return;
	release(t);
	push(t, dir, data, len);
}

/* Bytes of which is not known yet whether they are opened. */
static uint64_t
nr_held(const struct tls_inside *t)
{
	return tls_decrypt_held(&t->decrypt) + (t->hold != NULL ? t->hold->data_bytes : 0);
}

struct tls_inside *
tls_inside_hellos(struct tls_inside *t, const struct tls_facts *f)
{
	struct conn_counters *counters;

	if (t == NULL)
		return NULL;
	counters = &t->env->counters;
	t->hellos_seen = true;
	t->http2 = strcmp(f->alpn_selected, "h2") == 0;
	if (!is_allowed(&t->env->config, f->sni))
		counters->tls_keys_excluded++;
	else if (!f->has_client_random || !f->has_server_random)
		counters->tls_without_keys++;
	else if (!tls_decrypt_hellos(&t->decrypt, f))
		counters->tls_suites_unsupported++;
	else {
		begin_hold(t);
		return t;
	}
	tls_inside_close(t);
	return NULL;
}

/* Application data, and no hello of anybody was before it. */
static bool
is_blind(const struct tls_inside *t, const struct tls_facts *so_far, enum conn_dir dir)
{
	return !t->hellos_seen && so_far == NULL &&
	       t->decrypt.side[dir].header[0] == TLS_APPLICATION_DATA;
}

struct tls_inside *
tls_inside_push(struct tls_inside *t, const struct tls_facts *so_far, enum conn_dir dir,
		const uint8_t *data, size_t len, uint64_t sealed)
{
	if (t == NULL)
		return NULL;
	if (so_far != NULL && so_far->early_data && is_allowed(&t->env->config, so_far->sni))
		tls_decrypt_early(&t->decrypt, so_far);
	take(t, dir, data, len);
	t->sealed_bytes += sealed;
	tell_bytes(t, nr_held(t));
	if (!is_blind(t, so_far, dir))
		return t;
	t->env->counters.tls_without_keys++;
	tls_inside_close(t);
	return NULL;
}

void
tls_inside_gap(struct tls_inside *t, enum conn_dir dir, uint64_t len)
{
	if (t == NULL)
		return;
	take(t, dir, NULL, len);
	tell_bytes(t, nr_held(t));
}

void
tls_inside_half_close(struct tls_inside *t, enum conn_dir dir)
{
	if (t == NULL)
		return;
	if (t->hold != NULL)
		t->hold->closed[dir] = true;
	else
		tunnel_half_close(&t->tunnel, t->env, dir);
}

void
tls_inside_finish(struct tls_inside *t)
{
	if (t == NULL)
		return;
	release(t);
	tell_bytes(t, 0);
	tunnel_finish(&t->tunnel, t->env);
	if (t->hellos_seen && !tls_inside_is_open(t) && !tls_inside_has_secrets(t))
		t->env->counters.tls_without_keys++;
}

bool
tls_inside_has_secrets(const struct tls_inside *t)
{
	struct tls_secrets secrets;
	bool found;

	if (t == NULL)
		return false;
	found = key_store_find(t->env->config.keys, t->decrypt.client_random, &secrets);
	explicit_bzero(&secrets, sizeof(secrets));
	return found;
}

bool
tls_inside_is_open(const struct tls_inside *t)
{
	return t != NULL && t->decrypt.events[TLS_DECRYPT_OPENED] != 0;
}

void
tls_inside_describe(const struct tls_inside *t, struct record *r)
{
	if (!tls_inside_is_open(t))
		return;
	if (!conn_is_decrypted(t->c))
		record_put_bool(r, RF_DECRYPTED, true);
	tunnel_describe(&t->tunnel, t->env, r);
}

void
tls_inside_next_part(struct tls_inside *t)
{
	if (t != NULL)
		tunnel_next_part(&t->tunnel);
}

void
tls_inside_close(struct tls_inside *t)
{
	if (t == NULL)
		return;
	slab_give(&t->env->held, t->hold);
	tell_bytes(t, 0);
	tunnel_close(&t->tunnel, t->env);
	tls_decrypt_fini(&t->decrypt);
	slab_give(&t->env->decrypts, t);
}
