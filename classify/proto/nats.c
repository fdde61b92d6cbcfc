#include "classify/proto/nats.h"

#include "classify/proto/db_words.h"
#include "classify/proto/probe.h"

enum { CLIENT, SERVER };

#define CONNECT_ID 1u
#define MAX_BYTES  (UINT64_C(64) << 20) /* the most a server can be told to take */
#define MAX_WORDS  6u

enum state { BEGIN = STEPS_BEGIN, LINE, PAYLOAD, PAYLOAD_END };

enum what { IGNORED = DB_PASSED_IGNORED, DATA = DB_PASSED_VALUE };

void
nats_init(void *parser, const bool midstream[2])
{
	struct nats *p = parser;

	p->begun = midstream[CLIENT];
	for (unsigned dir = 0; dir < 2; dir++)
		p->side[dir].steps.lost = midstream[dir];
}

/* {"user":"ada", ...}: the one field that is wanted. */
static void
user(struct span json, const struct db_out *o)
{
	static const char key[] = "\"user\":";
	size_t at = 0, n;

	while (at + sizeof(key) < json.len && memcmp(json.p + at, key, sizeof(key) - 1) != 0)
		at++;
	at += sizeof(key) - 1;
	while (at < json.len && json.p[at] == ' ')
		at++;
	if (at >= json.len || json.p[at] != '"')
		return;
	for (n = ++at; n < json.len && json.p[n] != '"';)
		n++;
	if (n < json.len)
		db_tell_bytes(o, DB_USER, span_of(json.p + at, n - at));
}

static void
request(const struct db_out *o, enum db_class class, bool unasked)
{
	db_tell(o, (struct db_event) { .kind = DB_REQUEST,
				       .class = class,
				       .id = unasked ? 0 : CONNECT_ID,
				       .unasked = unasked });
}

/* PUB, HPUB, MSG, HMSG: the last word is how many bytes follow. */
static void
message(struct steps *s, const struct span *words, size_t nr, const struct db_out *o)
{
	uint64_t len;

	if (nr < 3 || !span_number(words[nr - 1], MAX_BYTES, &len)) {
		s->lost = true;
		return;
	}
	request(o, o->dir == CLIENT ? DB_PUBLISH : DB_CONSUME, true);
	db_tell_bytes(o, DB_TARGET, words[1]);
	steps_pass(s, PAYLOAD, len, DATA);
}

static void
connected(struct nats *p, struct span error, const struct db_out *o)
{
	if (p->connecting || error.len != 0)
		db_tell(o, (struct db_event) { .kind = DB_ANSWER,
					       .id = p->connecting ? CONNECT_ID : UINT64_MAX,
					       .failed = error.len != 0,
					       .bytes = error });
	p->connecting = false;
}

static struct span
without_quotes(struct span s)
{
	while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\''))
		s = span_of(s.p + 1, s.len - 1);
	while (s.len > 0 && (s.p[s.len - 1] <= ' ' || s.p[s.len - 1] == '\''))
		s.len--;
	return s;
}

static void
line(struct nats *p, struct steps *s, const struct db_out *o)
{
	struct span text = steps_taken(s), words[MAX_WORDS];
	size_t nr = span_words(text, words, MAX_WORDS);

	steps_next(s);
	if (nr == 0)
		return;
	if (o->dir == CLIENT && db_is_among(words[0], "pub hpub")) {
		message(s, words, nr, o);
	} else if (o->dir == SERVER && db_is_among(words[0], "msg hmsg")) {
		message(s, words, nr, o);
	} else if (o->dir == CLIENT && db_is_among(words[0], "connect")) {
		p->connecting = true;
		request(o, DB_AUTH, false);
		user(text, o);
	} else if (o->dir == CLIENT && db_is_among(words[0], "sub")) {
		request(o, DB_CONSUME, true);
		if (nr > 1)
			db_tell_bytes(o, DB_TARGET, words[1]);
	} else if (o->dir == SERVER && db_is_among(words[0], "+ok pong")) {
		connected(p, span_of(NULL, 0), o);
	} else if (o->dir == SERVER && db_is_among(words[0], "-err")) {
		connected(p, without_quotes(span_of(text.p + 4, text.len - 4)), o);
	} else if (!db_is_among(words[0], "unsub ping pong info")) {
		s->lost = true;
	}
}

static void
step(void *arg, struct steps *s)
{
	const struct db_out *o = arg;

	switch (s->state) {
	case BEGIN:
		s->left = STEPS_NO_END;
		steps_until(s, LINE, '\n');
		break;
	case LINE:
		line(o->parser, s, o);
		break;
	case PAYLOAD:
		db_tell_kind(o, DB_VALUE_END);
		db_tell_kind(o, DB_MESSAGE_END);
		steps_take(s, PAYLOAD_END, 2);
		break;
	default:
		steps_next(s);
		break;
	}
}

static bool
begins(unsigned dir, struct span s)
{
	static const char *const client[] = { "PUB ",	"HPUB ",  "SUB ",      "UNSUB ",
					      "PING\r", "PONG\r", "CONNECT {", NULL };
	static const char *const server[] = { "MSG ",  "HMSG ", "PING\r", "PONG\r",
					      "+OK\r", "-ERR ", "INFO {", NULL };

	for (const char *const *w = dir == CLIENT ? client : server; *w != NULL; w++) {
		if (span_starts(s, *w))
			return true;
	}
	return false;
}

size_t
nats_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn, void *arg)
{
	struct nats *p = parser;
	struct db_out o = { p, (uint8_t)dir, fn, arg };

	if (dir == CLIENT && !p->begun && len != 0 && data[0] == 0x16) {
		db_tell_kind(&o, DB_HANDOVER);
		return 0;
	}
	p->begun = p->begun || dir == CLIENT;
	return db_steps_push(&p->side[dir].steps, data, len, step, db_tell_passed, begins, &o);
}

void
nats_gap(void *parser, unsigned dir, uint64_t len)
{
	struct nats *p = parser;

	p->begun = true;
	steps_gap(&p->side[dir].steps, len, DB_PASSED_UNREAD);
}

enum probe_answer
nats_probe(const struct detect_input *in)
{
	return probe_either(probe_begins(in->resp, "INFO {"), probe_begins(in->orig, "CONNECT {"));
}
