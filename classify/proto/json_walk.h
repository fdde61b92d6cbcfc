/*
 * JSON as it streams by: a push tokeniser that knows where it is (RFC 8259).
 *
 * The owner pushes whatever bytes it has; the walker calls back for containers, keys and scalar
 * values. Nothing is buffered but one key and one number: a string is handed out in pieces of
 * the caller's buffer, unescaped only where an escape stands. A megabyte of base64 therefore
 * costs one search for the closing quote, 16 bytes at a time.
 *
 * Where am I? Every key is looked up in the owner's vocabulary (a list of the words it
 * cares about) and becomes an id of one byte; an array element is JSON_ITEM. The ids from the
 * outermost container to the value, packed into one integer, are the path:
 *
 *   {"choices":[{"delta":{"content":"hi"}}]}
 *
 *   path of "hi" = JSON_PATH(CHOICES, JSON_ITEM, DELTA, CONTENT), the last id lowest
 *
 * so an owner writes `switch (w->path)`. Eight levels fit; below that the path is JSON_PATH_DEEP
 * until the walk comes up again. The path of a top-level value is 0. What is wrapped in something
 * else has the paths it has without when its owner says where it begins (json_walk_root).
 *
 * Several values one after the other (NDJSON, concatenated JSON) are walked in turn. A byte that
 * no JSON can have there ends the walk: `broken` is set and the rest is ignored. Tolerated
 * beyond RFC 8259: a byte order mark in front, raw control characters inside strings, bytes that
 * are not UTF-8, lone surrogates (handed out as U+FFFD).
 *
 * Limits: JSON_DEPTH_MAX open containers, what is deeper is stepped over without events and
 * counted in `too_deep`; a key of more than JSON_KEY_CAP bytes has the id JSON_OTHER and its
 * event carries the first JSON_KEY_CAP bytes; a number of more than JSON_NUMBER_CAP bytes is
 * handed out with length 0.
 *
 * Embedded by its owner, constant size, no allocation. Not thread-safe.
 */
#ifndef WEIR_JSON_WALK_H
#define WEIR_JSON_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	JSON_DEPTH_MAX = 64,
	JSON_KEY_CAP = 64,
	JSON_NUMBER_CAP = 40,
};

/* Path ids 1 and 2 are the walker's; word i of a vocabulary has the id JSON_FIRST_WORD + i. */
enum {
	JSON_OTHER = 1, /* a key that the vocabulary does not have */
	JSON_ITEM = 2,	/* an array element */
	JSON_FIRST_WORD = 3,
};

#define JSON_PATH_DEEP UINT64_MAX

/* JSON_PATH(A, B, C): the path of the value under A, in it B, in it C. One to eight ids. */
#define JSON_PATH_1(a)					   ((uint64_t)(a))
#define JSON_PATH_2(a, b)				   (JSON_PATH_1(a) << 8 | (uint64_t)(b))
#define JSON_PATH_3(a, b, c)				   (JSON_PATH_2(a, b) << 8 | (uint64_t)(c))
#define JSON_PATH_4(a, b, c, d)				   (JSON_PATH_3(a, b, c) << 8 | (uint64_t)(d))
#define JSON_PATH_5(a, b, c, d, e)			   (JSON_PATH_4(a, b, c, d) << 8 | (uint64_t)(e))
#define JSON_PATH_6(a, b, c, d, e, f)			   (JSON_PATH_5(a, b, c, d, e) << 8 | (uint64_t)(f))
#define JSON_PATH_7(a, b, c, d, e, f, g)		   (JSON_PATH_6(a, b, c, d, e, f) << 8 | (uint64_t)(g))
#define JSON_PATH_8(a, b, c, d, e, f, g, h)		   (JSON_PATH_7(a, b, c, d, e, f, g) << 8 | (uint64_t)(h))
#define JSON_PATH_PICK(a, b, c, d, e, f, g, h, macro, ...) macro
#define JSON_PATH(...)                                                                  \
	JSON_PATH_PICK(__VA_ARGS__, JSON_PATH_8, JSON_PATH_7, JSON_PATH_6, JSON_PATH_5, \
		       JSON_PATH_4, JSON_PATH_3, JSON_PATH_2, JSON_PATH_1, 0)           \
	(__VA_ARGS__)

/* Where the words of a vocabulary are found by their bytes. */
struct json_lookup {
	uint8_t ids[1024]; /* by hash, then the next one; 0: no word */
};

/* The words an owner cares about, each once, at most 250, of 1 to JSON_KEY_CAP bytes. Kept while
 * walking. */
struct json_vocabulary {
	const char *const *words;
	unsigned nr_words;
	const struct json_lookup *lookup; /* NULL: they are tried in turn */
};

enum json_event {
	JSON_OBJECT, /* path: of the container itself, here and at its end */
	JSON_OBJECT_END,
	JSON_ARRAY,
	JSON_ARRAY_END,
	JSON_KEY,	 /* text: the key, unescaped; path: of the value that will follow */
	JSON_STRING,	 /* text: the next piece of a string, unescaped, never empty */
	JSON_STRING_END, /* the string is complete; an empty string has only this */
	JSON_NUMBER,	 /* text: the digits as they stand, valid by RFC 8259 section 6 */
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
	JSON_DOCUMENT_END, /* a top-level value is complete */
};

struct json_walk;

/* text is borrowed, and NULL for events without one. */
typedef void json_walk_fn(void *arg, const struct json_walk *w, enum json_event event,
			  const uint8_t *text, size_t len);

/* Embedded in what follows a body; owners read path, depth and the counters, nothing else. */
struct json_walk {
	uint64_t path;
	const struct json_vocabulary *vocabulary; /* kept; may be NULL */
	json_walk_fn *fn;
	void *arg;	  /* kept */
	uint64_t objects; /* bit n: the container at depth n+1 is an object */
	uint64_t path_saved;
	uint64_t root_path;	 /* of the container that is taken for a top-level one */
	uint64_t skipped_levels; /* open containers below JSON_DEPTH_MAX */
	uint32_t nr_documents;
	uint32_t too_deep; /* containers stepped over because of JSON_DEPTH_MAX */
	uint32_t code_point;
	uint16_t high_surrogate; /* waiting for its second half, or 0 */
	uint8_t depth;		 /* open containers */
	uint8_t root;		 /* of them, those around that container; 0: there is none */
	uint8_t expect;
	uint8_t token;
	uint8_t token_at; /* position inside a literal or escape */
	uint8_t literal;
	uint8_t text_len;
	bool in_key;
	bool text_cut; /* key or number longer than its buffer */
	bool broken;
	uint8_t text[JSON_KEY_CAP + 8]; /* key or number while it gathers, and zeros */
};

/* Once, before anyone walks with them: at load time, say. */
void json_lookup_fill(struct json_lookup *l, const struct json_vocabulary *v);

void json_walk_init(struct json_walk *w, const struct json_vocabulary *vocabulary, json_walk_fn *fn,
		    void *arg);

/* Walks len bytes and calls fn meanwhile. Does nothing once broken. */
void json_walk_push(struct json_walk *w, const uint8_t *data, size_t len);

/*
 * From within the event of an object that begins: until its end paths are counted from it, as if
 * nothing were around it. Does nothing within another one, at the top level, and below eight
 * levels.
 */
void json_walk_root(struct json_walk *w);

/* No more bytes will come: a number at the very end is handed out. True: nothing was left open. */
bool json_walk_end(struct json_walk *w);

/* Whole number in text, or false (sign, fraction, exponent, empty, above 2^63-1). */
bool json_whole_number(const uint8_t *text, size_t len, uint64_t *value);

#endif
