/*
 * The first bytes of each direction are kept until detect can say what is spoken, then handed to
 * the protocol's entry points as if they had just come, in the order in which the protocol has its
 * sides speak (prologue.h).
 */
#include "classify/conn_start.h"

#include "classify/prologue.h"

const size_t conn_prologue_bytes = sizeof(struct prologue);

/*
 * Joined midway, who opened was a guess: who sends requests is the client. The bytes of dir decide
 * where they are of a kind only one side sends.
 */
static bool
is_reversed(const struct conn *c, enum conn_dir dir, struct span s)
{
	struct detect_input in = { .orig = s };
	enum protocol protocol;

	if (!c->info.midstream[0] && !c->info.midstream[1])
		return false;
	if (detect(&in, &protocol) == DETECT_FOUND)
		return dir != CONN_ORIG;
	in = (struct detect_input) { .resp = s };
	if (detect(&in, &protocol) == DETECT_FOUND)
		return dir == CONN_ORIG;
	/* What may stand in the middle only; records of TLS are of either side. */
	in = (struct detect_input) { .orig = s, .orig_midstream = true };
	return detect(&in, &protocol) == DETECT_FOUND && protocol != PROTOCOL_TLS &&
	       dir != CONN_ORIG;
}

/* The direction dir has from now on. */
static enum conn_dir
orient(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data, size_t len)
{
	if (!is_reversed(c, dir, span_of(data, len < DETECT_BYTES ? len : DETECT_BYTES)) ||
	    !conn_reverse(env, c))
		return dir;
	return (enum conn_dir)(1 - dir);
}

void
conn_start_give(struct conn_env *env, struct prologue *p)
{
	if (p != NULL)
		slab_give(&env->early, p->more);
	slab_give(&env->prologues, p);
}

static void
tell_kept(struct conn_env *env, struct conn *c, const struct prologue *p, enum conn_dir dir)
{
	struct span more = prologue_more(p, dir);

	if (p->dir[dir].len != 0)
		conn_go_on(env, c, dir, p->dir[dir].bytes, p->dir[dir].len);
	if (more.len != 0)
		conn_go_on(env, c, dir, more.p, more.len);
}

/* What was said out of turn is heard now. */
void
conn_start_release(struct conn_env *env, struct conn *c)
{
	struct prologue *p = c->waiting;

	if (p == NULL)
		return;
	c->waiting = NULL;
	tell_kept(env, c, p, (enum conn_dir)p->waits);
	conn_start_give(env, p);
}

/* Has that side said the whole of something, so that the other one's turn may have come? */
bool
conn_start_turn_over(const struct conn *c, enum conn_dir dir)
{
	return c->closed[0] || c->closed[1] || c->state == NULL || c->proto == NULL ||
	       c->proto->between == NULL || c->proto->between(c->state, dir);
}

/* In these the server greets; in all others the client asks. Joined midway, either may. */
static enum conn_dir
first_speaker(const struct conn *c, const struct prologue *p)
{
	if (c->protocol == PROTOCOL_UNKNOWN || c->info.midstream[0] || c->info.midstream[1])
		return (enum conn_dir)p->spoke_first;
	return c->protocol == PROTOCOL_SMTP || c->protocol == PROTOCOL_MYSQL ||
		       c->protocol == PROTOCOL_NATS || c->protocol == PROTOCOL_IMAP ||
		       c->protocol == PROTOCOL_POP3
		   ? CONN_RESP
		   : CONN_ORIG;
}

/* What was kept of both sides, then len bytes at hand of dir, in the order of the protocol. */
static void
start_with(struct conn_env *env, struct conn *c, struct prologue *p, enum conn_dir dir,
	   const uint8_t *data, size_t len)
{
	enum conn_dir first = first_speaker(c, p);
	bool at_hand = dir == first && len != 0, out_of_turn;

	if (p->dir[first].len == 0 && !at_hand)
		first = (enum conn_dir)(1 - first);
	at_hand = dir == first && len != 0;
	if (first != p->spoke_first && c->protocol != PROTOCOL_UNKNOWN)
		env->counters.answers_early++;
	tell_kept(env, c, p, first);
	if (at_hand)
		conn_go_on(env, c, first, data, len);
	p->waits = (uint8_t)(1 - first);
	out_of_turn = p->dir[p->waits].len != 0 || (!at_hand && len != 0);
	if (out_of_turn && c->waiting == NULL && !conn_start_turn_over(c, first) &&
	    (at_hand || prologue_keep_all(p, &env->early, dir, data, len))) {
		c->waiting = p;
		return;
	}
	tell_kept(env, c, p, (enum conn_dir)p->waits);
	conn_start_give(env, p);
	if (!at_hand && len != 0)
		conn_go_on(env, c, dir, data, len);
}

/*
 * The protocol is known: what was kept goes to it first, then the bytes at hand. Any of them may be
 * where it ends, and another has to be found out.
 */
static void
start(struct conn_env *env, struct conn *c, enum protocol protocol, enum conn_dir dir,
      const uint8_t *data, size_t len)
{
	struct prologue *p = c->prologue;

	c->prologue = NULL;
	if (p == NULL && protocol != PROTOCOL_UNKNOWN)
		dir = orient(env, c, dir, data, len);
	conn_start_as(env, c, protocol);
	if (p != NULL)
		start_with(env, c, p, dir, data, len);
	else if (len != 0)
		conn_go_on(env, c, dir, data, len);
	for (unsigned d = 0; d < 2; d++) {
		if (c->closed[d])
			conn_close_half(env, c, (enum conn_dir)d);
	}
}

static struct detect_input
input_of(const struct conn *c, enum conn_dir dir, const uint8_t *data, size_t len)
{
	struct detect_input in = {
		.udp = c->info.udp,
		.orig_port = c->info.port[CONN_ORIG],
		.resp_port = c->info.port[CONN_RESP],
		.orig_midstream = c->info.midstream[CONN_ORIG],
		.resp_midstream = c->info.midstream[CONN_RESP],
	};
	struct span first[2] = { { NULL, 0 }, { NULL, 0 } };

	for (unsigned d = 0; c->prologue != NULL && d < 2; d++)
		first[d] = span_of(c->prologue->dir[d].bytes, c->prologue->dir[d].len);
	if (first[dir].len == 0)
		first[dir] = span_of(data, len < DETECT_BYTES ? len : DETECT_BYTES);
	in.orig = first[CONN_ORIG];
	in.resp = first[CONN_RESP];
	return in;
}

enum detect_verdict
conn_start_ask(const struct conn *c, enum conn_dir dir, const uint8_t *data, size_t len,
	       enum protocol *protocol)
{
	struct detect_input in = input_of(c, dir, data, len);

	return detect(&in, protocol);
}

static bool
take_prologue(struct conn_env *env, struct conn *c, enum conn_dir dir)
{
	c->prologue = slab_take(&env->prologues);
	if (c->prologue == NULL) {
		env->counters.prologues_refused++;
		return false;
	}
	prologue_init(c->prologue, dir);
	return true;
}

/* The server has spoken, and the client, whose connection was seen from its beginning, has not. */
static bool
only_answered(const struct conn *c)
{
	return !c->info.udp && !c->pushed[CONN_ORIG] && !c->info.midstream[0] &&
	       !c->info.midstream[1];
}

/* What the client says may tell whose answer it is that no protocol knows. */
static enum detect_verdict
ask_or_wait(const struct conn *c, enum conn_dir dir, const uint8_t *data, size_t len,
	    enum protocol *protocol)
{
	enum detect_verdict verdict = conn_start_ask(c, dir, data, len, protocol);

	return verdict == DETECT_NONE && only_answered(c) ? DETECT_MORE : verdict;
}

/* It has to be decided by what there is. Of an answer alone, the question may still do so. */
void
conn_start_give_up(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data,
		   size_t len)
{
	struct detect_input in = input_of(c, dir, data, len);
	enum protocol protocol;

	in.orig_unseen = true;
	if (detect(&in, &protocol) != DETECT_FOUND)
		protocol = PROTOCOL_UNKNOWN;
	c->late = protocol == PROTOCOL_UNKNOWN && only_answered(c);
	start(env, c, protocol, dir, data, len);
}

void
conn_start_find(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data,
		size_t len)
{
	enum protocol protocol = PROTOCOL_UNKNOWN;
	enum detect_verdict verdict;
	size_t kept;

	/* The ordinary case: the first segment decides, and nothing is copied. */
	if (c->prologue == NULL) {
		verdict = ask_or_wait(c, dir, data, len, &protocol);
		if (verdict != DETECT_MORE) {
			start(env, c, verdict == DETECT_FOUND ? protocol : PROTOCOL_UNKNOWN, dir,
			      data, len);
			return;
		}
		if (!take_prologue(env, c, dir)) {
			conn_start_give_up(env, c, dir, data, len);
			return;
		}
	}
	kept = prologue_keep(c->prologue, dir, data, len);
	verdict = ask_or_wait(c, dir, NULL, 0, &protocol);
	data += kept;
	len -= kept;
	if (verdict == DETECT_FOUND) {
		start(env, c, protocol, dir, data, len);
	} else if (verdict == DETECT_NONE ||
		   !prologue_keep_all(c->prologue, &env->early, dir, data, len)) {
		env->counters.answers_early_refused += verdict == DETECT_MORE && only_answered(c);
		conn_start_give_up(env, c, dir, data, len);
	}
}

/*
 * The server's first words could wait no longer and are searched as they come; the client's first
 * ones decide all the same. What has gone by of the answer is lost to the protocol.
 */
void
conn_start_late(struct conn_env *env, struct conn *c, const uint8_t *data, size_t len)
{
	enum protocol protocol;
	enum detect_verdict verdict;
	struct prologue *p;
	size_t kept;

	if (c->prologue == NULL && !take_prologue(env, c, CONN_ORIG)) {
		c->late = false;
		conn_hand_over(env, c, CONN_ORIG, data, len);
		return;
	}
	p = c->prologue;
	kept = prologue_keep(p, CONN_ORIG, data, len);
	verdict = conn_start_ask(c, CONN_ORIG, NULL, 0, &protocol);
	if (verdict == DETECT_MORE && kept == len)
		return;
	c->late = false;
	c->prologue = NULL;
	if (verdict == DETECT_FOUND) {
		conn_switch(env, c, protocol);
		conn_lost(env, c, CONN_RESP, 1);
	}
	tell_kept(env, c, p, CONN_ORIG);
	conn_start_give(env, p);
	if (kept != len)
		conn_go_on(env, c, CONN_ORIG, data + kept, len - kept);
}

/*
 * Joined in the middle of a message, a flow says nothing at first; the next message may. So where
 * the beginning was missed, every push that could begin one is looked at anew.
 */
enum conn_dir
conn_start_again(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data,
		 size_t len)
{
	struct conn fresh = { .info = c->info };
	enum protocol protocol;

	if (c->protocol == PROTOCOL_UNKNOWN && (c->info.midstream[0] || c->info.midstream[1]) &&
	    conn_start_ask(&fresh, dir, data, len, &protocol) == DETECT_FOUND) {
		dir = orient(env, c, dir, data, len);
		conn_switch(env, c, protocol);
	}
	return dir;
}

/* A question that has begun, and will not become whole, is none. */
void
conn_start_drop(struct conn_env *env, struct conn *c)
{
	struct prologue *p = c->prologue;

	c->late = false;
	c->prologue = NULL;
	if (p != NULL)
		tell_kept(env, c, p, CONN_ORIG);
	conn_start_give(env, p);
}
