/*
 * One HTTP exchange that may be a call of a model: what was asked of which model, how it was
 * answered, what it cost.
 *
 * Pure push: the owner says what it sees of request and answer, in whatever pieces; requests and
 * answers may overlap in time (HTTP/2). Bodies are given decoded (no chunking, no gzip).
 *
 *   llm_begin
 *   llm_request_line, llm_request_header ...        then ask llm_worth_watching
 *   llm_request_body ..., llm_request_end           and here again
 *   llm_response_status, llm_response_header ..., llm_response_body ..., llm_response_end
 *   llm_is_call, llm_facts
 *
 * What makes a call. No single sign is enough: `model` and `messages` occur in many APIs. Signs are
 *
 *   strong   messages with a known role, contents with parts, a limit such as max_tokens,
 *            tool schemas; in the answer: token usage, choices or candidates, a stop reason
 *   weak     a model's name, something like a prompt, a model named in the path
 *   context  a path of a known dialect, a host of the catalogue, a header only such APIs have
 *
 * and a call needs two of the first two kinds, one of them strong, or one together with context
 * (llm_judge.c has the exact rule). Threads, stored conversations, model lists, tokenisers and the
 * like are no calls, although they talk to the same hosts; files and batches (batch.h) and vector
 * stores (vector.h) are calls of their own kind, with rules of their own. Counting tokens is
 * one (operation count_tokens) where the request is a whole model request in everything but the
 * path, as at Anthropic and OpenAI; elsewhere it is not. The count it returns is no usage.
 *
 * Dialects: OpenAI chat, responses, completions, embeddings, images, videos, audio, moderations
 * (all who speak them: Azure, Groq, Mistral, vLLM, llama.cpp ...), Anthropic messages, Gemini and
 * Vertex AI, Bedrock converse and invoke, Cohere v1 and v2, Mistral's conversations and OCR,
 * Hugging Face inference, ElevenLabs, Deepgram, DashScope, Oracle, Workers AI, Ollama, TGI, TEI,
 * llama.cpp, SGLang, Triton generate, KServe. Answers: JSON, SSE, NDJSON, AWS event stream, and
 * Gemini's streamed JSON array.
 *
 * Limits: names, ids and reasons are cut at their capacity; LLM_TOOLS_MAX distinct tool names in
 * LLM_TOOL_TEXT_CAP bytes, LLM_FINISH_MAX finish reasons; further ones are counted in
 * facts.dropped. Of multipart bodies (audio, image edits) the model and the prompt are read, other
 * texts are not. Of a realtime session (WebSocket) one call is made, its token counts the sum
 * of those of its answers. Not read: gRPC bodies (grpc_call.h
 * has the names of what is called), Replicate's predictions.
 *
 * struct llm_call is one object of constant size for a slab; nothing is allocated, no clock is
 * read. Not thread-safe.
 */
#ifndef WEIR_LLM_H
#define WEIR_LLM_H

#include "classify/ai/provider.h"
#include "classify/ai/token_estimate.h"
#include "classify/proto/aws_eventstream.h"
#include "classify/proto/http_field.h"
#include "classify/proto/json_walk.h"
#include "classify/proto/sse.h"

enum {
	LLM_MODEL_CAP = 256,
	LLM_ID_CAP = 128,
	LLM_FILE_ID_CAP = 96,
	LLM_REASON_CAP = 32,
	LLM_FINISH_MAX = 8,
	LLM_TOOLS_MAX = 16,
	LLM_TOOL_NAME_CAP = 128,
	LLM_TOOL_TEXT_CAP = 768,
	LLM_COLLECTION_CAP = 128,
	LLM_VERSION_CAP = 32,
	LLM_CHOICES_MAX = 1024, /* a greater number is no choice's */
	LLM_HELD_CAP = 192,	/* of a streamed text that stands before its choice's number */
	LLM_STRING_CAP = 256,	/* of a JSON string that matters, this much is looked at */
};

enum llm_dialect {
	LLM_DIALECT_UNKNOWN,
	LLM_OPENAI_CHAT,
	LLM_OPENAI_RESPONSES,
	LLM_OPENAI_COMPLETIONS,
	LLM_OPENAI_EMBEDDINGS,
	LLM_OPENAI_IMAGES,
	LLM_OPENAI_VIDEOS,
	LLM_OPENAI_AUDIO,
	LLM_OPENAI_MODERATIONS,
	LLM_ANTHROPIC_MESSAGES,
	LLM_ANTHROPIC_COMPLETE,
	LLM_GEMINI_GENERATE,
	LLM_GEMINI_EMBED,
	LLM_GEMINI_INTERACTIONS,
	LLM_VERTEX_PREDICT,
	LLM_BEDROCK_CONVERSE,
	LLM_BEDROCK_INVOKE,
	LLM_COHERE_CHAT,
	LLM_COHERE_EMBED,
	LLM_RERANK, /* Cohere, Voyage, Jina, vLLM: one shape */
	LLM_OLLAMA_CHAT,
	LLM_OLLAMA_GENERATE,
	LLM_OLLAMA_EMBED,
	LLM_OLLAMA_PULL,
	LLM_TGI_GENERATE, /* and SGLang, on the same path */
	LLM_LLAMACPP_COMPLETION,
	LLM_TRITON_GENERATE,
	LLM_OPENAI_REALTIME, /* WebSocket, as the next */
	LLM_GEMINI_LIVE,
	LLM_QDRANT, /* vector stores: see vector.h */
	LLM_CHROMA,
	LLM_WEAVIATE,
	LLM_MILVUS,
	LLM_PINECONE,
	LLM_ELASTIC_KNN,  /* and OpenSearch */
	LLM_OPENAI_FILES, /* and whoever speaks like it: see batch.h */
	LLM_OPENAI_BATCHES,
	LLM_ANTHROPIC_FILES,
	LLM_ANTHROPIC_BATCHES,
	LLM_MISTRAL_CONVERSATIONS,
	LLM_KSERVE_INFER, /* version 2 over HTTP; version 1 is that of Vertex AI */
	LLM_MISTRAL_OCR,
	LLM_HUGGINGFACE, /* `inputs` and `parameters`, and TEI's embeddings */
	LLM_ELEVENLABS,
	LLM_DEEPGRAM,
	LLM_INVOCATIONS, /* SageMaker, Databricks, vLLM: any shape behind one path */
	LLM_DASHSCOPE,	 /* from here on inside an object: see llm_wrap.c */
	LLM_OCI,
	LLM_WORKERS_AI,
};

enum llm_operation {
	LLM_OPERATION_UNKNOWN,
	LLM_CHAT,
	LLM_TEXT_COMPLETION,
	LLM_EMBEDDINGS,
	LLM_GENERATE_CONTENT,
	LLM_IMAGE_GENERATION,
	LLM_VIDEO_GENERATION,
	LLM_SPEECH,
	LLM_TRANSCRIPTION,
	LLM_MODERATION,
	LLM_RERANKING,
	LLM_INFER, /* tensors, or what they stand for: no tokens */
	LLM_OCR,
	LLM_COUNT_TOKENS,
	LLM_RESPONSE_FETCH, /* an answer that is kept, asked for again: no model is called */
	LLM_MODEL_DOWNLOAD,
	LLM_VECTOR_QUERY,
	LLM_VECTOR_UPSERT,
	LLM_VECTOR_DELETE,
	LLM_FILE_UPLOAD,
	LLM_FILE_DOWNLOAD,
	LLM_BATCH_CREATE,
	LLM_BATCH_STATUS,
	LLM_BATCH_CANCEL,
	LLM_BATCH_RESULTS,
};

enum llm_detected_by {
	LLM_BY_PAYLOAD,
	LLM_BY_HOST, /* the host is one of the catalogue's */
};

struct llm_count {
	uint64_t n;
	bool known; /* false: not reported, which is not 0 */
};

/* Of a file or a batch; see batch.h. */
struct llm_batch_facts {
	const char *purpose; /* of the file; static, NULL when unknown */
	const char *status;  /* of the batch; static, NULL when unknown */
	/* As the service says it, else counted in what went by. */
	struct llm_count file_bytes, requests, completed, failed;
	char file_id[LLM_FILE_ID_CAP]; /* of a batch: its requests */
	char id[LLM_FILE_ID_CAP];
};

struct llm_facts {
	const char *provider; /* name, or NULL; lives as long as the catalogue */
	const char *engine;   /* vllm, ollama, tgi, llama.cpp, litellm ..., or NULL; static */
	enum llm_dialect dialect;
	enum llm_operation operation;
	enum llm_detected_by detected_by;
	unsigned status; /* of the HTTP answer, 0 when none was seen */

	/* True when the answer came as a stream; while none was seen, when one was asked for. */
	bool request_stream;
	bool usage_reported; /* at least one of the counts is known */
	bool complete;	     /* both bodies were seen to their end */

	struct llm_count input_tokens; /* as the service reports them, the last report wins */
	struct llm_count output_tokens;
	struct llm_count cached_tokens; /* read from the service's prompt cache */
	/* Known where it can be told from what was seen; never what a service reports. */
	struct llm_count estimated_input_tokens;
	struct llm_count estimated_output_tokens;
	uint64_t prompt_bytes; /* of text handed to the text hook */
	uint64_t completion_bytes;
	/* Of a vector store: vectors, documents or ids that came along, asked for at most, found.
	 */
	struct llm_count vectors_sent, vector_limit, vectors_found;
	uint32_t tools_offered;
	uint32_t attachments; /* images, files and recordings in the prompt */
	uint32_t dropped;     /* tool names and finish reasons beyond the limits */

	uint8_t nr_tools;
	uint8_t nr_finish_reasons; /* each once of each choice, by choice */
	uint8_t finish_choice[LLM_FINISH_MAX];
	uint32_t nr_choices; /* answers that one call asked for (n), 0 when it does not say */
	uint16_t tool_text_len;
	uint16_t tool_at[LLM_TOOLS_MAX];   /* into tool_text; see llm_tool_name */
	char request_model[LLM_MODEL_CAP]; /* empty when unknown, as all text here */
	char response_model[LLM_MODEL_CAP];
	char response_id[LLM_ID_CAP];
	union {
		char collection[LLM_COLLECTION_CAP]; /* llm_is_vector_operation */
		struct llm_batch_facts batch;	     /* llm_is_batch_operation */
		char model_version[LLM_VERSION_CAP]; /* llm_names_version */
	};
	/* As much as is counted above. */
	char finish_reasons[LLM_FINISH_MAX][LLM_REASON_CAP];
	char tool_text[LLM_TOOL_TEXT_CAP]; /* of tools the model wants called, each with NUL */
};

/* Who speaks, as far as the request says it before the text; what a streamed answer is made of. */
enum llm_text_kind {
	LLM_TEXT_PROMPT, /* what a model said before, and what has no role */
	LLM_TEXT_SYSTEM,
	LLM_TEXT_USER,
	LLM_TEXT_TOOL_RESULT, /* and documents that were looked up */
	LLM_TEXT_ATTACHMENT,  /* base64 of a picture, sound or file: nothing to read */
	LLM_TEXT_ANSWER,
	LLM_TEXT_TOOL_CALL, /* arguments, of an object with its keys: "key: value" */
};

/*
 * Text of the conversation, joined; of an answer of several choices (n) each by itself, under its
 * number: prompt texts in the order of the request, then the answer's.
 * The deltas of a streamed answer follow each other without anything between, so that a value
 * split over many events is whole again. Texts that are separate (two messages, say) have a line
 * feed between. text is borrowed, never empty.
 */
typedef void llm_text_fn(void *arg, enum llm_text_kind kind, unsigned choice, const uint8_t *text,
			 size_t len);

/* What llm_path.h finds in a request target. */
struct llm_target {
	enum llm_dialect dialect;
	enum llm_operation operation;
	bool hint;     /* the path is one of a known dialect */
	bool specific; /* ... and hardly anything else uses it */
	bool stream;   /* the path itself asks for a stream */
	bool stored;   /* an answer made earlier is fetched */
	bool no_call;  /* the path is known for something that is no call */
	bool names_model;
	bool vector;   /* of a vector store: no model is called */
	bool batch;    /* of files or batches: no model is called now */
	bool realtime; /* a WebSocket that begins with a GET */
};

/* One direction's JSON. */
struct llm_side {
	struct json_walk walk;
	uint16_t text_len;
	bool array;	   /* the top-level value is an array: its level is left out of paths */
	bool item_is_tool; /* of the content block or output item being read */
	uint8_t body;	   /* enum llm_body */
	uint8_t part;	   /* enum llm_part */
	uint8_t item_len;
	uint8_t arguments_at; /* depth inside an object of arguments or a result, 0 outside */
	bool arguments_again; /* they were told before */
	uint8_t schema_at;    /* the same of tools and other schemas, which cost tokens as well */
	bool text_open;	      /* a text was begun and wants its line feed before the next one */
	bool delta_is_call;   /* what a `delta` holds, by the event's type */
	bool delta_is_data;
	bool item_again;	      /* the event repeats what one before it said */
	bool skip_line;		      /* after a gap, up to the next line feed */
	uint8_t text_kind;	      /* of the last text */
	uint8_t role;		      /* enum llm_text_kind of the message being read */
	uint8_t attached;	      /* enum llm_attached, of the string being read */
	uint16_t nr_base64;	      /* of it, LLM_BASE64_PROOF at most */
	uint32_t nr_messages;	      /* of an answer: tool calls */
	struct token_estimate tokens; /* of texts and schemas */
	char item_name[LLM_TOOL_NAME_CAP];
	uint8_t text[LLM_STRING_CAP]; /* start of the string being read */
};

/* Of an answer in events, the event before; see llm_repeat.c. */
enum { LLM_REPEAT_CAP = 384 };

struct llm_repeat {
	bool begun;	  /* an event is being read: its first piece has come */
	bool known;	  /* of the event before: what is in front of its one text, and behind it */
	bool read;	  /* the event at hand is like that one, and done with */
	bool whole;	  /* it has come in one piece so far, which is kept */
	uint8_t kind;	  /* of the text: enum llm_text_kind */
	uint8_t nr_texts; /* of the event; 2: more than one, or none that stands in the piece */
	uint16_t len;	  /* of the piece */
	uint16_t front;	  /* bytes of it in front of the text */
	uint16_t text_len;
	uint32_t choice;      /* that the text is of */
	uint32_t nr_tools;    /* called before the event */
	uint32_t dropped;     /* likewise */
	const uint8_t *piece; /* while it is being read */
};

/* Opaque but for its size. Hardly any call is one of a model: what is large stands last. */
struct llm_call {
	struct llm_side request;
	struct llm_side response;
	struct llm_target target;
	const struct provider_catalogue *catalogue; /* kept; may be a view */
	const char *host_name; /* of the catalogue, by host; NULL: of nobody known */
	enum provider_kind host_kind;
	llm_text_fn *text_fn; /* may be NULL */
	void *text_arg;
	uint32_t signs;		      /* enum llm_sign, a set */
	uint32_t choice, next_choice; /* of the answer being read, of the next in its list */
	uint8_t held_len;
	bool held_over;		 /* of the text being read there was more than room */
	enum llm_dialect marked; /* what the answer says it is, or looks like; unknown: nothing */
	bool answer_list;	 /* its object is one, as OpenAI's of several results */
	bool answer_message;	 /* it has a message with content: Ollama's of a chat */
	bool request_seen;	 /* its line; false: the answer stands alone */
	bool method_post;
	bool method_get;
	bool header_sign;
	bool prompt_named; /* the request has a prompt that is called so */
	bool asked_stream;
	bool request_json; /* what the headers say about the body */
	bool request_multipart;
	bool response_seen;
	bool response_is_stream;
	struct { /* of a batch's results, the line being read */
		bool custom_id, answered, failed;
	} line;
	bool request_models_differ, response_models_differ; /* of a batch */
	bool tokens_exact; /* Cohere: tokens were seen, which beat billed units */
	struct { /* counts that are told where no better one is, 0: none; see llm_settle_usage */
		uint32_t evaluated, cached, predicted, total;
	} lesser;
	bool spoken;	   /* the answer has sound, which costs more than its words */
	bool background;   /* the answer was made so, and is told to who asks for it */
	bool unfinished;   /* it is not there yet */
	bool output_begun; /* its count is the one that a stream begins with */
	bool uvicorn;
	bool websocket;
	bool refers; /* to files or turns that the service keeps: the prompt is not all there */
	bool request_ended;
	bool request_whole;
	bool response_whole;
	bool ended;
	struct llm_repeat repeat;
	struct llm_facts facts;
	union { /* by response.body */
		struct {
			struct sse sse;
			uint8_t event[LLM_REPEAT_CAP]; /* of repeat */
		};
		struct aws_eventstream aws;
	} frames;
	uint8_t held[LLM_HELD_CAP];
};

void llm_begin(struct llm_call *call, const struct provider_catalogue *catalogue);
void llm_set_text(struct llm_call *call, llm_text_fn *fn, void *arg);

/* host may be empty, or carry a port; path with its query. */
void llm_request_line(struct llm_call *call, struct span method, struct span host,
		      struct span path);
void llm_request_header(struct llm_call *call, const struct http_field *f);
void llm_request_body(struct llm_call *call, const uint8_t *data, size_t len);

/*
 * A body in parts (multipart/form-data) whose owner takes it apart: in the place of
 * llm_request_body. name is the field's; file: it has the name of a file.
 */
void llm_request_part(struct llm_call *call, struct span name, bool file);
void llm_request_part_body(struct llm_call *call, const uint8_t *data, size_t len);
void llm_request_part_end(struct llm_call *call);
/* Behind llm_request_part: a part that begins with that byte is a file of requests to a model. */
bool llm_reads_part(const struct llm_call *call, uint8_t first);

/* Bytes of a body were lost here: JSON is not read on, a stream from its next event or line. */
void llm_request_gap(struct llm_call *call);
void llm_request_end(struct llm_call *call, bool complete);

void llm_response_status(struct llm_call *call, unsigned status);
void llm_response_header(struct llm_call *call, const struct http_field *f);
void llm_response_body(struct llm_call *call, const uint8_t *data, size_t len);
void llm_response_gap(struct llm_call *call);
void llm_response_end(struct llm_call *call, bool complete);

/*
 * The exchange goes on as a WebSocket: each message is JSON of its own, and what was said of ends
 * counts no more. llm_websocket_message: a message begins; its bytes come as those of a body.
 */
void llm_begin_websocket(struct llm_call *call);
void llm_websocket_message(struct llm_call *call, bool is_answer);

/*
 * Could this still become a call? Meaningful after the request headers and again after
 * llm_request_end. When false the owner need not feed the rest and may drop the object.
 */
bool llm_worth_watching(const struct llm_call *call);

/*
 * More than worth watching: path, host, a header or the body so far say that this is one. For
 * whoever has to call a body a prompt before all of it is there.
 */
bool llm_is_likely(const struct llm_call *call);

/* Likely, and its host or what came of the answer says so as well. */
bool llm_is_certain(const struct llm_call *call);

/* The verdict; valid after both ends (llm_response_end alone is enough when no request was seen).
 */
bool llm_is_call(const struct llm_call *call);

/* Complete after both ends. Borrowed from call. */
const struct llm_facts *llm_facts(const struct llm_call *call);

/* Of a vector store: no model was called. */
bool llm_is_vector_operation(const struct llm_call *call);

/* Of files or batches: none was called now. */
bool llm_is_batch_operation(const struct llm_call *call);

/* A model of KServe's or Triton's, which has versions by number. */
bool llm_names_version(const struct llm_facts *facts);

/* 0 <= i < facts->nr_tools. Borrowed from facts. */
const char *llm_tool_name(const struct llm_facts *facts, unsigned i);

/* As records write them: openai.chat, bedrock.converse ... and chat, embeddings ...; NULL for
 * unknown. */
const char *llm_dialect_name(enum llm_dialect dialect);
const char *llm_operation_name(enum llm_operation operation);

#endif
