/*
 * The options of a command. The configuration file is read before all others, wherever -c stands,
 * so that they override it; what is unknown or lacks a value ends the command with one line.
 */
#ifndef WEIR_CMD_OPTIONS_H
#define WEIR_CMD_OPTIONS_H

#include <getopt.h>

#include "dataplane/config.h"

/* What -c and --help stand for in every table of options. */
enum { CMD_OPT_CONFIG = 'c', CMD_OPT_HELP = 'h' };

struct cmd_options {
	const char *command; /* its name, for messages */
	const char *usage;   /* for --help */
	const char *letters; /* of getopt_long, beginning with ':' */
	const struct option *options;
	/* Every other option, its value in optarg. 0, a status to end with, or negative: misused.
	 */
	int (*take)(void *arg, int option);
	void *arg;
};

/*
 * A status to end with, or -1: config is read, and optind is the first argument. *file: what -c
 * said, or NULL.
 */
int cmd_options_read(const struct cmd_options *o, int argc, char **argv, struct config *config,
		     const char **file);

/* config_set of an option's value. 0, or negative: an error was told. */
int cmd_options_set(struct config *config, const char *key, const char *value);

#endif
