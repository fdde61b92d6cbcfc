/*
 * What do the shipped rules find where there is nothing to find?
 *
 *   bench_benign [--mb N] [--seed N] [--rules DIR] [--show N] [FOLDER...]
 *
 * Makes N MiB (64 when not said) of what clusters carry: JSON APIs, metrics, OTLP, Kubernetes
 * lists, minified JavaScript, archives, base64, Protocol Buffers, SQL rows, CSV, logs; then reads
 * the files below the folders, for source trees. Everything is scanned in messages of 64 KiB with
 * test values taken as live. Prints what was found by kind and rule, the first N findings of each
 * rule (3 when not said), and the speed; ends with 1 when cards, IBANs, private keys or keys of a
 * vendor's format are among it, or numbers judged by context are one for each GiB.
 */
#include <fnmatch.h>
#include <fts.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "classify/rules/rule.h"
#include "classify/rules/ruleset.h"
#include "classify/rules/scan.h"

enum { MESSAGE = 65536, ROOM = 4096, RULES = 2048 };

struct text {
	size_t len;
	char *at; /* MESSAGE + ROOM bytes */
};

static uint64_t seed = 1;

static uint64_t
any(void)
{
	uint64_t z = (seed += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static unsigned
below(unsigned n)
{
	return (unsigned)(any() % n);
}

static void __attribute__((format(printf, 2, 3))) put(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->at + t->len, ROOM, format, args);
	va_end(args);
	if (n > 0)
		t->len += (size_t)n < ROOM ? (size_t)n : ROOM - 1;
}

static void
put_from(struct text *t, const char *alphabet, unsigned len)
{
	unsigned n = (unsigned)strlen(alphabet);

	while (len-- > 0)
		t->at[t->len++] = alphabet[below(n)];
}

static const char hex[] = "0123456789abcdef";
static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

/* Of any text. */
static const char *
word(void)
{
	static const char *const words[] = {
		"order",    "cart",    "checkout", "user",    "session",  "token",    "payment",
		"shipping", "price",   "card",	   "account", "number",	  "secret",   "password",
		"key",	    "api",     "client",   "server",  "request",  "response", "error",
		"customer", "contact", "phone",	   "address", "birthday", "passport", "licence",
		"google",   "azure",   "github",   "slack",   "stripe",	  "twilio",   "datadog",
		"grafana",  "jenkins", "okta",	   "heroku",  "mailgun",  "the",      "of",
		"and",	    "for",     "with",	   "from",    "after",	  "not",      "found"
	};

	return words[below(sizeof(words) / sizeof(words[0]))];
}

/* Of a number or a key: no name that says it is one of those that are looked for. */
static const char *
name(void)
{
	static const char *const names[] = {
		"order",  "cart",     "user",	 "session", "payment", "shipping", "price",
		"server", "request",  "worker",	 "queue",   "node",    "pod",	   "service",
		"volume", "region",   "zone",	 "bucket",  "object",  "version",  "release",
		"build",  "commit",   "image",	 "metric",  "trace",   "span",	   "message",
		"event",  "customer", "item",	 "invoice", "device",  "sensor",   "parcel",
		"batch",  "ticket",   "account", "tenant",  "project", "agent",	   "index",
		"runner", "cache",    "branch",	 "offset",  "lag",     "size"
	};

	return names[below(sizeof(names) / sizeof(names[0]))];
}

static void
put_uuid(struct text *t)
{
	static const unsigned parts[] = { 8, 4, 4, 4, 12 };

	for (unsigned i = 0; i < 5; i++) {
		if (i != 0)
			put(t, "-");
		put_from(t, hex, parts[i]);
	}
}

static void
put_prose(struct text *t, const char *lead, unsigned nr)
{
	put(t, "%s", lead);
	while (nr-- > 0)
		put(t, "%s%s", word(), nr == 0 ? "" : " ");
}

static uint64_t
moment_ms(void)
{
	return 1700000000000u + any() % 100000000000u;
}

/* ------------------------------------------------------------------ kinds */

static void
json_api(struct text *t)
{
	put(t, "{\"id\":%" PRIu64 ",\"uuid\":\"", any() % 100000000000u);
	put_uuid(t);
	put(t, "\",\"%s_id\":\"%" PRIu64 "\",\"%s\":\"%s %s\",\"createdAt\":%" PRIu64, name(),
	    any(), name(), name(), name(), moment_ms());
	put(t, ",\"amount\":%u.%02u,\"ratio\":0.%" PRIu64 ",\"etag\":\"", below(100000), below(100),
	    any());
	put_from(t, hex, 40);
	put(t, "\",\"%s\":\"", name());
	put_from(t, base62, 8 + below(32));
	put_prose(t, "\",\"text\":\"", 8);
	put(t, "\",\"tags\":[\"%s\",\"%s-%s\"],\"url\":\"https://%s.internal/%s/%u?page=%u\"},\n",
	    name(), name(), name(), name(), name(), below(100000), below(100));
}

static void
metrics(struct text *t)
{
	put(t,
	    "%s_%s_%s_total{%s=\"%s\",instance=\"10.%u.%u.%u:%u\",le=\"%u.%u\"} %" PRIu64
	    " %" PRIu64 "\n",
	    name(), name(), name(), name(), name(), below(256), below(256), below(256),
	    1024 + below(60000), below(10), below(1000), any() >> below(60), moment_ms());
	put(t, "process_cpu_seconds_total %u.%06u\ngo_memstats_heap_bytes %u.%ue+%02u\n",
	    below(100000), below(1000000), below(10), below(100000000), below(12));
}

static void
otlp(struct text *t)
{
	put(t, "{\"traceId\":\"");
	put_from(t, hex, 32);
	put(t, "\",\"spanId\":\"");
	put_from(t, hex, 16);
	put(t, "\",\"name\":\"%s/%s\",\"kind\":2,\"startTimeUnixNano\":\"%" PRIu64 "\",", name(),
	    name(), moment_ms() * 1000000 + below(1000000));
	put(t,
	    "\"endTimeUnixNano\":\"%" PRIu64
	    "\",\"attributes\":[{\"key\":\"%s.%s\",\"value\":{\"intValue\":\"%" PRIu64 "\"}},",
	    moment_ms() * 1000000 + below(1000000), name(), name(), any() >> below(40));
	put(t, "{\"key\":\"thread.id\",\"value\":{\"intValue\":\"%u\"}}]}\n", below(100000));
}

static void
kubernetes(struct text *t)
{
	put(t, "{\"metadata\":{\"name\":\"%s-%s-", name(), name());
	put_from(t, "bcdfghjklmnpqrstvwxz2456789", 9);
	put(t, "-");
	put_from(t, "bcdfghjklmnpqrstvwxz2456789", 5);
	put(t, "\",\"namespace\":\"%s\",\"uid\":\"", name());
	put_uuid(t);
	put(t,
	    "\",\"resourceVersion\":\"%" PRIu64
	    "\",\"creationTimestamp\":\"2026-%02u-%02uT10:%02u:00Z\",",
	    any() % 1000000000000u, 1 + below(12), 1 + below(28), below(60));
	put(t, "\"labels\":{\"app\":\"%s\",\"pod-template-hash\":\"", name());
	put_from(t, "bcdf2456789", 10);
	put(t, "\"}},\"spec\":{\"image\":\"registry.internal/%s/%s@sha256:", name(), name());
	put_from(t, hex, 64);
	put(t,
	    "\",\"env\":[{\"name\":\"%s_%s\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"%s\","
	    "\"key\":\"password\"}}}]},"
	    "\"status\":{\"podIP\":\"10.%u.%u.%u\",\"hostIP\":\"10.0.0.%u\"}},\n",
	    name(), name(), name(), below(256), below(256), below(256), below(256));
}

static void
script(struct text *t)
{
	put(t, "function ");
	put_from(t, letters, 2);
	put(t, "(e,t){return e.%s(t)?%u:0x%x}var ", name(), below(1000000), (unsigned)any());
	put_from(t, letters, 1 + below(3));
	put(t, "={%s:\"%s\",key:%u,token:t.token,\"%s-%s\":!0,d:\"M%u.%uc0-%u.%u-%u.%u,", name(),
	    name(), below(1000), name(), name(), below(30), below(1000), below(30), below(1000),
	    below(30), below(1000));
	put_prose(t, "\",m:\"", 6);
	for (unsigned i = 0; i < 8; i++)
		put(t, "%u.%u ", below(30), below(10000));
	put(t, "\"},[%u,%u,%u,%u];\n", (unsigned)any(), (unsigned)any(), (unsigned)any(),
	    (unsigned)any());
}

static void
archive(struct text *t)
{
	for (unsigned i = 0; i < 64; i++) {
		uint64_t n = any();

		memcpy(t->at + t->len, &n, sizeof(n));
		t->len += sizeof(n);
	}
}

static void
base64_lines(struct text *t)
{
	for (unsigned i = 0; i < 16; i++) {
		put_from(t, base64, 76);
		put(t, "\n");
	}
}

static void
protobuf(struct text *t)
{
	for (unsigned i = 0; i < 24; i++) {
		t->at[t->len++] = (char)(below(16) << 3 | 2);
		if (below(3) == 0) {
			uint64_t n = any() >> below(64);

			for (t->at[t->len - 1] &= (char)~7; n > 127; n >>= 7)
				t->at[t->len++] = (char)(n | 128);
			t->at[t->len++] = (char)n;
		} else if (below(2) == 0) {
			t->at[t->len++] = 16;
			put_from(t, base62, 16);
		} else {
			const char *w = name();

			t->at[t->len++] = (char)strlen(w);
			put(t, "%s", w);
		}
	}
}

static void
put_field(struct text *t, unsigned number, const char *data, size_t len)
{
	t->at[t->len++] = (char)(number << 3 | 2);
	t->at[t->len++] = (char)len; /* below 128 */
	memcpy(t->at + t->len, data, len);
	t->len += len;
}

static void
put_fixed64(struct text *t, unsigned number, uint64_t n)
{
	t->at[t->len++] = (char)(number << 3 | 1);
	memcpy(t->at + t->len, &n, sizeof(n));
	t->len += sizeof(n);
}

/* Spans of opentelemetry/proto/trace/v1: ids, a name, times, an attribute that is a text. */
static void
otlp_protobuf(struct text *t)
{
	char room[128];
	struct text span = { 0, room };
	uint64_t id[3] = { any(), any(), any() }, at = moment_ms() * 1000000 + below(1000000);
	const char *key = name(), *value = name();

	put_field(&span, 1, (const char *)id, 16);
	put_field(&span, 2, (const char *)(id + 2), 8);
	put_field(&span, 5, value, strlen(value));
	put_fixed64(&span, 7, at);
	put_fixed64(&span, 8, at + any() % 1000000000u);
	put_field(&span, 9, key, strlen(key));
	put_field(t, 2, room, span.len);
}

static void
sql_rows(struct text *t)
{
	put(t, "INSERT INTO %s_%s VALUES (%" PRIu64 ",'%s','", name(), name(), any() % 10000000000u,
	    name());
	put_prose(t, "", 4);
	put(t, "','");
	put_uuid(t);
	put(t, "',%u,'2026-%02u-%02u 12:%02u:%02u',NULL,'%s %s',%" PRIu64 ");\n", below(1000000),
	    1 + below(12), 1 + below(28), below(60), below(60), name(), name(),
	    any() % 10000000000000000u);
}

static void
csv(struct text *t)
{
	if (t->len == 0)
		put(t, "id,%s,%s_number,created,%s,amount,hash\n", name(), name(), name());
	put(t, "%" PRIu64 ",%s %s,%" PRIu64 ",2026-%02u-%02u,%s,%u.%02u,", any() % 100000000000u,
	    name(), name(), any() % 10000000000000000u, 1 + below(12), 1 + below(28), name(),
	    below(10000), below(100));
	put_from(t, hex, 32);
	put_prose(t, ",", 5);
	put(t, "\n");
}

static void
logs(struct text *t)
{
	put(t, "2026-%02u-%02uT%02u:%02u:%02u.%06uZ %s [%s-%u] %s.%s: %s %s %" PRIu64 " in %u ms",
	    1 + below(12), 1 + below(28), below(24), below(60), below(60), below(1000000),
	    below(4) == 0 ? "WARN" : "INFO", name(), below(64), name(), name(), name(), name(),
	    any() >> below(50), below(10000));
	put(t, " %s_id=%" PRIu64 " peer=10.%u.%u.%u:%u %s=", name(), any(), below(256), below(256),
	    below(256), below(65536), name());
	put_from(t, hex, 32);
	put_prose(t, " msg=\"", 9);
	put(t, "\"");
	put(t, "\n");
}

static const struct kind {
	const char *name;
	enum buffer buffer;
	void (*make)(struct text *);
} kinds[] = {
	{ "JSON APIs", BUFFER_JSON, json_api },
	{ "metrics", BUFFER_HTTP_BODY, metrics },
	{ "OTLP", BUFFER_JSON, otlp },
	{ "OTLP, Protocol Buffers", BUFFER_HTTP_BODY, otlp_protobuf },
	{ "Kubernetes lists", BUFFER_JSON, kubernetes },
	{ "minified JavaScript", BUFFER_HTTP_BODY, script },
	{ "archives", BUFFER_HTTP_BODY, archive },
	{ "base64", BUFFER_HTTP_BODY, base64_lines },
	{ "Protocol Buffers", BUFFER_GRPC_MESSAGE, protobuf },
	{ "SQL rows", BUFFER_DB_TEXT, sql_rows },
	{ "CSV", BUFFER_HTTP_BODY, csv },
	{ "logs", BUFFER_HTTP_BODY, logs },
};
enum { NR_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* ------------------------------------------------------------------ what is found */

/*
 * What a finding says of the rules. Cards, accounts, private keys, keys of a format: nothing may
 * look like one of these by chance. Numbers of people are judged by the words around them, and
 * those are there by chance now and then. The rest is addresses of mail and passwords by their
 * names, of which texts hold true ones. Of files, values that are known to be published ones are
 * true as well.
 */
enum sort { CERTAIN, BY_CONTEXT, OTHER, PUBLISHED, NR_SORTS };

struct tally {
	const struct ruleset *set;
	struct scanner *scanner;
	const char *where; /* what is scanned */
	bool files;	   /* and not made here */
	uint64_t at;	   /* where in it the message begins */
	uint64_t bytes;
	uint64_t found[NR_SORTS];
	double seconds;
	unsigned show; /* findings of each rule, e-mail excepted */
	unsigned by_rule[RULES];
};

static bool
ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), n = strlen(end);

	return len >= n && strcmp(name + len - n, end) == 0;
}

static enum sort
sort_of(const struct rule *r)
{
	if (strncmp(r->data_type, "pci.", 4) == 0 || strcmp(r->data_type, "pii.iban") == 0 ||
	    strncmp(r->data_type, "crypto.", 7) == 0 ||
	    (strncmp(r->data_type, "secret.", 7) == 0 && !r->generic && !r->context.needed &&
	     (r->validator == NULL || strcmp(r->validator->name, "named_key") != 0) &&
	     !ends_with(r->data_type, "password") && !ends_with(r->data_type, "basic_auth")))
		return CERTAIN;
	return strncmp(r->data_type, "pii.", 4) == 0 && strcmp(r->data_type, "pii.email") != 0
		   ? BY_CONTEXT
		   : OTHER;
}

static void
found(void *arg, const struct finding *f)
{
	struct tally *t = arg;

	if (f->severity < SEVERITY_MEDIUM)
		return;
	if (f->test_value && t->files) {
		t->found[PUBLISHED]++;
		return;
	}
	t->found[sort_of(f->rule)]++;
	for (size_t i = 0; i < ruleset_nr(t->set) && i < RULES; i++) {
		if (ruleset_rule(t->set, i) == f->rule && t->by_rule[i]++ < t->show &&
		    strcmp(f->rule->data_type, "pii.email") != 0)
			printf("  %s %s by %s at %" PRIu64 " of %s: %s\n",
			       severity_name(f->severity), f->rule->id,
			       f->terms[f->nr_terms - 1].name, t->at + f->offset, t->where,
			       f->sample);
	}
}

static void
scan(struct tally *t, enum buffer buffer, const char *data, size_t len)
{
	struct scan_stream *st = scan_open(t->scanner, buffer);
	struct timespec a, b;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (size_t at = 0; at < len; at += 1448)
		scan_push(st, (const uint8_t *)data + at, len - at < 1448 ? len - at : 1448, found,
			  t);
	scan_close(st, found, t);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	t->seconds += (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	t->bytes += len;
	t->at += len;
}

static void
told(const char *name, const struct tally *before, const struct tally *t)
{
	uint64_t bytes = t->bytes - before->bytes;
	double seconds = t->seconds - before->seconds;

	printf("%-20s %7.1f MiB %6.2f Gbit/s", name, (double)bytes / 1048576,
	       seconds == 0 ? 0 : (double)bytes * 8 / 1e9 / seconds);
	printf(" %4" PRIu64 " certain, %" PRIu64 " by context, %" PRIu64 " other, %" PRIu64
	       " published\n",
	       t->found[CERTAIN] - before->found[CERTAIN],
	       t->found[BY_CONTEXT] - before->found[BY_CONTEXT],
	       t->found[OTHER] - before->found[OTHER],
	       t->found[PUBLISHED] - before->found[PUBLISHED]);
}

/* ------------------------------------------------------------------ files */

/*
 * Left out: what holds true values. Tests and examples have keys that open nothing; the rest was
 * looked at, one by one: an account for donations, a tax number that its owner published, records
 * of invented people in the manuals of Algorithm::Diff and pyrsistent, a birth date in toml's,
 * python-stdnum's examples.
 */
static bool
holds_true_values(const char *path)
{
	static const char *const names[] = {
		"*/tests/*",	 "*/test/*",   "*/testing/*",	     "*/examples/*",
		"*.pem",	 "*.key",      "*/test.*",	     "*/test_*",
		"*/uganda.txt*", "*/pypi.tsv", "*/Algorithm/Diff.*", "*/pyrsistent-*",
		"*/toml-*",	 "*/stdnum/*"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (fnmatch(names[i], path, 0) == 0)
			return true;
	}
	return false;
}

static void
scan_file(struct tally *t, const char *path, char *buffer)
{
	enum buffer as = ends_with(path, ".json") ? BUFFER_JSON : BUFFER_HTTP_BODY;
	FILE *f = fopen(path, "rb");
	size_t len;

	t->where = path;
	t->at = 0;
	while (f != NULL && (len = fread(buffer, 1, MESSAGE, f)) > 0)
		scan(t, as, buffer, len);
	if (f != NULL)
		fclose(f);
}

static void
scan_files(struct tally *t, char *folder, char *buffer)
{
	char *paths[] = { folder, NULL };
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOSTAT | FTS_NOCHDIR, NULL);
	struct tally before = *t;
	FTSENT *e;

	while (walk != NULL && (e = fts_read(walk)) != NULL) {
		if ((e->fts_info == FTS_NSOK || e->fts_info == FTS_F) &&
		    !holds_true_values(e->fts_path))
			scan_file(t, e->fts_accpath, buffer);
	}
	if (walk != NULL)
		fts_close(walk);
	told(folder, &before, t);
}

int
main(int argc, char **argv)
{
	static const uint64_t key[2] = { 1, 2 };
	const char *rules = "rules";
	struct tally t = { .show = 3 };
	struct text text = { 0, malloc(MESSAGE + ROOM) };
	struct ruleset *set;
	unsigned long mb = 64;
	int i = 1;

	for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
		if (strcmp(argv[i], "--mb") == 0)
			mb = strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0)
			seed = strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--rules") == 0)
			rules = argv[i + 1];
		else if (strcmp(argv[i], "--show") == 0)
			t.show = (unsigned)strtoul(argv[i + 1], NULL, 10);
	}
	if (text.at == NULL || ruleset_load(rules, &set, stderr) != 0)
		return 1;
	t.set = set;
	t.scanner = scanner_create(set, 1, key);
	if (t.scanner == NULL)
		return 1;
	scanner_test_values_live(t.scanner, true);
	for (unsigned k = 0; k < NR_KINDS; k++) {
		struct tally before = t;

		t.where = kinds[k].name;
		t.at = 0;
		while (t.bytes - before.bytes < mb * 1048576 / NR_KINDS) {
			for (text.len = 0; text.len < MESSAGE - ROOM;)
				kinds[k].make(&text);
			scan(&t, kinds[k].buffer, text.at, text.len);
		}
		told(kinds[k].name, &before, &t);
	}
	t.files = true;
	for (; i < argc; i++)
		scan_files(&t, argv[i], text.at);
	told("in all", &(const struct tally) { 0 }, &t);
	for (size_t r = 0; r < ruleset_nr(set) && r < RULES; r++) {
		if (t.by_rule[r] != 0)
			printf("  %6u %s\n", t.by_rule[r], ruleset_rule(set, r)->id);
	}
	scanner_destroy(t.scanner);
	ruleset_free(set);
	free(text.at);
	return t.found[CERTAIN] != 0 ||
	       (t.found[BY_CONTEXT] != 0 && t.found[BY_CONTEXT] << 30 >= t.bytes);
}
