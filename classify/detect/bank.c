/*
 * Bank accounts: IBAN (ISO 13616, registry release 101, and the countries that have the form
 * without being in it), ABA routing numbers, SWIFT codes, account numbers of single countries.
 *
 * An IBAN's candidate is its first four characters; the validator grows it to the length its
 * country has, over single blanks or hyphens between groups of four, and compares the letters and
 * digits of the account part with the registry's structure.
 */
#include "classify/detect/validators.h"

enum { IBAN_HEAD = 4, IBAN_MAX = 34 };

/* In the order of their codes. The account part as runs: n digits, a letters, c either, each with
 * its length. */
static const struct iban_country {
	char code[3];
	char bban[16];
} countries[] = {
	/* clang-format off */
	{ "AD", "n8c12" }, { "AE", "n19" }, { "AL", "n8c16" }, { "AO", "n21" },
	{ "AT", "n16" }, { "AZ", "a4c20" }, { "BA", "n16" }, { "BE", "n12" },
	{ "BF", "a2n22" }, { "BG", "a4n6c8" }, { "BH", "a4c14" }, { "BI", "n23" },
	{ "BJ", "a2n22" }, { "BR", "n23a1c1" }, { "BY", "c4n4c16" }, { "CF", "n23" },
	{ "CG", "n23" }, { "CH", "n5c12" }, { "CI", "a2n22" }, { "CM", "n23" },
	{ "CR", "n18" }, { "CV", "n21" }, { "CY", "n8c16" }, { "CZ", "n20" },
	{ "DE", "n18" }, { "DJ", "n23" }, { "DK", "n14" }, { "DO", "c4n20" },
	{ "DZ", "n22" }, { "EE", "n16" }, { "EG", "n25" }, { "ES", "n20" },
	{ "FI", "n14" }, { "FK", "a2n12" }, { "FO", "n14" }, { "FR", "n10c11n2" },
	{ "GA", "n23" }, { "GB", "a4n14" }, { "GE", "a2n16" }, { "GI", "a4c15" },
	{ "GL", "n14" }, { "GQ", "n23" }, { "GR", "n7c16" }, { "GT", "c24" },
	{ "GW", "a2n19" }, { "HN", "a4n20" }, { "HR", "n17" }, { "HU", "n24" },
	{ "IE", "a4n14" }, { "IL", "n19" }, { "IQ", "a4n15" }, { "IR", "n22" },
	{ "IS", "n22" }, { "IT", "a1n10c12" }, { "JO", "a4n4c18" }, { "KM", "n23" },
	{ "KW", "a4c22" }, { "KZ", "n3c13" }, { "LB", "n4c20" }, { "LC", "a4c24" },
	{ "LI", "n5c12" }, { "LT", "n16" }, { "LU", "n3c13" }, { "LV", "a4c13" },
	{ "LY", "n21" }, { "MA", "n24" }, { "MC", "n10c11n2" }, { "MD", "c20" },
	{ "ME", "n18" }, { "MG", "n23" }, { "MK", "n3c10n2" }, { "ML", "a2n22" },
	{ "MN", "n16" }, { "MR", "n23" }, { "MT", "a4n5c18" }, { "MU", "a4n19a3" },
	{ "MZ", "n21" }, { "NE", "a2n22" }, { "NI", "a4n20" }, { "NL", "a4n10" },
	{ "NO", "n11" }, { "OM", "n3c16" }, { "PK", "a4c16" }, { "PL", "n24" },
	{ "PS", "a4c21" }, { "PT", "n21" }, { "QA", "a4c21" }, { "RO", "a4c16" },
	{ "RS", "n18" }, { "RU", "n14c15" }, { "SA", "n2c18" }, { "SC", "a4n20a3" },
	{ "SD", "n14" }, { "SE", "n20" }, { "SI", "n15" }, { "SK", "n20" },
	{ "SM", "a1n10c12" }, { "SN", "a2n22" }, { "SO", "n19" }, { "ST", "n21" },
	{ "SV", "a4n20" }, { "TD", "n23" }, { "TG", "a2n22" }, { "TL", "n19" },
	{ "TN", "n20" }, { "TR", "n6c16" }, { "UA", "n6c19" }, { "VA", "n18" },
	{ "VG", "a4n16" }, { "XK", "n16" }, { "YE", "a4n4c18" },
	/* clang-format on */
};

static const char *
iban_structure(uint8_t a, uint8_t b)
{
	size_t lo = 0, hi = sizeof(countries) / sizeof(countries[0]);
	unsigned want = a * 256u + b;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct iban_country *c = &countries[mid];
		unsigned code = (uint8_t)c->code[0] * 256u + (uint8_t)c->code[1];

		if (code == want)
			return c->bban;
		if (code < want)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

bool
iban_head_ok(const uint8_t *p)
{
	unsigned check = (unsigned)(p[2] - '0') * 10 + p[3] - '0';

	return check >= 2 && check <= 98 && iban_structure(p[0] & 0xdf, p[1] & 0xdf) != NULL;
}

static size_t
run_length(const char **structure)
{
	size_t n = 0;

	for (; **structure >= '0' && **structure <= '9'; (*structure)++)
		n = n * 10 + (size_t)(**structure - '0');
	return n;
}

static size_t
iban_length(const char *structure)
{
	size_t len = IBAN_HEAD;

	while (*structure != '\0') {
		structure++;
		len += run_length(&structure);
	}
	return len;
}

/* p is the account part in upper case, as long as the structure says. */
static bool
iban_fits(const char *structure, const uint8_t *p)
{
	while (*structure != '\0') {
		char kind = *structure++;

		for (size_t n = run_length(&structure); n > 0; n--, p++) {
			if ((kind == 'n' && !is_digit(*p)) || (kind == 'a' && is_digit(*p)))
				return false;
		}
	}
	return true;
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

/*
 * Copies want characters from start on in upper case, over single separators at every fourth; where
 * it ends. All letters must be of one case.
 */
static size_t
iban_collect(const struct value *v, size_t want, uint8_t *out)
{
	bool lower = v->window[v->start] >= 'a';
	size_t at = v->start, nr = 0;
	uint8_t sep = 0;

	while (nr < want && at < v->len) {
		uint8_t c = v->window[at];

		if (is_digit(c) || (is_alpha(c) && (c >= 'a') == lower)) {
			out[nr++] = is_digit(c) ? c : (uint8_t)(c & ~0x20);
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
	const uint8_t *p = v->window + v->start;

	if (v->end - v->start < IBAN_HEAD)
		return 0;

	const char *structure = iban_structure(p[0] & 0xdf, p[1] & 0xdf);
	size_t want = structure == NULL ? 0 : iban_length(structure);
	size_t end = want == 0 || want > IBAN_MAX ? 0 : iban_collect(v, want, v->norm);

	if (end == 0 || !iban_fits(structure, v->norm + IBAN_HEAD) ||
	    iban_mod97(v->norm, want) != 1)
		return 0;
	v->end = end;
	v->norm_len = want;
	/* Nobody prints one in small letters, but people type it so; hashes look like that too. */
	return p[0] >= 'a' ? 10 : 40;
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
