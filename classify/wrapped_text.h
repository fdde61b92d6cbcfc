/*
 * What is hidden in a text that is being searched: base64 (proto/base64_text.h), compressed or in
 * UTF-16 inside it, and base64 once more in what comes out. Events of CloudWatch and Kinesis carry
 * gzip in base64, secrets of Helm in Kubernetes are base64 of base64 of gzip, PowerShell's
 * commands UTF-16 in base64.
 *
 *   text ── base64 ─┬───────────────┬─ searched as a text of its own
 *                   └─ gzip, zstd.. ┘
 *                          └── base64 ─┬───────────────┬─ searched, likewise
 *                                      └─ gzip, zstd.. ┘ (where that above was not)
 *
 * Each layer is a scan stream, and a decoder where it needs one, only while such a text lasts. Of
 * what is compressed, WRAPPED_LEAST bytes and WRAPPED_RATIO times the coded ones are looked at;
 * just where a bomb is cut depends on how its bytes come. Coded bytes count as searched: so they
 * were, as they stand there.
 *
 * Constant size, embedded by its owner, who sets nothing: zero is a valid start.
 */
#ifndef WEIR_WRAPPED_TEXT_H
#define WEIR_WRAPPED_TEXT_H

#include "classify/conn_env.h"
#include "classify/proto/base64_text.h"
#include "classify/rules/scan.h"

#define WRAPPED_LAYERS 2u
#define WRAPPED_LEAST  65536u
#define WRAPPED_RATIO  32u

struct wrapped_text {
	struct wrapped_layer {
		struct base64_text base64;
		struct scan_stream *scan;
		struct decode *decode;
		bool failed; /* the decoder has, or there was none */
		uint64_t coded, decoded;
	} layers[WRAPPED_LAYERS];
};

/* Who is searched, as which buffer, and who is told; borrowed, kept for the call only. */
struct wrapped_in {
	struct wrapped_text *w;
	struct conn_env *env;
	enum buffer buffer;
	scan_found_fn *found;
	void *arg;
};

/* The next bytes of the text around. */
void wrapped_text_push(const struct wrapped_in *in, const uint8_t *data, size_t len);
/* Instead of push: it is itself compressed, from its first byte on, and these are the next ones. */
void wrapped_text_compressed(const struct wrapped_in *in, enum compression c, struct span s);
/* It is over, or bytes of it were lost. */
void wrapped_text_end(const struct wrapped_in *in);

#endif
