#include "classify/proto/grpc.h"

#include <string.h>

#include "dataplane/port/cursor.h"

#define FLAG_COMPRESSED 1u
#define FLAG_TRAILERS	0x80u

bool
grpc_status_of(struct span value, uint8_t *status)
{
	unsigned n = 0;

	if (value.len == 0 || value.len > 2)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return false;
		n = n * 10 + (value.p[i] - '0');
	}
	*status = (uint8_t)n;
	return true;
}

static void
end_line(struct grpc *g)
{
	static const char name[] = "grpc-status";
	struct span line = span_of(g->line, g->line_len);
	const uint8_t *colon = line.len == 0 ? NULL : memchr(line.p, ':', line.len);
	size_t at;

	g->line_len = 0;
	if (colon == NULL)
		return;
	if (line.p[line.len - 1] == '\r')
		line.len--;
	at = (size_t)(colon - line.p);
	if (span_is_nocase(span_of(line.p, at), name) &&
	    grpc_status_of(span_trim(span_of(colon + 1, line.len - at - 1)), &g->status))
		g->has_status = true;
}

static void
take_trailers(struct grpc *g, const uint8_t *data, size_t len)
{
	g->framing_bytes += len;
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n')
			end_line(g);
		else if (g->line_len < sizeof(g->line))
			g->line[g->line_len++] = data[i];
	}
}

static void
end_message(struct grpc *g, const struct grpc_handler *on, void *arg)
{
	if (g->trailers)
		end_line(g);
	else
		on->end(arg);
}

static void
begin_message(struct grpc *g, const struct grpc_handler *on, void *arg)
{
	g->head_len = 0;
	g->left = read_be32(g->head + 1);
	g->trailers = (g->head[0] & FLAG_TRAILERS) != 0;
	if (!g->trailers) {
		g->nr_messages++;
		on->begin(arg, (g->head[0] & FLAG_COMPRESSED) != 0);
	}
	if (g->left == 0)
		end_message(g, on, arg);
}

void
grpc_push(struct grpc *g, const uint8_t *data, size_t len, const struct grpc_handler *on, void *arg)
{
	struct cursor c = cursor_of(data, len);

	while (cursor_left(&c) != 0) {
		size_t want = g->left != 0 ? g->left : GRPC_HEAD_BYTES - g->head_len;
		size_t n = cursor_left(&c) < want ? cursor_left(&c) : want;
		const uint8_t *p = cursor_take(&c, n);

		if (g->left != 0) {
			g->left -= (uint32_t)n;
			if (g->trailers) {
				take_trailers(g, p, n);
				on->trailers(arg, p, n);
			} else {
				on->bytes(arg, p, n);
			}
			if (g->left == 0)
				end_message(g, on, arg);
			continue;
		}
		memcpy(g->head + g->head_len, p, n);
		g->head_len = (uint8_t)(g->head_len + n);
		g->framing_bytes += n;
		if (g->head_len == GRPC_HEAD_BYTES)
			begin_message(g, on, arg);
	}
}

bool
grpc_gap(struct grpc *g, uint64_t len, const struct grpc_handler *on, void *arg)
{
	if (len > g->left)
		return false;
	g->left -= (uint32_t)len;
	if (len != 0 && g->left == 0)
		end_message(g, on, arg);
	return true;
}
