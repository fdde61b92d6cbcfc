/*
 * The inside of llm: from JSON events of one side to signs and facts. Shared by llm.c and the
 * readers; nobody else includes this.
 */
#ifndef WEIR_LLM_READ_H
#define WEIR_LLM_READ_H

#include "classify/ai/llm.h"

/* A set in llm_call.signs. The strong ones first; llm_judge.c weighs them. */
enum llm_sign {
	LLM_SIGN_ROLES = 1 << 0,   /* messages (or input items) with a known role */
	LLM_SIGN_PARTS = 1 << 1,   /* contents[].parts[] */
	LLM_SIGN_LIMIT = 1 << 2,   /* max_tokens and its kin */
	LLM_SIGN_TOOLS = 1 << 3,   /* tool schemas */
	LLM_SIGN_USAGE = 1 << 4,   /* answer: token counts */
	LLM_SIGN_CHOICES = 1 << 5, /* answer: choices, candidates, generated_text ... */
	LLM_SIGN_STOP = 1 << 6,	   /* answer: a reason why generation ended */
	LLM_SIGN_MARKER = 1 << 7,  /* answer: "object":"chat.completion" and its kin */
	LLM_SIGN_SCORES = 1 << 8,  /* answer: what rerankers, moderators and predictors say */
	LLM_SIGN_TENSORS = 1 << 9, /* with the types of their elements */
	LLM_SIGN_STRONG = (1 << 10) - 1,
	LLM_SIGN_MODEL = 1 << 10,      /* a model's name in the body */
	LLM_SIGN_PROMPT = 1 << 11,     /* prompt, input, inputs, texts, query with documents ... */
	LLM_SIGN_PATH_MODEL = 1 << 12, /* a model's name in the path */
	LLM_SIGN_EMBEDDING = 1 << 13,  /* answer: embeddings */
	LLM_SIGN_DOCUMENTS = 1 << 14,
	LLM_SIGN_WEAK = LLM_SIGN_MODEL | LLM_SIGN_PROMPT | LLM_SIGN_PATH_MODEL |
			LLM_SIGN_EMBEDDING | LLM_SIGN_DOCUMENTS,
	/* Of vector stores, files and batches alone: see vector.h and batch.h. */
	LLM_SIGN_ASKED = 1 << 15,
	LLM_SIGN_ASKED_MORE = 1 << 16,
	LLM_SIGN_TOLD = 1 << 17,
	LLM_SIGN_OPENSEARCH = 1 << 18,
	LLM_SIGN_TOLD_MORE = 1 << 19,
	LLM_SIGN_ANSWER = LLM_SIGN_USAGE | LLM_SIGN_CHOICES | LLM_SIGN_STOP | LLM_SIGN_MARKER |
			  LLM_SIGN_EMBEDDING | LLM_SIGN_SCORES,
};

enum llm_body {
	LLM_BODY_NONE, /* nothing came yet */
	LLM_BODY_JSON, /* or several JSON values: NDJSON */
	LLM_BODY_SSE,
	LLM_BODY_AWS,
	LLM_BODY_OTHER, /* not looked at */
};

/* What stands where base64 is expected. */
enum llm_attached {
	LLM_ATTACHED_BASE64,  /* so far */
	LLM_ATTACHED_ADDRESS, /* data:image/png;base64, of which the comma has not come */
	LLM_ATTACHED_TEXT,
};

/* So much of it in a row is no text. */
enum { LLM_BASE64_PROOF = 256 };

enum llm_part {
	LLM_PART_NONE,
	LLM_PART_MODEL,
	LLM_PART_TEXT, /* of whoever asks */
	LLM_PART_PURPOSE,
	LLM_PART_FILE,	/* its first byte has not come */
	LLM_PART_LINES, /* of requests */
	LLM_PART_OTHER,
};

/* json_walk callbacks; arg is the struct llm_call. */
void llm_request_event(void *arg, const struct json_walk *w, enum json_event event,
		       const uint8_t *text, size_t len);
void llm_response_event(void *arg, const struct json_walk *w, enum json_event event,
			const uint8_t *text, size_t len);

/* The path of the current value, without the level of a top-level array. */
uint64_t llm_side_path(const struct llm_side *side, const struct json_walk *w);

/* Gathers the start of each string; the span is valid at JSON_STRING_END. */
void llm_side_string(struct llm_side *side, enum json_event event, const uint8_t *text, size_t len);

/* Parts of the conversation on their way to the text hook; gap: a line feed goes between. */
void llm_text(struct llm_call *call, enum llm_text_kind kind, const uint8_t *text, size_t len);
/* The same once more: handed on, and counted nowhere. */
void llm_text_again(struct llm_call *call, enum llm_text_kind kind, const uint8_t *text,
		    size_t len);
void llm_text_gap(struct llm_call *call, bool is_completion);

/* Setters, each bounded. */
void llm_add_tool(struct llm_facts *facts, struct span name);
/* A tool is called: also what that costs. */
void llm_tool_called(struct llm_call *call, struct span name);
void llm_add_finish_reason(struct llm_facts *facts, uint32_t choice, struct span reason);
/* A text that was held until its choice is known. */
void llm_flush_held(struct llm_call *call);
/* model is one of the two of facts; of a batch's many, whether they differ. */
void llm_set_model(struct llm_call *call, char *model, struct span name);
void llm_set_count(struct llm_call *call, struct llm_count *count, uint64_t n);

/* A whole number of the answer: llm_usage.c knows whether it counts tokens. */
void llm_usage_count(struct llm_call *call, uint64_t path, uint64_t n);
/* When all was seen: counts that were not reported as such, or are none. */
void llm_settle_usage(struct llm_call *call);

/* The estimates of facts, when all was seen. */
void llm_estimate_tokens(struct llm_call *call);

/* An answer that says "done" and was read to its end, so that what it lacks is not there. */
bool llm_answered(const struct llm_call *call);

/*
 * llm_repeat.c: a piece of an event's data, walked or known; the event's end, true when there was
 * nothing to walk; a hole. Told of each text of an answer.
 */
void llm_repeat_data(struct llm_call *call, const uint8_t *data, size_t len);
bool llm_repeat_end(struct llm_call *call);
void llm_repeat_forget(struct llm_call *call);
void llm_repeat_text(struct llm_call *call, enum llm_text_kind kind, const uint8_t *text,
		     size_t len);

/* From within the event of an object that begins: if what counts is inside, paths begin there. */
void llm_unwrap(struct llm_call *call, bool is_answer, uint64_t path);

bool llm_judge(const struct llm_call *call);

#endif
