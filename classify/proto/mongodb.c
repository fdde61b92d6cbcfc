#include "classify/proto/mongodb.h"

#include "classify/proto/db_words.h"
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
	DOCUMENT,
	FIELD,
	NAME,
	NUMBER,
	STRING_LEN,
	STRING,
	KEPT,
	KEPT_REST,
	BINARY_LEN,
	REGEX,
	REGEX_FLAGS,
	SCOPE,
	SKIPPED,
	OVER,
};

enum what { IGNORED = STEPS_IGNORED, DATA, CODED_BYTES, UNREAD };

/* Fields of the outermost document that mean something. */
enum field {
	OTHER_FIELD,
	COMMAND_FIELD,
	DATABASE_FIELD,
	COLLECTION_FIELD,
	SASL_FIELD,
	PASSWORD_FIELD,
	OK_FIELD,
	CODE_FIELD,
	COUNT_FIELD,
};

void
mongodb_init(void *parser, const bool midstream[2])
{
	struct mongodb *p = parser;

	for (unsigned dir = 0; dir < 2; dir++)
		p->side[dir].steps.lost = midstream[dir];
}

static enum db_class
class_of(struct span command)
{
	static const struct {
		const char *words;
		enum db_class class;
	} commands[] = {
		{ "find aggregate count distinct getmore listcollections listindexes listdatabases "
		  "explain mapreduce dbstats collstats",
		  DB_READ },
		{ "insert update delete findandmodify bulkwrite", DB_WRITE },
		{ "create drop dropdatabase createindexes dropindexes collmod renamecollection",
		  DB_SCHEMA },
		{ "saslstart saslcontinue authenticate logout getnonce", DB_AUTH },
		{ "committransaction aborttransaction", DB_TRANSACTION },
		{ "createuser updateuser dropuser usersinfo grantrolestouser revokerolesfromuser "
		  "createrole updaterole droprole rolesinfo setparameter getparameter killop "
		  "currentop "
		  "serverstatus shutdown replsetgetstatus replsetinitiate replsetreconfig getlog "
		  "getcmdlineopts fsync profile",
		  DB_ADMIN },
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (db_is_among(command, commands[i].words))
			return commands[i].class;
	}
	return DB_OTHER;
}

/* ------------------------------------------------------------------ messages */

static void
finish(struct mongodb_side *side)
{
	side->steps.left += side->behind;
	side->behind = 0;
	steps_pass(&side->steps, OVER, side->steps.left, IGNORED);
}

static void
request(struct mongodb_side *side, const struct db_out *o, enum db_class class)
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
flags(struct mongodb_side *side)
{
	struct steps *s = &side->steps;

	side->flags = s->have == 4 ? read_le32(s->buf) : 0;
	if (side->opcode == OP_MSG)
		steps_take(s, SECTION, 1);
	else
		steps_until(s, COLLECTION, 0);
}

/* opcode 4 | length 4 | how 1: 1 snappy, 2 zlib, 3 zstd */
static void
compressed(struct mongodb_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	side->coding = s->have == 9 ? s->buf[8] : 0;
	if (o->dir == CLIENT)
		request(side, o, DB_OTHER);
	steps_pass(s, CODED, s->left,
		   side->coding >= CODING_SNAPPY && side->coding <= CODING_ZSTD ? CODED_BYTES
										: UNREAD);
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
		request(side, o,
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
		steps_take(s, DOCUMENT, 4);
}

static void
section(struct mongodb_side *side)
{
	struct steps *s = &side->steps;
	uint32_t len;

	switch (s->state) {
	case SECTION:
		if (s->have == 1 && s->buf[0] == 0)
			steps_take(s, DOCUMENT, 4);
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
		steps_take(s, DOCUMENT, 4);
		break;
	}
}

/* ------------------------------------------------------------------ documents */

static bool
is_index(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] < '0' || name.p[i] > '9')
			return false;
	}
	return true;
}

/* The first field of a command: its name. */
static void
command(struct mongodb_side *side, struct span name, const struct db_out *o)
{
	enum db_class class = class_of(name);

	side->first = false;
	side->field = COMMAND_FIELD;
	side->getmore = db_is_among(name, "getmore");
	side->sasl = db_is_among(name, "saslstart");
	side->password = db_is_among(name, "createuser updateuser");
	side->secret = class == DB_AUTH;
	request(side, o, class);
}

static void
field_name(struct mongodb_side *side, struct span name, const struct db_out *o)
{
	side->field = OTHER_FIELD;
	if (o->dir == CLIENT && side->first && !side->several) {
		command(side, name, o);
		return;
	}
	if (side->depth == 1 && o->dir == CLIENT) {
		if (span_is(name, "$db"))
			side->field = DATABASE_FIELD;
		else if (side->getmore && span_is(name, "collection"))
			side->field = COLLECTION_FIELD;
		else if (side->sasl && span_is(name, "payload"))
			side->field = SASL_FIELD;
		else if (side->password && span_is(name, "pwd"))
			side->field = PASSWORD_FIELD;
	}
	if (o->dir == SERVER && (side->depth == 1 || side->errors_at != 0)) {
		if (span_is(name, "code") && side->code == 0)
			side->field = CODE_FIELD;
		else if (side->depth == 1 && span_is(name, "ok"))
			side->field = OK_FIELD;
		else if (side->depth == 1 && span_is(name, "n"))
			side->field = COUNT_FIELD;
	}
	if (side->secret || is_index(name))
		return;
	/* Words about what follows. */
	db_tell_bytes(o, DB_VALUE, name);
	db_tell_kind(o, DB_VALUE_END);
}

static void
enter(struct mongodb_side *side, struct span name)
{
	bool rows = side->batch_at != 0 && side->depth == side->batch_at;

	side->rows += rows && side->type == 3;
	if (side->type == 4 && side->depth == 2 && side->batch_at == 0 &&
	    (span_is(name, "firstBatch") || span_is(name, "nextBatch")))
		side->batch_at = side->depth + 1;
	if (side->type == 4 && side->depth == 1 && span_is(name, "writeErrors"))
		side->errors_at = side->depth + 1;
	steps_take(&side->steps, DOCUMENT, 4);
}

static void
leave(struct mongodb_side *side)
{
	if (side->depth == side->batch_at)
		side->batch_at = 0;
	if (side->depth == side->errors_at)
		side->errors_at = 0;
	side->depth = side->depth == 0 ? 0 : side->depth - 1;
	if (side->depth == 0)
		next_document(side);
	else
		steps_take(&side->steps, FIELD, 1);
}

static void
value(struct mongodb_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;
	struct span name = steps_taken(s);

	field_name(side, name, o);
	switch (side->type) {
	case 1:	 /* double */
	case 9:	 /* date */
	case 17: /* timestamp */
	case 18: /* int64 */
		steps_take(s, NUMBER, 8);
		break;
	case 16: /* int32 */
		steps_take(s, NUMBER, 4);
		break;
	case 8: /* bool */
		steps_take(s, NUMBER, 1);
		break;
	case 2:	 /* string */
	case 13: /* code */
	case 14: /* symbol */
	case 12: /* pointer: a string and an id */
		steps_take(s, STRING_LEN, 4);
		break;
	case 3: /* document */
	case 4: /* array */
		enter(side, name);
		break;
	case 5: /* binary */
		steps_take(s, BINARY_LEN, 5);
		break;
	case 7: /* object id */
		steps_pass(s, SKIPPED, 12, IGNORED);
		break;
	case 11: /* regular expression */
		steps_text(s, REGEX, 0, side->secret ? IGNORED : DATA);
		break;
	case 15: /* code and its scope: a string and a document of its own */
		steps_take(s, SCOPE, 4);
		break;
	case 19: /* decimal */
		steps_pass(s, SKIPPED, 16, IGNORED);
		break;
	case 6:
	case 10:
	case 127:
	case 255:
		steps_take(s, SKIPPED, 0);
		break;
	default:
		finish(side);
		break;
	}
}

static void
number(struct mongodb_side *side)
{
	struct steps *s = &side->steps;
	bool zero = true;

	for (unsigned i = 0; i < s->have; i++)
		zero = zero && s->buf[i] == 0;
	if (side->field == OK_FIELD)
		side->failed = side->failed || zero;
	else if (side->field == CODE_FIELD && side->type == 16 && s->have == 4) {
		side->code = (int32_t)read_le32(s->buf);
		side->failed = true;
	} else if (side->field == COUNT_FIELD && side->type == 16 && s->have == 4)
		side->rows += read_le32(s->buf);
	steps_take(s, FIELD, 1);
}

/* Its length counts the NUL at its end. */
static void
string(struct mongodb_side *side)
{
	struct steps *s = &side->steps;
	uint64_t len = s->have == 4 && read_le32(s->buf) > 0 ? read_le32(s->buf) - 1 : 0;
	bool kept = side->field == COMMAND_FIELD || side->field == DATABASE_FIELD ||
		    side->field == COLLECTION_FIELD;

	if (kept && len <= STEPS_BYTES)
		steps_take(s, KEPT, (uint16_t)len);
	else
		steps_pass(s, STRING, len,
			   side->secret || side->field == PASSWORD_FIELD ? IGNORED : DATA);
}

static void
kept(struct mongodb_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	db_tell_bytes(o, side->field == DATABASE_FIELD ? DB_DATABASE : DB_TARGET, steps_taken(s));
	steps_pass(s, SKIPPED, side->type == 12 ? 13 : 1, IGNORED);
}

/* length 4 | kind 1 | bytes */
static void
binary(struct mongodb_side *side)
{
	struct steps *s = &side->steps;
	uint64_t len = s->have == 5 ? read_le32(s->buf) : 0;

	if (side->field == SASL_FIELD && len <= STEPS_BYTES)
		steps_take(s, KEPT_REST, (uint16_t)len);
	else
		steps_pass(s, SKIPPED, len,
			   side->secret || side->field == SASL_FIELD ? IGNORED : DATA);
}

/* SCRAM: n,,n=user,r=... */
static void
sasl(struct mongodb_side *side, const struct db_out *o)
{
	struct span t = steps_taken(&side->steps);
	size_t at = 0, n;

	while (at + 2 < t.len && memcmp(t.p + at, ",n=", 3) != 0)
		at++;
	for (n = at + 3; n < t.len && t.p[n] != ',';)
		n++;
	if (span_starts(t, "n,") && n < t.len)
		db_tell_bytes(o, DB_USER, span_of(t.p + at + 3, n - at - 3));
	steps_take(&side->steps, SKIPPED, 0);
}

/* ------------------------------------------------------------------ both */

static void
end_message(struct mongodb_side *side, const struct db_out *o)
{
	char text[11];
	size_t at = sizeof(text);
	uint32_t v = side->code < 0 ? 0 - (uint32_t)side->code : (uint32_t)side->code;

	db_tell_kind(o, DB_MESSAGE_END);
	if (o->dir == SERVER) {
		do
			text[--at] = (char)('0' + v % 10);
		while ((v /= 10) != 0);
		if (side->code < 0)
			text[--at] = '-';
		db_tell(o, (struct db_event) {
			       .kind = DB_ANSWER,
			       .id = side->answers + UINT64_C(1),
			       .rows = side->rows,
			       .failed = side->failed,
			       .bytes = span_of(text + at, side->failed ? sizeof(text) - at : 0) });
	} else if (!side->told) {
		request(side, o, DB_OTHER);
	}
	steps_next(&side->steps);
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
	case FLAGS:
		flags(side);
		break;
	case SECTION:
	case SECTION_LEN:
	case SECTION_NAME:
		section(side);
		break;
	case COMPRESSED:
		compressed(side, o);
		break;
	case CODED:
		db_tell_kind(o, DB_CODED_END);
		finish(side);
		break;
	case COLLECTION:
		collection(side, o);
		break;
	case REPLY:
		side->rows = s->have == 20 ? read_le32(s->buf + 16) : 0;
		/* fallthrough */
	case BEFORE_DOCUMENT:
		steps_take(s, DOCUMENT, 4);
		break;
	case DOCUMENT:
		side->depth++;
		steps_take(s, FIELD, 1);
		break;
	case FIELD:
		side->type = s->have == 1 ? s->buf[0] : 0;
		if (s->have == 0)
			finish(side);
		else if (side->type == 0)
			leave(side);
		else
			steps_until(s, NAME, 0);
		break;
	case NAME:
		value(side, o);
		break;
	case NUMBER:
		number(side);
		break;
	case STRING_LEN:
		string(side);
		break;
	case STRING:
	case REGEX_FLAGS:
		db_tell_kind(o, DB_VALUE_END);
		steps_pass(s, SKIPPED,
			   s->state == REGEX_FLAGS ? 0
			   : side->type == 12	   ? 13
						   : 1,
			   IGNORED);
		break;
	case KEPT:
		kept(side, o);
		break;
	case KEPT_REST:
		sasl(side, o);
		break;
	case BINARY_LEN:
		binary(side);
		break;
	case REGEX:
		steps_text(s, REGEX_FLAGS, 0, IGNORED);
		break;
	case SCOPE:
		/* The document behind the string is as good as one of its own. */
		side->type = 13;
		steps_pass(s, SKIPPED,
			   s->have == 4 && read_le32(s->buf) > 4 ? read_le32(s->buf) - 4 : 0,
			   side->secret ? IGNORED : DATA);
		break;
	case OVER:
		end_message(side, o);
		break;
	default:
		steps_take(s, FIELD, 1);
		break;
	}
}

static void
bytes(void *arg, struct steps *s, const uint8_t *data, size_t len)
{
	static const uint8_t codings[] = {
		[CODING_SNAPPY] = DB_CODING_SNAPPY,
		[CODING_ZLIB] = DB_CODING_ZLIB,
		[CODING_ZSTD] = DB_CODING_ZSTD,
	};
	const struct db_out *o = arg;
	struct mongodb *p = o->parser;

	if (s->what == DATA)
		db_tell_bytes(o, DB_VALUE, span_of(data, len));
	else if (s->what == CODED_BYTES)
		db_tell(o, (struct db_event) { .kind = DB_CODED,
					       .name = codings[p->side[o->dir].coding],
					       .bytes = span_of(data, len) });
	else if (s->what == UNREAD)
		db_tell(o, (struct db_event) { .kind = DB_UNREAD, .rows = len });
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

	return db_steps_push(&p->side[dir].steps, data, len, step, bytes, begins, &o);
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
	steps_gap(s, len);
}
