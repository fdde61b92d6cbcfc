#include "classify/proto/postgresql_asked.h"

void
postgresql_asked_init(struct postgresql_asked *a)
{
	a->headed = UINT8_MAX;
}

/* ------------------------------------------------------------------ statements */

/* What waits for the one whose place is taken is about none. */
static void
forget(struct postgresql_asked *a, uint8_t statement)
{
	for (unsigned i = 0; i < a->nr_waiting; i++) {
		unsigned at = (a->oldest + i) % POSTGRESQL_ASKED;

		if (a->waiting[at].statement == statement)
			a->waiting[at].statement = POSTGRESQL_NO_STATEMENT;
	}
	if (a->headed == statement)
		a->headed = UINT8_MAX;
}

static uint8_t
find(const struct postgresql_asked *a, uint64_t name)
{
	uint8_t i = 0;

	while (i < POSTGRESQL_STATEMENTS &&
	       (!a->statements[i].known || a->statements[i].name != name))
		i++;
	return i;
}

uint8_t
postgresql_asked_prepare(struct postgresql_asked *a, uint64_t name)
{
	uint8_t i = find(a, name);

	if (i == POSTGRESQL_NO_STATEMENT) {
		for (unsigned n = 0; n < POSTGRESQL_STATEMENTS; n++) {
			struct postgresql_statement *s = &a->statements[a->next];
			bool stays = s->bound;

			s->bound = false;
			i = a->next;
			a->next = (uint8_t)((a->next + 1) % POSTGRESQL_STATEMENTS);
			if (!stays)
				break;
		}
		a->forgotten += a->statements[i].known;
	}
	forget(a, i);
	a->statements[i] = (struct postgresql_statement) { .known = true, .name = name };
	return i;
}

uint8_t
postgresql_asked_find(struct postgresql_asked *a, uint64_t name)
{
	uint8_t i = find(a, name);

	a->statements[i].bound = true;
	return i;
}

void
postgresql_asked_columns(struct postgresql_asked *a, uint8_t statement, uint16_t nr)
{
	struct postgresql_statement *s = &a->statements[statement];

	s->nr_columns = nr;
	s->names_len = 0;
	memset(s->columns, 0, sizeof(s->columns));
	a->headed = statement;
}

void
postgresql_asked_name(struct postgresql_asked *a, uint8_t statement, struct span piece)
{
	struct postgresql_statement *s = &a->statements[statement];

	s->names_len = (uint8_t)span_append(s->names, s->names_len, sizeof(s->names), piece);
}

/* ------------------------------------------------------------------ what waits */

static void
pop(struct postgresql_asked *a)
{
	a->oldest = (uint8_t)((a->oldest + 1) % POSTGRESQL_ASKED);
	a->nr_waiting--;
}

static bool
ends_batch(unsigned wish)
{
	return wish == POSTGRESQL_QUERY || wish == POSTGRESQL_SYNC;
}

/* All that waits is given up, and so is the rest of the batch. */
static void
overflow(struct postgresql_asked *a)
{
	for (; a->nr_waiting != 0; pop(a)) {
		a->beyond += ends_batch(a->waiting[a->oldest].wish);
		a->forgotten += a->waiting[a->oldest].times;
	}
	a->overflowed = true;
}

void
postgresql_asked_push(struct postgresql_asked *a, enum postgresql_wish wish, uint8_t statement)
{
	unsigned last = (a->oldest + a->nr_waiting + POSTGRESQL_ASKED - 1u) % POSTGRESQL_ASKED;

	if (!a->overflowed && wish == POSTGRESQL_RUN && a->nr_waiting != 0 &&
	    a->waiting[last].wish == wish && a->waiting[last].statement == statement &&
	    a->waiting[last].times != UINT16_MAX) {
		a->waiting[last].times++;
		return;
	}
	if (!a->overflowed && a->nr_waiting == POSTGRESQL_ASKED)
		overflow(a);
	if (a->overflowed) {
		a->forgotten++;
		a->beyond += ends_batch(wish);
		a->overflowed = !ends_batch(wish);
		return;
	}
	last = (last + 1) % POSTGRESQL_ASKED;
	a->waiting[last].wish = (uint8_t)wish;
	a->waiting[last].statement = statement;
	a->waiting[last].times = 1;
	a->nr_waiting++;
}

static bool
waits_for(const struct postgresql_asked *a, enum postgresql_wish wish)
{
	return a->beyond == 0 && a->nr_waiting != 0 && a->waiting[a->oldest].wish == wish;
}

uint8_t
postgresql_asked_described(struct postgresql_asked *a)
{
	return waits_for(a, POSTGRESQL_DESCRIBE) ? a->waiting[a->oldest].statement
						 : POSTGRESQL_NO_STATEMENT;
}

uint8_t
postgresql_asked_row(struct postgresql_asked *a, uint16_t nr_columns)
{
	uint8_t i = waits_for(a, POSTGRESQL_RUN) ? a->waiting[a->oldest].statement
						 : POSTGRESQL_NO_STATEMENT;

	bool headed = a->headed == POSTGRESQL_NO_STATEMENT;

	if (a->statements[i].nr_columns == nr_columns && (i != POSTGRESQL_NO_STATEMENT || headed))
		return i;
	/* It does not fit: what waits is not what is answered. */
	if (i != POSTGRESQL_NO_STATEMENT && a->statements[i].nr_columns != 0)
		postgresql_asked_gap(a);
	if (a->statements[POSTGRESQL_NO_STATEMENT].nr_columns != 0)
		postgresql_asked_columns(a, POSTGRESQL_NO_STATEMENT, 0);
	return POSTGRESQL_NO_STATEMENT;
}

void
postgresql_asked_granted(struct postgresql_asked *a, enum postgresql_wish wish)
{
	if (wish == POSTGRESQL_RUN)
		a->headed = UINT8_MAX;
	if (!waits_for(a, wish))
		return;
	if (--a->waiting[a->oldest].times == 0)
		pop(a);
}

void
postgresql_asked_settled(struct postgresql_asked *a)
{
	bool over = false;

	a->headed = UINT8_MAX;
	if (a->beyond != 0) {
		a->beyond--;
		return;
	}
	for (; a->nr_waiting != 0 && !over; pop(a))
		over = ends_batch(a->waiting[a->oldest].wish);
}

void
postgresql_asked_gap(struct postgresql_asked *a)
{
	a->nr_waiting = 0;
	a->beyond = 0;
	a->overflowed = false;
	a->headed = UINT8_MAX;
}
