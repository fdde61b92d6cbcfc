/* The table against a plain list, under random operations; ageing and eviction by rule. */
#include "tests/support/unit.h"

#include "dataplane/flow/flow_table.h"

static const struct siphash_key secret = { 3, 4 };
static const struct flow_timeouts timeouts = {
	.tcp_idle_us = 300000000,
	.half_open_us = 10000000,
	.linger_us = 5000000,
	.udp_idle_us = 60000000,
	.other_idle_us = 60000000,
	.active_us = 300000000,
};

struct ends {
	unsigned nr[NR_FLOW_ENDS], nr_half_open[NR_FLOW_ENDS];
	uint64_t last_end_us;
	uint16_t last_port;
};

static void
note_end(void *arg, struct flow *flow, enum flow_end how, uint64_t end_us)
{
	struct ends *e = arg;

	e->nr[how]++;
	e->last_end_us = end_us;
	e->last_port = flow->head.key.port[0] < flow->head.key.port[1] ? flow->head.key.port[1]
								       : flow->head.key.port[0];
}

static void
note_half_open_end(void *arg, struct half_open *h, enum flow_end how, uint64_t end_us)
{
	struct ends *e = arg;

	(void)h;
	e->nr_half_open[how]++;
	e->last_end_us = end_us;
}

static struct packet
packet(uint32_t host, uint8_t proto, uint64_t time_us)
{
	struct packet p = { .time_us = time_us, .order_us = time_us };
	uint8_t src[4] = { 10, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host };
	uint8_t dst[4] = { 192, 0, 2, 1 };

	p.side = (uint8_t)flow_key_make(&p.key, 4, proto, 0, src, dst, 40000, 80);
	p.hash = flow_key_hash(&p.key, &secret);
	return p;
}

static struct flow_table *
create(uint32_t max, struct ends *ends)
{
	struct flow_table_config config = { .max_flows = max,
					    .max_half_open = max / 4,
					    .timeouts = timeouts,
					    .end = note_end,
					    .end_half_open = note_half_open_end,
					    .arg = ends };
	struct flow_table *t;

	memset(ends, 0, sizeof(*ends));
	assert_int_equal(flow_table_create(&config, &t), 0);
	return t;
}

static void
test_model(void **state)
{
	enum { HOSTS = 3000 };
	static bool there[HOSTS];
	struct ends ends;
	struct flow_table *t = create(8192, &ends);
	uint64_t rng = 5;
	unsigned nr = 0;

	(void)state;
	memset(there, 0, sizeof(there));
	for (unsigned i = 0; i < 100000; i++) {
		uint32_t host = (uint32_t)(test_random(&rng) % HOSTS);
		struct packet p = packet(host, IP_PROTO_UDP, 1000000);
		struct flow *flow = flow_table_find(t, &p.key, p.hash);

		assert_int_equal(flow != NULL, there[host]);
		if (flow == NULL) {
			flow = flow_table_add(t, &p);
			assert_ptr_equal(flow_table_find(t, &p.key, p.hash), flow);
			there[host] = true;
			nr++;
		} else if (test_random(&rng) % 2 == 0) {
			flow_table_end(t, flow, FLOW_END_IDLE, 0);
			there[host] = false;
			nr--;
		}
		assert_int_equal(flow_table_nr(t), nr);
	}
	assert_int_equal(flow_table_nr_evicted(t), 0);
	flow_table_end_all(t, UINT64_MAX, 0);
	assert_int_equal(flow_table_nr(t), 0);
	flow_table_destroy(t);
}

static void
test_ageing(void **state)
{
	struct ends ends;
	struct flow_table *t = create(64, &ends);
	struct packet p = packet(1, IP_PROTO_UDP, 1000000),
		      later = packet(1, IP_PROTO_UDP, 50000000);
	struct flow *flow = flow_table_add(t, &p);

	(void)state;
	/* A packet moves the deadline; the wheel finds out only when the old one comes. */
	flow->head.last_us = later.time_us;
	flow->head.last_order_us = later.order_us;
	flow_table_advance(t, 100000000);
	assert_int_equal(ends.nr[FLOW_END_IDLE], 0);
	assert_true(flow_table_advance(t, 120000000) > 110000000);
	assert_int_equal(ends.nr[FLOW_END_IDLE], 1);
	assert_int_equal(ends.last_end_us, 110000000); /* the deadline, not when the wheel turned */

	/* Decided by the flow's next packet even if the wheel has not turned. */
	p = packet(2, IP_PROTO_UDP, 200000000);
	flow = flow_table_add(t, &p);
	later = packet(2, IP_PROTO_UDP, 260000000);
	assert_false(flow_expired(t, &flow->head, &later));
	later = packet(2, IP_PROTO_UDP, 260000001);
	assert_true(flow_expired(t, &flow->head, &later));

	/* A jump of the clock far beyond the wheel ends everything once. */
	flow_table_advance(t, (uint64_t)1 << 50);
	assert_int_equal(flow_table_nr(t), 0);
	assert_int_equal(ends.nr[FLOW_END_IDLE], 2);
	flow_table_destroy(t);
}

/*
 * A state with a shorter timeout ends the flow when that is over, not at its old deadline; one with
 * a longer timeout does not end it before.
 */
static void
test_other_timeout(void **state)
{
	static const struct shorter {
		const char *name;
		enum tcp_state first, state;
		uint64_t timeout_us;
	} cases[] = {
		{ "half open", TCP_STATE_NONE, TCP_STATE_SYN, 10000000 },
		{ "closed", TCP_STATE_NONE, TCP_STATE_CLOSED, 5000000 },
		{ "open", TCP_STATE_NONE, TCP_STATE_OPEN, 300000000 },
		{ "half open, then open", TCP_STATE_SYN, TCP_STATE_OPEN, 300000000 },
		{ "half open, then closed", TCP_STATE_SYN, TCP_STATE_CLOSED, 5000000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct packet p = packet(1, IP_PROTO_TCP, 1000000);
		uint64_t deadline = p.order_us + cases[i].timeout_us;
		struct ends ends;
		struct flow_table *t = create(64, &ends);
		struct flow *flow = flow_table_add(t, &p);

		print_message("%s\n", cases[i].name);
		flow->head.tcp_state = (uint8_t)cases[i].first;
		flow_table_reschedule(t, flow, TCP_STATE_NONE);
		flow->head.tcp_state = (uint8_t)cases[i].state;
		flow_table_reschedule(t, flow, cases[i].first);
		assert_true(flow_table_advance(t, deadline) <= deadline);
		assert_int_equal(flow_table_nr(t), 1);
		/* What is promised to have been told has been told. */
		assert_true(flow_table_advance(t, deadline + FLOW_TICK_US) > deadline);
		assert_int_equal(flow_table_nr(t), 0);
		assert_int_equal(ends.last_end_us, deadline);
		flow_table_destroy(t);
	}
}

static void
test_eviction_spares_proven_flows(void **state)
{
	struct ends ends;
	struct flow_table *t = create(1024, &ends);
	unsigned kept = 0;

	(void)state;
	for (uint32_t host = 0; host < 100; host++) {
		struct packet p = packet(host, IP_PROTO_TCP, 1000 + host);

		flow_table_add(t, &p)->head.young = 0;
	}
	/* A flood of one-packet flows, twenty times the table. */
	for (uint32_t host = 1000; host < 21000; host++) {
		struct packet p = packet(host, IP_PROTO_TCP, 2000 + host);

		flow_table_add(t, &p);
	}
	for (uint32_t host = 0; host < 100; host++) {
		struct packet p = packet(host, IP_PROTO_TCP, 0);

		kept += flow_table_find(t, &p.key, p.hash) != NULL;
	}
	assert_int_equal(kept, 100);
	assert_true(flow_table_nr(t) <= 1024);
	assert_int_equal(ends.nr[FLOW_END_EVICTED], flow_table_nr_evicted(t));
	assert_int_equal(flow_table_nr(t) + ends.nr[FLOW_END_EVICTED], 20100);
	flow_table_destroy(t);
}

/* Full to the last entry, and all of them found: buckets overflow into each other without loss. */
static void
test_full_without_loss(void **state)
{
	enum { FLOWS = 1 << 16 };
	struct ends ends;
	struct flow_table *t = create(FLOWS, &ends);

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		for (uint32_t host = 0; host < FLOWS; host++) {
			struct packet p = packet(host, IP_PROTO_UDP, 1000);

			flow_table_add(t, &p);
		}
		assert_int_equal(flow_table_nr(t), FLOWS);
		assert_int_equal(flow_table_nr_evicted(t), 0);
		for (uint32_t host = 0; host < FLOWS; host++) {
			struct packet p = packet(host, IP_PROTO_UDP, 1000);
			struct flow *flow = flow_table_find(t, &p.key, p.hash);

			assert_non_null(flow);
			flow_table_end(t, flow, FLOW_END_IDLE, 0);
			assert_null(flow_table_find(t, &p.key, p.hash));
		}
	}
	flow_table_destroy(t);
}

/* Half-open entries beside flows, against a plain list; a flow and one of its key can be there. */
static void
test_model_half_open(void **state)
{
	enum { HOSTS = 2000 };
	static bool flows[HOSTS], halves[HOSTS];
	struct ends ends;
	struct flow_table *t = create(8192, &ends);
	unsigned nr = 0, nr_half = 0;
	uint64_t rng = 9;

	(void)state;
	memset(flows, 0, sizeof(flows));
	memset(halves, 0, sizeof(halves));
	for (unsigned i = 0; i < 100000; i++) {
		uint32_t host = (uint32_t)(test_random(&rng) % HOSTS);
		struct packet p = packet(host, IP_PROTO_ICMP, 1000000);
		struct flow *flow = flow_table_find(t, &p.key, p.hash);
		struct half_open *h = flow_table_find_half_open(t, &p);

		assert_int_equal(flow != NULL, flows[host]);
		assert_int_equal(h != NULL, halves[host]);
		switch (test_random(&rng) % 4) {
		case 0:
			if (flow != NULL)
				break;
			flow_table_add(t, &p);
			flows[host] = true;
			nr++;
			break;
		case 1:
			if (h != NULL)
				break;
			flow_table_add_half_open(t, &p);
			halves[host] = true;
			nr_half++;
			break;
		case 2:
			if (flow == NULL)
				break;
			flow_table_end(t, flow, FLOW_END_IDLE, 0);
			flows[host] = false;
			nr--;
			break;
		default:
			if (h == NULL)
				break;
			flow_table_drop_half_open(t, h);
			halves[host] = false;
			nr_half--;
		}
		assert_int_equal(flow_table_nr(t), nr);
		assert_int_equal(flow_table_nr_half_open(t), nr_half);
	}
	flow_table_end_all(t, UINT64_MAX, 0);
	assert_int_equal(ends.nr_half_open[FLOW_END_SHUTDOWN] + ends.nr_half_open[FLOW_END_IDLE],
			 nr_half);
	flow_table_destroy(t);
}

static void
test_half_open_make_room_for_each_other_only(void **state)
{
	struct ends ends;
	struct flow_table *t = create(1024, &ends);
	struct packet p;

	(void)state;
	for (uint32_t host = 0; host < 1024; host++) {
		p = packet(host, IP_PROTO_TCP, 1000 + host);
		flow_table_add(t, &p);
	}
	for (uint32_t host = 0; host < 20000; host++) {
		p = packet(100000 + host, IP_PROTO_TCP, 5000 + host);
		p.tcp_flags = TCP_SYN;
		flow_table_add_half_open(t, &p);
	}
	assert_int_equal(flow_table_nr(t), 1024);
	assert_int_equal(flow_table_nr_half_open(t), 256);
	assert_int_equal(ends.nr[FLOW_END_EVICTED], 0);
	assert_int_equal(ends.nr_half_open[FLOW_END_EVICTED], 20000 - 256);
	/* The oldest went: the last ones are there. */
	for (uint32_t host = 20000 - 256; host < 20000; host++) {
		p = packet(100000 + host, IP_PROTO_TCP, 0);
		p.tcp_flags = TCP_SYN;
		assert_non_null(flow_table_find_half_open(t, &p));
	}
	/* And they age: a SYN after half_open_us, anything else as a flow. */
	flow_table_advance(t, 40000000);
	assert_int_equal(flow_table_nr_half_open(t), 0);
	assert_int_equal(ends.nr_half_open[FLOW_END_IDLE], 256);
	assert_int_equal(flow_table_nr(t), 1024);
	flow_table_destroy(t);
}

/* Of paths there are as many as of entries, and each goes with its entry. */
static void
test_paths(void **state)
{
	struct ends ends;
	struct flow_table *t = create(64, &ends);

	(void)state;
	for (uint32_t host = 0; host < 1000; host++) {
		struct packet p = packet(host, IP_PROTO_UDP, 1000 + host);
		struct flow *flow = flow_table_add(t, &p);

		flow_table_note_path(t, &flow->head, &p, true);
		assert_null(flow->head.path);
		p.nr_vlans = 1;
		p.vlan[0] = (uint16_t)host;
		p.nr_tunnels = 1;
		p.tunnel[0] = (struct tunnel) { TUNNEL_VXLAN, host };
		flow_table_note_path(t, &flow->head, &p, true);
		p.vlan[0] = 4000;
		flow_table_note_path(t, &flow->head, &p, false);
		flow_table_note_path(t, &flow->head, &p, false);
		assert_non_null(flow->head.path);
		assert_int_equal(flow->head.path->nr_vlans, 2);
		assert_int_equal(flow->head.path->vlan[0], host);
		assert_int_equal(flow->head.path->tunnel_id[0], host);
	}
	assert_int_equal(flow_table_nr(t), 64);
	flow_table_destroy(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_ageing),
		cmocka_unit_test(test_other_timeout),
		cmocka_unit_test(test_eviction_spares_proven_flows),
		cmocka_unit_test(test_full_without_loss),
		cmocka_unit_test(test_model_half_open),
		cmocka_unit_test(test_half_open_make_room_for_each_other_only),
		cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
