/*
 * What the two ends of a connection say: a script is a list of messages, a message a head and units
 * of one width that are made from their number, so that any part of a gigabyte can be written
 * without keeping it.
 */
#ifndef WEIR_BENCH_SCRIPT_H
#define WEIR_BENCH_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRIPT_MAX_MESSAGES 16u
#define SCRIPT_HEAD_MAX	    700u

struct message {
	uint8_t from; /* 0: who opened */
	uint8_t unit; /* enum unit */
	uint64_t nr_units;
	uint16_t head_len, tail_len;
	uint8_t head[SCRIPT_HEAD_MAX];
	char tail[96];
};

struct script {
	uint16_t port;
	bool dns;
	unsigned nr;
	struct message message[SCRIPT_MAX_MESSAGES];
};

/* What a connection of the mix says: the same for the same number. */
void script_write(uint64_t flow, struct script *s);

uint64_t script_message_len(const struct message *m);

/* Bytes [at, at + len) of a message; key makes its units others than another's. */
void script_read(const struct message *m, uint64_t key, uint64_t at, uint8_t *to, size_t len);

#endif
