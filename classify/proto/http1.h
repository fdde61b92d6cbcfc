/*
 * One direction of an HTTP/1.x connection (RFC 9112): bytes in order go in, messages come out.
 *
 * A push parser without memory of its own. Any split of the input gives the same events; spans
 * and pointers handed out are borrowed for the call. The transfer coding is removed, a content
 * coding stays on (content_decode.h). Both directions of a connection are independent here: what
 * needs both (HEAD, CONNECT, 101) the owner answers in headers_end.
 *
 * What a message is was settled by the two ends, not by us, and an evading sender hopes that we
 * settle it differently. So every doubtful case is read in the way that shows most of the body:
 *
 *   line ends           CRLF, LF, lone CR; empty and blank lines before a start line are skipped
 *   folded lines        joined with one blank (obs-fold, RFC 9112 section 5.2)
 *   blank-only line, or empty one ended by CR or CR CR LF, in a header block: ends it unless
 *                       `name:` follows
 *   Content-Length      the largest number anywhere in the field or its repetitions
 *   Transfer-Encoding   any value that mentions chunked, also next to Content-Length and in 1.0;
 *                       but if the first line of the body is no chunk size, the body is not
 *                       chunked: Content-Length counts, else (responses) it lasts until close
 *   chunk size          blanks and empty lines before it, anything after it up to the LF
 *   bad later chunk     response: the rest is body until close; request: resynchronise
 *   no last chunk       incomplete, where the stream ends (RFC 9112 section 8); unended says that
 *                       nothing else is lacking of an answer, which clients may take for whole
 *   1xx, 204, 304 with  body, unless what follows is a status line; so such an answer ends only
 *   a length            with what comes next
 *   status line         any case, version and spacing; a missing status is 200
 *   request line        without a target, or without a blank before the version: what stands behind
 *                       a method in capitals is the target, if "HTTP/1." is in there
 *
 * A gap that goes beyond the chunk at hand loses the place in a chunked body. Such a body is
 * incomplete, but it goes on: what comes is handed out as its bytes while a place to go on from is
 * looked for, which is one of
 *
 *   CRLF size [;extension] CRLF     of at most HTTP1_FIND_CHUNK_BYTES; believed when another such
 * line, or that of the last chunk, stands where the chunk ends. Until then the chunk is read, and
 * its line handed out, as bytes of the body; where it does not, the search goes on behind it CRLF 0
 * CRLF CRLF                ends the message CRLF start line                 begins the next one
 * (strictly one, as below)
 *
 * A start line may also begin behind the gap, or where a push begins. lost says so until the place
 * is known again.
 *
 * After any other gap, a bad start line, or when capture began in mid-stream the parser skips to
 * the next line that is strictly a start line: `METHOD target HTTP/1.x` in capitals, or
 * `HTTP/1.x nnn`. It may begin after a line end or where a push begins: segments tend to begin
 * with messages, and bodies without a line end are common; one that begins a push whole ends what
 * looked like the beginning of one in the push before. This is the one place where the split
 * of the input is used as a hint.
 *
 * Limits: HTTP/0.9 messages (no version in a request, no status line in a response) are skipped.
 * Names are handed out as sent, also with control bytes in the middle. With no carry to be had, a
 * start line or field split over two pushes is lost. A field longer than HTTP1_CARRY_BYTES is
 * handed out in pieces, and frames nothing; of such a start line the first HTTP1_CARRY_BYTES are.
 * Beyond HTTP1_BLOCK_BYTES of header block (or of trailers) fields are not handed out any more, but
 * still frame the message. What is not handed out is told as unread.
 */
#ifndef WEIR_HTTP1_H
#define WEIR_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/slab.h"
#include "classify/span.h"

#define HTTP1_CARRY_BYTES      8192u
#define HTTP1_BLOCK_BYTES      65536u
#define HTTP1_TRIAL_BYTES      20u
#define HTTP1_FIND_CHUNK_BYTES 65536u

enum http1_side {
	HTTP1_REQUESTS,
	HTTP1_RESPONSES,
};

/* What follows the header block, as the owner answers in headers_end. */
enum http1_body {
	HTTP1_BODY_BY_HEADERS, /* the ordinary case; 1xx, 204 and 304 have none but by saying so */
	HTTP1_BODY_NONE,       /* response to HEAD */
	HTTP1_TUNNEL,	       /* CONNECT, 101: the message ends, the rest goes to tunnel() */
};

/* Each value is the index of a counter in struct http1. */
enum http1_event {
	HTTP1_LINE_TOO_LONG,  /* field in pieces, or start line cut */
	HTTP1_BLOCK_TOO_LONG, /* messages whose later fields were dropped */
	HTTP1_NO_CARRY,	      /* slab empty: a line split over two pushes was dropped or cut */
	HTTP1_BAD_LINE,	      /* header line without a name */
	HTTP1_BAD_CHUNK,      /* called chunked but is not, or stops being so */
	HTTP1_RESYNC,	      /* times the place in the stream was lost */
	HTTP1_NR_EVENTS,
};

/*
 * Every member is required. No handler may call back into the same parser.
 * message_end comes exactly once per request() or status(). A status line that is not final
 * (1xx) is a message of its own. minor_version is x of HTTP/1.x; an older version is reported
 * as 0, a newer one as 1.
 */
struct http1_handler {
	void (*request)(void *arg, struct span method, struct span target, unsigned minor_version);
	void (*status)(void *arg, unsigned status, unsigned minor_version);
	void (*header)(void *arg, struct span name, struct span value, bool trailer);
	/* The next bytes of a field longer than HTTP1_CARRY_BYTES, name and colon first; 0: its
	 * end. */
	void (*long_header)(void *arg, const uint8_t *data, size_t len, bool trailer);
	/* So many bytes of the message's framing were read over. */
	void (*unread)(void *arg, uint64_t len);
	enum http1_body (*headers_end)(void *arg);
	void (*body)(void *arg, const uint8_t *data, size_t len);
	/* Bytes of the body that were never seen; they count towards its length. */
	void (*body_gap)(void *arg, uint64_t len);
	void (*message_end)(void *arg, bool complete);
	void (*tunnel)(void *arg, const uint8_t *data, size_t len);
};

/*
 * Public only because a connection embeds two of them. Bytes pushed are at any time equal to
 * framing_bytes + body_bytes + tunnel_bytes + skipped_bytes.
 */
struct http1 {
	uint64_t left;		/* of the body or the chunk */
	uint64_t length;	/* largest Content-Length seen; see has_length */
	uint64_t framing_bytes; /* start lines, fields, chunk sizes, empty lines */
	uint64_t body_bytes;
	uint64_t tunnel_bytes;
	uint64_t skipped_bytes; /* passed over while looking for a start line */
	uint32_t events[HTTP1_NR_EVENTS];
	uint32_t line_bytes; /* raw bytes of the line in progress */
	union {
		uint32_t block_bytes; /* raw bytes of the header block so far */
		uint32_t guess;	      /* in a body, see unsure */
	};
	struct slab *carry_pool; /* kept; objects of HTTP1_CARRY_BYTES */
	uint8_t *carry;		 /* start of an unfinished line, or NULL; owned */
	uint16_t carry_len;
	uint16_t status;
	uint8_t trial[HTTP1_TRIAL_BYTES]; /* consumed, meaning not settled yet */
	uint8_t trial_len;
	uint8_t side;
	uint8_t state;
	uint8_t line_state;
	uint8_t find;	    /* of the line of a chunk that is looked for, what is on trial */
	bool lost : 1;	    /* the place in a chunked body */
	bool unsure : 1;    /* guess bytes are still to come of what seems to be a chunk */
	bool line_cut : 1;  /* a start line longer than the carry, or no carry to be had */
	bool line_long : 1; /* a field longer than the carry */
	bool line_odd : 1;  /* ended with a blank-only fold, or empty with a lone CR or CR CR LF */
	bool line_folded : 1;
	bool open : 1; /* between request()/status() and message_end() */
	bool has_length : 1;
	bool chunked : 1;
	bool on_trial : 1;  /* first chunk size not confirmed yet */
	bool size_seen : 1; /* a digit of the chunk size */
	bool broken : 1;    /* framing went wrong: cannot end as complete */
	bool block_over : 1;
	bool unended : 1; /* ended incomplete, between two chunks: clients may take it for whole */
};

/*
 * carry is kept until fini; its objects have HTTP1_CARRY_BYTES. One is held only while a
 * line is unfinished at the end of a push.
 */
void http1_init(struct http1 *h, enum http1_side side, struct slab *carry);

void http1_push(struct http1 *h, const uint8_t *data, size_t len, const struct http1_handler *on,
		void *arg);

/*
 * len bytes of the stream are lost. Inside a body whose framing shows that all of them belonged
 * to it this is a body_gap, and so it is in a chunked body, of UINT64_MAX bytes, where that is not
 * known; otherwise the open message ends incomplete and the parser resynchronises. In a tunnel
 * nothing happens: the owner knows.
 */
void http1_gap(struct http1 *h, uint64_t len, const struct http1_handler *on, void *arg);

/*
 * The other direction agreed on an upgrade: all further bytes go to tunnel(). To be called between
 * pushes; a message still open ends complete.
 */
void http1_become_tunnel(struct http1 *h, const struct http1_handler *on, void *arg);

/*
 * End of stream: completes a body that lasts until close, or that may end here; ends any other
 * message incomplete.
 */
void http1_end(struct http1 *h, const struct http1_handler *on, void *arg);

/* Gives the carry back, without events. */
void http1_fini(struct http1 *h);

#endif
