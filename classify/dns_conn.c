#include <string.h>

#include "classify/conn_env.h"
#include "classify/proto/dns.h"
#include "classify/proto/dns_pair.h"

struct dns_conn {
	struct conn_env *env;
	struct conn *c;
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

static void
transaction(void *arg, const struct dns_transaction *t)
{
	struct dns_conn *d = arg;
	char name[16];
	struct record *r;

	d->env->counters.dns_transactions++;
	scan_block(d->env->scanner, BUFFER_DNS_NAME, (const uint8_t *)t->name, strlen(t->name),
		   dns_found, d);
	r = conn_begin(d->env, d->c, RECORD_DNS);
	if (r == NULL)
		return;
	record_put_uint(r, RF_DNS_TRANSACTION_ID, t->id);
	record_put_string(r, RF_DNS_QUESTION_NAME, t->name);
	record_put_string(r, RF_DNS_QUESTION_TYPE, dns_type_name(t->type, name));
	if (t->answered) {
		record_put_string(r, RF_DNS_RCODE, dns_rcode_name(t->rcode, name));
		put_answers(t, r);
	}
	if (t->asked && t->answered && t->response_time_us >= t->query_time_us)
		record_put_uint(r, RF_DURATION_US, t->response_time_us - t->query_time_us);
	if (!t->asked || !t->answered)
		record_put_bool(r, RF_INCOMPLETE, true);
	conn_emit(d->env);
}

static void
dns_open(struct conn_env *env, struct conn *c, void *state)
{
	struct dns_conn *d = state;

	d->env = env;
	d->c = c;
	dns_pair_init(&d->pair);
	for (unsigned i = 0; i < 2; i++)
		dns_stream_init(&d->stream[i], &env->message_buffers);
}

static void
message(void *arg, const uint8_t *msg, size_t len)
{
	struct dns_conn *d = arg;
	enum dns_result r = dns_parse(msg, len, &d->env->dns_at_hand);

	/* A message cut by the mirror still says what was asked. */
	if (r == DNS_OK || r == DNS_TRUNCATED)
		dns_pair_push(&d->pair, d->env->now_us, &d->env->dns_at_hand, transaction, d);
	else
		d->env->counters.dns_malformed++;
}

static size_t
dns_push(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir, const uint8_t *data,
	 size_t len)
{
	struct dns_conn *d = state;

	conn_inspected(env, c, len);
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

static void
dns_close(struct conn_env *env, struct conn *c, void *state)
{
	struct dns_conn *d = state;

	(void)env, (void)c;
	for (unsigned i = 0; i < 2; i++)
		dns_stream_fini(&d->stream[i]);
}

const struct conn_proto conn_dns = {
	.state_bytes = sizeof(struct dns_conn),
	.open = dns_open,
	.push = dns_push,
	.gap = dns_gap,
	.finish = dns_finish,
	.close = dns_close,
};
