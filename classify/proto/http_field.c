/* Names of header fields as numbers; http_field.h is the manual. */
#include "classify/proto/http_field.h"

static const struct span names[] = {
#define NAME(name, text) SPAN_LITERAL(text),
	HTTP_FIELD_NAMES(NAME)
#undef NAME
};

/* Which names have so many letters: from, and how many in the order of the list. */
static const struct {
	uint8_t from, nr;
} by_length[] = {
	[4] = { HTTP_FIELD_HOST, 1 },
	[6] = { HTTP_FIELD_ACCEPT, 2 },
	[7] = { HTTP_FIELD_UPGRADE, 1 },
	[8] = { HTTP_FIELD_MCP_NAME, 1 },
	[10] = { HTTP_FIELD_MCP_METHOD, 3 },
	[11] = { HTTP_FIELD_A2A_VERSION, 3 },
	[12] = { HTTP_FIELD_CONTENT_TYPE, 1 },
	[13] = { HTTP_FIELD_AUTHORIZATION, 4 },
	[14] = { HTTP_FIELD_A2A_EXTENSIONS, 2 },
	[15] = { HTTP_FIELD_X_PROMPT_TOKENS, 1 },
	[16] = { HTTP_FIELD_CONTENT_ENCODING, 1 },
	[17] = { HTTP_FIELD_ANTHROPIC_VERSION, 3 },
	[18] = { HTTP_FIELD_X_GENERATED_TOKENS, 1 },
	[20] = { HTTP_FIELD_MCP_PROTOCOL_VERSION, 1 },
	[24] = { HTTP_FIELD_SEC_WEBSOCKET_EXTENSIONS, 1 },
	[32] = { HTTP_FIELD_X_AMZN_BEDROCK_INPUT_TOKEN_COUNT, 1 },
	[33] = { HTTP_FIELD_X_AMZN_BEDROCK_OUTPUT_TOKEN_COUNT, 1 },
};

/* The last letter first: it tells most names of a length apart. */
static bool
is_name(struct span s, struct span name)
{
	for (size_t i = s.len; i != 0; i--) {
		if (ascii_lower(s.p[i - 1]) != name.p[i - 1])
			return false;
	}
	return true;
}

struct http_field
http_field_of(struct span name, struct span value)
{
	struct http_field f = { .is = HTTP_FIELD_OTHER, .name = name, .value = value };
	unsigned from, to;

	if (name.len >= sizeof(by_length) / sizeof(by_length[0]))
		return f;
	from = by_length[name.len].from;
	to = from + by_length[name.len].nr;
	for (unsigned i = from; i < to; i++) {
		if (is_name(name, names[i]))
			f.is = (enum http_field_name)i;
	}
	return f;
}
