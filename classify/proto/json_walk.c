/*
 * A JSON tokeniser of constant size; json_walk.h is the manual.
 *
 * Two small machines: `expect` is what the grammar allows next, `token` is what is being read
 * when a token crosses the end of a push. Strings are the hot part and have their own loop.
 */
#include "classify/proto/json_walk.h"

#include <assert.h>
#include <string.h>

#include "classify/span.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum expect {
	EXPECT_VALUE,
	EXPECT_VALUE_OR_END, /* just after '[' */
	EXPECT_KEY,
	EXPECT_KEY_OR_END, /* just after '{' */
	EXPECT_COLON,
	EXPECT_COMMA_OR_END,
};

enum token {
	TOKEN_NONE,
	TOKEN_STRING,
	TOKEN_ESCAPE,  /* behind a backslash */
	TOKEN_UNICODE, /* inside the four digits of \uXXXX */
	TOKEN_NUMBER,
	TOKEN_LITERAL,
};

static const struct {
	const char *text;
	enum json_event event;
} literals[] = {
	{ "true", JSON_TRUE },
	{ "false", JSON_FALSE },
	{ "null", JSON_NULL },
};

void
json_walk_init(struct json_walk *w, const struct json_vocabulary *vocabulary, json_walk_fn *fn,
	       void *arg)
{
	memset(w, 0, offsetof(struct json_walk, text));
	w->vocabulary = vocabulary;
	w->fn = fn;
	w->arg = arg;
}

static void
emit(struct json_walk *w, enum json_event event, const uint8_t *text, size_t len)
{
	if (w->skipped_levels == 0)
		w->fn(w->arg, w, event, text, len);
}

/* How many bytes from p on are neither quote nor backslash. */
static size_t
plain_run(const uint8_t *p, size_t len)
{
	size_t i = 0;

#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i backslash = _mm_set1_epi8('\\');

	for (; len - i >= 16; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
		__m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash));
		int mask = _mm_movemask_epi8(hit);

		if (mask != 0)
			return i + (size_t)__builtin_ctz((unsigned)mask);
	}
#endif
	while (i < len && p[i] != '"' && p[i] != '\\')
		i++;
	return i;
}

/* Of a key with eight zeros behind it. */
static unsigned
key_slot(const uint8_t *key, size_t len)
{
	uint64_t head, tail;

	memcpy(&head, key, sizeof(head));
	memcpy(&tail, len < sizeof(tail) ? key : key + len - sizeof(tail), sizeof(tail));
	head = (head ^ len) * UINT64_C(0x9e3779b97f4a7c15);
	return (unsigned)(((head ^ head >> 29 ^ tail) * UINT64_C(0xbf58476d1ce4e5b9)) >> 54);
}

static_assert(sizeof(((struct json_lookup *)NULL)->ids) == 1u << 10, "ten bits of a hash");

void
json_lookup_fill(struct json_lookup *l, const struct json_vocabulary *v)
{
	for (unsigned i = 0; i < v->nr_words; i++) {
		uint8_t key[JSON_KEY_CAP + 8] = { 0 };
		size_t len = strlen(v->words[i]);
		unsigned slot;

		memcpy(key, v->words[i], len);
		slot = key_slot(key, len);
		while (l->ids[slot] != 0)
			slot = (slot + 1) % sizeof(l->ids);
		l->ids[slot] = (uint8_t)(JSON_FIRST_WORD + i);
	}
}

static bool
is_word(const struct json_walk *w, uint8_t id)
{
	const char *word = w->vocabulary->words[id - JSON_FIRST_WORD];

	/* A key may hold a NUL, and then is no word. */
	return strcmp((const char *)w->text, word) == 0 && strlen(word) == w->text_len;
}

static uint8_t
key_id(struct json_walk *w)
{
	const struct json_vocabulary *v = w->vocabulary;

	if (v == NULL || w->text_cut || w->text_len == 0)
		return JSON_OTHER;
	memset(w->text + w->text_len, 0, 8);
	if (v->lookup != NULL) {
		const uint8_t *ids = v->lookup->ids;

		for (unsigned slot = key_slot(w->text, w->text_len); ids[slot] != 0;
		     slot = (slot + 1) % sizeof(v->lookup->ids)) {
			if (is_word(w, ids[slot]))
				return ids[slot];
		}
		return JSON_OTHER;
	}
	for (unsigned i = 0; i < v->nr_words; i++) {
		if (is_word(w, (uint8_t)(JSON_FIRST_WORD + i)))
			return (uint8_t)(JSON_FIRST_WORD + i);
	}
	return JSON_OTHER;
}

static void
value_done(struct json_walk *w)
{
	if (w->depth != 0 || w->skipped_levels != 0) {
		w->expect = EXPECT_COMMA_OR_END;
		return;
	}
	w->expect = EXPECT_VALUE;
	w->nr_documents++;
	emit(w, JSON_DOCUMENT_END, NULL, 0);
}

void
json_walk_root(struct json_walk *w)
{
	if (w->root != 0 || w->path == JSON_PATH_DEEP)
		return;
	w->root = w->depth;
	w->root_path = w->path;
	if (w->root != 0)
		w->path = 0;
}

/* Open containers that a path has a byte for, or would. */
static unsigned
level(const struct json_walk *w)
{
	return w->depth - w->root;
}

static void
container_open(struct json_walk *w, bool object)
{
	if (w->depth == JSON_DEPTH_MAX) {
		w->skipped_levels++;
		w->too_deep++;
		return;
	}
	emit(w, object ? JSON_OBJECT : JSON_ARRAY, NULL, 0);
	if (object)
		w->objects |= UINT64_C(1) << w->depth;
	else
		w->objects &= ~(UINT64_C(1) << w->depth);
	w->depth++;
	if (level(w) <= 8) {
		w->path = w->path << 8 | (object ? 0 : JSON_ITEM);
	} else if (level(w) == 9) {
		w->path_saved = w->path;
		w->path = JSON_PATH_DEEP;
	}
	w->expect = object ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
}

static bool
inside_object(const struct json_walk *w)
{
	return w->depth != 0 && (w->objects >> (w->depth - 1) & 1) != 0;
}

static void
container_close(struct json_walk *w, bool object)
{
	if (w->depth == 0 || inside_object(w) != object) {
		w->broken = true;
		return;
	}
	if (level(w) == 9)
		w->path = w->path_saved;
	else if (level(w) <= 8)
		w->path >>= 8;
	w->depth--;
	if (w->root != 0 && level(w) == 0) {
		w->path = w->root_path;
		w->root = 0;
	}
	emit(w, object ? JSON_OBJECT_END : JSON_ARRAY_END, NULL, 0);
	value_done(w);
}

/* Bytes of a key or number gather in text; those of a string value go out at once. */
static void
token_text(struct json_walk *w, const uint8_t *p, size_t len)
{
	if (w->skipped_levels != 0 || len == 0)
		return;
	if (w->token == TOKEN_STRING && !w->in_key) {
		emit(w, JSON_STRING, p, len);
		return;
	}
	size_t cap = w->token == TOKEN_NUMBER ? JSON_NUMBER_CAP : JSON_KEY_CAP;
	size_t room = cap - w->text_len;

	if (len > room) {
		w->text_cut = true;
		len = room;
	}
	memcpy(w->text + w->text_len, p, len);
	w->text_len = (uint8_t)(w->text_len + len);
}

static void
put_code_point(struct json_walk *w, uint32_t c)
{
	uint8_t utf8[4];
	size_t len;

	if (c < 0x80) {
		utf8[0] = (uint8_t)c;
		len = 1;
	} else if (c < 0x800) {
		utf8[0] = (uint8_t)(0xc0 | c >> 6);
		utf8[1] = (uint8_t)(0x80 | (c & 0x3f));
		len = 2;
	} else if (c < 0x10000) {
		utf8[0] = (uint8_t)(0xe0 | c >> 12);
		utf8[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		utf8[2] = (uint8_t)(0x80 | (c & 0x3f));
		len = 3;
	} else {
		utf8[0] = (uint8_t)(0xf0 | c >> 18);
		utf8[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
		utf8[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		utf8[3] = (uint8_t)(0x80 | (c & 0x3f));
		len = 4;
	}
	token_text(w, utf8, len);
}

/* A first half of a surrogate pair (RFC 8259 section 7) that found no second half. */
static void
drop_surrogate(struct json_walk *w)
{
	if (w->high_surrogate != 0)
		put_code_point(w, 0xfffd);
	w->high_surrogate = 0;
}

static void
unicode_done(struct json_walk *w)
{
	uint32_t c = w->code_point;

	w->token = TOKEN_STRING;
	if (c >= 0xdc00 && c <= 0xdfff && w->high_surrogate != 0) {
		c = 0x10000 + ((uint32_t)(w->high_surrogate - 0xd800) << 10) + (c - 0xdc00);
		w->high_surrogate = 0;
		put_code_point(w, c);
		return;
	}
	drop_surrogate(w);
	if (c >= 0xd800 && c <= 0xdbff)
		w->high_surrogate = (uint16_t)c;
	else
		put_code_point(w, c >= 0xdc00 && c <= 0xdfff ? 0xfffd : c);
}

static void
escape_byte(struct json_walk *w, uint8_t c)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";

	if (c == 'u') {
		w->token = TOKEN_UNICODE;
		w->token_at = 0;
		w->code_point = 0;
		return;
	}
	const char *at = c == 0 ? NULL : strchr(from, c);

	if (at == NULL) {
		w->broken = true;
		return;
	}
	w->token = TOKEN_STRING;
	drop_surrogate(w);
	put_code_point(w, (uint8_t)to[at - from]);
}

static void
unicode_digit(struct json_walk *w, uint8_t c)
{
	int digit = hex_value(c);

	if (digit < 0) {
		w->broken = true;
		return;
	}
	w->code_point = w->code_point << 4 | (uint32_t)digit;
	w->token_at++;
	if (w->token_at == 4)
		unicode_done(w);
}

static void
string_done(struct json_walk *w)
{
	drop_surrogate(w);
	w->token = TOKEN_NONE;
	if (!w->in_key) {
		emit(w, JSON_STRING_END, NULL, 0);
		value_done(w);
		return;
	}
	w->expect = EXPECT_COLON;
	if (w->skipped_levels != 0)
		return;
	if (level(w) <= 8)
		w->path = (w->path & ~UINT64_C(0xff)) | key_id(w);
	emit(w, JSON_KEY, w->text, w->text_len);
}

/* Inside a string: as far as it goes in this push. */
static const uint8_t *
string_bytes(struct json_walk *w, const uint8_t *p, const uint8_t *end)
{
	size_t run = plain_run(p, (size_t)(end - p));

	if (run != 0)
		drop_surrogate(w);
	token_text(w, p, run);
	p += run;
	if (p == end)
		return p;
	if (*p == '"')
		string_done(w);
	else
		w->token = TOKEN_ESCAPE;
	return p + 1;
}

/* RFC 8259 section 6: [ - ] int [ frac ] [ exp ] */
static bool
number_valid(const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;
	const uint8_t *digits;

	if (p < end && *p == '-')
		p++;
	if (p == end || (*p == '0' && end - p > 1 && p[1] >= '0' && p[1] <= '9'))
		return false;
	for (digits = p; p < end && *p >= '0' && *p <= '9'; p++)
		;
	if (p == digits)
		return false;
	if (p < end && *p == '.') {
		for (digits = ++p; p < end && *p >= '0' && *p <= '9'; p++)
			;
		if (p == digits)
			return false;
	}
	if (p < end && (*p | 0x20) == 'e') {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		for (digits = p; p < end && *p >= '0' && *p <= '9'; p++)
			;
		if (p == digits)
			return false;
	}
	return p == end;
}

static void
number_done(struct json_walk *w)
{
	w->token = TOKEN_NONE;
	if (w->skipped_levels == 0 && !w->text_cut && !number_valid(w->text, w->text_len)) {
		w->broken = true;
		return;
	}
	emit(w, JSON_NUMBER, w->text, w->text_cut ? 0 : w->text_len);
	value_done(w);
}

static bool
number_byte(uint8_t c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static const uint8_t *
number_bytes(struct json_walk *w, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *start = p;

	while (p < end && number_byte(*p))
		p++;
	token_text(w, start, (size_t)(p - start));
	if (p < end)
		number_done(w);
	return p;
}

static void
literal_byte(struct json_walk *w, uint8_t c)
{
	const char *text = literals[w->literal].text;

	if (c != (uint8_t)text[w->token_at]) {
		w->broken = true;
		return;
	}
	w->token_at++;
	if (text[w->token_at] != '\0')
		return;
	w->token = TOKEN_NONE;
	emit(w, literals[w->literal].event, NULL, 0);
	value_done(w);
}

static void
string_start(struct json_walk *w, bool key)
{
	w->token = TOKEN_STRING;
	w->in_key = key;
	w->text_len = 0;
	w->text_cut = false;
}

static void
value_start(struct json_walk *w, uint8_t c)
{
	switch (c) {
	case '"':
		string_start(w, false);
		return;
	case '{':
		container_open(w, true);
		return;
	case '[':
		container_open(w, false);
		return;
	case 't':
	case 'f':
	case 'n':
		w->literal = c == 't' ? 0 : c == 'f' ? 1 : 2;
		w->token = TOKEN_LITERAL;
		w->token_at = 1;
		return;
	case 0xef:
	case 0xbb:
	case 0xbf: /* byte order mark */
		w->broken = w->depth != 0 || w->nr_documents != 0;
		return;
	default:
		break;
	}
	if (c != '-' && (c < '0' || c > '9')) {
		w->broken = true;
		return;
	}
	w->token = TOKEN_NUMBER;
	w->text[0] = c;
	w->text_len = 1;
	w->text_cut = false;
}

/* Between tokens, with at least one level open. */
static void
structure_byte(struct json_walk *w, uint8_t c)
{
	switch (w->expect) {
	case EXPECT_COLON:
		w->broken = c != ':';
		w->expect = EXPECT_VALUE;
		return;
	case EXPECT_KEY_OR_END:
	case EXPECT_KEY:
		if (c == '}' && w->expect == EXPECT_KEY_OR_END)
			container_close(w, true);
		else if (c == '"')
			string_start(w, true);
		else
			w->broken = true;
		return;
	case EXPECT_COMMA_OR_END:
		if (c == ',')
			w->expect = inside_object(w) ? EXPECT_KEY : EXPECT_VALUE;
		else if (c == '}' || c == ']')
			container_close(w, c == '}');
		else
			w->broken = true;
		return;
	case EXPECT_VALUE_OR_END:
		if (c == ']') {
			container_close(w, false);
			return;
		}
		/* fall through */
	default:
		value_start(w, c);
	}
}

/*
 * Below JSON_DEPTH_MAX only strings and brackets are followed: enough to know when the walk
 * comes up again. The grammar down there is not checked.
 */
static void
skipped_byte(struct json_walk *w, uint8_t c)
{
	if (c == '"') {
		string_start(w, false);
	} else if (c == '{' || c == '[') {
		w->skipped_levels++;
		w->too_deep++;
	} else if (c == '}' || c == ']') {
		w->skipped_levels--;
		if (w->skipped_levels == 0)
			value_done(w);
	}
}

static bool
is_blank(uint8_t c)
{
	return c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t');
}

void
json_walk_push(struct json_walk *w, const uint8_t *data, size_t len)
{
	if (len == 0)
		return;
	const uint8_t *p = data;
	const uint8_t *end = data + len;

	while (p < end && !w->broken) {
		switch (w->token) {
		case TOKEN_STRING:
			p = string_bytes(w, p, end);
			continue;
		case TOKEN_NUMBER:
			p = number_bytes(w, p, end);
			continue;
		case TOKEN_ESCAPE:
			escape_byte(w, *p++);
			continue;
		case TOKEN_UNICODE:
			unicode_digit(w, *p++);
			continue;
		case TOKEN_LITERAL:
			literal_byte(w, *p++);
			continue;
		default:
			break;
		}
		uint8_t c = *p++;

		if (is_blank(c))
			continue;
		if (w->skipped_levels != 0)
			skipped_byte(w, c);
		else
			structure_byte(w, c);
	}
}

bool
json_walk_end(struct json_walk *w)
{
	if (!w->broken && w->token == TOKEN_NUMBER)
		number_done(w);
	return !w->broken && w->token == TOKEN_NONE && w->depth == 0;
}

bool
json_whole_number(const uint8_t *text, size_t len, uint64_t *value)
{
	uint64_t v = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		if (v > ((uint64_t)INT64_MAX - (uint64_t)(text[i] - '0')) / 10)
			return false;
		v = v * 10 + (uint64_t)(text[i] - '0');
	}
	*value = v;
	return true;
}
