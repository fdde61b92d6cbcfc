/*
 * Input: one byte of flags, then the stream. Pieces are as long as a running hash says; the same
 * bytes pushed whole must give the same counters, unless a start line was searched for, where
 * the split is a hint. Reading every byte handed out lets the sanitizers check the spans.
 */
#include <stdint.h>
#include <stdlib.h>

#include "classify/proto/http1.h"

#define FLAG_RESPONSES 1u
#define FLAG_GAPS      2u
#define FLAG_NO_CARRY  4u
#define FLAG_NO_BODY   8u
#define FLAG_TUNNEL    16u

struct state {
	unsigned flags;
	bool open;
	uint64_t sum;
	uint64_t body_bytes;
};

static void
touch(struct state *s, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		s->sum = s->sum * 31 + p[i];
}

static void
begin(struct state *s)
{
	if (s->open)
		abort();
	s->open = true;
}

static void
on_request(void *arg, struct span method, struct span target, unsigned minor)
{
	(void)minor;
	begin(arg);
	touch(arg, method.p, method.len);
	touch(arg, target.p, target.len);
}

static void
on_status(void *arg, unsigned status, unsigned minor)
{
	struct state *s = arg;

	begin(s);
	s->sum = s->sum * 31 + status + minor;
}

static void
on_header(void *arg, struct span name, struct span value, bool trailer)
{
	struct state *s = arg;

	if (!s->open)
		abort();
	touch(s, name.p, name.len);
	touch(s, value.p, value.len);
	s->sum += trailer;
}

static void
on_long_header(void *arg, const uint8_t *data, size_t len, bool trailer)
{
	struct state *s = arg;

	if (!s->open)
		abort();
	touch(s, data, len);
	s->sum += trailer;
}

static void
on_unread(void *arg, uint64_t len)
{
	struct state *s = arg;

	if (!s->open || len == 0)
		abort();
}

static enum http1_body
on_headers_end(void *arg)
{
	struct state *s = arg;

	if (!s->open)
		abort();
	if ((s->flags & FLAG_TUNNEL) != 0)
		return HTTP1_TUNNEL;
	return (s->flags & FLAG_NO_BODY) != 0 ? HTTP1_BODY_NONE : HTTP1_BODY_BY_HEADERS;
}

static void
on_body(void *arg, const uint8_t *data, size_t len)
{
	struct state *s = arg;

	if (!s->open || len == 0)
		abort();
	s->body_bytes += len;
	touch(s, data, len);
}

static void
on_body_gap(void *arg, uint64_t len)
{
	struct state *s = arg;

	if (!s->open || len == 0)
		abort();
}

static void
on_message_end(void *arg, bool complete)
{
	struct state *s = arg;

	if (!s->open)
		abort();
	s->open = false;
	s->sum = s->sum * 31 + complete;
}

static void
on_tunnel(void *arg, const uint8_t *data, size_t len)
{
	touch(arg, data, len);
}

static const struct http1_handler handler = {
	on_request,	on_status, on_header,	on_long_header, on_unread,
	on_headers_end, on_body,   on_body_gap, on_message_end, on_tunnel,
};

static struct http1
run(struct state *s, struct slab *carry, const uint8_t *data, size_t len, bool whole)
{
	struct http1 h;
	uint32_t hash = 2166136261u;
	size_t at = 0;

	http1_init(&h, (s->flags & FLAG_RESPONSES) != 0 ? HTTP1_RESPONSES : HTTP1_REQUESTS, carry);
	while (at < len) {
		hash = (hash ^ data[at]) * 16777619u;
		size_t step = whole ? len : hash % 7 == 0 ? hash % 97 + 1 : hash % 5 + 1;

		if (step > len - at)
			step = len - at;
		http1_push(&h, data + at, step, &handler, s);
		at += step;
		if (h.framing_bytes + h.body_bytes + h.tunnel_bytes + h.skipped_bytes != at)
			abort();
		if ((s->flags & FLAG_GAPS) != 0 && hash % 11 == 0)
			http1_gap(&h, hash % 64, &handler, s);
	}
	http1_end(&h, &handler, s);
	if (s->open || carry->nr_taken != 0 || s->body_bytes != h.body_bytes)
		abort();
	http1_fini(&h);
	return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slab carry;

	if (len == 0)
		return 0;
	struct state whole = { .flags = data[0] };
	struct state split = { .flags = data[0] };

	if (slab_init(&carry, (data[0] & FLAG_NO_CARRY) != 0 ? 0 : 1, HTTP1_CARRY_BYTES) != 0)
		abort();
	struct http1 a = run(&whole, &carry, data + 1, len - 1, true);
	struct http1 b = run(&split, &carry, data + 1, len - 1, false);
	bool comparable = (data[0] & (FLAG_GAPS | FLAG_NO_CARRY)) == 0;

	if (comparable && a.events[HTTP1_RESYNC] == 0 &&
	    (whole.sum != split.sum || a.framing_bytes != b.framing_bytes))
		abort();
	slab_fini(&carry);
	return 0;
}
