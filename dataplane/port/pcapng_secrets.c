#include "dataplane/port/pcapng_secrets.h"

#include <string.h>

#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_SECRETS 10u
#define ORDER_MAGIC   0x1a2b3c4du
#define KIND_TLS      0x544c534bu
#define HEAD_BYTES    8u  /* type and length */
#define LEAST_BYTES   12u /* of a block */

static uint32_t
word(const struct pcapng_secrets *p, const uint8_t *b)
{
	uint32_t big = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];

	return p->big_endian ? big : __builtin_bswap32(big);
}

/* A section tells the order of bytes behind its length. */
static bool
read_order(struct pcapng_secrets *p)
{
	p->big_endian = true;
	if (word(p, p->head + HEAD_BYTES) == ORDER_MAGIC)
		return true;
	p->big_endian = false;
	return word(p, p->head + HEAD_BYTES) == ORDER_MAGIC;
}

/* How much of the block is to be seen before it is known what to do: its type reads either way. */
static unsigned
head_bytes(const struct pcapng_secrets *p)
{
	static const uint8_t section[] = { 0x0a, 0x0d, 0x0d, 0x0a };

	if (p->have < HEAD_BYTES)
		return HEAD_BYTES;
	if (memcmp(p->head, section, sizeof(section)) == 0)
		return HEAD_BYTES + 4;
	if (!p->in_section)
		return HEAD_BYTES;
	return word(p, p->head) == BLOCK_SECRETS ? HEAD_BYTES + 8 : HEAD_BYTES;
}

/* The head is complete: what is behind it? False when it cannot be. */
static bool
begin_block(struct pcapng_secrets *p)
{
	unsigned head = p->have;
	uint32_t len;

	if (head == HEAD_BYTES + 4)
		p->in_section = read_order(p);
	if (!p->in_section)
		return false;
	len = word(p, p->head + 4);
	if (len < LEAST_BYTES || len < head || len % 4 != 0)
		return false;
	p->block_left = len - head;
	if (head == HEAD_BYTES + 8 && word(p, p->head + HEAD_BYTES) == KIND_TLS) {
		p->log_left = word(p, p->head + HEAD_BYTES + 4);
		if (p->log_left > p->block_left)
			return false;
	}
	return true;
}

/* Bytes of the block at hand; how many. */
static size_t
body(struct pcapng_secrets *p, const uint8_t *data, size_t len, pcapng_secrets_fn *fn, void *arg)
{
	size_t n = len < p->block_left ? len : p->block_left;

	if (p->log_left != 0) {
		n = n < p->log_left ? n : p->log_left;
		fn(arg, data, n);
		p->log_left -= (uint32_t)n;
		if (p->log_left == 0)
			fn(arg, NULL, 0);
	}
	p->block_left -= (uint32_t)n;
	return n;
}

void
pcapng_secrets_push(struct pcapng_secrets *p, const uint8_t *data, size_t len,
		    pcapng_secrets_fn *fn, void *arg)
{
	while (len > 0 && !p->over) {
		size_t n = 1;

		if (p->block_left != 0) {
			n = body(p, data, len, fn, arg);
		} else {
			p->head[p->have++] = *data;
			if (p->have == head_bytes(p)) {
				p->over = !begin_block(p);
				p->have = 0;
			}
		}
		data += n;
		len -= n;
	}
}
