/*
 * Where the rules and the catalogue of AI services of a configuration lie: rules.dir, the file
 * rules.local, and the folder ai in rules.dir. Used by whoever loads them: `run`, `replay`, `check`
 * and the `rules` tools.
 */
#ifndef WEIR_RULE_FILES_H
#define WEIR_RULE_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "classify/ai/provider.h"
#include "classify/rules/ruleset.h"
#include "dataplane/config.h"

#define RULE_FILES_PATH_BYTES 4096

/* What rules to load, in the words of ruleset.h; path is written to and borrowed. */
struct ruleset_source rule_files_source(const struct config *config,
					char path[RULE_FILES_PATH_BYTES]);

/*
 * The catalogue, NULL where there is none. 0, or a negative errno with the cause logged. Whoever
 * takes it destroys it.
 */
int rule_files_catalogue(const struct config *config, struct provider_catalogue **out);

/* Changes when one of these files does, or one that was read besides (NULL: none); for watching. */
uint64_t rule_files_stamp(const struct config *config, const struct ruleset_files *files);

#endif
