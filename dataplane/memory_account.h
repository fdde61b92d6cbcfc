/*
 * What each setting costs in memory, told at the start: everything is allocated then and nothing
 * grows later, so this is what there is. Pages that were never touched are not resident yet: a
 * setting's figure is what it may come to.
 *
 * Who allocates for a setting puts it here; what the C library and DPDK have given out besides
 * (rules, the program's own, libraries) is told as the rest, so the sum is right in any case.
 */
#ifndef WEIR_MEMORY_ACCOUNT_H
#define WEIR_MEMORY_ACCOUNT_H

#include <stdint.h>

#define MEMORY_ACCOUNT_MAX 48

/* setting: its dotted name, static. May be put several times: bytes add up. */
typedef void memory_put_fn(void *arg, const char *setting, uint64_t bytes);

struct memory_account {
	unsigned nr;
	struct {
		const char *setting;
		uint64_t bytes;
	} rows[MEMORY_ACCOUNT_MAX];
};

/* A memory_put_fn: arg is the struct memory_account, all zero at first. */
void memory_account_put(void *arg, const char *setting, uint64_t bytes);

/* Bytes that the C library has given out, mapped ones included. */
uint64_t memory_account_given_out(void);

/*
 * One line for each setting that takes a MiB or more, the dearest first, and one for the sum.
 * given_out: by the C library, 0 where that is not known; outside: bytes of the rows that are not
 * from it.
 */
void memory_account_tell(struct memory_account *a, uint64_t given_out, uint64_t outside);

#endif
