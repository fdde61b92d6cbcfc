/* Requests to vector stores; vector.h is the manual. */
#include "classify/ai/vector.h"

#include "classify/ai/copy_text.h"
#include "classify/ai/llm_read.h"
#include "classify/ai/vector_words.h"

#define X(id, word) word,
static const char *const words[] = { VECTOR_WORDS(X) };
#undef X

static struct json_lookup lookup;
const struct json_vocabulary vector_vocabulary = { words, sizeof(words) / sizeof(words[0]),
						   &lookup };

__attribute__((constructor)) static void
fill_lookup(void)
{
	json_lookup_fill(&lookup, &vector_vocabulary);
}

enum { READ = LLM_VECTOR_QUERY, WRITE = LLM_VECTOR_UPSERT, REMOVE = LLM_VECTOR_DELETE };

/*
 * Ends of paths, segment by segment; {} is the collection, * anything. `alone`: the request says
 * enough without its answer.
 */
static const struct {
	struct span end;
	const char *method;
	enum llm_dialect dialect;
	int operation;
	bool alone;
} ends[] = {
	{ SPAN_LITERAL("collections {} points search"), "POST", LLM_QDRANT, READ, true },
	{ SPAN_LITERAL("collections {} points search batch"), "POST", LLM_QDRANT, READ, true },
	{ SPAN_LITERAL("collections {} points search groups"), "POST", LLM_QDRANT, READ, true },
	{ SPAN_LITERAL("collections {} points query"), "POST", LLM_QDRANT, READ, true },
	{ SPAN_LITERAL("collections {} points query batch"), "POST", LLM_QDRANT, READ, true },
	{ SPAN_LITERAL("collections {} points query groups"), "POST", LLM_QDRANT, READ, true },
	{ SPAN_LITERAL("collections {} points recommend"), "POST", LLM_QDRANT, READ, true },
	{ SPAN_LITERAL("collections {} points recommend batch"), "POST", LLM_QDRANT, READ, true },
	{ SPAN_LITERAL("collections {} points discover"), "POST", LLM_QDRANT, READ, true },
	{ SPAN_LITERAL("collections {} points scroll"), "POST", LLM_QDRANT, READ, true },
	{ SPAN_LITERAL("collections {} points"), "POST", LLM_QDRANT, READ, false },
	{ SPAN_LITERAL("collections {} points"), "PUT", LLM_QDRANT, WRITE, false },
	{ SPAN_LITERAL("collections {} points delete"), "POST", LLM_QDRANT, REMOVE, false },
	{ SPAN_LITERAL("collections {} query"), "POST", LLM_CHROMA, READ, true },
	{ SPAN_LITERAL("collections {} get"), "POST", LLM_CHROMA, READ, false },
	{ SPAN_LITERAL("collections {} add"), "POST", LLM_CHROMA, WRITE, true },
	{ SPAN_LITERAL("collections {} upsert"), "POST", LLM_CHROMA, WRITE, true },
	{ SPAN_LITERAL("collections {} update"), "POST", LLM_CHROMA, WRITE, true },
	{ SPAN_LITERAL("databases * collections {} delete"), "POST", LLM_CHROMA, REMOVE, true },
	{ SPAN_LITERAL("v1 objects"), "POST", LLM_WEAVIATE, WRITE, false },
	{ SPAN_LITERAL("v1 batch objects"), "POST", LLM_WEAVIATE, WRITE, false },
	{ SPAN_LITERAL("v1 graphql"), "POST", LLM_WEAVIATE, READ, false },
	{ SPAN_LITERAL("vectordb entities search"), "POST", LLM_MILVUS, READ, true },
	{ SPAN_LITERAL("vectordb entities hybrid_search"), "POST", LLM_MILVUS, READ, true },
	{ SPAN_LITERAL("vectordb entities advanced_search"), "POST", LLM_MILVUS, READ, true },
	{ SPAN_LITERAL("vectordb entities query"), "POST", LLM_MILVUS, READ, true },
	{ SPAN_LITERAL("vectordb entities get"), "POST", LLM_MILVUS, READ, true },
	{ SPAN_LITERAL("vectordb entities insert"), "POST", LLM_MILVUS, WRITE, true },
	{ SPAN_LITERAL("vectordb entities upsert"), "POST", LLM_MILVUS, WRITE, true },
	{ SPAN_LITERAL("vectordb entities delete"), "POST", LLM_MILVUS, REMOVE, true },
	{ SPAN_LITERAL("v1 vector search"), "POST", LLM_MILVUS, READ, true },
	{ SPAN_LITERAL("v1 vector query"), "POST", LLM_MILVUS, READ, true },
	{ SPAN_LITERAL("v1 vector insert"), "POST", LLM_MILVUS, WRITE, true },
	{ SPAN_LITERAL("v1 vector upsert"), "POST", LLM_MILVUS, WRITE, true },
	{ SPAN_LITERAL("records namespaces {} search"), "POST", LLM_PINECONE, READ, true },
	{ SPAN_LITERAL("records namespaces {} upsert"), "POST", LLM_PINECONE, WRITE, true },
	{ SPAN_LITERAL("vectors upsert"), "POST", LLM_PINECONE, WRITE, false },
	{ SPAN_LITERAL("vectors update"), "POST", LLM_PINECONE, WRITE, false },
	{ SPAN_LITERAL("vectors delete"), "POST", LLM_PINECONE, REMOVE, false },
	{ SPAN_LITERAL("query"), "POST", LLM_PINECONE, READ, false },
	{ SPAN_LITERAL("{} _search"), "POST", LLM_ELASTIC_KNN, READ, false },
	{ SPAN_LITERAL("{} _search"), "GET", LLM_ELASTIC_KNN, READ, false },
	{ SPAN_LITERAL("{} _knn_search"), "POST", LLM_ELASTIC_KNN, READ, false },
	{ SPAN_LITERAL("{} _knn_search"), "GET", LLM_ELASTIC_KNN, READ, false },
};

bool
vector_request_line(struct llm_call *call, struct span method, const struct path_tail *path)
{
	struct span collection = span_of(NULL, 0);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (!path_tail_is(path, ends[i].end, &collection) ||
		    !span_is(method, ends[i].method))
			continue;
		call->target.vector = true;
		call->target.specific = ends[i].alone;
		call->facts.dialect = call->target.dialect = ends[i].dialect;
		call->facts.operation = call->target.operation =
		    (enum llm_operation)ends[i].operation;
		copy_text(call->facts.collection, LLM_COLLECTION_CAP, collection);
		return true;
	}
	return false;
}

const char *
vector_provider(const struct llm_call *call)
{
	switch (call->facts.dialect) {
	case LLM_QDRANT:
		return "vector_store.qdrant";
	case LLM_CHROMA:
		return "vector_store.chroma";
	case LLM_WEAVIATE:
		return "vector_store.weaviate";
	case LLM_MILVUS:
		return "vector_store.milvus";
	case LLM_PINECONE:
		return "vector_store.pinecone";
	case LLM_ELASTIC_KNN:
		return (call->signs & LLM_SIGN_OPENSEARCH) != 0 ? "vector_store.opensearch"
								: "vector_store.elasticsearch";
	default:
		return NULL;
	}
}

/* ------------------------------------------------------------------ the request */

/* Which of the two signs that a request of its store needs a key is; both when one is enough. */
static uint32_t
sign_of_key(const struct llm_call *call, uint64_t path)
{
	const uint32_t one = LLM_SIGN_ASKED, other = LLM_SIGN_ASKED_MORE;
	enum llm_operation o = call->facts.operation;

	switch (call->facts.dialect) {
	case LLM_QDRANT:
		if (o == LLM_VECTOR_QUERY)
			return path == AT(K_vector) || path == AT(K_query) || path == AT(K_limit) ||
				       path == AT(K_positive) || path == AT(K_searches) ||
				       path == AT(K_prefetch) || path == AT(K_filter) ||
				       path == AT(K_ids)
				   ? one | other
				   : 0;
		return path == AT(K_points) || path == AT(K_batch) ||
			       (path == AT(K_filter) && o == LLM_VECTOR_DELETE)
			   ? one | other
			   : 0;
	case LLM_CHROMA:
		if (path == AT(K_query_embeddings) || path == AT(K_query_texts))
			return one | other;
		if (path == AT(K_ids))
			return o == LLM_VECTOR_UPSERT ? one : one | other;
		return path == AT(K_embeddings) || path == AT(K_documents) ||
			       path == AT(K_metadatas)
			   ? other
			   : 0;
	case LLM_WEAVIATE:
		if (path == AT(K_class) || path == AT(K_objects, ITEM, K_class))
			return one;
		return path == AT(K_properties) || path == AT(K_objects, ITEM, K_properties) ? other
											     : 0;
	case LLM_MILVUS:
		return path == AT(K_collectionName) ? one | other : 0;
	case LLM_PINECONE:
		if (path == AT(K_topK))
			return one;
		if (path == AT(K_vector) || path == AT(K_sparseVector) || path == AT(K_id))
			return other;
		if (path == AT(K_vectors) && o == LLM_VECTOR_UPSERT)
			return one | other;
		if ((path == AT(K_ids) || path == AT(K_deleteAll)) && o == LLM_VECTOR_DELETE)
			return one | other;
		if (path == AT(K_values) && o == LLM_VECTOR_UPSERT)
			return one | other;
		return call->target.specific && (path == AT(K_query) || path == AT(K__id))
			   ? one | other
			   : 0;
	case LLM_ELASTIC_KNN:
		if (path == AT(K_knn, K_query_vector) || path == AT(K_knn, ITEM, K_query_vector) ||
		    path == AT(K_knn, K_query_vector_builder))
			return one | other;
		/* {"knn": {FIELD: {"vector": [...]}}}, in whatever query */
		return path != JSON_PATH_DEEP && (path & 0xff) == K_vector &&
			       (path >> 16 & 0xff) == K_knn
			   ? one | other | LLM_SIGN_OPENSEARCH
			   : 0;
	default:
		return 0;
	}
}

static void
add_one(struct llm_count *count)
{
	count->n++;
	count->known = true;
}

/* Vectors, documents or ids that go along: one for each item of a list. */
static bool
is_sent_item(const struct llm_call *call, enum json_event event, uint64_t path)
{
	bool object = event == JSON_OBJECT;
	bool scalar = event == JSON_STRING_END || event == JSON_NUMBER;

	switch (call->facts.dialect) {
	case LLM_QDRANT:
		return ((object || scalar) && path == AT(K_points, ITEM)) ||
		       (scalar && path == AT(K_batch, K_ids, ITEM));
	case LLM_CHROMA:
		return event == JSON_STRING_END && path == AT(K_ids, ITEM);
	case LLM_WEAVIATE:
		return object && (path == AT(K_objects, ITEM) || path == AT(K_properties));
	case LLM_MILVUS:
		return object && (path == AT(K_data, ITEM) || path == AT(K_data));
	case LLM_PINECONE:
		return (object && path == AT(K_vectors, ITEM)) ||
		       (event == JSON_STRING_END && path == AT(K_ids, ITEM)) ||
		       (event == JSON_KEY && path == AT(K__id));
	default:
		return false;
	}
}

static bool
is_limit(uint64_t path)
{
	switch (path) {
	case AT(K_limit):
	case AT(K_topK):
	case AT(K_n_results):
	case AT(K_knn, K_k):
	case AT(K_query, K_top_k):
		return true;
	default:
		return path != JSON_PATH_DEEP && (path & 0xff) == K_k &&
		       (path >> 16 & 0xff) == K_knn;
	}
}

/* { Get { Article(nearVector: ... */
static void
graphql_query(struct llm_call *call, struct span text)
{
	static const char *const searches[] = { "nearVector", "nearText", "nearObject", "nearImage",
						"hybrid",     "bm25",	  "Get" };
	const uint8_t *end = text.p + text.len, *p;

	p = memmem(text.p, text.len, "Get", 3);
	if (p == NULL)
		return;
	for (p += 3; p < end && (*p == ' ' || *p == '{' || *p == '\n' || *p == '\t'); p++)
		;

	size_t len = 0;

	while (p + len < end &&
	       ((p[len] >= 'A' && p[len] <= 'Z') || (p[len] >= 'a' && p[len] <= 'z') ||
		(p[len] >= '0' && p[len] <= '9') || p[len] == '_'))
		len++;
	/* A class begins with a capital. */
	if (len == 0 || *p < 'A' || *p > 'Z')
		return;
	for (size_t i = 0; i + 1 < sizeof(searches) / sizeof(searches[0]); i++) {
		if (memmem(text.p, text.len, searches[i], strlen(searches[i])) == NULL)
			continue;
		call->signs |= LLM_SIGN_ASKED | LLM_SIGN_ASKED_MORE;
		copy_text(call->facts.collection, LLM_COLLECTION_CAP, span_of(p, len));
		return;
	}
}

static void
request_string(struct llm_call *call, uint64_t path)
{
	struct span text = span_of(call->request.text, call->request.text_len);

	switch (call->facts.dialect) {
	case LLM_WEAVIATE:
		if (path == AT(K_query) && call->facts.operation == LLM_VECTOR_QUERY)
			graphql_query(call, text);
		else if (path == AT(K_class) || path == AT(K_objects, ITEM, K_class))
			copy_text(call->facts.collection, LLM_COLLECTION_CAP, text);
		break;
	case LLM_MILVUS:
		if (path == AT(K_collectionName))
			copy_text(call->facts.collection, LLM_COLLECTION_CAP, text);
		break;
	case LLM_PINECONE:
		if (path == AT(K_namespace))
			copy_text(call->facts.collection, LLM_COLLECTION_CAP, text);
		break;
	default:
		break;
	}
}

void
vector_request_event(struct llm_call *call, const struct json_walk *w, enum json_event event,
		     uint64_t path, const uint8_t *text, size_t len)
{
	struct llm_side *side = &call->request;
	uint64_t n;

	if (event == JSON_ARRAY && w->depth == 0)
		side->array = true;
	if (event == JSON_KEY)
		call->signs |= sign_of_key(call, path);
	if (call->facts.operation != LLM_VECTOR_QUERY && is_sent_item(call, event, path))
		add_one(&call->facts.vectors_sent);
	if (event == JSON_NUMBER && is_limit(path) && json_whole_number(text, len, &n)) {
		call->facts.vector_limit.n = n;
		call->facts.vector_limit.known = true;
	}
	if (event == JSON_STRING_END)
		request_string(call, path);
	if (event == JSON_STRING || event == JSON_STRING_END)
		llm_side_string(side, event, text, len);
}

/* ------------------------------------------------------------------ the answer */

static bool
is_told(enum llm_dialect store, uint64_t path)
{
	switch (store) {
	case LLM_QDRANT:
		return path == AT(K_result);
	case LLM_CHROMA:
		return path == AT(K_ids);
	case LLM_WEAVIATE:
		return path == AT(K_creationTimeUnix) || path == AT(K_lastUpdateTimeUnix) ||
		       path == AT(K_data, K_Get);
	case LLM_MILVUS:
		return path == AT(K_code);
	case LLM_PINECONE:
		return path == AT(K_matches) || path == AT(K_upsertedCount) ||
		       path == AT(K_result, K_hits);
	case LLM_ELASTIC_KNN:
		return path == AT(K_hits, K_hits);
	default:
		return false;
	}
}

static bool
is_found_item(enum llm_dialect store, enum json_event event, uint64_t path)
{
	bool object = event == JSON_OBJECT;

	switch (store) {
	case LLM_QDRANT:
		return object && (path == AT(K_result, ITEM) || path == AT(K_result, ITEM, ITEM) ||
				  path == AT(K_result, K_points, ITEM) ||
				  path == AT(K_result, ITEM, K_points, ITEM));
	case LLM_CHROMA:
		return event == JSON_STRING_END &&
		       (path == AT(K_ids, ITEM) || path == AT(K_ids, ITEM, ITEM));
	case LLM_WEAVIATE:
		return object && (path >> 24) == K_data && (path >> 16 & 0xff) == K_Get &&
		       (path & 0xff) == ITEM;
	case LLM_MILVUS:
		return object && path == AT(K_data, ITEM);
	case LLM_PINECONE:
		return object &&
		       (path == AT(K_matches, ITEM) || path == AT(K_result, K_hits, ITEM));
	case LLM_ELASTIC_KNN:
		return object && path == AT(K_hits, K_hits, ITEM);
	default:
		return false;
	}
}

void
vector_response_event(struct llm_call *call, enum json_event event, uint64_t path)
{
	struct llm_count *found = &call->facts.vectors_found;
	enum llm_dialect store = call->facts.dialect;

	if (event == JSON_KEY && is_told(store, path)) {
		call->signs |= LLM_SIGN_TOLD;
		found->known = found->known || call->facts.operation == LLM_VECTOR_QUERY;
	}
	if (call->facts.operation != LLM_VECTOR_QUERY)
		return;
	if (is_found_item(store, event, path))
		add_one(found);
	/* Each of several answers holds its points: it is none itself. */
	if (store == LLM_QDRANT && event == JSON_ARRAY && path == AT(K_result, ITEM, K_points) &&
	    found->n != 0)
		found->n--;
}

/* ------------------------------------------------------------------ the verdict */

bool
vector_is_asked(const struct llm_call *call)
{
	const uint32_t both = LLM_SIGN_ASKED | LLM_SIGN_ASKED_MORE;

	return (call->signs & both) == both;
}

bool
vector_judge(const struct llm_call *call)
{
	bool known_host = call->host_name != NULL && call->host_kind == PROVIDER_VECTOR_STORE;

	if (!vector_is_asked(call))
		return false;
	if (known_host || (call->signs & LLM_SIGN_TOLD) != 0)
		return true;
	if (!call->target.specific)
		return false;
	/* Chroma says nothing to a write. */
	return !llm_answered(call) ||
	       (call->facts.dialect == LLM_CHROMA && call->facts.operation != LLM_VECTOR_QUERY);
}
