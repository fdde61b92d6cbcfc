#include "bench/generate/frame.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/generate/options.h"

static FILE *file;
static struct frame_totals out;

const struct frame_totals *
frame_totals(void)
{
	return &out;
}

static void
fail(void)
{
	fprintf(stderr, "generate: %s: %s\n", options.out, strerror(errno));
	exit(1);
}

static void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static uint64_t
sum16(const uint8_t *p, size_t len, uint64_t sum)
{
	for (; len >= 2; p += 2, len -= 2)
		sum += (unsigned)(p[0] << 8 | p[1]);
	return len != 0 ? sum + (unsigned)(p[0] << 8) : sum;
}

static unsigned
fold(uint64_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (unsigned)(~sum & 0xffff);
}

static void
write_bytes(const void *p, size_t len)
{
	if (fwrite(p, 1, len, file) != len)
		fail();
}

static void
write_frame(const uint8_t *frame, size_t len, uint64_t at_us)
{
	uint32_t head[4] = { 0, 0, (uint32_t)len, (uint32_t)len };

	if (at_us > out.now_us)
		out.now_us = at_us;
	head[0] = (uint32_t)(out.now_us / 1000000u);
	head[1] = (uint32_t)(out.now_us % 1000000u);
	write_bytes(head, sizeof(head));
	write_bytes(frame, len);
	out.packets++;
	out.bytes += len;
}

/* Ethernet and IPv4 before len bytes; returns how long both are. */
static size_t
put_ip(uint8_t *p, uint32_t src, uint32_t dst, uint8_t proto, size_t len, unsigned id)
{
	uint8_t *ip = p + 14;

	memcpy(p, "\x02\0", 2);
	put32(p + 2, dst);
	memcpy(p + 6, "\x02\0", 2);
	put32(p + 8, src);
	put16(p + 12, 0x0800);
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, (unsigned)len + 20);
	put16(ip + 4, id);
	put16(ip + 6, 0x4000);
	ip[8] = 64;
	ip[9] = proto;
	put32(ip + 12, src);
	put32(ip + 16, dst);
	put16(ip + 10, fold(sum16(ip, 20, 0)));
	return 34;
}

void
frame_open(void)
{
	/* Microseconds, Ethernet. */
	static const uint32_t head[6] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1 };

	file = strcmp(options.out, "-") == 0 ? stdout : fopen(options.out, "we");
	if (file == NULL)
		fail();
	setvbuf(file, NULL, _IOFBF, 1 << 20);
	write_bytes(head, sizeof(head));
}

void
frame_close(void)
{
	if (fclose(file) != 0)
		fail();
}

struct ends
frame_ends(uint64_t flow, bool dns, uint16_t server_port)
{
	return (struct ends) {
		.addr = { (uint32_t)(0x0a000000u + 1 + flow / 40000),
			  (uint32_t)(0x0aff0000u + 1 + number(flow, 1) % 250) },
		.port = { (uint16_t)(20000 + flow % 40000), server_port },
		.proto = dns ? 17 : 6,
	};
}

void
frame_send(uint8_t *frame, const struct ends *e, unsigned from, uint64_t flow, uint64_t at_us,
	   uint8_t flags, uint32_t seq, uint32_t ack, size_t len)
{
	size_t hdr = e->proto == 6 ? 20 : 8;
	uint8_t *t = frame + FRAME_HEADERS_MAX - hdr, *p = t - 34;
	size_t whole = hdr + len;
	uint64_t sum;

	memset(t, 0, hdr);
	put16(t, e->port[from]);
	put16(t + 2, e->port[1 - from]);
	if (e->proto == 6) {
		put32(t + 4, seq);
		put32(t + 8, ack);
		t[12] = 0x50;
		t[13] = flags;
		put16(t + 14, 64240);
	} else {
		put16(t + 4, (unsigned)whole);
	}
	put_ip(p, e->addr[from], e->addr[1 - from], e->proto, whole,
	       (unsigned)number(flow, at_us ^ (uint64_t)seq << 20 ^ from));
	sum = sum16(p + 14 + 12, 8, e->proto + whole);
	put16(t + (e->proto == 6 ? 16 : 6), fold(sum16(t, whole, sum)));
	whole += 34;
	out.payload += len;
	if (options.vxlan) {
		uint32_t node[2] = { 0xc0a83201u + (uint32_t)(flow % 16), 0xc0a83281u };
		uint8_t *v = p - 8, *u = v - 8;

		memcpy(v, "\x08\0\0\0", 4);
		put32(v + 4, (uint32_t)(4096 + flow % 8) << 8);
		put16(u, (unsigned)(49152 + number(flow, 2) % 16384));
		put16(u + 2, 4789);
		put16(u + 4, (unsigned)whole + 16);
		put16(u + 6, 0);
		p = u - 34;
		put_ip(p, node[from], node[1 - from], 17, whole + 16, (unsigned)out.packets);
		whole += 16 + 34;
	}
	write_frame(p, whole, at_us);
}
