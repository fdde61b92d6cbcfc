/*
 * One Cassandra connection (CQL binary protocol, versions 3 to 5; native_protocol_v4.spec).
 *
 *   frame  version 1 (top bit: an answer) | flags 1 | stream 2 | opcode 1 | length 4 | body
 *
 * Told are the user of PLAIN and never its proof, the text of queries and what executes prepared
 * ones, bound values, keyspaces, results, codes of errors. A request's id is its stream.
 *
 * Version 5 packs frames into segments behind the log-in (cassandra_segment.h), and compresses
 * those; the versions before it compress bodies, by Snappy, or by LZ4 behind the length of the
 * text: as that is less than 16 MiB, and Snappy begins with a length that is not 0, the first byte
 * tells. Bodies that are compressed are told as coded bytes of a request of class other.
 *
 * Limits: a result's rows are told as one value, as they are, and not counted; of LZ4, bodies of
 * more than 4 MiB are unread.
 *
 * Constant size, embedded by its owner.
 */
#ifndef WEIR_CASSANDRA_H
#define WEIR_CASSANDRA_H

#include "classify/proto/cassandra_segment.h"
#include "classify/proto/db_event.h"
#include "classify/proto/detect.h"

struct cassandra_side {
	struct steps steps;
	struct cassandra_segment segment;
	uint8_t version, flags, opcode;
	uint16_t stream;
	uint8_t query_flags;
	uint32_t values;     /* to come */
	uint32_t statements; /* of a batch, to come */
	bool batch, told;
};

struct cassandra {
	struct cassandra_side side[2]; /* 0: the client */
	bool segments;		       /* version 5, behind the log-in */
};

/* parser is a struct cassandra, zeroed; midstream: that direction's beginning was not seen. */
void cassandra_init(void *parser, const bool midstream[2]);
size_t cassandra_push(void *parser, unsigned dir, const uint8_t *data, size_t len, db_event_fn *fn,
		      void *arg);
void cassandra_gap(void *parser, unsigned dir, uint64_t len);

probe_fn cassandra_probe;

#endif
