/*
 * Who is behind a host name: a catalogue of AI services, read from rule files.
 *
 * A rule file holds blocks (rules/ai/providers.rules is the one weir ships):
 *
 *   # comment to the end of the line
 *   provider openai {
 *     title "OpenAI"
 *     kind  model                      # model when there is no such line
 *     host  api.openai.com *.api.openai.com
 *   }
 *
 * The name is what records carry as gen_ai_provider_name or ai_service. `host` takes one pattern
 * or more and may be repeated. Patterns are compared label by label, without regard to case, a
 * trailing dot or a port: `x.ai` is not in `relax.ai`, `api.openai.com` not in
 * `api.openai.com.evil.example`. A `*` that is a whole label stands for one or more labels; a
 * `*` inside a label for one or more characters of that label:
 *
 *   *.api.openai.com               us.api.openai.com, but not api.openai.com
 *   bedrock-runtime.*.amazonaws.com
 *   *-aiplatform.googleapis.com    europe-west4-aiplatform.googleapis.com
 *
 * The last two labels of a pattern are literal, because they are what the lookup goes by. When
 * several patterns fit, the one with the most literal characters wins; of equals the first.
 *
 * Beside providers a file may hold the allow-list, in blocks such as `allow payments {`: see
 * allow.h.
 *
 * Limits: a pattern of more than 253 characters, two `*` in one label, more than two whole-label
 * `*`, a pattern or a provider that occurs twice are errors; so is anything the grammar above does
 * not know. A file is read up to 1 MiB.
 *
 * provider_load allocates and belongs to start-up and reload; what it returns never changes and
 * may be shared by threads until provider_destroy. Pointers found in it live as long as it does,
 * names longer: see provider_name_keep.
 */
#ifndef WEIR_PROVIDER_H
#define WEIR_PROVIDER_H

#include "classify/span.h"

enum {
	PROVIDER_NAME_CAP = 48,
	PROVIDER_TITLE_CAP = 64,
	PROVIDER_NAMES_MAX = 16384, /* different ones, since the start */
	PROVIDER_HOST_MAX = 253,    /* RFC 1035 section 2.3.4 */
};

enum provider_kind {
	PROVIDER_MODEL, /* answers model calls */
	PROVIDER_VECTOR_STORE,
	PROVIDER_MODEL_HUB,	/* models are downloaded there */
	PROVIDER_ASSISTANT,	/* chat pages and coding assistants */
	PROVIDER_OBSERVABILITY, /* copies of prompts go there */
	PROVIDER_PLATFORM,	/* serves models among much else: the host alone says nothing */
};

struct provider {
	const char *name;		/* for as long as the process, see provider_name_keep */
	char title[PROVIDER_TITLE_CAP]; /* equal to name when the file gives none */
	enum provider_kind kind;
};

struct provider_catalogue;

/*
 * Reads a rule file, or every *.rules file of a directory in the order of their names. 0 and
 * *out, or -ENOENT, -EIO, -ENOMEM, -EINVAL and "file:line:column: what was expected" in err.
 */
int provider_load(const char *path_or_dir, struct provider_catalogue **out, char *err,
		  size_t err_cap);

void provider_destroy(struct provider_catalogue *catalogue);

/*
 * A view sees what a catalogue has, and another catalogue at the same address when one is read
 * anew: whoever holds a view may go on in the middle of what it does. Belongs to one thread. An
 * empty one sees nothing. What it was set to has to stay until it is set anew or destroyed.
 */
struct provider_catalogue *provider_view_create(void); /* NULL: no memory */
void provider_view_set(struct provider_catalogue *view, const struct provider_catalogue *of);
void provider_view_destroy(struct provider_catalogue *view);

/*
 * Names outlive their catalogue, because connections remember by whom they were answered: equal
 * ones are one string, kept for as long as the process. name is shorter than PROVIDER_NAME_CAP.
 * NULL when PROVIDER_NAMES_MAX are kept, or there is no memory. From any thread.
 */
const char *provider_name_keep(struct span name);

/* Whose host this is, or NULL. catalogue may be NULL. */
const struct provider *provider_by_host(const struct provider_catalogue *catalogue,
					struct span host);

/* The provider of that name, or NULL. */
const struct provider *provider_by_name(const struct provider_catalogue *catalogue,
					const char *name);

#endif
