#include "classify/proto/detect.h"

#include <strings.h>

#include "classify/proto/amqp.h"
#include "classify/proto/mysql.h"
#include "classify/proto/postgresql.h"
#include "classify/proto/probe.h"
#include "dataplane/port/cursor.h"

static const char *const names[NR_PROTOCOLS] = { [PROTOCOL_UNKNOWN] = "unknown",
#define PROTOCOL_NAME(id, name, transport, probe, entry) [PROTOCOL_##id] = name,
						 PROTOCOLS(PROTOCOL_NAME)
#undef PROTOCOL_NAME
};

const char *
protocol_name(enum protocol protocol)
{
	return names[protocol];
}

/* ------------------------------------------------------------------ text protocols */

#define MAX_METHOD 24u

/* How much of a request line's method, and one too many, then of its target, there is. */
static size_t
method_len(struct span s)
{
	size_t n = 0;

	while (n < s.len && n <= MAX_METHOD &&
	       ((s.p[n] >= 'A' && s.p[n] <= 'Z') || s.p[n] == '-' || s.p[n] == '_'))
		n++;
	return n;
}

static size_t
target_len(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] > ' ' && s.p[n] != 0x7f)
		n++;
	return n;
}

/*
 * What servers take for a request line, or answer to in HTTP, although it is none: a method, and
 * "HTTP/1." anywhere behind it in the same line of text.
 */
static enum probe_answer
loose_request(struct span s, bool full)
{
	size_t end = 0;

	while (end < s.len && (s.p[end] >= ' ' || s.p[end] == '\t') && s.p[end] != 0x7f)
		end++;
	if (probe_mentions(span_of(s.p, end), "HTTP/1."))
		return PROBE_YES;
	return end < s.len || full ? PROBE_NO : PROBE_MAYBE;
}

/*
 * RFC 9112 section 3: "METHOD SP target SP HTTP/", empty lines before it allowed. When the target
 * runs past what is kept it has to look like a path or a URL.
 */
static enum probe_answer
http_request(struct span s)
{
	struct span line;
	size_t n;

	if (s.len == 0)
		return PROBE_NO;
	bool full = s.len >= DETECT_BYTES;

	while (s.len > 0 && (s.p[0] == '\r' || s.p[0] == '\n'))
		s = probe_from(s, 1);
	line = s;
	n = method_len(s);
	if (n > MAX_METHOD)
		return PROBE_NO;
	if (n == s.len)
		return full ? PROBE_NO : PROBE_MAYBE;
	if (n < 3)
		return PROBE_NO;
	/* A status line is no request: who sends it is the server. */
	if (probe_matches(line, "HTTP/") == PROBE_YES)
		return PROBE_NO;
	if (s.p[n] != ' ')
		return loose_request(line, full);
	s = probe_from(s, n + 1);
	n = target_len(s);
	if (n == s.len && full)
		return probe_matches(s, "/") == PROBE_YES || probe_matches(s, "http") == PROBE_YES
			   ? PROBE_YES
			   : PROBE_NO;
	if (n == s.len)
		return PROBE_MAYBE;
	if (n == 0 || s.p[n] != ' ' || probe_matches(probe_from(s, n + 1), "HTTP/") == PROBE_NO)
		return loose_request(line, full);
	return probe_matches(probe_from(s, n + 1), "HTTP/");
}

static enum probe_answer
http_response(struct span s)
{
	enum probe_answer a = probe_begins(s, "HTTP/");

	if (a != PROBE_YES)
		return a;
	if (s.len < 6)
		return PROBE_MAYBE;
	return s.p[5] >= '0' && s.p[5] <= '9' ? PROBE_YES : PROBE_NO;
}

/* A mirror may bring an answer before its question. */
static bool
question_may_come(const struct detect_input *in)
{
	return in->orig.len == 0 && !in->orig_unseen && !in->orig_midstream && !in->resp_midstream;
}

/* "HTTP/x.y 101", as far as it goes: what follows is of the protocol that the client asked for. */
static bool
may_switch_protocols(struct span s)
{
	static const char status[] = "HTTP/?.? 101";
	size_t i = 0;

	while (i < s.len && status[i] != '\0' && (status[i] == '?' || s.p[i] == (uint8_t)status[i]))
		i++;
	return i == s.len || status[i] == '\0';
}

enum probe_answer
http_probe(const struct detect_input *in)
{
	enum probe_answer server = http_response(in->resp);

	if (server == PROBE_YES && question_may_come(in) && may_switch_protocols(in->resp))
		return PROBE_MAYBE;
	return probe_either(http_request(in->orig), server);
}

enum probe_answer
ssh_probe(const struct detect_input *in)
{
	return probe_either(probe_begins(in->orig, "SSH-"), probe_begins(in->resp, "SSH-"));
}

/* Commands of mail are taken in any case (RFC 5321 section 2.4). */
static enum probe_answer
begins_as_command(struct span s, const char *command)
{
	size_t len = strlen(command), n = s.len < len ? s.len : len;

	if (n == 0 || strncasecmp((const char *)s.p, command, n) != 0)
		return PROBE_NO;
	return n == len ? PROBE_YES : PROBE_MAYBE;
}

/*
 * RFC 5321: the server greets first. FTP greets alike, so the greeting has to say SMTP, or the
 * client to answer as for SMTP; on SMTP's ports the greeting will do.
 */
enum probe_answer
smtp_probe(const struct detect_input *in)
{
	enum probe_answer client =
	    probe_either(probe_either(begins_as_command(in->orig, "EHLO "),
				      begins_as_command(in->orig, "HELO ")),
			 begins_as_command(in->orig, "LHLO ")); /* LMTP, RFC 2033 */
	enum probe_answer server =
	    probe_either(probe_begins(in->resp, "220 "), probe_begins(in->resp, "220-"));

	if (in->resp.len == 0)
		return client;
	if (server != PROBE_YES)
		return server;
	if (probe_port_is(in, 25) || probe_port_is(in, 587) || probe_port_is(in, 2525))
		return PROBE_YES;
	/* Whatever the greeting will say, a client that has not waited for it is known already. */
	if (in->orig.len != 0)
		return client;
	if (probe_mentions(in->resp, "SMTP") || probe_mentions(in->resp, "LMTP"))
		return PROBE_YES;
	return in->resp.len < DETECT_BYTES ? PROBE_MAYBE : PROBE_NO;
}

enum probe_answer
nats_probe(const struct detect_input *in)
{
	return probe_either(probe_begins(in->resp, "INFO {"), probe_begins(in->orig, "CONNECT {"));
}

/* RESP: a command is an array of bulk strings, "*2\r\n$4\r\n". */
static enum probe_answer
redis_command(struct span s)
{
	size_t i = 1;

	if (s.len == 0 || s.p[0] != '*')
		return PROBE_NO;
	while (i < s.len && i < 8 && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	if (i == s.len)
		return PROBE_MAYBE;
	return i == 1 ? PROBE_NO : probe_matches(probe_from(s, i), "\r\n$");
}

/* Inline commands and simple answers are too plain to be believed off the usual port. */
enum probe_answer
redis_probe(const struct detect_input *in)
{
	enum probe_answer a = redis_command(in->orig);

	if (a != PROBE_NO || !probe_port_is(in, 6379) || question_may_come(in))
		return a;
	if (in->orig.len == 0)
		return probe_either(probe_begins(in->resp, "+OK\r\n"),
				    probe_begins(in->resp, "-NOAUTH"));
	return probe_either(probe_begins(in->orig, "PING\r\n"), probe_begins(in->orig, "AUTH "));
}

/* ------------------------------------------------------------------ binary protocols */

/*
 * TLS record (RFC 8446 section 5.1): type | 3.x | length, and for a handshake record the message
 * type behind it. A direction that begins with another record than a hello is believed only when
 * its beginning was missed.
 */
static enum probe_answer
tls_record(struct span s, uint8_t hello, bool midstream)
{
	if (s.len == 0 || (s.p[0] != 22 && !(midstream && s.p[0] >= 20 && s.p[0] <= 23)))
		return PROBE_NO;
	if ((s.len > 1 && s.p[1] != 3) || (s.len > 2 && s.p[2] > 4))
		return PROBE_NO;
	if (s.len < 6)
		return PROBE_MAYBE;
	if (read_be16(s.p + 3) == 0 || read_be16(s.p + 3) > (1 << 14) + 2048)
		return PROBE_NO;
	return midstream || s.p[5] == hello ? PROBE_YES : PROBE_NO;
}

/*
 * SSL 2 hello (RFC 5246 appendix E.2), still sent by some to offer TLS: length with the top bit
 * set | 1 | version | lengths of cipher list, session id and challenge.
 */
static enum probe_answer
ssl2_hello(struct span s)
{
	uint16_t version, ciphers, id, challenge;

	if (s.len == 0 || (s.p[0] & 0x80) == 0 || (s.len > 2 && s.p[2] != 1))
		return PROBE_NO;
	if (s.len < 11)
		return PROBE_MAYBE;
	version = read_be16(s.p + 3);
	ciphers = read_be16(s.p + 5);
	id = read_be16(s.p + 7);
	challenge = read_be16(s.p + 9);
	if (version != 0x0002 && (version < 0x0300 || version > 0x0303))
		return PROBE_NO;
	return ciphers != 0 && ciphers % 3 == 0 && id <= 32 && challenge >= 16 && challenge <= 32
		   ? PROBE_YES
		   : PROBE_NO;
}

enum probe_answer
tls_probe(const struct detect_input *in)
{
	enum probe_answer a = probe_either(tls_record(in->orig, 1, in->orig_midstream),
					   tls_record(in->resp, 2, in->resp_midstream));
	bool midstream = in->orig_midstream || in->resp_midstream;

	/* A server that has greeted in other words may turn to it later: see turn.h. */
	if (!midstream && in->resp.len != 0 && (in->resp.p[0] < 20 || in->resp.p[0] > 23))
		return PROBE_NO;
	return a != PROBE_NO ? a : in->orig_midstream ? PROBE_NO : ssl2_hello(in->orig);
}

/*
 * PostgreSQL start-up: length | 3.0 or one of the request codes 1234.5678 to 5680. An SSL request
 * that is granted turns into TLS, which a label can say only afterwards.
 */
enum probe_answer
postgresql_probe(const struct detect_input *in)
{
	uint32_t len, code;

	if (in->orig_midstream)
		return postgresql_asks(in->orig) ? PROBE_YES : PROBE_NO;
	if (in->orig.len == 0 || in->orig.p[0] != 0)
		return PROBE_NO;
	if (in->orig.len < 8)
		return in->orig.len > 1 && in->orig.p[1] != 0 ? PROBE_NO : PROBE_MAYBE;
	len = read_be32(in->orig.p);
	code = read_be32(in->orig.p + 4);
	if (code >= 0x04d2162e && code <= 0x04d21630)
		return len == 8 || len == 16 ? PROBE_YES : PROBE_NO;
	return (code == 0x00030000 || code == 0x00030002) && len >= 9 && len <= 10000 ? PROBE_YES
										      : PROBE_NO;
}

/*
 * A client's log-in to MySQL, or its wish for TLS, as far as it goes: length (3, little endian) |
 * sequence 1 | flags 4 | greatest packet 4 | character set 1 | 19 zeros, and 4 bytes of MariaDB's.
 */
static bool
mysql_login(struct span s)
{
	if (s.len == 0 || (s.len > 2 && s.p[2] != 0) || (s.len > 3 && s.p[3] != 1))
		return false;
	if (s.len > 1 && (s.p[0] | s.p[1] << 8) < 32)
		return false;
	for (size_t i = 13; i < s.len && i < 32; i++) {
		if (s.p[i] != 0)
			return false;
	}
	return true;
}

/*
 * MySQL greets first: length (3, little endian) | sequence 0 | protocol 10 | version text and NUL.
 * Or refuses: 0xff and an error number.
 */
enum probe_answer
mysql_probe(const struct detect_input *in)
{
	struct span s = in->resp;
	uint32_t len;
	size_t i;

	if (in->orig_midstream && mysql_asks(in->orig))
		return PROBE_YES;
	if (in->resp_midstream)
		return PROBE_NO;
	/* The greeting that it answers is still to come, in a mirror that brings it late. */
	if (s.len == 0)
		return mysql_login(in->orig) ? PROBE_MAYBE : PROBE_NO;
	if (s.len < 6)
		return (s.len > 2 && s.p[2] != 0) || (s.len > 3 && s.p[3] != 0) ? PROBE_NO
										: PROBE_MAYBE;
	len = (uint32_t)s.p[0] | (uint32_t)s.p[1] << 8 | (uint32_t)s.p[2] << 16;
	if (s.p[3] != 0 || len < 8 || len > 512)
		return PROBE_NO;
	if (s.p[4] == 0xff)
		return probe_port_is(in, 3306) ? PROBE_YES : PROBE_NO;
	if (s.p[4] != 10 && s.p[4] != 9)
		return PROBE_NO;
	for (i = 5; i < s.len && s.p[i] != 0; i++) {
		if (s.p[i] < 0x20 || s.p[i] > 0x7e || i > 64)
			return PROBE_NO;
	}
	if (i == s.len)
		return PROBE_MAYBE;
	return i > 7 ? PROBE_YES : PROBE_NO;
}

#define MONGODB_MAX_BYTES 48000000u

/*
 * MongoDB message header, little endian: length | request id | response to | opcode. A client's
 * responseTo is 0. OP_MSG (2013) goes on with flags, of which three are defined; OP_QUERY (2004)
 * with flags and the name of a collection; OP_INSERT with a flag and the name, OP_UPDATE,
 * OP_GET_MORE and OP_DELETE (2001, 2005, 2006) with a zero and the name. The name is text of more
 * than a letter.
 */
static enum probe_answer
mongodb_named(struct span s, uint32_t reserved)
{
	if (reserved != 0)
		return PROBE_NO;
	if (s.len < 24)
		return probe_printable(probe_from(s, 20)) ? PROBE_MAYBE : PROBE_NO;
	return probe_printable(span_of(s.p + 20, 4)) ? PROBE_YES : PROBE_NO;
}

static enum probe_answer
mongodb_request(struct span s)
{
	uint32_t len, opcode, flags;

	if (s.len == 0)
		return PROBE_NO;
	if (s.len < 20)
		return s.len > 3 && read_le32(s.p) > MONGODB_MAX_BYTES ? PROBE_NO : PROBE_MAYBE;
	len = read_le32(s.p);
	opcode = read_le32(s.p + 12);
	flags = read_le32(s.p + 16);
	if (len < 21 || len > MONGODB_MAX_BYTES || read_le32(s.p + 8) != 0)
		return PROBE_NO;
	switch (opcode) {
	case 2013:
		return (flags & ~0x00010003u) == 0 ? PROBE_YES : PROBE_NO;
	case 2004:
		return (flags & ~0x000000feu) == 0 ? PROBE_YES : PROBE_NO;
	case 2002:
		return mongodb_named(s, flags & ~1u);
	case 2001:
	case 2005:
	case 2006:
		return mongodb_named(s, flags);
	case 2012: /* OP_COMPRESSED: the opcode inside stands where the others have flags */
		return flags == 2013 || flags == 2004 ? PROBE_YES : PROBE_NO;
	default:
		return opcode == 2010 ? PROBE_YES : PROBE_NO;
	}
}

enum probe_answer
mongodb_probe(const struct detect_input *in)
{
	return mongodb_request(in->orig);
}

/*
 * Kafka request header: size | api key | api version | correlation id | client id as a counted
 * string (-1: none). Keys and versions are small, and the client id is printable.
 */
enum probe_answer
kafka_probe(const struct detect_input *in)
{
	struct span s = in->orig;
	uint32_t size;
	uint16_t id_len;
	size_t shown;

	if (s.len == 0 || s.p[0] != 0 || (s.len > 4 && s.p[4] != 0) || (s.len > 6 && s.p[6] != 0))
		return PROBE_NO;
	if (s.len < 14)
		return PROBE_MAYBE;
	size = read_be32(s.p);
	id_len = read_be16(s.p + 12);
	if (size < 10 || read_be16(s.p + 4) > 92 || read_be16(s.p + 6) > 20)
		return PROBE_NO;
	if (id_len == 0xffff || id_len == 0)
		return probe_port_is(in, 9092) ? PROBE_YES : PROBE_NO;
	if (id_len > size - 10)
		return PROBE_NO;
	shown = id_len < 16 ? id_len : 16;
	if (shown > s.len - 14)
		return probe_printable(probe_from(s, 14)) ? PROBE_MAYBE : PROBE_NO;
	return probe_printable(span_of(s.p + 14, shown)) ? PROBE_YES : PROBE_NO;
}

enum probe_answer
amqp_probe(const struct detect_input *in)
{
	if (in->orig_midstream && amqp_is_frame(in->orig))
		return PROBE_YES;
	return probe_begins(in->orig, "AMQP");
}

/* MQTT CONNECT: 0x10 | remaining length (1 to 4 bytes) | "MQTT" or "MQIsdp" as a counted string. */
enum probe_answer
mqtt_probe(const struct detect_input *in)
{
	struct span s = in->orig;
	size_t i = 1;

	if (s.len == 0 || s.p[0] != 0x10)
		return PROBE_NO;
	while (i < s.len && i < 5 && (s.p[i] & 0x80) != 0)
		i++;
	if (i == 5)
		return PROBE_NO;
	if (i == s.len)
		return PROBE_MAYBE;
	s = probe_from(s, i + 1);
	if (s.len < 6)
		return s.len > 0 && s.p[0] != 0 ? PROBE_NO : PROBE_MAYBE;
	return memcmp(s.p, "\0\4MQTT", 6) == 0 || memcmp(s.p, "\0\6MQIs", 6) == 0 ? PROBE_YES
										  : PROBE_NO;
}

/* ------------------------------------------------------------------ DNS, QUIC */

#define DNS_HEADER 12u

/* One name at p: its end, NULL when malformed, or end when it runs out. */
static const uint8_t *
skip_name(const uint8_t *p, const uint8_t *end)
{
	unsigned total = 0;

	while (p < end) {
		uint8_t len = *p++;

		if (len == 0)
			return p;
		if ((len & 0xc0) == 0xc0)
			return p < end ? p + 1 : end;
		if (len > 63 || (total += len + 1u) > 255)
			return NULL;
		if (len > (size_t)(end - p))
			return end;
		p += len;
	}
	return end;
}

/*
 * Header (RFC 1035 section 4.1.1): an opcode in use and believable counts; of a message that may
 * be damaged, only that of its questions.
 */
static bool
dns_header(const uint8_t *h, bool damaged)
{
	uint16_t flags = read_be16(h + 2);
	unsigned opcode = flags >> 11 & 15;

	if (opcode > 6 || opcode == 3 || (flags & 0x0040) != 0)
		return false;
	if (damaged && read_be16(h + 4) != 0)
		return read_be16(h + 4) <= 8;
	return read_be16(h + 4) <= 8 && read_be16(h + 6) <= 256 && read_be16(h + 8) <= 64 &&
	       read_be16(h + 10) <= 64;
}

/* The first question: a name, a type, and class IN, CH, NONE or ANY. */
static bool
dns_question(struct span s)
{
	const uint8_t *end = s.p + s.len, *p = skip_name(s.p + DNS_HEADER, end);
	uint16_t klass;

	if (p == NULL || (size_t)(end - p) < 4)
		return false;
	klass = read_be16(p + 2) & 0x7fff; /* the top bit is mDNS' wish for a unicast answer */
	return read_be16(p) != 0 && (klass == 1 || klass == 3 || klass == 254 || klass == 255);
}

/*
 * Header and question must both be sound. On the ports of DNS one of them is enough: a damaged
 * message is DNS still, and mDNS answers without a question.
 */
static enum probe_answer
dns_message(struct span s, bool known_port)
{
	uint16_t flags, questions, answers;
	bool header, question, query;

	if (s.len < DNS_HEADER)
		return PROBE_NO;
	flags = read_be16(s.p + 2);
	questions = read_be16(s.p + 4);
	answers = read_be16(s.p + 6);
	header = dns_header(s.p, known_port);
	question = questions != 0 && dns_question(s);
	if (known_port)
		return header || question ? PROBE_YES : PROBE_NO;
	query = (flags & 0x8000) == 0;
	/* A query asks: it carries no code, and no answers but in an update (RFC 2136). */
	if (query && ((flags & 0x000f) != 0 || (answers != 0 && (flags >> 11 & 15) != 5)))
		return PROBE_NO;
	return header && question ? PROBE_YES : PROBE_NO;
}

#define MDNS_PORT  5353u /* RFC 6762 */
#define LLMNR_PORT 5355u /* RFC 4795 */

static bool
dns_port(const struct detect_input *in)
{
	return probe_port_is(in, 53) || probe_port_is(in, MDNS_PORT) ||
	       probe_port_is(in, LLMNR_PORT);
}

static enum probe_answer
dns_udp(const struct detect_input *in)
{
	/* NetBIOS names look like DNS and are not. */
	if (probe_port_is(in, 137))
		return PROBE_NO;
	return dns_message(in->orig.len != 0 ? in->orig : in->resp, dns_port(in));
}

/* Over TCP a length stands before the message (RFC 1035 section 4.2.2). */
static enum probe_answer
dns_tcp(const struct detect_input *in)
{
	struct span s = in->orig.len != 0 ? in->orig : in->resp;
	uint16_t len;

	if (in->orig_midstream || in->resp_midstream || s.len == 0)
		return PROBE_NO;
	if (s.len < 2)
		return PROBE_MAYBE;
	len = read_be16(s.p);
	if (len < DNS_HEADER + 5 || (!dns_port(in) && len > 4096))
		return PROBE_NO;
	s = probe_from(s, 2);
	if (s.len >= DNS_HEADER && !dns_header(s.p, false))
		return PROBE_NO;
	if (s.len < len && s.len < DETECT_BYTES - 2)
		return PROBE_MAYBE;
	return dns_message(span_of(s.p, s.len < len ? s.len : len), dns_port(in));
}

enum probe_answer
dns_probe(const struct detect_input *in)
{
	return in->udp ? dns_udp(in) : dns_tcp(in);
}

/* The messages of these are DNS', and only their ports tell that no server is asked. */
enum probe_answer
mdns_probe(const struct detect_input *in)
{
	return probe_port_is(in, MDNS_PORT) ? dns_udp(in) : PROBE_NO;
}

enum probe_answer
llmnr_probe(const struct detect_input *in)
{
	return probe_port_is(in, LLMNR_PORT) ? dns_probe(in) : PROBE_NO;
}

/* DTLS record (RFC 6347 section 4.1), in the clear or not; no other first record than one of these.
 */
enum probe_answer
dtls_probe(const struct detect_input *in)
{
	struct span s = in->orig.len != 0 ? in->orig : in->resp;
	uint16_t version;

	if (s.len < 14 || s.p[0] < 20 || s.p[0] > 23)
		return PROBE_NO;
	version = read_be16(s.p + 1);
	if (version != 0xfeff && version != 0xfefd && version != 0x0100)
		return PROBE_NO;
	if (read_be16(s.p + 11) == 0 || (read_be16(s.p + 11) > s.len - 13 && s.len < DETECT_BYTES))
		return PROBE_NO;
	/* The old number alone is too little to go by. */
	return version != 0x0100 || (s.p[0] == 22 && s.p[13] >= 1 && s.p[13] <= 3) ? PROBE_YES
										   : PROBE_NO;
}

/* Versions 1 and 2, the IETF drafts, Facebook's, and Google's Q043 to Q050, T050, T051. */
static bool
quic_version(uint32_t v)
{
	if (v == 1 || v == 0x6b3343cf || v >> 8 == 0xff0000 || v >> 8 == 0xfaceb0)
		return true;
	return (v >> 16 == 0x5130 || v >> 16 == 0x5430) && (v >> 8 & 0xff) >= '2' &&
	       (v >> 8 & 0xff) <= '5' && (v & 0xff) >= '0' && (v & 0xff) <= '9';
}

/*
 * QUIC long header (RFC 9000 section 17.2): form and fixed bit | version | two connection ids of
 * at most 20 bytes. Google's before Q046 had flags, an 8-byte id, the version.
 */
enum probe_answer
quic_probe(const struct detect_input *in)
{
	struct span s = in->orig.len != 0 ? in->orig : in->resp;
	uint32_t version;
	bool initial;

	if (s.len < 20)
		return PROBE_NO;
	if ((s.p[0] & 0x80) == 0)
		return (s.p[0] & 0x09) == 0x09 && quic_version(read_be32(s.p + 9)) &&
			       s.p[9] == 'Q' && s.len >= DETECT_BYTES
			   ? PROBE_YES
			   : PROBE_NO;
	version = read_be32(s.p + 1);
	if (!quic_version(version))
		return PROBE_NO;
	if (version >> 24 == 'Q' || version >> 24 == 'T')
		return PROBE_YES;
	if ((s.p[0] & 0x40) == 0 || s.p[5] > 20 || s.p[5] >= s.len - 6 || s.p[6 + s.p[5]] > 20)
		return PROBE_NO;
	/*
	 * A client's Initial fills 1,200 bytes, so also what is kept of it; but where the first
	 * packet seen is the server's, that one need not.
	 */
	initial = (s.p[0] >> 4 & 3) == (version == 0x6b3343cf ? 1 : 0);
	return initial && in->orig.len != 0 && s.len < DETECT_BYTES && in->orig_port != 443
		   ? PROBE_NO
		   : PROBE_YES;
}

/* Of SOCKS' methods 0x0a to 0x7f are free: who names one of them speaks something else. */
static bool
socks_methods(struct span methods)
{
	for (size_t i = 0; i < methods.len; i++) {
		if (methods.p[i] >= 0x0a && methods.p[i] <= 0x7f)
			return false;
	}
	return true;
}

/*
 * SOCKS 5 (RFC 1928): 5 | number of methods | methods, and the server: 5 | one of them, or none.
 * SOCKS 4: 4 | command 1 or 2 | port 2 | address 4 | user and NUL, and the server: 0 | 90 to 93
 * | 6. Either half alone is too plain to be believed.
 */
enum probe_answer
socks_probe(const struct detect_input *in)
{
	struct span q = in->orig, a = in->resp;

	if (in->orig_midstream || in->resp_midstream || q.len == 0)
		return PROBE_NO;
	if (q.p[0] == 4) {
		if ((q.len > 1 && q.p[1] != 1 && q.p[1] != 2) || (a.len > 0 && a.p[0] != 0))
			return PROBE_NO;
		if (a.len > 1 && (a.p[1] < 90 || a.p[1] > 93))
			return PROBE_NO;
		return q.len < 9 || a.len < 8 ? PROBE_MAYBE : PROBE_YES;
	}
	if (q.p[0] != 5 || (q.len > 1 && q.p[1] == 0) || (a.len > 0 && a.p[0] != 5))
		return PROBE_NO;
	if (q.len < 2)
		return PROBE_MAYBE;
	if (!socks_methods(span_of(q.p + 2, q.len - 2 < q.p[1] ? q.len - 2 : q.p[1])))
		return PROBE_NO;
	if (q.len < 2u + q.p[1] || a.len < 2)
		return PROBE_MAYBE;
	return a.p[1] == 0xff || memchr(q.p + 2, a.p[1], q.p[1]) != NULL ? PROBE_YES : PROBE_NO;
}

enum probe_answer
detect_never(const struct detect_input *in)
{
	(void)in;
	return PROBE_NO;
}

/* ------------------------------------------------------------------ all of them */

enum transport { TRANSPORT_ANY, TRANSPORT_TCP, TRANSPORT_UDP };

struct row {
	enum protocol protocol;
	enum transport transport;
	probe_fn *probe;
};

static const struct row rows[] = {
#define PROTOCOL_ROW(id, name, transport, probe, entry) \
	{ PROTOCOL_##id, TRANSPORT_##transport, probe },
	PROTOCOLS(PROTOCOL_ROW)
#undef PROTOCOL_ROW
};

/*
 * A "maybe" holds back what comes after it in the table, so that the answer does not depend on
 * how the bytes were split.
 */
static enum probe_answer
walk(const struct detect_input *in, enum protocol *out)
{
	enum transport other = in->udp ? TRANSPORT_TCP : TRANSPORT_UDP;
	enum probe_answer a = PROBE_NO;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && a == PROBE_NO; i++) {
		if (rows[i].transport == other)
			continue;
		a = rows[i].probe(in);
		if (a == PROBE_YES)
			*out = rows[i].protocol;
	}
	return a;
}

static struct detect_input
swapped(const struct detect_input *in)
{
	return (struct detect_input) {
		.udp = in->udp,
		.orig_port = in->resp_port,
		.resp_port = in->orig_port,
		.orig = in->resp,
		.resp = in->orig,
		.orig_midstream = in->resp_midstream,
		.resp_midstream = in->orig_midstream,
	};
}

enum detect_verdict
detect(const struct detect_input *in, enum protocol *out)
{
	bool midstream = in->orig_midstream || in->resp_midstream;
	bool full = in->orig.len >= DETECT_BYTES && in->resp.len >= DETECT_BYTES;
	enum probe_answer a = walk(in, out);

	/* Joined midway, who opened is a guess. */
	if (a == PROBE_NO && midstream && !in->udp) {
		struct detect_input other = swapped(in);

		a = walk(&other, out);
	}
	if (a == PROBE_YES)
		return DETECT_FOUND;
	return a == PROBE_MAYBE && !full ? DETECT_MORE : DETECT_NONE;
}
