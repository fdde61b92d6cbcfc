/* Model calls added up; ai_ledger.h is the manual. */
#include "dataplane/publish/ai_ledger.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "classify/span.h"

static void
name_of(const struct record_head *call, char name[AI_LEDGER_NAME_CAP])
{
	struct record_value v;
	size_t n = 0;

	if (!record_find(call, RF_GEN_AI_PROVIDER_NAME, &v) &&
	    !record_find(call, RF_GEN_AI_ENGINE, &v)) {
		memcpy(name, "unknown", 8);
		return;
	}
	for (; n < v.len && n < AI_LEDGER_NAME_CAP - 1; n++)
		name[n] = isalnum(v.data[n]) ? (char)v.data[n] : '_';
	name[n] = '\0';
}

static struct ai_ledger_row *
row_of(struct ai_ledger *l, const char *name)
{
	for (unsigned i = 0; i < l->nr; i++) {
		if (strcmp(l->row[i].name, name) == 0)
			return &l->row[i];
	}
	/* The last row is for all that no longer fit. */
	if (l->nr == AI_LEDGER_ROWS)
		return &l->row[AI_LEDGER_ROWS - 1];
	if (l->nr == AI_LEDGER_ROWS - 1)
		name = "other";
	snprintf(l->row[l->nr].name, AI_LEDGER_NAME_CAP, "%s", name);
	return &l->row[l->nr++];
}

static uint64_t
uint_of(const struct record_head *call, enum record_field f)
{
	struct record_value v;

	return record_find(call, f, &v) ? record_value_uint(&v) : 0;
}

bool
ai_ledger_is_fetch(const struct record_head *call)
{
	struct record_value v;

	return record_find(call, RF_GEN_AI_OPERATION_NAME, &v) &&
	       span_is(span_of(v.data, v.len), "response_fetch");
}

bool
ai_ledger_has_tokens(const struct record_head *call)
{
	struct record_value v;

	if (!record_find(call, RF_GEN_AI_OPERATION_NAME, &v))
		return true;
	return !span_is(span_of(v.data, v.len), "model_download") &&
	       !span_is(span_of(v.data, v.len), "infer") &&
	       !span_is(span_of(v.data, v.len), "response_fetch") &&
	       !span_starts(span_of(v.data, v.len), "vector_") &&
	       !span_starts(span_of(v.data, v.len), "file_") &&
	       !span_starts(span_of(v.data, v.len), "batch_");
}

void
ai_ledger_add(struct ai_ledger *l, const struct record_head *call)
{
	char name[AI_LEDGER_NAME_CAP];
	struct ai_ledger_row *row;
	struct record_value v;

	name_of(call, name);
	row = row_of(l, name);
	row->calls += !ai_ledger_is_fetch(call);
	row->input_tokens += uint_of(call, RF_GEN_AI_USAGE_INPUT_TOKENS);
	row->output_tokens += uint_of(call, RF_GEN_AI_USAGE_OUTPUT_TOKENS);
	row->no_usage += ai_ledger_has_tokens(call) &&
			 !record_find(call, RF_GEN_AI_USAGE_INPUT_TOKENS, &v) &&
			 !record_find(call, RF_GEN_AI_USAGE_OUTPUT_TOKENS, &v) &&
			 !record_find(call, RF_GEN_AI_USAGE_CACHED_TOKENS, &v);
	if (!record_find(call, RF_GEN_AI_USAGE_INPUT_TOKENS, &v))
		row->estimated_input_tokens += uint_of(call, RF_ESTIMATED_INPUT_TOKENS);
	if (!record_find(call, RF_GEN_AI_USAGE_OUTPUT_TOKENS, &v))
		row->estimated_output_tokens += uint_of(call, RF_ESTIMATED_OUTPUT_TOKENS);
	row->errors += uint_of(call, RF_HTTP_STATUS) >= 400;
	row->bytes_sent += uint_of(call, RF_PROMPT_BYTES);
	row->bytes_received += uint_of(call, RF_COMPLETION_BYTES);
	row->with_data += record_find(call, RF_DATA_TYPES_SENT, &v);
}

void
ai_ledger_put(const struct ai_ledger *l, counter_put_fn *put, void *arg)
{
	char name[64];

	for (unsigned i = 0; i < l->nr; i++) {
		const struct ai_ledger_row *row = &l->row[i];

#define AI_LEDGER_PUT(column, meaning)                              \
	snprintf(name, sizeof(name), "llm_%s_" #column, row->name); \
	put(arg, name, row->column);
		AI_LEDGER_COLUMNS(AI_LEDGER_PUT)
#undef AI_LEDGER_PUT
	}
}
