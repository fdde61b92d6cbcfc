/*
 * Input: one byte of step, then pieces: kind 1 (1: server, 2: gap before it) | length 1 | bytes.
 * What is told must be the same however the bytes are split, as long as no side was lost by a gap:
 * where one is found again depends on where pushes begin. DB_FUZZ(name) makes the target of a
 * parser.
 */
#ifndef WEIR_TEST_DB_FUZZ_H
#define WEIR_TEST_DB_FUZZ_H

#include <stdlib.h>
#include <string.h>

#include "classify/proto/db_event.h"
#include "dataplane/port/cursor.h"
#include "tests/support/fuzz_sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct db_sum {
	uint64_t hash;
	bool lost, handover;
};

static inline void
db_mix(struct db_sum *s, uint64_t v)
{
	fuzz_mix(&s->hash, v);
}

static inline void
db_heard(void *arg, const struct db_event *e)
{
	struct db_sum *s = arg;
	bool pieces = e->kind == DB_VALUE || e->kind == DB_STATEMENT || e->kind == DB_CODED;

	s->handover |= e->kind == DB_HANDOVER;
	/* Told in pieces, whose number says nothing. */
	if (e->kind == DB_UNREAD) {
		for (uint64_t i = 0; i < e->rows; i++)
			db_mix(s, DB_UNREAD);
		return;
	}
	if (!pieces) {
		db_mix(s, (uint64_t)e->kind << 8 | e->dir);
		db_mix(s, e->class);
		db_mix(s, e->id);
		db_mix(s, e->name);
		db_mix(s, e->rows);
		db_mix(s, (uint64_t)e->failed | (uint64_t)e->prepared << 1 |
			      (uint64_t)e->unasked << 2);
	}
	for (size_t i = 0; i < e->bytes.len; i++)
		db_mix(s, e->bytes.p[i] | (uint64_t)e->kind << 8 | (uint64_t)e->dir << 16);
}

/* By a gap, and looking for a message. */
static inline bool
db_is_lost(const struct steps *s)
{
	return s->lost && !s->broken;
}

#define DB_FUZZ(name)                                                                        \
	static struct db_sum run(const uint8_t *data, size_t len, size_t step)               \
	{                                                                                    \
		static const bool midstream[2] = { false, false };                           \
		struct cursor c = cursor_of(data, len);                                      \
		struct name parser;                                                          \
		struct db_sum sum = { .hash = 1 };                                           \
		uint8_t kind, n;                                                             \
                                                                                             \
		memset(&parser, 0, sizeof(parser));                                          \
		name##_init(&parser, midstream);                                             \
		while (cursor_u8(&c, &kind) && cursor_u8(&c, &n) && !sum.handover) {         \
			size_t left = n < cursor_left(&c) ? n : cursor_left(&c);             \
			const uint8_t *p = cursor_take(&c, left);                            \
                                                                                             \
			if (kind & 2)                                                        \
				name##_gap(&parser, kind & 1, (uint64_t)(kind >> 2) + 1);    \
			while (left > 0 && !sum.handover) {                                  \
				size_t some = left < step ? left : step;                     \
				size_t taken =                                               \
				    name##_push(&parser, kind & 1, p, some, db_heard, &sum); \
                                                                                             \
				if (taken < some && !sum.handover)                           \
					abort();                                             \
				p += taken;                                                  \
				left -= taken;                                               \
				sum.lost |= db_is_lost(&parser.side[0].steps) ||             \
					    db_is_lost(&parser.side[1].steps);               \
			}                                                                    \
		}                                                                            \
		return sum;                                                                  \
	}                                                                                    \
                                                                                             \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)                          \
	{                                                                                    \
		struct db_sum whole, pieces;                                                 \
                                                                                             \
		if (len == 0)                                                                \
			return 0;                                                            \
		whole = run(data + 1, len - 1, SIZE_MAX);                                    \
		pieces = run(data + 1, len - 1, (size_t)(data[0] & 31) + 1);                 \
		if (!whole.lost && !pieces.lost && whole.hash != pieces.hash)                \
			abort();                                                             \
		return 0;                                                                    \
	}

#endif
