/* weir schema [TYPE]: the JSON Schema of one record type, or of all. */
#include <stdio.h>
#include <string.h>

#include "dataplane/cmd.h"
#include "dataplane/log.h"
#include "dataplane/publish/schema.h"

static void
list_types(FILE *to)
{
	for (unsigned t = 0; t < NR_RECORD_TYPES; t++)
		fprintf(to, "%s%s", t == 0 ? "" : " ", record_type_names[t]);
}

int
cmd_schema(int argc, char **argv)
{
	if (argc > 2 || (argc == 2 && strcmp(argv[1], "--help") == 0)) {
		FILE *to = argc > 2 ? stderr : stdout;

		fputs("usage: weir schema [TYPE]\n\nJSON Schema of one record type, or of all, one "
		      "behind the other: ",
		      to);
		list_types(to);
		fputc('\n', to);
		return argc > 2 ? CMD_USAGE : CMD_OK;
	}
	if (argc == 2) {
		enum record_type type = schema_type_of(argv[1]);

		if (type == NR_RECORD_TYPES) {
			log_err("schema: %s: no such record type: see weir schema --help", argv[1]);
			return CMD_USAGE;
		}
		schema_write(stdout, type);
		return CMD_OK;
	}
	for (unsigned t = 0; t < NR_RECORD_TYPES; t++)
		schema_write(stdout, (enum record_type)t);
	return CMD_OK;
}
