/* weir COMMAND ...: finds the command in the table and runs it. */
#include <stdio.h>
#include <string.h>

#include "dataplane/cmd.h"
#include "dataplane/core_dump.h"
#include "dataplane/log.h"

static const struct cmd cmds[] = {
	{ "run", "inspect live traffic on the ports of a configuration", cmd_run },
	{ "replay", "the same pipeline over capture files", cmd_replay },
	{ "check", "read a configuration and its rules, start nothing", cmd_check },
	{ "doctor", "what is wrong with the machine and with the feed", cmd_doctor },
	{ "rules", "list, test, try, explain, profile and import rules", cmd_rules },
	{ "schema", "JSON Schema of the records", cmd_schema },
};

#define NR_CMDS (sizeof(cmds) / sizeof(cmds[0]))

static void
help(FILE *to)
{
	fprintf(to, "usage: weir COMMAND [OPTION]...\n\n");
	for (size_t i = 0; i < NR_CMDS; i++)
		fprintf(to, "  %-8s %s\n", cmds[i].name, cmds[i].summary);
	fprintf(to,
		"\n`weir COMMAND --help` tells more. Exit status: 0 done, 1 failed, 2 usage.\n");
}

int
main(int argc, char **argv)
{
	if (argc < 2) {
		help(stderr);
		return CMD_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		help(stdout);
		return CMD_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("weir %s\n", WEIR_VERSION);
		return CMD_OK;
	}
	core_dump_forbid();
	for (size_t i = 0; i < NR_CMDS; i++) {
		if (strcmp(argv[1], cmds[i].name) == 0)
			return cmds[i].run(argc - 1, argv + 1);
	}
	log_err("%s: no such command: must be one of those in weir --help", argv[1]);
	return CMD_USAGE;
}
