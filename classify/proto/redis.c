#include "classify/proto/redis.h"

#include "classify/proto/db_words.h"
#include "classify/proto/probe.h"

enum { CLIENT, SERVER };

#define MAX_BULK    (UINT64_C(512) << 20) /* as the server limits it */
#define MAX_ARGS    (1u << 20)
#define MAX_NAME    32u
#define LEAST_TEXT  9u
#define MOST_DIGITS 16u

enum state {
	BEGIN = STEPS_BEGIN,
	LINE, /* the first of a command, or of an answer's part */
	ARG_LEN,
	NAME, /* of the command */
	KEPT, /* an argument that is told whole */
	KEPT_REST,
	VALUE,
	SECRET,
	BULK_KIND, /* the first string of what may be a message */
	BULK,
	CRLF,
};

enum what { IGNORED = DB_PASSED_IGNORED, DATA = DB_PASSED_VALUE };

/* Commands that mean more than their class. */
enum special { ORDINARY, SELECT, SUBSCRIBE, AUTH, HELLO, SECRET_ARGUMENTS };

struct command {
	const char *words; /* their names */
	enum db_class class;
	uint8_t key; /* the argument that is key or channel, from 1; 0: none */
	enum special special;
};

/* What is not here is other, with the first argument as its key. */
static const struct command commands[] = {
	{ "get mget getrange substr strlen exists type ttl pttl keys dump touch sort_ro hget "
	  "hgetall "
	  "hmget hkeys hvals hlen hscan hexists hstrlen hrandfield lrange lindex llen lpos "
	  "smembers "
	  "sismember smismember scard sscan srandmember sinter sunion sdiff zrange zrangebyscore "
	  "zrangebylex zrevrange zrevrangebyscore zscore zmscore zcard zcount zscan zrank zrevrank "
	  "bitcount bitpos getbit pfcount geopos geodist geosearch georadius_ro xrange xrevrange "
	  "xlen "
	  "json.get json.mget ft.search ft.aggregate",
	  DB_READ, 1, ORDINARY },
	{ "scan randomkey dbsize", DB_READ, 0, ORDINARY },
	{ "object xinfo", DB_READ, 2, ORDINARY },
	{ "set setex psetex setnx getset getdel getex append incr decr incrby decrby incrbyfloat "
	  "mset "
	  "msetnx del unlink expire pexpire expireat pexpireat persist rename renamenx copy move "
	  "restore setrange setbit bitfield sort hset hmset hsetnx hdel hincrby hincrbyfloat lpush "
	  "rpush lpushx rpushx lpop rpop lset lrem ltrim linsert blpop brpop rpoplpush brpoplpush "
	  "lmove blmove sadd srem spop smove sinterstore sunionstore sdiffstore zadd zrem zincrby "
	  "zpopmin zpopmax bzpopmin bzpopmax zremrangebyscore zremrangebyrank zunionstore "
	  "zinterstore "
	  "geoadd pfadd pfmerge xdel xtrim json.set json.del",
	  DB_WRITE, 1, ORDINARY },
	{ "bitop", DB_WRITE, 2, ORDINARY },
	{ "flushall flushdb client cluster shutdown save bgsave bgrewriteaof debug slowlog monitor "
	  "replicaof slaveof module script function command info latency memory role sync psync "
	  "replconf failover swapdb lastsave",
	  DB_ADMIN, 0, ORDINARY },
	{ "xgroup", DB_ADMIN, 2, ORDINARY },
	{ "config acl migrate sentinel", DB_ADMIN, 0, SECRET_ARGUMENTS },
	{ "auth", DB_AUTH, 0, AUTH },
	{ "hello", DB_AUTH, 0, HELLO },
	{ "ft.create ft.dropindex ft.alter", DB_SCHEMA, 1, ORDINARY },
	{ "multi exec discard unwatch", DB_TRANSACTION, 0, ORDINARY },
	{ "watch", DB_TRANSACTION, 1, ORDINARY },
	{ "publish spublish xadd", DB_PUBLISH, 1, ORDINARY },
	{ "subscribe psubscribe ssubscribe", DB_CONSUME, 1, SUBSCRIBE },
	{ "unsubscribe punsubscribe sunsubscribe xack xclaim xautoclaim", DB_CONSUME, 1, ORDINARY },
	{ "xread", DB_CONSUME, 0, ORDINARY },
	{ "xreadgroup", DB_CONSUME, 2, ORDINARY },
	{ "ping echo quit reset wait", DB_OTHER, 0, ORDINARY },
	{ "select", DB_OTHER, 0, SELECT },
	{ "eval evalsha eval_ro evalsha_ro fcall fcall_ro", DB_OTHER, 3, ORDINARY },
};

static const struct command unknown = { "", DB_OTHER, 1, ORDINARY };

static const struct command *
find_command(struct span name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (db_is_among(name, commands[i].words))
			return &commands[i];
	}
	return &unknown;
}

void
redis_init(void *parser, const bool midstream[2])
{
	struct redis *p = parser;

	for (unsigned dir = 0; dir < 2; dir++)
		p->side[dir].steps.lost = midstream[dir];
}

/* The number behind a type; false for what is none, or -1. */
static bool
number(struct span s, uint64_t *v)
{
	*v = 0;
	if (s.len > 0 && s.p[s.len - 1] == '\r')
		s.len--;
	if (s.len < 2 || s.len > 12)
		return false;
	for (size_t i = 1; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		*v = *v * 10 + (uint64_t)(s.p[i] - '0');
	}
	return true;
}

/* Up to the first blank or the end of the line. */
static struct span
first_word(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] > ' ')
		n++;
	return span_of(s.p, n);
}

/* ------------------------------------------------------------------ the client */

static void
begin_command(struct redis *p, struct span name, const struct db_out *o)
{
	const struct command *c = find_command(name);

	p->command = c;
	if (c->special == SUBSCRIBE)
		p->subscribed = true;
	db_tell(o, (struct db_event) { .kind = DB_REQUEST, .class = c->class });
}

/* Channels are few and stand for themselves, keys are not. */
static void
tell_target(const struct command *c, struct span s, const struct db_out *o)
{
	bool key = c->class != DB_PUBLISH && c->class != DB_CONSUME && c->class != DB_SCHEMA;

	if (s.len != 0)
		db_tell(o, (struct db_event) { .kind = DB_TARGET, .bytes = s, .key = key });
}

static void
end_command(struct steps *s, const struct db_out *o)
{
	db_tell_kind(o, DB_MESSAGE_END);
	steps_next(s);
}

/* A line of words; where the command has a secret, nothing behind its name is told. */
static void
inline_command(struct redis *p, struct steps *s, const struct db_out *o)
{
	struct span line = span_trim(steps_taken(s)), name, rest;
	const struct command *c;

	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	name = first_word(line);
	if (name.len == 0) {
		steps_next(s);
		return;
	}
	begin_command(p, name, o);
	c = p->command;
	rest = span_trim(span_of(line.p + name.len, line.len - name.len));
	if (c->key == 1)
		tell_target(c, first_word(rest), o);
	if (c->special < AUTH && rest.len != 0) {
		db_tell_bytes(o, DB_VALUE, rest);
		db_tell_kind(o, DB_VALUE_END);
	}
	end_command(s, o);
}

static void
next_argument(struct redis_side *side, const struct db_out *o)
{
	if (side->left == 0) {
		end_command(&side->steps, o);
		return;
	}
	steps_until(&side->steps, ARG_LEN, '\n');
}

static void
argument(struct redis *p, struct steps *s)
{
	struct redis_side *side = &p->side[CLIENT];
	const struct command *c = p->command;
	uint64_t len;
	bool kept;

	if (s->have == 0 || s->buf[0] != '$' || !number(steps_taken(s), &len) || len > MAX_BULK) {
		s->lost = true;
		return;
	}
	side->left--;
	side->bytes = 0;
	if (side->index == 0) {
		side->bytes = len > MAX_NAME ? len - MAX_NAME : 0;
		steps_take(s, NAME, (uint16_t)(len - side->bytes));
		return;
	}
	kept = side->index == c->key || c->special == SELECT;
	/* AUTH user password: of two the first is no secret. HELLO 3 AUTH user password. */
	if (c->special == AUTH)
		kept = side->index == 1 && side->left == 1;
	else if (c->special == HELLO)
		kept = side->index == 3;
	if (!kept && c->special >= AUTH) {
		steps_pass(s, SECRET, len + 2, IGNORED);
		return;
	}
	if (kept) {
		side->bytes = len > STEPS_BYTES ? len - STEPS_BYTES : 0;
		steps_take(s, KEPT, (uint16_t)(len - side->bytes));
	} else {
		steps_pass(s, VALUE, len, DATA);
	}
}

static void
kept_argument(struct redis *p, struct steps *s, const struct db_out *o)
{
	struct redis_side *side = &p->side[CLIENT];
	const struct command *c = p->command;

	if (c->class == DB_AUTH) {
		db_tell_bytes(o, DB_USER, steps_taken(s));
		steps_pass(s, SECRET, side->bytes + 2, IGNORED);
		return;
	}
	if (side->index == c->key)
		tell_target(c, steps_taken(s), o);
	else
		db_tell_bytes(o, DB_DATABASE, steps_taken(s));
	db_tell_bytes(o, DB_VALUE, steps_taken(s));
	steps_pass(s, VALUE, side->bytes, DATA);
}

static void
client_line(struct redis *p, struct steps *s, const struct db_out *o)
{
	struct redis_side *side = &p->side[CLIENT];

	if (s->have == 0 || s->buf[0] != '*') {
		inline_command(p, s, o);
		return;
	}
	if (!number(steps_taken(s), &side->left) || side->left > MAX_ARGS) {
		s->lost = true;
		return;
	}
	side->index = 0;
	if (side->left == 0)
		steps_next(s);
	else
		steps_until(s, ARG_LEN, '\n');
}

static void
client_step(void *arg, struct steps *s)
{
	const struct db_out *o = arg;
	struct redis *p = o->parser;
	struct redis_side *side = &p->side[CLIENT];

	switch (s->state) {
	case BEGIN:
		s->left = STEPS_NO_END;
		steps_until(s, LINE, '\n');
		break;
	case LINE:
		client_line(p, s, o);
		break;
	case ARG_LEN:
		argument(p, s);
		break;
	case NAME:
		begin_command(p, side->bytes != 0 ? span_of(NULL, 0) : steps_taken(s), o);
		steps_pass(s, SECRET, side->bytes + 2, IGNORED);
		break;
	case KEPT:
		kept_argument(p, s, o);
		break;
	case VALUE:
		db_tell_kind(o, DB_VALUE_END);
		steps_take(s, CRLF, 2);
		break;
	default:
		side->index++;
		next_argument(side, o);
		break;
	}
}

/* ------------------------------------------------------------------ the server */

static void
end_answer(struct redis *p, const struct db_out *o)
{
	if (p->message)
		db_tell_kind(o, DB_MESSAGE_END);
	else if (!p->pushed)
		db_tell(o, (struct db_event) { .kind = DB_ANSWER, .rows = p->rows });
}

/* One part is over. */
static void
end_part(struct redis *p, const struct db_out *o)
{
	struct redis_side *side = &p->side[SERVER];

	side->index++;
	if (--side->left == 0) {
		end_answer(p, o);
		steps_next(&side->steps);
	} else {
		steps_until(&side->steps, LINE, '\n');
	}
}

/* Is a string of that many bytes, the first of a list, perhaps the word "message"? */
static bool
begins_message(const struct redis *p, uint64_t len)
{
	return p->side[SERVER].index == 1 && (p->subscribed || p->pushed) && len >= 7 && len <= 8;
}

static void
message_kind(struct redis *p, struct steps *s, const struct db_out *o)
{
	struct span word = steps_taken(s);

	p->message =
	    span_is(word, "message") || span_is(word, "smessage") || span_is(word, "pmessage");
	p->channel_at = span_is(word, "pmessage") ? 3 : 2;
	if (p->message)
		db_tell(o, (struct db_event) {
			       .kind = DB_REQUEST, .class = DB_CONSUME, .unasked = true });
	steps_take(s, CRLF, 2);
}

/*
 * What a line says: a short text, a number, an error. Below LEAST_TEXT there is nothing to find in
 * one, and "OK" and ":1" are what most answers are; numbers longer than a card's are mostly made
 * up.
 */
static void
tell_line(struct span line, const struct db_out *o)
{
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	if (line.len <= LEAST_TEXT || (line.p[0] == ':' && line.len > 1 + MOST_DIGITS))
		return;
	db_tell_bytes(o, DB_VALUE, span_of(line.p + 1, line.len - 1));
	db_tell_kind(o, DB_VALUE_END);
}

static void
server_list(struct redis *p, uint64_t n)
{
	struct redis_side *side = &p->side[SERVER];

	if (side->index == 0)
		p->pushed = side->steps.buf[0] == '>';
	side->left += n;
}

static void
server_line(struct redis *p, struct steps *s, const struct db_out *o)
{
	struct redis_side *side = &p->side[SERVER];
	struct span line = steps_taken(s);
	uint64_t n;

	if (side->left == 0) {
		side->left = 1;
		side->index = 0;
		p->rows = 0;
		p->message = p->pushed = p->failed = false;
	}
	switch (s->have == 0 ? 0 : s->buf[0]) {
	case '$':
	case '=':
	case '!':
		p->failed = s->buf[0] == '!';
		if (!number(line, &n)) {
			end_part(p, o);
		} else if (n > MAX_BULK) {
			s->lost = true;
		} else if (begins_message(p, n) ||
			   (p->message && side->index == p->channel_at && n <= STEPS_BYTES)) {
			steps_take(s, BULK_KIND, (uint16_t)n);
		} else {
			steps_pass(s, BULK, n, DATA);
		}
		break;
	case '*':
	case '~':
	case '>':
		if (number(line, &n))
			server_list(p, n);
		end_part(p, o);
		break;
	case '%':
	case '|':
		if (number(line, &n))
			server_list(p, 2 * n + (s->buf[0] == '|'));
		end_part(p, o);
		break;
	case '-':
		tell_line(line, o);
		if (side->left == 1 && side->index == 0) {
			db_tell(o, (struct db_event) {
				       .kind = DB_ANSWER,
				       .failed = true,
				       .bytes = first_word(span_of(line.p + 1, line.len - 1)) });
			p->pushed = true;
		}
		end_part(p, o);
		break;
	case '+':
	case ':':
	case '(':
		tell_line(line, o);
		end_part(p, o);
		break;
	case '_':
	case '#':
	case ',':
		end_part(p, o);
		break;
	default:
		s->lost = true;
		break;
	}
}

static void
server_step(void *arg, struct steps *s)
{
	const struct db_out *o = arg;
	struct redis *p = o->parser;
	struct redis_side *side = &p->side[SERVER];

	switch (s->state) {
	case BEGIN:
		s->left = STEPS_NO_END;
		side->left = 0;
		steps_until(s, LINE, '\n');
		break;
	case LINE:
		server_line(p, s, o);
		break;
	case BULK_KIND:
		if (!p->message) {
			message_kind(p, s, o);
			break;
		}
		db_tell_bytes(o, DB_TARGET, steps_taken(s));
		steps_take(s, CRLF, 2);
		break;
	case BULK:
		p->rows += !p->failed;
		db_tell_kind(o, DB_VALUE_END);
		steps_take(s, CRLF, 2);
		break;
	default:
		end_part(p, o);
		break;
	}
}

/* ------------------------------------------------------------------ both */

static bool
begins(unsigned dir, struct span s)
{
	size_t n = 1;

	if (s.len < 4 || strchr(dir == CLIENT ? "*" : "*$+-:>%~", s.p[0]) == NULL)
		return false;
	if (s.p[0] == '+' || s.p[0] == '-')
		return memchr(s.p, '\n', s.len < 128 ? s.len : 128) != NULL && s.p[1] > ' ';
	while (n < s.len && n < 12 && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	if (n == 1 || s.len - n < 2 || s.p[n] != '\r' || s.p[n + 1] != '\n')
		return false;
	return dir == SERVER || (s.len - n > 2 && s.p[n + 2] == '$');
}

size_t
redis_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn, void *arg)
{
	struct redis *p = parser;
	struct db_out o = { p, (uint8_t)dir, fn, arg };

	return db_steps_push(&p->side[dir].steps, data, len,
			     dir == CLIENT ? client_step : server_step, db_tell_passed, begins, &o);
}

void
redis_gap(void *parser, unsigned dir, uint64_t len)
{
	struct redis *p = parser;

	steps_gap(&p->side[dir].steps, len, DB_PASSED_UNREAD);
}

/* RESP: a command is an array of bulk strings, "*2\r\n$4\r\n". */
static enum probe_answer
redis_command(struct span s)
{
	size_t i = 1;

	if (s.len == 0 || s.p[0] != '*')
		return PROBE_NO;
	while (i < s.len && i < 8 && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	if (i == s.len)
		return PROBE_MAYBE;
	return i == 1 ? PROBE_NO : probe_matches(probe_from(s, i), "\r\n$");
}

/* Inline commands and simple answers are too plain to be believed off the usual port. */
enum probe_answer
redis_probe(const struct detect_input *in)
{
	enum probe_answer a = redis_command(in->orig);

	if (a != PROBE_NO || !probe_port_is(in, 6379) || probe_question_may_come(in))
		return a;
	if (in->orig.len == 0)
		return probe_either(probe_begins(in->resp, "+OK\r\n"),
				    probe_begins(in->resp, "-NOAUTH"));
	return probe_either(probe_begins(in->orig, "PING\r\n"), probe_begins(in->orig, "AUTH "));
}
