#include "classify/proto/mysql_binary.h"

#include "dataplane/port/cursor.h"

enum { CLIENT, SERVER };

enum {
	FLAG_ATTRIBUTES = 0x8000000,
	EXECUTE_HAS_NUMBER = 8,
	COM_QUERY = 3,
};

enum state {
	NUMBER_OF = MYSQL_BINARY,
	SETS, /* of attributes: one */
	NULLS,
	TYPES,
	TYPE,
	NAME,
	ROW_NULLS,
	LENGTH,
	LONG_LENGTH,
	TEXT,
	NUMBER,
};

enum what { IGNORED = DB_PASSED_IGNORED, DATA = DB_PASSED_VALUE };

enum type {
	TYPE_TINY = 1,
	TYPE_SHORT,
	TYPE_LONG,
	TYPE_FLOAT,
	TYPE_DOUBLE,
	TYPE_NULL,
	TYPE_TIMESTAMP,
	TYPE_LONGLONG,
	TYPE_INT24,
	TYPE_DATE,
	TYPE_TIME,
	TYPE_DATETIME,
	TYPE_YEAR,
};

/* Bytes of a number; 0: it is behind its length. */
static uint16_t
width(uint8_t type)
{
	static const uint8_t widths[] = {
		[TYPE_TINY] = 1,   [TYPE_SHORT] = 2,	[TYPE_LONG] = 4,  [TYPE_FLOAT] = 4,
		[TYPE_DOUBLE] = 8, [TYPE_LONGLONG] = 8, [TYPE_INT24] = 4, [TYPE_YEAR] = 2,
	};

	return type < sizeof(widths) ? widths[type] : 0;
}

static bool
is_date(uint8_t type)
{
	return type == TYPE_TIMESTAMP || (type >= TYPE_DATE && type <= TYPE_DATETIME);
}

static bool
has_attributes(const struct mysql *p)
{
	return (p->flags & p->server_flags & FLAG_ATTRIBUTES) != 0;
}

/* ------------------------------------------------------------------ statements */

static struct mysql_prepared *
prepared(struct mysql *p, uint32_t id)
{
	for (unsigned i = 0; i < MYSQL_MAX_PREPARED; i++) {
		if (p->prepared[i].known && p->prepared[i].id == id)
			return &p->prepared[i];
	}
	return NULL;
}

void
mysql_binary_prepared(struct mysql *p, uint32_t id, unsigned nr_parameters)
{
	struct mysql_prepared *s = prepared(p, id);

	if (s == NULL) {
		s = &p->prepared[p->next_prepared];
		p->next_prepared = (uint8_t)((p->next_prepared + 1) % MYSQL_MAX_PREPARED);
	}
	*s = (struct mysql_prepared) {
		.known = nr_parameters <= MYSQL_MAX_VALUES,
		.id = id,
		.nr = (uint8_t)(nr_parameters <= MYSQL_MAX_VALUES ? nr_parameters : 0),
	};
}

void
mysql_binary_sent_apart(struct mysql *p, uint32_t id, unsigned parameter)
{
	struct mysql_prepared *s = prepared(p, id);

	if (s != NULL && parameter < MYSQL_MAX_VALUES)
		s->apart |= UINT64_C(1) << parameter;
}

void
mysql_binary_column(struct mysql *p, uint64_t at, uint64_t nr, uint8_t type)
{
	struct mysql_values *v = &p->values[SERVER];

	v->nr = (uint8_t)(nr <= MYSQL_MAX_VALUES ? nr : 0);
	if (at < v->nr)
		v->types[at] = type;
}

/* ------------------------------------------------------------------ what comes next */

static void
take_nulls(struct mysql *p, uint8_t nr)
{
	p->values[CLIENT].nr = nr;
	steps_take(&p->side[CLIENT].steps, NULLS, (uint16_t)((nr + 7u) / 8 + 1));
}

bool
mysql_binary_parameters(struct mysql *p, uint32_t id, uint8_t flags, const struct db_out *o)
{
	struct mysql_prepared *s = prepared(p, id);
	struct steps *steps = &p->side[CLIENT].steps;

	if (s == NULL || !p->greeted || !p->answered_login || p->side[CLIENT].full)
		return false;
	p->executed = (uint8_t)(s - p->prepared);
	p->values[CLIENT].apart = s->apart;
	s->apart = 0;
	if (has_attributes(p) && (s->nr != 0 || (flags & EXECUTE_HAS_NUMBER) != 0)) {
		steps_take(steps, NUMBER_OF, 1);
	} else if (s->nr != 0) {
		take_nulls(p, s->nr);
	} else {
		db_tell_kind(o, DB_MESSAGE_END);
		steps_rest(steps, IGNORED);
	}
	return true;
}

bool
mysql_binary_attributes(struct mysql *p, unsigned nr)
{
	if (!p->greeted || !has_attributes(p) || nr > MYSQL_MAX_VALUES || p->side[CLIENT].full)
		return false;
	p->values[CLIENT].nr = (uint8_t)nr;
	p->values[CLIENT].apart = 0;
	steps_take(&p->side[CLIENT].steps, SETS, 1);
	return true;
}

bool
mysql_binary_row(struct mysql *p)
{
	const struct mysql_values *v = &p->values[SERVER];

	if (v->nr == 0 || p->side[SERVER].full)
		return false;
	steps_take(&p->side[SERVER].steps, ROW_NULLS, (uint16_t)((v->nr + 9u) / 8));
	return true;
}

/* ------------------------------------------------------------------ values */

static void
end_value(const struct db_out *o)
{
	db_tell_kind(o, o->dir == SERVER ? DB_CELL_END : DB_VALUE_END);
}

static void
end_values(struct mysql *p, const struct db_out *o)
{
	struct steps *s = &p->side[o->dir].steps;

	if (o->dir == CLIENT && p->command == COM_QUERY) {
		steps_take(s, MYSQL_QUERY_FOLLOWS, 0);
		return;
	}
	db_tell_kind(o, o->dir == SERVER ? DB_ROW_END : DB_MESSAGE_END);
	steps_rest(s, IGNORED);
}

/* It is not what it should be: the rest is told as it stands there. */
static void
give_up(struct mysql *p, uint8_t dir)
{
	struct steps *s = &p->side[dir].steps;

	p->values[dir].at = p->values[dir].nr;
	steps_pass(s, TEXT, s->left, DATA);
}

static void
next_value(struct mysql *p, const struct db_out *o)
{
	struct mysql_values *v = &p->values[o->dir];
	struct steps *s = &p->side[o->dir].steps;

	for (; v->at < v->nr; v->at++) {
		uint8_t type = v->types[v->at];

		if (((v->nulls | v->apart) >> v->at & 1) != 0 || type == TYPE_NULL) {
			if (o->dir == SERVER)
				end_value(o);
			continue;
		}
		if (s->left == 0)
			break;
		if (width(type) != 0)
			steps_take(s, NUMBER, width(type));
		else
			steps_take(s, LENGTH, 1);
		return;
	}
	end_values(p, o);
}

static void
value_is_over(struct mysql *p, const struct db_out *o)
{
	end_value(o);
	if (p->values[o->dir].at < p->values[o->dir].nr)
		p->values[o->dir].at++;
	next_value(p, o);
}

/* As it would be written: that of a card is one. */
static void
number(struct mysql *p, const struct db_out *o)
{
	const struct steps *s = &p->side[o->dir].steps;
	uint8_t type = p->values[o->dir].types[p->values[o->dir].at];
	uint8_t text[DB_NUMBER_BYTES];

	if (type != TYPE_FLOAT && type != TYPE_DOUBLE)
		db_tell_bytes(o, DB_VALUE, db_number(text, read_le(s->buf, s->have)));
	value_is_over(p, o);
}

static void
length(struct mysql *p, const struct db_out *o)
{
	const struct mysql_values *v = &p->values[o->dir];
	struct steps *s = &p->side[o->dir].steps;
	uint8_t first = s->buf[0];

	if (first < 0xfb)
		steps_pass(s, TEXT, first,
			   is_date(v->types[v->at]) ? IGNORED : db_passed_value(first));
	else if (first >= 0xfc && first <= 0xfe)
		steps_take(s, LONG_LENGTH, first == 0xfc ? 2 : first == 0xfd ? 3 : 8);
	else
		give_up(p, o->dir);
}

static uint64_t
bits(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len && i < 8; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

static void
row_nulls(struct mysql *p, const struct db_out *o)
{
	const struct steps *s = &p->side[SERVER].steps;

	p->values[SERVER].nulls = bits(s->buf, s->have) >> 2;
	p->values[SERVER].at = 0;
	next_value(p, o);
}

/* ------------------------------------------------------------------ parameters */

/* Types are there: those of a statement are remembered for when it is run without. */
static void
begin_values(struct mysql *p, const struct db_out *o)
{
	struct mysql_values *v = &p->values[CLIENT];
	struct mysql_prepared *s = &p->prepared[p->executed];

	if (p->command != COM_QUERY) {
		s->nr_types = v->nr;
		memcpy(s->types, v->types, v->nr);
	}
	v->at = 0;
	next_value(p, o);
}

static void
nulls(struct mysql *p, const struct db_out *o)
{
	struct steps *s = &p->side[CLIENT].steps;
	struct mysql_values *v = &p->values[CLIENT];
	const struct mysql_prepared *prepared = &p->prepared[p->executed];
	uint8_t follow = s->have == 0 ? UINT8_MAX : s->buf[s->have - 1];

	v->nulls = bits(s->buf, s->have - (size_t)(s->have != 0));
	v->at = 0;
	if (follow == 1 && has_attributes(p)) {
		steps_take(s, TYPE, 3);
	} else if (follow == 1) {
		steps_take(s, TYPES, (uint16_t)(2 * v->nr));
	} else if (follow == 0 && p->command != COM_QUERY && prepared->nr_types == v->nr) {
		memcpy(v->types, prepared->types, v->nr);
		next_value(p, o);
	} else {
		give_up(p, CLIENT);
	}
}

static void
types(struct mysql *p, const struct db_out *o)
{
	const struct steps *s = &p->side[CLIENT].steps;
	struct mysql_values *v = &p->values[CLIENT];

	for (unsigned i = 0; i < v->nr; i++)
		v->types[i] = 2 * i < s->have ? s->buf[2 * i] : TYPE_NULL;
	begin_values(p, o);
}

/* type 2 | length of the name 1 | name */
static void
type(struct mysql *p)
{
	struct steps *s = &p->side[CLIENT].steps;
	struct mysql_values *v = &p->values[CLIENT];

	if (s->have < 3 || s->buf[2] >= 0xfb) {
		give_up(p, CLIENT);
		return;
	}
	v->types[v->at] = s->buf[0];
	steps_pass(s, NAME, s->buf[2], DATA);
}

static void
name(struct mysql *p, const struct db_out *o)
{
	end_value(o);
	if (++p->values[CLIENT].at < p->values[CLIENT].nr)
		steps_take(&p->side[CLIENT].steps, TYPE, 3);
	else
		begin_values(p, o);
}

static void
number_of(struct mysql *p, const struct db_out *o)
{
	const struct steps *s = &p->side[CLIENT].steps;

	if (s->have == 1 && s->buf[0] != 0 && s->buf[0] <= MYSQL_MAX_VALUES)
		take_nulls(p, s->buf[0]);
	else if (s->have == 1 && s->buf[0] == 0)
		end_values(p, o);
	else
		give_up(p, CLIENT);
}

void
mysql_binary_step(struct mysql *p, const struct db_out *o)
{
	struct steps *s = &p->side[o->dir].steps;

	/* Of parameters and rows that are cut short nothing is left to be told. */
	switch ((enum state)s->state) {
	case NUMBER_OF:
		number_of(p, o);
		break;
	case SETS:
		take_nulls(p, p->values[CLIENT].nr);
		break;
	case NULLS:
		nulls(p, o);
		break;
	case TYPES:
		types(p, o);
		break;
	case TYPE:
		type(p);
		break;
	case NAME:
		name(p, o);
		break;
	case ROW_NULLS:
		row_nulls(p, o);
		break;
	case LENGTH:
		length(p, o);
		break;
	case LONG_LENGTH:
		steps_pass(s, TEXT, read_le(s->buf, s->have), DB_PASSED_LARGE);
		break;
	case NUMBER:
		number(p, o);
		break;
	case TEXT:
		value_is_over(p, o);
		break;
	}
}
