/*
 * Databases and brokers: the entry points of all of them. A parser (proto/NAME.[ch]) tells events,
 * db_flow makes records and scanned text of them.
 *
 * Where a parser has lost its place (a gap, joined in the middle) what follows is scanned as plain
 * bytes until a push begins with a message of the protocol's; such bytes are inspected, but no
 * operations are made of them.
 */
#include "classify/db_flow.h"
#include "classify/proto/kafka.h"
#include "classify/proto/mongodb.h"
#include "classify/proto/mqtt.h"
#include "classify/proto/nats.h"
#include "classify/proto/amqp.h"
#include "classify/proto/memcached.h"
#include "classify/proto/cassandra.h"
#include "classify/proto/mysql.h"
#include "classify/proto/postgresql.h"
#include "classify/proto/redis.h"

struct db_parser {
	void (*init)(void *parser, const bool midstream[2]);
	size_t (*push)(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
		       void *arg);
	void (*gap)(void *parser, unsigned dir, uint64_t len);
	db_unpacked_fn *unpacked;
	size_t side_bytes; /* of its two sides, which come first, and begin with their steps */
};

struct db_conn {
	struct db_flow flow;
	union {
		struct kafka kafka;
		struct mongodb mongodb;
		struct mqtt mqtt;
		struct nats nats;
		struct amqp amqp;
		struct memcached memcached;
		struct cassandra cassandra;
		struct mysql mysql;
		struct postgresql postgresql;
		struct redis redis;
	} parser;
};

static const struct db_parser *
parser_of(const struct conn *c)
{
	static const struct db_parser parsers[NR_PROTOCOLS] = {
		[PROTOCOL_KAFKA] = { kafka_init, kafka_push, kafka_gap, kafka_unpacked,
				     sizeof(struct kafka_side) },
		[PROTOCOL_MONGODB] = { mongodb_init, mongodb_push, mongodb_gap, mongodb_unpacked,
				       sizeof(struct mongodb_side) },
		[PROTOCOL_MQTT] = { mqtt_init, mqtt_push, mqtt_gap, NULL,
				    sizeof(struct mqtt_side) },
		[PROTOCOL_NATS] = { nats_init, nats_push, nats_gap, NULL,
				    sizeof(struct nats_side) },
		[PROTOCOL_AMQP] = { amqp_init, amqp_push, amqp_gap, NULL,
				    sizeof(struct amqp_side) },
		[PROTOCOL_MEMCACHED] = { memcached_init, memcached_push, memcached_gap, NULL,
					 sizeof(struct memcached_side) },
		[PROTOCOL_CASSANDRA] = { cassandra_init, cassandra_push, cassandra_gap, NULL,
					 sizeof(struct cassandra_side) },
		[PROTOCOL_MYSQL] = { mysql_init, mysql_push, mysql_gap, NULL,
				     sizeof(struct mysql_side) },
		[PROTOCOL_POSTGRESQL] = { postgresql_init, postgresql_push, postgresql_gap, NULL,
					  sizeof(struct postgresql_side) },
		[PROTOCOL_REDIS] = { redis_init, redis_push, redis_gap, NULL,
				     sizeof(struct redis_side) },
	};

	return &parsers[c->protocol];
}

static void
db_open(struct conn_env *env, struct conn *c, void *state)
{
	struct db_conn *d = state;

	db_flow_init(&d->flow, env, c);
	d->flow.unpacked = parser_of(c)->unpacked;
	d->flow.parser = &d->parser;
	parser_of(c)->init(&d->parser, c->info.midstream);
}

static size_t
db_push(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir, const uint8_t *data,
	size_t len)
{
	struct db_conn *d = state;
	size_t taken, aside;
	d->flow.unread = d->flow.unscanned = d->flow.undecoded = 0;
	taken = parser_of(c)->push(&d->parser, dir, data, len, db_flow_event, &d->flow);
	conn_skipped(env, c, CONN_SKIP_NOT_PARSED, d->flow.unread);
	conn_skipped(env, c, CONN_SKIP_LIMIT, d->flow.unscanned);
	conn_skipped(env, c, CONN_SKIP_DECODE_FAILED, d->flow.undecoded);
	aside = d->flow.unread + d->flow.unscanned + d->flow.undecoded;
	conn_inspected(env, c, taken > aside ? taken - aside : 0);
	if (d->flow.handover)
		conn_become(c, PROTOCOL_TLS);
	return taken;
}

static bool
db_between(const void *state, enum conn_dir dir)
{
	const struct db_conn *d = state;
	const uint8_t *sides = (const void *)&d->parser;

	return steps_between((const void *)(sides + dir * parser_of(d->flow.c)->side_bytes));
}

static void
db_gap(struct conn_env *env, struct conn *c, void *state, enum conn_dir dir, uint64_t len)
{
	struct db_conn *d = state;

	(void)env;
	db_flow_gap(&d->flow, dir);
	parser_of(c)->gap(&d->parser, dir, len);
}

static void
db_finish(struct conn_env *env, struct conn *c, void *state)
{
	struct db_conn *d = state;

	(void)env, (void)c;
	db_flow_finish(&d->flow);
}

#define DB_CONN(name)                                  \
	const struct conn_proto conn_##name = {        \
		.state_bytes = sizeof(struct db_conn), \
		.open = db_open,                       \
		.push = db_push,                       \
		.gap = db_gap,                         \
		.between = db_between,                 \
		.finish = db_finish,                   \
		.close = db_finish,                    \
	}

DB_CONN(kafka);
DB_CONN(mongodb);
DB_CONN(mqtt);
DB_CONN(nats);
DB_CONN(amqp);
DB_CONN(memcached);
DB_CONN(cassandra);
DB_CONN(mysql);
DB_CONN(postgresql);
DB_CONN(redis);
