/*
 * Files and batches of model services: many requests sent as one, answered hours later.
 *
 *   OpenAI      POST /files              multipart: purpose, file     file_upload
 *   (Azure,     POST /batches            {"input_file_id": ...}       batch_create
 *    Groq ...)  GET  /batches/ID, POST /batches/ID/cancel             batch_status, batch_cancel
 *               GET  /files/ID/content   lines, or any file           batch_results, file_download
 *   Anthropic   POST /messages/batches   {"requests": [{"params": }]} batch_create
 *               GET  /messages/batches/ID, POST .../cancel, GET .../results
 *               POST /files, GET /files/ID/content
 *
 * A batch's requests and answers are those of plain calls with something around each:
 *
 *   {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": {a request}}
 *   {"custom_id": "1", "response": {"status_code": 200, "body": {an answer}}, "error": null}
 *   {"custom_id": "1", "result": {"type": "succeeded", "message": {an answer}}}
 *
 * so what is inside is read by the tables of llm_request.c and llm_response.c. A line that is no
 * JSON costs only itself. A model is told when all that were seen are the same one. Token counts of
 * results are the sum of what each answer reports; what a batch's own object says of tokens is not
 * read, because it says so again each time it is asked.
 *
 * Others have such paths as well. On a host of the catalogue an upload needs a file, a new batch
 * its requests; elsewhere an upload needs a purpose that OpenAI knows and the answer, or requests
 * to a model in it, and what was fetched has to look like a batch or its answers.
 *
 * Part of a struct llm_call, which owns the state. Not read: lists, deletions and descriptions of
 * files, uploads in pieces (/uploads), batches of Gemini, Vertex AI, Bedrock and Mistral.
 */
#ifndef WEIR_BATCH_H
#define WEIR_BATCH_H

#include "classify/ai/llm.h"
#include "classify/ai/path_tail.h"

/* Fills target and the facts that the path gives; false: no path of files or batches. */
bool batch_request_line(struct llm_call *call, struct span method, const struct path_tail *path);

/* What is answered is made of lines, each JSON of its own. */
bool batch_has_lines(const struct llm_call *call);

/* The value of a form's field `purpose`; a file begins. */
void batch_purpose(struct llm_call *call, struct span purpose);
void batch_file(struct llm_call *call);

/*
 * Events of a request's and an answer's JSON outside of what is wrapped, and where that begins;
 * path as llm_side_path has it. Those inside are for the readers of plain calls.
 */
void batch_request_event(struct llm_call *call, enum json_event event, uint64_t path);
void batch_response_event(struct llm_call *call, enum json_event event, uint64_t path,
			  const uint8_t *text, size_t len);
/* A line is given up: what it said so far is not counted. */
void batch_line_lost(struct llm_call *call);

/* After both ends: the facts that only all of it tells. */
void batch_settle(struct llm_call *call);

/* As llm_worth_watching, llm_is_likely and llm_is_call. */
bool batch_worth_watching(const struct llm_call *call);
bool batch_is_likely(const struct llm_call *call);
bool batch_judge(const struct llm_call *call);

#endif
