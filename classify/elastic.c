#include "classify/elastic.h"

#include "classify/proto/db_words.h"

/* What is asked for by name, whatever the method. */
static const struct {
	const char *words;
	enum db_class class;
} actions[] = {
	{ "_search _msearch _count _mget _source _explain _termvectors _mtermvectors _field_caps "
	  "_pit "
	  "_sql _eql _async_search _validate _rank_eval _knn_search _search_shards _terms_enum "
	  "_esql",
	  DB_READ },
	{ "_bulk _create _update _update_by_query _delete_by_query _reindex", DB_WRITE },
	{ "_mapping _mappings _alias _aliases _template _index_template _component_template "
	  "_data_stream _rollover _shrink _split _clone _open _close",
	  DB_SCHEMA },
	{ "_cluster _cat _nodes _tasks _snapshot _security _ilm _ingest _license _settings "
	  "_plugins "
	  "_xpack _refresh _flush _forcemerge _cache _stats _segments _recovery",
	  DB_ADMIN },
};

static bool
class_of_action(struct span action, enum db_class *class)
{
	if (action.len == 0 || action.p[0] != '_')
		return false;
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (db_is_among(action, actions[i].words)) {
			*class = actions[i].class;
			return true;
		}
	}
	return false;
}

bool
elastic_read(const struct elastic_request *r, struct elastic_operation *out)
{
	struct span path = r->path, segment = span_next_segment(&path);
	bool reads = span_is(r->method, "GET") || span_is(r->method, "HEAD"), theirs = false;

	*out = (struct elastic_operation) { .class = DB_OTHER };
	if (segment.len != 0 && segment.p[0] != '_') {
		out->index = segment;
		segment = span_next_segment(&path);
	}
	if (span_is(segment, "_doc")) {
		theirs = out->index.len != 0;
		out->class = reads ? DB_READ : DB_WRITE;
	} else if (span_is(segment, "_search") && span_is(span_next_segment(&path), "scroll")) {
		theirs = true;
		out->class = DB_READ;
	} else if (segment.len == 0 && out->index.len != 0) {
		out->class = reads ? DB_ADMIN : DB_SCHEMA;
	} else {
		theirs = class_of_action(segment, &out->class);
	}
	if (!r->product && !(theirs && r->json))
		return false;
	out->system = span_contains(r->user_agent, "opensearch") ? "opensearch" : "elasticsearch";
	return true;
}
