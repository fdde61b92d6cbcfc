#include "classify/proto/mysql.h"

#include "classify/proto/mysql_binary.h"
#include "classify/proto/sql_class.h"
#include "dataplane/port/cursor.h"

enum { CLIENT, SERVER };

enum {
	HEADER_BYTES = 4,
	FULL = 0xffffff,
};

enum {
	FLAG_WITH_DB = 0x8,
	FLAG_COMPRESS = 0x20,
	FLAG_TLS = 0x800,
	FLAG_SECURE = 0x8000,
	FLAG_LENENC = 0x200000,
	FLAG_ZSTD = 0x4000000,
	STATUS_MORE = 0x8,
};

enum {
	COM_QUIT = 1,
	COM_INIT_DB = 2,
	COM_QUERY = 3,
	COM_CREATE_DB = 5,
	COM_DROP_DB = 6,
	COM_CHANGE_USER = 17,
	COM_STMT_PREPARE = 22,
	COM_STMT_EXECUTE = 23,
	COM_STMT_LONG_DATA = 24,
	COM_STMT_CLOSE = 25,
	COM_STMT_FETCH = 28,
	COM_LAST = 31,
};

enum state {
	BEGIN = STEPS_BEGIN,
	HEADER,
	FLAGS,
	USER,
	PROOF_LEN,
	PROOF_LONG,
	PROOF_TEXT,
	DATABASE,
	COMMAND,
	INIT_DB,
	QUERY_FIRST, /* the first byte of its text, or of attributes */
	QUERY_SET,
	QUERY_TEXT,
	PREPARE_TEXT,
	EXECUTE,
	RAW,	  /* bytes of one value */
	FIRST,	  /* the first byte of an answer's packet */
	GREETING, /* the version in it */
	GREETING_FLAGS,
	ERR,
	ERR_TEXT,
	OK,
	OK_PREPARED,
	COUNT,
	COLUMN_LEN, /* of a definition: of the next of its texts */
	COLUMN_TEXT,
	COLUMN_TYPE,
	END,
	CELL, /* of a row: its length */
	CELL_LONG,
	CELL_BYTES,
};

enum what {
	IGNORED = DB_PASSED_IGNORED,
	DATA = DB_PASSED_VALUE,
	UNREAD = DB_PASSED_UNREAD,
	STATEMENT = NR_DB_PASSED,
	PREPARED,
};

/* What comes next of an answer. */
enum result { RESULT_FIRST, RESULT_COLUMNS, RESULT_ROWS, RESULT_NONE };

void
mysql_init(void *parser, const bool midstream[2])
{
	struct mysql *p = parser;
	bool midway = midstream[CLIENT] || midstream[SERVER];

	p->phase = midway ? MYSQL_COMMANDS : MYSQL_GREETING;
	p->result = midway ? RESULT_NONE : RESULT_FIRST;
	for (unsigned dir = 0; dir < 2; dir++)
		p->side[dir].steps.lost = midstream[dir];
}

/* The rest of the packet, and of those that continue it. */
static void
pass_all(struct mysql_side *side, uint8_t then, uint8_t what)
{
	side->full_what = what;
	side->full_state = then;
	steps_pass(&side->steps, then, side->steps.left, what);
}

static void
request(const struct db_out *o, enum db_class class, bool unasked)
{
	db_tell(o, (struct db_event) { .kind = DB_REQUEST, .class = class, .unasked = unasked });
}

static void
begin(const struct mysql *p, struct steps *s)
{
	s->left = STEPS_NO_END;
	if (p->phase == MYSQL_COMPRESSED)
		steps_pass(s, BEGIN, STEPS_NO_END - 1, UNREAD);
	else
		steps_take(s, HEADER, HEADER_BYTES);
}

/* ------------------------------------------------------------------ the client's log-in */

/* flags 4 | greatest packet 4 | character set 1 | 23 unused; alone, they ask for TLS. */
static void
login(struct mysql *p, struct steps *s, const struct db_out *o)
{
	if (s->short_of) {
		steps_rest(s, IGNORED);
		return;
	}
	p->flags = (uint32_t)read_le(s->buf, 4);
	p->compress = (p->flags & (FLAG_COMPRESS | FLAG_ZSTD)) != 0;
	if (s->left == 0 && (p->flags & FLAG_TLS) != 0) {
		db_tell_kind(o, DB_HANDOVER);
		s->stop = true;
		return;
	}
	p->answered_login = true;
	p->phase = MYSQL_LOGIN;
	request(o, DB_AUTH, false);
	steps_until(s, USER, 0);
}

/* What proves who it is stands between user and database. */
static void
login_fields(struct mysql *p, struct steps *s, const struct db_out *o)
{
	switch (s->state) {
	case USER:
		db_tell_bytes(o, DB_USER, steps_taken(s));
		if ((p->flags & (FLAG_LENENC | FLAG_SECURE)) != 0)
			steps_take(s, PROOF_LEN, 1);
		else
			steps_text(s, PROOF_TEXT, 0, IGNORED);
		break;
	case PROOF_LEN:
		if (s->have == 1 && s->buf[0] == 0xfc && (p->flags & FLAG_LENENC) != 0)
			steps_take(s, PROOF_LONG, 2);
		else
			steps_pass(s, PROOF_TEXT, s->have == 1 ? s->buf[0] : 0, IGNORED);
		break;
	case PROOF_LONG:
		steps_pass(s, PROOF_TEXT, s->have == 2 ? read_le(s->buf, 2) : 0, IGNORED);
		break;
	case PROOF_TEXT:
		if ((p->flags & FLAG_WITH_DB) != 0 || p->command == COM_CHANGE_USER)
			steps_until(s, DATABASE, 0);
		else
			steps_rest(s, IGNORED);
		break;
	default:
		db_tell_bytes(o, DB_DATABASE, steps_taken(s));
		steps_rest(s, IGNORED);
		break;
	}
}

/* ------------------------------------------------------------------ the client's commands */

static enum db_class
class_of(uint8_t command)
{
	switch (command) {
	case COM_CREATE_DB:
	case COM_DROP_DB:
		return DB_SCHEMA;
	case COM_STMT_FETCH:
		return DB_READ;
	case 7:	 /* refresh */
	case 8:	 /* shutdown */
	case 12: /* kill */
	case 18: /* binlog dump */
	case 27: /* set option */
		return DB_ADMIN;
	default:
		return DB_OTHER;
	}
}

static void
command(struct mysql *p, struct steps *s, const struct db_out *o)
{
	struct mysql_side *side = &p->side[CLIENT];

	if (s->have == 0 || s->buf[0] > COM_LAST) {
		steps_rest(s, IGNORED);
		return;
	}
	p->command = s->buf[0];
	p->result = RESULT_FIRST;
	p->infile = false;
	switch (p->command) {
	case COM_QUERY:
		steps_take(s, QUERY_FIRST, 1);
		break;
	case COM_STMT_PREPARE:
		pass_all(side, PREPARE_TEXT, PREPARED);
		break;
	case COM_STMT_EXECUTE:
		steps_take(s, EXECUTE, 9);
		break;
	case COM_STMT_LONG_DATA:
		steps_take(s, EXECUTE, 6);
		break;
	case COM_INIT_DB:
		request(o, DB_OTHER, false);
		steps_take(s, INIT_DB, (uint16_t)(s->left < STEPS_BYTES ? s->left : STEPS_BYTES));
		break;
	case COM_CHANGE_USER:
		request(o, DB_AUTH, false);
		p->flags |= FLAG_SECURE;
		steps_until(s, USER, 0);
		break;
	case COM_QUIT:
	case COM_STMT_CLOSE:
		steps_rest(s, IGNORED);
		break;
	default:
		request(o, class_of(p->command), false);
		steps_rest(s, IGNORED);
		break;
	}
}

/* No statement begins with a control character: that is the number of attributes. */
static void
query_first(struct mysql *p, struct steps *s, const struct db_out *o)
{
	uint8_t first = s->buf[0];

	if (s->have == 1 && first == 0) {
		/* None, in one set. */
		steps_take(s, QUERY_SET, 1);
	} else if (s->have == 1 && first < '\t' && mysql_binary_attributes(p, first)) {
		return;
	} else if (s->have == 1 && first < '\t') {
		request(o, DB_OTHER, false);
		pass_all(&p->side[CLIENT], RAW, DATA);
	} else {
		db_tell_bytes(o, DB_STATEMENT, steps_taken(s));
		pass_all(&p->side[CLIENT], QUERY_TEXT, STATEMENT);
	}
}

static void
client_statement(struct mysql *p, struct steps *s, const struct db_out *o)
{
	bool prepared = s->state == PREPARE_TEXT;

	if (p->side[CLIENT].full) {
		steps_next(s);
		return;
	}
	db_tell(o, (struct db_event) { .kind = DB_STATEMENT_END, .prepared = prepared });
	db_tell_kind(o, DB_MESSAGE_END);
	steps_next(s);
}

static void
execute(struct mysql *p, struct steps *s, const struct db_out *o)
{
	uint32_t id = s->have >= 6 ? (uint32_t)read_le(s->buf, 4) : 0;

	if (s->have >= 4 && p->command == COM_STMT_EXECUTE)
		db_tell(o, (struct db_event) { .kind = DB_RUN, .name = read_le(s->buf, 4) });
	if (s->have == 9 && mysql_binary_parameters(p, id, s->buf[4], o))
		return;
	if (s->have == 6)
		mysql_binary_sent_apart(p, id, (unsigned)read_le(s->buf + 4, 2));
	pass_all(&p->side[CLIENT], RAW, DATA);
}

static void
client_header(struct mysql *p, struct steps *s)
{
	struct mysql_side *side = &p->side[CLIENT];
	uint32_t len = (uint32_t)read_le(s->buf, 3);
	bool goes_on = side->full;
	uint8_t what = side->full_what, state = side->full_state;

	side->full = len == FULL;
	side->sequence = s->buf[3];
	side->full_what = IGNORED;
	side->full_state = BEGIN;
	steps_message(s, len);
	if (goes_on) {
		pass_all(side, state, what);
	} else if (p->phase == MYSQL_GREETING) {
		steps_take(s, FLAGS, 32);
	} else if (p->phase == MYSQL_LOGIN) {
		steps_rest(s, IGNORED);
	} else if (side->sequence == 0) {
		steps_take(s, COMMAND, 1);
	} else if (p->infile) {
		pass_all(side, RAW, DATA);
	} else {
		steps_rest(s, IGNORED);
	}
}

static void
client_step(void *arg, struct steps *s)
{
	const struct db_out *o = arg;
	struct mysql *p = o->parser;

	switch (s->state) {
	case BEGIN:
		begin(p, s);
		break;
	case HEADER:
		client_header(p, s);
		break;
	case FLAGS:
		login(p, s, o);
		break;
	case USER:
	case PROOF_LEN:
	case PROOF_LONG:
	case PROOF_TEXT:
	case DATABASE:
		login_fields(p, s, o);
		break;
	case COMMAND:
		command(p, s, o);
		break;
	case INIT_DB:
		db_tell_bytes(o, DB_DATABASE, steps_taken(s));
		steps_rest(s, IGNORED);
		break;
	case QUERY_FIRST:
		query_first(p, s, o);
		break;
	case QUERY_SET:
		pass_all(&p->side[CLIENT], QUERY_TEXT, STATEMENT);
		break;
	case QUERY_TEXT:
	case PREPARE_TEXT:
		client_statement(p, s, o);
		break;
	case EXECUTE:
		execute(p, s, o);
		break;
	case MYSQL_QUERY_FOLLOWS:
		pass_all(&p->side[CLIENT], QUERY_TEXT, STATEMENT);
		break;
	default:
		if (s->state >= MYSQL_BINARY) {
			mysql_binary_step(p, o);
			break;
		}
		if (!p->side[CLIENT].full) {
			db_tell_kind(o, DB_VALUE_END);
			db_tell_kind(o, DB_MESSAGE_END);
		}
		steps_next(s);
		break;
	}
}

/* ------------------------------------------------------------------ the server */

/* A length-coded number; 0 where it is cut. */
static uint64_t
lenenc(struct cursor *c)
{
	uint8_t first;
	const uint8_t *p;
	unsigned n;

	if (!cursor_u8(c, &first))
		return 0;
	if (first < 0xfb)
		return first;
	n = first == 0xfc ? 2 : first == 0xfd ? 3 : 8;
	p = cursor_take(c, n);
	return p == NULL ? 0 : read_le(p, n);
}

static void
end_answer(struct mysql *p, const struct db_out *o, bool more)
{
	p->result = more ? RESULT_FIRST : RESULT_NONE;
	p->rows = 0;
	if (more)
		return;
	db_tell_kind(o, DB_MESSAGE_END);
	db_tell_kind(o, DB_SETTLED);
}

/* Behind its first byte: affected rows | last id | status 2 | warnings 2. */
static void
ok_packet(struct mysql *p, struct steps *s, const struct db_out *o, bool rows)
{
	struct cursor c = cursor_of(s->buf, s->have);
	uint64_t affected = lenenc(&c);
	const uint8_t *status;

	lenenc(&c);
	status = cursor_take(&c, 2);
	db_tell(o, (struct db_event) { .kind = DB_ANSWER, .rows = rows ? p->rows : affected });
	if (p->phase == MYSQL_LOGIN) {
		p->phase = p->compress ? MYSQL_COMPRESSED : MYSQL_COMMANDS;
		p->result = RESULT_NONE;
	} else {
		end_answer(p, o, status != NULL && (read_le(status, 2) & STATUS_MORE) != 0);
	}
	steps_rest(s, IGNORED);
}

/* The end of rows: EOF (warnings 2 | status 2), or OK under another first byte. */
static void
end_packet(struct mysql *p, struct steps *s, const struct db_out *o)
{
	if (s->have != 4 || s->left != 0) {
		ok_packet(p, s, o, true);
		return;
	}
	db_tell(o, (struct db_event) { .kind = DB_ANSWER, .rows = p->rows });
	end_answer(p, o, (read_le(s->buf + 2, 2) & STATUS_MORE) != 0);
	steps_next(s);
}

/* code 2 | [# state 5] text, which quotes what it is about */
static void
err_packet(struct mysql *p, struct steps *s, const struct db_out *o)
{
	char text[DB_DECIMAL_BYTES];

	if (s->state == ERR) {
		p->error = s->have == 2 ? (int32_t)read_le(s->buf, 2) : 0;
		steps_pass(s, ERR_TEXT, s->left, DATA);
		return;
	}
	db_tell_kind(o, DB_VALUE_END);
	db_tell(o, (struct db_event) {
		       .kind = DB_ANSWER, .failed = true, .bytes = db_decimal(text, p->error) });
	if (p->phase == MYSQL_COMMANDS)
		end_answer(p, o, false);
	steps_next(s);
}

/* version NUL | connection 4 | proof 9 | flags 2 | set 1 | status 2 | flags 2 */
static void
greeting(struct mysql *p, struct steps *s)
{
	if (s->state == GREETING) {
		steps_take(s, GREETING_FLAGS, 20);
		return;
	}
	p->greeted = s->have == 20;
	if (p->greeted)
		p->server_flags =
		    (uint32_t)(read_le(s->buf + 13, 2) | read_le(s->buf + 18, 2) << 16);
	steps_rest(s, IGNORED);
}

static void
row(struct mysql *p, struct steps *s, const struct db_out *o)
{
	uint8_t first = s->buf[0];

	p->rows++;
	if (p->command == COM_STMT_EXECUTE && first == 0 && mysql_binary_row(p)) {
		return;
	} else if (p->side[SERVER].full || p->command != COM_QUERY) {
		pass_all(&p->side[SERVER], RAW, DATA);
	} else if (first < 0xfb) {
		steps_pass(s, CELL_BYTES, first, db_passed_value(first));
	} else if (first == 0xfb) { /* NULL */
		db_tell_kind(o, DB_CELL_END);
		steps_take(s, CELL, s->left == 0 ? 0 : 1);
	} else {
		steps_take(s, CELL_LONG, first == 0xfc ? 2 : first == 0xfd ? 3 : 8);
	}
}

static void
first_byte(struct mysql *p, struct steps *s, const struct db_out *o)
{
	uint16_t most = (uint16_t)(s->left < 24 ? s->left : 24);
	uint8_t first = s->buf[0];

	if (s->have == 0) {
		steps_next(s);
	} else if (first == 0xff) {
		steps_take(s, ERR, 2);
	} else if (p->phase != MYSQL_COMMANDS) {
		if (first == 0 && p->phase == MYSQL_LOGIN)
			steps_take(s, OK, most);
		else if (first == 10 && p->phase == MYSQL_GREETING)
			steps_until(s, GREETING, 0);
		else
			steps_rest(s, IGNORED);
	} else if (p->result == RESULT_ROWS) {
		if (first == 0xfe && s->left == 4 && p->columns == 0 && p->rows == 0) {
			/* Between definitions and rows, where it is still sent. */
			p->columns = UINT64_MAX;
			steps_rest(s, IGNORED);
		} else if (first == 0xfe && s->left < FULL - 1) {
			steps_take(s, END, most);
		} else {
			row(p, s, o);
		}
	} else if (first == 0) {
		if (p->command == COM_STMT_PREPARE)
			steps_take(s, OK_PREPARED, 8);
		else
			steps_take(s, OK, most);
	} else if (first == 0xfb) {
		p->infile = true;
		p->result = RESULT_FIRST;
		steps_rest(s, IGNORED);
	} else {
		steps_take(s, COUNT, first == 0xfc ? 2 : 0);
		p->columns = first;
	}
}

static void
server_header(struct mysql *p, struct steps *s)
{
	struct mysql_side *side = &p->side[SERVER];
	uint32_t len = (uint32_t)read_le(s->buf, 3);
	bool goes_on = side->full;
	uint8_t what = side->full_what, state = side->full_state;

	side->full = len == FULL;
	side->sequence = s->buf[3];
	side->full_what = IGNORED;
	side->full_state = BEGIN;
	steps_message(s, len);
	if (goes_on) {
		pass_all(side, state, what);
		return;
	}
	if (p->phase == MYSQL_COMMANDS && side->sequence == 1 && p->command != 0) {
		p->result = RESULT_FIRST;
		p->rows = 0;
	}
	if (p->phase == MYSQL_COMMANDS && p->result == RESULT_NONE) {
		steps_rest(s, IGNORED);
	} else if (p->phase == MYSQL_COMMANDS && p->result == RESULT_COLUMNS) {
		p->result = --p->columns == 0 ? RESULT_ROWS : RESULT_COLUMNS;
		p->text = 0;
		steps_take(s, COLUMN_LEN, s->left == 0 ? 0 : 1);
	} else {
		steps_take(s, FIRST, 1);
	}
}

/*
 * Catalogue, schema, table, its true name, the column's name and its true one, each with its
 * length: the name is a word about the values that follow.
 */
static void
column(struct mysql *p, struct steps *s, const struct db_out *o)
{
	enum { NAME = 4, LAST = 5, MOST = 0xfa };

	if (s->state == COLUMN_LEN && s->have == 1 && s->buf[0] <= MOST) {
		steps_pass(s, COLUMN_TEXT, s->buf[0], p->text == NAME ? DATA : IGNORED);
		return;
	}
	if (s->state == COLUMN_TEXT && p->text++ < LAST) {
		steps_take(s, COLUMN_LEN, s->left == 0 ? 0 : 1);
		return;
	}
	/* Behind them: length 1 | set 2 | length 4 | type 1 */
	if (s->state == COLUMN_TEXT) {
		steps_take(s, COLUMN_TYPE, 8);
		return;
	}
	if (s->state == COLUMN_TYPE && s->have == 8)
		mysql_binary_column(p, p->nr_columns - p->columns - 1, p->nr_columns, s->buf[7]);
	db_tell_kind(o, DB_CELL_END);
	if (p->result == RESULT_ROWS)
		db_tell_kind(o, DB_ROW_END);
	steps_rest(s, IGNORED);
}

static void
server_step(void *arg, struct steps *s)
{
	const struct db_out *o = arg;
	struct mysql *p = o->parser;

	switch (s->state) {
	case BEGIN:
		begin(p, s);
		break;
	case HEADER:
		server_header(p, s);
		break;
	case FIRST:
		first_byte(p, s, o);
		break;
	case GREETING:
	case GREETING_FLAGS:
		greeting(p, s);
		break;
	case ERR:
	case ERR_TEXT:
		err_packet(p, s, o);
		break;
	case OK:
		ok_packet(p, s, o, false);
		break;
	case OK_PREPARED:
		db_tell(o,
			(struct db_event) { .kind = DB_PREPARED_AS,
					    .name = read_le(s->buf, s->have < 4 ? s->have : 4) });
		if (s->have == 8)
			mysql_binary_prepared(p, read_le32(s->buf), read_le16(s->buf + 6));
		p->result = RESULT_NONE;
		steps_rest(s, IGNORED);
		break;
	case COUNT:
		if (s->have == 2)
			p->columns = read_le(s->buf, 2);
		p->result = p->columns == 0 ? RESULT_ROWS : RESULT_COLUMNS;
		p->nr_columns = p->columns;
		p->values[SERVER].nr = 0;
		steps_rest(s, IGNORED);
		break;
	case COLUMN_LEN:
	case COLUMN_TEXT:
	case COLUMN_TYPE:
		column(p, s, o);
		break;
	case END:
		end_packet(p, s, o);
		break;
	case CELL:
		if (s->have == 0) {
			db_tell_kind(o, DB_ROW_END);
			steps_next(s);
			break;
		}
		p->rows--;
		row(p, s, o);
		break;
	case CELL_LONG:
		steps_pass(s, CELL_BYTES, read_le(s->buf, s->have), DB_PASSED_LARGE);
		break;
	case CELL_BYTES:
		db_tell_kind(o, DB_CELL_END);
		steps_take(s, CELL, s->left == 0 ? 0 : 1);
		break;
	default:
		if (s->state >= MYSQL_BINARY) {
			mysql_binary_step(p, o);
			break;
		}
		if (!p->side[SERVER].full)
			db_tell_kind(o, DB_VALUE_END);
		steps_next(s);
		break;
	}
}

/* ------------------------------------------------------------------ both */

static void
bytes(void *arg, struct steps *s, const uint8_t *data, size_t len)
{
	const struct db_out *o = arg;

	if (s->what == STATEMENT || s->what == PREPARED)
		db_tell(o, (struct db_event) { .kind = DB_STATEMENT,
					       .bytes = span_of(data, len),
					       .torn = s->torn,
					       .prepared = s->what == PREPARED });
	else
		db_tell_passed(arg, s, data, len);
}

/* A command, or a packet of an answer, that is whole; another behind it or nothing. */
static bool
begins(unsigned dir, struct span s)
{
	uint64_t len;
	uint8_t next;

	if (s.len < HEADER_BYTES + 1)
		return false;
	len = read_le(s.p, 3);
	if (len == 0 || len > s.len - HEADER_BYTES)
		return false;
	if (dir == CLIENT)
		return s.p[3] == 0 && s.p[4] >= COM_QUIT && s.p[4] <= COM_LAST &&
		       len == s.len - HEADER_BYTES;
	next = (uint8_t)(s.p[3] + 1);
	s = span_of(s.p + HEADER_BYTES + len, s.len - HEADER_BYTES - (size_t)len);
	return s.len == 0 || (s.len >= HEADER_BYTES && s.p[3] == next);
}

size_t
mysql_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn, void *arg)
{
	struct mysql *p = parser;
	struct db_out o = { p, (uint8_t)dir, fn, arg };

	return db_steps_push(&p->side[dir].steps, data, len,
			     dir == CLIENT ? client_step : server_step, bytes, begins, &o);
}

void
mysql_gap(void *parser, unsigned dir, uint64_t len)
{
	struct mysql *p = parser;

	p->side[dir].full = false;
	if (steps_gap(&p->side[dir].steps, len, DB_PASSED_UNREAD))
		return;
	if (p->phase == MYSQL_GREETING || p->phase == MYSQL_LOGIN)
		p->phase = MYSQL_COMMANDS;
	p->result = RESULT_NONE;
}

bool
mysql_asks(struct span s)
{
	struct span text;
	uint64_t len;

	if (s.len < HEADER_BYTES + 10 || s.p[3] != 0)
		return false;
	len = read_le(s.p, 3);
	text = span_of(s.p + HEADER_BYTES + 1, s.len - HEADER_BYTES - 1);
	if (len == 0 || (len < s.len - HEADER_BYTES))
		return false;
	if (s.p[4] == COM_QUERY && text.p[0] == 0 && text.p[1] == 1)
		text = span_of(text.p + 2, text.len - 2);
	if (s.p[4] == COM_QUERY || s.p[4] == COM_STMT_PREPARE)
		return sql_begins(text);
	/* statement 4 | kind of cursor 1 | once 4 */
	return s.p[4] == COM_STMT_EXECUTE && len == s.len - HEADER_BYTES && s.p[9] <= 8 &&
	       read_le(s.p + 10, 4) == 1;
}
