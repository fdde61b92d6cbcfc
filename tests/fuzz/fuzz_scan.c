/*
 * Any bytes through the scanner, whole and in pieces: the findings must be the same. The first byte
 * chooses the buffer, the second the size of the pieces.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "classify/rules/ruleset.h"
#include "classify/rules/scan.h"

static const char rules[] =
    "rule a.card {\n title \"c\"\n data_type a\n in any\n find digits 12..19 sep \" -\"\n"
    " validate card\n context +20 within 8 words { card }\n veto within 2 words { order }\n}\n"
    "rule a.mail {\n title \"m\"\n data_type a\n in any\n match /@[a-z0-9-]{1,63}\\.[a-z]{2}/i\n"
    " validate email\n}\n"
    "rule a.plus {\n title \"+\"\n data_type a\n in any\n"
    " match /(?:ab|[x ]{1,3})?\\+\\d{1,3}(?:[ -]?\\d{2,4}){1,3}\\b/\n}\n"
    "rule a.iban {\n title \"i\"\n data_type a\n in any\n find iban\n validate iban\n}\n"
    "rule a.jwt {\n title \"j\"\n data_type a\n in any\n"
    " match /eyJ[A-Za-z0-9_-]{4,}\\.eyJ[A-Za-z0-9_-]{4}/\n validate jwt\n}\n"
    "rule a.key {\n title \"k\"\n data_type a\n in any\n match /ab[0-9]{2,40}/\n bounded\n}\n"
    "rule a.pw {\n title \"p\"\n data_type a\n in any\n match /pw[:=].{3}/\n validate "
    "assigned\n}\n"
    "rule a.tel {\n title \"t\"\n data_type a\n in any\n weak\n find digits 6..9 sep \" -\"\n"
    " context needs +30 within 3 words { tel nr phone_no \"caf\xc3\xa9\" }\n}\n"
    "rule a.luhn {\n title \"l\"\n data_type a\n in any\n weak\n find digits 6..12 sep \" \"\n"
    " validate luhn\n context +30 within 5 words { nr id }\n}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct sum {
	uint64_t nr, values;
};

static void
found(void *arg, const struct finding *f)
{
	struct sum *s = arg;

	s->nr++;
	s->values += f->value_hash * 3 + f->offset + (uint64_t)f->score;
}

static struct sum
run(struct scanner *s, enum buffer buffer, const uint8_t *data, size_t len, size_t step)
{
	struct scan_stream *st = scan_open(s, buffer);
	struct sum sum = { 0 };

	for (size_t at = 0; at < len; at += step)
		scan_push(st, data + at, step < len - at ? step : len - at, found, &sum);
	scan_close(st, found, &sum);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint64_t key[2] = { 1, 2 };
	static struct ruleset *set;
	static struct scanner *s;

	if (s == NULL) {
		if (ruleset_load_text("fuzz.rules", rules, sizeof(rules) - 1, &set, stderr) != 0)
			abort();
		s = scanner_create(set, 1, key);
	}
	if (len < 2 || s == NULL)
		return 0;

	enum buffer buffer = (enum buffer)(data[0] % NR_BUFFERS);
	size_t step = 1 + data[1] % 97;
	uint64_t lost =
	    scanner_counters(s)->scan_candidates_lost + scanner_counters(s)->scan_values_forgotten;
	struct sum whole = run(s, buffer, data + 2, len - 2, len);
	struct sum cut = run(s, buffer, data + 2, len - 2, step);

	/* Limits may strike differently; then nothing is promised. */
	if (lost == scanner_counters(s)->scan_candidates_lost +
			scanner_counters(s)->scan_values_forgotten &&
	    (whole.nr != cut.nr || whole.values != cut.values))
		abort();
	return 0;
}
