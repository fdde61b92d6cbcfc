#include "classify/proto/kafka.h"

#include "classify/proto/kafka_records.h"
#include "dataplane/port/cursor.h"

enum { CLIENT, SERVER };

enum api {
	PRODUCE = 0,
	FETCH = 1,
	SASL_HANDSHAKE = 17,
	API_VERSIONS = 18,
	CREATE_TOPICS = 19,
	DELETE_TOPICS = 20,
	SASL_AUTHENTICATE = 36,
	API_MAX = 92,
};

#define MAX_MESSAGE (UINT32_C(1) << 30)

enum {
	TOPIC_IDS = 13, /* from this version on topics go by id */
};

enum state {
	BEGIN = STEPS_BEGIN,
	HEADER,
	CLIENT_ID,
	TAGS,
	TAG,
	TAG_LEN,
	TAG_BYTES,
	BODY,
	/* Produce */
	TRANSACTIONAL_LEN,
	TRANSACTIONAL_ID,
	ACKS,
	/* the answer to Fetch */
	FETCH_HEAD,
	ABORTED,
	ABORTED_BYTES,
	REPLICA,
	/* the answer to Produce */
	PRODUCED,
	RECORD_ERRORS,
	MESSAGE_LEN,
	MESSAGE,
	/* topics with their partitions: of both, and of the answer to Produce */
	TOPICS,
	TOPIC,
	TOPIC_NAME_LEN,
	TOPIC_NAME,
	TOPIC_ID,
	PARTITIONS,
	PARTITION_HEAD,
	RECORDS,
	RECORDS_END,
	PARTITION_END,
	/* others */
	NAMES,
	NAME_LEN,
	NAME,
	SASL_LEN,
	SASL,
	ANSWER_ERROR,
	OVER,
};

_Static_assert(OVER < KAFKA_VARINT, "states of messages and of records");

enum { IGNORED = STEPS_IGNORED };

void
kafka_init(void *parser, const bool midstream[2])
{
	struct kafka *p = parser;

	for (unsigned dir = 0; dir < 2; dir++)
		p->side[dir].steps.lost = midstream[dir];
}

static enum db_class
class_of(unsigned key)
{
	static const uint8_t classes[] = {
		[0] = DB_PUBLISH,      [1] = DB_CONSUME,      [2] = DB_OTHER,
		[3] = DB_OTHER,	       [4] = DB_ADMIN,	      [5] = DB_ADMIN,
		[6] = DB_ADMIN,	       [7] = DB_ADMIN,	      [8] = DB_TRANSACTION,
		[9] = DB_OTHER,	       [10] = DB_OTHER,	      [11] = DB_CONSUME,
		[12] = DB_CONSUME,     [13] = DB_CONSUME,     [14] = DB_CONSUME,
		[15] = DB_ADMIN,       [16] = DB_ADMIN,	      [17] = DB_AUTH,
		[18] = DB_OTHER,       [19] = DB_SCHEMA,      [20] = DB_SCHEMA,
		[21] = DB_WRITE,       [22] = DB_TRANSACTION, [23] = DB_OTHER,
		[24] = DB_TRANSACTION, [25] = DB_TRANSACTION, [26] = DB_TRANSACTION,
		[27] = DB_TRANSACTION, [28] = DB_TRANSACTION, [29] = DB_ADMIN,
		[30] = DB_ADMIN,       [31] = DB_ADMIN,	      [32] = DB_ADMIN,
		[33] = DB_ADMIN,       [34] = DB_ADMIN,	      [35] = DB_ADMIN,
		[36] = DB_AUTH,	       [37] = DB_SCHEMA,      [68] = DB_CONSUME,
		[76] = DB_CONSUME,     [78] = DB_CONSUME,     [79] = DB_TRANSACTION,
	};

	if (key < sizeof(classes) && (key <= SASL_AUTHENTICATE + 1 || classes[key] != 0))
		return (enum db_class)classes[key];
	return key >= 60 && key <= 61 ? DB_OTHER : DB_ADMIN;
}

/* From which version on the numbers of a message are short and tagged fields end its parts. */
static bool
is_flexible(unsigned key, unsigned version)
{
	static const uint8_t from[] = {
		[PRODUCE] = 9,	     [FETCH] = 12,	 [CREATE_TOPICS] = 5,
		[DELETE_TOPICS] = 4, [API_VERSIONS] = 3, [SASL_AUTHENTICATE] = 2,
	};

	return key < sizeof(from) && from[key] != 0 && version >= from[key];
}

/* The rest of the message is of no interest. */
static void
finish(struct kafka_side *side)
{
	steps_pass(&side->steps, OVER, side->steps.left, IGNORED);
}

/* ------------------------------------------------------------------ numbers and tags */

void
kafka_varint(struct kafka_side *side, uint8_t then)
{
	side->number = 0;
	side->shift = 0;
	side->then = then;
	steps_take(&side->steps, KAFKA_VARINT, 1);
}

bool
kafka_varint_over(struct kafka_side *side)
{
	struct steps *s = &side->steps;
	uint8_t b = s->have == 0 ? 0 : s->buf[0];

	side->number |= (uint64_t)(b & 0x7f) << side->shift;
	side->shift = (uint8_t)(side->shift + 7);
	if ((b & 0x80) != 0 && side->shift < 63) {
		steps_take(s, KAFKA_VARINT, 1);
		return false;
	}
	s->state = side->then;
	return true;
}

/* A length or count: 2 or 4 bytes, or a varint of one more where the version is flexible. */
static void
count(struct kafka_side *side, uint8_t then, uint16_t width)
{
	if (side->flexible)
		kafka_varint(side, then);
	else
		steps_take(&side->steps, then, width);
}

/* What count has read; -1, nothing, is 0. */
static uint64_t
counted(const struct kafka_side *side)
{
	const struct steps *s = &side->steps;

	if (side->flexible)
		return side->number == 0 ? 0 : side->number - 1;
	if (s->have == 2)
		return read_be16(s->buf) == 0xffff ? 0 : read_be16(s->buf);
	return s->have != 4 || read_be32(s->buf) == UINT32_MAX ? 0 : read_be32(s->buf);
}

/* Tagged fields end each part of a flexible message. */
static void
tags(struct kafka_side *side, uint8_t then)
{
	side->tags_then = then;
	if (side->flexible)
		kafka_varint(side, TAGS);
	else
		steps_take(&side->steps, then, 0);
}

static void
tag(struct kafka_side *side)
{
	switch (side->steps.state) {
	case TAGS:
		side->tags = side->number;
		break;
	case TAG:
		kafka_varint(side, TAG_LEN);
		return;
	case TAG_LEN:
		steps_pass(&side->steps, TAG_BYTES, side->number, IGNORED);
		return;
	default:
		side->tags--;
		break;
	}
	if (side->tags == 0 || side->steps.left == 0)
		steps_take(&side->steps, side->tags_then, 0);
	else
		kafka_varint(side, TAG);
}

/* ------------------------------------------------------------------ topics */

static bool
by_id(const struct kafka_side *side)
{
	return side->version >= TOPIC_IDS && (side->key == PRODUCE || side->key == FETCH);
}

/* What stands before a partition's records, or all that is wanted of it. */
static uint16_t
partition_head(const struct kafka_side *side, unsigned dir)
{
	if (side->key == PRODUCE)
		return dir == CLIENT ? 4 : 6;
	return (uint16_t)(14 + (side->version >= 4 ? 8 : 0) + (side->version >= 5 ? 8 : 0));
}

static void
next_partition(struct kafka_side *side, const struct db_out *o)
{
	if (side->partitions == 0) {
		tags(side, TOPIC);
		return;
	}
	side->partitions--;
	steps_take(&side->steps, PARTITION_HEAD, partition_head(side, o->dir));
}

/* Behind a partition's error: offset 8 | time 8 | start 8 | errors of records | message. */
static void
produced(struct kafka_side *side)
{
	unsigned rest = 8 + (side->version >= 2 ? 8u : 0) + (side->version >= 5 ? 8u : 0);

	if (side->error != 0)
		finish(side); /* the first is all that is wanted */
	else
		steps_pass(&side->steps, PRODUCED, rest, IGNORED);
}

static void
partition(struct kafka_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	if (s->have >= 6 && side->error == 0)
		side->error = read_be16(s->buf + 4);
	if (s->have < partition_head(side, o->dir))
		finish(side);
	else if (side->key == PRODUCE && o->dir == SERVER)
		produced(side);
	else if (side->key == FETCH && side->version >= 4)
		count(side, ABORTED, 4);
	else
		count(side, RECORDS, 4);
}

static void
topic(struct kafka_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	switch (s->state) {
	case TOPICS:
		side->topics = counted(side);
		steps_take(s, TOPIC, 0);
		break;
	case TOPIC:
		if (side->topics == 0 || s->left == 0) {
			finish(side);
			break;
		}
		side->topics--;
		if (by_id(side))
			steps_pass(s, TOPIC_ID, 16, IGNORED);
		else
			count(side, TOPIC_NAME_LEN, 2);
		break;
	case TOPIC_NAME_LEN:
		steps_take(s, TOPIC_NAME,
			   (uint16_t)(counted(side) < STEPS_BYTES ? counted(side) : STEPS_BYTES));
		break;
	case TOPIC_NAME:
		if (o->dir == CLIENT || side->key == FETCH)
			db_tell_bytes(o, DB_TARGET, steps_taken(s));
		/* fallthrough */
	case TOPIC_ID:
		count(side, PARTITIONS, 4);
		break;
	case PARTITIONS:
		side->partitions = counted(side);
		/* fallthrough */
	case PARTITION_END:
		if (s->left == 0)
			finish(side);
		else
			next_partition(side, o);
		break;
	default:
		partition(side, o);
		break;
	}
}

/* ------------------------------------------------------------------ the client */

static void
remember(struct kafka *p, const struct kafka_side *side)
{
	struct kafka_asked *a = &p->asked[p->next];

	p->next = (uint8_t)((p->next + 1) % KAFKA_MAX_ASKED);
	*a = (struct kafka_asked) { .correlation = side->correlation,
				    .key = side->key,
				    .version = side->version,
				    .waits = true };
}

static void
request(struct kafka *p, struct kafka_side *side, const struct db_out *o, bool unasked)
{
	db_tell(o, (struct db_event) { .kind = DB_REQUEST,
				       .class = class_of(side->key),
				       .id = side->correlation + UINT64_C(1),
				       .unasked = unasked });
	if (!unasked)
		remember(p, side);
}

static void
client_header(struct kafka_side *side)
{
	struct steps *s = &side->steps;
	uint32_t size = read_be32(s->buf);
	uint16_t id_len = read_be16(s->buf + 12);

	if (size < 10 || size > MAX_MESSAGE || read_be16(s->buf + 4) > API_MAX) {
		s->lost = true;
		return;
	}
	steps_message(s, size - 10);
	side->key = s->buf[5];
	side->version = s->buf[7];
	side->correlation = read_be32(s->buf + 8);
	side->flexible = is_flexible(side->key, side->version);
	side->behind_records = side->behind_batch = 0;
	side->records = 0;
	steps_pass(s, CLIENT_ID, id_len == 0xffff ? 0 : id_len, IGNORED);
}

static void
client_body(struct kafka *p, struct kafka_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	if (side->key != PRODUCE)
		request(p, side, o, false);
	switch (side->key) {
	case PRODUCE:
		if (side->version >= 3)
			count(side, TRANSACTIONAL_LEN, 2);
		else
			steps_take(s, ACKS, 6);
		break;
	case CREATE_TOPICS:
		count(side, NAMES, 4);
		break;
	case DELETE_TOPICS:
		if (side->version >= 6)
			finish(side);
		else
			count(side, NAMES, 4);
		break;
	case SASL_AUTHENTICATE:
		count(side, SASL_LEN, 4);
		break;
	default:
		finish(side);
		break;
	}
}

static void
sasl(struct kafka_side *side, const struct db_out *o)
{
	db_tell_sasl_user(o, steps_taken(&side->steps));
	finish(side);
}

static void
client_other(struct kafka *p, struct kafka_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	switch (s->state) {
	case TRANSACTIONAL_LEN:
		steps_pass(s, TRANSACTIONAL_ID, counted(side), IGNORED);
		break;
	case TRANSACTIONAL_ID:
		steps_take(s, ACKS, 6);
		break;
	case ACKS:
		request(p, side, o, s->have == 6 && read_be16(s->buf) == 0);
		count(side, TOPICS, 4);
		break;
	case NAMES:
		if (counted(side) == 0)
			finish(side);
		else
			count(side, NAME_LEN, 2);
		break;
	case NAME_LEN:
		steps_take(s, NAME,
			   (uint16_t)(counted(side) < STEPS_BYTES ? counted(side) : STEPS_BYTES));
		break;
	case NAME:
		db_tell_bytes(o, DB_TARGET, steps_taken(s));
		finish(side);
		break;
	case SASL_LEN:
		steps_take(s, SASL,
			   (uint16_t)(counted(side) < STEPS_BYTES ? counted(side) : STEPS_BYTES));
		break;
	default:
		sasl(side, o);
		break;
	}
}

/* ------------------------------------------------------------------ the server */

static struct kafka_asked *
asked_for(struct kafka *p, uint32_t correlation)
{
	for (unsigned i = 0; i < KAFKA_MAX_ASKED; i++) {
		if (p->asked[i].waits && p->asked[i].correlation == correlation)
			return &p->asked[i];
	}
	return NULL;
}

static void
end_request(struct kafka *p, const struct kafka_side *side)
{
	struct kafka_asked *a = asked_for(p, side->correlation);

	if (a != NULL)
		a->records = side->records;
}

/* The answer is over: told with what was met in it. */
static void
end_answer(struct kafka *p, struct kafka_side *side, const struct db_out *o)
{
	struct kafka_asked *a = asked_for(p, side->correlation);
	char text[DB_DECIMAL_BYTES];

	if (a == NULL)
		return;
	a->waits = false;
	db_tell(o, (struct db_event) { .kind = DB_ANSWER,
				       .id = side->correlation + UINT64_C(1),
				       .rows = a->records + side->records,
				       .failed = side->error != 0,
				       .bytes = side->error != 0
						    ? db_decimal(text, (int16_t)side->error)
						    : span_of(NULL, 0) });
}

static void
server_header(struct kafka *p, struct kafka_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;
	uint32_t size = read_be32(s->buf);
	const struct kafka_asked *a;

	if (size < 4 || size > MAX_MESSAGE) {
		s->lost = true;
		return;
	}
	steps_message(s, size - 4);
	side->correlation = read_be32(s->buf + 4);
	side->error = 0;
	side->records = 0;
	side->behind_records = side->behind_batch = 0;
	a = asked_for(p, side->correlation);
	if (a == NULL) {
		finish(side);
		return;
	}
	side->key = a->key;
	side->version = a->version;
	side->flexible = is_flexible(a->key, a->version) && a->key != API_VERSIONS;
	db_tell(o, (struct db_event) { .kind = DB_ANSWER_BEGINS,
				       .id = side->correlation + UINT64_C(1) });
	/* The client's version of the header goes with its body's. */
	tags(side, BODY);
}

static void
server_body(struct kafka_side *side)
{
	struct steps *s = &side->steps;

	switch (side->key) {
	case PRODUCE:
		count(side, TOPICS, 4);
		break;
	case FETCH:
		if (side->version >= 1)
			steps_take(s, FETCH_HEAD, side->version >= 7 ? 10 : 4);
		else
			count(side, TOPICS, 4);
		break;
	case SASL_HANDSHAKE:
	case SASL_AUTHENTICATE:
		steps_take(s, ANSWER_ERROR, 2);
		break;
	default:
		finish(side);
		break;
	}
}

static void
server_other(struct kafka_side *side)
{
	struct steps *s = &side->steps;

	switch (s->state) {
	case FETCH_HEAD:
		side->error = s->have == 10 ? read_be16(s->buf + 4) : 0;
		count(side, TOPICS, 4);
		break;
	case ABORTED:
		/* Two numbers of 8 bytes, and in flexible versions no tags but an empty list. */
		steps_pass(s, ABORTED_BYTES, counted(side) * (side->flexible ? 17u : 16u), IGNORED);
		break;
	case ABORTED_BYTES:
		steps_pass(s, REPLICA, side->version >= 11 ? 4 : 0, IGNORED);
		break;
	case REPLICA:
		count(side, RECORDS, 4);
		break;
	case PRODUCED:
		if (side->version >= 8)
			count(side, RECORD_ERRORS, 4);
		else
			steps_take(s, PARTITION_END, 0);
		break;
	case RECORD_ERRORS:
		if (counted(side) == 0)
			count(side, MESSAGE_LEN, 2);
		else
			finish(side);
		break;
	case MESSAGE_LEN:
		steps_pass(s, MESSAGE, counted(side), IGNORED);
		break;
	case MESSAGE:
		tags(side, PARTITION_END);
		break;
	default:
		side->error = s->have == 2 ? read_be16(s->buf) : 0;
		finish(side);
		break;
	}
}

/* ------------------------------------------------------------------ both */

static void step(void *arg, struct steps *s);

static void
step(void *arg, struct steps *s)
{
	const struct db_out *o = arg;
	struct kafka *p = o->parser;
	struct kafka_side *side = &p->side[o->dir];

	if (s->state == BEGIN) {
		s->left = STEPS_NO_END;
		steps_take(s, HEADER, o->dir == CLIENT ? 14 : 8);
	} else if (s->state == OVER) {
		if (o->dir == SERVER)
			end_answer(p, side, o);
		else
			end_request(p, side);
		steps_next(s);
	} else if (s->state == HEADER && o->dir == CLIENT) {
		client_header(side);
	} else if (s->state == HEADER) {
		server_header(p, side, o);
	} else if (s->state == CLIENT_ID) {
		tags(side, BODY);
	} else if (s->state == KAFKA_VARINT) {
		if (kafka_varint_over(side))
			step(arg, s);
	} else if (s->state >= TAGS && s->state <= TAG_BYTES) {
		tag(side);
	} else if (s->state == BODY && o->dir == CLIENT) {
		client_body(p, side, o);
	} else if (s->state == BODY) {
		server_body(side);
	} else if (s->state >= KAFKA_RECORDS) {
		kafka_records_step(side, o);
	} else if (s->state == RECORDS) {
		kafka_records_begin(side, counted(side), RECORDS_END);
	} else if (s->state == RECORDS_END) {
		tags(side, PARTITION_END);
	} else if (s->state >= TOPICS && s->state <= PARTITION_END) {
		topic(side, o);
	} else if (o->dir == CLIENT) {
		client_other(p, side, o);
	} else {
		server_other(side);
	}
}

static bool
begins(unsigned dir, struct span s)
{
	uint32_t size;

	if (s.len < 14)
		return false;
	size = read_be32(s.p);
	if (dir == SERVER)
		return size == s.len - 4;
	return size >= 10 && size <= MAX_MESSAGE && read_be16(s.p + 4) <= API_MAX &&
	       read_be16(s.p + 6) <= 20 &&
	       (read_be16(s.p + 12) == 0xffff ||
		(read_be16(s.p + 12) <= size - 10 && read_be16(s.p + 12) <= 256));
}

size_t
kafka_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn, void *arg)
{
	struct kafka *p = parser;
	struct db_out o = { p, (uint8_t)dir, fn, arg };

	return db_steps_push(&p->side[dir].steps, data, len, step, db_tell_passed, begins, &o);
}

void
kafka_gap(void *parser, unsigned dir, uint64_t len)
{
	struct kafka *p = parser;
	struct kafka_side *side = &p->side[dir];

	if (side->steps.mode == STEPS_PASS && len <= side->steps.pass) {
		side->steps.pass -= len;
		return;
	}
	side->steps.left += side->behind_batch + side->behind_records;
	side->behind_batch = side->behind_records = 0;
	steps_gap(&side->steps, len, DB_PASSED_UNREAD);
}
