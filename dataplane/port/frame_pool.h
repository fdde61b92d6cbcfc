/*
 * Where frames are kept: a pool of mbufs, each with room for what weir notes of a packet.
 *
 * On hugepages it is DPDK's own. Without them DPDK puts every mbuf on a page of its own, because a
 * device that writes by DMA needs it so; then each frame misses the TLB, and all frames share a few
 * sets of the cache. A device whose driver copies needs no such thing: with only such devices, or
 * none, the pool is in one piece of memory, mbufs side by side, that asks for transparent huge
 * pages (flow/pages.h).
 */
#ifndef WEIR_FRAME_POOL_H
#define WEIR_FRAME_POOL_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mempool;

/*
 * Behind eal_start, for the devices that are there then. room: bytes of each buffer, headroom
 * included; cache: mbufs that a lcore keeps for itself. NULL and rte_errno without memory;
 * rte_mempool_free gives it back.
 */
struct rte_mempool *frame_pool_create(const char *name, unsigned nr, unsigned cache, uint16_t priv,
				      uint16_t room);

/* What it holds of pages_mapped(); 0: it is in DPDK's memory. */
uint64_t frame_pool_pages(const struct rte_mempool *pool);

#endif
