/*
 * Where encoded records go: a file, the standard output, or Kafka.
 *
 * A sink belongs to the publisher thread. It may buffer; flush says whether everything it was
 * given has arrived. Once a sink has failed it stays so.
 */
#ifndef WEIR_SINK_H
#define WEIR_SINK_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/publish/record.h"

#define SINK_ID_DIGITS 32

/* One record on its way; everything is borrowed. */
struct sink_message {
	enum record_type type;
	const char *key;
	size_t key_len;
	const char *json; /* one line, newline included */
	size_t len;
	uint64_t time_us;
	const char *event_id; /* SINK_ID_DIGITS hex digits, no NUL */
};

enum sink_result {
	SINK_OK,
	SINK_FULL,   /* not taken: poll, then try again */
	SINK_FAILED, /* nothing will be taken any more; the cause was logged */
};

struct sink_stats {
	uint64_t queued;    /* records taken and not yet delivered */
	uint64_t delivered; /* records that arrived */
	uint64_t errors;    /* deliveries that failed, whether or not tried again */
	uint64_t lost;	    /* records given up */
	uint64_t spool_bytes, spool_records, spool_lost;
};

struct sink;

struct sink_ops {
	enum sink_result (*write)(struct sink *s, const struct sink_message *m);
	/* Moves things on, waiting at most timeout_ms. */
	void (*poll)(struct sink *s, int timeout_ms);
	/* Waits until everything has arrived. 0, or -EIO with one line logged. */
	int (*flush)(struct sink *s);
	void (*stats)(const struct sink *s, struct sink_stats *stats);
	void (*close)(struct sink *s); /* frees s */
};

/* The first member of every sink. */
struct sink {
	const struct sink_ops *ops;
};

#endif
