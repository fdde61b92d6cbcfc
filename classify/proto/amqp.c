#include "classify/proto/amqp.h"

#include "classify/proto/probe.h"
#include "dataplane/port/cursor.h"

enum { CLIENT, SERVER };

enum kind { METHOD = 1, PROPERTIES = 2, BODY = 3, HEARTBEAT = 8 };

#define FRAME_END 0xce
#define MAX_FRAME (UINT32_C(16) << 20)

#define M(class, method) ((uint32_t)(class) << 16 | (method))

enum method {
	START_OK = M(10, 11),
	CONNECTION_OPEN = M(10, 40),
	CONNECTION_OPEN_OK = M(10, 41),
	CONNECTION_CLOSE = M(10, 50),
	CHANNEL_CLOSE = M(20, 40),
	GET = M(60, 70),
	PUBLISH = M(60, 40),
	DELIVER = M(60, 60),
	GET_OK = M(60, 71),
	GET_EMPTY = M(60, 72),
};

enum state {
	BEGIN = STEPS_BEGIN,
	PROTOCOL,
	HEADER,
	METHOD_ID,
	/* start-ok: a table | mechanism | its answer */
	TABLE_LEN,
	TABLE,
	MECHANISM_LEN,
	MECHANISM,
	PROOF_LEN,
	PROOF,
	/* the first name of a method: 2 bytes that are no longer used, then length and name */
	NAME_LEN,
	NAME,
	/* publish, deliver, get-ok */
	TAG_LEN,
	TAG,
	EXCHANGE_LEN,
	EXCHANGE,
	KEY_LEN,
	KEY,
	CLOSE_CODE,
	BODY_HEAD,
	BODY_PROPERTIES,
	BODY_BYTES,
	REST,
	END,
};

enum what { IGNORED = DB_PASSED_IGNORED, DATA = DB_PASSED_VALUE };

void
amqp_init(void *parser, const bool midstream[2])
{
	struct amqp *p = parser;

	p->begun = midstream[CLIENT];
	for (unsigned dir = 0; dir < 2; dir++)
		p->side[dir].steps.lost = midstream[dir];
}

/* What a method of the client's asks for, and whether anything answers it. */
static const struct asked {
	uint32_t method;
	enum db_class class;
	bool named; /* 2 bytes, then the name of an exchange or queue */
	bool answered;
} asked[] = {
	{ CONNECTION_OPEN, DB_AUTH, false, true },
	{ M(40, 10), DB_SCHEMA, true, true },	      /* exchange.declare */
	{ M(40, 20), DB_SCHEMA, true, true },	      /* exchange.delete */
	{ M(40, 30), DB_SCHEMA, true, true },	      /* exchange.bind */
	{ M(40, 40), DB_SCHEMA, true, true },	      /* exchange.unbind */
	{ M(50, 10), DB_SCHEMA, true, true },	      /* queue.declare */
	{ M(50, 20), DB_SCHEMA, true, true },	      /* queue.bind */
	{ M(50, 30), DB_WRITE, true, true },	      /* queue.purge */
	{ M(50, 40), DB_SCHEMA, true, true },	      /* queue.delete */
	{ M(50, 50), DB_SCHEMA, true, true },	      /* queue.unbind */
	{ M(60, 20), DB_CONSUME, true, true },	      /* basic.consume */
	{ GET, DB_CONSUME, true, true },	      /* basic.get */
	{ M(60, 80), DB_TRANSACTION, false, false },  /* basic.ack */
	{ M(60, 90), DB_TRANSACTION, false, false },  /* basic.reject */
	{ M(60, 120), DB_TRANSACTION, false, false }, /* basic.nack */
	{ M(85, 10), DB_TRANSACTION, false, true },   /* confirm.select */
	{ M(90, 10), DB_TRANSACTION, false, true },   /* tx.select */
	{ M(90, 20), DB_TRANSACTION, false, true },   /* tx.commit */
	{ M(90, 30), DB_TRANSACTION, false, true },   /* tx.rollback */
};

static uint32_t
method_of(const struct amqp_side *side)
{
	return M(side->class, side->method);
}

/* The frame's rest, then the byte at its end. */
static void
rest(struct amqp_side *side)
{
	steps_pass(&side->steps, REST, side->steps.left, IGNORED);
}

static void
request(const struct amqp_side *side, const struct db_out *o, enum db_class class, bool answered)
{
	db_tell(o, (struct db_event) { .kind = DB_REQUEST,
				       .class = class,
				       .id = answered ? side->channel + UINT64_C(1) : 0,
				       .unasked = !answered });
}

static void
answer(const struct amqp_side *side, const struct db_out *o, struct span code)
{
	db_tell(o, (struct db_event) { .kind = DB_ANSWER,
				       .id = side->channel + UINT64_C(1),
				       .rows = method_of(side) == GET_OK,
				       .failed = code.len != 0,
				       .bytes = code });
}

/* ------------------------------------------------------------------ methods */

static void
client_method(struct amqp_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;
	uint32_t method = method_of(side);

	if (method == START_OK) {
		steps_take(s, TABLE_LEN, 4);
		return;
	}
	if (method == PUBLISH) {
		request(side, o, DB_PUBLISH, false);
		steps_take(s, EXCHANGE_LEN, 3);
		return;
	}
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		if (asked[i].method != method)
			continue;
		request(side, o, asked[i].class, asked[i].answered);
		if (asked[i].named || method == CONNECTION_OPEN)
			steps_take(s, NAME_LEN, asked[i].named ? 3 : 1);
		else
			rest(side);
		return;
	}
	rest(side);
}

static void
server_method(struct amqp_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;
	uint32_t method = method_of(side);

	switch (method) {
	case DELIVER:
		steps_take(s, TAG_LEN, 1);
		return;
	case GET_OK:
		db_tell(o, (struct db_event) { .kind = DB_ANSWER_BEGINS,
					       .id = side->channel + UINT64_C(1) });
		steps_pass(s, TAG, 9, IGNORED);
		return;
	case CONNECTION_CLOSE:
	case CHANNEL_CLOSE:
		steps_take(s, CLOSE_CODE, 2);
		return;
	default:
		break;
	}
	/* The answer to a method is the next one of its class. */
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		if (asked[i].answered && (asked[i].method + 1 == method ||
					  (method == GET_EMPTY && asked[i].method == GET))) {
			answer(side, o, span_of(NULL, 0));
			break;
		}
	}
	rest(side);
}

static void
proof(struct amqp_side *side, const struct db_out *o)
{
	db_tell_sasl_user(o, steps_taken(&side->steps));
	rest(side);
}

static uint16_t
kept(uint64_t len)
{
	return (uint16_t)(len < STEPS_BYTES ? len : STEPS_BYTES);
}

static uint8_t
last_byte(const struct steps *s)
{
	return s->have == 0 ? 0 : s->buf[s->have - 1];
}

static void
arguments(struct amqp_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	switch (s->state) {
	case TABLE_LEN:
		steps_pass(s, TABLE, s->have == 4 ? read_be32(s->buf) : 0, IGNORED);
		break;
	case TABLE:
		steps_take(s, MECHANISM_LEN, 1);
		break;
	case MECHANISM_LEN:
		steps_pass(s, MECHANISM, last_byte(s), IGNORED);
		break;
	case MECHANISM:
		steps_take(s, PROOF_LEN, 4);
		break;
	case PROOF_LEN:
		steps_take(s, PROOF, kept(s->have == 4 ? read_be32(s->buf) : 0));
		break;
	case PROOF:
		proof(side, o);
		break;
	case NAME_LEN:
		steps_take(s, NAME, last_byte(s));
		break;
	case NAME:
		db_tell_bytes(o, method_of(side) == CONNECTION_OPEN ? DB_DATABASE : DB_TARGET,
			      steps_taken(s));
		rest(side);
		break;
	case TAG_LEN:
		/* consumer | delivery 8 | redelivered 1 */
		steps_pass(s, TAG, last_byte(s) + 9u, IGNORED);
		break;
	case TAG:
		if (method_of(side) == DELIVER)
			request(side, o, DB_CONSUME, false);
		steps_take(s, EXCHANGE_LEN, 1);
		break;
	case EXCHANGE_LEN:
		steps_take(s, EXCHANGE, last_byte(s));
		break;
	case EXCHANGE:
		db_tell_bytes(o, DB_TARGET, steps_taken(s));
		if (s->have != 0)
			rest(side);
		else
			steps_take(s, KEY_LEN, 1);
		break;
	case KEY_LEN:
		steps_take(s, KEY, last_byte(s));
		break;
	default:
		db_tell_bytes(o, DB_TARGET, steps_taken(s));
		rest(side);
		break;
	}
}

static void
closed(struct amqp_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;
	uint16_t code = s->have == 2 ? read_be16(s->buf) : 0;
	char text[3] = { (char)('0' + code / 100 % 10), (char)('0' + code / 10 % 10),
			 (char)('0' + code % 10) };

	/* 200: because all is done. */
	if (code != 0 && code != 200)
		answer(side, o, span_of(text, sizeof(text)));
	rest(side);
}

/* ------------------------------------------------------------------ frames */

static void
end_message(struct amqp_side *side, const struct db_out *o)
{
	db_tell_kind(o, DB_VALUE_END);
	db_tell_kind(o, DB_MESSAGE_END);
	if (o->dir == SERVER && method_of(side) == GET_OK)
		answer(side, o, span_of(NULL, 0));
}

static void
frame(struct amqp_side *side)
{
	struct steps *s = &side->steps;
	uint32_t len = read_be32(s->buf + 3);

	side->kind = s->buf[0];
	side->channel = read_be16(s->buf + 1);
	if (len > MAX_FRAME || (side->kind > BODY && side->kind != HEARTBEAT) || side->kind == 0) {
		s->lost = true;
		return;
	}
	steps_message(s, len);
	if (side->kind == METHOD)
		steps_take(s, METHOD_ID, 4);
	else if (side->kind == PROPERTIES)
		steps_take(s, BODY_HEAD, 12);
	else if (side->kind == BODY)
		steps_pass(s, BODY_BYTES, len, DATA);
	else
		rest(side);
}

static void
content(struct amqp_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	switch (s->state) {
	case BODY_HEAD:
		side->body = s->have == 12 ? read_be64(s->buf + 4) : 0;
		steps_pass(s, BODY_PROPERTIES, s->left, DATA);
		break;
	case BODY_PROPERTIES:
		db_tell_kind(o, DB_VALUE_END);
		if (side->body == 0)
			end_message(side, o);
		rest(side);
		break;
	default:
		if (side->body == 0)
			end_message(side, o);
		rest(side);
		break;
	}
}

static void
begin(struct amqp *p, struct amqp_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	s->left = STEPS_NO_END;
	if (p->version_1)
		steps_pass(s, BEGIN, STEPS_NO_END - 1, DATA);
	else if (o->dir == CLIENT && !p->begun)
		steps_take(s, PROTOCOL, 8);
	else
		steps_take(s, HEADER, 7);
}

static void
step(void *arg, struct steps *s)
{
	const struct db_out *o = arg;
	struct amqp *p = o->parser;
	struct amqp_side *side = &p->side[o->dir];

	switch (s->state) {
	case BEGIN:
		begin(p, side, o);
		break;
	case PROTOCOL:
		/* "AMQP" | kind of protocol | version: 0 1 0 0 is 1.0, 3 its SASL. */
		p->begun = true;
		p->version_1 = s->buf[5] == 1 && s->buf[4] != 1;
		steps_next(s);
		break;
	case HEADER:
		frame(side);
		break;
	case METHOD_ID:
		side->class = s->have == 4 ? read_be16(s->buf) : 0;
		side->method = s->have == 4 ? read_be16(s->buf + 2) : 0;
		if (o->dir == CLIENT)
			client_method(side, o);
		else
			server_method(side, o);
		break;
	case CLOSE_CODE:
		closed(side, o);
		break;
	case BODY_HEAD:
	case BODY_PROPERTIES:
	case BODY_BYTES:
		content(side, o);
		break;
	case REST:
		s->left = STEPS_NO_END;
		steps_take(s, END, 1);
		break;
	case END:
		s->lost = s->buf[0] != FRAME_END;
		steps_next(s);
		break;
	default:
		arguments(side, o);
		break;
	}
}

static void
bytes(void *arg, struct steps *s, const uint8_t *data, size_t len)
{
	const struct db_out *o = arg;
	struct amqp *p = o->parser;
	struct amqp_side *side = &p->side[o->dir];

	db_tell_passed(arg, s, data, len);
	if (s->what == DATA && s->state == BODY_BYTES)
		side->body = len < side->body ? side->body - len : 0;
}

static bool
begins(unsigned dir, struct span s)
{
	uint32_t len;

	(void)dir;
	if (s.len < 8 || (s.p[0] != METHOD && s.p[0] != PROPERTIES && s.p[0] != HEARTBEAT))
		return false;
	len = read_be32(s.p + 3);
	return len <= s.len - 8 && s.p[7 + len] == FRAME_END;
}

size_t
amqp_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn, void *arg)
{
	struct amqp *p = parser;
	struct db_out o = { p, (uint8_t)dir, fn, arg };

	return db_steps_push(&p->side[dir].steps, data, len, step, bytes, begins, &o);
}

void
amqp_gap(void *parser, unsigned dir, uint64_t len)
{
	struct amqp *p = parser;
	struct amqp_side *side = &p->side[dir];
	struct steps *s = &side->steps;

	p->begun = true;
	if (s->mode == STEPS_PASS && s->state == BODY_BYTES && len <= s->pass)
		side->body = len < side->body ? side->body - len : 0;
	/* Not the byte at the end, which is not of the frame's length. */
	if (s->mode != STEPS_PASS || len > s->pass)
		s->left = STEPS_NO_END;
	steps_gap(s, len, DB_PASSED_UNREAD);
}

bool
amqp_is_frame(struct span s)
{
	uint16_t class;

	if (!begins(CLIENT, s) || s.p[0] == PROPERTIES)
		return false;
	if (s.p[0] == HEARTBEAT)
		return s.len == 8 && read_be32(s.p + 3) == 0 && read_be16(s.p + 1) == 0;
	class = s.len < 9 ? 0 : read_be16(s.p + 7);
	return class != 0 && class <= 90 && class % 5 == 0 && read_be32(s.p + 3) >= 4;
}

enum probe_answer
amqp_probe(const struct detect_input *in)
{
	if (in->orig_midstream && amqp_is_frame(in->orig))
		return PROBE_YES;
	return probe_begins(in->orig, "AMQP");
}
