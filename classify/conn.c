/*
 * The first bytes of each direction are kept until detect can say what is spoken, then handed to
 * the protocol's entry points as if they had just come. A protocol that is not taken apart is
 * scanned as plain payload, unless it is ciphertext by nature.
 */
#include "classify/conn.h"

#include <string.h>

#include "classify/ai/provider.h"
#include "classify/conn_env.h"
#include "classify/db_flow.h"

struct prologue {
	struct {
		uint16_t len;
		uint8_t bytes[DETECT_BYTES];
	} dir[2];
};

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
	for (unsigned i = 0; p != NULL && i < 2; i++) {
		/* What a server says first (SMTP, MySQL) was kept before the client spoke. */
		enum conn_dir d = i == 0 ? (enum conn_dir)(1 - dir) : dir;

		if (p->dir[d].len != 0)
			go_on(env, c, d, p->dir[d].bytes, p->dir[d].len);
	}
	slab_give(&env->prologues, p);
	if (len != 0)
		go_on(env, c, dir, data, len);
	for (unsigned d = 0; d < 2; d++) {
		if (c->closed[d])
			half_close(env, c, (enum conn_dir)d);
	}
}

static enum detect_verdict
ask(const struct conn *c, enum conn_dir dir, const uint8_t *data, size_t len,
    enum protocol *protocol)
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
	return detect(&in, protocol);
}

/* True when all of data was kept. */
static bool
keep(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t **data, size_t *len)
{
	size_t room, n;

	if (c->prologue == NULL) {
		c->prologue = slab_take(&env->prologues);
		if (c->prologue == NULL) {
			env->counters.prologues_refused++;
			return false;
		}
		c->prologue->dir[0].len = c->prologue->dir[1].len = 0;
	}
	room = DETECT_BYTES - c->prologue->dir[dir].len;
	n = *len < room ? *len : room;
	memcpy(c->prologue->dir[dir].bytes + c->prologue->dir[dir].len, *data, n);
	c->prologue->dir[dir].len = (uint16_t)(c->prologue->dir[dir].len + n);
	*data += n;
	*len -= n;
	return *len == 0;
}

static void
find_out(struct conn_env *env, struct conn *c, enum conn_dir dir, const uint8_t *data, size_t len)
{
	enum protocol protocol = PROTOCOL_UNKNOWN;
	enum detect_verdict verdict = DETECT_MORE;
	bool fresh = c->prologue == NULL;

	/* The ordinary case: the first segment decides, and nothing is copied. */
	if (fresh) {
		verdict = ask(c, dir, data, len, &protocol);
		if (verdict != DETECT_MORE) {
			start(env, c, verdict == DETECT_FOUND ? protocol : PROTOCOL_UNKNOWN, dir,
			      data, len);
			return;
		}
	}
	if (keep(env, c, dir, &data, &len) || c->prologue != NULL) {
		verdict = ask(c, dir, NULL, 0, &protocol);
		if (verdict == DETECT_MORE && len == 0)
			return;
	}
	start(env, c, verdict == DETECT_FOUND ? protocol : PROTOCOL_UNKNOWN, dir, data, len);
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

void
conn_lost(struct conn_env *env, struct conn *c, enum conn_dir dir, uint64_t len)
{
	/* The beginning will not become whole: decide on what there is. */
	if (c->proto == NULL && c->prologue != NULL)
		start(env, c, PROTOCOL_UNKNOWN, dir, NULL, 0);
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
	if (c->proto == NULL) {
		find_out(env, c, dir, data, len);
		return;
	}
	dir = try_again(env, c, dir, data, len);
	hand_over(env, c, dir, data, len);
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
	if (c->proto == NULL && c->prologue != NULL)
		start(env, c, PROTOCOL_UNKNOWN, CONN_ORIG, NULL, 0);
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
	slab_give(&env->prologues, c->prologue);
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
