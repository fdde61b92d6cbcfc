/*
 * DNS messages (RFC 1035, 3596, 6891): header, first question, answers as text.
 *
 * Name compression is bounded: every pointer must point before the name it stands in began, so a
 * loop cannot be written down, a name goes through at most 64 pointers and has at most 255 bytes
 * (malformed otherwise). Bytes that do not print are
 * escaped as \DDD (RFC 4343 section 2.1), letters keep their case, the last dot is left off; the
 * root is ".". Records of other classes than IN and of unknown types are counted, not told.
 *
 * dns_stream puts the messages of a TCP connection together (RFC 1035 section 4.2.2). One that is
 * in pieces and longer than DNS_STREAM_BYTES, or finds no buffer, is passed over and counted.
 *
 * Limits: of SVCB and HTTPS records (RFC 9460) priority and target are told, not the parameters;
 * of SOA the primary server. Records of DNSSEC are counted only.
 */
#ifndef WEIR_DNS_H
#define WEIR_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/slab.h"

#define DNS_NAME_CAP	256u /* text and NUL; a longer escaped name is cut */
#define DNS_ANSWER_CAP	256u
#define DNS_MAX_ANSWERS 16u /* kept; the rest is counted in nr_more */

/* Each value is also worth a counter. */
enum dns_result {
	DNS_OK,
	DNS_TRUNCATED,	/* a record runs past the message; what was read before it stays */
	DNS_BAD_HEADER, /* too short, or no question and no answer */
	DNS_BAD_NAME,	/* in the question: nothing can be said */
	DNS_NR_RESULTS,
};

struct dns_answer {
	uint16_t type;
	uint32_t ttl;
	uint8_t addr_len; /* 4 or 16 for A and AAAA, else 0 */
	uint8_t addr[16];
	char text[DNS_ANSWER_CAP];
};

struct dns_message {
	uint16_t id;
	bool response, truncated;
	uint8_t opcode;
	uint16_t rcode; /* with EDNS' upper bits */
	uint16_t qtype, qclass;
	bool has_question;
	uint32_t name_hash; /* of the question's name and type, to tell queries apart */
	uint16_t nr_answers, nr_more;
	char name[DNS_NAME_CAP];
	struct dns_answer answers[DNS_MAX_ANSWERS];
};

enum dns_result dns_parse(const uint8_t *msg, size_t len, struct dns_message *out);

/* "A", "AAAA", ...; "TYPE1234" for the unnamed, written to buf. */
const char *dns_type_name(uint16_t type, char buf[16]);
/* "NOERROR", "NXDOMAIN", ...; "RCODE42" for the unnamed. */
const char *dns_rcode_name(uint16_t rcode, char buf[16]);

/* Objects of the buffer slab must have at least this. */
#define DNS_STREAM_BYTES 16384u

/* One direction of DNS over TCP; embedded. */
struct dns_stream {
	struct slab *buffers; /* kept */
	uint8_t *buffer;      /* taken only while a message is in pieces */
	uint32_t have;	      /* bytes of it, the two of the length included */
	uint32_t skip;	      /* of a message too long to be put together */
	uint8_t length[2];
	uint8_t length_have;
	bool lost;	   /* after a gap: where messages begin is not known */
	uint32_t too_long; /* messages passed over */
};

typedef void dns_message_fn(void *arg, const uint8_t *msg, size_t len);

void dns_stream_init(struct dns_stream *s, struct slab *buffers);
void dns_stream_push(struct dns_stream *s, const uint8_t *data, size_t len, dns_message_fn *fn,
		     void *arg);
/*
 * Bytes were lost. What follows is passed over up to the first push that begins with a whole
 * message: the one place where the split of the input is used as a hint.
 */
void dns_stream_gap(struct dns_stream *s);
void dns_stream_fini(struct dns_stream *s);

#endif
