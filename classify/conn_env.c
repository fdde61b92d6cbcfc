/*
 * What all connections of a worker share: the pools that they take from, made once and of fixed
 * size, the scanner, the catalogue, the counters; conn.h is the manual.
 */
#include <errno.h>
#include <stdlib.h>

#include "classify/ai/llm.h"
#include "classify/ai/mcp.h"
#include "classify/conn.h"
#include "classify/conn_env.h"
#include "classify/detect/redact.h"
#include "classify/exchange.h"
#include "classify/prologue.h"
#include "classify/proto/dns_pair.h"
#include "classify/proto/hpack.h"
#include "classify/proto/http1.h"
#include "classify/tls_inside.h"
#include "classify/tls_shape.h"

/* Header blocks that are open at a time: one at hand, and those cut by the end of a segment. */
#define HTTP2_TEXTS 256u
/* One is held while a line is split over two segments: by few of the connections at a time. */
#define HTTP1_CARRIES 16384u

/*
 * Where a protocol's states come from: those with the same entry points (all databases; all that
 * are only scanned) share one pool, the first one's.
 */
static unsigned
state_pool(enum protocol protocol)
{
	const struct conn_proto *own = conn_proto_of(protocol);
	unsigned first = 0;

	while (conn_proto_of((enum protocol)first)->push != own->push ||
	       conn_proto_of((enum protocol)first)->open != own->open)
		first++;
	return first;
}

static int
create_states(struct conn_env *env)
{
	int r = 0;

	for (unsigned p = 0; p < NR_PROTOCOLS; p++) {
		uint32_t most = 0;

		env->state_pool[p] = (uint8_t)state_pool((enum protocol)p);
		if (env->state_pool[p] != p)
			continue;
		for (unsigned q = p; q < NR_PROTOCOLS; q++) {
			if (state_pool((enum protocol)q) == p && env->config.max_states[q] > most)
				most = env->config.max_states[q];
		}
		r |= slab_init(&env->states[p], most, conn_proto_of((enum protocol)p)->state_bytes);
	}
	return r;
}

/* Of the longer ones each a fourth. */
static int
create_names(struct conn_env *env)
{
	int r = 0;

	for (unsigned i = 0; i < NR_NAME_SIZES; i++)
		r |=
		    slab_init(&env->names[i], env->config.max_conns >> (2 * i), conn_name_sizes[i]);
	return r;
}

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static struct decode_limits
decode_limits_of(const struct conn_config *config)
{
	struct decode_limits limits = DECODE_LIMITS_DEFAULT;

	limits.nr_deflate = config->max_deflate;
	limits.nr_brotli = config->max_brotli;
	limits.nr_zstd = config->max_zstd;
	limits.nr_lz4 = config->max_lz4;
	limits.nr_snappy = config->max_snappy;
	limits.max_ratio = config->decode_max_ratio;
	limits.ratio_after_bytes = config->decode_ratio_after_bytes;
	limits.max_message_bytes = config->decode_max_message_bytes;
	return limits;
}

/* 0, or anything else where one could not be had. */
static int
create_pools(struct conn_env *env)
{
	const struct conn_config *config = &env->config;
	int r = slab_init(&env->conns, config->max_conns, sizeof(struct conn));

	r |= slab_init(&env->conns_over, config->max_conns, CONN_OVER_BYTES);
	r |= slab_init(&env->conns_resting, config->max_conns, CONN_REST_BYTES);
	r |= slab_init(&env->prologues, config->max_states[PROTOCOL_UNKNOWN], conn_prologue_bytes);
	r |= slab_init(&env->early, config->max_message_buffers, PROLOGUE_MORE_BYTES);
	r |= create_names(env);
	r |= create_states(env);
	r |= slab_init(&env->carries, least(config->max_states[PROTOCOL_HTTP], HTTP1_CARRIES),
		       HTTP1_CARRY_BYTES);
	r |= slab_init(&env->exchanges, config->max_exchanges, exchange_bytes);
	r |= slab_init(&env->http2_streams, config->max_http2_streams, http2_stream_bytes);
	r |= slab_init(&env->http2_tables, config->max_http2_tables, http2_tables_bytes);
	r |= slab_init(&env->http2_texts, HTTP2_TEXTS, sizeof(struct hpack_text));
	/* Most flows have asked and wait for nothing. */
	r |= slab_init(&env->dns_queries, (config->max_states[PROTOCOL_DNS] + 3) / 4,
		       sizeof(struct dns_pending));
	r |= slab_init(&env->message_buffers, config->max_message_buffers, TLS_BUFFER_BYTES);
	r |= slab_init(&env->db_flows, config->max_states[PROTOCOL_HTTP] / 8, db_flow_bytes);
	r |= slab_init(&env->db_ops, config->max_db_ops, db_op_bytes);
	r |= slab_init(&env->llm, config->max_llm, sizeof(struct llm_call));
	r |= slab_init(&env->findings_held, config->max_llm, held_finding_bytes);
	r |= slab_init(&env->mcp, config->max_mcp, sizeof(struct mcp));
	r |= slab_init(&env->shapes, config->max_shapes, sizeof(struct tls_shape));
	r |= slab_init(&env->decrypts, config->keys == NULL ? 0 : config->max_decrypted,
		       sizeof(struct tls_inside));
	r |= slab_init(&env->sealed, config->keys == NULL ? 0 : config->max_sealed,
		       TLS_DECRYPT_BUFFER_BYTES);
	r |= slab_init(&env->held, config->keys == NULL ? 0 : config->max_held,
		       sizeof(struct tls_hold));
	return r;
}

int
conn_env_create(const struct conn_config *config, struct conn_env **out)
{
	struct decode_limits limits = decode_limits_of(config);
	struct conn_env *env = calloc(1, sizeof(*env));
	int r;

	if (env == NULL)
		return -ENOMEM;
	env->config = *config;
	r = create_pools(env);
	env->decoders = decode_pool_create(&limits);
	env->providers = provider_view_create();
	env->scanner =
	    scanner_create(config->rules, config->max_scan_streams, env->config.hash_key);
	if (r != 0 || env->decoders == NULL || env->scanner == NULL || env->providers == NULL) {
		conn_env_destroy(env);
		return -ENOMEM;
	}
	conn_env_set_providers(env, config->providers);
	scanner_test_values_live(env->scanner, config->live_test_values);
	*out = env;
	return 0;
}

void
conn_env_destroy(struct conn_env *env)
{
	if (env == NULL)
		return;
	scanner_destroy(env->scanner);
	provider_view_destroy(env->providers);
	decode_pool_destroy(env->decoders);
	slab_fini(&env->held);
	slab_fini(&env->sealed);
	slab_fini(&env->decrypts);
	slab_fini(&env->shapes);
	slab_fini(&env->mcp);
	slab_fini(&env->findings_held);
	slab_fini(&env->llm);
	slab_fini(&env->db_ops);
	slab_fini(&env->db_flows);
	for (unsigned i = 0; i < NR_NAME_SIZES; i++)
		slab_fini(&env->names[i]);
	slab_fini(&env->dns_queries);
	slab_fini(&env->message_buffers);
	slab_fini(&env->http2_texts);
	slab_fini(&env->http2_tables);
	slab_fini(&env->http2_streams);
	slab_fini(&env->exchanges);
	for (unsigned p = 0; p < NR_PROTOCOLS; p++)
		slab_fini(&env->states[p]);
	slab_fini(&env->carries);
	slab_fini(&env->conns_resting);
	slab_fini(&env->conns_over);
	slab_fini(&env->early);
	slab_fini(&env->prologues);
	slab_fini(&env->conns);
	free(env);
}

int
conn_env_set_rules(struct conn_env *env, const struct ruleset *rules)
{
	int r;

	exchange_settle_all(env);
	r = scanner_set_rules(env->scanner, rules);
	if (r == 0)
		env->config.rules = rules;
	return r;
}

void
conn_env_set_providers(struct conn_env *env, const struct provider_catalogue *providers)
{
	provider_view_set(env->providers, providers);
	env->config.providers = env->providers;
}

struct scanner *
conn_env_scanner(struct conn_env *env)
{
	return env->scanner;
}

void
conn_env_set_time(struct conn_env *env, uint64_t now_us)
{
	env->now_us = now_us;
}

size_t
conn_env_mask(void *arg, const uint8_t *in, size_t len, char *out, size_t cap)
{
	struct conn_env *env = arg;

	return redact_text(env->scanner, in, len, out, cap);
}

void
conn_env_counters(const struct conn_env *env, struct conn_totals *sum)
{
	struct conn_totals own = { .conn = env->counters,
				   .scan = *scanner_counters(env->scanner),
				   .decode = *decode_pool_counters(env->decoders) };

	conn_totals_add(sum, &own);
}

static uint64_t
state_pool_bytes(const struct conn_env *env, enum protocol protocol)
{
	return slab_bytes(&env->states[env->state_pool[protocol]]);
}

uint64_t
conn_env_taken(const struct conn_env *env)
{
	const struct slab *pools[] = {
		&env->conns,	     &env->prologues,	 &env->carries,	      &env->exchanges,
		&env->http2_streams, &env->http2_tables, &env->http2_texts,   &env->message_buffers,
		&env->db_flows,	     &env->db_ops,	 &env->llm,	      &env->mcp,
		&env->shapes,	     &env->conns_over,	 &env->conns_resting, &env->dns_queries,
		&env->decrypts,	     &env->sealed,	 &env->held,	      &env->findings_held,
		&env->early,
	};
	uint64_t nr = scanner_open_streams(env->scanner) + decode_pool_taken(env->decoders);

	for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++)
		nr += pools[i]->nr_taken;
	for (unsigned i = 0; i < NR_NAME_SIZES; i++)
		nr += env->names[i].nr_taken;
	for (unsigned p = 0; p < NR_PROTOCOLS; p++)
		nr += env->states[p].nr_taken;
	return nr;
}

void
conn_env_memory(const struct conn_env *env,
		void (*put)(void *arg, const char *setting, uint64_t bytes), void *arg)
{
	struct decode_limits limits = DECODE_LIMITS_DEFAULT;
	uint64_t states = 0;

	for (unsigned p = 0; p < NR_PROTOCOLS; p++)
		states += slab_bytes(&env->states[p]);
	states -= state_pool_bytes(env, PROTOCOL_UNKNOWN) + state_pool_bytes(env, PROTOCOL_HTTP) +
		  state_pool_bytes(env, PROTOCOL_TLS) + state_pool_bytes(env, PROTOCOL_DNS);
	limits.nr_deflate = env->config.max_deflate;
	limits.nr_brotli = env->config.max_brotli;
	limits.nr_zstd = env->config.max_zstd;
	limits.nr_lz4 = env->config.max_lz4;
	limits.nr_snappy = env->config.max_snappy;
	put(arg, "flow.max, flows with payload",
	    slab_bytes(&env->conns) + slab_bytes(&env->conns_over) +
		slab_bytes(&env->conns_resting) + slab_bytes(&env->names[0]) +
		slab_bytes(&env->names[1]));
	put(arg, "http.connections",
	    slab_bytes(&env->prologues) + slab_bytes(&env->carries) + slab_bytes(&env->db_flows) +
		state_pool_bytes(env, PROTOCOL_HTTP) + state_pool_bytes(env, PROTOCOL_UNKNOWN));
	put(arg, "http.transactions",
	    slab_bytes(&env->exchanges) + slab_bytes(&env->http2_streams));
	put(arg, "http2.tables", slab_bytes(&env->http2_tables) + slab_bytes(&env->http2_texts));
	put(arg, "tls.connections", state_pool_bytes(env, PROTOCOL_TLS));
	put(arg, "tls.buffers", slab_bytes(&env->message_buffers) + slab_bytes(&env->early));
	put(arg, "tls.decrypted", slab_bytes(&env->decrypts));
	put(arg, "tls.keylog_held", slab_bytes(&env->held));
	put(arg, "tls.records", slab_bytes(&env->sealed));
	put(arg, "dns.flows", state_pool_bytes(env, PROTOCOL_DNS) + slab_bytes(&env->dns_queries));
	put(arg, "protocols.connections", states);
	put(arg, "protocols.db_operations", slab_bytes(&env->db_ops));
	put(arg, "mcp.exchanges", slab_bytes(&env->mcp));
	put(arg, "llm.calls", slab_bytes(&env->llm) + slab_bytes(&env->findings_held));
	put(arg, "llm.shapes", slab_bytes(&env->shapes));
	put(arg, "scan.streams", scanner_bytes(env->scanner));
	put(arg, "decode.deflate, brotli, zstd, lz4, snappy", decode_pool_bytes(&limits));
}
