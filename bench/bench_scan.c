/*
 * What does the scanner add to Hyperscan, and how does that grow with the number of rules? Prints
 * cycles per byte of both over the same made-up JSON in pieces as segments bring them, for growing
 * sets of rules (a third each: hosts, token prefixes, key = value), and what going from the first
 * set to each costs either. Fastest of several runs; the ratios are what counts.
 *
 *   bench_scan [--text FILE] [NUMBER OF RULES | FOLDER OF RULES]...
 *
 * Default: 100 1000; 10000 compile for a quarter of a minute. With --text the first two MiB of the
 * file are what is scanned.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hs/hs.h>

#include "classify/cycles.h"
#include "classify/rules/rule_db.h"
#include "classify/rules/ruleset.h"
#include "classify/rules/scan.h"

#define PIECE	 1400u
#define BYTES	 (2u << 20)
#define RUNS	 15u
#define MAX_SETS 8u

static uint64_t seed = 7;

static unsigned
dice(unsigned sides)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % sides;
}

static void
put_word(FILE *to, unsigned letters)
{
	for (unsigned i = 0; i < letters; i++)
		fputc((int)('a' + dice(26)), to);
}

static char *
make_rules(unsigned nr, size_t *len)
{
	char *text = NULL;
	FILE *to = open_memstream(&text, len);

	for (unsigned i = 0; i < nr; i++) {
		fprintf(to, "rule r%u {\n title \"T\"\n data_type x\n in any\n match /", i);
		put_word(to, i % 3 == 0 ? 7 : 4);
		if (i % 3 == 0)
			fputs("\\.bench\\.example/i\n}\n", to);
		else if (i % 3 == 1)
			fprintf(to, "_tk_[A-Za-z0-9]{%u}/\n}\n", 24 + dice(16));
		else
			fputs("_secret[\"']?\\s*[:=]\\s*[\"']?[0-9a-f]{16,40}/i\n}\n", to);
	}
	fclose(to);
	return text;
}

static uint8_t *
make_text(void)
{
	uint8_t *text = malloc(BYTES + 256);
	size_t at = 0;

	while (text != NULL && at < BYTES) {
		char *piece = NULL;
		size_t len = 0;
		FILE *to = open_memstream(&piece, &len);

		fprintf(to, "{\"id\":%u,\"", dice(1000000));
		put_word(to, 3 + dice(8));
		fputs("\":\"", to);
		for (unsigned i = dice(9); i > 0; i--) {
			put_word(to, 2 + dice(9));
			fputc(' ', to);
		}
		fprintf(to, "\",\"at\":\"2026-01-%02uT10:%02u:00Z\"},\n", 1 + dice(28), dice(60));
		fclose(to);
		for (size_t i = 0; i < len && at < BYTES; i++)
			text[at++] = (uint8_t)piece[i];
		free(piece);
	}
	return text;
}

/* As often as it takes. NULL when it cannot be read. */
static uint8_t *
read_text(const char *path)
{
	uint8_t *text = malloc(BYTES + 256);
	FILE *from = fopen(path, "rb");
	size_t len = 0, more = 1;

	while (text != NULL && from != NULL && len < BYTES && more != 0) {
		more = fread(text + len, 1, BYTES - len, from);
		if (more == 0 && len != 0) {
			rewind(from);
			more = fread(text + len, 1, BYTES - len, from);
		}
		len += more;
	}
	if (from != NULL)
		fclose(from);
	if (len == BYTES)
		return text;
	free(text);
	return NULL;
}

static int
load_rules(const char *what, struct ruleset **set)
{
	unsigned long nr = strtoul(what, NULL, 10);
	char *source;
	size_t len;
	int r;

	if (nr == 0)
		return ruleset_load(what, set, stderr);
	source = make_rules((unsigned)nr, &len);
	r = ruleset_load_text("bench", source, len, set, stderr);
	free(source);
	return r;
}

static int
count(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
	(void)id, (void)from, (void)to, (void)flags;
	++*(uint64_t *)arg;
	return 0;
}

/* A set of rules and what it took so far, in cycles: the least of all runs. */
struct side {
	struct ruleset *set;
	hs_scratch_t *scratch;
	struct scanner *scanner;
	uint64_t raw, ours;
};

static void
run_raw(struct side *side, const uint8_t *text)
{
	const struct rule_db *db = ruleset_db(side->set);
	uint64_t matches = 0, since = cycles_now();
	hs_stream_t *stream;

	if (hs_open_stream(db->stream, 0, &stream) != HS_SUCCESS)
		exit(1);
	for (size_t at = 0; at + PIECE <= BYTES; at += PIECE)
		hs_scan_stream(stream, (const char *)text + at, PIECE, 0, side->scratch, count,
			       &matches);
	hs_close_stream(stream, NULL, NULL, NULL);
	since = cycles_now() - since;
	side->raw = since < side->raw ? since : side->raw;
}

static void
run_ours(struct side *side, const uint8_t *text)
{
	uint64_t since = cycles_now();
	struct scan_stream *stream = scan_open(side->scanner, BUFFER_PAYLOAD);

	for (size_t at = 0; at + PIECE <= BYTES; at += PIECE)
		scan_push(stream, text + at, PIECE, NULL, NULL);
	scan_close(stream, NULL, NULL);
	since = cycles_now() - since;
	side->ours = since < side->ours ? since : side->ours;
}

static void
tell(const struct side *side, const struct side *first)
{
	double r = (double)side->raw / BYTES, o = (double)side->ours / BYTES;
	double added_r = r - (double)first->raw / BYTES, added_o = o - (double)first->ours / BYTES;

	printf("%6zu rules: Hyperscan %.3f, scanner %.3f cycles/B, ratio %.2f",
	       ruleset_nr(side->set), r, o, o / r);
	if (side != first)
		printf("; added: %.3f and %.3f, ratio %.2f", added_r, added_o, added_o / added_r);
	puts("");
}

int
main(int argc, char **argv)
{
	static const char *const usual[] = { "100", "1000" };
	bool given = argc > 2 && strcmp(argv[1], "--text") == 0;
	int first = given ? 3 : 1;
	const char *const *sizes = argc > first ? (const char *const *)argv + first : usual;
	unsigned nr = argc > first ? (unsigned)(argc - first) : 2;
	uint8_t *text = given ? read_text(argv[2]) : make_text();
	static const uint64_t key[2] = { 1, 2 };
	struct side sides[MAX_SETS] = { 0 };

	if (text == NULL || nr > MAX_SETS)
		return 1;
	for (unsigned i = 0; i < nr; i++) {
		struct side *side = &sides[i];

		side->raw = side->ours = UINT64_MAX;
		if (load_rules(sizes[i], &side->set) != 0)
			return 1;
		side->scratch = rule_db_scratch(ruleset_db(side->set));
		side->scanner = scanner_create(side->set, 1, key);
		if (side->scratch == NULL || side->scanner == NULL)
			return 1;
	}
	/* In turns, so that what else runs meets all of them. */
	for (unsigned run = 0; run < RUNS; run++) {
		for (unsigned i = 0; i < nr; i++) {
			run_raw(&sides[i], text);
			run_ours(&sides[i], text);
		}
	}
	for (unsigned i = 0; i < nr; i++) {
		tell(&sides[i], &sides[0]);
		scanner_destroy(sides[i].scanner);
		hs_free_scratch(sides[i].scratch);
	}
	for (unsigned i = 0; i < nr; i++)
		ruleset_free(sides[i].set);
	free(text);
	return 0;
}
