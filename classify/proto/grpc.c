#include "classify/proto/grpc.h"

#include <string.h>

#include "dataplane/port/cursor.h"

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
			on->bytes(arg, p, n);
			if (g->left == 0)
				on->end(arg);
			continue;
		}
		memcpy(g->head + g->head_len, p, n);
		g->head_len = (uint8_t)(g->head_len + n);
		g->framing_bytes += n;
		if (g->head_len < GRPC_HEAD_BYTES)
			continue;
		g->head_len = 0;
		g->left = read_be32(g->head + 1);
		g->nr_messages++;
		on->begin(arg, (g->head[0] & 1) != 0);
		if (g->left == 0)
			on->end(arg);
	}
}
