#include "dataplane/port/frame_pool.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <string.h>

#include "dataplane/flow/pages.h"

/* Their frames are copied into an mbuf by the processor. */
static bool
driver_copies(const char *name)
{
	static const char *const drivers[] = { "net_pcap", "net_af_packet", "net_tap", "net_null" };

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (name != NULL && strcmp(name, drivers[i]) == 0)
			return true;
	}
	return false;
}

static bool
may_be_anywhere(void)
{
	struct rte_eth_dev_info info;
	uint16_t id;

	if (rte_eal_has_hugepages())
		return false;
	for (id = 0; id < RTE_MAX_ETHPORTS; id++) {
		if (rte_eth_dev_is_valid_port(id) &&
		    (rte_eth_dev_info_get(id, &info) != 0 || !driver_copies(info.driver_name)))
			return false;
	}
	return true;
}

static void
give_back(struct rte_mempool_memhdr *chunk, void *arg)
{
	(void)arg;
	pages_unmap(chunk->addr, chunk->len);
}

/* All mbufs in one chunk, which the pool owns. */
static bool
fill(struct rte_mempool *pool, unsigned nr)
{
	size_t bytes = (size_t)nr * (pool->header_size + pool->elt_size + pool->trailer_size) +
		       RTE_MEMPOOL_ALIGN;
	void *memory = pages_map(bytes);
	int added;

	if (memory == NULL) {
		rte_errno = ENOMEM;
		return false;
	}
	added = rte_mempool_populate_iova(pool, memory, RTE_BAD_IOVA, bytes, give_back, NULL);
	if (added == (int)nr)
		return true;
	if (added <= 0)
		pages_unmap(memory, bytes);
	rte_errno = ENOMEM;
	return false;
}

struct rte_mempool *
frame_pool_create(const char *name, unsigned nr, unsigned cache, uint16_t priv, uint16_t room)
{
	struct rte_pktmbuf_pool_private shape = { .mbuf_data_room_size = room,
						  .mbuf_priv_size = priv };
	unsigned bytes = (unsigned)sizeof(struct rte_mbuf) + priv + room;
	struct rte_mempool *pool;

	if (!may_be_anywhere())
		return rte_pktmbuf_pool_create(name, nr, cache, priv, room, SOCKET_ID_ANY);
	pool = rte_mempool_create_empty(name, nr, bytes, cache, sizeof(shape), SOCKET_ID_ANY,
					RTE_MEMPOOL_F_NO_IOVA_CONTIG);
	if (pool == NULL)
		return NULL;
	if (rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL) != 0)
		goto fail;
	rte_pktmbuf_pool_init(pool, &shape);
	if (!fill(pool, nr))
		goto fail;
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
fail:
	rte_mempool_free(pool);
	return NULL;
}

static void
add_chunk(struct rte_mempool *pool, void *arg, struct rte_mempool_memhdr *chunk, unsigned i)
{
	(void)pool, (void)i;
	if (chunk->free_cb == give_back)
		*(uint64_t *)arg += chunk->len;
}

uint64_t
frame_pool_pages(const struct rte_mempool *pool)
{
	uint64_t bytes = 0;

	/* It only looks. */
	rte_mempool_mem_iter((struct rte_mempool *)(uintptr_t)pool, add_chunk, &bytes);
	return bytes;
}
