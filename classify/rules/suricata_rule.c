/* A rule: header, then options in brackets; suricata_rule.h is the manual. */
#include "classify/rules/suricata_rule.h"

#include "classify/detect/value.h"

enum { HEADER_WORDS = 64 };

#define FIELD(word, old, name)                                                     \
	{                                                                          \
		word, SURICATA_FIELD, "http.header", name, old, false, true, false \
	}

static const struct suricata_buffer payload = {
	"", SURICATA_PAYLOAD, "any", NULL, false, false, false, false
};

static const struct suricata_buffer buffers[] = {
	{ "pkt_data", SURICATA_PAYLOAD, "any", NULL, false, false, false, false },
	{ "http.host", SURICATA_SAME, "http.host", NULL, false, false, true, false },
	{ "http.host.raw", SURICATA_SAME, "http.host", NULL, false, false, true, false },
	{ "http_host", SURICATA_SAME, "http.host", NULL, true, false, true, false },
	{ "http.method", SURICATA_SAME, "http.method", NULL, false, false, true, false },
	{ "http_method", SURICATA_SAME, "http.method", NULL, true, false, true, false },
	{ "http.uri", SURICATA_URI, "http.path http.query", NULL, false, false, true, false },
	{ "http_uri", SURICATA_URI, "http.path http.query", NULL, true, false, true, false },
	{ "http.uri.raw", SURICATA_URI, "http.path http.query", NULL, false, true, true, false },
	{ "http_raw_uri", SURICATA_URI, "http.path http.query", NULL, true, true, true, false },
	{ "http.header", SURICATA_HEADER, "http.header", NULL, false, false, false, false },
	{ "http.header.raw", SURICATA_HEADER, "http.header", NULL, false, false, false, false },
	{ "http_header", SURICATA_HEADER, "http.header", NULL, true, false, false, false },
	{ "http_raw_header", SURICATA_HEADER, "http.header", NULL, true, false, false, false },
	FIELD("http.user_agent", false, "user-agent"),
	FIELD("http_user_agent", true, "user-agent"),
	FIELD("http.referer", false, "referer"),
	FIELD("http_referer", true, "referer"),
	FIELD("http.accept", false, "accept"),
	FIELD("http.accept_enc", false, "accept-encoding"),
	FIELD("http.accept_lang", false, "accept-language"),
	FIELD("http.location", false, "location"),
	FIELD("http.server", false, "server"),
	{ "http.content_type", SURICATA_FIELD, "http.header", "content-type", false, false, false,
	  false },
	{ "http.cookie", SURICATA_FIELD, "http.header", "(?:set-)?cookie", false, false, false,
	  false },
	{ "http_cookie", SURICATA_FIELD, "http.header", "(?:set-)?cookie", true, false, false,
	  false },
	{ "http.request_body", SURICATA_SAME, "http.body", NULL, false, false, false, true },
	{ "http.response_body", SURICATA_SAME, "http.body", NULL, false, false, false, true },
	{ "http_client_body", SURICATA_SAME, "http.body", NULL, true, false, false, true },
	{ "http_server_body", SURICATA_SAME, "http.body", NULL, true, false, false, true },
	{ "file.data", SURICATA_SAME, "http.body", NULL, false, false, false, false },
	{ "file_data", SURICATA_SAME, "http.body", NULL, false, false, false, false },
	{ "tls.sni", SURICATA_SAME, "tls.sni", NULL, false, false, true, false },
	{ "tls_sni", SURICATA_SAME, "tls.sni", NULL, false, false, true, false },
	{ "dns.query", SURICATA_SAME, "dns.name", NULL, false, false, true, false },
	{ "dns_query", SURICATA_SAME, "dns.name", NULL, false, false, true, false },
};

static const char *const only_describe[] = { "msg",	  "sid",      "rev",	     "classtype",
					     "reference", "metadata", "priority",    "gid",
					     "target",	  "rawbytes", "fast_pattern" };

void
suricata_rule_cannot(struct suricata_rule *r, const char *reason)
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

/* ------------------------------------------------------------------ what is looked for */

/* "text|0d 0a|text" with \" \; \: \\ */
static bool
read_bytes(struct suricata_content *c, struct span v)
{
	bool hex = false;

	for (size_t i = 1; i + 1 < v.len && c->len < SURICATA_CONTENT_MAX; i++) {
		uint8_t b = v.p[i];

		if (b == '|') {
			hex = !hex;
		} else if (!hex) {
			c->bytes[c->len++] = b == '\\' && i + 2 < v.len ? v.p[++i] : b;
		} else if (b != ' ') {
			if (hex_value(b) < 0 || i + 2 >= v.len || hex_value(v.p[i + 1]) < 0)
				return false;
			c->bytes[c->len++] = (uint8_t)(hex_value(b) * 16 + hex_value(v.p[i + 1]));
			i++;
		}
	}
	return !hex && c->len != 0;
}

static void
take_content(struct suricata_rule *r, struct span v)
{
	struct suricata_content *c = &r->contents[r->nr_contents];

	if (v.len > 0 && v.p[0] == '!') {
		suricata_rule_cannot(r, "content that must not be there");
		return;
	}
	if (r->nr_contents == SURICATA_CONTENTS_MAX) {
		suricata_rule_cannot(r, "more than 16 contents");
		return;
	}
	*c = (struct suricata_content) { .buffer = r->sticky };
	if (v.len < 2 || v.p[0] != '"' || v.p[v.len - 1] != '"' || !read_bytes(c, v)) {
		suricata_rule_cannot(r, "content that cannot be read");
		return;
	}
	if (c->len == SURICATA_CONTENT_MAX)
		suricata_rule_cannot(r, "content longer than 511 bytes");
	r->nr_contents++;
}

static void
modify_content(struct suricata_rule *r, struct span key, struct span value)
{
	struct suricata_content *c = &r->contents[r->nr_contents == 0 ? 0 : r->nr_contents - 1];

	if (r->nr_contents == 0 || (value.len > 0 && !is_digit(value.p[0]))) {
		suricata_rule_cannot(
		    r, "distance or within that is not a number of bytes behind a content");
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

static struct suricata_content *
last_content(struct suricata_rule *r)
{
	return r->nr_contents == 0 ? NULL : &r->contents[r->nr_contents - 1];
}

/* startswith, offset, depth: so many bytes behind the beginning. */
static void
place_content(struct suricata_rule *r, struct span key, struct span value)
{
	struct suricata_content *c = last_content(r);
	bool starts = span_is(key, "startswith");

	if (c == NULL || (!starts && (value.len == 0 || !is_digit(value.p[0])))) {
		suricata_rule_cannot(r, "offset or depth that is not a number of bytes");
		return;
	}
	c->front = c->relative = true;
	if (span_is(key, "offset")) {
		c->distance = number_of(value);
	} else {
		c->within = starts ? (unsigned)c->len : number_of(value);
		c->has_within = true;
	}
}

/* endswith; isdataat:!1,relative means the same. */
static void
end_content(struct suricata_rule *r, struct span key, struct span value)
{
	struct suricata_content *c = last_content(r);

	if (c != NULL && (span_is(key, "endswith") || span_is(value, "!1,relative") ||
			  span_is(value, "!1, relative")))
		c->end = true;
	else
		suricata_rule_cannot(r, span_is(key, "endswith") ? "the end of no content"
								 : "isdataat");
}

/* As long as the content before it: that is all of the buffer. */
static void
take_size(struct suricata_rule *r, struct span value)
{
	struct suricata_content *c = last_content(r);

	for (size_t i = 0; i < value.len; i++) {
		if (!is_digit(value.p[i]))
			c = NULL;
	}
	if (c == NULL || r->nr_contents > 1 || number_of(value) != c->len) {
		suricata_rule_cannot(r, "a size other than that of its content");
		return;
	}
	r->sized = true;
	c->front = c->relative = c->has_within = c->end = true;
	c->within = number_of(value);
}

static const struct suricata_buffer *
find_buffer(const char *keyword)
{
	size_t i = 0;

	while (i < sizeof(buffers) / sizeof(buffers[0]) && strcmp(buffers[i].keyword, keyword) != 0)
		i++;
	return i < sizeof(buffers) / sizeof(buffers[0]) ? &buffers[i] : NULL;
}

/* Rules from before there were words for them have the buffer as a flag. NULL: it is none. */
static const struct suricata_buffer *
buffer_of_flag(uint8_t flag)
{
	static const struct {
		char flag;
		const char *keyword;
	} flags[] = {
		{ 'U', "http_uri" },	     { 'I', "http_raw_uri" },
		{ 'H', "http_header" },	     { 'D', "http_raw_header" },
		{ 'M', "http_method" },	     { 'C', "http_cookie" },
		{ 'P', "http_client_body" }, { 'Q', "http_server_body" },
		{ 'V', "http_user_agent" },  { 'W', "http_host" },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (flags[i].flag == (char)flag)
			return find_buffer(flags[i].keyword);
	}
	return NULL;
}

/*
 * "/regex/flags": of the flags, i s m mean the same; R: behind the content before it; others name
 * a buffer.
 */
static void
take_pcre(struct suricata_rule *r, struct span v)
{
	size_t slash = v.len, nr_flags = 0, len = 0;

	if (r->has_pcre) {
		suricata_rule_cannot(r, "several pcre");
		return;
	}
	if (v.len > 0 && v.p[0] == '!') {
		suricata_rule_cannot(r, "pcre that must not match");
		return;
	}
	while (slash > 0 && v.p[slash - 1] != '/')
		slash--;
	if (v.len < 4 || v.p[0] != '"' || v.p[1] != '/' || slash < 3) {
		suricata_rule_cannot(r, "pcre that cannot be read");
		return;
	}
	r->pcre_buffer = r->sticky;
	for (size_t i = slash; i + 1 < v.len; i++) {
		const struct suricata_buffer *named = buffer_of_flag(v.p[i]);

		if (named != NULL)
			r->pcre_buffer = named;
		else if (memchr("ism", v.p[i], 3) != NULL && strchr(r->pcre_flags, v.p[i]) == NULL)
			r->pcre_flags[nr_flags++] = (char)v.p[i];
		else if (memchr("ism", v.p[i], 3) != NULL)
			continue; /* again */
		else if (v.p[i] == 'R')
			r->pcre_relative = true;
		else
			suricata_rule_cannot(
			    r, "flags of pcre beside i, s, m, R and those of buffers");
	}
	for (size_t i = 2; i + 1 < slash && len + 1 < sizeof(r->pcre); i++)
		r->pcre[len++] = (char)v.p[i];
	if (len + 3 != slash)
		suricata_rule_cannot(r, "a pcre that is too long");
	r->has_pcre = true;
}

static bool
take_buffer(struct suricata_rule *r, struct span key)
{
	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++) {
		const struct suricata_buffer *b = &buffers[i];

		if (!span_is(key, b->keyword))
			continue;
		if (!b->of_content)
			r->sticky = b;
		else if (r->nr_contents == 0)
			suricata_rule_cannot(r, "a buffer of no content");
		else
			r->contents[r->nr_contents - 1].buffer = b;
		return true;
	}
	return false;
}

/* ------------------------------------------------------------------ options */

/* The title without its quotes and backslashes. */
static void
take_msg(struct rule_draft *d, struct span v)
{
	char title[4 * RULE_DRAFT_TITLE];
	size_t len = 0;

	for (size_t i = 1; i + 1 < v.len && len < sizeof(title); i++) {
		if (v.p[i] == '\\' && i + 2 < v.len)
			i++;
		title[len++] = (char)v.p[i];
	}
	rule_draft_title(d, span_of(title, len));
}

static void
take_flow(struct suricata_rule *r, struct span v)
{
	static const char *const ways[] = { "to_client", "to_server", "from_client",
					    "from_server" };

	for (size_t i = 0; i < v.len; i++) {
		for (size_t k = 0; k < sizeof(ways) / sizeof(ways[0]); k++)
			r->directed =
			    r->directed || span_starts(span_of(v.p + i, v.len - i), ways[k]);
	}
}

static void
take_other(struct suricata_rule *r, struct span key, struct span value)
{
	struct rule_draft *d = &r->draft;
	char reason[96];

	for (size_t i = 0; i < sizeof(only_describe) / sizeof(only_describe[0]); i++) {
		if (span_is(key, only_describe[i]))
			return;
	}
	if (r->reason != NULL)
		return;
	if (span_is(key, "threshold") && span_starts(value, "type limit")) {
		rule_draft_note(d, "the limit of its alerts");
		return;
	}
	snprintf(reason, sizeof(reason), "%.*s", (int)(key.len < 40 ? key.len : 40),
		 (const char *)key.p);
	rule_draft_note(d, reason);
	r->reason = d->notes;
}

static void
take_option(struct suricata_rule *r, struct span key, struct span value)
{
	struct rule_draft *d = &r->draft;

	if (span_is(key, "content")) {
		take_content(r, value);
	} else if (span_is(key, "nocase") || span_is(key, "distance") || span_is(key, "within")) {
		modify_content(r, key, value);
	} else if (span_is(key, "startswith") || span_is(key, "offset") || span_is(key, "depth")) {
		place_content(r, key, value);
	} else if (span_is(key, "endswith") || span_is(key, "isdataat")) {
		end_content(r, key, value);
	} else if (span_is(key, "bsize")) {
		take_size(r, value);
	} else if (span_is(key, "dotprefix")) {
		r->dotted = true;
	} else if (span_is(key, "pcre")) {
		take_pcre(r, value);
	} else if (span_is(key, "flow")) {
		take_flow(r, value);
	} else if (span_is(key, "msg")) {
		take_msg(d, value);
	} else if (span_is(key, "sid")) {
		rule_draft_name(d->id, sizeof(d->id), "suricata.", value);
	} else if (span_is(key, "rev")) {
		d->rev = number_of(value);
	} else if (span_is(key, "classtype")) {
		rule_draft_name(d->data_type, sizeof(d->data_type), "suricata.", value);
	} else if (!take_buffer(r, key)) {
		take_other(r, key, value);
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

/* action protocol address port -> address port */
static void
read_header(struct suricata_rule *r, struct span text)
{
	struct span words[HEADER_WORDS];
	size_t nr = span_words(text, words, HEADER_WORDS), any = 0;

	for (size_t i = 0; i < nr; i++)
		any += span_is(words[i], "any");
	r->any_address = any >= 4;
	if (nr < 7) {
		suricata_rule_cannot(r, "no action, protocol, addresses and ports");
		return;
	}
	r->action = words[0];
	r->protocol = words[1];
}

void
suricata_rule_read(struct suricata_rule *r, struct span line)
{
	const uint8_t *open = memchr(line.p, '(', line.len);
	size_t len = line.len;

	r->sticky = &payload;
	while (len > 0 && line.p[len - 1] != ')')
		len--;
	if (open == NULL || line.p + len <= open) {
		suricata_rule_cannot(r, "no options in brackets");
		return;
	}
	read_header(r, span_of(line.p, (size_t)(open - line.p)));
	read_options(r, span_of(open + 1, (size_t)(line.p + len - open) - 2));
}
