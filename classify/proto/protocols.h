/*
 * The protocols that weir tells apart, a row each: adding one is a row here and a file with its
 * probe and its entry points (docs/parsers.md shows how).
 *
 *   X(ID, "name", TRANSPORT, probe, entry)
 *
 * ID makes PROTOCOL_ID. "name" is what records call it. TRANSPORT is TCP, UDP or ANY. probe says
 * whether the first bytes are of this protocol (probe.h); detect_never is for what only begins
 * inside another. entry is the protocol's struct conn_proto (conn_env.h); conn_payload is for what
 * is recognised and then scanned as it is.
 *
 * The order is that of asking: long magic before short, sure before doubtful.
 */
#ifndef WEIR_PROTOCOLS_H
#define WEIR_PROTOCOLS_H

#define PROTOCOLS(X)                                                        \
	X(PROXY, "proxy", TCP, proxy_probe, conn_proxy)                     \
	X(HTTP2, "http2", TCP, http2_probe, conn_http2)                     \
	X(TLS, "tls", TCP, tls_probe, conn_tls)                             \
	X(NATS, "nats", TCP, nats_probe, conn_nats)                         \
	X(HTTP, "http", TCP, http_probe, conn_http)                         \
	X(SSH, "ssh", TCP, ssh_probe, conn_ssh)                             \
	X(SOCKS, "socks", TCP, socks_probe, conn_socks)                     \
	X(AMQP, "amqp", TCP, amqp_probe, conn_amqp)                         \
	X(REDIS, "redis", TCP, redis_probe, conn_redis)                     \
	X(POSTGRESQL, "postgresql", TCP, postgresql_probe, conn_postgresql) \
	X(SMTP, "smtp", TCP, smtp_probe, conn_smtp)                         \
	X(IMAP, "imap", TCP, imap_probe, conn_imap)                         \
	X(POP3, "pop3", TCP, pop3_probe, conn_pop3)                         \
	X(MQTT, "mqtt", TCP, mqtt_probe, conn_mqtt)                         \
	X(MYSQL, "mysql", TCP, mysql_probe, conn_mysql)                     \
	X(CASSANDRA, "cassandra", TCP, cassandra_probe, conn_cassandra)     \
	X(LDAP, "ldap", TCP, ldap_probe, conn_ldap)                         \
	X(MONGODB, "mongodb", TCP, mongodb_probe, conn_mongodb)             \
	X(KAFKA, "kafka", TCP, kafka_probe, conn_kafka)                     \
	X(DNSCRYPT, "dnscrypt", UDP, dnscrypt_probe, conn_dns)              \
	X(MDNS, "mdns", UDP, mdns_probe, conn_dns)                          \
	X(LLMNR, "llmnr", ANY, llmnr_probe, conn_dns)                       \
	X(MEMCACHED, "memcached", TCP, memcached_probe, conn_memcached)     \
	X(DNS, "dns", ANY, dns_probe, conn_dns)                             \
	X(DTLS, "dtls", UDP, dtls_probe, conn_dtls)                         \
	X(QUIC, "quic", UDP, quic_probe, conn_quic)                         \
	X(WEBSOCKET, "websocket", TCP, detect_never, conn_payload)          \
	X(GRPC, "grpc", TCP, detect_never, conn_payload)

enum protocol {
	PROTOCOL_UNKNOWN,
#define PROTOCOL_ID(id, name, transport, probe, entry) PROTOCOL_##id,
	PROTOCOLS(PROTOCOL_ID)
#undef PROTOCOL_ID
	    NR_PROTOCOLS,
};

#endif
