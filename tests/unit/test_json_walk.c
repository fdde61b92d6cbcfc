/* json_walk: events, paths and the state after broken input, for every split of each row. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "classify/proto/json_walk.h"
#include "tests/support/guard.h"

/* Of llm_words.h, mcp_words.h and vector_words.h, whose ids are alike. */
extern const struct json_vocabulary llm_vocabulary, mcp_vocabulary, vector_vocabulary;

static const char *const words[] = { "a", "b", "content" };
static const struct json_vocabulary vocabulary = { words, 3, NULL };
enum { A = JSON_FIRST_WORD, B, CONTENT };

/* The walk written down as text: one letter an event, strings joined whatever the pieces. */
struct trace {
	char text[4096];
	size_t len;
	uint64_t content_path;
};

static void
put(struct trace *t, const void *text, size_t len)
{
	assert_true(len < sizeof(t->text) - t->len);
	memcpy(t->text + t->len, text, len);
	t->len += len;
	t->text[t->len] = '\0';
}

static void
on_event(void *arg, const struct json_walk *w, enum json_event event, const uint8_t *text,
	 size_t len)
{
	static const char letters[] = "{}[]kS\"#tfn;";
	struct trace *t = arg;

	if (event == JSON_KEY || event == JSON_NUMBER)
		put(t, &letters[event], 1);
	if (len != 0)
		put(t, text, len);
	if (event != JSON_STRING && event != JSON_NUMBER)
		put(t, event == JSON_KEY ? ":" : &letters[event], 1);
	if (event == JSON_STRING_END && (w->path & 0xff) == CONTENT)
		t->content_path = w->path;
}

static const struct json_case {
	const char *name;
	const char *in;
	const char *want;
	bool closed; /* json_walk_end */
} json_cases[] = {
	{ "empty input", "", "", true },
	{ "blanks only", " \t\r\n", "", true },
	{ "empty object", "{}", "{};", true },
	{ "empty array", "[ ]", "[];", true },
	{ "literals", "[true,false,null]", "[tfn];", true },
	{ "numbers", "[0,-1,2.5,1e9,-0.1E+2]", "[#0#-1#2.5#1e9#-0.1E+2];", true },
	{ "number at the very end", "42", "#42;", true },
	{ "string", "\"abc\"", "abc\";", true },
	{ "empty string", "\"\"", "\";", true },
	{ "keys", "{\"a\":1,\"x\":{\"b\":\"c\"}}", "{ka:#1kx:{kb:c\"}};", true },
	{ "escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t\";", true },
	{ "escape in a key", "{\"\\u0061\":1}", "{ka:#1};", true },
	{ "unicode", "\"\\u00e9\\u20AC\"", "\xc3\xa9\xe2\x82\xac\";", true },
	{ "surrogate pair", "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80\";", true },
	{ "lone high surrogate", "\"\\ud83dx\"", "\xef\xbf\xbdx\";", true },
	{ "high surrogate at the end", "\"\\ud83d\"", "\xef\xbf\xbd\";", true },
	{ "two high surrogates", "\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80\";",
	  true },
	{ "lone low surrogate", "\"\\ude00\"", "\xef\xbf\xbd\";", true },
	{ "surrogate then escape", "\"\\ud83d\\n\"", "\xef\xbf\xbd\n\";", true },
	{ "raw control character", "\"a\x01z\"", "a\x01z\";", true },
	{ "long plain run", "\"0123456789abcdef0123456789abcdef\\n0123456789abcdef\"",
	  "0123456789abcdef0123456789abcdef\n0123456789abcdef\";", true },
	{ "ndjson", "{\"a\":1}\n{\"a\":2}\r\n", "{ka:#1};{ka:#2};", true },
	{ "byte order mark", "\xef\xbb\xbf{}", "{};", true },
	{ "cut in an object", "{\"a\":", "{ka:", false },
	{ "cut in a string", "[\"ab", "[ab", false },
	{ "missing colon", "{\"a\" 1}", "{ka:", false },
	{ "missing comma", "[1 2]", "[#1", false },
	{ "trailing comma in an object", "{\"a\":1,}", "{ka:#1", false },
	{ "trailing comma in an array", "[1,]", "[#1", false },
	{ "wrong bracket", "[1}", "[#1", false },
	{ "bracket out of nowhere", "]", "", false },
	{ "bad literal", "[trux]", "[", false },
	{ "bad escape", "\"a\\x\"", "a", false },
	{ "bad unicode digit", "\"\\u00g0\"", "", false },
	{ "leading zero", "[01]", "[", false },
	{ "lonely minus", "[-]", "[", false },
	{ "no digit behind the point", "[1.]", "[", false },
	{ "no digit in the exponent", "[1e+]", "[", false },
	{ "key that is no string", "{1:2}", "{", false },
	{ "not json", "hello", "", false },
	{ "number longer than its buffer", "[11111111112222222222333333333344444444445]", "[#];",
	  true },
	{ "key longer than its buffer",
	  "{\"0123456789012345678901234567890123456789012345678901234567890123456789\":1}",
	  "{k0123456789012345678901234567890123456789012345678901234567890123:#1};", true },
};

static void
walk(const struct json_case *t, size_t first, size_t step)
{
	struct trace trace = { .len = 0 };
	struct json_walk w;
	size_t len = strlen(t->in);

	json_walk_init(&w, &vocabulary, on_event, &trace);
	for (size_t at = 0; at < len;) {
		size_t n = at == 0 ? first : step;

		if (n > len - at)
			n = len - at;
		json_walk_push(&w, guard_copy(t->in + at, n), n);
		at += n;
	}
	assert_int_equal(json_walk_end(&w), t->closed);
	assert_string_equal(trace.text, t->want);
}

static void
test_events(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(json_cases) / sizeof(json_cases[0]); i++) {
		const struct json_case *t = &json_cases[i];
		size_t len = strlen(t->in);

		print_message("%s\n", t->name);
		walk(t, len + 1, 1);
		walk(t, 1, 1);
		for (size_t cut = 1; cut < len; cut++)
			walk(t, cut, len);
	}
}

static const struct path_case {
	const char *name;
	const char *in;
	uint64_t want;
} path_cases[] = {
	{ "top", "{\"content\":\"x\"}", JSON_PATH(CONTENT) },
	{ "through an array", "{\"a\":[1,{\"b\":2,\"content\":\"x\"}]}",
	  JSON_PATH(A, JSON_ITEM, CONTENT) },
	{ "unknown key above", "{\"zz\":{\"content\":\"x\"}}", JSON_PATH(JSON_OTHER, CONTENT) },
	{ "key with a NUL in it", "{\"a\\u0000\":{\"content\":\"x\"}}",
	  JSON_PATH(JSON_OTHER, CONTENT) },
	{ "after a deeper value", "{\"a\":{\"b\":{\"b\":1}},\"content\":\"x\"}",
	  JSON_PATH(CONTENT) },
	{ "eight levels", "[[[[[[[{\"content\":\"x\"}]]]]]]]",
	  JSON_PATH(JSON_ITEM, JSON_ITEM, JSON_ITEM, JSON_ITEM, JSON_ITEM, JSON_ITEM, JSON_ITEM,
		    CONTENT) },
	{ "up again from nine levels", "{\"a\":[[[[[[[[[[1]]]]]]]]]],\"b\":{\"content\":\"x\"}}",
	  JSON_PATH(B, CONTENT) },
};

static void
test_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(path_cases) / sizeof(path_cases[0]); i++) {
		struct trace trace = { .len = 0 };
		struct json_walk w;
		size_t len = strlen(path_cases[i].in);

		print_message("%s\n", path_cases[i].name);
		json_walk_init(&w, &vocabulary, on_event, &trace);
		json_walk_push(&w, guard_copy(path_cases[i].in, len), len);
		assert_true(json_walk_end(&w));
		assert_int_equal(trace.content_path, path_cases[i].want);
	}
}

/* What lies below the depth limit is stepped over; what comes after it is walked as usual. */
static void
test_depth_limit(void **state)
{
	struct trace trace = { .len = 0 };
	struct json_walk w;
	char text[1024];
	size_t n = 0;

	(void)state;
	n += (size_t)snprintf(text + n, sizeof(text) - n, "{\"b\":");
	for (int i = 0; i < 100; i++)
		text[n++] = '[';
	n += (size_t)snprintf(text + n, sizeof(text) - n, "\"]}\\\"\",{\"content\":1}");
	for (int i = 0; i < 100; i++)
		text[n++] = ']';
	n += (size_t)snprintf(text + n, sizeof(text) - n, ",\"content\":\"x\"}");
	json_walk_init(&w, &vocabulary, on_event, &trace);
	for (size_t i = 0; i < n; i++)
		json_walk_push(&w, guard_copy(text + i, 1), 1);
	assert_true(json_walk_end(&w));
	assert_int_equal(trace.content_path, JSON_PATH(CONTENT));
	assert_int_equal(w.too_deep, 100 - (JSON_DEPTH_MAX - 1) + 1);
	assert_null(strstr(trace.text, "kcontent:#1"));
}

/* Paths of all strings in turn; paths are counted anew inside of "a" in "b". */
struct paths {
	struct json_walk walk;
	uint64_t of[8];
	unsigned nr;
};

static void
on_wrapped(void *arg, const struct json_walk *w, enum json_event event, const uint8_t *text,
	   size_t len)
{
	struct paths *p = arg;

	(void)text, (void)len;
	if (event == JSON_OBJECT && (w->path == JSON_PATH(B, A) || w->path == JSON_PATH_DEEP))
		json_walk_root(&p->walk);
	if (event == JSON_OBJECT && w->root == 0 && w->path == 0)
		json_walk_root(&p->walk);
	if (event == JSON_STRING_END && p->nr < 8)
		p->of[p->nr++] = w->path;
}

static void
test_root(void **state)
{
	static const char text[] =
	    "{\"a\":\"top\",\"b\":{\"content\":\"1\",\"a\":{\"content\":\"2\",\"b\":{\"a\":{"
	    "\"content\":\"3\"}},"
	    "\"b\":[[[[[[{\"content\":\"4\",\"a\":{\"b\":\"5\"}}]]]]]]},\"content\":\"6\"},"
	    "\"content\":\"7\"}\n{\"a\":\"8\"}";
	static const uint64_t want[] = {
		A,
		JSON_PATH(B, CONTENT),
		CONTENT,
		JSON_PATH(B, A, CONTENT), /* not anew within itself */
		JSON_PATH(B, JSON_ITEM, JSON_ITEM, JSON_ITEM, JSON_ITEM, JSON_ITEM, JSON_ITEM,
			  CONTENT),
		JSON_PATH_DEEP,
		JSON_PATH(B, CONTENT),
		CONTENT,
	};

	(void)state;
	for (size_t cut = 0; cut < sizeof(text) - 1; cut++) {
		struct paths p = { .nr = 0 };

		json_walk_init(&p.walk, &vocabulary, on_wrapped, &p);
		json_walk_push(&p.walk, guard_copy(text, cut), cut);
		json_walk_push(&p.walk, guard_copy(text + cut, sizeof(text) - 1 - cut),
			       sizeof(text) - 1 - cut);
		assert_true(json_walk_end(&p.walk));
		assert_int_equal(p.walk.nr_documents, 2);
		assert_int_equal(p.walk.root, 0);
		assert_int_equal(p.nr, 8);
		for (unsigned i = 0; i < 8; i++)
			assert_int_equal(p.of[i], want[i]);
	}
}

static void
keep_path(void *arg, const struct json_walk *w, enum json_event event, const uint8_t *text,
	  size_t len)
{
	(void)text, (void)len;
	if (event == JSON_KEY)
		*(uint64_t *)arg = w->path;
}

static uint64_t
path_of_key(const struct json_vocabulary *v, const char *key)
{
	char text[JSON_KEY_CAP + 16];
	struct json_walk w;
	uint64_t path = 0;
	int len = snprintf(text, sizeof(text), "{\"%s\":1}", key);

	json_walk_init(&w, v, keep_path, &path);
	json_walk_push(&w, (const uint8_t *)text, (size_t)len);
	assert_true(json_walk_end(&w));
	return path;
}

/* Each word is found, with its own place for an id; and nothing else is. */
static void
test_words_are_found(void **state)
{
	const struct json_vocabulary *const all[] = { &vocabulary, &llm_vocabulary, &mcp_vocabulary,
						      &vector_vocabulary };
	static const char *const others[] = { "", "x", "conten", "contents_", "a\\u0000" };

	(void)state;
	for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
		assert_true(all[k]->nr_words <= 250);
		for (unsigned i = 0; i < all[k]->nr_words; i++) {
			assert_true(strlen(all[k]->words[i]) <= JSON_KEY_CAP);
			assert_int_equal(path_of_key(all[k], all[k]->words[i]),
					 JSON_FIRST_WORD + i);
		}
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
			assert_int_equal(path_of_key(all[k], others[i]), JSON_OTHER);
	}
}

static void
test_whole_number(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t value;
	} cases[] = {
		{ "0", true, 0 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "9223372036854775808", false, 0 },
		{ "99999999999999999999999", false, 0 },
		{ "-1", false, 0 },
		{ "1.0", false, 0 },
		{ "", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].text);
		uint64_t v = 0;

		print_message("'%s'\n", cases[i].text);
		assert_int_equal(json_whole_number(guard_copy(cases[i].text, len), len, &v),
				 cases[i].ok);
		assert_int_equal(v, cases[i].value);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),	     cmocka_unit_test(test_paths),
		cmocka_unit_test(test_depth_limit),  cmocka_unit_test(test_root),
		cmocka_unit_test(test_whole_number), cmocka_unit_test(test_words_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
