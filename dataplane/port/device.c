#include "dataplane/port/device.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/log.h"

#define DEFAULT_MTU	1500u
#define ETHERNET_BYTES	22u	    /* header and two VLAN tags */
#define FRAME_BYTES_MIN 2048u	    /* what AF_PACKET's driver in DPDK takes by default */
#define FRAME_BYTES_MAX 65536u	    /* one block */
#define BLOCK_BYTES	65536u	    /* a multiple of every frame size: the driver wants that */
#define RING_FRAMES	8192u	    /* per queue */
#define RING_BYTES_MAX	(64u << 20) /* per queue, kernel memory */

static bool
has_prefix(const char *text, const char *prefix, const char **rest)
{
	size_t len = strlen(prefix);

	if (strncmp(text, prefix, len) != 0)
		return false;
	*rest = text + len;
	return true;
}

uint64_t
device_iface_number(const char *iface, const char *what, uint64_t otherwise)
{
	char path[128];
	unsigned long long n;
	FILE *f;
	int nr;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", iface, what);
	f = fopen(path, "re");
	if (f == NULL)
		return otherwise;
	nr = fscanf(f, "%llu", &n);
	fclose(f);
	return nr == 1 ? n : otherwise;
}

unsigned
device_iface_queues(const char *iface)
{
	const struct dirent *e;
	char path[128];
	unsigned nr = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/class/net/%s/queues", iface);
	dir = opendir(path);
	if (dir == NULL)
		return 0;
	while ((e = readdir(dir)) != NULL)
		nr += strncmp(e->d_name, "rx-", 3) == 0;
	closedir(dir);
	return nr;
}

/* 0000:3b:00.0 or 3b:00.0, perhaps with the driver's arguments behind a comma. */
static bool
is_pci_address(const char *text)
{
	size_t len = strcspn(text, ",");
	unsigned domain, bus, slot, function;
	int used = 0;

	if (sscanf(text, "%8x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &used) == 4 &&
	    (size_t)used == len)
		return true;
	used = 0;
	return sscanf(text, "%2x:%2x.%1x%n", &bus, &slot, &function, &used) == 3 &&
	       (size_t)used == len;
}

/* A name that can stand in a path of sysfs and in a device string. */
static bool
is_iface_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > 15 || name[0] == '.')
		return false;
	return strcspn(name, "/,= \t") == len;
}

/* The least power of two that holds a frame of the interface. */
static uint32_t
ring_frame_bytes(const char *iface, unsigned mtu)
{
	uint64_t want = mtu != 0 ? mtu : device_iface_number(iface, "mtu", DEFAULT_MTU);
	uint32_t bytes = FRAME_BYTES_MIN;

	want += ETHERNET_BYTES + DEVICE_AF_PACKET_HEADER;
	while (bytes < want && bytes < FRAME_BYTES_MAX)
		bytes *= 2;
	return bytes;
}

static unsigned
ring_frames(uint32_t frame_bytes, unsigned descriptors)
{
	unsigned frames = descriptors != 0 ? descriptors : RING_FRAMES;
	unsigned per_block = BLOCK_BYTES / frame_bytes;

	if (frames > RING_BYTES_MAX / frame_bytes)
		frames = RING_BYTES_MAX / frame_bytes;
	/* Whole blocks. */
	return (frames + per_block - 1) / per_block * per_block;
}

static int
spell_iface(struct device *d, const struct device_options *o)
{
	d->frame_bytes = ring_frame_bytes(d->iface, o->mtu);
	return asprintf(&d->eal,
			"net_af_packet%u,iface=%s,qpairs=%u,blocksz=%u,framesz=%u,framecnt=%u",
			o->index, d->iface, o->queues, BLOCK_BYTES, d->frame_bytes,
			ring_frames(d->frame_bytes, o->descriptors));
}

/* DPDK's names have the domain. */
static int
spell_pci(struct device *d, const char *address)
{
	size_t name = strcspn(address, ",");
	const char *domain =
	    memchr(address, ':', name) == memrchr(address, ':', name) ? "0000:" : "";

	d->kind = DEVICE_PCI;
	return asprintf(&d->eal, "%s%s", domain, address);
}

static int
spell(struct device *d, const struct device_options *o)
{
	const char *rest = o->text;

	if (has_prefix(o->text, "pci:", &rest) || is_pci_address(rest))
		return is_pci_address(rest) ? spell_pci(d, rest) : -EINVAL;
	d->kind = DEVICE_VDEV;
	if (has_prefix(o->text, "pcap:", &rest) && rest[0] != '\0')
		return asprintf(&d->eal, "net_pcap%u,rx_pcap=%s", o->index, rest);
	if (strncmp(o->text, "net_", 4) == 0 || strncmp(o->text, "eth_", 4) == 0)
		return asprintf(&d->eal, "%s", o->text);
	if (has_prefix(o->text, "iface:", &rest))
		d->kind = DEVICE_IFACE;
	else if (has_prefix(o->text, "xdp:", &rest))
		d->kind = DEVICE_XDP;
	else
		return -EINVAL;
	if (!is_iface_name(rest))
		return -EINVAL;
	snprintf(d->iface, sizeof(d->iface), "%s", rest);
	if (d->kind == DEVICE_IFACE)
		return spell_iface(d, o);
	return asprintf(&d->eal, "net_af_xdp%u,iface=%s,start_queue=0,queue_count=%u", o->index,
			d->iface, o->queues);
}

int
device_init(struct device *d, const struct device_options *o)
{
	int r;

	*d = (struct device) { 0 };
	r = spell(d, o);
	if (r == -EINVAL) {
		log_err(
		    "ports: device = \"%s\": must be iface:IF, xdp:IF, pci:ADDR, pcap:FILE or a "
		    "DPDK device string such as net_memif0,...",
		    o->text);
		return r;
	}
	if (r < 0) {
		d->eal = NULL;
		return -ENOMEM;
	}
	snprintf(d->name, sizeof(d->name), "%.*s", (int)strcspn(d->eal, ","), d->eal);
	return 0;
}

void
device_fini(struct device *d)
{
	free(d->eal);
	d->eal = NULL;
}
