#include "classify/proto/postgresql_value.h"

#include "dataplane/port/cursor.h"

enum {
	NUMERIC_HEAD = 8,
	NUMERIC_BASE = 10000,
	NUMERIC_MOST = NUMERIC_HEAD + 2 * 5, /* twenty digits, of which sixteen are told */
	UUID_BYTES = 16,
};

enum postgresql_type
postgresql_type_of(uint32_t oid)
{
	switch (oid) {
	case 0:
		return POSTGRESQL_UNKNOWN;
	case 20: /* int8 */
	case 23: /* int4 */
		return POSTGRESQL_INTEGER;
	case 1700:
		return POSTGRESQL_NUMERIC;
	case 2950:
		return POSTGRESQL_UUID;
	default:
		return POSTGRESQL_OTHER;
	}
}

static bool
may_be_numeric(uint32_t len)
{
	return len > NUMERIC_HEAD && len <= NUMERIC_MOST && len % 2 == 0;
}

bool
postgresql_value_is_short(uint8_t type, uint32_t len)
{
	switch (type) {
	case POSTGRESQL_INTEGER:
		return len == 4 || len == 8;
	case POSTGRESQL_NUMERIC:
		return may_be_numeric(len);
	case POSTGRESQL_UUID:
		return len == UUID_BYTES;
	case POSTGRESQL_UNKNOWN:
		return len == 4 || len == 8 || may_be_numeric(len);
	default:
		return false;
	}
}

static bool
is_written(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((s.p[i] < '0' || s.p[i] > '9') && (i != 0 || s.p[i] != '-'))
			return false;
	}
	return true;
}

static bool
is_text(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((s.p[i] < ' ' && (s.p[i] < '\t' || s.p[i] > '\r')) || s.p[i] == 0x7f)
			return false;
	}
	return true;
}

static bool
may_be_time(uint64_t us_since_2000)
{
	return us_since_2000 >= UINT64_C(100000000000000) &&
	       us_since_2000 < UINT64_C(2000000000000000);
}

static struct span
write_integer(uint8_t type, struct span s, uint8_t *to)
{
	uint64_t v = s.len == 4 ? read_be32(s.p) : read_be64(s.p);
	bool known = type == POSTGRESQL_INTEGER;

	if (s.len == 4 ? known ? is_written(s) : is_text(s) : s.p[0] != 0)
		return s;
	if ((s.len == 4 && s.p[0] >= 0x80) || (!known && may_be_time(v)))
		return span_of(NULL, 0);
	return db_number(to, v);
}

/* What is positive and has no fraction: zeros at its end are not sent. */
static struct span
write_numeric(struct span s, uint8_t *to)
{
	unsigned nr = read_be16(s.p), weight = read_be16(s.p + 2);
	uint64_t v = 0;

	if (s.len != NUMERIC_HEAD + 2 * nr)
		return s;
	if (weight > 4 || nr > weight + 1 || read_be16(s.p + 4) != 0)
		return span_of(NULL, 0);
	for (unsigned i = 0; i <= weight; i++) {
		unsigned digit = i < nr ? read_be16(s.p + NUMERIC_HEAD + 2 * i) : 0;

		if (digit >= NUMERIC_BASE || v > UINT64_MAX / NUMERIC_BASE - 1)
			return span_of(NULL, 0);
		v = v * NUMERIC_BASE + digit;
	}
	return db_number(to, v);
}

static struct span
write_uuid(struct span s, uint8_t *to)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (size_t i = 0; i < UUID_BYTES; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			to[n++] = '-';
		to[n++] = (uint8_t)digits[s.p[i] >> 4];
		to[n++] = (uint8_t)digits[s.p[i] & 15];
	}
	return span_of(to, n);
}

struct span
postgresql_value_write(uint8_t type, struct span value, uint8_t to[POSTGRESQL_WRITTEN])
{
	/* Of a message that is cut short it is less than was said. */
	if (!postgresql_value_is_short(type, (uint32_t)value.len))
		return value;
	if (type == POSTGRESQL_UUID)
		return write_uuid(value, to);
	return value.len <= 8 ? write_integer(type, value, to) : write_numeric(value, to);
}
