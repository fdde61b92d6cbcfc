/*
 * Which protocol a flow speaks, from its first bytes, on any port.
 *
 * One probe per protocol (protocols.h) looks at the bytes of each direction from its start, as far
 * as they have been seen, and answers yes, no, or "a longer prefix could still say". The first yes
 * of the table wins (protocols with long magic first, guesses last), and a "could still say" makes
 * those behind it wait: the answer is the same for any split of the bytes. Ports only let a
 * doubtful yes pass (a greeting that FTP has too, one half of a DNS message), never more.
 *
 * A TCP flow joined midway may have begun anywhere, so a message start that can be recognised is
 * enough (HTTP, any TLS record, a Kafka or MongoDB request, a statement of a database), and as who
 * opened it is a guess, both roles are tried. There the end of a segment is a hint, because
 * statements and frames mostly end with one, so that the split may decide.
 *
 * Limits: what a protocol hands over to (STARTTLS, CONNECT) is its parser's to say; a QUIC flow is
 * found here by its long headers only (payload_conn.c knows more); gRPC and WebSocket are never
 * answered here: they begin as HTTP and whoever parses that tells them apart. A method of HTTP is
 * in capitals; a line that begins with one and has "HTTP/1." somewhere behind it is taken for a
 * request, as servers answer to it.
 *
 * No probe looks beyond DETECT_BYTES of a direction. Free of state.
 */
#ifndef WEIR_DETECT_H
#define WEIR_DETECT_H

#include <stdbool.h>
#include <stdint.h>

#include "classify/proto/protocols.h"
#include "classify/span.h"

#define DETECT_BYTES 256u

/* "http", "http2", ... as records write it. */
const char *protocol_name(enum protocol protocol);

enum detect_verdict {
	DETECT_MORE, /* a longer prefix could still decide */
	DETECT_FOUND,
	DETECT_NONE,
};

struct detect_input {
	bool udp;
	uint16_t orig_port, resp_port;
	/* From the start of each direction; at most DETECT_BYTES. UDP: one datagram, in one of
	 * them. */
	struct span orig, resp;
	bool orig_midstream, resp_midstream;
	bool orig_unseen; /* nothing of it will be seen before this is decided */
};

enum probe_answer { PROBE_NO, PROBE_MAYBE, PROBE_YES };

typedef enum probe_answer probe_fn(const struct detect_input *in);

#define PROTOCOL_PROBE(id, name, transport, probe, entry) probe_fn probe;
PROTOCOLS(PROTOCOL_PROBE)
#undef PROTOCOL_PROBE

/* *out is set only for DETECT_FOUND. */
enum detect_verdict detect(const struct detect_input *in, enum protocol *out);

#endif
