#include "classify/proto/dns_pair.h"

#include <string.h>

void
dns_pair_init(struct dns_pair *p, struct slab *buffers)
{
	p->buffers = buffers;
	p->early = NULL;
	p->evicted = 0;
	for (unsigned i = 0; i < DNS_MAX_PENDING; i++)
		p->pending[i].used = false;
}

static struct dns_pending *
find(struct dns_pair *p, const struct dns_message *m)
{
	for (unsigned i = 0; i < DNS_MAX_PENDING; i++) {
		struct dns_pending *q = &p->pending[i];

		if (q->used && q->id == m->id && (!m->has_question || q->hash == m->name_hash))
			return q;
	}
	return NULL;
}

static void
tell_unanswered(struct dns_pending *q, dns_transaction_fn *fn, void *arg)
{
	const struct dns_transaction t = {
		.id = q->id,
		.type = q->type,
		.asked = true,
		.query_time_us = q->time_us,
		.name = q->name,
	};

	q->used = false;
	fn(arg, &t);
}

/* A free place, made if need be. */
static struct dns_pending *
room(struct dns_pair *p, dns_transaction_fn *fn, void *arg)
{
	struct dns_pending *oldest = &p->pending[0];

	for (unsigned i = 0; i < DNS_MAX_PENDING; i++) {
		struct dns_pending *q = &p->pending[i];

		if (!q->used)
			return q;
		if (q->time_us < oldest->time_us)
			oldest = q;
	}
	p->evicted++;
	tell_unanswered(oldest, fn, arg);
	return oldest;
}

static void
query(struct dns_pair *p, uint64_t time_us, const struct dns_message *m, dns_transaction_fn *fn,
      void *arg)
{
	struct dns_pending *q;

	if (find(p, m) != NULL)
		return;
	q = room(p, fn, arg);
	q->used = true;
	q->time_us = time_us;
	q->hash = m->name_hash;
	q->id = m->id;
	q->type = m->qtype;
	memcpy(q->name, m->name, sizeof(q->name));
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
	struct dns_pending *q;

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
	q = find(p, m);
	if (q == NULL && keep_early(p, time_us, m))
		return true;
	tell_answer(m, time_us, q, fn, arg);
	if (q != NULL)
		q->used = false;
	return false;
}

void
dns_pair_end(struct dns_pair *p, dns_transaction_fn *fn, void *arg)
{
	if (p->early != NULL)
		tell_early(p, NULL, fn, arg);
	for (unsigned n = 0; n < DNS_MAX_PENDING; n++) {
		struct dns_pending *oldest = NULL;

		for (unsigned i = 0; i < DNS_MAX_PENDING; i++) {
			struct dns_pending *q = &p->pending[i];

			if (q->used && (oldest == NULL || q->time_us < oldest->time_us))
				oldest = q;
		}
		if (oldest == NULL)
			return;
		tell_unanswered(oldest, fn, arg);
	}
}

void
dns_pair_fini(struct dns_pair *p)
{
	slab_give(p->buffers, p->early);
	p->early = NULL;
}
