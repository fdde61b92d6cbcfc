#include "classify/proto/content_decode.h"
#include "classify/proto/decode_stage.h"
#include "classify/slab.h"

#include <stdlib.h>

#define OUT_BYTES 16384u

/*
 * The bytes of a message pass its levels in the reverse order of the codings' names:
 *
 *   "deflate, gzip":  wire --> level[0] gzip --> level[1] deflate --> output function
 *
 * A level is NEW until its first bytes say whether it is coded at all.
 */
enum level_state {
	LEVEL_NEW,
	LEVEL_CODED,
	LEVEL_PLAIN, /* handed through */
	LEVEL_ENDED, /* coded data is whole; the rest is ignored */
};

struct level {
	enum level_state state;
	uint8_t head_len;
	uint8_t head[DECODE_SNIFF_BYTES]; /* held back while NEW */
	struct decode_stage stage;
};

struct decode {
	struct decode_pool *pool; /* kept until decode_give */
	struct level levels[DECODE_MAX_CODINGS];
	unsigned nr_levels;
	enum decode_result result;
	bool finished;
	bool plain;
	size_t unread; /* of the push that failed */
	uint64_t produced_bytes;
};

struct decode_pool {
	struct decode_limits limits;
	struct decode_counters counters;
	struct slab decodes;
	struct slab deflate;
	struct slab brotli;
	struct slab zstd;
	struct slab lz4;
	struct slab snappy;
	uint8_t out[DECODE_MAX_CODINGS][OUT_BYTES];
};

/* Where the output of the last level goes. */
struct sink {
	decode_out_fn *out;
	void *arg;
};

/* NULL: it needs no memory. */
static struct slab *
slab_of(struct decode_pool *pool, enum decode_coding coding)
{
	switch (coding) {
	case CODING_BROTLI:
		return &pool->brotli;
	case CODING_ZSTD:
		return &pool->zstd;
	case CODING_LZ4:
		return &pool->lz4;
	case CODING_SNAPPY:
		return &pool->snappy;
	case CODING_AWS_CHUNKED:
		return NULL;
	default:
		return &pool->deflate;
	}
}

/* The pool */

static bool
limits_in_range(const struct decode_limits *l)
{
	return l->brotli_window_log >= 10 && l->brotli_window_log <= 24 &&
	       l->zstd_window_log >= 10 && l->zstd_window_log <= 27 && l->max_ratio > 0 &&
	       l->nr_deflate < 1u << 24 && l->nr_brotli < 1u << 16 && l->nr_zstd < 1u << 16 &&
	       l->nr_lz4 < 1u << 16 && l->nr_snappy < 1u << 16;
}

static uint32_t
nr_decodes(const struct decode_limits *l)
{
	return l->nr_deflate + l->nr_brotli + l->nr_zstd + l->nr_lz4 + l->nr_snappy;
}

uint64_t
decode_pool_bytes(const struct decode_limits *l)
{
	if (!limits_in_range(l))
		return 0;
	return sizeof(struct decode_pool) + (uint64_t)nr_decodes(l) * sizeof(struct decode) +
	       (uint64_t)l->nr_deflate * decode_stage_bytes(CODING_DEFLATE, l) +
	       (uint64_t)l->nr_brotli * decode_stage_bytes(CODING_BROTLI, l) +
	       (uint64_t)l->nr_zstd * decode_stage_bytes(CODING_ZSTD, l) +
	       (uint64_t)l->nr_lz4 * decode_stage_bytes(CODING_LZ4, l) +
	       (uint64_t)l->nr_snappy * decode_stage_bytes(CODING_SNAPPY, l);
}

/* Do the libraries in use get by with the memory set aside for them? */
static bool
decoders_fit(struct decode_pool *pool)
{
	static const enum decode_coding codings[] = { CODING_DEFLATE, CODING_BROTLI, CODING_ZSTD,
						      CODING_LZ4, CODING_SNAPPY };
	bool fit = true;

	for (size_t i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
		struct slab *slab = slab_of(pool, codings[i]);
		void *memory = slab->nr_objects == 0 ? NULL : slab_take(slab);
		struct decode_stage s;

		if (memory == NULL)
			continue;
		if (decode_stage_init(&s, codings[i], memory, slab->object_bytes, &pool->limits))
			decode_stage_fini(&s);
		else
			fit = false;
		slab_give(slab, memory);
	}
	return fit;
}

struct decode_pool *
decode_pool_create(const struct decode_limits *l)
{
	struct decode_pool *pool;

	if (!limits_in_range(l))
		return NULL;
	pool = calloc(1, sizeof(*pool));
	if (pool == NULL)
		return NULL;
	pool->limits = *l;
	if (slab_init(&pool->decodes, nr_decodes(l), sizeof(struct decode)) != 0 ||
	    slab_init(&pool->deflate, l->nr_deflate, decode_stage_bytes(CODING_DEFLATE, l)) != 0 ||
	    slab_init(&pool->brotli, l->nr_brotli, decode_stage_bytes(CODING_BROTLI, l)) != 0 ||
	    slab_init(&pool->zstd, l->nr_zstd, decode_stage_bytes(CODING_ZSTD, l)) != 0 ||
	    slab_init(&pool->lz4, l->nr_lz4, decode_stage_bytes(CODING_LZ4, l)) != 0 ||
	    slab_init(&pool->snappy, l->nr_snappy, decode_stage_bytes(CODING_SNAPPY, l)) != 0 ||
	    !decoders_fit(pool)) {
		decode_pool_destroy(pool);
		return NULL;
	}
	return pool;
}

void
decode_pool_destroy(struct decode_pool *pool)
{
	if (pool == NULL)
		return;
	slab_fini(&pool->snappy);
	slab_fini(&pool->lz4);
	slab_fini(&pool->zstd);
	slab_fini(&pool->brotli);
	slab_fini(&pool->deflate);
	slab_fini(&pool->decodes);
	free(pool);
}

uint32_t
decode_pool_taken(const struct decode_pool *pool)
{
	return pool->decodes.nr_taken + pool->deflate.nr_taken + pool->brotli.nr_taken +
	       pool->zstd.nr_taken + pool->lz4.nr_taken + pool->snappy.nr_taken;
}

const struct decode_counters *
decode_pool_counters(const struct decode_pool *pool)
{
	return &pool->counters;
}

/* The names of the codings */

struct coding_list {
	enum decode_coding codings[DECODE_MAX_CODINGS];
	unsigned nr;
	bool aws_chunked; /* around them all */
};

static bool
starts_nocase(struct span s, const char *text)
{
	size_t len = strlen(text);

	return s.len >= len && span_is_nocase(span_of(s.p, len), text);
}

static bool
is_name_byte(uint8_t c)
{
	c = ascii_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* The first word of a list element: clients overlook parameters and stray bytes around it. */
static struct span
coding_name(struct span element)
{
	size_t len = 0;

	while (element.len > 0 && !is_name_byte(element.p[0]))
		element = span_of(element.p + 1, element.len - 1);
	while (len < element.len && is_name_byte(element.p[len]))
		len++;
	return span_of(element.p, len);
}

/*
 * What stands where a coding should and is none: charsets, the transfer encodings of mail (texts in
 * base64 are found in any body), and the version of a protocol of AWS.
 */
static bool
is_no_coding(struct span name)
{
	static const char *const names[] = {
		"identity",
		"none",
		"null",
		"plain",
		"text",
		"raw",
		"binary",
		"7bit",
		"8bit",
		"utf-8",
		"utf8",
		"utf-16",
		"utf",
		"ascii",
		"us-ascii",
		"latin1",
		"iso-8859-1",
		"base64",
		"chunked",
		"amz-1.0",
		"json",
		"unicode",
		"quoted-printable",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (span_is_nocase(name, names[i]))
			return true;
	}
	return starts_nocase(name, "iso-8859-") || starts_nocase(name, "windows-125");
}

static enum decode_result
add_coding(struct coding_list *list, struct span name)
{
	static const struct {
		const char *name;
		enum decode_coding coding;
	} known[] = {
		{ "gzip", CODING_GZIP },       { "x-gzip", CODING_GZIP },
		{ "deflate", CODING_DEFLATE }, { "x-deflate", CODING_DEFLATE },
		{ "br", CODING_BROTLI },       { "zstd", CODING_ZSTD },
		{ "lz4", CODING_LZ4 },	       { "snappy", CODING_SNAPPY },
	};

	if (name.len == 0 || is_no_coding(name))
		return DECODE_OK;
	if (span_is_nocase(name, "aws-chunked")) {
		list->aws_chunked = true;
		return DECODE_OK;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!span_is_nocase(name, known[i].name))
			continue;
		if (list->nr == DECODE_MAX_CODINGS)
			return DECODE_TOO_MANY_CODINGS;
		list->codings[list->nr++] = known[i].coding;
		return DECODE_OK;
	}
	return DECODE_UNKNOWN_CODING;
}

static enum decode_result
parse_codings(struct span value, struct coding_list *list)
{
	enum decode_result r = DECODE_OK;

	list->nr = 0;
	list->aws_chunked = false;
	while (value.len > 0 && r == DECODE_OK) {
		const uint8_t *comma = memchr(value.p, ',', value.len);
		size_t len = comma == NULL ? value.len : (size_t)(comma - value.p);
		size_t past = comma == NULL ? len : len + 1;

		r = add_coding(list, coding_name(span_of(value.p, len)));
		value = span_of(value.p + past, value.len - past);
	}
	if (r == DECODE_OK && list->aws_chunked && list->nr == DECODE_MAX_CODINGS)
		return DECODE_TOO_MANY_CODINGS;
	if (r == DECODE_OK && list->aws_chunked)
		list->codings[list->nr++] = CODING_AWS_CHUNKED;
	return r;
}

/* Taking and giving back */

static bool
begin_level(struct decode *d, enum decode_coding coding)
{
	struct slab *slab = slab_of(d->pool, coding);
	struct level *l = &d->levels[d->nr_levels];
	void *memory = slab == NULL ? NULL : slab_take(slab);
	size_t bytes = slab == NULL ? 0 : slab->object_bytes;

	if (slab != NULL && memory == NULL)
		return false;
	*l = (struct level) { .state = LEVEL_NEW };
	if (!decode_stage_init(&l->stage, coding, memory, bytes, &d->pool->limits)) {
		slab_give(slab, memory);
		return false;
	}
	d->nr_levels++;
	return true;
}

static void
end_levels(struct decode *d)
{
	for (unsigned i = 0; i < d->nr_levels; i++) {
		struct decode_stage *s = &d->levels[i].stage;

		decode_stage_fini(s);
		if (s->memory != NULL)
			slab_give(slab_of(d->pool, s->coding), s->memory);
	}
	d->nr_levels = 0;
}

static enum decode_result
begin_decode(struct decode_pool *pool, const struct coding_list *list, struct decode **out)
{
	struct decode *d = slab_take(&pool->decodes);

	if (d == NULL)
		return DECODE_NO_DECODER;
	*d = (struct decode) { .pool = pool, .result = DECODE_OK };
	for (unsigned i = list->nr; i > 0; i--) {
		if (!begin_level(d, list->codings[i - 1])) {
			end_levels(d);
			slab_give(&pool->decodes, d);
			return DECODE_NO_DECODER;
		}
	}
	*out = d;
	return DECODE_OK;
}

enum decode_result
decode_take(struct decode_pool *pool, struct span content_encoding, struct decode **out)
{
	struct coding_list list;
	enum decode_result r = parse_codings(content_encoding, &list);

	*out = NULL;
	if (r == DECODE_OK && list.nr > 0)
		r = begin_decode(pool, &list, out);
	if (r != DECODE_OK)
		pool->counters.results[r]++;
	return r;
}

enum decode_result
decode_take_messages(struct decode_pool *pool, struct decode **out)
{
	static const struct coding_list list = { { CODING_DEFLATE_MESSAGES }, 1, false };
	enum decode_result r;

	*out = NULL;
	r = begin_decode(pool, &list, out);
	if (r != DECODE_OK)
		pool->counters.results[r]++;
	return r;
}

void
decode_give(struct decode_pool *pool, struct decode *d)
{
	if (d == NULL)
		return;
	if (!d->finished)
		pool->counters.results[d->result == DECODE_OK ? DECODE_ABANDONED : d->result]++;
	end_levels(d);
	slab_give(&pool->decodes, d);
}

bool
decode_was_plain(const struct decode *d)
{
	return d->plain;
}

/* What the first bytes say */

enum verdict {
	VERDICT_OPEN,
	VERDICT_CODED,
	VERDICT_PLAIN,
};

static bool
is_text(uint8_t c)
{
	return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n' || c == '\r';
}

static enum verdict
sniff_gzip(const struct level *l)
{
	if (l->head[0] != 0x1f || (l->head_len > 1 && l->head[1] != 0x8b))
		return VERDICT_PLAIN;
	return l->head_len > 1 ? VERDICT_CODED : VERDICT_OPEN;
}

/*
 * RFC 8878 section 3.1: a frame begins with 28 b5 2f fd, a skippable one with 5x 2a 4d 18. LZ4 has
 * the same skippable frames, and its own begin with 04 22 4d 18.
 */
static enum verdict
sniff_frame(const struct level *l)
{
	static const uint8_t zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
	static const uint8_t lz4[] = { 0x04, 0x22, 0x4d, 0x18 };
	static const uint8_t skippable[] = { 0x50, 0x2a, 0x4d, 0x18 };
	const uint8_t *frame = l->stage.coding == CODING_ZSTD ? zstd : lz4;
	bool skip = (l->head[0] & 0xf0) == skippable[0];

	for (unsigned i = skip ? 1 : 0; i < l->head_len && i < sizeof(zstd); i++) {
		if (l->head[i] != (skip ? skippable[i] : frame[i]))
			return VERDICT_PLAIN;
	}
	return l->head_len >= sizeof(zstd) ? VERDICT_CODED : VERDICT_OPEN;
}

/* The line of a chunk, as far as it is seen. */
static enum verdict
sniff_chunk(const struct level *l)
{
	for (unsigned i = 0; i < l->head_len; i++) {
		if (hex_value(l->head[i]) >= 0)
			continue;
		return i > 0 && (l->head[i] == ';' || l->head[i] == '\r') ? VERDICT_CODED
									  : VERDICT_PLAIN;
	}
	return l->head_len < DECODE_SNIFF_BYTES ? VERDICT_OPEN : VERDICT_PLAIN;
}

/* Coded data without a magic number: it is, unless it reads as text. */
static enum verdict
sniff_text(const struct level *l, bool last)
{
	for (unsigned i = 0; i < l->head_len; i++) {
		if (!is_text(l->head[i]))
			return l->head_len >= 2 || last ? VERDICT_CODED : VERDICT_OPEN;
	}
	return last || l->head_len == DECODE_SNIFF_BYTES ? VERDICT_PLAIN : VERDICT_OPEN;
}

static enum verdict
sniff(const struct level *l, bool last)
{
	switch (l->stage.coding) {
	case CODING_GZIP:
		return sniff_gzip(l);
	case CODING_ZSTD:
	case CODING_LZ4:
		return sniff_frame(l);
	case CODING_SNAPPY:
	case CODING_DEFLATE_MESSAGES:
		return VERDICT_CODED;
	case CODING_AWS_CHUNKED:
		return sniff_chunk(l);
	default:
		return sniff_text(l, last);
	}
}

/* RFC 1950 section 2.2: method 8, window up to 32 KiB, both bytes a multiple of 31. */
static bool
has_zlib_header(const struct level *l)
{
	unsigned cmf = l->head[0];
	unsigned flg = l->head[1];

	return l->head_len >= 2 && (cmf & 0x0f) == 8 && cmf >> 4 <= 7 && (cmf << 8 | flg) % 31 == 0;
}

/* Passing bytes down the levels */

static enum decode_result push_level(struct decode *d, unsigned at, struct cursor in,
				     const struct sink *sink);

static enum decode_result
hand_out(struct decode *d, struct cursor in, const struct sink *sink)
{
	size_t len = cursor_left(&in);

	if (len > d->pool->limits.max_message_bytes - d->produced_bytes)
		return DECODE_TOO_LONG;
	d->produced_bytes += len;
	d->pool->counters.produced_bytes += len;
	sink->out(sink->arg, in.p, len);
	return DECODE_OK;
}

/* in is what level `at` receives; behind the last level that is the owner. */
static enum decode_result
pass_on(struct decode *d, unsigned at, struct cursor in, const struct sink *sink)
{
	if (in.p == in.end)
		return DECODE_OK;
	if (at == d->nr_levels)
		return hand_out(d, in, sink);
	return push_level(d, at, in, sink);
}

static bool
is_bomb(const struct decode *d, const struct decode_stage *s)
{
	uint64_t wire_bytes = d->levels[0].stage.in_bytes;
	const struct decode_limits *l = &d->pool->limits;

	/* A plain outer level counts nothing: then the level's own input is what came in. */
	if (d->levels[0].state == LEVEL_PLAIN)
		wire_bytes = s->in_bytes;
	return s->out_bytes > l->ratio_after_bytes && s->out_bytes / l->max_ratio > wire_bytes;
}

static enum decode_result
run_level(struct decode *d, unsigned at, struct cursor *in, const struct sink *sink)
{
	struct level *l = &d->levels[at];
	uint8_t *buf = d->pool->out[at];
	enum stage_result sr = STAGE_MORE;
	size_t produced = OUT_BYTES;

	while (sr == STAGE_MORE && (in->p < in->end || produced == OUT_BYTES)) {
		sr = decode_stage_run(&l->stage, in, buf, OUT_BYTES, &produced);
		if (is_bomb(d, &l->stage))
			return DECODE_BOMB;
		enum decode_result r = pass_on(d, at + 1, cursor_of(buf, produced), sink);

		if (r != DECODE_OK)
			return r;
	}
	if (sr == STAGE_ENDED)
		l->state = LEVEL_ENDED;
	if (sr == STAGE_WINDOW)
		return DECODE_WINDOW;
	return sr == STAGE_BAD ? DECODE_BAD_DATA : DECODE_OK;
}

/* The level's nature is known: feed it what was held back. */
static enum decode_result
settle_level(struct decode *d, unsigned at, bool plain, const struct sink *sink)
{
	struct level *l = &d->levels[at];
	struct cursor head = cursor_of(l->head, l->head_len);

	l->state = plain ? LEVEL_PLAIN : LEVEL_CODED;
	if (plain) {
		d->plain = true;
		return pass_on(d, at + 1, head, sink);
	}
	if (l->stage.coding == CODING_DEFLATE && has_zlib_header(l)) {
		head.p += 2;
		l->stage.in_bytes += 2;
	}
	return run_level(d, at, &head, sink);
}

/* One byte at a time: it is a handful for each message. */
static enum decode_result
sniff_level(struct decode *d, unsigned at, struct cursor *in, const struct sink *sink)
{
	struct level *l = &d->levels[at];

	while (in->p < in->end) {
		l->head[l->head_len++] = *in->p++;
		enum verdict v = sniff(l, false);

		if (v != VERDICT_OPEN)
			return settle_level(d, at, v == VERDICT_PLAIN, sink);
	}
	return DECODE_OK;
}

static enum decode_result
push_level(struct decode *d, unsigned at, struct cursor in, const struct sink *sink)
{
	struct level *l = &d->levels[at];
	enum decode_result r = DECODE_OK;

	if (l->state == LEVEL_NEW)
		r = sniff_level(d, at, &in, sink);
	if (r == DECODE_OK && in.p < in.end && l->state == LEVEL_PLAIN)
		return pass_on(d, at + 1, in, sink);
	if (r == DECODE_OK && in.p < in.end && l->state == LEVEL_CODED)
		r = run_level(d, at, &in, sink);
	if (r != DECODE_OK && at == 0)
		d->unread = cursor_left(&in);
	return r;
}

enum decode_result
decode_push(struct decode *d, const uint8_t *data, size_t len, decode_out_fn *out, void *arg)
{
	struct sink sink = { out, arg };

	d->pool->counters.consumed_bytes += len;
	if (d->result == DECODE_OK && len > 0)
		d->result = push_level(d, 0, cursor_of(data, len), &sink);
	return d->result;
}

size_t
decode_unread(const struct decode *d)
{
	return d->unread;
}

static bool
level_is_whole(const struct level *l)
{
	bool untouched = l->state == LEVEL_NEW && l->head_len == 0;

	return untouched || l->state == LEVEL_PLAIN || l->state == LEVEL_ENDED ||
	       (l->state == LEVEL_CODED && decode_stage_is_whole(&l->stage));
}

enum decode_result
decode_finish(struct decode *d, decode_out_fn *out, void *arg)
{
	struct sink sink = { out, arg };
	bool whole = true;

	for (unsigned i = 0; i < d->nr_levels; i++) {
		struct level *l = &d->levels[i];

		if (d->result == DECODE_OK && l->state == LEVEL_NEW && l->head_len > 0 &&
		    sniff(l, true) != VERDICT_OPEN)
			d->result = settle_level(d, i, sniff(l, true) == VERDICT_PLAIN, &sink);
		whole = whole && level_is_whole(l);
	}
	if (d->result == DECODE_OK && !whole)
		d->result = DECODE_TRUNCATED;
	if (!d->finished) {
		d->pool->counters.results[d->result]++;
		d->pool->counters.plain += d->plain;
	}
	d->finished = true;
	return d->result;
}
