/*
 * An HTTP/1 connection: two parsers, and the exchanges in flight between them.
 *
 * Answers belong to requests in order. An answer that comes while no request is open (its request
 * was lost, or only this direction is mirrored) gets an exchange of its own without one; a request
 * that was held back by the mirror joins the exchange its answer has opened. After a gap in one
 * direction the order can no longer be trusted, so what is open is closed as incomplete there.
 *
 * After CONNECT and 101 the bytes go to a connection of their own inside this one, so that TLS
 * through a proxy is seen as TLS. A WebSocket stays with the exchange that asked for it; the
 * exchange that asked for HTTP/2 goes over to it, where its answer will be stream 1.
 */
#include "classify/http2_conn.h"
#include "classify/proto/http1.h"
#include "classify/tunnel.h"

struct http_conn {
	struct conn_env *env;
	struct conn *c;
	struct http1 parser[2];
	struct exchange *oldest, *newest; /* in flight, in the order of requests */
	struct exchange *current[2];	  /* whose message each direction is in; NULL: none */
	uint32_t nr_open;
	uint64_t nr_requests, nr_answers; /* begun; an answer's ordinal is its request's */
	bool lost_order[2];		  /* a gap: the next message may have skipped others */
	unsigned interim;		  /* status of the answer being read if 1xx, else 0 */
	bool tunnelled;
	struct tunnel tunnel;	    /* what runs inside */
	struct exchange *websocket; /* or the exchange that goes on as one */
	struct exchange *upgraded;  /* that HTTP/2 answers, until its 101 is over */
};

/* What the parsers' handlers are given. */
struct side {
	struct http_conn *h;
	enum conn_dir dir;
	uint64_t unread; /* of the framing */
};

static const char *
version_text(unsigned minor)
{
	return minor == 0 ? "1.0" : "1.1";
}

static void
list_remove(struct http_conn *h, struct exchange *x)
{
	struct exchange **link = &h->oldest, *before = NULL;

	while (*link != x) {
		before = *link;
		link = exchange_next(*link);
	}
	*link = *exchange_next(x);
	if (h->newest == x)
		h->newest = before;
	h->nr_open--;
}

static void
close_exchange(struct http_conn *h, struct exchange *x)
{
	for (unsigned d = 0; d < 2; d++) {
		if (h->current[d] == x)
			h->current[d] = NULL;
	}
	if (h->websocket == x)
		h->websocket = NULL;
	if (h->upgraded == x)
		h->upgraded = NULL;
	list_remove(h, x);
	exchange_close(x);
}

static struct exchange *
open_exchange(struct http_conn *h, uint64_t ordinal)
{
	struct exchange *x;

	if (h->nr_open >= h->env->config.max_pipelined) {
		h->env->counters.http_pipeline_full++;
		close_exchange(h, h->oldest);
	}
	x = exchange_open(h->env, h->c, ordinal);
	if (x == NULL)
		return NULL;
	*(h->newest != NULL ? exchange_next(h->newest) : &h->oldest) = x;
	h->newest = x;
	h->nr_open++;
	return x;
}

/* An answer whose status is written as 0 is one. */
static bool
has_answer(const struct exchange *x)
{
	return exchange_status_of(x) != 0 || exchange_done(x, CONN_RESP);
}

/* The oldest exchange whose message in this direction has not begun. */
static struct exchange *
waiting_for(const struct http_conn *h, enum conn_dir dir)
{
	struct exchange *x = h->oldest;

	for (; x != NULL; x = *exchange_next(x)) {
		if (dir == CONN_ORIG ? !exchange_has_request(x) : !has_answer(x))
			return x;
	}
	return NULL;
}

static void
close_if_done(struct http_conn *h, struct exchange *x)
{
	if (exchange_done(x, CONN_ORIG) && exchange_done(x, CONN_RESP))
		close_exchange(h, x);
}

static void
on_request(void *arg, struct span method, struct span target, unsigned minor)
{
	struct http_conn *h = ((struct side *)arg)->h;
	struct exchange *x = h->lost_order[CONN_ORIG] ? NULL : waiting_for(h, CONN_ORIG);

	h->lost_order[CONN_ORIG] = false;
	if (x == NULL)
		x = open_exchange(h, h->nr_requests);
	h->nr_requests++;
	h->current[CONN_ORIG] = x;
	if (x != NULL)
		exchange_request(x, method, target, version_text(minor));
}

/*
 * Behind a gap in the answers the one at hand belongs to the newest request at the earliest that
 * can have been answered; which one is not known. The usual client waits for each answer, so the
 * last request is the best guess, and those before it are closed without.
 */
static void
skip_to_newest(struct http_conn *h)
{
	while (h->oldest != NULL && h->oldest != h->newest)
		close_exchange(h, h->oldest);
}

static void
on_status(void *arg, unsigned status, unsigned minor)
{
	struct http_conn *h = ((struct side *)arg)->h;
	struct exchange *x;

	h->interim = status >= 100 && status < 200 && status != 101 ? status : 0;
	if (h->interim != 0) {
		h->current[CONN_RESP] = NULL;
		return;
	}
	if (h->lost_order[CONN_RESP])
		skip_to_newest(h);
	h->lost_order[CONN_RESP] = false;
	x = waiting_for(h, CONN_RESP);
	if (x == NULL) {
		x = open_exchange(h, h->nr_answers);
		/* Only this direction is mirrored, or the request was lost: nothing to wait for. */
		if (x != NULL && h->lost_order[CONN_ORIG])
			exchange_message_end(x, CONN_ORIG, false);
	}
	h->nr_answers++;
	h->current[CONN_RESP] = x;
	if (x != NULL)
		exchange_status(x, status, version_text(minor));
}

static void
on_header(void *arg, struct span name, struct span value, bool trailer)
{
	struct side *s = arg;

	if (s->h->current[s->dir] == NULL)
		return;
	if (trailer)
		exchange_trailer(s->h->current[s->dir], s->dir, name, value);
	else
		exchange_header(s->h->current[s->dir], s->dir, name, value);
}

static void
on_long_header(void *arg, const uint8_t *data, size_t len, bool trailer)
{
	struct side *s = arg;

	if (s->h->current[s->dir] != NULL)
		exchange_long_header(s->h->current[s->dir], s->dir, data, len, trailer);
}

static void
on_unread(void *arg, uint64_t len)
{
	struct side *s = arg;

	s->unread += len;
	if (s->h->current[s->dir] != NULL)
		exchange_unread(s->h->current[s->dir], s->dir);
}

static enum http1_body
on_headers_end(void *arg)
{
	struct side *s = arg;
	struct exchange *x = s->h->current[s->dir];
	unsigned status;

	if (x == NULL)
		return HTTP1_BODY_BY_HEADERS;
	exchange_headers_end(x, s->dir);
	if (s->dir == CONN_ORIG)
		return HTTP1_BODY_BY_HEADERS;
	status = exchange_status_of(x);
	if (exchange_is_head(x))
		return HTTP1_BODY_NONE;
	if (status == 101 && exchange_upgrade(x) != PROTOCOL_UNKNOWN)
		s->h->c->protocol = exchange_upgrade(x);
	if (status == 101 && exchange_upgrade(x) == PROTOCOL_WEBSOCKET)
		s->h->websocket = x;
	if (status == 101 && exchange_upgrade(x) == PROTOCOL_HTTP2)
		s->h->upgraded = x;
	if (status == 101 || (exchange_is_connect(x) && status >= 200 && status < 300)) {
		s->h->tunnelled = true;
		return HTTP1_TUNNEL;
	}
	return HTTP1_BODY_BY_HEADERS;
}

/* A 1xx with a body is the answer, to some clients. */
static void
promote_interim(struct side *s)
{
	struct http_conn *h = s->h;
	struct exchange *x = waiting_for(h, CONN_RESP);

	if (x == NULL)
		return;
	h->current[CONN_RESP] = x;
	exchange_status(x, h->interim, "1.1");
	exchange_headers_end(x, CONN_RESP);
	h->interim = 0;
}

static void
on_body(void *arg, const uint8_t *data, size_t len)
{
	struct side *s = arg;

	if (s->dir == CONN_RESP && s->h->interim != 0)
		promote_interim(s);
	if (s->h->parser[s->dir].lost)
		s->h->env->counters.http_unplaced_bytes += len;
	if (s->h->current[s->dir] != NULL)
		exchange_body(s->h->current[s->dir], s->dir, data, len);
	else
		conn_skipped(s->h->env, s->h->c, CONN_SKIP_LIMIT, len);
}

static void
on_body_gap(void *arg, uint64_t len)
{
	struct side *s = arg;

	if (s->h->current[s->dir] != NULL)
		exchange_body_gap(s->h->current[s->dir], s->dir, len);
}

/* The 101 was no answer: that comes from HTTP/2. A request that is cut short stays so. */
static void
hand_to_http2(struct http_conn *h, struct exchange *x)
{
	struct conn *inner = tunnel_begin(&h->tunnel, h->env, h->c, PROTOCOL_HTTP2);

	h->upgraded = NULL;
	if (!exchange_done(x, CONN_ORIG))
		exchange_message_end(x, CONN_ORIG, false);
	if (h->current[CONN_ORIG] == x)
		h->current[CONN_ORIG] = NULL;
	if (inner == NULL || !http2_conn_adopt(inner, x, h->nr_requests)) {
		close_exchange(h, x);
		return;
	}
	list_remove(h, x);
	*exchange_next(x) = NULL;
	exchange_expect_answer(x);
}

static void
on_message_end(void *arg, bool complete)
{
	struct side *s = arg;
	struct exchange *x = s->h->current[s->dir];

	/* The end of this one may be another's. */
	if (s->h->parser[s->dir].lost)
		s->h->lost_order[s->dir] = true;
	if (x == NULL)
		return;
	s->h->current[s->dir] = NULL;
	if (x == s->h->upgraded && s->dir == CONN_RESP) {
		hand_to_http2(s->h, x);
		return;
	}
	if (s->h->parser[s->dir].unended)
		exchange_unended(x, s->dir);
	exchange_message_end(x, s->dir, complete);
	if (x == s->h->websocket)
		exchange_begin_websocket(x);
	else
		close_if_done(s->h, x);
}

static void end_requests(struct http_conn *h);

/* What runs inside is a connection of its own: its protocol is found out anew. */
static void
on_tunnel(void *arg, const uint8_t *data, size_t len)
{
	struct side *s = arg;
	struct http_conn *h = s->h;

	/* Before what is inside, also when that comes with the answer. */
	if (s->dir == CONN_RESP)
		end_requests(h);
	if (h->websocket != NULL) {
		exchange_websocket(h->websocket, s->dir, data, len);
		return;
	}
	/* Its exchange had to go: masked frames would only be scanned in vain. */
	if (h->c->protocol == PROTOCOL_WEBSOCKET) {
		conn_skipped(h->env, h->c, CONN_SKIP_NOT_PARSED, len);
		return;
	}
	tunnel_push(&h->tunnel, h->env, h->c, s->dir, data, len);
}

static const struct http1_handler handler = {
	.request = on_request,
	.status = on_status,
	.header = on_header,
	.long_header = on_long_header,
	.unread = on_unread,
	.headers_end = on_headers_end,
	.body = on_body,
	.body_gap = on_body_gap,
	.message_end = on_message_end,
	.tunnel = on_tunnel,
};

/* The answer agreed on a tunnel: there are no more requests. */
static void
end_requests(struct http_conn *h)
{
	struct side side = { h, CONN_ORIG, 0 };

	http1_become_tunnel(&h->parser[CONN_ORIG], &handler, &side);
}

static void
http_open(struct conn_env *env, struct conn *c, void *state)
{
	struct http_conn *h = state;

	h->env = env;
	h->c = c;
	http1_init(&h->parser[CONN_ORIG], HTTP1_REQUESTS, &env->carries);
	http1_init(&h->parser[CONN_RESP], HTTP1_RESPONSES, &env->carries);
}

/* Framing is looked at by the parser itself; bodies are accounted for by the exchange. */
static void
account(struct http_conn *h, uint64_t framing, uint64_t skipped, const struct http1 *p,
	uint64_t unread)
{
	/* Of a line that is not read after all, bytes of pushes before are taken back. */
	conn_inspected(h->env, h->c, p->framing_bytes - framing - unread);
	if (unread != 0)
		conn_skipped(h->env, h->c, CONN_SKIP_LIMIT, unread);
	if (p->skipped_bytes != skipped)
		conn_skipped(h->env, h->c, CONN_SKIP_UNSYNCED, p->skipped_bytes - skipped);
}

static size_t
http_push(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir, const uint8_t *data,
	  size_t len)
{
	struct http_conn *h = state;
	struct http1 *p = &h->parser[dir];
	struct side side = { h, dir, 0 };
	uint64_t framing = p->framing_bytes, skipped = p->skipped_bytes;
	uint64_t refused = env->carries.refused;

	(void)c;
	http1_push(p, data, len, &handler, &side);
	env->counters.http_lines_cut += env->carries.refused - refused;
	if (h->tunnelled && dir == CONN_RESP)
		end_requests(h);
	account(h, framing, skipped, p, side.unread);
	return len;
}

static void
http_gap(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir, uint64_t len)
{
	struct http_conn *h = state;
	struct side side = { h, dir, 0 };
	bool was_open = h->current[dir] != NULL;

	(void)c;
	if (h->tunnelled) {
		if (h->websocket != NULL)
			exchange_websocket_gap(h->websocket, dir, len);
		tunnel_gap(&h->tunnel, env, dir, len);
		return;
	}
	http1_gap(&h->parser[dir], len, &handler, &side);
	/* Unless it was a hole inside a body, messages may have gone by unseen. */
	if (!was_open || h->current[dir] == NULL)
		h->lost_order[dir] = true;
}

static void
http_half_close(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir)
{
	struct http_conn *h = state;
	struct side side = { h, dir, 0 };

	(void)c;
	tunnel_half_close(&h->tunnel, env, dir);
	http1_end(&h->parser[dir], &handler, &side);
	if (h->websocket != NULL) {
		exchange_message_end(h->websocket, dir, true);
		close_if_done(h, h->websocket);
	}
}

static void
http_finish(struct conn_env *env, struct conn *c, void *state)
{
	struct http_conn *h = state;

	for (unsigned d = 0; d < 2; d++) {
		struct side side = { h, (enum conn_dir)d, 0 };

		/* Without a FIN a body that lasts until close has not been seen to its end. */
		if (!c->closed[d])
			http1_gap(&h->parser[d], 1, &handler, &side);
		http1_end(&h->parser[d], &handler, &side);
		if (h->websocket != NULL)
			exchange_message_end(h->websocket, (enum conn_dir)d, c->closed[d]);
	}
	while (h->oldest != NULL)
		close_exchange(h, h->oldest);
	tunnel_finish(&h->tunnel, env);
}

static bool
http_between(const void *state, enum conn_dir dir)
{
	const struct http_conn *h = state;

	return h->nr_requests != 0 && h->current[dir] == NULL;
}

static void
http_describe(const struct conn_env *env, const struct conn *c, const void *state, struct record *r)
{
	const struct http_conn *h = state;

	(void)c;
	tunnel_describe(&h->tunnel, env, r);
}

static bool
http_describes(const void *state)
{
	const struct http_conn *h = state;

	return h->tunnel.inner != NULL;
}

static void
http_next_part(void *state)
{
	struct http_conn *h = state;

	tunnel_next_part(&h->tunnel);
}

static void
http_close(struct conn_env *env, struct conn *c, void *state)
{
	struct http_conn *h = state;

	(void)c;
	while (h->oldest != NULL)
		close_exchange(h, h->oldest);
	for (unsigned d = 0; d < 2; d++)
		http1_fini(&h->parser[d]);
	tunnel_close(&h->tunnel, env);
}

const struct conn_proto conn_http = {
	.state_bytes = sizeof(struct http_conn),
	.open = http_open,
	.push = http_push,
	.gap = http_gap,
	.half_close = http_half_close,
	.finish = http_finish,
	.between = http_between,
	.describe = http_describe,
	.describes = http_describes,
	.next_part = http_next_part,
	.close = http_close,
};
