/* The list of validators, in the order of their names, and what several of them need. */
#include "classify/detect/validators.h"

/* clang-format off */
static const struct validator validators[] = {
	{ "aadhaar", validate_aadhaar, "India: 12 digits, Verhoeff" },
	{ "aba", validate_aba, "US bank routing number: prefix, weights 3 7 1" },
	{ "abn", validate_abn, "Australia: business number, mod 89" },
	{ "ae_eid", validate_ae_eid, "United Arab Emirates: 784, year, Luhn" },
	{ "ahv", validate_ahv, "Switzerland: EAN-13 behind 756" },
	{ "amka", validate_amka, "Greece: date and Luhn" },
	{ "assigned", validate_assigned, "key = value of a known shape: the value behind the last ':' or '=', no placeholder" },
	{ "assigned_key", validate_assigned_key, "the same, and the value is mixed like a random key" },
	{ "assigned_text", validate_assigned_text, "key = \"text\": what stands in the quotes, no placeholder" },
	{ "au_medicare", validate_au_medicare, "Australia: health card, a check digit" },
	{ "aws_key", validate_aws_key, "AWS access key id: base32 behind the four letters", .lettered = true },
	{ "aws_secret", validate_aws_secret, "40 characters of base64 with the entropy of a random key" },
	{ "azure_key", validate_azure_key, "a key of Azure by its service's mark, of a length that there is" },
	{ "base58_address", validate_base58_address, "crypto-currency address: Base58Check of 21 bytes" },
	{ "base64_64", validate_base64_64, "base64 of exactly 64 bytes" },
	{ "basic", validate_basic, "HTTP Basic credentials: base64 of user:password" },
	{ "be_nn", validate_be_nn, "Belgium: national number, 97 - n mod 97" },
	{ "bech32", validate_bech32, "Bech32 or Bech32m check sum", .lettered = true },
	{ "bic", validate_bic, "SWIFT code: the country exists", .lettered = true },
	{ "birth_date", validate_birth_date, "a date a living person may be born on" },
	{ "birth_date_words", validate_birth_date_words, "the same with its month as a word" },
	{ "bsn", validate_bsn, "Netherlands: 9 digits, eleven test" },
	{ "card", validate_card, "payment card: issuer range, length, grouping, Luhn" },
	{ "card_unlisted", validate_card_unlisted, "card of no known issuer range: Luhn, first digit 2 to 6" },
	{ "cbu", validate_cbu, "Argentina: bank account, two check digits" },
	{ "clabe", validate_clabe, "Mexico: bank account, weights 3 7 1" },
	{ "cn_id", validate_cn_id, "China: resident identity number with date and check character" },
	{ "cnp", validate_cnp, "Romania: date and a check digit" },
	{ "cnpj", validate_cnpj, "Brazil: company number, two check digits" },
	{ "codice_fiscale", validate_codice_fiscale, "Italy: 16 characters with a check letter", .lettered = true },
	{ "cpf", validate_cpf, "Brazil: personal number, two check digits" },
	{ "cpr", validate_cpr, "Denmark: date" },
	{ "crc32_base62", validate_crc32_base62, "GitHub and npm tokens: CRC32 in the last six characters" },
	{ "cuit", validate_cuit, "Argentina: prefix and a check digit" },
	{ "curp", validate_curp, "Mexico: 18 characters with a check digit", .lettered = true },
	{ "dea", validate_dea, "US prescriber number with a check digit", .lettered = true },
	{ "dni", validate_dni, "Spain: 8 digits and a letter", .lettered = true },
	{ "do_cedula", validate_do_cedula, "Dominican Republic: 11 digits, Luhn" },
	{ "document", validate_document, "a number of four digits or more, of unknown make" },
	{ "dsn_password", validate_dsn_password, "user:password@tcp(, user/password@ of a database, no placeholder" },
	{ "ec_ci", validate_ec_ci, "Ecuador: province and Luhn" },
	{ "egn", validate_egn, "Bulgaria: date and a check digit" },
	{ "ein", validate_ein, "US employer number: prefixes in use" },
	{ "email", validate_email, "e-mail address around an '@'", .lettered = true },
	{ "eth", validate_eth, "Ethereum address: EIP-55 when in mixed case" },
	{ "fnr", validate_fnr, "Norway: date and two check digits" },
	{ "gstin", validate_gstin, "India: tax registration, base 36 check", .lettered = true },
	{ "hetu", validate_hetu, "Finland: date, century sign, check character" },
	{ "hkid", validate_hkid, "Hong Kong: letters, 6 digits, check character", .lettered = true },
	{ "hu_taj", validate_hu_taj, "Hungary: social insurance, weights 3 7" },
	{ "iban", validate_iban, "IBAN: length of the country, mod 97", .lettered = true },
	{ "il_id", validate_il_id, "Israel: 9 digits, Luhn" },
	{ "in_pan", validate_in_pan, "India: permanent account number, holder type letter", .lettered = true },
	{ "ir_melli", validate_ir_melli, "Iran: national code, mod 11" },
	{ "ird", validate_ird, "New Zealand: two sets of weights, mod 11" },
	{ "isikukood", validate_isikukood, "Estonia, Lithuania: date and a check digit" },
	{ "itin", validate_itin, "US taxpayer number: 9xx, group ranges", .grouped = true },
	{ "itin_bare", validate_itin_bare, "the same, however it is grouped" },
	{ "jmbg", validate_jmbg, "Serbia, Slovenia and their neighbours: date and mod 11" },
	{ "jwt", validate_jwt, "JSON Web Token: the header decodes and names an algorithm", .lettered = true },
	{ "jwt_head", validate_jwt_head, "the header of a JSON Web Token, and what follows as far as it goes", .lettered = true },
	{ "k8s_jwt", validate_k8s_jwt, "a JWT whose claims name Kubernetes", .lettered = true },
	{ "kennitala", validate_kennitala, "Iceland: date and mod 11" },
	{ "kvnr", validate_kvnr, "Germany: health insurance, a letter and a check digit", .lettered = true },
	{ "kz_iin", validate_kz_iin, "Kazakhstan: date and a check digit" },
	{ "last_word", validate_last_word, "the match's last word, no placeholder" },
	{ "login", validate_login, "user:password as an option of a command: no word, no stand-in" },
	{ "luhn", validate_luhn, "Luhn's check digit" },
	{ "lv_pk", validate_lv_pk, "Latvia: date, or 32 for none, and a check digit" },
	{ "mbi", validate_mbi, "US Medicare beneficiary: 11 characters by position", .lettered = true },
	{ "mrz", validate_mrz, "second line of a passport: three check digits" },
	{ "my_nric", validate_my_nric, "Malaysia: date and place" },
	{ "my_number", validate_my_number, "Japan: 12 digits, one check digit" },
	{ "named_key", validate_named_key, "a vendor's name, then a key: the word in front of it says so, or it is mixed" },
	{ "named_long", validate_named_long, "the same for a key of any length: the match ends inside it" },
	{ "named_password", validate_named_password, "a password behind a vendor's name and its own" },
	{ "nhs", validate_nhs, "UK: NHS number, mod 11" },
	{ "nie", validate_nie, "Spain: foreigner's number", .lettered = true },
	{ "nif", validate_nif, "Portugal: 9 digits, mod 11" },
	{ "nik", validate_nik, "Indonesia: district and date" },
	{ "nino", validate_nino, "UK: national insurance number by its letters", .lettered = true },
	{ "nip", validate_nip, "Poland: tax number, mod 11" },
	{ "nir", validate_nir, "France: 13 digits and 97 - n mod 97" },
	{ "npi", validate_npi, "US health provider: Luhn behind 80840" },
	{ "nric", validate_nric, "Singapore: 7 digits and a check letter", .lettered = true },
	{ "oib", validate_oib, "Croatia: ISO 7064 mod 11,10" },
	{ "option_password", validate_option_password, "a password as an option of a command: no word, no stand-in" },
	{ "partita_iva", validate_partita_iva, "Italy: VAT number, province and Luhn" },
	{ "password", validate_password, "a password behind its name: no words, no expression, no placeholder" },
	{ "path_key", validate_path_key, "the last part of a path or the value of a parameter, no placeholder" },
	{ "pem_key", validate_pem_key, "a PEM marker with a key behind it", .lettered = true },
	{ "personalausweis", validate_personalausweis, "Germany: identity card, weights 7 3 1" },
	{ "personnummer", validate_personnummer, "Sweden: date and Luhn" },
	{ "pesel", validate_pesel, "Poland: date and a check digit" },
	{ "phone", validate_phone, "telephone number: 8 to 15 digits, not all alike" },
	{ "pk_cnic", validate_pk_cnic, "Pakistan: 13 digits, province" },
	{ "pps", validate_pps, "Ireland: 7 digits and a check letter", .lettered = true },
	{ "rodne_cislo", validate_rodne_cislo, "Czechia, Slovakia: date, mod 11" },
	{ "rrn", validate_rrn, "Korea: date and gender digit" },
	{ "ru_inn", validate_ru_inn, "Russia: a person's tax number, two check digits" },
	{ "ru_passport", validate_ru_passport, "Russia: inner passport, region and year of its form", .grouped = true },
	{ "rut", validate_rut, "Chile: number and mod 11 character" },
	{ "rvnr", validate_rvnr, "Germany: pension insurance, date and a check digit", .lettered = true },
	{ "sa_id", validate_sa_id, "Saudi Arabia: 1 or 2 in front, Luhn" },
	{ "sin", validate_sin, "Canada: 9 digits, Luhn" },
	{ "snils", validate_snils, "Russia: social insurance, mod 101" },
	{ "ssn", validate_ssn, "US social security number, written AAA-GG-SSSS", .grouped = true },
	{ "ssn_bare", validate_ssn_bare, "the same, however it is grouped: ranges only" },
	{ "steuer_id", validate_steuer_id, "Germany: tax number, ISO 7064 mod 11,10" },
	{ "svnr", validate_svnr, "Austria: social insurance, date and mod 11" },
	{ "tckn", validate_tckn, "Turkey: 11 digits, two check digits" },
	{ "tfn", validate_tfn, "Australia: tax file number, mod 11" },
	{ "th_pin", validate_th_pin, "Thailand: 13 digits, mod 11" },
	{ "token", validate_token, "a random-looking token: no placeholder, not one character over and over" },
	{ "token_head", validate_token_head, "the same, of a long one: the match ends inside it" },
	{ "track", validate_track, "magnetic track data: the PAN passes Luhn, the expiry has a month" },
	{ "tw_id", validate_tw_id, "Taiwan: letter, sex, check digit" },
	{ "ua_rntrc", validate_ua_rntrc, "Ukraine: tax number, birth day and a check digit" },
	{ "url_password", validate_url_password, "user:password@ in a URL, no placeholder" },
	{ "utr", validate_utr, "UK: taxpayer reference, mod 11" },
	{ "vin", validate_vin, "vehicle number with a check digit" },
	{ "wif", validate_wif, "private key of a wallet: Base58Check of 33 or 34 bytes" },
	{ "xprv", validate_xprv, "extended private key: Base58Check of 78 bytes" },
	{ "za_id", validate_za_id, "South Africa: date and Luhn" },
};
/* clang-format on */

const struct validator *
validator_find(struct span name)
{
	for (size_t i = 0; i < sizeof(validators) / sizeof(validators[0]); i++) {
		if (span_is(name, validators[i].name))
			return &validators[i];
	}
	return NULL;
}

const struct validator *
validator_at(size_t i)
{
	return i < sizeof(validators) / sizeof(validators[0]) ? &validators[i] : NULL;
}

size_t
value_digits(struct span s, uint8_t *out, size_t cap)
{
	size_t nr = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (!is_digit(s.p[i]))
			continue;
		if (nr == cap)
			return 0;
		out[nr++] = s.p[i];
	}
	return nr;
}

bool
value_escape_before(const struct value *v, size_t at)
{
	const uint8_t *w = v->window;

	if (at >= 2 && w[at - 2] == '\\')
		return memchr("nrtbf", w[at - 1], 5) != NULL;
	if (at >= 3 && w[at - 3] == '%')
		return hex_value(w[at - 2]) >= 0 && hex_value(w[at - 1]) >= 0;
	return at >= 6 && w[at - 6] == '\\' && w[at - 5] == 'u';
}

static int
base64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (is_digit(c))
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

size_t
base64_decode(struct span in, uint8_t *out, size_t cap)
{
	uint32_t bits = 0;
	unsigned nr_bits = 0;
	size_t nr = 0;

	for (size_t i = 0; i < in.len && nr < cap; i++) {
		int six = base64_value(in.p[i]);

		if (six < 0)
			break;
		bits = (bits << 6) | (uint32_t)six;
		nr_bits += 6;
		if (nr_bits >= 8) {
			nr_bits -= 8;
			out[nr++] = (uint8_t)(bits >> nr_bits);
		}
	}
	return nr;
}

static bool
is_hex(uint8_t c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool
ends_number(uint8_t c)
{
	return !is_alnum(c) && memchr("/-._", c, 4) == NULL;
}

/* Numbers of base sixteen beside a value, a blank in front of each. */
struct beside {
	unsigned nr;	/* two at most */
	size_t width;	/* of the nearer */
	bool has_alpha; /* and letters in it */
};

static struct beside
numbers_beside(const struct value *v, size_t at, int step)
{
	struct beside b = { 0 };

	while (b.nr < 2 && at < v->len && v->window[at] == ' ') {
		bool digit = false, alpha = false;
		size_t width = 0;

		for (at += (size_t)step; at < v->len && is_hex(v->window[at]);
		     at += (size_t)step, width++) {
			digit = digit || is_digit(v->window[at]);
			alpha = alpha || is_alpha(v->window[at]);
		}
		if (!digit || (at < v->len && !ends_number(v->window[at])))
			break;
		if (b.nr++ == 0) {
			b.width = width;
			b.has_alpha = alpha;
		}
	}
	return b;
}

bool
value_in_row(const struct value *v)
{
	struct span s = value_span(v);
	struct beside left, right;
	size_t first = 0, last = 0;

	while (first < s.len && is_digit(s.p[first]))
		first++;
	while (last < s.len && is_digit(s.p[s.len - 1 - last]))
		last++;
	if (first == s.len || s.p[first] != ' ')
		return false;
	left = numbers_beside(v, v->start - 1, -1);
	right = numbers_beside(v, v->end, 1);
	return left.nr + right.nr >= 2 || left.width == first || left.width >= 4 ||
	       right.width == last || (right.width >= 4 && right.has_alpha);
}

/* One character the next of the other, `step` behind it, how often in a row. */
static size_t
counts_up(struct span s, size_t step)
{
	size_t most = 0, run = 0;

	for (size_t i = step; i < s.len; i++) {
		run = s.p[i] == s.p[i - step] + 1 ? run + 1 : 0;
		most = run > most ? run : most;
	}
	return most;
}

/* How often the most frequent byte is there. */
static size_t
most_frequent(struct span s)
{
	uint16_t count[256] = { 0 };
	size_t most = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (++count[s.p[i]] > most)
			most = count[s.p[i]];
	}
	return most;
}

/* The same of decimal digits alone, as most numbers are: six bits for each; 0 for anything else. */
static size_t
most_frequent_digit(struct span s)
{
	uint64_t counts = 0;
	size_t most = 0;

	if (s.len > 63)
		return 0;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_digit(s.p[i]))
			return 0;
		counts += 1ull << 6 * (s.p[i] - '0');
	}
	for (; counts != 0; counts >>= 6)
		most = (counts & 63) > most ? counts & 63 : most;
	return most;
}

bool
looks_made_up(struct span s)
{
	size_t most = most_frequent_digit(s);

	if (most == 0)
		most = most_frequent(s);
	/* 123456789, a1b2c3d4 */
	return most * 10 > s.len * 6 || (s.len > 8 && counts_up(s, 1) >= 8) ||
	       (s.len >= 8 && counts_up(s, 2) >= 6);
}

static bool
holds_any(struct span s, const char *const *texts, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (span_has_nocase(s, texts[i]))
			return true;
	}
	return false;
}

bool
is_stand_in(struct span s)
{
	static const char *const words[] = { "xxxx",	 "****",	"....",	    "example",
					     "your_",	 "your-",	"dummy",    "changeme",
					     "redacted", "placeholder", "00000000", "insert",
					     "sample",	 "12345678",	"abcdef",   "yourkey" };

	return holds_any(s, words, sizeof(words) / sizeof(words[0])) || looks_made_up(s);
}

bool
is_placeholder(struct span s)
{
	static const char *const marks[] = { "{{", "}}", "${", "<", "%s" };

	return holds_any(s, marks, sizeof(marks) / sizeof(marks[0])) || is_stand_in(s);
}
