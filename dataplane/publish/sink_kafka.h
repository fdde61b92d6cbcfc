/*
 * Records to Kafka, one topic per type: prefix + type. Value: the JSON object; key: given by the
 * publisher; timestamp: the record's time; headers: schema, event_id, sensor.
 *
 * At least once: idempotent producer, acks=all. What happens to a record that Kafka does not take:
 *
 *   queue full    replay: SINK_FULL, the publisher waits    live: spool, or lost without one
 *   not delivered within message.timeout.ms (broker away, not enough replicas)
 *                 live: spool, or lost without one          replay: lost, and the run fails
 *   refused for good (too large, topic not authorised)      lost
 *   fatal error of the idempotent producer: the producer is made anew, what was under way is sent
 *                 again, in order
 *
 * Each loss is counted. While the spool holds records, newer ones go behind them; they are sent in
 * batches once Kafka answers, and a batch is forgotten when all of it has arrived. So per key the
 * order is kept, except across a delivery that failed: those records come later than newer ones
 * that were in the queue behind them.
 *
 * The value's trailing newline is not sent. Only this file knows librdkafka; everything runs on
 * the thread that calls it, but for log lines, which are limited to one in five seconds.
 */
#ifndef WEIR_SINK_KAFKA_H
#define WEIR_SINK_KAFKA_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/publish/sink.h"
#include "dataplane/publish/spool.h"

struct sink_kafka_property {
	const char *name, *value;
};

/* topic_prefix and sensor are kept, everything else is borrowed. */
struct sink_kafka_config {
	const char *brokers; /* host:port,... */
	const char *topic_prefix;
	const char *sensor;
	uint32_t types; /* bits of enum record_type: the topics to open */
	uint32_t connect_timeout_ms;
	uint64_t queue_kb; /* waiting in memory, at most; at least 1024 */
	bool replay;
	struct spool *spool;			      /* NULL: none; given, closed with the sink */
	const struct sink_kafka_property *properties; /* librdkafka's own settings, over ours */
	unsigned nr_properties;
};

/*
 * Waits until a broker has answered. 0; -EINVAL for a property that librdkafka refuses; -ETIMEDOUT
 * without a broker: each with one line logged. The spool stays the caller's if it fails.
 */
int sink_kafka_create(const struct sink_kafka_config *config, struct sink **out);

/* Makes the producer fail as after a broken sequence: for tests. */
void sink_kafka_break(struct sink *s);

#endif
