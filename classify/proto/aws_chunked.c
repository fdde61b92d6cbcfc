#include "classify/proto/aws_chunked.h"

#include <string.h>

#include "classify/span.h"

#define SIZE_MAX_BITS 60

enum phase {
	PHASE_SIZE,
	PHASE_LINE, /* behind the size, up to the line's end */
	PHASE_DATA,
	PHASE_DATA_END, /* the line end behind it */
};

static void
end_line(struct aws_chunked *a)
{
	a->ended = a->left == 0;
	a->phase = PHASE_DATA;
	a->size_seen = false;
}

static bool
line_byte(struct aws_chunked *a, uint8_t b)
{
	if (a->phase == PHASE_DATA_END) {
		a->phase = PHASE_SIZE;
		return b == '\r' || b == '\n';
	}

	int digit = a->phase == PHASE_SIZE ? hex_value(b) : -1;

	if (digit >= 0) {
		if (a->left >> (SIZE_MAX_BITS - 4) != 0)
			return false;
		a->left = a->left * 16 + (uint64_t)digit;
		a->size_seen = true;
		return true;
	}
	if (!a->size_seen)
		return b == '\r' || b == '\n';
	if (b == '\n')
		end_line(a);
	else if (a->phase == PHASE_SIZE && b != ';' && b != '\r' && b != ' ')
		return false;
	else
		a->phase = PHASE_LINE;
	return true;
}

static size_t
copy_data(struct aws_chunked *a, struct cursor *in, uint8_t *out, size_t room)
{
	size_t n = cursor_left(in) < room ? cursor_left(in) : room;

	if (n > a->left)
		n = (size_t)a->left;
	memcpy(out, in->p, n);
	in->p += n;
	a->left -= n;
	if (a->left == 0)
		a->phase = PHASE_DATA_END;
	return n;
}

bool
aws_chunked_run(struct aws_chunked *a, struct cursor *in, uint8_t *out, size_t cap,
		size_t *produced)
{
	while (in->p < in->end && *produced < cap && !a->ended) {
		if (a->phase == PHASE_DATA)
			*produced += copy_data(a, in, out + *produced, cap - *produced);
		else if (!line_byte(a, *in->p++))
			return false;
	}
	return true;
}
