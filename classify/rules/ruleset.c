/* Files -> rules -> databases -> samples, and only then a rule set. */
#include "classify/rules/ruleset.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "classify/rules/rule_db.h"
#include "classify/rules/rule_lex.h"
#include "classify/rules/rule_policy.h"
#include "classify/rules/scan.h"
#include "classify/siphash.h"

enum { HASH_HEX = 12, PATH_CAP = 4096 };

/* Which file it is, however it was named. */
struct file_id {
	dev_t dev;
	ino_t ino;
};

struct ruleset {
	struct rule_list list;
	struct rule_db db;
	struct sha256_ctx sha;
	char hash[HASH_HEX + 1];
	struct file_id *read; /* owned: each file is read once */
	size_t nr_read, cap_read;
	struct ruleset_files *tried; /* the caller's, or NULL */
};

/* ------------------------------------------------------------------ samples */

struct sample_run {
	const struct rule *rule;
	bool found;
	int score; /* the highest that was judged */
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
	struct sample_run run = { .rule = rule };
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

static void
sample_judged(void *arg, const struct scan_candidate *c)
{
	struct sample_run *run = arg;

	if (c->rule != run->rule || c->finding == NULL)
		return;
	run->found = true;
	if (c->finding->score > run->score)
		run->score = c->finding->score;
}

/* Found, though another rule makes the finding of it: each value is told once. */
static bool
sample_is_confirmed(struct scanner *s, const struct rule *rule, struct span text)
{
	struct sample_run run = { .rule = rule };

	scanner_trace(s, UINT32_MAX, sample_judged, &run);
	sample_is_found(s, rule, text);
	scanner_trace(s, 0, NULL, NULL);
	return run.found;
}

int
ruleset_sample_score(struct scanner *s, const struct rule *rule)
{
	struct sample_run run = { .rule = rule };

	scanner_trace(s, UINT32_MAX, sample_judged, &run);
	for (unsigned i = 0; i < rule->nr_samples; i++)
		sample_is_found(s, rule, rule->samples[i].text);
	scanner_trace(s, 0, NULL, NULL);
	return run.score;
}

static bool
sample_is_good(struct scanner *s, const struct rule *rule, const struct rule_sample *sample)
{
	if (sample_is_found(s, rule, sample->text))
		return sample->positive;
	return !sample->positive || sample_is_confirmed(s, rule, sample->text);
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

		for (unsigned k = 0; rule->enabled && k < rule->nr_samples; k++) {
			const struct rule_sample *sample = &rule->samples[k];

			if (sample_is_good(s, rule, sample))
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

void
ruleset_files_fini(struct ruleset_files *files)
{
	for (size_t i = 0; i < files->nr; i++)
		free(files->paths[i]);
	free(files->paths);
	*files = (struct ruleset_files) { 0 };
}

/* Also of what cannot be read: it may be mended. Without memory it is not watched. */
static void
note_path(struct ruleset_files *files, const char *path)
{
	char **more = reallocarray(files->paths, files->nr + 1, sizeof(*more));

	if (more == NULL)
		return;
	files->paths = more;
	more[files->nr] = strdup(path);
	files->nr += more[files->nr] != NULL;
}

/* 1: the first time, 0: it was read before; or a negative errno. */
static int
note_file(struct ruleset *set, FILE *f)
{
	struct stat st;

	if (fstat(fileno(f), &st) != 0)
		return -errno;
	for (size_t i = 0; i < set->nr_read; i++) {
		if (set->read[i].dev == st.st_dev && set->read[i].ino == st.st_ino)
			return 0;
	}
	if (set->nr_read == set->cap_read) {
		size_t cap = set->cap_read == 0 ? 16 : set->cap_read * 2;
		struct file_id *more = realloc(set->read, cap * sizeof(*more));

		if (more == NULL)
			return -ENOMEM;
		set->read = more;
		set->cap_read = cap;
	}
	set->read[set->nr_read++] = (struct file_id) { st.st_dev, st.st_ino };
	return 1;
}

/* NULL: errno. Nothing but a regular file: a pipe would have whoever opens it wait for ever. */
static FILE *
open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	FILE *f = NULL;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		errno = EINVAL;
	else
		f = fdopen(fd, "rb");
	if (f == NULL) {
		int cause = errno;

		close(fd);
		errno = cause;
	}
	return f;
}

/* How many errors there were; or a negative errno, untold: the file cannot be read. */
static int
read_file(void *arg, struct rule_list *list, const char *path, FILE *errors)
{
	struct ruleset *set = arg;
	FILE *f = open_file(path);
	int r = f == NULL ? -errno : note_file(set, f);
	uint8_t *text;
	size_t len;

	(void)list; /* the set's */
	if (set->tried != NULL)
		note_path(set->tried, path);
	if (r <= 0) {
		if (f != NULL)
			fclose(f);
		return r;
	}
	text = malloc(RULE_FILE_MAX);
	len = text == NULL ? 0 : fread(text, 1, RULE_FILE_MAX, f);
	if (text == NULL || ferror(f) != 0 || len == RULE_FILE_MAX)
		r = text == NULL ? -ENOMEM : -EFBIG;
	else
		r = (int)add_text(set, path, text, len, errors);
	free(text);
	fclose(f);
	return r;
}

static unsigned
add_file(struct ruleset *set, const char *path, FILE *errors)
{
	int r = read_file(set, &set->list, path, errors);

	if (r >= 0)
		return (unsigned)r;
	if (errors != NULL)
		fprintf(errors, "%s: %s: expected a readable file below 16 MiB\n", path,
			r == -EINVAL ? "not a regular file" : strerror(-r));
	return 1;
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

	if (set == NULL)
		return NULL;
	sha256_init(&set->sha);
	set->list.include = read_file;
	set->list.include_arg = set;
	return set;
}

/* Of those with a pattern that nobody can look for; false: there is none. */
static bool
drop_unsound(struct rule_list *list)
{
	unsigned nr = 0, before = list->nr;

	for (unsigned i = 0; i < list->nr; i++) {
		struct rule *r = list->rules[i];

		if (!r->enabled || rule_db_examine(r, NULL) == 0)
			list->rules[nr++] = r;
	}
	list->nr = nr;
	return nr != before;
}

/* Errors in some rules do not keep the samples of the others from being looked at. */
static unsigned
compile_and_check(struct ruleset *set, FILE *errors)
{
	unsigned nr_errors = 0, of_db;

	for (const struct rule *r = set->list.broken; r != NULL; r = r->next_broken)
		nr_errors += rule_db_examine(r, errors);
	of_db = rule_db_init(&set->db, &set->list, errors);
	nr_errors += of_db;
	if (of_db != 0 && drop_unsound(&set->list))
		of_db = rule_db_init(&set->db, &set->list, NULL);
	return of_db == 0 ? nr_errors + check_samples(set, errors) : nr_errors;
}

/* Takes over the set: it is either handed out or freed. */
static int
finish(struct ruleset *set, unsigned nr_errors, bool all, struct ruleset **out, FILE *errors)
{
	nr_errors += !rule_policy_settle(&set->list, errors);
	for (unsigned i = 0; i < set->list.nr; i++) {
		struct rule *r = set->list.rules[i];

		r->switched_off = !r->enabled;
		r->enabled = r->enabled || all;
	}
	nr_errors += compile_and_check(set, errors);
	write_hash(set);
	if (nr_errors != 0) {
		ruleset_free(set);
		return -EINVAL;
	}
	*out = set;
	return 0;
}

int
ruleset_load_from(const struct ruleset_source *source, struct ruleset **out, FILE *errors)
{
	struct ruleset *set = new_set();
	unsigned nr_errors = 0;
	int r;

	if (set == NULL)
		return -ENOMEM;
	set->tried = source->files;
	r = read_dir(set, source->dir, &nr_errors, errors);
	if (r != 0) {
		ruleset_free(set);
		return r;
	}
	if (source->local != NULL)
		nr_errors += add_file(set, source->local, errors);
	return finish(set, nr_errors, source->all, out, errors);
}

int
ruleset_load(const char *dir, struct ruleset **out, FILE *errors)
{
	const struct ruleset_source source = { .dir = dir };

	return ruleset_load_from(&source, out, errors);
}

/* Name, size, time of the last change and number of a file, or that there is none. */
static uint64_t
stamp_file(uint64_t so_far, const char *path)
{
	const struct siphash_key key = { so_far, 0x7374616d70u };
	struct {
		uint64_t name, size, ino, changed_s, changed_ns;
	} what = { .name = siphash13(&key, path, strlen(path)) };
	struct stat st;

	if (stat(path, &st) == 0) {
		what.size = (uint64_t)st.st_size;
		what.ino = (uint64_t)st.st_ino;
		what.changed_s = (uint64_t)st.st_mtim.tv_sec;
		what.changed_ns = (uint64_t)st.st_mtim.tv_nsec;
	}
	return siphash13(&key, &what, sizeof(what));
}

uint64_t
ruleset_stamp(const struct ruleset_source *source, const struct ruleset_files *files)
{
	struct dirent **names = NULL;
	int nr = scandir(source->dir, &names, is_rule_file, by_name);
	uint64_t stamp = 0;

	for (int i = 0; i < nr; i++) {
		char path[PATH_CAP];

		snprintf(path, sizeof(path), "%s/%s", source->dir, names[i]->d_name);
		stamp = stamp_file(stamp, path);
		free(names[i]);
	}
	free(names);
	if (source->local != NULL)
		stamp = stamp_file(stamp, source->local);
	for (size_t i = 0; files != NULL && i < files->nr; i++)
		stamp = stamp_file(stamp, files->paths[i]);
	return stamp;
}

int
ruleset_load_text(const char *file, const void *text, size_t len, struct ruleset **out,
		  FILE *errors)
{
	struct ruleset *set = new_set();

	if (set == NULL)
		return -ENOMEM;
	set->list.include = NULL;
	return finish(set, add_text(set, file, text, len, errors), false, out, errors);
}

void
ruleset_free(struct ruleset *set)
{
	if (set == NULL)
		return;
	rule_db_fini(&set->db);
	rule_list_fini(&set->list);
	free(set->read);
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
	return rule_list_find(&set->list, id);
}

const struct rule_suppression *
ruleset_suppressions(const struct ruleset *set)
{
	return set->list.suppressions;
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
