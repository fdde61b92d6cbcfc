/*
 * The first bytes of each direction are kept until detect can say what is spoken, then handed to
 * the protocol's entry points as if they had just come, in the order in which the protocol has its
 * sides speak (prologue.h). A protocol that is not taken apart is scanned as plain payload, unless
 * it is ciphertext by nature.
 */
#include "classify/conn.h"

#include <string.h>

#include "classify/ai/provider.h"
#include "classify/conn_env.h"
#include "classify/db_flow.h"
#include "classify/prologue.h"

const size_t conn_prologue_bytes = sizeof(struct prologue);

/* Nearly all names fit the first. */
const size_t conn_name_sizes[NR_NAME_SIZES] = { 64, 255 };

static const char *const skip_names[NR_CONN_SKIPS] = {
#define CONN_SKIP_NAME(id, name) [CONN_SKIP_##id] = name,
	CONN_SKIPS(CONN_SKIP_NAME)
#undef CONN_SKIP_NAME
};

static const struct conn_proto *const protos[NR_PROTOCOLS] = { [PROTOCOL_UNKNOWN] = &conn_payload,
#define PROTOCOL_PROTO(id, name, transport, probe, entry) [PROTOCOL_##id] = &entry,
							       PROTOCOLS(PROTOCOL_PROTO)
#undef PROTOCOL_PROTO
};

const struct conn_proto *
conn_proto_of(enum protocol protocol)
{
	return protos[protocol];
}

struct conn *
conn_open(struct conn_env *env, const struct conn_info *info)
{
	struct conn *c = slab_take(&env->conns);

	if (c == NULL) {
		env->counters.conns_refused++;
		return NULL;
	}
	memset(c, 0, sizeof(*c));
	c->info = *info;
	env->counters.conns++;
	return c;
}

static void
choose(struct conn_env *env, struct conn *c, enum protocol protocol)
{
	c->protocol = protocol;
	c->proto = conn_proto_of(protocol);
	c->encrypted = protocol == PROTOCOL_TLS || protocol == PROTOCOL_DTLS ||
		       protocol == PROTOCOL_QUIC || protocol == PROTOCOL_SSH;
	c->pool = &env->states[env->state_pool[protocol]];
	c->state = slab_take(c->pool);
	if (c->state == NULL) {
		env->counters.states_refused++;
		return;
	}
	memset(c->state, 0,
	       c->proto->zeroed_bytes != 0 ? c->proto->zeroed_bytes : c->proto->state_bytes);
	if (c->proto->open != NULL)
		c->proto->open(env, c, c->state);
}

void
conn_start_as(struct conn_env *env, struct conn *c, enum protocol protocol)
{
	choose(env, c, protocol);
}

static void
finish_state(struct conn_env *env, struct conn *c)
{
	if (c->state != NULL && c->proto->finish != NULL)
		c->proto->finish(env, c, c->state);
}

static void
give_state(struct conn_env *env, struct conn *c)
{
	if (c->state == NULL)
		return;
	if (c->proto->close != NULL)
		c->proto->close(env, c, c->state);
	slab_give(c->pool, c->state);
	c->state = NULL;
}

static void
half_close(struct conn_env *env, struct conn *c, enum conn_dir dir)
{
	if (c->state != NULL && c->proto->half_close != NULL)
		c->proto->half_close(env, c, c->state, dir);
}

static unsigned
name_size(size_t len)
{
	unsigned i = 0;

	while (len > conn_name_sizes[i])
		i++;
	return i;
}

static void
give_name(struct conn_env *env, struct conn *c)
{
	if (c->name_source != NAME_NONE)
		slab_give(&env->names[name_size(c->name_len)], c->name);
	c->name_source = NAME_NONE;
}

/* Another protocol from here on: what was open under the old one is finished. */
static void
switch_to(struct conn_env *env, struct conn *c, enum protocol protocol)
{
	finish_state(env, c);
	give_state(env, c);
	choose(env, c, protocol);
}

void
conn_become(struct conn *c, enum protocol protocol)
{
	c->becomes = true;
	c->next = protocol;
}

void
conn_become_with(struct conn *c, enum protocol protocol, const uint8_t *held, size_t len)
{
	conn_become(c, protocol);
	memcpy(c->held, held, len);
	c->nr_held = (uint8_t)len;
}

static void find_out(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data,
		     size_t len);
static void hand_over(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data,
		      size_t len);

static void
go_on(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data, size_t len)
{
	if (c->proto != NULL)
		hand_over(env, c, dir, data, len);
	else
		find_out(env, c, dir, data, len);
}

/*
 * What the parser has asked for: the new protocol begins with the bytes at hand. After
 * CONN_MAX_TURNS of them what follows is only scanned.
 */
static void
take_turn(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data, size_t len)
{
	bool weary = ++c->turns >= CONN_MAX_TURNS;
	bool known = c->next != PROTOCOL_UNKNOWN || weary;
	uint8_t held[sizeof(c->held)];
	size_t nr_held = c->nr_held;

	memcpy(held, c->held, nr_held);
	c->becomes = false;
	c->nr_held = 0;
	c->info.midstream[0] = c->info.midstream[1] = false;
	if (known) {
		switch_to(env, c, weary ? PROTOCOL_UNKNOWN : c->next);
	} else {
		finish_state(env, c);
		give_state(env, c);
		c->proto = NULL;
	}
	if (nr_held != 0)
		go_on(env, c, dir, held, nr_held);
	if (len != 0)
		go_on(env, c, dir, data, len);
}

static void
hand_over(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data, size_t len)
{
	size_t taken;

	if (c->state == NULL) {
		conn_skipped(env, c, CONN_SKIP_LIMIT, len);
		return;
	}
	taken = c->proto->push(env, c, c->state, dir, data, len);
	if (c->becomes)
		take_turn(env, c, dir, data + taken, len - taken);
}

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

static void
swap_bool(bool pair[2])
{
	bool first = pair[0];

	pair[0] = pair[1];
	pair[1] = first;
}

bool
conn_reverse(struct conn_env *env, struct conn *c)
{
	const struct conn_output *out = &env->config.output;
	uint16_t port = c->info.port[0];
	const uint8_t *addr = c->info.addr[0];

	/* Of what runs inside another, that one knows who opened it. */
	if (c->outer != NULL || !out->reverse(out->arg, c->info.flow))
		return false;
	c->info.port[0] = c->info.port[1];
	c->info.port[1] = port;
	c->info.addr[0] = c->info.addr[1];
	c->info.addr[1] = addr;
	swap_bool(c->info.midstream);
	swap_bool(c->pushed);
	swap_bool(c->closed);
	return true;
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

static void
give_prologue(struct conn_env *env, struct prologue *p)
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
		go_on(env, c, dir, p->dir[dir].bytes, p->dir[dir].len);
	if (more.len != 0)
		go_on(env, c, dir, more.p, more.len);
}

/* What was said out of turn is heard now. */
static void
release(struct conn_env *env, struct conn *c)
{
	struct prologue *p = c->waiting;

	if (p == NULL)
		return;
	c->waiting = NULL;
	tell_kept(env, c, p, (enum conn_dir)p->waits);
	give_prologue(env, p);
}

/* Has that side said the whole of something, so that the other one's turn may have come? */
static bool
is_over(const struct conn *c, enum conn_dir dir)
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
		       c->protocol == PROTOCOL_NATS
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
		go_on(env, c, first, data, len);
	p->waits = (uint8_t)(1 - first);
	out_of_turn = p->dir[p->waits].len != 0 || (!at_hand && len != 0);
	if (out_of_turn && c->waiting == NULL && !is_over(c, first) &&
	    (at_hand || prologue_keep_all(p, &env->early, dir, data, len))) {
		c->waiting = p;
		return;
	}
	tell_kept(env, c, p, (enum conn_dir)p->waits);
	give_prologue(env, p);
	if (!at_hand && len != 0)
		go_on(env, c, dir, data, len);
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
	choose(env, c, protocol);
	if (p != NULL)
		start_with(env, c, p, dir, data, len);
	else if (len != 0)
		go_on(env, c, dir, data, len);
	for (unsigned d = 0; d < 2; d++) {
		if (c->closed[d])
			half_close(env, c, (enum conn_dir)d);
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

static enum detect_verdict
ask(const struct conn *c, enum conn_dir dir, const uint8_t *data, size_t len,
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
	enum detect_verdict verdict = ask(c, dir, data, len, protocol);

	return verdict == DETECT_NONE && only_answered(c) ? DETECT_MORE : verdict;
}

/* It has to be decided by what there is. Of an answer alone, the question may still do so. */
static void
give_up(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data, size_t len)
{
	struct detect_input in = input_of(c, dir, data, len);
	enum protocol protocol;

	in.orig_unseen = true;
	if (detect(&in, &protocol) != DETECT_FOUND)
		protocol = PROTOCOL_UNKNOWN;
	c->late = protocol == PROTOCOL_UNKNOWN && only_answered(c);
	start(env, c, protocol, dir, data, len);
}

static void
find_out(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data, size_t len)
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
			give_up(env, c, dir, data, len);
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
		give_up(env, c, dir, data, len);
	}
}

/*
 * The server's first words could wait no longer and are searched as they come; the client's first
 * ones decide all the same. What has gone by of the answer is lost to the protocol.
 */
static void
late_question(struct conn_env *env, struct conn *c, const uint8_t *data, size_t len)
{
	enum protocol protocol;
	enum detect_verdict verdict;
	struct prologue *p;
	size_t kept;

	if (c->prologue == NULL && !take_prologue(env, c, CONN_ORIG)) {
		c->late = false;
		hand_over(env, c, CONN_ORIG, data, len);
		return;
	}
	p = c->prologue;
	kept = prologue_keep(p, CONN_ORIG, data, len);
	verdict = ask(c, CONN_ORIG, NULL, 0, &protocol);
	if (verdict == DETECT_MORE && kept == len)
		return;
	c->late = false;
	c->prologue = NULL;
	if (verdict == DETECT_FOUND) {
		switch_to(env, c, protocol);
		conn_lost(env, c, CONN_RESP, 1);
	}
	tell_kept(env, c, p, CONN_ORIG);
	give_prologue(env, p);
	if (kept != len)
		go_on(env, c, CONN_ORIG, data + kept, len - kept);
}

/*
 * Joined in the middle of a message, a flow says nothing at first; the next message may. So where
 * the beginning was missed, every push that could begin one is looked at anew.
 */
static enum conn_dir
try_again(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data, size_t len)
{
	struct conn fresh = { .info = c->info };
	enum protocol protocol;

	if (c->protocol == PROTOCOL_UNKNOWN && (c->info.midstream[0] || c->info.midstream[1]) &&
	    ask(&fresh, dir, data, len, &protocol) == DETECT_FOUND) {
		dir = orient(env, c, dir, data, len);
		switch_to(env, c, protocol);
	}
	return dir;
}

/* A question that has begun, and will not become whole, is none. */
static void
drop_question(struct conn_env *env, struct conn *c)
{
	struct prologue *p = c->prologue;

	c->late = false;
	c->prologue = NULL;
	if (p != NULL)
		tell_kept(env, c, p, CONN_ORIG);
	give_prologue(env, p);
}

void
conn_lost(struct conn_env *env, struct conn *c, enum conn_dir dir, uint64_t len)
{
	release(env, c);
	/* The beginning will not become whole: decide on what there is. */
	if (c->proto == NULL && c->prologue != NULL)
		give_up(env, c, dir, NULL, 0);
	if (c->late && dir == CONN_ORIG)
		drop_question(env, c);
	if (c->proto == NULL)
		c->info.midstream[dir] = true;
	else if (c->state != NULL && c->proto->gap != NULL)
		c->proto->gap(env, c, c->state, dir, len);
}

/* len bytes that the parser does not get, for the reason given. */
static void
pass_over(struct conn_env *env, struct conn *c, enum conn_dir dir, enum conn_skip why, uint64_t len)
{
	conn_skipped(env, c, why, len);
	conn_lost(env, c, dir, len);
}

/* How many of len bytes may be inspected now; they are taken off the budget. */
static size_t
take_budget(const struct conn_env *env, struct conn *c, size_t len)
{
	uint64_t limit = env->config.inspect_bytes_per_s, second = env->now_us / 1000000u;

	if (limit == 0 || c->encrypted)
		return len;
	if (second != c->budget_s) {
		c->budget_s = second;
		c->budget_used = 0;
	}
	if (len > limit - c->budget_used)
		len = (size_t)(limit - c->budget_used);
	c->budget_used += len;
	return len;
}

static void
push(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data, size_t len)
{
	c->pushed[dir] = true;
	if (c->waiting != NULL && dir == c->waiting->waits) {
		if (prologue_keep_all(c->waiting, &env->early, dir, data, len))
			return;
		env->counters.answers_early_refused++;
		release(env, c);
	}
	if (c->proto == NULL) {
		find_out(env, c, dir, data, len);
	} else if (c->late && dir == CONN_ORIG) {
		late_question(env, c, data, len);
	} else {
		dir = try_again(env, c, dir, data, len);
		hand_over(env, c, dir, data, len);
	}
	if (c->waiting != NULL && is_over(c, dir))
		release(env, c);
}

void
conn_none(struct conn_env *env, uint64_t len)
{
	env->counters.not_inspected_bytes[CONN_SKIP_OFF] += len;
}

void
conn_push(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data, size_t len,
	  uint64_t gap)
{
	size_t allowed;

	if (c->over) {
		env->counters.not_inspected_bytes[CONN_SKIP_LIMIT] += len;
		return;
	}
	allowed = take_budget(env, c, len);
	if (gap != 0)
		pass_over(env, c, dir, CONN_SKIP_GAP, gap);
	if (allowed != 0)
		push(env, c, dir, data, allowed);
	if (allowed != len)
		pass_over(env, c, dir, CONN_SKIP_BUDGET, len - allowed);
}

void
conn_datagram(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data,
	      size_t len)
{
	enum protocol protocol = PROTOCOL_UNKNOWN;

	if (c->over) {
		env->counters.not_inspected_bytes[CONN_SKIP_LIMIT] += len;
		return;
	}
	if (take_budget(env, c, len) != len) {
		conn_skipped(env, c, CONN_SKIP_BUDGET, len);
		return;
	}
	c->pushed[dir] = true;
	/* Every datagram is a beginning: one that says nothing leaves it to the next. */
	if (c->proto == NULL || c->protocol == PROTOCOL_UNKNOWN) {
		struct conn fresh = { .info = c->info };

		if (ask(&fresh, dir, data, len, &protocol) != DETECT_FOUND)
			protocol = PROTOCOL_UNKNOWN;
		if (c->proto == NULL) {
			choose(env, c, protocol);
		} else if (protocol != PROTOCOL_UNKNOWN) {
			switch_to(env, c, protocol);
		}
	}
	hand_over(env, c, dir, data, len);
}

static bool
describes(const struct conn *c)
{
	const struct conn_proto *p = c->proto;

	return p->describes != NULL ? p->describes(c->state) : p->describe != NULL;
}

void
conn_half_close(struct conn_env *env, struct conn *c, enum conn_dir dir)
{
	if (c->over || c->closed[dir])
		return;
	release(env, c);
	if (c->late && dir == CONN_ORIG)
		drop_question(env, c);
	c->closed[dir] = true;
	half_close(env, c, dir);
	if (c->closed[1 - dir] && c->state != NULL && !describes(c)) {
		finish_state(env, c);
		give_state(env, c);
	}
}

/* Of what is over only one reason is kept. False when there are more. */
static bool
skipped_for_one_reason(struct conn *c)
{
	unsigned nr = 0;

	c->skipped_why = 0;
	for (unsigned i = 0; i < NR_CONN_SKIPS; i++) {
		if (c->skipped[i] == 0)
			continue;
		c->skipped_why = (uint8_t)i;
		nr++;
	}
	c->skipped_bytes = c->skipped[c->skipped_why];
	return nr <= 1;
}

static bool
may_rest(const struct conn *c)
{
	return c->info.udp && c->state != NULL && c->proto->rests != NULL &&
	       c->proto->rests(c->state);
}

struct conn *
conn_let_go(struct conn_env *env, struct conn *c)
{
	struct conn *left;
	bool ended;

	if (c->over)
		return c;
	ended = c->closed[0] && c->closed[1] && c->state == NULL;
	if ((!ended && !may_rest(c)) || c->prologue != NULL || c->db != NULL)
		return c;
	if (!skipped_for_one_reason(c))
		return c;
	left = slab_take(ended ? &env->conns_over : &env->conns_resting);
	if (left == NULL)
		return c;
	give_state(env, c);
	memcpy(left, c, ended ? CONN_OVER_BYTES : CONN_REST_BYTES);
	left->over = true;
	left->rests = !ended;
	slab_give(&env->conns, c);
	return left;
}

bool
conn_rests(const struct conn *c)
{
	return c->rests;
}

struct conn *
conn_resume(struct conn_env *env, struct conn *c, const struct conn_info *info)
{
	struct conn *whole = slab_take(&env->conns);

	if (whole == NULL) {
		env->counters.conns_refused++;
		return c;
	}
	memset(whole, 0, sizeof(*whole));
	memcpy(whole, c, CONN_REST_BYTES);
	whole->over = whole->rests = false;
	whole->skipped[c->skipped_why] = c->skipped_bytes;
	whole->info = *info;
	whole->resumed = true;
	slab_give(&env->conns_resting, c);
	choose(env, whole, whole->protocol);
	return whole;
}

void
conn_finish(struct conn_env *env, struct conn *c)
{
	if (c->over)
		return;
	release(env, c);
	if (c->proto == NULL && c->prologue != NULL)
		give_up(env, c, CONN_ORIG, NULL, 0);
	if (c->late)
		drop_question(env, c);
	finish_state(env, c);
	if (c->db != NULL)
		db_flow_finish(c->db);
}

void
conn_close(struct conn_env *env, struct conn *c)
{
	if (c == NULL)
		return;
	give_name(env, c);
	if (c->over) {
		slab_give(c->rests ? &env->conns_resting : &env->conns_over, c);
		return;
	}
	give_prologue(env, c->prologue);
	give_prologue(env, c->waiting);
	give_state(env, c);
	slab_give(&env->db_flows, c->db);
	slab_give(&env->conns, c);
}

static size_t
put_decimal(char *out, uint64_t v)
{
	char digits[20];
	size_t n = 0, len;

	do
		digits[n++] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	len = n;
	while (n > 0)
		*out++ = digits[--n];
	return len;
}

void
conn_put_counted(struct record *r, enum record_field field, const char *name, uint64_t n)
{
	char text[48];
	size_t len = strlen(name);

	memcpy(text, name, len);
	text[len++] = ':';
	len += put_decimal(text + len, n);
	record_put_text(r, field, text, len);
}

static void
put_skip(unsigned why, uint64_t bytes, struct record *r)
{
	if (bytes != 0)
		conn_put_counted(r, RF_NOT_INSPECTED, skip_names[why], bytes);
}

static void
put_skips(const struct conn *c, struct record *r)
{
	if (c->over) {
		put_skip(c->skipped_why, c->skipped_bytes, r);
		return;
	}
	for (unsigned i = 0; i < NR_CONN_SKIPS; i++)
		put_skip(i, c->skipped[i], r);
}

void
conn_describe(const struct conn_env *env, const struct conn *c, struct record *r)
{
	static const char *const sources[] = {
		[NAME_NONE] = NULL,
		[NAME_SNI] = "sni",
		[NAME_SNI_OUTER] = "sni_outer",
		[NAME_HTTP_HOST] = "http_host",
	};

	record_put_string(r, RF_PROTOCOL, protocol_name(c->protocol));
	if (c->name_source != NAME_NONE) {
		record_put_text(r, RF_SERVER_NAME, c->name, c->name_len);
		record_put_string(r, RF_SERVER_NAME_SOURCE, sources[c->name_source]);
	}
	if (c->encrypted)
		record_put_bool(r, RF_ENCRYPTED, true);
	if (!c->over && c->state != NULL && c->proto->describe != NULL)
		c->proto->describe(env, c, c->state, r);
	record_put_uint(r, RF_INSPECTED_BYTES, c->inspected_bytes);
	put_skips(c, r);
	conn_types_put(env, &c->types, RF_DATA_TYPES, r);
	if (c->nr_findings != 0)
		record_put_uint(r, RF_FINDINGS, c->nr_findings);
	record_put_string(r, RF_AI_SERVICE, c->ai_service);
}

void
conn_next_part(struct conn *c)
{
	c->inspected_bytes = 0;
	c->types = (struct conn_types) { 0 };
	c->nr_findings = 0;
	c->skipped_bytes = 0;
	if (c->over)
		return;
	memset(c->skipped, 0, sizeof(c->skipped));
	if (c->state != NULL && c->proto->next_part != NULL)
		c->proto->next_part(c->state);
}

void
conn_set_name(struct conn_env *env, struct conn *c, enum name_source source, const void *name,
	      size_t len)
{
	if (len > conn_name_sizes[NR_NAME_SIZES - 1])
		len = conn_name_sizes[NR_NAME_SIZES - 1];
	for (; len != 0 && c != NULL; c = c->outer) {
		if (c->name_source != NAME_NONE && c->name_source <= source)
			continue;
		give_name(env, c);
		c->name = slab_take(&env->names[name_size(len)]);
		if (c->name == NULL) {
			env->counters.names_refused++;
			continue;
		}
		memcpy(c->name, name, len);
		c->name_len = (uint8_t)len;
		c->name_source = (uint8_t)source;
	}
}

void
conn_set_service(const struct conn_env *env, struct conn *c, struct span host)
{
	const struct provider *p = provider_by_host(env->config.providers, host);

	/* A platform serves models among much else: its name alone says nothing. */
	if (p != NULL && p->kind != PROVIDER_PLATFORM)
		conn_outermost(c)->ai_service = c->ai_service = p->name;
}

bool
conn_is_decrypted(const struct conn *c)
{
	for (c = c->outer; c != NULL; c = c->outer) {
		if (c->protocol == PROTOCOL_TLS)
			return true;
	}
	return false;
}

struct record *
conn_begin(struct conn_env *env, struct conn *c, enum record_type type)
{
	const struct conn_output *out = &env->config.output;
	struct record *r =
	    out->begin(out->arg, c->info.flow, type, conn_outermost(c)->nr_records[type]++);

	if (r != NULL && type == RECORD_LLM && !c->encrypted && conn_is_decrypted(c)) {
		record_put_bool(r, RF_ENCRYPTED, true);
		record_put_bool(r, RF_DECRYPTED, true);
	}
	return r;
}

void
conn_emit(struct conn_env *env)
{
	env->config.output.emit(env->config.output.arg);
}

/* Names outlive the rule set they came from: they are kept by the environment, once each. */
static uint16_t
type_id(struct conn_env *env, const char *name)
{
	uint32_t i;

	for (i = 0; i < env->nr_types; i++) {
		if (strcmp(env->types[i], name) == 0)
			return (uint16_t)i;
	}
	if (i == CONN_TYPES_KNOWN)
		return CONN_TYPES_KNOWN - 1;
	strncpy(env->types[i], name, CONN_TYPE_NAME - 1);
	env->nr_types++;
	return (uint16_t)i;
}

bool
conn_types_add(struct conn_env *env, struct conn_types *set, const char *data_type)
{
	uint16_t id = type_id(env, data_type);

	for (unsigned i = 0; i < set->nr; i++) {
		if (set->id[i] == id)
			return false;
	}
	if (set->nr == CONN_MAX_TYPES)
		return false;
	set->id[set->nr++] = id;
	return true;
}

void
conn_types_put(const struct conn_env *env, const struct conn_types *set, enum record_field field,
	       struct record *r)
{
	for (unsigned i = 0; i < set->nr; i++)
		record_put_string(r, field, env->types[set->id[i]]);
}

size_t
percent_decode(const uint8_t *in, size_t len, bool plus, uint8_t *out, size_t cap)
{
	size_t n = 0;

	/* Most have nothing that is coded. */
	if (len <= cap && len != 0 && memchr(in, '%', len) == NULL &&
	    (!plus || memchr(in, '+', len) == NULL)) {
		memcpy(out, in, len);
		return len;
	}
	for (size_t i = 0; i < len && n < cap; i++) {
		int hi = -1, lo = -1;

		if (in[i] == '%' && len - i > 2) {
			hi = hex_value(in[i + 1]);
			lo = hex_value(in[i + 2]);
		}
		if (hi >= 0 && lo >= 0) {
			out[n++] = (uint8_t)(hi << 4 | lo);
			i += 2;
		} else {
			out[n++] = plus && in[i] == '+' ? ' ' : in[i];
		}
	}
	return n;
}
