/*
 * Rules of others: bit 0 of the first byte chooses Suricata's or gitleaks', the rest is a file of
 * them. Whatever it says, what is counted adds up, and what is written loads.
 */
#include "classify/rules/rule_import.h"

#include <stdlib.h>
#include <string.h>

#include "classify/rules/rule_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rule_import_result result = { 0 };
	struct rule_list list = { 0 };
	char *written, *told;
	size_t written_len, told_len;
	FILE *to, *log;

	if (len == 0)
		return 0;
	to = open_memstream(&written, &written_len);
	log = open_memstream(&told, &told_len);
	if (to == NULL || log == NULL)
		abort();
	((data[0] & 1) != 0
	     ? rule_import_suricata
	     : rule_import_gitleaks)(span_of(data + 1, len - 1), "fuzz", to, log, &result);
	fclose(to);
	fclose(log);
	if (result.translated > result.nr || result.in_part > result.translated)
		abort();
	if (result.translated != 0 &&
	    (rule_parse(&list, "written", (const uint8_t *)written, written_len, NULL) != 0 ||
	     list.nr == 0))
		abort();
	rule_list_fini(&list);
	free(written);
	free(told);
	return 0;
}
