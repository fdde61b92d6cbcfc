#include "classify/proto/dns_pair.h"

#include <string.h>

void
dns_pair_init(struct dns_pair *p, struct slab *queries, struct slab *buffers)
{
	*p = (struct dns_pair) { .queries = queries, .buffers = buffers };
}

/* What leads to the query of m, or to the end of the list. */
static struct dns_pending **
find(struct dns_pair *p, const struct dns_message *m)
{
	struct dns_pending **at = &p->pending;

	while (*at != NULL &&
	       !((*at)->id == m->id && (!m->has_question || (*at)->hash == m->name_hash)))
		at = &(*at)->next;
	return at;
}

static void
forget(struct dns_pair *p, struct dns_pending **at)
{
	struct dns_pending *q = *at;

	*at = q->next;
	p->nr_pending--;
	slab_give(p->queries, q);
}

static void
tell_unanswered(uint64_t time_us, uint16_t id, uint16_t type, const char *name,
		dns_transaction_fn *fn, void *arg)
{
	const struct dns_transaction t = {
		.id = id,
		.type = type,
		.asked = true,
		.query_time_us = time_us,
		.name = name,
	};

	fn(arg, &t);
}

static void
tell_oldest(struct dns_pair *p, dns_transaction_fn *fn, void *arg)
{
	const struct dns_pending *q = p->pending;

	tell_unanswered(q->time_us, q->id, q->type, q->name, fn, arg);
	forget(p, &p->pending);
}

static void
query(struct dns_pair *p, uint64_t time_us, const struct dns_message *m, dns_transaction_fn *fn,
      void *arg)
{
	struct dns_pending *q, **end = find(p, m);

	if (*end != NULL)
		return;
	if (p->nr_pending == DNS_MAX_PENDING || p->queries->nr_taken == p->queries->nr_objects) {
		p->evicted++;
		if (p->pending != NULL) {
			tell_oldest(p, fn, arg);
			end = find(p, m);
		}
	}
	q = slab_take(p->queries);
	if (q == NULL) {
		tell_unanswered(time_us, m->id, m->qtype, m->name, fn, arg);
		return;
	}
	q->next = NULL;
	q->time_us = time_us;
	q->hash = m->name_hash;
	q->id = m->id;
	q->type = m->qtype;
	memcpy(q->name, m->name, strlen(m->name) + 1);
	*end = q;
	p->nr_pending++;
}

/* q, when there is one, was its query. */
static void
tell_answer(const struct dns_message *m, uint64_t time_us, const struct dns_pending *q,
	    dns_transaction_fn *fn, void *arg)
{
	const struct dns_transaction t = {
		.id = m->id,
		.type = m->has_question || q == NULL ? m->qtype : q->type,
		.rcode = m->rcode,
		.asked = q != NULL,
		.answered = true,
		.query_time_us = q != NULL ? q->time_us : 0,
		.response_time_us = time_us,
		.nr_answers = m->nr_answers,
		.name = m->has_question || q == NULL ? m->name : q->name,
		.answers = m->answers,
	};

	fn(arg, &t);
}

static void
tell_early(struct dns_pair *p, const struct dns_pending *q, dns_transaction_fn *fn, void *arg)
{
	struct dns_message *m = p->early;

	p->early = NULL;
	tell_answer(m, p->early_us, q, fn, arg);
	slab_give(p->buffers, m);
}

static bool
is_query_of(const struct dns_message *query, const struct dns_message *answer)
{
	return !query->response && query->id == answer->id &&
	       (!answer->has_question || query->name_hash == answer->name_hash);
}

static bool
keep_early(struct dns_pair *p, uint64_t time_us, const struct dns_message *m)
{
	p->early = slab_take(p->buffers);
	if (p->early == NULL)
		return false;
	*p->early = *m;
	p->early_us = time_us;
	return true;
}

bool
dns_pair_push(struct dns_pair *p, uint64_t time_us, const struct dns_message *m,
	      dns_transaction_fn *fn, void *arg)
{
	struct dns_pending **at;

	if (p->early != NULL && is_query_of(m, p->early)) {
		struct dns_pending late = { .time_us = time_us, .type = m->qtype };

		memcpy(late.name, m->name, sizeof(late.name));
		tell_early(p, &late, fn, arg);
		return false;
	}
	if (p->early != NULL)
		tell_early(p, NULL, fn, arg);
	if (!m->response) {
		query(p, time_us, m, fn, arg);
		return false;
	}
	at = find(p, m);
	if (*at == NULL && keep_early(p, time_us, m))
		return true;
	tell_answer(m, time_us, *at, fn, arg);
	if (*at != NULL)
		forget(p, at);
	return false;
}

void
dns_pair_end(struct dns_pair *p, dns_transaction_fn *fn, void *arg)
{
	if (p->early != NULL)
		tell_early(p, NULL, fn, arg);
	while (p->pending != NULL)
		tell_oldest(p, fn, arg);
}

void
dns_pair_fini(struct dns_pair *p)
{
	slab_give(p->buffers, p->early);
	p->early = NULL;
	while (p->pending != NULL)
		forget(p, &p->pending);
}
