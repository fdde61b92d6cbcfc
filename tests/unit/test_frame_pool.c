/* Where frames are kept, with devices whose drivers copy and with one that does not. */
#include "tests/support/unit.h"

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#include "dataplane/flow/pages.h"
#include "dataplane/port/frame_pool.h"

enum { NR = 1000, PRIV = 320, ROOM = 2176, CACHE = 32 };

/* All of them, each written to its end: no two share a byte. */
static void
use_all(struct rte_mempool *pool)
{
	static struct rte_mbuf *all[NR];

	for (unsigned i = 0; i < NR; i++) {
		all[i] = rte_pktmbuf_alloc(pool);
		assert_non_null(all[i]);
		assert_int_equal(rte_pktmbuf_priv_size(pool), PRIV);
		assert_int_equal(rte_pktmbuf_data_room_size(pool), ROOM);
		memset(rte_mbuf_to_priv(all[i]), (int)(i & 0x7f), PRIV);
		memset(all[i]->buf_addr, (int)(i & 0x7f), ROOM);
	}
	assert_null(rte_pktmbuf_alloc(pool));
	for (unsigned i = 0; i < NR; i++) {
		const uint8_t *priv = rte_mbuf_to_priv(all[i]), *room = all[i]->buf_addr;

		for (unsigned k = 0; k < PRIV; k++)
			assert_int_equal(priv[k], i & 0x7f);
		for (unsigned k = 0; k < ROOM; k++)
			assert_int_equal(room[k], i & 0x7f);
		rte_pktmbuf_free(all[i]);
	}
	assert_int_equal(rte_mempool_avail_count(pool), NR);
}

static void
check(bool own)
{
	size_t before = pages_mapped();
	struct rte_mempool *pool = frame_pool_create("frames", NR, CACHE, PRIV, ROOM);
	uint64_t bytes;

	assert_non_null(pool);
	bytes = frame_pool_pages(pool);
	assert_int_equal(bytes != 0, own);
	if (own) {
		assert_int_equal(pages_mapped() - before, (bytes + (2 << 20) - 1) >> 21 << 21);
		/* Side by side: what DPDK adds to each is a little. */
		assert_in_range(bytes, NR * (PRIV + ROOM), NR * (PRIV + ROOM + 512));
	} else {
		assert_int_equal(pages_mapped(), before);
	}
	use_all(pool);
	rte_mempool_free(pool);
	assert_int_equal(pages_mapped(), before);
}

static void
test_where(void **state)
{
	(void)state;
	check(true);
	assert_int_equal(rte_eal_hotplug_add("vdev", "net_null0", ""), 0);
	check(true);
	/* One that hands over the mbufs of others. */
	assert_int_equal(rte_eal_hotplug_add("vdev", "net_ring0", ""), 0);
	check(false);
	assert_int_equal(rte_eal_hotplug_remove("vdev", "net_ring0"), 0);
	check(true);
	assert_int_equal(rte_eal_hotplug_remove("vdev", "net_null0"), 0);
}

/* More than there is address space for. */
static void
test_no_memory(void **state)
{
	size_t before = pages_mapped();

	(void)state;
	assert_null(frame_pool_create("large", UINT32_MAX / 4, CACHE, PRIV, UINT16_MAX));
	assert_int_equal(pages_mapped(), before);
}

int
main(void)
{
	static char *args[] = { "test",
				"--no-huge",
				"-m",
				"96",
				"--no-shconf",
				"--no-pci",
				"--no-telemetry",
				"--log-level=*:error",
				"--lcores=0" };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where),
		cmocka_unit_test(test_no_memory),
	};
	int r;

	if (rte_eal_init((int)ARRAY_LEN(args), args) < 0)
		return 1;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	rte_eal_cleanup();
	return r;
}
