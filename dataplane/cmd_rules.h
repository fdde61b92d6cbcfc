/*
 * `weir rules COMMAND`: what whoever writes rules works with. One function per command; the
 * options that name a rule set are read once, by cmd_rules.
 */
#ifndef WEIR_CMD_RULES_H
#define WEIR_CMD_RULES_H

#include <stdbool.h>

#include "dataplane/rule_files.h"

struct rules_options {
	struct config config;
	char dir[RULE_FILES_PATH_BYTES];
	struct ruleset_source source;
	bool json, validators, strict;
	const char *buffer;		 /* --in */
	const char *gitleaks, *suricata; /* files to import */
	int nr_args;
	char **args; /* behind the options */
};

/* Each returns an exit status. */
int rules_list(const struct rules_options *o);
int rules_lint(const struct rules_options *o);
int rules_test(const struct rules_options *o);
int rules_try(const struct rules_options *o);
int rules_explain(const struct rules_options *o);
int rules_profile(struct rules_options *o);
int rules_import(const struct rules_options *o);

/*
 * Text as it is met in traffic, made up and always the same, in memory that stays: what the cost
 * of a pattern is measured on.
 */
const unsigned char *rules_sample_traffic(size_t *len);

#endif
