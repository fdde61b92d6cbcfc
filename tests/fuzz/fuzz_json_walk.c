/*
 * The first byte says how the rest is split; the walk must not depend on it, and what it hands
 * out must add up.
 */
#include <stdlib.h>
#include <string.h>

#include "classify/proto/json_walk.h"
#include "tests/support/fuzz_sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const words[] = { "a", "b", "content" };
static const struct json_vocabulary vocabulary = { words, 3, NULL };

struct sum {
	uint64_t hash; /* of events, paths and text, whatever the pieces */
	int depth;
};

static void
on_event(void *arg, const struct json_walk *w, enum json_event event, const uint8_t *text,
	 size_t len)
{
	struct sum *s = arg;

	if (event == JSON_OBJECT || event == JSON_ARRAY)
		s->depth++;
	if (event == JSON_OBJECT_END || event == JSON_ARRAY_END)
		s->depth--;
	if (s->depth < 0 || s->depth > JSON_DEPTH_MAX)
		abort();
	if (event == JSON_DOCUMENT_END && s->depth != 0)
		abort();
	if (event != JSON_STRING) {
		fuzz_mix(&s->hash, event);
		fuzz_mix(&s->hash, w->path);
	}
	for (size_t i = 0; i < len; i++)
		fuzz_mix(&s->hash, text[i]);
}

static struct sum
walk(const uint8_t *data, size_t len, size_t step)
{
	struct sum s = { 0, 0 };
	struct json_walk w;

	json_walk_init(&w, &vocabulary, on_event, &s);
	for (size_t at = 0; at < len; at += step)
		json_walk_push(&w, data + at, step < len - at ? step : len - at);
	fuzz_mix(&s.hash, json_walk_end(&w));
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;

	struct sum whole = walk(data + 1, len - 1, SIZE_MAX / 2);
	struct sum parts = walk(data + 1, len - 1, (size_t)data[0] % 40 + 1);

	if (whole.hash != parts.hash)
		abort();
	return 0;
}
