#include "classify/proto/sse_join.h"

#include <string.h>

enum state {
	LINE_START,
	BLANK, /* behind a name that was left out: one blank may follow */
	IN_LINE,
};

static const char name[] = "data:";

#define NAME_BYTES (sizeof(name) - 1)

/* One push. */
struct run {
	struct sse_join *j;
	const uint8_t *data;
	size_t len, at;
	size_t from;	/* handed on up to here */
	size_t line;	/* where the name at hand began; 0 also when before this push */
	size_t carried; /* bytes of it held back by then */
	sse_join_fn *out;
	void *arg;
};

static void
hand_on(struct run *r, size_t to)
{
	if (to > r->from)
		r->out(r->arg, r->data + r->from, to - r->from);
	r->from = to;
}

static void
in_line(struct run *r)
{
	const uint8_t *p = r->data + r->at;
	size_t left = r->len - r->at;
	const uint8_t *lf = memchr(p, '\n', left);
	size_t upto = lf == NULL ? left : (size_t)(lf - p);
	const uint8_t *cr = memchr(p, '\r', upto);

	if (lf == NULL && cr == NULL) {
		r->at = r->len;
		return;
	}
	r->at += (cr == NULL ? upto : (size_t)(cr - p)) + 1;
	r->j->after_cr = cr != NULL;
	r->j->state = LINE_START;
	r->j->matched = 0;
}

/* It is another field. */
static void
other_name(struct run *r)
{
	if (r->j->has_data && r->carried != 0)
		r->out(r->arg, (const uint8_t *)name, r->carried);
	r->carried = 0;
	r->j->state = IN_LINE;
}

static void
data_name(struct run *r)
{
	r->j->state = IN_LINE;
	if (r->j->has_data) {
		hand_on(r, r->line);
		r->from = r->at;
		r->j->state = BLANK;
	}
	r->carried = 0;
	r->j->has_data = true;
}

static void
line_start(struct run *r)
{
	struct sse_join *j = r->j;
	uint8_t c = r->data[r->at];
	bool end = c == '\r' || c == '\n';

	if (j->matched == 0 && end) {
		/* An empty line ends the event. */
		j->has_data = j->has_data && c == '\n' && j->after_cr;
		j->after_cr = c == '\r';
		r->at++;
		return;
	}
	j->after_cr = false;
	if (c != (uint8_t)name[j->matched]) {
		other_name(r);
		return;
	}
	if (j->matched++ == 0)
		r->line = r->at;
	r->at++;
	if (j->matched == NAME_BYTES)
		data_name(r);
}

void
sse_join_push(struct sse_join *j, const uint8_t *data, size_t len, sse_join_fn *out, void *arg)
{
	struct run r = { .j = j, .data = data, .len = len, .out = out, .arg = arg };

	if (j->state == LINE_START)
		r.carried = j->matched;
	while (r.at < len) {
		if (j->state == IN_LINE) {
			in_line(&r);
		} else if (j->state == LINE_START) {
			line_start(&r);
		} else {
			j->state = IN_LINE;
			if (data[r.at] == ' ')
				r.from = ++r.at;
		}
	}
	/* Of a first data line the name is handed on, also in pieces. */
	hand_on(&r, j->state == LINE_START && j->has_data && j->matched != 0 ? r.line : len);
}
