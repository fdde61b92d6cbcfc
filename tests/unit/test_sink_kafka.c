/* Against librdkafka's mock cluster, in this process: what is written is read back. */
#include "tests/support/unit.h"

#include <errno.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "dataplane/publish/sink_kafka.h"

#define NR    3000u
#define TOPIC "weir.http"

static rd_kafka_t *owner;
static rd_kafka_mock_cluster_t *cluster;
static const char *brokers;

static int
start_cluster(void **state)
{
	char error[256];

	(void)state;
	owner = rd_kafka_new(RD_KAFKA_PRODUCER, NULL, error, sizeof(error));
	assert_non_null(owner);
	cluster = rd_kafka_mock_cluster_new(owner, 1);
	assert_non_null(cluster);
	assert_int_equal(rd_kafka_mock_topic_create(cluster, TOPIC, 2, 1), 0);
	brokers = rd_kafka_mock_cluster_bootstraps(cluster);
	return 0;
}

static int
stop_cluster(void **state)
{
	(void)state;
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(owner);
	return 0;
}

static struct sink *
open_sink(bool replay, struct spool *spool, const struct sink_kafka_property *p, unsigned nr)
{
	const struct sink_kafka_config c = { .brokers = brokers,
					     .topic_prefix = "weir.",
					     .sensor = "s1",
					     .types = 1u << RECORD_HTTP,
					     .connect_timeout_ms = 10000,
					     .queue_kb = 65536,
					     .replay = replay,
					     .spool = spool,
					     .properties = p,
					     .nr_properties = nr };
	struct sink *s;

	assert_int_equal(sink_kafka_create(&c, &s), 0);
	return s;
}

static void
write_one(struct sink *s, unsigned i)
{
	struct sink_message m = { .type = RECORD_HTTP, .key = "k", .key_len = 1 };
	char json[64], id[40];
	enum sink_result r;

	m.len = (size_t)snprintf(json, sizeof(json), "{\"n\":%u}\n", i);
	snprintf(id, sizeof(id), "%032x", i);
	m.json = json;
	m.event_id = id;
	m.time_us = 1700000000000000u + i * 1000u;
	while ((r = s->ops->write(s, &m)) == SINK_FULL)
		s->ops->poll(s, 10);
	assert_int_equal(r, SINK_OK);
}

/* How often each number arrived. */
static unsigned seen[2 * NR];

static void
check_message(const rd_kafka_message_t *m)
{
	rd_kafka_timestamp_type_t kind;
	rd_kafka_headers_t *headers;
	const void *value;
	char text[64], id[40];
	unsigned n;
	size_t len;

	assert_true(m->len < sizeof(text));
	memcpy(text, m->payload, m->len);
	text[m->len] = '\0';
	assert_int_equal(sscanf(text, "{\"n\":%u}", &n), 1);
	assert_int_equal(text[m->len - 1], '}');
	assert_true(n < ARRAY_LEN(seen));
	seen[n]++;
	assert_int_equal(rd_kafka_message_timestamp(m, &kind), 1700000000000 + n);
	assert_memory_equal(m->key, "k", 1);
	assert_int_equal(rd_kafka_message_headers(m, &headers), 0);
	snprintf(id, sizeof(id), "%032x", n);
	assert_int_equal(rd_kafka_header_get_last(headers, "event_id", &value, &len), 0);
	assert_int_equal(len, 32);
	assert_memory_equal(value, id, 32);
	assert_int_equal(rd_kafka_header_get_last(headers, "schema", &value, &len), 0);
	assert_memory_equal(value, "weir.http/1", len);
	assert_int_equal(rd_kafka_header_get_last(headers, "sensor", &value, &len), 0);
	assert_memory_equal(value, "s1", len);
}

/* Reads the topic from its beginning until want messages came, or nothing more does. */
static unsigned
read_back(unsigned want)
{
	rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(2);
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	unsigned nr = 0, idle = 0;
	char error[256];
	rd_kafka_t *rk;

	rd_kafka_conf_set(conf, "bootstrap.servers", brokers, error, sizeof(error));
	rd_kafka_conf_set(conf, "group.id", "test", error, sizeof(error));
	rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof(error));
	assert_non_null(rk);
	for (int p = 0; p < 2; p++)
		rd_kafka_topic_partition_list_add(parts, TOPIC, p)->offset =
		    RD_KAFKA_OFFSET_BEGINNING;
	assert_int_equal(rd_kafka_assign(rk, parts), 0);
	memset(seen, 0, sizeof(seen));
	while (nr < want && idle < 40) {
		rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 250);

		idle = m == NULL ? idle + 1 : 0;
		if (m != NULL && m->err == 0) {
			check_message(m);
			nr++;
		}
		if (m != NULL)
			rd_kafka_message_destroy(m);
	}
	rd_kafka_topic_partition_list_destroy(parts);
	rd_kafka_consumer_close(rk);
	rd_kafka_destroy(rk);
	return nr;
}

static void
test_all_arrive_once(void **state)
{
	struct sink *s = open_sink(true, NULL, NULL, 0);
	struct sink_stats stats;

	(void)state;
	for (unsigned i = 0; i < NR; i++)
		write_one(s, i);
	assert_int_equal(s->ops->flush(s), 0);
	s->ops->stats(s, &stats);
	assert_int_equal(stats.delivered, NR);
	assert_int_equal(stats.lost, 0);
	s->ops->close(s);
	assert_int_equal(read_back(NR), NR);
	for (unsigned i = 0; i < NR; i++)
		assert_int_equal(seen[i], 1);
}

/* A queue with room for ten records: a replay waits, and nothing is lost. */
static void
test_small_queue(void **state)
{
	const struct sink_kafka_property p[] = { { "queue.buffering.max.messages", "10" },
						 { "linger.ms", "0" } };
	struct sink *s = open_sink(true, NULL, p, 2);

	(void)state;
	for (unsigned i = 0; i < 200; i++)
		write_one(s, i);
	assert_int_equal(s->ops->flush(s), 0);
	s->ops->close(s);
	assert_int_equal(read_back(200), 200);
}

/* The idempotent producer breaks half way: what was under way is sent by a new one. */
static void
test_fatal_error(void **state)
{
	struct sink *s = open_sink(true, NULL, NULL, 0);

	(void)state;
	for (unsigned i = 0; i < NR; i++) {
		write_one(s, i);
		if (i == NR / 2)
			sink_kafka_break(s);
	}
	assert_int_equal(s->ops->flush(s), 0);
	s->ops->close(s);
	assert_true(read_back(NR) >= NR);
	for (unsigned i = 0; i < NR; i++)
		assert_true(seen[i] >= 1);
}

static struct spool *
open_spool(char dir[64])
{
	struct spool *spool;

	snprintf(dir, 64, "/tmp/test_sink_kafka.%d", (int)getpid());
	assert_int_equal(spool_open(dir, SPOOL_MIN_BYTES, &spool), 0);
	return spool;
}

/* The broker is away for longer than messages wait: they go to the spool, and arrive later. */
static void
test_outage(void **state)
{
	const struct sink_kafka_property p[] = { { "message.timeout.ms", "1500" },
						 { "linger.ms", "5" } };
	struct sink_stats stats;
	char dir[64], path[128];
	struct sink *s = open_sink(false, open_spool(dir), p, 2);

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		write_one(s, i);
	for (int i = 0; i < 20; i++)
		s->ops->poll(s, 20);
	rd_kafka_mock_broker_set_down(cluster, 1);
	for (unsigned i = 100; i < 300; i++)
		write_one(s, i);
	do {
		s->ops->poll(s, 100);
		s->ops->stats(s, &stats);
	} while (stats.spool_records == 0);
	for (unsigned i = 300; i < 400; i++)
		write_one(s, i);
	rd_kafka_mock_broker_set_up(cluster, 1);
	for (int i = 0; i < 300 && stats.spool_records != 0; i++) {
		s->ops->poll(s, 100);
		s->ops->stats(s, &stats);
	}
	assert_int_equal(stats.spool_records, 0);
	assert_int_equal(s->ops->flush(s), 0);
	s->ops->stats(s, &stats);
	assert_int_equal(stats.lost + stats.spool_lost, 0);
	s->ops->close(s);
	assert_true(read_back(400) >= 400);
	for (unsigned i = 0; i < 400; i++)
		assert_true(seen[i] >= 1);
	snprintf(path, sizeof(path), "%s/lock", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/position", dir);
	unlink(path);
	rmdir(dir);
}

static void
test_no_broker(void **state)
{
	const struct sink_kafka_config c = { .brokers = "127.0.0.1:1",
					     .topic_prefix = "weir.",
					     .sensor = "s1",
					     .connect_timeout_ms = 300,
					     .queue_kb = 1024 };
	struct sink *s;

	(void)state;
	assert_int_equal(sink_kafka_create(&c, &s), -ETIMEDOUT);
}

static void
test_bad_property(void **state)
{
	const struct sink_kafka_property p = { "no.such.property", "1" };
	const struct sink_kafka_config c = { .brokers = "127.0.0.1:1",
					     .topic_prefix = "weir.",
					     .sensor = "s1",
					     .connect_timeout_ms = 300,
					     .queue_kb = 1024,
					     .properties = &p,
					     .nr_properties = 1 };
	struct sink *s;

	(void)state;
	assert_int_equal(sink_kafka_create(&c, &s), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_arrive_once, start_cluster, stop_cluster),
		cmocka_unit_test_setup_teardown(test_small_queue, start_cluster, stop_cluster),
		cmocka_unit_test_setup_teardown(test_fatal_error, start_cluster, stop_cluster),
		cmocka_unit_test_setup_teardown(test_outage, start_cluster, stop_cluster),
		cmocka_unit_test(test_no_broker),
		cmocka_unit_test(test_bad_property),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
