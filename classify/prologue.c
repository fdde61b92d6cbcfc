#include "classify/prologue.h"

#include <string.h>

void
prologue_init(struct prologue *p, unsigned dir)
{
	p->spoke_first = (uint8_t)dir;
	p->more = NULL;
	p->nr_more = 0;
	p->dir[0].len = p->dir[1].len = 0;
}

static size_t
room_in_place(const struct prologue *p, unsigned dir)
{
	return p->nr_more != 0 && p->more_dir == dir ? 0 : DETECT_BYTES - p->dir[dir].len;
}

size_t
prologue_keep(struct prologue *p, unsigned dir, const uint8_t *data, size_t len)
{
	size_t room = room_in_place(p, dir), n = len < room ? len : room;

	memcpy(p->dir[dir].bytes + p->dir[dir].len, data, n);
	p->dir[dir].len = (uint16_t)(p->dir[dir].len + n);
	return n;
}

static bool
take_more(struct prologue *p, struct slab *pool, unsigned dir)
{
	if (p->more != NULL)
		return p->more_dir == dir;
	p->more = slab_take(pool);
	p->more_dir = (uint8_t)dir;
	return p->more != NULL;
}

bool
prologue_keep_all(struct prologue *p, struct slab *pool, unsigned dir, const uint8_t *data,
		  size_t len)
{
	size_t room = room_in_place(p, dir);

	if (len > room &&
	    (!take_more(p, pool, dir) || len - room > (size_t)(PROLOGUE_MORE_BYTES - p->nr_more)))
		return false;
	room = prologue_keep(p, dir, data, len);
	if (room == len)
		return true;
	memcpy(p->more + p->nr_more, data + room, len - room);
	p->nr_more = (uint16_t)(p->nr_more + len - room);
	return true;
}

struct span
prologue_more(const struct prologue *p, unsigned dir)
{
	return p->more != NULL && p->more_dir == dir ? span_of(p->more, p->nr_more)
						     : span_of(NULL, 0);
}
