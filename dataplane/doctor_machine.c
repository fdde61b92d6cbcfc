#include "dataplane/doctor_machine.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

#include "dataplane/doctor_port.h"
#include "dataplane/machine_files.h"

#define LINE_BYTES 8192

/* One look: where, and whom to tell. */
struct look {
	const struct doctor *d;
	const struct doctor_machine *m;
};

static bool
has_word(const char *line, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = strstr(line, word); p != NULL; p = strstr(p + 1, word)) {
		if ((p == line || isspace((unsigned char)p[-1]) || p[-1] == ':') &&
		    (p[len] == '\0' || isspace((unsigned char)p[len])))
			return true;
	}
	return false;
}

/* The flags of the first processor, and how many there are. */
static unsigned
read_cpuinfo(const struct look *l, char flags[LINE_BYTES])
{
	char path[MACHINE_PATH_BYTES], line[LINE_BYTES];
	unsigned nr = 0;
	FILE *f;

	flags[0] = '\0';
	machine_path(l->m->root, path, "/proc/cpuinfo");
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		nr += strncmp(line, "processor", 9) == 0;
		if (flags[0] == '\0' &&
		    (strncmp(line, "flags", 5) == 0 || strncmp(line, "Features", 8) == 0))
			snprintf(flags, LINE_BYTES, "%s", line);
	}
	fclose(f);
	return nr;
}

static void
look_at_processor(const struct look *l)
{
	uint64_t workers = l->m->config->workers;
	char flags[LINE_BYTES], governor[64];
	unsigned nr = read_cpuinfo(l, flags);

	if (nr == 0) {
		doctor_tell(l->d, DOCTOR_WARN, "processor", "", "/proc/cpuinfo cannot be read");
		return;
	}
	if (strncmp(flags, "Features", 8) == 0)
		doctor_tell(l->d, DOCTOR_OK, "processor", "",
			    "arm64; scanning is done by Vectorscan");
	else if (!has_word(flags, "ssse3") || !has_word(flags, "sse4_2"))
		doctor_tell(l->d, DOCTOR_BAD, "processor",
			    "another machine; of a virtual one, pass the host's processor through "
			    "(cpu host)",
			    "no SSE4.2: DPDK and Hyperscan do not run");
	else if (!has_word(flags, "avx2"))
		doctor_tell(l->d, DOCTOR_WARN, "processor",
			    "of a virtual machine, pass the host's processor through (cpu host)",
			    "no AVX2: scanning takes about twice as long");
	else
		doctor_tell(l->d, DOCTOR_OK, "processor", "", "SSE4.2, AVX2%s",
			    has_word(flags, "avx512vbmi") ? ", AVX-512 VBMI" : "");

	if (workers + 1 > nr)
		doctor_tell(l->d, DOCTOR_WARN, "workers", "workers = fewer, or more processors",
			    "%" PRIu64 " workers and what publishes share %u processors", workers,
			    nr);
	else
		doctor_tell(l->d, DOCTOR_OK, "workers", "", "%" PRIu64 " on %u processors", workers,
			    nr);
	if (machine_line(l->m->root, governor, sizeof(governor),
			 "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") &&
	    strcmp(governor, "performance") != 0)
		doctor_tell(l->d, DOCTOR_WARN, "frequency", "cpupower frequency-set -g performance",
			    "governor %s lowers the processors' frequency when traffic is low, and "
			    "raises it late",
			    governor);
}

static void
look_at_clock(const struct look *l)
{
	char source[64], flags[LINE_BYTES];
	struct timex t = { 0 };

	read_cpuinfo(l, flags);
	if (!machine_line(l->m->root, source, sizeof(source),
			  "/sys/devices/system/clocksource/clocksource0/current_clocksource"))
		doctor_tell(l->d, DOCTOR_NOTE, "clock", "", "the kernel does not name its clock");
	else if (strcmp(source, "hpet") == 0 || strcmp(source, "acpi_pm") == 0 ||
		 strcmp(source, "jiffies") == 0)
		doctor_tell(l->d, DOCTOR_BAD, "clock",
			    "firmware update, or tsc=reliable on the kernel's command line if the "
			    "vendor says so",
			    "the kernel uses %s, as it does not trust the cycle counter; weir "
			    "measures time with that counter, so packet times may jump",
			    source);
	else if (strncmp(flags, "flags", 5) == 0 &&
		 (!has_word(flags, "constant_tsc") || !has_word(flags, "nonstop_tsc")))
		doctor_tell(l->d, DOCTOR_WARN, "clock",
			    "fix the processors' frequency; of a virtual machine, pass the host's "
			    "processor through",
			    "%s, but the processor does not promise a cycle counter of constant "
			    "rate",
			    source);
	else
		doctor_tell(l->d, DOCTOR_OK, "clock", "", "%s", source);

	if (l->m->root[0] == '\0' && adjtimex(&t) == TIME_ERROR && (t.status & STA_UNSYNC) != 0)
		doctor_tell(l->d, DOCTOR_WARN, "time", "run chrony or systemd-timesyncd",
			    "the clock is not synchronised: records of several sensors cannot be "
			    "put in order");
}

static void
look_at_hugepages(const struct look *l)
{
	const char *wish = l->m->config->memory_huge;
	long have = machine_free_hugepages_mb(l->m->root, "/sys/kernel/mm/hugepages");
	long kb = machine_key(l->m->root, "/proc/meminfo", "Hugepagesize");
	char todo[160];

	if (kb <= 0)
		kb = 2048;
	if (strcmp(wish, "off") == 0) {
		doctor_tell(l->d, DOCTOR_NOTE, "hugepages", "", "not used: memory.huge = off");
		return;
	}
	if (have < 0)
		have = machine_key(l->m->root, "/proc/meminfo", "HugePages_Free") * kb / 1024;
	snprintf(todo, sizeof(todo), "sudo sysctl vm.nr_hugepages=%ld (and in /etc/sysctl.d)",
		 ((long)l->m->eal_mb * 1024 + kb - 1) / kb +
		     machine_key(l->m->root, "/proc/meminfo", "HugePages_Total") -
		     (have > 0 ? have * 1024 / kb : 0));
	if (have >= (long)l->m->eal_mb)
		doctor_tell(l->d, DOCTOR_OK, "hugepages", "", "%ld MiB free, %u MiB are needed",
			    have, l->m->eal_mb);
	else
		doctor_tell(l->d, strcmp(wish, "on") == 0 ? DOCTOR_BAD : DOCTOR_WARN, "hugepages",
			    todo, "%ld MiB free, %u MiB are needed: %s", have > 0 ? have : 0,
			    l->m->eal_mb,
			    strcmp(wish, "on") == 0
				? "memory.huge = on, so weir does not start"
				: "weir runs in ordinary memory, look-ups in large tables are "
				  "slower");
}

/* What a control group allows, in MiB; -1 for no limit. */
static long
group_limit_mb(const struct look *l)
{
	static const char *const files[] = { "/sys/fs/cgroup/memory.max",
					     "/sys/fs/cgroup/memory/memory.limit_in_bytes" };
	char line[64];

	for (unsigned i = 0; i < 2; i++) {
		if (machine_line(l->m->root, line, sizeof(line), "%s", files[i]) &&
		    isdigit(line[0])) {
			unsigned long long bytes = strtoull(line, NULL, 10);

			/* version 1 spells "none" as a number near 2^63 */
			return bytes >> 60 != 0 ? -1 : (long)(bytes >> 20);
		}
	}
	return -1;
}

static void
look_at_memory(const struct look *l)
{
	long mb = machine_key(l->m->root, "/proc/meminfo", "MemAvailable") / 1024;
	long group_mb = group_limit_mb(l);
	long need = (long)l->m->total_mb;
	struct rlimit lock;

	if (group_mb >= 0 && group_mb < mb)
		mb = group_mb;
	if (mb < need)
		doctor_tell(l->d, DOCTOR_BAD, "memory",
			    "lower flow.max, workers or memory.mbufs; or give more memory",
			    "%ld MiB are available%s, the settings take at least %ld MiB", mb,
			    mb == group_mb ? " in this control group" : "", need);
	else
		doctor_tell(l->d, DOCTOR_OK, "memory", "",
			    "%ld MiB available, the settings take at least %ld MiB", mb, need);
	if (l->m->root[0] == '\0' && getrlimit(RLIMIT_MEMLOCK, &lock) == 0 &&
	    lock.rlim_cur != RLIM_INFINITY && lock.rlim_cur >> 20 < l->m->eal_mb && geteuid() != 0)
		doctor_tell(l->d, DOCTOR_WARN, "locked memory",
			    "LimitMEMLOCK=infinity in the unit, or ulimit -l",
			    "%llu MiB may be locked, a card bound to vfio-pci takes %u MiB",
			    (unsigned long long)lock.rlim_cur >> 20, l->m->eal_mb);
}

static unsigned
nr_ports_of(const struct look *l, enum device_kind kind, struct device devices[CONFIG_MAX_PORTS])
{
	const struct config *c = l->m->config;
	unsigned nr = 0;

	for (unsigned i = 0; i < c->nr_ports; i++)
		nr += devices[i].kind == kind;
	return nr;
}

static void
look_at_iommu(const struct look *l, unsigned nr_cards)
{
	unsigned groups = machine_count(l->m->root, "/sys/kernel/iommu_groups", "");
	char line[LINE_BYTES];
	bool vfio;

	if (nr_cards == 0) {
		doctor_tell(l->d, DOCTOR_NOTE, "IOMMU", "", "%s; only ports with pci: need it",
			    groups != 0 ? "on" : "off");
		return;
	}
	vfio = machine_count(l->m->root, "/sys/bus/pci/drivers", "vfio-pci") != 0;
	if (groups != 0)
		doctor_tell(l->d, DOCTOR_OK, "IOMMU", "", "on, %u groups", groups);
	else if (machine_line(l->m->root, line, sizeof(line),
			      "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode") &&
		 line[0] == 'Y')
		doctor_tell(
		    l->d, DOCTOR_WARN, "IOMMU",
		    "turn on VT-d or AMD-Vi in the firmware; intel_iommu=on iommu=pt on the "
		    "kernel's command line",
		    "off, and vfio goes without (unsafe mode): the card can write anywhere "
		    "in memory");
	else
		doctor_tell(
		    l->d, DOCTOR_BAD, "IOMMU",
		    "turn on VT-d or AMD-Vi in the firmware; intel_iommu=on iommu=pt on the "
		    "kernel's command line",
		    "off: vfio-pci cannot hand cards over");
	if (!vfio)
		doctor_tell(l->d, DOCTOR_BAD, "vfio-pci", "sudo modprobe vfio-pci",
			    "the driver is not loaded");
}

void
doctor_machine(const struct doctor *d, const struct doctor_machine *m)
{
	const struct look l = { d, m };
	struct device devices[CONFIG_MAX_PORTS] = { 0 };

	for (unsigned i = 0; i < m->config->nr_ports; i++) {
		const struct port_config *c = &m->config->ports[i];
		const struct device_options o = {
			.text = c->device, .index = i, .queues = c->queues, .mtu = c->mtu
		};

		if (device_init(&devices[i], &o) != 0)
			doctor_tell(d, DOCTOR_BAD, "port", "see weir check",
				    "%s is no device string", c->device);
	}
	look_at_processor(&l);
	look_at_clock(&l);
	look_at_memory(&l);
	look_at_hugepages(&l);
	look_at_iommu(&l, nr_ports_of(&l, DEVICE_PCI, devices));
	doctor_ports(d, m, devices);
	for (unsigned i = 0; i < m->config->nr_ports; i++)
		device_fini(&devices[i]);
}
