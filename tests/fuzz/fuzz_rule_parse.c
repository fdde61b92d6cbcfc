/* Any text as a rule file: errors, never a crash; what it accepts it can compile or refuse. */
#include <stddef.h>
#include <stdint.h>

#include "classify/rules/rule_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rule_list list = { 0 };

	rule_parse(&list, "fuzz.rules", data, len, NULL);
	rule_list_fini(&list);
	return 0;
}
