/*
 * Dialogues with databases and brokers, written down, and what their parsers tell of them.
 *
 * A turn begins with '>' (the client's) or '<' (the server's). In it stand
 *
 *   ~      a NUL                       %HH     a byte
 *   {4 x}  x behind its length in four bytes (1 to 8), {4+ x} which counts itself
 *   {m02x} a packet of MySQL's of this number
 *   {<3 x} the same, little endian     {v x}   length as a varint, {u x} that plus one, {z x}
 * zigzag !      at the end: bytes were lost in that direction; !N!: N bytes were, which are not
 * counted
 *
 * A blank behind the opening of a bracket's head is not part of x. What was told comes out as text:
 * values in {}, statements in <>, "," and "|" for the ends of cells, rows and values, everything
 * else by a word. Each row of a table is run whole, byte by byte, split in two everywhere, and
 * split at random.
 */
#ifndef WEIR_TEST_DB_TURNS_H
#define WEIR_TEST_DB_TURNS_H

#include "tests/support/unit.h"

#include <inttypes.h>

#include "classify/proto/db_event.h"
#include "tests/support/guard.h"

#define DB_TURNS 14

struct db_case {
	const char *name;
	const char *turns[DB_TURNS];
	const char *want;
	bool split_matters; /* a side is lost: where pushes begin is part of the case */
};

struct db_tested {
	size_t bytes;
	void (*init)(void *parser, const bool midstream[2]);
	size_t (*push)(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
		       void *arg);
	void (*gap)(void *parser, unsigned dir, uint64_t len);
};

struct db_seen {
	char text[8192];
	size_t len;
	int open; /* the bracket that is, and in which direction */
	uint64_t unread;
	bool handover;
};

static inline void
db_say(struct db_seen *s, const char *text)
{
	size_t n = strlen(text);

	if (n > sizeof(s->text) - 1 - s->len)
		abort();
	memcpy(s->text + s->len, text, n + 1);
	s->len += n;
}

static inline void
db_say_byte(struct db_seen *s, uint8_t c)
{
	char text[4] = { (char)c, 0 };

	if (c == 0 || c == '~')
		text[0] = '~';
	else if (c < ' ' || c > '~')
		snprintf(text, sizeof(text), "%%%02x", c);
	db_say(s, text);
}

static inline void
db_say_span(struct db_seen *s, struct span t)
{
	for (size_t i = 0; i < t.len; i++)
		db_say_byte(s, t.p[i]);
}

static inline void
db_close(struct db_seen *s)
{
	char number[32];

	if (s->open != 0)
		db_say(s, (s->open & 0xff) == '{' ? "}" : (s->open & 0xff) == '<' ? ">" : ";");
	s->open = 0;
	if (s->unread != 0) {
		snprintf(number, sizeof(number), "unread %" PRIu64 ";", s->unread);
		db_say(s, number);
	}
	s->unread = 0;
}

static inline void
db_said(void *arg, const struct db_event *e)
{
	static const char *const classes[] = {
#define DB_CLASS_WORD(id, name) name,
		DB_CLASSES(DB_CLASS_WORD)
#undef DB_CLASS_WORD
	};
	static const char *const codings[] = {
		[DB_CODING_GZIP] = "gzip ",	[DB_CODING_ZSTD] = "zstd ",
		[DB_CODING_ZLIB] = "zlib ",	[DB_CODING_LZ4] = "lz4 ",
		[DB_CODING_SNAPPY] = "snappy ",
	};
	struct db_seen *s = arg;
	int open = (e->kind == DB_VALUE ? '{' : '<') | e->dir << 8;
	char text[64];

	if (e->kind == DB_UNREAD) {
		s->unread += e->rows;
		return;
	}
	if (e->kind == DB_BIND || e->made_up)
		return;
	if (e->kind == DB_CODED)
		open = 'c' | e->dir << 8;
	if (e->kind == DB_VALUE || e->kind == DB_STATEMENT || e->kind == DB_CODED) {
		if (e->bytes.len == 0)
			abort();
		if (s->open != open) {
			db_close(s);
			db_say(s, e->kind == DB_VALUE	? "{"
				  : e->kind == DB_CODED ? codings[e->name]
							: "<");
			s->open = open;
		}
		db_say_span(s, e->bytes);
		return;
	}
	db_close(s);
	switch (e->kind) {
	case DB_USER:
		db_say(s, "user=");
		db_say_span(s, e->bytes);
		break;
	case DB_DATABASE:
		db_say(s, "db=");
		db_say_span(s, e->bytes);
		break;
	case DB_TARGET:
		db_say(s, "on ");
		db_say_span(s, e->bytes);
		break;
	case DB_REQUEST:
		snprintf(text, sizeof(text), "%s#%" PRIu64 "%s", classes[e->class], e->id,
			 e->unasked ? " unasked" : "");
		db_say(s, text);
		break;
	case DB_STATEMENT_END:
		snprintf(text, sizeof(text), e->prepared ? "prepared" : "run#%" PRIu64, e->id);
		db_say(s, text);
		break;
	case DB_PREPARED_AS:
		snprintf(text, sizeof(text), "as %" PRIu64, e->name);
		db_say(s, text);
		break;
	case DB_RUN:
		snprintf(text, sizeof(text), "again#%" PRIu64, e->id);
		if (e->name < 1000)
			snprintf(text, sizeof(text), "again %" PRIu64 "#%" PRIu64, e->name, e->id);
		db_say(s, text);
		break;
	case DB_MESSAGE_END:
		db_say(s, e->dir == 0 ? "sent" : "answered");
		break;
	case DB_ANSWER:
		snprintf(text, sizeof(text), "%s#%" PRIu64 " %" PRIu64 " ",
			 e->failed ? "failed" : "ok", e->id, e->rows);
		db_say(s, text);
		db_say_span(s, e->bytes);
		break;
	case DB_CODED_END:
		db_say(s, "decoded");
		break;
	case DB_ANSWER_BEGINS:
		snprintf(text, sizeof(text), "answer#%" PRIu64, e->id);
		db_say(s, text);
		break;
	case DB_SETTLED:
		snprintf(text, sizeof(text), "settled#%" PRIu64, e->id);
		db_say(s, text);
		break;
	case DB_FORGOTTEN:
		snprintf(text, sizeof(text), "forgot %" PRIu64, e->rows);
		db_say(s, text);
		break;
	case DB_CELL_END:
		db_say(s, ",");
		return;
	case DB_HANDOVER:
		db_say(s, "tls");
		s->handover = true;
		break;
	default:
		db_say(s, "|");
		return;
	}
	db_say(s, ";");
}

/* ------------------------------------------------------------------ turns */

static inline size_t
db_put_varint(uint8_t *out, uint64_t v)
{
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		out[n++] = (uint8_t)(v | 0x80);
	out[n++] = (uint8_t)v;
	return n;
}

/* What stands at *t, up to the end or the bracket that closes it. Returns bytes written. */
static inline size_t
db_bytes(const char **t, uint8_t *out)
{
	size_t n = 0;

	while (**t != '\0' && **t != '}' && **t != '!') {
		const char *p = *t;

		if (*p == '~') {
			out[n++] = 0;
			*t += 1;
		} else if (*p == '%') {
			out[n++] =
			    (uint8_t)(hex_value((uint8_t)p[1]) << 4 | hex_value((uint8_t)p[2]));
			*t += 3;
		} else if (*p == '{') {
			uint8_t inner[4096], head[10];
			bool little = p[1] == '<';
			char kind = p[1 + little];
			bool itself = p[2 + little] == '+';
			size_t len, width = (size_t)(kind - '0'), head_len;

			*t += 2 + little + itself;
			if (kind == 'm') {
				head[3] = (uint8_t)(hex_value((uint8_t)p[2]) << 4 |
						    hex_value((uint8_t)p[3]));
				*t += 2;
			}
			*t += **t == ' ';
			len = db_bytes(t, inner);
			if (**t != '}')
				abort();
			*t += 1;
			if (kind == 'v' || kind == 'u' || kind == 'z') {
				head_len = db_put_varint(head, kind == 'u'   ? len + 1
							       : kind == 'z' ? len * 2
									     : len);
			} else if (kind == 'm') {
				head[0] = (uint8_t)len;
				head[1] = (uint8_t)(len >> 8);
				head[2] = 0;
				head_len = 4;
			} else {
				uint64_t told = len + (itself ? width : 0);

				head_len = width;
				for (size_t i = 0; i < width; i++)
					head[little ? i : width - 1 - i] = (uint8_t)(told >> 8 * i);
			}
			memcpy(out + n, head, head_len);
			memcpy(out + n + head_len, inner, len);
			n += head_len + len;
		} else {
			out[n++] = (uint8_t)*p;
			*t += 1;
		}
	}
	return n;
}

/* A guard_copy that is gone with the next: there are too many pieces to map each. */
static inline const uint8_t *
db_guarded(const uint8_t *bytes, size_t len)
{
	enum { ROOM = 1 << 16 };
	static uint8_t *room;

	if (room == NULL) {
		uint8_t *zeros = calloc(1, ROOM);

		room = guard_copy(zeros, ROOM);
		free(zeros);
	}
	return memcpy(room + ROOM - len, bytes, len);
}

static inline void
db_push_pieces(const struct db_tested *d, void *parser, unsigned dir, const uint8_t *bytes,
	       size_t len, size_t step, size_t cut, uint64_t *random, struct db_seen *seen)
{
	for (size_t at = 0; at < len && !seen->handover;) {
		size_t n = len - at < step ? len - at : step, taken;

		if (random != NULL)
			n = 1 + test_random(random) % (len - at);
		if (cut > at && cut < at + n)
			n = cut - at;
		taken = d->push(parser, dir, db_guarded(bytes + at, n), n, db_said, seen);
		assert_true(taken == n || seen->handover);
		at += taken;
	}
}

/* Each turn in pieces of step bytes, cut once more at the given place of it; or at random. */
static inline struct db_seen
db_run(const struct db_tested *d, const struct db_case *t, size_t step, size_t cut,
       uint64_t *random)
{
	static const bool midstream[2] = { false, false };
	void *parser = calloc(1, d->bytes);
	struct db_seen seen = { .len = 0 };

	d->init(parser, midstream);
	for (unsigned i = 0; i < DB_TURNS && t->turns[i] != NULL; i++) {
		unsigned dir = t->turns[i][0] == '<';
		const char *turn = t->turns[i] + 1;
		uint8_t bytes[4096];

		while (*turn != '\0' && !seen.handover) {
			size_t len = db_bytes(&turn, bytes);

			db_push_pieces(d, parser, dir, bytes, len, step, cut, random, &seen);
			if (*turn != '!')
				continue;
			char *end;
			unsigned long lost = strtoul(turn + 1, &end, 10);

			turn = end != turn + 1 ? end + 1 : turn + 1;
			d->gap(parser, dir, end != turn && lost != 0 ? lost : UINT32_MAX);
		}
	}
	db_close(&seen);
	free(parser);
	return seen;
}

static inline void
db_check(const struct db_tested *d, const struct db_case *t, size_t step, size_t cut,
	 uint64_t *random)
{
	struct db_seen seen = db_run(d, t, step, cut, random);

	assert_string_equal(seen.text, t->want);
}

static inline void
db_check_all(const struct db_tested *d, const struct db_case *cases, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		uint64_t random = i;

		print_message("%s\n", cases[i].name);
		db_check(d, &cases[i], SIZE_MAX, 0, NULL);
		if (cases[i].split_matters)
			continue;
		for (size_t step = 1; step < 8; step++)
			db_check(d, &cases[i], step, 0, NULL);
		for (size_t cut = 1; cut < 256; cut++)
			db_check(d, &cases[i], SIZE_MAX, cut, NULL);
		for (unsigned n = 0; n < 30; n++)
			db_check(d, &cases[i], SIZE_MAX, 0, &random);
	}
}

#endif
