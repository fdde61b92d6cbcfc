/*
 * Patterns of the catalogue's rule files: `*` stands for anything, also for nothing; case of ASCII
 * letters does not count. In a path `*` stops at a slash, and a segment that is only `*` is not
 * empty.
 */
#ifndef WEIR_GLOB_H
#define WEIR_GLOB_H

#include "classify/span.h"

bool glob_fits(struct span glob, struct span text);
bool glob_fits_path(struct span glob, struct span path);

#endif
