#include "dataplane/counter_info.h"

#include <string.h>

#include "classify/conn_counters.h"
#include "dataplane/counters.h"
#include "dataplane/exposition.h"
#include "dataplane/flow/feed.h"
#include "dataplane/publish/ai_ledger.h"
#include "dataplane/publish/publisher.h"

#define INFO(member, meaning) { #member, meaning, false },
#define INFO_SKIP(id, text_of_id)               \
	{ "not_inspected_" text_of_id "_bytes", \
	  "payload that was not looked at, by the reason in its name", false },

static const struct counter_info infos[] = {
	/* Before the tables below, where the same name would stand as a counter. */
	{ "held_packets", "frames waiting in defrag or between workers", true },
	{ "output_queue", "records taken by the output and not yet delivered", true },
	{ "spool_bytes", "bytes in the spool", true },
	{ "spool_records", "records in the spool", true },
	WORKER_COUNTERS(INFO) FEED_COUNTERS(INFO) PUBLISHER_COUNTERS(INFO) CONN_COUNTERS(INFO)
	    CONN_SKIPS(INFO_SKIP) SCAN_COUNTERS(INFO) {
		"inspected_bytes", "payload that reached a parser or a scanner", false },
	{ "decode_consumed_bytes", "bytes of bodies given to a content decoder", false },
	{ "decode_produced_bytes", "bytes that came out of it", false },
	{ "decode_bombs", "bodies not decoded further: they grew beyond decode.max_ratio", false },
	{ "decode_bad_data", "bodies whose content coding was broken", false },
	{ "decode_no_decoder", "bodies not decoded: the pool was empty", false },
	{ "keylog_lines", "secrets read from key logs", false },
	{ "keylog_unused", "lines of key logs with secrets that open no record", false },
	{ "keylog_malformed", "lines of key logs that could not be read", false },
	{ "keylog_sessions", "TLS sessions whose secrets are held", true },
	{ "keylog_evicted", "of these, given up to make room", false },
	{ "flows_open", "flows in the tables", true },
	{ "rules_reloads", "times that rules were read anew", false },
	{ "rules_reload_failures", "of these, with an error: the old rules stayed", false },
	{ "nic_missed", "frames for which the NIC had no descriptor left", false },
	{ "nic_nombuf", "frames for which no buffer was free", false },
	{ "nic_errors", "frames that came damaged", false },
	{ "nic_unseen", "frames that only the interface counted, those on their way included",
	  true },
	{ "nic_cut", "frames that filled their room in the ring; what was longer is missing",
	  false },
	{ "links_up", "ports whose link is up", true },
	{ "link_downs", "times that a link went down", false },
	{ "workers_stalled", "workers that stand still now", true },
	{ "workers_stalls", "times that a worker stood still for watchdog.stall_ms", false },
	{ "publisher_stalled", "1 while the publisher stands still", true },
	{ "publisher_stalls", "times that the publisher stood still for watchdog.stall_ms", false },
	{ "output_down", "1 while the output takes nothing though records wait", true },
	{ "output_downs", "times that the output took nothing for watchdog.output_s", false },
};

static const struct counter_info port_infos[] = {
	{ "rx_packets", "frames received by the port", false },
	{ "rx_bytes", "their bytes", false },
	{ "filtered", "frames that the port's filter refused", false },
	{ "missed", "frames for which the NIC had no descriptor left", false },
	{ "nombuf", "frames for which no buffer was free", false },
	{ "errors", "frames that came damaged", false },
	{ "unseen", "frames that only the interface counted, those on their way included", true },
	{ "cut", "frames that filled their room in the ring; what was longer is missing", false },
	{ "queues_used", "queues that frames came by", true },
	{ "queue_most", "frames by the busiest queue", false },
	{ "link_up", "1 while the link is up", true },
	{ "link_downs", "times that the link went down", false },
	FEED_COUNTERS(INFO)
};

static const struct counter_info worker_infos[] = {
	{ "rx_packets", "frames that the worker took from ports", false },
	{ "used_packets", "frames of the flows that the worker owns", false },
	{ "flows_open", "flows in the worker's table", true },
	{ "stalled", "1 while the worker stands still", true },
	{ "stalls", "times that the worker stood still for watchdog.stall_ms", false },
};

static const struct counter_info provider_infos[] = { AI_LEDGER_COLUMNS(INFO) };

#define ROWS(t) (sizeof(t) / sizeof((t)[0]))
#define TABLE(t)           \
	{                  \
		t, ROWS(t) \
	}

_Static_assert(ROWS(infos) + CONFIG_MAX_PORTS * ROWS(port_infos) +
		       CONFIG_MAX_WORKERS * ROWS(worker_infos) +
		       AI_LEDGER_ROWS * ROWS(provider_infos) <=
		   EXPOSITION_MAX_SAMPLES,
	       "metrics have room for every counter");

const struct counter_info *
counter_info_find(const char *name, enum counter_scope scope)
{
	static const struct {
		const struct counter_info *infos;
		size_t nr;
	} tables[] = {
		[COUNTER_OF_ALL] = TABLE(infos),
		[COUNTER_OF_PORT] = TABLE(port_infos),
		[COUNTER_OF_WORKER] = TABLE(worker_infos),
		[COUNTER_OF_PROVIDER] = TABLE(provider_infos),
	};

	for (size_t i = 0; i < tables[scope].nr; i++) {
		if (strcmp(tables[scope].infos[i].name, name) == 0)
			return &tables[scope].infos[i];
	}
	return NULL;
}
