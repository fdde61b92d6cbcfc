/*
 * Numbers that states give to people and companies. Where the check digit leaves more than one in
 * a thousand random numbers standing, a rule should need context.
 *
 * Digit weights are written as text, one letter per digit: 'A' is 1, 'B' is 2, and so on, '@' 0.
 */
#include "classify/detect/national.h"

/* Where the last len letters and digits of the value begin, over what separates groups. */
static bool
find_tail(const struct value *v, size_t len, size_t *start)
{
	size_t at = v->end, nr = 0;

	while (at > v->start && nr < len) {
		uint8_t c = v->window[--at];

		nr += is_alnum(c);
		if (!is_alnum(c) && memchr(" .-/()", c, 6) == NULL)
			return false;
	}
	*start = at;
	return nr == len;
}

static bool
has_words(const struct value *v)
{
	unsigned run = 0;

	for (size_t i = v->start; i < v->end && run < 3; i++)
		run = is_alpha(v->window[i]) || v->window[i] >= 0x80 ? run + 1 : 0;
	return run >= 3;
}

/* More than a number has: words of two letters in front of it, NI No. */
static bool
is_longer(const struct value *v, size_t len)
{
	size_t nr = 0;

	for (size_t i = v->start; i < v->end && nr <= len; i++)
		nr += is_alnum(v->window[i]);
	return nr > len;
}

bool
take_digits(struct value *v, size_t len, uint8_t *d)
{
	size_t start = v->start;

	if (has_words(v) && !find_tail(v, len, &start))
		return false;
	v->norm_len =
	    value_digits(span_of(v->window + start, v->end - start), v->norm, VALUE_NORM_CAP);
	if (v->norm_len != len)
		return false;
	v->start = start;
	for (size_t i = 0; i < len; i++)
		d[i] = (uint8_t)(v->norm[i] - '0');
	return true;
}

bool
take_letters(struct value *v, size_t len)
{
	size_t start = v->start;

	v->norm_len = 0;
	if ((has_words(v) || is_longer(v, len)) &&
	    (!find_tail(v, len, &start) || (start > 0 && is_alnum(v->window[start - 1]))))
		return false;
	for (size_t i = start; i < v->end; i++) {
		uint8_t c = v->window[i];

		if (is_alpha(c))
			c = (uint8_t)(c & ~0x20);
		if (!is_alnum(c))
			continue;
		if (v->norm_len == len)
			return false;
		v->norm[v->norm_len++] = c;
	}
	if (v->norm_len != len)
		return false;
	v->start = start;
	return true;
}

unsigned
weighted(const uint8_t *d, const char *weights)
{
	unsigned sum = 0;

	for (size_t i = 0; weights[i] != '\0'; i++)
		sum += d[i] * (unsigned)(weights[i] - '@');
	return sum;
}

unsigned
two(const uint8_t *d)
{
	return d[0] * 10u + d[1];
}

static unsigned
two_of(const uint8_t *text)
{
	return (text[0] - '0') * 10u + (text[1] - '0');
}

uint64_t
number(const uint8_t *d, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n = n * 10 + d[i];
	return n;
}

bool
is_day(unsigned day, unsigned month)
{
	static const uint8_t days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}

bool
all_alike(const uint8_t *d, size_t len)
{
	for (size_t i = 1; i < len; i++) {
		if (d[i] != d[0])
			return false;
	}
	return true;
}

/* Verhoeff (1969): multiplication in D5 and a permutation. */
int
validate_aadhaar(struct value *v)
{
	static const char product[] =
	    "0123456789123406789523401789563401289567401239567859876043216598"
	    "710432765982104387659321049876543210";
	static const char permute[] = "01234567891576283094580379614289160435279453126870"
				      "428657390127938064157046913258";
	uint8_t d[12];
	unsigned c = 0;

	if (!take_digits(v, 12, d) || d[0] < 2)
		return 0;
	for (unsigned i = 0; i < 12; i++) {
		unsigned p = (unsigned)(permute[(i % 8) * 10 + d[11 - i]] - '0');

		c = (unsigned)(product[c * 10 + p] - '0');
	}
	return c == 0 && !all_alike(d, 12) ? 10 : 0;
}

int
validate_cpf(struct value *v)
{
	uint8_t d[11];

	if (!take_digits(v, 11, d) || all_alike(d, 11))
		return 0;
	return weighted(d, "JIHGFEDCB") * 10 % 11 % 10 == d[9] &&
		       weighted(d, "KJIHGFEDCB") * 10 % 11 % 10 == d[10]
		   ? 20
		   : 0;
}

int
validate_cnpj(struct value *v)
{
	uint8_t d[14];
	unsigned a, b;

	if (!take_digits(v, 14, d) || all_alike(d, 14))
		return 0;
	a = weighted(d, "EDCBIHGFEDCB") % 11;
	b = weighted(d, "FEDCBIHGFEDCB") % 11;
	return d[12] == (a < 2 ? 0 : 11 - a) && d[13] == (b < 2 ? 0 : 11 - b) ? 20 : 0;
}

/* GB 11643: region, YYYYMMDD, order, check character. */
int
validate_cn_id(struct value *v)
{
	static const char check[] = "10X98765432";
	uint8_t d[18];

	if (!take_letters(v, 18))
		return 0;
	for (unsigned i = 0; i < 17; i++) {
		if (!is_digit(v->norm[i]))
			return 0;
		d[i] = (uint8_t)(v->norm[i] - '0');
	}
	unsigned century = two(d + 6);

	return d[0] != 0 && (century == 19 || century == 20) && is_day(two(d + 12), two(d + 10)) &&
		       (uint8_t)check[weighted(d, "GIJEHDBAFCGIJEHDB") % 11] == v->norm[17]
		   ? 40
		   : 0;
}

static const char dni_letters[] = "TRWAGMYFPDXBNJZSQVHLCKE";

static int
check_dni(const struct value *v, uint8_t first)
{
	uint8_t d[8];

	d[0] = first;
	for (unsigned i = first > 9 ? 0 : 1; i < 8; i++) {
		if (!is_digit(v->norm[i]))
			return 0;
		d[i] = (uint8_t)(v->norm[i] - '0');
	}
	return (uint8_t)dni_letters[number(d, 8) % 23] == v->norm[8] ? 15 : 0;
}

/* Old ones have seven digits, and are written so. */
static int
check_short_dni(struct value *v)
{
	unsigned n = 0;

	if (!take_letters(v, 8))
		return 0;
	for (unsigned i = 0; i < 7; i++) {
		if (!is_digit(v->norm[i]))
			return 0;
		n = n * 10 + v->norm[i] - '0';
	}
	return (uint8_t)dni_letters[n % 23] == v->norm[7] ? 15 : 0;
}

int
validate_dni(struct value *v)
{
	int points = take_letters(v, 9) ? check_dni(v, 10) : 0;

	return points != 0 ? points : check_short_dni(v);
}

int
validate_nie(struct value *v)
{
	if (!take_letters(v, 9) || v->norm[0] < 'X' || v->norm[0] > 'Z')
		return 0;
	return check_dni(v, (uint8_t)(v->norm[0] - 'X'));
}

int
validate_nir(struct value *v)
{
	uint8_t d[15];

	if (!take_digits(v, 15, d) || d[0] == 0 || d[0] == 5 || d[0] == 6 || d[0] == 9)
		return 0;
	return two(d + 13) == 97 - number(d, 13) % 97 && two(d + 3) >= 1 ? 20 : 0;
}

/* ISO 7064 mod 11,10; among the first ten exactly one digit comes twice or three times. */
int
validate_steuer_id(struct value *v)
{
	uint8_t d[11], count[10] = { 0 };
	unsigned product = 10, repeated = 0;

	if (!take_digits(v, 11, d) || d[0] == 0)
		return 0;
	for (unsigned i = 0; i < 10; i++) {
		unsigned sum = (d[i] + product) % 10;

		count[d[i]]++;
		product = (sum == 0 ? 10 : sum) * 2 % 11;
	}
	for (unsigned i = 0; i < 10; i++) {
		if (count[i] > 3)
			return 0;
		repeated += count[i] > 1;
	}
	return repeated == 1 && (11 - product) % 10 == d[10] ? 20 : 0;
}

int
validate_nhs(struct value *v)
{
	uint8_t d[10];

	if (!take_digits(v, 10, d) || all_alike(d, 10))
		return 0;
	unsigned check = 11 - weighted(d, "JIHGFEDCB") % 11;

	return check != 10 && check % 11 == d[9] ? 10 : 0;
}

int
validate_nino(struct value *v)
{
	static const char *const never[] = { "BG", "GB", "KN", "NK", "NT", "TN", "ZZ" };

	if (!take_letters(v, 9) || strchr("DFIQUV", v->norm[0]) != NULL ||
	    strchr("DFIOQUV", v->norm[1]) != NULL || !is_alpha(v->norm[0]) ||
	    !is_alpha(v->norm[1]) || v->norm[8] < 'A' || v->norm[8] > 'D')
		return 0;
	for (unsigned i = 0; i < 7; i++) {
		if (memcmp(v->norm, never[i], 2) == 0)
			return 0;
	}
	for (unsigned i = 2; i < 8; i++) {
		if (!is_digit(v->norm[i]))
			return 0;
	}
	return 10;
}

int
validate_bsn(struct value *v)
{
	uint8_t d[9];

	if (!take_digits(v, 9, d) || all_alike(d, 9))
		return 0;
	return (weighted(d, "IHGFEDCB") + 11 - d[8]) % 11 == 0 ? 10 : 0;
}

int
validate_pesel(struct value *v)
{
	uint8_t d[11];

	if (!take_digits(v, 11, d) || !is_day(two(d + 4), two(d + 2) % 20))
		return 0;
	return weighted(d, "ACGIACGIACA") % 10 == 0 ? 20 : 0;
}

/* YYMMDD-NNNC or with the century; coordination numbers add 60 to the day. */
int
validate_personnummer(struct value *v)
{
	uint8_t d[12];
	size_t skip = 0;

	if (!take_digits(v, 10, d)) {
		if (!take_digits(v, 12, d))
			return 0;
		skip = 2;
	}
	return is_day(two(d + skip + 4) % 60, two(d + skip + 2)) && luhn_ok(v->norm + skip, 10) ? 20
												: 0;
}

int
validate_tckn(struct value *v)
{
	uint8_t d[11];
	unsigned sum = 0;

	if (!take_digits(v, 11, d) || d[0] == 0)
		return 0;
	for (unsigned i = 0; i < 10; i++)
		sum += d[i];
	/* 7 * odd places - even places, mod 10; -1 is 9. */
	return weighted(d, "GIGIGIGIG") % 10 == d[9] && sum % 10 == d[10] ? 20 : 0;
}

/* Letters of the names, YYMMDD, sex, state of birth, consonants, order, check digit. */
int
validate_curp(struct value *v)
{
	static const char states[] =
	    "AS BC BS CC CH CL CM CS DF DG GR GT HG JC MC MN MS NE NL NT OC "
	    "PL QR QT SL SP SR TC TL TS VZ YN ZS ";
	unsigned sum = 0;

	if (!take_letters(v, 18) || strchr("HMX", v->norm[10]) == NULL || !is_digit(v->norm[17]))
		return 0;
	for (unsigned i = 0; i < 17; i++) {
		uint8_t c = v->norm[i];
		bool digit = (i >= 4 && i < 10);

		if (i < 16 && digit != is_digit(c))
			return 0;
		/* The alphabet has an N with tilde behind N. */
		unsigned n = is_digit(c) ? c - '0' + 0u : c - 'A' + 10u + (c > 'N');

		sum += n * (18 - i);
	}
	const char state[] = { (char)v->norm[11], (char)v->norm[12], ' ', '\0' };

	if (strstr(states, state) == NULL || !is_day(two_of(v->norm + 8), two_of(v->norm + 6)))
		return 0;
	return (10 - sum % 10) % 10 == (unsigned)(v->norm[17] - '0') ? 30 : 0;
}

static bool
is_rut(const uint8_t *p, size_t len)
{
	unsigned sum = 0, weight = 2;

	for (size_t i = len - 1; i > 0; i--) {
		if (!is_digit(p[i - 1]))
			return false;
		sum += (p[i - 1] - '0') * weight;
		weight = weight == 7 ? 2 : weight + 1;
	}
	return "0K987654321"[sum % 11] == (char)p[len - 1];
}

int
validate_rut(struct value *v)
{
	size_t start = v->start;

	if (take_letters(v, 9) && is_rut(v->norm, 9))
		return 15;
	v->start = start;
	return take_letters(v, 8) && is_rut(v->norm, 8) ? 15 : 0;
}

int
validate_za_id(struct value *v)
{
	uint8_t d[13];

	if (!take_digits(v, 13, d) || !is_day(two(d + 4), two(d + 2)) || d[10] > 2)
		return 0;
	return luhn_ok(v->norm, 13) ? 20 : 0;
}

/* Numbers given since October 2020 carry no valid check digit, so only date and gender count. */
int
validate_rrn(struct value *v)
{
	uint8_t d[13];

	if (!take_digits(v, 13, d) || !is_day(two(d + 4), two(d + 2)))
		return 0;
	return d[6] >= 1 && d[6] <= 8 ? 10 : 0;
}

int
validate_my_number(struct value *v)
{
	uint8_t d[12];

	if (!take_digits(v, 12, d) || all_alike(d, 12))
		return 0;
	unsigned rest = weighted(d, "FEDCBGFEDCB") % 11;

	return d[11] == (rest <= 1 ? 0 : 11 - rest) ? 10 : 0;
}

int
validate_nric(struct value *v)
{
	uint8_t d[7];

	if (!take_letters(v, 9) || strchr("STFGM", v->norm[0]) == NULL)
		return 0;
	for (unsigned i = 0; i < 7; i++) {
		if (!is_digit(v->norm[i + 1]))
			return 0;
		d[i] = (uint8_t)(v->norm[i + 1] - '0');
	}
	/* Each kind of this century is moved on; M, since 2022, has letters of its own. */
	uint8_t kind = v->norm[0];
	unsigned sum =
	    weighted(d, "BGFEDCB") + (kind == 'T' || kind == 'G' ? 4 : 0) + (kind == 'M' ? 3 : 0);
	const char *letters = kind == 'S' || kind == 'T' ? "JZIHGFEDCBA"
			      : kind == 'M'		 ? "XWUTRQPNJLK"
							 : "XWUTRQPNMLK";

	return (uint8_t)letters[sum % 11] == v->norm[8] ? 15 : 0;
}

int
validate_tfn(struct value *v)
{
	uint8_t d[9];

	return take_digits(v, 9, d) && !all_alike(d, 9) && weighted(d, "ADCGEHFIJ") % 11 == 0 ? 10
											      : 0;
}

int
validate_sin(struct value *v)
{
	uint8_t d[9];

	/* Three groups of three, or one. */
	if (v->end - v->start != 9 &&
	    (v->end - v->start != 11 || is_digit(v->window[v->start + 3]) ||
	     is_digit(v->window[v->start + 7])))
		return 0;
	return take_digits(v, 9, d) && d[0] != 0 && d[0] != 8 && luhn_ok(v->norm, 9) ? 10 : 0;
}

int
validate_be_nn(struct value *v)
{
	uint8_t d[11];

	if (!take_digits(v, 11, d) || two(d + 2) % 20 > 12 || two(d + 4) > 31)
		return 0;
	uint64_t n = number(d, 9), check = two(d + 9);

	return check == 97 - n % 97 || check == 97 - (2000000000u + n) % 97 ? 20 : 0;
}

/* DDMMYY, century sign, three digits, check character: the last eleven of the value. */
int
validate_hetu(struct value *v)
{
	static const char check[] = "0123456789ABCDEFHJKLMNPRSTUVWXY";
	struct span s = value_span(v);
	uint8_t d[9];

	if (s.len < 11)
		return 0;
	s = span_of(s.p + s.len - 11, 11);
	if (strchr("-+ABCDEFUVWXY", s.p[6]) == NULL)
		return 0;
	for (unsigned i = 0; i < 9; i++) {
		uint8_t c = s.p[i < 6 ? i : i + 1];

		if (!is_digit(c))
			return 0;
		d[i] = (uint8_t)(c - '0');
	}
	v->start = v->end - 11;
	value_set_norm(v, s);
	return is_day(two(d), two(d + 2)) && (uint8_t)check[number(d, 9) % 31] == s.p[10] ? 30 : 0;
}

/* DDMMYY, order, two check digits; of those without one days +40, of made-up ones months +40, +80.
 */
int
validate_fnr(struct value *v)
{
	uint8_t d[11];

	if (!take_digits(v, 11, d) || two(d) > 71 || !is_day(two(d) % 40, two(d + 2) % 40))
		return 0;
	return weighted(d, "CGFAHIDEBA") % 11 == 0 && weighted(d, "EDCBGFEDCBA") % 11 == 0 ? 20 : 0;
}

/* Five letters, the fourth for what holds it, four digits, a letter. */
bool
is_in_pan(const uint8_t *p)
{
	for (unsigned i = 0; i < 10; i++) {
		if (is_digit(p[i]) != (i >= 5 && i < 9) || !is_alnum(p[i]))
			return false;
	}
	return strchr("PCHFATBLJGK", p[3]) != NULL && memcmp(p + 5, "0000", 4) != 0;
}

int
validate_in_pan(struct value *v)
{
	return take_letters(v, 10) && is_in_pan(v->norm) ? 10 : 0;
}

/* The i-th character as a digit: where two people share a code, letters stand for digits. -1: none.
 */
static int
digit_of_code(const struct value *v, size_t i)
{
	static const char letters[] = "LMNPQRSTUV";
	const char *at = memchr(letters, v->norm[i], sizeof(letters) - 1);

	if (is_digit(v->norm[i]))
		return v->norm[i] - '0';
	return at == NULL ? -1 : (int)(at - letters);
}

/* Six letters of the names, year, month's letter, day with +40 for women, place, check letter. */
static bool
is_code_of_person(const struct value *v)
{
	static const char months[] = "ABCDEHLMPRST";
	const char *month = memchr(months, v->norm[8], sizeof(months) - 1);
	int tens = digit_of_code(v, 9), ones = digit_of_code(v, 10);

	for (unsigned i = 0; i < 16; i++) {
		bool letter = i < 6 || i == 8 || i == 11 || i == 15;

		if (letter ? !is_alpha(v->norm[i]) : digit_of_code(v, i) < 0)
			return false;
	}
	return month != NULL && tens * 10 + ones <= 71 &&
	       is_day((unsigned)(tens * 10 + ones) % 40, (unsigned)(month - months) + 1);
}

int
validate_codice_fiscale(struct value *v)
{
	static const uint8_t odd[] = { 1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,	4,  18,
				       20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23 };
	unsigned sum = 0;

	if (!take_letters(v, 16) || !is_code_of_person(v))
		return 0;
	for (unsigned i = 0; i < 15; i++) {
		unsigned n = is_digit(v->norm[i]) ? v->norm[i] - '0' : v->norm[i] - 'A';

		sum += (i & 1) != 0 ? n : odd[n];
	}
	return v->norm[15] == 'A' + sum % 26 ? 30 : 0;
}

/* Luhn over 80840 and the number. */
int
validate_npi(struct value *v)
{
	uint8_t d[10], text[15];

	if (!take_digits(v, 10, d) || d[0] < 1 || d[0] > 2)
		return 0;
	memcpy(text, "80840", 5);
	memcpy(text + 5, v->norm, 10);
	return luhn_ok(text, 15) ? 10 : 0;
}

int
validate_dea(struct value *v)
{
	uint8_t d[7];

	if (!take_letters(v, 9) || strchr("ABCDEFGHJKLMPRSTUX", v->norm[0]) == NULL ||
	    !is_alnum(v->norm[1]))
		return 0;
	for (unsigned i = 0; i < 7; i++) {
		if (!is_digit(v->norm[i + 2]))
			return 0;
		d[i] = (uint8_t)(v->norm[i + 2] - '0');
	}
	return weighted(d, "ABABAB") % 10 == d[6] ? 15 : 0;
}

/* C A AN N A AN N A A N N without the letters S L O I B Z. */
int
validate_mbi(struct value *v)
{
	static const char shape[] = "CAMNAMNAANN";

	if (!take_letters(v, 11))
		return 0;
	for (unsigned i = 0; i < 11; i++) {
		uint8_t c = v->norm[i];

		if (strchr("SLOIBZ", c) != NULL || (shape[i] == 'C' && (c < '1' || c > '9')) ||
		    (shape[i] == 'N' && !is_digit(c)) || (shape[i] == 'A' && !is_alpha(c)))
			return 0;
	}
	return 20;
}
