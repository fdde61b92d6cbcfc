/* Members are read from the number on to the right, as far as the window goes. */
#include "classify/detect/card_members.h"

#include "classify/detect/word_parts.h"
#include "classify/detect/words.h"

enum { OTHER_NUMBER = 12 /* digits in a row that could be another card */ };

/* "exp_month": "12" */
struct pair {
	struct span name, value;
};

static bool
is_named(struct span s, const char *const *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (span_is_nocase(s, list[i]))
			return true;
	}
	return false;
}

#define IS_NAMED(s, list) is_named(s, list, sizeof(list) / sizeof((list)[0]))

/* What may stand between a name and its value. */
static bool
is_between(uint8_t c)
{
	return is_among(c, "\"'\\ \t:=>]");
}

static bool
assigns(uint8_t c)
{
	return is_among(c, ":=>");
}

/* Its key says that it is a number, not of what: "number": */
static bool
is_called_number(const struct value *v)
{
	static const char *const names[] = { "number",	       "no",	       "nr",	 "num",
					     "value",	       "numero",       "nummer", "digits",
					     "account_number", "accountnumber" };
	const uint8_t *p = v->window + v->start, *to;
	bool assigned = false;

	for (; p > v->window && is_between(p[-1]); p--)
		assigned = assigned || assigns(p[-1]);
	for (to = p; p > v->window && is_word(p[-1]); p--)
		;
	return assigned && IS_NAMED(span_of(p, (size_t)(to - p)), names);
}

/* ------------------------------------------------------------------ what a member says */

/* Of what cards begin with, each brand's first digits. */
static bool
says_brand(const struct pair *m, uint8_t first)
{
	static const char *const names[] = { "brand", "scheme", "network", "issuer", "type" };
	static const struct {
		const char *name, *first;
	} brands[] = { { "visa", "4" },
		       { "mastercard", "25" },
		       { "amex", "3" },
		       { "american express", "3" },
		       { "american_express", "3" },
		       { "americanexpress", "3" },
		       { "discover", "6" },
		       { "diners", "3" },
		       { "jcb", "3" },
		       { "unionpay", "68" },
		       { "maestro", "56" },
		       { "rupay", "68" },
		       { "mir", "2" },
		       { "elo", "456" },
		       { "verve", "56" },
		       { "troy", "69" },
		       { "hipercard", "36" },
		       { "dankort", "45" } };
	struct span name = m->name, part = name;

	while (take_part(&name, &part))
		;
	if (!IS_NAMED(part, names))
		return false;
	for (size_t i = 0; i < sizeof(brands) / sizeof(brands[0]); i++) {
		size_t len = strlen(brands[i].name);

		if (m->value.len >= len && is_among(first, brands[i].first) &&
		    span_is_nocase(span_of(m->value.p, len), brands[i].name) &&
		    (m->value.len == len || is_among(m->value.p[len], " _-")))
			return true;
	}
	return false;
}

static unsigned
two_digits(const uint8_t *p)
{
	return is_digit(p[0]) && is_digit(p[1]) ? (unsigned)(p[0] - '0') * 10 + p[1] - '0' : 100;
}

static bool
is_month(const uint8_t *p)
{
	unsigned month = two_digits(p);

	return month >= 1 && month <= 12;
}

/* Of the years to come, or a few gone by: 27, 2027. */
static bool
is_year(struct span s)
{
	if (s.len == 4 && memcmp(s.p, "20", 2) == 0)
		s = span_of(s.p + 2, 2);
	return s.len == 2 && two_digits(s.p) >= 20 && two_digits(s.p) <= 49;
}

/* 12/27, 12-2027, 2027-12, 1227 */
static bool
is_month_of_year(struct span s)
{
	if (s.len == 4)
		return is_month(s.p) && is_year(span_of(s.p + 2, 2));
	if (s.len == 7 && s.p[4] == '-')
		return is_year(span_of(s.p, 4)) && is_month(s.p + 5);
	return (s.len == 5 || s.len == 7) && is_among(s.p[2], "/-") && is_month(s.p) &&
	       is_year(span_of(s.p + 3, s.len - 3));
}

static bool
says_expiry(const struct pair *m)
{
	struct span date = m->value;

	if (!span_has_nocase(m->name, "exp") && !span_has_nocase(m->name, "thru"))
		return false;
	for (date.len = 0; date.len < m->value.len && m->value.p[date.len] != ' '; date.len++)
		;
	if (!span_has_nocase(m->name, "month"))
		return is_month_of_year(date);
	return (date.len == 1 && date.p[0] >= '1' && date.p[0] <= '9') ||
	       (date.len == 2 && is_month(date.p));
}

static bool
says_holder(const struct pair *m)
{
	static const char *const names[] = { "cardholder",	"card_holder", "cardholdername",
					     "cardholder_name", "nameoncard",  "name_on_card",
					     "card_holder_name" };

	return IS_NAMED(m->name, names) && m->value.len > 1 && !is_digit(m->value.p[0]);
}

/* ------------------------------------------------------------------ members */

/* Up to which the members are the number's neighbours. */
static const uint8_t *
end_of_members(const struct value *v)
{
	const uint8_t *p = v->window + v->end, *end = v->window + v->len;
	unsigned run = 0;

	for (; p < end && !is_among(*p, "{}\x1d\x1e") && run < OTHER_NUMBER; p++)
		run = is_digit(*p) ? run + 1 : 0;
	return p;
}

/* The next name and its value; what comes to the end, and might go on behind it, is none. */
static bool
take_pair(const uint8_t **at, const uint8_t *end, bool cut, struct pair *m)
{
	const uint8_t *p = *at, *name, *value;
	bool assigned = false;

	while (p < end && !is_word(*p))
		p++;
	for (name = p; p < end && is_word(*p); p++)
		;
	m->name = span_of(name, (size_t)(p - name));
	for (; p < end && is_between(*p); p++)
		assigned = assigned || assigns(*p);
	for (value = p; assigned && p < end && !is_among(*p, "\"'\\<&,;|)]\r\n"); p++)
		;
	m->value = span_of(value, p == end && cut ? 0 : (size_t)(p - value));
	*at = p;
	return m->name.len != 0;
}

bool
card_members_say(const struct value *v)
{
	const uint8_t *p = v->window + v->end, *end = end_of_members(v);
	bool cut = end == v->window + v->len && (v->near == NULL || v->near->cut[1]);
	struct pair m;

	if (!is_called_number(v))
		return false;
	while (take_pair(&p, end, cut, &m)) {
		if (says_brand(&m, v->norm[0]) || says_expiry(&m) || says_holder(&m))
			return true;
	}
	return false;
}
