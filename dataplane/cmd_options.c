/* Two rounds over the arguments; cmd_options.h says why. */
#include "dataplane/cmd_options.h"

#include <stdio.h>
#include <string.h>

#include "dataplane/cmd.h"
#include "dataplane/log.h"

int
cmd_options_read(const struct cmd_options *o, int argc, char **argv, struct config *config,
		 const char **file)
{
	int opt, r;

	*file = NULL;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, o->letters, o->options, NULL)) != -1) {
		if (opt == CMD_OPT_CONFIG)
			*file = optarg;
		if (opt == CMD_OPT_HELP) {
			fputs(o->usage, stdout);
			return CMD_OK;
		}
		if (opt == '?' || opt == ':') {
			log_err("%s: %s: %s: see weir %s --help", o->command, argv[optind - 1],
				opt == '?' ? "unknown option" : "needs a value", o->command);
			return CMD_USAGE;
		}
	}
	if (*file != NULL && config_load(config, *file) != 0)
		return CMD_USAGE;
	optind = 1;
	while ((opt = getopt_long(argc, argv, o->letters, o->options, NULL)) != -1) {
		r = opt == CMD_OPT_CONFIG ? 0 : o->take(o->arg, opt);
		if (r != 0)
			return r < 0 ? CMD_USAGE : r;
	}
	return -1;
}

int
cmd_options_set(struct config *config, const char *key, const char *value)
{
	char setting[4200];

	if (snprintf(setting, sizeof(setting), "%s=%s", key, value) >= (int)sizeof(setting)) {
		log_err("%s: %zu bytes: must be at most %zu", key, strlen(value),
			sizeof(setting) - strlen(key) - 2);
		return -1;
	}
	return config_set(config, setting);
}
