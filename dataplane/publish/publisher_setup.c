/* From the configuration to a publisher with its sink. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "dataplane/log.h"
#include "dataplane/publish/publisher.h"
#include "dataplane/publish/sink_file.h"
#include "dataplane/publish/sink_kafka.h"

static uint64_t
wall_clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int
open_kafka(const struct config *c, bool replay, struct sink **out)
{
	struct sink_kafka_property *properties =
	    calloc(c->nr_kafka_properties + 1, sizeof(*properties));
	struct sink_kafka_config k = {
		.brokers = c->kafka_brokers,
		.topic_prefix = c->kafka_topic_prefix,
		.sensor = c->sensor,
		.types = c->record_types,
		.connect_timeout_ms = (uint32_t)c->kafka_connect_timeout_ms,
		.queue_kb = c->kafka_queue_kb,
		.replay = replay,
		.properties = properties,
		.nr_properties = c->nr_kafka_properties,
	};
	int r = 0;

	if (properties == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < c->nr_kafka_properties; i++)
		properties[i] = (struct sink_kafka_property) { c->kafka_properties[i].name,
							       c->kafka_properties[i].value };
	/* A replay waits instead: its capture is on disk already. */
	if (!replay && c->spool_dir[0] != '\0')
		r = spool_open(c->spool_dir, c->spool_max_mb << 20, &k.spool);
	if (r == 0)
		r = sink_kafka_create(&k, out);
	if (r != 0)
		spool_close(k.spool);
	free(properties);
	return r;
}

int
publisher_create_from_config(const struct config *config,
			     const struct provider_catalogue *providers, bool replay,
			     unsigned nr_workers, struct publisher **out)
{
	struct publisher_config p = {
		.sensor = config->sensor,
		.cluster = config->cluster,
		.types = config->record_types,
		.ring_bytes = config->publish_ring_kb << 10,
		.merge_bytes = config->publish_merge_mb << 20,
		.boot_us = replay ? 0 : wall_clock_us(),
		.replay = replay,
		.window_us = config->findings_window_s * 1000000,
		.min_severity_id = config->findings_min_severity + 1,
		.max_edges = (uint32_t)config->edges_max,
		.edge_interval_us = config->edges_interval_s * 1000000,
		.budget = { .records_per_s = config->budget_records_per_s,
			    .bytes_per_day = config->budget_mb_per_day << 20 },
		.networks = config->networks,
		.dns_names = (uint32_t)config->names_dns_entries,
		.dns_grace_us = config->names_dns_grace_s * 1000000,
		.providers = providers,
	};
	int r;

	/* Live the table is not to be aimed at; a replay has to be repeatable. */
	if (!replay && getrandom(&p.names_key, sizeof(p.names_key), 0) != sizeof(p.names_key))
		return -EIO;
	if (strcmp(config->output, "kafka") == 0)
		r = open_kafka(config, replay, &p.sink);
	else
		r = sink_file_create(config->output, !replay, &p.sink);
	if (r != 0)
		return r;
	r = publisher_create(&p, nr_workers, out);
	if (r != 0)
		log_err(
		    "publish: %u rings of %llu KiB: no memory: lower publish.ring_kb or workers",
		    nr_workers, (unsigned long long)config->publish_ring_kb);
	return r;
}
