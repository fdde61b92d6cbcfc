/*
 * A rule of Suricata as one of weir's: a regular expression in one place. Suricata's buffers are
 * whole, weir's are the parts that mean something, so each kind of buffer has its own way there,
 * and what would mean something else is left out and told.
 */
#include "classify/rules/rule_import.h"

#include <stdarg.h>
#include <stdlib.h>

#include "classify/detect/value.h"
#include "classify/rules/regex.h"
#include "classify/rules/suricata_rule.h"

/* ------------------------------------------------------------------ the regex, piece by piece */

struct out {
	struct suricata_rule *r;
	size_t len;
	bool any_byte; /* a dot that takes newlines is in it */
	bool nocase;   /* all of it is, by its flag */
};

__attribute__((format(printf, 2, 3))) static void
put(struct out *o, const char *format, ...)
{
	struct rule_draft *d = &o->r->draft;
	size_t room = sizeof(d->regex) - o->len;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(d->regex + o->len, room, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room)
		suricata_rule_cannot(o->r, "contents that are too long");
	else
		o->len += (size_t)n;
}

static void
put_text(struct out *o, struct span text, bool nocase)
{
	char escaped[4 * SURICATA_CONTENT_MAX + 8];

	if (text.len == 0)
		return;
	if (rule_draft_escape(escaped, sizeof(escaped), text) == 0)
		suricata_rule_cannot(o->r, "contents that are too long");
	else
		put(o, nocase && !o->nocase ? "(?i:%s)" : "%s", escaped);
}

/* A query's '+' is a blank by the time that weir looks. */
static void
put_uri_text(struct out *o, struct span text, bool nocase)
{
	size_t from = 0;

	for (size_t i = 0; i <= text.len; i++) {
		if (i < text.len && text.p[i] != '+')
			continue;
		put_text(o, span_of(text.p + from, i - from), nocase);
		if (i < text.len)
			put(o, "[+ ]");
		from = i + 1;
	}
}

/* ------------------------------------------------------------------ header fields */

static bool
is_name_byte(uint8_t c)
{
	return is_alnum(c) || memchr("!#$%&'*+-.^_`|~", c, 15) != NULL;
}

/* How many bytes in front are of a field's name, a colon and a blank behind them. */
static size_t
name_part(struct span text)
{
	size_t n = 0;

	while (n < text.len && is_name_byte(text.p[n]))
		n++;
	return n < text.len && text.p[n] == ':' && (n + 1 == text.len || text.p[n + 1] == ' ') ? n
											       : 0;
}

/* May it be a piece of a name? */
static bool
is_name(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!is_name_byte(text.p[i]))
			return false;
	}
	return true;
}

static bool
has_capitals(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] >= 'A' && text.p[i] <= 'Z')
			return true;
	}
	return false;
}

/* Weir has names in lower case. */
static void
put_header_text(struct out *o, struct span text, bool nocase)
{
	size_t name = name_part(text);

	if (!nocase && has_capitals(span_of(text.p, name))) {
		put_text(o, span_of(text.p, name), true);
		text = span_of(text.p + name, text.len - name);
	}
	put_text(o, text, nocase);
}

static bool
has_line_end(struct span text)
{
	return text.len != 0 &&
	       (memchr(text.p, '\r', text.len) != NULL || memchr(text.p, '\n', text.len) != NULL);
}

/* ------------------------------------------------------------------ a chain of contents */

/* Where a content must stand, in so many bytes behind what comes before it. */
static void
put_distance(struct out *o, const struct suricata_content *c)
{
	if (c->has_within && c->within < c->len) {
		suricata_rule_cannot(o->r, "within less than the content is long");
		return;
	}
	if (c->has_within && c->distance + c->within == c->len)
		return;
	o->any_byte = true;
	if (c->has_within)
		put(o, ".{%u,%zu}", c->distance, c->distance + c->within - c->len);
	else
		put(o, ".{%u,}", c->distance);
}

/* What stands in front of the first content. */
static void
put_front(struct out *o, const struct suricata_content *c)
{
	const struct suricata_buffer *b = c->buffer;

	if (c->relative && b->kind == SURICATA_PAYLOAD)
		suricata_rule_cannot(o->r, "a place in the packet");
	else if (c->relative && b->kind == SURICATA_HEADER)
		suricata_rule_cannot(o->r, "a place among all header fields");
	else if (b->kind == SURICATA_FIELD)
		put(o, c->relative ? "^%s: " : "^%s: .*", b->field);
	else if (c->relative)
		put(o, "^");
	o->any_byte = b->kind == SURICATA_FIELD && !c->relative;
	if (c->relative && b->kind == SURICATA_URI)
		o->r->draft.buffers = "http.path";
}

/* The first '?' is the border of path and query, and in neither. */
static struct span
uri_text(struct out *o, const struct suricata_content *c, bool first)
{
	struct span text = span_of(c->bytes, c->len);
	const uint8_t *mark = memchr(c->bytes, '?', c->len);

	if (c->buffer->raw && memchr(c->bytes, '%', c->len) != NULL)
		suricata_rule_cannot(o->r, "percent-coding, which weir has undone");
	if (mark == NULL)
		return text;
	if (mark != c->bytes || !first || c->relative || c->len == 1 ||
	    memchr(mark + 1, '?', c->len - 1) != NULL) {
		suricata_rule_cannot(o->r, "a content over the ? between path and query");
		return text;
	}
	o->r->draft.buffers = "http.query";
	put(o, "(?:^|\\?)");
	return span_of(text.p + 1, text.len - 1);
}

/* Line ends around a field are its beginning and its end. */
static void
put_header_content(struct out *o, const struct suricata_content *c, bool first, bool last)
{
	struct span text = span_of(c->bytes, c->len);
	bool front = first && text.len > 2 && span_starts(text, "\r\n"), end, any_case;

	if (front)
		text = span_of(text.p + 2, text.len - 2);
	end = last && text.len > 2 && span_starts(span_of(text.p + text.len - 2, 2), "\r\n");
	if (end)
		text.len -= 2;
	if (has_line_end(text))
		suricata_rule_cannot(o->r, "a content that goes from one header field to the next");
	if (front)
		put(o, "^");
	any_case = c->nocase || (is_name(text) && has_capitals(text));
	if (any_case && !c->nocase)
		rule_draft_note(&o->r->draft, "the case of letters");
	put_header_text(o, text, any_case);
	if (end)
		put(o, "$");
}

/* GET /path HTTP/1.1, HTTP/1.1 200 OK: no buffer holds such a line. */
static bool
is_of_first_line(struct span text)
{
	static const char *const methods[] = { "GET ", "POST ", "HEAD ", "PUT " };
	static const char version[] = "HTTP/1.";

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (span_starts(text, methods[i]))
			return true;
	}
	return memmem(text.p, text.len, version, sizeof(version) - 1) != NULL;
}

static void
put_content(struct out *o, const struct suricata_content *c, bool first, bool last)
{
	struct span text = span_of(c->bytes, c->len);

	switch (c->buffer->kind) {
	case SURICATA_PAYLOAD:
		if (is_of_first_line(text))
			suricata_rule_cannot(o->r,
					     "a request or status line, which weir takes apart");
		if (has_line_end(text) && span_starts(o->r->protocol, "http"))
			rule_draft_note(&o->r->draft, "what goes over the lines of a head");
		put_header_text(o, text, c->nocase);
		return;
	case SURICATA_SAME:
		put_text(o, text, c->nocase);
		return;
	case SURICATA_URI:
		text = uri_text(o, c, first);
		put_uri_text(o, text, c->nocase);
		return;
	case SURICATA_HEADER:
		put_header_content(o, c, first, last);
		return;
	case SURICATA_FIELD:
		if (has_line_end(text))
			suricata_rule_cannot(o->r, "a line end within a field");
		put_text(o, text, c->nocase);
		return;
	}
}

/* Suricata has it in lower case, weir as it was sent. */
static bool
is_lower(const struct suricata_buffer *b)
{
	return strcmp(b->keyword, "http.host") == 0 || strcmp(b->keyword, "http_host") == 0;
}

/* A buffer that is known as a whole when its end is looked for. */
static bool
has_end(const struct suricata_buffer *b)
{
	return b->kind == SURICATA_FIELD ||
	       (b->kind == SURICATA_SAME && strcmp(b->buffers, "http.body") != 0);
}

static void
judge_place(struct suricata_rule *r, const struct suricata_content *c, bool first, bool last)
{
	if (!first && !c->relative)
		suricata_rule_cannot(r, "several contents in any order");
	else if (!first && c->front)
		suricata_rule_cannot(r, "places of several contents");
	else if (r->sized && r->nr_contents > 1)
		suricata_rule_cannot(r, "a size other than that of its content");
	else if (c->end && !last)
		suricata_rule_cannot(r, "an end before the last content");
	else if (c->end && !has_end(c->buffer))
		suricata_rule_cannot(r, "the end of a buffer that weir has in parts");
}

/* Suricata puts a dot in front of a name, so that one pattern finds a domain and all below it. */
static void
put_dot(struct out *o)
{
	struct suricata_content *c = &o->r->contents[0];

	if (c->buffer->kind != SURICATA_SAME || c->relative || c->bytes[0] != '.' || c->len == 1) {
		suricata_rule_cannot(o->r, "dotprefix before what begins with no dot");
		return;
	}
	put(o, "(?:^|\\.)");
	c->len--;
	memmove(c->bytes, c->bytes + 1, c->len);
}

/* Each behind the one before it, with what may stand between. */
static void
put_chain(struct out *o)
{
	struct suricata_rule *r = o->r;

	o->nocase = true;
	for (unsigned i = 0; i < r->nr_contents; i++) {
		struct suricata_content *c = &r->contents[i];

		c->nocase = c->nocase || is_lower(c->buffer);
		o->nocase = o->nocase && c->nocase;
	}
	for (unsigned i = 0; i < r->nr_contents && r->reason == NULL; i++) {
		const struct suricata_content *c = &r->contents[i];
		bool first = i == 0;

		judge_place(r, c, first, i + 1 == r->nr_contents);
		if (first && r->dotted)
			put_dot(o);
		else if (first)
			put_front(o, c);
		if (c->relative)
			put_distance(o, c);
		put_content(o, c, first, i + 1 == r->nr_contents);
		if (c->end)
			put(o, "$");
	}
	if (r->nr_contents == 0)
		suricata_rule_cannot(r, "neither content nor pcre");
	if (r->nr_contents > 1 && r->contents[0].buffer->kind == SURICATA_HEADER)
		rule_draft_note(&r->draft, "what goes from one header field to the next");
	if (r->nr_contents > 1 && strcmp(r->draft.buffers, "http.path http.query") == 0)
		rule_draft_note(&r->draft, "what goes over the ? between path and query");
	snprintf(r->draft.flags, sizeof(r->draft.flags), "%s%s", o->nocase ? "i" : "",
		 o->any_byte ? "s" : "");
}

/* ------------------------------------------------------------------ a pcre */

static bool
has_flag(const struct suricata_rule *r, char flag)
{
	return strchr(r->pcre_flags, flag) != NULL;
}

/* Letters that stand for themselves. */
static bool
pcre_has_capitals(const char *pcre)
{
	for (const char *p = pcre; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p >= 'A' && *p <= 'Z')
			return true;
	}
	return false;
}

static void
put_uri_pcre(struct out *o, const struct regex *re)
{
	struct suricata_rule *r = o->r;
	unsigned bounds = regex_bounds(re);
	bool query = strncmp(r->pcre, "\\?", 2) == 0 && strchr("*+?{", r->pcre[2]) == NULL &&
		     strchr(r->pcre, '|') == NULL && strstr(r->pcre + 2, "\\?") == NULL;

	if (r->pcre_buffer->raw && regex_names(re, '%'))
		suricata_rule_cannot(r, "percent-coding, which weir has undone");
	if (query && (bounds & ~(unsigned)REGEX_BOUND_END) == 0) {
		r->draft.buffers = "http.query";
		put(o, "(?:^|\\?)%s", r->pcre + 2);
		return;
	}
	if (regex_names(re, '?'))
		suricata_rule_cannot(r, "a pcre over the ? between path and query");
	else if ((bounds & ~(unsigned)REGEX_BOUND_FRONT) != 0)
		suricata_rule_cannot(r, "a pcre bound to the end of path and query");
	else if (regex_may_hold(re, '?'))
		rule_draft_note(&r->draft, "what goes over the ? between path and query");
	if (bounds == REGEX_BOUND_FRONT)
		r->draft.buffers = "http.path";
	put(o, "%s", r->pcre);
}

/* Weir has names of fields in lower case. */
static void
drop_case(struct suricata_rule *r)
{
	if (has_flag(r, 'i') || !pcre_has_capitals(r->pcre))
		return;
	rule_draft_note(&r->draft, "the case of letters");
	r->pcre_flags[strlen(r->pcre_flags)] = 'i'; /* there is room: it was not one of three */
}

static void
put_header_pcre(struct out *o, const struct regex *re)
{
	struct suricata_rule *r = o->r;
	unsigned bounds = regex_bounds(re);

	if (regex_names(re, '\r') || regex_names(re, '\n') || (bounds & REGEX_BOUND_END) != 0)
		suricata_rule_cannot(r, "a pcre over the end of a header field");
	else if (bounds != 0 && !has_flag(r, 'm'))
		suricata_rule_cannot(r, "a place among all header fields");
	drop_case(r);
	put(o, "%s", r->pcre);
}

/* Of one field: its name in front. */
static void
put_field_pcre(struct out *o, const struct regex *re)
{
	struct suricata_rule *r = o->r;
	unsigned bounds = regex_bounds(re);
	bool front = (bounds & REGEX_BOUND_FRONT) != 0;

	if ((bounds & REGEX_BOUND_INSIDE) != 0 || (front && r->pcre[0] != '^'))
		suricata_rule_cannot(r, "a pcre bound to beginning or end in some of its parts");
	put(o, "^%s: %s(?:%s)", r->pcre_buffer->field, front ? "" : ".*", r->pcre + front);
}

static void
put_pcre(struct out *o)
{
	struct suricata_rule *r = o->r;
	enum suricata_kind kind = r->pcre_buffer->kind;
	struct rule_text memory = { 0 };
	const struct regex *re = regex_parse(&memory, span_of(r->pcre, strlen(r->pcre)),
					     (has_flag(r, 'i') ? REGEX_NOCASE : 0u) |
						 (has_flag(r, 's') ? REGEX_DOTALL : 0u) |
						 (has_flag(r, 'm') ? REGEX_MULTILINE : 0u));
	const struct suricata_content *c = &r->contents[0];

	if (r->pcre_relative)
		suricata_rule_cannot(r, "pcre behind a content");
	else if (r->nr_contents > 1)
		suricata_rule_cannot(r, "several contents beside pcre");
	else if (re == NULL && kind != SURICATA_PAYLOAD && kind != SURICATA_SAME)
		suricata_rule_cannot(r, "a pcre beyond what weir reads of one");
	/* With a pcre the content is there to find it quickly, if it is a part of it. */
	else if (r->nr_contents == 1 && (re == NULL || c->relative || c->end ||
					 !regex_needs(re, span_of(c->bytes, c->len), c->nocase)))
		rule_draft_note(&r->draft, "the content beside pcre");
	if (r->reason == NULL) {
		if (kind == SURICATA_URI)
			put_uri_pcre(o, re);
		else if (kind == SURICATA_HEADER)
			put_header_pcre(o, re);
		else if (kind == SURICATA_FIELD)
			put_field_pcre(o, re);
		else
			put(o, "%s", r->pcre);
		if (kind == SURICATA_PAYLOAD && re != NULL && !has_flag(r, 'm') &&
		    regex_bounds(re) != 0)
			rule_draft_note(&r->draft, "the bounds of packets");
		if (kind == SURICATA_PAYLOAD && strchr(r->pcre, ':') != NULL &&
		    span_starts(r->protocol, "http"))
			drop_case(r);
	}
	memcpy(r->draft.flags, r->pcre_flags, sizeof(r->draft.flags));
	rule_text_fini(&memory);
}

/* ------------------------------------------------------------------ a rule */

static bool
same_buffer(const struct suricata_buffer *a, const struct suricata_buffer *b)
{
	return a == b || (a->kind == b->kind && a->field == b->field && a->raw == b->raw &&
			  strcmp(a->buffers, b->buffers) == 0);
}

/* The one that everything is looked for in. */
static const struct suricata_buffer *
buffer_of(struct suricata_rule *r)
{
	const struct suricata_buffer *b = r->has_pcre	       ? r->pcre_buffer
					  : r->nr_contents > 0 ? r->contents[0].buffer
							       : r->sticky;

	for (unsigned i = 0; i < r->nr_contents; i++) {
		if (!same_buffer(b, r->contents[i].buffer))
			suricata_rule_cannot(r, "several buffers in one rule");
	}
	return b;
}

static bool
is_one_of(struct span word, const char *const *list)
{
	for (; *list != NULL; list++) {
		if (span_is(word, *list))
			return true;
	}
	return false;
}

/* What a rule does, and to which traffic. */
static void
judge_header(struct suricata_rule *r, const struct suricata_buffer *b)
{
	static const char *const actions[] = { "alert",	    "drop",	  "reject", "rejectsrc",
					       "rejectdst", "rejectboth", NULL };
	static const char *const layers[] = { "tcp",	    "udp",  "ip",    "tcp-pkt",
					      "tcp-stream", "http", "http1", "http2",
					      "tls",	    "dns",  NULL };
	static const char *const others[] = { "icmp", "icmpv6", "igmp", "arp", "ether", NULL };
	bool unnamed = b->kind == SURICATA_PAYLOAD;

	if (r->action.len == 0)
		return;
	if (!is_one_of(r->action, actions))
		suricata_rule_cannot(r, "its action is not to alert");
	else if (!span_is(r->action, "alert"))
		rule_draft_note(&r->draft, "dropping what it finds");
	if (is_one_of(r->protocol, others))
		suricata_rule_cannot(r, "a protocol that weir does not look into");
	else if (unnamed && (span_is(r->protocol, "tls") || span_is(r->protocol, "dns")))
		suricata_rule_cannot(r, "bytes of TLS or DNS messages, which weir takes apart");
	else if (unnamed && span_starts(r->protocol, "http"))
		r->draft.buffers = "http";
	else if (!is_one_of(r->protocol, layers))
		rule_draft_note(&r->draft, "the protocol");
	if (!r->any_address)
		rule_draft_note(&r->draft, "addresses and ports");
	if (b->narrower || (r->directed && !b->one_way))
		rule_draft_note(&r->draft, "the direction");
}

static void
translate(struct suricata_rule *r)
{
	const struct suricata_buffer *b = buffer_of(r);
	struct out o = { .r = r };

	if (r->reason != NULL)
		return;
	r->draft.buffers = b->buffers;
	judge_header(r, b);
	if (r->has_pcre && is_lower(b) && !has_flag(r, 'i'))
		r->pcre_flags[strlen(r->pcre_flags)] = 'i'; /* there is room, as in drop_case */
	if (b->kind == SURICATA_URI && b->raw)
		rule_draft_note(&r->draft, "the coding of the raw URI");
	if (r->reason != NULL)
		return;
	if (r->has_pcre && r->dotted)
		suricata_rule_cannot(r, "dotprefix before a pcre");
	else if (r->has_pcre)
		put_pcre(&o);
	else
		put_chain(&o);
}

static void
import_rule(struct span line, unsigned nr, const char *path, FILE *to, FILE *told,
	    struct rule_import_result *result)
{
	static struct suricata_rule r;

	memset(&r, 0, sizeof(r));
	r.draft.line = nr;
	r.draft.rev = 1;
	r.draft.severity = "medium";
	r.draft.buffers = "any";
	snprintf(r.draft.id, sizeof(r.draft.id), "suricata.line_%u", nr);
	snprintf(r.draft.data_type, sizeof(r.draft.data_type), "suricata.rule");
	suricata_rule_read(&r, line);
	translate(&r);
	rule_draft_write(&r.draft, r.reason, path, to, told, result);
}

/* A line, and those below it that a backslash at the end joins to it; how many they are. */
static unsigned
take_rule(struct span text, size_t *at, uint8_t *rule, size_t *len)
{
	unsigned lines = 1;

	*len = 0;
	while (*at < text.len) {
		uint8_t c = text.p[(*at)++];

		if (c != '\n') {
			rule[(*len)++] = c;
			continue;
		}
		if (*len > 0 && rule[*len - 1] == '\r')
			(*len)--;
		if (*len == 0 || rule[*len - 1] != '\\')
			break;
		rule[*len - 1] = ' ';
		lines++;
	}
	return lines;
}

void
rule_import_suricata(struct span text, const char *path, FILE *to, FILE *told,
		     struct rule_import_result *result)
{
	uint8_t *rule = malloc(text.len + 1);
	size_t at = 0, len;

	for (unsigned nr = 1, lines; rule != NULL && at < text.len; nr += lines) {
		lines = take_rule(text, &at, rule, &len);

		struct span one = span_trim(span_of(rule, len));

		if (one.len > 0 && one.p[0] != '#')
			import_rule(one, nr, path, to, told, result);
	}
	free(rule);
	free(result->ids);
	result->ids = NULL;
}
