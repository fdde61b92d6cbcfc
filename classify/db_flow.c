#include "classify/db_flow.h"

#include "classify/detect/value.h"
#include "classify/key_pattern.h"
#include "classify/proto/sql_class.h"
#include "dataplane/port/cursor.h"

static const uint8_t newline = '\n', tab = '\t', text_end = VALUE_TEXT_END;

const size_t db_flow_bytes = sizeof(struct db_flow);

static uint8_t
keep_name(const struct db_flow *f, char *to, size_t cap, struct span s)
{
	return db_ops_keep_name(&f->ops, to, cap, s);
}

/* Of the one request under way, when that is about vectors. */
static bool
only_vectors_wait(const struct db_flow *f)
{
	return f->nr_pending == 1 && f->overflow == 0 && f->pending[f->oldest].vector.name != NULL;
}

static void
merge_types(struct db_flow *f, unsigned dir, enum db_class class)
{
	struct conn_types *found = &f->types[dir];
	struct db_op *op;

	for (unsigned i = 0; only_vectors_wait(f) && i < found->nr; i++)
		conn_types_add(f->env, &f->vector_types[dir], f->env->types[found->id[i]]);

	if (found->nr == 0)
		return;
	op = db_ops_of(&f->ops, class);
	if (op != NULL)
		db_op_found(&f->ops, op, found);
	found->nr = 0;
}

/* ------------------------------------------------------------------ scanned text */

static struct db_pending *
pending_at(struct db_flow *f, unsigned i)
{
	return &f->pending[(f->oldest + i) % DB_MAX_PENDING];
}

/* The request of that id, or the oldest where id is 0; NULL when it does not wait. */
static struct db_pending *
waiting(struct db_flow *f, uint64_t id, unsigned *at)
{
	unsigned i = 0;

	while (id != 0 && i < f->nr_pending && pending_at(f, i)->id != id)
		i++;
	*at = i;
	return i < f->nr_pending ? pending_at(f, i) : NULL;
}

/* What a finding is about: of an answer, the request that it answers. */
static struct span
context_of(struct db_flow *f, unsigned dir)
{
	struct db_pending *p;
	struct span s;
	unsigned at;

	if (dir == 1 && f->delivering)
		return span_of(f->delivered, f->delivered_len);
	if (dir == 1) {
		p = waiting(f, f->answering, &at);
		return p != NULL ? span_of(p->target, p->target_len) : span_of(NULL, 0);
	}
	if (f->target_len == 0 && f->sql.len != 0) {
		struct span text = sql_text_so_far(&f->sql);

		sql_classify(text, &s);
		/* At the very end it may be the beginning of a longer name. */
		return s.len != 0 && s.p + s.len == text.p + text.len ? span_of(NULL, 0) : s;
	}
	return span_of(f->target, f->target_len);
}

static enum db_class
class_at_hand(struct db_flow *f, unsigned dir)
{
	const struct db_pending *p;
	unsigned at;

	if (dir == 1 && f->delivering)
		return f->delivered_class;
	p = dir == 1 ? waiting(f, f->answering, &at) : NULL;
	return p != NULL ? p->class : f->class;
}

static void
found_in(struct db_flow *f, unsigned dir, const struct finding *finding)
{
	f->c->field = context_of(f, dir);
	conn_finding(f->env, f->c, finding, &f->types[dir]);
	f->c->field = span_of(NULL, 0);
}

static void
found_sent(void *arg, const struct finding *finding)
{
	found_in(arg, 0, finding);
}

static void
found_received(void *arg, const struct finding *finding)
{
	found_in(arg, 1, finding);
}

static scan_found_fn *const found_fns[2] = { found_sent, found_received };

/* What was asked about comes before what is answered: card:{} is a word about a value. */
static void
put_context(struct db_flow *f, unsigned dir)
{
	struct span about = context_of(f, dir);

	if (dir == 0 || about.len == 0 || f->scan[dir] == NULL)
		return;
	scan_push(f->scan[dir], about.p, about.len, found_fns[dir], f);
	scan_push(f->scan[dir], &text_end, 1, found_fns[dir], f);
}

static struct wrapped_in
wrapped(struct db_flow *f, unsigned dir)
{
	return (struct wrapped_in) { &f->wrapped[dir], f->env, BUFFER_DB_TEXT, found_fns[dir], f };
}

static void
end_wrapped(struct db_flow *f, unsigned dir)
{
	struct wrapped_in in = wrapped(f, dir);

	wrapped_text_end(&in);
}

/*
 * Messages, documents and what is written are wrapped like that. Rows of SQL are many and short: of
 * them the large values are looked into.
 */
static bool
may_be_wrapped(const struct db_flow *f, unsigned dir)
{
	return dir == CONN_ORIG || f->large ||
	       (f->c->protocol != PROTOCOL_POSTGRESQL && f->c->protocol != PROTOCOL_MYSQL &&
		f->c->protocol != PROTOCOL_CASSANDRA);
}

static void
scan_bytes(struct db_flow *f, unsigned dir, const uint8_t *data, size_t len)
{
	struct wrapped_in in = wrapped(f, dir);

	if (len == 0)
		return;
	scan_push(f->scan[dir], data, len, found_fns[dir], f);
	if (f->value[dir].compression == COMPRESSION_NONE && may_be_wrapped(f, dir))
		wrapped_text_push(&in, data, len);
}

/* Whose texts may have lengths in them that nobody takes out. */
static bool
has_lengths(const struct db_flow *f)
{
	return f->c->protocol == PROTOCOL_POSTGRESQL || f->c->protocol == PROTOCOL_CASSANDRA;
}

static void
scan_around_lengths(struct db_flow *f, unsigned dir, struct span s)
{
	struct length_marks *marks = &f->lengths[dir];

	if (f->c->protocol == PROTOCOL_POSTGRESQL && !marks->begun && s.len != 0)
		length_marks_begin(marks, s.p[0]);
	while (s.len != 0) {
		size_t n = length_marks_push(marks, s.p, s.len);

		scan_bytes(f, dir, s.p, n);
		if (n == s.len)
			break;
		scan_bytes(f, dir, &text_end, 1);
		s = span_of(s.p + n + 1, s.len - n - 1);
	}
}

static void
scan(struct db_flow *f, unsigned dir, struct span s)
{
	if (f->scan[dir] == NULL && !f->refused[dir]) {
		f->scan[dir] = scan_open(f->env->scanner, BUFFER_DB_TEXT);
		f->refused[dir] = f->scan[dir] == NULL;
		f->env->counters.scan_refused += f->refused[dir];
		put_context(f, dir);
	}
	if (f->scan[dir] == NULL)
		f->unscanned += s.len;
	else if (has_lengths(f))
		scan_around_lengths(f, dir, s);
	else
		scan_bytes(f, dir, s.p, s.len);
}

static void
value_bytes(struct db_flow *f, unsigned dir, struct span s)
{
	struct wrapped_in in = wrapped(f, dir);
	const struct db_value *v = &f->value[dir];

	if (v->compression != COMPRESSION_NONE)
		wrapped_text_compressed(&in, (enum compression)v->compression, s);
	scan(f, dir, s);
}

/*
 * A piece of a value, which may be compressed: producers and caches do that by themselves. It is
 * searched as it is, too, for it may be something else.
 */
static void
value(struct db_flow *f, unsigned dir, struct span s)
{
	struct db_value *v = &f->value[dir];

	if (!v->begun) {
		uint8_t held = v->nr;

		v->nr = (uint8_t)span_append(v->begin, held, sizeof(v->begin), s);
		v->compression = (uint8_t)compression_of(span_of(v->begin, v->nr));
		if (v->compression == COMPRESSION_MORE)
			return;
		v->begun = true;
		v->nr = 0;
		if (held != 0)
			value_bytes(f, dir, span_of(v->begin, held));
	}
	value_bytes(f, dir, s);
}

/* Of the value at hand nothing more comes. */
static void
forget_value(struct db_flow *f, unsigned dir)
{
	struct db_value *v = &f->value[dir];

	if (v->nr != 0)
		scan(f, dir, span_of(v->begin, v->nr));
	*v = (struct db_value) { .begun = false };
	end_wrapped(f, dir);
	f->lengths[dir] = (struct length_marks) { 0 };
}

/* The message is over: what waits is judged, the stream goes back. */
static void
close_scan(struct db_flow *f, unsigned dir)
{
	forget_value(f, dir);
	if (f->scan[dir] != NULL)
		scan_close(f->scan[dir], found_fns[dir], f);
	f->scan[dir] = NULL;
	f->refused[dir] = false;
}

/* ------------------------------------------------------------------ requests and answers */

/* e: its answer, or NULL. */
static void
put_vectors(struct db_flow *f, const struct db_pending *p, const struct db_event *e)
{
	const struct pgvector_operation *o = &p->vector;
	struct record *r;

	f->env->counters.vector_operations++;
	if (f->c->ai_service == NULL)
		f->c->ai_service = "vector_store.pgvector";
	r = conn_begin(f->env, f->c, RECORD_LLM);
	if (r == NULL)
		return;
	record_put_uint(r, RF_TRANSACTION, p->ordinal);
	record_put_string(r, RF_GEN_AI_PROVIDER_NAME, "vector_store.pgvector");
	record_put_string(r, RF_GEN_AI_DIALECT, "pgvector");
	record_put_string(r, RF_GEN_AI_OPERATION_NAME, o->name);
	record_put_text(r, RF_VECTOR_COLLECTION, p->target, p->target_len);
	if (o->count != 0)
		record_put_uint(r, RF_VECTOR_COUNT, o->count);
	if (o->limit != 0)
		record_put_uint(r, RF_VECTOR_LIMIT, o->limit);
	if (e != NULL && !e->failed && strcmp(o->name, "vector_query") == 0)
		record_put_uint(r, RF_VECTOR_RESULTS, e->rows);
	record_put_string(r, RF_DETECTED_BY, "payload");
	if (e != NULL)
		record_put_uint(r, RF_DURATION_US, f->env->now_us - p->asked_us);
	if (f->nr_pending == 1) {
		conn_types_put(f->env, &f->vector_types[0], RF_DATA_TYPES_SENT, r);
		conn_types_put(f->env, &f->vector_types[1], RF_DATA_TYPES_RECEIVED, r);
	}
	f->vector_types[0].nr = f->vector_types[1].nr = 0;
	if (e == NULL)
		record_put_bool(r, RF_INCOMPLETE, true);
	conn_emit(f->env);
}

static void
drop_pending(struct db_flow *f, unsigned i)
{
	if (pending_at(f, i)->vector.name != NULL)
		put_vectors(f, pending_at(f, i), NULL);
	for (; i > 0; i--)
		*pending_at(f, i) = *pending_at(f, i - 1);
	f->oldest = (uint8_t)((f->oldest + 1) % DB_MAX_PENDING);
	f->nr_pending--;
}

static void
wait_for_answer(struct db_flow *f, uint64_t id)
{
	struct pgvector_operation vector = f->vector;
	struct db_pending *p;

	f->vector.name = NULL;
	if (id == 0 && (f->overflow != 0 || f->nr_pending == DB_MAX_PENDING)) {
		f->overflow++;
		return;
	}
	if (f->nr_pending == DB_MAX_PENDING)
		drop_pending(f, 0);
	p = pending_at(f, f->nr_pending++);
	p->id = id;
	p->asked_us = f->env->now_us;
	p->class = f->class;
	p->ordinal = f->nr_requests;
	p->vector = vector;
	p->target_len =
	    keep_name(f, p->target, sizeof(p->target), span_of(f->target, f->target_len));
}

static void
request(struct db_flow *f, enum db_class class, uint64_t id, bool answered)
{
	f->class = class;
	db_ops_count(&f->ops, class);
	if (answered)
		wait_for_answer(f, id);
	f->nr_requests++;
}

/* A message comes from the server by itself: an operation, but none of the client's. */
static void
deliver(struct db_flow *f, enum db_class class)
{
	f->delivering = true;
	f->delivered_class = class;
	f->delivered_len = 0;
	db_ops_count(&f->ops, class);
}

static void
add_target(struct db_flow *f, enum db_class class, struct span s)
{
	struct db_op *op = db_ops_of(&f->ops, class);

	if (op != NULL)
		db_op_target(&f->ops, op, s);
}

/* What is answered is about this: of several topics the one at hand. */
static void
answered_target(struct db_flow *f, struct span s)
{
	unsigned at;
	struct db_pending *p = waiting(f, f->answering, &at);

	if (f->delivering) {
		f->delivered_len = keep_name(f, f->delivered, sizeof(f->delivered), s);
		add_target(f, f->delivered_class, span_of(f->delivered, f->delivered_len));
	}
	if (f->delivering || p == NULL)
		return;
	p->target_len = keep_name(f, p->target, sizeof(p->target), s);
	add_target(f, p->class, span_of(p->target, p->target_len));
}

/* The request at hand is about this. */
static void
target(struct db_flow *f, struct span s, bool key)
{
	uint8_t pattern[KEY_PATTERN_BYTES];

	if (key)
		s = key_pattern(s, pattern);
	f->target_len = keep_name(f, f->target, sizeof(f->target), s);
	add_target(f, f->class, span_of(f->target, f->target_len));
	/* The newest that waits is the one that was just told. */
	if (f->nr_pending != 0) {
		struct db_pending *p = pending_at(f, f->nr_pending - 1u);

		if (p->target_len == 0)
			p->target_len = keep_name(f, p->target, sizeof(p->target), s);
	}
}

static void
answer(struct db_flow *f, const struct db_event *e)
{
	unsigned i;
	struct db_pending *p = waiting(f, e->id, &i);
	struct db_op *op;

	/* While it is known what the result is of. */
	close_scan(f, 1);
	f->answering = 0;
	if (p == NULL && e->id == 0 && f->overflow != 0)
		f->overflow--;
	if (p == NULL && !e->failed)
		return;
	op = db_ops_of(&f->ops, p != NULL ? p->class : f->class);
	if (op != NULL && p != NULL)
		db_op_answered(op, f->env->now_us - p->asked_us);
	if (op != NULL) {
		op->last_us = f->env->now_us;
		op->rows += e->rows;
	}
	if (op != NULL && e->failed)
		db_op_failed(&f->ops, op, e->bytes);
	if (p != NULL) {
		merge_types(f, 1, p->class);
		if (p->vector.name != NULL)
			put_vectors(f, p, e);
		p->vector.name = NULL;
		drop_pending(f, i);
	}
}

static void
settled(struct db_flow *f, uint64_t id)
{
	unsigned i = 0;

	f->overflow = 0;
	while (i < f->nr_pending) {
		if (id == 0 || pending_at(f, i)->id == id)
			drop_pending(f, i);
		else
			i++;
	}
}

/* ------------------------------------------------------------------ statements */

static struct db_prepared *
prepared_as(struct db_flow *f, uint64_t id)
{
	for (unsigned i = 0; i < DB_MAX_PREPARED; i++) {
		if (f->prepared[i].id == id)
			return &f->prepared[i];
	}
	return NULL;
}

static void
prepare(struct db_flow *f, uint64_t id, enum db_class class, struct span about, struct span text,
	struct pgvector_operation vector)
{
	struct db_prepared *p = prepared_as(f, id);

	if (p == NULL) {
		p = &f->prepared[f->next_prepared];
		f->env->counters.db_statements_forgotten += p->id != UINT64_MAX;
		f->last_prepared = f->next_prepared;
		f->next_prepared = (uint8_t)((f->next_prepared + 1) % DB_MAX_PREPARED);
	}
	p->id = id;
	p->class = class;
	p->vector = vector;
	p->target_len = keep_name(f, p->target, sizeof(p->target), about);
	p->text_len = (uint8_t)(text.len < DB_PREPARED_TEXT ? text.len : DB_PREPARED_TEXT);
	if (p->text_len != 0)
		memcpy(p->text, text.p, p->text_len);
}

static void
rename_prepared(struct db_flow *f, uint64_t from, uint64_t to)
{
	struct db_prepared *p = from == 0 ? &f->prepared[f->last_prepared] : prepared_as(f, from);

	if (p != NULL)
		p->id = to;
}

static void
use_database(struct db_flow *f, struct span text)
{
	struct db_ops *o = &f->ops;
	size_t at = 4;

	if (text.len < 5 || !span_is_nocase(span_of(text.p, 4), "use "))
		return;
	while (at < text.len && (text.p[at] == '"' || text.p[at] == '`'))
		at++;
	o->name_len = keep_name(f, o->name, sizeof(o->name), span_of(text.p + at, text.len - at));
	while (o->name_len > 0 &&
	       (o->name[o->name_len - 1] == '"' || o->name[o->name_len - 1] == '`'))
		o->name_len--;
}

/* One statement of the text is over. */
static void
end_statement(struct db_flow *f, const struct db_event *e)
{
	struct span text, about;
	struct pgvector_operation vector;
	enum db_class class;
	struct db_op *op;

	sql_text_end(&f->sql);
	text = sql_text_so_far(&f->sql);
	if (text.len == 0)
		return;
	class = sql_classify(text, &about);
	vector = pgvector_end(&f->pgvector, class);
	f->class = class;
	f->target_len = keep_name(f, f->target, sizeof(f->target), about);
	if (e->prepared) {
		prepare(f, e->name, class, about, text, vector);
	} else {
		f->vector = vector;
		request(f, class, e->id, true);
		use_database(f, text);
	}
	add_target(f, class, span_of(f->target, f->target_len));
	op = db_ops_of(&f->ops, class);
	if (op != NULL)
		db_op_text(&f->ops, op, text);
}

static void
begin_statement(struct db_flow *f)
{
	sql_text_init(&f->sql);
	if (f->c->protocol == PROTOCOL_POSTGRESQL) {
		f->sql.token = pgvector_token;
		f->sql.token_arg = &f->pgvector;
	}
	f->pgvector = (struct pgvector) { 0 };
}

/* Several statements may stand in one text: each is told when its `;` comes. */
static void
statement(struct db_flow *f, const struct db_event *e)
{
	struct span s = e->bytes;

	/* Until it names one itself, it is about nothing. */
	if (f->sql.len == 0)
		f->target_len = 0;
	/* What is inside a literal is not known where its beginning may be lost. */
	f->torn = f->torn || e->torn;
	if (f->torn) {
		scan(f, e->dir, s);
		return;
	}
	while (s.len != 0) {
		size_t n = sql_text_push(&f->sql, f->dialect, s.p, s.len);

		scan(f, e->dir, span_of(s.p, n));
		s = span_of(s.p + n, s.len - n);
		if (f->sql.over && !e->prepared) {
			end_statement(f, e);
			begin_statement(f);
		} else if (f->sql.over) {
			f->sql.over = false;
		}
	}
}

/* The names in a statement are words about its values, also when it was prepared long ago. */
static void
bind(struct db_flow *f, uint64_t name)
{
	const struct db_prepared *p = prepared_as(f, name);

	if (p != NULL)
		f->target_len =
		    keep_name(f, f->target, sizeof(f->target), span_of(p->target, p->target_len));
	if (p == NULL || p->text_len == 0 || f->scan[0] != NULL)
		return;
	scan(f, 0, span_of(p->text, p->text_len));
	scan(f, 0, span_of(&text_end, 1));
}

static void
run(struct db_flow *f, const struct db_event *e)
{
	const struct db_prepared *p = prepared_as(f, e->name);

	f->target_len = p == NULL ? 0
				  : keep_name(f, f->target, sizeof(f->target),
					      span_of(p->target, p->target_len));
	if (p != NULL)
		f->vector = p->vector;
	request(f, p == NULL ? DB_OTHER : (enum db_class)p->class, e->id, true);
	if (f->target_len != 0)
		target(f, span_of(f->target, f->target_len), false);
	bind(f, e->name);
}

/* ------------------------------------------------------------------ compressed values */

struct decoded {
	struct db_flow *f;
	unsigned dir;
};

static void
decoded(void *arg, const uint8_t *data, size_t len)
{
	const struct decoded *d = arg;
	size_t before = d->f->unscanned;

	if (d->f->unpacked == NULL)
		scan(d->f, d->dir, span_of(data, len));
	else if (len != 0)
		d->f->unpacked(d->f->parser, d->dir, data, len, db_flow_event, d->f);
	/* Told in bytes of the wire, not of what became of them. */
	d->f->unscanned = before;
}

static void
decode(struct db_flow *f, const struct db_event *e)
{
	static const char *const names[] = {
		[DB_CODING_GZIP] = "gzip",     [DB_CODING_ZSTD] = "zstd",
		[DB_CODING_ZLIB] = "deflate",  [DB_CODING_LZ4] = "lz4",
		[DB_CODING_SNAPPY] = "snappy",
	};
	const char *name = names[e->name];
	struct decoded d = { f, e->dir };

	if (f->decoding[e->dir] == DB_DECODING_NONE) {
		bool taken = decode_take(f->env->decoders, span_of(name, strlen(name)),
					 &f->decode[e->dir]) == DECODE_OK &&
			     f->decode[e->dir] != NULL;

		f->decoding[e->dir] = taken ? DB_DECODING : DB_DECODING_FAILED;
	}
	if (f->decoding[e->dir] == DB_DECODING &&
	    decode_push(f->decode[e->dir], e->bytes.p, e->bytes.len, decoded, &d) != DECODE_OK)
		f->decoding[e->dir] = DB_DECODING_FAILED;
	if (f->decoding[e->dir] == DB_DECODING_FAILED && !e->made_up)
		f->undecoded += e->bytes.len;
}

static void
end_decoding(struct db_flow *f, unsigned dir)
{
	struct decoded d = { f, dir };

	if (f->decoding[dir] == DB_DECODING)
		decode_finish(f->decode[dir], decoded, &d);
	if (f->unpacked != NULL)
		f->unpacked(f->parser, dir, NULL, 0, db_flow_event, f);
	if (f->decode[dir] != NULL)
		decode_give(f->env->decoders, f->decode[dir]);
	f->decode[dir] = NULL;
	f->decoding[dir] = DB_DECODING_NONE;
}

/* ------------------------------------------------------------------ what parsers tell */

void
db_flow_init(struct db_flow *f, struct conn_env *env, struct conn *c)
{
	f->env = env;
	f->c = c;
	f->class = DB_OTHER;
	db_ops_init(&f->ops, env, c);
	f->dialect = c->protocol == PROTOCOL_MYSQL ? SQL_MYSQL : SQL_STANDARD;
	for (unsigned i = 0; i < DB_MAX_PREPARED; i++)
		f->prepared[i].id = UINT64_MAX;
	begin_statement(f);
}

static void
ask_or_deliver(struct db_flow *f, const struct db_event *e)
{
	if (e->dir == 1) {
		deliver(f, e->class);
		return;
	}
	f->target_len = 0;
	request(f, e->class, e->id, !e->unasked);
}

/* What comes next is another value, or another text; the mark itself is a part of neither. */
static void
end_value(struct db_flow *f, unsigned dir, uint8_t mark)
{
	forget_value(f, dir);
	if (f->scan[dir] != NULL)
		scan_push(f->scan[dir], &mark, 1, found_fns[dir], f);
}

static void
end_message(struct db_flow *f, unsigned dir)
{
	close_scan(f, dir);
	merge_types(f, dir, class_at_hand(f, dir));
	if (dir == 1)
		f->delivering = false;
}

void
db_flow_event(void *arg, const struct db_event *e)
{
	struct db_flow *f = arg;

	switch (e->kind) {
	case DB_USER:
		f->ops.user_len = keep_name(f, f->ops.user, DB_NAME_BYTES, e->bytes);
		break;
	case DB_DATABASE:
		f->ops.name_len = keep_name(f, f->ops.name, DB_NAME_BYTES, e->bytes);
		break;
	case DB_REQUEST:
		ask_or_deliver(f, e);
		break;
	case DB_TARGET:
		if (e->dir == 1)
			answered_target(f, e->bytes);
		else
			target(f, e->bytes, e->key);
		break;
	case DB_VALUE:
		f->large = e->large;
		value(f, e->dir, e->bytes);
		f->large = false;
		break;
	case DB_VALUE_END:
	case DB_ROW_END:
	case DB_CELL_END:
		end_value(f, e->dir, e->kind == DB_CELL_END ? tab : newline);
		break;
	case DB_STATEMENT:
		statement(f, e);
		break;
	case DB_STATEMENT_END:
		if (!f->torn)
			end_statement(f, e);
		begin_statement(f);
		f->torn = false;
		end_value(f, e->dir, text_end);
		break;
	case DB_PREPARED_AS:
		rename_prepared(f, e->id, e->name);
		break;
	case DB_BIND:
		bind(f, e->name);
		break;
	case DB_RUN:
		run(f, e);
		break;
	case DB_MESSAGE_END:
		end_message(f, e->dir);
		break;
	case DB_CODED:
		decode(f, e);
		break;
	case DB_CODED_END:
		end_decoding(f, e->dir);
		break;
	case DB_ANSWER_BEGINS:
		f->answering = e->id;
		break;
	case DB_ANSWER:
		answer(f, e);
		break;
	case DB_SETTLED:
		settled(f, e->id);
		break;
	case DB_UNREAD:
		f->unread += e->rows;
		break;
	case DB_HANDOVER:
		f->handover = true;
		break;
	case DB_FORGOTTEN:
		f->env->counters.db_statements_forgotten += e->rows;
		break;
	}
}

void
db_flow_operation(struct db_flow *f, const struct db_operation *o)
{
	struct db_op *op = db_ops_count(&f->ops, o->class);

	if (op == NULL)
		return;
	db_op_target(&f->ops, op, o->target);
	if (o->failed)
		db_op_failed(&f->ops, op, o->code);
	if (o->answered)
		db_op_answered(op, o->response_us);
	for (unsigned dir = 0; dir < 2; dir++)
		db_op_found(&f->ops, op, o->types[dir]);
}

void
db_flow_gap(struct db_flow *f, unsigned dir)
{
	f->ops.torn = true;
	close_scan(f, dir);
	if (f->decoding[dir] == DB_DECODING)
		f->decoding[dir] = DB_DECODING_FAILED;
	if (dir == 0)
		begin_statement(f);
	/* Who asked for which answer is no longer known. */
	while (f->nr_pending != 0)
		drop_pending(f, 0);
	f->overflow = 0;
}

void
db_flow_finish(struct db_flow *f)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		end_decoding(f, dir);
		close_scan(f, dir);
		merge_types(f, dir, class_at_hand(f, dir));
	}
	while (f->nr_pending != 0)
		drop_pending(f, 0);
	db_ops_settle(&f->ops);
}
