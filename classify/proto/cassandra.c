#include "classify/proto/cassandra.h"

#include "classify/proto/probe.h"
#include "classify/proto/sql_class.h"
#include "dataplane/port/cursor.h"

enum { CLIENT, SERVER };

enum opcode {
	ERROR,
	STARTUP,
	READY,
	AUTHENTICATE,
	OPTIONS = 5,
	SUPPORTED,
	QUERY,
	RESULT,
	PREPARE,
	EXECUTE,
	REGISTER,
	EVENT,
	BATCH,
	AUTH_CHALLENGE,
	AUTH_RESPONSE,
	AUTH_SUCCESS,
};

enum {
	HEADER_BYTES = 9,
	FLAG_COMPRESSED = 1,
	QUERY_VALUES = 0x01,
	QUERY_NAMES = 0x40,
	RESULT_ROWS = 2,
	RESULT_KEYSPACE = 3,
	RESULT_PREPARED = 4,
	VERSION_SEGMENTS = 5,
	OF_ITS_OWN = 0xffff, /* stream */
};

#define MAX_BODY (UINT32_C(256) << 20)

enum state {
	BEGIN = STEPS_BEGIN,
	HEADER,
	QUERY_LEN,
	QUERY_TEXT,
	EXECUTE_LEN,
	EXECUTE_ID,
	METADATA_LEN,
	METADATA_ID,
	PARAMETERS, /* consistency and flags */
	VALUES,
	VALUE_NAME_LEN,
	VALUE_NAME,
	VALUE_LEN,
	VALUE,
	BATCH_HEAD,
	BATCH_KIND,
	TOKEN_LEN,
	TOKEN,
	ERROR_CODE,
	RESULT_KIND,
	KEYSPACE_LEN,
	KEYSPACE,
	PREPARED_LEN,
	PREPARED_ID,
	RAW,
	CODED_HEAD,
	CODED,
	OVER,
};

enum what {
	IGNORED = DB_PASSED_IGNORED,
	DATA = DB_PASSED_VALUE,
	UNREAD = DB_PASSED_UNREAD,
	LZ4_BYTES = DB_PASSED_CODED + DB_CODING_LZ4,
	SNAPPY_BYTES = DB_PASSED_CODED + DB_CODING_SNAPPY,
	STATEMENT = NR_DB_PASSED,
	PREPARED,
};

void
cassandra_init(void *parser, const bool midstream[2])
{
	struct cassandra *p = parser;

	for (unsigned dir = 0; dir < 2; dir++)
		p->side[dir].steps.lost = midstream[dir];
}

static void
finish(struct cassandra_side *side)
{
	steps_pass(&side->steps, OVER, side->steps.left, IGNORED);
}

static uint64_t
id_of(const struct cassandra_side *side)
{
	return side->stream + UINT64_C(1);
}

static void
request(struct cassandra_side *side, const struct db_out *o, enum db_class class)
{
	side->told = true;
	db_tell(o, (struct db_event) { .kind = DB_REQUEST, .class = class, .id = id_of(side) });
}

/* A short length, then its bytes. */
static uint16_t
short_len(const struct steps *s)
{
	return s->have == 2 ? read_be16(s->buf) : 0;
}

static uint16_t
kept(uint32_t len)
{
	return (uint16_t)(len < STEPS_BYTES ? len : STEPS_BYTES);
}

/* -1, and -2 for what is not set, are no bytes at all. */
static uint32_t
long_len(const struct steps *s)
{
	return s->have != 4 || (read_be32(s->buf) & 0x80000000u) != 0 ? 0 : read_be32(s->buf);
}

/* ------------------------------------------------------------------ the client */

static void
client_body(struct cassandra_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	side->told = side->batch = false;
	switch (side->opcode) {
	case QUERY:
	case PREPARE:
		steps_take(s, QUERY_LEN, 4);
		break;
	case EXECUTE:
		steps_take(s, EXECUTE_LEN, 2);
		break;
	case BATCH:
		side->batch = true;
		steps_take(s, BATCH_HEAD, 3);
		break;
	case STARTUP:
		request(side, o, DB_AUTH);
		finish(side);
		break;
	case AUTH_RESPONSE:
		request(side, o, DB_AUTH);
		steps_take(s, TOKEN_LEN, 4);
		break;
	default:
		request(side, o, DB_OTHER);
		finish(side);
		break;
	}
}

static void
end_query(struct cassandra_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;
	bool prepare = side->opcode == PREPARE;

	db_tell(o, (struct db_event) { .kind = DB_STATEMENT_END,
				       .id = id_of(side),
				       .prepared = prepare,
				       .name = id_of(side) });
	if (prepare)
		finish(side);
	else if (side->batch)
		steps_take(s, VALUES, 2);
	else
		steps_take(s, PARAMETERS, side->version >= VERSION_SEGMENTS ? 6 : 3);
}

static void
next_value(struct cassandra_side *side)
{
	struct steps *s = &side->steps;

	if (side->values == 0 || s->left == 0) {
		if (side->batch && side->statements != 0 && s->left != 0)
			steps_take(s, BATCH_KIND, 1);
		else
			finish(side);
		return;
	}
	side->values--;
	if (!side->batch && (side->query_flags & QUERY_NAMES) != 0)
		steps_take(s, VALUE_NAME_LEN, 2);
	else
		steps_take(s, VALUE_LEN, 4);
}

/* Names among them are words about the values. */
static void
value(struct cassandra_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	switch (s->state) {
	case PARAMETERS:
		side->query_flags = s->have == 0 ? 0 : s->buf[s->have - 1];
		if ((side->query_flags & QUERY_VALUES) != 0)
			steps_take(s, VALUES, 2);
		else
			finish(side);
		break;
	case VALUES:
		side->values = short_len(s);
		next_value(side);
		break;
	case VALUE_NAME_LEN:
		steps_pass(s, VALUE_NAME, short_len(s), DATA);
		break;
	case VALUE_NAME:
		db_tell_kind(o, DB_VALUE_END);
		steps_take(s, VALUE_LEN, 4);
		break;
	case VALUE_LEN:
		steps_pass(s, VALUE, long_len(s), DATA);
		break;
	default:
		db_tell_kind(o, DB_VALUE_END);
		next_value(side);
		break;
	}
}

static void
execute(struct cassandra_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	switch (s->state) {
	case EXECUTE_LEN:
		steps_take(s, EXECUTE_ID, kept(short_len(s)));
		break;
	case EXECUTE_ID:
		db_tell(o, (struct db_event) { .kind = DB_RUN,
					       .id = id_of(side),
					       .name = db_hash(steps_taken(s)) });
		side->told = true;
		if (side->batch)
			steps_take(s, VALUES, 2);
		else if (side->version >= VERSION_SEGMENTS)
			steps_take(s, METADATA_LEN, 2);
		else
			steps_take(s, PARAMETERS, 3);
		break;
	case METADATA_LEN:
		steps_pass(s, METADATA_ID, short_len(s), IGNORED);
		break;
	default:
		steps_take(s, PARAMETERS, 6);
		break;
	}
}

/* kind 1 | number 2, then for each: 0 and a text or 1 and an id, then values */
static void
batch(struct cassandra_side *side)
{
	struct steps *s = &side->steps;

	if (s->state == BATCH_HEAD) {
		side->statements = s->have == 3 ? read_be16(s->buf + 1) : 0;
		if (side->statements == 0)
			finish(side);
		else
			steps_take(s, BATCH_KIND, 1);
		return;
	}
	side->statements--;
	if (s->have == 1 && s->buf[0] == 0)
		steps_take(s, QUERY_LEN, 4);
	else
		steps_take(s, EXECUTE_LEN, 2);
}

static void
token(struct cassandra_side *side, const struct db_out *o)
{
	db_tell_sasl_user(o, steps_taken(&side->steps));
	finish(side);
}

/* ------------------------------------------------------------------ the server */

static void
answer(struct cassandra_side *side, const struct db_out *o, struct span code)
{
	side->told = true;
	db_tell(o,
		(struct db_event) {
		    .kind = DB_ANSWER, .id = id_of(side), .failed = code.len != 0, .bytes = code });
}

static void
server_body(struct cassandra *p, struct cassandra_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	side->told = false;
	/* Events of the server's own come on stream -1. */
	if (side->stream == OF_ITS_OWN) {
		side->told = true;
		finish(side);
		return;
	}
	db_tell(o, (struct db_event) { .kind = DB_ANSWER_BEGINS, .id = id_of(side) });
	switch (side->opcode) {
	case ERROR:
		steps_take(s, ERROR_CODE, 4);
		break;
	case RESULT:
		steps_take(s, RESULT_KIND, 4);
		break;
	default:
		p->segments =
		    p->segments || (side->version >= VERSION_SEGMENTS &&
				    (side->opcode == READY || side->opcode == AUTHENTICATE));
		finish(side);
		break;
	}
}

static void
error(struct cassandra_side *side, const struct db_out *o)
{
	static const char digits[] = "0123456789abcdef";
	struct steps *s = &side->steps;
	char text[6] = "0x";

	for (unsigned i = 0; i < 4; i++)
		text[2 + i] =
		    digits[s->have == 4 ? s->buf[2 + i / 2] >> (i % 2 == 0 ? 4 : 0) & 15 : 0];
	answer(side, o, span_of(text, sizeof(text)));
	finish(side);
}

static void
result(struct cassandra_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	switch (s->state) {
	case RESULT_KIND:
		switch (s->have == 4 ? s->buf[3] : 0) {
		case RESULT_ROWS:
			steps_pass(s, RAW, s->left, DATA);
			break;
		case RESULT_KEYSPACE:
			steps_take(s, KEYSPACE_LEN, 2);
			break;
		case RESULT_PREPARED:
			steps_take(s, PREPARED_LEN, 2);
			break;
		default:
			finish(side);
			break;
		}
		break;
	case KEYSPACE_LEN:
		steps_take(s, KEYSPACE, kept(short_len(s)));
		break;
	case KEYSPACE:
		db_tell_bytes(o, DB_DATABASE, steps_taken(s));
		finish(side);
		break;
	case PREPARED_LEN:
		steps_take(s, PREPARED_ID, kept(short_len(s)));
		break;
	default:
		/* Until now it was known by the stream that asked. */
		db_tell(o, (struct db_event) { .kind = DB_PREPARED_AS,
					       .id = id_of(side),
					       .name = db_hash(steps_taken(s)) });
		finish(side);
		break;
	}
}

/* ------------------------------------------------------------------ compressed bodies */

static void
coded_body(struct cassandra_side *side, const struct db_out *o)
{
	side->told = o->dir == CLIENT || side->stream == OF_ITS_OWN;
	if (o->dir == CLIENT)
		request(side, o, DB_OTHER);
	else if (!side->told)
		db_tell(o, (struct db_event) { .kind = DB_ANSWER_BEGINS, .id = id_of(side) });
	steps_take(&side->steps, CODED_HEAD, 4);
}

static void
coded(struct cassandra_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;
	struct span head = steps_taken(s);

	if (s->state == CODED) {
		if (s->what == LZ4_BYTES)
			cassandra_lz4_end(o);
		else if (s->what == SNAPPY_BYTES)
			db_tell_kind(o, DB_CODED_END);
		finish(side);
		return;
	}
	if (head.len == 4 && head.p[0] == 0) {
		bool fits = s->left <= UINT32_MAX &&
			    cassandra_lz4_begin(o, (uint32_t)s->left, read_be32(head.p));

		steps_pass(s, CODED, s->left, fits ? LZ4_BYTES : UNREAD);
		return;
	}
	db_tell(o, (struct db_event) { .kind = DB_CODED, .name = DB_CODING_SNAPPY, .bytes = head });
	steps_pass(s, CODED, s->left, SNAPPY_BYTES);
}

/* ------------------------------------------------------------------ both */

static void
header(struct cassandra *p, struct cassandra_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;
	uint32_t len = read_be32(s->buf + 5);

	side->version = s->buf[0] & 0x7f;
	side->flags = s->buf[1];
	side->stream = read_be16(s->buf + 2);
	side->opcode = s->buf[4];
	s->lost = len > MAX_BODY || side->opcode > AUTH_SUCCESS || side->version < 3 ||
		  side->version > 6 || (s->buf[0] >> 7) != o->dir;
	if (s->lost)
		return;
	steps_message(s, len);
	if ((side->flags & FLAG_COMPRESSED) != 0 && len != 0) {
		coded_body(side, o);
	} else if (o->dir == CLIENT) {
		client_body(side, o);
	} else {
		server_body(p, side, o);
	}
}

static void
over(struct cassandra_side *side, const struct db_out *o)
{
	db_tell_kind(o, DB_MESSAGE_END);
	if (o->dir == SERVER && !side->told)
		answer(side, o, span_of(NULL, 0));
	steps_next(&side->steps);
}

static void
step(void *arg, struct steps *s)
{
	const struct db_out *o = arg;
	struct cassandra *p = o->parser;
	struct cassandra_side *side = &p->side[o->dir];

	if (s->state == BEGIN) {
		s->left = STEPS_NO_END;
		s->stop = p->segments && !cassandra_segment_on(&side->segment);
		if (!s->stop)
			steps_take(s, HEADER, HEADER_BYTES);
	} else if (s->state == HEADER) {
		header(p, side, o);
	} else if (s->state == QUERY_LEN) {
		steps_pass(s, QUERY_TEXT, long_len(s),
			   side->opcode == PREPARE ? PREPARED : STATEMENT);
	} else if (s->state == QUERY_TEXT) {
		end_query(side, o);
	} else if (s->state >= EXECUTE_LEN && s->state <= METADATA_ID) {
		execute(side, o);
	} else if (s->state >= PARAMETERS && s->state <= VALUE) {
		value(side, o);
	} else if (s->state == BATCH_HEAD || s->state == BATCH_KIND) {
		batch(side);
	} else if (s->state == TOKEN_LEN) {
		steps_take(s, TOKEN, kept(long_len(s)));
	} else if (s->state == TOKEN) {
		token(side, o);
	} else if (s->state == ERROR_CODE) {
		error(side, o);
	} else if (s->state >= RESULT_KIND && s->state <= PREPARED_ID) {
		result(side, o);
	} else if (s->state == RAW) {
		db_tell_kind(o, DB_VALUE_END);
		finish(side);
	} else if (s->state == CODED_HEAD || s->state == CODED) {
		coded(side, o);
	} else {
		over(side, o);
	}
}

static void
bytes(void *arg, struct steps *s, const uint8_t *data, size_t len)
{
	const struct db_out *o = arg;
	struct cassandra *p = o->parser;

	if (s->what == STATEMENT || s->what == PREPARED)
		db_tell(o, (struct db_event) { .kind = DB_STATEMENT,
					       .bytes = span_of(data, len),
					       .torn = s->torn,
					       .id = id_of(&p->side[o->dir]),
					       .prepared = s->what == PREPARED });
	else
		db_tell_passed(arg, s, data, len);
}

static bool
is_frame(unsigned dir, struct span s)
{
	return s.len >= HEADER_BYTES && (s.p[0] & 0x7f) >= 3 && (s.p[0] & 0x7f) <= 5 &&
	       s.p[0] >> 7 == dir && s.p[1] < 0x20 && s.p[4] <= AUTH_SUCCESS &&
	       read_be32(s.p + 5) <= MAX_BODY;
}

static bool
begins(unsigned dir, struct span s)
{
	return is_frame(dir, s) && read_be32(s.p + 5) + HEADER_BYTES <= s.len;
}

static size_t
push_frames(struct cassandra_side *side, const uint8_t *data, size_t len, struct db_out *o)
{
	size_t n = db_steps_push(&side->steps, data, len, step, bytes, begins, o);

	if (side->steps.stop) {
		side->steps.stop = false;
		cassandra_segment_begin(&side->segment);
	}
	return n;
}

static size_t
push_segments(struct cassandra_side *side, const uint8_t *data, size_t len, struct db_out *o)
{
	bool fresh;

	if (cassandra_segment_next(&side->segment, data, &len, &fresh, o) == SEGMENT_TAKEN)
		return len;
	if (fresh && side->steps.lost) {
		db_tell_kind(o, DB_MESSAGE_END);
		side->steps = (struct steps) { .lost = false };
	}
	db_steps_push(&side->steps, data, len, step, bytes, begins, o);
	return len;
}

size_t
cassandra_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
	       void *arg)
{
	struct cassandra *p = parser;
	struct cassandra_side *side = &p->side[dir];
	struct db_out o = { p, (uint8_t)dir, fn, arg };

	for (size_t at = 0; at < len;) {
		if (cassandra_segment_on(&side->segment))
			at += push_segments(side, data + at, len - at, &o);
		else
			at += push_frames(side, data + at, len - at, &o);
	}
	return len;
}

void
cassandra_gap(void *parser, unsigned dir, uint64_t len)
{
	struct cassandra *p = parser;
	struct cassandra_side *side = &p->side[dir];
	enum cassandra_segment_gap where = SEGMENT_GAP_FRAMES;

	if (cassandra_segment_on(&side->segment))
		where = cassandra_segment_gap(&side->segment, len);
	if (where == SEGMENT_GAP_FRAMES) {
		steps_gap(&side->steps, len, DB_PASSED_UNREAD);
	} else if (where == SEGMENT_GAP_LOST) {
		/* Broken frames were those of one segment: the next one found begins anew. */
		side->steps.lost = true;
		side->steps.broken = false;
	}
}

/* For a connection whose beginning was missed: a query, or what runs one that was prepared. */
static bool
asks(struct span s)
{
	uint32_t len, text;

	if (!is_frame(CLIENT, s) || s.len < HEADER_BYTES + 6)
		return false;
	len = read_be32(s.p + 5);
	text = read_be32(s.p + HEADER_BYTES);
	if (s.p[4] == EXECUTE)
		return read_be16(s.p + HEADER_BYTES) == 16 && len == s.len - HEADER_BYTES &&
		       len > 20;
	return (s.p[4] == QUERY || s.p[4] == PREPARE) && text < len &&
	       sql_begins(span_of(s.p + HEADER_BYTES + 4, s.len - HEADER_BYTES - 4));
}

/* A client begins with OPTIONS, which is empty, or STARTUP, a map that names CQL_VERSION. */
enum probe_answer
cassandra_probe(const struct detect_input *in)
{
	static const uint8_t key[] = "\0\013CQL_VERSION";
	struct span s = in->orig;
	size_t n;

	if (in->orig_midstream)
		return asks(s) ? PROBE_YES : PROBE_NO;
	if (s.len == 0 || s.p[0] < 3 || s.p[0] > 5 || (s.len > 1 && s.p[1] > 0x1f))
		return PROBE_NO;
	if (s.len < HEADER_BYTES)
		return PROBE_MAYBE;
	if (!is_frame(CLIENT, s))
		return PROBE_NO;
	/* No message of MongoDB's, whose length would be below its least. */
	if (s.p[4] == OPTIONS)
		return read_be32(s.p + 5) == 0 && s.p[1] == 0 && s.p[2] == 0 ? PROBE_YES : PROBE_NO;
	if (s.p[4] != STARTUP || read_be32(s.p + 5) > 1024)
		return PROBE_NO;
	n = read_be32(s.p + 5) + HEADER_BYTES < DETECT_BYTES ? read_be32(s.p + 5) + HEADER_BYTES
							     : DETECT_BYTES;
	if (s.len < n)
		return PROBE_MAYBE;
	for (size_t i = HEADER_BYTES; i + sizeof(key) - 1 <= n; i++) {
		if (memcmp(s.p + i, key, sizeof(key) - 1) == 0)
			return PROBE_YES;
	}
	return PROBE_NO;
}
