/*
 * Bank accounts: IBAN (ISO 13616, lengths of registry release 101) and ABA routing numbers.
 *
 * An IBAN's candidate is its first four characters; the validator grows it to the length its
 * country has, over single blanks or hyphens between groups of four.
 */
#include "classify/detect/validators.h"

enum { IBAN_MIN = 15, IBAN_MAX = 33 };

static const char iban_lengths[][3 + 100] = {
	[15 - IBAN_MIN] = "NO",
	[16 - IBAN_MIN] = "BE",
	[18 - IBAN_MIN] = "DK FI FK FO GL NL SD",
	[19 - IBAN_MIN] = "MK SI",
	[20 - IBAN_MIN] = "AT BA EE KZ LT LU MN XK",
	[21 - IBAN_MIN] = "CH HR LI LV",
	[22 - IBAN_MIN] = "BG BH CR DE GB GE IE ME RS VA",
	[23 - IBAN_MIN] = "AE GI IL IQ OM SO TL",
	[24 - IBAN_MIN] = "AD CZ ES MD PK RO SA SE SK TN VG",
	[25 - IBAN_MIN] = "LY PT ST",
	[26 - IBAN_MIN] = "IS TR",
	[27 - IBAN_MIN] = "BI DJ FR GR IT MC MR SM",
	[28 - IBAN_MIN] = "AL AZ BY CY DO GT HN HU LB NI PL SV",
	[29 - IBAN_MIN] = "BR EG PS QA UA",
	[30 - IBAN_MIN] = "JO KW MU YE",
	[31 - IBAN_MIN] = "MT SC",
	[32 - IBAN_MIN] = "LC",
	[33 - IBAN_MIN] = "RU",
};

/* 0 for a country that has none. */
static size_t
iban_length(uint8_t a, uint8_t b)
{
	for (size_t i = 0; i < sizeof(iban_lengths) / sizeof(iban_lengths[0]); i++) {
		for (const char *p = iban_lengths[i]; *p != '\0'; p += p[2] == ' ' ? 3 : 2) {
			if ((uint8_t)p[0] == a && (uint8_t)p[1] == b)
				return i + IBAN_MIN;
		}
	}
	return 0;
}

static unsigned
iban_mod97(const uint8_t *text, size_t len)
{
	unsigned rest = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t c = text[(i + 4) % len];

		if (is_digit(c))
			rest = (rest * 10 + c - '0') % 97;
		else
			rest = (rest * 100 + c - 'A' + 10) % 97;
	}
	return rest;
}

/* Copies want characters from start on, over single separators at every fourth; where it ends. */
static size_t
iban_collect(const struct value *v, size_t want, uint8_t *out)
{
	size_t at = v->start, nr = 0;
	uint8_t sep = 0;

	while (nr < want && at < v->len) {
		uint8_t c = v->window[at];

		if (is_digit(c) || (c >= 'A' && c <= 'Z')) {
			out[nr++] = c;
		} else if ((c == ' ' || c == '-') && nr % 4 == 0 && (sep == 0 || sep == c) &&
			   v->window[at - 1] != c) {
			sep = c;
		} else {
			break;
		}
		at++;
	}
	return nr == want ? at : 0;
}

int
validate_iban(struct value *v)
{
	if (v->end - v->start < 4)
		return 0;

	size_t want = iban_length(v->window[v->start], v->window[v->start + 1]);
	size_t end = want == 0 ? 0 : iban_collect(v, want, v->norm);

	if (end == 0 || iban_mod97(v->norm, want) != 1)
		return 0;
	v->end = end;
	v->norm_len = want;
	return 40;
}

int
validate_aba(struct value *v)
{
	uint8_t d[9];

	if (value_digits(value_span(v), d, sizeof(d)) != 9)
		return 0;

	unsigned first = (unsigned)(d[0] - '0') * 10 + d[1] - '0', sum = 0;

	for (unsigned i = 0; i < 9; i++)
		sum += (unsigned)(d[i] - '0') * (unsigned)("\3\7\1"[i % 3]);
	value_set_norm(v, span_of(d, 9));
	return sum != 0 && sum % 10 == 0 &&
		       (first <= 12 || (first >= 21 && first <= 32) ||
			(first >= 61 && first <= 72) || first == 80)
		   ? 10
		   : 0;
}
