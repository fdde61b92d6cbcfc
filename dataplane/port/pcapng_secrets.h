/*
 * Key logs inside a pcapng file: its Decryption Secrets Blocks (draft-ietf-opsawg-pcapng,
 * section 4.7), which Wireshark and editcap write and libpcap passes over.
 *
 *   block      type 4 | length 4, of all of it | body ... | length 4
 *   section    type 0x0a0d0d0a, its body begins with a word that tells the order of bytes
 *   secrets    type 10, body: kind 4 ("TLSK": a key log) | length 4 | bytes ... | options
 *
 * Takes any split of the input; only key logs are handed out, in pieces as they come. A block that
 * cannot be ends it: what is behind it is not read. Constant size, all zero is the beginning.
 */
#ifndef WEIR_PCAPNG_SECRETS_H
#define WEIR_PCAPNG_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pcapng_secrets {
	uint8_t head[16]; /* the beginning of the block at hand */
	uint8_t have;
	bool in_section; /* so that the order of bytes is known */
	bool big_endian;
	bool over;	     /* no pcapng file, or a broken one */
	uint32_t block_left; /* of the block, behind its head */
	uint32_t log_left;   /* of that, key log */
};

/* Pieces of a key log, which ends with len 0. */
typedef void pcapng_secrets_fn(void *arg, const uint8_t *data, size_t len);

void pcapng_secrets_push(struct pcapng_secrets *p, const uint8_t *data, size_t len,
			 pcapng_secrets_fn *fn, void *arg);

#endif
