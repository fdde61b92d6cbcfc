/*
 * JSON Lines into a file or the standard output, through one buffer. A write that fails (disk
 * full, reader gone) is said in one line and fails the sink; SIGPIPE is ignored for that.
 */
#ifndef WEIR_SINK_FILE_H
#define WEIR_SINK_FILE_H

#include <stdbool.h>

#include "dataplane/publish/sink.h"

/* "-" is the standard output. A file is created (mode 0640), emptied unless append is set. */
int sink_file_create(const char *path, bool append, struct sink **out);

#endif
