/*
 * The input is a configuration file, and its first line a KEY=VALUE setting. Whatever it says, the
 * configuration stays valid: every number within its limits, every text there.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/config.h"
#include "dataplane/publish/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses its buffer over a string that does not end. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static void
ignore(void *arg, const char *line)
{
	(void)arg;
	if (line[0] == '\0')
		abort();
}

#define CHECK_UINT(member, name, def, min, max, ...)                  \
	if (c->member + 1 < (uint64_t)(min) + 1 || c->member > (max)) \
		abort();
#define CHECK_BOOL(member, ...)
#define CHECK_ENUM(member, ...) \
	if (c->member > 5)      \
		abort();
#define CHECK_TEXT(member, ...) \
	if (c->member == NULL)  \
		abort();
#define CHECK_TEXTS(member, ...)             \
	if (c->member.nr > CONFIG_MAX_TEXTS) \
		abort();

static void
check(const struct config *c)
{
	CONFIG_SETTINGS(CHECK_UINT, CHECK_BOOL, CHECK_ENUM, CHECK_TEXT, CHECK_TEXTS)
	if (c->nr_ports > CONFIG_MAX_PORTS || c->record_types >= 1u << NR_RECORD_TYPES)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);
	struct config c;
	char *line_end;

	if (text == NULL)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	/* Other files are not the fuzzer's business. */
	if (strcasestr(text, "@include") != NULL || config_defaults(&c) != 0) {
		free(text);
		return 0;
	}
	config_load_text(&c, "fuzz", text, ignore, NULL);
	check(&c);
	line_end = strchr(text, '\n');
	if (line_end != NULL)
		*line_end = '\0';
	config_set_reporting(&c, text, ignore, NULL);
	check(&c);
	config_free(&c);
	free(text);
	return 0;
}
