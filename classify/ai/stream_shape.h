/*
 * What sizes and times of ciphertext say of a connection: how much was asked and answered, how
 * soon, and whether an answer was a model's, streamed word by word. No key, no content;
 * docs/shape.md has the reasons for each threshold and what was measured.
 *
 *   client  ==request==>                          ==next request==>
 *   server                 |.|..|.|.|.|..|.|.|,
 *                      first byte   events    end
 *
 * A turn is a burst of records of the client and what the server answers until the client's next.
 * Records of a few bytes (acknowledgements, window updates, pings, comments that keep a stream
 * alive) neither begin a burst nor count as an answer. Records of the server that follow each
 * other at once are one event.
 *
 * A turn is a model's stream when all of this holds: the request is of a size that a prompt has;
 * nobody but the server speaks meanwhile; events are many, small, alike and not equal; they come
 * in a steady rhythm of milliseconds that is neither a clock's nor chance's; and the answer ends by
 * itself. What fits but for an end that was not seen, and a turn with a gap in it, is unknown.
 *
 * Of a connection whose records are filled up to blocks (RFC 8446 section 5.4) sizes are known to a
 * block: a record of one is control where it may be, a request is taken for half a block less a
 * record, and times have to say the more. Blocks above 128 bytes hide too much: unknown.
 *
 * Memory: constant, embedded in what its owner takes from a pool; sums and histograms, no
 * sequence. Time is the caller's. Not thread-safe.
 */
#ifndef WEIR_STREAM_SHAPE_H
#define WEIR_STREAM_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_SHAPE_GAP_BINS	24u /* half octaves from 1 ms */
#define STREAM_SHAPE_SIZE_BINS	28u /* a third of an octave each, from 32 bytes */
#define STREAM_SHAPE_DELAY_BINS 8u

enum stream_shape_verdict {
	STREAM_SHAPE_OTHER,
	STREAM_SHAPE_LIKELY,
	STREAM_SHAPE_UNKNOWN,
};

/* Of a turn that is over; borrowed for the call. Times are 0 when there was no answer. */
struct stream_shape_turn {
	enum stream_shape_verdict verdict;
	uint32_t ordinal; /* from 0 */
	uint64_t request_bytes, response_bytes;
	uint64_t request_us, request_end_us; /* first and last record of the request */
	uint64_t first_us, last_us;	     /* of the answer */
};

typedef void stream_shape_fn(void *arg, const struct stream_shape_turn *turn);

/* Of the connection, since the beginning or the last stream_shape_next_part. */
struct stream_shape_part {
	uint64_t request_bytes, response_bytes;
	uint32_t nr_bursts;			  /* requests that began */
	uint32_t nr_turns[3];			  /* that ended, by verdict */
	uint32_t delays[STREAM_SHAPE_DELAY_BINS]; /* see stream_shape_delay_names */
};

struct stream_shape {
	struct stream_shape_part part;
	uint32_t nr_begun; /* turns */

	/* Of the turn at hand. */
	struct stream_shape_turn turn;
	uint64_t last_event_us; /* the last record that counted as an answer */
	uint64_t tail_us;	/* and the first small one behind it */
	uint64_t early_us, tickets_until_us, client_left_us;
	uint64_t gap_sum_us;
	uint64_t bar_us, bar_before_us; /* of so many gaps in a row, the one at hand and the last */
	uint32_t nr_gaps, nr_records, nr_events, nr_large;
	uint32_t nr_near, nr_like, nr_same, nr_units, nr_control;
	uint32_t nr_clocked, gap_before_us;
	uint32_t nr_bars, nr_like_bars;
	uint32_t nr_asked;    /* records of the request */
	uint16_t early_bytes; /* that may have been session tickets */
	uint16_t size[2];     /* of the last two records */
	uint16_t unit;	      /* the smallest of the first ones */
	uint16_t usual;	      /* the last that was like one before */
	uint16_t gaps[STREAM_SHAPE_GAP_BINS];
	uint16_t sizes[STREAM_SHAPE_SIZE_BINS];
	uint16_t small_bytes; /* a record up to here is no more than control */
	uint8_t bar_gaps;     /* in the bar at hand */
	uint8_t nr_filled;    /* records in a row that are a number of the smallest blocks */
	uint16_t fillings;    /* the bits of their lengths */
	bool judges;	      /* else it counts only */
	bool in_turn, answering;
	bool gap;	  /* in this turn */
	bool blind;	  /* from here on nothing is seen */
	bool small_tail;  /* the answer's last record is a small one */
	bool server_left; /* before the client did */
	bool client_left;
};

/* Upper ends of the bins of delays, for printing; the last has none. */
extern const char *const stream_shape_delay_names[STREAM_SHAPE_DELAY_BINS];

/*
 * For TLS. The other is for datagrams of QUIC, where acknowledgements cannot be told from data by
 * more than their size and the ends of answers cannot be seen: it counts and judges nothing.
 */
void stream_shape_init(struct stream_shape *s);
void stream_shape_init_datagrams(struct stream_shape *s);

/* A record, bytes of it without what encryption adds; dir is 0 for the client. */
void stream_shape_record(struct stream_shape *s, unsigned dir, uint16_t bytes, uint64_t now_us,
			 stream_shape_fn *fn, void *arg);

/* What the server sends until then, and little of it, may be session tickets. */
void stream_shape_tickets_until(struct stream_shape *s, uint64_t until_us);

/* Bytes are missing: nothing is said of the turn at hand. */
void stream_shape_gap(struct stream_shape *s);

/* Records can no longer be seen: nothing is said of anything from here on. */
void stream_shape_blind(struct stream_shape *s);

/* That side has sent its last byte. */
void stream_shape_leave(struct stream_shape *s, unsigned dir, uint64_t now_us);

/* Ends the turn at hand. */
void stream_shape_end(struct stream_shape *s, stream_shape_fn *fn, void *arg);

/* Likely when one turn was; unknown when anything was not seen, or is not over. */
enum stream_shape_verdict stream_shape_verdict(const struct stream_shape *s);

void stream_shape_next_part(struct stream_shape *s);

#endif
