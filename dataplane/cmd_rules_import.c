/* weir rules import: rule files of others, in weir's language, on standard output. */
#include <stdio.h>
#include <stdlib.h>

#include "classify/rules/rule_import.h"
#include "dataplane/cmd.h"
#include "dataplane/cmd_rules.h"
#include "dataplane/log.h"

enum { FILE_MAX = 64 << 20 };

static int
import(const char *path, rule_import_fn *fn)
{
	FILE *f = fopen(path, "rb");
	char *text = f == NULL ? NULL : malloc(FILE_MAX);
	size_t len = text == NULL ? 0 : fread(text, 1, FILE_MAX - 1, f);
	struct rule_import_result result = { 0 };
	int status = CMD_FAILED;

	if (text == NULL || ferror(f) != 0 || len == FILE_MAX - 1) {
		log_err("rules: %s: must be a readable file below 64 MiB", path);
	} else {
		text[len] = '\0';
		fn(span_of(text, len), path, stdout, stderr, &result);
		fprintf(stderr, "%s: %u rules, %u translated, %u of them in part, %u not\n", path,
			result.nr, result.translated, result.in_part,
			result.nr - result.translated);
		status = result.translated != 0 ? CMD_OK : CMD_FAILED;
	}
	free(text);
	if (f != NULL)
		fclose(f);
	return status;
}

int
rules_import(const struct rules_options *o)
{
	if ((o->gitleaks == NULL) == (o->suricata == NULL)) {
		log_err("rules: import: must be one of --gitleaks FILE and --suricata FILE");
		return CMD_USAGE;
	}
	return o->gitleaks != NULL ? import(o->gitleaks, rule_import_gitleaks)
				   : import(o->suricata, rule_import_suricata);
}
