/*
 * Traffic for measurements: writes a pcap, the same bytes for the same arguments.
 *
 *   generate --mix cluster|elephants|churn|open [--flows N] [--mib N] [--packets N] [--seed N]
 *            [--vxlan] [--plant N] [-o FILE]
 *
 *   cluster    many connections at once: HTTP with JSON, model calls answered in pieces (SSE),
 *              gRPC, TLS, Redis, DNS; one segment in a hundred is sent again, one window in two
 *              hundred comes in another order
 *   elephants  eight connections that carry --mib MiB between them
 *   churn      short connections, 50,000 a second: DNS, and HTTP with one request
 *   open       --flows connections are opened and stay; then --packets packets, small requests and
 *              answers, go over any of them
 *
 * What a connection says is in script.h, how it is put into frames in frame.h; here is when.
 * Connections of a mix run side by side through a heap of what comes next; an open one costs the
 * generator 8 bytes. TLS is handshake-shaped and random behind it, addresses and names are from
 * documentation ranges. One unit of JSON in --plant holds a mail address, one in ten of these a
 * published test card number.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/generate/frame.h"
#include "bench/generate/options.h"
#include "bench/generate/script.h"

#define START_US 1767225600000000u
#define MSS	 1400u
#define BURST	 4u /* segments before the other end acknowledges */

static const char *const mix_names[NR_MIXES] = { "cluster", "elephants", "churn", "open" };

struct options options = {
	.flows = 1000,
	.mib = 64,
	.packets = 100000,
	.seed = 1,
	.plant = 40,
	.out = "-",
};

/* ---------------------------------------------------------------- time */

enum stage {
	STAGE_SYN,
	STAGE_SYN_ACK,
	STAGE_ACK,
	STAGE_DATA,
	STAGE_FIN,
	STAGE_FIN_ACK,
	STAGE_LAST,
	STAGE_OVER
};

/* A connection under way. */
struct live {
	uint64_t at_us; /* when it goes on */
	uint64_t flow;
	uint64_t at; /* of the message */
	uint32_t seq[2];
	uint8_t stage, message;
};

static uint8_t frame[FRAME_HEADERS_MAX + MSS];

static void
send_tcp(const struct ends *e, struct live *l, unsigned from, uint8_t flags, size_t len)
{
	frame_send(frame, e, from, l->flow, l->at_us, flags, l->seq[from],
		   (flags & 0x10) != 0 ? l->seq[1 - from] : 0, len);
	l->seq[from] += (uint32_t)len + ((flags & 3) != 0);
}

static bool
happens(uint64_t flow, uint64_t at, uint64_t salt, unsigned in)
{
	return options.mix == CLUSTER && number(flow ^ salt << 40, at) % in == 0;
}

/* A window of segments, one of them perhaps late or twice, and its acknowledgement. */
static void
send_window(const struct ends *e, struct live *l, const struct message *m)
{
	uint64_t len = script_message_len(m);
	uint32_t start = l->seq[m->from];
	uint64_t from = l->at;
	unsigned nr = 0, order[BURST] = { 0, 1, 2, 3 };

	while (nr < BURST && l->at < len) {
		l->at += len - l->at < MSS ? len - l->at : MSS;
		nr++;
	}
	if (nr > 2 && happens(l->flow, from, 1, 200)) {
		order[1] = 2;
		order[2] = 1;
	}
	for (unsigned i = 0; i < nr; i++) {
		uint64_t at = from + order[i] * MSS;
		size_t n = len - at < MSS ? (size_t)(len - at) : MSS;
		unsigned times = happens(l->flow, at, 2, 100) ? 2 : 1;

		script_read(m, number(l->flow, 100 + l->message), at, frame + FRAME_HEADERS_MAX, n);
		for (unsigned k = 0; k < times; k++) {
			l->seq[m->from] = start + (uint32_t)(at - from);
			l->at_us += k * 3000 + 1;
			send_tcp(e, l, m->from, 0x18, n);
		}
	}
	l->seq[m->from] = start + (uint32_t)(l->at - from);
	l->at_us += 20;
	send_tcp(e, l, 1 - m->from, 0x10, 0);
}

static void
send_datagram(const struct ends *e, struct live *l, const struct message *m)
{
	memcpy(frame + FRAME_HEADERS_MAX, m->head, m->head_len);
	frame_send(frame, e, m->from, l->flow, l->at_us, 0, l->message, 0, m->head_len);
	l->at = m->head_len;
}

/* What comes next; when, is in at_us afterwards. */
static void
go_on(struct live *l)
{
	static struct script s;
	struct ends e;
	const struct message *m;
	uint64_t rtt_us = 100 + number(l->flow, 3) % 1500;

	script_write(l->flow, &s);
	e = frame_ends(l->flow, s.dns, s.port);
	if (s.dns && l->stage < STAGE_DATA)
		l->stage = STAGE_DATA;
	switch ((enum stage)l->stage) {
	case STAGE_SYN:
		l->seq[0] = (uint32_t)number(l->flow, 4);
		l->seq[1] = (uint32_t)number(l->flow, 5);
		send_tcp(&e, l, 0, 0x02, 0);
		break;
	case STAGE_SYN_ACK:
		send_tcp(&e, l, 1, 0x12, 0);
		break;
	case STAGE_ACK:
		send_tcp(&e, l, 0, 0x10, 0);
		break;
	case STAGE_DATA:
		m = &s.message[l->message];
		if (s.dns)
			send_datagram(&e, l, m);
		else
			send_window(&e, l, m);
		if (l->at == script_message_len(m)) {
			l->message++;
			l->at = 0;
		}
		l->at_us += rtt_us;
		if (l->message < s.nr)
			return;
		if (options.mix == OPEN || s.dns)
			l->stage = STAGE_LAST;
		break;
	case STAGE_FIN:
		send_tcp(&e, l, 0, 0x11, 0);
		break;
	case STAGE_FIN_ACK:
		send_tcp(&e, l, 1, 0x11, 0);
		break;
	default:
		send_tcp(&e, l, 0, 0x10, 0);
		break;
	}
	l->at_us += rtt_us / 2;
	l->stage++;
}

/* The earliest first; of equals, the lower number. */
static bool
sooner(const struct live *a, const struct live *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->flow < b->flow;
}

static void
sift_down(struct live *heap, size_t nr)
{
	struct live moving = heap[0];
	size_t at = 0;

	for (;;) {
		size_t next = 2 * at + 1;

		if (next + 1 < nr && sooner(&heap[next + 1], &heap[next]))
			next++;
		if (next >= nr || !sooner(&heap[next], &moving))
			break;
		heap[at] = heap[next];
		at = next;
	}
	heap[at] = moving;
}

static void
push(struct live *heap, size_t nr, struct live l)
{
	size_t at = nr;

	while (at > 0 && sooner(&l, &heap[(at - 1) / 2])) {
		heap[at] = heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap[at] = l;
}

static void *
allocate(size_t nr, size_t bytes)
{
	void *p = calloc(nr, bytes);

	if (p == NULL) {
		fprintf(stderr, "generate: no memory for %zu connections\n", nr);
		exit(1);
	}
	return p;
}

/* Connections begin one after the other and overlap. */
static void
run_heap(uint64_t nr_flows, uint64_t gap_us_1000)
{
	struct live *heap = allocate(nr_flows, sizeof(*heap));
	uint64_t begun = 0;
	size_t nr = 0;

	while (nr != 0 || begun < nr_flows) {
		uint64_t next_us = START_US + begun * gap_us_1000 / 1000;

		if (begun < nr_flows && (nr == 0 || next_us <= heap[0].at_us)) {
			push(heap, nr++, (struct live) { .at_us = next_us, .flow = begun++ });
			continue;
		}
		go_on(&heap[0]);
		if (heap[0].stage == STAGE_OVER)
			heap[0] = heap[--nr];
		if (nr != 0)
			sift_down(heap, nr);
	}
	free(heap);
}

static void
send_text(const struct ends *e, struct live *l, unsigned from, const char *text)
{
	size_t len = strlen(text);

	memcpy(frame + FRAME_HEADERS_MAX, text, len);
	send_tcp(e, l, from, 0x18, len);
}

/* All are opened, none is closed; then a small request and its answer over any of them. */
static void
run_open(void)
{
	uint32_t(*seq)[2] = allocate(options.flows, sizeof(*seq));
	uint64_t at_us = START_US;

	for (uint64_t f = 0; f < options.flows; f++) {
		struct live l = { .at_us = at_us, .flow = f };

		while (l.stage != STAGE_OVER)
			go_on(&l);
		memcpy(seq[f], l.seq, sizeof(l.seq));
		at_us += 2;
	}
	for (uint64_t i = 0; i < options.packets; i += 2) {
		uint64_t f = number(i, 9) % options.flows;
		struct ends e = frame_ends(f, false, 8080);
		struct live l = { .at_us = at_us + i, .flow = f };
		char request[160];

		memcpy(l.seq, seq[f], sizeof(l.seq));
		snprintf(request, sizeof(request),
			 "GET /api/v1/orders/%06u HTTP/1.1\r\nHost: orders.example\r\nAccept: "
			 "application/json\r\n\r\n",
			 (unsigned)(number(f, i) % 1000000));
		send_text(&e, &l, 0, request);
		send_text(&e, &l, 1,
			  "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
			  "Content-Length: 15\r\n\r\n{\"state\":\"new\"}");
		memcpy(seq[f], l.seq, sizeof(l.seq));
	}
	free(seq);
}

/* ---------------------------------------------------------------- what to make */

static void
usage(int status)
{
	fprintf(status == 0 ? stdout : stderr,
		"usage: generate --mix cluster|elephants|churn|open [OPTION]...\n\n"
		"  --flows N     connections (1000); elephants has eight\n"
		"  --mib N       payload of elephants (64)\n"
		"  --packets N   of open, behind the openings (100000)\n"
		"  --seed N      other traffic of the same kind (1)\n"
		"  --vxlan       each frame in a VXLAN tunnel between nodes\n"
		"  --plant N     one unit of JSON in N holds personal data (40)\n"
		"  -o FILE       where to (standard output)\n");
	exit(status);
}

static uint64_t
take_number(const char *name, const char *text)
{
	char *end;
	uint64_t v = strtoull(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || v == 0 || v > 1000000000u) {
		fprintf(stderr, "generate: --%s %s: must be 1..1000000000\n", name, text);
		exit(2);
	}
	return v;
}

static enum mix
take_mix(const char *text)
{
	for (unsigned m = 0; m < NR_MIXES; m++) {
		if (strcmp(text, mix_names[m]) == 0)
			return (enum mix)m;
	}
	fprintf(stderr, "generate: --mix %s: must be cluster, elephants, churn or open\n", text);
	exit(2);
}

static void
parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "mix", required_argument, NULL, 'm' },
		{ "flows", required_argument, NULL, 'f' },
		{ "mib", required_argument, NULL, 'b' },
		{ "packets", required_argument, NULL, 'p' },
		{ "seed", required_argument, NULL, 's' },
		{ "vxlan", no_argument, NULL, 'v' },
		{ "plant", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ "output", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	bool have_mix = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "o:", longs, NULL)) != -1) {
		switch (opt) {
		case 'm':
			options.mix = take_mix(optarg);
			have_mix = true;
			break;
		case 'f':
			options.flows = take_number("flows", optarg);
			break;
		case 'b':
			options.mib = take_number("mib", optarg);
			break;
		case 'p':
			options.packets = take_number("packets", optarg);
			break;
		case 's':
			options.seed = take_number("seed", optarg);
			break;
		case 'l':
			options.plant = take_number("plant", optarg);
			break;
		case 'v':
			options.vxlan = true;
			break;
		case 'o':
			options.out = optarg;
			break;
		case 'h':
			usage(0);
			break;
		default:
			usage(2);
		}
	}
	if (!have_mix || optind != argc)
		usage(2);
}

int
main(int argc, char **argv)
{
	const struct frame_totals *out = frame_totals();
	uint64_t nr_flows;

	parse(argc, argv);
	nr_flows = options.mix == ELEPHANT ? ELEPHANTS : options.flows;
	frame_open();
	if (options.mix == OPEN)
		run_open();
	else if (options.mix == CHURN)
		run_heap(nr_flows, 20000); /* 50,000 a second */
	else if (options.mix == ELEPHANT)
		run_heap(nr_flows, 1000000);
	else
		run_heap(nr_flows, 500000); /* 2,000 a second */
	frame_close();
	fprintf(stderr,
		"%s: %" PRIu64 " connections, %" PRIu64
		" packets, %.1f MB, payload %.1f MB, %.1f s\n",
		mix_names[options.mix], nr_flows, out->packets, (double)out->bytes / 1e6,
		(double)out->payload / 1e6, (double)(out->now_us - START_US) / 1e6);
	return 0;
}
