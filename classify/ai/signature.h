/*
 * Services and software that are recognised by more than a host, on any port: blocks of the
 * catalogue's rule files beside `provider` (provider.h).
 *
 *   engine llama.cpp {                     server software: gen_ai_engine
 *     header server llama.cpp*             name and value of a header of the answer
 *   }
 *   service vector_store.qdrant {          ai_service of a flow
 *     path  /collections/STAR/points/search   of a request; the first segment is literal
 *   }
 *   client openai-python {                 gen_ai_client
 *     agent OpenAI/Python*                 User-Agent
 *   }
 *
 * (STAR is a `*`, which a comment in C cannot have behind a slash.) Lines may be repeated, path and
 * agent take several patterns; glob.h says what fits. The first that fits wins.
 *
 * Each block, and `provider` too, may hold samples, the rest of the line: `sample + TEXT` must fit
 * the block, `sample - TEXT` must not. For engines TEXT is `NAME: VALUE`, for a provider a host. A
 * file whose samples fail does not load.
 */
#ifndef WEIR_SIGNATURE_H
#define WEIR_SIGNATURE_H

#include "classify/span.h"

struct provider_catalogue;

enum signature_kind { SIGNATURE_ENGINE, SIGNATURE_SERVICE, SIGNATURE_CLIENT, NR_SIGNATURE_KINDS };

enum { SIGNATURE_TEXT_CAP = 128 };

/* Names live as long as the process; NULL when nothing fits, also without a catalogue. */
const char *signature_engine(const struct provider_catalogue *c, struct span name,
			     struct span value);
const char *signature_service(const struct provider_catalogue *c, struct span path);
const char *signature_client(const struct provider_catalogue *c, struct span agent);

/* For the loader: "engine", "service" or "client", or false. */
bool signature_kind_parse(struct span word, enum signature_kind *kind);
/* The word that begins a line of such a block. */
const char *signature_line(enum signature_kind kind);
/* 0 or -ENOMEM. A pattern is of the block added last; value only for engines. */
int signature_add_block(struct provider_catalogue *c, enum signature_kind kind, struct span name);
int signature_add(struct provider_catalogue *c, struct span text, struct span value);
/* NULL, or what was expected. */
const char *signature_error(enum signature_kind kind, struct span text);

#endif
