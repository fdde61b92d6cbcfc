#include "classify/proto/memcached.h"

#include "classify/proto/db_words.h"
#include "classify/proto/probe.h"
#include "dataplane/port/cursor.h"

enum { CLIENT, SERVER };

#define MAX_BYTES (UINT64_C(1) << 30) /* the most an item can be told to be */
#define MAX_KEY	  250u
#define MAX_WORDS 8u

enum {
	HEADER_BYTES = 24,
	ASK = 0x80,
	ANSWER = 0x81,
	CODE_SASL_FIRST = 0x20,
	CODE_SASL_LAST = 0x22,
	CODE_MAX = 0x48,
};

enum state {
	BEGIN = STEPS_BEGIN,
	LINE,
	VALUE,
	VALUE_END,
	HEADER,
	EXTRAS,
	KEY,
	BODY,
};

enum what { IGNORED = DB_PASSED_IGNORED, DATA = DB_PASSED_VALUE };

void
memcached_init(void *parser, const bool midstream[2])
{
	struct memcached *p = parser;

	for (unsigned dir = 0; dir < 2; dir++)
		p->side[dir].steps.lost = midstream[dir];
}

static void
request(const struct db_out *o, enum db_class class, uint64_t id, bool unasked)
{
	db_tell(o, (struct db_event) {
		       .kind = DB_REQUEST, .class = class, .id = id, .unasked = unasked });
}

static void
key(struct span name, const struct db_out *o)
{
	if (name.len != 0)
		db_tell(o, (struct db_event) { .kind = DB_TARGET, .bytes = name, .key = true });
	db_tell_bytes(o, DB_VALUE, name);
	db_tell_kind(o, DB_VALUE_END);
}

/* ------------------------------------------------------------------ text */

/* Which word says how many bytes follow; 0: none do. */
static unsigned
length_at(struct span command)
{
	if (db_is_among(command, "set add replace append prepend cas"))
		return 4;
	return db_is_among(command, "ms") ? 2 : 0;
}

static enum db_class
class_of(struct span command)
{
	if (db_is_among(command, "get gets gat gats mg"))
		return DB_READ;
	if (length_at(command) != 0 || db_is_among(command, "delete incr decr touch md ma"))
		return DB_WRITE;
	if (db_is_among(command,
			"stats flush_all verbosity slabs lru lru_crawler watch cache_memlimit "
			"shutdown me"))
		return DB_ADMIN;
	return DB_OTHER;
}

static void
client_line(struct steps *s, const struct db_out *o)
{
	struct span words[MAX_WORDS];
	size_t nr = span_words(steps_taken(s), words, MAX_WORDS);
	unsigned at;
	uint64_t len;
	enum db_class class;

	steps_next(s);
	if (nr == 0)
		return;
	class = class_of(words[0]);
	at = length_at(words[0]);
	if (at != 0 && (nr <= at || !span_number(words[at], MAX_BYTES, &len))) {
		/* The server will say ERROR. */
		request(o, class, 0, false);
		return;
	}
	request(o, class, 0, nr > 1 && span_is(words[nr - 1], "noreply"));
	if (nr > 1 && class != DB_ADMIN && class != DB_OTHER)
		key(db_is_among(words[0], "gat gats") && nr > 2 ? words[2] : words[1], o);
	if (at != 0)
		steps_pass(s, VALUE, len, DATA);
	else
		db_tell_kind(o, DB_MESSAGE_END);
}

static void
answer(struct memcached *p, const struct db_out *o, uint64_t id, struct span code)
{
	db_tell(o, (struct db_event) { .kind = DB_ANSWER,
				       .id = id,
				       .rows = p->rows,
				       .failed = code.len != 0,
				       .bytes = code });
	p->rows = 0;
}

/* VALUE and STAT go on up to END; any other line is the whole answer. */
static void
server_line(struct memcached *p, struct steps *s, const struct db_out *o)
{
	struct span words[MAX_WORDS];
	size_t nr = span_words(steps_taken(s), words, MAX_WORDS);
	bool value, meta;
	uint64_t len;

	steps_next(s);
	if (nr == 0)
		return;
	value = span_is(words[0], "VALUE") && nr > 3;
	meta = span_is(words[0], "VA") && nr > 1;
	if ((value || meta) && span_number(words[value ? 3 : 1], MAX_BYTES, &len)) {
		p->rows++;
		steps_pass(s, meta ? BODY : VALUE, len, DATA);
	} else if (db_is_among(words[0], "error client_error server_error")) {
		answer(p, o, 0, words[0]);
	} else if (!db_is_among(words[0], "value stat item va")) {
		answer(p, o, 0, span_of(NULL, 0));
	}
}

/* ------------------------------------------------------------------ binary */

static enum db_class
class_of_code(uint8_t code)
{
	static const uint8_t reads[] = { 0x00, 0x09, 0x0c, 0x0d, 0x1d, 0x1e, 0x23, 0x24 };
	static const uint8_t admin[] = { 0x08, 0x10, 0x18, 0x1b };

	if (code >= CODE_SASL_FIRST && code <= CODE_SASL_LAST)
		return DB_AUTH;
	if (memchr(reads, code, sizeof(reads)) != NULL)
		return DB_READ;
	if (memchr(admin, code, sizeof(admin)) != NULL)
		return DB_ADMIN;
	return code == 0x07 || code == 0x0a || code == 0x0b || code == 0x17 ? DB_OTHER : DB_WRITE;
}

static void
header(struct memcached *p, struct memcached_side *side, const struct db_out *o)
{
	struct steps *s = &side->steps;

	side->code = s->buf[1];
	side->key = read_be16(s->buf + 2);
	side->extras = s->buf[4];
	side->status = read_be16(s->buf + 6);
	side->body = read_be32(s->buf + 8);
	side->id = read_be32(s->buf + 12);
	s->lost = s->buf[0] != (o->dir == CLIENT ? ASK : ANSWER) || side->body > MAX_BYTES ||
		  side->key > MAX_KEY || side->body < side->extras + (uint32_t)side->key;
	if (s->lost)
		return;
	steps_message(s, side->body);
	if (o->dir == CLIENT)
		request(o, class_of_code(side->code), side->id + UINT64_C(1), false);
	else
		db_tell(o, (struct db_event) { .kind = DB_ANSWER_BEGINS,
					       .id = side->id + UINT64_C(1) });
	p->rows = o->dir == SERVER && side->status == 0 && class_of_code(side->code) == DB_READ;
	steps_pass(s, EXTRAS, side->extras, IGNORED);
}

static void
end_binary(struct memcached *p, struct memcached_side *side, const struct db_out *o)
{
	static const char digits[] = "0123456789abcdef";
	char text[6] = { '0',
			 'x',
			 digits[side->status >> 12],
			 digits[side->status >> 8 & 15],
			 digits[side->status >> 4 & 15],
			 digits[side->status & 15] };

	db_tell_kind(o, DB_VALUE_END);
	db_tell_kind(o, DB_MESSAGE_END);
	/* 0x21: SASL goes on. */
	if (o->dir == SERVER)
		answer(p, o, side->id + UINT64_C(1),
		       span_of(text, side->status == 0 || side->status == 0x21 ? 0 : sizeof(text)));
	steps_next(&side->steps);
}

/* ------------------------------------------------------------------ both */

static void
begin(struct memcached *p, struct steps *s)
{
	s->left = STEPS_NO_END;
	if (p->binary)
		steps_take(s, HEADER, HEADER_BYTES);
	else
		steps_until(s, LINE, '\n');
}

static void
step(void *arg, struct steps *s)
{
	const struct db_out *o = arg;
	struct memcached *p = o->parser;
	struct memcached_side *side = &p->side[o->dir];
	bool secret = side->code >= CODE_SASL_FIRST && side->code <= CODE_SASL_LAST;

	switch (s->state) {
	case BEGIN:
		begin(p, s);
		break;
	case LINE:
		if (o->dir == CLIENT)
			client_line(s, o);
		else
			server_line(p, s, o);
		break;
	case VALUE:
		db_tell_kind(o, DB_VALUE_END);
		if (o->dir == CLIENT)
			db_tell_kind(o, DB_MESSAGE_END);
		steps_take(s, VALUE_END, 2);
		break;
	case HEADER:
		header(p, side, o);
		break;
	case EXTRAS:
		steps_take(s, KEY, side->key);
		break;
	case KEY:
		if (side->key != 0 && o->dir == CLIENT && !secret)
			key(steps_taken(s), o);
		steps_pass(s, BODY, s->left, secret ? IGNORED : DATA);
		break;
	case BODY:
		if (p->binary) {
			end_binary(p, side, o);
			break;
		}
		db_tell_kind(o, DB_VALUE_END);
		answer(p, o, 0, span_of(NULL, 0));
		steps_take(s, VALUE_END, 2);
		break;
	default:
		steps_next(s);
		break;
	}
}

static bool
is_header(struct span s, uint8_t magic)
{
	return s.len >= HEADER_BYTES && s.p[0] == magic && s.p[1] < CODE_MAX && s.p[5] == 0 &&
	       read_be16(s.p + 2) <= MAX_KEY && read_be32(s.p + 8) <= MAX_BYTES &&
	       read_be32(s.p + 8) >= read_be16(s.p + 2) + (uint32_t)s.p[4];
}

static bool
is_command(struct span s)
{
	struct span words[MAX_WORDS];
	const uint8_t *end = memchr(s.p, '\n', s.len);
	unsigned at;
	uint64_t len;
	size_t nr;

	if (end == NULL || end == s.p || end[-1] != '\r')
		return false;
	for (const uint8_t *c = s.p; c < end - 1; c++) {
		if (*c < ' ' || *c == 0x7f)
			return false;
	}
	nr = span_words(span_of(s.p, (size_t)(end - s.p)), words, MAX_WORDS);
	/* As they are written, and no other way: these are plain words. */
	if (nr == 0 || words[0].p[0] < 'a')
		return false;
	at = length_at(words[0]);
	if (at != 0)
		return nr > at && span_number(words[at], MAX_BYTES, &len) &&
		       words[1].len <= MAX_KEY;
	if (db_is_among(words[0], "get gets delete incr decr touch mg md ma gat gats"))
		return nr > 1 && words[1].len <= MAX_KEY;
	return (db_is_among(words[0], "version quit mn") && nr == 1) ||
	       (db_is_among(words[0], "stats flush_all") && nr <= 2);
}

static bool
begins(unsigned dir, struct span s)
{
	static const char *const words[] = { "VALUE ",	"END\r",	 "STORED\r",
					     "NOT_",	"DELETED",	 "EXISTS\r",
					     "ERROR\r", "SERVER_ERROR ", "CLIENT_ERROR ",
					     "HD",	"VA ",		 "EN\r",
					     NULL };

	if (is_header(s, dir == CLIENT ? ASK : ANSWER))
		return true;
	if (dir == CLIENT)
		return is_command(s);
	for (const char *const *w = words; *w != NULL; w++) {
		if (span_starts(s, *w))
			return true;
	}
	return false;
}

size_t
memcached_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
	       void *arg)
{
	struct memcached *p = parser;
	struct db_out o = { p, (uint8_t)dir, fn, arg };

	if (!p->known && len != 0) {
		p->known = true;
		p->binary = data[0] == (dir == CLIENT ? ASK : ANSWER);
	}
	return db_steps_push(&p->side[dir].steps, data, len, step, db_tell_passed, begins, &o);
}

void
memcached_gap(void *parser, unsigned dir, uint64_t len)
{
	struct memcached *p = parser;

	steps_gap(&p->side[dir].steps, len, DB_PASSED_UNREAD);
}

/* The header of a request as clients write it: with a key in letters, or of a kind that has none.
 */
static bool
is_request(struct span s)
{
	static const uint8_t without[] = { 0x07, 0x08, 0x0a, 0x0b, 0x10, 0x17, 0x18, 0x20 };
	uint16_t key_len = read_be16(s.p + 2);
	size_t from = HEADER_BYTES + (size_t)s.p[4];

	if (!is_header(s, ASK) || read_be16(s.p + 6) != 0)
		return false;
	if (key_len == 0)
		return memchr(without, s.p[1], sizeof(without)) != NULL &&
		       read_be32(s.p + 8) == s.p[4] && s.p[4] <= 8;
	if (s.p[4] != 0 && s.p[4] != 4 && s.p[4] != 8 && s.p[4] != 20)
		return false;
	for (size_t i = from; i < from + key_len && i < s.len; i++) {
		if (s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	}
	return true;
}

/* A whole first line, or a whole header with its key. */
enum probe_answer
memcached_probe(const struct detect_input *in)
{
	struct span s = in->orig;

	if (s.len == 0)
		return PROBE_NO;
	if (s.p[0] == ASK) {
		if (s.len < HEADER_BYTES ||
		    (s.len < DETECT_BYTES &&
		     s.len < HEADER_BYTES + (size_t)s.p[4] + read_be16(s.p + 2)))
			return PROBE_MAYBE;
		return is_request(s) ? PROBE_YES : PROBE_NO;
	}
	for (size_t i = 0; i < s.len && s.p[i] != '\n'; i++) {
		if ((s.p[i] < ' ' && s.p[i] != '\r') || s.p[i] >= 0x7f || (i == 0 && s.p[i] < 'a'))
			return PROBE_NO;
	}
	if (memchr(s.p, '\n', s.len) == NULL)
		return s.len < DETECT_BYTES ? PROBE_MAYBE : PROBE_NO;
	return is_command(s) ? PROBE_YES : PROBE_NO;
}
