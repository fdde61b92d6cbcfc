/*
 * What a connection says goes to the protocol that is spoken; how that is found out is
 * conn_start.c's, what records say of it conn_record.c's. A protocol that is not taken apart is
 * scanned as plain payload, unless it is ciphertext by nature.
 */
#include "classify/conn.h"

#include <string.h>

#include "classify/ai/provider.h"
#include "classify/conn_start.h"
#include "classify/db_flow.h"
#include "classify/prologue.h"

/* Nearly all names fit the first. */
const size_t conn_name_sizes[NR_NAME_SIZES] = { 64, 255 };

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

void
conn_start_as(struct conn_env *env, struct conn *c, enum protocol protocol)
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

void
conn_close_half(struct conn_env *env, struct conn *c, enum conn_dir dir)
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
void
conn_switch(struct conn_env *env, struct conn *c, enum protocol protocol)
{
	finish_state(env, c);
	give_state(env, c);
	conn_start_as(env, c, protocol);
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

void
conn_go_on(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data, size_t len)
{
	if (c->proto != NULL)
		conn_hand_over(env, c, dir, data, len);
	else
		conn_start_find(env, c, dir, data, len);
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
		conn_switch(env, c, weary ? PROTOCOL_UNKNOWN : c->next);
	} else {
		finish_state(env, c);
		give_state(env, c);
		c->proto = NULL;
	}
	if (nr_held != 0)
		conn_go_on(env, c, dir, held, nr_held);
	if (len != 0)
		conn_go_on(env, c, dir, data, len);
}

void
conn_hand_over(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data,
	       size_t len)
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

void
conn_lost(struct conn_env *env, struct conn *c, enum conn_dir dir, uint64_t len)
{
	conn_start_release(env, c);
	/* The beginning will not become whole: decide on what there is. */
	if (c->proto == NULL && c->prologue != NULL)
		conn_start_give_up(env, c, dir, NULL, 0);
	if (c->late && dir == CONN_ORIG)
		conn_start_drop(env, c);
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
		conn_start_release(env, c);
	}
	if (c->proto == NULL) {
		conn_start_find(env, c, dir, data, len);
	} else if (c->late && dir == CONN_ORIG) {
		conn_start_late(env, c, data, len);
	} else {
		dir = conn_start_again(env, c, dir, data, len);
		conn_hand_over(env, c, dir, data, len);
	}
	if (c->waiting != NULL && conn_start_turn_over(c, dir))
		conn_start_release(env, c);
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

		if (conn_start_ask(&fresh, dir, data, len, &protocol) != DETECT_FOUND)
			protocol = PROTOCOL_UNKNOWN;
		if (c->proto == NULL) {
			conn_start_as(env, c, protocol);
		} else if (protocol != PROTOCOL_UNKNOWN) {
			conn_switch(env, c, protocol);
		}
	}
	conn_hand_over(env, c, dir, data, len);
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
	conn_start_release(env, c);
	if (c->late && dir == CONN_ORIG)
		conn_start_drop(env, c);
	c->closed[dir] = true;
	conn_close_half(env, c, dir);
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
	conn_start_as(env, whole, whole->protocol);
	return whole;
}

void
conn_finish(struct conn_env *env, struct conn *c)
{
	if (c->over)
		return;
	conn_start_release(env, c);
	if (c->proto == NULL && c->prologue != NULL)
		conn_start_give_up(env, c, CONN_ORIG, NULL, 0);
	if (c->late)
		conn_start_drop(env, c);
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
	conn_start_give(env, c->prologue);
	conn_start_give(env, c->waiting);
	give_state(env, c);
	slab_give(&env->db_flows, c->db);
	slab_give(&env->conns, c);
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
