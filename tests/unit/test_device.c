#include "tests/support/unit.h"

#include <errno.h>

#include "dataplane/log.h"
#include "dataplane/port/device.h"

static const struct device_case {
	const char *name, *text;
	unsigned queues, mtu, descriptors;
	int want;
	enum device_kind kind;
	const char *eal, *dpdk_name, *iface;
	uint32_t frame_bytes;
} cases[] = {
	{ "PCI address", "pci:0000:3b:00.0", 1, 0, 0, 0, DEVICE_PCI, "0000:3b:00.0", "0000:3b:00.0",
	  "", 0 },
	{ "bare address", "0000:3b:00.1", 1, 0, 0, 0, DEVICE_PCI, "0000:3b:00.1", "0000:3b:00.1",
	  "", 0 },
	{ "without domain", "3b:00.0", 1, 0, 0, 0, DEVICE_PCI, "0000:3b:00.0", "0000:3b:00.0", "",
	  0 },
	{ "with arguments", "pci:3b:00.0,rx_vec_en=0:1", 1, 0, 0, 0, DEVICE_PCI,
	  "0000:3b:00.0,rx_vec_en=0:1", "0000:3b:00.0", "", 0 },
	{ "not an address", "pci:3b.0", 1, 0, 0, -EINVAL, 0, NULL, NULL, NULL, 0 },
	{ "more behind the address", "0000:3b:00.0x", 1, 0, 0, -EINVAL, 0, NULL, NULL, NULL, 0 },
	{ "capture", "pcap:/tmp/a.pcap", 1, 0, 0, 0, DEVICE_VDEV, "net_pcap7,rx_pcap=/tmp/a.pcap",
	  "net_pcap7", "", 0 },
	{ "DPDK's own string", "net_pcap3,rx_pcap=a,rx_pcap=b", 2, 0, 0, 0, DEVICE_VDEV,
	  "net_pcap3,rx_pcap=a,rx_pcap=b", "net_pcap3", "", 0 },
	{ "AF_XDP", "xdp:weirnone0", 3, 0, 0, 0, DEVICE_XDP,
	  "net_af_xdp7,iface=weirnone0,start_queue=0,queue_count=3", "net_af_xdp7", "weirnone0",
	  0 },
	{ "AF_PACKET", "iface:weirnone0", 2, 0, 0, 0, DEVICE_IFACE,
	  "net_af_packet7,iface=weirnone0,qpairs=2,blocksz=65536,framesz=2048,framecnt=8192",
	  "net_af_packet7", "weirnone0", 2048 },
	{ "the longest that 2048 holds", "iface:weirnone0", 1, 1960, 0, 0, DEVICE_IFACE,
	  "net_af_packet7,iface=weirnone0,qpairs=1,blocksz=65536,framesz=2048,framecnt=8192",
	  "net_af_packet7", "weirnone0", 2048 },
	{ "one byte more", "iface:weirnone0", 1, 1961, 0, 0, DEVICE_IFACE,
	  "net_af_packet7,iface=weirnone0,qpairs=1,blocksz=65536,framesz=4096,framecnt=8192",
	  "net_af_packet7", "weirnone0", 4096 },
	{ "jumbo frames: the ring stays within 64 MiB", "iface:weirnone0", 1, 9000, 0, 0,
	  DEVICE_IFACE,
	  "net_af_packet7,iface=weirnone0,qpairs=1,blocksz=65536,framesz=16384,framecnt=4096",
	  "net_af_packet7", "weirnone0", 16384 },
	{ "the largest there is", "iface:weirnone0", 1, 65535, 0, 0, DEVICE_IFACE,
	  "net_af_packet7,iface=weirnone0,qpairs=1,blocksz=65536,framesz=65536,framecnt=1024",
	  "net_af_packet7", "weirnone0", 65536 },
	{ "descriptors fill whole blocks", "iface:weirnone0", 1, 0, 33, 0, DEVICE_IFACE,
	  "net_af_packet7,iface=weirnone0,qpairs=1,blocksz=65536,framesz=2048,framecnt=64",
	  "net_af_packet7", "weirnone0", 2048 },
	{ "a path for an interface", "iface:../eth1", 1, 0, 0, -EINVAL, 0, NULL, NULL, NULL, 0 },
	{ "arguments in an interface", "xdp:eth1,queue_count=2", 1, 0, 0, -EINVAL, 0, NULL, NULL,
	  NULL, 0 },
	{ "no interface", "iface:", 1, 0, 0, -EINVAL, 0, NULL, NULL, NULL, 0 },
	{ "too long for an interface", "iface:abcdefghijklmnop", 1, 0, 0, -EINVAL, 0, NULL, NULL,
	  NULL, 0 },
	{ "no file", "pcap:", 1, 0, 0, -EINVAL, 0, NULL, NULL, NULL, 0 },
	{ "only an interface", "eth1", 1, 0, 0, -EINVAL, 0, NULL, NULL, NULL, 0 },
};

static void
test_strings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct device_case *t = &cases[i];
		struct device_options o = { t->text, 7, t->queues, t->mtu, t->descriptors };
		struct device d;

		print_message("%s\n", t->name);
		assert_int_equal(device_init(&d, &o), t->want);
		if (t->want == 0) {
			assert_int_equal(d.kind, t->kind);
			assert_string_equal(d.eal, t->eal);
			assert_string_equal(d.name, t->dpdk_name);
			assert_string_equal(d.iface, t->iface);
			assert_int_equal(d.frame_bytes, t->frame_bytes);
		}
		device_fini(&d);
	}
}

/* The loopback interface is everywhere, and its MTU is larger than any default. */
static void
test_kernel_is_asked(void **state)
{
	uint64_t mtu = device_iface_number("lo", "mtu", 0);

	(void)state;
	if (mtu == 0)
		skip();
	assert_int_equal(device_iface_number("lo", "no_such_file", 42), 42);
	assert_int_equal(device_iface_number("weirnone0", "mtu", 42), 42);
	assert_int_equal(device_iface_queues("weirnone0"), 0);
	assert_true(device_iface_queues("lo") >= 1);
	if (mtu > 1960) {
		struct device_options o = { .text = "iface:lo", .queues = 1 };
		struct device d;

		assert_int_equal(device_init(&d, &o), 0);
		assert_true(d.frame_bytes > 2048);
		device_fini(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_kernel_is_asked),
	};

	log_set_level(LOG_LEVEL_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
