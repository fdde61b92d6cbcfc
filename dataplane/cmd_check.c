/* weir check -c FILE: reads the configuration and its rules, tells every error, starts nothing. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "classify/ai/provider.h"
#include "classify/rules/ruleset.h"
#include "dataplane/cmd.h"
#include "dataplane/config.h"
#include "dataplane/log.h"
#include "dataplane/metrics.h"
#include "dataplane/pipeline.h"
#include "dataplane/port/ports.h"

static int
check_metrics(const struct config *c)
{
	struct sockaddr_storage address;
	socklen_t len;

	return c->metrics_listen[0] == '\0' ? 0
					    : metrics_address(c->metrics_listen, &address, &len);
}

/* The catalogue of AI services beside the rules, where there is one. */
static int
check_catalogue(const char *rules_dir)
{
	struct provider_catalogue *catalogue = NULL;
	char path[4096 + 4], err[512];
	int r;

	snprintf(path, sizeof(path), "%s/ai", rules_dir);
	if (access(path, R_OK) != 0)
		return 0;
	r = provider_load(path, &catalogue, err, sizeof(err));
	if (r != 0)
		log_err("%s", err);
	provider_destroy(catalogue);
	return r;
}

int
cmd_check(int argc, char **argv)
{
	static struct config config;
	struct ruleset *rules = NULL;
	struct ports *ports = NULL;
	int status = CMD_FAILED;
	struct ruleset_source source;
	char dir[4096];

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
	source = pipeline_rules(&config, dir, sizeof(dir));
	if (ports_create(&config, &ports) == 0 && check_metrics(&config) == 0 &&
	    ruleset_load_from(&source, &rules, stderr) == 0 &&
	    check_catalogue(pipeline_rules_dir(&config, dir, sizeof(dir))) == 0) {
		printf("%s: good; %zu rules, set %s\n", argv[2], ruleset_nr(rules),
		       ruleset_hash(rules));
		status = CMD_OK;
	}
out:
	ruleset_free(rules);
	ports_destroy(ports);
	config_free(&config);
	return status;
}
