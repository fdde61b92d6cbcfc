/*
 * Calls of AI services over gRPC, by service and method, and the names in their first message.
 *
 *   inference.GRPCInferenceService   Triton, KServe v2: ModelInfer, ModelStreamInfer
 *                                    1 model_name, 2 model_version
 *   qdrant.Points                    1 collection_name
 *   milvus.proto.milvus.MilvusService   3 collection_name
 *   weaviate.v1.Weaviate             1 collection, of Search
 *
 * The first GRPC_CALL_HEAD bytes of what the client sends are looked at; a name that does not stand
 * there whole is not told. Other methods (health, administration, metadata) are no calls.
 */
#ifndef WEIR_GRPC_CALL_H
#define WEIR_GRPC_CALL_H

#include "classify/span.h"

enum { GRPC_CALL_HEAD = 256 };

/* Embedded in an exchange, all zero is empty. */
struct grpc_call_head {
	uint16_t len;
	uint8_t bytes[GRPC_CALL_HEAD];
};

static inline void
grpc_call_init(struct grpc_call_head *h)
{
	h->len = 0;
}

static inline bool
grpc_call_wants(const struct grpc_call_head *h)
{
	return h->len < GRPC_CALL_HEAD;
}

/* Bytes of the client's messages, without framing, in any pieces. */
void grpc_call_push(struct grpc_call_head *h, const uint8_t *data, size_t len);

/* Names are static; spans are of the head, empty where it does not say. */
struct grpc_call {
	const char *provider;  /* vector_store.NAME, or NULL */
	const char *dialect;   /* kserve.infer qdrant milvus weaviate */
	const char *operation; /* infer vector_query vector_upsert vector_delete */
	struct span model, version, collection;
};

/* path: /package.Service/Method. False when it is none of these. */
bool grpc_call_read(const struct grpc_call_head *h, struct span path, struct grpc_call *out);

#endif
