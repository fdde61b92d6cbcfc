/*
 * Requests to vector stores: which store, what is done to which collection, with how many vectors.
 *
 *   Qdrant         /collections/NAME/points ...                 JSON over HTTP
 *   Chroma         /collections/ID/{query,get,add,upsert,update,delete}, v1 and v2
 *   Weaviate       /v1/objects, /v1/batch/objects, /v1/graphql with a search in it
 *   Milvus         /v2/vectordb/entities/..., /v1/vector/...
 *   Pinecone       /query, /vectors/{upsert,delete,update}, /records/namespaces/NAME/...
 *   Elasticsearch, OpenSearch   NAME/_search with a knn query
 *
 * Only the end of the path counts, because gateways put whatever they like in front. A path alone
 * is never enough: the request has to have the store's own keys, and, where others might have such
 * a path, an answer that was read has to look like the store's.
 *
 * Part of a struct llm_call, which owns the state and walks the JSON. What a collection is called
 * comes from the path or the body; of Chroma it is an id, of Pinecone the namespace. Vectors are
 * counted, never kept; texts that go along are scanned as the JSON body they stand in.
 *
 * Not read: administration of collections, counts, and the numbers of Weaviate's GraphQL.
 */
#ifndef WEIR_VECTOR_H
#define WEIR_VECTOR_H

#include "classify/ai/llm.h"
#include "classify/ai/path_tail.h"

/* Of what such requests and answers are walked with, instead of llm's. */
extern const struct json_vocabulary vector_vocabulary;

/* Fills target and the facts that the path gives; false: no path of a vector store. */
bool vector_request_line(struct llm_call *call, struct span method, const struct path_tail *path);

/* Events of a request's and an answer's JSON; path as llm_side_path has it. */
void vector_request_event(struct llm_call *call, const struct json_walk *w, enum json_event event,
			  uint64_t path, const uint8_t *text, size_t len);
void vector_response_event(struct llm_call *call, enum json_event event, uint64_t path);

/* Whether the request had what such a request has; the whole verdict. */
bool vector_is_asked(const struct llm_call *call);
bool vector_judge(const struct llm_call *call);

/* vector_store.NAME, static. */
const char *vector_provider(const struct llm_call *call);

#endif
