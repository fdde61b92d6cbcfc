/*
 * The short way of a usual segment or datagram tells and counts what the long way does: two
 * trackers, of which one may take only the long way, get the same packets of a few flows, of every
 * kind, in every state. And it is taken where it should be, and nowhere else.
 */
#include "tests/support/unit.h"

#include "dataplane/flow/usual_segment.h"
#include "tests/support/tracker_rig.h"

enum { FLOWS = 6, DATAGRAM_FLOWS = 2, PACKETS = 60000, SEEDS = 12, MAX_PAYLOAD = 1600, BURST = 8 };

struct end {
	uint32_t next;	   /* what it sends next */
	uint32_t told;	   /* up to where it has acknowledged the other */
	uint32_t isn, fin; /* of its last SYN and FIN */
	uint32_t ts;
	uint16_t ip_id;
};

struct world {
	struct rig with, without;
	struct end end[FLOWS][2];
	struct packet burst[BURST];
	unsigned nr;
	uint64_t random;
	uint16_t vlan;
};

static uint8_t bytes[MAX_PAYLOAD];

static uint32_t
below(struct world *w, uint32_t n)
{
	return (uint32_t)(test_random(&w->random) >> 33) % n;
}

/* One packet in n is of a kind. */
static bool
one_in(struct world *w, uint32_t n)
{
	return below(w, n) == 0;
}

/* A burst, as a worker takes it: the packets of one may change what is guessed for the others. */
static void
flush(struct world *w)
{
	struct flow *guess[BURST];

	for (unsigned i = 0; i < w->nr; i++)
		tracker_prefetch(w->with.tracker, &w->burst[i]);
	for (unsigned i = 0; i < w->nr; i++)
		guess[i] = tracker_prefetch_flow(w->with.tracker, &w->burst[i]);
	for (unsigned i = 0; i < w->nr; i++) {
		tracker_packet(w->with.tracker, &w->burst[i], bytes, guess[i]);
		tracker_packet(w->without.tracker, &w->burst[i], bytes, NULL);
	}
	w->nr = 0;
}

static void
push_both(struct world *w, struct packet *p)
{
	w->burst[w->nr++] = *p;
	if (w->nr == BURST || one_in(w, 4))
		flush(w);
}

static void
same(const struct world *w)
{
	assert_memory_equal(&w->with.counters, &w->without.counters, sizeof(w->with.counters));
	assert_memory_equal(w->with.feeds, w->without.feeds, sizeof(w->with.feeds));
	assert_true(w->with.nr_records == w->without.nr_records);
	assert_true(w->with.digest == w->without.digest);
}

static uint8_t
flags_of(struct world *w)
{
	static const uint8_t rare[] = { TCP_SYN, TCP_SYN | TCP_ACK, TCP_FIN | TCP_ACK,
					TCP_RST, TCP_RST | TCP_ACK, 0,
					TCP_FIN, TCP_ACK | TCP_URG };

	if (one_in(w, 60))
		return rare[below(w, ARRAY_LEN(rare))];
	return one_in(w, 3) ? TCP_ACK | TCP_PSH : TCP_ACK;
}

/* Mostly in order, else repeated, ahead, overlapping or of nowhere; likewise what it acknowledges.
 */
static void
number(struct world *w, struct packet *p, struct end *from, const struct end *to)
{
	p->seq = from->next;
	p->ack = to->next;
	if (one_in(w, 6))
		p->seq -= below(w, 3000);
	else if (one_in(w, 30))
		p->seq += below(w, 3000);
	else if (one_in(w, 200))
		p->seq += (uint32_t)test_random(&w->random);
	if (one_in(w, 5))
		p->ack = from->told;
	else if (one_in(w, 20))
		p->ack -= below(w, 1 << 21);
	else if (one_in(w, 40))
		p->ack += below(w, 5000);
	else if (one_in(w, 200))
		p->ack += (uint32_t)test_random(&w->random);
	if (p->seq == from->next)
		from->next += p->payload_wire + ((p->tcp_flags & (TCP_SYN | TCP_FIN)) != 0);
	from->told = p->ack;
}

/* A segment of nothing but SYN or FIN, as it should be. */
static void
push_control(struct world *w, uint32_t flow, bool client, uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct packet p = rig_packet(&w->with, 0x0a000000 + flow, (uint16_t)(30000 + flow), client);

	p.tcp_flags = flags;
	p.seq = seq;
	p.ack = (flags & TCP_ACK) != 0 ? ack : 0;
	p.window = 60000;
	p.ip_id = flow % 2 == 0 ? w->end[flow][client].ip_id++ : 0;
	p.has_scale = (flags & TCP_SYN) != 0;
	p.scale = p.has_scale ? 7 : 0;
	p.has_ts = flow % 3 == 0;
	p.checksum = (uint16_t)(p.seq ^ p.ack);
	push_both(w, &p);
	if (one_in(w, 4))
		push_both(w, &p);
}

/* The next handshake, or the one that has been; the next FIN, or the one that has been. */
static void
any_control(struct world *w)
{
	uint32_t flow = below(w, FLOWS);
	bool client = one_in(w, 2), again = one_in(w, 2);
	struct end *from = &w->end[flow][client], *to = &w->end[flow][!client];

	if (one_in(w, 3)) {
		from->fin = again ? from->fin : from->next++;
		push_control(w, flow, client, TCP_FIN | TCP_ACK, from->fin, to->next);
		return;
	}
	from = &w->end[flow][1];
	to = &w->end[flow][0];
	if (!again) {
		from->isn = from->next += 100000000;
		to->isn = to->next += 100000000;
		from->next++;
		to->next++;
	}
	if (!again || one_in(w, 2))
		push_control(w, flow, true, TCP_SYN, from->isn, 0);
	if (!again || one_in(w, 2))
		push_control(w, flow, false, TCP_SYN | TCP_ACK, to->isn, from->isn + 1);
	if (!again || one_in(w, 2))
		push_control(w, flow, true, TCP_ACK, from->isn + 1, to->isn + 1);
}

static void
any_packet(struct world *w)
{
	uint32_t flow = below(w, FLOWS);
	bool client = one_in(w, 2);
	struct end *from = &w->end[flow][client], *to = &w->end[flow][!client];
	struct packet p = rig_packet(&w->with, 0x0a000000 + flow, (uint16_t)(30000 + flow), client);

	p.tcp_flags = flags_of(w);
	p.payload_wire = one_in(w, 2) ? 0 : below(w, MAX_PAYLOAD);
	p.payload_len = one_in(w, 100) ? below(w, p.payload_wire + 1) : p.payload_wire;
	p.wire_bytes += p.payload_wire;
	number(w, &p, from, to);
	p.window = (uint16_t)(one_in(w, 20) ? below(w, 4) : 60000 + below(w, 5000));
	p.ip_id = flow % 2 == 0 ? from->ip_id++ : 0;
	p.checksum = (uint16_t)(p.seq ^ p.ack);
	p.has_ts = flow % 3 == 0;
	from->ts += one_in(w, 4);
	p.ts_val = one_in(w, 30) ? from->ts - 5 : from->ts;
	p.has_scale = (p.tcp_flags & TCP_SYN) != 0 && flow % 2 == 0;
	p.scale = p.has_scale ? 7 : 0;
	p.nr_frames = one_in(w, 100) ? 3 : 0;
	if (flow == 1) {
		p.nr_vlans = 1;
		p.vlan[0] = one_in(w, 2000) ? ++w->vlan & 0xfff : 100;
	}
	push_both(w, &p);
	if (one_in(w, 8)) /* the mirror's copy, or a packet sent again */
		push_both(w, &p);
}

/* Whole or cut, numbered or not, with payload mostly. */
static void
any_datagram(struct world *w)
{
	uint32_t flow = FLOWS + below(w, DATAGRAM_FLOWS);
	struct packet p =
	    rig_packet(&w->with, 0x0a000000 + flow, (uint16_t)(30000 + flow), one_in(w, 2));

	p.key.proto = IP_PROTO_UDP;
	p.hash = flow_key_hash(&p.key, &rig_secret);
	p.window = 0;
	p.payload_wire = one_in(w, 10) ? 0 : below(w, MAX_PAYLOAD);
	p.payload_len = one_in(w, 30) ? below(w, p.payload_wire + 1) : p.payload_wire;
	p.wire_bytes += p.payload_wire;
	p.ip_id = (uint16_t)below(w, 3);
	p.checksum = (uint16_t)below(w, 4);
	p.nr_frames = one_in(w, 100) ? 3 : 0;
	if (one_in(w, 500)) {
		p.nr_vlans = 1;
		p.vlan[0] = 7;
	}
	push_both(w, &p);
	if (one_in(w, 8))
		push_both(w, &p);
}

/* Microseconds, mostly; now and then past one timeout or the other, or back. */
static void
move_clocks(struct world *w)
{
	uint64_t by = below(w, 50);

	if (one_in(w, 50))
		by = below(w, 60000);
	if (one_in(w, 3000))
		by = (uint64_t)below(w, 400) * 1000000;
	w->with.now_us = w->without.now_us += by;
	if (one_in(w, 20)) {
		flush(w);
		tracker_advance(w->with.tracker, w->with.now_us);
		tracker_advance(w->without.tracker, w->without.now_us);
	}
}

static void
compare(uint64_t seed, bool skip_payload, uint64_t active_us)
{
	static struct world w;
	struct tracker_config config = rig_config(64, 16);

	memset(&w, 0, sizeof(w));
	w.random = seed;
	config.stream_sha256 = true;
	config.skip_payload = skip_payload;
	config.timeouts.active_us = active_us;
	assert_int_equal(rig_init(&w.with, config), 0);
	config.no_usual = true;
	assert_int_equal(rig_init(&w.without, config), 0);
	for (unsigned i = 0; i < FLOWS; i++)
		w.end[i][0].next = (uint32_t)test_random(&w.random),
		w.end[i][1].next = (uint32_t)test_random(&w.random);

	for (unsigned i = 0; i < PACKETS; i++) {
		if (one_in(&w, 4))
			any_datagram(&w);
		else if (one_in(&w, 20))
			any_control(&w);
		else
			any_packet(&w);
		move_clocks(&w);
		if (w.nr == 0)
			same(&w);
	}
	flush(&w);
	tracker_finish(w.with.tracker, UINT64_MAX, w.with.now_us);
	tracker_finish(w.without.tracker, UINT64_MAX, w.without.now_us);
	same(&w);
	assert_true(w.with.nr_records > FLOWS && w.with.counters.delivered_bytes > PACKETS);
	rig_fini(&w.with);
	rig_fini(&w.without);
}

static void
test_both_ways(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		print_message("seed %u\n", (unsigned)seed);
		compare(seed, seed % 2 == 0, seed % 3 == 0 ? 2000000 : 300000000);
	}
}

/*
 * One segment to a connection whose ends have sent 1000 and 2000 bytes, in numbers from 0; ten more
 * may come.
 */
static const struct row {
	const char *name;
	uint8_t flags;
	uint32_t seq, ack, len;
	enum usual_segment want;
} rows[] = {
	{ "next", TCP_ACK, 1000, 2000, 10, USUAL_DATA },
	{ "next, acknowledges less", TCP_ACK | TCP_PSH, 1000, 1500, 10, USUAL_DATA },
	{ "acknowledgement", TCP_ACK, 1000, 2000, 0, USUAL_DONE },
	{ "keep-alive", TCP_ACK, 999, 2000, 0, USUAL_DONE },
	{ "repeated", TCP_ACK, 500, 2000, 500, USUAL_DONE },
	{ "overlaps", TCP_ACK, 500, 2000, 501, USUAL_NOT },
	{ "ahead", TCP_ACK, 1001, 2000, 10, USUAL_NOT },
	{ "acknowledgement from ahead", TCP_ACK, 1010, 2000, 0, USUAL_DONE },
	{ "acknowledgement from beyond the window", TCP_ACK, 1011, 2000, 0, USUAL_NOT },
	{ "acknowledges what was not sent", TCP_ACK, 1000, 2002, 10, USUAL_NOT },
	{ "acknowledges nothing", 0, 1000, 0, 10, USUAL_NOT },
	{ "SYN", TCP_SYN | TCP_ACK, 1000, 2000, 0, USUAL_NOT },
	{ "FIN", TCP_FIN | TCP_ACK, 1000, 2000, 0, USUAL_NOT },
	{ "RST", TCP_RST | TCP_ACK, 1000, 2000, 0, USUAL_NOT },
};

static void
test_which(void **state)
{
	static struct reasm_pool pool;
	struct reasm_limits reasm = { 65536, 64, 1000000 };
	struct usual_limits limits = { &pool, 5000000, 250, true, false };

	(void)state;
	assert_int_equal(reasm_pool_init(&pool, &reasm, 1 << 20, 4), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *t = &rows[i];
		struct feed_counters feed = { 0 };
		struct flow flow = { .head = { .last_us = 1000,
					       .last_order_us = 1000,
					       .tcp_state = TCP_STATE_OPEN } },
			    was;
		struct packet p = { .key.proto = IP_PROTO_TCP,
				    .time_us = 1100,
				    .order_us = 1100,
				    .seq = t->seq,
				    .ack = t->ack,
				    .tcp_flags = t->flags,
				    .payload_len = t->len,
				    .payload_wire = t->len };

		print_message("%s\n", t->name);
		for (unsigned s = 0; s < 2; s++) {
			flow.side[s] = (struct flow_side) { .seen = 1, .have_ack = 1, .syn = 1 };
			flow.side[s].vlans = feed_vlans(&p);
			flow.side[s].acked = s == 0 ? 2000 : 1000;
			flow.side[s].edge = s == 0 ? 2000 : 1010;
			flow.side[s].reasm = (struct reasm) { s == 0 ? 1000 : 2000, 1, 0 };
		}
		/* A repetition has happened before. */
		reasm_push(&flow.side[0].reasm, &pool, 1000, 900, NULL, 10, NULL, NULL);
		was = flow;
		assert_true(usual_segment_look(&flow, &flow.side[0], &flow.side[1], &limits));
		assert_int_equal(usual_segment_take(&flow, &flow.side[0], &flow.side[1], &p,
						    &limits, &feed),
				 t->want);
		usual_segment_other(&flow); /* what is only known of it */
		flow.side[0].usual_data = flow.side[1].usual_data = 0;
		flow.side[0].shift = flow.side[1].shift = 0;
		if (t->want == USUAL_NOT)
			assert_memory_equal(&flow, &was, sizeof(flow));
		assert_int_equal(flow.side[0].reasm.next_seq,
				 t->want == USUAL_DATA ? 1000 + t->len : 1000);
		assert_int_equal(feed.feed_packets, t->want != USUAL_NOT);
		reasm_fini(&flow.side[0].reasm, &pool);
	}
	reasm_pool_fini(&pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which),
		cmocka_unit_test(test_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
