#include "dataplane/doctor_port.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/machine_files.h"

/* One look: where, and whom to tell. */
struct look {
	const struct doctor *d;
	const struct doctor_machine *m;
};

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
	char driver[128] = "", group[128], path[MACHINE_PATH_BYTES], todo[256];

	machine_link(l->m->root, driver, "/sys/bus/pci/devices/%s/driver", address);
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
	    machine_link(l->m->root, group, "/sys/bus/pci/devices/%s/iommu_group", address)) {
		machine_path(l->m->root, path, "/dev/vfio/%s", group);
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

	if (!machine_line(l->m->root, speed, sizeof(speed),
			  "/sys/bus/pci/devices/%s/current_link_speed", address) ||
	    !machine_line(l->m->root, most, sizeof(most), "/sys/bus/pci/devices/%s/max_link_speed",
			  address) ||
	    !machine_line(l->m->root, width, sizeof(width),
			  "/sys/bus/pci/devices/%s/current_link_width", address) ||
	    !machine_line(l->m->root, most_width, sizeof(most_width),
			  "/sys/bus/pci/devices/%s/max_link_width", address))
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
	char line[64], folder[MACHINE_PATH_BYTES], cpus[256];
	long node, mb;

	if (!machine_line(l->m->root, line, sizeof(line), "/sys/bus/pci/devices/%s/numa_node",
			  address))
		return;
	node = strtol(line, NULL, 10);
	if (node < 0 || machine_count(l->m->root, "/sys/devices/system/node", "node") < 2)
		return;
	if (machine_line(l->m->root, cpus, sizeof(cpus), "/sys/devices/system/node/node%ld/cpulist",
			 node) &&
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
	mb = machine_free_hugepages_mb(l->m->root, folder);
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
	char path[MACHINE_PATH_BYTES], todo[160];
	const char *address = device->name;

	machine_path(l->m->root, path, "/sys/bus/pci/devices/%s", address);
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
	char line[64], path[MACHINE_PATH_BYTES], todo[256], names[64];
	unsigned long flags;

	machine_path(l->m->root, path, "/sys/class/net/%s", iface);
	if (access(path, F_OK) != 0) {
		doctor_tell(l->d, DOCTOR_BAD, what, "ip link shows the interfaces there are",
			    "there is no interface %s", iface);
		return;
	}
	flags = machine_line(l->m->root, line, sizeof(line), "/sys/class/net/%s/flags", iface)
		    ? strtoul(line, NULL, 16)
		    : IFF_UP;
	snprintf(todo, sizeof(todo), "sudo ip link set %s up", iface);
	if ((flags & IFF_UP) == 0)
		doctor_tell(l->d, DOCTOR_BAD, what, todo, "the interface is down");
	else if (machine_line(l->m->root, line, sizeof(line), "/sys/class/net/%s/carrier", iface) &&
		 line[0] == '0')
		doctor_tell(l->d, DOCTOR_BAD, what, "check cable and transceiver",
			    "the interface has no link");
	else
		doctor_tell(l->d, DOCTOR_OK, what, "", "up");
	if (c->mtu != 0 &&
	    machine_line(l->m->root, line, sizeof(line), "/sys/class/net/%s/mtu", iface) &&
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

void
doctor_ports(const struct doctor *d, const struct doctor_machine *m,
	     const struct device devices[CONFIG_MAX_PORTS])
{
	const struct look l = { d, m };
	const struct config *c = m->config;

	for (unsigned i = 0; i < c->nr_ports; i++) {
		const struct device *device = &devices[i];
		char what[MACHINE_PATH_BYTES];

		snprintf(what, sizeof(what), "port %u, %s", i, c->ports[i].device);
		if (device->eal == NULL)
			continue; /* its string was refused, in a line of the log */
		if (device->kind == DEVICE_PCI)
			look_at_card(&l, what, device);
		else if (device->iface[0] != '\0')
			look_at_interface(&l, what, device, &c->ports[i]);
		else if (strncmp(c->ports[i].device, "pcap:", 5) == 0)
			look_at_capture(&l, what, &c->ports[i]);
		else
			doctor_tell(d, DOCTOR_NOTE, what, "", "a device of DPDK's own");
	}
}
