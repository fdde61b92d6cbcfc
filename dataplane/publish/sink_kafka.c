#include "dataplane/publish/sink_kafka.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include <librdkafka/rdkafka.h>

#include "dataplane/log.h"
#include "dataplane/publish/encode.h"

#define LOG_EVERY_MS	5000u
#define POLL_EVERY	64u
#define SPOOL_BATCH	10000u
#define SPOOL_RETRY_MS	1000u
#define LIVE_FLUSH_MS	15000
#define REPLAY_FLUSH_MS 150000 /* longer than message.timeout.ms: the verdict is librdkafka's */
#define PURGE_MS	5000

/*
 * What a delivery report has to tell and librdkafka does not (the timestamp of a failed message is
 * not given) is in the message's opaque:
 *
 *   bit 63..8   7             6..0
 *      | time_us | from spool | type |
 */
#define OPAQUE_SPOOLED	  0x80u
#define OPAQUE_TYPE	  0x7fu
#define OPAQUE_TIME_SHIFT 8

/* A record to be sent again by a new producer; the strings follow it. */
struct resend {
	STAILQ_ENTRY(resend) next;
	struct sink_message message;
	bool spooled;
	char bytes[];
};

struct sink_kafka {
	struct sink sink;
	struct sink_kafka_config config;
	rd_kafka_conf_t *conf; /* what producers are made from */
	rd_kafka_t *rk;
	rd_kafka_topic_t *topics[NR_RECORD_TYPES];
	char schemas[NR_RECORD_TYPES][32];
	STAILQ_HEAD(, resend) resend;
	uint64_t nr_resend;
	bool collecting; /* undelivered messages go to resend */
	bool failed;	 /* a replay lost a record, or no new producer could be made */
	bool fatal;	 /* the producer must be made anew */
	unsigned writes; /* since the last poll */
	/* the batch from the spool that is under way */
	unsigned batch_open;
	bool batch_failed;
	uint64_t spool_retry_ms;
	/* log lines come from librdkafka's threads, too */
	_Atomic bool quiet;
	_Atomic uint64_t logged_ms;
	_Atomic uint64_t unlogged;
	struct sink_stats stats;
};

static struct sink_kafka *
of(struct sink *s)
{
	return (struct sink_kafka *)s;
}

static uint64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* One line in five seconds; the next says how many were left out. */
static void
log_rarely(struct sink_kafka *k, const char *text)
{
	uint64_t now = clock_ms();
	uint64_t last = atomic_load(&k->logged_ms);
	uint64_t left_out;

	if (atomic_load(&k->quiet))
		return;
	if ((last != 0 && now - last < LOG_EVERY_MS) ||
	    !atomic_compare_exchange_strong(&k->logged_ms, &last, now)) {
		atomic_fetch_add(&k->unlogged, 1);
		return;
	}
	left_out = atomic_exchange(&k->unlogged, 0);
	if (left_out == 0)
		log_warning("kafka: %s", text);
	else
		log_warning("kafka: %s (and %" PRIu64 " lines before)", text, left_out);
}

static void
on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)facility;
	if (level <= 4) /* syslog's warning */
		log_rarely(rd_kafka_opaque(rk), text);
}

static void
on_error(rd_kafka_t *rk, int error, const char *reason, void *opaque)
{
	struct sink_kafka *k = opaque;

	(void)rk;
	if (error == RD_KAFKA_RESP_ERR__FATAL)
		k->fatal = true;
	log_rarely(k, reason);
}

static void
lose(struct sink_kafka *k)
{
	k->stats.lost++;
	if (k->config.replay)
		k->failed = true;
}

static void
put_aside(struct sink_kafka *k, const struct sink_message *m, bool spooled)
{
	struct resend *r = malloc(sizeof(*r) + m->key_len + m->len + SINK_ID_DIGITS);

	if (r == NULL) {
		lose(k);
		return;
	}
	memcpy(r->bytes, m->json, m->len);
	memcpy(r->bytes + m->len, m->event_id, SINK_ID_DIGITS);
	memcpy(r->bytes + m->len + SINK_ID_DIGITS, m->key, m->key_len);
	r->message = *m;
	r->message.json = r->bytes;
	r->message.event_id = r->bytes + m->len;
	r->message.key = r->bytes + m->len + SINK_ID_DIGITS;
	r->spooled = spooled;
	STAILQ_INSERT_TAIL(&k->resend, r, next);
	k->nr_resend++;
}

/* Where a record goes that is not going to Kafka now. */
static void
keep(struct sink_kafka *k, const struct sink_message *m)
{
	if (k->config.spool == NULL || spool_append(k->config.spool, m) != 0)
		lose(k);
}

/* Errors that sending once more would not change. */
static bool
is_final(rd_kafka_resp_err_t error)
{
	switch (error) {
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_INVALID_MSG:
	case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
	case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
	case RD_KAFKA_RESP_ERR_INVALID_RECORD:
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
		return true;
	default:
		return false;
	}
}

static struct sink_message
message_of(const rd_kafka_message_t *dr, uintptr_t opaque)
{
	static const char no_id[SINK_ID_DIGITS + 1] = "00000000000000000000000000000000";
	rd_kafka_headers_t *headers;
	const void *id = no_id;
	size_t id_len;

	if (rd_kafka_message_headers(dr, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
		rd_kafka_header_get_last(headers, "event_id", &id, &id_len);
	return (struct sink_message) {
		.type = (enum record_type)(opaque & OPAQUE_TYPE),
		.key = dr->key,
		.key_len = dr->key_len,
		.json = dr->payload,
		.len = dr->len,
		.time_us = (uint64_t)opaque >> OPAQUE_TIME_SHIFT,
		.event_id = id,
	};
}

static void
on_undelivered(struct sink_kafka *k, const rd_kafka_message_t *dr, uintptr_t opaque)
{
	struct sink_message m = message_of(dr, opaque);
	bool spooled = (opaque & OPAQUE_SPOOLED) != 0;

	k->stats.errors++;
	if (is_final(dr->err)) {
		log_rarely(k, rd_kafka_err2str(dr->err));
		lose(k);
		return;
	}
	if (spooled)
		k->batch_failed = true; /* the spool still has it */
	else if (k->collecting || k->fatal || dr->err == RD_KAFKA_RESP_ERR__FATAL)
		put_aside(k, &m, false);
	else
		keep(k, &m);
}

static void
on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *dr, void *arg)
{
	struct sink_kafka *k = arg;
	uintptr_t opaque = (uintptr_t)dr->_private;

	(void)rk;
	if ((opaque & OPAQUE_SPOOLED) != 0)
		k->batch_open--;
	if (dr->err == RD_KAFKA_RESP_ERR_NO_ERROR)
		k->stats.delivered++;
	else
		on_undelivered(k, dr, opaque);
}

/* The value may be a password, so a message about it is librdkafka's own or none. */
static int
set(rd_kafka_conf_t *conf, const char *name, const char *value, const char *prefix)
{
	char error[512];

	if (rd_kafka_conf_set(conf, name, value, error, sizeof(error)) == RD_KAFKA_CONF_OK)
		return 0;
	if (strstr(name, "password") != NULL || strstr(name, "key") != NULL ||
	    strstr(name, "secret") != NULL)
		memcpy(error, "not accepted", sizeof("not accepted"));
	log_err("kafka: %s%s: %s", prefix, name, error);
	return -EINVAL;
}

static int
make_conf(struct sink_kafka *k)
{
	static const struct sink_kafka_property ours[] = {
		{ "client.id", "weir" },
		{ "enable.idempotence", "true" },
		{ "acks", "all" },
		{ "compression.codec", "zstd" },
		{ "partitioner", "murmur2_random" },
		{ "linger.ms", "50" },
		{ "message.timeout.ms", "120000" },
		{ "reconnect.backoff.max.ms", "1000" },
		{ "queue.buffering.max.messages", "0" },
		{ "log.connection.close", "false" },
	};
	const struct sink_kafka_config *c = &k->config;
	char queue[24];
	int r;

	k->conf = rd_kafka_conf_new();
	rd_kafka_conf_set_opaque(k->conf, k);
	rd_kafka_conf_set_dr_msg_cb(k->conf, on_delivery);
	rd_kafka_conf_set_error_cb(k->conf, on_error);
	rd_kafka_conf_set_log_cb(k->conf, on_log);
	snprintf(queue, sizeof(queue), "%" PRIu64, c->queue_kb);
	r = set(k->conf, "queue.buffering.max.kbytes", queue, "");
	if (r == 0)
		r = set(k->conf, "bootstrap.servers", c->brokers, "");
	for (size_t i = 0; r == 0 && i < sizeof(ours) / sizeof(ours[0]); i++)
		r = set(k->conf, ours[i].name, ours[i].value, "");
	for (unsigned i = 0; r == 0 && i < c->nr_properties; i++)
		r = set(k->conf, c->properties[i].name, c->properties[i].value,
			"kafka.properties.");
	return r;
}

static void
destroy_producer(struct sink_kafka *k)
{
	for (unsigned t = 0; t < NR_RECORD_TYPES; t++) {
		if (k->topics[t] != NULL)
			rd_kafka_topic_destroy(k->topics[t]);
		k->topics[t] = NULL;
	}
	if (k->rk != NULL)
		rd_kafka_destroy(k->rk);
	k->rk = NULL;
}

static int
create_producer(struct sink_kafka *k)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_dup(k->conf);
	char error[512], topic[256];

	k->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error));
	if (k->rk == NULL) {
		rd_kafka_conf_destroy(conf);
		log_err("kafka: %s: see kafka.properties", error);
		return -EINVAL;
	}
	for (unsigned t = 0; t < NR_RECORD_TYPES; t++) {
		if ((k->config.types & (1u << t)) == 0)
			continue;
		snprintf(topic, sizeof(topic), "%s%s", k->config.topic_prefix,
			 record_type_names[t]);
		k->topics[t] = rd_kafka_topic_new(k->rk, topic, NULL);
		if (k->topics[t] == NULL) {
			log_err("kafka: topic \"%s\": %s: check kafka.topic_prefix", topic,
				rd_kafka_err2str(rd_kafka_last_error()));
			destroy_producer(k);
			return -EINVAL;
		}
	}
	return 0;
}

static int
wait_for_broker(struct sink_kafka *k)
{
	const struct rd_kafka_metadata *metadata;
	uint32_t ms = k->config.connect_timeout_ms;
	uint64_t until = clock_ms() + ms;
	rd_kafka_resp_err_t r;

	do {
		uint64_t now = clock_ms();

		r = rd_kafka_metadata(k->rk, 0, NULL, &metadata,
				      now < until ? (int)(until - now) : 1);
		rd_kafka_poll(k->rk, 0);
	} while (r == RD_KAFKA_RESP_ERR__TRANSPORT && clock_ms() < until);
	if (r == RD_KAFKA_RESP_ERR_NO_ERROR) {
		rd_kafka_metadata_destroy(metadata);
		return 0;
	}
	if (ms % 1000 == 0)
		log_err("kafka: %s: no broker answered within %" PRIu32 " s: check kafka.brokers",
			k->config.brokers, ms / 1000);
	else
		log_err("kafka: %s: no broker answered within %" PRIu32 " ms: check kafka.brokers",
			k->config.brokers, ms);
	return -ETIMEDOUT;
}

/* Calls back for everything in the queue until it is empty, for at most ms. */
static void
wait_empty(struct sink_kafka *k, int ms)
{
	uint64_t until = clock_ms() + (uint64_t)ms;

	while (rd_kafka_outq_len(k->rk) > 0 && clock_ms() < until)
		rd_kafka_poll(k->rk, 10);
}

/* A fatal error: takes back what was under way and makes a new producer. */
static void
make_anew(struct sink_kafka *k)
{
	k->collecting = true;
	rd_kafka_purge(k->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	wait_empty(k, PURGE_MS);
	k->collecting = false;
	k->fatal = false;
	destroy_producer(k);
	log_rarely(k, "fatal producer error: starting anew");
	if (create_producer(k) != 0)
		k->failed = true;
}

static enum sink_result
produce(struct sink_kafka *k, const struct sink_message *m, bool spooled)
{
	uintptr_t opaque = (uintptr_t)m->time_us << OPAQUE_TIME_SHIFT |
			   (spooled ? OPAQUE_SPOOLED : 0) | (uintptr_t)m->type;
	size_t len = m->len != 0 && m->json[m->len - 1] == '\n' ? m->len - 1 : m->len;
	const char *schema = k->schemas[m->type];
	rd_kafka_resp_err_t r;

	if (k->topics[m->type] == NULL)
		return SINK_OK; /* a type that is no longer published, out of an old spool */
	/* Tags and values as producev takes them; RD_KAFKA_V_...() would do the same in GNU C. */
	r = rd_kafka_producev(k->rk, RD_KAFKA_VTYPE_RKT, k->topics[m->type],
			      RD_KAFKA_VTYPE_MSGFLAGS, (int)RD_KAFKA_MSG_F_COPY,
			      RD_KAFKA_VTYPE_VALUE, (void *)(uintptr_t)m->json, (size_t)len,
			      RD_KAFKA_VTYPE_KEY, (void *)(uintptr_t)m->key, (size_t)m->key_len,
			      RD_KAFKA_VTYPE_TIMESTAMP, (int64_t)(m->time_us / 1000),
			      RD_KAFKA_VTYPE_HEADER, "schema", schema, (ssize_t)strlen(schema),
			      RD_KAFKA_VTYPE_HEADER, "event_id", m->event_id,
			      (ssize_t)SINK_ID_DIGITS, RD_KAFKA_VTYPE_HEADER, "sensor",
			      k->config.sensor, (ssize_t)strlen(k->config.sensor),
			      RD_KAFKA_VTYPE_OPAQUE, (void *)opaque, RD_KAFKA_VTYPE_END);
	switch (r) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		if (spooled)
			k->batch_open++;
		return SINK_OK;
	case RD_KAFKA_RESP_ERR__QUEUE_FULL:
		return SINK_FULL;
	case RD_KAFKA_RESP_ERR__FATAL:
		k->fatal = true;
		return SINK_FULL;
	default:
		k->stats.errors++;
		log_rarely(k, rd_kafka_err2str(r));
		lose(k);
		return SINK_OK;
	}
}

/* Whether everything that was put aside is under way again. */
static bool
resend_all(struct sink_kafka *k)
{
	struct resend *r;

	while ((r = STAILQ_FIRST(&k->resend)) != NULL) {
		if (produce(k, &r->message, r->spooled) == SINK_FULL)
			return false;
		STAILQ_REMOVE_HEAD(&k->resend, next);
		k->nr_resend--;
		free(r);
	}
	return true;
}

/*
 * The next batch out of the spool, when nothing else is under way: then the queue has room for all
 * of it. A batch that failed in part is read again after a moment; what had arrived arrives twice.
 */
static void
drain_spool(struct sink_kafka *k)
{
	struct spool *spool = k->config.spool;
	uint64_t room = k->config.queue_kb * 512;
	struct sink_message m;

	if (k->batch_open != 0 || k->fatal || rd_kafka_outq_len(k->rk) > 0)
		return;
	if (k->batch_failed) {
		spool_rewind(spool);
		k->batch_failed = false;
		k->spool_retry_ms = clock_ms() + SPOOL_RETRY_MS;
	}
	if (clock_ms() < k->spool_retry_ms)
		return;
	spool_commit(spool);
	while (k->batch_open < SPOOL_BATCH && room >= ENCODE_MAX_BYTES && spool_next(spool, &m)) {
		if (produce(k, &m, true) == SINK_FULL) {
			k->batch_failed = true; /* the one in hand must come again */
			break;
		}
		room -= m.len;
	}
}

static void
kafka_poll(struct sink *s, int timeout_ms)
{
	struct sink_kafka *k = of(s);

	if (k->rk == NULL)
		return;
	k->writes = 0;
	rd_kafka_poll(k->rk, timeout_ms);
	if (k->fatal)
		make_anew(k);
	if (k->rk != NULL && resend_all(k) && k->config.spool != NULL &&
	    (spool_records(k->config.spool) != 0 || k->batch_failed))
		drain_spool(k);
}

/* Not taken by the queue: live never waits. */
static enum sink_result
kafka_full(struct sink_kafka *k, const struct sink_message *m)
{
	if (k->config.replay)
		return SINK_FULL;
	keep(k, m);
	return SINK_OK;
}

static enum sink_result
kafka_write(struct sink *s, const struct sink_message *m)
{
	struct sink_kafka *k = of(s);

	if (++k->writes >= POLL_EVERY)
		kafka_poll(s, 0);
	if (k->failed)
		return SINK_FAILED;
	if (!resend_all(k))
		return kafka_full(k, m);
	if (k->config.spool != NULL && spool_records(k->config.spool) != 0) {
		keep(k, m);
		return SINK_OK;
	}
	if (produce(k, m, false) == SINK_OK)
		return SINK_OK;
	return kafka_full(k, m);
}

/* Nobody waits any longer: what is still in the queue goes to the spool, or is lost. */
static void
give_up(struct sink_kafka *k)
{
	struct resend *r;

	rd_kafka_purge(k->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	wait_empty(k, PURGE_MS);
	while ((r = STAILQ_FIRST(&k->resend)) != NULL) {
		STAILQ_REMOVE_HEAD(&k->resend, next);
		k->nr_resend--;
		keep(k, &r->message);
		free(r);
	}
}

static int
kafka_flush(struct sink *s)
{
	struct sink_kafka *k = of(s);
	uint64_t until = clock_ms() + (k->config.replay ? REPLAY_FLUSH_MS : LIVE_FLUSH_MS);

	while (k->rk != NULL && (rd_kafka_outq_len(k->rk) > 0 || k->nr_resend != 0) &&
	       clock_ms() < until) {
		rd_kafka_flush(k->rk, 100);
		kafka_poll(s, 0);
	}
	if (k->rk != NULL)
		give_up(k);
	if (k->config.spool != NULL && k->batch_open == 0 && !k->batch_failed)
		spool_commit(k->config.spool);
	if (k->stats.lost == 0 && !k->failed)
		return 0;
	log_err("kafka: %" PRIu64 " records were not delivered: check the brokers%s", k->stats.lost,
		k->config.replay ? "" : ", and set spool.dir");
	return -EIO;
}

static void
kafka_stats(const struct sink *s, struct sink_stats *stats)
{
	const struct sink_kafka *k = (const struct sink_kafka *)s;

	*stats = k->stats;
	if (k->rk != NULL)
		stats->queued = (uint64_t)rd_kafka_outq_len(k->rk) + k->nr_resend;
	if (k->config.spool != NULL) {
		stats->spool_bytes = spool_bytes(k->config.spool);
		stats->spool_records = spool_records(k->config.spool);
		stats->spool_lost = spool_lost(k->config.spool);
	}
}

static void
destroy(struct sink_kafka *k)
{
	destroy_producer(k);
	if (k->conf != NULL)
		rd_kafka_conf_destroy(k->conf);
	free(k);
}

static void
kafka_close(struct sink *s)
{
	struct sink_kafka *k = of(s);

	atomic_store(&k->quiet, true);
	if (k->rk != NULL)
		give_up(k);
	spool_close(k->config.spool);
	destroy(k);
}

static const struct sink_ops kafka_ops = {
	.write = kafka_write,
	.poll = kafka_poll,
	.flush = kafka_flush,
	.stats = kafka_stats,
	.close = kafka_close,
};

int
sink_kafka_create(const struct sink_kafka_config *config, struct sink **out)
{
	struct sink_kafka *k = calloc(1, sizeof(*k));
	int r;

	if (k == NULL)
		return -ENOMEM;
	k->sink.ops = &kafka_ops;
	k->config = *config;
	STAILQ_INIT(&k->resend);
	for (unsigned t = 0; t < NR_RECORD_TYPES; t++)
		snprintf(k->schemas[t], sizeof(k->schemas[t]), "weir.%s/%d", record_type_names[t],
			 ENCODE_MAJOR);
	atomic_store(&k->quiet, true); /* until it works there is one line, and it is ours */
	r = make_conf(k);
	if (r == 0)
		r = create_producer(k);
	if (r == 0)
		r = wait_for_broker(k);
	if (r != 0) {
		destroy(k);
		return r;
	}
	atomic_store(&k->quiet, false);
	*out = &k->sink;
	return 0;
}

void
sink_kafka_break(struct sink *s)
{
	rd_kafka_test_fatal_error(of(s)->rk, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
				  "asked for by a test");
}
