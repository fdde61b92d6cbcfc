/*
 * DNS: a record for each query and its answer, and the names of addresses for the publisher.
 *
 * Addresses of an answer travel in a field that is never written out: time to live 4 | length 1 |
 * address, for each. They go as soon as the answer is seen, with its record; for an answer that has
 * to wait for its query, in a record of their own that is not published. Where no dns records are
 * published there are only these. Of mDNS and LLMNR no names are learned: they are of the link, not
 * of who asked.
 *
 * Who is the client is said by the first message: a mirror may bring the answer first.
 *
 * DNS becomes DNSCrypt when a certificate is given: what is in the clear is read as before, the
 * rest is ciphertext.
 */
#include <assert.h>
#include <string.h>

#include "classify/conn_env.h"
#include "classify/proto/dns.h"
#include "classify/proto/dns_pair.h"
#include "classify/proto/dnscrypt.h"
#include "classify/proto/tls.h"
#include "classify/rules/unescape.h"

static_assert(sizeof(struct dns_message) <= TLS_BUFFER_BYTES, "it has to fit a message buffer");

struct dns_conn {
	struct conn_env *env;
	struct conn *c;
	bool told_names; /* of the answer that is kept, or was */
	bool oriented;	 /* the first message has been seen */
	struct dns_pair pair;
	struct dns_stream stream[2]; /* TCP only */
};

static void
dns_found(void *arg, const struct finding *f)
{
	struct dns_conn *d = arg;

	conn_finding(d->env, d->c, f, NULL);
}

static void
put_answers(const struct dns_transaction *t, struct record *r)
{
	for (unsigned i = 0; i < t->nr_answers; i++)
		record_put_string(r, RF_DNS_ANSWERS, t->answers[i].text);
}

#define ADDRESS_BYTES 21u

static void
put_addresses(const struct dns_answer *answers, unsigned nr, struct record *r)
{
	uint8_t out[DNS_MAX_ANSWERS * ADDRESS_BYTES];
	size_t n = 0;

	for (unsigned i = 0; i < nr; i++) {
		const struct dns_answer *a = &answers[i];

		if (a->addr_len == 0)
			continue;
		for (unsigned shift = 32; shift > 0; shift -= 8)
			out[n++] = (uint8_t)(a->ttl >> (shift - 8));
		out[n++] = a->addr_len;
		memcpy(out + n, a->addr, a->addr_len);
		n += a->addr_len;
	}
	if (n != 0)
		record_put_bytes(r, RF_DNS_ADDRESSES, out, n);
}

static bool
tells_names(const struct dns_conn *d)
{
	return d->c->protocol == PROTOCOL_DNS;
}

static bool
has_addresses(const struct dns_answer *answers, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		if (answers[i].addr_len != 0)
			return true;
	}
	return false;
}

static void
names_only(struct dns_conn *d, const char *name, const struct dns_answer *answers, unsigned nr)
{
	struct record *r;

	if (!tells_names(d) || !has_addresses(answers, nr))
		return;
	r = conn_begin(d->env, d->c, RECORD_DNS);
	if (r == NULL)
		return;
	record_put_bool(r, RF_DNS_NAMES_ONLY, true);
	record_put_string(r, RF_DNS_QUESTION_NAME, name);
	put_addresses(answers, nr, r);
	conn_emit(d->env);
}

static void
transaction_record(struct dns_conn *d, const struct dns_transaction *t)
{
	struct record *r = conn_begin(d->env, d->c, RECORD_DNS);
	char name[16];

	if (r == NULL)
		return;
	record_put_uint(r, RF_DNS_TRANSACTION_ID, t->id);
	record_put_string(r, RF_DNS_QUESTION_NAME, t->name);
	/* An answer need not repeat the question: those of mDNS never do. */
	if (t->type != 0)
		record_put_string(r, RF_DNS_QUESTION_TYPE, dns_type_name(t->type, name));
	if (t->answered) {
		record_put_string(r, RF_DNS_RCODE, dns_rcode_name(t->rcode, name));
		put_answers(t, r);
		if (tells_names(d) && !d->told_names)
			put_addresses(t->answers, t->nr_answers, r);
	}
	if (t->asked && t->answered && t->response_time_us >= t->query_time_us)
		record_put_uint(r, RF_DURATION_US, t->response_time_us - t->query_time_us);
	if (!t->asked || !t->answered)
		record_put_bool(r, RF_INCOMPLETE, true);
	conn_emit(d->env);
}

/* As it was on the wire: a label may hold a dot, or a blank. */
static void
scan_name(struct dns_conn *d, const char *name)
{
	const uint8_t *p = (const uint8_t *)name, *end = p + strlen(name);
	uint8_t plain[DNS_NAME_CAP];
	size_t nr = 0;

	if (strchr(name, '\\') == NULL) {
		scan_block(d->env->scanner, BUFFER_DNS_NAME, p, (size_t)(end - p), dns_found, d);
		return;
	}
	while (p < end) {
		uint8_t out[6];
		size_t took = 0;

		out[0] = *p;
		if (*p == '\\')
			unescape_one(CODING_DNS, p, (size_t)(end - p), out, &took);
		plain[nr++] = took == 0 ? *p : out[0];
		p += took == 0 ? 1 : took;
	}
	scan_block(d->env->scanner, BUFFER_DNS_NAME, plain, nr, dns_found, d);
}

static void
transaction(void *arg, const struct dns_transaction *t)
{
	struct dns_conn *d = arg;

	d->env->counters.dns_transactions++;
	scan_name(d, t->name);
	if (!d->env->config.dns_names_only)
		transaction_record(d, t);
	else if (t->answered && !d->told_names)
		names_only(d, t->name, t->answers, t->nr_answers);
	d->told_names = d->told_names && !t->answered;
}

static void
dns_open(struct conn_env *env, struct conn *c, void *state)
{
	struct dns_conn *d = state;

	d->env = env;
	d->c = c;
	d->oriented = c->resumed;
	dns_pair_init(&d->pair, &env->dns_queries, &env->message_buffers);
	for (unsigned i = 0; i < 2; i++)
		dns_stream_init(&d->stream[i], &env->message_buffers);
}

static void
message(void *arg, const uint8_t *msg, size_t len)
{
	struct dns_conn *d = arg;
	struct dns_message *m = &d->env->dns_at_hand;
	uint32_t evicted = d->pair.evicted;
	enum dns_result r = dns_parse(msg, len, m);

	/* A message cut by the mirror still says what was asked. */
	if (r != DNS_OK && r != DNS_TRUNCATED) {
		d->env->counters.dns_malformed++;
		return;
	}
	if (d->c->protocol == PROTOCOL_DNS && d->c->info.udp && dnscrypt_certified(m))
		d->c->protocol = PROTOCOL_DNSCRYPT;
	/* Kept until its query comes; what it says of addresses must not wait. */
	if (dns_pair_push(&d->pair, d->env->now_us, m, transaction, d)) {
		names_only(d, m->name, m->answers, m->nr_answers);
		d->told_names = true;
	}
	d->env->counters.dns_queries_evicted += d->pair.evicted - evicted;
}

/* An answer comes from the server. */
static void
orient(struct dns_conn *d, enum conn_dir dir, const uint8_t *data, size_t len)
{
	bool answer = len > 2 && (data[2] & 0x80) != 0;

	d->oriented = true;
	if (tells_names(d) && answer == (dir == CONN_ORIG))
		conn_reverse(d->env, d->c);
}

static size_t
dns_push(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir, const uint8_t *data,
	 size_t len)
{
	struct dns_conn *d = state;

	if (c->protocol == PROTOCOL_DNSCRYPT && !dnscrypt_in_clear(data, len)) {
		conn_skipped(env, c, CONN_SKIP_ENCRYPTED, len);
		return len;
	}
	conn_inspected(env, c, len);
	if (c->info.udp && !d->oriented)
		orient(d, dir, data, len);
	if (c->info.udp)
		message(d, data, len);
	else
		dns_stream_push(&d->stream[dir], data, len, message, d);
	return len;
}

static void
dns_gap(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir, uint64_t len)
{
	struct dns_conn *d = state;

	(void)env, (void)c, (void)len;
	dns_stream_gap(&d->stream[dir]);
}

static void
dns_finish(struct conn_env *env, struct conn *c, void *state)
{
	struct dns_conn *d = state;

	(void)env, (void)c;
	dns_pair_end(&d->pair, transaction, d);
}

/* One query, one answer, and a port of its own: so are most. */
static bool
dns_rests(const void *state)
{
	const struct dns_conn *d = state;

	return tells_names(d) && d->pair.nr_pending == 0 && d->pair.early == NULL;
}

static void
dns_close(struct conn_env *env, struct conn *c, void *state)
{
	struct dns_conn *d = state;

	(void)env, (void)c;
	for (unsigned i = 0; i < 2; i++)
		dns_stream_fini(&d->stream[i]);
	dns_pair_fini(&d->pair);
}

const struct conn_proto conn_dns = {
	.state_bytes = sizeof(struct dns_conn),
	.zeroed_bytes = offsetof(struct dns_conn, pair),
	.open = dns_open,
	.push = dns_push,
	.gap = dns_gap,
	.finish = dns_finish,
	.rests = dns_rests,
	.close = dns_close,
};
