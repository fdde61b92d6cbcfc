/* AI services over gRPC; grpc_call.h is the manual. */
#include "classify/ai/grpc_call.h"

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
	size_t room = GRPC_CALL_HEAD - h->len;

	if (len > room)
		len = room;
	memcpy(h->bytes + h->len, data, len);
	h->len = (uint16_t)(h->len + len);
}

/* A varint, which p loses; false when it is cut or longer than 64 bits. */
static bool
read_varint(struct span *p, uint64_t *value)
{
	*value = 0;
	for (unsigned shift = 0; shift < 64 && p->len != 0; shift += 7) {
		uint8_t byte = *p->p++;

		p->len--;
		*value |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return true;
	}
	return false;
}

static bool
skip(struct span *p, uint64_t len)
{
	if (len > p->len)
		return false;
	*p = span_of(p->p + len, p->len - (size_t)len);
	return true;
}

/*
 * The first text of that field: tag (number << 3 | wire type) and value, the wire types being 0
 * varint, 1 eight bytes, 2 length and bytes, 5 four bytes.
 */
static struct span
field(struct span p, unsigned number)
{
	const struct span none = span_of(NULL, 0);
	uint64_t tag, n;

	while (number != 0 && read_varint(&p, &tag)) {
		switch (tag & 7) {
		case 0:
			if (!read_varint(&p, &n))
				return none;
			break;
		case 1:
			if (!skip(&p, 8))
				return none;
			break;
		case 2:
			if (!read_varint(&p, &n) || n > p.len)
				return none;
			if (tag >> 3 == number)
				return span_of(p.p, (size_t)n);
			skip(&p, n);
			break;
		case 5:
			if (!skip(&p, 4))
				return none;
			break;
		default:
			return none;
		}
	}
	return none;
}

bool
grpc_call_read(const struct grpc_call_head *h, struct span path, struct grpc_call *out)
{
	struct span head = span_of(h->bytes, h->len);

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
						    .model = field(head, s->model),
						    .version = field(head, s->version),
						    .collection = field(head, s->collection) };
			return true;
		}
	}
	return false;
}
