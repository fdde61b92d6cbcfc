/*
 * The JSON keys that matter to vector stores, as a vocabulary of json_walk by itself: what a store
 * is asked is read by nobody else. The ids are spelt as the keys are; llm_words.h has the same
 * names with other values, so no file includes both.
 */
#ifndef WEIR_VECTOR_WORDS_H
#define WEIR_VECTOR_WORDS_H

#include "classify/proto/json_walk.h"

/* clang-format off */
#define VECTOR_WORDS(X) \
	X(Get, "Get") \
	X(_id, "_id") \
	X(batch, "batch") \
	X(class, "class") \
	X(code, "code") \
	X(collectionName, "collectionName") \
	X(creationTimeUnix, "creationTimeUnix") \
	X(data, "data") \
	X(deleteAll, "deleteAll") \
	X(documents, "documents") \
	X(embeddings, "embeddings") \
	X(filter, "filter") \
	X(hits, "hits") \
	X(id, "id") \
	X(ids, "ids") \
	X(k, "k") \
	X(knn, "knn") \
	X(lastUpdateTimeUnix, "lastUpdateTimeUnix") \
	X(limit, "limit") \
	X(matches, "matches") \
	X(metadatas, "metadatas") \
	X(n_results, "n_results") \
	X(namespace, "namespace") \
	X(objects, "objects") \
	X(points, "points") \
	X(positive, "positive") \
	X(prefetch, "prefetch") \
	X(properties, "properties") \
	X(query, "query") \
	X(query_embeddings, "query_embeddings") \
	X(query_texts, "query_texts") \
	X(query_vector, "query_vector") \
	X(query_vector_builder, "query_vector_builder") \
	X(result, "result") \
	X(searches, "searches") \
	X(sparseVector, "sparseVector") \
	X(topK, "topK") \
	X(top_k, "top_k") \
	X(upsertedCount, "upsertedCount") \
	X(values, "values") \
	X(vector, "vector") \
	X(vectors, "vectors")
/* clang-format on */

enum {
	VECTOR_BEFORE_FIRST_WORD = JSON_FIRST_WORD - 1,
#define X(id, word) K_##id,
	VECTOR_WORDS(X)
#undef X
};

/* Short, because the case labels that use it are long. */
#define AT   JSON_PATH
#define ITEM JSON_ITEM

#endif
