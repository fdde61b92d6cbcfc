/*
 * One rule a line: header, then options in brackets. What narrows the traffic a rule is for and has
 * no counterpart here makes the rule untranslatable; what only describes it does not.
 */
#include "classify/rules/rule_import.h"

#include <stdlib.h>

#include "classify/detect/value.h"

enum { CONTENT_MAX = 512, CONTENTS_MAX = 16 };

struct content {
	uint8_t bytes[CONTENT_MAX];
	size_t len;
	bool nocase;
	bool relative; /* behind the one before it */
	unsigned distance, within;
	bool has_within;
};

struct suricata_rule {
	struct rule_draft draft;
	struct content contents[CONTENTS_MAX];
	unsigned nr_contents;
	bool has_pcre, pcre_relative;
	const char *reason; /* it cannot be translated */
	const char *buffers;
	bool several_buffers;
};

static const struct {
	const char *keyword, *buffers;
} buffers[] = {
	{ "http.host", "http.host" },
	{ "http.host.raw", "http.host" },
	{ "http.uri", "http.path http.query" },
	{ "http.uri.raw", "http.path http.query" },
	{ "http.method", "http.method" },
	{ "http.header", "http.header" },
	{ "http.header.raw", "http.header" },
	{ "http.user_agent", "http.header" },
	{ "http.cookie", "http.header" },
	{ "http.request_body", "http.body" },
	{ "http.response_body", "http.body" },
	{ "file.data", "http.body" },
	{ "file_data", "http.body" },
	{ "http_uri", "http.path http.query" },
	{ "http_header", "http.header" },
	{ "http_host", "http.host" },
	{ "http_client_body", "http.body" },
	{ "http_server_body", "http.body" },
	{ "tls.sni", "tls.sni" },
	{ "tls_sni", "tls.sni" },
	{ "dns.query", "dns.name" },
	{ "dns_query", "dns.name" },
};

static const char *const only_describe[] = { "msg",	  "sid",      "rev",	      "classtype",
					     "reference", "metadata", "priority",     "gid",
					     "flow",	  "target",   "fast_pattern", "rawbytes" };

static void
cannot(struct suricata_rule *r, const char *reason)
{
	if (r->reason == NULL)
		r->reason = reason;
}

static unsigned
number_of(struct span s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s.len && is_digit(s.p[i]) && n < 100000; i++)
		n = n * 10 + s.p[i] - '0';
	return n;
}

/* "text|0d 0a|text" with \" \; \\ */
static void
add_content(struct suricata_rule *r, struct span v)
{
	struct content *c = &r->contents[r->nr_contents];
	bool hex = false;

	if (v.len > 0 && v.p[0] == '!') {
		cannot(r, "content that must not be there");
		return;
	}
	if (r->nr_contents == CONTENTS_MAX || v.len < 2 || v.p[0] != '"' || v.p[v.len - 1] != '"') {
		cannot(r, "content that cannot be read");
		return;
	}
	memset(c, 0, sizeof(*c));
	for (size_t i = 1; i + 1 < v.len && c->len < CONTENT_MAX; i++) {
		uint8_t b = v.p[i];

		if (b == '|') {
			hex = !hex;
		} else if (!hex) {
			c->bytes[c->len++] = b == '\\' && i + 2 < v.len ? v.p[++i] : b;
		} else if (hex_value(b) >= 0 && i + 2 < v.len && hex_value(v.p[i + 1]) >= 0) {
			c->bytes[c->len++] = (uint8_t)(hex_value(b) * 16 + hex_value(v.p[i + 1]));
			i++;
		}
	}
	if (c->len == CONTENT_MAX)
		cannot(r, "content longer than 511 bytes");
	r->nr_contents++;
}

static void
modify_content(struct suricata_rule *r, struct span key, struct span value)
{
	struct content *c = &r->contents[r->nr_contents == 0 ? 0 : r->nr_contents - 1];

	if (r->nr_contents == 0 || (value.len > 0 && !is_digit(value.p[0]))) {
		cannot(r, "distance or within that is not a number of bytes behind a content");
		return;
	}
	if (span_is(key, "nocase")) {
		c->nocase = true;
		return;
	}
	c->relative = true;
	if (span_is(key, "distance")) {
		c->distance = number_of(value);
	} else {
		c->within = number_of(value);
		c->has_within = true;
	}
}

/* "/regex/flags": of the flags, i s m mean the same; R: behind the content before it. */
static void
take_pcre(struct suricata_rule *r, struct span v)
{
	struct rule_draft *d = &r->draft;
	size_t slash = v.len, nr_flags = 0, len = 0;

	if (r->has_pcre) {
		cannot(r, "several pcre");
		return;
	}
	if (v.len > 0 && v.p[0] == '!') {
		cannot(r, "pcre that must not match");
		return;
	}
	while (slash > 0 && v.p[slash - 1] != '/')
		slash--;
	if (v.len < 4 || v.p[0] != '"' || v.p[1] != '/' || slash < 3) {
		cannot(r, "pcre that cannot be read");
		return;
	}
	for (size_t i = slash; i + 1 < v.len; i++) {
		if (memchr("ism", v.p[i], 3) != NULL && nr_flags < 3)
			d->flags[nr_flags++] = (char)v.p[i];
		else if (v.p[i] == 'R')
			r->pcre_relative = true;
		else
			cannot(r, "flags of pcre other than i, s, m, R");
	}
	for (size_t i = 2; i + 1 < slash && len + 1 < sizeof(d->regex); i++)
		d->regex[len++] = (char)v.p[i];
	d->regex[len] = '\0';
	r->has_pcre = true;
}

static bool
take_buffer(struct suricata_rule *r, struct span key)
{
	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++) {
		if (!span_is(key, buffers[i].keyword))
			continue;
		if (r->buffers != NULL && strcmp(r->buffers, buffers[i].buffers) != 0)
			cannot(r, "several buffers in one rule");
		r->buffers = buffers[i].buffers;
		return true;
	}
	return false;
}

static void
take_option(struct suricata_rule *r, struct span key, struct span value)
{
	struct rule_draft *d = &r->draft;
	char reason[96];

	if (span_is(key, "content")) {
		add_content(r, value);
	} else if (span_is(key, "nocase") || span_is(key, "distance") || span_is(key, "within")) {
		modify_content(r, key, value);
	} else if (span_is(key, "pcre")) {
		take_pcre(r, value);
	} else if (span_is(key, "msg") && value.len > 2) {
		snprintf(d->title, sizeof(d->title), "%.*s", (int)value.len - 2,
			 (const char *)value.p + 1);
	} else if (span_is(key, "sid")) {
		rule_draft_name(d->id, sizeof(d->id), "suricata.", value);
	} else if (span_is(key, "rev")) {
		d->rev = number_of(value);
	} else if (span_is(key, "classtype")) {
		rule_draft_name(d->data_type, sizeof(d->data_type), "suricata.", value);
	} else if (!take_buffer(r, key)) {
		for (size_t i = 0; i < sizeof(only_describe) / sizeof(only_describe[0]); i++) {
			if (span_is(key, only_describe[i]))
				return;
		}
		snprintf(reason, sizeof(reason), "%.*s", (int)(key.len < 40 ? key.len : 40),
			 (const char *)key.p);
		if (r->reason == NULL) {
			rule_draft_note(d, reason);
			r->reason = d->notes;
		}
	}
}

/* Options between the brackets; ';' ends one unless it is quoted or escaped. */
static void
read_options(struct suricata_rule *r, struct span text)
{
	const uint8_t *p = text.p, *end = text.p + text.len;

	while (p < end) {
		const uint8_t *from = p, *colon = NULL;
		bool quoted = false;

		for (; p < end && (quoted || *p != ';'); p++) {
			if (*p == '\\' && end - p > 1)
				p++;
			else if (*p == '"')
				quoted = !quoted;
			else if (*p == ':' && colon == NULL && !quoted)
				colon = p;
		}

		const uint8_t *key_end = colon == NULL ? p : colon;
		struct span key = span_trim(span_of(from, (size_t)(key_end - from)));

		if (key.len != 0)
			take_option(r, key,
				    colon == NULL
					? span_of(p, 0)
					: span_trim(span_of(colon + 1, (size_t)(p - colon) - 1)));
		p += p < end;
	}
}

/* A chain of contents: each behind the one before it, with what may stand between. */
static void
chain(struct suricata_rule *r)
{
	struct rule_draft *d = &r->draft;
	size_t len = 0;

	for (unsigned i = 0; i < r->nr_contents; i++) {
		const struct content *c = &r->contents[i];
		size_t room = sizeof(d->regex) - len, n;

		if (c->nocase != r->contents[0].nocase)
			cannot(r, "contents of which some are nocase");
		if (i > 0 && !c->relative)
			cannot(r, "several contents in any order");
		if (c->has_within && c->within < c->distance + c->len)
			cannot(r, "within less than the content is long");
		if (r->reason != NULL || room < 64)
			return;
		if (i > 0 && c->has_within)
			len += (size_t)snprintf(d->regex + len, room, ".{%u,%zu}", c->distance,
						c->within - c->len);
		else if (i > 0)
			len += (size_t)snprintf(d->regex + len, room, ".{%u,}", c->distance);
		n = rule_draft_escape(d->regex + len, sizeof(d->regex) - len,
				      span_of(c->bytes, c->len));
		if (n == 0)
			cannot(r, "contents that are too long");
		len += n;
	}
	if (r->nr_contents == 0)
		cannot(r, "neither content nor pcre");
	else
		snprintf(d->flags, sizeof(d->flags), "%s%s", r->contents[0].nocase ? "i" : "",
			 r->nr_contents > 1 ? "s" : "");
}

/*
 * With a pcre the contents are there to find it quickly, if it contains them; whether it does, only
 * its author knows. One content may stay out, as rule sets are commonly written so; told as such.
 */
static bool
is_part_of_pcre(const struct suricata_rule *r)
{
	const struct content *c = &r->contents[0];
	char text[5 * CONTENT_MAX];

	if (rule_draft_escape(text, sizeof(text), span_of(c->bytes, c->len)) != 0 &&
	    strstr(r->draft.regex, text) != NULL)
		return true;
	snprintf(text, sizeof(text), "%.*s", (int)c->len, (const char *)c->bytes);
	return strlen(text) == c->len && strstr(r->draft.regex, text) != NULL;
}

static void
join(struct suricata_rule *r)
{
	if (!r->has_pcre) {
		chain(r);
		return;
	}
	if (r->pcre_relative)
		cannot(r, "pcre behind a content");
	else if (r->nr_contents > 1)
		cannot(r, "several contents beside pcre");
	else if (r->nr_contents == 1 && !is_part_of_pcre(r))
		rule_draft_note(&r->draft, "the content beside pcre");
}

static void
read_rule(struct span line, unsigned nr, const char *path, FILE *to, FILE *told,
	  struct rule_import_result *result)
{
	static struct suricata_rule r;
	const uint8_t *open = memchr(line.p, '(', line.len);
	size_t len = line.len;

	memset(&r, 0, sizeof(r));
	r.draft.line = nr;
	r.draft.rev = 1;
	r.draft.severity = "medium";
	snprintf(r.draft.id, sizeof(r.draft.id), "suricata.line_%u", nr);
	snprintf(r.draft.data_type, sizeof(r.draft.data_type), "suricata.rule");
	while (len > 0 && line.p[len - 1] != ')')
		len--;
	if (open == NULL || line.p + len <= open) {
		cannot(&r, "no options in brackets");
	} else {
		struct span header = span_of(line.p, (size_t)(open - line.p));
		unsigned any = 0;

		for (size_t i = 0; i + 3 <= header.len; i++)
			any += memcmp(header.p + i, "any", 3) == 0;
		read_options(&r, span_of(open + 1, (size_t)(line.p + len - open) - 2));
		join(&r);
		if (any < 4 && r.reason == NULL)
			rule_draft_note(&r.draft, "addresses and ports");
	}
	r.draft.buffers = r.buffers != NULL ? r.buffers : "any";
	rule_draft_write(&r.draft, r.reason, path, to, told, result);
}

void
rule_import_suricata(struct span text, const char *path, FILE *to, FILE *told,
		     struct rule_import_result *result)
{
	const uint8_t *p = text.p, *end = text.p + text.len;

	for (unsigned nr = 1; p < end; nr++) {
		const uint8_t *stop = memchr(p, '\n', (size_t)(end - p));
		struct span line = span_trim(span_of(p, (size_t)((stop == NULL ? end : stop) - p)));

		if (line.len > 0 && line.p[0] != '#')
			read_rule(line, nr, path, to, told, result);
		p = stop == NULL ? end : stop + 1;
	}
	free(result->ids);
	result->ids = NULL;
}
