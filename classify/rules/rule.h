/*
 * A rule as it was written, checked and put into memory; rule_parse.h has the grammar.
 *
 * Rules are immutable once loaded and live, with all their text, as long as their rule set.
 */
#ifndef WEIR_RULE_H
#define WEIR_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/detect/finding.h"
#include "classify/detect/validators.h"
#include "classify/detect/words.h"

/* Upper bounds of one rule; more is an error of the file. */
enum {
	RULE_ID_MAX = 63,
	RULE_TITLE_MAX = 127,
	RULE_MAX_PATTERNS = 16,
	RULE_MAX_TAGS = 16,
	RULE_MAX_TESTS = 128,
	RULE_MAX_SAMPLES = 32,
	RULE_TEXT_MAX = 1024, /* of a pattern or sample */
};

enum pattern_kind { PATTERN_REGEX, PATTERN_LITERAL, PATTERN_DIGITS, PATTERN_IBAN };

struct rule_pattern {
	enum pattern_kind kind;
	struct span text; /* of a regular expression or literal */
	bool nocase, dotall, multiline;
	unsigned min_digits, max_digits;
	struct span separators; /* any one of these may stand between two groups, */
	bool mixed;		/* and another one between the next two */
	const char *file;	/* where it stands, for errors */
	unsigned line, column;
	const char *line_text;
};

/* What of a value may be shown; see mask.h. */
enum show { SHOW_NONE, SHOW_BIN6LAST4, SHOW_LAST4, SHOW_IBAN, SHOW_EMAIL, SHOW_PHONE, SHOW_PREFIX };

struct rule_words {
	struct word_list list;
	unsigned within; /* words */
	int points;
	bool needed; /* without one of them there is no finding */
	bool own;    /* none counts that is the key of another member */
};

struct rule_sample {
	bool positive;
	struct span text;
	const char *file;
	unsigned line, column;
	const char *line_text;
};

/* Below it a finding of the rule, on one edge and in one window, is not published. */
struct rule_threshold {
	unsigned least; /* 0: none */
	bool values;	/* of distinct values, else of times */
};

enum { SUPPRESSION_MAX_NETS = 32, SUPPRESSION_MAX_HOSTS = 32, THRESHOLD_MAX = 1000 };

struct rule_net {
	uint8_t addr[16];
	uint8_t len;  /* of addr, 4 or 16 */
	uint8_t bits; /* of the prefix */
};

/* Where findings of some rules are of no interest, who says so, and until when. */
struct rule_suppression {
	struct rule_suppression *next; /* in the order they were read */
	struct span rules;	       /* an id, or a glob over ids */
	const char *owner, *reason;    /* reason may be NULL */
	uint64_t until_us;	       /* packet time; from then on it means nothing */
	unsigned nr_nets[2], nr_hosts; /* 0: whatever it is */
	struct rule_net nets[2][SUPPRESSION_MAX_NETS]; /* who opened, who answered */
	struct span hosts[SUPPRESSION_MAX_HOSTS];      /* globs */
	const char *file;
	unsigned line, column;
	const char *line_text;
};

struct rule {
	struct rule *next_broken; /* of those with an error */
	const char *id, *title, *data_type;
	unsigned rev;
	enum severity severity;
	uint32_t buffers;
	bool enabled;	   /* else it is only listed */
	bool switched_off; /* and would not be enabled, had a tool not asked for all */
	struct rule_threshold threshold;
	unsigned nr_suppressions;
	const struct rule_suppression **suppressions;
	bool weak;    /* never a finding without context */
	bool bounded; /* the value is no part of a longer word */
	bool generic; /* gives way to a rule that knows the value's kind */
	unsigned nr_patterns;
	struct rule_pattern *patterns;
	const struct validator *validator; /* NULL: none */
	struct rule_words context, veto;
	bool hides; /* has a validator or says what to show: its values are masked in records */
	enum show show;
	unsigned show_prefix; /* characters, for SHOW_PREFIX */
	unsigned nr_tags;
	const char **tags;
	unsigned nr_tests;
	struct span *tests; /* normalised values and globs that are published test values */
	unsigned nr_samples;
	struct rule_sample *samples;
	const char *file;
	unsigned line, column;
	const char *line_text;
};

#endif
