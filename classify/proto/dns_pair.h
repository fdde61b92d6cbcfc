/*
 * Queries and their answers on one flow.
 *
 * Queries wait in the order they came, told apart by id and question, each in an object of a slab:
 * most flows ask once or twice, and are kept long after. When a flow has DNS_MAX_PENDING of them,
 * or the slab has no more, its oldest is told as unanswered to make room; one that finds no room at
 * all is told so itself. At the end of the flow all that wait are. A repeated query counts as the
 * first.
 *
 * An answer without a query may be early: two taps are no clock. It is kept for what comes next of
 * the flow; when that is not its query, or the flow ends, it is told as it is, since only one
 * direction may be mirrored. One at a time, in a buffer of the slab; without one it is told at
 * once.
 */
#ifndef WEIR_DNS_PAIR_H
#define WEIR_DNS_PAIR_H

#include "classify/proto/dns.h"
#include "classify/slab.h"

#define DNS_MAX_PENDING 16u

struct dns_transaction {
	uint16_t id, type, rcode;
	bool asked, answered; /* which halves were seen */
	uint64_t query_time_us, response_time_us;
	uint16_t nr_answers;
	const char *name;
	const struct dns_answer *answers;
};

typedef void dns_transaction_fn(void *arg, const struct dns_transaction *t);

struct dns_pending {
	struct dns_pending *next; /* asked after it */
	uint64_t time_us;
	uint32_t hash;
	uint16_t id, type;
	char name[DNS_NAME_CAP];
};

/* Embedded. */
struct dns_pair {
	struct slab *queries; /* kept; its objects hold a dns_pending */
	struct slab *buffers; /* kept; its objects hold a dns_message */
	struct dns_message
	    *early; /* an answer whose query was not seen yet; owned, from the slab */
	uint64_t early_us;
	uint32_t evicted; /* queries told as unanswered to make room */
	uint32_t nr_pending;
	struct dns_pending *pending; /* owned, from the slab; oldest first */
};

void dns_pair_init(struct dns_pair *p, struct slab *queries, struct slab *buffers);
/* True when the message is an answer that is kept. */
bool dns_pair_push(struct dns_pair *p, uint64_t time_us, const struct dns_message *m,
		   dns_transaction_fn *fn, void *arg);
void dns_pair_end(struct dns_pair *p, dns_transaction_fn *fn, void *arg);
/* Gives back what is kept, untold. */
void dns_pair_fini(struct dns_pair *p);

#endif
