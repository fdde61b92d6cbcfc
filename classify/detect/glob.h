/* '*' stands for any run of bytes, also none; everything else for itself. */
#ifndef WEIR_GLOB_H
#define WEIR_GLOB_H

#include <stdbool.h>

#include "classify/span.h"

bool glob_matches(struct span glob, struct span text);

#endif
