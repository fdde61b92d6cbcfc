/* Files -> rules -> databases -> samples, and only then a rule set. */
#include "classify/rules/ruleset.h"

#include <dirent.h>
#include <errno.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "classify/rules/rule_db.h"
#include "classify/rules/rule_lex.h"
#include "classify/rules/scan.h"

enum { HASH_HEX = 12, PATH_CAP = 4096 };

struct ruleset {
	struct rule_list list;
	struct rule_db db;
	struct sha256_ctx sha;
	char hash[HASH_HEX + 1];
};

/* ------------------------------------------------------------------ samples */

struct sample_run {
	const struct rule *rule;
	bool found;
};

static void
sample_found(void *arg, const struct finding *f)
{
	struct sample_run *run = arg;

	run->found = run->found || f->rule == run->rule;
}

/* In a buffer of the rule's own, one that streams if it has such. */
static bool
sample_is_found(struct scanner *s, const struct rule *rule, struct span text)
{
	struct sample_run run = { rule, false };
	uint32_t streamed = rule->buffers & buffers_streamed();

	if (streamed == 0) {
		scan_block(s, (enum buffer)__builtin_ctz(rule->buffers), text.p, text.len,
			   sample_found, &run);
		return run.found;
	}

	struct scan_stream *stream = scan_open(s, (enum buffer)__builtin_ctz(streamed));

	scan_push(stream, text.p, text.len, sample_found, &run);
	scan_close(stream, sample_found, &run);
	return run.found;
}

static unsigned
check_samples(const struct ruleset *set, FILE *errors)
{
	static const uint64_t key[2] = { 0, 0 };
	struct scanner *s = scanner_create(set, 1, key);
	unsigned nr_errors = 0;

	if (s == NULL)
		return 1;
	for (unsigned i = 0; i < set->list.nr; i++) {
		const struct rule *rule = set->list.rules[i];

		for (unsigned k = 0; k < rule->nr_samples; k++) {
			const struct rule_sample *sample = &rule->samples[k];

			if (sample_is_found(s, rule, sample->text) == sample->positive)
				continue;
			nr_errors++;
			rule_complain(errors, sample->file, sample->line, sample->column,
				      sample->line_text,
				      sample->positive
					  ? "expected the rule to find this sample"
					  : "expected the rule not to find this sample");
		}
	}
	scanner_destroy(s);
	return nr_errors;
}

/* ------------------------------------------------------------------ files */

static unsigned
add_text(struct ruleset *set, const char *file, const uint8_t *text, size_t len, FILE *errors)
{
	const char *slash = strrchr(file, '/');
	const char *name = slash == NULL ? file : slash + 1;

	sha256_update(&set->sha, strlen(name) + 1, (const uint8_t *)name);
	sha256_update(&set->sha, len, text);
	return rule_parse(&set->list, file, text, len, errors);
}

static unsigned
add_file(struct ruleset *set, const char *path, FILE *errors)
{
	FILE *f = fopen(path, "rb");
	uint8_t *text = f == NULL ? NULL : malloc(RULE_FILE_MAX);
	unsigned nr_errors = 1;

	if (text != NULL) {
		size_t len = fread(text, 1, RULE_FILE_MAX, f);

		if (ferror(f) == 0 && len < RULE_FILE_MAX)
			nr_errors = add_text(set, path, text, len, errors);
		else if (errors != NULL)
			fprintf(errors, "%s: expected a readable file below 4 MiB\n", path);
	} else if (errors != NULL) {
		fprintf(errors, "%s: %s\n", path, strerror(errno));
	}
	free(text);
	if (f != NULL)
		fclose(f);
	return nr_errors;
}

static int
is_rule_file(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return len > 6 && d->d_name[0] != '.' && strcmp(d->d_name + len - 6, ".rules") == 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
read_dir(struct ruleset *set, const char *dir, unsigned *nr_errors, FILE *errors)
{
	struct dirent **names = NULL;
	int nr = scandir(dir, &names, is_rule_file, by_name);
	int r = nr < 0 ? -errno : 0;

	if (nr < 0 && errors != NULL)
		fprintf(errors, "%s: %s: expected a directory of rule files\n", dir,
			strerror(errno));
	for (int i = 0; i < nr; i++) {
		char path[PATH_CAP];
		struct stat st;
		int len = snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);

		if (len > 0 && len < PATH_CAP && (stat(path, &st) != 0 || S_ISREG(st.st_mode)))
			*nr_errors += add_file(set, path, errors);
		free(names[i]);
	}
	free(names);
	return r;
}

/* ------------------------------------------------------------------ the set */

static void
write_hash(struct ruleset *set)
{
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(&set->sha, sizeof(digest), digest);
	for (unsigned i = 0; i < HASH_HEX / 2; i++)
		snprintf(set->hash + 2 * (size_t)i, 3, "%02x", digest[i]);
}

static struct ruleset *
new_set(void)
{
	struct ruleset *set = calloc(1, sizeof(*set));

	if (set != NULL)
		sha256_init(&set->sha);
	return set;
}

/* Takes over the set: it is either handed out or freed. */
static int
finish(struct ruleset *set, unsigned nr_errors, struct ruleset **out, FILE *errors)
{
	nr_errors += rule_db_init(&set->db, &set->list, errors);
	write_hash(set);
	if (nr_errors == 0)
		nr_errors = check_samples(set, errors);
	if (nr_errors != 0) {
		ruleset_free(set);
		return -EINVAL;
	}
	*out = set;
	return 0;
}

int
ruleset_load(const char *dir, struct ruleset **out, FILE *errors)
{
	struct ruleset *set = new_set();
	unsigned nr_errors = 0;

	if (set == NULL)
		return -ENOMEM;

	int r = read_dir(set, dir, &nr_errors, errors);

	if (r != 0) {
		ruleset_free(set);
		return r;
	}
	return finish(set, nr_errors, out, errors);
}

int
ruleset_load_text(const char *file, const void *text, size_t len, struct ruleset **out,
		  FILE *errors)
{
	struct ruleset *set = new_set();

	if (set == NULL)
		return -ENOMEM;
	return finish(set, add_text(set, file, text, len, errors), out, errors);
}

void
ruleset_free(struct ruleset *set)
{
	if (set == NULL)
		return;
	rule_db_fini(&set->db);
	rule_list_fini(&set->list);
	free(set);
}

size_t
ruleset_nr(const struct ruleset *set)
{
	return set->list.nr;
}

const struct rule *
ruleset_rule(const struct ruleset *set, size_t i)
{
	return i < set->list.nr ? set->list.rules[i] : NULL;
}

const struct rule *
ruleset_find(const struct ruleset *set, const char *id)
{
	for (unsigned i = 0; i < set->list.nr; i++) {
		if (strcmp(set->list.rules[i]->id, id) == 0)
			return set->list.rules[i];
	}
	return NULL;
}

const char *
ruleset_hash(const struct ruleset *set)
{
	return set->hash;
}

const struct rule_db *
ruleset_db(const struct ruleset *set)
{
	return &set->db;
}
