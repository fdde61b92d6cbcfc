#include "dataplane/eal.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "dataplane/log.h"

#define MAX_ARGS 96

struct args {
	char *argv[MAX_ARGS];
	char *owned[MAX_ARGS]; /* the same: DPDK shuffles argv, and keeps pointers into its texts */
	int argc;
};

__attribute__((format(printf, 2, 3))) static void
add(struct args *a, const char *format, ...)
{
	va_list va;
	char *text = NULL;

	if (a->argc == MAX_ARGS - 1)
		return;
	va_start(va, format);
	if (vasprintf(&text, format, va) >= 0) {
		a->owned[a->argc] = text;
		a->argv[a->argc++] = text;
	}
	va_end(va);
}

static long
free_hugepages_mb(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	long nr = 0, kb = 0;
	char line[128];

	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		sscanf(line, "HugePages_Free: %ld", &nr);
		sscanf(line, "Hugepagesize: %ld kB", &kb);
	}
	fclose(f);
	return nr * kb / 1024;
}

/*
 * "0@(0-1),1@0,2@1,...": the main lcore floats over all processors this process may use; workers
 * are pinned in turn, or float too.
 */
static void
add_lcores(struct args *a, const struct eal_options *o)
{
	char all[512] = "", map[4096];
	unsigned cpus[CPU_SETSIZE], nr_cpus = 0;
	size_t at = 0;
	cpu_set_t set;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		CPU_SET(0, &set);
	for (unsigned i = 0; i < CPU_SETSIZE && nr_cpus < 100; i++) {
		if (!CPU_ISSET(i, &set))
			continue;
		at += (size_t)snprintf(all + at, sizeof(all) - at, "%s%u", nr_cpus == 0 ? "" : ",",
				       i);
		cpus[nr_cpus++] = i;
	}
	at = (size_t)snprintf(map, sizeof(map), "0@(%s)", all);
	for (unsigned w = 1; w <= o->nr_workers && at < sizeof(map) - 600; w++) {
		if (o->pin)
			at += (size_t)snprintf(map + at, sizeof(map) - at, ",%u@%u", w,
					       cpus[w % nr_cpus]);
		else
			at += (size_t)snprintf(map + at, sizeof(map) - at, ",%u@(%s)", w, all);
	}
	add(a, "--lcores");
	add(a, "%s", map);
}

static int
check_huge(const struct eal_options *o, bool *huge)
{
	long mb = free_hugepages_mb();

	*huge = strcmp(o->huge, "off") != 0 && mb >= (long)o->memory_mb;
	if (strcmp(o->huge, "on") == 0 && !*huge) {
		log_err("memory.huge = on: %ld MiB of free hugepages: must be at least %u MiB "
			"(see docs/deploy.md), or memory.huge = auto",
			mb, o->memory_mb);
		return -ENOMEM;
	}
	return 0;
}

int
eal_start(const struct eal_options *o)
{
	static struct args a;
	bool huge;
	int r = check_huge(o, &huge);

	if (r != 0)
		return r;
	add(&a, "weir");
	add_lcores(&a, o);
	if (huge) {
		add(&a, "--in-memory");
	} else {
		add(&a, "--no-huge");
		add(&a, "-m");
		add(&a, "%u", o->memory_mb);
		add(&a, "--no-shconf");
	}
	add(&a, "--no-telemetry");
	add(&a, "--log-level=*:error");
	if (!o->pci)
		add(&a, "--no-pci");
	for (unsigned i = 0; o->pci && i < o->nr_pci_allow; i++) {
		add(&a, "-a");
		add(&a, "%s", o->pci_allow[i]);
	}
	for (unsigned i = 0; i < o->nr_vdevs; i++)
		add(&a, "--vdev=%s", o->vdevs[i]);

	r = rte_eal_init(a.argc, a.argv);
	if (r < 0 && rte_errno == ENODEV && o->nr_vdevs != 0)
		log_err("ports: DPDK has no such device: %s%s: check the driver's name",
			o->vdevs[0], o->nr_vdevs > 1 ? ", or one of the others" : "");
	else if (r < 0)
		log_err("DPDK did not start: %s: check memory.mbufs and the machine's free memory",
			rte_strerror(rte_errno));
	else
		log_line(LOG_LEVEL_INFO, "dpdk: %u MiB of %s reserved", o->memory_mb,
			 huge ? "hugepages" : "ordinary pages");
	return r < 0 ? -EIO : 0;
}

void
eal_stop(void)
{
	rte_eal_cleanup();
}
