/*
 * The configuration: every setting, its unit, its limits and its default, in one table.
 *
 * A file is libconfig syntax, read by a strict walker: an unknown setting, a wrong type or a value
 * out of range is an error that names file, line and what would be right, also inside an
 * @include. One setting can be given as KEY=VALUE with its dotted name, with the same checks.
 * All errors of a file are told, not only the first.
 *
 *   config_defaults, then config_load and config_set in any order, at the end config_free
 *
 * Text in struct config is owned by it and never NULL. Not thread-safe; read-only once running.
 */
#ifndef WEIR_CONFIG_H
#define WEIR_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/port/domains.h"
#include "dataplane/publish/endpoint.h"

#define CONFIG_MAX_PORTS   16
#define CONFIG_MAX_WORKERS 64
#define CONFIG_MAX_TEXTS   256
#define CONFIG_MAX_NUMBER  2147483647u /* above it, libconfig 1.5 wraps silently */

/*
 * One row per setting; the member's name is the setting's with dots as underscores.
 *
 *   UINT(member, "name", default, min, max, "unit", "meaning")
 *   BOOL(member, "name", default, "meaning")
 *   ENUM(member, "name", "default", "a|b|c", "meaning")   the member is the index
 *   TEXT(member, "name", "default", "a|b|c", "meaning")   of these, or anything when ""
 *   TEXTS(member, "name", "default", "meaning")           a list; empty by default
 */
/* clang-format off */
#define CONFIG_SETTINGS(UINT, BOOL, ENUM, TEXT, TEXTS)                                             \
	TEXT(sensor, "sensor", "", "", "name of this sensor; default: the host name")               \
	TEXT(cluster, "cluster", "", "", "name of the cluster whose traffic is mirrored")           \
	UINT(workers, "workers", 1, 1, 64, "", "worker lcores")                                     \
	BOOL(poll_backoff, "poll.backoff", true, "sleep when idle instead of polling at full speed") \
	TEXT(rules_dir, "rules.dir", "rules", "", "folder of rule files")                           \
	TEXT(rules_local, "rules.local", "", "",                                                    \
	     "one more rule file, read last: overrides, suppressions; \"\": none")                  \
	BOOL(rules_watch, "rules.watch", true, "read the rules anew when a file of theirs changes") \
	TEXT(output, "output", "-", "", "- (standard output), kafka, or a file")                    \
	TEXTS(records_types, "records.types", "all",                                                \
	      "record types to publish: all, none, or names: flow http dns tls llm mcp db finding edge stats")  \
	ENUM(records_estimate_tokens, "records.estimate_tokens", "missing", "off|missing|all",      \
	     "of model calls: none, those whose answers do not tell, all (to compare)")             \
	BOOL(records_body_sha256, "records.body_sha256", false, "hash HTTP bodies")                 \
	BOOL(records_stream_sha256, "records.stream_sha256", false, "hash both directions of flows") \
	UINT(memory_mbufs, "memory.mbufs", 16384, 1024, 16777216, "frames",                         \
	     "frames that can be in memory at once")                                                \
	TEXT(memory_huge, "memory.huge", "auto", "auto|on|off", "use hugepages")                    \
	BOOL(memory_lock, "memory.lock", false,                                                     \
	     "make all of it resident at the start of weir run, and keep it so")                    \
	UINT(decap_depth, "decap.depth", 4, 0, 16, "headers", "tunnels inside each other")          \
	BOOL(checksums_verify, "checksums.verify", false,                                           \
	     "drop what its receiver drops: wrong IPv4, TCP or UDP checksums")                      \
	TEXTS(domains_vlans, "domains.vlans", "",                                                   \
	      "domains of VLAN ids: \"100-199 300 = 1\"; others: the port's")                       \
	TEXTS(domains_vnis, "domains.vnis", "",                                                     \
	      "domains of VXLAN, Geneve, NVGRE networks: \"5000-5999 = 1\"; others: as before")      \
	ENUM(dedup_policy, "dedup.policy", "none", "none|same_vlan|collapse",                       \
	     "what to do about frames that the mirror sends twice")                                 \
	UINT(dedup_window_ms, "dedup.window_ms", 20, 1, 10000, "ms", "second copies come within it") \
	UINT(defrag_max_datagrams, "defrag.max_datagrams", 1024, 1, 1048576, "datagrams",           \
	     "being put together at once, per worker")                                              \
	UINT(defrag_timeout_ms, "defrag.timeout_ms", 30000, 1, 600000, "ms",                        \
	     "after which an incomplete datagram is given up")                                      \
	UINT(flow_max, "flow.max", 262144, 64, 67108864, "flows", "open flows per worker")          \
	UINT(flow_max_half_open, "flow.max_half_open", 131072, 64, 67108864, "flows",               \
	     "flows of one packet per worker")                                                      \
	UINT(flow_tcp_idle_s, "flow.tcp_idle_s", 300, 1, 86400, "s", "TCP flow without packets")    \
	UINT(flow_udp_idle_s, "flow.udp_idle_s", 60, 1, 86400, "s", "UDP flow without packets")     \
	UINT(flow_other_idle_s, "flow.other_idle_s", 60, 1, 86400, "s", "other flow without packets") \
	UINT(flow_half_open_s, "flow.half_open_s", 10, 1, 86400, "s", "handshake not completed")    \
	UINT(flow_linger_s, "flow.linger_s", 5, 0, 3600, "s", "closed flow kept for stragglers")    \
	UINT(flow_active_s, "flow.active_s", 300, 1, 86400, "s",                                    \
	     "a flow record at least this often for long flows")                                    \
	BOOL(flow_inspect, "flow.inspect", true,                                                    \
	     "look into payload; false: flows and streams only, no protocols, no findings")         \
	UINT(flow_inspect_mb_per_s, "flow.inspect_mb_per_s", 256, 0, 1048576, "MiB",                \
	     "payload of one flow that is inspected in a second; 0: all of it")                     \
	UINT(reasm_max_held_bytes, "reasm.max_held_bytes", 262144, 1, 16777216, "bytes",            \
	     "waiting behind a hole, per direction")                                                \
	UINT(reasm_max_held_segments, "reasm.max_held_segments", 1024, 1, 65536, "segments",        \
	     "waiting behind a hole, per direction")                                                \
	UINT(reasm_worker_mb, "reasm.worker_mb", 64, 1, 65536, "MiB", "held segments per worker")   \
	UINT(reasm_gap_timeout_ms, "reasm.gap_timeout_ms", 2000, 1, 600000, "ms",                   \
	     "after which a hole is given up")                                                      \
	UINT(protocols_connections, "protocols.connections", 16384, 1, 16777216, "connections",        \
	     "connections per worker of each protocol without a number of its own; databases share it")               \
	UINT(protocols_db_operations, "protocols.db_operations", 32768, 0, 16777216, "classes",       \
	     "classes of database operations that connections of a worker count at a time")        \
	UINT(http_connections, "http.connections", 65536, 1, 16777216, "connections",               \
	     "HTTP connections per worker")                                                         \
	UINT(http_transactions, "http.transactions", 16384, 1, 16777216, "requests",                \
	     "requests under way per worker")                                                       \
	UINT(http_pipelined, "http.pipelined", 64, 1, 65536, "requests",                            \
	     "requests under way per connection")                                                   \
	UINT(http2_tables, "http2.tables", 2048, 1, 1048576, "connections",                          \
	     "HTTP/2 connections per worker whose header tables are kept")                         \
	UINT(tls_connections, "tls.connections", 65536, 1, 16777216, "connections",                 \
	     "TLS handshakes per worker")                                                           \
	UINT(tls_buffers, "tls.buffers", 1024, 1, 1048576, "buffers",                               \
	     "handshakes that span segments, per worker")                                           \
	TEXTS(tls_keylog, "tls.keylog", "",                                                         \
	      "key log files (SSLKEYLOGFILE): TLS whose secrets are there is looked into")          \
	TEXTS(tls_keylog_names, "tls.keylog_names", "",                                             \
	      "server names, with stars, that secrets are used for; default: all")                  \
	UINT(tls_keylog_sessions, "tls.keylog_sessions", 65536, 1, 16777216, "sessions",            \
	     "whose secrets are kept; the oldest goes")                                             \
	UINT(tls_keylog_held, "tls.keylog_held", 256, 0, 1048576, "connections",                    \
	     "per worker whose secrets weir run waits for, with 64 KiB of each; 0: none")           \
	UINT(tls_keylog_wait_ms, "tls.keylog_wait_ms", 2000, 1, 60000, "ms",                        \
	     "secrets that have not come so long after the hellos are not waited for")              \
	UINT(tls_decrypted, "tls.decrypted", 16384, 1, 16777216, "connections",                     \
	     "TLS connections per worker that may be looked into, with a key log")                  \
	UINT(tls_records, "tls.records", 2048, 8, 1048576, "records",                               \
	     "of these, being put together, per worker, with a key log")                            \
	UINT(dns_flows, "dns.flows", 262144, 1, 16777216, "flows", "DNS flows per worker")           \
	UINT(llm_calls, "llm.calls", 4096, 1, 1048576, "calls", "model calls under way per worker") \
	UINT(llm_shapes, "llm.shapes", 16384, 0, 16777216, "connections",                           \
	     "TLS and QUIC connections per worker whose shape is watched; 0: none")                 \
	UINT(mcp_exchanges, "mcp.exchanges", 1024, 1, 1048576, "exchanges",                         \
	     "exchanges with messages of agents (MCP, A2A) under way per worker")                   \
	UINT(scan_streams, "scan.streams", 8192, 1, 16777216, "streams",                            \
	     "streams being scanned per worker")                                                    \
	UINT(decode_deflate, "decode.deflate", 1024, 0, 65536, "decoders", "gzip, deflate; per worker") \
	UINT(decode_brotli, "decode.brotli", 16, 0, 65536, "decoders", "br; per worker")            \
	UINT(decode_zstd, "decode.zstd", 16, 0, 65536, "decoders", "zstd; per worker")              \
	UINT(decode_lz4, "decode.lz4", 16, 0, 65536, "decoders", "LZ4; per worker")                 \
	UINT(decode_snappy, "decode.snappy", 64, 0, 65536, "decoders", "Snappy; per worker")        \
	UINT(decode_max_ratio, "decode.max_ratio", 200, 1, 100000, "",                              \
	     "decompressed to compressed bytes; beyond it a body is not decoded further")           \
	UINT(decode_ratio_after_bytes, "decode.ratio_after_bytes", 1048576, 0, 1073741824, "bytes", \
	     "decompressed bytes before the ratio counts")                                          \
	UINT(decode_max_message_mb, "decode.max_message_mb", 1024, 1, 1048576, "MiB",               \
	     "decompressed size of a message")                                                      \
	ENUM(findings_min_severity, "findings.min_severity", "low", "info|low|medium|high|critical", \
	     "less severe findings are neither published nor counted")                              \
	UINT(findings_window_s, "findings.window_s", 60, 1, 86400, "s",                             \
	     "findings of one rule on one edge become one record per window")                       \
	UINT(edges_max, "edges.max", 4096, 1, 1048576, "edges",                                     \
	     "(client, server, service, model) whose calls are added up; the one silent longest goes") \
	UINT(edges_interval_s, "edges.interval_s", 3600, 1, 86400, "s",                             \
	     "an edge that is known is published that often, if it has changed")                    \
	ENUM(detect_test_values, "detect.test_values", "low", "low|live",                           \
	     "published test values: of low severity, or like any other")                           \
	TEXTS(networks_internal, "networks.internal", "",                                           \
	      "prefixes that count as inside; default: private, shared, loopback and link-local")   \
	UINT(names_dns_entries, "names.dns_entries", 65536, 0, 16777216, "names",                   \
	     "of addresses, from DNS answers; the one heard longest ago goes; 0: none")              \
	UINT(names_dns_grace_s, "names.dns_grace_s", 300, 0, 86400, "s",                            \
	     "a name holds that much longer than its time to live")                                 \
	TEXT(kafka_brokers, "kafka.brokers", "127.0.0.1:9092", "", "host:port, separated by commas") \
	TEXT(kafka_topic_prefix, "kafka.topic_prefix", "weir.", "", "a topic is prefix and type")   \
	UINT(kafka_connect_timeout_ms, "kafka.connect_timeout_ms", 5000, 100, 600000, "ms",         \
	     "a broker must have answered by then at start")                                        \
	UINT(kafka_queue_kb, "kafka.queue_kb", 65536, 1024, 2097151, "KiB",                         \
	     "records waiting in memory for Kafka")                                                 \
	TEXT(spool_dir, "spool.dir", "", "", "folder for records that Kafka did not take; \"\": none") \
	UINT(spool_max_mb, "spool.max_mb", 1024, 2, 16777216, "MiB", "then the oldest are given up") \
	UINT(budget_records_per_s, "budget.records_per_s", 0, 0, 100000000, "records/s",            \
	     "of each type; findings, edges and stats excepted; 0: unlimited")                      \
	UINT(budget_mb_per_day, "budget.mb_per_day", 0, 0, 100000000, "MiB/day",                    \
	     "of each type; findings, edges and stats excepted; 0: unlimited")                             \
	UINT(publish_ring_kb, "publish.ring_kb", 4096, 128, 1048576, "KiB",                         \
	     "record ring of each worker")                                                          \
	UINT(publish_merge_mb, "publish.merge_mb", 256, 1, 65536, "MiB",                            \
	     "records waiting for slower workers")                                                  \
	TEXT(metrics_listen, "metrics.listen", "127.0.0.1:9464", "",                                \
	     "address and port of the metrics and the health check; \"\": none")                    \
	UINT(watchdog_stall_ms, "watchdog.stall_ms", 2000, 100, 600000, "ms",                       \
	     "a worker or the publisher that stands still so long is told")                         \
	UINT(watchdog_output_s, "watchdog.output_s", 10, 1, 86400, "s",                             \
	     "an output that takes nothing so long, while records wait, is told")                   \
	UINT(stats_interval_s, "stats.interval_s", 10, 1, 86400, "s", "a stats record this often")  \
	ENUM(log_level, "log.level", "warning", "err|warning|notice|info", "least important line")
/* clang-format on */

struct config_texts {
	char **text;
	unsigned nr;
};

/* One row of ports. */
struct port_config {
	char *device;	      /* iface:IF, xdp:IF, pci:..., or a DPDK device string */
	unsigned queues;      /* 1 to 64 */
	char *tap;	      /* what records call it; default: the device */
	unsigned domain;      /* flows of different domains never mix; 0 to 65535 */
	unsigned mtu;	      /* longest frame less its Ethernet header; 0: as the device is */
	unsigned descriptors; /* frames that wait in the device; 0: a default for its kind */
	char *filter;	      /* pcap-filter(7); "": none */
	int dedup;	      /* enum dedup_policy; -1: as dedup.policy says */
	bool promiscuous;
};

struct config_property {
	char *name, *value;
};

struct config {
#define CONFIG_UINT_MEMBER(member, ...)	 uint64_t member;
#define CONFIG_BOOL_MEMBER(member, ...)	 bool member;
#define CONFIG_ENUM_MEMBER(member, ...)	 unsigned member;
#define CONFIG_TEXT_MEMBER(member, ...)	 char *member;
#define CONFIG_TEXTS_MEMBER(member, ...) struct config_texts member;
	CONFIG_SETTINGS(CONFIG_UINT_MEMBER, CONFIG_BOOL_MEMBER, CONFIG_ENUM_MEMBER,
			CONFIG_TEXT_MEMBER, CONFIG_TEXTS_MEMBER)
#undef CONFIG_UINT_MEMBER
#undef CONFIG_BOOL_MEMBER
#undef CONFIG_ENUM_MEMBER
#undef CONFIG_TEXT_MEMBER
#undef CONFIG_TEXTS_MEMBER
	struct port_config ports[CONFIG_MAX_PORTS];
	unsigned nr_ports;
	struct config_property *kafka_properties; /* kafka.properties, as librdkafka names them */
	unsigned nr_kafka_properties;
	/* derived, always up to date */
	uint32_t record_types;	  /* of records.types: bits of enum record_type */
	struct networks networks; /* of networks.internal, or the defaults */
	struct domains *domains;  /* of domains.vlans and .vnis; owned; NULL: none are listed */
};

/* Takes one error, without a newline. */
typedef void config_report_fn(void *arg, const char *line);

/* 0, or -ENOMEM. */
int config_defaults(struct config *c);
void config_free(struct config *c);

/*
 * Reads a file over what is in c. 0, or a negative errno with each error reported; c is then
 * valid but half-read. Errors go to the log, or to report when it is not NULL.
 */
int config_load(struct config *c, const char *path);
int config_load_reporting(struct config *c, const char *path, config_report_fn *report, void *arg);

/* The same from a string; name stands where the file's name would. */
int config_load_text(struct config *c, const char *name, const char *text, config_report_fn *report,
		     void *arg);

/*
 * "reasm.max_held_bytes=65536"; the elements of a list are separated by commas; also
 * kafka.properties.NAME=VALUE. ports cannot be set so. 0, or -EINVAL with the error reported.
 */
int config_set(struct config *c, const char *key_value);
int config_set_reporting(struct config *c, const char *key_value, config_report_fn *report,
			 void *arg);

#endif
