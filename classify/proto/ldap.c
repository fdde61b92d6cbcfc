#include "classify/proto/ldap.h"

#include "classify/proto/probe.h"
#include "dataplane/port/cursor.h"

enum state { BEGIN = STEPS_BEGIN, HEAD, LENGTH, STRING };

enum {
	TAG_BOOLEAN = 0x01,
	TAG_INTEGER = 0x02,
	TAG_ENUMERATED = 0x0a,
	TAG_SEQUENCE = 0x30,
	TAG_SET = 0x31,
	TAG_SIMPLE = 0x80, /* of a bind: the password */
	OPERATION_BIND = 0x60,
	OPERATION_SEARCH = 0x63,
	OPERATION_EXTENDED = 0x77,
	CONSTRUCTED = 0x20,
	LONG_NUMBER = 0x1f, /* of a tag; nobody has one */
	MOST_LENGTH_BYTES = 4,
};

enum what { IGNORED = STEPS_IGNORED, TEXT };

struct told {
	struct ldap_side *side;
	ldap_text_fn *fn;
	void *arg;
};

static void
tell(const struct told *t, const char *text)
{
	t->fn(t->arg, (const uint8_t *)text, strlen(text));
}

static bool
is_string(uint8_t tag)
{
	return tag != TAG_BOOLEAN && tag != TAG_INTEGER && tag != TAG_ENUMERATED;
}

/* An element begins: what stands in front of its bytes, or of those of the elements in it. */
static void
element(const struct told *t, uint64_t len)
{
	struct ldap_side *side = t->side;

	if (side->open && is_string(side->tag))
		tell(t, side->tag == TAG_SET ? ": " : "\n");
	side->open = side->open && !is_string(side->tag);
	if ((side->tag & 0xc0) == 0x40)
		side->operation = side->tag;
	if ((side->tag & CONSTRUCTED) != 0) {
		steps_next(&side->steps);
		return;
	}
	if (side->tag == TAG_SIMPLE && side->operation == OPERATION_BIND && len != 0)
		tell(t, "bind password: ");
	steps_pass(&side->steps, STRING, len, is_string(side->tag) ? TEXT : IGNORED);
}

static void
step(void *arg, struct steps *s)
{
	const struct told *t = arg;
	struct ldap_side *side = t->side;

	switch ((enum state)s->state) {
	case BEGIN:
		s->left = STEPS_NO_END;
		steps_take(s, HEAD, 2);
		break;
	case HEAD:
		side->tag = s->buf[0];
		s->lost = (side->tag & LONG_NUMBER) == LONG_NUMBER ||
			  s->buf[1] > 0x80 + MOST_LENGTH_BYTES || s->buf[1] == 0x80;
		if (s->lost)
			break;
		if (s->buf[1] < 0x80)
			element(t, s->buf[1]);
		else
			steps_take(s, LENGTH, s->buf[1] & 7);
		break;
	case LENGTH: {
		uint64_t len = 0;

		for (unsigned i = 0; i < s->have; i++)
			len = len << 8 | s->buf[i];
		element(t, len);
		break;
	}
	case STRING:
		side->open = side->open || is_string(side->tag);
		steps_next(s);
		break;
	}
}

static void
bytes(void *arg, struct steps *s, const uint8_t *data, size_t len)
{
	const struct told *t = arg;

	if (s->what == TEXT)
		t->fn(t->arg, data, len);
}

/* A message's outermost element: sequence, length, integer. */
static bool
begins(struct span s)
{
	size_t at = s.len < 2 || s.p[0] != TAG_SEQUENCE	 ? s.len
		    : s.p[1] < 0x80			 ? 2
		    : s.p[1] <= 0x80 + MOST_LENGTH_BYTES ? 2u + (s.p[1] & 7u)
							 : s.len;

	return at + 1 < s.len && s.p[at] == TAG_INTEGER && s.p[at + 1] >= 1 && s.p[at + 1] <= 4;
}

void
ldap_push(struct ldap_side *side, const uint8_t *data, size_t len, ldap_text_fn *fn, void *arg)
{
	struct told t = { side, fn, arg };
	size_t at = 0;

	if (side->steps.lost && !side->steps.broken && begins(span_of(data, len)))
		*side = (struct ldap_side) { .tag = 0 };
	if (!side->steps.lost)
		at = steps_push(&side->steps, data, len, step, bytes, &t);
	if (at < len)
		fn(arg, data + at, len - at);
}

void
ldap_gap(struct ldap_side *side, uint64_t len)
{
	struct steps *s = &side->steps;

	if (!s->lost && s->state == STRING && len <= s->pass)
		s->pass -= len;
	else
		s->lost = true;
}

enum probe_answer
ldap_probe(const struct detect_input *in)
{
	struct span s = in->orig;
	size_t at;

	if (in->udp || s.len == 0 || s.p[0] != TAG_SEQUENCE)
		return PROBE_NO;
	if (s.len < 2)
		return PROBE_MAYBE;
	if (s.p[1] == 0x80 || s.p[1] > 0x80 + MOST_LENGTH_BYTES)
		return PROBE_NO;
	at = s.p[1] < 0x80 ? 2 : 2u + (s.p[1] & 7u);
	if (s.len <= at)
		return PROBE_MAYBE;
	if (s.p[at] != TAG_INTEGER)
		return PROBE_NO;
	if (s.len <= at + 1)
		return PROBE_MAYBE;
	if (s.p[at + 1] == 0 || s.p[at + 1] > 4)
		return PROBE_NO;
	at += 2u + s.p[at + 1];
	if (s.len <= at)
		return PROBE_MAYBE;
	return s.p[at] == OPERATION_BIND || s.p[at] == OPERATION_SEARCH ||
		       s.p[at] == OPERATION_EXTENDED
		   ? PROBE_YES
		   : PROBE_NO;
}
