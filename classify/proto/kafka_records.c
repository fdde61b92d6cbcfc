#include "classify/proto/kafka_records.h"

#include "dataplane/port/cursor.h"

enum {
	BATCH_HEAD_BYTES = 17,
	BATCH_REST_BYTES = 44,
	CODING_GZIP = 1,
	CODING_SNAPPY = 2,
	CODING_LZ4 = 3,
	CODING_ZSTD = 4,
};

enum state {
	BATCH = KAFKA_RECORDS,
	BATCH_HEAD,
	BATCH_REST,
	CODED,
	RECORD,
	RECORD_LEN,
	RECORD_ATTRIBUTES,
	RECORD_TIME,
	RECORD_OFFSET,
	KEY_LEN,
	KEY,
	VALUE_LEN,
	VALUE,
	HEADERS,
	HEADER_KEY_LEN,
	HEADER_KEY,
	HEADER_VALUE_LEN,
	HEADER_VALUE,
	/* the form before batches */
	OLD_ATTRIBUTES,
	OLD_KEY_LEN,
	OLD_KEY,
	OLD_VALUE_LEN,
	OLD_VALUE,
};

enum what {
	IGNORED = DB_PASSED_IGNORED,
	DATA = DB_PASSED_VALUE,
	UNREAD = DB_PASSED_UNREAD,
};

static int64_t
zigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static void
next_batch(struct kafka_side *side)
{
	struct steps *s = &side->steps;

	s->left += side->behind_batch;
	side->behind_batch = 0;
	if (s->left != 0) {
		steps_take(s, BATCH_HEAD, BATCH_HEAD_BYTES);
		return;
	}
	s->left = side->behind_records;
	side->behind_records = 0;
	steps_take(s, side->records_then, 0);
}

void
kafka_records_begin(struct kafka_side *side, uint64_t n, uint8_t then)
{
	struct steps *s = &side->steps;

	n = n < s->left ? n : s->left;
	side->records_then = then;
	side->behind_records = s->left - n;
	s->left = n;
	next_batch(side);
}

/* offset 8 | length 4 | epoch or checksum 4 | format 1 */
static void
batch_head(struct kafka_side *side)
{
	struct steps *s = &side->steps;
	uint32_t len;

	if (s->short_of) {
		/* A batch that the answer had no room for. */
		next_batch(side);
		return;
	}
	len = read_be32(s->buf + 8);
	len = len < 5 ? 0 : len - 5;
	len = len < s->left ? len : (uint32_t)s->left;
	side->behind_batch = s->left - len;
	s->left = len;
	side->old = s->buf[16] < 2;
	if (!side->old)
		steps_take(s, BATCH_REST, BATCH_REST_BYTES);
	else
		steps_take(s, OLD_ATTRIBUTES, s->buf[16] == 1 ? 9 : 1);
}

static void
coded(struct kafka_side *side, uint8_t then, uint64_t len)
{
	static const uint8_t passed[] = {
		[CODING_GZIP] = DB_PASSED_CODED + DB_CODING_GZIP,
		[CODING_SNAPPY] = DB_PASSED_CODED + DB_CODING_SNAPPY,
		[CODING_LZ4] = DB_PASSED_CODED + DB_CODING_LZ4,
		[CODING_ZSTD] = DB_PASSED_CODED + DB_CODING_ZSTD,
	};

	steps_pass(&side->steps, then, len,
		   side->coding <= CODING_ZSTD ? passed[side->coding] : UNREAD);
}

/* checksum 4 | attributes 2 | ... | number of records 4 */
static void
batch_rest(struct kafka_side *side)
{
	struct steps *s = &side->steps;

	if (s->have < BATCH_REST_BYTES) {
		next_batch(side);
		return;
	}
	side->records += read_be32(s->buf + 40);
	side->coding = s->buf[5] & 7;
	if (side->coding != 0)
		coded(side, CODED, s->left);
	else
		steps_take(s, RECORD, 0);
}

static void
end_record(struct kafka_side *side, const struct db_out *o)
{
	db_tell_kind(o, DB_MESSAGE_END);
	steps_take(&side->steps, RECORD, 0);
}

static void
pass_counted(struct kafka_side *side, uint8_t then, uint8_t what)
{
	int64_t n = zigzag(side->number);

	steps_pass(&side->steps, then, n < 0 ? 0 : (uint64_t)n, what);
}

static void
record(struct kafka_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	switch (s->state) {
	case RECORD:
		if (s->left == 0)
			next_batch(side);
		else
			kafka_varint(side, RECORD_LEN);
		break;
	case RECORD_LEN:
		steps_take(s, RECORD_ATTRIBUTES, 1);
		break;
	case RECORD_ATTRIBUTES:
		kafka_varint(side, RECORD_TIME);
		break;
	case RECORD_TIME:
		kafka_varint(side, RECORD_OFFSET);
		break;
	case RECORD_OFFSET:
		kafka_varint(side, KEY_LEN);
		break;
	case KEY_LEN:
		pass_counted(side, KEY, DATA);
		break;
	case KEY:
		db_tell_kind(o, DB_VALUE_END);
		kafka_varint(side, VALUE_LEN);
		break;
	case VALUE_LEN:
		pass_counted(side, VALUE, DATA);
		break;
	case VALUE:
		db_tell_kind(o, DB_VALUE_END);
		kafka_varint(side, HEADERS);
		break;
	case HEADERS:
		side->headers = zigzag(side->number) < 0 ? 0 : (uint64_t)zigzag(side->number);
		if (side->headers == 0)
			end_record(side, o);
		else
			kafka_varint(side, HEADER_KEY_LEN);
		break;
	case HEADER_KEY_LEN:
		pass_counted(side, HEADER_KEY, DATA);
		break;
	case HEADER_KEY:
		db_tell_kind(o, DB_VALUE_END);
		kafka_varint(side, HEADER_VALUE_LEN);
		break;
	case HEADER_VALUE_LEN:
		pass_counted(side, HEADER_VALUE, DATA);
		break;
	default:
		db_tell_kind(o, DB_VALUE_END);
		if (--side->headers == 0 || s->left == 0)
			end_record(side, o);
		else
			kafka_varint(side, HEADER_KEY_LEN);
		break;
	}
}

static void
old_record(struct kafka_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;
	uint64_t n;

	switch (s->state) {
	case OLD_ATTRIBUTES:
		side->records++;
		side->coding = s->have == 0 ? 0 : s->buf[0] & 7;
		steps_take(s, OLD_KEY_LEN, 4);
		break;
	case OLD_KEY_LEN:
	case OLD_VALUE_LEN:
		n = s->have != 4 || read_be32(s->buf) == UINT32_MAX ? 0 : read_be32(s->buf);
		if (s->state == OLD_KEY_LEN)
			steps_pass(s, OLD_KEY, n, DATA);
		else if (side->coding != 0)
			coded(side, CODED, n);
		else
			steps_pass(s, OLD_VALUE, n, DATA);
		break;
	case OLD_KEY:
		db_tell_kind(o, DB_VALUE_END);
		steps_take(s, OLD_VALUE_LEN, 4);
		break;
	default:
		db_tell_kind(o, DB_VALUE_END);
		db_tell_kind(o, DB_MESSAGE_END);
		steps_pass(s, BATCH, s->left, IGNORED);
		break;
	}
}

/* A batch, or a record of the old form, whose values were compressed is over. */
static void
end_coded(struct kafka_side *side, const struct db_out *o)
{
	db_tell_kind(o, DB_CODED_END);
	db_tell_kind(o, DB_MESSAGE_END);
	steps_pass(&side->steps, BATCH, side->steps.left, IGNORED);
}

void
kafka_records_step(struct kafka_side *side, const struct db_out *o)
{
	uint8_t state = side->steps.state;

	if (state == BATCH)
		next_batch(side);
	else if (state == BATCH_HEAD)
		batch_head(side);
	else if (state == BATCH_REST)
		batch_rest(side);
	else if (state == CODED)
		end_coded(side, o);
	else if (state <= HEADER_VALUE)
		record(side, o);
	else
		old_record(side, o);
}

/* ------------------------------------------------------------------ what was compressed */

/* Who listens to what is unpacked. */
struct listener {
	db_event_fn *fn;
	void *arg;
};

/* Of records in records nothing is told but their values: what they are coded in was told. */
static void
pass_on(void *arg, const struct db_event *e)
{
	const struct listener *l = arg;

	if (e->kind == DB_VALUE || e->kind == DB_VALUE_END || e->kind == DB_MESSAGE_END)
		l->fn(l->arg, e);
}

static void
unpacked_step(void *arg, struct steps *s)
{
	const struct db_out *o = arg;
	struct kafka *p = o->parser;
	struct kafka_side *side = &p->unpacked[o->dir];

	if (s->state == STEPS_BEGIN) {
		s->left = STEPS_NO_END;
		if (p->side[o->dir].old)
			steps_take(s, BATCH_HEAD, BATCH_HEAD_BYTES);
		else
			steps_take(s, RECORD, 0);
	} else if (s->state != KAFKA_VARINT || kafka_varint_over(side)) {
		kafka_records_step(side, o);
	}
}

void
kafka_unpacked(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
	       void *arg)
{
	struct kafka *p = parser;
	struct listener l = { fn, arg };
	struct db_out o = { p, (uint8_t)dir, pass_on, &l };

	if (len == 0)
		p->unpacked[dir] = (struct kafka_side) { .number = 0 };
	else
		steps_push(&p->unpacked[dir].steps, data, len, unpacked_step, db_tell_passed, &o);
}
