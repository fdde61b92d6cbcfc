/*
 * Scanning: bytes of a buffer -> findings.
 *
 *   push ── undo coding ── fold ─┬─ Hyperscan ────┬─ candidates ── wait ── confirm ── found
 *                                ├─ digit finder ─┤
 *                                └─ rare bytes ───┘   with their ends; 64 bytes to their right
 *
 *   stream  ─────────────┬────────── look-behind 512 ──────────┬──── push ────
 *                        └ 448 left of the candidate ┘ end ┘ 64 ┘
 *
 * A candidate is judged when 64 bytes behind its end are there, or the stream ends; what is judged
 * is always the same window, so findings do not depend on how the input was cut. Where a match
 * begins is found backwards, inside the window: values longer than 448 bytes are seen from their
 * last 448 on.
 *
 * A finding is told once per rule and value in a stream; SCAN_MAX_SEEN values are remembered, then
 * a value may be told again (counted). SCAN_MAX_PENDING candidates of a stream may wait; the one
 * that finds no room is lost (counted).
 *
 * One scanner per worker, not thread-safe. Everything is allocated by scanner_create; nothing while
 * scanning. found callbacks may call redact_text, nothing else of this scanner.
 */
#ifndef WEIR_SCAN_H
#define WEIR_SCAN_H

#include "classify/detect/finding.h"
#include "classify/detect/value.h"
#include "classify/rules/buffer.h"
#include "classify/rules/confirm.h"

struct ruleset;
struct scanner;
struct scan_stream;

enum { SCAN_MAX_PENDING = 16, SCAN_MAX_SEEN = 32, SCAN_LOOK_BEHIND = 512, SCAN_FIELD_MAX = 65536 };

typedef void scan_found_fn(void *arg, const struct finding *f);

/* clang-format off */
#define SCAN_COUNTERS(X)                                                                           \
	X(scan_bytes, "bytes scanned, after undoing their coding")                                 \
	X(scan_known_bytes, "bytes not scanned again: known fields, repeats of a streamed answer") \
	X(scan_streams_refused, "streams not opened: the pool was empty")                          \
	X(scan_candidates, "candidates judged")                                                    \
	X(scan_confirmed, "of them findings, before values already told are left out")             \
	X(scan_candidates_lost, "candidates lost: too many of one stream were waiting")            \
	X(scan_values_forgotten, "values not remembered: may be told twice")                       \
	X(scan_errors, "calls that Hyperscan refused")
/* clang-format on */

struct scan_counters {
#define SCAN_COUNTER_MEMBER(member, meaning) uint64_t member;
	SCAN_COUNTERS(SCAN_COUNTER_MEMBER)
#undef SCAN_COUNTER_MEMBER
};

/* NULL without memory. set is kept until scanner_set_rules or scanner_destroy. */
struct scanner *scanner_create(const struct ruleset *set, uint32_t max_streams,
			       const uint64_t hash_key[2]);
void scanner_destroy(struct scanner *s);

/* What its streams take, those of Hyperscan included. */
uint64_t scanner_bytes(const struct scanner *s);

uint32_t scanner_open_streams(const struct scanner *s);

/* No rule is on: what is pushed is not looked at, and need not be put together for it. */
bool scanner_is_idle(const struct scanner *s);

/*
 * New rules from here on. Open streams go on in the new set: they are fed their look-behind, and
 * values already told of a rule with the same id are not told again. Allocates; control path. 0, or
 * -ENOMEM and the old rules stay.
 */
int scanner_set_rules(struct scanner *s, const struct ruleset *set);

/* Published test values then keep their full severity. Off at first. */
void scanner_test_values_live(struct scanner *s, bool live);
const struct scan_counters *scanner_counters(const struct scanner *s);

/* NULL: the pool is empty. */
struct scan_stream *scan_open(struct scanner *s, enum buffer buffer);
/* found and arg are kept until the next call for this stream. */
void scan_push(struct scan_stream *st, const uint8_t *data, size_t len, scan_found_fn *found,
	       void *arg);
/* What came before no longer adjoins what comes. Judges what waits, with the last push's found. */
void scan_gap(struct scan_stream *st);
/* Judges what waits and gives the stream back. NULL does nothing; found may be NULL. */
void scan_close(struct scan_stream *st, scan_found_fn *found, void *arg);

/* A field that is here in full, its coding undone by the caller; looked at up to SCAN_FIELD_MAX. */
void scan_block(struct scanner *s, enum buffer buffer, const uint8_t *data, size_t len,
		scan_found_fn *found, void *arg);

/*
 * Fields come again: of a thousand requests most have the same host, agent and types. One in which
 * no candidate was met, and nothing to fold (ascii_fold.h), is remembered by its hash, under the
 * scanner's key, and need not be scanned again under the same rules. Newer ones take the place of
 * older ones. Never while costs are counted or candidates are traced.
 *
 * scan_block does so by itself. Who scans several fields in one stream, each between two
 * VALUE_FIELD_END, asks before it pushes one, and then lets it be remembered:
 *
 *   id = scan_text_id(s, buffer, field, len);
 *   if (!scan_holds_nothing(s, id, len)) {
 *           scan_remember_after(st, id, len);
 *           scan_push(st, field, len, found, arg);
 *   }
 */
enum { SCAN_USE_REDACT = NR_BUFFERS, SCAN_KNOWN_MAX = 512 };

/* use: the buffer, or SCAN_USE_REDACT. 0: of a text that will not be remembered. */
uint64_t scan_text_id(const struct scanner *s, unsigned use, const uint8_t *data, size_t len);
/* Counts the len bytes if so. */
bool scan_holds_nothing(struct scanner *s, uint64_t id, size_t len);
void scan_remember(struct scanner *s, uint64_t id);
/* Of bytes that the caller knows to add nothing to what was scanned. */
void scan_count_known(struct scanner *s, size_t len);
/* When the stream ends or has a gap, and no candidate was met in the next len bytes. */
void scan_remember_after(struct scan_stream *st, uint64_t id, size_t len);

/*
 * For redact.c, which folds by itself: every value in a text that must not be shown, whatever its
 * buffer, by boundary,
 * structure and validator; rules without a validator or a form to show have nothing to hide, and a
 * weak one must be a finding. v is relative to its window, which begins window_at bytes into data.
 */
typedef void scan_value_fn(void *arg, const struct rule *rule, const struct value *v,
			   size_t window_at);
void scan_values(struct scanner *s, const uint8_t *data, size_t len, scan_value_fn *fn, void *arg);

/* ---- for `weir rules`, never on while packets are inspected in earnest ------------------- */

/* A candidate and what became of it; start and end count from the beginning of the stream. */
struct scan_candidate {
	const struct rule *rule;
	const struct rule_pattern *pattern;
	uint64_t start, end;
	enum confirm_verdict verdict;
	const struct finding *finding; /* with CONFIRM_IS_FINDING, _CLAIMED and _REPEATED */
};

typedef void scan_trace_fn(void *arg, const struct scan_candidate *c);

/*
 * Tells every candidate of the rules for one of these buffers, whatever is scanned. Rules that are
 * off claim nothing from others.
 */
void scanner_trace(struct scanner *s, uint32_t buffers, scan_trace_fn *fn, void *arg);

/* What a pattern has cost. */
struct scan_pattern_cost {
	uint64_t candidates, confirmed;
	uint64_t cycles; /* of finding starts and confirming */
};

struct scan_profile {
	uint64_t hyperscan_cycles, finder_cycles, judging_cycles;
	size_t sample_len;
	uint8_t *sample; /* the first of what was scanned, SCAN_SAMPLE_MAX at most */
	uint32_t nr_patterns;
	struct scan_pattern_cost pattern[]; /* as in rule_db */
};

enum { SCAN_SAMPLE_MAX = 1 << 20 };

/* From here on costs are counted. 0, or -ENOMEM; not across scanner_set_rules. */
int scanner_profile(struct scanner *s);
/* NULL without scanner_profile; as long as the scanner. */
const struct scan_profile *scanner_costs(const struct scanner *s);

#endif
