/* A sum of hashes; tools_digest.h is the manual. */
#include "classify/ai/tools_digest.h"

#include <string.h>

/* What is hashed; no two kinds are alike. */
enum kind { KIND_ELEMENT = 1, KIND_KEY, KIND_VALUE };

static unsigned
level_of(unsigned level)
{
	return level < TOOLS_DIGEST_LEVELS ? level : TOOLS_DIGEST_LEVELS - 1;
}

void
tools_digest_init(struct tools_digest *t)
{
	memset(t, 0, sizeof(*t));
	t->level[0].array = true;
}

/* The path of a member: that of its container, and its key or place. */
static void
set_member(struct tools_digest *t, unsigned level, enum kind kind, const void *text, size_t len)
{
	const uint8_t mark = (uint8_t)kind;
	struct sha256_ctx sha;

	sha256_init(&sha);
	sha256_update(&sha, 1, &mark);
	sha256_update(&sha, TOOLS_DIGEST_PATH, t->level[level].path);
	sha256_update(&sha, len, text);
	sha256_digest(&sha, TOOLS_DIGEST_PATH, t->level[level].member);
}

static void
begin_value(struct tools_digest *t, unsigned level, enum json_event event)
{
	const uint8_t mark[2] = { KIND_VALUE, (uint8_t)event };

	if (t->level[level].array) {
		set_member(t, level, KIND_ELEMENT, &t->level[level].index,
			   sizeof(t->level[level].index));
		t->level[level].index++;
	}
	sha256_init(&t->sha);
	sha256_update(&t->sha, sizeof(mark), mark);
	sha256_update(&t->sha, TOOLS_DIGEST_PATH, t->level[level].member);
	t->in_value = true;
}

static void
add_value(struct tools_digest *t)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	uint64_t n = 0;

	sha256_digest(&t->sha, sizeof(digest), digest);
	for (unsigned i = 0; i < sizeof(t->sum) / sizeof(t->sum[0]); i++) {
		uint32_t part;

		memcpy(&part, digest + sizeof(part) * i, sizeof(part));
		n = (n >> 32) + t->sum[i] + part;
		t->sum[i] = (uint32_t)n;
	}
	t->in_value = false;
}

static void
whole_value(struct tools_digest *t, unsigned level, enum json_event event, const uint8_t *text,
	    size_t len)
{
	begin_value(t, level, event);
	if (len != 0)
		sha256_update(&t->sha, len, text);
	add_value(t);
}

/* Where there is no room for one more, what is inside has the path of what it is in. */
static void
open_container(struct tools_digest *t, unsigned level, bool array)
{
	if (level + 1 >= TOOLS_DIGEST_LEVELS)
		return;
	memcpy(t->level[level + 1].path, t->level[level].member, TOOLS_DIGEST_PATH);
	t->level[level + 1].array = array;
	t->level[level + 1].index = 0;
}

void
tools_digest_event(struct tools_digest *t, unsigned level, enum json_event event,
		   const uint8_t *text, size_t len)
{
	unsigned at = level_of(level);

	switch (event) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		whole_value(t, at, event, NULL, 0);
		open_container(t, level, event == JSON_ARRAY);
		break;
	case JSON_KEY:
		if (level < TOOLS_DIGEST_LEVELS)
			set_member(t, at, KIND_KEY, text, len);
		else
			whole_value(t, at, event, text, len);
		break;
	case JSON_STRING:
		if (!t->in_value)
			begin_value(t, at, JSON_STRING);
		sha256_update(&t->sha, len, text);
		break;
	case JSON_STRING_END:
		if (!t->in_value)
			begin_value(t, at, JSON_STRING);
		add_value(t);
		break;
	case JSON_NUMBER:
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_NULL:
		whole_value(t, at, event, text, len);
		break;
	default:
		break;
	}
}

void
tools_digest_end(const struct tools_digest *t, uint8_t digest[SHA256_DIGEST_SIZE])
{
	struct sha256_ctx sha;

	sha256_init(&sha);
	sha256_update(&sha, sizeof(t->sum), (const uint8_t *)t->sum);
	sha256_digest(&sha, SHA256_DIGEST_SIZE, digest);
}
