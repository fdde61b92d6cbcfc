/*
 * Several workers with a source each, on frames that move from one to another: fragments that meet
 * at their owner and go on, as a datagram, to the flow's. Whatever the moment at which the sources
 * end, every frame has a fate and every datagram its flow.
 */
#include "tests/support/unit.h"

#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "classify/rules/ruleset.h"
#include "dataplane/eal.h"
#include "dataplane/worker.h"

enum { WORKERS = 4, DATAGRAMS = 40, PIECES = 3, PIECE = 64, RECORDS = 1 << 20 };

static struct rte_mempool *pool;
static struct ruleset *rules;

/* A source that hands out its frames in bursts and then ends. */
struct deal {
	struct source source;
	struct rte_mbuf *frames[DATAGRAMS * PIECES];
	unsigned nr, at;
};

static uint16_t
deal_rx(struct source *s, struct rte_mbuf **pkts, uint16_t nr, uint64_t now_us)
{
	struct deal *d = s->state;
	uint16_t n = 0;

	(void)now_us;
	while (n < nr && d->at < d->nr) {
		struct packet *p = packet_of(d->frames[d->at]);

		packet_clear(p);
		p->time_us = p->order_us = 1000000 + d->at;
		p->link = LINK_RAW_IP;
		p->wire_bytes = d->frames[d->at]->pkt_len;
		pkts[n++] = d->frames[d->at++];
	}
	s->ended = d->at == d->nr;
	return n;
}

static void
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* One third of a UDP datagram from host n. */
static struct rte_mbuf *
piece(unsigned n, unsigned part)
{
	static const uint8_t ends[8] = { 192, 0, 2, 0, 198, 51, 100, 7 };
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint8_t *ip;

	if (m == NULL || rte_pktmbuf_tailroom(m) < 20 + PIECE)
		abort();
	m->data_len = m->pkt_len = 20 + PIECE;
	ip = rte_pktmbuf_mtod(m, uint8_t *);
	memset(ip, 0, 20 + PIECE);
	ip[0] = 0x45;
	put16(ip + 2, 20 + PIECE);
	put16(ip + 4, n);
	put16(ip + 6, part * PIECE / 8 | (part + 1 < PIECES ? 0x2000u : 0));
	ip[8] = 64;
	ip[9] = IP_PROTO_UDP;
	memcpy(ip + 12, ends, sizeof(ends));
	ip[15] = (uint8_t)(n % 200);
	if (part == 0) {
		put16(ip + 20, 5000 + n);
		put16(ip + 22, 9000);
		put16(ip + 24, PIECES * PIECE);
	}
	return m;
}

static int
run_worker(void *w)
{
	worker_run(w);
	return 0;
}

static struct worker_config
config_of(unsigned id)
{
	struct worker_config c = {
		.id = id,
		.nr_workers = WORKERS,
		.replay = true,
		.backoff = true,
		.decap = { .max_depth = 4 },
		.max_flows = 1024,
		.max_half_open = 1024,
		.timeouts = { 300000000, 10000000, 5000000, 60000000, 60000000, 300000000 },
		.max_datagrams = 1024,
		.defrag_timeout_us = 2000000,
		.reasm = { 65536, 64, 2000000 },
		.reasm_bytes = 1 << 20,
		.secret = { 1, 2 },
		.ruleset = "test",
		.record_types = 1u << RECORD_FLOW,
	};

	c.conn = (struct conn_config) { .max_conns = 1024,
					.max_exchanges = 16,
					.max_llm = 16,
					.max_db_ops = 64,
					.max_mcp = 16,
					.max_scan_streams = 1024,
					.decode_max_ratio = 200,
					.max_deflate = 1,
					.max_brotli = 1,
					.max_zstd = 1,
					.max_lz4 = 1,
					.max_snappy = 1,
					.decode_ratio_after_bytes = 1 << 20,
					.decode_max_message_bytes = 1 << 20,
					.max_pipelined = 4,
					.rules = rules };
	for (unsigned p = 0; p < NR_PROTOCOLS; p++)
		c.conn.max_states[p] = 64;
	c.conn.max_states[PROTOCOL_UNKNOWN] = 1024;
	return c;
}

static void
deal_out(struct deal *deals, uint64_t *rng)
{
	for (unsigned i = 0; i < WORKERS; i++)
		deals[i] = (struct deal) { .source = { .rx = deal_rx, .state = &deals[i] } };
	for (unsigned n = 0; n < DATAGRAMS; n++) {
		for (unsigned part = 0; part < PIECES; part++) {
			struct deal *d = &deals[test_random(rng) % WORKERS];

			d->frames[d->nr++] = piece(n, part);
		}
	}
	for (unsigned i = 0; i < WORKERS; i++)
		deals[i].source.ended = deals[i].nr == 0;
}

static void
one_run(uint64_t *rng)
{
	static struct worker_shared shared;
	static struct deal deals[WORKERS];
	struct worker *workers[WORKERS];
	struct record_ring records[WORKERS];
	struct worker_counters sum = { 0 };

	memset(&shared, 0, sizeof(shared));
	shared.pool = pool;
	deal_out(deals, rng);
	for (unsigned i = 0; i < WORKERS * WORKERS; i++) {
		struct rte_ring *ring = aligned_alloc(64, (size_t)rte_ring_get_memsize(256));

		assert_int_equal(rte_ring_init(ring, "r", 256, RING_F_SP_ENQ | RING_F_SC_DEQ), 0);
		shared.rings[i / WORKERS][i % WORKERS] = ring;
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		struct worker_config c = config_of(i);

		assert_int_equal(record_ring_init(&records[i], RECORDS), 0);
		assert_int_equal(worker_create(&c, &shared, &records[i], &workers[i]), 0);
		worker_add_source(workers[i], &deals[i].source);
	}
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(rte_eal_remote_launch(run_worker, workers[i], 1 + i), 0);
	rte_eal_mp_wait_lcore();

	for (unsigned i = 0; i < WORKERS; i++)
		worker_counters(workers[i], &sum);
	assert_int_equal(sum.rx_packets, DATAGRAMS * PIECES);
	assert_int_equal(worker_counters_fates(&sum), sum.rx_packets);
	assert_int_equal(sum.held_packets, 0);
	assert_int_equal(sum.used_packets, DATAGRAMS * PIECES);
	assert_int_equal(sum.flows_opened, DATAGRAMS);
	for (unsigned i = 0; i < WORKERS; i++) {
		worker_destroy(workers[i]);
		record_ring_fini(&records[i]);
	}
	for (unsigned i = 0; i < WORKERS * WORKERS; i++) {
		assert_true(rte_ring_empty(shared.rings[i / WORKERS][i % WORKERS]));
		free(shared.rings[i / WORKERS][i % WORKERS]);
	}
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

static void
test_every_frame_arrives(void **state)
{
	uint64_t rng = 7;

	(void)state;
	for (unsigned i = 0; i < 60; i++)
		one_run(&rng);
}

static int
set_up(void **state)
{
	static const char text[] = "rule test.word {\n  title \"t\"\n  data_type test.word\n"
				   "  severity low\n  in payload\n  match \"nowhere\"\n"
				   "  sample + \"nowhere\"\n}\n";
	struct eal_options eal = { .nr_workers = WORKERS, .memory_mb = 64, .huge = "off" };

	(void)state;
	if (eal_start(&eal) != 0 ||
	    ruleset_load_text("test", text, sizeof(text) - 1, &rules, stderr) != 0)
		return -1;
	pool = rte_pktmbuf_pool_create("frames", 4095, 0,
				       RTE_ALIGN(sizeof(struct packet), RTE_MBUF_PRIV_ALIGN),
				       2048 + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	return pool == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	rte_mempool_free(pool);
	ruleset_free(rules);
	eal_stop();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_frame_arrives),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
