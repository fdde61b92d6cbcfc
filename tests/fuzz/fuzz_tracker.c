/*
 * Segments of a few TCP connections, in any order, through the tracker: reassembly, duplicates,
 * half-open flows, gaps, in tables with little room. Input: segments, each
 *
 *   byte 0       1     2..3   4..5    6      7       8...
 *      | who   | flags | seq | ack | time | length | payload |
 *
 * who: bits 0, 1 the client, bit 2 its port, bit 3 the server speaks, bit 4 by the second feed, bit
 * 5 behind a lost second half of the payload. seq and ack are taken from bases near the wrap; time
 * is milliseconds, squared. At the end every segment is in a flow record, and all pools are full.
 */
#include "dataplane/port/cursor.h"
#include "tests/support/tracker_rig.h"

enum { MAX_FLOWS = 4, MAX_CONNS = 3, HEAD_BYTES = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint64_t nr_told;

static bool
on_record(void *arg, const struct record_head *head)
{
	(void)arg;
	if (head->type == RECORD_FLOW)
		nr_told += rig_uint(head, RF_SRC_PACKETS) + rig_uint(head, RF_DST_PACKETS);
	return true;
}

static void
create(struct rig *rig)
{
	struct tracker_config config = rig_config(MAX_FLOWS, MAX_CONNS);

	config.reasm = (struct reasm_limits) { 4096, 8, 2000000 };
	config.reasm_bytes = 1 << 16;
	config.stream_sha256 = true;
	if (rig_init(rig, config) != 0)
		abort();
	config.conn.rules = rig_rules;
	tracker_destroy(rig->tracker);
	if (tracker_create(&config, &rig->counters, rig->feeds, on_record, rig, &rig->tracker) != 0)
		abort();
}

static void
send(struct rig *rig, const uint8_t *head, const uint8_t *payload, uint32_t len)
{
	static const uint32_t bases[2] = { UINT32_MAX - 1000, 5000 };
	bool from_server = (head[0] & 8) != 0;
	struct packet p =
	    rig_packet(rig, 1 + (head[0] & 3), 40000 + (head[0] >> 2 & 1), !from_server);
	uint32_t wire = len;

	p.tcp_flags = head[1];
	p.seq = bases[from_server] + read_be16(head + 2);
	p.ack = bases[!from_server] + read_be16(head + 4);
	p.feed = head[0] >> 4 & 1;
	p.ip_id = read_be16(head + 2);
	if ((head[0] & 32) != 0)
		len /= 2;
	p.payload_len = len;
	p.payload_wire = wire;
	p.wire_bytes += wire;
	tracker_prefetch(rig->tracker, &p);
	tracker_packet(rig->tracker, &p, payload, tracker_prefetch_flow(rig->tracker, &p));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct rig rig;
	struct cursor c = cursor_of(data, len);
	const uint8_t *head;
	uint64_t nr_sent = 0;

	if (rig.tracker == NULL)
		create(&rig);
	nr_told = 0;
	while ((head = cursor_take(&c, HEAD_BYTES)) != NULL) {
		uint32_t n = head[7] < cursor_left(&c) ? head[7] : (uint32_t)cursor_left(&c);
		uint8_t *payload = malloc(n + 1);

		/* A copy of exact length: a sanitizer sees a read behind it. */
		memcpy(payload + 1, cursor_take(&c, n), n);
		send(&rig, head, payload + 1, n);
		free(payload);
		nr_sent++;
		rig.now_us += 1 + head[6] * head[6] * 1000ull;
		tracker_advance(rig.tracker, rig.now_us);
	}
	tracker_finish(rig.tracker, rig.now_us, rig.now_us);
	if (tracker_nr_flows(rig.tracker) != 0 ||
	    conn_env_taken(tracker_conn_env(rig.tracker)) != 0 || nr_told != nr_sent)
		abort();
	rig.now_us += 1000000000;
	return 0;
}
