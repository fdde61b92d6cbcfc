/*
 * What does the scanner add to Hyperscan, and how does that grow with the number of rules? Prints
 * cycles per byte of both over the same made-up JSON in pieces as segments bring them, for growing
 * sets of rules (a third each: hosts, token prefixes, key = value), and what going from the first
 * set to each costs either. Fastest of several runs; the ratios are what counts.
 *
 *   bench_scan [NUMBER OF RULES]...     default: 100 1000; 10000 compile for a quarter of a minute
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <hs/hs.h>

#include "classify/cycles.h"
#include "classify/rules/rule_db.h"
#include "classify/rules/ruleset.h"
#include "classify/rules/scan.h"

#define PIECE 1400u
#define BYTES (2u << 20)
#define RUNS  9u

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

static int
count(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
	(void)id, (void)from, (void)to, (void)flags;
	++*(uint64_t *)arg;
	return 0;
}

static double
raw(const struct rule_db *db, const uint8_t *text)
{
	hs_scratch_t *scratch = rule_db_scratch(db);
	uint64_t least = UINT64_MAX, matches = 0;

	for (unsigned run = 0; run < RUNS; run++) {
		hs_stream_t *stream;
		uint64_t since = cycles_now();

		if (hs_open_stream(db->stream, 0, &stream) != HS_SUCCESS)
			exit(1);
		for (size_t at = 0; at + PIECE <= BYTES; at += PIECE)
			hs_scan_stream(stream, (const char *)text + at, PIECE, 0, scratch, count,
				       &matches);
		hs_close_stream(stream, NULL, NULL, NULL);
		since = cycles_now() - since;
		least = since < least ? since : least;
	}
	hs_free_scratch(scratch);
	return (double)least / BYTES;
}

static double
ours(const struct ruleset *set, const uint8_t *text)
{
	static const uint64_t key[2] = { 1, 2 };
	struct scanner *s = scanner_create(set, 1, key);
	uint64_t least = UINT64_MAX;

	for (unsigned run = 0; run < RUNS; run++) {
		uint64_t since = cycles_now();
		struct scan_stream *stream = scan_open(s, BUFFER_PAYLOAD);

		for (size_t at = 0; at + PIECE <= BYTES; at += PIECE)
			scan_push(stream, text + at, PIECE, NULL, NULL);
		scan_close(stream, NULL, NULL);
		since = cycles_now() - since;
		least = since < least ? since : least;
	}
	scanner_destroy(s);
	return (double)least / BYTES;
}

int
main(int argc, char **argv)
{
	static const char *const usual[] = { "100", "1000" };
	const char *const *sizes = argc > 1 ? (const char *const *)argv + 1 : usual;
	unsigned nr = argc > 1 ? (unsigned)argc - 1 : 2;
	uint8_t *text = make_text();
	double first_raw = 0, first_ours = 0;

	for (unsigned i = 0; text != NULL && i < nr; i++) {
		unsigned long rules = strtoul(sizes[i], NULL, 10);
		struct ruleset *set;
		size_t len;
		char *source = make_rules((unsigned)rules, &len);

		if (ruleset_load_text("bench", source, len, &set, stderr) != 0)
			return 1;

		double r = raw(ruleset_db(set), text), o = ours(set, text);

		printf("%6lu rules: Hyperscan %.3f, scanner %.3f cycles/B, ratio %.2f", rules, r, o,
		       o / r);
		if (i == 0) {
			first_raw = r;
			first_ours = o;
			puts("");
		} else {
			printf("; added: %.3f and %.3f, ratio %.2f\n", r - first_raw,
			       o - first_ours, (o - first_ours) / (r - first_raw));
		}
		ruleset_free(set);
		free(source);
	}
	free(text);
	return 0;
}
