/*
 * Rules of others, in weir's language: the subsets of gitleaks' TOML and of Suricata's rules that
 * mean the same there.
 *
 * Every translated rule is loaded by itself before it is written, so what comes out can be read
 * back. What is left out of a rule, and each rule that is left out, is told with its place and the
 * reason.
 *
 *   gitleaks  [[rules]] with id, description and regex, and keywords where the regex has none of
 *             them: as words that must stand near. Left out, and told: entropy, path, secretGroup,
 *             allowlists, required, skipReport.
 *   suricata  content (one, or a chain by distance and within), or pcre without look-around, in one
 *             buffer of HTTP, TLS or DNS or in the payload; msg, sid, rev, classtype. Left out, and
 *             told: addresses and ports other than any, the direction, what is not met because
 *             weir's buffers are cut otherwise. Anything that would change which traffic matches
 *             (flowbits, byte_test, negation, several buffers, ...): the rule is not translated.
 */
#ifndef WEIR_RULE_IMPORT_H
#define WEIR_RULE_IMPORT_H

#include <stdio.h>

#include "classify/span.h"

enum { RULE_DRAFT_ID = 64, RULE_DRAFT_TITLE = 128 };

struct rule_import_result {
	unsigned nr, translated, in_part;
	char (*ids)[RULE_DRAFT_ID]; /* of those translated, while the import runs; owned */
};

/* path is for messages. Control path; allocates. */
typedef void rule_import_fn(struct span text, const char *path, FILE *to, FILE *told,
			    struct rule_import_result *result);

rule_import_fn rule_import_gitleaks, rule_import_suricata;

/* ---- shared by the two ------------------------------------------------------------------ */

enum { IMPORT_REGEX_MAX = 4096, IMPORT_TEXT_MAX = 512 };

/* A rule on its way out. */
struct rule_draft {
	char id[RULE_DRAFT_ID];
	char title[RULE_DRAFT_TITLE];
	char data_type[64];
	const char *severity, *buffers;
	char regex[IMPORT_REGEX_MAX]; /* in Hyperscan's syntax */
	char flags[4];
	char context[IMPORT_TEXT_MAX]; /* words one of which must stand near; empty: none */
	bool secret;		       /* what it finds is masked; else it is a sign of something */
	unsigned rev;
	char notes[IMPORT_TEXT_MAX]; /* what was left out; empty: nothing */
	unsigned line;
};

/* Adds to what was left out. */
void rule_draft_note(struct rule_draft *d, const char *what);
/* Cut to what fits, between characters. */
void rule_draft_title(struct rule_draft *d, struct span text);
/* Lower case, digits, '_', '.', '-'; other characters become '_'. */
void rule_draft_name(char *out, size_t cap, const char *prefix, struct span name);
/* Text as it stands in a regex. 0 when there is no room. */
size_t rule_draft_escape(char *out, size_t cap, struct span text);
/*
 * Writes the rule when it loads and no other has its id, else tells why not; counts it. reason: it
 * cannot be translated.
 */
void rule_draft_write(struct rule_draft *d, const char *reason, const char *path, FILE *to,
		      FILE *told, struct rule_import_result *result);

#endif
