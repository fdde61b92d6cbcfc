/* The names of the buffers and the tree they form. */
#include "classify/rules/buffer.h"

static const char *const names[NR_BUFFERS] = {
#define BUFFER_NAME(id, name, coding) name,
	BUFFERS(BUFFER_NAME)
#undef BUFFER_NAME
};

static const uint8_t codings[NR_BUFFERS] = {
#define BUFFER_CODING(id, name, coding) CODING_##coding,
	BUFFERS(BUFFER_CODING)
#undef BUFFER_CODING
};

const char *
buffer_name(enum buffer buffer)
{
	return names[buffer];
}

enum buffer_coding
buffer_coding(enum buffer buffer)
{
	return codings[buffer];
}

/* Everything from http.body to the last that is carried in one. */
static uint32_t
below_body(void)
{
	return ((1u << (BUFFER_MCP_RESULT + 1)) - 1) & ~((1u << BUFFER_HTTP_BODY) - 1);
}

static bool
begins(enum buffer buffer, struct span group)
{
	const char *name = names[buffer];

	return strlen(name) > group.len && name[group.len] == '.' &&
	       memcmp(name, group.p, group.len) == 0;
}

uint32_t
buffer_mask(struct span name)
{
	uint32_t mask = 0;

	if (name.len == 0)
		return 0;
	if (span_is(name, "any"))
		return (1u << NR_BUFFERS) - 1;
	if (span_is(name, "http") || span_is(name, "http.body"))
		mask |= below_body();
	for (unsigned b = 0; b < NR_BUFFERS; b++) {
		if (span_is(name, names[b]) || begins((enum buffer)b, name))
			mask |= 1u << b;
	}
	return mask;
}

uint32_t
buffers_streamed(void)
{
	return below_body() | 1u << BUFFER_WS_MESSAGE | 1u << BUFFER_DB_TEXT | 1u << BUFFER_PAYLOAD;
}
