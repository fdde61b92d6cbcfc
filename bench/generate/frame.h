/*
 * The pcap that generate writes, frame by frame: Ethernet, IPv4, TCP or UDP around a payload, in a
 * VXLAN tunnel between nodes where that is asked for. Checksums are right.
 */
#ifndef WEIR_BENCH_FRAME_H
#define WEIR_BENCH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADERS_MAX 120u /* outer and inner, up to the payload */

/* What was written. */
struct frame_totals {
	uint64_t now_us, packets, bytes, payload;
};

/* One end and the other of a connection. */
struct ends {
	uint32_t addr[2];
	uint16_t port[2];
	uint8_t proto;
};

/* Of the connection of that number. */
struct ends frame_ends(uint64_t flow, bool dns, uint16_t server_port);

/* Opens options.out, "-" is the standard output. What fails is told, and ends the program. */
void frame_open(void);
void frame_close(void);
const struct frame_totals *frame_totals(void);

/*
 * A packet of side `from`: headers are put before the payload, which stands at frame +
 * FRAME_HEADERS_MAX.
 */
void frame_send(uint8_t *frame, const struct ends *e, unsigned from, uint64_t flow, uint64_t at_us,
		uint8_t flags, uint32_t seq, uint32_t ack, size_t len);

/* In network order. */
static inline void
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

#endif
