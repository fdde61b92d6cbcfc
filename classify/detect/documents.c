/*
 * What documents carry: machine-readable lines (ICAO 9303), vehicle numbers (ISO 3779), SWIFT codes
 * (ISO 9362), dates of birth.
 */
#include "classify/detect/national.h"

/* The run at the end of the match that holds letters, digits and the given others. */
static struct span
tail_of(const struct value *v, const char *others)
{
	size_t from = v->end;

	while (from > v->start &&
	       (is_alnum(v->window[from - 1]) || strchr(others, v->window[from - 1]) != NULL))
		from--;
	return span_of(v->window + from, v->end - from);
}

/* ------------------------------------------------------------------ machine-readable lines */

static bool
mrz_check(const uint8_t *p, size_t len, uint8_t want)
{
	unsigned sum = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t c = p[i];
		unsigned n = is_digit(c) ? c - '0' + 0u : c == '<' ? 0 : c - 'A' + 10u;

		sum += n * (uint8_t) "\7\3\1"[i % 3];
	}
	return is_digit(want) && sum % 10 == want - '0' + 0u;
}

/* The second line of a passport: number, check, state, birth, check, sex, expiry, check, ... */
int
validate_mrz(struct value *v)
{
	const uint8_t *p = v->window + v->end - 28;

	if (v->end - v->start < 28 || !mrz_check(p, 9, p[9]) || !mrz_check(p + 13, 6, p[19]) ||
	    !mrz_check(p + 21, 6, p[27]))
		return 0;
	value_set_norm(v, span_of(p, 10));
	return 40;
}

/* ------------------------------------------------------------------ vehicles */

/* Seventeen without I, O and Q; the ninth checks the others in North America and China. */
int
validate_vin(struct value *v)
{
	static const uint8_t values[] = { 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4,
					  5, 0, 7, 0, 9, 2, 3, 4, 5, 6, 7, 8, 9 };
	static const uint8_t weights[] = { 8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2 };
	struct span s = tail_of(v, "");
	unsigned sum = 0;

	if (s.len != 17)
		return 0;
	for (unsigned i = 0; i < 17; i++) {
		uint8_t c = is_digit(s.p[i]) ? s.p[i] : (uint8_t)(s.p[i] & ~0x20);

		if (strchr("IOQ", c) != NULL)
			return 0;
		sum += weights[i] * (is_digit(c) ? c - '0' + 0u : values[c - 'A']);
	}
	uint8_t want = sum % 11 == 10 ? 'X' : (uint8_t)('0' + sum % 11);

	if ((s.p[8] & (is_digit(s.p[8]) ? 0xff : 0xdf)) != want || looks_made_up(s))
		return 0;
	v->start = v->end - s.len;
	value_set_norm(v, s);
	return 15;
}

/* ------------------------------------------------------------------ banks */

/* Four letters, a country, two letters or digits, three more for a branch. */
int
validate_bic(struct value *v)
{
	static const char countries[] =
	    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCH"
	    "C"
	    "ICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNG"
	    "P"
	    "GQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILK"
	    "LRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPA"
	    "PEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTF"
	    "TGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";
	struct span s = tail_of(v, "");

	if (s.len != 8 && s.len != 11)
		return 0;
	for (unsigned i = 0; i < 6; i++) {
		if (s.p[i] < 'A' || s.p[i] > 'Z')
			return 0;
	}
	for (const char *p = countries; *p != '\0'; p += 2) {
		if (memcmp(p, s.p + 4, 2) != 0)
			continue;
		v->start = v->end - s.len;
		value_set_norm(v, s);
		return 15;
	}
	return 0;
}

/* ------------------------------------------------------------------ dates */

/* The time of day that ISO 8601 puts behind a date, as THH:MM or THH:MMZ: how many bytes. */
static size_t
time_behind(const struct value *v)
{
	size_t z = v->window[v->end - 1] == 'Z' || v->window[v->end - 1] == 'z';
	const uint8_t *p = v->window + v->end - z;

	if (v->end - v->start < 6 + z || p[-3] != ':' || (p[-6] | 0x20) != 't')
		return 0;
	return 6 + z;
}

static bool
may_be_born(unsigned year, unsigned day)
{
	return year >= 1900 && year <= 2035 && day >= 1 && day <= 31;
}

/* A day of a person who may be alive: three numbers, the year first or last, or YYYYMMDD. */
int
validate_birth_date(struct value *v)
{
	size_t end = v->end;
	struct span s;
	unsigned n[3] = { 0 }, digits[3] = { 0 }, nr = 0, year, month, day;

	v->end -= time_behind(v);
	s = tail_of(v, "-/.");
	while (s.len > 0 && !is_digit(s.p[0])) {
		s.p++;
		s.len--;
	}
	for (size_t i = 0; i < s.len; i++) {
		if (is_digit(s.p[i])) {
			n[nr] = n[nr] * 10 + s.p[i] - '0';
			if (++digits[nr] > 8)
				return 0;
		} else if (is_alpha(s.p[i]) || ++nr > 2) {
			return 0;
		}
	}
	if (nr == 0 && digits[0] == 8) {
		year = n[0] / 10000;
		month = n[0] / 100 % 100;
		day = n[0] % 100;
	} else if (nr == 2 && digits[0] == 4 && digits[1] <= 2 && digits[2] <= 2) {
		year = n[0];
		month = n[1];
		day = n[2];
	} else if (nr == 2 && digits[2] == 4 && digits[0] <= 2 && digits[1] <= 2) {
		year = n[2];
		month = n[1] > 12 ? n[0] : n[1];
		day = n[1] > 12 ? n[1] : n[0];
	} else {
		return 0;
	}
	if (!may_be_born(year, day) || month < 1 || month > 12)
		return 0;
	v->start = v->end - s.len;
	v->end = end;
	value_set_norm(v, s);
	return 15;
}

/* Takes the last word off [start, end) of a date; empty when there is none. */
static struct span
take_last_word(const struct value *v, size_t *end)
{
	const uint8_t *w = v->window;
	size_t to = *end, from;

	while (to > v->start && is_among(w[to - 1], " .,-"))
		to--;
	for (from = to; from > v->start && (is_alnum(w[from - 1]) || w[from - 1] >= 0x80); from--)
		;
	*end = from;
	return span_of(w + from, to - from);
}

/* 15 or 15th; 0: it does not begin with a digit. */
static unsigned
number_of(struct span word)
{
	unsigned n = 0;

	for (size_t i = 0; i < word.len && i < 4 && is_digit(word.p[i]); i++)
		n = n * 10 + word.p[i] - '0';
	return n;
}

/*
 * March 15, 1987; 15. März 1987; 15 de marzo de 1987: a day likewise, and its month as a word. What
 * the pattern ends with, without its head.
 */
int
validate_birth_date_words(struct value *v)
{
	struct span part[3];
	size_t from = v->end;

	for (unsigned nr = 0; nr < 3;) {
		part[nr] = take_last_word(v, &from);
		if (part[nr].len == 0)
			return 0;
		nr += !span_is_nocase(part[nr], "of") && !span_is_nocase(part[nr], "de");
	}
	if (!may_be_born(number_of(part[0]), number_of(is_digit(part[1].p[0]) ? part[1] : part[2])))
		return 0;
	v->start = from;
	value_set_norm(v, value_span(v));
	return 15;
}

/* YYYYMMDD of this century or the last: what papers expire on. */
static bool
is_date(struct span s)
{
	uint8_t d[8];

	if (s.len != sizeof(d))
		return false;
	for (size_t i = 0; i < sizeof(d); i++) {
		if (!is_digit(s.p[i]))
			return false;
		d[i] = s.p[i] - '0';
	}
	return (two(d) == 19 || two(d) == 20) && is_day(two(d + 6), two(d + 4));
}

/* The last word of the match, with at least four digits in it: a number of unknown make. */
int
validate_document(struct value *v)
{
	struct span s = tail_of(v, "-");
	unsigned digits = 0;

	for (size_t i = 0; i < s.len; i++)
		digits += is_digit(s.p[i]);
	/* Not the first part of a UUID. */
	if (digits < 4 || is_date(s) ||
	    (v->len - v->end >= 2 && v->window[v->end] == '-' && is_alnum(v->window[v->end + 1])) ||
	    looks_made_up(s))
		return 0;
	v->start = v->end - s.len;
	value_set_norm(v, s);
	return 10;
}
