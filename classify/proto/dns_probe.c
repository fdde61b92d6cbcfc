/*
 * Is it DNS, or what has messages like it (mDNS, LLMNR)? A header with believable counts and a
 * sound question; on the ports of DNS one of both is enough.
 */
#include "classify/proto/probe.h"
#include "dataplane/port/cursor.h"

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
