/*
 * What only shows behind the merge, where all records pass in order and with their names: who uses
 * an AI service that is not on the allow-list, which tool list has changed, what calls add up to.
 *
 *   llm    gets `sanctioned`, and goes into the ledger; one inferred from the shape of ciphertext
 *          (llm_stream_likely) does not, and is judged only where the provider is known
 *   flow   gets ai_service where only DNS gave the server's name, and with an ai_service always
 *          detected_by; one that is not allowed: finding ai.shadow
 *   mcp    a tool list that is not the one seen before at that place: finding mcp.tools_changed
 *
 * A place is client, server, port and path. A list that comes in pages is not compared, nor is one
 * that was not read to its end. Without an allow-list (allow.h) nothing is said about anyone.
 *
 * Limits: AI_WATCH_MANIFESTS places are remembered, the one that came first makes room (counted);
 * its next list counts as its first. Nothing is remembered across a restart.
 *
 * Deterministic: the same records in the same order give the same findings. Belongs to the
 * publisher's thread; allocates when created only.
 */
#ifndef WEIR_AI_WATCH_H
#define WEIR_AI_WATCH_H

#include "dataplane/publish/ai_ledger.h"
#include "dataplane/publish/endpoint.h"
#include "dataplane/publish/record.h"

enum { AI_WATCH_MANIFESTS = 4096 };

struct provider_catalogue;
struct ai_watch;

struct ai_watch_stats {
	uint64_t manifests_forgotten;
};

/* finding is borrowed for the call. */
typedef void ai_watch_fn(void *arg, const struct record_head *finding);

/* providers and networks are kept; providers may be NULL. 0, or -ENOMEM. */
int ai_watch_create(const struct provider_catalogue *providers, const struct networks *networks,
		    ai_watch_fn *fn, void *arg, struct ai_watch **out);
/* Another catalogue from here on (kept; may be NULL). */
void ai_watch_set_providers(struct ai_watch *w, const struct provider_catalogue *providers);

void ai_watch_destroy(struct ai_watch *w);

/* A record after endpoint_fill; may add to it, may call fn. */
void ai_watch_push(struct ai_watch *w, struct record *record);

const struct ai_watch_stats *ai_watch_stats(const struct ai_watch *w);
const struct ai_ledger *ai_watch_ledger(const struct ai_watch *w);

/*
 * Which records workers must make so that those of `wanted` can be: findings are made from others.
 * may_change: an allow-list may come while it runs.
 */
uint32_t ai_watch_types(uint32_t wanted, const struct provider_catalogue *providers,
			bool may_change);

#endif
