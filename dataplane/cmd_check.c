/* weir check -c FILE: reads the configuration and its rules, tells every error, starts nothing. */
#include <stdio.h>
#include <string.h>

#include "dataplane/cmd.h"
#include "dataplane/config.h"
#include "dataplane/log.h"
#include "dataplane/metrics.h"
#include "dataplane/port/ports.h"
#include "dataplane/rule_files.h"

static int
check_metrics(const struct config *c)
{
	struct sockaddr_storage address;
	socklen_t len;

	return c->metrics_listen[0] == '\0' ? 0
					    : metrics_address(c->metrics_listen, &address, &len);
}

int
cmd_check(int argc, char **argv)
{
	static struct config config;
	struct provider_catalogue *catalogue = NULL;
	struct ruleset *rules = NULL;
	struct ports *ports = NULL;
	int status = CMD_FAILED;
	struct ruleset_source source;
	char path[RULE_FILES_PATH_BYTES];

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		puts("usage: weir check -c FILE\n\nReads the configuration and its rules, tells "
		     "every error, "
		     "starts nothing.");
		return CMD_OK;
	}
	if (argc != 3 || (strcmp(argv[1], "-c") != 0 && strcmp(argv[1], "--config") != 0)) {
		log_err("check: usage: weir check -c FILE");
		return CMD_USAGE;
	}
	config_defaults(&config);
	if (config_load(&config, argv[2]) != 0)
		goto out;
	source = rule_files_source(&config, path);
	if (ports_create(&config, &ports) == 0 && check_metrics(&config) == 0 &&
	    ruleset_load_from(&source, &rules, stderr) == 0 &&
	    rule_files_catalogue(&config, &catalogue) == 0) {
		printf("%s: good; %zu rules, set %s\n", argv[2], ruleset_nr(rules),
		       ruleset_hash(rules));
		status = CMD_OK;
	}
out:
	provider_destroy(catalogue);
	ruleset_free(rules);
	ports_destroy(ports);
	config_free(&config);
	return status;
}
