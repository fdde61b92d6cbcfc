/* Errors about a configuration, and the one that libconfig does not see. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/config_value.h"
#include "dataplane/log.h"

#define MAX_ERRORS 20
#define LINE_BYTES 1024

static void
to_log(void *arg, const char *line)
{
	(void)arg;
	log_err("%s", line);
}

struct reporter
reporter_begin(config_report_fn *report, void *arg, const char *name)
{
	return (struct reporter) { report != NULL ? report : to_log, arg, name, 0 };
}

void
reporter_complain(struct reporter *r, const char *format, ...)
{
	char line[LINE_BYTES];
	va_list args;

	if (r->nr_errors++ >= MAX_ERRORS)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	r->report(r->arg, line);
}

void
reporter_unknown(struct reporter *r, const char *place, const char *name)
{
	const struct setting *near = setting_near(name);

	if (near != NULL)
		reporter_complain(r, "%s%s: unknown setting: did you mean %s?", place, name,
				  near->name);
	else
		reporter_complain(r, "%s%s: unknown setting", place, name);
}

/* One token of a configuration's text that matters here; returns what follows it. */
static const char *
skip_token(const char *p, unsigned *line)
{
	const char *end;

	if (*p == '#' || (p[0] == '/' && p[1] == '/'))
		return p + strcspn(p, "\n");
	if (p[0] == '/' && p[1] == '*') {
		end = strstr(p + 2, "*/");
		end = end != NULL ? end + 2 : p + strlen(p);
	} else if (*p == '"') {
		end = p + 1;
		while (*end != '\0' && *end != '"')
			end += end[0] == '\\' && end[1] != '\0' ? 2 : 1;
		end += *end == '"';
	} else if (isalpha((unsigned char)*p) || *p == '*') {
		end = p + 1;
		while (isalnum((unsigned char)*end) || *end == '-' || *end == '_' || *end == '*')
			end++;
	} else {
		end = p + 1;
	}
	for (; p < end; p++)
		*line += *p == '\n';
	return end;
}

/*
 * libconfig 1.5 wraps an integer that does not fit 32 bits and says nothing, so the text itself is
 * looked at. With an L behind it a number keeps its 64 bits, and the range check sees it.
 */
void
config_check_numbers(const char *text, const char *name, struct reporter *r)
{
	unsigned line = 1;

	for (const char *p = text; *p != '\0';) {
		size_t digits = strspn(p, "0123456789");
		size_t len = digits;

		if (digits == 0) {
			p = skip_token(p, &line);
			continue;
		}
		if (digits == 1 && *p == '0' && (p[1] == 'x' || p[1] == 'X'))
			len = digits = 2 + strspn(p + 2, "0123456789abcdefABCDEF");
		len += strspn(p + len, "Ll.eE0123456789");
		if (len == digits && (digits > 18 || strtoull(p, NULL, 0) > CONFIG_MAX_NUMBER))
			reporter_complain(r, "%s:%u: %.*s: too large: no setting exceeds %u", name,
					  line, (int)(digits < 40 ? digits : 40), p,
					  CONFIG_MAX_NUMBER);
		p += len;
	}
}
