#include "classify/proto/mongodb.h"

#include "classify/proto/mongodb_document.h"
#include "classify/proto/probe.h"
#include "dataplane/port/cursor.h"

enum { CLIENT, SERVER };

enum {
	HEADER_BYTES = 16,
	OP_REPLY = 1,
	OP_UPDATE = 2001,
	OP_INSERT = 2002,
	OP_QUERY = 2004,
	OP_GET_MORE = 2005,
	OP_DELETE = 2006,
	OP_KILL_CURSORS = 2007,
	OP_COMPRESSED = 2012,
	OP_MSG = 2013,
	MSG_CHECKSUM = 1,
	MSG_MORE = 2,
	CODING_SNAPPY = 1,
	CODING_ZLIB = 2,
	CODING_ZSTD = 3,
};

#define MAX_MESSAGE UINT32_C(48000000)

enum state {
	BEGIN = STEPS_BEGIN,
	HEADER,
	FLAGS,
	SECTION,
	SECTION_LEN,
	SECTION_NAME,
	COMPRESSED,
	CODED,
	REPLY,
	COLLECTION,
	BEFORE_DOCUMENT,
	OVER,
};

_Static_assert(OVER < MONGODB_DOCUMENT, "states of messages and of documents");

enum what {
	IGNORED = DB_PASSED_IGNORED,
	UNREAD = DB_PASSED_UNREAD,
};

void
mongodb_init(void *parser, const bool midstream[2])
{
	struct mongodb *p = parser;

	for (unsigned dir = 0; dir < 2; dir++)
		p->side[dir].steps.lost = midstream[dir];
}

/* ------------------------------------------------------------------ messages */

static void
finish(struct mongodb_side *side)
{
	side->steps.left += side->behind;
	side->behind = 0;
	steps_pass(&side->steps, OVER, side->steps.left, IGNORED);
}

void
mongodb_request(struct mongodb_side *side, const struct db_out *o, enum db_class class)
{
	bool unasked = side->opcode == OP_INSERT || side->opcode == OP_UPDATE ||
		       side->opcode == OP_DELETE || side->opcode == OP_KILL_CURSORS ||
		       (side->opcode == OP_MSG && (side->flags & MSG_MORE) != 0);

	side->told = true;
	db_tell(o, (struct db_event) { .kind = DB_REQUEST,
				       .class = class,
				       .id = side->id + UINT64_C(1),
				       .unasked = unasked });
}

/* What stands behind the header, by its opcode. */
static void
body(struct mongodb_side *side)
{
	struct steps *s = &side->steps;

	switch (side->opcode) {
	case OP_MSG:
	case OP_QUERY:
	case OP_INSERT:
	case OP_UPDATE:
	case OP_DELETE:
	case OP_GET_MORE:
		steps_take(s, FLAGS, 4);
		break;
	case OP_REPLY:
		steps_take(s, REPLY, 20);
		break;
	case OP_COMPRESSED:
		steps_take(s, COMPRESSED, 9);
		break;
	default:
		finish(side);
		break;
	}
}

static void
header(struct mongodb_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;
	uint32_t len = read_le32(s->buf);

	if (len < HEADER_BYTES || len > MAX_MESSAGE) {
		s->lost = true;
		return;
	}
	steps_message(s, len - HEADER_BYTES);
	*side = (struct mongodb_side) { .steps = *s };
	s->lost = false;
	side->id = read_le32(s->buf + 4);
	side->answers = read_le32(s->buf + 8);
	side->opcode = read_le32(s->buf + 12);
	side->first = true;
	if (o->dir == SERVER)
		db_tell(o, (struct db_event) { .kind = DB_ANSWER_BEGINS,
					       .id = side->answers + UINT64_C(1) });
	body(side);
}

static void
flags(struct mongodb_side *side)
{
	struct steps *s = &side->steps;

	side->flags = s->have == 4 ? read_le32(s->buf) : 0;
	if (side->opcode == OP_MSG)
		steps_take(s, SECTION, 1);
	else
		steps_until(s, COLLECTION, 0);
}

/* opcode 4 | length 4 | how 1: 0 not at all, 1 snappy, 2 zlib, 3 zstd */
static void
compressed(struct mongodb *p, const struct db_out *o)
{
	static const uint8_t passed[] = {
		[0] = UNREAD,
		[CODING_SNAPPY] = DB_PASSED_CODED + DB_CODING_SNAPPY,
		[CODING_ZLIB] = DB_PASSED_CODED + DB_CODING_ZLIB,
		[CODING_ZSTD] = DB_PASSED_CODED + DB_CODING_ZSTD,
	};
	struct mongodb_side *side = &p->side[o->dir], *inside = &p->unpacked[o->dir];
	struct steps *s = &side->steps;
	uint8_t coding = s->have == 9 ? s->buf[8] : 0;
	uint32_t opcode = s->have == 9 ? read_le32(s->buf) : OP_COMPRESSED;

	/* None is compressed twice. */
	if (opcode == OP_COMPRESSED)
		coding = 0;
	if (coding == 0 && opcode != OP_COMPRESSED) {
		side->opcode = opcode;
		body(side);
		return;
	}
	*inside = (struct mongodb_side) {
		.id = side->id, .answers = side->answers, .opcode = opcode, .first = true
	};
	steps_message(&inside->steps, s->have == 9 ? read_le32(s->buf + 4) : 0);
	steps_pass(s, CODED, s->left, coding <= CODING_ZSTD ? passed[coding] : UNREAD);
}

/* database.collection of the older opcodes; database.$cmd holds a command. */
static void
collection(struct mongodb_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;
	struct span name = steps_taken(s), rest;
	const uint8_t *dot = memchr(name.p, '.', name.len);
	bool command;

	rest = dot == NULL ? name : span_of(dot + 1, (size_t)(name.p + name.len - dot) - 1);
	command = side->opcode == OP_QUERY && span_is(rest, "$cmd");
	if (dot != NULL)
		db_tell_bytes(o, DB_DATABASE, span_of(name.p, (size_t)(dot - name.p)));
	side->first = command;
	if (!command) {
		mongodb_request(side, o,
				side->opcode == OP_QUERY || side->opcode == OP_GET_MORE ? DB_READ
											: DB_WRITE);
		db_tell_bytes(o, DB_TARGET, rest);
	}
	if (side->opcode == OP_QUERY)
		steps_take(s, BEFORE_DOCUMENT, 8);
	else if (side->opcode == OP_INSERT)
		steps_take(s, BEFORE_DOCUMENT, 0);
	else if (side->opcode == OP_GET_MORE)
		finish(side);
	else
		steps_take(s, BEFORE_DOCUMENT, 4);
}

/* Behind a document: another, another section, a checksum, the end. */
static void
next_document(struct mongodb_side *side)
{
	struct steps *s = &side->steps;
	bool sum = side->opcode == OP_MSG && (side->flags & MSG_CHECKSUM) != 0;

	side->depth = 0;
	side->first = side->first && side->several;
	if (side->several && s->left == 0) {
		s->left = side->behind;
		side->behind = 0;
		side->several = false;
	}
	if (s->left < 5 || (sum && !side->several && s->left == 4))
		finish(side);
	else if (side->opcode == OP_MSG && !side->several)
		steps_take(s, SECTION, 1);
	else
		steps_take(s, MONGODB_DOCUMENT, 4);
}

static void
section(struct mongodb_side *side)
{
	struct steps *s = &side->steps;
	uint32_t len;

	switch (s->state) {
	case SECTION:
		if (s->have == 1 && s->buf[0] == 0)
			steps_take(s, MONGODB_DOCUMENT, 4);
		else if (s->have == 1 && s->buf[0] == 1)
			steps_take(s, SECTION_LEN, 4);
		else
			finish(side);
		break;
	case SECTION_LEN:
		len = s->have == 4 ? read_le32(s->buf) : 0;
		len = len < 4 ? 0 : len - 4;
		len = len < s->left ? len : (uint32_t)s->left;
		side->behind = s->left - len;
		side->several = true;
		s->left = len;
		steps_until(s, SECTION_NAME, 0);
		break;
	default:
		steps_take(s, MONGODB_DOCUMENT, 4);
		break;
	}
}

/* ------------------------------------------------------------------ both */

static void
end_message(struct mongodb_side *side, const struct db_out *o)
{
	char text[DB_DECIMAL_BYTES];

	db_tell_kind(o, DB_MESSAGE_END);
	if (o->dir == SERVER)
		db_tell(o, (struct db_event) { .kind = DB_ANSWER,
					       .id = side->answers + UINT64_C(1),
					       .rows = side->rows,
					       .failed = side->failed,
					       .bytes = side->failed ? db_decimal(text, side->code)
								     : span_of(NULL, 0) });
	else if (!side->told)
		mongodb_request(side, o, DB_OTHER);
	steps_next(&side->steps);
}

static void
document(struct mongodb_side *side, const struct db_out *o)
{
	switch (mongodb_document_step(side, o)) {
	case MONGODB_GOES_ON:
		break;
	case MONGODB_ENDS:
		next_document(side);
		break;
	case MONGODB_UNREADABLE:
		finish(side);
		break;
	}
}

/* What stands behind the header, compressed or not. */
static void
body_step(struct mongodb_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	switch (s->state) {
	case FLAGS:
		flags(side);
		break;
	case SECTION:
	case SECTION_LEN:
	case SECTION_NAME:
		section(side);
		break;
	case COLLECTION:
		collection(side, o);
		break;
	case REPLY:
		side->rows = s->have == 20 ? read_le32(s->buf + 16) : 0;
		/* fallthrough */
	case BEFORE_DOCUMENT:
		steps_take(s, MONGODB_DOCUMENT, 4);
		break;
	default:
		document(side, o);
		break;
	}
}

/* What became of it says what it was. */
static void
end_coded(struct mongodb *p, const struct db_out *o)
{
	struct mongodb_side *side = &p->side[o->dir], *inside = &p->unpacked[o->dir];

	db_tell_kind(o, DB_CODED_END);
	side->told = inside->told;
	side->rows = inside->rows;
	side->failed = inside->failed;
	side->code = inside->code;
	finish(side);
}

static void
step(void *arg, struct steps *s)
{
	const struct db_out *o = arg;
	struct mongodb *p = o->parser;
	struct mongodb_side *side = &p->side[o->dir];

	switch (s->state) {
	case BEGIN:
		s->left = STEPS_NO_END;
		steps_take(s, HEADER, HEADER_BYTES);
		break;
	case HEADER:
		header(side, o);
		break;
	case COMPRESSED:
		compressed(p, o);
		break;
	case CODED:
		end_coded(p, o);
		break;
	case OVER:
		end_message(side, o);
		break;
	default:
		body_step(side, o);
		break;
	}
}

static void
unpacked_step(void *arg, struct steps *s)
{
	const struct db_out *o = arg;
	struct mongodb_side *side = &((struct mongodb *)o->parser)->unpacked[o->dir];

	if (s->state == BEGIN)
		body(side);
	else if (s->state == OVER)
		s->stop = true;
	else
		body_step(side, o);
}

void
mongodb_unpacked(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
		 void *arg)
{
	struct mongodb *p = parser;
	struct db_out o = { p, (uint8_t)dir, fn, arg };

	steps_push(&p->unpacked[dir].steps, data, len, unpacked_step, db_tell_passed, &o);
}

static bool
begins(unsigned dir, struct span s)
{
	uint32_t len, opcode;

	if (s.len < HEADER_BYTES + 5)
		return false;
	len = read_le32(s.p);
	opcode = read_le32(s.p + 12);
	if (len < HEADER_BYTES + 5 || len > MAX_MESSAGE)
		return false;
	if (dir == CLIENT)
		return read_le32(s.p + 8) == 0 && opcode >= OP_UPDATE && opcode <= OP_MSG;
	return read_le32(s.p + 8) != 0 &&
	       (opcode == OP_MSG || opcode == OP_REPLY || opcode == OP_COMPRESSED);
}

size_t
mongodb_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
	     void *arg)
{
	struct mongodb *p = parser;
	struct db_out o = { p, (uint8_t)dir, fn, arg };

	return db_steps_push(&p->side[dir].steps, data, len, step, db_tell_passed, begins, &o);
}

void
mongodb_gap(void *parser, unsigned dir, uint64_t len)
{
	struct mongodb_side *side = &((struct mongodb *)parser)->side[dir];
	struct steps *s = &side->steps;

	if (s->mode == STEPS_PASS && len <= s->pass) {
		s->pass -= len;
		return;
	}
	s->left += side->behind;
	side->behind = 0;
	steps_gap(s, len, DB_PASSED_UNREAD);
}

/*
 * MongoDB message header, little endian: length | request id | response to | opcode. A client's
 * responseTo is 0. OP_MSG (2013) goes on with flags, of which three are defined; OP_QUERY (2004)
 * with flags and the name of a collection; OP_INSERT with a flag and the name, OP_UPDATE,
 * OP_GET_MORE and OP_DELETE (2001, 2005, 2006) with a zero and the name. The name is text of more
 * than a letter.
 */
static enum probe_answer
names_collection(struct span s, uint32_t reserved)
{
	if (reserved != 0)
		return PROBE_NO;
	if (s.len < 24)
		return probe_printable(probe_from(s, 20)) ? PROBE_MAYBE : PROBE_NO;
	return probe_printable(span_of(s.p + 20, 4)) ? PROBE_YES : PROBE_NO;
}

static enum probe_answer
begins_request(struct span s)
{
	uint32_t len, opcode, flags;

	if (s.len == 0)
		return PROBE_NO;
	if (s.len < 20)
		return s.len > 3 && read_le32(s.p) > MAX_MESSAGE ? PROBE_NO : PROBE_MAYBE;
	len = read_le32(s.p);
	opcode = read_le32(s.p + 12);
	flags = read_le32(s.p + 16);
	if (len < 21 || len > MAX_MESSAGE || read_le32(s.p + 8) != 0)
		return PROBE_NO;
	switch (opcode) {
	case 2013:
		return (flags & ~0x00010003u) == 0 ? PROBE_YES : PROBE_NO;
	case 2004:
		return (flags & ~0x000000feu) == 0 ? PROBE_YES : PROBE_NO;
	case 2002:
		return names_collection(s, flags & ~1u);
	case 2001:
	case 2005:
	case 2006:
		return names_collection(s, flags);
	case 2012: /* OP_COMPRESSED: the opcode inside stands where the others have flags */
		return flags == 2013 || flags == 2004 ? PROBE_YES : PROBE_NO;
	default:
		return opcode == 2010 ? PROBE_YES : PROBE_NO;
	}
}

enum probe_answer
mongodb_probe(const struct detect_input *in)
{
	return begins_request(in->orig);
}
