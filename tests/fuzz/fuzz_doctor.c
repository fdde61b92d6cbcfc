/* Any text as stats records and as metrics: nothing but counters comes out, and a verdict on them.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/doctor_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
count(void *arg, enum doctor_level level, const char *what, const char *found, const char *todo)
{
	unsigned *nr = arg;

	(void)level;
	*nr += strlen(what) != 0 && strlen(found) != 0 && todo != NULL;
}

static void
judge(const uint8_t *data, size_t len, int (*read)(FILE *, struct doctor_stats *))
{
	FILE *from = fmemopen((void *)(uintptr_t)data, len, "r");
	struct doctor_stats s = { 0 };
	unsigned nr = 0;
	const struct doctor d = { count, &nr };

	if (from == NULL)
		return;
	if (read(from, &s) == 0) {
		doctor_feed(&d, &s);
		if (nr == 0 || s.nr_ports > CONFIG_MAX_PORTS)
			abort();
	}
	fclose(from);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	judge(data, len, doctor_stats_read_records);
	judge(data, len, doctor_stats_read_metrics);
	return 0;
}
