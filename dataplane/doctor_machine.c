#include "dataplane/doctor_machine.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <unistd.h>

#include "dataplane/port/device.h"

#define PATH_BYTES 512
#define LINE_BYTES 8192

/* One look: where, and whom to tell. */
struct look {
	const struct doctor *d;
	const struct doctor_machine *m;
};

/* A file's path below the root. */
__attribute__((format(printf, 3, 4))) static void
spell_path(const struct look *l, char path[PATH_BYTES], const char *format, ...)
{
	size_t at = (size_t)snprintf(path, PATH_BYTES, "%s", l->m->root);
	va_list va;

	va_start(va, format);
	if (at < PATH_BYTES)
		vsnprintf(path + at, PATH_BYTES - at, format, va);
	va_end(va);
}

/* The first line, without its end; false when there is none. */
__attribute__((format(printf, 4, 5))) static bool
read_line(const struct look *l, char *line, size_t cap, const char *format, ...)
{
	char name[PATH_BYTES], path[PATH_BYTES];
	va_list va;
	bool ok;
	FILE *f;

	va_start(va, format);
	vsnprintf(name, sizeof(name), format, va);
	va_end(va);
	spell_path(l, path, "%s", name);
	line[0] = '\0';
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	ok = fgets(line, (int)cap, f) != NULL;
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	return ok;
}

/* How many entries of a folder have this prefix. */
static unsigned
count_entries(const struct look *l, const char *folder, const char *prefix)
{
	const struct dirent *e;
	char path[PATH_BYTES];
	unsigned nr = 0;
	DIR *dir;

	spell_path(l, path, "%s", folder);
	dir = opendir(path);
	if (dir == NULL)
		return 0;
	while ((e = readdir(dir)) != NULL)
		nr += e->d_name[0] != '.' && strncmp(e->d_name, prefix, strlen(prefix)) == 0;
	closedir(dir);
	return nr;
}

/* "Key:   123 kB" of a file such as /proc/meminfo; -1 when it is not there. */
static long
read_key(const struct look *l, const char *file, const char *key)
{
	char path[PATH_BYTES], line[256];
	size_t len = strlen(key);
	long value = -1;
	FILE *f;

	spell_path(l, path, "%s", file);
	f = fopen(path, "re");
	if (f == NULL)
		return -1;
	while (value < 0 && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, key, len) == 0 && line[len] == ':')
			value = strtol(line + len + 1, NULL, 10);
	}
	fclose(f);
	return value;
}

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
	char path[PATH_BYTES], line[LINE_BYTES];
	unsigned nr = 0;
	FILE *f;

	flags[0] = '\0';
	spell_path(l, path, "/proc/cpuinfo");
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
	if (read_line(l, governor, sizeof(governor),
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
	if (!read_line(l, source, sizeof(source),
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

/* In MiB, of all sizes, free. */
static long
free_hugepages_mb(const struct look *l, const char *folder)
{
	const struct dirent *e;
	char path[PATH_BYTES];
	long sum = 0;
	DIR *dir;

	spell_path(l, path, "%s", folder);
	dir = opendir(path);
	if (dir == NULL)
		return -1;
	while ((e = readdir(dir)) != NULL) {
		char line[32];
		long kb;

		if (sscanf(e->d_name, "hugepages-%ldkB", &kb) == 1 &&
		    read_line(l, line, sizeof(line), "%s/%s/free_hugepages", folder, e->d_name))
			sum += strtol(line, NULL, 10) * kb / 1024;
	}
	closedir(dir);
	return sum;
}

static void
look_at_hugepages(const struct look *l)
{
	const char *wish = l->m->config->memory_huge;
	long have = free_hugepages_mb(l, "/sys/kernel/mm/hugepages");
	long kb = read_key(l, "/proc/meminfo", "Hugepagesize");
	char todo[160];

	if (kb <= 0)
		kb = 2048;
	if (strcmp(wish, "off") == 0) {
		doctor_tell(l->d, DOCTOR_NOTE, "hugepages", "", "not used: memory.huge = off");
		return;
	}
	if (have < 0)
		have = read_key(l, "/proc/meminfo", "HugePages_Free") * kb / 1024;
	snprintf(todo, sizeof(todo), "sudo sysctl vm.nr_hugepages=%ld (and in /etc/sysctl.d)",
		 ((long)l->m->eal_mb * 1024 + kb - 1) / kb +
		     read_key(l, "/proc/meminfo", "HugePages_Total") -
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
		if (read_line(l, line, sizeof(line), "%s", files[i]) && isdigit(line[0])) {
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
	long mb = read_key(l, "/proc/meminfo", "MemAvailable") / 1024;
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
	unsigned groups = count_entries(l, "/sys/kernel/iommu_groups", "");
	char line[LINE_BYTES];
	bool vfio;

	if (nr_cards == 0) {
		doctor_tell(l->d, DOCTOR_NOTE, "IOMMU", "", "%s; only ports with pci: need it",
			    groups != 0 ? "on" : "off");
		return;
	}
	vfio = count_entries(l, "/sys/bus/pci/drivers", "vfio-pci") != 0;
	if (groups != 0)
		doctor_tell(l->d, DOCTOR_OK, "IOMMU", "", "on, %u groups", groups);
	else if (read_line(l, line, sizeof(line),
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

/* The last part of a symbolic link's target: of driver, iommu_group. */
__attribute__((format(printf, 3, 4))) static bool
read_link(const struct look *l, char out[128], const char *format, ...)
{
	char name[PATH_BYTES], path[PATH_BYTES], target[PATH_BYTES];
	const char *slash;
	va_list va;
	ssize_t len;

	va_start(va, format);
	vsnprintf(name, sizeof(name), format, va);
	va_end(va);
	spell_path(l, path, "%s", name);
	len = readlink(path, target, sizeof(target) - 1);
	if (len <= 0)
		return false;
	target[len] = '\0';
	slash = strrchr(target, '/');
	snprintf(out, 128, "%.127s", slash != NULL ? slash + 1 : target);
	return true;
}

/* Cards whose driver in DPDK works beside the kernel's. */
static bool
keeps_kernel_driver(const char *driver)
{
	return strncmp(driver, "mlx4_", 5) == 0 || strncmp(driver, "mlx5_", 5) == 0 ||
	       strcmp(driver, "mana") == 0;
}

static void
look_at_driver(const struct look *l, const char *what, const char *address)
{
	char driver[128] = "", group[128], path[PATH_BYTES], todo[256];

	read_link(l, driver, "/sys/bus/pci/devices/%s/driver", address);
	snprintf(todo, sizeof(todo), "sudo scripts/bind-nics bind %s", address);
	if (driver[0] == '\0') {
		doctor_tell(l->d, DOCTOR_BAD, what, todo, "has no driver");
		return;
	}
	if (keeps_kernel_driver(driver)) {
		doctor_tell(l->d, DOCTOR_OK, what, "", "%s, which is shared with DPDK", driver);
		return;
	}
	if (strcmp(driver, "vfio-pci") != 0 && strcmp(driver, "igb_uio") != 0 &&
	    strcmp(driver, "uio_pci_generic") != 0) {
		doctor_tell(l->d, DOCTOR_BAD, what, todo,
			    "belongs to the kernel's driver %s: DPDK cannot have it", driver);
		return;
	}
	if (strcmp(driver, "vfio-pci") == 0 &&
	    read_link(l, group, "/sys/bus/pci/devices/%s/iommu_group", address)) {
		spell_path(l, path, "/dev/vfio/%s", group);
		if (access(path, R_OK | W_OK) != 0) {
			snprintf(todo, sizeof(todo), "sudo chown weir %.200s (or run as root)",
				 path);
			doctor_tell(l->d, DOCTOR_BAD, what, todo,
				    "bound to vfio-pci, but %s may not be opened", path);
			return;
		}
	}
	doctor_tell(l->d, DOCTOR_OK, what, "", "driver %s", driver);
}

static void
look_at_slot(const struct look *l, const char *what, const char *address)
{
	char speed[64], most[64], width[64], most_width[64];

	if (!read_line(l, speed, sizeof(speed), "/sys/bus/pci/devices/%s/current_link_speed",
		       address) ||
	    !read_line(l, most, sizeof(most), "/sys/bus/pci/devices/%s/max_link_speed", address) ||
	    !read_line(l, width, sizeof(width), "/sys/bus/pci/devices/%s/current_link_width",
		       address) ||
	    !read_line(l, most_width, sizeof(most_width), "/sys/bus/pci/devices/%s/max_link_width",
		       address))
		return;
	if (strtod(speed, NULL) < strtod(most, NULL) ||
	    strtol(width, NULL, 10) < strtol(most_width, NULL, 10))
		doctor_tell(l->d, DOCTOR_WARN, what, "another slot, or other firmware settings",
			    "its slot gives it x%s at %s of x%s at %s", width, speed, most_width,
			    most);
}

static void
look_at_node(const struct look *l, const char *what, const char *address)
{
	char line[64], folder[PATH_BYTES], cpus[256];
	long node, mb;

	if (!read_line(l, line, sizeof(line), "/sys/bus/pci/devices/%s/numa_node", address))
		return;
	node = strtol(line, NULL, 10);
	if (node < 0 || count_entries(l, "/sys/devices/system/node", "node") < 2)
		return;
	if (read_line(l, cpus, sizeof(cpus), "/sys/devices/system/node/node%ld/cpulist", node) &&
	    cpus[0] != '\0')
		doctor_tell(l->d, DOCTOR_NOTE, what, "",
			    "is on memory node %ld: numactl --cpunodebind=%ld keeps workers there "
			    "(processors %s)",
			    node, node, cpus);
	else
		doctor_tell(l->d, DOCTOR_WARN, what, "move the card to a slot of another node",
			    "is on memory node %ld, which has no processors: all its traffic "
			    "crosses nodes",
			    node);
	snprintf(folder, sizeof(folder), "/sys/devices/system/node/node%ld/hugepages", node);
	mb = free_hugepages_mb(l, folder);
	if (mb >= 0 && mb < (long)l->m->eal_mb && strcmp(l->m->config->memory_huge, "off") != 0)
		doctor_tell(
		    l->d, DOCTOR_WARN, what,
		    "echo NUMBER > /sys/devices/system/node/nodeN/hugepages/hugepages-2048kB/"
		    "nr_hugepages",
		    "its memory node %ld has %ld MiB of free hugepages, %u MiB are needed "
		    "to keep frames near",
		    node, mb, l->m->eal_mb);
}

static void
look_at_card(const struct look *l, const char *what, const struct device *device)
{
	char path[PATH_BYTES], todo[160];
	const char *address = device->name;

	spell_path(l, path, "/sys/bus/pci/devices/%s", address);
	if (access(path, F_OK) != 0) {
		snprintf(todo, sizeof(todo), "scripts/bind-nics shows the cards there are");
		doctor_tell(l->d, DOCTOR_BAD, what, todo, "there is no card at %s", address);
		return;
	}
	look_at_driver(l, what, address);
	look_at_slot(l, what, address);
	look_at_node(l, what, address);
}

/* Which of the offloads that join or change received frames are on, by their ethtool names. */
static void
list_offloads(const char *iface, char *names, size_t cap)
{
	static const struct {
		uint32_t cmd, bit;
		const char *name;
	} offloads[] = {
		{ ETHTOOL_GGRO, 1, "gro" },
		{ ETHTOOL_GFLAGS, ETH_FLAG_LRO, "lro" },
		{ ETHTOOL_GFLAGS, ETH_FLAG_RXVLAN, "rxvlan" },
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	names[0] = '\0';
	for (unsigned i = 0; fd >= 0 && i < sizeof(offloads) / sizeof(offloads[0]); i++) {
		struct ethtool_value value = { .cmd = offloads[i].cmd };
		struct ifreq request = { .ifr_data = (char *)&value };
		size_t len = strlen(names);

		snprintf(request.ifr_name, sizeof(request.ifr_name), "%.15s", iface);
		if (ioctl(fd, SIOCETHTOOL, &request) == 0 && (value.data & offloads[i].bit) != 0)
			snprintf(names + len, cap - len, " %s", offloads[i].name);
	}
	if (fd >= 0)
		close(fd);
}

static void
look_at_interface(const struct look *l, const char *what, const struct device *device,
		  const struct port_config *c)
{
	const char *iface = device->iface;
	char line[64], path[PATH_BYTES], todo[256], names[64];
	unsigned long flags;

	spell_path(l, path, "/sys/class/net/%s", iface);
	if (access(path, F_OK) != 0) {
		doctor_tell(l->d, DOCTOR_BAD, what, "ip link shows the interfaces there are",
			    "there is no interface %s", iface);
		return;
	}
	flags = read_line(l, line, sizeof(line), "/sys/class/net/%s/flags", iface)
		    ? strtoul(line, NULL, 16)
		    : IFF_UP;
	snprintf(todo, sizeof(todo), "sudo ip link set %s up", iface);
	if ((flags & IFF_UP) == 0)
		doctor_tell(l->d, DOCTOR_BAD, what, todo, "the interface is down");
	else if (read_line(l, line, sizeof(line), "/sys/class/net/%s/carrier", iface) &&
		 line[0] == '0')
		doctor_tell(l->d, DOCTOR_BAD, what, "check cable and transceiver",
			    "the interface has no link");
	else
		doctor_tell(l->d, DOCTOR_OK, what, "", "up");
	if (c->mtu != 0 && read_line(l, line, sizeof(line), "/sys/class/net/%s/mtu", iface) &&
	    strtoul(line, NULL, 10) < c->mtu) {
		snprintf(todo, sizeof(todo), "sudo ip link set %s mtu %u", iface, c->mtu);
		doctor_tell(l->d, DOCTOR_WARN, what, todo,
			    "the interface's MTU is %s, the port's %u: longer frames are dropped",
			    line, c->mtu);
	}
	if (device->kind == DEVICE_XDP && l->m->root[0] == '\0' &&
	    device_iface_queues(iface) > c->queues)
		doctor_tell(l->d, DOCTOR_WARN, what, "set queues, or ethtool -L",
			    "the interface has %u receive queues, and weir reads %u",
			    device_iface_queues(iface), c->queues);
	if (l->m->root[0] != '\0')
		return;
	list_offloads(iface, names, sizeof(names));
	snprintf(todo, sizeof(todo),
		 "sudo ethtool -K %s gro off lro off rxvlan off tso off gso off", iface);
	if (names[0] != '\0')
		doctor_tell(l->d, DOCTOR_WARN, what, todo,
			    "offloads change what is received:%s: frames are joined, VLAN tags "
			    "taken off",
			    names);
}

static void
look_at_capture(const struct look *l, const char *what, const struct port_config *c)
{
	const char *file = strchr(c->device, ':') + 1;

	if (access(file, R_OK) == 0)
		doctor_tell(l->d, DOCTOR_OK, what, "", "a capture that can be read");
	else
		doctor_tell(l->d, DOCTOR_BAD, what, "", "the capture cannot be read");
}

static void
look_at_ports(const struct look *l, const struct device devices[CONFIG_MAX_PORTS])
{
	const struct config *c = l->m->config;

	for (unsigned i = 0; i < c->nr_ports; i++) {
		const struct device *device = &devices[i];
		char what[PATH_BYTES];

		snprintf(what, sizeof(what), "port %u, %s", i, c->ports[i].device);
		if (device->eal == NULL)
			continue; /* its string was refused, in a line of the log */
		if (device->kind == DEVICE_PCI)
			look_at_card(l, what, device);
		else if (device->iface[0] != '\0')
			look_at_interface(l, what, device, &c->ports[i]);
		else if (strncmp(c->ports[i].device, "pcap:", 5) == 0)
			look_at_capture(l, what, &c->ports[i]);
		else
			doctor_tell(l->d, DOCTOR_NOTE, what, "", "a device of DPDK's own");
	}
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
	look_at_ports(&l, devices);
	for (unsigned i = 0; i < m->config->nr_ports; i++)
		device_fini(&devices[i]);
}
