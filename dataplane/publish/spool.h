/*
 * A bounded first-in first-out store on disk for records that Kafka did not take.
 *
 *   DIR/0000000001.spool   segments, appended to; the oldest is read first
 *   DIR/position           how far reading has been committed: segment, offset, CRC
 *   DIR/lock               held while a process uses the folder
 *
 * An entry is length, CRC-32 and the message, so a torn or damaged end is noticed after a crash:
 * what lies behind it in its segment is given up and counted. What was read but not committed is
 * read again after a restart (at least once; consumers remove duplicates by event_id).
 *
 * Limit: max_bytes on disk. The victim is the oldest segment, whole (a sixteenth of the limit);
 * its entries count as lost. An entry that cannot be written (disk full) is lost and counted.
 * A segment is synced to disk when it is full and when the spool is closed.
 *
 * Records are as sensitive here as in the topic: files have mode 0600. Not thread-safe.
 */
#ifndef WEIR_SPOOL_H
#define WEIR_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/publish/sink.h"

#define SPOOL_MIN_BYTES (2u * 1024 * 1024)

struct spool;

/* Creates the last folder of dir if need be. 0, or a negative errno with one line logged. */
int spool_open(const char *dir, uint64_t max_bytes, struct spool **out);
void spool_close(struct spool *s);

/* 0, or a negative errno: the message is lost, and counted. */
int spool_append(struct spool *s, const struct sink_message *m);

/* The next message, borrowed until the next call of any kind. False when all have been read. */
bool spool_next(struct spool *s, struct sink_message *m);

/* What was read is done with. */
void spool_commit(struct spool *s);

/* What was read since the last commit is read again. */
void spool_rewind(struct spool *s);

/* Entries not yet committed, and the bytes on disk. */
uint64_t spool_records(const struct spool *s);
uint64_t spool_bytes(const struct spool *s);
uint64_t spool_lost(const struct spool *s);

#endif
