#include "classify/proto/postgresql_list.h"

#include "classify/proto/postgresql_value.h"
#include "dataplane/port/cursor.h"

enum { CLIENT, SERVER };

enum state {
	VALUES = POSTGRESQL_VALUES,
	TYPES = POSTGRESQL_TYPES,
	COLUMNS = POSTGRESQL_COLUMNS,
	VALUE_LEN,
	VALUE,
	SHORT_VALUE, /* one that may be in binary format */
	TYPE,
	COLUMN,
	COLUMN_REST,
};

enum what { IGNORED = DB_PASSED_IGNORED };

static void
begin_list(struct postgresql_side *side)
{
	side->at = 0;
	side->count = side->steps.have == 2 ? read_be16(side->steps.buf) : 0;
}

/* ------------------------------------------------------------------ values */

static void
next_value(struct postgresql_side *side, const struct db_out *o)
{
	if (side->at == side->count) {
		if (o->dir == SERVER)
			db_tell_kind(o, DB_ROW_END);
		steps_rest(&side->steps, IGNORED);
		return;
	}
	steps_take(&side->steps, VALUE_LEN, 4);
}

static void
end_value(struct postgresql_side *side, const struct db_out *o)
{
	side->at++;
	next_value(side, o);
}

static uint8_t
type_at_hand(const struct postgresql *p, unsigned dir)
{
	const struct postgresql_side *side = &p->side[dir];
	const struct postgresql_statement *s = &p->asked.statements[side->statement];

	if (dir == SERVER)
		return side->at < POSTGRESQL_COLUMN_TYPES ? s->columns[side->at]
							  : POSTGRESQL_UNKNOWN;
	return side->at < POSTGRESQL_PARAMETER_TYPES ? s->parameters[side->at] : POSTGRESQL_UNKNOWN;
}

static void
value_len(struct postgresql *p, const struct db_out *o)
{
	struct postgresql_side *side = &p->side[o->dir];
	struct steps *s = &side->steps;
	uint32_t len;

	if (s->have < 4) {
		steps_rest(s, IGNORED);
		return;
	}
	len = read_be32(s->buf);
	if (len == UINT32_MAX) {
		if (o->dir == SERVER)
			db_tell_kind(o, DB_CELL_END);
		end_value(side, o);
	} else if (postgresql_value_is_short(type_at_hand(p, o->dir), len)) {
		steps_take(s, SHORT_VALUE, (uint16_t)len);
	} else {
		steps_pass(s, VALUE, len, db_passed_value(len));
	}
}

static void
value(struct postgresql *p, const struct db_out *o)
{
	struct postgresql_side *side = &p->side[o->dir];
	uint8_t text[POSTGRESQL_WRITTEN];

	if (side->steps.state == SHORT_VALUE)
		db_tell_bytes(o, DB_VALUE,
			      postgresql_value_write(type_at_hand(p, o->dir),
						     steps_taken(&side->steps), text));
	db_tell_kind(o, o->dir == SERVER ? DB_CELL_END : DB_VALUE_END);
	end_value(side, o);
}

/* The names of its columns are words about a row's values. */
static void
tell_names(const struct postgresql_statement *s, const struct db_out *o)
{
	struct span names = span_of(s->names, s->names_len);

	while (names.len != 0) {
		const uint8_t *end = memchr(names.p, 0, names.len);
		size_t n = end != NULL ? (size_t)(end - names.p) : names.len;

		db_tell_bytes(o, DB_VALUE, span_of(names.p, n));
		db_tell_kind(o, DB_CELL_END);
		n += end != NULL;
		names = span_of(names.p + n, names.len - n);
	}
	db_tell_kind(o, DB_ROW_END);
}

static void
begin_values(struct postgresql *p, const struct db_out *o)
{
	struct postgresql_side *side = &p->side[o->dir];

	begin_list(side);
	if (o->dir == SERVER) {
		side->statement = postgresql_asked_row(&p->asked, side->count);
		if (side->statement != p->asked.headed &&
		    side->statement != POSTGRESQL_NO_STATEMENT)
			tell_names(&p->asked.statements[side->statement], o);
		p->asked.headed = side->statement;
	}
	next_value(side, o);
}

/* ------------------------------------------------------------------ types and columns */

/* As the client gives them, where 0 is none, or the server. */
static void
types(struct postgresql *p, unsigned dir)
{
	struct postgresql_side *side = &p->side[dir];
	struct steps *s = &side->steps;
	uint8_t *known = p->asked.statements[side->statement].parameters;

	if (s->state == TYPES)
		begin_list(side);
	else if (s->have == 4)
		known[side->at++] = (uint8_t)postgresql_type_of(read_be32(s->buf));
	if (side->statement != POSTGRESQL_NO_STATEMENT && side->at < side->count &&
	    side->at < POSTGRESQL_PARAMETER_TYPES && s->left != 0)
		steps_take(s, TYPE, 4);
	else
		steps_rest(s, IGNORED);
}

static void
end_column(struct postgresql *p)
{
	enum { TYPE_AT = 6 };
	struct postgresql_side *side = &p->side[SERVER];
	const struct steps *s = &side->steps;

	if (side->at < POSTGRESQL_COLUMN_TYPES && s->have >= TYPE_AT + 4)
		p->asked.statements[side->statement].columns[side->at] =
		    (uint8_t)postgresql_type_of(read_be32(s->buf + TYPE_AT));
	side->at++;
}

static void
columns(struct postgresql *p, const struct db_out *o)
{
	static const uint8_t nul = 0;
	struct postgresql_side *side = &p->side[SERVER];
	struct steps *s = &side->steps;

	switch (s->state) {
	case COLUMN:
		db_tell_kind(o, DB_CELL_END);
		postgresql_asked_name(&p->asked, side->statement, span_of(&nul, 1));
		steps_take(s, COLUMN_REST, 18);
		return;
	case COLUMNS:
		begin_list(side);
		postgresql_asked_columns(&p->asked, side->statement, side->count);
		break;
	default:
		end_column(p);
		break;
	}
	if (side->at == side->count || s->left == 0) {
		db_tell_kind(o, DB_ROW_END);
		postgresql_asked_granted(&p->asked, POSTGRESQL_DESCRIBE);
		steps_rest(s, IGNORED);
		return;
	}
	steps_text(s, COLUMN, 0, POSTGRESQL_NAME);
}

void
postgresql_list_name(struct postgresql *p, const struct db_out *o, struct span piece)
{
	postgresql_asked_name(&p->asked, p->side[SERVER].statement, piece);
	db_tell_bytes(o, DB_VALUE, piece);
}

void
postgresql_list_step(struct postgresql *p, const struct db_out *o)
{
	switch ((enum state)p->side[o->dir].steps.state) {
	case VALUES:
		begin_values(p, o);
		break;
	case VALUE_LEN:
		value_len(p, o);
		break;
	case VALUE:
	case SHORT_VALUE:
		value(p, o);
		break;
	case TYPES:
	case TYPE:
		types(p, o->dir);
		break;
	case COLUMNS:
	case COLUMN:
	case COLUMN_REST:
		columns(p, o);
		break;
	}
}
