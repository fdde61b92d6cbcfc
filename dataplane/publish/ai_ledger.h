/*
 * What model calls cost, by who answers them: counters that never go back, for stats records.
 *
 *   llm_<provider>_calls _input_tokens _output_tokens _errors _bytes_sent _bytes_received
 *   llm_<provider>_estimated_input_tokens _estimated_output_tokens
 *   llm_<provider>_with_data     calls in whose prompt a class of data was found
 *
 * <provider> is gen_ai_provider_name, else gen_ai_engine, else `unknown`, with '_' for '.' and '-'.
 * Tokens are those that were reported; calls without are in llm_<provider>_no_usage, but for
 * operations that have none (downloads, vector stores). A price is the
 * reader's business.
 *
 * Limits: AI_LEDGER_ROWS names; what comes later is counted under `other`.
 */
#ifndef WEIR_AI_LEDGER_H
#define WEIR_AI_LEDGER_H

#include "dataplane/counters.h"
#include "dataplane/publish/record.h"

enum { AI_LEDGER_ROWS = 64, AI_LEDGER_NAME_CAP = 33 };

#define AI_LEDGER_COLUMNS(X)                                                     \
	X(calls, "model calls")                                                  \
	X(input_tokens, "tokens in, of the calls whose answers say it")          \
	X(output_tokens, "tokens out, of the calls whose answers say it")        \
	X(no_usage, "model calls whose answers do not tell their tokens")        \
	X(estimated_input_tokens, "estimate of tokens in, of the other calls")   \
	X(estimated_output_tokens, "estimate of tokens out, of the other calls") \
	X(errors, "model calls answered with a status of 400 or more")           \
	X(bytes_sent, "bytes of requests to models")                             \
	X(bytes_received, "bytes of their answers")                              \
	X(with_data, "model calls in whose prompt a class of data was found")

struct ai_ledger_row {
	char name[AI_LEDGER_NAME_CAP];
#define AI_LEDGER_MEMBER(column, meaning) uint64_t column;
	AI_LEDGER_COLUMNS(AI_LEDGER_MEMBER)
#undef AI_LEDGER_MEMBER
};

/* All zero is empty. */
struct ai_ledger {
	unsigned nr;
	struct ai_ledger_row row[AI_LEDGER_ROWS];
};

/* An llm record of an answer that was made for another: what it cost counts, it is no call. */
bool ai_ledger_is_fetch(const struct record_head *call);

/* An llm record whose operation has tokens to be told: not a download, not a vector store. */
bool ai_ledger_has_tokens(const struct record_head *call);

/* An llm record. */
void ai_ledger_add(struct ai_ledger *l, const struct record_head *call);

void ai_ledger_put(const struct ai_ledger *l, counter_put_fn *put, void *arg);

#endif
