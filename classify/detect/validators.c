/* The list of validators, in the order of their names, and what several of them need. */
#include "classify/detect/validators.h"

/* clang-format off */
static const struct validator validators[] = {
	{ "aadhaar", validate_aadhaar, "India: 12 digits, Verhoeff" },
	{ "aba", validate_aba, "US bank routing number: prefix, weights 3 7 1" },
	{ "assigned", validate_assigned, "key = value: the value behind the last ':' or '=', no placeholder" },
	{ "assigned_key", validate_assigned_key, "the same, and the value is mixed like a random key" },
	{ "assigned_text", validate_assigned_text, "key = \"text\": what stands in the quotes, no placeholder" },
	{ "aws_key", validate_aws_key, "AWS access key id: base32 behind the four letters" },
	{ "aws_secret", validate_aws_secret, "40 characters of base64 with the entropy of a random key" },
	{ "base64_64", validate_base64_64, "base64 of exactly 64 bytes" },
	{ "basic", validate_basic, "HTTP Basic credentials: base64 of user:password" },
	{ "be_nn", validate_be_nn, "Belgium: national number, 97 - n mod 97" },
	{ "bsn", validate_bsn, "Netherlands: 9 digits, eleven test" },
	{ "card", validate_card, "payment card: issuer range, length, grouping, Luhn" },
	{ "card_unlisted", validate_card_unlisted, "card of no known issuer range: Luhn, first digit 2 to 6" },
	{ "cn_id", validate_cn_id, "China: resident identity number with date and check character" },
	{ "cnpj", validate_cnpj, "Brazil: company number, two check digits" },
	{ "codice_fiscale", validate_codice_fiscale, "Italy: 16 characters with a check letter" },
	{ "cpf", validate_cpf, "Brazil: personal number, two check digits" },
	{ "crc32_base62", validate_crc32_base62, "GitHub and npm tokens: CRC32 in the last six characters" },
	{ "curp", validate_curp, "Mexico: 18 characters with a check digit" },
	{ "dea", validate_dea, "US prescriber number with a check digit" },
	{ "dni", validate_dni, "Spain: 8 digits and a letter" },
	{ "email", validate_email, "e-mail address around an '@'" },
	{ "fnr", validate_fnr, "Norway: date and two check digits" },
	{ "hetu", validate_hetu, "Finland: date, century sign, check character" },
	{ "iban", validate_iban, "IBAN: length of the country, mod 97" },
	{ "in_pan", validate_in_pan, "India: permanent account number, holder type letter" },
	{ "itin", validate_itin, "US taxpayer number: 9xx, group ranges" },
	{ "jwt", validate_jwt, "JSON Web Token: the header decodes and names an algorithm" },
	{ "k8s_jwt", validate_k8s_jwt, "a JWT whose claims name Kubernetes" },
	{ "last_word", validate_last_word, "the match's last word, no placeholder" },
	{ "luhn", validate_luhn, "Luhn's check digit" },
	{ "mbi", validate_mbi, "US Medicare beneficiary: 11 characters by position" },
	{ "my_number", validate_my_number, "Japan: 12 digits, one check digit" },
	{ "named_key", validate_named_key, "a vendor's name, then a key: the word in front of it says so, or it is mixed" },
	{ "named_long", validate_named_long, "the same for a key of any length: the match ends inside it" },
	{ "nhs", validate_nhs, "UK: NHS number, mod 11" },
	{ "nie", validate_nie, "Spain: foreigner's number" },
	{ "nino", validate_nino, "UK: national insurance number by its letters" },
	{ "nir", validate_nir, "France: 13 digits and 97 - n mod 97" },
	{ "npi", validate_npi, "US health provider: Luhn behind 80840" },
	{ "nric", validate_nric, "Singapore: 7 digits and a check letter" },
	{ "personnummer", validate_personnummer, "Sweden: date and Luhn" },
	{ "pesel", validate_pesel, "Poland: date and a check digit" },
	{ "phone", validate_phone, "telephone number: 8 to 15 digits, not all alike" },
	{ "rrn", validate_rrn, "Korea: date and gender digit" },
	{ "rut", validate_rut, "Chile: number and mod 11 character" },
	{ "sin", validate_sin, "Canada: 9 digits, Luhn" },
	{ "ssn", validate_ssn, "US social security number, written AAA-GG-SSSS" },
	{ "ssn_bare", validate_ssn_bare, "the same without separators: ranges only" },
	{ "steuer_id", validate_steuer_id, "Germany: tax number, ISO 7064 mod 11,10" },
	{ "tckn", validate_tckn, "Turkey: 11 digits, two check digits" },
	{ "tfn", validate_tfn, "Australia: tax file number, mod 11" },
	{ "token", validate_token, "a random-looking token: no placeholder, not one character over and over" },
	{ "track", validate_track, "magnetic track data: the PAN passes Luhn, the expiry has a month" },
	{ "url_password", validate_url_password, "user:password@ in a URL, no placeholder" },
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

bool
looks_made_up(struct span s)
{
	uint16_t count[256] = { 0 };
	size_t most = 0, up = 0, run = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (++count[s.p[i]] > most)
			most = count[s.p[i]];
		run = i > 0 && s.p[i] == s.p[i - 1] + 1 ? run + 1 : 0;
		if (run > up)
			up = run;
	}
	return most * 10 > s.len * 6 || up >= 8;
}

bool
holds_nocase(struct span s, const char *needle)
{
	size_t len = strlen(needle);

	for (size_t i = 0; len <= s.len && i <= s.len - len; i++) {
		size_t k = 0;

		while (k < len && ascii_lower(s.p[i + k]) == (uint8_t)needle[k])
			k++;
		if (k == len)
			return true;
	}
	return false;
}

bool
is_placeholder(struct span s)
{
	static const char *const words[] = {
		"xxxx",	    "****",	"....",	       "example",  "your_",  "your-",	"dummy",
		"changeme", "redacted", "placeholder", "00000000", "insert", "sample",	"12345678",
		"abcdefgh", "{{",	"}}",	       "${",	   "<",	     "yourkey", "%s"
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (holds_nocase(s, words[i]))
			return true;
	}
	return looks_made_up(s);
}
