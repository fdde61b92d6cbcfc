/*
 * What does weir do to a packet between the port and the parser, and what does it cost? Frames in
 * memory go through decap, key, hash, flow table, TCP state and reassembly as a worker takes them,
 * bursts of 32; what is delivered is thrown away (there is no application layer). A table of
 * cycles per packet:
 *
 *   acks N flows     ACK and data segments in turn, flows in random order: the whole way, and how
 *                    it grows with the number of open flows
 *   in order         full segments of one flow after another
 *   swapped          every second pair of segments comes the other way round
 *   one in ten late  held segments wait behind a hole until it is filled
 *   one in ten lost  until it is acknowledged
 *   short flows      handshake, a request, an answer, both FINs: cycles per packet and per flow
 *
 * Rows take turns, and the fastest turn of each counts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <x86intrin.h>

#include "dataplane/port/decap.h"
#include "tests/support/tracker_rig.h"

static const struct decap_options options = { .max_depth = 4 };

#define BURST  32u
#define ROUNDS 150u
#define AHEAD  16u
#define HEADS  (14u + 20u + 20u)
#define FULL   1460u

struct frame {
	uint16_t len;
	uint8_t bytes[HEADS + FULL];
};

struct row {
	const char *name;
	uint32_t nr_flows;
	void (*run)(struct row *r);
	struct rig rig;
	uint64_t at, nr_packets;
	double best;   /* cycles per packet */
	uint32_t *seq; /* by flow */
	uint32_t next[AHEAD], nr_next;
};

static struct frame frames[BURST];
static unsigned nr_frames;

static void
put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/* Through everything, as worker.c does it. */
static void
flush(struct row *r)
{
	static struct packet packets[BURST];
	struct flow *guesses[BURST];

	for (unsigned i = 0; i < nr_frames; i++) {
		struct packet *p = &packets[i];

		memset(p, 0, sizeof(*p));
		p->time_us = p->order_us = r->rig.now_us++;
		p->wire_bytes = frames[i].len;
		if (decap_frame(p, LINK_ETHERNET, 0, &options, frames[i].bytes, frames[i].len,
				frames[i].len) != DECAP_OK)
			exit(1);
		p->hash = flow_key_hash(&p->key, &rig_secret);
		tracker_prefetch(r->rig.tracker, p);
	}
	for (unsigned i = 0; i < nr_frames; i++)
		guesses[i] = tracker_prefetch_flow(r->rig.tracker, &packets[i]);
	for (unsigned i = 0; i < nr_frames; i++)
		tracker_packet(r->rig.tracker, &packets[i],
			       frames[i].bytes + packets[i].payload_off, guesses[i]);
	tracker_advance(r->rig.tracker, r->rig.now_us);
	r->nr_packets += nr_frames;
	nr_frames = 0;
}

static void
add(struct row *r, uint32_t flow, bool from_client, uint8_t flags, uint32_t seq, uint32_t ack,
    uint32_t len)
{
	struct frame *f = &frames[nr_frames];
	uint8_t *ip = f->bytes + 14, *tcp = ip + 20;

	memset(f->bytes, 0, HEADS);
	f->len = (uint16_t)(HEADS + len);
	f->bytes[12] = 8;
	ip[0] = 0x45;
	ip[2] = (uint8_t)((40 + len) >> 8);
	ip[3] = (uint8_t)(40 + len);
	ip[9] = IP_PROTO_TCP;
	put32(ip + (from_client ? 12 : 16), 0x0a000000 + flow);
	put32(ip + (from_client ? 16 : 12), 0xc0000201);
	put32(tcp, from_client ? 40000u << 16 | 443 : 443u << 16 | 40000);
	put32(tcp + 4, seq);
	put32(tcp + 8, ack);
	tcp[12] = 0x50;
	tcp[13] = flags;
	tcp[14] = tcp[15] = 0xff;
	if (++nr_frames == BURST)
		flush(r);
}

static void
open_flow(struct row *r, uint32_t flow)
{
	add(r, flow, true, TCP_SYN, 0, 0, 0);
	add(r, flow, false, TCP_SYN | TCP_ACK, 0, 1, 0);
	add(r, flow, true, TCP_ACK, 1, 1, 0);
	r->seq[flow] = 1;
}

/* The bench's own memory of the flow is asked for AHEAD flows before it is used. */
static uint32_t
any_flow(struct row *r)
{
	uint32_t flow = r->next[r->nr_next % AHEAD], *next = &r->next[r->nr_next++ % AHEAD];

	r->at = r->at * 6364136223846793005u + 1442695040888963407u;
	*next = (uint32_t)((r->at >> 32) * r->nr_flows >> 32);
	__builtin_prefetch(&r->seq[*next]);
	return flow;
}

static void
run_acks(struct row *r)
{
	for (unsigned i = 0; i < 8192; i++) {
		uint32_t flow = any_flow(r);

		add(r, flow, true, TCP_ACK, r->seq[flow], 1, 64);
		r->seq[flow] += 64;
		flow = any_flow(r);
		add(r, flow, false, TCP_ACK, 1, r->seq[flow], 0);
	}
}

static void
run_in_order(struct row *r)
{
	for (unsigned i = 0; i < 4096; i++) {
		uint32_t flow = i / 64 % r->nr_flows;

		add(r, flow, true, TCP_ACK, r->seq[flow], 1, FULL);
		r->seq[flow] += FULL;
	}
}

static void
run_swapped(struct row *r)
{
	for (unsigned i = 0; i < 4096; i += 4) {
		uint32_t flow = i / 64 % r->nr_flows, seq = r->seq[flow];

		add(r, flow, true, TCP_ACK, seq, 1, FULL);
		add(r, flow, true, TCP_ACK, seq + 2 * FULL, 1, FULL);
		add(r, flow, true, TCP_ACK, seq + FULL, 1, FULL);
		add(r, flow, true, TCP_ACK, seq + 3 * FULL, 1, FULL);
		r->seq[flow] += 4 * FULL;
	}
}

static void
run_late(struct row *r)
{
	for (unsigned i = 0; i < 4096; i += 10) {
		uint32_t flow = i / 64 % r->nr_flows, seq = r->seq[flow];

		for (unsigned k = 1; k < 10; k++)
			add(r, flow, true, TCP_ACK, seq + k * FULL, 1, FULL);
		add(r, flow, true, TCP_ACK, seq, 1, FULL);
		r->seq[flow] += 10 * FULL;
	}
}

static void
run_lost(struct row *r)
{
	for (unsigned i = 0; i < 4096; i += 10) {
		uint32_t flow = i / 64 % r->nr_flows, seq = r->seq[flow];

		for (unsigned k = 1; k < 10; k++)
			add(r, flow, true, TCP_ACK, seq + k * FULL, 1, FULL);
		r->rig.now_us += REASM_REORDER_US; /* as long as a swapped one may take */
		add(r, flow, false, TCP_ACK, 1, seq + 10 * FULL, 0);
		r->seq[flow] += 10 * FULL;
	}
}

static void
run_short(struct row *r)
{
	for (unsigned i = 0; i < 1024; i++) {
		uint32_t flow = (uint32_t)(r->at++ % r->nr_flows);

		open_flow(r, flow);
		add(r, flow, true, TCP_ACK, 1, 1, 200);
		add(r, flow, false, TCP_ACK, 1, 201, 600);
		add(r, flow, true, TCP_ACK | TCP_FIN, 201, 601, 0);
		add(r, flow, false, TCP_ACK | TCP_FIN, 601, 202, 0);
		add(r, flow, true, TCP_ACK, 202, 602, 0);
	}
}

static void
turn(struct row *r)
{
	uint64_t before = r->nr_packets, start = __rdtsc();
	double cycles;

	r->run(r);
	cycles = (double)(__rdtsc() - start) / (double)(r->nr_packets - before);
	if (r->best == 0 || cycles < r->best)
		r->best = cycles;
}

static void
set_up(struct row *r, bool open)
{
	struct tracker_config config = rig_config(r->nr_flows + r->nr_flows / 10 + 64, 1);

	config.record_types = 0;
	config.conn.max_conns = 0;
	config.timeouts.linger_us = 0;
	r->seq = calloc(r->nr_flows, sizeof(*r->seq));
	if (r->seq == NULL || rig_init(&r->rig, config) != 0)
		exit(1);
	for (uint32_t i = 0; open && i < r->nr_flows; i++)
		open_flow(r, i);
	flush(r);
}

int
main(int argc, char **argv)
{
	static struct row rows[] = {
		{ "acks, 10 k flows", 10000, run_acks },  { "acks, 100 k flows", 100000, run_acks },
		{ "acks, 1 M flows", 1000000, run_acks }, { "in order", 64, run_in_order },
		{ "swapped", 64, run_swapped },		  { "one in ten late", 64, run_late },
		{ "one in ten lost", 64, run_lost },	  { "short flows", 100000, run_short },
	};
	unsigned nr = sizeof(rows) / sizeof(rows[0]);
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : ROUNDS;

	for (unsigned i = 0; i < nr; i++)
		set_up(&rows[i], rows[i].run != run_short);
	for (unsigned round = 0; round < rounds; round++) {
		for (unsigned i = 0; i < nr; i++) {
			turn(&rows[i]);
			flush(&rows[i]);
		}
	}
	printf("%-20s %14s %8s %14s %14s\n", "", "cycles/packet", "ratio", "delivered MB",
	       "missed MB");
	for (unsigned i = 0; i < nr; i++) {
		const struct worker_counters *c = &rows[i].rig.counters;

		printf("%-20s %14.0f %8.2f %14.1f %14.1f\n", rows[i].name, rows[i].best,
		       rows[i].best / rows[0].best, (double)c->delivered_bytes / 1e6,
		       (double)c->missed_bytes / 1e6);
	}
	printf("a short flow of 8 packets: %.0f cycles\n", rows[nr - 1].best * 8);
	return 0;
}
