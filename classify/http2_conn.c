/*
 * An HTTP/2 connection: two parsers, and an exchange for each stream that is open.
 *
 * A stream is followed from its first header block until both directions have ended it, or the
 * server resets it. When the client does (RFC 9113 section 5.4.2), what the server has sent before
 * it reads that is under way: the answer goes on to its end. Where that does not come, it is over
 * when the server answers what the client has asked for behind the reset, has said nothing more for
 * HTTP2_CANCELLED_US, or there are HTTP2_MAX_CANCELLED of them. At most HTTP2_MAX_STREAMS at a
 * time; the one that was touched least recently is closed as incomplete to make room, so that
 * streams whose end was lost do not stay for ever. An answer whose request was not seen gets an
 * exchange without one. Where the connection began by upgrade from HTTP/1, stream 1 is the exchange
 * that asked for it.
 *
 * What a server pushes (RFC 9113 section 8.4) is an exchange like any other: the request is the one
 * that its promise tells.
 *
 * An extended CONNECT for WebSocket (RFC 8441) that is granted makes the stream one: its frames are
 * taken off as those of HTTP/1's are.
 *
 * Header tables (some 12 KiB for each direction) come from a pool smaller than that of
 * connections: the connection that has used its tables least recently gives them up, and from
 * there on what its peer refers to is unknown to us, not wrong.
 */
#include "classify/http2_conn.h"
#include "classify/proto/http2.h"

/* Follows the connection that uses them; all are in one list, the most recently used first. */
struct http2_tables {
	struct hpack_table dir[2];
	struct http2_conn *owner;
	struct http2_tables *newer, *older;
};

const size_t http2_tables_bytes = sizeof(struct http2_tables);

struct http2_stream {
	struct http2_stream *next; /* most recently touched first */
	struct exchange *x;
	uint32_t id;
	bool begun; /* the request's start line has been told */
	bool begun_answer;
	bool headers[2]; /* the block that opens a message is over; later ones are trailers */
	bool has_status;
	bool asks_websocket, is_websocket;
	bool interim;	/* the block at hand is of a 1xx */
	bool promising; /* it is the request that the server promises to answer */
	bool ended[2];
	bool cancelled;	     /* by the client; ... */
	uint32_t newest;     /* ... the last stream that it had opened by then */
	uint64_t touched_us; /* by a frame */
};

const size_t http2_stream_bytes = sizeof(struct http2_stream);

struct http2_conn {
	struct conn_env *env;
	struct conn *c;
	struct http2 parser[2];
	struct http2_tables *tables;
	struct hpack_text *text[2]; /* while a block is open */
	struct http2_stream *streams;
	uint32_t nr_streams, nr_cancelled;
	uint32_t newest;      /* stream that the client has opened */
	bool oriented;	      /* who opened the connection is not in doubt any more */
	uint64_t nr_requests; /* the next exchange's ordinal */
};

/* What the parsers' handlers are given. */
struct side {
	struct http2_conn *h;
	enum conn_dir dir;
};

/* ------------------------------------------------------------------ header tables */

static void
tables_unlink(struct conn_env *env, struct http2_tables *t)
{
	*(t->newer != NULL ? &t->newer->older : &env->http2_newest) = t->older;
	*(t->older != NULL ? &t->older->newer : &env->http2_oldest) = t->newer;
}

static void
tables_push(struct conn_env *env, struct http2_tables *t)
{
	t->newer = NULL;
	t->older = env->http2_newest;
	*(t->older != NULL ? &t->older->newer : &env->http2_oldest) = t;
	env->http2_newest = t;
}

static void
lend_tables(struct http2_conn *h, struct http2_tables *t)
{
	h->tables = t;
	for (unsigned d = 0; d < 2; d++) {
		/* Insertions may have gone by while there were none. */
		if (t == NULL)
			hpack_forget(&h->parser[d].hpack);
		hpack_set_table(&h->parser[d].hpack, t != NULL ? &t->dir[d] : NULL);
	}
}

static void
give_tables(struct http2_conn *h)
{
	struct http2_tables *t = h->tables;

	if (t == NULL)
		return;
	lend_tables(h, NULL);
	tables_unlink(h->env, t);
	slab_give(&h->env->http2_tables, t);
}

/* A block is about to be read: tables if there are none, and their place in the order. */
static void
touch_tables(struct http2_conn *h)
{
	struct conn_env *env = h->env;
	struct http2_tables *t = h->tables;

	if (t == NULL && env->http2_tables.nr_taken == env->http2_tables.nr_objects &&
	    env->http2_oldest != NULL) {
		env->counters.http2_tables_taken++;
		give_tables(env->http2_oldest->owner);
	}
	if (t != NULL) {
		tables_unlink(env, t);
	} else {
		t = slab_take(&env->http2_tables);
		if (t == NULL)
			return;
		t->owner = h;
		lend_tables(h, t);
	}
	tables_push(env, t);
}

/* ------------------------------------------------------------------ streams */

static struct http2_stream *
find_stream(struct http2_conn *h, uint32_t id)
{
	struct http2_stream **link = &h->streams, *s;

	while (*link != NULL && (*link)->id != id)
		link = &(*link)->next;
	s = *link;
	if (s != NULL && s != h->streams) {
		*link = s->next;
		s->next = h->streams;
		h->streams = s;
	}
	return s;
}

/* The same, for a frame of it. */
static struct http2_stream *
touch_stream(struct http2_conn *h, uint32_t id)
{
	struct http2_stream *s = find_stream(h, id);

	if (s != NULL)
		s->touched_us = h->env->now_us;
	return s;
}

/* It stands first: find_stream has put it there. */
static void
close_first(struct http2_conn *h)
{
	struct http2_stream *s = h->streams;

	h->streams = s->next;
	h->nr_streams--;
	h->nr_cancelled -= s->cancelled;
	if (s->x != NULL) {
		if (s->cancelled)
			exchange_message_cut(s->x, CONN_RESP, s->touched_us);
		if (exchange_is_grpc(s->x))
			h->c->protocol = PROTOCOL_GRPC;
		exchange_close(s->x);
	}
	slab_give(&h->env->http2_streams, s);
}

/* Of all, or of those that were cancelled; there is one. */
static void
close_least_recent(struct http2_conn *h, bool cancelled)
{
	const struct http2_stream *last = NULL;

	for (const struct http2_stream *s = h->streams; s != NULL; s = s->next) {
		if (s->cancelled || !cancelled)
			last = s;
	}
	find_stream(h, last->id);
	h->env->counters.http2_streams_cut++;
	close_first(h);
}

/*
 * Of what was cancelled, that of which nothing more comes: the server answers a stream that was
 * opened behind the reset, so that it has read it; or it has said nothing there for a while.
 */
static void
close_cancelled(struct http2_conn *h, uint32_t answered)
{
	struct http2_stream *next;

	for (struct http2_stream *s = h->streams; s != NULL && h->nr_cancelled != 0; s = next) {
		next = s->next;
		if (!s->cancelled ||
		    (s->newest >= answered && h->env->now_us < s->touched_us + HTTP2_CANCELLED_US))
			continue;
		find_stream(h, s->id);
		close_first(h);
	}
}

static struct http2_stream *
add_stream(struct http2_conn *h, uint32_t id)
{
	struct http2_stream *s;

	if (h->nr_streams == HTTP2_MAX_STREAMS)
		close_least_recent(h, false);
	s = slab_take(&h->env->http2_streams);
	if (s == NULL) {
		h->env->counters.http_refused++;
		return NULL;
	}
	*s = (struct http2_stream) { .next = h->streams, .id = id };
	h->streams = s;
	h->nr_streams++;
	return s;
}

static struct http2_stream *
open_stream(struct http2_conn *h, uint32_t id)
{
	struct http2_stream *s = add_stream(h, id);

	if (s != NULL)
		s->x = exchange_open(h->env, h->c, h->nr_requests++);
	return s;
}

bool
http2_conn_adopt(struct conn *c, struct exchange *x, uint64_t next_ordinal)
{
	struct http2_conn *h = c->state;
	struct http2_stream *s = h == NULL ? NULL : add_stream(h, 1);

	if (s == NULL)
		return false;
	s->x = x;
	s->begun = s->headers[CONN_ORIG] = s->ended[CONN_ORIG] = true;
	h->nr_requests = next_ordinal;
	return true;
}

static void
end_side(struct http2_conn *h, struct http2_stream *s, enum conn_dir dir)
{
	s->ended[dir] = true;
	if (s->x != NULL)
		exchange_message_end(s->x, dir, true);
	/* Where its request was not seen, nothing more will come of it. */
	if (s->ended[1 - dir] || (dir == CONN_RESP && !s->begun))
		close_first(h);
}

/*
 * Whether what comes for it is of a message. Behind its END_STREAM a side has no more to say (RFC
 * 9113 section 5.1), and its message has given back what it held.
 */
static bool
is_followed(const struct http2_stream *s, enum conn_dir dir)
{
	return s != NULL && s->x != NULL && !s->ended[dir];
}

static void
body_gap(struct http2_stream *s, enum conn_dir dir, uint64_t len)
{
	if (s->is_websocket)
		exchange_websocket_gap(s->x, dir, len);
	else
		exchange_body_gap(s->x, dir, len);
}

/* ------------------------------------------------------------------ header blocks */

static struct hpack_text *
take_text(struct http2_conn *h, enum conn_dir dir)
{
	h->text[dir] = slab_take(&h->env->http2_texts);
	if (h->text[dir] == NULL)
		h->env->counters.http2_blocks_refused++;
	return h->text[dir];
}

static struct hpack_text *
on_headers_begin(void *arg, uint32_t id)
{
	struct side *side = arg;
	struct http2_conn *h = side->h;
	struct http2_stream *s;

	touch_tables(h);
	/* Odd numbers are the client's; a server opens no stream but by a promise. */
	if (side->dir == CONN_RESP && id % 2 == 1)
		close_cancelled(h, id);
	else if (id % 2 == 1 && id > h->newest)
		h->newest = id;
	s = id == 0 ? NULL : touch_stream(h, id);
	if (s == NULL && id != 0 && (id % 2 == 1 || side->dir == CONN_RESP))
		s = open_stream(h, id);
	if (s != NULL)
		s->interim = false;
	return take_text(h, side->dir);
}

/* Numbers are not used again: whatever had this one is over. */
static struct hpack_text *
on_promise_begin(void *arg, uint32_t id)
{
	struct side *side = arg;
	struct http2_conn *h = side->h;
	struct http2_stream *s = NULL;

	touch_tables(h);
	if (id != 0 && side->dir == CONN_RESP) {
		if (find_stream(h, id) != NULL)
			close_first(h);
		s = open_stream(h, id);
	}
	if (s != NULL) {
		s->promising = true;
		s->touched_us = h->env->now_us;
	}
	return take_text(h, side->dir);
}

/* Which message the block at hand is of: a promise is the server's word of a request. */
static enum conn_dir
message_of_block(const struct http2_stream *s, enum conn_dir dir)
{
	return s != NULL && s->promising ? CONN_ORIG : dir;
}

static void
begin_request(struct http2_stream *s)
{
	if (s->begun)
		return;
	s->begun = true;
	exchange_request_begin(s->x, "2");
}

static void
request_field(struct http2_stream *s, struct span name, struct span value)
{
	if (name.p == NULL || value.p == NULL)
		return;
	if (span_is(name, ":method"))
		exchange_method(s->x, value);
	else if (span_is(name, ":path"))
		exchange_target(s->x, value);
	else if (span_is(name, ":authority"))
		exchange_authority(s->x, value);
	else if (span_is(name, ":protocol"))
		s->asks_websocket = span_is_nocase(value, "websocket");
	else if (name.len != 0 && name.p[0] == ':')
		return;
	else {
		begin_request(s);
		exchange_header(s->x, CONN_ORIG, name, value);
	}
}

static unsigned
status_of(struct span value)
{
	unsigned status = 0;

	for (size_t i = 0; i < value.len && i < 3; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return 0;
		status = status * 10 + (value.p[i] - '0');
	}
	return status;
}

/*
 * RFC 9113 section 8.3 wants pseudo-header fields first, and calls a message malformed otherwise.
 * Some senders have them later, and some receivers take it: a status is read wherever it stands.
 */
static void
begin_answer(struct http2_stream *s, unsigned status)
{
	if (s->has_status || (s->begun_answer && status == 0))
		return;
	s->interim = status >= 100 && status < 200 && !s->begun_answer;
	if (s->interim)
		return;
	s->begun_answer = true;
	s->has_status = status != 0;
	exchange_status(s->x, status, "2");
}

static void
response_field(struct http2_stream *s, struct span name, struct span value)
{
	if (name.p == NULL || value.p == NULL || s->interim)
		return;
	if (span_is(name, ":status")) {
		begin_answer(s, status_of(value));
	} else if (name.len != 0 && name.p[0] != ':') {
		begin_answer(s, 0);
		exchange_header(s->x, CONN_RESP, name, value);
	}
}

static void
on_field(void *arg, uint32_t id, struct span name, struct span value)
{
	struct side *side = arg;
	/* First in the list, but where the other side has spoken since of another stream. */
	struct http2_stream *s = find_stream(side->h, id);
	enum conn_dir dir = message_of_block(s, side->dir);

	if (!is_followed(s, dir))
		return;
	if (value.len == HPACK_VALUE_CAP &&
	    side->h->parser[side->dir].hpack.value_len > HPACK_VALUE_CAP)
		exchange_unread(s->x, dir);
	if (s->headers[dir]) {
		if (name.p != NULL && value.p != NULL)
			exchange_trailer(s->x, dir, name, value);
	} else if (dir == CONN_ORIG) {
		request_field(s, name, value);
	} else {
		response_field(s, name, value);
	}
}

/* A first block is over, and what it says of the body is known. */
static void
end_first_block(struct http2_stream *s, enum conn_dir dir)
{
	unsigned status;

	if (dir == CONN_ORIG)
		begin_request(s);
	else
		begin_answer(s, 0);
	exchange_headers_end(s->x, dir);
	status = exchange_status_of(s->x);
	if (dir == CONN_RESP && s->asks_websocket && status >= 200 && status < 300) {
		s->is_websocket = true;
		exchange_begin_websocket(s->x);
	}
}

static void
on_headers_end(void *arg, uint32_t id, bool end_stream, bool whole)
{
	struct side *side = arg;
	struct http2_conn *h = side->h;
	struct http2_stream *s = id == 0 ? NULL : touch_stream(h, id);
	enum conn_dir dir = message_of_block(s, side->dir);

	slab_give(&h->env->http2_texts, h->text[side->dir]);
	h->text[side->dir] = NULL;
	if (s == NULL)
		return;
	/* What is promised has no body. */
	end_stream = end_stream || s->promising;
	s->promising = false;
	if (!s->headers[dir] && is_followed(s, dir) && !s->interim)
		end_first_block(s, dir);
	if (!whole && is_followed(s, dir))
		body_gap(s, dir, 0);
	s->headers[dir] = s->headers[dir] || !s->interim;
	if (end_stream)
		end_side(h, s, dir);
}

/* ------------------------------------------------------------------ bodies and ends */

static void
on_data(void *arg, uint32_t id, const uint8_t *data, size_t len)
{
	struct side *side = arg;
	struct http2_stream *s = touch_stream(side->h, id);

	/* Of a message whose headers were not seen nothing tells how its body is coded. */
	if (!is_followed(s, side->dir) || !s->headers[side->dir])
		conn_skipped(side->h->env, side->h->c,
			     s != NULL && s->x == NULL ? CONN_SKIP_LIMIT : CONN_SKIP_UNSYNCED, len);
	else if (s->is_websocket)
		exchange_websocket(s->x, side->dir, data, len);
	else
		exchange_body(s->x, side->dir, data, len);
}

static void
on_data_gap(void *arg, uint32_t id, uint64_t len)
{
	struct side *side = arg;
	struct http2_stream *s = touch_stream(side->h, id);

	if (is_followed(s, side->dir))
		body_gap(s, side->dir, len);
}

static void
on_data_end(void *arg, uint32_t id, bool end_stream)
{
	struct side *side = arg;
	struct http2_stream *s = end_stream ? touch_stream(side->h, id) : NULL;

	if (s != NULL)
		end_side(side->h, s, side->dir);
}

/* By the client: its request is over, the answer may not be. */
static void
cancel(struct http2_conn *h, struct http2_stream *s)
{
	if (h->nr_cancelled == HTTP2_MAX_CANCELLED)
		close_least_recent(h, true);
	h->nr_cancelled++;
	s->cancelled = true;
	s->newest = s->id > h->newest ? s->id : h->newest;
	s->ended[CONN_ORIG] = true;
	if (s->x != NULL)
		exchange_message_end(s->x, CONN_ORIG, false);
}

static void
on_reset(void *arg, uint32_t id)
{
	struct side *side = arg;
	struct http2_conn *h = side->h;
	struct http2_stream *s = touch_stream(h, id);

	if (s == NULL)
		return;
	if (side->dir == CONN_RESP || s->ended[CONN_RESP])
		close_first(h);
	else if (!s->cancelled)
		cancel(h, s);
}

static const struct http2_handler handler = {
	.headers_begin = on_headers_begin,
	.promise_begin = on_promise_begin,
	.field = on_field,
	.headers_end = on_headers_end,
	.data = on_data,
	.data_gap = on_data_gap,
	.data_end = on_data_end,
	.reset = on_reset,
};

/* ------------------------------------------------------------------ the connection */

static void
http2_open(struct conn_env *env, struct conn *c, void *state)
{
	struct http2_conn *h = state;

	h->env = env;
	h->c = c;
	h->oriented = !c->info.midstream[CONN_ORIG] && !c->info.midstream[CONN_RESP];
	http2_init(&h->parser[CONN_ORIG], !c->info.midstream[CONN_ORIG],
		   c->info.midstream[CONN_ORIG]);
	http2_init(&h->parser[CONN_RESP], false, c->info.midstream[CONN_RESP]);
}

/* Messages that are open in this direction may have lost bytes, or their end. */
static void
mark_lost(struct http2_conn *h, enum conn_dir dir)
{
	for (struct http2_stream *s = h->streams; s != NULL; s = s->next) {
		if (is_followed(s, dir))
			body_gap(s, dir, UINT64_MAX);
	}
}

/* Joined midway, who opened was a guess: the first header block says it. */
static enum conn_dir
orient(struct http2_conn *h, enum conn_dir dir, struct span frames)
{
	enum http2_sender sender = h->oriented ? HTTP2_UNKNOWN : http2_sender(frames);
	struct http2 parser = h->parser[CONN_ORIG];
	struct hpack_text *text = h->text[CONN_ORIG];

	if (sender == HTTP2_UNKNOWN)
		return dir;
	h->oriented = true;
	if ((sender == HTTP2_CLIENT) == (dir == CONN_ORIG) || !conn_reverse(h->env, h->c))
		return dir;
	h->parser[CONN_ORIG] = h->parser[CONN_RESP];
	h->parser[CONN_RESP] = parser;
	h->text[CONN_ORIG] = h->text[CONN_RESP];
	h->text[CONN_RESP] = text;
	return (enum conn_dir)(1 - dir);
}

static size_t
http2_conn_push(struct conn_env *env, struct conn *c, void *state, enum conn_dir side_dir,
		const uint8_t *data, size_t len)
{
	struct http2_conn *h = state;
	enum conn_dir dir = orient(h, side_dir, span_of(data, len));
	struct http2 *p = &h->parser[dir];
	struct side side = { h, dir };
	uint64_t framing = p->framing_bytes, skipped = p->skipped_bytes;
	uint32_t lost = p->events[HTTP2_RESYNC];

	close_cancelled(h, 0);
	http2_push(p, data, len, &handler, &side);
	if (p->events[HTTP2_RESYNC] != lost)
		mark_lost(h, dir);
	conn_inspected(env, c, p->framing_bytes - framing);
	if (p->skipped_bytes != skipped)
		conn_skipped(env, c, CONN_SKIP_UNSYNCED, p->skipped_bytes - skipped);
	return len;
}

static void
http2_conn_gap(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir, uint64_t len)
{
	struct http2_conn *h = state;
	struct side side = { h, dir };
	uint32_t lost = h->parser[dir].events[HTTP2_RESYNC];

	(void)env, (void)c;
	http2_gap(&h->parser[dir], len, &handler, &side);
	if (h->parser[dir].events[HTTP2_RESYNC] != lost)
		mark_lost(h, dir);
}

static void
http2_conn_finish(struct conn_env *env, struct conn *c, void *state)
{
	struct http2_conn *h = state;

	(void)env, (void)c;
	for (unsigned d = 0; d < 2; d++) {
		struct side side = { h, (enum conn_dir)d };

		http2_end(&h->parser[d], &handler, &side);
	}
	while (h->streams != NULL)
		close_first(h);
}

static void
http2_conn_close(struct conn_env *env, struct conn *c, void *state)
{
	struct http2_conn *h = state;

	http2_conn_finish(env, c, h);
	give_tables(h);
}

const struct conn_proto conn_http2 = {
	.state_bytes = sizeof(struct http2_conn),
	.open = http2_open,
	.push = http2_conn_push,
	.gap = http2_conn_gap,
	.finish = http2_conn_finish,
	.close = http2_conn_close,
};
