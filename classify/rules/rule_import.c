/* Drafts of rules: what both importers write them with. */
#include "classify/rules/rule_import.h"

#include <stdlib.h>

#include "classify/detect/value.h"
#include "classify/rules/ruleset.h"

void
rule_draft_note(struct rule_draft *d, const char *what)
{
	size_t len = strlen(d->notes);

	if (strstr(d->notes, what) == NULL)
		snprintf(d->notes + len, sizeof(d->notes) - len, "%s%s", len == 0 ? "" : ", ",
			 what);
}

void
rule_draft_title(struct rule_draft *d, struct span text)
{
	size_t len = text.len < sizeof(d->title) ? text.len : sizeof(d->title) - 1;

	while (len < text.len && len > 0 && (text.p[len] & 0xc0) == 0x80)
		len--;
	if (len != 0)
		memcpy(d->title, text.p, len);
	d->title[len] = '\0';
}

void
rule_draft_name(char *out, size_t cap, const char *prefix, struct span name)
{
	size_t len = (size_t)snprintf(out, cap, "%s", prefix);

	for (size_t i = 0; i < name.len && len + 1 < cap; i++) {
		uint8_t c = ascii_lower(name.p[i]);

		out[len++] = (char)(is_alnum(c) || c == '-' || c == '.' ? c : '_');
	}
	while (len > 1 && (out[len - 1] == '.' || out[len - 1] == '_'))
		len--;
	out[len] = '\0';
}

size_t
rule_draft_escape(char *out, size_t cap, struct span text)
{
	static const char hex[] = "0123456789abcdef";
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.p[i];

		if (cap - len < 5)
			return 0;
		if (is_alnum(c) || c == '_' || c == ' ') {
			out[len++] = (char)c;
			continue;
		}
		out[len++] = '\\';
		if (c > ' ' && c < 0x7f) {
			out[len++] = (char)c;
			continue;
		}
		out[len++] = 'x';
		out[len++] = hex[c >> 4];
		out[len++] = hex[c & 15];
	}
	out[len] = '\0';
	return len;
}

static void
put_string(FILE *to, const char *text)
{
	fputc('"', to);
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			fputc('\\', to);
		fputc((uint8_t)*p < ' ' ? ' ' : *p, to);
	}
	fputc('"', to);
}

/* The delimiter is escaped, unless it is already. */
static void
put_regex(FILE *to, const char *regex)
{
	fputc('/', to);
	for (const char *p = regex; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			fputc(*p++, to);
		else if (*p == '/')
			fputc('\\', to);
		if (*p == '\n')
			fputs("\\n", to);
		else
			fputc(*p, to);
	}
	fputc('/', to);
}

static char *
rule_text(const struct rule_draft *d)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	if (to == NULL)
		return NULL;
	if (d->notes[0] != '\0')
		fprintf(to, "# not taken over: %s\n", d->notes);
	fprintf(to, "rule %s {\n  title      ", d->id);
	put_string(to, d->title[0] == '\0' ? d->id : d->title);
	fprintf(to, "\n  data_type  %s\n  severity   %s\n  in         %s\n  match      ",
		d->data_type, d->severity, d->buffers);
	put_regex(to, d->regex);
	fprintf(to, "%s\n", d->flags);
	if (d->context[0] != '\0')
		fprintf(to, "  context    needs within 64 words { %s }\n", d->context);
	if (d->secret)
		fputs("  show       none\n", to);
	if (d->rev > 1)
		fprintf(to, "  rev        %u\n", d->rev);
	fputs("}\n\n", to);
	fclose(to);
	return text;
}

/* What the loader says of it, in one line; NULL: it loads. To be freed. */
static char *
complaint(const char *text)
{
	struct ruleset *set = NULL;
	char *said = NULL;
	size_t len = 0;
	FILE *errors = open_memstream(&said, &len);
	int r = ruleset_load_text("import", text, strlen(text), &set, errors);

	fclose(errors);
	ruleset_free(set);
	if (r == 0) {
		free(said);
		return NULL;
	}
	said[strcspn(said, "\n")] = '\0';
	return said;
}

/* NULL, and the id is kept; or why it cannot be had. */
static const char *
take_id(struct rule_import_result *result, const char *id)
{
	char(*ids)[RULE_DRAFT_ID];

	for (unsigned i = 0; i < result->translated; i++) {
		if (strcmp(result->ids[i], id) == 0)
			return "another rule has this id";
	}
	ids = reallocarray(result->ids, result->translated + 1, sizeof(*ids));
	if (ids == NULL)
		return "out of memory";
	snprintf(ids[result->translated], RULE_DRAFT_ID, "%s", id);
	result->ids = ids;
	return NULL;
}

void
rule_draft_write(struct rule_draft *d, const char *reason, const char *path, FILE *to, FILE *told,
		 struct rule_import_result *result)
{
	char *text = NULL, *said = NULL;

	result->nr++;
	if (reason == NULL) {
		text = rule_text(d);
		said = text == NULL ? NULL : complaint(text);
		reason = said != NULL ? said : text == NULL ? "out of memory" : NULL;
	}
	if (reason == NULL)
		reason = take_id(result, d->id);
	if (reason != NULL) {
		fprintf(told, "%s:%u: %s: not translated: %s\n", path, d->line, d->id, reason);
	} else {
		result->translated++;
		fputs(text, to);
		if (d->notes[0] != '\0') {
			result->in_part++;
			fprintf(told, "%s:%u: %s: translated without %s\n", path, d->line, d->id,
				d->notes);
		}
	}
	free(text);
	free(said);
}
