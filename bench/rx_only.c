/*
 * Receives and throws away: the least that any program on DPDK spends on a packet. What
 * bench/receive takes in the place of testpmd's rxonly where there is none.
 *
 *   rx_only EAL-ARGUMENT...
 *
 * One queue of port 0, polled by the first worker lcore in bursts of 32 until SIGINT; then says how
 * many packets came, as testpmd does.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#define BURST	    32
#define MBUFS	    65536u
#define CACHE	    256
#define DESCRIPTORS 1024

static volatile sig_atomic_t stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static int
receive(void *arg)
{
	uint64_t *nr = arg;
	struct rte_mbuf *pkts[BURST];

	while (!stop) {
		uint16_t n = rte_eth_rx_burst(0, 0, pkts, BURST);

		rte_pktmbuf_free_bulk(pkts, n);
		*nr += n;
	}
	return 0;
}

static int
fail(const char *what)
{
	fprintf(stderr, "rx_only: %s failed\n", what);
	return 1;
}

int
main(int argc, char **argv)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_mempool *pool;
	uint64_t nr = 0;
	unsigned lcore;

	if (rte_eal_init(argc, argv) < 0)
		return fail("rte_eal_init");
	signal(SIGINT, on_signal);
	pool = rte_pktmbuf_pool_create("mbufs", MBUFS, CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	if (pool == NULL)
		return fail("the pool of mbufs");
	if (rte_eth_dev_configure(0, 1, 0, &conf) != 0 ||
	    rte_eth_rx_queue_setup(0, 0, DESCRIPTORS, (unsigned)SOCKET_ID_ANY, NULL, pool) != 0 ||
	    rte_eth_dev_start(0) != 0)
		return fail("the start of port 0");
	lcore = rte_get_next_lcore(-1u, 1, 0);
	if (lcore == RTE_MAX_LCORE || rte_eal_remote_launch(receive, &nr, lcore) != 0)
		return fail("the launch on a second lcore");
	rte_eal_mp_wait_lcore();
	printf("RX-packets: %" PRIu64 "\n", nr);
	rte_eth_dev_stop(0);
	rte_eal_cleanup();
	return 0;
}
