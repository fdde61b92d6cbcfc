/*
 * A set of rules in the cache:
 *
 *   sum 8 | struct kept_pattern of each pattern | databases: stream, block, start of each pattern
 *                                                 each as its length 8 and its bytes
 *
 * A file that is damaged is as good as none: the sum is that of the patterns, and Hyperscan checks
 * one of each database. What is derived from a pattern and its width by other code than Hyperscan's
 * is kept to be compared, so that databases of an older weir, which cut a pattern differently, say,
 * are not used.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/rules/db_cache.h"
#include "classify/rules/rule_db_state.h"
#include "classify/siphash.h"

struct kept_pattern {
	uint32_t width, max_width;
	uint32_t cut;
	uint8_t tree, by_finder;
	uint8_t unused[2];
};

static const struct siphash_key unkeyed = { 0, 0 };

/* All that widths and databases depend on, but for what is compared. */
static bool
make_key(const struct rule_db *db, const struct expression *e, uint8_t key[16])
{
	hs_platform_info_t platform;
	size_t cap = 256, at = 0;
	char *text;

	for (unsigned i = 0; i < db->nr_patterns; i++)
		cap += 64 + (e[i].text == NULL ? 0 : strlen(e[i].text));
	text = malloc(cap);
	memset(&platform, 0, sizeof(platform));
	if (text == NULL || hs_populate_platform(&platform) != HS_SUCCESS) {
		free(text);
		return false;
	}
	at += (size_t)snprintf(text, cap, "5 %s %u %llx\n", hs_version(), platform.tune,
			       platform.cpu_features);
	for (unsigned i = 0; i < db->nr_patterns; i++)
		at += (size_t)snprintf(text + at, cap - at, "%u %x %x %s\n", i, e[i].flags,
				       db->patterns[i].rule->buffers,
				       e[i].text == NULL ? "" : e[i].text);
	siphash24_128(&unkeyed, text, at, key);
	free(text);
	return true;
}

static size_t
patterns_bytes(const struct rule_db *db)
{
	return db->nr_patterns * sizeof(struct kept_pattern);
}

static uint64_t
sum_of(const struct rule_db *db, const void *patterns)
{
	return siphash13(&unkeyed, patterns, patterns_bytes(db));
}

static struct kept_pattern
kept_pattern_of(const struct db_pattern *p, const struct expression *e)
{
	return (struct kept_pattern) { .width = p->width,
				       .max_width = p->max_width,
				       .cut = (uint32_t)e->cut,
				       .tree = p->regex != NULL,
				       .by_finder = rule_db_by_finder(p) };
}

static struct kept_pattern
kept_pattern_at(const struct rule_db_kept *k, unsigned i)
{
	struct kept_pattern p;

	memcpy(&p, k->all + sizeof(uint64_t) + i * sizeof(p), sizeof(p));
	return p;
}

static bool
is_whole(const struct rule_db_kept *k, const struct rule_db *db)
{
	uint64_t sum;

	if (k->all == NULL || k->len < sizeof(sum) + patterns_bytes(db))
		return false;
	memcpy(&sum, k->all, sizeof(sum));
	return sum == sum_of(db, k->all + sizeof(sum));
}

bool
rule_db_kept_read(struct rule_db_kept *k, struct rule_db *db, const struct expression *e)
{
	*k = (struct rule_db_kept) { .all = NULL };
	k->keyed = make_key(db, e, k->key);
	if (k->keyed)
		k->all = db_cache_load(k->key, &k->len);
	if (!is_whole(k, db))
		return false;
	for (unsigned i = 0; i < db->nr_patterns; i++) {
		struct kept_pattern p = kept_pattern_at(k, i);

		db->patterns[i].width = p.width;
		db->patterns[i].max_width = p.max_width;
	}
	return true;
}

static bool
were_read_alike(const struct rule_db_kept *k, const struct rule_db *db, const struct expression *e)
{
	for (unsigned i = 0; i < db->nr_patterns; i++) {
		struct kept_pattern was = kept_pattern_at(k, i);
		struct kept_pattern is = kept_pattern_of(&db->patterns[i], &e[i]);

		if (memcmp(&was, &is, sizeof(is)) != 0)
			return false;
	}
	return true;
}

static struct hs_database **
database_at(struct rule_db *db, unsigned i)
{
	return i == 0 ? &db->stream : i == 1 ? &db->block : &db->patterns[i - 2].start;
}

static void
drop_databases(struct rule_db *db)
{
	for (unsigned i = 0; i < db->nr_patterns + 2; i++) {
		hs_free_database(*database_at(db, i));
		*database_at(db, i) = NULL;
	}
}

bool
rule_db_kept_databases(const struct rule_db_kept *k, struct rule_db *db, const struct expression *e)
{
	size_t at = sizeof(uint64_t) + patterns_bytes(db);
	bool good = were_read_alike(k, db, e);

	for (unsigned i = 0; good && i < db->nr_patterns + 2; i++) {
		uint64_t n;

		good = k->len - at >= sizeof(n);
		if (!good)
			break;
		memcpy(&n, k->all + at, sizeof(n));
		at += sizeof(n);
		good = n <= k->len - at &&
		       (n == 0 || hs_deserialize_database(k->all + at, (size_t)n,
							  database_at(db, i)) == HS_SUCCESS);
		at += (size_t)n;
	}
	if (!good)
		drop_databases(db);
	return good;
}

void
rule_db_kept_fini(struct rule_db_kept *k)
{
	free(k->all);
	k->all = NULL;
}

/* ------------------------------------------------------------------ keeping */

struct file {
	char *bytes;
	size_t len;
};

static bool
append(struct file *f, const void *bytes, size_t len)
{
	char *more = realloc(f->bytes, f->len + len);

	if (more == NULL)
		return false;
	f->bytes = more;
	if (len != 0)
		memcpy(more + f->len, bytes, len);
	f->len += len;
	return true;
}

static bool
append_patterns(struct file *f, const struct rule_db *db, const struct expression *e)
{
	uint64_t sum = 0;

	if (!append(f, &sum, sizeof(sum)))
		return false;
	for (unsigned i = 0; i < db->nr_patterns; i++) {
		struct kept_pattern p = kept_pattern_of(&db->patterns[i], &e[i]);

		if (!append(f, &p, sizeof(p)))
			return false;
	}
	sum = sum_of(db, f->bytes + sizeof(sum));
	memcpy(f->bytes, &sum, sizeof(sum));
	return true;
}

/* A database that is not there has length 0. */
static bool
append_database(struct file *f, const struct hs_database *one)
{
	char *bytes = NULL;
	size_t n = 0;
	uint64_t len;
	bool good;

	if (one != NULL && hs_serialize_database(one, &bytes, &n) != HS_SUCCESS)
		return false;
	len = n;
	good = append(f, &len, sizeof(len)) && append(f, bytes, n);
	free(bytes);
	return good;
}

void
rule_db_keep(const struct rule_db_kept *k, struct rule_db *db, const struct expression *e)
{
	struct file f = { 0 };
	bool good = k->keyed && append_patterns(&f, db, e);

	for (unsigned i = 0; good && i < db->nr_patterns + 2; i++)
		good = append_database(&f, *database_at(db, i));
	if (good)
		db_cache_store(k->key, f.bytes, f.len);
	free(f.bytes);
}
