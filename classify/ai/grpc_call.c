/* AI services over gRPC; grpc_call.h is the manual. */
#include "classify/ai/grpc_call.h"

#include "classify/proto/protobuf.h"

#define QUERY  "vector_query"
#define UPSERT "vector_upsert"
#define DELETE "vector_delete"

static const struct service {
	const char *path; /* up to the method */
	const char *provider, *dialect;
	unsigned model, version, collection; /* numbers of fields, 0 for none */
	struct {
		const char *name, *operation;
	} methods[12];
} services[] = {
	{ .path = "/inference.GRPCInferenceService/",
	  .dialect = "kserve.infer",
	  .model = 1,
	  .version = 2,
	  .methods = { { "ModelInfer", "infer" }, { "ModelStreamInfer", "infer" } } },
	{ .path = "/qdrant.Points/",
	  .provider = "vector_store.qdrant",
	  .dialect = "qdrant",
	  .collection = 1,
	  .methods = { { "Search", QUERY },
		       { "SearchBatch", QUERY },
		       { "SearchGroups", QUERY },
		       { "Query", QUERY },
		       { "QueryBatch", QUERY },
		       { "QueryGroups", QUERY },
		       { "Recommend", QUERY },
		       { "Scroll", QUERY },
		       { "Get", QUERY },
		       { "Upsert", UPSERT },
		       { "Delete", DELETE } } },
	{ .path = "/milvus.proto.milvus.MilvusService/",
	  .provider = "vector_store.milvus",
	  .dialect = "milvus",
	  .collection = 3,
	  .methods = { { "Search", QUERY },
		       { "HybridSearch", QUERY },
		       { "Query", QUERY },
		       { "Insert", UPSERT },
		       { "Upsert", UPSERT },
		       { "Delete", DELETE } } },
	{ .path = "/weaviate.v1.Weaviate/",
	  .provider = "vector_store.weaviate",
	  .dialect = "weaviate",
	  .collection = 1,
	  .methods = { { "Search", QUERY } } },
};

void
grpc_call_push(struct grpc_call_head *h, const uint8_t *data, size_t len)
{
	h->len = (uint16_t)span_append(h->bytes, h->len, GRPC_CALL_HEAD, span_of(data, len));
}

static struct span
field(const struct grpc_call_head *h, unsigned number)
{
	return number == 0 ? span_of(NULL, 0) : protobuf_find(h->bytes, h->len, number);
}

bool
grpc_call_read(const struct grpc_call_head *h, struct span path, struct grpc_call *out)
{
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		const struct service *s = &services[i];
		size_t len = strlen(s->path);

		if (!span_starts(path, s->path))
			continue;
		for (size_t k = 0; s->methods[k].name != NULL; k++) {
			if (!span_is(span_of(path.p + len, path.len - len), s->methods[k].name))
				continue;
			*out = (struct grpc_call) { .provider = s->provider,
						    .dialect = s->dialect,
						    .operation = s->methods[k].operation,
						    .model = field(h, s->model),
						    .version = field(h, s->version),
						    .collection = field(h, s->collection) };
			return true;
		}
	}
	return false;
}
