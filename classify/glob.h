/*
 * Patterns with stars: `*` stands for any run of bytes, also for none, everything else for itself.
 *
 *   glob_matches          as it is: published test values, ids of rules, names of hosts
 *   glob_matches_nocase   case of ASCII letters does not count: headers, user agents
 *   glob_matches_path     the same segment by segment: `*` stops at a slash, and a segment that is
 * only
 *                         `*` is not empty
 */
#ifndef WEIR_GLOB_H
#define WEIR_GLOB_H

#include <stdbool.h>

#include "classify/span.h"

bool glob_matches(struct span glob, struct span text);
bool glob_matches_nocase(struct span glob, struct span text);
bool glob_matches_path(struct span glob, struct span path);

#endif
