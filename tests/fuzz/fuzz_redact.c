/* Any bytes masked: never more than the cap, and no test card left in what comes out. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "classify/detect/redact.h"
#include "classify/rules/ruleset.h"
#include "classify/rules/scan.h"

static const char rules[] =
    "rule a.card {\n title \"c\"\n data_type a.card\n in any\n find digits 12..19 sep \" -\"\n"
    " validate card\n show bin6last4\n}\n"
    "rule a.mail {\n title \"m\"\n data_type a.mail\n in any\n match "
    "/@[a-z0-9-]{1,63}\\.[a-z]{2}/i\n"
    " validate email\n show email\n}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint64_t key[2] = { 1, 2 };
	static struct ruleset *set;
	static struct scanner *s;
	char out[REDACT_MAX * 2];

	if (s == NULL) {
		if (ruleset_load_text("fuzz.rules", rules, sizeof(rules) - 1, &set, stderr) != 0)
			abort();
		s = scanner_create(set, 0, key);
	}
	if (len < 1 || s == NULL)
		return 0;

	size_t cap = 1 + data[0] * 16u;
	size_t n = redact_text(s, data + 1, len - 1, out, cap);

	if (n > cap)
		abort();
	for (size_t i = 0; i + 18 <= n; i++) {
		if (memcmp(out + i, " 4111111111111111 ", 18) == 0)
			abort();
	}
	return 0;
}
