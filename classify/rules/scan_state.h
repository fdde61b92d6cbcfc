/*
 * Inside the scanner: what its parts share. scan.c takes a stream apart, scan_candidates.c gathers
 * what Hyperscan and the digit finder stop at, scan_marks.c what rare bytes lead to, scan_judge.c
 * makes findings of it, with scan_numbers.c for numbers, scan_cells.c for cells of tables and
 * scan_start.c for where a match begins, scan_known.c knows texts again, and scanner.c has what
 * streams are taken from.
 */
#ifndef WEIR_SCAN_STATE_H
#define WEIR_SCAN_STATE_H

#include <hs/hs.h>
#include <string.h>

#include "classify/cycles.h"
#include "classify/detect/columns.h"
#include "classify/detect/word_marks.h"
#include "classify/detect/words.h"
#include "classify/rules/ascii_fold.h"
#include "classify/rules/confirm.h"
#include "classify/rules/rule_db.h"
#include "classify/rules/ruleset.h"
#include "classify/rules/scan.h"
#include "classify/rules/unescape.h"
#include "classify/siphash.h"
#include "classify/slab.h"

enum {
	SEAM_CAP = SCAN_LOOK_BEHIND + CONFIRM_LEFT + CONFIRM_RIGHT,
	SMALL_CAP = 1024,    /* bytes that are gathered from small pushes */
	MAX_GATHERED = 2048, /* candidates of a piece: two for every four bytes */
	PAGE = 4096,	     /* the smallest there is */
	OVERREAD = 64,	     /* one AVX-512 register, to be safe */
	KNOWN_TEXTS = 4096,  /* that hold nothing; a power of two */
	NEW_TEXTS = 32,	     /* of a stream, to be remembered */
};
enum { MAX_CLAIMS = 4, MAX_HEADED = 8, MAX_NAMED = 8 };

/* A rule that found a value with context, and in which column of its line. */
struct headed {
	uint64_t rule_hash;
	int column;
};

/* A column whose head has a word of these rules for cells. */
struct named {
	uint64_t rules; /* 0: none */
	int column;
};

/* What a finding was made of: no other rule makes one of the same bytes. */
struct claim {
	uint64_t from, to;
	uint64_t rule_hash;
	enum severity severity;
	int certainty; /* of the score, what the value itself says */
	bool generic, number;
	bool validated;
	bool alone; /* no letter, digit or mark of a token adjoins it */
};

struct candidate {
	uint64_t end;
	uint64_t first;	  /* where the shortest match of it ended */
	uint64_t start;	  /* with has_start, or walked */
	uint64_t rules;	  /* not 0: a number of some of these rules, see rule_numbers.h; */
	uint64_t place;	  /* its place among the words, see word_marks.h; 0: not known yet */
	uint32_t pattern; /* with rules: which word of the row they are */
	bool has_start;
	uint8_t cell; /* not 0: of a table, of that rule for cells and 1; its end is not seen yet */
	bool walked;  /* the match that ends at end was found already: it begins at start */
};

/* In the order of their ends, then of their patterns; numbers last, the longest first. */
struct queue {
	uint32_t nr;
	bool by_word; /* rules of some of them wait for the words near */
	struct candidate at[MAX_GATHERED];
};

/* To be remembered at the end of the stream, see scan_remember_after; id 0: holds something. */
struct new_text {
	uint64_t id;
	uint64_t end;
};

struct scan_stream {
	struct scanner *scanner;
	struct queue *queue;	  /* of the piece that is being scanned */
	struct word_marks *marks; /* likewise */
	hs_stream_t *hs;	  /* NULL: block mode, or no pattern streams */
	scan_found_fn *found;
	scan_value_fn *value; /* instead of found, see scan_values */
	void *arg;
	enum buffer buffer;
	uint64_t pos;	    /* of the push's first byte */
	uint64_t base;	    /* where Hyperscan counts from */
	uint64_t limit;	    /* nothing before it is visible: the last gap */
	uint64_t quiet;	    /* candidates that end before it were judged already */
	unsigned nr_claims; /* so far; the last MAX_CLAIMS are kept */
	struct claim claims[MAX_CLAIMS];
	unsigned nr_headed;
	struct headed headed[MAX_HEADED];
	uint64_t cell;	   /* where the last cell that was looked at begins; 0: there was none */
	unsigned nr_named; /* so far; the last MAX_NAMED are kept */
	struct named named[MAX_NAMED];
	const uint8_t *push;
	size_t push_len;
	struct digits digits;
	uint64_t followed[RULE_DB_MAX_MARKED]; /* behind the mark whose match may go on; 0: none */
	struct unescape unescape;
	struct ascii_fold fold;
	bool streaming; /* hs has seen bytes since base */
	uint32_t nr_pending, nr_seen, tail_len, nr_small, nr_new;
	struct candidate pending[SCAN_MAX_PENDING];
	uint64_t seen[SCAN_MAX_SEEN];
	struct word_trail trail; /* where its pos is not the stream's, it begins anew at the tail */
	uint8_t tail[SCAN_LOOK_BEHIND];
	uint8_t small[SMALL_CAP];
	struct new_text new[NEW_TEXTS];
};

struct scanner {
	const struct ruleset *set;
	const struct rule_db *db;
	struct slab streams;
	hs_stream_t **hs; /* one per stream of the slab; owned */
	bool *open;
	hs_scratch_t *scratch;
	struct siphash_key key;
	bool live;
	struct scan_counters counters;
	scan_trace_fn *trace; /* NULL: nobody asks */
	void *trace_arg;
	uint32_t trace_buffers;
	struct scan_profile *profile; /* owned; NULL: costs are not counted */
	struct scan_stream block, values;
	struct queue gathered, gathered_values; /* scan_values may run inside a found callback */
	struct word_marks marks, marks_values;
	uint64_t known[KNOWN_TEXTS]; /* ids, each where its low bits say */
	struct near_words near; /* of the candidate at hand, whose window begins at near_from */
	uint64_t near_from;
	uint8_t seam[SEAM_CAP];
	uint8_t bounce[SCAN_FIELD_MAX + OVERREAD];
	uint8_t folded[SCAN_FIELD_MAX]; /* a field or a piece with something to fold */
};

static inline uint64_t
scan_visible_from(const struct scan_stream *st)
{
	uint64_t from = st->pos - st->tail_len;

	return from > st->limit ? from : st->limit;
}

/* The bytes [from, to), which must be visible; a copy only where the tail and the push meet. */
static inline const uint8_t *
scan_view(struct scan_stream *st, uint64_t from, uint64_t to)
{
	if (from >= st->pos)
		return st->push + (from - st->pos);

	const uint8_t *tail = st->tail + st->tail_len - (st->pos - from);

	if (to <= st->pos)
		return tail;
	memcpy(st->scanner->seam, tail, st->pos - from);
	memcpy(st->scanner->seam + (st->pos - from), st->push, to - st->pos);
	return st->scanner->seam;
}

/* The same bytes where reading a little past them does no harm. */
static inline const char *
scan_readable(struct scanner *s, const uint8_t *data, size_t len)
{
	size_t into_page = ((uintptr_t)data + len) % PAGE;

	if (into_page != 0 && PAGE - into_page >= OVERREAD)
		return (const char *)data;
	memcpy(s->bounce, data, len);
	return (const char *)s->bounce;
}

/* Is the pattern for what is scanned? */
static inline bool
scan_wants(const struct scan_stream *st, const struct db_pattern *p)
{
	uint32_t here = st->scanner->trace != NULL ? st->scanner->trace_buffers : 1u << st->buffer;

	return st->value != NULL || (p->rule->buffers & here) != 0;
}

static inline uint64_t
scan_profile_now(const struct scanner *s)
{
	return s->profile == NULL ? 0 : cycles_now();
}

/* scan.c: a piece of a push; whole: nothing came before it and nothing follows. */
void scan_piece(struct scan_stream *st, const uint8_t *data, size_t len, bool whole);
/* What was gathered from small pushes; last: nothing follows. */
void scan_small(struct scan_stream *st, bool last);

/* scan_known.c: a candidate that ends there, and the end of the stream's text. */
void scan_holds_candidate(struct scan_stream *st, uint64_t end);
void scan_remember_new(struct scan_stream *st);

/* scan_candidates.c: what waits in the stream, into the queue and, from that one on, back again. */
void scan_take_pending(struct scan_stream *st, struct queue *q);
void scan_keep_pending(struct scan_stream *st, uint32_t from);
/* In its place in the queue; takes out what it goes on from, and sets first. */
void scan_add_candidate(struct scan_stream *st, struct candidate *c);
/* Callbacks of Hyperscan and of the digit finder; arg is the stream. */
int scan_on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		  void *arg);
void scan_on_group(void *arg, const struct digit_group *g, unsigned nr);

/*
 * scan_marks.c: the matches that rare bytes lead to in the push, also from before it; final: at
 * the end of the text, behind the push.
 */
void scan_marked(struct scan_stream *st, bool final);

/*
 * scan_numbers.c: what the last of the groups ends; behind each piece, and at the end of the text,
 * which words are near; and at last those of the candidate's rules that a word speaks for, or that
 * need none.
 */
void scan_on_number(struct scan_stream *st, const struct digit_group *g, unsigned nr);
void scan_mark_words(struct scan_stream *st, bool final);
void scan_judge_number(struct scan_stream *st, const struct candidate *c);
uint64_t scan_number_rules(struct scan_stream *st, const struct candidate *c);

/*
 * scan_cells.c: no table is known; the cell of one that the group leads to; and where that begins
 * and ends in the window that begins at from, false when it is no value of the candidate's rule.
 */
void scan_cells_init(struct scan_stream *st);
void scan_on_cell(struct scan_stream *st, const struct digit_group *g);
bool scan_cell_bounds(const struct scan_stream *st, const struct candidate *c, struct span window,
		      uint64_t from, size_t *start, size_t *end);

/*
 * scan_start.c: where the match is that the candidate stands for and that ends at `ends`, in the
 * window that begins at from. False: there is none.
 */
bool scan_match_bounds(struct scan_stream *st, const struct candidate *c, const struct span window,
		       uint64_t from, uint64_t ends, size_t *start, size_t *end);
/*
 * Does a longer match begin at the same place? It is a candidate that waits behind this one; the
 * last byte of the window is left out, because a match that ends there may be told later.
 */
bool scan_goes_on(const struct queue *q, const struct candidate *c, const struct db_pattern *p,
		  const uint8_t *window, size_t len, size_t end, size_t start);

/* scan_judge.c: judges those with enough to their right, at the end all; how many that were. */
uint32_t scan_judge_ready(struct scan_stream *st, bool final);
/* next: the queue's candidate behind c, which need not be in it itself. */
void scan_judge_one(struct scan_stream *st, const struct candidate *c,
		    const struct candidate *next);
/* What is visible of the window of its judgement; false: its end is not. */
bool scan_judged_window(const struct scan_stream *st, const struct candidate *c, uint64_t *from,
			uint64_t *to);
bool scan_is_headed(const struct scan_stream *st, uint64_t rule_hash, int column);
/* Tells who asks why what became of a value; found: what, if it is a finding. */
void scan_trace(struct scan_stream *st, const struct db_pattern *p, const struct value *v,
		uint64_t from, bool headed, enum confirm_verdict found);

#endif
