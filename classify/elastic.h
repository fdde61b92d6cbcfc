/*
 * Elasticsearch and OpenSearch, which are asked over HTTP: is a request one of theirs, what does it
 * do, and to which index.
 *
 * Known by the product that the answer names (X-elastic-product), or by a segment of the path that
 * only they have (_search, _bulk, _doc, ...) together with JSON on either side: FHIR has a _search,
 * too, of forms. Which of the two it is, the client's User-Agent says; "elasticsearch" where it
 * does not. Bodies are searched as those of any HTTP exchange.
 *
 * Limit: what a _msearch or a _bulk does to indexes that only its body names is told by its class.
 */
#ifndef WEIR_ELASTIC_H
#define WEIR_ELASTIC_H

#include "classify/proto/db_event.h"

struct elastic_request {
	struct span method, path, user_agent;
	bool product; /* the answer names it */
	bool json;    /* a body of either side is JSON, or there is none */
};

struct elastic_operation {
	const char *system;
	enum db_class class;
	struct span index; /* of the path; may be empty */
};

/* False when the request is not theirs. */
bool elastic_read(const struct elastic_request *r, struct elastic_operation *out);

#endif
