#include "classify/proto/mongodb_document.h"

#include "classify/proto/db_words.h"
#include "dataplane/port/cursor.h"

enum { CLIENT, SERVER };

enum state {
	LENGTH = MONGODB_DOCUMENT,
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
};

enum what { IGNORED = DB_PASSED_IGNORED, DATA = DB_PASSED_VALUE };

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
	mongodb_request(side, o, class);
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
	steps_take(&side->steps, LENGTH, 4);
}

static enum mongodb_document_result
leave(struct mongodb_side *side)
{
	if (side->depth == side->batch_at)
		side->batch_at = 0;
	if (side->depth == side->errors_at)
		side->errors_at = 0;
	side->depth = side->depth == 0 ? 0 : side->depth - 1;
	if (side->depth == 0)
		return MONGODB_ENDS;
	steps_take(&side->steps, FIELD, 1);
	return MONGODB_GOES_ON;
}

static enum mongodb_document_result
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
	case 15: /* code and its scope */
		steps_take(s, SCOPE, 4);
		break;
	case 19: /* decimal */
		steps_take(s, NUMBER, 16);
		break;
	case 6:
	case 10:
	case 127:
	case 255:
		steps_take(s, SKIPPED, 0);
		break;
	default:
		return MONGODB_UNREADABLE;
	}
	return MONGODB_GOES_ON;
}

/*
 * A whole number; 0 for any other. A double that has one has it exactly, and of a decimal only such
 * are of use that are written without exponent and fit 64 bits: the exponent is in the upper half,
 * with a bias of 6,176, above 49 bits of the coefficient.
 */
static uint64_t
whole_number(const struct mongodb_side *side)
{
	const struct steps *s = &side->steps;
	uint64_t v = s->have >= 8 ? read_le(s->buf, 8) : 0;
	double d;

	switch (side->type) {
	case 1:
		memcpy(&d, &v, sizeof(d));
		return d > 0 && d < 9007199254740992.0 && (double)(uint64_t)d == d ? (uint64_t)d
										   : 0;
	case 16:
		return s->have == 4 ? read_le32(s->buf) & 0x7fffffffu : 0;
	case 18:
		return v >> 63 == 0 ? v : 0;
	default:
		return s->have == 16 && read_le(s->buf + 8, 8) == UINT64_C(6176) << 49 ? v : 0;
	}
}

/* As it would be written: that of a card is one. */
static void
tell_number(const struct mongodb_side *side, const struct db_out *o)
{
	uint8_t text[DB_NUMBER_BYTES];
	struct span digits = db_number(text, side->secret ? 0 : whole_number(side));

	if (digits.len == 0)
		return;
	db_tell_bytes(o, DB_VALUE, digits);
	db_tell_kind(o, DB_VALUE_END);
}

static void
number(struct mongodb_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;
	bool zero = true;

	if (side->field == OTHER_FIELD && memchr("\1\20\22\23", side->type, 4) != NULL)
		tell_number(side, o);

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

static void
sasl(struct mongodb_side *side, const struct db_out *o)
{
	db_tell_sasl_user(o, steps_taken(&side->steps));
	steps_take(&side->steps, SKIPPED, 0);
}

/* The type of a field, or 0: the document's end. */
static enum mongodb_document_result
field(struct mongodb_side *side)
{
	struct steps *s = &side->steps;

	if (s->have == 0)
		return MONGODB_UNREADABLE;
	side->type = s->buf[0];
	if (side->type == 0)
		return leave(side);
	steps_until(s, NAME, 0);
	return MONGODB_GOES_ON;
}

/* Behind a string or an expression: the NUL, and of a pointer the id. */
static void
behind_text(struct mongodb_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;
	uint64_t rest = s->state == REGEX_FLAGS ? 0 : side->type == 12 ? 13 : 1;

	db_tell_kind(o, DB_VALUE_END);
	steps_pass(s, SKIPPED, rest, IGNORED);
}

/* length 4 | string | document: searched as it stands there. */
static void
scope(struct mongodb_side *side)
{
	struct steps *s = &side->steps;
	uint32_t len = s->have == 4 ? read_le32(s->buf) : 0;

	steps_pass(s, SKIPPED, len > 4 ? len - 4 : 0, side->secret ? IGNORED : DATA);
}

enum mongodb_document_result
mongodb_document_step(struct mongodb_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	switch (s->state) {
	case LENGTH:
		side->depth++;
		steps_take(s, FIELD, 1);
		break;
	case FIELD:
		return field(side);
	case NAME:
		return value(side, o);
	case NUMBER:
		number(side, o);
		break;
	case STRING_LEN:
		string(side);
		break;
	case STRING:
	case REGEX_FLAGS:
		behind_text(side, o);
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
		scope(side);
		break;
	default:
		steps_take(s, FIELD, 1);
		break;
	}
	return MONGODB_GOES_ON;
}
