#include "classify/proto/db_event.h"

#include "classify/proto/db_words.h"

size_t
db_steps_push(struct steps *s, const uint8_t *data, size_t len, steps_fn *step,
	      steps_bytes_fn *bytes, db_begins_fn *begins, struct db_out *o)
{
	size_t at = 0;

	while (at < len && !s->stop) {
		if (s->lost && (s->broken || !begins(o->dir, span_of(data + at, len - at)))) {
			db_tell_bytes(o, DB_VALUE, span_of(data + at, len - at));
			return len;
		}
		if (s->lost) {
			db_tell_kind(o, DB_MESSAGE_END);
			*s = (struct steps) { .lost = false };
		}
		at += steps_push(s, data + at, len - at, step, bytes, o);
	}
	return at;
}

/* What stands between two delimiters, the first with its name behind; NULL when it is not there. */
static struct span
between(struct span s, const char *name, size_t name_len, uint8_t end)
{
	const uint8_t *from = memmem(s.p, s.len, name, name_len), *to = NULL;

	if (from != NULL) {
		from += name_len;
		to = memchr(from, end, (size_t)(s.p + s.len - from));
	}
	return to != NULL ? span_of(from, (size_t)(to - from)) : span_of(NULL, 0);
}

void
db_tell_sasl_user(const struct db_out *o, struct span message)
{
	bool scram = span_starts(message, "n,");

	db_tell_bytes(o, DB_USER,
		      scram ? between(message, ",n=", 3, ',') : between(message, "\0", 1, '\0'));
}

struct span
db_decimal(char to[DB_DECIMAL_BYTES], int32_t v)
{
	uint32_t left = v < 0 ? 0 - (uint32_t)v : (uint32_t)v;
	size_t at = DB_DECIMAL_BYTES;

	do
		to[--at] = (char)('0' + left % 10);
	while ((left /= 10) != 0);
	if (v < 0)
		to[--at] = '-';
	return span_of(to + at, DB_DECIMAL_BYTES - at);
}

struct span
db_number(uint8_t to[DB_NUMBER_BYTES], uint64_t v)
{
	size_t at = DB_NUMBER_BYTES;

	if (v < UINT64_C(100000000) || v > UINT64_C(9999999999999999))
		return span_of(NULL, 0);
	for (; v != 0; v /= 10)
		to[--at] = (uint8_t)('0' + v % 10);
	return span_of(to + at, DB_NUMBER_BYTES - at);
}

bool
db_is_among(struct span name, const char *words)
{
	for (;; words++) {
		size_t i = 0;

		while (*words > ' ' && i < name.len && ascii_lower(name.p[i]) == (uint8_t)*words) {
			words++;
			i++;
		}
		if (*words <= ' ' && i == name.len && i != 0)
			return true;
		while (*words > ' ')
			words++;
		if (*words == '\0')
			return false;
	}
}
