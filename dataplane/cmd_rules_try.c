/* weir rules try [ID] TEXT|FILE|-: every candidate, what became of it, and the terms of its score.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "classify/rules/ascii_fold.h"
#include "classify/rules/scan.h"
#include "dataplane/cmd.h"
#include "dataplane/cmd_rules.h"
#include "dataplane/log.h"

enum { TEXT_MAX = 16 << 20 };

struct trial {
	const char *id; /* NULL: any */
	uint32_t buffers;
	unsigned nr_candidates, nr_findings, nr_unlike;
	uint32_t *origin; /* of the bytes that the rules see; NULL: all of the text's own */
};

static void
put_terms(const struct finding *f)
{
	for (unsigned i = 0; i < f->nr_terms; i++)
		printf("    %-20s %+d\n", f->terms[i].name, f->terms[i].points);
	printf("    %-20s %d: %s%s\n", "score", f->score, severity_name(f->severity),
	       f->test_value ? "; a published test value, low unless detect.test_values = live"
			     : "");
}

static void
put_refusal(const struct scan_candidate *c)
{
	const struct rule *r = c->rule;

	switch (c->verdict) {
	case CONFIRM_IS_FINDING:
		if (r->switched_off)
			puts("    no finding: the rule is off");
		break;
	case CONFIRM_NOT_VALID:
		printf("    no finding: %s says no (%s)\n", r->validator->name, r->validator->what);
		break;
	case CONFIRM_NOT_BOUNDED:
		puts("    no finding: part of a longer word or number");
		break;
	case CONFIRM_NO_CONTEXT:
		printf("    no finding: no word of its context within %u words\n",
		       r->context.within);
		break;
	case CONFIRM_VETOED:
		printf(
		    "    no finding: a veto word within %u words, and none of its context nearer\n",
		    r->veto.within);
		break;
	case CONFIRM_LOW_SCORE:
		printf("    no finding: a score below %d\n", SCORE_LOW);
		break;
	case CONFIRM_CLAIMED:
		puts("    no finding: another rule makes the better one of these bytes");
		break;
	case CONFIRM_REPEATED:
		puts("    no finding: the value was found before");
		break;
	}
}

static uint64_t
place_of(const struct trial *t, uint64_t at)
{
	return t->origin == NULL ? at : t->origin[at];
}

static void
told(void *arg, const struct scan_candidate *c)
{
	struct trial *t = arg;

	if ((t->id != NULL && strcmp(t->id, c->rule->id) != 0) ||
	    (c->rule->buffers & t->buffers) == 0)
		return;
	t->nr_candidates++;
	/* Most digits look like a dozen numbers; which they are not is of interest for one rule
	 * only. */
	if (t->id == NULL && c->verdict == CONFIRM_NOT_VALID) {
		t->nr_unlike++;
		return;
	}
	printf("%s at %" PRIu64 "..%" PRIu64, c->rule->id, place_of(t, c->start),
	       place_of(t, c->end));
	if (c->finding != NULL) {
		t->nr_findings += c->verdict == CONFIRM_IS_FINDING && !c->rule->switched_off;
		printf(": %s\n",
		       c->finding->sample[0] == '\0' ? "(nothing to show)" : c->finding->sample);
		put_terms(c->finding);
	} else {
		putchar('\n');
	}
	put_refusal(c);
}

/* The name of a file that is not there is rarely meant as the text. */
static void
warn_of_name(const char *what, const struct ruleset *rules)
{
	bool is_path =
	    what[0] == '/' || strncmp(what, "./", 2) == 0 || strncmp(what, "../", 3) == 0;

	if (is_path && strpbrk(what, " \t\n") == NULL)
		log_warning("rules: %s: no such file: it is the text", what);
	else if (ruleset_find(rules, what) != NULL)
		log_warning("rules: %s: a rule's id: here it is the text", what);
}

static uint8_t *
read_file(const char *what, uint8_t *text, size_t *len)
{
	bool is_input = strcmp(what, "-") == 0;
	FILE *f = is_input ? stdin : fopen(what, "rb");

	*len = f == NULL ? 0 : fread(text, 1, TEXT_MAX, f);
	if (f == NULL || ferror(f) != 0 || *len == TEXT_MAX) {
		log_err("rules: %s: must be a readable file below 16 MiB", what);
		text = NULL;
	}
	if (f != NULL && !is_input)
		fclose(f);
	return text;
}

/* The argument itself where no file has its name. The caller frees it; NULL: told. */
static uint8_t *
read_text(const char *what, const struct ruleset *rules, size_t *len)
{
	uint8_t *text = malloc(TEXT_MAX), *read;
	struct stat st;

	if (text == NULL)
		return NULL;
	if (strcmp(what, "-") != 0 && stat(what, &st) != 0) {
		warn_of_name(what, rules);
		*len = strlen(what) < TEXT_MAX ? strlen(what) : TEXT_MAX;
		memcpy(text, what, *len);
		return text;
	}
	read = read_file(what, text, len);
	if (read == NULL)
		free(text);
	return read;
}

/* A stream where the rules have one, so that long texts are seen in full. */
static enum buffer
buffer_for(uint32_t buffers)
{
	uint32_t streamed = buffers & buffers_streamed();

	return (enum buffer)__builtin_ctz(streamed != 0 ? streamed : buffers);
}

/* Of text that is folded on the way to the rules; false without memory. */
static bool
find_origins(struct trial *t, const uint8_t *text, size_t len)
{
	uint8_t before = 0;
	size_t nr = 0;

	t->origin = NULL;
	if (buffer_coding(buffer_for(t->buffers)) != CODING_RAW ||
	    ascii_fold_find(simd_best(), text, len) == len)
		return true;
	t->origin = malloc((len + 1) * sizeof(t->origin[0]));
	if (t->origin == NULL)
		return false;
	for (size_t at = 0, took; at < len; at += took) {
		before = ascii_fold_one(text + at, len - at, before, &took);
		took = took == 0 ? 1 : took;
		t->origin[nr++] = (uint32_t)at;
	}
	t->origin[nr] = (uint32_t)len;
	return true;
}

static int
scan(const struct ruleset *rules, struct trial *t, const uint8_t *text, size_t len)
{
	static const uint64_t key[2] = { 0, 0 };
	struct scanner *s = scanner_create(rules, 1, key);
	struct scan_stream *stream = s == NULL ? NULL : scan_open(s, buffer_for(t->buffers));

	if (stream == NULL || !find_origins(t, text, len)) {
		scan_close(stream, NULL, NULL);
		scanner_destroy(s);
		return CMD_FAILED;
	}
	scanner_trace(s, t->buffers, told, t);
	scan_push(stream, text, len, NULL, NULL);
	scan_close(stream, NULL, NULL);
	scanner_destroy(s);
	free(t->origin);
	printf("%zu bytes, %u candidates, %u findings", len, t->nr_candidates, t->nr_findings);
	if (t->nr_unlike != 0)
		printf("; %u failed their check: try ID shows them", t->nr_unlike);
	putchar('\n');
	return CMD_OK;
}

int
rules_try(const struct rules_options *o)
{
	struct ruleset_source source = o->source;
	struct trial t = { .buffers = (1u << NR_BUFFERS) - 1 };
	const struct rule *r = NULL;
	struct ruleset *rules;
	int status = CMD_USAGE;
	uint8_t *text;
	size_t len;

	source.all = true;
	if (ruleset_load_from(&source, &rules, stderr) != 0)
		return CMD_FAILED;
	if (o->nr_args == 2) {
		t.id = o->args[0];
		r = ruleset_find(rules, t.id);
	}
	if (r != NULL)
		t.buffers = r->buffers;
	if (o->buffer != NULL)
		t.buffers = buffer_mask(span_of(o->buffer, strlen(o->buffer)));
	if (t.id != NULL && r == NULL)
		log_err("rules: %s: no rule has this id: see weir rules list", t.id);
	else if (t.buffers == 0)
		log_err("rules: --in %s: no such buffer: must be one such as http.body", o->buffer);
	else if (r != NULL && (t.buffers & r->buffers) == 0)
		log_err("rules: --in %s: %s does not look there: see weir rules explain %s",
			o->buffer, t.id, t.id);
	else {
		text = read_text(o->args[o->nr_args - 1], rules, &len);
		status = text == NULL ? CMD_FAILED : scan(rules, &t, text, len);
		free(text);
	}
	ruleset_free(rules);
	return status;
}
