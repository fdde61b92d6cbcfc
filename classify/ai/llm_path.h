/*
 * What a request target says about a model call: dialect, operation, the model's name when the
 * path carries it, whether a stream is asked for, and which targets are no calls at all.
 *
 * Only the end of the path counts, because gateways put whatever they like in front. Query and
 * fragment are ignored.
 */
#ifndef WEIR_LLM_PATH_H
#define WEIR_LLM_PATH_H

#include "classify/ai/llm.h"

/*
 * model[cap] becomes the %-decoded name out of the path, cut at cap - 1 bytes, or "" when there
 * is none.
 */
struct llm_target llm_path_classify(struct span path, char *model, size_t cap);

/* Of a model, in /models/NAME/versions/VERSION/verb; may be empty. Borrowed from path. */
struct span llm_path_version(struct span path);

#endif
