#include "classify/proto/postgresql_copy.h"

#include "classify/proto/postgresql_value.h"
#include "dataplane/port/cursor.h"

enum state {
	BEGIN = STEPS_BEGIN,
	FIRST,
	HEAD,
	ROW,
	FIELDS,
	FIELD_LEN,
	FIELD,
	SHORT_FIELD,
	END,
};

enum what { IGNORED = DB_PASSED_IGNORED };

static const char head[] = "PGCOPY\n\377\r\n";

struct copying {
	struct postgresql_copy *copy;
	const struct db_out *o;
};

void
postgresql_copy_begin(struct postgresql_copy *copy, bool binary)
{
	copy->binary = binary;
	copy->steps = (struct steps) { .left = STEPS_NO_END };
}

void
postgresql_copy_gap(struct postgresql_copy *copy)
{
	copy->binary = false;
}

static void
next_field(struct postgresql_copy *copy, const struct db_out *o)
{
	if (copy->fields == 0) {
		db_tell_kind(o, DB_ROW_END);
		steps_take(&copy->steps, FIELDS, 2);
		return;
	}
	copy->fields--;
	steps_take(&copy->steps, FIELD_LEN, 4);
}

static void
end_field(struct postgresql_copy *copy, const struct db_out *o)
{
	db_tell_kind(o, DB_CELL_END);
	next_field(copy, o);
}

static void
field_len(struct postgresql_copy *copy, const struct db_out *o)
{
	uint32_t len = read_be32(copy->steps.buf);

	if (len == UINT32_MAX)
		end_field(copy, o);
	else if (postgresql_value_is_short(POSTGRESQL_UNKNOWN, len))
		steps_take(&copy->steps, SHORT_FIELD, (uint16_t)len);
	else
		steps_pass(&copy->steps, FIELD, len, db_passed_value(len));
}

/* What was kept of a beginning that is none. */
static void
tell_head(const struct steps *s, const struct db_out *o)
{
	db_tell_bytes(o, DB_VALUE, span_of(head, 1));
	db_tell_bytes(o, DB_VALUE, steps_taken(s));
}

void
postgresql_copy_end(struct postgresql_copy *copy, const struct db_out *o)
{
	if (copy->binary && copy->steps.state == HEAD)
		tell_head(&copy->steps, o);
	postgresql_copy_gap(copy);
}

static void
step(void *arg, struct steps *s)
{
	const struct copying *c = arg;
	uint8_t text[POSTGRESQL_WRITTEN];

	switch ((enum state)s->state) {
	case BEGIN:
		steps_take(s, FIRST, 1);
		break;
	case FIRST:
		s->lost = s->buf[0] != (uint8_t)head[0];
		if (s->lost)
			db_tell_bytes(c->o, DB_VALUE, steps_taken(s));
		steps_take(s, HEAD, s->lost ? 0 : sizeof(head) - 1 + 8);
		break;
	case HEAD:
		s->lost = memcmp(s->buf, head + 1, sizeof(head) - 1) != 0;
		if (s->lost)
			tell_head(s, c->o);
		steps_pass(s, ROW, read_be32(s->buf + sizeof(head) - 1 + 4), IGNORED);
		break;
	case ROW:
		steps_take(s, FIELDS, 2);
		break;
	case FIELDS:
		c->copy->fields = read_be16(s->buf);
		if (c->copy->fields == UINT16_MAX)
			steps_pass(s, END, STEPS_NO_END - 1, IGNORED);
		else
			next_field(c->copy, c->o);
		break;
	case FIELD_LEN:
		field_len(c->copy, c->o);
		break;
	case SHORT_FIELD:
		db_tell_bytes(c->o, DB_VALUE,
			      postgresql_value_write(POSTGRESQL_UNKNOWN, steps_taken(s), text));
		/* fallthrough */
	case FIELD:
		end_field(c->copy, c->o);
		break;
	case END:
		break;
	}
}

static void
bytes(void *arg, struct steps *s, const uint8_t *data, size_t len)
{
	const struct copying *c = arg;

	db_tell_passed((void *)c->o, s, data, len);
}

void
postgresql_copy_push(struct postgresql_copy *copy, const struct db_out *o, struct span data)
{
	struct copying c = { copy, o };
	size_t n = 0;

	if (copy->binary)
		n = steps_push(&copy->steps, data.p, data.len, step, bytes, &c);
	copy->binary = copy->binary && !copy->steps.lost;
	db_tell_bytes(o, DB_VALUE, span_of(data.p + n, data.len - n));
}
