/*
 * Whole connections in a unit test: what both sides say goes in, in any split, and the records that
 * come out are written down as lines of text, "flow protocol=socks ...", in the order they were
 * made. Times are left out: they depend on nothing but the turn.
 */
#ifndef WEIR_TEST_CONN_FEED_H
#define WEIR_TEST_CONN_FEED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/conn.h"
#include "classify/rules/ruleset.h"

enum { FEED_LOG = 1 << 16, FEED_TURNS = 24 };

/* What one side says; gap bytes of it were lost just before. A turn without data ends a list. */
struct feed_turn {
	enum conn_dir dir;
	const void *data;
	size_t len;
	uint64_t gap;
};

#define FEED_ORIG(text)                              \
	{                                            \
		CONN_ORIG, text, sizeof(text) - 1, 0 \
	}
#define FEED_RESP(text)                              \
	{                                            \
		CONN_RESP, text, sizeof(text) - 1, 0 \
	}

struct feed {
	struct conn_env *env;
	struct ruleset *rules;
	struct record record;
	bool quiet; /* the log keeps its last lines only */
	unsigned nr_open;
	size_t len;
	char log[FEED_LOG];
};

/* Finds weir-canary, and weir-word as a word, in whatever buffer they stand. */
static const char feed_rules[] =
    "rule test.canary {\n  title \"t\"\n  data_type test.canary\n  severity high\n  in any\n"
    "  match \"weir-canary\"\n  sample + \"weir-canary\"\n}\n"
    "rule test.word {\n  title \"t\"\n  data_type test.word\n  severity high\n  in any\n"
    "  match /\\bweir-word(?:-and-more)*\\b/\n  sample + \"weir-word\"\n}\n";

/* Fuzz targets use this too, so it does without cmocka. */
static inline void
feed_must(bool held, const char *what)
{
	if (held)
		return;
	fprintf(stderr, "conn_feed: %s\n", what);
	abort();
}

static inline void
feed_add(struct feed *f, const char *text, size_t len)
{
	feed_must(len < FEED_LOG - f->len, "the log is full");
	memcpy(f->log + f->len, text, len);
	/* It is compared as a string. */
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\0')
			f->log[f->len + i] = '\xff';
	}
	f->len += len;
	f->log[f->len] = '\0';
}

static inline void
feed_value(struct feed *f, const struct record_value *v)
{
	const struct record_field_info *info = &record_field_infos[v->field];
	char number[24];

	feed_add(f, " ", 1);
	feed_add(f, info->name, strlen(info->name));
	feed_add(f, "=", 1);
	switch (info->kind) {
	case RECORD_KIND_TEXT:
	case RECORD_KIND_TEXTS:
		feed_add(f, (const char *)v->data, v->len);
		break;
	case RECORD_KIND_UINT:
	case RECORD_KIND_UINTS:
		feed_add(f, number,
			 (size_t)snprintf(number, sizeof(number), "%llu",
					  (unsigned long long)record_value_uint(v)));
		break;
	case RECORD_KIND_HEX:
	case RECORD_KIND_IP:
		for (unsigned i = 0; i < v->len; i++)
			feed_add(f, number,
				 (size_t)snprintf(number, sizeof(number), "%02x", v->data[i]));
		break;
	default:
		feed_add(f, "true", 4);
		break;
	}
}

static inline void
feed_line(struct feed *f)
{
	struct record_iter it = record_iter_of(&f->record.head);
	const char *type = record_type_names[f->record.head.type];
	struct record_value v;

	if (f->quiet && f->len > FEED_LOG / 2)
		f->len = 0;
	feed_add(f, type, strlen(type));
	while (record_next(&it, &v)) {
		if (v.field != RF_DURATION_US && v.field != RF_TTFB_US && v.field != RF_TTFT_US)
			feed_value(f, &v);
	}
	feed_add(f, "\n", 1);
}

static inline struct record *
feed_begin(void *arg, void *flow, enum record_type type, uint64_t part)
{
	struct feed *f = arg;

	(void)flow, (void)part;
	record_begin(&f->record, type, 0, 0, NULL);
	return &f->record;
}

static inline bool
feed_reverse(void *arg, void *flow)
{
	(void)arg, (void)flow;
	return true;
}

static inline void
feed_emit(void *arg)
{
	feed_line(arg);
}

static inline struct conn_config
feed_config(struct feed *f)
{
	struct conn_config c = {
		.max_conns = 8,
		.max_exchanges = 160,
		.max_pipelined = 8,
		.max_http2_streams = 160,
		.max_http2_tables = 8,
		.max_message_buffers = 4,
		.max_llm = 8,
		.max_mcp = 8,
		.max_shapes = 8,
		.max_db_ops = 64,
		.max_scan_streams = 64,
		.max_deflate = 8,
		.max_brotli = 2,
		.max_zstd = 2,
		.max_lz4 = 2,
		.max_snappy = 2,
		.decode_max_ratio = 200,
		.decode_ratio_after_bytes = 1 << 20,
		.decode_max_message_bytes = 1 << 26,
		.body_sha256 = true,
		.rules = f->rules,
		.output = { feed_begin, feed_reverse, feed_emit, f },
	};

	for (unsigned p = 0; p < NR_PROTOCOLS; p++)
		c.max_states[p] = 8;
	return c;
}

static inline void
feed_init(struct feed *f)
{
	struct conn_config config;

	memset(f, 0, sizeof(*f));
	feed_must(ruleset_load_text("feed", feed_rules, sizeof(feed_rules) - 1, &f->rules,
				    stderr) == 0,
		  "rules");
	config = feed_config(f);
	feed_must(conn_env_create(&config, &f->env) == 0, "no memory");
	f->record.mask = conn_env_mask;
	f->record.mask_arg = f->env;
}

static inline void
feed_fini(struct feed *f)
{
	conn_env_destroy(f->env);
	ruleset_free(f->rules);
}

static inline struct conn *
feed_open(struct feed *f, bool udp, uint16_t port, bool midstream)
{
	struct conn_info info = { .udp = udp,
				  .midstream = { midstream, midstream },
				  .port = { 40000, port } };
	struct conn *c;

	f->len = 0;
	f->log[0] = '\0';
	conn_env_set_time(f->env, 1700000000000000u);
	c = conn_open(f->env, &info);
	f->nr_open += c != NULL;
	return c;
}

static inline void
feed_push(struct feed *f, struct conn *c, const struct feed_turn *t, size_t at, size_t len)
{
	conn_push(f->env, c, t->dir, (const uint8_t *)t->data + at, len, at == 0 ? t->gap : 0);
}

/* One UDP payload as the dataplane hands it over; returns what the connection is from then on. */
static inline struct conn *
feed_datagram(struct feed *f, struct conn *c, enum conn_dir dir, const void *data, size_t len)
{
	const struct conn_info info = { .udp = true, .port = { 40000, 53 } };

	if (conn_rests(c))
		c = conn_resume(f->env, c, &info);
	conn_datagram(f->env, c, dir, data, len);
	return conn_let_go(f->env, c);
}

static inline void
feed_flow(struct feed *f, struct conn *c)
{
	record_begin(&f->record, RECORD_FLOW, 0, 0, NULL);
	conn_describe(f->env, c, &f->record);
	feed_line(f);
}

/* A record of the flow before it is over, as of one that lasts long. */
static inline void
feed_part(struct feed *f, struct conn *c)
{
	feed_flow(f, c);
	conn_next_part(c);
}

/* Ends the connection; the last line is the flow's. */
static inline void
feed_close(struct feed *f, struct conn *c)
{
	conn_half_close(f->env, c, CONN_ORIG);
	conn_half_close(f->env, c, CONN_RESP);
	conn_finish(f->env, c);
	feed_flow(f, c);
	conn_close(f->env, c);
	if (--f->nr_open == 0)
		feed_must(conn_env_taken(f->env) == 0, "something was not given back");
}

/* step: bytes at a time, or SIZE_MAX; split: each turn also ends a piece there, or SIZE_MAX. */
static inline void
feed_run(struct feed *f, const struct feed_turn *turns, uint16_t port, size_t step, size_t split)
{
	struct conn *c = feed_open(f, false, port, false);

	feed_must(c != NULL, "no connection");
	for (const struct feed_turn *t = turns; t->data != NULL; t++) {
		for (size_t at = 0; at < t->len;) {
			size_t n = t->len - at < step ? t->len - at : step;

			if (at < split && split - at < n)
				n = split - at;
			feed_push(f, c, t, at, n);
			at += n;
		}
	}
	feed_close(f, c);
}

static inline void
feed_is(const struct feed *f, const char *want)
{
	if (strcmp(f->log, want) == 0)
		return;
	fprintf(stderr, "was:\n%sis now:\n%s", want, f->log);
	feed_must(false, "records depend on the split");
}

/* Whole, byte by byte, and every turn split in two at every offset up to 200: one log. */
static inline void
feed_same(struct feed *f, const struct feed_turn *turns, uint16_t port)
{
	char *whole;
	size_t most = 0;

	for (const struct feed_turn *t = turns; t->data != NULL; t++)
		most = t->len > most ? t->len : most;
	feed_run(f, turns, port, 1, SIZE_MAX);
	whole = strdup(f->log);
	for (size_t at = 1; at < most && at < 200; at++) {
		feed_run(f, turns, port, SIZE_MAX, at);
		feed_is(f, whole);
	}
	feed_run(f, turns, port, SIZE_MAX, SIZE_MAX);
	feed_is(f, whole);
	free(whole);
}

static inline void
feed_has(const struct feed *f, const char *text)
{
	if (strstr(f->log, text) != NULL)
		return;
	fprintf(stderr, "\"%s\" is not in:\n%s", text, f->log);
	feed_must(false, "a field is missing");
}

static inline void
feed_has_not(const struct feed *f, const char *text)
{
	if (strstr(f->log, text) == NULL)
		return;
	fprintf(stderr, "\"%s\" is in:\n%s", text, f->log);
	feed_must(false, "a field should not be there");
}

#endif
