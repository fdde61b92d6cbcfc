/*
 * Files of models on their way through HTTP: known by where they are fetched from, and by how they
 * begin. Weights are gigabytes; only the first MODEL_FILE_HEAD bytes of an answer are looked at.
 *
 *   gguf         "GGUF", version as u32 (1 to 3, either byte order)
 *   safetensors  length of the header as u64 LE, then JSON with a "dtype" or "__metadata__" in it
 *   pytorch      a zip whose first file is NAME/data.pkl
 *
 * Where from:
 *
 *   huggingface  /ORG/REPO/resolve/REVISION/FILE, at the hub or behind a mirror that keeps its
 *                headers (X-Repo-Commit, X-Linked-Etag, X-Xet-Hash) or sends such a file
 *   ollama       /v2/NAMESPACE/MODEL/manifests/TAG whose answer lists application/vnd.ollama.*, and
 *                /v2/NAMESPACE/MODEL/blobs/DIGEST that is a model's file
 *   anywhere     a GET whose answer begins as above
 *
 * A range that does not begin at 0 has no beginning: then only the hub's own signs count. Other
 * formats (raw pickle, ONNX, HDF5) have no beginning that says enough and are known by the hub
 * only.
 */
#ifndef WEIR_MODEL_FILE_H
#define WEIR_MODEL_FILE_H

#include "classify/proto/http_field.h"

enum { MODEL_FILE_HEAD = 512 };

/* Embedded in an exchange. */
struct model_file {
	uint16_t len;
	bool hub_header;
	uint8_t head[MODEL_FILE_HEAD];
};

static inline void
model_file_init(struct model_file *f)
{
	f->len = 0;
	f->hub_header = false;
}

/* A header of the answer. */
void model_file_header(struct model_file *f, const struct http_field *field);

/* Bytes of the answer, decoded, in any pieces. */
static inline bool
model_file_wants(const struct model_file *f)
{
	return f->len < MODEL_FILE_HEAD;
}
void model_file_push(struct model_file *f, const uint8_t *data, size_t len);

/* What is known at the end. Spans are of the path, empty where it does not say. */
struct model_download {
	const char *provider; /* model_hub.NAME, or NULL; static */
	const char *dialect;  /* huggingface.resolve, ollama.registry, or NULL; static */
	const char *format;   /* gguf safetensors pytorch, or NULL; static */
	struct span model;    /* org/repo; library/llama3 */
	struct span tag;      /* revision, tag */
	struct span file;
};

/* A GET of path that was answered well; hub: the host is one of the catalogue's hubs. */
bool model_file_read(const struct model_file *f, struct span path, bool hub,
		     struct model_download *out);

#endif
