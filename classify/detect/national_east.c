/*
 * More numbers that states give to people: from Latvia and Hungary to the Gulf and India.
 *
 * Weights are written as in national.c: 'A' is 1, 'B' is 2, '@' is 0.
 */
#include "classify/detect/national.h"

/* Russia, taxpayer: twelve digits for a person, the last two check the others. */
int
validate_ru_inn(struct value *v)
{
	uint8_t d[12];

	if (!take_digits(v, 12, d) || two(d) == 0)
		return 0;
	return weighted(d, "GBDJCEIDFH") % 11 % 10 == d[10] &&
		       weighted(d, "CGBDJCEIDFH") % 11 % 10 == d[11]
		   ? 20
		   : 0;
}

/* Russia, social insurance: nine digits and two that check them, since 001-001-998. */
int
validate_snils(struct value *v)
{
	uint8_t d[11];

	if (!take_digits(v, 11, d) || number(d, 9) <= 1001998 || all_alike(d, 9))
		return 0;
	return weighted(d, "IHGFEDCBA") % 101 % 100 == two(d + 9) ? 20 : 0;
}

/* Russia, inner passport: region, year in which its form was printed, number: 45 10 123456. */
int
validate_ru_passport(struct value *v)
{
	uint8_t d[10];

	if (!take_digits(v, 10, d) || two(d) == 0 || number(d + 4, 6) < 101)
		return 0;
	return two(d + 2) >= 97 || two(d + 2) <= 40 ? 10 : 0;
}

/* Ukraine, taxpayer: day of birth as days since 1900, order, check digit. */
int
validate_ua_rntrc(struct value *v)
{
	uint8_t d[10];

	if (!take_digits(v, 10, d) || number(d, 5) < 3653 || number(d, 5) > 55000)
		return 0;
	return weighted(d, "JEGIDFJEG") % 11 % 10 == d[9] ? 10 : 0;
}

/* Kazakhstan: YYMMDD, century and sex, order, two rounds of weights. */
int
validate_kz_iin(struct value *v)
{
	uint8_t d[12];

	if (!take_digits(v, 12, d) || d[6] > 6 || !is_day(two(d + 4), two(d + 2)))
		return 0;
	unsigned check = weighted(d, "ABCDEFGHIJK") % 11;

	if (check == 10)
		check = weighted(d, "CDEFGHIJKAB") % 11;
	return check == d[11] ? 20 : 0;
}

/* Latvia: DDMMYY, century, order, check digit; since 2017 32 in front and no date. */
int
validate_lv_pk(struct value *v)
{
	uint8_t d[11];

	if (!take_digits(v, 11, d) || (two(d) != 32 && (!is_day(two(d), two(d + 2)) || d[6] > 2)))
		return 0;
	return (1 + weighted(d, "JEHDBAFCGI")) % 11 % 10 == d[10] ? 20 : 0;
}

/* Hungary, social insurance. */
int
validate_hu_taj(struct value *v)
{
	uint8_t d[9];

	return take_digits(v, 9, d) && !all_alike(d, 9) && weighted(d, "CGCGCGCG") % 10 == d[8] ? 10
												: 0;
}

/* Saudi Arabia: 1 for citizens, 2 for residents (iqama), Luhn. */
int
validate_sa_id(struct value *v)
{
	uint8_t d[10];

	return take_digits(v, 10, d) && (d[0] == 1 || d[0] == 2) && luhn_ok(v->norm, 10) ? 10 : 0;
}

/* United Arab Emirates: 784, year of birth, order, Luhn. */
int
validate_ae_eid(struct value *v)
{
	uint8_t d[15];

	if (!take_digits(v, 15, d) || number(d, 3) != 784 || number(d + 3, 4) < 1900 ||
	    number(d + 3, 4) > 2099)
		return 0;
	return luhn_ok(v->norm, 15) ? 30 : 0;
}

/* Iran, national code. */
int
validate_ir_melli(struct value *v)
{
	uint8_t d[10];

	if (!take_digits(v, 10, d) || all_alike(d, 10))
		return 0;
	unsigned rest = weighted(d, "JIHGFEDCB") % 11;

	return (rest < 2 ? rest : 11 - rest) == d[9] ? 10 : 0;
}

/* Pakistan, CNIC: province, place, family, and a last digit that tells men and women. */
int
validate_pk_cnic(struct value *v)
{
	uint8_t d[13];

	return take_digits(v, 13, d) && d[0] >= 1 && d[0] <= 7 && d[12] != 0 ? 10 : 0;
}
