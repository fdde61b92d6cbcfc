/*
 * One Kafka connection (kafka.apache.org/protocol): requests and answers, each behind its length.
 *
 *   request  length 4 | api key 2 | version 2 | correlation id 4 | client id | body
 *   answer   length 4 | correlation id 4 | body
 *
 * All requests are told by their class. Bodies are read of Produce (topics, records), Fetch (in the
 * answer: topics, records, errors), CreateTopics and DeleteTopics (the first name),
 * SaslAuthenticate (the user of PLAIN and SCRAM, never the proof). A record's key, value and header
 * values are values of one message; batches that are compressed are told as coded bytes: gzip,
 * snappy, LZ4 or zstd, and what becomes of them is read by kafka_unpacked. An answer is told with
 * the number of records and its first error code.
 *
 * Versions up to Produce 13 and Fetch 17; from 13 on both name topics by an id, which is not
 * resolved: then there is no target. KAFKA_MAX_ASKED requests wait for answers at most, the oldest
 * is forgotten.
 *
 * Constant size, embedded by its owner.
 */
#ifndef WEIR_KAFKA_H
#define WEIR_KAFKA_H

#include "classify/proto/db_event.h"

#define KAFKA_MAX_ASKED 32u

struct kafka_asked {
	uint32_t correlation;
	uint8_t key, version;
	bool waits;
	uint32_t records; /* that it brought */
};

struct kafka_side {
	struct steps steps;
	uint64_t number; /* varint at hand */
	uint8_t shift;
	uint8_t then;	   /* state behind a varint */
	uint8_t tags_then; /* state behind tagged fields */
	uint8_t records_then;
	uint64_t tags;
	uint64_t behind_records, behind_batch; /* bytes of the message behind these */
	uint64_t topics, partitions, headers;  /* to come */
	uint8_t key, version;
	bool flexible;
	uint8_t coding; /* of the batch */
	bool old;	/* it is of the form before batches */
	uint16_t error; /* first of the answer */
	uint32_t correlation, records;
};

struct kafka {
	struct kafka_side side[2]; /* 0: the client */
	struct kafka_side unpacked[2];
	uint8_t next;
	struct kafka_asked asked[KAFKA_MAX_ASKED];
};

/* parser is a struct kafka, zeroed; midstream: that direction's beginning was not seen. */
void kafka_init(void *parser, const bool midstream[2]);
size_t kafka_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
		  void *arg);
void kafka_gap(void *parser, unsigned dir, uint64_t len);

/* A db_unpacked_fn: records that were compressed. */
void kafka_unpacked(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
		    void *arg);

#endif
