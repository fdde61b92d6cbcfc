/*
 * What of weir's memory others may see: nothing. Payload passes through nearly all of it: frames,
 * slabs, Hyperscan's state, stacks.
 *
 * By default there is no core file, and no process of the same user can attach. With --allow-core
 * there is one, for whoever has to find out why weir ended; it holds the threads, their registers
 * and what is mapped where, but no memory. Where the thread was comes on standard error instead, as
 * addresses and names of functions, before the core is written. Vector registers hold payload, so
 * the thread that crashed has all others stop and clear theirs first; when one does not answer
 * there is no core. SIGRTMAX is used for that.
 */
#ifndef WEIR_CORE_DUMP_H
#define WEIR_CORE_DUMP_H

/* At the start of every command. */
void core_dump_forbid(void);

/* 0, or a negative errno: it stays forbidden, and the cause was logged. */
int core_dump_allow(void);

#endif
