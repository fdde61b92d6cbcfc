#include "dataplane/log.h"

#include <stdio.h>

static enum log_level log_limit = LOG_LEVEL_WARNING;

void
log_set_level(enum log_level level)
{
	log_limit = level;
}

/* One write per line, so that lines of several threads do not mix. */
void
log_line(enum log_level level, const char *format, ...)
{
	char text[1024];
	va_list args;

	if (level > log_limit)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "weir: %s\n", text);
}
