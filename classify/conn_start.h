/*
 * How a connection begins: what is spoken, who asks and who answers, and what waits until that is
 * known. Between conn.c, which hands bytes on, and conn_start.c, which keeps the first of them.
 *
 * In all of them c is a whole connection, not one that is over.
 */
#ifndef WEIR_CONN_START_H
#define WEIR_CONN_START_H

#include "classify/conn_env.h"

struct prologue;

/* conn_start.c. What the protocol is, by the bytes at hand where none were kept. */
enum detect_verdict conn_start_ask(const struct conn *c, enum conn_dir dir, const uint8_t *data,
				   size_t len, enum protocol *protocol);
/* No protocol yet: finds it out and hands the bytes on, or keeps them. */
void conn_start_find(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data,
		     size_t len);
/* It has to be decided by what there is. Of an answer alone, the question may still do so. */
void conn_start_give_up(struct conn_env *env, struct conn *c, enum conn_dir dir,
			const uint8_t *data, size_t len);
/*
 * Joined in the middle of a message, a flow says nothing at first; the next message may. Returns
 * the direction of the bytes from now on.
 */
enum conn_dir conn_start_again(struct conn_env *env, struct conn *c, enum conn_dir dir,
			       const uint8_t *data, size_t len);
/* What was said out of turn is heard now: c->waiting. */
void conn_start_release(struct conn_env *env, struct conn *c);
/* Has that side said the whole of something, so that the other one's turn may have come? */
bool conn_start_turn_over(const struct conn *c, enum conn_dir dir);
/* c->late: the client's words, whose answer could wait no longer; they will not become whole. */
void conn_start_late(struct conn_env *env, struct conn *c, const uint8_t *data, size_t len);
void conn_start_drop(struct conn_env *env, struct conn *c);
/* Frees it; p may be NULL. */
void conn_start_give(struct conn_env *env, struct prologue *p);

/* conn.c. To the protocol, or to conn_start_find where there is none. */
void conn_go_on(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data,
		size_t len);
void conn_hand_over(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data,
		    size_t len);
/* Another protocol from here on: what was open under the old one is finished. */
void conn_switch(struct conn_env *env, struct conn *c, enum protocol protocol);
/* Tells the protocol that a direction is over. */
void conn_close_half(struct conn_env *env, struct conn *c, enum conn_dir dir);

#endif
