/* Several workers' rings into one output: complete, ordered, and the same for any number. */
#include "tests/support/unit.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "dataplane/publish/publisher.h"

#define NR_FLOWS 400u
#define S	 1000000u

/* A sink in memory; breaks after fail_after records, takes one in three when slow. */
struct sink_memory {
	struct sink sink;
	char *text; /* owned */
	size_t len;
	unsigned nr, fail_after, calls;
	bool slow;
};

static struct sink_memory *memory;
static char *kept; /* what the sink held when it was closed; owned */

static enum sink_result
memory_write(struct sink *s, const struct sink_message *m)
{
	struct sink_memory *k = (struct sink_memory *)s;

	if (k->fail_after != 0 && k->nr == k->fail_after)
		return SINK_FAILED;
	if (k->slow && ++k->calls % 3 != 0)
		return SINK_FULL;
	k->text = realloc(k->text, k->len + m->len + 1);
	memcpy(k->text + k->len, m->json, m->len);
	k->len += m->len;
	k->text[k->len] = '\0';
	k->nr++;
	return SINK_OK;
}

static void
memory_poll(struct sink *s, int timeout_ms)
{
	(void)s;
	(void)timeout_ms;
}

static int
memory_flush(struct sink *s)
{
	(void)s;
	return 0;
}

static void
memory_stats(const struct sink *s, struct sink_stats *stats)
{
	*stats = (struct sink_stats) { .delivered = ((const struct sink_memory *)s)->nr };
}

static void
memory_close(struct sink *s)
{
	struct sink_memory *k = (struct sink_memory *)s;

	free(kept);
	kept = k->text;
	free(k);
}

static const struct sink_ops memory_ops = { memory_write, memory_poll, memory_flush, memory_stats,
					    memory_close };

static struct publisher *
create(unsigned nr_workers, size_t merge_bytes, bool replay)
{
	struct publisher_config c = { .sensor = "s",
				      .cluster = "",
				      .types = (1u << NR_RECORD_TYPES) - 1,
				      .ring_bytes = RECORD_RING_MIN_BYTES,
				      .merge_bytes = merge_bytes,
				      .replay = replay,
				      .window_us = 10 * S,
				      .max_edges = 16,
				      .edge_interval_us = 10 * S };
	struct publisher *p;

	memory = calloc(1, sizeof(*memory));
	memory->sink.ops = &memory_ops;
	c.sink = &memory->sink;
	networks_set_defaults(&c.networks);
	assert_int_equal(publisher_create(&c, nr_workers, &p), 0);
	return p;
}

struct worker {
	struct record_ring *ring;
	unsigned id, nr;
};

static bool
push(struct record_ring *ring, const struct record *r)
{
	while (!record_ring_push(ring, &r->head))
		sched_yield();
	return true;
}

/* Flow i begins at i ms; its records are a flow and, for some, a finding. */
static void *
work(void *arg)
{
	const struct worker *w = arg;
	struct record *r = calloc(1, sizeof(*r));
	uint8_t id[RECORD_ID_BYTES] = { 0 };
	uint8_t src[4] = { 10, 0, 0, 0 };

	for (unsigned i = 0; i < NR_FLOWS; i++) {
		uint64_t now = 100 * S + i * 100000u;

		record_ring_set_watermark(w->ring, now);
		if (i % w->nr != w->id)
			continue;
		memcpy(id, &i, sizeof(i));
		src[3] = (uint8_t)(i % 3);
		for (unsigned type = RECORD_FLOW; type <= RECORD_FINDING;
		     type += RECORD_FINDING - RECORD_FLOW) {
			if (type == RECORD_FINDING && i % 5 != 0)
				continue;
			record_begin(r, (enum record_type)type, now, now, id);
			record_put_ip(r, RF_SRC_IP, src, 4);
			record_put_ip(r, RF_DST_IP, (const uint8_t[]) { 192, 0, 2, 1 }, 4);
			if (type == RECORD_FINDING) {
				record_put_string(r, RF_RULE_ID, "pci.pan");
				record_put_uint(r, RF_VALUE_HASH, i % 2);
			}
			push(w->ring, r);
		}
	}
	record_ring_set_watermark(w->ring, UINT64_MAX);
	free(r);
	return NULL;
}

static int
run(struct publisher *p, unsigned nr)
{
	struct worker workers[8];
	pthread_t threads[8];
	int r;

	assert_int_equal(publisher_start(p), 0);
	for (unsigned i = 0; i < nr; i++) {
		workers[i] = (struct worker) { publisher_ring(p, i), i, nr };
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (unsigned i = 0; i < nr; i++)
		pthread_join(threads[i], NULL);
	r = publisher_stop(p);
	publisher_destroy(p);
	return r;
}

static void
test_same_for_any_number_of_workers(void **state)
{
	static const struct {
		const char *name;
		unsigned workers;
		size_t merge_bytes;
		bool slow;
	} rows[] = {
		{ "one", 1, 1 << 20, false },
		{ "two", 2, 1 << 20, false },
		{ "eight", 8, 1 << 20, false },
		{ "eight, merge of ten records", 8, 1000, false },
		{ "four, slow output", 4, 1000, true },
	};
	char *first = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct publisher *p = create(rows[i].workers, rows[i].merge_bytes, true);

		print_message("%s\n", rows[i].name);
		memory->slow = rows[i].slow;
		assert_int_equal(run(p, rows[i].workers), 0);
		if (first == NULL) {
			first = kept;
			kept = NULL;
			assert_non_null(strstr(first, "\"seq\":400,"));
			assert_non_null(strstr(first, "\"schema\":\"weir.finding/1\""));
			continue;
		}
		assert_string_equal(kept, first);
	}
	free(first);
	free(kept);
	kept = NULL;
}

static void
test_broken_output(void **state)
{
	struct publisher *p = create(3, 1 << 20, true);

	(void)state;
	memory->fail_after = 10;
	assert_int_equal(run(p, 3), -EIO); /* and the workers could end */
	free(kept);
	kept = NULL;
}

struct named {
	unsigned nr;
	uint64_t published;
};

static void
count_one(void *arg, const char *name, uint64_t value)
{
	struct named *n = arg;

	n->nr++;
	if (strcmp(name, "published_records") == 0)
		n->published = value;
}

static void
test_stats_record(void **state)
{
	struct publisher *p = create(1, 1 << 20, false);
	struct record *r = calloc(1, sizeof(*r));
	struct named n = { 0 };

	(void)state;
	record_begin(r, RECORD_STATS, 5, 5, NULL);
	record_put_counter(r, "rx_packets", 9);
	publisher_put_stats(p, &r->head);
	assert_int_equal(publisher_start(p), 0);
	for (int i = 0; i < 20; i++) /* more than wait at once */
		publisher_put_stats(p, &r->head);
	assert_int_equal(publisher_stop(p), 0);
	publisher_put_counters(p, count_one, &n);
	assert_int_equal(n.nr, sizeof(struct publisher_stats) / sizeof(uint64_t));
	assert_true(n.published >= 16);
	publisher_destroy(p);
	assert_non_null(strstr(kept, "\"rx_packets\":9"));
	assert_null(strstr(kept, "\"event_id\":\"00000000000000000000000000000000\""));
	free(kept);
	kept = NULL;
	free(r);
}

static void
test_never_started(void **state)
{
	struct publisher *p = create(2, 1 << 20, false);

	(void)state;
	assert_int_equal(publisher_stop(p), 0);
	publisher_destroy(p);
	publisher_destroy(NULL);
	free(kept);
	kept = NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_for_any_number_of_workers),
		cmocka_unit_test(test_broken_output),
		cmocka_unit_test(test_stats_record),
		cmocka_unit_test(test_never_started),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
