/* Masked forms; whatever is not plain ASCII in a part that is shown becomes '?'. */
#include "classify/detect/mask.h"

struct text {
	char *p;
	size_t len, cap;
};

static void
add(struct text *t, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len && t->len + 1 < t->cap; i++)
		t->p[t->len++] = p[i] > ' ' && p[i] < 0x7f ? (char)p[i] : '?';
}

static void
add_stars(struct text *t, size_t nr)
{
	while (nr-- > 0)
		add(t, "*", 1);
}

/* The first and the last so many of the normalised value, less when it is short. */
static void
add_ends(struct text *t, const struct value *v, size_t first, size_t last, size_t stars)
{
	if ((first + last) * 3 / 2 > v->norm_len) {
		first = 0;
		last = last < v->norm_len / 4 ? last : v->norm_len / 4;
	}
	add(t, v->norm, first);
	add_stars(t, stars);
	add(t, v->norm + v->norm_len - last, last);
}

static void
add_email(struct text *t, const struct value *v)
{
	const uint8_t *at = memchr(v->norm, '@', v->norm_len);

	add(t, v->norm, at == NULL ? 0 : 1);
	add_stars(t, 3);
	if (at != NULL)
		add(t, at, v->norm_len - (size_t)(at - v->norm));
}

static void
add_phone(struct text *t, const struct value *v)
{
	if (v->start > 0 && v->window[v->start - 1] == '+') {
		add(t, "+", 1);
		add_ends(t, v, 2, 2, 3);
	} else {
		add_ends(t, v, 0, 2, 3);
	}
}

size_t
mask_value(const struct rule *rule, const struct value *v, char *out, size_t cap)
{
	struct text t = { out, 0, cap };

	switch (rule->show) {
	case SHOW_BIN6LAST4:
		add_ends(&t, v, 6, 4, v->norm_len > 10 ? v->norm_len - 10 : 3);
		break;
	case SHOW_LAST4:
		add_ends(&t, v, 0, 4, 3);
		break;
	case SHOW_IBAN:
		add_ends(&t, v, 2, 4, 3);
		break;
	case SHOW_EMAIL:
		add_email(&t, v);
		break;
	case SHOW_PHONE:
		add_phone(&t, v);
		break;
	case SHOW_PREFIX:
		add_ends(&t, v, value_is_headless(v) ? 0 : rule->show_prefix, 0, 3);
		break;
	case SHOW_NONE:
		add(&t, "[", 1);
		add(&t, rule->data_type, strlen(rule->data_type));
		add(&t, "]", 1);
		break;
	}
	out[t.len] = '\0';
	return t.len;
}
