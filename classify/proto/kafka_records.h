/*
 * The records of a partition, in a Produce request or the answer to a Fetch (Kafka's "Record
 * Batch").
 *
 *   batch   offset 8 | length 4 | epoch 4 | format 1: 2 | checksum 4 | attributes 2 | ... | number
 * 4 record  length | attributes | time | offset | key | value | headers, all lengths as varints
 *
 * and the form before batches, where each record has a head of its own (format 0 and 1). What is
 * compressed is told as coded bytes of one message. A batch that the answer had no room for is
 * passed over. Part of kafka.c, which reads what is around records.
 */
#ifndef WEIR_KAFKA_RECORDS_H
#define WEIR_KAFKA_RECORDS_H

#include "classify/proto/kafka.h"

/* States: a byte of a varint, and all from KAFKA_RECORDS on are of records. */
#define KAFKA_VARINT  63u
#define KAFKA_RECORDS 64u

/* The next len bytes are records; behind them steps are in the state then. */
void kafka_records_begin(struct kafka_side *side, uint64_t len, uint8_t then);
void kafka_records_step(struct kafka_side *side, const struct db_out *o);

/* In kafka.c: a varint comes next, and is in side->number in the state then. */
void kafka_varint(struct kafka_side *side, uint8_t then);
/* A byte of it has come: is it whole? Then steps are in that state. */
bool kafka_varint_over(struct kafka_side *side);

#endif
