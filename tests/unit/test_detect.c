#include "tests/support/unit.h"

#include "classify/proto/detect.h"
#include "tests/support/guard.h"

#define CLIENT(text) text, sizeof(text) - 1, NULL, 0
#define SERVER(text) NULL, 0, text, sizeof(text) - 1

static const struct detect_case {
	const char *name;
	const char *orig;
	size_t orig_len;
	const char *resp;
	size_t resp_len;
	uint16_t port;
	bool udp;
	enum protocol want;
} cases[] = {
	{ "http get", CLIENT("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 8081, false, PROTOCOL_HTTP },
	{ "http odd method", CLIENT("PROPFIND /x HTTP/1.1\r\n"), 8081, false, PROTOCOL_HTTP },
	{ "http answer only", SERVER("HTTP/1.1 200 OK\r\n"), 8081, false, PROTOCOL_HTTP },
	{ "text that is no request", CLIENT("GET me a cup of tea, please\r\n"), 80, false,
	  PROTOCOL_UNKNOWN },
	{ "proxy protocol", CLIENT("PROXY TCP4 192.0.2.1 192.0.2.2 40000 443\r\n"), 443, false,
	  PROTOCOL_PROXY },
	{ "proxy protocol 2", CLIENT("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"), 443, false,
	  PROTOCOL_PROXY },
	{ "proxy protocol of a later version", CLIENT("\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c"), 443,
	  false, PROTOCOL_UNKNOWN },
	{ "a method that is called so", CLIENT("PROXY / HTTP/1.1\r\n"), 8081, false,
	  PROTOCOL_HTTP },
	{ "http2", CLIENT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4"), 8081, false,
	  PROTOCOL_HTTP2 },
	{ "memcached set", CLIENT("set k 0 0 4\r\nabcd\r\n"), 9999, false, PROTOCOL_MEMCACHED },
	{ "memcached get", CLIENT("get key1 key2\r\n"), 9999, false, PROTOCOL_MEMCACHED },
	{ "set of something else", CLIENT("set volume to 11\r\n"), 9999, false, PROTOCOL_UNKNOWN },
	{ "memcached binary", CLIENT("\x80\0\0\2\0\0\0\0\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\0k1"), 9999,
	  false, PROTOCOL_MEMCACHED },
	{ "skinny is no memcached", CLIENT("\x80\0\0\0\0\0\0\0\1\0\0\0SEP00270DBD3C10\0\0\0\0\0\0"),
	  2000, false, PROTOCOL_UNKNOWN },
	{ "cassandra options", CLIENT("\4\0\0\0\5\0\0\0\0"), 9999, false, PROTOCOL_CASSANDRA },
	{ "cassandra startup",
	  CLIENT("\5\0\0\1\1\0\0\0\x16\0\1\0\x0b"
		 "CQL_VERSION\0\5"
		 "3.0.0"),
	  9999, false, PROTOCOL_CASSANDRA },
	{ "cassandra's word behind an empty startup",
	  CLIENT("\5\0\0\1\1\0\0\0\0\0\1\0\x0b"
		 "CQL_VERSION\0\5"
		 "3.0.0"),
	  9999, false, PROTOCOL_UNKNOWN },
	{ "ldap, a bind", CLIENT("0\x0c\2\1\1\x60\7\2\1\3\4\0\x80\0"), 3890, false, PROTOCOL_LDAP },
	{ "ldap, a search of Active Directory's", CLIENT("0\x84\0\0\0\x2a\2\1\1\x63\x84\0\0\0\x21"),
	  389, false, PROTOCOL_LDAP },
	{ "an array that is no ldap", CLIENT("0\x0c\2\1\1\x04\6public"), 161, false,
	  PROTOCOL_UNKNOWN },
	{ "tls hello", CLIENT("\x16\3\1\2\0\1\0\1\xfc\3\3"), 4433, false, PROTOCOL_TLS },
	{ "tls alert is no beginning", CLIENT("\x15\3\1\0\2\2\x28"), 443, false, PROTOCOL_UNKNOWN },
	{ "ssh", SERVER("SSH-2.0-OpenSSH_9.2\r\n"), 2222, false, PROTOCOL_SSH },
	{ "smtp", SERVER("220 mail.example.com ESMTP ready\r\n"), 2525, false, PROTOCOL_SMTP },
	{ "smtp in small letters", CLIENT("ehlo a.example\r\n"), 9925, false, PROTOCOL_SMTP },
	{ "lmtp", CLIENT("LHLO a.example\r\n"), 9924, false, PROTOCOL_SMTP },
	{ "lmtp greets", SERVER("220 mail.example.com LMTP\r\n"), 24, false, PROTOCOL_SMTP },
	{ "imap", SERVER("* OK [CAPABILITY IMAP4rev1] ready\r\n"), 1143, false, PROTOCOL_IMAP },
	{ "pop3", SERVER("+OK POP3 ready\r\n"), 1110, false, PROTOCOL_POP3 },
	{ "ftp greets alike", SERVER("220 FTP server ready\r\n"), 21, false, PROTOCOL_UNKNOWN },
	{ "redis", CLIENT("*2\r\n$4\r\nLLEN\r\n$1\r\nq\r\n"), 7000, false, PROTOCOL_REDIS },
	{ "nats", SERVER("INFO {\"server_id\":\"x\"}\r\n"), 4222, false, PROTOCOL_NATS },
	{ "amqp", CLIENT("AMQP\0\0\x09\1"), 5673, false, PROTOCOL_AMQP },
	{ "mqtt", CLIENT("\x10\x0c\0\4MQTT\4\2\0\x3c\0\0"), 1884, false, PROTOCOL_MQTT },
	{ "postgresql", CLIENT("\0\0\0\x10\0\3\0\0user\0a\0\0"), 5433, false, PROTOCOL_POSTGRESQL },
	{ "postgresql asks for tls", CLIENT("\0\0\0\x08\4\xd2\x16\x2f"), 5433, false,
	  PROTOCOL_POSTGRESQL },
	{ "mysql greeting",
	  SERVER("\x4a\0\0\0\x0a"
		 "8.0.36\0\1\0\0\0"),
	  3307, false, PROTOCOL_MYSQL },
	{ "mongodb", CLIENT("\x3a\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0"), 27018, false,
	  PROTOCOL_MONGODB },
	{ "mongodb, an insert of older clients",
	  CLIENT("\x80\0\0\0\1\0\0\0\0\0\0\0\xd2\7\0\0\0\0\0\0shop.cart\0"), 27018, false,
	  PROTOCOL_MONGODB },
	{ "mongodb, more of a cursor",
	  CLIENT("\x80\0\0\0\1\0\0\0\0\0\0\0\xd5\7\0\0\0\0\0\0shop.cart\0"), 27018, false,
	  PROTOCOL_MONGODB },
	{ "the number of an opcode, and no name",
	  CLIENT("\x80\0\0\0\1\0\0\0\0\0\0\0\xd5\7\0\0\0\0\0\0sh\0\1\2\3"), 27018, false,
	  PROTOCOL_UNKNOWN },
	{ "kafka", CLIENT("\0\0\0\x1c\0\x12\0\3\0\0\0\1\0\7rdkafka\0\0\0\0\0\0\0\0\0"), 9093, false,
	  PROTOCOL_KAFKA },
	{ "dns over tcp",
	  CLIENT("\0\x21\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\7"
		 "example\3"
		 "com\0\0\1\0\1"),
	  5300, false, PROTOCOL_DNS },
	{ "dns",
	  CLIENT("\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\7"
		 "example\3"
		 "com\0\0\1\0\1"),
	  5300, true, PROTOCOL_DNS },
	{ "dtls hello", CLIENT("\x16\xfe\xff\0\0\0\0\0\0\0\0\0\2\1\0"), 3478, true, PROTOCOL_DTLS },
	{ "dtls, an older number", CLIENT("\x16\1\0\0\0\0\0\0\0\0\0\0\2\1\0"), 443, true,
	  PROTOCOL_DTLS },
	{ "dtls, joined midway", CLIENT("\x17\xfe\xfd\0\1\0\0\0\0\0\x09\0\2xy"), 443, true,
	  PROTOCOL_DTLS },
	{ "dtls record longer than the datagram", CLIENT("\x16\xfe\xff\0\0\0\0\0\0\0\0\0\3\1\0"),
	  3478, true, PROTOCOL_UNKNOWN },
	{ "random datagram",
	  CLIENT("\x9f\x01\xe2\x77\x20\x41\x99\x10\x00\x5b\xc1\xd2\xaa\x01\x02\x03"), 5300, true,
	  PROTOCOL_UNKNOWN },
	{ "quic handshake", CLIENT("\xe3\0\0\0\1\x08\1\2\3\4\5\6\7\x08\0\0\x44\x9e\0\0\0\0"), 443,
	  true, PROTOCOL_QUIC },
	{ "quic initial too short for a client's",
	  CLIENT("\xc3\0\0\0\1\x08\1\2\3\4\5\6\7\x08\0\0\x44\x9e\0\0\0\0"), 443, true,
	  PROTOCOL_UNKNOWN },
	{ "quic cut inside its connection ids",
	  CLIENT("\xe3\0\0\0\1\x10\1\2\3\4\5\6\7\x08\1\2\3\4\5\6"), 443, true, PROTOCOL_UNKNOWN },
	{ "quic of no known version",
	  CLIENT("\xe3\0\0\0\x99\x08\1\2\3\4\5\6\7\x08\0\0\x44\x9e\0\0\0\0"), 443, true,
	  PROTOCOL_UNKNOWN },
	{ "http behind an empty line", CLIENT("\r\nGET / HTTP/1.1\r\n"), 8081, false,
	  PROTOCOL_HTTP },
	{ "http target with blanks", CLIENT("GET /a b HTTP/1.1\r\n"), 8081, false, PROTOCOL_HTTP },
	{ "http without a target", CLIENT("GET HTTP/1.1\r\n"), 8081, false, PROTOCOL_HTTP },
	{ "http without blanks", CLIENT("GET/HTTP/1.1\r\n"), 8081, false, PROTOCOL_HTTP },
	{ "http, the longest method", CLIENT("ABCDEFGHIJKLMNOPQRSTUVWX / HTTP/1.1\r\n"), 8081,
	  false, PROTOCOL_HTTP },
	{ "http, a longer one", CLIENT("ABCDEFGHIJKLMNOPQRSTUVWXY / HTTP/1.1\r\n"), 8081, false,
	  PROTOCOL_UNKNOWN },
	{ "http answer from a client", CLIENT("HTTP/1.1 200 OK\r\n"), 8081, false,
	  PROTOCOL_UNKNOWN },
	{ "http in the second line", CLIENT("HELP ME\r\nGET / HTTP/1.1\r\n"), 8081, false,
	  PROTOCOL_UNKNOWN },
	{ "http behind a control character", CLIENT("GET\1 / HTTP/1.1\r\n"), 8081, false,
	  PROTOCOL_UNKNOWN },
	{ "http2, the server's settings first",
	  SERVER("\0\0\x0c\4\0\0\0\0\0\0\4\0\1\0\0\0\5\0\0\x40\0"), 50051, false, PROTOCOL_HTTP2 },
	{ "settings that are not whole", SERVER("\0\0\x0d\4\0\0\0\0\0\0\4\0\1\0\0"), 50051, false,
	  PROTOCOL_UNKNOWN },
	{ "rtsp", CLIENT("DESCRIBE rtsp://a/b RTSP/1.0\r\n"), 554, false, PROTOCOL_UNKNOWN },
	{ "smtp client before the greeting", CLIENT("EHLO a.example\r\n"), 9925, false,
	  PROTOCOL_SMTP },
	{ "smtp greeting behind other words of the client", "help\r\n", 6,
	  "220 mail.example.com ESMTP ready\r\n", 34, 9925, false, PROTOCOL_UNKNOWN },
	{ "tls server only", SERVER("\x16\3\3\0\x7a\2\0\0\x76\3\3"), 4433, false, PROTOCOL_TLS },
	{ "ssl 2 hello that offers tls", CLIENT("\x80\x2e\1\3\1\0\x15\0\0\0\x10\0\0\x33"), 443,
	  false, PROTOCOL_TLS },
	{ "mongodb answer from a client",
	  CLIENT("\x4b\x45\0\0\2\6\1\x55\0\0\3\x9e\1\0\0\0\x8f\xe0\xa8\xcf"), 443, false,
	  PROTOCOL_UNKNOWN },
	{ "kafka without a client id, on its port", CLIENT("\0\0\0\x0a\0\x12\0\0\0\0\0\1\xff\xff"),
	  9092, false, PROTOCOL_KAFKA },
	{ "kafka without a client id, elsewhere", CLIENT("\0\0\0\x0a\0\x12\0\0\0\0\0\1\xff\xff"),
	  9999, false, PROTOCOL_UNKNOWN },
	{ "dns header, damaged name, port of dns", CLIENT("\x12\x34\1\0\0\1\0\0\0\0\0\0\x4fwww\7"),
	  53, true, PROTOCOL_DNS },
	{ "dns header, damaged name, elsewhere", CLIENT("\x12\x34\1\0\0\1\0\0\0\0\0\0\x4fwww\7"),
	  5300, true, PROTOCOL_UNKNOWN },
	{ "dnscrypt, the certificate asked for",
	  CLIENT("\x12\x34\1\0\0\1\0\0\0\0\0\0\1"
		 "2\x0d"
		 "dnsCrypt-cert\7example\3"
		 "com\0\0\x10\0\1"),
	  443, true, PROTOCOL_DNSCRYPT },
	{ "a name that has the word elsewhere",
	  CLIENT("\x12\x34\1\0\0\1\0\0\0\0\0\0\1"
		 "a\x0d"
		 "dnscrypt-cert\7example\3"
		 "com\0\0\x10\0\1"),
	  443, true, PROTOCOL_DNS },
	{ "dnscrypt, an encrypted answer",
	  SERVER("r6fnvWj8abcdefghijklmnopqrstuvwxABCDEFGHIJKLMNOP!"), 5353, true,
	  PROTOCOL_DNSCRYPT },
	{ "dnscrypt, an answer without content",
	  SERVER("r6fnvWj8abcdefghijklmnopqrstuvwxABCDEFGHIJKLMNOP"), 443, true, PROTOCOL_UNKNOWN },
	{ "multicast dns answer", CLIENT("\0\0\x84\0\0\0\0\1\0\0\0\0\1a\5local\0\0\1\x80\1"), 5353,
	  true, PROTOCOL_MDNS },
	{ "a name asked of the link", CLIENT("\x12\x34\0\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1"), 5355,
	  true, PROTOCOL_LLMNR },
	{ "dns header with damaged counts, port of dns",
	  CLIENT("\x12\x34\1\0\0\1\x99\x99\x88\x88\x77\x77\x4fwww\7"), 53, true, PROTOCOL_DNS },
	{ "random bytes, port of dns",
	  CLIENT("\x12\x34\1\0\x55\1\x99\x99\x88\x88\x77\x77\x4fwww\7"), 53, true,
	  PROTOCOL_UNKNOWN },
	{ "socks 5", "\5\2\0\2", 4, "\5\2", 2, 1080, false, PROTOCOL_SOCKS },
	{ "socks 5, nothing acceptable", "\5\1\0", 3, "\5\xff", 2, 1080, false, PROTOCOL_SOCKS },
	{ "socks 5, a method that was not offered", "\5\1\0", 3, "\5\2", 2, 1080, false,
	  PROTOCOL_UNKNOWN },
	{ "socks 5, a private method", "\5\2\0\x86", 4, "\5\x86", 2, 1080, false, PROTOCOL_SOCKS },
	{ "socks 5, a method that nobody defined", "\5\2\0\x64", 4, "\5\x64", 2, 20000, false,
	  PROTOCOL_UNKNOWN },
	{ "socks 4", "\4\1\0\x50\xc0\0\2\1\0", 9, "\0\x5a\0\0\0\0\0\0", 8, 1080, false,
	  PROTOCOL_SOCKS },
	{ "socks 4, another answer", "\4\1\0\x50\xc0\0\2\1\0", 9, "\0\x50\0\0\0\0\0\0", 8, 1080,
	  false, PROTOCOL_UNKNOWN },
};

static enum detect_verdict
ask(const struct detect_case *t, size_t orig_len, size_t resp_len, enum protocol *out)
{
	struct detect_input in = {
		.udp = t->udp,
		.orig_port = 50000,
		.resp_port = t->port,
		.orig = span_of(guard_copy(t->orig, orig_len), orig_len),
		.resp = span_of(guard_copy(t->resp, resp_len), resp_len),
	};

	return detect(&in, out);
}

static void
test_first_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum protocol got = PROTOCOL_UNKNOWN;

		print_message("%s\n", cases[i].name);
		ask(&cases[i], cases[i].orig_len, cases[i].resp_len, &got);
		assert_int_equal(got, cases[i].want);
	}
}

/* A prefix never says something else: it asks for more, or says the same already. */
static void
test_prefixes_agree(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct detect_case *t = &cases[i];
		size_t len = t->orig_len + t->resp_len;
		bool none = false;

		if (t->udp)
			continue;
		print_message("%s\n", t->name);
		for (size_t n = 1; n <= len; n++) {
			enum protocol got = PROTOCOL_UNKNOWN;
			enum detect_verdict v = ask(t, n < t->orig_len ? n : t->orig_len,
						    n < t->resp_len ? n : t->resp_len, &got);

			if (v == DETECT_FOUND)
				assert_int_equal(got, t->want);
			assert_true(!none || v == DETECT_NONE);
			none = v == DETECT_NONE;
		}
		assert_true(!none || t->want == PROTOCOL_UNKNOWN);
	}
}

/* What only full prefixes can show. */
static void
test_full_prefixes(void **state)
{
	static const struct {
		const char *name, *in;
		size_t len;
		bool udp;
		enum protocol want;
	} rows[] = {
		{ "quic initial", "\xc3\0\0\0\1\4\1\2\3\4\4\1\2\3\4", 15, true, PROTOCOL_QUIC },
		{ "quic version 2 initial", "\xd3\x6b\x33\x43\xcf\4\1\2\3\4\0", 11, true,
		  PROTOCOL_QUIC },
		{ "quic of 2016", "\x0d\1\2\3\4\5\6\7\x08Q039\1", 14, true, PROTOCOL_QUIC },
		{ "quic connection id too long", "\xc3\0\0\0\1\x15\1\2\3\4", 10, true,
		  PROTOCOL_UNKNOWN },
		{ "path longer than the prefix", "GET /", 5, false, PROTOCOL_HTTP },
		{ "url longer than the prefix", "GET http://", 11, false, PROTOCOL_HTTP },
		{ "word longer than the prefix", "GET x", 5, false, PROTOCOL_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum protocol got = PROTOCOL_UNKNOWN;
		uint8_t in[DETECT_BYTES];
		struct detect_case t = { .orig = (const char *)in,
					 .port = 443,
					 .udp = rows[i].udp };

		print_message("%s\n", rows[i].name);
		memset(in, 'a', sizeof(in));
		memcpy(in, rows[i].in, rows[i].len);
		assert_int_not_equal(ask(&t, sizeof(in), 0, &got), DETECT_MORE);
		assert_int_equal(got, rows[i].want);
	}
}

static void
test_midstream(void **state)
{
	static const struct {
		const char *name, *orig, *resp;
		size_t orig_len, resp_len;
		enum protocol want;
	} rows[] = {
		{ "tls data", "\x17\3\3\1\0\xaa\xbb", "", 7, 0, PROTOCOL_TLS },
		{ "tls data that is too long", "\x17\3\3\x60\0\xaa\xbb", "", 7, 0,
		  PROTOCOL_UNKNOWN },
		{ "http with the roles swapped", "HTTP/1.1 200 OK\r\n", "GET / HTTP/1.1\r\n", 17,
		  16, PROTOCOL_HTTP },
		{ "redis with the roles swapped", "+OK\r\n", "*1\r\n$4\r\nPING\r\n", 5, 14,
		  PROTOCOL_REDIS },
		{ "mqtt after a lost handshake", "\x10\x0c\0\4MQTT\4\2\0\x3c", "", 12, 0,
		  PROTOCOL_MQTT },
		{ "a query of postgresql", "Q\0\0\0\x0dSELECT 1\0", "", 14, 0,
		  PROTOCOL_POSTGRESQL },
		{ "a query, from who was taken for the server", "", "Q\0\0\0\x0dSELECT 1\0", 0, 14,
		  PROTOCOL_POSTGRESQL },
		{ "what runs a prepared statement of postgresql",
		  "B\0\0\0\x0c\0s\0\0\0\0\0\0E\0\0\0\x09\0\0\0\0\0S\0\0\0\4", "", 28, 0,
		  PROTOCOL_POSTGRESQL },
		{ "letters that are no query", "Q\0\0\0\x0dHELLO ME\0", "", 14, 0,
		  PROTOCOL_UNKNOWN },
		{ "a query of mysql", "\x09\0\0\0\3SELECT 1", "", 13, 0, PROTOCOL_UNKNOWN },
		{ "a longer one", "\x11\0\0\0\3SELECT 1 FROM DB", "", 21, 0, PROTOCOL_MYSQL },
		{ "what runs a prepared statement of mysql", "\x0a\0\0\0\x17\7\0\0\0\0\1\0\0\0", "",
		  14, 0, PROTOCOL_MYSQL },
		{ "a query of cassandra", "\4\0\0\1\7\0\0\0\x0f\0\0\0\x08SELECT x\0\1\0", "", 24, 0,
		  PROTOCOL_CASSANDRA },
		{ "a heartbeat of amqp", "\x08\0\0\0\0\0\0\xce", "", 8, 0, PROTOCOL_AMQP },
		{ "a method of amqp", "\1\0\1\0\0\0\5\0\x14\0\x0a\0\xce", "", 13, 0,
		  PROTOCOL_AMQP },
		{ "nothing known", "\xff\xfe\xfd\xfc", "", 4, 0, PROTOCOL_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum protocol got = PROTOCOL_UNKNOWN;
		struct detect_input in = {
			.orig_port = 40000,
			.resp_port = 40001,
			.orig =
			    span_of(guard_copy(rows[i].orig, rows[i].orig_len), rows[i].orig_len),
			.resp =
			    span_of(guard_copy(rows[i].resp, rows[i].resp_len), rows[i].resp_len),
			.orig_midstream = true,
			.resp_midstream = true,
		};

		print_message("%s\n", rows[i].name);
		detect(&in, &got);
		assert_int_equal(got, rows[i].want);
	}
}

static void
test_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NR_PROTOCOLS; i++)
		assert_non_null(protocol_name((enum protocol)i));
	assert_string_equal(protocol_name(PROTOCOL_POSTGRESQL), "postgresql");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_bytes),   cmocka_unit_test(test_prefixes_agree),
		cmocka_unit_test(test_full_prefixes), cmocka_unit_test(test_midstream),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
