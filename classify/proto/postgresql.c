#include "classify/proto/postgresql.h"

#include "classify/proto/postgresql_list.h"
#include "classify/proto/sql_class.h"
#include "dataplane/port/cursor.h"

enum { CLIENT, SERVER };

enum {
	CODE_STARTUP_MAJOR = 3,
	CODE_CANCEL = 80877102,
	CODE_TLS = 80877103,
	CODE_GSS = 80877104,
	STARTUP_MAX = 10000,
};

enum state {
	BEGIN = STEPS_BEGIN,
	STARTUP,	 /* length and code are there */
	PARAMETER,	 /* a name of the start-up is, */
	PARAMETER_VALUE, /* its value */
	ANSWER_TLS,	 /* one byte */
	HEADER,
	ERROR_LEN,
	QUERY, /* text of a simple query has gone by */
	PARSE_NAME,
	PARSE_TEXT,
	DESCRIBE, /* what is: a statement or a portal */
	DESCRIBE_NAME,
	BIND_PORTAL,
	BIND_NAME,
	BIND_FORMATS,
	BIND_COUNT,
	COPY,
	COPY_FORMAT,
	EXECUTE,
	FUNCTION, /* its number, of a call */
	AUTH,
	TAG,
	ERROR_FIELD,
	ERROR_CODE,
	ERROR_TEXT,
	NOTIFIER,
	CHANNEL,
	NOTIFICATION,
	RESULT_LEN, /* of a function call */
	RESULT,
};

enum what {
	IGNORED = DB_PASSED_IGNORED,
	DATA = DB_PASSED_VALUE,
	CIPHERTEXT = DB_PASSED_UNREAD,
	COLUMN_NAME = POSTGRESQL_NAME,
	COPY_DATA,
	STATEMENT,
	PREPARED,
};

void
postgresql_init(void *parser, const bool midstream[2])
{
	struct postgresql *p = parser;

	p->sync = 1;
	p->ready = midstream[CLIENT] || midstream[SERVER] ? 0 : 1;
	p->started = midstream[CLIENT];
	for (unsigned dir = 0; dir < 2; dir++)
		p->side[dir].steps.lost = midstream[dir];
	p->bound_at = POSTGRESQL_NO_STATEMENT;
	postgresql_asked_init(&p->asked);
}

/* ------------------------------------------------------------------ both */

static void
request(const struct postgresql *p, const struct db_out *o, enum db_class class)
{
	db_tell(o, (struct db_event) { .kind = DB_REQUEST, .class = class, .id = p->sync });
}

/* ------------------------------------------------------------------ the client */

static void
startup(struct postgresql *p, struct steps *s, const struct db_out *o)
{
	uint32_t len = read_be32(s->buf), code = read_be32(s->buf + 4);

	if (code == CODE_TLS || code == CODE_GSS) {
		p->tls_asked = code == CODE_TLS;
		p->gss_asked = code == CODE_GSS;
		steps_next(s);
		return;
	}
	if (len < 8 || len > STARTUP_MAX ||
	    (code != CODE_CANCEL && code >> 16 != CODE_STARTUP_MAJOR)) {
		/* TLS at once, or GSSAPI: the server's answer was not seen. */
		steps_pass(s, BEGIN, STEPS_NO_END - 1, CIPHERTEXT);
		return;
	}
	steps_message(s, len - 8);
	p->started = true;
	if (code == CODE_CANCEL) {
		db_tell(o, (struct db_event) {
			       .kind = DB_REQUEST, .class = DB_ADMIN, .unasked = true });
		steps_rest(s, IGNORED);
		return;
	}
	request(p, o, DB_AUTH);
	p->sync++;
	steps_until(s, PARAMETER, 0);
}

static void
parameter(struct postgresql *p, struct steps *s, const struct db_out *o)
{
	struct span text = steps_taken(s);

	if (s->state == PARAMETER) {
		p->user_next = span_is(text, "user");
		p->database_next = span_is(text, "database");
		if (text.len == 0)
			steps_rest(s, IGNORED);
		else
			steps_until(s, PARAMETER_VALUE, 0);
		return;
	}
	if (p->user_next)
		db_tell_bytes(o, DB_USER, text);
	if (p->database_next)
		db_tell_bytes(o, DB_DATABASE, text);
	steps_until(s, PARAMETER, 0);
}

static void
tell_forgotten(struct postgresql *p, const struct db_out *o)
{
	if (p->asked.forgotten != 0)
		db_tell(o, (struct db_event) { .kind = DB_FORGOTTEN, .rows = p->asked.forgotten });
	p->asked.forgotten = 0;
}

static void
ask(struct postgresql *p, const struct db_out *o, enum postgresql_wish wish, uint8_t statement)
{
	postgresql_asked_push(&p->asked, wish, statement);
	tell_forgotten(p, o);
}

static void
end_batch(struct postgresql *p, const struct db_out *o, enum postgresql_wish wish)
{
	ask(p, o, wish, POSTGRESQL_NO_STATEMENT);
	p->sync++;
}

static void
client_message(struct postgresql *p, struct steps *s, const struct db_out *o)
{
	struct postgresql_side *side = &p->side[CLIENT];

	switch (side->type) {
	case 'Q':
		steps_pass(s, QUERY, s->left, STATEMENT);
		break;
	case 'P':
		steps_until(s, PARSE_NAME, 0);
		break;
	case 'D':
		steps_take(s, DESCRIBE, 1);
		break;
	case 'B':
		steps_until(s, BIND_PORTAL, 0);
		break;
	case 'E':
		steps_until(s, EXECUTE, 0);
		break;
	case 'd':
		steps_pass(s, COPY, s->left, COPY_DATA);
		break;
	case 'F':
		request(p, o, DB_OTHER);
		end_batch(p, o, POSTGRESQL_QUERY);
		side->statement = POSTGRESQL_NO_STATEMENT;
		steps_take(s, FUNCTION, 4);
		break;
	case 'S':
		end_batch(p, o, POSTGRESQL_SYNC);
		/* fallthrough */
	case 'c':
	case 'f':
		postgresql_copy_end(&p->copy, o);
		db_tell_kind(o, DB_MESSAGE_END);
		steps_rest(s, IGNORED);
		break;
	default:
		/* 'p' among them: passwords are nobody's business. */
		steps_rest(s, IGNORED);
		break;
	}
}

static void
client_parse(struct postgresql *p, struct steps *s, const struct db_out *o)
{
	if (s->state == PARSE_NAME) {
		p->prepared = db_hash(steps_taken(s));
		steps_text(s, PARSE_TEXT, 0, PREPARED);
		return;
	}
	db_tell(o, (struct db_event) {
		       .kind = DB_STATEMENT_END, .prepared = true, .name = p->prepared });
	p->side[CLIENT].statement = postgresql_asked_prepare(&p->asked, p->prepared);
	tell_forgotten(p, o);
	if (p->bound_at == p->side[CLIENT].statement)
		p->bound_at = POSTGRESQL_NO_STATEMENT;
	steps_take(s, POSTGRESQL_TYPES, 2);
}

/* S and a statement's name, or P and a portal's. */
static void
client_describe(struct postgresql *p, struct steps *s, const struct db_out *o)
{
	bool statement = p->side[CLIENT].describes_statement;

	if (s->state == DESCRIBE) {
		p->side[CLIENT].describes_statement = s->have == 1 && s->buf[0] == 'S';
		steps_until(s, DESCRIBE_NAME, 0);
		return;
	}
	ask(p, o, POSTGRESQL_DESCRIBE,
	    statement ? postgresql_asked_find(&p->asked, db_hash(steps_taken(s))) : p->bound_at);
	steps_rest(s, IGNORED);
}

static void
client_bind(struct postgresql *p, struct steps *s, const struct db_out *o)
{
	switch (s->state) {
	case BIND_PORTAL:
		steps_until(s, BIND_NAME, 0);
		break;
	case BIND_NAME:
		p->bound = db_hash(steps_taken(s));
		p->bound_at = postgresql_asked_find(&p->asked, p->bound);
		p->side[CLIENT].statement = p->bound_at;
		db_tell(o, (struct db_event) { .kind = DB_BIND, .name = p->bound });
		steps_take(s, BIND_FORMATS, 2);
		break;
	case BIND_FORMATS:
		steps_pass(s, BIND_COUNT, s->have == 2 ? 2u * read_be16(s->buf) : 0, IGNORED);
		break;
	default:
		steps_take(s, POSTGRESQL_VALUES, 2);
		break;
	}
}

static void
client_step(void *arg, struct steps *s)
{
	const struct db_out *o = arg;
	struct postgresql *p = o->parser;

	switch (s->state) {
	case BEGIN:
		steps_message(s, STEPS_NO_END);
		if (p->started)
			steps_take(s, HEADER, 5);
		else
			steps_take(s, STARTUP, 8);
		break;
	case STARTUP:
		startup(p, s, o);
		break;
	case PARAMETER:
	case PARAMETER_VALUE:
		parameter(p, s, o);
		break;
	case HEADER:
		p->side[CLIENT].type = s->buf[0];
		s->lost = read_be32(s->buf + 1) < 4;
		steps_message(s, s->lost ? 0 : read_be32(s->buf + 1) - 4);
		client_message(p, s, o);
		break;
	case QUERY:
		db_tell(o, (struct db_event) { .kind = DB_STATEMENT_END, .id = p->sync });
		db_tell_kind(o, DB_MESSAGE_END);
		end_batch(p, o, POSTGRESQL_QUERY);
		postgresql_copy_begin(&p->copy, true);
		steps_rest(s, IGNORED);
		break;
	case PARSE_NAME:
	case PARSE_TEXT:
		client_parse(p, s, o);
		break;
	case DESCRIBE:
	case DESCRIBE_NAME:
		client_describe(p, s, o);
		break;
	case BIND_PORTAL:
	case BIND_NAME:
	case BIND_FORMATS:
	case BIND_COUNT:
		client_bind(p, s, o);
		break;
	case FUNCTION:
		steps_take(s, BIND_FORMATS, 2);
		break;
	case EXECUTE:
		db_tell(o, (struct db_event) { .kind = DB_RUN, .name = p->bound, .id = p->sync });
		ask(p, o, POSTGRESQL_RUN, p->bound_at);
		postgresql_copy_begin(&p->copy, true);
		db_tell_kind(o, DB_MESSAGE_END);
		steps_rest(s, IGNORED);
		break;
	case COPY:
		/* Rows have their own ends: the messages are cut anywhere. */
		steps_rest(s, IGNORED);
		break;
	default:
		postgresql_list_step(p, o);
		break;
	}
}

/* ------------------------------------------------------------------ the server */

static void
answer_tls(struct postgresql *p, struct steps *s, const struct db_out *o)
{
	bool tls = p->tls_asked;

	p->tls_asked = p->gss_asked = false;
	if (s->buf[0] == 'S' && tls) {
		db_tell_kind(o, DB_HANDOVER);
		s->stop = true;
		p->side[CLIENT].steps.stop = true;
	} else if (s->buf[0] == 'G') {
		steps_pass(s, BEGIN, STEPS_NO_END - 1, CIPHERTEXT);
	} else if (s->buf[0] == 'E') {
		/* A server that does not know the wish: its message's type is read already. */
		p->side[SERVER].type = 'E';
		steps_take(s, ERROR_LEN, 4);
	} else {
		steps_next(s);
	}
}

/* "INSERT 0 5", "SELECT 3": the last number is that of rows. */
static uint64_t
rows_of(struct span tag)
{
	uint64_t n = 0;
	size_t at = tag.len;

	while (at > 0 && tag.p[at - 1] >= '0' && tag.p[at - 1] <= '9')
		at--;
	for (; at < tag.len && n < UINT32_MAX; at++)
		n = n * 10 + (tag.p[at] - '0');
	return n;
}

static void
server_message(struct postgresql *p, struct steps *s, const struct db_out *o)
{
	switch (p->side[SERVER].type) {
	case 'R':
		steps_take(s, AUTH, 4);
		break;
	case 't':
		p->side[SERVER].statement = postgresql_asked_described(&p->asked);
		steps_take(s, POSTGRESQL_TYPES, 2);
		break;
	case 'T':
		p->side[SERVER].statement = postgresql_asked_described(&p->asked);
		steps_take(s, POSTGRESQL_COLUMNS, 2);
		break;
	case 'n':
		postgresql_asked_granted(&p->asked, POSTGRESQL_DESCRIBE);
		steps_rest(s, IGNORED);
		break;
	case 'C':
		steps_until(s, TAG, 0);
		break;
	case 'D':
		steps_take(s, POSTGRESQL_VALUES, 2);
		break;
	case 'G':
	case 'H':
	case 'W':
		steps_take(s, COPY_FORMAT, 1);
		break;
	case 'd':
		steps_pass(s, COPY, s->left, COPY_DATA);
		break;
	case 'E':
	case 'N':
		steps_take(s, ERROR_FIELD, 1);
		break;
	case 'A':
		steps_take(s, NOTIFIER, 4);
		break;
	case 'V':
		steps_take(s, RESULT_LEN, 4);
		break;
	case 'I':
	case 's':
		postgresql_asked_granted(&p->asked, POSTGRESQL_RUN);
		db_tell(o, (struct db_event) { .kind = DB_ANSWER });
		steps_rest(s, IGNORED);
		break;
	case 'Z':
		db_tell_kind(o, DB_MESSAGE_END);
		db_tell(o, (struct db_event) { .kind = DB_SETTLED, .id = p->ready });
		postgresql_asked_settled(&p->asked);
		p->ready += p->ready != 0;
		steps_rest(s, IGNORED);
		break;
	default:
		steps_rest(s, IGNORED);
		break;
	}
}

/* What it quotes belongs to the request that it answers, and is told by now. */
static void
end_error(struct postgresql *p, struct steps *s, const struct db_out *o)
{
	if (p->side[SERVER].type == 'E' && p->code_len != 0)
		db_tell(o, (struct db_event) { .kind = DB_ANSWER,
					       .failed = true,
					       .bytes = span_of(p->code, p->code_len) });
	p->code_len = 0;
	steps_rest(s, IGNORED);
}

/*
 * Fields of an error or a notice: a letter and a text each. C is the SQLSTATE; message, detail,
 * hint and where it happened quote the values that it is about.
 */
static void
server_error(struct postgresql *p, struct steps *s, const struct db_out *o)
{
	if (s->state == ERROR_FIELD) {
		if (s->have == 0 || s->buf[0] == 0)
			end_error(p, s, o);
		else if (s->buf[0] == 'C')
			steps_until(s, ERROR_CODE, 0);
		else
			steps_text(s, ERROR_TEXT, 0,
				   memchr("MDHW", s->buf[0], 4) != NULL ? DATA : IGNORED);
		return;
	}
	if (s->state == ERROR_CODE)
		p->code_len = (uint8_t)span_append(p->code, 0, sizeof(p->code), steps_taken(s));
	else if (s->what == DATA)
		db_tell_kind(o, DB_VALUE_END);
	steps_take(s, ERROR_FIELD, 1);
}

/* Process 4 | channel NUL | text NUL: somebody else's, at any time. */
static void
notification(struct steps *s, const struct db_out *o)
{
	if (s->state == NOTIFIER) {
		steps_text(s, CHANNEL, 0, IGNORED);
	} else if (s->state == CHANNEL) {
		steps_text(s, NOTIFICATION, 0, DATA);
	} else {
		db_tell_kind(o, DB_VALUE_END);
		steps_rest(s, IGNORED);
	}
}

/* The result of a function call, like one column. */
static void
function_result(struct steps *s, const struct db_out *o)
{
	if (s->state == RESULT_LEN) {
		steps_pass(s, RESULT, s->have < 4 || read_be32(s->buf) == UINT32_MAX ? 0 : s->left,
			   DATA);
		return;
	}
	db_tell_kind(o, DB_VALUE_END);
	db_tell(o, (struct db_event) { .kind = DB_ANSWER });
	steps_rest(s, IGNORED);
}

static void
server_step(void *arg, struct steps *s)
{
	const struct db_out *o = arg;
	struct postgresql *p = o->parser;

	switch (s->state) {
	case BEGIN:
		steps_message(s, STEPS_NO_END);
		if (p->tls_asked || p->gss_asked)
			steps_take(s, ANSWER_TLS, 1);
		else
			steps_take(s, HEADER, 5);
		break;
	case ANSWER_TLS:
		answer_tls(p, s, o);
		break;
	case HEADER:
		p->side[SERVER].type = s->buf[0];
		s->lost = read_be32(s->buf + 1) < 4;
		steps_message(s, s->lost ? 0 : read_be32(s->buf + 1) - 4);
		server_message(p, s, o);
		break;
	case ERROR_LEN:
		s->lost = read_be32(s->buf) < 4;
		steps_message(s, s->lost ? 0 : read_be32(s->buf) - 4);
		server_message(p, s, o);
		break;
	case AUTH:
		if (s->have == 4 && read_be32(s->buf) == 0)
			db_tell(o, (struct db_event) { .kind = DB_ANSWER });
		steps_rest(s, IGNORED);
		break;
	case TAG:
		postgresql_asked_granted(&p->asked, POSTGRESQL_RUN);
		db_tell(o,
			(struct db_event) { .kind = DB_ANSWER, .rows = rows_of(steps_taken(s)) });
		steps_rest(s, IGNORED);
		break;
	case ERROR_FIELD:
	case ERROR_CODE:
	case ERROR_TEXT:
		server_error(p, s, o);
		break;
	case NOTIFIER:
	case CHANNEL:
	case NOTIFICATION:
		notification(s, o);
		break;
	case RESULT_LEN:
	case RESULT:
		function_result(s, o);
		break;
	case COPY_FORMAT:
		if (p->side[SERVER].type != 'G')
			postgresql_copy_begin(&p->copy, s->have == 1 && s->buf[0] == 1);
		steps_rest(s, IGNORED);
		break;
	case COPY:
		if (!p->copy.binary)
			db_tell_kind(o, DB_VALUE_END);
		steps_rest(s, IGNORED);
		break;
	default:
		postgresql_list_step(p, o);
		break;
	}
}

/* ------------------------------------------------------------------ both again */

static void
bytes(void *arg, struct steps *s, const uint8_t *data, size_t len)
{
	const struct db_out *o = arg;
	struct postgresql *p = o->parser;

	switch (s->what) {
	case COLUMN_NAME:
		postgresql_list_name(p, o, span_of(data, len));
		break;
	case COPY_DATA:
		postgresql_copy_push(&p->copy, o, span_of(data, len));
		break;
	case STATEMENT:
		db_tell(o, (struct db_event) { .kind = DB_STATEMENT,
					       .bytes = span_of(data, len),
					       .torn = s->torn,
					       .id = p->sync });
		break;
	case PREPARED:
		db_tell(o, (struct db_event) { .kind = DB_STATEMENT,
					       .bytes = span_of(data, len),
					       .torn = s->torn,
					       .prepared = true });
		break;
	default:
		db_tell_passed(arg, s, data, len);
		break;
	}
}

#define MAX_MESSAGE (UINT32_C(1) << 30)

static bool
is_type(unsigned dir, uint8_t c)
{
	return c != 0 &&
	       strchr(dir == CLIENT ? "QPBEDCHSXFpdcf" : "RKSZTD1234CEGHIWNnstdcAVv", c) != NULL;
}

/* One whole message, and another behind it or nothing. */
static bool
begins(unsigned dir, struct span s)
{
	uint32_t len;

	if (s.len < 5 || !is_type(dir, s.p[0]))
		return false;
	len = read_be32(s.p + 1);
	if (len < 4 || len > MAX_MESSAGE)
		return false;
	return len == s.len - 1 || (len < s.len - 1 && is_type(dir, s.p[1 + len]));
}

size_t
postgresql_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
		void *arg)
{
	struct postgresql *p = parser;
	struct db_out o = { p, (uint8_t)dir, fn, arg };

	return db_steps_push(&p->side[dir].steps, data, len,
			     dir == CLIENT ? client_step : server_step, bytes, begins, &o);
}

void
postgresql_gap(void *parser, unsigned dir, uint64_t len)
{
	struct postgresql *p = parser;

	p->ready = 0;
	postgresql_asked_gap(&p->asked);
	postgresql_copy_gap(&p->copy);
	if (!steps_gap(&p->side[dir].steps, len, DB_PASSED_UNREAD) && dir == CLIENT)
		p->started = true;
}

bool
postgresql_asks(struct span s)
{
	bool runs = false;

	while (s.len >= 5 && is_type(CLIENT, s.p[0])) {
		uint32_t len = read_be32(s.p + 1);
		struct span text = span_of(s.p + 5, s.len - 5);
		const uint8_t *end;

		if (len < 4 || len > MAX_MESSAGE)
			return false;
		if (s.p[0] == 'Q')
			return len > 5 && sql_begins(text);
		if (s.p[0] == 'P') {
			end = memchr(text.p, 0, text.len);
			return end != NULL &&
			       sql_begins(span_of(end + 1, (size_t)(text.p + text.len - end) - 1));
		}
		if (s.p[0] == 'S')
			return runs && len == 4;
		runs = runs || s.p[0] == 'E';
		if (len >= s.len)
			return false;
		s = span_of(s.p + 1 + len, s.len - 1 - len);
	}
	return false;
}
