/*
 * Rule files of providers -> catalogue; the grammar is in provider.h.
 *
 * A line is one statement. Words are separated by blanks; a title stands in double quotes and
 * knows no escapes.
 */
#include "classify/ai/provider.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "classify/ai/host_pattern.h"
#include "classify/ai/provider_store.h"

enum { FILE_MAX = 1 << 20, SAMPLES_MAX = 1024, SAMPLE_CAP = 256 };

enum block_kind { BLOCK_PROVIDER, BLOCK_ALLOW, BLOCK_SIGNATURE };

/* Kept until everything is read: what is first is only known then. */
struct sample {
	bool positive;
	enum block_kind kind;
	enum signature_kind signature;
	char name[PROVIDER_NAME_CAP];
	char text[SAMPLE_CAP];
	char file[256];
	unsigned line;
};

struct loader {
	struct provider_catalogue *catalogue;
	const char *file; /* for error messages */
	unsigned line;
	const uint8_t *line_start;
	struct span rest; /* of the line */
	bool in_block;
	bool block_has_host; /* or a pattern */
	enum block_kind kind;
	enum signature_kind signature;
	char name[PROVIDER_NAME_CAP]; /* of the block */
	struct sample *samples;	      /* owned */
	unsigned nr_samples;
	char *err;
	size_t err_cap;
};

static int
fail(const struct loader *l, const uint8_t *at, const char *expected)
{
	snprintf(l->err, l->err_cap, "%s:%u:%zu: %s", l->file, l->line,
		 (size_t)(at - l->line_start) + 1, expected);
	return -EINVAL;
}

/* The next word, or a quoted text with its quotes; empty at the end of the line. */
static struct span
next_word(struct loader *l)
{
	l->rest = span_trim(l->rest);

	const uint8_t *p = l->rest.p;
	size_t len = l->rest.len;
	size_t n = 0;

	if (len != 0 && p[0] == '#')
		len = 0;
	if (len != 0 && p[0] == '"') {
		const uint8_t *quote = memchr(p + 1, '"', len - 1);

		n = quote == NULL ? len : (size_t)(quote - p) + 1;
	} else {
		while (n < len && p[n] != ' ' && p[n] != '\t' && p[n] != '#')
			n++;
	}
	l->rest.p += n;
	l->rest.len -= n;
	return span_of(p, n);
}

static int
end_of_line(struct loader *l)
{
	struct span extra = next_word(l);

	return extra.len == 0 ? 0 : fail(l, extra.p, "expected the end of the line");
}

static bool
name_valid(struct span name)
{
	if (name.len == 0 || name.len >= PROVIDER_NAME_CAP)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.p[i];

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '.' &&
		    c != '-')
			return false;
	}
	return true;
}

static int
add_block(struct loader *l, struct span name)
{
	if (l->kind == BLOCK_ALLOW)
		return provider_add_allow(l->catalogue);
	if (l->kind == BLOCK_SIGNATURE)
		return signature_add_block(l->catalogue, l->signature, name);
	return provider_add(l->catalogue, name);
}

static int
block_open(struct loader *l)
{
	struct span word = next_word(l);

	if (span_is(word, "provider"))
		l->kind = BLOCK_PROVIDER;
	else if (span_is(word, "allow"))
		l->kind = BLOCK_ALLOW;
	else if (signature_kind_parse(word, &l->signature))
		l->kind = BLOCK_SIGNATURE;
	else
		return fail(l, word.p,
			    "expected 'provider NAME {', or allow, engine, service, client");

	struct span name = next_word(l);

	if (!name_valid(name))
		return fail(l, name.p,
			    "expected a name of lower case letters, digits, '_', '.', '-'");

	struct span brace = next_word(l);

	if (!span_is(brace, "{"))
		return fail(l, brace.p, "expected '{'");

	int rc = add_block(l, name);

	if (rc == -EEXIST)
		return fail(l, name.p, "expected a name that no other provider has");
	if (rc != 0)
		return rc;
	memset(l->name, 0, sizeof(l->name));
	memcpy(l->name, name.p, name.len);
	l->in_block = true;
	l->block_has_host = false;
	return end_of_line(l);
}

static struct provider *
current(struct loader *l)
{
	return &l->catalogue->providers[l->catalogue->nr_providers - 1];
}

static int
title_line(struct loader *l)
{
	struct span text = next_word(l);

	if (text.len < 3 || text.p[0] != '"' || text.p[text.len - 1] != '"' ||
	    text.len - 2 >= PROVIDER_TITLE_CAP)
		return fail(l, text.p, "expected a title of 1 to 63 bytes in double quotes");
	memset(current(l)->title, 0, PROVIDER_TITLE_CAP);
	memcpy(current(l)->title, text.p + 1, text.len - 2);
	return end_of_line(l);
}

static int
kind_line(struct loader *l)
{
	struct span word = next_word(l);

	if (!provider_kind_parse(word, &current(l)->kind))
		return fail(l, word.p,
			    "expected model, platform, vector_store, model_hub, assistant or "
			    "observability");
	return end_of_line(l);
}

static int
host_line(struct loader *l)
{
	struct span word = next_word(l);

	if (word.len == 0)
		return fail(l, word.p, "expected a host pattern");
	for (; word.len != 0; word = next_word(l)) {
		char text[PROVIDER_HOST_MAX];

		if (word.len > sizeof(text))
			return fail(l, word.p, "expected at most 253 characters");
		for (size_t i = 0; i < word.len; i++)
			text[i] = (char)ascii_lower(word.p[i]);

		struct span pattern = span_of(text, word.len);
		const char *error = host_pattern_error(pattern);

		if (error != NULL)
			return fail(l, word.p, error);

		int rc = provider_add_host(l->catalogue, pattern);

		if (rc == -EEXIST)
			return fail(l, word.p, "expected a host pattern that occurs only once");
		if (rc != 0)
			return rc;
		l->block_has_host = true;
	}
	return 0;
}

static int
allow_line(struct loader *l)
{
	struct allow *a = &l->catalogue->allows[l->catalogue->nr_allows - 1];
	struct span what = next_word(l);

	if (span_is(what, "}")) {
		if (a->nr_providers == 0)
			return fail(l, what.p, "expected at least one provider line");
		l->in_block = false;
		return end_of_line(l);
	}
	if (!span_is(what, "from") && !span_is(what, "provider"))
		return fail(l, what.p, "expected from, provider or '}'");

	struct span word = next_word(l);

	if (word.len == 0)
		return fail(l, word.p, "expected a name, a pattern or a network");
	for (; word.len != 0; word = next_word(l)) {
		const char *error =
		    span_is(what, "from") ? allow_add_from(a, word) : allow_add_provider(a, word);

		if (error != NULL)
			return fail(l, word.p, error);
	}
	return 0;
}

/* A pattern, or name and value of a header. */
static int
signature_pattern(struct loader *l)
{
	struct span word = next_word(l);

	if (word.len == 0)
		return fail(l, word.p, "expected a pattern");
	for (; word.len != 0; word = next_word(l)) {
		struct span value = span_of("", 0);
		const char *error = signature_error(l->signature, word);

		if (error == NULL && l->signature == SIGNATURE_ENGINE) {
			value = next_word(l);
			error = signature_error(l->signature, value);
		}
		if (error != NULL)
			return fail(l, word.p, error);

		int rc = signature_add(l->catalogue, word, value);

		if (rc != 0)
			return rc;
		l->block_has_host = true;
	}
	return 0;
}

static int
sample_line(struct loader *l)
{
	struct span sign = next_word(l);
	struct span text = span_trim(l->rest);
	struct sample *s;

	if (!span_is(sign, "+") && !span_is(sign, "-"))
		return fail(l, sign.p, "expected + or -, and a text");
	if (text.len == 0 || text.len >= SAMPLE_CAP)
		return fail(l, text.p, "expected a text of 1 to 255 bytes");
	if (l->nr_samples == SAMPLES_MAX)
		return fail(l, sign.p, "expected at most 1024 samples");
	s = reallocarray(l->samples, l->nr_samples + 1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	l->samples = s;
	s += l->nr_samples++;
	memset(s, 0, sizeof(*s));
	s->positive = span_is(sign, "+");
	s->kind = l->kind;
	s->signature = l->signature;
	memcpy(s->name, l->name, sizeof(s->name));
	memcpy(s->text, text.p, text.len);
	snprintf(s->file, sizeof(s->file), "%s", l->file);
	s->line = l->line;
	return 0;
}

static const char *
sample_result(const struct provider_catalogue *c, const struct sample *s)
{
	struct span text = span_of(s->text, strlen(s->text));
	const uint8_t *colon = memchr(text.p, ':', text.len);
	const struct provider *p;

	if (s->kind == BLOCK_PROVIDER) {
		p = provider_by_host(c, text);
		return p == NULL ? NULL : p->name;
	}
	if (s->signature == SIGNATURE_SERVICE)
		return signature_service(c, text);
	if (s->signature == SIGNATURE_CLIENT)
		return signature_client(c, text);
	if (colon == NULL)
		return NULL;
	return signature_engine(c, span_of(text.p, (size_t)(colon - text.p)),
				span_trim(
				    span_of(colon + 1, (size_t)(text.p + text.len - colon - 1))));
}

static int
check_samples(const struct loader *l)
{
	for (unsigned i = 0; i < l->nr_samples; i++) {
		const struct sample *s = &l->samples[i];
		const char *got = sample_result(l->catalogue, s);
		bool fits = got != NULL && strcmp(got, s->name) == 0;

		if (fits == s->positive)
			continue;
		snprintf(l->err, l->err_cap, "%s:%u: sample %c %.100s: expected %s%s, is %s",
			 s->file, s->line, s->positive ? '+' : '-', s->text,
			 s->positive ? "" : "anything but ", s->name,
			 got == NULL ? "nothing" : got);
		return -EINVAL;
	}
	return 0;
}

static int
provider_line(struct loader *l, struct span word)
{
	if (span_is(word, "title"))
		return title_line(l);
	if (span_is(word, "kind"))
		return kind_line(l);
	if (span_is(word, "host"))
		return host_line(l);
	return fail(l, word.p, "expected title, kind, host, sample or '}'");
}

static int
signature_block_line(struct loader *l, struct span word)
{
	static const char *const expected[NR_SIGNATURE_KINDS] = {
		[SIGNATURE_ENGINE] = "expected header, sample or '}'",
		[SIGNATURE_SERVICE] = "expected path, sample or '}'",
		[SIGNATURE_CLIENT] = "expected agent, sample or '}'",
	};

	if (span_is(word, signature_line(l->signature)))
		return signature_pattern(l);
	return fail(l, word.p, expected[l->signature]);
}

static int
block_line(struct loader *l)
{
	if (l->kind == BLOCK_ALLOW)
		return allow_line(l);

	struct span word = next_word(l);

	if (span_is(word, "sample"))
		return sample_line(l);
	if (!span_is(word, "}"))
		return l->kind == BLOCK_PROVIDER ? provider_line(l, word)
						 : signature_block_line(l, word);
	if (!l->block_has_host)
		return fail(l, word.p,
			    l->kind == BLOCK_PROVIDER ? "expected at least one host line"
						      : "expected at least one pattern");
	l->in_block = false;
	return end_of_line(l);
}

static int
parse(struct loader *l, const uint8_t *text, size_t len)
{
	for (size_t at = 0; at < len; l->line++) {
		const uint8_t *lf = memchr(text + at, '\n', len - at);
		size_t n = lf == NULL ? len - at : (size_t)(lf - (text + at));

		l->line_start = text + at;
		l->rest = span_of(text + at, n);
		at += n + 1;
		if (n != 0 && l->rest.p[n - 1] == '\r')
			l->rest.len--;

		struct loader peek = *l;

		if (next_word(&peek).len == 0)
			continue;

		int rc = l->in_block ? block_line(l) : block_open(l);

		if (rc != 0)
			return rc;
	}
	l->line_start = text;
	return l->in_block ? fail(l, text, "expected '}' before the end of the file") : 0;
}

static int
load_file(struct loader *l, const char *path)
{
	FILE *f = fopen(path, "rbe");

	if (f == NULL) {
		int rc = -errno;

		snprintf(l->err, l->err_cap, "%s: cannot be opened", path);
		return rc;
	}
	uint8_t *text = malloc(FILE_MAX);
	size_t len = text == NULL ? 0 : fread(text, 1, FILE_MAX, f);
	int rc = text == NULL ? -ENOMEM : ferror(f) != 0 ? -EIO : 0;

	fclose(f);
	l->file = path;
	l->line = 1;
	l->in_block = false;
	if (rc != 0) {
		snprintf(l->err, l->err_cap, "%s: cannot be read", path);
	} else if (len == FILE_MAX) {
		snprintf(l->err, l->err_cap, "%s: expected less than 1 MiB", path);
		rc = -EINVAL;
	} else {
		rc = parse(l, text, len);
	}
	free(text);
	return rc;
}

static int
is_rule_file(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 6 && strcmp(entry->d_name + len - 6, ".rules") == 0;
}

static int
load_directory(struct loader *l, const char *path)
{
	struct dirent **entries;
	int nr = scandir(path, &entries, is_rule_file, alphasort);
	int rc = 0;

	if (nr < 0) {
		rc = -errno;
		snprintf(l->err, l->err_cap, "%s: cannot be listed", path);
		return rc;
	}
	for (int i = 0; i < nr; i++) {
		char file[4096];
		int len = snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);

		if (rc == 0)
			rc = len < (int)sizeof(file) ? load_file(l, file) : -ENAMETOOLONG;
		free(entries[i]);
	}
	free(entries);
	return rc;
}

int
provider_load(const char *path_or_dir, struct provider_catalogue **out, char *err, size_t err_cap)
{
	struct loader l = { .err = err, .err_cap = err_cap };
	struct stat st;
	int rc;

	*out = NULL;
	if (err_cap != 0)
		err[0] = '\0';
	if (stat(path_or_dir, &st) != 0) {
		rc = -errno;
		snprintf(err, err_cap, "%s: not found", path_or_dir);
		return rc;
	}
	l.catalogue = provider_catalogue_create();
	if (l.catalogue == NULL)
		return -ENOMEM;
	rc = S_ISDIR(st.st_mode) ? load_directory(&l, path_or_dir) : load_file(&l, path_or_dir);
	if (rc == 0)
		rc = check_samples(&l);
	free(l.samples);
	if (rc != 0) {
		provider_destroy(l.catalogue);
		return rc;
	}
	*out = l.catalogue;
	return 0;
}
