#include "dataplane/rule_files.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/log.h"

/* rules.dir, or where it is left at its default and not found here, what came with the program. */
__attribute__((nonnull)) static const char *
rules_dir(const struct config *config, char path[RULE_FILES_PATH_BYTES])
{
	static const char *const beside[] = { "/../../rules", "/../share/weir/rules" };
	char exe[1024];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	snprintf(path, RULE_FILES_PATH_BYTES, "%s", config->rules_dir);
	if (strcmp(path, "rules") != 0 || access(path, R_OK) == 0 || len <= 0)
		return path;
	exe[len] = '\0';
	*strrchr(exe, '/') = '\0';
	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
		snprintf(path, RULE_FILES_PATH_BYTES, "%s%s", exe, beside[i]);
		if (access(path, R_OK) == 0)
			return path;
	}
	snprintf(path, RULE_FILES_PATH_BYTES, "%s", config->rules_dir);
	return path;
}

struct ruleset_source
rule_files_source(const struct config *config, char path[RULE_FILES_PATH_BYTES])
{
	return (struct ruleset_source) {
		.dir = rules_dir(config, path),
		.local = config->rules_local[0] == '\0' ? NULL : config->rules_local,
	};
}

int
rule_files_catalogue(const struct config *config, struct provider_catalogue **out)
{
	char dir[RULE_FILES_PATH_BYTES], path[RULE_FILES_PATH_BYTES + 4], err[512];
	int r;

	*out = NULL;
	snprintf(path, sizeof(path), "%s/ai", rules_dir(config, dir));
	if (access(path, R_OK) != 0)
		return 0;
	r = provider_load(path, out, err, sizeof(err));
	if (r != 0)
		log_err("%s", err);
	return r;
}

uint64_t
rule_files_stamp(const struct config *config, const struct ruleset_files *files)
{
	char dir[RULE_FILES_PATH_BYTES], ai[RULE_FILES_PATH_BYTES + 4];
	const struct ruleset_source source = rule_files_source(config, dir);
	const struct ruleset_source catalogue = { .dir = ai };

	snprintf(ai, sizeof(ai), "%s/ai", source.dir);
	return ruleset_stamp(&source, files) * 31 + ruleset_stamp(&catalogue, NULL);
}
