/*
 * Payment cards (ISO/IEC 7812): issuer ranges, lengths, grouping, Luhn; magnetic track data
 * (ISO/IEC 7813).
 *
 * Luhn alone passes one in ten random numbers; with issuer range and length 3.5 % of 16 digits are
 * left. So a bare run of digits says little without a word of its context, one that is grouped as
 * a card is printed or has an expiry date behind it much: but not where more groups stand beside
 * it, as in tables of code points or of memory. A security code that follows says as much, whatever
 * the key of the number is: nobody sends one but with its card. What else the members beside it say
 * is in card_members.h.
 */
#include "classify/detect/card_members.h"
#include "classify/detect/validators.h"
#include "classify/detect/words.h"

enum { CARD_MAX = 19, CARD_MIN = 12 };

#define LEN(n) (1u << (n))

/* Prefix range of the given number of digits, and the lengths in use. */
static const struct issuer {
	uint32_t from, to;
	uint8_t digits;
	uint32_t lengths;
} issuers[] = {
	/* Visa */
	{ 4, 4, 1, LEN(13) | LEN(16) | LEN(18) | LEN(19) },
	/* Mastercard */
	{ 51, 55, 2, LEN(16) },
	{ 2221, 2720, 4, LEN(16) },
	/* American Express */
	{ 34, 34, 2, LEN(15) },
	{ 37, 37, 2, LEN(15) },
	/* Discover */
	{ 6011, 6011, 4, LEN(16) | LEN(19) },
	{ 644, 649, 3, LEN(16) | LEN(19) },
	{ 65, 65, 2, LEN(16) | LEN(19) },
	/* Diners Club */
	{ 300, 305, 3, LEN(14) | LEN(16) | LEN(19) },
	{ 36, 36, 2, LEN(14) | LEN(16) | LEN(19) },
	{ 38, 39, 2, LEN(14) | LEN(16) | LEN(19) },
	/* JCB */
	{ 3528, 3589, 4, LEN(16) | LEN(17) | LEN(18) | LEN(19) },
	{ 2131, 2131, 4, LEN(15) },
	{ 1800, 1800, 4, LEN(15) },
	/* UnionPay */
	{ 620, 629, 3, LEN(16) | LEN(17) | LEN(18) | LEN(19) },
	{ 8110, 8171, 4, LEN(16) | LEN(17) | LEN(18) | LEN(19) },
	/* Maestro */
	{ 493698, 493698, 6, LEN(16) | LEN(18) | LEN(19) },
	{ 5000, 5089, 4, LEN(12) | LEN(13) | LEN(14) | LEN(15) | LEN(16) | LEN(18) | LEN(19) },
	{ 56, 59, 2, LEN(12) | LEN(13) | LEN(14) | LEN(15) | LEN(16) | LEN(18) | LEN(19) },
	{ 63, 63, 2, LEN(12) | LEN(13) | LEN(14) | LEN(15) | LEN(16) | LEN(18) | LEN(19) },
	{ 67, 67, 2, LEN(12) | LEN(13) | LEN(14) | LEN(15) | LEN(16) | LEN(18) | LEN(19) },
	/* Mir */
	{ 2200, 2204, 4, LEN(16) | LEN(17) | LEN(18) | LEN(19) },
	/* UATP */
	{ 1, 1, 1, LEN(15) },
	/* Elo */
	{ 506699, 506778, 6, LEN(16) },
	{ 509000, 509999, 6, LEN(16) },
	/* UzCard, Humo */
	{ 8600, 8600, 4, LEN(16) },
	{ 9860, 9860, 4, LEN(16) },
	/* RuPay, Troy, Hipercard, Verve, Boricard */
	{ 353, 353, 3, LEN(16) },
	{ 356, 356, 3, LEN(16) },
	{ 2205, 2205, 4, LEN(16) },
	{ 60, 60, 2, LEN(16) },
	{ 81, 82, 2, LEN(16) },
	{ 9792, 9792, 4, LEN(16) },
	{ 6370, 6370, 4, LEN(16) },
	{ 606282, 606282, 6, LEN(16) | LEN(19) },
	{ 627780, 627780, 6, LEN(16) },
	{ 636297, 636297, 6, LEN(16) },
	{ 506099, 506198, 6, LEN(16) | LEN(18) | LEN(19) },
	{ 507865, 507964, 6, LEN(16) | LEN(18) | LEN(19) },
};

bool
luhn_ok(const uint8_t *digits, size_t len)
{
	static const uint8_t twice[10] = { 0, 2, 4, 6, 8, 1, 3, 5, 7, 9 };
	unsigned sum = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t d = (uint8_t)(digits[len - 1 - i] - '0');

		sum += (i & 1) != 0 ? twice[d] : d;
	}
	return len != 0 && sum % 10 == 0;
}

static uint32_t
number_of(const uint8_t *digits, size_t len)
{
	uint32_t n = 0;

	for (size_t i = 0; i < len; i++)
		n = n * 10 + (uint32_t)(digits[i] - '0');
	return n;
}

static bool
issuer_ok(const uint8_t *digits, size_t len)
{
	for (size_t i = 0; i < sizeof(issuers) / sizeof(issuers[0]); i++) {
		const struct issuer *is = &issuers[i];
		uint32_t prefix = number_of(digits, is->digits);

		if ((is->lengths & LEN(len)) != 0 && prefix >= is->from && prefix <= is->to)
			return true;
	}
	return false;
}

/* The widths of the digit groups as one decimal number each: 4-6-5 is 465; 0: no known printing. */
static bool
grouping_ok(struct span s, bool *grouped)
{
	/* As cards are printed, then as people write them. */
	static const uint32_t known[] = { 4444, 44443, 465, 464, 445, 4441, 444, 88, 0 };
	enum { PRINTED = 4 };
	uint32_t widths = 0, run = 0;
	unsigned nr = 1;

	for (size_t i = 0; i < s.len; i++) {
		if (is_digit(s.p[i])) {
			run++;
			continue;
		}
		widths = widths * 10 + (run > 9 ? 9 : run);
		run = 0;
		if (++nr > 5)
			return false;
	}
	*grouped = false;
	if (nr == 1)
		return true;
	widths = widths * 10 + (run > 9 ? 9 : run);
	if (s.len == 20 && !is_digit(s.p[6]))
		return nr ==
		       2; /* 6-13, as UnionPay prints nineteen: a number and a time look so too */
	for (unsigned i = 0; known[i] != 0; i++) {
		if (known[i] != widths)
			continue;
		*grouped = i < PRINTED;
		return true;
	}
	return false;
}

/*
 * MM/YY, MM/YYYY or MM-YY right behind, over blanks, quotes and one comma, semicolon or bar: a line
 * of a list of cards.
 */
static bool
expiry_behind(const struct value *v)
{
	const uint8_t *p = v->window + v->end, *end = v->window + v->len;
	unsigned joints = 0, digits = 0;

	while (p < end && memchr(" \t\"',;|", *p, 7) != NULL)
		joints += memchr(",;|", *p++, 3) != NULL;
	if (end - p < 5 || joints > 1 || p == v->window + v->end)
		return false;

	unsigned month = (unsigned)(p[0] - '0') * 10 + p[1] - '0';

	if (!is_digit(p[0]) || !is_digit(p[1]) || month < 1 || month > 12 ||
	    (p[2] != '/' && p[2] != '-'))
		return false;
	for (p += 3; p < end && is_digit(*p); p++)
		digits++;
	if (digits != 2 && digits != 4)
		return false;
	/* Of the years to come, or a few gone by. */
	return (digits == 2 ? p[-2] >= '2' && p[-2] <= '4' : memcmp(p - 4, "20", 2) == 0) &&
	       (p == end || (*p != '/' && *p != '-' && !is_alpha(*p)));
}

/* MMYY, a blank behind the number. */
static bool
blank_expiry_behind(const struct value *v)
{
	const uint8_t *p = v->window + v->end + 1;

	if (v->len < v->end + 5 || p[-1] != ' ')
		return false;
	for (unsigned i = 0; i < 4; i++) {
		if (!is_digit(p[i]))
			return false;
	}
	return (p[0] == '0' ? p[1] != '0' : p[0] == '1' && p[1] <= '2') && p[2] >= '2' &&
	       p[2] <= '4';
}

/* "cvv": the name of a security code that begins at p; how long it is, 0: it is none. */
static size_t
code_name(const uint8_t *p, const uint8_t *end)
{
	static const char *const names[] = { "cvv2", "cvc2",	      "cvv",
					     "cvc",  "security_code", "securitycode",
					     "csc",  "card_code",     "cardcode" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i]);

		if ((size_t)(end - p) >= len && span_is_nocase(span_of(p, len), names[i]))
			return len;
	}
	return 0;
}

/* Three or four digits behind the name and what assigns them. */
static bool
is_code(const struct value *v, const uint8_t *p)
{
	const uint8_t *end = v->window + v->len, *from;
	bool assigned = false;

	for (; p < end && memchr("\"'\\ :=", *p, 6) != NULL; p++)
		assigned = assigned || *p == ':' || *p == '=';
	for (from = p; p < end && is_digit(*p); p++)
		;
	if (!assigned || p - from < 3 || p - from > 4)
		return false;
	return p < end ? !is_alnum(*p) && *p != '_' : v->near != NULL && !v->near->cut[1];
}

/* "order_id": "", orderId=: the number's key ends in id. */
static bool
is_called_id(const struct value *v)
{
	const uint8_t *p = v->window + v->start, *from = v->window;

	while (p > from && memchr("\"'\\ :=>", p[-1], 7) != NULL)
		p--;
	return p - from >= 2 && span_is_nocase(span_of(p - 2, 2), "id");
}

/*
 * A security code follows, and no number that could be a card stands between. A code for a stored
 * card goes with an order's id: of that, and over the beginning of another object, the expiry date
 * must be there as well.
 */
static bool
code_behind(const struct value *v)
{
	const uint8_t *p = v->window + v->end, *end = v->window + v->len;
	bool near = !is_called_id(v), expiry = false;
	unsigned run = 0;

	for (; p < end && *p != '}' && *p != VALUE_TEXT_END && run < CARD_MIN; p++) {
		bool begins = !is_alnum(p[-1]);
		size_t name = begins ? code_name(p, end) : 0;

		expiry = expiry || (begins && end - p > 3 && span_is_nocase(span_of(p, 3), "exp"));
		near = near && *p != '{';
		if (name != 0 && is_code(v, p + name))
			return near || expiry;
		run = is_digit(*p) ? run + 1 : 0;
	}
	return false;
}

int
validate_card(struct value *v)
{
	bool grouped = false;
	size_t len = value_digits(value_span(v), v->norm, CARD_MAX);

	v->norm_len = len;
	if (len < CARD_MIN || !grouping_ok(value_span(v), &grouped) || !issuer_ok(v->norm, len) ||
	    !luhn_ok(v->norm, len))
		return 0;
	v->test = looks_made_up(span_of(v->norm, len));
	if (expiry_behind(v) || code_behind(v) || card_members_say(v))
		return 40;
	if (grouped && (!value_in_row(v) || blank_expiry_behind(v)))
		return 40;
	return len == 16 || (len == 15 && v->norm[0] == '3') ? 10 : 5;
}

/*
 * A number that something calls a card: Luhn, and a first digit that banks have. Issuer ranges are
 * given out faster than rules are brought up to date.
 */
int
validate_card_unlisted(struct value *v)
{
	bool grouped = false;
	size_t len = value_digits(value_span(v), v->norm, CARD_MAX);

	v->norm_len = len;
	if (len < 14 || v->norm[0] < '2' || v->norm[0] > '6' ||
	    !grouping_ok(value_span(v), &grouped) || issuer_ok(v->norm, len) ||
	    !luhn_ok(v->norm, len) || looks_made_up(span_of(v->norm, len)))
		return 0;
	return 10;
}

int
validate_luhn(struct value *v)
{
	v->norm_len = value_digits(value_span(v), v->norm, VALUE_NORM_CAP);
	return v->norm_len >= 2 && luhn_ok(v->norm, v->norm_len) ? 10 : 0;
}

/* The first run of digits that a card number can be. */
static struct span
pan_in(struct span s)
{
	size_t at = 0, len = 0;

	for (; at < s.len; at += len != 0 ? len : 1) {
		for (len = 0; at + len < s.len && is_digit(s.p[at + len]); len++)
			;
		if (len >= CARD_MIN && len <= CARD_MAX)
			return span_of(s.p + at, len);
	}
	return span_of(s.p, 0);
}

/* YYMM behind what separates it from the number; NULL when there is none. */
static const uint8_t *
track_expiry(struct span pan, const uint8_t *end)
{
	const uint8_t *p = pan.p + pan.len;

	if (p < end && *p == '^') {
		for (p++; p < end && *p != '^'; p++)
			;
	} else if (p < end && *p != '=' && (*p | 0x20) != 'd') {
		return NULL;
	}
	if (end - p < 5)
		return NULL;
	for (unsigned i = 1; i < 5; i++) {
		if (!is_digit(p[i]))
			return NULL;
	}
	return p + 1;
}

/*
 * Track 1: %B PAN ^ NAME ^ YYMM ...     Track 2: ; PAN = YYMM ...
 * Readers and chips leave the sentinels out, and the chip (EMV tag 57) writes a D for the '='; the
 * rule then asks for a word in front of it. The match goes up to the expiry date; the PAN inside
 * must be one. The value is all of the track: behind the date are the codes that must not be kept.
 */
int
validate_track(struct value *v)
{
	struct span pan = pan_in(value_span(v));
	const uint8_t *window_end = v->window + v->len, *date;
	size_t from = (size_t)(pan.p - v->window), to;
	unsigned month;

	if (pan.len == 0 || !luhn_ok(pan.p, pan.len))
		return 0;
	date = track_expiry(pan, window_end);
	if (date == NULL)
		return 0;
	month = (unsigned)(date[2] - '0') * 10 + date[3] - '0';
	if (month < 1 || month > 12)
		return 0;

	/* %B, B or ; in front of it, the service code and what the issuer adds behind it. */
	if (from > v->start && (v->window[from - 1] == 'B' || v->window[from - 1] == ';'))
		from--;
	if (from > v->start && v->window[from - 1] == '%')
		from--;
	for (to = (size_t)(date - v->window) + 4; to < v->len && is_alnum(v->window[to]); to++)
		;
	v->start = from;
	v->end = to < v->len && v->window[to] == '?' ? to + 1 : to;
	value_set_norm(v, pan);
	return 40;
}
