/*
 * More numbers that states give to people and companies; national.c has the first half.
 *
 * Weights are written as there: 'A' is 1, 'B' is 2, '@' is 0.
 */
#include "classify/detect/national.h"

/* Whether the first two of the digits stand in a list of pairs, "20 23 24 ". */
static bool
begins_with(const uint8_t *d, const char *pairs)
{
	const char want[] = { (char)('0' + d[0]), (char)('0' + d[1]), ' ', '\0' };

	return strstr(pairs, want) != NULL;
}

/* Argentina, CUIT and CUIL: people, companies, international purposes. */
int
validate_cuit(struct value *v)
{
	uint8_t d[11];

	if (!take_digits(v, 11, d) || !begins_with(d, "20 23 24 25 26 27 30 33 34 50 51 55 "))
		return 0;
	unsigned check = 11 - weighted(d, "EDCBGFEDCB") % 11;

	return (check == 11 ? 0 : check == 10 ? 9 : check) == d[10] ? 15 : 0;
}

/* Portugal, NIF; of those with 4 and 7 only some beginnings are given out. */
int
validate_nif(struct value *v)
{
	uint8_t d[9];

	if (!take_digits(v, 9, d) || d[0] == 0 ||
	    ((d[0] == 4 || d[0] == 7) && !begins_with(d, "45 70 71 72 74 75 77 78 79 ")))
		return 0;
	unsigned rest = weighted(d, "IHGFEDCB") % 11;

	return d[8] == (rest < 2 ? 0 : 11 - rest) ? 10 : 0;
}

/* Austria, social insurance: SSSC DDMMYY. */
int
validate_svnr(struct value *v)
{
	uint8_t d[10];

	if (!take_digits(v, 10, d) || d[0] == 0 || two(d + 4) < 1 || two(d + 4) > 31 ||
	    two(d + 6) < 1 || two(d + 6) > 15)
		return 0;
	return weighted(d, "CGI@EHDBAF") % 11 == d[3] ? 20 : 0;
}

/* Switzerland, AHV: an EAN-13 behind 756. */
int
validate_ahv(struct value *v)
{
	uint8_t d[13];

	if (!take_digits(v, 13, d) || memcmp(v->norm, "756", 3) != 0)
		return 0;
	return weighted(d, "ACACACACACACA") % 10 == 0 ? 40 : 0;
}

/*
 * Czechia and Slovakia: YYMMDD/SSSC, months of women +50, of a full register +20. Before 1985 a
 * rest of 10 was written as 0; numbers of ten digits begin with 1954.
 */
int
validate_rodne_cislo(struct value *v)
{
	uint8_t d[10];

	if (!take_digits(v, 10, d) || two(d + 2) % 50 > 32 ||
	    !is_day(two(d + 4), two(d + 2) % 50 % 20))
		return 0;
	return number(d, 10) % 11 == 0 ||
		       (number(d, 9) % 11 == 10 && d[9] == 0 && two(d) >= 54 && two(d) <= 84)
		   ? 20
		   : 0;
}

/* Denmark: date and order; the check digit has not been kept since 2007. */
int
validate_cpr(struct value *v)
{
	uint8_t d[10];

	return take_digits(v, 10, d) && is_day(two(d), two(d + 2)) ? 10 : 0;
}

/* Romania, CNP. */
int
validate_cnp(struct value *v)
{
	uint8_t d[13];

	if (!take_digits(v, 13, d) || d[0] == 0 || !is_day(two(d + 5), two(d + 3)))
		return 0;
	unsigned rest = weighted(d, "BGIADFCEHBGI") % 11;

	return (rest == 10 ? 1 : rest) == d[12] ? 20 : 0;
}

/* Bulgaria, EGN: months +20 before 1900, +40 from 2000. */
int
validate_egn(struct value *v)
{
	uint8_t d[10];

	if (!take_digits(v, 10, d) || two(d + 2) > 52 || !is_day(two(d + 4), two(d + 2) % 20))
		return 0;
	return weighted(d, "BDHEJIGCF") % 11 % 10 == d[9] ? 20 : 0;
}

/* Greece, AMKA: DDMMYY and Luhn. */
int
validate_amka(struct value *v)
{
	uint8_t d[11];

	return take_digits(v, 11, d) && is_day(two(d), two(d + 2)) && luhn_ok(v->norm, 11) ? 20 : 0;
}

/* ISO 7064 mod 11,10 over all but the last digit. */
static bool
mod11_10(const uint8_t *d, size_t len)
{
	unsigned product = 10;

	for (size_t i = 0; i + 1 < len; i++) {
		unsigned sum = (d[i] + product) % 10;

		product = (sum == 0 ? 10 : sum) * 2 % 11;
	}
	return (11 - product) % 10 == d[len - 1];
}

/* Croatia, OIB. */
int
validate_oib(struct value *v)
{
	uint8_t d[11];

	return take_digits(v, 11, d) && !all_alike(d, 11) && mod11_10(d, 11) ? 10 : 0;
}

/* Estonia and Lithuania: century and sex, YYMMDD, order, two rounds of weights. */
int
validate_isikukood(struct value *v)
{
	uint8_t d[11];

	if (!take_digits(v, 11, d) || d[0] < 1 || d[0] > 8 || !is_day(two(d + 5), two(d + 3)))
		return 0;
	unsigned check = weighted(d, "ABCDEFGHIA") % 11;

	if (check == 10)
		check = weighted(d, "CDEFGHIABC") % 11 % 10;
	return check == d[10] ? 20 : 0;
}

/* Iceland, kennitala: DDMMYY with +40 for companies, order, check, century. */
int
validate_kennitala(struct value *v)
{
	uint8_t d[10];

	if (!take_digits(v, 10, d) || two(d) > 71 || !is_day(two(d) % 40, two(d + 2)) ||
	    (d[9] != 9 && d[9] != 0))
		return 0;
	return weighted(d, "CBGFEDCBA") % 11 == 0 ? 20 : 0;
}

/* What was Yugoslavia: DDMMYYY, region, order. */
int
validate_jmbg(struct value *v)
{
	uint8_t d[13];

	if (!take_digits(v, 13, d) || !is_day(two(d), two(d + 2)) || (d[4] != 9 && d[4] != 0))
		return 0;
	unsigned check = 11 - weighted(d, "GFEDCBGFEDCB") % 11;

	return (check > 9 ? 0 : check) == d[12] ? 20 : 0;
}

static bool
is_pps(const uint8_t *p, unsigned second)
{
	uint8_t d[7];

	for (unsigned i = 0; i < 7; i++) {
		if (!is_digit(p[i]))
			return false;
		d[i] = (uint8_t)(p[i] - '0');
	}
	return "WABCDEFGHIJKLMNOPQRSTUV"[(weighted(d, "HGFEDCB") + 9 * second) % 23] == (char)p[7];
}

/* Ireland, PPS: seven digits, a check letter; a second one counts as 'A' to 'I', since 2013. */
int
validate_pps(struct value *v)
{
	static const char second[] = "ABCDEFGHI";
	size_t start = v->start;
	const char *at;

	if (take_letters(v, 8) && is_pps(v->norm, 0))
		return 15;
	v->start = start;
	if (!take_letters(v, 9))
		return 0;
	at = memchr(second, v->norm[8], sizeof(second) - 1);
	if (at == NULL && memchr("TWX", v->norm[8], 3) == NULL)
		return 0;
	return is_pps(v->norm, at == NULL ? 0 : (unsigned)(at - second) + 1) ? 15 : 0;
}

/* Israel. */
int
validate_il_id(struct value *v)
{
	uint8_t d[9];

	return take_digits(v, 9, d) && !all_alike(d, 9) && luhn_ok(v->norm, 9) ? 10 : 0;
}

/* Ecuador, cedula: province or where abroad, a third digit up to 6, Luhn. */
int
validate_ec_ci(struct value *v)
{
	uint8_t d[10];

	if (!take_digits(v, 10, d) || two(d) < 1 || (two(d) > 24 && !begins_with(d, "30 50 ")) ||
	    d[2] > 6)
		return 0;
	return luhn_ok(v->norm, 10) ? 15 : 0;
}

/* Dominican Republic, cedula. */
int
validate_do_cedula(struct value *v)
{
	uint8_t d[11];

	return take_digits(v, 11, d) && number(d, 11) != 0 && luhn_ok(v->norm, 11) ? 10 : 0;
}

/* Taiwan: a letter that stands for two digits, sex, order. */
int
validate_tw_id(struct value *v)
{
	static const char places[] = "ABCDEFGHJKLMNPQRSTUVXYWZIO";
	uint8_t d[11];
	const char *at;

	if (!take_letters(v, 10) || (at = strchr(places, v->norm[0])) == NULL)
		return 0;
	unsigned place = 10 + (unsigned)(at - places);

	d[0] = (uint8_t)(place / 10);
	d[1] = (uint8_t)(place % 10);
	for (unsigned i = 1; i < 10; i++) {
		if (!is_digit(v->norm[i]))
			return 0;
		d[i + 1] = (uint8_t)(v->norm[i] - '0');
	}
	return (d[2] == 1 || d[2] == 2) && weighted(d, "AIHGFEDCBAA") % 10 == 0 ? 15 : 0;
}

static bool
is_hkid(const uint8_t *p, size_t len)
{
	unsigned letters = len == 9 ? 2 : 1, weight = len == 9 ? 9 : 8;
	unsigned sum = len == 9 ? 0 : 36 * 9; /* the blank that stands for the missing letter */

	for (size_t i = 0; i + 1 < len; i++, weight--) {
		if (is_alpha(p[i]) != (i < letters))
			return false;
		sum += (is_alpha(p[i]) ? p[i] - 'A' + 10u : p[i] - '0' + 0u) * weight;
	}
	return (sum + (p[len - 1] == 'A' ? 10 : p[len - 1] - '0' + 0u)) % 11 == 0;
}

/* Hong Kong: one or two letters, six digits, a check character in brackets. */
int
validate_hkid(struct value *v)
{
	size_t start = v->start;

	if (take_letters(v, 8) && is_hkid(v->norm, 8))
		return 15;
	v->start = start;
	return take_letters(v, 9) && is_hkid(v->norm, 9) ? 15 : 0;
}

/* Thailand. */
int
validate_th_pin(struct value *v)
{
	uint8_t d[13];

	if (!take_digits(v, 13, d) || d[0] == 0 || d[0] == 9)
		return 0;
	return (11 - weighted(d, "MLKJIHGFEDCB") % 11) % 10 == d[12] ? 10 : 0;
}

/* Malaysia: YYMMDD, place of birth, order. */
int
validate_my_nric(struct value *v)
{
	uint8_t d[12];

	if (!take_digits(v, 12, d) || !is_day(two(d + 4), two(d + 2)))
		return 0;
	return begins_with(d + 6, "00 17 18 19 20 69 70 73 80 81 94 95 96 97 ") ? 0 : 10;
}

/* Indonesia, NIK: province, district, DDMMYY with +40 for women, order. */
int
validate_nik(struct value *v)
{
	static const char provinces[] = "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 "
					"61 62 63 64 65 71 72 73 74 75 76 81 82 91 92 93 94 95 96 "
					"97 ";
	uint8_t d[16];

	if (!take_digits(v, 16, d) || !begins_with(d, provinces) || two(d + 6) > 71)
		return 0;
	return is_day(two(d + 6) % 40, two(d + 8)) && number(d + 12, 4) != 0 ? 10 : 0;
}

/* Australia, Medicare: the ninth digit checks the first eight. */
int
validate_au_medicare(struct value *v)
{
	uint8_t d[11];
	size_t len = take_digits(v, 10, d) ? 10 : take_digits(v, 11, d) ? 11 : 0;

	if (len == 0 || d[0] < 2 || d[0] > 6)
		return 0;
	return weighted(d, "ACGIACGI") % 10 == d[8] ? 10 : 0;
}

/* Australia, business number: two check digits from 11, weights 10 1 3 5 ... 19, one less in front.
 */
int
validate_abn(struct value *v)
{
	uint8_t d[11];

	if (!take_digits(v, 11, d) || two(d) < 11)
		return 0;
	d[0]--;
	return weighted(d, "JACEGIKMOQS") % 89 == 0 ? 15 : 0;
}

/* New Zealand, IRD: eight or nine digits, two sets of weights. */
int
validate_ird(struct value *v)
{
	uint8_t d[9] = { 0 };

	if (take_digits(v, 8, d + 1))
		d[0] = 0;
	else if (!take_digits(v, 9, d))
		return 0;
	if (number(d, 9) < 10000000 || number(d, 9) > 150000000)
		return 0;
	unsigned check = (11 - weighted(d, "CBGFEDCB") % 11) % 11;

	if (check == 10)
		check = (11 - weighted(d, "GDCBEBGF") % 11) % 11;
	return check == d[8] ? 10 : 0;
}

/* Poland, NIP and REGON. */
int
validate_nip(struct value *v)
{
	uint8_t d[10];

	return take_digits(v, 10, d) && !all_alike(d, 10) && weighted(d, "FEGBCDEFG") % 11 == d[9]
		   ? 10
		   : 0;
}

/* Germany, health insurance: a letter, eight digits, weights 1 2 over the letter's two digits too.
 */
int
validate_kvnr(struct value *v)
{
	unsigned sum = 0;
	uint8_t d[11];

	if (!take_letters(v, 10) || !is_alpha(v->norm[0]))
		return 0;
	d[0] = (uint8_t)((v->norm[0] - 'A' + 1) / 10);
	d[1] = (uint8_t)((v->norm[0] - 'A' + 1) % 10);
	for (unsigned i = 1; i < 10; i++) {
		if (!is_digit(v->norm[i]))
			return 0;
		d[i + 1] = (uint8_t)(v->norm[i] - '0');
	}
	for (unsigned i = 0; i < 10; i++) {
		unsigned n = d[i] * (i % 2 + 1u);

		sum += n / 10 + n % 10;
	}
	return sum % 10 == d[10] ? 15 : 0;
}

/* Germany, identity card: nine characters, weights 7 3 1, letters from A = 10. */
int
validate_personalausweis(struct value *v)
{
	unsigned sum = 0;

	if (!take_letters(v, 10) || !is_digit(v->norm[9]))
		return 0;
	for (unsigned i = 0; i < 9; i++) {
		uint8_t c = v->norm[i];

		if (strchr("ABDEIOQSU", c) != NULL)
			return 0;
		sum += (is_digit(c) ? c - '0' + 0u : c - 'A' + 10u) * (uint8_t) "\7\3\1"[i % 3];
	}
	return sum % 10 == v->norm[9] - '0' + 0u && !is_digit(v->norm[0]) ? 15 : 0;
}

/* Italy, VAT: a number of the office, its province, Luhn. */
int
validate_partita_iva(struct value *v)
{
	uint8_t d[11];
	unsigned sum = 0;

	if (!take_digits(v, 11, d) || number(d, 7) == 0)
		return 0;
	uint64_t province = number(d + 7, 3);

	if (province == 0 || (province > 100 && province != 120 && province != 121 &&
			      province != 888 && province != 999))
		return 0;
	for (unsigned i = 0; i < 11; i++)
		sum += i % 2 == 0 ? d[i] : d[i] * 2u - (d[i] > 4 ? 9 : 0);
	return sum % 10 == 0 ? 10 : 0;
}

/* 1 to 38, or what is none: abroad, other territory, the centre. */
static bool
is_gst_state(const uint8_t *p)
{
	unsigned state = (p[0] - '0') * 10u + (p[1] - '0');

	return is_digit(p[0]) && is_digit(p[1]) &&
	       ((state >= 1 && state <= 38) || state == 96 || state == 97 || state == 99);
}

/* India, GSTIN: state, permanent account number, entity, Z, check character (base 36). */
int
validate_gstin(struct value *v)
{
	unsigned sum = 0;

	if (!take_letters(v, 15) || !is_gst_state(v->norm) || !is_in_pan(v->norm + 2) ||
	    v->norm[13] != 'Z')
		return 0;
	for (unsigned i = 0; i < 14; i++) {
		uint8_t c = v->norm[i];
		unsigned n = (is_digit(c) ? c - '0' + 0u : c - 'A' + 10u) * (i % 2 + 1);

		sum += n / 36 + n % 36;
	}
	unsigned check = (36 - sum % 36) % 36;
	uint8_t want = (uint8_t)(check < 10 ? '0' + check : 'A' + check - 10);

	return want == v->norm[14] ? 30 : 0;
}

/* US employer number: prefixes that were given out. */
int
validate_ein(struct value *v)
{
	static const char never[] = "00 07 08 09 17 18 19 28 29 49 69 70 78 79 89 96 97 ";
	uint8_t d[9];

	return take_digits(v, 9, d) && !begins_with(d, never) && !all_alike(d, 9) ? 10 : 0;
}

/* Mexico, CLABE: weights 3 7 1. */
int
validate_clabe(struct value *v)
{
	uint8_t d[18];
	unsigned sum = 0;

	if (!take_digits(v, 18, d) || all_alike(d, 18))
		return 0;
	for (unsigned i = 0; i < 17; i++)
		sum += d[i] * (unsigned)"\3\7\1"[i % 3] % 10;
	return (10 - sum % 10) % 10 == d[17] ? 10 : 0;
}

/* Argentina, CBU: bank and branch with a check digit, account with another. */
int
validate_cbu(struct value *v)
{
	uint8_t d[22];

	if (!take_digits(v, 22, d) || all_alike(d, 22))
		return 0;
	return (10 - weighted(d, "GACIGAC") % 10) % 10 == d[7] &&
		       (10 - weighted(d + 8, "CIGACIGACIGAC") % 10) % 10 == d[21]
		   ? 20
		   : 0;
}

/* Germany, pension insurance: area, DDMMYY, letter, order, check; weights 2 1 2 5 7 1 2 1 2 1 2 1.
 */
int
validate_rvnr(struct value *v)
{
	static const uint8_t weights[12] = { 2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1 };
	uint8_t d[12];
	unsigned sum = 0;

	if (!take_letters(v, 12) || !is_alpha(v->norm[8]))
		return 0;
	for (unsigned i = 0, k = 0; i < 11; i++) {
		uint8_t c = v->norm[i];

		if (i == 8) {
			d[k++] = (uint8_t)((c - 'A' + 1) / 10);
			d[k++] = (uint8_t)((c - 'A' + 1) % 10);
		} else if (!is_digit(c)) {
			return 0;
		} else {
			d[k++] = (uint8_t)(c - '0');
		}
	}
	if (!is_digit(v->norm[11]))
		return 0;
	for (unsigned i = 0; i < 12; i++) {
		unsigned n = d[i] * (unsigned)weights[i];

		sum += n / 10 + n % 10;
	}
	return sum % 10 == v->norm[11] - '0' + 0u ? 20 : 0;
}

/* UK taxpayer reference: the first digit checks the others. */
int
validate_utr(struct value *v)
{
	uint8_t d[10];

	return take_digits(v, 10, d) && !all_alike(d, 10) &&
		       (uint8_t) "21987654321"[weighted(d + 1, "FGHIJEDCB") % 11] == v->norm[0]
		   ? 10
		   : 0;
}
